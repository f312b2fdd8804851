//! The tree under one line, made ready for draws: only what is ranked by, each mean and its alternative.

use std::collections::BTreeMap;

use wsis_model::framework::Aggregation;
use wsis_model::item::item;

use crate::aggregate::Rule;
use crate::levels::{Asked, Levels, Shape, Slot, Weights};
use crate::plan::{Line, Plan};

/// The tree of a line over some of its indicators.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    /// With the means that the framework declares.
    declared: Shape,
    /// With the other one in each place.
    other: Shape,
    /// As declared.
    pub(super) weights: Weights,
    /// Number of each child in draws, in the order of the weights.
    pub(super) items: Vec<u32>,
    /// Index of the leaf that each child is, in the order of the weights; none for a node.
    pub(super) leaves: Vec<Option<usize>>,
}

/// The line itself comes first.
const TOP: usize = 0;

/// What a node under the line is made of.
type Knot = (Aggregation, Vec<(Slot, f64)>);

impl Tree {
    /// The tree of a line over its core: indices of `core` are those of the leaves here. A geometric
    /// mean in place of an arithmetic one has the `floor`, in points.
    pub(super) fn new(plan: &Plan<'_>, line: &Line<'_>, core: &[usize], floor: f64) -> Self {
        let mut places = BTreeMap::from([(line.at, TOP)]);
        let mut waiting = vec![line.at];
        let (mut items, mut leaves, mut knots) = (Vec::new(), Vec::new(), Vec::<Knot>::new());
        while let Some(&at) = waiting.get(knots.len()) {
            let mut children = Vec::new();
            for part in plan.parts(at, 1.0) {
                let (slot, code) = match part.slot {
                    Slot::Leaf(leaf) => {
                        let place = core.iter().position(|it| *it == leaf);
                        let code = plan.leaves.get(leaf).map_or("", |leaf| leaf.code.as_str());
                        (place.map_or(Slot::Absent, Slot::Leaf), code)
                    }
                    Slot::Node(node) => {
                        let place = *places.entry(node).or_insert_with(|| {
                            waiting.push(node);
                            waiting.len() - 1
                        });
                        (Slot::Node(place), plan.node(node).map_or("", |node| node.code.as_str()))
                    }
                    Slot::Absent => (Slot::Absent, ""),
                };
                items.push(item(code));
                leaves.push(if let Slot::Leaf(leaf) = slot { Some(leaf) } else { None });
                children.push((slot, part.weight));
            }
            let mean = plan.node(at).map_or(Aggregation::Arithmetic, |node| node.aggregation);
            knots.push((mean, children));
        }
        let shape = |change: &dyn Fn(Aggregation) -> Aggregation| {
            let knots =
                knots.iter().map(|(mean, children)| (rule(change(*mean)), children.clone()));
            Shape::new(knots)
        };
        let (declared, weights) = shape(&|mean| mean);
        let (other, _) = shape(&|mean| other(mean, floor));
        Self { declared, other, weights, items, leaves }
    }

    /// The score of the line from those of the leaves.
    pub(super) fn score(
        &self,
        other_mean: bool,
        weights: &Weights,
        leaves: &[Option<f64>],
        levels: &mut Levels,
    ) -> Option<f64> {
        let shape = if other_mean { &self.other } else { &self.declared };
        // As of the core: rules on the share present do not apply.
        shape.fill(weights, leaves, Asked::OneChild, levels);
        levels.of(TOP).ok()
    }
}

fn rule(aggregation: Aggregation) -> Rule {
    Rule { aggregation, min_weight: 0.0, min_children: 1 }
}

/// The mean that stands beside one as its alternative.
fn other(declared: Aggregation, floor: f64) -> Aggregation {
    match declared {
        Aggregation::Arithmetic => Aggregation::Geometric { floor },
        Aggregation::Geometric { .. } | Aggregation::Harmonic { .. } => Aggregation::Arithmetic,
    }
}
