//! A small table in memory, from CSV text or from a workbook, with caps.

use std::io::{Cursor, Read as _};

use calamine::{DataRef, Reader as _, Xlsx, XlsxError};
use csv::StringRecord;

use super::columns;
use crate::{ContentKind, DecodeError, table, text};

/// Rows of a table; the real ones have 193.
const ROWS_MAX: usize = 100_000;
/// Cells of a workbook sheet.
const CELLS_MAX: usize = 1_000_000;
/// Columns of a workbook sheet.
const COLUMNS_MAX: u32 = 256;
/// Parts of a workbook; the real ones have 10 to 20.
const PARTS_MAX: usize = 1_000;
/// Bytes of all parts of a workbook, unpacked.
const UNPACKED_MAX: u64 = 64 << 20;
/// Rows above the header in which it is looked for.
const PREAMBLE_MAX: usize = 20;

/// A header and the rows below it.
#[derive(Debug, Default)]
pub(super) struct Sheet {
    pub(super) header: Vec<String>,
    pub(super) rows: Vec<Vec<String>>,
    pub(super) remarks: Vec<String>,
}

/// Reads a body of the expected kind.
pub(super) fn read(kind: ContentKind, body: &[u8]) -> Result<Sheet, DecodeError> {
    match kind {
        ContentKind::Csv => read_csv(body),
        ContentKind::Xlsx => read_workbook(body),
        kind @ ContentKind::Json => Err(DecodeError::UnknownKind { source_id: "undesa", kind }),
    }
}

fn read_csv(body: &[u8]) -> Result<Sheet, DecodeError> {
    let mut remarks = Vec::new();
    let text = text::table(body, &mut remarks)?;
    let mut reader = table::reader(&text);
    let mut record = StringRecord::new();
    let mut rows = Vec::new();
    while table::next(&mut reader, &mut record) {
        limit_rows(rows.len())?;
        rows.push(record.iter().map(str::to_owned).collect());
    }
    let mut sheet = split(rows)?;
    sheet.remarks = remarks.into_iter().map(str::to_owned).collect();
    Ok(sheet)
}

fn limit_rows(rows: usize) -> Result<(), DecodeError> {
    if rows > ROWS_MAX {
        return Err(too_large("the number of rows", ROWS_MAX as u64));
    }
    Ok(())
}

fn too_large(what: &str, limit: u64) -> DecodeError {
    DecodeError::TooLarge { what: what.to_owned(), limit }
}

/// Takes the header off, which is the first row that looks like one.
fn split(rows: Vec<Vec<String>>) -> Result<Sheet, DecodeError> {
    let place = rows
        .iter()
        .take(PREAMBLE_MAX)
        .position(|row| columns::is_header(row.iter().map(String::as_str)));
    let Some(place) = place else {
        let found = rows
            .first()
            .map_or_else(String::new, |row| table::shown(row.iter().map(String::as_str)));
        return Err(DecodeError::Columns {
            missing: "the country and the e-government index".to_owned(),
            found,
        });
    };
    let mut rows = rows.into_iter().skip(place);
    Ok(Sheet {
        header: rows.next().unwrap_or_default(),
        rows: rows.filter(|row| row.iter().any(|cell| !cell.trim().is_empty())).collect(),
        remarks: Vec::new(),
    })
}

/// The first sheet of a workbook that holds such a table. Cells are streamed: a sheet that
/// claims a million rows by one far cell takes no memory for the others.
fn read_workbook(body: &[u8]) -> Result<Sheet, DecodeError> {
    if body.trim_ascii().is_empty() {
        return Err(DecodeError::Empty { expected: "an xlsx workbook" });
    }
    check_container(body)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(body)).map_err(|e| unreadable(&e))?;
    let names = book.sheet_names();
    let mut first_error = None;
    for name in &names {
        let found = read_sheet(&mut book, name).and_then(split);
        match found {
            Ok(sheet) => return Ok(sheet),
            Err(error) => {
                first_error.get_or_insert(error);
            }
        }
    }
    Err(first_error.unwrap_or_else(|| DecodeError::Workbook { why: "no sheets".to_owned() }))
}

fn unreadable(error: &XlsxError) -> DecodeError {
    DecodeError::Workbook { why: error.to_string() }
}

