//! Which choice moves an outcome: Sobol' indices of choices that are few, over all of their combinations, and
//! so exact (Sobol', Mathematical Modelling and Computational Experiments 1, 1993).

use std::collections::BTreeMap;

use crate::sum::{mean, sum};

/// Parts of the variance of an outcome that come of one factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Index {
    /// By itself: the variance of the outcome's mean at each level of the factor, over the whole variance.
    pub first: f64,
    /// With all that it does together with others: 1 less the same of all other factors.
    pub total: f64,
}

/// Indices of each factor. Each run has the levels of all factors and its outcome; all combinations of
/// levels are there once. `None` where no run differs from another.
pub fn exact(runs: &[(Vec<usize>, f64)]) -> Option<Vec<Index>> {
    let outcomes: Vec<f64> = runs.iter().map(|(_, outcome)| *outcome).collect();
    let whole = variance(&outcomes)?;
    if whole <= 0.0 {
        return None;
    }
    let explained = |is_kept: &dyn Fn(usize) -> bool| {
        let mut groups: BTreeMap<Vec<usize>, Vec<f64>> = BTreeMap::new();
        for (levels, outcome) in runs {
            let kept = levels.iter().enumerate().filter(|(factor, _)| is_kept(*factor));
            groups.entry(kept.map(|(_, level)| *level).collect()).or_default().push(*outcome);
        }
        let means: Vec<f64> = groups.values().filter_map(|group| mean(group)).collect();
        variance(&means).unwrap_or_default() / whole
    };
    let factors = runs.first().map_or(0, |(levels, _)| levels.len());
    let index = |factor: usize| Index {
        first: explained(&|other| other == factor),
        total: 1.0 - explained(&|other| other != factor),
    };
    Some((0..factors).map(index).collect())
}

/// Mean square of the distances from the mean.
fn variance(values: &[f64]) -> Option<f64> {
    let centre = mean(values)?;
    Some(sum(values.iter().map(|value| (value - centre) * (value - centre))) / values.len() as f64)
}
