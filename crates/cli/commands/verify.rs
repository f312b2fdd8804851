//! `wsis verify`.

use serde::Serialize;
use wsis_app::Undeclared;
use wsis_config::Origin;
use wsis_lake::{Depth, Lake};

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Finding {
    file: String,
    found: String,
    expected: String,
}

/// What `verify` says in JSON.
#[derive(Serialize)]
struct Said<'a> {
    violations: &'a [Finding],
    /// Snapshots that the lake once had, and why it need not have them any more.
    given_up: &'a [String],
    /// What was looked at.
    checked: &'a Depth,
    /// What is in force and declared by no pipeline; none where no deployment is at hand.
    undeclared: Vec<Undeclared>,
    /// Why the ledger was not compared.
    ledger: Option<String>,
}

pub(crate) fn run(global: &Global) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let lake = context::existing_lake(global, &workspace)?;
    // Before the lake: what it speaks of was on the disk before.
    let recorded = context::ledger(&workspace, &lake)
        .and_then(|ledger| ledger.snapshots().map_err(|error| Failure::ran(chain(&error))));
    let (recorded, silent) = match recorded {
        Ok(recorded) => (Some(recorded), None),
        Err(failure) => (None, Some(failure.to_string())),
    };
    let verified =
        lake.examine(recorded.as_deref()).map_err(|error| Failure::ran(chain(&error)))?;
    let mut findings: Vec<Finding> = verified
        .violations
        .iter()
        .map(|violation| Finding {
            file: violation.path.display().to_string(),
            found: violation.found.clone(),
            expected: violation.expected.clone(),
        })
        .collect();
    // What cannot be read is not as it was: runs, promises and what is asked next stand in it.
    findings.extend(silent.as_ref().map(|why| Finding {
        file: "ledger".to_owned(),
        found: why.clone(),
        expected: "a ledger that can be read".to_owned(),
    }));
    let (given_up, checked) = (&verified.given_up[..], &verified.depth);
    // Of a lake that is damaged something else is to be done first.
    let undeclared = if findings.is_empty() { undeclared(global, &lake) } else { Vec::new() };
    let ledger = match (silent, recorded) {
        (Some(why), _) => {
            Some(format!("the ledger could not be read, so it was not compared: {why}"))
        }
        (None, Some(runs)) => lost(runs.len(), checked.snapshots),
        (None, None) => None,
    };
    let said = Said { violations: &findings, given_up, checked, undeclared, ledger };
    // For people, the sentence below says that nothing was found; an empty table would not.
    if global.format != Format::Table || !findings.is_empty() {
        output::print(global.format, &said, |_| rows(&findings))?;
    }
    if let Some(why) = &said.ledger {
        output::note(why);
    }
    if !global.quiet {
        output::note(&format!("checked: {}", verified.depth));
    }
    for line in given_up {
        output::note(line);
    }
    for line in &said.undeclared {
        output::note(&line.to_string());
    }
    if findings.is_empty() {
        if !global.quiet {
            output::note(match given_up {
                [] => "nothing is wrong with what was checked",
                _ => "nothing is wrong with what is there; what was given up is not",
            });
        }
        Ok(())
    } else {
        tell_last_intact(&lake);
        let what = if findings.len() == 1 { "violation" } else { "violations" };
        Err(Failure::ran(format!("{} {what}; restore the files from a copy", findings.len())))
    }
}

/// What is said of a ledger without a run that made a snapshot, beside a lake that has some.
fn lost(runs: usize, snapshots: u64) -> Option<String> {
    (runs == 0 && snapshots > 0).then(|| {
        format!(
            "no run of the ledger made any of the {snapshots} snapshots: it was lost, or is not the \
             one of this lake, so the two were not compared"
        )
    })
}

/// Also where it cannot be told: the damage is what matters.
fn tell_last_intact(lake: &Lake) {
    match lake.last_intact() {
        Ok(Some(whole)) => {
            output::note(&format!("snapshot {} is the newest that is whole", whole.id));
        }
        Ok(None) => output::note("no snapshot is whole"),
        Err(error) => output::note(&format!("no snapshot can be read: {}", chain(&error))),
    }
}

/// What is in force and declared by nobody: of a deployment that is wrong nothing, and nothing where
/// none was named and none is here. The pipelines of the program are not those that fill this lake.
fn undeclared(global: &Global, lake: &Lake) -> Vec<Undeclared> {
    if matches!(context::origin(global), Origin::Embedded) {
        return Vec::new();
    }
    let Ok(deployment) = context::deployment(global) else { return Vec::new() };
    wsis_app::undeclared(lake, &deployment.pipelines).unwrap_or_default()
}

fn rows(findings: &[Finding]) -> Rows {
    let mut rows = Rows::new(&["file", "found", "expected"]);
    for finding in findings {
        rows.push(vec![finding.file.clone(), finding.found.clone(), finding.expected.clone()]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::lost;

    /// The sentence stood on standard error alone: a program that read the document took the lake for
    /// compared.
    #[test]
    fn trial_p134_a_lost_ledger_stands_in_the_document() {
        assert!(lost(0, 3).is_some_and(|why| why.contains("3 snapshots: it was lost")));
        assert_eq!(lost(2, 3), None);
        assert_eq!(lost(0, 0), None);
    }
}
