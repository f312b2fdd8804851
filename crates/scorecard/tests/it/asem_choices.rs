//! The ASEM example under 48 methods, and the first draws of weights one by one.

use std::collections::BTreeMap;

use wsis_model::framework::{Aggregation, Framework};
use wsis_model::item::item;
use wsis_scorecard::audit::fill::with_mean;
use wsis_scorecard::audit::moments::quantile;
use wsis_scorecard::audit::split::mean_shift;
use wsis_scorecard::audit::treat::treat;
use wsis_scorecard::audit::variance::exact;
use wsis_scorecard::column::{minmax, percentile_rank};
use wsis_scorecard::rank::{competition, round};
use wsis_scorecard::uncertainty::philox::{Purpose, Source};

use crate::asem::{Asem, DEFAULT, Leaf, Values, card, index};
use crate::coinr::tree;
use crate::fixture::{Row, Rows, close};
use crate::ledger::{against, same};

const FACTORS: [&str; 5] = ["imputation", "treatment", "normalisation", "aggregation", "weights"];

fn weighted(tree: &mut Framework, of: impl Fn(&str) -> Option<f64>) {
    for child in tree.nodes.iter_mut().flat_map(|node| &mut node.children) {
        child.weight = of(&child.code).unwrap_or(child.weight);
    }
}

/// A column by the choices of a run.
fn column(asem: &Asem, leaf: &Leaf, run: &Row<'_>) -> Values {
    let filled: Values = match run.text("imputation") {
        "none" => asem.denominated(leaf),
        "mean" => {
            let column = with_mean(&asem.denominated(leaf));
            column.into_iter().map(|cell| Some(cell?.value)).collect()
        }
        _ => asem.imputed(leaf),
    };
    let treated =
        if run.text("treatment") == "off" { filled } else { treat(&filled, &DEFAULT).values };
    let turned: Values = treated.into_iter().map(|x| Some(x? * leaf.direction)).collect();
    if run.text("normalisation").starts_with("minmax") {
        return minmax(&turned, 1.0, 100.0).unwrap();
    }
    percentile_rank(&turned).unwrap().into_iter().map(|x| Some(x? * 99.0 + 1.0)).collect()
}

/// Scores of the index in each run, rounded to nine decimals.
fn runs(asem: &Asem, runs: &Rows) -> Vec<Values> {
    let weights = Rows::committed("coinr-asem/weights_alt.csv");
    let of = |code: &str| {
        weights.iter().find(|row| row.text("iCode") == code).and_then(|row| row.number("Weight"))
    };
    let scores = |run: Row<'_>| -> Values {
        let how = match run.text("aggregation") {
            "amean" => Aggregation::Arithmetic,
            _ => Aggregation::Geometric { floor: 1e-6 },
        };
        let mut tree = tree(|_| how, 0.0);
        if run.text("weights") != "equal" {
            weighted(&mut tree, of);
        }
        let card = card(asem, &tree, |leaf| column(asem, leaf, &run));
        index(asem, &card).into_iter().map(|it| Some(round(it?, 9))).collect()
    };
    runs.iter().map(scores).collect()
}

#[test]
pub(crate) fn trial_p232_48_methods_give_the_ranks_and_the_indices_computed_outside() {
    let asem = Asem::read();
    let file = Rows::committed("ua-asem/factorial_runs.csv");
    assert_eq!(file.len(), 48);
    let scores = runs(&asem, &file);
    let ranks: Vec<Vec<Option<u32>>> = scores.iter().map(|run| competition(run, 9)).collect();
    let nominal = file.iter().position(|row| row.text("is_nominal") == "1").unwrap();
    against("ua-asem/factorial_runs.csv");
    let mut results = Vec::new();
    for (row, ranks_of_run) in file.iter().zip(&ranks) {
        for (economy, rank) in asem.economies.iter().zip(ranks_of_run) {
            same(rank.map(f64::from), row.number(&format!("rank_{economy}")), row.text("run"));
        }
        let shift = mean_shift(&ranks[nominal], ranks_of_run);
        close(shift, row.number("mean_abs_rank_shift"), 1e-9, row.text("run"));
        results.push((choices(&file, &row), shift.unwrap()));
    }
    let found = exact(&results).unwrap();
    let indices = Rows::committed("ua-asem/sobol_exact.csv");
    against("ua-asem/sobol_exact.csv");
    for ((found, row), factor) in found.iter().zip(indices.iter()).zip(FACTORS) {
        same(factor, row.text("factor"), "factor");
        close(Some(found.first), row.number("S_first"), 1e-9, factor);
        close(Some(found.total), row.number("S_total"), 1e-9, factor);
    }
    intervals(&asem, &ranks, nominal);
    let Some(expected) = Rows::read("ua-asem/factorial_index_scores.csv") else { return };
    against("ua-asem/factorial_index_scores.csv");
    for (row, found) in expected.iter().zip(&scores) {
        for (economy, found) in asem.economies.iter().zip(found) {
            close(*found, row.number(economy), 2e-9, economy);
        }
    }
}

