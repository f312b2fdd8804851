//! The method is data: a change of it shows at once.

use std::path::Path;

use serde_json::Value;

use crate::program::{DEMO, copy_folder, deployment, edit, wsis};

fn in_folder(folder: &Path, words: &[&str]) -> Value {
    wsis(folder, &[words, &["--format", "json", "--quiet"]].concat()).assert_code(0).json()
}

/// `C1` of Denmark, in a scorecard and in SQL.
fn score(folder: &Path) -> f64 {
    let card = in_folder(folder, &["scorecard", "C1", "--area", "DNK"]);
    let query = "SELECT score FROM line_scores WHERE line = 'C1' AND area = 'DNK' \
                 AND window_end = 2025";
    let table = in_folder(folder, &["sql", query]);
    assert_eq!(card["scores"][0]["score"], table["rows"][0]["score"]);
    card["scores"][0]["score"].as_f64().unwrap()
}

fn published(folder: &Path) -> Vec<u8> {
    wsis(folder, &["score", "--quiet"]).assert_code(0);
    std::fs::read(folder.join("lake/public/v1/line_scores.parquet")).unwrap()
}

/// What is derived follows its definition: nothing made by an older method is taken for the one
/// in force, and the old method gives the old bytes.
#[test]
fn l14_another_goalpost_changes_scorecards_sql_and_published_tables() {
    let folder = deployment();
    copy_folder(&DEMO.lake(), &folder.path().join("lake"));
    let (before, table) = (score(folder.path()), published(folder.path()));
    let framework = folder.path().join("schemas/framework/wsis-action-lines.toml");
    edit(&framework, "lo = 0\nhi = 1\n", "lo = 0\nhi = 2\n");
    let changed = score(folder.path());
    assert!(changed < before, "{changed} {before}");
    assert_ne!(published(folder.path()), table);
    edit(&framework, "lo = 0\nhi = 2\n", "lo = 0\nhi = 1\n");
    assert_eq!(score(folder.path()), before);
    assert!(published(folder.path()) == table, "the same method gives the same bytes");
}

/// A goalpost that most values lie beyond, put into the file without another version: `score` says
/// both, the manifest keeps them, and `check` says them without reading a figure.
#[test]
fn trial_a12_a_silent_change_of_the_method_and_crowded_goalposts_are_said() {
    let folder = deployment();
    copy_folder(&DEMO.lake(), &folder.path().join("lake"));
    let framework = folder.path().join("schemas/framework/wsis-action-lines.toml");
    let run = |words: &[&str]| wsis(folder.path(), words).assert_code(0);
    let manifest = || -> Value {
        let bytes = std::fs::read(folder.path().join("lake/public/v1/manifest.json")).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()["sets"][0].clone()
    };
    let before = manifest()["method_fingerprint"].as_str().unwrap().to_owned();
    let score = in_folder(folder.path(), &["score"]);
    assert_eq!(score["method_fingerprint"], before.as_str(), "the demo published the same method");
    assert!(!run(&["check", "--strict"]).stdout.contains("is still"));
    let framework_of = |set: &Value, of: &str| set[of]["framework"].as_str().unwrap().to_owned();
    let first = framework_of(&manifest(), "parts");

    // Another release of the program, or another code list: a fingerprint of its own, and nobody
    // broke a promise.
    let path = folder.path().join("lake/public/v1/manifest.json");
    let written = std::fs::read_to_string(&path).unwrap();
    std::fs::write(&path, written.replace(&before, "0123456789abcdef")).unwrap();
    let told = run(&["check"]);
    assert!(!told.stdout.contains("is still"), "{}", told.stdout);
    std::fs::write(&path, written).unwrap();

    edit(&framework, "lo = 0\nhi = 1\n", "lo = 0\nhi = 0.05\n");
    let still =
        format!("changed and its version is still {}", score["method_version"].as_str().unwrap());
    let told = run(&["check"]);
    assert!(told.stdout.contains(&still), "before it is published: {}", told.stdout);
    let crowded = "epi, 2020-2025: of 1";
    for round in ["at once", "and not only once"] {
        let told = run(&["score", "--window", "2020-2025"]);
        assert!(told.stderr.contains(&still), "{round}: {}", told.stderr);
        assert!(told.stderr.contains(&format!("{first} before")), "{round}: {}", told.stderr);
        assert!(told.stderr.contains(crowded), "{round}: {}", told.stderr);
        assert!(told.stderr.contains("have one beyond a goalpost (0 to 0.05)"), "{}", told.stderr);
    }
    assert_eq!(framework_of(&manifest(), "replaced"), first);
    let told = run(&["check"]);
    assert!(told.stdout.contains(&still) && told.stdout.contains(crowded), "{}", told.stdout);
    // As CSV there is a row for each warning that `--strict` counts.
    let csv = wsis(folder.path(), &["check", "--strict", "--format", "csv"]).assert_code(1).stdout;
    assert!(csv.contains(",warning,published,") && csv.contains(&still), "{csv}");
    let told = run(&["scorecard", "C1", "--window", "2020-2025"]);
    assert!(told.stderr.contains(crowded), "{}", told.stderr);
    let told = run(&["scorecard", "C2", "--window", "2020-2025"]);
    assert!(!told.stderr.contains(crowded), "of another line: {}", told.stderr);

    let version = format!("version = {}", score["method_version"]);
    edit(&framework, &version, "version = \"another\"");
    assert!(!run(&["score"]).stderr.contains("is still"), "said until the version is raised");
    assert!(manifest().get("replaced").is_none());

    // A manifest that cannot be read is no reason to be silent.
    std::fs::write(&path, "{").unwrap();
    let told = run(&["check"]);
    assert!(told.stdout.contains("what is published cannot be read"), "{}", told.stdout);
}
