//! `wsis report`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_model::payload::RawId;
use wsis_report::from_scorecard::{Facts, report_input};
use wsis_report::input::{Punctuality, SourceRun};

use crate::args::{Format, Global, Review};
use crate::commands::score::shown;
use crate::commands::{html_file, scorecard};
use crate::context::{self, Computed};
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output::{self, Rows};

/// What was written, for machines.
#[derive(Serialize)]
struct Written {
    report: String,
    framework: String,
    window: String,
    snapshot: u64,
    /// The instant of which the report speaks; none for what is known now.
    as_of: Option<DateTime<Utc>>,
}

impl Written {
    fn rows(&self) -> Rows {
        let mut rows = Rows::new(&["report", "framework", "window", "snapshot", "as_of"]);
        rows.push(vec![
            self.report.clone(),
            self.framework.clone(),
            self.window.clone(),
            self.snapshot.to_string(),
            self.as_of.map(|at| instant::cell(at, Format::Csv)).unwrap_or_default(),
        ]);
        rows
    }
}

pub(crate) async fn run(global: &Global, out: &Path, review: &Review) -> Result<(), Failure> {
    html_file::check_name(out)?;
    let deployment = context::deployment(global)?;
    let computed = context::compute(global, deployment, review, None).await?;
    write(&computed, out)?;
    let written = Written {
        report: out.display().to_string(),
        framework: computed.framework.clone(),
        window: shown(computed.window),
        snapshot: computed.snapshot(),
        as_of: computed.view.instant(),
    };
    if global.format != Format::Table {
        return output::print(global.format, &written, |_| written.rows());
    }
    if !global.quiet {
        output::note(&format!("wrote {}", written.report));
    }
    Ok(())
}

/// Renders the report into a file, in one step: a reader never sees half of it.
pub(crate) fn write(computed: &Computed, out: &Path) -> Result<(), Failure> {
    let framework = computed.framework()?;
    let read = bodies_behind(computed)?;
    let runs = source_runs(computed, &read)?;
    // A view of the past speaks of its own instant, never of now.
    let known = computed.view.said().map_or(String::new(), |said| format!(", {said}"));
    let facts = Facts {
        title: format!("{}, {}{known}", framework.title, shown(computed.window)),
        window: computed.window,
        snapshot: computed.snapshot(),
        generated: day(computed.instant()),
        retrieved: days(read.values().flatten().copied())
            .unwrap_or_else(|| "an unknown date".to_owned()),
        runs,
        punctuality: punctuality(computed)?,
        sample: computed.sample.clone(),
    };
    let areas = &computed.deployment.areas;
    let input =
        report_input(computed.method()?, &computed.scorecard, &computed.panel, areas, facts);
    let told = |error: std::io::Error| Failure::ran(format!("{}: {error}", out.display()));
    html_file::write(out, &wsis_report::render(&input)).map_err(told)
}

fn punctuality(computed: &Computed) -> Result<Vec<Punctuality>, Failure> {
    let records = scorecard::promises(computed)?;
    Ok(records
        .into_iter()
        // Only a date that the agency announced is a promise of its own (H19).
        .filter(|record| !record.announced.is_empty())
        .map(|record| Punctuality {
            agency: record.name,
            kept: record.announced.kept,
            late: record.announced.late,
            missed: record.announced.missed,
            source_down: record.announced.source_down,
            unwatched: record.announced.unwatched,
        })
        .collect())
}

/// By pipeline, when the bodies were retrieved that the figures of this report were read from: not
/// those of a run that a gate held back, nor of series outside the framework.
fn bodies_behind(computed: &Computed) -> Result<BTreeMap<String, Vec<DateTime<Utc>>>, Failure> {
    let panel = &computed.panel;
    let cells = panel.indicators().iter().flat_map(|indicator| {
        panel.areas().iter().flat_map(move |area| panel.series(indicator, area))
    });
    let behind: BTreeSet<RawId> = cells.filter_map(|(_, cell)| cell.payload).collect();
    let until = computed.instant();
    let mut found = BTreeMap::new();
    for pipeline in &computed.deployment.pipelines {
        let mut instants = Vec::new();
        let mut take = |record: wsis_lake::RawMeta| {
            if behind.contains(&record.raw) && record.retrieved_at <= until {
                instants.push(record.retrieved_at);
            }
        };
        let read = computed.lake.each_record(&pipeline.id, &mut take);
        read.map_err(|error| Failure::ran(chain(&error)))?;
        found.insert(pipeline.id.clone(), instants);
    }
    Ok(found)
}

/// First and last day of some instants; none of none.
fn days(instants: impl Iterator<Item = DateTime<Utc>> + Clone) -> Option<String> {
    let (first, last) = (day(instants.clone().min()?), day(instants.max()?));
    Some(if first == last { first } else { format!("{first} to {last}") })
}

fn day(instant: DateTime<Utc>) -> String {
    instant.format("%-d %B %Y").to_string()
}

/// The newest run of each pipeline whose rows are in the shown snapshot: the account behind the
/// figures. A run that failed, or that a gate held back, brought nothing of what is shown; nor did
/// one that made a later snapshot, or that began after the instant that is shown.
fn source_runs(
    computed: &Computed,
    read: &BTreeMap<String, Vec<DateTime<Utc>>>,
) -> Result<Vec<SourceRun>, Failure> {
    let ledger = crate::context::ledger(&computed.deployment, &computed.lake)?;
    let mut behind = Vec::new();
    for pipeline in &computed.deployment.pipelines {
        let run = ledger
            .run_behind(&pipeline.id, computed.snapshot(), computed.view.instant())
            .map_err(|error| Failure::ran(chain(&error)))?;
        behind.extend(run.map(|run| (pipeline, run)));
    }
    Ok(behind
        .into_iter()
        .map(|(pipeline, run)| SourceRun {
            pipeline: pipeline.id.clone(),
            source: pipeline.source.clone(),
            dataset: pipeline.dataset.clone(),
            title: pipeline.title.clone(),
            licence: pipeline.licence.clone(),
            citation: pipeline.citation.clone(),
            url: pipeline.homepage.clone(),
            // A run that decodes bodies anew retrieves none: the day is that of the bodies.
            retrieved: read
                .get(&pipeline.id)
                .and_then(|read| days(read.iter().copied()))
                .unwrap_or_else(|| "none of its figures is in this report".to_owned()),
            payloads: run.payloads,
            parsed: run.parsed,
            accepted: run.accepted,
            repeated: run.duplicates,
            quarantined: run.quarantined,
            reasons: run.quarantined_by_reason.clone().into_iter().collect(),
        })
        .collect())
}
