//! The CSV forms of the database, streamed row by row.

use std::collections::HashMap;

use wsis_model::observation::RowSink;
use wsis_model::pipeline::{Format, Series};
use wsis_model::quarantine::Subject;

use super::KEPT;
use super::codes::{self, Attributes};
use super::layout::Layout;
use crate::area::{self, AreaId};
use crate::codes::Breakdown;
use crate::format::lines::Line;
use crate::normalise::{Fault, Normaliser, Row};
use crate::table::{self, Record, Table};
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, archive, text};

/// The table, unpacked, with what was done to it.
fn unpacked<'b>(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &'b [u8],
) -> Result<archive::Plain<'b>, DecodeError> {
    let member = request.file(job.pipeline).and_then(|file| file.member.as_deref());
    archive::plain(job, (Format::Csv, member), body, &|head| {
        let Ok(text) = text::table(head, &mut Vec::new()) else { return false };
        let mut table = Table::new(job, text);
        table.next().is_ok_and(|found| found) && Layout::read(table.record()).is_ok()
    })
}

/// Inspects a body.
pub(super) fn page(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &[u8],
) -> Result<PageInfo, DecodeError> {
    let plain = unpacked(job, request, body)?;
    let text = text::table(&plain.body, &mut Vec::new())?;
    let mut table = Table::new(job, text);
    table.next()?;
    Layout::read(table.record())?;
    let mut rows: u64 = 0;
    while table.next()? {
        rows += 1;
    }
    Ok(PageInfo::whole(rows))
}

/// Decodes a body.
pub(super) fn decode<'j>(
    job: &'j DecodeJob<'j>,
    request: &RequestSpec,
    body: &[u8],
    out: &'j mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError> {
    let plain = unpacked(job, request, body)?;
    let mut remarks = Vec::new();
    let text = text::table(&plain.body, &mut remarks)?;
    let mut table = Table::new(job, text);
    table.next()?;
    let layout = Layout::read(table.record())?;
    let mut rows = Normaliser::new("unsd", job, out);
    rows.heard.columns(table.record().iter());
    for remark in remarks {
        rows.remark(remark);
    }
    for remark in layout.remarks.iter().chain(&plain.remark) {
        rows.remark(remark.as_str());
    }
    if table.named_separator {
        rows.remark(table::SEPARATOR);
    }
    let mut decoder = Decoder {
        rows,
        layout: &layout,
        at: 0,
        series: None,
        area: None,
        key: String::new(),
        attributes: Memo::default(),
        breakdowns: Memo::default(),
    };
    while table.next()? {
        decoder.take(table.record())?;
    }
    decoder.rows.tell_absent(request);
    Ok(decoder.rows.finish())
}

/// What the texts of some columns mean together, read once for each distinct combination.
struct Memo<T> {
    by_text: HashMap<String, usize>,
    found: Vec<T>,
    key: String,
}

impl<T> Default for Memo<T> {
    fn default() -> Self {
        Self { by_text: HashMap::new(), found: Vec::new(), key: String::new() }
    }
}

impl<T> Memo<T> {
    fn get(
        &mut self,
        record: Record<'_>,
        columns: &[(String, usize)],
        read: impl FnOnce(&[(&str, &str)]) -> T,
    ) -> Option<&T> {
        let field = |at: usize| record.get(at).unwrap_or_default();
        self.key.clear();
        for (_, at) in columns {
            self.key.push_str(field(*at));
            self.key.push('\u{1F}');
        }
        let place = if let Some(&place) = self.by_text.get(&self.key) {
            place
        } else {
            let pairs: Vec<(&str, &str)> =
                columns.iter().map(|(name, at)| (name.as_str(), field(*at))).collect();
            if self.found.len() >= KEPT {
                self.found.clear();
                self.by_text.clear();
            }
            self.found.push(read(&pairs));
            let place = self.found.len() - 1;
            self.by_text.insert(self.key.clone(), place);
            place
        };
        self.found.get(place)
    }
}

