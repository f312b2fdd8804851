//! World Bank API version 2, JSON: `[header, rows]`, paged.
//!
//! Traps: `pages: 0` for a series without data (W1); errors as `[{"message": […]}]` with status
//! 200 (W4, W7); numbers as text in the header; `countryiso3code` empty for the income groups;
//! ISO 3166-1 alpha-3 in `country.id` for some series (W8); aggregates mixed with economies
//! (W11): the code list tells them apart, never their place.

use std::borrow::Cow;
use std::io::BufRead;

use chrono::NaiveDate;
use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;
use wsis_model::area::AreaList;
use wsis_model::observation::{RowSink, TOTAL};
use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;

use crate::body::{first, malformed, read_all, refuse_foreign, without_bom};
use crate::normalise::{Normaliser, Printed, Record};
use crate::{ContentKind, DecodeError, PageInfo, PayloadSummary, PlanError, RequestSpec, Source};

const EXPECTED: &str = "World Bank JSON ([header, rows])";

pub(crate) struct WorldBank;

/// The first element of an answer. All fields optional: what is absent says what it is.
#[derive(Deserialize)]
struct Head<'a> {
    #[serde(borrow)]
    page: Option<&'a RawValue>,
    #[serde(borrow)]
    pages: Option<&'a RawValue>,
    #[serde(borrow)]
    total: Option<&'a RawValue>,
    #[serde(borrow)]
    lastupdated: Option<Cow<'a, str>>,
    #[serde(borrow)]
    message: Option<Vec<Message<'a>>>,
}

#[derive(Deserialize)]
struct Message<'a> {
    #[serde(borrow, default)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    key: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Named<'a> {
    #[serde(borrow, default)]
    id: Cow<'a, str>,
    #[serde(borrow, default)]
    value: Cow<'a, str>,
}

#[derive(Deserialize)]
struct Row<'a> {
    #[serde(borrow)]
    indicator: Named<'a>,
    #[serde(borrow)]
    country: Named<'a>,
    #[serde(borrow, default)]
    countryiso3code: Cow<'a, str>,
    #[serde(borrow)]
    date: Cow<'a, str>,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    obs_status: Option<Cow<'a, str>>,
    #[serde(borrow, default)]
    footnote: Option<Cow<'a, str>>,
}

/// An answer taken apart; rows not yet decoded.
struct Answer<'a> {
    head: Option<Head<'a>>,
    rows: Vec<&'a RawValue>,
}

impl Source for WorldBank {
    fn id(&self) -> &'static str {
        "worldbank"
    }

    fn decoder_version(&self) -> u32 {
        1
    }

    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError> {
        if pipeline.series.is_empty() {
            return Err(PlanError::Nothing(pipeline.id.clone(), "series"));
        }
        pipeline
            .series
            .iter()
            .map(|series| {
                let url = address(pipeline, &series.code, 1)?;
                Ok(RequestSpec { id: series.code.clone(), page: 1, url, expect: ContentKind::Json })
            })
            .collect()
    }

    fn page(
        &self,
        pipeline: &Pipeline,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        let answer = take_apart(request, body)?;
        let rows = answer.rows.len() as u64;
        let Some(head) = answer.head else {
            return Ok(PageInfo { rows, total: None, pages: None, vintage: None, next: None });
        };
        let pages = head.pages.and_then(count).map(|n| u32::try_from(n).unwrap_or(u32::MAX));
        let page = head.page.and_then(count).unwrap_or(1);
        let next = (rows > 0 && pages.is_some_and(|pages| page < u64::from(pages)))
            .then(|| {
                let next = request.page.saturating_add(1);
                let url = address(pipeline, &request.id, next).ok()?;
                Some(RequestSpec { page: next, url, ..request.clone() })
            })
            .flatten();
        Ok(PageInfo {
            rows,
            total: head.total.and_then(count),
            pages,
            vintage: head.lastupdated.map(Cow::into_owned),
            next,
        })
    }

    fn decode(
        &self,
        pipeline: &Pipeline,
        areas: &AreaList,
        request: &RequestSpec,
        body: &mut dyn BufRead,
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let bytes = read_all(request, body)?;
        let answer = take_apart(request, &bytes)?;
        let mut normaliser = Normaliser::new(self.id(), pipeline, areas, out);
        for (at, raw) in (1..).zip(&answer.rows) {
            match serde_json::from_str::<Row<'_>>(raw.get()) {
                Ok(row) => push(&mut normaliser, &row, at, raw),
                Err(error) => {
                    let detail = format!("not a World Bank record: {error}");
                    normaliser.reject(Reason::MalformedRecord, detail, at, raw.get());
                }
            }
        }
        let updated = answer.head.and_then(|head| head.lastupdated);
        let source_updated =
            updated.and_then(|date| NaiveDate::parse_from_str(&date, "%Y-%m-%d").ok());
        Ok(PayloadSummary { parsed: normaliser.parsed(), source_updated, findings: Vec::new() })
    }
}

