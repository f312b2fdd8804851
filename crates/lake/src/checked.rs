//! Checking data files before they are read, and remembering which were found good.
//!
//! A file is never changed once it is named, so a file that was found to be what its snapshot
//! says, and that has the same size and times still, is not read again. What a disk changes
//! without telling the file system is found by `wsis verify`, which remembers nothing.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;
use std::sync::PoisonError;

use crate::durable::read_if_there;
use crate::error::LakeError;
use crate::lake::{Lake, open_checked};
use crate::snapshot::FileEntry;
use crate::store::Head;

/// What was known of a file when it was found good: size and times, and the hash it was compared
/// with.
pub(crate) type Memory = BTreeMap<String, String>;

/// Most bytes of what is remembered: 200 for each of a million files.
const MEMORY_MAX: u64 = 256 << 20;

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
        let mut unknown: Vec<(&FileEntry, String)> = Vec::new();
        for entry in entries {
            let no_file =
                || LakeError::io("read", &self.path(entry), io::ErrorKind::NotFound.into());
            let head = self.store().head(&entry.path)?.ok_or_else(no_file)?;
            unknown.push((entry, mark(&head, entry)));
        }
        {
            let mut memory = self.memory().lock().unwrap_or_else(PoisonError::into_inner);
            if memory.is_empty() {
                *memory = self.remembered();
            }
            unknown.retain(|(entry, known)| memory.get(&entry.path) != Some(known));
        }
        if unknown.is_empty() {
            return Ok(());
        }
        // Without the memory: gigabytes may be read, and others ask about other files meanwhile.
        self.hash_all(&unknown)?;
        let mut memory = self.memory().lock().unwrap_or_else(PoisonError::into_inner);
        let before = memory.len();
        for (entry, known) in unknown {
            let head = self.store().head(&entry.path);
            if head.is_ok_and(|head| head.is_some_and(|head| head.is_settled)) {
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
                    .try_for_each(|(entry, _)| open_checked(&**self.store(), entry).map(drop))
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
        let bytes = read_if_there(&self.memory_path(), MEMORY_MAX).ok().flatten();
        let text = String::from_utf8(bytes.unwrap_or_default()).unwrap_or_default();
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

/// What a file looked like, with the length and hash that it is to have.
fn mark(head: &Head, entry: &FileEntry) -> String {
    format!("{} {} {}", head.mark, entry.bytes, entry.sha256)
}
