//! What a session sees.

use arrow::array::{Array, Float64Array, Int64Array, StringArray};
use arrow::datatypes::DataType;
use wsis_model::observation::observation_schema;
use wsis_query::{Answer, Session};

use crate::fixture::{LIMITS, observations, session, table, thousand, wider, write};

fn count(answer: &Answer) -> i64 {
    let column = answer.batches[0].column(0);
    column.as_any().downcast_ref::<Int64Array>().unwrap().value(0)
}

#[tokio::test]
async fn q1_a_file_without_a_column_reads_null() {
    let folder = tempfile::tempdir().unwrap();
    let files = thousand(folder.path());
    let tables = [table(wider(), files)];
    let session = Session::over(folder.path(), &tables, &LIMITS).unwrap();
    let answer = session
        .sql("SELECT count(*), count(comment), count(value) FROM observations_latest")
        .await
        .unwrap();
    let number = |at: usize| {
        answer.batches[0].column(at).as_any().downcast_ref::<Int64Array>().unwrap().value(0)
    };
    assert_eq!([number(0), number(1), number(2)], [1000, 0, 1000]);
}

#[tokio::test]
async fn q3_q4_q17_types_are_declared_and_plain() {
    let folder = tempfile::tempdir().unwrap();
    // Codes that look like numbers keep their zeros.
    let rows = [("01001", "AAA", 2020, Some(1.0)), ("01002", "BBB", 2020, None)];
    let files = vec![write(folder.path(), "a.parquet", &observations(&rows))];
    let session = session(folder.path(), files, &LIMITS);
    let answer = session.sql("SELECT * FROM observations_latest ORDER BY ref_area").await.unwrap();
    assert_eq!(answer.schema.fields(), observation_schema().fields());
    let codes: &StringArray = answer.batches[0].column(2).as_any().downcast_ref().unwrap();
    assert_eq!(codes.value(0), "01001");
    let values: &Float64Array =
        answer.batches[0].column_by_name("value").unwrap().as_any().downcast_ref().unwrap();
    assert!(values.is_null(1) && values.value(0) == 1.0);
    // Functions make views and dictionaries too; they end at the edge.
    let answer = session
        .sql(
            "SELECT upper(ref_area) AS a, array_agg(ref_area) AS b, arrow_typeof(ref_area) AS c \
              FROM observations_latest GROUP BY ref_area ORDER BY ref_area",
        )
        .await
        .unwrap();
    assert_eq!(answer.schema.field(0).data_type(), &DataType::Utf8);
    assert!(!format!("{:?}", answer.schema).contains("View"), "{:?}", answer.schema);
}

#[tokio::test]
async fn q9_a_commit_is_seen_by_the_next_session() {
    let folder = tempfile::tempdir().unwrap();
    let mut files = thousand(folder.path());
    let first = session(folder.path(), files.clone(), &LIMITS);
    let query = "SELECT count(*) FROM observations_latest";
    assert_eq!(count(&first.sql(query).await.unwrap()), 1000);
    let more = observations(&[("NEW", "AAA", 2020, Some(1.0))]);
    files.push(write(folder.path(), "b.parquet", &more));
    // The open session keeps its snapshot, although the file lies in the same folder.
    assert_eq!(count(&first.sql(query).await.unwrap()), 1000);
    let second = session(folder.path(), files, &LIMITS);
    assert_eq!(count(&second.sql(query).await.unwrap()), 1001);
}

#[tokio::test]
async fn q11_unquoted_upper_case_finds_lower_case_columns() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    let query = "SELECT REF_AREA, Year FROM OBSERVATIONS_LATEST WHERE REF_AREA = 'A07'";
    assert_eq!(session.sql(query).await.unwrap().rows(), 20);
}

