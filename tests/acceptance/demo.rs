//! `wsis demo`: the main job.

use std::collections::BTreeMap;
use std::fs::File;
use std::path::Path;
use std::process::Stdio;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use sha2::{Digest, Sha256};

use crate::program::{DEMO, Demo, command, until, wsis};

#[test]
fn summary_has_what_product_md_promises() {
    let summary = &DEMO.summary;
    let lines = summary["lines"].as_array().unwrap();
    let names: Vec<&str> = lines.iter().map(|line| line["line"].as_str().unwrap()).collect();
    assert_eq!(
        names,
        [
            "C1",
            "C2",
            "C3",
            "C4",
            "C5",
            "C6",
            "C7-egov",
            "C7-ebiz",
            "C7-elearn",
            "C7-ehealth",
            "C7-eemp",
            "C7-eenv",
            "C7-eagri",
            "C7-esci",
            "C8",
            "C9",
            "C10",
            "C11"
        ]
    );
    for line in lines {
        // A line without indicators has no coverage: null, but there.
        for field in ["indicators", "economies_scored", "median_score", "coverage", "classes"] {
            assert!(line.get(field).is_some(), "{} has no {field}", line["line"]);
        }
    }
    let c2 = &lines[1];
    assert!(c2["economies_scored"].as_u64().unwrap() >= 60, "{c2}");
    let median = c2["median_score"].as_f64().unwrap();
    assert!((20.0..100.0).contains(&median), "{median}");
    for key in ["payloads", "rows_parsed", "rows_accepted", "rows_quarantined", "snapshot"] {
        assert!(summary[key].as_u64().unwrap() > 0, "{key} in {summary}");
    }
    assert!(Path::new(summary["report"].as_str().unwrap()).is_file());
    assert!(Path::new(summary["public"].as_str().unwrap()).is_dir());
}

/// The Parquet files of `public/v1` hold what `schemas/tables` promises, column by column.
#[test]
fn public_tables_keep_their_contracts() {
    let public = DEMO.lake().join("public/v1");
    let mut contracts = wsis_config::tables::embedded().unwrap();
    contracts.retain(|contract| contract.published);
    assert_eq!(contracts.len(), 16);
    for contract in contracts {
        let file = File::open(public.join(format!("{}.parquet", contract.name))).unwrap();
        let schema = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().schema().clone();
        let columns = schema.fields().iter().map(|field| {
            (field.name().as_str(), field.data_type().to_string(), field.is_nullable())
        });
        assert_eq!(contract.differences(columns), Vec::<String>::new());
    }
}

#[test]
fn invariant_i1_no_row_is_lost() {
    let count = |name: &str| DEMO.summary[name].as_u64().unwrap();
    assert_eq!(count("rows_parsed"), count("rows_accepted") + count("rows_quarantined"));
    assert!(count("rows_quarantined") >= 3, "bad rows were served by every source");
}

/// 198,182 rows were the same 99,091 twice, and nothing but the README called them a sample.
#[test]
fn trial_a11_h17_h18_the_demo_counts_one_thing_and_says_sample() {
    let summary = &DEMO.summary;
    let releases = summary["releases"].as_u64().unwrap();
    let runs = summary["runs"].as_array().unwrap();
    assert_eq!(releases, 2);
    let pipelines: std::collections::BTreeSet<&str> =
        runs.iter().map(|run| run["pipeline"].as_str().unwrap()).collect();
    let of_last = &runs[runs.len() - pipelines.len()..];
    for (shown, field) in [("rows_parsed", "parsed"), ("payloads", "payloads")] {
        let sum: u64 = of_last.iter().map(|run| run[field].as_u64().unwrap()).sum();
        assert_eq!(summary[shown].as_u64().unwrap(), sum, "{shown}");
    }
    // The window is computed: no other has more lines with scores, and none newer as many.
    let reason = summary["window_reason"].as_str().unwrap();
    let scored = summary["lines"].as_array().unwrap();
    let scored = scored.iter().filter(|line| line["economies_scored"].as_u64() > Some(0)).count();
    assert!(reason.starts_with(&format!("{scored} of 18 lines have scores in it")), "{reason}");

    assert!(summary["sample"].as_str().unwrap().starts_with("SAMPLE: "));
    let html = std::fs::read_to_string(summary["report"].as_str().unwrap()).unwrap();
    assert!(html.contains("<title>SAMPLE: ") && html.contains("<p class=sample"));
    let public = DEMO.lake().join("public/v1");
    let mut files = 0;
    for entry in std::fs::read_dir(&public).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_some_and(|ending| ending == "parquet") {
            let file = File::open(&path).unwrap();
            let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
            let facts = reader.metadata().file_metadata().key_value_metadata().unwrap().clone();
            let sample = facts.iter().find(|fact| fact.key == "wsis.sample");
            let value = sample.and_then(|fact| fact.value.clone()).unwrap_or_default();
            assert!(value.starts_with("SAMPLE: "), "{}: {facts:?}", path.display());
            files += 1;
        }
    }
    assert!(files >= 9, "{files} files");
    every_row_of_csv_says_sample(&public);
    let run = DEMO.wsis(&["scorecard", "C2", "--window", summary["window"].as_str().unwrap()]);
    assert!(run.assert_code(0).stderr.contains("SAMPLE: "));
}

