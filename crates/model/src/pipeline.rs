//! An ingest as data: what is asked of which source, how often, and what is expected.
//! Read from `pipelines/*.toml` by the `config` crate.

use std::collections::BTreeMap;
use std::path::PathBuf;

use chrono::NaiveDateTime;

use crate::contract::Contract;
use crate::mapping::Mapping;
use crate::plausible::Plausibility;

/// One pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Pipeline {
    /// Id, also its file name (`worldbank-wdi`).
    pub id: String,
    /// Title for people.
    pub title: String,
    /// Agency that answers for the data (an id of `workspace.toml`).
    pub agency: String,
    /// Decoder (`worldbank`, `undesa`, `unsd`); also the `source` column.
    pub source: String,
    /// Dataset (SDMX dataflow); the `dataset` column (`WDI`, `EGDI`, `SDG`).
    pub dataset: String,
    /// Root of the service, without a trailing slash (`https://api.worldbank.org/v2`); of a pipeline
    /// whose files are handed in it may be [`HAND_IN`].
    pub base_url: String,
    /// Folder into which its files are handed in, in place of a service that is asked.
    pub folder: Option<Folder>,
    /// When it runs; none means by hand only.
    pub schedule: Option<Schedule>,
    /// When its agency publishes; none means that nothing is expected.
    pub release: Option<Release>,
    /// Number of the database that is asked, where a service has several (World Bank).
    pub database: Option<u32>,
    /// First and last year asked for.
    pub years: (i32, i32),
    /// Records asked for per page, where the service has pages.
    pub page_size: u32,
    /// Series asked for.
    pub series: Vec<Series>,
    /// Files asked for, for sources that publish tables (UN DESA editions).
    pub files: Vec<SourceFile>,
    /// How the records of its tables become observations, for formats that do not say themselves.
    pub mapping: Option<Mapping>,
    /// What becomes of records of series that are not declared.
    pub undeclared: Undeclared,
    /// Checks that hold a commit.
    pub gates: Gates,
    /// What becomes of columns and codes that are new.
    pub contract: Contract,
    /// Whether its figures can be true.
    pub plausibility: Plausibility,
    /// Name of the environment variable with the API key, where the service needs one.
    pub secret_env: Option<String>,
    /// Where that key goes.
    pub key_place: KeyPlace,
    /// Limit for a whole run, seconds.
    pub timeout_s: u64,
    /// Licence of the data.
    pub licence: String,
    /// How to cite the source.
    pub citation: String,
    /// A page about the dataset for people.
    pub homepage: String,
}

impl Pipeline {
    /// The declared file that a request stands for: the one with that path, else the first whose path
    /// is a pattern that fits.
    pub fn file(&self, request: &str) -> Option<&SourceFile> {
        let exact = self.files.iter().find(|file| file.request() == request);
        exact.or_else(|| self.files.iter().find(|file| fits(&file.path, request)))
    }

    /// The declared series with a code, as [`same_code`] compares them.
    pub fn series(&self, code: &str) -> Option<&Series> {
        self.series.iter().find(|series| same_code(&series.code, code))
    }
}

/// The address of files that are handed in and stand nowhere else.
pub const HAND_IN: &str = "hand-in:";

/// Whether the name of a file fits a pattern, in which `*` stands for any characters. A path without
/// `*` fits itself alone.
pub fn fits(pattern: &str, name: &str) -> bool {
    let Some((first, rest)) = pattern.split_once('*') else { return pattern == name };
    let Some(name) = name.strip_prefix(first) else { return false };
    // Each part at its first place, the last one at the end: the shortest way is as good as any.
    let (mut name, mut rest) = (name, rest);
    while let Some((part, more)) = rest.split_once('*') {
        let Some(at) = name.find(part) else { return false };
        name = name.get(at + part.len()..).unwrap_or_default();
        rest = more;
    }
    name.ends_with(rest)
}

