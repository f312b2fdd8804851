//! `wsis schedule ticks`.

use chrono::{DateTime, Utc};

use wsis_app::names;

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output::{self, Rows};

pub(super) fn run(
    global: &Global,
    pipeline: &str,
    since: Option<DateTime<Utc>>,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    names::check_pipelines(&deployment, &[pipeline])?;
    let lake = context::existing_lake(global, &deployment)?;
    let ledger = context::ledger(&deployment, &lake)?;
    let ticks = ledger
        .ticks(pipeline, since.unwrap_or(DateTime::UNIX_EPOCH))
        .map_err(|error| Failure::ran(chain(&error)))?;
    if ticks.is_empty() && global.format == Format::Table {
        let since = since.map_or_else(String::new, |at| format!(" since {}", wsis_app::told(at)));
        return output::text(&format!(
            "no tick of {pipeline}{since}: ticks are those of `wsis schedule run`; runs by hand stand \
             in `wsis runs`"
        ));
    }
    output::print(global.format, &ticks, |form| {
        let mut rows = Rows::new(&["scheduled_for", "state", "noted", "run"]);
        for tick in &ticks {
            rows.push(vec![
                instant::cell(tick.scheduled_for, form),
                tick.state.code().to_owned(),
                instant::cell(tick.claimed_at, form),
                tick.run.clone().unwrap_or_default(),
            ]);
        }
        rows
    })
}
