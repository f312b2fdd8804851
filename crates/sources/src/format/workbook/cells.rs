//! The cells of a sheet.

use std::collections::BTreeMap;
use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};

use super::unseen::Unseen;
use super::{SheetRow, unreadable, xml};
use crate::{DecodeError, DecodeJob};

/// The last row and column that a sheet can have: `XFD1048576`.
const LAST: (u32, u32) = (1_048_576, 16_384);

/// Formulas over several cells of a sheet, each of which every cell is compared with.
const ARRAYS_MAX: usize = 1_000;

/// What a cell holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Cell {
    /// Nothing.
    Empty,
    /// A text, or a number or truth value as text.
    Text(Rc<str>),
    /// Something that cannot be taken for a value, and why.
    Unreadable(Rc<str>),
}

impl Cell {
    /// The text without white space around it; empty when there is none.
    pub(crate) fn text(&self) -> &str {
        match self {
            Self::Text(text) => text.trim(),
            Self::Empty | Self::Unreadable(_) => "",
        }
    }

    /// The text as it stands, or why there is none: for the quarantine.
    pub(crate) fn shown(&self) -> &str {
        match self {
            Self::Text(text) | Self::Unreadable(text) => text,
            Self::Empty => "",
        }
    }

    /// Whether there is nothing to see in it.
    pub(crate) fn is_blank(&self) -> bool {
        !matches!(self, Self::Unreadable(_)) && self.text().is_empty()
    }
}

/// The texts that cells share, by their number.
pub(super) fn shared(job: &DecodeJob<'_>, text: &str) -> Result<Vec<Rc<str>>, DecodeError> {
    let mut found: Vec<Rc<str>> = Vec::new();
    let mut events = xml::Events::new(job, "shared texts", text);
    loop {
        match events.next()? {
            Event::Start(element) if xml::is(&element, "si") => {
                found.push(events.content("rPh", job.limits.record_max_bytes)?.into());
            }
            Event::Empty(element) if xml::is(&element, "si") => found.push("".into()),
            Event::Eof => return Ok(found),
            _ => {}
        }
        super::limit(found.len(), job.limits.cells_max, "cells_max", "shared texts")?;
    }
}

/// A sheet while it is read.
pub(super) struct Reading<'r> {
    pub(super) job: &'r DecodeJob<'r>,
    pub(super) sheet: &'r str,
    pub(super) shared: &'r [Rc<str>],
    /// Cells of the workbook so far, with the empty ones before them in their rows.
    pub(super) cells: &'r mut usize,
    pub(super) rows: BTreeMap<u32, Vec<Cell>>,
    /// Whether the workbook says that its formulas are still to be calculated.
    pub(super) uncalculated: bool,
    /// Formulas whose results fill several cells, as far as their rows are not passed.
    pub(super) arrays: Vec<Array>,
    /// Those whose rows are passed, and the row that was read last: cells come by rows, so that none
    /// of them is compared with all formulas of its sheet.
    pub(super) passed: (Vec<Array>, u32),
    /// What people do not see of it.
    pub(super) unseen: Unseen,
}

/// A formula, and the first and last row and column that its results fill. Only the first cell
/// says that it is one.
pub(super) struct Array {
    formula: String,
    first: (u32, u32),
    last: (u32, u32),
}

/// What stands in a cell, before it is understood.
#[derive(Default)]
struct Found {
    value: Option<String>,
    inline: Option<String>,
    formula: Option<String>,
    /// Where the results of the formula stand, if in more cells than its own.
    fills: Option<String>,
    /// Whether the formula is to be calculated again.
    again: bool,
    /// Something that no cell of a figure has.
    other: Option<String>,
}

impl Found {
    /// What the formula says of itself.
    fn note_formula(&mut self, element: &BytesStart<'_>) -> Result<(), DecodeError> {
        self.again |= xml::truth(element, "ca")? == Some(true);
        let kind = xml::attribute(element, "t")?.unwrap_or_default();
        if matches!(kind.as_str(), "array" | "dataTable") {
            self.fills = xml::attribute(element, "ref")?;
        }
        Ok(())
    }
}

