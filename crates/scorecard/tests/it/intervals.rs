//! Intervals of ranks: the ASEM example of 51 economies under 1,000 draws of weights, against figures from
//! outside; then what must hold of any draw.

use proptest::prelude::*;
use wsis_model::framework::{Aggregation, Framework, Sampling, Window};
use wsis_model::rules::{Method, RuleBook, Share, UncertaintyRule};
use wsis_scorecard::core_set::Core;
use wsis_scorecard::plan::Plan;
use wsis_scorecard::reading::{Scored, current};
use wsis_scorecard::result::RankInterval;
use wsis_scorecard::uncertainty::field::Field;
use wsis_scorecard::uncertainty::{fill, sentence};
use wsis_scorecard::{Cell, Panel, Scorecard, score};

use crate::coinr::tree;
use crate::fixture::{Rows, areas, close, framework, indicator, node, panel};
use crate::ledger::against;
use crate::scenarios::WINDOW;

fn share(parts: u32) -> Share {
    Share::new(parts, 100).unwrap()
}

/// The house with other draws.
fn book(change: impl Fn(&mut UncertaintyRule)) -> RuleBook {
    let mut book = wsis_config::rules::house().clone();
    change(&mut book.uncertainty);
    book
}

fn nothing(rule: &mut UncertaintyRule) {
    rule.weights = share(0);
    (rule.normalisation, rule.aggregation) = (false, false);
    (rule.leave_out, rule.sampling) = (false, false);
}

fn weights_only(rule: &mut UncertaintyRule) {
    nothing(rule);
    rule.weights = share(25);
}

fn card(book: &RuleBook, framework: &Framework, panel: &Panel, codes: &[&str]) -> Scorecard {
    let (method, list) = (Method::new(framework, book), areas(codes.to_vec()));
    let mut card = score(method, panel, &list);
    fill(method, panel, &mut card);
    card
}

