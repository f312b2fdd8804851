//! What a scorecard shows of itself: its report, and the archived bodies behind its figures.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

use chrono::{DateTime, Utc};
use wsis_engine::{RunReport, watch};
use wsis_lake::RawMeta;
use wsis_model::payload::RawId;
use wsis_model::pipeline::Pipeline;
use wsis_report::from_scorecard::{Asked, Facts, report_input};
use wsis_report::input::{Punctuality, SourceRun};
use wsis_scorecard::Explanation;
use wsis_scorecard::explain::Branch;

use crate::error::AppError;
use crate::look::known_of;
use crate::place;
use crate::promises::{self, Record};
use crate::scores::Scores;

/// Most runs, the newest, that are looked at for when a dataset was last asked for.
const RUNS_MAX: usize = 2000;

/// The report of a scorecard: one HTML document.
///
/// # Errors
/// [`AppError::Failed`] when the archive or the ledger cannot be read.
pub fn report(scores: &Scores) -> Result<String, AppError> {
    let framework = scores.framework();
    let read = bodies_behind(scores)?;
    let runs = source_runs(scores, &read)?;
    // A view of the past speaks of its own instant, never of now.
    let known = scores.view.said().map_or(String::new(), |said| format!(", {said}"));
    let window = scores.window;
    let facts = Facts {
        title: format!("{}, {}-{}{known}", framework.title, window.start, window.end),
        window,
        snapshot: scores.snapshot(),
        generated: day(scores.instant()),
        retrieved: days(read.values().flatten().copied())
            .unwrap_or_else(|| "an unknown date".to_owned()),
        runs,
        punctuality: punctuality(scores)?,
        sample: scores.sample.clone(),
        asked: asked(scores)?,
    };
    let areas = &scores.deployment.areas;
    let input = report_input(scores.method(), &scores.scorecard, &scores.panel, areas, facts);
    Ok(wsis_report::render_small(&input))
}

/// The day, or the first and last, on which the bodies behind the figures were retrieved; none where that is not
/// known.
///
/// # Errors
/// [`AppError::Failed`] where the records of the archive cannot be read.
pub fn retrieved(scores: &Scores) -> Result<Option<String>, AppError> {
    Ok(days(bodies_behind(scores)?.values().flatten().copied()))
}

/// When each pipeline of the deployment last asked its source, and how that ended. Nothing of a sample.
fn asked(scores: &Scores) -> Result<Vec<Asked>, AppError> {
    if scores.sample.is_some() {
        return Ok(Vec::new());
    }
    let ledger = place::ledger(&*scores.deployment, &scores.lake)?;
    let runs = ledger.runs(RUNS_MAX).map_err(|error| AppError::of(&error))?;
    let until = scores.instant();
    let asked = |pipeline: &Pipeline| {
        // A run that decodes archived bodies anew asks nobody.
        let asks = |run: &&RunReport| run.pipeline == pipeline.id && run.replay_of.is_none();
        let newest = runs.iter().filter(asks).find(|run| run.started <= until);
        let told = match newest {
            Some(run) => format!("last asked on {} ({})", day(run.started), run.outcome.code()),
            None if runs.len() < RUNS_MAX => "not asked yet".to_owned(),
            // Of more runs than these nobody knows.
            None => return None,
        };
        let series = pipeline.series.iter().map(|series| series.code.clone()).collect();
        let (source, dataset) = (pipeline.source.clone(), pipeline.dataset.clone());
        let at = newest.map(|run| run.started.timestamp());
        Some(Asked { source, dataset, series, at, told })
    };
    Ok(scores.deployment.pipelines.iter().filter_map(asked).collect())
}

