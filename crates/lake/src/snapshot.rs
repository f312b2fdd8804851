//! Numbered, create-only snapshots: each names the documents that list its files, and the hash
//! of the snapshot before it.

use std::collections::BTreeMap;
use std::fmt;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use wsis_model::observation::column;

use crate::documents::{Dataset, Documents, Rows, bucket_of, name_of};
use crate::error::LakeError;
use crate::root::ChangeDoc;

/// Table of every statement ever made.
pub const OBSERVATIONS: &str = "observations";
/// Table of the statements in force.
pub const OBSERVATIONS_LATEST: &str = "observations_latest";
/// Table of the records that could not be used.
pub const QUARANTINE: &str = "quarantine";

/// Table of the records that a later reading could use, or no longer had: nobody asks for it but who
/// looks at the past (docs/adr/0023).
pub(crate) const QUARANTINE_PAST: &str = "quarantine_past";
/// All tables of a dataset.
pub(crate) const TABLES: [&str; 4] =
    [OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, QUARANTINE_PAST];

/// Which snapshot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum At {
    /// The newest.
    Head,
    /// That one.
    Id(u64),
}

/// One immutable file of a table.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileEntry {
    /// Path relative to the lake's root, with `/`.
    pub path: String,
    /// Length in bytes.
    pub bytes: u64,
    /// Rows.
    pub rows: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
    /// Source id.
    pub source: String,
    /// Dataset of the source.
    pub dataset: String,
    /// Smallest value of each sort column, where the footer knows it exactly.
    pub min: BTreeMap<String, Value>,
    /// Largest value of each sort column, where the footer knows it exactly.
    pub max: BTreeMap<String, Value>,
}

impl FileEntry {
    /// The first and last instant, in microseconds since 1970, at which one of its rows was
    /// recorded, where its footer knows.
    pub(crate) fn recorded(&self) -> Option<(i64, i64)> {
        let of = |bounds: &BTreeMap<String, Value>| bounds.get(column::RECORDED_AT)?.as_i64();
        Some((of(&self.min)?, of(&self.max)?))
    }
}

/// Why there is a snapshot.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum ChangeKind {
    /// A delivery.
    #[default]
    Ingest,
    /// Archived bodies were decoded again.
    Redecode,
    /// Files were put together; no statement was added or lost.
    Compaction,
    /// The lake was brought over from an older format; no statement was added or lost.
    Upgrade,
    /// A dataset was brought back by hand as it was in an earlier snapshot.
    Restore,
    /// Figures were ended by hand.
    Retire,
    /// Something that a newer program does; a snapshot of it is not read.
    #[serde(other)]
    Newer,
}

/// What a snapshot changed against its parent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "ChangeDoc", into = "ChangeDoc")]
pub struct Change {
    /// Why there is a snapshot.
    pub kind: ChangeKind,
    /// Source id; empty where all datasets are meant.
    pub source: String,
    /// Dataset; empty where all are meant.
    pub dataset: String,
    /// Observations not known before.
    pub new: u64,
    /// Observations with another statement than before.
    pub changed: u64,
    /// Observations no longer given.
    pub withdrawn: u64,
    /// Observations stated again.
    pub unchanged: u64,
    /// Records newly set aside.
    pub quarantined: u64,
    /// Statements of the past that were not known.
    pub late: u64,
    /// Pipeline whose delivery it was.
    pub pipeline: Option<String>,
    /// Run that delivered.
    pub run: Option<String>,
    /// What the delivery and its decoding depend on, in one number.
    pub digest: Option<String>,
    /// Why it was made, where somebody made it by hand.
    pub because: Option<String>,
    /// When it was committed, by the clock of who did.
    pub committed_at: Option<DateTime<Utc>>,
    /// The last instant at which something that the lake now holds was received.
    pub recorded_through: Option<DateTime<Utc>>,
}

/// The state of the lake after a commit. Its files are read when they are asked for.
#[derive(Clone)]
pub struct Snapshot {
    /// Format of the document.
    pub format: u32,
    /// Number, from 1.
    pub id: u64,
    /// Number of the snapshot before, none for the first.
    pub parent: Option<u64>,
    /// SHA-256 of the parent's JSON document: a chain that shows tampering.
    pub parent_sha256: Option<String>,
    /// The lake that it belongs to; none in snapshots of before lakes had ids.
    pub lake_id: Option<String>,
    /// Program and version that wrote it.
    pub program: String,
    /// What was committed.
    pub change: Change,
    /// SHA-256 of the statement that the lake holds a sample, where it does.
    pub sample_sha256: Option<String>,
    /// SHA-256 of this snapshot's own document.
    pub sha256: String,
    pub(crate) tree: Tree,
    pub(crate) documents: Documents,
}

/// Where a snapshot's files stand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Tree {
    /// In itself, table by table: format 1.
    Flat(BTreeMap<String, Vec<FileEntry>>),
    /// In documents, bucket by bucket.
    Hashed(Hashed),
}

/// The documents of a snapshot, and what is in all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Hashed {
    /// By bucket the SHA-256 of its document.
    pub(crate) buckets: BTreeMap<String, String>,
    pub(crate) datasets: u64,
    /// Rows by table.
    pub(crate) rows: Rows,
}

impl fmt::Debug for Snapshot {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Snapshot")
            .field("id", &self.id)
            .field("sha256", &self.sha256)
            .field("change", &self.change)
            .finish_non_exhaustive()
    }
}

