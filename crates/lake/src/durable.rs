//! The only place that writes files: whole or not at all, and on the disk before it is said so.
//!
//! A file is written under a temporary name in the same file system, synced, then hard-linked
//! (create-only) or renamed (replacing) to its final name, and the folder is synced. A crash at
//! any step leaves at most a temporary file that nothing refers to.

use std::collections::BTreeSet;
use std::fmt;
use std::fs::{self, File};
use std::io::{self, Read as _, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::error::LakeError;
use crate::store::{Placed, Store};

/// Called before each step of a write with the step's name; an error stands for one of the
/// system. For tests of crashes and full disks.
pub type FaultHook = Arc<dyn Fn(&str, &Path) -> io::Result<()> + Send + Sync>;

/// Writes durably, with an optional fault hook.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    hook: Option<FaultHook>,
}

impl fmt::Debug for Disk {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Disk").field("has_hook", &self.hook.is_some()).finish()
    }
}

impl Disk {
    pub(crate) fn with_hook(hook: FaultHook) -> Self {
        Self { hook: Some(hook) }
    }

    pub(crate) fn step(&self, step: &'static str, path: &Path) -> Result<(), LakeError> {
        match &self.hook {
            Some(hook) => hook(step, path).map_err(|e| LakeError::io(step, path, e)),
            None => Ok(()),
        }
    }

    /// Creates a folder and its parents; new ones are synced into their parent.
    pub(crate) fn create_folder(&self, path: &Path) -> Result<(), LakeError> {
        if path.is_dir() {
            return Ok(());
        }
        if let Some(parent) = path.parent().filter(|p| !p.as_os_str().is_empty()) {
            self.create_folder(parent)?;
        }
        self.step("create folder", path)?;
        match fs::create_dir(path) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {}
            Err(e) => return Err(LakeError::io("create folder", path, e)),
        }
        path.parent().map_or(Ok(()), |parent| self.sync_folder(parent))
    }

    pub(crate) fn sync_folder(&self, path: &Path) -> Result<(), LakeError> {
        let path = if path.as_os_str().is_empty() { Path::new(".") } else { path };
        self.step("sync folder", path)?;
        File::open(path)
            .and_then(|folder| folder.sync_all())
            .map_err(|e| LakeError::io("sync folder", path, e))
    }

    /// Opens a temporary file in `folder`; dropped unplaced, it disappears.
    pub(crate) fn draft(&self, folder: &Path) -> Result<Draft, LakeError> {
        self.create_folder(folder)?;
        self.step("create", folder)?;
        let file = locked_draft(folder).map_err(|e| LakeError::io("create", folder, e))?;
        Ok(Draft { file, disk: self.clone(), hash: Sha256::new(), bytes: 0 })
    }

    /// Writes a small file whole, replacing the one with that name in one step.
    pub(crate) fn replace(&self, path: &Path, bytes: &[u8]) -> Result<(), LakeError> {
        let mut draft = self.draft(parent_of(path))?;
        draft.write(bytes)?;
        draft.finish()?.replace(path)
    }

    /// Writes a small file whole unless the name is taken.
    pub(crate) fn create(&self, path: &Path, bytes: &[u8]) -> Result<Placed, LakeError> {
        let mut draft = self.draft(parent_of(path))?;
        draft.write(bytes)?;
        draft.finish()?.create(path)
    }

    /// Gives a synced draft its name, unless that is taken.
    pub(crate) fn name(&self, draft: &Path, path: &Path) -> Result<Placed, LakeError> {
        let placed = self.link(draft, path)?;
        // Whoever made one that was there may not have come to that (a crash between the two steps).
        self.sync_folder(parent_of(path)).map(|()| placed)
    }

    /// Gives synced drafts their names, unless these are taken; each folder is synced once.
    pub(crate) fn name_all(&self, drafts: &[(&Path, PathBuf)]) -> Result<Vec<Placed>, LakeError> {
        let placed = drafts.iter().map(|(draft, path)| self.link(draft, path));
        let placed = placed.collect::<Result<Vec<_>, _>>()?;
        let folders: BTreeSet<&Path> = drafts.iter().map(|(_, path)| parent_of(path)).collect();
        folders.into_iter().try_for_each(|folder| self.sync_folder(folder))?;
        Ok(placed)
    }

    /// Without syncing the folder.
    fn link(&self, draft: &Path, path: &Path) -> Result<Placed, LakeError> {
        self.create_folder(parent_of(path))?;
        self.step("link", path)?;
        match fs::hard_link(draft, path) {
            Ok(()) => Ok(Placed::Created),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => Ok(Placed::Existed),
            // No hard links here: create-only rename of the draft (not atomic against another
            // creator on such file systems, but never overwriting).
            Err(e) if e.kind() == io::ErrorKind::Unsupported => {
                let draft = tempfile::TempPath::try_from_path(draft);
                let draft = draft.map_err(|e| LakeError::io("create", path, e))?;
                match draft.persist_noclobber(path) {
                    Ok(()) => Ok(Placed::Created),
                    Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => Ok(Placed::Existed),
                    Err(e) => Err(LakeError::io("create", path, e.error)),
                }
            }
            Err(e) => Err(LakeError::io("create", path, e)),
        }
    }

    /// Gives a synced draft its name, in place of what has the name.
    pub(crate) fn name_over(&self, draft: &Path, path: &Path) -> Result<(), LakeError> {
        self.create_folder(parent_of(path))?;
        self.step("rename", path)?;
        fs::rename(draft, path).map_err(|e| LakeError::io("replace", path, e))?;
        self.sync_folder(parent_of(path))
    }
}

