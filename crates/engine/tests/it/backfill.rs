//! Years that a pipeline does not ask for every time.

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{IngestOptions, Outcome, RunReport};

use crate::faults::{ok, status};
use crate::station::{A, B, KENYA, Station, all, body, good, tables, target};

/// A page as it is asked for with other years.
fn page(code: &str, years: (i32, i32)) -> String {
    target(code, 1000, 1).replace("2019%3A2020", &format!("{}%3A{}", years.0, years.1))
}

fn script(station: &Station, years: (i32, i32)) {
    for code in [A, B] {
        let rows: Vec<_> = (years.0..=years.1).map(|year| ("KE", "KEN", year, 1.5)).collect();
        let count = u32::try_from(rows.len()).unwrap();
        station.server.script(&page(code, years), vec![ok(body(code, all(count), &rows))]);
    }
}

async fn backfill(station: &Station, years: (i32, i32)) -> RunReport {
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
    let steps = |again| station.engine().backfill("wdi", (1990, 2002), 5, again).unwrap();
    assert_eq!(steps(false), [(1990, 1994), (1995, 1999), (2000, 2002)]);
    assert_eq!(backfill(&station, (1990, 1994)).await.outcome, Outcome::Committed);
    assert_eq!(backfill(&station, (1995, 1999)).await.outcome, Outcome::Failed);
    assert_eq!(steps(false), [(1995, 1999), (2000, 2002)], "only what is left");
    script(&station, (1995, 1999));
    assert_eq!(backfill(&station, (1995, 1999)).await.outcome, Outcome::Committed);
    assert_eq!(backfill(&station, (2000, 2002)).await.outcome, Outcome::Committed);
    assert_eq!(steps(false), []);
    assert_eq!(steps(true).len(), 3, "unless it is wanted again");
    assert_eq!(station.head().1, 26);
    station.clock.advance(std::time::Duration::from_hours(25));
    assert_eq!(steps(false).len(), 3, "the next day it is another backfill");
}
