//! What a scorecard holds. Field names are the column names of the published tables.
//!
//! A number that is not known is `None` (null in JSON and Parquet, empty in CSV), never 0, -1,
//! 999 or NaN, and a text beside it says why.

mod facts;
mod interval;
mod summary;

use std::fmt;

use serde::Serialize;

use crate::gaps::Gaps;
use crate::pace::Printed;

pub use crate::class::{Class, ClassBasis, Grade, Missing};
pub use crate::disparity::DisparityRow;
pub use crate::dispute::Dispute;
pub use crate::graded::Loaded;
pub use crate::outcomes::OutcomeRow;
pub use crate::paths::TrajectoryRow;
pub use facts::{AreaRow, IndicatorRow, MemberRow};
pub use interval::RankInterval;
pub use summary::{GroupScore, LineSummary, Usual, WindowSummary, YearMedian};

/// One observation as it enters a score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Reading {
    /// Calendar year of the observation.
    pub year: i32,
    /// Value in the indicator's unit.
    pub value: f64,
    /// Value as the source printed it, if it differs.
    pub value_text: Option<String>,
    /// SDMX observation status, one letter.
    pub obs_status: &'static str,
    /// The source's own flags.
    pub source_flag: Option<String>,
    /// The source's own footnotes.
    pub footnote: Option<String>,
    /// Why the value is not the one that the source gives, and which that is.
    pub correction: Option<String>,
    /// SHA-256 of the payload it was read from.
    pub payload: Option<String>,
    /// Position in the payload, from 1.
    pub payload_row: Option<i64>,
    /// Normalised score on the framework's scale.
    pub score: Option<f64>,
    /// The score before it was held within the scale.
    pub unclamped: Option<f64>,
}

/// One indicator, area and window.
#[expect(clippy::struct_excessive_bools, reason = "each is a column of a table")]
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndicatorScore {
    /// Indicator code.
    pub indicator: String,
    /// Area code.
    pub area: String,
    /// Area name.
    pub area_name: String,
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Unit of the values.
    pub unit: String,
    /// Observation nearest to the start, within 2 years.
    pub start: Option<Reading>,
    /// Latest observation that is young enough at the end of the window.
    pub end: Option<Reading>,
    /// Whether the baseline is not of the very year.
    pub shifted: bool,
    /// Whether the current value is too old for progress: it gives a level only.
    pub stale: bool,
    /// Whether the current value lies beyond a goalpost.
    pub clamped: bool,
    /// What another delivery says of the year of the current value, where that is far from it.
    pub dispute: Option<Dispute>,
    /// Score points from start to end, both ends usable for progress.
    pub change: Option<f64>,
    /// Years from baseline to current value, of that change.
    pub span_years: Option<i32>,
    /// Whether the baseline could have been of another year, equally near, with another class.
    pub depends_on_baseline: bool,
    /// Rank and percentile in both editions, of a relative index.
    pub position: Option<Position>,
    /// Rate in units a year.
    pub per_year: Option<f64>,
    /// Rate in units a year needed from now to the target.
    pub required_per_year: Option<f64>,
    /// Target value.
    pub target: Option<f64>,
    /// Value from which the target counts as met.
    pub met_from: Option<f64>,
    /// Target year.
    pub target_year: Option<i32>,
    /// `proposed`, `facilitator` or `agreed`: who set the target.
    pub target_status: Option<&'static str>,
    /// Whether the target was read in its source.
    pub target_verified: Option<bool>,
    /// Actual over required rate, on the scale of the indicator's transform.
    pub ratio: Option<f64>,
    /// Progress class.
    pub class: Class,
    /// What it was decided by; none without a class.
    pub class_basis: Option<ClassBasis>,
    /// Why the class, or why none.
    pub class_reason: Option<String>,
    /// The test that decided the class, with its numbers: `class_reason` begins with it.
    pub class_test: Option<String>,
    /// Why there is no current score, if there is none.
    pub missing: Option<Missing>,
    /// The same in a sentence.
    pub missing_reason: Option<String>,
}

/// Where an economy stands among those present in both editions of a relative index: what can be
/// said across editions that are standardised anew each time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Position {
    /// Rank in the edition at the start: 1 + number strictly better.
    pub rank_start: u32,
    /// Rank in the edition at the end.
    pub rank_end: u32,
    /// Economies present in both editions.
    pub of: u32,
    /// Of the others, the share that was strictly worse at the start, 0 to 1: the percentile rank.
    pub share_below_start: f64,
    /// The same at the end.
    pub share_below_end: f64,
    /// Edition at the start.
    pub year_start: i32,
    /// Edition at the end.
    pub year_end: i32,
}

/// The years that a change rests on, over the matched indicators.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Years {
    /// Earliest baseline.
    pub start_first: i32,
    /// Latest baseline.
    pub start_last: i32,
    /// Earliest current value.
    pub end_first: i32,
    /// Latest current value.
    pub end_last: i32,
    /// Weighted mean of the spans: `change / span` is `points_per_year`.
    pub span: f64,
}

