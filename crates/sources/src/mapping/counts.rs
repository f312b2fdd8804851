//! Records that are counted: entries of a register, answers to a consultation. Their cells may hold several
//! lines, countries or kinds of stakeholders; a record counts once in the figure of each that it names.
//!
//! A figure is a record of the payload here: its place is that of the first record in it. A part of a
//! record that cannot be used (a line that nobody declared, a country in no list) is set aside, and the
//! rest of it counts.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::mapping::Count;
use wsis_model::pipeline::Series;
use wsis_model::quarantine::{Reason, Subject};

use crate::DecodeError;
use crate::area::{self, AreaId};
use crate::codes::{Breakdown, Status};
use crate::format::lines::Stands;
use crate::mapping::layout::{Dimension, Place};
use crate::mapping::mapper::{Cells, Mapper};
use crate::normalise::{Fault, Row, Value};

/// Parts of the cells of one record together; more are a mistake of the separator.
const PARTS_MAX: usize = 1_000;

/// The name of a series in which every record counts once, whatever it names.
const EVERY: &str = "*";

/// What a figure is of: the place of its series, its area, its year, and its dimensions.
type Key = (usize, AreaId, String, [String; 4]);

/// What was counted so far.
#[derive(Debug, Default)]
pub(super) struct Counts<'a> {
    groups: BTreeMap<Key, Group<'a>>,
}

#[derive(Debug)]
struct Group<'a> {
    series: &'a Series,
    breakdown: Breakdown,
    count: u64,
    /// The first record in it.
    at: i64,
}

impl<'a> Mapper<'a> {
    /// Counts a record.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(super) fn count(&mut self, count: &Count, cells: Cells<'_, 'a>) -> Result<(), DecodeError> {
        let mut faults: Vec<Fault> = Vec::new();
        let series = self.named_series(count, cells, &mut faults);
        let areas = self.named_areas(count, cells, &mut faults);
        let breakdowns = self.named_breakdowns(count, cells, &mut faults);
        let year = year_of(match cells.layout.year {
            Some(place) => cells.get(place),
            None => self.edition.as_deref().unwrap_or_default(),
        });
        let all = areas.len().saturating_mul(breakdowns.len());
        let has_too_many = series.len().saturating_mul(all) > PARTS_MAX;
        let series = if has_too_many { Vec::new() } else { series };
        faults.extend(has_too_many.then(too_many));
        for fault in faults {
            if self.rows.leaves_out(&Err(fault.clone()))? {
                continue;
            }
            self.rows.aside((fault, Some(Subject::default())), self.at, cells.line.line())?;
        }
        let mut keys: BTreeSet<Key> = BTreeSet::new();
        for &(place, series) in &series {
            self.rows.speaks_of(series);
            for &area in &areas {
                for breakdown in &breakdowns {
                    self.rows.step()?;
                    let parts = [
                        breakdown.sex.clone(),
                        breakdown.age.clone(),
                        breakdown.location.clone(),
                        breakdown.dimensions.clone(),
                    ];
                    let key = (place, area, year.to_owned(), parts);
                    if !keys.insert(key.clone()) {
                        continue;
                    }
                    let (breakdown, at) = (breakdown.clone(), self.at);
                    let group = Group { series, breakdown, count: 0, at };
                    self.counts.groups.entry(key).or_insert(group).count += 1;
                }
            }
        }
        let limit = self.rows.groups_max();
        if self.counts.groups.len() as u64 > limit {
            let what = "the number of groups that records are counted in";
            return Err(DecodeError::too_large(what, limit, "cells_max"));
        }
        Ok(())
    }

    /// The series that a record names.
    fn named_series(
        &self,
        count: &Count,
        cells: Cells<'_, 'a>,
        faults: &mut Vec<Fault>,
    ) -> Vec<(usize, &'a Series)> {
        let declared = cells.layout.figures.iter().map(|(series, _)| *series);
        let Some(place) = cells.layout.series else { return declared.enumerate().collect() };
        let every = |series: &&Series| series.named.as_deref() == Some(EVERY);
        let mut found: Vec<_> = declared.clone().enumerate().filter(|(_, it)| every(it)).collect();
        for text in parts(count, cells, place, faults) {
            let is_named = |series: &Series| {
                let named = series.named.as_ref().unwrap_or(&series.code);
                named.eq_ignore_ascii_case(&text)
            };
            match declared.clone().enumerate().find(|(_, series)| is_named(series)) {
                Some(known) => found.push(known),
                None => faults.push(self.rows.undeclared(&text)),
            }
        }
        found
    }

    /// The areas that a record names.
    fn named_areas(
        &mut self,
        count: &Count,
        cells: Cells<'_, 'a>,
        faults: &mut Vec<Fault>,
    ) -> Vec<AreaId> {
        let place = cells.layout.area.or(cells.layout.area_name);
        let texts = place.map_or_else(Vec::new, |place| parts(count, cells, place, faults));
        if texts.is_empty() {
            let detail = "the record names no area".to_owned();
            faults.push(Fault { reason: Reason::UnknownArea, detail });
        }
        let beside = cells.layout.area_name.filter(|name| Some(*name) != place);
        let names = beside.map_or_else(Vec::new, |name| parts(count, cells, name, faults));
        let mut found = Vec::new();
        for text in texts {
            let code = if self.is_m49() { area::code(&text) } else { text.as_str().into() };
            let id = self.rows.area_with_name(&code, "");
            // Names may stand in another order than codes: one that none of them may mean is another's.
            let is_other = names.iter().all(|name| self.rows.areas.contradicts(id, name));
            let id = match names.first().filter(|_| is_other) {
                Some(name) => self.rows.area_with_name(&code, name),
                None => id,
            };
            match self.rows.fault_of(id) {
                Some(fault) => faults.push(fault),
                None => found.push(id),
            }
        }
        found
    }

    /// What a record is of: all, and each code of each dimension with all codes of the others.
    fn named_breakdowns(
        &self,
        count: &Count,
        cells: Cells<'_, 'a>,
        faults: &mut Vec<Fault>,
    ) -> Vec<Breakdown> {
        let mut pairs: Vec<Vec<(&str, String)>> = vec![Vec::new()];
        for (name, dimension) in &cells.layout.dimensions {
            let codes = match dimension {
                Dimension::At(place) => parts(count, cells, *place, faults),
                Dimension::Always(code) => {
                    for pair in &mut pairs {
                        pair.push((name, code.clone()));
                    }
                    continue;
                }
                Dimension::Named { code, .. } => parts(count, cells, *code, faults),
            };
            if pairs.len().saturating_mul(codes.len() + 1) > PARTS_MAX {
                faults.push(too_many());
                return Vec::new();
            }
            let before = pairs.clone();
            for code in codes {
                pairs.extend(before.iter().map(|it| {
                    let mut it = it.clone();
                    it.push((name.as_str(), code.clone()));
                    it
                }));
            }
        }
        let mut found = Vec::new();
        for pairs in pairs {
            let pairs = pairs.iter().map(|(name, code)| (*name, code.as_str()));
            match Breakdown::from_pairs(self.rows.lists(), pairs) {
                Ok(breakdown) => found.push(breakdown),
                Err(fault) => faults.push(fault),
            }
        }
        found
    }

    /// Hands over what was counted.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn put_counts(&mut self) -> Result<(), DecodeError> {
        // A figure stands nowhere by itself.
        self.rows.stands(Stands::Nowhere, "");
        for ((_, area, period, _), group) in std::mem::take(&mut self.counts.groups) {
            let number = group.count.to_string();
            let row = Row {
                series: Ok(group.series),
                area,
                period: &period,
                breakdown: Ok(&group.breakdown),
                value: Value::Written { number: Some(&number), printed: &number },
                scale: group.series.scale,
                unit: "",
                status: Status::PLAIN,
                flag: None,
                footnote: None,
                beside: &[],
                at: group.at,
            };
            let record = || format!("{number} records, the first is record {}", group.at);
            self.rows.put(&row, record)?;
        }
        Ok(())
    }
}

