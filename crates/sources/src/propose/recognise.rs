//! What a file is, by its bytes: names lie.

use wsis_model::pipeline::Format;

use super::grid::{self, Grid};
use super::{Guess, Look};
use crate::archive::{Allowance, Zip};
use crate::format::eurostat_tsv::EurostatTsv;
use crate::format::json_stat::JsonStat;
use crate::format::message::Message;
use crate::format::sdmx_csv;
use crate::format::sdmx_json::SdmxJson;
use crate::format::sdmx_ml::SdmxMl;
use crate::{DecodeError, DecodeJob, archive, text};

/// Bytes that are looked at to tell kinds of JSON and XML apart.
const HEAD: usize = 64 << 10;

/// A file that was recognised.
pub(super) struct Found {
    pub(super) format: Guess<Format>,
    /// Its table; none of JSON that a source of its own knows.
    pub(super) grid: Grid,
    /// The source whose JSON it is.
    pub(super) json_of: Option<&'static str>,
    /// The text of that JSON.
    pub(super) json: String,
}

impl Found {
    fn of(format: Format, because: impl Into<String>, grid: Grid) -> Self {
        let format = Guess::new(format, because);
        Self { format, grid, json_of: None, json: String::new() }
    }
}

/// Recognises a file, and reads it as a table.
///
/// # Errors
/// When it is nothing that any source reads.
pub(super) fn recognise(job: &DecodeJob<'_>, look: &Look<'_>) -> Result<Found, DecodeError> {
    match look.body {
        [b'P', b'K', 3 | 5, 4 | 6, ..] => zipped(job, look.body),
        [0x1F, 0x8B, ..] => {
            let plain = archive::plain(job, (Format::Csv, None), look.body, &|_| true)?;
            let mut found = unpacked(job, &plain.body)?;
            found.format.because.push_str(", packed by gzip");
            Ok(found)
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] => Err(DecodeError::Content {
            expected: "a table",
            found: "a workbook of before 2007 (xls); open it in a spreadsheet program and save it as xlsx",
            start: text::start(look.body),
        }),
        body => unpacked(job, body),
    }
}

fn zipped(job: &DecodeJob<'_>, body: &[u8]) -> Result<Found, DecodeError> {
    let mut zip = Zip::open(job, body, Allowance::archive(job, body))?;
    let has = |name: &str| zip.names().iter().any(|it| it == name);
    if has("[Content_Types].xml") {
        let why = "a zip archive with [Content_Types].xml";
        return Ok(Found::of(Format::Xlsx, why, grid::of_workbook(job, body)?));
    }
    if has("content.xml") && has("mimetype") {
        let why = "a zip archive with content.xml and mimetype";
        return Ok(Found::of(Format::Ods, why, grid::of_workbook(job, body)?));
    }
    let known = [".csv", ".tsv", ".txt", ".json", ".xml"];
    let is_data = |name: &&String| {
        let folded = name.to_ascii_lowercase();
        known.iter().any(|it| folded.ends_with(it)) && !name.starts_with("__MACOSX/")
    };
    let mut names: Vec<String> = zip.names().iter().filter(is_data).cloned().collect();
    // Descriptions stand beside the data; the data are the larger file, and of the same kind.
    names.sort_by_key(|name| name.to_ascii_lowercase().contains("metadata"));
    let mut best: Option<(Found, String)> = None;
    let mut why = None;
    for name in &names {
        let Some(bytes) = zip.read(job, name)? else { continue };
        match unpacked(job, &bytes) {
            Ok(found) => {
                if best.as_ref().is_none_or(|(known, _)| found.grid.total > known.grid.total) {
                    best = Some((found, name.clone()));
                }
            }
            Err(error @ (DecodeError::TooLarge { .. } | DecodeError::Stopped)) => {
                return Err(error);
            }
            Err(error) => why = Some(error),
        }
    }
    let Some((mut found, name)) = best else {
        return Err(why.unwrap_or_else(|| DecodeError::Archive {
            why: format!(
                "it holds no table; it holds {}",
                super::listed(zip.names().iter().map(String::as_str), 20)
            ),
        }));
    };
    found.format.because.push_str(", in a zip archive");
    if names.len() > 1 {
        found.grid.member = Some(name);
    }
    Ok(found)
}

