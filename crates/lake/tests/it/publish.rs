//! `public/v1`: what dashboards and spreadsheets open.

use std::io::Read as _;
use std::sync::Arc;

use arrow::array::{
    ArrayRef, Date32Array, DictionaryArray, Float32Array, Float64Array, Int8Array, Int64Array,
    RecordBatch, StringArray, StringViewArray, UInt32Array,
};
use arrow::datatypes::Int32Type;
use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use parquet::basic::Compression;
use wsis_lake::{AboutSet, CsvRule, Lake, LakeError, MethodParts, Publication, Snapshot};
use wsis_model::observation::{Observation, RowSink as _};

use crate::format::{footer, key_value};
use crate::support::{
    SOURCE, assert_intact, bad_record, begin, cell, collect, commit_whole, day, head, missing,
    new_lake, obs, open_gates,
};

fn batch(columns: Vec<(&str, ArrayRef)>) -> RecordBatch {
    RecordBatch::try_from_iter_with_nullable(columns.into_iter().map(|(n, c)| (n, c, true)))
        .unwrap()
}

/// A set of the default framework, published at noon of a day.
fn about(snapshot: u64) -> AboutSet {
    AboutSet {
        framework: "wsis".to_owned(),
        stable_names: true,
        snapshot,
        at: day(u32::try_from(snapshot).unwrap()),
        method: "1".to_owned(),
        rules: Some("house 1".to_owned()),
        method_fingerprint: Some("f".to_owned()),
        parts: None,
        basis: None,
        holds_until: None,
        warnings: Vec::new(),
        csv: CsvRule::default(),
    }
}

/// Publishes a set of one table; its Parquet file.
fn publish(
    lake: &Lake,
    table: &str,
    batches: &[RecordBatch],
    sort: &[&str],
    kv: &[(String, String)],
) -> Result<std::path::PathBuf, LakeError> {
    let mut set = lake.publication(about(1))?;
    set.table(table, batches, sort, kv)?;
    Ok(finished(lake, set, table))
}

fn finished(lake: &Lake, set: Publication, table: &str) -> std::path::PathBuf {
    set.finish().unwrap();
    lake.root().join(format!("public/v1/{table}.parquet"))
}

/// Publishes the observations of a snapshot; the Parquet files of these and of the quarantine.
fn publish_observations(lake: &Lake, snapshot: &Snapshot) -> [std::path::PathBuf; 2] {
    let kv = [("wsis.snapshot".to_owned(), snapshot.id.to_string())];
    let mut set = lake.publication(about(snapshot.id)).unwrap();
    set.observations(snapshot, &kv).unwrap();
    let observations = finished(lake, set, "observations_latest");
    [observations, lake.root().join("public/v1/quarantine.parquet")]
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
    publish(&lake, "scores", &[table], &["ref_area", "year"], &[]).unwrap();
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
    let path = publish(&lake, "t", &[table], &["view"], &kv).unwrap();
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
    let path = publish(&lake, "nothing", &[empty], &["series_code"], &[]).unwrap();
    assert_eq!(footer(&path).file_metadata().num_rows(), 0);
    let file = std::fs::File::open(&path).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    assert_eq!(reader.schema().fields().len(), 23);
    let csv = std::fs::read_to_string(lake.root().join("public/v1/nothing.csv")).unwrap();
    assert_eq!(csv.lines().count(), 1);
    assert!(csv.starts_with("source,dataset,series_code,"));
}

#[test]
fn q5_a_table_with_nan_is_not_published() {
    let (_folder, lake) = new_lake();
    let table =
        batch(vec![("score", Arc::new(Float64Array::from(vec![1.0, f64::NAN])) as ArrayRef)]);
    let error = publish(&lake, "scores", &[table], &[], &[]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "table scores: column score row 1 is NaN; a finite number or null would be right"
    );
    let table = batch(vec![("score", Arc::new(Float64Array::from(vec![1.0])) as ArrayRef)]);
    let error = publish(&lake, "scores", std::slice::from_ref(&table), &["rank"], &[]).unwrap_err();
    assert!(error.to_string().contains("no column rank"), "{error}");
    assert!(matches!(publish(&lake, "../x", &[table], &[], &[]), Err(LakeError::Name { .. })));
    assert!(matches!(publish(&lake, "x", &[], &[], &[]), Err(LakeError::Table { .. })));
}

