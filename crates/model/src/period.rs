//! Time periods. The scorecards use calendar years; other SDMX periods are recognised so that
//! they can be refused by name instead of being taken for a year.

/// The first and last calendar year that an observation may carry. Outside it a year is a typing
/// error (`20205`) or another calendar, and the row goes to quarantine.
pub const YEAR_RANGE: std::ops::RangeInclusive<i32> = 1900..=2100;

/// What a time-period text turned out to be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// A calendar year within [`YEAR_RANGE`].
    Year(i32),
    /// A valid SDMX period that is not a year (`2020-Q3`, `2020-M03`, `2020-S1`, `2020-03`, …).
    OtherFrequency,
    /// Not a time period, or a year out of range.
    Invalid,
}

/// Classifies a time-period text; surrounding white space is ignored.
pub fn parse(text: &str) -> Period {
    let text = text.trim();
    let Some((year, rest)) = text.split_at_checked(4) else {
        return Period::Invalid;
    };
    if !year.bytes().all(|b| b.is_ascii_digit()) {
        return Period::Invalid;
    }
    let in_range = year.parse().ok().filter(|y| YEAR_RANGE.contains(y));
    match (in_range, rest) {
        (Some(year), "") => Period::Year(year),
        (Some(_), rest) if is_sub_annual(rest) => Period::OtherFrequency,
        _ => Period::Invalid,
    }
}

fn is_sub_annual(rest: &str) -> bool {
    let Some(part) = rest.strip_prefix('-') else {
        return rest.strip_prefix(['Q', 'M', 'S', 'W']).is_some_and(is_short_number);
    };
    let part = part.strip_prefix(['Q', 'M', 'S', 'T', 'W', 'D']).unwrap_or(part);
    is_short_number(part)
        || part.split_once('-').is_some_and(|(m, d)| is_short_number(m) && is_short_number(d))
}

fn is_short_number(text: &str) -> bool {
    (1..=3).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit())
}