/// One reported node (Action Line, index), area and window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineScore {
    /// Line code.
    pub line: String,
    /// Area code.
    pub area: String,
    /// Area name.
    pub area_name: String,
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Level at the end over everything present.
    pub score: Option<f64>,
    /// Why there is no score.
    pub score_reason: Option<String>,
    /// Score at the start over the matched indicators.
    pub score_start: Option<f64>,
    /// Score at the end over the matched indicators.
    pub score_end: Option<f64>,
    /// `score_end - score_start`, over the same indicators, bounds and weights.
    pub change: Option<f64>,
    /// Why there is no change.
    pub change_reason: Option<String>,
    /// `change` over the span of `years`.
    pub points_per_year: Option<f64>,
    /// The years of the change.
    pub years: Option<Years>,
    /// Whether another baseline, equally near, would give another class.
    pub depends_on_baseline: bool,
    /// Rank and percentile in both editions, for a line that rests on one relative index.
    pub position: Option<Position>,
    /// Progress class.
    pub class: Class,
    /// What it was decided by; none without a class.
    pub class_basis: Option<ClassBasis>,
    /// Why the class, or why none.
    pub class_reason: Option<String>,
    /// The test that decided the class, with which `class_reason` begins; none without a class.
    pub class_test: Option<String>,
    /// Codes of the indicators with a target that the class rests on; empty without a class.
    pub rests_on: Vec<String>,
    /// Mean of the normalised targets of the indicators that the class rests on.
    pub target_score: Option<f64>,
    /// Mean of the normalised values from which those targets count as met; `ratio` and
    /// `required_per_year` lead to it.
    pub met_score: Option<f64>,
    /// Latest of their target years.
    pub target_year: Option<i32>,
    /// The least agreed of their statuses: `proposed`, `facilitator` or `agreed`.
    pub target_status: Option<&'static str>,
    /// Whether all of those targets were read in their source.
    pub target_verified: Option<bool>,
    /// Actual over required pace, on the indicators that the class rests on.
    pub ratio: Option<f64>,
    /// Points a year needed from now to `met_score`, on the same indicators.
    pub required_per_year: Option<f64>,
    /// Share of the indicator weight with a current value.
    pub coverage: Option<f64>,
    /// Freshness of the observed, 0 to 1.
    pub freshness: Option<f64>,
    /// Share of the indicator weight with a baseline.
    pub baseline: Option<f64>,
    /// Share of country data in the observed weight; estimates count half.
    pub origin: Option<f64>,
    /// Share of the observed weight whose current values another delivery disputes.
    pub disputed: Option<f64>,
    /// Grade of the level, A to E: coverage and freshness, one lower where much is disputed.
    pub grade: Option<Grade>,
    /// Why there is no grade.
    pub grade_reason: Option<String>,
    /// What was loaded of the series of the line: of nothing there is no grade.
    #[serde(skip)]
    pub loaded: Loaded,
    /// Standing in the United Nations at the end of the window: `member`, `observer`, `other`.
    pub standing: &'static str,
    /// Whether it counts under the framework's rule: is ranked, and in all counts and medians.
    pub counts: bool,
    /// Score over the core of the line, which ranks compare; only with the whole core.
    pub core_score: Option<f64>,
    /// Indicators of the core with a current score.
    pub core_used: u32,
    /// Indicators of the core in this window.
    pub core_total: u32,
    /// Score over the core if the missing indicators were at their lowest goalpost; only where
    /// part of the core is missing.
    pub score_low: Option<f64>,
    /// The same at their highest goalpost.
    pub score_high: Option<f64>,
    /// Grade of the change, A to E: with the baseline as well; none without a change.
    pub grade_change: Option<Grade>,
    /// Indicators whose current value lies beyond a goalpost.
    pub clamped: u32,
    /// Rank among the economies ranked in this line and window.
    pub rank: Option<u32>,
    /// Where the rank lies over draws; filled by [`crate::uncertainty::fill`].
    pub rank_interval: Option<RankInterval>,
    /// Why a rank has no interval.
    pub rank_interval_reason: Option<String>,
    /// Best rank that the bounds allow beside the economies ranked.
    pub rank_low: Option<u32>,
    /// Worst such rank.
    pub rank_high: Option<u32>,
    /// Number of economies ranked.
    pub ranked_of: u32,
    /// Why there is no rank.
    pub rank_reason: Option<String>,
    /// Indicators with a current score.
    pub indicators_used: u32,
    /// Indicators with a weight under the line.
    pub indicators_total: u32,
    /// Indicators usable at both ends.
    pub matched: u32,
    /// Of them, those with a target. A class of a level alone rests on indicators that are not
    /// matched, and says so in `class_reason`.
    pub targets_used: u32,
}

