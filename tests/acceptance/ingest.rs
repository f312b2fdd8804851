//! `wsis ingest` against the loopback services, as a data officer runs it.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::program::{command, deployment, edit, finished, until, wsis};
use crate::providers::{Providers, pointed_at, set, slow_proxy};

fn outcomes(reports: &Value) -> BTreeMap<String, String> {
    let text = |report: &Value, name: &str| report[name].as_str().unwrap().to_owned();
    reports
        .as_array()
        .unwrap()
        .iter()
        .map(|report| (text(report, "pipeline"), text(report, "outcome")))
        .collect()
}

/// Every Parquet file below a folder, by relative path, with its bytes.
fn parquet_files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    let mut todo = vec![folder.to_path_buf()];
    while let Some(next) = todo.pop() {
        for entry in std::fs::read_dir(&next).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                todo.push(path);
            } else if path.extension().is_some_and(|extension| extension == "parquet") {
                let name = path.strip_prefix(folder).unwrap().to_str().unwrap().to_owned();
                found.insert(name, std::fs::read(&path).unwrap());
            }
        }
    }
    found
}

#[test]
fn trial_n9_rows_in_quarantine_within_the_gates_are_a_warning_and_strict_makes_them_a_failure() {
    let providers = Providers::start();
    let folder = pointed_at(&providers, None);
    let first = wsis(folder.path(), &["ingest", "--format", "json"]).assert_code(0);
    assert!(first.stderr.contains("warning: "), "{}", first.stderr);
    assert!(first.stderr.contains("in quarantine; see `wsis sql"), "{}", first.stderr);
    assert!(outcomes(&first.json()).values().all(|outcome| outcome == "committed"));
    for report in first.json().as_array().unwrap() {
        let count = |name: &str| report[name].as_u64().unwrap();
        assert_eq!(count("parsed"), count("accepted") + count("quarantined"), "{report}");
    }
    let before = parquet_files(&folder.path().join("lake/data"));
    let second = wsis(folder.path(), &["ingest", "--format", "json"]);
    assert!(
        outcomes(&second.json()).values().all(|outcome| outcome == "unchanged"),
        "{}",
        second.stdout
    );
    assert_eq!(before, parquet_files(&folder.path().join("lake/data")));
    let strict = wsis(folder.path(), &["ingest", "--force", "--strict", "--lake", "strict"]);
    let strict = strict.assert_code(1);
    assert!(strict.stderr.contains("error: ") && strict.stderr.contains("in quarantine"));
}

/// The data officer's tour on a machine without network: nothing archived is said, leaves nothing
/// behind, and is no failed run of anybody.
#[test]
fn trial_n8_a_replay_of_nothing_says_so_and_one_of_something_names_the_rest() {
    let providers = Providers::start();
    let folder = pointed_at(&providers, None);
    let nothing = wsis(folder.path(), &["ingest", "--offline"]).assert_code(1);
    assert!(nothing.stderr.contains("there is nothing to replay"), "{}", nothing.stderr);
    assert!(!folder.path().join("lake").exists());
    wsis(folder.path(), &["ingest", "undesa-egdi", "--quiet"]).assert_code(0);
    let some = wsis(folder.path(), &["ingest", "--offline", "--format", "json"]).assert_code(0);
    assert_eq!(outcomes(&some.json()), [("undesa-egdi".into(), "unchanged".into())].into());
    let rest = "not replayed, since the archive holds no run: unsd-sdg, worldbank-wdi";
    assert!(some.stderr.contains(rest), "{}", some.stderr);
    wsis(folder.path(), &["ingest", "--offline", "unsd-sdg"]).assert_code(1);
    let runs = wsis(folder.path(), &["runs", "--format", "json"]).assert_code(0).json();
    assert!(runs.as_array().unwrap().iter().all(|run| run["outcome"] != "failed"), "{runs}");
    // The rest of the tour works on what there is.
    for words in [
        &["sql", "SELECT reason, count(*) FROM quarantine GROUP BY reason ORDER BY reason"][..],
        &["ingest", "undesa-egdi", "--re-decode"],
        &["score"],
        &["report"],
        &["schedule", "next", "--count", "3"],
        &["schedule", "list"],
        &["promises"],
    ] {
        wsis(folder.path(), words).assert_code(0);
    }
}

/// What needs neither pipelines nor frameworks works without them.
#[test]
fn trial_x18_a_broken_pipeline_does_not_keep_verify_and_runs_from_working() {
    let providers = Providers::start();
    let folder = pointed_at(&providers, None);
    wsis(folder.path(), &["ingest", "undesa-egdi", "--quiet"]).assert_code(0);
    std::fs::write(folder.path().join("pipelines/unsd-sdg.toml"), "id = ").unwrap();
    wsis(folder.path(), &["check"]).assert_code(2);
    wsis(folder.path(), &["verify"]).assert_code(0);
    let runs = wsis(folder.path(), &["runs"]).assert_code(0);
    assert!(runs.stdout.contains("undesa-egdi"), "{}", runs.stdout);
}

