//! Figures that are read otherwise than their sources give them, as a user sees them.

use std::path::Path;

use crate::program::{DEMO, deployment, wsis};

/// Says what is read of Namibia's Online Service Index of 2024.
fn correct(root: &Path, expects: f64, expires: &str) {
    let folder = root.join("pipelines/corrections");
    std::fs::create_dir_all(&folder).unwrap();
    let text = format!(
        "[[correction]]\nid = \"nam-osi-2024\"\npipeline = \"undesa-egdi\"\nseries = \"OSI\"\narea = \"NAM\"\n\
         year = 2024\nexpects = {expects}\nvalue = 0.6\nreason = \"a trial of corrections\"\nby = \"a test\"\n\
         expires = \"{expires}\"\n"
    );
    std::fs::write(folder.join("undesa.toml"), text).unwrap();
}

/// Where a figure was known to be wrong there was no way but to change a file in the source's name.
#[test]
fn trial_p188_a_correction_stands_beside_its_figure_and_the_lake_keeps_what_the_source_said() {
    let folder = deployment();
    let root = folder.path();
    let lake = DEMO.lake();
    let on =
        |arguments: &[&str]| wsis(root, &[arguments, &["--lake", lake.to_str().unwrap()]].concat());
    let query = "SELECT value FROM observations_latest WHERE series_code = 'OSI' AND ref_area = 'NAM' AND \
                 year = 2024";
    let given = || {
        let rows = on(&["sql", query, "--format", "json"]).assert_code(0).json();
        rows["rows"][0]["value"].as_f64().unwrap()
    };
    let source = given();
    let score = || {
        let run = on(&["explain", "C7-egov", "NAM", "--window", "2020-2025"]).assert_code(0);
        run.stdout
    };
    let before = score();
    assert!(!before.contains("corrected here"), "{before}");
    let empty = on(&["corrections"]).assert_code(0);
    assert!(empty.stderr.contains("nothing is corrected"), "{}", empty.stderr);

    correct(root, source, "2099-12-31");
    let check = wsis(root, &["check"]).assert_code(0).stdout;
    let told = format!(
        "undesa-egdi OSI of NAM in 2024 is read as 0.6 where the source gives {source}, until 2099-12-31"
    );
    assert!(check.contains(&told), "{check}");
    let explained = score();
    let beside = format!(
        "0.6 in 2024, status A, score 60.0 [corrected here, the source gives {source}: a trial of \
         corrections (a test; not yet reported to the source; correction nam-osi-2024 holds until \
         2099-12-31)]"
    );
    assert!(explained.contains(&beside), "{explained}");
    assert_eq!(given().to_bits(), source.to_bits(), "the lake says what the source said");
    let listed = on(&["corrections", "--format", "json"]).assert_code(0).json();
    let one = &listed["corrections"][0];
    assert_eq!((&one["standing"], &one["value"]), (&"applied".into(), &0.6.into()), "{listed}");
    on(&["report", "--out", "report.html", "--window", "2020-2025"]).assert_code(0);
    let html = std::fs::read_to_string(root.join("report.html")).unwrap();
    assert!(html.contains("a trial of corrections"), "the report has the reason");

    // The source gives another value by now.
    correct(root, 0.123, "2099-12-31");
    let listed = on(&["corrections", "--format", "json"]).assert_code(0).json();
    assert_eq!(listed["corrections"][0]["standing"], "otherwise", "{listed}");
    assert_eq!(listed["corrections"][0]["given"].as_f64(), Some(source));
    assert!(!score().contains("corrected here"));
    // The day is over.
    correct(root, source, "2026-01-31");
    let listed = on(&["corrections"]).assert_code(0).stdout;
    assert!(listed.contains("expired"), "{listed}");
    assert!(!score().contains("corrected here"));
}
