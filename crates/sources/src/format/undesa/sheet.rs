//! A small table in memory, from CSV text or from a workbook, with caps.

use wsis_model::pipeline::Format;

use super::columns;
use crate::format::lines::{Line, Stands};
use crate::table::{self, Table};
use crate::workbook::{self, Cell, Sheet as Tab, SheetRow, Workbook};
use crate::{ContentKind, DecodeError, DecodeJob, RequestSpec, archive, text};

/// Rows above the header in which it is looked for.
const PREAMBLE_MAX: usize = 20;

/// A header and the rows below it.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) header: Vec<String>,
    /// Each with where it stands.
    pub(super) rows: Vec<(Stands, Vec<Cell>)>,
    /// Name of the sheet of a workbook.
    pub(super) tab: String,
    pub(super) remarks: Vec<String>,
}

/// Reads a body of the expected kind.
pub(super) fn read(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &[u8],
) -> Result<Sheet, DecodeError> {
    let file = request.file(job.pipeline);
    match request.expect {
        ContentKind::Csv => read_csv(job, file.and_then(|file| file.member.as_deref()), body),
        ContentKind::Xlsx => read_workbook(job, file.and_then(|file| file.sheet.as_deref()), body),
        kind @ (ContentKind::Json | ContentKind::Xml) => {
            Err(DecodeError::UnknownKind { source_id: "undesa".to_owned(), kind })
        }
    }
}

fn read_csv(job: &DecodeJob<'_>, member: Option<&str>, body: &[u8]) -> Result<Sheet, DecodeError> {
    let plain = archive::plain(job, (Format::Csv, member), body, &|head| {
        let Ok(text) = text::table(head, &mut Vec::new()) else { return false };
        text.whole().lines().take(PREAMBLE_MAX).any(|line| {
            columns::is_header(line.split([',', ';', '\t']).map(|cell| cell.trim_matches('"')))
        })
    })?;
    let mut remarks = Vec::new();
    let text = text::table(&plain.body, &mut remarks)?;
    let mut table = Table::new(job, text);
    let mut rows = Vec::new();
    let mut cells = 0;
    while table.next()? {
        let record = table.record();
        cells += record.len();
        limit_cells(job, cells)?;
        let cells = match record.damage() {
            // No cell of such a row says whose it is.
            Some(damage) => vec![Cell::Unreadable(damage.into()); record.len()],
            None => record.iter().map(|field| Cell::Text(field.into())).collect(),
        };
        rows.push((Line::Text(record).stands(), cells));
    }
    if table.named_separator {
        remarks.push(table::SEPARATOR);
    }
    let mut sheet = split(rows)?;
    sheet.remarks = remarks.into_iter().map(str::to_owned).chain(plain.remark).collect();
    Ok(sheet)
}

fn limit_cells(job: &DecodeJob<'_>, cells: usize) -> Result<(), DecodeError> {
    let limit = job.limits.cells_max;
    if cells <= limit {
        return Ok(());
    }
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    Err(DecodeError::too_large("the number of cells of the table", limit, "cells_max"))
}

/// Place of the header, which is the first row that looks like one.
fn header_of(rows: &[(Stands, Vec<Cell>)]) -> Option<usize> {
    let is_header =
        |(_, row): &(Stands, Vec<Cell>)| columns::is_header(row.iter().map(Cell::shown));
    rows.iter().take(PREAMBLE_MAX).position(is_header)
}

/// The rows of a sheet.
fn of_sheet(rows: Vec<SheetRow>) -> Vec<(Stands, Vec<Cell>)> {
    rows.into_iter().map(|row| (Stands::Row(row.number), row.cells)).collect()
}

