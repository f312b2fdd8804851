//! `reference/coinr-asem`: 51 economies, 49 indicators, a tree of three levels, against COINr.

use std::collections::BTreeMap;

use wsis_model::framework::{Aggregation, Child, Framework, Window};
use wsis_scorecard::rank::competition;
use wsis_scorecard::{Cell, Panel, score};

use crate::fixture::{Rows, areas, close, framework, indicator, node};

const FOLDER: &str = "reference/coinr-asem";

/// The tree of the example, all weights 1; `level` is 2 for pillars, 3 for sub-indexes, 4 on top.
fn tree(aggregation: impl Fn(u32) -> Aggregation, threshold: f64) -> Option<Framework> {
    let meta = Rows::read(&format!("{FOLDER}/input_imeta.csv"))?;
    let mut children: BTreeMap<&str, Vec<Child>> = BTreeMap::new();
    let (mut leaves, mut inner) = (Vec::new(), Vec::new());
    for row in meta.iter() {
        let code = row.text("iCode");
        match row.text("Type") {
            "Indicator" => leaves.push(indicator(code, 0.0, 100.0)),
            "Aggregate" => inner.push((code, row.text("Level").parse::<u32>().unwrap())),
            _ => continue,
        }
        let weight = row.number("Weight").unwrap();
        children.entry(row.text("Parent")).or_default().push(Child { code: code.into(), weight });
    }
    assert_eq!((leaves.len(), inner.len()), (49, 11));
    let reported: Vec<&str> = inner.iter().map(|(code, _)| *code).collect();
    let nodes = inner
        .iter()
        .map(|(code, level)| {
            let mut node = node(code, &[]);
            node.aggregation = aggregation(*level);
            node.children = children.remove(code).unwrap();
            (node.min_weight, node.min_children) = (threshold, 1);
            node
        })
        .collect();
    let mut tree = framework(leaves, nodes, &reported);
    tree.windows = vec![Window { start: 2018, end: 2018 }];
    Some(tree)
}

/// Scores normalised values and compares every node and economy, and the ranks.
fn compare(tree: &Framework, normalised: &str, expected: &str) {
    let values = Rows::read(&format!("{FOLDER}/{normalised}.csv")).unwrap();
    let expected = Rows::read(&format!("{FOLDER}/{expected}.csv")).unwrap();
    let list = areas(values.iter().map(|row| row.text("uCode")));
    let mut builder = Panel::builder(tree, &list);
    for row in values.iter() {
        for leaf in &tree.indicators {
            if let Some(value) = row.number(&leaf.code) {
                builder.insert(&leaf.code, row.text("uCode"), 2018, Cell::of(value)).unwrap();
            }
        }
    }
    let card = score(tree, &builder.build(), &list);
    for node in &tree.reported {
        let found: Vec<Option<f64>> = expected
            .iter()
            .map(|row| card.line_score(node, row.text("uCode"), (2018, 2018)).unwrap().score)
            .collect();
        for ((row, found), rank) in expected.iter().zip(&found).zip(competition(&found, 9)) {
            let what = format!("{node} {}", row.text("uCode"));
            // Some normalised values lie off the goalposts by the last printed digit.
            close(*found, row.number(node), 1e-9, &what);
            assert_eq!(rank.map(f64::from), row.number(&format!("rank_{node}")), "{what}");
        }
    }
}

#[test]
fn arithmetic_tree_of_three_levels() {
    let Some(tree) = tree(|_| Aggregation::Arithmetic, 0.0) else { return };
    compare(&tree, "normalised_minmax_0_100", "aggregated_minmax0100_amean");
    compare(&tree, "normalised_minmax_1_100", "aggregated_minmax1100_amean");
}

#[test]
fn geometric_and_harmonic_trees() {
    let geometric = Aggregation::Geometric { floor: 1e-6 };
    let Some(all) = tree(|_| geometric, 0.0) else { return };
    compare(&all, "normalised_minmax_1_100", "aggregated_minmax1100_gmean");
    let harmonic = tree(|_| Aggregation::Harmonic { floor: 1e-6 }, 0.0).unwrap();
    compare(&harmonic, "normalised_minmax_1_100", "aggregated_minmax1100_hmean");
    let top = |level| if level == 4 { geometric } else { Aggregation::Arithmetic };
    compare(
        &tree(top, 0.0).unwrap(),
        "normalised_minmax_1_100",
        "aggregated_minmax1100_amean_amean_gmean",
    );
}

#[test]
fn thresholds_of_missing_data_level_by_level() {
    for (threshold, file) in [(0.0, "0"), (0.8, "0.8"), (1.0, "1")] {
        let Some(tree) = tree(|_| Aggregation::Arithmetic, threshold) else { return };
        compare(
            &tree,
            "normalised_minmax_0_100_no_imputation",
            &format!("aggregated_noimp_datthresh_{file}"),
        );
    }
}
