//! Stopping in the middle: nothing half done, and the next run completes it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{EngineErrorKind, Event, IngestOptions, Occasion, Outcome};
use wsis_lake::{FaultHook, Lake};

use crate::faults::{Answer, ok};
use crate::station::{
    A, B, KENYA, Station, UGANDA, assert_error, body, good, pipeline, tables, target,
};

#[tokio::test]
async fn a_run_stopped_between_requests_is_completed_by_the_next_one() {
    let station = Station::new().await;
    let first = body(A, (1, 1, 1000, 2, "2026-11-01"), &[KENYA, UGANDA]);
    station.script(A, 1, vec![Answer::Tagged("\"v1\"", first.clone())]);
    station.script(B, 1, vec![good(B)]);
    let fetched = |event: &Event| matches!(event, Event::Fetched { request, .. } if request == A);
    let report = station.run_until(fetched).await;
    assert_eq!(report.outcome, Outcome::Cancelled);
    assert_eq!((station.head(), station.asked(B)), ((0, 0), 0));
    assert!(station.holds(&first), "what was received is archived");

    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 4));
    let again: Vec<Option<String>> = station
        .server
        .seen()
        .iter()
        .filter(|seen| seen.target == target(A, 1000, 1))
        .map(|seen| seen.headers.get("if-none-match").cloned())
        .collect();
    assert_eq!(again, [None, Some("\"v1\"".to_owned())], "the body is not sent twice");
    let sent = body(B, (1, 1, 1000, 2, "2026-11-01"), &[KENYA, UGANDA]);
    assert_eq!(report.bytes, sent.len() as u64, "only the missing body was sent");
}

/// Sets the first series to three pages of a record each, and the second to a good answer.
fn three_pages(station: &Station, updated: &str, values: [f64; 3]) {
    let areas = [("KE", "KEN"), ("UG", "UGA"), ("NA", "NAM")];
    for (page, ((iso2, iso3), value)) in (1..).zip(areas.into_iter().zip(values)) {
        let answer = body(A, (page, 3, 1000, 3, updated), &[(iso2, iso3, 2020, value)]);
        station.script(A, page, vec![ok(answer)]);
    }
    station.script(B, 1, vec![good(B)]);
}

/// How often each page of the first series was asked for.
fn asked(station: &Station) -> [usize; 3] {
    [1, 2, 3].map(|page| station.asked_page(A, page))
}

fn second_page(event: &Event) -> bool {
    matches!(event, Event::Fetched { page: 2, .. })
}

#[tokio::test]
async fn a_run_stopped_between_pages_asks_only_for_those_that_are_missing() {
    let station = Station::new().await;
    three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
    let stopped = station.run_until(second_page).await;
    assert_eq!((stopped.outcome, station.head()), (Outcome::Cancelled, (0, 0)));
    assert_eq!((asked(&station), station.asked(B)), ([1, 1, 0], 0));
    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted, report.payloads), (Outcome::Committed, 5, 4));
    assert_eq!((asked(&station), station.asked(B)), ([2, 1, 1], 1));
    assert_eq!(station.head(), (1, 5));
    // The archive of the run that completed it stands for both.
    assert_eq!(station.lake.metas("wdi").unwrap().len(), 1);
    let (replayed, lake) = station.replayed().await;
    assert_eq!((replayed.len(), replayed[0].accepted), (1, 5));
    assert_eq!(tables(&lake), tables(&station.lake));
}

#[tokio::test]
async fn h20_pages_of_an_unfinished_run_are_not_mixed_with_a_newer_release() {
    // The date may change, or only the figures under an unchanged date.
    for updated in ["2026-11-20", "2026-11-01"] {
        let station = Station::new().await;
        three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
        let stopped = station.run_until(second_page).await;
        assert_eq!((stopped.outcome, asked(&station)), (Outcome::Cancelled, [1, 1, 0]));
        three_pages(&station, updated, [11.0, 12.0, 13.0]);
        let report = station.run().await;
        assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 5));
        assert_eq!(asked(&station), [2, 2, 1], "{updated}");
        // Byte for byte what a run that was never stopped has.
        let calm = Station::new().await;
        three_pages(&calm, updated, [11.0, 12.0, 13.0]);
        assert_eq!(calm.run().await.outcome, Outcome::Committed);
        assert_eq!(tables(&station.lake), tables(&calm.lake), "{updated}");
    }
}

#[tokio::test]
async fn pages_of_a_run_stopped_more_than_a_day_ago_are_asked_again() {
    let station = Station::new().await;
    three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
    station.run_until(second_page).await;
    station.clock.advance(Duration::from_hours(25));
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    assert_eq!(asked(&station), [2, 2, 1]);
}

