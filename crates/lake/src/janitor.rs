//! Drafts that a crash left behind. Whoever writes one holds a lock on it (see `durable`), so a
//! draft that can be locked is nobody's.

use std::fs::{self, File};
use std::path::Path;

use crate::durable::DRAFT;
use crate::lake::Lake;

/// Folders below the lake's in which drafts are made, and whether those below them are too.
const PLACES: [(&str, bool); 9] = [
    ("", false),
    ("tmp", false),
    ("raw/sha256", false),
    ("raw/meta", true),
    ("raw/unfinished", true),
    ("snapshots", false),
    ("manifests", false),
    ("public", true),
    ("data", true),
];

impl Lake {
    /// Removes what crashes left behind, in all folders where drafts are made. What cannot be
    /// removed is left: it harms nobody but takes space.
    pub(crate) fn sweep(&self) {
        for (place, below) in PLACES {
            sweep(&self.root().join(place), below);
        }
    }
}

impl Lake {
    /// Removes drafts of tables that a publisher left behind, unless somebody publishes.
    pub fn sweep_published(&self) {
        if let Ok(_nobody_publishes) = self.lock_public() {
            self.sweep_public();
        }
    }

    /// The same of what is published alone: a process that publishes and is ended leaves tens of
    /// megabytes in the folder that dashboards read.
    pub(crate) fn sweep_public(&self) {
        sweep(&self.root().join("public"), true);
    }
}

fn sweep(folder: &Path, below: bool) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let Ok(kind) = entry.file_type() else { continue };
        let path = entry.path();
        if kind.is_dir() && below {
            sweep(&path, true);
        } else if kind.is_file()
            && entry.file_name().to_string_lossy().starts_with(DRAFT)
            && File::open(&path).is_ok_and(|file| file.try_lock().is_ok())
        {
            drop(fs::remove_file(&path));
        }
    }
}