/// Rows come in runs of one series and one area; the last of each is remembered by its text.
struct Decoder<'a, 'l> {
    rows: Normaliser<'a>,
    layout: &'l Layout,
    at: i64,
    series: Option<(String, Result<&'a Series, Fault>)>,
    /// Area by the texts of all columns that name it.
    area: Option<(String, AreaId)>,
    key: String,
    attributes: Memo<Attributes>,
    breakdowns: Memo<Result<Breakdown, Fault>>,
}

impl<'a> Decoder<'a, '_> {
    /// The figure of a record that cannot be used.
    fn subject(&mut self, record: Record<'_>) -> Subject {
        let layout = self.layout;
        let series = self.rows.series(record.field(layout.series)).ok();
        let name = layout.name.map_or("", |at| record.field(at));
        let area = self.rows.area_unused(&area::code(record.field(layout.area)), name);
        let lists = self.rows.lists();
        let breakdown = self.breakdowns.get(record, &layout.dimensions, |pairs| {
            Breakdown::from_pairs(lists, pairs.iter().copied())
        });
        let breakdown = breakdown.and_then(|it| it.as_ref().ok());
        let period = codes::year(record.field(layout.period));
        self.rows.subject((series, Some(area)), period, breakdown)
    }

    fn take(&mut self, record: Record<'_>) -> Result<(), DecodeError> {
        self.at += 1;
        self.rows.stands(Line::Text(record).stands(), "");
        let layout = self.layout;
        if let Some(damage) = record.damage() {
            let subject = self.subject(record);
            return self.rows.malformed((damage.to_owned(), subject), self.at, record.line());
        }
        if let Some(detail) = table::fault_in_width(record.iter(), layout.width, layout.width) {
            let subject = self.subject(record);
            return self.rows.malformed((detail, subject), self.at, record.line());
        }
        let field = |at: usize| record.field(at);
        let optional = |at: Option<usize>| at.map_or("", field);
        let series = self.series(field(layout.series), optional(layout.title))?;
        if self.rows.leaves_out(&series)? {
            return Ok(());
        }
        self.rows.tell_unnamed(layout.unnamed.iter().map(|&at| (at, field(at))));
        let area = self.area(record);
        let lists = self.rows.lists();
        let attributes = self.attributes.get(record, &layout.attributes, |pairs| {
            Attributes::from_pairs(&lists.natures, pairs.iter().copied())
        });
        let breakdown = self.breakdowns.get(record, &layout.dimensions, |pairs| {
            Breakdown::from_pairs(lists, pairs.iter().copied())
        });
        let (Some(attributes), Some(breakdown)) = (attributes, breakdown) else { return Ok(()) };
        let value = field(layout.value);
        let row = Row {
            series: series.as_ref().copied(),
            area,
            period: codes::year(field(layout.period)),
            breakdown: breakdown.as_ref(),
            value: codes::value(value),
            scale: attributes.scale,
            unit: &attributes.unit,
            status: attributes.status,
            flag: attributes.flag.as_deref(),
            footnote: Some(optional(layout.footnote)).filter(|note| !note.is_empty()),
            beside: &[],
            at: self.at,
        };
        self.rows.put(&row, || record.line())?;
        if let Some(remark) = &attributes.remark {
            self.rows.remark(remark.as_str());
        }
        if codes::bounds_contradict(value, optional(layout.lower), optional(layout.upper)) {
            self.rows.remark(codes::BOUNDS);
        }
        Ok(())
    }

    fn series(
        &mut self,
        code: &str,
        title: &str,
    ) -> Result<Result<&'a Series, Fault>, DecodeError> {
        let series = match &self.series {
            Some((known, series)) if known == code => series.clone(),
            _ => {
                let series = self.rows.series(code);
                self.series = Some((code.to_owned(), series.clone()));
                series
            }
        };
        if let Ok(series) = &series {
            self.rows.title(series, title)?;
        }
        Ok(series)
    }

    fn area(&mut self, record: Record<'_>) -> AreaId {
        let layout = self.layout;
        let columns = || {
            let beside = layout.area_beside.iter().map(|(_, at)| *at);
            [layout.area].into_iter().chain(layout.name).chain(beside)
        };
        self.key.clear();
        for at in columns() {
            self.key.push_str(record.field(at));
            self.key.push('\u{1F}');
        }
        match &self.area {
            Some((known, area)) if *known == self.key => *area,
            _ => {
                let code = area::code(record.field(layout.area));
                let name = layout.name.map_or("", |at| record.field(at));
                let found = self.rows.area_with_name(&code, name);
                let beside = layout.area_beside.iter();
                let beside = beside.map(|(name, at)| (name.as_str(), record.field(*at)));
                let area = self.rows.area_beside(found, beside);
                self.area = Some((self.key.clone(), area));
                area
            }
        }
    }
}
