//! From a source's record to an observation: area, period, value, range. One place for all
//! sources, so that a rule cannot differ between them.

use std::collections::HashMap;

use wsis_model::area::{AreaList, AreaMatch};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::period::{self, Period};
use wsis_model::pipeline::{Pipeline, Series};
use wsis_model::quarantine::{Reason, Rejected};
use wsis_model::status::ObsStatus;

/// What a source prints as the value of a record.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Printed<'a> {
    /// The source states that there is no value.
    Missing,
    /// Text that should be a number.
    Text(&'a str),
}

/// A record as a decoder found it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Record<'a> {
    pub(crate) series: &'a str,
    /// Texts for the area, the most exact first; the first that is known wins.
    pub(crate) area: [&'a str; 3],
    pub(crate) period: &'a str,
    pub(crate) value: Printed<'a>,
    pub(crate) sex: &'a str,
    pub(crate) age: &'a str,
    pub(crate) location: &'a str,
    pub(crate) dimensions: &'a str,
    pub(crate) status: ObsStatus,
    pub(crate) flag: Option<&'a str>,
    pub(crate) footnote: Option<&'a str>,
    pub(crate) row: i64,
}

/// What an area text turned out to be; looked up once per text.
#[derive(Clone)]
enum Known<'a> {
    Code(&'a str),
    Unknown,
    Several(String),
}

/// Turns records into observations or rejections.
pub(crate) struct Normaliser<'a> {
    source: &'static str,
    areas: &'a AreaList,
    seen: HashMap<String, Known<'a>>,
    series: HashMap<String, &'a Series>,
    last_series: Option<(String, &'a Series)>,
    out: &'a mut dyn RowSink,
    parsed: u64,
    number: String,
}

impl<'a> Normaliser<'a> {
    pub(crate) fn new(
        source: &'static str,
        pipeline: &'a Pipeline,
        areas: &'a AreaList,
        out: &'a mut dyn RowSink,
    ) -> Self {
        let series =
            pipeline.series.iter().map(|s| (s.code.to_ascii_lowercase(), s)).collect();
        Self {
            source,
            areas,
            seen: HashMap::new(),
            series,
            last_series: None,
            out,
            parsed: 0,
            number: String::new(),
        }
    }

    /// Records pushed or rejected so far.
    pub(crate) fn parsed(&self) -> u64 {
        self.parsed
    }

    /// Rejects a record that could not even be read.
    pub(crate) fn reject(&mut self, reason: Reason, detail: String, row: i64, record: &str) {
        self.parsed += 1;
        let record = record.chars().take(500).collect();
        self.out.reject(Rejected { reason, detail, payload_row: row, record });
    }

    /// Takes a record; `shown` makes its text, and is called only if the record is rejected.
    pub(crate) fn push(&mut self, record: &Record<'_>, shown: impl FnOnce() -> String) {
        match self.check(record) {
            Ok((series, area, year, value)) => self.accept(record, series, area, year, value),
            Err((reason, detail)) => self.reject(reason, detail, record.row, &shown()),
        }
    }

    fn accept(
        &mut self,
        record: &Record<'_>,
        series: &'a Series,
        area: &'a str,
        year: i32,
        value: Option<f64>,
    ) {
        self.parsed += 1;
        let printed = match record.value {
            Printed::Text(text) => Some(text.trim()),
            Printed::Missing => None,
        };
        let value_text = match (value, printed) {
            (Some(value), Some(text)) => {
                use std::fmt::Write as _;
                self.number.clear();
                let _infallible = write!(self.number, "{value}");
                (self.number != text).then_some(text)
            }
            _ => None,
        };
        let status = match value {
            Some(_) => record.status,
            None if is_missing_status(record.status) => record.status,
            None => ObsStatus::Missing,
        };
        self.out.accept(&Observation {
            series_code: &series.code,
            ref_area: area,
            sex: record.sex,
            age: record.age,
            location: record.location,
            dimensions: record.dimensions,
            year,
            value,
            value_text,
            unit: &series.unit,
            obs_status: status,
            source_flag: record.flag.filter(|text| !text.is_empty()),
            footnote: record.footnote.filter(|text| !text.is_empty()),
            payload_row: record.row,
        });
    }

