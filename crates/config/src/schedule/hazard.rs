//! What about a cron line may surprise: hours that a clock skips or repeats, days that few months
//! have. Years are fixed, so that what is said of a line does not depend on today's date (T17).

use std::collections::BTreeSet;

use chrono::{
    DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, TimeZone as _, Utc,
};
use cron::TimeUnitSpec as _;

use super::{Kind, Timetable, Zone, civil_after, resolve};

/// Changes of clocks are looked for from the first year up to, not including, the last.
const YEARS: (i32, i32) = (2026, 2036);

/// A run that falls into an hour which the clock skips or repeats.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Hazard {
    /// What the line says.
    pub civil: NaiveDateTime,
    /// Whether the clock jumps over it; else it shows it twice.
    pub skipped: bool,
    /// The zone.
    pub zone: Zone,
    /// What the clock shows when it runs.
    pub runs: NaiveDateTime,
}

impl Timetable {
    /// The first run from 2026 to 2035 in an hour that the zone's clock skips or repeats. None
    /// for a line that runs every hour, which takes both in its stride.
    pub fn hazard(&self) -> Option<Hazard> {
        let Kind::Cron { civil: line, every_hour: false } = &self.kind else { return None };
        let start = |year| {
            NaiveDate::from_ymd_opt(year, 1, 1).map(|day| day.and_time(NaiveTime::MIN).and_utc())
        };
        let (mut from, end) = (start(YEARS.0)?, start(YEARS.1)?);
        while from < end {
            // Some zones change twice within a month (Ramadan in Morocco), none within a week.
            let to = from + TimeDelta::days(7);
            if let Some(change) = self.offset_change(from, to) {
                let (before, after) = (self.shown_before(change), self.local(change));
                let (low, high) = (before.min(after), before.max(after));
                let civil = civil_after(line, low - TimeDelta::seconds(1))?;
                if civil < high {
                    let runs = self.local(resolve(&self.zone, civil));
                    let zone = self.zone.clone();
                    return Some(Hazard { civil, skipped: before < after, zone, runs });
                }
            }
            from = to;
        }
        None
    }

    /// What the clock would show at the instant of a change, had it not been changed.
    fn shown_before(&self, change: DateTime<Utc>) -> NaiveDateTime {
        let second = TimeDelta::seconds(1);
        self.zone.from_utc_datetime(&(change - second).naive_utc()).naive_local() + second
    }

    /// The shortest time between two ticks: of all dates of a calendar, of the first ticks of a
    /// line from 2027 on.
    pub fn shortest_gap(&self) -> Option<TimeDelta> {
        const TICKS: usize = 64;
        let of_line;
        let ticks = if let Kind::Calendar(instants) = &self.kind {
            instants
        } else {
            let from = NaiveDate::from_ymd_opt(2027, 1, 1)?.and_time(NaiveTime::MIN).and_utc();
            of_line = self.upcoming(from, TICKS);
            &of_line
        };
        ticks.iter().zip(ticks.iter().skip(1)).map(|(tick, next)| *next - *tick).min()
    }

    /// For a line bound to the days 29 to 31: in how many months of the four years from 2027 it
    /// comes, and how many it names. None for other lines.
    pub fn months_of_four_years(&self) -> Option<(usize, usize)> {
        let Kind::Cron { civil: line, .. } = &self.kind else { return None };
        if line.days_of_month().iter().next()? <= 28 {
            return None;
        }
        let from = NaiveDate::from_ymd_opt(2026, 12, 31)?.and_hms_opt(23, 59, 59)?;
        let end = NaiveDate::from_ymd_opt(2031, 1, 1)?.and_time(NaiveTime::MIN);
        let next = |civil: &NaiveDateTime| civil_after(line, *civil).filter(|civil| *civil < end);
        let months: BTreeSet<(i32, u32)> = std::iter::successors(next(&from), next)
            .map(|civil| (civil.year(), civil.month()))
            .collect();
        Some((months.len(), line.months().iter().count() * 4))
    }
}
