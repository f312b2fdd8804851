//! Numbered, create-only snapshots: each lists every file of every table and the hash of the
//! snapshot before it.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use wsis_model::payload::RawId;

use crate::durable::{Disk, Placed, read_if_there};
use crate::error::LakeError;
use crate::identity::check_format;

/// Table of every statement ever made.
pub const OBSERVATIONS: &str = "observations";
/// Table of the statements in force.
pub const OBSERVATIONS_LATEST: &str = "observations_latest";
/// Table of the records that could not be used.
pub const QUARANTINE: &str = "quarantine";

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

/// What a snapshot changed against its parent.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    /// Source id.
    pub source: String,
    /// Dataset.
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
    /// Pipeline whose delivery it was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pipeline: Option<String>,
    /// Run that delivered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run: Option<String>,
    /// What the delivery and its decoding depend on, in one number.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub digest: Option<String>,
}

/// The state of the lake after a commit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Format of the lake.
    pub format: u32,
    /// Number, from 1.
    pub id: u64,
    /// Number of the snapshot before, none for the first.
    pub parent: Option<u64>,
    /// SHA-256 of the parent's JSON document: a chain that shows tampering.
    pub parent_sha256: Option<String>,
    /// The lake that it belongs to; none in snapshots of before lakes had ids.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lake_id: Option<String>,
    /// Program and version that wrote it.
    pub program: String,
    /// What was committed.
    pub change: Change,
    /// Complete file list of every table, sorted by path.
    pub tables: BTreeMap<String, Vec<FileEntry>>,
    /// SHA-256 of this snapshot's own document.
    #[serde(skip)]
    pub sha256: String,
}

impl Snapshot {
    /// The files of a table; none for a table without rows.
    pub fn files(&self, table: &str) -> &[FileEntry] {
        self.tables.get(table).map_or(&[], Vec::as_slice)
    }

    /// The files of one dataset in a table.
    pub fn files_of<'a>(
        &'a self,
        table: &str,
        source: &'a str,
        dataset: &'a str,
    ) -> impl Iterator<Item = &'a FileEntry> {
        self.files(table).iter().filter(move |f| f.source == source && f.dataset == dataset)
    }

    /// Rows of a table.
    pub fn rows(&self, table: &str) -> u64 {
        self.files(table).iter().map(|file| file.rows).sum()
    }
}

/// The folder of snapshots.
#[derive(Clone)]
pub(crate) struct Snapshots {
    folder: PathBuf,
    disk: Disk,
}

impl Snapshots {
    pub(crate) fn new(root: &Path, disk: &Disk) -> Self {
        Self { folder: root.join("snapshots"), disk: disk.clone() }
    }

    pub(crate) fn path(&self, id: u64) -> PathBuf {
        self.folder.join(format!("{id:020}.json"))
    }

    pub(crate) fn folder(&self) -> &Path {
        &self.folder
    }

    /// The newest number, found from `HEAD` and by probing onward; never by a list of data
    /// files. Without a readable `HEAD` it costs a look at the folder of snapshots.
    ///
    /// # Errors
    /// [`LakeError::Lost`] when `HEAD` names a snapshot that is gone: it is written after the
    /// snapshot is on the disk, so it is never ahead of it.
    pub(crate) fn newest(&self) -> Result<Option<u64>, LakeError> {
        let known = match self.hint()?.map(|(id, _)| id) {
            Some(id) if self.path(id).is_file() => Some(id),
            Some(lost) => {
                let newest = self.all()?.last().copied().unwrap_or(0);
                if newest < lost {
                    return Err(LakeError::Lost { path: self.folder.join("HEAD"), lost, newest });
                }
                Some(newest)
            }
            None => self.all()?.last().copied(),
        };
        let Some(mut id) = known else {
            return Ok(None);
        };
        while self.path(id + 1).is_file() {
            id += 1;
        }
        Ok(Some(id))
    }

