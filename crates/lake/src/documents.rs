//! The documents below a snapshot: create-only, named by their SHA-256, so that what did not
//! change is written once however many snapshots hold it.
//!
//! ```text
//! snapshots/<N>.json -> bucket (1 of 32) -> dataset -> sealed segments
//! ```

use std::collections::{BTreeMap, HashMap};
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};
use wsis_model::observation::column;
use wsis_model::payload::RawId;

use crate::correction::CorrectionDoc;
use crate::error::LakeError;
use crate::snapshot::{FileEntry, QUARANTINE_PAST};
use crate::store::{Placed, Store};

/// Files of a table that are listed one by one; when there are more, the older ones are sealed.
pub(crate) const TAIL: usize = 32;

/// Documents kept in memory.
const REMEMBERED: usize = 4_096;

/// Rows by table.
pub(crate) type Rows = BTreeMap<String, u64>;

/// A data file, as a dataset or a segment lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileDoc {
    pub(crate) sha256: String,
    pub(crate) bytes: u64,
    pub(crate) rows: u64,
    /// Only where it is not `data/<source>/<dataset>/<sha16>.parquet`: in lakes that were brought
    /// over from format 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) path: Option<String>,
    /// Smallest and largest value of each sort column that the footer knows exactly.
    pub(crate) bounds: BTreeMap<String, (Value, Value)>,
}

/// The path of a data file.
pub(crate) fn data_path(source: &str, dataset: &str, sha256: &str) -> String {
    let name = sha256.get(..16).unwrap_or(sha256);
    format!("data/{source}/{dataset}/{name}.parquet")
}

impl FileDoc {
    pub(crate) fn of(entry: &FileEntry) -> Self {
        let bounds = entry.min.iter().filter_map(|(name, min)| {
            Some((name.clone(), (min.clone(), entry.max.get(name)?.clone())))
        });
        let by_rule = data_path(&entry.source, &entry.dataset, &entry.sha256);
        Self {
            sha256: entry.sha256.clone(),
            bytes: entry.bytes,
            rows: entry.rows,
            path: (entry.path != by_rule).then(|| entry.path.clone()),
            bounds: bounds.collect(),
        }
    }

    fn entry(&self, source: &str, dataset: &str) -> FileEntry {
        let by_rule = || data_path(source, dataset, &self.sha256);
        let bound = |of: fn(&(Value, Value)) -> &Value| {
            self.bounds.iter().map(|(name, both)| (name.clone(), of(both).clone())).collect()
        };
        FileEntry {
            path: self.path.clone().unwrap_or_else(by_rule),
            bytes: self.bytes,
            rows: self.rows,
            sha256: self.sha256.clone(),
            source: source.to_owned(),
            dataset: dataset.to_owned(),
            min: bound(|both| &both.0),
            max: bound(|both| &both.1),
        }
    }

    /// The first and last instant at which one of its rows was recorded.
    fn recorded(&self) -> Option<(i64, i64)> {
        let (first, last) = self.bounds.get(column::RECORDED_AT)?;
        Some((first.as_i64()?, last.as_i64()?))
    }
}

/// Files that were sealed together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Sealed {
    pub(crate) sha256: String,
    pub(crate) files: u64,
    pub(crate) rows: u64,
    /// The first and last instant at which one of their rows was recorded.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) recorded: Option<(i64, i64)>,
}

/// The files of a table of a dataset: older ones in segments, oldest first, then one by one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct FileList {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) segments: Vec<Sealed>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) tail: Vec<FileDoc>,
}

impl FileList {
    pub(crate) fn rows(&self) -> u64 {
        let sealed: u64 = self.segments.iter().map(|segment| segment.rows).sum();
        sealed + self.tail.iter().map(|file| file.rows).sum::<u64>()
    }

    /// The first and last instant at which one of the rows was recorded.
    pub(crate) fn recorded(&self) -> Option<(i64, i64)> {
        let sealed = self.segments.iter().filter_map(|segment| segment.recorded);
        let tail = self.tail.iter().filter_map(FileDoc::recorded);
        sealed.chain(tail).reduce(|a, b| (a.0.min(b.0), a.1.max(b.1)))
    }
}

