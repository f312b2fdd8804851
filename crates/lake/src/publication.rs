//! Publishing tables as one set: all of them are written beside the old ones first, then take
//! their names, then the manifest is replaced. A crash, or an error, before that leaves the old
//! set; one set is published at a time, and never an older one over a newer.

use std::fs::{self, File};

use chrono::{DateTime, NaiveDate, Utc};

use crate::durable::{Finished, below};
use crate::error::LakeError;
use crate::lake::{Lake, lock};
use crate::manifest::{Manifest, MethodParts, PublishedFile, PublishedSet};

/// Which tables are written as CSV besides Parquet, and how large ones are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CsvRule {
    /// Names of tables, `*` for all.
    pub tables: Vec<String>,
    /// A CSV larger than this is compressed: `NAME.csv.gz` in place of `NAME.csv`.
    pub gzip_above_bytes: u64,
}

impl Default for CsvRule {
    fn default() -> Self {
        Self { tables: vec!["*".to_owned()], gzip_above_bytes: 5_000_000 }
    }
}

impl CsvRule {
    pub(crate) fn holds(&self, table: &str) -> bool {
        self.tables.iter().any(|it| it == "*" || it == table)
    }
}

/// What a set of tables is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AboutSet {
    /// Framework id.
    pub framework: String,
    /// Whether it has the stable names; else every name begins with the framework's id.
    pub stable_names: bool,
    /// Snapshot that the tables were computed from.
    pub snapshot: u64,
    /// Now.
    pub at: DateTime<Utc>,
    /// Version of the method.
    pub method: String,
    /// The rule book beside the framework: id, version, state.
    pub rules: Option<String>,
    /// Hash of all that the method consists of, where it is known.
    pub method_fingerprint: Option<String>,
    /// Hashes of the parts of the method that have versions, where they are known.
    pub parts: Option<MethodParts>,
    /// Hash of all that decides the files besides the snapshot, where it is known.
    pub basis: Option<String>,
    /// The last day on which the set is what it would be if it were made anew; none where no day matters.
    pub holds_until: Option<NaiveDate>,
    /// What a reader of the set is warned of.
    pub warnings: Vec<String>,
    /// Which tables are CSV too.
    pub csv: CsvRule,
}

/// A set of tables that is being published. Dropped before [`Publication::finish`], it leaves
/// everything as it was.
pub struct Publication {
    pub(crate) lake: Lake,
    pub(crate) about: AboutSet,
    pub(crate) staged: Vec<Staged>,
    before: Option<Manifest>,
    _lock: File,
}

/// A file of the set, written and without its name yet.
pub(crate) struct Staged {
    pub(crate) file: Finished,
    pub(crate) about: PublishedFile,
}

impl Lake {
    pub(crate) fn lock_public(&self) -> Result<File, LakeError> {
        lock(self.root().join("public").join("lock"))
    }

    /// The folders of what is published, which somebody may have removed under a running program. Of a
    /// lake that is gone nothing is made anew.
    fn make_public(&self) -> Result<(), LakeError> {
        for name in ["public", "public/v1"] {
            let path = below(self.root(), name);
            match std::fs::create_dir(&path) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => {
                    return Err(LakeError::io("create", &path, error));
                }
                _ => {}
            }
        }
        Ok(())
    }

    /// Begins to publish a set of tables. Nobody else publishes meanwhile.
    ///
    /// # Errors
    /// [`LakeError::Locked`] while somebody else does, [`LakeError::NewerPublished`] when what is
    /// published is of a later snapshot.
    pub fn publication(&self, about: AboutSet) -> Result<Publication, LakeError> {
        self.make_public()?;
        let lock = self.lock_public()?;
        self.sweep_public();
        let lake_id = self.id()?;
        // A manifest that cannot be read is replaced; one of another lake says nothing of this.
        let before = self.published().ok().flatten();
        let before = before.filter(|it| it.lake_id.is_none() || it.lake_id == lake_id);
        let same = before
            .iter()
            .flat_map(|it| &it.sets)
            .find(|set| set.framework == about.framework && set.stable_names == about.stable_names);
        match same {
            Some(set) if set.snapshot > about.snapshot => {
                Err(LakeError::NewerPublished { published: set.snapshot, given: about.snapshot })
            }
            _ => Ok(Publication {
                lake: self.clone(),
                about,
                staged: Vec::new(),
                before,
                _lock: lock,
            }),
        }
    }
}

impl Publication {
    /// The name of a table in this set.
    pub(crate) fn name(&self, table: &str) -> String {
        if self.about.stable_names {
            table.to_owned()
        } else {
            format!("{}.{table}", self.about.framework)
        }
    }

    /// Gives all files their names, replaces the manifest, and removes files of the old set that
    /// the new one no longer has.
    ///
    /// # Errors
    /// A refusal of the file system. Before the manifest is replaced, files may be of either set;
    /// the next publication sets that right.
    pub fn finish(self) -> Result<Manifest, LakeError> {
        let folder = below(self.lake.root(), "public/v1");
        let mut files = Vec::new();
        for Staged { file, about } in self.staged {
            file.replace(&folder.join(&about.name))?;
            files.push(about);
        }
        files.sort_by(|a, b| a.name.cmp(&b.name));
        let set = PublishedSet {
            framework: self.about.framework,
            stable_names: self.about.stable_names,
            snapshot: self.about.snapshot,
            published_at: self.about.at,
            method: self.about.method,
            rules: self.about.rules,
            method_fingerprint: self.about.method_fingerprint,
            parts: self.about.parts,
            basis: self.about.basis,
            holds_until: self.about.holds_until,
            replaced: None,
            warnings: self.about.warnings,
            program: format!("wsis {}", env!("CARGO_PKG_VERSION")),
            files,
        };
        let gone = no_longer(self.before.as_ref(), &set);
        let manifest = Manifest::with(self.before, (self.lake.id()?, self.lake.sample()?), set);
        let path = self.lake.manifest_path();
        let mut bytes =
            serde_json::to_vec_pretty(&manifest).map_err(|e| LakeError::encoding(&path, &e))?;
        bytes.push(b'\n');
        self.lake.disk().replace(&path, &bytes)?;
        for name in gone {
            let path = folder.join(name);
            if let Err(e) = fs::remove_file(&path)
                && e.kind() != std::io::ErrorKind::NotFound
            {
                return Err(LakeError::io("remove", &path, e));
            }
        }
        Ok(manifest)
    }
}

/// Names that a set had and has no longer; also the other form of each CSV, which a program of
/// before manifests may have left.
fn no_longer(before: Option<&Manifest>, set: &PublishedSet) -> Vec<String> {
    let old = before
        .iter()
        .flat_map(|it| &it.sets)
        .filter(|old| old.framework == set.framework || old.stable_names && set.stable_names);
    let named = old.flat_map(|old| &old.files).map(|file| file.name.clone());
    let other = set.files.iter().filter_map(|file| {
        let stem = file.name.strip_suffix(".parquet")?;
        Some([format!("{stem}.csv"), format!("{stem}.csv.gz")])
    });
    let is_there = |name: &String| set.files.iter().any(|file| file.name == *name);
    let mut gone: Vec<String> =
        named.chain(other.flatten()).filter(|name| !is_there(name)).collect();
    gone.sort();
    gone.dedup();
    gone
}
