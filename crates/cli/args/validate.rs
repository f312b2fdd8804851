//! Words of `wsis validate`.

use std::path::PathBuf;

use clap::Args;

use super::{Look, parse_window};

/// `wsis validate FRAMEWORK --against FILE`.
#[derive(Debug, Args)]
pub(crate) struct Validate {
    /// Framework of schemas/framework/
    #[arg(value_name = "FRAMEWORK")]
    pub(crate) validated: String,
    /// The published table
    #[arg(long, value_name = "FILE")]
    pub(crate) against: PathBuf,
    /// Line, or what the framework reports in its place [default: the first]
    #[arg(long, value_name = "LINE")]
    pub(crate) line: Option<String>,
    /// Heading of the economies [default: a usual one, such as area, iso3 or country]
    #[arg(long, value_name = "HEADING")]
    pub(crate) area_column: Option<String>,
    /// Heading of the scores [default: the line's code, score, value or index]
    #[arg(long, value_name = "HEADING")]
    pub(crate) value_column: Option<String>,
    /// Heading of the ranks [default: rank, where there is one]
    #[arg(long, value_name = "HEADING")]
    pub(crate) rank_column: Option<String>,
    /// Compare only rows that say so; may be given several times
    #[arg(long, value_name = "HEADING=TEXT", value_parser = parse_kept)]
    pub(crate) keep: Vec<(String, String)>,
    /// Greatest difference that counts as none [default: half a unit of the last digit that both
    /// print]
    #[arg(long, value_name = "NUMBER", value_parser = parse_tolerance)]
    pub(crate) tolerance: Option<f64>,
    /// List every economy, also those that agree
    #[arg(long)]
    pub(crate) all: bool,
    /// Review window as FROM-TO: scores are those of its end [default: the newest that has
    /// scores]
    #[arg(long, value_name = "FROM-TO", value_parser = parse_window)]
    pub(crate) window: Option<(i32, i32)>,
    /// Which state of the lake.
    #[command(flatten)]
    pub(crate) look: Look,
}

/// `HEADING=TEXT`.
fn parse_kept(text: &str) -> Result<(String, String), String> {
    let (heading, kept) = text.split_once('=').ok_or("write HEADING=TEXT, such as year=2022")?;
    Ok((heading.to_owned(), kept.to_owned()))
}

/// A difference: a number that is not negative.
fn parse_tolerance(text: &str) -> Result<f64, String> {
    let number = text.parse::<f64>().ok().filter(|it| it.is_finite() && *it >= 0.0);
    number.ok_or_else(|| format!("{text:?} is no difference; write a number such as 0.0005"))
}
