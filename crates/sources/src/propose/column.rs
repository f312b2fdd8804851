//! The columns of a table, each looked at for what it may be.

use std::collections::HashMap;

use wsis_model::codelist::CodeLists;

use super::figures::{figure, says_nothing};
use super::grid::Grid;
use super::places::Places;
use crate::text;

/// Different texts of a column that are told apart; with more it is no list of anything.
const DIFFERENT_MAX: usize = 20_000;

/// A column.
#[derive(Debug)]
pub(super) struct Column<'g> {
    pub(super) at: usize,
    /// As it stands.
    pub(super) heading: &'g str,
    /// In the form of [`text::heading`].
    pub(super) folded: String,
    /// Cells that hold something.
    pub(super) filled: usize,
    /// Different texts with the number of their cells; cut at a limit.
    pub(super) texts: HashMap<&'g str, usize>,
    /// Whether that limit was reached.
    pub(super) is_open: bool,
    /// Cells that are a number, with or without marks.
    pub(super) numbers: usize,
    /// Cells that say in the usual way that there is no value.
    pub(super) no_values: usize,
    /// Cells that are a year.
    pub(super) years: usize,
    /// Cells that are a period of another frequency, by its letter.
    pub(super) periods: HashMap<&'static str, usize>,
    /// What its cells mean as areas.
    pub(super) places: Places,
    /// Cells that are a sex, an age, a degree of urbanisation by the code lists.
    pub(super) sexes: usize,
    pub(super) ages: usize,
    pub(super) locations: usize,
}

impl<'g> Column<'g> {
    pub(super) fn all(grid: &'g Grid, lists: &CodeLists) -> Vec<Self> {
        (0..grid.headings.len()).map(|at| Self::of(grid, at, lists)).collect()
    }

    fn of(grid: &'g Grid, at: usize, lists: &CodeLists) -> Self {
        let heading = grid.headings.get(at).map_or("", String::as_str);
        let mut texts: HashMap<&str, usize> = HashMap::new();
        let (mut filled, mut is_open) = (0, false);
        for cell in grid.column(at).filter(|cell| !cell.is_empty()) {
            filled += 1;
            if texts.len() < DIFFERENT_MAX || texts.contains_key(cell) {
                *texts.entry(cell).or_default() += 1;
            } else {
                is_open = true;
            }
        }
        let count = |is: &dyn Fn(&str) -> bool| -> usize {
            texts.iter().filter(|(text, _)| is(text)).map(|(_, cells)| cells).sum()
        };
        let numbers = if is_open {
            grid.column(at).filter(|cell| figure(cell).is_some()).count()
        } else {
            count(&|text| figure(text).is_some())
        };
        let mut periods: HashMap<&'static str, usize> = HashMap::new();
        for (text, cells) in &texts {
            if let Some(letter) = period(text) {
                *periods.entry(letter).or_default() += cells;
            }
        }
        // A column of measurements has thousands of texts, none of which is a name.
        let may_be_named = !is_open && texts.len() <= 2_000;
        let places =
            if may_be_named { Places::of(&texts, &lists.areas) } else { Places::default() };
        let lists = &lists.dimensions;
        Self {
            at,
            heading,
            folded: text::heading(heading),
            filled,
            numbers,
            no_values: count(&says_nothing),
            years: count(&|text| year(text).is_some()),
            periods,
            places,
            sexes: count(&|text| lists.sex.find(text).is_some()),
            ages: count(&|text| lists.age.find(text).is_some()),
            locations: count(&|text| lists.location.find(text).is_some()),
            texts,
            is_open,
        }
    }

    /// Whether nearly all of its cells are some.
    pub(super) const fn mostly(&self, cells: usize) -> bool {
        self.filled > 0 && cells * 10 >= self.filled * 9
    }

    /// Whether its cells are figures, as far as they say anything.
    pub(super) const fn is_of_figures(&self) -> bool {
        self.numbers > 0 && self.numbers * 2 >= self.filled.saturating_sub(self.no_values)
    }

    pub(super) fn is_named(&self, names: &[&str]) -> bool {
        names.contains(&self.folded.as_str())
    }

    /// The only text of its cells, where there is only one.
    pub(super) fn only(&self) -> Option<&'g str> {
        let mut texts = self.texts.keys();
        texts.next().filter(|_| texts.next().is_none() && !self.is_open).copied()
    }
}

/// The year that a cell is, also out of data frames (`2019.0`).
pub(super) fn year(text: &str) -> Option<i32> {
    let plain = text.strip_suffix(".0").unwrap_or(text);
    let year = plain.parse().ok().filter(|_| plain.len() == 4);
    year.filter(|year| (1900..=2100).contains(year))
}

/// The year that a period begins with.
pub(super) fn begins_in(text: &str) -> Option<i32> {
    year(text).or_else(|| period(text).and_then(|_| year(text.get(..4)?)))
}

/// The frequency of a period that is no year.
fn period(text: &str) -> Option<&'static str> {
    let (head, rest) = text.split_at_checked(4)?;
    year(head)?;
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    let rest = rest.strip_prefix('-').unwrap_or(rest);
    let mut letters = rest.chars();
    match (letters.next()?, letters.as_str()) {
        ('Q' | 'q', "1" | "2" | "3" | "4") => Some("Q"),
        ('S' | 's' | 'H', "1" | "2") => Some("S"),
        ('M' | 'm', month) if digits(month) && month.len() == 2 => Some("M"),
        ('W' | 'w', week) if digits(week) && week.len() == 2 => Some("W"),
        ('0' | '1', month) if month.len() == 1 && digits(month) => Some("M"),
        _ if rest.len() == 5 && rest.get(2..3) == Some("-") => Some("D"),
        _ => None,
    }
}
