//! What the report shows, as plain data. It knows no file, clock or query: the caller gives even
//! the dates, so the same input gives the same bytes.
//!
//! A number that is not known is `None`, and a text beside it says why.

use wsis_model::framework::Ages;
use wsis_model::rules::RuleBook;
use wsis_scorecard::result::{OutcomeRow, TrajectoryRow};

use crate::class::{ClassCounts, Progress};
use crate::number::Scale;

mod compare;
mod indicator;
mod known;
mod printed;
mod ranking;

pub use indicator::{
    Better, GoalpostView, IndicatorView, ReadingView, SameSet, TargetView, YearFigures,
};
pub use known::{CommitmentView, KnownView, KnownViews};
pub use printed::YearFact;
pub use ranking::RankingView;
pub use wsis_scorecard::result::Position;

/// First and last year of a review window.
pub type Window = (i32, i32);

/// The whole report.
#[derive(Debug, Clone, PartialEq)]
pub struct ReportInput {
    /// Title on the cover.
    pub title: String,
    /// What is said on every page if the figures are a sample; `None` if they are not.
    pub sample: Option<String>,
    /// Title of the framework.
    pub framework_title: String,
    /// Version of the method.
    pub framework_version: String,
    /// The rule book.
    pub rules: RuleBook,
    /// Ages of observations under the framework and the rule book.
    pub ages: Ages,
    /// Who is ranked.
    pub ranking: RankingView,
    /// Fingerprint of the method: whether the version is still what it was.
    pub framework_fingerprint: String,
    /// Status and source of the framework.
    pub framework_fact: Fact,
    /// The window that the report is about.
    pub window: Window,
    /// All windows, in time order.
    pub windows: Vec<Window>,
    /// The one snapshot that every figure comes from (D4).
    pub snapshot: u64,
    /// Date of the report, as text.
    pub generated: String,
    /// Date or dates of retrieval, as text.
    pub retrieved: String,
    /// Full marks of a score (100).
    pub scale_max: f64,
    /// Decimals of a score.
    pub decimals: usize,
    /// Who counts at the end of the window: the universe of every share.
    pub economies_total: u32,
    /// Whether those are the member States of the United Nations, with or without figures; else
    /// they are the economies with at least one observation.
    pub counts_members: bool,
    /// Runs that brought the figures, by source.
    pub runs: Vec<SourceRun>,
    /// How the agencies keep their dates; empty while no release was due.
    pub punctuality: Vec<Punctuality>,
    /// The lines, in the framework's order.
    pub lines: Vec<LineView>,
    /// What is asked for and what of it is there.
    pub known: KnownViews,
    /// Every indicator, scored or context, sorted by code.
    pub indicators: Vec<IndicatorView>,
    /// Economies with at least one observation, sorted by name.
    pub economies: Vec<Economy>,
    /// Names of the economies of the code list without any observation.
    pub silent: Vec<String>,
}

/// Who says so, and whether that was read.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Fact {
    /// `proposed`, `facilitator` or `agreed`.
    pub status: String,
    /// Citation.
    pub source: String,
    /// False when the fact is from memory and still has to be read in its source.
    pub verified: bool,
}

impl Fact {
    /// Whether this project proposed it and nobody has agreed to it.
    pub fn is_proposed(&self) -> bool {
        self.status == "proposed"
    }
}

/// What one pipeline brought.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceRun {
    /// Pipeline id.
    pub pipeline: String,
    /// Source id (`worldbank`).
    pub source: String,
    /// Dataset (`WDI`).
    pub dataset: String,
    /// Source and dataset, for people (`World Bank, World Development Indicators`).
    pub title: String,
    /// How to cite it.
    pub citation: String,
    /// Licence.
    pub licence: String,
    /// Address that was read.
    pub url: String,
    /// When it was read, as text.
    pub retrieved: String,
    /// Payloads archived.
    pub payloads: u64,
    /// Rows parsed.
    pub parsed: u64,
    /// Rows accepted.
    pub accepted: u64,
    /// Accepted rows that say again what another one says.
    pub repeated: u64,
    /// Rows put into quarantine.
    pub quarantined: u64,
    /// Quarantined rows by reason, sorted.
    pub reasons: Vec<(String, u64)>,
}

/// How an agency kept the dates of its releases, in numbers of releases.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Punctuality {
    /// Name of the agency.
    pub agency: String,
    /// Published in time.
    pub kept: u64,
    /// Published after the deadline.
    pub late: u64,
    /// Not published up to the next release.
    pub missed: u64,
    /// The source was down then: nobody can tell.
    pub source_down: u64,
    /// This deployment did not look in time: nobody can tell.
    pub unwatched: u64,
}

/// One economy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Economy {
    /// Area code.
    pub code: String,
    /// Name as the UN writes it.
    pub name: String,
    /// UN region; may be empty.
    pub region: String,
    /// Income group (`lower-middle`); may be empty.
    pub income: String,
    /// Note on the designation; may be empty.
    pub note: String,
    /// Standing in the United Nations at the end of the window: `member`, `observer`, `other`.
    pub standing: String,
    /// Whether it does not count under the framework's rule: shown, but in no count and rank.
    pub apart: bool,
}

