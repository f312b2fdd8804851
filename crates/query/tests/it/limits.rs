//! What a session refuses, and how it says so.

use wsis_config::QueryLimits;
use wsis_query::{Cut, QueryError};

use crate::fixture::{LIMITS, session, thousand};

#[tokio::test]
async fn whatever_changes_something_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    let target = folder.path().join("out.parquet");
    let copy = format!("COPY observations_latest TO '{}'", target.display());
    let explained = format!("EXPLAIN ANALYZE {copy}");
    let outside = format!(
        "CREATE EXTERNAL TABLE t STORED AS PARQUET LOCATION '{}'",
        folder.path().join("a.parquet").display()
    );
    for query in [
        "CREATE TABLE t AS SELECT 1",
        "CREATE VIEW v AS SELECT 1",
        "DROP TABLE observations_latest",
        "INSERT INTO observations_latest SELECT * FROM observations_latest",
        "SET datafusion.execution.target_partitions = 64",
        &copy,
        &explained,
        &outside,
    ] {
        let error = session.sql(query).await.unwrap_err();
        let text = error.to_string();
        assert!(matches!(error, QueryError::ReadOnly { .. }), "{query}: {text}");
        assert!(text.contains("refused: sessions are read-only"), "{text}");
    }
    assert!(!target.exists());
    for query in ["EXPLAIN SELECT 1", "SHOW TABLES", "DESCRIBE observations_latest"] {
        session.sql(query).await.unwrap();
    }
}

#[tokio::test]
async fn files_cannot_be_named_in_a_query() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    let path = folder.path().join("a.parquet");
    let error = session.sql(&format!("SELECT * FROM '{}'", path.display())).await.unwrap_err();
    assert!(matches!(error, QueryError::Invalid { .. }), "{error}");
}

#[tokio::test]
async fn an_unknown_table_names_the_ones_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    let text = session.sql("SELECT * FROM observation").await.unwrap_err().to_string();
    assert!(
        text.contains("observation") && text.contains("tables are observations_latest"),
        "{text}"
    );
    let text = session.sql("SELECT valeu FROM observations_latest").await.unwrap_err().to_string();
    assert!(text.contains("valeu") && text.contains("value"), "{text}");
    assert!(matches!(session.sql("SELEC 1").await, Err(QueryError::Invalid { .. })));
}

#[tokio::test]
async fn d3_a_cut_answer_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let limits = QueryLimits { result_rows_max: 10, ..LIMITS };
    let session = session(folder.path(), thousand(folder.path()), &limits);
    let query = "SELECT * FROM observations_latest ORDER BY ref_area, year";
    let answer = session.sql(query).await.unwrap();
    assert_eq!((answer.rows(), answer.cut), (10, Some(Cut::Rows)));
    // Exactly as many as the limit is a whole answer.
    let answer = session.sql(&format!("{query} LIMIT 10")).await.unwrap();
    assert_eq!((answer.rows(), answer.cut), (10, None));
    let answer = session.collect(query).await.unwrap();
    assert_eq!((answer.rows(), answer.cut), (1000, None));
}

#[tokio::test]
async fn memory_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let limits = QueryLimits { memory_bytes: 1 << 20, ..LIMITS };
    let session = session(folder.path(), thousand(folder.path()), &limits);
    // A million hashes of 64 characters in one array.
    let query = "SELECT array_length(array_agg(a.payload || b.ref_area)) \
                 FROM observations_latest a CROSS JOIN observations_latest b";
    let error = session.sql(query).await.unwrap_err();
    assert!(matches!(error, QueryError::Memory { bytes: 1_048_576, .. }), "{error}");
    assert!(error.to_string().contains("query.memory_bytes"), "{error}");
}

