//! Treatment of outliers, as COINr's default has it and with its faults mended: a column whose skewness and kurtosis
//! are both out of bounds is winsorised, and where that does not help, the column as it came is put on a
//! logarithm.

use super::moments::{kurtosis, skewness};

/// Bounds of a treatment.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Bounds {
    /// Skewness, either way, from which on a column may be out of bounds.
    pub skewness: f64,
    /// Excess kurtosis from which on it is, where its skewness is too.
    pub kurtosis: f64,
    /// Most points that are winsorised at one end.
    pub points: usize,
    /// Part of the range that is added before a logarithm, so that the least value has one.
    pub offset: f64,
    /// Whether points are winsorised even of a column within bounds: until `points` of them are.
    pub force: bool,
}

/// What became of a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum How {
    /// Within bounds, as it came.
    Passed,
    /// Fewer values than a kurtosis needs: as it came.
    TooFew,
    /// One value many times: as it came.
    NoVariance,
    /// Winsorising leaves a constant: as it came.
    TooFewUnique,
    /// So many points brought to the next value.
    Winsorised(usize),
    /// On a logarithm, and within bounds.
    Logged,
    /// On a logarithm, and still out of bounds.
    LoggedInVain,
}

/// A column with its treatment.
#[derive(Debug, Clone, PartialEq)]
pub struct Treated {
    /// Values, `None` where there was none.
    pub values: Vec<Option<f64>>,
    /// What became of it.
    pub how: How,
    /// Points that winsorising had reached when it ended, also where it did not help.
    pub points: usize,
    /// Skewness and kurtosis as it came, after winsorising, and after the logarithm: those that were tried.
    pub shapes: Vec<(Option<f64>, Option<f64>)>,
}

fn shape(column: &[Option<f64>]) -> (Option<f64>, Option<f64>) {
    let values: Vec<f64> = column.iter().flatten().copied().collect();
    (skewness(&values), kurtosis(&values))
}

/// Both limits must be broken: a skewed column with thin tails is left alone (E03, E04).
fn is_within(shape: (Option<f64>, Option<f64>), bounds: &Bounds) -> bool {
    let (Some(skewness), Some(kurtosis)) = shape else { return true };
    skewness.abs() < bounds.skewness || kurtosis < bounds.kurtosis
}

fn ends(column: &[Option<f64>]) -> Option<(f64, f64)> {
    let values = column.iter().flatten().copied();
    let low = values.clone().fold(f64::INFINITY, f64::min);
    let high = values.fold(f64::NEG_INFINITY, f64::max);
    (low <= high).then_some((low, high))
}

/// Brings the values at the end that the skew points to to the next one: the column, and how many points are
/// now moved. `None` where no second value is left.
fn step(column: &[Option<f64>], skewness: f64) -> Option<(Vec<Option<f64>>, usize)> {
    let (low, high) = ends(column)?;
    let extreme = if skewness > 0.0 { high } else { low };
    let inside: Vec<Option<f64>> = column.iter().map(|it| it.filter(|it| *it != extreme)).collect();
    let (low, high) = ends(&inside)?;
    let next = if skewness > 0.0 { high } else { low };
    let moved = column.iter().filter(|it| **it == Some(extreme)).count();
    let bring = |it: &Option<f64>| it.map(|it| if it == extreme { next } else { it });
    Some((column.iter().map(bring).collect(), moved))
}

/// Treats a column. A step of winsorising that would move more points than allowed, because of a tie, is not
/// made (E05; COINr makes it).
pub fn treat(column: &[Option<f64>], bounds: &Bounds) -> Treated {
    let first = shape(column);
    let (values, mut shapes) = (column.to_vec(), vec![first]);
    let kept = |how, points, shapes| Treated { values: column.to_vec(), how, points, shapes };
    let Some((low, high)) = ends(column) else { return kept(How::TooFew, 0, shapes) };
    if low == high {
        return kept(How::NoVariance, 0, shapes);
    }
    if first.1.is_none() {
        return kept(How::TooFew, 0, shapes);
    }
    if is_within(first, bounds) && !bounds.force {
        return kept(How::Passed, 0, shapes);
    }
    let (mut winsorised, mut points) = (values, 0);
    while let (Some(skewness), _) = shape(&winsorised) {
        let Some((next, moved)) = step(&winsorised, skewness) else { break };
        if moved > bounds.points {
            break;
        }
        (winsorised, points) = (next, moved);
        let now = shape(&winsorised);
        let is_forced = bounds.force && points < bounds.points;
        if now.0.is_none() {
            return kept(How::TooFewUnique, points, shapes);
        }
        if is_within(now, bounds) && !is_forced {
            shapes.push(now);
            let how = How::Winsorised(points);
            return Treated { values: winsorised, how, points, shapes };
        }
    }
    shapes.push(shape(&winsorised));
    let values = logarithm(column, bounds.offset);
    let last = shape(&values);
    shapes.push(last);
    let how = if is_within(last, bounds) { How::Logged } else { How::LoggedInVain };
    Treated { values, how, points, shapes }
}

/// ln(x - min + offset (max - min)): COINr's `log_CT` with an offset of one hundredth (E10).
pub fn logarithm(column: &[Option<f64>], offset: f64) -> Vec<Option<f64>> {
    let of = |(low, high): (f64, f64), it: f64| (it - low + offset * (high - low)).ln();
    let ends = ends(column);
    column.iter().map(|it| Some(of(ends?, (*it)?)).filter(|it| it.is_finite())).collect()
}

/// ln((max - 1)(x - min) / (max - min) + 1): the logarithm of the Global Innovation Index (E11; COINr's
/// `log_GII` returns what it was given).
pub fn logarithm_gii(column: &[Option<f64>]) -> Vec<Option<f64>> {
    let of = |(low, high): (f64, f64), it: f64| ((high - 1.0) * (it - low) / (high - low)).ln_1p();
    let ends = ends(column);
    column.iter().map(|it| Some(of(ends?, (*it)?)).filter(|it| it.is_finite())).collect()
}