/// One Action Line.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineView {
    /// Code (`C7-egov`).
    pub code: String,
    /// Title.
    pub title: String,
    /// What stands instead of a score, for a line without an agreed indicator.
    pub no_indicator: Option<String>,
    /// What can be measured of it, in words; empty where that is not known.
    pub measurability: String,
    /// Evidence class of its score; empty without one.
    pub evidence: String,
    /// What was promised under it, as far as it is held as data.
    pub commitments: Vec<CommitmentView>,
    /// Targets of the line whose year is past, of the world.
    pub past_targets: Vec<OutcomeRow>,
    /// The document that these are from.
    pub commitments_fact: Option<Fact>,
    /// Who facilitates it, lead first.
    pub facilitators: Vec<Facilitator>,
    /// SDG goals or targets; the flag says that the sources disagree.
    pub sdg: Vec<(String, bool)>,
    /// Who says that the line serves those.
    pub sdg_fact: Option<Fact>,
    /// Objectives of the Global Digital Compact; 2 primary, 1 secondary.
    pub gdc: Vec<(u8, u8)>,
    /// Who says that the line serves those.
    pub gdc_fact: Option<Fact>,
    /// What the lists of facilitators say of themselves.
    pub facilitators_fact: Option<Fact>,
    /// What the consultation said.
    pub claims: Vec<ClaimView>,
    /// The document that is quoted.
    pub claims_fact: Option<Fact>,
    /// What that document says of its own limits; may be empty.
    pub claims_caveat: String,
    /// What is read into the document about its achievements; may be empty.
    pub achievements_note: String,
    /// What is read into the document about its challenges; may be empty.
    pub challenges_note: String,
    /// Indicators that make the score, with their weight as a share of 1.
    pub scored: Vec<(String, f64)>,
    /// Indicators shown beside the score.
    pub context: Vec<String>,
    /// Median score by year, years ascending; `None` where no economy has a score.
    pub medians: Vec<(i32, Option<f64>)>,
    /// Years of [`Self::medians`] whose scores rest on figures of before more than on those of the
    /// year itself.
    pub carried: Vec<i32>,
    /// Economies with a score in the window.
    pub economies_scored: u32,
    /// Economies with a rank in the window.
    pub economies_ranked: u32,
    /// Economies with a change in the window: those that its median is of.
    pub economies_matched: u32,
    /// Median score in the window.
    pub median_score: Option<f64>,
    /// Why there is no median score although economies have one; may be empty.
    pub score_reason: String,
    /// Median change on matched indicators.
    pub median_change: Option<f64>,
    /// Mean span of the changes that it is the median of, years.
    pub span_years: Option<f64>,
    /// The one over the other: by these, lines are compared.
    pub points_per_year: Option<f64>,
    /// Why there is no median change, or how few it is of; may be empty.
    pub change_reason: String,
    /// Titles of scored indicators that are standardised anew in every edition.
    pub relative: Vec<String>,
    /// How many economies stand behind each of [`Self::medians`], in the same order.
    pub year_facts: Vec<YearFact>,
    /// Mean share of indicator weight observed, 0 to 1.
    pub coverage: Option<f64>,
    /// Economies per class.
    pub classes: ClassCounts,
    /// Of the economies with a class, those that have it by their level alone.
    pub level_only: u32,
    /// Codes of the indicators whose targets these classes rest on.
    pub rests_on: Vec<String>,
    /// Economies per grade A to E, of all who count: who has no figure of what is loaded has grade E.
    pub grades: [u32; 5],
    /// Of all who count, those without a grade, for nothing of the line is loaded of them.
    pub ungraded: u32,
    /// Why, most of them; empty without any.
    pub ungraded_reason: String,
    /// The path of the world, as the mean of those with both ends; none where the line has no target.
    pub world: Option<TrajectoryRow>,
    /// Why nobody who counts has a score; empty where somebody has one.
    pub no_score: String,
    /// "141 of 193" where that is the reason of some of them; empty where it is that of all.
    pub no_score_of: String,
    /// What is missing, in a few words; empty if nothing is.
    pub missing: String,
    /// All windows, in time order.
    pub windows: Vec<WindowView>,
    /// Means by region.
    pub regions: Vec<RegionView>,
    /// One row per economy of [`ReportInput::economies`], in the same order.
    pub areas: Vec<AreaRow>,
}

/// An agency with its role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facilitator {
    /// Agency.
    pub agency: String,
    /// `lead`, `co-facilitator` or `partner`.
    pub role: String,
    /// Year of the document that says so.
    pub as_of: Option<i32>,
    /// What else the documents say of it; may be empty.
    pub note: String,
    /// The document, and how far it was read.
    pub source: String,
    /// Whether that was read in its source.
    pub verified: bool,
}

/// A sentence of the consultation.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ClaimView {
    /// `achievement` or `challenge`.
    pub kind: String,
    /// The statement, word for word.
    pub text: String,
    /// Codes of related indicators; empty if there is none.
    pub related: Vec<String>,
}