fn push(normaliser: &mut Normaliser<'_>, row: &Row<'_>, at: i64, raw: &RawValue) {
    let unquoted: Cow<'_, str>;
    let value = match row.value.map(RawValue::get) {
        None | Some("null") => Printed::Missing,
        Some(text) if text.starts_with('"') => {
            unquoted = serde_json::from_str(text).unwrap_or(Cow::Borrowed(text));
            if unquoted.trim().is_empty() { Printed::Missing } else { Printed::Text(&unquoted) }
        }
        Some(text) => Printed::Text(text),
    };
    let flag = row.obs_status.as_deref().map(str::trim).filter(|flag| !flag.is_empty());
    let record = Record {
        series: &row.indicator.id,
        area: [&row.countryiso3code, &row.country.id, &row.country.value],
        period: &row.date,
        value,
        sex: TOTAL,
        age: TOTAL,
        location: TOTAL,
        dimensions: "",
        status: flag.and_then(ObsStatus::from_code).unwrap_or(ObsStatus::Normal),
        flag,
        footnote: row.footnote.as_deref(),
        row: at,
    };
    normaliser.push(&record, || raw.get().to_owned());
}

fn address(pipeline: &Pipeline, series: &str, page: u32) -> Result<Url, PlanError> {
    let text = format!("{}/country/all/indicator/{series}", pipeline.base_url);
    let mut url = Url::parse(&text).map_err(|error| PlanError::Url {
        pipeline: pipeline.id.clone(),
        url: text.clone(),
        why: error.to_string(),
    })?;
    let (from, to) = pipeline.years;
    url.query_pairs_mut()
        .append_pair("format", "json")
        .append_pair("source", "2")
        .append_pair("footnote", "y")
        .append_pair("date", &format!("{from}:{to}"))
        .append_pair("per_page", &pipeline.page_size.to_string())
        .append_pair("page", &page.to_string());
    Ok(url)
}

/// A whole number that may be written as text.
fn count(raw: &RawValue) -> Option<u64> {
    raw.get().trim_matches('"').trim().parse().ok()
}

fn take_apart<'a>(request: &RequestSpec, body: &'a [u8]) -> Result<Answer<'a>, DecodeError> {
    refuse_foreign(request, body, EXPECTED)?;
    let body = without_bom(body);
    let text = std::str::from_utf8(body)
        .map_err(|error| malformed(request, EXPECTED, error, body))?;
    if text.trim_start().starts_with('<') {
        return Err(malformed(request, EXPECTED, xml_message(text), body));
    }
    let parts: Vec<&RawValue> = serde_json::from_str(text)
        .map_err(|error| malformed(request, EXPECTED, error, body))?;
    let Some(head) = parts.first() else {
        return Err(malformed(request, EXPECTED, "an empty array", body));
    };
    if is_record(head) {
        return Ok(Answer { head: None, rows: parts });
    }
    let head: Head<'a> = serde_json::from_str(head.get())
        .map_err(|error| malformed(request, EXPECTED, format!("header: {error}"), body))?;
    if let Some(messages) = &head.message {
        return Err(told(request, messages, body));
    }
    if head.page.is_none() && head.total.is_none() {
        return Err(malformed(request, EXPECTED, "the header has neither page nor total", body));
    }
    let rows = match parts.get(1).map(|raw| raw.get()) {
        None | Some("null") => Vec::new(),
        Some(text) => serde_json::from_str(text)
            .map_err(|error| malformed(request, EXPECTED, format!("rows: {error}"), body))?,
    };
    Ok(Answer { head: Some(head), rows })
}

/// Whether the first element is a record already (answers cut to their second element).
fn is_record(raw: &RawValue) -> bool {
    #[derive(Deserialize)]
    struct Probe {
        indicator: Option<serde::de::IgnoredAny>,
    }
    serde_json::from_str::<Probe>(raw.get()).is_ok_and(|probe| probe.indicator.is_some())
}

fn told(request: &RequestSpec, messages: &[Message<'_>], body: &[u8]) -> DecodeError {
    let Some(message) = messages.first() else {
        return malformed(request, EXPECTED, "a message without text", body);
    };
    let text = format!("{}: {}", message.key, message.value);
    if message.id == "175" {
        return DecodeError::Withdrawn { request: request.id.clone(), message: text };
    }
    DecodeError::Message { request: request.id.clone(), id: message.id.to_string(), message: text }
}

/// The text of `<wb:message>` of an XML error answer, or that it is XML (W14).
fn xml_message(text: &str) -> String {
    let message = text.split("<wb:message").nth(1).and_then(|rest| rest.split_once('>'));
    let message = message.and_then(|(_, rest)| rest.split('<').next());
    message.map_or_else(
        || format!("an XML document, {}", first(text.as_bytes())),
        |message| format!("an XML error: {}", message.trim()),
    )
}
