//! The daemon in a simulated world, where a year takes seconds.

mod blocking;
mod crashes;
mod sim;
mod time;
mod year;

use std::time::Duration;

use chrono::TimeDelta;
use wsis_model::pipeline::{Misfire, When};

use super::{Limits, Note};
use sim::{Sim, at, cron, limits, pipeline};

#[tokio::test]
async fn invariant_i11_each_tick_runs_once_at_its_time() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let daemon = sim.start("a", &[cron("p", "0 6 * * *")]);
    sim.until("2026-01-04T00:00:00Z").await;
    assert_eq!(
        sim.runs("p"),
        [
            "01-01T06:00: 01-01T06:00:00 schedule committed",
            "01-02T06:00: 01-02T06:00:00 schedule committed",
            "01-03T06:00: 01-03T06:00:00 schedule committed",
        ]
    );
    assert_eq!(sim.ticks("p"), ["01-01T06:00 ended", "01-02T06:00 ended", "01-03T06:00 ended"]);
    let stopped = daemon.stopped(&sim).await;
    assert_eq!((stopped.ended, stopped.given_up), (3, vec![]));
}

#[tokio::test]
async fn invariant_i11_a_pipeline_does_not_overlap_itself_and_the_policy_decides_after_a_long_run()
{
    for (misfire, runs, passed) in [
        (Misfire::RunOnce, vec!["00:10", "00:30", "01:00"], 3),
        (Misfire::Skip, vec!["00:10", "00:40"], 2),
        (Misfire::All, vec!["00:10", "00:20", "00:30"], 0),
    ] {
        let sim = Sim::new("2026-01-01T00:00:00Z");
        sim.world.lock().unwrap().lasts.insert("p".to_owned(), Duration::from_mins(26));
        let when = When::Cron("*/10 * * * *".to_owned());
        let _daemon = sim.start("a", &[pipeline("p", when, misfire)]);
        sim.until("2026-01-01T01:05:00Z").await;
        let ticks_run: Vec<String> =
            sim.runs("p").iter().map(|run| run[6..11].to_owned()).collect();
        assert_eq!(ticks_run, runs, "{misfire:?}");
        let missed: Vec<String> =
            sim.ticks("p").into_iter().filter(|tick| tick.ends_with("missed")).collect();
        assert_eq!(missed.len(), passed, "{misfire:?} {missed:?}");
    }
}

#[tokio::test]
async fn no_more_run_at_once_than_allowed_in_all_and_per_host() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let on = |id: &str, host: &str| {
        let schedule = wsis_model::pipeline::Schedule::cron("0 6 * * *", "UTC");
        sim::scheduled(id, schedule, &format!("https://{host}"))
    };
    let pipelines: Vec<_> = (0..6)
        .map(|n| on(&format!("one-{n}"), "one.example"))
        .chain((0..6).map(|n| on(&format!("two-{n}"), "two.example")))
        .collect();
    let tight = Limits { at_once: 3, per_host: 2, ..limits() };
    let mut daemon = sim.start_with("a", &pipelines, tight);
    sim.until("2026-01-01T07:00:00Z").await;
    assert_eq!(sim.world.lock().unwrap().most_at_once, 3);
    let began: Vec<String> = daemon
        .told()
        .into_iter()
        .filter_map(|note| match note {
            Note::Began { pipeline, at, .. } => Some(format!("{pipeline} {}", at.format("%H:%M"))),
            _ => None,
        })
        .collect();
    // Two of the first host and one of the second; each minute the next ones.
    assert_eq!(began.len(), 12);
    assert_eq!(began[..3], ["one-0 06:00", "one-1 06:00", "two-0 06:00"]);
    assert_eq!(began[3..6], ["one-2 06:01", "one-3 06:01", "two-1 06:01"]);
}

#[tokio::test]
async fn a_pipeline_runs_after_another_one_has_completed() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    sim.world.lock().unwrap().lasts.insert("first".to_owned(), Duration::from_hours(2));
    let after = pipeline("second", When::After("first".to_owned()), Misfire::RunOnce);
    let _daemon = sim.start("a", &[cron("first", "0 6 * * *"), after]);
    sim.until("2026-01-03T00:00:00Z").await;
    assert_eq!(
        sim.runs("second"),
        [
            "01-01T06:00: 01-01T08:00:00 after committed",
            "01-02T06:00: 01-02T08:00:00 after committed",
        ]
    );
}

