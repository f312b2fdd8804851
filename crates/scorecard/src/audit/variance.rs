//! What a result hangs on: Sobol' indices, exact over discrete choices or estimated from draws.

use super::moments::deviation;
use crate::sum::{mean, sum};

/// First-order and total index of one factor.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Index {
    /// Share of the variance that the factor explains alone. An estimate may be below 0: that is noise, kept here and
    /// shown as 0.
    pub first: f64,
    /// The same with every interaction that it takes part in.
    pub total: f64,
}

/// Estimates from results of `a` and `b`, two samples of draws, and of `ab`, the first with one factor from the second:
/// first order mean(yB (yAB - yA)) / V (Saltelli et al. 2010), total mean((yA - yAB)^2) / 2V (Jansen 1999), V the
/// variance of both samples together. `None` without variance, or where the lengths differ.
pub fn estimated(a: &[f64], b: &[f64], ab: &[f64]) -> Option<Index> {
    let variance = pooled_variance(a, b).filter(|it| *it > 0.0)?;
    let rows = || a.iter().zip(b).zip(ab).map(|((a, b), ab)| (*a, *b, *ab));
    let first: Vec<f64> = rows().map(|(a, b, ab)| b * (ab - a)).collect();
    let total: Vec<f64> = rows().map(|(a, _, ab)| (a - ab).powi(2)).collect();
    let is_even = a.len() == b.len() && a.len() == ab.len();
    is_even.then_some(Index {
        first: mean(&first)? / variance,
        total: mean(&total)? / (2.0 * variance),
    })
}

/// Variance of two samples together (divisor n - 1).
pub fn pooled_variance(a: &[f64], b: &[f64]) -> Option<f64> {
    Some(deviation(&[a, b].concat())?.powi(2))
}

/// Exact indices over all combinations of discrete choices, each equally likely: `runs` holds the choices of a run (one of each
/// factor) and its result. First = Var(E\[Y | i\]) / Var(Y), total = 1 - Var(E\[Y | all others\]) / Var(Y), variances with
/// divisor n. `None` without variance.
pub fn exact(runs: &[(Vec<usize>, f64)]) -> Option<Vec<Index>> {
    let results: Vec<f64> = runs.iter().map(|(_, result)| *result).collect();
    let all = spread(&results).filter(|it| *it > 0.0)?;
    let factors = runs.first()?.0.len();
    let given = |key: &dyn Fn(&[usize]) -> Vec<usize>| {
        let mean_of = |own: &[usize]| {
            let alike = runs.iter().filter(|(choices, _)| key(choices) == key(own));
            mean(&alike.map(|(_, result)| *result).collect::<Vec<_>>())
        };
        let means: Vec<f64> = runs.iter().filter_map(|(own, _)| mean_of(own)).collect();
        spread(&means)
    };
    let index = |factor: usize| {
        let own = |choices: &[usize]| choices.get(factor).copied().into_iter().collect();
        let others = |choices: &[usize]| {
            let kept = choices.iter().enumerate().filter(|(at, _)| *at != factor);
            kept.map(|(_, choice)| *choice).collect()
        };
        Some(Index { first: given(&own)? / all, total: 1.0 - given(&others)? / all })
    };
    (0..factors).map(index).collect()
}

/// Variance with divisor n.
fn spread(values: &[f64]) -> Option<f64> {
    let average = mean(values)?;
    Some(sum(values.iter().map(|it| (it - average).powi(2))) / values.len() as f64)
}