/// How names of drafts begin.
pub(crate) const DRAFT: &str = ".tmp-";

/// A new temporary file, locked as long as it is open: the janitor removes drafts that nobody
/// holds. It may have taken this one in the moment before it was locked; then another is made.
/// Where a file system has no locks, the janitor can take none either.
fn locked_draft(folder: &Path) -> io::Result<NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    builder.prefix(DRAFT);
    // What gets a name follows the umask of whoever runs us, like any other file: an operator
    // decides whether a web server may read it.
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    loop {
        let file = builder.tempfile_in(folder)?;
        match file.as_file().try_lock() {
            Ok(()) if !file.path().is_file() => {}
            Err(fs::TryLockError::WouldBlock) => {}
            _ => return Ok(file),
        }
    }
}

/// The folder of a file (`.` for a bare name).
pub(crate) fn parent_of(path: &Path) -> &Path {
    path.parent().filter(|p| !p.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A temporary file being written; hashes what passes.
pub(crate) struct Draft {
    file: NamedTempFile,
    disk: Disk,
    hash: Sha256,
    bytes: u64,
}

impl Draft {
    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), LakeError> {
        let path = self.file.path().to_path_buf();
        self.write_all(bytes).map_err(|e| LakeError::io("write", &path, e))
    }

    /// Path of the temporary file.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Syncs the content. The name is given by [`Finished::create`] or [`Finished::replace`].
    pub(crate) fn finish(self) -> Result<Finished, LakeError> {
        let path = self.file.path().to_path_buf();
        self.disk.step("sync", &path)?;
        self.file.as_file().sync_all().map_err(|e| LakeError::io("sync", &path, e))?;
        Ok(Finished {
            file: self.file,
            disk: self.disk,
            sha256: self.hash.finalize().into(),
            bytes: self.bytes,
        })
    }
}

impl Write for Draft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if let Some(hook) = &self.disk.hook {
            hook("write", self.file.path())?;
        }
        let written = self.file.as_file_mut().write(bytes)?;
        if let Some(done) = bytes.get(..written) {
            self.hash.update(done);
        }
        self.bytes += written as u64;
        Ok(written)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.file.as_file_mut().flush()
    }
}

/// A synced temporary file waiting for its name.
pub(crate) struct Finished {
    file: NamedTempFile,
    disk: Disk,
    /// Hash of the content.
    pub(crate) sha256: [u8; 32],
    /// Length of the content.
    pub(crate) bytes: u64,
}

impl Finished {
    /// Path of the temporary file, to be read back before it is named.
    pub(crate) fn path(&self) -> &Path {
        self.file.path()
    }

    /// Names the file in a store, unless the name is taken.
    pub(crate) fn place(&self, store: &dyn Store, name: &str) -> Result<Placed, LakeError> {
        store.place(self.path(), name)
    }

    /// Names the file in a store, in place of what has the name.
    pub(crate) fn place_over(&self, store: &dyn Store, name: &str) -> Result<(), LakeError> {
        store.place_over(self.path(), name)
    }

    /// Names the local file, unless the name is taken.
    fn create(self, path: &Path) -> Result<Placed, LakeError> {
        self.disk.name(self.file.path(), path)
    }

    /// Names the local file, replacing the one that has the name.
    pub(crate) fn replace(self, path: &Path) -> Result<(), LakeError> {
        self.disk.name_over(self.file.path(), path)
    }
}

