//! Checking data files before they are read, and remembering which were found good.
//!
//! A file is never changed once it is named, so a file that was found to be what its snapshot
//! says, and that has the same size and times still, is not read again. What a disk changes
//! without telling the file system is found by `wsis verify`, which remembers nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, Metadata};
use std::path::PathBuf;
use std::sync::PoisonError;
use std::time::Duration;

use crate::error::LakeError;
use crate::lake::{Lake, open_checked};
use crate::snapshot::FileEntry;

/// Longest step in which a file system tells times.
const SETTLED: Duration = Duration::from_secs(2);

/// What was known of a file when it was found good: size and times, and the hash it was compared
/// with.
pub(crate) type Memory = BTreeMap<String, String>;

impl Lake {
    fn memory_path(&self) -> PathBuf {
        self.root().join("state").join("checked")
    }

    /// Compares length and SHA-256 of files with what their snapshot says. Those found good
    /// before and not touched since cost a look at their size and times.
    ///
    /// # Errors
    /// [`LakeError::Corrupt`] or [`LakeError::Io`] for the first file, in the order given, that is
    /// damaged or cannot be read.
    pub fn check_files<'a>(
        &self,
        entries: impl IntoIterator<Item = &'a FileEntry>,
    ) -> Result<(), LakeError> {
        let mut memory = self.memory().lock().unwrap_or_else(PoisonError::into_inner);
        if memory.is_empty() {
            *memory = self.remembered();
        }
        let mut unknown: Vec<(&FileEntry, String)> = Vec::new();
        for entry in entries {
            let path = self.path(entry);
            let meta = fs::metadata(&path).map_err(|e| LakeError::io("read", &path, e))?;
            let known = mark(&meta, entry);
            if memory.get(&entry.path) != Some(&known) {
                unknown.push((entry, known));
            }
        }
        if unknown.is_empty() {
            return Ok(());
        }
        self.hash_all(&unknown)?;
        let before = memory.len();
        for (entry, known) in unknown {
            let settled = fs::metadata(self.path(entry)).is_ok_and(|meta| is_settled(&meta));
            if settled {
                memory.insert(entry.path.clone(), known);
            } else {
                memory.remove(&entry.path);
            }
        }
        if !memory.is_empty() || before > 0 {
            self.remember(&memory);
        }
        Ok(())
    }

    fn hash_all(&self, files: &[(&FileEntry, String)]) -> Result<(), LakeError> {
        let part = files.len().div_ceil(self.threads()).max(1);
        std::thread::scope(|scope| {
            let work = |part: &'_ [(&FileEntry, String)]| -> Result<(), LakeError> {
                part.iter()
                    .try_for_each(|(entry, _)| open_checked(&self.path(entry), entry).map(drop))
            };
            let workers: Vec<_> =
                files.chunks(part).map(|part| scope.spawn(move || work(part))).collect();
            workers.into_iter().try_for_each(|it| {
                it.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
            })
        })
    }

    /// What an earlier process found good; nothing when that cannot be read.
    fn remembered(&self) -> Memory {
        let text = fs::read_to_string(self.memory_path()).unwrap_or_default();
        let line = |line: &str| {
            let (known, path) = line.split_once('\t')?;
            Some((path.to_owned(), known.to_owned()))
        };
        text.lines().filter_map(line).collect()
    }

    /// For the next process. In a lake that may not be written it looks again.
    fn remember(&self, memory: &Memory) {
        let mut text = String::new();
        for (path, known) in memory {
            let _ = writeln!(text, "{known}\t{path}");
        }
        drop(self.disk().replace(&self.memory_path(), text.as_bytes()));
    }
}

/// Whether a file was left alone for so long that a later change cannot have the same time: file
/// systems tell times in steps. It only decides whether a file is looked at once more.
fn is_settled(meta: &Metadata) -> bool {
    let age = meta.modified().ok().and_then(|at| at.elapsed().ok());
    age.is_some_and(|age| age >= SETTLED)
}

/// Size and times of a file, with the length and hash that it is to have.
fn mark(meta: &Metadata, entry: &FileEntry) -> String {
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
    format!("{} {times} {} {}", meta.len(), entry.bytes, entry.sha256)
}
