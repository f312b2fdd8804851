//! The state of a pipeline.

use chrono::{DateTime, TimeDelta, Utc};
use serde::{Deserialize, Serialize};
use wsis_config::schedule::Timetable;
use wsis_model::pipeline::{Basis, Pipeline, Release};

use super::{Arrival, arrivals, asked, dated, days, figures, looked, releases};
use crate::report::{Cause, Outcome, RunReport};

/// State of a pipeline, from what is well to what is worst for the data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Nothing is waited for. Of a first load that does not say that the release before it is in the
    /// figures; the reason tells where it is not known.
    Fresh,
    /// A release is expected; the usual delay is not over.
    Due,
    /// What was expected here, on a date that the agency has not announced, is not there.
    Expected,
    /// The usual delay after a date that was announced is over, or nobody has looked for long.
    Overdue,
    /// The deadline after a date that was announced is over.
    Delinquent,
    /// Runs fail for a reason that somebody here must see to.
    Failing,
    /// The source cannot be reached.
    SourceDown,
    /// The source is no longer where it was.
    SourceMoved,
}

impl State {
    /// Every state.
    pub const ALL: [Self; 8] = [
        Self::Fresh,
        Self::Due,
        Self::Expected,
        Self::Overdue,
        Self::Delinquent,
        Self::Failing,
        Self::SourceDown,
        Self::SourceMoved,
    ];

    /// Stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Fresh => "fresh",
            Self::Due => "due",
            Self::Expected => "expected",
            Self::Overdue => "overdue",
            Self::Delinquent => "delinquent",
            Self::Failing => "failing",
            Self::SourceDown => "source_down",
            Self::SourceMoved => "source_moved",
        }
    }

    /// Whether nobody need do anything.
    pub const fn is_well(self) -> bool {
        matches!(self, Self::Fresh | Self::Due)
    }
}

/// Who must do something next.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Turn {
    /// Nobody.
    Nobody,
    /// The agency that answers for the data.
    Agency,
    /// Those who run this deployment.
    Deployment,
}

impl Turn {
    /// Stable name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Agency => "agency",
            Self::Deployment => "deployment",
        }
    }
}

/// How fresh the data of a pipeline are.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Freshness {
    /// Pipeline id.
    pub pipeline: String,
    /// Id of the agency that answers for the data.
    pub agency: String,
    /// The state.
    pub state: State,
    /// Since when it is so; none when it was never otherwise.
    pub since: Option<DateTime<Utc>>,
    /// Whose turn it is.
    pub turn: Turn,
    /// Why, in a sentence.
    pub reason: String,
    /// Start of the last run with the whole delivery in the lake.
    pub last_complete: Option<DateTime<Utc>>,
    /// Start of the last run that brought figures of the source (not of our reading it anew).
    pub last_news: Option<DateTime<Utc>>,
    /// The release that the state is about.
    pub release: Option<DateTime<Utc>>,
    /// Whether the agency has announced its date (`announced`) or it is only expected here
    /// (`assumed`).
    #[serde(serialize_with = "super::basis_code")]
    pub basis: Option<Basis>,
    /// The run that the state is about.
    pub run: Option<String>,
}

/// A pipeline without a release is looked after when this many of its ticks have passed without
/// a run.
const TICKS_MISSED: usize = 2;

/// Assesses a pipeline from its runs, oldest first, at an instant.
pub fn assess(pipeline: &Pipeline, runs: &[RunReport], now: DateTime<Utc>) -> Freshness {
    let complete = runs.iter().rev().find(|run| run.outcome.is_complete());
    let seen = runs.iter().rev().find(|run| run.outcome.is_complete() && looked(run)).or(complete);
    let mut found = Freshness {
        pipeline: pipeline.id.clone(),
        agency: pipeline.agency.clone(),
        state: State::Fresh,
        since: None,
        turn: Turn::Nobody,
        reason: String::new(),
        last_complete: complete.map(|run| run.started),
        last_news: figures(runs).next_back().map(|run| run.started),
        release: None,
        basis: None,
        run: complete.map(|run| run.run.clone()),
    };
    if failing(&mut found, runs) {
        return found;
    }
    if !unseen(&mut found, pipeline, seen.map(|run| run.started), now) {
        awaited(&mut found, pipeline, runs, now);
    }
    found
}

