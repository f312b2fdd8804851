//! Between rows in memory and Arrow batches.

use std::collections::HashMap;
use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::error::ArrowError;
use wsis_model::observation::{column, observation_schema};
use wsis_model::period::{Freq, Period};

use crate::collector::days;
use crate::error::LakeError;
use crate::row::{Attr, Dict, Payload, Row};

/// The rows as a batch of the observation schema.
pub(crate) fn from_rows<'a>(dict: &'a Dict, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    let text = |get: &dyn Fn(&Row) -> &'a str| texts(rows, get);
    let cut = |at: usize| {
        texts(rows, |row| {
            dict.texts.get(dict.cuts.get(row.cut).get(at).copied().unwrap_or_default())
        })
    };
    let attr = |at: usize| {
        optional(rows, |row| dict.optional(dict.attrs.get(row.attr).get(at).copied().unwrap_or(0)))
    };
    let set = |row: &Row| dict.sets.get(row.set as usize);
    let payload = |row: &Row| dict.payloads.get(row.payload as usize);
    let (period, period_start) = periods(rows);
    let columns: Vec<ArrayRef> = vec![
        text(&|row| set(row).map_or("", |set| set.0.as_str())),
        text(&|row| set(row).map_or("", |set| set.1.as_str())),
        text(&|row| dict.series.get(row.series)),
        text(&|row| dict.areas.get(row.area)),
        cut(0),
        cut(1),
        cut(2),
        cut(3),
        text(&|row| row.period.freq().code()),
        period,
        Arc::new(rows.iter().map(|row| Some(row.period.year())).collect::<Int32Array>()),
        period_start,
        Arc::new(
            rows.iter()
                .map(|row| (!row.is_missing()).then_some(row.value))
                .collect::<Float64Array>(),
        ),
        optional(rows, |row| dict.optional(row.text)),
        text(&|row| dict.texts.get(dict.attrs.get(row.attr)[0])),
        text(&|row| dict.texts.get(dict.attrs.get(row.attr)[1])),
        attr(2),
        attr(3),
        Arc::new(
            rows.iter()
                .map(|row| payload(row).and_then(|p| p.released_at))
                .collect::<Date32Array>(),
        ),
        Arc::new(
            rows.iter()
                .map(|row| Some(payload(row).map_or(0, |p| p.recorded_at)))
                .collect::<TimestampMicrosecondArray>()
                .with_timezone("UTC"),
        ),
        Arc::new(
            rows.iter().map(|row| Some(dict.attrs.get(row.attr)[4] == 1)).collect::<BooleanArray>(),
        ),
        text(&|row| payload(row).map_or("", |p| p.id.as_str())),
        Arc::new(rows.iter().map(|row| Some(row.payload_row)).collect::<Int64Array>()),
    ];
    RecordBatch::try_new(observation_schema(), columns)
}

fn texts<'a>(rows: &[Row], get: impl Fn(&Row) -> &'a str) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(rows.len(), rows.len() * 8);
    for row in rows {
        builder.append_value(get(row));
    }
    Arc::new(builder.finish())
}

/// Texts and first days of periods. There are few different ones, so each is put into words once.
fn periods(rows: &[Row]) -> (ArrayRef, ArrayRef) {
    let mut known: HashMap<Period, (String, i32)> = HashMap::new();
    let mut texts = StringBuilder::with_capacity(rows.len(), rows.len() * 4);
    let mut starts = Vec::with_capacity(rows.len());
    for row in rows {
        let told = || (row.period.to_string(), days(row.period.start()));
        let (text, start) = known.entry(row.period).or_insert_with(told);
        texts.append_value(&*text);
        starts.push(*start);
    }
    (Arc::new(texts.finish()), Arc::new(Date32Array::from(starts)))
}

fn optional<'a>(rows: &[Row], get: impl Fn(&Row) -> Option<&'a str>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(rows.len(), 0);
    for row in rows {
        builder.append_option(get(row));
    }
    Arc::new(builder.finish())
}

/// Typed views of a batch of the observation schema.
pub(crate) struct Columns<'a> {
    texts: [&'a StringArray; 13],
    periods: Periods<'a>,
    value: &'a Float64Array,
    released_at: &'a Date32Array,
    recorded_at: &'a TimestampMicrosecondArray,
    withdrawn: &'a BooleanArray,
    payload_row: &'a Int64Array,
}

const TEXT_COLUMNS: [&str; 13] = [
    column::SOURCE,
    column::DATASET,
    column::SERIES_CODE,
    column::REF_AREA,
    column::SEX,
    column::AGE,
    column::LOCATION,
    column::DIMENSIONS,
    column::VALUE_TEXT,
    column::UNIT,
    column::OBS_STATUS,
    column::SOURCE_FLAG,
    column::FOOTNOTE,
];

impl<'a> Columns<'a> {
    /// Finds the columns of a batch read from `path`.
    pub(crate) fn of(batch: &'a RecordBatch, path: &Path) -> Result<Self, LakeError> {
        let mut texts = Vec::with_capacity(TEXT_COLUMNS.len());
        for name in TEXT_COLUMNS {
            texts.push(typed::<StringArray>(batch, name, path)?);
        }
        let texts = texts.try_into().map_err(|_| absent("text columns", path))?;
        Ok(Self {
            texts,
            periods: Periods::of(batch, path)?,
            value: typed(batch, column::VALUE, path)?,
            released_at: released_at(batch, path)?,
            recorded_at: typed(batch, column::RECORDED_AT, path)?,
            withdrawn: typed(batch, column::WITHDRAWN, path)?,
            payload_row: typed(batch, column::PAYLOAD_ROW, path)?,
        })
    }

