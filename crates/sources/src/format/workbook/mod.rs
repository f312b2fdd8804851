//! Workbooks, of Office Open XML and OpenDocument spreadsheets: their sheets, and the cells of one as rows of texts. A part is
//! unpacked by the one zip reader that also counts it, every place of a cell is checked, and a
//! cell that holds something is never taken for an empty one.

mod cells;
mod ods;
mod unseen;
mod xml;

use std::collections::BTreeMap;
use std::rc::Rc;

use quick_xml::events::{BytesStart, Event};

use crate::archive::{Allowance, Zip};
use crate::{DecodeError, DecodeJob};

pub(crate) use cells::Cell;

/// A sheet of figures.
#[derive(Debug, Clone)]
pub(crate) struct Sheet {
    /// Name on its tab.
    pub(crate) name: String,
    /// Whether it is hidden from people.
    pub(crate) hidden: bool,
    /// Part of the archive.
    path: String,
}

/// A row of a sheet that holds something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SheetRow {
    /// As the spreadsheet program counts it, from 1.
    pub(crate) number: u32,
    pub(crate) cells: Vec<Cell>,
}

/// An open workbook.
pub(crate) struct Workbook<'b> {
    zip: Zip<'b>,
    /// Sheets of figures, in the order of their tabs.
    pub(crate) sheets: Vec<Sheet>,
    shared: Vec<Rc<str>>,
    cells: usize,
    /// Whether it says itself that the stored results of its formulas are none.
    uncalculated: bool,
    /// What is to be told of the sheets that were read as a whole.
    remarks: Vec<String>,
    /// All of an OpenDocument spreadsheet; none of Office Open XML.
    document: Option<Rc<str>>,
}

/// An error that says what is wrong with a workbook.
pub(crate) fn unreadable(why: impl Into<String>) -> DecodeError {
    DecodeError::Workbook { why: why.into() }
}

impl<'b> Workbook<'b> {
    /// Reads what the workbook says of its sheets, and the texts that they share.
    pub(crate) fn open(job: &DecodeJob<'_>, body: &'b [u8]) -> Result<Self, DecodeError> {
        if body.trim_ascii().is_empty() {
            return Err(DecodeError::Empty { expected: "an xlsx workbook" });
        }
        let mut zip = Zip::open(job, body, Allowance::workbook(job, body))?;
        let has = |name: &str| zip.names().iter().any(|it| it == name);
        if has(ods::CONTENT) && !has("[Content_Types].xml") {
            let text: Rc<str> = part(job, &mut zip, ods::CONTENT)?.into();
            let sheets = ods::sheets(job, &text)?;
            let document = Some(text);
            let (shared, remarks, cells, uncalculated) = (Vec::new(), Vec::new(), 0, false);
            return Ok(Self { zip, sheets, shared, cells, uncalculated, remarks, document });
        }
        let roots = relations(job, &mut zip, "_rels/.rels", "")?;
        let book = roots
            .into_values()
            .find(|relation| relation.kind == "officeDocument")
            .map_or_else(|| "xl/workbook.xml".to_owned(), |relation| relation.target);
        let text = part(job, &mut zip, &book)?;
        let (named, uncalculated) = sheets(job, &text)?;
        let (folder, file) = book.rsplit_once('/').unwrap_or(("", &book));
        let relations = relations(job, &mut zip, &format!("{folder}/_rels/{file}.rels"), folder)?;
        let mut sheets = Vec::new();
        for (name, hidden, id) in named {
            let relation = relations.get(&id).ok_or_else(|| {
                unreadable(format!("sheet {name:?} names part {id:?}, which is not there"))
            })?;
            // Charts and dialogs have tabs of their own, and no cells.
            if relation.kind == "worksheet" {
                sheets.push(Sheet { name, hidden, path: relation.target.clone() });
            }
        }
        let shared = match relations.values().find(|relation| relation.kind == "sharedStrings") {
            Some(relation) => cells::shared(job, &part(job, &mut zip, &relation.target)?)?,
            None => Vec::new(),
        };
        let (cells, remarks, document) = (0, Vec::new(), None);
        Ok(Self { zip, sheets, shared, cells, uncalculated, remarks, document })
    }

