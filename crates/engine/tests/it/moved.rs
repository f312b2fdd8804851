//! W19: services that moved, with and without saying so. The data stay and the owner is told.

use wsis_engine::Outcome;

use crate::faults::{Answer, Faulty, ok, status};
use crate::station::{A, B, KENYA, Station, all, assert_error, body, good};

fn to(place: &str) -> Answer {
    Answer::Plain(301, vec![("location", place.to_owned())], Vec::new())
}

/// A station with data in it whose service then answers everything like this.
async fn after(answer: &Answer) -> Station {
    let station = Station::new().await;
    for code in [A, B] {
        station.script(code, 1, vec![good(code), answer.clone()]);
    }
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    station
}

#[tokio::test]
async fn w19_not_found_for_everything_keeps_the_data() {
    let station = after(&status(404)).await;
    let report = station.run().await;
    assert_error(&report, Outcome::Failed, &["2 of 2 requests failed", "status 404", "error 404"]);
    assert_eq!((station.head(), report.retries), ((1, 4), 0));
    assert!(station.holds(b"error 404"), "what the service said is in the archive");
}

#[tokio::test]
async fn w19_a_redirect_to_a_landing_page_shows_where_it_leads() {
    let other = Faulty::start().await;
    let page = b"<html>Our new portal</html>".to_vec();
    let html = vec![("content-type", "text/html".to_owned())];
    other.script("/portal", vec![Answer::Plain(200, html, page)]);
    let place = other.url("/portal").to_string();
    let station = after(&to(&place)).await;
    let report = station.run().await;
    let words = [format!(" -> {place}: the content type is \"text/html\""), "Our new".to_owned()];
    assert_error(&report, Outcome::Failed, &[&words[0], &words[1]]);
    assert_eq!(station.head(), (1, 4));
}

#[tokio::test]
async fn w19_a_redirect_to_nothing_shows_where_it_leads() {
    let other = Faulty::start().await;
    let place = other.url("/gone").to_string();
    let station = after(&to(&place)).await;
    let report = station.run().await;
    assert_error(&report, Outcome::Failed, &[&format!(" -> {place}: status 404")]);
    assert_eq!(station.head(), (1, 4));
}

#[tokio::test]
async fn w19_a_redirect_without_a_place_is_a_status_like_others() {
    let station = after(&Answer::Plain(301, Vec::new(), b"moved".to_vec())).await;
    let report = station.run().await;
    assert_error(&report, Outcome::Failed, &["status 301 after 1 attempt;", "\"moved\""]);
    assert_eq!(station.head(), (1, 4));
}

#[tokio::test]
async fn a_redirect_that_leads_to_the_data_lands_them() {
    let other = Faulty::start().await;
    other.script("/new", vec![ok(body(A, all(1), &[KENYA]))]);
    let station = Station::new().await;
    station.script(A, 1, vec![to(other.url("/new").as_str())]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 3));
    // What was asked is what the archive says, so that a replay finds it.
    let meta = station.lake.metas("wdi").unwrap().remove(0);
    assert!(meta.records[0].url.starts_with(&station.server.base()), "{}", meta.records[0].url);
    let (replayed, _) = station.replayed().await;
    assert_eq!((replayed[0].outcome, replayed[0].accepted), (Outcome::Committed, 3));
}
