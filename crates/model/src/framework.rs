//! A scoring framework as data: a tree of nodes over indicators, with goalposts, directions,
//! weights, targets and review windows. The Action Lines, the HDI, the EGDI and the IDI are all
//! values of [`Framework`]; none has code of its own.

pub use crate::dated::{DatedTarget, Of};
pub use crate::sampling::Sampling;

/// Whether anyone has agreed to a fact, and whether it was read in its source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Provenance {
    /// `proposed`, `facilitator` or `agreed`.
    pub status: Status,
    /// Where the fact comes from, as a citation.
    pub source: String,
    /// False when the fact is from memory and still has to be read in its source.
    pub verified: bool,
}

/// Degree of agreement on an item of the framework.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Status {
    /// Proposed by this project; nobody's standard.
    Proposed,
    /// Named by the facilitator of the Action Line.
    Facilitator,
    /// Agreed between governments or by the UN Statistical Commission.
    Agreed,
}

/// +1, -1 or closeness to a target. Mandatory for every indicator, applied once, in normalisation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Direction {
    /// Higher is better.
    Up,
    /// Lower is better.
    Down,
    /// Best at the given value, worse on both sides (parity ratios). The goalposts then bound
    /// the distance `|x - best|`: `lo` is the largest distance (score 0), `hi` is 0.
    Goldilocks(f64),
}

/// Function applied to value and goalposts before scaling.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Transform {
    /// f(x) = x.
    Identity,
    /// f(x) = ln x; x > 0.
    Ln,
    /// f(x) = ln(x + 1); x > -1.
    Ln1p,
}

/// Score = scale * clamp((f(x) - f(lo)) / (f(hi) - f(lo)), 0, 1); docs/METHOD.md section 1.
///
/// `lo` is the value that scores 0 and `hi` the value that scores full marks, so for
/// [`Direction::Down`] `lo > hi`. `lo != hi` is checked at load (E17).
#[derive(Debug, Clone, PartialEq)]
pub struct Goalposts {
    /// Value that scores 0.
    pub lo: f64,
    /// Value that scores `scale`.
    pub hi: f64,
    /// Function applied first.
    pub transform: Transform,
    /// Whether scores are held within [0, scale].
    pub clamp: bool,
    /// Where the goalposts come from.
    pub provenance: Provenance,
}

/// A target value with its year.
#[derive(Debug, Clone, PartialEq)]
pub struct Target {
    /// Target in the indicator's unit.
    pub value: f64,
    /// Year by which it is to be met.
    pub year: i32,
    /// Value from which the target counts as met, where it is not the target itself.
    pub met_from: Option<MetFrom>,
    /// Who set it.
    pub provenance: Provenance,
}

impl Target {
    /// The value from which the target counts as met: `met_from`, or the target itself.
    pub fn met_value(&self) -> f64 {
        self.met_from.as_ref().map_or(self.value, |met| met.value)
    }
}

/// From where on a target counts as met: 95 of 100 % by the practice of ITU, 99 by that of UNSD.
#[derive(Debug, Clone, PartialEq)]
pub struct MetFrom {
    /// Value in the indicator's unit, not beyond the target.
    pub value: f64,
    /// Whose practice that is.
    pub source: String,
    /// Whether it was read there.
    pub verified: bool,
}

/// A year in which what a series measures, or how, became another thing. Values before the year
/// and from it on are not compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeriesBreak {
    /// First year of the new method.
    pub year: i32,
    /// What changed.
    pub reason: String,
    /// Where that was read.
    pub source: String,
    /// Whether it was read there.
    pub verified: bool,
}

/// Which observations feed an indicator: all parts of the key but area and year.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesRef {
    /// Source id.
    pub source: String,
    /// Dataset.
    pub dataset: String,
    /// Series code, compared without regard to case.
    pub series_code: String,
    /// SDMX sex, `_T` if not broken down.
    pub sex: String,
    /// SDMX age.
    pub age: String,
    /// Degree of urbanisation.
    pub location: String,
    /// Other dimensions in canonical form, see `observation::column::DIMENSIONS`.
    pub dimensions: String,
}

