//! How a table writes its numbers: counted over all cells that may be figures.

use std::collections::BTreeMap;

use super::{Guess, MappingProposal, listed};

/// Longest mark beside a number, and longest text that may stand for "no value", in characters.
const MARK_MAX: usize = 6;
const TOKEN_MAX: usize = 24;
/// Texts in place of figures that are looked at.
const TOKENS_MAX: usize = 60;

/// Signs and words that stand for "no value", in whatever case.
const SIGNS: [&str; 12] =
    ["", ".", "..", "...", "-", "--", "\u{2013}", "\u{2014}", "\u{2026}", ":", "*", "x"];
const WORDS: [&str; 20] = [
    "na",
    "n/a",
    "n.a.",
    "n.a",
    "nan",
    "null",
    "none",
    "nd",
    "n/d",
    "n.d.",
    "s/d",
    "nr",
    "missing",
    "not available",
    "not applicable",
    "no data",
    "no disponible",
    "non disponible",
    "#n/a",
    "non disponibile",
];

/// Whether a text says in the usual way that there is no value.
pub(crate) fn says_nothing(text: &str) -> bool {
    let folded = text.trim().to_lowercase();
    SIGNS.contains(&folded.as_str()) || WORDS.contains(&folded.as_str())
}

/// How the digits of a cell are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Writing {
    /// Digits alone.
    Whole,
    /// `12.5`, `1e-3`.
    Point,
    /// `12,5`.
    Comma,
    /// `1,234`: groups of three, or a decimal comma with three digits.
    CommaGroups,
    /// `1,234.5`.
    CommaGroupsPoint,
    /// `1.234,5`, `1.234.567`.
    PointGroups,
    /// `1 234`.
    BlankGroups,
    /// `1'234`.
    QuoteGroups,
}

/// A cell that holds a number.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Figure<'t> {
    pub(crate) writing: Writing,
    /// What stands before and after it.
    pub(crate) before: &'t str,
    pub(crate) after: &'t str,
    /// The number, where its writing leaves no doubt.
    pub(crate) value: Option<f64>,
}

/// Reads a cell as a number with marks; none where it is none.
pub(crate) fn figure(cell: &str) -> Option<Figure<'_>> {
    let cell = cell.trim();
    let is_sign = |c: char| matches!(c, '+' | '-' | '\u{2212}');
    let first = cell.find(|c: char| c.is_ascii_digit())?;
    let last = cell.rfind(|c: char| c.is_ascii_digit())?;
    // `.5` and signs belong to the number.
    let head = cell.get(..first)?;
    let start = head.trim_end_matches('.').trim_end_matches(is_sign);
    let start = if head.len() - start.len() <= 4 { start.len() } else { first };
    let (before, core) = (cell.get(..start)?.trim(), cell.get(start..=last)?);
    let after = cell.get(last + 1..)?.trim();
    let is_mark = |text: &str| text.chars().count() <= MARK_MAX && !text.contains(char::is_numeric);
    if !is_mark(before) || !is_mark(after) {
        return None;
    }
    let writing = writing(core.trim_start_matches(is_sign))?;
    let plain = core.replace('\u{2212}', "-");
    let value = match writing {
        Writing::Whole | Writing::Point => plain.parse().ok(),
        Writing::Comma => plain.replace(',', ".").parse().ok(),
        Writing::CommaGroupsPoint => plain.replace(',', "").parse().ok(),
        Writing::PointGroups => plain.replace('.', "").replace(',', ".").parse().ok(),
        Writing::BlankGroups | Writing::QuoteGroups => {
            let digits: String = plain.chars().filter(|c| !is_group(*c)).collect();
            digits.replace(',', ".").parse().ok()
        }
        Writing::CommaGroups => None,
    };
    Some(Figure { writing, before, after, value: value.filter(|value: &f64| value.is_finite()) })
}

fn is_group(c: char) -> bool {
    matches!(c, ' ' | '\u{A0}' | '\u{202F}' | '\'' | '\u{2019}')
}

