//! The files of a table as the engine takes them: which rows of each, how many, and what the
//! documents of the lake say of their columns, so that a file that cannot match is never opened.

use std::cmp::Ordering;
use std::sync::Arc;

use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use datafusion::catalog::Session;
use datafusion::common::pruning::PrunableStatistics;
use datafusion::common::stats::Precision;
use datafusion::common::{ColumnStatistics, DFSchema, ScalarValue, Statistics};
use datafusion::datasource::listing::PartitionedFile;
use datafusion::datasource::physical_plan::parquet::ParquetRowSelection;
use datafusion::error::Result;
use datafusion::logical_expr::Expr;
use datafusion::logical_expr::utils::conjunction;
use datafusion::physical_optimizer::pruning::PruningPredicateBuilder;
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

/// Puts files in the order of their least rows, as far as the bounds of their columns say: files of a
/// table that do not overlap then follow one another in the order of the key.
pub(crate) fn in_order(files: &mut [PartitionedFile], schema: &Schema, columns: &[&str]) {
    let places: Vec<usize> = columns.iter().filter_map(|name| schema.index_of(name).ok()).collect();
    let least = |file: &PartitionedFile| -> Vec<Option<ScalarValue>> {
        let of = |place: &usize| {
            let column = file.statistics.as_ref()?.column_statistics.get(*place)?;
            column.min_value.get_value().cloned()
        };
        places.iter().map(of).collect()
    };
    // Stable: files of which nothing is known stay in the order of their paths.
    files.sort_by(|a, b| least(a).partial_cmp(&least(b)).unwrap_or(Ordering::Equal));
}

/// Of the files together: how many rows there are.
pub(crate) fn total(files: &[PartitionedFile], schema: &Schema) -> Statistics {
    let of = |file: &PartitionedFile| {
        file.statistics.as_ref().map_or(Precision::Absent, |it| it.num_rows)
    };
    let all = files.iter().map(of).fold(Precision::Exact(0), |all, one| all.add(&one));
    Statistics { num_rows: all, ..Statistics::new_unknown(schema) }
}

/// The files that may hold a row for which all filters are true, judged by the bounds of their
/// columns alone. What cannot be judged is kept.
pub(crate) fn matching(
    state: &dyn Session,
    files: &[PartitionedFile],
    schema: &SchemaRef,
    filters: &[Expr],
) -> Result<Vec<PartitionedFile>> {
    let Some(filter) = conjunction(filters.to_vec()) else { return Ok(files.to_vec()) };
    let columns = DFSchema::try_from(Arc::clone(schema))?;
    let filter = state.create_physical_expr(filter, &columns)?;
    let builder = PruningPredicateBuilder::new().with_file_schema(Arc::clone(schema));
    let Ok(predicate) = builder.try_build(filter) else { return Ok(files.to_vec()) };
    let known: Vec<_> = files.iter().map(|file| enclosing(file, schema)).collect();
    let kept = predicate.prune(&PrunableStatistics::new(known, Arc::clone(schema)));
    let Ok(kept) = kept else { return Ok(files.to_vec()) };
    let kept = files.iter().zip(kept).filter(|(_, kept)| *kept);
    Ok(kept.map(|(file, _)| file.clone()).collect())
}

/// What is known of a file, its bounds as such: they enclose also where some of the rows are meant.
fn enclosing(file: &PartitionedFile, schema: &Schema) -> Arc<Statistics> {
    let Some(known) = &file.statistics else {
        return Arc::new(Statistics::new_unknown(schema));
    };
    let mut known = Statistics::clone(known);
    for column in &mut known.column_statistics {
        for bound in [&mut column.min_value, &mut column.max_value] {
            if let Some(value) = bound.get_value().cloned() {
                *bound = Precision::Exact(value);
            }
        }
    }
    Arc::new(known)
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