    #[expect(clippy::type_complexity, reason = "one private tuple, used once")]
    fn check(
        &mut self,
        record: &Record<'_>,
    ) -> Result<(&'a Series, &'a str, i32, Option<f64>), (Reason, String)> {
        let series = self.series_of(record.series).ok_or_else(|| {
            let detail = format!("series {:?} is not declared by the pipeline", record.series);
            (Reason::UnexpectedSeries, detail)
        })?;
        let area = self.area_of(record.area)?;
        let year = match period::parse(record.period) {
            Period::Year(year) => year,
            Period::OtherFrequency => {
                let detail = format!("period {:?} is not a year", record.period);
                return Err((Reason::OtherFrequency, detail));
            }
            Period::Invalid => {
                let detail = format!(
                    "period {:?} is not a year from {} to {}",
                    record.period,
                    period::YEAR_RANGE.start(),
                    period::YEAR_RANGE.end()
                );
                return Err((Reason::InvalidPeriod, detail));
            }
        };
        let value = match record.value {
            Printed::Missing => None,
            Printed::Text(text) => Some(number(text)?),
        };
        if let (Some(value), Some((lo, hi))) = (value, series.range)
            && !(lo..=hi).contains(&value)
        {
            let detail = format!("{value} is outside {lo} to {hi}, the bounds of {}", series.code);
            return Err((Reason::OutOfRange, detail));
        }
        Ok((series, area, year, value))
    }

    fn series_of(&mut self, code: &str) -> Option<&'a Series> {
        if let Some((last, series)) = &self.last_series
            && last == code
        {
            return Some(series);
        }
        let series = *self.series.get(&code.to_ascii_lowercase())?;
        self.last_series = Some((code.to_owned(), series));
        Some(series)
    }

    fn area_of(&mut self, texts: [&str; 3]) -> Result<&'a str, (Reason, String)> {
        let mut several = None;
        for text in texts.into_iter().filter(|text| !text.trim().is_empty()) {
            match self.known(text) {
                Known::Code(code) => return Ok(code),
                Known::Several(candidates) => several = several.or(Some((text, candidates))),
                Known::Unknown => {}
            }
        }
        if let Some((text, candidates)) = several {
            let detail = format!("area {text:?} may be {candidates}");
            return Err((Reason::AmbiguousArea, detail));
        }
        let shown: Vec<&str> = texts.into_iter().filter(|text| !text.is_empty()).collect();
        Err((Reason::UnknownArea, format!("area {} is in no code list", shown.join(" / "))))
    }

    fn known(&mut self, text: &str) -> Known<'a> {
        if let Some(known) = self.seen.get(text) {
            return known.clone();
        }
        let areas = self.areas;
        let known = match areas.find(self.source, text) {
            AreaMatch::One(area) => Known::Code(&area.code),
            AreaMatch::None => Known::Unknown,
            AreaMatch::Many(candidates) => {
                let codes = candidates.iter().filter_map(|at| areas.at(*at));
                let codes: Vec<&str> = codes.map(|area| area.code.as_str()).collect();
                Known::Several(codes.join(" or "))
            }
        };
        self.seen.insert(text.to_owned(), known.clone());
        known
    }
}

/// A finite number; blanks around it are ignored, everything else is refused: no thousands
/// separators, no `<5`, no `NaN`.
fn number(text: &str) -> Result<f64, (Reason, String)> {
    let wrong = || (Reason::NotANumber, format!("{text:?} is not a number"));
    let value: f64 = text.trim().parse().map_err(|_| wrong())?;
    if value.is_finite() { Ok(value) } else { Err(wrong()) }
}

fn is_missing_status(status: ObsStatus) -> bool {
    matches!(
        status,
        ObsStatus::NotCollected | ObsStatus::CannotExist | ObsStatus::Missing | ObsStatus::Suppressed
    )
}
