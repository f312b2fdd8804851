//! `kill -9` at every step of a run: at every write to the lake, and at every event in between.

use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Engine, FixedClock, IngestOptions, Ledger, Outcome};
use wsis_lake::{At, FaultHook, Lake, OBSERVATIONS_LATEST};

use crate::faults::{Faulty, ok};
use crate::fetching::now;
use crate::station::{A, B, KENYA, UGANDA, body, deployment, pipeline, target};

const FOLDER: &str = "WSIS_ENGINE_TEST_FOLDER";
const SERVER: &str = "WSIS_ENGINE_TEST_SERVER";
/// `lake N` or `event N`: the step before which the process dies.
const STEP: &str = "WSIS_ENGINE_TEST_STEP";

fn engine(folder: &Path, server: &str, hook: Option<FaultHook>) -> Engine {
    let lake = match hook {
        Some(hook) => Lake::open_with_faults(folder, hook).unwrap(),
        None => Lake::open(folder).unwrap(),
    };
    let mut deployment = deployment();
    deployment.pipelines = vec![pipeline("wdi", "WDI", format!("{server}/v2"))];
    Engine::new(Arc::new(deployment), Arc::new(lake), Arc::new(FixedClock::new(now()))).unwrap()
}

#[expect(clippy::exit, reason = "the nearest thing to a kill: no destructor runs")]
fn die() -> ! {
    std::process::exit(9)
}

/// Runs in a child process and dies at its step.
#[tokio::test]
#[ignore = "started by trial_r6_killed_at_every_step_the_next_run_completes_and_nothing_is_twice"]
async fn child_that_dies() {
    let folder = std::env::var(FOLDER).unwrap();
    let step = std::env::var(STEP).unwrap();
    let (kind, number) = step.split_once(' ').unwrap();
    let number: u64 = number.parse().unwrap();
    let last = if kind == "lake" { number } else { u64::MAX };
    let steps = AtomicU64::new(0);
    let hook: FaultHook = Arc::new(move |_: &str, _: &Path| {
        if steps.fetch_add(1, Ordering::SeqCst) == last {
            die();
        }
        Ok(())
    });
    let engine = engine(folder.as_ref(), &std::env::var(SERVER).unwrap(), Some(hook));
    let (events, mut told) = mpsc::unbounded_channel();
    let options = IngestOptions::default();
    let work = engine.ingest(&[], &options, events, CancellationToken::new());
    tokio::pin!(work);
    let mut seen = 0;
    loop {
        tokio::select! {
            biased;
            Some(_) = told.recv() => {
                if kind == "event" && seen == number {
                    die();
                }
                seen += 1;
            }
            done = &mut work => {
                done.unwrap();
                return;
            }
        }
    }
}

