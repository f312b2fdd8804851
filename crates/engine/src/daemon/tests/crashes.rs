//! Daemons that die, stop, or lose a run.

use std::time::Duration;

use chrono::TimeDelta;

use super::sim::{Sim, cron, limits};
use crate::daemon::{Limits, Note};

#[tokio::test]
async fn invariant_i11_a_killed_daemon_leaves_a_tick_that_the_next_one_resumes_once() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let pipelines = [cron("p", "0 6 1 * *")];
    let daemon = sim.start("a", &pipelines);
    sim.until("2026-01-01T06:00:30Z").await;
    daemon.killed(&sim).await;
    assert_eq!(sim.ticks("p"), ["01-01T06:00 started"]);
    sim.until("2026-01-01T07:00:00Z").await;
    let daemon = sim.start("b", &pipelines);
    sim.until("2026-01-01T08:00:00Z").await;
    assert_eq!(
        sim.runs("p"),
        [
            "01-01T06:00: 01-01T06:00:00 schedule interrupted",
            "01-01T06:00: 01-01T07:00:00 recovery committed",
        ]
    );
    assert_eq!(sim.ticks("p"), ["01-01T06:00 ended"]);
    daemon.killed(&sim).await;
    let _third = sim.start("c", &pipelines);
    sim.until("2026-01-01T09:00:00Z").await;
    assert_eq!(sim.runs("p").len(), 2, "resumed once");
}

#[tokio::test]
async fn a_recovery_that_is_killed_too_is_not_tried_for_ever() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let pipelines = [cron("p", "0 6 1 * *")];
    for start in ["2026-01-01T06:00:30Z", "2026-01-01T06:01:00Z", "2026-01-01T06:01:30Z"] {
        let daemon = sim.start("a", &pipelines);
        sim.until(start).await;
        daemon.killed(&sim).await;
    }
    let _daemon = sim.start("b", &pipelines);
    sim.until("2026-01-01T08:00:00Z").await;
    let runs = sim.runs("p");
    assert_eq!(runs.len(), 2, "one run and one recovery: {runs:?}");
    assert_eq!(sim.ticks("p"), ["01-01T06:00 resumed"]);
}

#[tokio::test]
async fn a_daemon_takes_up_what_another_one_on_the_ledger_left() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let pipelines = [cron("p", "0 6 1 * *")];
    let one = sim.start("one", &pipelines);
    let _two = sim.start("two", &pipelines);
    sim.until("2026-01-01T06:00:30Z").await;
    assert_eq!(sim.runs("p").len(), 1);
    one.killed(&sim).await;
    sim.until("2026-01-01T06:10:00Z").await;
    let runs = sim.runs("p");
    // Whichever of the two had it, it is complete within minutes.
    assert!(runs.last().unwrap().ends_with("committed"), "{runs:?}");
    assert_eq!(sim.ticks("p"), ["01-01T06:00 ended"]);
}

#[tokio::test]
async fn a_stopped_run_is_resumed_by_the_next_daemon() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    sim.world.lock().unwrap().lasts.insert("p".to_owned(), Duration::from_hours(1));
    let pipelines = [cron("p", "0 6 1 * *")];
    let daemon = sim.start("a", &pipelines);
    sim.until("2026-01-01T06:30:00Z").await;
    let stopped = daemon.stopped(&sim).await;
    assert_eq!((stopped.ended, stopped.given_up.len()), (1, 0));
    assert_eq!(sim.ticks("p"), ["01-01T06:00 interrupted"]);
    let _daemon = sim.start("b", &pipelines);
    sim.until("2026-01-01T09:00:00Z").await;
    let runs = sim.runs("p");
    assert_eq!(runs.len(), 2, "{runs:?}");
    assert!(runs[0].ends_with("schedule cancelled") && runs[1].ends_with("recovery committed"));
    assert_eq!(sim.ticks("p"), ["01-01T06:00 ended"]);
}

