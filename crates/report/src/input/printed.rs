//! How many economies stand behind a figure of a year, and a change as it is printed.

use wsis_scorecard::pace::Printed;

use super::AreaRow;

/// How many economies stand behind the median of a line in one year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct YearFact {
    /// Year.
    pub year: i32,
    /// Economies with a score.
    pub economies: u32,
    /// Who counts in that year, with or without a score.
    pub members: u32,
    /// Whether it is chained to the year before; if not, the two are not comparable.
    pub linked: bool,
    /// Economies with a higher score than in the year before, over the indicators of both years.
    pub rose: u32,
    /// Economies with a lower one.
    pub fell: u32,
}

impl AreaRow {
    /// Change, span and points a year as they are printed, where scores have so many decimals: the
    /// printed change over the printed span is the printed pace.
    pub fn printed_pace(&self, decimals: usize) -> Option<Printed> {
        Printed::of(self.change?, self.span?, decimals)
    }
}
