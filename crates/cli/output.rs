//! What goes to standard output and standard error.
//!
//! Data go to standard output, everything else to standard error, so that a pipe gets data only.
//! This is the one module that prints. So it is also the one place of two rules: no text of a source
//! moves a terminal's cursor or turns its lines around ([`visible`]), and no cell of CSV is a formula
//! ([`wsis_model::spreadsheet`]).

mod widths;

use std::borrow::Cow;
use std::fmt::Write as _;
use std::io::{self, BufWriter, IsTerminal, Stdout, Write};
use std::time::{Duration, Instant};

use comfy_table::{
    CellAlignment, ColumnConstraint, ContentArrangement, Table, TableComponent, Width, presets,
};
use serde::Serialize;
use wsis_model::spreadsheet::guarded;

use crate::args::Format;
use crate::failure::Failure;
use crate::sample;

/// Width of a table where the terminal does not say its own (`COLUMNS`): what every terminal has.
const TERMINAL_WIDTH: u16 = 80;

/// Width of a table that goes to a file or a pipe.
const FILE_WIDTH: u16 = 140;

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
            table.add_row(kept(row.iter().map(|cell| one_line(cell)), &shown));
        }
        let columns = kept(self.columns.iter().enumerate(), &shown);
        let last = columns.last().map(|(at, _)| *at);
        let narrowest: Vec<u16> = columns.iter().map(|(at, _)| self.narrowest(*at)).collect();
        let usual = widths::usual_gap(&narrowest, width);
        for ((drawn, (at, column)), narrowest) in
            table.column_iter_mut().zip(columns).zip(narrowest)
        {
            let gap = if Some(at) == last { 0 } else { usual };
            drawn.set_padding((0, gap));
            let narrowest = narrowest.saturating_add(gap);
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
        let cells = self.rows.iter().filter_map(|row| row.get(column)).map(|cell| one_line(cell));
        let longest =
            cells.chain([Cow::Borrowed(name)]).map(|it| widths::unbroken(&it)).max().unwrap_or(0);
        u16::try_from(longest).unwrap_or(u16::MAX)
    }
}

/// The items whose column is shown.
fn kept<T>(items: impl Iterator<Item = T>, shown: &[bool]) -> Vec<T> {
    items.zip(shown).filter(|(_, shown)| **shown).map(|(item, _)| item).collect()
}

/// `COLUMNS` where it is set, else what fits.
pub(crate) fn table_width() -> u16 {
    let told = std::env::var("COLUMNS").ok().and_then(|text| text.parse().ok());
    let usual = || {
        if !io::stdout().is_terminal() {
            return FILE_WIDTH;
        }
        terminal_size::terminal_size().map_or(TERMINAL_WIDTH, |(width, _)| width.0)
    };
    told.or_else(|| Some(usual())).filter(|width| *width >= 40).unwrap_or(TERMINAL_WIDTH)
}

/// Prints `value` as JSON, or rows as a table or CSV; `rows` is told which: a table rounds.
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
            let mark = sample::mark();
            let mut out = Out::new();
            let names = rows.columns.iter().map(|it| it.name).chain(mark.map(|_| sample::COLUMN));
            out.csv(names)?;
            for row in &rows.rows {
                out.csv(row.iter().map(String::as_str).chain(mark))?;
            }
            out.end()
        }
    }
}

/// Rows as a document of CSV, as [`print`] has them.
pub(crate) fn csv_document(rows: &Rows) -> String {
    let mark = sample::mark();
    let names = rows.columns.iter().map(|it| it.name).chain(mark.map(|_| sample::COLUMN));
    let lines = rows.rows.iter().map(|row| csv_line(row.iter().map(String::as_str).chain(mark)));
    std::iter::once(csv_line(names)).chain(lines).map(|line| line + "\n").collect()
}

/// A number as CSV has it: exact, and empty where there is none.
pub(crate) fn exact<N: ToString>(value: Option<N>) -> String {
    value.map_or(String::new(), |value| value.to_string())
}

