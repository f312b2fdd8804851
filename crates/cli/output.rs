//! What goes to standard output and standard error.
//!
//! Data go to standard output, everything else to standard error, so that a pipe gets data only.
//! This is the one module that prints.

use std::io::{self, IsTerminal, Write};

use comfy_table::{CellAlignment, ContentArrangement, Table, presets};
use serde::Serialize;

use crate::args::Format;
use crate::failure::Failure;

/// A table of text with the columns that hold numbers marked.
pub(crate) struct Rows {
    header: Vec<&'static str>,
    numeric: Vec<bool>,
    rows: Vec<Vec<String>>,
}

impl Rows {
    /// A table with these columns; a name that starts with `#` is a column of numbers.
    pub(crate) fn new(columns: &[&'static str]) -> Self {
        Self {
            header: columns.iter().map(|name| name.trim_start_matches('#')).collect(),
            numeric: columns.iter().map(|name| name.starts_with('#')).collect(),
            rows: Vec::new(),
        }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    fn as_table(&self) -> Table {
        let mut table = Table::new();
        table.load_preset(presets::UTF8_HORIZONTAL_ONLY);
        table.set_content_arrangement(ContentArrangement::Dynamic);
        if !io::stdout().is_terminal() {
            table.set_width(160);
        }
        table.set_header(&self.header);
        for row in &self.rows {
            table.add_row(row);
        }
        for (column, numeric) in table.column_iter_mut().zip(&self.numeric) {
            if *numeric {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }
}

/// Prints `value` as JSON, or the rows as a table or CSV.
pub(crate) fn print<T: Serialize>(
    format: Format,
    value: &T,
    rows: impl FnOnce() -> Rows,
) -> Result<(), Failure> {
    match format {
        Format::Json => json(value),
        Format::Table => text(&rows().as_table().to_string()),
        Format::Csv => {
            let rows = rows();
            let mut lines = vec![csv_line(rows.header.iter().copied())];
            lines.extend(rows.rows.iter().map(|row| csv_line(row.iter().map(String::as_str))));
            text(&lines.join("\n"))
        }
    }
}

/// Prints a value as one JSON document.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let document = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::ran(format!("the result cannot be written as JSON: {error}")))?;
    text(&document)
}

/// Prints text and a line break to standard output. A reader that has gone away (`| head`) is
/// not an error.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    match writeln!(out, "{text}").and_then(|()| out.flush()) {
        Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
        Err(error) => Err(Failure::ran(format!("cannot write to standard output: {error}"))),
        Ok(()) => Ok(()),
    }
}

/// Prints a line to standard error; a closed standard error is nobody's concern.
pub(crate) fn note(text: &str) {
    let _closed = writeln!(io::stderr().lock(), "{text}");
}

fn csv_line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = cells
        .map(|cell| {
            if cell.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.to_owned()
            }
        })
        .collect();
    quoted.join(",")
}
