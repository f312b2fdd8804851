//! A lake as it is looked at: a snapshot, and of it what was recorded up to an instant.
//!
//! A snapshot says what the lake held after a commit. An instant says what the sources had said by
//! then, as far as that snapshot knows: of each observation the statement that was recorded last
//! and not later than the instant, unless that is a withdrawal. Every reader takes a [`View`].

mod cursor;
mod in_force;
mod revisions;
mod said;
mod statements;

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{Array as _, BooleanArray, RecordBatch, TimestampMicrosecondArray};
use arrow::buffer::BooleanBuffer;
use chrono::{DateTime, Utc};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ParquetRecordBatchReader, ParquetRecordBatchReaderBuilder, RowSelection,
};
use wsis_model::observation::column;

use crate::batch::typed;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::quarantine;
use crate::snapshot::{
    At, FileEntry, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, QUARANTINE_PAST, Snapshot,
};

pub use revisions::Revisions;
pub use said::{end_of_day, parse_as_of, said, settled};

/// A data file, and which of its rows belong to a view.
#[derive(Debug, Clone)]
pub struct Part {
    /// The file.
    pub entry: FileEntry,
    /// Its rows that belong to the view; none for all of them.
    pub rows: Option<RowSelection>,
    /// How many these are.
    pub count: u64,
}

/// What was worked out of a view, by table.
type Known = Arc<Mutex<BTreeMap<String, Arc<Vec<Part>>>>>;

/// A snapshot of a lake, or what it knows of an earlier instant. Cheap to clone; what was worked
/// out for one clone is there for all.
#[derive(Clone)]
pub struct View {
    lake: Lake,
    snapshot: Snapshot,
    as_of: Option<DateTime<Utc>>,
    is_newest: bool,
    known: Known,
}

impl fmt::Debug for View {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("View")
            .field("snapshot", &self.snapshot.id)
            .field("as_of", &self.as_of)
            .finish_non_exhaustive()
    }
}

impl Lake {
    /// A view of a snapshot, of all that it holds or of what it knows of an instant; `None` for the
    /// head of a lake without commits.
    ///
    /// # Errors
    /// No such snapshot, one whose files are gone, or an instant before the first statement.
    pub fn view(&self, at: At, as_of: Option<DateTime<Utc>>) -> Result<Option<View>, LakeError> {
        let Some(snapshot) = self.snapshot(at)? else { return Ok(None) };
        let is_newest = match at {
            At::Head => true,
            At::Id(id) => self.snapshots().newest()? == Some(id),
        };
        if !is_newest {
            self.must_be_whole(&snapshot)?;
        }
        let view =
            View { lake: self.clone(), snapshot, as_of: None, is_newest, known: Known::default() };
        match as_of {
            None => Ok(Some(view)),
            Some(as_of) => view.as_of(as_of).map(Some),
        }
    }

    /// An older snapshot is named in the chain for ever; its files may have been tidied away.
    fn must_be_whole(&self, snapshot: &Snapshot) -> Result<(), LakeError> {
        let gone = |path: PathBuf| LakeError::Gone { id: snapshot.id, path };
        let files = snapshot.all_files().map_err(|error| match error {
            LakeError::Corrupt { path, .. } if !path.exists() => gone(path),
            other => other,
        })?;
        for entry in &files {
            if self.store().head(&entry.path)?.is_none() {
                return Err(gone(self.path(entry)));
            }
        }
        Ok(())
    }
}

impl View {
    /// The same snapshot as of another instant.
    ///
    /// # Errors
    /// [`LakeError::NothingKnown`] for one before the first statement.
    pub fn as_of(&self, as_of: DateTime<Utc>) -> Result<Self, LakeError> {
        let first = self.snapshot.recorded()?.map(|(first, _)| first);
        if first.is_some_and(|first| as_of.timestamp_micros() < first) {
            let first = first.and_then(DateTime::from_timestamp_micros).unwrap_or_default();
            return Err(LakeError::NothingKnown { id: self.snapshot.id, as_of, first });
        }
        Ok(Self { as_of: Some(as_of), known: Known::default(), ..self.clone() })
    }

    /// The lake.
    pub const fn lake(&self) -> &Lake {
        &self.lake
    }

    /// The snapshot that is read.
    pub const fn snapshot(&self) -> &Snapshot {
        &self.snapshot
    }

    /// The instant that was asked for.
    pub const fn instant(&self) -> Option<DateTime<Utc>> {
        self.as_of
    }

    /// Whether it is all that the newest snapshot holds: what is known now.
    pub const fn is_present(&self) -> bool {
        self.is_newest && self.as_of.is_none()
    }

