//! A year of sixty pipelines, and a thousand pipelines at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest as _, Sha256};
use wsis_config::schedule::Timetable;
use wsis_model::pipeline::{Misfire, Pipeline, Schedule, When};

use super::sim::{Sim, at, limits, scheduled};
use crate::daemon::{Limits, Note};
use crate::report::RunReport;

const ZONES: [&str; 6] = [
    "America/New_York",
    "Europe/Zurich",
    "Africa/Cairo",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "America/Sao_Paulo",
];
const LINES: [&str; 5] =
    ["30 2 * * *", "0 0 * * *", "30 3 * * MON", "@monthly", "0 6,18 * * MON-FRI"];

fn sixty() -> Vec<Arc<Pipeline>> {
    (0..60)
        .map(|n| {
            let schedule = Schedule {
                when: When::Cron(LINES[n % LINES.len()].to_owned()),
                timezone: ZONES[n % ZONES.len()].to_owned(),
                misfire: [Misfire::RunOnce, Misfire::All][n % 2],
                jitter_s: [0, 600][n % 2],
            };
            scheduled(&format!("p{n:02}"), schedule, &format!("https://h{}.example", n % 7))
        })
        .collect()
}

/// A year with a downtime of a day, a crash and a clock that jumps an hour. Returns a digest of
/// all runs and how many there were.
async fn year(pipelines: &[Arc<Pipeline>]) -> (String, BTreeMap<String, Vec<RunReport>>) {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    // Waking twenty times less often than a real one, to pass the year in seconds.
    let wake = Duration::from_mins(10);
    let limits = Limits { at_once: 8, per_host: 3, wake, ..limits() };
    let mut daemon = sim.start_with("a", pipelines, limits.clone());
    for (instant, what) in [
        ("2026-02-10T11:00:00Z", "down"),
        ("2026-05-01T00:01:00Z", "kill"),
        ("2026-08-20T09:00:00Z", "step"),
        ("2027-01-01T00:00:00Z", "end"),
    ] {
        sim.until(instant).await;
        match what {
            "down" => {
                daemon.stopped(&sim).await;
                sim.until("2026-02-11T11:00:00Z").await;
                daemon = sim.start_with("a", pipelines, limits.clone());
            }
            "kill" => {
                daemon.killed(&sim).await;
                daemon = sim.start_with("b", pipelines, limits.clone());
            }
            "step" => sim.clock.step(TimeDelta::hours(1)),
            _ => {}
        }
    }
    daemon.stopped(&sim).await;
    let mut hash = Sha256::new();
    let mut runs = BTreeMap::new();
    for pipeline in pipelines {
        let id = &pipeline.id;
        for line in sim.runs(id).iter().chain(&sim.ticks(id)) {
            hash.update(line.as_bytes());
        }
        runs.insert(id.clone(), sim.ledger.runs_since(id, DateTime::UNIX_EPOCH).unwrap());
        check_account(&sim, pipeline);
    }
    (wsis_model::payload::RawId::from_digest(hash.finalize().into()).to_string(), runs)
}

/// Every tick that the schedule has in the year is in the ledger, once, and closed.
fn check_account(sim: &Sim, pipeline: &Pipeline) {
    let timetable = Timetable::new(pipeline.schedule.as_ref().unwrap()).unwrap();
    let (from, to) = (at("2026-01-01T00:00:00Z"), at("2026-12-31T00:00:00Z"));
    let expected = timetable.between(from, to, usize::MAX);
    let ticks = sim.ledger.ticks(&pipeline.id, from).unwrap();
    let found: Vec<DateTime<Utc>> =
        ticks.iter().map(|tick| tick.scheduled_for).filter(|tick| *tick <= to).collect();
    assert_eq!(found, expected, "{}", pipeline.id);
    let open = ticks.iter().filter(|tick| {
        tick.scheduled_for <= to && !["ended", "missed", "resumed"].contains(&tick.state.code())
    });
    assert_eq!(open.count(), 0, "{}", pipeline.id);
}

/// The runs and ticks of the year, on every machine and in every build.
const DIGEST: &str = "76b0837772bf2d54b825c9bc9608a92434d0dfd9be653ebd7a31b05851ae58a5";

#[tokio::test]
async fn a_year_of_sixty_pipelines_is_accounted_for_and_always_the_same() {
    let (digest, runs) = year(&sixty()).await;
    let all: usize = runs.values().map(Vec::len).sum();
    assert!(all > 15_000, "{all}");
    // In a zone with summer time a daily job runs on each day of the year.
    let daily = &runs["p00"];
    assert!(daily.len() >= 363, "{}", daily.len());
    assert_eq!(digest, DIGEST, "{all} runs");
}

#[tokio::test]
async fn a_thousand_pipelines_are_dispatched_within_a_second_of_their_tick() {
    let sim = Sim::new("2026-01-01T00:00:00Z");
    let pipelines: Vec<_> = (0..1_000)
        .map(|n| {
            let line = format!("{} {} * * *", n % 60, n / 60);
            scheduled(&format!("p{n:03}"), Schedule::cron(line, "UTC"), "https://example.org")
        })
        .collect();
    sim.world.lock().unwrap().lasts =
        pipelines.iter().map(|p| (p.id.clone(), Duration::from_secs(5))).collect();
    let mut daemon = sim.start_with("a", &pipelines, Limits { at_once: 8, ..limits() });
    sim.until("2026-01-03T00:00:00Z").await;
    let mut began = 0;
    for note in daemon.told() {
        if let Note::Began { tick, at, .. } = note {
            began += 1;
            assert!(at - tick < TimeDelta::seconds(1), "{}", at - tick);
        }
    }
    // The tick at the start is past; the one at the end is not.
    assert_eq!(began, 2_000);
}
