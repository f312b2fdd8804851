//! The TOML form of a framework. Nothing is checked here but types and unknown fields.

use std::collections::BTreeMap;

use serde::Deserialize;
use toml::Spanned;
use wsis_model::framework::{Provenance, Ranking, Requires, Transform, Universe};

use crate::rules::RawStatus;

/// A whole file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFramework {
    pub id: Spanned<String>,
    pub version: Spanned<String>,
    pub title: Spanned<String>,
    pub status: RawStatus,
    pub source: Spanned<String>,
    pub verified: bool,
    pub windows: Spanned<Vec<Spanned<String>>>,
    /// Datasets (`source/dataset`) that nobody fetches: whoever wants the framework hands them in.
    #[serde(default)]
    pub handed_in: Vec<Spanned<String>>,
    /// Surveys that several lines rest on, as its users are told.
    #[serde(default)]
    pub shared_surveys: Vec<Spanned<String>>,
    pub reported: Spanned<Vec<Spanned<String>>>,
    pub scale: RawScale,
    #[serde(default)]
    pub ranking: RawRanking,
    #[serde(default)]
    pub ages: Option<Spanned<RawAges>>,
    #[serde(default)]
    pub links: RawLinks,
    #[serde(default, rename = "node")]
    pub nodes: Vec<RawNode>,
    #[serde(default, rename = "indicator")]
    pub indicators: Vec<RawIndicator>,
}

/// Where the crosswalks to SDG and GDC come from; one statement for the whole file.
#[derive(Deserialize, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLinks {
    pub sdg: Option<RawProvenance>,
    pub gdc: Option<RawProvenance>,
    pub facilitators: Option<RawProvenance>,
    pub commitments: Option<RawProvenance>,
    pub claims: Option<RawQuoted>,
}

/// The document that claims are quoted from.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawQuoted {
    pub status: RawStatus,
    pub source: Spanned<String>,
    pub verified: bool,
    /// What the document says of its own limits.
    #[serde(default)]
    pub caveat: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawScale {
    pub max: Spanned<f64>,
    pub rank_decimals: Spanned<u32>,
    pub shown_decimals: Spanned<u32>,
}

/// `[ranking]`; the house rule where it is left out.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawRanking {
    #[serde(default)]
    pub universe: RawUniverse,
    #[serde(default)]
    pub requires: RawRequires,
}