impl Reading<'_> {
    pub(super) fn read(&mut self, text: &str, rows_max: Option<usize>) -> Result<(), DecodeError> {
        let (job, sheet) = (self.job, self.sheet);
        let mut events = xml::Events::new(job, sheet, text);
        // Place of the next cell that does not say where it is.
        let (mut row, mut column) = (1_u32, 1_u32);
        let mut in_data = false;
        loop {
            let (element, is_empty) = match events.next()? {
                Event::Start(element) => (element, false),
                Event::Empty(element) => (element, true),
                Event::End(element) => {
                    match element.local_name().as_ref() {
                        "row" => (row, column) = (row.saturating_add(1), 1),
                        "sheetData" if rows_max.is_some() => return Ok(()),
                        "sheetData" => return self.end(&mut events),
                        _ => {}
                    }
                    continue;
                }
                Event::Eof if in_data => return Err(unreadable(format!("{sheet:?} breaks off"))),
                Event::Eof => return Err(unreadable(format!("{sheet:?} is no sheet of cells"))),
                _ => continue,
            };
            match element.local_name().as_ref() {
                "sheetData" if is_empty => return self.end(&mut events),
                "sheetData" => in_data = true,
                "sheetFormatPr" => self.unseen.note_rows(&element)?,
                "col" if !in_data => self.unseen.note_columns(&element, self.sheet)?,
                "row" if in_data => {
                    self.unseen.note_row(&element)?;
                    if let Some(number) = xml::attribute(&element, "r")? {
                        row = self.row_number(&number)?;
                    }
                    column = 1;
                    if rows_max.is_some_and(|max| self.rows.len() >= max) {
                        return Ok(());
                    }
                    if is_empty {
                        row = row.saturating_add(1);
                    }
                }
                "c" if in_data => {
                    if let Some(place) = xml::attribute(&element, "r")? {
                        column = self.column_of(&place, row)?;
                    }
                    self.check(row, column)?;
                    let found = if is_empty { Found::default() } else { self.found(&mut events)? };
                    let cell = self.understood(&element, found, (row, column))?;
                    self.put(row, column, cell)?;
                    column = column.saturating_add(1);
                }
                _ => {}
            }
        }
    }

    /// The rest of a sheet: a second table of cells in it would be read by some programs, and not by
    /// others.
    fn end(&self, events: &mut xml::Events<'_>) -> Result<(), DecodeError> {
        loop {
            match events.next()? {
                Event::Start(element) | Event::Empty(element) if xml::is(&element, "sheetData") => {
                    let sheet = self.sheet;
                    return Err(unreadable(format!(
                        "sheet {sheet:?} holds two tables of cells (sheetData); expected one"
                    )));
                }
                Event::Eof => return Ok(()),
                _ => {}
            }
        }
    }

    /// The rows that hold something, all as wide as the widest.
    pub(super) fn leveled(mut self) -> Result<Vec<SheetRow>, DecodeError> {
        let width = self.rows.values().map(Vec::len).max().unwrap_or_default();
        let missing: usize = self.rows.values().map(|row| width - row.len()).sum();
        self.count(missing)?;
        let rows = std::mem::take(&mut self.rows).into_iter();
        let leveled = rows.map(|(number, mut cells)| {
            cells.resize(width, Cell::Empty);
            SheetRow { number, cells }
        });
        Ok(leveled.collect())
    }

    fn no_place(&self, place: &str) -> DecodeError {
        let place: String = place.chars().take(40).collect();
        unreadable(format!(
            "sheet {:?} has a cell {place:?}, which is no place in a sheet (A1 to XFD1048576)",
            self.sheet
        ))
    }

    fn row_number(&self, text: &str) -> Result<u32, DecodeError> {
        let number = text.parse().ok().filter(|number| (1..=LAST.0).contains(number));
        number.ok_or_else(|| self.no_place(text))
    }

    /// The column of a reference such as `AB12`, which must be in its row.
    fn column_of(&self, place: &str, row: u32) -> Result<u32, DecodeError> {
        let letters = place.bytes().take_while(u8::is_ascii_alphabetic).count();
        let (letters, digits) = place.split_at_checked(letters).unwrap_or((place, ""));
        let column = letters.bytes().try_fold(0_u32, |column, letter| {
            let digit = u32::from(letter.to_ascii_uppercase() - b'A') + 1;
            column.checked_mul(26)?.checked_add(digit).filter(|column| *column <= LAST.1)
        });
        let column = column.filter(|column| *column > 0).ok_or_else(|| self.no_place(place))?;
        if self.row_number(digits).map_err(|_| self.no_place(place))? != row {
            let why = format!("sheet {:?} has cell {place:?} in row {row}", self.sheet);
            return Err(unreadable(why));
        }
        Ok(column)
    }

    fn check(&self, row: u32, column: u32) -> Result<(), DecodeError> {
        if row > LAST.0 || column > LAST.1 {
            return Err(self.no_place(&place(row, column)));
        }
        let columns_max = self.job.limits.columns_max;
        if usize::try_from(column).is_ok_and(|column| column <= columns_max) {
            return Ok(());
        }
        let what = format!("the column of cell {} of sheet {:?}", place(row, column), self.sheet);
        let limit = u64::try_from(columns_max).unwrap_or(u64::MAX);
        Err(DecodeError::too_large(what, limit, "columns_max"))
    }

    fn count(&mut self, cells: usize) -> Result<(), DecodeError> {
        *self.cells = self.cells.saturating_add(cells);
        super::limit(*self.cells, self.job.limits.cells_max, "cells_max", "cells")
    }

    /// What stands between the start and the end of a cell.
    fn found(&self, events: &mut xml::Events<'_>) -> Result<Found, DecodeError> {
        let max = self.job.limits.record_max_bytes;
        let mut found = Found::default();
        loop {
            match events.next()? {
                Event::Start(element) => {
                    let name = element.local_name().as_ref().to_owned();
                    if name == "f" {
                        found.note_formula(&element)?;
                    }
                    let content = events.content("rPh", max)?;
                    let slot = match name.as_str() {
                        "v" => &mut found.value,
                        "is" => &mut found.inline,
                        "f" => &mut found.formula,
                        "extLst" => continue,
                        _ => &mut found.other,
                    };
                    slot.get_or_insert_default().push_str(&content);
                }
                Event::Empty(element) => match element.local_name().as_ref() {
                    "v" => drop(found.value.get_or_insert_default()),
                    "f" => {
                        found.note_formula(&element)?;
                        found.formula.get_or_insert_default();
                    }
                    _ => {}
                },
                Event::End(_) => return Ok(found),
                Event::Text(text) if !text.trim().is_empty() => {
                    found.other.get_or_insert_default().push_str(text.trim());
                }
                Event::CData(_) | Event::GeneralRef(_) => {
                    found.other.get_or_insert_default().push('?');
                }
                Event::Eof => return Err(unreadable(format!("{:?} breaks off", self.sheet))),
                _ => {}
            }
        }
    }

    fn understood(
        &mut self,
        element: &BytesStart<'_>,
        found: Found,
        (row, column): (u32, u32),
    ) -> Result<Cell, DecodeError> {
        let kind = xml::attribute(element, "t")?.unwrap_or_default();
        let place = place(row, column);
        let unreadable = |why: String| Ok(Cell::Unreadable(format!("cell {place} {why}").into()));
        self.note_array(&found, (row, column))?;
        let Found { value, inline, formula, fills: _, again, other } = found;
        if let Some(other) = other {
            let other: String = other.chars().take(60).collect();
            return unreadable(format!("holds {other:?} outside of a value"));
        }
        let formula = formula.or_else(|| self.array_at((row, column)).map(str::to_owned));
        let text = inline.filter(|text| !text.is_empty()).or_else(|| value.clone());
        let text = text.unwrap_or_default();
        let without = |formula: &str, result: &str| {
            let formula: String = formula.chars().take(60).collect();
            unreadable(format!(
                "holds the formula {:?} {result}; open the file in a spreadsheet program and save it",
                format!("={formula}")
            ))
        };
        if let Some(formula) = &formula {
            let is_zero = text.trim().parse::<f64>().is_ok_and(|number| number == 0.0);
            // The result of a formula may be the empty text; that is stored as a text.
            if text.trim().is_empty() && !(kind == "str" && value.is_some()) {
                return without(formula, "without a stored result");
            }
            if self.uncalculated || (again && is_zero) {
                let result = "whose stored result is not calculated, as the workbook says itself";
                return without(formula, result);
            }
        }
        if text.trim().is_empty() {
            return match kind.as_str() {
                "s" => unreadable("is to hold a shared text and does not say which".to_owned()),
                "b" | "d" | "e" => unreadable(format!("is of type {kind:?} and holds nothing")),
                _ => Ok(Cell::Empty),
            };
        }
        match kind.as_str() {
            "s" => match text.trim().parse().ok().and_then(|at: usize| self.shared.get(at)) {
                Some(shared) => Ok(Cell::Text(Rc::clone(shared))),
                None => unreadable(format!(
                    "names shared text {:?} of {}",
                    text.chars().take(20).collect::<String>(),
                    self.shared.len()
                )),
            },
            "b" => match text.trim() {
                "1" | "true" => Ok(Cell::Text("TRUE".into())),
                "0" | "false" => Ok(Cell::Text("FALSE".into())),
                other => {
                    let other: String = other.chars().take(20).collect();
                    unreadable(format!("is to be true or false and holds {other:?}"))
                }
            },
            "" | "n" => Ok(Cell::Text(number(&text).into())),
            "str" | "inlineStr" | "d" | "e" => Ok(Cell::Text(text.into())),
            other => {
                let other: String = other.chars().take(20).collect();
                unreadable(format!("is of type {other:?}, which no workbook has"))
            }
        }
    }

    /// Remembers a formula whose results fill several cells.
    fn note_array(&mut self, found: &Found, own: (u32, u32)) -> Result<(), DecodeError> {
        self.pass_arrays(own.0);
        let Some(fills) = &found.fills else { return Ok(()) };
        let end = fills.rsplit(':').next().unwrap_or_default();
        let digits = end.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let row = self.row_number(digits).map_err(|_| self.no_place(fills))?;
        let last = (row, self.column_of(end, row)?);
        if last != own {
            let formula = found.formula.clone().unwrap_or_default();
            self.arrays.push(Array { formula, first: own, last });
            if self.arrays.len() + self.passed.0.len() > ARRAYS_MAX {
                return Err(unreadable(format!(
                    "sheet {:?} has more than {ARRAYS_MAX} formulas over several cells",
                    self.sheet
                )));
            }
        }
        Ok(())
    }

    /// Lays aside the formulas whose rows are passed; takes them back where a sheet goes back.
    fn pass_arrays(&mut self, row: u32) {
        let (passed, last) = &mut self.passed;
        if row < *last {
            self.arrays.append(passed);
        }
        if row != *last && !self.arrays.is_empty() {
            passed.extend(self.arrays.extract_if(.., |it| it.last.0 < row));
        }
        *last = row;
    }

    /// The formula whose results fill a place.
    fn array_at(&self, (row, column): (u32, u32)) -> Option<&str> {
        let found = self.arrays.iter().find(|it| {
            (it.first.0..=it.last.0).contains(&row) && (it.first.1..=it.last.1).contains(&column)
        });
        found.map(|it| it.formula.as_str())
    }

    fn put(&mut self, row: u32, column: u32, cell: Cell) -> Result<(), DecodeError> {
        if cell == Cell::Empty {
            return Ok(());
        }
        let column = usize::try_from(column).unwrap_or(usize::MAX);
        let known = self.rows.get(&row).map_or(0, Vec::len);
        self.count(column.saturating_sub(known))?;
        let cells = self.rows.entry(row).or_default();
        if cells.len() < column {
            cells.resize(column, Cell::Empty);
        }
        if let Some(slot @ Cell::Empty) = cells.get_mut(column - 1) {
            *slot = cell;
            self.unseen.holds(row, column);
        } else {
            let place = place(row, u32::try_from(column).unwrap_or_default());
            let why = format!("sheet {:?} has cell {place} twice", self.sheet);
            return Err(unreadable(why));
        }
        Ok(())
    }
}

/// A number as it reads without the artefacts of its storage (`4.541E-1`); what is none, or not 0
/// and too near to it, as it stands.
fn number(text: &str) -> String {
    let text = text.trim();
    match text.parse::<f64>() {
        Ok(0.0) if crate::number::parse(text, 0).is_none() => text.to_owned(),
        Ok(number) if number.is_finite() => number.to_string(),
        _ => text.to_owned(),
    }
}

/// The reference of a place.
fn place(row: u32, column: u32) -> String {
    format!("{}{row}", letters(column))
}

/// The letters of a column, which are counted from 1.
pub(super) fn letters(column: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column;
    while left > 0 {
        let digit = u8::try_from((left - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + digit));
        left = (left - 1) / 26;
    }
    letters.iter().rev().collect()
}

#[cfg(test)]
mod tests {
    use super::place;

    #[test]
    fn places_are_named_as_spreadsheets_do() {
        for (row, column, name) in
            [(1, 1, "A1"), (7, 26, "Z7"), (1, 27, "AA1"), (1_048_576, 16_384, "XFD1048576")]
        {
            assert_eq!(place(row, column), name);
        }
    }
}
