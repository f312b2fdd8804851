//! An ingest as data: what is asked of which source, how often, and what is expected.
//! Read from `pipelines/*.toml` by the `config` crate.

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

/// When a pipeline runs: a cron line on a civil clock.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    /// Cron line of five or six fields, as written.
    pub cron: String,
    /// IANA time zone.
    pub timezone: String,
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
}
