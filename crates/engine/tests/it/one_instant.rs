//! What one run received becomes known at one instant: no view is one of half a delivery.

use std::collections::BTreeSet;

use arrow::array::AsArray as _;
use arrow::datatypes::{DataType, Float64Type};
use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Outcome, Rereading};
use wsis_lake::{At, Lake, OBSERVATIONS_LATEST};

use crate::faults::{Answer, ok};
use crate::station::{A, B, Row, Station, all, body, tables};

/// A service that is busy for half a minute: the next answer comes that much later.
fn busy() -> Answer {
    Answer::Plain(503, vec![("retry-after", "30".to_owned())], Vec::new())
}

/// All figures of both series are this number.
fn vintage(code: &str, value: f64) -> Answer {
    let rows: [Row<'_>; 2] = [("KE", "KEN", 2020, value), ("UG", "UGA", 2020, value)];
    ok(body(code, all(2), &rows))
}

/// The figures with their units that a view of an instant shows; none before the first.
fn shown(lake: &Lake, at: DateTime<Utc>) -> BTreeSet<String> {
    let Ok(view) = lake.view(At::Head, Some(at)) else { return BTreeSet::new() };
    let mut found = BTreeSet::new();
    for batch in view.unwrap().read(OBSERVATIONS_LATEST).unwrap() {
        let batch = batch.unwrap();
        let (values, units) = (batch.column_by_name("value"), batch.column_by_name("unit"));
        let units = arrow::compute::cast(units.unwrap(), &DataType::Utf8).unwrap();
        let values = values.unwrap().as_primitive::<Float64Type>();
        let pairs = values.iter().zip(units.as_string::<i32>());
        found.extend(pairs.map(|(value, unit)| format!("{} {}", value.unwrap(), unit.unwrap())));
    }
    found
}

/// What each instant from one to the other shows, second by second, each state once.
fn states(lake: &Lake, (from, to): (DateTime<Utc>, DateTime<Utc>)) -> Vec<BTreeSet<String>> {
    let mut found: Vec<BTreeSet<String>> = Vec::new();
    let mut at = from;
    while at <= to {
        let now = shown(lake, at);
        if found.last() != Some(&now) {
            found.push(now);
        }
        at += TimeDelta::seconds(1);
    }
    found
}

#[tokio::test]
async fn trial_p30_no_instant_within_a_run_shows_half_of_what_it_brought() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.changed_share_max = 1.0;
    station.script(A, 1, vec![vintage(A, 1.0), vintage(A, 2.0)]);
    station.script(B, 1, vec![busy(), vintage(B, 1.0), busy(), vintage(B, 2.0)]);
    let first = station.run().await;
    let second = station.run().await;
    assert_eq!((first.outcome, second.outcome), (Outcome::Committed, Outcome::Committed));
    assert_eq!((second.changed, second.retries), (4, 1), "{second:?}");

    let vintage_of = |value: u8| BTreeSet::from([format!("{value} NUMBER")]);
    let whole = [BTreeSet::new(), vintage_of(1), vintage_of(2)];
    let span = (first.started, second.ended.unwrap());
    assert_eq!(states(&station.lake, span), whole);
    let records = station.lake.metas("wdi").unwrap().remove(1).records;
    let came: BTreeSet<_> = records.iter().map(|record| record.retrieved_at).collect();
    assert_eq!(came.len(), 2, "when each body came stays on record");

    // The archive alone gives the same.
    let (_, replayed) = station.replayed().await;
    assert_eq!(tables(&replayed), tables(&station.lake));

    // What is read otherwise is known at one instant as well.
    for series in &mut station.deployment.pipelines[0].series {
        series.unit = "PERCENT".to_owned();
    }
    station.clock.advance(std::time::Duration::from_mins(1));
    let (events, _) = mpsc::unbounded_channel();
    let how = Rereading { commit: true, accept: true };
    let done = station.engine().redecode(&[], how, events, CancellationToken::new()).await.unwrap();
    assert_eq!((done.len(), done[0].report.changed), (1, 4), "{done:?}");
    let states = states(&station.lake, (span.0, done[0].report.started));
    let last = BTreeSet::from(["2 PERCENT".to_owned()]);
    assert_eq!(states, [&whole[..], &[last]].concat());
}
