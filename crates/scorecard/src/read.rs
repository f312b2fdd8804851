//! The panel of a framework, read from a snapshot by SQL. The only part of this crate that knows
//! of DataFusion.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use arrow::array::{Array, Float64Array, Int32Array, Int64Array, RecordBatch, StringArray};
use arrow::array::{TimestampMicrosecondArray, cast::AsArray};
use arrow::datatypes::{Float64Type, Int32Type, Int64Type, TimestampMicrosecondType};
use chrono::{DateTime, NaiveDate};
use wsis_model::area::AreaList;
use wsis_model::correction::{Correction, Standing};
use wsis_model::framework::{Framework, SeriesRef};
use wsis_model::payload::RawId;
use wsis_model::pipeline::folded_code;
use wsis_model::rules::Method;
use wsis_model::status::ObsStatus;
use wsis_query::{Answer, QueryError, Session, literal};

use crate::panel::{Cell, Corrected, Panel, PanelBuilder, PanelError};

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
    read(session, framework, areas, Corrections::default()).await
}

/// The same with the corrections of a method, as they stand on a day: what a source is known to have wrong is
/// read otherwise, and the panel says which.
///
/// # Errors
/// As [`read_panel`].
pub async fn read_corrected(
    session: &Session,
    method: Method<'_>,
    areas: &AreaList,
    on: NaiveDate,
) -> Result<Panel, ScorecardError> {
    read(session, method.framework, areas, Corrections::of(method, on)).await
}

/// Corrections, with what becomes of them.
#[derive(Default)]
struct Corrections {
    /// By folded series.
    of_series: BTreeMap<SeriesRef, Vec<(Arc<Correction>, Standing)>>,
    on: NaiveDate,
}

impl Corrections {
    fn of(method: Method<'_>, on: NaiveDate) -> Self {
        let mut of_series: BTreeMap<SeriesRef, Vec<_>> = BTreeMap::new();
        for correction in method.corrections() {
            let series = folded(correction.series.clone());
            let one = (Arc::new(correction.clone()), Standing::Absent);
            of_series.entry(series).or_default().push(one);
        }
        Self { of_series, on }
    }

    /// The cell as it is read.
    fn apply(&mut self, series: &SeriesRef, (area, year): (&str, i32), cell: Cell) -> Cell {
        let known = self.of_series.get_mut(series).into_iter().flatten();
        let mut of_it = known.filter(|(it, _)| it.area == area && it.year == year);
        let Some((correction, standing)) = of_it.next() else { return cell };
        *standing = correction.standing(cell.value, self.on);
        if *standing == Standing::Applied { cell.corrected(correction) } else { cell }
    }

    /// Says what became of each.
    fn told(self, wanted: &BTreeMap<SeriesRef, Vec<&str>>, builder: &mut PanelBuilder) {
        for (series, all) in self.of_series {
            let indicators = wanted.get(&series).into_iter().flatten();
            let indicators: Vec<String> = indicators.map(|&it| it.to_owned()).collect();
            for (correction, standing) in all {
                // Of a figure that is not there it matters as well that the day is over.
                let is_over = self.on > correction.expires;
                let standing = if is_over { Standing::Expired } else { standing };
                let indicators = indicators.clone();
                builder.note(Corrected { correction, standing, indicators });
            }
        }
    }
}

async fn read(
    session: &Session,
    framework: &Framework,
    areas: &AreaList,
    mut corrections: Corrections,
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
    let failed = |source| ScorecardError::Query { framework: framework.id.clone(), source };
    let answer = session.collect(&spellings(&wanted)).await.map_err(failed)?;
    let stored = stored(&answer, &wanted)?;
    if stored.is_empty() {
        corrections.told(&wanted, &mut builder);
        return Ok(builder.build());
    }
    let answer = session.collect(&query(&stored)).await.map_err(failed)?;
    for batch in &answer.batches {
        let columns = Columns::new(batch)?;
        for row in 0..batch.num_rows() {
            let series = columns.series(row);
            let Some(codes) = wanted.get(&series) else { continue };
            let (area, year) = (columns.ref_area.value(row), columns.year.value(row));
            let cell = corrections.apply(&series, (area, year), columns.cell(row)?);
            for code in codes {
                builder.insert(code, area, year, cell.clone())?;
            }
        }
    }
    corrections.told(&wanted, &mut builder);
    Ok(builder.build())
}

