//! `reference/edge-cases`: normalisation, ranks and aggregation, by their ids.

use wsis_scorecard::aggregate::{
    AggregateError, Lack, Rule, arithmetic, geometric, harmonic, parent, power,
};
use wsis_scorecard::column::{Column, distance_to_target, minmax, percentile_rank, zscore};
use wsis_scorecard::copeland::copeland;
use wsis_scorecard::normalise::NotNormalised;
use wsis_scorecard::rank::{competition, round};

use wsis_model::framework::Aggregation;

use crate::fixture::{Rows, close};
use crate::ledger::{against, same};

fn some(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

#[track_caller]
fn column(found: Column, expected: &[f64]) {
    let found = found.unwrap();
    assert_eq!(found.len(), expected.len());
    for (found, expected) in found.into_iter().zip(expected) {
        close(found, Some(*expected), 1e-6, "column");
    }
}

#[test]
fn e12_c10_no_variance_is_missing_with_a_flag() {
    assert_eq!(minmax(&some(&[5.0, 5.0, 5.0]), 0.0, 100.0), Err(NotNormalised::NoSpread));
    assert_eq!(minmax(&some(&[5.0]), 0.0, 100.0), Err(NotNormalised::NoSpread));
    assert_eq!(minmax(&[None, None], 0.0, 100.0), Err(NotNormalised::NoValue));
    assert_eq!(zscore(&some(&[5.0, 5.0])), Err(NotNormalised::NoSpread));
    assert!(NotNormalised::NoSpread.to_string().contains("not discriminating"));
}

#[test]
fn e13_zscore_has_the_sample_deviation() {
    column(zscore(&some(&[1.0, 2.0, 3.0])), &[-1.0, 0.0, 1.0]);
}

#[test]
fn e14_e15_percentile_rank() {
    assert_eq!(percentile_rank(&some(&[7.0])), Err(NotNormalised::SingleValue));
    column(percentile_rank(&some(&[1.0, 2.0, 2.0, 3.0])), &[0.0, 0.333_333_3, 0.333_333_3, 1.0]);
}

#[test]
fn e18_distance_to_target_is_not_negated_by_the_caller() {
    let x = some(&[0.0, 5.0, 10.0]);
    column(distance_to_target(&x, false, 2.0, false), &[1.25, 0.625, 0.0]);
    column(distance_to_target(&x, false, 2.0, true), &[1.0, 0.625, 0.0]);
    column(distance_to_target(&x, true, 5.0, true), &[0.0, 1.0, 1.0]);
}

#[test]
fn c7_gaps_stay_gaps_in_a_column() {
    let found = minmax(&[Some(0.0), None, Some(10.0)], 0.0, 100.0).unwrap();
    assert_eq!(found, [Some(0.0), None, Some(100.0)]);
}

#[test]
fn e20_e21_c17_c18_ranks() {
    let scores = [Some(3.0), None, Some(3.0), Some(1.0)];
    assert_eq!(competition(&scores, 9), [Some(1), None, Some(1), Some(3)]);
    assert_eq!(competition(&some(&[5.1, 5.100_000_000_000_000_5]), 9), [Some(1), Some(1)]);
    let tie = competition(&some(&[10.0, 10.0, 10.0, 5.0]), 9);
    assert_eq!(tie, [Some(1), Some(1), Some(1), Some(4)]);
    assert_eq!(competition(&[None, None], 9), [None, None]);
}

#[test]
fn rounding_is_half_to_even() {
    assert_eq!([0.5, 1.5, 2.5, -0.5].map(|x| round(x, 0)), [0.0, 2.0, 2.0, -0.0]);
    assert_eq!(round(0.462_5, 3), 0.462);
}

#[test]
fn e22_egdi_2022_ranks_the_rounded_value() {
    let rows = Rows::committed("egdi/egdi.csv");
    let rows: Vec<_> = rows.iter().filter(|row| row.year("year") == 2022).collect();
    let scores: Vec<_> = rows.iter().map(|row| row.number("egdi_published")).collect();
    let ranks = competition(&scores, 4);
    let rank = |iso: &str| {
        rows.iter().zip(&ranks).find(|(row, _)| row.text("iso3") == iso).and_then(|(_, rank)| *rank)
    };
    assert_eq!([rank("ISL"), rank("SWE"), rank("AUS")], [Some(5), Some(5), Some(7)]);
}

#[test]
fn e23_e24_e27_weights_are_renormalised_over_what_is_there() {
    let gap = [(1.0, Some(1.0)), (1.0, None), (1.0, Some(3.0))];
    assert_eq!(arithmetic(&gap), Ok(Some(2.0)));
    assert_eq!(arithmetic(&[(1.0, None), (1.0, None)]), Ok(None));
    assert_eq!(arithmetic(&[(0.0, Some(5.0)), (1.0, None)]), Ok(None));
    assert_eq!(arithmetic(&[(0.0, Some(5.0)), (0.0, Some(6.0))]), Ok(None));
}

fn rule(min_weight: f64, min_children: usize) -> Rule {
    Rule { aggregation: Aggregation::Arithmetic, min_weight, min_children }
}

#[test]
fn e25_two_thirds_reach_two_thirds() {
    let two = [(1.0, Some(1.0)), (1.0, None), (1.0, Some(3.0))];
    assert_eq!(parent(&two, &rule(2.0 / 3.0, 1)), Ok(2.0));
    let tenths = [(0.1, Some(1.0)), (0.1, Some(1.0)), (0.1, None)];
    assert_eq!(parent(&tenths, &rule(2.0 / 3.0, 1)), Ok(1.0));
    let one = [(1.0, Some(1.0)), (1.0, None), (1.0, None)];
    assert!(matches!(parent(&one, &rule(0.5, 1)), Err(Lack::ThinWeight { .. })));
}

#[test]
fn e26_e28_weights_zero_and_negative() {
    let zero = [(0.0, Some(1.0)), (0.0, Some(2.0))];
    assert_eq!(parent(&zero, &rule(0.5, 1)), Err(Lack::NoChildren));
    let negative = [(1.0, Some(1.0)), (-1.0, Some(2.0))];
    assert_eq!(arithmetic(&negative), Err(AggregateError::BadWeight(-1.0)));
}

#[test]
fn e29_e30_c8_geometric_mean_and_zero() {
    let zero = [(1.0, Some(0.0)), (1.0, Some(4.0))];
    assert_eq!(geometric(&zero, None), Err(AggregateError::NotPositive(0.0)));
    // The declared floor: 0 enters as 1, so the mean is the root of 4.
    close(geometric(&zero, Some(1.0)).unwrap(), Some(2.0), 1e-12, "floor");
    let weightless = [(0.0, Some(0.0)), (1.0, Some(4.0))];
    close(geometric(&weightless, None).unwrap(), Some(4.0), 1e-12, "E30");
}

#[test]
fn e31_e32_harmonic_and_power_means() {
    let opposite = [(1.0, Some(-1.0)), (1.0, Some(1.0))];
    assert_eq!(harmonic(&opposite, None), Err(AggregateError::NotPositive(-1.0)));
    close(harmonic(&[(1.0, Some(2.0)), (1.0, Some(6.0))], None).unwrap(), Some(3.0), 1e-12, "hm");
    let gap = [(1.0, Some(1.0)), (1.0, None), (1.0, Some(3.0))];
    close(power(&gap, 2.0).unwrap(), Some(2.236_068), 1e-6, "E32");
    assert_eq!(power(&gap, 0.0), Err(AggregateError::BadPower(0.0)));
}

#[test]
fn two_children_are_needed_or_one_of_one() {
    let half = [(1.0, Some(4.0)), (1.0, None)];
    assert_eq!(
        parent(&half, &rule(0.5, 2)),
        Err(Lack::FewChildren { present: 1, total: 2, needed: 2 })
    );
    assert_eq!(parent(&[(1.0, Some(4.0))], &rule(0.5, 2)), Ok(4.0));
}

#[test]
fn e33_copeland_compares_what_is_shared() {
    let rows = [vec![Some(1.0), Some(1.0)], vec![Some(2.0), None], vec![None, Some(3.0)]];
    assert_eq!(copeland(&rows, &[1.0, 1.0]), [-2, 1, 1]);
}

#[test]
pub(crate) fn e34_copeland_of_51_economies_over_8_pillars() {
    let scores = Rows::committed("coinr-asem/aggregated_minmax0100_amean.csv");
    let expected = Rows::committed("coinr-asem/copeland_pillars.csv");
    let pillars =
        ["Physical", "ConEcFin", "Political", "Instit", "P2P", "Environ", "Social", "SusEcFin"];
    let rows: Vec<Vec<Option<f64>>> =
        scores.iter().map(|row| pillars.map(|pillar| row.number(pillar)).to_vec()).collect();
    let found = copeland(&rows, &[1.0; 8]);
    against("coinr-asem/copeland_pillars.csv");
    let mut compared = 0;
    for (row, found) in scores.iter().zip(found) {
        let code = row.text("uCode");
        let wanted = expected.iter().find(|other| other.text("uCode") == code).unwrap();
        same(Some(found as f64), wanted.number("copeland"), code);
        compared += 1;
    }
    assert_eq!(compared, 51);
}
