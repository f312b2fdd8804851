//! `wsis schedule ticks`.

use chrono::{DateTime, Utc};

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

pub(super) fn run(
    global: &Global,
    pipeline: &str,
    since: Option<DateTime<Utc>>,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    context::check_pipelines(&deployment, &[pipeline])?;
    let lake = context::existing_lake(global, &deployment)?;
    let ledger = context::ledger(&deployment, &lake)?;
    let ticks = ledger
        .ticks(pipeline, since.unwrap_or(DateTime::UNIX_EPOCH))
        .map_err(|error| Failure::ran(chain(&error)))?;
    output::print(global.format, &ticks, |form| {
        let mut rows = Rows::new(&["scheduled_for", "state", "noted", "run"]);
        let shape = if form == Format::Csv { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%d %H:%M:%S" };
        for tick in &ticks {
            rows.push(vec![
                tick.scheduled_for.format(shape).to_string(),
                tick.state.code().to_owned(),
                tick.claimed_at.format(shape).to_string(),
                tick.run.clone().unwrap_or_default(),
            ]);
        }
        rows
    })
}