#[tokio::test]
async fn a_run_that_does_not_end_is_given_up_after_the_stated_time() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    {
        let mut world = sim.world.lock().unwrap();
        world.lasts.insert("p".to_owned(), Duration::from_hours(9));
        world.deaf.insert("p".to_owned());
    }
    let pipelines = [cron("p", "0 6 1 * *")];
    let daemon = sim.start_with(
        "a",
        &pipelines,
        Limits { stop_within: Duration::from_secs(20), ..limits() },
    );
    sim.until("2026-01-01T06:30:00Z").await;
    let before = crate::clock::Clock::now(&*sim.clock);
    let stopped = daemon.stopped(&sim).await;
    let took = crate::clock::Clock::now(&*sim.clock) - before;
    assert!(took >= TimeDelta::seconds(20) && took < TimeDelta::seconds(23), "{took}");
    assert_eq!(stopped.given_up, ["p"]);
    // And the next daemon takes it up.
    sim.world.lock().unwrap().lasts.clear();
    let _daemon = sim.start("b", &pipelines);
    sim.until("2026-01-01T07:00:00Z").await;
    assert!(sim.runs("p").last().unwrap().ends_with("recovery committed"));
}

#[tokio::test]
async fn a_run_lost_to_a_bug_is_told_and_resumed() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    sim.world.lock().unwrap().panics.insert("p".to_owned());
    let mut daemon = sim.start("a", &[cron("p", "0 6 1 * *"), cron("q", "1 6 1 * *")]);
    sim.until("2026-01-01T06:20:00Z").await;
    assert_eq!(
        sim.runs("p"),
        [
            "01-01T06:00: 01-01T06:00:00 schedule interrupted",
            "01-01T06:00: 01-01T06:00:00 recovery committed",
        ]
    );
    assert_eq!(sim.runs("q").len(), 1, "others are not touched");
    let told = daemon.told();
    let lost = Note::Trouble("the run of p ended unexpectedly".to_owned());
    assert!(told.contains(&lost), "{told:?}");
}

#[tokio::test]
async fn a_later_tick_takes_the_place_of_one_that_was_cut_short() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let pipelines = [cron("p", "0 6 * * *")];
    let daemon = sim.start("a", &pipelines);
    sim.until("2026-01-01T06:00:30Z").await;
    daemon.killed(&sim).await;
    sim.until("2026-01-02T06:30:00Z").await;
    let _daemon = sim.start("b", &pipelines);
    sim.until("2026-01-02T07:00:00Z").await;
    let runs = sim.runs("p");
    // The daemon first takes up what was left, then runs the tick of today.
    assert_eq!(sim.ticks("p"), ["01-01T06:00 ended", "01-02T06:00 ended"], "{runs:?}");
}

#[tokio::test]
async fn trial_r7_a_tick_that_could_not_be_run_is_not_ended() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    sim.world.lock().unwrap().refuses.insert("p".to_owned());
    let mut daemon = sim.start("a", &[cron("p", "0 6 1 * *")]);
    sim.until("2026-01-01T06:00:30Z").await;
    assert_eq!(sim.runs("p"), [""; 0], "it could not begin");
    assert_ne!(sim.ticks("p"), ["01-01T06:00 ended"]);
    assert!(daemon.told().iter().any(|note| matches!(note, Note::Trouble(_))));
    sim.world.lock().unwrap().refuses.clear();
    sim.until("2026-01-01T06:20:00Z").await;
    let runs = sim.runs("p");
    assert_eq!(runs.len(), 1, "{runs:?}");
    assert!(runs[0].ends_with("recovery committed"));
    assert_eq!(sim.ticks("p"), ["01-01T06:00 ended"]);
}

#[tokio::test]
async fn trial_x12_nothing_is_started_on_a_lake_that_was_taken_away() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let mut daemon = sim.start("a", &[cron("p", "0 6 1 * *")]);
    sim.until("2026-01-01T05:59:00Z").await;
    sim.world.lock().unwrap().gone = true;
    daemon.told();
    sim.until("2026-01-01T06:10:00Z").await;
    assert_eq!(sim.runs("p"), [""; 0]);
    let told = daemon.told();
    assert!(
        told.iter().all(|note| matches!(note, Note::Trouble(why) if why.contains("no longer the"))),
        "{told:?}"
    );
    assert!(told.len() >= 20, "said at every waking: {}", told.len());
    sim.world.lock().unwrap().gone = false;
    sim.until("2026-01-01T06:15:00Z").await;
    assert_eq!(sim.runs("p"), ["01-01T06:00: 01-01T06:10:30 schedule committed"]);
}
