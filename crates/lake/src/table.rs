//! Writing one table of a dataset: row groups into files, each checked by reading it back
//! before it gets its name.

use std::collections::{BTreeMap, VecDeque};
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::Receiver;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::datatypes::{Schema, SchemaRef};
use parquet::arrow::ArrowSchemaConverter;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::arrow::arrow_writer::ArrowRowGroupWriterFactory;
use parquet::errors::ParquetError;
use parquet::file::metadata::{ParquetMetaData, RowGroupMetaData};
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::statistics::Statistics;
use parquet::file::writer::SerializedFileWriter;
use serde_json::Value;
use wsis_model::observation::column;

use crate::chunk::{Chunk, Columns};
use crate::documents::data_path;
use crate::durable::{Disk, Draft, Finished, hash_of, hex};
use crate::error::LakeError;
use crate::pairs::Edges;
use crate::pool::{Pool, RowGroup, stopped};
use crate::profile::{self, Place};
use crate::snapshot::{FileEntry, OBSERVATIONS};
use crate::store::{Placed, Store};

/// Files are closed before they pass this size.
pub(crate) const FILE_BYTES: u64 = 128 * 1000 * 1000;

/// Whose rows a table has, how it is sorted and where its files go.
#[derive(Clone)]
pub(crate) struct Spec {
    /// Kind of rows, for `wsis.schema`; tables of one kind have equal bytes for equal rows.
    pub(crate) kind: &'static str,
    pub(crate) source: String,
    pub(crate) dataset: String,
    pub(crate) schema: SchemaRef,
    pub(crate) sort: Vec<String>,
    pub(crate) place: Place,
    pub(crate) extra: Vec<(String, String)>,
}

/// Schema and properties from which the column writers of any thread are made.
pub(crate) struct Encoder {
    pub(crate) columns: Columns,
    props: WriterPropertiesPtr,
    root: parquet::schema::types::TypePtr,
}

impl Encoder {
    pub(crate) fn new(spec: &Spec) -> Result<Self, ParquetError> {
        let descriptor = ArrowSchemaConverter::new().convert(&spec.schema)?;
        let props = Arc::new(profile::properties(
            spec.place,
            &spec.schema,
            spec.kind,
            &spec.sort,
            &spec.extra,
        ));
        let root = descriptor.root_schema_ptr();
        let probe = SerializedFileWriter::new(Vec::new(), Arc::clone(&root), Arc::clone(&props))?;
        let factory = ArrowRowGroupWriterFactory::new(&probe, Arc::clone(&spec.schema));
        let columns = Columns::new(factory, Arc::clone(&root), Arc::clone(&props));
        Ok(Self { columns, props, root })
    }

    /// What a writer of such a file is made of.
    #[cfg(test)]
    pub(crate) fn parts(&self) -> (parquet::schema::types::TypePtr, WriterPropertiesPtr) {
        (Arc::clone(&self.root), Arc::clone(&self.props))
    }
}

/// A file being written. The draft is shared so that it can be had back, with the system's own
/// error, after the Parquet writer has written the footer.
struct Open {
    parquet: SerializedFileWriter<SharedDraft>,
    draft: Arc<Mutex<Draft>>,
    path: PathBuf,
}

struct SharedDraft(Arc<Mutex<Draft>>);

impl Write for SharedDraft {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        Write::write(&mut *self.0.lock().unwrap_or_else(PoisonError::into_inner), bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }
}

/// A checked file without a name yet.
pub(crate) struct Written {
    file: Finished,
    entry: FileEntry,
}

/// Receives encoded row groups in order and cuts them into files.
pub(crate) struct TableWriter<'e> {
    spec: Spec,
    encoder: &'e Encoder,
    disk: Disk,
    folder: PathBuf,
    file: Option<Open>,
    rows: u64,
    /// Files that are synced and checked beside the writing, in order.
    closing: Vec<Receiver<Result<Written, LakeError>>>,
    id: usize,
    submitted: u64,
    appended: u64,
    /// End of the last row group, where rows must rise.
    last: Option<Edges>,
    /// Row groups with which another file begins, in order.
    cuts: VecDeque<u64>,
    rows_max: u64,
}

