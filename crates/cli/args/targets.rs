//! Words of `wsis targets`.

use clap::Args;

use super::Review;

/// `wsis targets`.
#[derive(Debug, Args)]
pub(crate) struct TargetsAsked {
    /// Only this Action Line
    #[arg(value_name = "LINE")]
    pub(crate) line: Option<String>,
    /// What became of them in this economy: ISO 3166-1 alpha-3, or its name
    #[arg(long, value_name = "ECONOMY", conflicts_with = "group")]
    pub(crate) area: Option<String>,
    /// In this group (a UN region, an income group, LDC, LLDC, SIDS)
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// Every economy, group and aggregate
    #[arg(long, conflicts_with_all = ["area", "group"])]
    pub(crate) all: bool,
    /// What to compute
    #[command(flatten)]
    pub(crate) review: Review,
}

impl TargetsAsked {
    /// Examples, and what is held against what.
    pub(crate) const EXAMPLES: &str = "A target whose year is not after the end of the window is met or missed by \
        the figure of its year, else by the ones nearest to it on both sides, else it cannot be said. A target for \
        the world is held against a figure of the world, one for each economy against each.\n\nExamples:\n  \
        wsis targets                    every target that is past, of the world\n  \
        wsis targets C3 --area NAM      those of a line in one economy\n  \
        wsis targets --group LDC        how many of a group met them\n  \
        wsis targets C2 --all --format csv > targets.csv";
}
