//! A glance at the lake, cheap enough for every waking of a daemon: that what the newest snapshot
//! stands on is there. Whether it is what it was, `verify` tells (X12).

use std::path::PathBuf;

use crate::documents::Documents;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::snapshot::{At, OBSERVATIONS_LATEST, Snapshot, Tree};

/// Data files that are looked for: those of the dataset that changed last.
const FILES: usize = 16;

/// Folders that are made once and never replaced.
const FOLDERS: [&str; 5] = ["raw/sha256", "raw/meta", "data", "snapshots", "manifests"];

impl Lake {
    /// The folders of a local lake that are made once and never replaced.
    pub fn folders(&self) -> Vec<PathBuf> {
        FOLDERS.iter().map(|name| crate::durable::below(self.root(), name)).collect()
    }

    /// Looks for the newest snapshot, its documents, data files of the dataset that changed last,
    /// and anything at all in the archive. Nothing is hashed.
    ///
    /// # Errors
    /// What is gone; [`LakeError::Lost`] where that is the newest snapshot.
    pub fn glance(&self) -> Result<(), LakeError> {
        let Some(head) = self.snapshot(At::Head)? else { return Ok(()) };
        if let Tree::Hashed(all) = &head.tree {
            for sha256 in all.buckets.values() {
                self.look_for(&Documents::name(sha256), &head)?;
            }
        }
        let change = &head.change;
        if let Some(sha256) = head.dataset_sha256(&change.source, &change.dataset)? {
            self.look_for(&Documents::name(&sha256), &head)?;
        }
        let files = head.files_of(OBSERVATIONS_LATEST, &change.source, &change.dataset)?;
        for file in files.iter().take(FILES) {
            self.look_for(&file.path, &head)?;
        }
        self.look_for_bodies(&head)
    }

    fn look_for(&self, name: &str, head: &Snapshot) -> Result<(), LakeError> {
        match self.store().head(name)? {
            Some(_) => Ok(()),
            None => Err(LakeError::Corrupt {
                path: self.store().shown(name),
                found: "no file".to_owned(),
                expected: format!("what snapshot {} names", head.id),
            }),
        }
    }

    /// Every row came from a body, so a lake with a snapshot has some. Only of a folder is it cheap
    /// to know.
    fn look_for_bodies(&self, head: &Snapshot) -> Result<(), LakeError> {
        let folder = crate::durable::below(self.root(), "raw/sha256");
        if self.store().workshop("raw/sha256") != folder {
            return Ok(());
        }
        let some = std::fs::read_dir(&folder).is_ok_and(|mut entries| entries.next().is_some());
        if some {
            return Ok(());
        }
        Err(LakeError::Corrupt {
            path: folder,
            found: "no body at all".to_owned(),
            expected: format!("the bodies that the rows of snapshot {} came from", head.id),
        })
    }
}
