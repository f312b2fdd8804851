//! What moved a score between two releases: revision, new data, composition and method by Shapley's values; weights
//! and values by Bennet's; members that left, stayed and came.

use crate::sum::{mean, sum};

/// Most players: 2^players scores are computed.
pub const PLAYERS: usize = 15;

/// Shapley's values of a game: what each of `players` switches adds to the value on average over all orders in which
/// they are turned on. They sum to the value with all of them less that with none. `value` is asked of each
/// set of switches once (bit i is switch i). `None` of more than [`PLAYERS`], or where a value is missing.
pub fn shapley(players: usize, value: impl Fn(usize) -> Option<f64>) -> Option<Vec<f64>> {
    let sets = (players <= PLAYERS).then(|| 1_usize << players)?;
    let values: Vec<f64> = (0..sets).map(value).collect::<Option<_>>()?;
    let orders = |n: u32| -> f64 { (1..=n).map(f64::from).product() };
    let n = u32::try_from(players).ok()?;
    let part = |player: usize| {
        let with = |set: usize| set | 1 << player;
        let without = (0..sets).filter(|set| with(*set) != *set);
        sum(without.filter_map(|set| {
            let size = set.count_ones();
            let weight = orders(size) * orders(n - size - 1) / orders(n);
            Some(weight * (values.get(with(set))? - values.get(set)?))
        }))
    };
    Some((0..players).map(part).collect())
}

/// What each switch adds when they are turned on in their order, one after the other. Another order gives
/// other parts: an order is a choice, [`shapley`] is none.
pub fn in_order(players: usize, value: impl Fn(usize) -> Option<f64>) -> Option<Vec<f64>> {
    let on = |switches: usize| (1_usize << switches) - 1;
    let step = |player: usize| Some(value(on(player + 1))? - value(on(player))?);
    (players <= PLAYERS).then(|| (0..players).map(step).collect())?
}

/// A child of an arithmetic mean at both ends: share and score (shares sum to 1).
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Shared {
    /// Share of the weight at the start and at the end.
    pub share: (f64, f64),
    /// Score at the start and at the end.
    pub score: (f64, f64),
}

impl Shared {
    /// Bennet (1920): the part of the change that comes from the score, at the mean of the two shares, and the part that
    /// comes from the share, at the mean of the two scores. Over all children both sum to the change.
    pub fn parts(&self) -> (f64, f64) {
        let of_score = f64::midpoint(self.share.0, self.share.1) * (self.score.1 - self.score.0);
        let of_share = f64::midpoint(self.score.0, self.score.1) * (self.share.1 - self.share.0);
        (of_score, of_share)
    }
}

/// A member of a group: its value and weight at the start and at the end, where it has them.
pub type BothEnds = (Option<(f64, f64)>, Option<(f64, f64)>);

/// What moved the weighted mean of a group.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupChange {
    /// Mean at the start.
    pub from: f64,
    /// Of the members that left.
    pub left: f64,
    /// Of the values of those that stayed.
    pub within: f64,
    /// Of the weights of those that stayed.
    pub shift: f64,
    /// Of the members that came.
    pub came: f64,
    /// Mean at the end.
    pub to: f64,
}

fn weighted(of: &[(f64, f64)]) -> Option<f64> {
    let weight = sum(of.iter().map(|(_, weight)| *weight));
    (weight > 0.0).then(|| sum(of.iter().map(|(value, weight)| value * weight)) / weight)
}

/// The change of a group's weighted mean: the four parts sum to it. `None` where nobody stayed.
pub fn group_change(members: &[BothEnds]) -> Option<GroupChange> {
    let old: Vec<_> = members.iter().filter_map(|(start, _)| *start).collect();
    let new: Vec<_> = members.iter().filter_map(|(_, end)| *end).collect();
    let stayed: Vec<_> = members.iter().filter_map(|(start, end)| start.zip(*end)).collect();
    let (starts, ends): (Vec<_>, Vec<_>) = stayed.iter().copied().unzip();
    let weight = |of: &[(f64, f64)]| sum(of.iter().map(|(_, weight)| *weight));
    let (before, after) = (weight(&starts), weight(&ends));
    let parts = stayed.iter().map(|(start, end)| {
        let share = (start.1 / before, end.1 / after);
        Shared { share, score: (start.0, end.0) }.parts()
    });
    let (within, shift): (Vec<f64>, Vec<f64>) = parts.unzip();
    let (from, to) = (weighted(&old)?, weighted(&new)?);
    Some(GroupChange {
        from,
        left: weighted(&starts)? - from,
        within: sum(within),
        shift: sum(shift),
        came: to - weighted(&ends)?,
        to,
    })
}

/// Mean distance of two rankings, in places: how far leaving something out moves everybody.
pub fn mean_shift(ranks: &[Option<u32>], others: &[Option<u32>]) -> Option<f64> {
    let both = ranks.iter().zip(others).filter_map(|(a, b)| Some(((*a)?, (*b)?)));
    let moved: Vec<f64> = both.map(|(a, b)| f64::from(a.abs_diff(b))).collect();
    mean(&moved)
}
