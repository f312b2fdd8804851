//! The answer to a query as a table, CSV or JSON. Written row by row: what an answer takes in memory
//! is bounded, what it takes as text is more. So the text has the bounds of the query once more: what
//! is over its bytes is cut after a whole row, and its time ends the printing too. Every form keeps the
//! columns of the SELECT, their order and their names.

use std::io::Write;
use std::sync::Arc;
use std::time::{Duration, Instant};

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::writer::JsonFormat;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;
use wsis_config::QueryLimits;
use wsis_query::{Answer, Cut, QueryError};

use crate::args::Format;
use crate::failure::{Failure, chain};
use crate::output::{self, Out};
use crate::sample;

use super::expanded::records;

/// Widest line of a cell of a table, characters. Longer ones are cut there; CSV and JSON have all.
const CELL_MAX: usize = 10_000;

/// What a line of a cell takes in memory besides its text, bytes.
pub(super) const LINE_COST: u64 = 24;

/// Most bytes that the names of the columns may take as keys of the rows of a JSON document.
const KEYS_MAX: u64 = 1024 * 1024 * 1024;

/// Cells of a JSON document that are written between two looks at the time.
const CELLS_AT_ONCE: usize = 16_384;

/// Bytes of the end of a JSON document.
const TAIL: u64 = 100;

/// What bounds the printing of an answer.
pub(super) struct Bounds {
    begun: Instant,
    seconds: u64,
    bytes: u64,
}

impl Bounds {
    /// Of a query that begins now.
    pub(super) fn of(limits: &QueryLimits) -> Self {
        let (seconds, bytes) = (limits.timeout_s, limits.result_bytes_max);
        Self { begun: Instant::now(), seconds, bytes }
    }

    /// An error once the time is over. What a reader takes his time for does not count.
    pub(super) fn check(&self, out: &Out) -> Result<(), Failure> {
        let taken = self.begun.elapsed().saturating_sub(out.waited());
        if taken <= Duration::from_secs(self.seconds) {
            return Ok(());
        }
        let stopped = chain(&QueryError::Timeout { seconds: self.seconds });
        Err(Failure::ran(format!("{stopped}, while its answer was printed; narrow the query")))
    }

    /// Bytes that an answer may have.
    pub(super) const fn room(&self) -> u64 {
        self.bytes
    }

    /// The error of a first row that is over the bytes.
    fn one_row(&self) -> Failure {
        Failure::ran(chain(&QueryError::Row { bytes: self.bytes }))
    }
}

/// What was shown of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Shown {
    /// Rows for which there was room.
    pub(super) rows: usize,
    /// Characters of a line of the table; 0 for what is none.
    pub(super) wide: usize,
}

/// Shows an answer, and says how many rows of it there was room for. `expanded`: not as a table, but
/// row by row.
pub(super) fn answer(
    format: Format,
    expanded: bool,
    answer: &Answer,
    bounds: &Bounds,
) -> Result<Shown, Failure> {
    let mut out = Out::new();
    let narrow = |rows| Shown { rows, wide: 0 };
    let shown = match format {
        Format::Table if expanded => narrow(records(&mut out, answer, bounds)?),
        Format::Table => table(&mut out, answer, bounds)?,
        Format::Csv => narrow(csv(&mut out, answer, bounds)?),
        Format::Json => narrow(json(&mut out, answer, bounds)?),
    };
    out.end()?;
    Ok(shown)
}

fn told(error: ArrowError) -> Failure {
    Failure::ran(format!("the answer cannot be printed: {error}"))
}

/// Formats the cells of a batch.
pub(super) fn formatters<'a>(
    batch: &'a RecordBatch,
    options: &'a FormatOptions<'a>,
) -> Result<Vec<ArrayFormatter<'a>>, Failure> {
    let of = |column: &'a ArrayRef| ArrayFormatter::try_new(column.as_ref(), options);
    batch.columns().iter().map(of).collect::<Result<_, _>>().map_err(told)
}

/// Names of the columns.
pub(super) fn names(schema: &SchemaRef) -> impl Iterator<Item = &str> {
    schema.fields().iter().map(|field| field.name().as_str())
}

