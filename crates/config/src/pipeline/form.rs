//! The TOML form of a pipeline; its JSON Schema is published for editors.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use wsis_model::pipeline::{
    Basis, Format, KeyPlace, Listed, Series, Sister, SourceFile, Take, Undeclared, ZeroRule,
    ZeroWhen,
};

use super::contract::RawContract;
use super::mapping::RawMapping;
use super::plausible::{RawTests, RawTotal};
use crate::document::Located;
use crate::limits::RawMisfire;

/// An ingest, `pipelines/<id>.toml`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "pipeline")]
pub(crate) struct RawPipeline {
    /// Id: the name of the file without `.toml`.
    pub(super) id: Located<String>,
    /// Title for people.
    pub(super) title: Located<String>,
    /// Agency that answers for the data, an id of `workspace.toml`.
    pub(super) agency: Located<String>,
    /// How it is asked and read: `worldbank`, `undesa`, `unsd`, `data360` (files of World Bank
    /// Data360), or `file` (any tables, by `[mapping]`); also the `source` column of the
    /// observations.
    pub(super) source: Located<String>,
    /// Dataset (SDMX dataflow); the `dataset` column of the observations.
    pub(super) dataset: Located<String>,
    /// Root of the service, https unless `allow_http` of `workspace.toml` names its host. May be left
    /// out where `folder` is there.
    pub(super) base_url: Option<Located<String>>,
    /// Folder into which files are handed in, in place of a service that is asked; relative to
    /// `workspace.toml`. The `path` of a `[[file]]` is then the name of a file in it, in which `*`
    /// stands for any characters.
    pub(super) folder: Option<Located<String>>,
    /// Which of several files that fit a pattern are read: the `newest` (the last by name, also
    /// without this), or `all`.
    pub(super) take: Option<Located<RawTake>>,
    /// World Bank: number of the database of its API (28: Global Findex, 3: Worldwide Governance
    /// Indicators); without it 2, the World Development Indicators.
    pub(super) database: Option<Located<u32>>,
    /// When it runs; without it by hand only.
    pub(super) schedule: Option<Located<RawSchedule>>,
    /// When the agency publishes; without it nothing is expected.
    pub(super) release: Option<Located<RawRelease>>,
    /// First and last year asked for, `[2000, 2025]`.
    pub(super) years: Located<[i32; 2]>,
    /// Records asked for per page, where the service has pages.
    #[serde(default = "page_size_default")]
    #[schemars(range(min = 1, max = 100_000))]
    pub(super) page_size: u32,
    /// Series asked for.
    #[serde(default)]
    pub(super) series: Vec<RawSeries>,
    /// Files asked for instead of the service's series; of UN DESA always.
    #[serde(default)]
    pub(super) file: Vec<RawFile>,
    /// What the columns of its tables are, for sources whose formats do not say.
    pub(super) mapping: Option<Located<RawMapping>>,
    /// What becomes of records of series that are not declared: to quarantine, or left out and
    /// counted (a file that holds more series than are wanted).
    #[serde(default)]
    pub(super) undeclared: RawUndeclared,
    /// Checks that hold a commit.
    #[serde(default)]
    pub(super) gates: RawGates,
    /// What becomes of columns and codes that were not there when figures last landed.
    #[serde(default)]
    pub(super) contract: RawContract,
    /// Whether figures can be true beside those before them; what becomes of each that does not look so.
    #[serde(default)]
    pub(super) plausibility: RawTests,
    /// Series that are the sum of others.
    #[serde(default)]
    pub(super) total: Vec<Located<RawTotal>>,
    /// Name of the environment variable with the service's key, never the key itself.
    pub(super) secret_env: Option<Located<String>>,
    /// Where that key goes: `"bearer"` (the `Authorization` header, also without this), or a header
    /// or a parameter of the query by its name, `{ header = "X-API-Key" }`, `{ query = "key" }`.
    pub(super) secret_in: Option<Located<RawKeyPlace>>,
    /// Limit for a whole run, seconds.
    #[serde(default = "timeout_default")]
    #[schemars(range(min = 1, max = 86_400))]
    pub(super) timeout_s: u64,
    /// Licence of the data.
    pub(super) licence: Located<String>,
    /// How to cite the source.
    pub(super) citation: Located<String>,
    /// A page about the dataset for people.
    pub(super) homepage: Located<String>,
}

