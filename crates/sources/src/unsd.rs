//! UNSD Global SDG Indicators Database: API JSON pages, and its CSV.
//!
//! Trap above all: a key without all dimensions collapses rows (`SE_ADT_ACTS` had 36 values on
//! one key). Sex, age and location have columns of their own; every other dimension is kept in
//! `dimensions`, `NAME=CODE` sorted by name.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::io::BufRead;

use serde::Deserialize;
use serde_json::value::RawValue;
use url::Url;
use wsis_model::area::AreaList;
use wsis_model::observation::{RowSink, TOTAL};
use wsis_model::pipeline::Pipeline;
use wsis_model::quarantine::Reason;
use wsis_model::status::ObsStatus;

use crate::body::{malformed, read_all, refuse_foreign, without_bom};
use crate::normalise::{Normaliser, Printed, Record};
use crate::{ContentKind, DecodeError, PageInfo, PayloadSummary, PlanError, RequestSpec, Source};

const EXPECTED: &str = "a UNSD SDG API answer";
const EXPECTED_CSV: &str = "a UNSD SDG table (SeriesCode, GeoAreaCode, TimePeriod, Value)";

pub(crate) struct Unsd;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    total_elements: Option<u64>,
    total_pages: Option<u32>,
    page_number: Option<u32>,
    #[serde(borrow, default)]
    data: Vec<&'a RawValue>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Row<'a> {
    #[serde(borrow)]
    series: Cow<'a, str>,
    #[serde(borrow)]
    geo_area_code: &'a RawValue,
    #[serde(borrow, default)]
    geo_area_name: Cow<'a, str>,
    #[serde(borrow)]
    time_period_start: &'a RawValue,
    #[serde(borrow)]
    value: Option<&'a RawValue>,
    #[serde(borrow, default)]
    footnotes: Option<Vec<Option<Cow<'a, str>>>>,
    #[serde(borrow, default)]
    attributes: BTreeMap<Cow<'a, str>, Option<Cow<'a, str>>>,
    #[serde(borrow, default)]
    dimensions: BTreeMap<Cow<'a, str>, Option<Cow<'a, str>>>,
}

impl Source for Unsd {
    fn id(&self) -> &'static str {
        "unsd"
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
        if request.expect == ContentKind::Csv {
            let rows = count_csv(request, body)?;
            return Ok(PageInfo { rows, total: None, pages: Some(1), vintage: None, next: None });
        }
        let answer = take_apart(request, body)?;
        let rows = answer.data.len() as u64;
        let page = answer.page_number.unwrap_or(request.page);
        let more = rows > 0 && answer.total_pages.is_some_and(|pages| page < pages);
        let next = more
            .then(|| {
                let next = request.page.saturating_add(1);
                let url = address(pipeline, &request.id, next).ok()?;
                Some(RequestSpec { page: next, url, ..request.clone() })
            })
            .flatten();
        Ok(PageInfo {
            rows,
            total: answer.total_elements,
            pages: answer.total_pages,
            vintage: None,
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
        let mut normaliser = Normaliser::new(self.id(), pipeline, areas, out);
        if request.expect == ContentKind::Csv {
            decode_csv(&mut normaliser, request, body)?;
        } else {
            let bytes = read_all(request, body)?;
            let answer = take_apart(request, &bytes)?;
            for (at, raw) in (1..).zip(&answer.data) {
                match serde_json::from_str::<Row<'_>>(raw.get()) {
                    Ok(row) => push_json(&mut normaliser, &row, at, raw),
                    Err(error) => {
                        let detail = format!("not a UNSD record: {error}");
                        normaliser.reject(Reason::MalformedRecord, detail, at, raw.get());
                    }
                }
            }
        }
        Ok(PayloadSummary { parsed: normaliser.parsed(), ..PayloadSummary::default() })
    }
}

/// The dimensions of a record in the form of the observation schema.
#[derive(Default)]
struct Dimensions {
    sex: Option<String>,
    age: Option<String>,
    location: Option<String>,
    rest: BTreeMap<String, String>,
    joined: String,
}

impl Dimensions {
    fn clear(&mut self) {
        self.sex = None;
        self.age = None;
        self.location = None;
        self.rest.clear();
    }

    fn put(&mut self, name: &str, code: &str) {
        let code = code.trim();
        if code.is_empty() {
            return;
        }
        match name {
            "Sex" => self.sex = Some(sex(code).to_owned()),
            "Age" => self.age = Some(total_or(code, "ALLAGE").to_owned()),
            "Location" => self.location = Some(total_or(code, "ALLAREA").to_owned()),
            // Global or national reporting is how the row was delivered, not what it is about.
            "Reporting Type" | "Units" | "Nature" | "Observation Status" | "Unit multiplier" => {}
            name => {
                self.rest.insert(name.to_owned(), code.to_owned());
            }
        }
    }

