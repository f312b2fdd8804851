//! The three providers' protocols over real HTTP, from the first request to the snapshot, and
//! the same bytes again from the archive alone.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_config::Deployment;
use wsis_engine::{Engine, FixedClock, IngestOptions, Outcome, RunReport};
use wsis_lake::{At, Lake};
use wsis_upstream::{Options, Release, Server};

use crate::fetching::now;
use crate::station::walk;

/// The embedded pipelines, pointed at a server.
fn deployment(server: &Server) -> Deployment {
    let mut deployment = crate::station::deployment();
    deployment.workspace.fetch.concurrency_per_host = 2;
    deployment.workspace.fetch.payload_max_bytes = 64 << 20;
    deployment.pipelines = Deployment::embedded().unwrap().pipelines;
    for pipeline in &mut deployment.pipelines {
        pipeline.base_url = server.base_url(&pipeline.source);
    }
    deployment
}

/// Ingests everything on a day of a year; offline where it is told so.
async fn ingest(deployment: &Deployment, lake: &Path, day: u64, offline: bool) -> Vec<RunReport> {
    let lake = Arc::new(Lake::open(lake).unwrap());
    let clock = Arc::new(FixedClock::new(now()));
    clock.advance(std::time::Duration::from_hours(24 * day));
    let engine = Engine::new(Arc::new(deployment.clone()), lake, clock).unwrap();
    let (events, _) = mpsc::unbounded_channel();
    let options = IngestOptions { offline, force: false };
    engine.ingest(&[], &options, events, CancellationToken::new()).await.unwrap()
}

fn outcomes(reports: &[RunReport]) -> Vec<(&str, Outcome, Option<u64>)> {
    reports.iter().map(|r| (r.pipeline.as_str(), r.outcome, r.snapshot)).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_row_of_three_protocols_lands_and_a_replay_gives_the_same_bytes() {
    use Outcome::{Committed, Unchanged};
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let server = Server::start(Options { release: Release::First, bad_rows: true }).await.unwrap();
    let reports = ingest(&deployment(&server), &lake, 1, false).await;
    server.stop().await;
    let ids = ["undesa-egdi", "unsd-sdg", "worldbank-wdi"];
    let snapshots = [Some(1), Some(2), Some(3)];
    let expected: Vec<_> = ids.iter().zip(snapshots).map(|(id, at)| (*id, Committed, at)).collect();
    assert_eq!(outcomes(&reports), expected);
    for report in &reports {
        assert_eq!(report.parsed, report.accepted + report.quarantined, "{report:?}");
        assert!(report.quarantined > 0, "one bad row was served: {report:?}");
        let by_reason: u64 = report.quarantined_by_reason.values().sum();
        assert_eq!(by_reason, report.quarantined);
    }
    // 10 editions; one economy that no list has.
    assert_eq!(reports[0].quarantined_by_reason.get("unknown_area"), Some(&6));
    assert_eq!(reports[1].quarantined_by_reason.get("not_a_number"), Some(&1));
    assert_eq!(reports[2].quarantined_by_reason.get("invalid_period"), Some(&1));

    let second = Server::start(Options::default()).await.unwrap();
    let reports = ingest(&deployment(&second), &lake, 2, false).await;
    assert_eq!(
        outcomes(&reports),
        [(ids[0], Unchanged, None), (ids[1], Unchanged, None), (ids[2], Committed, Some(4))]
    );
    assert_eq!((reports[2].new, reports[2].withdrawn), (0, 0));
    assert!(reports[2].changed > 3000, "the second release revises one series: {reports:?}");
    let third = ingest(&deployment(&second), &lake, 3, false).await;
    assert!(third.iter().all(|report| report.outcome == Unchanged), "{third:?}");
    // The address stands in the pipeline, so the replay declares the same one; nobody listens.
    let declared = deployment(&second);
    second.stop().await;

    let copy = folder.path().join("copy");
    copy_folder(&lake.join("raw"), &copy.join("raw"));
    std::fs::copy(lake.join("_format.json"), copy.join("_format.json")).unwrap();
    let replayed = ingest(&declared, &copy, 9, true).await;
    assert!(replayed.iter().all(|report| report.replay_of.is_some()), "{replayed:?}");
    assert_eq!(tables(&copy), tables(&lake));
}

/// Hashes of the files of every table in the newest snapshot.
fn tables(lake: &Path) -> Vec<(String, Vec<String>)> {
    let lake = Lake::open(lake).unwrap();
    let head = lake.snapshot(At::Head).unwrap().unwrap();
    ["observations", "observations_latest", "quarantine"]
        .into_iter()
        .map(|table| {
            let mut hashes: Vec<String> =
                head.files(table).iter().map(|file| file.sha256.clone()).collect();
            hashes.sort();
            assert!(!hashes.is_empty(), "{table}");
            (table.to_owned(), hashes)
        })
        .collect()
}

fn copy_folder(from: &Path, to: &Path) {
    let mut files = std::collections::BTreeMap::new();
    walk(from, from, &mut files);
    for (name, bytes) in files {
        let file = to.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, bytes).unwrap();
    }
}

#[tokio::test]
async fn h17_an_archived_body_that_changed_on_disk_is_not_decoded() {
    let folder = tempfile::tempdir().unwrap();
    let lake = folder.path().join("lake");
    let server = Server::start(Options::default()).await.unwrap();
    let mut declared = deployment(&server);
    declared.pipelines.retain(|pipeline| pipeline.source == "undesa");
    assert_eq!(ingest(&declared, &lake, 1, false).await[0].outcome, Outcome::Committed);

    let copy = folder.path().join("copy");
    copy_folder(&lake.join("raw"), &copy.join("raw"));
    std::fs::copy(lake.join("_format.json"), copy.join("_format.json")).unwrap();
    let mut bodies = std::collections::BTreeMap::new();
    walk(&copy.join("raw/sha256"), &copy, &mut bodies);
    for (name, mut bytes) in bodies {
        bytes[40] ^= 1;
        std::fs::write(copy.join(name), bytes).unwrap();
    }
    let report = ingest(&declared, &copy, 9, true).await.remove(0);
    crate::station::assert_error(
        &report,
        Outcome::Failed,
        &["11 of 11 requests failed", "damaged"],
    );
    assert!(Lake::open(&copy).unwrap().snapshot(At::Head).unwrap().is_none());
}
