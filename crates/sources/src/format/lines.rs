//! The rows of any table, from text, from a workbook or from a list of JSON objects.

use super::records::{Member, Object};
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
    /// Of a list of objects.
    Object(&'r Object<'r>),
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
    /// At a place in a list, from 1.
    Record(u64),
}

impl Stands {
    /// In words.
    pub(crate) fn shown(self, sheet: &str) -> Option<String> {
        match self {
            Self::Nowhere => None,
            Self::Line(line) => Some(format!("line {line}")),
            Self::Record(record) => Some(format!("record {record}")),
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
            Self::Object(object) => object.members.len(),
        }
    }

    /// A field without white space around it; empty where there is none, or it cannot be read.
    pub(crate) fn field(self, at: usize) -> &'r str {
        match self {
            Self::Text(record) => record.field(at),
            Self::Cells(row) => row.cells.get(at).map_or("", Cell::text),
            Self::Object(object) => object.members.get(at).map_or("", Member::text),
        }
    }

    /// Why a field cannot be read, if it cannot.
    pub(crate) fn unreadable(self, at: usize) -> Option<&'r str> {
        match self {
            Self::Cells(row) => match row.cells.get(at) {
                Some(Cell::Unreadable(why)) => Some(why),
                _ => None,
            },
            Self::Object(object) => match object.members.get(at) {
                Some(Member::Unreadable(why)) => Some(why),
                _ => None,
            },
            Self::Text(_) => None,
        }
    }

    /// Why the whole row is not to be trusted, if it is not.
    pub(crate) const fn damage(self) -> Option<&'r str> {
        match self {
            Self::Cells(_) | Self::Object(_) => None,
            Self::Text(record) => record.damage(),
        }
    }

    /// Every field as it stands.
    pub(crate) fn shown(self) -> impl Iterator<Item = &'r str> + Clone {
        (0..self.len()).map(move |at| match self {
            Self::Text(record) => record.get(at).unwrap_or_default(),
            Self::Cells(row) => row.cells.get(at).map_or("", Cell::shown),
            Self::Object(object) => object.members.get(at).map_or("", Member::shown),
        })
    }

    /// Whether no field holds anything.
    pub(crate) fn is_blank(self) -> bool {
        self.shown().all(|field| field.trim().is_empty())
    }

    /// Whether its fields have types: some may be nothing that can be read.
    pub(crate) const fn is_typed(self) -> bool {
        matches!(self, Self::Cells(_) | Self::Object(_))
    }

    /// Whether a field may be a number itself, whatever a text would write between its digits.
    pub(crate) fn is_number(self, at: usize) -> bool {
        match self {
            Self::Text(_) => false,
            Self::Cells(_) => true,
            Self::Object(object) => matches!(object.members.get(at), Some(Member::Number(_))),
        }
    }

    /// The row as one line for the quarantine.
    pub(crate) fn line(self) -> String {
        match self {
            Self::Text(record) => record.line(),
            Self::Cells(_) => text::separated(self.shown(), ','),
            Self::Object(object) => text::joined([object.json], ""),
        }
    }

    /// Where it stands in its file.
    pub(crate) fn stands(self) -> Stands {
        match self {
            Self::Text(record) => record.begins().map_or(Stands::Nowhere, Stands::Line),
            Self::Cells(row) => Stands::Row(row.number),
            Self::Object(object) => Stands::Record(object.number),
        }
    }
}
