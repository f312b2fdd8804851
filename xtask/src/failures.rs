//! `docs/FAILURES.md`: which failure and which invariant is covered by which test, with a line on
//! what each id means.
//!
//! Made from the names of the tests (`w9_null_value_is_missing` covers W9 of what others reported,
//! `trial_f01_...` covers F01 of the first trial, `invariant_i4_...` I4 of ARCHITECTURE.md) and from
//! the meanings in `docs/failures.toml`, so that it cannot drift.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::Path;

use crate::{Outcome, root, say};

const HEAD: &str = "\
# Failures and invariants that are tests here

Made by `cargo xtask failures` from the names of the tests and the meanings in `failures.toml`;
`cargo xtask test` fails when it is stale. An id without a test is open.
";

/// A part of the table: the ids of one origin.
struct Part {
    /// Name of its table in `failures.toml`.
    name: &'static str,
    /// What a test's name begins with before its ids.
    prefix: &'static str,
    /// Letters that ids begin with.
    letters: &'static str,
    /// Heading and what the letters mean.
    head: &'static str,
    /// What stands beside an id.
    column: &'static str,
}

const PARTS: [Part; 3] = [
    Part {
        name: "reported",
        prefix: "",
        letters: "whfavrcqltde",
        head: "\
## What others reported

Failures that users of other tools reported in public. The letter says where it was met: W REST
sources, H HTTP and paging, F files, A areas, V values and flags, R revisions, C scores and ranks,
Q queries and Parquet, L lake and restarts, T schedules, D dashboards, E edge cases of the scoring
method.
",
        column: "what went wrong",
    },
    Part {
        name: "trial",
        prefix: "trial_",
        letters: "afprnxth",
        head: "\
## The first trial

What this program itself got wrong when it was tried hard. A statements that are false, F and P
figures lost or mixed up, R found by reading the code, N met by users, X met by an attacker, T the
tests themselves, H sentences of the report. Tests of this part begin with `trial_`.
",
        column: "what went wrong",
    },
    Part {
        name: "invariant",
        prefix: "invariant_",
        letters: "i",
        head: "\
## Invariants

What ARCHITECTURE.md says always holds, in one line each, and the tests that fail when it is broken.
Tests of this part begin with `invariant_`.
",
        column: "what holds",
    },
];

/// A letter, a number and sometimes a letter more: `W9`, `X3B`.
type Id = (char, u32, Option<char>);

/// The ids of one part with their tests.
type Tests = BTreeMap<Id, Vec<String>>;

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

/// Names of all functions of the repository, sorted.
fn names() -> Result<Vec<String>, String> {
    let mut names = Vec::new();
    for folder in ["crates", "tests", "xtask"] {
        visit(&root().join(folder), &mut names)?;
    }
    names.sort();
    names.dedup();
    Ok(names)
}

/// What each id means, by part.
fn meanings() -> Result<BTreeMap<String, BTreeMap<String, String>>, String> {
    let file = root().join("docs/failures.toml");
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = std::fs::read_to_string(&file).map_err(|error| told(&error))?;
    toml::from_str(&text).map_err(|error| told(&error))
}

fn table() -> Result<String, String> {
    let (names, meanings) = (names()?, meanings()?);
    let mut text = HEAD.to_owned();
    for part in &PARTS {
        let tests = tests_of(part, &names);
        let meanings = meanings.get(part.name).cloned().unwrap_or_default();
        text.push_str(&section(part, &tests, &meanings)?);
    }
    Ok(text)
}

/// The tests of a part, by id.
fn tests_of(part: &Part, names: &[String]) -> Tests {
    let mut found = Tests::new();
    for name in names {
        let rest = name.strip_prefix(part.prefix);
        for id in rest.map(|rest| ids(rest, part.letters)).into_iter().flatten() {
            found.entry(id).or_default().push(name.clone());
        }
    }
    found
}

/// One part as text. An id of a test without a meaning is an error; a meaning without a test is
/// told, and stands in the table as open.
fn section(
    part: &Part,
    tests: &Tests,
    meanings: &BTreeMap<String, String>,
) -> Result<String, String> {
    let mut rows: BTreeMap<Id, (&str, &str)> = BTreeMap::new();
    for (name, meaning) in meanings {
        let id = id(name, part.letters)
            .ok_or_else(|| format!("docs/failures.toml: [{}]: {name} is no id", part.name))?;
        if rows.insert(id, (name.as_str(), meaning.as_str())).is_some() {
            return Err(format!("docs/failures.toml: [{}]: {name} stands twice", part.name));
        }
    }
    let mut nameless = Vec::new();
    for (id, of_id) in tests.iter().filter(|(id, _)| !rows.contains_key(*id)) {
        nameless.push(format!("{} ({})", shown(*id), of_id.join(", ")));
    }
    if !nameless.is_empty() {
        return Err(format!(
            "ids without a meaning in docs/failures.toml, [{}]: {}; write one line for each, or \
             name the tests otherwise",
            part.name,
            nameless.join("; ")
        ));
    }
    let mut text =
        format!("\n{}\n| id | {} | tests |\n| --- | --- | --- |\n", part.head, part.column);
    let mut open = Vec::new();
    for (id, (name, meaning)) in &rows {
        let of_id = tests.get(id).map(Vec::as_slice).unwrap_or_default();
        let quoted: Vec<String> = of_id.iter().map(|test| format!("`{test}`")).collect();
        let cell = if quoted.is_empty() { "none yet".to_owned() } else { quoted.join(", ") };
        writeln!(text, "| {name} | {meaning} | {cell} |").map_err(|e| e.to_string())?;
        if of_id.is_empty() {
            open.push(*name);
        }
    }
    if !open.is_empty() {
        say(&format!("without a test yet, [{}]: {}", part.name, open.join(" ")));
    }
    Ok(text)
}

