//! What a gate held: looked at, and taken over as it was received.

use tokio_util::sync::CancellationToken;
use wsis_engine::{Acceptance, EngineErrorKind, Outcome};

use crate::faults::ok;
use crate::station::{A, B, KENYA, Station, all, body, good};

/// A backfill that a gate held stands for its years alone, also when somebody takes it.
#[tokio::test]
async fn trial_p109_a_backfill_that_was_held_and_taken_keeps_its_years() {
    let mut station = Station::new().await;
    for code in [A, B] {
        station.script(code, 1, vec![good(code)]);
    }
    station.run().await;
    let before = station.head();
    station.deployment.pipelines[0].gates.quarantined_share_max = 0.0;
    for code in [A, B] {
        let years = (1990, 1994);
        let old = [("KE", "KEN", 1990, 7.0), ("XX", "XXX", 1991, 8.0)];
        station
            .server
            .script(&crate::backfill::page(code, years), vec![ok(body(code, all(2), &old))]);
    }
    let held = crate::backfill::backfill(&station, (1990, 1994)).await;
    assert_eq!((held.outcome, held.years), (Outcome::Held, Some((1990, 1994))), "{held:?}");
    let acceptance = Acceptance { by: "A".into(), because: "b".into(), past_gates: true };
    let stop = CancellationToken::new();
    let taken = station.engine().accept_held(&held.run, &acceptance, stop).await.unwrap();
    assert_eq!((taken.outcome, taken.years), (Outcome::Committed, held.years), "{taken:?}");
    assert_eq!((taken.new, taken.withdrawn, taken.quarantined), (2, 0, 2), "{taken:?}");
    assert_eq!(station.head().1, before.1 + 2, "of other years nothing was said");
}

/// The source answers otherwise every time: what somebody looked at is taken, not what came since.
#[tokio::test]
async fn trial_p81_what_a_gate_held_is_looked_at_and_taken_as_it_was_received() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].gates.changed_share_max = 0.4;
    let uganda = |value: f64| ok(body(A, all(2), &[KENYA, ("UG", "UGA", 2020, value)]));
    let nowhere = ok(body(A, all(2), &[("XX", "XXX", 2020, 4.0), ("UG", "UGA", 2020, 77.0)]));
    station.script(A, 1, vec![uganda(50.0), nowhere, uganda(99.0)]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    let held = station.run().await;
    assert_eq!(held.outcome, Outcome::Held, "{held:?}");
    let (engine, before) = (station.engine(), station.asked(A));
    let stop = CancellationToken::new;

    let found = engine.look_at_held(&held.run, stop()).await.unwrap();
    assert_eq!((found.run.run.as_str(), found.now.outcome), (held.run.as_str(), Outcome::Held));
    let changed = found.differences.iter().find(|it| it.ref_area == "UGA").unwrap();
    let value = |side: &std::collections::BTreeMap<&str, String>| side["value"].clone();
    assert_eq!((value(&changed.before), value(&changed.after)), ("50".into(), "77".into()));
    let aside: Vec<_> = found.quarantined.iter().map(|it| (it.reason, it.payload_row)).collect();
    assert_eq!(aside, [("unknown_area", 1)], "{:?}", found.quarantined);
    assert!(found.quarantined[0].record.contains("XXX"), "{:?}", found.quarantined);
    assert_eq!(station.head().0, 1, "nothing was written");

    let acceptance = |by: &str| Acceptance {
        by: by.to_owned(),
        because: "the office confirmed it".to_owned(),
        past_gates: true,
    };
    let nobody = engine.accept_held(&held.run, &acceptance(" "), stop()).await.unwrap_err();
    assert_eq!(nobody.to_string(), "the name is empty; write it in words");
    let taken = engine.accept_held(&held.run, &acceptance("A. Person"), stop()).await.unwrap();
    assert_eq!(taken.outcome, Outcome::Committed, "{taken:?}");
    assert_eq!(taken.replay_of.as_deref(), Some(held.run.as_str()));
    let told = "was taken over by A. Person: the office confirmed it (it was held: ";
    assert!(taken.findings.iter().any(|it| it.contains(told)), "{:?}", taken.findings);
    assert_eq!(station.asked(A), before, "the source was not asked");

    // It is not taken twice, and no other run is.
    for (run, why) in [
        (held.run.as_str(), "has landed since"),
        (taken.run.as_str(), "its outcome is committed; only a held run can be taken"),
        ("none", "there is no such run"),
    ] {
        let refused = engine.accept_held(run, &acceptance("A. Person"), stop()).await.unwrap_err();
        assert_eq!(refused.kind(), EngineErrorKind::Usage);
        assert!(refused.to_string().contains(why), "{refused}");
    }
}