/// Takes the header off.
fn split(rows: Vec<(Stands, Vec<Cell>)>) -> Result<Sheet, DecodeError> {
    let Some(place) = header_of(&rows) else {
        let shown = |(_, row): &(Stands, Vec<Cell>)| table::shown(row.iter().map(Cell::shown));
        let found = rows.first().map_or_else(String::new, shown);
        return Err(DecodeError::Columns {
            missing: "the country and the e-government index".to_owned(),
            found,
        });
    };
    let mut rows = rows.into_iter().skip(place);
    let (_, header) = rows.next().unwrap_or_default();
    Ok(Sheet {
        header: header.iter().map(|cell| cell.shown().to_owned()).collect(),
        rows: rows.filter(|(_, row)| !row.iter().all(Cell::is_blank)).collect(),
        tab: String::new(),
        remarks: Vec::new(),
    })
}

/// Names of sheets, for a message.
fn names(tabs: &[&Tab]) -> String {
    let shown: Vec<String> = tabs.iter().take(20).map(|tab| format!("{:?}", tab.name)).collect();
    shown.join(", ")
}

/// The only sheet of a name.
fn so_named<'t>(tabs: &'t [Tab], named: &str) -> Result<&'t Tab, DecodeError> {
    let mut so_named = tabs.iter().filter(|tab| tab.name == named);
    let tab = so_named.next().ok_or_else(|| {
        let all: Vec<&Tab> = tabs.iter().collect();
        workbook::unreadable(format!("it has no sheet {named:?}; it has {}", names(&all)))
    })?;
    if so_named.next().is_some() {
        return Err(workbook::unreadable(format!(
            "several of its sheets are named {named:?}; give one of them another name"
        )));
    }
    Ok(tab)
}

/// The sheet of a workbook that is named, or the only visible one that holds such a table. Which
/// one was read is told, and which hidden ones were not.
fn read_workbook(
    job: &DecodeJob<'_>,
    named: Option<&str>,
    body: &[u8],
) -> Result<Sheet, DecodeError> {
    let mut book = Workbook::open(job, body)?;
    let tabs = book.sheets.clone();
    if let Some(named) = named {
        let tab = so_named(&tabs, named)?;
        let mut sheet = split(of_sheet(book.rows(job, tab, None)?))?;
        sheet.tab.clone_from(&tab.name);
        sheet.remarks.push(tab.named());
        sheet.remarks.extend(book.remarks());
        return Ok(sheet);
    }
    let (hidden, visible): (Vec<&Tab>, Vec<&Tab>) = tabs.iter().partition(|tab| tab.hidden);
    let (mut fitting, mut passed_over) = (Vec::new(), Vec::new());
    let mut first_error = None;
    for &tab in &visible {
        let error = match book.rows(job, tab, Some(PREAMBLE_MAX)).map(of_sheet) {
            Ok(rows) if header_of(&rows).is_some() => {
                fitting.push(tab);
                continue;
            }
            Ok(rows) => {
                if !rows.is_empty() {
                    passed_over.push((tab, String::new()));
                }
                split(rows).err()
            }
            // A sheet of notes may hold anything; not so one that a limit stops.
            Err(error @ (DecodeError::TooLarge { .. } | DecodeError::Stopped)) => {
                return Err(error);
            }
            Err(error) => {
                passed_over.push((tab, String::new()));
                Some(error)
            }
        };
        if first_error.is_none() {
            first_error = Some(error);
        }
    }
    match fitting.as_slice() {
        [tab] => {
            let mut sheet = split(of_sheet(book.rows(job, tab, None)?))?;
            sheet.tab.clone_from(&tab.name);
            sheet.remarks.push(format!("sheet {:?} was read", tab.name));
            sheet.remarks.extend(book.remarks());
            sheet.remarks.extend(workbook::passed_over(&passed_over, false));
            sheet.remarks.extend(workbook::not_read(&hidden));
            Ok(sheet)
        }
        [] if visible.is_empty() => Err(workbook::unreadable(format!(
            "it has no visible sheet of cells (hidden: {}); name one with `sheet`",
            names(&hidden)
        ))),
        [] => Err(first_error
            .flatten()
            .unwrap_or_else(|| workbook::unreadable("no sheet holds such a table"))),
        several => Err(workbook::unreadable(format!(
            "several of its sheets hold such a table ({}); name one with `sheet`",
            names(several)
        ))),
    }
}
