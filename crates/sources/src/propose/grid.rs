//! A file as one table of texts, whatever its format: what is looked at before anything is known.

use wsis_model::mapping::Encoding;
use wsis_model::pipeline::Format;

use super::Guess;
use crate::format::heads::joined;
use crate::format::message::components::{Components, Kind};
use crate::format::message::{Body, Message, Take};
use crate::format::records::survey::{Surveyed, survey};
use crate::table::{Record, Table};
use crate::text::{self, TableText};
use crate::workbook::{Sheet, SheetRow, Workbook};
use crate::{DecodeError, DecodeJob};

/// Rows that are looked at; more are counted.
const ROWS_MAX: usize = 200_000;
/// Bytes of cells that are kept at most.
const BYTES_MAX: usize = 128 << 20;
/// Rows in which the header is looked for, as decoders do.
const PREAMBLE_MAX: usize = 50;
/// What separates fields, in the order in which decoders try it.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// A table.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    pub(crate) format: Option<Format>,
    /// Headings, without white space around them.
    pub(crate) headings: Vec<String>,
    /// Rows below the header that hold something.
    pub(crate) rows: Vec<Vec<String>>,
    /// Rows of the file, also those that were not looked at.
    pub(crate) total: usize,
    /// Rows above the header that hold something.
    pub(crate) above: Vec<String>,
    /// Number of the header, or of its last row, among the rows, from 1.
    pub(crate) header: usize,
    /// Rows of the header.
    pub(crate) header_rows: usize,
    /// What separates the fields of a text.
    pub(crate) delimiter: Option<u8>,
    /// Encoding of a text that is not UTF-8.
    pub(crate) encoding: Option<Encoding>,
    /// Parts of a message that says itself what its parts are.
    pub(crate) components: Option<Components>,
    /// The sheet that was read, the sheets that hold tables, and whether it is hidden.
    pub(crate) sheet: Option<(String, Vec<String>)>,
    pub(crate) member: Option<String>,
    /// Parts of a JSON document that hold records.
    pub(crate) document: Vec<(&'static str, Guess<String>)>,
    /// What only a person can say of it.
    pub(crate) decide: Vec<String>,
    /// What was done to the file while it was read.
    pub(crate) remarks: Vec<String>,
    bytes: usize,
}

impl Grid {
    fn take(&mut self, row: Vec<String>) {
        if row.iter().all(String::is_empty) {
            return;
        }
        self.total += 1;
        let bytes: usize = row.iter().map(|cell| cell.len() + 24).sum();
        if self.rows.len() < ROWS_MAX && self.bytes + bytes < BYTES_MAX {
            self.bytes += bytes;
            self.rows.push(row);
        }
    }

    /// Takes the headings of two rows in place of those of the last.
    fn join(&mut self, headings: Option<Vec<String>>) {
        self.header_rows = 1;
        if let Some(headings) = headings {
            self.header_rows = 2;
            self.headings = headings;
            // The upper one was taken for a title.
            self.above.pop();
        }
    }

    /// Cells of a column, empty ones too.
    pub(crate) fn column(&self, at: usize) -> impl Iterator<Item = &str> {
        self.rows.iter().map(move |row| row.get(at).map_or("", String::as_str))
    }

    /// The column with one of some headings, in the form of [`text::heading`].
    pub(crate) fn headed(&self, names: &[&str]) -> Option<usize> {
        let folded: Vec<String> = self.headings.iter().map(|it| text::heading(it)).collect();
        names.iter().find_map(|name| folded.iter().position(|it| it == name))
    }

    /// Whether a heading stands once, so that a mapping can name it.
    pub(crate) fn can_be_named(&self, at: usize) -> bool {
        let Some(heading) = self.headings.get(at).filter(|it| !it.is_empty()) else { return false };
        self.headings.iter().filter(|it| *it == heading).count() == 1 && !heading.contains('{')
    }
}

/// The table of a text.
///
/// # Errors
/// When no row of it looks like a header; over a limit.
pub(crate) fn of_text(job: &DecodeJob<'_>, body: &[u8]) -> Result<Grid, DecodeError> {
    let mut remarks = Vec::new();
    let found = text::table(body, &mut remarks)?;
    let mut best: Option<(u8, usize, usize, Option<Vec<String>>)> = None;
    let mut broken = None;
    for delimiter in DELIMITERS {
        let rows = match first_rows(job, found, delimiter) {
            Ok(rows) => rows,
            Err(error @ (DecodeError::TooLarge { .. } | DecodeError::Stopped)) => {
                return Err(error);
            }
            Err(error) => {
                broken = Some(error);
                continue;
            }
        };
        let Some(header) = header_of(&rows) else { continue };
        let width = rows.get(header).map_or(0, |row| filled(row));
        if best.as_ref().is_none_or(|(_, _, known, _)| width > *known) {
            let joined = of_two_rows(&rows, header);
            let last = joined.as_ref().map_or(header, |(last, _)| *last);
            best = Some((delimiter, last, width, joined.map(|(_, headings)| headings)));
        }
    }
    let Some((delimiter, header, _, joined)) = best else {
        return Err(broken.unwrap_or_else(|| without_header(body)));
    };
    let mut grid = Grid {
        format: Some(if delimiter == b'\t' { Format::Tsv } else { Format::Csv }),
        delimiter: Some(delimiter),
        header: header + 1,
        remarks: remarks.into_iter().map(str::to_owned).collect(),
        encoding: matches!(found, TableText::Foreign(_)).then_some(Encoding::Windows1252),
        ..Grid::default()
    };
    if body.starts_with(&[0xFF, 0xFE]) || body.starts_with(&[0xFE, 0xFF]) {
        // Its mark says which encoding it is in.
        grid.encoding = None;
    }
    let mut table = Table::separated(job, found, delimiter);
    let mut at = 0;
    while table.next()? {
        let row: Vec<String> = table.record().iter().map(|cell| cell.trim().to_owned()).collect();
        place(&mut grid, row, at, header);
        at += 1;
    }
    grid.join(joined);
    Ok(grid)
}