/// Everything scored by one method.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Scorecard {
    /// Framework id.
    pub framework: String,
    /// Version of the method.
    pub method_version: String,
    /// Id and version of the rule book.
    pub rules: String,
    /// Hash of framework, rule book, code lists and program: two results under one version and
    /// another fingerprint came about in different ways.
    pub method_fingerprint: String,
    /// Full marks.
    pub scale_max: f64,
    /// Sorted by indicator, area, window.
    pub indicator_scores: Vec<IndicatorScore>,
    /// Sorted by line, area, window.
    pub line_scores: Vec<LineScore>,
    /// Sorted by kind, group, line, window.
    pub group_scores: Vec<GroupScore>,
    /// Sorted by kind and code of the item, kind and code of the area, and window.
    pub trajectories: Vec<TrajectoryRow>,
    /// Targets whose year is past, sorted by line, target, and kind and code of the area.
    pub outcomes: Vec<OutcomeRow>,
    /// Sorted by indicator, kind and code of the area, and window.
    pub disparities: Vec<DisparityRow>,
    /// In the framework's order.
    pub lines: Vec<LineSummary>,
    /// Sorted by code.
    pub indicators: Vec<IndicatorRow>,
    /// Sorted by code.
    pub areas: Vec<AreaRow>,
    /// Dated memberships of groups, sorted by kind, group, area and year.
    pub group_members: Vec<MemberRow>,
    /// Where nothing is known, and what can be measured at all.
    #[serde(skip)]
    pub gaps: Gaps,
}

impl Position {
    /// "rank 90 to 88, percentile 53 to 54"
    pub fn places(&self) -> String {
        format!(
            "rank {} to {}, percentile {:.0} to {:.0}",
            self.rank_start,
            self.rank_end,
            100.0 * self.share_below_start,
            100.0 * self.share_below_end
        )
    }

    /// "of 192 economies in both editions, 2014 and 2020"
    pub fn editions(&self) -> String {
        let noun = if self.of == 1 { "economy" } else { "economies" };
        let (start, end) = (self.year_start, self.year_end);
        format!("of {} {noun} in both editions, {start} and {end}", self.of)
    }
}

impl fmt::Display for Position {
    /// "rank 90 to 88, percentile 53 to 54, of 192 economies in both editions, 2014 and 2020"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, {}", self.places(), self.editions())
    }
}

impl LineScore {
    /// Change, span and points a year as they are printed, where scores have so many decimals.
    pub fn printed_pace(&self, decimals: usize) -> Option<Printed> {
        let (change, years) = self.change.zip(self.years)?;
        Printed::of(change, years.span, decimals)
    }
}

impl LineScore {
    /// Whether it stands in a list: who counts does, others where they have a figure on the line.
    pub fn is_listed(&self) -> bool {
        self.counts || self.indicators_used > 0
    }
}

impl Scorecard {
    /// The scores of a line in a window (`start`, `end`), in the order of a list: those who count first;
    /// of them ranked ones, then scored ones, then the rest. A missing score has no place among scores.
    pub fn in_order(&self, line: &str, window: (i32, i32)) -> Vec<&LineScore> {
        let from = self.line_scores.partition_point(|row| row.line.as_str() < line);
        let of_line = self.line_scores.iter().skip(from).take_while(|row| row.line == line);
        let mut rows: Vec<&LineScore> =
            of_line.filter(|row| (row.window_start, row.window_end) == window).collect();
        rows.sort_by(|a, b| {
            let key =
                |row: &LineScore| (!row.counts, row.rank.is_none(), row.rank, row.score.is_none());
            let score = |row: &LineScore| row.score.unwrap_or_default();
            key(a)
                .cmp(&key(b))
                .then_with(|| score(b).total_cmp(&score(a)))
                .then_with(|| a.area.cmp(&b.area))
        });
        rows
    }

    /// The score of a line for an area and a window (`start`, `end`).
    pub fn line_score(&self, line: &str, area: &str, window: (i32, i32)) -> Option<&LineScore> {
        let key = (line, area, window.0, window.1);
        let at = self.line_scores.binary_search_by(|row| {
            (row.line.as_str(), row.area.as_str(), row.window_start, row.window_end).cmp(&key)
        });
        self.line_scores.get(at.ok()?)
    }

    /// The score of an indicator for an area and a window (`start`, `end`).
    pub fn indicator_score(
        &self,
        indicator: &str,
        area: &str,
        window: (i32, i32),
    ) -> Option<&IndicatorScore> {
        let key = (indicator, area, window.0, window.1);
        let at = self.indicator_scores.binary_search_by(|row| {
            (row.indicator.as_str(), row.area.as_str(), row.window_start, row.window_end).cmp(&key)
        });
        self.indicator_scores.get(at.ok()?)
    }
}
