//! Between rows in memory and Arrow batches.

use std::path::Path;
use std::sync::Arc;

use arrow::array::{
    Array, ArrayRef, BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, RecordBatch,
    StringArray, StringBuilder, TimestampMicrosecondArray,
};
use arrow::error::ArrowError;
use wsis_model::observation::{column, observation_schema};

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
    let columns: Vec<ArrayRef> = vec![
        text(&|row| set(row).map_or("", |set| set.0.as_str())),
        text(&|row| set(row).map_or("", |set| set.1.as_str())),
        text(&|row| dict.series.get(row.series)),
        text(&|row| dict.areas.get(row.area)),
        cut(0),
        cut(1),
        cut(2),
        cut(3),
        Arc::new(rows.iter().map(|row| Some(row.year)).collect::<Int32Array>()),
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
                .map(|row| payload(row).and_then(|p| p.source_updated))
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
    year: &'a Int32Array,
    value: &'a Float64Array,
    source_updated: &'a Date32Array,
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
            year: typed(batch, column::YEAR, path)?,
            value: typed(batch, column::VALUE, path)?,
            source_updated: typed(batch, column::SOURCE_UPDATED, path)?,
            recorded_at: typed(batch, column::RECORDED_AT, path)?,
            withdrawn: typed(batch, column::WITHDRAWN, path)?,
            payload_row: typed(batch, column::PAYLOAD_ROW, path)?,
        })
    }

    /// Row `at` with its texts interned; `payloads` is the batch's payload column.
    pub(crate) fn row(&self, dict: &mut Dict, at: usize, payload: u32) -> Row {
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
        Row {
            set: dict.set(text(0), text(1)),
            series: dict.series(text(2)),
            area: dict.area(text(3)),
            cut: dict.cut([text(4), text(5), text(6), text(7)]),
            year: self.year.value(at),
            attr: dict.attr(&attr),
            text: dict.intern_optional(nullable(8)),
            payload,
            value: if self.value.is_valid(at) { self.value.value(at) } else { f64::NAN },
            payload_row: self.payload_row.value(at),
        }
    }

    /// When and from what row `at` came; the payload's hash is read separately.
    pub(crate) fn payload(&self, payloads: &StringArray, at: usize) -> Payload {
        Payload {
            recorded_at: self.recorded_at.value(at),
            id: payloads.value(at).to_owned(),
            source_updated: self.source_updated.is_valid(at).then(|| self.source_updated.value(at)),
        }
    }
}

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
                && columns.source_updated.is_valid(before) == columns.source_updated.is_valid(at)
                && columns.source_updated.value(before) == columns.source_updated.value(at)
        });
        let payload = match same {
            Some((_, id)) => id,
            None => dict.payload(&columns.payload(payloads, at)),
        };
        last = Some((at, payload));
        let row = columns.row(dict, at, payload);
        each(dict, row)?;
    }
    Ok(())
}
