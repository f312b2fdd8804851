//! When a pipeline runs: a cron line or a calendar on the clock of a place, resolved to instants.
//!
//! The line is evaluated by crate `cron` on a civil clock typed as UTC, which has neither gaps nor
//! repeated hours; each civil time is then resolved in its zone:
//!
//! - a time that the clock jumps over runs at the first instant after the gap, so no day is lost;
//! - a time that comes twice runs the first time only;
//! - a line whose hour field is `*` counts elapsed time instead: it runs in both passes of a
//!   repeated hour and does not bunch up after a gap (T5);
//! - the next run is always later than the given instant.
//!
//! Accepted are five fields (minute, hour, day of month, month, day of week), six with seconds in
//! front, and `@hourly`, `@daily`, `@weekly`, `@monthly`, `@yearly`. Days of the week are names or
//! POSIX numbers (0 and 7 are Sunday, 1 is Monday: T7). Day of month and day of week together are
//! refused: POSIX joins them by "or", Quartz and crate `cron` by "and", and nobody can tell which
//! was meant.

mod hazard;
mod line;
mod zones;

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone, Utc};
use wsis_model::pipeline::{Schedule, When};

pub use hazard::Hazard;
use line::CronLine;
pub use zones::{Zone, ZoneData, ZoneVersion};

/// Why a schedule cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ScheduleError {
    /// The cron line is not one, or never comes.
    #[error("cron line {line:?}: {found}; {expected}")]
    Line {
        /// The line as written.
        line: String,
        /// What was found.
        found: String,
        /// What would be right.
        expected: String,
    },
    /// The time zone is unknown.
    #[error("time zone {zone:?} is not in the IANA database; {expected}")]
    Timezone {
        /// The zone as written.
        zone: String,
        /// What would be right.
        expected: String,
    },
}

/// A schedule ready to be asked for its next runs.
#[derive(Debug, Clone)]
pub struct Timetable {
    kind: Kind,
    zone: Zone,
}

#[derive(Debug, Clone)]
enum Kind {
    /// A cron line. Where the hour field is `*`, elapsed time counts.
    Cron { civil: Box<cron::Schedule>, every_hour: bool },
    /// Instants, in order.
    Calendar(Vec<DateTime<Utc>>),
    /// Not by time.
    Never,
}

/// The last year for which runs are computed; crate `cron` knows none later.
const YEAR_LAST: i32 = 2099;

impl Timetable {
    /// Reads a schedule. Whether a line is valid does not depend on today's date (T17).
    pub fn new(schedule: &Schedule) -> Result<Self, ScheduleError> {
        Self::in_zones(schedule, &ZoneData::in_use())
    }

    /// [`Timetable::new`] with other time zones than those in use.
    ///
    /// # Errors
    /// As [`Timetable::new`].
    pub fn in_zones(schedule: &Schedule, zones: &ZoneData) -> Result<Self, ScheduleError> {
        let zone = zones.zone(&schedule.timezone)?;
        let kind = match &schedule.when {
            When::Cron(line) => cron_line(line)?,
            When::Calendar(dates) => {
                let mut instants: Vec<DateTime<Utc>> =
                    dates.iter().map(|civil| resolve(&zone, *civil)).collect();
                instants.sort_unstable();
                instants.dedup();
                Kind::Calendar(instants)
            }
            When::After(_) => Kind::Never,
        };
        Ok(Self { kind, zone })
    }

    /// The time zone.
    pub const fn zone(&self) -> &Zone {
        &self.zone
    }

