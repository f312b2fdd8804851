//! Disparities between categories of people: women and men, rural and urban, of one series and one year.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wsis_model::framework::{Indicator, Window};

use crate::group::{Group, count, status};
use crate::indicator::joined;
use crate::panel::Panel;
use crate::plan::Plan;
use crate::progress::{Tie, nearest_year};
use crate::reading::{Series, comparable, years};
use crate::sum::median;

/// Category and its reference, by dimension: the ratio is the first over the second, female over male as in the
/// parity index of the UNESCO Institute for Statistics.
const SEX: (&str, &str, &str) = ("sex", "F", "M");
const LOCATION: (&str, &str, &str) = ("location", "RURAL", "URBAN");

/// Two indicators that read one series and differ in one dimension alone.
#[derive(Debug, Clone, Copy)]
pub struct Pair<'f> {
    /// `sex` or `location`.
    pub dimension: &'static str,
    /// Code of the category, and of what it is held against.
    pub categories: (&'static str, &'static str),
    /// The indicator of the category.
    pub first: &'f Indicator,
    /// That of the reference.
    pub second: &'f Indicator,
}

/// One pair, one economy or group, one window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct DisparityRow {
    /// Code of the indicator of the category.
    pub indicator: String,
    /// Code of the indicator of the reference.
    pub reference_indicator: String,
    /// `sex` or `location`.
    pub dimension: &'static str,
    /// `F` or `RURAL`.
    pub category: &'static str,
    /// `M` or `URBAN`.
    pub reference: &'static str,
    /// `economy`, or the kind of the group.
    pub area_kind: String,
    /// Code of the economy, or name of the group.
    pub area: String,
    /// First year of the window.
    pub window_start: i32,
    /// Last year of the window.
    pub window_end: i32,
    /// Source of both figures.
    pub source: String,
    /// Dataset of both figures.
    pub dataset: String,
    /// The year of both current values; none of a group.
    pub year: Option<i32>,
    /// Value of the category.
    pub value: Option<f64>,
    /// Value of the reference.
    pub reference_value: Option<f64>,
    /// Category less reference; of a group the median of its members'.
    pub gap: Option<f64>,
    /// Category over reference; of a group the median of its members'.
    pub ratio: Option<f64>,
    /// The year of both values at the start.
    pub year_start: Option<i32>,
    /// Category less reference in that year.
    pub gap_start: Option<f64>,
    /// Gap less the gap at the start.
    pub gap_change: Option<f64>,
    /// Why there is no gap, no ratio or no change.
    pub reason: Option<String>,
    /// Of a group: `published`, `indicative` or `withheld`.
    pub status: Option<&'static str>,
    /// Of a group: members that count.
    pub members: Option<u32>,
    /// Of them, those with both values of one year.
    pub members_matched: Option<u32>,
}

/// The pairs of a framework, in the order of its indicators.
pub fn pairs<'f>(plan: &Plan<'f>) -> Vec<Pair<'f>> {
    let leaves = || plan.leaves.iter().copied();
    leaves().flat_map(|first| leaves().filter_map(move |second| pair(first, second))).collect()
}

fn pair<'f>(first: &'f Indicator, second: &'f Indicator) -> Option<Pair<'f>> {
    let (one, two) = (first.series.as_ref()?, second.series.as_ref()?);
    for (dimension, category, reference) in [SEX, LOCATION] {
        let (mut as_first, mut as_second) = (one.clone(), two.clone());
        let (own, other) = if dimension == "sex" {
            (std::mem::take(&mut as_first.sex), std::mem::take(&mut as_second.sex))
        } else {
            (std::mem::take(&mut as_first.location), std::mem::take(&mut as_second.location))
        };
        if own == category && other == reference && as_first == as_second {
            return Some(Pair { dimension, categories: (category, reference), first, second });
        }
    }
    None
}

/// Both values of one year.
fn both(pair: &[&Series; 2], year: i32) -> Option<(f64, f64)> {
    let at = |series: &Series| series.iter().find(|(it, _)| *it == year)?.1.value;
    at(pair[0]).zip(at(pair[1]))
}

