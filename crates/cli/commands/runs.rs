//! `wsis runs`.

use wsis_engine::watch::Known;
use wsis_engine::{Ledger, RunReport};

use crate::args::{Format, Global, Look};
use crate::commands::ingest;
use crate::context;
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output;

pub(crate) fn run(
    global: &Global,
    id: Option<&str>,
    last: usize,
    look: Look,
) -> Result<(), Failure> {
    let workspace = context::workspace(global)?;
    let lake = context::existing_lake(global, &workspace)?;
    let ledger = context::ledger(&workspace, &lake)?;
    let Some(id) = id else {
        let known = context::known(&lake, look)?;
        let read = if known == Known::All { last } else { usize::MAX };
        let mut runs = ledger.runs(read).map_err(|error| Failure::ran(chain(&error)))?;
        runs.retain(|run| known.includes_run(run));
        runs.truncate(last);
        output::print(global.format, &runs, |form| ingest::rows(&runs, form))?;
        if global.format == Format::Table && runs.iter().any(|run| run.error.is_some()) {
            output::note("why a run did not end well: wsis runs ID");
        }
        return Ok(());
    };
    let report = find(&ledger, id)?;
    match global.format {
        Format::Table => output::text(&told(&report)),
        _ => output::print(global.format, &report, |form| {
            ingest::rows(std::slice::from_ref(&report), form)
        }),
    }
}

/// The run with an id, or the only one whose id begins like this.
pub(crate) fn find(ledger: &Ledger, id: &str) -> Result<RunReport, Failure> {
    let ran = |error: &dyn std::error::Error| Failure::ran(chain(error));
    if let Some(report) = ledger.run(id).map_err(|error| ran(&error))? {
        return Ok(report);
    }
    let mut matching = ledger.runs(usize::MAX).map_err(|error| ran(&error))?;
    matching.retain(|run| run.run.starts_with(id));
    match (matching.pop(), matching.len()) {
        (Some(report), 0) => Ok(report),
        (Some(_), others) => Err(Failure::usage(format!(
            "{} runs begin with {id:?}; write more of the id, `wsis runs` lists them",
            others + 1
        ))),
        (None, _) => {
            Err(Failure::usage(format!("no run {id:?} in the ledger; `wsis runs` lists them")))
        }
    }
}

fn started_by(report: &RunReport) -> String {
    match report.scheduled_for {
        Some(tick) => {
            format!("{}, for {}", report.started_by.code(), instant::told(tick))
        }
        None => report.started_by.code().to_owned(),
    }
}

fn told(report: &RunReport) -> String {
    let mut lines = vec![
        format!("run          {}", report.run),
        format!("pipeline     {}", report.pipeline),
        format!("started      {}", instant::told(report.started)),
        format!("ended        {}", report.ended.map_or("still running".to_owned(), instant::told)),
        format!("outcome      {}", report.outcome.code()),
        format!("started by   {}", started_by(report)),
        format!(
            "fetched      {} requests, {} payloads, {} bytes, {} retries",
            report.requests, report.payloads, report.bytes, report.retries
        ),
        format!(
            "rows         {} parsed = {} accepted + {} quarantined ({} missing, {} doubles)",
            report.parsed, report.accepted, report.quarantined, report.missing, report.duplicates
        ),
        format!(
            "lake         {} new, {} changed, {} withdrawn; {}",
            report.new,
            report.changed,
            report.withdrawn,
            report.snapshot.map_or("no new snapshot".to_owned(), |id| format!("snapshot {id}"))
        ),
    ];
    for (reason, rows) in &report.quarantined_by_reason {
        lines.push(format!("quarantined  {reason}: {rows}"));
    }
    lines.extend(report.findings.iter().map(|finding| format!("finding      {finding}")));
    lines.extend(report.source_updated.iter().map(|day| format!("source says  updated {day}")));
    lines.extend(report.cause.iter().map(|cause| format!("cause        {}", cause.code())));
    lines.extend(report.error.iter().map(|error| format!("error        {error}")));
    lines.join("\n")
}