/// The choices of a run as numbers: the place of its word among those of the column.
fn choices(file: &Rows, row: &Row<'_>) -> Vec<usize> {
    let place = |factor: &&str| {
        let mut words: Vec<&str> = file.iter().map(|row| row.text(factor)).collect();
        words.sort_unstable();
        words.dedup();
        words.iter().position(|word| *word == row.text(factor)).unwrap()
    };
    FACTORS.iter().map(place).collect()
}

fn intervals(asem: &Asem, ranks: &[Vec<Option<u32>>], nominal: usize) {
    let rows = Rows::committed("ua-asem/factorial_rank_intervals.csv");
    against("ua-asem/factorial_rank_intervals.csv");
    for (at, row) in rows.iter().enumerate() {
        same(asem.economies[at].as_str(), row.text("uCode"), "uCode");
        let own: Vec<f64> = ranks.iter().map(|run| f64::from(run[at].unwrap())).collect();
        let base = f64::from(ranks[nominal][at].unwrap());
        same(Some(base), row.number("nominal_rank"), row.text("uCode"));
        for (p, column) in
            [(0.0, "min"), (0.05, "q05"), (0.5, "median"), (0.95, "q95"), (1.0, "max")]
        {
            close(quantile(&own, p), row.number(column), 1e-6, row.text("uCode"));
        }
        let near = own.iter().filter(|rank| (**rank - base).abs() <= 3.0).count();
        let share = near as f64 / own.len() as f64;
        close(Some(own.iter().sum::<f64>() / own.len() as f64), row.number("mean"), 1e-6, "mean");
        close(Some(share), row.number("share_within_3_of_nominal"), 1e-6, "near");
    }
}

#[test]
pub(crate) fn trial_p232_the_first_draws_of_weights_are_those_computed_outside() {
    let asem = Asem::read();
    let draws = Rows::committed("ua-asem/weights_mc_first3_replicates.csv");
    let expected = Rows::committed("ua-asem/weights_mc_first3_scores.csv");
    let values = Rows::committed("coinr-asem/normalised_minmax_1_100.csv");
    let source = Source::new(20_260_101);
    let mut weights: BTreeMap<(u32, &str), f64> = BTreeMap::new();
    against("ua-asem/weights_mc_first3_replicates.csv");
    for row in draws.iter() {
        let (replicate, node) = (row.text("replicate").parse().unwrap(), row.text("node"));
        let key = item(node);
        same(key.to_string().as_str(), row.text("item_id_fnv1a32"), node);
        let u = source.draw(replicate, key, Purpose::Weight);
        close(Some(u), row.number("u"), 1e-15, node);
        let weight = 1.0 + 0.25 * (2.0 * u - 1.0);
        close(Some(weight), row.number("weight"), 1e-9, node);
        weights.insert((replicate, node), weight);
    }
    against("ua-asem/weights_mc_first3_scores.csv");
    for row in expected.iter() {
        let replicate: u32 = row.text("replicate").parse().unwrap();
        let mut tree = tree(|_| Aggregation::Arithmetic, 0.0);
        weighted(&mut tree, |code| weights.get(&(replicate, code)).copied());
        let found = index(&asem, &card(&asem, &tree, |leaf| values.column(&leaf.code)));
        for (economy, found) in asem.economies.iter().zip(found) {
            close(found, row.number(economy), 1e-9, economy);
        }
    }
}
