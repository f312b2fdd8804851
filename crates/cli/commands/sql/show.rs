//! The answer to a query as a table, CSV or JSON. Written row by row: what an answer takes in memory
//! is bounded, what it takes as text is more. Every form keeps the columns of the SELECT, their order
//! and their names.

use std::io::Write;
use std::sync::Arc;

use arrow::array::{ArrayRef, RecordBatch, RecordBatchOptions};
use arrow::datatypes::{Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use arrow::json::writer::JsonFormat;
use arrow::util::display::{ArrayFormatter, FormatOptions};
use serde::Serialize;
use unicode_width::UnicodeWidthStr;
use wsis_query::{Answer, Cut};

use crate::args::Format;
use crate::failure::Failure;
use crate::output::{self, Out};

/// Widest line of a cell of a table, characters. Longer ones are cut there; CSV and JSON have all.
const CELL_MAX: usize = 10_000;

/// Largest table, bytes: cells are padded to the widest of their column, and to the highest of their
/// row, so that one long text would make a long file of a short answer.
const TABLE_MAX: u64 = 256 * 1024 * 1024;

/// What a line of a cell takes in memory besides its text, bytes.
const LINE_COST: u64 = 24;

/// Most bytes that the names of the columns may take as keys of the rows of a JSON document.
const KEYS_MAX: u64 = 1024 * 1024 * 1024;

/// Shows an answer.
pub(super) fn answer(format: Format, answer: &Answer) -> Result<(), Failure> {
    let mut out = Out::new();
    match format {
        Format::Table => table(&mut out, answer)?,
        Format::Csv => csv(&mut out, answer)?,
        Format::Json => json(&mut out, answer)?,
    }
    out.end()
}

fn told(error: ArrowError) -> Failure {
    Failure::ran(format!("the answer cannot be printed: {error}"))
}

/// Formats the cells of a batch.
fn formatters<'a>(
    batch: &'a RecordBatch,
    options: &'a FormatOptions<'a>,
) -> Result<Vec<ArrayFormatter<'a>>, Failure> {
    let of = |column: &'a ArrayRef| ArrayFormatter::try_new(column.as_ref(), options);
    batch.columns().iter().map(of).collect::<Result<_, _>>().map_err(told)
}

fn names(schema: &SchemaRef) -> impl Iterator<Item = &str> {
    schema.fields().iter().map(|field| field.name().as_str())
}

/// A cell of a table, one line after the other.
fn lines(cell: &str) -> impl Iterator<Item = String> {
    cell.split('\n').map(|line| {
        let shown = output::visible(line);
        match shown.char_indices().nth(CELL_MAX) {
            Some((at, _)) => format!("{}…", &shown[..at]),
            None => shown.into_owned(),
        }
    })
}

fn table(out: &mut Out, answer: &Answer) -> Result<(), Failure> {
    let options = FormatOptions::new().with_null("NULL").with_display_error(true);
    let mut widths: Vec<usize> =
        names(&answer.schema).map(|name| output::visible(name).width()).collect();
    let mut high: u64 = 0;
    for batch in &answer.batches {
        let columns = formatters(batch, &options)?;
        for row in 0..batch.num_rows() {
            let mut highest = 1;
            for (width, column) in widths.iter_mut().zip(&columns) {
                let mut height = 0;
                for line in lines(&column.value(row).to_string()) {
                    *width = line.width().max(*width);
                    height += 1;
                }
                highest = height.max(highest);
            }
            high = high.saturating_add(highest);
        }
    }
    let wide: usize = widths.iter().map(|width| width + 3).sum();
    let bytes = (wide as u64).saturating_add(LINE_COST).saturating_mul(high);
    if bytes > TABLE_MAX {
        return Err(Failure::ran(format!(
            "as a table the answer would be {high} lines of {wide} characters, more than \
             {TABLE_MAX} bytes; use --format csv or json, or narrow the query"
        )));
    }
    let dashes: Vec<String> = widths.iter().map(|width| "-".repeat(width + 2)).collect();
    let rule = format!("+{}+", dashes.join("+"));
    out.line(&rule)?;
    let heads: Vec<Vec<String>> = names(&answer.schema).map(|name| lines(name).collect()).collect();
    row(out, &heads, &widths)?;
    out.line(&rule)?;
    for batch in &answer.batches {
        let columns = formatters(batch, &options)?;
        for at in 0..batch.num_rows() {
            let cells: Vec<Vec<String>> =
                columns.iter().map(|c| lines(&c.value(at).to_string()).collect()).collect();
            row(out, &cells, &widths)?;
        }
    }
    if answer.rows() > 0 {
        out.line(&rule)?;
    }
    Ok(())
}

