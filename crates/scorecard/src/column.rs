//! Normalisations that look at a whole column (relative to the other areas). The Action Lines use
//! none of them, since a change over time then has no absolute meaning; they serve the comparison
//! with published indices and other tools.

use crate::normalise::NotNormalised;
use crate::sum::sum;

/// A normalised column: as long as the input, `None` where the input is.
pub type Column = Result<Vec<Option<f64>>, NotNormalised>;

fn present(values: &[Option<f64>]) -> Result<Vec<f64>, NotNormalised> {
    let found: Vec<f64> = values.iter().flatten().copied().collect();
    if found.is_empty() {
        return Err(NotNormalised::NoValue);
    }
    if found.iter().any(|x| !x.is_finite()) {
        return Err(NotNormalised::NotFinite);
    }
    Ok(found)
}

fn bounds(values: &[Option<f64>]) -> Result<(f64, f64), NotNormalised> {
    let found = present(values)?;
    let lo = found.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = found.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if lo == hi { Err(NotNormalised::NoSpread) } else { Ok((lo, hi)) }
}

fn map(values: &[Option<f64>], f: impl Fn(f64) -> f64) -> Vec<Option<f64>> {
    values.iter().map(|value| value.map(&f)).collect()
}

/// Min-max onto `[to_lo, to_hi]`: lo' + (x - min) / (max - min) * (hi' - lo').
///
/// # Errors
/// No value, or no spread (E12).
pub fn minmax(values: &[Option<f64>], to_lo: f64, to_hi: f64) -> Column {
    let (lo, hi) = bounds(values)?;
    Ok(map(values, |x| to_lo + (x - lo) / (hi - lo) * (to_hi - to_lo)))
}

/// Min-max onto `[to_lo, to_hi]` with bounds of more than this column: those of all years, so that the scores of
/// two years compare (E19). Without clamping.
///
/// # Errors
/// No value, or equal bounds.
pub fn minmax_within(
    values: &[Option<f64>],
    (lo, hi): (f64, f64),
    to_lo: f64,
    to_hi: f64,
) -> Column {
    present(values)?;
    if lo == hi {
        return Err(NotNormalised::NoSpread);
    }
    Ok(map(values, |x| to_lo + (x - lo) / (hi - lo) * (to_hi - to_lo)))
}

/// z = (x - mean) / sd with the sample standard deviation (divisor n - 1; E13).
///
/// # Errors
/// No value, a single value, or no spread.
pub fn zscore(values: &[Option<f64>]) -> Column {
    let found = present(values)?;
    if found.len() < 2 {
        return Err(NotNormalised::SingleValue);
    }
    let n = found.len() as f64;
    let mean = sum(found.iter().copied()) / n;
    let sd = (sum(found.iter().map(|x| (x - mean).powi(2))) / (n - 1.0)).sqrt();
    if sd == 0.0 {
        return Err(NotNormalised::NoSpread);
    }
    Ok(map(values, |x| (x - mean) / sd))
}

/// z with the standard deviation of a whole population (divisor n), as UN DESA states it for the EGDI.
///
/// # Errors
/// As of [`zscore`].
pub fn zscore_of_all(values: &[Option<f64>]) -> Column {
    let n = present(values)?.len() as f64;
    let wider = (n / (n - 1.0)).sqrt();
    Ok(map(&zscore(values)?, |z| z * wider))
}

/// Rank from the lowest, which has 1; ties take the lowest rank.
///
/// # Errors
/// No value.
pub fn rank_from_lowest(values: &[Option<f64>]) -> Column {
    let mut sorted = present(values)?;
    sorted.sort_by(f64::total_cmp);
    Ok(map(values, |x| (sorted.partition_point(|y| *y < x) + 1) as f64))
}

/// Borda's points: how many values are lower.
///
/// # Errors
/// No value.
pub fn borda(values: &[Option<f64>]) -> Column {
    Ok(map(&rank_from_lowest(values)?, |rank| rank - 1.0))
}

/// Distance to the best: 1 - (max - x) / (max - min).
///
/// # Errors
/// No value, or no spread.
pub fn distance_to_maximum(values: &[Option<f64>]) -> Column {
    let (lo, hi) = bounds(values)?;
    Ok(map(values, |x| 1.0 - (hi - x) / (hi - lo)))
}

/// Percentile rank (rank - 1) / (n - 1), ties take the lowest rank (E15).
///
/// # Errors
/// No value, or a single value (E14).
pub fn percentile_rank(values: &[Option<f64>]) -> Column {
    let mut sorted = present(values)?;
    if sorted.len() < 2 {
        return Err(NotNormalised::SingleValue);
    }
    sorted.sort_by(f64::total_cmp);
    let below = |x: f64| sorted.partition_point(|y| *y < x) as f64;
    Ok(map(values, |x| below(x) / (sorted.len() - 1) as f64))
}

/// Distance to target: (x - min) / (target - min), or (max - x) / (max - target) where lower is
/// better. The target is given in the unit of the indicator, never negated by the caller (E18).
///
/// # Errors
/// No value, or the target equals the bound it is measured from.
pub fn distance_to_target(values: &[Option<f64>], up: bool, target: f64, cap: bool) -> Column {
    let found = present(values)?;
    let lo = found.iter().copied().fold(f64::INFINITY, f64::min);
    let hi = found.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let (from, span) = if up { (lo, target - lo) } else { (hi, hi - target) };
    if span == 0.0 {
        return Err(NotNormalised::NoSpread);
    }
    let share = |x: f64| if up { (x - from) / span } else { (from - x) / span };
    Ok(map(values, |x| if cap { share(x).min(1.0) } else { share(x) }))
}
