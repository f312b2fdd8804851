//! The bulk download: `API_<code>_DS2_en_csv_v2_<n>.csv`, one row per economy and series, one
//! column per year, a preamble of four lines, every field quoted, a comma at the end of each
//! line; also as it comes, in a zip archive with its metadata (`WDI_CSV.zip`), and as DataBank
//! exports it (`Series Code`, `2019 [YR2019]`). An empty cell is a year without a value.

use wsis_model::observation::RowSink;
use wsis_model::pipeline::Format;
use wsis_model::quarantine::Subject;

use crate::codes::{Breakdown, Status};
use crate::format::lines::Line;
use crate::normalise::{Normaliser, Row, Value};
use crate::table::{self, Record, Table};
use crate::years::{self, Heading};
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, archive, area, text};

/// Lines above the header in which it is looked for.
const PREAMBLE_MAX: usize = 10;
/// What says "no value": the bulk download leaves the cell empty, DataBank writes two dots.
const MISSING: [&str; 2] = ["", ".."];
/// What DataBank writes below its table.
const BELOW: [&str; 2] = ["data from database:", "last updated:"];
/// Headings, in the form of [`text::heading`].
const CODE: &[&str] = &["countrycode"];
const NAME: &[&str] = &["countryname"];
const SERIES: &[&str] = &["indicatorcode", "seriescode"];
const TITLE: &[&str] = &["indicatorname", "seriesname"];

/// Which columns are what.
struct Layout {
    code: usize,
    name: Option<usize>,
    series: usize,
    title: Option<usize>,
    /// Columns that say once more which area a row is of, by heading.
    area_beside: Vec<(String, usize)>,
    /// Columns without a heading.
    unnamed: Vec<usize>,
    years: Vec<(usize, String)>,
    /// Fields that a row must have: rows may lack empty ones at their end.
    needed: usize,
    width: usize,
    last_updated: Option<String>,
    remarks: Vec<String>,
}

impl Layout {
    /// Reads up to and including the header.
    fn read(job: &DecodeJob<'_>, table: &mut Table<'_>) -> Result<Self, DecodeError> {
        let mut last_updated = None;
        let mut first = None;
        for _ in 0..PREAMBLE_MAX {
            if !table.next()? {
                break;
            }
            let record = table.record();
            let headings: Vec<String> = record.iter().map(text::heading).collect();
            let has = |names: &[&str]| headings.iter().any(|it| names.contains(&it.as_str()));
            if has(CODE) && has(SERIES) {
                return Self::of(job, record, &headings, last_updated);
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

    /// Every column is used, known not to be, or named in a remark (F03).
    fn of(
        job: &DecodeJob<'_>,
        header: Record<'_>,
        headings: &[String],
        last_updated: Option<String>,
    ) -> Result<Self, DecodeError> {
        if let Some(error) = table::repeated(header.iter()) {
            return Err(error);
        }
        let mut years: Vec<(usize, String)> = Vec::new();
        let (mut unclear, mut remarks, mut area_beside) = (Vec::new(), Vec::new(), Vec::new());
        let known = [CODE, NAME, SERIES, TITLE].concat();
        for (at, (heading, folded)) in header.iter().zip(headings).enumerate() {
            match years::heading(heading) {
                Heading::Year(year) => {
                    if years.iter().any(|(_, known)| *known == year) {
                        return Err(DecodeError::RepeatedHeading { heading: year, times: 2 });
                    }
                    years.push((at, year));
                }
                Heading::Unclear => unclear.push(heading.trim()),
                Heading::Other if known.contains(&folded.as_str()) || heading.trim().is_empty() => {
                }
                Heading::Other => {
                    let heading: String = heading.trim().chars().take(100).collect();
                    if area::is_named_by(folded) {
                        area_beside.push((heading, at));
                        continue;
                    }
                    remarks.push(format!("column {heading:?} is not used"));
                }
            }
        }
        if !unclear.is_empty() {
            let shown: Vec<String> = unclear.iter().take(10).map(|it| format!("{it:?}")).collect();
            return Err(DecodeError::YearHeadings { columns: shown.join(", ") });
        }
        if years.len() > job.limits.year_columns_max {
            let limit = u64::try_from(job.limits.year_columns_max).unwrap_or(u64::MAX);
            let what = "the number of year columns";
            return Err(DecodeError::too_large(what, limit, "year_columns_max"));
        }
        let missing = |what: &str| DecodeError::Columns {
            missing: what.to_owned(),
            found: table::shown(header.iter()),
        };
        if years.is_empty() {
            return Err(missing("a year"));
        }
        let one_of = |names, role| table::one_of(header, headings, names, role);
        let needed = |place: Option<usize>| place.ok_or_else(|| missing("the codes"));
        Ok(Self {
            code: needed(one_of(CODE, "the code")?)?,
            name: one_of(NAME, "the name")?,
            series: needed(one_of(SERIES, "the series")?)?,
            title: one_of(TITLE, "the title of the series")?,
            area_beside,
            unnamed: table::unnamed(header.iter()),
            needed: years.last().map_or(0, |(at, _)| at + 1),
            years,
            width: table::width(header.iter()),
            last_updated,
            remarks,
        })
    }
}

/// The table, unpacked, with what was done to it.
fn unpacked<'b>(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &'b [u8],
) -> Result<archive::Plain<'b>, DecodeError> {
    let member = request.file(job.pipeline).and_then(|file| file.member.as_deref());
    archive::plain(job, (Format::Csv, member), body, &|head| {
        let Ok(text) = text::table(head, &mut Vec::new()) else { return false };
        Layout::read(job, &mut Table::new(job, text)).is_ok()
    })
}

/// Inspects a body.
pub(super) fn page(
    job: &DecodeJob<'_>,
    request: &RequestSpec,
    body: &[u8],
) -> Result<PageInfo, DecodeError> {
    let plain = unpacked(job, request, body)?;
    let text = text::table(&plain.body, &mut Vec::new())?;
    let mut table = Table::new(job, text);
    let layout = Layout::read(job, &mut table)?;
    let mut rows: u64 = 0;
    while table.next()? {
        rows += 1;
    }
    let vintage = layout.last_updated;
    Ok(PageInfo { rows, total: None, pages: Some(1), vintage, next: None })
}

/// Decodes a body; a row counts once for each year column.
pub(super) fn decode<'j>(
    job: &'j DecodeJob<'j>,
    request: &RequestSpec,
    body: &[u8],
    out: &'j mut dyn RowSink,
) -> Result<PayloadSummary, DecodeError> {
    let plain = unpacked(job, request, body)?;
    let mut remarks = Vec::new();
    let text = text::table(&plain.body, &mut remarks)?;
    let mut table = Table::new(job, text);
    let layout = Layout::read(job, &mut table)?;
    let mut rows = Normaliser::new("worldbank", job, out);
    rows.heard.columns(table.record().iter());
    for remark in remarks {
        rows.remark(remark);
    }
    for remark in layout.remarks.iter().chain(&plain.remark) {
        rows.remark(remark.as_str());
    }
    if table.named_separator {
        rows.remark(table::SEPARATOR);
    }
    let total = Breakdown::total();
    let mut at = 0;
    while table.next()? {
        at += 1;
        rows.stands(Line::Text(table.record()).stands(), "");
        take(&mut rows, &layout, &total, table.record(), at)?;
    }
    rows.tell_absent(request);
    let mut summary = rows.finish();
    summary.source_updated = layout.last_updated.and_then(|date| text::date(&date));
    Ok(summary)
}