    fn join(&mut self) {
        self.joined.clear();
        for (name, code) in &self.rest {
            if !self.joined.is_empty() {
                self.joined.push(';');
            }
            self.joined.push_str(name);
            self.joined.push('=');
            self.joined.push_str(code);
        }
    }
}

/// SDMX sex codes for those of the SDG database; an unknown code is kept as it is.
fn sex(code: &str) -> &str {
    match code.to_ascii_uppercase().as_str() {
        "BOTHSEX" | "_T" => TOTAL,
        "FEMALE" => "F",
        "MALE" => "M",
        _ => code,
    }
}

fn total_or<'a>(code: &'a str, total: &str) -> &'a str {
    if code.eq_ignore_ascii_case(total) { TOTAL } else { code }
}

/// SDMX observation status for the database's `Nature`.
fn status(nature: &str) -> ObsStatus {
    match nature.to_ascii_uppercase().as_str() {
        "E" | "M" => ObsStatus::Estimated,
        "N" => ObsStatus::CannotExist,
        "NA" => ObsStatus::Missing,
        _ => ObsStatus::Normal,
    }
}

/// Tokens by which the database says that there is no value.
fn printed(text: &str) -> Printed<'_> {
    match text.trim() {
        "" | "null" | "N" | "NA" | "NaN" => Printed::Missing,
        text => Printed::Text(text),
    }
}

fn push_json(normaliser: &mut Normaliser<'_>, row: &Row<'_>, at: i64, raw: &RawValue) {
    let mut dimensions = Dimensions::default();
    for (name, code) in &row.dimensions {
        dimensions.put(name, code.as_deref().unwrap_or_default());
    }
    dimensions.join();
    let attribute = |name: &str| row.attributes.get(name).and_then(Option::as_deref);
    let nature = attribute("Nature").unwrap_or_default();
    let value = row.value.map_or(Cow::Borrowed(""), |raw| unquoted(raw));
    let area = unquoted(row.geo_area_code);
    let period = unquoted(row.time_period_start);
    let footnotes: Vec<&str> =
        row.footnotes.iter().flatten().flatten().map(|note| note.trim()).collect();
    let footnote = footnotes.join(" | ");
    let record = Record {
        series: &row.series,
        area: [&area, &row.geo_area_name, ""],
        period: period.strip_suffix(".0").unwrap_or(&period),
        value: printed(&value),
        sex: dimensions.sex.as_deref().unwrap_or(TOTAL),
        age: dimensions.age.as_deref().unwrap_or(TOTAL),
        location: dimensions.location.as_deref().unwrap_or(TOTAL),
        dimensions: &dimensions.joined,
        status: status(nature),
        flag: Some(nature),
        footnote: Some(footnote.trim_matches([' ', '|'])),
        row: at,
    };
    normaliser.push(&record, || raw.get().to_owned());
}

/// A JSON scalar as text, whether it was quoted or not.
fn unquoted(raw: &RawValue) -> Cow<'_, str> {
    let text = raw.get();
    if text.starts_with('"') {
        serde_json::from_str(text).unwrap_or(Cow::Borrowed(text))
    } else {
        Cow::Borrowed(text)
    }
}

fn take_apart<'a>(request: &RequestSpec, body: &'a [u8]) -> Result<Answer<'a>, DecodeError> {
    refuse_foreign(request, body, EXPECTED)?;
    let body = without_bom(body);
    let answer: Answer<'a> =
        serde_json::from_slice(body).map_err(|error| malformed(request, EXPECTED, error, body))?;
    if answer.total_elements.is_none() && answer.data.is_empty() {
        return Err(malformed(request, EXPECTED, "neither totalElements nor data", body));
    }
    Ok(answer)
}

fn address(pipeline: &Pipeline, series: &str, page: u32) -> Result<Url, PlanError> {
    let text = format!("{}/Series/Data", pipeline.base_url);
    let mut url = Url::parse(&text).map_err(|error| PlanError::Url {
        pipeline: pipeline.id.clone(),
        url: text.clone(),
        why: error.to_string(),
    })?;
    let (from, to) = pipeline.years;
    url.query_pairs_mut()
        .append_pair("seriesCode", series)
        .append_pair("timePeriodStart", &from.to_string())
        .append_pair("timePeriodEnd", &to.to_string())
        .append_pair("page", &page.to_string())
        .append_pair("pageSize", &pipeline.page_size.to_string());
    Ok(url)
}

