//! Ranks: rounded before compared, ties kept, nothing for nothing.

/// Rounds half to even at a number of decimals. The rounded value serves comparison and print;
/// tables keep the unrounded one.
pub fn round(value: f64, decimals: u32) -> f64 {
    units(value, decimals) / scale(decimals)
}

fn scale(decimals: u32) -> f64 {
    (0..decimals).fold(1.0, |scale, _| scale * 10.0)
}

/// The score in whole units of its last decimal: 5.1 and 5.1000000000000005 are one (E21).
pub(crate) fn units(value: f64, decimals: u32) -> f64 {
    (value * scale(decimals)).round_ties_even()
}

/// The ranked scores of a line and window, as a ladder on which any score has its place.
#[derive(Debug, Clone, PartialEq)]
pub struct Ladder {
    /// Units, highest first.
    sorted: Vec<f64>,
    decimals: u32,
}

impl Ladder {
    /// The ladder of some scores, compared after rounding to `decimals`.
    pub fn new(scores: impl IntoIterator<Item = f64>, decimals: u32) -> Self {
        let mut sorted: Vec<f64> = scores.into_iter().map(|score| units(score, decimals)).collect();
        sorted.sort_by(|a, b| b.total_cmp(a));
        Self { sorted, decimals }
    }

    /// 1 + the number of scores strictly higher: the rank of a score on the ladder, and the rank
    /// that one beside it would take.
    pub fn place(&self, score: f64) -> u32 {
        let units = units(score, self.decimals);
        let higher = self.sorted.partition_point(|other| *other > units);
        u32::try_from(higher + 1).unwrap_or(u32::MAX)
    }

    /// Number of scores.
    pub fn len(&self) -> usize {
        self.sorted.len()
    }

    /// Whether nobody is ranked.
    pub fn is_empty(&self) -> bool {
        self.sorted.is_empty()
    }
}

/// Competition ranks: 1 + the number of scores strictly higher after rounding to `decimals`;
/// a missing score has no rank (E20 to E22, E51, C17, C18).
pub fn competition(scores: &[Option<f64>], decimals: u32) -> Vec<Option<u32>> {
    let ladder = Ladder::new(scores.iter().flatten().copied(), decimals);
    scores.iter().map(|score| score.map(|score| ladder.place(score))).collect()
}
