//! What becomes of runs after a dataset was corrected by hand.

use std::time::Duration;

use tokio_util::sync::CancellationToken;
use wsis_engine::{Acceptance, Clock as _, IngestOptions, Outcome};
use wsis_lake::{Correction, Corrects};
use wsis_model::pipeline::Gates;

use crate::faults::ok;
use crate::station::{A, B, KENYA, Station, all, body, good};

fn correct(station: &Station, what: Corrects) -> Option<u64> {
    station.clock.advance(Duration::from_mins(1));
    let how = Correction {
        source: "worldbank".to_owned(),
        dataset: "WDI".to_owned(),
        what,
        because: "a slip of the hand".to_owned(),
        at: station.clock.now(),
        lock_within: Duration::ZERO,
    };
    station.lake.correct(&how).unwrap().snapshot
}

/// A station whose gates are open, with answers that are `first` and then `then` for ever.
async fn station(first: f64, then: f64) -> Station {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates = Gates { rows_min: 1, ..Gates::OPEN };
    let said = |value: f64| ok(body(A, all(2), &[KENYA, ("UG", "UGA", 2020, value)]));
    station.script(A, 1, vec![said(first), said(then)]);
    station.script(B, 1, vec![good(B)]);
    station
}

/// `restore --snapshot 1` was meant to be 10: each run got the good bytes, which it had landed once,
/// and said "unchanged" for ever.
#[tokio::test]
async fn trial_p180_the_bytes_that_a_restore_took_back_are_judged_again() {
    let station = station(50.0, 77.0).await;
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    assert_eq!(station.run().await.changed, 1);
    assert_eq!(station.run().await.outcome, Outcome::Unchanged);
    assert_eq!(correct(&station, Corrects::Restore(1)), Some(3));
    for _ in 0..2 {
        let held = station.run().await;
        assert_eq!(held.outcome, Outcome::Held, "{held:?}");
        let why = held.error.unwrap();
        assert!(why.contains("taken back by hand") && why.contains("slip of the hand"), "{why}");
    }
    let options = IngestOptions { accept: true, ..IngestOptions::default() };
    let taken = station.ingest_with(options).await.remove(0);
    assert_eq!((taken.outcome, taken.changed), (Outcome::Committed, 1), "{taken:?}");
    let next = station.run().await;
    assert_eq!((next.outcome, next.snapshot), (Outcome::Unchanged, None), "{next:?}");
}

/// A pipeline was moved away, its dataset retired; the pipeline came back, and its figures did not.
#[tokio::test]
async fn trial_p180_what_was_retired_comes_back_with_its_pipeline() {
    let station = station(50.0, 50.0).await;
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    let before = station.head().1;
    assert_eq!(correct(&station, Corrects::Retire(None)), Some(2));
    assert_eq!(station.head().1, 0);
    let again = station.run().await;
    assert_eq!((again.outcome, again.new), (Outcome::Committed, before), "{again:?}");
    assert_eq!(station.head().1, before);
    assert_eq!(station.run().await.outcome, Outcome::Unchanged);
}

/// What a gate held before a correction would be history after it: "committed", and nothing in force.
#[tokio::test]
async fn trial_p181_what_was_held_before_a_correction_is_not_taken_after_it() {
    let mut station = station(50.0, 77.0).await;
    station.run().await;
    station.deployment.pipelines[0].gates.quarantined_share_max = 0.0;
    let bad = [KENYA, ("UG", "UGA", 2020, 77.0), ("XX", "XXX", 2020, 8.0)];
    station.script(A, 1, vec![ok(body(A, all(3), &bad))]);
    let held = station.run().await;
    assert_eq!(held.outcome, Outcome::Held, "{held:?}");
    let stop = CancellationToken::new;
    let engine = station.engine();
    engine.look_at_held(&held.run, stop()).await.unwrap();
    correct(&station, Corrects::Retire(Some(B.to_owned()))).unwrap();
    let acceptance = Acceptance { by: "A".into(), because: "b".into(), past_gates: true };
    let refused = [
        engine.look_at_held(&held.run, stop()).await.unwrap_err(),
        engine.accept_held(&held.run, &acceptance, stop()).await.unwrap_err(),
    ];
    for refused in refused {
        let told = refused.to_string();
        assert!(told.contains("worldbank/WDI was corrected by hand on"), "{told}");
        assert!(told.contains("\"a slip of the hand\"), after this was received"), "{told}");
    }
}
