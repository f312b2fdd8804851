//! What can go wrong in the lake; every message names the file.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chrono::{DateTime, Utc};

/// An error of the lake.
#[derive(Debug, thiserror::Error)]
pub enum LakeError {
    /// The disk is full. What was committed before stays readable; nothing half-written is
    /// visible.
    #[error("disk full while writing {}; free space there and run again, nothing committed was lost", path.display())]
    DiskFull {
        /// File or folder being written.
        path: PathBuf,
    },
    /// The process may not read or write there.
    #[error("permission denied: {}; the lake's folder must be writable by this user", path.display())]
    Permission {
        /// File or folder.
        path: PathBuf,
    },
    /// Another failure of the file system.
    #[error("{action} {}: {source}", path.display())]
    Io {
        /// What was being done (`write`, `read`, `sync`, …).
        action: &'static str,
        /// File or folder.
        path: PathBuf,
        /// The system's own words.
        source: io::Error,
    },
    /// Bytes on disk are not what was written.
    #[error("{} is damaged: {found}; {expected} would be right; restore it from a copy", path.display())]
    Corrupt {
        /// The damaged file.
        path: PathBuf,
        /// What was found.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// A folder with other things in it was given as a lake.
    #[error("{} is not a lake: it holds {found:?} but no _format.json; give an empty or a new folder", path.display())]
    NotALake {
        /// The folder.
        path: PathBuf,
        /// A name found in it.
        found: String,
    },
    /// What is asked of the past needs columns that a snapshot of before does not have.
    #[error(
        "snapshot {id} is of lake format 1, of which only the rows in force can be read; ask a snapshot of format 2 (`wsis lake upgrade` brings a lake over, with all that it holds of the past)"
    )]
    OldSnapshot {
        /// Number of the snapshot.
        id: u64,
    },
    /// The lake was written by a newer program.
    #[error("{} has lake format {found}; this program reads format {supported}, a newer one is needed", path.display())]
    Format {
        /// The `_format.json`.
        path: PathBuf,
        /// Format found.
        found: u64,
        /// Newest format known here.
        supported: u64,
    },
    /// A part of the lake was written by a newer program.
    #[error("{} is not damaged: it holds {what}, made by a newer program; a newer wsis is needed", path.display())]
    Newer {
        /// The document.
        path: PathBuf,
        /// What it holds.
        what: &'static str,
    },
    /// The lake was written by an older program.
    #[error("{} is a lake of format {found}, made by an older program; this one reads and writes format {supported}. `wsis lake upgrade` brings it over; nothing is lost, and the older program can no longer read it then", path.display())]
    Older {
        /// The lake.
        path: PathBuf,
        /// Format found.
        found: u64,
        /// The format of today.
        supported: u64,
    },
    /// A name that cannot be part of a path in the lake.
    #[error("{what} {name:?} cannot name a folder of the lake; {}", wsis_model::dataset::ID_RULE)]
    Name {
        /// What the name names.
        what: &'static str,
        /// The name.
        name: String,
    },
    /// Another process holds the lake's writer lock.
    #[error(
        "another process is writing to this lake (lock {}{}); wait for it to end",
        path.display(),
        for_so_long(*waited)
    )]
    Locked {
        /// The lock file.
        path: PathBuf,
        /// How long it was waited for.
        waited: Duration,
    },
    /// Others kept committing the same dataset.
    #[error("{attempts} attempts to commit met other commits of the same dataset; run again")]
    Contended {
        /// How often it was tried.
        attempts: u32,
    },
    /// The newest snapshot is gone: the lake would answer with what was known before it.
    #[error(
        "snapshot {lost} is lost: {} names it, and the newest that is there is {newest}; restore it \
         from a copy. Only to give up for good what it held, remove HEAD: the next ingest then \
         asks for it again", path.display()
    )]
    Lost {
        /// `snapshots/HEAD`.
        path: PathBuf,
        /// The number in it.
        lost: u64,
        /// The newest number that is there, 0 for none.
        newest: u64,
    },
    /// Something that the lake does not know.
    #[error("{what}; {right}")]
    Unknown {
        /// What was asked for, and that it is not there.
        what: String,
        /// What is.
        right: String,
    },
    /// A snapshot id that does not exist.
    #[error("snapshot {id} does not exist in {}", path.display())]
    NoSnapshot {
        /// The id asked for.
        id: u64,
        /// The folder of snapshots.
        path: PathBuf,
    },
    /// A snapshot of which files are no longer there.
    #[error(
        "snapshot {id} cannot be read any more: {} is gone; files that no snapshot of today needs \
         may be removed. Name a later snapshot, or restore the file from a copy", path.display()
    )]
    Gone {
        /// The snapshot.
        id: u64,
        /// The first file that is gone.
        path: PathBuf,
    },
    /// An instant before anything was recorded.
    #[error(
        "nothing was known {}: the first statement in snapshot {id} was recorded at {}; {} (a day is \
         meant to its end in UTC), that instant or a later one would be right",
        crate::view::said(*as_of), first.format("%Y-%m-%dT%H:%M:%S%.fZ"), first.format("%Y-%m-%d")
    )]
    NothingKnown {
        /// The snapshot.
        id: u64,
        /// The instant asked for.
        as_of: DateTime<Utc>,
        /// When the first statement was recorded.
        first: DateTime<Utc>,
    },
    /// A commit that did not happen, and why.
    #[error("{dataset}: not committed: {because}")]
    NotCommitted {
        /// `source/dataset`.
        dataset: String,
        /// The reason.
        #[source]
        because: Box<LakeError>,
    },
    /// The Parquet or Arrow library refused.
    #[error("{}: {message}", path.display())]
    Encoding {
        /// The file.
        path: PathBuf,
        /// The library's words.
        message: String,
    },
    /// A table given for publication breaks a rule of the public format.
    #[error("table {table}: {message}")]
    Table {
        /// Table name.
        table: String,
        /// What was found and what would be right.
        message: String,
    },
    /// What is published is of a later snapshot.
    #[error(
        "what is published is of snapshot {published}, later than {given}; it was left as it is"
    )]
    NewerPublished {
        /// Snapshot of what is published.
        published: u64,
        /// Snapshot of what was to be.
        given: u64,
    },
    /// An invariant was found broken, before anything was stored.
    #[error(transparent)]
    Broken(#[from] wsis_model::invariant::Breach),
    /// A raw payload that is not in the archive.
    #[error("payload {id} is not in the archive ({}); fetch it again without --offline", path.display())]
    NoPayload {
        /// SHA-256.
        id: String,
        /// Where it would be.
        path: PathBuf,
    },
}

