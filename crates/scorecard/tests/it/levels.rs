//! The tree of a framework: its levels against the rule written out, its weights drawn anew, and
//! what an evaluation allocates.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wsis_model::framework::{Aggregation, Child, Framework, Window};
use wsis_model::rules::Method;
use wsis_scorecard::aggregate::{AggregateError, Lack, Rule};
use wsis_scorecard::explain::Branch;
use wsis_scorecard::levels::{Asked, Level, Levels, Shape, Slot};
use wsis_scorecard::plan::Plan;
use wsis_scorecard::{explain, score};

use crate::fixture::{areas, framework, house, indicator, node, panel, weighted};

const MOST_NODES: usize = 6;
const LEAVES: [&str; 7] = ["a", "b", "c", "d", "e", "f", "g"];
/// Codes of nodes, so that their order is not the one in which they stand in the tree.
const NODES: [&str; MOST_NODES] = ["N4", "N1", "N5", "N0", "N3", "N2"];

/// The rule as it was before there were levels, in lists and recursion: the reference.
mod written_out {
    use super::{
        AggregateError, Aggregation, BTreeMap, Lack, Level, Method, Rule, sum_in_order as sum,
    };

    type Item = (f64, Option<f64>);

    fn weighted(
        items: &[Item],
        to: impl Fn(f64) -> Result<f64, AggregateError>,
        back: impl Fn(f64) -> f64,
    ) -> Result<Option<f64>, AggregateError> {
        let mut parts = Vec::new();
        for &(weight, value) in items {
            if !weight.is_finite() || weight < 0.0 {
                return Err(AggregateError::BadWeight(weight));
            }
            if let (true, Some(value)) = (weight > 0.0, value) {
                parts.push((weight, to(value)?));
            }
        }
        if parts.is_empty() {
            return Ok(None);
        }
        let total = sum(&parts.iter().map(|(weight, _)| *weight).collect::<Vec<_>>());
        let all = sum(&parts.iter().map(|(weight, value)| weight * value).collect::<Vec<_>>());
        let result = back(all / total);
        Ok(result.is_finite().then_some(result))
    }

    fn positive(value: f64, floor: f64) -> Result<f64, AggregateError> {
        let raised = value.max(floor);
        if raised > 0.0 { Ok(raised) } else { Err(AggregateError::NotPositive(raised)) }
    }

    fn parent(items: &[Item], rule: &Rule) -> Level {
        let weighty: Vec<Item> = items.iter().copied().filter(|it| it.0 != 0.0).collect();
        let total = sum(&weighty.iter().map(|it| it.0).collect::<Vec<_>>());
        if weighty.is_empty() {
            return Err(Lack::NoChildren);
        }
        let there: Vec<f64> = weighty.iter().filter(|it| it.1.is_some()).map(|it| it.0).collect();
        if there.is_empty() {
            return Err(Lack::NoData);
        }
        let present = sum(&there);
        if present / total + 1e-12 < rule.min_weight {
            return Err(Lack::ThinWeight { present, total, needed: rule.min_weight * total });
        }
        let needed = rule.min_children.min(weighty.len());
        if there.len() < needed {
            return Err(Lack::FewChildren { present: there.len(), total: weighty.len(), needed });
        }
        let mean = match rule.aggregation {
            Aggregation::Arithmetic => weighted(&weighty, Ok, |mean| mean),
            Aggregation::Geometric { floor } => {
                weighted(&weighty, |x| positive(x, floor).map(f64::ln), f64::exp)
            }
            Aggregation::Harmonic { floor } => {
                weighted(&weighty, |x| positive(x, floor).map(f64::recip), f64::recip)
            }
        };
        mean?.ok_or(Lack::NoData)
    }