/// Puts a row where it belongs.
fn place(grid: &mut Grid, row: Vec<String>, at: usize, header: usize) {
    match at.cmp(&header) {
        std::cmp::Ordering::Less => {
            let shown = text::joined(row.iter().map(String::as_str), " ");
            if !shown.trim().is_empty() {
                grid.above.push(shown.trim().to_owned());
            }
        }
        std::cmp::Ordering::Equal => grid.headings = row,
        std::cmp::Ordering::Greater => grid.take(row),
    }
}

fn first_rows(
    job: &DecodeJob<'_>,
    found: TableText<'_>,
    delimiter: u8,
) -> Result<Vec<Vec<String>>, DecodeError> {
    let mut table = Table::separated(job, found, delimiter);
    let mut rows = Vec::new();
    while rows.len() < 2 * PREAMBLE_MAX && table.next()? {
        rows.push(table.record().iter().map(|cell| cell.trim().to_owned()).collect());
    }
    Ok(rows)
}

fn filled(row: &[String]) -> usize {
    row.iter().filter(|cell| !cell.is_empty()).count()
}

/// A number that is no year.
fn is_figure(cell: &str) -> bool {
    let is_year =
        cell.len() == 4 && cell.parse().is_ok_and(|year: i32| (1900..=2100).contains(&year));
    cell.parse::<f64>().is_ok() && !is_year
}

/// The first row that names columns: several texts, and hardly a figure among them, as many as the
/// rows below it have cells.
pub(super) fn header_of(rows: &[Vec<String>]) -> Option<usize> {
    let fits = |at: usize| {
        let row = rows.get(at)?;
        let below: Vec<&Vec<String>> =
            rows.iter().skip(at + 1).filter(|row| filled(row) > 0).take(PREAMBLE_MAX).collect();
        let typical = below.iter().map(|row| filled(row)).max()?;
        let named = filled(row);
        let figures = row.iter().filter(|cell| is_figure(cell)).count();
        let years =
            row.iter().filter(|cell| cell.len() == 4 && cell.parse::<u16>().is_ok()).count();
        (named >= 2 && figures * 5 <= named && years < named && named * 2 > typical).then_some(at)
    };
    (0..PREAMBLE_MAX.min(rows.len())).find_map(fits)
}

/// The last row of a header of two rows and its headings, where the row that names columns is one of
/// them: cells of several columns are merged above others, which alone say the same several times or
/// leave columns without a heading.
fn of_two_rows(rows: &[Vec<String>], header: usize) -> Option<(usize, Vec<String>)> {
    let is_year = |cell: &String| cell.len() == 4 && cell.parse::<u16>().is_ok();
    let pair = |upper: usize| {
        let (above, below) = (rows.get(upper)?, rows.get(upper + 1)?);
        let figures = rows.get(upper + 2)?.iter().any(|cell| is_figure(cell));
        let names =
            filled(below) >= 2 && !below.iter().any(|cell| is_figure(cell) || is_year(cell));
        let mut known = std::collections::BTreeSet::new();
        let repeats = below.iter().any(|cell| !cell.is_empty() && !known.insert(cell));
        let cell = |row: &Vec<String>, at: usize| row.get(at).is_some_and(|it| !it.is_empty());
        let first = (0..above.len()).find(|&at| cell(above, at))?;
        let is_merged = (first..below.len()).any(|at| !cell(above, at) && cell(below, at));
        let headings = joined(&[above.clone(), below.clone()]);
        let mut known = std::collections::BTreeSet::new();
        let are_all = headings.iter().all(|it| it.is_empty() || known.insert(it));
        (figures && names && repeats && is_merged && are_all).then_some((upper + 1, headings))
    };
    pair(header).or_else(|| pair(header.checked_sub(1)?))
}

fn without_header(body: &[u8]) -> DecodeError {
    DecodeError::Columns {
        missing: format!(
            "anything: no row of the first {PREAMBLE_MAX} looks like a header; add one above the rows"
        ),
        found: text::start(body),
    }
}

