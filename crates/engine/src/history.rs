//! The lake's chain of snapshots against what the ledger knows of it. A lake whose snapshots were
//! removed would begin anew without a word (X21): figures, vintages and what was withdrawn would be
//! gone, and the new chain be sound in itself.

use chrono::{DateTime, SecondsFormat, Utc};
use wsis_lake::{At, Lake, UPKEEP_LOCK_WITHIN};

use crate::error::EngineError;
use crate::ledger::Ledger;

/// How the chain stands to the ledger.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Standing {
    /// All that the ledger knows is there.
    Whole,
    /// The chain ends before the newest snapshot that a run made: an older copy was put back.
    Older {
        /// The newest snapshot of the lake.
        head: u64,
        /// The newest one that the ledger knows.
        known: u64,
    },
}

/// Finds how the lake stands to its ledger.
///
/// # Errors
/// [`EngineError::HistoryLost`] for a lake without any snapshot of which the ledger knows some; a
/// lake or ledger that cannot be read.
pub(crate) fn standing(ledger: &Ledger, lake: &Lake) -> Result<Standing, EngineError> {
    let known = ledger.newest_snapshot()?.unwrap_or(0);
    let head = lake.snapshot(At::Head)?.map_or(0, |head| head.id);
    if head >= known {
        return Ok(Standing::Whole);
    }
    if head == 0 {
        return Err(EngineError::HistoryLost { path: lake.root().display().to_string(), known });
    }
    Ok(Standing::Older { head, known })
}

/// Writes that an older copy was put back, once: what runs land from now on has numbers that others
/// had. Returns what there is to tell.
///
/// # Errors
/// As for [`standing`].
pub(crate) fn settle(
    ledger: &Ledger,
    lake: &Lake,
    now: DateTime<Utc>,
) -> Result<Option<String>, EngineError> {
    let Standing::Older { head, known } = standing(ledger, lake)? else { return Ok(None) };
    let why = format!(
        "an older copy of the lake, which ends with snapshot {head}, was put back; found on {}",
        now.to_rfc3339_opts(SecondsFormat::Secs, true)
    );
    let all = ledger.snapshots()?;
    let after = |it: &&wsis_lake::Recorded| it.given_up.is_none() && it.snapshot > head;
    let lost: Vec<String> = all.iter().filter(after).map(|it| it.run.clone()).collect();
    ledger.give_up(&lost, &why, now)?;
    tracing::warn!(head, known, "an older copy of the lake was put back");
    Ok(Some(format!(
        "the lake ends with snapshot {head}, and the ledger knows {known}: an older copy was put \
         back. What is received is landed again; `wsis ingest --offline` reads what else the \
         archive holds"
    )))
}

/// Whether the lake may be rewritten: it has all that the ledger knows. Files that only newer
/// snapshots name would be taken for rubbish, and their numbers for free.
///
/// # Errors
/// [`EngineError::HistoryLost`] and [`EngineError::HistoryOlder`]; a lake or ledger that cannot be
/// read.
pub fn check_whole(ledger: &Ledger, lake: &Lake) -> Result<(), EngineError> {
    match standing(ledger, lake)? {
        Standing::Whole => Ok(()),
        Standing::Older { head, known } => {
            let path = lake.root().display().to_string();
            Err(EngineError::HistoryOlder { path, head, known })
        }
    }
}

/// Gives up, for good, what the ledger knows of snapshots that the lake no longer has, by the word of
/// an operator. Nothing of the lake is changed. Returns the numbers that are given up, in order.
///
/// # Errors
/// Another writer; a lake or ledger that cannot be read or written.
pub fn forget(
    ledger: &Ledger,
    lake: &Lake,
    because: &str,
    now: DateTime<Utc>,
) -> Result<Vec<u64>, EngineError> {
    let _lock = lake.lock_writer_within(UPKEEP_LOCK_WITHIN)?;
    if let Some(id) = lake.id()? {
        ledger.belong_to(&id)?;
    }
    let known = ledger.snapshots()?;
    let lost = lake.unknown_of(&known)?;
    let mut numbers: Vec<u64> = lost.iter().map(|it| it.snapshot).collect();
    numbers.sort_unstable();
    numbers.dedup();
    let runs: Vec<String> = lost.iter().map(|it| it.run.clone()).collect();
    if !runs.is_empty() {
        let on = now.to_rfc3339_opts(SecondsFormat::Secs, true);
        ledger.give_up(&runs, &format!("given up on {on}, because: {because}"), now)?;
    }
    Ok(numbers)
}
