//! The archive alone: a replay decides as the run did, whatever the source had done.

use std::sync::Arc;

use wsis_engine::{IngestOptions, Outcome, RunReport};
use wsis_lake::{At, Lake};

use crate::faults::{Answer, bomb, ok, status};
use crate::station::{
    A, B, KENYA, NAMIBIA, Station, UGANDA, all, assert_error, body, good, message, tables,
};

const OFFLINE: IngestOptions =
    IngestOptions { offline: true, force: false, accept: false, years: None };

/// What a replay must have in common with the run.
fn deeds(report: &RunReport) -> impl PartialEq + std::fmt::Debug + use<> {
    (
        (report.outcome, report.snapshot, report.requests, report.payloads),
        (report.parsed, report.accepted, report.quarantined, report.missing, report.duplicates),
        (report.new, report.changed, report.withdrawn),
        report.quarantined_by_reason.clone(),
        report.findings.clone(),
    )
}

/// Sets three pages of a record each, all of one release.
fn three_pages(station: &Station, updated: &str, value: f64) {
    for (page, (iso2, iso3)) in (1..).zip([("KE", "KEN"), ("UG", "UGA"), ("NA", "NAM")]) {
        let row = (iso2, iso3, 2020, value + f64::from(page));
        station.script(A, page, vec![ok(body(A, (page, 3, 1000, 3, updated), &[row]))]);
    }
}

#[tokio::test]
async fn a_replay_of_a_troubled_history_does_what_each_run_did() {
    let station = Station::new().await;
    let hole = body(A, (2, 3, 1000, 3, "2026-11-02"), &[]);
    let page2 =
        |updated, value| ok(body(A, (2, 3, 1000, 3, updated), &[("UG", "UGA", 2020, value)]));
    let mut live = Vec::new();
    station.script(B, 1, vec![Answer::Tagged("\"b\"", body(B, all(2), &[KENYA, UGANDA]))]);

    let html = Answer::Plain(200, vec![("content-type", "text/html".to_owned())], b"<p>".to_vec());
    station.script(A, 1, vec![html]);
    live.push((station.run().await, Outcome::Partial));

    three_pages(&station, "2026-11-02", 10.0);
    station.script(A, 2, vec![ok(hole.clone()), page2("2026-11-02", 12.0)]);
    live.push((station.run().await, Outcome::Committed));

    three_pages(&station, "2026-11-03", 20.0);
    station.script(A, 3, vec![status(503), status(503)]);
    live.push((station.run().await, Outcome::Partial));

    three_pages(&station, "2026-11-03", 20.0);
    station.script(A, 2, vec![page2("2026-11-02", 12.0), page2("2026-11-03", 22.0)]);
    live.push((station.run().await, Outcome::Committed));

    station.script(A, 1, vec![bomb()]);
    live.push((station.run().await, Outcome::Partial));

    station.script(A, 1, vec![ok(body(A, all(1), &[KENYA]))]);
    live.push((station.run().await, Outcome::Held));

    station.script(A, 1, vec![message("175", "gone", "deleted or archived")]);
    station.script(B, 1, vec![status(404)]);
    live.push((station.run().await, Outcome::Failed));

    three_pages(&station, "2026-11-03", 20.0);
    let odd = ("XX", "XXX", 2020, 1.0);
    station.script(B, 1, vec![ok(body(B, all(3), &[KENYA, UGANDA, odd]))]);
    live.push((station.run().await, Outcome::Committed));
    live.push((station.run().await, Outcome::Unchanged));

    let outcomes: Vec<Outcome> = live.iter().map(|(report, _)| report.outcome).collect();
    let expected: Vec<Outcome> = live.iter().map(|(_, outcome)| *outcome).collect();
    assert_eq!(outcomes, expected, "{live:?}");

    let (replayed, lake) = station.replayed().await;
    assert_eq!(replayed.len(), live.len());
    for ((run, _), replay) in live.iter().zip(&replayed) {
        assert_eq!(replay.replay_of.as_ref(), Some(&run.run));
        assert_eq!(deeds(replay), deeds(run), "{replay:?}");
        assert_eq!(replay.error.is_some(), run.error.is_some());
    }
    assert_eq!(tables(&lake), tables(&station.lake));
    assert_eq!(lake.verify().unwrap(), []);
}

#[tokio::test]
async fn the_number_of_requests_at_once_changes_no_byte() {
    let mut found = Vec::new();
    for at_once in [1, 7] {
        let mut station = Station::new().await;
        station.deployment.workspace.fetch.concurrency_per_host = at_once;
        three_pages(&station, "2026-11-01", 1.0);
        station.script(B, 1, vec![good(B)]);
        assert_eq!(station.run().await.accepted, 5);
        found.push(tables(&station.lake));
    }
    assert_eq!(found[0], found[1]);
}

#[tokio::test]
async fn what_was_replayed_or_run_here_is_not_replayed_again() {
    let station = Station::new().await;
    station.script(A, 1, vec![good(A), ok(body(A, all(3), &[KENYA, UGANDA, NAMIBIA]))]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    station.run().await;
    let before = (station.head(), tables(&station.lake));
    let reports = station.ingest_with(OFFLINE).await;
    assert_eq!(reports.len(), 1);
    assert_eq!((reports[0].outcome, reports[0].replay_of.as_ref()), (Outcome::Unchanged, None));
    assert_eq!(station.asked(A), 2);

    // Without a ledger nobody knows; the lake keeps order by itself.
    std::fs::remove_dir_all(station.lake.root().join("state")).unwrap();
    let reports = station.ingest_with(OFFLINE).await;
    assert_eq!(reports.len(), 2);
    assert_eq!((station.head(), tables(&station.lake)), before);
}

#[tokio::test]
async fn without_an_archive_there_is_nothing_to_replay() {
    let station = Station::new().await;
    let report = station.ingest_with(OFFLINE).await.remove(0);
    let words = ["no complete run of this pipeline is in the archive", "once with a network"];
    assert_error(&report, Outcome::Failed, &words);
    assert!(station.server.seen().is_empty());
    assert_eq!(station.head(), (0, 0));
}

#[tokio::test]
async fn a_request_that_is_no_longer_declared_is_left_out_and_told() {
    let mut station = Station::new().await;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    station.deployment.pipelines[0].series.remove(0);
    let (reports, lake) = station.replayed().await;
    assert_eq!((reports[0].outcome, reports[0].accepted), (Outcome::Committed, 2));
    assert_eq!(reports[0].findings, [format!("archived request {A} is no longer declared")]);
    assert_eq!(lake.snapshot(At::Head).unwrap().map(|head| head.id), Some(1));
}

#[tokio::test]
async fn a_run_that_received_nothing_but_304_can_be_replayed() {
    let station = Station::new().await;
    for code in [A, B] {
        let page = body(code, all(2), &[KENYA, UGANDA]);
        station.script(code, 1, vec![Answer::Tagged("\"v1\"", page)]);
    }
    station.run().await;
    assert_eq!(station.run().await.bytes, 0);
    let meta = station.lake.metas("wdi").unwrap();
    let statuses: Vec<u16> = meta[1].records.iter().map(|record| record.status).collect();
    assert_eq!(statuses, [304, 304]);
    // The run before it is lost; its bodies are not.
    std::fs::remove_file(station.records(&meta[0].run)).unwrap();
    let (reports, lake) = station.replayed().await;
    assert_eq!((reports.len(), reports[0].outcome), (1, Outcome::Committed));
    let lake: Arc<Lake> = lake;
    assert_eq!(lake.snapshot(At::Head).unwrap().map(|head| head.id), Some(1));
}
