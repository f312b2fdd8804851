//! Words of `wsis rules`.

use clap::Subcommand;

use super::Review;

/// `wsis rules ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum RulesCommand {
    /// List the rule books: the house's, and those of schemas/rules/others
    #[command(after_help = "Example:\n  wsis rules list")]
    List,
    /// Show the classes of one book with their bounds
    #[command(after_help = "Examples:\n  wsis rules show eurostat\n  wsis rules show house")]
    Show {
        /// Book, as `wsis rules list` names it
        #[arg(value_name = "BOOK")]
        book: String,
    },
    /// Class each economy and indicator of a window by every book
    #[command(
        after_help = "All books class the same two observations, those that the house compares. A table counts; \
        CSV and JSON have each economy, indicator and book.\n\nExamples:\n  \
        wsis rules compare --line C2 --window 2015-2020\n  \
        wsis rules compare --format csv > books.csv"
    )]
    Compare {
        /// Only the indicators of this Action Line [default: those of all]
        #[arg(long, value_name = "LINE")]
        line: Option<String>,
        /// What to compute
        #[command(flatten)]
        review: Review,
    },
}
