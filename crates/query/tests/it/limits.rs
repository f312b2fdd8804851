//! What a session refuses, and how it says so.

use wsis_config::QueryLimits;
use wsis_query::QueryError;

use crate::fixture::{LIMITS, session, thousand};

#[tokio::test]
async fn whatever_changes_something_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS, 1);
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
    let session = session(folder.path(), thousand(folder.path()), &LIMITS, 1);
    let path = folder.path().join("a.parquet");
    let error = session.sql(&format!("SELECT * FROM '{}'", path.display())).await.unwrap_err();
    assert!(matches!(error, QueryError::Invalid { .. }), "{error}");
}

#[tokio::test]
async fn an_unknown_table_names_the_ones_there_are() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS, 1);
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
    let session = session(folder.path(), thousand(folder.path()), &limits, 2);
    let query = "SELECT * FROM observations_latest ORDER BY ref_area, year";
    let answer = session.sql(query).await.unwrap();
    assert_eq!((answer.rows(), answer.truncated), (10, true));
    // Exactly as many as the limit is a whole answer.
    let answer = session.sql(&format!("{query} LIMIT 10")).await.unwrap();
    assert_eq!((answer.rows(), answer.truncated), (10, false));
    let answer = session.collect(query).await.unwrap();
    assert_eq!((answer.rows(), answer.truncated), (1000, false));
}

#[tokio::test]
async fn memory_is_bounded() {
    let folder = tempfile::tempdir().unwrap();
    let limits = QueryLimits { memory_bytes: 1 << 20, ..LIMITS };
    let session = session(folder.path(), thousand(folder.path()), &limits, 1);
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
    let session = session(folder.path(), thousand(folder.path()), &limits, 1);
    let query = "SELECT sum(sin(a.value * b.value * c.value)) FROM observations_latest a \
                 CROSS JOIN observations_latest b CROSS JOIN observations_latest c";
    let error = session.sql(query).await.unwrap_err();
    assert!(matches!(error, QueryError::Timeout { seconds: 1 }), "{error}");
    assert!(error.to_string().contains("query.timeout_s"), "{error}");
}