fn read_sheet(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Vec<Vec<String>>, DecodeError> {
    let mut cells = book.worksheet_cells_reader(name).map_err(|e| unreadable(&e))?;
    let mut rows: Vec<Vec<String>> = Vec::new();
    let mut count = 0_usize;
    while let Some(cell) = cells.next_cell().map_err(|e| unreadable(&e))? {
        let text = shown(cell.get_value());
        if text.is_empty() {
            continue;
        }
        let (row, column) = cell.get_position();
        count += 1;
        if count > CELLS_MAX || column >= COLUMNS_MAX {
            return Err(too_large("the number of cells or columns", CELLS_MAX as u64));
        }
        let row = usize::try_from(row).unwrap_or(usize::MAX);
        limit_rows(row)?;
        if rows.len() <= row {
            rows.resize_with(row + 1, Vec::new);
        }
        let column = usize::try_from(column).unwrap_or_default();
        if let Some(cells) = rows.get_mut(row) {
            if cells.len() <= column {
                cells.resize_with(column + 1, String::new);
            }
            if let Some(slot) = cells.get_mut(column) {
                *slot = text;
            }
        }
    }
    level(&mut rows);
    Ok(rows)
}

/// Workbooks leave empty cells at the end of a row out; the row is as wide as the widest.
fn level(rows: &mut [Vec<String>]) {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    for row in rows.iter_mut().filter(|row| !row.is_empty()) {
        row.resize_with(width, String::new);
    }
}

fn shown(value: &DataRef<'_>) -> String {
    match value {
        DataRef::Int(number) => number.to_string(),
        DataRef::Float(number) => number.to_string(),
        DataRef::String(text) => text.clone(),
        DataRef::SharedString(text) => (*text).to_owned(),
        DataRef::Bool(truth) => truth.to_string(),
        DataRef::Error(error) => error.to_string(),
        DataRef::Empty => String::new(),
        // A number formatted as a date is no figure of this table: it stays text.
        other => format!("{other:?}"),
    }
}

/// Unpacks every part of the archive once, counting, before a parser takes it into memory: the
/// sizes that an archive states about itself may be false.
fn check_container(body: &[u8]) -> Result<(), DecodeError> {
    let broken = |why: &str| DecodeError::Workbook { why: why.to_owned() };
    let parts = directory(body).ok_or_else(|| {
        broken(&format!("no zip directory; the file starts with {:?}", text::start(body)))
    })?;
    if parts.len() > PARTS_MAX {
        return Err(too_large("the number of parts of the workbook", PARTS_MAX as u64));
    }
    let mut left = UNPACKED_MAX;
    for part in parts {
        let size = match part.method {
            0 => part.data.len() as u64,
            8 => {
                let unpacked = flate2::read::DeflateDecoder::new(part.data);
                std::io::copy(&mut unpacked.take(left + 1), &mut std::io::sink())
                    .map_err(|error| broken(&format!("a part cannot be unpacked: {error}")))?
            }
            _ => return Err(broken("a part is packed in an unknown way")),
        };
        left = left
            .checked_sub(size)
            .ok_or_else(|| too_large("the unpacked size of the workbook", UNPACKED_MAX))?;
    }
    Ok(())
}

struct Part<'b> {
    method: u16,
    data: &'b [u8],
}

fn u16_at(body: &[u8], at: usize) -> Option<u16> {
    let bytes = body.get(at..at.checked_add(2)?)?;
    Some(u16::from_le_bytes(bytes.try_into().ok()?))
}

fn u32_at(body: &[u8], at: usize) -> Option<usize> {
    let bytes = body.get(at..at.checked_add(4)?)?;
    usize::try_from(u32::from_le_bytes(bytes.try_into().ok()?)).ok()
}

/// The parts by the central directory of the zip archive.
fn directory(body: &[u8]) -> Option<Vec<Part<'_>>> {
    const END: &[u8] = b"PK\x05\x06";
    const ENTRY: &[u8] = b"PK\x01\x02";
    let from = body.len().saturating_sub(22 + 65_535);
    let tail = body.get(from..)?;
    let end = from + tail.windows(4).rposition(|window| window == END)?;
    let count = u16_at(body, end + 10)?;
    let mut at = u32_at(body, end + 16)?;
    let mut parts = Vec::new();
    for _ in 0..count {
        if body.get(at..at.checked_add(4)?)? != ENTRY {
            return None;
        }
        let method = u16_at(body, at + 10)?;
        let packed = u32_at(body, at + 20)?;
        let lengths = [28, 30, 32].map(|offset| u16_at(body, at + offset).map(usize::from));
        let local = u32_at(body, at + 42)?;
        let name = usize::from(u16_at(body, local.checked_add(26)?)?);
        let extra = usize::from(u16_at(body, local.checked_add(28)?)?);
        let start = local.checked_add(30 + name + extra)?;
        let data = body.get(start..start.checked_add(packed)?)?;
        parts.push(Part { method, data });
        let [Some(name), Some(extra), Some(comment)] = lengths else { return None };
        at = at.checked_add(46 + name + extra + comment)?;
    }
    Some(parts)
}
