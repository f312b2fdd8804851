//! Text of a source that would act on a terminal or in a spreadsheet, through every command that
//! shows it.

use std::path::Path;

use tempfile::TempDir;

use crate::program::{Run, deployment, wsis};
use crate::providers::{serve_always, set};

/// Clears the screen, turns the line around, and is a formula.
const NOTE: &str = r"=1+1\u001b[2J\u202e\u009b";

/// One record with that as its footnote, one of an area with such a name.
fn answer() -> Vec<u8> {
    let record = |id: &str, iso: &str, name: &str, value: f64| {
        format!(
            r#"{{"indicator":{{"id":"IT.NET.USER.ZS","value":"Internet"}},"country":{{"id":"{id}","value":"{name}"}},"countryiso3code":"{iso}","date":"2020","value":{value},"unit":"","obs_status":"","decimal":0,"footnote":"{NOTE}"}}"#
        )
    };
    let records = [record("KE", "KEN", "Kenya", 25.0), record("QX", "QXX", NOTE, 1.0)].join(",");
    format!(r#"[{{"page":1,"pages":1,"per_page":1000,"total":2,"sourceid":"2","lastupdated":"2026-07-01"}},[{records}]]"#)
        .into_bytes()
}

/// A deployment of one series, which was asked for.
fn ingested() -> TempDir {
    let folder = deployment();
    for other in ["undesa-egdi", "unsd-sdg"] {
        std::fs::remove_file(folder.path().join(format!("pipelines/{other}.toml"))).unwrap();
    }
    let file = folder.path().join("pipelines/worldbank-wdi.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    let mut parts = text.split("\n[[series]]");
    let mut kept = parts.next().unwrap().to_owned();
    for part in parts.filter(|part| part.contains("\"IT.NET.USER.ZS\"")) {
        kept = format!("{kept}\n[[series]]{part}");
    }
    std::fs::write(&file, kept).unwrap();
    let (address, _) = serve_always(answer());
    set(&file, "base_url", &format!("\"http://{address}\""));
    set(&file, "rows_min", "1");
    set(&file, "quarantined_share_max", "1.0");
    let workspace = folder.path().join("workspace.toml");
    set(&workspace, "allow_http", "[\"127.0.0.1\"]");
    set(&workspace, "allow_private", "[\"127.0.0.1\"]");
    let run = wsis(folder.path(), &["ingest", "worldbank-wdi"]).assert_code(0);
    assert_calm(&run);
    folder
}

/// Nothing that a terminal acts on.
fn assert_calm(run: &Run) {
    for text in [&run.stdout, &run.stderr] {
        let acts = |c: char| (c.is_control() && c != '\n') || c == '\u{202e}';
        assert!(!text.contains(acts), "{text:?}");
    }
}

fn shown(folder: &Path, arguments: &[&str]) -> Run {
    let run = wsis(folder, arguments);
    assert!(run.code <= 1, "{arguments:?}: {}", run.stderr);
    assert_calm(&run);
    run
}

#[test]
fn trial_r31_text_of_a_source_acts_on_no_terminal() {
    let folder = ingested();
    let root = folder.path();
    let sql = shown(root, &["sql", "SELECT footnote FROM observations_latest"]);
    assert!(sql.stdout.contains(r"=1+1\u{1b}[2J\u{202e}\u{9b}"), "{}", sql.stdout);
    let explained = shown(root, &["explain", "C2", "KEN", "--window", "2015-2020"]);
    assert!(explained.stdout.contains("Kenya"), "{}", explained.stdout);
    // Read in another way: both the old and the new statement are shown.
    let file = root.join("pipelines/worldbank-wdi.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replace("range = [0, 100]", "range = [0, 20]")).unwrap();
    let reread = shown(root, &["ingest", "--re-decode", "worldbank-wdi"]);
    assert!(!reread.stdout.is_empty());
    for words in [
        &["runs"][..],
        &["verify"],
        &["scorecard", "C2"],
        &["schedule", "list"],
        &["sql", "SELECT * FROM quarantine"],
        &["sql", "SELECT * FROM runs"],
    ] {
        shown(root, words);
    }
    let runs = wsis(root, &["runs", "--format", "json"]).assert_code(0).json();
    let id = runs[0]["run"].as_str().unwrap().to_owned();
    let told = shown(root, &["runs", &id]);
    assert!(told.stdout.contains("unknown_area"), "{}", told.stdout);
}

#[test]
fn trial_r30_text_of_a_source_is_a_formula_in_no_csv() {
    let folder = ingested();
    let root = folder.path();
    let guarded = "\n'=1+1";
    let sql = wsis(root, &["sql", "SELECT footnote FROM observations_latest", "--format", "csv"]);
    assert!(sql.assert_code(0).stdout.contains(guarded));
    wsis(root, &["score"]).assert_code(0);
    let public = root.join("lake/public/v1");
    let published = std::fs::read_to_string(public.join("observations_latest.csv")).unwrap();
    assert!(published.contains(",'=1+1") && !published.contains(",=1+1"), "{published}");
    let aside = std::fs::read_to_string(public.join("quarantine.csv")).unwrap();
    for line in aside.lines().chain(published.lines()) {
        let begins = |cell: &str| cell.trim_start_matches('"').starts_with(['=', '+', '@']);
        assert!(!line.split(',').any(begins), "{line}");
    }
}
