//! The answer to a query with a column below the other, a row after the other: for rows that are wider
//! than any terminal (`\x`, `--expanded`).

use arrow::util::display::FormatOptions;
use unicode_width::UnicodeWidthStr;
use wsis_query::Answer;

use super::show::{Bounds, LINE_COST, formatters, lines, names, too_large};
use crate::failure::Failure;
use crate::output::{self, Out};

/// Shows an answer, and says how many rows of it there was room for.
pub(super) fn records(out: &mut Out, answer: &Answer, bounds: &Bounds) -> Result<usize, Failure> {
    let options = FormatOptions::new().with_null("NULL").with_display_error(true);
    let heads: Vec<String> =
        names(&answer.schema).map(|name| output::one_line(name).into_owned()).collect();
    let wide = heads.iter().map(|head| head.width()).max().unwrap_or(0);
    let mut shown = 0;
    for batch in &answer.batches {
        let columns = formatters(batch, &options)?;
        for at in 0..batch.num_rows() {
            bounds.check(out)?;
            let cells: Vec<Vec<String>> =
                columns.iter().map(|it| lines(&it.value(at).to_string()).collect()).collect();
            // Judged before it is built: names are repeated as blanks on every line of a cell.
            let high = 1 + cells.iter().map(|cell| cell.len() as u64).sum::<u64>();
            let texts: u64 = cells.iter().flatten().map(|line| line.len() as u64).sum();
            let room = bounds.room().saturating_sub(out.bytes());
            if high.saturating_mul(wide as u64 + LINE_COST).saturating_add(texts) > room {
                if shown == 0 {
                    return Err(too_large("the first row", high, wide, bounds));
                }
                return Ok(shown);
            }
            shown += 1;
            out.text(&record(shown, &heads, &cells, wide))?;
        }
    }
    Ok(shown)
}

/// A row: its number, then `name | value`, where a value of several lines goes on below itself.
fn record(number: usize, heads: &[String], cells: &[Vec<String>], wide: usize) -> String {
    let mut text = format!("-[ row {number} ]");
    let longest = wide + 3;
    text.extend(std::iter::repeat_n('-', longest.saturating_sub(text.len())));
    text.push('\n');
    for (head, cell) in heads.iter().zip(cells) {
        for (at, line) in cell.iter().enumerate() {
            let head = if at == 0 { head.as_str() } else { "" };
            text.push_str(head);
            text.extend(std::iter::repeat_n(' ', wide.saturating_sub(head.width())));
            text.push_str(" | ");
            text.push_str(line);
            text.truncate(text.trim_end_matches(' ').len());
            text.push('\n');
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::record;

    /// A row of line_scores is 1,128 columns wide.
    #[test]
    fn trial_p136_a_row_can_stand_below_its_columns() {
        let heads = ["line".to_owned(), "score_reason".to_owned(), "note".to_owned()];
        let cells =
            [vec!["C2".to_owned()], vec!["a".to_owned(), "b".to_owned()], vec![String::new()]];
        assert_eq!(
            record(2, &heads, &cells, 12),
            "-[ row 2 ]-----\n\
             line         | C2\n\
             score_reason | a\n             | b\n\
             note         |\n"
        );
    }
}
