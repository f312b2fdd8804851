//! The house's rules on files that no compiler holds: sizes, module docs, names, and that a text
//! speaks only of files and ids that this repository has.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::{Outcome, root, say};

/// Lines of a Rust file, at most: beyond it a file has more than one subject.
const FILE_LINES: usize = 500;
/// Lines of a function, at most, from its signature to its closing brace, comments aside: about 70,
/// so that a line too many splits nothing in two.
const FUNCTION_LINES: usize = 75;
/// Names that say nothing of what is inside.
const EMPTY_NAMES: [&str; 5] = ["utils", "util", "helpers", "common", "misc"];
/// Folders and single files that are read.
const READ: [&str; 10] = [
    "crates",
    "tests",
    "benches",
    "xtask",
    "docs",
    "deploy",
    "pipelines",
    "schemas",
    "README.md",
    "ARCHITECTURE.md",
];

/// Fails when a file breaks a rule, with every breach by file and line.
pub(crate) fn check() -> Outcome {
    let mut files = Vec::new();
    for name in READ {
        collect(&root().join(name), &mut files)?;
    }
    files.sort();
    let names: BTreeSet<String> = files.iter().filter_map(|file| base_name(file)).collect();
    let meanings = std::fs::read_to_string(root().join("docs/failures.toml"))
        .map_err(|error| format!("docs/failures.toml: {error}"))?;
    let known: BTreeSet<&str> =
        meanings.lines().filter_map(|line| line.split_once(" = ").map(|(id, _)| id)).collect();
    let mut breaches = Vec::new();
    for file in &files {
        let place = file.strip_prefix(root()).unwrap_or(file).display().to_string();
        let text = match std::fs::read_to_string(file) {
            Ok(text) => text,
            Err(error) => {
                breaches.push(format!("{place}: cannot be read: {error}"));
                continue;
            }
        };
        if file.extension().is_some_and(|it| it == "rs") {
            sizes(&place, &text, &mut breaches);
            ids(&place, &text, &known, &mut breaches);
        }
        if !place.starts_with("schemas") {
            pages(&place, &text, &names, &mut breaches);
        }
    }
    if breaches.is_empty() {
        say(&format!("{} files are tidy", files.len()));
        return Ok(());
    }
    for breach in &breaches {
        say(breach);
    }
    Err(format!(
        "{} breaches of the house's rules; CONTRIBUTING.md says why they are",
        breaches.len()
    ))
}

/// Text files below a place.
fn collect(place: &Path, into: &mut Vec<PathBuf>) -> Result<(), String> {
    if place.is_file() {
        let kind = place.extension().and_then(|it| it.to_str()).unwrap_or_default();
        if matches!(kind, "rs" | "md" | "toml") {
            into.push(place.to_owned());
        }
        return Ok(());
    }
    let entries = std::fs::read_dir(place).map_err(|e| format!("{}: {e}", place.display()))?;
    for entry in entries {
        collect(&entry.map_err(|e| format!("{}: {e}", place.display()))?.path(), into)?;
    }
    Ok(())
}

/// Whether a name ends in `.ending`.
fn is_a(name: &str, ending: &str) -> bool {
    Path::new(name).extension().is_some_and(|it| it == ending)
}

fn base_name(file: &Path) -> Option<String> {
    file.file_name().map(|name| name.to_string_lossy().into_owned())
}

/// Length of the file and of its functions, module docs and the file's name.
fn sizes(place: &str, text: &str, breaches: &mut Vec<String>) {
    let lines: Vec<&str> = text.lines().collect();
    if lines.len() > FILE_LINES {
        breaches.push(format!("{place}: {} lines, at most {FILE_LINES}", lines.len()));
    }
    if !text.trim_start_matches(|c: char| c.is_whitespace()).starts_with("//!") {
        breaches.push(format!("{place}:1: begins without a line (//!) that says what it is for"));
    }
    let name = place.trim_end_matches("/mod.rs").trim_end_matches(".rs").rsplit('/').next();
    if name.is_some_and(|name| EMPTY_NAMES.contains(&name)) {
        breaches.push(format!("{place}: the name does not say what is inside"));
    }
    for (at, line) in lines.iter().enumerate() {
        let indent = line.len() - line.trim_start().len();
        if !is_function(line.trim_start()) {
            continue;
        }
        let close = format!("{}}}", " ".repeat(indent));
        let body = lines.get(at..).unwrap_or_default();
        let end = body.iter().position(|line| **line == close).map_or(0, |end| end + 1);
        let says = |line: &&&str| !line.trim().is_empty() && !line.trim_start().starts_with("//");
        let length = body.iter().take(end).filter(says).count();
        if length > FUNCTION_LINES {
            let at = at + 1;
            breaches.push(format!("{place}:{at}: {length} lines, at most {FUNCTION_LINES}"));
        }
    }
}