/// Where the columns of a CSV are.
struct Columns {
    series: usize,
    area: usize,
    name: Option<usize>,
    period: usize,
    value: usize,
    footnote: Option<usize>,
    nature: Option<usize>,
    dimensions: Vec<(usize, String)>,
}

impl Columns {
    fn find(request: &RequestSpec, header: &csv::ByteRecord) -> Result<Self, DecodeError> {
        let names: Vec<String> = header
            .iter()
            .map(|name| String::from_utf8_lossy(without_bom(name)).trim().to_owned())
            .collect();
        let at = |wanted: &str| names.iter().position(|name| name == wanted);
        let need = |wanted: &str| {
            at(wanted).ok_or_else(|| {
                let why = format!("no column {wanted}; the header is {}", names.join(","));
                malformed(request, EXPECTED_CSV, why, header.as_slice())
            })
        };
        let dimensions = names
            .iter()
            .enumerate()
            .filter_map(|(at, name)| {
                let name = name.strip_prefix('[')?.strip_suffix(']')?;
                Some((at, name.to_owned()))
            })
            .collect();
        Ok(Self {
            series: need("SeriesCode")?,
            area: need("GeoAreaCode")?,
            name: at("GeoAreaName"),
            period: need("TimePeriod")?,
            value: need("Value")?,
            footnote: at("FootNote"),
            nature: at("[Nature]"),
            dimensions,
        })
    }
}

fn decode_csv(
    normaliser: &mut Normaliser<'_>,
    request: &RequestSpec,
    body: &mut dyn BufRead,
) -> Result<(), DecodeError> {
    let start = body
        .fill_buf()
        .map_err(|error| DecodeError::Read { request: request.id.clone(), why: error.to_string() })?;
    refuse_foreign(request, start, EXPECTED_CSV)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(body);
    let mut record = csv::ByteRecord::new();
    let unreadable = |error: csv::Error| malformed(request, EXPECTED_CSV, error, b"");
    reader.read_byte_record(&mut record).map_err(unreadable)?;
    let columns = Columns::find(request, &record)?;
    let mut dimensions = Dimensions::default();
    let mut at = 0;
    while reader.read_byte_record(&mut record).map_err(unreadable)? {
        at += 1;
        push_csv(normaliser, &columns, &record, &mut dimensions, at);
    }
    Ok(())
}

fn push_csv(
    normaliser: &mut Normaliser<'_>,
    columns: &Columns,
    record: &csv::ByteRecord,
    dimensions: &mut Dimensions,
    at: i64,
) {
    let shown = || {
        let cells: Vec<_> = record.iter().map(String::from_utf8_lossy).collect();
        cells.join(",")
    };
    let cell = |at: usize| record.get(at).map(String::from_utf8_lossy).unwrap_or_default();
    if record.get(columns.value).is_none() {
        let detail = format!("the line has {} cells, the value is missing", record.len());
        normaliser.reject(Reason::MalformedRecord, detail, at, &shown());
        return;
    }
    dimensions.clear();
    for (column, name) in &columns.dimensions {
        dimensions.put(name, &cell(*column));
    }
    dimensions.join();
    let nature = columns.nature.map(cell).unwrap_or_default();
    let footnote = columns.footnote.map(cell).unwrap_or_default();
    let (series, area, period) = (cell(columns.series), cell(columns.area), cell(columns.period));
    let name = columns.name.map(cell).unwrap_or_default();
    let value = cell(columns.value);
    let row = Record {
        series: &series,
        area: [&area, &name, ""],
        period: period.strip_suffix(".0").unwrap_or(&period),
        value: printed(&value),
        sex: dimensions.sex.as_deref().unwrap_or(TOTAL),
        age: dimensions.age.as_deref().unwrap_or(TOTAL),
        location: dimensions.location.as_deref().unwrap_or(TOTAL),
        dimensions: &dimensions.joined,
        status: status(nature.trim()),
        flag: Some(nature.trim()),
        footnote: Some(footnote.trim()),
        row: at,
    };
    normaliser.push(&row, shown);
}

fn count_csv(request: &RequestSpec, body: &[u8]) -> Result<u64, DecodeError> {
    refuse_foreign(request, body, EXPECTED_CSV)?;
    let mut reader = csv::ReaderBuilder::new().has_headers(true).flexible(true).from_reader(body);
    let header = reader.byte_headers().map_err(|e| malformed(request, EXPECTED_CSV, e, body))?;
    Columns::find(request, &header.clone())?;
    let mut rows = 0;
    for record in reader.byte_records() {
        record.map_err(|error| malformed(request, EXPECTED_CSV, error, body))?;
        rows += 1;
    }
    Ok(rows)
}
