//! A small delivery to commit, and the tables read back as plain values.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use arrow::array::{Array, ArrayRef, RecordBatch, StringArray};
use arrow::array::{
    BooleanArray, Date32Array, Float64Array, Int32Array, Int64Array, TimestampMicrosecondArray,
};
use chrono::{DateTime, NaiveDate, TimeZone as _, Utc};
use wsis_lake::{At, Collector, Committed, Lake, LakeError, OBSERVATIONS_LATEST, Snapshot};
use wsis_model::observation::{Observation, RowSink, TOTAL};
use wsis_model::payload::RawId;
use wsis_model::period::Period;
use wsis_model::pipeline::Gates;
use wsis_model::quarantine::{Reason, Rejected};
use wsis_model::status::ObsStatus;

pub(crate) const SOURCE: &str = "worldbank";
pub(crate) const DATASET: &str = "WDI";

/// Gates that hold nothing.
pub(crate) fn open_gates() -> Gates {
    Gates::OPEN
}

/// Noon of a day of January 2026.
pub(crate) fn day(day: u32) -> DateTime<Utc> {
    Utc.with_ymd_and_hms(2026, 1, day, 12, 0, 0).unwrap()
}

/// An observation of a total in percent.
pub(crate) fn obs<'a>(
    series_code: &'a str,
    ref_area: &'a str,
    year: i32,
    value: f64,
) -> Observation<'a> {
    Observation {
        series_code,
        ref_area,
        sex: TOTAL,
        age: TOTAL,
        location: TOTAL,
        dimensions: "",
        period: Period::annual(year).unwrap(),
        value: Some(value),
        value_text: None,
        unit: "%",
        obs_status: ObsStatus::Normal,
        source_flag: None,
        footnote: None,
        payload_row: 1,
    }
}

pub(crate) fn missing<'a>(series: &'a str, area: &'a str, year: i32) -> Observation<'a> {
    Observation { value: None, obs_status: ObsStatus::Missing, ..obs(series, area, year, 0.0) }
}

/// Fertilizer use in Aruba, World Bank AG.CON.FERT.ZS, as in the provider's own file.
pub(crate) fn aruba() -> Vec<Observation<'static>> {
    let s = "AG.CON.FERT.ZS";
    [(2002, 14.5), (2003, 7.5), (2004, 5.0), (2005, 10.0), (2006, 13.0), (2012, 119.5)]
        .into_iter()
        .zip(1..)
        .map(|((year, value), row)| Observation { payload_row: row, ..obs(s, "ABW", year, value) })
        .collect()
}

pub(crate) fn begin(collector: &mut Collector, body: &str, at: DateTime<Utc>) {
    collector.begin_payload(&RawId::of(body.as_bytes()), at, NaiveDate::from_ymd_opt(2025, 12, 16));
}

