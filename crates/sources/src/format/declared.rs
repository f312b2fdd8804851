//! Any table by a declared mapping: CSV and other separated text in any encoding, and workbooks.
//! The header is the first row that holds every heading that the mapping names.

use wsis_model::mapping::{Mapping, SHEET};
use wsis_model::observation::RowSink;
use wsis_model::pipeline::{Format, SourceFile};

use super::Decoder;
use super::heads::{Heads, Nearest};
use super::lines::Line;
use crate::mapping::layout::{Header, Held, Layout};
use crate::mapping::mapper::Mapper;
use crate::normalise::Normaliser;
use crate::table::{self, Table};
use crate::text::TableText;
use crate::workbook::{self, Sheet, SheetRow, Workbook};
use crate::{ContentKind, DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec};
use crate::{archive, text};

/// Rows in which the header is looked for.
const PREAMBLE_MAX: usize = 50;
/// What separates fields, where nothing is declared, in the order in which it is tried.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Tables of the pipeline's mapping.
pub(crate) struct Declared;

impl Decoder for Declared {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        inspect(&Reading::new(job, request, &ByMapping)?, body)
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let reading = Reading::new(job, request, &ByMapping)?;
        let label = reading.mapping.areas_of.as_deref().unwrap_or(&job.pipeline.source);
        decode(&reading, label, (body, true), out)
    }
}

/// Counts the rows of a body of tables that hold something.
pub(crate) fn inspect(reading: &Reading<'_>, body: &[u8]) -> Result<PageInfo, DecodeError> {
    let mut rows: u64 = 0;
    reading.each(body, &mut |found| {
        if let Found::Row(_, _, line) = found {
            rows += u64::from(!line.is_blank());
        }
        Ok(())
    })?;
    Ok(PageInfo::whole(rows))
}

/// Decodes a body of tables. `label` is the source whose spellings of areas are used; `is_file` says
/// whether all declared series are due in the body.
pub(crate) fn decode<'d>(
    reading: &'d Reading<'d>,
    label: &'d str,
    (body, is_file): (&[u8], bool),
    out: &'d mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError> {
    let (job, mapping) = (reading.job, reading.mapping);
    let edition = reading.file.and_then(|file| file.edition);
    let mut mapper = Mapper::new(Normaliser::new(label, job, out), mapping, edition);
    reading.each(body, &mut |found| match found {
        Found::Remark(remark) => {
            mapper.rows.remark(remark);
            Ok(())
        }
        Found::Header(layout) => {
            mapper.begin(layout);
            Ok(())
        }
        Found::Row(layout, sheet, line) => mapper.take(layout, sheet, line),
    })?;
    mapper.put_counts()?;
    mapper.rows.tell_absent_of(reading.request, is_file);
    Ok(mapper.rows.finish())
}

/// What is found in a body, in its order.
pub(crate) enum Found<'f, 'p> {
    /// Something to tell.
    Remark(String),
    /// The header of a table.
    Header(&'f Layout<'p>),
    /// A row below it, and the name of the sheet, where the body has sheets.
    Row(&'f Layout<'p>, &'f str, Line<'f>),
}

/// Takes what is found.
type Take<'t, 'p> = &'t mut dyn FnMut(Found<'_, 'p>) -> Result<(), DecodeError>;

/// Tells headers from other rows.
pub(crate) trait Headings: Sync {
    /// The layout of a table with this header.
    ///
    /// # Errors
    /// When the row is no header of such a table.
    fn layout<'p>(
        &self,
        reading: &Reading<'p>,
        header: Line<'_>,
    ) -> Result<Layout<'p>, DecodeError>;

    /// Which of the headings that are looked for a row holds; none where they are no list.
    fn held(&self, _: &Reading<'_>, _: Line<'_>) -> Option<Held> {
        None
    }
}

/// The headings that the mapping names.
struct ByMapping;

/// A row as the header of a table.
fn header<'p>(reading: &Reading<'p>, line: Line<'_>) -> Header<'p, 'p> {
    Header {
        pipeline: reading.job.pipeline,
        mapping: reading.mapping,
        edition: reading.file.and_then(|file| file.edition),
        headings: line.shown().map(str::to_owned).collect(),
        passed_over: vec![false; line.len()],
    }
}

