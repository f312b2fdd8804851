//! The same bits from the same query, whatever the threads.

use std::path::Path;

use arrow::array::{AsArray, RecordBatch};
use arrow::compute::concat_batches;
use arrow::datatypes::Float64Type;

use crate::fixture::{LIMITS, observations, session, thousand, write};

/// Files whose sums depend on the order in which they are added.
fn files(root: &Path) -> Vec<(String, u64)> {
    let mut files = thousand(root);
    for part in 0..7 {
        let rows: Vec<_> = (0..500)
            .map(|at| {
                let value = (0.1 + f64::from(at)) * 10_f64.powi((at + part) % 17 - 8);
                let series = match at % 3 {
                    0 => "X",
                    1 => "Y",
                    _ => "Z",
                };
                (series, "ZZZ", 1900 + part * 200 + at, Some(value))
            })
            .collect();
        files.push(write(root, &format!("p{part}.parquet"), &observations(&rows)));
    }
    files
}

/// The answer of a session of its own, with so many threads.
fn asked(root: &Path, files: &[(String, u64)], query: &str, threads: usize) -> RecordBatch {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .enable_all()
        .build()
        .unwrap();
    let session = session(root, files.to_vec(), &LIMITS);
    let answer = runtime.block_on(session.sql(query)).unwrap();
    concat_batches(&answer.schema, &answer.batches).unwrap()
}

/// Every float of an answer as bits: two that print alike may differ.
fn bits(batch: &RecordBatch) -> Vec<Vec<u64>> {
    let floats = batch.columns().iter().filter_map(|it| it.as_primitive_opt::<Float64Type>());
    floats.map(|it| it.iter().flatten().map(f64::to_bits).collect()).collect()
}

#[test]
fn trial_p19_q6_the_same_bits_for_any_number_of_threads() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let table = "observations_latest";
    let both = format!(
        "(SELECT value, series_code FROM {table} UNION ALL SELECT value / 3, series_code FROM \
         {table} UNION ALL SELECT 1e10 - value, series_code FROM {table})"
    );
    let queries = [
        format!("SELECT sum(value), avg(value), stddev(value), var_pop(value) FROM {table}"),
        format!("SELECT corr(value, year), covar_samp(value, year) FROM {table}"),
        format!("SELECT series_code, sum(value), avg(value) FROM {table} GROUP BY series_code"),
        format!("SELECT sum(value), stddev(value) FROM {both}"),
        format!("SELECT series_code, sum(value) FROM {both} GROUP BY series_code"),
        format!(
            "SELECT sum(a.value * b.value) FROM {table} a JOIN {table} b ON a.year = b.year AND \
             a.ref_area = b.ref_area"
        ),
        format!("SELECT year, sum(value) OVER (PARTITION BY series_code) FROM {table} LIMIT 50"),
        format!("SELECT array_agg(value)[1], first_value(value), last_value(value) FROM {both}"),
    ];
    for (at, query) in queries.into_iter().enumerate() {
        let first = asked(folder.path(), &files, &query, 1);
        assert!(!bits(&first).is_empty() && first.num_rows() > 0, "{query}");
        // Often for what a user met, and now and then for its kin.
        let often = if at == 0 { 4 } else { 1 };
        for (threads, times) in [(1, often), (2, 2 * often), (8, 2 * often)] {
            for _ in 0..times {
                let again = asked(folder.path(), &files, &query, threads);
                assert_eq!(bits(&again), bits(&first), "{query} with {threads} threads");
                assert_eq!(again, first, "{query} with {threads} threads");
            }
        }
    }
}

#[test]
fn trial_p19_rows_without_an_order_and_with_one_come_as_they_should() {
    let folder = tempfile::tempdir().unwrap();
    let files = files(folder.path());
    let query = "SELECT * FROM observations_latest ORDER BY series_code, ref_area, year";
    let first = asked(folder.path(), &files, query, 1);
    assert_eq!(first.num_rows(), 4_500);
    for threads in [2, 7, 16] {
        assert_eq!(asked(folder.path(), &files, query, threads), first);
    }
    let parts = "SELECT 3 AS n UNION ALL SELECT 1 UNION ALL SELECT 2";
    let numbers = |query: &str| -> Vec<i64> {
        let found = asked(folder.path(), &files, query, 8);
        found.column(0).as_primitive::<arrow::datatypes::Int64Type>().values().to_vec()
    };
    for _ in 0..10 {
        assert_eq!(numbers(parts), [3, 1, 2]);
        assert_eq!(numbers(&format!("{parts} LIMIT 2")), [3, 1]);
        assert_eq!(numbers(&format!("SELECT n FROM ({parts}) LIMIT 1 OFFSET 1")), [1]);
        assert_eq!(numbers(&format!("{parts} ORDER BY n")), [1, 2, 3]);
        let sorted = "SELECT year FROM observations_latest ORDER BY year";
        let both = format!(
            "SELECT CAST(year AS BIGINT) AS year FROM (({sorted}) UNION ALL ({sorted})) ORDER BY year"
        );
        let years = numbers(&both);
        assert!(years.len() == 9_000 && years.is_sorted());
    }
}
