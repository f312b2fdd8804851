//! Years that a pipeline does not ask for every time.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{IngestOptions, Outcome, RunReport, Step, Which};

use crate::faults::{ok, status};
use crate::station::{A, B, KENYA, Station, all, body, good, message, tables, target};

/// A page as it is asked for with other years.
pub(crate) fn page(code: &str, years: (i32, i32)) -> String {
    target(code, 1000, 1).replace("2019%3A2020", &format!("{}%3A{}", years.0, years.1))
}

fn script(station: &Station, years: (i32, i32)) {
    for code in [A, B] {
        let rows: Vec<_> = (years.0..=years.1).map(|year| ("KE", "KEN", year, 1.5)).collect();
        let count = u32::try_from(rows.len()).unwrap();
        station.server.script(&page(code, years), vec![ok(body(code, all(count), &rows))]);
    }
}

pub(crate) async fn backfill(station: &Station, years: (i32, i32)) -> RunReport {
    let options = IngestOptions { years: Some(years), ..IngestOptions::default() };
    station.clock.advance(std::time::Duration::from_mins(1));
    let (events, _) = mpsc::unbounded_channel();
    let cancel = CancellationToken::new();
    station.engine().ingest(&[], &options, events, cancel).await.unwrap().remove(0)
}

#[tokio::test]
async fn a_backfill_adds_years_and_takes_none_away() {
    let station = Station::new().await;
    for code in [A, B] {
        // Later Uganda is gone for 2020, which the next usual run says and no backfill.
        let rest = ok(body(code, all(1), &[KENYA]));
        station.script(code, 1, vec![good(code), rest]);
    }
    script(&station, (2000, 2004));
    assert_eq!(station.run().await.outcome, Outcome::Committed);
    let report = backfill(&station, (2000, 2004)).await;
    assert_eq!((report.outcome, report.new, report.withdrawn), (Outcome::Committed, 10, 0));
    assert_eq!(report.years, Some((2000, 2004)));
    assert_eq!(report.findings, Vec::<String>::new(), "of other years nothing is said");
    assert_eq!(station.ledger().run(&report.run).unwrap(), Some(report));
    assert_eq!(station.head(), (2, 14));
    // Uganda is 2 of 14: more than the gate lets go at once.
    let mut gates = station.deployment.pipelines[0].gates.clone();
    gates.withdrawn_share_max = 0.2;
    let mut station = station;
    station.deployment.pipelines[0].gates = gates;
    let usual = station.run().await;
    assert_eq!((usual.outcome, usual.withdrawn), (Outcome::Committed, 2), "{usual:?}");
    assert_eq!(station.head(), (3, 12));

    // And a replay of the archive tells years apart as the runs did.
    let (reports, replayed) = station.replayed().await;
    let outcomes: Vec<_> = reports.iter().map(|it| (it.new, it.withdrawn)).collect();
    assert_eq!(outcomes, [(4, 0), (10, 0), (0, 2)]);
    assert_eq!(tables(&replayed), tables(&station.lake));
}

#[tokio::test]
async fn a_backfill_is_cut_into_steps_and_goes_on_where_it_stopped() {
    let station = Station::new().await;
    for (years, well) in [((1990, 1994), true), ((1995, 1999), false), ((2000, 2002), true)] {
        script(&station, years);
        if !well {
            station.server.script(&page(A, years), vec![status(500)]);
            station.server.script(&page(B, years), vec![status(500)]);
        }
    }
    let steps = |which| {
        let left = station.engine().backfill("wdi", (1990, 2002), 5, which).unwrap().steps;
        left.into_iter().map(|step| step.years).collect::<Vec<_>>()
    };
    assert_eq!(steps(Which::Rest), [(1990, 1994), (1995, 1999), (2000, 2002)]);
    assert_eq!(backfill(&station, (1990, 1994)).await.outcome, Outcome::Committed);
    assert_eq!(backfill(&station, (1995, 1999)).await.outcome, Outcome::Failed);
    assert_eq!(steps(Which::Rest), [(1995, 1999), (2000, 2002)], "only what is left");
    script(&station, (1995, 1999));
    assert_eq!(backfill(&station, (1995, 1999)).await.outcome, Outcome::Committed);
    assert_eq!(backfill(&station, (2000, 2002)).await.outcome, Outcome::Committed);
    assert_eq!(steps(Which::Rest), []);
    assert_eq!(steps(Which::All).len(), 3, "unless it is wanted again");
    assert_eq!(station.head().1, 26);
    station.clock.advance(std::time::Duration::from_hours(25));
    assert_eq!(steps(Which::Rest).len(), 3, "the next day it is another backfill");
}

/// One series has no years before 1995 and says so with message 120: the others go on, and the next
/// call asks only for what is missing.
#[tokio::test]
async fn trial_f08_a_refused_series_is_noted_and_does_not_keep_others_from_their_years() {
    let station = Station::new().await;
    let steps = [(1990, 1994), (1995, 1999)];
    for years in steps {
        script(&station, years);
    }
    let refusal = message("120", "Invalid value", "The provided parameter value is not valid");
    station.server.script(&page(B, steps[0]), vec![refusal]);
    // The second step of A fails once for a reason that is none of A's.
    let again: Vec<_> = (1995..=1999).map(|year| ("KE", "KEN", year, 1.5)).collect();
    let good = ok(body(A, all(5), &again));
    station.server.script(&page(A, steps[1]), vec![status(500), status(500), good]);
    let engine = station.engine();
    let left = || engine.backfill("wdi", (1990, 1999), 5, Which::Rest).unwrap();
    let run = async |step: &wsis_engine::BackfillStep| {
        let (events, _) = mpsc::unbounded_channel();
        let wires = (events, CancellationToken::new());
        engine.backfill_step("wdi", step, Step::default(), wires).await.unwrap().remove(0)
    };
    let plan = left();
    assert_eq!((plan.steps.len(), plan.refused.len()), (2, 0));
    let first = run(&plan.steps[0]).await;
    assert_eq!((first.outcome, first.new), (Outcome::Partial, 5));
    let second = run(&plan.steps[1]).await;
    assert_eq!((second.outcome, second.new), (Outcome::Partial, 5));

    let plan = left();
    assert_eq!(plan.steps.len(), 1, "{plan:?}");
    assert_eq!(plan.steps[0].years, (1995, 1999));
    let only: Vec<&str> =
        plan.steps[0].only.iter().flat_map(|it| it.iter()).map(String::as_str).collect();
    assert_eq!(only, [A]);
    let [(years, request, why)] = plan.refused.as_slice() else { panic!("{:?}", plan.refused) };
    assert_eq!((*years, request.as_str()), ((1990, 1994), B));
    assert!(why.contains("message 120"), "{why}");

    let asked = station.server.count(&page(B, steps[1]));
    let third = run(&plan.steps[0]).await;
    assert_eq!(
        (third.outcome, third.new, third.withdrawn),
        (Outcome::Committed, 5, 0),
        "{third:?}"
    );
    assert_eq!(station.server.count(&page(B, steps[1])), asked, "what it has is not asked for");
    assert!(left().steps.is_empty());
    assert_eq!(station.head().1, 15, "nothing of the other series went away");
    assert_eq!(
        engine.backfill("wdi", (1990, 1999), 5, Which::All).unwrap().steps.len(),
        2,
        "by force"
    );
}
