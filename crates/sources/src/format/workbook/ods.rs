//! OpenDocument spreadsheets: the same sheets and cells, in one part. Rows and cells that are
//! repeated are as many as they say, within the limits: a file of a kilobyte can say a billion.

use std::collections::BTreeSet;
use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};

use super::cells::letters;
use super::{Cell, Sheet, SheetRow, limit, unreadable, xml};
use crate::mapping::advice;
use crate::{DecodeError, DecodeJob};

/// The part with everything.
pub(super) const CONTENT: &str = "content.xml";
/// Within a cell, what somebody noted beside it.
const NOTE: &str = "annotation";

/// The sheets of a spreadsheet, in the order of their tabs.
pub(super) fn sheets(job: &DecodeJob<'_>, text: &str) -> Result<Vec<Sheet>, DecodeError> {
    let mut found: Vec<Sheet> = Vec::new();
    let mut hidden = BTreeSet::new();
    let mut style = String::new();
    let mut events = xml::Events::new(job, CONTENT, text);
    loop {
        match events.next()? {
            Event::Start(element) | Event::Empty(element) => match element.local_name().as_ref() {
                "style" => style = xml::attribute(&element, "name")?.unwrap_or_default(),
                "table-properties" if xml::truth(&element, "display")? == Some(false) => {
                    hidden.insert(style.clone());
                }
                "table" => {
                    let name = xml::attribute(&element, "name")?.unwrap_or_default();
                    let style = xml::attribute(&element, "style-name")?.unwrap_or_default();
                    let path = found.len().to_string();
                    found.push(Sheet { name, hidden: hidden.contains(&style), path });
                    limit(found.len(), job.limits.sheets_max, "sheets_max", "sheets")?;
                }
                _ => {}
            },
            Event::Eof if found.is_empty() => return Err(unreadable("it has no sheet")),
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

/// A sheet while it is read.
struct Reading<'r> {
    job: &'r DecodeJob<'r>,
    sheet: &'r str,
    /// Cells of the workbook so far.
    cells: &'r mut usize,
    rows: Vec<SheetRow>,
    /// Number of the row under way, from 1.
    number: u64,
    /// What is to be told of what people do not see.
    hidden: usize,
}

/// The rows of a sheet that hold something, all as wide as the widest; the number of hidden ones
/// among them.
pub(super) fn rows(
    job: &DecodeJob<'_>,
    (text, sheet): (&str, &Sheet),
    cells: &mut usize,
    rows_max: Option<usize>,
) -> Result<(Vec<SheetRow>, usize), DecodeError> {
    let wanted: usize = sheet.path.parse().unwrap_or(usize::MAX);
    let mut events = xml::Events::new(job, CONTENT, text);
    let mut reading =
        Reading { job, sheet: &sheet.name, cells, rows: Vec::new(), number: 0, hidden: 0 };
    let (mut table, mut depth) = (0_usize, 0_usize);
    loop {
        match events.next()? {
            Event::Start(element) if xml::is(&element, "table") => {
                // A table within a cell is none of the sheet's.
                depth += 1;
                table += usize::from(depth == 1);
            }
            Event::End(element) if element.local_name().as_ref() == "table" => {
                depth = depth.saturating_sub(1);
                if depth == 0 && table == wanted.saturating_add(1) {
                    break;
                }
            }
            Event::Start(element)
                if depth == 1
                    && table == wanted.saturating_add(1)
                    && xml::is(&element, "table-row") =>
            {
                let row = element.into_owned();
                reading.row(&row, &mut events)?;
                if rows_max.is_some_and(|max| reading.rows.len() >= max) {
                    break;
                }
            }
            Event::Eof => return Err(unreadable(format!("{:?} breaks off", sheet.name))),
            _ => {}
        }
    }
    let width = reading.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    let missing: usize = reading.rows.iter().map(|row| width - row.cells.len()).sum();
    reading.count(missing)?;
    for row in &mut reading.rows {
        row.cells.resize(width, Cell::Empty);
    }
    Ok((reading.rows, reading.hidden))
}

/// How often something stands, at least once.
fn repeated(element: &BytesStart<'_>, name: &str) -> Result<u64, DecodeError> {
    let text = xml::attribute(element, name)?;
    let times = text.as_deref().map_or(Some(1), |text| text.trim().parse().ok());
    times.filter(|times| *times > 0).ok_or_else(|| {
        let text: String = text.unwrap_or_default().chars().take(20).collect();
        unreadable(format!("{name} is {text:?}; expected a number above 0"))
    })
}

impl Reading<'_> {
    fn count(&mut self, cells: usize) -> Result<(), DecodeError> {
        *self.cells = self.cells.saturating_add(cells);
        limit(*self.cells, self.job.limits.cells_max, "cells_max", "cells")
    }

    fn row(
        &mut self,
        element: &BytesStart<'_>,
        events: &mut xml::Events<'_>,
    ) -> Result<(), DecodeError> {
        let times = repeated(element, "number-rows-repeated")?;
        let visible = xml::attribute(element, "visibility")?.unwrap_or_default();
        self.number = self.number.saturating_add(1);
        let mut row: Vec<Cell> = Vec::new();
        // Empty cells count only where something stands behind them.
        let mut empty: u64 = 0;
        loop {
            let (cell, is_empty) = match events.next()? {
                Event::Start(cell) => (cell.into_owned(), false),
                Event::Empty(cell) => (cell.into_owned(), true),
                Event::End(end) if end.local_name().as_ref() == "table-row" => break,
                Event::Eof => return Err(unreadable(format!("{:?} breaks off", self.sheet))),
                _ => continue,
            };
            if !xml::is(&cell, "table-cell") && !xml::is(&cell, "covered-table-cell") {
                continue;
            }
            let text = if is_empty {
                String::new()
            } else {
                events.content(NOTE, self.job.limits.record_max_bytes)?
            };
            let columns = repeated(&cell, "number-columns-repeated")?;
            let at = u64::try_from(row.len()).unwrap_or(u64::MAX).saturating_add(empty);
            let found = self.understood(&cell, &text, at)?;
            if found == Cell::Empty {
                empty = empty.saturating_add(columns);
                continue;
            }
            self.put(&mut row, (empty, columns), &found)?;
            empty = 0;
        }
        if row.iter().all(|cell| *cell == Cell::Empty) {
            self.number = self.number.saturating_add(times - 1);
            return Ok(());
        }
        self.hidden += usize::from(!matches!(visible.as_str(), "" | "visible"));
        for before in 0..times {
            self.count(row.len())?;
            let number = u32::try_from(self.number.saturating_add(before)).unwrap_or(u32::MAX);
            self.rows.push(SheetRow { number, cells: row.clone() });
        }
        self.number = self.number.saturating_add(times - 1);
        Ok(())
    }

    /// Puts a cell as often as it stands, behind empty ones.
    fn put(
        &self,
        row: &mut Vec<Cell>,
        (empty, columns): (u64, u64),
        cell: &Cell,
    ) -> Result<(), DecodeError> {
        let max = self.job.limits.columns_max;
        let width = u64::try_from(row.len()).unwrap_or(u64::MAX).saturating_add(empty);
        let width = width.saturating_add(columns);
        let fits = usize::try_from(width).ok().filter(|width| *width <= max);
        let Some(width) = fits else {
            let what =
                format!("the number of columns of row {} of sheet {:?}", self.number, self.sheet);
            return Err(DecodeError::too_large(
                what,
                u64::try_from(max).unwrap_or(u64::MAX),
                "columns_max",
            ));
        };
        let before = width - usize::try_from(columns).unwrap_or_default();
        row.resize(before, Cell::Empty);
        row.resize(width, cell.clone());
        Ok(())
    }

    /// What a cell holds: its value, not how it is shown.
    fn understood(
        &self,
        element: &BytesStart<'_>,
        text: &str,
        at: u64,
    ) -> Result<Cell, DecodeError> {
        let column = u32::try_from(at.saturating_add(1)).unwrap_or(u32::MAX);
        let place = format!("{}{}", letters(column), self.number);
        let without = |what: &str| Cell::Unreadable(format!("cell {place} {what}").into());
        let kind = xml::attribute(element, "value-type")?.unwrap_or_default();
        let is_formula = xml::attribute(element, "formula")?.is_some();
        let shown = text.trim();
        // LibreOffice writes an error as the empty text, with its name as what is shown; older programs
        // wrote it as the number 0 (F02).
        if xml::has(element, "value-type", "error")?
            || (is_formula && advice::is_formula_error(shown))
        {
            let shown: String = shown.chars().take(40).collect();
            return Ok(without(&format!("holds the error {shown:?}")));
        }
        let said = match kind.as_str() {
            "float" | "percentage" | "currency" => xml::attribute(element, "value")?,
            "date" => xml::attribute(element, "date-value")?,
            "boolean" => {
                xml::attribute(element, "boolean-value")?.map(|it| it.to_ascii_uppercase())
            }
            "string" => {
                Some(xml::attribute(element, "string-value")?.unwrap_or_else(|| text.to_owned()))
            }
            "" => Some(text.to_owned()),
            other => {
                let other: String = other.chars().take(20).collect();
                return Ok(without(&format!("is of type {other:?}")));
            }
        };
        let is_text = matches!(kind.as_str(), "" | "string");
        Ok(match said.as_deref().map(str::trim) {
            None | Some("") if !is_text => {
                without(&format!("is of type {kind:?} and holds nothing"))
            }
            // A formula whose result is the empty text says that it is a text.
            None | Some("") if is_formula && kind.is_empty() => without(
                "holds a formula without a stored result; open the file in a spreadsheet program and save it",
            ),
            None | Some("") if !shown.is_empty() => {
                let shown: String = shown.chars().take(40).collect();
                without(&format!("says that its text is empty, and shows {shown:?}"))
            }
            None | Some("") => Cell::Empty,
            // A text that begins like the name of an error, in whatever language.
            Some(text) if is_formula && is_text && text.starts_with('#') => {
                without(&format!("holds the error {text:?}"))
            }
            Some(text) => Cell::Text(Rc::from(text)),
        })
    }
}

#[cfg(test)]
mod tests {
    use wsis_model::codelist::CodeLists;

    use super::super::Cell;
    use super::{rows, sheets};
    use crate::{DecodeError, DecodeJob};

    const TEXT: &str = r#"<?xml version="1.0"?><office:document-content xmlns:office="o" xmlns:table="t" xmlns:text="x" xmlns:style="s">
<office:automatic-styles><style:style style:name="ta2" style:family="table"><style:table-properties table:display="false"/></style:style></office:automatic-styles>
<office:body><office:spreadsheet><table:table table:name="Data" table:style-name="ta1">
<table:table-row><table:table-cell office:value-type="string"><text:p>ISO3</text:p></table:table-cell><table:table-cell office:value-type="string"><text:p>Score<office:annotation><text:p>a note</text:p></office:annotation></text:p></table:table-cell><table:table-cell table:number-columns-repeated="16382"/></table:table-row>
<table:table-row table:number-rows-repeated="2"><table:table-cell office:value-type="string"><text:p>NAM</text:p></table:table-cell><table:table-cell office:value-type="float" office:value="12.5"><text:p>12,5</text:p></table:table-cell></table:table-row>
<table:table-row table:number-rows-repeated="1048573"><table:table-cell table:number-columns-repeated="16384"/></table:table-row>
</table:table><table:table table:name="Notes" table:style-name="ta2"><table:table-row><table:table-cell office:value-type="float"/></table:table-row></table:table></office:spreadsheet></office:body></office:document-content>"#;

    /// The sheets, and what is read of the first.
    fn read(text: &str) -> Result<Vec<Vec<String>>, DecodeError> {
        let (pipeline, lists) = (crate::propose::stub(), CodeLists::default());
        let job = DecodeJob::new(&pipeline, &lists);
        let found = sheets(&job, text)?;
        let mut cells = 0;
        let first = found.first().unwrap();
        let (rows, _) = rows(&job, (text, first), &mut cells, None)?;
        Ok(rows
            .iter()
            .map(|row| row.cells.iter().map(|cell| cell.shown().to_owned()).collect())
            .collect())
    }

    #[test]
    fn trial_p74_values_are_read_and_blank_rows_without_end_are_none() {
        let (pipeline, lists) = (crate::propose::stub(), CodeLists::default());
        let job = DecodeJob::new(&pipeline, &lists);
        let found = sheets(&job, TEXT).unwrap();
        let told: Vec<(&str, bool)> =
            found.iter().map(|it| (it.name.as_str(), it.hidden)).collect();
        assert_eq!(told, [("Data", false), ("Notes", true)]);
        assert_eq!(read(TEXT).unwrap(), [["ISO3", "Score"], ["NAM", "12.5"], ["NAM", "12.5"]]);
        let mut cells = 0;
        let (notes, _) = rows(&job, (TEXT, found.last().unwrap()), &mut cells, None).unwrap();
        let cell = notes.first().and_then(|row| row.cells.first());
        assert!(matches!(cell, Some(Cell::Unreadable(why)) if why.contains("A1")), "{notes:?}");
    }

    #[test]
    fn trial_p74_rows_and_cells_repeated_without_end_are_over_a_limit() {
        for (part, repeated) in [
            ("table:number-rows-repeated=\"2\"", "table:number-rows-repeated=\"1000000000\""),
            (
                "<table:table-cell office:value-type=\"float\"",
                "<table:table-cell table:number-columns-repeated=\"1000000\" office:value-type=\"float\"",
            ),
        ] {
            let text = TEXT.replacen(part, repeated, 1);
            let error = read(&text).unwrap_err();
            assert!(matches!(error, DecodeError::TooLarge { .. }), "{error}");
        }
        let cut = TEXT.split("NAM").next().unwrap();
        assert!(read(cut).unwrap_err().to_string().contains("breaks off"));
    }
}