/// A cell of a table, one line after the other.
pub(super) fn lines(cell: &str) -> impl Iterator<Item = String> {
    cell.split('\n').map(|line| {
        let shown = output::visible(line);
        match shown.char_indices().nth(CELL_MAX) {
            Some((at, _)) => format!("{}…", &shown[..at]),
            None => shown.into_owned(),
        }
    })
}

fn table(out: &mut Out, answer: &Answer, bounds: &Bounds) -> Result<Shown, Failure> {
    let options = FormatOptions::new().with_null("NULL").with_display_error(true);
    let (widths, heights) = measured(out, answer, bounds, &options)?;
    let wide: usize = 2 + widths.iter().map(|width| width + 3).sum::<usize>();
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let rule = format!("+{}+\n", dashes.join("+"));
    let heads: Vec<Vec<String>> = names(&answer.schema).map(|name| lines(name).collect()).collect();
    let heads = row(&heads, &widths);
    let too_large = |what: &str, high: u64| too_large(what, high, wide, bounds);
    if (3 * rule.len() + heads.len()) as u64 > bounds.bytes {
        return Err(too_large("the header", heads.lines().count() as u64));
    }
    let room = bounds.bytes - rule.len() as u64;
    out.text(&format!("{rule}{heads}{rule}"))?;
    let mut shown = 0;
    'all: for batch in &answer.batches {
        let columns = formatters(batch, &options)?;
        for at in 0..batch.num_rows() {
            bounds.check(out)?;
            let high = heights.get(shown).copied().unwrap_or(1);
            // Judged before it is built: a few texts of many lines make a row of gigabytes.
            let fits = (wide as u64).saturating_add(LINE_COST).saturating_mul(high) <= room;
            let text = fits.then(|| {
                let cells: Vec<Vec<String>> =
                    columns.iter().map(|c| lines(&c.value(at).to_string()).collect()).collect();
                row(&cells, &widths)
            });
            match text.filter(|it| out.bytes().saturating_add(it.len() as u64) <= room) {
                Some(text) => out.text(&text)?,
                None if shown == 0 => return Err(too_large("the first row", high)),
                None => break 'all,
            }
            shown += 1;
        }
    }
    if shown > 0 {
        out.text(&rule)?;
    }
    Ok(Shown { rows: shown, wide })
}

/// The error of a first row, or a header, that would take too many bytes.
pub(super) fn too_large(what: &str, high: u64, wide: usize, bounds: &Bounds) -> Failure {
    Failure::ran(format!(
        "as a table {what} would be {high} lines of {wide} characters, more than {} bytes (limit \
         query.result_bytes_max); use --format csv or json, or narrow the query",
        bounds.bytes
    ))
}

/// How wide each column is, and how high each row.
fn measured(
    out: &Out,
    answer: &Answer,
    bounds: &Bounds,
    options: &FormatOptions<'_>,
) -> Result<(Vec<usize>, Vec<u64>), Failure> {
    let mut widths: Vec<usize> =
        names(&answer.schema).map(|name| output::visible(name).width()).collect();
    let mut heights = Vec::with_capacity(answer.rows());
    for batch in &answer.batches {
        let columns = formatters(batch, options)?;
        for row in 0..batch.num_rows() {
            bounds.check(out)?;
            let mut highest = 1;
            for (width, column) in widths.iter_mut().zip(&columns) {
                let mut height = 0;
                for line in lines(&column.value(row).to_string()) {
                    *width = line.width().max(*width);
                    height += 1;
                }
                highest = height.max(highest);
            }
            heights.push(highest);
        }
    }
    Ok((widths, heights))
}

/// A row of cells, as high as the highest of them, with a line break after each line.
fn row(cells: &[Vec<String>], widths: &[usize]) -> String {
    let height = cells.iter().map(Vec::len).max().unwrap_or(1);
    let mut text = String::new();
    for at in 0..height {
        text.push('|');
        for (cell, width) in cells.iter().zip(widths) {
            let line = cell.get(at).map_or("", String::as_str);
            text.push(' ');
            text.push_str(line);
            text.extend(std::iter::repeat_n(' ', width.saturating_sub(line.width()) + 1));
            text.push('|');
        }
        text.push('\n');
    }
    text
}

