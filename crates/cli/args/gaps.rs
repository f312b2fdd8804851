//! Words of `wsis gaps`.

use clap::{Args, ValueEnum};

use super::Review;

/// `wsis gaps`.
#[derive(Debug, Args)]
pub(crate) struct GapsAsked {
    /// Only this Action Line
    #[arg(value_name = "LINE")]
    pub(crate) line: Option<String>,
    /// Only this economy: ISO 3166-1 alpha-3, or its name; lists its gaps
    #[arg(long, value_name = "ECONOMY")]
    pub(crate) area: Option<String>,
    /// Only indicators that this agency compiles, alone or with others
    #[arg(long, value_name = "NAME")]
    pub(crate) agency: Option<String>,
    /// What a row of the table or the CSV is [default: a line; an indicator where one line or agency is
    /// asked for; a gap where one economy is]
    #[arg(long, value_enum, value_name = "WHAT")]
    pub(crate) by: Option<GapsBy>,
    /// What to compute
    #[command(flatten)]
    pub(crate) review: Review,
}

/// What gaps are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum GapsBy {
    /// Action Lines
    Line,
    /// Agencies that compile the indicators
    Agency,
    /// Indicators
    Indicator,
    /// Economies
    Economy,
    /// Not counted: each gap that is not the same for all economies
    Gap,
}

impl GapsAsked {
    /// Examples, and what is counted.
    pub(crate) const EXAMPLES: &str = "Of each member State and indicator the method asks for a current value \
        and a change. What of them is not in what was loaded is counted here, and where the gap lies: here (not \
        asked for, nothing loaded), in a sample, in the series (it has such a figure of no economy), in its coverage \
        (it has one of others), or in the matter. No agency and no State is said to owe a figure.\n\nExamples:\n  \
        wsis gaps                       every line\n  \
        wsis gaps --by agency           who compiles what is missing\n  \
        wsis gaps C8                    the indicators of a line, and what can be measured of it\n  \
        wsis gaps --area NAM            the gaps of an economy, with the last year of each\n  \
        wsis gaps C2 --window 2015-2020 --by economy --format csv > gaps.csv";
}