/// A folder into which files are handed in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Folder {
    /// Where it is.
    pub path: PathBuf,
    /// Which of the files that fit a pattern are read.
    pub take: Take,
}

/// Which of the files that fit a pattern are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Take {
    /// The last by name: it stands in the place of those before it.
    #[default]
    Newest,
    /// Each of them.
    All,
}

/// Whether two texts are one series code: without regard to ASCII case, since copies of the UNSD
/// database differ in it. Stored is always the declared spelling.
pub const fn same_code(a: &str, b: &str) -> bool {
    a.eq_ignore_ascii_case(b)
}

/// The form of a series code in which equal ones, by [`same_code`], are equal texts.
pub fn folded_code(code: &str) -> String {
    code.to_ascii_uppercase()
}

/// Where the key of a service goes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum KeyPlace {
    /// `Authorization: Bearer KEY`.
    #[default]
    Bearer,
    /// A header of this name.
    Header(String),
    /// A parameter of this name in the query. It is added when the address is asked; what is kept
    /// and shown is the address without it.
    Query(String),
}

/// What becomes of records of series that a pipeline does not declare.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Undeclared {
    /// Each goes to quarantine: the service gave what it was not asked for.
    #[default]
    Quarantine,
    /// Left out by declaration, counted in a finding: a file that holds more than is wanted.
    LeaveOut,
}

/// When a pipeline runs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// What makes it run.
    pub when: When,
    /// IANA time zone of the civil times.
    pub timezone: String,
    /// What becomes of ticks that nobody was there for.
    pub misfire: Misfire,
    /// Longest wait between a tick and its run, seconds; the wait differs from pipeline to
    /// pipeline, so that not all of them ask at once.
    pub jitter_s: u64,
}

impl Schedule {
    /// A cron line in a zone, run once when late, without jitter.
    pub fn cron(line: impl Into<String>, timezone: impl Into<String>) -> Self {
        let when = When::Cron(line.into());
        Self { when, timezone: timezone.into(), misfire: Misfire::RunOnce, jitter_s: 0 }
    }

    /// What makes it run, and in which zone, in one line.
    pub fn text(&self) -> String {
        match &self.when {
            When::Cron(line) => format!("{line} {}", self.timezone),
            When::Calendar(dates) => {
                let dates: Vec<String> =
                    dates.iter().map(|date| date.format("%Y-%m-%dT%H:%M").to_string()).collect();
                format!("{} {}", dates.join(" "), self.timezone)
            }
            When::After(other) => format!("after {other}"),
        }
    }
}

/// What makes a pipeline run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum When {
    /// A cron line of five or six fields, as written, on a civil clock.
    Cron(String),
    /// Civil times of a release calendar, in order.
    Calendar(Vec<NaiveDateTime>),
    /// The end of a run of another pipeline, with its whole delivery in the lake.
    After(String),
}

/// What becomes of ticks that came while nobody was there, or while the pipeline was running.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Misfire {
    /// The latest one runs, however late; those before it are noted as missed.
    #[default]
    RunOnce,
    /// A late one is noted as missed.
    Skip,
    /// Each one runs, one after the other.
    All,
}

impl Misfire {
    /// Name in configuration and output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::RunOnce => "run-once",
            Self::Skip => "skip",
            Self::All => "all",
        }
    }
}

/// Where the dates of a release come from. An agency is late only on a date that it announced.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Basis {
    /// The agency has announced them.
    Announced,
    /// Whoever wrote the pipeline expects them, from what was usual.
    #[default]
    Assumed,
}

impl Basis {
    /// Name in configuration and output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Announced => "announced",
            Self::Assumed => "assumed",
        }
    }

    /// The basis with a name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Announced, Self::Assumed].into_iter().find(|basis| basis.code() == code)
    }
}

