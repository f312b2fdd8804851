//! The grammar of a cron line, read by us so that a mistake is named and no dialect is guessed.

use std::collections::BTreeSet;

/// What is wrong with a line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Fault {
    pub found: String,
    pub expected: String,
}

impl Fault {
    fn new(found: impl Into<String>, expected: impl Into<String>) -> Self {
        Self { found: found.into(), expected: expected.into() }
    }
}

/// One field: what it is called and which numbers and names it takes.
struct Field {
    name: &'static str,
    first: u32,
    last: u32,
    /// Names of the numbers from `first` on.
    names: &'static [&'static str],
}

const SECOND: Field = Field { name: "second", first: 0, last: 59, names: &[] };
const MINUTE: Field = Field { name: "minute", first: 0, last: 59, names: &[] };
const HOUR: Field = Field { name: "hour", first: 0, last: 23, names: &[] };
const DAY: Field = Field { name: "day of month", first: 1, last: 31, names: &[] };
const MONTH: Field = Field {
    name: "month",
    first: 1,
    last: 12,
    names: &["JAN", "FEB", "MAR", "APR", "MAY", "JUN", "JUL", "AUG", "SEP", "OCT", "NOV", "DEC"],
};
/// POSIX numbers; 7 is Sunday again.
const WEEKDAY: Field = Field {
    name: "day of week",
    first: 0,
    last: 7,
    names: &["SUN", "MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"],
};

const MONTH_NAMES: [&str; 12] = [
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
];
/// Longest length of each month.
const MONTH_DAYS: [u32; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const NICKNAMES: [(&str, &str); 7] = [
    ("@hourly", "0 * * * *"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@weekly", "0 0 * * SUN"),
    ("@monthly", "0 0 1 * *"),
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
];

/// A cron line as sets of numbers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CronLine {
    seconds: BTreeSet<u32>,
    minutes: BTreeSet<u32>,
    hours: BTreeSet<u32>,
    days: BTreeSet<u32>,
    months: BTreeSet<u32>,
    /// 0 (Sunday) to 6.
    weekdays: BTreeSet<u32>,
}

impl CronLine {
    /// Reads a line of five or six fields, or a nickname.
    pub(super) fn parse(text: &str) -> Result<Self, Fault> {
        let trimmed = text.trim();
        if trimmed.starts_with('@') {
            return nickname(trimmed).and_then(Self::parse_fields);
        }
        Self::parse_fields(trimmed)
    }

    fn parse_fields(text: &str) -> Result<Self, Fault> {
        let fields: Vec<&str> = text.split_whitespace().collect();
        let (second, rest) = match fields.split_first() {
            Some((second, rest)) if rest.len() == 5 => (*second, rest),
            _ => ("0", fields.as_slice()),
        };
        let &[minute, hour, day, month, weekday] = rest else {
            return Err(Fault::new(
                format!("{} fields", fields.len()),
                "write five (minute, hour, day of month, month, day of week), or six with \
                 seconds in front",
            ));
        };
        let mut weekdays = WEEKDAY.parse(weekday)?;
        if weekdays.remove(&7) {
            weekdays.insert(0);
        }
        let line = Self {
            seconds: SECOND.parse(second)?,
            minutes: MINUTE.parse(minute)?,
            hours: HOUR.parse(hour)?,
            days: DAY.parse(day)?,
            months: MONTH.parse(month)?,
            weekdays,
        };
        // Every day under either reading is what both spelt out in full give; any other pair of
        // fields that are no `*` is read in two ways, also where one of them names every day
        // (`1-31`, `0-7`): by "or" the line then runs every day.
        let is_star = |text: &str| matches!(text, "*" | "?");
        let is_full = line.days.len() == 31 && line.weekdays.len() == 7;
        if !is_star(day) && !is_star(weekday) && !is_full {
            return Err(Fault::new(
                format!("both day of month (`{day}`) and day of week (`{weekday}`) are given"),
                "write `*` for one of them: systems disagree whether both or either must hold",
            ));
        }
        line.comes(day, month)?;
        Ok(line)
    }

    /// Whether any of the days exists in any of the months.
    fn comes(&self, day: &str, month: &str) -> Result<(), Fault> {
        let first_day = self.days.first().copied().unwrap_or_default();
        let month_days =
            |month: &u32| MONTH_DAYS.get(*month as usize - 1).copied().unwrap_or_default();
        if self.months.iter().any(|month| month_days(month) >= first_day) {
            return Ok(());
        }
        let names: Vec<&str> = self
            .months
            .iter()
            .filter_map(|month| MONTH_NAMES.get(*month as usize - 1).copied())
            .collect();
        let longest = self.months.iter().map(month_days).max().unwrap_or_default();
        Err(Fault::new(
            format!("it never runs: day `{day}` does not come in month `{month}`"),
            format!("{} has at most {longest} days", names.join(" or ")),
        ))
    }

    /// Whether the line runs in every hour of the day.
    pub(super) fn every_hour(&self) -> bool {
        self.hours.len() == 24
    }

    /// The line in the dialect of crate `cron`: seconds first, lists of numbers, weekdays by name
    /// (its numbers start at Sunday = 1).
    pub(super) fn canonical(&self) -> String {
        let weekdays: Vec<&str> = self
            .weekdays
            .iter()
            .filter_map(|day| WEEKDAY.names.get(*day as usize).copied())
            .collect();
        format!(
            "{} {} {} {} {} {}",
            list(&self.seconds),
            list(&self.minutes),
            list(&self.hours),
            list(&self.days),
            list(&self.months),
            weekdays.join(",")
        )
    }
}

fn nickname(text: &str) -> Result<&'static str, Fault> {
    NICKNAMES
        .iter()
        .find(|(name, _)| name.eq_ignore_ascii_case(text))
        .map(|(_, line)| *line)
        .ok_or_else(|| {
            let names = NICKNAMES.iter().map(|(name, _)| *name);
            Fault::new(
                format!("`{text}` is not a known nickname"),
                crate::suggest::hint(text, names, "write one of"),
            )
        })
}

