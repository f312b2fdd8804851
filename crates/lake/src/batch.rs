//! Between rows in memory and Arrow batches.

use std::collections::HashMap;
use std::iter::Map;
use std::path::Path;
use std::slice::Iter;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, StringBuilder, TimestampMicrosecondArray, UInt32Array,
};
use arrow::error::ArrowError;
use wsis_model::observation::{column, observation_schema};
use wsis_model::period::{Freq, Period};

use crate::chunk::{Block, Column};
use crate::collector::days;
use crate::error::LakeError;
use crate::row::{Attr, Dict, Payload, Row};

/// The rows as a batch of the observation schema.
pub(crate) fn from_rows(dict: &Dict, rows: &[Row]) -> Result<RecordBatch, ArrowError> {
    columns(dict, rows).batch()
}

/// The rows column by column, in the observation schema.
pub(crate) fn columns(dict: &Dict, rows: &[Row]) -> Block {
    let set = |row: &Row| dict.sets.get(row.set as usize);
    let cut = |at: usize| {
        let id = move |row: &Row| dict.cuts.get(row.cut).get(at).copied().unwrap_or_default();
        column(rows, id, |ids| texts(ids.map(|id| dict.texts.get(id))))
    };
    let attr =
        |at: usize| move |row: &Row| dict.attrs.get(row.attr).get(at).copied().unwrap_or_default();
    let text = |at: usize| column(rows, attr(at), |ids| texts(ids.map(|id| dict.texts.get(id))));
    let note = |at: usize| column(rows, attr(at), |ids| optional(ids.map(|id| dict.optional(id))));
    let payload = |id: u32| dict.payloads.get(id as usize);
    let (period, period_start) = periods(rows);
    let value = |row: &Row| (!row.is_missing()).then_some(row.value);
    let columns = vec![
        column(rows, |row| set(row).map_or("", |set| set.0.as_str()), texts),
        column(rows, |row| set(row).map_or("", |set| set.1.as_str()), texts),
        coded(rows, |row| row.series, |id| dict.series.get(id)),
        coded(rows, |row| row.area, |id| dict.areas.get(id)),
        cut(0),
        cut(1),
        cut(2),
        cut(3),
        column(rows, |row| row.period.freq(), |freqs| texts(freqs.map(Freq::code))),
        period,
        column(
            rows,
            |row| row.period.year(),
            |years| Arc::new(years.map(Some).collect::<Int32Array>()),
        ),
        period_start,
        Column::Each(Arc::new(rows.iter().map(value).collect::<Float64Array>())),
        column(rows, |row| row.text, |ids| optional(ids.map(|id| dict.optional(id)))),
        text(0),
        text(1),
        note(2),
        note(3),
        column(
            rows,
            |row| payload(row.payload).and_then(|it| it.released_at),
            |days| Arc::new(days.collect::<Date32Array>()),
        ),
        column(
            rows,
            |row| payload(row.payload).map_or(0, |it| it.recorded_at),
            |instants| {
                let instants: TimestampMicrosecondArray = instants.map(Some).collect();
                Arc::new(instants.with_timezone("UTC"))
            },
        ),
        column(rows, attr(4), |all| {
            Arc::new(all.map(|it| Some(it == 1)).collect::<BooleanArray>())
        }),
        coded(rows, |row| row.payload, |id| payload(id).map_or("", |it| it.id.as_str())),
        Column::Each(Arc::new(
            rows.iter().map(|row| Some(row.payload_row)).collect::<Int64Array>(),
        )),
    ];
    Block { schema: observation_schema(), rows: rows.len(), columns }
}
/// A column of what `get` gives of the rows: of one value where that is the same for all.
fn column<'r, T: PartialEq, G: Fn(&Row) -> T>(
    rows: &'r [Row],
    get: G,
    build: impl FnOnce(Map<Iter<'r, Row>, G>) -> ArrayRef,
) -> Column {
    match rows.split_first() {
        Some((first, others)) => {
            let value = get(first);
            if others.iter().all(|row| get(row) == value) {
                Column::Same(build(rows.get(..1).unwrap_or_default().iter().map(get)))
            } else {
                Column::Each(build(rows.iter().map(get)))
            }
        }
        None => Column::Each(build(rows.iter().map(get))),
    }
}

fn texts<'a>(texts: impl ExactSizeIterator<Item = &'a str>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(texts.len(), texts.len() * 8);
    texts.for_each(|text| builder.append_value(text));
    Arc::new(builder.finish())
}

fn optional<'a>(texts: impl ExactSizeIterator<Item = Option<&'a str>>) -> ArrayRef {
    let mut builder = StringBuilder::with_capacity(texts.len(), 0);
    texts.for_each(|text| builder.append_option(text));
    Arc::new(builder.finish())
}

/// A column of texts that stand for numbers: neighbours mostly have the same one.
fn coded<T: AsRef<str>>(rows: &[Row], id: impl Fn(&Row) -> u32, text: impl Fn(u32) -> T) -> Column {
    let mut known: HashMap<u32, u32> = HashMap::new();
    let mut texts = StringBuilder::new();
    let mut keys = Vec::with_capacity(rows.len());
    let mut last: Option<(u32, u32)> = None;
    for row in rows {
        let id = id(row);
        let (_, key) = match last {
            Some(last) if last.0 == id => last,
            _ => {
                let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
                let key = *known.entry(id).or_insert(next);
                if key == next {
                    texts.append_value(text(id));
                }
                (id, key)
            }
        };
        last = Some((id, key));
        keys.push(key);
    }
    let texts = texts.finish();
    if texts.len() == 1 {
        Column::Same(Arc::new(texts))
    } else {
        Column::Coded(texts, UInt32Array::from(keys))
    }
}

/// Texts and first days of periods. There are few different ones, so each is put into words once.
fn periods(rows: &[Row]) -> (Column, Column) {
    let period = |number| Period::from_number(number);
    let text = |number| period(number).map_or_else(String::new, |it| it.to_string());
    let texts = coded(rows, |row| row.period.number(), text);
    let Column::Coded(_, keys) = &texts else {
        let day = |row: &Row| Some(days(row.period.start()));
        return (texts, column(rows, day, |days| Arc::new(days.collect::<Date32Array>())));
    };
    let mut starts = Vec::new();
    for (row, key) in rows.iter().zip(keys.values()) {
        if *key as usize == starts.len() {
            starts.push(days(row.period.start()));
        }
    }
    let each = keys.values().iter().map(|key| starts.get(*key as usize).copied());
    let each: ArrayRef = Arc::new(each.collect::<Date32Array>());
    (texts, Column::Each(each))
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