impl<'e> TableWriter<'e> {
    /// `folder` is where drafts are written, in the file system of the final files.
    pub(crate) fn new(
        id: usize,
        spec: Spec,
        encoder: &'e Encoder,
        disk: &Disk,
        folder: &Path,
    ) -> Self {
        Self {
            spec,
            encoder,
            disk: disk.clone(),
            folder: folder.to_path_buf(),
            file: None,
            rows: 0,
            closing: Vec::new(),
            id,
            submitted: 0,
            appended: 0,
            last: None,
            cuts: VecDeque::new(),
            rows_max: u64::MAX,
        }
    }

    /// Closes files before they have more rows.
    pub(crate) fn with_rows_max(mut self, rows_max: u64) -> Self {
        self.rows_max = rows_max;
        self
    }

    /// The next row group begins another file.
    pub(crate) fn cut(&mut self) {
        self.cuts.push_back(self.submitted);
    }

    /// Gives a row group to the pool and appends what is ready.
    pub(crate) fn submit<'s>(
        &mut self,
        pool: &mut Pool<'s>,
        work: impl FnOnce() -> Result<RowGroup, ParquetError> + Send + 's,
    ) -> Result<(), LakeError> {
        let failed = |e| LakeError::parquet(&self.folder, e);
        pool.submit((self.id, self.submitted), work).map_err(failed)?;
        self.submitted += 1;
        while let Some(group) = pool.ready((self.id, self.appended)) {
            let group = group.map_err(|e| LakeError::parquet(&self.folder, e))?;
            self.append(group, pool)?;
        }
        Ok(())
    }

    /// Waits for the row groups under way, closes and checks the files. `at_least_one` writes a
    /// file without rows for an empty table.
    pub(crate) fn finish(
        mut self,
        pool: &mut Pool<'_>,
        at_least_one: bool,
    ) -> Result<Vec<Written>, LakeError> {
        while self.appended < self.submitted {
            let group = pool
                .wait((self.id, self.appended))
                .map_err(|e| LakeError::parquet(&self.folder, e))?;
            self.append(group, pool)?;
        }
        if at_least_one && self.file.is_none() && self.closing.is_empty() {
            self.file = Some(self.open()?);
        }
        self.close(pool)?;
        let failed = |_| LakeError::parquet(&self.folder, stopped());
        self.closing.into_iter().map(|closed| closed.recv().map_err(failed)?).collect()
    }

    fn open(&self) -> Result<Open, LakeError> {
        let draft = self.disk.draft(&self.folder)?;
        let path = draft.path().to_path_buf();
        let draft = Arc::new(Mutex::new(draft));
        let (root, props) = (Arc::clone(&self.encoder.root), Arc::clone(&self.encoder.props));
        let parquet = SerializedFileWriter::new(SharedDraft(Arc::clone(&draft)), root, props)
            .map_err(|e| LakeError::parquet(&path, e))?;
        Ok(Open { parquet, draft, path })
    }

    fn append(&mut self, group: RowGroup, pool: &Pool<'_>) -> Result<(), LakeError> {
        let is_cut = self.cuts.front() == Some(&self.appended);
        if is_cut {
            self.cuts.pop_front();
        }
        self.appended += 1;
        if let Some(edges) = group.edges {
            if let Some(before) = &self.last {
                edges.follow(before)?;
            }
            self.last = Some(edges);
        }
        let full = self.file.as_ref().is_some_and(|file| {
            file.parquet.bytes_written() as u64 + group.bytes > FILE_BYTES
                || self.rows + group.rows > self.rows_max
        });
        if is_cut || full && self.spec.place == Place::Lake {
            self.close(pool)?;
        }
        let mut file = match self.file.take() {
            Some(file) => file,
            None => self.open()?,
        };
        append_chunks(&mut file.parquet, group.chunks)
            .map_err(|e| LakeError::parquet(&file.path, e))?;
        self.rows += group.rows;
        self.file = Some(file);
        Ok(())
    }

    /// Ends the file under way; it is synced and checked while others are written.
    fn close(&mut self, pool: &Pool<'_>) -> Result<(), LakeError> {
        let Some(Open { mut parquet, draft, path }) = self.file.take() else {
            return Ok(());
        };
        parquet.finish().map_err(|e| LakeError::parquet(&path, e))?;
        drop(parquet);
        let draft = Arc::into_inner(draft).ok_or_else(|| {
            LakeError::encoding(&path, &"the Parquet writer still holds the file")
        })?;
        let draft = draft.into_inner().unwrap_or_else(PoisonError::into_inner);
        let (spec, rows) = (self.spec.clone(), std::mem::take(&mut self.rows));
        let closed = pool.close(move || settle(draft, spec, rows));
        self.closing.push(closed.map_err(|e| LakeError::parquet(&path, e))?);
        Ok(())
    }
}

