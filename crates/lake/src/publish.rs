//! `public/v1`: tables for dashboards as SNAPPY Parquet and CSV, written to be published.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, Float64Array, RecordBatch};
use arrow::compute::{SortColumn, cast, concat_batches, lexsort_to_indices, take_record_batch};
use arrow::datatypes::{DataType, Field, Schema, SchemaRef, TimeUnit};
use arrow::error::ArrowError;
use flate2::Compression;
use flate2::write::GzEncoder;
use wsis_model::observation::{column, observation_schema};
use wsis_model::quarantine::quarantine_schema;

use crate::batch::{from_rows, intern};
use crate::csv_rows::{CsvRows, SAMPLE};
use crate::durable::{Draft, Finished, below, hex};
use crate::error::LakeError;
use crate::feed::Feed;
use crate::lake::check_name;
use crate::manifest::PublishedFile;
use crate::pool::Pool;
use crate::profile::Place;
use crate::publication::{Publication, Staged};
use crate::quarantine;
use crate::row::{Dict, Order, Ranks};
use crate::runs::RowHeap;
use crate::snapshot::{OBSERVATIONS_LATEST, QUARANTINE, Snapshot};
use crate::table::{Encoder, Spec, TableWriter, Written};

/// Sort of the public table of observations.
const PUBLIC_SORT: [&str; 10] = [
    column::SERIES_CODE,
    column::REF_AREA,
    column::FREQ,
    column::TIME_PERIOD,
    column::SEX,
    column::AGE,
    column::LOCATION,
    column::DIMENSIONS,
    column::SOURCE,
    column::DATASET,
];

impl Publication {
    /// Adds a table as `NAME.parquet` (SNAPPY), sorted by `sort`, and as `NAME.csv` where that is
    /// declared (`NAME.csv.gz` where it is large). `kv` goes into the Parquet metadata (snapshot,
    /// licence, citation). Text views, dictionaries and small integers become Utf8, Int32 and
    /// Int64; instants become µs UTC.
    ///
    /// # Errors
    /// A name that is no file name, no batch, differing schemas, an unknown sort column, a value
    /// that is not finite, or a refusal of the file system.
    pub fn table(
        &mut self,
        table: &str,
        batches: &[RecordBatch],
        sort: &[&str],
        kv: &[(String, String)],
    ) -> Result<(), LakeError> {
        check_name("table", table)?;
        let kv = &self.lake.public_facts(kv)?;
        let wrong = |message: String| LakeError::Table { table: table.to_owned(), message };
        let Some(first) = batches.first() else {
            return Err(wrong("no batch given; an empty batch with the schema is needed".into()));
        };
        let schema = public_schema(first.schema_ref());
        let plain: Result<Vec<_>, ArrowError> =
            batches.iter().map(|batch| plain_batch(batch, &schema)).collect();
        let rows = plain
            .and_then(|plain| concat_batches(&schema, &plain))
            .map_err(|e| wrong(e.to_string()))?;
        refuse_not_finite(&rows).map_err(&wrong)?;
        let rows = sorted(&rows, sort).map_err(&wrong)?;
        let groups: Vec<RecordBatch> = (0..rows.num_rows())
            .step_by(Place::Public.row_group())
            .map(|at| rows.slice(at, Place::Public.row_group().min(rows.num_rows() - at)))
            .collect();
        self.write_table(table, &schema, sort, kv, &groups)?;
        self.write_csv(table, &schema, &mut groups.iter().map(|batch| Ok(batch.clone())))
    }

    /// Adds the observations in force and the quarantine of a snapshot, all datasets together:
    /// `observations_latest` (sorted by series, area, year) and `quarantine`.
    ///
    /// # Errors
    /// As [`Publication::table`]; data files that are not what the snapshot says.
    pub fn observations(
        &mut self,
        snapshot: &Snapshot,
        kv: &[(String, String)],
    ) -> Result<(), LakeError> {
        let lake = self.lake.clone();
        let kv = &lake.public_facts(kv)?;
        let mut dict = Dict::default();
        let mut store = RowHeap::new(&lake.tmp(), lake.disk(), Order::Public, lake.threads());
        let mut batches = lake.read(snapshot, OBSERVATIONS_LATEST, None)?;
        while let Some(batch) = batches.next() {
            let path = batches.current_path();
            intern(&batch?, &path, &mut dict, |dict, row| store.push(row, dict))?;
        }
        store.seal(&dict);
        self.write_observations(&dict, &store, kv)?;
        let failed = |e| LakeError::encoding(lake.root(), &e);
        let set_aside = lake.read(snapshot, QUARANTINE, None)?;
        let set_aside = set_aside.map(|it| quarantine::published(&it?).map_err(failed));
        let mut set_aside = set_aside.collect::<Result<Vec<_>, _>>()?;
        set_aside.push(RecordBatch::new_empty(quarantine_schema()));
        self.table(QUARANTINE, &set_aside, &quarantine::SORT, kv)
    }

