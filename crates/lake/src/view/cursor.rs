//! The statements of one file in the order of their key, batch by batch, key texts as numbers.

use std::io::Cursor as Whole;
use std::path::PathBuf;
use std::sync::Arc;

use arrow::array::{
    Array, DictionaryArray, Int32Array, RecordBatch, StringArray, TimestampMicrosecondArray,
};
use arrow::datatypes::{DataType, Field, Int32Type, Schema};
use parquet::arrow::ProjectionMask;
use parquet::arrow::arrow_reader::{
    ArrowReaderMetadata, ArrowReaderOptions, ParquetRecordBatchReader,
    ParquetRecordBatchReaderBuilder,
};
use wsis_model::observation::{KEY, column};

use crate::batch::typed;
use crate::error::LakeError;
use crate::intern::Interner;
use crate::snapshot::FileEntry;
use crate::store::{Content, Store};

/// Columns of the key that are the same in all files of a dataset: source and dataset.
const OF_DATASET: usize = 2;

/// The column of the key by which statements are taken together: the first that varies in a
/// dataset.
const LEAD: usize = OF_DATASET;

/// Columns of the key that vary in a dataset, the leading one first.
pub(super) const VARYING: usize = KEY.len() - OF_DATASET;

/// Files up to this length are read whole, so that a dataset of many small deliveries does not
/// take a descriptor for each of them, bytes.
const WHOLE_UP_TO: u64 = 1024 * 1024;

/// Rows of a batch, and of the batches of all files together.
const BATCH_ROWS: usize = 8_192;
const ROWS_AT_ONCE: usize = 64 * BATCH_ROWS;

/// Rows of a batch where that many files are read side by side. Row groups are cut evenly.
pub(super) fn batch_rows(files: usize) -> usize {
    let share = ROWS_AT_ONCE / files.max(1);
    share.clamp(256, BATCH_ROWS).next_power_of_two().min(BATCH_ROWS)
}

/// The texts of each column of the key, as numbers.
#[derive(Default)]
pub(super) struct Texts([Interner; VARYING]);

impl Texts {
    /// The text of the leading column that has a number.
    pub(super) fn lead(&self, id: u32) -> &str {
        self.0.first().map_or("", |texts| texts.get(id))
    }
}

/// A batch that was read, with the numbers of its keys.
pub(super) struct Block {
    pub(super) batch: RecordBatch,
    /// Place of the first row in the file.
    pub(super) first_row: usize,
    /// By column of the key, by row.
    pub(super) ids: [Vec<u32>; VARYING],
    pub(super) recorded: TimestampMicrosecondArray,
}

/// Reads a file.
pub(super) struct Cursor {
    path: PathBuf,
    reader: ParquetRecordBatchReader,
    /// What is being read, and the next row of it.
    pub(super) block: Option<Block>,
    pub(super) at: usize,
    /// Place of the next batch in the file.
    next_row: usize,
    /// The dictionary of each column as it was last seen, and its numbers.
    known: [Option<(StringArray, Vec<u32>)>; VARYING],
}

impl Cursor {
    /// Opens a file that was found to be what its snapshot says, for its key, its instants and
    /// `more` columns.
    pub(super) fn open(
        store: &dyn Store,
        entry: &FileEntry,
        more: &[&str],
        rows: usize,
    ) -> Result<Self, LakeError> {
        let path = store.shown(&entry.path);
        let no_file = || LakeError::io("read", &path, std::io::ErrorKind::NotFound.into());
        let content = if entry.bytes <= WHOLE_UP_TO {
            Content::Bytes(Whole::new(store.get(&entry.path)?.ok_or_else(no_file)?))
        } else {
            store.open(&entry.path)?.ok_or_else(no_file)?
        };
        let failed = |e| LakeError::parquet(&path, e);
        let reader = open(content, more).map_err(failed)?.with_batch_size(rows).build();
        let reader = reader.map_err(failed)?;
        let known = std::array::from_fn(|_| None);
        Ok(Self { path, reader, block: None, at: 0, next_row: 0, known })
    }