const fn page_size_default() -> u32 {
    1_000
}

const fn timeout_default() -> u64 {
    2_700
}

/// Which of several files that fit a pattern are read.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Take")]
pub(super) enum RawTake {
    /// The last by name: it stands in the place of those before it.
    #[default]
    Newest,
    /// Each of them.
    All,
}

impl RawTake {
    pub(super) const fn meaning(self) -> Take {
        match self {
            Self::Newest => Take::Newest,
            Self::All => Take::All,
        }
    }
}

/// When a pipeline runs: exactly one of `cron`, `calendar` and `after`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Schedule")]
pub(super) struct RawSchedule {
    /// Cron line of five fields (minute, hour, day of month, month, day of week), of six with
    /// seconds in front, or `@daily`, `@weekly`, `@monthly`, `@yearly`.
    pub(super) cron: Option<Located<String>>,
    /// Dates (`2026-07-01`) and times (`2026-12-16T09:30`) of a release calendar.
    pub(super) calendar: Option<Vec<Located<String>>>,
    /// Time of day for dates of `calendar` without one; `00:00` if not given.
    pub(super) at: Option<Located<String>>,
    /// Id of the pipeline after whose runs it runs.
    pub(super) after: Option<Located<String>>,
    /// IANA time zone; without it the agency's.
    pub(super) timezone: Option<Located<String>>,
    /// What becomes of missed ticks; without it as `[schedule]` of `workspace.toml` says.
    pub(super) misfire: Option<RawMisfire>,
    /// Longest wait between a tick and its run, seconds; without it as `workspace.toml` says.
    #[schemars(range(max = 86_400))]
    pub(super) jitter_s: Option<u64>,
}

/// When the agency publishes: exactly one of `cron` and `calendar`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Release")]
pub(super) struct RawRelease {
    /// `announced` where the agency has published these dates, and only then: it is late on no
    /// other. Without it `assumed`: expected by whoever wrote this file.
    #[serde(default)]
    pub(super) basis: RawBasis,
    /// Cron line of the dates, as for a schedule.
    pub(super) cron: Option<Located<String>>,
    /// Dates and times, as for a schedule.
    pub(super) calendar: Option<Vec<Located<String>>>,
    /// Time of day for dates of `calendar` without one; `00:00` if not given.
    pub(super) at: Option<Located<String>>,
    /// IANA time zone; without it the agency's.
    pub(super) timezone: Option<Located<String>>,
    /// Usual delay until the figures are there, days.
    #[schemars(range(max = 3_650))]
    pub(super) lag_days: u32,
    /// Delay after which the promise is broken, days; at least `lag_days`.
    #[schemars(range(max = 3_650))]
    pub(super) deadline_days: Located<u32>,
}

/// Where the dates of a release come from.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Basis")]
pub(super) enum RawBasis {
    /// The agency has announced them: each is a promise.
    Announced,
    /// They are expected here, from what was usual.
    #[default]
    Assumed,
}

impl RawBasis {
    /// Its meaning.
    pub(super) const fn meaning(self) -> Basis {
        match self {
            Self::Announced => Basis::Announced,
            Self::Assumed => Basis::Assumed,
        }
    }
}

/// One series.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Series")]
pub(super) struct RawSeries {
    /// Code as the source writes it.
    pub(super) code: Located<String>,
    /// Title for people.
    pub(super) title: Located<String>,
    /// Unit of measure of the stored value, a code of the UN SDG data structure (`PERCENT`).
    pub(super) unit: Located<String>,
    /// Least and greatest value that can be true, `[0, 100]`; what lies outside is quarantined.
    pub(super) range: Option<Located<[f64; 2]>>,
    /// Title as the source writes it. One in other words is told; one with other numbers (a base
    /// year) is refused, since the figures may be on another base.
    pub(super) source_title: Option<Located<String>>,
    /// What a 0 means that is no measurement (`not surveyed`): such a 0 becomes a missing value
    /// with this reason. Every 0 of the series, unless `zero_when` says when.
    pub(super) zero_means: Option<Located<String>>,
    /// When a 0 is no measurement: one of these must hold.
    #[serde(default)]
    pub(super) zero_when: Vec<Located<RawZeroWhen>>,
    /// Heading of its column of figures, where the mapping has no `value` for all series.
    /// `{year}` stands for one column for each year, `{edition}` for the file's edition.
    pub(super) column: Option<Located<String>>,
    /// What the mapping's column of series holds for it, where that is not the code.
    pub(super) named: Option<Located<String>>,
    /// Power of ten by which the printed figures are multiplied: 2 stores shares as per cent.
    #[schemars(range(min = -30, max = 30))]
    pub(super) scale: Option<Located<i32>>,
    /// Its unit as the source writes it, where that is not `unit`; another one is quarantined.
    pub(super) source_unit: Option<String>,
    /// What is asked of it in place of what `[plausibility]` asks of all series, such as
    /// `{ copied = { action = "off" } }`.
    pub(super) plausibility: Option<RawTests>,
}

