//! How much memory a daemon takes for many pipelines that run at one time.
//!
//! A campaign of 60 pipelines, run by name with `--run-ignored only` (`WSIS_PIPELINES` is another number), for it
//! waits for a minute of the clock; `wsis-engine` has a test of a few pipelines for everybody's run. What is
//! asserted is the peak of resident memory, as the system counts it (`VmHWM`), while full deliveries of every
//! protocol are fetched, decoded and committed.

use std::path::Path;

use chrono::{DateTime, Duration, Timelike as _, Utc};

use crate::program::{deployment, until_within, wsis};
use crate::providers::{Providers, set};
use crate::schedule::{Daemon, json, log, runs};

/// Peak of resident memory that a daemon may come to, MB.
const PEAK_MAX_MB: u64 = 200;

/// Pipelines whose figures the loopback server has, and their protocols.
const SERVED: [(&str, &str); 5] = [
    ("worldbank-wdi", "worldbank"),
    ("undesa-egdi", "undesa"),
    ("unsd-sdg", "unsd"),
    ("worldbank-gtmi", "file"),
    ("worldbank-wgi-2024", "file"),
];

/// Copies of pipelines, each with a dataset of its own, that all run at one minute of today.
fn many(folder: &Path, providers: &Providers, count: usize, cron: &str) {
    let pipelines = folder.join("pipelines");
    let texts: Vec<(String, String, &str)> = SERVED
        .iter()
        .map(|(id, source)| {
            let text = std::fs::read_to_string(pipelines.join(format!("{id}.toml"))).unwrap();
            let dataset = text.lines().find_map(|line| line.strip_prefix("dataset = \""));
            (text.clone(), dataset.unwrap().trim_end_matches('"').to_owned(), *source)
        })
        .collect();
    for entry in std::fs::read_dir(&pipelines).unwrap() {
        std::fs::remove_file(entry.unwrap().path()).unwrap();
    }
    for (number, (text, dataset, source)) in texts.iter().cycle().take(count).enumerate() {
        let id = format!("copy-{number:02}");
        let file = pipelines.join(format!("{id}.toml"));
        // What is promised depends on the date of today.
        let end = text.find("[release]").unwrap_or(text.len());
        let rest = text[end..].find("[gates]").map_or("", |at| &text[end + at..]);
        let kept = if end == text.len() { text.clone() } else { format!("{}{rest}", &text[..end]) };
        std::fs::write(&file, kept).unwrap();
        set(&file, "id", &format!("\"{id}\""));
        // The first of each keeps its dataset, for which the frameworks ask.
        if number >= SERVED.len() {
            set(&file, "dataset", &format!("\"{dataset}_{number:02}\""));
        }
        set(&file, "base_url", &format!("\"{}\"", providers.base_url(source)));
        set(&file, "cron", &format!("\"{cron}\"\njitter_s = 0"));
        set(&file, "timezone", "\"UTC\"");
    }
}

/// Peak of resident memory of a process, MB.
fn peak(process: u32) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kibibytes: u64 = line.split_whitespace().next().unwrap().parse().unwrap();
    kibibytes * 1024 / 1_000_000
}

/// The next minute that a daemon is surely up before.
#[expect(
    clippy::disallowed_methods,
    reason = "the daemon of the test goes by the clock of the machine"
)]
fn soon() -> DateTime<Utc> {
    let now = Utc::now();
    now + Duration::seconds(if now.second() < 40 { 60 } else { 120 })
}

#[test]
#[ignore = "a campaign of minutes, by name"]
#[cfg(target_os = "linux")]
fn trial_p210_a_daemon_takes_little_memory_however_many_pipelines_run() {
    let count = std::env::var("WSIS_PIPELINES").map_or(60, |text| text.parse().unwrap());
    let providers = Providers::start();
    let folder = deployment();
    let workspace = folder.path().join("workspace.toml");
    set(&workspace, "allow_http", "[\"127.0.0.1\"]");
    set(&workspace, "allow_private", "[\"127.0.0.1\"]");
    let begin = soon();
    let cron = format!("{} {} * * *", begin.minute(), begin.hour());
    many(folder.path(), &providers, count, &cron);
    // A deployment that is refused would run nothing, for as long as is waited.
    wsis(folder.path(), &["check"]).assert_code(0);
    let daemon = Daemon::start(folder.path());
    let limit = std::time::Duration::from_secs(180 + 60 * u64::try_from(count).unwrap());
    let ended = || {
        std::thread::sleep(std::time::Duration::from_secs(2));
        // The daemon makes its lake with the first run.
        if !folder.path().join("lake/_format.json").exists() {
            return false;
        }
        let runs = runs(folder.path());
        runs.iter().filter(|run| !run["ended"].is_null()).count() >= count
    };
    until_within(limit, "all pipelines have run", ended);
    // What is published after a commit is of the daemon's work, and takes none of its memory (P144).
    let published = || {
        std::thread::sleep(std::time::Duration::from_secs(2));
        let state = json(folder.path(), &["schedule", "list"])[0].clone();
        state["snapshot"].is_u64() && state["snapshot"] == state["published_snapshot"]
    };
    until_within(limit, "the newest snapshot is published", published);
    assert!(!log(folder.path()).contains("not published"), "{}", log(folder.path()));
    let peak = peak(daemon.process());
    let runs = runs(folder.path());
    let committed = runs.iter().filter(|run| run["outcome"] == "committed").count();
    let rows: u64 = runs.iter().filter_map(|run| run["accepted"].as_u64()).sum();
    assert_eq!(daemon.stopped().0, 0);
    assert_eq!(committed, count, "{runs:?}");
    assert!(
        peak < PEAK_MAX_MB,
        "{count} pipelines with {rows} rows took {peak} MB, at most {PEAK_MAX_MB} are allowed"
    );
}
