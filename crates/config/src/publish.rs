//! `[publish]` of `workspace.toml`: what dashboards find in `public/v1`, and when.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// How tables are published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields, default)]
#[schemars(rename = "Publish")]
pub struct PublishSettings {
    /// Whether the daemon scores and publishes after each commit, so that dashboards and
    /// `wsis sql` say the same.
    pub after_commit: bool,
    /// Tables that are written as CSV besides Parquet; `*` for all.
    pub csv: Vec<String>,
    /// A CSV larger than this is compressed (`NAME.csv.gz` in place of `NAME.csv`), bytes.
    #[schemars(range(min = 1_024))]
    pub csv_gzip_above_bytes: u64,
    /// Memory of the process in which the daemon publishes, beyond what the program takes before it begins,
    /// bytes. On Linux it cannot get more.
    #[schemars(range(min = 268_435_456))]
    pub memory_bytes: u64,
    /// How long that process may take, seconds.
    #[schemars(range(min = 1))]
    pub timeout_s: u64,
}

impl Default for PublishSettings {
    fn default() -> Self {
        Self {
            after_commit: true,
            csv: vec!["*".to_owned()],
            csv_gzip_above_bytes: 5_000_000,
            memory_bytes: 2 * 1024 * 1024 * 1024,
            timeout_s: 900,
        }
    }
}
