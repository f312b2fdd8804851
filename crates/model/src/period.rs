//! Time periods: SDMX frequencies and periods ([`Period`]), and what a text of a source is told to
//! be ([`Told`]). The scorecards use calendar years; a decoder that asks for years recognises other
//! periods so that it can refuse them by name instead of taking them for a year.

use std::fmt;
use std::str::FromStr;

use chrono::{Datelike as _, NaiveDate, Weekday};

/// The first and last calendar year that an observation may carry. Outside it a year is a typing
/// error (`20205`) or another calendar, and the row goes to quarantine.
pub const YEAR_RANGE: std::ops::RangeInclusive<i32> = 1900..=2100;

/// What a time-period text turned out to be, for a decoder that asks for years.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// A calendar year within [`YEAR_RANGE`].
    Year(i32),
    /// A valid SDMX period that is not a year (`2020-Q3`, `2020-M03`, `2020-S1`, `2020-03`, …).
    OtherFrequency,
    /// Not a time period, or a year out of range.
    Invalid,
}

/// Classifies a time-period text; surrounding white space is ignored.
pub fn parse(text: &str) -> Told {
    let text = text.trim();
    let Some((year, rest)) = text.split_at_checked(4) else {
        return Told::Invalid;
    };
    if !year.bytes().all(|b| b.is_ascii_digit()) {
        return Told::Invalid;
    }
    let in_range = year.parse().ok().filter(|y| YEAR_RANGE.contains(y));
    match (in_range, rest) {
        (Some(year), "") => Told::Year(year),
        (Some(_), rest) if is_sub_annual(rest) => Told::OtherFrequency,
        _ => Told::Invalid,
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

/// How often something is observed: the codes of SDMX `CL_FREQ` that the lake knows.
///
/// In the order of the codes, in which files are sorted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Freq {
    /// `A`: years.
    Annual,
    /// `D`: days.
    Daily,
    /// `M`: months.
    Monthly,
    /// `Q`: quarters.
    Quarterly,
    /// `S`: half-years.
    HalfYearly,
    /// `W`: weeks of ISO 8601.
    Weekly,
}

impl Freq {
    /// All of them, in the order of their codes.
    pub const ALL: [Self; 6] =
        [Self::Annual, Self::Daily, Self::Monthly, Self::Quarterly, Self::HalfYearly, Self::Weekly];

    /// The SDMX code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Annual => "A",
            Self::Daily => "D",
            Self::Monthly => "M",
            Self::Quarterly => "Q",
            Self::HalfYearly => "S",
            Self::Weekly => "W",
        }
    }

    /// The frequency of an SDMX code.
    pub fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|freq| freq.code() == code)
    }

    /// Most periods of a year.
    const fn in_year(self) -> u32 {
        match self {
            Self::Annual => 1,
            Self::HalfYearly => 2,
            Self::Quarterly => 4,
            Self::Monthly => 12,
            Self::Weekly => 53,
            Self::Daily => 366,
        }
    }
}

/// The last year that has a period: SDMX writes years with four digits.
pub const YEAR_LAST: i32 = 9999;

/// Longest text of a period, in bytes: that of a day.
const TEXT_MAX: usize = 10;

/// Where the frequency begins in a [`Period`]'s number.
const FREQ_SHIFT: u32 = 29;

/// A period of some frequency: `2024`, `2024-S1`, `2024-Q1`, `2024-03`, `2024-W05`, `2024-03-01`.
///
/// Periods are ordered by the code of their frequency, then by time. That is the order of the two
/// texts `freq` and `time_period` as well, so files may be sorted by either.
///
/// ```
/// use wsis_model::period::{Freq, Period};
/// let quarter: Period = "2024-Q1".parse().unwrap();
/// assert_eq!((quarter.freq(), quarter.year()), (Freq::Quarterly, 2024));
/// assert_eq!(quarter.to_string(), "2024-Q1");
/// assert_eq!(Period::annual(2024).unwrap().to_string(), "2024");
/// // Reporting months and days have another spelling, and are the same.
/// assert_eq!("2024-M03".parse::<Period>(), "2024-03".parse());
/// ```
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period(u32);