impl SeriesRef {
    /// Series code with the dimensions that tell it from its siblings: `IT_MOB_OWN sex=F`.
    pub fn label(&self) -> String {
        let mut text = self.series_code.clone();
        let parts = [("sex", &self.sex), ("age", &self.age), ("location", &self.location)];
        for (name, code) in parts {
            if !code.is_empty() && code != crate::observation::TOTAL {
                text.extend([" ", name, "=", code]);
            }
        }
        if !self.dimensions.is_empty() {
            text.extend([" ", self.dimensions.as_str()]);
        }
        text
    }
}

/// A leaf of the tree.
#[derive(Debug, Clone, PartialEq)]
pub struct Indicator {
    /// Code, unique in the framework, `[a-z0-9_.-]+`.
    pub code: String,
    /// Title for people.
    pub title: String,
    /// What it measures, one or two sentences.
    pub definition: String,
    /// Unit of measure, for people (`%`, `per 100 inhabitants`).
    pub unit: String,
    /// The greatest value that it can have, where it has one by nature: 100 of a share in per cent.
    pub limit: Option<f64>,
    /// `connectivity`, `skills`, `e-government` or another theme.
    pub theme: String,
    /// Agency that compiles it.
    pub agency: String,
    /// Series that feeds it; `None` for an indicator that no pipeline delivers yet.
    pub series: Option<SeriesRef>,
    /// Direction of desired change.
    pub direction: Direction,
    /// Goalposts; `None` when `series` is `None`, and allowed to be `None` for an indicator that
    /// is only context (a count has no full marks). An indicator that enters a score has both.
    pub goalposts: Option<Goalposts>,
    /// Target, if anyone set one.
    pub target: Option<Target>,
    /// Breaks of method, by year. There is no change, class or projection across one.
    pub breaks: Vec<SeriesBreak>,
    /// Whether the provider standardises the series anew in every edition. Its level is shown; in
    /// place of a change of value stand rank and percentile in both editions.
    pub relative: bool,
    /// Codes of indicators that are parts of this one, if it is a composite.
    pub contains: Vec<String>,
    /// Code of the indicator of which this is the same figure by another way: compared with it, and
    /// never in one score with it.
    pub second_delivery_of: Option<String>,
    /// The survey or assessment that it rests on, where others may rest on the same.
    pub survey: Option<String>,
    /// How the sample is drawn, of a series of surveys; `None` where no error is declared.
    pub sampling: Option<Sampling>,
    /// Evidence class: `A` official figures, `B` few economies or one wave, `C` context, `D`
    /// none.
    pub evidence: String,
    /// Status of the indicator itself under its line.
    pub provenance: Provenance,
    /// Licence of the figures.
    pub licence: String,
    /// Caveat shown beside every value (series breaks, one wave, modelled), may be empty.
    pub note: String,
}

/// How the children of a node become its score.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Aggregation {
    /// Weighted arithmetic mean.
    Arithmetic,
    /// Weighted geometric mean; children below `floor` are raised to it.
    Geometric {
        /// Smallest child score that enters, > 0.
        floor: f64,
    },
    /// Weighted harmonic mean; children below `floor` are raised to it.
    Harmonic {
        /// Smallest child score that enters, > 0.
        floor: f64,
    },
}

/// A child of a node with its weight.
#[derive(Debug, Clone, PartialEq)]
pub struct Child {
    /// Code of a node or an indicator.
    pub code: String,
    /// Weight >= 0; weights of a node sum to more than 0 (checked at load). Weights are
    /// renormalised over the children present.
    pub weight: f64,
}