    /// Level of a node by its code; `None` where there is no such node.
    pub(super) fn level(
        method: Method<'_>,
        code: &str,
        leaves: &BTreeMap<&str, Option<f64>>,
        is_whole: bool,
    ) -> Option<Level> {
        let node = method.framework.node(code)?;
        let mut children: Vec<_> = node.children.iter().collect();
        children.sort_by(|a, b| a.code.cmp(&b.code));
        let items: Vec<Item> = children
            .iter()
            .map(|child| {
                let score = match level(method, &child.code, leaves, is_whole) {
                    Some(level) => level.ok(),
                    None => leaves.get(child.code.as_str()).copied().flatten(),
                };
                (child.weight, score)
            })
            .collect();
        let mut rule = Rule {
            aggregation: node.aggregation,
            min_weight: method.min_weight(node),
            min_children: method.min_children(node),
        };
        if is_whole {
            (rule.min_weight, rule.min_children) = (0.0, 1);
        }
        Some(parent(&items, &rule))
    }
}

/// Neumaier's sum of a list, written out again.
fn sum_in_order(values: &[f64]) -> f64 {
    let (mut total, mut lost) = (0.0_f64, 0.0_f64);
    for &value in values {
        let next = total + value;
        lost += if total.abs() >= value.abs() {
            (total - next) + value
        } else {
            (value - next) + total
        };
        total = next;
    }
    total + lost
}

/// What tells two levels apart to the bit, also where a number in them is none.
fn bits(level: Level) -> Result<u64, String> {
    level.map(f64::to_bits).map_err(|lack| format!("{lack:?}"))
}

fn weight() -> impl Strategy<Value = f64> {
    prop_oneof![
        4 => Just(1.0),
        2 => Just(1.0 / 3.0),
        2 => Just(0.1),
        1 => Just(0.0),
        4 => 1e-3..1e3_f64,
    ]
}

/// Weights that a loaded framework cannot have are among them.
fn any_weight() -> impl Strategy<Value = f64> {
    prop_oneof![30 => weight(), 1 => Just(-1.0), 1 => Just(f64::NAN)]
}

fn value() -> impl Strategy<Value = Option<f64>> {
    prop_oneof![
        4 => Just(None),
        1 => Just(Some(0.0)),
        1 => Just(Some(100.0)),
        8 => (0.0..100.0_f64).prop_map(Some),
        1 => (-10.0..0.0_f64).prop_map(Some),
        1 => prop_oneof![Just(f64::MAX), Just(f64::NAN), Just(f64::INFINITY)].prop_map(Some),
    ]
}

fn aggregation() -> impl Strategy<Value = Aggregation> {
    let floor = prop_oneof![Just(0.0), Just(1.0), 1e-3..5.0_f64];
    (0..4_u8, floor).prop_map(|(which, floor)| match which {
        0 => Aggregation::Geometric { floor },
        1 => Aggregation::Harmonic { floor },
        _ => Aggregation::Arithmetic,
    })
}

/// A framework of up to six nodes: each may have leaves, nodes that come after it, and codes that
/// nothing has, some of them twice. The first node is reported.
fn tree(weight: impl Strategy<Value = f64> + Clone) -> impl Strategy<Value = Framework> {
    let min_weight = prop_oneof![
        Just(None),
        prop_oneof![Just(0.0), Just(0.5), Just(2.0 / 3.0), Just(1.0)].prop_map(Some),
    ];
    let children = prop::collection::vec((0..20_usize, weight), 0..5);
    let nodes = (aggregation(), min_weight, prop::option::of(0..4_usize), children);
    prop::collection::vec(nodes, 1..=MOST_NODES).prop_map(|nodes| {
        let many = nodes.len();
        let built = nodes.into_iter().enumerate().map(|(at, node_of)| {
            let (aggregation, min_weight, min_children, children) = node_of;
            let code = |pick: usize| match LEAVES.get(pick) {
                Some(leaf) => *leaf,
                None if pick == 19 || at + 1 == many => "nothing",
                None => NODES[at + 1 + pick % (many - at - 1)],
            };
            let mut built = node(NODES[at], &[]);
            built.children = children
                .into_iter()
                .map(|(pick, weight)| Child { code: code(pick).into(), weight })
                .collect();
            built.aggregation = aggregation;
            (built.min_weight, built.min_children) = (min_weight, min_children);
            built
        });
        let leaves = LEAVES.map(|code| indicator(code, 0.0, 100.0));
        framework(leaves.to_vec(), built.collect(), &NODES[..many])
    })
}