/// Reads a plain file whole, if it is not longer than that; an absent one is `None`.
pub(crate) fn read_if_there(path: &Path, most: u64) -> Result<Option<Vec<u8>>, LakeError> {
    let length = match fs::metadata(path) {
        Ok(meta) if meta.is_file() && meta.len() <= most => meta.len(),
        Ok(meta) => {
            return Err(LakeError::Corrupt {
                path: path.to_path_buf(),
                found: format!("something of {} bytes", meta.len()),
                expected: format!("a plain file of at most {most} bytes"),
            });
        }
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(e) => return Err(LakeError::io("read", path, e)),
    };
    let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
    let read = File::open(path).and_then(|file| file.take(most).read_to_end(&mut bytes));
    read.map_err(|e| LakeError::io("read", path, e))?;
    Ok(Some(bytes))
}

/// Length and SHA-256 of a reader's content.
pub(crate) fn hash_of(mut reader: impl io::Read) -> io::Result<(u64, [u8; 32])> {
    let mut hash = Sha256::new();
    let mut buffer = vec![0_u8; 256 * 1024];
    let mut bytes = 0_u64;
    loop {
        let read = match reader.read(&mut buffer) {
            Ok(0) => break,
            Ok(read) => read,
            Err(e) if e.kind() == io::ErrorKind::Interrupted => continue,
            Err(e) => return Err(e),
        };
        if let Some(part) = buffer.get(..read) {
            hash.update(part);
        }
        bytes += read as u64;
    }
    Ok((bytes, hash.finalize().into()))
}

/// 64 lower-case hexadecimal digits.
pub(crate) fn hex(digest: &[u8; 32]) -> String {
    wsis_model::payload::RawId::from_digest(*digest).to_string()
}

/// Paths as written into snapshots: relative, with `/`.
pub(crate) fn below(root: &Path, relative: &str) -> PathBuf {
    let parts = relative.split('/').filter(|part| !part.is_empty());
    parts.fold(root.to_path_buf(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::Disk;
    use crate::store::Placed;

    /// A name that was there already may not be on the disk yet: whoever made it may have died
    /// before its folder was synced.
    #[test]
    fn trial_r24_a_name_that_was_there_is_synced_too() {
        let folder = tempfile::tempdir().unwrap();
        let steps = Arc::new(Mutex::new(Vec::new()));
        let seen = Arc::clone(&steps);
        let disk = Disk::with_hook(Arc::new(move |step, _| {
            seen.lock().unwrap().push(step.to_owned());
            Ok(())
        }));
        let path = folder.path().join("a");
        assert_eq!(disk.create(&path, b"x").unwrap(), Placed::Created);
        steps.lock().unwrap().clear();
        assert_eq!(disk.create(&path, b"x").unwrap(), Placed::Existed);
        assert_eq!(steps.lock().unwrap().last().map(String::as_str), Some("sync folder"));
    }

    /// All names are given before a folder is synced, and each folder is synced once.
    #[test]
    fn trial_p221_of_files_that_get_their_names_together_each_folder_is_synced_once() {
        let folder = tempfile::tempdir().unwrap();
        let steps = Arc::new(Mutex::new(Vec::new()));
        let (seen, root) = (Arc::clone(&steps), folder.path().to_path_buf());
        let disk = Disk::with_hook(Arc::new(move |step, path| {
            let below = path.strip_prefix(&root).unwrap().to_string_lossy().into_owned();
            seen.lock().unwrap().push(format!("{step} {below}"));
            Ok(())
        }));
        for made in ["b", "c"] {
            disk.create_folder(&folder.path().join(made)).unwrap();
        }
        let names = ["b/1", "c/2", "b/3"].map(|name| folder.path().join(name));
        let drafts = names.each_ref().map(|_| disk.draft(folder.path()).unwrap().finish().unwrap());
        let drafts: Vec<_> =
            drafts.iter().zip(&names).map(|(it, to)| (it.path(), to.clone())).collect();
        steps.lock().unwrap().clear();
        assert_eq!(disk.name_all(&drafts).unwrap(), [Placed::Created; 3]);
        let told = std::mem::take(&mut *steps.lock().unwrap());
        assert_eq!(told, ["link b/1", "link c/2", "link b/3", "sync folder b", "sync folder c"]);
        assert_eq!(disk.name_all(&drafts[..1]).unwrap(), [Placed::Existed]);
        assert_eq!(*steps.lock().unwrap(), ["link b/1", "sync folder b"]);
    }
}
