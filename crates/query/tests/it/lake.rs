//! Sessions over a real lake.

use std::path::Path;

use arrow::array::{Array, Float64Array, Int64Array, StringArray};
use chrono::DateTime;
use wsis_lake::{At, FileEntry, Lake};
use wsis_model::observation::{Observation, RowSink};
use wsis_model::payload::RawId;
use wsis_model::period::Period;
use wsis_model::pipeline::Gates;
use wsis_model::quarantine::{Reason, Rejected};
use wsis_model::status::ObsStatus;
use wsis_query::{QueryError, Session};

use crate::fixture::LIMITS;

const GATES: Gates = Gates { rows_min: 1, ..Gates::OPEN };

/// Commits one delivery: (area, year, value), retrieved on a day of January 2026.
fn deliver(lake: &Lake, day: i64, rows: &[(&str, i32, f64)]) {
    let mut collector = lake.collector("worldbank", "WDI");
    let retrieved = DateTime::from_timestamp(1_767_225_600 + day * 86_400, 0).unwrap();
    collector.begin_payload(&RawId::of(format!("body {day}").as_bytes()), retrieved, None);
    for (at, (area, year, value)) in rows.iter().enumerate() {
        collector.accept(&Observation {
            series_code: "IT.NET.USER.ZS",
            ref_area: area,
            sex: "_T",
            age: "_T",
            location: "_T",
            dimensions: "",
            period: Period::annual(*year).unwrap(),
            value: Some(*value),
            value_text: None,
            unit: "%",
            obs_status: ObsStatus::Normal,
            source_flag: None,
            footnote: None,
            payload_row: i64::try_from(at).unwrap() + 1,
        });
    }
    collector.reject(Rejected {
        reason: Reason::UnknownArea,
        detail: "Atlantis is not in the code list".into(),
        payload_row: 99,
        record: "Atlantis,2020,1".into(),
        place: None,
        subject: None,
    });
    lake.commit(collector, &GATES).unwrap();
}

async fn number(root: &Path, query: &str) -> f64 {
    let lake = Lake::open(root).unwrap();
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let answer = session.sql(query).await.unwrap();
    assert_eq!(answer.snapshot, Some(view.snapshot().id));
    let column = answer.batches[0].column(0);
    match column.as_any().downcast_ref::<Int64Array>() {
        Some(counts) => counts.value(0) as f64,
        None => column.as_any().downcast_ref::<Float64Array>().unwrap().value(0),
    }
}

#[tokio::test]
async fn q9_commit_then_query_in_one_process() {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let lake = Lake::open(root).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0), ("KEN", 2021, 25.0)]);
    let old = lake.view(At::Head, None).unwrap().unwrap();
    let first = Session::open(&old, &LIMITS).unwrap();
    // A revision and a new year.
    deliver(&lake, 2, &[("KEN", 2020, 22.0), ("KEN", 2021, 25.0), ("KEN", 2022, 30.0)]);
    let value = "SELECT value FROM observations_latest WHERE year = 2020";
    assert_eq!(number(root, value).await, 22.0);
    assert_eq!(number(root, "SELECT count(*) FROM observations_latest").await, 3.0);
    // Both statements about 2020 are kept, and the record that did not map.
    assert_eq!(number(root, "SELECT count(*) FROM observations WHERE year = 2020").await, 2.0);
    assert!(number(root, "SELECT count(*) FROM quarantine").await >= 1.0);
    // The session opened before the commit still answers from its snapshot.
    let answer = first.sql(value).await.unwrap();
    let values: &Float64Array = answer.batches[0].column(0).as_any().downcast_ref().unwrap();
    assert_eq!((values.len(), values.value(0)), (1, 20.0));
}

#[tokio::test]
async fn the_quarantine_is_a_table_like_any_other() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0)]);
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let answer = session.sql("SELECT reason, payload_row FROM quarantine").await.unwrap();
    let reasons: &StringArray = answer.batches[0].column(0).as_any().downcast_ref().unwrap();
    assert_eq!(reasons.value(0), "unknown_area");
    assert_eq!(
        session.tables(),
        ["observations", "observations_latest", "quarantine", "revisions"]
    );
}

