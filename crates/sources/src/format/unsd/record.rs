//! Records of the API answer.

use std::collections::HashMap;

use serde::Deserialize;
use wsis_model::codelist::DimensionLists;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::Series;
use wsis_model::quarantine::Subject;

use super::codes::{self, Attributes};
use super::{KEPT, answer};
use crate::area::{self, AreaId};
use crate::codes::Breakdown;
use crate::normalise::{Fault, Normaliser, Row};
use crate::raw::{self, Element, Raw};
use crate::{DecodeError, DecodeJob, PayloadSummary, RequestSpec};

#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Record<'a> {
    #[serde(borrow, default)]
    series: Raw<'a>,
    #[serde(borrow, default)]
    series_description: Raw<'a>,
    #[serde(borrow, default)]
    geo_area_code: Raw<'a>,
    #[serde(borrow, default)]
    geo_area_name: Raw<'a>,
    #[serde(borrow, default)]
    time_period_start: Raw<'a>,
    #[serde(borrow, default)]
    value: Raw<'a>,
    #[serde(borrow, default)]
    upper_bound: Raw<'a>,
    #[serde(borrow, default)]
    lower_bound: Raw<'a>,
    #[serde(borrow, default)]
    base_period: Raw<'a>,
    #[serde(borrow, default)]
    footnotes: Raw<'a>,
    #[serde(borrow, default)]
    attributes: Raw<'a>,
    #[serde(borrow, default)]
    dimensions: Raw<'a>,
}

/// Decodes one page.
pub(super) fn decode<'j>(
    job: &'j DecodeJob<'j>,
    request: &RequestSpec,
    text: &str,
    out: &'j mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError> {
    let mut decoder = Decoder {
        rows: Normaliser::new("unsd", job, out),
        at: 0,
        series: None,
        area: None,
        attributes: HashMap::new(),
        breakdowns: HashMap::new(),
    };
    answer::read(text, &mut |element| decoder.take(element))?;
    decoder.rows.tell_absent(request);
    Ok(decoder.rows.finish())
}

