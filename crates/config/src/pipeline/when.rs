//! Checks of when a pipeline runs, and when its agency publishes.

use std::ops::Range;

use chrono::{NaiveDate, NaiveDateTime, NaiveTime};
use wsis_model::pipeline::{Misfire, Release, Schedule, When};

use super::check::Check;
use super::form::{RawPipeline, RawRelease, RawSchedule};
use crate::document::Located;
use crate::error::ErrorKind;
use crate::schedule::{Hazard, ScheduleError, Timetable};

/// Dates of one calendar, at most: one for each day of 27 years.
const CALENDAR_MAX: usize = 10_000;

/// The forms of a schedule as written.
struct Forms<'a> {
    cron: Option<&'a Located<String>>,
    calendar: Option<&'a [Located<String>]>,
    at: Option<&'a Located<String>>,
    after: Option<&'a Located<String>>,
    timezone: Option<&'a Located<String>>,
    /// Place of the whole table.
    table: Range<usize>,
    /// What the table is called, and the forms that it may have.
    name: (&'static str, &'static str),
}

impl Check<'_> {
    pub(super) fn schedule(&mut self, raw: &RawPipeline) -> Option<Schedule> {
        let located = raw.schedule.as_ref()?;
        let declared: &RawSchedule = located;
        let forms = Forms {
            cron: declared.cron.as_ref(),
            calendar: declared.calendar.as_deref(),
            at: declared.at.as_ref(),
            after: declared.after.as_ref(),
            timezone: declared.timezone.as_ref(),
            table: located.span(),
            name: ("schedule", "`cron`, `calendar` or `after`"),
        };
        let (when, timezone) = self.when(raw, &forms)?;
        let limits = self.workspace.map(|workspace| workspace.schedule.clone()).unwrap_or_default();
        let misfire = declared.misfire.map_or(limits.misfire, crate::limits::RawMisfire::meaning);
        let jitter_s = declared.jitter_s.unwrap_or(limits.jitter_s);
        let schedule = Schedule { when, timezone, misfire, jitter_s };
        if let (Some(cron), Ok(timetable)) = (&declared.cron, Timetable::new(&schedule)) {
            self.warn(cron, &timetable);
            self.warn_of_jitter(cron, (&timetable, jitter_s));
        }
        Some(schedule)
    }

    pub(super) fn release(&mut self, raw: &RawPipeline) -> Option<Release> {
        let located = raw.release.as_ref()?;
        let declared: &RawRelease = located;
        let forms = Forms {
            cron: declared.cron.as_ref(),
            calendar: declared.calendar.as_deref(),
            at: declared.at.as_ref(),
            after: None,
            timezone: declared.timezone.as_ref(),
            table: located.span(),
            name: ("release", "`cron` or `calendar`"),
        };
        let deadline_days = *declared.deadline_days;
        if deadline_days < declared.lag_days {
            let message = format!(
                "the deadline is {deadline_days} days after a release, before the usual delay of \
                 {} days",
                declared.lag_days
            );
            let hint = format!("write {} or more", declared.lag_days);
            self.add(ErrorKind::InvalidValue, declared.deadline_days.span(), message, hint);
        }
        let (when, timezone) = self.when(raw, &forms)?;
        let schedule = Schedule { when, timezone, misfire: Misfire::RunOnce, jitter_s: 0 };
        let (lag_days, basis) = (declared.lag_days, declared.basis.meaning());
        Some(Release { schedule, lag_days, deadline_days, basis })
    }

    /// The one form that is given, and the zone.
    fn when(&mut self, raw: &RawPipeline, forms: &Forms<'_>) -> Option<(When, String)> {
        let (table, allowed) = forms.name;
        let given = [forms.cron.is_some(), forms.calendar.is_some(), forms.after.is_some()];
        let given = given.into_iter().filter(|given| *given).count();
        if given != 1 {
            let message = match given {
                0 => format!("`[{table}]` does not say when"),
                _ => format!("`[{table}]` says {given} times when"),
            };
            let hint = format!("write exactly one of {allowed}");
            self.add(ErrorKind::ImpossibleSchedule, forms.table.clone(), message, hint);
            return None;
        }
        if let (Some(at), None) = (forms.at, forms.calendar) {
            let message = "`at` without `calendar`";
            let hint = "the cron line holds the time of day already; leave `at` out";
            self.add(ErrorKind::InvalidValue, at.span(), message, hint);
        }
        let timezone = self.zone(raw, forms);
        let when = if let Some(cron) = forms.cron {
            let in_utc = Schedule::cron(cron.as_str(), "UTC");
            if let Err(ScheduleError::Line { line, found, expected }) = Timetable::new(&in_utc) {
                let message = format!("impossible cron line {line:?}: {found}");
                self.add(ErrorKind::ImpossibleSchedule, cron.span(), message, expected);
            }
            When::Cron(cron.as_str().to_owned())
        } else if let Some(calendar) = forms.calendar {
            When::Calendar(self.calendar(calendar, forms)?)
        } else {
            When::After(forms.after.map(|after| after.as_str().to_owned()).unwrap_or_default())
        };
        Some((when, timezone))
    }

    fn zone(&mut self, raw: &RawPipeline, forms: &Forms<'_>) -> String {
        let agency = self.workspace.and_then(|workspace| workspace.agency(&raw.agency));
        let timezone = match (forms.timezone, agency) {
            (Some(zone), _) => zone.as_str(),
            (None, Some(agency)) => agency.timezone.as_str(),
            (None, None) => "UTC",
        };
        // On its own line, so that two faults give two errors.
        let place = forms.timezone.map_or(forms.table.clone(), Located::span);
        if let Err(ScheduleError::Timezone { zone, expected }) = crate::schedule::zone(timezone) {
            let message = format!("unknown time zone `{zone}`");
            self.add(ErrorKind::UnknownTimezone, place, message, expected);
        }
        timezone.to_owned()
    }

    /// Civil times in order, each once.
    fn calendar(
        &mut self,
        calendar: &[Located<String>],
        forms: &Forms<'_>,
    ) -> Option<Vec<NaiveDateTime>> {
        let hour = match forms.at {
            None => NaiveTime::MIN,
            Some(at) => {
                let Ok(time) = NaiveTime::parse_from_str(at, "%H:%M") else {
                    let message = format!("`at` is {:?}", at.as_str());
                    let hint = "write a time of day such as \"09:30\"";
                    self.add(ErrorKind::ImpossibleSchedule, at.span(), message, hint);
                    return None;
                };
                time
            }
        };
        if calendar.is_empty() {
            let hint = "write dates such as \"2026-07-01\"";
            let place = forms.table.clone();
            self.add(ErrorKind::ImpossibleSchedule, place, "`calendar` has no date", hint);
        }
        if let Some(text) = calendar.get(CALENDAR_MAX) {
            let message = format!("{} dates in one calendar", calendar.len());
            let hint = format!("at most {CALENDAR_MAX}; `cron` says what comes back regularly");
            self.add(ErrorKind::ImpossibleSchedule, text.span(), message, hint);
            return None;
        }
        let mut dates: Vec<NaiveDateTime> = Vec::with_capacity(calendar.len());
        for text in calendar {
            let Some(date) = civil(text, hour) else {
                let message = format!("{:?} is not a date", text.as_str());
                let hint = "write a day of the calendar such as \"2026-07-01\", or a time such as \
                            \"2026-12-16T09:30\"";
                self.add(ErrorKind::ImpossibleSchedule, text.span(), message, hint);
                continue;
            };
            if dates.contains(&date) {
                let message = format!("{:?} stands twice in the calendar", text.as_str());
                self.add(ErrorKind::Duplicate, text.span(), message, "keep one of the two");
            }
            dates.push(date);
        }
        dates.sort_unstable();
        Some(dates)
    }

    /// What is allowed, and may surprise.
    fn warn(&mut self, cron: &Located<String>, timetable: &Timetable) {
        if let Some(Hazard { civil, skipped, zone, runs }) = timetable.hazard() {
            let civil = civil.format("%Y-%m-%d %H:%M");
            let runs = runs.format("%H:%M");
            let (message, hint) = if skipped {
                (
                    format!("on {civil} the clocks of {zone} jump over this time"),
                    format!("it runs at {runs} that day; choose another hour to be sure of it"),
                )
            } else {
                (
                    format!("on {civil} the clocks of {zone} show this time twice"),
                    "it runs the first time only; choose another hour to be sure of it".to_owned(),
                )
            };
            let kind = ErrorKind::ImpossibleSchedule;
            self.errors.push(self.source.error(kind, cron.span(), message, hint).warning());
        }
        if let Some((comes, named)) = timetable.months_of_four_years()
            && comes < named
        {
            let message = format!("it comes in {comes} of the {named} months of four years only");
            let hint = "write a day that every month has, 1 to 28, if that is not meant";
            let kind = ErrorKind::ImpossibleSchedule;
            self.errors.push(self.source.error(kind, cron.span(), message, hint).warning());
        }
    }
}

impl Check<'_> {
    /// A wait that does not fit between two ticks is cut to half of the time between them.
    fn warn_of_jitter(&mut self, cron: &Located<String>, (timetable, jitter_s): (&Timetable, u64)) {
        if jitter_s == 0 {
            return;
        }
        let Some(gap) = timetable.shortest_gap() else { return };
        let room = u64::try_from(gap.num_seconds() / 2).unwrap_or(0);
        if jitter_s <= room {
            return;
        }
        let message = format!(
            "ticks come {} s apart, and `jitter_s` is {jitter_s}; runs start at most {room} s after \
             their tick",
            gap.num_seconds()
        );
        let hint = format!("write jitter_s = {room} or less below `[schedule]`");
        let kind = ErrorKind::ImpossibleSchedule;
        self.errors.push(self.source.error(kind, cron.span(), message, hint).warning());
    }
}

fn civil(text: &str, hour: NaiveTime) -> Option<NaiveDateTime> {
    let day = text.parse::<NaiveDate>().ok().map(|day| day.and_time(hour));
    day.or_else(|| NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%M").ok())
}
