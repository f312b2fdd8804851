//! `wsis ingest --re-decode`.

use std::collections::BTreeMap;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_app::names;
use wsis_engine::{Engine, Redecoded, Rereading, RunReport, SystemClock};
use wsis_lake::Difference;

use crate::args::{Format, Global};
use crate::commands::ingest;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

/// Differences shown in a table.
const SHOWN: usize = 20;

/// Shows what today's program reads differently in what was last received; commits it when told.
pub(crate) async fn run(
    global: &Global,
    pipelines: &[String],
    how: Rereading,
    strict: bool,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    names::check_pipelines(&deployment, pipelines)?;
    let lake = context::existing_lake(global, &deployment)?;
    let engine = Engine::new(Arc::new(deployment), lake, Arc::new(SystemClock))?;
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(ingest::cancel_on_signal(cancel.clone()));
    let (events, _) = mpsc::unbounded_channel();
    let found = engine.redecode(pipelines, how, events, cancel).await;
    on_interrupt.abort();
    let found = found.map_err(|error| Failure::ran(chain(&error)))?;
    if found.is_empty() && global.format == Format::Table {
        return output::text(
            "nothing to read again: the lake holds no body of these pipelines; `wsis ingest` asks \
             for one",
        );
    }
    output::print(global.format, &found, |_| rows(&found))?;
    let reports: Vec<RunReport> = found.iter().map(|it| it.report.clone()).collect();
    let differ: u64 = reports.iter().map(|it| it.new + it.changed + it.withdrawn).sum();
    if global.format == Format::Table && found.iter().any(|it| !it.differences.is_empty()) {
        output::text("")?;
        output::print(global.format, &found, |_| differences(&found))?;
        if differ > SHOWN as u64 {
            output::note(&format!(
                "{SHOWN} of {differ} differences shown; `--format json` lists more of them"
            ));
        }
    }
    ingest::note_findings(&reports);
    ingest::note_errors(&reports);
    if !how.commit && differ > 0 {
        output::note("nothing was written; `--re-decode --commit` commits it");
    }
    if reports.iter().any(|report| report.error.is_some()) {
        return Err(Failure::ran("not everything could be read again").told());
    }
    ingest::verdict(&reports, strict)
}

/// What is read differently, statement by statement.
fn differences(found: &[Redecoded]) -> Rows {
    let columns =
        ["what", "~pipeline", "series", "area", "#period", "~dimensions", "was read", "is read"];
    let mut rows = Rows::new(&columns);
    let all = found.iter().flat_map(|it| it.differences.iter().map(|one| (&it.report, one)));
    for (report, one) in all.take(SHOWN) {
        let mut row = difference(one);
        row.insert(1, report.pipeline.clone());
        rows.push(row);
    }
    rows
}

/// What one run would change, statement by statement.
pub(crate) fn differences_of(all: &[Difference], most: usize) -> Rows {
    let mut rows =
        Rows::new(&["what", "series", "area", "#period", "~dimensions", "in force", "would be"]);
    for one in all.iter().take(most) {
        rows.push(difference(one));
    }
    rows
}

fn difference(one: &Difference) -> Vec<String> {
    vec![
        one.what.to_owned(),
        one.series_code.clone(),
        one.ref_area.clone(),
        one.time_period.clone(),
        one.dimensions.clone(),
        statement(&one.before),
        statement(&one.after),
    ]
}

/// `21`, or `21 obs_status=E`.
fn statement(parts: &BTreeMap<&'static str, String>) -> String {
    if parts.is_empty() {
        return "nothing".to_owned();
    }
    let value = parts.get("value").cloned();
    let rest = parts.iter().filter(|(name, _)| **name != "value");
    let rest = rest.map(|(name, text)| format!("{name}={text}"));
    value.into_iter().chain(rest).collect::<Vec<_>>().join(" ")
}

fn rows(found: &[Redecoded]) -> Rows {
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
    for Redecoded { report, .. } in found {
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