/// Text broken between words, so that no line is wider than a table would be.
pub(crate) fn wrapped(text: &str) -> String {
    let width = usize::from(table_width());
    let mut lines: Vec<String> = Vec::new();
    for part in text.lines() {
        let mut line = String::new();
        for word in part.split(' ') {
            if !line.is_empty() && line.chars().count() + 1 + word.chars().count() > width {
                lines.push(std::mem::take(&mut line));
            }
            if !line.is_empty() {
                line.push(' ');
            }
            line.push_str(word);
        }
        lines.push(line);
    }
    lines.join("\n")
}

/// Lines without the blanks at their ends.
fn trimmed(table: &str) -> String {
    table.lines().map(str::trim_end).collect::<Vec<_>>().join("\n")
}

/// Prints a value as one JSON document; of a sample, each of its objects says so.
pub(crate) fn json<T: Serialize>(value: &T) -> Result<(), Failure> {
    let mut out = Out::new();
    out.json(&json_document(value)?)?;
    out.end()
}

/// The same as a document.
pub(crate) fn json_document<T: Serialize>(value: &T) -> Result<String, Failure> {
    let document = serde_json::to_string_pretty(value)
        .map_err(|error| Failure::ran(format!("the result cannot be written as JSON: {error}")))?;
    Ok(format!("{}\n", sample::marked(&document)))
}

/// Prints text and a line break to standard output, made [`visible`]. A reader that has gone away
/// (`| head`) is not an error.
pub(crate) fn text(text: &str) -> Result<(), Failure> {
    let mut out = Out::new();
    out.line(&visible(text))?;
    out.end()
}

/// Prints a line to standard error, made [`visible`]; a closed standard error is nobody's concern.
pub(crate) fn note(text: &str) {
    let _closed = writeln!(io::stderr().lock(), "{}", visible(text));
}

/// Asks for a line, on standard error: standard output has data only.
pub(crate) fn prompt(text: &str) {
    let mut to = io::stderr().lock();
    let _closed = write!(to, "{text}").and_then(|()| to.flush());
}

/// Whether a character does something to a terminal other than to stand there: control characters
/// (those of ASCII, DEL and their kin above it), those that turn the direction of text around, and
/// those that cannot be seen.
fn is_active(c: char) -> bool {
    c.is_control()
        || matches!(
            c,
            '\u{ad}' | '\u{61c}' | '\u{200b}' | '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}' | '\u{feff}' | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        )
}

/// Text with what would act on a terminal written out (`\u{1b}`). Line breaks stay.
pub(crate) fn visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| c != '\n' && is_active(c))
}

/// As [`visible`], on one line: a line break of a source begins no line of ours.
pub(crate) fn one_line(text: &str) -> Cow<'_, str> {
    escaped(text, is_active)
}

fn escaped(text: &str, is_escaped: impl Fn(char) -> bool) -> Cow<'_, str> {
    if !text.contains(&is_escaped) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for c in text.chars() {
        if is_escaped(c) {
            out.extend(c.escape_unicode());
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// Standard error for the log. A line of the log holds what sources and servers said: nothing in it
/// acts on a terminal, and what they broke into lines stands indented, so that it begins no line that
/// could be taken for one of ours.
pub(crate) struct Log {
    /// Whether the lines are JSON.
    pub(crate) json: bool,
}

impl Log {
    fn shown<'t>(&self, line: &'t str) -> Cow<'t, str> {
        if self.json {
            return json_visible(line);
        }
        let (body, end) = line.strip_suffix('\n').map_or((line, ""), |body| (body, "\n"));
        if body.contains('\n') {
            let indented = body.replace('\n', "\n    ");
            return Cow::Owned(format!("{}{end}", log_visible(&indented)));
        }
        log_visible(line)
    }
}