    fn folder(&self) -> PathBuf {
        below(self.lake.root(), "public/v1")
    }

    fn write_observations(
        &mut self,
        dict: &Dict,
        store: &RowHeap,
        kv: &[(String, String)],
    ) -> Result<(), LakeError> {
        let lake = self.lake.clone();
        let schema = observation_schema();
        let spec = public_spec("observations", &schema, &PUBLIC_SORT, kv);
        let encoder = Encoder::new(&spec).map_err(|e| LakeError::parquet(lake.root(), e))?;
        let ranks = Ranks::of(dict, Order::Public);
        let written = std::thread::scope(|scope| {
            let mut pool = Pool::start(scope, lake.threads());
            let writer = TableWriter::new(0, spec, &encoder, lake.disk(), &self.folder());
            let mut feed = Feed::new(Place::Public, writer, &encoder);
            let mut rows = store.sorted(&ranks)?;
            while let Some((_, row)) = rows.next()? {
                feed.push(row, dict, &mut pool)?;
            }
            feed.finish(dict, &mut pool, true)
        })?;
        self.stage_table(OBSERVATIONS_LATEST, written);
        let mut rows = store.sorted(&ranks)?;
        let mut batches = std::iter::from_fn(|| {
            let mut part = Vec::new();
            while part.len() < 8192 {
                match rows.next() {
                    Ok(Some((_, row))) => part.push(row),
                    Ok(None) => break,
                    Err(error) => return Some(Err(error)),
                }
            }
            let failed = |e| LakeError::encoding(lake.root(), &e);
            (!part.is_empty()).then(|| from_rows(dict, &part).map_err(failed))
        });
        self.write_csv(OBSERVATIONS_LATEST, &schema, &mut batches)
    }

    fn write_table(
        &mut self,
        table: &str,
        schema: &SchemaRef,
        sort: &[&str],
        kv: &[(String, String)],
        groups: &[RecordBatch],
    ) -> Result<(), LakeError> {
        let lake = self.lake.clone();
        let spec = public_spec("table", schema, sort, kv);
        let encoder = Encoder::new(&spec).map_err(|e| LakeError::parquet(lake.root(), e))?;
        let encoder = &encoder;
        let written = std::thread::scope(|scope| {
            let mut pool = Pool::start(scope, lake.threads());
            let mut writer = TableWriter::new(0, spec, encoder, lake.disk(), &self.folder());
            for batch in groups {
                writer.submit(&mut pool, move || encoder.columns.encode(&batch.into()))?;
            }
            writer.finish(&mut pool, true)
        })?;
        self.stage_table(table, written);
        Ok(())
    }

    fn stage_table(&mut self, table: &str, written: Vec<Written>) {
        for file in written {
            let (file, entry) = file.into_parts();
            self.stage(table, "parquet", entry.rows, file);
        }
    }

    fn stage(&mut self, table: &str, format: &str, rows: u64, file: Finished) {
        let about = PublishedFile {
            name: format!("{}.{format}", self.name(table)),
            table: table.to_owned(),
            format: format.to_owned(),
            rows,
            bytes: file.bytes,
            sha256: hex(&file.sha256),
        };
        self.staged.push(Staged { file, about });
    }

    /// Writes the CSV form of a table that is declared to have one; a large one is compressed,
    /// and never left out.
    fn write_csv(
        &mut self,
        table: &str,
        schema: &SchemaRef,
        batches: &mut dyn Iterator<Item = Result<RecordBatch, LakeError>>,
    ) -> Result<(), LakeError> {
        if !self.about.csv.holds(table) {
            return Ok(());
        }
        let (folder, disk) = (self.folder(), self.lake.disk().clone());
        let path = folder.join(format!("{}.csv", self.name(table)));
        let mark = self.lake.sample()?.is_some().then_some(SAMPLE);
        let (draft, rows) = csv(disk.draft(&folder)?, schema, batches, &path, mark)?;
        let plain = draft.finish()?;
        if plain.bytes <= self.about.csv.gzip_above_bytes {
            self.stage(table, "csv", rows, plain);
            return Ok(());
        }
        let failed = |e| LakeError::io("compress", &path, e);
        // Without a name and a time in its head: the same rows, the same bytes.
        let mut out = GzEncoder::new(disk.draft(&folder)?, Compression::default());
        let mut from = File::open(plain.path()).map_err(failed)?;
        std::io::copy(&mut from, &mut out).map_err(failed)?;
        let packed = out.finish().map_err(failed)?.finish()?;
        self.stage(table, "csv.gz", rows, packed);
        Ok(())
    }
}

