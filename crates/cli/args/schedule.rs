//! Words of `wsis schedule`.

use chrono::{DateTime, Utc};
use clap::Subcommand;

use super::{Look, parse_instant};

/// `wsis schedule …`.
#[derive(Debug, Subcommand)]
pub(crate) enum Schedule {
    /// Run pipelines by their schedules until stopped
    #[command(
        after_help = "SIGTERM or Ctrl-C stops it: commits end, the rest is resumed by the next \
        start. SIGHUP, or a change of the files, loads the configuration again.\n\n\
        Example:\n  wsis schedule run --listen 127.0.0.1:9464 --log-format json"
    )]
    Run {
        /// Serve /metrics, /healthz and /readyz here [default: nowhere]
        #[arg(long, value_name = "ADDRESS", env = "WSIS_LISTEN")]
        listen: Option<std::net::SocketAddr>,
    },
    /// Show what became of the ticks of a pipeline: run, missed, interrupted
    #[command(after_help = "Example:\n  wsis schedule ticks worldbank-wdi --since 2026-01-01")]
    Ticks {
        /// Pipeline
        #[arg(value_name = "PIPELINE")]
        pipeline: String,
        /// From this instant on [default: all]
        #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
        since: Option<DateTime<Utc>>,
    },
    /// Show the state of each pipeline: fresh, due, overdue, failing, since when, whose turn
    #[command(after_help = "Example:\n  wsis schedule list --format json")]
    List {
        /// Judge as of this instant; a day means its beginning [default: now]
        #[arg(long, value_name = "INSTANT", value_parser = parse_instant,
              conflicts_with_all = ["as_of", "snapshot"])]
        at: Option<DateTime<Utc>>,
        /// Judge by what was known then.
        #[command(flatten)]
        look: Look,
    },
    /// Show the coming fire times
    #[command(after_help = "Examples:\n  wsis schedule next --from 2026-03-01 --count 3\n  \
                            wsis schedule next worldbank-wdi")]
    Next {
        /// Pipelines [default: all that have a schedule]
        #[arg(value_name = "PIPELINE")]
        pipelines: Vec<String>,
        /// Day (2026-03-01, from midnight UTC) or instant (2026-03-01T00:00:00Z) to start from
        /// [default: now]
        #[arg(long, value_name = "INSTANT", value_parser = parse_instant)]
        from: Option<DateTime<Utc>>,
        /// Fire times per pipeline
        #[arg(long, default_value_t = 5, value_name = "N")]
        count: usize,
    },
}
