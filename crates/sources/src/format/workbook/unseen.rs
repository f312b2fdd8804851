//! Rows and columns of a sheet that people do not see, and that are read like all others: what a
//! filter or the author of the file hid may be drafts, and the reader of the figures has to know (F05).

use std::collections::BTreeSet;

use quick_xml::events::BytesStart;

use super::cells::letters;
use super::{unreadable, xml};
use crate::DecodeError;
use crate::request::HIDDEN;

/// Columns that a sheet can have.
const COLUMNS: usize = 16_384;
/// Rows or columns named in a remark; the rest are counted.
const NAMED: usize = 10;

/// What is hidden in a sheet.
#[derive(Debug, Default)]
pub(super) struct Unseen {
    /// Whether columns are hidden, by place from 0.
    columns: Vec<bool>,
    /// Elements that say so of columns.
    said: usize,
    /// Whether rows are hidden that say nothing of it.
    rows: bool,
    /// Whether the row that is read is hidden.
    row: bool,
    hidden_rows: BTreeSet<u32>,
    hidden_columns: BTreeSet<u32>,
}

impl Unseen {
    /// What is said of all rows.
    pub(super) fn note_rows(&mut self, element: &BytesStart<'_>) -> Result<(), DecodeError> {
        self.rows = xml::truth(element, "zeroHeight")? == Some(true);
        Ok(())
    }

    /// What is said of the row that begins.
    pub(super) fn note_row(&mut self, element: &BytesStart<'_>) -> Result<(), DecodeError> {
        self.row = xml::truth(element, "hidden")?.unwrap_or(self.rows);
        Ok(())
    }

    /// What is said of some columns.
    pub(super) fn note_columns(
        &mut self,
        element: &BytesStart<'_>,
        sheet: &str,
    ) -> Result<(), DecodeError> {
        self.said += 1;
        if self.said > COLUMNS {
            return Err(unreadable(format!(
                "sheet {sheet:?} says more than {COLUMNS} times how wide its columns are"
            )));
        }
        if xml::truth(element, "hidden")? != Some(true) {
            return Ok(());
        }
        let place = |name| -> Result<usize, DecodeError> {
            let text = xml::attribute(element, name)?.unwrap_or_default();
            let number = text.trim().parse().ok().filter(|place| (1..=COLUMNS).contains(place));
            number.ok_or_else(|| {
                let text: String = text.chars().take(20).collect();
                unreadable(format!("sheet {sheet:?} hides column {text:?}, which is none"))
            })
        };
        let (first, last) = (place("min")?, place("max")?);
        if self.columns.len() < last {
            self.columns.resize(last, false);
        }
        self.columns.iter_mut().take(last).skip(first - 1).for_each(|it| *it = true);
        Ok(())
    }

    /// A cell that holds something, by row and column from 1.
    pub(super) fn holds(&mut self, row: u32, column: usize) {
        if self.row {
            self.hidden_rows.insert(row);
        }
        if self.columns.get(column - 1) == Some(&true) {
            self.hidden_columns.insert(u32::try_from(column).unwrap_or(u32::MAX));
        }
    }

    /// What is to be told of the sheet.
    pub(super) fn told(&self, sheet: &str) -> Vec<String> {
        let rows: Vec<String> = self.hidden_rows.iter().map(u32::to_string).collect();
        let columns: Vec<String> = self.hidden_columns.iter().map(|it| letters(*it)).collect();
        let told = |what: &str, which: &[String]| {
            let more = match which.len().saturating_sub(NAMED) {
                0 => String::new(),
                more => format!(" and {more} more"),
            };
            let first: Vec<&str> = which.iter().take(NAMED).map(String::as_str).collect();
            format!(
                "{HIDDEN} {what} of sheet {sheet:?} were read like the others: {}{more}",
                first.join(", ")
            )
        };
        let found = [("rows", rows), ("columns", columns)].into_iter();
        found.filter(|(_, it)| !it.is_empty()).map(|(what, it)| told(what, &it)).collect()
    }
}
