//! `wsis lake`: what is done to the lake itself.

use serde::Serialize;
use wsis_engine::{Clock as _, SystemClock};
use wsis_lake::Lake;

use crate::args::Global;
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
