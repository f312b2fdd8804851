//! Where nothing is known: of every line, indicator, economy and window, whether the figures that the
//! method asks for are there, since when they are not, and where the gap lies; docs/METHOD.md section 13.
//!
//! Nothing here says that somebody owes a figure. What is known is what was loaded, and a gap is what the
//! method asks for and does not find there.

mod kind;
mod measurability;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::Area;
use wsis_model::framework::{Indicator, Status, Window};

pub use kind::{Gap, LiesIn};
pub use measurability::{Measurability, OFFICIAL};
pub use tally::{Selection, Tally};

use crate::panel::Panel;
use crate::plan::{Line, Plan};
use crate::reading::{Series, Unmatched, view};
use crate::result::{IndicatorScore, Missing};

/// An indicator under a line: in its score, or shown beside it.
#[derive(Debug, Clone, PartialEq)]
pub struct Item {
    /// Line code.
    pub line: String,
    /// Place of the line in the framework's order, from 1.
    pub position: u32,
    /// Indicator code.
    pub indicator: String,
    /// Its title.
    pub title: String,
    /// Agency that compiles it.
    pub agency: String,
    /// Share of the line's weight; none for one that is shown beside the score.
    pub share: Option<f64>,
    /// Source, dataset and series of the figures; none where no pipeline asks for them.
    pub series: Option<(String, String, String)>,
    /// Where the figures are to be found, as the framework cites it.
    pub cited: String,
    /// Evidence class.
    pub evidence: String,
    /// Whether it is official: of evidence class A or B, and agreed or named by the agency that compiles it.
    pub official: bool,
    /// Whether it is standardised anew in every edition: of it no change is asked.
    pub relative: bool,
}

/// One item of an economy in a window.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Found {
    /// What is not there; none where all that is asked is there.
    pub gap: Option<(Gap, LiesIn)>,
    /// Last year with a value, up to the end of the window.
    pub last_year: Option<i32>,
    /// Whether there is a current value.
    pub current: bool,
    /// Whether there are two values to compare: a change.
    pub change: bool,
    /// Of a figure that another delivery has: its indicator, an index into [`Gaps::codes`].
    other: Option<u32>,
}

/// Everything that was found, for each item, economy and window.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Gaps {
    /// What is asked for: by place of the line, those with a weight first, then by code.
    pub items: Vec<Item>,
    /// Code and name of the economies, sorted by code.
    pub areas: Vec<(String, String)>,
    /// The windows, in time order.
    pub windows: Vec<(i32, i32)>,
    /// What is said of each line and window, sorted by line and window.
    pub measurability: Vec<Measurability>,
    /// Ages after which a value counts no more: for a level, and for a change.
    ages: (i32, i32),
    /// Whether an economy counts at the end of a window: area-major.
    counts: Vec<bool>,
    /// Codes of the indicators.
    codes: Vec<String>,
    /// Item-major, then by area.
    found: Vec<Found>,
}

/// What [`find`] looks at.
pub(crate) struct Looked<'s, 'f> {
    /// The framework.
    pub plan: &'s Plan<'f>,
    /// The figures.
    pub panel: &'s Panel,
    /// All economies, sorted by code.
    pub economies: &'s [&'s Area],
    /// Windows, in time order.
    pub windows: &'s [Window],
    /// Who counts at the end of each.
    pub members: &'s BTreeMap<i32, BTreeSet<&'s str>>,
    /// Scores of every indicator, economy and window, in this order.
    pub rows: &'s [IndicatorScore],
}

/// Looks at everything. As long as [`Looked::rows`], and one value for each.
pub(crate) fn find(looked: &Looked<'_, '_>) -> Gaps {
    let Looked { plan, economies, windows, .. } = looked;
    let listed = items(plan);
    let ages = (plan.ages.max, plan.ages.max_progress);
    let counts = economies.iter().flat_map(|area| {
        windows.iter().map(|window| {
            let members = looked.members.get(&window.end);
            members.is_some_and(|members| members.contains(area.code.as_str()))
        })
    });
    let mut gaps = Gaps {
        areas: economies.iter().map(|area| (area.code.clone(), area.name.clone())).collect(),
        windows: windows.iter().map(|window| (window.start, window.end)).collect(),
        measurability: Vec::new(),
        ages,
        counts: counts.collect(),
        codes: plan.leaves.iter().map(|leaf| leaf.code.clone()).collect(),
        found: Vec::with_capacity(listed.len() * economies.len() * windows.len()),
        items: Vec::with_capacity(listed.len()),
    };
    for (leaf, item) in listed {
        gaps.items.push(item);
        looked.item(leaf, &mut gaps.found);
    }
    gaps.measure(plan);
    gaps
}