/// As [`visible`], but for the colours that the log itself puts in: what comes from elsewhere has
/// its escape characters written out before.
fn log_visible(text: &str) -> Cow<'_, str> {
    escaped(text, |c| !matches!(c, '\n' | '\u{1b}') && is_active(c))
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let line = String::from_utf8_lossy(bytes);
        io::stderr().lock().write_all(self.shown(&line).as_bytes())?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        io::stderr().lock().flush()
    }
}

/// Standard output, for data that come piece by piece. When the reader has gone away (`| head`) the
/// rest goes nowhere, which is not an error.
pub(crate) struct Out {
    to: BufWriter<Stdout>,
    is_terminal: bool,
    is_closed: bool,
    bytes: u64,
    waited: Duration,
}

impl Out {
    /// Standard output.
    pub(crate) fn new() -> Self {
        let to = io::stdout();
        let is_terminal = to.is_terminal();
        let to = BufWriter::with_capacity(64 * 1024, to);
        Self { to, is_terminal, is_closed: false, bytes: 0, waited: Duration::ZERO }
    }

    /// Lines as they are, each with its end.
    pub(crate) fn text(&mut self, lines: &str) -> Result<(), Failure> {
        self.put(lines.as_bytes())
    }

    /// A line, as it is.
    pub(crate) fn line(&mut self, line: &str) -> Result<(), Failure> {
        self.put(line.as_bytes())?;
        self.put(b"\n")
    }

    /// Bytes that are no text, as they are.
    pub(crate) fn raw(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.put(bytes)
    }

    /// Bytes so far.
    pub(crate) const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// How long the reader has made us wait.
    pub(crate) const fn waited(&self) -> Duration {
        self.waited
    }

    /// As [`Out::csv`], unless there would then be more than `most` bytes: false, and nothing is
    /// written.
    pub(crate) fn csv_within<'a>(
        &mut self,
        cells: impl Iterator<Item = &'a str>,
        most: u64,
    ) -> Result<bool, Failure> {
        let line = csv_line(cells);
        let line = if self.is_terminal { one_line(&line) } else { Cow::Borrowed(line.as_str()) };
        let fits = self.bytes.saturating_add(line.len() as u64 + 1) <= most;
        if fits {
            self.line(&line)?;
        }
        Ok(fits)
    }

    /// A record of CSV. A terminal gets it made [`visible`], a file gets the exact text.
    pub(crate) fn csv<'a>(&mut self, cells: impl Iterator<Item = &'a str>) -> Result<(), Failure> {
        let line = csv_line(cells);
        if self.is_terminal { self.line(&one_line(&line)) } else { self.line(&line) }
    }

    /// A piece of JSON. What would act on a terminal is written as JSON writes it (`\u009b`), which
    /// means the same to every reader.
    pub(crate) fn json(&mut self, piece: &str) -> Result<(), Failure> {
        self.put(json_visible(piece).as_bytes())
    }

    /// Writes what is left.
    pub(crate) fn end(mut self) -> Result<(), Failure> {
        let flushed = self.to.flush();
        self.checked(flushed)
    }

    fn put(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        if self.is_closed {
            return Ok(());
        }
        let begun = Instant::now();
        let written = self.to.write_all(bytes);
        self.waited += begun.elapsed();
        self.bytes = self.bytes.saturating_add(bytes.len() as u64);
        self.checked(written)
    }

    fn checked(&mut self, written: io::Result<()>) -> Result<(), Failure> {
        match written {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => {
                self.is_closed = true;
                Ok(())
            }
            Err(error) => {
                self.is_closed = true;
                Err(Failure::ran(format!("cannot write to standard output: {error}")))
            }
            Ok(()) => Ok(()),
        }
    }
}

