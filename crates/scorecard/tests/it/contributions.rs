//! What moved a score: parts by indicator against the reference, and that they sum to the change.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wsis_model::framework::Aggregation;
use wsis_scorecard::aggregate::Rule;
use wsis_scorecard::contribution::{Change, printed_parts};
use wsis_scorecard::levels::{Asked, Levels, Shape, Slot, Weights};

use crate::fixture::{Rows, close};
use crate::ledger::against;

type Nodes = Vec<(Rule, Vec<(Slot, f64)>)>;

fn rule(aggregation: Aggregation) -> Rule {
    Rule { aggregation, min_weight: 0.0, min_children: 1 }
}

/// The parts of the first node, and its change.
fn parts(nodes: Nodes, leaves: &[Option<(f64, f64)>]) -> (BTreeMap<usize, f64>, Option<f64>) {
    let (shape, weights): (Shape, Weights) = Shape::new(nodes);
    let fill = |end: fn((f64, f64)) -> f64| {
        let mut levels = Levels::default();
        let leaves: Vec<_> = leaves.iter().map(|leaf| leaf.map(end)).collect();
        shape.fill(&weights, &leaves, Asked::ByRule, &mut levels);
        levels
    };
    let (start, end) = (fill(|ends| ends.0), fill(|ends| ends.1));
    let change = start.of(0).ok().zip(end.of(0).ok()).map(|(start, end)| end - start);
    let parts = Change { shape: &shape, weights: &weights, levels: (&start, &end), leaves };
    (parts.parts(0), change)
}

/// Parts of a geometric mean are those of the logarithmic mean (Ang 2004), made in NumPy.
#[test]
pub(crate) fn trial_p164_parts_of_a_geometric_mean_are_those_of_the_reference() {
    let rows = Rows::committed("decomposition/lmdi_geometric.csv");
    let own: Vec<_> = rows.iter().filter(|row| row.text("indicator") != "total").collect();
    let number = |of: &crate::fixture::Row<'_>, column: &str| of.number(column).unwrap();
    let children = own.iter().enumerate().map(|(at, row)| (Slot::Leaf(at), number(row, "weight")));
    let nodes = vec![(rule(Aggregation::Geometric { floor: 1e-9 }), children.collect())];
    let leaves: Vec<_> =
        own.iter().map(|row| Some((number(row, "s0"), number(row, "s1")))).collect();
    let (found, change) = parts(nodes, &leaves);
    against("decomposition/lmdi_geometric.csv");
    for (at, row) in own.iter().enumerate() {
        close(Some(found[&at]), row.number("contribution"), 1e-9, row.text("indicator"));
    }
    let total = rows.iter().find(|row| row.text("indicator") == "total").unwrap();
    close(change, total.number("contribution"), 1e-9, "total");
}

/// An indicator that is not matched has no part, and one that stood still has one of 0.
#[test]
fn what_stood_still_moved_nothing() {
    let mean = || rule(Aggregation::Arithmetic);
    let nodes = vec![
        (mean(), vec![(Slot::Leaf(0), 1.0), (Slot::Node(1), 1.0)]),
        (mean(), vec![(Slot::Leaf(1), 1.0), (Slot::Leaf(2), 3.0), (Slot::Leaf(3), 1.0)]),
    ];
    let leaves = [Some((50.0, 50.0)), Some((10.0, 30.0)), None, Some((40.0, 20.0))];
    let (found, change) = parts(nodes, &leaves);
    assert_eq!(change, Some(0.0));
    assert_eq!(found, BTreeMap::from([(0, 0.0), (1, 5.0), (3, -5.0)]));
}

/// 6.9 was +6.7 and +0.1 by rounding each for itself.
#[test]
fn printed_parts_add_up_to_the_printed_change() {
    assert_eq!(printed_parts(&[6.685, 0.175], 6.86, 1), [6.7, 0.2]);
    assert_eq!(printed_parts(&[3.36, 3.34, 0.32], 7.02, 1), [3.4, 3.3, 0.3]);
    assert_eq!(printed_parts(&[1.25, -1.25], 0.0, 1), [1.3, -1.3]);
    assert_eq!(printed_parts(&[], 0.0, 1), [0.0; 0]);
}

fn aggregation() -> impl Strategy<Value = Aggregation> {
    prop_oneof![
        Just(Aggregation::Arithmetic),
        Just(Aggregation::Geometric { floor: 1.0 }),
        Just(Aggregation::Harmonic { floor: 1.0 }),
    ]
}

proptest! {
    #[test]
    fn trial_p164_parts_sum_to_the_change(
        kinds in prop::collection::vec(aggregation(), 3),
        weights in prop::collection::vec(0.0_f64..3.0, 8),
        leaves in prop::collection::vec(prop::option::weighted(0.8, (0.0_f64..100.0, 0.0_f64..100.0)), 6),
        still in prop::collection::vec(any::<bool>(), 6),
    ) {
        let leaves: Vec<_> = leaves
            .into_iter()
            .zip(still)
            .map(|(ends, still)| ends.map(|(from, to)| (from, if still { from } else { to })))
            .collect();
        let slots = [
            vec![Slot::Node(1), Slot::Node(2), Slot::Leaf(0)],
            vec![Slot::Leaf(1), Slot::Leaf(2)],
            vec![Slot::Leaf(3), Slot::Leaf(4), Slot::Leaf(5)],
        ];
        let mut weights = weights.into_iter();
        let nodes: Nodes = kinds
            .into_iter()
            .zip(slots)
            .map(|(kind, slots)| {
                (rule(kind), slots.into_iter().zip(weights.by_ref()).collect())
            })
            .collect();
        let (found, change) = parts(nodes, &leaves);
        let total: f64 = found.values().sum();
        prop_assert!((total - change.unwrap_or(0.0)).abs() < 1e-9, "{found:?} {change:?}");
        let exact: Vec<f64> = found.into_values().collect();
        let printed = printed_parts(&exact, total, 1);
        let tenths: f64 = printed.iter().map(|part| (part * 10.0).round()).sum();
        prop_assert_eq!(tenths, (total * 10.0).round());
        prop_assert!(printed.iter().zip(&exact).all(|(a, b)| (a - b).abs() < 0.1 + 1e-9));
    }
}
