//! The one way from a record of any source to an observation, or to a reason why not.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::Area;
use wsis_model::codelist::DimensionLists;
use wsis_model::observation::{Observation, RowSink};
use wsis_model::period::Freq;
use wsis_model::pipeline::{Pipeline, Series, Undeclared};
use wsis_model::quarantine::{Reason, Rejected, Subject};
use wsis_model::status::ObsStatus;

use crate::area::{AreaId, Areas};
use crate::checks::{check_range, check_unit, malformed, period, zero_means};
use crate::format::lines::Stands;
use crate::job::Budget;
use crate::mapping::advice;
pub(crate) use crate::mapping::row::{Fault, Row, Value};
use crate::said::Heard;
use crate::{ContentKind, DecodeError, DecodeJob, PayloadSummary, RequestSpec, number, text};

/// Distinct remarks of a payload; the rest are counted as one.
const REMARKS_KEPT: usize = 1_000;

/// Judges rows and hands them over.
pub(crate) struct Normaliser<'a> {
    job: &'a DecodeJob<'a>,
    pipeline: &'a Pipeline,
    /// Frequencies of the periods that are asked for; empty for years alone.
    pub(super) frequencies: &'a [Freq],
    out: &'a mut dyn RowSink,
    budget: Budget<'a>,
    /// Where the record at hand stands in its file, and in which sheet.
    stands: (Stands, String),
    parsed: u64,
    pub(super) areas: Areas<'a>,
    findings: BTreeMap<String, u64>,
    /// What the source calls series and their units.
    pub(crate) heard: Heard,
    /// Series that a record named.
    seen: BTreeSet<&'a str>,
}

impl<'a> Normaliser<'a> {
    pub(crate) fn new(source: &'a str, job: &'a DecodeJob<'a>, out: &'a mut dyn RowSink) -> Self {
        Self {
            job,
            pipeline: job.pipeline,
            frequencies: job.pipeline.mapping.as_ref().map_or(&[], |it| &*it.frequencies),
            out,
            budget: Budget::new(job),
            stands: (Stands::Nowhere, String::new()),
            parsed: 0,
            areas: Areas::new(source, &job.lists.areas),
            findings: BTreeMap::new(),
            heard: Heard::default(),
            seen: BTreeSet::new(),
        }
    }