fn csv(out: &mut Out, answer: &Answer, bounds: &Bounds) -> Result<usize, Failure> {
    let options = FormatOptions::new();
    // The header tells what was asked, also where there is no row.
    let mark = sample::mark();
    let heads = names(&answer.schema).chain(mark.map(|_| sample::COLUMN));
    if !out.csv_within(heads, bounds.bytes)? {
        return Err(bounds.one_row());
    }
    let mut shown = 0;
    for batch in &answer.batches {
        let columns = formatters(batch, &options)?;
        let mut cells = vec![String::new(); columns.len()];
        for row in 0..batch.num_rows() {
            bounds.check(out)?;
            for (cell, column) in cells.iter_mut().zip(&columns) {
                cell.clear();
                column.value(row).write(cell).map_err(told)?;
            }
            let cells = cells.iter().map(String::as_str).chain(mark);
            if !out.csv_within(cells, bounds.bytes)? {
                return if shown == 0 { Err(bounds.one_row()) } else { Ok(shown) };
            }
            shown += 1;
        }
    }
    Ok(shown)
}

/// What stands before the rows of a document.
#[derive(Serialize)]
struct Head<'a> {
    /// What the lake says of itself if it holds a sample.
    #[serde(skip_serializing_if = "Option::is_none")]
    sample: Option<&'a str>,
    snapshot: Option<u64>,
    columns: Vec<Column<'a>>,
}

/// What stands behind them: whether there was room for all is known at the end.
#[derive(Serialize)]
struct Tail {
    truncated: bool,
    truncated_by: Option<&'static str>,
}

/// A column of the SELECT, and the key of its values in each row.
#[derive(Serialize)]
struct Column<'a> {
    name: &'a str,
    key: String,
    r#type: String,
}

/// Keys of columns: their names, and a number behind those that stand there already.
fn keys(schema: &SchemaRef) -> Vec<String> {
    let mut taken: std::collections::BTreeSet<String> = names(schema).map(str::to_owned).collect();
    let mut seen = std::collections::BTreeSet::new();
    let key = |name: &str| {
        if seen.insert(name.to_owned()) {
            return name.to_owned();
        }
        let mut numbered = (2_u32..).map(|number| format!("{name}_{number}"));
        let free = numbered.find(|key| taken.insert(key.clone()));
        free.unwrap_or_else(|| name.to_owned())
    };
    names(schema).map(key).collect()
}

/// Rows as elements of an array that is open already, one a line, and none of them begun.
#[derive(Debug, Default)]
struct Elements;

impl JsonFormat for Elements {
    fn start_row<W: Write>(&self, writer: &mut W, is_first_row: bool) -> Result<(), ArrowError> {
        writer.write_all(if is_first_row { b"\n" } else { b",\n" })?;
        Ok(())
    }
}

fn json(out: &mut Out, answer: &Answer, bounds: &Bounds) -> Result<usize, Failure> {
    let keys = keys(&answer.schema);
    let in_a_row: usize = keys.iter().map(String::len).sum();
    let bytes = (in_a_row as u64).saturating_mul(answer.rows() as u64);
    if bytes > KEYS_MAX {
        return Err(Failure::ran(format!(
            "the names of the columns, {in_a_row} bytes in each row, would make {bytes} bytes of \
             JSON, more than {KEYS_MAX}; shorten them with AS, or use --format csv"
        )));
    }
    let columns = answer.schema.fields().iter().zip(&keys).map(|(field, key)| Column {
        name: field.name(),
        key: key.clone(),
        r#type: field.data_type().to_string(),
    });
    let head = document(&Head {
        sample: sample::statement(),
        snapshot: answer.snapshot,
        columns: columns.collect(),
    })?;
    let open = head.strip_suffix('}').unwrap_or(&head);
    if open.len() as u64 + TAIL > bounds.bytes {
        return Err(bounds.one_row());
    }
    out.json(&format!("{open},\"rows\":["))?;
    let shown = elements(out, answer, &keys, bounds)?;
    let cut = if shown < answer.rows() { Some(Cut::Bytes) } else { answer.cut };
    let tail = document(&Tail {
        truncated: cut.is_some(),
        truncated_by: cut.map(|cut| match cut {
            Cut::Rows => "query.result_rows_max",
            Cut::Bytes => "query.result_bytes_max",
        }),
    })?;
    out.json(&format!("\n],{}\n", tail.strip_prefix('{').unwrap_or(&tail)))?;
    Ok(shown)
}

