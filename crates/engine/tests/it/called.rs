//! A source that calls a series otherwise than before is told of (F07), also where nobody declared
//! what it calls it and where the figures are the same.

use wsis_engine::{Outcome, RunReport};

use crate::faults::{Answer, ok};
use crate::station::{A, B, KENYA, Station, UGANDA, all, body, good};

/// An answer under a title, with a unit.
fn called(title: &str, unit: &str, kenya: f64) -> Answer {
    let (iso2, iso3, year, _) = KENYA;
    let text = String::from_utf8(body(A, all(2), &[(iso2, iso3, year, kenya), UGANDA])).unwrap();
    let text = text.replace("\"value\":\"x\"", &format!("\"value\":\"{title}\""));
    ok(text.replace("\"unit\":\"\"", &format!("\"unit\":\"{unit}\"")))
}

/// What is said of the source's words.
fn told(report: &RunReport) -> Vec<&str> {
    let findings = report.findings.iter().map(String::as_str);
    findings.filter(|it| it.contains("the source now")).collect()
}

#[tokio::test]
async fn trial_f07_another_title_is_told_once_it_comes() {
    let station = Station::new().await;
    let (first, second) = ("Output (constant 2015 US$)", "Output (constant 2015 PPP $)");
    let answers = [(first, 1.0), (first, 2.0), (second, 2.0), (second, 3.0)];
    station.script(A, 1, answers.map(|(title, value)| called(title, "", value)).into());
    station.script(B, 1, vec![good(B), good(B), good(B), good(B)]);
    let learnt = station.run().await;
    assert_eq!((learnt.outcome, told(&learnt).len()), (Outcome::Committed, 0), "{learnt:?}");
    let same = station.run().await;
    assert_eq!((same.outcome, told(&same).len()), (Outcome::Committed, 0), "{same:?}");
    // The figures are those of before.
    let changed = station.run().await;
    assert_eq!(changed.outcome, Outcome::Unchanged, "{changed:?}");
    let run: String = learnt.run.chars().take(18).collect();
    assert_eq!(
        told(&changed),
        [format!(
            "series {A}: the source now gives it the title {second:?} (was {first:?} in run {run})"
        )]
    );
    let after = station.run().await;
    assert_eq!((after.outcome, told(&after).len()), (Outcome::Committed, 0), "{after:?}");
}

#[tokio::test]
async fn trial_f07_a_unit_is_told_and_what_a_gate_holds_is_told_again() {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].series[0].unit = "PERCENT".to_owned();
    station.script(
        A,
        1,
        vec![called("x", "%", 1.0), called("y", "PT", 2.0), called("y", "PT", 3.0)],
    );
    station.script(B, 1, vec![good(B), good(B), good(B)]);
    assert_eq!(told(&station.run().await), Vec::<&str>::new());
    station.deployment.pipelines[0].gates.rows_min = 100;
    let held = station.run().await;
    assert_eq!(held.outcome, Outcome::Held, "{held:?}");
    assert_eq!(told(&held).len(), 2, "{held:?}");
    station.deployment.pipelines[0].gates.rows_min = 1;
    let landed = station.run().await;
    assert_eq!(landed.outcome, Outcome::Committed, "{landed:?}");
    let told = told(&landed);
    assert_eq!(told.len(), 2, "{landed:?}");
    assert!(told[0].contains("gives it the title \"y\" (was \"x\" in run "), "{told:?}");
    assert!(told[1].contains("gives it in unit \"PT\" (was \"%\" in run "), "{told:?}");
}
