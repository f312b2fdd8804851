//! How the program prints and what it leaves alone: what a reviewer stumbled over.

use crate::program::{DEMO, command, copy_folder, finished, wsis};

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
fn trial_n12_a_window_or_line_without_figures_is_one_sentence_and_all_lists_it() {
    for (line, window, said) in [("C2", "1985-1990", "2015-2020 ("), ("C11", "2020-2025", "C11 ")] {
        let words = ["scorecard", line, "--window", window];
        let run = DEMO.wsis(&words).assert_code(0);
        // The sentence, and below it what can be measured of the line (P175).
        let (first, below) = run.stdout.split_once('\n').unwrap();
        assert!(first.contains(said) && first.contains("--all"), "{}", run.stdout);
        assert!(below.starts_with("Of ") && below.lines().count() <= 4, "{}", run.stdout);
        let all = DEMO.wsis(&[&words[..], &["--all"]].concat()).assert_code(0);
        assert!(all.stdout.lines().count() > 190, "{}", all.stdout);
        let json = DEMO.wsis(&[&words[..], &["--format", "json"]].concat()).assert_code(0).json();
        assert!(json["scores"].as_array().unwrap().len() > 150, "machines have the whole list");
    }
}

/// The newest window that has scores is taken, per line, and said.
#[test]
fn trial_n12_the_default_window_is_the_newest_with_scores_and_said() {
    for words in [&["scorecard", "C2"][..], &["explain", "C2", "NAM"]] {
        let run = DEMO.wsis(&[words, &["--format", "json"]].concat()).assert_code(0);
        let said = "window 2020-2025, the newest with scores; --window names another";
        assert!(run.stderr.contains(said), "{}", run.stderr);
        assert!(run.stdout.contains("2020"), "{}", run.stdout);
    }
    let named = DEMO.wsis(&["scorecard", "C2", "--window", "2015-2020"]).assert_code(0);
    assert!(!named.stderr.contains("the newest with scores"), "{}", named.stderr);
}

/// A slip is told with the name that was meant, before a lake is looked for.
#[test]
fn trial_n14_slips_are_told_first_and_with_the_name_that_was_meant() {
    let empty = tempfile::tempdir().unwrap();
    for (words, meant) in [
        (&["scorecard", "C7-egv"][..], "did you mean `C7-egov`?"),
        (&["scorecard", "C12"], "C11"),
        (&["scorecard", "C2", "--area", "Namibai"], "did you mean `Namibia`?"),
        (&["scorecard", "C2", "--group", "Afrca"], "did you mean `Africa`?"),
        (&["explain", "C2", "Germny"], "did you mean `Germany`?"),
        (&["score", "--framework", "edgi"], "did you mean `egdi`?"),
        (&["report", "--framework", "edgi"], "did you mean `egdi`?"),
        (&["ingest", "worldbank-wid"], "did you mean `worldbank-wdi`?"),
        (&["promises", "--agency", "wordbank"], "did you mean `worldbank`?"),
        (&["list", "lines", "--framework", "hdii"], "did you mean `hdi`?"),
    ] {
        let run = wsis(empty.path(), words).assert_code(2);
        assert!(run.stderr.contains(meant), "{words:?}: {}", run.stderr);
        assert!(!run.stderr.contains("no lake"), "{words:?}: {}", run.stderr);
    }
}

#[test]
fn trial_n14_names_that_commands_take_can_be_listed() {
    let folder = tempfile::tempdir().unwrap();
    let list = |what: &str| {
        let words = ["list", what, "--format", "json"];
        wsis(folder.path(), &words).assert_code(0).json().as_array().unwrap().clone()
    };
    let lines = list("lines");
    assert_eq!(lines.len(), 18);
    assert_eq!(lines[0]["line"], "C1");
    let has = |what: &str, key: &str, name: &str| list(what).iter().any(|it| it[key] == name);
    assert!(has("groups", "group", "LDC") && has("groups", "group", "Africa"));
    assert!(has("areas", "area", "NAM") && has("frameworks", "framework", "egdi"));
    assert!(has("windows", "window", "2015-2020"));
    assert!(has("indicators", "series", "IT.NET.USER.ZS"));
    let csv = wsis(folder.path(), &["list", "areas", "--format", "csv"]).assert_code(0).stdout;
    assert!(
        csv.starts_with("area,name,iso2,m49,region,income\n") && csv.contains("\nNAM,Namibia,")
    );
}

