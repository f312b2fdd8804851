//! UNSD SDG API: `/v1/sdg/Series/Data` (JSON pages) and `/v1/sdg/Series/DataCSV`.

use std::collections::{BTreeMap, BTreeSet};

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::figures::{Figures, SdgRow, Series};
use crate::query::Query;
use crate::{Options, json};

/// Path of the service.
pub(crate) const ROOT: &str = "/v1/sdg";

/// Reporting type of every row here: the global database, not a national one.
const REPORTING: (&str, &str) = ("Reporting Type", "G");

/// Fixed columns of the CSV; bracketed ones for dimensions and attributes follow.
const CSV_HEADER: &str = "Goal,Target,Indicator,SeriesCode,SeriesDescription,GeoAreaCode,\
                          GeoAreaName,TimePeriod,Value,Time_Detail,TimeCoverage,UpperBound,\
                          LowerBound,BasePeriod,Source,GeoInfoUrl,FootNote";

/// An observation with its series and its dimensions by name.
struct Record<'a> {
    series: &'a Series,
    /// Rows of the whole series, whatever was asked for.
    series_count: usize,
    area: u32,
    area_name: &'a str,
    year: i32,
    value: &'a str,
    nature: &'a str,
    dimensions: BTreeMap<&'a str, &'a str>,
}

/// The records asked for, in file order.
fn records<'a>(figures: &'a Figures, options: Options, query: &Query) -> Vec<Record<'a>> {
    let codes: Vec<&str> = query.all("seriesCode").chain(query.all("seriesCodes")).collect();
    let areas: BTreeSet<u32> =
        query.all("areaCode").chain(query.all("geoAreaCode")).filter_map(number).collect();
    let years: BTreeSet<i32> = query.all("timePeriod").filter_map(number).collect();
    let from: Option<i32> = query.get("timePeriodStart").and_then(number);
    let to: Option<i32> = query.get("timePeriodEnd").and_then(number);
    let mut found: Vec<Record<'_>> = Vec::new();
    let wanted = |series: &&Series| codes.iter().any(|c| c.eq_ignore_ascii_case(&series.series));
    for series in figures.series.iter().filter(wanted) {
        let start = found.len();
        let rows = figures.sdg.iter().filter(|row| row.series == series.series);
        found.extend(rows.map(|row| record(figures, series, row)));
        if options.bad_rows {
            found.extend(bad_rows(figures, series));
        }
        let series_count = found.len() - start;
        for record in found.iter_mut().skip(start) {
            record.series_count = series_count;
        }
    }
    found.retain(|record| {
        (areas.is_empty() || areas.contains(&record.area))
            && (years.is_empty() || years.contains(&record.year))
            && from.is_none_or(|from| record.year >= from)
            && to.is_none_or(|to| record.year <= to)
    });
    found
}

/// `2015` and `2015.0` alike, as the service takes them.
fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    text.strip_suffix(".0").unwrap_or(text).parse().ok()
}

fn record<'a>(figures: &'a Figures, series: &'a Series, row: &'a SdgRow) -> Record<'a> {
    let mut dimensions = BTreeMap::from([REPORTING]);
    for name in series.dimensions.split(';').filter(|name| !name.is_empty()) {
        let code = if name == "Sex" { &row.sex } else { &row.breakdown };
        dimensions.insert(name, code.as_str());
    }
    Record {
        series,
        series_count: 0,
        area: row.area,
        area_name: figures.geo_areas.get(&row.area).map_or("", String::as_str),
        year: row.year,
        value: &row.value,
        // See data/README.md: the copy at hand lost the provider's NA.
        nature: if row.nature == "NOTSPEC" { "NA" } else { &row.nature },
        dimensions,
    }
}

fn bad_rows<'a>(figures: &'a Figures, series: &'a Series) -> impl Iterator<Item = Record<'a>> + 'a {
    let bad = figures.injected.iter().filter(|i| i.source == "unsd" && i.series == series.series);
    bad.map(|i| {
        let area = i.area.parse().unwrap_or_default();
        Record {
            series,
            series_count: 0,
            area,
            area_name: figures.geo_areas.get(&area).map_or("", String::as_str),
            year: i.year,
            value: &i.value,
            nature: "NA",
            dimensions: BTreeMap::from([REPORTING]),
        }
    })
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Answer<'a> {
    size: usize,
    total_elements: usize,
    total_pages: usize,
    page_number: usize,
    attributes: Vec<CodeList<'a>>,
    dimensions: Vec<CodeList<'a>>,
    data: Vec<Datum<'a>>,
}

#[derive(Serialize)]
struct CodeList<'a> {
    id: &'a str,
    codes: Vec<Code<'a>>,
}

