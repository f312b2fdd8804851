//! The one way from a record of any source to an observation, or to a reason why not.

use std::collections::{BTreeMap, HashMap};

use wsis_model::area::{Area, AreaList, AreaMatch};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::period::{self, Period};
use wsis_model::pipeline::{Pipeline, Series};
use wsis_model::quarantine::{Reason, Rejected};

use crate::codes::{Breakdown, Status};
use crate::{PayloadSummary, number, text};

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

/// The value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'r> {
    /// The source states that there is none, by the token given (if it is worth keeping).
    Missing(Option<&'r str>),
    /// A text that should be a number.
    Text(&'r str),
}

/// An area that was looked up: index into the normaliser's cache.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct AreaId(usize);

/// One record, read but not judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'r> {
    /// The declared series.
    pub(crate) series: Result<&'r Series, &'r Fault>,
    /// The area.
    pub(crate) area: AreaId,
    /// Time period as text.
    pub(crate) period: &'r str,
    /// Dimensions.
    pub(crate) breakdown: Result<&'r Breakdown, &'r Fault>,
    /// Value.
    pub(crate) value: Value<'r>,
    /// Power of ten that the value is given in.
    pub(crate) scale: i32,
    /// Unit as the record states it; empty when it does not.
    pub(crate) unit: &'r str,
    /// Status by the source's flag.
    pub(crate) status: Status,
    /// The source's flag.
    pub(crate) flag: Option<&'r str>,
    /// The source's footnote.
    pub(crate) footnote: Option<&'r str>,
    /// Position in the payload, from 1.
    pub(crate) at: i64,
}

/// Judges rows and hands them over.
pub(crate) struct Normaliser<'a> {
    source: &'static str,
    pipeline: &'a Pipeline,
    areas: &'a AreaList,
    out: &'a mut dyn RowSink,
    parsed: u64,
    by_text: HashMap<String, AreaId>,
    found: Vec<Result<&'a Area, Fault>>,
    findings: BTreeMap<String, u64>,
}

impl<'a> Normaliser<'a> {
    pub(crate) fn new(
        source: &'static str,
        pipeline: &'a Pipeline,
        areas: &'a AreaList,
        out: &'a mut dyn RowSink,
    ) -> Self {
        Self {
            source,
            pipeline,
            areas,
            out,
            parsed: 0,
            by_text: HashMap::new(),
            found: Vec::new(),
            findings: BTreeMap::new(),
        }
    }

    /// The declared series with a code, or why there is none.
    pub(crate) fn series(&self, code: &str) -> Result<&'a Series, Fault> {
        self.pipeline.series(code).ok_or_else(|| Fault {
            reason: Reason::UnexpectedSeries,
            detail: format!("series {code:?} is not declared by pipeline {}", self.pipeline.id),
        })
    }

    /// The area that a text means. Looked up once for each distinct text.
    pub(crate) fn area(&mut self, text: &str) -> AreaId {
        if let Some(&id) = self.by_text.get(text) {
            return id;
        }
        let found = self.look_up(text);
        let id = self.remember(found);
        self.by_text.insert(text.to_owned(), id);
        id
    }

    /// The area that two codes of one record mean. They have to agree (A13); one that is empty
    /// has no say.
    pub(crate) fn area_of_codes(&mut self, first: &str, second: &str) -> AreaId {
        if second.is_empty() {
            return self.area(first);
        }
        if first.is_empty() {
            return self.area(second);
        }
        let (one, other) = (self.area(first), self.area(second));
        let code = |id: AreaId| match self.found.get(id.0) {
            Some(Ok(area)) => Some(area.code.as_str()),
            _ => None,
        };
        match (code(one), code(other)) {
            (Some(a), Some(b)) if a != b => {
                let detail = format!("{first:?} is {a}, but {second:?} is {b}; expected one area");
                self.remember(Err(Fault { reason: Reason::AmbiguousArea, detail }))
            }
            (Some(_), None) => other,
            _ => one,
        }
    }

    fn remember(&mut self, found: Result<&'a Area, Fault>) -> AreaId {
        self.found.push(found);
        AreaId(self.found.len() - 1)
    }

    fn look_up(&self, text: &str) -> Result<&'a Area, Fault> {
        let unknown = |detail| Err(Fault { reason: Reason::UnknownArea, detail });
        // Placeholders of other programs, not places (A14).
        if matches!(text.trim().to_ascii_lowercase().as_str(), "" | "nan" | "none" | "null") {
            return unknown(format!("area {text:?} is empty; expected a code or name"));
        }
        match self.areas.find(self.source, text) {
            AreaMatch::One(area) => Ok(area),
            AreaMatch::Many(candidates) => {
                let codes: Vec<&str> = candidates
                    .iter()
                    .filter_map(|&at| self.areas.at(at))
                    .map(|area| area.code.as_str())
                    .collect();
                Err(Fault {
                    reason: Reason::AmbiguousArea,
                    detail: format!("area {text:?} may be {}", codes.join(" or ")),
                })
            }
            AreaMatch::None => {
                unknown(format!("area {text:?} is not in the code list for source {}", self.source))
            }
        }
    }

    /// A remark that concerns no single row; equal ones are counted.
    pub(crate) fn remark(&mut self, text: impl Into<String>) {
        *self.findings.entry(text.into()).or_default() += 1;
    }

    /// Hands over a row as an observation, or sets it aside. `record` gives its text.
    pub(crate) fn put(&mut self, row: &Row<'_>, record: impl FnOnce() -> String) {
        self.parsed += 1;
        if let Err(fault) = self.try_put(row) {
            self.set_aside(fault, row.at, record());
        }
    }

    /// Sets a record aside that is not even a row.
    pub(crate) fn malformed(&mut self, detail: String, at: i64, record: String) {
        self.parsed += 1;
        self.set_aside(Fault { reason: Reason::MalformedRecord, detail }, at, record);
    }

    /// Sets aside what stands in a list of records and is none.
    pub(crate) fn no_record(&mut self, what: &str, json: &str, at: i64) {
        self.malformed(format!("{what} stands where a record should be"), at, json.to_owned());
    }

    fn set_aside(&mut self, fault: Fault, at: i64, record: String) {
        self.out.reject(Rejected {
            reason: fault.reason,
            detail: fault.detail,
            payload_row: at,
            record: text::cut_record(record),
        });
    }

    fn try_put(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let series = row.series.map_err(Fault::clone)?;
        let area = match self.found.get(row.area.0) {
            Some(Ok(area)) => *area,
            Some(Err(fault)) => return Err(fault.clone()),
            None => return Err(malformed("the record names no area")),
        };
        let year = year(row.period)?;
        let breakdown = row.breakdown.map_err(Fault::clone)?;
        check_unit(series, row.unit)?;
        let (value, value_text, obs_status) = match row.value {
            Value::Missing(token) => (None, token, row.status.missing),
            Value::Text(text) => {
                let number = number::parse(text, row.scale).ok_or_else(|| not_a_number(text))?;
                check_range(series, number.value)?;
                let kept = (!number.is_shortest).then_some(text);
                (Some(number.value), kept, row.status.valued)
            }
        };
        self.out.accept(&Observation {
            series_code: &series.code,
            ref_area: &area.code,
            sex: &breakdown.sex,
            age: &breakdown.age,
            location: &breakdown.location,
            dimensions: &breakdown.dimensions,
            year,
            value,
            value_text,
            unit: &series.unit,
            obs_status,
            source_flag: row.flag,
            footnote: row.footnote,
            payload_row: row.at,
        });
        if value.is_some() {
            self.note_year(area, year);
        }
        Ok(())
    }

    /// Years that were not asked for (W22), or in which the area did not exist (A12): the row
    /// says what it says, and the run tells.
    fn note_year(&mut self, area: &Area, year: i32) {
        let (first, last) = self.pipeline.years;
        if !(first..=last).contains(&year) {
            self.remark(format!("values for years outside {first} to {last}, which was asked for"));
        }
        let (from, to) = area.valid;
        if let Some(from) = from.filter(|&from| year < from) {
            self.remark(format!(
                "values for {} of years before {from}, when its present territory began",
                area.code
            ));
        }
        if let Some(to) = to.filter(|&to| year > to) {
            self.remark(format!("values for {} of years after {to}, when it ended", area.code));
        }
    }

    /// The account of the payload.
    pub(crate) fn finish(self) -> PayloadSummary {
        PayloadSummary { parsed: self.parsed, source_updated: None, findings: self.findings }
    }
}

