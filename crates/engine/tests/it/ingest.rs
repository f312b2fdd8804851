//! What a second and a third run make of the same source: revisions, nothing new, lost state.

use std::sync::Arc;
use std::time::Duration;

use arrow::array::AsArray as _;
use arrow::datatypes::{Float64Type, TimestampMicrosecondType};
use chrono::TimeDelta;
use wsis_engine::{EngineErrorKind, FixedClock, IngestOptions, Outcome};
use wsis_lake::{At, OBSERVATIONS};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::faults::{Answer, ok};
use crate::fetching::now;
use crate::station::{
    A, B, KENYA, NAMIBIA, Station, UGANDA, all, assert_error, body, good, pipeline, tables,
};

fn two(code: &str) -> Vec<u8> {
    body(code, all(2), &[KENYA, UGANDA])
}

#[tokio::test]
async fn a_revision_is_one_snapshot_with_every_change_counted() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.withdrawn_share_max = 0.5;
    let revised = body(A, (1, 1, 1000, 2, "2026-11-20"), &[("KE", "KEN", 2020, 30.1), NAMIBIA]);
    station.script(A, 1, vec![good(A), ok(revised)]);
    station.script(B, 1, vec![good(B)]);
    let first = station.run().await;
    assert_eq!((first.outcome, first.snapshot), (Outcome::Committed, Some(1)));
    assert_eq!((first.new, first.changed, first.withdrawn), (4, 0, 0));

    let second = station.run().await;
    assert_eq!((second.outcome, second.snapshot), (Outcome::Committed, Some(2)));
    assert_eq!((second.new, second.changed, second.withdrawn), (1, 1, 1));
    assert_eq!(station.head(), (2, 4));
    let head = station.lake.snapshot(wsis_lake::At::Head).unwrap().unwrap();
    assert_eq!(head.rows(OBSERVATIONS), 7, "4 statements, and 3 that came later");

    let third = station.run().await;
    assert_eq!((third.outcome, third.snapshot), (Outcome::Unchanged, None));
    assert_eq!(station.head(), (2, 4));
}

#[tokio::test]
async fn h15_a_304_without_a_tag_keeps_the_old_one() {
    let station = Station::new().await;
    station.script(A, 1, vec![Answer::Tagged("\"v1,*,x\"", two(A))]);
    station.script(B, 1, vec![good(B)]);
    for _ in 0..3 {
        station.run().await;
    }
    let tag = Some("\"v1,*,x\"".to_owned());
    assert_eq!(station.tags_sent(A), [None, tag.clone(), tag]);
    assert_eq!(station.tags_sent(B), [None, None, None]);
}

#[tokio::test]
async fn force_asks_for_all_of_it_and_decodes_it() {
    let station = Station::new().await;
    station.script(A, 1, vec![Answer::Tagged("\"v1\"", two(A))]);
    station.script(B, 1, vec![Answer::Tagged("\"v1\"", two(B))]);
    station.run().await;
    let options = IngestOptions { offline: false, force: true, accept: false, years: None };
    let report = station.ingest_with(options).await.remove(0);
    assert_eq!(station.tags_sent(A), [None, None]);
    assert_eq!((report.outcome, report.parsed, report.snapshot), (Outcome::Unchanged, 4, None));
    assert_eq!(station.head(), (1, 4));
}

#[tokio::test]
async fn h17_a_body_damaged_on_disk_is_asked_for_again_in_place_of_trusting_a_304() {
    let station = Station::new().await;
    station.script(A, 1, vec![Answer::Tagged("\"v1\"", two(A))]);
    station.script(B, 1, vec![Answer::Tagged("\"v1\"", two(B))]);
    station.run().await;
    let raw = station.lake.raw_path(&wsis_model::payload::RawId::of(&two(A)));
    std::fs::write(&raw, b"[]").unwrap();
    let report = station.run().await;
    assert_eq!(report.outcome, Outcome::Unchanged, "{report:?}");
    assert_eq!(station.tags_sent(A), [None, Some("\"v1\"".to_owned()), None]);
    assert_eq!(std::fs::read(&raw).unwrap(), two(A), "the archive is whole again");
    assert_eq!(report.bytes, two(A).len() as u64);
}

