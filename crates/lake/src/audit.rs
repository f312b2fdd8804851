//! Checking the documents below the snapshots: hash, kind, place, and that what they list adds up.

use std::collections::{BTreeMap, BTreeSet};

use crate::documents::{Documents, Rows, bucket_of, name_of};
use crate::error::LakeError;
use crate::lake::Lake;
use crate::snapshot::{FileEntry, Hashed, Snapshot, Tree};
use crate::verify::{Violation, damage};

/// What documents add up to: none where one of them is damaged.
type Sum = Option<(u64, Rows)>;

/// What the snapshots of a chain name.
pub(crate) struct Named {
    /// Documents.
    pub(crate) names: BTreeSet<String>,
    /// Data files.
    pub(crate) files: Vec<FileEntry>,
}

/// A walk over the documents of a chain, each once.
struct Walk<'a> {
    documents: &'a Documents,
    found: &'a mut Vec<Violation>,
    buckets: BTreeMap<String, Sum>,
    datasets: BTreeMap<String, Option<Rows>>,
    segments: BTreeSet<String>,
    files: BTreeMap<(String, String), FileEntry>,
}

impl Lake {
    /// A snapshot whose documents are read from the disk, not from memory.
    pub(crate) fn anew(&self, snapshot: &Snapshot) -> Snapshot {
        Snapshot { documents: self.documents().forgetful(), ..snapshot.clone() }
    }

    /// Reads the documents of all snapshots; gives their names and every data file, once.
    pub(crate) fn verify_documents(&self, chain: &[Snapshot], found: &mut Vec<Violation>) -> Named {
        let documents = self.documents().forgetful();
        let mut walk = Walk {
            documents: &documents,
            found,
            buckets: BTreeMap::new(),
            datasets: BTreeMap::new(),
            segments: BTreeSet::new(),
            files: BTreeMap::new(),
        };
        for snapshot in chain {
            match &snapshot.tree {
                Tree::Flat(tables) => walk.take(tables.values().flatten().cloned()),
                Tree::Hashed(all) => {
                    if let Some((datasets, rows)) = walk.add_up(all)
                        && (datasets, &rows) != (all.datasets, &without_none(all.rows.clone()))
                    {
                        walk.found.push(Violation {
                            path: self.snapshots().path(snapshot.id),
                            found: format!("totals of {} datasets, {:?}", all.datasets, all.rows),
                            expected: format!(
                                "{datasets} datasets, {rows:?}, as its documents add up to,"
                            ),
                        });
                    }
                }
            }
        }
        let buckets = walk.buckets.into_keys().chain(walk.datasets.into_keys());
        let names = buckets.chain(walk.segments).map(|sha256| Documents::name(&sha256)).collect();
        Named { names, files: walk.files.into_values().collect() }
    }
}

/// Tables without rows say nothing.
fn without_none(mut rows: Rows) -> Rows {
    rows.retain(|_, rows| *rows > 0);
    rows
}

fn add(to: &mut Rows, rows: Rows) {
    for (table, rows) in rows {
        *to.entry(table).or_default() += rows;
    }
}

impl Walk<'_> {
    fn take(&mut self, files: impl Iterator<Item = FileEntry>) {
        for file in files {
            self.files.insert((file.path.clone(), file.sha256.clone()), file);
        }
    }

    fn add_up(&mut self, all: &Hashed) -> Sum {
        let mut sum = Some((0, Rows::new()));
        for (place, sha256) in &all.buckets {
            let known = self.buckets.get(sha256).cloned();
            let of_bucket = known.unwrap_or_else(|| self.bucket(place, sha256));
            self.buckets.insert(sha256.clone(), of_bucket.clone());
            sum = sum.zip(of_bucket).map(|((count, mut rows), (more, of_bucket))| {
                add(&mut rows, of_bucket);
                (count + more, rows)
            });
        }
        sum
    }

    fn bucket(&mut self, place: &str, sha256: &str) -> Sum {
        let bucket = self.documents.bucket(sha256);
        let bucket = self.kept(sha256, bucket)?;
        let mut sum = Some(Rows::new());
        let count = bucket.datasets.len() as u64;
        for (name, dataset) in bucket.datasets {
            if bucket_of(&name) != place {
                self.misplaced(sha256, format!("{name} in bucket {place}"), bucket_of(&name));
            }
            let known = self.datasets.get(&dataset).cloned();
            let of_dataset = known.unwrap_or_else(|| self.dataset(&name, &dataset));
            self.datasets.insert(dataset, of_dataset.clone());
            sum = sum.zip(of_dataset).map(|(mut rows, more)| {
                add(&mut rows, more);
                rows
            });
        }
        sum.map(|rows| (count, rows))
    }

    fn dataset(&mut self, name: &str, sha256: &str) -> Option<Rows> {
        let dataset = self.documents.dataset(sha256);
        let dataset = self.kept(sha256, dataset)?;
        let found = name_of(&dataset.source, &dataset.dataset);
        if found != name {
            self.misplaced(sha256, found, name.to_owned());
        }
        let mut whole = true;
        for (table, list) in &dataset.tables {
            for segment in &list.segments {
                self.segments.insert(segment.sha256.clone());
                let files = self.documents.segment(&segment.sha256);
                let Some(files) = self.kept(&segment.sha256, files) else {
                    whole = false;
                    continue;
                };
                let (count, rows) = (files.len() as u64, files.iter().map(|it| it.rows).sum());
                if (count, rows) != (segment.files, segment.rows) {
                    let (files, expected) = (segment.files, segment.rows);
                    self.misplaced(
                        &segment.sha256,
                        format!("{count} files, {rows} rows"),
                        format!("{files} files, {expected} rows as in {name}"),
                    );
                }
            }
            // What is damaged was named above.
            let files = self.documents.files(&dataset, table);
            self.take(files.unwrap_or_default().into_iter());
        }
        whole.then(|| without_none(dataset.rows()))
    }

    /// What was read; none, and a violation, where it is damaged.
    fn kept<T>(&mut self, sha256: &str, read: Result<T, LakeError>) -> Option<T> {
        read.map_err(|error| self.found.push(damage(self.documents.path(sha256), error))).ok()
    }

    fn misplaced(&mut self, sha256: &str, found: String, expected: String) {
        self.found.push(Violation { path: self.documents.path(sha256), found, expected });
    }
}
