//! Columns against each other: correlation, Cronbach's alpha, principal components.

use super::moments::deviation;
use crate::sum::{mean, sum};

/// The rows in which both columns have a value.
fn pairs(x: &[Option<f64>], y: &[Option<f64>]) -> (Vec<f64>, Vec<f64>) {
    x.iter().zip(y).filter_map(|(x, y)| Some((((*x)?), (*y)?))).unzip()
}

/// Sample covariance of two columns of one length (divisor n - 1).
fn covariance(x: &[f64], y: &[f64]) -> Option<f64> {
    let (mean_x, mean_y) = (mean(x)?, mean(y)?);
    let free = x.len().checked_sub(1).filter(|free| *free > 0)?;
    Some(sum(x.iter().zip(y).map(|(x, y)| (x - mean_x) * (y - mean_y))) / free as f64)
}

/// Pearson's correlation over the rows that both columns have. `None` of fewer than two, or without spread.
pub fn pearson(x: &[Option<f64>], y: &[Option<f64>]) -> Option<f64> {
    let (x, y) = pairs(x, y);
    of_values(&x, &y)
}

fn of_values(x: &[f64], y: &[f64]) -> Option<f64> {
    let found = covariance(x, y)? / (deviation(x)? * deviation(y)?);
    found.is_finite().then(|| found.clamp(-1.0, 1.0))
}

/// Ranks from 1, ties with the mean of their places.
fn mean_ranks(values: &[f64]) -> Vec<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let place = |value: &f64| {
        let below = sorted.partition_point(|other| other < value);
        let up_to = sorted.partition_point(|other| other <= value);
        (below + up_to + 1) as f64 / 2.0
    };
    values.iter().map(place).collect()
}

/// Spearman's correlation: Pearson's, of the ranks.
pub fn spearman(x: &[Option<f64>], y: &[Option<f64>]) -> Option<f64> {
    let (x, y) = pairs(x, y);
    of_values(&mean_ranks(&x), &mean_ranks(&y))
}

/// Kendall's tau-b: (concordant - discordant) / sqrt((pairs not tied in x)(pairs not tied in y)).
pub fn kendall(x: &[Option<f64>], y: &[Option<f64>]) -> Option<f64> {
    let (x, y) = pairs(x, y);
    let order = |a: f64, b: f64| f64::from(i8::from(a > b) - i8::from(a < b));
    let (mut together, mut in_x, mut in_y) = (0.0, 0.0, 0.0);
    for (at, (xa, ya)) in x.iter().zip(&y).enumerate() {
        for (xb, yb) in x.iter().zip(&y).take(at) {
            let (dx, dy) = (order(*xa, *xb), order(*ya, *yb));
            together += dx * dy;
            in_x += dx * dx;
            in_y += dy * dy;
        }
    }
    let found: f64 = together / (in_x * in_y).sqrt();
    found.is_finite().then_some(found)
}

/// Cronbach's alpha of some columns: k^2 times the mean covariance of two different ones over the sum of all
/// (variances included), each covariance over the rows that both columns have. It may be negative. `None` of
/// fewer than two columns.
pub fn alpha(columns: &[Vec<Option<f64>>]) -> Option<f64> {
    let k = columns.len() as f64;
    let of_pair = |x: &Vec<Option<f64>>, y: &Vec<Option<f64>>| {
        let (x, y) = pairs(x, y);
        covariance(&x, &y)
    };
    let row = |x: &Vec<Option<f64>>| columns.iter().map(|y| of_pair(x, y)).collect();
    let matrix: Vec<Vec<f64>> = columns.iter().map(row).collect::<Option<_>>()?;
    let all = sum(matrix.iter().flatten().copied());
    let own = sum(matrix.iter().enumerate().filter_map(|(at, row)| row.get(at).copied()));
    let found = k * k * ((all - own) / (k * (k - 1.0))) / all;
    found.is_finite().then_some(found)
}

