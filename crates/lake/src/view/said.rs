//! An instant that a view speaks of, in words.

use chrono::{DateTime, Datelike as _, NaiveDate, NaiveDateTime, NaiveTime, TimeDelta, Utc};

/// The last instant of a day, UTC, to the microsecond: what was known on that day was known then.
pub fn end_of_day(day: NaiveDate) -> DateTime<Utc> {
    let midnight = day.and_time(NaiveTime::MIN).and_utc();
    midnight + TimeDelta::days(1) - TimeDelta::microseconds(1)
}

/// "on 1 July 2026" for the end of a day, else "at 2026-07-01 12:00:00 UTC".
pub fn said(at: DateTime<Utc>) -> String {
    if at == end_of_day(at.date_naive()) {
        return at.format("on %-d %B %Y").to_string();
    }
    at.format("at %Y-%m-%d %H:%M:%S UTC").to_string()
}

/// An instant as people write it: a day, which is meant to its end in UTC, or RFC 3339, also
/// without seconds as our tables write it.
pub fn parse_as_of(text: &str) -> Option<DateTime<Utc>> {
    let text = text.trim();
    let day = || text.parse::<NaiveDate>().ok().filter(|day| YEARS.contains(&day.year()));
    let minute = || Some(NaiveDateTime::parse_from_str(text, "%Y-%m-%dT%H:%MZ").ok()?.and_utc());
    text.parse::<DateTime<Utc>>().ok().or_else(minute).or_else(|| day().map(end_of_day))
}

/// Years of days that are understood: instants of others may not fit.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=9998;

/// An instant of which something can be known at another one: itself, or that one for the day under
/// way, which is not over; none for a later one.
pub fn settled(asked: DateTime<Utc>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    if asked <= now {
        return Some(asked);
    }
    (asked == end_of_day(now.date_naive())).then_some(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_day_is_meant_to_its_end() {
        let day = NaiveDate::from_ymd_opt(2026, 7, 1).unwrap();
        assert_eq!(end_of_day(day).to_rfc3339(), "2026-07-01T23:59:59.999999+00:00");
        assert_eq!(said(end_of_day(day)), "on 1 July 2026");
        let noon = "2026-07-01T12:00:00Z".parse().unwrap();
        assert_eq!(said(noon), "at 2026-07-01 12:00:00 UTC");
        assert_eq!(parse_as_of("2026-07-01"), Some(end_of_day(day)));
        assert_eq!(parse_as_of("2026-07-01T12:00:00Z"), Some(noon));
        assert_eq!(parse_as_of("2026-07-01T14:00:00+02:00"), Some(noon));
        assert_eq!(parse_as_of("2026-07-01T12:00Z"), Some(noon));
        for wrong in ["", "1 July 2026", "2026-07", "2026-02-30", "99999-01-01"] {
            assert_eq!(parse_as_of(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn a_day_that_is_not_over_is_meant_up_to_now() {
        let now: DateTime<Utc> = "2026-07-01T12:00:00Z".parse().unwrap();
        let day = |text| parse_as_of(text).unwrap();
        assert_eq!(settled(day("2026-07-01"), now), Some(now));
        assert_eq!(settled(day("2026-06-30"), now), Some(day("2026-06-30")));
        assert_eq!(settled(day("2026-07-02"), now), None);
        assert_eq!(settled(now + TimeDelta::seconds(1), now), None);
    }
}
