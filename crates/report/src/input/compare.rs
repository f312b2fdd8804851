//! What figures of an indicator say side by side.

use super::{IndicatorView, YearFigures};

impl IndicatorView {
    /// Whether medians of two years say something side by side: no edition or break between them,
    /// and neither of less than half as many economies as the other.
    pub fn compares(&self, first: &YearFigures, last: &YearFigures) -> bool {
        let (few, many) =
            (first.economies.min(last.economies), first.economies.max(last.economies));
        self.joins(first.year, last.year) && few * 2 >= many
    }

    /// Whether figures of two years are of one method: no edition or break between them.
    pub fn joins(&self, from: i32, to: i32) -> bool {
        !self.relative && !self.breaks.iter().any(|year| (from + 1..=to).contains(year))
    }

    /// Whether an economy has a value at the end of the window.
    pub fn has_figures(&self) -> bool {
        self.readings.iter().any(|reading| reading.end.is_some())
    }
}
