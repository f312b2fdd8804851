//! Tables that agencies publish as files, by the names that the pipelines ask for: the database of
//! the Global Findex (CSV), the GovTech Maturity Index and the Worldwide Governance Indicators
//! (workbooks).

use axum::http::HeaderMap;
use axum::response::Response;

use crate::etag::conditional;
use crate::figures::Figures;
use crate::undesa::XLSX;
use crate::xlsx::{self, Cell};

/// Path of the folder.
pub(crate) const ROOT: &str = "/files";

/// Heads of the columns of the governance workbook that are kept here, of eleven.
const GOVERNANCE: [&str; 6] = ["code", "countryname", "year", "indicator", "estimate", "pctrank"];

/// Columns of the GovTech table that hold text.
const GOVTECH_TEXT: std::ops::RangeInclusive<usize> = 1..=3;

/// The answer to a path below [`ROOT`]; `None` when there is no such file.
pub(crate) fn answer(figures: &Figures, path: &str, headers: &HeaderMap) -> Option<Response> {
    let (kind, body) = match path {
        "/GlobalFindexDatabase2025.csv" => {
            ("text/csv", include_bytes!("../data/findex.csv").to_vec())
        }
        "/groups_data.xlsx" => (XLSX, xlsx::workbook("Sheet1", &govtech(figures))),
        "/wgidataset.xlsx" => (XLSX, xlsx::workbook("Sheet1", &governance(figures))),
        _ => return None,
    };
    Some(conditional(headers, kind, body))
}

fn govtech(figures: &Figures) -> Vec<Vec<Cell<'_>>> {
    let mut rows = figures.govtech.iter();
    let head = rows.next().into_iter().map(|row| row.iter().map(|it| Cell::Text(it)).collect());
    let body = rows.map(|row| {
        let cells = row.iter().enumerate().map(|(at, cell)| match cell.as_str() {
            "" => Cell::Empty,
            text if GOVTECH_TEXT.contains(&at) => Cell::Text(text),
            number => Cell::Number(number),
        });
        cells.collect()
    });
    head.chain(body).collect()
}

fn governance(figures: &Figures) -> Vec<Vec<Cell<'_>>> {
    let number = |text: &'_ str| text.parse::<f64>().is_ok();
    let mut rows = vec![GOVERNANCE.map(Cell::Text).into()];
    for row in &figures.governance {
        let name = figures.governance_names.get(&row.code).map_or("", String::as_str);
        // What has no figure says `..`, as text.
        let cell = |text| if number(text) { Cell::Number(text) } else { Cell::Text(text) };
        rows.push(vec![
            Cell::Text(&row.code),
            Cell::Text(name),
            Cell::Number(&row.year),
            Cell::Text(&row.indicator),
            cell(&row.estimate),
            cell(&row.pctrank),
        ]);
    }
    rows
}
