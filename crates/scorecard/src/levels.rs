//! The scores of the nodes of a tree from those of its leaves: the one place where that rule stands,
//! for scores and explanations, and for draws (many evaluations of one tree under other weights).
//!
//! A [`Shape`] is what no draw changes: who is whose child, and what a node asks for. [`Weights`]
//! are what a draw may change, [`Levels`] a buffer of the caller's. [`Shape::fill`] allocates
//! nothing once the buffer has the size of the tree. No I/O, no names, no framework: those are
//! [`crate::plan`]'s.

use std::collections::BTreeMap;
use std::ops::Range;

use wsis_model::framework::Aggregation;

use crate::aggregate::{Item, Lack, Rule, parent_of};
use crate::sum::sum;

/// The score of a node on the scale of the leaves, or why it has none.
pub type Level = Result<f64, Lack>;

/// What a child of a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Slot {
    /// Index of a leaf.
    Leaf(usize),
    /// Index of a node.
    Node(usize),
    /// Neither: a child that never has a score.
    Absent,
}

/// What a node has to hold before it has a score.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Asked {
    /// What its [`Rule`] says.
    ByRule,
    /// One child with a score. Of a chosen set of leaves, whatever is there is all that has to be.
    OneChild,
}

impl Asked {
    fn of(self, rule: &Rule) -> Rule {
        match self {
            Self::ByRule => *rule,
            Self::OneChild => Rule { min_weight: 0.0, min_children: 1, ..*rule },
        }
    }
}

/// A child with its weight under a parent, and its share of what that parent has a share of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Part {
    /// The child.
    pub slot: Slot,
    /// Its weight, as declared.
    pub weight: f64,
    /// The parent's share times weight over the sum of the weights; 0 without a weight.
    pub share: f64,
}

/// A node: what it asks for, and where its children stand in [`Shape::slots`].
#[derive(Debug, Clone, PartialEq)]
struct Knot {
    rule: Rule,
    children: Range<usize>,
}

/// A tree without its weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Shape {
    nodes: Vec<Knot>,
    /// Children of all nodes, one node after the other.
    slots: Vec<Slot>,
    /// Node indices, children before parents.
    order: Vec<usize>,
}

/// One weight for each child of each node, in the order of the shape that they came with.
#[derive(Debug, Clone, PartialEq)]
pub struct Weights(Vec<f64>);

impl Weights {
    /// The weights, to change for a draw: nodes in their order, and of each its children in theirs.
    pub fn as_mut_slice(&mut self) -> &mut [f64] {
        &mut self.0
    }

    /// The same to read.
    pub fn as_slice(&self) -> &[f64] {
        &self.0
    }
}

/// Scores of all nodes, or why they have none. A buffer: the next evaluation writes over it.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Levels(Vec<Level>);

impl Levels {
    /// Score of a node.
    ///
    /// # Errors
    /// Why it has none.
    pub fn of(&self, node: usize) -> Level {
        self.0.get(node).copied().unwrap_or(Err(Lack::NoChildren))
    }

    /// Of all nodes, in their order.
    pub fn as_slice(&self) -> &[Level] {
        &self.0
    }
}

impl Shape {
    /// A tree of nodes, each with what it asks for and its children with their weights. Sums run in
    /// the order of the children. Edges that close a cycle or lead to no node become
    /// [`Slot::Absent`].
    pub fn new(nodes: impl IntoIterator<Item = (Rule, Vec<(Slot, f64)>)>) -> (Self, Weights) {
        let (mut knots, mut slots, mut weights) = (Vec::new(), Vec::new(), Vec::new());
        for (rule, children) in nodes {
            let from = slots.len();
            for (slot, weight) in children {
                slots.push(slot);
                weights.push(weight);
            }
            knots.push(Knot { rule, children: from..slots.len() });
        }
        let order = order(&knots, &mut slots);
        (Self { nodes: knots, slots, order }, Weights(weights))
    }