/// One cause once, with the requests that met it, and one form of "attempts".
#[test]
fn trial_n14_one_cause_is_told_once() {
    let folder = deployment();
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = folder.path().join("pipelines/undesa-egdi.toml");
    set(&file, "base_url", &format!("\"http://{nobody}/egovkb\""));
    let workspace = folder.path().join("workspace.toml");
    for (key, value) in
        [("retries", "0"), ("allow_http", "[\"127.0.0.1\"]"), ("allow_private", "[\"127.0.0.1\"]")]
    {
        set(&workspace, key, value);
    }
    let run = wsis(folder.path(), &["ingest", "undesa-egdi"]).assert_code(1);
    let told = run.stderr.matches("refused").count();
    assert!((1..=2).contains(&told), "{}", run.stderr);
    assert!(run.stderr.contains("cannot connect: Connection refused"), "{}", run.stderr);
    assert!(run.stderr.contains("after 1 attempt)"), "{}", run.stderr);
    assert!(run.stderr.contains("the run did not end well"), "{}", run.stderr);
}

#[test]
fn replay_of_the_archive_without_network_gives_the_same_parquet_bytes() {
    let providers = Providers::start();
    let folder = pointed_at(&providers, None);
    wsis(folder.path(), &["ingest", "--format", "json"]).assert_code(0);
    drop(providers);
    let archive = folder.path().join("lake/raw");
    let replayed = folder.path().join("replayed");
    std::fs::create_dir(&replayed).unwrap();
    let copied = Command::new("cp").arg("-r").args([&archive, &replayed.join("raw")]).status();
    assert!(copied.unwrap().success());
    let run =
        wsis(folder.path(), &["ingest", "--offline", "--lake", "replayed", "--format", "json"]);
    assert!(outcomes(&run.json()).values().all(|outcome| outcome == "committed"), "{}", run.stdout);
    let ours = parquet_files(&folder.path().join("lake/data"));
    assert!(ours.len() >= 6, "{:?}", ours.keys());
    assert_eq!(ours, parquet_files(&replayed.join("data")));
}

#[test]
fn one_source_down_never_stops_the_others() {
    let providers = Providers::start();
    let folder = pointed_at(&providers, None);
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let file = folder.path().join("pipelines/undesa-egdi.toml");
    set(&file, "base_url", &format!("\"http://{nobody}/egovkb\""));
    set(&folder.path().join("workspace.toml"), "retries", "1");
    let run = wsis(folder.path(), &["ingest", "--format", "json"]).assert_code(1);
    let outcomes = outcomes(&run.json());
    assert_eq!(outcomes["undesa-egdi"], "failed");
    assert_eq!(outcomes["worldbank-wdi"], "committed");
    assert_eq!(outcomes["unsd-sdg"], "committed");
    let runs = wsis(folder.path(), &["runs", "--format", "json"]).assert_code(0).json();
    let failed = runs.as_array().unwrap().iter().find(|run| run["outcome"] == "failed").unwrap();
    assert!(failed["error"].as_str().unwrap().contains(&nobody.port().to_string()), "{failed}");
}

#[test]
fn a_missing_secret_fails_its_pipeline_and_names_the_variable() {
    let providers = Providers::start();
    let folder = pointed_at(&providers, None);
    let file = folder.path().join("pipelines/undesa-egdi.toml");
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, text.replacen("\nbase_url", "\nsecret_env = \"EGOV_KEY\"\nbase_url", 1))
        .unwrap();
    let run = wsis(folder.path(), &["ingest", "undesa-egdi", "--format", "json"]).assert_code(1);
    assert!(run.stdout.contains("EGOV_KEY"), "{}", run.stdout);
    let check = wsis(folder.path(), &["check"]).assert_code(0);
    assert!(check.stdout.contains("EGOV_KEY"), "{}", check.stdout);
    // From a file, as keys are mounted into containers.
    let key = folder.path().join("key");
    std::fs::write(&key, "s3cret-in-a-file\n").unwrap();
    let with_file = |words: &[&str]| {
        finished(command(folder.path()).env("EGOV_KEY_FILE", &key).args(words).output().unwrap())
    };
    assert!(!with_file(&["check"]).stdout.contains("EGOV_KEY"));
    // A file that gives none is told as that, not as a variable that somebody has to set.
    std::fs::write(&key, "\n").unwrap();
    let empty = with_file(&["check"]);
    assert!(
        empty.stdout.contains("`EGOV_KEY_FILE` names a file that gives no secret"),
        "{}",
        empty.stdout
    );
    assert!(!empty.stdout.contains("is not set"), "{}", empty.stdout);
    std::fs::write(&key, "s3cret-in-a-file\n").unwrap();
    let run = with_file(&["ingest", "undesa-egdi", "--format", "json", "-vv"]);
    assert_eq!(outcomes(&run.json())["undesa-egdi"], "committed", "{}", run.stdout);
    assert!(!run.stdout.contains("s3cret") && !run.stderr.contains("s3cret"));
}

