//! What goes to standard output and standard error.
//!
//! Data go to standard output, everything else to standard error, so that a pipe gets data only.
//! This is the one module that prints.

use std::io::{self, IsTerminal, Write};

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, Table, TableComponent, Width, presets,
};
use serde::Serialize;

use crate::args::Format;
use crate::failure::Failure;

/// Width of a table where the terminal does not say its own (`COLUMNS`): what every terminal has.
const TERMINAL_WIDTH: u16 = 80;

/// Width of a table that goes to a file or a pipe.
const FILE_WIDTH: u16 = 140;

/// Words up to this length are never broken within a column.
const WORD_MAX: usize = 20;

/// Blanks between columns.
const GAP: u16 = 2;

/// Cells up to this length stay on one line ("not assessable").
const CELL_MAX: usize = 14;

/// A table of text with the columns that hold numbers marked.
pub(crate) struct Rows {
    columns: Vec<Column>,
    rows: Vec<Vec<String>>,
}

/// A column of [`Rows`].
struct Column {
    name: &'static str,
    /// Right aligned.
    numeric: bool,
    /// Left out of tables narrower than [`FILE_WIDTH`]; always in CSV.
    wide_only: bool,
}

impl Rows {
    /// A table with these columns. A name that starts with `#` is a column of numbers, one that
    /// starts with `~` stands in wide tables and in CSV only; `~#` is both.
    pub(crate) fn new(columns: &[&'static str]) -> Self {
        let columns = columns.iter().map(|marked| Column {
            name: marked.trim_start_matches(['~', '#']),
            numeric: marked.trim_start_matches('~').starts_with('#'),
            wide_only: marked.starts_with('~'),
        });
        Self { columns: columns.collect(), rows: Vec::new() }
    }

    /// Adds a row.
    pub(crate) fn push(&mut self, row: Vec<String>) {
        self.rows.push(row);
    }

    fn as_table(&self) -> Table {
        let width = table_width();
        let shown: Vec<bool> =
            self.columns.iter().map(|c| width >= FILE_WIDTH || !c.wide_only).collect();
        let mut table = Table::new();
        table.load_preset(presets::NOTHING);
        table.set_style(TableComponent::HeaderLines, '─');
        table.set_style(TableComponent::MiddleHeaderIntersections, '─');
        table.set_content_arrangement(ContentArrangement::Dynamic);
        table.set_width(width);
        table.set_header(kept(self.columns.iter().map(|column| column.name), &shown));
        for row in &self.rows {
            table.add_row(kept(row.iter(), &shown));
        }
        let columns = kept(self.columns.iter().enumerate(), &shown);
        let last = columns.last().map(|(at, _)| *at);
        for (drawn, (at, column)) in table.column_iter_mut().zip(columns) {
            let gap = if Some(at) == last { 0 } else { GAP };
            drawn.set_padding((0, gap));
            let narrowest = self.narrowest(at).saturating_add(gap);
            drawn.set_constraint(ColumnConstraint::LowerBoundary(Width::Fixed(narrowest)));
            if column.numeric {
                drawn.set_cell_alignment(CellAlignment::Right);
            }
        }
        table
    }

    /// Width of a column that breaks no word and no short cell.
    fn narrowest(&self, column: usize) -> u16 {
        let name = self.columns.get(column).map_or("", |c| c.name);
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(String::as_str);
        let longest = cells.chain([name]).map(unbroken).max().unwrap_or(0);
        u16::try_from(longest).unwrap_or(u16::MAX)
    }
}

/// Width that a cell needs so that nothing short is broken in it.
fn unbroken(cell: &str) -> usize {
    let length = cell.chars().count();
    if length <= CELL_MAX {
        return length;
    }
    let words = cell.split_whitespace().map(|word| word.chars().count().min(WORD_MAX));
    words.max().unwrap_or(0)
}

/// The items whose column is shown.
fn kept<T>(items: impl Iterator<Item = T>, shown: &[bool]) -> Vec<T> {
    items.zip(shown).filter(|(_, shown)| **shown).map(|(item, _)| item).collect()
}

/// `COLUMNS` where it is set, else what fits.
fn table_width() -> u16 {
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let usual = || {
        if !io::stdout().is_terminal() {
            return FILE_WIDTH;
        }
        terminal_size::terminal_size().map_or(TERMINAL_WIDTH, |(width, _)| width.0)
    };
    told.or_else(|| Some(usual())).filter(|width| *width >= 40).unwrap_or(TERMINAL_WIDTH)
}

/// Prints `value` as JSON, or rows as a table or CSV; `rows` is told which of the two, since a
/// table rounds and says "no data" where CSV is exact and empty.
pub(crate) fn print<T: Serialize>(
    format: Format,
    value: &T,
    rows: impl FnOnce(Format) -> Rows,
) -> Result<(), Failure> {
    match format {
        Format::Json => json(value),
        Format::Table => text(&trimmed(&rows(format).as_table().to_string())),
        Format::Csv => {
            let rows = rows(format);
            let mut lines = vec![csv_line(rows.columns.iter().map(|column| column.name))];
            lines.extend(rows.rows.iter().map(|row| csv_line(row.iter().map(String::as_str))));
            text(&lines.join("\n"))
        }
    }
}

/// A number as CSV has it: exact, and empty where there is none.
pub(crate) fn exact<N: ToString>(value: Option<N>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// Lines without the blanks at their ends.
fn trimmed(table: &str) -> String {
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
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