/// What a cell holds, each once, by the texts that stand for others.
fn parts(
    count: &Count,
    cells: Cells<'_, '_>,
    place: Place,
    faults: &mut Vec<Fault>,
) -> Vec<String> {
    let heading = place.column().and_then(|at| cells.layout.headings.get(at));
    let by = heading.and_then(|heading| {
        let fits = |(name, _): &&(String, String)| {
            name.trim() == heading.trim()
                || crate::text::heading(name) == crate::text::heading(heading)
        };
        count.split.iter().find(fits).map(|(_, by)| by.as_str())
    });
    let cell = cells.get(place);
    let texts: Vec<&str> = by.map_or_else(|| vec![cell], |by| cell.split(by).collect());
    let mut found: Vec<String> = Vec::new();
    for text in texts {
        let text = text.trim();
        let same = count.same.iter().find(|(from, _)| from.eq_ignore_ascii_case(text));
        let text = same.map_or(text, |(_, to)| to.as_str());
        if text.is_empty() || found.iter().any(|it| it == text) {
            continue;
        }
        if found.len() >= PARTS_MAX {
            faults.push(too_many());
            return Vec::new();
        }
        found.push(text.to_owned());
    }
    found
}

fn too_many() -> Fault {
    crate::checks::malformed(&format!("a record with more than {PARTS_MAX} parts in its cells"))
}

/// The year of a date that a register writes (`2024-05-03`, `2024-05-03T10:00:00`), else the text.
fn year_of(text: &str) -> &str {
    let text = crate::text::whole_number(text);
    match text.as_bytes() {
        [a, b, c, d, b'-' | b'/', rest @ ..]
            if [a, b, c, d].iter().all(|it| it.is_ascii_digit())
                && rest.first().is_some_and(u8::is_ascii_digit) =>
        {
            text.get(..4).unwrap_or(text)
        }
        _ => text,
    }
}
