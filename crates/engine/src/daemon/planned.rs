//! What the dispatcher knows of a pipeline.

use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use wsis_config::schedule::{ScheduleError, Timetable};
use wsis_model::pipeline::{Misfire, Pipeline, When};

use super::due::jitter;

/// Most ticks dealt with at one time; more follow at once. A job of every second that nobody was
/// there for a day has fewer.
const AT_ONE_TIME: usize = 100_000;

/// A pipeline with its schedule, ready to be asked.
#[derive(Debug, Clone)]
pub(super) struct Planned {
    pub(super) id: String,
    /// Schedule and zone as text: what changes when the schedule does.
    pub(super) line: String,
    timetable: Timetable,
    /// Runs after this pipeline instead of by time.
    pub(super) after: Option<String>,
    pub(super) misfire: Misfire,
    jitter_s: u64,
    /// The host that is asked.
    pub(super) host: String,
}

impl Planned {
    /// The plan of a pipeline; none for one that is run by hand only.
    pub(super) fn of(pipeline: &Arc<Pipeline>) -> Result<Option<Self>, ScheduleError> {
        let Some(schedule) = &pipeline.schedule else { return Ok(None) };
        let host = pipeline.base_url.parse::<url::Url>().ok();
        let host = host.and_then(|url| url.host_str().map(str::to_owned)).unwrap_or_default();
        let after = match &schedule.when {
            When::After(other) => Some(other.clone()),
            _ => None,
        };
        let timetable = Timetable::new(schedule)?;
        // Before the next tick comes, with half of the time between them left for the run.
        let gap = timetable.shortest_gap().map(|gap| gap.num_seconds() / 2);
        let room = gap.and_then(|gap| u64::try_from(gap).ok()).unwrap_or(u64::MAX);
        Ok(Some(Self {
            id: pipeline.id.clone(),
            line: schedule.text(),
            timetable,
            after,
            misfire: schedule.misfire,
            jitter_s: schedule.jitter_s.min(room),
            host,
        }))
    }

    /// The first tick later than an instant, and when it is to run.
    pub(super) fn next(&self, after: DateTime<Utc>) -> Option<(DateTime<Utc>, DateTime<Utc>)> {
        let tick = self.timetable.next_after(after)?;
        Some((tick, self.fires(tick)))
    }

    /// When a tick is to run.
    fn fires(&self, tick: DateTime<Utc>) -> DateTime<Utc> {
        tick + jitter(&self.id, tick, self.jitter_s)
    }

    /// Ticks later than `after` that are to run by `now`, in order.
    pub(super) fn due(&self, after: DateTime<Utc>, now: DateTime<Utc>) -> Vec<DateTime<Utc>> {
        // Of those that all run only the first is needed.
        let limit = if self.misfire == Misfire::All { 1 } else { AT_ONE_TIME };
        let mut due = self.timetable.between(after, now, limit);
        // Only the end can be still to come: what lies further back than the jitter is due.
        while due.last().is_some_and(|tick| self.fires(*tick) > now) {
            due.pop();
        }
        due
    }

    /// How late a tick may be to count as on time.
    pub(super) fn grace(&self, grace: TimeDelta) -> TimeDelta {
        grace + TimeDelta::seconds(i64::try_from(self.jitter_s).unwrap_or(0))
    }
}
