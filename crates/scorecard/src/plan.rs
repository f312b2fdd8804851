//! A framework's tree compiled to indices, and its evaluation bottom-up.

use std::collections::BTreeMap;

use wsis_model::framework::{Ages, Indicator, Node, Target};
use wsis_model::rules::{Method, RuleBook};

use crate::aggregate::{Item, Lack, Rule, parent};
use crate::panel::Panel;
use crate::reading::{Measure, Series};
use crate::sum::sum;

/// What a child of a node is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Slot {
    /// Index into [`Plan::leaves`].
    Leaf(usize),
    /// Index into [`Plan::nodes`].
    Node(usize),
    /// A code that is neither, or a cycle: refused at load, and here a child without a score.
    Absent,
}

struct PlanNode<'f> {
    node: &'f Node,
    rule: Rule,
    /// Sorted by code, so that the order in a file does not matter (C1).
    children: Vec<(Slot, f64)>,
}

/// A node that is reported, with the share of every indicator in it.
pub struct Line<'f> {
    /// The node.
    pub node: &'f Node,
    /// Place among the reported nodes, from 1.
    pub position: u32,
    /// Indicators under it (index into [`Plan::leaves`], share of the weight), in code order;
    /// shares sum to 1. Indicators without a weight are not among them.
    pub shares: Vec<(usize, f64)>,
    /// Least share of the weight for a rank.
    pub min_weight_rank: f64,
    /// Sum of the weights of the node's own children, for printing.
    pub weight: f64,
    at: usize,
}

impl Line<'_> {
    /// Targets of the indicators under it, in code order.
    pub fn targets<'a>(&'a self, plan: &'a Plan<'_>) -> impl Iterator<Item = &'a Target> {
        let leaves = self.shares.iter().filter_map(|&(leaf, _)| plan.leaves.get(leaf));
        leaves.filter_map(|indicator| indicator.target.as_ref())
    }
}

/// The compiled tree.
pub struct Plan<'f> {
    /// Indicators, sorted by code.
    pub leaves: Vec<&'f Indicator>,
    /// Reported nodes, sorted by code.
    pub lines: Vec<Line<'f>>,
    /// Full marks.
    pub max: f64,
    /// Ages and spans of observations: the framework's own, and the rule book's for the rest.
    pub ages: Ages,
    /// The rule book.
    pub rules: &'f RuleBook,
    /// What is scored, under the rule book.
    method: Method<'f>,
    nodes: Vec<PlanNode<'f>>,
    /// Node indices, children before parents.
    order: Vec<usize>,
}

/// Scores of all inner nodes, or why they have none.
pub struct NodeScores(Vec<Result<f64, Lack>>);

impl NodeScores {
    /// Score of a line.
    ///
    /// # Errors
    /// Why it has none.
    pub fn line(&self, line: &Line<'_>) -> Result<f64, Lack> {
        self.0.get(line.at).cloned().unwrap_or(Err(Lack::NoChildren))
    }
}

impl<'f> Plan<'f> {
    /// Decimals that scores are printed with.
    pub(crate) fn decimals(&self) -> usize {
        usize::try_from(self.method.framework.scale.shown_decimals).unwrap_or(1)
    }

    /// Compiles a framework. Faults that a loaded framework cannot have become children without
    /// a score, never a panic.
    pub fn new(method: Method<'f>) -> Self {
        let Method { framework, rules } = method;
        let mut leaves: Vec<&Indicator> = framework.indicators.iter().collect();
        leaves.sort_by(|a, b| a.code.cmp(&b.code));
        leaves.dedup_by(|a, b| a.code == b.code);
        let mut sorted: Vec<&Node> = framework.nodes.iter().collect();
        sorted.sort_by(|a, b| a.code.cmp(&b.code));
        let index: BTreeMap<&str, usize> =
            sorted.iter().enumerate().map(|(at, node)| (node.code.as_str(), at)).collect();
        let slot = |code: &str| match index.get(code) {
            Some(&at) => Slot::Node(at),
            None => leaves
                .binary_search_by(|leaf| leaf.code.as_str().cmp(code))
                .map_or(Slot::Absent, Slot::Leaf),
        };
        let mut nodes: Vec<PlanNode<'f>> =
            sorted.iter().map(|node| compile(method, node, &slot)).collect();
        let order = order(&mut nodes);
        let max = framework.scale.max;
        let ages = method.ages();
        let mut plan = Self { leaves, lines: Vec::new(), max, ages, rules, method, nodes, order };
        plan.lines = framework
            .reported
            .iter()
            .enumerate()
            .filter_map(|(place, code)| index.get(code.as_str()).map(|&at| (place, at)))
            .filter_map(|(place, at)| plan.line(place, at))
            .collect();
        plan.lines.sort_by(|a, b| a.node.code.cmp(&b.node.code));
        plan
    }

