//! `public/v1/manifest.json`: what was published, of which snapshot, by which method, when; with
//! the rows and the SHA-256 of every file. It is replaced last: files that are not as it says are
//! of a set that is just being replaced.

use std::path::PathBuf;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::durable::{below, hash_of, hex, read_if_there};
use crate::error::LakeError;
use crate::lake::Lake;
use crate::verify::Violation;

/// Version of the form of the manifest.
const FORMAT: u32 = 1;

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
    /// Hash of before, where the method changed and its version did not. It stays until the version
    /// changes, or the method is again the one of before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replaced_fingerprint: Option<String>,
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

impl PublishedSet {
    /// What this set has to say of a method that is another one than that of the set before, under
    /// the same version. A set of before that names no method in full says nothing.
    fn replaced(&self, before: &Self) -> Option<String> {
        if self.method != before.method {
            return None;
        }
        let now = self.method_fingerprint.as_ref()?;
        let first = before.replaced_fingerprint.as_ref().or(before.method_fingerprint.as_ref())?;
        (first != now).then(|| first.clone())
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
        set.replaced_fingerprint = same.and_then(|old| set.replaced(old));
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

impl Lake {
    pub(crate) fn manifest_path(&self) -> PathBuf {
        below(self.root(), "public/v1/manifest.json")
    }

    /// What is published; none before something was, or when the manifest is of a newer form.
    ///
    /// # Errors
    /// A manifest that cannot be read.
    pub fn published(&self) -> Result<Option<Manifest>, LakeError> {
        let path = self.manifest_path();
        let Some(bytes) = read_if_there(&path)? else { return Ok(None) };
        let manifest: Manifest =
            serde_json::from_slice(&bytes).map_err(|e| LakeError::Corrupt {
                path,
                found: e.to_string(),
                expected: "a manifest (`wsis score` writes a new one)".to_owned(),
            })?;
        Ok((manifest.format == FORMAT).then_some(manifest))
    }

    /// Compares the published files with the manifest; returns how many there are. A set that is
    /// replaced meanwhile is looked at again.
    pub(crate) fn verify_published(&self, found: &mut Vec<Violation>) -> u64 {
        for _ in 0..5 {
            let manifest = match self.published() {
                Ok(Some(manifest)) => manifest,
                Ok(None) => return 0,
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

    fn wrong_published(&self, file: &PublishedFile) -> Option<Violation> {
        let path = below(self.root(), "public/v1").join(&file.name);
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
