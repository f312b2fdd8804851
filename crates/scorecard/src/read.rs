//! The panel of a framework, read from a snapshot by SQL. The only part of this crate that knows
//! of DataFusion.

use std::collections::BTreeMap;

use arrow::array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::array::{TimestampMicrosecondArray, cast::AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use chrono::DateTime;
use wsis_model::area::AreaList;
use wsis_model::framework::{Framework, SeriesRef};
use wsis_model::payload::RawId;
use wsis_model::pipeline::folded_code;
use wsis_model::status::ObsStatus;
use wsis_query::{QueryError, Session};

use crate::panel::{Cell, Panel, PanelError};

/// Why a panel cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum ScorecardError {
    /// The query failed.
    #[error("observations of framework {framework} cannot be read: {source}")]
    Query {
        /// Framework id.
        framework: String,
        /// Cause.
        source: QueryError,
    },
    /// A column has another type than the observation schema declares.
    #[error("column {0} of observations_latest is missing or has another type than declared")]
    Column(&'static str),
    /// A stored value is not of its code list.
    #[error("{series}, {area}, {year}: {column} {found:?} is not valid")]
    BadCode {
        /// Series code.
        series: String,
        /// Area code.
        area: String,
        /// Year.
        year: i32,
        /// Column.
        column: &'static str,
        /// What was found.
        found: String,
    },
    /// Two observations claim one cell, or an area is not in the code list.
    #[error("observations_latest does not fit the code lists: {0}")]
    Panel(#[from] PanelError),
}

/// Reads the observations in force for every indicator of a framework: rows in key order, so the
/// panel does not depend on files, partitions or threads.
///
/// # Errors
/// The query fails, or a stored row does not fit the declared schema and code lists.
pub async fn read_panel(
    session: &Session,
    framework: &Framework,
    areas: &AreaList,
) -> Result<Panel, ScorecardError> {
    let mut wanted: BTreeMap<SeriesRef, Vec<&str>> = BTreeMap::new();
    for indicator in &framework.indicators {
        if let Some(series) = &indicator.series {
            wanted.entry(folded(series.clone())).or_default().push(&indicator.code);
        }
    }
    let mut builder = Panel::builder(framework, areas);
    if wanted.is_empty() {
        return Ok(builder.build());
    }
    let answer = session
        .collect(&query(&wanted))
        .await
        .map_err(|source| ScorecardError::Query { framework: framework.id.clone(), source })?;
    for batch in &answer.batches {
        let columns = Columns::new(batch)?;
        for row in 0..batch.num_rows() {
            let Some(codes) = wanted.get(&columns.series(row)) else { continue };
            let cell = columns.cell(row)?;
            for code in codes {
                let (area, year) = (columns.ref_area.value(row), columns.year.value(row));
                builder.insert(code, area, year, cell.clone())?;
            }
        }
    }
    Ok(builder.build())
}

/// Series codes are compared as pipelines compare them.
fn folded(mut series: SeriesRef) -> SeriesRef {
    series.series_code = folded_code(&series.series_code);
    series
}

fn query(wanted: &BTreeMap<SeriesRef, Vec<&str>>) -> String {
    let mut datasets: BTreeMap<(&str, &str), Vec<String>> = BTreeMap::new();
    for series in wanted.keys() {
        let codes = datasets.entry((&series.source, &series.dataset)).or_default();
        codes.push(quoted(&series.series_code));
    }
    let parts: Vec<String> = datasets
        .into_iter()
        .map(|((source, dataset), mut codes)| {
            codes.dedup();
            format!(
                "(source = {} AND dataset = {} AND upper(series_code) IN ({}))",
                quoted(source),
                quoted(dataset),
                codes.join(", ")
            )
        })
        .collect();
    format!(
        "SELECT source, dataset, series_code, ref_area, sex, age, location, dimensions, year, \
         value, value_text, obs_status, source_flag, footnote, payload, payload_row, recorded_at \
         FROM observations_latest WHERE NOT withdrawn AND ({}) \
         ORDER BY source, dataset, series_code, ref_area, sex, age, location, dimensions, year",
        parts.join(" OR ")
    )
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

/// The columns of one batch, in their declared types.
struct Columns<'b> {
    source: &'b StringArray,
    dataset: &'b StringArray,
    series_code: &'b StringArray,
    ref_area: &'b StringArray,
    sex: &'b StringArray,
    age: &'b StringArray,
    location: &'b StringArray,
    dimensions: &'b StringArray,
    year: &'b Int32Array,
    value: &'b Float64Array,
    value_text: &'b StringArray,
    obs_status: &'b StringArray,
    source_flag: &'b StringArray,
    footnote: &'b StringArray,
    payload: &'b StringArray,
    payload_row: &'b Int64Array,
    recorded_at: &'b TimestampMicrosecondArray,
}

impl<'b> Columns<'b> {
    fn new(batch: &'b RecordBatch) -> Result<Self, ScorecardError> {
        let text = |name: &'static str| {
            batch
                .column_by_name(name)
                .and_then(|column| column.as_string_opt::<i32>())
                .ok_or(ScorecardError::Column(name))
        };
        macro_rules! number {
            ($name:literal, $kind:ty) => {
                batch
                    .column_by_name($name)
                    .and_then(|column| column.as_primitive_opt::<$kind>())
                    .ok_or(ScorecardError::Column($name))?
            };
        }
        Ok(Self {
            source: text("source")?,
            dataset: text("dataset")?,
            series_code: text("series_code")?,
            ref_area: text("ref_area")?,
            sex: text("sex")?,
            age: text("age")?,
            location: text("location")?,
            dimensions: text("dimensions")?,
            year: number!("year", Int32Type),
            value: number!("value", Float64Type),
            value_text: text("value_text")?,
            obs_status: text("obs_status")?,
            source_flag: text("source_flag")?,
            footnote: text("footnote")?,
            payload: text("payload")?,
            payload_row: number!("payload_row", Int64Type),
            recorded_at: number!("recorded_at", TimestampMicrosecondType),
        })
    }

    fn series(&self, row: usize) -> SeriesRef {
        folded(SeriesRef {
            source: self.source.value(row).to_owned(),
            dataset: self.dataset.value(row).to_owned(),
            series_code: self.series_code.value(row).to_owned(),
            sex: self.sex.value(row).to_owned(),
            age: self.age.value(row).to_owned(),
            location: self.location.value(row).to_owned(),
            dimensions: self.dimensions.value(row).to_owned(),
        })
    }

    fn cell(&self, row: usize) -> Result<Cell, ScorecardError> {
        let bad = |column: &'static str, found: &str| ScorecardError::BadCode {
            series: self.series_code.value(row).to_owned(),
            area: self.ref_area.value(row).to_owned(),
            year: self.year.value(row),
            column,
            found: found.to_owned(),
        };
        let maybe = |array: &StringArray| array.is_valid(row).then(|| array.value(row).to_owned());
        let status = self.obs_status.value(row);
        let payload = self.payload.value(row);
        Ok(Cell {
            value: self.value.is_valid(row).then(|| self.value.value(row)),
            obs_status: ObsStatus::from_code(status).ok_or_else(|| bad("obs_status", status))?,
            source_flag: maybe(self.source_flag),
            footnote: maybe(self.footnote),
            value_text: maybe(self.value_text),
            payload: Some(payload.parse::<RawId>().map_err(|_| bad("payload", payload))?),
            payload_row: Some(self.payload_row.value(row)),
            recorded_at: DateTime::from_timestamp_micros(self.recorded_at.value(row)),
        })
    }
}