#[tokio::test]
async fn a_page_of_an_unfinished_run_damaged_on_disk_is_asked_again() {
    let station = Station::new().await;
    three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
    station.run_until(second_page).await;
    let page = body(A, (2, 3, 1000, 3, "2026-11-01"), &[("UG", "UGA", 2020, 2.0)]);
    let raw = station.lake.raw_path(&wsis_model::payload::RawId::of(&page));
    std::fs::write(raw, b"x").unwrap();
    assert_eq!(station.run().await.accepted, 5);
    assert_eq!(asked(&station), [2, 2, 1]);
}

#[tokio::test]
async fn a_process_that_died_is_noticed_and_its_run_completed() {
    let station = Station::new().await;
    three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
    let (events, mut told) = mpsc::unbounded_channel();
    let engine = station.engine();
    let work = tokio::spawn(async move {
        let options = IngestOptions::default();
        engine.ingest(&[], &options, events, CancellationToken::new()).await
    });
    while !told.recv().await.is_some_and(|event| second_page(&event)) {}
    // The second page is kept before the third is asked for.
    while station.asked_page(A, 3) == 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    work.abort();
    assert!(work.await.unwrap_err().is_cancelled());
    let runs = station.ledger().runs(9).unwrap();
    assert_eq!((runs.len(), runs[0].outcome, runs[0].ended), (1, Outcome::Running, None));
    let dead = runs[0].run.clone();

    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 5));
    assert_eq!(asked(&station)[..2], [2, 1]);
    let dead = station.ledger().run(&dead).unwrap().unwrap();
    assert_error(&dead, Outcome::Interrupted, &["the process ended before the run did"]);
    assert_eq!(station.lake.verify().unwrap(), []);
}

#[tokio::test]
async fn a_run_cancelled_before_it_began_asks_nothing() {
    for offline in [false, true] {
        let station = Station::new().await;
        three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
        if offline {
            station.run().await;
            std::fs::remove_dir_all(station.lake.root().join("state")).unwrap();
        }
        let before = (station.server.seen().len(), station.head());
        let cancel = CancellationToken::new();
        cancel.cancel();
        let (events, _) = mpsc::unbounded_channel();
        let options = IngestOptions { offline, force: false, accept: false, years: None };
        let reports = station.engine().ingest(&[], &options, events, cancel).await.unwrap();
        assert_error(&reports[0], Outcome::Cancelled, &["stopped by the user"]);
        assert_eq!((station.server.seen().len(), station.head()), before);
        // It was not dealt with, so the next one does.
        let next = station
            .ingest_with(IngestOptions { offline, force: false, accept: false, years: None })
            .await
            .remove(0);
        assert_eq!((next.parsed, station.head()), (5, (1, 5)), "{next:?}");
    }
}

#[tokio::test]
async fn a_pipeline_that_was_received_before_the_stop_lands() {
    let mut station = Station::new().await;
    let base = station.deployment.pipelines[0].base_url.clone();
    let mut quick = pipeline("quick", "QUICK", base);
    quick.series.remove(0);
    station.deployment.pipelines.insert(0, quick);
    station.deployment.workspace.fetch.concurrency_per_host = 2;
    three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
    station.script(A, 2, vec![Answer::Drip(Duration::from_mins(10))]);
    let landed = |event: &Event| matches!(event, Event::Committed { .. });
    let quick = station.run_until(landed).await;
    assert_eq!((quick.pipeline.as_str(), quick.outcome), ("quick", Outcome::Committed));
    assert_eq!(station.head(), (1, 2));
    let runs = station.ledger().runs(9).unwrap();
    let wdi = runs.iter().find(|run| run.pipeline == "wdi").unwrap();
    assert_error(wdi, Outcome::Cancelled, &["what is archived stays"]);
}

#[tokio::test]
async fn a_run_that_takes_too_long_ends_by_itself() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].timeout_s = 0;
    for code in [A, B] {
        station.script(code, 1, vec![Answer::Drip(Duration::from_mins(10))]);
    }
    let report = station.run().await;
    let words = ["2 of 2 requests failed", "the time of the run is over (timeout_s"];
    assert_error(&report, Outcome::Failed, &words);
    assert_eq!((report.retries, station.head()), (0, (0, 0)));
}

#[tokio::test]
async fn of_two_engines_on_one_lake_one_runs_and_one_is_told_to_wait() {
    let station = Station::new().await;
    three_pages(&station, "2026-11-01", [1.0, 2.0, 3.0]);
    let (first, second) = (station.engine(), station.engine());
    let (events, _) = mpsc::unbounded_channel();
    let options = IngestOptions::default();
    let ingest = |engine: wsis_engine::Engine| {
        let events = events.clone();
        async move { engine.ingest(&[], &options, events, CancellationToken::new()).await }
    };
    let both: [_; 2] = tokio::join!(ingest(first), ingest(second)).into();
    let (ran, refused): (Vec<_>, Vec<_>) = both.into_iter().partition(Result::is_ok);
    assert_eq!((ran.len(), refused.len()), (1, 1), "one of the two, whichever came first");
    assert_eq!(ran.into_iter().flatten().flatten().next().unwrap().outcome, Outcome::Committed);
    assert!(
        refused.iter().all(|it| {
            it.as_ref().is_err_and(|error| error.kind() == EngineErrorKind::Conflict)
        })
    );
    assert_eq!((asked(&station), station.head()), ([1, 1, 1], (1, 5)));
    assert_eq!(station.ledger().runs(9).unwrap().len(), 1, "no trace of the refused one");
}

