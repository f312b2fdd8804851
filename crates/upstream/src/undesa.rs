//! Tables of the UN E-Government Knowledgebase: `/egovkb/EGOV_DATA_{edition}.csv`, and one
//! edition as a workbook.

use axum::http::HeaderMap;
use axum::response::Response;

use crate::Options;
use crate::etag::conditional;
use crate::figures::{EditionRow, Figures};
use crate::xlsx::{self, Cell};

/// Path of the folder.
pub(crate) const ROOT: &str = "/egovkb";

/// Media type of a workbook.
pub(crate) const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// Header of the editions to 2022.
const HEADER: [&str; 8] = [
    "Survey Year",
    "Country Name",
    "E-Government Rank",
    "E-Government Index",
    "E-Participation Index",
    "Online Service Index",
    "Human Capital Index",
    "Telecommunication Infrastructure Index",
];

/// Header of the 2024 edition, as the copy at hand has it.
const HEADER_2024: [&str; 9] = [
    "Survey Year",
    "Country",
    "Rank",
    "E_Index",
    "E_Participation",
    "Online_Service",
    "Human_Capital",
    "Tele_Infra",
    "Region",
];

/// An edition of which no figures are at hand: its table is served without rows.
const WITHOUT_FIGURES: i32 = 2005;

/// The answer to a path below [`ROOT`]; `None` when there is no such file.
pub(crate) fn answer(
    figures: &Figures,
    options: Options,
    path: &str,
    headers: &HeaderMap,
) -> Option<Response> {
    let (edition, format) = path.strip_prefix("/EGOV_DATA_")?.split_once('.')?;
    let edition: i32 = edition.parse().ok()?;
    let rows = rows(figures, options, edition);
    match format {
        _ if rows.is_empty() && edition != WITHOUT_FIGURES => None,
        "csv" => Some(conditional(headers, "text/csv", csv(edition, &rows).into_bytes())),
        "xlsx" if edition == 2018 => {
            Some(conditional(headers, XLSX, xlsx::workbook("EGOV_DATA", &sheet(&rows))))
        }
        _ => None,
    }
}

/// Fields of each row of an edition, in the order of the header.
fn rows(figures: &Figures, options: Options, edition: i32) -> Vec<[String; 9]> {
    let of_edition = |row: &&EditionRow| row.edition == edition;
    let mut rows: Vec<[String; 9]> =
        figures.editions.iter().filter(of_edition).map(fields).collect();
    if options.bad_rows {
        let bad = figures.injected.iter().filter(|i| i.source == "undesa" && i.year == edition);
        rows.extend(bad.map(|i| {
            let value = i.value.clone();
            let values = [value.clone(), value.clone(), value.clone(), value.clone(), value];
            let [egdi, epi, osi, hci, tii] = values;
            let rank = "194".to_owned();
            [edition.to_string(), i.area.clone(), rank, egdi, epi, osi, hci, tii, String::new()]
        }));
    }
    rows
}

fn fields(row: &EditionRow) -> [String; 9] {
    [
        row.edition.to_string(),
        row.name.clone(),
        row.rank.clone(),
        row.egdi.clone(),
        row.epi.clone(),
        row.osi.clone(),
        row.hci.clone(),
        row.tii.clone(),
        row.region.clone(),
    ]
}

fn csv(edition: i32, rows: &[[String; 9]]) -> String {
    let recent = edition >= 2024;
    let (header, end) = if recent { (&HEADER_2024[..], "\r\n") } else { (&HEADER[..], "\n") };
    let mut out = header.join(",");
    out.push_str(end);
    for row in rows {
        let line: Vec<String> = row
            .iter()
            .take(header.len())
            // The originals to 2022 quote a name exactly when it ends in a blank.
            .map(|f| if !recent && f.ends_with(' ') { format!("\"{f}\"") } else { f.clone() })
            .collect();
        out.push_str(&line.join(","));
        out.push_str(end);
    }
    out
}

fn sheet(rows: &[[String; 9]]) -> Vec<Vec<Cell<'_>>> {
    let header = HEADER.iter().map(|name| Cell::Text(name)).collect();
    let mut out = vec![header];
    for row in rows {
        let cells = row.iter().take(HEADER.len()).enumerate().map(|(at, field)| match at {
            1 => Cell::Text(field),
            _ => Cell::Number(field),
        });
        out.push(cells.collect());
    }
    out
}
