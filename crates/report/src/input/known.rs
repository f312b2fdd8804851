//! What is asked for and what of it is there.

/// A count of figures, under a name.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnownView {
    /// Code of a line, or name of an agency.
    pub name: String,
    /// Title of a line; empty for an agency.
    pub title: String,
    /// Indicators, each figure once.
    pub indicators: u32,
    /// Indicators times those who count.
    pub asked: u32,
    /// Of them, with a current value.
    pub current: u32,
    /// Of them, with a change.
    pub change: u32,
    /// Gaps by where they lie, as [`wsis_scorecard::gaps::LiesIn::ALL`].
    pub lies_in: [u32; 5],
    /// Median age of the last value behind a gap, in years.
    pub median_age: Option<f64>,
    /// Of a line: the agencies that compile what has no current value; of an agency: its lines. With the number of
    /// figures, most first.
    pub without: Vec<(String, u32)>,
}

/// Everything that is asked for, counted in two ways.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct KnownViews {
    /// All of it.
    pub total: KnownView,
    /// By line, in the framework's order.
    pub lines: Vec<KnownView>,
    /// By agency, in the order of letters.
    pub agencies: Vec<KnownView>,
}

/// What was promised under a line.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CommitmentView {
    /// What it says, in short.
    pub text: String,
    /// Year by which it was to be kept.
    pub by: Option<i32>,
    /// Titles of the indicators nearest to it.
    pub related: Vec<String>,
    /// Why there is none, or what they leave out; may be empty.
    pub note: String,
    /// Whether its text was read in its source.
    pub verified: bool,
}
