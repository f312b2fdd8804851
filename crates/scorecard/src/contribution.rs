//! What moved a score: the change of a node over a matched set, as a sum of parts of its leaves.
//!
//! The same leaves stand at both ends, so that the weights are the same: of an arithmetic mean the part of a
//! child is its weight times its change (Bennet 1920 with equal weights); of a geometric one it is
//! L(b, a) w ln(s1 / s0) with the logarithmic mean L of the parent's scores a and b (Ang 2004); of a harmonic
//! one a b w (1/s0 - 1/s1).
//! Each sums to the change exactly, whatever the order. A child that is a node hands its part on to its own
//! children in proportion to theirs.

use std::collections::BTreeMap;

use wsis_model::framework::Aggregation;

use crate::levels::{Levels, Part, Shape, Slot, Weights};
use crate::sum::sum;

/// Scores at the start and at the end, on the scale of the leaves.
type Ends = (f64, f64);

/// The tree and its scores at both ends.
pub struct Change<'s> {
    /// Who is whose child.
    pub shape: &'s Shape,
    /// Their weights.
    pub weights: &'s Weights,
    /// Scores of the nodes over the matched leaves: start and end.
    pub levels: (&'s Levels, &'s Levels),
    /// Scores of the matched leaves; none of the others.
    pub leaves: &'s [Option<Ends>],
}

impl Change<'_> {
    /// Points of a node's change by the leaf (index) that they come from: they sum to the change, but for
    /// the last bits. Empty where the node has no change.
    pub fn parts(&self, node: usize) -> BTreeMap<usize, f64> {
        let mut parts = BTreeMap::new();
        self.spread(node, 1.0, &mut parts);
        parts
    }

    fn spread(&self, at: usize, times: f64, into: &mut BTreeMap<usize, f64>) {
        let (Some(ends), Some(aggregation)) = (self.node(at), self.shape.aggregation(at)) else {
            return;
        };
        let there: Vec<(Part, Ends)> = self
            .shape
            .parts(self.weights, at, 1.0)
            .filter(|part| part.weight > 0.0)
            .filter_map(|part| Some((part, self.child(part.slot)?)))
            .collect();
        let total = sum(there.iter().map(|(part, _)| part.weight));
        for (part, child) in there {
            let rate = times * rate(aggregation, part.weight / total, ends, child);
            match part.slot {
                Slot::Leaf(leaf) => *into.entry(leaf).or_insert(0.0) += rate * (child.1 - child.0),
                Slot::Node(below) => self.spread(below, rate, into),
                Slot::Absent => {}
            }
        }
    }

    fn child(&self, slot: Slot) -> Option<Ends> {
        match slot {
            Slot::Leaf(leaf) => self.leaves.get(leaf).copied().flatten(),
            Slot::Node(node) => self.node(node),
            Slot::Absent => None,
        }
    }

    fn node(&self, at: usize) -> Option<Ends> {
        self.levels.0.of(at).ok().zip(self.levels.1.of(at).ok())
    }
}

/// Points of the parent for a point of the child, on the way from one end to the other.
fn rate(aggregation: Aggregation, share: f64, parent: Ends, child: Ends) -> f64 {
    let moved = child.1 - child.0;
    match aggregation {
        Aggregation::Arithmetic => share,
        Aggregation::Geometric { floor } => {
            let (from, to) = (child.0.max(floor), child.1.max(floor));
            let slope = if moved == 0.0 { steep(from, floor) } else { (to / from).ln() / moved };
            share * logarithmic_mean(parent) * slope
        }
        Aggregation::Harmonic { floor } => {
            let (from, to) = (child.0.max(floor), child.1.max(floor));
            let slope = if moved == 0.0 {
                steep(from, floor) / from
            } else {
                (from.recip() - to.recip()) / moved
            };
            share * parent.0 * parent.1 * slope
        }
    }
}

/// 1 / s where a child moves its parent; 0 where it is raised to the floor and moves nothing.
fn steep(raised: f64, floor: f64) -> f64 {
    if raised > floor { raised.recip() } else { 0.0 }
}

/// (b - a) / ln(b / a), or a where both are equal.
fn logarithmic_mean((a, b): Ends) -> f64 {
    let logarithm = (b / a).ln();
    if logarithm == 0.0 { a } else { (b - a) / logarithm }
}

/// Parts in tenths (or whatever is printed) that add up to the printed total: each is rounded down, and what
/// is left goes to those with the largest remainder, the earlier first where two are equal.
pub fn printed_parts(parts: &[f64], total: f64, decimals: usize) -> Vec<f64> {
    let unit = 10_f64.powi(i32::try_from(decimals).unwrap_or(i32::MAX));
    let floors: Vec<f64> = parts.iter().map(|part| (part * unit).floor()).collect();
    let left = (total * unit).round() - sum(floors.iter().copied());
    let mut order: Vec<usize> = (0..parts.len()).collect();
    let rest = |at: &usize| parts.get(*at).map_or(0.0, |part| part * unit - (part * unit).floor());
    order.sort_by(|a, b| rest(b).total_cmp(&rest(a)));
    let mut printed = floors;
    for (place, at) in order.into_iter().enumerate() {
        if let Some(part) = printed.get_mut(at).filter(|_| (place as f64) < left) {
            *part += 1.0;
        }
    }
    printed.into_iter().map(|part| part / unit).collect()
}
