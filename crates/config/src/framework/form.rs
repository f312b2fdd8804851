//! The TOML form of a framework. Nothing is checked here but types and unknown fields.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::framework::{Provenance, Ranking, Requires, Universe};

use crate::document::Located;
use crate::rules::RawStatus;

pub(super) use super::dated::RawDatedTarget;
pub(super) use super::leaf::{
    RawBreak, RawCoreCode, RawDirection, RawGoalposts, RawIndicator, RawSampling, RawSeries,
    RawTarget,
};

/// A whole file.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "framework")]
pub(super) struct RawFramework {
    /// Id, also the name of the file.
    pub id: Located<String>,
    /// Version of the method; raise it whenever a score may change.
    pub version: Located<String>,
    /// Title for people.
    pub title: Located<String>,
    /// Who set it.
    pub status: RawStatus,
    /// Where it was read.
    pub source: Located<String>,
    /// Whether it was read there.
    pub verified: bool,
    /// Review windows, as in "2020-2025".
    pub windows: Located<Vec<Located<String>>>,
    /// Datasets (`source/dataset`) that nobody fetches: whoever wants the framework hands them in.
    #[serde(default)]
    pub handed_in: Vec<Located<String>>,
    /// Surveys that several lines rest on, as its users are told.
    #[serde(default)]
    pub shared_surveys: Vec<Located<String>>,
    /// Codes of the nodes that are reported, in order.
    pub reported: Located<Vec<Located<String>>>,
    /// Full marks and rounding.
    pub scale: RawScale,
    /// Who is ranked, and what a rank asks for.
    #[serde(default)]
    pub ranking: RawRanking,
    /// Ages and spans of observations, where they are not those of the rule book.
    #[serde(default)]
    pub ages: Option<Located<RawAges>>,
    /// Where the crosswalks to the SDGs and the Global Digital Compact come from.
    #[serde(default)]
    pub links: RawLinks,
    /// A node of the tree: a line, a pillar, an index.
    #[serde(default, rename = "node")]
    pub nodes: Vec<RawNode>,
    /// A leaf of the tree.
    #[serde(default, rename = "indicator")]
    pub indicators: Vec<RawIndicator>,
}

/// Where the crosswalks to SDG and GDC come from; one statement for the whole file.
#[derive(Deserialize, JsonSchema, Default)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Links")]
pub(super) struct RawLinks {
    /// Of `sdg`.
    pub sdg: Option<RawProvenance>,
    /// Of `gdc_primary` and `gdc_secondary`.
    pub gdc: Option<RawProvenance>,
    /// Of the lists of facilitators.
    pub facilitators: Option<RawProvenance>,
    /// Of `commitments`.
    pub commitments: Option<RawProvenance>,
    /// Of `claims`.
    pub claims: Option<RawQuoted>,
}

