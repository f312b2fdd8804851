//! Checking a lake against its own account.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::path::{Path, PathBuf};

use arrow::array::StringArray;
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::errors::ParquetError;
use serde::Serialize;
use wsis_model::observation::column;
use wsis_model::payload::RawId;

use crate::claims::{Made, Recorded};
use crate::durable::{hash_of, hex};
use crate::error::{LakeError, LakeErrorKind};
use crate::lake::{Lake, open_checked};
use crate::raw::{BODIES, read_records};
use crate::snapshot::{FileEntry, Snapshot};
use crate::store::Content;

/// Something in the lake that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Violation {
    /// The file.
    pub path: PathBuf,
    /// What was found.
    pub found: String,
    /// What would be right.
    pub expected: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}; {} would be right", self.path.display(), self.found, self.expected)
    }
}

/// What was looked at, and how deep.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Depth {
    /// Snapshots, from the first: number, parent, hash chain, `HEAD`.
    pub snapshots: u64,
    /// Documents that list their files: SHA-256, kind, place, rows as in the totals.
    pub documents: u64,
    /// Data files of all of them: length, SHA-256, rows.
    pub files: u64,
    /// Bytes of these.
    pub bytes: u64,
    /// Datasets of the newest snapshot: what is in force is what was said last of each key, once;
    /// rows are in order.
    pub datasets: u64,
    /// Archived bodies: SHA-256.
    pub bodies: u64,
    /// Records of requests: each has its body.
    pub records: u64,
    /// Bodies that rows came from: each is archived and has its record.
    pub payloads: u64,
    /// Published files: SHA-256 as in the manifest.
    pub published: u64,
    /// Runs of the ledger that made a snapshot: it is there, and theirs, or was given up. None when
    /// the ledger could not be read.
    pub runs: Option<u64>,
}

impl fmt::Display for Depth {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} snapshots from the first to HEAD with {} documents below them, {} data files of \
             all of them ({} bytes), {} datasets in force against all that was said of them, {} archived bodies, {} records of requests, {} bodies that \
             rows came from, {} published files, ",
            self.snapshots,
            self.documents,
            self.files,
            self.bytes,
            self.datasets,
            self.bodies,
            self.records,
            self.payloads,
            self.published,
        )?;
        match self.runs {
            Some(runs) => write!(f, "{runs} runs that made a snapshot, by the ledger")?,
            None => f.write_str("not the ledger")?,
        }
        f.write_str(
            "; not that reading the bodies again gives these rows (`wsis ingest --re-decode` tells)",
        )
    }
}

/// What a verification found.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Verified {
    /// All that is wrong, sorted by file.
    pub violations: Vec<Violation>,
    /// Snapshots that the lake once had, as the ledger knows, and why it need not have them any
    /// more: one line for each reason.
    pub given_up: Vec<String>,
    /// The readable snapshots that runs made, each with its run: the ledger must know these, as it is
    /// after the verification.
    pub made: Vec<Made>,
    /// What was looked at.
    pub depth: Depth,
}

impl Lake {
    /// [`Lake::examine`] without a ledger.
    ///
    /// # Errors
    /// Only if a folder itself cannot be read.
    pub fn verify(&self) -> Result<Vec<Violation>, LakeError> {
        Ok(self.examine(None)?.violations)
    }

    /// Reads the chain of snapshots from the first on, every data file that any of them names,
    /// and the raw archive with the record of its requests, compares them
    /// with each other and with what the ledger says, and returns all that is wrong; an intact
    /// lake gives nothing.
    ///
    /// It may go on beside an ingest: what is read first is what the rest is compared with, and
    /// everything that it refers to was on the disk before it. The ledger's runs are therefore to
    /// be read before the call.
    ///
    /// # Errors
    /// Only if a folder itself cannot be read.
    pub fn examine(&self, ledger: Option<&[Recorded]>) -> Result<Verified, LakeError> {
        let mut found = Vec::new();
        let mut depth = Depth::default();
        let mut given_up = Vec::new();
        let chain = self.verify_chain(&mut found)?;
        depth.snapshots = chain.len() as u64;
        if let Some(runs) = ledger {
            depth.runs = Some(runs.len() as u64);
            given_up = self.verify_ledger(runs, &chain, &mut found);
        }
        let mut payloads = BTreeSet::new();
        let named = self.verify_documents(&chain, &mut found);
        depth.documents = named.names.len() as u64;
        for entry in &named.files {
            depth.files += 1;
            depth.bytes += entry.bytes;
            found.extend(self.verify_file(entry, &mut payloads));
        }
        depth.payloads = payloads.len() as u64;
        if let Some(newest) = chain.last() {
            depth.datasets = self.verify_in_force(newest, &mut found);
            found.extend(self.verify_sample(newest));
        }
        self.verify_raw(&payloads, &mut depth, &mut found)?;
        depth.published = self.verify_published(&mut found);
        found.sort();
        found.dedup();
        Ok(Verified { violations: found, given_up, made: Made::of(&chain), depth })
    }

