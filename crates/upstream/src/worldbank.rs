//! World Bank API version 2: `/v2/country/{areas}/indicator/{code}?format=json&…`.

use std::collections::BTreeMap;

use axum::http::header;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use serde_json::value::RawValue;

use crate::figures::{BankArea, BankIndicator, FIRST_YEAR, Figures, LAST_YEAR};
use crate::query::Query;
use crate::{Options, Release, json};

/// Path of the service.
pub(crate) const ROOT: &str = "/v2";

/// `lastupdated` of the table with the earlier vintage.
const FIRST_RELEASE: &str = "2023-03-01";
/// `lastupdated` when the others were retrieved.
const SECOND_RELEASE: &str = "2026-07-01";

const UNKNOWN: &str = r#"[{"message":[{"id":"120","key":"Invalid value","value":"The provided parameter value is not valid"}]}]"#;
const UNKNOWN_XML: &str = "<?xml version=\"1.0\" encoding=\"utf-8\"?>\
    <wb:error xmlns:wb=\"http://www.worldbank.org\"><wb:message id=\"105\" \
    key=\"Service currently unavailable\">Only format=json is served here</wb:message></wb:error>";

#[derive(Serialize)]
struct Header<'a> {
    page: usize,
    pages: usize,
    per_page: usize,
    total: usize,
    sourceid: &'a str,
    lastupdated: &'a str,
}

#[derive(Serialize)]
struct Labelled<'a> {
    id: &'a str,
    value: &'a str,
}

#[derive(Serialize)]
struct Row<'a> {
    indicator: Labelled<'a>,
    country: Labelled<'a>,
    countryiso3code: &'a str,
    date: String,
    value: Option<Box<RawValue>>,
    unit: &'a str,
    obs_status: &'a str,
    decimal: u8,
    #[serde(skip_serializing_if = "Option::is_none")]
    footnote: Option<&'a str>,
}

/// A record before it is written: area, year and the number as printed (empty = null).
struct Cell<'a> {
    area: &'a BankArea,
    year: i32,
    value: &'a str,
}

/// The answer to a path below [`ROOT`]; `None` when there is no such path.
pub(crate) fn answer(
    figures: &Figures,
    options: Options,
    path: &str,
    query: &Query,
) -> Option<Response> {
    let (areas, code) = path.strip_prefix("/country/")?.split_once("/indicator/")?;
    if query.get("format") != Some("json") {
        // Without `format=json` the service speaks XML, also for errors.
        let xml = [(header::CONTENT_TYPE, "text/xml; charset=utf-8")];
        return Some((xml, UNKNOWN_XML).into_response());
    }
    let indicator = figures.bank_indicators.iter().find(|i| i.indicator.eq_ignore_ascii_case(code));
    let years = years(query.get("date"));
    let (Some(indicator), Some(years)) = (indicator, years) else {
        return Some(json(UNKNOWN.to_owned()));
    };
    let cells = cells(figures, options, indicator, areas, years);
    let first = options.release == Release::First
        && figures.bank_first.keys().any(|(code, _)| *code == indicator.indicator);
    Some(json(page(indicator, &cells, first, query)))
}

/// `2005:2024` or `2015`; everything when absent.
fn years(date: Option<&str>) -> Option<(i32, i32)> {
    let Some(date) = date else { return Some((FIRST_YEAR, LAST_YEAR)) };
    let (from, to) = date.split_once(':').unwrap_or((date, date));
    let (from, to): (i32, i32) = (from.parse().ok()?, to.parse().ok()?);
    Some((from.max(FIRST_YEAR), to.min(LAST_YEAR)))
}

fn cells<'a>(
    figures: &'a Figures,
    options: Options,
    indicator: &BankIndicator,
    areas: &str,
    (from, to): (i32, i32),
) -> Vec<Cell<'a>> {
    let code = &indicator.indicator;
    let values = |area: &BankArea| {
        let of = |table: &'a BTreeMap<(String, String), Vec<String>>| {
            table.get(&(code.clone(), area.area.clone())).map(Vec::as_slice)
        };
        let first = (options.release == Release::First).then(|| of(&figures.bank_first)).flatten();
        first.or_else(|| of(&figures.bank)).unwrap_or_default()
    };
    let known = figures.bank.keys().any(|(indicator, _)| indicator == code);
    let mut cells = Vec::new();
    for area in figures.bank_areas.iter().filter(|area| known && is_asked(areas, area)) {
        if options.bad_rows {
            cells.extend(
                figures
                    .injected
                    .iter()
                    .filter(|i| i.source == "worldbank" && i.series == *code)
                    .filter(|i| i.area == area.area)
                    .map(|i| Cell { area, year: i.year, value: &i.value }),
            );
        }
        let values = values(area);
        // Newest first, as the service orders them.
        cells.extend((from..=to).rev().map(|year| {
            let at = usize::try_from(year - FIRST_YEAR).ok();
            let value = at.and_then(|at| values.get(at)).map_or("", String::as_str);
            Cell { area, year, value }
        }));
    }
    cells
}

fn is_asked(areas: &str, area: &BankArea) -> bool {
    areas.split(';').any(|asked| {
        asked.eq_ignore_ascii_case("all")
            || asked.eq_ignore_ascii_case(&area.id)
            || asked.eq_ignore_ascii_case(&area.area)
    })
}

/// `first`: of figures that are of the first release. All others were published in the second, also
/// where the first is served: nothing is known of when they were before.
fn page(indicator: &BankIndicator, cells: &[Cell<'_>], first: bool, query: &Query) -> String {
    let per_page = query.number("per_page", 50).clamp(1, 32_500);
    let page = query.number("page", 1).max(1);
    let header = Header {
        page,
        pages: cells.len().div_ceil(per_page),
        per_page,
        total: cells.len(),
        sourceid: "2",
        lastupdated: if first { FIRST_RELEASE } else { SECOND_RELEASE },
    };
    let footnote = query.get("footnote").filter(|asked| asked.eq_ignore_ascii_case("y"));
    let rows =
        cells.iter().skip(per_page.saturating_mul(page - 1)).take(per_page).map(|cell| Row {
            indicator: Labelled { id: &indicator.indicator, value: &indicator.name },
            country: Labelled { id: &cell.area.id, value: &cell.area.name },
            countryiso3code: &cell.area.iso3,
            date: cell.year.to_string(),
            // The number as printed by the provider; an empty cell is no JSON and becomes null.
            value: RawValue::from_string(cell.value.to_owned()).ok(),
            unit: "",
            obs_status: "",
            decimal: indicator.decimal,
            footnote: footnote.map(|_| ""),
        });
    // A known indicator without records has `null` where the rows would be.
    let rows = (!cells.is_empty()).then(|| rows.collect::<Vec<_>>());
    serde_json::to_string(&(header, rows)).unwrap_or_default()
}