    /// The instant that a view of the past speaks of: the one asked for, else that of the commit;
    /// none for what is known now.
    pub fn speaks_of(&self) -> Option<DateTime<Utc>> {
        let change = &self.snapshot.change;
        let committed = || change.committed_at.or(change.recorded_through);
        self.as_of.or_else(|| if self.is_newest { None } else { committed() })
    }

    /// What is to be said of a view of the past: "as known on 1 July 2026"; none for what is known
    /// now.
    pub fn said(&self) -> Option<String> {
        match (self.as_of, self.is_newest) {
            (None, true) => None,
            (Some(at), true) => Some(format!("as known {}", said(at))),
            (Some(at), false) => {
                Some(format!("as known {} (of snapshot {})", said(at), self.snapshot.id))
            }
            (None, false) => Some(format!("as of snapshot {}", self.snapshot.id)),
        }
    }

    /// µs since 1970, up to which statements belong to the view.
    fn until(&self) -> i64 {
        self.as_of.map_or(i64::MAX, |at| at.timestamp_micros())
    }

    /// The files of a table with the rows that belong to the view, sorted by path; each was found
    /// to be what the snapshot says.
    ///
    /// # Errors
    /// A file that is damaged or cannot be read.
    pub fn parts(&self, table: &str) -> Result<Arc<Vec<Part>>, LakeError> {
        let known = || self.known.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(parts) = known().get(table) {
            return Ok(Arc::clone(parts));
        }
        let mut parts = if self.as_of.is_some() {
            self.has_a_past()?;
            let mut parts = Vec::new();
            for (source, dataset) in self.snapshot.datasets()? {
                parts.extend(self.parts_of(table, &source, &dataset)?);
            }
            parts
        } else {
            self.whole(self.snapshot.files(table)?)?
        };
        parts.sort_by(|a, b| a.entry.path.cmp(&b.entry.path));
        let parts = Arc::new(parts);
        known().insert(table.to_owned(), Arc::clone(&parts));
        Ok(parts)
    }

    /// Rows of a table that belong to the view.
    ///
    /// # Errors
    /// As [`View::parts`].
    pub fn rows(&self, table: &str) -> Result<u64, LakeError> {
        if self.as_of.is_none() {
            return Ok(self.snapshot.rows(table));
        }
        Ok(self.parts(table)?.iter().map(|part| part.count).sum())
    }

    /// The rows of a table that belong to the view, file by file.
    ///
    /// # Errors
    /// As [`View::parts`].
    pub fn read(&self, table: &str) -> Result<ViewBatches, LakeError> {
        let mut parts: Vec<Part> = self.parts(table)?.to_vec();
        parts.reverse();
        Ok(ViewBatches { lake: self.lake.clone(), parts, open: None })
    }

    /// What was revised, restored or withdrawn up to the instant of the view, series by series.
    ///
    /// # Errors
    /// A document of the snapshot that is damaged or cannot be read.
    pub fn revisions(&self) -> Result<Revisions, LakeError> {
        self.has_a_past()?;
        let mut datasets = self.snapshot.datasets()?;
        datasets.reverse();
        Ok(Revisions::new(self.clone(), datasets))
    }

    /// Files of format 1 lack columns of the key.
    fn has_a_past(&self) -> Result<(), LakeError> {
        match self.snapshot.format {
            1 => Err(LakeError::OldSnapshot { id: self.snapshot.id }),
            _ => Ok(()),
        }
    }

    fn whole(&self, files: Vec<FileEntry>) -> Result<Vec<Part>, LakeError> {
        self.lake.check_files(&files)?;
        let whole = |entry: FileEntry| Part { count: entry.rows, rows: None, entry };
        Ok(files.into_iter().map(whole).collect())
    }

    fn parts_of(&self, table: &str, source: &str, dataset: &str) -> Result<Vec<Part>, LakeError> {
        let until = self.until();
        if table != OBSERVATIONS_LATEST {
            let files = self.files_until(table, source, dataset)?;
            let parts = files.into_iter().map(|entry| self.part_until(entry));
            let mut parts = parts.collect::<Result<Vec<_>, _>>()?;
            if table == QUARANTINE {
                // What a later reading could use was there at the time.
                for entry in self.files_until(QUARANTINE_PAST, source, dataset)? {
                    let rows = self.rows_until(&entry)?;
                    parts.extend(part(entry, rows));
                }
            }
            return Ok(parts);
        }
        let through = self.snapshot.recorded_through(source, dataset)?;
        if through.is_none_or(|through| through <= until) {
            return self.whole(self.snapshot.files_of(OBSERVATIONS_LATEST, source, dataset)?);
        }
        let files = self.files_until(OBSERVATIONS, source, dataset)?;
        let rows = in_force::in_force(&**self.lake.store(), &files, until)?;
        Ok(files.into_iter().zip(rows).filter_map(|(entry, rows)| part(entry, rows)).collect())
    }

