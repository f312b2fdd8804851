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
use crate::station::{copy_archive, tables, walk};

const YEARS_FROM: i32 = 2018;

/// The embedded pipelines, pointed at a server.
fn deployment(server: &Server) -> Deployment {
    let mut deployment = crate::station::deployment();
    deployment.workspace.fetch.concurrency_per_host = 2;
    deployment.workspace.fetch.payload_max_bytes = 64 << 20;
    deployment.pipelines = Deployment::embedded().unwrap().pipelines;
    let protocols = ["undesa-egdi", "unsd-sdg", "worldbank-wdi"];
    deployment.pipelines.retain(|pipeline| protocols.contains(&pipeline.id.as_str()));
    for pipeline in &mut deployment.pipelines {
        pipeline.base_url = server.base_url(&pipeline.source);
        // A few years are several pages of each series already.
        pipeline.years.0 = pipeline.years.0.max(YEARS_FROM);
        pipeline.gates.rows_min = 1;
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
    let options = IngestOptions { offline, force: false, accept: true, years: None };
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
    // 11 editions with figures; one economy that no list has.
    assert_eq!(reports[0].quarantined_by_reason.get("unknown_area"), Some(&6));
    assert_eq!(reports[1].quarantined_by_reason.get("not_a_number"), Some(&1));
    assert_eq!(reports[2].quarantined_by_reason.get("invalid_period"), Some(&1));

    let second = Server::start(Options::default()).await.unwrap();
    let reports = ingest(&deployment(&second), &lake, 2, false).await;
    assert_eq!(
        outcomes(&reports),
        [(ids[0], Unchanged, None), (ids[1], Unchanged, None), (ids[2], Committed, Some(4))]
    );
    // One series is revised: 1475 cells of worldbank_release1.csv from 2018 on differ from those
    // of worldbank.csv.
    assert_eq!((reports[2].new, reports[2].changed, reports[2].withdrawn), (0, 1475, 0));
    let third = ingest(&deployment(&second), &lake, 3, false).await;
    assert!(third.iter().all(|report| report.outcome == Unchanged), "{third:?}");
    // The address stands in the pipeline, so the replay declares the same one; nobody listens.
    let declared = deployment(&second);
    second.stop().await;

    let copy = folder.path().join("copy");
    copy_archive(&lake, &copy);
    let replayed = ingest(&declared, &copy, 9, true).await;
    assert!(replayed.iter().all(|report| report.replay_of.is_some()), "{replayed:?}");
    let (ours, theirs) = (Lake::open(&lake).unwrap(), Lake::open(&copy).unwrap());
    assert!(tables(&ours).values().all(|hashes| !hashes.is_empty()));
    assert_eq!(tables(&theirs), tables(&ours));
}

#[tokio::test]
async fn h8_the_size_of_the_pages_changes_no_figure() {
    let server = Server::start(Options::default()).await.unwrap();
    let mut found = Vec::new();
    for page_size in [150, 40_000] {
        let folder = tempfile::tempdir().unwrap();
        let mut declared = deployment(&server);
        declared.pipelines.retain(|pipeline| pipeline.source != "undesa");
        for pipeline in &mut declared.pipelines {
            pipeline.page_size = page_size;
            pipeline.series.truncate(3);
        }
        let reports = ingest(&declared, folder.path(), 1, false).await;
        let pages: Vec<u64> = reports.iter().map(|report| report.payloads).collect();
        let counts: Vec<[u64; 5]> = reports
            .iter()
            .map(|r| [r.parsed, r.accepted, r.quarantined, r.missing, r.new])
            .collect();
        assert!(reports.iter().all(|report| report.outcome == Outcome::Committed), "{reports:?}");
        found.push((pages, counts));
    }
    assert_eq!(found[1].0, [3, 3], "one page for a series");
    assert!(found[0].0.iter().all(|&pages| pages > 3), "{found:?}");
    assert_eq!(found[0].1, found[1].1);
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
    copy_archive(&lake, &copy);
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
        &["13 of 13 requests failed", "damaged"],
    );
    assert!(Lake::open(&copy).unwrap().snapshot(At::Head).unwrap().is_none());
}