#[test]
fn trial_n16_a_csv_that_grows_is_compressed_and_never_vanishes() {
    let (_folder, lake) = new_lake();
    let table = |rows: i64| {
        let text: StringArray = (0..rows).map(|n| Some(format!("{n:0>90}"))).collect();
        batch(vec![("text", Arc::new(text) as ArrayRef)])
    };
    let public = lake.root().join("public/v1");
    publish(&lake, "t", &[table(10)], &[], &[]).unwrap();
    assert_eq!(std::fs::metadata(public.join("t.csv")).unwrap().len(), 6 + 10 * 92);
    let path = publish(&lake, "t", &[table(60_000)], &[], &[]).unwrap();
    assert!(!public.join("t.csv").exists());
    assert_eq!(footer(&path).file_metadata().num_rows(), 60_000);
    let packed = std::fs::File::open(public.join("t.csv.gz")).unwrap();
    let mut text = String::new();
    flate2::read::GzDecoder::new(packed).read_to_string(&mut text).unwrap();
    assert_eq!((text.len(), text.lines().count()), (6 + 60_000 * 92, 60_001));
    let told = |lake: &Lake| {
        let manifest = lake.published().unwrap().unwrap();
        let files = manifest.stable().unwrap().files.clone();
        files.into_iter().map(|file| (file.name, file.format, file.rows)).collect::<Vec<_>>()
    };
    let is = |name: &str, format: &str, rows| (name.to_owned(), format.to_owned(), rows);
    let large = [is("t.csv.gz", "csv.gz", 60_000), is("t.parquet", "parquet", 60_000)];
    assert_eq!(told(&lake), large);
    // No draft is left behind.
    let names = |folder: &std::path::Path| -> Vec<_> {
        let entries = std::fs::read_dir(folder).unwrap();
        let mut names: Vec<_> = entries.map(|it| it.unwrap().file_name()).collect();
        names.sort();
        names
    };
    assert_eq!(names(&public), ["manifest.json", "t.csv.gz", "t.parquet"]);
    // Small again, it is plain again.
    publish(&lake, "t", &[table(10)], &[], &[]).unwrap();
    assert_eq!(names(&public), ["manifest.json", "t.csv", "t.parquet"]);
    // Which tables are CSV is declared.
    let csv = CsvRule { tables: vec!["u".to_owned()], ..CsvRule::default() };
    let mut set = lake.publication(AboutSet { csv, ..about(1) }).unwrap();
    set.table("t", &[table(3)], &[], &[]).unwrap();
    set.table("u", &[table(3)], &[], &[]).unwrap();
    set.finish().unwrap();
    assert_eq!(names(&public), ["manifest.json", "t.parquet", "u.csv", "u.parquet"]);
    assert_intact(&lake);
}

/// A CSV without its manifest was taken for the published figures.
#[test]
fn trial_a11_every_row_of_a_sample_s_csv_says_so() {
    let (_folder, lake) = new_lake();
    let table = || batch(vec![("text", Arc::new(StringArray::from(vec!["a", "b"])) as ArrayRef)]);
    let path = publish(&lake, "t", &[table()], &[], &[]).unwrap();
    let csv = lake.root().join("public/v1/t.csv");
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), "text\r\na\r\nb\r\n");
    lake.declare_sample("SAMPLE: made up").unwrap();
    publish(&lake, "t", &[table()], &[], &[]).unwrap();
    let marked = "text,sample\r\na,SAMPLE\r\nb,SAMPLE\r\n";
    assert_eq!(std::fs::read_to_string(&csv).unwrap(), marked);
    // Parquet says it in its metadata, and keeps the columns of its contract.
    assert_eq!(read_back(&path).remove(0).num_columns(), 1);
    assert_intact(&lake);
}

