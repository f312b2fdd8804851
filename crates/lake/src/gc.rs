//! Removing what no snapshot names: files of commits that were cut short, drafts, and the records
//! of runs that were stopped long ago. Never a body, and never anything that a snapshot names,
//! however old that snapshot is.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::error::LakeError;
use crate::lake::Lake;
use crate::raw::UNFINISHED;

/// What is removed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Collection {
    /// Younger things stay: a commit may be under way that will name them.
    pub grace: Duration,
    /// Only say what would be removed.
    pub dry_run: bool,
    /// Now.
    pub at: DateTime<Utc>,
    /// How long another writer is waited for.
    pub lock_within: Duration,
}

/// Something that was removed, or would be.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Removed {
    /// The file.
    pub path: PathBuf,
    /// Its length.
    pub bytes: u64,
    /// Why nobody needs it.
    pub why: &'static str,
}

/// What was collected.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Collected {
    /// What was removed, or would be.
    pub removed: Vec<Removed>,
    /// Files that no snapshot names, and that are younger than the time of grace.
    pub young: u64,
}

impl Lake {
    /// Removes what no snapshot of the chain names and what is older than the time of grace. It
    /// takes the writer's lock.
    ///
    /// # Errors
    /// Another writer; a chain or a document that is damaged, since then it is not known what is
    /// named; a refusal of the store.
    pub fn collect_garbage(&self, how: &Collection) -> Result<Collected, LakeError> {
        let _lock = self.lock_writer_within(how.lock_within)?;
        let named = self.named()?;
        let mut found = Collected::default();
        for folder in ["data", "manifests"] {
            for name in self.store().list(folder)? {
                if !named.contains(&name) {
                    self.remove_old(&name, "no snapshot names it", how, &mut found)?;
                }
            }
        }
        for name in self.store().list(UNFINISHED)? {
            self.remove_old(&name, "the record of a run that was stopped", how, &mut found)?;
        }
        remove_spilled(&self.tmp(), how, &mut found)?;
        found.removed.sort();
        Ok(found)
    }

    /// The names of all files and documents of all snapshots.
    fn named(&self) -> Result<BTreeSet<String>, LakeError> {
        let mut violations = Vec::new();
        let chain = self.verify_chain(&mut violations)?;
        let documents = self.verify_documents(&chain, &mut violations);
        if let Some(first) = violations.into_iter().next() {
            let (path, found, expected) = (first.path, first.found, first.expected);
            return Err(LakeError::Corrupt { path, found, expected });
        }
        let files = documents.files.into_iter().map(|file| file.path);
        Ok(documents.names.into_iter().chain(files).collect())
    }

    fn remove_old(
        &self,
        name: &str,
        why: &'static str,
        how: &Collection,
        found: &mut Collected,
    ) -> Result<(), LakeError> {
        let Some(head) = self.store().head(name)? else { return Ok(()) };
        if !is_old(head.modified, how) {
            found.young += 1;
            return Ok(());
        }
        if !how.dry_run {
            self.store().remove(name)?;
        }
        found.removed.push(Removed { path: self.store().shown(name), bytes: head.bytes, why });
        Ok(())
    }
}

/// Spilled rows and drafts below a local folder, unless somebody holds them.
fn remove_spilled(folder: &Path, how: &Collection, found: &mut Collected) -> Result<(), LakeError> {
    let failed = |path: &Path, e| LakeError::io("remove", path, e);
    let entries = match fs::read_dir(folder) {
        Ok(entries) => entries,
        Err(e) if e.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(e) => return Err(LakeError::io("read", folder, e)),
    };
    for entry in entries {
        let entry = entry.map_err(|e| LakeError::io("read", folder, e))?;
        let (path, meta) = (entry.path(), entry.metadata());
        let meta = meta.map_err(|e| LakeError::io("read", &path, e))?;
        if meta.is_dir() {
            remove_spilled(&path, how, found)?;
            if !how.dry_run && is_old(meta.modified().ok(), how) {
                // Only if there is nothing in it.
                drop(fs::remove_dir(&path));
            }
            continue;
        }
        let is_free = || File::open(&path).is_ok_and(|file| file.try_lock().is_ok());
        if !is_old(meta.modified().ok(), how) || !is_free() {
            found.young += 1;
            continue;
        }
        if !how.dry_run {
            fs::remove_file(&path).map_err(|e| failed(&path, e))?;
        }
        found.removed.push(Removed { path, bytes: meta.len(), why: "left by a crash" });
    }
    Ok(())
}

/// Whether something was left alone for the time of grace; what has no time is taken for young.
fn is_old(modified: Option<SystemTime>, how: &Collection) -> bool {
    let until = SystemTime::from(how.at).checked_sub(how.grace);
    modified.zip(until).is_some_and(|(modified, until)| modified <= until)
}