/// Enough to know what it is about; the run itself tells all of it.
fn shortened(why: &str) -> String {
    const LONGEST: usize = 240;
    match why.char_indices().nth(LONGEST) {
        None => why.to_owned(),
        Some((end, _)) => format!("{}…", why.get(..end).unwrap_or(why)),
    }
}

/// Whether the last run that came to an end of its own did not end well. Of a source that could not
/// be reached, only a run that asks it can say that it can be reached again.
fn failing(found: &mut Freshness, runs: &[RunReport]) -> bool {
    let told = |run: &&RunReport| {
        !matches!(run.outcome, Outcome::Running | Outcome::Cancelled | Outcome::Interrupted)
    };
    let last_asked = runs.iter().rev().filter(told).find(|run| asked(run));
    let is_away = last_asked.is_some_and(|run| {
        matches!(run.cause, Some(Cause::SourceDown | Cause::SourceMoved))
            && !run.outcome.is_complete()
    });
    let bad: Vec<&RunReport> = runs
        .iter()
        .rev()
        .filter(told)
        .filter(|run| asked(run) || !is_away || !run.outcome.is_complete())
        .take_while(|run| !run.outcome.is_complete())
        .collect();
    let (Some(last), Some(first)) = (bad.first(), bad.last()) else { return false };
    (found.state, found.turn) = match last.cause {
        Some(Cause::SourceDown) => (State::SourceDown, Turn::Agency),
        Some(Cause::SourceMoved) => (State::SourceMoved, Turn::Deployment),
        _ => (State::Failing, Turn::Deployment),
    };
    found.since = Some(first.started);
    found.run = Some(last.run.clone());
    let why = shortened(last.error.as_deref().unwrap_or("no reason was given"));
    let outcome = last.outcome.code();
    found.reason = match bad.len() {
        1 => format!("the last run is {outcome}: {why}"),
        runs => format!("{runs} runs in a row did not end well, the last is {outcome}: {why}"),
    };
    true
}