    /// The code lists of the dimensions.
    pub(crate) const fn lists(&self) -> &'a DimensionLists {
        &self.job.lists.dimensions
    }

    /// The declared series with a code, or why there is none.
    pub(crate) fn series(&self, code: &str) -> Result<&'a Series, Fault> {
        self.pipeline.series(code).ok_or_else(|| self.undeclared(code))
    }

    /// The fault of a record whose series the pipeline does not declare.
    pub(crate) fn undeclared(&self, code: &str) -> Fault {
        let code: String = code.chars().take(100).collect();
        Fault {
            reason: Reason::UnexpectedSeries,
            detail: format!("series {code:?} is not declared by pipeline {}", self.pipeline.id),
        }
    }

    /// Notes that a record is of a series.
    pub(crate) fn speaks_of(&mut self, series: &'a Series) {
        self.seen.insert(&series.code);
    }

    /// Whether a record is left out because the pipeline says that undeclared series are; that is
    /// counted.
    pub(crate) fn leaves_out(
        &mut self,
        series: &Result<&'a Series, Fault>,
    ) -> Result<bool, DecodeError> {
        match series {
            Ok(series) => {
                self.seen.insert(&series.code);
                Ok(false)
            }
            Err(fault)
                if fault.reason == Reason::UnexpectedSeries
                    && self.pipeline.undeclared == Undeclared::LeaveOut =>
            {
                self.remark("row of a series that the pipeline does not declare, left out");
                self.budget.step().map(|()| true)
            }
            Err(_) => Ok(false),
        }
    }

    /// Tells of declared series that no record named: of a file, all; of the answer of a service,
    /// the one that was asked for (F14).
    pub(crate) fn tell_absent(&mut self, request: &RequestSpec) {
        let is_file = request.expect != ContentKind::Json || request.file(self.pipeline).is_some();
        self.tell_absent_of(request, is_file);
    }

    /// As [`Normaliser::tell_absent`]; `is_file` says whether all declared series are due.
    pub(crate) fn tell_absent_of(&mut self, request: &RequestSpec, is_file: bool) {
        for series in &self.pipeline.series {
            let code = series.code.as_str();
            if self.seen.contains(code) {
                continue;
            }
            if is_file {
                let file =
                    if self.pipeline.files.len() > 1 { "one of the files" } else { "the file" };
                self.remark(format!("series {code} is declared, and not in {file}"));
            } else if code == request.id {
                let page = request.page;
                self.remark(format!(
                    "series {code} was asked for; page {page} of the answer has no record of it"
                ));
            }
        }
    }

    /// Compares the title that the source gives a series with the declared one (F07).
    ///
    /// # Errors
    /// When the words are the same and the numbers are not: the figures may be on another base.
    pub(crate) fn title(&mut self, series: &Series, found: &str) -> Result<(), DecodeError> {
        let remark = self.heard.title(series, found)?;
        self.remark_all(remark);
        Ok(())
    }

    /// Notes the heading under which a series stands, of a table that gives no titles.
    pub(crate) fn heading(&mut self, series: &Series, heading: &str) {
        self.heard.heading(&series.code, heading);
    }

    /// The area that a text means.
    pub(crate) fn area(&mut self, text: &str) -> AreaId {
        self.areas.of(text)
    }

    /// Why an area is none, where it is none.
    pub(crate) fn fault_of(&self, id: AreaId) -> Option<Fault> {
        match self.areas.get(id) {
            Some(Ok(_)) => None,
            Some(Err(fault)) => Some(fault.clone()),
            None => Some(malformed("the record names no area")),
        }
    }

    /// Most groups that records may be counted in.
    pub(crate) fn groups_max(&self) -> u64 {
        u64::try_from(self.job.limits.cells_max).unwrap_or(u64::MAX)
    }

    /// The area that a code means, which has to agree with the name beside it.
    pub(crate) fn area_with_name(&mut self, code: &str, name: &str) -> AreaId {
        let (id, doubt) = self.areas.with_name(code, name);
        self.remark_all(doubt);
        id
    }

    /// The area that two codes and a name of one record mean.
    pub(crate) fn area_of_codes(&mut self, first: &str, second: &str, name: &str) -> AreaId {
        let (id, doubt) = self.areas.of_codes(first, second, name);
        self.remark_all(doubt);
        id
    }

    /// The fault of a row in which nothing stands but a text that is no area.
    pub(crate) fn note(&mut self, text: &str) -> Option<Fault> {
        let id = self.areas.of(text.trim());
        match self.areas.get(id) {
            Some(Err(fault)) if fault.reason == Reason::UnknownArea => Some(Fault {
                reason: Reason::UnknownArea,
                detail: format!(
                    "the row holds nothing but {:?}, which is no area: a note, or an area without \
                     figures; `keep` leaves such rows out",
                    text.trim().chars().take(100).collect::<String>()
                ),
            }),
            _ => None,
        }
    }

    /// No area, and why.
    pub(crate) fn no_area(&mut self, fault: Fault) -> AreaId {
        self.areas.none(fault)
    }

    /// An area, after what further columns say of it: they have to agree (F04).
    pub(crate) fn area_beside<'t>(
        &mut self,
        mut id: AreaId,
        columns: impl IntoIterator<Item = (&'t str, &'t str)>,
    ) -> AreaId {
        for (heading, text) in columns {
            let (found, is_unknown) = self.areas.also(id, heading, text);
            id = found;
            if is_unknown {
                self.remark(format!(
                    "column {heading:?} holds areas that are in no code list, which were not compared"
                ));
            }
        }
        id
    }

    /// Tells of what a row holds under no heading.
    pub(crate) fn tell_unnamed<'t>(&mut self, fields: impl IntoIterator<Item = (usize, &'t str)>) {
        for (at, field) in fields {
            if !field.trim().is_empty() {
                let number = at + 1;
                self.remark(format!("column {number} has no heading; what it holds was not read"));
            }
        }
    }

    /// A remark that concerns no single row; equal ones are counted.
    pub(crate) fn remark(&mut self, text: impl Into<String>) {
        let text = text.into();
        let is_room = self.findings.len() < REMARKS_KEPT || self.findings.contains_key(&text);
        let text = if is_room { text } else { "further remarks, not kept".to_owned() };
        *self.findings.entry(text).or_default() += 1;
    }

    fn remark_all(&mut self, texts: impl IntoIterator<Item = String>) {
        for text in texts {
            self.remark(text);
        }
    }

    /// Hands over a row as an observation, or sets it aside. `record` gives its text.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn put(
        &mut self,
        row: &Row<'_>,
        record: impl FnOnce() -> String,
    ) -> Result<(), DecodeError> {
        self.budget.record()?;
        self.parsed += 1;
        if let Err(fault) = self.try_put(row) {
            let subject = self.subject_of(row, &fault);
            self.set_aside((fault, Some(subject)), row.at, record());
        }
        Ok(())
    }

    /// As [`Normaliser::put`]; `place` says where what is wrong stands, should it be set aside.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn put_at(
        &mut self,
        row: &Row<'_>,
        place: &dyn Fn(Reason) -> String,
        record: impl FnOnce() -> String,
    ) -> Result<(), DecodeError> {
        self.budget.record()?;
        self.parsed += 1;
        if let Err(mut fault) = self.try_put(row) {
            fault.detail.insert_str(0, &place(fault.reason));
            let subject = self.subject_of(row, &fault);
            self.set_aside((fault, Some(subject)), row.at, record());
        }
        Ok(())
    }

    /// Sets a record aside for a fault; `subject` is none where it is of no figure.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn aside(
        &mut self,
        (fault, subject): (Fault, Option<Subject>),
        at: i64,
        record: String,
    ) -> Result<(), DecodeError> {
        self.budget.record()?;
        self.parsed += 1;
        self.set_aside((fault, subject), at, record);
        Ok(())
    }

    /// Says where the records that follow stand in their file; `sheet` is empty where there is none.
    pub(crate) fn stands(&mut self, stands: Stands, sheet: &str) {
        self.stands.0 = stands;
        if self.stands.1 != sheet {
            sheet.clone_into(&mut self.stands.1);
        }
    }

    /// Where the record at hand stands, in words.
    pub(crate) fn place(&self) -> Option<String> {
        self.stands.0.shown(&self.stands.1)
    }

    /// Work on what is no record.
    ///
    /// # Errors
    /// When the work is to stop.
    pub(crate) fn step(&mut self) -> Result<(), DecodeError> {
        self.budget.step()
    }

    /// Sets a record aside that is not even a row.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn malformed(
        &mut self,
        (detail, subject): (String, Subject),
        at: i64,
        record: String,
    ) -> Result<(), DecodeError> {
        let fault = Fault { reason: Reason::MalformedRecord, detail };
        self.aside((fault, Some(subject)), at, record)
    }

    /// Sets a row of a wide table aside: it counts as often as it has figures, which are these.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn malformed_row(
        &mut self,
        figures: Vec<Subject>,
        detail: &str,
        at: i64,
        record: &str,
    ) -> Result<(), DecodeError> {
        for figure in figures {
            self.malformed((detail.to_owned(), figure), at, record.to_owned())?;
        }
        Ok(())
    }

    /// Sets aside what stands in a list of records and is none.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn no_record(&mut self, what: &str, json: &str, at: i64) -> Result<(), DecodeError> {
        let detail = format!("{what} stands where a record should be");
        self.malformed((detail, Subject::default()), at, text::joined([json], ""))
    }

    fn set_aside(&mut self, (fault, subject): (Fault, Option<Subject>), at: i64, record: String) {
        self.out.reject(Rejected {
            reason: fault.reason,
            detail: text::cut_record(fault.detail),
            payload_row: at,
            record: text::cut_record(record),
            place: self.place().map(text::cut_record),
            // Of a period that nobody asked for it is known that it is no figure of others.
            subject: subject.filter(|_| fault.reason != Reason::OtherFrequency),
        });
    }

    fn try_put(&mut self, row: &Row<'_>) -> Result<(), Fault> {
        let series = row.series.map_err(Fault::clone)?;
        self.heard.unit(&series.code, row.unit);
        let area = match self.areas.get(row.area) {
            Some(Ok(area)) => *area,
            Some(Err(fault)) => return Err(fault.clone()),
            None => return Err(malformed("the record names no area")),
        };
        let period = period(self.frequencies, row.period)?;
        let year = period.year();
        let breakdown = row.breakdown.map_err(Fault::clone)?;
        check_unit(series, row.unit)?;
        self.check_length(row)?;
        let flag_with_meaning;
        let mut flag = row.flag;
        let no_number = |text| advice::fault(self.pipeline, row.value, text);
        let (value, value_text, obs_status) = match row.value {
            Value::Missing(token) => (None, token, row.status.missing),
            Value::Unreadable(why) => return Err(malformed(why)),
            Value::Written { number: None, printed } => return Err(no_number(printed)),
            Value::Text(text) | Value::Written { number: Some(_), printed: text } => {
                let (digits, is_as_written) = match row.value {
                    Value::Written { number: Some(number), .. } => (number, number == text),
                    _ => (text, true),
                };
                let number = number::parse(digits, row.scale).ok_or_else(|| no_number(text))?;
                check_range(series, number.value)?;
                if let Some(means) = zero_means(series, number.value, year, row) {
                    // The zero stays as the source printed it; it is no value.
                    flag_with_meaning = match row.flag {
                        Some(flag) => format!("{flag}; 0 means {means}"),
                        None => format!("0 means {means}"),
                    };
                    flag = Some(&flag_with_meaning);
                    (None, Some(text), ObsStatus::NotCollected)
                } else if number.value == 0.0 && row.status.denies_zero(area.kind) {
                    let flag: String = row.flag.unwrap_or_default().chars().take(40).collect();
                    self.remark(format!(
                        "0 beside the flag {flag:?}, which says that there is no value: taken as \
                         missing"
                    ));
                    (None, Some(text), row.status.missing)
                } else {
                    if row.status.denies_value() {
                        let flag: String = row.flag.unwrap_or_default().chars().take(40).collect();
                        self.remark(format!(
                            "a value beside the flag {flag:?}, which says that there is none: the \
                             value was taken"
                        ));
                    }
                    let kept = (!(number.is_shortest && is_as_written)).then_some(text);
                    (Some(number.value), kept, row.status.valued)
                }
            }
        };
        self.out.accept(&Observation {
            series_code: &series.code,
            ref_area: &area.code,
            sex: &breakdown.sex,
            age: &breakdown.age,
            location: &breakdown.location,
            dimensions: &breakdown.dimensions,
            period,
            value,
            value_text,
            unit: &series.unit,
            obs_status,
            source_flag: flag,
            footnote: row.footnote,
            payload_row: row.at,
        });
        if value.is_some() {
            self.note_year(area, year);
        }
        Ok(())
    }

    /// What is stored as text is bounded like a record.
    fn check_length(&self, row: &Row<'_>) -> Result<(), Fault> {
        let max = self.job.limits.record_max_bytes;
        let value = match row.value {
            Value::Text(text)
            | Value::Written { printed: text, .. }
            | Value::Missing(Some(text)) => text,
            _ => "",
        };
        for (what, text) in [
            ("value", value),
            ("footnote", row.footnote.unwrap_or_default()),
            ("flag", row.flag.unwrap_or_default()),
        ] {
            if text.len() > max {
                let detail =
                    format!("{what} of {} bytes, at most {max} (record_max_bytes)", text.len());
                return Err(malformed(&detail));
            }
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
        PayloadSummary {
            parsed: self.parsed,
            source_updated: None,
            findings: self.findings,
            said: self.heard.said,
        }
    }
}
