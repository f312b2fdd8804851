//! Words of `wsis submissions`.

use clap::{Args, ValueEnum};

use super::Look;

/// `wsis submissions`.
#[derive(Debug, Args)]
pub(crate) struct SubmissionsAsked {
    /// Only what names this Action Line
    #[arg(value_name = "LINE")]
    pub(crate) line: Option<String>,
    /// What a row of the table or the CSV is
    #[arg(long, value_enum, value_name = "WHAT", default_value = "line")]
    pub(crate) by: SubmissionsBy,
    /// Which state of the lake.
    #[command(flatten)]
    pub(crate) look: Look,
}

/// What submissions are counted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum SubmissionsBy {
    /// What they name
    Line,
    /// Kind of stakeholder, of each line
    Stakeholder,
    /// Region of the United Nations, of each line
    Region,
}

impl SubmissionsAsked {
    /// Examples, and what is counted.
    pub(crate) const EXAMPLES: &str = "Registers and consultations (WSIS Stocktaking, an open consultation) that a \
        pipeline counts, by the line that their entries name. An entry counts once for each economy and year that it \
        names, and in each kind of stakeholder. Who submits more does not do more: the counts are in no \
        score. docs/pipelines/ has the pipelines to copy.\n\nExamples:\n  \
        wsis submissions                      by line\n  \
        wsis submissions C2 --by stakeholder  who named C2\n  \
        wsis submissions --by region --format csv > regions.csv";
}