/// A series as the text of a record names it, and what is declared of it.
type Known<'a, 't> = ((&'t str, &'t str), Result<&'a Series, Fault>);

/// Dimensions and attributes repeat over the records; each distinct JSON text is read once.
struct Decoder<'a, 't> {
    rows: Normaliser<'a>,
    at: i64,
    series: Option<Known<'a, 't>>,
    area: Option<((&'t str, &'t str), AreaId)>,
    attributes: HashMap<&'t str, Result<Attributes, Fault>>,
    breakdowns: HashMap<(&'t str, &'t str), Result<Breakdown, Fault>>,
}

impl<'a, 't> Decoder<'a, 't> {
    fn take(&mut self, element: Element<'t, Record<'t>>) -> Result<(), DecodeError> {
        self.at += 1;
        match element {
            Element::Record(record) => self.record(&record),
            Element::Other(what, json) => self.rows.no_record(&what, json, self.at),
        }
    }

    fn series(&mut self, record: &Record<'t>) -> Result<Result<&'a Series, Fault>, DecodeError> {
        let texts = (record.series.json(), record.series_description.json());
        if let Some((known, series)) = &self.series
            && *known == texts
        {
            return Ok(series.clone());
        }
        let series = self.rows.series(&record.series.text());
        if let Ok(series) = &series {
            self.rows.title(series, &record.series_description.text())?;
        }
        self.series = Some((texts, series.clone()));
        Ok(series)
    }

    fn area(&mut self, record: &Record<'t>) -> AreaId {
        let texts = (record.geo_area_code.json(), record.geo_area_name.json());
        match self.area {
            Some((known, area)) if known == texts => area,
            _ => {
                let code = record.geo_area_code.text();
                let name = record.geo_area_name.text();
                let area = self.rows.area_with_name(&area::code(&code), &name);
                self.area = Some((texts, area));
                area
            }
        }
    }

    /// The figure of a record that cannot be used.
    fn subject(&mut self, record: &Record<'t>) -> Subject {
        let series = self.rows.series(&record.series.text()).ok();
        let code = record.geo_area_code.text();
        let area = self.rows.area_unused(&area::code(&code), &record.geo_area_name.text());
        let breakdown = breakdown(self.rows.lists(), record).ok();
        let period = record.time_period_start.text();
        self.rows.subject((series, Some(area)), codes::year(&period), breakdown.as_ref())
    }

    fn record(&mut self, record: &Record<'t>) -> Result<(), DecodeError> {
        if let Some(detail) = fault_in_form(record) {
            let subject = self.subject(record);
            return self.rows.malformed((detail.to_owned(), subject), self.at, as_text(record));
        }
        let series = self.series(record)?;
        if self.rows.leaves_out(&series)? {
            return Ok(());
        }
        let area = self.area(record);
        if self.attributes.len() >= KEPT {
            self.attributes.clear();
        }
        if self.breakdowns.len() >= KEPT {
            self.breakdowns.clear();
        }
        let lists = self.rows.lists();
        let attributes = self.attributes.entry(record.attributes.json()).or_insert_with(|| {
            let pairs = raw::pairs(record.attributes)?;
            let pairs = pairs.iter().map(|(name, code)| (name.as_str(), code.as_str()));
            Ok(Attributes::from_pairs(&lists.natures, pairs))
        });
        let attributes = match attributes {
            Ok(attributes) => &*attributes,
            Err(fault) => {
                let detail = fault.detail.clone();
                let subject = self.subject(record);
                return self.rows.malformed((detail, subject), self.at, as_text(record));
            }
        };
        let key = (record.dimensions.json(), record.base_period.json());
        let breakdown = self.breakdowns.entry(key).or_insert_with(|| breakdown(lists, record));
        let value = record.value.text();
        let note = footnote(record.footnotes);
        let bounds = (record.lower_bound.text(), record.upper_bound.text());
        let period = record.time_period_start.text();
        let row = Row {
            series: series.as_ref().copied(),
            area,
            period: codes::year(&period),
            breakdown: breakdown.as_ref(),
            value: codes::value(&value),
            scale: attributes.scale,
            unit: &attributes.unit,
            status: attributes.status,
            flag: attributes.flag.as_deref(),
            footnote: note.as_deref(),
            beside: &[],
            at: self.at,
        };
        self.rows.put(&row, || as_text(record))?;
        if let Some(remark) = &attributes.remark {
            self.rows.remark(remark.as_str());
        }
        if codes::bounds_contradict(&value, &bounds.0, &bounds.1) {
            self.rows.remark(codes::BOUNDS);
        }
        Ok(())
    }
}

/// A price base is part of what was measured, so of the key (V9).
fn breakdown(lists: &DimensionLists, record: &Record<'_>) -> Result<Breakdown, Fault> {
    let mut pairs = raw::pairs(record.dimensions)?;
    pairs.push(("BasePeriod".to_owned(), record.base_period.text().into_owned()));
    Breakdown::from_pairs(lists, pairs.iter().map(|(name, code)| (name.as_str(), code.as_str())))
}

/// The footnotes that are not empty, joined.
fn footnote(raw: Raw<'_>) -> Option<String> {
    // By far the most frequent form.
    if raw.is_null() || raw.json() == r#"[""]"# {
        return None;
    }
    let notes: Vec<String> = match serde_json::from_str::<Vec<Raw<'_>>>(raw.json()) {
        Ok(notes) => notes.into_iter().map(|note| note.text().into_owned()).collect(),
        Err(_) => vec![raw.text().into_owned()],
    };
    let notes: Vec<String> = notes.into_iter().filter(|note| !note.is_empty()).collect();
    (!notes.is_empty()).then(|| notes.join("; "))
}

fn fault_in_form(record: &Record<'_>) -> Option<&'static str> {
    if record.series.is_null() || record.series.is_nested() {
        return Some("series is absent or not a text");
    }
    if record.geo_area_code.is_nested() || record.time_period_start.is_nested() {
        return Some("geoAreaCode or timePeriodStart is a list or an object");
    }
    if !record.value.is_present() || record.value.is_nested() {
        return Some("value is absent or not a number, text or null");
    }
    let is_object = |raw: Raw<'_>| raw.is_null() || raw.json().starts_with('{');
    if !is_object(record.dimensions) || !is_object(record.attributes) {
        return Some("dimensions or attributes is not an object");
    }
    None
}

fn as_text(record: &Record<'_>) -> String {
    raw::record(&[
        ("series", record.series),
        ("geoAreaCode", record.geo_area_code),
        ("geoAreaName", record.geo_area_name),
        ("timePeriodStart", record.time_period_start),
        ("value", record.value),
        ("dimensions", record.dimensions),
        ("attributes", record.attributes),
        ("basePeriod", record.base_period),
        ("footnotes", record.footnotes),
    ])
}
