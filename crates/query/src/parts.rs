//! The files of a table as the engine takes them: which rows of each, how many, and what the
//! documents of the lake say of their columns, so that a file that cannot match is never opened.

use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, TimeUnit};
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use wsis_lake::{FileEntry, Part};

/// A file, with its rows that belong to the table.
pub(crate) fn file(part: &Part, schema: &Schema) -> PartitionedFile {
    let file = PartitionedFile::new(part.entry.path.clone(), part.entry.bytes)
        .with_statistics(Arc::new(statistics(part, schema)));
    match &part.rows {
        Some(rows) => file.with_extension(ParquetRowSelection::new(rows.clone())),
        None => file,
    }
}

/// Rows are counted; of which of them bounds are exact only where all rows are meant.
fn statistics(part: &Part, schema: &Schema) -> Statistics {
    let known = |value: ScalarValue| match part.rows {
        None => Precision::Exact(value),
        Some(_) => Precision::Inexact(value),
    };
    let column = |field: &Field| {
        let mut found = ColumnStatistics::new_unknown();
        if !field.is_nullable() {
            found.null_count = Precision::Exact(0);
        }
        if let Some((least, most)) = bounds(&part.entry, field) {
            found.min_value = known(least);
            found.max_value = known(most);
        }
        found
    };
    Statistics {
        num_rows: rows(part.count),
        total_byte_size: Precision::Absent,
        column_statistics: schema.fields().iter().map(|field| column(field)).collect(),
    }
}

fn rows(count: u64) -> Precision<usize> {
    usize::try_from(count).map_or(Precision::Absent, Precision::Exact)
}

/// Of the files together: how many rows there are.
pub(crate) fn total(files: &[PartitionedFile], schema: &Schema) -> Statistics {
    let of = |file: &PartitionedFile| {
        file.statistics.as_ref().map_or(Precision::Absent, |it| it.num_rows)
    };
    let all = files.iter().map(of).fold(Precision::Exact(0), |all, one| all.add(&one));
    Statistics { num_rows: all, ..Statistics::new_unknown(schema) }
}

/// Smallest and largest value of a column, where the lake knows them.
fn bounds(entry: &FileEntry, field: &Field) -> Option<(ScalarValue, ScalarValue)> {
    let (least, most) = (entry.min.get(field.name())?, entry.max.get(field.name())?);
    let scalar = |value: &serde_json::Value| match field.data_type() {
        DataType::Utf8View => Some(ScalarValue::Utf8View(Some(value.as_str()?.to_owned()))),
        DataType::Int32 => Some(ScalarValue::Int32(Some(i32::try_from(value.as_i64()?).ok()?))),
        DataType::Int64 => Some(ScalarValue::Int64(Some(value.as_i64()?))),
        DataType::Timestamp(TimeUnit::Microsecond, zone) => {
            Some(ScalarValue::TimestampMicrosecond(Some(value.as_i64()?), zone.clone()))
        }
        _ => None,
    };
    Some((scalar(least)?, scalar(most)?))
}
