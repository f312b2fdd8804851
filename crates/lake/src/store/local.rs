//! A folder of the local disk.

use std::fs::{self, File, Metadata};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;

use super::{Content, Head, Placed, Store, check_length, most};
use crate::durable::{DRAFT, Disk, below, parent_of};
use crate::error::LakeError;

/// Longest step in which a file system tells times.
const SETTLED: Duration = Duration::from_secs(2);

/// A folder, written durably.
#[derive(Debug)]
pub(crate) struct Local {
    root: PathBuf,
    disk: Disk,
}

impl Local {
    pub(crate) fn new(root: &Path, disk: &Disk) -> Self {
        Self { root: root.to_path_buf(), disk: disk.clone() }
    }

    fn path(&self, name: &str) -> PathBuf {
        below(&self.root, name)
    }

    /// Opens a plain file, or what a link to one leads to. Whatever else stands in its place is named
    /// and not opened: a pipe would be waited for, a device read without end.
    fn plain(&self, name: &str) -> Result<Option<File>, LakeError> {
        let path = self.path(name);
        let failed = |e| LakeError::io("read", &path, e);
        let Some(kind) = there(fs::metadata(&path)).map_err(failed)? else { return Ok(None) };
        if !kind.is_file() {
            return Err(LakeError::Corrupt {
                path: path.clone(),
                found: "no plain file stands there".to_owned(),
                expected: "a file of this lake".to_owned(),
            });
        }
        there(File::open(&path)).map_err(failed)
    }

    fn list_below(&self, name: &str, found: &mut Vec<String>) -> Result<(), LakeError> {
        let folder = self.path(name);
        let failed = |e| LakeError::io("read", &folder, e);
        let Some(entries) = there(fs::read_dir(&folder)).map_err(failed)? else {
            return Ok(());
        };
        for entry in entries {
            let entry = entry.map_err(failed)?;
            let own = entry.file_name().to_string_lossy().into_owned();
            if own.starts_with(DRAFT) {
                continue;
            }
            let name = format!("{name}/{own}");
            if entry.file_type().map_err(failed)?.is_dir() {
                self.list_below(&name, found)?;
            } else {
                found.push(name);
            }
        }
        Ok(())
    }
}

/// `None` for what is not there.
fn there<T>(found: io::Result<T>) -> io::Result<Option<T>> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(None),
        Err(e) => Err(e),
    }
}

impl Store for Local {
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Placed, LakeError> {
        self.disk.create(&self.path(name), bytes)
    }

    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LakeError> {
        self.disk.replace(&self.path(name), bytes)
    }

    fn place(&self, draft: &Path, name: &str) -> Result<Placed, LakeError> {
        self.disk.name(draft, &self.path(name))
    }

    fn place_all(&self, drafts: &[(&Path, &str)]) -> Result<Vec<Placed>, LakeError> {
        let named = drafts.iter().map(|(draft, name)| (*draft, self.path(name)));
        self.disk.name_all(&named.collect::<Vec<_>>())
    }

    fn place_over(&self, draft: &Path, name: &str) -> Result<(), LakeError> {
        self.disk.name_over(draft, &self.path(name))
    }

    fn get(&self, name: &str) -> Result<Option<Bytes>, LakeError> {
        let path = self.path(name);
        let failed = |e| LakeError::io("read", &path, e);
        let Some(file) = self.plain(name)? else { return Ok(None) };
        let length = file.metadata().map_err(failed)?.len();
        check_length(name, &path, length)?;
        // A device has no length, and a file may grow.
        let mut bytes = Vec::with_capacity(usize::try_from(length).unwrap_or_default());
        file.take(most(name) + 1).read_to_end(&mut bytes).map_err(failed)?;
        check_length(name, &path, bytes.len() as u64)?;
        Ok(Some(Bytes::from(bytes)))
    }

    fn open(&self, name: &str) -> Result<Option<Content>, LakeError> {
        Ok(self.plain(name)?.map(Content::File))
    }

