//! What is no data is refused by name, kept in the archive, and leaves the rest alone.

use wsis_engine::Outcome;

use crate::faults::{Answer, bomb, ok, status};
use crate::station::{
    A, B, KENYA, NAMIBIA, Station, UGANDA, all, assert_error, body, good, message,
};

const PAGE: &[u8] = b"<!DOCTYPE html><html><body>We are down for maintenance</body></html>";

fn html(content_type: &str) -> Answer {
    Answer::Plain(200, vec![("content-type", content_type.to_owned())], PAGE.to_vec())
}

/// The second series answers well; the first one as given. The report, and the station.
async fn beside_a_good_one(answers: Vec<Answer>) -> (Station, wsis_engine::RunReport) {
    let station = Station::new().await;
    station.script(A, 1, answers);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    (station, report)
}

#[tokio::test]
async fn w2_html_with_status_200_is_archived_and_refused_and_the_last_good_data_stay() {
    for content_type in ["text/html; charset=utf-8", "application/json"] {
        let station = Station::new().await;
        station.script(A, 1, vec![good(A), html(content_type)]);
        station.script(B, 1, vec![good(B), html(content_type)]);
        assert_eq!(station.run().await.outcome, Outcome::Committed);
        let before = station.head();
        let report = station.run().await;
        assert_error(&report, Outcome::Failed, &["2 of 2 requests failed", "<!DOCTYPE html>"]);
        assert!(station.holds(PAGE), "the page is in the archive");
        assert_eq!(station.head(), before);
    }
}

