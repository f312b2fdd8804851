//! What an answer is of: every one says it.

use chrono::{DateTime, Utc};
use serde::Serialize;

/// What the rows of an answer are of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct About {
    /// Number of the snapshot.
    pub(crate) snapshot: u64,
    /// The instant of which a view of the past speaks; none for what is known now.
    pub(crate) as_of: Option<DateTime<Utc>>,
    /// Framework whose method it is.
    pub(crate) framework: String,
    /// Hash of framework, rules, code lists and program.
    pub(crate) method_fingerprint: String,
    /// What the lake says of itself if it holds a sample.
    pub(crate) sample: Option<String>,
    /// Rows of this answer.
    pub(crate) count: usize,
    /// Where it goes on; none at the end.
    pub(crate) next: Option<String>,
}

impl About {
    /// As Parquet and Arrow carry it.
    pub(crate) fn facts(&self) -> Vec<(&'static str, String)> {
        let mut facts = vec![
            ("wsis.snapshot", self.snapshot.to_string()),
            ("wsis.framework", self.framework.clone()),
            ("wsis.fingerprint", self.method_fingerprint.clone()),
        ];
        facts.extend(self.as_of.map(|at| ("wsis.as_of", at.to_rfc3339())));
        facts.extend(self.sample.clone().map(|it| ("wsis.sample", it)));
        facts.extend(self.next.clone().map(|it| ("wsis.next", it)));
        facts
    }
}