/// One bit of one file of a table, and a query that reads that table.
#[tokio::test]
async fn trial_x5_a_damaged_file_is_refused_before_it_is_read_and_named() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0)]);
    deliver(&lake, 2, &[("KEN", 2020, 22.0), ("KEN", 2021, 25.0)]);
    let view = || lake.view(At::Head, None).unwrap().unwrap();
    let snapshot = lake.snapshot(At::Head).unwrap().unwrap();
    let open = || Session::open(&view(), &LIMITS).unwrap();
    let tables = ["observations", "observations_latest"];
    for table in tables {
        let files = snapshot.files(table).unwrap();
        assert!(!files.is_empty());
        for file in files {
            let path = lake.path(&file);
            let good = std::fs::read(&path).unwrap();
            let mut bytes = good.clone();
            let middle = bytes.len() / 2;
            bytes[middle] ^= 1;
            std::fs::write(&path, bytes).unwrap();
            for query in [
                format!("SELECT * FROM {table}"),
                format!("SELECT count(*) FROM {table}"),
                format!("SELECT 1 AS a WHERE 1 < (SELECT count(*) FROM {table})"),
                format!(
                    "WITH t AS (SELECT * FROM {table}) SELECT 1 AS a UNION ALL SELECT 2 FROM t"
                ),
            ] {
                let error = open().sql(&query).await.unwrap_err();
                assert!(matches!(error, QueryError::NotAsRecorded(_)), "{query}: {error}");
                let error = error.to_string();
                let name = path.file_name().unwrap().to_str().unwrap();
                assert!(error.contains("is damaged") && error.contains(name), "{query}: {error}");
            }
            std::fs::write(&path, good).unwrap();
        }
    }
    for table in tables {
        open().sql(&format!("SELECT * FROM {table}")).await.unwrap();
    }
}

/// What a query does not read costs it nothing: neither time, nor its answer.
#[tokio::test]
async fn trial_n14_only_the_files_of_the_tables_that_a_query_reads_are_checked() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0)]);
    deliver(&lake, 2, &[("KEN", 2020, 22.0)]);
    let snapshot = lake.snapshot(At::Head).unwrap().unwrap();
    let latest = snapshot.files("observations_latest").unwrap();
    // A first delivery is one file of two tables.
    let is_of_one = |file: &FileEntry| latest.iter().all(|other| other.path != file.path);
    let files: Vec<_> =
        snapshot.files("observations").unwrap().into_iter().filter(is_of_one).collect();
    assert!(!files.is_empty());
    for file in files {
        std::fs::write(lake.path(&file), "not what it was").unwrap();
    }
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    for query in ["SELECT 1", "SHOW TABLES", "DESCRIBE observations"] {
        session.sql(query).await.unwrap();
    }
    assert_eq!(session.sql("SELECT value FROM observations_latest").await.unwrap().rows(), 1);
    for _twice in 0..2 {
        let error = session.sql("SELECT value FROM observations").await.unwrap_err();
        assert!(error.to_string().contains("is damaged"), "{error}");
    }
}

/// One number of an answer.
async fn count(session: &Session, query: &str) -> i64 {
    let answer = session.sql(query).await.unwrap();
    let column = answer.batches[0].column(0);
    column.as_any().downcast_ref::<Int64Array>().unwrap().value(0)
}

#[tokio::test]
async fn a_session_over_a_day_has_what_was_in_force_on_it() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0), ("KEN", 2021, 25.0)]);
    deliver(&lake, 3, &[("KEN", 2020, 22.0), ("KEN", 2021, 25.0), ("KEN", 2022, 30.0)]);
    let day = |day: i64| DateTime::from_timestamp(1_767_225_600 + day * 86_400, 0).unwrap();
    let view = |at| lake.view(At::Head, at).unwrap().unwrap();
    let sum = "SELECT CAST(sum(value) AS BIGINT) FROM ";
    let then = Session::open(&view(Some(day(2))), &LIMITS).unwrap();
    assert_eq!(count(&then, &format!("{sum} observations_latest")).await, 45);
    assert_eq!(count(&then, "SELECT count(*) FROM observations_latest").await, 2);
    assert_eq!(count(&then, "SELECT count(*) FROM observations").await, 2);
    assert_eq!(count(&then, "SELECT count(*) FROM revisions").await, 0);
    let filtered = format!("{sum} observations_latest WHERE year = 2020 AND ref_area = 'KEN'");
    assert_eq!(count(&then, &filtered).await, 20);
    let now = Session::open(&view(None), &LIMITS).unwrap();
    now.answer_as_of(&view(None), day(9));
    assert_eq!(count(&now, &format!("{sum} observations_as_of('2026-01-03')")).await, 45);
    assert_eq!(count(&now, &format!("{sum} observations_as_of('2026-01-04')")).await, 77);
    let revised = "SELECT CAST(new_value - old_value AS BIGINT) FROM revisions WHERE change = \
                   'revised' AND year = 2020";
    assert_eq!(count(&now, revised).await, 2);
    for (asked, words) in [
        ("'2026-01-11'", "is not known"),
        ("'2025-12-31'", "nothing was known"),
        ("'soon'", "takes one text, a day"),
        ("2026", "takes one text, a day"),
    ] {
        let query = format!("SELECT * FROM observations_as_of({asked})");
        let error = now.sql(&query).await.unwrap_err();
        assert!(error.of_query() && error.to_string().contains(words), "{error}");
    }
}