#[test]
fn trial_x17_text_that_a_spreadsheet_would_run_is_guarded_in_csv_and_exact_in_parquet() {
    let (_folder, lake) = new_lake();
    let texts = ["=1+1", "+SUM(A1)", "-cmd", "@x", "\t=1", "-2.5", "plain", "a=b"];
    let table = batch(vec![("text", Arc::new(StringArray::from(texts.to_vec())) as ArrayRef)]);
    let path = publish(&lake, "t", &[table], &[], &[]).unwrap();
    let csv = std::fs::read_to_string(lake.root().join("public/v1/t.csv")).unwrap();
    let cells: Vec<&str> = csv.split("\r\n").skip(1).collect();
    let guarded = ["'=1+1", "'+SUM(A1)", "'-cmd", "'@x", "'\t=1", "-2.5", "plain", "a=b", ""];
    assert_eq!(cells, guarded);
    let back = read_back(&path).remove(0);
    let exact: Vec<String> = (0..texts.len()).map(|at| cell(back.column(0), at)).collect();
    assert_eq!(exact, texts);
    assert_eq!(lake.published().unwrap().unwrap().csv.formula_prefix, '\'');
}

/// `verify` of a lake without published tables failed on a disk that may only be read.
#[test]
fn trial_x16_who_reads_a_lake_makes_no_folder_in_it() {
    let (_folder, lake) = new_lake();
    std::fs::remove_dir_all(lake.root().join("public")).unwrap();
    let again = wsis_lake::Lake::open(lake.root()).unwrap();
    assert_eq!(again.verify().unwrap(), []);
    assert!(!lake.root().join("public").exists());
    let mut set = again.publication(about(1)).unwrap();
    set.table(
        "a",
        &[batch(vec![("n", Arc::new(Int64Array::from(vec![1])) as ArrayRef)])],
        &[],
        &[],
    )
    .unwrap();
    set.finish().unwrap();
    assert!(lake.root().join("public/v1/manifest.json").exists());
}

#[test]
fn trial_r28_a_set_is_published_whole_or_not_at_all_and_never_over_a_newer_one() {
    let (_folder, lake) = new_lake();
    let table = |n: i64| batch(vec![("n", Arc::new(Int64Array::from(vec![n])) as ArrayRef)]);
    let begin = |snapshot, n| {
        let mut set = lake.publication(about(snapshot)).unwrap();
        set.table("a", &[table(n)], &[], &[]).unwrap();
        set.table("b", &[table(n)], &[], &[]).unwrap();
        set
    };
    begin(2, 2).finish().unwrap();
    let public = lake.root().join("public/v1");
    let read = |name: &str| std::fs::read_to_string(public.join(name)).unwrap();
    // Given up halfway, the old set stands.
    let mut set = begin(3, 3);
    assert!(set.table("c", &[], &[], &[]).is_err());
    // Nobody else publishes meanwhile.
    assert!(matches!(lake.publication(about(4)), Err(LakeError::Locked { .. })));
    drop(set);
    assert_eq!([read("a.csv"), read("b.csv")], ["n\r\n2\r\n", "n\r\n2\r\n"]);
    let manifest = lake.published().unwrap().unwrap();
    assert_eq!((manifest.snapshot, manifest.published_at), (Some(2), Some(day(2))));
    let found = manifest.stable().unwrap();
    assert_eq!((found.method.as_str(), found.method_fingerprint.as_deref()), ("1", Some("f")));
    assert_eq!(found.rules.as_deref(), Some("house 1"));
    for file in &found.files {
        let bytes = std::fs::read(public.join(&file.name)).unwrap();
        assert_eq!(wsis_model::payload::RawId::of(&bytes).to_string(), file.sha256);
        assert_eq!((bytes.len() as u64, file.rows), (file.bytes, 1));
    }
    // An older run that comes late overwrites nothing.
    let late = lake.publication(about(1)).map(drop).unwrap_err();
    assert!(matches!(late, LakeError::NewerPublished { published: 2, given: 1 }), "{late}");
    // Another framework's tables stand beside them, and keep their own account.
    let other = AboutSet { framework: "idi".to_owned(), stable_names: false, ..about(1) };
    let mut set = lake.publication(other).unwrap();
    set.table("a", &[table(7)], &[], &[]).unwrap();
    let manifest = set.finish().unwrap();
    assert_eq!((manifest.snapshot, manifest.sets.len()), (Some(2), 2));
    assert_eq!(read("idi.a.csv"), "n\r\n7\r\n");
    assert_eq!(read("a.csv"), "n\r\n2\r\n");
    assert_eq!(lake.verify().unwrap(), []);
    std::fs::write(public.join("b.csv"), "n\r\n9\r\n").unwrap();
    let wrong = lake.verify().unwrap();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].path.ends_with("b.csv") && wrong[0].expected.contains("manifest"));
}