/// Whether a child died; else it came to its end, since there is no such step.
fn dies(folder: &Path, server: &str, step: &str) -> bool {
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "kills::child_that_dies", "--ignored", "--quiet"])
        .envs([(FOLDER, folder.to_str().unwrap()), (SERVER, server), (STEP, step)])
        .stdout(std::process::Stdio::null())
        .stderr(std::process::Stdio::null())
        .status()
        .unwrap();
    match status.code() {
        Some(0) => false,
        Some(9) => true,
        other => panic!("{step}: the child ended with {other:?}"),
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn trial_r6_killed_at_every_step_the_next_run_completes_and_nothing_is_twice() {
    let server = Faulty::start().await;
    for code in [A, B] {
        let page = |number, row| ok(body(code, (number, 2, 1000, 2, "2026-11-01"), &[row]));
        server.script(&target(code, 1000, 1), vec![page(1, KENYA)]);
        server.script(&target(code, 1000, 2), vec![page(2, UGANDA)]);
    }
    let mut steps = 0;
    for kind in ["lake", "event"] {
        for number in 0.. {
            let folder = tempfile::tempdir().unwrap();
            let lake = folder.path().join("lake");
            let step = format!("{kind} {number}");
            if !dies(&lake, &server.base(), &step) {
                break;
            }
            steps += 1;
            check(&lake, &server, &step).await;
        }
    }
    assert!(steps > 40, "{steps} steps");
}

async fn check(folder: &Path, server: &Faulty, step: &str) {
    let before = Ledger::open(&folder.join("state/ledger.sqlite")).unwrap().runs(9).unwrap();
    let engine = engine(folder, &server.base(), None);
    let (events, _) = mpsc::unbounded_channel();
    let options = IngestOptions::default();
    let report =
        engine.ingest(&[], &options, events, CancellationToken::new()).await.unwrap().remove(0);
    // Unchanged when the kill came after the commit.
    assert!(report.outcome.is_complete(), "{step}: {report:?}");
    let lake = Lake::open(folder).unwrap();
    assert!(lake.verify().unwrap().is_empty(), "{step}");
    let head = lake.snapshot(At::Head).unwrap().unwrap();
    assert_eq!((head.id, head.rows(OBSERVATIONS_LATEST)), (1, 4), "{step}");
    let runs = engine.ledger().runs(9).unwrap();
    assert_eq!(runs.len(), before.len() + 1, "{step}");
    // Whichever run brought them is on record as such, though it died before it was closed.
    assert_eq!(runs.iter().map(|run| run.new).sum::<u64>(), 4, "{step}: {runs:?}");
    for run in &runs {
        let closed = run.outcome.is_complete()
            || (run.outcome == Outcome::Interrupted && run.error.is_some());
        assert!(closed, "{step}: {run:?}");
    }
}

/// A write that fails, at each step in turn: what the report says is what the lake holds.
#[tokio::test(flavor = "multi_thread")]
async fn l6_after_a_failing_write_the_report_says_what_the_lake_holds() {
    let server = Faulty::start().await;
    for code in [A, B] {
        let page = |number, row| ok(body(code, (number, 2, 1000, 2, "2026-11-01"), &[row]));
        server.script(&target(code, 1000, 1), vec![page(1, KENYA)]);
        server.script(&target(code, 1000, 2), vec![page(2, UGANDA)]);
    }
    let (mut failed, mut well) = (0, 0);
    for broken in 0.. {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("lake");
        drop(Lake::open(&path).unwrap());
        let steps = Arc::new(AtomicU64::new(0));
        let count = Arc::clone(&steps);
        let hook: FaultHook = Arc::new(move |_: &str, _: &Path| {
            if count.fetch_add(1, Ordering::SeqCst) == broken {
                return Err(std::io::Error::other("the disk says no"));
            }
            Ok(())
        });
        let lake = Lake::open_with_faults(&path, hook.clone());
        if lake.is_err() {
            continue;
        }
        steps.store(0, Ordering::SeqCst);
        let engine = engine(&path, &server.base(), Some(hook));
        let (events, _) = mpsc::unbounded_channel();
        let options = IngestOptions::default();
        let reports = engine.ingest(&[], &options, events, CancellationToken::new()).await;
        let lake = Lake::open(&path).unwrap();
        let head = lake.snapshot(At::Head).unwrap();
        if let Ok(mut reports) = reports {
            let report = reports.remove(0);
            let committed = report.snapshot.is_some();
            assert_eq!(committed, head.is_some(), "step {broken}: {report:?}");
            let tells = report.error.as_deref().is_some_and(|why| why.contains("the disk says no"));
            assert!(report.outcome.is_complete() || tells, "step {broken}: {report:?}");
            if committed { well += 1 } else { failed += 1 }
        } else {
            assert!(head.is_none(), "step {broken}");
            failed += 1;
        }
        assert!(lake.verify().unwrap().is_empty(), "step {broken}");
        if steps.load(Ordering::SeqCst) <= broken {
            break;
        }
    }
    assert!(failed > 10 && well > 0, "{failed} failed, {well} went well");
}