/// A file that cannot hold what is asked for is not opened, and rows are counted without reading.
#[tokio::test]
async fn what_the_lake_says_of_its_files_is_used() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0), ("KEN", 2021, 25.0)]);
    deliver(&lake, 2, &[("NAM", 2020, 22.0)]);
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    let plan = |answer: wsis_query::Answer| {
        let texts = answer.batches.iter().map(|batch| {
            let plan: &StringArray = batch.column(1).as_any().downcast_ref().unwrap();
            plan.iter().flatten().collect::<Vec<_>>().join("\n")
        });
        texts.collect::<Vec<_>>().join("\n")
    };
    let counted = session.sql("EXPLAIN SELECT count(*) FROM observations").await.unwrap();
    let counted = plan(counted);
    assert!(!counted.contains("DataSourceExec"), "{counted}");
    let files = async |wanted: &str| {
        let query = format!("EXPLAIN SELECT value FROM observations WHERE {wanted}");
        plan(session.sql(&query).await.unwrap()).matches(".parquet").count()
    };
    assert_eq!(files("value > 0").await, 2);
    assert_eq!(files("ref_area = 'NAM'").await, 1);
    assert_eq!(files("ref_area = 'NAM' AND year = 2021").await, 0);
    assert_eq!(files("recorded_at < TIMESTAMP '2026-01-03T00:00:00Z'").await, 1);
}

/// SQL does not regard case in names without quotation marks; the engine did so for tables alone.
#[tokio::test]
async fn trial_p38_functions_that_give_tables_are_found_in_capitals() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0)]);
    let view = lake.view(At::Head, None).unwrap().unwrap();
    let session = Session::open(&view, &LIMITS).unwrap();
    session.answer_as_of(&view, DateTime::from_timestamp(1_767_225_600 + 9 * 86_400, 0).unwrap());
    for from in [
        "observations_as_of('2026-01-03')",
        "OBSERVATIONS_AS_OF('2026-01-03')",
        "Observations_As_Of('2026-01-03') AS X",
        "Observations_Latest",
        "GENERATE_SERIES(1, 1)",
    ] {
        for query in [
            format!("SELECT count(*) FROM {from}"),
            format!("WITH t AS (SELECT * FROM {from}) SELECT count(*) FROM T"),
            format!("SELECT (SELECT count(*) FROM {from})"),
        ] {
            let answer = session.sql(&query).await.map_err(|e| format!("{query}: {e}")).unwrap();
            let counts: &Int64Array = answer.batches[0].column(0).as_any().downcast_ref().unwrap();
            assert_eq!(counts.value(0), 1, "{query}");
        }
        session.sql(&format!("EXPLAIN SELECT * FROM {from}")).await.unwrap();
    }
    let quoted = session.sql("SELECT * FROM \"OBSERVATIONS_AS_OF\"('2026-01-03')").await;
    assert!(quoted.is_err());
}

