//! Copeland's method: a ranking by pairwise comparison that needs no aggregation of scores. For
//! robustness checks; the Action Lines do not use it.

/// Wins minus losses of every row against every other. A row wins a pair if it is ahead on more
/// than half of the weight of the columns that both have (equal values count half). Without a
/// shared column the pair is a draw (E33): a missing comparison is nobody's win.
///
/// Rows are as long as `weights`; what is missing at the end of a row counts as missing.
pub fn copeland(rows: &[Vec<Option<f64>>], weights: &[f64]) -> Vec<i64> {
    let ahead = |a: &[Option<f64>], b: &[Option<f64>]| -> f64 {
        let (mut won, mut shared) = (0.0, 0.0);
        for ((a, b), weight) in a.iter().zip(b).zip(weights) {
            if let (Some(a), Some(b)) = (a, b) {
                shared += weight;
                won += if a > b {
                    *weight
                } else if a == b {
                    weight / 2.0
                } else {
                    0.0
                };
            }
        }
        if shared > 0.0 { won / shared } else { 0.5 }
    };
    let against = |(at, row): (usize, &Vec<Option<f64>>)| {
        let others = rows.iter().enumerate().filter(|(other, _)| *other != at);
        others
            .map(|(_, other)| match ahead(row, other) {
                share if share > 0.5 => 1,
                share if share < 0.5 => -1,
                _ => 0,
            })
            .sum()
    };
    rows.iter().enumerate().map(against).collect()
}
