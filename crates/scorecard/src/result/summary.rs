//! What is said of many economies at once: groups, and a line over all of them.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::class::Class;
use crate::pace::Printed;

/// Mean of the members' scores in a group of economies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct GroupScore {
    /// `world`, `region`, `income` or `special`.
    pub group_kind: String,
    /// Name of the group.
    pub group: String,
    /// Line code.
    pub line: String,
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Always `unweighted mean of members' scores`: it is not a formula on group figures.
    pub method: &'static str,
    /// Whose membership this is: `at the end of the window`; `membership of today` of a group whose
    /// memberships have no dates; `economies with figures` of the world of some indices.
    pub membership: &'static str,
    /// Mean level of the members with a score: of the set of this window, which `members_scored`
    /// counts. Windows are compared by `score_chained`.
    pub score: Option<f64>,
    /// Mean level at the end of the window, chained back from the newest window year by year over
    /// the members and indicators that both years have.
    pub score_chained: Option<f64>,
    /// First year that `score_chained` is linked to: with windows that end before it there is no
    /// comparison.
    pub chained_from: Option<i32>,
    /// Mean at the start of the members with a change.
    pub score_start: Option<f64>,
    /// Mean at the end of the same members.
    pub score_end: Option<f64>,
    /// `score_end - score_start`.
    pub change: Option<f64>,
    /// Mean span of the changes of those members, in years.
    pub span_years: Option<f64>,
    /// `change / span_years`: what groups and lines are compared by, their spans differ.
    pub points_per_year: Option<f64>,
    /// Why the change is withheld, or only indicative: it has its own members.
    pub change_reason: Option<String>,
    /// `published`, `indicative` or `withheld`, by the members with a score.
    pub status: &'static str,
    /// Why the status is not `published`.
    pub status_reason: Option<String>,
    /// Members at the end of the window that count (the member States among them), with or
    /// without data: the shares are of these.
    pub members: u32,
    /// Members in the code list, also those that do not count.
    pub members_listed: u32,
    /// Members with a score.
    pub members_scored: u32,
    /// Members with a change.
    pub members_matched: u32,
    /// Number of members per class; classes without members are left out.
    pub classes: BTreeMap<Class, u32>,
}

/// The usual reason of those who lack a thing. It holds for some of them, and says for how many: told
/// of all it would be false of the others.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Usual {
    /// The most frequent reason.
    pub reason: String,
    /// Of how many it is the reason.
    pub economies: u32,
    /// How many lack the thing.
    pub of: u32,
}

impl Usual {
    /// "141 of 193" where others have another reason; nothing where all have this one.
    pub fn whose(&self) -> Option<String> {
        (self.economies < self.of).then(|| format!("{} of {}", self.economies, self.of))
    }
}

/// A line over all economies, one entry per window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct WindowSummary {
    /// First year.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Who counts at its end: the member States, with or without figures.
    pub members: u32,
    /// Of them, those with a score.
    pub economies_scored: u32,
    /// Why none of them has a score; none where one has.
    pub no_score: Option<Usual>,
    /// Why those with a score and without a class have none.
    pub no_class: Option<Usual>,
    /// Why those with a score have no rank; none where one of them has.
    pub no_rank: Option<Usual>,
    /// Of those with a class, the ones that have it by their level alone.
    pub level_only: u32,
    /// Of them, those with a rank.
    pub economies_ranked: u32,
    /// Of them, those with a change.
    pub economies_matched: u32,
    /// Economies with a score that do not count: observer States, territories.
    pub others_scored: u32,
    /// Median of the scores at the end of the window, of `economies_scored`: of the set of this
    /// window. Windows are compared by `median_chained`.
    pub median_score: Option<f64>,
    /// The same, chained as [`LineSummary::yearly`] is: what windows may be compared by.
    pub median_chained: Option<f64>,
    /// First year that `median_chained` is linked to: with windows that end before it there is no
    /// comparison.
    pub chained_from: Option<i32>,
    /// `published`, `indicative` or `withheld`, by those who count and have a score.
    pub status: &'static str,
    /// Why the status is not `published`.
    pub status_reason: Option<String>,
    /// Median change on matched indicators.
    pub median_change: Option<f64>,
    /// Mean span of the changes that it is the median of, in years.
    pub span_years: Option<f64>,
    /// `median_change / span_years`: what lines are compared by, their spans differ.
    pub points_per_year: Option<f64>,
    /// As `status`, for the change.
    pub change_status: &'static str,
    /// Why the change is withheld, or only indicative: it has its own economies.
    pub change_reason: Option<String>,
    /// Mean coverage over those who count.
    pub coverage: Option<f64>,
    /// Codes of the indicators of the core.
    pub core: Vec<String>,
    /// What a reader has to know of the window: that it ends after the latest figures, or is too
    /// short for a change.
    pub note: Option<String>,
    /// Number of those who count per class; classes without economies are left out.
    pub classes: BTreeMap<Class, u32>,
    /// Codes of the indicators whose targets these classes rest on; a target of the line that no
    /// class here rests on is not among them.
    pub rests_on: Vec<String>,
    /// The least agreed status of those targets: `proposed`, `facilitator` or `agreed`.
    pub target_status: Option<&'static str>,
    /// Whether all of those targets were read in their source.
    pub target_verified: Option<bool>,
}

