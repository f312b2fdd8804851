//! The TOML form of a rule book. Whole numbers are held within their ranges by the schema; what
//! needs more is checked in the parent module.

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::framework::Status;

use crate::document::Located;

/// The numbers of a method that belong to no single indicator, line or index.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "rule book")]
pub(crate) struct RawRuleBook {
    /// Id, also the name of the file.
    pub(super) id: Located<String>,
    /// Version, part of every result; raise it whenever a number changes.
    pub(super) version: Located<String>,
    /// Title for people.
    pub(super) title: Located<String>,
    /// Who set the numbers.
    pub(super) status: RawStatus,
    /// Where they were read.
    pub(super) source: Located<String>,
    /// Whether they were read there.
    pub(super) verified: bool,
    /// Ages and spans of observations, unless a framework has its own.
    pub(super) ages: Located<RawAges>,
    /// What a node asks for before it has a score, unless it says otherwise.
    pub(super) score: RawScore,
    /// Classes of progress.
    pub(super) classes: RawClasses,
    /// How freshness falls with age.
    pub(super) freshness: RawFreshness,
    /// Grades of coverage, freshness and baseline.
    pub(super) grades: RawGrades,
    /// From which share of the members on a mean or median is shown.
    pub(super) groups: RawGroups,
    /// Who is ranked.
    pub(super) rank: RawRank,
    /// What is drawn to see how far a rank hangs on choices.
    pub(super) uncertainty: RawUncertainty,
    /// What is said of a trend; without it every year of arrival is told.
    pub(super) trajectories: Option<RawTrajectories>,
    /// What is warned of.
    pub(super) warnings: RawWarnings,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Status")]
pub(crate) enum RawStatus {
    Proposed,
    Facilitator,
    Agreed,
}

impl From<RawStatus> for Status {
    fn from(raw: RawStatus) -> Self {
        match raw {
            RawStatus::Proposed => Self::Proposed,
            RawStatus::Facilitator => Self::Facilitator,
            RawStatus::Agreed => Self::Agreed,
        }
    }
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ages")]
pub(super) struct RawAges {
    /// Largest age of a value that is used at all, in years before the review year.
    #[schemars(range(min = 0, max = 50))]
    pub(super) max: i32,
    /// Largest age of a current value that can show progress, in years.
    #[schemars(range(min = 0, max = 50))]
    pub(super) max_progress: i32,
    /// Largest distance of a baseline from the first year of the window, in years.
    #[schemars(range(min = 0, max = 50))]
    pub(super) baseline_within: i32,
    /// Least years from baseline to current value.
    #[schemars(range(min = 1, max = 50))]
    pub(super) min_span: i32,
    /// Most years of the latest figures behind a review year that is ranked.
    #[schemars(range(min = 0, max = 50))]
    pub(super) max_lag: i32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Score")]
pub(super) struct RawScore {
    /// Least share of the weight with a score, as "60 %" or "2/3".
    pub(super) min_weight: Located<String>,
    /// Least number of children with a score; a node with fewer needs all it has.
    #[schemars(range(min = 1, max = 100))]
    pub(super) min_children: usize,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Classes")]
pub(super) struct RawClasses {
    /// Least ratio of the pace to the pace asked for that is on track, at most 2.
    pub(super) on_track: Located<f64>,
    /// Least ratio that is moderate, at most that of on track.
    pub(super) moderate: Located<f64>,
    /// Least ratio that is limited, 0 or more; below it is regressing.
    pub(super) limited: Located<f64>,
    /// Decimals to which a ratio is rounded before it is compared.
    #[schemars(range(min = 0, max = 12))]
    pub(super) ratio_decimals: u32,
    /// A smaller change is stagnant, in hundredths of full marks.
    pub(super) stagnant_below: Located<f64>,
    /// Part of the target by which a value that meets it may fall short, at most 0.01.
    pub(super) met_tolerance: Located<f64>,
    /// Standard errors of a difference inside which a change between two surveys is none, at most 5.
    pub(super) standard_errors: Located<f64>,
    /// Least share of the weight behind a line's class that must have a target, as "2/3".
    pub(super) min_target_share: Located<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Freshness")]
pub(super) struct RawFreshness {
    /// Age in years up to which freshness is 1.
    #[schemars(range(min = 0, max = 50))]
    pub(super) full_years: i32,
    /// Years after that in which it falls evenly to 0.
    #[schemars(range(min = 1, max = 50))]
    pub(super) years_to_zero: i32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Grade")]
pub(super) struct RawGrade {
    /// Least share of the weight with a current value, as "85 %".
    pub(super) coverage: Located<String>,
    /// Least freshness, 0 to 1.
    pub(super) freshness: Located<f64>,
    /// Least share of the weight with a baseline, as "80 %"; of a change only.
    pub(super) baseline: Located<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Grades")]
pub(super) struct RawGrades {
    /// What an A asks for.
    pub(super) a: RawGrade,
    /// What a B asks for, no more than an A.
    pub(super) b: RawGrade,
    /// What a C asks for, no more than a B.
    pub(super) c: RawGrade,
    /// Part of its weight that an estimate counts as country data, as "1/2".
    pub(super) estimate_counts: Located<String>,
    /// Hundredths of full marks that another delivery's value lies from a current one, from which on
    /// that is disputed: more than 0, at most 100.
    pub(super) disputed_points: Located<f64>,
    /// Share of the observed weight that is disputed, as "1/3", from which on the grade is a letter
    /// lower.
    pub(super) disputed_share: Located<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Groups")]
pub(super) struct RawGroups {
    /// Least share of the members that is published, as "60 %".
    pub(super) published: Located<String>,
    /// Least share that is indicative, no more than that of published; less is withheld.
    pub(super) indicative: Located<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Rank")]
pub(super) struct RawRank {
    /// Least share of those who count that must have an indicator for it to be core, as "1/2".
    pub(super) core_share: Located<String>,
    /// Least share of a line's weight that its core must hold, as "2/3".
    pub(super) min_weight: Located<String>,
    /// Least freshness over the core, 0 to 1.
    pub(super) min_freshness: Located<f64>,
    /// Decimals to which values of a relative index are rounded before they are ranked.
    #[schemars(range(min = 0, max = 12))]
    pub(super) position_decimals: u32,
}

#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Trajectories")]
pub(super) struct RawTrajectories {
    /// Years after the current value beyond which no year of arrival is told.
    #[schemars(range(min = 1, max = 1000))]
    pub(super) arrival_within: u32,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Warnings")]
pub(super) struct RawWarnings {
    /// An indicator of which more than this share of the current values lies beyond a goalpost.
    pub(super) clamped_above: Located<String>,
}

#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Uncertainty")]
#[expect(clippy::struct_excessive_bools, reason = "each is a switch of its own")]
pub(super) struct RawUncertainty {
    /// Key of all draws.
    #[schemars(range(min = 0, max = 9_007_199_254_740_991_i64))]
    pub(super) seed: u64,
    /// Number of draws.
    #[schemars(range(min = 2, max = 100_000))]
    pub(super) replicates: u32,
    /// Share of the draws that an interval holds, as "90 %"; above 0.
    pub(super) interval: Located<String>,
    /// Part of itself by which a weight may be more or less, as "25 %"; "0 %" leaves weights as they are.
    pub(super) weights: Located<String>,
    /// Whether an indicator may be scored from the lowest to the highest of those ranked.
    pub(super) normalisation: bool,
    /// Whether the mean may be geometric in place of arithmetic, or arithmetic in place of another.
    pub(super) aggregation: bool,
    /// Least share of full marks in a geometric mean that the framework does not ask for, as "1 %"; above 0.
    pub(super) floor: Located<String>,
    /// Whether an indicator may be left out.
    pub(super) leave_out: bool,
    /// Whether values with a declared sampling error are drawn from it.
    pub(super) sampling: bool,
}