/// "The source gives no observation for this area" of what the sample left out.
#[test]
fn trial_a11_what_the_sample_left_out_is_not_said_of_the_source() {
    let run = DEMO.wsis(&["explain", "C7-elearn", "FRA"]).assert_code(0);
    assert!(run.stdout.starts_with("SAMPLE: "), "{}", run.stdout);
    assert!(run.stdout.contains("not in the demo's sample"), "{}", run.stdout);
    for wrong in ["is in the lake", "the source gives no observation"] {
        assert!(!run.stdout.contains(wrong), "{wrong}\n{}", run.stdout);
    }
    let html = std::fs::read_to_string(DEMO.summary["report"].as_str().unwrap()).unwrap();
    assert!(!html.contains("is in the lake"));
    // Whole files of the source: nobody leaves anything out.
    let run = DEMO.wsis(&["explain", "C3", "USA"]).assert_code(0);
    assert!(run.stdout.contains("the source gives none for this area"), "{}", run.stdout);
    // Of a line with one series that is whole and one that is not here at all nothing is said.
    let said = "SELECT DISTINCT line FROM line_scores WHERE \
                grade_reason = 'the source gives none for this area' AND line = 'C7-eagri'";
    let said = DEMO.wsis(&["sql", said, "--format", "json"]).assert_code(0).json();
    assert_eq!(said["rows"].as_array().unwrap().len(), 0, "{said}");
    // Nor is a series without a row the source of a chart.
    let rows = "SELECT count(*) AS n FROM observations_latest WHERE dataset = 'FINDEX_API'";
    let rows = DEMO.wsis(&["sql", rows, "--format", "json"]).assert_code(0).json();
    assert_eq!(rows["rows"][0]["n"], 0);
    assert!(!html.contains("FINDEX_API (fin44)"));
}

/// Sweden "paid online 0" beside "bought online 78.5": of 31 zeros of 2021 in the World Bank's file 30 stand
/// where the other way of paying is 0 as well, for nobody was asked. That of Afghanistan is one.
#[test]
fn trial_a1_a_zero_of_a_question_that_was_not_asked_is_no_figure() {
    let of = |more: &str| {
        let query = format!(
            "SELECT count(*) AS n FROM observations_latest WHERE series_code IN ('fin27a', 'fin27b') AND {more}"
        );
        let run = DEMO.wsis(&["sql", &query, "--format", "json"]).assert_code(0).json();
        run["rows"][0]["n"].as_i64().unwrap()
    };
    assert_eq!(of("value = 0"), 1);
    assert_eq!(of("value = 0 AND ref_area = 'AFG' AND series_code = 'fin27a' AND year = 2021"), 1);
    assert_eq!(of("value IS NULL AND source_flag = '0 means not asked' AND year = 2021"), 60);
    assert_eq!(of("ref_area = 'SWE' AND year = 2021 AND value_text = '0' AND obs_status = 'L'"), 2);
}

/// A CSV is mailed without the manifest beside it: the last cell of every row says what it is.
fn every_row_of_csv_says_sample(public: &Path) {
    let mut plain = 0;
    for entry in std::fs::read_dir(public).unwrap() {
        let path = entry.unwrap().path();
        if path.extension().is_none_or(|ending| ending != "csv") {
            continue;
        }
        let text = std::fs::read_to_string(&path).unwrap();
        assert!(text.lines().next().unwrap().ends_with(",sample"), "{}", path.display());
        let records = text.split_terminator("\r\n").skip(1);
        assert!(records.clone().all(|it| it.ends_with(",SAMPLE")), "{}", path.display());
        plain += 1;
    }
    assert!(plain >= 5, "{plain} files");
}