    /// The rows of a sheet that hold something, in order, all as wide as the widest; of a sheet
    /// that is only looked at the first `rows_max`.
    pub(crate) fn rows(
        &mut self,
        job: &DecodeJob<'_>,
        sheet: &Sheet,
        rows_max: Option<usize>,
    ) -> Result<Vec<SheetRow>, DecodeError> {
        if let Some(document) = self.document.clone() {
            let (rows, hidden) = ods::rows(job, (&document, sheet), &mut self.cells, rows_max)?;
            if hidden > 0 && rows_max.is_none() {
                let told = format!(
                    "{hidden} {} rows of sheet {:?} were read",
                    crate::request::HIDDEN,
                    sheet.name
                );
                self.remarks.push(told);
            }
            return Ok(rows);
        }
        let text = part(job, &mut self.zip, &sheet.path)?;
        let mut reading = cells::Reading {
            job,
            sheet: &sheet.name,
            shared: &self.shared,
            cells: &mut self.cells,
            rows: BTreeMap::new(),
            uncalculated: self.uncalculated,
            arrays: Vec::new(),
            passed: (Vec::new(), 0),
            unseen: unseen::Unseen::default(),
        };
        reading.read(&text, rows_max)?;
        if rows_max.is_none() {
            self.remarks.extend(reading.unseen.told(&sheet.name));
        }
        reading.leveled()
    }
}

impl Workbook<'_> {
    /// What is to be told of the sheets that were read since this was last asked.
    pub(crate) fn remarks(&mut self) -> Vec<String> {
        std::mem::take(&mut self.remarks)
    }
}

impl Sheet {
    /// What is said of it when it was read because the pipeline names it.
    pub(crate) fn named(&self) -> String {
        let name = &self.name;
        let is_hidden =
            if self.hidden { format!("; it is {}", crate::request::HIDDEN) } else { String::new() };
        format!("sheet {name:?} was read, as the pipeline says{is_hidden}")
    }
}

/// Sheets that are named in a finding; the rest are counted.
const NAMED: usize = 20;
/// Characters of the reason why a sheet was passed over.
const WHY: usize = 200;

/// What is said of hidden sheets that were not read.
pub(crate) fn not_read(hidden: &[&Sheet]) -> Option<String> {
    let names = named(hidden.iter().copied());
    (!hidden.is_empty())
        .then(|| format!("{} sheets were not read: {names}", crate::request::HIDDEN))
}

/// What is said of visible sheets that hold something and no such table, with what is wrong with
/// each. Where every sheet is a part of the figures (`is_each`) one with a slip in its header is a
/// part that is lost, and told by itself.
pub(crate) fn passed_over(tabs: &[(&Sheet, String)], is_each: bool) -> Vec<String> {
    if !is_each {
        let names = named(tabs.iter().map(|(tab, _)| *tab));
        let told = format!("sheets without such a table were not read: {names}");
        return if tabs.is_empty() { Vec::new() } else { vec![told] };
    }
    let told = tabs.iter().take(NAMED).map(|(tab, why)| {
        let why: String = why.chars().take(WHY).collect();
        format!("sheet {:?} was {}: {why}", tab.name, crate::request::PASSED_OVER)
    });
    let more = tabs.len().saturating_sub(NAMED);
    let rest =
        (more > 0).then(|| format!("{more} more sheets were {}", crate::request::PASSED_OVER));
    told.chain(rest).collect()
}

fn named<'s>(tabs: impl ExactSizeIterator<Item = &'s Sheet>) -> String {
    let more = tabs.len().saturating_sub(NAMED);
    let shown: Vec<String> = tabs.take(NAMED).map(|tab| format!("{:?}", tab.name)).collect();
    let names = shown.join(", ");
    if more == 0 { names } else { format!("{names} and {more} more") }
}

/// What one part says of another.
struct Relation {
    kind: String,
    target: String,
}

fn part(job: &DecodeJob<'_>, zip: &mut Zip<'_>, name: &str) -> Result<String, DecodeError> {
    let bytes = zip.read(job, name)?;
    let bytes = bytes.ok_or_else(|| unreadable(format!("it has no part {name:?}")))?;
    xml::text(name, bytes)
}