#[tokio::test]
async fn t12_a_changed_or_returned_schedule_does_not_run_its_past() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let daemon = sim.start("a", &[cron("p", "0 6 * * *"), cron("q", "0 6 * * *")]);
    sim.until("2026-01-01T12:00:00Z").await;
    // The new line names an hour that has passed today.
    let change = sim.change(&[cron("p", "0 9 * * *")], limits());
    daemon.changes.send(change).await.unwrap();
    sim.until("2026-01-03T12:00:00Z").await;
    let starts = |id: &str| -> Vec<String> {
        sim.runs(id).iter().map(|run| run[13..29].trim().to_owned()).collect()
    };
    assert_eq!(starts("p"), ["01-01T06:00:00 s", "01-02T09:00:00 s", "01-03T09:00:00 s"]);
    assert_eq!(starts("q"), ["01-01T06:00:00 s"]);
    // What comes back after two days has missed nothing.
    let change = sim.change(&[cron("p", "0 9 * * *"), cron("q", "0 6 * * *")], limits());
    daemon.changes.send(change).await.unwrap();
    sim.until("2026-01-04T12:00:00Z").await;
    assert_eq!(starts("q"), ["01-01T06:00:00 s", "01-04T06:00:00 s"]);
    assert_eq!(sim.ticks("q"), ["01-01T06:00 ended", "01-04T06:00 ended"]);
}

#[tokio::test]
async fn a_change_while_a_pipeline_runs_neither_stops_nor_doubles_it() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    sim.world.lock().unwrap().lasts.insert("p".to_owned(), Duration::from_hours(3));
    let daemon = sim.start("a", &[cron("p", "0 6 * * *")]);
    sim.until("2026-01-01T07:00:00Z").await;
    daemon.changes.send(sim.change(&[], limits())).await.unwrap();
    sim.until("2026-01-01T08:00:00Z").await;
    daemon.changes.send(sim.change(&[cron("p", "30 8 * * *")], limits())).await.unwrap();
    sim.until("2026-01-02T12:00:00Z").await;
    assert_eq!(
        sim.runs("p"),
        [
            "01-01T06:00: 01-01T06:00:00 schedule committed",
            // Due at half past eight, begun when the first was over.
            "01-01T08:30: 01-01T09:00:00 schedule committed",
            "01-02T08:30: 01-02T08:30:00 schedule committed",
        ]
    );
}

#[tokio::test]
async fn t16_two_daemons_on_one_ledger_run_each_tick_once() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let pipelines: Vec<_> = (0..10).map(|n| cron(&format!("p{n}"), "*/20 * * * *")).collect();
    let one = sim.start("one", &pipelines);
    let two = sim.start("two", &pipelines);
    sim.until("2026-01-02T00:10:00Z").await;
    for n in 0..10 {
        let runs = sim.runs(&format!("p{n}"));
        assert_eq!(runs.len(), 72, "{runs:?}");
        let ticks: std::collections::BTreeSet<&str> = runs.iter().map(|run| &run[..11]).collect();
        assert_eq!(ticks.len(), 72);
        assert!(sim.ticks(&format!("p{n}")).iter().all(|tick| tick.ends_with("ended")));
    }
    let (one, two) = (one.stopped(&sim).await, two.stopped(&sim).await);
    assert_eq!(one.ended + two.ended, 720);
}

#[tokio::test]
async fn jitter_delays_the_run_and_not_the_tick() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let mut schedule = wsis_model::pipeline::Schedule::cron("0 6 * * *", "UTC");
    schedule.jitter_s = 600;
    let _daemon = sim.start("a", &[sim::scheduled("p", schedule, "https://example.org")]);
    sim.until("2026-01-02T12:00:00Z").await;
    let runs = sim.ledger.runs_since("p", at("2026-01-01T00:00:00Z")).unwrap();
    assert_eq!(runs.len(), 2);
    for run in &runs {
        let late = run.started - run.scheduled_for.unwrap();
        assert!(late > TimeDelta::zero() && late <= TimeDelta::minutes(10), "{late}");
    }
    assert_ne!(
        runs[0].started - runs[0].scheduled_for.unwrap(),
        runs[1].started - runs[1].scheduled_for.unwrap()
    );
}

#[tokio::test]
async fn an_unusable_ledger_is_told_and_tried_again() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let mut daemon = sim.start("a", &[cron("p", "0 6 * * *")]);
    sim.until("2026-01-01T05:00:00Z").await;
    sim.ledger.turn(true);
    sim.until("2026-01-01T06:10:00Z").await;
    let told = daemon.told();
    assert!(
        told.iter().any(|note| matches!(note, Note::Trouble(why)
            if why.contains("cannot start p") && why.contains("no such table"))),
        "{told:?}"
    );
    assert_eq!(sim.runs("p"), [""; 0], "nothing runs that cannot be claimed");
    // A change of the configuration meanwhile cannot be read up, and is when that is possible.
    let change = sim.change(&[cron("p", "0 6 * * *"), cron("q", "15 6 * * *")], limits());
    daemon.changes.send(change).await.unwrap();
    sim.until("2026-01-01T06:12:00Z").await;
    sim.ledger.turn(false);
    sim.until("2026-01-01T06:20:00Z").await;
    assert_eq!(sim.runs("p"), ["01-01T06:00: 01-01T06:12:30 schedule committed"]);
    assert_eq!(sim.runs("q"), ["01-01T06:15: 01-01T06:15:00 schedule committed"]);
}
