//! UN E-Government Survey: one table per edition, a row per member State, six series.
//!
//! A row of the table is one record for each declared series, so `parsed` is rows × series, and
//! the observations of a row share its `payload_row`.

mod columns;
mod sheet;

use std::io::BufRead;

use wsis_model::area::AreaList;
use wsis_model::observation::RowSink;
use wsis_model::period::{self, Period};
use wsis_model::pipeline::{Pipeline, Series};

use self::columns::{Columns, Role};
use self::sheet::Sheet;
use crate::codes::{Breakdown, Status};
use crate::normalise::{AreaId, Normaliser, Row, Value};
use crate::{DecodeError, PageInfo, PayloadSummary, PlanError, RequestSpec, Source, plan_files};

/// The flag of a 0 that may not be a measurement: the survey prints 0 for States it did not
/// survey, for components it lacks, and for States that did not exist yet.
pub const MAY_MEAN_NOT_SURVEYED: &str = "0 may mean not surveyed";

/// The decoder for source `undesa`.
pub(crate) struct UnDesa;

impl Source for UnDesa {
    fn id(&self) -> &'static str {
        "undesa"
    }

    fn decoder_version(&self) -> u32 {
        1
    }

    fn plan(&self, pipeline: &Pipeline) -> Result<Vec<RequestSpec>, PlanError> {
        if pipeline.files.is_empty() {
            return Err(PlanError::Nothing { pipeline: pipeline.id.clone(), wanted: "[[file]]" });
        }
        plan_files(pipeline)
    }

    /// A table holds its edition and no other year.
    fn years(&self, pipeline: &Pipeline, request: &str) -> (i32, i32) {
        let file = pipeline.files.iter().find(|file| file.path == request);
        file.map_or(pipeline.years, |file| {
            (file.edition.max(pipeline.years.0), file.edition.min(pipeline.years.1))
        })
    }

    fn page(
        &self,
        pipeline: &Pipeline,
        request: &RequestSpec,
        body: &[u8],
    ) -> Result<PageInfo, DecodeError> {
        let edition = edition(pipeline, request)?;
        let sheet = sheet::read(request.expect, body)?;
        let columns = Columns::find(&sheet.header, pipeline)?;
        check_edition(&sheet, &columns, edition)?;
        let rows = u64::try_from(sheet.rows.len()).unwrap_or(u64::MAX);
        Ok(PageInfo { rows, total: None, pages: Some(1), vintage: None, next: None })
    }

    fn decode(
        &self,
        pipeline: &Pipeline,
        areas: &AreaList,
        request: &RequestSpec,
        body: &mut dyn BufRead,
        out: &mut dyn RowSink,
    ) -> Result<PayloadSummary, DecodeError> {
        let edition = edition(pipeline, request)?;
        let mut bytes = Vec::new();
        body.read_to_end(&mut bytes)?;
        let sheet = sheet::read(request.expect, &bytes)?;
        let columns = Columns::find(&sheet.header, pipeline)?;
        check_edition(&sheet, &columns, edition)?;
        let mut rows = Normaliser::new("undesa", pipeline, areas, out);
        sheet.remarks.iter().chain(&columns.remarks).for_each(|text| rows.remark(text.as_str()));
        let asked = edition.to_string();
        if columns.place(Role::Year).is_none() {
            rows.remark(format!("no survey year in the table; taken as edition {edition}"));
        }
        let total = Breakdown::total();
        for (at, cells) in (1_i64..).zip(&sheet.rows) {
            let record = Record { columns: &columns, cells, asked: &asked, at, total: &total };
            record.put(&mut rows);
        }
        Ok(rows.finish())
    }
}

/// The edition that a request stands for.
fn edition(pipeline: &Pipeline, request: &RequestSpec) -> Result<i32, DecodeError> {
    let file = pipeline.files.iter().find(|file| file.path == request.id);
    file.map(|file| file.edition).ok_or_else(|| DecodeError::UnknownFile {
        id: request.id.clone(),
        pipeline: pipeline.id.clone(),
    })
}

/// A table of another edition is refused as a whole (W22). What is not a year at all is left to
/// the rows.
fn check_edition(sheet: &Sheet, columns: &Columns<'_>, asked: i32) -> Result<(), DecodeError> {
    let Some(column) = columns.place(Role::Year) else { return Ok(()) };
    for (row, cells) in (1_i64..).zip(&sheet.rows) {
        let text = cells.get(column).map_or("", |cell| whole(cell));
        match period::parse(text) {
            Period::Year(found) if found != asked => {
                return Err(DecodeError::Edition { asked, found, row });
            }
            _ => {}
        }
    }
    Ok(())
}

/// `2018.0` as `2018`: spreadsheets and data frames print whole numbers so.
fn whole(text: &str) -> &str {
    let text = text.trim();
    text.strip_suffix(".0").unwrap_or(text)
}

/// A row of the table.
struct Record<'r> {
    columns: &'r Columns<'r>,
    cells: &'r [String],
    asked: &'r str,
    at: i64,
    total: &'r Breakdown,
}

impl Record<'_> {
    fn cell(&self, role: Role) -> Option<&str> {
        let place = self.columns.place(role)?;
        Some(self.cells.get(place).map_or("", |cell| cell.trim()))
    }

    fn put(&self, rows: &mut Normaliser<'_>) {
        let width = self.columns.width;
        if self.cells.len() > width || self.cells.len() < self.columns.needed {
            let detail = format!("{} fields found, expected {width}", self.cells.len());
            for _ in &self.columns.series {
                rows.malformed(detail.clone(), self.at, self.cells.join(","));
            }
            return;
        }
        let area = self.area(rows);
        let period = self.cell(Role::Year).map_or(self.asked, whole);
        let is_index_zero = self.cell(Role::Egdi).is_some_and(is_zero);
        for (series, place) in &self.columns.series {
            let cell = self.cells.get(*place).map_or("", |cell| cell.trim());
            let flag = (is_index_zero && is_zero(cell)).then_some(MAY_MEAN_NOT_SURVEYED);
            self.put_value(rows, series, area, (period, cell, flag));
        }
    }

    fn put_value(
        &self,
        rows: &mut Normaliser<'_>,
        series: &Series,
        area: AreaId,
        (period, cell, flag): (&str, &str, Option<&str>),
    ) {
        let row = Row {
            series: Ok(series),
            area,
            period,
            breakdown: Ok(self.total),
            value: if cell.is_empty() { Value::Missing(None) } else { Value::Text(cell) },
            scale: 0,
            unit: "",
            status: Status::PLAIN,
            flag,
            footnote: None,
            at: self.at,
        };
        rows.put(&row, || format!("{}: {}", series.code, self.cells.join(",")));
    }

    /// By the ISO code where the table has one, by the name where it has not.
    fn area(&self, rows: &mut Normaliser<'_>) -> AreaId {
        match self.cell(Role::Iso3) {
            Some(code) if !code.is_empty() => rows.area(code),
            _ => rows.area(self.cell(Role::Name).unwrap_or_default()),
        }
    }
}

fn is_zero(cell: &str) -> bool {
    crate::number::parse(cell.trim(), 0).is_some_and(|number| number.value == 0.0)
}
