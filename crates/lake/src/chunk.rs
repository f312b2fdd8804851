//! Encoding the columns of a row group. Most columns of an observation have one value in a whole row
//! group (source, dataset, breakdowns, unit, flags): such a column is encoded once, and is the same
//! bytes in each row group of as many rows.

use std::io::Write;
use std::sync::{Arc, Mutex, PoisonError};

use arrow::array::{ArrayRef, DictionaryArray, RecordBatch, StringArray, UInt32Array};
use arrow::compute::take;
use arrow::datatypes::{FieldRef, SchemaRef, UInt32Type};
use arrow::error::ArrowError;
use bytes::Bytes;
use parquet::arrow::arrow_writer::{
    ArrowColumnChunk, ArrowColumnWriter, ArrowRowGroupWriterFactory, compute_leaves,
};
use parquet::column::writer::ColumnCloseResult;
use parquet::errors::ParquetError;
use parquet::file::properties::WriterPropertiesPtr;
use parquet::file::writer::{SerializedFileWriter, SerializedRowGroupWriter};
use parquet::schema::types::{Type, TypePtr};

use crate::pool::{RowGroup, arrow};

/// A column of the rows of a row group.
#[derive(Debug, Clone)]
pub(crate) enum Column {
    /// One value, which all rows have: an array of it alone.
    Same(ArrayRef),
    /// A value for each row.
    Each(ArrayRef),
    /// Some texts, in the order of their first rows, and which of them each row has.
    Coded(StringArray, UInt32Array),
}

/// The rows of a row group, column by column.
#[derive(Debug)]
pub(crate) struct Block {
    pub(crate) schema: SchemaRef,
    pub(crate) rows: usize,
    /// In the order of the schema.
    pub(crate) columns: Vec<Column>,
}

impl Block {
    /// A column by its name.
    pub(crate) fn column(&self, name: &str) -> Option<&Column> {
        self.columns.get(self.schema.index_of(name).ok()?)
    }

    /// With a value for each row in each column.
    pub(crate) fn batch(&self) -> Result<RecordBatch, ArrowError> {
        let columns = self.columns.iter().map(|column| match column {
            Column::Each(each) => Ok(Arc::clone(each)),
            Column::Same(one) => repeated(one, self.rows),
            Column::Coded(texts, keys) => take(texts, keys, None),
        });
        RecordBatch::try_new(Arc::clone(&self.schema), columns.collect::<Result<_, _>>()?)
    }
}

impl From<&RecordBatch> for Block {
    fn from(batch: &RecordBatch) -> Self {
        let columns = batch.columns().iter().map(|column| Column::Each(Arc::clone(column)));
        Self { schema: batch.schema(), rows: batch.num_rows(), columns: columns.collect() }
    }
}

fn repeated(one: &ArrayRef, rows: usize) -> Result<ArrayRef, ArrowError> {
    take(one, &UInt32Array::from(vec![0; rows]), None)
}

/// An encoded column of a row group.
pub(crate) enum Chunk {
    /// Of this row group alone.
    Own(Box<ArrowColumnChunk>),
    /// The same in other row groups.
    Kept(Arc<Kept>),
}

impl Chunk {
    fn bytes(&self) -> u64 {
        match self {
            Self::Own(chunk) => chunk.close().bytes_written,
            Self::Kept(kept) => kept.close.bytes_written,
        }
    }

    /// Adds it to a row group as the next column.
    pub(crate) fn append<W: Write + Send>(
        self,
        group: &mut SerializedRowGroupWriter<'_, W>,
    ) -> Result<(), ParquetError> {
        match self {
            Self::Own(chunk) => chunk.append_to_row_group(group),
            Self::Kept(kept) => group.append_column(&kept.bytes, kept.close.clone()),
        }
    }
}

/// A column of one value, encoded.
pub(crate) struct Kept {
    one: ArrayRef,
    rows: usize,
    bytes: Bytes,
    close: ColumnCloseResult,
}

