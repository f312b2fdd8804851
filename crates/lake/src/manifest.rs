//! `public/v1/manifest.json`: what was published, of which snapshot, by which method, when; with
//! the rows and the SHA-256 of every file. It is replaced last: files that are not as it says are
//! of a set that is just being replaced.

use std::path::{Path, PathBuf};

use chrono::{DateTime, NaiveDate, Utc};
use serde::{Deserialize, Serialize};

use crate::durable::{below, hash_of, hex, read_if_there};
use crate::error::LakeError;
use crate::lake::Lake;
use crate::verify::Violation;

/// Version of the form of the manifest.
const FORMAT: u32 = 1;

/// Most bytes of it: a set takes a few kB.
const MANIFEST_MAX: u64 = 64 << 20;

/// Where it lies in a lake.
const MANIFEST: &str = "public/v1/manifest.json";

/// What is published.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Manifest {
    /// Version of this form: 1.
    pub format: u32,
    /// The lake that it was published from.
    pub lake_id: Option<String>,
    /// What this is a sample of, where it is one: these figures are no scorecard.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sample: Option<String>,
    /// Snapshot of the tables with stable names; none before these were published.
    pub snapshot: Option<u64>,
    /// When these were published, UTC.
    pub published_at: Option<DateTime<Utc>>,
    /// How the CSV files are written.
    pub csv: CsvForm,
    /// The published sets: that with the stable names first, then others by framework.
    pub sets: Vec<PublishedSet>,
}

/// How CSV files are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CsvForm {
    /// What stands before a text that a spreadsheet would run as a formula. The exact text stands
    /// in the Parquet file.
    pub formula_prefix: char,
    /// Character set.
    pub encoding: String,
}

/// The tables of one framework, published together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedSet {
    /// Framework id.
    pub framework: String,
    /// Whether these are the stable names; the names of other sets begin with the framework's id.
    pub stable_names: bool,
    /// Snapshot that the tables were computed from.
    pub snapshot: u64,
    /// When they were published, UTC.
    pub published_at: DateTime<Utc>,
    /// Version of the method.
    pub method: String,
    /// The rule book beside the framework: id, version, state.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rules: Option<String>,
    /// Hash of all that the method consists of, where it is known.
    pub method_fingerprint: Option<String>,
    /// Hashes of the parts of the method that somebody writes and gives a version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parts: Option<MethodParts>,
    /// Those of before, where a part changed and its version did not. They stay until the version
    /// changes, or the part is again the one of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced: Option<MethodParts>,
    /// Hash of all that decides the files besides the snapshot: method, windows, licences, form of the CSV.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub basis: Option<String>,
    /// The last day on which the figures are read as they were for this set: on the next one a correction
    /// has expired. None where no day matters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub holds_until: Option<NaiveDate>,
    /// What its publisher was warned of: goalposts that most values lie beyond.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<String>,
    /// Program that wrote them.
    pub program: String,
    /// The files, by name.
    pub files: Vec<PublishedFile>,
}

/// One published file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublishedFile {
    /// Name in `public/v1`.
    pub name: String,
    /// Table that it holds.
    pub table: String,
    /// `parquet`, `csv` or `csv.gz`.
    pub format: String,
    /// Rows, without the heading.
    pub rows: u64,
    /// Length in bytes.
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// Hashes of the parts of a method that have a version of their own: a part that changes and keeps
/// its version breaks a promise. Code lists and the program are in the fingerprint as well; their
/// versions are no promise of whoever writes a method.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MethodParts {
    /// The framework, whose version is [`PublishedSet::method`].
    pub framework: String,
    /// The rule book, whose version is in [`PublishedSet::rules`].
    pub rules: String,
}

