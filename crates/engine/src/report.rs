//! What a run was, and what it says of itself while it goes on.

use std::collections::BTreeMap;

use chrono::{DateTime, NaiveDate, Utc};
use serde::Serialize;

/// How a run ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// Not ended yet.
    Running,
    /// A new snapshot holds the delivery.
    Committed,
    /// The delivery says what the lake already says.
    Unchanged,
    /// A gate held the delivery back; the lake is as before.
    Held,
    /// Some requests failed; those that were answered landed.
    Partial,
    /// Nothing landed; the lake is as before.
    Failed,
    /// Stopped by the user between requests; archived bodies stay.
    Cancelled,
    /// The process ended in the middle; found by the next one.
    Interrupted,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Self; 8] = [
        Self::Running,
        Self::Committed,
        Self::Unchanged,
        Self::Held,
        Self::Partial,
        Self::Failed,
        Self::Cancelled,
        Self::Interrupted,
    ];

    /// Stable lower-case name, as stored in the ledger and written in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Running => "running",
            Self::Committed => "committed",
            Self::Unchanged => "unchanged",
            Self::Held => "held",
            Self::Partial => "partial",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
            Self::Interrupted => "interrupted",
        }
    }

    /// The outcome with a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.code() == code)
    }

    /// Whether what a run received was kept out of the lake here: by a gate, by a failure, or since the
    /// process ended.
    pub const fn kept_out(self) -> bool {
        matches!(self, Self::Held | Self::Failed | Self::Interrupted)
    }

    /// Whether the whole delivery is in the lake.
    pub const fn is_complete(self) -> bool {
        matches!(self, Self::Committed | Self::Unchanged)
    }
}

/// What made a run begin.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum StartedBy {
    /// Somebody, or another scheduler, by `wsis ingest`.
    Hand,
    /// A tick of its schedule.
    Schedule,
    /// A tick of its schedule, which is the end of another pipeline's run.
    After,
    /// The daemon, to complete the run of a tick that was cut short.
    Recovery,
}

impl StartedBy {
    /// Stable lower-case name, as stored in the ledger and written in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Hand => "hand",
            Self::Schedule => "schedule",
            Self::After => "after",
            Self::Recovery => "recovery",
        }
    }

    /// The beginning with a name.
    pub fn from_code(code: &str) -> Option<Self> {
        [Self::Hand, Self::Schedule, Self::After, Self::Recovery]
            .into_iter()
            .find(|started_by| started_by.code() == code)
    }
}

/// What kind of thing went wrong, which tells whose turn it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// The source cannot be reached, or says that it is out of order.
    SourceDown,
    /// The source is no longer where it was.
    SourceMoved,
    /// The source refuses: a wrong key, a request it does not take.
    Refused,
    /// What the source sends cannot be read, or does not add up.
    Content,
    /// A gate held the delivery.
    Gate,
    /// The pipeline cannot be run as it is declared, or its key is missing.
    Configuration,
    /// The lake, the ledger or the machine.
    Storage,
    /// Stopped by the user or by the end of the daemon.
    Stopped,
    /// The process died.
    Interrupted,
}

impl Cause {
    /// Every cause.
    pub const ALL: [Self; 9] = [
        Self::SourceDown,
        Self::SourceMoved,
        Self::Refused,
        Self::Content,
        Self::Gate,
        Self::Configuration,
        Self::Storage,
        Self::Stopped,
        Self::Interrupted,
    ];

    /// Stable name, as stored in the ledger and written in JSON.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SourceDown => "source_down",
            Self::SourceMoved => "source_moved",
            Self::Refused => "refused",
            Self::Content => "content",
            Self::Gate => "gate",
            Self::Configuration => "configuration",
            Self::Storage => "storage",
            Self::Stopped => "stopped",
            Self::Interrupted => "interrupted",
        }
    }

    /// The cause with a name.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|cause| cause.code() == code)
    }
}

