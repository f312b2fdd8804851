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
