//! Parquet files of observations, written as the lake writes them.

use std::fs::File;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Date32Type, Schema, SchemaRef};
use chrono::NaiveDate;
use parquet::arrow::ArrowWriter;
use wsis_config::QueryLimits;
use wsis_model::observation::observation_schema;
use wsis_model::period::Period;
use wsis_query::{Session, TableFiles};

pub(crate) const LIMITS: QueryLimits =
    QueryLimits { memory_bytes: 256 << 20, result_rows_max: 100_000, ..QueryLimits::DEFAULT };

/// One observation of `WDI`: series, area, year, value.
pub(crate) type Row<'a> = (&'a str, &'a str, i32, Option<f64>);

fn first_day(year: i32) -> NaiveDate {
    Period::annual(year).unwrap().start()
}

/// A batch of observations; the other columns are constant.
pub(crate) fn observations(rows: &[Row<'_>]) -> RecordBatch {
    let schema = observation_schema();
    let columns = schema
        .fields()
        .iter()
        .enumerate()
        .map(|(at, field)| -> ArrayRef {
            let text = |value: &str| Arc::new(StringArray::from(vec![value; rows.len()]));
            match field.name().as_str() {
                "source" => text("worldbank"),
                "dataset" => text("WDI"),
                "series_code" => Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.0))),
                "ref_area" => Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.1))),
                "sex" | "age" | "location" => text("_T"),
                "dimensions" => text(""),
                "time_period" => {
                    Arc::new(StringArray::from_iter_values(rows.iter().map(|r| r.2.to_string())))
                }
                "period_start" => Arc::new(Date32Array::from_iter_values(
                    rows.iter().map(|r| Date32Type::from_naive_date(first_day(r.2))),
                )),
                "year" => Arc::new(Int32Array::from_iter_values(rows.iter().map(|r| r.2))),
                "value" => Arc::new(rows.iter().map(|r| r.3).collect::<Float64Array>()),
                "unit" => text("%"),
                "freq" | "obs_status" => text("A"),
                "payload" => text(&"0".repeat(64)),
                "payload_row" => {
                    Arc::new(Int64Array::from_iter_values(1..=i64::try_from(rows.len()).unwrap()))
                }
                "recorded_at" => Arc::new(
                    TimestampMicrosecondArray::from(vec![1_700_000_000_000_000; rows.len()])
                        .with_timezone("UTC"),
                ),
                "withdrawn" => Arc::new(BooleanArray::from(vec![false; rows.len()])),
                _ => match schema.field(at).data_type() {
                    DataType::Date32 => Arc::new(Date32Array::new_null(rows.len())),
                    _ => Arc::new(StringArray::new_null(rows.len())),
                },
            }
        })
        .collect();
    RecordBatch::try_new(schema, columns).unwrap()
}

/// Writes a batch and returns (path, bytes) for a file list.
pub(crate) fn write(root: &Path, name: &str, batch: &RecordBatch) -> (String, u64) {
    let path = root.join(name);
    let mut writer =
        ArrowWriter::try_new(File::create(&path).unwrap(), batch.schema(), None).unwrap();
    writer.write(batch).unwrap();
    writer.close().unwrap();
    (name.to_owned(), path.metadata().unwrap().len())
}

pub(crate) fn table(schema: SchemaRef, files: Vec<(String, u64)>) -> TableFiles {
    TableFiles { name: "observations_latest".into(), schema, files }
}

pub(crate) fn session(root: &Path, files: Vec<(String, u64)>, limits: &QueryLimits) -> Session {
    let tables = [table(observation_schema(), files)];
    Session::over(root, &tables, limits).unwrap()
}

/// A thousand rows in one file.
pub(crate) fn thousand(root: &Path) -> Vec<(String, u64)> {
    let areas: Vec<String> = (0..50).map(|at| format!("A{at:02}")).collect();
    let rows: Vec<Row<'_>> = areas
        .iter()
        .flat_map(|area| {
            (2000..2020).map(move |year| {
                let value = f64::from(year) / 7.0 + area.len() as f64 / 3.0;
                ("IT.NET.USER.ZS", area.as_str(), year, Some(value))
            })
        })
        .collect();
    vec![write(root, "a.parquet", &observations(&rows))]
}

/// A schema with one more nullable column than the files have.
pub(crate) fn wider() -> SchemaRef {
    let schema = observation_schema();
    let mut fields: Vec<_> = schema.fields().iter().cloned().collect();
    fields.push(Arc::new(arrow::datatypes::Field::new("comment", DataType::Utf8, true)));
    Arc::new(Schema::new(fields))
}
