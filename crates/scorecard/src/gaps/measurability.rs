//! What can be measured of a line at all: over the indicators that the framework declares for it, and over
//! the commitments that it holds as data.

use std::collections::BTreeSet;

use serde::Serialize;
use wsis_model::framework::Commitment;
use wsis_model::rules::Share;

use super::{Gaps, Item, Selection, Tally};
use crate::aggregate::SLACK;
use crate::group::count;
use crate::line::no_indicator;
use crate::plan::{Line, Plan};
use crate::sum::sum;
use crate::universe::named;

/// What an official series is.
pub const OFFICIAL: &str = "of evidence class A or B, and agreed between governments or named by the agency that compiles it";

/// A line in a window.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Measurability {
    /// Line code.
    pub line: String,
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Who counts at its end.
    pub members: u32,
    /// Indicators declared for the line, each figure once: in its score, or beside it.
    pub indicators: u32,
    /// Of them, those with a weight in the score.
    pub indicators_scored: u32,
    /// Of the indicators, those that are official.
    pub official: u32,
    /// Of the official ones, those of which the framework names a series.
    pub official_series: u32,
    /// Of the indicators, those with a value of somebody who counts up to the end of the window.
    pub delivered: u32,
    /// Of the indicators, those with a current value of enough of those who count.
    pub current_enough: u32,
    /// Of the indicators, those with a change of enough of those who count.
    pub change_enough: u32,
    /// Of the indicators, those with a change of anybody who counts.
    pub change_any: u32,
    /// Of the indicators, those whose agency is named.
    pub owned: u32,
    /// How many agencies that are.
    pub agencies: u32,
    /// Indicators times those who count.
    pub asked: u32,
    /// Of them, with a current value.
    pub current: u32,
    /// Of them, with a change.
    pub change: u32,
    /// Those who count with a current value of any of the indicators.
    pub economies_current: u32,
    /// Those who count with a change of any of the indicators.
    pub economies_change: u32,
    /// Indicators of evidence class A.
    pub evidence_a: u32,
    /// Of class B.
    pub evidence_b: u32,
    /// Of class C.
    pub evidence_c: u32,
    /// Of class D.
    pub evidence_d: u32,
    /// Evidence class of the score: the best that, with what is better, holds enough of its weight. None
    /// without a score.
    pub evidence: Option<String>,
    /// Commitments of the line that the framework holds as data.
    pub commitments: u32,
    /// Of them, those with an indicator near to them that has an official series.
    pub commitments_series: u32,
    /// Of them, those with such an indicator of which enough of those who count have a change.
    pub commitments_change: u32,
    /// Of them, those with an indicator near to them, and so an agency that compiles something of it.
    pub commitments_owned: u32,
    /// Why there is no score.
    pub no_indicator: Option<String>,
    /// All that in two sentences.
    pub statement: String,
}

/// What is known of an item in a window.
struct Known<'a> {
    item: &'a Item,
    tally: Tally,
    delivered: bool,
}

impl Known<'_> {
    fn has_official_series(&self) -> bool {
        self.item.official && self.item.series.is_some()
    }
}

impl Gaps {
    /// Says of each line and window what can be measured.
    pub(super) fn measure(&mut self, plan: &Plan<'_>) {
        let mut all = Vec::with_capacity(plan.lines.len() * self.windows.len());
        for line in &plan.lines {
            for window in 0..self.windows.len() {
                all.push(self.measured(plan, line, window));
            }
        }
        self.measurability = all;
    }

