//! `wsis plot`, and the forms of an output.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

use super::{Format, Review};

/// Form of the output, as it is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Form {
    /// For people
    Table,
    /// One JSON document
    Json,
    /// Comma-separated values with a header line
    Csv,
    /// A drawing (`wsis plot`)
    Svg,
    /// A picture (`wsis plot`)
    Png,
}

impl Form {
    /// The same where there is nothing to draw; `None` of a picture.
    pub(crate) const fn plain(self) -> Option<Format> {
        match self {
            Self::Table => Some(Format::Table),
            Self::Json => Some(Format::Json),
            Self::Csv => Some(Format::Csv),
            Self::Svg | Self::Png => None,
        }
    }
}

/// What can be drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Chart {
    /// A line or indicator on its way to the target: --area or --group [default: the world]
    Trajectory,
    /// Ranks of a line with their intervals
    Ranks,
    /// Who has a score, by line and region; of a line who has a value, by indicator and region
    Coverage,
    /// How many classes of progress are other ones by the rules of others
    Rules,
    /// An economy against its region, line by line: --area
    Profile,
}

/// A chart.
#[derive(Debug, Args)]
pub(crate) struct Plot {
    /// What to draw
    #[arg(value_enum)]
    pub(crate) chart: Chart,
    /// Action Line; of a trajectory a line or an indicator
    #[arg(value_name = "LINE")]
    pub(crate) of: Option<String>,
    /// Of this economy: ISO 3166-1 alpha-3, or its name
    #[arg(long, value_name = "AREA", conflicts_with = "group")]
    pub(crate) area: Option<String>,
    /// Of this group (a UN region, an income group, LDC, LLDC, SIDS)
    #[arg(long, value_name = "GROUP")]
    pub(crate) group: Option<String>,
    /// File to write [default: standard output]
    #[arg(long, value_name = "FILE")]
    pub(crate) out: Option<PathBuf>,
    /// What to compute
    #[command(flatten)]
    pub(crate) review: Review,
}

impl Plot {
    /// How it is used.
    pub(crate) const EXAMPLES: &str = "--format svg (as without it), png, csv or json; a name that ends in .png \
        or .csv asks for that. A PNG is drawn with the fonts of this machine.\n\nExamples:\n  \
        wsis plot trajectory internet-users --area NGA --out nigeria.svg\n  \
        wsis plot ranks C2 --out ranks.png\n  wsis plot coverage --format csv\n  \
        wsis plot rules C2 --window 2015-2020 > rules.svg\n  wsis plot profile --area NAM --out namibia.svg";
}
