//! A query in a process of its own.
//!
//! What a function allocates from its argument (`repeat('a', 2000000000)`), no memory pool sees, and
//! what never yields (`levenshtein` of two long texts), no timer stops. So the program starts itself
//! once more: [`ask`] hands a [`Request`] to the standard input of that worker and reads the answer
//! from its standard output, a line of JSON and then Arrow IPC. The worker ([`serve`]) takes limits
//! of the operating system on itself first. Whatever becomes of it is an error for the one who asks,
//! and nothing worse.
//!
//! On Linux memory, processor time and wall time are bounded for certain; elsewhere wall time, and
//! memory as far as the engine counts it.
//!
//! What is no query can be asked in the same way (docs/adr/0033): [`exchange`] on the side that asks, and
//! [`Bounds::hold`] with [`end_with_the_one_who_asked`] on the other.

mod ask;
mod bounds;
mod exchange;
pub mod folder;
mod serve;

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wsis_config::QueryLimits;

use crate::answer::Cut;

pub use ask::ask;
pub use bounds::{Bounds, READERS, THREAD_STACK};
pub use exchange::{Exchange, Gone, Job, Outcome, exchange};
pub use serve::{end_with_the_one_who_asked, serve};

/// What a worker is asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Request {
    /// One statement.
    pub query: String,
    /// Folder of the lake.
    #[serde(with = "folder")]
    pub lake: PathBuf,
    /// Snapshot to read.
    pub snapshot: u64,
    /// Of it what was recorded up to here; none for all.
    pub as_of: Option<DateTime<Utc>>,
    /// The instant that the answer speaks of: nothing is known of a later one.
    pub at: DateTime<Utc>,
    /// Whether that is now.
    pub is_now: bool,
    /// The last instant that `observations_as_of` may be asked of: the view's own, or now where a
    /// snapshot is meant, which says the same of any later one.
    pub latest: DateTime<Utc>,
    /// What bounds the query.
    pub limits: QueryLimits,
    /// Threads.
    pub threads: usize,
}

/// First line of what a worker answers. An answer is followed by its rows as an Arrow IPC stream.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Reply {
    Answer { snapshot: Option<u64>, cut: Option<Cut> },
    Error { message: String, of_query: bool },
}