/// Whether a line begins a function whose body ends on another one.
fn is_function(line: &str) -> bool {
    let words = ["pub ", "pub(crate) ", "pub(super) ", "const ", "async ", "unsafe "];
    let mut rest = line;
    while let Some(next) = words.iter().find_map(|word| rest.strip_prefix(word)) {
        rest = next;
    }
    rest.starts_with("fn ") && !line.ends_with('}') && !line.ends_with(';')
}

/// Pages that a text names have to be here: a stranger has nothing else.
fn pages(place: &str, text: &str, names: &BTreeSet<String>, breaches: &mut Vec<String>) {
    for (at, line) in (1_usize..).zip(text.lines()) {
        // Of code the comments count; of any other text all does, and `//` is of an address.
        let line = match line.split_once("//").filter(|_| is_a(place, "rs")) {
            Some((_, comment)) => comment,
            None if is_a(place, "rs") => continue,
            None => line,
        };
        let words = line.split(|c: char| !(c.is_ascii_alphanumeric() || "_-./:".contains(c)));
        for word in words.map(|word| word.trim_end_matches(['.', ':'])) {
            if !is_a(word, "md") || word.contains("://") || word.starts_with('.') {
                continue;
            }
            let name = word.rsplit('/').next().unwrap_or(word);
            let elsewhere = ["CONTRIBUTING.md", "CHANGELOG.md"];
            if name.len() > 3 && !names.contains(name) && !elsewhere.contains(&name) {
                breaches.push(format!("{place}:{at}: {word} is no file of this repository"));
            }
        }
    }
}

/// Ids in brackets in a comment, `(H8)`: each has a line of meaning in `docs/failures.toml`.
fn ids(place: &str, text: &str, known: &BTreeSet<&str>, breaches: &mut Vec<String>) {
    for (at, line) in (1_usize..).zip(text.lines()) {
        let Some((_, comment)) = line.split_once("//") else { continue };
        for inside in comment.split('(').skip(1).filter_map(|rest| rest.split(')').next()) {
            for word in inside.split([',', ' ', ':', ';']).filter(|word| is_id(word)) {
                if !known.contains(word) {
                    breaches.push(format!("{place}:{at}: {word} has no meaning in failures.toml"));
                }
            }
        }
    }
}

/// One letter and one or two digits, as the ids of `docs/failures.toml` are.
fn is_id(word: &str) -> bool {
    let mut letters = word.chars();
    let first = letters.next().is_some_and(|c| "ACDEFHILNPQRTVWX".contains(c));
    let rest: Vec<char> = letters.collect();
    first && (1..=2).contains(&rest.len()) && rest.iter().all(char::is_ascii_digit)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    #[test]
    fn each_rule_is_broken_and_told_by_line() {
        let mut found = Vec::new();
        let body = "    let _ = 0;\n".repeat(74);
        super::sizes("a/helpers.rs", &format!("fn long() {{\n{body}}}\n"), &mut found);
        assert_eq!(found.len(), 3, "{found:?}");
        assert!(found[2].starts_with("a/helpers.rs:1: 76 lines"), "{found:?}");
        found.clear();
        let names = BTreeSet::from(["METHOD.md".to_owned()]);
        super::pages(
            "a.rs",
            &format!("{m} docs/METHOD.md and\n{m} method.md 4.2.", m = "/".repeat(2)),
            &names,
            &mut found,
        );
        assert_eq!(found, ["a.rs:2: method.md is no file of this repository"]);
        found.clear();
        // What stands before an address was never looked at.
        let slashes = "/".repeat(2);
        let address = format!("see method.md, https:{slashes}example.org/other.md and METHOD.md");
        for place in ["a.md", "a.toml"] {
            super::pages(place, &address, &names, &mut found);
        }
        let told =
            ["a.md", "a.toml"].map(|it| format!("{it}:1: method.md is no file of this repository"));
        assert_eq!(found, told);
        found.clear();
        super::ids(
            "a.rs",
            &format!("{m} one (H8, W99) two (H8: why)", m = "/".repeat(2)),
            &BTreeSet::from(["H8"]),
            &mut found,
        );
        assert_eq!(found, ["a.rs:1: W99 has no meaning in failures.toml"]);
    }

    #[test]
    fn a_function_on_one_line_is_none_to_measure() {
        assert!(super::is_function("pub(crate) async fn run("));
        assert!(!super::is_function("fn id(&self) -> &str;"));
        assert!(!super::is_function("fn one() { 1 }"));
    }
}
