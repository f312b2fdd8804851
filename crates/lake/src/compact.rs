//! Putting many small files together. No statement is added or lost, so readers see no difference;
//! the snapshots of before keep their files.

use std::collections::BTreeMap;
use std::time::Duration;

use arrow::array::RecordBatch;
use arrow::compute::concat_batches;
use chrono::{DateTime, Utc};
use serde::Serialize;

use crate::commit::ATTEMPTS;
use crate::documents::{Dataset, FileList};
use crate::error::LakeError;
use crate::lake::Lake;
use crate::pool::Pool;
use crate::profile::Place;
use crate::publish::sorted;
use crate::quarantine;
use crate::rewrite::spec;
use crate::segments::SEGMENT_ROWS;
use crate::snapshot::{
    At, Change, ChangeKind, FileEntry, OBSERVATIONS_LATEST, QUARANTINE, QUARANTINE_PAST, Snapshot,
    TABLES,
};
use crate::table::{Encoder, FILE_BYTES};

/// Which files are put together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Compaction {
    /// A table of a dataset is left as it is unless it gets rid of that many files.
    pub spared_min: u64,
    /// Now.
    pub at: DateTime<Utc>,
    /// How long another writer is waited for.
    pub lock_within: Duration,
}

/// A dataset whose files were put together.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Compacted {
    /// Source id.
    pub source: String,
    /// Dataset.
    pub dataset: String,
    /// Number of the snapshot that says so.
    pub snapshot: u64,
    /// Files before.
    pub files_before: u64,
    /// Files after.
    pub files_after: u64,
    /// Their bytes before.
    pub bytes_before: u64,
    /// Their bytes after.
    pub bytes_after: u64,
}

impl Lake {
    /// Puts the files of every dataset together that has too many of them, each dataset in a commit
    /// of its own. Nobody else may write meanwhile: it takes the writer's lock.
    ///
    /// # Errors
    /// Another writer, a damaged file, or a refusal of the store. Datasets that were done before
    /// stay done.
    pub fn compact(&self, how: &Compaction) -> Result<Vec<Compacted>, LakeError> {
        let _lock = self.lock_writer_within(how.lock_within)?;
        let Some(head) = self.snapshot(At::Head)? else { return Ok(Vec::new()) };
        let mut done = Vec::new();
        for (source, dataset) in head.datasets()? {
            done.extend(self.compact_dataset((&source, &dataset), how)?);
        }
        Ok(done)
    }

    fn compact_dataset(
        &self,
        name: (&str, &str),
        how: &Compaction,
    ) -> Result<Option<Compacted>, LakeError> {
        for _ in 0..ATTEMPTS {
            let Some(base) = self.snapshot(At::Head)? else { return Ok(None) };
            let Some(known) = base.dataset(name.0, name.1)? else { return Ok(None) };
            let (mut after, mut tables) = (known.clone(), BTreeMap::new());
            for table in TABLES {
                let files = base.files_of(table, name.0, name.1)?;
                if files.len() as u64 >= least(table, &files) + how.spared_min.max(1) {
                    let written = self.put_together(table, files.clone(), name)?;
                    if written.len() < files.len() {
                        self.replace_files(&mut after, table, &written)?;
                        tables.insert(table, (files, written));
                    }
                }
            }
            if tables.is_empty() {
                return Ok(None);
            }
            if let Some(snapshot) = self.commit_compaction(base, (known, after), how)? {
                return Ok(Some(told(name, snapshot, tables.values())));
            }
        }
        Err(LakeError::Contended { attempts: ATTEMPTS })
    }

    fn replace_files(
        &self,
        dataset: &mut Dataset,
        table: &str,
        written: &[FileEntry],
    ) -> Result<(), LakeError> {
        let mut list = FileList::default();
        self.documents().add(&mut list, written)?;
        dataset.tables.insert(table.to_owned(), list);
        Ok(())
    }