#[tokio::test]
async fn time_is_bounded_even_inside_a_cross_join() {
    let folder = tempfile::tempdir().unwrap();
    let limits = QueryLimits { timeout_s: 1, ..LIMITS };
    let session = session(folder.path(), thousand(folder.path()), &limits);
    let query = "SELECT sum(sin(a.value * b.value * c.value)) FROM observations_latest a \
                 CROSS JOIN observations_latest b CROSS JOIN observations_latest c";
    let error = session.sql(query).await.unwrap_err();
    assert!(matches!(error, QueryError::Timeout { seconds: 1 }), "{error}");
    assert!(error.to_string().contains("query.timeout_s"), "{error}");
}

#[tokio::test]
async fn trial_x4_a_query_that_is_too_large_is_refused_before_it_is_planned() {
    let folder = tempfile::tempdir().unwrap();
    let limits = QueryLimits { text_bytes_max: 60_000, terms_max: 5_000, depth_max: 100, ..LIMITS };
    let session = session(folder.path(), thousand(folder.path()), &limits);
    let deep = format!("SELECT {}1{}", "(".repeat(200), ")".repeat(200));
    let chained = format!("SELECT {}", vec!["1"; 200].join(" + "));
    let united = vec!["SELECT 1, 2"; 200].join(" UNION ALL ");
    let cases = format!("SELECT {}1{}", "CASE WHEN true THEN ".repeat(200), " END".repeat(200));
    let listed = format!("SELECT 1 IN ({})", vec!["1"; 5_000].join(","));
    let long = format!("SELECT '{}'", "x".repeat(60_000));
    for (query, limit) in [
        (deep, "depth_max"),
        (chained, "depth_max"),
        (united, "depth_max"),
        (cases, "depth_max"),
        (listed, "terms_max"),
        (long, "text_bytes_max"),
    ] {
        let error = session.sql(&query).await.unwrap_err();
        assert!(matches!(error, QueryError::TooLarge { name, .. } if name == limit), "{error}");
        assert!(error.of_query() && error.to_string().contains(&format!("query.{limit}")));
    }
    // A list is as deep as its deepest item, and a clause begins anew.
    let aliased: Vec<String> = (0..300).map(|at| format!("1 + {at} AS c{at}")).collect();
    session.sql(&format!("SELECT {}", aliased.join(","))).await.unwrap();
}

#[tokio::test]
async fn trial_r29_what_spills_is_bounded_and_inside_the_lake() {
    let folder = tempfile::tempdir().unwrap();
    let files = thousand(folder.path());
    let query = "SELECT a.payload || b.ref_area || b.year || a.ref_area || a.year AS t \
                 FROM observations_latest a CROSS JOIN observations_latest b \
                 WHERE b.year < 2012 ORDER BY t";
    let limits = QueryLimits { memory_bytes: 64 << 20, spill_bytes_max: 1 << 20, ..LIMITS };
    let tight = session(folder.path(), files.clone(), &limits);
    let error = tight.sql(query).await.unwrap_err();
    assert!(error.to_string().contains("query.spill_bytes_max"), "{error}");
    drop(tight);
    let limits = QueryLimits { spill_bytes_max: 1 << 30, ..limits };
    let roomy = session(folder.path(), files, &limits);
    assert_eq!(roomy.sql(query).await.unwrap().cut, Some(Cut::Rows));
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 1, "in the lake");
    drop(roomy);
    assert_eq!(std::fs::read_dir(folder.path().join("tmp")).unwrap().count(), 0, "tidied up");
}

#[tokio::test]
async fn trial_x4_an_answer_is_bounded_in_bytes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = QueryLimits { result_bytes_max: 10_000, ..LIMITS };
    let session = session(folder.path(), thousand(folder.path()), &limits);
    let answer = session.sql("SELECT * FROM observations_latest").await.unwrap();
    assert_eq!(answer.cut, Some(Cut::Bytes));
    assert!((5..200).contains(&answer.rows()), "{}", answer.rows());
    let error = session.sql("SELECT repeat('x', 20000)").await.unwrap_err();
    assert!(error.to_string().contains("query.result_bytes_max"), "{error}");
}