#[test]
fn an_unknown_pipeline_is_a_usage_error_that_lists_them() {
    let folder = deployment();
    for words in [
        &["ingest", "no-such"][..],
        &["ingest", "no-such", "--re-decode"],
        &["schedule", "next", "no-such"],
        &["schedule", "ticks", "no-such"],
    ] {
        let run = wsis(folder.path(), words).assert_code(2);
        assert!(run.stderr.contains("worldbank-edstats"), "{}", run.stderr);
    }
    let words = ["ingest", "--backfill", "2020", "2010"];
    let run = wsis(folder.path(), &words).assert_code(2);
    assert!(run.stderr.contains("the first year first"), "{}", run.stderr);
    assert!(!folder.path().join("lake").exists());
}

/// Ctrl-C in the middle: a prompt end, nothing half done, and the next run completes.
#[test]
fn interrupt_in_the_middle_loses_nothing_and_the_next_run_completes() {
    let providers = Providers::start();
    let slow = slow_proxy(providers.address(), Duration::from_millis(150));
    let folder = pointed_at(&providers, Some(slow));
    let child = command(folder.path())
        .args(["ingest", "worldbank-wdi", "--format", "json"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let archive = folder.path().join("lake/raw/sha256");
    let archived = || std::fs::read_dir(&archive).map_or(0, Iterator::count);
    until("something in the archive", || archived() > 0);
    let interrupt = Command::new("kill").args(["-INT", &child.id().to_string()]).status();
    assert!(interrupt.unwrap().success());
    let stopped = finished(child.wait_with_output().unwrap()).assert_code(1);
    assert_eq!(outcomes(&stopped.json())["worldbank-wdi"], "cancelled");
    let before = archived();
    let next = wsis(folder.path(), &["ingest", "worldbank-wdi", "--format", "json"]);
    assert_eq!(outcomes(&next.json())["worldbank-wdi"], "committed", "{}", next.stdout);
    assert!(archived() > before, "it was stopped in the middle");
    wsis(folder.path(), &["verify"]).assert_code(0);
}

#[test]
fn l13_what_would_be_read_differently_is_listed_and_committed_when_told() {
    let providers = Providers::start();
    let folder = pointed_at(&providers, None);
    wsis(folder.path(), &["ingest", "undesa-egdi", "--quiet"]);
    let again = |more: &[&str]| {
        let words = ["ingest", "undesa-egdi", "--re-decode", "--quiet"];
        wsis(folder.path(), &[&words, more].concat()).assert_code(0)
    };
    let nothing = again(&["--format", "json"]).json();
    assert!(nothing[0]["differences"].as_array().unwrap().is_empty(), "{nothing}");
    // An index above 0.97 is not believed any more.
    edit(&folder.path().join("pipelines/undesa-egdi.toml"), "range = [0, 1]", "range = [0, 0.97]");
    let before = parquet_files(&folder.path().join("lake/data"));
    let found = again(&["--format", "json"]).json();
    let differences = found[0]["differences"].as_array().unwrap();
    assert!(!differences.is_empty(), "{found}");
    assert_eq!(found[0]["withdrawn"], differences.len());
    for one in differences {
        assert_eq!((&one["what"], &one["series_code"]), (&json!("withdrawn"), &json!("EGDI")));
        let value: f64 = one["before"]["value"].as_str().unwrap().parse().unwrap();
        assert!(value > 0.97, "{one}");
        assert_eq!(one["after"], json!({}));
    }
    let table = again(&[]);
    assert!(table.stdout.contains("was read") && table.stdout.contains("DNK"), "{}", table.stdout);
    assert!(table.stderr.contains("`--re-decode --commit` commits it"), "{}", table.stderr);
    assert_eq!(parquet_files(&folder.path().join("lake/data")), before, "nothing was written");
    let done = again(&["--commit", "--format", "json"]).json();
    assert_eq!(done[0]["withdrawn"], differences.len());
    assert!(done[0]["snapshot"].is_u64(), "{done}");
    wsis(folder.path(), &["verify"]).assert_code(0);
}
