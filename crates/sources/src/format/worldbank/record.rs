//! Records of the API: one economy, one year.

use serde::Deserialize;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::Series;
use wsis_model::quarantine::Subject;

use super::answer;
use crate::area::AreaId;
use crate::checks::malformed;
use crate::codes::{Breakdown, Status};
use crate::normalise::{Fault, Normaliser, Row, Value};
use crate::raw::{self, Element, Raw};
use crate::{DecodeError, DecodeJob, PayloadSummary, RequestSpec, text};

#[derive(Debug, Clone, Copy, Default, Deserialize)]
struct Record<'a> {
    #[serde(borrow, default)]
    indicator: Raw<'a>,
    #[serde(borrow, default)]
    country: Raw<'a>,
    #[serde(borrow, default)]
    countryiso3code: Raw<'a>,
    #[serde(borrow, default)]
    date: Raw<'a>,
    #[serde(borrow, default)]
    value: Raw<'a>,
    #[serde(borrow, default)]
    unit: Raw<'a>,
    #[serde(borrow, default)]
    obs_status: Raw<'a>,
    #[serde(borrow, default)]
    footnote: Raw<'a>,
}

/// `{"id": …, "value": …}`.
#[derive(Debug, Default, Deserialize)]
struct Labelled<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    value: Raw<'a>,
}

/// Code and name of such an object, which may have each only once.
fn labelled(raw: Raw<'_>) -> Result<(String, String), Fault> {
    let labelled: Labelled<'_> = serde_json::from_str(raw.json()).map_err(|error| {
        malformed(&format!("indicator or country cannot be read ({})", raw::reason(&error)))
    })?;
    Ok((labelled.id.text().into_owned(), labelled.value.text().into_owned()))
}

/// Decodes an answer, or its rows alone.
pub(super) fn decode<'j>(
    job: &'j DecodeJob<'j>,
    request: &RequestSpec,
    text: &str,
    out: &'j mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError> {
    let mut decoder = Decoder {
        rows: Normaliser::new("worldbank", job, out),
        at: 0,
        total: Breakdown::total(),
        series: None,
        area: None,
    };
    let header = answer::read(text, &mut |element| decoder.take(element))?;
    decoder.rows.tell_absent(request);
    let mut summary = decoder.rows.finish();
    summary.source_updated =
        header.and_then(|header| header.lastupdated).and_then(|date| text::date(&date));
    Ok(summary)
}

/// Rows come in runs of one series and one economy, so the last of each is remembered by its
/// JSON text, and the inside of `indicator` and `country` is read once per run.
struct Decoder<'a, 't> {
    rows: Normaliser<'a>,
    at: i64,
    total: Breakdown,
    series: Option<(&'t str, Result<&'a Series, Fault>)>,
    area: Option<((&'t str, &'t str), AreaId)>,
}

impl<'j, 't> Decoder<'j, 't> {
    fn take(&mut self, element: Element<'t, Record<'t>>) -> Result<(), DecodeError> {
        self.at += 1;
        match element {
            Element::Record(record) => self.record(&record),
            Element::Other(what, json) => self.rows.no_record(&what, json, self.at),
        }
    }

    fn record(&mut self, record: &Record<'t>) -> Result<(), DecodeError> {
        let value_text = record.value.text();
        if let Some(detail) = fault_in_form(record) {
            let subject = self.subject(record);
            return self.rows.malformed((detail, subject), self.at, as_text(record));
        }
        let series = self.series(record)?;
        if self.rows.leaves_out(&series)? {
            return Ok(());
        }
        let area = self.area(record);
        let value =
            if record.value.is_null() { Value::Missing(None) } else { Value::Text(&value_text) };
        let flag = record.obs_status.text();
        let status = if flag.is_empty() { None } else { Status::of_sdmx(&flag) };
        let (footnote, period, unit) =
            (record.footnote.text(), record.date.text(), record.unit.text());
        let row = Row {
            series: series.as_ref().copied(),
            area,
            period: &period,
            breakdown: Ok(&self.total),
            value,
            scale: 0,
            unit: &unit,
            status: status.unwrap_or(Status::PLAIN),
            flag: Some(&*flag).filter(|flag| !flag.is_empty()),
            footnote: Some(&*footnote).filter(|note| !note.is_empty()),
            beside: &[],
            at: self.at,
        };
        self.rows.put(&row, || as_text(record))
    }

    /// The figure of a record that cannot be used.
    fn subject(&mut self, record: &Record<'t>) -> Subject {
        let series =
            labelled(record.indicator).ok().and_then(|(code, _)| self.rows.series(&code).ok());
        let area = labelled(record.country).ok().map(|(id, name)| {
            let code = record.countryiso3code.text();
            self.rows.area_unused(if code.is_empty() { &id } else { &code }, &name)
        });
        self.rows.subject((series, area), &record.date.text(), Some(&self.total))
    }

    fn series(&mut self, record: &Record<'t>) -> Result<Result<&'j Series, Fault>, DecodeError> {
        let json = record.indicator.json();
        if let Some((known, series)) = &self.series
            && *known == json
        {
            return Ok(series.clone());
        }
        let read = labelled(record.indicator);
        let series = match &read {
            Ok((code, _)) => self.rows.series(code),
            Err(fault) => Err(fault.clone()),
        };
        if let (Ok(series), Ok((_, title))) = (&series, &read) {
            self.rows.title(series, title)?;
        }
        self.series = Some((json, series.clone()));
        Ok(series)
    }

    /// The code of the economy is in `countryiso3code`, which is empty for income groups, and in
    /// `country.id`, which some indicators fill with the three-letter code (W8). The name beside
    /// them, where it is in a list, has to agree; it may come in another language, or empty.
    fn area(&mut self, record: &Record<'t>) -> AreaId {
        let texts = (record.country.json(), record.countryiso3code.json());
        match self.area {
            Some((known, area)) if known == texts => area,
            _ => {
                let area = match labelled(record.country) {
                    Ok((id, name)) => {
                        self.rows.area_of_codes(&record.countryiso3code.text(), &id, &name)
                    }
                    Err(fault) => self.rows.no_area(fault),
                };
                self.area = Some((texts, area));
                area
            }
        }
    }
}

/// What is wrong with the form of a record, if anything.
fn fault_in_form(record: &Record<'_>) -> Option<String> {
    let is_object = |raw: Raw<'_>| raw.json().starts_with('{');
    if !is_object(record.indicator) || !is_object(record.country) {
        return Some("indicator or country is absent or not an object".to_owned());
    }
    if !record.value.is_present() || record.value.is_nested() {
        return Some("value is absent or not a number, text or null".to_owned());
    }
    if record.date.is_null() || record.date.is_nested() {
        return Some("date is absent or not a text".to_owned());
    }
    None
}

fn as_text(record: &Record<'_>) -> String {
    raw::record(&[
        ("indicator", record.indicator),
        ("country", record.country),
        ("countryiso3code", record.countryiso3code),
        ("date", record.date),
        ("value", record.value),
        ("unit", record.unit),
        ("obs_status", record.obs_status),
        ("footnote", record.footnote),
    ])
}

#[cfg(test)]
mod tests {
    use super::{Raw, labelled};

    #[test]
    fn code_and_name_of_anything() {
        let of = |json| labelled(serde_json::from_str::<Raw<'_>>(json).unwrap_or_default()).ok();
        assert_eq!(labelled(Raw::default()).ok(), None);
        assert_eq!(of(r#"{"id":"KE","id":"UG"}"#), None);
        assert_eq!(of(r#"{"value":"x","id":"KE"}"#), Some(("KE".to_owned(), "x".to_owned())));
    }
}
