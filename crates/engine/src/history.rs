//! The lake's chain of snapshots against what the ledger knows of it. A lake whose snapshots were
//! removed would begin anew without a word (X21): figures, vintages and what was withdrawn would be
//! gone, and the new chain be sound in itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, SecondsFormat, Utc};
use wsis_lake::{At, Lake, Made, UPKEEP_LOCK_WITHIN};
use wsis_model::causes::chain;

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
    stands(lake, lake.snapshot(At::Head)?.map_or(0, |head| head.id), known)
}

/// How a lake that ends with a snapshot stands to a ledger whose newest one is known.
///
/// # Errors
/// [`EngineError::HistoryLost`].
pub(crate) fn stands(lake: &Lake, head: u64, known: u64) -> Result<Standing, EngineError> {
    if head >= known {
        return Ok(Standing::Whole);
    }
    if head == 0 {
        return Err(EngineError::HistoryLost { path: lake.root().display().to_string(), known });
    }
    Ok(Standing::Older { head, known })
}

/// A lake that was restored from an older copy, and on top of which a run is to commit.
pub(crate) struct Older {
    head: u64,
    known: u64,
    ledger: Arc<Ledger>,
}

/// The lake, with its newest snapshot and that of the ledger, if an older copy was put back.
///
/// # Errors
/// [`EngineError::HistoryLost`].
pub(crate) fn older(
    lake: &Lake,
    ledger: &Arc<Ledger>,
    (head, known): (u64, u64),
) -> Result<Option<Older>, EngineError> {
    Ok(match stands(lake, head, known)? {
        Standing::Whole => None,
        Standing::Older { head, known } => Some(Older { head, known, ledger: Arc::clone(ledger) }),
    })
}

impl Older {
    /// What there is to tell.
    pub(crate) fn told(&self) -> String {
        format!(
            "the lake ends with snapshot {}, and the ledger knows {}: an older copy was put back. \
             What is received is landed again; `wsis ingest --offline` reads what else the archive \
             holds. Until a run has landed something, a newer copy of `snapshots/` can still be put \
             back",
            self.head, self.known
        )
    }

    /// Gives up what was lost, once a run has made a snapshot. What there is to tell where that fails.
    pub(crate) fn give_up(
        &self,
        lake: &Lake,
        made: Option<u64>,
        now: DateTime<Utc>,
    ) -> Option<(String, u64)> {
        made?;
        let why = settle(&self.ledger, lake, self.head, now).err()?;
        Some((format!("what the older copy has lost is not given up: {}", chain(&why)), 1))
    }
}

/// Writes that an older copy was put back, which ended with a snapshot: what was landed since then has
/// numbers that others had. Only after a commit: until then the newer copy may still come back, and
/// what it needs must not be collected (P97). Claims that hold stay.
///
/// # Errors
/// A lake or ledger that cannot be read or written.
pub(crate) fn settle(
    ledger: &Ledger,
    lake: &Lake,
    head: u64,
    now: DateTime<Utc>,
) -> Result<(), EngineError> {
    let claims: Vec<_> = ledger.snapshots()?.into_iter().filter(|it| it.snapshot > head).collect();
    let lost: Vec<String> = lake.unknown_of(&claims)?.iter().map(|it| it.run.clone()).collect();
    let (files, _) = ledger.record_files()?;
    let lost_records = lake.lost_records(&files)?;
    if lost.is_empty() && lost_records.is_empty() {
        return Ok(());
    }
    let why = format!(
        "an older copy of the lake, which ends with snapshot {head}, was put back; found on {}",
        now.to_rfc3339_opts(SecondsFormat::Secs, true)
    );
    ledger.give_up_records(&lost_records, &why)?;
    if lost.is_empty() {
        return Ok(());
    }
    ledger.give_up(&lost, &why, now)?;
    tracing::warn!(head, lost = lost.len(), "an older copy of the lake was put back");
    Ok(())
}