fn writing(digits: &str) -> Option<Writing> {
    let all = |text: &str| !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    if all(digits) {
        return Some(Writing::Whole);
    }
    if digits.parse::<f64>().is_ok() {
        return digits.bytes().any(|b| b.is_ascii_digit()).then_some(Writing::Point);
    }
    let groups = |whole: &str, mark: fn(char) -> bool| {
        let mut parts = whole.split(mark);
        let first = parts.next().unwrap_or_default();
        let mut more = 0;
        let fit = parts.all(|part| {
            more += 1;
            part.len() == 3 && all(part)
        });
        more > 0 && fit && (1..=3).contains(&first.len()) && all(first)
    };
    let comma = |c: char| c == ',';
    let point = |c: char| c == '.';
    let last_comma = digits.rsplit_once(',');
    let last_point = digits.rsplit_once('.');
    if groups(digits, comma) {
        return Some(Writing::CommaGroups);
    }
    if groups(digits, point)
        || last_comma.is_some_and(|(whole, rest)| groups(whole, point) && all(rest))
    {
        return Some(Writing::PointGroups);
    }
    if last_point.is_some_and(|(whole, rest)| groups(whole, comma) && all(rest)) {
        return Some(Writing::CommaGroupsPoint);
    }
    if last_comma.is_some_and(|(whole, rest)| (whole.is_empty() || all(whole)) && all(rest)) {
        return Some(Writing::Comma);
    }
    let whole = last_comma.or(last_point).map_or(digits, |(whole, _)| whole);
    let blank = |c: char| matches!(c, ' ' | '\u{A0}' | '\u{202F}');
    let quote = |c: char| matches!(c, '\'' | '\u{2019}');
    match () {
        () if groups(digits, blank) || groups(whole, blank) => Some(Writing::BlankGroups),
        () if groups(digits, quote) || groups(whole, quote) => Some(Writing::QuoteGroups),
        () => None,
    }
}

/// The cells of all columns of figures, counted.
#[derive(Debug, Default)]
pub(super) struct Numbers {
    numbers: usize,
    writings: BTreeMap<Writing, usize>,
    marks: BTreeMap<String, usize>,
    percent: usize,
    texts: BTreeMap<String, usize>,
    group: Option<char>,
}

impl Numbers {
    pub(super) fn take(&mut self, cell: &str) {
        if cell.is_empty() {
            return;
        }
        let Some(figure) = figure(cell) else {
            if self.texts.len() < TOKENS_MAX || self.texts.contains_key(cell) {
                *self.texts.entry(cell.to_owned()).or_default() += 1;
            }
            return;
        };
        self.numbers += 1;
        *self.writings.entry(figure.writing).or_default() += 1;
        if matches!(figure.writing, Writing::BlankGroups | Writing::QuoteGroups) {
            self.group = self.group.or_else(|| cell.chars().find(|c| is_group(*c)));
        }
        for mark in [figure.before, figure.after] {
            match mark {
                "" => {}
                "%" => self.percent += 1,
                mark => *self.marks.entry(mark.to_owned()).or_default() += 1,
            }
        }
    }

    fn of(&self, writing: Writing) -> usize {
        self.writings.get(&writing).copied().unwrap_or_default()
    }

    /// Whether a decimal comma is written.
    fn decimal_comma(&self) -> bool {
        self.of(Writing::Comma) > self.of(Writing::Point) + self.of(Writing::CommaGroupsPoint)
            || (self.of(Writing::PointGroups) > 0 && self.of(Writing::Point) == 0)
    }

    /// What a mapping says of them; what is in doubt is left to a person.
    pub(super) fn settle(&self, mapping: &mut MappingProposal, decide: &mut Vec<String>) {
        let all = self.numbers;
        let comma = self.decimal_comma();
        if comma {
            let count = self.of(Writing::Comma) + self.of(Writing::PointGroups);
            let why = format!("{count} of {all} numbers have a comma before their decimals");
            mapping.decimal = Some(Guess::new(',', why));
            let points = self.of(Writing::Point);
            if points > 0 {
                decide.push(format!(
                    "{points} numbers have a point where {count} have a comma: as it stands they \
                     are set aside"
                ));
            }
        }
        let groups = [
            (',', !comma, self.of(Writing::CommaGroups) + self.of(Writing::CommaGroupsPoint)),
            ('.', comma, self.of(Writing::PointGroups)),
        ];
        for (mark, fits, count) in groups {
            if fits && count > 0 {
                let why =
                    format!("{count} of {all} numbers have it between groups of three digits");
                if mark == ',' && self.of(Writing::CommaGroupsPoint) == 0 {
                    decide.push(format!(
                        "{count} numbers are written like \"1,234\": one thousand and more, or a \
                         decimal comma? As it stands the comma groups thousands"
                    ));
                }
                mapping.thousands = Some(Guess::new(mark, why));
            }
        }
        if let Some(mark) = self.group {
            let count = self.of(Writing::BlankGroups) + self.of(Writing::QuoteGroups);
            let why = format!("{count} of {all} numbers have it between groups of three digits");
            mapping.thousands = Some(Guess::new(mark, why));
        }
        if self.percent > 0 {
            let why = format!("{} of {all} numbers are followed by %", self.percent);
            mapping.percent = Some(Guess::new(true, why));
        }
        for (mark, count) in &self.marks {
            let why = format!("beside {count} of {all} numbers; it becomes the flag");
            mapping.marks.push(Guess::new(mark.clone(), why));
        }
        self.tokens(mapping, decide);
    }

