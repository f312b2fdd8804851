//! The document of a snapshot, and the folder of them.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wsis_model::payload::RawId;

use crate::documents::{Documents, Rows};
use crate::error::LakeError;
use crate::identity::check_format;
use crate::snapshot::{At, Change, ChangeKind, FileEntry, Hashed, Snapshot, Tree};
use crate::store::{Placed, Store};

const FOLDER: &str = "snapshots";
const HEAD: &str = "snapshots/HEAD";

/// [`Change`] as it is written.
#[derive(Serialize, Deserialize)]
pub(crate) struct ChangeDoc {
    #[serde(default)]
    kind: ChangeKind,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    source: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    dataset: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pipeline: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    run: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    digest: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    because: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    committed_at: Option<DateTime<Utc>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    recorded_through: Option<DateTime<Utc>>,
    #[serde(default)]
    counts: Counts,
}

#[derive(Default, Serialize, Deserialize)]
struct Counts {
    new: u64,
    changed: u64,
    withdrawn: u64,
    unchanged: u64,
    quarantined: u64,
    /// None in most.
    #[serde(default, skip_serializing_if = "is_none")]
    late: u64,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands a reference")]
fn is_none(count: &u64) -> bool {
    *count == 0
}

impl From<ChangeDoc> for Change {
    fn from(doc: ChangeDoc) -> Self {
        let ChangeDoc { kind, source, dataset, pipeline, run, digest, because, .. } = doc;
        let Counts { new, changed, withdrawn, unchanged, quarantined, late } = doc.counts;
        let (committed_at, recorded_through) = (doc.committed_at, doc.recorded_through);
        Self {
            kind,
            source,
            dataset,
            new,
            changed,
            withdrawn,
            unchanged,
            quarantined,
            late,
            pipeline,
            run,
            digest,
            because,
            committed_at,
            recorded_through,
        }
    }
}

impl From<Change> for ChangeDoc {
    fn from(change: Change) -> Self {
        let Change { kind, source, dataset, pipeline, run, digest, because, .. } = change;
        let Change { new, changed, withdrawn, unchanged, quarantined, late, .. } = change;
        let Change { committed_at, recorded_through, .. } = change;
        let counts = Counts { new, changed, withdrawn, unchanged, quarantined, late };
        Self {
            kind,
            source,
            dataset,
            pipeline,
            run,
            digest,
            because,
            committed_at,
            recorded_through,
            counts,
        }
    }
}

/// `snapshots/<N>.json` of format 2.
#[derive(Serialize, Deserialize)]
struct RootDoc {
    format: u32,
    lake_id: Option<String>,
    id: u64,
    parent: Option<u64>,
    parent_sha256: Option<String>,
    program: String,
    change: Change,
    /// Only in the lake of a sample.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    sample_sha256: Option<String>,
    totals: Totals,
    buckets: BTreeMap<String, String>,
}

#[derive(Serialize, Deserialize)]
struct Totals {
    datasets: u64,
    rows: Rows,
}

/// `snapshots/<N>.json` of format 1: every file of every table.
#[derive(Deserialize)]
struct FlatDoc {
    id: u64,
    parent: Option<u64>,
    parent_sha256: Option<String>,
    lake_id: Option<String>,
    program: String,
    change: FlatChange,
    tables: BTreeMap<String, Vec<FileEntry>>,
}

/// [`ChangeDoc`] with the counts beside the rest.
#[derive(Deserialize)]
struct FlatChange {
    #[serde(flatten)]
    change: ChangeDoc,
    #[serde(flatten)]
    counts: Counts,
}

/// Only what tells which of the two it is.
#[derive(Deserialize)]
struct Format {
    format: u64,
}

impl FlatDoc {
    fn snapshot(self, documents: &Documents) -> Snapshot {
        let FlatChange { change, counts } = self.change;
        Snapshot {
            format: 1,
            id: self.id,
            parent: self.parent,
            parent_sha256: self.parent_sha256,
            lake_id: self.lake_id,
            program: self.program,
            change: ChangeDoc { counts, ..change }.into(),
            sample_sha256: None,
            sha256: String::new(),
            tree: Tree::Flat(self.tables),
            documents: documents.clone(),
        }
    }
}

impl RootDoc {
    fn snapshot(self, documents: &Documents) -> Snapshot {
        let Totals { datasets, rows } = self.totals;
        Snapshot {
            format: self.format,
            id: self.id,
            parent: self.parent,
            parent_sha256: self.parent_sha256,
            lake_id: self.lake_id,
            program: self.program,
            change: self.change,
            sample_sha256: self.sample_sha256,
            sha256: String::new(),
            tree: Tree::Hashed(Hashed { buckets: self.buckets, datasets, rows }),
            documents: documents.clone(),
        }
    }
}

/// The folder of snapshots.
#[derive(Clone)]
pub(crate) struct Snapshots {
    store: Arc<dyn Store>,
    documents: Documents,
}

impl Snapshots {
    pub(crate) fn new(store: &Arc<dyn Store>, documents: &Documents) -> Self {
        Self { store: Arc::clone(store), documents: documents.clone() }
    }

    fn name(id: u64) -> String {
        format!("{FOLDER}/{id:020}.json")
    }

    pub(crate) fn path(&self, id: u64) -> PathBuf {
        self.store.shown(&Self::name(id))
    }

    pub(crate) fn folder(&self) -> PathBuf {
        self.store.shown(FOLDER)
    }

    pub(crate) fn head_path(&self) -> PathBuf {
        self.store.shown(HEAD)
    }