fn unpacked(job: &DecodeJob<'_>, body: &[u8]) -> Result<Found, DecodeError> {
    let body = body.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(body);
    let head = body.get(..HEAD).unwrap_or(body);
    let head = String::from_utf8_lossy(head);
    match body.trim_ascii_start().first() {
        Some(b'{' | b'[') => json(job, body, &head),
        Some(b'<') if head.contains("sdmx.org") => {
            let why = "XML of the namespaces of SDMX";
            message(job, Format::SdmxMl, why, &SdmxMl, body)
        }
        _ => table(job, body, &head),
    }
}

fn message(
    job: &DecodeJob<'_>,
    format: Format,
    because: &str,
    reader: &dyn Message,
    body: &[u8],
) -> Result<Found, DecodeError> {
    Ok(Found::of(format, because, grid::of_message(job, reader, body)?))
}

fn json(job: &DecodeJob<'_>, body: &[u8], head: &str) -> Result<Found, DecodeError> {
    let has = |keys: &[&str]| keys.iter().all(|key| head.contains(&format!("\"{key}\"")));
    // The largest part may stand in front: some parts of such a document are told by all of it.
    let all = || String::from_utf8_lossy(body);
    let holds = |keys: &[&str]| {
        let all = all();
        keys.iter().all(|key| all.contains(&format!("\"{key}\"")))
    };
    if has(&["dataSets"])
        || (has(&["structure"]) && holds(&["dataSets"]))
        || holds(&["dataSets", "structures"])
    {
        return message(job, Format::SdmxJson, "JSON with dataSets", &SdmxJson, body);
    }
    if holds(&["dimension", "size", "value"]) || holds(&["dimension", "value", "id"]) {
        let why = "JSON with dimension and value, as JSON-stat has them";
        return message(job, Format::JsonStat, why, &JsonStat, body);
    }
    let is = |source, because: &str| Found {
        json_of: Some(source),
        json: all().into_owned(),
        ..Found::of(Format::Json, because, Grid::default())
    };
    if has(&["countryiso3code", "indicator"]) {
        return Ok(is("worldbank", "JSON with countryiso3code and indicator: World Bank API v2"));
    }
    if has(&["geoAreaCode", "timePeriodStart"]) || has(&["geoAreaCode", "series"]) {
        return Ok(is("unsd", "JSON with geoAreaCode and series: UN SDG API"));
    }
    if let Some(grid) = grid::of_records(job, body)? {
        return Ok(Found::of(Format::Json, "JSON with a list of records", grid));
    }
    Err(DecodeError::Content {
        expected: "a list of records, JSON-stat, SDMX-JSON, or an answer of the World Bank or of the UN \
                   SDG API",
        found: "JSON of another form",
        start: text::start(body),
    })
}

fn table(job: &DecodeJob<'_>, body: &[u8], head: &str) -> Result<Found, DecodeError> {
    let first = head.lines().next().unwrap_or_default();
    let of_time = |it: &str| {
        let name = it.split('\\').nth(1).unwrap_or_default().trim();
        name.eq_ignore_ascii_case("time_period") || name.eq_ignore_ascii_case("time")
    };
    if first.split('\t').next().is_some_and(of_time) {
        let why = "a first heading that ends in \\TIME_PERIOD";
        return message(job, Format::EurostatTsv, why, &EurostatTsv, body);
    }
    let mut grid = grid::of_text(job, body)?;
    let headings: Vec<&str> = grid.headings.iter().map(String::as_str).collect();
    if let Some(components) = sdmx_csv::of_headings(&headings) {
        grid.headings = components.list.iter().map(|it| it.id.clone()).collect();
        grid.components = Some(components);
        return Ok(Found::of(Format::SdmxCsv, "a first heading DATAFLOW or STRUCTURE", grid));
    }
    let format = grid.format.unwrap_or(Format::Csv);
    let separator = match grid.delimiter {
        Some(b'\t') => "tabs".to_owned(),
        Some(other) => format!("{:?}", char::from(other)),
        None => "nothing".to_owned(),
    };
    let because = format!("text separated by {separator}, {} columns", grid.headings.len());
    Ok(Found::of(format, because, grid))
}