/// Syncs a file and reads back what it says of itself.
fn settle(draft: Draft, spec: Spec, rows: u64) -> Result<Written, LakeError> {
    let finished = draft.finish()?;
    let (min, max) = check(finished.path(), &spec, rows)?;
    let sha256 = hex(&finished.sha256);
    let Spec { source, dataset, .. } = spec;
    let entry = FileEntry {
        path: data_path(&source, &dataset, &sha256),
        bytes: finished.bytes,
        rows,
        sha256,
        source,
        dataset,
        min,
        max,
    };
    Ok(Written { file: finished, entry })
}

fn append_chunks(
    file: &mut SerializedFileWriter<SharedDraft>,
    chunks: Vec<Chunk>,
) -> Result<(), ParquetError> {
    let mut group = file.next_row_group()?;
    for chunk in chunks {
        chunk.append(&mut group)?;
    }
    group.close().map(drop)
}

impl Written {
    /// Gives files their names, which are their contents' hashes; a file that is there already with
    /// the same content is the same file.
    pub(crate) fn place(
        written: Vec<Self>,
        store: &dyn Store,
    ) -> Result<Vec<FileEntry>, LakeError> {
        let names = written.iter().map(|it| (it.file.path(), it.entry.path.as_str()));
        let placed = store.place_all(&names.collect::<Vec<_>>())?;
        for (Self { entry, .. }, placed) in written.iter().zip(placed) {
            if placed == Placed::Existed {
                compare_with(store, entry)?;
            }
        }
        Ok(written.into_iter().map(|it| it.entry).collect())
    }

    /// The file without its name, and what is to be said of it.
    pub(crate) fn into_parts(self) -> (Finished, FileEntry) {
        (self.file, self.entry)
    }
}

/// Compares a file that was there with what it has to be.
fn compare_with(store: &dyn Store, entry: &FileEntry) -> Result<(), LakeError> {
    let path = store.shown(&entry.path);
    let failed = |e| LakeError::io("read", &path, e);
    let there = store.open(&entry.path)?.ok_or_else(|| failed(io::ErrorKind::NotFound.into()))?;
    let (_, found) = hash_of(there).map_err(failed)?;
    if hex(&found) == entry.sha256 {
        return Ok(());
    }
    Err(LakeError::Corrupt {
        path,
        found: format!("SHA-256 {}", hex(&found)),
        expected: format!("SHA-256 {}", entry.sha256),
    })
}

type Bounds = BTreeMap<String, Value>;

/// Reads a just-written file's footer back and compares it with what the writer claims: rows,
/// columns, row groups in key order. Returns the smallest and largest value of each sort column.
fn check(path: &Path, spec: &Spec, rows: u64) -> Result<(Bounds, Bounds), LakeError> {
    let wrong = |found: String, expected: String| LakeError::Corrupt {
        path: path.to_path_buf(),
        found,
        expected,
    };
    let file = File::open(path).map_err(|e| LakeError::io("read", path, e))?;
    let reader =
        ParquetRecordBatchReaderBuilder::try_new(file).map_err(|e| LakeError::parquet(path, e))?;
    let found = u64::try_from(reader.metadata().file_metadata().num_rows()).unwrap_or(0);
    if found != rows {
        return Err(wrong(format!("{found} rows"), format!("{rows} rows")));
    }
    if !same_columns(reader.schema(), &spec.schema) {
        return Err(wrong(format!("columns {}", reader.schema()), spec.schema.to_string()));
    }
    let metadata = reader.metadata();
    if let Some(at) = first_disorder(metadata, spec) {
        return Err(wrong(
            format!("row group {at} starts before the end of the one before it"),
            format!("rows sorted by {}", spec.sort.join(", ")),
        ));
    }
    Ok(bounds(metadata, spec))
}