/// Why a text is no period.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PeriodError {
    /// Too long or empty; only its length is told.
    #[error("a time period of {0} bytes; 4 (2024) to 10 (2024-03-01) would be right")]
    Length(usize),
    /// Not of any known form.
    #[error(
        "time period {0:?} is of no known form; right would be 2024, 2024-S1, 2024-Q1, 2024-03, \
         2024-W05 or 2024-03-01"
    )]
    Form(String),
    /// Of a known form, and not in the calendar.
    #[error("time period {text:?} has no {part} {found}; {first} to {last} would be right")]
    Calendar {
        /// The text.
        text: String,
        /// Half-year, quarter, month, week or day.
        part: &'static str,
        /// Its number.
        found: u32,
        /// Smallest that there is.
        first: u32,
        /// Largest that there is in that year or month.
        last: u32,
    },
    /// Of another frequency than is said beside it.
    #[error("time period {text:?} is of frequency {is}, not {said:?} as stands beside it")]
    Frequency {
        /// The text.
        text: String,
        /// Its frequency.
        is: &'static str,
        /// What was said, cut to 20 characters.
        said: String,
    },
}

impl Period {
    /// A calendar year; none below 0 and above [`YEAR_LAST`].
    pub fn annual(year: i32) -> Option<Self> {
        let number = u32::try_from(year).ok().filter(|_| year <= YEAR_LAST)?;
        Some(Self::of(Freq::Annual, number, 0))
    }

    /// The period of a frequency and a text, which stand beside each other.
    ///
    /// # Errors
    /// As for reading the text alone; a text of another frequency.
    pub fn read(freq: &str, text: &str) -> Result<Self, PeriodError> {
        let period: Self = text.parse()?;
        if period.freq().code() == freq {
            return Ok(period);
        }
        let said = freq.chars().take(20).collect();
        Err(PeriodError::Frequency { text: text.to_owned(), is: period.freq().code(), said })
    }

    /// `index` counts from 0 within the year.
    const fn of(freq: Freq, year: u32, index: u32) -> Self {
        Self((freq as u32) << FREQ_SHIFT | (year * freq.in_year() + index))
    }

    /// The frequency.
    pub fn freq(self) -> Freq {
        let at = usize::try_from(self.0 >> FREQ_SHIFT).unwrap_or_default();
        Freq::ALL.get(at).copied().unwrap_or(Freq::Annual)
    }

    /// Year, and number within it from 0.
    fn parts(self) -> (i32, u32) {
        let (number, in_year) = (self.0 & ((1 << FREQ_SHIFT) - 1), self.freq().in_year());
        (i32::try_from(number / in_year).unwrap_or(YEAR_LAST), number % in_year)
    }

    /// The year that the text begins with; of a week that of ISO 8601, which may be another one
    /// than that of its Monday.
    pub fn year(self) -> i32 {
        self.parts().0
    }

    /// The first day.
    pub fn start(self) -> NaiveDate {
        let (year, index) = self.parts();
        let month = |month: u32| NaiveDate::from_ymd_opt(year, month, 1);
        let found = match self.freq() {
            Freq::Annual => month(1),
            Freq::HalfYearly => month(index * 6 + 1),
            Freq::Quarterly => month(index * 3 + 1),
            Freq::Monthly => month(index + 1),
            Freq::Weekly => NaiveDate::from_isoywd_opt(year, index + 1, Weekday::Mon),
            Freq::Daily => NaiveDate::from_yo_opt(year, index + 1),
        };
        // Every period that can be made is in the calendar.
        found.unwrap_or_default()
    }