fn document(part: &impl Serialize) -> Result<String, Failure> {
    serde_json::to_string(part)
        .map_err(|error| Failure::ran(format!("the answer cannot be printed: {error}")))
}

/// The rows of a document, as many as there is room for.
fn elements(
    out: &mut Out,
    answer: &Answer,
    keys: &[String],
    bounds: &Bounds,
) -> Result<usize, Failure> {
    let fields = answer.schema.fields().iter().zip(keys);
    let renamed: Vec<Field> =
        fields.map(|(field, key)| field.as_ref().clone().with_name(key)).collect();
    let renamed = Arc::new(Schema::new(renamed));
    let at_once = (CELLS_AT_ONCE / keys.len().max(1)).max(1);
    let mut shown = 0;
    for batch in &answer.batches {
        // An answer may have rows and no columns.
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let columns = batch.columns().to_vec();
        let batch = RecordBatch::try_new_with_options(Arc::clone(&renamed), columns, &options)
            .map_err(told)?;
        for first in (0..batch.num_rows()).step_by(at_once) {
            bounds.check(out)?;
            let part = batch.slice(first, at_once.min(batch.num_rows() - first));
            let text = written(&part)?;
            // No text of JSON holds a line break as such: each begins a row.
            for row in text.split('\n').skip(1) {
                let row = row.strip_suffix(',').unwrap_or(row);
                if out.bytes().saturating_add(row.len() as u64 + 2 + TAIL) > bounds.bytes {
                    return if shown == 0 { Err(bounds.one_row()) } else { Ok(shown) };
                }
                out.json(if shown == 0 { "\n" } else { ",\n" })?;
                out.json(row)?;
                shown += 1;
            }
        }
    }
    Ok(shown)
}

/// Rows as JSON, a line break before each and a comma between two.
fn written(rows: &RecordBatch) -> Result<String, Failure> {
    let mut text = Vec::new();
    let mut writer =
        arrow::json::WriterBuilder::new().with_explicit_nulls(true).build::<_, Elements>(&mut text);
    writer.write(rows).and_then(|()| writer.finish()).map_err(told)?;
    drop(writer);
    let text = String::from_utf8(text).map_err(|error| told(ArrowError::from(error)))?;
    Ok(output::json_visible(&text).into_owned())
}

#[cfg(test)]
mod tests {
    use arrow::array::Int64Array;
    use arrow::datatypes::DataType;

    use super::*;

    #[test]
    fn trial_p20_no_form_is_printed_beyond_its_time_or_bytes() {
        let schema = Arc::new(Schema::new(vec![Field::new("n", DataType::Int64, false)]));
        let column: ArrayRef = Arc::new(Int64Array::from_iter_values(0..100));
        let batches = vec![RecordBatch::try_new(Arc::clone(&schema), vec![column]).unwrap()];
        let answer = Answer { schema, batches, snapshot: None, cut: None };
        let shown = |format, seconds, bytes| {
            let bounds = Bounds { begun: Instant::now(), seconds, bytes };
            super::answer(format, false, &answer, &bounds)
                .map(|shown| shown.rows)
                .map_err(|failure| failure.to_string())
        };
        for format in [Format::Table, Format::Csv, Format::Json] {
            let error = shown(format, 0, 1_000_000).unwrap_err();
            assert!(error.contains("limit query.timeout_s"), "{error}");
            assert_eq!(shown(format, 60, 1_000_000), Ok(100));
            let some = shown(format, 60, 280).unwrap();
            assert!((1..100).contains(&some), "{some}");
            let error = shown(format, 60, 1).unwrap_err();
            assert!(error.contains("query.result_bytes_max"), "{error}");
        }
        // Two digits and a line break, below a header of two bytes.
        assert_eq!(shown(Format::Csv, 60, 2 + 10 * 2 + 5 * 3), Ok(15));
    }
}
