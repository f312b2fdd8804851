//! Bringing a lake of format 1 over. No statement, body or snapshot is lost: the next snapshot has
//! the statements of the newest one in the columns of today, all of them annual, and the records of
//! requests are filed by pipeline and month. `_format.json` is the last thing to change, so a
//! crash before leaves work that is done again, to the same names.

use std::collections::BTreeMap;
use std::path::Path;

use chrono::{DateTime, Utc};

use crate::documents::{Bucket, Dataset, Document, bucket_of, name_of};
use crate::durable::Disk;
use crate::error::LakeError;
use crate::identity::{FORMAT, new_id};
use crate::lake::{Lake, UPKEEP_LOCK_WITHIN, open_checked};
use crate::raw::{RECORDS, UNFINISHED, parse_records};
use crate::snapshot::{
    At, Change, ChangeKind, FileEntry, Hashed, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE,
    Snapshot, Tree,
};
use crate::store::Placed;

/// What an upgrade did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Upgraded {
    /// Format found.
    pub from: u64,
    /// Format now.
    pub to: u64,
    /// Number of the snapshot that the upgrade made; none for a lake that is of today's format
    /// already, or holds nothing.
    pub snapshot: Option<u64>,
    /// Files of records that lay where format 1 had them: they were filed by pipeline and month, and
    /// removed from there.
    pub filed: u64,
}

impl Lake {
    /// Brings a lake of an older format over to today's; one that is of today's stays as it is.
    /// `now` is written into the snapshot that it makes.
    ///
    /// # Errors
    /// No lake, a newer format, another writer, a damaged file of the newest snapshot, or a
    /// refusal of the file system.
    pub fn upgrade(root: &Path, now: DateTime<Utc>) -> Result<Upgraded, LakeError> {
        Self::local(root, Disk::default()).brought_over(now)
    }

    /// [`Lake::upgrade`] with a hook before every step of every write.
    #[doc(hidden)]
    pub fn upgrade_with_faults(
        root: &Path,
        now: DateTime<Utc>,
        hook: crate::FaultHook,
    ) -> Result<Upgraded, LakeError> {
        Self::local(root, Disk::with_hook(hook)).brought_over(now)
    }

    fn brought_over(&self, now: DateTime<Utc>) -> Result<Upgraded, LakeError> {
        let to = u64::from(FORMAT);
        let Some(from) = self.format()? else {
            return Err(LakeError::NotALake {
                path: self.root().to_path_buf(),
                found: "nothing that was made by `wsis`".to_owned(),
            });
        };
        let _lock = self.lock_writer_within(UPKEEP_LOCK_WITHIN)?;
        let mut snapshot = None;
        let mut filed = Vec::new();
        if from < to {
            let head = self.snapshot(At::Head)?;
            if let Some(head) = &head {
                self.check_all(head)?;
            }
            self.create_folders()?;
            // One that was cut short has given an id already, in a snapshot that stays.
            let given = head.as_ref().and_then(|head| head.lake_id.clone());
            let lake_id = self.id()?.or(given).unwrap_or_else(new_id);
            snapshot = self.snapshot_of_today(head, &lake_id, now)?;
            filed = self.file_records()?;
            self.raise_format(Some(lake_id))?;
        }
        // What an upgrade that was cut short left behind as well, and what a program of before has
        // written since. Only what was filed is removed.
        filed.extend(self.file_records()?);
        filed.sort();
        filed.dedup();
        for name in &filed {
            self.store().remove(name)?;
        }
        Ok(Upgraded { from, to, snapshot, filed: filed.len() as u64 })
    }

    /// Reads every data file of a snapshot of format 1: what a disk changed without telling the file
    /// system is not sealed into the new one.
    fn check_all(&self, head: &Snapshot) -> Result<(), LakeError> {
        let Tree::Flat(tables) = &head.tree else { return Ok(()) };
        let mut files = tables.values().flatten();
        files.try_for_each(|entry| open_checked(&**self.store(), entry).map(drop))
    }

