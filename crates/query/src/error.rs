//! Why a query gave no answer.

use std::sync::Arc;

use datafusion::common::SchemaError;
use datafusion::error::DataFusionError;
use wsis_config::QueryLimits;
use wsis_lake::LakeError;

/// Columns that a message lists.
const FEW: usize = 12;

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
    NotAsRecorded(Arc<LakeError>),
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
    /// The query itself is too large.
    #[error("the query is {found} {what}, more than {limit} (limit query.{name})")]
    TooLarge {
        /// In what it is too large.
        what: &'static str,
        /// How large it is.
        found: u64,
        /// The limit.
        limit: u64,
        /// Its name in `[query]` of `workspace.toml`.
        name: &'static str,
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
    /// What did not fit into memory does not fit into the lake's `tmp` either.
    #[error(
        "query needs more than {bytes} bytes in the lake's tmp folder (limit \
             query.spill_bytes_max): {detail}"
    )]
    Spill {
        /// The limit.
        bytes: u64,
        /// What the engine says.
        detail: String,
    },
    /// Not even one row of the answer may be shown.
    #[error("one row of the answer is more than {bytes} bytes (limit query.result_bytes_max)")]
    Row {
        /// The limit.
        bytes: u64,
    },
    /// Structures within structures, deeper than clients read.
    #[error("column {column:?} of the answer holds lists or structures more than {depth} deep")]
    Nested {
        /// Name of the column.
        column: String,
        /// The limit.
        depth: usize,
    },
    /// The stack was used up.
    #[error("the query is nested too deeply (query.depth_max allows it, the program cannot)")]
    TooDeep,
    /// A table that is computed when a query asks for it could not be.
    #[error("table {name} cannot be computed: {detail}")]
    Compute {
        /// Name.
        name: String,
        /// Why.
        detail: String,
    },
    /// Somebody stopped the query.
    #[error("query stopped")]
    Stopped,
    /// The process that answers queries cannot be started or heard.
    #[error("the process that answers queries cannot be {what}: {detail}")]
    Worker {
        /// What failed.
        what: &'static str,
        /// Why.
        detail: String,
    },
    /// The process that answered the query is gone.
    #[error("the process that answered the query ended before its answer: {detail}")]
    Died {
        /// How it ended.
        detail: String,
    },
    /// What the process that answered the query found wrong.
    #[error("{message}")]
    Told {
        /// The message, complete.
        message: String,
        /// Whether the query is at fault.
        of_query: bool,
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

impl From<LakeError> for QueryError {
    fn from(error: LakeError) -> Self {
        Self::NotAsRecorded(Arc::new(error))
    }
}

impl QueryError {
    /// Whether the text of the query is at fault, not what it met.
    pub const fn of_query(&self) -> bool {
        match self {
            Self::Invalid { .. } | Self::ReadOnly { .. } | Self::TooLarge { .. } => true,
            Self::Told { of_query, .. } => *of_query,
            _ => false,
        }
    }

    /// What is said of a column that is not there: the nearest name, or all of a few. The engine lists each
    /// with its table before it, some fifty of the widest table.
    pub(crate) fn no_column(error: &DataFusionError) -> Option<String> {
        let DataFusionError::SchemaError(found, _) = error.find_root() else { return None };
        let SchemaError::FieldNotFound { field, valid_fields } = found.as_ref() else {
            return None;
        };
        let names = valid_fields.iter().map(|column| column.name.as_str());
        let mut tables: Vec<&str> =
            valid_fields.iter().filter_map(|it| Some(it.relation.as_ref()?.table())).collect();
        tables.dedup();
        let told = if let Some(near) = wsis_config::nearest(&field.name, names.clone()) {
            format!("did you mean `{near}`?")
        } else if valid_fields.len() <= FEW {
            return Some(format!(
                "there is no column {:?}; columns here are {}",
                field.flat_name(),
                names.collect::<Vec<_>>().join(", ")
            ));
        } else {
            format!("there are {} here", valid_fields.len())
        };
        let list: Vec<String> = tables.iter().map(|table| format!("`\\d {table}`")).collect();
        let list = match list.as_slice() {
            [] => String::new(),
            [one] => format!(" {one} lists the columns"),
            some => format!(" {} list the columns", some.join(", ")),
        };
        let and = if told.ends_with('?') { "" } else { ";" };
        Some(format!("there is no column {:?}; {told}{and}{list}", field.flat_name()))
    }

    /// Sorts DataFusion's errors by what the user can do about them.
    pub(crate) fn from_run(error: DataFusionError, limits: &QueryLimits) -> Self {
        match error.find_root() {
            DataFusionError::ResourcesExhausted(detail) if detail.contains("disk space") => {
                Self::Spill { bytes: limits.spill_bytes_max, detail: detail.clone() }
            }
            // The same limit, as the writer of spilled rows tells it.
            DataFusionError::ArrowError(found, _)
                if found.to_string().contains("used disk space during the spilling") =>
            {
                Self::Spill { bytes: limits.spill_bytes_max, detail: found.to_string() }
            }
            DataFusionError::ResourcesExhausted(detail) => {
                Self::Memory { bytes: limits.memory_bytes, detail: detail.clone() }
            }
            DataFusionError::ParquetError(found) => Self::Damaged { detail: found.to_string() },
            DataFusionError::ObjectStore(found) => Self::Damaged { detail: found.to_string() },
            DataFusionError::External(found) => match found.downcast_ref::<Self>() {
                Some(Self::NotAsRecorded(error)) => Self::NotAsRecorded(Arc::clone(error)),
                Some(Self::Compute { name, detail }) => {
                    Self::Compute { name: name.clone(), detail: detail.clone() }
                }
                _ => Self::Failed(Box::new(error)),
            },
            _ => Self::Failed(Box::new(error)),
        }
    }
}
