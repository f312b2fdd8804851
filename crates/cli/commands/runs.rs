//! `wsis runs`.

use serde::Serialize;
use wsis_engine::watch::Known;
use wsis_engine::{Ledger, Outcome, RunReport};

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
        let known = context::known(&lake, &workspace, look)?;
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
    let taken_in = taken_in(&ledger, &report)?;
    if global.format == Format::Table {
        return output::text(&told(&report, taken_in.as_ref()));
    }
    let shown = Shown { report: &report, taken_in: taken_in.as_ref().map(|it| &*it.run) };
    output::print(global.format, &shown, |form| ingest::rows(std::slice::from_ref(&report), form))
}

/// A run, and which run took over what it had received and a gate had held.
#[derive(Serialize)]
struct Shown<'a> {
    #[serde(flatten)]
    report: &'a RunReport,
    #[serde(skip_serializing_if = "Option::is_none")]
    taken_in: Option<&'a str>,
}

/// The run that took over, in somebody's name, what a gate had held of this one.
fn taken_in(ledger: &Ledger, held: &RunReport) -> Result<Option<RunReport>, Failure> {
    if held.outcome != Outcome::Held {
        return Ok(None);
    }
    let later = ledger
        .runs_since(&held.pipeline, held.started)
        .map_err(|error| Failure::ran(chain(&error)))?;
    Ok(later.into_iter().find(|run| {
        run.replay_of.as_ref() == Some(&held.run)
            && matches!(run.outcome, Outcome::Committed | Outcome::Unchanged)
    }))
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

fn told(report: &RunReport, taken_in: Option<&RunReport>) -> String {
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
    // Who, and why, is the first thing that run says.
    lines.extend(taken_in.iter().map(|run| {
        let who = run.findings.iter().find(|it| it.contains(report.run.as_str()));
        let who = who.map(|it| format!(": {it}")).unwrap_or_default();
        format!("taken over   in run {}{who}", run.run)
    }));
    lines.join("\n")
}
