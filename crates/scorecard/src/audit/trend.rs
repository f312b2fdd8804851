//! The trend of one series.

use super::fill::Year;
use crate::sum::{mean, sum};

/// The observations of a series, by year.
fn known(series: &[Year]) -> Vec<(f64, f64)> {
    let mut known: Vec<(i32, f64)> =
        series.iter().filter_map(|(year, value)| Some((*year, (*value)?))).collect();
    known.sort_by_key(|(year, _)| *year);
    known.into_iter().map(|(year, value)| (f64::from(year), value)).collect()
}

/// The last `n` observations; `None` where there are fewer (E42: of just `n`, all of them).
pub fn latest(series: &[Year], n: usize) -> Option<Vec<(f64, f64)>> {
    let known = known(series);
    known.len().checked_sub(n).and_then(|from| Some(known.get(from..)?.to_vec()))
}

/// Compound growth from the first to the last observation of years sorted upwards, whatever lies between.
/// `None` of one observation, and where growth is undefined: from 0, to 0 (also 0 at both ends, which is a growth of 0 between the ends of a window, docs/METHOD.md section 11: here it
/// is held against COINr, which has none) or over a change of sign (E43).
pub fn growth(series: &[Year]) -> Option<f64> {
    let known = known(series);
    let (from, to) = (known.first()?, known.last()?);
    let is_defined = from.1 > 0.0 && to.1 > 0.0 && to.0 > from.0;
    is_defined.then(|| (to.1 / from.1).powf((to.0 - from.0).recip()) - 1.0)
}

/// Least-squares line through a series: its slope a year, and its value in the first year with an observation. `None` of one
/// observation.
pub fn line(series: &[Year]) -> Option<(f64, f64)> {
    let known = known(series);
    let (years, values): (Vec<f64>, Vec<f64>) = known.iter().copied().unzip();
    let (mean_year, mean_value) = (mean(&years)?, mean(&values)?);
    let across = sum(years.iter().map(|year| (year - mean_year).powi(2)));
    let along = sum(known.iter().map(|(year, value)| (year - mean_year) * (value - mean_value)));
    let first = years.first()?;
    (across > 0.0).then(|| {
        let slope = along / across;
        (slope, mean_value + slope * (first - mean_year))
    })
}
