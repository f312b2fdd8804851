//! Fetches, archives, decodes and commits: what happens between a source and the lake.
//!
//! Invariants: the only crate with a clock ([`clock`]) and an HTTP client ([`fetch`]); a body is
//! in the archive before it is decoded; a failing pipeline never stops another; what a run did
//! stands in the [`ledger`]. This crate knows nothing of DataFusion or SQL over observations.
//!
//! `README.md` of this crate is the map of its code: which step is where, on which thread, and who
//! holds which lock.

pub mod alert;
pub mod clock;
pub mod daemon;
mod engine;
mod error;
pub mod fetch;
pub mod freshness;
pub mod history;
mod hold;
pub mod ledger;
mod report;
mod run;
mod telling;
mod trust;
pub mod watch;

pub use clock::{Clock, FixedClock, ShiftedClock, SystemClock};
pub use engine::{
    Acceptance, Backfill, BackfillStep, Engine, HandIn, HeldRun, Looked, Occasion, PROBE_WITHIN,
    Probed, Redecoded, Rehearsal, Rereading, SecretLookup, Step, Which, look_at, probe,
};
pub use error::{EngineError, EngineErrorKind};
pub use fetch::{from_environment, install_crypto};
pub use hold::Hold;
pub use ledger::{Ledger, LedgerError};
pub use report::{Cause, Event, IngestOptions, Outcome, RunReport, StartedBy};
pub use trust::{Trust, TrustError};
pub use wsis_sources::Weight;
