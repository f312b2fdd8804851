//! `wsis verify`.

use std::collections::BTreeMap;

use serde::Serialize;
use wsis_app::Undeclared;
use wsis_config::{Origin, Workspace};
use wsis_engine::Ledger;
use wsis_engine::history;
use wsis_lake::{Depth, Lake, Made, RecordFile, Recorded, Verified};

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

pub(crate) fn run(global: &Global, without_ledger: bool) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let lake = context::existing_lake(global, &workspace)?;
    // Before the lake: what it speaks of was on the disk before.
    let known = (!without_ledger).then(|| Known::read(&workspace, &lake));
    let recorded = known.as_ref().and_then(|it| it.as_ref().ok()).map(|it| &it.recorded[..]);
    let mut verified = lake.examine(recorded).map_err(|error| Failure::ran(chain(&error)))?;
    let compared = known.map(|known| known.and_then(|known| known.compare(&lake, &mut verified)));
    let mut findings: Vec<Finding> = verified
        .violations
        .iter()
        .map(|violation| Finding {
            file: violation.path.display().to_string(),
            found: violation.found.clone(),
            expected: violation.expected.clone(),
        })
        .collect();
    let ledger = match compared {
        None => Some("the ledger was not compared, as asked (--without-ledger)".to_owned()),
        // What cannot be read is not as it was: runs, promises and what is asked next stand in it.
        Some(Err(failure)) => {
            let (found, expected) = (failure.to_string(), "a ledger that can be read".to_owned());
            let why = format!("the ledger could not be read, so it was not compared: {found}");
            findings.push(Finding { file: "ledger".to_owned(), found, expected });
            Some(why)
        }
        Some(Ok(lost)) => {
            findings.extend(lost);
            None
        }
    };
    let (given_up, checked) = (&verified.given_up[..], &verified.depth);
    // Of a lake that is damaged something else is to be done first.
    let undeclared = if findings.is_empty() { undeclared(global, &lake) } else { Vec::new() };
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

/// What the ledger knows of the lake.
struct Known {
    ledger: Ledger,
    recorded: Vec<Recorded>,
    /// Files of records of requests.
    files: Vec<RecordFile>,
    /// How many of them were given up, by the reason.
    given_up: BTreeMap<String, u64>,
}

impl Known {
    fn read(workspace: &Workspace, lake: &Lake) -> Result<Self, Failure> {
        let failed = |error| Failure::ran(chain(&error));
        let ledger = context::ledger(workspace, lake)?;
        let recorded = ledger.snapshots().map_err(failed)?;
        let (files, given_up) = ledger.record_files().map_err(failed)?;
        Ok(Self { ledger, recorded, files, given_up })
    }

    /// Adds what is wrong with the files of records, and what was given up. Returns what is wrong with
    /// the ledger itself.
    fn compare(self, lake: &Lake, verified: &mut Verified) -> Result<Option<Finding>, Failure> {
        let wrong = lake.verify_records(&self.files);
        verified.violations.extend(wrong.map_err(|error| Failure::ran(chain(&error)))?);
        let made = std::mem::take(&mut verified.made);
        let unrecorded =
            history::unrecorded(&self.ledger, made).map_err(|error| Failure::ran(chain(&error)))?;
        verified.given_up.extend(unrecorded.given_up.iter().map(|(why, snapshots)| {
            format!("runs of {}, which the ledger does not know: {why}", numbered(snapshots))
        }));
        verified.given_up.extend(
            self.given_up.iter().map(|(why, files)| format!("{files} files of records: {why}")),
        );
        Ok(lost(&unrecorded.lost))
    }
}

/// A ledger that does not know runs of which the lake has the snapshots: what is asked next, promises
/// and the account of runs would be those of another lake, or none.
fn lost(made: &[Made]) -> Option<Finding> {
    let numbers: Vec<u64> = made.iter().map(|it| it.snapshot).collect();
    (!numbers.is_empty()).then(|| Finding {
        file: "ledger".to_owned(),
        found: format!("no record of the runs that made {}", numbered(&numbers)),
        expected:
            "the ledger of this lake, from a copy (where there is none: `wsis lake forget-history \
                   --because TEXT`; for a copy of the lake alone: `wsis verify --without-ledger`)"
                .to_owned(),
    })
}

/// `snapshot 3`, `snapshots 1 to 8 and 11`: of numbers in order.
fn numbered(numbers: &[u64]) -> String {
    let mut spans: Vec<(u64, u64)> = Vec::new();
    for number in numbers {
        match spans.last_mut() {
            Some((_, last)) if *last + 1 == *number => *last = *number,
            _ => spans.push((*number, *number)),
        }
    }
    let one = |(first, last): &(u64, u64)| match last - first {
        0 => first.to_string(),
        _ => format!("{first} to {last}"),
    };
    let spans: Vec<String> = spans.iter().map(one).collect();
    let what = if numbers.len() == 1 { "snapshot" } else { "snapshots" };
    format!("{what} {}", spans.join(", "))
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
    use super::*;

    #[test]
    fn trial_p134_a_ledger_that_does_not_know_the_snapshots_is_a_violation() {
        let made = |snapshot| Made { snapshot, run: format!("run-{snapshot}") };
        let found = lost(&[1, 2, 3, 7].map(made)).unwrap();
        assert_eq!(found.found, "no record of the runs that made snapshots 1 to 3, 7");
        assert_eq!(lost(&[made(4)]).unwrap().found, "no record of the runs that made snapshot 4");
        assert!(lost(&[]).is_none());
    }
}
