//! Facts of indicators, areas and groups, as published beside the scores.

use serde::Serialize;

/// An indicator as published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndicatorRow {
    /// Code.
    pub indicator: String,
    /// Title.
    pub title: String,
    /// Definition.
    pub definition: String,
    /// Unit.
    pub unit: String,
    /// Theme.
    pub theme: String,
    /// Agency.
    pub agency: String,
    /// Lines that score it, joined with `;`.
    pub lines: String,
    /// Weight in each of those lines, joined with `;`.
    pub weights: String,
    /// Source id of the series.
    pub source: Option<String>,
    /// Dataset of the series.
    pub dataset: Option<String>,
    /// Series code.
    pub series_code: Option<String>,
    /// SDMX sex of the series.
    pub sex: Option<String>,
    /// SDMX age of the series.
    pub age: Option<String>,
    /// Degree of urbanisation of the series.
    pub location: Option<String>,
    /// Other dimensions of the series, in canonical form.
    pub dimensions: Option<String>,
    /// `up`, `down` or `goldilocks`.
    pub direction: &'static str,
    /// Value that scores 0.
    pub goalpost_lo: Option<f64>,
    /// Value that scores full marks.
    pub goalpost_hi: Option<f64>,
    /// `identity`, `ln` or `ln1p`.
    pub transform: Option<&'static str>,
    /// `proposed`, `facilitator` or `agreed`: who set the goalposts.
    pub goalpost_status: Option<&'static str>,
    /// Source of the goalposts.
    pub goalpost_source: Option<String>,
    /// Whether the goalposts were read in their source.
    pub goalpost_verified: Option<bool>,
    /// Target value.
    pub target: Option<f64>,
    /// Target year.
    pub target_year: Option<i32>,
    /// Value from which the target counts as met.
    pub met_from: Option<f64>,
    /// Whose practice that is; null where the target itself is asked for.
    pub met_from_source: Option<String>,
    /// Source of the target.
    pub target_source: Option<String>,
    /// `proposed`, `facilitator` or `agreed`: who set the target.
    pub target_status: Option<&'static str>,
    /// Whether the target was read in its source.
    pub target_verified: Option<bool>,
    /// Whether the provider standardises it anew in every edition.
    pub relative: bool,
    /// Breaks of method, `YEAR: reason`, joined with `; `.
    pub breaks: String,
    /// Indicators that are parts of it, joined with `;`.
    pub contains: String,
    /// Survey that it rests on, where others rest on the same.
    pub survey: Option<String>,
    /// Evidence class A to D.
    pub evidence: String,
    /// `proposed`, `facilitator` or `agreed`.
    pub status: &'static str,
    /// Whether the status was read in its source.
    pub verified: bool,
    /// Licence of the figures.
    pub licence: String,
    /// Caveat.
    pub note: String,
    /// Observations with a value.
    pub observations: u32,
    /// Economies with a value.
    pub economies: u32,
    /// First year with a value.
    pub first_year: Option<i32>,
    /// Last year with a value.
    pub last_year: Option<i32>,
}

/// An area as published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AreaRow {
    /// Code.
    pub area: String,
    /// UN M49 number.
    pub m49: Option<String>,
    /// ISO 3166-1 alpha-2.
    pub iso2: Option<String>,
    /// Name.
    pub area_name: String,
    /// `economy`, `aggregate` or `dissolved`.
    pub kind: &'static str,
    /// UN region.
    pub region: Option<String>,
    /// UN sub-region.
    pub subregion: Option<String>,
    /// Standing in the United Nations: `member`, `observer`, `other`.
    pub standing: &'static str,
    /// First year as a member State.
    pub member_since: Option<i32>,
    /// First year of the present territory: figures of years before it are never scored.
    pub valid_from: Option<i32>,
    /// Last year of an area that is no more.
    pub valid_to: Option<i32>,
    /// Income group; the latest one.
    pub income: Option<String>,
    /// Least developed country.
    pub ldc: bool,
    /// Landlocked developing country.
    pub lldc: bool,
    /// Small island developing State.
    pub sids: bool,
    /// Observations with a value, over all indicators.
    pub observations: u32,
    /// Note on designation.
    pub note: Option<String>,
}

/// One spell of an economy in a group, as published.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MemberRow {
    /// `universe`, `income` or `special`.
    pub group_kind: &'static str,
    /// Name of the group.
    pub group: String,
    /// Code of the economy.
    pub area: String,
    /// First year at whose end it belongs to the group.
    pub valid_from: Option<i32>,
    /// Last such year.
    pub valid_to: Option<i32>,
}
