//! Commands that read a lake: scorecard, explain, sql, runs, report, verify, schedule.

use crate::program::{DEMO, copy_folder, wsis};

#[test]
fn every_command_has_help_with_an_example() {
    let folder = tempfile::tempdir().unwrap();
    for command in [
        "demo",
        "check",
        "ingest",
        "runs",
        "score",
        "scorecard",
        "explain",
        "audit",
        "rules compare",
        "framework list",
        "framework show",
        "framework check",
        "framework diff",
        "sql",
        "report",
        "verify",
        "lake",
        "lake verify",
        "lake compact",
        "lake gc",
    ] {
        let command: Vec<&str> = command.split(' ').chain(["--help"]).collect();
        let run = wsis(folder.path(), &command).assert_code(0);
        assert!(run.stdout.contains("Example"), "{command:?} has no example");
    }
}

#[test]
fn scorecard_of_a_line_in_three_forms() {
    let json = DEMO
        .wsis(&["scorecard", "C2", "--window", "2015-2020", "--format", "json"])
        .assert_code(0)
        .json();
    let rows = json["scores"].as_array().unwrap();
    assert!(rows.len() >= 60, "{}", rows.len());
    let norway = rows.iter().find(|row| row["area"] == "NOR").unwrap();
    assert!(norway["score"].as_f64().unwrap() > 50.0, "{norway}");
    let csv =
        DEMO.wsis(&["scorecard", "C2", "--window", "2015-2020", "--format", "csv"]).assert_code(0);
    let header = csv.stdout.lines().next().unwrap();
    for column in ["area", "score_start", "score_end", "change", "class", "class_reason", "rank"] {
        assert!(header.split(',').any(|name| name == column), "{header}");
    }
    assert_eq!(csv.stdout.lines().count(), rows.len() + 1);
    let table = DEMO.wsis(&["scorecard", "C2", "--area", "NAM"]).assert_code(0);
    assert!(table.stdout.contains("Namibia"), "{}", table.stdout);
}

/// Missing is null in JSON and empty in CSV, never 0, and comes last.
#[test]
fn c13_missing_is_null_and_comes_last() {
    let json = DEMO.wsis(&["scorecard", "C3", "--format", "json"]).assert_code(0).json();
    // Who is no member State is listed apart, behind the members.
    let rows = json["scores"].as_array().unwrap().iter();
    let rows: Vec<_> = rows.filter(|row| row["standing"] == "member").collect();
    let first_missing = rows.iter().position(|row| row["score"].is_null());
    let at = first_missing.expect("some State has no survey of its people");
    assert!(rows[at..].iter().all(|row| row["score"].is_null() && row["rank"].is_null()));
    assert!(rows[at]["rank_reason"].as_str().is_some_and(|why| !why.is_empty()), "{}", rows[at]);
}

#[test]
fn explain_leads_to_the_payload() {
    let json = DEMO
        .wsis(&["explain", "C2", "NAM", "--window", "2015-2020", "--format", "json"])
        .assert_code(0)
        .json();
    let text = json.to_string();
    let hash = text.split('"').find(|word| word.len() == 64).expect("a payload hash");
    let raw = DEMO.lake().join("raw/sha256").join(&hash[..2]).join(&hash[2..4]).join(hash);
    assert!(raw.is_file(), "{} is not in the archive", raw.display());
    let human = DEMO.wsis(&["explain", "C2", "NAM"]).assert_code(0);
    assert!(human.stdout.contains("Namibia"), "{}", human.stdout);
}

#[test]
fn unknown_names_are_usage_errors_that_list_what_there_is() {
    let line = DEMO.wsis(&["scorecard", "C12"]).assert_code(2);
    assert!(line.stderr.contains("C11"), "{}", line.stderr);
    DEMO.wsis(&["scorecard", "C2", "--area", "ATL"]).assert_code(2);
    DEMO.wsis(&["explain", "C2", "ATL"]).assert_code(2);
    DEMO.wsis(&["score", "--window", "1995-1990"]).assert_code(2);
    DEMO.wsis(&["runs", "no-such-run"]).assert_code(2);
}