/// An inner node of the tree: an Action Line, a pillar, an index.
#[derive(Debug, Clone, PartialEq)]
pub struct Node {
    /// Code, unique in the framework (`C2`, `C7-egov`, `hdi`).
    pub code: String,
    /// Title for people.
    pub title: String,
    /// How children are combined.
    pub aggregation: Aggregation,
    /// Children; empty for a line without an agreed indicator.
    pub children: Vec<Child>,
    /// Smallest share of weight that must be present for a score; `None`: the rule book's.
    pub min_weight: Option<f64>,
    /// Smallest number of children that must be present; `None`: the rule book's.
    pub min_children: Option<usize>,
    /// Smallest share of weight for a rank; `None`: the rule book's.
    pub min_weight_rank: Option<f64>,
    /// Codes of the indicators under it that an economy must have to be ranked; `None`: every
    /// indicator that enough member States have in the window, by the rule book.
    pub core: Option<Vec<String>>,
    /// Facts shown with an Action Line; `None` for nodes that are not lines.
    pub line: Option<LineFacts>,
}

/// What is said of an Action Line besides its score.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct LineFacts {
    /// Who facilitates it.
    pub facilitators: Vec<Facilitator>,
    /// SDG goals or targets the line serves (`9.c`, `4`).
    pub sdg: Vec<SdgLink>,
    /// Global Digital Compact objectives.
    pub gdc: Vec<GdcLink>,
    /// What would be shown instead of a score, for lines without an agreed indicator.
    pub no_indicator: Option<String>,
    /// Codes of indicators shown beside the line, never in its score: evidence class C, and those
    /// of the catalogue without a `series` ("no pipeline asks for its series yet").
    pub context: Vec<String>,
    /// What was promised under it, as far as it is held as data.
    pub commitments: Vec<Commitment>,
    /// Where those come from.
    pub commitments_source: Option<Provenance>,
    /// Targets with a year that others set under it, held against figures once the year is past.
    pub dated_targets: Vec<DatedTarget>,
    /// Achievements and challenges named in the WSIS+20 consultation.
    pub claims: Vec<Claim>,
    /// The document that the claims are quoted from.
    pub claims_source: Option<Provenance>,
    /// What that document says of its own limits; may be empty.
    pub claims_caveat: String,
    /// What is read into the document about its achievements here; may be empty.
    pub achievements_note: String,
    /// What is read into the document about its challenges here; may be empty.
    pub challenges_note: String,
    /// What the lists of facilitators say of themselves.
    pub facilitators_source: Option<Provenance>,
    /// Where the links to the SDGs come from.
    pub sdg_source: Option<Provenance>,
    /// Where the links to the Global Digital Compact come from.
    pub gdc_source: Option<Provenance>,
}

/// One dated role of an agency on a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facilitator {
    /// Agency.
    pub agency: String,
    /// `lead`, `co-facilitator` or `partner`.
    pub role: String,
    /// Year of the document that names it; `None` where it has no date.
    pub as_of: Option<i32>,
    /// What else the documents say of the role; may be empty.
    pub note: String,
    /// Source and verification.
    pub provenance: Provenance,
}

/// A link to an SDG goal or target.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SdgLink {
    /// Goal (`4`) or target (`9.c`).
    pub target: String,
    /// Whether the sources disagree about it.
    pub disputed: bool,
}

/// A link to an objective of the Global Digital Compact.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GdcLink {
    /// Objective 1 to 5.
    pub objective: u8,
    /// 2 primary, 1 secondary.
    pub strength: u8,
}

/// A sentence of the consultation.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    /// `achievement` or `challenge`.
    pub kind: String,
    /// The statement, word for word; letters in brackets mend an error of the scan.
    pub text: String,
    /// The same as the scan has it, where `text` mends an error.
    pub scanned: Option<String>,
    /// Codes of related indicators, chosen by this project; empty if there is none.
    pub related: Vec<String>,
}

/// What was promised, with the indicators of the line that are nearest to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Commitment {
    /// Code; one that falls to several lines has the same under each.
    pub code: String,
    /// What it says, in short.
    pub text: String,
    /// Year by which it was to be kept.
    pub by: Option<i32>,
    /// Codes of indicators near to it, chosen by this project; empty if there is none.
    pub related: Vec<String>,
    /// Why there is none, or what they leave out; may be empty.
    pub note: String,
    /// Whether its text was read in the source.
    pub verified: bool,
}

