//! `public/v1`: what dashboards and spreadsheets open.

use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, DictionaryArray, Float32Array, Float64Array, Int8Array, Int64Array,
    RecordBatch, StringArray, StringViewArray, UInt32Array,
};
use arrow::datatypes::Int32Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use wsis_lake::LakeError;
use wsis_model::observation::{Observation, RowSink as _};

use crate::format::{footer, key_value};
use crate::support::{
    SOURCE, bad_record, begin, cell, collect, commit_whole, day, head, missing, new_lake, obs,
    open_gates,
};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .unwrap()
}

fn read_back(path: &std::path::Path) -> Vec<RecordBatch> {
    let file = std::fs::File::open(path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap().build().unwrap();
    reader.map(Result::unwrap).collect()
}

#[test]
fn a1_missing_is_an_empty_cell_and_namibia_stays() {
    let (_folder, lake) = new_lake();
    let table = batch(vec![
        ("ref_area", Arc::new(StringArray::from(vec!["NAM", "KEN", "KEN"])) as ArrayRef),
        ("iso2", Arc::new(StringArray::from(vec![Some("NA"), Some("KE"), None]))),
        ("score", Arc::new(Float64Array::from(vec![Some(0.1), None, Some(100.0)]))),
        ("year", Arc::new(Int64Array::from(vec![2020, 2021, 2020]))),
        ("seen", Arc::new(Date32Array::from(vec![Some(0), None, Some(20_000)]))),
        (
            "name, note",
            Arc::new(StringArray::from(vec!["Namibia", "Kenya \"East\"", "line\nbreak"])),
        ),
    ]);
    lake.publish("scores", &[table], &["ref_area", "year"], &[]).unwrap();
    let csv = std::fs::read_to_string(lake.root().join("public/v1/scores.csv")).unwrap();
    assert_eq!(
        csv,
        "ref_area,iso2,score,year,seen,\"name, note\"\r\n\
         KEN,,100,2020,2024-10-04,\"line\nbreak\"\r\n\
         KEN,KE,,2021,,\"Kenya \"\"East\"\"\"\r\n\
         NAM,NA,0.1,2020,1970-01-01,Namibia\r\n"
    );
    for word in ["NaN", "null", "None"] {
        assert!(!csv.contains(word), "{word}");
    }
}

#[test]
fn the_public_profile_is_snappy_and_plain() {
    let (_folder, lake) = new_lake();
    let dictionary: DictionaryArray<Int32Type> = vec!["b", "a"].into_iter().collect();
    let table = batch(vec![
        ("view", Arc::new(StringViewArray::from(vec!["y", "x"])) as ArrayRef),
        ("dictionary", Arc::new(dictionary)),
        ("small", Arc::new(Int8Array::from(vec![2, 1]))),
        ("unsigned", Arc::new(UInt32Array::from(vec![u32::MAX, 0]))),
        ("half", Arc::new(Float32Array::from(vec![0.5, 0.25]))),
    ]);
    let kv = [("wsis.snapshot".to_owned(), "7".to_owned()), ("licence".to_owned(), "CC BY".into())];
    let path = lake.publish("t", &[table], &["view"], &kv).unwrap();
    assert_eq!(path, lake.root().join("public/v1/t.parquet"));
    let footer = footer(&path);
    assert_eq!(key_value(&footer, "wsis.snapshot").as_deref(), Some("7"));
    assert_eq!(key_value(&footer, "wsis.sort").as_deref(), Some("view"));
    assert_eq!(key_value(&footer, "ARROW:schema"), None);
    assert!(footer.row_group(0).columns().iter().all(|c| c.compression() == Compression::SNAPPY));
    let back = read_back(&path).remove(0);
    let types: Vec<String> =
        back.schema().fields().iter().map(|f| f.data_type().to_string()).collect();
    assert_eq!(types, ["Utf8", "Utf8", "Int32", "Int64", "Float64"]);
    let first: Vec<String> = back.columns().iter().map(|column| cell(column, 0)).collect();
    assert_eq!(first, ["x", "a", "1", "0", "0.25"]);
}

#[test]
fn q16_a_table_without_rows_is_a_file_with_columns() {
    let (_folder, lake) = new_lake();
    let empty = RecordBatch::new_empty(wsis_model::observation::observation_schema());
    let path = lake.publish("nothing", &[empty], &["series_code"], &[]).unwrap();
    assert_eq!(footer(&path).file_metadata().num_rows(), 0);
    let file = std::fs::File::open(&path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert_eq!(reader.schema().fields().len(), 20);
    let csv = std::fs::read_to_string(lake.root().join("public/v1/nothing.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1);
    assert!(csv.starts_with("source,dataset,series_code,"));
}

#[test]
fn q5_a_table_with_nan_is_not_published() {
    let (_folder, lake) = new_lake();
    let table =
        batch(vec![("score", Arc::new(Float64Array::from(vec![1.0, f64::NAN])) as ArrayRef)]);
    let error = lake.publish("scores", &[table], &[], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table scores: column score row 1 is NaN; a finite number or null would be right"
    );
    let table = batch(vec![("score", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef)]);
    let error = lake.publish("scores", std::slice::from_ref(&table), &["rank"], &[]).unwrap_err();
    assert!(error.to_string().contains("no column rank"), "{error}");
    assert!(matches!(lake.publish("../x", &[table], &[], &[]), Err(LakeError::Name { .. })));
    assert!(matches!(lake.publish("x", &[], &[], &[]), Err(LakeError::Table { .. })));
}

#[test]
fn a_table_that_outgrows_csv_loses_its_old_csv() {
    let (_folder, lake) = new_lake();
    let table = |rows: i64| {
        let text: StringArray = (0..rows).map(|n| Some(format!("{n:0>90}"))).collect();
        batch(vec![("text", Arc::new(text) as ArrayRef)])
    };
    let csv = lake.root().join("public/v1/t.csv");
    lake.publish("t", &[table(10)], &[], &[]).unwrap();
    assert_eq!(std::fs::metadata(&csv).unwrap().len(), 6 + 10 * 92);
    let path = lake.publish("t", &[table(60_000)], &[], &[]).unwrap();
    assert!(!csv.exists());
    assert_eq!(footer(&path).file_metadata().num_rows(), 60_000);
    // No draft is left behind.
    let names: Vec<_> = std::fs::read_dir(lake.root().join("public/v1"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name())
        .collect();
    assert_eq!(names, ["t.parquet"]);
}

#[test]
fn observations_of_all_datasets_are_published_by_series_area_and_year() {
    let (_folder, lake) = new_lake();
    let rows = [
        obs("S", "KEN", 2021, 2.0),
        Observation { sex: "F", ..obs("S", "KEN", 2020, 1.0) },
        missing("S", "KEN", 2020),
        obs("Z", "ABW", 2020, 4.0),
    ];
    let mut collector = collect(&lake, "a", day(1), &rows);
    collector.reject(bad_record(9, "Atlantis"));
    commit_whole(&lake, collector, &open_gates()).unwrap();
    let mut other = lake.collector(SOURCE, "SDG");
    begin(&mut other, "b", day(1));
    other.accept(&obs("S", "UGA", 2019, 3.0));
    other.accept(&obs("A", "UGA", 2019, 5.0));
    commit_whole(&lake, other, &open_gates()).unwrap();
    let snapshot = head(&lake);
    let [observations, quarantine] = lake.publish_observations(&snapshot, &[]).unwrap();
    let batch = read_back(&observations).remove(0);
    let keys: Vec<String> = (0..batch.num_rows())
        .map(|at| {
            ["series_code", "ref_area", "year", "sex", "value", "dataset"]
                .map(|name| cell(batch.column_by_name(name).unwrap(), at))
                .join(" ")
        })
        .collect();
    assert_eq!(
        keys,
        [
            "A UGA 2019 _T 5 SDG",
            "S KEN 2020 F 1 WDI",
            "S KEN 2020 _T NULL WDI",
            "S KEN 2021 _T 2 WDI",
            "S UGA 2019 _T 3 SDG",
            "Z ABW 2020 _T 4 WDI",
        ]
    );
    assert_eq!(key_value(&footer(&observations), "wsis.snapshot").as_deref(), Some("2"));
    assert_eq!(footer(&quarantine).file_metadata().num_rows(), 1);
    let first = std::fs::read(&observations).unwrap();
    let csv =
        std::fs::read_to_string(lake.root().join("public/v1/observations_latest.csv")).unwrap();
    assert_eq!(csv.lines().count(), 7);
    let last = csv.lines().last().unwrap();
    assert!(
        last.starts_with(
            "worldbank,WDI,Z,ABW,_T,_T,_T,,2020,4,,%,A,,,2025-12-16,2026-01-01T12:00:00Z,"
        ),
        "{last}"
    );
    lake.publish_observations(&snapshot, &[]).unwrap();
    assert_eq!(std::fs::read(&observations).unwrap(), first, "published again, the same bytes");
}
