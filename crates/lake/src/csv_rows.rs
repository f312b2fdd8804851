//! Rows as CSV, for everybody who writes tables: published files, and answers of the server.

use std::io::Write;

use arrow::array::{Array, Float64Array, RecordBatch, StringArray, TimestampMicrosecondArray};
use arrow::datatypes::SchemaRef;
use arrow::error::ArrowError;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use wsis_model::spreadsheet;

/// Last column of every CSV of a lake that holds a sample, and what stands in it.
const SAMPLE_COLUMN: &str = "sample";
/// What stands in it.
pub const SAMPLE: &str = "SAMPLE";

/// RFC 4180: comma, CRLF, quotes doubled, header; null is an empty cell; text that a spreadsheet
/// would run as a formula is guarded.
///
/// With a `mark` the last column says it in every row. A file is mailed, renamed and pasted into
/// another without the manifest beside it, and a line of comment would break its readers: a column
/// goes with every row, whatever is done with them.
pub struct CsvRows<'m, W: Write> {
    out: csv::Writer<W>,
    mark: Option<&'m str>,
}

impl<'m, W: Write> CsvRows<'m, W> {
    /// Begins with the line of names.
    ///
    /// # Errors
    /// What the writer below says.
    pub fn new(out: W, schema: &SchemaRef, mark: Option<&'m str>) -> Result<Self, csv::Error> {
        let mut out = csv::WriterBuilder::new()
            .terminator(csv::Terminator::CRLF)
            .buffer_capacity(256 * 1024)
            .from_writer(out);
        let names = schema.fields().iter().map(|field| field.name().as_str());
        out.write_record(names.chain(mark.map(|_| SAMPLE_COLUMN)))?;
        Ok(Self { out, mark })
    }

    /// Adds rows of the same columns.
    ///
    /// # Errors
    /// What the writer below says, or a column of a type that has no text.
    pub fn write(&mut self, batch: &RecordBatch) -> Result<(), csv::Error> {
        let options = FormatOptions::new();
        let columns = batch.columns().iter().map(|column| Cells::of(column.as_ref(), &options));
        let cells = columns
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| std::io::Error::other(error.to_string()))?;
        let mut text = String::new();
        for row in 0..batch.num_rows() {
            for column in &cells {
                text.clear();
                column.write(row, &mut text);
                self.out.write_field(&text)?;
            }
            if let Some(mark) = self.mark {
                self.out.write_field(mark)?;
            }
            self.out.write_record(None::<&[u8]>)?;
        }
        Ok(())
    }

    /// What was written to.
    ///
    /// # Errors
    /// What it says.
    pub fn finish(self) -> std::io::Result<W> {
        self.out.into_inner().map_err(|error| std::io::Error::other(error.to_string()))
    }
}

/// How the values of a column become text.
enum Cells<'a> {
    Text(&'a StringArray),
    /// Shortest form that reads back as the same number, never with an exponent.
    Number(&'a Float64Array),
    /// RFC 3339 in UTC.
    Instant(&'a TimestampMicrosecondArray),
    Other(&'a dyn Array, ArrayFormatter<'a>),
}

impl<'a> Cells<'a> {
    fn of(column: &'a dyn Array, options: &'a FormatOptions<'a>) -> Result<Self, ArrowError> {
        let any = column.as_any();
        if let Some(texts) = any.downcast_ref::<StringArray>() {
            return Ok(Self::Text(texts));
        }
        if let Some(numbers) = any.downcast_ref::<Float64Array>() {
            return Ok(Self::Number(numbers));
        }
        if let Some(instants) = any.downcast_ref::<TimestampMicrosecondArray>() {
            return Ok(Self::Instant(instants));
        }
        Ok(Self::Other(column, ArrayFormatter::try_new(column, options)?))
    }

    fn write(&self, row: usize, out: &mut String) {
        match self {
            Self::Text(texts) if texts.is_valid(row) => {
                out.push_str(&spreadsheet::guarded(texts.value(row)));
            }
            Self::Number(numbers) if numbers.is_valid(row) => {
                out.push_str(&numbers.value(row).to_string());
            }
            Self::Instant(instants) if instants.is_valid(row) => {
                if let Some(instant) = instants.value_as_datetime(row) {
                    out.push_str(&instant.format("%Y-%m-%dT%H:%M:%S%.fZ").to_string());
                }
            }
            Self::Other(column, formatter) if column.is_valid(row) => {
                out.push_str(&formatter.value(row).to_string());
            }
            _ => {}
        }
    }
}