proptest! {
    #[test]
    fn levels_are_those_of_the_rule_written_out(
        framework in tree(any_weight().boxed()),
        values in prop::array::uniform7(value()),
        before in prop::array::uniform7(value()),
    ) {
        let method = house(&framework);
        let plan = Plan::new(method);
        let leaves: BTreeMap<&str, Option<f64>> = LEAVES.into_iter().zip(values).collect();
        let mut levels = Levels::default();
        // What a buffer held before is gone.
        plan.shape.fill(&plan.weights, &before, Asked::ByRule, &mut levels);
        for (asked, is_whole) in [(Asked::ByRule, false), (Asked::OneChild, true)] {
            plan.shape.fill(&plan.weights, &values, asked, &mut levels);
            prop_assert_eq!(levels.as_slice().len(), framework.nodes.len());
            for line in &plan.lines {
                let expected = written_out::level(method, &line.node.code, &leaves, is_whole);
                prop_assert_eq!(bits(levels.line(line)), bits(expected.unwrap()));
            }
        }
        let own = plan.evaluate(&values);
        for line in &plan.lines {
            let expected = written_out::level(method, &line.node.code, &leaves, false);
            prop_assert_eq!(bits(own.line(line)), bits(expected.unwrap()));
        }
    }

    #[test]
    fn drawn_weights_are_those_of_a_framework_that_declares_them(
        framework in tree(weight().boxed()),
        drawn in prop::collection::vec(weight(), MOST_NODES * 5),
        values in prop::array::uniform7(value()),
    ) {
        let mut declared = framework.clone();
        let children = declared.nodes.iter_mut().flat_map(|node| &mut node.children);
        children.zip(&drawn).for_each(|(child, weight)| child.weight = *weight);
        let (plan, other) = (Plan::new(house(&framework)), Plan::new(house(&declared)));
        prop_assert_eq!(&plan.shape, &other.shape);
        let mut weights = plan.weights.clone();
        weights.as_mut_slice().copy_from_slice(other.weights.as_slice());
        let mut levels = Levels::default();
        plan.shape.fill(&weights, &values, Asked::ByRule, &mut levels);
        let expected = other.evaluate(&values);
        for (line, redrawn) in plan.lines.iter().zip(&other.lines) {
            prop_assert_eq!(bits(levels.line(line)), bits(expected.line(redrawn)));
            let shares: Vec<_> = plan.shape.shares(&weights, line.at).into_iter().collect();
            prop_assert_eq!(&shares, &redrawn.shares);
        }
    }
}

/// A tree of two levels and three means.
fn three_means() -> Framework {
    let leaves = LEAVES.map(|code| indicator(code, 0.0, 100.0)).to_vec();
    let mut top = weighted("C1", &[("G", 0.1), ("H", 0.2), ("g", 0.3)]);
    top.min_weight = Some(0.0);
    let mut geometric = node("G", &["a", "b", "c"]);
    geometric.aggregation = Aggregation::Geometric { floor: 1.0 };
    let mut harmonic = weighted("H", &[("d", 0.1), ("e", 0.2), ("f", 0.3)]);
    harmonic.aggregation = Aggregation::Harmonic { floor: 1.0 };
    framework(leaves, vec![top, geometric, harmonic], &["C1"])
}

