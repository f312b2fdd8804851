//! UN E-Government Survey: one table per edition, a row per member State, six series.
//!
//! A row of the table is one record for each declared series, so `parsed` is rows × series, and
//! the observations of a row share its `payload_row`.

mod columns;
mod sheet;

pub(crate) use columns::is_header;

use wsis_model::observation::RowSink;
use wsis_model::period::{self, Told as Period};
use wsis_model::pipeline::{Pipeline, Series};
use wsis_model::quarantine::Subject;

use self::columns::{Columns, Role, SERIES};
use self::sheet::Sheet;
use super::Decoder;
use crate::area::AreaId;
use crate::codes::{Breakdown, Status};
use crate::normalise::{Normaliser, Row, Value};
use crate::workbook::Cell;
use crate::{DecodeError, DecodeJob, PageInfo, PayloadSummary, RequestSpec, number, table, text};

/// The table of one edition, CSV or XLSX.
pub(crate) struct Table;

impl Decoder for Table {
    fn inspect(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        let edition = edition(job.pipeline, request)?;
        let sheet = sheet::read(job, request, body)?;
        let columns = Columns::find(&sheet.header, job.pipeline)?;
        check_edition(&sheet, &columns, edition)?;
        let rows = u64::try_from(sheet.rows.len()).unwrap_or(u64::MAX);
        Ok(PageInfo::whole(rows))
    }

    fn decode(
        &self,
        job: &DecodeJob<'_>,
        request: &RequestSpec,
        body: &[u8],
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let edition = edition(job.pipeline, request)?;
        let sheet = sheet::read(job, request, body)?;
        let columns = Columns::find(&sheet.header, job.pipeline)?;
        check_edition(&sheet, &columns, edition)?;
        let mut rows = Normaliser::new("undesa", job, out);
        sheet.remarks.iter().chain(&columns.remarks).for_each(|text| rows.remark(text.as_str()));
        rows.heard.columns(sheet.header.iter().map(String::as_str));
        for (series, place) in &columns.series {
            rows.heading(series, sheet.header.get(*place).map_or("", String::as_str));
        }
        let asked = edition.to_string();
        if columns.place(Role::Year).is_none() {
            rows.remark(format!("no survey year in the table; taken as edition {edition}"));
        }
        if sheet.rows.is_empty() {
            rows.remark(format!("the table of edition {edition} has no rows"));
        }
        let total = Breakdown::total();
        for (at, (stands, cells)) in (1_i64..).zip(&sheet.rows) {
            rows.stands(*stands, &sheet.tab);
            let record = Record { columns: &columns, cells, asked: &asked, at, total: &total };
            record.put(&mut rows)?;
        }
        Ok(rows.finish())
    }
}

/// The edition that a request stands for.
fn edition(pipeline: &Pipeline, request: &RequestSpec) -> Result<i32, DecodeError> {
    request.file(pipeline).and_then(|file| file.edition).ok_or_else(|| DecodeError::UnknownFile {
        id: request.id.clone(),
        pipeline: pipeline.id.clone(),
    })
}