    /// As one number, in the order of periods.
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The period of a number that [`Period::number`] gave; none for another one.
    pub fn from_number(number: u32) -> Option<Self> {
        let freq = *Freq::ALL.get(usize::try_from(number >> FREQ_SHIFT).ok()?)?;
        let found = Self(number);
        let (year, index) = found.parts();
        let year = u32::try_from(year).ok().filter(|_| year <= YEAR_LAST)?;
        let is_there = match (freq, index) {
            (Freq::Weekly, 52) => weeks(year) == 53,
            (Freq::Daily, 365) => days(year) == 366,
            _ => true,
        };
        is_there.then_some(found)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, index) = self.parts();
        write!(f, "{year:04}")?;
        match self.freq() {
            Freq::Annual => Ok(()),
            Freq::HalfYearly => write!(f, "-S{}", index + 1),
            Freq::Quarterly => write!(f, "-Q{}", index + 1),
            Freq::Monthly => write!(f, "-{:02}", index + 1),
            Freq::Weekly => write!(f, "-W{:02}", index + 1),
            Freq::Daily => {
                let day = self.start();
                write!(f, "-{:02}-{:02}", day.month(), day.day())
            }
        }
    }
}

impl fmt::Debug for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Period({self})")
    }
}

impl FromStr for Period {
    type Err = PeriodError;

    fn from_str(text: &str) -> Result<Self, PeriodError> {
        if !(4..=TEXT_MAX).contains(&text.len()) {
            return Err(PeriodError::Length(text.len()));
        }
        let form = || PeriodError::Form(text.to_owned());
        let digits = |part: &str, most: usize| {
            let is_number = (1..=most).contains(&part.len());
            let number = is_number && part.bytes().all(|b| b.is_ascii_digit());
            number.then(|| part.parse::<u32>().ok()).flatten()
        };
        let (year, rest) = text.split_at_checked(4).ok_or_else(form)?;
        let year = digits(year, 4).filter(|_| year.len() == 4).ok_or_else(form)?;
        if rest.is_empty() {
            return Ok(Self::of(Freq::Annual, year, 0));
        }
        let rest = rest.strip_prefix('-').ok_or_else(form)?;
        let exactly =
            |part: &str, length: usize| digits(part, length).filter(|_| part.len() == length);
        if let Some((month, day)) = rest.split_once('-') {
            let (month, day) = exactly(month, 2).zip(exactly(day, 2)).ok_or_else(form)?;
            return day_of(text, year, month, day);
        }
        let (freq, part, number) = match rest.split_at_checked(1).ok_or_else(form)? {
            ("A", number) => (Freq::Annual, "year within the year", exactly(number, 1)),
            ("S", number) => (Freq::HalfYearly, "half-year", exactly(number, 1)),
            ("Q", number) => (Freq::Quarterly, "quarter", exactly(number, 1)),
            ("M", number) => (Freq::Monthly, "month", exactly(number, 2)),
            ("W", number) => (Freq::Weekly, "week", exactly(number, 2)),
            ("D", number) => (Freq::Daily, "day", exactly(number, 3)),
            _ => (Freq::Monthly, "month", exactly(rest, 2)),
        };
        let number = number.ok_or_else(form)?;
        let last = match freq {
            Freq::Weekly => weeks(year),
            Freq::Daily => days(year),
            other => other.in_year(),
        };
        within(text, (part, number), last)?;
        Ok(Self::of(freq, year, number - 1))
    }
}

fn within(text: &str, (part, found): (&'static str, u32), last: u32) -> Result<(), PeriodError> {
    if (1..=last).contains(&found) {
        return Ok(());
    }
    Err(PeriodError::Calendar { text: text.to_owned(), part, found, first: 1, last })
}

fn day_of(text: &str, year: u32, month: u32, day: u32) -> Result<Period, PeriodError> {
    within(text, ("month", month), 12)?;
    let first = |month: u32| date(year, month, 1);
    let next = if month == 12 { date(year + 1, 1, 1) } else { first(month + 1) };
    let last = next.pred_opt().map_or(31, |last| last.day());
    within(text, ("day", day), last)?;
    Ok(Period::of(Freq::Daily, year, date(year, month, day).ordinal0()))
}

fn date(year: u32, month: u32, day: u32) -> NaiveDate {
    let year = i32::try_from(year).unwrap_or(YEAR_LAST);
    NaiveDate::from_ymd_opt(year, month, day).unwrap_or_default()
}

fn weeks(year: u32) -> u32 {
    // The week of the 28th of December is the last one of its ISO year.
    date(year, 12, 28).iso_week().week()
}

fn days(year: u32) -> u32 {
    date(year, 12, 31).ordinal()
}