    /// Reads on where the block at hand is used up; false at the end of the file.
    pub(super) fn fill(&mut self, texts: &mut Texts) -> Result<bool, LakeError> {
        if self.block.as_ref().is_some_and(|block| self.at < block.batch.num_rows()) {
            return Ok(true);
        }
        self.block = None;
        self.at = 0;
        let Some(batch) = self.reader.next() else { return Ok(false) };
        let batch = batch.map_err(|e| LakeError::encoding(&self.path, &e))?;
        let mut ids: [Vec<u32>; VARYING] = std::array::from_fn(|_| Vec::new());
        let columns = KEY.iter().skip(OF_DATASET).zip(&mut texts.0).zip(&mut self.known);
        for (((name, texts), known), ids) in columns.zip(&mut ids) {
            *ids = numbers(&batch, name, texts, known, &self.path)?;
        }
        let recorded = typed(&batch, column::RECORDED_AT, &self.path)?;
        let recorded = TimestampMicrosecondArray::clone(recorded);
        let first_row = self.next_row;
        self.next_row += batch.num_rows();
        self.block = Some(Block { batch, first_row, ids, recorded });
        Ok(true)
    }

    /// Number of the leading text of the next row; none where [`Cursor::fill`] has said that
    /// there is none.
    pub(super) fn lead(&self) -> Option<u32> {
        self.block.as_ref()?.ids.first()?.get(self.at).copied()
    }

    /// The rows of the block at hand that have this leading text, and moves beyond them.
    pub(super) fn take(&mut self, lead: u32) -> std::ops::Range<usize> {
        let start = self.at;
        let leads = self.block.as_ref().and_then(|block| block.ids.first()?.get(start..));
        let same = leads.into_iter().flatten().take_while(|&&id| id == lead).count();
        self.at = start + same;
        start..self.at
    }
}

/// A reader of the key, the instants and more columns of a file; texts as dictionaries, as they
/// lie in the file.
fn open(
    content: Content,
    more: &[&str],
) -> parquet::errors::Result<ParquetRecordBatchReaderBuilder<Content>> {
    let metadata = ArrowReaderMetadata::load(&content, ArrowReaderOptions::default())?;
    let dictionary = DataType::Dictionary(Box::new(DataType::Int32), Box::new(DataType::Utf8));
    let fields = metadata.schema().fields().iter().map(|field| match field.data_type() {
        DataType::Utf8 => Field::new(field.name(), dictionary.clone(), field.is_nullable()),
        _ => field.as_ref().clone(),
    });
    let schema = Arc::new(Schema::new(fields.collect::<Vec<_>>()));
    let options = ArrowReaderOptions::new().with_schema(schema);
    let metadata = ArrowReaderMetadata::try_new(Arc::clone(metadata.metadata()), options)?;
    let builder = ParquetRecordBatchReaderBuilder::new_with_metadata(content, metadata);
    let key = KEY.iter().skip(LEAD).copied();
    let wanted: Vec<&str> = key.chain([column::RECORDED_AT]).chain(more.iter().copied()).collect();
    let mask = ProjectionMask::columns(builder.parquet_schema(), wanted);
    Ok(builder.with_projection(mask))
}

/// The numbers of a column of a batch: of texts those of [`Texts`], of integers themselves.
fn numbers(
    batch: &RecordBatch,
    name: &str,
    texts: &mut Interner,
    known: &mut Option<(StringArray, Vec<u32>)>,
    path: &std::path::Path,
) -> Result<Vec<u32>, LakeError> {
    if let Ok(years) = typed::<Int32Array>(batch, name, path) {
        return Ok(years.values().iter().map(|year| year.cast_unsigned()).collect());
    }
    let column = typed::<DictionaryArray<Int32Type>>(batch, name, path)?;
    let values: &StringArray = column.values().as_any().downcast_ref().ok_or_else(|| {
        LakeError::encoding(path, &format!("column {name} has a dictionary of another type"))
    })?;
    // The batches of a row group share their dictionary.
    let map = match known {
        Some((before, map)) if same(before, values) => map,
        _ => {
            let map = values.iter().map(|text| texts.intern(text.unwrap_or_default())).collect();
            &mut known.insert((values.clone(), map)).1
        }
    };
    let number = |key: &i32| {
        usize::try_from(*key).ok().and_then(|key| map.get(key)).copied().unwrap_or(u32::MAX)
    };
    Ok(column.keys().values().iter().map(number).collect())
}

/// Whether two dictionaries are one and the same.
fn same(a: &StringArray, b: &StringArray) -> bool {
    a.len() == b.len()
        && a.value_data().as_ptr() == b.value_data().as_ptr()
        && a.value_offsets().as_ptr() == b.value_offsets().as_ptr()
}
