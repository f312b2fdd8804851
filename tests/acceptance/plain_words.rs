//! What a newcomer, a data officer and an ambassador stumbled over: rows without a reason, tables that
//! fit no page, help that says too much, words that nothing explains.

use crate::program::{DEMO, Run, command, finished, wsis};

/// A reading command on the demo's lake, as wide as that.
fn at_width(width: &str, words: &[&str]) -> Run {
    let mut run = command(&DEMO.out);
    let run = run.env("COLUMNS", width).args(words).arg("--lake").arg(DEMO.lake());
    finished(run.output().unwrap()).assert_code(0)
}

/// Three to six lines an economy: "2015 to / 2018-2020, / 3.67 years" in most rows.
#[test]
fn trial_a_scorecard_is_readable_at_every_width() {
    // Each line scores the whole demo: every width and every kind of line once.
    for (width, most, lines) in [
        ("80", 1.8, &["C2", "C4"][..]),
        ("100", 1.6, &["C1"]),
        ("120", 1.8, &["C3"]),
        ("140", 1.8, &["C2", "C7-esci"]),
        ("160", 1.6, &["C7-egov"]),
    ] {
        for line in lines {
            let out = at_width(width, &["scorecard", line, "--window", "2015-2020"]).stdout;
            let widest = out.lines().map(|line| line.chars().count()).max().unwrap();
            let all: usize = width.parse().unwrap();
            assert!(widest <= all, "{widest} columns of {width} in {line}\n{out}");
            let body = || out.lines().skip_while(|line| !line.starts_with('─')).skip(1);
            let body: Vec<&str> = body().take_while(|line| !line.starts_with('[')).collect();
            let is_row = |line: &&&str| {
                // Behind the rank, and its interval where it has one.
                line.split_whitespace()
                    .skip(1)
                    .take(2)
                    .any(|code| code.len() == 3 && code.chars().all(|c| c.is_ascii_uppercase()))
            };
            let rows = body.iter().filter(is_row).count();
            assert!(rows >= 193, "{rows} rows in {line} at {width}\n{out}");
            let lines = body.len() as f64 / rows as f64;
            assert!(lines <= most, "{lines:.2} lines an economy, {line} at {width}\n{out}");
        }
    }
}

/// Dozens of rows "none ... no data" although `--all` was not given.
#[test]
fn trial_without_all_only_member_states_and_economies_with_a_figure_are_listed() {
    let words = ["scorecard", "C2", "--window", "2015-2020"];
    let usual = DEMO.wsis(&words).assert_code(0);
    assert!(!usual.stdout.contains("Antarctica"), "{}", usual.stdout);
    assert!(usual.stdout.contains("Palestine"), "an observer State with a figure is listed");
    assert!(usual.stderr.contains("are left out; --all lists them"), "{}", usual.stderr);
    let all = DEMO.wsis(&[&words[..], &["--all"]].concat()).assert_code(0);
    assert!(all.stdout.contains("Antarctica") && !all.stderr.contains("left out"));
    let json = |more: &[&str]| {
        let words = [&words[..], &["--format", "json"], more].concat();
        DEMO.wsis(&words).assert_code(0).json()
    };
    let (usual, all) = (json(&[]), json(&["--all"]));
    let number = |card: &serde_json::Value| card["scores"].as_array().unwrap().len();
    let left_out = usize::try_from(usual["left_out"].as_u64().unwrap()).unwrap();
    assert_eq!(number(&usual) + left_out, number(&all));
    assert!(left_out > 20 && all["left_out"] == 0);
}