    /// Row `at` with its texts interned; `payloads` is the batch's payload column.
    /// Why not, where a period is none.
    pub(crate) fn row(&self, dict: &mut Dict, at: usize, payload: u32) -> Result<Row, String> {
        let text = |which: usize| self.texts.get(which).map_or("", |column| column.value(at));
        let nullable = |which: usize| {
            self.texts.get(which).filter(|column| column.is_valid(at)).map(|c| c.value(at))
        };
        let attr = Attr {
            unit: text(9),
            status: text(10),
            flag: nullable(11),
            footnote: nullable(12),
            withdrawn: self.withdrawn.value(at),
        };
        Ok(Row {
            set: dict.set(text(0), text(1)),
            series: dict.series(text(2)),
            area: dict.area(text(3)),
            cut: dict.cut([text(4), text(5), text(6), text(7)]),
            period: self.periods.at(at)?,
            attr: dict.attr(&attr),
            text: dict.intern_optional(nullable(8)),
            payload,
            value: if self.value.is_valid(at) { self.value.value(at) } else { f64::NAN },
            payload_row: self.payload_row.value(at),
        })
    }

    /// When and from what row `at` came; the payload's hash is read separately.
    pub(crate) fn payload(&self, payloads: &StringArray, at: usize) -> Payload {
        Payload {
            recorded_at: self.recorded_at.value(at),
            id: payloads.value(at).to_owned(),
            released_at: self.released_at.is_valid(at).then(|| self.released_at.value(at)),
        }
    }
}

/// The periods of a batch.
enum Periods<'a> {
    /// Frequency and text.
    Told(&'a StringArray, &'a StringArray),
    /// Files of format 1 hold years only, and say no frequency.
    Years(&'a Int32Array),
}

impl<'a> Periods<'a> {
    fn of(batch: &'a RecordBatch, path: &Path) -> Result<Self, LakeError> {
        if batch.column_by_name(column::FREQ).is_none() {
            return Ok(Self::Years(typed(batch, column::YEAR, path)?));
        }
        let (freq, text) =
            (typed(batch, column::FREQ, path)?, typed(batch, column::TIME_PERIOD, path)?);
        Ok(Self::Told(freq, text))
    }

    fn at(&self, at: usize) -> Result<Period, String> {
        match self {
            Self::Years(years) => {
                let year = years.value(at);
                Period::annual(year).ok_or_else(|| format!("row {at} of year {year}"))
            }
            Self::Told(freq, text) => {
                let (freq, text) = (freq.value(at), text.value(at));
                // Nearly all are years: four digits.
                let year = if freq == Freq::Annual.code() { text.parse().ok() } else { None };
                let is_plain = text.len() == 4 && text.bytes().all(|b| b.is_ascii_digit());
                let annual = year.filter(|_| is_plain).and_then(Period::annual);
                let read = || Period::read(freq, text);
                annual.map_or_else(read, Ok).map_err(|error| format!("row {at} with a {error}"))
            }
        }
    }
}

/// The provider's date of release, which files of format 1 have under the name of before.
fn released_at<'a>(batch: &'a RecordBatch, path: &Path) -> Result<&'a Date32Array, LakeError> {
    let old = batch.column_by_name(column::RELEASED_AT).is_none();
    typed(batch, if old { RELEASED_AT_OLD } else { column::RELEASED_AT }, path)
}

/// [`column::RELEASED_AT`] in files of format 1.
const RELEASED_AT_OLD: &str = "source_updated";

/// A column of a batch by name and type.
pub(crate) fn typed<'a, T: Array + 'static>(
    batch: &'a RecordBatch,
    name: &str,
    path: &Path,
) -> Result<&'a T, LakeError> {
    batch
        .column_by_name(name)
        .and_then(|column| column.as_any().downcast_ref::<T>())
        .ok_or_else(|| absent(name, path))
}

fn absent(name: &str, path: &Path) -> LakeError {
    LakeError::Corrupt {
        path: path.to_path_buf(),
        found: format!("no column {name} of the expected type"),
        expected: "the observation schema".to_owned(),
    }
}

/// Interns a whole batch, row by row.
pub(crate) fn intern(
    batch: &RecordBatch,
    path: &Path,
    dict: &mut Dict,
    mut each: impl FnMut(&mut Dict, Row) -> Result<(), LakeError>,
) -> Result<(), LakeError> {
    let columns = Columns::of(batch, path)?;
    let payloads = typed::<StringArray>(batch, column::PAYLOAD, path)?;
    let mut last: Option<(usize, u32)> = None;
    for at in 0..batch.num_rows() {
        // Neighbours mostly share the payload: compare before copying 64 digits.
        let same = last.filter(|&(before, _)| {
            payloads.value(before) == payloads.value(at)
                && columns.recorded_at.value(before) == columns.recorded_at.value(at)
                && columns.released_at.is_valid(before) == columns.released_at.is_valid(at)
                && columns.released_at.value(before) == columns.released_at.value(at)
        });
        let payload = match same {
            Some((_, id)) => id,
            None => dict.payload(&columns.payload(payloads, at)),
        };
        last = Some((at, payload));
        let row = columns.row(dict, at, payload).map_err(|found| LakeError::Corrupt {
            path: path.to_path_buf(),
            found,
            expected: "the observation schema".to_owned(),
        })?;
        each(dict, row)?;
    }
    Ok(())
}
