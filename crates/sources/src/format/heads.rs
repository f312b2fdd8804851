//! Headers of several rows as one, and which row is the likeliest header where none fits.

use std::collections::VecDeque;

use super::declared::Reading;
use super::lines::Line;
use crate::mapping::layout::Held;
use crate::workbook::{Cell, SheetRow};
use crate::{DecodeError, text};

/// The rows that may be the header, as they come.
pub(crate) struct Heads {
    rows: usize,
    last: VecDeque<Vec<String>>,
}

/// What may be the header.
pub(crate) enum Joined {
    /// The row itself.
    Same,
    /// Not as many rows yet as the header has.
    TooFew,
    /// Several rows as one.
    Row(SheetRow),
}

impl Joined {
    /// The header; none where there are too few rows for one.
    pub(crate) const fn header<'r>(&'r self, line: Line<'r>) -> Option<Line<'r>> {
        match self {
            Self::Same => Some(line),
            Self::TooFew => None,
            Self::Row(row) => Some(Line::Cells(row)),
        }
    }
}

impl Heads {
    /// Headers of so many rows; 0 is 1.
    pub(crate) const fn new(rows: usize) -> Self {
        Self { rows, last: VecDeque::new() }
    }

    /// The header that ends with this row.
    pub(crate) fn joined(&mut self, line: Line<'_>) -> Joined {
        if self.rows <= 1 {
            return Joined::Same;
        }
        if self.last.len() == self.rows {
            self.last.pop_front();
        }
        self.last.push_back(line.shown().map(|cell| cell.trim().to_owned()).collect());
        if self.last.len() < self.rows {
            return Joined::TooFew;
        }
        let cells = joined(self.last.make_contiguous());
        let cells = cells.into_iter().map(|text| Cell::Text(text.into())).collect();
        Joined::Row(SheetRow { number: 0, cells })
    }
}

/// The headings of several rows joined from above. An empty cell of an upper row is the one to its
/// left, for cells of several columns are merged; a column in which no row holds anything has none.
pub(crate) fn joined(rows: &[Vec<String>]) -> Vec<String> {
    let width = rows.iter().map(Vec::len).max().unwrap_or_default();
    let mut headings = vec![String::new(); width];
    for (at, row) in rows.iter().enumerate() {
        let is_last = at + 1 == rows.len();
        let mut left = "";
        for (column, heading) in headings.iter_mut().enumerate() {
            let own = row.get(column).map_or("", String::as_str);
            let is_held = rows.iter().any(|row| row.get(column).is_some_and(|it| !it.is_empty()));
            let text = if own.is_empty() && !is_last { left } else { own };
            left = text;
            if text.is_empty() || !is_held || heading == text {
                continue;
            }
            if !heading.is_empty() {
                heading.push(' ');
            }
            heading.push_str(text);
        }
    }
    headings
}

/// What was found while a header was looked for.
#[derive(Default)]
pub(crate) struct Nearest {
    error: Option<DecodeError>,
    likeliest: Option<Likeliest>,
}

/// The row that holds most of the headings.
struct Likeliest {
    held: Held,
    place: String,
    reads: String,
    rows: usize,
}

impl Nearest {
    /// Of two errors of rows that are no headers the one of the longer row is kept: that is the
    /// likelier header. What is no matter of a row ends the search.
    ///
    /// # Errors
    /// That one.
    pub(crate) fn take(&mut self, error: DecodeError) -> Result<(), DecodeError> {
        if matches!(error, DecodeError::TooLarge { .. } | DecodeError::Stopped) {
            return Err(error);
        }
        if self.error.as_ref().is_none_or(|known| weight(known) < weight(&error)) {
            self.error = Some(error);
        }
        Ok(())
    }

    /// As [`Nearest::take`], of a row of a sheet (its name is empty where there is none) and the
    /// header that ends with it.
    ///
    /// # Errors
    /// As there.
    pub(crate) fn note(
        &mut self,
        reading: &Reading<'_>,
        (line, header, sheet): (Line<'_>, Line<'_>, &str),
        error: DecodeError,
    ) -> Result<(), DecodeError> {
        if matches!(error, DecodeError::Columns { .. })
            && let Some(held) = reading.held(header)
        {
            let known = self.likeliest.as_ref().map_or(0, |it| it.held.found);
            if held.found > known {
                let place = line.stands().shown(sheet).unwrap_or_default();
                let reads = text::start(line.line().as_bytes());
                let rows = reading.mapping.header_rows;
                self.likeliest = Some(Likeliest { held, place, reads, rows });
            }
        }
        self.take(error)
    }

    /// What is to be told.
    pub(crate) fn error(self) -> DecodeError {
        let error = self.error.unwrap_or(DecodeError::Empty { expected: "a table with a header" });
        match self.likeliest {
            Some(it) if weight(&error) != usize::MAX && !it.held.missing.is_empty() => {
                let hint = if it.rows > 1 {
                    format!(" (the last of {} rows)", it.rows)
                } else {
                    String::new()
                };
                DecodeError::Header {
                    place: it.place,
                    found: it.held.found,
                    named: it.held.found + it.held.missing.len(),
                    missing: it.held.told(),
                    reads: it.reads,
                    hint,
                }
            }
            _ => error,
        }
    }
}

fn weight(error: &DecodeError) -> usize {
    match error {
        DecodeError::Columns { found, .. } => found.matches(',').count(),
        // What is known of a header is more than of any other row.
        DecodeError::Header { found, .. } => 1_000 + found,
        // Every heading is there, and one of them twice.
        DecodeError::RepeatedHeading { .. }
        | DecodeError::YearHeadings { .. }
        | DecodeError::OpenQuote { .. } => usize::MAX,
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::joined;

    #[test]
    fn trial_p154_headings_of_merged_cells() {
        let row = |cells: &[&str]| cells.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
        for (upper, lower, expected) in [
            (
                ["Country", "2022", "", "2023", ""].as_slice(),
                ["", "Female", "Male", "Female", "Male"].as_slice(),
                ["Country", "2022 Female", "2022 Male", "2023 Female", "2023 Male"].as_slice(),
            ),
            (&["", "2022", ""], &["Country", "F", "M"], &["Country", "2022 F", "2022 M"]),
            (
                &["Country", "2022", "", "Note"],
                &["Country", "F", "M", ""],
                &["Country", "2022 F", "2022 M", "Note"],
            ),
            // A column in which nothing stands has no heading; what is behind the end neither.
            (&["Country", "2022"], &["", "F", "M", ""], &["Country", "2022 F", "2022 M", ""]),
            (&["Country", "2022", ""], &["", "F"], &["Country", "2022 F", ""]),
        ] {
            assert_eq!(joined(&[row(upper), row(lower)]), row(expected), "{upper:?} {lower:?}");
        }
        let three = [row(&["A", "", ""]), row(&["", "B", ""]), row(&["C", "D", "E"])];
        assert_eq!(joined(&three), ["A C", "A B D", "A B E"]);
    }
}