/// No row of any line and window is without its class, rank and grade, or the reason why not; and a
/// class begins with the test that decided it, with the same words in every form.
#[test]
fn trial_no_row_is_without_a_class_or_its_reason() {
    let card = |line: &str, window: &str| {
        let words = ["scorecard", line, "--window", window, "--all", "--format", "json"];
        DEMO.wsis(&words).assert_code(0).json()["scores"].as_array().unwrap().clone()
    };
    // With targets, relative, with few figures, without any.
    for line in ["C1", "C2", "C7-ebiz", "C9"] {
        for window in ["2015-2020", "2020-2025"] {
            for row in card(line, window) {
                let text = |name: &str| row[name].as_str().unwrap_or_default().to_owned();
                let why = text("class_reason");
                assert!(!why.is_empty(), "{row}");
                let (is_classed, test) = (text("class") != "not_assessable", text("class_test"));
                assert_eq!(is_classed, !test.is_empty(), "{row}");
                assert!(why.starts_with(&test), "{row}");
                for (value, reason) in
                    [("rank", "rank_reason"), ("grade", "grade_reason"), ("score", "score_reason")]
                {
                    assert_eq!(row[value].is_null(), !text(reason).is_empty(), "{value} of {row}");
                }
                // A rank is never without its interval, or the reason of that.
                let why = !text("rank_interval_reason").is_empty();
                assert_eq!(row["rank"].is_null(), row["rank_interval"].is_null() && !why, "{row}");
            }
        }
    }
}

/// "limited" among those who meet the target: the row says why, in the words of `explain`.
#[test]
fn trial_a_class_that_surprises_says_the_test_that_decided_it() {
    let words = ["scorecard", "C2", "--window", "2015-2020"];
    let narrow = at_width("100", &words).stdout;
    let row = |out: &str| out.lines().find(|line| line.contains(" AUT ")).unwrap().to_owned();
    assert!(row(&narrow).contains("limited 0\u{a0}%"), "{}", row(&narrow));
    assert!(narrow.contains("pace that their"), "the legend says what the per cent are of");
    let told = DEMO.wsis(&["explain", "C2", "AUT", "--window", "2015-2020"]).assert_code(0).stdout;
    let test = "0 % of the pace asked: mean score of those with a target 98.0 to 98.0, ";
    assert!(told.contains(&format!("class limited ({test}")), "{told}");
    assert!(told.contains("counts as met from"), "{told}");
    assert!(!told.contains("(facilitator"), "{told}");
}

/// "from http://127.0.0.1:46605/..." is dead when the demo is; and SAMPLE stood twice on a terminal.
#[test]
fn trial_explain_shows_the_publishers_address_and_says_sample_once() {
    let run = DEMO.wsis(&["explain", "C2", "NAM", "--window", "2015-2020"]).assert_code(0);
    let said = run.stdout.matches("SAMPLE").count() + run.stderr.matches("SAMPLE").count();
    assert_eq!(said, 1, "{}\n{}", run.stdout, run.stderr);
    for line in run.stdout.lines().filter(|line| line.trim_start().starts_with("from ")) {
        assert!(line.contains("https://"), "{line}");
    }
    assert!(run.stdout.contains("by way of the demo's own copy"), "{}", run.stdout);
}

/// "withheld" and "0 ranked" stood in the table of lines and nowhere what they mean; "193 not
/// assessable" and not why.
#[test]
fn trial_the_table_of_lines_says_what_its_words_mean() {
    let day = DEMO.summary["between"].as_str().unwrap();
    let words = ["score", "--window", "2015-2020", "--as-of", day];
    let out = DEMO.wsis(&words).assert_code(0).stdout.replace('\n', " ");
    for said in
        ["withheld: fewer than", "nobody is ranked on ", "193 member States of the United Nations"]
    {
        assert!(out.contains(said), "no {said:?} in {out}");
    }
    for line in DEMO.summary["lines"].as_array().unwrap() {
        let number = |name: &str| line[name].as_u64().unwrap();
        let has = |name: &str| line[name].as_str().is_some_and(|text| !text.is_empty());
        assert!(number("economies_scored") > 0 || has("note"), "{line}");
        assert!(
            number("economies_scored") == 0 || number("economies_ranked") > 0 || has("rank_reason")
        );
    }
}

