//! Stopping in the middle: nothing half done, and the next run completes it.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{EngineErrorKind, Event, IngestOptions, Outcome};

use crate::faults::{Answer, ok};
use crate::station::{A, B, KENYA, Station, UGANDA, body, good, target};

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

#[tokio::test]
async fn a_page_of_an_unfinished_run_is_not_mixed_with_a_newer_release() {
    let page = |page: u32, updated, value: f64| {
        let row = if page == 1 { ("KE", "KEN", 2020, value) } else { ("UG", "UGA", 2020, value) };
        ok(body(A, (page, 2, 1000, 2, updated), &[row]))
    };
    let station = Station::new().await;
    station.script(A, 1, vec![page(1, "2026-10-01", 1.0), page(1, "2026-11-01", 2.0)]);
    station.script(A, 2, vec![page(2, "2026-11-01", 2.0)]);
    station.script(B, 1, vec![good(B)]);
    let stopped = station.run_until(|event| matches!(event, Event::Fetched { page: 1, .. })).await;
    assert_eq!(stopped.outcome, Outcome::Cancelled);
    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 4));
    assert_eq!(station.asked(A), 2, "the first page is asked again");
    assert!(!report.findings.iter().any(|finding| finding.contains("2026-10-01")), "{report:?}");
}

#[tokio::test]
async fn two_ingests_of_one_lake_at_once_are_refused() {
    let station = Station::new().await;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let lock = station.lake.lock_writer().unwrap();
    let (events, _) = mpsc::unbounded_channel();
    let options = IngestOptions::default();
    let refused =
        station.engine().ingest(&[], &options, events, CancellationToken::new()).await.unwrap_err();
    assert_eq!(refused.kind(), EngineErrorKind::Conflict);
    assert!(refused.to_string().contains("wait for it to end"), "{refused}");
    assert_eq!(station.asked(A), 0, "nothing was asked");
    drop(lock);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
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