/// How the agencies whose figures the framework takes keep their dates.
///
/// # Errors
/// [`AppError::Failed`] when the ledger cannot be read.
pub fn punctual_agencies(scores: &Scores) -> Result<Vec<Record>, AppError> {
    if scores.sample.is_some() {
        // When a part of figures was copied says nothing of the agency.
        return Ok(Vec::new());
    }
    let deployment = &scores.deployment;
    let known = known_of(&scores.view);
    let ledger = place::ledger(&**deployment, &scores.lake)?;
    let account = watch::account(&deployment.pipelines, &ledger, scores.instant(), known)
        .map_err(|error| AppError::of(&error))?;
    let series: Vec<_> =
        scores.framework().indicators.iter().filter_map(|it| it.series.as_ref()).collect();
    let is_used = |id: &str| {
        deployment.pipeline(id).is_some_and(|pipeline| {
            series.iter().any(|it| it.source == pipeline.source && it.dataset == pipeline.dataset)
        })
    };
    let all = account.promises.into_iter();
    let used: Vec<_> = all.filter(|promise| is_used(&promise.pipeline)).collect();
    Ok(promises::records(deployment, &used))
}

/// Where an archived body came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Body {
    /// The pipeline that received it.
    pub pipeline: String,
    /// The address that was asked.
    pub url: String,
    /// When, UTC.
    pub retrieved_at: DateTime<Utc>,
    /// Where it is kept.
    pub file: PathBuf,
}

fn punctuality(scores: &Scores) -> Result<Vec<Punctuality>, AppError> {
    let records = punctual_agencies(scores)?;
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
fn bodies_behind(scores: &Scores) -> Result<BTreeMap<String, Vec<DateTime<Utc>>>, AppError> {
    let panel = &scores.panel;
    let cells = panel.indicators().iter().flat_map(|indicator| {
        panel.areas().iter().flat_map(move |area| panel.series(indicator, area))
    });
    let behind: BTreeSet<RawId> = cells.filter_map(|(_, cell)| cell.payload).collect();
    let until = scores.instant();
    let mut found = BTreeMap::new();
    for pipeline in &scores.deployment.pipelines {
        let mut instants = Vec::new();
        let mut take = |record: RawMeta| {
            if behind.contains(&record.raw) && record.retrieved_at <= until {
                instants.push(record.retrieved_at);
            }
        };
        let read = scores.lake.each_record(&pipeline.id, &mut take);
        read.map_err(|error| AppError::of(&error))?;
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
    scores: &Scores,
    read: &BTreeMap<String, Vec<DateTime<Utc>>>,
) -> Result<Vec<SourceRun>, AppError> {
    let ledger = place::ledger(&*scores.deployment, &scores.lake)?;
    let mut behind = Vec::new();
    for pipeline in &scores.deployment.pipelines {
        let run = ledger
            .run_behind(&pipeline.id, scores.snapshot(), scores.view.instant())
            .map_err(|error| AppError::of(&error))?;
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
/// The body of every payload that an explanation names, by hash.
///
/// # Errors
/// [`AppError::Failed`] when the archive cannot be read.
pub fn bodies(
    scores: &Scores,
    explanation: &Explanation,
) -> Result<BTreeMap<String, Body>, AppError> {
    let named = named_payloads(&explanation.tree);
    let pipelines = scores.deployment.pipelines.iter();
    let ids: Vec<&str> = pipelines.map(|pipeline| pipeline.id.as_str()).collect();
    // By pipeline in the order of the deployment: the first that has a body is told.
    let records = scores.lake.first_records(&ids, &named);
    let records = records.map_err(|error| AppError::of(&error))?;
    let body = |(hash, record): (String, RawMeta)| {
        let file = scores.lake.raw_path(&record.raw);
        let RawMeta { pipeline, url, retrieved_at, .. } = record;
        (hash, Body { pipeline, url, retrieved_at, file })
    };
    Ok(records.into_iter().map(body).collect())
}

fn named_payloads(branch: &Branch) -> BTreeSet<String> {
    let reading = branch.indicator.as_ref().and_then(|facts| facts.reading.as_ref());
    let ends = reading.into_iter().flat_map(|score| [&score.start, &score.end]).flatten();
    let mut named: BTreeSet<String> = ends.filter_map(|end| end.payload.clone()).collect();
    named.extend(branch.children.iter().flat_map(named_payloads));
    named
}