/// Every weight of the tree of three levels is drawn; economies with gaps are ranked by what they have.
#[test]
pub(crate) fn trial_p163_weights_of_the_asem_example_give_the_ranks_computed_outside() {
    let book = book(weights_only);
    let asem = tree(|_| Aggregation::Arithmetic, 0.0);
    let normalised = Rows::committed("coinr-asem/normalised_minmax_1_100.csv");
    let codes: Vec<&str> = normalised.iter().map(|row| row.text("uCode")).collect();
    let list = areas(codes.clone());
    let mut builder = Panel::builder(&asem, &list);
    for row in normalised.iter() {
        for leaf in &asem.indicators {
            if let Some(value) = row.number(&leaf.code) {
                builder.insert(&leaf.code, row.text("uCode"), 2018, Cell::of(value)).unwrap();
            }
        }
    }
    let panel = builder.build();
    let plan = Plan::new(Method::new(&asem, &book));
    let line = plan.lines.iter().find(|line| line.node.code == "Index").unwrap();
    let core = Core { leaves: (0..plan.leaves.len()).collect(), share: 1.0 };
    let economies: Vec<(&str, Vec<Option<Scored<'_>>>)> = codes
        .iter()
        .map(|code| {
            let value = |leaf: &&wsis_model::framework::Indicator| {
                current(leaf, panel.series(&leaf.code, code), 2018, plan.measure())
            };
            (*code, plan.leaves.iter().map(value).collect())
        })
        .collect();
    let tally = Field::new(&plan, line, &core, &economies).draw(0..1000);
    let expected = Rows::committed("ua-asem/weights_mc_expected.csv");
    assert_eq!(expected.len(), 51);
    against("ua-asem/weights_mc_expected.csv");
    for row in expected.iter() {
        let at = codes.iter().position(|code| *code == row.text("uCode")).unwrap();
        let mean = tally.scores(at).iter().sum::<f64>() / 1000.0;
        close(Some(mean), row.number("score_mean"), 1e-8, row.text("uCode"));
        for (p, column) in [
            (0.0, "rank_min"),
            (0.05, "rank_q05"),
            (0.5, "rank_median"),
            (0.95, "rank_q95"),
            (1.0, "rank_max"),
        ] {
            let found = tally.rank_quantile(at, p);
            let what = format!("{} {column}", row.text("uCode"));
            close(Some(found), row.number(column), 1e-6, &what);
        }
    }
}

const CODES: [&str; 6] = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"];

/// Four indicators; three quarters are enough to rank by, so that any may be left out.
fn four() -> Framework {
    let codes = ["a", "b", "c", "d"];
    let mut leaves = codes.map(|code| indicator(code, 0.0, 100.0)).to_vec();
    leaves[3].sampling =
        Some(Sampling { sample: 1000, design_effect: 1.5, source: "test".into(), verified: true });
    framework(leaves, vec![node("C2", &codes)], &["C2"])
}

fn cells(values: &[[f64; 4]; 6]) -> Vec<(&'static str, &'static str, i32, f64)> {
    let rows = CODES.iter().zip(values);
    rows.flat_map(|(area, row)| {
        ["a", "b", "c", "d"].into_iter().zip(row).map(|(code, value)| (code, *area, 2020, *value))
    })
    .collect()
}

const VALUES: [[f64; 4]; 6] = [
    [90.0, 80.0, 70.0, 75.0],
    [30.0, 95.0, 85.0, 74.0],
    [60.0, 60.0, 60.0, 60.0],
    [50.0, 40.0, 30.0, 20.0],
    [10.0, 90.0, 40.0, 42.0],
    [45.0, 45.0, 47.0, 43.0],
];

fn intervals(book: &RuleBook, values: &[[f64; 4]; 6], order: &[&str]) -> Vec<Option<RankInterval>> {
    let four = four();
    let panel = panel(&four, &areas(order.to_vec()), &cells(values));
    let card = card(book, &four, &panel, order);
    CODES.iter().map(|area| card.line_score("C2", area, WINDOW).unwrap().rank_interval).collect()
}

/// A rank stood alone, as if no choice could move it.
#[test]
fn trial_p162_each_rank_has_an_interval_or_a_reason() {
    let house = book(|_| ());
    let found = intervals(&house, &VALUES, &CODES);
    for interval in &found {
        let it = interval.unwrap();
        assert!(1 <= it.low && it.low <= it.high && it.high <= 6, "{it:?}");
        assert!((f64::from(it.low)..=f64::from(it.high)).contains(&it.median), "{it:?}");
        assert!(it.score_low.unwrap() <= it.score_high.unwrap(), "{it:?}");
    }
    // Whoever is last on everything but one is not first by any weight.
    assert!(found[3].unwrap().low > 2, "{found:?}");
    let told = sentence(&house.uncertainty).unwrap();
    assert!(
        told.contains("90 % of 1000 draws") && told.contains("no confidence interval"),
        "{told}"
    );

    let off = book(nothing);
    assert_eq!(sentence(&off.uncertainty), None);
    let four = four();
    let panel = panel(&four, &areas(CODES.to_vec()), &cells(&VALUES));
    let reason = |book: &RuleBook, framework: &Framework| {
        let card = card(book, framework, &panel, &CODES);
        let row = card.line_score("C2", "AAA", WINDOW).unwrap().clone();
        assert_eq!((row.rank.is_some(), row.rank_interval), (true, None));
        row.rank_interval_reason.unwrap()
    };
    assert!(reason(&off, &four).contains("varies nothing"));
    // By one indicator of a register there is nothing to vary.
    let mut one = four.clone();
    one.nodes = vec![node("C2", &["a"])];
    assert!(reason(&house, &one).contains("one indicator"));
    let mut published = four.clone();
    published.ranking.requires = wsis_model::framework::Requires::Score;
    assert!(reason(&house, &published).contains("the publisher's method"));
    // Who is not ranked has no interval, and its reason is that of the rank.
    let card = card(&house, &four, &panel_of_nothing(&four), &CODES);
    assert!(card.line_scores.iter().all(|row| row.rank_interval_reason.is_none()));
}

fn panel_of_nothing(framework: &Framework) -> Panel {
    panel(framework, &areas(CODES.to_vec()), &[])
}

/// One by one each choice moves what it should: by sampling alone only those who are near in `d`.
#[test]
fn trial_p163_each_switch_varies_what_it_says() {
    let of = |values: &[[f64; 4]; 6], switch: fn(&mut UncertaintyRule)| {
        let book = book(|rule| {
            nothing(rule);
            switch(rule);
        });
        let found = intervals(&book, values, &CODES);
        found.into_iter().map(|it| it.map(|it| (it.low, it.high))).collect::<Option<Vec<_>>>()
    };
    let alone = |switch| of(&VALUES, switch);
    let sampling = alone(|rule| rule.sampling = true).unwrap();
    assert_eq!(sampling[3], (6, 6), "{sampling:?}");
    assert_eq!(sampling[2], (3, 3), "{sampling:?}");
    // 45.5 and 45: a standard error of 1.9 in a quarter of the score.
    assert_eq!((sampling[4], sampling[5]), ((4, 5), (4, 5)));
    // By the geometric mean 10 weighs: EEE falls behind FFF and DDD.
    let means = alone(|rule| rule.aggregation = true).unwrap();
    assert_eq!(means[4], (4, 5), "{means:?}");
    assert_eq!(alone(|rule| rule.weights = share(0)), None);
    for switch in [(|rule| rule.weights = share(25)) as fn(&mut UncertaintyRule), |rule| {
        rule.leave_out = true;
    }] {
        let found = alone(switch).unwrap();
        assert!(found.iter().any(|(low, high)| low < high), "{found:?}");
    }
    // Goalposts: BBB leads by a point. By range the one point of `a` is all there is, and AAA leads.
    let mut near = [[50.5, 0.0, 50.0, 50.0]; 6];
    (near[0], near[1]) = ([51.0, 60.0, 50.0, 50.0], [50.0, 62.0, 50.0, 50.0]);
    let found = of(&near, |rule| rule.normalisation = true).unwrap();
    assert_eq!(found, [(1, 2), (1, 2), (3, 3), (3, 3), (3, 3), (3, 3)]);
}

/// Of a core that is just broad enough none may be left out: the house would not rank by the rest.
#[test]
fn trial_p163_what_is_left_out_leaves_enough_to_rank_by() {
    let only = book(|rule| {
        nothing(rule);
        rule.leave_out = true;
    });
    let mut four = four();
    let panel = panel(&four, &areas(CODES.to_vec()), &cells(&VALUES));
    four.nodes[0].min_weight_rank = Some(0.8);
    let card = card(&only, &four, &panel, &CODES);
    let row = card.line_score("C2", "AAA", WINDOW).unwrap();
    assert_eq!((row.rank, row.rank_interval), (Some(1), None));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Neither the order of economies nor the ranges that threads take change anything; and with
    /// nothing varied every draw is the rank itself.
    #[test]
    fn trial_p161_draws_hang_on_no_order_and_no_threads(
        values in prop::array::uniform6(prop::array::uniform4((0_u32..=100).prop_map(f64::from))),
        order in Just(CODES.to_vec()).prop_shuffle(),
        cut in 0_u32..=100,
    ) {
        let house = book(|rule| rule.replicates = 100);
        prop_assert_eq!(intervals(&house, &values, &CODES), intervals(&house, &values, &order));

        let four = four();
        let list = areas(CODES.to_vec());
        let panel = panel(&four, &list, &cells(&values));
        let quiet = book(|rule| {
            nothing(rule);
            rule.replicates = 100;
        });
        let card = score(Method::new(&four, &house), &panel, &list);
        for book in [&house, &quiet] {
            let plan = Plan::new(Method::new(&four, book));
            let line = &plan.lines[0];
            let core = Core { leaves: vec![0, 1, 2, 3], share: 1.0 };
            let economies: Vec<_> = CODES.iter().map(|area| {
                let ends = plan.leaves.iter().map(|leaf| {
                    current(leaf, panel.series(&leaf.code, area), 2020, plan.measure())
                });
                (*area, ends.collect::<Vec<_>>())
            }).collect();
            let field = Field::new(&plan, line, &core, &economies);
            let whole = field.draw(0..100);
            let parts = field.draw(0..cut).merged(&field.draw(cut..100));
            prop_assert_eq!(whole.draws(), 100);
            for (at, area) in CODES.iter().enumerate() {
                let share = book.uncertainty.interval;
                prop_assert_eq!(whole.interval(at, share), parts.interval(at, share));
                if book.uncertainty == quiet.uncertainty {
                    let row = card.line_score("C2", area, WINDOW).unwrap();
                    let it = whole.interval(at, share);
                    prop_assert_eq!((Some(it.low), Some(it.high), it.error), (row.rank, row.rank, 0));
                    prop_assert_eq!((it.score_low, it.score_high), (row.core_score, row.core_score));
                }
            }
        }
    }
}

/// Windows and lines that nobody asks for draw nothing; a window of its own has its own core.
#[test]
fn each_window_has_its_own_intervals() {
    let house = book(|_| ());
    let mut four = four();
    four.windows = vec![Window { start: 2005, end: 2010 }, Window { start: 2015, end: 2020 }];
    let panel = panel(&four, &areas(CODES.to_vec()), &cells(&VALUES));
    let card = card(&house, &four, &panel, &CODES);
    assert!(card.line_score("C2", "AAA", (2005, 2010)).unwrap().rank_interval.is_none());
    assert!(card.line_score("C2", "AAA", WINDOW).unwrap().rank_interval.is_some());
}
