//! Faults in what a pipeline says of its source and of values, and in limits.

use crate::bad_input::{Folder, PIPELINE};

/// What `check` passes can run: the source reads the format, and has the series.
#[test]
fn trial_f10_formats_and_series_that_a_source_does_not_have_are_refused() {
    let file = |format: &str, more: &str| {
        format!("\n[[file]]\npath = \"t\"\nformat = \"{format}\"\n{more}\n[[series]]")
    };
    for (format, more, said) in [
        ("xlsx", "", "file `t`: source `worldbank` does not read xlsx"),
        ("csv", "sheet = \"Data\"", "`sheet` of a csv file"),
        ("json", "member = \"a.csv\"", "`member` of a json file"),
    ] {
        let folder = Folder::new();
        folder.pipeline("\n[[series]]", &file(format, more));
        let report = folder.report();
        assert!(report.contains(said), "{report}");
        assert!(report.contains("pipelines/worldbank-wdi.toml:"), "{report}");
    }
    for (format, more) in [("csv", "member = \"a.csv\""), ("json", "")] {
        let folder = Folder::new();
        folder.pipeline("\n[[series]]", &file(format, more));
        assert!(folder.check().deployment.is_some(), "{}", folder.report());
    }
    let folder = Folder::new();
    let of_undesa = PIPELINE.replace("source = \"worldbank\"", "source = \"undesa\"").replacen(
        "\n[[series]]",
        &file("csv", "edition = 2020"),
        1,
    );
    folder.write("pipelines/worldbank-wdi.toml", of_undesa);
    let report = folder.report();
    assert!(report.contains("source `undesa` has no series `IT.NET.USER.ZS`"), "{report}");
}

#[test]
fn trial_a1_rules_on_zeros_are_checked() {
    let rules = [
        ("zero_when = [{ years = [2003, 2010] }]", "`zero_when` without `zero_means`"),
        ("zero_means = \" \"", "`zero_means` is empty"),
        ("zero_means = \"none\"\nzero_when = [{}]", "a condition of `zero_when` names nothing"),
        ("zero_means = \"none\"\nzero_when = [{ years = [2010, 2003] }]", "run backwards"),
        ("zero_means = \"none\"\nzero_when = [{ footnote = \" \" }]", "`footnote` of `zero_when`"),
        ("zero_means = \"none\"\nzero_when = [{ beside = \"X\" }]", "`beside` and `is` belong"),
        (
            "zero_means = \"none\"\nzero_when = [{ beside = \"X\", is = \"zero\" }]",
            "a record of this source has one series only",
        ),
        ("zero_means = \"none\"\nzero_when = [{ year = 2003 }]", "`year`"),
    ];
    for (rule, said) in rules {
        let folder = Folder::new();
        folder.pipeline("range = [0, 100]", &format!("range = [0, 100]\n{rule}"));
        let report = folder.report();
        assert!(report.contains(said), "{rule}: {report}");
    }
    let folder = Folder::new();
    let rule = "zero_means = \"nil\"\nzero_when = [{ footnote = \"NIL\", years = [2003, 2010] }]";
    folder.pipeline("range = [0, 100]", &format!("range = [0, 100]\n{rule}"));
    assert!(folder.check().deployment.is_some(), "{}", folder.report());
    let zeros = folder.check().deployment.unwrap().pipelines[0].series[0].zeros.clone().unwrap();
    let beside = |_: &str| None;
    assert!(zeros.applies(2003, Some("is nil"), &beside));
    assert!(!zeros.applies(2011, Some("is nil"), &beside));
    assert!(!zeros.applies(2003, None, &beside));
}

#[test]
fn trial_x1_limits_of_decoding_have_names_and_defaults() {
    let folder = Folder::new();
    let limits = |folder: &Folder| folder.check().deployment.unwrap().workspace.decode;
    assert_eq!(limits(&folder), wsis_model::limits::DecodeLimits::default());
    folder.workspace("\n[[agency]]", "\n[decode]\nrecords_max = 7\n\n[[agency]]");
    assert_eq!(limits(&folder).records_max, 7);
    let folder = Folder::new();
    folder.workspace("\n[[agency]]", "\n[decode]\nsheets_max = 0\n\n[[agency]]");
    assert!(folder.report().contains("sheets_max"), "{}", folder.report());
}