impl Kept {
    /// Takes the bytes out of a chunk, by way of a file that has this column alone.
    fn of(
        chunk: ArrowColumnChunk,
        (one, rows): (ArrayRef, usize),
        (column, props): (TypePtr, &WriterPropertiesPtr),
    ) -> Result<Self, ParquetError> {
        let close = chunk.close().clone();
        let root = Type::group_type_builder("schema").with_fields(vec![column]).build()?;
        let mut file = SerializedFileWriter::new(Vec::new(), Arc::new(root), Arc::clone(props))?;
        let from = file.bytes_written();
        let mut group = file.next_row_group()?;
        chunk.append_to_row_group(&mut group)?;
        let placed = group.close()?;
        let to = file.bytes_written();
        let whole = Bytes::from(file.into_inner()?);
        let bytes = whole.get(from..to).map(|part| whole.slice_ref(part)).unwrap_or_default();
        // The pages of a chunk are counted as they were made: its dictionary last.
        let dictionary = placed.columns().first().and_then(|column| {
            let to_data = column.data_page_offset() - column.dictionary_page_offset()?;
            usize::try_from(to_data).ok()
        });
        let close = close.update_dictionary_location(dictionary.unwrap_or(0))?;
        Ok(Self { one, rows, bytes, close })
    }
}

/// Of each column the one of one value that was encoded last. Whichever thread comes first encodes
/// it: the bytes are the same.
pub(crate) struct Columns {
    factory: ArrowRowGroupWriterFactory,
    root: TypePtr,
    props: WriterPropertiesPtr,
    kept: Mutex<Vec<Option<Arc<Kept>>>>,
}

impl Columns {
    pub(crate) fn new(
        factory: ArrowRowGroupWriterFactory,
        root: TypePtr,
        props: WriterPropertiesPtr,
    ) -> Self {
        Self { factory, root, props, kept: Mutex::default() }
    }

    fn known(&self, at: usize, one: &ArrayRef, rows: usize) -> Option<Arc<Kept>> {
        let kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let last = kept.get(at)?.as_ref()?;
        (last.rows == rows && *last.one == **one).then(|| Arc::clone(last))
    }

    fn keep(&self, at: usize, kept: Kept) -> Arc<Kept> {
        let kept = Arc::new(kept);
        let mut all = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() <= at {
            all.resize(at + 1, None);
        }
        if let Some(last) = all.get_mut(at) {
            *last = Some(Arc::clone(&kept));
        }
        kept
    }

    /// Encodes rows as one row group.
    pub(crate) fn encode(&self, block: &Block) -> Result<RowGroup, ParquetError> {
        // The index of a row group within its file only matters for encrypted files.
        let mut writers = self.factory.create_column_writers(0)?.into_iter();
        let mut chunks = Vec::with_capacity(block.columns.len());
        let fields = self.root.get_fields();
        for (at, (field, column)) in block.schema.fields().iter().zip(&block.columns).enumerate() {
            let writer = writers.next().ok_or_else(|| wrong("no column writer for", field))?;
            let one = match column {
                Column::Each(each) => {
                    chunks.push(Chunk::Own(Box::new(encode(field, each, writer)?)));
                    continue;
                }
                Column::Coded(texts, keys) => {
                    let each: DictionaryArray<UInt32Type> =
                        DictionaryArray::try_new(keys.clone(), Arc::new(texts.clone()))
                            .map_err(arrow)?;
                    let each: ArrayRef = Arc::new(each);
                    chunks.push(Chunk::Own(Box::new(encode(field, &each, writer)?)));
                    continue;
                }
                Column::Same(one) => one,
            };
            let kept = if let Some(kept) = self.known(at, one, block.rows) {
                kept
            } else {
                let leaf = fields.get(at).ok_or_else(|| wrong("no leaf for", field))?;
                let all = repeated(one, block.rows).map_err(arrow)?;
                let what = (Arc::clone(one), block.rows);
                let leaf = (Arc::clone(leaf), &self.props);
                self.keep(at, Kept::of(encode(field, &all, writer)?, what, leaf)?)
            };
            chunks.push(Chunk::Kept(kept));
        }
        let bytes = chunks.iter().map(Chunk::bytes).sum();
        Ok(RowGroup { chunks, bytes, rows: block.rows as u64, edges: None })
    }
}

fn wrong(what: &str, field: &FieldRef) -> ParquetError {
    ParquetError::General(format!("{what} column {}", field.name()))
}

