//! `docs/FAILURES.md`: which publicly reported failure of a peer is covered by which test. Made
//! from the names of the tests (`w9_null_value_is_missing` covers W9), so it cannot drift.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::{Outcome, root};

const HEAD: &str = "\
# Failures of others that are tests here

Made by `cargo xtask failures` from the names of the tests; `cargo xtask test` fails when it is
stale. The letter says where it was met: W REST sources, H HTTP and paging, F files, A areas,
V values and flags, R revisions, C scores and ranks, Q queries and Parquet, L lake and restarts,
T schedules, D dashboards, E edge cases of the scoring method.

| id | tests |
| --- | --- |
";

/// Writes the table.
pub(crate) fn write() -> Outcome {
    let file = root().join("docs/FAILURES.md");
    std::fs::write(&file, table()?).map_err(|error| format!("{}: {error}", file.display()))
}

/// Fails when the committed table is not the one that the tests give.
pub(crate) fn check() -> Outcome {
    let committed = std::fs::read_to_string(root().join("docs/FAILURES.md")).unwrap_or_default();
    if committed == table()? {
        Ok(())
    } else {
        Err("docs/FAILURES.md is stale; run `cargo xtask failures` and commit it".to_owned())
    }
}

fn table() -> Result<String, String> {
    let mut found: BTreeMap<(char, u32), Vec<String>> = BTreeMap::new();
    for folder in ["crates", "tests"] {
        visit(&root().join(folder), &mut found)?;
    }
    let mut text = HEAD.to_owned();
    for ((letter, number), mut tests) in found {
        tests.sort();
        tests.dedup();
        let tests: Vec<String> = tests.iter().map(|test| format!("`{test}`")).collect();
        let letter = letter.to_ascii_uppercase();
        writeln!(text, "| {letter}{number} | {} |", tests.join(", ")).map_err(|e| e.to_string())?;
    }
    Ok(text)
}

fn visit(path: &Path, found: &mut BTreeMap<(char, u32), Vec<String>>) -> Outcome {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(told)? {
            visit(&entry.map_err(told)?.path(), found)?;
        }
        return Ok(());
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Ok(());
    }
    for line in std::fs::read_to_string(path).map_err(told)?.lines() {
        let line = line.trim_start().trim_start_matches("async ");
        let Some(name) = line.strip_prefix("fn ").and_then(|rest| rest.split(['(', '<']).next())
        else {
            continue;
        };
        for id in ids(name) {
            found.entry(id).or_default().push(name.to_owned());
        }
    }
    Ok(())
}

/// The scenario ids that a test's name starts with: `w9_…` one, `v12_v13_…` two.
fn ids(name: &str) -> Vec<(char, u32)> {
    let id = |part: &str| {
        let letter = part.chars().next().filter(|c| "whfavrcqltde".contains(*c))?;
        let digits = part.get(1..).filter(|d| (1..=2).contains(&d.len()))?;
        Some((letter, digits.parse().ok()?))
    };
    name.split('_').map_while(id).collect()
}
