//! `wsis schedule run` as a process: signals, kills, two at once, changed files, metrics.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use serde_json::Value;
use tempfile::TempDir;

use crate::postgres::Server;
use crate::program::{command, finished, until, wsis};
use crate::providers::{Providers, pointed_at, set, slow_proxy};

/// A deployment with one pipeline that runs every second; the others have to wait for days.
pub(crate) fn every_second(providers: &Providers, through: Option<SocketAddr>) -> TempDir {
    let folder = pointed_at(providers, through);
    let file = folder.path().join("pipelines/worldbank-wdi.toml");
    set(&file, "cron", "\"* * * * * *\"\njitter_s = 0");
    set(&file, "years", "[2015, 2016]");
    // What is promised depends on today's date.
    let text = std::fs::read_to_string(&file).unwrap();
    let (before, after) = (text.find("[release]").unwrap(), text.find("[gates]").unwrap());
    std::fs::write(&file, format!("{}{}", &text[..before], &text[after..])).unwrap();
    folder
}

pub(crate) struct Daemon {
    child: Child,
    log: PathBuf,
}

impl Daemon {
    pub(crate) fn start(folder: &Path) -> Self {
        Self::with_ledger(folder, None)
    }

    pub(crate) fn with_ledger(folder: &Path, ledger: Option<&str>) -> Self {
        let log = folder.join(format!("daemon-{:04}.log", logs(folder).len()));
        let child = command(folder)
            .args(["schedule", "run", "--log-format", "json", "--listen", "127.0.0.1:0"])
            .envs(ledger.map(|address| ("WSIS_LEDGER", address)))
            .stdout(Stdio::null())
            .stderr(File::create_new(&log).unwrap())
            .spawn()
            .unwrap();
        Self { child, log }
    }

    /// Its number as a process.
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// Where it says that it listens.
    fn address(&self) -> Option<SocketAddr> {
        let text = std::fs::read_to_string(&self.log).unwrap();
        let line = text.lines().find(|line| line.contains("serving /metrics"))?;
        let line: Value = serde_json::from_str(line).ok()?;
        line["address"].as_str()?.parse().ok()
    }

    /// Status and body of a page; none while nobody listens.
    pub(crate) fn get(&self, path: &str) -> Option<(u16, String)> {
        let mut socket = TcpStream::connect(self.address()?).ok()?;
        let ask = format!("GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n");
        socket.write_all(ask.as_bytes()).ok()?;
        let mut answer = String::new();
        socket.read_to_string(&mut answer).ok()?;
        let status = answer.split(' ').nth(1)?.parse().ok()?;
        Some((status, answer.split_once("\r\n\r\n")?.1.to_owned()))
    }

    fn signal(&self, signal: &str) {
        let sent = Command::new("kill").args([signal, &self.child.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }

    pub(crate) fn killed(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }

    /// Ends it with SIGTERM; its exit code, and how long that took.
    pub(crate) fn stopped(mut self) -> (i32, Duration) {
        // Before that a signal just ends the program.
        until("alive", || {
            let ended = self.child.try_wait().unwrap();
            assert!(ended.is_none(), "{ended:?}: {}", std::fs::read_to_string(&self.log).unwrap());
            self.get("/healthz").is_some_and(|(status, _)| status == 200)
        });
        let start = Instant::now();
        self.signal("-TERM");
        let status = self.child.wait().unwrap();
        (status.code().unwrap_or(-1), start.elapsed())
    }
}

/// The logs of all daemons that ran in a folder, in order of their start.
pub(crate) fn logs(folder: &Path) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|extension| extension == "log"))
        .collect();
    found.sort();
    found
}

pub(crate) fn log(folder: &Path) -> String {
    logs(folder).iter().map(|log| std::fs::read_to_string(log).unwrap()).collect()
}

pub(crate) fn json(folder: &Path, words: &[&str]) -> Value {
    wsis(folder, &[words, &["--format", "json"]].concat()).json()
}