    /// The next snapshot, with the same rows.
    fn snapshot_of_today(
        &self,
        head: Option<Snapshot>,
        lake_id: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<u64>, LakeError> {
        let Some(head) = head else { return Ok(None) };
        if let Tree::Hashed(_) = &head.tree {
            return Ok(Some(head.id));
        }
        let mut datasets: BTreeMap<String, Dataset> = BTreeMap::new();
        let mut through = None;
        for table in [OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE] {
            let mut files = head.files(table)?;
            // Oldest first, as if each commit had added its own.
            files.sort_by_cached_key(|file| (recorded(file), file.path.clone()));
            through = through.max(files.iter().filter_map(recorded).max());
            let mut by_dataset: BTreeMap<String, Vec<FileEntry>> = BTreeMap::new();
            for file in files {
                by_dataset.entry(name_of(&file.source, &file.dataset)).or_default().push(file);
            }
            for (name, files) in by_dataset {
                let Some((source, dataset)) =
                    files.first().map(|it| (it.source.clone(), it.dataset.clone()))
                else {
                    continue;
                };
                // Records set aside have the columns that they had.
                let files = match table {
                    QUARANTINE => files,
                    _ => self.rewrite(table, files, (&source, &dataset))?,
                };
                let new = || Dataset { source, dataset, ..Dataset::default() };
                let list = datasets.entry(name).or_insert_with(new);
                let list = list.tables.entry(table.to_owned()).or_default();
                self.documents().add(list, &files)?;
            }
        }
        let change = Change {
            kind: ChangeKind::Upgrade,
            committed_at: Some(now),
            recorded_through: through.and_then(DateTime::from_timestamp_micros),
            ..Change::default()
        };
        let mut next = Snapshot {
            lake_id: Some(lake_id.to_owned()),
            tree: Tree::Hashed(self.put_all(datasets)?),
            ..self.after(Some(&head), change)?
        };
        match self.snapshots().create(&mut next)? {
            Placed::Created => Ok(Some(next.id)),
            Placed::Existed => Err(LakeError::Contended { attempts: 1 }),
        }
    }

    fn put_all(&self, datasets: BTreeMap<String, Dataset>) -> Result<Hashed, LakeError> {
        let mut all = Hashed { datasets: datasets.len() as u64, ..Hashed::default() };
        let mut buckets: BTreeMap<String, Bucket> = BTreeMap::new();
        for (name, dataset) in datasets {
            for (table, rows) in dataset.rows() {
                *all.rows.entry(table).or_default() += rows;
            }
            let bucket = buckets.entry(bucket_of(&name)).or_default();
            let sha256 = self.documents().put(&Document::of(dataset))?;
            bucket.datasets.insert(name, sha256);
        }
        for (place, bucket) in buckets {
            all.buckets.insert(place, self.documents().put(&Document::Bucket(bucket))?);
        }
        Ok(all)
    }

    /// Records of requests that lie beside each other, whatever their pipeline.
    fn old_records(&self) -> Result<Vec<String>, LakeError> {
        let mut found = Vec::new();
        for folder in [RECORDS, UNFINISHED] {
            let is_old = |name: &String| {
                let below = name.strip_prefix(folder).and_then(|name| name.strip_prefix('/'));
                below.is_some_and(|name| !name.contains('/') && crate::raw::is_record(name))
            };
            found.extend(self.store().list(folder)?.into_iter().filter(is_old));
        }
        Ok(found)
    }

    /// Files them by pipeline and month; returns the names of those that were.
    fn file_records(&self) -> Result<Vec<String>, LakeError> {
        let names = self.old_records()?;
        for name in &names {
            let bytes = self.store().get(name)?.unwrap_or_default();
            // Format 1 appended: a last line without its end was torn by a crash, and never
            // counted.
            let whole = bytes.iter().rposition(|&b| b == b'\n').map_or(0, |at| at + 1);
            let records =
                parse_records(&**self.store(), name, bytes.get(..whole).unwrap_or_default())?;
            let (folder, file) = name.rsplit_once('/').unwrap_or((RECORDS, name));
            self.record(folder, file.strip_suffix(".jsonl").unwrap_or(file), &records).map(drop)?;
        }
        Ok(names)
    }
}

fn recorded(file: &FileEntry) -> Option<i64> {
    file.max.get(wsis_model::observation::column::RECORDED_AT)?.as_i64()
}