/// Names of the functions below a folder.
fn visit(path: &Path, names: &mut Vec<String>) -> Outcome {
    let told = |error: std::io::Error| format!("{}: {error}", path.display());
    if path.is_dir() {
        for entry in std::fs::read_dir(path).map_err(told)? {
            visit(&entry.map_err(told)?.path(), names)?;
        }
        return Ok(());
    }
    if path.extension().is_none_or(|extension| extension != "rs") {
        return Ok(());
    }
    let text = std::fs::read_to_string(path).map_err(told)?;
    names.extend(text.lines().filter_map(function).map(str::to_owned));
    Ok(())
}

/// The name of the function that a line begins.
fn function(line: &str) -> Option<&str> {
    // A test that others run over again, on another store, is `pub(crate)`.
    let line = line.trim_start().trim_start_matches("pub(crate) ").trim_start_matches("async ");
    line.strip_prefix("fn ")?.split(['(', '<']).next()
}

/// The ids that a test's name starts with: `w9_…` one, `v12_v13_…` two.
fn ids(name: &str, letters: &str) -> Vec<Id> {
    name.split('_').map_while(|part| id(part, letters)).collect()
}

/// `w9`, `F01`, `x3b`: a letter of the part, one to three digits (`p152`), at most one letter more.
fn id(text: &str, letters: &str) -> Option<Id> {
    let text = text.to_ascii_lowercase();
    let letter = text.chars().next().filter(|letter| letters.contains(*letter))?;
    let rest = text.get(1..)?;
    let digits = rest.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let suffix = rest.get(digits.len()..)?;
    let is_number = (1..=3).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    if !is_number || suffix.len() > 1 {
        return None;
    }
    Some((letter.to_ascii_uppercase(), digits.parse().ok()?, suffix.chars().next()))
}

fn shown((letter, number, suffix): Id) -> String {
    let suffix = suffix.map(|it| it.to_ascii_uppercase().to_string()).unwrap_or_default();
    format!("{letter}{number}{suffix}")
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::{Id, PARTS, function, id, ids, meanings, names, section, tests_of};

    /// An invariant of ARCHITECTURE.md that no test holds is a wish.
    #[test]
    fn every_invariant_has_an_id_a_meaning_and_a_test() {
        let [.., part] = &PARTS;
        let text = std::fs::read_to_string(crate::root().join("ARCHITECTURE.md")).unwrap();
        let bold = text.lines().filter_map(|line| line.strip_prefix("- **I")?.split("**").next());
        let stated: Vec<Id> = bold
            .filter_map(|number| id(&format!("I{}", number.trim_end_matches('.')), "i"))
            .collect();
        let numbers: Vec<u32> = stated.iter().map(|(_, number, _)| *number).collect();
        assert_eq!(numbers, (1..=18).collect::<Vec<u32>>(), "in order, each once");
        let meanings = meanings().unwrap().remove(part.name).unwrap();
        let meant: Vec<Id> = meanings.keys().filter_map(|name| id(name, "i")).collect();
        let tests = tests_of(part, &names().unwrap());
        for one in &stated {
            assert!(meant.contains(one), "{one:?} has no line in docs/failures.toml, [invariant]");
            assert!(tests.contains_key(one), "{one:?} has no test invariant_i{}_...", one.1);
        }
        assert_eq!(meant.len(), stated.len(), "{meant:?}");
        assert!(tests.keys().all(|it| stated.contains(it)), "{tests:?}");
    }

    #[test]
    fn ids_stand_first_and_words_are_none() {
        let [reported, trial, _] = &PARTS;
        assert_eq!(ids("v12_v13_doubles", reported.letters), [('V', 12, None), ('V', 13, None)]);
        assert_eq!(ids("F01_x3b_R11_of_c7", trial.letters).len(), 3);
        assert_eq!(ids("x3b_cells", trial.letters), [('X', 3, Some('b'))]);
        assert_eq!(ids("a9_c7_egov_counts_once", trial.letters), [('A', 9, None)]);
        for word in ["trial_a1", "h2640_video", "x_axis", "a1bc", "e", "p²_of"] {
            assert_eq!(ids(word, reported.letters), [], "{word}");
        }
        assert_eq!(function("    async fn a1_x<T>() {"), Some("a1_x"));
        assert_eq!(function("// fn a1_x"), None);
    }

    #[test]
    fn a_test_of_the_trial_is_none_of_what_others_reported() {
        let [reported, trial, _] = &PARTS;
        let names = ["a1_na_is_namibia".to_owned(), "trial_a1_zeros".to_owned()];
        assert_eq!(tests_of(reported, &names)[&('A', 1, None)], ["a1_na_is_namibia"]);
        assert_eq!(tests_of(trial, &names)[&('A', 1, None)], ["trial_a1_zeros"]);
    }

    #[test]
    fn an_id_without_a_meaning_is_named_and_one_without_a_test_is_open() {
        let [_, trial, _] = &PARTS;
        let tests = tests_of(trial, &["trial_f01_x".to_owned()]);
        let told = section(trial, &tests, &BTreeMap::new()).unwrap_err();
        assert!(told.contains("F1 (trial_f01_x)"), "{told}");
        let meanings = [("F01", "gone"), ("R2", "open")].map(|(k, v)| (k.to_owned(), v.to_owned()));
        let text = section(trial, &tests, &meanings.into()).unwrap();
        assert!(text.contains("| F01 | gone | `trial_f01_x` |\n"), "{text}");
        assert!(text.contains("| R2 | open | none yet |\n"), "{text}");
    }
}