    /// Scores of all nodes from those of the leaves; a leaf beyond the end has none. Allocates
    /// nothing where `into` was filled from a tree of this size before. Nodes that the weights, of
    /// another shape, say nothing of have no children with a weight.
    pub fn fill(&self, weights: &Weights, leaves: &[Option<f64>], asked: Asked, into: &mut Levels) {
        let levels = &mut into.0;
        levels.clear();
        levels.resize(self.nodes.len(), Err(Lack::NoChildren));
        for &at in &self.order {
            let Some(knot) = self.nodes.get(at) else { continue };
            let items = self.children(weights, knot).map(|(slot, weight)| -> Item {
                let score = match slot {
                    Slot::Leaf(leaf) => leaves.get(leaf).copied().flatten(),
                    Slot::Node(node) => levels.get(node).and_then(|level| level.ok()),
                    Slot::Absent => None,
                };
                (weight, score)
            });
            let level = parent_of(items, &asked.of(&knot.rule));
            if let Some(place) = levels.get_mut(at) {
                *place = level;
            }
        }
    }

    fn children<'s>(
        &'s self,
        weights: &'s Weights,
        knot: &Knot,
    ) -> impl Iterator<Item = (Slot, f64)> + Clone + use<'s> {
        let slots = self.slots.get(knot.children.clone()).unwrap_or_default();
        let weights = weights.0.get(knot.children.clone()).unwrap_or_default();
        slots.iter().copied().zip(weights.iter().copied())
    }

    /// How a node combines its children.
    pub(crate) fn aggregation(&self, node: usize) -> Option<Aggregation> {
        self.nodes.get(node).map(|knot| knot.rule.aggregation)
    }

    /// Sum of the weights of a node's own children.
    pub fn weight(&self, weights: &Weights, node: usize) -> f64 {
        let knot = self.nodes.get(node);
        knot.map_or(0.0, |knot| sum(self.children(weights, knot).map(|(_, weight)| weight)))
    }

    /// The children of a node, and how its share of a weight falls to them.
    pub fn parts<'s>(
        &'s self,
        weights: &'s Weights,
        node: usize,
        share: f64,
    ) -> impl Iterator<Item = Part> + use<'s> {
        let total = self.weight(weights, node);
        let knots = self.nodes.get(node).into_iter();
        knots.flat_map(|knot| self.children(weights, knot)).map(move |(slot, weight)| {
            let counts = weight > 0.0 && total > 0.0;
            Part { slot, weight, share: if counts { share * weight / total } else { 0.0 } }
        })
    }

    /// Shares of the leaves in the weight of a node, by index of the leaf; they sum to 1 unless a
    /// child is absent. Leaves without a weight are not among them.
    pub fn shares(&self, weights: &Weights, node: usize) -> BTreeMap<usize, f64> {
        let mut shares = BTreeMap::new();
        self.spread(weights, node, 1.0, &mut shares);
        shares
    }

    fn spread(
        &self,
        weights: &Weights,
        node: usize,
        share: f64,
        shares: &mut BTreeMap<usize, f64>,
    ) {
        for part in self.parts(weights, node, share).filter(|part| part.weight > 0.0) {
            match part.slot {
                Slot::Leaf(leaf) => *shares.entry(leaf).or_insert(0.0) += part.share,
                Slot::Node(below) => self.spread(weights, below, part.share, shares),
                Slot::Absent => {}
            }
        }
    }
}

/// Depth-first order, children first. An edge that closes a cycle becomes [`Slot::Absent`].
fn order(nodes: &[Knot], slots: &mut [Slot]) -> Vec<usize> {
    #[derive(Clone, Copy, PartialEq)]
    enum State {
        New,
        Open,
        Done,
    }
    fn visit(
        at: usize,
        nodes: &[Knot],
        slots: &mut [Slot],
        state: &mut [State],
        order: &mut Vec<usize>,
    ) {
        if state[at] != State::New {
            return;
        }
        state[at] = State::Open;
        for child in nodes[at].children.clone() {
            if let Slot::Node(below) = slots[child] {
                match state.get(below) {
                    None | Some(State::Open) => slots[child] = Slot::Absent,
                    Some(_) => visit(below, nodes, slots, state, order),
                }
            }
        }
        state[at] = State::Done;
        order.push(at);
    }
    let mut state = vec![State::New; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    for at in 0..nodes.len() {
        visit(at, nodes, slots, &mut state, &mut order);
    }
    order
}