fn malformed(detail: &str) -> Fault {
    Fault { reason: Reason::MalformedRecord, detail: detail.to_owned() }
}

fn year(text: &str) -> Result<i32, Fault> {
    match period::parse(text) {
        Period::Year(year) => Ok(year),
        Period::OtherFrequency => Err(Fault {
            reason: Reason::OtherFrequency,
            detail: format!("period {text:?} is not a year, which the pipeline asks for"),
        }),
        Period::Invalid => Err(Fault {
            reason: Reason::InvalidPeriod,
            detail: format!(
                "period {text:?} is not a year from {} to {}",
                period::YEAR_RANGE.start(),
                period::YEAR_RANGE.end()
            ),
        }),
    }
}

fn not_a_number(text: &str) -> Fault {
    let shown: String = text.chars().take(100).collect();
    let detail = match text.chars().next() {
        Some('<' | '>' | '≤' | '≥' | '~') => {
            format!("value {shown:?} is a bound, not a number; expected a number")
        }
        _ => format!("value {shown:?} is not a finite number"),
    };
    Fault { reason: Reason::NotANumber, detail }
}

fn check_range(series: &Series, value: f64) -> Result<(), Fault> {
    match series.range {
        Some((lo, hi)) if !(lo..=hi).contains(&value) => Err(Fault {
            reason: Reason::OutOfRange,
            detail: format!("{} {value} lies outside {lo} to {hi}", series.code),
        }),
        _ => Ok(()),
    }
}

/// Other names of a declared unit: the same unit, so no conversion.
const UNIT_NAMES: &[(&str, &[&str])] = &[
    ("PERCENT", &["%", "PT"]),
    ("NUMBER", &["NUM"]),
    ("INDEX", &["IX"]),
    ("KG", &["KILOGRAM"]),
    ("TONNES", &["T"]),
];

fn check_unit(series: &Series, unit: &str) -> Result<(), Fault> {
    let is_name = |names: &&(&str, &[&str])| {
        names.0.eq_ignore_ascii_case(&series.unit)
            && names.1.iter().any(|name| name.eq_ignore_ascii_case(unit))
    };
    let is_same = unit.is_empty()
        || unit.eq_ignore_ascii_case(&series.unit)
        || UNIT_NAMES.iter().any(|names| is_name(&names));
    if is_same {
        return Ok(());
    }
    Err(Fault {
        reason: Reason::UnknownUnit,
        detail: format!("unit {unit:?} is not {}, which {} is in", series.unit, series.code),
    })
}