fn public_spec(
    kind: &'static str,
    schema: &SchemaRef,
    sort: &[&str],
    kv: &[(String, String)],
) -> Spec {
    Spec {
        kind,
        source: String::new(),
        dataset: String::new(),
        schema: Arc::clone(schema),
        sort: sort.iter().map(|&name| name.to_owned()).collect(),
        place: Place::Public,
        extra: kv.to_vec(),
    }
}

/// The column types that every reader opens.
fn public_schema(schema: &Schema) -> SchemaRef {
    let plain = |data_type: &DataType| match data_type {
        DataType::Utf8View | DataType::LargeUtf8 => DataType::Utf8,
        DataType::Dictionary(_, value) if value.is_string() => DataType::Utf8,
        DataType::Int8 | DataType::Int16 | DataType::UInt8 | DataType::UInt16 => DataType::Int32,
        DataType::UInt32 | DataType::UInt64 => DataType::Int64,
        DataType::Float16 | DataType::Float32 => DataType::Float64,
        DataType::Date64 => DataType::Date32,
        DataType::Timestamp(_, Some(_)) => {
            DataType::Timestamp(TimeUnit::Microsecond, Some("UTC".into()))
        }
        DataType::Timestamp(_, None) => DataType::Timestamp(TimeUnit::Microsecond, None),
        other => other.clone(),
    };
    let field = |field: &Arc<Field>| {
        Field::new(field.name(), plain(field.data_type()), field.is_nullable())
    };
    Arc::new(Schema::new(schema.fields().iter().map(field).collect::<Vec<_>>()))
}

fn plain_batch(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    if batch.num_columns() != schema.fields().len() {
        return Err(ArrowError::SchemaError(format!(
            "a batch has {} columns, {} expected",
            batch.num_columns(),
            schema.fields().len()
        )));
    }
    let columns: Result<Vec<ArrayRef>, ArrowError> = batch
        .columns()
        .iter()
        .zip(schema.fields())
        .map(|(column, field)| cast(column, field.data_type()))
        .collect();
    RecordBatch::try_new(Arc::clone(schema), columns?)
}

/// NaN and infinity would be pruned wrongly and are no statement: null is (Q5).
fn refuse_not_finite(table: &RecordBatch) -> Result<(), String> {
    for (field, column) in table.schema_ref().fields().iter().zip(table.columns()) {
        if let Some(numbers) = column.as_any().downcast_ref::<Float64Array>()
            && let Some(row) = numbers.iter().position(|v| v.is_some_and(|v| !v.is_finite()))
        {
            return Err(format!(
                "column {} row {row} is {}; a finite number or null would be right",
                field.name(),
                numbers.value(row)
            ));
        }
    }
    Ok(())
}

pub(crate) fn sorted(table: &RecordBatch, sort: &[&str]) -> Result<RecordBatch, String> {
    if sort.is_empty() || table.num_rows() == 0 {
        return Ok(table.clone());
    }
    let options = arrow::compute::SortOptions { descending: false, nulls_first: false };
    let column = |name: &&str| -> Result<SortColumn, String> {
        let values = table.column_by_name(name).cloned();
        let values = values.ok_or_else(|| format!("no column {name} to sort by"))?;
        Ok(SortColumn { values, options: Some(options) })
    };
    let columns = sort.iter().map(column).collect::<Result<Vec<_>, _>>()?;
    lexsort_to_indices(&columns, None)
        .and_then(|order| take_record_batch(table, &order))
        .map_err(|e| e.to_string())
}

/// As [`CsvRows`] has it, into a file. Returns the rows too.
fn csv(
    draft: Draft,
    schema: &SchemaRef,
    batches: &mut dyn Iterator<Item = Result<RecordBatch, LakeError>>,
    path: &Path,
    mark: Option<&str>,
) -> Result<(Draft, u64), LakeError> {
    let failed = |e: csv::Error| match e.into_kind() {
        csv::ErrorKind::Io(e) => LakeError::io("write", path, e),
        other => LakeError::encoding(path, &format!("{other:?}")),
    };
    let mut out = CsvRows::new(draft, schema, mark).map_err(failed)?;
    let mut rows = 0;
    for batch in batches {
        let batch = batch?;
        rows += batch.num_rows() as u64;
        out.write(&batch).map_err(failed)?;
    }
    let mut draft = out.finish().map_err(|e| LakeError::io("write", path, e))?;
    draft.flush().map_err(|e| LakeError::io("write", path, e))?;
    Ok((draft, rows))
}
