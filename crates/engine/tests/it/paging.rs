//! Pages that do not add up: read again, then refused; what is good beside them lands.

use wsis_engine::Outcome;

use crate::faults::{ok, status};
use crate::station::{A, B, KENYA, NAMIBIA, Station, UGANDA, assert_error, body, good, target};

/// Page `page` of three that hold one record each.
fn third(code: &str, page: u32, row: (&str, &str, i32, f64)) -> Vec<u8> {
    body(code, (page, 3, 1000, 3, "2026-11-01"), &[row])
}

#[tokio::test]
async fn w1_no_pages_is_one_request_and_nothing_of_it_lands() {
    let station = Station::new().await;
    station.script(A, 1, vec![ok(br#"[{"page":1,"pages":0,"per_page":1000,"total":0},null]"#)]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!((report.outcome, report.parsed, report.new), (Outcome::Committed, 2, 2));
    assert_eq!(station.asked(A), 1);

    let station = Station::new().await;
    for code in [A, B] {
        let nothing = br#"[{"page":0,"pages":0,"per_page":0,"total":0},null]"#;
        station.script(code, 1, vec![ok(nothing)]);
    }
    let report = station.run().await;
    assert_error(&report, Outcome::Held, &["0 rows accepted, at least 1 expected"]);
    assert_eq!((station.server.seen().len(), station.head()), (2, (0, 0)));
}

#[tokio::test]
async fn h4_null_in_place_of_the_last_page_ends_the_list() {
    let station = Station::new().await;
    station.script(A, 1, vec![ok(body(A, (1, 2, 1000, 2, "2026-11-01"), &[KENYA, UGANDA]))]);
    let nothing = br#"[{"page":2,"pages":2,"per_page":1000,"total":2},null]"#;
    station.script(A, 2, vec![ok(nothing)]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 4));
}

#[tokio::test]
async fn h6_fewer_rows_than_the_total_fail_after_a_second_reading() {
    let station = Station::new().await;
    station.script(A, 1, vec![ok(body(A, (1, 1, 1000, 5, "2026-11-01"), &[KENYA, UGANDA]))]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    let words = ["1 of 2 requests failed", A, "2 rows over 1 pages, the source says 5; twice"];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!(station.asked(A), 2);
    assert_eq!(station.head(), (1, 2), "the other series landed");
}

#[tokio::test]
async fn h8_a_clamped_page_size_loses_nothing() {
    let station = Station::new().await;
    station.script(A, 1, vec![ok(body(A, (1, 2, 1, 2, "2026-11-01"), &[KENYA]))]);
    let second = body(A, (2, 2, 1, 2, "2026-11-01"), &[UGANDA]);
    station.server.script(&target(A, 1, 2), vec![ok(second)]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted, report.payloads), (Outcome::Committed, 4, 3));
}

#[tokio::test]
async fn h9_an_empty_page_in_the_middle_is_asked_again_and_then_fails() {
    let station = Station::new().await;
    let hole = body(A, (2, 3, 1000, 3, "2026-11-01"), &[]);
    station.script(A, 1, vec![ok(third(A, 1, KENYA))]);
    station.script(A, 2, vec![ok(hole.clone()), ok(third(A, 2, UGANDA))]);
    station.script(A, 3, vec![ok(third(A, 3, NAMIBIA))]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 5));
    assert_eq!(station.server.count(&target(A, 1000, 2)), 2);

    let station = Station::new().await;
    station.script(A, 1, vec![ok(third(A, 1, KENYA))]);
    station.script(A, 2, vec![ok(hole)]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    let words = ["page=2", "an empty page while 2 of 3 rows are still due; twice"];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn h11_a_last_page_that_fails_loses_nothing() {
    let station = Station::new().await;
    station.script(A, 1, vec![ok(third(A, 1, KENYA))]);
    station.script(A, 2, vec![ok(third(A, 2, UGANDA))]);
    station.script(A, 3, vec![status(500), status(500), ok(third(A, 3, NAMIBIA))]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_error(&report, Outcome::Partial, &["page=3", "status 500 after 2 attempts"]);
    assert_eq!(report.retries, 1);
    assert_eq!(station.head(), (1, 2), "no half of a series");
    let report = station.run().await;
    assert_eq!((report.outcome, report.new), (Outcome::Committed, 3));
    assert_eq!(station.head(), (2, 5));
}

#[tokio::test]
async fn h20_pages_of_two_vintages_are_never_mixed() {
    let old = body(A, (1, 2, 1000, 2, "2026-10-01"), &[KENYA]);
    let first = body(A, (1, 2, 1000, 2, "2026-11-01"), &[KENYA]);
    let second = body(A, (2, 2, 1000, 2, "2026-11-01"), &[UGANDA]);
    let station = Station::new().await;
    station.script(A, 1, vec![ok(old.clone()), ok(first)]);
    station.script(A, 2, vec![ok(second.clone())]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted, report.duplicates), (Outcome::Committed, 4, 0));

    let station = Station::new().await;
    station.script(A, 1, vec![ok(old)]);
    station.script(A, 2, vec![ok(second)]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    let words = ["changed from \"2026-10-01\" to \"2026-11-01\"", "twice; run it again later"];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn more_pages_than_allowed_are_an_error_and_not_a_loop() {
    let mut station = Station::new().await;
    station.deployment.workspace.fetch.pages_max = 2;
    for page in 1..=3 {
        station.script(A, page, vec![ok(third(A, page, KENYA))]);
    }
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_error(&report, Outcome::Partial, &["more than 2 pages; raise pages_max"]);
    assert_eq!(station.server.count(&target(A, 1000, 3)), 0);
}
