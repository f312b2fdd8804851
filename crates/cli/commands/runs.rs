//! `wsis runs`.

use wsis_engine::{Ledger, RunReport};

use crate::args::{Format, Global};
use crate::commands::ingest;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output;

pub(crate) fn run(global: &Global, id: Option<&str>, last: usize) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let lake = context::existing_lake(global, &deployment)?;
    let ledger = Ledger::open(&lake.root().join("state/ledger.sqlite"))
        .map_err(|error| Failure::ran(chain(&error)))?;
    let Some(id) = id else {
        let runs = ledger.runs(last).map_err(|error| Failure::ran(chain(&error)))?;
        return output::print(global.format, &runs, || ingest::rows(&runs));
    };
    let report = ledger.run(id).map_err(|error| Failure::ran(chain(&error)))?.ok_or_else(|| {
        Failure::usage(format!("no run {id:?} in the ledger; `wsis runs` lists them"))
    })?;
    match global.format {
        Format::Table => output::text(&told(&report)),
        _ => output::print(global.format, &report, || ingest::rows(std::slice::from_ref(&report))),
    }
}

fn told(report: &RunReport) -> String {
    let mut lines = vec![
        format!("run          {}", report.run),
        format!("pipeline     {}", report.pipeline),
        format!("started      {}", report.started.format("%Y-%m-%d %H:%M:%S UTC")),
        format!(
            "ended        {}",
            report.ended.map_or("still running".to_owned(), |t| t
                .format("%Y-%m-%d %H:%M:%S UTC")
                .to_string())
        ),
        format!("outcome      {}", report.outcome.code()),
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
    lines.extend(report.error.iter().map(|error| format!("error        {error}")));
    lines.join("\n")
}