/// The documents are the same where their hashes are.
impl PartialEq for Snapshot {
    fn eq(&self, other: &Self) -> bool {
        (self.id, &self.sha256, &self.tree) == (other.id, &other.sha256, &other.tree)
    }
}

impl Snapshot {
    /// Rows of a table.
    pub fn rows(&self, table: &str) -> u64 {
        match &self.tree {
            Tree::Flat(tables) => {
                tables.get(table).into_iter().flatten().map(|file| file.rows).sum()
            }
            Tree::Hashed(all) => all.rows.get(table).copied().unwrap_or_default(),
        }
    }

    /// The datasets, as source and dataset, sorted.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn datasets(&self) -> Result<Vec<(String, String)>, LakeError> {
        let mut found = Vec::new();
        match &self.tree {
            Tree::Flat(tables) => {
                let files = tables.values().flatten();
                found.extend(files.map(|file| (file.source.clone(), file.dataset.clone())));
            }
            Tree::Hashed(all) => {
                for sha256 in all.buckets.values() {
                    let names = self.documents.bucket(sha256)?.datasets.into_keys();
                    let parts = |name: String| {
                        name.split_once('/').map(|(s, d)| (s.to_owned(), d.to_owned()))
                    };
                    found.extend(names.filter_map(parts));
                }
            }
        }
        found.sort_unstable();
        found.dedup();
        Ok(found)
    }

    /// The files of a table, dataset by dataset: those of what is in force in the order of the key,
    /// others oldest first (of format 1: by path). None for a table without rows.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn files(&self, table: &str) -> Result<Vec<FileEntry>, LakeError> {
        if let Tree::Flat(tables) = &self.tree {
            return Ok(tables.get(table).cloned().unwrap_or_default());
        }
        let mut found = Vec::new();
        for (source, dataset) in self.datasets()? {
            found.extend(self.files_of(table, &source, &dataset)?);
        }
        Ok(found)
    }

    /// The files of one dataset in a table, in the order of [`Snapshot::files`]. The documents of
    /// other datasets are not read.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn files_of(
        &self,
        table: &str,
        source: &str,
        dataset: &str,
    ) -> Result<Vec<FileEntry>, LakeError> {
        match &self.tree {
            Tree::Flat(tables) => {
                let all = tables.get(table).into_iter().flatten();
                Ok(all.filter(|f| f.source == source && f.dataset == dataset).cloned().collect())
            }
            Tree::Hashed(_) => match self.dataset(source, dataset)? {
                Some(dataset) => self.documents.files(&dataset, table),
                None => Ok(Vec::new()),
            },
        }
    }

    /// The files of all tables, each once, sorted by path.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn all_files(&self) -> Result<Vec<FileEntry>, LakeError> {
        let mut found = Vec::new();
        for table in TABLES {
            found.extend(self.files(table)?);
        }
        found.sort_by(|a, b| a.path.cmp(&b.path));
        found.dedup();
        Ok(found)
    }

    /// The last instant, in microseconds since 1970, at which a statement of a dataset was
    /// recorded; none for a dataset without statements.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn recorded_through(&self, source: &str, dataset: &str) -> Result<Option<i64>, LakeError> {
        Ok(self.recorded_of(source, dataset)?.map(|(_, last)| last))
    }

    /// The first and last instant, in microseconds since 1970, at which a statement of any dataset
    /// was recorded; none without statements.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn recorded(&self) -> Result<Option<(i64, i64)>, LakeError> {
        let mut all: Option<(i64, i64)> = None;
        for (source, dataset) in self.datasets()? {
            if let Some(of) = self.recorded_of(&source, &dataset)? {
                all = Some(all.map_or(of, |all| (all.0.min(of.0), all.1.max(of.1))));
            }
        }
        Ok(all)
    }

    fn recorded_of(&self, source: &str, dataset: &str) -> Result<Option<(i64, i64)>, LakeError> {
        match &self.tree {
            Tree::Flat(_) => {
                let files = self.files_of(OBSERVATIONS, source, dataset)?;
                let of = files.iter().filter_map(FileEntry::recorded);
                Ok(of.reduce(|a, b| (a.0.min(b.0), a.1.max(b.1))))
            }
            Tree::Hashed(_) => {
                let dataset = self.dataset(source, dataset)?;
                let list = dataset.as_ref().and_then(|it| it.tables.get(OBSERVATIONS));
                Ok(list.and_then(crate::documents::FileList::recorded))
            }
        }
    }

    /// The hash of a dataset's document.
    pub(crate) fn dataset_sha256(
        &self,
        source: &str,
        dataset: &str,
    ) -> Result<Option<String>, LakeError> {
        let name = name_of(source, dataset);
        let Tree::Hashed(all) = &self.tree else { return Ok(None) };
        let Some(sha256) = all.buckets.get(&bucket_of(&name)) else { return Ok(None) };
        Ok(self.documents.bucket(sha256)?.datasets.get(&name).cloned())
    }

    /// A dataset's document.
    pub(crate) fn dataset(
        &self,
        source: &str,
        dataset: &str,
    ) -> Result<Option<Dataset>, LakeError> {
        let sha256 = self.dataset_sha256(source, dataset)?;
        sha256.map(|sha256| self.documents.dataset(&sha256)).transpose()
    }
}
