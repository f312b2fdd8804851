//! Checking a lake against its own account.

use std::collections::BTreeSet;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use wsis_model::payload::RawId;

use crate::durable::{hash_of, hex, read_if_there};
use crate::error::LakeError;
use crate::lake::{Lake, open_checked};
use crate::raw::read_run;
use crate::snapshot::{FileEntry, Snapshot};

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

impl Lake {
    /// Reads every file of the newest snapshot, the chain of snapshots and the raw archive, and
    /// returns all that is wrong, sorted by file; an intact lake gives none.
    ///
    /// # Errors
    /// Only if a folder itself cannot be read.
    pub fn verify(&self) -> Result<Vec<Violation>, LakeError> {
        let mut found = Vec::new();
        let head = self.verify_chain(&mut found)?;
        for entry in head.iter().flat_map(|head| head.tables.values().flatten()) {
            found.extend(self.verify_file(entry));
        }
        self.verify_raw(&mut found)?;
        found.sort();
        Ok(found)
    }

    /// The newest snapshot whose document and files are all intact: what can still be served
    /// after damage.
    pub fn last_intact(&self) -> Result<Option<Snapshot>, LakeError> {
        let snapshots = self.snapshots();
        for id in snapshots.all()?.into_iter().rev() {
            if let Ok(snapshot) = snapshots.load(id)
                && snapshot.tables.values().flatten().all(|e| self.verify_file(e).is_none())
            {
                return Ok(Some(snapshot));
            }
        }
        Ok(None)
    }

    /// Checks numbers and hashes from the oldest snapshot on; returns the newest readable one.
    fn verify_chain(&self, found: &mut Vec<Violation>) -> Result<Option<Snapshot>, LakeError> {
        let snapshots = self.snapshots();
        let ids = snapshots.all()?;
        let hint = snapshots.hint()?;
        let mut before: Option<(u64, String)> = None;
        let mut head = None;
        for id in ids {
            let path = snapshots.path(id);
            let bytes = read_if_there(&path)?.unwrap_or_default();
            let sha256 = RawId::of(&bytes).to_string();
            match snapshots.load(id) {
                Ok(snapshot) => {
                    found.extend(broken_link(&path, &snapshot, before.as_ref()));
                    head = Some(snapshot);
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
        if let (Some((hinted, _)), newest) = (hint, before.map_or(0, |(id, _)| id))
            && hinted > newest
        {
            found.push(Violation {
                path: snapshots.folder().to_path_buf(),
                found: format!("newest snapshot {newest}"),
                expected: format!("snapshot {hinted} as in HEAD"),
            });
        }
        Ok(head)
    }

    fn verify_file(&self, entry: &FileEntry) -> Option<Violation> {
        let path = self.path(entry);
        let file = match open_checked(&path, entry) {
            Ok(file) => file,
            Err(error) => return Some(damage(path, error)),
        };
        let rows = ParquetRecordBatchReaderBuilder::try_new(file)
            .map(|reader| reader.metadata().file_metadata().num_rows());
        match rows {
            Ok(rows) if u64::try_from(rows) == Ok(entry.rows) => None,
            Ok(rows) => Some(Violation {
                path,
                found: format!("{rows} rows"),
                expected: format!("{} rows", entry.rows),
            }),
            Err(error) => Some(damage(path.clone(), LakeError::parquet(&path, error))),
        }
    }

    fn verify_raw(&self, found: &mut Vec<Violation>) -> Result<(), LakeError> {
        let mut known = BTreeSet::new();
        for first in list(&self.raw_folder())?.into_iter().filter(|path| path.is_dir()) {
            for second in list(&first)?.into_iter().filter(|path| path.is_dir()) {
                for path in list(&second)? {
                    let name = path.file_name().and_then(|n| n.to_str()).unwrap_or_default();
                    if name.starts_with(".tmp-") {
                        continue;
                    }
                    let name = name.to_owned();
                    found.extend(verify_payload(&path, &name));
                    known.insert(name);
                }
            }
        }
        let mut runs = Vec::new();
        for file in self.meta_files()? {
            match read_run(file.clone()) {
                Ok(run) => runs.extend(run),
                Err(error) => found.push(damage(file, error)),
            }
        }
        for record in runs.iter().flat_map(|run| &run.records) {
            let name = record.raw.to_string();
            if known.insert(name.clone()) {
                found.push(Violation {
                    path: self.raw_path(&record.raw),
                    found: "no file".to_owned(),
                    expected: format!("the body of {} in run {}", record.request, record.run),
                });
            }
        }
        Ok(())
    }
}

fn broken_link(
    path: &Path,
    snapshot: &Snapshot,
    before: Option<&(u64, String)>,
) -> Option<Violation> {
    // The oldest kept snapshot may have had a parent.
    let (id, sha256) = before?;
    let found = (snapshot.parent, snapshot.parent_sha256.as_deref());
    if found == (Some(*id), Some(sha256.as_str())) {
        return None;
    }
    Some(Violation {
        path: path.to_path_buf(),
        found: format!("parent {:?} with SHA-256 {:?}", found.0, found.1.unwrap_or("none")),
        expected: format!("parent {id} with SHA-256 {sha256}"),
    })
}

fn verify_payload(path: &Path, name: &str) -> Option<Violation> {
    let digest = fs::File::open(path).and_then(hash_of).map(|(_, digest)| hex(&digest));
    let found = match digest {
        Ok(digest) if digest == name => return None,
        Ok(digest) => format!("SHA-256 {digest}"),
        Err(error) => error.to_string(),
    };
    Some(Violation { path: path.to_path_buf(), found, expected: format!("SHA-256 {name}") })
}

fn damage(path: PathBuf, error: LakeError) -> Violation {
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

fn list(folder: &Path) -> Result<Vec<PathBuf>, LakeError> {
    let failed = |e| LakeError::io("read", folder, e);
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).map_err(failed)? {
        paths.push(entry.map_err(failed)?.path());
    }
    paths.sort();
    Ok(paths)
}