/// `[ages]`; the rule book's for what is left out.
#[derive(Deserialize, Clone, Copy, Default)]
#[serde(deny_unknown_fields)]
pub(super) struct RawAges {
    pub max: Option<i32>,
    pub max_progress: Option<i32>,
    pub baseline_within: Option<i32>,
    pub min_span: Option<i32>,
    pub max_lag: Option<i32>,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawUniverse {
    #[default]
    Members,
    Economies,
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawProvenance {
    pub status: RawStatus,
    pub source: Spanned<String>,
    pub verified: bool,
}

impl From<RawProvenance> for Provenance {
    fn from(raw: RawProvenance) -> Self {
        provenance(raw.status, raw.source, raw.verified)
    }
}

/// Builds the model's provenance from the three fields every sourced item has.
pub(super) fn provenance(status: RawStatus, source: Spanned<String>, verified: bool) -> Provenance {
    Provenance { status: status.into(), source: source.into_inner(), verified }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawNode {
    pub code: Spanned<String>,
    pub title: Spanned<String>,
    #[serde(default)]
    pub aggregation: RawAggregation,
    pub floor: Option<Spanned<f64>>,
    pub children: Vec<Spanned<String>>,
    /// Left out: all children weigh the same.
    pub weights: Option<BTreeMap<Spanned<String>, Spanned<f64>>>,
    pub min_weight: Option<Spanned<f64>>,
    pub min_children: Option<Spanned<usize>>,
    pub min_weight_rank: Option<Spanned<f64>>,
    /// Left out: every indicator that enough member States have, by the rule book.
    pub core: Option<Vec<Spanned<String>>>,
    pub line: Option<RawLine>,
}

#[derive(Deserialize, Clone, Copy, Default, PartialEq, Eq)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawAggregation {
    #[default]
    Arithmetic,
    Geometric,
    Harmonic,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawLine {
    #[serde(default)]
    pub facilitators: Vec<RawFacilitator>,
    #[serde(default)]
    pub sdg: Vec<Spanned<String>>,
    /// Those of `sdg` about which the sources disagree.
    #[serde(default)]
    pub sdg_disputed: Vec<Spanned<String>>,
    #[serde(default)]
    pub gdc_primary: Vec<Spanned<u8>>,
    #[serde(default)]
    pub gdc_secondary: Vec<Spanned<u8>>,
    pub no_indicator: Option<Spanned<String>>,
    #[serde(default)]
    pub context: Vec<Spanned<String>>,
    #[serde(default)]
    pub commitments: Vec<RawCommitment>,
    #[serde(default)]
    pub claims: Vec<RawClaim>,
    #[serde(default)]
    pub achievements_note: String,
    #[serde(default)]
    pub challenges_note: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawFacilitator {
    pub agency: Spanned<String>,
    pub role: RawRole,
    pub status: RawStatus,
    pub source: Spanned<String>,
    pub verified: bool,
    pub as_of: Option<Spanned<i32>>,
    #[serde(default)]
    pub note: String,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "kebab-case")]
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
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCommitment {
    pub code: Spanned<String>,
    pub text: Spanned<String>,
    pub by: Option<Spanned<i32>>,
    #[serde(default)]
    pub related: Vec<Spanned<String>>,
    #[serde(default)]
    pub note: String,
    pub verified: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawClaim {
    pub kind: RawClaimKind,
    pub text: Spanned<String>,
    /// As the scan has it, where brackets in `text` mend it.
    pub scanned: Option<Spanned<String>>,
    #[serde(default)]
    pub related: Vec<Spanned<String>>,
}

#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
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

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawIndicator {
    pub code: Spanned<String>,
    pub title: Spanned<String>,
    pub definition: Spanned<String>,
    pub unit: Spanned<String>,
    /// The greatest value that it can have.
    pub limit: Option<Spanned<f64>>,
    pub theme: Spanned<String>,
    pub agency: Spanned<String>,
    pub evidence: Spanned<String>,
    pub status: RawStatus,
    pub source: Spanned<String>,
    pub verified: bool,
    pub licence: Spanned<String>,
    #[serde(default)]
    pub note: String,
    /// Mandatory; optional here so that the check can name the indicator (C26).
    pub direction: Option<Spanned<RawDirection>>,
    pub series: Option<RawSeries>,
    pub goalposts: Option<RawGoalposts>,
    pub target: Option<RawTarget>,
    #[serde(default)]
    pub breaks: Vec<RawBreak>,
    #[serde(default)]
    pub relative: bool,
    /// Codes of its parts, if it is a composite.
    #[serde(default)]
    pub contains: Vec<Spanned<String>>,
    /// Code of the indicator of which it is the same figure by another way.
    pub second_delivery_of: Option<Spanned<String>>,
    /// The survey that it rests on.
    pub survey: Option<Spanned<String>>,
    /// How the sample of a survey is drawn.
    pub sampling: Option<RawSampling>,
    /// Its code in the core list of ICT indicators of the Partnership on Measuring ICT for Development.
    pub core_code: Option<RawCoreCode>,
}

/// `{ code = "A3", verified = false }`. It is checked here and feeds nothing: a reader of the file
/// finds the agreed list by it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawCoreCode {
    pub code: Spanned<String>,
    #[expect(dead_code, reason = "says in the file whether the list itself was read")]
    pub verified: bool,
}

/// `{ sample = 1000, design_effect = 1.5, source = "...", verified = false }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSampling {
    pub sample: Spanned<u32>,
    pub design_effect: Spanned<f64>,
    pub source: Spanned<String>,
    pub verified: bool,
}

/// `{ year = 2022, reason = "...", source = "...", verified = true }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawBreak {
    pub year: Spanned<i32>,
    pub reason: Spanned<String>,
    pub source: Spanned<String>,
    pub verified: bool,
}

/// `"up"`, `"down"` or `{ best = 1.0 }`.
#[derive(Deserialize, Clone, Copy)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawDirection {
    Up,
    Down,
    Best(f64),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawSeries {
    pub source: Spanned<String>,
    pub dataset: Spanned<String>,
    pub code: Spanned<String>,
    #[serde(default = "total")]
    pub sex: String,
    #[serde(default = "total")]
    pub age: String,
    #[serde(default = "total")]
    pub location: String,
    pub dimensions: Option<Spanned<String>>,
}

fn total() -> String {
    wsis_model::observation::TOTAL.to_owned()
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawGoalposts {
    pub lo: Spanned<f64>,
    pub hi: Spanned<f64>,
    #[serde(default)]
    pub transform: RawTransform,
    #[serde(default = "yes")]
    pub clamp: bool,
    pub status: RawStatus,
    pub source: Spanned<String>,
    pub verified: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
pub(super) enum RawTransform {
    #[default]
    Identity,
    Ln,
    Ln1p,
}

impl From<RawTransform> for Transform {
    fn from(raw: RawTransform) -> Self {
        match raw {
            RawTransform::Identity => Self::Identity,
            RawTransform::Ln => Self::Ln,
            RawTransform::Ln1p => Self::Ln1p,
        }
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawTarget {
    pub value: Spanned<f64>,
    pub year: Spanned<i32>,
    pub met_from: Option<RawMetFrom>,
    pub status: RawStatus,
    pub source: Spanned<String>,
    pub verified: bool,
}

/// `{ value = 95, source = "...", verified = true }`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct RawMetFrom {
    pub value: Spanned<f64>,
    pub source: Spanned<String>,
    pub verified: bool,
}