/// A document that is named by its hash.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(crate) enum Document {
    Bucket(Bucket),
    Dataset(Dataset),
    /// A dataset with what programs of before would drop when they write it anew: they do not know this
    /// kind, and refuse it.
    #[serde(rename = "dataset/2")]
    Corrected(Dataset),
    Segment(Segment),
    /// Of a kind that a newer program made.
    #[serde(other)]
    Newer,
}

impl Document {
    /// The document of a dataset, of the kind that it needs.
    pub(crate) fn of(dataset: Dataset) -> Self {
        let is_past = dataset.tables.contains_key(QUARANTINE_PAST);
        if is_past || !dataset.corrections.is_empty() {
            Self::Corrected(dataset)
        } else {
            Self::Dataset(dataset)
        }
    }
}

/// Datasets whose names have a hash in common: by `source/dataset` the SHA-256 of their document.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Bucket {
    pub(crate) datasets: BTreeMap<String, String>,
}

/// All files of a dataset.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Dataset {
    pub(crate) source: String,
    pub(crate) dataset: String,
    pub(crate) tables: BTreeMap<String, FileList>,
    /// What was corrected by hand, oldest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) corrections: Vec<CorrectionDoc>,
}

impl Dataset {
    pub(crate) fn rows(&self) -> Rows {
        self.tables.iter().map(|(table, files)| (table.clone(), files.rows())).collect()
    }
}

/// Files that were sealed: no commit touches them any more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Segment {
    pub(crate) files: Vec<FileDoc>,
}

/// The bucket of a dataset: five bits of a hash, as two hexadecimal digits.
pub(crate) fn bucket_of(name: &str) -> String {
    let first = Sha256::digest(name.as_bytes()).first().copied().unwrap_or_default();
    format!("{:02x}", first >> 3)
}

/// What a dataset is called in its bucket.
pub(crate) fn name_of(source: &str, dataset: &str) -> String {
    format!("{source}/{dataset}")
}

/// Writes and reads documents. What was read once is remembered: a name stands for its content.
#[derive(Clone)]
pub(crate) struct Documents {
    store: Arc<dyn Store>,
    known: Arc<Mutex<HashMap<String, Arc<Document>>>>,
}

impl fmt::Debug for Documents {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Documents").field("store", &self.store).finish_non_exhaustive()
    }
}

impl Documents {
    pub(crate) fn new(store: &Arc<dyn Store>) -> Self {
        Self { store: Arc::clone(store), known: Arc::default() }
    }

    /// Reads everything anew.
    pub(crate) fn forgetful(&self) -> Self {
        Self::new(&self.store)
    }

    pub(crate) fn name(sha256: &str) -> String {
        format!("manifests/{sha256}.json")
    }

    pub(crate) fn path(&self, sha256: &str) -> PathBuf {
        self.store.shown(&Self::name(sha256))
    }

    /// Writes a document unless it is there; gives its hash.
    pub(crate) fn put(&self, document: &Document) -> Result<String, LakeError> {
        let failed = |e| LakeError::encoding(&self.store.shown("manifests"), &e);
        let mut bytes = serde_json::to_vec(document).map_err(failed)?;
        bytes.push(b'\n');
        let sha256 = RawId::of(&bytes).to_string();
        let name = Self::name(&sha256);
        if self.store.create(&name, &bytes)? == Placed::Existed {
            // Nothing is built on a damaged document.
            self.read(&sha256)?;
        }
        self.remember(&sha256, document.clone());
        Ok(sha256)
    }

    fn remember(&self, sha256: &str, document: Document) -> Arc<Document> {
        let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if known.len() >= REMEMBERED {
            known.clear();
        }
        let document = Arc::new(document);
        known.insert(sha256.to_owned(), Arc::clone(&document));
        document
    }

    /// A document from the store; its hash is compared first.
    fn read(&self, sha256: &str) -> Result<Document, LakeError> {
        let name = Self::name(sha256);
        let path = self.store.shown(&name);
        let corrupt = |found: String| LakeError::Corrupt {
            path: path.clone(),
            found,
            expected: format!("SHA-256 {sha256}"),
        };
        let Some(bytes) = self.store.get(&name)? else {
            return Err(corrupt("no file".to_owned()));
        };
        let found = RawId::of(&bytes).to_string();
        if found != sha256 {
            return Err(corrupt(format!("SHA-256 {found}")));
        }
        match parse(&bytes).map_err(|e| corrupt(e.to_string()))? {
            Document::Newer => {
                let what = "a document of a kind that this one does not know";
                Err(LakeError::Newer { path, what })
            }
            known => Ok(known),
        }
    }