#[tokio::test]
async fn q16_a_table_without_files_has_its_schema_and_no_rows() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), Vec::new(), &LIMITS);
    let answer = session.sql("SELECT ref_area, value FROM observations_latest").await.unwrap();
    assert_eq!((answer.rows(), answer.schema.fields().len()), (0, 2));
    let answer = session.sql("SELECT count(*) FROM observations_latest").await.unwrap();
    assert_eq!(count(&answer), 0);
}

#[tokio::test]
async fn q5_a_filter_finds_what_a_full_scan_finds() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    let all = session.sql("SELECT value FROM observations_latest").await.unwrap();
    for bound in [285.0, 286.714, 288.5, 290.0] {
        let expected: usize = all
            .batches
            .iter()
            .map(|batch| {
                let values: &Float64Array = batch.column(0).as_any().downcast_ref().unwrap();
                values.iter().flatten().filter(|value| *value > bound).count()
            })
            .sum();
        let query = format!("SELECT value FROM observations_latest WHERE value > {bound}");
        assert_eq!(session.sql(&query).await.unwrap().rows(), expected, "{bound}");
    }
}

#[tokio::test]
async fn tables_in_memory_join_but_never_replace() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    let scores = observations(&[("S", "A07", 2005, Some(1.0))]);
    session.register("scores", vec![scores.clone()]).unwrap();
    let query = "SELECT o.value FROM observations_latest o JOIN scores s \
                 ON o.ref_area = s.ref_area AND o.year = s.year";
    assert_eq!(session.sql(query).await.unwrap().rows(), 1);
    let taken = session.register("observations_latest", vec![scores]).unwrap_err().to_string();
    assert!(taken.contains("there is a table of that name"), "{taken}");
    assert!(session.register("empty", Vec::new()).is_err());
    assert_eq!(session.tables(), ["observations_latest", "scores"]);
    let columns = "SELECT count(*) FROM information_schema.columns WHERE table_name = 'scores'";
    assert_eq!(count(&session.sql(columns).await.unwrap()), 23);
}

/// A wrong letter was answered with some fifty names, each with its table before it.
#[tokio::test]
async fn trial_p137_a_column_that_is_not_there_is_told_by_the_nearest_one() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    let error = async |query: &str| session.sql(query).await.unwrap_err().to_string();
    let near = error("SELECT ref_aera FROM observations_latest").await;
    assert_eq!(
        near,
        "query not understood: there is no column \"ref_aera\"; did you mean `ref_area`? \
         `\\d observations_latest` lists the columns"
    );
    let far = error("SELECT o.score FROM observations_latest o").await;
    assert!(far.ends_with("there are 23 here; `\\d o` lists the columns"), "{far}");
    let few = error("SELECT c FROM (SELECT 1 AS number, 2 AS other_one) t").await;
    assert!(few.ends_with("\"c\"; columns here are number, other_one"), "{few}");
}

/// A plain query makes none of the engine's four hundred functions, and finds what others find; whatever
/// may call one has all of them, and a list of them is whole.
#[tokio::test]
async fn trial_p132_functions_are_made_for_queries_that_may_call_one() {
    let folder = tempfile::tempdir().unwrap();
    let session = session(folder.path(), thousand(folder.path()), &LIMITS);
    assert_eq!(session.sql("SELECT 1").await.unwrap().rows(), 1);
    let plain = "SELECT ref_area FROM observations_latest WHERE year = 2005 ORDER BY ref_area";
    assert_eq!(session.sql(plain).await.unwrap().rows(), 50);
    assert!(format!("{session:?}").contains("functions: false"), "{session:?}");
    let listed = "SELECT count(*) FROM information_schema.routines";
    assert!(count(&session.sql(listed).await.unwrap()) > 200);
    assert!(format!("{session:?}").contains("functions: true"), "{session:?}");
    assert_eq!(session.sql("SELECT upper('a') || 'b'").await.unwrap().rows(), 1);
    assert_eq!(session.sql(plain).await.unwrap().rows(), 50);
}
