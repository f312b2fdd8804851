//! One form of an instant: UTC, in tables to the minute and without a blank (so that no table breaks
//! it, and `--at` and `--since` take it), for programs as RFC 3339, in sentences to the second.

use chrono::{DateTime, Utc};

use crate::args::Format;

/// In a cell: `2026-11-26T13:05Z`, or RFC 3339 in CSV.
pub(crate) fn cell(at: DateTime<Utc>, form: Format) -> String {
    match form {
        Format::Table => at.format("%Y-%m-%dT%H:%MZ").to_string(),
        Format::Csv | Format::Json => at.format("%Y-%m-%dT%H:%M:%SZ").to_string(),
    }
}

/// In a sentence: `2026-11-26 13:05:09 UTC`, as messages of the engine write it.
pub(crate) fn told(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
