//! How fresh the data of each pipeline are, whose turn it is, and what became of the promises of
//! agencies. Pure functions of the ledger's runs and an instant: no clock is read here (R15).

mod promises;
mod state;

pub use promises::judge;
pub use state::{Freshness, State, Turn, assess};

use chrono::{DateTime, Days, TimeDelta, Utc};
use serde::Serialize as _;
use wsis_config::schedule::Timetable;
use wsis_model::pipeline::{Basis, Release};

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

/// Whether a run asked the source itself. One that read the archive, or found nothing in it to
/// read, says nothing of the source.
fn asked(run: &RunReport) -> bool {
    run.replay_of.is_none() && run.requests > 0
}

/// Whether a run looked for what a pipeline is to bring: it asked the source, and not for other
/// years (a backfill), in which no release can be found.
fn looked(run: &RunReport) -> bool {
    asked(run) && run.years.is_none()
}

/// Runs that brought figures of the source, in order. What a new reading of the archive changes is
/// ours, and so is what changes although the source sent the very bodies that had landed before (a
/// mapping was corrected, a decoder mended). But what a gate held, or a failure or the death of our
/// process kept out, comes with the replay that takes it in; and in a ledger that begins with a replay, it is the replay
/// that tells what there is.
fn figures(runs: &[RunReport]) -> impl DoubleEndedIterator<Item = &RunReport> {
    let first_look = runs.iter().position(looked).unwrap_or(runs.len());
    let kept_out = |of: &String| runs.iter().any(|run| run.run == *of && run.outcome.kept_out());
    let brings = move |run: &&RunReport| match &run.replay_of {
        None => asked(run) && !run.reread,
        Some(of) => kept_out(of),
    };
    let asks = runs.iter().skip(first_look).filter(brings);
    runs.iter().take(first_look).chain(asks).filter(|run| brought_news(run))
}

/// Runs that brought what may be of a release, in order. Old years filled in are of none.
fn news(runs: &[RunReport]) -> impl Iterator<Item = &RunReport> {
    figures(runs).filter(|run| run.years.is_none())
}

/// The run that brought the figures of a release, and when they were there: the date of the
/// source itself where it gives one, else the start of the run.
pub(crate) type Arrival<'a> = (DateTime<Utc>, &'a RunReport);

/// For each release date, in order, the run that brought its figures, if one has. `runs` are
/// oldest first.
///
/// Figures that come a little early count: up to the usual delay, and no more than half of the time
/// since the release before. What a run brought belongs to one release only, and to the earliest
/// one that still waits for it, so that a release with a delay as long as its period is not kept by
/// the one before it (R16). Releases of before the first run are no part of this: what that run
/// found belongs to all of them. The first figures of all tell what there was, and not that the next
/// release came early, unless the source dates them.
fn arrivals<'a>(
    release: &Release,
    due: &[DateTime<Utc>],
    runs: &'a [RunReport],
) -> Vec<Option<Arrival<'a>>> {
    let news: Vec<Arrival<'_>> = news(runs).map(|run| (there(run, runs), run)).collect();
    let from = |at: usize| {
        let due_at = due.get(at)?;
        let gap = at.checked_sub(1).and_then(|before| due.get(before)).map(|it| *due_at - *it);
        let early = days(release.lag_days);
        Some(*due_at - gap.map_or(early, |gap| early.min(gap / 2)))
    };
    let first = runs.first().map(|run| run.started);
    let first_news = news.first().map(|(_, run)| &run.run);
    let mut rest = news.as_slice();
    let mut found = Vec::with_capacity(due.len());
    for (at, due_at) in due.iter().enumerate() {
        let Some(from_here) = from(at) else { break };
        let deadline = *due_at + days(release.deadline_days);
        let from_next = from(at + 1);
        let tells = |(there, run): &Arrival<'_>| {
            *there >= *due_at || dated(run) || first_news.is_none_or(|first| run.run != *first)
        };
        let is_of_this = |came: &Arrival<'_>| {
            let (there, _) = came;
            tells(came)
                && *there >= from_here
                && (*there <= deadline || from_next.is_none_or(|next| *there < next))
        };
        let place = rest.iter().position(is_of_this);
        found.push(place.and_then(|place| rest.get(place)).copied());
        if first.is_some_and(|first| *due_at >= first)
            && let Some(place) = place
        {
            rest = rest.get(place + 1..).unwrap_or_default();
        }
    }
    found
}

/// When the figures of a run were there. What was kept out here (held, or not understood) was there
/// when it was received: that we took it in later is not the agency's delay.
fn there(run: &RunReport, runs: &[RunReport]) -> DateTime<Utc> {
    let received = || {
        let of = run.replay_of.as_ref()?;
        runs.iter().find(|run| run.run == *of).map(|run| run.started)
    };
    updated(run).or_else(received).unwrap_or(run.started)
}

/// Whether the source itself says when the figures of a run were released.
fn dated(run: &RunReport) -> bool {
    updated(run).is_some()
}

fn updated(run: &RunReport) -> Option<DateTime<Utc>> {
    let updated = run.source_updated?.and_time(chrono::NaiveTime::MIN).and_utc();
    (updated <= run.started).then_some(updated)
}

/// A basis by its name.
#[expect(
    clippy::ref_option,
    clippy::trivially_copy_pass_by_ref,
    reason = "serde hands over a reference to the field"
)]
pub(crate) fn basis_code<S: serde::Serializer>(
    basis: &Option<Basis>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    basis.map(Basis::code).serialize(serializer)
}
