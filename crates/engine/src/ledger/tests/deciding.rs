//! On which of many runs states, releases and reports rest.

use chrono::{DateTime, TimeDelta, Utc};
use wsis_model::pipeline::{Basis, Pipeline, Release, Schedule};

use super::{on_both, run};
use crate::freshness::{assess, judge};
use crate::report::{Cause, Outcome, RunReport};
use crate::watch::Known;

/// Looks every two hours for five weeks, with news, failures and a day on which the delay ends.
#[test]
fn trial_r32_few_of_many_runs_decide_and_they_decide_the_same() {
    let mut pipeline = wsis_config::Deployment::embedded().unwrap().pipelines.remove(0);
    pipeline.id = "p".to_owned();
    pipeline.schedule = Some(Schedule::cron("0 */2 * * *", "UTC"));
    let start: DateTime<Utc> = "2026-06-20T00:00:00Z".parse().unwrap();
    let minute = |at: i64| start + TimeDelta::minutes(at * 120);
    let all: Vec<RunReport> = (0..420)
        .map(|at| {
            let outcome = match at {
                _ if (60..65).contains(&at) => Outcome::Failed,
                0 | 175 | 250 => Outcome::Committed,
                278 => Outcome::Partial,
                _ => Outcome::Unchanged,
            };
            let mut report = run(&format!("r{at:05}"), "p", 0, outcome);
            report.started = minute(at);
            report.new = u64::from([0, 250, 278].contains(&at));
            report.cause = (outcome == Outcome::Failed).then_some(Cause::SourceDown);
            // Now and then somebody reads the archive, or fills in old years.
            report.requests = u64::from(at % 61 != 3);
            report.years = (at % 53 == 5).then_some((1990, 1999));
            report.findings = vec!["x".repeat(50)];
            report
        })
        .collect();
    on_both(|one, two| {
        for report in &all {
            one.put(report, None).unwrap();
        }
        let few = two.deciding_runs("p", start, Known::All).unwrap();
        assert!(few.len() < 125, "{} of {}", few.len(), all.len());
        assert_eq!(two.runs_since("p", start).unwrap().len(), all.len());
        for (lag_days, deadline_days) in [(0, 1), (1, 3), (4, 20), (13, 14), (20, 21)] {
            for (basis, hour) in [(Basis::Announced, 0), (Basis::Assumed, 7)] {
                pipeline_of(&mut pipeline.clone(), (lag_days, deadline_days), basis, hour, |it| {
                    for now in (10..420).step_by(17).map(minute) {
                        let before = |runs: &[RunReport]| -> Vec<RunReport> {
                            let past = runs.iter().filter(|run| run.started <= now).cloned();
                            past.map(|run| RunReport { findings: Vec::new(), ..run }).collect()
                        };
                        // What is read at that time ends with the last run before it.
                        let mut read = before(&few);
                        let (last, whole) = (before(&all).pop(), before(&all));
                        read.extend(last.filter(|last| read.last() != Some(last)));
                        assert_eq!(assess(it, &read, now), assess(it, &whole, now), "{now}");
                        assert_eq!(judge(it, &read, now), judge(it, &whole, now), "{now}");
                    }
                });
            }
        }
    });
}

fn pipeline_of(
    pipeline: &mut Pipeline,
    (lag_days, deadline_days): (u32, u32),
    basis: Basis,
    hour: u32,
    test: impl FnOnce(&Pipeline),
) {
    let schedule = Schedule::cron(format!("0 {hour} 1,9 * *"), "UTC");
    pipeline.release = Some(Release { schedule, lag_days, deadline_days, basis });
    test(pipeline);
}

/// The report tells of the run behind what it shows, however many have come since.
#[test]
fn trial_r10_the_run_behind_a_snapshot_is_one_that_landed_in_it() {
    on_both(|one, two| {
        for (at, (id, outcome, snapshot, parsed)) in [
            ("first", Outcome::Committed, Some(3), 9),
            ("again", Outcome::Unchanged, Some(3), 9),
            ("held", Outcome::Held, None, 9),
            ("failed", Outcome::Failed, None, 9),
            ("same bytes", Outcome::Unchanged, Some(3), 0),
            ("part", Outcome::Partial, Some(5), 9),
            ("nothing of it", Outcome::Partial, None, 9),
            ("newest", Outcome::Committed, Some(7), 9),
        ]
        .into_iter()
        .enumerate()
        {
            let hour = i64::try_from(at).unwrap();
            let report = RunReport { parsed, snapshot, ..run(id, "p", hour, outcome) };
            one.put(&report, None).unwrap();
            one.put(
                &RunReport {
                    parsed,
                    snapshot: Some(2),
                    ..run(&format!("q {id}"), "q", hour, outcome)
                },
                None,
            )
            .unwrap();
        }
        let behind = |snapshot| two.run_behind("p", snapshot, None).unwrap().map(|run| run.run);
        assert_eq!(behind(2), None);
        for (snapshot, expected) in
            [(3, "again"), (4, "again"), (5, "part"), (6, "part"), (7, "newest"), (9, "newest")]
        {
            assert_eq!(behind(snapshot).as_deref(), Some(expected), "{snapshot}");
        }
    });
}

/// Of the looks in vain of a day the first and the last are kept; of a day that was seen from its
/// middle the last is the one before that.
#[test]
fn trial_p26_a_view_of_the_past_knows_the_last_look_of_then() {
    let mut pipeline = wsis_config::Deployment::embedded().unwrap().pipelines.remove(0);
    (pipeline.id, pipeline.release, pipeline.schedule) = ("p".to_owned(), None, None);
    let start: DateTime<Utc> = "2026-11-26T08:00:00Z".parse().unwrap();
    on_both(|one, two| {
        for at in 0..8 {
            let outcome = if at == 0 { Outcome::Committed } else { Outcome::Unchanged };
            let mut report = run(&format!("r{at}"), "p", 0, outcome);
            report.started = start + TimeDelta::minutes(at);
            report.ended = Some(report.started + TimeDelta::seconds(5));
            (report.new, report.snapshot) = (u64::from(at == 0), (at == 0).then_some(7));
            one.put(&report, None).unwrap();
        }
        for at in 0..8 {
            let until = start + TimeDelta::minutes(at) + TimeDelta::seconds(20);
            let runs = two.deciding_runs("p", start, Known::Until(until, None)).unwrap();
            let found = assess(&pipeline, &runs, until);
            assert_eq!(found.last_complete, Some(start + TimeDelta::minutes(at)), "{until}");
        }
        // A run that had not ended was not known, but for the one that made the snapshot.
        let known = |snapshot| Known::Until(start + TimeDelta::seconds(2), snapshot);
        assert_eq!(two.deciding_runs("p", start, known(None)).unwrap().len(), 0);
        assert_eq!(two.deciding_runs("p", start, known(Some(7))).unwrap().len(), 1);
    });
}