/// `verify` counted no published file beside those that were there, and an edited table passed.
#[test]
fn trial_x6_tables_without_their_manifest_are_told() {
    let (_folder, lake) = new_lake();
    let numbers: ArrayRef = Arc::new(Int64Array::from(vec![1]));
    publish(&lake, "a", &[batch(vec![("n", numbers)])], &["n"], &[]).unwrap();
    assert_intact(&lake);
    std::fs::remove_file(lake.root().join("public/v1/manifest.json")).unwrap();
    let wrong = lake.verify().unwrap();
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].path.ends_with("manifest.json"), "{wrong:?}");
    assert!(wrong[0].expected.contains("the manifest of the 2 tables"), "{wrong:?}");
}

/// Of a process that publishes and is killed 180 MB stayed in the folder that dashboards read, beside
/// every set that was published after it.
#[test]
fn trial_x20_drafts_of_a_publication_that_was_killed_go_with_the_next_one() {
    let (_folder, lake) = new_lake();
    let numbers = || -> ArrayRef { Arc::new(Int64Array::from(vec![1])) };
    publish(&lake, "a", &[batch(vec![("n", numbers())])], &["n"], &[]).unwrap();
    let draft = lake.root().join("public/v1/.tmp-0123456789");
    std::fs::write(&draft, "half a table").unwrap();
    let theirs = lake.root().join("public/v1/.tmp-9876543210");
    std::fs::write(&theirs, "of somebody who is at work").unwrap();
    let held = std::fs::File::open(&theirs).unwrap();
    held.lock().unwrap();
    publish(&lake, "a", &[batch(vec![("n", numbers())])], &["n"], &[]).unwrap();
    assert!(!draft.exists() && theirs.exists());
}

/// Each publication after it failed for want of the folder of the lock.
#[test]
fn trial_x12_a_folder_of_published_tables_that_was_removed_is_made_anew() {
    let (_folder, lake) = new_lake();
    let numbers = || -> ArrayRef { Arc::new(Int64Array::from(vec![1])) };
    publish(&lake, "a", &[batch(vec![("n", numbers())])], &["n"], &[]).unwrap();
    std::fs::remove_dir_all(lake.root().join("public")).unwrap();
    let made = publish(&lake, "a", &[batch(vec![("n", numbers())])], &["n"], &[]).unwrap();
    assert!(made.is_file());
    assert_intact(&lake);
    // Of a lake that is gone nothing is made anew.
    std::fs::remove_dir_all(lake.root()).unwrap();
    assert!(lake.publication(about(1)).is_err() && !lake.root().exists());
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
    let [observations, quarantine] = publish_observations(&lake, &snapshot);
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
            "worldbank,WDI,Z,ABW,_T,_T,_T,,A,2020,2020,2020-01-01,4,,%,A,,,2025-12-16,\
             2026-01-01T12:00:00Z,"
        ),
        "{last}"
    );
    publish_observations(&lake, &snapshot);
    assert_eq!(std::fs::read(&observations).unwrap(), first, "published again, the same bytes");
}

