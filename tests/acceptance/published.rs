//! What dashboards read is what the lake holds.

use std::fs::File;
use std::path::Path;
use std::time::Duration;

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;

use crate::program::{command, edit, finished, until_within, wsis};
use crate::providers::Providers;
use crate::schedule::{Daemon, every_second, json, log};

/// A query of this deployment's lake, as CSV.
fn sql(folder: &Path, query: &str) -> String {
    wsis(folder, &["sql", query, "--format", "csv"]).assert_code(0).stdout
}

/// Rows of a published table.
fn published_rows(folder: &Path, table: &str) -> usize {
    let file = File::open(folder.join(format!("lake/public/v1/{table}.parquet"))).unwrap();
    let reader = ParquetRecordBatchReaderBuilder::try_new(file).unwrap();
    usize::try_from(reader.metadata().file_metadata().num_rows()).unwrap()
}

/// The published CSV of a table, plain or packed.
fn published_csv(folder: &Path, table: &str) -> String {
    let public = folder.join("lake/public/v1");
    let plain = public.join(format!("{table}.csv"));
    std::fs::read_to_string(plain).unwrap()
}

/// Rows without their heading, sorted; a number in one form, since the two write 0 and 0.0.
fn rows(csv: &str) -> Vec<String> {
    let cell = |cell: &str| cell.parse::<f64>().map_or(cell.to_owned(), |it| it.to_string());
    let row = |line: &str| line.split(',').map(cell).collect::<Vec<_>>().join(",");
    let mut rows: Vec<String> = csv.lines().skip(1).map(row).collect();
    rows.sort_unstable();
    rows
}

/// After a commit of the daemon: nobody runs `wsis score`.
#[test]
fn trial_n2_what_is_published_after_a_commit_is_what_sql_answers() {
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let root = folder.path();
    edit(&root.join("workspace.toml"), "timeout_s = 60\n# More", "timeout_s = 600\n# More");
    let daemon = Daemon::start(root);
    // Scoring takes an unoptimised program its time on a busy machine.
    let score = Duration::from_mins(4);
    until_within(score, "it is published", || log(root).contains("\"published\""));
    let state = |name: &str| json(root, &["schedule", "list"])[0][name].clone();
    until_within(score, "of the newest snapshot", || {
        state("snapshot").is_u64() && state("snapshot") == state("published_snapshot")
    });
    let manifest = std::fs::read(root.join("lake/public/v1/manifest.json")).unwrap();
    let manifest: Value = serde_json::from_slice(&manifest).unwrap();
    assert_eq!(manifest["snapshot"], state("snapshot"));
    assert_eq!(manifest["published_at"], state("published_at"));

    // How old it is stands where people look: the daemon's page and the list.
    let snapshot = state("snapshot");
    let told = format!("published: snapshot {snapshot}, 0 min ago");
    let (status, page) = daemon.get("/readyz").unwrap();
    assert_eq!((status, page.lines().nth(1)), (200, Some(told.as_str())), "{page}");
    let metrics = daemon.get("/metrics").unwrap().1;
    assert!(metrics.contains(&format!("wsis_published_snapshot {snapshot}\n")), "{metrics}");
    let list = wsis(root, &["schedule", "list"]).assert_code(0);
    assert!(list.stderr.contains(&told), "{}", list.stderr);
    let later = "2027-01-01T00:00:00Z";
    let list = wsis(root, &["schedule", "list", "--at", later]).assert_code(0);
    assert!(list.stderr.contains(" d "), "the age is in days: {}", list.stderr);
    daemon.stopped();

    let counts = sql(
        root,
        "SELECT 'line_scores' AS t, count(*) AS n FROM line_scores \
         UNION ALL SELECT 'indicator_scores', count(*) FROM indicator_scores \
         UNION ALL SELECT 'observations_latest', count(*) FROM observations_latest ORDER BY t",
    );
    let found: Vec<String> = ["indicator_scores", "line_scores", "observations_latest"]
        .iter()
        .map(|table| format!("{table},{}", published_rows(root, table)))
        .collect();
    assert_eq!(counts, format!("t,n\n{}\n", found.join("\n")));
    // Value by value.
    let lines = published_csv(root, "lines");
    let heading = lines.lines().next().unwrap();
    assert!(lines.lines().count() > 18, "{lines}");
    let answer = sql(root, &format!("SELECT {heading} FROM lines"));
    assert_eq!(rows(&lines), rows(&answer));

    // A commit that nobody publishes is told as such.
    std::fs::remove_file(root.join("lake/public/v1/manifest.json")).unwrap();
    let list = finished(command(root).args(["schedule", "list"]).output().unwrap());
    assert!(list.assert_code(0).stderr.contains("published: nothing yet"));
}