/// The relations of a part by id, targets from the root of the archive.
fn relations(
    job: &DecodeJob<'_>,
    zip: &mut Zip<'_>,
    name: &str,
    folder: &str,
) -> Result<BTreeMap<String, Relation>, DecodeError> {
    let mut found = BTreeMap::new();
    let Some(bytes) = zip.read(job, name.trim_start_matches('/'))? else { return Ok(found) };
    let text = xml::text(name, bytes)?;
    let mut events = xml::Events::new(job, name, &text);
    loop {
        match events.next()? {
            Event::Start(element) | Event::Empty(element) if xml::is(&element, "Relationship") => {
                let kind = xml::attribute(&element, "Type")?.unwrap_or_default();
                let kind = kind.rsplit('/').next().unwrap_or_default().to_owned();
                // Notes, drawings and styles may be many; they are not read.
                if !["officeDocument", "worksheet", "chartsheet", "dialogsheet", "sharedStrings"]
                    .contains(&kind.as_str())
                {
                    continue;
                }
                let id = xml::attribute(&element, "Id")?.unwrap_or_default();
                let target = xml::attribute(&element, "Target")?.unwrap_or_default();
                found.insert(id, Relation { kind, target: resolved(folder, &target) });
                limit(found.len(), job.limits.parts_max, "parts_max", "relations")?;
            }
            Event::Eof => return Ok(found),
            _ => {}
        }
    }
}

fn limit(count: usize, limit: usize, name: &'static str, what: &str) -> Result<(), DecodeError> {
    if count <= limit {
        return Ok(());
    }
    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
    Err(DecodeError::too_large(format!("the number of {what} of the workbook"), limit, name))
}

/// A target as a path from the root of the archive.
fn resolved(folder: &str, target: &str) -> String {
    if let Some(from_root) = target.strip_prefix('/') {
        return from_root.to_owned();
    }
    let mut parts: Vec<&str> = folder.split('/').filter(|part| !part.is_empty()).collect();
    for part in target.split('/') {
        match part {
            "" | "." => {}
            ".." => drop(parts.pop()),
            part => parts.push(part),
        }
    }
    parts.join("/")
}

/// Name, whether hidden, and relation of a sheet.
type NamedSheet = (String, bool, String);

/// The sheets; and whether the results of the formulas are
/// still to be calculated. Programs that write formulas and do not calculate them store a 0 as the
/// result, and say so (F02).
fn sheets(job: &DecodeJob<'_>, text: &str) -> Result<(Vec<NamedSheet>, bool), DecodeError> {
    let mut found = Vec::new();
    let mut uncalculated = false;
    let mut events = xml::Events::new(job, "the workbook", text);
    loop {
        match events.next()? {
            Event::Start(element) | Event::Empty(element) if xml::is(&element, "sheet") => {
                found.push(named_sheet(&element)?);
                limit(found.len(), job.limits.sheets_max, "sheets_max", "sheets")?;
            }
            Event::Start(element) | Event::Empty(element) if xml::is(&element, "calcPr") => {
                uncalculated |= xml::truth(&element, "fullCalcOnLoad")? == Some(true)
                    || xml::truth(&element, "calcCompleted")? == Some(false);
            }
            Event::Eof => return Ok((found, uncalculated)),
            _ => {}
        }
    }
}

fn named_sheet(element: &BytesStart<'_>) -> Result<NamedSheet, DecodeError> {
    let name = xml::attribute(element, "name")?.unwrap_or_default();
    let state = xml::attribute(element, "state")?.unwrap_or_default();
    let id = xml::attribute(element, "id")?.unwrap_or_default();
    Ok((name, !matches!(state.as_str(), "" | "visible"), id))
}

#[cfg(test)]
mod tests {
    use super::resolved;

    #[test]
    fn targets_are_found_from_where_they_are_named() {
        assert_eq!(resolved("xl", "worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl", "/xl/worksheets/sheet1.xml"), "xl/worksheets/sheet1.xml");
        assert_eq!(resolved("xl/a", "../b.xml"), "xl/b.xml");
        assert_eq!(resolved("", "xl/workbook.xml"), "xl/workbook.xml");
    }
}
