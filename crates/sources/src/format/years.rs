//! Headings that hold a year, in the spellings that programs give them.

use wsis_model::period::YEAR_RANGE;

/// What a heading is.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Heading {
    /// A column of figures of a year.
    Year(String),
    /// It holds a year and something else: not passed over (F03).
    Unclear,
    /// Something else.
    Other,
}

/// `2019`, `2019.0` (data frames), `2019 [YR2019]` (DataBank), `YR2019`, `X2019` and
/// `X2019..YR2019.` (R) are the year 2019.
pub(crate) fn heading(text: &str) -> Heading {
    let text = text.trim();
    let numbers: Vec<&str> =
        text.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty()).collect();
    let is_year = |number: &&str| {
        number.len() == 4 && number.parse().is_ok_and(|year: i32| YEAR_RANGE.contains(&year))
    };
    let Some(year) = numbers.iter().find(|number| is_year(number)) else { return Heading::Other };
    let plain = crate::text::whole_number(text);
    let words: Vec<String> = plain
        .split(|c: char| !c.is_alphabetic())
        .filter(|word| !word.is_empty())
        .map(str::to_lowercase)
        .collect();
    let is_sign = |c: char| c.is_alphanumeric() || matches!(c, ' ' | '[' | ']' | '.' | '_');
    let only_years = plain
        .split(|c: char| !c.is_ascii_digit())
        .filter(|part| !part.is_empty())
        .all(|number| number == *year);
    let known = words.iter().all(|word| matches!(word.as_str(), "yr" | "x" | "y" | "year"));
    if only_years && known && plain.chars().all(is_sign) {
        Heading::Year((*year).to_owned())
    } else {
        Heading::Unclear
    }
}

#[cfg(test)]
mod tests {
    use super::{Heading, heading};

    #[test]
    fn trial_f03_a_year_in_every_spelling() {
        for text in [
            "2019",
            " 2019 ",
            "2019.0",
            "2019 [YR2019]",
            "YR2019",
            "X2019",
            "X2019..YR2019.",
            "Year 2019",
            "x2019",
            "Y_2019",
        ] {
            assert_eq!(heading(text), Heading::Year("2019".to_owned()), "{text:?}");
        }
        for text in [
            "2019.1",
            "2019 [YR2020]",
            "2019-2020",
            "2019 (est.)",
            "FY2019",
            "2019*",
            "2019Q1",
            "Value 2019",
            "2019 a",
        ] {
            assert_eq!(heading(text), Heading::Unclear, "{text:?}");
        }
        for text in ["", "Country Code", "12345", "1234", "Notes", "20190"] {
            assert_eq!(heading(text), Heading::Other, "{text:?}");
        }
    }
}
