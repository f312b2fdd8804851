//! Text that a spreadsheet must not run.
//!
//! A spreadsheet takes a cell of a CSV file that begins with `=`, `+`, `-` or `@` for a formula, and
//! a formula can send a reader's data elsewhere. A footnote of a source is such a cell. This is the
//! one place of the rule; every writer of CSV asks it. Parquet and JSON keep the exact text.

use std::borrow::Cow;

/// What stands before a text that would be a formula. Spreadsheets show such a cell as text.
pub const PREFIX: char = '\'';

/// Characters that begin a formula, with their full-width forms.
const BEGIN: [char; 8] = ['=', '+', '-', '@', '＝', '＋', '－', '＠'];

/// Whether a spreadsheet could take a text for a formula. A plain number is none, whatever its sign.
pub fn is_formula(text: &str) -> bool {
    // Tab and line breaks at the start move what follows into a cell of its own in some programs.
    let inside = text.trim_start();
    let moved = text[..text.len() - inside.len()].contains(['\t', '\r', '\n']);
    (moved || inside.starts_with(BEGIN)) && !is_number(text)
}

/// `-1.5e-3` and the like. Not `inf` and `nan`, which spreadsheets read as names.
fn is_number(text: &str) -> bool {
    let plain = |b: u8| b.is_ascii_digit() || matches!(b, b'+' | b'-' | b'.' | b'e' | b'E');
    text.bytes().all(plain) && text.parse::<f64>().is_ok()
}

/// The text of a cell of CSV: as it is, or behind [`PREFIX`] where it would be a formula.
///
/// ```
/// use wsis_model::spreadsheet::guarded;
/// assert_eq!(guarded("=HYPERLINK(\"http://x\")"), "'=HYPERLINK(\"http://x\")");
/// assert_eq!(guarded("-2.7"), "-2.7");
/// ```
pub fn guarded(text: &str) -> Cow<'_, str> {
    if is_formula(text) { Cow::Owned(format!("{PREFIX}{text}")) } else { Cow::Borrowed(text) }
}