/// A condition under which a 0 is no measurement: everything that it names must hold.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "ZeroWhen")]
pub(super) struct RawZeroWhen {
    /// First and last year, `[2003, 2010]`.
    pub(super) years: Option<[i32; 2]>,
    /// Text that the record's footnote holds, without regard to ASCII case.
    pub(super) footnote: Option<String>,
    /// Another series of the same record, with `is`.
    pub(super) beside: Option<String>,
    /// What the value of `beside` must be.
    pub(super) is: Option<RawSister>,
}

/// What the value of another series must be.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Sister")]
pub(super) enum RawSister {
    /// Exactly 0.
    Zero,
    /// Above 0.
    Positive,
}

/// Where the key of a service goes.
#[derive(Debug, Clone, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "KeyPlace")]
pub(super) enum RawKeyPlace {
    /// `Authorization: Bearer KEY`.
    Bearer,
    /// A header of this name.
    Header(String),
    /// A parameter of this name in the query.
    Query(String),
}

impl RawKeyPlace {
    pub(super) fn meaning(self) -> KeyPlace {
        match self {
            Self::Bearer => KeyPlace::Bearer,
            Self::Header(name) => KeyPlace::Header(name),
            Self::Query(name) => KeyPlace::Query(name),
        }
    }
}

/// What becomes of records of series that are not declared.
#[derive(Debug, Clone, Copy, Default, Deserialize, JsonSchema)]
#[serde(rename_all = "kebab-case")]
#[schemars(rename = "Undeclared")]
pub(super) enum RawUndeclared {
    /// Each goes to quarantine.
    #[default]
    Quarantine,
    /// They are left out, and counted.
    LeaveOut,
}

impl RawUndeclared {
    pub(super) const fn meaning(self) -> Undeclared {
        match self {
            Self::Quarantine => Undeclared::Quarantine,
            Self::LeaveOut => Undeclared::LeaveOut,
        }
    }
}

/// One table file.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "File")]
pub(super) struct RawFile {
    /// Path below `base_url`. With `listed_in` the pattern of the address that is looked for: a
    /// path below `base_url` or a whole address, in which `*` stands for any characters; of several
    /// that fit the last one by its characters is asked.
    pub(super) path: Located<String>,
    /// Path below `base_url` of what is asked first, where the address of the file does not stay: a
    /// page with links, a table of contents, a message that says where its answer will lie. Only
    /// an address in it is asked that fits `path`.
    pub(super) listed_in: Option<Located<String>>,
    /// With `listed_in`: for how many seconds the file is waited for where it is not there yet
    /// (404), at most 3600.
    pub(super) ready_within_s: Option<Located<u32>>,
    /// Parameters of the address (with `listed_in` of what is asked first), such as `{ startPeriod = "{first_year}", endPeriod =
    /// "{last_year}" }`: `{first_year}` and `{last_year}` stand for the years that are asked for.
    #[serde(default)]
    pub(super) query: BTreeMap<String, Located<String>>,
    /// Format of the file. A CSV may come packed, as zip or gzip.
    pub(super) format: Located<RawFormat>,
    /// Edition (survey year) that the file is expected to hold; without it the rows say theirs. Of
    /// UN DESA always.
    pub(super) edition: Option<Located<i32>>,
    /// Sheet of a workbook to read, also a hidden one; without it the only visible sheet that
    /// holds the table.
    pub(super) sheet: Option<Located<String>>,
    /// File of a zip archive to read; without it the only one that holds the table.
    pub(super) member: Option<Located<String>>,
}

