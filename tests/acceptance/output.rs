//! How the program prints and what it leaves alone: what a reviewer stumbled over.

use crate::program::{DEMO, command, finished, wsis};

/// Rows of CSV without quoted cells, by column name.
fn column<'a>(csv: &'a str, name: &str) -> Vec<&'a str> {
    let mut lines = csv.lines();
    let at = lines.next().unwrap().split(',').position(|column| column == name).unwrap();
    lines.map(|line| line.split(',').nth(at).unwrap()).collect()
}

/// A spreadsheet reads numbers as numbers: exact, and empty where there is none.
#[test]
fn csv_is_exact_and_empty_where_nothing_is_known() {
    let scores = ["scorecard", "C2", "--window", "2015-2020", "--area", "NAM", "--format", "csv"];
    let csv = DEMO.wsis(&scores).assert_code(0).stdout;
    let score = column(&csv, "score")[0];
    assert!(score.parse::<f64>().is_ok() && score.len() > 6, "{csv}");
    let missing = ["scorecard", "C8", "--area", "NAM", "--format", "csv"];
    let csv = DEMO.wsis(&missing).assert_code(0).stdout;
    for name in ["score", "change", "coverage", "rank"] {
        assert_eq!(column(&csv, name), [""], "{name} in {csv}");
    }
}

#[test]
fn tables_fit_eighty_columns_and_break_no_short_word() {
    for arguments in [["scorecard", "C2"], ["runs", "--last=3"]] {
        let lake = DEMO.lake();
        let mut run = command(&DEMO.out);
        let run = run.env("COLUMNS", "80").args(arguments).arg("--lake").arg(&lake);
        let out = finished(run.output().unwrap()).assert_code(0).stdout;
        // The first line is the heading of a scorecard, which wraps.
        let widest = out.lines().skip(1).map(|line| line.chars().count()).max().unwrap();
        assert!(widest <= 80, "{widest} columns\n{out}");
    }
    let table = DEMO.wsis(&["scorecard", "C2"]).assert_code(0).stdout;
    assert!(table.contains("not assessable"), "{table}");
}

#[test]
fn a_run_is_found_by_its_first_characters() {
    let all = DEMO.wsis(&["runs", "--format", "csv"]).assert_code(0).stdout;
    let ids = column(&all, "run");
    assert_eq!(ids[0].len(), 36, "{all}");
    let shown = DEMO.wsis(&["runs", &ids[0][..18]]).assert_code(0).stdout;
    assert!(shown.contains(ids[0]), "{shown}");
    let many = DEMO.wsis(&["runs", &ids[0][..3]]).assert_code(2);
    assert!(many.stderr.contains("write more of the id"), "{}", many.stderr);
}

#[test]
fn an_area_may_be_named_and_only_economies_are_scored() {
    let namibia = DEMO.wsis(&["scorecard", "C2", "--area", "namibia"]).assert_code(0).stdout;
    assert!(namibia.contains("(NAM)"), "{namibia}");
    let former = DEMO.wsis(&["scorecard", "C2", "--area", "SUN"]).assert_code(2);
    assert!(former.stderr.contains("no economy of today"), "{}", former.stderr);
    DEMO.wsis(&["scorecard", "C2", "--area", "NAM", "--group", "Africa"]).assert_code(2);
}

#[test]
fn a_window_without_scores_names_those_with() {
    let run = DEMO.wsis(&["scorecard", "C2", "--window", "2020-2025"]).assert_code(0);
    assert!(run.stderr.contains("2015-2020 ("), "{}", run.stderr);
}

#[test]
fn decimals_are_the_frameworks() {
    let egdi = DEMO.wsis(&["scorecard", "egdi", "--framework", "egdi", "--area", "DNK"]);
    let stdout = egdi.assert_code(0).stdout;
    let score = stdout.lines().find_map(|line| line.strip_prefix("score ")).unwrap();
    assert_eq!((score.len(), &score[..4]), ("0.9848".len(), "0.98"), "{stdout}");
}

#[test]
fn an_empty_answer_still_has_its_columns() {
    let csv = DEMO.wsis(&["sql", "SELECT 1 AS a WHERE false", "--format", "csv"]).assert_code(0);
    assert_eq!(csv.stdout, "a\n");
    let table = DEMO.wsis(&["sql", "SELECT 1 AS a, NULL AS b"]).assert_code(0);
    assert!(table.stdout.contains("NULL"), "{}", table.stdout);
}

#[test]
fn every_form_of_check_and_report_is_for_machines_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let csv = wsis(folder.path(), &["check", "--format", "csv"]).assert_code(0).stdout;
    assert!(csv.starts_with("file,line,column,severity,kind,message,hint"), "{csv}");
    let out = folder.path().join("r.html");
    let out = out.to_str().unwrap();
    let json = DEMO.wsis(&["report", "--out", out, "--format", "json"]).assert_code(0).json();
    assert_eq!(json["report"], out);
}

#[test]
fn logs_carry_no_colour_off_a_terminal() {
    let lake = DEMO.lake();
    let mut run = command(&DEMO.out);
    let run = run.env("WSIS_LOG", "debug").args(["sql", "SELECT 1", "--lake"]).arg(lake);
    let told = finished(run.output().unwrap()).assert_code(0).stderr;
    assert!(told.contains("DEBUG") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn the_demo_replaces_no_report_but_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let theirs = folder.path().join("report.html");
    std::fs::write(&theirs, "mine").unwrap();
    let run = wsis(folder.path(), &["demo", "--out", "."]).assert_code(2);
    assert!(run.stderr.contains("report.html"), "{}", run.stderr);
    assert_eq!(std::fs::read_to_string(&theirs).unwrap(), "mine");
}