impl Headings for ByMapping {
    fn layout<'p>(
        &self,
        reading: &Reading<'p>,
        header: Line<'_>,
    ) -> Result<Layout<'p>, DecodeError> {
        self::header(reading, header).layout(reading.job)
    }

    fn held(&self, reading: &Reading<'_>, header: Line<'_>) -> Option<Held> {
        Some(self::header(reading, header).held(reading.job))
    }
}

/// A body under way.
pub(crate) struct Reading<'p> {
    pub(crate) job: &'p DecodeJob<'p>,
    pub(crate) request: &'p RequestSpec,
    pub(crate) mapping: &'p Mapping,
    pub(crate) file: Option<&'p SourceFile>,
    headings: &'p dyn Headings,
}

impl<'p> Reading<'p> {
    /// A body that answers a request.
    ///
    /// # Errors
    /// When the pipeline declares no mapping.
    pub(crate) fn new(
        job: &'p DecodeJob<'p>,
        request: &'p RequestSpec,
        headings: &'p dyn Headings,
    ) -> Result<Self, DecodeError> {
        let mapping = job
            .pipeline
            .mapping
            .as_ref()
            .ok_or_else(|| DecodeError::NoMapping { pipeline: job.pipeline.id.clone() })?;
        Ok(Self::by(job, request, headings, mapping))
    }

    /// A body under a mapping.
    pub(crate) fn by(
        job: &'p DecodeJob<'p>,
        request: &'p RequestSpec,
        headings: &'p dyn Headings,
        mapping: &'p Mapping,
    ) -> Self {
        Self { job, request, mapping, file: request.file(job.pipeline), headings }
    }

    /// Which of the headings that are looked for a row holds.
    pub(crate) fn held(&self, header: Line<'_>) -> Option<Held> {
        self.headings.held(self, header)
    }

    /// Hands over what is in a body.
    ///
    /// # Errors
    /// When it holds no such table, or is over a limit.
    pub(crate) fn each(&self, body: &[u8], take: Take<'_, 'p>) -> Result<(), DecodeError> {
        match self.request.expect {
            ContentKind::Csv => self.text(body, take),
            ContentKind::Xlsx => self.workbook(body, take),
            kind @ (ContentKind::Json | ContentKind::Xml) => {
                let source_id = self.job.pipeline.source.clone();
                Err(DecodeError::UnknownKind { source_id, kind })
            }
        }
    }

    fn text(&self, body: &[u8], take: Take<'_, 'p>) -> Result<(), DecodeError> {
        let member = self.file.and_then(|file| file.member.as_deref());
        let encoding = self.mapping.encoding;
        let format = self.file.map_or(Format::Csv, |file| file.format);
        let plain = archive::plain(self.job, (format, member), body, &|head| {
            text::table_in(head, encoding, &mut Vec::new())
                .is_ok_and(|text| self.delimiter(text).is_ok())
        })?;
        let mut remarks = Vec::new();
        let text = text::table_in(&plain.body, encoding, &mut remarks)?;
        let (delimiter, layout, above) = self.delimiter(text)?;
        let mut table = Table::separated(self.job, text, delimiter);
        for remark in remarks.into_iter().map(str::to_owned).chain(plain.remark) {
            take(Found::Remark(remark))?;
        }
        if table.named_separator {
            take(Found::Remark(table::SEPARATOR.to_owned()))?;
        }
        take(Found::Header(&layout))?;
        for _ in 0..=above {
            table.next()?;
        }
        while table.next()? {
            take(Found::Row(&layout, "", Line::Text(table.record())))?;
        }
        Ok(())
    }

    /// The separator of a text, the layout of its header, and the number of rows above the last one
    /// of that.
    fn delimiter(&self, text: TableText<'_>) -> Result<(u8, Layout<'p>, usize), DecodeError> {
        let tried: &[u8] = self.mapping.delimiter.as_slice();
        let tried = if tried.is_empty() { &DELIMITERS } else { tried };
        let mut nearest = Nearest::default();
        for &delimiter in tried {
            let mut table = Table::separated(self.job, text, delimiter);
            let mut heads = Heads::new(self.mapping.header_rows);
            for above in 0..PREAMBLE_MAX {
                match table.next() {
                    Ok(true) => {}
                    Ok(false) => break,
                    // By another separator the mark may be text.
                    Err(error @ DecodeError::OpenQuote { .. }) => {
                        nearest.take(error)?;
                        break;
                    }
                    Err(error) => return Err(error),
                }
                let line = Line::Text(table.record());
                let joined = heads.joined(line);
                let Some(header) = joined.header(line) else { continue };
                match self.headings.layout(self, header) {
                    Ok(layout) => return Ok((delimiter, layout, above)),
                    Err(error) => nearest.note(self, (line, header, ""), error)?,
                }
            }
        }
        Err(nearest.error())
    }