    /// Number and hash in `HEAD`, if it is there and readable.
    pub(crate) fn hint(&self) -> Result<Option<(u64, String)>, LakeError> {
        let Some(bytes) = read_if_there(&self.folder.join("HEAD"))? else {
            return Ok(None);
        };
        let text = String::from_utf8_lossy(&bytes);
        let mut words = text.split_whitespace();
        let id = words.next().and_then(|word| word.parse().ok());
        let sha256 = words.next().filter(|word| word.parse::<RawId>().is_ok());
        Ok(id.zip(sha256.map(str::to_owned)))
    }

    /// All numbers there are, ascending.
    pub(crate) fn all(&self) -> Result<Vec<u64>, LakeError> {
        let failed = |e| LakeError::io("read", &self.folder, e);
        let mut ids = Vec::new();
        for entry in fs::read_dir(&self.folder).map_err(failed)? {
            let name = entry.map_err(failed)?.file_name();
            let id = name.to_str().and_then(|name| name.strip_suffix(".json"));
            ids.extend(id.filter(|id| id.len() == 20).and_then(|id| id.parse::<u64>().ok()));
        }
        ids.sort_unstable();
        Ok(ids)
    }

    pub(crate) fn load(&self, id: u64) -> Result<Snapshot, LakeError> {
        let path = self.path(id);
        let Some(bytes) = read_if_there(&path)? else {
            return Err(LakeError::NoSnapshot { id, path: self.folder.clone() });
        };
        let mut snapshot: Snapshot =
            serde_json::from_slice(&bytes).map_err(|e| LakeError::Corrupt {
                path: path.clone(),
                found: if bytes.is_empty() { "an empty file".to_owned() } else { e.to_string() },
                expected: "a snapshot document".to_owned(),
            })?;
        if snapshot.id != id {
            return Err(LakeError::Corrupt {
                path,
                found: format!("snapshot {}", snapshot.id),
                expected: format!("snapshot {id}"),
            });
        }
        check_format(&path, u64::from(snapshot.format))?;
        snapshot.sha256 = RawId::of(&bytes).to_string();
        Ok(snapshot)
    }

    /// The newest one, which has no successor that would vouch for it: `HEAD` does.
    fn load_head(&self, id: u64) -> Result<Snapshot, LakeError> {
        let snapshot = self.load(id)?;
        match self.hint()? {
            Some((hinted, expected)) if hinted == id && expected != snapshot.sha256 => {
                Err(LakeError::Corrupt {
                    path: self.path(id),
                    found: format!("SHA-256 {}", snapshot.sha256),
                    expected: format!("SHA-256 {expected}, as in HEAD,"),
                })
            }
            _ => Ok(snapshot),
        }
    }

    pub(crate) fn at(&self, at: At) -> Result<Option<Snapshot>, LakeError> {
        match at {
            At::Id(id) => self.load(id).map(Some),
            At::Head => self.newest()?.map(|id| self.load_head(id)).transpose(),
        }
    }

    /// The commit itself: creates the document unless the number is taken. An error after the
    /// name was given is settled by reading the outcome back (L6).
    pub(crate) fn create(&self, snapshot: &mut Snapshot) -> Result<Placed, LakeError> {
        let path = self.path(snapshot.id);
        let bytes = document(snapshot, &path)?;
        snapshot.sha256 = RawId::of(&bytes).to_string();
        let placed = match self.disk.create(&path, &bytes) {
            Ok(placed) => placed,
            Err(error) => match read_if_there(&path) {
                Ok(Some(found)) if found == bytes => Placed::Created,
                _ => return Err(error),
            },
        };
        if placed == Placed::Created {
            // A hint only: readers probe onward, so failing to refresh it harms nobody.
            let hint = format!("{} {}\n", snapshot.id, snapshot.sha256);
            drop(self.disk.replace(&self.folder.join("HEAD"), hint.as_bytes()));
        }
        Ok(placed)
    }
}

fn document(snapshot: &Snapshot, path: &Path) -> Result<Vec<u8>, LakeError> {
    let mut bytes =
        serde_json::to_vec_pretty(snapshot).map_err(|e| LakeError::encoding(path, &e))?;
    bytes.push(b'\n');
    Ok(bytes)
}