/// A line in one window.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WindowView {
    /// The window.
    pub window: Window,
    /// Economies with a score.
    pub scored: u32,
    /// Who counts at its end.
    pub members: u32,
    /// Economies with a change.
    pub matched: u32,
    /// Median score.
    pub median_score: Option<f64>,
    /// Median change.
    pub median_change: Option<f64>,
    /// Economies per class.
    pub classes: ClassCounts,
    /// Of those with a class, those that have it by their level alone.
    pub level_only: u32,
    /// Codes of the indicators whose targets these classes rest on.
    pub rests_on: Vec<String>,
}

/// A line in one region: unweighted means over the members with both a start and an end.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RegionView {
    /// Name.
    pub name: String,
    /// Mean at the start.
    pub start: Option<f64>,
    /// Mean at the end of the same members.
    pub end: Option<f64>,
    /// Mean span of the members' changes, years: regions differ in it.
    pub span: Option<f64>,
    /// Members with at least one observation.
    pub members: u32,
    /// Members behind the two means.
    pub matched: u32,
    /// `published`, `indicative` or `withheld`.
    pub status: String,
    /// Why it is not `published`; empty if it is.
    pub reason: String,
}

/// A line in one economy.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct AreaRow {
    /// Area code.
    pub code: String,
    /// Whether it does not count (see [`Economy::apart`]).
    pub apart: bool,
    /// Level at the end of the window.
    pub score: Option<f64>,
    /// Why there is no score.
    pub score_reason: String,
    /// Score at the start, matched indicators.
    pub start: Option<f64>,
    /// Score at the end, the same indicators.
    pub end: Option<f64>,
    /// `end - start`.
    pub change: Option<f64>,
    /// Why there is no change; empty if there is one.
    pub change_reason: String,
    /// Points a year.
    pub per_year: Option<f64>,
    /// First and last year of the data behind the change.
    pub years: Option<(i32, i32)>,
    /// Mean span of the change in years: `change / span` is `per_year`.
    pub span: Option<f64>,
    /// Rank and percentile in both editions, in place of the change of a relative index.
    pub position: Option<Position>,
    /// Oldest year of the data behind the level.
    pub oldest: Option<i32>,
    /// Latest year of the data behind the level.
    pub latest: Option<i32>,
    /// Class.
    pub class: Progress,
    /// Whether that rests on the latest figures alone, and says nothing of the pace.
    pub by_level: bool,
    /// Why the class, or why none; may be empty for a class that explains itself.
    pub class_reason: String,
    /// The test that decided the class, with which the reason begins; empty without a class.
    pub class_test: String,
    /// Whether the class rests on a target that this project proposed.
    pub proposed: bool,
    /// Indicators whose value lies beyond a goalpost and is held at it.
    pub clamped: u32,
    /// Share of indicator weight observed.
    pub coverage: Option<f64>,
    /// Indicators with a current score.
    pub used: u32,
    /// Indicators with a weight.
    pub total: u32,
    /// Grade of the level, A to E: coverage and freshness; empty where nothing was loaded.
    pub grade: String,
    /// Why there is no grade; empty beside one.
    pub grade_reason: String,
    /// Share of country data in what is observed, 0 to 1, where that is not all of it.
    pub country_data: Option<f64>,
    /// Share of the observed weight that another delivery disputes, where that is more than none.
    pub disputed: Option<f64>,
    /// Grade of the change, A to E: the baseline too; empty without a change.
    pub grade_change: String,
    /// Rank.
    pub rank: Option<u32>,
    /// Why there is no rank.
    pub rank_reason: String,
    /// Ranks that most draws lie between.
    pub rank_interval: Option<(u32, u32)>,
    /// Why a rank has no such interval; empty beside one.
    pub rank_interval_reason: String,
    /// Scores if what is missing of the core were at its lowest and at its highest goalpost.
    pub bounds: Option<(f64, f64)>,
    /// Best and worst rank that those bounds allow.
    pub rank_range: Option<(u32, u32)>,
}

impl ReportInput {
    /// First and last year of every chart over time: those of the windows.
    pub fn years(&self) -> Window {
        let from = self.windows.iter().map(|window| window.0).min().unwrap_or(self.window.0);
        let to = self.windows.iter().map(|window| window.1).max().unwrap_or(self.window.1);
        (from, to)
    }

    /// Of the economies shown, those that count, and the others.
    pub fn shown(&self) -> (u32, u32) {
        let all = u32::try_from(self.economies.len()).unwrap_or(u32::MAX);
        let others = self.economies.iter().filter(|economy| economy.apart).count();
        let others = u32::try_from(others).unwrap_or(u32::MAX);
        (all.saturating_sub(others), others)
    }

    /// How scores are drawn and printed.
    pub fn scale(&self) -> Scale {
        Scale { max: self.scale_max, decimals: self.decimals }
    }

    /// The indicator with a code.
    pub fn indicator(&self, code: &str) -> Option<&IndicatorView> {
        let at = self.indicators.binary_search_by(|view| view.code.as_str().cmp(code)).ok()?;
        self.indicators.get(at)
    }
}
