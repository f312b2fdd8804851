//! UN DESA E-Government tables: one file per survey edition, CSV or XLSX, one row per member
//! State. A row gives one record per index, so `parsed` counts cells of the declared indices.
//!
//! Traps: headers differ by edition (one table below); names end in blanks; no ISO code in the
//! UN's own files; ranks as `136.0` in copies; a copy of another edition under the asked name
//! (W22); zeros of 2003 and 2004 that may mean "not surveyed".

use std::io::{BufRead, Cursor};

use calamine::{Data, Reader, Xlsx};
use url::Url;
use wsis_model::area::AreaList;
use wsis_model::observation::{RowSink, TOTAL};
use wsis_model::pipeline::{Pipeline, SourceFile};
use wsis_model::status::ObsStatus;

use crate::body::{malformed, read_all, refuse_foreign, text};
use crate::normalise::{Normaliser, Printed, Record};
use crate::{ContentKind, DecodeError, PageInfo, PayloadSummary, PlanError, RequestSpec, Source};

const EXPECTED: &str = "a UN DESA e-government table";

/// Largest sheet that is read: a workbook is a zip, and a small one may unfold to anything.
const MAX_CELLS: usize = 200_000;

/// What the editions call each column, in lower case.
const HEADERS: [(Column, &[&str]); 9] = [
    (Column::Year, &["survey year", "year"]),
    (Column::Name, &["country name", "country", "country-name"]),
    (Column::Iso3, &["code", "iso3", "iso", "iso code", "country code", "country-code"]),
    (Column::Index("EGDI_RANK"), &["e-government rank", "rank", "egdi rank", "e-gov-rank", "e-gov rank"]),
    (Column::Index("EGDI"), &["e-government index", "e_index", "egdi", "e-gov-index", "e-gov index"]),
    (Column::Index("EPI"), &["e-participation index", "e_participation", "epi", "e-pat-index"]),
    (Column::Index("OSI"), &["online service index", "online_service", "osi"]),
    (Column::Index("HCI"), &["human capital index", "human_capital", "hci"]),
    (
        Column::Index("TII"),
        &["telecommunication infrastructure index", "tele_infra", "tii"],
    ),
];

#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    Year,
    Name,
    Iso3,
    Index(&'static str),
}

pub(crate) struct UnDesa;

/// A table as text cells, the header first.
struct Table {
    header: Vec<String>,
    rows: Vec<Vec<String>>,
    findings: Vec<String>,
}

impl Source for UnDesa {
    fn id(&self) -> &'static str {
        "undesa"
    }

    fn decoder_version(&self) -> u32 {
        1
    }

    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError> {
        if pipeline.files.is_empty() {
            return Err(PlanError::Nothing(pipeline.id.clone(), "files"));
        }
        pipeline
            .files
            .iter()
            .map(|file| {
                let text = format!("{}/{}", pipeline.base_url, file.path.trim_start_matches('/'));
                let url = Url::parse(&text).map_err(|error| PlanError::Url {
                    pipeline: pipeline.id.clone(),
                    url: text,
                    why: error.to_string(),
                })?;
                let expect =
                    if file.format == "xlsx" { ContentKind::Xlsx } else { ContentKind::Csv };
                Ok(RequestSpec { id: file.path.clone(), page: 1, url, expect })
            })
            .collect()
    }

    fn page(
        &self,
        pipeline: &Pipeline,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        let table = read_table(request, body)?;
        let columns = columns(request, &table, body)?;
        check_edition(pipeline, request, &table, &columns)?;
        let rows = table.rows.len() as u64;
        Ok(PageInfo { rows, total: Some(rows), pages: Some(1), vintage: None, next: None })
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
        let mut table = read_table(request, &bytes)?;
        let columns = columns(request, &table, &bytes)?;
        check_edition(pipeline, request, &table, &columns)?;
        let edition = edition(pipeline, request).map(|file| file.edition);
        let mut normaliser = Normaliser::new(self.id(), pipeline, areas, out);
        for (at, row) in (1..).zip(&table.rows) {
            push_row(&mut normaliser, pipeline, &columns, row, edition, at);
        }
        let findings = std::mem::take(&mut table.findings);
        Ok(PayloadSummary { parsed: normaliser.parsed(), source_updated: None, findings })
    }
}

/// One record per declared index of the row.
fn push_row(
    normaliser: &mut Normaliser<'_>,
    pipeline: &Pipeline,
    columns: &[Option<Column>],
    row: &[String],
    edition: Option<i32>,
    at: i64,
) {
    let cell = |wanted: Column| {
        let column = columns.iter().position(|column| *column == Some(wanted))?;
        row.get(column).map(|text| text.trim())
    };
    let shown = || row.join(",");
    let name = cell(Column::Name).unwrap_or_default();
    let iso3 = cell(Column::Iso3).unwrap_or_default();
    let stated = edition.map(|year| year.to_string()).unwrap_or_default();
    let year = cell(Column::Year).filter(|text| !text.is_empty()).unwrap_or(&stated);
    let year = year.strip_suffix(".0").unwrap_or(year);
    let index = |code| cell(Column::Index(code)).and_then(|text| text.parse::<f64>().ok());
    // 2003 and 2004: an index of 0 beside a positive human capital index is an economy without
    // a web presence or one that was not surveyed; the table does not tell which.
    let doubtful = matches!(year, "2003" | "2004") && index("OSI") == Some(0.0);
    for column in columns.iter().flatten() {
        let Column::Index(code) = *column else { continue };
        if pipeline.series(code).is_none() {
            continue;
        }
        let text = cell(*column).unwrap_or_default();
        let text = if code == "EGDI_RANK" { text.strip_suffix(".0").unwrap_or(text) } else { text };
        let missing = matches!(text, "" | "-" | "NA" | "N/A" | "n/a" | "..");
        let zero = text.parse::<f64>() == Ok(0.0);
        let record = Record {
            series: code,
            area: [iso3, name, ""],
            period: year,
            value: if missing { Printed::Missing } else { Printed::Text(text) },
            sex: TOTAL,
            age: TOTAL,
            location: TOTAL,
            dimensions: "",
            status: ObsStatus::Normal,
            flag: (doubtful && zero).then_some("0 may mean not surveyed"),
            footnote: None,
            row: at,
        };
        normaliser.push(&record, shown);
    }
}