    fn line(&self, place: usize, at: usize) -> Option<Line<'f>> {
        let planned = self.nodes.get(at)?;
        let mut shares = BTreeMap::new();
        self.spread(at, 1.0, &mut shares);
        Some(Line {
            node: planned.node,
            position: u32::try_from(place + 1).unwrap_or(u32::MAX),
            shares: shares.into_iter().collect(),
            min_weight_rank: self.method.min_weight_rank(planned.node),
            weight: sum(planned.children.iter().map(|(_, weight)| *weight)),
            at,
        })
    }

    fn spread(&self, at: usize, share: f64, shares: &mut BTreeMap<usize, f64>) {
        let Some(planned) = self.nodes.get(at) else { return };
        let total = sum(planned.children.iter().map(|(_, weight)| *weight));
        for &(slot, weight) in planned.children.iter().filter(|(_, weight)| *weight > 0.0) {
            let part = share * weight / total;
            match slot {
                Slot::Leaf(leaf) => *shares.entry(leaf).or_insert(0.0) += part,
                Slot::Node(node) => self.spread(node, part, shares),
                Slot::Absent => {}
            }
        }
    }

    /// What is the same for all its indicators.
    pub fn measure(&self) -> Measure<'f> {
        Measure { max: self.max, ages: self.ages, classes: &self.rules.classes }
    }

    /// Scores of all nodes from the scores of the leaves (as long as [`Plan::leaves`]).
    pub fn evaluate(&self, leaves: &[Option<f64>]) -> NodeScores {
        self.evaluate_by(leaves, |rule| *rule)
    }

    /// The same over a chosen set of leaves: whatever is there is all there has to be.
    pub fn evaluate_whole(&self, leaves: &[Option<f64>]) -> NodeScores {
        self.evaluate_by(leaves, |rule| Rule { min_weight: 0.0, min_children: 1, ..*rule })
    }

    fn evaluate_by(&self, leaves: &[Option<f64>], rule: impl Fn(&Rule) -> Rule) -> NodeScores {
        let mut scores: Vec<Result<f64, Lack>> = vec![Err(Lack::NoChildren); self.nodes.len()];
        let mut items: Vec<Item> = Vec::new();
        for &at in &self.order {
            let Some(planned) = self.nodes.get(at) else { continue };
            items.clear();
            items.extend(planned.children.iter().map(|&(slot, weight)| {
                let score = match slot {
                    Slot::Leaf(leaf) => leaves.get(leaf).copied().flatten(),
                    Slot::Node(node) => scores.get(node).and_then(|s| s.as_ref().ok().copied()),
                    Slot::Absent => None,
                };
                (weight, score)
            }));
            let score = parent(&items, &rule(&planned.rule));
            if let Some(place) = scores.get_mut(at) {
                *place = score;
            }
        }
        NodeScores(scores)
    }

    /// Score of any inner node by code, from evaluated scores.
    pub fn node_score(&self, scores: &NodeScores, code: &str) -> Option<Result<f64, Lack>> {
        let at = self.nodes.iter().position(|planned| planned.node.code == code)?;
        scores.0.get(at).cloned()
    }

    /// The cells of an area for each of [`Plan::leaves`]: looked up once for all that is asked of it.
    pub fn series<'p>(&self, panel: &'p Panel, area: &str) -> Vec<&'p Series> {
        self.leaves.iter().map(|leaf| panel.series(&leaf.code, area)).collect()
    }

    /// Index of a leaf by code.
    pub fn leaf(&self, code: &str) -> Option<usize> {
        self.leaves.binary_search_by(|leaf| leaf.code.as_str().cmp(code)).ok()
    }
}

fn compile<'f>(method: Method<'f>, node: &'f Node, slot: &impl Fn(&str) -> Slot) -> PlanNode<'f> {
    let mut children: Vec<(&str, f64)> =
        node.children.iter().map(|child| (child.code.as_str(), child.weight)).collect();
    children.sort_by(|a, b| a.0.cmp(b.0));
    PlanNode {
        node,
        rule: Rule {
            aggregation: node.aggregation,
            min_weight: method.min_weight(node),
            min_children: method.min_children(node),
        },
        children: children.into_iter().map(|(code, weight)| (slot(code), weight)).collect(),
    }
}

/// Depth-first order, children first. An edge that closes a cycle becomes [`Slot::Absent`].
fn order(nodes: &mut [PlanNode<'_>]) -> Vec<usize> {
    fn visit(at: usize, state: &mut [u8], nodes: &mut [PlanNode<'_>], order: &mut Vec<usize>) {
        const OPEN: u8 = 1;
        const DONE: u8 = 2;
        if state.get(at) != Some(&0) {
            return;
        }
        state[at] = OPEN;
        for child in 0..nodes[at].children.len() {
            if let Slot::Node(below) = nodes[at].children[child].0 {
                if state[below] == OPEN {
                    nodes[at].children[child].0 = Slot::Absent;
                } else {
                    visit(below, state, nodes, order);
                }
            }
        }
        state[at] = DONE;
        order.push(at);
    }
    let mut state = vec![0; nodes.len()];
    let mut order = Vec::with_capacity(nodes.len());
    for at in 0..nodes.len() {
        visit(at, &mut state, nodes, &mut order);
    }
    order
}