fn list(numbers: &BTreeSet<u32>) -> String {
    numbers.iter().map(u32::to_string).collect::<Vec<_>>().join(",")
}

impl Field {
    /// The numbers that a field text stands for: `*`, `?`, numbers, names, ranges, steps, lists.
    fn parse(&self, text: &str) -> Result<BTreeSet<u32>, Fault> {
        let mut numbers = BTreeSet::new();
        for part in text.split(',') {
            let (range, step) = match part.split_once('/') {
                Some((range, step)) => (range, self.step(step)?),
                None => (part, 1),
            };
            let (first, last) = match (range, range.split_once('-')) {
                // A step over all weekdays starts at Sunday and ends on Saturday, not on 7.
                ("*" | "?", _) => (self.first, self.last.min(self.first + self.whole() - 1)),
                (_, Some((first, last))) => (self.number(first)?, self.number(last)?),
                (one, None) => {
                    let one = self.number(one)?;
                    // `5/15` means from 5 on in steps of 15.
                    (one, if part.contains('/') { self.last } else { one })
                }
            };
            let (first, last) = self.in_order(first, last, range)?;
            numbers.extend((first..=last).step_by(step));
        }
        Ok(numbers)
    }

    /// How many different values there are.
    const fn whole(&self) -> u32 {
        let count = self.last - self.first + 1;
        // Sunday has two numbers.
        if count == 8 { 7 } else { count }
    }

    /// `SAT-SUN` and `FRI-SUN` end on the other number of Sunday; other ranges must rise.
    fn in_order(&self, first: u32, last: u32, range: &str) -> Result<(u32, u32), Fault> {
        let last = if self.whole() == 7 && last == 0 && first > 0 { 7 } else { last };
        if first <= last {
            return Ok((first, last));
        }
        Err(Fault::new(
            format!("{} range `{range}` runs backwards", self.name),
            "write the smaller one first, or two ranges joined with a comma",
        ))
    }

    fn step(&self, text: &str) -> Result<usize, Fault> {
        match text.parse() {
            Ok(step) if step > 0 => Ok(step),
            _ => Err(Fault::new(
                format!("{} step `{text}`", self.name),
                "write a whole number from 1 after the `/`",
            )),
        }
    }

    fn number(&self, text: &str) -> Result<u32, Fault> {
        let named = self.names.iter().position(|name| name.eq_ignore_ascii_case(text));
        if let Some(at) = named.and_then(|at| u32::try_from(at).ok()) {
            return Ok(self.first + at);
        }
        let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        match text.parse() {
            Ok(number) if digits && (self.first..=self.last).contains(&number) => Ok(number),
            _ => Err(Fault::new(format!("{} `{text}`", self.name), self.right())),
        }
    }

    fn right(&self) -> String {
        let numbers = format!("write {} to {}", self.first, self.last);
        match (self.names.first(), self.names.get(1)) {
            (Some(one), Some(two)) => format!("{numbers}, or a name such as {one} or {two}"),
            _ => numbers,
        }
    }
}
