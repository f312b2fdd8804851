//! The answer to a query, and how much of it there may be.

use arrow::array::{Array, RecordBatch};
use arrow::datatypes::{DataType, SchemaRef};
use serde::{Deserialize, Serialize};
use wsis_config::QueryLimits;

use crate::error::QueryError;

/// Deepest lists and structures of an answer. The form in which answers travel has a bound too.
const NESTED_MAX: usize = 16;

/// The answer to a query.
#[derive(Debug, Clone)]
pub struct Answer {
    /// Schema in plain types.
    pub schema: SchemaRef,
    /// Rows.
    pub batches: Vec<RecordBatch>,
    /// Snapshot that the answer was read from, if the session is over one.
    pub snapshot: Option<u64>,
    /// Which limit cut the answer, if there was more.
    pub cut: Option<Cut>,
}

impl Answer {
    /// Number of rows.
    pub fn rows(&self) -> usize {
        self.batches.iter().map(RecordBatch::num_rows).sum()
    }
}

/// What an answer was cut by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cut {
    /// `query.result_rows_max`.
    Rows,
    /// `query.result_bytes_max`.
    Bytes,
}

/// What is left of the limits of an answer.
pub(crate) struct Room {
    rows: usize,
    bytes: usize,
    bytes_max: u64,
}

impl Room {
    /// The limits of an answer that somebody asked for.
    pub(crate) fn of(limits: &QueryLimits) -> Self {
        let count = |limit| usize::try_from(limit).unwrap_or(usize::MAX);
        Self {
            rows: count(limits.result_rows_max),
            bytes: count(limits.result_bytes_max),
            bytes_max: limits.result_bytes_max,
        }
    }

    /// No limits.
    pub(crate) const fn endless() -> Self {
        Self { rows: usize::MAX, bytes: usize::MAX, bytes_max: u64::MAX }
    }

    /// As much of a batch as there is room for, and what cut it.
    pub(crate) fn take(
        &mut self,
        batch: &RecordBatch,
        is_first: bool,
    ) -> Result<(RecordBatch, Option<Cut>), QueryError> {
        let mut cut = None;
        let mut rows = batch.num_rows();
        if rows > self.rows {
            rows = self.rows;
            cut = Some(Cut::Rows);
        }
        let mut taken = batch.slice(0, rows);
        while rows > 0 && size(&taken) > self.bytes {
            if rows == 1 && is_first {
                return Err(QueryError::Row { bytes: self.bytes_max });
            }
            rows /= 2;
            cut = Some(Cut::Bytes);
            taken = batch.slice(0, rows);
        }
        self.rows -= rows;
        self.bytes = self.bytes.saturating_sub(size(&taken));
        Ok((taken, cut))
    }
}

/// Bytes that the rows of a batch take, without what it shares with other rows.
fn size(batch: &RecordBatch) -> usize {
    let of = |column: &dyn Array| {
        column.to_data().get_slice_memory_size().unwrap_or(column.get_array_memory_size())
    };
    batch.columns().iter().map(|column| of(column.as_ref())).sum()
}

/// Refuses columns that are nested too deeply to be written.
pub(crate) fn check_nesting(schema: &SchemaRef) -> Result<(), QueryError> {
    let deep = schema.fields().iter().find(|field| depth(field.data_type()) > NESTED_MAX);
    deep.map_or(Ok(()), |field| {
        Err(QueryError::Nested { column: field.name().clone(), depth: NESTED_MAX })
    })
}

fn depth(kind: &DataType) -> usize {
    match kind {
        DataType::List(item)
        | DataType::LargeList(item)
        | DataType::ListView(item)
        | DataType::LargeListView(item)
        | DataType::FixedSizeList(item, _)
        | DataType::Map(item, _) => 1 + depth(item.data_type()),
        DataType::Struct(fields) => {
            1 + fields.iter().map(|field| depth(field.data_type())).max().unwrap_or(0)
        }
        DataType::Dictionary(_, value) => depth(value),
        _ => 0,
    }
}