/// Median score of a line in one year.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct YearMedian {
    /// Calendar year.
    pub year: i32,
    /// Median score of those who count, chained: the change from a neighbouring year is that of
    /// the economies and indicators in both. Not the median of `economies`.
    pub median: Option<f64>,
    /// Median of the scores of `economies`: of this year's own set, not to be compared with
    /// another year's.
    pub own: Option<f64>,
    /// Economies with a score, of those who count.
    pub economies: u32,
    /// Of them, those with an observation of that very year. The others' values are carried
    /// forward; where there are none, the whole median is.
    pub observed: u32,
    /// Mean over `economies` of the share of the weight behind a score whose value is of that very
    /// year, 0 to 1: the rest is carried forward. None where nobody has a score.
    pub weight_observed: Option<f64>,
    /// Who counts in that year.
    pub members: u32,
    /// Economies in the step from the year before.
    pub matched: u32,
    /// Of these, with a higher score than in the year before.
    pub rose: u32,
    /// Of these, with a lower one.
    pub fell: u32,
    /// Whether it is chained to the year before; if not, the two are not comparable.
    pub linked: bool,
    /// `published`, `indicative` or `withheld`, as for groups.
    pub status: &'static str,
    /// Why the status is not `published`.
    pub reason: Option<String>,
}

/// A line over all economies.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineSummary {
    /// Line code.
    pub line: String,
    /// Place in the framework's order, from 1.
    pub position: u32,
    /// Title.
    pub title: String,
    /// Indicators with a weight under the line.
    pub indicators: u32,
    /// Of them, with at least one observation.
    pub indicators_delivered: u32,
    /// Of the indicators, those with a target.
    pub targets: u32,
    /// The least agreed status of those targets: `proposed`, `facilitator` or `agreed`.
    pub target_status: Option<&'static str>,
    /// Whether all of those targets were read in their source.
    pub target_verified: Option<bool>,
    /// What stands instead of a score, for a line without an agreed indicator.
    pub no_indicator: Option<String>,
    /// Who counts: the member States at the end of the last window, with or without figures.
    pub economies: u32,
    /// One entry per window, in time order.
    pub windows: Vec<WindowSummary>,
    /// Medians by year.
    pub yearly: Vec<YearMedian>,
}

impl WindowSummary {
    /// Median change, its span and points a year as they are printed, where scores have so many
    /// decimals.
    pub fn printed_pace(&self, decimals: usize) -> Option<Printed> {
        Printed::of(self.median_change?, self.span_years?, decimals)
    }
}

impl GroupScore {
    /// Change, span and points a year as they are printed, where scores have so many decimals.
    pub fn printed_pace(&self, decimals: usize) -> Option<Printed> {
        Printed::of(self.change?, self.span_years?, decimals)
    }
}
