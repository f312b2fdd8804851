//! The bulk download: `API_<code>_DS2_en_csv_v2_<n>.csv`, one row per economy and series, one
//! column per year, a preamble of four lines, every field quoted, a comma at the end of each
//! line. An empty cell is a year without a value.

use chrono::NaiveDate;
use csv::StringRecord;
use wsis_model::area::AreaList;
use wsis_model::observation::RowSink;
use wsis_model::pipeline::Pipeline;

use crate::codes::{Breakdown, Status};
use crate::normalise::{Normaliser, Row, Value};
use crate::{DecodeError, PageInfo, PayloadSummary, table, text};

/// Lines above the header in which it is looked for.
const PREAMBLE_MAX: usize = 10;
/// What says "no value": the bulk download leaves the cell empty, DataBank writes two dots.
const MISSING: [&str; 2] = ["", ".."];

/// Which columns are what.
struct Layout {
    code: usize,
    series: usize,
    years: Vec<(usize, String)>,
    width: usize,
    last_updated: Option<String>,
}

/// Reads up to and including the header.
fn layout(reader: &mut csv::Reader<&[u8]>) -> Result<Layout, DecodeError> {
    let mut record = StringRecord::new();
    let mut last_updated = None;
    let mut first = None;
    for _ in 0..PREAMBLE_MAX {
        if !table::next(reader, &mut record) {
            break;
        }
        let headings: Vec<String> = record.iter().map(text::heading).collect();
        let column = |name: &str| headings.iter().position(|heading| heading == name);
        if let (Some(code), Some(series)) = (column("countrycode"), column("indicatorcode")) {
            let years = record.iter().enumerate().filter_map(|(at, heading)| {
                let year = heading.trim();
                (year.len() == 4 && year.parse::<u16>().is_ok()).then(|| (at, year.to_owned()))
            });
            let years: Vec<_> = years.collect();
            // A trailing comma makes an empty last column, which rows may also lack.
            let width = years.last().map_or(0, |(at, _)| at + 1);
            return Ok(Layout { code, series, years, width, last_updated });
        }
        if headings.first().is_some_and(|heading| heading == "lastupdateddate") {
            last_updated = record.get(1).map(|date| date.trim().to_owned());
        }
        first.get_or_insert_with(|| table::shown(record.iter()));
    }
    Err(DecodeError::Columns {
        missing: "Country Code and Indicator Code".to_owned(),
        found: first.unwrap_or_default(),
    })
}

/// Inspects a body.
pub(super) fn page(body: &[u8]) -> Result<PageInfo, DecodeError> {
    let text = text::table(body, &mut Vec::new())?;
    let mut reader = table::reader(&text);
    let layout = layout(&mut reader)?;
    let mut record = StringRecord::new();
    let mut rows: u64 = 0;
    while table::next(&mut reader, &mut record) {
        rows += 1;
    }
    let vintage = layout.last_updated;
    Ok(PageInfo { rows, total: None, pages: Some(1), vintage, next: None })
}

/// Decodes a body; a row counts once for each year column.
pub(super) fn decode(
    pipeline: &Pipeline,
    areas: &AreaList,
    body: &[u8],
    out: &mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError> {
    let mut remarks = Vec::new();
    let text = text::table(body, &mut remarks)?;
    let mut reader = table::reader(&text);
    let layout = layout(&mut reader)?;
    let mut rows = Normaliser::new("worldbank", pipeline, areas, out);
    for remark in remarks {
        rows.remark(remark);
    }
    let total = Breakdown::total();
    let mut record = StringRecord::new();
    let mut at = 0;
    while table::next(&mut reader, &mut record) {
        at += 1;
        if record.len() < layout.width {
            let detail =
                format!("{} fields found, expected at least {}", record.len(), layout.width);
            for _ in &layout.years {
                rows.malformed(detail.clone(), at, table::line(&record));
            }
            continue;
        }
        let series = rows.series(record.get(layout.series).unwrap_or_default().trim());
        let area = rows.area(record.get(layout.code).unwrap_or_default().trim());
        for (column, year) in &layout.years {
            let cell = record.get(*column).unwrap_or_default().trim();
            let is_missing = MISSING.contains(&cell);
            let row = Row {
                series: series.as_ref().copied(),
                area,
                period: year,
                breakdown: Ok(&total),
                value: if is_missing { Value::Missing(None) } else { Value::Text(cell) },
                scale: 0,
                unit: "",
                status: Status::PLAIN,
                flag: None,
                footnote: None,
                at,
            };
            rows.put(&row, || cells(&record, &layout, *column, year));
        }
    }
    let mut summary = rows.finish();
    summary.source_updated = layout
        .last_updated
        .and_then(|date| NaiveDate::parse_from_str(date.get(..10)?, "%Y-%m-%d").ok());
    Ok(summary)
}

fn cells(record: &StringRecord, layout: &Layout, column: usize, year: &str) -> String {
    let field = |at: usize| record.get(at).unwrap_or_default();
    format!("{},{},{year},{}", field(layout.code), field(layout.series), field(column))
}