#[tokio::test]
async fn w4_a_message_for_one_series_leaves_the_other() {
    let answer = message("120", "Invalid value", "The provided parameter value is not valid");
    let (station, report) = beside_a_good_one(vec![answer]).await;
    let words = ["1 of 2 requests failed", A, "parameter value is not valid", "check the series"];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn w7_a_series_deleted_at_the_source_is_named_as_such() {
    let text = "The indicator was not found. It may have been deleted or archived.";
    let (station, report) = beside_a_good_one(vec![message("175", "Invalid format", text)]).await;
    assert_error(&report, Outcome::Partial, &[A, "175", "deleted or archived"]);
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn invariant_i2_bodies_that_are_no_json_are_archived_and_say_where_they_end() {
    let whole = body(A, all(2), &[KENYA, UGANDA]);
    let cut = whole.get(..whole.len() - 40).unwrap().to_vec();
    let (station, report) = beside_a_good_one(vec![ok(cut.clone())]).await;
    assert_error(
        &report,
        Outcome::Partial,
        &[A, "truncated JSON: it ends at line 1", "the body begins"],
    );
    assert!(station.holds(&cut));
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn h18_what_is_too_much_for_a_service_fails_with_its_words_and_is_never_an_empty_success() {
    let told = b"more than 1,000,000 cells are asked for".to_vec();
    let (station, report) = beside_a_good_one(vec![Answer::Plain(413, vec![], told)]).await;
    let words = [A, "status 413", "more than 1,000,000 cells are asked for"];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!((station.asked(A), station.head()), (1, (1, 2)), "asking again would not help");
}

#[tokio::test]
async fn h14_an_empty_body_is_asked_again_and_named() {
    let (station, report) = beside_a_good_one(vec![ok("")]).await;
    assert_error(&report, Outcome::Partial, &["the body is empty (0 bytes) after 2 attempts"]);
    assert_eq!(station.asked(A), 2);
}

#[tokio::test]
async fn bombs_and_endless_bodies_end_their_request_alone() {
    let (station, report) = beside_a_good_one(vec![bomb()]).await;
    assert_error(&report, Outcome::Partial, &[A, "larger than 1048576 bytes"]);
    assert_eq!(station.head(), (1, 2));
    let (station, report) = beside_a_good_one(vec![Answer::Endless]).await;
    assert_error(&report, Outcome::Partial, &[A, "1048576"]);
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn h13_passing_troubles_are_ridden_out() {
    let busy = Answer::Plain(429, vec![("retry-after", "30".to_owned())], b"slow".to_vec());
    for trouble in [busy, status(500), status(503), Answer::Short(b"[".to_vec(), 9), Answer::Reset]
    {
        let (station, report) = beside_a_good_one(vec![trouble.clone(), good(A)]).await;
        assert_eq!(report.outcome, Outcome::Committed, "{trouble:?} {report:?}");
        assert_eq!((report.retries, report.accepted), (1, 4), "{trouble:?}");
        assert_eq!(station.asked(A), 2);
    }
}

#[tokio::test]
async fn w19_a_host_that_moved_is_told_with_the_new_address_and_the_data_stay() {
    let station = Station::new().await;
    let moved = Answer::Plain(
        301,
        vec![("location", "http://data.example.org/v3/".to_owned())],
        Vec::new(),
    );
    station.script(A, 1, vec![good(A), moved.clone()]);
    station.script(B, 1, vec![good(B), moved]);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    let report = station.run().await;
    assert_error(&report, Outcome::Failed, &["2 of 2 requests failed", "http://data.example.org"]);
    assert_eq!(station.head(), (1, 4));
}

#[tokio::test]
async fn v17_v20_deliveries_that_shrink_are_held_and_told() {
    let station = Station::new().await;
    let three = body(A, all(3), &[KENYA, UGANDA, NAMIBIA]);
    station.script(A, 1, vec![ok(three.clone()), ok(body(A, all(1), &[KENYA])), ok(three)]);
    station.script(B, 1, vec![good(B)]);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    let report = station.run().await;
    assert_error(
        &report,
        Outcome::Held,
        &["2 of 5 observations in force would be withdrawn", "NAM, UGA"],
    );
    assert_eq!(station.head(), (1, 5));
    assert_eq!(station.run().await.outcome, Outcome::Unchanged);

    let station = Station::new().await;
    let nothing = ok(body(A, all(0), &[]));
    station.script(A, 1, vec![nothing.clone()]);
    station.script(B, 1, vec![nothing]);
    let report = station.run().await;
    assert_error(&report, Outcome::Held, &["0 rows"]);
    assert_eq!(station.head(), (0, 0));
}

#[tokio::test]
async fn one_pipeline_that_fails_never_stops_another() {
    let mut station = Station::new().await;
    let mut other = crate::station::pipeline("aaa", "OTHER", "http://127.0.0.1:1/v2".to_owned());
    other.secret_env = None;
    station.deployment.pipelines.insert(0, other);
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let reports = station.ingest().await;
    let outcomes: Vec<Outcome> = reports.iter().map(|report| report.outcome).collect();
    assert_eq!(outcomes, [Outcome::Failed, Outcome::Committed]);
    assert_error(&reports[0], Outcome::Failed, &["2 of 2 requests failed", "127.0.0.1:1"]);
    assert_eq!(station.head(), (1, 4));
}

#[tokio::test]
async fn w21_texts_of_the_server_are_never_part_of_a_path() {
    let station = Station::new().await;
    let headers = vec![
        ("content-type", "application/json".to_owned()),
        ("content-disposition", "attachment; filename=\"../../7/1/2022 16:56 evil\"".to_owned()),
        ("etag", "\"../../evil\"".to_owned()),
        ("last-modified", "7/1/2022 16:56 evil".to_owned()),
    ];
    let answer = Answer::Plain(200, headers, body(A, all(1), &[KENYA]));
    station.script(A, 1, vec![answer]);
    station.script(B, 1, vec![good(B)]);
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    for name in station.files().keys() {
        assert!(!name.display().to_string().contains("evil"), "{}", name.display());
    }
}

#[tokio::test]
async fn w21_names_that_climb_out_of_the_lake_write_nothing_outside_it() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].series[0].code = "../../../../../evil".to_owned();
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_error(&report, Outcome::Partial, &["1 of 2 requests failed", "status 404"]);
    assert_eq!(station.head(), (1, 2));

    station.deployment.pipelines[0].dataset = "../../../evil".to_owned();
    let report = station.run().await;
    assert_error(&report, Outcome::Failed, &["../../../evil"]);
    for name in station.files().keys() {
        let name = name.display().to_string();
        assert!(name.starts_with("lake/") && !name.contains("evil"), "{name}");
    }
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn content_types_that_contradict_are_refused_and_vague_ones_are_not() {
    let typed = |content_type: &str, body: Vec<u8>| {
        Answer::Plain(200, vec![("content-type", content_type.to_owned())], body)
    };
    let page = || body(A, all(2), &[KENYA, UGANDA]);
    for wrong in ["text/xml; charset=utf-8", "text/csv", "application/zip", "image/png"] {
        let (station, report) = beside_a_good_one(vec![typed(wrong, page())]).await;
        let why = format!("the content type is {wrong:?}, json was expected; the body begins");
        assert_error(&report, Outcome::Partial, &[A, &why, "[{"]);
        assert_eq!(station.head(), (1, 2), "{wrong}");
        assert_eq!(station.asked(A), 1, "{wrong}");
    }
    for right in ["application/json;charset=UTF-8", "TEXT/PLAIN", "application/octet-stream", ""] {
        let (_, report) = beside_a_good_one(vec![typed(right, page())]).await;
        assert_eq!((report.outcome, report.accepted), (Outcome::Committed, 4), "{right:?}");
    }
}

#[tokio::test]
async fn w14_an_error_in_xml_that_is_called_json_is_read_as_the_error() {
    let xml = r#"<?xml version="1.0"?><wb:error xmlns:wb="http://www.worldbank.org"><wb:message id="105" key="Service currently unavailable">Try later</wb:message></wb:error>"#;
    let (station, report) = beside_a_good_one(vec![ok(xml)]).await;
    let words = ["message 105", "Service currently unavailable", "Try later"];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!(station.head(), (1, 2));
}

#[tokio::test]
async fn a_bomb_below_the_size_limit_is_called_one() {
    let mut station = Station::new().await;
    station.deployment.workspace.fetch.payload_max_bytes = 64 << 20;
    station.script(A, 1, vec![bomb()]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    let words = ["unpack to more than 200 times as much", "looks like a decompression bomb"];
    assert_error(&report, Outcome::Partial, &words);
    assert_eq!((station.head(), station.asked(A)), ((1, 2), 1));
}

#[tokio::test]
async fn h1_a_source_that_asks_to_come_back_tomorrow_is_told_and_not_waited_for() {
    let busy = Answer::Plain(429, vec![("retry-after", "86400".to_owned())], b"quota".to_vec());
    let (station, report) = beside_a_good_one(vec![busy]).await;
    let words = [
        "status 429",
        "asks to come back in 86400 s, longer than a run waits (60 s)",
        "not asked; the source asked (status 429, Retry-After) to be left alone until 2026-11-26",
    ];
    // It speaks for the whole host: what else would be asked of it is not (R12).
    assert_error(&report, Outcome::Failed, &words);
    assert_eq!((station.head(), station.asked(A), station.asked(B)), ((0, 0), 1, 0));
    assert!(station.clock.waits().is_empty());
}

#[tokio::test]
async fn v20_too_few_rows_and_too_many_set_aside_are_held() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.rows_min = 5;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_error(
        &report,
        Outcome::Held,
        &["4 rows accepted, at least 5 expected (`rows_min` under `[gates]`"],
    );
    assert_eq!((report.parsed, report.accepted, station.head()), (4, 4, (0, 0)));

    station.deployment.pipelines[0].gates.rows_min = 1;
    station.deployment.pipelines[0].gates.quarantined_share_max = 0.1;
    let odd = ("XX", "XXX", 2020, 1.0);
    station.script(A, 1, vec![ok(body(A, all(2), &[KENYA, odd]))]);
    let report = station.run().await;
    assert_error(&report, Outcome::Held, &["1 of 4 rows would be quarantined (25.0 %)"]);
    assert_eq!((report.accepted, report.quarantined, station.head()), (3, 1, (0, 0)));
}

/// A body that proves wrong half way: what it had given before is not committed.
#[tokio::test]
async fn trial_r26_f07_nothing_of_a_body_that_breaks_off_is_committed() {
    let mut station = Station::new().await;
    let titled = |title: &str| {
        let whole = String::from_utf8(body(A, all(2), &[KENYA, UGANDA])).unwrap();
        let (first, second) = whole.split_at(whole.rfind("\"indicator\"").unwrap());
        let name = |text: &str, title: &str| {
            let (before, rest) = text.rsplit_once("\"indicator\":{").unwrap();
            let (_, after) = rest.split_once('}').unwrap();
            format!("{before}\"indicator\":{{\"id\":\"{A}\",\"value\":\"{title}\"}}{after}")
        };
        ok([name(first, "Output (2015 US$)"), name(second, title)].concat())
    };
    station.deployment.pipelines[0].series[0].title = "Output (2015 US$)".to_owned();
    station.script(A, 1, vec![titled("Output (2021 US$)"), titled("Output (2015 US$)")]);
    station.script(B, 1, vec![good(B), good(B)]);
    let report = station.run().await;
    assert_error(&report, Outcome::Partial, &[A, "Output (2021 US$)", "its base may have changed"]);
    // Two records of B, none of A.
    assert_eq!((report.parsed, report.new), (2, 2), "{report:?}");
    let report = station.run().await;
    assert_eq!((report.outcome, report.new), (Outcome::Committed, 2), "{report:?}");
}
