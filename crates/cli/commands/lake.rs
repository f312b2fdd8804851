//! `wsis lake`: what is done to the lake itself.

use std::time::Duration;

use serde::Serialize;
use wsis_engine::{Clock as _, Ledger, SystemClock, history};
use wsis_lake::{Collected, Collection, Compacted, Compaction, Lake, UPKEEP_LOCK_WITHIN};

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

/// What `lake upgrade` says in JSON.
#[derive(Serialize)]
struct Said {
    lake: String,
    from: u64,
    to: u64,
    snapshot: Option<u64>,
}

pub(crate) fn upgrade(global: &Global) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let folder = context::lake_folder(global, &workspace);
    wsis_app::must_be_a_lake(&folder)?;
    let done =
        Lake::upgrade(&folder, SystemClock.now()).map_err(|error| Failure::ran(chain(&error)))?;
    let said = Said {
        lake: folder.display().to_string(),
        from: done.from,
        to: done.to,
        snapshot: done.snapshot,
    };
    output::print(global.format, &said, |_| rows(&said))?;
    if !global.quiet && done.from == done.to {
        output::note(&match done.filed {
            0 => "the lake is of that format already; nothing was changed".to_owned(),
            filed => format!(
                "the lake is of that format already; {filed} files of records that an older \
                 program wrote since were filed"
            ),
        });
    }
    Ok(())
}

fn rows(said: &Said) -> Rows {
    let mut rows = Rows::new(&["lake", "from", "to", "snapshot"]);
    let snapshot = said.snapshot.map(|id| id.to_string()).unwrap_or_default();
    rows.push(vec![said.lake.clone(), said.from.to_string(), said.to.to_string(), snapshot]);
    rows
}

/// Opens the ledger of a lake, to be written to only where `wsis` would write to it anyway.
fn ledger(lake: &Lake, workspace: &wsis_config::Workspace) -> Result<Ledger, Failure> {
    Ledger::of(workspace, lake.root()).map_err(|error| Failure::ran(chain(&error)))
}

/// Refuses a lake that has not all that its ledger knows.
pub(super) fn check_whole(lake: &Lake, workspace: &wsis_config::Workspace) -> Result<(), Failure> {
    let ledger = context::ledger(workspace, lake)?;
    history::check_whole(&ledger, lake).map_err(|error| Failure::ran(chain(&error)))
}

/// Gives up, for good, what either of lake and ledger knows and the other has lost.
pub(crate) fn forget_history(global: &Global, because: &str) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let lake = context::existing_lake(global, &workspace)?;
    let because = because.trim();
    if because.is_empty() {
        return Err(Failure::usage("--because needs a text: it is what `wsis verify` says"));
    }
    let ledger = ledger(&lake, &workspace)?;
    let given_up = history::forget(&ledger, &lake, because, SystemClock.now())
        .map_err(|error| Failure::ran(chain(&error)))?;
    let said = Forgotten {
        snapshots: &given_up.snapshots,
        runs: &given_up.runs,
        records: &given_up.records,
        because,
    };
    let nothing = given_up == history::Forgotten::default();
    if global.format != Format::Table || !nothing {
        output::print(global.format, &said, |_| forgotten(&said))?;
    }
    if !global.quiet && nothing {
        output::note("lake and ledger know all of each other; nothing was given up");
    }
    Ok(())
}

/// What `lake forget-history` says in JSON.
#[derive(Serialize)]
struct Forgotten<'a> {
    /// Snapshots that the ledger knows and the lake has no more.
    snapshots: &'a [u64],
    /// Snapshots of the lake whose runs the ledger knows no more.
    runs: &'a [u64],
    /// Files of records of requests that the ledger knows and the lake has no more.
    records: &'a [String],
    because: &'a str,
}

fn forgotten(said: &Forgotten<'_>) -> Rows {
    let mut rows = Rows::new(&["what", "lost_by", "because"]);
    let numbered = |numbers: &[u64]| -> Vec<String> {
        numbers.iter().map(|number| format!("snapshot {number}")).collect()
    };
    let all = [
        (numbered(said.snapshots), "lake"),
        (numbered(said.runs), "ledger"),
        (said.records.to_vec(), "lake"),
    ];
    for (lost, whose) in all {
        for what in lost {
            rows.push(vec![what, whose.to_owned(), said.because.to_owned()]);
        }
    }
    rows
}

/// Puts small files together.
pub(crate) fn compact(global: &Global, spared_min: u64) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let lake = context::existing_lake(global, &workspace)?;
    check_whole(&lake, &workspace)?;
    let how = Compaction { spared_min, at: SystemClock.now(), lock_within: UPKEEP_LOCK_WITHIN };
    let done = lake.compact(&how).map_err(|error| Failure::ran(chain(&error)))?;
    if global.format != Format::Table || !done.is_empty() {
        output::print(global.format, &done, |_| compacted(&done))?;
    }
    if !global.quiet && done.is_empty() {
        output::note(&format!(
            "no table of a dataset would get rid of {spared_min} files; nothing was changed"
        ));
    }
    Ok(())
}

fn compacted(done: &[Compacted]) -> Rows {
    let mut rows = Rows::new(&[
        "dataset",
        "#snapshot",
        "#files",
        "#files_before",
        "~#bytes",
        "~#bytes_before",
    ]);
    for one in done {
        rows.push(vec![
            format!("{}/{}", one.source, one.dataset),
            one.snapshot.to_string(),
            one.files_after.to_string(),
            one.files_before.to_string(),
            one.bytes_after.to_string(),
            one.bytes_before.to_string(),
        ]);
    }
    rows
}

/// Removes what nobody needs.
pub(crate) fn gc(global: &Global, grace: Duration, dry_run: bool) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let lake = context::existing_lake(global, &workspace)?;
    check_whole(&lake, &workspace)?;
    let how = Collection { grace, dry_run, at: SystemClock.now(), lock_within: UPKEEP_LOCK_WITHIN };
    let found = lake.collect_garbage(&how).map_err(|error| Failure::ran(chain(&error)))?;
    if global.format != Format::Table || !found.removed.is_empty() {
        output::print(global.format, &found, |_| removed(&found))?;
    }
    if !global.quiet {
        let bytes: u64 = found.removed.iter().map(|it| it.bytes).sum();
        let what = if dry_run { "would be removed" } else { "removed" };
        let count = found.removed.len();
        let young = found.young;
        output::note(&format!("{what}: {count} files, {bytes} bytes; {young} are too young"));
    }
    Ok(())
}

fn removed(found: &Collected) -> Rows {
    let mut rows = Rows::new(&["file", "#bytes", "why"]);
    for one in &found.removed {
        let file = one.path.display().to_string();
        rows.push(vec![file, one.bytes.to_string(), one.why.to_owned()]);
    }
    rows
}