    fn workbook(&self, body: &[u8], take: Take<'_, 'p>) -> Result<(), DecodeError> {
        let mut book = Workbook::open(self.job, body)?;
        let tabs = book.sheets.clone();
        let named = self.file.and_then(|file| file.sheet.as_deref());
        let wanted: Vec<&Sheet> = match named {
            Some(name) => tabs.iter().filter(|tab| tab.name == name).collect(),
            None => tabs.iter().filter(|tab| !tab.hidden).collect(),
        };
        let (mut fitting, mut passed_over) = (Vec::new(), Vec::new());
        let mut nearest = Nearest::default();
        for tab in wanted {
            let header = match book.rows(self.job, tab, Some(PREAMBLE_MAX)) {
                Ok(rows) if rows.is_empty() => continue,
                Ok(rows) => self.header(&rows, &tab.name),
                Err(error) => Err(error),
            };
            match header {
                Ok((layout, above)) => fitting.push((tab, layout, above)),
                // A sheet of notes may hold anything; not so one that a limit stops.
                Err(error) => {
                    passed_over.push((tab, error.to_string()));
                    nearest.take(error)?;
                }
            }
        }
        let several = self.mapping.columns.named().any(|(_, heading)| heading == SHEET)
            || self.mapping.dimensions.iter().any(|(_, heading)| heading == SHEET);
        let names = |tabs: &mut dyn Iterator<Item = &Sheet>| {
            let shown: Vec<String> = tabs.take(20).map(|tab| format!("{:?}", tab.name)).collect();
            shown.join(", ")
        };
        match (fitting.len(), named) {
            (0, Some(name)) if !tabs.iter().any(|tab| tab.name == name) => {
                return Err(workbook::unreadable(format!(
                    "it has no sheet {name:?}; it has {}",
                    names(&mut tabs.iter())
                )));
            }
            (0, _) => return Err(nearest.error()),
            (1, _) => {}
            (_, Some(name)) => {
                let why = "nobody can say which is meant";
                return Err(workbook::unreadable(format!(
                    "several of its sheets have the name {name:?}: {why}"
                )));
            }
            _ if several => {}
            _ => {
                return Err(workbook::unreadable(format!(
                    "several of its sheets hold such a table ({}); name one with `sheet`, or name \
                     {SHEET:?} in the mapping to read all",
                    names(&mut fitting.iter().map(|(tab, ..)| *tab))
                )));
            }
        }
        for (tab, layout, above) in fitting {
            let read = match named {
                Some(_) => tab.named(),
                None => format!("sheet {:?} was read", tab.name),
            };
            take(Found::Remark(read))?;
            take(Found::Header(&layout))?;
            for row in book.rows(self.job, tab, None)?.iter().skip(above + 1) {
                take(Found::Row(&layout, &tab.name, Line::Cells(row)))?;
            }
            book.remarks().into_iter().try_for_each(|it| take(Found::Remark(it)))?;
        }
        for told in workbook::passed_over(&passed_over, several) {
            take(Found::Remark(told))?;
        }
        let hidden: Vec<&Sheet> = tabs.iter().filter(|tab| tab.hidden && named.is_none()).collect();
        workbook::not_read(&hidden).map_or(Ok(()), |it| take(Found::Remark(it)))
    }

    /// The layout of the header of a sheet, and the number of rows above the last one of that.
    fn header(&self, rows: &[SheetRow], sheet: &str) -> Result<(Layout<'p>, usize), DecodeError> {
        let mut nearest = Nearest::default();
        let mut heads = Heads::new(self.mapping.header_rows);
        for (above, row) in rows.iter().take(PREAMBLE_MAX).enumerate() {
            let line = Line::Cells(row);
            let joined = heads.joined(line);
            let Some(header) = joined.header(line) else { continue };
            match self.headings.layout(self, header) {
                Ok(layout) => return Ok((layout, above)),
                Err(error) => nearest.note(self, (line, header, sheet), error)?,
            }
        }
        Err(nearest.error())
    }
}
