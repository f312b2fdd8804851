//! What a column looks like: moments, quantiles, how much of it is there.

use crate::sum::{mean, median, sum};

/// Whether all values are one. The distance of 0.1 from the mean of many 0.1 is a last bit, not 0.
fn are_one(values: &[f64]) -> bool {
    values.windows(2).all(|pair| matches!(pair, [a, b] if a == b))
}

/// Sample standard deviation (divisor n - 1), 0 of one value many times; `None` of fewer than two values.
pub fn deviation(values: &[f64]) -> Option<f64> {
    let average = if are_one(values) { *values.first()? } else { mean(values)? };
    let free = values.len().checked_sub(1).filter(|free| *free > 0)?;
    Some((squares(values, average, 2) / free as f64).sqrt())
}

/// Sum of powers of the distance from the mean.
fn squares(values: &[f64], average: f64, power: i32) -> f64 {
    sum(values.iter().map(|value| (value - average).powi(power)))
}

/// Skewness, type 2 (Excel's SKEW): g1 sqrt(n (n - 1)) / (n - 2) with g1 = sqrt(n) sum d^3 / (sum d^2)^1.5.
/// `None` of fewer than three values or of one value many times.
pub fn skewness(values: &[f64]) -> Option<f64> {
    let (average, n) = (mean(values)?, values.len() as f64);
    let second = squares(values, average, 2);
    let found = n.sqrt() * squares(values, average, 3) / second.powf(1.5) * (n * (n - 1.0)).sqrt()
        / (n - 2.0);
    (values.len() > 2 && !are_one(values)).then_some(found).filter(|it| it.is_finite())
}

/// Excess kurtosis, type 2 (Excel's KURT): ((n + 1)(r - 3) + 6)(n - 1) / ((n - 2)(n - 3)) with
/// r = n sum d^4 / (sum d^2)^2. `None` of fewer than four values or of one value many times.
pub fn kurtosis(values: &[f64]) -> Option<f64> {
    let (average, n) = (mean(values)?, values.len() as f64);
    let second = squares(values, average, 2);
    let r = n * squares(values, average, 4) / second.powi(2);
    let found = ((n + 1.0) * (r - 3.0) + 6.0) * (n - 1.0) / ((n - 2.0) * (n - 3.0));
    (values.len() > 3 && !are_one(values)).then_some(found).filter(|it| it.is_finite())
}

/// Quantile, type 7 (that of R, NumPy and spreadsheets): between the two values around (n - 1) p. `None` of
/// nothing, or where `p` is no share.
pub fn quantile(values: &[f64], p: f64) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let last = sorted.len().checked_sub(1)?;
    let place = (0.0..=1.0).contains(&p).then_some(last as f64 * p)?;
    let below = (0..=last).rev().find(|at| *at as f64 <= place)?;
    let (low, high) = (sorted.get(below)?, sorted.get((below + 1).min(last))?);
    Some(low + (place - below as f64) * (high - low))
}

/// A column in figures. What is not there counts for nothing but the shares.
#[derive(Debug, Clone, PartialEq)]
pub struct Described {
    /// Rows.
    pub rows: usize,
    /// Rows with a value.
    pub there: usize,
    /// Values other than 0.
    pub not_zero: usize,
    /// Different values.
    pub unique: usize,
    /// How often the most frequent value is there.
    pub same: usize,
    /// Least value.
    pub min: Option<f64>,
    /// Greatest value.
    pub max: Option<f64>,
    /// Arithmetic mean.
    pub mean: Option<f64>,
    /// Median.
    pub median: Option<f64>,
    /// Sample standard deviation.
    pub deviation: Option<f64>,
    /// Skewness, type 2.
    pub skewness: Option<f64>,
    /// Excess kurtosis, type 2.
    pub kurtosis: Option<f64>,
}

/// Describes a column.
pub fn describe(column: &[Option<f64>]) -> Described {
    let values: Vec<f64> = column.iter().flatten().copied().collect();
    let mut sorted = values.clone();
    sorted.sort_by(f64::total_cmp);
    let runs: Vec<usize> = sorted.chunk_by(|a, b| a == b).map(<[f64]>::len).collect();
    Described {
        rows: column.len(),
        there: values.len(),
        not_zero: values.iter().filter(|value| **value != 0.0).count(),
        unique: runs.len(),
        same: runs.iter().copied().max().unwrap_or_default(),
        min: sorted.first().copied(),
        max: sorted.last().copied(),
        mean: mean(&values),
        median: median(&values),
        deviation: deviation(&values),
        skewness: skewness(&values),
        kurtosis: kurtosis(&values),
    }
}
