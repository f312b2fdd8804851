//! Clocks that jump, machines that sleep, and ticks that nobody was there for.

use chrono::{TimeDelta, Utc};
use wsis_model::pipeline::{Misfire, When};

use super::sim::{Sim, cron, limits, pipeline};
use crate::daemon::{Limits, Note};

#[tokio::test]
async fn t13_ticks_of_a_downtime_are_noted_one_by_one() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let pipelines = [cron("p", "0 6 * * *")];
    let daemon = sim.start("a", &pipelines);
    sim.until("2026-01-01T12:00:00Z").await;
    daemon.stopped(&sim).await;
    sim.until("2026-01-05T12:00:00Z").await;
    let mut daemon = sim.start("a", &pipelines);
    sim.until("2026-01-05T13:00:00Z").await;
    assert_eq!(
        sim.ticks("p"),
        [
            "01-01T06:00 ended",
            "01-02T06:00 missed",
            "01-03T06:00 missed",
            "01-04T06:00 missed",
            "01-05T06:00 ended",
        ]
    );
    // The armed slot is run, not the time of the start.
    assert_eq!(sim.runs("p")[1], "01-05T06:00: 01-05T12:00:00 schedule committed");
    assert!(daemon.told().iter().any(
        |note| matches!(note, Note::Missed { pipeline, ticks } if pipeline == "p" && ticks.len() == 3)
    ));
}

#[tokio::test]
async fn t14_ten_thousand_late_ticks_do_not_stop_the_job() {
    for (misfire, runs) in [(Misfire::RunOnce, 1), (Misfire::Skip, 1)] {
        let sim = Sim::new("2026-01-01T00:00:00Z");
        let pipelines = [pipeline("p", When::Cron("* * * * *".to_owned()), misfire)];
        let daemon = sim.start("a", &pipelines);
        sim.clock.settle().await;
        daemon.killed(&sim).await;
        sim.until("2026-01-07T22:40:30Z").await;
        let _daemon = sim.start("a", &pipelines);
        sim.until("2026-01-07T22:40:50Z").await;
        assert_eq!(sim.runs("p").len(), runs, "{misfire:?}");
        let ticks = sim.ticks("p");
        assert_eq!(ticks.len(), 10_000, "{misfire:?}");
        assert_eq!(ticks.iter().filter(|tick| tick.ends_with("missed")).count(), 9_999);
        sim.until("2026-01-07T22:50:30Z").await;
        assert!(sim.runs("p").len() > runs + 3, "still firing: {misfire:?}");
    }
}

#[tokio::test]
async fn a_clock_set_forward_makes_ticks_late_and_loses_none() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let _daemon = sim.start("a", &[cron("p", "0 6 * * *")]);
    sim.until("2026-01-01T05:00:00Z").await;
    sim.clock.step(TimeDelta::hours(50));
    sim.until("2026-01-03T08:00:00Z").await;
    assert_eq!(sim.ticks("p"), ["01-01T06:00 missed", "01-02T06:00 missed", "01-03T06:00 ended"]);
    // Noticed within half a minute.
    assert_eq!(sim.runs("p"), ["01-03T06:00: 01-03T07:00:30 schedule committed"]);
}

#[tokio::test]
async fn a_clock_set_back_runs_nothing_twice() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let _daemon = sim.start("a", &[cron("p", "0 * * * *")]);
    sim.until("2026-01-01T04:30:00Z").await;
    assert_eq!(sim.runs("p").len(), 4);
    sim.clock.step(TimeDelta::hours(-3));
    sim.until("2026-01-01T04:30:00Z").await;
    assert_eq!(sim.runs("p").len(), 4, "01:30 to 04:30 for the second time");
    sim.until("2026-01-01T06:30:00Z").await;
    assert_eq!(sim.runs("p").len(), 6);
    assert_eq!(sim.ticks("p").len(), 6);
}

#[tokio::test]
async fn after_a_clock_that_was_years_ahead_schedules_go_on_from_the_present() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let seldom = Limits { wake: std::time::Duration::from_mins(10), ..limits() };
    let _daemon = sim.start_with("a", &[cron("p", "0 6 1 * *")], seldom);
    sim.until("2026-01-01T12:00:00Z").await;
    sim.clock.step(TimeDelta::days(1_000));
    sim.until("2028-09-28T00:00:00Z").await;
    let ahead = sim.runs("p").len();
    assert_eq!(ahead, 2, "the latest of the ticks in between: {:?}", sim.runs("p"));
    sim.clock.step(TimeDelta::days(-1_000));
    sim.until("2026-04-15T00:00:00Z").await;
    let runs = sim.runs("p");
    let real: Vec<&str> = runs.iter().skip(ahead).map(|run| &run[..11]).collect();
    assert_eq!(real, ["02-01T06:00", "03-01T06:00", "04-01T06:00"]);
    assert_eq!(
        sim.ticks("p"),
        ["01-01T06:00 ended", "02-01T06:00 ended", "03-01T06:00 ended", "04-01T06:00 ended"]
    );
}

#[tokio::test]
async fn a_daemon_wakes_at_least_every_half_minute() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let mut daemon = sim.start("a", &[cron("p", "0 6 1 7 *")]);
    sim.until("2026-01-01T01:00:00Z").await;
    let mut last: Option<chrono::DateTime<Utc>> = None;
    let mut wakes = 0;
    while let Ok(note) = daemon.notes.try_recv() {
        let Note::Woke(at) = note else { continue };
        if let Some(last) = last {
            assert!(at - last <= TimeDelta::seconds(30), "{last} to {at}");
        }
        last = Some(at);
        wakes += 1;
    }
    assert!(wakes >= 120, "{wakes}");
}