/// A framework file that was changed without its version: said, and not only once.
#[test]
fn trial_a12_a_method_changed_under_its_version_is_said_until_the_version_changes() {
    let (_folder, lake) = new_lake();
    let one = batch(vec![("n", Arc::new(Int64Array::from(vec![1])) as ArrayRef)]);
    let parts = |of: (&str, &str)| {
        let (framework, rules) = (of.0.to_owned(), of.1.to_owned());
        MethodParts { framework, rules }
    };
    let publish = |snapshot, (method, rules): (&str, &str), of: Option<(&str, &str)>| {
        let about = AboutSet {
            method: method.to_owned(),
            rules: Some(rules.to_owned()),
            // A new release of the program and a new income group make another one every time.
            method_fingerprint: Some(format!("whole {snapshot}")),
            parts: of.map(parts),
            ..about(snapshot)
        };
        let mut set = lake.publication(about).unwrap();
        set.table("a", std::slice::from_ref(&one), &[], &[]).unwrap();
        set.finish().unwrap();
        lake.published().unwrap().unwrap().stable().unwrap().replaced.clone()
    };
    let (one, two, book) = (("1", "house 1"), ("2", "house 1"), ("2", "house 2"));
    let before = Some(parts(("f", "r")));
    // Tables of a program that wrote no parts say nothing of theirs.
    assert_eq!(publish(1, one, None), None);
    assert_eq!(publish(2, one, Some(("f", "r"))), None);
    assert_eq!(publish(3, one, Some(("g", "r"))), before, "changed");
    assert_eq!(publish(4, one, Some(("g", "r"))), before, "and still is");
    assert_eq!(publish(5, one, Some(("h", "r"))), before, "twice");
    assert_eq!(publish(6, one, Some(("f", "r"))), None, "taken back");
    assert_eq!(publish(7, one, Some(("f", "r"))), None, "another program, the same method");
    assert_eq!(publish(8, one, Some(("g", "s"))), before, "both parts");
    let rules = Some(parts(("g", "r")));
    assert_eq!(publish(9, two, Some(("g", "s"))), rules, "the framework has another version");
    assert_eq!(publish(10, two, Some(("g", "s"))), rules, "the rules have none yet");
    assert_eq!(publish(11, book, Some(("g", "s"))), None, "now they have");
}

/// What decides whether a set has to be made: framework, names, snapshot, basis, day, and that its files are
/// there.
#[test]
fn trial_p145_a_set_is_the_same_only_in_all_that_decides_it() {
    let (_folder, lake) = new_lake();
    let until = chrono::NaiveDate::from_ymd_opt(2026, 11, 30).unwrap();
    let about = AboutSet { basis: Some("b".to_owned()), holds_until: Some(until), ..about(1) };
    let on = |days: i64| until + chrono::TimeDelta::days(days);
    let same = |framework: &str, stable, snapshot, basis: &str, days| {
        let found = lake.published_same((framework, stable), snapshot, basis, on(days));
        found.unwrap().is_some()
    };
    assert!(!same("wsis", true, 1, "b", 0), "nothing is published yet");
    let mut set = lake.publication(about).unwrap();
    set.table("t", &[batch(vec![("n", Arc::new(Int64Array::from(vec![1, 2])))])], &[], &[])
        .unwrap();
    set.finish().unwrap();
    assert!(same("wsis", true, 1, "b", 0) && same("wsis", true, 1, "b", -9));
    for (framework, stable, snapshot, basis, days) in [
        ("idi", true, 1, "b", 0),
        ("wsis", false, 1, "b", 0),
        ("wsis", true, 2, "b", 0),
        ("wsis", true, 1, "c", 0),
        ("wsis", true, 1, "b", 1),
    ] {
        assert!(!same(framework, stable, snapshot, basis, days), "{framework} {snapshot} {basis}");
    }
    let file = lake.root().join("public/v1/t.csv");
    let whole = std::fs::read(&file).unwrap();
    std::fs::write(&file, &whole[1..]).unwrap();
    assert!(!same("wsis", true, 1, "b", 0), "a file of another length");
    std::fs::write(&file, whole).unwrap();
    assert!(same("wsis", true, 1, "b", 0));
    std::fs::remove_file(&file).unwrap();
    assert!(!same("wsis", true, 1, "b", 0), "a file that is gone");
}