/// The figures of a row that cannot be used.
fn subjects(
    rows: &mut Normaliser<'_>,
    layout: &Layout,
    total: &Breakdown,
    record: Record<'_>,
) -> Vec<Subject> {
    let series = rows.series(record.field(layout.series)).ok();
    let name = layout.name.map_or("", |name| record.field(name));
    let area = Some(rows.area_unused(record.field(layout.code), name));
    let years = layout.years.iter();
    years.map(|(_, year)| rows.subject((series, area), year, Some(total))).collect()
}

/// Hands over a row of the table.
fn take(
    rows: &mut Normaliser<'_>,
    layout: &Layout,
    total: &Breakdown,
    record: Record<'_>,
    at: i64,
) -> Result<(), DecodeError> {
    if let Some(damage) = record.damage() {
        let figures = subjects(rows, layout, total, record);
        return rows.malformed_row(figures, damage, at, &record.line());
    }
    if let Some(detail) = table::fault_in_width(record.iter(), layout.needed, layout.width) {
        let first = record.field(0).to_ascii_lowercase();
        let alone = record.iter().skip(1).all(|field| field.trim().is_empty());
        if alone && BELOW.iter().any(|start| first.starts_with(start)) {
            rows.remark("lines below the table, which are no rows");
            return Ok(());
        }
        if alone && let Some(note) = rows.note(record.field(0)) {
            return rows.aside((note, None), at, record.line());
        }
        let figures = subjects(rows, layout, total, record);
        return rows.malformed_row(figures, &detail, at, &record.line());
    }
    let series = rows.series(record.field(layout.series));
    if rows.leaves_out(&series)? {
        return Ok(());
    }
    if let (Ok(series), Some(title)) = (&series, layout.title) {
        rows.title(series, record.field(title))?;
    }
    let name = layout.name.map_or("", |name| record.field(name));
    let area = rows.area_with_name(record.field(layout.code), name);
    let beside = layout.area_beside.iter();
    let area = rows.area_beside(area, beside.map(|(name, at)| (name.as_str(), record.field(*at))));
    let unnamed = layout.unnamed.iter().map(|&at| (at, record.field(at)));
    rows.tell_unnamed(unnamed.filter(|(_, field)| !MISSING.contains(field)));
    for (column, year) in &layout.years {
        let cell = record.field(*column);
        let is_missing = MISSING.contains(&cell);
        let row = Row {
            series: series.as_ref().copied(),
            area,
            period: year,
            breakdown: Ok(total),
            value: if is_missing { Value::Missing(None) } else { Value::Text(cell) },
            scale: 0,
            unit: "",
            status: Status::PLAIN,
            flag: None,
            footnote: None,
            beside: &[],
            at,
        };
        let cells = [record.field(layout.code), record.field(layout.series), year, cell];
        rows.put(&row, || text::separated(cells, ','))?;
    }
    Ok(())
}