/// The rows that all columns have.
fn complete(columns: &[Vec<Option<f64>>]) -> Vec<Vec<f64>> {
    let rows = columns.iter().map(Vec::len).min().unwrap_or_default();
    let there: Vec<bool> = (0..rows)
        .map(|row| columns.iter().all(|it| matches!(it.get(row), Some(Some(_)))))
        .collect();
    let keep = |column: &Vec<Option<f64>>| {
        column.iter().zip(&there).filter(|(_, there)| **there).filter_map(|(it, _)| *it).collect()
    };
    columns.iter().map(keep).collect()
}

fn square(
    columns: &[Vec<f64>],
    of: impl Fn(&[f64], &[f64]) -> Option<f64>,
) -> Option<Vec<Vec<f64>>> {
    columns.iter().map(|x| columns.iter().map(|y| of(x, y)).collect()).collect()
}

/// Principal components of standardised columns.
#[derive(Debug, Clone, PartialEq)]
pub struct Components {
    /// Loadings of the first one, by column, of length 1, with a sum above 0.
    pub first: Vec<f64>,
    /// Share of the variance that the first one explains.
    pub share: f64,
    /// Eigenvalues of the matrix of correlations, largest first.
    pub eigenvalues: Vec<f64>,
}

/// Sweeps after which the off-diagonal of a matrix of this kind is nothing: Jacobi's converges
/// quadratically, and a dozen is more than any of a hundred columns needs.
const SWEEPS: usize = 50;

/// The components of the matrix of correlations, over the rows that all columns have, by Jacobi's rotations. `None`
/// of fewer than two columns, of a column without spread, or of no more rows than columns.
pub fn components(columns: &[Vec<Option<f64>>]) -> Option<Components> {
    let columns = complete(columns);
    let matrix = square(&columns, of_values)?;
    let n = matrix.len();
    let (values, vectors) = jacobi(matrix);
    let mut order: Vec<usize> = (0..n).collect();
    let value = |at: &usize| values.get(*at).copied().unwrap_or_default();
    order.sort_by(|a, b| value(b).total_cmp(&value(a)));
    let is_enough = n > 1 && columns.iter().all(|column| column.len() > n);
    let best = *order.first().filter(|_| is_enough)?;
    let first: Vec<f64> = vectors.iter().filter_map(|row| row.get(best).copied()).collect();
    let sign = if sum(first.iter().copied()) < 0.0 { -1.0 } else { 1.0 };
    Some(Components {
        first: first.into_iter().map(|it| sign * it).collect(),
        share: value(&best) / n as f64,
        eigenvalues: order.iter().map(value).collect(),
    })
}

/// Eigenvalues, and the eigenvectors as columns, of a symmetric matrix.
#[expect(clippy::indexing_slicing, reason = "left and right run below the length of the matrix")]
fn jacobi(mut matrix: Vec<Vec<f64>>) -> (Vec<f64>, Vec<Vec<f64>>) {
    let all = 0..matrix.len();
    let unit = |row| all.clone().map(|at| if at == row { 1.0 } else { 0.0 }).collect();
    let mut vectors: Vec<Vec<f64>> = all.clone().map(unit).collect();
    for _ in 0..SWEEPS {
        for left in all.clone() {
            for right in left + 1..all.end {
                let between = matrix[left][right];
                if between == 0.0 {
                    continue;
                }
                let theta = (matrix[right][right] - matrix[left][left]) / (2.0 * between);
                let tangent = theta.signum() / (theta.abs() + theta.hypot(1.0));
                let cosine = tangent.hypot(1.0).recip();
                let turn =
                    |a: f64, b: f64| (cosine * (a - tangent * b), cosine * (tangent * a + b));
                for row in matrix.iter_mut().chain(&mut vectors) {
                    (row[left], row[right]) = turn(row[left], row[right]);
                }
                let turned = all.clone().map(|at| turn(matrix[left][at], matrix[right][at]));
                (matrix[left], matrix[right]) = turned.unzip();
            }
        }
    }
    (all.map(|at| matrix[at][at]).collect(), vectors)
}
