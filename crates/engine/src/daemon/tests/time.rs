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

#[tokio::test]
async fn trial_x19_a_clock_that_steps_far_ahead_and_returns_starts_nothing_and_says_so() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let mut daemon = sim.start("a", &[cron("p", "0 6 * * *")]);
    sim.until("2026-01-01T12:00:00Z").await;
    daemon.told();
    sim.clock.step(TimeDelta::days(7_305));
    sim.until("2046-01-01T12:05:00Z").await;
    sim.clock.step(TimeDelta::days(-7_305));
    sim.until("2026-01-03T12:00:00Z").await;
    let runs = sim.runs("p");
    let days: Vec<&str> = runs.iter().map(|run| &run[..11]).collect();
    assert_eq!(days, ["01-01T06:00", "01-02T06:00", "01-03T06:00"], "{runs:?}");
    let troubles = troubles(&mut daemon);
    assert!(troubles[0].contains("set forward by 7305 days, to 2046-01-01"), "{troubles:?}");
    assert!(troubles.len() <= 12, "at every waking of the five minutes: {}", troubles.len());
}

#[tokio::test]
async fn trial_x19_a_clock_that_was_ahead_for_hours_leaves_nothing_waiting_without_a_word() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let mut daemon = sim.start("a", &[cron("p", "0 * * * *"), cron("q", "30 4 * * *")]);
    sim.until("2026-01-01T00:30:00Z").await;
    sim.clock.step(TimeDelta::hours(5));
    sim.until("2026-01-01T05:40:00Z").await;
    sim.clock.step(TimeDelta::hours(-5));
    sim.until("2026-01-01T00:41:00Z").await;
    let troubles = troubles(&mut daemon);
    assert_eq!(
        troubles,
        ["the clock was set back by 300 minutes, to 2026-01-01 00:40 UTC; ticks up to \
          2026-01-01 05:00 UTC do not run again"]
    );
    // A run that was cut short meanwhile is taken up, though its look was due hours ahead.
    daemon.killed(&sim).await;
    sim.until("2026-01-01T06:30:00Z").await;
    let _next = sim.start("b", &[cron("p", "0 * * * *")]);
    sim.until("2026-01-01T06:40:00Z").await;
    assert!(sim.runs("p").last().unwrap().starts_with("01-01T06:00"));
}

fn troubles(daemon: &mut super::sim::Running) -> Vec<String> {
    let said = daemon.told().into_iter().filter_map(|note| match note {
        Note::Trouble(why) => Some(why),
        _ => None,
    });
    said.collect()
}

#[tokio::test]
async fn trial_r15_jitter_never_makes_a_job_of_every_five_minutes_miss_its_ticks() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let mut schedule = wsis_model::pipeline::Schedule::cron("*/5 * * * *", "UTC");
    schedule.jitter_s = 600;
    let _daemon = sim.start("a", &[super::sim::scheduled("p", schedule, "https://example.org")]);
    sim.until("2026-01-11T00:02:30Z").await;
    let ticks = sim.ticks("p");
    assert_eq!(ticks.len(), 2_880, "ten days of a tick every five minutes");
    let missed = ticks.iter().filter(|tick| !tick.ends_with("ended")).count();
    assert!(missed <= 1, "{missed} of {} (one may be under way)", ticks.len());
    let late = sim.ledger.runs_since("p", super::sim::at("2026-01-01T00:00:00Z")).unwrap();
    let most = late.iter().map(|run| run.started - run.scheduled_for.unwrap()).max();
    assert!(
        most > Some(TimeDelta::seconds(100)) && most <= Some(TimeDelta::seconds(150)),
        "{most:?}"
    );
}