/// Whether nobody has looked: never, or not for ticks on end.
fn unseen(
    found: &mut Freshness,
    pipeline: &Pipeline,
    last: Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> bool {
    let Some(last) = last else {
        found.state = State::Due;
        found.turn = Turn::Deployment;
        "it was never run".clone_into(&mut found.reason);
        return true;
    };
    let timetable = pipeline.schedule.as_ref().and_then(|it| Timetable::new(it).ok());
    let passed = timetable.map(|it| it.between(last, now, TICKS_MISSED)).unwrap_or_default();
    let Some(since) = passed.get(TICKS_MISSED - 1) else { return false };
    // The last of them is given an hour, and its jitter, to be run.
    let jitter = pipeline.schedule.as_ref().map_or(0, |it| it.jitter_s);
    let patience = TimeDelta::hours(1) + TimeDelta::seconds(i64::try_from(jitter).unwrap_or(0));
    if now - *since < patience {
        return false;
    }
    found.state = State::Overdue;
    found.turn = Turn::Deployment;
    found.since = Some(*since);
    "nobody has looked for two of its ticks: the daemon may not be running"
        .clone_into(&mut found.reason);
    true
}

/// What its agency has announced, or what is expected of it.
fn awaited(found: &mut Freshness, pipeline: &Pipeline, runs: &[RunReport], now: DateTime<Utc>) {
    found.since = found.last_news;
    let Some(release) = &pipeline.release else {
        "no release date is declared".clone_into(&mut found.reason);
        return;
    };
    found.basis = Some(release.basis);
    let all = releases(release, now);
    let Some(due) = all.last().copied() else {
        "no release was due yet".clone_into(&mut found.reason);
        return;
    };
    found.release = Some(due);
    if let Some((there, run)) = arrivals(release, &all, runs).pop().flatten() {
        if !dated(run) && runs.first().is_some_and(|first| due < first.started) {
            first_loaded(found, (release, due), run);
        } else {
            arrived(found, (release.basis, due), (there, run));
        }
        return;
    }
    match release.basis {
        Basis::Announced => announced(found, release, due, now),
        Basis::Assumed => expected(found, release, due, now),
    }
}

/// What was there when this deployment first looked is of any release up to then: which one, only a
/// date of the source itself could tell. A release whose deadline was over by then is waited for no
/// more.
fn first_loaded(found: &mut Freshness, (release, due): (&Release, DateTime<Utc>), run: &RunReport) {
    found.run = Some(run.run.clone());
    let waits = run.started < due + days(release.deadline_days);
    (found.state, found.since) =
        if waits { (State::Due, Some(due)) } else { (State::Fresh, Some(run.started)) };
    let over =
        if waits { "" } else { "; its deadline was over then, and it is waited for no more" };
    let (due, loaded) = (day(due), day(run.started));
    let release = match release.basis {
        Basis::Announced => format!("the release announced for {due}"),
        Basis::Assumed => format!("the release that we expected from {due} on"),
    };
    found.reason = format!(
        "figures were first loaded on {loaded}; the source gives no date, so whether {release} is \
         in them is not known{over}"
    );
}

fn arrived(found: &mut Freshness, (basis, due): (Basis, DateTime<Utc>), (there, run): Arrival<'_>) {
    found.since = Some(run.started);
    found.run = Some(run.run.clone());
    let (due, there) = (day(due), day(there));
    found.reason = match (basis, dated(run)) {
        (Basis::Announced, true) => {
            format!("the release announced for {due} is there: the source was updated on {there}")
        }
        (Basis::Announced, false) => {
            format!("new figures came on {there}, the first for the release announced for {due}")
        }
        (Basis::Assumed, true) => {
            format!("the source was updated on {there}; we expected that from {due} on")
        }
        (Basis::Assumed, false) => {
            format!("new figures came on {there}; we expected some from {due} on")
        }
    };
}

/// A date that the agency has announced: it is its turn when the usual delay is over.
fn announced(found: &mut Freshness, release: &Release, due: DateTime<Utc>, now: DateTime<Utc>) {
    let (usual, deadline) = (due + days(release.lag_days), due + days(release.deadline_days));
    let (due_day, usual_day, deadline_day) = (day(due), day(usual), day(deadline));
    (found.state, found.turn, found.since, found.reason) = if now < usual {
        let reason = format!("the release of {due_day} is expected by {usual_day}");
        (State::Due, Turn::Nobody, Some(due), reason)
    } else if now < deadline {
        let reason = format!(
            "the release announced for {due_day} was expected by {usual_day}; its deadline is \
             {deadline_day}"
        );
        (State::Overdue, Turn::Agency, Some(usual), reason)
    } else {
        let reason = format!(
            "the release announced for {due_day} was not there by its deadline, {deadline_day}"
        );
        (State::Delinquent, Turn::Agency, Some(deadline), reason)
    };
}

/// A date that is only expected here is nobody's promise: when nothing comes for long, it is for
/// those who expected it to ask the agency, or to correct the date.
fn expected(found: &mut Freshness, release: &Release, due: DateTime<Utc>, now: DateTime<Utc>) {
    let (usual, last) = (due + days(release.lag_days), due + days(release.deadline_days));
    let (due_day, usual_day) = (day(due), day(usual));
    (found.state, found.turn, found.since, found.reason) = if now < last {
        let verb = if now < usual { "expect" } else { "expected" };
        let reason = format!(
            "we {verb} figures from {due_day} on, by {usual_day}; the agency has announced none of \
             these dates"
        );
        (State::Due, Turn::Nobody, Some(due), reason)
    } else {
        let reason = format!(
            "we expected figures from {due_day} on, by {usual_day}, and none have come; the agency \
             has announced none of these dates: ask it, or correct `[release]` of the pipeline"
        );
        (State::Expected, Turn::Deployment, Some(last), reason)
    };
}

fn day(at: DateTime<Utc>) -> impl std::fmt::Display {
    at.format("%Y-%m-%d")
}
