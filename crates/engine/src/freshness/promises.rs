//! What became of each release date, announced or only expected here.

use chrono::{DateTime, Utc};
use wsis_model::pipeline::Pipeline;

use super::{arrivals, days, looked, releases};
use crate::ledger::{Promise, Verdict};
use crate::report::{Cause, RunReport};

/// Judges the releases of a pipeline that can be judged at an instant, from its runs, oldest
/// first. A release of before the first run is nobody's business here.
///
/// In doubt for the agency: figures found after the usual delay are late only if an earlier run,
/// also after the delay, had looked and not found them, or the source itself gives a late date.
/// A release that nobody here looked for in time is not held against anybody.
pub fn judge(pipeline: &Pipeline, runs: &[RunReport], now: DateTime<Utc>) -> Vec<Promise> {
    let (Some(release), Some(first)) = (&pipeline.release, runs.first()) else {
        return Vec::new();
    };
    let all = releases(release, now);
    let came = arrivals(release, &all, runs);
    all.into_iter()
        .zip(came)
        .filter(|(due, _)| *due >= first.started)
        .filter_map(|(due, came)| {
            let usual = due + days(release.lag_days);
            let deadline = due + days(release.deadline_days);
            let came = came.filter(|(there, _)| *there <= deadline);
            let (verdict, decided_at) = match came {
                Some((there, run)) => {
                    let looked_in_vain = runs
                        .iter()
                        .take_while(|earlier| earlier.run != run.run)
                        .any(|earlier| looked_well(earlier) && earlier.started > usual);
                    let says_late = run.source_updated.is_some_and(|day| day > usual.date_naive());
                    let late = there > usual && (looked_in_vain || says_late);
                    (if late { Verdict::Late } else { Verdict::Kept }, run.started)
                }
                None if now < deadline => return None,
                None => (in_vain(runs, (due, usual, deadline)), deadline),
            };
            Some(Promise {
                pipeline: pipeline.id.clone(),
                agency: pipeline.agency.clone(),
                due,
                basis: release.basis,
                verdict,
                decided_at,
                kept_at: came.map(|(there, _)| there),
                run: came.map(|(_, run)| run.run.clone()),
            })
        })
        .collect()
}

/// Why figures were not found by the deadline.
fn in_vain(
    runs: &[RunReport],
    (due, usual, deadline): (DateTime<Utc>, DateTime<Utc>, DateTime<Utc>),
) -> Verdict {
    let between = |from: DateTime<Utc>| {
        runs.iter().filter(move |run| run.started >= from && run.started <= deadline)
    };
    let is_down = |run: &RunReport| run.cause == Some(Cause::SourceDown);
    if between(usual).any(looked_well) {
        Verdict::Missed
    } else if between(due).any(is_down) {
        Verdict::SourceDown
    } else {
        Verdict::Unwatched
    }
}