#[test]
fn sql_answers_and_is_read_only() {
    let query = "SELECT value FROM observations_latest WHERE series_code = 'IT.NET.USER.ZS' \
                 AND ref_area = 'NOR' AND year = 2015";
    let json = DEMO.wsis(&["sql", query, "--format", "json"]).assert_code(0).json();
    let value = json["rows"][0]["value"].as_f64().unwrap();
    assert!((value - 96.810_325_69).abs() < 1e-6, "{value}");
    assert!(json["snapshot"].as_u64().is_some());
    for forbidden in [
        "CREATE TABLE t AS SELECT 1",
        "COPY observations_latest TO 'out.parquet'",
        "SET datafusion.execution.batch_size = 1",
        "CREATE EXTERNAL TABLE p STORED AS CSV LOCATION 'p.csv'",
    ] {
        let run = DEMO.wsis(&["sql", forbidden]).assert_code(2);
        assert!(run.stderr.contains("read"), "{}", run.stderr);
    }
    let wrong = DEMO.wsis(&["sql", "SELECT nonsense FROM observations_latest"]).assert_code(2);
    assert!(wrong.stderr.contains("nonsense"), "{}", wrong.stderr);
}

/// d3: an answer that was cut says so and gives the count.
#[test]
fn d3_a_cut_answer_says_truncated() {
    let query = "SELECT * FROM observations_latest";
    let json = DEMO.wsis(&["sql", query, "--rows", "5", "--format", "json"]).assert_code(0).json();
    assert_eq!(json["rows"].as_array().unwrap().len(), 5);
    assert_eq!(json["truncated"], true);
}

#[test]
fn runs_are_listed_and_shown() {
    let runs = DEMO.wsis(&["runs", "--format", "json"]).assert_code(0).json();
    let runs = runs.as_array().unwrap();
    assert!(runs.len() >= 3, "{}", runs.len());
    for run in runs {
        let count = |name: &str| run[name].as_u64().unwrap();
        assert_eq!(count("parsed"), count("accepted") + count("quarantined"), "{run}");
    }
    let id = runs[0]["run"].as_str().unwrap();
    let one = DEMO.wsis(&["runs", id, "--format", "json"]).assert_code(0).json();
    assert_eq!(one["run"], id);
}

#[test]
fn report_is_one_self_contained_file() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("r.html");
    DEMO.wsis(&["report", "--out", file.to_str().unwrap()]).assert_code(0);
    let html = std::fs::read_to_string(&file).unwrap();
    assert!(html.starts_with("<!DOCTYPE html>"));
    for forbidden in
        ["<script src", "<link rel=\"stylesheet\"", "<link rel=stylesheet", "<img src=", "NaN"]
    {
        assert!(!html.contains(forbidden), "{forbidden}");
    }
}

#[test]
fn verify_is_clean_and_names_a_damaged_file() {
    DEMO.wsis(&["verify"]).assert_code(0);
    let folder = tempfile::tempdir().unwrap();
    wsis(folder.path(), &["demo", "--format", "json"]).assert_code(0);
    let lake = folder.path().join("wsis-demo/lake");
    let victim = first_parquet(&lake.join("data"));
    let mut bytes = std::fs::read(&victim).unwrap();
    bytes.pop();
    std::fs::write(&victim, bytes).unwrap();
    let run = wsis(folder.path(), &["verify", "--lake", lake.to_str().unwrap()]).assert_code(1);
    let name = victim.file_name().unwrap().to_str().unwrap();
    assert!(format!("{}{}", run.stdout, run.stderr).contains(name), "{}", run.stdout);
    assert!(run.stderr.contains(" whole\n"), "what can still be read is told: {}", run.stderr);
}

#[test]
fn a_lake_of_the_program_before_is_refused_in_words_and_brought_over() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let fixture = concat!(env!("CARGO_MANIFEST_DIR"), "/crates/lake/tests/fixtures/format-1");
    copy_folder(std::path::Path::new(fixture), &lake);
    let sql = ["sql", "SELECT count(*) AS n FROM observations", "--lake", "lake"];
    let refused = wsis(folder.path(), &sql).assert_code(1).stderr;
    assert!(refused.contains("`wsis lake upgrade` brings it over"), "{refused}");
    let upgrade = ["lake", "upgrade", "--lake", "lake", "--format", "json"];
    let done = wsis(folder.path(), &upgrade).assert_code(0).json();
    assert_eq!((&done["from"], &done["to"], &done["snapshot"]), (&1.into(), &2.into(), &3.into()));
    let again = wsis(folder.path(), &upgrade).assert_code(0);
    assert!(again.stderr.contains("of that format already"), "{}", again.stderr);
    // The fixture is a lake alone.
    wsis(folder.path(), &["verify", "--lake", "lake", "--without-ledger"]).assert_code(0);
    let rows = wsis(folder.path(), &[&sql[..], &["--format", "csv"]].concat()).assert_code(0);
    assert!(rows.stdout.lines().any(|line| line == "31"), "{}", rows.stdout);
    let annual = "SELECT count(*) AS n FROM observations_latest WHERE freq = 'A' AND \
                  time_period = CAST(year AS VARCHAR) AND extract(year FROM period_start) = year";
    let annual = ["sql", annual, "--lake", "lake", "--format", "csv"];
    let annual = wsis(folder.path(), &annual).assert_code(0).stdout;
    assert!(annual.lines().any(|line| line == "30"), "{annual}");
    look_after(folder.path(), &lake);
    let none = wsis(folder.path(), &["lake", "upgrade", "--lake", "elsewhere"]).assert_code(2);
    assert!(none.stderr.contains("there is no lake in elsewhere"), "{}", none.stderr);
}