/// Format of a table file.
#[derive(Debug, Clone, Copy, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(rename = "Format")]
pub(super) enum RawFormat {
    Csv,
    Xlsx,
    /// An OpenDocument spreadsheet.
    Ods,
    Json,
    /// Text separated by tabs.
    Tsv,
    /// SDMX-CSV, version 1 or 2.
    #[serde(rename = "sdmx-csv")]
    SdmxCsv,
    /// SDMX-ML, version 2.1 or 3.0.
    #[serde(rename = "sdmx-ml")]
    SdmxMl,
    /// SDMX-JSON, version 1.0 or 2.0.
    #[serde(rename = "sdmx-json")]
    SdmxJson,
    /// JSON-stat, version 1.x or 2.0.
    #[serde(rename = "json-stat")]
    JsonStat,
    /// Eurostat's text separated by tabs.
    #[serde(rename = "eurostat-tsv")]
    EurostatTsv,
}

impl RawFormat {
    pub(super) const fn meaning(self) -> Format {
        match self {
            Self::Csv => Format::Csv,
            Self::Xlsx => Format::Xlsx,
            Self::Ods => Format::Ods,
            Self::Json => Format::Json,
            Self::Tsv => Format::Tsv,
            Self::SdmxCsv => Format::SdmxCsv,
            Self::SdmxMl => Format::SdmxMl,
            Self::SdmxJson => Format::SdmxJson,
            Self::JsonStat => Format::JsonStat,
            Self::EurostatTsv => Format::EurostatTsv,
        }
    }
}

/// Checks that hold a commit.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Gates")]
pub(super) struct RawGates {
    /// Fewest accepted rows.
    #[schemars(range(min = 1))]
    pub(super) rows_min: u64,
    /// Largest share of observations that may disappear at once, 0 to 1.
    pub(super) withdrawn_share_max: Option<Located<f64>>,
    /// Largest share of rows that may go to quarantine, 0 to 1.
    pub(super) quarantined_share_max: Option<Located<f64>>,
    /// Largest share of the records of one series that may be unreadable, of those that say of which
    /// figure they are, 0 to 1; without it 0.5. What is in quarantine already does not hold again.
    pub(super) unread_share_max: Option<Located<f64>>,
    /// Largest share of the figures of one series that may be lost at once, withdrawn or now
    /// without a value, and of its economies that may be left without any figure, 0 to 1;
    /// without it 0.05.
    pub(super) vanished_share_max: Option<Located<f64>>,
    /// Largest share of the figures of one series that may be replaced by others at once, 0 to 1;
    /// without it 0.5.
    pub(super) changed_share_max: Option<Located<f64>>,
}

impl Default for RawGates {
    fn default() -> Self {
        Self {
            rows_min: 1,
            withdrawn_share_max: None,
            quarantined_share_max: None,
            unread_share_max: None,
            vanished_share_max: None,
            changed_share_max: None,
        }
    }
}

pub(super) fn series(raw: RawSeries) -> Series {
    let when = raw.zero_when.into_iter().map(|when| {
        let when = when.into_inner();
        let sister = when.is.map(|is| match is {
            RawSister::Zero => Sister::Zero,
            RawSister::Positive => Sister::Positive,
        });
        ZeroWhen {
            years: when.years.map(|[first, last]| (first, last)),
            footnote: when.footnote,
            beside: when.beside.zip(sister),
        }
    });
    let when: Vec<ZeroWhen> = when.collect();
    Series {
        code: raw.code.into_inner(),
        title: raw.title.into_inner(),
        unit: raw.unit.into_inner(),
        range: raw.range.map(|range| (range[0], range[1])),
        source_title: raw.source_title.map(Located::into_inner),
        column: raw.column.map(Located::into_inner),
        named: raw.named.map(Located::into_inner),
        scale: raw.scale.map_or(0, Located::into_inner),
        source_unit: raw.source_unit,
        zeros: raw.zero_means.map(|means| ZeroRule { means: means.into_inner(), when }),
    }
}

pub(super) fn file(raw: RawFile) -> SourceFile {
    SourceFile {
        path: raw.path.into_inner(),
        listed: raw.listed_in.map(|path| Listed {
            path: path.into_inner(),
            ready_within_s: raw.ready_within_s.map_or(0, Located::into_inner),
        }),
        query: raw.query.into_iter().map(|(name, value)| (name, value.into_inner())).collect(),
        format: raw.format.meaning(),
        edition: raw.edition.map(Located::into_inner),
        sheet: raw.sheet.map(Located::into_inner),
        member: raw.member.map(Located::into_inner),
    }
}
