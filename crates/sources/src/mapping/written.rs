//! Numbers as tables write them: decimal commas, groups of thousands, per cent, footnote marks.

use std::borrow::Cow;

use wsis_model::mapping::Numbers;

/// A cell of figures, read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Written<'t> {
    /// The number with a decimal point; none where it is not written by the rules. Whether it is
    /// one at all is for [`crate::number::parse`] to say.
    pub(crate) number: Option<Cow<'t, str>>,
    /// The cell without marks and signs.
    pub(crate) rest: &'t str,
    /// Marks that stood before or after it, in their order.
    pub(crate) marks: Vec<&'t str>,
}

/// Whether a cell says that there is no value.
pub(crate) fn is_missing(rules: &Numbers, cell: &str) -> bool {
    cell.is_empty() || rules.missing.iter().any(|token| token == cell)
}

/// Takes marks and signs off a cell. `is_number` says that the cell of a workbook may hold a number
/// itself, in which nothing is written otherwise.
pub(crate) fn read<'t>(rules: &Numbers, cell: &'t str, is_number: bool) -> Written<'t> {
    let mut rest = cell.trim();
    let mut marks = Vec::new();
    if let Some((_, number)) = rules.words.iter().find(|(word, _)| word == rest) {
        return Written { number: Some(Cow::Owned(number.clone())), rest, marks };
    }
    loop {
        let after = rules.marks.iter().find_map(|mark| rest.strip_suffix(mark.as_str()));
        let before = rules.marks.iter().find_map(|mark| rest.strip_prefix(mark.as_str()));
        let Some(without) = after.or(before).filter(|without| without.len() < rest.len()) else {
            break;
        };
        let mark = if after.is_some() {
            rest.get(without.len()..)
        } else {
            rest.get(..rest.len() - without.len())
        };
        marks.extend(mark);
        rest = without.trim();
    }
    if rules.percent
        && let Some(without) = rest.strip_suffix('%')
    {
        rest = without.trim_end();
    }
    Written { number: plain(rules, rest, is_number), rest, marks }
}

/// The number with a decimal point; none where it is not written by the rules.
fn plain<'t>(rules: &Numbers, text: &'t str, is_number: bool) -> Option<Cow<'t, str>> {
    if is_number && is_plain(text) {
        return Some(Cow::Borrowed(text));
    }
    if rules.thousands == Some(' ') && text.contains(BLANKS) {
        let text = text.replace(BLANKS, " ");
        return pointed(rules, &text).map(|found| Cow::Owned(found.into_owned()));
    }
    pointed(rules, text)
}

/// What stands between groups where a blank is declared: spreadsheets and typesetters write blanks at
/// which a line does not break, and thin ones.
const BLANKS: [char; 3] = ['\u{A0}', '\u{202F}', '\u{2009}'];

/// A number as it is written, with a decimal point and without groups.
fn pointed<'t>(rules: &Numbers, text: &'t str) -> Option<Cow<'t, str>> {
    let ungrouped = match rules.thousands {
        Some(mark) if text.contains(mark) => Cow::Owned(without_groups(text, mark, rules.decimal)?),
        _ => Cow::Borrowed(text),
    };
    if rules.decimal == '.' {
        return Some(ungrouped);
    }
    // A point where a comma is declared is no number: nobody can say what it stands for.
    if ungrouped.contains('.') {
        return None;
    }
    Some(if ungrouped.contains(rules.decimal) {
        Cow::Owned(ungrouped.replacen(rules.decimal, ".", 1))
    } else {
        ungrouped
    })
}

fn is_plain(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit() || b"+-.eE".contains(&byte))
}