/// The items with the index of their indicator in [`Plan::leaves`]. One figure is asked for once: what is
/// the same figure by another way stands with the first.
fn items(plan: &Plan<'_>) -> Vec<(usize, Item)> {
    let mut found = Vec::new();
    for line in &plan.lines {
        let beside = line.node.line.iter().flat_map(|facts| &facts.context);
        let beside = beside.filter_map(|code| Some((plan.leaf(code)?, None)));
        let scored = line.shares.iter().map(|&(leaf, share)| (leaf, Some(share)));
        let all: Vec<(usize, Option<f64>)> = scored.chain(beside).collect();
        let code = |leaf: usize| plan.leaves.get(leaf).map(|leaf| leaf.code.as_str());
        let is_there = |first: &str| all.iter().any(|(leaf, _)| code(*leaf) == Some(first));
        for &(leaf, share) in &all {
            let Some(indicator) = plan.leaves.get(leaf) else { continue };
            if indicator.second_delivery_of.as_deref().is_none_or(|first| !is_there(first)) {
                found.push((leaf, item(line, indicator, share)));
            }
        }
    }
    found.sort_by(|(_, a), (_, b)| {
        let key = |it: &Item| (it.position, it.share.is_none());
        key(a).cmp(&key(b)).then_with(|| a.indicator.cmp(&b.indicator))
    });
    found
}

fn item(line: &Line<'_>, indicator: &Indicator, share: Option<f64>) -> Item {
    let series = indicator.series.as_ref();
    Item {
        line: line.node.code.clone(),
        position: line.position,
        indicator: indicator.code.clone(),
        title: indicator.title.clone(),
        agency: indicator.agency.clone(),
        share,
        series: series.map(|it| (it.source.clone(), it.dataset.clone(), it.label())),
        cited: indicator.provenance.source.clone(),
        evidence: indicator.evidence.clone(),
        official: matches!(indicator.evidence.as_str(), "A" | "B")
            && indicator.provenance.status != Status::Proposed,
        relative: indicator.relative,
    }
}

/// Whether any economy has what is asked of a series in a window: else the gap lies in the series.
#[expect(clippy::struct_excessive_bools, reason = "each is an answer of its own")]
#[derive(Clone, Copy, Default)]
struct Anyone {
    current: bool,
    fresh: bool,
    baseline: bool,
    change: bool,
    reported: bool,
}

impl Looked<'_, '_> {
    /// The row of an indicator for an economy in a window.
    fn row(&self, leaf: usize, area: usize, window: usize) -> Option<&IndicatorScore> {
        let at = (leaf * self.economies.len() + area) * self.windows.len() + window;
        self.rows.get(at)
    }

    fn item(&self, leaf: usize, found: &mut Vec<Found>) {
        let Some(indicator) = self.plan.leaves.get(leaf) else { return };
        let others: Vec<usize> = self
            .plan
            .leaves
            .iter()
            .enumerate()
            .filter(|(_, it)| it.second_delivery_of.as_deref() == Some(indicator.code.as_str()))
            .map(|(at, _)| at)
            .collect();
        let series: Vec<&Series> = self
            .economies
            .iter()
            .map(|area| self.panel.series(&indicator.code, &area.code))
            .collect();
        let anyone: Vec<Anyone> = (0..self.windows.len())
            .map(|window| self.anyone(indicator, leaf, window, &series))
            .collect();
        for (area, series) in series.iter().enumerate() {
            for (window, anyone) in anyone.iter().enumerate() {
                found.push(self.found(indicator, (leaf, area, window), series, *anyone, &others));
            }
        }
    }

    /// The test that a change failed; none where there is one.
    fn unmatched<'p>(
        &self,
        indicator: &'p Indicator,
        series: &'p Series,
        window: usize,
    ) -> Option<Unmatched<'p>> {
        let window = *self.windows.get(window)?;
        view(indicator, series, window, self.plan.measure()).two_ends().err()
    }

    fn anyone(
        &self,
        indicator: &Indicator,
        leaf: usize,
        window: usize,
        series: &[&Series],
    ) -> Anyone {
        let mut all = Anyone::default();
        let review = self.windows.get(window).map_or(0, |window| window.end);
        for (area, series) in series.iter().enumerate() {
            let Some(row) = self.row(leaf, area, window) else { continue };
            all.baseline |= row.start.is_some();
            let Some(end) = &row.end else { continue };
            all.current = true;
            all.fresh |= review - end.year <= self.plan.ages.max_progress;
            all.reported |= !is_estimate(row);
            all.change = all.change || self.unmatched(indicator, series, window).is_none();
        }
        all
    }

    fn found(
        &self,
        indicator: &Indicator,
        (leaf, area, window): (usize, usize, usize),
        series: &Series,
        anyone: Anyone,
        others: &[usize],
    ) -> Found {
        let end = self.windows.get(window).map_or(0, |window| window.end);
        let valued =
            series.iter().rev().filter(|(year, cell)| *year <= end && cell.value.is_some());
        let last_year = valued.map(|(year, _)| *year).next();
        let none = Found { gap: None, last_year, current: false, change: false, other: None };
        let Some(row) = self.row(leaf, area, window) else { return none };
        if row.end.is_none() {
            let has = |other: &&usize| {
                self.row(**other, area, window).is_some_and(|row| row.end.is_some())
            };
            if let Some(other) = others.iter().find(has) {
                let gap = Some((Gap::OtherDelivery, LiesIn::Deployment));
                return Found { gap, other: u32::try_from(*other).ok(), ..none };
            }
            let missing = row.missing.unwrap_or(Missing::NoValue);
            return Found { gap: Some(without_current(missing, anyone)), ..none };
        }
        let unmatched = self.unmatched(indicator, series, window);
        let change = unmatched.is_none();
        let gap = match unmatched {
            Some(lack) => without_change(&lack, anyone),
            None => None,
        };
        let estimate = || {
            let lies = if anyone.reported { LiesIn::Coverage } else { LiesIn::Series };
            is_estimate(row).then_some((Gap::Estimate, lies))
        };
        Found { gap: gap.or_else(estimate), current: true, change, ..none }
    }
}

