//! The interval of a rank.

use std::fmt;

use serde::Serialize;

/// Where a rank lies over draws of what the rule book lets vary. Of those choices and of no truth: other
/// errors of the figures are not in it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct RankInterval {
    /// Lower end, the better rank: rounded down to a whole one.
    pub low: u32,
    /// Upper end: rounded up.
    pub high: u32,
    /// Median rank.
    pub median: f64,
    /// Lower end of the score over the core, of the draws that keep the goalposts.
    pub score_low: Option<f64>,
    /// Upper end.
    pub score_high: Option<f64>,
    /// By how many places an end of the first half of the draws differs from that of the second, at most:
    /// what other draws could change.
    pub error: u32,
}

impl fmt::Display for RankInterval {
    /// "[8-17]", "[12]"
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.low == self.high {
            write!(f, "[{}]", self.low)
        } else {
            write!(f, "[{}-{}]", self.low, self.high)
        }
    }
}