/// JSON with what would act on a terminal as escapes. They can only stand within texts: what JSON
/// has between them are blanks and line breaks.
pub(crate) fn json_visible(piece: &str) -> Cow<'_, str> {
    let is_escaped = |c: char| c != '\n' && is_active(c);
    if !piece.contains(is_escaped) {
        return Cow::Borrowed(piece);
    }
    let mut out = String::with_capacity(piece.len() + 16);
    for c in piece.chars() {
        if is_escaped(c) {
            for unit in c.encode_utf16(&mut [0; 2]) {
                // Writing to a text cannot fail.
                let _written = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(c);
        }
    }
    Cow::Owned(out)
}

/// A record of CSV, RFC 4180. No cell of it is a formula.
fn csv_line<'a>(cells: impl Iterator<Item = &'a str>) -> String {
    let quoted: Vec<String> = cells
        .map(|cell| {
            let cell = guarded(cell);
            if cell.contains([',', '"', '\n', '\r']) {
                format!("\"{}\"", cell.replace('"', "\"\""))
            } else {
                cell.into_owned()
            }
        })
        .collect();
    quoted.join(",")
}

#[cfg(test)]
mod tests {
    use super::widths::unbroken;
    use super::{Log, csv_line, json_visible, one_line, visible};

    /// The footnote of the case: it would clear the reader's screen.
    const CLEARS: &str = "old\u{1b}[2J\u{9b}31m\u{202e}txt\u{2066}\r\u{7f}";

    /// "worldbank-findex-fil / e": an id that nobody could copy.
    #[test]
    fn trial_p129_an_id_is_never_broken() {
        assert_eq!(unbroken("agriculture-productivity"), 24);
        assert_eq!(unbroken("Antidisestablishmentarianism"), 20, "a word is, where it must be");
    }

    #[test]
    fn trial_x15_f11_what_acts_on_a_terminal_is_written_out() {
        let shown = "old\\u{1b}[2J\\u{9b}31m\\u{202e}txt\\u{2066}\\u{d}\\u{7f}";
        assert_eq!(visible(CLEARS), shown);
        assert_eq!(visible("a\nb"), "a\nb");
        assert_eq!(one_line("a\nscore 100"), "a\\u{a}score 100");
        assert_eq!(visible("Côte d'Ivoire, 日本, العربية"), "Côte d'Ivoire, 日本, العربية");
    }

    #[test]
    fn trial_x15_json_keeps_every_character_and_shows_none_that_acts() {
        let written = serde_json::to_string(&format!("{CLEARS}\u{e0041}")).unwrap();
        let shown = json_visible(&written);
        assert!(shown.chars().all(|c| (' '..='~').contains(&c)), "{shown}");
        let read: String = serde_json::from_str(&shown).unwrap();
        assert_eq!(read, format!("{CLEARS}\u{e0041}"));
    }

    /// A source's error held a line of its own; in the daemon's log it was one of ours.
    #[test]
    fn trial_x15_no_text_begins_a_line_of_the_log_or_turns_one_around() {
        let line = "2026 WARN held back why=a\n2026 INFO all is well \u{202e}\u{9b}2J\n";
        let shown = Log { json: false }.shown(line).into_owned();
        assert_eq!(
            shown,
            "2026 WARN held back why=a\n    2026 INFO all is well \\u{202e}\\u{9b}2J\n"
        );
        assert_eq!(
            Log { json: false }.shown("\u{1b}[33m WARN\u{1b}[0m a\n"),
            "\u{1b}[33m WARN\u{1b}[0m a\n"
        );
        let json = "{\"why\":\"\u{202e}\"}\n";
        assert_eq!(Log { json: true }.shown(json), "{\"why\":\"\\u202e\"}\n");
    }

    #[test]
    fn trial_x17_no_cell_of_csv_is_a_formula() {
        let cells = ["=HYPERLINK(\"http://x\",\"a\")", "-2.7", "-x", "plain, text", "@a"];
        let line = csv_line(cells.into_iter());
        assert_eq!(
            line,
            "\"'=HYPERLINK(\"\"http://x\"\",\"\"a\"\")\",-2.7,'-x,\"plain, text\",'@a"
        );
    }
}
