//! The published tables: order, names, weights, and what never stands in them.

use std::collections::BTreeSet;

use arrow::array::{Array, AsArray};
use arrow::datatypes::Float64Type;
use wsis_model::framework::Framework;
use wsis_scorecard::plan::Plan;
use wsis_scorecard::{Missing, Scorecard, Table};

use crate::fixture::{areas, framework, house, indicator, weighted};
use crate::scenarios::{WINDOW, card, full, pair};

#[test]
fn tables_are_sorted_by_their_key_and_complete() {
    let (pair, list) = (pair(), areas(["BBB", "AAA"]));
    let card = card(&pair, &list, &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let tables = card.to_batches().unwrap();
    let names: Vec<_> = tables.iter().map(|table| (table.name, table.batch.num_rows())).collect();
    assert_eq!(
        names,
        [
            ("areas", 2),
            ("disparities", 0),
            ("gap_counts", 2),
            ("gaps", 2),
            ("group_members", 0),
            ("group_scores", 2),
            ("indicator_scores", 4),
            ("indicators", 2),
            ("line_scores", 2),
            ("line_years", 6),
            ("lines", 1),
            ("measurability", 1),
            ("target_outcomes", 0),
            ("trajectories", 12),
        ]
    );
    let keys: Vec<_> = card.line_scores.iter().map(|row| (&row.line, &row.area)).collect();
    assert!(keys.is_sorted());
}

fn table(card: &Scorecard, name: &str) -> Table {
    let tables = card.to_batches().unwrap();
    tables.into_iter().find(|table| table.name == name).unwrap()
}

/// Equal goalposts are refused at load. Should they ever get here, the cell is null with a
/// reason, and Parquet holds no NaN.
#[test]
fn c10_equal_goalposts_are_null_with_a_reason_in_the_tables() {
    let mut flat = pair();
    let posts = flat.indicators[0].goalposts.as_mut().unwrap();
    (posts.lo, posts.hi) = (60.0, 60.0);
    let card = card(&flat, &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!((row.missing, row.change), (Some(Missing::NotNormalised), None));
    assert!(row.missing_reason.as_ref().unwrap().contains("not discriminating"), "{row:?}");
    let scores = table(&card, "indicator_scores");
    for column in ["score_start", "score_end", "score_unclamped_end"] {
        let numbers = scores.batch.column_by_name(column).unwrap();
        let numbers = numbers.as_primitive::<Float64Type>();
        assert!(numbers.is_null(0), "{column}");
        assert!(numbers.iter().flatten().all(f64::is_finite), "{column}");
    }
}

#[test]
fn c24_weights_are_published_and_every_measure_has_its_own_name() {
    let leaves = ["a", "b"].map(|code| indicator(code, 0.0, 100.0)).to_vec();
    let line = weighted("C2", &[("a", 3.0), ("b", 1.0)]);
    let framework = framework(leaves, vec![line], &["C2"]);
    let card = card(&framework, &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let indicators = table(&card, "indicators");
    let weights = indicators.batch.column_by_name("weights").unwrap().as_string::<i32>();
    assert_eq!([weights.value(0), weights.value(1)], ["0.750000", "0.250000"]);
    for table in card.to_batches().unwrap() {
        let schema = table.batch.schema();
        let names: BTreeSet<&String> = schema.fields().iter().map(|field| field.name()).collect();
        assert_eq!(names.len(), schema.fields().len(), "{}", table.name);
        for name in names {
            assert!(!name.contains('%') && !name.contains("percent"), "{}.{name}", table.name);
        }
    }
}

/// Women, men and all own a mobile phone under one series code: the table of indicators tells
/// them apart, with the columns of `observations_latest`.
#[test]
fn d6_indicators_of_one_series_are_told_apart() {
    let deployment = wsis_config::Deployment::embedded().unwrap();
    let real = deployment.framework("wsis-action-lines").unwrap();
    let card = card(real, &deployment.areas, &[]);
    let keys: Vec<_> = card
        .indicators
        .iter()
        .filter(|row| row.series_code.is_some())
        .map(|row| {
            let series = (&row.source, &row.dataset, &row.series_code);
            (series, &row.sex, &row.age, &row.location, &row.dimensions)
        })
        .collect();
    let distinct: BTreeSet<_> = keys.iter().collect();
    assert_eq!(distinct.len(), keys.len());
    let women = card.indicators.iter().find(|row| row.indicator == "mobile-ownership-women");
    assert_eq!(women.unwrap().sex.as_deref(), Some("F"));
}

/// The published rank of the EGDI is shown beside the line and enters no score; our own rank
/// says among how many.
#[test]
fn c28_the_universe_is_stated_and_the_published_rank_is_kept_apart() {
    let deployment = wsis_config::Deployment::embedded().unwrap();
    let real: &Framework = deployment.framework("wsis-action-lines").unwrap();
    let plan = Plan::new(house(real));
    let published = plan.leaf("egdi-rank").unwrap();
    assert!(plan.lines.iter().all(|line| line.shares.iter().all(|(leaf, _)| *leaf != published)));
    assert!(real.indicator("egdi-rank").unwrap().goalposts.is_none());
    let egov = real.node("C7-egov").unwrap().line.as_ref().unwrap();
    assert!(egov.context.contains(&"egdi-rank".to_owned()));
    // Three economies, one without data: ranked of 2.
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("BBB", [50.0, 70.0], [10.0, 6.0]));
    let card = card(&pair(), &areas(["AAA", "BBB", "CCC"]), &cells);
    let ranks: Vec<_> = card.line_scores.iter().map(|row| (row.rank, row.ranked_of)).collect();
    assert_eq!(ranks, [(Some(2), 2), (Some(1), 2), (None, 2)]);
}