    fn is_there(&self, id: u64) -> Result<bool, LakeError> {
        Ok(self.store.head(&Self::name(id))?.is_some())
    }

    /// The document of a snapshot, as it is.
    pub(crate) fn bytes(&self, id: u64) -> Result<Option<bytes::Bytes>, LakeError> {
        self.store.get(&Self::name(id))
    }

    /// The newest number, found from `HEAD` and by probing onward; never by a list of data
    /// files. Without a readable `HEAD` it costs a look at the folder of snapshots.
    ///
    /// # Errors
    /// [`LakeError::Lost`] when `HEAD` names a snapshot that is gone: it is written after the
    /// snapshot is on the disk, so it is never ahead of it.
    pub(crate) fn newest(&self) -> Result<Option<u64>, LakeError> {
        let known = match self.hint()?.map(|(id, _)| id) {
            Some(id) if self.is_there(id)? => Some(id),
            Some(lost) => {
                let newest = self.all()?.last().copied().unwrap_or(0);
                if newest < lost {
                    return Err(LakeError::Lost { path: self.head_path(), lost, newest });
                }
                Some(newest)
            }
            None => self.all()?.last().copied(),
        };
        let Some(mut id) = known else {
            return Ok(None);
        };
        while self.is_there(id + 1)? {
            id += 1;
        }
        Ok(Some(id))
    }

    /// Number and hash in `HEAD`, if it is there and readable.
    pub(crate) fn hint(&self) -> Result<Option<(u64, String)>, LakeError> {
        let Some(bytes) = self.store.get(HEAD)? else {
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
        let names = self.store.list(FOLDER)?;
        let number = |name: &String| {
            let id = name.strip_prefix(FOLDER)?.strip_prefix('/')?.strip_suffix(".json")?;
            if id.len() == 20 { id.parse::<u64>().ok() } else { None }
        };
        let mut ids: Vec<u64> = names.iter().filter_map(number).collect();
        ids.sort_unstable();
        Ok(ids)
    }

    pub(crate) fn load(&self, id: u64) -> Result<Snapshot, LakeError> {
        let path = self.path(id);
        let Some(bytes) = self.bytes(id)? else {
            return Err(LakeError::NoSnapshot { id, path: self.folder() });
        };
        let corrupt = |e: serde_json::Error| LakeError::Corrupt {
            path: path.clone(),
            found: if bytes.is_empty() { "an empty file".to_owned() } else { e.to_string() },
            expected: "a snapshot document".to_owned(),
        };
        let Format { format } = serde_json::from_slice(&bytes).map_err(corrupt)?;
        check_format(&path, format)?;
        let mut snapshot = if format == 1 {
            let flat: FlatDoc = serde_json::from_slice(&bytes).map_err(corrupt)?;
            flat.snapshot(&self.documents)
        } else {
            let root: RootDoc = serde_json::from_slice(&bytes).map_err(corrupt)?;
            root.snapshot(&self.documents)
        };
        if snapshot.change.kind == ChangeKind::Newer {
            return Err(LakeError::Newer { path, what: "a change that this one does not know" });
        }
        if snapshot.id != id {
            return Err(LakeError::Corrupt {
                path,
                found: format!("snapshot {}", snapshot.id),
                expected: format!("snapshot {id}"),
            });
        }
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
        let name = Self::name(snapshot.id);
        let bytes = document(snapshot, &self.path(snapshot.id))?;
        snapshot.sha256 = RawId::of(&bytes).to_string();
        // `HEAD` is never more than one behind, however often the last step was not reached: one
        // that is missing in a longer chain is a loss, and told as one.
        if let Some((parent, sha256)) = snapshot.parent.zip(snapshot.parent_sha256.as_ref())
            && self.hint()?.is_none_or(|(id, _)| id < parent)
        {
            self.store.replace(HEAD, format!("{parent} {sha256}\n").as_bytes())?;
        }
        let placed = match self.store.create(&name, &bytes) {
            Ok(Placed::Created) => Placed::Created,
            unsure => match self.store.get(&name) {
                // Also where a put was answered only when it was tried again.
                Ok(Some(found)) if found == bytes => Placed::Created,
                _ => unsure?,
            },
        };
        if placed == Placed::Created {
            // A hint only: readers probe onward, so failing to refresh it harms nobody.
            let hint = format!("{} {}\n", snapshot.id, snapshot.sha256);
            drop(self.store.replace(HEAD, hint.as_bytes()));
        }
        Ok(placed)
    }
}

fn document(snapshot: &Snapshot, path: &std::path::Path) -> Result<Vec<u8>, LakeError> {
    let Tree::Hashed(Hashed { buckets, datasets, rows }) = &snapshot.tree else {
        return Err(LakeError::encoding(path, &"snapshots of format 1 are written no more"));
    };
    let root = RootDoc {
        format: snapshot.format,
        lake_id: snapshot.lake_id.clone(),
        id: snapshot.id,
        parent: snapshot.parent,
        parent_sha256: snapshot.parent_sha256.clone(),
        program: snapshot.program.clone(),
        change: snapshot.change.clone(),
        sample_sha256: snapshot.sample_sha256.clone(),
        totals: Totals { datasets: *datasets, rows: rows.clone() },
        buckets: buckets.clone(),
    };
    let mut bytes = serde_json::to_vec_pretty(&root).map_err(|e| LakeError::encoding(path, &e))?;
    bytes.push(b'\n');
    Ok(bytes)
}
