//! The rows of any table, from text or from a workbook.

use crate::table::Record;
use crate::text;
use crate::workbook::{Cell, SheetRow};

/// One row.
#[derive(Clone, Copy)]
pub(crate) enum Line<'r> {
    /// Of a text.
    Text(Record<'r>),
    /// Of a sheet.
    Cells(&'r SheetRow),
}

/// Where a row stands in its file, for people.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Stands {
    /// Nowhere that a person could look up.
    #[default]
    Nowhere,
    /// In a line of a text, from 1.
    Line(u64),
    /// In a row of a sheet, from 1.
    Row(u32),
}

impl Stands {
    /// In words.
    pub(crate) fn shown(self, sheet: &str) -> Option<String> {
        match self {
            Self::Nowhere => None,
            Self::Line(line) => Some(format!("line {line}")),
            Self::Row(row) if sheet.is_empty() => Some(format!("row {row}")),
            Self::Row(row) => Some(format!("sheet {sheet:?}, row {row}")),
        }
    }
}

impl<'r> Line<'r> {
    /// Number of fields.
    pub(crate) fn len(self) -> usize {
        match self {
            Self::Text(record) => record.len(),
            Self::Cells(row) => row.cells.len(),
        }
    }

    /// A field without white space around it; empty where there is none, or it cannot be read.
    pub(crate) fn field(self, at: usize) -> &'r str {
        match self {
            Self::Text(record) => record.field(at),
            Self::Cells(row) => row.cells.get(at).map_or("", Cell::text),
        }
    }

    /// Why a field cannot be read, if it cannot.
    pub(crate) fn unreadable(self, at: usize) -> Option<&'r str> {
        match self {
            Self::Cells(row) => match row.cells.get(at) {
                Some(Cell::Unreadable(why)) => Some(why),
                _ => None,
            },
            Self::Text(_) => None,
        }
    }

    /// Why the whole row is not to be trusted, if it is not.
    pub(crate) const fn damage(self) -> Option<&'r str> {
        match self {
            Self::Cells(_) => None,
            Self::Text(record) => record.damage(),
        }
    }

    /// Every field as it stands.
    pub(crate) fn shown(self) -> impl Iterator<Item = &'r str> + Clone {
        (0..self.len()).map(move |at| match self {
            Self::Text(record) => record.get(at).unwrap_or_default(),
            Self::Cells(row) => row.cells.get(at).map_or("", Cell::shown),
        })
    }

    /// Whether no field holds anything.
    pub(crate) fn is_blank(self) -> bool {
        self.shown().all(|field| field.trim().is_empty())
    }

    /// Whether numbers are numbers, whatever a text would write between their digits.
    pub(crate) const fn has_numbers(self) -> bool {
        matches!(self, Self::Cells(_))
    }

    /// The row as one line for the quarantine.
    pub(crate) fn line(self) -> String {
        match self {
            Self::Text(record) => record.line(),
            Self::Cells(_) => text::separated(self.shown(), ','),
        }
    }

    /// Where it stands in its file.
    pub(crate) fn stands(self) -> Stands {
        match self {
            Self::Text(record) => record.begins().map_or(Stands::Nowhere, Stands::Line),
            Self::Cells(row) => Stands::Row(row.number),
        }
    }
}
