//! A lake of its own that begins as another one is: to see what a commit would make of it. Files are
//! never changed once they are named, so the two share them by hard links; where the file system has
//! none they are copied. It is gone when the value is.

use std::fs;
use std::path::Path;

use tempfile::TempDir;

use crate::error::LakeError;
use crate::lake::Lake;

/// What a fork shares with its lake: below these folders lies nothing that is changed in place.
const SHARED: [&str; 3] = ["data", "manifests", "snapshots"];
/// What is written again, so that it is copied.
const COPIED: [&str; 2] = ["_format.json", crate::sample::FILE];
/// The pointer to the newest snapshot.
const HEAD: &str = "HEAD";

/// A lake for a rehearsal.
pub struct Fork {
    lake: Lake,
    _folder: TempDir,
}

impl Fork {
    /// The lake.
    pub const fn lake(&self) -> &Lake {
        &self.lake
    }
}

impl std::fmt::Debug for Fork {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Fork").field("lake", &self.lake.root()).finish_non_exhaustive()
    }
}

impl Lake {
    /// A lake of its own that begins as this one is now, among this one's drafts: nobody else sees
    /// it, and what a crash leaves of it `gc` removes. Only of a lake in a folder; bodies are not in
    /// it.
    ///
    /// # Errors
    /// When it cannot be made: no space, or a refusal of the file system.
    pub fn fork(&self) -> Result<Fork, LakeError> {
        let tmp = self.tmp();
        fs::create_dir_all(&tmp).map_err(|e| LakeError::io("create", &tmp, e))?;
        let folder = tempfile::Builder::new().prefix("rehearsal-").tempdir_in(&tmp);
        let folder = folder.map_err(|e| LakeError::io("create", &tmp, e))?;
        for name in COPIED {
            let (from, to) = (self.root().join(name), folder.path().join(name));
            if from.is_file() {
                fs::copy(&from, &to).map_err(|e| LakeError::io("copy", &from, e))?;
            }
        }
        for part in SHARED {
            // The newest snapshot may appear while they are linked: it is in both, or in neither.
            share(&self.root().join(part), &folder.path().join(part))?;
        }
        let lake = Self::open(folder.path())?;
        Ok(Fork { lake, _folder: folder })
    }
}

/// Links everything below a folder; the pointer to the newest snapshot is replaced by commits, so it
/// is copied.
fn share(from: &Path, to: &Path) -> Result<(), LakeError> {
    fs::create_dir_all(to).map_err(|e| LakeError::io("create", to, e))?;
    let failed = |e| LakeError::io("read", from, e);
    let entries = match fs::read_dir(from) {
        Ok(entries) => entries,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(()),
        Err(error) => return Err(failed(error)),
    };
    for entry in entries {
        let entry = entry.map_err(failed)?;
        let (path, target) = (entry.path(), to.join(entry.file_name()));
        let kind = entry.file_type().map_err(failed)?;
        if kind.is_dir() {
            share(&path, &target)?;
            continue;
        }
        // Drafts of others come and go.
        let is_draft = entry.file_name().to_string_lossy().starts_with(crate::durable::DRAFT);
        if !kind.is_file() || is_draft {
            continue;
        }
        let linked = entry.file_name() != HEAD && fs::hard_link(&path, &target).is_ok();
        if !linked {
            fs::copy(&path, &target).map_err(|e| LakeError::io("copy", &path, e))?;
        }
    }
    Ok(())
}
