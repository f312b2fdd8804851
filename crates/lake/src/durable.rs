//! The only place that writes files: whole or not at all, and on the disk before it is said so.
//!
//! A file is written under a temporary name in the same file system, synced, then hard-linked
//! (create-only) or renamed (replacing) to its final name, and the folder is synced. A crash at
//! any step leaves at most a temporary file that nothing refers to.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;

use crate::error::LakeError;

/// Called before each step of a write with the step's name; an error stands for one of the
/// system. For tests of crashes and full disks.
pub type FaultHook = Arc<dyn Fn(&str, &Path) -> io::Result<()> + Send + Sync>;

/// How a temporary file becomes a real one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Placed {
    /// The name was free.
    Created,
    /// A file with that name is there; it was left alone.
    Existed,
}

/// Writes durably, with an optional fault hook.
#[derive(Clone, Default)]
pub(crate) struct Disk {
    hook: Option<FaultHook>,
}

impl Disk {
    pub(crate) fn with_hook(hook: FaultHook) -> Self {
        Self { hook: Some(hook) }
    }

    fn step(&self, step: &'static str, path: &Path) -> Result<(), LakeError> {
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

    fn sync_folder(&self, path: &Path) -> Result<(), LakeError> {
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

    /// Appends whole lines to a file and syncs it. A line torn by an earlier crash is cut off
    /// first.
    pub(crate) fn append_lines(&self, path: &Path, lines: &[u8]) -> Result<(), LakeError> {
        self.create_folder(parent_of(path))?;
        self.step("append", path)?;
        let failed = |e| LakeError::io("append to", path, e);
        let existed = path.is_file();
        let old = if existed { fs::read(path).map_err(failed)? } else { Vec::new() };
        let whole = old.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
        let mut file = fs::OpenOptions::new()
            .create(true)
            .write(true)
            .truncate(false)
            .open(path)
            .map_err(failed)?;
        file.set_len(whole as u64).map_err(failed)?;
        io::Seek::seek(&mut file, io::SeekFrom::End(0)).map_err(failed)?;
        file.write_all(lines).map_err(failed)?;
        self.step("sync", path)?;
        file.sync_all().map_err(failed)?;
        if existed { Ok(()) } else { self.sync_folder(parent_of(path)) }
    }

    /// Gives a file a second name in another folder (same bytes, no copy), or copies it where the
    /// file system has no hard links.
    pub(crate) fn link(&self, from: &Path, to: &Path) -> Result<(), LakeError> {
        self.create_folder(parent_of(to))?;
        self.step("link", to)?;
        match fs::hard_link(from, to) {
            Ok(()) => self.sync_folder(parent_of(to)),
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                same_content(from, to)?;
                // Whoever made it may not have come to that (a crash between the two steps).
                self.sync_folder(parent_of(to))
            }
            Err(_) => {
                let mut draft = self.draft(parent_of(to))?;
                let mut source = File::open(from).map_err(|e| LakeError::io("read", from, e))?;
                io::copy(&mut source, &mut draft).map_err(|e| LakeError::io("write", to, e))?;
                draft.finish()?.create(to).map(drop)
            }
        }
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

    /// Names the file, unless the name is taken.
    pub(crate) fn create(self, path: &Path) -> Result<Placed, LakeError> {
        self.disk.create_folder(parent_of(path))?;
        self.disk.step("link", path)?;
        match fs::hard_link(self.file.path(), path) {
            Ok(()) => {}
            Err(e) if e.kind() == io::ErrorKind::AlreadyExists => {
                return self.disk.sync_folder(parent_of(path)).map(|()| Placed::Existed);
            }
            // No hard links here: create-only rename of the temporary file (not atomic against
            // another creator on such file systems, but never overwriting).
            Err(e) if e.kind() == io::ErrorKind::Unsupported => {
                let disk = self.disk.clone();
                return match self.file.persist_noclobber(path) {
                    Ok(_) => disk.sync_folder(parent_of(path)).map(|()| Placed::Created),
                    Err(e) if e.error.kind() == io::ErrorKind::AlreadyExists => {
                        disk.sync_folder(parent_of(path)).map(|()| Placed::Existed)
                    }
                    Err(e) => Err(LakeError::io("create", path, e.error)),
                };
            }
            Err(e) => return Err(LakeError::io("create", path, e)),
        }
        self.disk.sync_folder(parent_of(path))?;
        Ok(Placed::Created)
    }

    /// Names the file, replacing the one that has the name.
    pub(crate) fn replace(self, path: &Path) -> Result<(), LakeError> {
        self.disk.create_folder(parent_of(path))?;
        self.disk.step("rename", path)?;
        self.file.persist(path).map_err(|e| LakeError::io("replace", path, e.error))?;
        self.disk.sync_folder(parent_of(path))
    }
}

/// Reads a file whole; an absent one is `None`.
pub(crate) fn read_if_there(path: &Path) -> Result<Option<Vec<u8>>, LakeError> {
    match fs::read(path) {
        Ok(bytes) => Ok(Some(bytes)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(LakeError::io("read", path, e)),
    }
}

/// Refuses a file that has the name of another one and not its content.
fn same_content(good: &Path, path: &Path) -> Result<(), LakeError> {
    let digest = |path: &Path| {
        let failed = |e| LakeError::io("read", path, e);
        File::open(path).and_then(hash_of).map_err(failed)
    };
    let ((bytes, expected), (found_bytes, found)) = (digest(good)?, digest(path)?);
    if found == expected {
        return Ok(());
    }
    Err(LakeError::Corrupt {
        path: path.to_path_buf(),
        found: format!("{found_bytes} bytes, SHA-256 {}", hex(&found)),
        expected: format!("{bytes} bytes, SHA-256 {}", hex(&expected)),
    })
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
    relative.split('/').fold(root.to_path_buf(), |path, part| path.join(part))
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::sync::{Arc, Mutex};

    use super::{Disk, Placed};
    use crate::error::LakeError;

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
        let copy = folder.path().join("b");
        disk.link(&path, &copy).unwrap();
        steps.lock().unwrap().clear();
        disk.link(&path, &copy).unwrap();
        assert_eq!(*steps.lock().unwrap(), ["link", "sync folder"]);
    }

    #[test]
    fn trial_r24_a_link_never_takes_another_file_for_the_one_meant() {
        let folder = tempfile::tempdir().unwrap();
        let (good, other) = (folder.path().join("a"), folder.path().join("b"));
        fs::write(&good, "right").unwrap();
        fs::write(&other, "wrong").unwrap();
        let error = Disk::default().link(&good, &other).unwrap_err();
        assert!(matches!(&error, LakeError::Corrupt { path, .. } if *path == other), "{error}");
        assert_eq!(fs::read_to_string(&other).unwrap(), "wrong", "and overwrites nothing");
    }
}