/// Encodes a column, which is one leaf in every table of the lake.
fn encode(
    field: &FieldRef,
    array: &ArrayRef,
    mut writer: ArrowColumnWriter,
) -> Result<ArrowColumnChunk, ParquetError> {
    let mut leaves = compute_leaves(field, array)?.into_iter();
    let (Some(leaf), None) = (leaves.next(), leaves.next()) else {
        return Err(wrong("not one leaf in", field));
    };
    writer.write(&leaf)?;
    writer.close()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use parquet::file::writer::SerializedFileWriter;
    use wsis_model::period::Period;
    use wsis_model::status::ObsStatus;

    use super::{Block, Column};
    use crate::batch::columns;
    use crate::rewrite::spec;
    use crate::row::{Attr, Dict, Payload, Row};
    use crate::snapshot::OBSERVATIONS;
    use crate::table::Encoder;

    /// 30,000 rows (two pages) of some series, with a footnote and a gap where `mixed`.
    fn rows(dict: &mut Dict, series: &str, mixed: bool) -> Vec<Row> {
        let attr = |dict: &mut Dict, footnote| {
            let status = ObsStatus::Normal.code();
            dict.attr(&Attr { unit: "%", status, flag: None, footnote, withdrawn: false })
        };
        let (plain, noted) = (attr(dict, None), attr(dict, Some("estimate")));
        let payload = Payload { recorded_at: 7, id: "ab".repeat(32), released_at: None };
        let payload = dict.payload(&payload);
        let set = dict.set("worldbank", "WDI");
        let (series, cut) = (dict.series(series), dict.cut(["_T", "_T", "_T", ""]));
        let row = |dict: &mut Dict, at: i32| {
            let area = dict.area(&format!("A{:03}", at / 100));
            let period = Period::annual(1900 + at % 100).unwrap();
            let odd = mixed && at % 7 == 0;
            let attr = if odd { noted } else { plain };
            let value = if odd { f64::NAN } else { f64::from(at) / 3.0 };
            let (text, payload_row) = (0, i64::from(at) + 1);
            Row { set, series, area, cut, period, attr, text, payload, value, payload_row }
        };
        (0..30_000).map(|at| row(dict, at)).collect()
    }

    fn file(blocks: &[Block]) -> Vec<u8> {
        let encoder = Encoder::new(&spec(OBSERVATIONS, "worldbank", "WDI")).unwrap();
        let (root, props) = encoder.parts();
        let mut file = SerializedFileWriter::new(Vec::new(), root, props).unwrap();
        for block in blocks {
            let group = encoder.columns.encode(block).unwrap();
            let mut to = file.next_row_group().unwrap();
            let bytes: u64 = group.chunks.iter().map(super::Chunk::bytes).sum();
            assert_eq!((group.rows, group.bytes), (block.rows as u64, bytes));
            group.chunks.into_iter().for_each(|chunk| chunk.append(&mut to).unwrap());
            to.close().unwrap();
        }
        file.into_inner().unwrap()
    }

    /// The values of a row group all the same, then again, then others, fewer, and the first again.
    #[test]
    fn trial_p220_a_column_of_one_value_has_the_bytes_of_one_that_is_encoded_row_by_row() {
        let mut dict = Dict::default();
        let (one, other) = (rows(&mut dict, "S", false), rows(&mut dict, "T", true));
        let groups = [&one[..], &one, &other, &one[..100], &other[..1], &[], &one];
        let blocks = groups.map(|rows| columns(&dict, rows));
        let each = |block: &Block| Block::from(&block.batch().unwrap());
        assert!(file(&blocks) == file(&blocks.each_ref().map(each)));
        // Of 23 columns six vary in most: area, period, year, first day, value, row; in few rows fewer do.
        let same = |block: &Block| {
            block.columns.iter().filter(|column| matches!(column, Column::Same(_))).count()
        };
        assert_eq!(blocks.each_ref().map(same), [17, 17, 16, 18, 21, 0, 17]);
        assert_eq!(blocks[2].batch().unwrap().num_columns(), 23);
        assert!(Arc::ptr_eq(&blocks[0].schema, &blocks[5].batch().unwrap().schema()));
    }
}
