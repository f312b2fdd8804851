//! How the program ends when somebody asks twice, and what it says of a lake that cannot be read as it
//! was left.

use std::net::TcpListener;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::program::{DEMO, command, copy_folder, deployment, wsis};
use crate::providers::set;

/// A deployment of one pipeline, whose service takes questions and never answers.
fn before_silence() -> (tempfile::TempDir, TcpListener) {
    let silent = TcpListener::bind("127.0.0.1:0").unwrap();
    let folder = deployment();
    let pipelines = folder.path().join("pipelines");
    for entry in std::fs::read_dir(&pipelines).unwrap() {
        let path = entry.unwrap().path();
        if path.file_stem().is_none_or(|stem| stem != "worldbank-wdi") {
            std::fs::remove_file(path).unwrap();
        }
    }
    let url = format!("\"http://{}/v2\"", silent.local_addr().unwrap());
    set(&pipelines.join("worldbank-wdi.toml"), "base_url", &url);
    let workspace = folder.path().join("workspace.toml");
    set(&workspace, "allow_http", "[\"127.0.0.1\"]");
    set(&workspace, "allow_private", "[\"127.0.0.1\"]");
    (folder, silent)
}

/// Asks, and is told to stop again and again from the middle of a request on.
fn stopped_twice(signal: &str) -> std::process::ExitStatus {
    let (folder, silent) = before_silence();
    let mut child = command(folder.path())
        .args(["ingest", "worldbank-wdi"])
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let _asked = silent.accept().unwrap();
    let id = child.id().to_string();
    let begun = Instant::now();
    loop {
        let _ended = Command::new("kill").args([signal, &id]).stderr(Stdio::null()).status();
        if let Some(status) = child.try_wait().unwrap() {
            return status;
        }
        assert!(begun.elapsed() < Duration::from_mins(1), "it does not end");
    }
}

/// To end well after the first signal takes a few writes: now and then that is done before the
/// second one comes. Never is it an abort, whose core dump would hold the key of a service.
#[test]
fn trial_p36_a_second_signal_ends_the_program_as_a_signal_does_and_without_an_abort() {
    for (signal, code) in [("-INT", 130), ("-TERM", 143)] {
        let ends_by_the_second = |_| {
            let status = stopped_twice(signal);
            assert_eq!(status.signal(), None);
            assert!([Some(1), Some(code)].contains(&status.code()), "{status}");
            status.code() == Some(code)
        };
        assert!((0..20).any(ends_by_the_second), "{signal}");
    }
}

/// Asks for the number of observations in force.
fn counted(lake: &Path, more: &[&str]) -> crate::program::Run {
    let query = "SELECT count(*) AS n FROM observations_latest";
    let mut ask = command(lake.parent().unwrap());
    ask.args(["sql", query, "--format", "csv"]).arg("--lake").arg(lake).args(more);
    crate::program::finished(ask.output().unwrap())
}

#[test]
fn trial_p37_a_lake_with_any_name_is_queried() {
    use std::os::unix::ffi::OsStrExt as _;
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join(std::ffi::OsStr::from_bytes(b"l\xffke"));
    copy_folder(&DEMO.lake(), &lake);
    let here = counted(&lake, &[]).assert_code(0).stdout;
    assert_eq!(here, counted(&DEMO.lake(), &[]).assert_code(0).stdout);
}

#[test]
fn trial_p40_a_lake_that_lost_its_snapshots_is_not_called_empty() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    copy_folder(&DEMO.lake(), &lake);
    std::fs::remove_dir_all(lake.join("snapshots")).unwrap();
    std::fs::create_dir(lake.join("snapshots")).unwrap();
    let told = "holds no snapshot, and its ledger knows of snapshots up to";
    let run = counted(&lake, &[]);
    assert!(run.code == 1 && run.stderr.contains(told), "{}", run.stderr);
    let run = wsis(folder.path(), &["score", "--lake", "lake"]);
    assert!(run.code == 1 && run.stderr.contains(told), "{}", run.stderr);
    // A new one is.
    let run = wsis(folder.path(), &["sql", "SELECT 1", "--lake", "new"]);
    assert!(!run.stderr.contains(told), "{}", run.stderr);
}

/// One rule for an instant after a snapshot, however it is asked.
#[test]
fn trial_p38_a_snapshot_answers_for_any_instant_up_to_now() {
    let count = |from: &str, more: &[&str]| {
        let query = format!("SELECT count(*) FROM {from}");
        DEMO.wsis(&[&["sql", &query, "--format", "csv", "--snapshot", "1"], more].concat())
    };
    // After that snapshot, and before today.
    let day = DEMO.summary["between"].as_str().unwrap().to_owned();
    let by_option = count("observations_latest", &["--as-of", &day]).assert_code(0).stdout;
    let by_function = count(&format!("Observations_As_Of('{day}')"), &[]).assert_code(0).stdout;
    assert_eq!(by_option, by_function);
    let late = count("observations_as_of('2999-01-01')", &[]).assert_code(2);
    assert!(late.stderr.contains("is not known"), "{}", late.stderr);
}