/// A table of another edition is refused as a whole (W22). What is not a year at all is left to
/// the rows.
fn check_edition(sheet: &Sheet, columns: &Columns<'_>, asked: i32) -> Result<(), DecodeError> {
    let Some(column) = columns.place(Role::Year) else { return Ok(()) };
    for (stands, cells) in &sheet.rows {
        let text = cells.get(column).map_or("", |cell| text::whole_number(cell.text()));
        match period::parse(text) {
            Period::Year(found) if found != asked => {
                let place = stands.shown(&sheet.tab).unwrap_or_default();
                return Err(DecodeError::Edition { asked, found, place });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A row of the table.
struct Record<'r> {
    columns: &'r Columns<'r>,
    cells: &'r [Cell],
    asked: &'r str,
    at: i64,
    total: &'r Breakdown,
}

impl Record<'_> {
    fn column(&self, place: usize) -> &Cell {
        self.cells.get(place).unwrap_or(&Cell::Empty)
    }

    fn cell(&self, role: Role) -> Option<&Cell> {
        self.columns.place(role).map(|place| self.column(place))
    }

    fn text(&self, role: Role) -> Option<&str> {
        self.cell(role).map(Cell::text)
    }

    fn line(&self) -> String {
        text::separated(self.cells.iter().map(Cell::shown), ',')
    }

    fn put(&self, rows: &mut Normaliser<'_>) -> Result<(), DecodeError> {
        let fields = self.cells.iter().map(Cell::shown);
        let fault = table::fault_in_width(fields, self.columns.needed, self.columns.width);
        // What says of whom and when a row is has to be there to be read.
        let unreadable = [Role::Year, Role::Name, Role::Iso3].into_iter().find_map(|role| {
            self.cell(role).and_then(|cell| match cell {
                Cell::Unreadable(why) => Some(why.to_string()),
                _ => None,
            })
        });
        let mut filled = self.cells.iter().filter(|cell| !cell.is_blank());
        let alone = filled.next().filter(|_| filled.next().is_none()).map(Cell::text);
        if let Some(note) = alone.filter(|it| !it.is_empty()).and_then(|text| rows.note(text)) {
            return rows.aside((note, None), self.at, self.line());
        }
        if let Some(detail) = fault.or(unreadable) {
            let figures = self.subjects(rows);
            return rows.malformed_row(figures, &detail, self.at, &self.line());
        }
        rows.tell_unnamed(self.columns.unnamed.iter().map(|&at| (at, self.column(at).shown())));
        let area = self.area(rows);
        let period = self.text(Role::Year).map_or(self.asked, text::whole_number);
        let sisters: Vec<(&'static str, Option<f64>)> = SERIES
            .iter()
            .map(|(role, code)| {
                let number = self.text(*role).and_then(|text| number::parse(text, 0));
                (*code, number.map(|number| number.value))
            })
            .collect();
        for (series, place) in &self.columns.series {
            let cell = self.column(*place);
            self.put_value(rows, series, area, (period, cell, &sisters))?;
        }
        Ok(())
    }

    /// The figures of a row that cannot be used.
    fn subjects(&self, rows: &mut Normaliser<'_>) -> Vec<Subject> {
        let can_be_read = |role: &Role| !matches!(self.cell(*role), Some(Cell::Unreadable(_)));
        let area = [Role::Name, Role::Iso3].iter().all(can_be_read).then(|| {
            let code = self.text(Role::Iso3).unwrap_or_default();
            rows.area_unused(code, self.text(Role::Name).unwrap_or_default())
        });
        let period = self.text(Role::Year).map_or(self.asked, text::whole_number);
        let period = if can_be_read(&Role::Year) { period } else { "" };
        let series = self.columns.series.iter();
        series
            .map(|(series, _)| rows.subject((Some(series), area), period, Some(self.total)))
            .collect()
    }

    fn put_value(
        &self,
        rows: &mut Normaliser<'_>,
        series: &Series,
        area: AreaId,
        (period, cell, beside): (&str, &Cell, &[(&'static str, Option<f64>)]),
    ) -> Result<(), DecodeError> {
        let row = Row {
            series: Ok(series),
            area,
            period,
            breakdown: Ok(self.total),
            value: match cell {
                Cell::Unreadable(why) => Value::Unreadable(why),
                cell if cell.is_blank() => Value::Missing(None),
                cell => Value::Text(cell.text()),
            },
            scale: 0,
            unit: "",
            status: Status::PLAIN,
            flag: None,
            footnote: None,
            beside,
            at: self.at,
        };
        rows.put(&row, || text::cut_record(format!("{}: {}", series.code, self.line())))
    }

    /// By the ISO code where the table has one, which the name has to agree with; by the name
    /// where it has not.
    fn area(&self, rows: &mut Normaliser<'_>) -> AreaId {
        let name = self.text(Role::Name).unwrap_or_default();
        let area = match self.text(Role::Iso3) {
            Some(code) if !code.is_empty() => rows.area_with_name(code, name),
            _ => rows.area(name),
        };
        let beside = self.columns.area_beside.iter();
        rows.area_beside(area, beside.map(|(name, at)| (name.as_str(), self.column(*at).text())))
    }
}