#[tokio::test]
async fn a_lost_ledger_costs_another_download_and_nothing_else() {
    let station = Station::new().await;
    station.script(A, 1, vec![Answer::Tagged("\"v1\"", two(A))]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    let before = tables(&station.lake);
    std::fs::remove_dir_all(station.lake.root().join("state")).unwrap();
    let report = station.run().await;
    assert_eq!(station.tags_sent(A), [None, None]);
    assert_eq!((report.outcome, report.parsed, report.snapshot), (Outcome::Unchanged, 4, None));
    assert_eq!(tables(&station.lake), before);
    assert_eq!(station.ledger().runs(9).unwrap().len(), 1);
}

#[tokio::test]
async fn six_pipelines_land_in_their_order_however_fast_each_is() {
    let mut station = Station::new().await;
    let base = station.deployment.pipelines[0].base_url.clone();
    let ids = ["p1", "p2", "p3", "p4", "p5", "p6"];
    let of = |id: &&str| match *id {
        "p2" => pipeline(id, "P2", "http://127.0.0.1:1/v2".to_owned()),
        _ => pipeline(id, &id.to_uppercase(), base.clone()),
    };
    station.deployment.pipelines = ids.iter().map(of).collect();
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let reports = station.ingest().await;
    let found: Vec<_> = reports.iter().map(|r| (r.pipeline.as_str(), r.snapshot)).collect();
    let snapshots = [Some(1), None, Some(2), Some(3), Some(4), Some(5)];
    assert_eq!(found, ids.into_iter().zip(snapshots).collect::<Vec<_>>());
    assert_error(&reports[1], Outcome::Failed, &["2 of 2 requests failed", "127.0.0.1:1"]);
    assert_eq!(station.head(), (5, 20));
    assert_eq!((station.asked(A), station.asked(B)), (5, 5));
}

#[tokio::test]
async fn an_unknown_pipeline_is_named_with_those_that_are_there() {
    let station = Station::new().await;
    let (events, _) = mpsc::unbounded_channel();
    let ids = ["wdi".to_owned(), "wdl".to_owned()];
    let options = IngestOptions::default();
    let error = station
        .engine()
        .ingest(&ids, &options, events, CancellationToken::new())
        .await
        .unwrap_err();
    assert_eq!(error.kind(), EngineErrorKind::Usage);
    assert_eq!(error.to_string(), "there is no pipeline \"wdl\"; there are: wdi");
    assert!(station.server.seen().is_empty());
    assert!(station.ledger().runs(9).unwrap().is_empty());
}

#[tokio::test]
async fn invariant_i4_a_clock_that_went_back_loses_no_revision() {
    let mut station = Station::new().await;
    station.clock.advance(Duration::from_hours(48));
    let revised = body(A, all(2), &[("KE", "KEN", 2020, 30.1), UGANDA]);
    station.script(A, 1, vec![good(A), ok(revised), good(A)]);
    station.script(B, 1, vec![good(B)]);
    assert_eq!(station.run().await.outcome, Outcome::Committed);

    station.clock = Arc::new(FixedClock::new(now()));
    let report = station.run().await;
    assert_eq!((report.outcome, report.changed), (Outcome::Committed, 1), "{report:?}");
    let told = "the clock of this machine shows 2026-11-25T10:01:00Z, but the lake holds what was \
                received later; this delivery is kept as received at 2026-11-27T10:01:00.000001Z. \
                Check the clock";
    assert_eq!(report.findings, [told]);

    // And back again, while the clock still lags behind.
    let report = station.run().await;
    assert_eq!((report.outcome, report.changed), (Outcome::Committed, 1), "{report:?}");
    assert!(report.findings[0].ends_with("10:01:00.000002Z. Check the clock"), "{report:?}");
}

/// Whatever the clock does, what is believed has a beginning before its end: the statements of
/// one key are recorded one after the other, in the order in which they arrived.
#[tokio::test]
async fn r16_under_any_clock_every_statement_is_recorded_after_the_one_it_replaces() {
    let mut station = Station::new().await;
    let hours = [0_i64, 48, -72, 1, -10, 200, -199, 0];
    let value = |delivery: usize| 21.0 + delivery as f64;
    let deliveries = (0..hours.len())
        .map(|delivery| ok(body(A, all(2), &[("KE", "KEN", 2020, value(delivery)), UGANDA])));
    station.script(A, 1, deliveries.collect());
    station.script(B, 1, vec![good(B)]);
    let mut shown = now();
    for step in hours {
        shown += TimeDelta::hours(step);
        station.clock = Arc::new(FixedClock::new(shown));
        assert_eq!(station.run().await.outcome, Outcome::Committed);
    }
    let head = station.lake.snapshot(At::Head).unwrap().unwrap();
    let mut statements = Vec::new();
    for batch in station.lake.read(&head, OBSERVATIONS, None).unwrap() {
        let batch = batch.unwrap();
        let column = |name: &str| Arc::clone(batch.column_by_name(name).unwrap());
        let (series, areas) = (column("series_code"), column("ref_area"));
        let (series, areas) = (series.as_string::<i32>(), areas.as_string::<i32>());
        let (values, times) = (column("value"), column("recorded_at"));
        let values = values.as_primitive::<Float64Type>();
        let times = times.as_primitive::<TimestampMicrosecondType>();
        for row in 0..batch.num_rows() {
            if (series.value(row), areas.value(row)) == (A, "KEN") {
                statements.push((times.value(row), values.value(row)));
            }
        }
    }
    statements.sort_by_key(|(time, _)| *time);
    assert!(statements.windows(2).all(|pair| pair[0].0 < pair[1].0), "{statements:?}");
    let arrived: Vec<f64> = statements.iter().map(|(_, value)| *value).collect();
    assert_eq!(arrived, (0..hours.len()).map(value).collect::<Vec<_>>());
}
