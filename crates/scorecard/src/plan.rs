//! A framework compiled to indices: the shape of its tree and its weights, which
//! [`crate::levels`] evaluates, and the names that go with them.

use std::collections::BTreeMap;

use wsis_model::framework::{Ages, Indicator, Node, Requires, Target, Universe};
use wsis_model::rules::{Method, RuleBook};

use crate::aggregate::{Lack, Rule};
use crate::levels::{Asked, Levels, Part, Shape, Slot, Weights};
use crate::panel::Panel;
use crate::reading::{Measure, Series};

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
    /// Index of the node in [`Plan::shape`].
    pub at: usize,
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
    /// Last year with a figure of any indicator; without it every deadline up to a review year is past.
    pub last_year: Option<i32>,
    /// What is scored, under the rule book.
    method: Method<'f>,
    /// Inner nodes, sorted by code: index as in [`Plan::shape`].
    nodes: Vec<&'f Node>,
    /// Who is whose child and what a node asks for. Children are sorted by code, so that the order
    /// in a file does not matter (C1).
    pub shape: Shape,
    /// The weights that the framework declares.
    pub weights: Weights,
}

impl Levels {
    /// Score of a line.
    ///
    /// # Errors
    /// Why it has none.
    pub fn line(&self, line: &Line<'_>) -> Result<f64, Lack> {
        self.of(line.at)
    }
}

impl<'f> Plan<'f> {
    /// The same over figures of which the last is of that year: no later deadline is past.
    #[must_use]
    pub fn in_view_of(self, last_year: Option<i32>) -> Self {
        Self { last_year, ..self }
    }

    /// Decimals that scores are printed with.
    pub(crate) fn decimals(&self) -> usize {
        usize::try_from(self.method.framework.scale.shown_decimals).unwrap_or(1)
    }

    /// Decimals that scores are rounded to before they are ranked.
    pub(crate) fn rank_decimals(&self) -> u32 {
        self.method.framework.scale.rank_decimals
    }

    /// Who counts.
    pub(crate) fn universe(&self) -> Universe {
        self.method.framework.ranking.universe
    }

    /// What a rank asks for.
    pub(crate) fn requires(&self) -> Requires {
        self.method.framework.ranking.requires
    }

    /// Compiles a framework. Faults that a loaded framework cannot have become children without
    /// a score, never a panic.
    pub fn new(method: Method<'f>) -> Self {
        let Method { framework, rules, .. } = method;
        let mut leaves: Vec<&Indicator> = framework.indicators.iter().collect();
        leaves.sort_by(|a, b| a.code.cmp(&b.code));
        leaves.dedup_by(|a, b| a.code == b.code);
        let mut nodes: Vec<&Node> = framework.nodes.iter().collect();
        nodes.sort_by(|a, b| a.code.cmp(&b.code));
        let index: BTreeMap<&str, usize> =
            nodes.iter().enumerate().map(|(at, node)| (node.code.as_str(), at)).collect();
        let slot = |code: &str| match index.get(code) {
            Some(&at) => Slot::Node(at),
            None => leaves
                .binary_search_by(|leaf| leaf.code.as_str().cmp(code))
                .map_or(Slot::Absent, Slot::Leaf),
        };
        let (shape, weights) =
            Shape::new(nodes.iter().map(|node| (rule(method, node), children(node, &slot))));
        let max = framework.scale.max;
        let ages = method.ages();
        let lines = Vec::new();
        let mut plan = Self {
            leaves,
            lines,
            max,
            ages,
            rules,
            last_year: None,
            method,
            nodes,
            shape,
            weights,
        };
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
        let node = self.node(at)?;
        Some(Line {
            node,
            position: u32::try_from(place + 1).unwrap_or(u32::MAX),
            shares: self.shape.shares(&self.weights, at).into_iter().collect(),
            min_weight_rank: self.method.min_weight_rank(node),
            weight: self.shape.weight(&self.weights, at),
            at,
        })
    }

    /// An inner node.
    pub(crate) fn node(&self, at: usize) -> Option<&'f Node> {
        self.nodes.get(at).copied()
    }

    /// The children of an inner node, and how its share of a line's weight falls to them.
    pub(crate) fn parts(&self, at: usize, share: f64) -> impl Iterator<Item = Part> {
        self.shape.parts(&self.weights, at, share)
    }

    /// What is the same for all its indicators.
    pub fn measure(&self) -> Measure<'f> {
        Measure {
            max: self.max,
            ages: self.ages,
            classes: &self.rules.classes,
            last_year: self.last_year,
        }
    }

    /// Scores of all nodes from the scores of the leaves (as long as [`Plan::leaves`]).
    pub fn evaluate(&self, leaves: &[Option<f64>]) -> Levels {
        let mut levels = Levels::default();
        self.shape.fill(&self.weights, leaves, Asked::ByRule, &mut levels);
        levels
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

fn rule(method: Method<'_>, node: &Node) -> Rule {
    Rule {
        aggregation: node.aggregation,
        min_weight: method.min_weight(node),
        min_children: method.min_children(node),
    }
}

fn children(node: &Node, slot: &impl Fn(&str) -> Slot) -> Vec<(Slot, f64)> {
    let mut children: Vec<(&str, f64)> =
        node.children.iter().map(|child| (child.code.as_str(), child.weight)).collect();
    children.sort_by(|a, b| a.0.cmp(b.0));
    children.into_iter().map(|(code, weight)| (slot(code), weight)).collect()
}