    fn head(&self, name: &str) -> Result<Option<Head>, LakeError> {
        let path = self.path(name);
        let found = there(fs::metadata(&path)).map_err(|e| LakeError::io("read", &path, e))?;
        Ok(found.filter(Metadata::is_file).map(|meta| Head {
            bytes: meta.len(),
            mark: mark(&meta),
            is_settled: is_settled(&meta),
            modified: meta.modified().ok(),
        }))
    }

    fn list(&self, folder: &str) -> Result<Vec<String>, LakeError> {
        let mut found = Vec::new();
        self.list_below(folder, &mut found)?;
        found.sort_unstable();
        Ok(found)
    }

    fn top(&self) -> Result<Vec<String>, LakeError> {
        let failed = |e| LakeError::io("read", &self.root, e);
        let mut found = Vec::new();
        for entry in there(fs::read_dir(&self.root)).map_err(failed)?.into_iter().flatten() {
            let name = entry.map_err(failed)?.file_name().to_string_lossy().into_owned();
            if !name.starts_with(DRAFT) {
                found.push(name);
            }
        }
        found.sort_unstable();
        Ok(found)
    }

    fn remove(&self, name: &str) -> Result<(), LakeError> {
        let path = self.path(name);
        self.disk.step("remove", &path)?;
        match there(fs::remove_file(&path)).map_err(|e| LakeError::io("remove", &path, e))? {
            Some(()) => self.disk.sync_folder(parent_of(&path)),
            None => Ok(()),
        }
    }

    fn workshop(&self, folder: &str) -> PathBuf {
        // In the file system of the final name, whatever is mounted where.
        self.path(folder)
    }

    fn shown(&self, name: &str) -> PathBuf {
        self.path(name)
    }
}

/// Whether a file was left alone for so long that a later change cannot have the same time: file
/// systems tell times in steps. It only decides whether a file is looked at once more.
fn is_settled(meta: &Metadata) -> bool {
    let age = meta.modified().ok().and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age >= SETTLED)
}

/// Size and times of a file.
fn mark(meta: &Metadata) -> String {
    #[cfg(unix)]
    let times = {
        use std::os::unix::fs::MetadataExt as _;
        let (changed, renamed) = (meta.mtime_nsec(), meta.ctime_nsec());
        format!("{}.{changed} {}.{renamed} {}", meta.mtime(), meta.ctime(), meta.ino())
    };
    #[cfg(not(unix))]
    let times = {
        let modified = meta.modified().ok();
        let since = modified.and_then(|at| at.duration_since(std::time::UNIX_EPOCH).ok());
        format!("{}", since.unwrap_or_default().as_nanos())
    };
    format!("{} {times}", meta.len())
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn trial_x18_what_is_no_plain_file_is_neither_waited_for_nor_read_without_end() {
        let folder = tempfile::tempdir().unwrap();
        let store = Local::new(folder.path(), &Disk::default());
        let at = |name: &str| folder.path().join(name);
        std::os::unix::fs::symlink("/dev/zero", at("zero")).unwrap();
        let made = std::process::Command::new("mkfifo").arg(at("pipe")).status().unwrap();
        assert!(made.success());
        fs::create_dir(at("folder")).unwrap();
        for name in ["zero", "pipe", "folder"] {
            let told = [store.get(name).map(drop), store.open(name).map(drop)];
            for told in told {
                let told = told.unwrap_err().to_string();
                assert!(told.contains("no plain file stands there"), "{name}: {told}");
            }
        }
        // A link to a file is as good as the file.
        fs::write(at("file"), "text").unwrap();
        std::os::unix::fs::symlink(at("file"), at("link")).unwrap();
        assert_eq!(store.get("link").unwrap().unwrap(), "text");
        assert!(store.open("link").unwrap().is_some());
        assert!(store.get("none").unwrap().is_none() && store.open("none").unwrap().is_none());
    }
}
