//! Periods: values from the calendar, then properties.

use chrono::{Datelike as _, NaiveDate};
use proptest::prelude::*;
use wsis_model::period::{Freq, Period, PeriodError, YEAR_LAST};

fn period(text: &str) -> Period {
    text.parse().unwrap()
}

/// First days as the calendar has them; weeks as ISO 8601 numbers them.
#[test]
fn a_period_begins_when_the_calendar_says() {
    for (text, freq, year, start) in [
        ("2024", Freq::Annual, 2024, "2024-01-01"),
        ("2024-S1", Freq::HalfYearly, 2024, "2024-01-01"),
        ("2024-S2", Freq::HalfYearly, 2024, "2024-07-01"),
        ("2024-Q4", Freq::Quarterly, 2024, "2024-10-01"),
        ("2024-03", Freq::Monthly, 2024, "2024-03-01"),
        ("2024-W05", Freq::Weekly, 2024, "2024-01-29"),
        // The first week of 2025 began in 2024, the last of 2020 was the 53rd.
        ("2025-W01", Freq::Weekly, 2025, "2024-12-30"),
        ("2020-W53", Freq::Weekly, 2020, "2020-12-28"),
        ("2024-02-29", Freq::Daily, 2024, "2024-02-29"),
        ("1900-12-31", Freq::Daily, 1900, "1900-12-31"),
    ] {
        let found = period(text);
        assert_eq!((found.freq(), found.year(), found.to_string()), (freq, year, text.to_owned()));
        assert_eq!(found.start().to_string(), start, "{text}");
        assert_eq!(Period::read(freq.code(), text), Ok(found));
    }
    for (other, text) in [("2024-M03", "2024-03"), ("2024-A1", "2024"), ("2024-D060", "2024-02-29")]
    {
        assert_eq!(period(other), period(text));
    }
}

#[test]
fn what_is_no_period_is_told_with_what_would_be_right() {
    let told = |text: &str| text.parse::<Period>().unwrap_err().to_string();
    for (text, part) in [
        ("", "a time period of 0 bytes"),
        ("2024-03-01T00:00:00", "a time period of 19 bytes"),
        ("20245", "\"20245\" is of no known form"),
        ("2024-3", "no known form"),
        ("2024Q1", "no known form"),
        ("2024-Q", "no known form"),
        ("2024-QQ", "no known form"),
        ("２０24", "no known form"),
        ("+024", "no known form"),
        ("2024-T1", "no known form"),
        ("2024-Q5", "no quarter 5; 1 to 4 would be right"),
        ("2024-00", "no month 0; 1 to 12"),
        ("2023-02-29", "no day 29; 1 to 28"),
        ("2024-13-01", "no month 13; 1 to 12"),
        ("2024-W53", "no week 53; 1 to 52"),
        ("2023-D366", "no day 366; 1 to 365"),
    ] {
        assert!(told(text).contains(part), "{text:?}: {}", told(text));
    }
    let mixed = Period::read("Q", "2024-03").unwrap_err();
    assert_eq!(mixed, PeriodError::Frequency { text: "2024-03".into(), is: "M", said: "Q".into() });
    assert_eq!(Period::annual(-1), None);
    assert_eq!(Period::annual(YEAR_LAST + 1), None);
}

fn any_period() -> impl Strategy<Value = Period> {
    let day = (1_i32..=YEAR_LAST, 1_u32..=366)
        .prop_filter_map("in the calendar", |(year, day)| NaiveDate::from_yo_opt(year, day));
    (day, 0..6_usize).prop_map(|(day, freq)| {
        let text = match Freq::ALL[freq] {
            Freq::Annual => format!("{:04}", day.year()),
            Freq::HalfYearly => format!("{:04}-S{}", day.year(), day.month0() / 6 + 1),
            Freq::Quarterly => format!("{:04}-Q{}", day.year(), day.month0() / 3 + 1),
            Freq::Monthly => format!("{:04}-{:02}", day.year(), day.month()),
            Freq::Weekly => {
                let week = day.iso_week();
                format!("{:04}-W{:02}", week.year().clamp(1, YEAR_LAST), week.week().min(52))
            }
            Freq::Daily => format!("{:04}-{:02}-{:02}", day.year(), day.month(), day.day()),
        };
        text.parse().unwrap()
    })
}

proptest! {
    #[test]
    fn a_period_comes_back_from_its_text_and_its_number(period in any_period()) {
        prop_assert_eq!(period.to_string().parse(), Ok(period));
        prop_assert_eq!(Period::from_number(period.number()), Some(period));
        prop_assert_eq!(Freq::from_code(period.freq().code()), Some(period.freq()));
    }

    #[test]
    fn periods_are_in_the_order_of_their_texts_and_of_time(a in any_period(), b in any_period()) {
        let texts = |it: Period| (it.freq().code(), it.to_string());
        prop_assert_eq!(a.cmp(&b), texts(a).cmp(&texts(b)));
        if a.freq() == b.freq() {
            prop_assert_eq!(a.cmp(&b), a.start().cmp(&b.start()));
        }
    }

    #[test]
    fn any_text_is_read_without_panic_and_any_number_is_a_period_or_none(
        text in "\\PC{0,12}|[0-9]{4}-?[A-Z]?[0-9-]{0,6}",
        number in any::<u32>(),
    ) {
        if let Ok(found) = text.parse::<Period>() {
            prop_assert_eq!(found.to_string().parse(), Ok(found));
        }
        if let Some(found) = Period::from_number(number) {
            prop_assert_eq!(found.to_string().parse(), Ok(found));
            prop_assert_eq!(found.number(), number);
        }
    }
}