pub(crate) fn runs(folder: &Path) -> Vec<Value> {
    json(folder, &["runs", "--last", "100000"]).as_array().unwrap().clone()
}

/// Every tick is there once and closed, no two runs were begun for one, and none between the
/// first and the last is missing.
fn check_account(folder: &Path) -> (usize, usize) {
    let mut begun: BTreeMap<String, usize> = BTreeMap::new();
    for run in runs(folder).iter().filter(|run| run["started_by"] == "schedule") {
        *begun.entry(run["scheduled_for"].as_str().unwrap().to_owned()).or_default() += 1;
    }
    assert!(begun.values().all(|runs| *runs == 1), "{begun:?}");
    let ticks = json(folder, &["schedule", "ticks", "worldbank-wdi"]);
    let ticks = ticks.as_array().unwrap();
    let seconds: Vec<i64> = ticks
        .iter()
        .map(|tick| {
            let text = tick["scheduled_for"].as_str().unwrap();
            text.parse::<chrono::DateTime<chrono::Utc>>().unwrap().timestamp()
        })
        .collect();
    assert!(seconds.windows(2).all(|pair| pair[1] == pair[0] + 1), "{seconds:?}");
    let newest = begun.keys().next_back().map(String::as_str);
    for tick in ticks {
        let state = tick["state"].as_str().unwrap();
        // The one that was under way when the daemon was told to stop; the next start resumes it.
        let cut_short = state == "interrupted" && tick["scheduled_for"].as_str() == newest;
        assert!(cut_short || ["ended", "missed", "resumed"].contains(&state), "{tick}");
        let was_begun = begun.contains_key(tick["scheduled_for"].as_str().unwrap());
        assert_eq!(was_begun, state != "missed", "{tick}");
    }
    (begun.len(), ticks.len())
}

#[test]
fn a_daemon_runs_its_ticks_tells_of_itself_and_stops_in_good_order() {
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let daemon = Daemon::start(folder.path());
    until("a committed and an unchanged run", || {
        daemon.get("/metrics").is_some_and(|(_, text)| {
            text.contains("outcome=\"committed\"} 1") && text.contains("outcome=\"unchanged\"}")
        })
    });
    assert_eq!(daemon.get("/healthz").unwrap(), (200, "ok\n".to_owned()));
    let (code, text) = daemon.get("/readyz").unwrap();
    assert_eq!((code, text.lines().next()), (200, Some("ok")), "{text}");
    assert!(text.contains("published: "), "{text}");
    until("the state in the metrics", || {
        let metrics = daemon.get("/metrics").unwrap().1;
        metrics.contains("wsis_pipeline_state{pipeline=\"worldbank-wdi\",state=\"fresh\"} 1")
            && metrics.contains("wsis_run_seconds_bucket{pipeline=\"worldbank-wdi\",le=")
            && metrics.contains("wsis_rows_total{pipeline=\"worldbank-wdi\",kind=\"new\"}")
            && metrics.contains("wsis_lag_seconds{pipeline=\"worldbank-wdi\"}")
    });
    let list = json(folder.path(), &["schedule", "list"]);
    let mut states: Vec<String> = Vec::new();
    for one in list.as_array().unwrap() {
        states.push(format!("{}: {}", one["pipeline"].as_str().unwrap(), one["state"]));
    }
    let expected = ["undesa-egdi: \"due\"", "unsd-sdg: \"due\"", "worldbank-wdi: \"fresh\""];
    assert_eq!(states, expected, "{list}");
    let (code, took) = daemon.stopped();
    assert_eq!(code, 0, "{}", log(folder.path()));
    assert!(took < Duration::from_secs(30), "{took:?}");
    let log = log(folder.path());
    let ended = log.lines().find(|line| line.contains("run ended")).unwrap();
    let line: Value = serde_json::from_str(ended).unwrap();
    assert!(line["run"].as_str().unwrap().len() > 30, "each line names its run: {line}");
    wsis(folder.path(), &["verify"]).assert_code(0);
    let first = &runs(folder.path())[0];
    assert_eq!(first["started_by"], "schedule", "{first}");
}