    /// Texts in place of figures.
    fn tokens(&self, mapping: &mut MappingProposal, decide: &mut Vec<String>) {
        let mut others = Vec::new();
        for (text, count) in &self.texts {
            if says_nothing(text) {
                let why = format!("in {count} cells in place of a number");
                mapping.missing.push(Guess::new(text.clone(), why));
            } else {
                others.push((text.as_str(), *count));
            }
        }
        others.sort_by_key(|(text, count)| (std::cmp::Reverse(*count), *text));
        let short: Vec<&str> = others
            .iter()
            .filter(|(text, _)| text.chars().count() <= TOKEN_MAX)
            .map(|(text, _)| *text)
            .collect();
        if !short.is_empty() {
            decide.push(format!(
                "texts in place of figures: {}. Name those that mean \"no value\" in `missing`; the \
                 others are set aside",
                listed(short.iter().copied(), 10)
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Numbers, Writing, figure};
    use crate::propose::MappingProposal;

    #[test]
    fn trial_p70_numbers_in_every_spelling_are_told_apart() {
        for (cell, writing, value) in [
            ("12", Writing::Whole, Some(12.0)),
            ("-12.5", Writing::Point, Some(-12.5)),
            ("\u{2212}3", Writing::Whole, Some(-3.0)),
            (".5", Writing::Point, Some(0.5)),
            ("92,31", Writing::Comma, Some(92.31)),
            ("1,234", Writing::CommaGroups, None),
            ("1,234.5", Writing::CommaGroupsPoint, Some(1234.5)),
            ("1.234,5", Writing::PointGroups, Some(1234.5)),
            ("1 234", Writing::BlankGroups, Some(1234.0)),
            ("2'644.6", Writing::QuoteGroups, Some(2644.6)),
            ("45 %", Writing::Whole, Some(45.0)),
            ("12.5*", Writing::Point, Some(12.5)),
            ("1e-3", Writing::Point, Some(0.001)),
        ] {
            let found = figure(cell).unwrap_or_else(|| panic!("{cell:?} is a number"));
            assert_eq!((found.writing, found.value), (writing, value), "{cell:?}");
        }
        for cell in ["", "n/a", "Iraq", "2019-Q1", "1.2.3", "12 months of 30", "15-24", "10 (2019)"]
        {
            assert_eq!(figure(cell), None, "{cell:?}");
        }
    }

    #[test]
    fn trial_p70_a_comma_that_may_group_or_stand_before_decimals_is_left_to_a_person() {
        let mut numbers = Numbers::default();
        for cell in ["1,234", "12,500", "7", "-", "n/a", "closed"] {
            numbers.take(cell);
        }
        let (mut mapping, mut decide) = (MappingProposal::default(), Vec::new());
        numbers.settle(&mut mapping, &mut decide);
        assert_eq!(mapping.thousands.map(|it| it.value), Some(','));
        assert_eq!(mapping.decimal, None);
        let missing: Vec<&str> = mapping.missing.iter().map(|it| it.value.as_str()).collect();
        assert_eq!(missing, ["-", "n/a"]);
        assert!(decide.iter().any(|it| it.contains("decimal comma?")), "{decide:?}");
        assert!(decide.iter().any(|it| it.contains("\"closed\"")), "{decide:?}");
    }
}
