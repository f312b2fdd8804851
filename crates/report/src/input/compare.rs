//! What figures of an indicator say side by side.

use std::collections::BTreeMap;

use super::{IndicatorView, SameSet, YearFigures};
use crate::charts::peers::quartiles;

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

    /// Medians of two years over the economies that have a figure in both: those of all that report in each are
    /// of other economies, and may fall where nearly every figure rises. None where fewer than half of those who
    /// report in the year with fewer have both.
    pub fn same_set(&self, first: &YearFigures, last: &YearFigures) -> Option<SameSet> {
        let of =
            |year: i32| self.values.iter().find(|(of, _)| *of == year).map(|(_, values)| values);
        let (before, after) = (of(first.year)?, of(last.year)?);
        let before: BTreeMap<usize, f64> = before.iter().copied().collect();
        let both: Vec<(f64, f64)> =
            after.iter().filter_map(|(at, value)| Some((*before.get(at)?, *value))).collect();
        let median = |values: Vec<f64>| quartiles(&values).map(|middle| middle.median);
        let economies = u32::try_from(both.len()).unwrap_or(u32::MAX);
        if economies * 2 < first.economies.min(last.economies) {
            return None;
        }
        Some(SameSet {
            economies,
            first: median(both.iter().map(|(value, _)| *value).collect())?,
            last: median(both.iter().map(|(_, value)| *value).collect())?,
        })
    }

    /// Whether an economy has a value at the end of the window.
    pub fn has_figures(&self) -> bool {
        self.readings.iter().any(|reading| reading.end.is_some())
    }
}