#[test]
fn a_draw_allocates_nothing() {
    let framework = three_means();
    let plan = Plan::new(house(&framework));
    let mut weights = plan.weights.clone();
    let mut leaves = [Some(10.0), None, Some(30.0), Some(40.0), Some(50.0), None, Some(70.0)];
    let mut levels = Levels::default();
    plan.shape.fill(&weights, &leaves, Asked::ByRule, &mut levels);
    let (mut scored, mut lacking) = (0, 0);
    let draws = allocation_counter::measure(|| {
        for draw in 1..=1000_u32 {
            weights.as_mut_slice().rotate_left(1);
            leaves.rotate_left(1);
            let asked = if draw % 2 == 0 { Asked::ByRule } else { Asked::OneChild };
            plan.shape.fill(&weights, &leaves, asked, &mut levels);
            let found = levels.as_slice().iter().filter(|level| level.is_ok()).count();
            scored += found;
            lacking += levels.as_slice().len() - found;
        }
    });
    assert_eq!(draws.count_total, 0, "{draws:?}");
    assert!(scored > 1000 && lacking > 10, "both ways were gone: {scored} {lacking}");
    // The counter counts: a first buffer is allocated.
    let first = allocation_counter::measure(|| drop(plan.evaluate(&leaves)));
    assert_eq!(first.count_total, 1, "{first:?}");
}

#[test]
fn an_explanation_has_the_scores_and_shares_of_the_score() {
    fn leaves(branch: &Branch, found: &mut BTreeMap<String, f64>) {
        if branch.indicator.is_some() {
            found.insert(branch.code.clone(), branch.share);
        }
        branch.children.iter().for_each(|child| leaves(child, found));
    }
    let framework = three_means();
    let list = areas(["AAA"]);
    let cells = LEAVES.map(|code| (code, "AAA", 2020, 10.0 + f64::from(code.as_bytes()[0])));
    let panel = panel(&framework, &list, &cells);
    let card = score(house(&framework), &panel, &list);
    let window = Window { start: 2015, end: 2020 };
    let told = explain(house(&framework), &card, &panel, "C1", "AAA", window).unwrap();
    assert!(told.tree.score.is_some());
    assert_eq!(told.tree.score, told.score.score);
    let mut found = BTreeMap::new();
    leaves(&told.tree, &mut found);
    let plan = Plan::new(house(&framework));
    let shares = &plan.lines[0].shares;
    // To the bit: 0.1 + 0.2 + 0.3 is 0.6 in both, and not 0.6000000000000001 in one.
    let expected: BTreeMap<String, f64> =
        shares.iter().map(|&(leaf, share)| (plan.leaves[leaf].code.clone(), share)).collect();
    assert_eq!(found, expected);
    assert_eq!(expected["g"], 0.3 / 0.6);
}

#[test]
fn an_edge_that_closes_a_cycle_or_leads_nowhere_has_no_score() {
    let rule = Rule { aggregation: Aggregation::Arithmetic, min_weight: 0.0, min_children: 1 };
    let (shape, weights) = Shape::new([
        (rule, vec![(Slot::Node(1), 1.0), (Slot::Leaf(0), 1.0), (Slot::Node(7), 1.0)]),
        (rule, vec![(Slot::Node(0), 1.0), (Slot::Node(1), 1.0), (Slot::Leaf(1), 1.0)]),
        (rule, vec![(Slot::Absent, 1.0), (Slot::Leaf(9), 1.0)]),
    ]);
    let mut levels = Levels::default();
    shape.fill(&weights, &[Some(10.0), Some(20.0)], Asked::ByRule, &mut levels);
    assert_eq!(levels.as_slice(), [Ok(15.0), Ok(20.0), Err(Lack::NoData)]);
    assert_eq!(levels.of(3), Err(Lack::NoChildren));
    let shares: Vec<(usize, f64)> = shape.shares(&weights, 0).into_iter().collect();
    assert_eq!(shares, [(0, 1.0 / 3.0), (1, 1.0 / 3.0 / 3.0)]);
    // Weights of a smaller tree leave nodes without any, and never break.
    let (_, few) = Shape::new([(rule, vec![(Slot::Leaf(0), 1.0)])]);
    shape.fill(&few, &[Some(10.0)], Asked::ByRule, &mut levels);
    assert_eq!(levels.as_slice(), [Err(Lack::NoChildren); 3]);
}