/// What is done to the lake itself, in words and as JSON.
fn look_after(folder: &std::path::Path, lake: &std::path::Path) {
    let run = |args: &[&str]| wsis(folder, &[&["lake"], args, &["--lake", "lake"]].concat());
    run(&["verify", "--without-ledger"]).assert_code(0);
    let idle = run(&["compact"]).assert_code(0);
    assert!(
        idle.stderr.contains("no table of a dataset would get rid of 8 files"),
        "{}",
        idle.stderr
    );
    assert_eq!(run(&["compact", "--format", "json"]).assert_code(0).json(), serde_json::json!([]));
    let leftover = lake.join("data/undesa/EGDI/0123456789abcdef.parquet");
    std::fs::write(&leftover, "of a commit that was cut short").unwrap();
    let young = run(&["gc", "--format", "json"]).assert_code(0).json();
    assert_eq!((&young["removed"], &young["young"]), (&serde_json::json!([]), &1.into()));
    let dry = run(&["gc", "--grace", "0m", "--dry-run"]).assert_code(0);
    assert!(dry.stdout.contains("0123456789abcdef.parquet"), "{}", dry.stdout);
    assert!(dry.stderr.contains("would be removed: 1 files, 30 bytes"), "{}", dry.stderr);
    assert!(leftover.exists());
    run(&["gc", "--grace", "0m"]).assert_code(0);
    assert!(!leftover.exists());
    run(&["verify", "--without-ledger"]).assert_code(0);
    let wrong = run(&["gc", "--grace", "soon"]).assert_code(2);
    assert!(wrong.stderr.contains("a number with d, h or m would be right"), "{}", wrong.stderr);
}

#[test]
fn schedule_next_prints_local_fire_times() {
    let folder = tempfile::tempdir().unwrap();
    let from =
        ["schedule", "next", "--from", "2026-03-07T00:00:00Z", "--count", "2", "--format", "json"];
    let json = wsis(folder.path(), &from).assert_code(0).json();
    let pipelines = json.as_array().unwrap();
    assert!(pipelines.len() >= 3);
    assert_eq!(pipelines[0]["next"].as_array().unwrap().len(), 2);
    // Over the night to summer time, the 8th of March: three and a half hours past midnight in
    // Washington, whatever that is in UTC.
    let words = ["schedule", "next", "worldbank-wdi", "--from", "2026-03-01", "--count", "2"];
    let table = wsis(folder.path(), &words).assert_code(0).stdout;
    let lines: Vec<&str> = table.lines().skip(2).collect();
    assert_eq!(lines.len(), 2, "{table}");
    assert!(lines[0].contains("Mon 2026-03-02 03:30 ") && lines[0].contains("T08:30Z"));
    assert!(lines[1].contains("Mon 2026-03-09 03:30 ") && lines[1].contains("T07:30Z"));
    let wrong = wsis(folder.path(), &["schedule", "next", "worldbank-wdj"]).assert_code(2);
    assert!(wrong.stderr.contains("did you mean `worldbank-wdi`?"), "{}", wrong.stderr);
}

fn first_parquet(folder: &std::path::Path) -> std::path::PathBuf {
    let mut entries: Vec<_> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()).collect();
    entries.sort();
    let file = entries.iter().find(|path| path.extension().is_some_and(|e| e == "parquet"));
    match file {
        Some(file) => file.clone(),
        None => first_parquet(entries.iter().find(|path| path.is_dir()).unwrap()),
    }
}