fn same_columns(found: &Schema, wanted: &Schema) -> bool {
    found.fields().len() == wanted.fields().len()
        && found.fields().iter().zip(wanted.fields()).all(|(found, wanted)| {
            found.name() == wanted.name()
                && found.data_type() == wanted.data_type()
                && found.is_nullable() == wanted.is_nullable()
        })
}

/// The first row group that overlaps the one before it in the leading sort column that varies.
/// Truncated statistics say nothing and are passed over.
fn first_disorder(metadata: &ParquetMetaData, spec: &Spec) -> Option<usize> {
    let groups = metadata.row_groups();
    for (at, (before, after)) in groups.iter().zip(groups.iter().skip(1)).enumerate() {
        for name in &spec.sort {
            let (Some(end), Some(start)) = (edge(before, name, true), edge(after, name, false))
            else {
                break;
            };
            match compare(&end, &start) {
                Some(std::cmp::Ordering::Less) | None => break,
                Some(std::cmp::Ordering::Greater) => return Some(at + 1),
                // Equal only orders the next column if neither group varies in this one.
                Some(std::cmp::Ordering::Equal) => {
                    let constant = |g| {
                        edge(g, name, true).is_some() && edge(g, name, true) == edge(g, name, false)
                    };
                    if !constant(before) || !constant(after) {
                        break;
                    }
                }
            }
        }
    }
    None
}

fn compare(a: &Value, b: &Value) -> Option<std::cmp::Ordering> {
    match (a, b) {
        (Value::String(a), Value::String(b)) => Some(a.as_bytes().cmp(b.as_bytes())),
        (Value::Number(a), Value::Number(b)) => Some(a.as_i64()?.cmp(&b.as_i64()?)),
        _ => None,
    }
}

fn edge(group: &RowGroupMetaData, name: &str, largest: bool) -> Option<Value> {
    let chunk = group.columns().iter().find(|c| c.column_path().string() == name)?;
    let statistics = chunk.statistics()?;
    let exact = if largest { statistics.max_is_exact() } else { statistics.min_is_exact() };
    if !exact {
        return None;
    }
    match statistics {
        Statistics::ByteArray(s) => {
            let bytes = if largest { s.max_opt() } else { s.min_opt() }?;
            bytes.as_utf8().ok().map(Value::from)
        }
        Statistics::Int32(s) => {
            (if largest { s.max_opt() } else { s.min_opt() }).copied().map(Value::from)
        }
        Statistics::Int64(s) => {
            (if largest { s.max_opt() } else { s.min_opt() }).copied().map(Value::from)
        }
        _ => None,
    }
}

fn bounds(metadata: &ParquetMetaData, spec: &Spec) -> (Bounds, Bounds) {
    let mut min = Bounds::new();
    let mut max = Bounds::new();
    // The year too: nearly every question names some.
    let year = Some(column::YEAR.to_owned()).filter(|_| spec.kind == OBSERVATIONS);
    for name in spec.sort.iter().chain(&year) {
        let extreme = |largest: bool| -> Option<Value> {
            let edges: Option<Vec<Value>> =
                metadata.row_groups().iter().map(|g| edge(g, name, largest)).collect();
            let better =
                if largest { std::cmp::Ordering::Greater } else { std::cmp::Ordering::Less };
            edges?.into_iter().reduce(|a, b| if compare(&b, &a) == Some(better) { b } else { a })
        };
        if let (Some(low), Some(high)) = (extreme(false), extreme(true)) {
            min.insert(name.clone(), low);
            max.insert(name.clone(), high);
        }
    }
    (min, max)
}