#[test]
fn a_stop_in_the_middle_of_a_run_is_resumed_by_the_next_start() {
    let providers = Providers::start();
    let slow = slow_proxy(providers.address(), Duration::from_millis(150));
    let folder = every_second(&providers, Some(slow));
    let daemon = Daemon::start(folder.path());
    let asked =
        || std::fs::read_dir(folder.path().join("lake/raw/sha256")).map_or(0, Iterator::count);
    until("something in the archive", || asked() > 2);
    let (code, took) = daemon.stopped();
    assert_eq!(code, 0);
    assert!(took < Duration::from_secs(10), "{took:?}");
    assert_eq!(runs(folder.path())[0]["outcome"], "cancelled");
    let daemon = Daemon::start(folder.path());
    until("the recovery", || {
        runs(folder.path())
            .iter()
            .any(|run| run["started_by"] == "recovery" && run["outcome"] == "committed")
    });
    assert_eq!(daemon.stopped().0, 0);
    wsis(folder.path(), &["verify"]).assert_code(0);
}

#[test]
fn changed_files_are_loaded_and_wrong_ones_leave_the_old_in_force() {
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let file = folder.path().join("pipelines/worldbank-wdi.toml");
    let good = std::fs::read_to_string(&file).unwrap();
    let daemon = Daemon::start(folder.path());
    until("a run", || !log(folder.path()).is_empty() && log(folder.path()).contains("run ended"));
    std::fs::write(&file, good.replace("* * * * * *", "61 * * * * *")).unwrap();
    until("the refusal", || log(folder.path()).contains("the old one stays in force"));
    assert!(log(folder.path()).contains("second `61`"), "{}", log(folder.path()));
    let loaded = |daemon: &Daemon| daemon.get("/metrics").unwrap().1;
    assert!(loaded(&daemon).contains("wsis_configuration_loaded 0"));
    let ended = || log(folder.path()).matches("run ended").count();
    let before = ended();
    until("runs under the old configuration", || ended() > before);
    std::fs::write(&file, good.replace("* * * * * *", "0 0 1 1 *")).unwrap();
    until("the new one", || log(folder.path()).contains("configuration loaded again"));
    until("no more runs", || {
        let count = ended();
        std::thread::sleep(Duration::from_millis(2_500));
        ended() == count
    });
    daemon.signal("-HUP");
    until("loaded once more", || {
        log(folder.path()).matches("configuration loaded again").count() == 2
    });
    assert!(loaded(&daemon).contains("wsis_configuration_loaded 1"));
    assert_eq!(daemon.stopped().0, 0);
}

#[test]
fn t16_two_daemons_on_one_lake_run_each_tick_once() {
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let (one, two) = (Daemon::start(folder.path()), Daemon::start(folder.path()));
    until("some ticks", || log(folder.path()).matches("run ended").count() >= 8);
    // Each may cut one short, the first before the other has begun its last.
    assert_eq!((one.stopped().0, two.stopped().0), (0, 0));
    let third = Daemon::start(folder.path());
    until("what was cut short is resumed", || {
        let ticks = json(folder.path(), &["schedule", "ticks", "worldbank-wdi"]);
        ticks.as_array().unwrap().iter().all(|tick| tick["state"] != "interrupted")
    });
    assert_eq!(third.stopped().0, 0);
    let (begun, _) = check_account(folder.path());
    assert!(begun >= 8, "{begun}");
    wsis(folder.path(), &["verify"]).assert_code(0);
}

