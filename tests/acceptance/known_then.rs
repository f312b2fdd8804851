//! What was known on another day, asked for on the command line.

use serde_json::Value;

use crate::program::{DEMO, deployment, wsis};

/// The day between the two releases of the demo.
fn between() -> &'static str {
    DEMO.summary["between"].as_str().unwrap()
}

/// A document of a command that reads the demo's lake.
fn json(arguments: &[&str]) -> Value {
    DEMO.wsis(&[arguments, &["--format", "json"]].concat()).assert_code(0).json()
}

/// The first column of an answer.
fn ask(query: &str, more: &[&str]) -> String {
    let run = DEMO.wsis(&[&["sql", query, "--format", "csv"], more].concat()).assert_code(0);
    let row = run.stdout.lines().nth(1).unwrap_or_default();
    row.strip_suffix(",SAMPLE").unwrap_or(row).to_owned()
}

/// The series that the second release of the demo revises, and that no line scores.
const PHONES: &str = r#"
id = "phones"
version = "1"
title = "Mobile-cellular subscriptions alone"
status = "proposed"
source = "a test"
verified = true
windows = ["2015-2020"]
reported = ["phones"]

[scale]
max = 100
rank_decimals = 4
shown_decimals = 1

[[node]]
code = "phones"
title = "Mobile-cellular subscriptions"
children = ["mobile"]

[[indicator]]
code = "mobile"
title = "Mobile-cellular subscriptions"
definition = "Subscriptions to a public mobile telephone service."
unit = "per 100 inhabitants"
theme = "connectivity"
agency = "ITU"
evidence = "B"
direction = "up"
status = "proposed"
source = "World Development Indicators, IT.CEL.SETS.P2"
verified = true
licence = "CC BY 4.0"

[indicator.series]
source = "worldbank"
dataset = "WDI"
code = "IT.CEL.SETS.P2"

[indicator.goalposts]
lo = 0
hi = 300
status = "proposed"
source = "a test"
verified = true
"#;

/// Scores of an economy each, of the revised series.
fn scores(root: &str, of: &[&str]) -> Value {
    let asked = ["scorecard", "phones", "--framework", "phones", "--root", root];
    json(&[&asked, of].concat())["scores"].take()
}

/// The last snapshot of the first release of all sources is the state of the day between.
#[test]
fn the_score_of_a_day_between_two_releases_is_as_it_was_before_the_second() {
    let runs = DEMO.summary["runs"].as_array().unwrap();
    let of_first = runs[..runs.len() / 2].iter().filter_map(|run| run["snapshot"].as_u64());
    let first = of_first.max().unwrap().to_string();
    let root = deployment();
    std::fs::write(root.path().join("schemas/framework/phones.toml"), PHONES).unwrap();
    let root = root.path().to_str().unwrap();
    let then = scores(root, &["--as-of", between()]);
    assert_eq!(then, scores(root, &["--snapshot", &first]));
    assert_ne!(then, scores(root, &[]), "the second release revises the series");
    // Of the newest snapshot, not of an older one.
    let answer = json(&["scorecard", "C2", "--as-of", between()]);
    assert_eq!(answer["snapshot"], DEMO.summary["snapshot"]);
    assert_eq!(answer["as_of"], format!("{}T23:59:59.999999Z", between()));
    assert_eq!(json(&["scorecard", "C2"])["as_of"], Value::Null);
    // Tables of scores, explained ones and reports are of the same day.
    let count = "SELECT count(*) FROM line_scores WHERE score IS NOT NULL";
    assert_eq!(ask(count, &["--as-of", between()]), ask(count, &["--snapshot", &first]));
    let told = DEMO.wsis(&["explain", "C2", "NAM", "--as-of", between()]).assert_code(0);
    assert!(told.stdout.contains("as known on "), "{}", told.stdout);
    let folder = tempfile::tempdir().unwrap();
    let out = folder.path().join("then.html");
    DEMO.wsis(&["report", "--as-of", between(), "--out", out.to_str().unwrap()]).assert_code(0);
    let html = std::fs::read_to_string(out).unwrap();
    assert!(html.contains("as known on "), "the title says of when it is");
    let day: chrono::NaiveDate = between().parse().unwrap();
    let report_of = format!("Report of</dt><dd>{}</dd>", day.format("%-d %B %Y"));
    let html = html.replace("</dt> <dd>", "</dt><dd>");
    assert!(html.contains(&report_of), "no {report_of}");
}

