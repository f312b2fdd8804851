//! The tests, and an honest count of them: one that found nothing to compare with has passed
//! nothing, though the test harness, which has no word for it, says "ok".

use std::fmt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Outcome, cargo, root, run as passing_through, setup, target};

/// Names listed before the rest is only counted.
const LISTED: usize = 200;

/// What became of the tests.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct LeftOut {
    /// Tests that were run, where the runner tells.
    ran: Option<usize>,
    /// Those that were left out, each with its reason, sorted.
    names: Vec<(String, String)>,
}

/// Runs all tests, with nextest where it is installed (faster, better output), with `cargo test` on
/// a plain machine. Fails when one fails.
pub(crate) fn run() -> Result<LeftOut, String> {
    let folder = fresh(&target().join("left-out"))?;
    let ran = if setup::works("cargo", &["nextest", "--version"]) {
        let record = target().join("nextest/default/junit.xml");
        remove(&record)?;
        with_notes(&folder, &["nextest", "run", "--workspace", "--no-fail-fast"])?;
        cargo(&["test", "--workspace", "--doc", "--quiet"])?;
        std::fs::read_to_string(&record).ok().map(|text| text.matches("<testcase ").count())
    } else {
        with_notes(&folder, &["test", "--workspace", "--no-fail-fast"])?;
        None
    };
    Ok(LeftOut { ran, names: notes(&folder)? })
}

/// Runs cargo so that tests note in `folder` that they were left out.
fn with_notes(folder: &Path, arguments: &[&str]) -> Outcome {
    let mut command = Command::new("cargo");
    command.args(arguments).current_dir(root()).env(wsis_reference::LEFT_OUT, folder);
    passing_through(&mut command)
}

/// The folder, empty: notes of an earlier run say nothing about this one.
fn fresh(folder: &Path) -> Result<PathBuf, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    if folder.exists() {
        std::fs::remove_dir_all(folder).map_err(told)?;
    }
    std::fs::create_dir_all(folder).map_err(told)?;
    std::path::absolute(folder).map_err(told)
}

fn remove(file: &Path) -> Outcome {
    match std::fs::remove_file(file) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => {
            Err(format!("{}: {error}", file.display()))
        }
        _ => Ok(()),
    }
}

/// The notes in a folder: name of the test, and why it was left out.
fn notes(folder: &Path) -> Result<Vec<(String, String)>, String> {
    let told = |error: std::io::Error| format!("{}: {error}", folder.display());
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(told)? {
        let entry = entry.map_err(told)?;
        let why = std::fs::read_to_string(entry.path()).map_err(told)?;
        found.push((entry.file_name().to_string_lossy().into_owned(), why));
    }
    found.sort();
    Ok(found)
}

impl fmt::Display for LeftOut {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let out = self.names.len();
        match (self.ran, out) {
            (Some(ran), 0) => return write!(f, "{ran} tests passed, none left out"),
            (None, 0) => return write!(f, "every test passed, none left out"),
            (Some(ran), _) => {
                write!(f, "{} tests passed, {out} LEFT OUT", ran.saturating_sub(out))?;
            }
            (None, _) => write!(f, "{out} of the tests were LEFT OUT, the others passed")?,
        }
        f.write_str(" (they compared nothing; the runner above counts them as passed):")?;
        for (name, why) in self.names.iter().take(LISTED) {
            write!(f, "\n  {name}: {why}")?;
        }
        if out > LISTED {
            write!(f, "\n  and {} more", out - LISTED)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod checks {
    use super::{LeftOut, fresh, notes};

    /// Notes of an earlier run are gone; what is noted in this one is named with its reason.
    #[test]
    fn trial_t1_a_test_that_is_left_out_is_named_and_none_of_those_that_passed() {
        let place = tempfile::tempdir().unwrap();
        let folder = place.path().join("left-out");
        std::fs::create_dir(&folder).unwrap();
        std::fs::write(folder.join("wsis-model stale"), "of yesterday").unwrap();
        let folder = fresh(&folder).unwrap();
        std::fs::write(folder.join("wsis-model area::w11"), "no shared data in x").unwrap();
        let told = LeftOut { ran: Some(10), names: notes(&folder).unwrap() };
        assert_eq!(
            told.to_string(),
            "9 tests passed, 1 LEFT OUT (they compared nothing; the runner above counts them as \
             passed):\n  wsis-model area::w11: no shared data in x"
        );
        let told = LeftOut { ran: Some(10), names: Vec::new() };
        assert_eq!(told.to_string(), "10 tests passed, none left out");
    }
}