#[test]
fn t16_two_daemons_on_one_ledger_in_postgresql_run_each_tick_once() {
    let Some(server) = Server::start() else { return };
    let ledger = server.address("postgres");
    let providers = Providers::start();
    let folder = every_second(&providers, None);
    let start = || Daemon::with_ledger(folder.path(), Some(&ledger));
    let (one, two) = (start(), start());
    until("some ticks", || log(folder.path()).matches("run ended").count() >= 6);
    assert_eq!((one.stopped().0, two.stopped().0), (0, 0));
    let words = ["runs", "--last", "1000", "--format", "json", "--ledger", &ledger];
    let runs = wsis(folder.path(), &words).assert_code(0).json();
    let ticks: Vec<&str> = runs
        .as_array()
        .unwrap()
        .iter()
        .filter(|run| run["started_by"] == "schedule")
        .map(|run| run["scheduled_for"].as_str().unwrap())
        .collect();
    assert!(ticks.len() >= 6, "{ticks:?}");
    let different: std::collections::BTreeSet<&&str> = ticks.iter().collect();
    assert_eq!(different.len(), ticks.len());
    assert!(!folder.path().join("lake/state/ledger.sqlite").exists(), "no second ledger");
    wsis(folder.path(), &["verify", "--ledger", &ledger]).assert_code(0);
}

/// `kill -9` at any moment, again and again. `WSIS_KILLS` sets how often (200 for a campaign).
#[test]
fn killed_again_and_again_the_lake_verifies_and_every_tick_is_accounted_for_once() {
    let kills: u64 = std::env::var("WSIS_KILLS").map_or(15, |text| text.parse().unwrap());
    let providers = Providers::start();
    let slow = slow_proxy(providers.address(), Duration::from_millis(5));
    let folder = every_second(&providers, Some(slow));
    for round in 0..kills {
        let daemon = Daemon::start(folder.path());
        // From before the first line of the program to some seconds of work.
        let wait = round.wrapping_mul(6_364_136_223_846_793_005).rotate_left(29) % 2_200;
        std::thread::sleep(Duration::from_millis(wait));
        daemon.killed();
        if round % 5 == 0 {
            let verified = wsis(folder.path(), &["verify"]);
            assert!(
                verified.code == 0
                    || verified.stderr.contains("is empty")
                    || verified.stderr.contains("no lake"),
                "{round}: {}{}",
                verified.stdout,
                verified.stderr
            );
        }
    }
    let daemon = Daemon::start(folder.path());
    until("a run that ends well", || {
        runs(folder.path()).first().is_some_and(|run| {
            ["committed", "unchanged"].contains(&run["outcome"].as_str().unwrap())
        })
    });
    assert_eq!(daemon.stopped().0, 0, "{}", log(folder.path()));
    // A stop may have cut a run short: one more start closes it.
    let daemon = Daemon::start(folder.path());
    until("nothing open", || {
        let ticks = json(folder.path(), &["schedule", "ticks", "worldbank-wdi"]);
        let open = |tick: &Value| tick["state"] == "interrupted";
        !ticks.as_array().unwrap().iter().any(open)
    });
    daemon.killed();
    finished(command(folder.path()).args(["verify"]).output().unwrap()).assert_code(0);
    let ticks = json(folder.path(), &["schedule", "ticks", "worldbank-wdi"]);
    let open: Vec<&Value> =
        ticks.as_array().unwrap().iter().filter(|tick| tick["state"] == "started").collect();
    assert!(open.len() <= 1, "only what the last kill cut short is open: {open:?}");
    let mut begun: BTreeMap<&str, usize> = BTreeMap::new();
    let runs = runs(folder.path());
    for run in runs.iter().filter(|run| run["started_by"] == "schedule") {
        *begun.entry(run["scheduled_for"].as_str().unwrap()).or_default() += 1;
    }
    assert!(begun.values().all(|runs| *runs == 1), "{begun:?}");
    let mut recovered: BTreeMap<&str, usize> = BTreeMap::new();
    for run in runs.iter().filter(|run| run["started_by"] == "recovery") {
        *recovered.entry(run["scheduled_for"].as_str().unwrap()).or_default() += 1;
    }
    // A stop in good order during a recovery may be followed by another one, a kill not.
    assert!(recovered.values().all(|runs| *runs <= 2), "{recovered:?}");
    let committed = runs.iter().filter(|run| run["outcome"] == "committed").count();
    assert!(committed >= 1);
}