/// One run of one pipeline, as kept in the ledger.
///
/// Counts are of rows unless said otherwise; `parsed = accepted + quarantined`. A run that is
/// `unchanged` because the source sent the very bytes that were committed last decodes nothing,
/// so its row counts are 0 while `payloads` is not.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct RunReport {
    /// Run id, a UUID of version 7.
    pub run: String,
    /// Pipeline id.
    pub pipeline: String,
    /// What made it begin.
    pub started_by: StartedBy,
    /// The tick that it belongs to, UTC, without jitter.
    pub scheduled_for: Option<DateTime<Utc>>,
    /// Start, UTC.
    pub started: DateTime<Utc>,
    /// End, UTC; none while it runs.
    pub ended: Option<DateTime<Utc>>,
    /// How it ended.
    pub outcome: Outcome,
    /// What kind of thing went wrong, when something did.
    pub cause: Option<Cause>,
    /// First and last year asked for, when they are not those of the pipeline (a backfill).
    pub years: Option<(i32, i32)>,
    /// Requests planned (each may have several pages).
    pub requests: u64,
    /// Attempts beyond the first, over all pages.
    pub retries: u64,
    /// Bytes of all bodies received, after transfer decoding.
    pub bytes: u64,
    /// Bodies that make up the delivery.
    pub payloads: u64,
    /// Records found by the decoders.
    pub parsed: u64,
    /// Records that became observations.
    pub accepted: u64,
    /// Records set aside.
    pub quarantined: u64,
    /// Accepted records in which the source states that there is no value.
    pub missing: u64,
    /// Accepted records equal to another one.
    pub duplicates: u64,
    /// Observations not known before.
    pub new: u64,
    /// Observations whose statement changed.
    pub changed: u64,
    /// Observations the source no longer gives.
    pub withdrawn: u64,
    /// Snapshot made by the commit.
    pub snapshot: Option<u64>,
    /// Why it did not end well, with the causes; or which requests failed.
    pub error: Option<String>,
    /// Rows set aside, by reason.
    pub quarantined_by_reason: BTreeMap<String, u64>,
    /// What the source said besides figures (an area it does not know, a retired series).
    pub findings: Vec<String>,
    /// For a replay from the archive: the run whose bodies were read.
    pub replay_of: Option<String>,
    /// The latest date that the source itself gives for an update of what it sent.
    pub source_updated: Option<NaiveDate>,
    /// Whether every body is one that the run before landed: what differs now is how it is read
    /// here, and is no news of the agency. A finding says it.
    #[serde(skip)]
    pub reread: bool,
}

impl RunReport {
    /// A run that has just started.
    pub const fn started(run: String, pipeline: String, started: DateTime<Utc>) -> Self {
        Self {
            run,
            pipeline,
            started_by: StartedBy::Hand,
            scheduled_for: None,
            started,
            ended: None,
            outcome: Outcome::Running,
            cause: None,
            years: None,
            requests: 0,
            retries: 0,
            bytes: 0,
            payloads: 0,
            parsed: 0,
            accepted: 0,
            quarantined: 0,
            missing: 0,
            duplicates: 0,
            new: 0,
            changed: 0,
            withdrawn: 0,
            snapshot: None,
            error: None,
            quarantined_by_reason: BTreeMap::new(),
            findings: Vec::new(),
            replay_of: None,
            source_updated: None,
            reread: false,
        }
    }
}

/// How an ingest is to go about it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct IngestOptions {
    /// Replay the archive, without any network.
    pub offline: bool,
    /// Ask for everything again: no conditional requests, and decode even what is unchanged.
    pub force: bool,
    /// Take what is delivered although a gate on shares would hold it: somebody has looked at it.
    pub accept: bool,
    /// Ask for these years instead of those of the pipeline (a backfill).
    pub years: Option<(i32, i32)>,
}

/// What happens during an ingest, for progress bars. Nothing depends on its being read.
#[derive(Debug, Clone, PartialEq)]
#[expect(clippy::large_enum_variant, reason = "a few per request, moved once")]
pub enum Event {
    /// A run was planned.
    RunStarted {
        /// Run id.
        run: String,
        /// Pipeline id.
        pipeline: String,
        /// Requests planned.
        requests: u64,
    },
    /// A page is in the archive (or was there already, when `bytes` is 0).
    Fetched {
        /// Run id.
        run: String,
        /// Request id.
        request: String,
        /// Page, from 1.
        page: u32,
        /// Bytes received.
        bytes: u64,
    },
    /// An attempt failed and another follows.
    Retrying {
        /// Run id.
        run: String,
        /// Request id.
        request: String,
        /// Number of the attempt that failed, from 1.
        attempt: u32,
        /// Milliseconds until the next one.
        wait_ms: u64,
        /// What went wrong.
        why: String,
    },
    /// All pages of a request are in the archive.
    RequestDone {
        /// Run id.
        run: String,
        /// Request id.
        request: String,
    },
    /// The delivery was decoded.
    Decoded {
        /// Run id.
        run: String,
        /// Records found.
        rows: u64,
    },
    /// The lake has a new snapshot.
    Committed {
        /// Run id.
        run: String,
        /// Its number.
        snapshot: u64,
        /// Observations not known before.
        new: u64,
        /// Observations changed.
        changed: u64,
        /// Observations withdrawn.
        withdrawn: u64,
    },
    /// Something failed; the run may still land in part.
    Failed {
        /// Run id.
        run: String,
        /// What.
        why: String,
    },
    /// The run is over.
    RunEnded {
        /// Its report.
        report: RunReport,
    },
}
