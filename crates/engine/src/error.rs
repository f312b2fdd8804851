//! Faults of an ingest as a whole; what goes wrong within one pipeline stands in its report.

use wsis_lake::LakeError;

use crate::ledger::LedgerError;
use crate::trust::TrustError;

/// Why an ingest could not begin or could not be recorded.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// The ledger cannot be read or written.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    /// The lake cannot be read or written.
    #[error(transparent)]
    Lake(#[from] LakeError),
    /// The certificates of the deployment cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// The HTTP client cannot be set up.
    #[error(
        "cannot set up the https client; install root certificates (package ca-certificates): {why}"
    )]
    Client {
        /// What reqwest says, with causes.
        why: String,
    },
    /// The machine gives no more threads.
    #[error("cannot start a thread for the lake")]
    Thread(#[source] std::io::Error),
    /// Work on the lake panicked.
    #[error("the thread of the lake gave no answer; this is a bug of wsis, please report it")]
    NoAnswer,
    /// Somebody has taken the lake away under a running program.
    #[error(
        "{path} is gone, or no longer the one that was opened; nothing is run until it is back, or wsis is started again"
    )]
    LakeGone {
        /// Its folder, or one below it.
        path: String,
    },
    /// The lake has no snapshot, and had some.
    #[error(
        "the lake in {path} holds no snapshot, and its ledger knows of snapshots up to {known}: they were removed or lost, and a run would begin anew without what they held. Restore the lake from a copy (an older one will do; the next ingest fills it again). Only to give up for good what it held: `wsis lake forget-history --because TEXT`"
    )]
    HistoryLost {
        /// Its folder.
        path: String,
        /// The newest snapshot that a run made.
        known: u64,
    },
    /// The chain ends before what the ledger knows.
    #[error(
        "the lake in {path} ends with snapshot {head}, and its ledger knows of snapshots up to {known}: an older copy was put back. Nothing is rewritten or removed before the next `wsis ingest` has filled it again, or a newer copy is restored"
    )]
    HistoryOlder {
        /// Its folder.
        path: String,
        /// Its newest snapshot.
        head: u64,
        /// The newest snapshot that a run made.
        known: u64,
    },
    /// The pipeline is at work elsewhere.
    #[error("pipeline {id} is being run by another process; wait for it to end")]
    Busy {
        /// The pipeline.
        id: String,
    },
    /// An address gives nothing that can be looked at.
    #[error("{why}")]
    NotAnswered {
        /// Which, and why.
        why: String,
    },
    /// A file stands for nothing of its pipeline, or nobody answers for it.
    #[error("{why}")]
    NotHandedIn {
        /// What is wrong, and what would be right.
        why: String,
    },
    /// A run that cannot be taken over.
    #[error("run {run} cannot be taken over: {why}")]
    NotHeld {
        /// The run.
        run: String,
        /// What is wrong, and what would be right.
        why: String,
    },
    /// No such pipeline.
    #[error("there is no pipeline {id:?}; there are: {known}")]
    UnknownPipeline {
        /// What was asked.
        id: String,
        /// What there is.
        known: String,
    },
}

/// Broad kinds, for exit codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum EngineErrorKind {
    /// The user asked for something that is not there.
    Usage,
    /// Another process is at work.
    Conflict,
    /// The lake or the machine.
    Storage,
}

impl EngineError {
    /// Its kind.
    pub const fn kind(&self) -> EngineErrorKind {
        match self {
            Self::UnknownPipeline { .. }
            | Self::NotHandedIn { .. }
            | Self::NotHeld { .. }
            | Self::Trust(_) => EngineErrorKind::Usage,
            Self::Busy { .. } | Self::Lake(LakeError::Locked { .. }) => EngineErrorKind::Conflict,
            Self::Ledger(_)
            | Self::Lake(_)
            | Self::Client { .. }
            | Self::NotAnswered { .. }
            | Self::Thread(_)
            | Self::LakeGone { .. }
            | Self::HistoryLost { .. }
            | Self::HistoryOlder { .. }
            | Self::NoAnswer => EngineErrorKind::Storage,
        }
    }
}
