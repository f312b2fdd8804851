//! How wide the columns of a table are.

/// Words up to this length are never broken within a column.
const WORD_MAX: usize = 20;

/// Ids up to this length neither: half of one cannot be copied.
const ID_MAX: usize = 30;

/// Blanks between columns.
const GAP: u16 = 2;
/// The same where the columns would else be wider than the terminal.
const GAP_NARROW: u16 = 1;
/// What is drawn between two columns in any case.
const BETWEEN: u16 = 1;

/// Cells up to this length stay on one line ("not assessable").
const CELL_MAX: usize = 14;

/// Blanks behind a column: fewer where columns of these widths would else not stand side by side.
pub(super) fn usual_gap(narrowest: &[u16], width: u16) -> u16 {
    let all = narrowest.iter().fold(0, |sum: u16, it| sum.saturating_add(*it));
    let gaps = u16::try_from(narrowest.len().saturating_sub(1)).unwrap_or(u16::MAX);
    let needed = all.saturating_add(gaps.saturating_mul(GAP + BETWEEN));
    if needed > width { GAP_NARROW } else { GAP }
}

/// Width that a cell needs so that nothing short is broken in it.
pub(super) fn unbroken(cell: &str) -> usize {
    let length = cell.chars().count();
    if length <= CELL_MAX {
        return length;
    }
    let words = cell.split_whitespace().map(|word| {
        let length = word.chars().count();
        if length <= ID_MAX && is_id(word) { length } else { length.min(WORD_MAX) }
    });
    words.max().unwrap_or(0)
}

/// Whether somebody will want to copy it: an id or a code.
fn is_id(word: &str) -> bool {
    let is_of_one = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.".contains(c);
    word.contains(['-', '_']) && word.chars().all(is_of_one)
}
