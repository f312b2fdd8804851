//! How fresh the data of each pipeline are, whose turn it is, and what became of the promises of
//! agencies. Pure functions of the ledger's runs and an instant: no clock is read here (R15).

mod promises;
mod state;

pub use promises::judge;
pub use state::{Freshness, State, Turn, assess};

use chrono::{DateTime, Days, TimeDelta, Utc};
use wsis_config::schedule::Timetable;
use wsis_model::pipeline::{Pipeline, Release};

use crate::report::{Outcome, RunReport};

/// How far back releases are looked for: surveys come out every second or third year.
pub(crate) const LOOK_BACK: Days = Days::new(5 * 366);

/// Dates of releases no later than an instant, in order, within the years that are looked at.
fn releases(release: &Release, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
    let Some(from) = now.checked_sub_days(LOOK_BACK) else { return Vec::new() };
    // A checked deployment has no other schedules.
    let timetable = Timetable::new(&release.schedule).ok();
    timetable.map(|it| it.between(from, now, usize::MAX)).unwrap_or_default()
}

fn days(days: u32) -> TimeDelta {
    TimeDelta::days(i64::from(days))
}

/// Whether a run brought figures that the lake did not have.
fn brought_news(run: &RunReport) -> bool {
    matches!(run.outcome, Outcome::Committed | Outcome::Partial) && run.new + run.changed > 0
}

/// The first run that brought the figures of a release, and when they were there: the date of
/// the source itself where it gives one, else the start of the run. Figures that come a little
/// early, up to the usual delay, count.
fn arrival<'a>(
    pipeline: &Pipeline,
    due: DateTime<Utc>,
    runs: &'a [RunReport],
) -> Option<(DateTime<Utc>, &'a RunReport)> {
    let early = pipeline.release.as_ref().map_or(TimeDelta::zero(), |it| days(it.lag_days));
    let from = due - early;
    runs.iter().filter(|run| brought_news(run)).find_map(|run| {
        let updated = run.source_updated.map(|day| day.and_time(chrono::NaiveTime::MIN).and_utc());
        let there = updated.filter(|updated| *updated <= run.started).unwrap_or(run.started);
        (there >= from).then_some((there, run))
    })
}
