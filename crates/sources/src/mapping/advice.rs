//! What a mapping would say of a cell that is no number by its rules: the person who reads the
//! quarantine knows the table, and need not know our words for it.

use wsis_model::mapping::Numbers;
use wsis_model::pipeline::Pipeline;

use crate::checks::not_a_number;
use crate::mapping::row::{Fault, Value};
use crate::propose::figures::{Writing, figure, says_nothing};

/// Longest text that may stand for "no value", in characters.
const TOKEN_MAX: usize = 24;

/// The fault of a value that is no number; of one that a table writes by the rules of a mapping with
/// what the mapping would say if it is one.
pub(crate) fn fault(pipeline: &Pipeline, value: Value<'_>, cell: &str) -> Fault {
    let mut fault = not_a_number(cell);
    let rules = pipeline.mapping.as_ref().map(|it| &it.numbers);
    let rules = rules.filter(|_| matches!(value, Value::Written { .. }));
    if let Some(advice) = rules.and_then(|rules| of(rules, cell)) {
        fault.detail.push_str(": ");
        fault.detail.push_str(&advice);
    }
    fault
}

/// Whether a cell is the name of an error of a formula: `#DIV/0!`, `#N/A`, `Err:502`.
pub(crate) fn is_formula_error(shown: &str) -> bool {
    let name = shown.strip_prefix('#').unwrap_or_default();
    name == "N/A" || name.ends_with(['!', '?']) || shown.starts_with("Err:")
}

/// What would make a number of a cell, or a declared gap; none where nothing is likely.
pub(crate) fn of(rules: &Numbers, cell: &str) -> Option<String> {
    let cell = cell.trim();
    if is_formula_error(cell) {
        return Some(format!(
            "it is the error of a formula; where it says that there is no value, `missing = [{cell:?}]` of \
             the mapping does"
        ));
    }
    let Some(found) = figure(cell) else {
        let is_short = cell.chars().count() <= TOKEN_MAX && !cell.contains(char::is_numeric);
        let token = (says_nothing(cell) || is_short) && !cell.is_empty();
        return token.then(|| {
            format!("if it says that there is no value, `missing = [{cell:?}]` of the mapping does")
        });
    };
    for mark in [found.after, found.before] {
        if mark == "%" && !rules.percent {
            return Some("`percent = true` takes the sign of per cent off".to_owned());
        }
        let is_declared = mark.is_empty() || mark == "%" || rules.marks.iter().any(|it| it == mark);
        if !is_declared && is_mark(mark) {
            return Some(format!(
                "if {mark:?} is the mark of a footnote, `marks = [{mark:?}]` takes it off"
            ));
        }
    }
    let (decimal, thousands) = signs(found.writing, cell)?;
    let mut wanted = Vec::new();
    if decimal.is_some_and(|it| it != rules.decimal) {
        let sign = decimal.unwrap_or_default();
        wanted.push(format!("`decimal = {:?}`", sign.to_string()));
    }
    if thousands.is_some() && thousands != rules.thousands {
        let sign = thousands.unwrap_or_default();
        wanted.push(format!("`thousands = {:?}`", sign.to_string()));
    }
    if wanted.is_empty() {
        return None;
    }
    let declared = match rules.thousands {
        None => format!("decimal = {:?}", rules.decimal.to_string()),
        Some(mark) => {
            let (decimal, mark) = (rules.decimal.to_string(), mark.to_string());
            format!("decimal = {decimal:?} and thousands = {mark:?}")
        }
    };
    Some(format!("{declared} is declared; it would be one with {}", wanted.join(" and ")))
}

/// Whether a text may be declared as a mark: none that could be a part of a number.
fn is_mark(text: &str) -> bool {
    let of_number = |c: char| c.is_numeric() || "+-\u{2212}.,%<>\u{2264}\u{2265}~".contains(c);
    !text.starts_with(of_number) && !text.ends_with(of_number)
}

/// What stands before the decimals, and between groups, by how a number is written.
fn signs(writing: Writing, cell: &str) -> Option<(Option<char>, Option<char>)> {
    let group = || cell.chars().find(|c| matches!(c, '\'' | '\u{2019}'));
    Some(match writing {
        Writing::Whole => return None,
        Writing::Point => (Some('.'), None),
        Writing::Comma => (Some(','), None),
        // `1,234` may be either; what is not declared of the two.
        Writing::CommaGroups => (None, Some(',')),
        Writing::CommaGroupsPoint => (Some('.'), Some(',')),
        Writing::PointGroups => (cell.contains(',').then_some(','), Some('.')),
        Writing::BlankGroups => {
            let decimal = cell.chars().find(|c| matches!(c, ',' | '.'));
            (decimal, Some(' '))
        }
        Writing::QuoteGroups => {
            let decimal = cell.chars().find(|c| matches!(c, ',' | '.'));
            (decimal, group())
        }
    })
}

#[cfg(test)]
mod tests {
    use proptest::prelude::{ProptestConfig, prop_assert, proptest};
    use wsis_model::mapping::Numbers;

    use super::of;
    use crate::mapping::written;
    use crate::number;

    fn rules(decimal: char, thousands: Option<char>) -> Numbers {
        Numbers { decimal, thousands, ..Numbers::default() }
    }

    #[test]
    fn trial_p153_what_the_mapping_would_say() {
        for (decimal, thousands, cell, words) in [
            (',', None, "34.5", "`decimal = \".\"`"),
            ('.', None, "34,5", "`decimal = \",\"`"),
            (',', None, "13,2 *", "`marks = [\"*\"]`"),
            (',', None, "n.d.", "`missing = [\"n.d.\"]`"),
            ('.', None, "#DIV/0!", "it is the error of a formula"),
            ('.', None, "#N/A", "`missing = [\"#N/A\"]`"),
            ('.', None, "45 %", "`percent = true`"),
            (',', None, "1 234,5", "with `thousands = \" \"`"),
            ('.', None, "1.234,5", "`decimal = \",\"` and `thousands = \".\"`"),
            ('.', Some(','), "2'644.6", "`thousands = \"'\"`"),
        ] {
            let found = of(&rules(decimal, thousands), cell).unwrap_or_default();
            assert!(found.contains(words), "{cell:?}: {found}");
        }
        // Bounds and words of a sentence are neither.
        for cell in ["<5", "about a third of all households", "1.2.3.4 or so", ""] {
            assert_eq!(of(&rules('.', None), cell), None, "{cell:?}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(500))]

        /// What is a number by the rules gets no advice on its signs; and no cell panics.
        #[test]
        fn numbers_by_the_rules_get_none(cell in "\\PC{0,16}", whole in 0_u32..100_000) {
            let _ = of(&rules(',', Some('.')), &cell);
            let text = whole.to_string();
            let read = written::read(&rules('.', None), &text, false);
            prop_assert!(read.number.and_then(|it| number::parse(&it, 0)).is_some());
            prop_assert!(of(&rules('.', None), &text).is_none());
        }
    }
}