impl PublishedSet {
    /// The parts that were first published under the versions of this set, where a method of now has
    /// other ones under the same versions; `method` and `rules` are the versions of now. A set that
    /// does not name its parts says nothing.
    pub fn replaced_by(
        &self,
        method: &str,
        rules: Option<&str>,
        now: &MethodParts,
    ) -> Option<MethodParts> {
        let first = self.replaced.as_ref().or(self.parts.as_ref())?;
        let kept = |is_same_version: bool, first: &String, now: &String| {
            if is_same_version { first.clone() } else { now.clone() }
        };
        let first = MethodParts {
            framework: kept(self.method == method, &first.framework, &now.framework),
            rules: kept(self.rules.as_deref() == rules, &first.rules, &now.rules),
        };
        (first != *now).then_some(first)
    }
}

impl Manifest {
    /// The set with the stable names.
    pub fn stable(&self) -> Option<&PublishedSet> {
        self.sets.iter().find(|set| set.stable_names)
    }

    /// The manifest of before with a set in place of that of the same framework.
    pub(crate) fn with(
        before: Option<Self>,
        (lake_id, sample): (Option<String>, Option<String>),
        set: PublishedSet,
    ) -> Self {
        let mut sets: Vec<PublishedSet> = before.map(|it| it.sets).unwrap_or_default();
        let mut set = set;
        let same = sets
            .iter()
            .find(|old| old.framework == set.framework && old.stable_names == set.stable_names);
        set.replaced = same
            .zip(set.parts.as_ref())
            .and_then(|(old, parts)| old.replaced_by(&set.method, set.rules.as_deref(), parts));
        sets.retain(|old| {
            let replaced = old.framework == set.framework || old.stable_names && set.stable_names;
            !replaced
        });
        sets.push(set);
        sets.sort_by(|a, b| (!a.stable_names, &a.framework).cmp(&(!b.stable_names, &b.framework)));
        let stable = sets.iter().find(|set| set.stable_names);
        Self {
            format: FORMAT,
            lake_id,
            sample,
            snapshot: stable.map(|set| set.snapshot),
            published_at: stable.map(|set| set.published_at),
            csv: CsvForm {
                formula_prefix: wsis_model::spreadsheet::PREFIX,
                encoding: "UTF-8".to_owned(),
            },
            sets,
        }
    }
}

/// What is published from the lake in a folder, whatever the state of the lake itself: nothing is
/// opened or made there. None before something was published, or when the manifest is of a newer
/// form.
///
/// # Errors
/// A manifest that cannot be read.
pub fn published_in(root: &Path) -> Result<Option<Manifest>, LakeError> {
    let path = below(root, MANIFEST);
    let Some(bytes) = read_if_there(&path, MANIFEST_MAX)? else { return Ok(None) };
    let manifest: Manifest = serde_json::from_slice(&bytes).map_err(|e| LakeError::Corrupt {
        path,
        found: e.to_string(),
        expected: "a manifest (`wsis score` writes a new one)".to_owned(),
    })?;
    Ok((manifest.format == FORMAT).then_some(manifest))
}

impl Lake {
    pub(crate) fn manifest_path(&self) -> PathBuf {
        below(self.root(), MANIFEST)
    }

