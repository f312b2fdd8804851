//! The lake: archived payloads, sorted Parquet and numbered snapshots in a local folder.
//!
//! Invariants:
//! - Nothing is overwritten: raw bodies and Parquet files are named by their SHA-256, snapshots
//!   are created under numbers never used before. Only `snapshots/HEAD` (a hint) and `public/`
//!   are replaced, each in one step.
//! - What is not in a snapshot does not exist for readers; a crash at any step leaves the last
//!   snapshot as it was.
//! - Parquet bytes depend on payloads and their retrieval times alone, not on the clock, the
//!   run, the order of rows or the number of threads.
//! - `parsed = accepted + quarantined`.
//!
//! No HTTP, no clock and no DataFusion here.

mod audit;
mod batch;
mod chain;
mod checked;
mod chunk;
mod claims;
mod collector;
mod commit;
mod compact;
mod correction;
mod csv_rows;
mod derive;
mod documents;
mod durable;
mod edition;
mod error;
mod feed;
mod figures;
mod fork;
mod gc;
mod glance;
mod group;
mod identity;
mod intern;
mod janitor;
mod known;
mod lake;
mod manifest;
mod merge;
mod pairs;
mod plausible;
mod pool;
mod preview;
mod profile;
mod publication;
mod publish;
mod quarantine;
mod raw;
mod records;
mod rewrite;
mod root;
mod row;
mod runs;
mod sample;
mod segments;
mod snapshot;
mod store;
mod sums;
mod survey;
mod table;
mod unread;
mod upgrade;
mod verify;
mod view;

pub use claims::{Made, RecordFile, Recorded};
pub use collector::{Answer, Collector, Origin, Whole};
pub use commit::Committed;
pub use compact::{Compacted, Compaction};
pub use correction::{Corrected, Correction, Corrects, Stretch};
pub use csv_rows::{CsvRows, SAMPLE};
pub use durable::FaultHook;
pub use error::{LakeError, LakeErrorKind};
pub use fork::Fork;
pub use gc::{Collected, Collection, Removed};
pub use lake::{Batches, Lake, PipelineLock, UPKEEP_LOCK_WITHIN, WriterLock};
pub use manifest::{CsvForm, Manifest, MethodParts, PublishedFile, PublishedSet, published_in};
pub use preview::{Difference, Preview, SeriesChange, SetAside};
pub use publication::{AboutSet, CsvRule, Publication};
pub use raw::{HandedIn, RawMeta, RawWriter, RunMeta};
pub use snapshot::{
    At, Change, ChangeKind, FileEntry, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, Snapshot,
};
pub use store::{Content, Placed, Store};
pub use upgrade::Upgraded;
pub use verify::{Depth, Verified, Violation};
pub use view::{Part, Revisions, View, ViewBatches, end_of_day, parse_as_of, said, settled};
