//! Ranks: rounded before compared, ties kept, nothing for nothing.

/// Rounds half to even at a number of decimals. The rounded value serves comparison and print;
/// tables keep the unrounded one.
pub fn round(value: f64, decimals: u32) -> f64 {
    let scale = scale(decimals);
    (value * scale).round_ties_even() / scale
}

fn scale(decimals: u32) -> f64 {
    (0..decimals).fold(1.0, |scale, _| scale * 10.0)
}

/// Competition ranks: 1 + the number of scores strictly higher after rounding to `decimals`;
/// a missing score has no rank (E20 to E22, E51, C17, C18).
pub fn competition(scores: &[Option<f64>], decimals: u32) -> Vec<Option<u32>> {
    // Compared as whole numbers of the last decimal: 5.1 and 5.1000000000000005 are one (E21).
    let units = |score: f64| (score * scale(decimals)).round_ties_even();
    let mut sorted: Vec<f64> = scores.iter().flatten().map(|score| units(*score)).collect();
    sorted.sort_by(|a, b| b.total_cmp(a));
    let rank = |score: f64| {
        let higher = sorted.partition_point(|other| *other > units(score));
        u32::try_from(higher + 1).ok()
    };
    scores.iter().map(|score| score.and_then(rank)).collect()
}