    pub(crate) fn get(&self, sha256: &str) -> Result<Arc<Document>, LakeError> {
        let known = self.known.lock().unwrap_or_else(PoisonError::into_inner).get(sha256).cloned();
        match known {
            Some(document) => Ok(document),
            None => Ok(self.remember(sha256, self.read(sha256)?)),
        }
    }

    fn other(&self, sha256: &str, expected: &str) -> LakeError {
        LakeError::Corrupt {
            path: self.path(sha256),
            found: "a document of another kind".to_owned(),
            expected: format!("a {expected}"),
        }
    }

    pub(crate) fn bucket(&self, sha256: &str) -> Result<Bucket, LakeError> {
        match &*self.get(sha256)? {
            Document::Bucket(bucket) => Ok(bucket.clone()),
            _ => Err(self.other(sha256, "bucket")),
        }
    }

    pub(crate) fn dataset(&self, sha256: &str) -> Result<Dataset, LakeError> {
        match &*self.get(sha256)? {
            Document::Dataset(dataset) | Document::Corrected(dataset) => Ok(dataset.clone()),
            _ => Err(self.other(sha256, "dataset")),
        }
    }

    pub(crate) fn segment(&self, sha256: &str) -> Result<Vec<FileDoc>, LakeError> {
        match &*self.get(sha256)? {
            Document::Segment(segment) => Ok(segment.files.clone()),
            _ => Err(self.other(sha256, "segment")),
        }
    }

    /// The files of a table of a dataset, oldest first.
    pub(crate) fn files(&self, of: &Dataset, table: &str) -> Result<Vec<FileEntry>, LakeError> {
        let Some(list) = of.tables.get(table) else { return Ok(Vec::new()) };
        let mut docs = Vec::new();
        for segment in &list.segments {
            docs.extend(self.segment(&segment.sha256)?);
        }
        docs.extend(list.tail.iter().cloned());
        Ok(docs.iter().map(|doc| doc.entry(&of.source, &of.dataset)).collect())
    }

    /// Adds files to a list, each once, and seals what has become too long.
    pub(crate) fn add(&self, list: &mut FileList, added: &[FileEntry]) -> Result<(), LakeError> {
        for doc in added.iter().map(FileDoc::of) {
            if !self.holds(list, &doc)? {
                list.tail.push(doc);
            }
        }
        if list.tail.len() > TAIL {
            let kept = list.tail.len() % TAIL;
            let newest = list.tail.split_off(list.tail.len() - kept);
            for files in std::mem::replace(&mut list.tail, newest).chunks(TAIL) {
                let recorded = files.iter().map(FileDoc::recorded);
                let recorded = recorded.collect::<Option<Vec<_>>>().and_then(|all| {
                    let first = all.iter().map(|it| it.0).min()?;
                    Some((first, all.iter().map(|it| it.1).max()?))
                });
                let segment = Segment { files: files.to_vec() };
                list.segments.push(Sealed {
                    sha256: self.put(&Document::Segment(segment))?,
                    files: files.len() as u64,
                    rows: files.iter().map(|file| file.rows).sum(),
                    recorded,
                });
            }
        }
        Ok(())
    }

    /// Whether a list has that file. A segment is read only if it can.
    fn holds(&self, list: &FileList, file: &FileDoc) -> Result<bool, LakeError> {
        if list.tail.iter().any(|known| known.sha256 == file.sha256) {
            return Ok(true);
        }
        for segment in &list.segments {
            let may = match (segment.recorded, file.recorded()) {
                (Some(of), Some((first, last))) => of.0 <= first && last <= of.1,
                _ => true,
            };
            if may && self.segment(&segment.sha256)?.iter().any(|it| it.sha256 == file.sha256) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

fn parse<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, serde_json::Error> {
    serde_json::from_slice(bytes)
}
