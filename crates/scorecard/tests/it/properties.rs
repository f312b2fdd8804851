//! Properties that hold for any figures.

use proptest::prelude::*;
use wsis_model::framework::{Direction, Goalposts, Transform};
use wsis_scorecard::aggregate::{arithmetic, geometric, harmonic};
use wsis_scorecard::normalise::goalposts;
use wsis_scorecard::rank::competition;
use wsis_scorecard::{Class, score};

use crate::fixture::{areas, framework, house, indicator, node, panel, provenance, with_target};

fn posts(lo: f64, hi: f64, transform: Transform) -> Goalposts {
    Goalposts { lo, hi, transform, clamp: true, provenance: provenance() }
}

fn transform() -> impl Strategy<Value = Transform> {
    prop_oneof![Just(Transform::Identity), Just(Transform::Ln), Just(Transform::Ln1p)]
}

proptest! {
    #[test]
    fn scores_rise_with_the_value_and_stay_in_bounds(
        lo in 0.1..1e3_f64, span in 0.1..1e4_f64, x in 0.1..2e4_f64, step in 0.0..1e4_f64,
        transform in transform(), down: bool,
    ) {
        let (posts, direction) = if down {
            (posts(lo + span, lo, transform), Direction::Down)
        } else {
            (posts(lo, lo + span, transform), Direction::Up)
        };
        let of = |x| goalposts(x, direction, &posts, 100.0).unwrap();
        let (first, second) = (of(x), of(x + step));
        prop_assert!((0.0..=100.0).contains(&first.score));
        if down {
            prop_assert!(second.score <= first.score && second.unclamped <= first.unclamped);
        } else {
            prop_assert!(second.score >= first.score && second.unclamped >= first.unclamped);
        }
    }

    #[test]
    fn means_lie_between_the_smallest_and_the_largest_and_in_order(
        items in prop::collection::vec((0.01..10.0_f64, prop::option::of(0.5..100.0_f64)), 1..20),
    ) {
        let values: Vec<f64> = items.iter().filter_map(|(_, value)| *value).collect();
        let means = [harmonic(&items, None), geometric(&items, None), arithmetic(&items)]
            .map(Result::unwrap);
        if values.is_empty() {
            prop_assert_eq!(means, [None; 3]);
            return Ok(());
        }
        let lo = values.iter().copied().fold(f64::INFINITY, f64::min);
        let hi = values.iter().copied().fold(0.0, f64::max);
        let means = means.map(Option::unwrap);
        prop_assert!(means.iter().all(|mean| (lo - 1e-9..=hi + 1e-9).contains(mean)));
        prop_assert!(means.windows(2).all(|pair| pair[0] <= pair[1] + 1e-9), "{:?}", means);
    }

    #[test]
    fn invariant_i9_ranks_count_the_strictly_higher(
        scores in prop::collection::vec(prop::option::of(0..20_u32), 0..60),
    ) {
        let scores: Vec<Option<f64>> = scores.into_iter().map(|s| s.map(f64::from)).collect();
        for (rank, score) in competition(&scores, 9).into_iter().zip(&scores) {
            let expected = score.map(|score| {
                1 + scores.iter().flatten().filter(|other| **other > score).count()
            });
            prop_assert_eq!(rank.map(|rank| rank as usize), expected);
        }
    }

    #[test]
    fn a_scorecard_is_the_same_for_any_order_of_input(
        cells in prop::collection::btree_map(
            ((0..3_usize), (0..4_usize), 2012..2022_i32), -20.0..140.0_f64, 0..60,
        ),
        seed in any::<u64>(),
    ) {
        let leaves = ["a", "b", "c"].map(|c| with_target(indicator(c, 0.0, 100.0), 80.0, 2030));
        let codes = ["AAA", "BBB", "CCC", "DDD"];
        let framework = framework(leaves.to_vec(), vec![node("C2", &["a", "b", "c"])], &["C2"]);
        let rows: Vec<_> = cells
            .iter()
            .map(|((leaf, area, year), value)| (["a", "b", "c"][*leaf], codes[*area], *year, *value))
            .collect();
        let mut shuffled = rows.clone();
        shuffled.sort_by_key(|row| u64::from(row.2.unsigned_abs()).wrapping_mul(seed | 1) ^ row.3.to_bits());
        let list = areas(codes);
        let first = score(house(&framework), &panel(&framework, &list, &rows), &list);
        let second = score(house(&framework), &panel(&framework, &list, &shuffled), &list);
        prop_assert_eq!(&first, &second);
        for row in &first.line_scores {
            prop_assert!(row.score.is_none_or(|score| (0.0..=100.0).contains(&score)));
            prop_assert_eq!(row.score.is_none(), row.score_reason.is_some());
            prop_assert_eq!(row.rank.is_none(), row.rank_reason.is_some());
            prop_assert!(row.class != Class::NotAssessable || row.class_reason.is_some());
            prop_assert!(row.rank.is_none() || row.coverage.unwrap() >= 2.0 / 3.0 - 1e-12);
        }
    }
}
