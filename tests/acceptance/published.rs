//! What dashboards read is what the lake holds.

use std::fs::File;
use std::path::Path;
use std::time::{Duration, Instant};

use parquet::arrow::arrow_reader::ParquetRecordBatchReaderBuilder;
use serde_json::Value;
use wsis_lake::Lake;

use crate::program::{DEMO, command, copy_folder, deployment, edit, finished, until_within, wsis};
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

/// A lake in which somebody publishes for as long as this is kept: whoever else does waits.
fn held(root: &Path) -> File {
    Lake::open(&root.join("lake")).unwrap();
    std::fs::create_dir_all(root.join("lake/public")).unwrap();
    let lock = File::create(root.join("lake/public/lock")).unwrap();
    lock.lock().unwrap();
    lock
}

/// Processes that publish, of a daemon: their numbers and their groups.
#[cfg(target_os = "linux")]
fn publishing(daemon: u32) -> Vec<(u32, u32)> {
    let processes = std::fs::read_dir("/proc").unwrap().flatten();
    let numbers = processes.filter_map(|it| it.file_name().to_str()?.parse::<u32>().ok());
    let found = numbers.filter_map(|number| {
        let words = std::fs::read_to_string(format!("/proc/{number}/cmdline")).ok()?;
        let stat = std::fs::read_to_string(format!("/proc/{number}/stat")).ok()?;
        // After the name, which may hold blanks: state, parent, group.
        let rest: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        let is_of = rest.get(1)?.parse() == Ok(daemon) && words.contains("publish-worker");
        is_of.then_some((number, rest.get(2)?.parse().ok()?))
    });
    found.collect()
}

/// Whether a process is there and not only waits to be counted.
#[cfg(target_os = "linux")]
fn is_there(process: u32) -> bool {
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat"));
    stat.is_ok_and(|stat| !stat.rsplit_once(')').unwrap().1.starts_with(" Z"))
}

/// Scoring and writing took the memory of the daemon, and as long as they liked.
#[test]
fn trial_p144_publishing_has_limits_of_its_own_and_the_daemon_goes_on() {
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let root = folder.path();
    edit(&root.join("workspace.toml"), "\ntimeout_s = 900\n", "\ntimeout_s = 1\n");
    let _held = held(root);
    let daemon = Daemon::start(root);
    let told = "it took more than 1 s (limit publish.timeout_s)";
    until_within(Duration::from_mins(4), "it took too long", || log(root).contains(told));
    let metrics = daemon.get("/metrics").unwrap().1;
    assert!(metrics.contains("wsis_publish_failures_total "), "{metrics}");
    let page = daemon.get("/readyz").unwrap().1;
    assert!(page.contains("published: nothing yet"), "{page}");
    assert_eq!(daemon.stopped().0, 0);
}

/// What takes long is not left behind, and does not hear what is meant for the daemon.
#[test]
#[cfg(target_os = "linux")]
fn trial_p144_what_publishes_ends_with_the_daemon() {
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let root = folder.path();
    let _held = held(root);
    let begun = |daemon: &Daemon| {
        let mut found = Vec::new();
        until_within(Duration::from_mins(4), "something publishes", || {
            found = publishing(daemon.process());
            !found.is_empty()
        });
        found[0]
    };
    // Stopped in good order: it has its time, and then it is ended.
    let daemon = Daemon::start(root);
    let (worker, group) = begun(&daemon);
    assert_eq!(group, worker, "it leads a group of its own");
    let (code, took) = daemon.stopped();
    assert_eq!(code, 0);
    assert!(took < Duration::from_mins(1), "{took:?}");
    assert!(!is_there(worker), "it is gone when the daemon is");
    // Killed: it notices that nobody waits.
    let daemon = Daemon::start(root);
    let (worker, _) = begun(&daemon);
    let start = Instant::now();
    daemon.killed();
    until_within(Duration::from_secs(20), "it is gone", || !is_there(worker));
    assert!(start.elapsed() < Duration::from_secs(20));
}

/// Each `wsis score` wrote all tables anew, whatever was there, and said that it had published.
#[test]
fn trial_p145_what_is_published_already_is_said_and_not_written_again() {
    let folder = deployment();
    let root = folder.path();
    let lake = root.join("lake");
    copy_folder(&DEMO.lake(), &lake);
    let on = |words: &[&str]| {
        wsis(root, &[words, &["--lake", lake.to_str().unwrap()]].concat()).assert_code(0)
    };
    let manifest = || {
        let bytes = std::fs::read(lake.join("public/v1/manifest.json")).unwrap();
        serde_json::from_slice::<Value>(&bytes).unwrap()
    };
    // The demo's own set rests on the pipelines that are built in, and so does this deployment.
    let before = manifest()["published_at"].clone();
    let run = on(&["score", "--format", "json"]);
    assert!(run.stderr.contains("published already, "), "{}", run.stderr);
    assert!(run.stderr.contains("--force"), "{}", run.stderr);
    assert!(run.json()["published_since"].is_string());
    assert_eq!(manifest()["published_at"], before);
    let said = on(&["score", "--force"]).stderr;
    assert!(said.contains("published to "), "{said}");
    let forced = manifest()["published_at"].clone();
    assert_ne!(forced, before);
    // Another form of the CSV is another set.
    edit(&root.join("workspace.toml"), "csv = [\"*\"]", "csv = [\"lines\"]");
    let said = on(&["score"]).stderr;
    assert!(said.contains("published to "), "{said}");
    assert!(!lake.join("public/v1/line_scores.csv").exists());
    assert_ne!(manifest()["published_at"], forced);
}