    /// The newest snapshot whose document and files are all intact: what can still be served
    /// after damage.
    pub fn last_intact(&self) -> Result<Option<Snapshot>, LakeError> {
        let snapshots = self.snapshots();
        for id in snapshots.all()?.into_iter().rev() {
            if let Ok(snapshot) = snapshots.load(id)
                && let Ok(files) = self.anew(&snapshot).all_files()
                && files.iter().all(|e| self.verify_file(e, &mut BTreeSet::new()).is_none())
            {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    }

    /// Checks numbers and hashes from the first snapshot on; returns the readable ones.
    pub(crate) fn verify_chain(
        &self,
        found: &mut Vec<Violation>,
    ) -> Result<Vec<Snapshot>, LakeError> {
        let snapshots = self.snapshots();
        // Before the numbers: `HEAD` never names a snapshot that was not there already.
        let hint = snapshots.hint()?;
        let lake_id = self.id()?;
        let ids = snapshots.all()?;
        let mut chain = Vec::new();
        let mut before: Option<(u64, String)> = None;
        for id in ids {
            let path = snapshots.path(id);
            let bytes = match snapshots.bytes(id) {
                Err(error) if error.kind() == LakeErrorKind::Corrupt => {
                    found.push(damage(path, error));
                    before = Some((id, String::new()));
                    continue;
                }
                bytes => bytes?.unwrap_or_default(),
            };
            let sha256 = RawId::of(&bytes).to_string();
            match snapshots.load(id) {
                Ok(snapshot) => {
                    found.extend(broken_link(&path, &snapshot, before.as_ref()));
                    if snapshot.lake_id.is_some() && snapshot.lake_id != lake_id {
                        found.push(Violation {
                            path: path.clone(),
                            found: format!(
                                "a snapshot of lake {}",
                                or_none(snapshot.lake_id.as_ref())
                            ),
                            expected: format!("one of this lake, {},", or_none(lake_id.as_ref())),
                        });
                    }
                    chain.push(snapshot);
                }
                Err(error) => found.push(damage(path.clone(), error)),
            }
            if let Some((_, expected)) =
                hint.as_ref().filter(|(at, expected)| *at == id && *expected != sha256)
            {
                found.push(Violation {
                    path,
                    found: format!("SHA-256 {sha256}"),
                    expected: format!("SHA-256 {expected} as in HEAD"),
                });
            }
            before = Some((id, sha256));
        }
        let newest = before.map_or(0, |(id, _)| id);
        match hint {
            Some((hinted, _)) if hinted > newest => found.push(Violation {
                path: snapshots.folder(),
                found: format!("newest snapshot {newest}"),
                expected: format!("snapshot {hinted} as in HEAD"),
            }),
            // The first one may be there before HEAD is (a crash between the two).
            None if newest > 1 => found.push(Violation {
                path: snapshots.head_path(),
                found: "no number with its SHA-256".to_owned(),
                expected: format!("snapshot {newest}, or the one that is lost,"),
            }),
            _ => {}
        }
        Ok(chain)
    }

    /// Length, hash and rows of a data file; notes the bodies that its rows came from.
    fn verify_file(&self, entry: &FileEntry, payloads: &mut BTreeSet<String>) -> Option<Violation> {
        let path = self.path(entry);
        let file = match open_checked(&**self.store(), entry) {
            Ok(file) => file,
            Err(error) => return Some(damage(path, error)),
        };
        match read_payloads(file, payloads) {
            Ok(rows) if rows == entry.rows => None,
            Ok(rows) => Some(Violation {
                path,
                found: format!("{rows} rows"),
                expected: format!("{} rows", entry.rows),
            }),
            Err(error) => Some(damage(path.clone(), LakeError::parquet(&path, error))),
        }
    }

    /// The archive: every body is what its name says; every record of a request has its body, and
    /// every body that rows came from is there and has a record.
    fn verify_raw(
        &self,
        payloads: &BTreeSet<String>,
        depth: &mut Depth,
        found: &mut Vec<Violation>,
    ) -> Result<(), LakeError> {
        // Records before bodies: a body is archived before its request is recorded.
        let mut recorded: BTreeMap<String, u64> = BTreeMap::new();
        for file in self.meta_files(None)? {
            match read_records(&**self.store(), &file) {
                Ok(records) => {
                    for record in records {
                        depth.records += 1;
                        let is_new =
                            recorded.insert(record.raw.to_string(), record.bytes).is_none();
                        if is_new && !self.has_raw(&record.raw)? {
                            found.push(Violation {
                                path: self.raw_path(&record.raw),
                                found: "no file".to_owned(),
                                expected: format!(
                                    "the body of {} in run {}",
                                    record.request, record.run
                                ),
                            });
                        }
                    }
                }
                Err(error) => found.push(damage(self.store().shown(&file), error)),
            }
        }
        for payload in payloads {
            let Ok(id) = payload.parse::<RawId>() else { continue };
            let path = self.raw_path(&id);
            let what = match (self.has_raw(&id)?, recorded.contains_key(payload)) {
                (false, _) => "no file",
                (true, false) => "no record of its request in raw/meta",
                (true, true) => continue,
            };
            found.push(Violation {
                path,
                found: what.to_owned(),
                expected: "the body that rows of the lake came from, with its record,".to_owned(),
            });
        }
        for name in self.store().list(BODIES)? {
            depth.bodies += 1;
            found.extend(self.verify_body(&name, &recorded));
        }
        Ok(())
    }

    /// A body is what its name says. Its length comes first: a long one would be read through.
    fn verify_body(&self, name: &str, lengths: &BTreeMap<String, u64>) -> Option<Violation> {
        let hash = name.rsplit('/').next().unwrap_or_default();
        if let Some(bytes) = lengths.get(hash)
            && let Ok(Some(head)) = self.store().head(name)
            && head.bytes != *bytes
        {
            let (path, found) = (self.store().shown(name), format!("{} bytes", head.bytes));
            let expected = format!("{bytes} bytes, as in the record of its request,");
            return Some(Violation { path, found, expected });
        }
        let digest = match self.store().open(name) {
            Ok(Some(body)) => hash_of(body).map(|(_, digest)| hex(&digest)),
            Ok(None) => return None,
            Err(error) => return Some(damage(self.store().shown(name), error)),
        };
        let found = match digest {
            Ok(digest) if digest == hash => return None,
            Ok(digest) => format!("SHA-256 {digest}"),
            Err(error) => error.to_string(),
        };
        let path = self.store().shown(name);
        Some(Violation { path, found, expected: format!("SHA-256 {hash}") })
    }
}

/// Reads the column of payloads; returns the number of rows.
fn read_payloads(file: Content, payloads: &mut BTreeSet<String>) -> Result<u64, ParquetError> {
    let builder = ParquetRecordBatchReaderBuilder::try_new(file)?;
    let mask = ProjectionMask::columns(builder.parquet_schema(), [column::PAYLOAD]);
    let mut rows = 0;
    for batch in builder.with_projection(mask).with_batch_size(16_384).build()? {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        let texts =
            batch.columns().first().and_then(|it| it.as_any().downcast_ref::<StringArray>());
        let mut last = "";
        for text in texts.into_iter().flatten().flatten() {
            if text != last && !payloads.contains(text) {
                payloads.insert(text.to_owned());
            }
            last = text;
        }
    }
    Ok(rows)
}

fn broken_link(
    path: &Path,
    snapshot: &Snapshot,
    before: Option<&(u64, String)>,
) -> Option<Violation> {
    let found = (snapshot.parent, snapshot.parent_sha256.as_deref());
    let Some((id, sha256)) = before else {
        // Snapshots are never removed: the chain begins with number 1, which has no parent.
        return (snapshot.id != 1 || found != (None, None)).then(|| Violation {
            path: path.to_path_buf(),
            found: format!(
                "the oldest snapshot is {}, with parent {}",
                snapshot.id,
                or_none(snapshot.parent)
            ),
            expected: "a chain from snapshot 1 on".to_owned(),
        });
    };
    if found == (Some(*id), Some(sha256.as_str())) {
        return None;
    }
    Some(Violation {
        path: path.to_path_buf(),
        found: format!("parent {} with SHA-256 {}", or_none(found.0), or_none(found.1)),
        expected: format!("parent {id} with SHA-256 {sha256}"),
    })
}

/// A part that may be left out, in a sentence.
fn or_none(part: Option<impl std::fmt::Display>) -> String {
    part.map_or_else(|| "none".to_owned(), |part| part.to_string())
}

pub(crate) fn damage(path: PathBuf, error: LakeError) -> Violation {
    match error {
        LakeError::Corrupt { path, found, expected } => Violation { path, found, expected },
        LakeError::Io { source, .. } if source.kind() == std::io::ErrorKind::NotFound => {
            Violation { path, found: "no file".to_owned(), expected: "a file".to_owned() }
        }
        other => {
            Violation { path, found: other.to_string(), expected: "a readable file".to_owned() }
        }
    }
}