/// A five-year review window.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Window {
    /// First year (baseline).
    pub start: i32,
    /// Last year (review year).
    pub end: i32,
}

/// How scores become ranks and printed figures.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Full marks: 100 for the lines, 1 for HDI and EGDI.
    pub max: f64,
    /// Decimals to which a score is rounded before ranking (lines 9; HDI 3; EGDI 4).
    pub rank_decimals: u32,
    /// Decimals shown.
    pub shown_decimals: u32,
}

/// Whom ranks, counts and shares are of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Universe {
    /// The member States of the United Nations at the end of the window; everybody else is scored
    /// and shown apart.
    #[default]
    Members,
    /// Every economy with a figure: for an index that chooses its own economies.
    Economies,
}

/// What a rank asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Requires {
    /// Every indicator of the line's core.
    #[default]
    Core,
    /// A score, over whatever the node asks for.
    Score,
}

/// The rule of a framework's ranks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Ranking {
    /// Who is ranked.
    pub universe: Universe,
    /// What a rank asks for.
    pub requires: Requires,
}

/// How old observations may be and how far apart they have to be, in whole years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Ages {
    /// A value older than this, before the review year, is not used at all.
    pub max: i32,
    /// A value older than this gives a level but no progress.
    pub max_progress: i32,
    /// Largest distance of a baseline from the start of the window.
    pub baseline_within: i32,
    /// Shortest time between baseline and current value.
    pub min_span: i32,
    /// Figures come out this late: a window that ends later after the last of them lies in the
    /// future, and nobody is ranked.
    pub max_lag: i32,
}

/// The ages that a framework states itself; the rest is the rule book's ([`Ages`] has the meanings).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct OwnAges {
    /// See [`Ages::max`].
    pub max: Option<i32>,
    /// See [`Ages::max_progress`].
    pub max_progress: Option<i32>,
    /// See [`Ages::baseline_within`].
    pub baseline_within: Option<i32>,
    /// See [`Ages::min_span`].
    pub min_span: Option<i32>,
    /// See [`Ages::max_lag`].
    pub max_lag: Option<i32>,
}

impl OwnAges {
    /// These ages, and those of the rule book for what is left out.
    pub fn under(&self, house: Ages) -> Ages {
        Ages {
            max: self.max.unwrap_or(house.max),
            max_progress: self.max_progress.unwrap_or(house.max_progress),
            baseline_within: self.baseline_within.unwrap_or(house.baseline_within),
            min_span: self.min_span.unwrap_or(house.min_span),
            max_lag: self.max_lag.unwrap_or(house.max_lag),
        }
    }
}

/// A whole framework.
#[derive(Debug, Clone, PartialEq)]
pub struct Framework {
    /// Id (`wsis-action-lines`, `hdi`, `egdi`, `idi-2024`).
    pub id: String,
    /// Version of the method, part of every result.
    pub version: String,
    /// Title for people.
    pub title: String,
    /// Scale and rounding.
    pub scale: Scale,
    /// Who is ranked, and by what.
    pub ranking: Ranking,
    /// Ages and spans of observations, where they are not the rule book's.
    pub ages: OwnAges,
    /// Review windows.
    pub windows: Vec<Window>,
    /// Codes of the nodes that are reported (the 18 lines; `hdi`), in order.
    pub reported: Vec<String>,
    /// Inner nodes; children come before their parents (checked and sorted at load).
    pub nodes: Vec<Node>,
    /// Leaves, sorted by code.
    pub indicators: Vec<Indicator>,
    /// Status and source of the framework as a whole.
    pub provenance: Provenance,
}

impl Framework {
    /// The node with a code.
    pub fn node(&self, code: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.code == code)
    }

    /// The indicator with a code.
    pub fn indicator(&self, code: &str) -> Option<&Indicator> {
        self.indicators
            .binary_search_by(|indicator| indicator.code.as_str().cmp(code))
            .ok()
            .and_then(|at| self.indicators.get(at))
    }
}
