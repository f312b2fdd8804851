//! The CSV forms of the database, streamed row by row.

use std::collections::HashMap;

use csv::StringRecord;
use wsis_model::area::AreaList;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::{Pipeline, Series};

use super::codes::{self, Attributes};
use super::layout::Layout;
use crate::codes::Breakdown;
use crate::normalise::{AreaId, Fault, Normaliser, Row};
use crate::{DecodeError, PageInfo, PayloadSummary, table, text};

/// Inspects a body.
pub(super) fn page(body: &[u8]) -> Result<PageInfo, DecodeError> {
    let text = text::table(body, &mut Vec::new())?;
    let mut reader = table::reader(&text);
    let mut record = StringRecord::new();
    table::next(&mut reader, &mut record);
    Layout::read(&record)?;
    let mut rows: u64 = 0;
    while table::next(&mut reader, &mut record) {
        rows += 1;
    }
    Ok(PageInfo { rows, total: None, pages: Some(1), vintage: None, next: None })
}

/// Decodes a body.
pub(super) fn decode(
    pipeline: &Pipeline,
    areas: &AreaList,
    body: &[u8],
    out: &mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError> {
    let mut remarks = Vec::new();
    let text = text::table(body, &mut remarks)?;
    let mut reader = table::reader(&text);
    let mut record = StringRecord::new();
    table::next(&mut reader, &mut record);
    let layout = Layout::read(&record)?;
    let mut rows = Normaliser::new("unsd", pipeline, areas, out);
    for remark in remarks {
        rows.remark(remark);
    }
    for remark in &layout.remarks {
        rows.remark(remark.as_str());
    }
    let mut decoder = Decoder {
        rows,
        layout: &layout,
        at: 0,
        series: None,
        area: None,
        attributes: Memo::default(),
        breakdowns: Memo::default(),
    };
    while table::next(&mut reader, &mut record) {
        decoder.take(&record);
    }
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
        record: &StringRecord,
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
    area: Option<(String, AreaId)>,
    attributes: Memo<Attributes>,
    breakdowns: Memo<Result<Breakdown, Fault>>,
}

impl Decoder<'_, '_> {
    fn take(&mut self, record: &StringRecord) {
        self.at += 1;
        let layout = self.layout;
        if record.len() != layout.width {
            let detail = format!("{} fields found, expected {}", record.len(), layout.width);
            return self.rows.malformed(detail, self.at, table::line(record));
        }
        let field = |at: usize| record.get(at).unwrap_or_default().trim();
        let optional = |at: Option<usize>| at.map_or("", field);
        let area = self.area(field(layout.area));
        let code = field(layout.series);
        let rows = &self.rows;
        let (_, series) = match &mut self.series {
            Some(known) if known.0 == code => known,
            slot => slot.insert((code.to_owned(), rows.series(code))),
        };
        let attributes = self
            .attributes
            .get(record, &layout.attributes, |pairs| Attributes::from_pairs(pairs.iter().copied()));
        let breakdown = self
            .breakdowns
            .get(record, &layout.dimensions, |pairs| Breakdown::from_pairs(pairs.iter().copied()));
        let (Some(attributes), Some(breakdown)) = (attributes, breakdown) else { return };
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
            at: self.at,
        };
        self.rows.put(&row, || table::line(record));
        if let Some(remark) = &attributes.remark {
            self.rows.remark(remark.as_str());
        }
        if codes::bounds_contradict(value, optional(layout.lower), optional(layout.upper)) {
            self.rows.remark(codes::BOUNDS);
        }
    }

    fn area(&mut self, text: &str) -> AreaId {
        match &self.area {
            Some((known, area)) if known == text => *area,
            _ => {
                let area = self.rows.area(&codes::area(text));
                self.area = Some((text.to_owned(), area));
                area
            }
        }
    }
}