/// The document that claims are quoted from.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Quoted")]
pub(super) struct RawQuoted {
    /// Who set it.
    pub status: RawStatus,
    /// The document, as a citation.
    pub source: Located<String>,
    /// Whether it was read.
    pub verified: bool,
    /// What the document says of its own limits.
    #[serde(default)]
    pub caveat: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Scale")]
pub(super) struct RawScale {
    /// Full marks: 100 for lines, 1 for an index from 0 to 1.
    pub max: Located<f64>,
    /// Decimals to which a score is rounded before ranking.
    pub rank_decimals: Located<u32>,
    /// Decimals that are shown.
    pub shown_decimals: Located<u32>,
}

/// `[ranking]`; the house rule where it is left out.
#[derive(Deserialize, JsonSchema, Clone, Copy, Default)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ranking")]
pub(super) struct RawRanking {
    /// Whom ranks, counts and shares are of.
    #[serde(default)]
    pub universe: RawUniverse,
    /// What a rank asks for.
    #[serde(default)]
    pub requires: RawRequires,
}

/// `[ages]`; the rule book's for what is left out.
#[derive(Deserialize, JsonSchema, Clone, Copy, Default)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Ages")]
pub(super) struct RawAges {
    /// Oldest value that is used at all, years before the review year.
    pub max: Option<i32>,
    /// Oldest value that can show progress.
    pub max_progress: Option<i32>,
    /// Largest distance of a baseline from the first year of the window.
    pub baseline_within: Option<i32>,
    /// Shortest time between baseline and current value.
    pub min_span: Option<i32>,
    /// By how many years figures may come out after the review year that is ranked.
    pub max_lag: Option<i32>,
}

#[derive(Deserialize, JsonSchema, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Universe")]
pub(super) enum RawUniverse {
    #[default]
    Members,
    Economies,
}

#[derive(Deserialize, JsonSchema, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Requires")]
pub(super) enum RawRequires {
    #[default]
    Core,
    Score,
}

impl From<RawRanking> for Ranking {
    fn from(raw: RawRanking) -> Self {
        Self {
            universe: match raw.universe {
                RawUniverse::Members => Universe::Members,
                RawUniverse::Economies => Universe::Economies,
            },
            requires: match raw.requires {
                RawRequires::Core => Requires::Core,
                RawRequires::Score => Requires::Score,
            },
        }
    }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Provenance")]
pub(super) struct RawProvenance {
    /// Who set it.
    pub status: RawStatus,
    /// Where it was read.
    pub source: Located<String>,
    /// Whether it was read there.
    pub verified: bool,
}

impl From<RawProvenance> for Provenance {
    fn from(raw: RawProvenance) -> Self {
        provenance(raw.status, raw.source, raw.verified)
    }
}

/// Builds the model's provenance from the three fields every sourced item has.
pub(super) fn provenance(status: RawStatus, source: Located<String>, verified: bool) -> Provenance {
    Provenance { status: status.into(), source: source.into_inner(), verified }
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Node")]
pub(super) struct RawNode {
    /// Code, unique in the framework.
    pub code: Located<String>,
    /// Title for people.
    pub title: Located<String>,
    /// How the children become one score.
    #[serde(default)]
    pub aggregation: RawAggregation,
    /// Smallest score that enters a geometric or harmonic mean.
    pub floor: Option<Located<f64>>,
    /// Codes of nodes and indicators.
    pub children: Vec<Located<String>>,
    /// Left out: all children weigh the same.
    pub weights: Option<BTreeMap<Located<String>, Located<f64>>>,
    /// Least share of the weight with a score, 0 to 1.
    pub min_weight: Option<Located<f64>>,
    /// Least number of children with a score.
    pub min_children: Option<Located<usize>>,
    /// Least share of the weight for a rank, 0 to 1.
    pub min_weight_rank: Option<Located<f64>>,
    /// Left out: every indicator that enough member States have, by the rule book.
    pub core: Option<Vec<Located<String>>>,
    /// What is said of a line beside its score.
    pub line: Option<RawLine>,
}

#[derive(Deserialize, JsonSchema, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Aggregation")]
pub(super) enum RawAggregation {
    #[default]
    Arithmetic,
    Geometric,
    Harmonic,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Line")]
pub(super) struct RawLine {
    /// Who facilitates the line.
    #[serde(default)]
    pub facilitators: Vec<RawFacilitator>,
    /// SDG goals (`4`) and targets (`9.c`).
    #[serde(default)]
    pub sdg: Vec<Located<String>>,
    /// Those of `sdg` about which the sources disagree.
    #[serde(default)]
    pub sdg_disputed: Vec<Located<String>>,
    /// Objectives of the Global Digital Compact that it serves first.
    #[serde(default)]
    pub gdc_primary: Vec<Located<u8>>,
    /// Objectives that it serves beside.
    #[serde(default)]
    pub gdc_secondary: Vec<Located<u8>>,
    /// What is shown in place of a score.
    pub no_indicator: Option<Located<String>>,
    /// Indicators that are shown beside the line, never in its score.
    #[serde(default)]
    pub context: Vec<Located<String>>,
    /// What was promised under it.
    #[serde(default)]
    pub commitments: Vec<RawCommitment>,
    /// Targets with a year that others set under it, held against figures once the year is past.
    #[serde(default)]
    pub dated_targets: Vec<RawDatedTarget>,
    /// Sentences of the consultation.
    #[serde(default)]
    pub claims: Vec<RawClaim>,
    /// What is read into the document about achievements.
    #[serde(default)]
    pub achievements_note: String,
    /// What is read into the document about challenges.
    #[serde(default)]
    pub challenges_note: String,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Facilitator")]
pub(super) struct RawFacilitator {
    /// Agency.
    pub agency: Located<String>,
    /// Its role.
    pub role: RawRole,
    /// Who set it.
    pub status: RawStatus,
    /// Where it was read.
    pub source: Located<String>,
    /// Whether it was read there.
    pub verified: bool,
    /// Year of the document.
    pub as_of: Option<Located<i32>>,
    /// What else is said of the role.
    #[serde(default)]
    pub note: String,
}

#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Role")]
pub(super) enum RawRole {
    Lead,
    CoFacilitator,
    Partner,
}

impl RawRole {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::CoFacilitator => "co-facilitator",
            Self::Partner => "partner",
        }
    }
}

/// `{ code = "target-2", text = "...", by = 2015, related = ["schools-internet"], verified = false }`
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Commitment")]
pub(super) struct RawCommitment {
    /// Code; one that falls to several lines has the same under each.
    pub code: Located<String>,
    /// What it says, in short.
    pub text: Located<String>,
    /// Year by which it was to be kept.
    pub by: Option<Located<i32>>,
    /// Codes of indicators near to it.
    #[serde(default)]
    pub related: Vec<Located<String>>,
    /// Why there is none, or what they leave out.
    #[serde(default)]
    pub note: String,
    /// Whether its text was read in the source.
    pub verified: bool,
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Claim")]
pub(super) struct RawClaim {
    /// What the sentence names.
    pub kind: RawClaimKind,
    /// The sentence, word for word.
    pub text: Located<String>,
    /// As the scan has it, where brackets in `text` mend it.
    pub scanned: Option<Located<String>>,
    /// Codes of related indicators.
    #[serde(default)]
    pub related: Vec<Located<String>>,
}

#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "ClaimKind")]
pub(super) enum RawClaimKind {
    Achievement,
    Challenge,
}

impl RawClaimKind {
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Achievement => "achievement",
            Self::Challenge => "challenge",
        }
    }
}