    /// The files of a dataset that may hold a statement of before the instant, in the order of
    /// their commits; checked.
    fn files_until(
        &self,
        table: &str,
        source: &str,
        dataset: &str,
    ) -> Result<Vec<FileEntry>, LakeError> {
        let until = self.until();
        let mut files = self.snapshot.files_of(table, source, dataset)?;
        files.retain(|entry| entry.recorded().is_none_or(|(first, _)| first <= until));
        self.lake.check_files(&files)?;
        Ok(files)
    }

    /// A file with the rows that were recorded up to the instant.
    fn part_until(&self, entry: FileEntry) -> Result<Part, LakeError> {
        let until = self.until();
        if entry.recorded().is_some_and(|(_, last)| last <= until) {
            return Ok(Part { count: entry.rows, rows: None, entry });
        }
        let rows = self.rows_until(&entry)?;
        let none = Part { count: 0, rows: Some(RowSelection::default()), entry: entry.clone() };
        Ok(part(entry, rows).unwrap_or(none))
    }

    /// Which rows of a file were recorded up to the instant, and had not ended by then.
    fn rows_until(&self, entry: &FileEntry) -> Result<BooleanBuffer, LakeError> {
        let until = self.until();
        let path = self.lake.path(entry);
        let reader = self.reader(entry)?;
        let columns = [column::RECORDED_AT, quarantine::UNTIL];
        let mask = ProjectionMask::columns(reader.parquet_schema(), columns);
        let reader = reader.with_projection(mask).build();
        let mut rows = Vec::new();
        for batch in reader.map_err(|e| LakeError::parquet(&path, e))? {
            let batch = batch.map_err(|e| LakeError::encoding(&path, &e))?;
            let recorded = typed::<TimestampMicrosecondArray>(&batch, column::RECORDED_AT, &path)?;
            let ends = match batch.column_by_name(quarantine::UNTIL) {
                Some(_) => {
                    Some(typed::<TimestampMicrosecondArray>(&batch, quarantine::UNTIL, &path)?)
                }
                None => None,
            };
            let holds =
                |at: usize| ends.is_none_or(|ends| ends.is_null(at) || until < ends.value(at));
            let recorded = recorded.values().iter().enumerate();
            rows.extend(recorded.map(|(at, recorded)| *recorded <= until && holds(at)));
        }
        Ok(BooleanBuffer::from(rows))
    }

    fn reader(
        &self,
        entry: &FileEntry,
    ) -> Result<ParquetRecordBatchReaderBuilder<crate::Content>, LakeError> {
        let path = self.lake.path(entry);
        let no_file = || LakeError::io("read", &path, std::io::ErrorKind::NotFound.into());
        let content = self.lake.store().open(&entry.path)?.ok_or_else(no_file)?;
        ParquetRecordBatchReaderBuilder::try_new(content).map_err(|e| LakeError::parquet(&path, e))
    }
}

/// A file with some of its rows; none where it has none.
fn part(entry: FileEntry, rows: BooleanBuffer) -> Option<Part> {
    let count = rows.count_set_bits() as u64;
    if count == 0 {
        return None;
    }
    let some =
        (count < entry.rows).then(|| RowSelection::from_filters(&[BooleanArray::new(rows, None)]));
    Some(Part { count, rows: some, entry })
}

/// Batches of a table of a view.
pub struct ViewBatches {
    lake: Lake,
    /// Still to open, last first.
    parts: Vec<Part>,
    open: Option<(PathBuf, ParquetRecordBatchReader)>,
}

impl ViewBatches {
    fn open_next(&mut self) -> Result<bool, LakeError> {
        let Some(part) = self.parts.pop() else { return Ok(false) };
        let path = self.lake.path(&part.entry);
        let no_file = || LakeError::io("read", &path, std::io::ErrorKind::NotFound.into());
        let content = self.lake.store().open(&part.entry.path)?.ok_or_else(no_file)?;
        let reader = ParquetRecordBatchReaderBuilder::try_new(content)
            .and_then(|builder| match part.rows {
                Some(rows) => builder.with_row_selection(rows).build(),
                None => builder.build(),
            })
            .map_err(|e| LakeError::parquet(&path, e))?;
        self.open = Some((path, reader));
        Ok(true)
    }
}

impl Iterator for ViewBatches {
    type Item = Result<RecordBatch, LakeError>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            if let Some((path, reader)) = &mut self.open {
                if let Some(batch) = reader.next() {
                    return Some(batch.map_err(|e| LakeError::encoding(path, &e)));
                }
                self.open = None;
            }
            match self.open_next() {
                Ok(true) => {}
                Ok(false) => return None,
                Err(error) => {
                    self.parts.clear();
                    return Some(Err(error));
                }
            }
        }
    }
}
