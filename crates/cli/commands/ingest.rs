//! `wsis ingest`.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_config::Deployment;
use wsis_engine::{Engine, IngestOptions, Outcome, RunReport, SystemClock};
use wsis_lake::Lake;

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows, exact};
use crate::progress;

pub(crate) async fn run(
    global: &Global,
    pipelines: &[String],
    offline: bool,
    force: bool,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    if deployment.pipelines.is_empty() {
        return Err(Failure::usage(
            "there is no pipeline in pipelines/; declare one in a .toml file",
        ));
    }
    for id in pipelines {
        if !deployment.pipelines.iter().any(|pipeline| pipeline.id == *id) {
            let known: Vec<&str> = deployment.pipelines.iter().map(|p| p.id.as_str()).collect();
            return Err(Failure::usage(format!(
                "no pipeline {id:?}; there are: {}",
                known.join(", ")
            )));
        }
    }
    let folder = context::lake_folder(global, &deployment);
    let lake = Lake::open(&folder).map_err(|error| Failure::ran(chain(&error)))?;
    let options = IngestOptions { offline, force };
    let reports =
        ingest(Arc::new(deployment), Arc::new(lake), pipelines, options, global.quiet).await?;
    output::print(global.format, &reports, |form| rows(&reports, form))?;
    note_errors(&reports);
    verdict(&reports)
}

/// First characters of a run's id that tell it from others.
const SHORT_ID: usize = 18;

/// Runs pipelines with progress bars; Ctrl-C stops between requests and loses nothing.
pub(crate) async fn ingest(
    deployment: Arc<Deployment>,
    lake: Arc<Lake>,
    pipelines: &[String],
    options: IngestOptions,
    quiet: bool,
) -> Result<Vec<RunReport>, Failure> {
    let engine = Engine::new(deployment, lake, Arc::new(SystemClock))
        .map_err(|error| Failure::ran(chain(&error)))?;
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(cancel_on_signal(cancel.clone()));
    let (sender, receiver) = mpsc::unbounded_channel();
    let bars = tokio::spawn(progress::follow(receiver, quiet));
    let outcome = engine.ingest(pipelines, &options, sender, cancel).await;
    on_interrupt.abort();
    bars.await.map_err(|error| Failure::ran(format!("the progress task ended: {error}")))?;
    outcome.map_err(|error| Failure::ran(chain(&error)))
}

/// The first Ctrl-C (or SIGTERM) asks for a clean stop, the second ends the program at once,
/// which the lake's commit protocol tolerates.
async fn cancel_on_signal(cancel: CancellationToken) {
    interrupted().await;
    output::note("stopping after the request under way; press Ctrl-C again to stop at once");
    cancel.cancel();
    interrupted().await;
    std::process::abort();
}

/// Until Ctrl-C or SIGTERM.
pub(crate) async fn interrupted() {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        result = tokio::signal::ctrl_c() => {
            if result.is_err() {
                std::future::pending::<()>().await;
            }
        }
        _ = terminate.recv() => {}
    }
}

/// One row per run: whole ids and instants in CSV, what identifies them in a table.
pub(crate) fn rows(reports: &[RunReport], format: Format) -> Rows {
    let for_people = format != Format::Csv;
    let mut columns = vec![
        "run",
        "pipeline",
        "started",
        "~#s",
        "outcome",
        "~#payloads",
        "~#parsed",
        "~#accepted",
        "#quarantined",
        "~#new",
        "~#changed",
        "~#withdrawn",
        "~#snapshot",
    ];
    if !for_people {
        columns.push("why");
    }
    let mut rows = Rows::new(&columns);
    for report in reports {
        let seconds = report.ended.map_or(String::new(), |ended| {
            let span = ended - report.started;
            format!("{:.1}", span.as_seconds_f64())
        });
        let started = if for_people { "%m-%dT%H:%MZ" } else { "%Y-%m-%dT%H:%M:%SZ" };
        let mut row = vec![
            report.run.chars().take(if for_people { SHORT_ID } else { usize::MAX }).collect(),
            report.pipeline.clone(),
            report.started.format(started).to_string(),
            seconds,
            report.outcome.code().to_owned(),
            report.payloads.to_string(),
            report.parsed.to_string(),
            report.accepted.to_string(),
            report.quarantined.to_string(),
            report.new.to_string(),
            report.changed.to_string(),
            report.withdrawn.to_string(),
            exact(report.snapshot),
        ];
        if !for_people {
            row.push(report.error.clone().unwrap_or_default());
        }
        rows.push(row);
    }
    rows
}

/// The reasons of runs that did not end well, one a line: too long for a column.
pub(crate) fn note_errors(reports: &[RunReport]) {
    for report in reports {
        if let Some(error) = &report.error {
            output::note(&format!("{}: {error}", report.pipeline));
        }
    }
}

/// Exit code 1 when a run did not end well or rows were rejected.
fn verdict(reports: &[RunReport]) -> Result<(), Failure> {
    let bad = |outcome| !matches!(outcome, Outcome::Committed | Outcome::Unchanged);
    let failed = reports.iter().filter(|report| bad(report.outcome)).count();
    let quarantined: u64 = reports.iter().map(|report| report.quarantined).sum();
    match (failed, quarantined) {
        (0, 0) => Ok(()),
        (0, rows) => Err(Failure::ran(format!(
            "{rows} rows are in quarantine; see `wsis sql \"SELECT reason, detail, record FROM quarantine\"`"
        ))),
        (runs, _) => {
            Err(Failure::ran(format!("{runs} of {} runs did not end well", reports.len())))
        }
    }
}