/// Series codes are compared as pipelines compare them.
fn folded(mut series: SeriesRef) -> SeriesRef {
    series.series_code = folded_code(&series.series_code);
    series
}

/// Series codes by source and dataset.
type Codes = BTreeMap<(String, String), BTreeSet<String>>;

/// How the series of the datasets that are wanted are spelled in the lake.
fn spellings(wanted: &BTreeMap<SeriesRef, Vec<&str>>) -> String {
    let datasets: BTreeSet<(&str, &str)> =
        wanted.keys().map(|it| (it.source.as_str(), it.dataset.as_str())).collect();
    let datasets: Vec<String> =
        datasets.into_iter().map(|(source, dataset)| of_dataset(source, dataset)).collect();
    format!(
        "SELECT DISTINCT source, dataset, series_code FROM observations_latest WHERE {}",
        datasets.join(" OR ")
    )
}

fn of_dataset(source: &str, dataset: &str) -> String {
    format!("(source = {} AND dataset = {})", literal(source), literal(dataset))
}

/// Those spellings that are of a series that is wanted.
fn stored(
    answer: &Answer,
    wanted: &BTreeMap<SeriesRef, Vec<&str>>,
) -> Result<Codes, ScorecardError> {
    let folded: BTreeSet<(&str, &str, &str)> = wanted
        .keys()
        .map(|it| (it.source.as_str(), it.dataset.as_str(), it.series_code.as_str()))
        .collect();
    let mut stored = Codes::new();
    for batch in &answer.batches {
        let (sources, datasets, codes) =
            (text(batch, "source")?, text(batch, "dataset")?, text(batch, "series_code")?);
        for row in 0..batch.num_rows() {
            let (source, dataset, code) =
                (sources.value(row), datasets.value(row), codes.value(row));
            if folded.contains(&(source, dataset, folded_code(code).as_str())) {
                let key = (source.to_owned(), dataset.to_owned());
                stored.entry(key).or_default().insert(code.to_owned());
            }
        }
    }
    Ok(stored)
}

/// The annual observations of series (all are in snapshots of format 1, which name no frequency), by
/// their stored spelling: a function around the column would keep the
/// reader from passing over row groups.
fn query(stored: &Codes) -> String {
    let parts: Vec<String> = stored
        .iter()
        .map(|((source, dataset), codes)| {
            let codes: Vec<String> = codes.iter().map(|code| literal(code)).collect();
            let dataset = of_dataset(source, dataset);
            format!("({dataset} AND series_code IN ({}))", codes.join(", "))
        })
        .collect();
    format!(
        "SELECT source, dataset, series_code, ref_area, sex, age, location, dimensions, year, \
         value, value_text, obs_status, source_flag, footnote, payload, payload_row, recorded_at \
         FROM observations_latest \
         WHERE NOT withdrawn AND (freq = 'A' OR freq IS NULL) AND ({}) \
         ORDER BY source, dataset, series_code, ref_area, sex, age, location, dimensions, year",
        parts.join(" OR ")
    )
}

/// A column of text of a batch.
fn text<'b>(batch: &'b RecordBatch, name: &'static str) -> Result<&'b StringArray, ScorecardError> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_string_opt::<i32>())
        .ok_or(ScorecardError::Column(name))
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
        let text = |name| text(batch, name);
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
            correction: None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is compared is the column itself, which Parquet's statistics speak of.
    #[test]
    fn trial_r34_series_are_asked_for_by_their_stored_spelling() {
        let key = |dataset: &str| ("unsd".to_owned(), dataset.to_owned());
        let codes = |codes: &[&str]| codes.iter().map(|&code| code.to_owned()).collect();
        let stored = Codes::from([
            (key("SDG"), codes(&["IT_USE_ii99", "it'x"])),
            (key("WDI"), codes(&["A"])),
        ]);
        let query = query(&stored);
        for part in [
            "(source = 'unsd' AND dataset = 'SDG')",
            "series_code IN ('IT_USE_ii99', 'it''x')",
            "series_code IN ('A')",
        ] {
            assert!(query.contains(part), "{query}");
        }
        assert!(!query.to_lowercase().contains("upper("), "{query}");
    }
}
