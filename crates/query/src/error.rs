//! Why a query gave no answer.

use datafusion::error::DataFusionError;

/// Error of a query session.
#[derive(Debug, thiserror::Error)]
pub enum QueryError {
    /// The lake's folder cannot be opened for reading.
    #[error("lake {path} cannot be opened: {source}")]
    Lake {
        /// Folder.
        path: String,
        /// Cause.
        source: object_store::Error,
    },
    /// A data file is not what the snapshot says.
    #[error(transparent)]
    NotAsRecorded(#[from] wsis_lake::LakeError),
    /// The text is not SQL, or names a table, column or function that is not there.
    #[error("query not understood: {detail}")]
    Invalid {
        /// What is wrong, and what there is.
        detail: String,
    },
    /// The statement would change something.
    #[error(
        "{found} refused: sessions are read-only, and answer SELECT, EXPLAIN, SHOW and DESCRIBE"
    )]
    ReadOnly {
        /// What was found.
        found: String,
    },
    /// The query took too long.
    #[error("query stopped after {seconds} s (limit query.timeout_s)")]
    Timeout {
        /// The limit.
        seconds: u64,
    },
    /// The query needs more memory than it may have.
    #[error("query needs more than {bytes} bytes of memory (limit query.memory_bytes): {detail}")]
    Memory {
        /// The limit.
        bytes: u64,
        /// Which operator asked for more.
        detail: String,
    },
    /// A table cannot be registered.
    #[error("table {name} cannot be registered: {detail}")]
    Register {
        /// Name.
        name: String,
        /// Why.
        detail: String,
    },
    /// A file of the snapshot is damaged or gone.
    #[error("a data file of the lake cannot be read: {detail}; `wsis verify` says which")]
    Damaged {
        /// What the reader says.
        detail: String,
    },
    /// The query failed while it ran.
    #[error("query failed: {0}")]
    Failed(Box<DataFusionError>),
}

impl QueryError {
    /// Sorts DataFusion's errors by what the user can do about them.
    pub(crate) fn from_run(error: DataFusionError, memory_bytes: u64) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(detail) => {
                Self::Memory { bytes: memory_bytes, detail: detail.clone() }
            }
            DataFusionError::ParquetError(found) => Self::Damaged { detail: found.to_string() },
            DataFusionError::ObjectStore(found) => Self::Damaged { detail: found.to_string() },
            _ => Self::Failed(Box::new(error)),
        }
    }
}