/// A number without the marks between its groups of three digits; none where a group has other
/// than three, or the first begins with 0: `0,123` is a decimal comma, not 123.
fn without_groups(text: &str, mark: char, decimal: char) -> Option<String> {
    let (whole, rest) = match text.split_once(decimal) {
        Some((whole, rest)) => (whole, Some(rest)),
        None => (text, None),
    };
    if rest.is_some_and(|rest| rest.contains(mark)) {
        return None;
    }
    let mut groups = whole.split(mark);
    let first = groups.next()?;
    let digits = first.strip_prefix(['+', '-', '\u{2212}']).unwrap_or(first);
    let is_digits = |group: &str| group.bytes().all(|byte| byte.is_ascii_digit());
    if !(1..=3).contains(&digits.len()) || !is_digits(digits) || digits.starts_with('0') {
        return None;
    }
    let mut out = first.to_owned();
    for group in groups {
        if group.len() != 3 || !is_digits(group) {
            return None;
        }
        out.push_str(group);
    }
    if let Some(rest) = rest {
        out.push(decimal);
        out.push_str(rest);
    }
    Some(out)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert_eq, proptest};
    use wsis_model::mapping::Numbers;

    use super::read;

    fn rules(decimal: char, thousands: Option<char>) -> Numbers {
        let marks = vec!["**".to_owned(), "*".to_owned(), "e".to_owned(), "(b)".to_owned()];
        Numbers { decimal, thousands, percent: true, marks, ..Numbers::default() }
    }

    #[test]
    fn numbers_in_every_spelling() {
        for (decimal, thousands, cell, number) in [
            ('.', None, "92.31", Some("92.31")),
            (',', None, "92,31", Some("92.31")),
            // A point where a comma is declared: nobody can say what it stands for.
            (',', None, "92.31", None),
            (',', Some('.'), "1.234,5", Some("1234.5")),
            (',', Some('.'), "1.23", None),
            ('.', Some(','), "1,234,567.8", Some("1234567.8")),
            ('.', Some(','), "12,34", None),
            ('.', Some(','), "-1,234", Some("-1234")),
            ('.', Some(' '), "12 345", Some("12345")),
            ('.', Some('\''), "2'644.6", Some("2644.6")),
            ('.', None, "45 %", Some("45")),
            ('.', None, "45%*", Some("45")),
            ('.', None, "1 234", Some("1 234")),
        ] {
            let found = read(&rules(decimal, thousands), cell, false);
            assert_eq!(found.number.as_deref(), number, "{cell:?} {decimal} {thousands:?}");
        }
        // A workbook's own number is one in any case.
        let found = read(&rules(',', Some('.')), "1234.5", true);
        assert_eq!(found.number.as_deref(), Some("1234.5"));
    }

    #[test]
    fn trial_p38_a_blank_between_groups_is_any_blank() {
        for cell in ["12 345", "12\u{A0}345", "12\u{202F}345", "12\u{2009}345"] {
            let found = read(&rules('.', Some(' ')), cell, false);
            assert_eq!(found.number.as_deref(), Some("12345"), "{cell:?}");
        }
        let found = read(&rules(',', Some(' ')), "1\u{A0}234\u{202F}567,5*", false);
        assert_eq!(found.number.as_deref(), Some("1234567.5"));
        for cell in ["12\u{A0}34", "0\u{A0}123", "1\u{A0}\u{A0}234"] {
            assert_eq!(read(&rules('.', Some(' ')), cell, false).number, None, "{cell:?}");
        }
        // Nobody declared it.
        let found = read(&rules('.', None), "12\u{A0}345", false);
        assert_eq!(found.number.as_deref(), Some("12\u{A0}345"));
    }

    #[test]
    fn trial_p23_no_group_of_thousands_begins_with_0() {
        for cell in
            ["0,123", "00,123", "0,000", "-0,123", "+012,345", "1,23", "1,2345", ",123", "--1,234"]
        {
            assert_eq!(read(&rules('.', Some(',')), cell, false).number, None, "{cell:?}");
        }
        for (cell, number) in [("1,023", "1023"), ("-10,000.5", "-10000.5"), ("0.123", "0.123")] {
            let found = read(&rules('.', Some(',')), cell, false);
            assert_eq!(found.number.as_deref(), Some(number), "{cell:?}");
        }
    }

    #[test]
    fn marks_are_taken_off_and_kept() {
        let found = read(&rules('.', None), "12.5**", false);
        assert_eq!((found.number.as_deref(), found.marks), (Some("12.5"), vec!["**"]));
        let found = read(&rules('.', None), "(b) 12.5 e", false);
        assert_eq!((found.number.as_deref(), found.marks), (Some("12.5"), vec!["e", "(b)"]));
        assert_eq!(read(&rules('.', None), "*", false).marks, ["*"]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        #[test]
        fn groups_and_commas_come_back(value in 0_u64..10_000_000_000, cents in 0_u8..100) {
            let digits = value.to_string();
            let mut grouped = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at) % 3 == 0 {
                    grouped.push('.');
                }
                grouped.push(digit);
            }
            let found = read(&rules(',', Some('.')), &format!("{grouped},{cents:02}"), false)
                .number
                .map(std::borrow::Cow::into_owned);
            prop_assert_eq!(found, Some(format!("{value}.{cents:02}")));
        }

        #[test]
        fn no_cell_panics(cell in "\\PC{0,20}") {
            let _ = read(&rules(',', Some('.')), &cell, false);
            let _ = read(&rules('.', Some(' ')), &cell, true);
        }
    }
}