    /// The rows of some files in fewer ones.
    fn put_together(
        &self,
        table: &'static str,
        files: Vec<FileEntry>,
        name: (&str, &str),
    ) -> Result<Vec<FileEntry>, LakeError> {
        let rows = |files: &[FileEntry]| files.iter().map(|file| file.rows).sum::<u64>();
        let before = rows(&files);
        let written = match table {
            QUARANTINE | QUARANTINE_PAST => self.put_quarantine_together(table, files, name)?,
            _ => self.rewrite(table, files, name)?,
        };
        // What is not the same is not committed.
        if rows(&written) != before {
            return Err(LakeError::encoding(
                &self.store().shown("data"),
                &format!("{before} rows of {table} became {} rows", rows(&written)),
            ));
        }
        Ok(written)
    }

    fn put_quarantine_together(
        &self,
        table: &'static str,
        files: Vec<FileEntry>,
        name: (&str, &str),
    ) -> Result<Vec<FileEntry>, LakeError> {
        let failed = |e| LakeError::encoding(&self.store().shown("data"), &e);
        let batches =
            self.read_files(files).map(|batch| quarantine::widened(&batch?).map_err(failed));
        self.write_quarantine(table, &batches.collect::<Result<Vec<_>, _>>()?, name)
    }

    /// Writes records that were set aside in one sequence.
    pub(crate) fn write_quarantine(
        &self,
        table: &'static str,
        batches: &[RecordBatch],
        (source, dataset): (&str, &str),
    ) -> Result<Vec<FileEntry>, LakeError> {
        let failed =
            |e: &dyn std::fmt::Display| LakeError::encoding(&self.store().shown("data"), e);
        let all = concat_batches(&quarantine::schema(), batches).map_err(|e| failed(&e))?;
        let spec = spec(table, source, dataset);
        let mut order: Vec<&str> = spec.sort.iter().map(String::as_str).collect();
        // Records of one place are told apart by what they say.
        order.extend(["detail", "record"]);
        let all = sorted(&all, &order).map_err(|e| failed(&e))?;
        let encoder = Encoder::new(&spec).map_err(|e| LakeError::parquet(self.root(), e))?;
        let encoder = &encoder;
        let written = std::thread::scope(|scope| {
            let mut pool = Pool::start(scope, self.threads());
            let mut writer = self.writer(0, spec, encoder);
            let group = Place::Lake.row_group();
            for at in (0..all.num_rows()).step_by(group) {
                let part = all.slice(at, group.min(all.num_rows() - at));
                writer.submit(&mut pool, move || encoder.columns.encode(&(&part).into()))?;
            }
            writer.finish(&mut pool, false)
        })?;
        self.place(written)
    }

    fn commit_compaction(
        &self,
        base: Snapshot,
        (known, after): (Dataset, Dataset),
        how: &Compaction,
    ) -> Result<Option<u64>, LakeError> {
        let change = Change {
            kind: ChangeKind::Compaction,
            source: known.source.clone(),
            dataset: known.dataset.clone(),
            committed_at: Some(how.at),
            ..Change::default()
        };
        self.put_dataset(Some(base), Some(known), &after, &change)
    }
}

/// As few files as the rows of a table fit into.
fn least(table: &str, files: &[FileEntry]) -> u64 {
    let (rows, bytes) =
        files.iter().fold((0, 0), |(rows, bytes), file| (rows + file.rows, bytes + file.bytes));
    match table {
        OBSERVATIONS_LATEST => rows.div_ceil(SEGMENT_ROWS),
        _ => bytes.div_ceil(FILE_BYTES),
    }
}

/// The files of a table before and after.
type Sides = (Vec<FileEntry>, Vec<FileEntry>);

fn told<'a>(
    (source, dataset): (&str, &str),
    snapshot: u64,
    tables: impl Iterator<Item = &'a Sides> + Clone,
) -> Compacted {
    let count = |side: fn(&Sides) -> &Vec<FileEntry>| {
        let files = tables.clone().flat_map(side);
        files.fold((0, 0), |(files, bytes), file| (files + 1, bytes + file.bytes))
    };
    let (files_before, bytes_before) = count(|both| &both.0);
    let (files_after, bytes_after) = count(|both| &both.1);
    Compacted {
        source: source.to_owned(),
        dataset: dataset.to_owned(),
        snapshot,
        files_before,
        files_after,
        bytes_before,
        bytes_after,
    }
}