/// As [`settle`], for runs of a pipeline whose process ended after they had committed and before that
/// was noted.
///
/// # Errors
/// A lake or ledger that cannot be read or written.
pub(crate) fn settle_landings(
    ledger: &Ledger,
    lake: &Lake,
    pipeline: &str,
    now: DateTime<Utc>,
) -> Result<(), EngineError> {
    for (run, base) in ledger.under_way(pipeline)? {
        let head = lake.snapshot(At::Head)?.map_or(0, |head| head.id);
        let made = if head > base { lake.snapshot(At::Id(base + 1))? } else { None };
        if made.is_some_and(|made| made.change.run.as_ref() == Some(&run)) {
            settle(ledger, lake, base, now)?;
        }
    }
    Ok(())
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

/// Snapshots whose runs the ledger does not know: it was lost, is an older copy, or is another's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Unrecorded {
    /// Those that nobody has accounted for.
    pub lost: Vec<Made>,
    /// Those that an operator gave up, by the reason.
    pub given_up: BTreeMap<String, Vec<u64>>,
}

/// Compares what the snapshots say of their runs with the ledger. `made` is to be read before the
/// call: a run is on record before it makes a snapshot.
///
/// # Errors
/// A ledger that cannot be read.
pub fn unrecorded(ledger: &Ledger, made: Vec<Made>) -> Result<Unrecorded, EngineError> {
    let (known, because) = (ledger.run_ids()?, ledger.lost_runs()?);
    let mut found = Unrecorded::default();
    for one in made {
        if known.contains(&one.run) {
            continue;
        }
        match because.get(&one.run) {
            Some(why) => found.given_up.entry(why.clone()).or_default().push(one.snapshot),
            None => found.lost.push(one),
        }
    }
    Ok(found)
}

/// What [`forget`] gave up, each in order of the numbers.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Forgotten {
    /// Snapshots that the ledger knows and the lake no longer has.
    pub snapshots: Vec<u64>,
    /// Snapshots of the lake whose runs the ledger no longer knows.
    pub runs: Vec<u64>,
    /// Files of records of requests that the ledger knows and the lake no longer has.
    pub records: Vec<String>,
}

/// Gives up, for good, what either of the two knows and the other has lost, by the word of an
/// operator: snapshots that the ledger knows, runs that the lake's snapshots name. Nothing of the lake
/// is changed.
///
/// # Errors
/// Another writer; a lake or ledger that cannot be read or written.
pub fn forget(
    ledger: &Ledger,
    lake: &Lake,
    because: &str,
    now: DateTime<Utc>,
) -> Result<Forgotten, EngineError> {
    let _lock = lake.lock_writer_within(UPKEEP_LOCK_WITHIN)?;
    if let Some(id) = lake.id()? {
        ledger.belong_to(&id)?;
    }
    let known = ledger.snapshots()?;
    let lost = lake.unknown_of(&known)?;
    let mut snapshots: Vec<u64> = lost.iter().map(|it| it.snapshot).collect();
    snapshots.sort_unstable();
    snapshots.dedup();
    let runs: Vec<String> = lost.iter().map(|it| it.run.clone()).collect();
    let on = now.to_rfc3339_opts(SecondsFormat::Secs, true);
    let why = format!("given up on {on}, because: {because}");
    if !runs.is_empty() {
        ledger.give_up(&runs, &why, now)?;
    }
    let (files, _) = ledger.record_files()?;
    let lost_records = lake.lost_records(&files)?;
    ledger.give_up_records(&lost_records, &why)?;
    let unknown = unrecorded(ledger, lake.made()?)?.lost;
    if !unknown.is_empty() {
        ledger.put_lost(&unknown, &why, now)?;
    }
    Ok(Forgotten {
        snapshots,
        runs: unknown.iter().map(|made| made.snapshot).collect(),
        records: lost_records.iter().map(|file| file.name.clone()).collect(),
    })
}