/// The largest table of a workbook.
///
/// # Errors
/// When no sheet has one; over a limit.
pub(crate) fn of_workbook(job: &DecodeJob<'_>, body: &[u8]) -> Result<Grid, DecodeError> {
    let mut book = Workbook::open(job, body)?;
    let tabs: Vec<Sheet> = book.sheets.iter().filter(|tab| !tab.hidden).cloned().collect();
    let mut best: Option<Grid> = None;
    let mut names = Vec::new();
    for tab in &tabs {
        let rows = match book.rows(job, tab, None) {
            Ok(rows) => rows,
            Err(error @ (DecodeError::TooLarge { .. } | DecodeError::Stopped)) => {
                return Err(error);
            }
            Err(_) => continue,
        };
        let text = |row: &SheetRow| row.cells.iter().map(|cell| cell.text().to_owned()).collect();
        let head: Vec<Vec<String>> = rows.iter().take(2 * PREAMBLE_MAX).map(text).collect();
        let Some(header) = header_of(&head) else { continue };
        let joined = of_two_rows(&head, header);
        let header = joined.as_ref().map_or(header, |(last, _)| *last);
        let mut grid = Grid { header: header + 1, ..Grid::default() };
        for (at, row) in rows.iter().enumerate() {
            place(&mut grid, text(row), at, header);
        }
        grid.join(joined.map(|(_, headings)| headings));
        names.push(tab.name.clone());
        grid.sheet = Some((tab.name.clone(), Vec::new()));
        if best.as_ref().is_none_or(|known| grid.total > known.total) {
            best = Some(grid);
        }
    }
    let mut grid = best.ok_or_else(|| {
        let why = "none of its visible sheets holds a row that looks like a header above others";
        crate::workbook::unreadable(why)
    })?;
    if let Some((_, all)) = &mut grid.sheet {
        *all = names;
    }
    grid.remarks = book.remarks();
    Ok(grid)
}

/// The records of a JSON document; none where no list of it holds objects.
///
/// # Errors
/// When it is no JSON; over a limit.
pub(crate) fn of_records(job: &DecodeJob<'_>, body: &[u8]) -> Result<Option<Grid>, DecodeError> {
    let mut grid = Grid { format: Some(Format::Json), header_rows: 1, ..Grid::default() };
    let found = survey(job, text::json(body)?, &mut |row| grid.take(row))?;
    let Some(Surveyed { rows, others, next, total, headings, records, unreadable }) = found else {
        return Ok(None);
    };
    grid.headings = headings;
    if let Some(rows) = rows {
        let mut why = format!("a list of {records} objects");
        if !others.is_empty() {
            let names = super::listed(others.iter().map(String::as_str), 5);
            grid.decide.push(format!(
                "several lists hold objects: are the records in {rows:?}, or in {names}?"
            ));
            why.push_str(", more than any other list has");
        }
        grid.document.push(("rows", Guess::new(rows, why)));
    }
    if unreadable > 0 {
        grid.remarks.push(format!("{unreadable} records cannot be read"));
    }
    let is_part = total.as_ref().is_some_and(|(_, total)| *total > records);
    match (next, is_part) {
        (Some(next), _) => {
            let why = "an address under a name that says \"next\"";
            grid.document.push(("next", Guess::text(&next, why)));
        }
        (None, true) => grid.decide.push(format!(
            "the document says that there are more records than its {records}, and not where: ask for all              of them in one answer"
        )),
        (None, false) => {}
    }
    if let Some((path, total)) = total {
        let why = format!("it is {total}, and the list has {records}");
        grid.document.push(("total", Guess::new(path, why)));
    }
    Ok(Some(grid))
}

/// The records of a message.
///
/// # Errors
/// When it is no such message; over a limit.
pub(crate) fn of_message(
    job: &DecodeJob<'_>,
    message: &dyn Message,
    bytes: &[u8],
) -> Result<Grid, DecodeError> {
    let mut grid = Grid { header: 1, ..Grid::default() };
    message.each(&Body { job, bytes }, &mut grid)?;
    Ok(grid)
}

impl Take for Grid {
    fn components(&mut self, components: &Components) -> Result<Vec<bool>, DecodeError> {
        // Of several data sets the first says what there is; what differs is seen when it is read.
        if self.components.is_none() {
            self.headings = components.list.iter().map(|it| it.id.clone()).collect();
            self.components = Some(components.clone());
        }
        Ok(vec![true; components.list.len()])
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), DecodeError> {
        self.take(record.iter().map(|cell| cell.trim().to_owned()).collect());
        Ok(())
    }

    fn malformed(
        &mut self,
        _: (usize, Option<Record<'_>>),
        why: &str,
        _: &str,
    ) -> Result<(), DecodeError> {
        if self.remarks.len() < PREAMBLE_MAX {
            self.remarks.push(format!("a record that cannot be read: {why}"));
        }
        Ok(())
    }

    fn remark(&mut self, remark: String) {
        if self.remarks.len() < PREAMBLE_MAX {
            self.remarks.push(remark);
        }
    }

    fn updated(&mut self, _: chrono::NaiveDate) {}
}

/// Whether a component is none of those that records are about.
pub(crate) fn is_apart(components: &Components, at: usize) -> bool {
    components.list.get(at).is_none_or(|it| it.kind == Kind::Apart || it.id.is_empty())
}