/// When an agency publishes. Each date that it announced is a promise; the others are what we
/// expect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The dates: a cron line or a calendar.
    pub schedule: Schedule,
    /// Usual delay until the figures are there, days.
    pub lag_days: u32,
    /// Delay after which the promise is broken, days; at least `lag_days`.
    pub deadline_days: u32,
    /// Who says so.
    pub basis: Basis,
}

/// One series of a pipeline.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Series {
    /// Code as the source writes it.
    pub code: String,
    /// Title for people.
    pub title: String,
    /// Unit of measure of the stored value.
    pub unit: String,
    /// Hard bounds; a value outside goes to quarantine.
    pub range: Option<(f64, f64)>,
    /// Title as the source writes it, where it is held to it: another one is told, one with other
    /// numbers (a base year) is refused.
    pub source_title: Option<String>,
    /// Which zeros are no measurements.
    pub zeros: Option<ZeroRule>,
    /// Heading of its column of figures, where it has one of its own (`hdi_{year}`).
    pub column: Option<String>,
    /// What the column of series holds for it, where that is not its code.
    pub named: Option<String>,
    /// Power of ten by which the printed figures are multiplied (2 for shares stored in per cent).
    pub scale: i32,
    /// Its unit as the source writes it, where that is not `unit`.
    pub source_unit: Option<String>,
}

/// Zeros that a source writes where it has no value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ZeroRule {
    /// What such a zero means (`not surveyed`); stored as the flag of the missing value.
    pub means: String,
    /// When: one of these must hold; none stands for every zero of the series.
    pub when: Vec<ZeroWhen>,
}

/// One condition under which a zero is no value: everything that it names must hold.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct ZeroWhen {
    /// First and last year.
    pub years: Option<(i32, i32)>,
    /// Text that the record's footnote holds.
    pub footnote: Option<String>,
    /// A series of the same record, and what its value must be.
    pub beside: Option<(String, Sister)>,
}

/// What the value of another series of the same record must be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Sister {
    /// Exactly 0.
    Zero,
    /// Above 0.
    Positive,
}

impl ZeroRule {
    /// Whether a 0 is no value. `beside` gives the value of another series of the same record.
    pub fn applies(
        &self,
        year: i32,
        footnote: Option<&str>,
        beside: &dyn Fn(&str) -> Option<f64>,
    ) -> bool {
        let holds = |when: &ZeroWhen| {
            when.years.is_none_or(|(first, last)| (first..=last).contains(&year))
                && when.footnote.as_ref().is_none_or(|text| {
                    footnote.is_some_and(|note| {
                        note.to_ascii_lowercase().contains(&text.to_ascii_lowercase())
                    })
                })
                && when.beside.as_ref().is_none_or(|(series, sister)| match sister {
                    Sister::Zero => beside(series) == Some(0.0),
                    Sister::Positive => beside(series).is_some_and(|value| value > 0.0),
                })
        };
        self.when.is_empty() || self.when.iter().any(holds)
    }
}

/// One table file of a source.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct SourceFile {
    /// Path below `base_url`; of files that are handed in their name, in which `*` stands for any
    /// characters. Of one that is found in a list (see [`Listed`]) the pattern of its address.
    pub path: String,
    /// Where its address stands, for a file that has none that stays.
    pub listed: Option<Listed>,
    /// Parameters of the address that is asked (of a list where there is one), by name;
    /// [`FIRST_YEAR`] and [`LAST_YEAR`] in a value stand for the years that are asked for.
    pub query: BTreeMap<String, String>,
    /// What the file is. A CSV may come packed, as zip or gzip; that is told by its content.
    pub format: Format,
    /// Edition (survey year) that the file is expected to hold; none where its rows say theirs.
    pub edition: Option<i32>,
    /// Sheet of a workbook to read; none for the only visible one that holds the table.
    pub sheet: Option<String>,
    /// File of a zip archive to read; none for the only one that holds the table.
    pub member: Option<String>,
}