/// Whether a run looked for a release, to the end.
fn looked_well(run: &RunReport) -> bool {
    run.outcome.is_complete() && looked(run)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::freshness::{State, Turn, assess};
    use crate::report::Outcome;
    use wsis_model::pipeline::{Basis, Release, Schedule};

    fn at(text: &str) -> DateTime<Utc> {
        format!("{text}T00:00:00Z").parse().unwrap()
    }

    /// The configuration checks names of states before there is an engine: one list, kept twice.
    #[test]
    fn the_states_are_those_that_an_alert_may_name() {
        assert_eq!(State::ALL.map(State::code), wsis_config::STATES);
    }

    /// Due on 1 July, usually there within 10 days, missed after 40; looked at every Monday.
    fn pipeline() -> Pipeline {
        let mut pipeline = wsis_config::Deployment::embedded().unwrap().pipelines.remove(0);
        pipeline.schedule = Some(Schedule::cron("0 6 * * MON", "UTC"));
        pipeline.release = Some(Release {
            schedule: Schedule::cron("0 0 1 7 *", "UTC"),
            lag_days: 10,
            deadline_days: 40,
            basis: Basis::Announced,
        });
        pipeline
    }

    /// The same dates, which nobody announced.
    fn assumed() -> Pipeline {
        let mut pipeline = pipeline();
        pipeline.release.as_mut().unwrap().basis = Basis::Assumed;
        pipeline
    }

    #[test]
    fn trial_h19_on_a_date_that_it_did_not_announce_no_agency_is_late() {
        let first = run("2026-06-15", Outcome::Committed, 9);
        let vain: Vec<RunReport> = (0..9)
            .map(|week| {
                let day = at("2026-06-22") + chrono::TimeDelta::days(7 * week);
                run(&day.format("%Y-%m-%d").to_string(), Outcome::Unchanged, 0)
            })
            .collect();
        let until = |day: &str| {
            let past = vain.iter().filter(|run| run.started <= at(day)).cloned();
            std::iter::once(first.clone()).chain(past).collect::<Vec<_>>()
        };
        for (day, state, turn) in [
            ("2026-07-05", State::Due, Turn::Nobody),
            // The day by which it was expected is over: overdue, had it been announced.
            ("2026-07-20", State::Due, Turn::Nobody),
            // So is the deadline: those who expected it ask, or correct the dates.
            ("2026-08-15", State::Expected, Turn::Deployment),
        ] {
            let found = assess(&assumed(), &until(day), at(day));
            assert_eq!((found.state, found.turn, found.basis), (state, turn, Some(Basis::Assumed)));
            assert!(found.reason.contains("announced none"), "{}", found.reason);
            for blame in ["promise", "overdue", "deadline", "missed", "late"] {
                assert!(!found.reason.contains(blame), "{}", found.reason);
            }
            let announced = assess(&pipeline(), &until(day), at(day));
            assert_eq!(announced.basis, Some(Basis::Announced));
            let blamed = [State::Overdue, State::Delinquent].contains(&announced.state);
            assert_eq!(blamed, day != "2026-07-05");
        }
        let judged = judge(&assumed(), &until("2026-08-15"), at("2026-08-15"));
        assert_eq!(judged.len(), 1);
        assert_eq!((judged[0].basis, judged[0].verdict), (Basis::Assumed, Verdict::Missed));
        let told = serde_json::to_value(&judged[0]).unwrap();
        assert_eq!(told["basis"], "assumed");
    }

    #[test]
    fn trial_r16_a_release_is_not_kept_by_the_one_before_it() {
        let mut monthly = pipeline();
        monthly.release = Some(Release {
            schedule: Schedule::cron("0 0 1 * *", "UTC"),
            lag_days: 45,
            deadline_days: 60,
            basis: Basis::Announced,
        });
        // Each release comes forty days after its date; that of March never does.
        let days: Vec<String> = (0..30)
            .map(|week| (at("2025-12-15") + chrono::TimeDelta::days(7 * week)).to_rfc3339())
            .map(|text| text[..10].to_owned())
            .collect();
        let news = ["2025-12-15", "2026-02-09", "2026-03-16", "2026-05-11", "2026-06-15"];
        let runs: Vec<RunReport> = days
            .iter()
            .map(|day| {
                if news.contains(&day.as_str()) {
                    run(day, Outcome::Committed, 3)
                } else {
                    run(day, Outcome::Unchanged, 0)
                }
            })
            .collect();
        let found: Vec<(String, Verdict, Option<String>)> =
            judge(&monthly, &runs, at("2026-07-05"))
                .into_iter()
                .map(|it| {
                    let there = it.kept_at.map(|at| at.format("%m-%d").to_string());
                    (it.due.format("%m-%d").to_string(), it.verdict, there)
                })
                .collect();
        let kept = |due: &str, there: &str| (due.into(), Verdict::Kept, Some(there.to_owned()));
        assert_eq!(
            found,
            [
                kept("01-01", "02-09"),
                kept("02-01", "03-16"),
                ("03-01".into(), Verdict::Missed, None),
                kept("04-01", "05-11"),
                kept("05-01", "06-15"),
            ]
        );
    }

    /// The first load, of 1 August, was told as the early arrival of the release of 15 August; and of 1 June
    /// as that of 15 July, whose own, of 4 August, then kept the next.
    #[test]
    fn trial_r16_the_first_figures_of_all_are_no_release_that_came_early() {
        let mut monthly = pipeline();
        monthly.release = Some(Release {
            schedule: Schedule::cron("0 0 15 * *", "UTC"),
            lag_days: 45,
            deadline_days: 60,
            basis: Basis::Announced,
        });
        let judged = |news: &[&str], now: &str| -> Vec<(String, Verdict, Option<String>)> {
            let begin = at(news[0]);
            let weeks = (0..40).map(|week| begin + chrono::TimeDelta::days(7 * week));
            let mut runs: Vec<RunReport> = weeks
                .filter(|day| *day > begin && *day < at(now))
                .map(|day| run(&day.to_rfc3339()[..10], Outcome::Unchanged, 0))
                .collect();
            runs.extend(news.iter().map(|day| run(day, Outcome::Committed, 3)));
            runs.sort_by_key(|run| run.started);
            let found = judge(&monthly, &runs, at(now));
            let of = |it: &Promise| it.due.format("%m-%d").to_string();
            let there = |it: &Promise| it.kept_at.map(|at| at.format("%m-%d").to_string());
            found.iter().map(|it| (of(it), it.verdict, there(it))).collect()
        };
        let missed = |due: &str| (due.to_owned(), Verdict::Missed, None);
        assert_eq!(judged(&["2026-08-01"], "2026-10-20"), [missed("08-15")]);
        let kept = ("07-15".to_owned(), Verdict::Kept, Some("08-04".to_owned()));
        let two = judged(&["2026-07-01", "2026-08-04"], "2026-10-20");
        assert_eq!(two, [kept, missed("08-15")]);
    }

    fn run(day: &str, outcome: Outcome, new: u64) -> RunReport {
        let mut run = RunReport::started(day.to_owned(), "p".to_owned(), at(day));
        (run.outcome, run.new, run.requests) = (outcome, new, 1);
        if outcome == Outcome::Failed {
            run.cause = Some(Cause::SourceDown);
            run.error = Some("connection refused".to_owned());
        }
        run
    }

    fn verdicts(runs: &[RunReport], now: &str) -> Vec<(Verdict, String)> {
        judge(&pipeline(), runs, at(now))
            .into_iter()
            .map(|it| (it.verdict, it.decided_at.format("%m-%d").to_string()))
            .collect()
    }

    #[test]
    fn trial_a11_a_first_load_is_no_arrival_of_a_release() {
        // The release of 1 July lies before the first look of 15 July.
        let mut first = run("2026-07-15", Outcome::Committed, 9);
        let told = |runs: &[RunReport], pipeline: &Pipeline| {
            let found = assess(pipeline, runs, at("2026-07-16"));
            (found.state, found.turn, found.reason)
        };
        for pipeline in [pipeline(), assumed()] {
            let (state, turn, reason) = told(std::slice::from_ref(&first), &pipeline);
            assert_eq!((state, turn), (State::Due, Turn::Nobody), "{reason}");
            assert!(reason.contains("first loaded on 2026-07-15"), "{reason}");
            assert!(reason.contains("is not known"), "{reason}");
        }
        // First looked at long after the deadline: nothing is waited for, and still nobody knows.
        let late = run("2026-12-20", Outcome::Committed, 9);
        let found = assess(&pipeline(), std::slice::from_ref(&late), at("2026-12-21"));
        assert_eq!(found.state, State::Fresh, "{}", found.reason);
        assert!(
            found.reason.contains("is not known; its deadline was over then"),
            "{}",
            found.reason
        );
        // A date of the source itself says that the release is there, or that it is not.
        first.source_updated = Some(at("2026-07-02").date_naive());
        let (state, _, reason) = told(std::slice::from_ref(&first), &pipeline());
        assert_eq!(state, State::Fresh);
        assert!(reason.contains("the source was updated on 2026-07-02"), "{reason}");
        first.source_updated = Some(at("2026-03-02").date_naive());
        let (state, turn, _) = told(&[first], &pipeline());
        assert_eq!((state, turn), (State::Overdue, Turn::Agency));
    }

    #[test]
    fn a_promise_is_kept_late_missed_or_nobodys_fault() {
        use Outcome::{Committed, Failed, Unchanged};
        let first = run("2026-05-04", Committed, 9);
        let told = |rest: &[RunReport], now: &str| {
            verdicts(&[std::slice::from_ref(&first), rest].concat(), now)
        };
        let is = |verdict, day: &str| vec![(verdict, day.to_owned())];
        let (early, usual) = (run("2026-06-29", Committed, 1), run("2026-07-06", Committed, 1));
        assert_eq!(told(&[early], "2026-07-01"), is(Verdict::Kept, "06-29"));
        assert_eq!(told(&[usual], "2026-07-07"), is(Verdict::Kept, "07-06"));
        let vain = [run("2026-07-13", Unchanged, 0), run("2026-07-20", Unchanged, 0)];
        assert_eq!(told(&vain, "2026-08-09"), []);
        assert_eq!(told(&vain, "2026-08-10"), is(Verdict::Missed, "08-10"));
        let late = run("2026-07-27", Committed, 1);
        let looked = [vain[0].clone(), late.clone()];
        assert_eq!(told(&looked, "2026-07-28"), is(Verdict::Late, "07-27"));
        // Nobody had looked between the usual day and then: in doubt for the agency.
        assert_eq!(told(std::slice::from_ref(&late), "2026-07-28"), is(Verdict::Kept, "07-27"));
        let dated = RunReport { source_updated: "2026-07-25".parse().ok(), ..late };
        assert_eq!(told(&[dated], "2026-07-28"), is(Verdict::Late, "07-27"));
        let down = [run("2026-07-06", Failed, 0), run("2026-07-20", Failed, 0)];
        assert_eq!(told(&down, "2026-09-01"), is(Verdict::SourceDown, "08-10"));
        assert_eq!(told(&[], "2026-09-01"), is(Verdict::Unwatched, "08-10"));
        // What comes after the deadline does not mend it.
        let after = [vain[0].clone(), run("2026-08-17", Committed, 5)];
        assert_eq!(told(&after, "2026-09-01"), is(Verdict::Missed, "08-10"));
        assert_eq!(verdicts(&[run("2026-07-06", Committed, 9)], "2026-09-01"), []);
    }

    #[test]
    fn r14_r15_without_new_data_a_pipeline_becomes_late_and_names_its_owner() {
        let state = |runs: &[RunReport], now: &str| {
            let found = assess(&pipeline(), runs, at(now));
            let since = found.since.map(|since| since.format("%m-%d").to_string());
            (found.state, found.turn, since.unwrap_or_default())
        };
        let first = run("2026-06-15", Outcome::Committed, 9);
        let mut runs = vec![first];
        let is = |state, turn, since: &str| (state, turn, since.to_owned());
        assert_eq!(state(&[], "2026-06-15"), is(State::Due, Turn::Deployment, ""));
        let mut day = at("2026-06-22");
        let mut seen = Vec::new();
        for _ in 0..9 {
            let text = day.format("%Y-%m-%d").to_string();
            runs.push(run(&text, Outcome::Unchanged, 0));
            seen.push(state(&runs, &text).0);
            day += chrono::TimeDelta::days(7);
        }
        let seen: Vec<&str> = seen.into_iter().map(State::code).collect();
        assert_eq!(
            seen.join(" "),
            "fresh fresh due overdue overdue overdue overdue delinquent delinquent"
        );
        assert_eq!(state(&runs, "2026-07-12"), is(State::Overdue, Turn::Agency, "07-11"));
        assert_eq!(state(&runs, "2026-08-18"), is(State::Delinquent, Turn::Agency, "08-10"));
        assert_eq!(assess(&pipeline(), &runs, at("2026-08-18")).agency, pipeline().agency);
        runs.push(run("2026-08-20", Outcome::Committed, 3));
        assert_eq!(state(&runs, "2026-08-21"), is(State::Fresh, Turn::Nobody, "08-20"));
        // Nobody looks any more.
        assert_eq!(state(&runs, "2026-09-14"), is(State::Overdue, Turn::Deployment, "08-31"));
    }

    /// A hand's `ingest --offline`, a backfill and a re-decode of the archive do not look for a
    /// release: none of them may tell that an agency missed one, that one came, or that a source
    /// that could not be reached can be reached again.
    #[test]
    fn runs_that_ask_for_no_release_say_nothing_of_one() {
        let offline = RunReport { requests: 0, ..run("2026-07-20", Outcome::Unchanged, 0) };
        let years = Some((1990, 1999));
        let backfill = RunReport { years, ..run("2026-07-20", Outcome::Committed, 900) };
        let replay_of = Some("2026-06-01".to_owned());
        let redecode = RunReport { replay_of, ..run("2026-07-20", Outcome::Committed, 5) };
        let first = run("2026-06-01", Outcome::Committed, 9);
        let reread = RunReport { reread: true, ..run("2026-07-20", Outcome::Committed, 5) };
        let runs = [first.clone(), reread];
        assert_eq!(verdicts(&runs, "2026-07-21"), [], "read anew, and nothing new");
        assert_eq!(assess(&pipeline(), &runs, at("2026-07-21")).last_news, Some(first.started));
        for other in [offline, backfill, redecode] {
            let runs = [first.clone(), other.clone()];
            assert_eq!(verdicts(&runs, "2026-08-20"), [(Verdict::Unwatched, "08-10".to_owned())]);
            let found = run("2026-07-27", Outcome::Committed, 3);
            let runs = [first.clone(), other.clone(), found];
            assert_eq!(verdicts(&runs, "2026-08-20"), [(Verdict::Kept, "07-27".to_owned())]);

            let down = run("2026-07-13", Outcome::Failed, 0);
            let found =
                assess(&pipeline(), &[first.clone(), down, other.clone()], at("2026-07-21"));
            let asks = other.years.is_some();
            assert_eq!(found.state == State::SourceDown, !asks, "{}", found.reason);
        }
    }

    /// What a gate held is the source's news, and comes when somebody accepts it.
    #[test]
    fn a_delivery_that_was_held_and_then_accepted_is_news() {
        let first = run("2026-06-01", Outcome::Committed, 9);
        let held = run("2026-07-06", Outcome::Held, 0);
        let replay_of = Some(held.run.clone());
        let accepted = RunReport { replay_of, ..run("2026-07-08", Outcome::Committed, 5) };
        let again = run("2026-07-13", Outcome::Unchanged, 0);
        let runs = [first, held, accepted, again];
        assert_eq!(verdicts(&runs, "2026-08-20"), [(Verdict::Kept, "07-08".to_owned())]);
    }

    /// Received in time, and taken in long after because of us: the agency was not late.
    #[test]
    fn what_we_kept_out_for_long_was_there_when_it_was_received() {
        for outcome in [Outcome::Held, Outcome::Failed] {
            let first = run("2026-06-01", Outcome::Committed, 9);
            let kept_out = RunReport { cause: None, ..run("2026-07-06", outcome, 0) };
            let looked = run("2026-07-13", Outcome::Unchanged, 0);
            let replay_of = Some(kept_out.run.clone());
            let taken = RunReport { replay_of, ..run("2026-07-20", Outcome::Committed, 5) };
            let runs = [first, kept_out, looked, taken];
            let kept = [(Verdict::Kept, "07-20".to_owned())];
            assert_eq!(verdicts(&runs, "2026-08-20"), kept, "{outcome:?}");
            let told = judge(&pipeline(), &runs, at("2026-08-20"));
            assert_eq!(told[0].kept_at, Some(at("2026-07-06")), "{outcome:?}");
        }
    }

    /// The release was received, our process died while it was decoded, and `ingest --offline` took it
    /// in: the agency was said for ever to have missed it.
    #[test]
    fn trial_p96_what_the_death_of_our_process_kept_out_was_there() {
        let first = run("2026-06-01", Outcome::Committed, 9);
        let died = RunReport { cause: None, ..run("2026-07-06", Outcome::Interrupted, 0) };
        let replay_of = Some(died.run.clone());
        let taken = RunReport { replay_of, ..run("2026-07-07", Outcome::Committed, 5) };
        let looked = run("2026-07-13", Outcome::Unchanged, 0);
        let runs = [first, died, taken, looked];
        assert_eq!(verdicts(&runs, "2026-08-20"), [(Verdict::Kept, "07-07".to_owned())]);
        let told = judge(&pipeline(), &runs, at("2026-08-20"));
        assert_eq!(told[0].kept_at, Some(at("2026-07-06")));
    }

    #[test]
    fn failing_runs_are_told_from_a_source_that_is_down_or_moved() {
        let state = |cause, outcome| {
            let good = run("2026-07-06", Outcome::Committed, 9);
            let mut bad = run("2026-07-13", Outcome::Failed, 0);
            let mut last = run("2026-07-20", outcome, 0);
            (bad.cause, last.cause) = (Some(cause), Some(cause));
            let stopped = run("2026-07-21", Outcome::Cancelled, 0);
            let found = assess(&pipeline(), &[good, bad, last, stopped], at("2026-07-21"));
            assert_eq!(found.since, Some(at("2026-07-13")), "since the first of them");
            (found.state, found.turn)
        };
        let down = state(Cause::SourceDown, Outcome::Failed);
        assert_eq!(down, (State::SourceDown, Turn::Agency));
        let moved = state(Cause::SourceMoved, Outcome::Failed);
        assert_eq!(moved, (State::SourceMoved, Turn::Deployment));
        for (cause, outcome) in [
            (Cause::Gate, Outcome::Held),
            (Cause::Content, Outcome::Partial),
            (Cause::Storage, Outcome::Failed),
        ] {
            assert_eq!(state(cause, outcome), (State::Failing, Turn::Deployment));
        }
    }
}
