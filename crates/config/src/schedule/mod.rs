//! When a pipeline runs: a cron line on the clock of a place, resolved to instants.
//!
//! The line is evaluated by crate `cron` on a civil clock typed as UTC, which has neither gaps nor
//! repeated hours; each civil time is then resolved in its zone (architecture.md 4.5):
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

mod line;

use std::str::FromStr;

use chrono::{DateTime, Datelike, NaiveDateTime, TimeDelta, TimeZone, Utc};
use chrono_tz::Tz;
use wsis_model::pipeline::Schedule;

use line::CronLine;

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
    civil: cron::Schedule,
    zone: Tz,
    /// The hour field is `*`: elapsed time counts.
    every_hour: bool,
}

/// The last year for which runs are computed; crate `cron` knows none later.
const YEAR_LAST: i32 = 2099;

impl Timetable {
    /// Reads a schedule. Whether a line is valid does not depend on today's date (T17).
    pub fn new(schedule: &Schedule) -> Result<Self, ScheduleError> {
        let zone = zone(&schedule.timezone)?;
        let line = CronLine::parse(&schedule.cron).map_err(|fault| ScheduleError::Line {
            line: schedule.cron.clone(),
            found: fault.found,
            expected: fault.expected,
        })?;
        let civil = cron::Schedule::from_str(&line.canonical()).map_err(|error| {
            // Not reached for a parsed line; kept as an error so that nothing can panic.
            ScheduleError::Line {
                line: schedule.cron.clone(),
                found: error.to_string(),
                expected: "write five fields, such as `30 3 * * MON`".to_owned(),
            }
        })?;
        Ok(Self { civil, zone, every_hour: line.every_hour() })
    }

    /// The time zone.
    pub const fn zone(&self) -> Tz {
        self.zone
    }

    /// The first run later than `after`; none past the year 2099.
    pub fn next_after(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        if after.year() > YEAR_LAST {
            return None;
        }
        // Before 1970 no schedule of ours has run, and crate `cron` counts from there.
        let after = after.max(DateTime::UNIX_EPOCH);
        let next = if self.every_hour { self.next_elapsed(after) } else { self.next_civil(after) };
        next.filter(|next| *next > after)
    }

    /// The next `count` runs later than `after`, in order.
    pub fn upcoming(&self, after: DateTime<Utc>, count: usize) -> Vec<DateTime<Utc>> {
        std::iter::successors(self.next_after(after), |last| self.next_after(*last))
            .take(count)
            .collect()
    }

    fn next_civil(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let mut civil = self.local(after);
        // Civil times resolve in order, so the first one that lies in the future is the answer.
        // Only those of one repeated or skipped stretch (a day at most) are passed over.
        loop {
            civil = self.civil_after(civil)?;
            let instant = self.resolve(civil);
            if instant > after {
                return Some(instant);
            }
        }
    }

    /// Elapsed time: the civil clock runs on with the offset it has, until the offset changes.
    fn next_elapsed(&self, after: DateTime<Utc>) -> Option<DateTime<Utc>> {
        let local = self.local(after);
        let wait = self.civil_after(local)? - local;
        // Far ahead (a line bound to some days) the offset may change more than once.
        if wait > TimeDelta::days(1) {
            return self.next_civil(after);
        }
        let candidate = after.checked_add_signed(wait)?;
        let Some(change) = self.offset_change(after, candidate) else { return Some(candidate) };
        // The clock is set at `change`; count on from what it shows then, that time included.
        let shown = self.local(change);
        let civil = self.civil_after(shown - TimeDelta::seconds(1))?;
        if civil - shown > TimeDelta::days(1) {
            return Some(self.resolve(civil));
        }
        change.checked_add_signed(civil - shown)
    }

    fn local(&self, instant: DateTime<Utc>) -> NaiveDateTime {
        self.zone.from_utc_datetime(&instant.naive_utc()).naive_local()
    }

    fn civil_after(&self, civil: NaiveDateTime) -> Option<NaiveDateTime> {
        let from = civil.and_utc();
        if from.year() > YEAR_LAST {
            return None;
        }
        self.civil.after(&from).next().map(|next| next.naive_utc())
    }

    /// The instant of a civil time: the earlier of two, the first after a gap.
    fn resolve(&self, civil: NaiveDateTime) -> DateTime<Utc> {
        match self.zone.from_local_datetime(&civil).earliest() {
            Some(instant) => instant.with_timezone(&Utc),
            None => self.end_of_gap(civil),
        }
    }

    /// The first instant at which the clock shows a later time than one it jumped over.
    fn end_of_gap(&self, civil: NaiveDateTime) -> DateTime<Utc> {
        // No offset is larger than 15 hours, no gap longer than a day (Samoa, 2011).
        let widest = TimeDelta::hours(40);
        let (low, high) = (civil.and_utc() - widest, civil.and_utc() + widest);
        first_second(low, high, |instant| self.local(instant) > civil)
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
pub fn zone(name: &str) -> Result<Tz, ScheduleError> {
    Tz::from_str(name).map_err(|_| ScheduleError::Timezone {
        zone: name.to_owned(),
        expected: match crate::suggest::nearest(
            name,
            chrono_tz::TZ_VARIANTS.iter().map(|z| z.name()),
        ) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "write a name such as `Europe/Zurich` or `UTC`".to_owned(),
        },
    })
}
