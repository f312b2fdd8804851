//! `wsis lake`: what is done to the lake itself.

use std::time::Duration;

use serde::Serialize;
use wsis_engine::{Clock as _, SystemClock};
use wsis_lake::{Collected, Collection, Compacted, Compaction, Lake};

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
    context::must_be_a_lake(&folder)?;
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
        output::note("the lake is of that format already; nothing was changed");
    }
    Ok(())
}

fn rows(said: &Said) -> Rows {
    let mut rows = Rows::new(&["lake", "from", "to", "snapshot"]);
    let snapshot = said.snapshot.map(|id| id.to_string()).unwrap_or_default();
    rows.push(vec![said.lake.clone(), said.from.to_string(), said.to.to_string(), snapshot]);
    rows
}

/// Puts small files together.
pub(crate) fn compact(global: &Global, spared_min: u64) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let lake = context::existing_lake(global, &workspace)?;
    let how = Compaction { spared_min, at: SystemClock.now() };
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
    let mut rows = Rows::new(&["dataset", "#snapshot", "#files", "#before", "~#bytes", "~#before"]);
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
    let how = Collection { grace, dry_run, at: SystemClock.now() };
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
