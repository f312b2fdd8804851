//! `wsis ingest --re-decode`.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Engine, RunReport, SystemClock};

use crate::args::Global;
use crate::commands::ingest;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

/// Shows what today's program reads differently in what was last received; commits it when told.
pub(crate) async fn run(
    global: &Global,
    pipelines: &[String],
    commit: bool,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let lake = context::existing_lake(global, &deployment)?;
    let engine = Engine::new(Arc::new(deployment), lake, Arc::new(SystemClock))
        .map_err(|error| Failure::ran(chain(&error)))?;
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(ingest::cancel_on_signal(cancel.clone()));
    let (events, _) = mpsc::unbounded_channel();
    let reports = engine.redecode(pipelines, commit, events, cancel).await;
    on_interrupt.abort();
    let reports = reports.map_err(|error| Failure::ran(chain(&error)))?;
    output::print(global.format, &reports, |_| rows(&reports))?;
    ingest::note_errors(&reports);
    let differ: u64 = reports.iter().map(|it| it.new + it.changed + it.withdrawn).sum();
    if !commit && differ > 0 {
        output::note("nothing was written; `--re-decode --commit` commits it");
    }
    if reports.iter().any(|report| report.error.is_some()) {
        return Err(Failure::ran("not everything could be read again").told());
    }
    Ok(())
}

fn rows(reports: &[RunReport]) -> Rows {
    let mut rows = Rows::new(&[
        "pipeline",
        "years",
        "~#parsed",
        "~#accepted",
        "#quarantined",
        "#new",
        "#changed",
        "#withdrawn",
        "snapshot",
        "~received by",
    ]);
    for report in reports {
        let years = report.years.map(|(first, last)| format!("{first}-{last}"));
        rows.push(vec![
            report.pipeline.clone(),
            years.unwrap_or_else(|| "all".to_owned()),
            report.parsed.to_string(),
            report.accepted.to_string(),
            report.quarantined.to_string(),
            report.new.to_string(),
            report.changed.to_string(),
            report.withdrawn.to_string(),
            report.snapshot.map_or_else(|| "none".to_owned(), |id| id.to_string()),
            report.replay_of.clone().unwrap_or_default(),
        ]);
    }
    rows
}
