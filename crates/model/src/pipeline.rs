//! An ingest as data: what is asked of which source, how often, and what is expected.
//! Read from `pipelines/*.toml` by the `config` crate.

use chrono::NaiveDateTime;

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
    /// Root of the service, without a trailing slash (`https://api.worldbank.org/v2`).
    pub base_url: String,
    /// When it runs; none means by hand only.
    pub schedule: Option<Schedule>,
    /// When its agency publishes; none means that nothing is promised.
    pub release: Option<Release>,
    /// First and last year asked for.
    pub years: (i32, i32),
    /// Records asked for per page, where the service has pages.
    pub page_size: u32,
    /// Series asked for.
    pub series: Vec<Series>,
    /// Files asked for, for sources that publish tables (UN DESA editions).
    pub files: Vec<SourceFile>,
    /// Checks that hold a commit.
    pub gates: Gates,
    /// Name of the environment variable with the API key, where the service needs one.
    pub secret_env: Option<String>,
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
    /// The declared series with a code, compared without regard to ASCII case (UNSD copies
    /// differ in it).
    pub fn series(&self, code: &str) -> Option<&Series> {
        self.series.iter().find(|series| series.code.eq_ignore_ascii_case(code))
    }
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

/// When an agency publishes: each date is a promise.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// The dates: a cron line or a calendar.
    pub schedule: Schedule,
    /// Usual delay until the figures are there, days.
    pub lag_days: u32,
    /// Delay after which the promise is broken, days; at least `lag_days`.
    pub deadline_days: u32,
}

/// One series of a pipeline.
#[derive(Debug, Clone, PartialEq)]
pub struct Series {
    /// Code as the source writes it.
    pub code: String,
    /// Title for people.
    pub title: String,
    /// Unit of measure of the stored value.
    pub unit: String,
    /// Hard bounds; a value outside goes to quarantine.
    pub range: Option<(f64, f64)>,
}

/// One table file of a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceFile {
    /// Path below `base_url`.
    pub path: String,
    /// `csv` or `xlsx`.
    pub format: String,
    /// Edition (survey year) that the file is expected to hold.
    pub edition: i32,
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
