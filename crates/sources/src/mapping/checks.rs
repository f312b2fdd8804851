//! What a value, a period and a unit have to be.

use wsis_model::period::{self, Freq, Period, PeriodError, Told};
use wsis_model::pipeline::Series;
use wsis_model::quarantine::Reason;

use crate::normalise::{Fault, Row};

/// The fault of a record that is not of the right form.
pub(crate) fn malformed(detail: &str) -> Fault {
    Fault { reason: Reason::MalformedRecord, detail: detail.to_owned() }
}

/// What a value means that is a zero and, by the rule of its series, none.
pub(crate) fn zero_means<'s>(
    series: &'s Series,
    value: f64,
    year: i32,
    row: &Row<'_>,
) -> Option<&'s str> {
    let rule = series.zeros.as_ref().filter(|_| value == 0.0)?;
    let beside = |code: &str| {
        let sister = row.beside.iter().find(|(known, _)| known.eq_ignore_ascii_case(code))?;
        sister.1
    };
    rule.applies(year, row.footnote, &beside).then_some(&*rule.means)
}

/// The period of a text, of one of some frequencies; of years alone where none are given.
pub(crate) fn period(frequencies: &[Freq], text: &str) -> Result<Period, Fault> {
    let asked: &[Freq] = if frequencies.is_empty() { &[Freq::Annual] } else { frequencies };
    let other = || Fault {
        reason: Reason::OtherFrequency,
        detail: if *asked == [Freq::Annual] {
            format!("period {text:?} is not a year, which the pipeline asks for")
        } else {
            let codes: Vec<&str> = asked.iter().map(|freq| freq.code()).collect();
            format!("period {text:?} is of none of the frequencies {}", codes.join(", "))
        },
    };
    let invalid = |detail: String| Fault { reason: Reason::InvalidPeriod, detail };
    match period::parse(text) {
        Told::Year(_) if !asked.contains(&Freq::Annual) => Err(other()),
        Told::Year(year) => {
            Period::annual(year).ok_or_else(|| malformed("the year is in no calendar"))
        }
        Told::OtherFrequency if *asked == [Freq::Annual] => Err(other()),
        Told::OtherFrequency => {
            let period: Period =
                text.trim().parse().map_err(|why: PeriodError| invalid(why.to_string()))?;
            if asked.contains(&period.freq()) { Ok(period) } else { Err(other()) }
        }
        Told::Invalid => Err(invalid(format!(
            "period {text:?} is not a year from {} to {}",
            period::YEAR_RANGE.start(),
            period::YEAR_RANGE.end()
        ))),
    }
}

pub(crate) fn not_a_number(text: &str) -> Fault {
    let shown: String = text.chars().take(100).collect();
    let detail = match text.chars().next() {
        Some('<' | '>' | '≤' | '≥' | '~') => {
            format!("value {shown:?} is a bound, not a number; expected a number")
        }
        _ if text.parse::<f64>() == Ok(0.0) => {
            format!("value {shown:?} is not 0, and too near to it for a number of 64 bits")
        }
        _ => format!("value {shown:?} is not a finite number"),
    };
    Fault { reason: Reason::NotANumber, detail }
}

pub(crate) fn check_range(series: &Series, value: f64) -> Result<(), Fault> {
    match series.range {
        Some((lo, hi)) if !(lo..=hi).contains(&value) => Err(Fault {
            reason: Reason::OutOfRange,
            detail: format!("{} {value} lies outside {lo} to {hi}", series.code),
        }),
        _ => Ok(()),
    }
}

/// Other names of a declared unit: the same unit, so no conversion.
const UNIT_NAMES: &[(&str, &[&str])] = &[
    ("PERCENT", &["%", "PT"]),
    ("NUMBER", &["NUM"]),
    ("INDEX", &["IX"]),
    ("KG", &["KILOGRAM"]),
    ("TONNES", &["T"]),
];

pub(crate) fn check_unit(series: &Series, unit: &str) -> Result<(), Fault> {
    let is_name = |names: &&(&str, &[&str])| {
        names.0.eq_ignore_ascii_case(&series.unit)
            && names.1.iter().any(|name| name.eq_ignore_ascii_case(unit))
    };
    let of_source = series.source_unit.as_deref();
    let is_same = unit.is_empty()
        || of_source.is_some_and(|it| it.eq_ignore_ascii_case(unit))
        || unit.eq_ignore_ascii_case(&series.unit)
        || UNIT_NAMES.iter().any(|names| is_name(&names));
    if is_same {
        return Ok(());
    }
    Err(Fault {
        reason: Reason::UnknownUnit,
        detail: format!(
            "unit {unit:?} is not {}, which {} is in",
            of_source.unwrap_or(&series.unit),
            series.code
        ),
    })
}

/// Whether a period that a row names lies in another year than the edition of its file. What is no
/// year is told elsewhere.
pub(crate) fn is_of_another_year(period: &str, edition: &str) -> bool {
    let year = period.get(..4).filter(|year| year.bytes().all(|byte| byte.is_ascii_digit()));
    year.is_some_and(|year| year != edition)
}