/// What is asked first for a file whose address changes: a page that links the newest edition, a table of
/// contents, the message of a service that says where its answer will lie.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// Path below `base_url`.
    pub path: String,
    /// For how long the file is waited for where it is not there yet (404), seconds.
    pub ready_within_s: u32,
}

/// In a parameter of an address: the first year that is asked for.
pub const FIRST_YEAR: &str = "{first_year}";
/// In a parameter of an address: the last year that is asked for.
pub const LAST_YEAR: &str = "{last_year}";

impl SourceFile {
    /// Stable name of the request for it: its path, and its parameters as they are declared. The
    /// same whatever years are asked for.
    pub fn request(&self) -> String {
        let mut name = self.path.clone();
        for (number, (key, value)) in self.query.iter().enumerate() {
            name.push(if number == 0 { '?' } else { '&' });
            name.extend([key.as_str(), "=", value.as_str()]);
        }
        name
    }
}

/// Format of a table file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Format {
    /// Comma-separated text.
    #[default]
    Csv,
    /// An Office Open XML workbook.
    Xlsx,
    /// An OpenDocument spreadsheet.
    Ods,
    /// JSON text.
    Json,
    /// Text separated by tabs.
    Tsv,
    /// SDMX-CSV, version 1 or 2.
    SdmxCsv,
    /// SDMX-ML, version 2.1 or 3.0.
    SdmxMl,
    /// SDMX-JSON, version 1.0 or 2.0.
    SdmxJson,
    /// JSON-stat, version 1.x or 2.0.
    JsonStat,
    /// Eurostat's text separated by tabs.
    EurostatTsv,
}

impl Format {
    /// Name in configuration and output.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Ods => "ods",
            Self::Json => "json",
            Self::Tsv => "tsv",
            Self::SdmxCsv => "sdmx-csv",
            Self::SdmxMl => "sdmx-ml",
            Self::SdmxJson => "sdmx-json",
            Self::JsonStat => "json-stat",
            Self::EurostatTsv => "eurostat-tsv",
        }
    }

    /// Whether its documents name their parts themselves, by the identifiers of a standard, so that
    /// the usual ones need no mapping.
    pub const fn names_its_parts(self) -> bool {
        match self {
            Self::SdmxCsv | Self::SdmxMl | Self::SdmxJson | Self::JsonStat | Self::EurostatTsv => {
                true
            }
            Self::Csv | Self::Xlsx | Self::Ods | Self::Json | Self::Tsv => false,
        }
    }
}

/// Checks that hold a commit.
#[derive(Debug, Clone, PartialEq)]
pub struct Gates {
    /// Fewest accepted rows (default 1: an empty delivery never replaces data).
    pub rows_min: u64,
    /// Largest share of observations that may disappear at once.
    pub withdrawn_share_max: f64,
    /// Largest share of rows that may go to quarantine.
    pub quarantined_share_max: f64,
    /// Largest share of the records of one series that may be unreadable, of those that say of which
    /// figure they are. What is in quarantine already does not count.
    pub unread_share_max: f64,
    /// Largest share of the figures of one series that may be lost at once, in whatever way
    /// (withdrawn, or stated again without a value); also the largest share of its economies that
    /// may be left without any figure.
    pub vanished_share_max: f64,
    /// Largest share of the figures of one series that may be replaced by others at once.
    pub changed_share_max: f64,
}

impl Gates {
    /// Gates that hold nothing.
    pub const OPEN: Self = Self {
        rows_min: 0,
        withdrawn_share_max: 1.0,
        quarantined_share_max: 1.0,
        unread_share_max: 1.0,
        vanished_share_max: 1.0,
        changed_share_max: 1.0,
    };

    /// What is left of the gates when somebody has looked at a delivery and accepts it: an empty
    /// one still replaces nothing.
    #[must_use]
    pub const fn accepting(&self) -> Self {
        Self { rows_min: self.rows_min, ..Self::OPEN }
    }
}