/// Whether somebody computed the current value and nobody reported it.
fn is_estimate(row: &IndicatorScore) -> bool {
    row.end.as_ref().is_some_and(|end| matches!(end.obs_status, "E" | "F" | "I"))
}

fn without_current(missing: Missing, anyone: Anyone) -> (Gap, LiesIn) {
    let lies = match missing {
        Missing::NoSeries | Missing::NothingDelivered | Missing::NotNormalised => {
            LiesIn::Deployment
        }
        Missing::CannotExist => LiesIn::Nature,
        _ if !anyone.current => LiesIn::Series,
        _ => LiesIn::Coverage,
    };
    (Gap::Level(missing), lies)
}

/// A current value that cannot be compared; nothing for a relative index, of which no change is asked.
fn without_change(lack: &Unmatched<'_>, anyone: Anyone) -> Option<(Gap, LiesIn)> {
    let lies = |of_anyone| if of_anyone { LiesIn::Coverage } else { LiesIn::Series };
    Some(match lack {
        Unmatched::Relative | Unmatched::NoCurrent => return None,
        Unmatched::Stale { .. } => (Gap::Stale, lies(anyone.fresh)),
        Unmatched::NoBaseline { .. } => (Gap::NoBaseline, lies(anyone.baseline)),
        Unmatched::Broken(_) => (Gap::Break, LiesIn::Nature),
        Unmatched::ShortSpan { .. } => (Gap::ShortSpan, lies(anyone.change)),
        Unmatched::NotNormalised { .. } => (Gap::Level(Missing::NotNormalised), LiesIn::Deployment),
    })
}

impl Gaps {
    /// What was found of an item, an economy and a window, by their indices.
    pub fn found(&self, item: usize, area: usize, window: usize) -> Option<&Found> {
        let at = (item * self.areas.len() + area) * self.windows.len() + window;
        self.found.get(at)
    }

    /// Whether an economy counts at the end of a window.
    pub fn counts(&self, area: usize, window: usize) -> bool {
        self.counts.get(area * self.windows.len() + window).copied().unwrap_or(false)
    }

    /// The index of a window.
    pub fn window(&self, window: (i32, i32)) -> Option<usize> {
        self.windows.iter().position(|it| *it == window)
    }

    /// The index of an economy.
    pub fn area(&self, code: &str) -> Option<usize> {
        self.areas.binary_search_by(|(it, _)| it.as_str().cmp(code)).ok()
    }

    /// The indicator that has a figure which its first delivery lacks.
    pub fn other(&self, found: &Found) -> Option<&str> {
        let at = usize::try_from(found.other?).ok()?;
        self.codes.get(at).map(String::as_str)
    }

    /// First year without a value that counts: after the last one has passed the age that is asked. None
    /// where there never was one, and of a gap that no age makes.
    pub fn since(&self, found: &Found) -> Option<i32> {
        let (gap, _) = found.gap?;
        let age = match gap {
            Gap::Level(Missing::NotNormalised) => return None,
            Gap::Level(_) | Gap::OtherDelivery => self.ages.0,
            Gap::Stale => self.ages.1,
            _ => return None,
        };
        Some(found.last_year? + age + 1)
    }

    /// Says of a sample that it is one: of what it does not have whole (`is_whole`, by source and dataset)
    /// nothing is known of the source.
    pub(crate) fn of_a_sample(&mut self, is_whole: impl Fn(&str, &str) -> bool) {
        let each = self.areas.len() * self.windows.len();
        if each == 0 {
            return;
        }
        for (item, found) in self.items.iter().zip(self.found.chunks_mut(each)) {
            let series = item.series.as_ref();
            if series.is_none_or(|(source, dataset, _)| is_whole(source, dataset)) {
                continue;
            }
            for cell in found {
                if let Some((_, lies @ (LiesIn::Series | LiesIn::Coverage))) = &mut cell.gap {
                    *lies = LiesIn::Sample;
                }
            }
        }
    }
}
