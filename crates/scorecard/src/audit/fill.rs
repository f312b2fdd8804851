//! Denominators, and what others put where nothing was observed. The house fills in nothing (docs/METHOD.md section
//! 2); here each cell says whether it was there.

use crate::sum::mean;

/// A cell after imputation.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Filled {
    /// The value.
    pub value: f64,
    /// Whether it was observed. What was filled in never counts as coverage.
    pub observed: bool,
}

/// x / (d / factor), `None` where either is missing or the denominator is 0. The factor is a choice, above 0.
pub fn denominate(value: Option<f64>, denominator: Option<f64>, factor: f64) -> Option<f64> {
    let found = value? / (denominator? / factor);
    found.is_finite().then_some(found)
}

/// Fills gaps with what `of` gives for a row.
fn filled(column: &[Option<f64>], of: impl Fn(usize) -> Option<f64>) -> Vec<Option<Filled>> {
    let cell = |(at, value): (usize, &Option<f64>)| match value {
        Some(value) => Some(Filled { value: *value, observed: true }),
        None => Some(Filled { value: of(at)?, observed: false }),
    };
    column.iter().enumerate().map(cell).collect()
}

/// The mean of the column in every gap.
pub fn with_mean(column: &[Option<f64>]) -> Vec<Option<Filled>> {
    let known: Vec<f64> = column.iter().flatten().copied().collect();
    let mean = mean(&known);
    filled(column, |_| mean)
}

/// The mean of a row's group in its gap; a group without a value stays without one (E37).
pub fn with_group_mean(column: &[Option<f64>], groups: &[&str]) -> Vec<Option<Filled>> {
    filled(column, |at| {
        let own = groups.get(at)?;
        let of_group = column.iter().zip(groups).filter(|(_, group)| *group == own);
        let known: Vec<f64> = of_group.filter_map(|(value, _)| *value).collect();
        mean(&known)
    })
}

/// A year and what was observed in it.
pub type Year = (i32, Option<f64>);

/// Straight lines between observations of a series sorted by year, each of which stands once; nothing before the first and after the last
/// (E39), and of one observation nothing (E40).
pub fn between(series: &[Year]) -> Vec<Option<Filled>> {
    let values: Vec<Option<f64>> = series.iter().map(|(_, value)| *value).collect();
    filled(&values, |at| {
        let (before, after) = (series.get(..at)?, series.get(at..)?);
        let known = |(year, value): &Year| Some((f64::from(*year), (*value)?));
        let (from, low) = before.iter().rev().find_map(known)?;
        let (to, high) = after.iter().find_map(known)?;
        let year = f64::from(series.get(at)?.0);
        Some(low + (high - low) * (year - from) / (to - from))
    })
}

/// The last observation carried forward, with its age in years (E38): of a year before the first, nothing.
pub fn carried(series: &[Year]) -> Vec<Option<(Filled, i32)>> {
    let mut last: Option<Year> = None;
    let mut cell = |&(year, value): &Year| {
        if value.is_some() {
            last = Some((year, value));
        }
        let (of, known) = last?;
        Some((Filled { value: known?, observed: of == year }, year - of))
    };
    series.iter().map(&mut cell).collect()
}

/// How much of a row is there, and whether it enters an index.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Screened {
    /// Cells without a value.
    pub missing: usize,
    /// Cells that are 0.
    pub zeros: usize,
    /// 1 - missing / cells.
    pub available: f64,
    /// 1 - zeros / cells with a value; `None` of a row without any (E36; COINr has NaN, and lets it in).
    pub not_zero: Option<f64>,
}

impl Screened {
    /// Whether a row has at least these shares. A row without any value has not.
    pub fn enters(&self, least_available: f64, least_not_zero: f64) -> bool {
        let slack = crate::aggregate::SLACK;
        self.not_zero.is_some_and(|share| share + slack >= least_not_zero)
            && self.available + slack >= least_available
    }
}

/// Counts a row; `None` of a row without cells.
pub fn screen(row: &[Option<f64>]) -> Option<Screened> {
    let (cells, there) = (row.len(), row.iter().flatten().count());
    let zeros = row.iter().flatten().filter(|value| **value == 0.0).count();
    (cells > 0).then(|| Screened {
        missing: cells - there,
        zeros,
        available: there as f64 / cells as f64,
        not_zero: (there > 0).then(|| 1.0 - zeros as f64 / there as f64),
    })
}