/// Names of files are bytes on Unix.
#[cfg(target_os = "linux")]
#[tokio::test]
async fn trial_p37_a_lake_may_have_any_name() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path().join(std::ffi::OsStr::from_bytes(b"la\xffke \xe2 %41"));
    let lake = Lake::open(&root).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0)]);
    assert_eq!(number(&root, "SELECT value FROM observations_latest").await, 20.0);
    let request = wsis_query::worker::Request {
        query: "SELECT 1".to_owned(),
        lake: root.clone(),
        snapshot: 1,
        as_of: None,
        at: DateTime::UNIX_EPOCH,
        latest: DateTime::UNIX_EPOCH,
        is_now: true,
        limits: LIMITS,
        threads: 1,
    };
    let line = serde_json::to_string(&request).unwrap();
    let heard: wsis_query::worker::Request = serde_json::from_str(&line).unwrap();
    assert_eq!(heard, request);
    let plain = wsis_query::worker::Request { lake: "/a/läke".into(), ..request };
    let line = serde_json::to_string(&plain).unwrap();
    assert!(line.contains("\"lake\":\"/a/läke\""), "{line}");
    assert_eq!(serde_json::from_str::<wsis_query::worker::Request>(&line).unwrap(), plain);
}

/// Files are sorted when they are written: who asks for that order gets it without another sort.
#[tokio::test]
async fn trial_p41_what_is_sorted_in_its_files_is_not_sorted_again() {
    let folder = tempfile::tempdir().unwrap();
    let lake = Lake::open(folder.path()).unwrap();
    deliver(&lake, 1, &[("KEN", 2020, 20.0), ("UGA", 2019, 1.0), ("KEN", 2018, 25.0)]);
    let open = || Session::open(&lake.view(At::Head, None).unwrap().unwrap(), &LIMITS).unwrap();
    let plan = async |session: &Session, query: &str| {
        let answer = session.sql(&format!("EXPLAIN {query}")).await.unwrap();
        format!("{:?}", answer.batches)
    };
    let query = "SELECT ref_area, time_period, value FROM observations_latest WHERE value > 0";
    let sorted = "SELECT ref_area, time_period, value FROM observations_latest ORDER BY source, dataset, \
         series_code, ref_area, sex, age, location, dimensions, freq, time_period";
    let session = open();
    assert!(!plan(&session, sorted).await.contains("SortExec"));
    let prefix = "SELECT source, dataset, series_code, value FROM observations ORDER BY source, \
                  dataset, series_code";
    assert!(!plan(&session, prefix).await.contains("SortExec"));
    // Another order is no prefix, nor is the other way round.
    for other in ["value", "source DESC", "dataset, ref_area", "ref_area, time_period"] {
        let plan = plan(&session, &format!("{query} ORDER BY {other}")).await;
        let is_constant = other.starts_with("source") || other.starts_with("dataset");
        assert!(plan.contains("SortExec") || is_constant, "{other}: {plan}");
    }
    let rows = async |session: &Session, query: &str| {
        let answer = session.sql(query).await.unwrap();
        let mut found: Vec<(String, String, f64)> = Vec::new();
        for batch in &answer.batches {
            let text = |at: usize| batch.column(at).as_any().downcast_ref::<StringArray>().unwrap();
            let values: &Float64Array = batch.column(2).as_any().downcast_ref().unwrap();
            for row in 0..batch.num_rows() {
                found.push((
                    text(0).value(row).into(),
                    text(1).value(row).into(),
                    values.value(row),
                ));
            }
        }
        found
    };
    let expected = |mut rows: Vec<(String, String, f64)>| {
        rows.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
        rows
    };
    assert_eq!(rows(&session, sorted).await, expected(rows(&session, query).await));
    // Several files that overlap: the order asked for is the order given, by a sort where needed.
    deliver(&lake, 2, &[("KEN", 2020, 22.0), ("UGA", 2019, 1.0), ("ABW", 2018, 3.0)]);
    let session = open();
    let all = "SELECT ref_area, time_period, value FROM observations ORDER BY source, dataset, \
               series_code, ref_area, sex, age, location, dimensions, freq, time_period, recorded_at";
    let found = rows(&session, all).await;
    let keys: Vec<_> = found.iter().map(|(area, period, _)| (area.as_str(), &**period)).collect();
    assert_eq!(
        keys,
        [("ABW", "2018"), ("KEN", "2018"), ("KEN", "2020"), ("KEN", "2020"), ("UGA", "2019")]
    );
    assert_eq!(found[2..4].iter().map(|it| it.2).collect::<Vec<_>>(), [20.0, 22.0]);
    assert_eq!(rows(&session, sorted).await, expected(rows(&session, query).await));
}