fn edition<'a>(pipeline: &'a Pipeline, request: &RequestSpec) -> Option<&'a SourceFile> {
    pipeline.files.iter().find(|file| file.path == request.id)
}

fn read_table(request: &RequestSpec, body: &[u8]) -> Result<Table, DecodeError> {
    refuse_foreign(request, body, EXPECTED)?;
    if request.expect == ContentKind::Xlsx || body.starts_with(b"PK\x03\x04") {
        return read_workbook(request, body);
    }
    let (text, encoding) = text(body);
    let findings: Vec<String> = encoding
        .map(|encoding| format!("the file is not UTF-8; read as {encoding}"))
        .into_iter()
        .collect();
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let mut rows = Vec::new();
    for record in reader.records() {
        let record = record.map_err(|error| malformed(request, EXPECTED, error, body))?;
        rows.push(record.iter().map(str::to_owned).collect::<Vec<String>>());
    }
    table(request, rows, findings, body)
}

fn read_workbook(request: &RequestSpec, body: &[u8]) -> Result<Table, DecodeError> {
    let told = |why: String| malformed(request, EXPECTED, why, body);
    let mut workbook: Xlsx<_> =
        Xlsx::new(Cursor::new(body)).map_err(|error| told(error.to_string()))?;
    let range = workbook
        .worksheet_range_at(0)
        .ok_or_else(|| told("the workbook has no sheet".to_owned()))?
        .map_err(|error| told(error.to_string()))?;
    let cells = range.width().saturating_mul(range.height());
    if cells > MAX_CELLS {
        return Err(told(format!("the sheet has {cells} cells, at most {MAX_CELLS} are read")));
    }
    let text = |cell: &Data| match cell {
        Data::Empty | Data::Error(_) => String::new(),
        Data::Float(value) => value.to_string(),
        other => other.to_string(),
    };
    let rows = range.rows().map(|row| row.iter().map(text).collect()).collect();
    table(request, rows, Vec::new(), body)
}

fn table(
    request: &RequestSpec,
    mut rows: Vec<Vec<String>>,
    mut findings: Vec<String>,
    body: &[u8],
) -> Result<Table, DecodeError> {
    if rows.is_empty() {
        return Err(malformed(request, EXPECTED, "no header line", body));
    }
    let header: Vec<String> = rows.remove(0);
    for name in header.iter().filter(|name| name.as_str() != name.trim()) {
        findings.push(format!("blanks around the header {name:?} were ignored"));
    }
    // Filler lines of spreadsheets are no records.
    rows.retain(|row| row.iter().any(|cell| !cell.trim().is_empty()));
    Ok(Table { header, rows, findings })
}

/// What each column of the table is; an unknown column is left alone.
fn columns(
    request: &RequestSpec,
    table: &Table,
    body: &[u8],
) -> Result<Vec<Option<Column>>, DecodeError> {
    let columns: Vec<Option<Column>> = table
        .header
        .iter()
        .map(|name| {
            let name = name.trim().to_lowercase();
            HEADERS.iter().find(|(_, names)| names.contains(&name.as_str())).map(|(c, _)| *c)
        })
        .collect();
    let has = |wanted| columns.contains(&Some(wanted));
    if has(Column::Name) && has(Column::Index("EGDI")) {
        return Ok(columns);
    }
    let why = format!(
        "the header has no column for the country and the e-government index: {}",
        table.header.join(",")
    );
    Err(malformed(request, EXPECTED, why, body))
}

/// W22: a table of another edition than the one asked for is refused whole.
fn check_edition(
    pipeline: &Pipeline,
    request: &RequestSpec,
    table: &Table,
    columns: &[Option<Column>],
) -> Result<(), DecodeError> {
    let Some(file) = edition(pipeline, request) else { return Ok(()) };
    let Some(year) = columns.iter().position(|column| *column == Some(Column::Year)) else {
        return Ok(());
    };
    let expected = file.edition.to_string();
    let mut stated: Vec<&str> = table
        .rows
        .iter()
        .filter_map(|row| row.get(year))
        .map(|text| text.trim())
        .map(|text| text.strip_suffix(".0").unwrap_or(text))
        .filter(|text| !text.is_empty())
        .collect();
    stated.sort_unstable();
    stated.dedup();
    // One odd cell is a bad row and goes to quarantine by itself; none right is another table.
    if stated.is_empty() || stated.contains(&expected.as_str()) {
        return Ok(());
    }
    let found = stated.join(", ");
    Err(DecodeError::WrongEdition { request: request.id.clone(), expected: file.edition, found })
}