/// A row of cells, as high as the highest of them.
fn row(out: &mut Out, cells: &[Vec<String>], widths: &[usize]) -> Result<(), Failure> {
    let height = cells.iter().map(Vec::len).max().unwrap_or(1);
    for at in 0..height {
        let mut line = String::from("|");
        for (cell, width) in cells.iter().zip(widths) {
            let text = cell.get(at).map_or("", String::as_str);
            line.push(' ');
            line.push_str(text);
            line.extend(std::iter::repeat_n(' ', width.saturating_sub(text.width()) + 1));
            line.push('|');
        }
        out.line(&line)?;
    }
    Ok(())
}

fn csv(out: &mut Out, answer: &Answer) -> Result<(), Failure> {
    let options = FormatOptions::new();
    // The header tells what was asked, also where there is no row.
    out.csv(names(&answer.schema))?;
    for batch in &answer.batches {
        let columns = formatters(batch, &options)?;
        let mut cells = vec![String::new(); columns.len()];
        for row in 0..batch.num_rows() {
            for (cell, column) in cells.iter_mut().zip(&columns) {
                cell.clear();
                column.value(row).write(cell).map_err(told)?;
            }
            out.csv(cells.iter().map(String::as_str))?;
        }
    }
    Ok(())
}

/// What stands before the rows of a document.
#[derive(Serialize)]
struct Head<'a> {
    snapshot: Option<u64>,
    truncated: bool,
    truncated_by: Option<&'static str>,
    columns: Vec<Column<'a>>,
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

/// Rows as elements of an array that is open already, one a line.
#[derive(Debug, Default)]
struct Elements;

impl JsonFormat for Elements {
    fn start_row<W: Write>(&self, writer: &mut W, is_first_row: bool) -> Result<(), ArrowError> {
        writer.write_all(if is_first_row { b"\n" } else { b",\n" })?;
        Ok(())
    }
}

fn json(out: &mut Out, answer: &Answer) -> Result<(), Failure> {
    let keys = keys(&answer.schema);
    let in_a_row: usize = keys.iter().map(String::len).sum();
    let bytes = (in_a_row as u64).saturating_mul(answer.rows() as u64);
    if bytes > KEYS_MAX {
        return Err(Failure::ran(format!(
            "the names of the columns, {in_a_row} bytes in each row, would make {bytes} bytes of \
             JSON, more than {KEYS_MAX}; shorten them with AS, or use --format csv"
        )));
    }
    let fields = answer.schema.fields().iter();
    let columns = fields.clone().zip(&keys).map(|(field, key)| Column {
        name: field.name(),
        key: key.clone(),
        r#type: field.data_type().to_string(),
    });
    let head = Head {
        snapshot: answer.snapshot,
        truncated: answer.cut.is_some(),
        truncated_by: answer.cut.map(|cut| match cut {
            Cut::Rows => "query.result_rows_max",
            Cut::Bytes => "query.result_bytes_max",
        }),
        columns: columns.collect(),
    };
    let head = serde_json::to_string(&head)
        .map_err(|error| Failure::ran(format!("the answer cannot be printed: {error}")))?;
    let open = head.strip_suffix('}').unwrap_or(&head);
    out.json(&format!("{open},\"rows\":["))?;
    let renamed: Vec<Field> =
        fields.zip(&keys).map(|(field, key)| field.as_ref().clone().with_name(key)).collect();
    let renamed = Arc::new(Schema::new(renamed));
    let mut writer = arrow::json::WriterBuilder::new()
        .with_explicit_nulls(true)
        .build::<_, Elements>(out.as_json());
    for batch in &answer.batches {
        // An answer may have rows and no columns.
        let options = RecordBatchOptions::new().with_row_count(Some(batch.num_rows()));
        let columns = batch.columns().to_vec();
        RecordBatch::try_new_with_options(Arc::clone(&renamed), columns, &options)
            .and_then(|batch| writer.write(&batch))
            .map_err(told)?;
    }
    writer.finish().map_err(told)?;
    drop(writer);
    out.json("\n]}\n")
}