/// "193 not assessable: 1 of 4 indicators can be judged": the reason of 44 of the 74 with a score, said
/// of 193 and set into a column, where it took 15 lines.
#[test]
fn trial_a_reason_in_the_table_of_lines_says_whose_it_is_and_stands_below() {
    let day = DEMO.summary["between"].as_str().unwrap();
    let words = ["score", "--window", "2020-2025", "--as-of", day];
    let out = at_width("140", &words).stdout;
    let body = || out.lines().skip_while(|line| !line.starts_with('─')).skip(1);
    let table = body().take_while(|line| !line.starts_with("counted are")).count();
    assert!(table <= 50, "{table} lines for 18\n{out}");
    let json = [&words[..], &["--format", "json"]].concat();
    let lines = DEMO.wsis(&json).assert_code(0).json()["lines"].as_array().unwrap().clone();
    let told = out.replace('\n', " ");
    let mut shared = 0;
    for line in &lines {
        let number = |name: &str| line[name].as_u64().unwrap();
        let (of, all) = (number("class_reason_economies"), number("economies_unclassed"));
        assert!(of <= all && all <= number("economies_scored"), "{line}");
        assert_eq!(all > 0, line["class_reason"].is_string(), "{line}");
        if of < all {
            let said = format!("{} ({of} of {all})", line["line"].as_str().unwrap());
            assert!(told.contains(&said), "no {said:?} in {out}");
            shared += 1;
        }
    }
    assert!(shared > 0, "C2 and C3 have more than one reason");
}

/// Thirty lines of options of every command drowned those of each; `help --help` was an error, and a
/// slip was answered with the advice to pass it as a value.
#[test]
fn trial_help_says_what_a_command_takes_and_no_more() {
    let folder = tempfile::tempdir().unwrap();
    let told = |words: &[&str], code| wsis(folder.path(), words).assert_code(code);
    let help = told(&["completions", "--help"], 0).stdout;
    assert!(!help.contains("--lake") && !help.contains("--ledger"), "{help}");
    let help = told(&["scorecard", "--help"], 0).stdout;
    assert!(help.contains("Also --root, --lake, ") && help.contains("`wsis --help`"), "{help}");
    assert!(!help.contains("WSIS_LEDGER"), "{help}");
    let help = told(&["--help"], 0).stdout;
    assert!(help.contains("WSIS_LEDGER") && help.contains("Options of every command"), "{help}");
    for words in [&["help", "--help"][..], &["help", "-h"], &["schedule", "help", "--help"]] {
        assert!(told(words, 0).stdout.contains("Usage: wsis"), "{words:?}");
    }
    let slip = told(&["scorecard", "C2", "--as-off", "2026-07-01"], 2).stderr;
    assert!(
        !slip.contains("as a value") && slip.contains("Usage: wsis scorecard [OPTIONS]"),
        "{slip}"
    );
    // Wherever they stand, the options of every command are understood.
    let one = told(&["list", "lines", "--format", "json"], 0).stdout;
    assert_eq!(told(&["--format", "json", "list", "lines"], 0).stdout, one);
    let version = told(&["--version"], 0).stdout;
    assert!(version.starts_with("wsis 0.") && version.contains('('), "{version}");
}

/// A file that was saved from the demo's lake told nobody that its figures are a sample: the word
/// stood on standard error alone.
#[test]
fn trial_a11_a_saved_answer_of_a_sample_says_so() {
    let asked: [&[&str]; 5] = [
        &["scorecard", "C7-egov"],
        &["sql", "SELECT ref_area, value FROM observations_latest LIMIT 3"],
        &["sql", "SELECT 1 AS one WHERE false"],
        &["runs"],
        &["schedule", "list"],
    ];
    for arguments in asked {
        let csv = DEMO.wsis(&[arguments, &["--format", "csv"]].concat()).assert_code(0).stdout;
        let mut lines = csv.lines();
        assert!(lines.next().unwrap().ends_with(",sample"), "{arguments:?}\n{csv}");
        assert!(lines.all(|line| line.ends_with(",SAMPLE")), "{arguments:?}\n{csv}");
        let document =
            DEMO.wsis(&[arguments, &["--format", "json"]].concat()).assert_code(0).json();
        let said = document.get("sample").map_or_else(
            || {
                let rows = document.as_array().expect("an object or a list");
                rows.iter().all(|row| row["sample"].as_str().is_some_and(is_marked))
            },
            |said| said.as_str().is_some_and(is_marked),
        );
        assert!(said, "{arguments:?}\n{document}");
    }
}

fn is_marked(said: &str) -> bool {
    said.starts_with("SAMPLE")
}
