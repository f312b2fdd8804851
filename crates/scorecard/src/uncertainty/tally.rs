//! What came out of draws: how often each economy had each rank, and its scores. Counts of ranks are exact
//! and can be added up in any order, so that threads cannot change a quantile.

use wsis_model::rules::Share;

use crate::rank::units;
use crate::result::RankInterval;

/// Halves of the draws, compared to see what more draws would change.
const HALVES: usize = 2;

/// Counts of draws.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    economies: usize,
    /// First draw of the second half.
    middle: u32,
    decimals: u32,
    /// Of each half: economy by economy, how often it had rank 1, 2, ...
    counts: [Vec<u32>; HALVES],
    /// Draws in each half.
    draws: [u32; HALVES],
    /// Scores of each economy on the scale of its goalposts.
    scores: Vec<Vec<f64>>,
    order: Vec<(f64, usize)>,
}

impl Tally {
    /// Nothing yet, of `replicates` draws in all.
    pub(super) fn new(economies: usize, replicates: u32, decimals: u32) -> Self {
        let counts = || vec![0; economies * economies];
        Self {
            economies,
            middle: replicates.div_ceil(u32::try_from(HALVES).unwrap_or(1)),
            decimals,
            counts: [counts(), counts()],
            draws: [0; HALVES],
            scores: vec![Vec::new(); economies],
            order: Vec::with_capacity(economies),
        }
    }

    /// Counts a draw. Who has no score in it comes last: that a mean is undefined is no reason to leave
    /// the draw out.
    pub(super) fn add(&mut self, replicate: u32, scores: &[Option<f64>], on_scale: bool) {
        let half = usize::from(replicate >= self.middle);
        let decimals = self.decimals;
        let place = |score: &Option<f64>| score.map_or(f64::NEG_INFINITY, |it| units(it, decimals));
        self.order.clear();
        self.order.extend(scores.iter().map(place).zip(0..));
        self.order.sort_unstable_by(|a, b| b.0.total_cmp(&a.0));
        let (Some(counts), Some(draws)) = (self.counts.get_mut(half), self.draws.get_mut(half))
        else {
            return;
        };
        *draws += 1;
        let (mut rank, mut before) = (0, f64::NAN);
        for (place, (score, economy)) in self.order.iter().enumerate() {
            if *score != before {
                (rank, before) = (place, *score);
            }
            if let Some(count) = counts.get_mut(economy * self.economies + rank) {
                *count += 1;
            }
        }
        if on_scale {
            for (own, score) in self.scores.iter_mut().zip(scores) {
                own.extend(*score);
            }
        }
    }

    /// With what another range of the same draws has counted.
    #[must_use]
    pub fn merged(mut self, other: &Self) -> Self {
        for (own, others) in self.counts.iter_mut().zip(&other.counts) {
            own.iter_mut().zip(others).for_each(|(own, other)| *own += other);
        }
        self.draws.iter_mut().zip(other.draws).for_each(|(own, other)| *own += other);
        for (own, others) in self.scores.iter_mut().zip(&other.scores) {
            own.extend(others);
        }
        self
    }

    /// Draws counted.
    pub fn draws(&self) -> u32 {
        self.draws.iter().sum()
    }

    /// Scores of an economy on the scale of its goalposts, in the order of the draws.
    pub fn scores(&self, economy: usize) -> &[f64] {
        self.scores.get(economy).map_or(&[], Vec::as_slice)
    }

    /// Quantile of the ranks of an economy over all draws, type 7 (Hyndman and Fan): between the two
    /// nearest of the ordered ranks, in proportion.
    pub fn rank_quantile(&self, economy: usize, p: f64) -> f64 {
        self.quantile(economy, &[0, 1], p)
    }

    fn quantile(&self, economy: usize, halves: &[usize], p: f64) -> f64 {
        let draws: u32 = halves.iter().filter_map(|half| self.draws.get(*half)).sum();
        let last = f64::from(draws.saturating_sub(1));
        let at = last * p;
        let (low, high) = (at.floor(), at.ceil());
        let (low_rank, high_rank) =
            (self.ordered(economy, halves, low), self.ordered(economy, halves, high));
        low_rank + (high_rank - low_rank) * (at - low)
    }

    /// The rank at a place, from 0, of the ordered ranks of an economy.
    fn ordered(&self, economy: usize, halves: &[usize], place: f64) -> f64 {
        let mut passed = 0.0;
        for rank in 0..self.economies {
            let counts = halves.iter().filter_map(|half| self.counts.get(*half));
            let at = economy * self.economies + rank;
            passed += counts.filter_map(|of| of.get(at)).map(|it| f64::from(*it)).sum::<f64>();
            if passed > place {
                return rank as f64 + 1.0;
            }
        }
        self.economies as f64
    }

    /// The interval of an economy that holds a share of the draws.
    pub fn interval(&self, economy: usize, share: Share) -> RankInterval {
        let tail = share.tail();
        let ends = |halves: &[usize]| {
            let low = self.quantile(economy, halves, tail).floor();
            (whole(low), whole(self.quantile(economy, halves, 1.0 - tail).ceil()))
        };
        let (low, high) = ends(&[0, 1]);
        let [first, second] = [ends(&[0]), ends(&[1])];
        let mut scores = self.scores(economy).to_vec();
        scores.sort_unstable_by(f64::total_cmp);
        RankInterval {
            low,
            high,
            median: self.rank_quantile(economy, f64::midpoint(0.0, 1.0)),
            score_low: type_7(&scores, tail),
            score_high: type_7(&scores, 1.0 - tail),
            error: first.0.abs_diff(second.0).max(first.1.abs_diff(second.1)),
        }
    }
}

/// A place among draws or a rank, whole already: both are far below what a double holds exactly.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "from 0 to the number of draws or economies"
)]
fn whole(number: f64) -> u32 {
    number as u32
}

/// Quantile of ordered numbers, type 7.
fn type_7(sorted: &[f64], p: f64) -> Option<f64> {
    let at = sorted.len().checked_sub(1)? as f64 * p;
    let ordered = |place: f64| sorted.get(usize::try_from(whole(place)).ok()?);
    let (low, high) = (ordered(at.floor())?, ordered(at.ceil())?);
    Some(low + (high - low) * (at - at.floor()))
}