    /// What is published; none before something was, or when the manifest is of a newer form.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn published(&self) -> Result<Option<Manifest>, LakeError> {
        published_in(self.root())
    }

    /// The published set that is the same as one that would be made on a day: of the same framework, names,
    /// snapshot and basis, and with all its files in their length. None where it has to be made.
    ///
    /// # Errors
    /// A lake that does not say which it is. A manifest that cannot be read is none: a new one replaces it.
    pub fn published_same(
        &self,
        (framework, stable_names): (&str, bool),
        snapshot: u64,
        basis: &str,
        on: NaiveDate,
    ) -> Result<Option<PublishedSet>, LakeError> {
        let Some(manifest) = self.published().ok().flatten() else { return Ok(None) };
        if manifest.lake_id != self.id()? || manifest.sample != self.sample()? {
            return Ok(None);
        }
        let folder = below(self.root(), "public/v1");
        let is_there = |file: &PublishedFile| {
            std::fs::metadata(folder.join(&file.name))
                .is_ok_and(|meta| meta.is_file() && meta.len() == file.bytes)
        };
        let is_same = |set: &PublishedSet| {
            set.framework == framework
                && set.stable_names == stable_names
                && set.snapshot == snapshot
                && set.basis.as_deref() == Some(basis)
                && set.holds_until.is_none_or(|last| on <= last)
                && set.files.iter().all(is_there)
        };
        Ok(manifest.sets.into_iter().find(is_same))
    }

    /// Whether every published file is the one that the manifest names: an end in the middle of the renaming
    /// leaves files of two sets.
    pub fn is_published_whole(&self) -> bool {
        let mut found = Vec::new();
        self.verify_published(&mut found);
        found.is_empty()
    }

    /// Compares the published files with the manifest; returns how many there are. A set that is
    /// replaced meanwhile is looked at again.
    pub(crate) fn verify_published(&self, found: &mut Vec<Violation>) -> u64 {
        for _ in 0..5 {
            let manifest = match self.published() {
                Ok(Some(manifest)) => manifest,
                Ok(None) => {
                    found.extend(self.tables_without_manifest());
                    return 0;
                }
                Err(error) => {
                    found.push(Violation {
                        path: self.manifest_path(),
                        found: error.to_string(),
                        expected: "a manifest".to_owned(),
                    });
                    return 0;
                }
            };
            let files: Vec<&PublishedFile> =
                manifest.sets.iter().flat_map(|set| &set.files).collect();
            let wrong: Vec<Violation> =
                files.iter().filter_map(|file| self.wrong_published(file)).collect();
            // A publication under way holds the lock, and may have replaced files already.
            let is_quiet = wrong.is_empty() || self.lock_public().map(drop).is_ok();
            if is_quiet && self.published().ok().flatten().as_ref() == Some(&manifest) {
                found.extend(wrong);
                return files.len() as u64;
            }
            std::thread::sleep(std::time::Duration::from_millis(200));
        }
        0
    }

    /// Tables that nothing vouches for: the manifest is written last, and removed by nobody. A first
    /// publication under way holds the lock.
    fn tables_without_manifest(&self) -> Option<Violation> {
        let folder = below(self.root(), "public/v1");
        let is_table = |entry: &std::fs::DirEntry| {
            entry.path().extension().is_some_and(|end| end == "parquet" || end == "csv")
        };
        let tables = std::fs::read_dir(folder).ok()?.flatten().filter(is_table).count();
        let _quiet = (tables > 0).then(|| self.lock_public().ok()).flatten()?;
        if self.manifest_path().exists() {
            return None;
        }
        Some(Violation {
            path: self.manifest_path(),
            found: "no file".to_owned(),
            expected: format!(
                "the manifest of the {tables} tables beside it (`wsis score` writes it)"
            ),
        })
    }

    fn wrong_published(&self, file: &PublishedFile) -> Option<Violation> {
        let path = below(self.root(), "public/v1").join(&file.name);
        // Its length first, by its name: a pipe would be waited for, a device read without end.
        if let Ok(meta) = std::fs::metadata(&path)
            && (!meta.is_file() || meta.len() != file.bytes)
        {
            let plain = if meta.is_file() { "" } else { "no plain file, " };
            let found = format!("{plain}{} bytes", meta.len());
            let expected = format!("{} bytes as in the manifest", file.bytes);
            return Some(Violation { path, found, expected });
        }
        let digest = std::fs::File::open(&path).and_then(hash_of).map(|(_, digest)| hex(&digest));
        let is = match digest {
            Ok(digest) if digest == file.sha256 => return None,
            Ok(digest) => format!("SHA-256 {digest}"),
            Err(error) => error.to_string(),
        };
        let expected = format!("SHA-256 {} as in the manifest", file.sha256);
        Some(Violation { path, found: is, expected })
    }
}
