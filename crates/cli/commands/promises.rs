//! `wsis promises`.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_config::Deployment;
use wsis_engine::ledger::{Promise, Verdict};
use wsis_engine::{Clock, SystemClock, watch};
use wsis_lake::Lake;

use crate::args::{Format, Global};
use crate::commands::schedule;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

/// How an agency keeps its promises.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub(crate) struct Record {
    pub(crate) agency: String,
    pub(crate) name: String,
    pub(crate) kept: u64,
    pub(crate) late: u64,
    pub(crate) missed: u64,
    pub(crate) source_down: u64,
    pub(crate) unwatched: u64,
    /// Share of kept ones among those that can be judged; none when there are none.
    pub(crate) on_time: Option<f64>,
}

#[derive(Serialize)]
struct Told<'a> {
    agencies: &'a [Record],
    promises: &'a [Promise],
}

pub(crate) fn run(
    global: &Global,
    agency: Option<&str>,
    at: Option<DateTime<Utc>>,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    if let Some(id) = agency
        && deployment.workspace.agency(id).is_none()
    {
        let known = deployment.workspace.agencies.iter().map(|agency| agency.id.as_str());
        let meant = wsis_config::hint(id, known, "there are");
        return Err(Failure::usage(format!("no agency {id:?}; {meant}")));
    }
    let lake = context::existing_lake(global, &deployment)?;
    let now = at.unwrap_or_else(|| SystemClock.now());
    let mut promises = promises(&deployment, &lake, now)?;
    promises.retain(|promise| agency.is_none_or(|agency| promise.agency == agency));
    let agencies = records(&deployment, &promises);
    let told = Told { agencies: &agencies, promises: &promises };
    output::print(global.format, &told, |form| rows(&promises, form))?;
    if global.format == Format::Table {
        if promises.is_empty() {
            output::note(
                "no release was due since the first run; `[release]` of a pipeline declares when it is",
            );
        }
        for record in &agencies {
            output::note(&sentence(record));
        }
    }
    Ok(())
}

/// Every promise that is decided at an instant.
pub(crate) fn promises(
    deployment: &Deployment,
    lake: &Lake,
    now: DateTime<Utc>,
) -> Result<Vec<Promise>, Failure> {
    let ledger = context::ledger(deployment, lake)?;
    let account = watch::account(&deployment.pipelines, &ledger, now)
        .map_err(|error| Failure::ran(chain(&error)))?;
    Ok(account.promises)
}

/// How each agency keeps its promises, by id.
pub(crate) fn records(deployment: &Deployment, promises: &[Promise]) -> Vec<Record> {
    let mut records: BTreeMap<&str, Record> = BTreeMap::new();
    for promise in promises {
        let record = records.entry(&promise.agency).or_insert_with(|| Record {
            agency: promise.agency.clone(),
            name: deployment
                .workspace
                .agency(&promise.agency)
                .map_or_else(|| promise.agency.clone(), |agency| agency.name.clone()),
            ..Record::default()
        });
        *match promise.verdict {
            Verdict::Kept => &mut record.kept,
            Verdict::Late => &mut record.late,
            Verdict::Missed => &mut record.missed,
            Verdict::SourceDown => &mut record.source_down,
            Verdict::Unwatched => &mut record.unwatched,
        } += 1;
    }
    let mut records: Vec<Record> = records.into_values().collect();
    for record in &mut records {
        let judged = record.kept + record.late + record.missed;
        record.on_time = (judged > 0).then(|| record.kept as f64 / judged as f64);
    }
    records
}

/// `World Bank kept 3 of 4 promises (75 %); 1 late; 1 could not be judged`.
pub(crate) fn sentence(record: &Record) -> String {
    let judged = record.kept + record.late + record.missed;
    let mut text = match record.on_time {
        Some(share) => {
            format!(
                "{} kept {} of {judged} promises ({:.0} %)",
                record.name,
                record.kept,
                share * 100.0
            )
        }
        None => format!("{}: no promise can be judged", record.name),
    };
    for (count, what) in [
        (record.late, "late"),
        (record.missed, "missed"),
        (record.source_down, "while the source was down"),
        (record.unwatched, "that nobody here looked for in time"),
    ] {
        if count > 0 {
            // Writing to a text does not fail.
            let _ = write!(text, "; {count} {what}");
        }
    }
    text
}

fn rows(promises: &[Promise], form: Format) -> Rows {
    let mut rows =
        Rows::new(&["agency", "pipeline", "due", "verdict", "there", "~decided", "~run"]);
    let shape = if form == Format::Csv { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%d" };
    for promise in promises {
        rows.push(vec![
            promise.agency.clone(),
            promise.pipeline.clone(),
            promise.due.format(shape).to_string(),
            schedule::words(promise.verdict.code(), form),
            promise.kept_at.map(|at| at.format(shape).to_string()).unwrap_or_default(),
            promise.decided_at.format(shape).to_string(),
            promise.run.clone().unwrap_or_default(),
        ]);
    }
    rows
}
