//! The states of the lake as a table, newest first.

use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, StringArray, TimestampMicrosecondArray, UInt64Array};
use chrono::{DateTime, Utc};
use wsis_lake::{At, ChangeKind, Lake, OBSERVATIONS, OBSERVATIONS_LATEST, Snapshot};

use crate::error::AppError;

/// The snapshots up to one, a part of them: so many are passed over.
///
/// # Errors
/// [`AppError::Failed`] when the lake cannot be read.
pub fn up_to(
    lake: &Lake,
    newest: u64,
    offset: usize,
    rows: usize,
) -> Result<RecordBatch, AppError> {
    let offset = u64::try_from(offset).unwrap_or(u64::MAX);
    let mut found = Vec::new();
    for id in (1..=newest.saturating_sub(offset)).rev().take(rows) {
        let snapshot = lake.snapshot(At::Id(id)).map_err(|error| AppError::of(&error))?;
        found.extend(snapshot);
    }
    batch(&found)
}

fn batch(all: &[Snapshot]) -> Result<RecordBatch, AppError> {
    let counts = |of: fn(&Snapshot) -> Option<u64>| -> ArrayRef {
        Arc::new(all.iter().map(of).collect::<UInt64Array>())
    };
    let texts = |of: fn(&Snapshot) -> Option<&str>| -> ArrayRef {
        Arc::new(all.iter().map(of).collect::<StringArray>())
    };
    let instants = |of: fn(&Snapshot) -> Option<DateTime<Utc>>| -> ArrayRef {
        let micros = all.iter().map(|it| of(it).map(|at| at.timestamp_micros()));
        Arc::new(micros.collect::<TimestampMicrosecondArray>().with_timezone("UTC"))
    };
    let named = |text: &'_ String| Some(text.clone()).filter(|it| !it.is_empty());
    let datasets: ArrayRef =
        Arc::new(all.iter().map(|it| named(&it.change.dataset)).collect::<StringArray>());
    let sources: ArrayRef =
        Arc::new(all.iter().map(|it| named(&it.change.source)).collect::<StringArray>());
    RecordBatch::try_from_iter_with_nullable([
        ("snapshot", counts(|it| Some(it.id)), false),
        ("parent", counts(|it| it.parent), true),
        ("sha256", texts(|it| Some(it.sha256.as_str())), false),
        ("kind", texts(|it| Some(word(it.change.kind))), false),
        ("source", sources, true),
        ("dataset", datasets, true),
        ("pipeline", texts(|it| it.change.pipeline.as_deref()), true),
        ("committed_at", instants(|it| it.change.committed_at), true),
        ("recorded_through", instants(|it| it.change.recorded_through), true),
        ("new", counts(|it| Some(it.change.new)), false),
        ("changed", counts(|it| Some(it.change.changed)), false),
        ("withdrawn", counts(|it| Some(it.change.withdrawn)), false),
        ("quarantined", counts(|it| Some(it.change.quarantined)), false),
        ("observations", counts(|it| Some(it.rows(OBSERVATIONS))), false),
        ("observations_latest", counts(|it| Some(it.rows(OBSERVATIONS_LATEST))), false),
    ])
    .map_err(|error| AppError::of(&error))
}

/// As documents of the lake write it.
const fn word(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Ingest => "ingest",
        ChangeKind::Redecode => "redecode",
        ChangeKind::Compaction => "compaction",
        ChangeKind::Upgrade => "upgrade",
        ChangeKind::Restore => "restore",
        ChangeKind::Retire => "retire",
        ChangeKind::Newer => "newer",
    }
}
