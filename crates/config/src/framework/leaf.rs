//! The TOML form of an indicator of a framework. Nothing is checked here but types and unknown fields.

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::framework::Transform;

use crate::document::Located;
use crate::rules::RawStatus;

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Indicator")]
pub(super) struct RawIndicator {
    /// Code, unique in the framework.
    pub code: Located<String>,
    /// Title for people.
    pub title: Located<String>,
    /// What it measures, in one or two sentences.
    pub definition: Located<String>,
    /// Unit of measure, for people.
    pub unit: Located<String>,
    /// The greatest value that it can have.
    pub limit: Option<Located<f64>>,
    /// connectivity, skills, e-government or another theme.
    pub theme: Located<String>,
    /// Agency that compiles it.
    pub agency: Located<String>,
    /// Evidence class: A, B, C or D.
    pub evidence: Located<String>,
    /// Status of the indicator under its line.
    pub status: RawStatus,
    /// Where it was read.
    pub source: Located<String>,
    /// Whether it was read there.
    pub verified: bool,
    /// Licence of the figures.
    pub licence: Located<String>,
    /// Caveat that is shown beside every value.
    #[serde(default)]
    pub note: String,
    /// Mandatory; optional here so that the check can name the indicator (C26).
    pub direction: Option<Located<RawDirection>>,
    /// The series that feeds it.
    pub series: Option<RawSeries>,
    /// Values that score nothing and full marks.
    pub goalposts: Option<RawGoalposts>,
    /// A value that somebody set, with its year.
    pub target: Option<RawTarget>,
    /// Years in which what is measured became another thing.
    #[serde(default)]
    pub breaks: Vec<RawBreak>,
    /// `true`: the provider standardises the series anew in every edition.
    #[serde(default)]
    pub relative: bool,
    /// Codes of its parts, if it is a composite.
    #[serde(default)]
    pub contains: Vec<Located<String>>,
    /// Code of the indicator of which it is the same figure by another way.
    pub second_delivery_of: Option<Located<String>>,
    /// The survey that it rests on.
    pub survey: Option<Located<String>>,
    /// How the sample of a survey is drawn.
    pub sampling: Option<RawSampling>,
    /// Its code in the core list of ICT indicators of the Partnership on Measuring ICT for Development.
    pub core_code: Option<RawCoreCode>,
}

/// `{ code = "A3", verified = false }`. It is checked here and feeds nothing: a reader of the file
/// finds the agreed list by it.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "CoreCode")]
pub(super) struct RawCoreCode {
    /// Code in the list.
    pub code: Located<String>,
    /// Whether the list itself was read.
    #[expect(dead_code, reason = "says in the file whether the list itself was read")]
    pub verified: bool,
}

/// `{ sample = 1000, design_effect = 1.5, source = "...", verified = false }`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Sampling")]
pub(super) struct RawSampling {
    /// People asked in one economy and wave.
    pub sample: Located<u32>,
    /// How many times the variance is that of a plain random draw.
    pub design_effect: Located<f64>,
    /// Where both were read.
    pub source: Located<String>,
    /// Whether they were read there.
    pub verified: bool,
}

/// `{ year = 2022, reason = "...", source = "...", verified = true }`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Break")]
pub(super) struct RawBreak {
    /// First year of the new method.
    pub year: Located<i32>,
    /// What changed.
    pub reason: Located<String>,
    /// Where that was read.
    pub source: Located<String>,
    /// Whether it was read there.
    pub verified: bool,
}

/// `"up"`, `"down"` or `{ best = 1.0 }`.
#[derive(Deserialize, JsonSchema, Clone, Copy)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Direction")]
pub(super) enum RawDirection {
    Up,
    Down,
    Best(f64),
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Series")]
pub(super) struct RawSeries {
    /// Source of the pipeline that delivers it.
    pub source: Located<String>,
    /// Dataset.
    pub dataset: Located<String>,
    /// Code of the series.
    pub code: Located<String>,
    /// SDMX code of sex.
    #[serde(default = "total")]
    pub sex: String,
    /// SDMX code of age.
    #[serde(default = "total")]
    pub age: String,
    /// Degree of urbanisation.
    #[serde(default = "total")]
    pub location: String,
    /// Other dimensions, as the lake has them.
    pub dimensions: Option<Located<String>>,
}

fn total() -> String {
    wsis_model::observation::TOTAL.to_owned()
}

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Goalposts")]
pub(super) struct RawGoalposts {
    /// Value that scores 0.
    pub lo: Located<f64>,
    /// Value that scores full marks.
    pub hi: Located<f64>,
    /// Function applied first.
    #[serde(default)]
    pub transform: RawTransform,
    /// `false`: scores may lie beyond 0 and full marks.
    #[serde(default = "yes")]
    pub clamp: bool,
    /// Who set them.
    pub status: RawStatus,
    /// Where they were read.
    pub source: Located<String>,
    /// Whether they were read there.
    pub verified: bool,
}

const fn yes() -> bool {
    true
}

#[derive(Deserialize, JsonSchema, Clone, Copy, Default)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Transform")]
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

#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Target")]
pub(super) struct RawTarget {
    /// Value in the unit of the indicator.
    pub value: Located<f64>,
    /// Year by which it is to be met.
    pub year: Located<i32>,
    /// Value from which it counts as met.
    pub met_from: Option<RawMetFrom>,
    /// Who set it.
    pub status: RawStatus,
    /// Where it was read.
    pub source: Located<String>,
    /// Whether it was read there.
    pub verified: bool,
}

/// `{ value = 95, source = "...", verified = true }`.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "MetFrom")]
pub(super) struct RawMetFrom {
    /// Value in the unit of the indicator.
    pub value: Located<f64>,
    /// Whose practice that is.
    pub source: Located<String>,
    /// Whether it was read there.
    pub verified: bool,
}
