//! Tables about the lake's keeping, for SQL: runs, freshness, promises. They are of the ledger and
//! of the instant that the query speaks of, so they are no part of a snapshot.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use arrow::error::ArrowError;
use chrono::{DateTime, Utc};
use wsis_config::Deployment;
use wsis_engine::freshness::Freshness;
use wsis_engine::ledger::Promise;
use wsis_engine::watch::{self, Known};
use wsis_engine::{Cause, RunReport};
use wsis_lake::Lake;
use wsis_model::pipeline::Basis;

use crate::error::AppError;
use crate::place;

/// Runs that are shown: years of daily runs of a few pipelines.
const RUNS: usize = 20_000;

/// The tables without a row: their names and columns.
///
/// # Errors
/// None but by a fault of the program: columns and rows are made together.
pub fn none() -> Result<Vec<(&'static str, RecordBatch)>, ArrowError> {
    Ok(vec![
        ("runs", of_runs(&[])?),
        ("freshness", of_freshness(&[])?),
        ("promises", of_promises(&[])?),
    ])
}

/// `runs`, `freshness` and `promises`.
///
/// # Errors
/// [`AppError::Failed`] when the ledger cannot be read.
pub fn all(
    deployment: &Deployment,
    lake: &Lake,
    at: DateTime<Utc>,
    known: Known,
) -> Result<Vec<(&'static str, RecordBatch)>, AppError> {
    let ledger = place::ledger(deployment, lake)?;
    let mut runs = ledger.runs(RUNS).map_err(|error| AppError::of(&error))?;
    runs.retain(|run| known.includes_run(run));
    let account = watch::account(&deployment.pipelines, &ledger, at, known)
        .map_err(|error| AppError::of(&error))?;
    let tables = [
        ("runs", of_runs(&runs)),
        ("freshness", of_freshness(&account.freshness)),
        ("promises", of_promises(&account.promises)),
    ];
    let table = |(name, batch): (_, Result<_, ArrowError>)| {
        batch.map(|batch| (name, batch)).map_err(|error| AppError::of(&error))
    };
    tables.into_iter().map(table).collect()
}

fn texts<T: Into<String>>(values: impl Iterator<Item = Option<T>>) -> ArrayRef {
    Arc::new(values.map(|value| value.map(Into::into)).collect::<StringArray>())
}

fn instants(values: impl Iterator<Item = Option<DateTime<Utc>>>) -> ArrayRef {
    let micros = values.map(|value| value.map(|at| at.timestamp_micros()));
    Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
}

fn counts(values: impl Iterator<Item = Option<u64>>) -> ArrayRef {
    Arc::new(values.collect::<UInt64Array>())
}

fn of_runs(runs: &[RunReport]) -> Result<RecordBatch, ArrowError> {
    let all = || runs.iter();
    RecordBatch::try_from_iter_with_nullable([
        ("run", texts(all().map(|run| Some(run.run.as_str()))), false),
        ("pipeline", texts(all().map(|run| Some(run.pipeline.as_str()))), false),
        ("started_by", texts(all().map(|run| Some(run.started_by.code()))), false),
        ("scheduled_for", instants(all().map(|run| run.scheduled_for)), true),
        ("started", instants(all().map(|run| Some(run.started))), false),
        ("ended", instants(all().map(|run| run.ended)), true),
        ("outcome", texts(all().map(|run| Some(run.outcome.code()))), false),
        ("cause", texts(all().map(|run| run.cause.map(Cause::code))), true),
        ("requests", counts(all().map(|run| Some(run.requests))), false),
        ("retries", counts(all().map(|run| Some(run.retries))), false),
        ("bytes", counts(all().map(|run| Some(run.bytes))), false),
        ("parsed", counts(all().map(|run| Some(run.parsed))), false),
        ("accepted", counts(all().map(|run| Some(run.accepted))), false),
        ("quarantined", counts(all().map(|run| Some(run.quarantined))), false),
        ("new", counts(all().map(|run| Some(run.new))), false),
        ("changed", counts(all().map(|run| Some(run.changed))), false),
        ("withdrawn", counts(all().map(|run| Some(run.withdrawn))), false),
        ("snapshot", counts(all().map(|run| run.snapshot)), true),
        ("error", texts(all().map(|run| run.error.as_deref())), true),
    ])
}

fn of_freshness(freshness: &[Freshness]) -> Result<RecordBatch, ArrowError> {
    let all = || freshness.iter();
    RecordBatch::try_from_iter_with_nullable([
        ("pipeline", texts(all().map(|it| Some(it.pipeline.as_str()))), false),
        ("agency", texts(all().map(|it| Some(it.agency.as_str()))), false),
        ("state", texts(all().map(|it| Some(it.state.code()))), false),
        ("since", instants(all().map(|it| it.since)), true),
        ("turn", texts(all().map(|it| Some(it.turn.code()))), false),
        ("reason", texts(all().map(|it| Some(it.reason.as_str()))), false),
        ("last_complete", instants(all().map(|it| it.last_complete)), true),
        ("last_news", instants(all().map(|it| it.last_news)), true),
        ("release", instants(all().map(|it| it.release)), true),
        ("basis", texts(all().map(|it| it.basis.map(Basis::code))), true),
        ("run", texts(all().map(|it| it.run.as_deref())), true),
    ])
}

fn of_promises(promises: &[Promise]) -> Result<RecordBatch, ArrowError> {
    let all = || promises.iter();
    RecordBatch::try_from_iter_with_nullable([
        ("agency", texts(all().map(|it| Some(it.agency.as_str()))), false),
        ("pipeline", texts(all().map(|it| Some(it.pipeline.as_str()))), false),
        ("due", instants(all().map(|it| Some(it.due))), false),
        ("basis", texts(all().map(|it| Some(it.basis.code()))), false),
        ("verdict", texts(all().map(|it| Some(it.verdict.code()))), false),
        ("kept_at", instants(all().map(|it| it.kept_at)), true),
        ("decided_at", instants(all().map(|it| Some(it.decided_at))), false),
        ("run", texts(all().map(|it| it.run.as_deref())), true),
    ])
}
