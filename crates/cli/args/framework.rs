//! Words of `wsis framework`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{Look, parse_window};

/// `wsis framework ...`.
#[derive(Debug, Subcommand)]
pub(crate) enum FrameworkCommand {
    /// List the frameworks of the deployment
    #[command(after_help = "Example:\n  wsis framework list")]
    List,
    /// Show the tree of a framework: weights, goalposts, targets
    #[command(
        after_help = "Examples:\n  wsis framework show hdi\n  wsis framework show draft.toml --format csv"
    )]
    Show {
        /// Id, `built-in:ID`, or a framework file
        #[arg(value_name = "FRAMEWORK")]
        framework: String,
    },
    /// Check a framework file by itself: every error, with its line
    #[command(
        after_help = "The file is read as if it stood in schemas/framework/ of the deployment: under its rule book \
        and against its pipelines. Exit code 2 where there is an error.\n\nExample:\n  \
        wsis framework check draft.toml"
    )]
    Check {
        /// A framework file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Exit code 1 where there are warnings
        #[arg(long)]
        strict: bool,
    },
    /// What a framework states otherwise than another, and what that does to scores, ranks and classes
    #[command(
        after_help = "Both are scored whole over the figures in force, by the code that publishes; nothing is \
        published. A and B are ids of the deployment, `built-in:ID`, or framework files. A table and JSON have \
        the changes and their effect; CSV has each economy and line of which something is another.\n\
        Exit code 0, also where they differ; with --exit-code 1 where they do.\n\nExamples:\n  \
        wsis framework diff wsis-action-lines draft.toml --line C2\n  \
        wsis framework diff built-in:wsis-action-lines wsis-action-lines\n  \
        wsis framework diff wsis-action-lines --other-root ../next-year --format json"
    )]
    Diff(Diff),
}

/// `wsis framework diff A B`.
#[derive(Debug, Args)]
pub(crate) struct Diff {
    /// The first framework: id, `built-in:ID`, or a file
    #[arg(value_name = "A")]
    pub(crate) before: String,
    /// The second one [default with --other-root: the same id there]
    #[arg(value_name = "B", required_unless_present = "other_root")]
    pub(crate) after: Option<String>,
    /// Folder of another deployment, in which the second one is looked up and whose rule book, code lists
    /// and corrections it is scored by
    #[arg(long, value_name = "DIR")]
    pub(crate) other_root: Option<PathBuf>,
    /// Only this line
    #[arg(long, value_name = "LINE")]
    pub(crate) line: Option<String>,
    /// Review window as FROM-TO [default: the newest in which A has scores]
    #[arg(long, value_name = "FROM-TO", value_parser = parse_window)]
    pub(crate) window: Option<(i32, i32)>,
    /// Economies of each line that a table names, the farthest first
    #[arg(long, value_name = "N", default_value_t = 5)]
    pub(crate) top: usize,
    /// Exit code 1 where they differ
    #[arg(long)]
    pub(crate) exit_code: bool,
    /// Which state of the lake.
    #[command(flatten)]
    pub(crate) look: Look,
}