/// "change no data (from no data to no data on 0 matched indicators ...), no data a year", and the
/// "weighted arithmetic mean" of nothing.
#[test]
fn trial_h38_explain_says_one_true_thing_where_there_is_nothing() {
    let nothing = DEMO.wsis(&["explain", "C8", "NAM", "--window", "2015-2020"]);
    let shown = nothing.assert_code(0).stdout;
    assert!(shown.contains("no change: no indicator chosen by this project"), "{shown}");
    assert!(shown.contains("no score: "), "{shown}");
    let level = DEMO.wsis(&["explain", "C4", "NAM", "--window", "2020-2025"]);
    let level = level.assert_code(0).stdout;
    assert!(level.contains("no change: "), "{level}");
    for text in [&shown, &level] {
        for wrong in ["no data", "change no", "mean\n    "] {
            assert!(!text.contains(wrong), "{wrong:?} in {text}");
        }
        // A grade of the change stands only beside a change.
        assert!(!text.contains("of the change"), "{text}");
    }
    assert!(!shown.contains("weighted arithmetic mean"), "{shown}");
}

/// C8, C10 and C11 have no agreed indicator: they appear and say so, without a number.
#[test]
fn c27_lines_without_indicator_appear_and_say_so() {
    let lines = DEMO.summary["lines"].as_array().unwrap();
    for name in ["C8", "C10", "C11"] {
        let line = lines.iter().find(|line| line["line"] == name).unwrap();
        assert!(line["median_score"].is_null(), "{line}");
        assert_eq!(line["economies_scored"], 0, "{line}");
    }
    let html = std::fs::read_to_string(DEMO.summary["report"].as_str().unwrap()).unwrap();
    assert!(html.to_lowercase().contains("no indicator chosen by this project"));
}

#[test]
fn two_folders_give_the_same_scorecard_bytes() {
    let other = Demo::run_into(tempfile::tempdir().unwrap());
    let (ours, theirs) = (score_files(&DEMO.lake()), score_files(&other.lake()));
    assert!(ours.len() >= 10, "{ours:?}");
    assert_eq!(ours, theirs, "{}\n{}", DEMO.summary["runs"], other.summary["runs"]);
}

#[test]
fn run_again_in_the_same_folder_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let first = wsis(folder.path(), &["demo", "--format", "json"]).assert_code(0).json();
    let before = score_files(&folder.path().join("wsis-demo/lake"));
    let second = wsis(folder.path(), &["demo", "--format", "json"]).assert_code(0).json();
    assert_eq!(before, score_files(&folder.path().join("wsis-demo/lake")));
    assert_eq!(first["snapshot"], second["snapshot"]);
    assert_eq!(first["lines"], second["lines"]);
}

#[test]
fn a_folder_that_is_not_a_demo_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("wsis-demo/lake");
    std::fs::create_dir_all(&lake).unwrap();
    std::fs::write(lake.join("precious.txt"), "x").unwrap();
    let run = wsis(folder.path(), &["demo"]).assert_code(2);
    assert!(run.stderr.contains("--out"), "{}", run.stderr);
    assert!(lake.join("precious.txt").is_file());
}

#[test]
fn table_output_names_the_18_lines_and_where_things_are() {
    let folder = tempfile::tempdir().unwrap();
    let run = wsis(folder.path(), &["demo"]).assert_code(0);
    for word in ["C7-egov", "C11", "report.html", "public", "quarantined"] {
        assert!(run.stdout.contains(word), "no {word:?} in\n{}", run.stdout);
    }
    assert!(!run.stdout.contains("NaN"), "{}", run.stdout);
}

/// SHA-256 of every published score file, Parquet and CSV.
fn score_files(lake: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(lake.join("public/v1")).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap().to_owned();
        let is_score =
            ["indicator_scores", "line_scores", "group_scores", "lines", "indicators", "areas"]
                .iter()
                .any(|table| name.starts_with(&format!("{table}.")));
        if is_score {
            found.insert(name, format!("{:02x?}", Sha256::digest(std::fs::read(&path).unwrap())));
        }
    }
    found
}

/// A demo replaces the lake of an earlier one, and leaves alone one that is being made.
#[test]
fn trial_r23_a_demo_under_way_is_not_taken_away_by_another() {
    let folder = tempfile::tempdir().unwrap();
    let arguments = ["demo", "--out", "demo"];
    let mut first = command(folder.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let lake = folder.path().join("demo/lake/_format.json");
    until("a lake", || lake.is_file());
    let whose = std::fs::read(&lake).unwrap();
    let second = wsis(folder.path(), &arguments).assert_code(1);
    assert!(second.stderr.contains("another demo is under way"), "{}", second.stderr);
    assert_eq!(std::fs::read(&lake).unwrap(), whose);
    assert!(first.try_wait().unwrap().is_none(), "it goes on");
    // One that was killed holds nobody up.
    first.kill().unwrap();
    first.wait().unwrap();
    let mut third = command(folder.path())
        .args(arguments)
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    until("a new lake", || std::fs::read(&lake).is_ok_and(|found| found != whose));
    third.kill().unwrap();
    third.wait().unwrap();
}
