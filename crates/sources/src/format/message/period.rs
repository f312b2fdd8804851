//! Periods as messages write them, in the spelling of SDMX that everything here uses: `2020-Q1`,
//! `2020-03`, and for a range the period that it is (`2020-01-01/P1Y` is 2020).

use std::borrow::Cow;

use chrono::{Datelike as _, NaiveDate, Weekday};

/// Frequencies whose periods are shorter than a year.
const SUB_ANNUAL: [&str; 9] = ["S", "H", "Q", "M", "W", "D", "B", "N", "I"];

/// The period of a text, in the usual spelling where it has one, beside the frequency that the
/// record states (empty where it states none).
pub(crate) fn told<'t>(text: &'t str, frequency: &str) -> Cow<'t, str> {
    let text = text.trim();
    let is_year = text.len() == 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    if is_year {
        // A year that the record itself calls a month is nobody's year.
        return if SUB_ANNUAL.contains(&frequency) {
            Cow::Owned(format!("{text} with FREQ={frequency}"))
        } else {
            Cow::Borrowed(text)
        };
    }
    let Some((year, rest)) = text.split_at_checked(4) else { return Cow::Borrowed(text) };
    if !year.bytes().all(|byte| byte.is_ascii_digit()) {
        return Cow::Borrowed(text);
    }
    let spelt = match text.split_once('/') {
        Some((start, length)) => range(start, length),
        None => short(year, rest).or_else(|| midnight(text)),
    };
    spelt.map_or(Cow::Borrowed(text), Cow::Owned)
}

/// `2013Q1`, `2013M01`, `2013S1`, `2013H1`, `2013W05`, `2013-A1`, `2013-M1`, `2013A`, `2013M01D05`.
fn short(year: &str, rest: &str) -> Option<String> {
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let (kind, number) = rest.split_at_checked(1)?;
    if let ("M", Some((month, day))) = (kind, number.split_once('D')) {
        let (month, day) = (whole(month)?, whole(day)?);
        return Some(format!("{year}-{month:02}-{day:02}"));
    }
    if let ("A" | "Y", "" | "1") = (kind, number) {
        return Some(year.to_owned());
    }
    let number = whole(number)?;
    match kind {
        "Q" => Some(format!("{year}-Q{number}")),
        "S" | "H" => Some(format!("{year}-S{number}")),
        "M" => Some(format!("{year}-{number:02}")),
        "W" => Some(format!("{year}-W{number:02}")),
        "D" => Some(format!("{year}-D{number:03}")),
        _ => None,
    }
}

/// A number of one to three digits.
fn whole(text: &str) -> Option<u32> {
    let is_number = (1..=3).contains(&text.len()) && text.bytes().all(|it| it.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// A day with the time at which it begins.
fn midnight(text: &str) -> Option<String> {
    let (day, time) = text.split_once('T')?;
    let is_zero = time.bytes().all(|byte| matches!(byte, b'0' | b':' | b'.' | b'Z'));
    (is_zero && date(day).is_some()).then(|| day.to_owned())
}

fn date(text: &str) -> Option<NaiveDate> {
    NaiveDate::parse_from_str(text, "%Y-%m-%d").ok().filter(|_| text.len() == 10)
}

/// The period from a day on for a duration, or from a day to a day, where it is one of those that
/// have a name.
fn range(start: &str, length: &str) -> Option<String> {
    let whole_day = midnight(start);
    let first = date(whole_day.as_deref().unwrap_or(start))?;
    let year = first.year();
    let (month, day) = (first.month(), first.day());
    let length = match date(length) {
        Some(last) if (last.year(), last.month(), last.day()) == (year, 12, 31) && month == 1 => {
            "P1Y"
        }
        Some(_) => return None,
        None => length,
    };
    match length {
        "P1Y" | "P12M" if (month, day) == (1, 1) => Some(format!("{year:04}")),
        "P6M" if day == 1 && month % 6 == 1 => Some(format!("{year:04}-S{}", month / 6 + 1)),
        "P3M" if day == 1 && month % 3 == 1 => Some(format!("{year:04}-Q{}", month / 3 + 1)),
        "P1M" if day == 1 => Some(format!("{year:04}-{month:02}")),
        "P7D" | "P1W" if first.weekday() == Weekday::Mon => {
            let week = first.iso_week();
            Some(format!("{:04}-W{:02}", week.year(), week.week()))
        }
        "P1D" => Some(format!("{year:04}-{month:02}-{day:02}")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::told;

    #[test]
    fn periods_in_every_spelling() {
        for (text, frequency, period) in [
            ("2020", "A", "2020"),
            (" 2020 ", "", "2020"),
            ("2020", "M", "2020 with FREQ=M"),
            ("2013Q1", "", "2013-Q1"),
            ("2013-Q1", "Q", "2013-Q1"),
            ("2013M01", "", "2013-01"),
            ("2013-M1", "", "2013-01"),
            ("2013-03", "M", "2013-03"),
            ("2013H2", "", "2013-S2"),
            ("2013W05", "", "2013-W05"),
            ("2013-A1", "A", "2013"),
            ("2013M01D05", "", "2013-01-05"),
            ("2013-01-05", "D", "2013-01-05"),
            ("2013-01-05T00:00:00", "D", "2013-01-05"),
            ("2013-01-05T12:30:00", "D", "2013-01-05T12:30:00"),
            ("2020-01-01/P1Y", "", "2020"),
            ("2020-01-01T00:00:00/P1Y", "", "2020"),
            ("2020-07-01/P1Y", "", "2020-07-01/P1Y"),
            ("2020-07-01/P6M", "", "2020-S2"),
            ("2020-04-01/P3M", "", "2020-Q2"),
            ("2020-04-01/P1M", "", "2020-04"),
            ("2020-12-28/P7D", "", "2020-W53"),
            ("2020-01-01/2020-12-31", "", "2020"),
            ("2018-01-01/2020-12-31", "", "2018-01-01/2020-12-31"),
            ("2018/2020", "", "2018/2020"),
            ("", "", ""),
            ("é2020", "", "é2020"),
            ("LAST", "", "LAST"),
        ] {
            assert_eq!(told(text, frequency), period, "{text} {frequency}");
        }
    }
}