impl Pair<'_> {
    fn empty(&self, kind: &str, area: &str, window: Window) -> DisparityRow {
        let series = self.first.series.as_ref();
        DisparityRow {
            indicator: self.first.code.clone(),
            reference_indicator: self.second.code.clone(),
            dimension: self.dimension,
            category: self.categories.0,
            reference: self.categories.1,
            area_kind: kind.to_owned(),
            area: area.to_owned(),
            window_start: window.start,
            window_end: window.end,
            source: series.map(|it| it.source.clone()).unwrap_or_default(),
            dataset: series.map(|it| it.dataset.clone()).unwrap_or_default(),
            year: None,
            value: None,
            reference_value: None,
            gap: None,
            ratio: None,
            year_start: None,
            gap_start: None,
            gap_change: None,
            reason: None,
            status: None,
            members: None,
            members_matched: None,
        }
    }

    /// The row of an economy; none where neither category has a figure in the window.
    pub fn economy(
        &self,
        plan: &Plan<'_>,
        panel: &Panel,
        area: &str,
        window: Window,
    ) -> Option<DisparityRow> {
        let series = [panel.series(&self.first.code, area), panel.series(&self.second.code, area)];
        let oldest = window.end - plan.ages.max;
        let valued = |series: &Series| -> BTreeSet<i32> {
            let with = series.iter().filter(|(_, cell)| cell.value.is_some());
            with.map(|(year, _)| *year).filter(|year| *year <= window.end).collect()
        };
        let (first, second) = (valued(series[0]), valued(series[1]));
        let usable = |year: &&i32| **year >= oldest;
        if !first.iter().chain(&second).any(|year| *year >= oldest) {
            return None;
        }
        let mut row = self.empty("economy", area, window);
        let shared: BTreeSet<i32> = first.intersection(&second).copied().collect();
        let Some(year) = shared.iter().rev().find(usable).copied() else {
            row.reason = Some(format!("no year from {oldest} to {} has both values", window.end));
            return Some(row);
        };
        let (value, reference) = both(&series, year)?;
        row.year = Some(year);
        (row.value, row.reference_value) = (Some(value), Some(reference));
        row.gap = Some(value - reference);
        row.ratio = (reference > 0.0).then(|| value / reference);
        match self.start(plan, series, &shared, year, window) {
            Ok((from, gap)) => {
                (row.year_start, row.gap_start) = (Some(from), Some(gap));
                row.gap_change = Some(value - reference - gap);
            }
            Err(reason) => row.reason = Some(reason),
        }
        if row.ratio.is_none() {
            let none = format!("no ratio: the value of {} is not above 0", self.categories.1);
            row.reason = Some(joined(row.reason.take(), &none));
        }
        Some(row)
    }

    /// Year and gap at the start of the window, or why there is none that compares.
    fn start(
        &self,
        plan: &Plan<'_>,
        series: [&Series; 2],
        shared: &BTreeSet<i32>,
        year: i32,
        window: Window,
    ) -> Result<(i32, f64), String> {
        let ages = plan.ages;
        if window.end - year > ages.max_progress {
            let most = years(ages.max_progress);
            return Err(format!("values of {year} are more than {most} older than {}", window.end));
        }
        let before = shared.iter().copied().filter(|it| *it < year);
        let near = nearest_year(before, window.start, ages.baseline_within, Tie::Earlier);
        let (low, high) =
            (window.start - ages.baseline_within, window.start + ages.baseline_within);
        let none = || format!("no earlier year from {low} to {high} has both values");
        let from = near.ok_or_else(none)?;
        if year - from < ages.min_span {
            let span = years(year - from);
            return Err(format!("span of {span} ({from} to {year}), {} asked", ages.min_span));
        }
        for (indicator, series) in [(self.first, series[0]), (self.second, series[1])] {
            if !comparable(indicator, series, from, year) {
                return Err(format!("{} of {from} and {year} do not compare", indicator.code));
            }
        }
        let (value, reference) = both(&series, from).ok_or_else(none)?;
        Ok((from, value - reference))
    }

    /// The row of a group from its members' rows of the window: medians, each member once.
    fn group(
        &self,
        plan: &Plan<'_>,
        group: &Group,
        counting: &BTreeSet<&str>,
        rows: &BTreeMap<&str, &DisparityRow>,
        window: Window,
    ) -> DisparityRow {
        let mut row = self.empty(group.kind, &group.name, window);
        let members: Vec<&str> =
            group.members.iter().map(String::as_str).filter(|it| counting.contains(it)).collect();
        let own = || members.iter().filter_map(|area| rows.get(area));
        let gaps: Vec<f64> = own().filter_map(|row| row.gap).collect();
        let ratios: Vec<f64> = own().filter_map(|row| row.ratio).collect();
        let stands = status(plan.rules.groups, gaps.len(), members.len());
        let shown = stands != "withheld";
        row.gap = median(&gaps).filter(|_| shown);
        let enough = status(plan.rules.groups, ratios.len(), members.len()) != "withheld";
        row.ratio = median(&ratios).filter(|_| enough);
        row.status = Some(stands);
        row.members = Some(count(members.len()));
        row.members_matched = Some(count(gaps.len()));
        row.reason = (stands != "published").then(|| {
            format!("{} of {} members have both values of one year", gaps.len(), members.len())
        });
        row
    }
}

/// What the rows of one window are of.
pub(crate) struct Asked<'a> {
    /// The window.
    pub(crate) window: Window,
    /// Economies with a row.
    pub(crate) economies: &'a [&'a str],
    /// Those who count at its end.
    pub(crate) members: &'a BTreeSet<&'a str>,
    /// Groups at its end.
    pub(crate) groups: &'a [Group],
}

/// Rows of every pair in a window.
pub(crate) fn disparities(plan: &Plan<'_>, panel: &Panel, asked: &Asked<'_>) -> Vec<DisparityRow> {
    let mut found = Vec::new();
    for pair in pairs(plan) {
        let of = |area: &&str| pair.economy(plan, panel, area, asked.window);
        let own: Vec<DisparityRow> = asked.economies.iter().filter_map(of).collect();
        if own.is_empty() {
            continue;
        }
        let by: BTreeMap<&str, &DisparityRow> =
            own.iter().map(|row| (row.area.as_str(), row)).collect();
        let of_group = |group| pair.group(plan, group, asked.members, &by, asked.window);
        let groups: Vec<DisparityRow> = asked.groups.iter().map(of_group).collect();
        found.extend(own);
        found.extend(groups);
    }
    found
}

impl DisparityRow {
    /// Its place in the table.
    pub fn key(&self) -> (&str, &str, &str, &str, i32, i32) {
        let Self { indicator, reference_indicator, area_kind, area, .. } = self;
        (indicator, reference_indicator, area_kind, area, self.window_start, self.window_end)
    }
}