    /// The first run later than `after`; none past the year 2099.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if after.year() > YEAR_LAST {
            return None;
        }
        // Before 1970 no schedule of ours has run, and crate `cron` counts from there.
        let after = after.max(DateTime::UNIX_EPOCH);
        let next = match &self.kind {
            Kind::Cron { civil, every_hour: true } => self.next_elapsed(civil, after),
            Kind::Cron { civil, every_hour: false } => self.next_civil(civil, after),
            Kind::Calendar(instants) => instants.iter().find(|next| **next > after).copied(),
            Kind::Never => None,
        };
        next.filter(|next| *next > after)
    }

    /// Runs later than `after` and no later than `until`, in order, at most `limit` of them.
    pub fn between(
        &self,
        after: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next_after(after), |last| self.next_after(*last))
            .take_while(|next| *next <= until)
            .take(limit)
            .collect()
    }

    /// The next `count` runs later than `after`, in order.
    pub fn upcoming(&self, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next_after(after), |last| self.next_after(*last))
            .take(count)
            .collect()
    }

    fn next_civil(&self, line: &cron::Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut civil = self.local(after);
        // Civil times resolve in order, so the first one that lies in the future is the answer.
        // Only those of one repeated or skipped stretch (a day at most) are passed over.
        loop {
            civil = civil_after(line, civil)?;
            let instant = resolve(&self.zone, civil);
            if instant > after {
                return Some(instant);
            }
        }
    }

    /// Elapsed time: the civil clock runs on with the offset it has, until the offset changes.
    fn next_elapsed(&self, line: &cron::Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.local(after);
        let wait = civil_after(line, local)? - local;
        // Far ahead (a line bound to some days) the offset may change more than once.
        if wait > TimeDelta::days(1) {
            return self.next_civil(line, after);
        }
        let candidate = after.checked_add_signed(wait)?;
        let Some(change) = self.offset_change(after, candidate) else { return Some(candidate) };
        // The clock is set at `change`; count on from what it shows then, that time included.
        let shown = self.local(change);
        let civil = civil_after(line, shown - TimeDelta::seconds(1))?;
        if civil - shown > TimeDelta::days(1) {
            return Some(resolve(&self.zone, civil));
        }
        change.checked_add_signed(civil - shown)
    }

    fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        local(&self.zone, instant)
    }

    /// The instant in `(from, to]` at which the offset changes, if it does.
    fn offset_change(&self, from: DateTime<Utc>, to: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let offset = |instant: DateTime<Utc>| self.local(instant) - instant.naive_utc();
        let before = offset(from);
        if offset(to) == before {
            return None;
        }
        Some(first_second(from, to, |instant| offset(instant) != before))
    }
}

fn cron_line(text: &str) -> Result<Kind, ScheduleError> {
    let fault = |found: String, expected: String| ScheduleError::Line {
        line: text.to_owned(),
        found,
        expected,
    };
    let line = CronLine::parse(text).map_err(|wrong| fault(wrong.found, wrong.expected))?;
    // Not reached for a parsed line; kept as an error so that nothing can panic.
    let civil = cron::Schedule::from_str(&line.canonical()).map_err(|error| {
        fault(error.to_string(), "write five fields, such as `30 3 * * MON`".to_owned())
    })?;
    Ok(Kind::Cron { civil: Box::new(civil), every_hour: line.every_hour() })
}

fn local(zone: &Zone, instant: DateTime<Utc>) -> NaiveDateTime {
    zone.from_utc_datetime(&instant.naive_utc()).naive_local()
}

fn civil_after(line: &cron::Schedule, civil: NaiveDateTime) -> Option<NaiveDateTime> {
    let from = civil.and_utc();
    if from.year() > YEAR_LAST {
        return None;
    }
    line.after(&from).next().map(|next| next.naive_utc())
}

/// The instant of a civil time: the earlier of two, the first after a gap.
fn resolve(zone: &Zone, civil: NaiveDateTime) -> DateTime<Utc> {
    match zone.from_local_datetime(&civil).earliest() {
        Some(instant) => instant.with_timezone(&Utc),
        None => end_of_gap(zone, civil),
    }
}

/// The first instant at which the clock shows a later time than one it jumped over.
fn end_of_gap(zone: &Zone, civil: NaiveDateTime) -> DateTime<Utc> {
    // No offset is larger than 15 hours, no gap longer than a day (Samoa, 2011).
    let widest = TimeDelta::hours(40);
    let (low, high) = (civil.and_utc() - widest, civil.and_utc() + widest);
    first_second(low, high, |instant| local(zone, instant) > civil)
}

/// The first whole second in `(low, high]` at which `reached` holds; it must hold from there on.
fn first_second(
    low: DateTime<Utc>,
    high: DateTime<Utc>,
    reached: impl Fn(DateTime<Utc>) -> bool,
) -> DateTime<Utc> {
    let (mut low, mut high) = (low.timestamp(), high.timestamp());
    let at = |second: i64| DateTime::from_timestamp(second, 0).unwrap_or(DateTime::UNIX_EPOCH);
    while low + 1 < high {
        let middle = low.midpoint(high);
        if reached(at(middle)) {
            high = middle;
        } else {
            low = middle;
        }
    }
    at(high)
}

/// The next run of a schedule later than `after`. None for a schedule that cannot be used, which a
/// checked deployment does not hold; [`Timetable::new`] says why.
pub fn next_after(schedule: &Schedule, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
    Timetable::new(schedule).ok()?.next_after(after)
}

/// The time zone of an IANA name.
pub fn zone(name: &str) -> Result<Zone, ScheduleError> {
    ZoneData::in_use().zone(name)
}