#[tokio::test]
async fn two_runs_of_one_pipeline_at_once_are_refused() {
    let station = Station::new().await;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let lock = station.lake.lock_pipeline("wdi").unwrap();
    let (events, _) = mpsc::unbounded_channel();
    let options = IngestOptions::default();
    let refused =
        station.engine().ingest(&[], &options, events, CancellationToken::new()).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::Conflict);
    let words = "pipeline wdi is being run by another process; wait for it to end";
    assert_eq!(refused.to_string(), words);
    assert_eq!(station.asked(A), 0, "nothing was asked");
    drop(lock);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
}

#[tokio::test]
async fn a_run_waits_with_its_commit_while_another_process_commits() {
    let station = Station::new().await;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let lock = station.lake.lock_writer().unwrap();
    let run = station.run();
    tokio::pin!(run);
    let received = async {
        while station.asked(A) == 0 || station.asked(B) == 0 {
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        tokio::time::sleep(Duration::from_millis(500)).await;
    };
    tokio::select! {
        _ = &mut run => panic!("committed beside another process"),
        () = received => {}
    }
    assert_eq!((station.asked(A), station.head()), (1, (0, 0)), "received meanwhile");
    drop(lock);
    assert_eq!(run.await.outcome, Outcome::Committed);
}

#[tokio::test]
async fn w18_nothing_new_at_the_source_sends_no_body_and_makes_no_snapshot() {
    let station = Station::new().await;
    let page = |code| body(code, (1, 1, 1000, 2, "2026-11-01"), &[KENYA, UGANDA]);
    station.script(A, 1, vec![Answer::Tagged("\"a\"", page(A))]);
    station.script(B, 1, vec![Answer::Tagged("\"b\"", page(B))]);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    let report = station.run().await;
    assert_eq!((report.outcome, report.bytes, report.parsed), (Outcome::Unchanged, 0, 0));
    assert_eq!((report.payloads, report.snapshot), (2, None));
    assert_eq!(station.head(), (1, 4));
}

#[tokio::test]
async fn trial_r22_a_run_that_waits_to_commit_hears_that_it_is_stopped() {
    let mut station = Station::new().await;
    station.deployment.workspace.schedule.stop_within_s = 1;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let lock = station.lake.lock_writer().unwrap();
    let start = std::time::Instant::now();
    let report = station
        .run_until(|event| matches!(event, Event::RequestDone { request, .. } if request == B))
        .await;
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    assert_eq!((report.outcome, station.head()), (Outcome::Cancelled, (0, 0)));
    drop(lock);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
}

/// A run that was given up while it commits keeps its pipeline, and the lake, until it has.
#[tokio::test]
async fn trial_r21_a_run_that_is_given_up_keeps_its_locks_while_it_commits() {
    let station = Station::new().await;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let (told, mut hears) = mpsc::unbounded_channel();
    let (go, wait) = std::sync::mpsc::channel::<()>();
    let wait = std::sync::Mutex::new(wait);
    // The commit stands still before the first file of the snapshot.
    let hook: FaultHook = Arc::new(move |_: &str, path: &Path| {
        if path.components().any(|part| part.as_os_str() == "snapshots") {
            let _ = told.send(());
            let _ = wait.lock().unwrap().recv();
        }
        Ok(())
    });
    let lake = Arc::new(Lake::open_with_faults(station.lake.root(), hook).unwrap());
    let engine = station.engine_on(Arc::clone(&lake));
    let lock = Arc::new(engine.lock("wdi").unwrap());
    let (events, _) = mpsc::unbounded_channel();
    let run = engine.run_one(&lock, Occasion::HAND, events, CancellationToken::new());
    tokio::select! {
        _ = run => panic!("the commit stands still"),
        _ = hears.recv() => {}
    }
    drop(lock);
    let busy = engine.lock("wdi").unwrap_err();
    assert_eq!(busy.kind(), EngineErrorKind::Conflict, "the commit is under way");
    assert!(lake.lock_writer().is_err());
    drop(go);
    while station.head().0 == 0 || engine.lock("wdi").is_err() {
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    // And what it did is known of it, although nobody closed it.
    let run = station.ledger().runs(9).unwrap().remove(0);
    assert_eq!((run.outcome, run.new, run.snapshot), (Outcome::Committed, 4, Some(1)));
}