#[derive(Serialize)]
struct Code<'a> {
    code: &'a str,
    description: &'a str,
    sdmx: &'a str,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Datum<'a> {
    goal: [&'a str; 1],
    target: [&'a str; 1],
    indicator: [&'a str; 1],
    series: &'a str,
    series_description: &'a str,
    series_count: String,
    geo_area_code: String,
    geo_area_name: &'a str,
    time_period_start: Box<RawValue>,
    value: &'a str,
    value_type: &'a str,
    #[serde(rename = "time_detail")]
    time_detail: Option<&'a str>,
    time_coverage: Option<&'a str>,
    upper_bound: Option<&'a str>,
    lower_bound: Option<&'a str>,
    base_period: Option<&'a str>,
    source: &'a str,
    geo_info_url: Option<&'a str>,
    footnotes: [&'a str; 1],
    attributes: BTreeMap<&'a str, &'a str>,
    dimensions: &'a BTreeMap<&'a str, &'a str>,
}

/// One page of `Series/Data`. Pages count from 1; `pageSize` is 25 unless asked otherwise.
pub(crate) fn json_answer(figures: &Figures, options: Options, query: &Query) -> Response {
    let found = records(figures, options, query);
    let size = query.number("pageSize", 25).clamp(1, 100_000);
    let page = query.number("page", 1).max(1);
    let on_page = found.iter().skip(size.saturating_mul(page - 1)).take(size);
    let data: Vec<Datum<'_>> = on_page.filter_map(datum).collect();
    let answer = Answer {
        size: data.len(),
        total_elements: found.len(),
        total_pages: found.len().div_ceil(size),
        page_number: page,
        attributes: code_lists(found.iter().flat_map(attributes)),
        dimensions: code_lists(found.iter().flat_map(|r| r.dimensions.iter().map(pair))),
        data,
    };
    json(serde_json::to_string(&answer).unwrap_or_default())
}

fn pair<'a>((name, code): (&&'a str, &&'a str)) -> (&'a str, &'a str) {
    (name, code)
}

fn attributes<'a>(record: &Record<'a>) -> [(&'a str, &'a str); 2] {
    [("Nature", record.nature), ("Units", &record.series.unit)]
}

fn datum<'a>(record: &'a Record<'_>) -> Option<Datum<'a>> {
    let series = record.series;
    Some(Datum {
        goal: [&series.goal],
        target: [&series.target],
        indicator: [&series.indicator],
        series: &series.series,
        series_description: &series.description,
        series_count: record.series_count.to_string(),
        geo_area_code: record.area.to_string(),
        geo_area_name: record.area_name,
        // The service writes years as floating-point numbers.
        time_period_start: RawValue::from_string(format!("{}.0", record.year)).ok()?,
        value: record.value,
        value_type: if record.value.parse::<f64>().is_ok() { "Float" } else { "String" },
        time_detail: None,
        time_coverage: None,
        upper_bound: None,
        lower_bound: None,
        base_period: None,
        source: "",
        geo_info_url: None,
        footnotes: [""],
        attributes: BTreeMap::from(attributes(record)),
        dimensions: &record.dimensions,
    })
}

/// The codes in use by name, sorted.
fn code_lists<'a>(pairs: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<CodeList<'a>> {
    let mut lists: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    for (name, code) in pairs {
        lists.entry(name).or_default().insert(code);
    }
    let codes = |codes: BTreeSet<&'a str>| {
        codes.into_iter().map(|code| Code { code, description: code, sdmx: code }).collect()
    };
    lists.into_iter().map(|(id, found)| CodeList { id, codes: codes(found) }).collect()
}

/// `Series/DataCSV`. The real service answers a POST with the body padded with NUL bytes to a
/// power of two; so does this one. A GET, which only this server knows, has no padding.
pub(crate) fn csv_answer(
    figures: &Figures,
    options: Options,
    query: &Query,
    padded: bool,
) -> Response {
    let found = records(figures, options, query);
    let mut names: BTreeSet<&str> =
        found.iter().flat_map(|r| r.dimensions.keys().copied()).collect();
    names.extend(["Nature", "Units"]);
    let mut out = CSV_HEADER.to_owned();
    for name in &names {
        out.extend([",[", name, "]"]);
    }
    out.push('\n');
    for record in &found {
        csv_line(&mut out, record, &names);
    }
    let mut body = out.into_bytes();
    if padded {
        body.resize(body.len().next_power_of_two(), 0);
    }
    ([(header::CONTENT_TYPE, "text/csv")], body).into_response()
}

fn csv_line(out: &mut String, record: &Record<'_>, names: &BTreeSet<&str>) {
    let series = record.series;
    let (area, year) = (record.area.to_string(), record.year.to_string());
    let fixed: [&str; 9] = [
        &series.goal,
        &series.target,
        &series.indicator,
        &series.series,
        &series.description,
        &area,
        record.area_name,
        &year,
        record.value,
    ];
    let empty = std::iter::repeat_n("", 8);
    let attributes = BTreeMap::from(attributes(record));
    let named = names.iter().map(|name| {
        let code = record.dimensions.get(name).or_else(|| attributes.get(name));
        code.copied().unwrap_or_default()
    });
    let fields: Vec<String> = fixed.into_iter().chain(empty).chain(named).map(quoted).collect();
    out.push_str(&fields.join(","));
    out.push('\n');
}

/// A field as the providers write it: in quotes only where it has to be.
pub(crate) fn quoted(field: &str) -> String {
    if field.contains([',', '"', '\n']) {
        format!("\"{}\"", field.replace('"', "\"\""))
    } else {
        field.to_owned()
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct GeoArea<'a> {
    geo_area_code: String,
    geo_area_name: &'a str,
}

/// `GeoArea/List`: the areas of the figures.
pub(crate) fn geo_areas(figures: &Figures) -> Response {
    let areas = figures.geo_areas.iter();
    let list: Vec<GeoArea<'_>> = areas
        .map(|(code, name)| GeoArea { geo_area_code: code.to_string(), geo_area_name: name })
        .collect();
    json(serde_json::to_string(&list).unwrap_or_default())
}