/// How long a lock was waited for, in words.
fn for_so_long(waited: Duration) -> String {
    match waited {
        Duration::ZERO => String::new(),
        waited => format!(", not free within {waited:?}"),
    }
}

impl LakeError {
    /// Names the file and tells a full disk and missing rights from other failures.
    pub(crate) fn io(action: &'static str, path: &Path, source: io::Error) -> Self {
        let path = path.to_path_buf();
        match source.kind() {
            io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => Self::DiskFull { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => {
                Self::Permission { path }
            }
            _ => Self::Io { action, path, source },
        }
    }

    /// A failure of the Parquet or Arrow library, with the disk errors below it unwrapped.
    pub(crate) fn parquet(path: &Path, error: parquet::errors::ParquetError) -> Self {
        use parquet::errors::ParquetError;
        match error {
            ParquetError::External(inner) => match inner.downcast::<io::Error>() {
                Ok(io) => Self::io("write", path, *io),
                Err(other) => match other.downcast() {
                    Ok(breach) => Self::Broken(*breach),
                    Err(other) => Self::encoding(path, &other),
                },
            },
            other => Self::encoding(path, &other),
        }
    }

    /// A failure of the Arrow library.
    pub(crate) fn encoding(path: &Path, error: &dyn std::fmt::Display) -> Self {
        Self::Encoding { path: path.to_path_buf(), message: error.to_string() }
    }

    /// What kind of fault it is, for exit codes and HTTP status.
    pub fn kind(&self) -> LakeErrorKind {
        match self {
            Self::Corrupt { .. } | Self::Lost { .. } => LakeErrorKind::Corrupt,
            Self::Locked { .. } | Self::Contended { .. } | Self::NewerPublished { .. } => {
                LakeErrorKind::Conflict
            }
            Self::NotALake { .. }
            | Self::Format { .. }
            | Self::Older { .. }
            | Self::Newer { .. }
            | Self::OldSnapshot { .. }
            | Self::Name { .. } => LakeErrorKind::Usage,
            Self::NotCommitted { because, .. } => because.kind(),
            Self::NoPayload { .. }
            | Self::Unknown { .. }
            | Self::NoSnapshot { .. }
            | Self::Gone { .. }
            | Self::NothingKnown { .. } => LakeErrorKind::Absent,
            Self::DiskFull { .. } | Self::Permission { .. } | Self::Io { .. } => LakeErrorKind::Io,
            Self::Encoding { .. } | Self::Table { .. } | Self::Broken(_) => LakeErrorKind::Internal,
        }
    }
}

/// Kinds of [`LakeError`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LakeErrorKind {
    /// Damaged files.
    Corrupt,
    /// Another writer.
    Conflict,
    /// Wrong folder or name.
    Usage,
    /// Something asked for does not exist.
    Absent,
    /// The file system refused.
    Io,
    /// A fault of this program.
    Internal,
}
