//! Of which state of the lake an answer speaks, and of which window.

use chrono::{DateTime, Utc};
use wsis_engine::watch::Known;
use wsis_lake::View;

/// Which state of the lake. Both none: what is known now.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Look {
    /// As it was known at this instant.
    pub as_of: Option<DateTime<Utc>>,
    /// As the lake was after that commit.
    pub snapshot: Option<u64>,
}

impl Look {
    /// Whether it is what is known now.
    pub const fn is_present(&self) -> bool {
        self.as_of.is_none() && self.snapshot.is_none()
    }
}

/// What is to be scored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Review {
    /// Framework; none for the default one of the deployment.
    pub framework: Option<String>,
    /// First and last year of the window; none for the newest with scores.
    pub window: Option<(i32, i32)>,
    /// The line that is meant, for the newest window with scores; none for any.
    pub line: Option<String>,
    /// Score that window alone: for who shows one economy. What compares windows (chained series, the
    /// other windows of a line) is then not to be had, and nothing of it may be published.
    pub alone: bool,
    /// Which state of the lake.
    pub look: Look,
}

/// What a view means for what is kept beside the lake: runs, states, release dates.
pub fn known_of(view: &View) -> Known {
    let snapshot = view.instant().is_none().then_some(view.snapshot().id);
    view.speaks_of().map_or(Known::All, |at| Known::Until(at, snapshot))
}

/// The instant at which that is judged: its own, or now.
pub const fn judged_at(known: Known, now: DateTime<Utc>) -> DateTime<Utc> {
    match known {
        Known::All => now,
        Known::Until(at, _) => at,
    }
}

/// An instant in a sentence: `2026-11-26 13:05:09 UTC`, as messages of the engine write it.
pub fn told(at: DateTime<Utc>) -> String {
    at.format("%Y-%m-%d %H:%M:%S UTC").to_string()
}