#[test]
fn sql_has_what_was_in_force_on_a_day_and_what_became_of_it() {
    let then = format!("SELECT count(*) FROM observations_as_of('{}')", between());
    let in_force = "SELECT count(*) FROM observations_latest";
    assert_eq!(ask(&then, &[]), ask(in_force, &["--as-of", between()]));
    let sum = |table: &str| {
        format!("SELECT round(sum(value), 3) FROM {table} WHERE series_code = 'IT.NET.USER.ZS'")
    };
    let as_of = format!("observations_as_of('{}')", between());
    assert_eq!(ask(&sum(&as_of), &[]), ask(&sum("observations_latest"), &["--as-of", between()]));
    let changed = "SELECT count(*) FROM revisions WHERE change IN ('revised', 'annotated')";
    assert_eq!(ask(changed, &[]), DEMO.summary["observations_revised"].to_string());
    let revised = "SELECT count(*) FROM revisions WHERE change = 'revised'";
    assert_eq!(ask("SELECT count(*) FROM revisions", &["--as-of", between()]), "0");
    // Each joins what was in force with what is.
    let pairs = format!(
        "SELECT count(*) FROM revisions r JOIN observations_as_of('{}') o USING (source, dataset, \
         series_code, ref_area, sex, age, location, dimensions, freq, time_period) WHERE change = 'revised' AND \
         (r.old_value = o.value OR r.old_value IS NULL AND o.value IS NULL)",
        between()
    );
    assert_eq!(ask(&pairs, &[]), ask(revised, &[]));
    let statements = "SELECT count(*) FROM observations WHERE recorded_at > (SELECT \
                      max(recorded_at) FROM observations_latest)";
    assert_eq!(ask(statements, &["--as-of", between()]), "0");
    // Runs and states are of the same instant.
    let runs = "SELECT count(*) FROM runs";
    assert_eq!(ask(runs, &["--as-of", between()]), "7");
    assert_eq!(ask(runs, &[]), "14");
}

#[test]
fn what_cannot_be_known_is_refused_in_words() {
    for (arguments, code, words) in [
        (
            &["scorecard", "C2", "--as-of", "1999-12-31"][..],
            2,
            "nothing was known on 31 December 1999",
        ),
        (&["scorecard", "C2", "--as-of", "2999-01-01"], 2, "is not known yet"),
        (&["scorecard", "C2", "--as-of", "yesterday"], 2, "2026-07-01T12:00:00Z"),
        (&["score", "--snapshot", "99"], 2, "snapshot 99 does not exist"),
        (&["sql", "SELECT 1", "--as-of", "1999-12-31"], 2, "nothing was known"),
        (&["sql", "SELECT * FROM observations_as_of('1999-12-31')"], 2, "nothing was known"),
        (&["sql", "SELECT * FROM observations_as_of('2999-12-31')"], 2, "is not known"),
        (&["sql", "SELECT * FROM observations_as_of(7)"], 2, "observations_as_of takes one text"),
        (&["runs", "--as-of", "2999-01-01"], 2, "is not known yet"),
    ] {
        let run = DEMO.wsis(arguments).assert_code(code);
        assert!(run.stderr.contains(words), "{arguments:?}: {}", run.stderr);
    }
}

#[test]
fn invariant_i17_a_view_of_the_past_publishes_nothing_and_says_so() {
    let before = std::fs::read(DEMO.lake().join("public/v1/manifest.json")).unwrap();
    let run = DEMO.wsis(&["score", "--as-of", between()]).assert_code(0);
    assert!(run.stdout.contains("as known on "), "{}", run.stdout);
    assert!(run.stderr.contains("shown and not published"), "{}", run.stderr);
    let answer = json(&["score", "--snapshot", "3"]);
    assert_eq!((&answer["public"], &answer["snapshot"]), (&Value::Null, &3.into()));
    assert_eq!(std::fs::read(DEMO.lake().join("public/v1/manifest.json")).unwrap(), before);
}

#[test]
fn runs_and_states_are_those_of_the_instant() {
    let count = |more: &[&str]| json(&[&["runs"], more].concat()).as_array().unwrap().len();
    assert_eq!(
        (count(&[]), count(&["--as-of", between()]), count(&["--snapshot", "3"])),
        (14, 7, 3)
    );
    let listed = json(&["schedule", "list", "--as-of", between()]);
    let mut asked = 0;
    for one in listed.as_array().unwrap() {
        // The demo asks a part of the pipelines.
        let last = one["last_complete"].as_str();
        assert!(last.is_none_or(|last| &last[..10] < between()), "{one}");
        asked += u32::from(last.is_some());
        assert_eq!(one["published_snapshot"], Value::Null);
    }
    assert_eq!(asked, 7, "{listed}");
    json(&["promises", "--as-of", between()]);
    let folder = tempfile::tempdir().unwrap();
    let both = ["promises", "--as-of", between(), "--at", between(), "--lake", "x"];
    wsis(folder.path(), &both).assert_code(2);
}