    fn measured(&self, plan: &Plan<'_>, line: &Line<'_>, window: usize) -> Measurability {
        let of = Selection { line: Some(&line.node.code), ..Selection::default() };
        let known = self.known(of, window);
        let (window_start, window_end) = self.windows.get(window).copied().unwrap_or_default();
        let share = plan.rules.rank.core_share;
        let number =
            |holds: &dyn Fn(&Known<'_>) -> bool| count(known.iter().filter(|it| holds(it)).count());
        let class = |letter: &str| number(&|it| it.item.evidence == letter);
        let total = self.total(window, of);
        let mut found = Measurability {
            line: line.node.code.clone(),
            window_start,
            window_end,
            members: self.members(window),
            indicators: count(known.len()),
            indicators_scored: number(&|it| it.item.share.is_some()),
            official: number(&|it| it.item.official),
            official_series: number(&|it| it.has_official_series()),
            delivered: number(&|it| it.delivered),
            current_enough: number(&|it| is_enough(share, it.tally.current, it.tally.asked)),
            change_enough: number(&|it| is_enough(share, it.tally.change, it.tally.asked)),
            change_any: number(&|it| it.tally.change > 0),
            owned: number(&|it| !it.item.agency.is_empty()),
            agencies: agencies(&known),
            asked: total.asked,
            current: total.current,
            change: total.change,
            economies_current: self.having(window, of, |found| found.current),
            economies_change: self.having(window, of, |found| found.change),
            evidence_a: class("A"),
            evidence_b: class("B"),
            evidence_c: class("C"),
            evidence_d: class("D"),
            evidence: evidence(&known, share),
            no_indicator: line.shares.is_empty().then(|| no_indicator(line).to_owned()),
            ..Measurability::default()
        };
        let facts = line.node.line.as_ref();
        found.promise(facts.map_or(&[], |facts| &facts.commitments), &known, share);
        found.statement = found.told(share, named(plan.universe()));
        found
    }

    fn known(&self, of: Selection<'_>, window: usize) -> Vec<Known<'_>> {
        let each = self.by_item(window, of).into_iter();
        each.filter_map(|(at, tally)| {
            let delivered = self.is_delivered(at, window);
            Some(Known { item: self.items.get(at)?, tally, delivered })
        })
        .collect()
    }

    /// Whether somebody who counts has a value of an item up to the end of a window.
    fn is_delivered(&self, item: usize, window: usize) -> bool {
        (0..self.areas.len()).any(|area| {
            self.counts(area, window)
                && self.found(item, area, window).is_some_and(|it| it.last_year.is_some())
        })
    }

    /// How many of those who count have something of any item of a selection.
    fn having(&self, window: usize, of: Selection<'_>, has: impl Fn(&super::Found) -> bool) -> u32 {
        let items: Vec<usize> = self.selected(of).collect();
        let one = |area: &usize| {
            let mut found = items.iter().filter_map(|item| self.found(*item, *area, window));
            self.counts(*area, window) && found.any(&has)
        };
        count((0..self.areas.len()).filter(one).count())
    }
}

/// How many agencies there are.
fn agencies(known: &[Known<'_>]) -> u32 {
    let named = known.iter().map(|it| it.item.agency.as_str()).filter(|agency| !agency.is_empty());
    count(named.collect::<BTreeSet<_>>().len())
}

/// Whether one of the indicators of the line that are near to a commitment is of a kind.
fn is_near(
    commitment: &Commitment,
    known: &[Known<'_>],
    holds: &dyn Fn(&Known<'_>) -> bool,
) -> bool {
    known.iter().any(|it| commitment.related.contains(&it.item.indicator) && holds(it))
}

fn is_enough(share: Share, there: u32, of: u32) -> bool {
    there > 0 && share.is_reached(there as usize, of as usize)
}

/// The best evidence class that, with those above it, holds enough of the weight.
fn evidence(known: &[Known<'_>], enough: Share) -> Option<String> {
    let mut classes: Vec<&str> = known
        .iter()
        .filter(|it| it.item.share.is_some())
        .map(|it| it.item.evidence.as_str())
        .collect();
    classes.sort_unstable();
    classes.dedup();
    let upto = |class: &str| {
        let shares = known.iter().filter(|it| it.item.evidence.as_str() <= class);
        sum(shares.filter_map(|it| it.item.share))
    };
    let found = classes.into_iter().find(|class| upto(class) + SLACK >= enough.value());
    found.map(str::to_owned)
}

/// "1 indicator", "3 indicators".
fn counted(number: u32, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

impl Measurability {
    /// Counts the commitments by what is near to them.
    fn promise(&mut self, all: &[Commitment], known: &[Known<'_>], enough: Share) {
        let number = |holds: &dyn Fn(&Known<'_>) -> bool| {
            count(all.iter().filter(|it| is_near(it, known, holds)).count())
        };
        self.commitments = count(all.len());
        self.commitments_series = number(&|it| it.has_official_series());
        self.commitments_change = number(&|it| {
            it.has_official_series() && is_enough(enough, it.tally.change, it.tally.asked)
        });
        self.commitments_owned = number(&|_| true);
    }

    /// The statement. Every number in it is a column.
    fn told(&self, enough: Share, who: &str) -> String {
        if self.indicators == 0 {
            return "No indicator is declared for this line.".to_owned();
        }
        let Self { window_start, window_end, members, .. } = self;
        let mut text = format!(
            "Of {} declared for this line ({} in its score) {} official, {} of them with a series that is named here; {} any \
             figure loaded up to {window_end}. A change {window_start} to {window_end} can be seen in {} for at least {enough} \
             of the {members} {who}, in {} for any.",
            counted(self.indicators, "indicator", "indicators"),
            self.indicators_scored,
            is(self.official),
            self.official_series,
            has(self.delivered),
            self.change_enough,
            self.change_any,
        );
        if self.commitments > 0 {
            let promised = format!(
                " Of {} of 2003 that this project reads under it {} an official series near to it here, \
                 {} one with such a change.",
                counted(self.commitments, "WSIS target", "WSIS targets"),
                has(self.commitments_series),
                self.commitments_change,
            );
            text.push_str(&promised);
        }
        text
    }
}

fn is(number: u32) -> String {
    format!("{number} {}", if number == 1 { "is" } else { "are" })
}

fn has(number: u32) -> String {
    format!("{number} {}", if number == 1 { "has" } else { "have" })
}