/// Collects one payload of the given rows.
pub(crate) fn collect(
    lake: &Lake,
    body: &str,
    at: DateTime<Utc>,
    rows: &[Observation<'_>],
) -> Collector {
    let mut collector = lake.collector(SOURCE, DATASET);
    begin(&mut collector, body, at);
    for row in rows {
        collector.accept(row);
    }
    collector
}

/// Says of every series in force that all of it was asked for and answered.
pub(crate) fn complete(lake: &Lake, collector: &mut Collector) {
    if lake.snapshot(At::Head).is_ok_and(|head| head.is_some()) {
        for row in rows(lake, OBSERVATIONS_LATEST, &["series_code"]) {
            collector.complete(&row[0], (i32::MIN, i32::MAX));
        }
    }
}

/// Commits what a collector holds as the whole of what was asked for.
pub(crate) fn commit_whole(
    lake: &Lake,
    mut collector: Collector,
    gates: &Gates,
) -> Result<Committed, LakeError> {
    complete(lake, &mut collector);
    lake.commit(collector, gates)
}

/// Commits one payload as a whole delivery, gates open.
pub(crate) fn deliver(
    lake: &Lake,
    body: &str,
    at: DateTime<Utc>,
    rows: &[Observation<'_>],
) -> Committed {
    let collector = collect(lake, body, at, rows);
    let committed = commit_whole(lake, collector, &open_gates()).unwrap();
    assert!(committed.count.balances(), "{committed:?}");
    committed
}

pub(crate) fn bad_record(row: i64, record: &str) -> Rejected {
    Rejected {
        reason: Reason::UnknownArea,
        detail: format!("area {record:?} is not in the code list; add it to ref_area_aliases.csv"),
        payload_row: row,
        record: record.to_owned(),
        place: Some(format!("line {}", row + 3)),
        subject: None,
    }
}

pub(crate) fn head(lake: &Lake) -> Snapshot {
    lake.snapshot(At::Head).unwrap().expect("a snapshot")
}

pub(crate) fn batches(lake: &Lake, table: &str) -> Vec<RecordBatch> {
    lake.read(&head(lake), table, None).unwrap().map(Result::unwrap).collect()
}

/// All rows of a table, each cell as text, `NULL` for null.
pub(crate) fn rows(lake: &Lake, table: &str, columns: &[&str]) -> Vec<Vec<String>> {
    let mut out = Vec::new();
    for batch in batches(lake, table) {
        for at in 0..batch.num_rows() {
            let cell = |name: &&str| cell(batch.column_by_name(name).expect(name), at);
            out.push(columns.iter().map(cell).collect());
        }
    }
    out
}

/// `area year value` of a table, for short assertions.
pub(crate) fn short(lake: &Lake, table: &str) -> Vec<String> {
    rows(lake, table, &["ref_area", "year", "value"]).into_iter().map(|r| r.join(" ")).collect()
}

pub(crate) fn cell(column: &ArrayRef, at: usize) -> String {
    if column.is_null(at) {
        return "NULL".to_owned();
    }
    let any = column.as_any();
    if let Some(c) = any.downcast_ref::<StringArray>() {
        c.value(at).to_owned()
    } else if let Some(c) = any.downcast_ref::<Float64Array>() {
        c.value(at).to_string()
    } else if let Some(c) = any.downcast_ref::<Int32Array>() {
        c.value(at).to_string()
    } else if let Some(c) = any.downcast_ref::<Int64Array>() {
        c.value(at).to_string()
    } else if let Some(c) = any.downcast_ref::<BooleanArray>() {
        c.value(at).to_string()
    } else if let Some(c) = any.downcast_ref::<Date32Array>() {
        c.value_as_date(at).unwrap().to_string()
    } else if let Some(c) = any.downcast_ref::<TimestampMicrosecondArray>() {
        c.value_as_datetime(at).unwrap().and_utc().to_rfc3339()
    } else {
        panic!("unexpected column type {}", column.data_type())
    }
}

/// Every Parquet file below `data/`: name and content, sorted.
pub(crate) fn parquet_files(lake: &Lake) -> Vec<(String, Vec<u8>)> {
    let names = lake.store().list("data").unwrap();
    names.into_iter().map(|name| (name.clone(), read(lake, &name))).collect()
}

/// What a lake is kept in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kept {
    /// A folder of the local disk.
    Local,
    /// The same, with a hook before each step, which lets everything pass.
    Hooked,
    /// A store of objects, in memory.
    Memory,
}

thread_local! {
    static KEPT: Cell<Kept> = const { Cell::new(Kept::Local) };
    static MEMORIES: RefCell<BTreeMap<PathBuf, Arc<object_store::memory::InMemory>>> =
        RefCell::default();
}

/// Lakes of this thread are kept in that from now on.
pub(crate) fn keep_in(kept: Kept) {
    KEPT.with(|it| it.set(kept));
}

pub(crate) fn new_lake() -> (tempfile::TempDir, Lake) {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join("lake");
    if KEPT.with(Cell::get) == Kept::Memory {
        MEMORIES.with(|all| all.borrow_mut().insert(root.clone(), Arc::default()));
    }
    let lake = open(&root);
    (folder, lake)
}

/// Opens a lake once more, where it is kept.
pub(crate) fn open(root: &Path) -> Lake {
    try_open(root).unwrap()
}

pub(crate) fn try_open(root: &Path) -> Result<Lake, LakeError> {
    let memory = MEMORIES.with(|all| all.borrow().get(root).cloned());
    match (memory, KEPT.with(Cell::get)) {
        (Some(memory), _) => Lake::open_objects(root, memory),
        (None, Kept::Hooked) => Lake::open_with_faults(root, Arc::new(|_: &str, _: &Path| Ok(()))),
        (None, _) => Lake::open(root),
    }
}

/// A file of the lake.
pub(crate) fn read(lake: &Lake, name: &str) -> Vec<u8> {
    lake.store().get(name).unwrap().expect(name).to_vec()
}

pub(crate) fn read_text(lake: &Lake, name: &str) -> String {
    String::from_utf8(read(lake, name)).unwrap()
}

/// Puts other bytes where a file of the lake is.
pub(crate) fn write(lake: &Lake, name: &str, bytes: impl AsRef<[u8]>) {
    lake.store().replace(name, bytes.as_ref()).unwrap();
}

pub(crate) fn remove(lake: &Lake, name: &str) {
    assert!(lake.store().head(name).unwrap().is_some(), "{name}");
    lake.store().remove(name).unwrap();
}

pub(crate) fn snapshot_name(id: u64) -> String {
    format!("snapshots/{id:020}.json")
}

/// What `verify` finds but for the archive: most tests archive no bodies.
pub(crate) fn outside_the_archive(lake: &Lake) -> Vec<wsis_lake::Violation> {
    let archive = lake.store().shown("raw");
    let found = lake.verify().unwrap().into_iter();
    found.filter(|it| !it.path.starts_with(&archive)).collect()
}

pub(crate) fn assert_intact(lake: &Lake) {
    let found = outside_the_archive(lake);
    assert!(found.is_empty(), "{found:?}");
}