#[test]
fn trial_n14_every_shell_has_completions() {
    let folder = tempfile::tempdir().unwrap();
    for shell in ["bash", "zsh", "fish"] {
        let script = wsis(folder.path(), &["completions", shell]).assert_code(0).stdout;
        assert!(script.contains("wsis") && script.contains("scorecard"), "{shell}");
    }
    wsis(folder.path(), &["completions", "cmd"]).assert_code(2);
}

/// One form of an instant: with its zone for people, RFC 3339 for programs.
#[test]
fn trial_n14_instants_have_one_form() {
    let table = DEMO.wsis(&["runs"]).assert_code(0).stdout;
    let cell = table.lines().nth(2).unwrap().split_whitespace().nth(2).unwrap().to_owned();
    assert!(cell.len() == "2026-11-26T13:05Z".len() && cell.ends_with('Z'), "{table}");
    DEMO.wsis(&["schedule", "list", "--at", &cell]).assert_code(0);
    let csv = DEMO.wsis(&["runs", "--format", "csv"]).assert_code(0).stdout;
    let started = csv.lines().nth(1).unwrap().split(',').nth(2).unwrap();
    assert!(started.ends_with('Z') && started.len() == 20, "{started}");
}

/// Warnings are a failure where that is asked for.
#[test]
fn trial_n9_check_is_strict_where_asked() {
    let folder = tempfile::tempdir().unwrap();
    let usual = wsis(folder.path(), &["check"]).assert_code(0);
    assert!(!usual.stdout.contains("warning["), "{}", usual.stdout);
    wsis(folder.path(), &["check", "--strict"]).assert_code(0);
}

/// Somebody wrote a pipeline and no `workspace.toml`.
#[test]
fn trial_p157_a_folder_that_is_not_read_is_told() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("pipelines")).unwrap();
    std::fs::write(folder.path().join("pipelines/mine.toml"), "id = \"mine\"\n").unwrap();
    for words in [["check"].as_slice(), &["list", "indicators"]] {
        let told = wsis(folder.path(), words).assert_code(0).stderr;
        assert_eq!(told.matches("pipelines here is not read").count(), 1, "{told}");
    }
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
    assert_eq!(csv.stdout, "a,sample\n");
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

/// It was said in words, and the command ended well: a script took the lake for whole.
#[test]
fn trial_x6_a_lost_ledger_is_a_violation_until_it_is_given_up_by_a_word() {
    let folder = tempfile::tempdir().unwrap();
    copy_folder(&DEMO.lake(), &folder.path().join("lake"));
    std::fs::remove_file(folder.path().join("lake/state/ledger.sqlite")).unwrap();
    let words = ["verify", "--format", "json", "--lake", "lake"];
    let run = wsis(folder.path(), &words).assert_code(1);
    let violation = &run.json()["violations"][0];
    assert_eq!(violation["file"], "ledger");
    let found = violation["found"].as_str().unwrap();
    assert!(found.starts_with("no record of the runs that made snapshots 1 to "), "{found}");
    let alone = wsis(folder.path(), &[&words[..], &["--without-ledger"]].concat()).assert_code(0);
    let told = alone.json()["ledger"].as_str().unwrap().to_owned();
    assert!(told.contains("not compared, as asked"), "{told}");
    assert!(alone.stderr.contains(&told), "{}", alone.stderr);
    let forget = ["lake", "forget-history", "--because", "no copy", "--lake", "lake"];
    let run = wsis(folder.path(), &forget).assert_code(0);
    assert!(run.stdout.contains("ledger"), "{}", run.stdout);
    let run = wsis(folder.path(), &words).assert_code(0);
    let given_up = run.json()["given_up"][0].as_str().unwrap().to_owned();
    assert!(given_up.contains("does not know: given up on"), "{given_up}");
    assert!(given_up.ends_with("because: no copy"), "{given_up}");
}

/// One row of observations is some 500 characters wide.
#[test]
fn trial_p136_a_row_that_is_wider_than_the_terminal_can_stand_below_its_columns() {
    let ask = |more: &[&str]| {
        let mut run = command(&DEMO.out);
        run.env("COLUMNS", "80").args(["sql", "SELECT * FROM observations_latest LIMIT 1"]);
        run.arg("--lake").arg(DEMO.lake()).args(more);
        finished(run.output().unwrap()).assert_code(0)
    };
    let table = ask(&[]);
    assert!(table.stderr.contains("--expanded, or \\x in the shell"), "{}", table.stderr);
    let expanded = ask(&["--expanded"]);
    assert!(expanded.stdout.starts_with("-[ row 1 ]-"), "{}", expanded.stdout);
    assert!(expanded.stdout.contains("\nref_area "), "{}", expanded.stdout);
    assert!(!expanded.stderr.contains("--expanded"), "{}", expanded.stderr);
}
