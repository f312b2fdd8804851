//! How much memory one engine takes for many pipelines at one time. The loopback server runs in this process
//! and counts too, so what is measured is more than what an engine takes.
//!
//! `WSIS_PIPELINES=60` is the campaign of the requirement; without it a few pipelines are run. The same of
//! the whole program: `tests/acceptance/memory.rs`.

use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_config::Deployment;
use wsis_engine::{Engine, FixedClock, IngestOptions, Outcome};
use wsis_lake::Lake;
use wsis_upstream::{Options, SERVED, Server};

use crate::fetching::now;

/// Peak of resident memory that is allowed, MB.
const PEAK_MAX_MB: u64 = 200;

/// Copies of the pipelines that the loopback server has figures for, each with a dataset of its own.
fn many(server: &Server, count: usize) -> Deployment {
    let built_in = Deployment::embedded().unwrap();
    let mut deployment = crate::station::deployment();
    deployment.workspace.fetch = built_in.workspace.fetch.clone();
    let served = |id: &str| SERVED.contains(&id) && id != "worldbank-findex-file";
    let served: Vec<_> = built_in.pipelines.into_iter().filter(|it| served(&it.id)).collect();
    // A file of Data360 lies below the name of its dataset, so that there is one pipeline of these.
    let others = served.iter().filter(|it| it.source != "data360").cycle();
    for (number, pipeline) in served.iter().chain(others).take(count).enumerate() {
        let mut pipeline = pipeline.clone();
        pipeline.id = format!("copy-{number:02}");
        if number >= served.len() {
            pipeline.dataset = format!("{}_{number:02}", pipeline.dataset);
        }
        pipeline.base_url = server.base_url(&pipeline.source);
        deployment.pipelines.push(pipeline);
    }
    deployment
}

/// Peak of resident memory of this process, MB.
fn peak() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    let kibibytes: u64 = line.split_whitespace().next().unwrap().parse().unwrap();
    kibibytes * 1024 / 1_000_000
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[cfg(target_os = "linux")]
async fn trial_p210_an_engine_takes_little_memory_however_many_pipelines_run() {
    let count = std::env::var("WSIS_PIPELINES").ok().map_or(6, |text| text.parse().unwrap());
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(Options { bad_rows: false, ..Options::default() }).await.unwrap();
    let deployment = many(&server, count);
    let before = peak();
    let lake = Arc::new(Lake::open(&folder.path().join("lake")).unwrap());
    let clock = Arc::new(FixedClock::new(now()));
    let engine = Engine::new(Arc::new(deployment), lake, clock).unwrap();
    let (events, _) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    let reports = engine.ingest(&[], &IngestOptions::default(), events, cancel).await.unwrap();
    let committed = reports.iter().filter(|it| it.outcome == Outcome::Committed).count();
    let rows: u64 = reports.iter().map(|it| it.accepted).sum();
    let peak = peak();
    let others: Vec<_> = reports.iter().filter(|it| it.outcome != Outcome::Committed).collect();
    assert_eq!(committed, count, "{others:?}");
    assert!(
        peak < PEAK_MAX_MB,
        "{count} pipelines, {rows} rows: {before} MB, then {peak} MB; at most {PEAK_MAX_MB} are allowed"
    );
}
