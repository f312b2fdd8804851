//! Where the documents and data files of a lake lie. Names are relative, with `/`; a name is
//! given once and for all ([`Store::create`], [`Store::place`]), but for the few that are
//! replaced whole ([`Store::replace`]).
//!
//! [`Local`] keeps them in a folder and on the disk before it says so; [`Objects`] in any store
//! of objects. Drafts and spilled rows are local files whatever the store is.

mod content;
mod local;
mod objects;

use std::fmt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use bytes::Bytes;

use crate::error::LakeError;

pub use content::Content;
pub(crate) use local::Local;
pub(crate) use objects::Objects;

/// How a draft got its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Placed {
    /// The name was free.
    Created,
    /// Something has that name; it was left alone.
    Existed,
}

/// What is known of a file without reading it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Head {
    /// Length.
    pub bytes: u64,
    /// Something that changes whenever the content does.
    pub mark: String,
    /// Whether a later change is sure to show in the mark.
    pub is_settled: bool,
    /// When it was written, where the store knows.
    pub modified: Option<SystemTime>,
}

/// Most bytes of `_format.json`, two short members, and of the statement of a sample, a line.
const FORMAT_MAX: u64 = 64 << 10;
/// Most bytes of `snapshots/HEAD`: a number and a hash.
const HEAD_MAX: u64 = 4 << 10;
/// Most bytes of a document: a snapshot of format 1 lists a thousand files in one of these.
const DOCUMENT_MAX: u64 = 64 << 20;
/// Most bytes of a file of records: a million requests take a third.
const RECORDS_MAX: u64 = 1 << 30;
/// Most bytes of anything that is read whole: data files end at 128 MB, bodies at the limit of the
/// fetcher.
const WHOLE_MAX: u64 = 4 << 30;

/// How long a file may be that is read whole.
fn most(name: &str) -> u64 {
    match name.split('/').next().unwrap_or_default() {
        "_format.json" | crate::sample::FILE => FORMAT_MAX,
        "snapshots" if name.ends_with("/HEAD") => HEAD_MAX,
        "snapshots" | "manifests" => DOCUMENT_MAX,
        "raw" if crate::raw::is_record(name) => RECORDS_MAX,
        _ => WHOLE_MAX,
    }
}

/// Refuses a file that is longer than anything of its kind: it is read into memory whole.
fn check_length(name: &str, shown: &Path, bytes: u64) -> Result<(), LakeError> {
    let most = most(name);
    if bytes <= most {
        return Ok(());
    }
    Err(LakeError::Corrupt {
        path: shown.to_path_buf(),
        found: format!("{bytes} bytes"),
        expected: format!("at most {most} bytes"),
    })
}

/// Files under names. All methods may be called from several threads, and block.
pub trait Store: Send + Sync + fmt::Debug {
    /// Writes a small file whole, unless the name is taken.
    ///
    /// # Errors
    /// A refusal of the store.
    fn create(&self, name: &str, bytes: &[u8]) -> Result<Placed, LakeError>;

    /// Writes a small file whole, in place of the one that has the name.
    ///
    /// # Errors
    /// A refusal of the store.
    fn replace(&self, name: &str, bytes: &[u8]) -> Result<(), LakeError>;

    /// Gives a local, synced draft its name, unless that is taken.
    ///
    /// # Errors
    /// A refusal of the store.
    fn place(&self, draft: &Path, name: &str) -> Result<Placed, LakeError>;

    /// Gives local, synced drafts their names, unless these are taken. All of them stay when it has
    /// returned, not before.
    ///
    /// # Errors
    /// A refusal of the store; some may have their names by then.
    fn place_all(&self, drafts: &[(&Path, &str)]) -> Result<Vec<Placed>, LakeError> {
        drafts.iter().map(|(draft, name)| self.place(draft, name)).collect()
    }

    /// Gives a local, synced draft its name, in place of what has the name.
    ///
    /// # Errors
    /// A refusal of the store.
    fn place_over(&self, draft: &Path, name: &str) -> Result<(), LakeError>;

    /// A file whole; `None` for no file.
    ///
    /// # Errors
    /// [`LakeError::Corrupt`] for one that is longer than files of its name may be, before it is
    /// read; a refusal of the store.
    fn get(&self, name: &str) -> Result<Option<Bytes>, LakeError>;

    /// Opens a file for reading; `None` for no file.
    ///
    /// # Errors
    /// A refusal of the store.
    fn open(&self, name: &str) -> Result<Option<Content>, LakeError>;

    /// What is known of a file without reading it; `None` for no file.
    ///
    /// # Errors
    /// A refusal of the store.
    fn head(&self, name: &str) -> Result<Option<Head>, LakeError>;

    /// The names of all files below a folder, sorted; drafts left out. None for no folder.
    ///
    /// # Errors
    /// A refusal of the store.
    fn list(&self, folder: &str) -> Result<Vec<String>, LakeError>;

    /// The first parts of all names, each once.
    ///
    /// # Errors
    /// A refusal of the store.
    fn top(&self) -> Result<Vec<String>, LakeError>;

    /// Removes a file; none is no error.
    ///
    /// # Errors
    /// A refusal of the store.
    fn remove(&self, name: &str) -> Result<(), LakeError>;

    /// The local folder for drafts of files below `folder`.
    fn workshop(&self, folder: &str) -> PathBuf;

    /// The file as a person would look for it.
    fn shown(&self, name: &str) -> PathBuf;
}
