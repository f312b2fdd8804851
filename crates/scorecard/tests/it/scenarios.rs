//! Scenarios by id (docs/FAILURES.md), through the whole of `score`.

use arrow::array::{Array, Float64Array, Int32Array};
use arrow::datatypes::DataType;
use wsis_model::area::AreaList;
use wsis_model::framework::{Aggregation, Framework, SeriesRef, Window};
use wsis_model::status::ObsStatus;
use wsis_scorecard::{Cell, Class, Grade, Missing, Panel, Scorecard, explain, score};

use crate::fixture::{
    areas, close, framework, house, indicator, node, panel, weighted, with_target,
};

pub(crate) const WINDOW: (i32, i32) = (2015, 2020);

/// A line over `a` (up) and `b` (down), targets 2030.
pub(crate) fn pair() -> Framework {
    let leaves = vec![
        with_target(indicator("a", 0.0, 100.0), 90.0, 2030),
        with_target(indicator("b", 20.0, 0.0), 2.0, 2025),
    ];
    framework(leaves, vec![node("C2", &["a", "b"])], &["C2"])
}

pub(crate) fn full(
    area: &'static str,
    a: [f64; 2],
    b: [f64; 2],
) -> Vec<(&'static str, &'static str, i32, f64)> {
    vec![
        ("a", area, 2015, a[0]),
        ("a", area, 2020, a[1]),
        ("b", area, 2015, b[0]),
        ("b", area, 2020, b[1]),
    ]
}

pub(crate) fn card(
    framework: &Framework,
    list: &AreaList,
    cells: &[(&str, &str, i32, f64)],
) -> Scorecard {
    score(house(framework), &panel(framework, list, cells), list)
}

#[test]
fn one_line_by_hand() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let card = card(&pair, &list, &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let row = card.line_score("C2", "AAA", WINDOW).unwrap();
    // a: 40 -> 60; b: (20-10)/20 = 50 -> (20-6)/20 = 70. Targets: 90 and (20-2)/20 = 90.
    close(row.score_start, Some(45.0), 1e-12, "start");
    close(row.score_end, Some(65.0), 1e-12, "end");
    close(row.score, Some(65.0), 1e-12, "level");
    close(row.change, Some(20.0), 1e-12, "change");
    close(row.points_per_year, Some(4.0), 1e-12, "rate");
    close(row.target_score, Some(90.0), 1e-12, "target");
    assert_eq!(row.target_year, Some(2030));
    // Required from the base (90 - 45) / 15 = 3 a year; actual 4.
    close(row.ratio, Some(4.0 / 3.0), 1e-12, "ratio");
    close(row.required_per_year, Some(2.5), 1e-12, "from now");
    assert_eq!((row.class, row.grade, row.rank), (Class::OnTrack, Some(Grade::A), Some(1)));
}

#[test]
fn c1_order_of_rows_columns_and_files_does_not_matter() {
    let codes = ["CCC", "AAA", "BBB"];
    let mut cells = Vec::new();
    for (at, code) in codes.into_iter().enumerate() {
        let x = at as f64;
        cells.extend(full(code, [10.1 + x, 30.3 * x], [9.9, 3.3 + x]));
    }
    let first = card(&pair(), &areas(codes), &cells);
    let mut shuffled = pair();
    shuffled.nodes[0].children.reverse();
    shuffled.indicators.reverse();
    cells.reverse();
    let second = card(&shuffled, &areas(["BBB", "CCC", "AAA"]), &cells);
    assert_eq!(first, second);
}

#[test]
fn c3_explain_prints_the_direction_and_the_minimum_scores_full_marks() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let panel = panel(&pair, &list, &full("AAA", [40.0, 60.0], [10.0, 0.0]));
    let card = score(house(&pair), &panel, &list);
    let window = Window { start: 2015, end: 2020 };
    let why = explain(house(&pair), &card, &panel, "C2", "AAA", window).unwrap();
    let b = &why.tree.children[1];
    let facts = b.indicator.as_ref().unwrap();
    assert_eq!((b.code.as_str(), facts.direction), ("b", "down"));
    assert_eq!(
        (facts.goalpost_lo, facts.goalpost_hi, b.score),
        (Some(20.0), Some(0.0), Some(100.0))
    );
    let end = facts.reading.as_ref().unwrap().end.as_ref().unwrap();
    assert_eq!((end.year, end.value), (2020, 0.0));
    assert_eq!(why.tree.score, why.score.score);
    assert_eq!(why.tree.children.iter().map(|child| child.share).sum::<f64>(), 1.0);
    let wrong = explain(house(&pair), &card, &panel, "C99", "AAA", window).unwrap_err().to_string();
    assert!(wrong.contains("C99") && wrong.contains("C2"), "{wrong}");
}

#[test]
fn c4_goalposts_per_indicator_with_direction_down() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let card = card(&pair, &list, &full("AAA", [40.0, 60.0], [25.0, 5.0]));
    let b = card.indicator_score("b", "AAA", WINDOW).unwrap();
    assert_eq!(b.start.as_ref().unwrap().score, Some(0.0));
    assert_eq!(b.start.as_ref().unwrap().unclamped, Some(-25.0));
    assert_eq!(b.end.as_ref().unwrap().score, Some(75.0));
    // Falling from 25 to 5 with target 2 in 2025: 4 a year against 2.3 required.
    assert_eq!(
        (b.class, b.per_year, b.required_per_year),
        (Class::OnTrack, Some(-4.0), Some(-0.6))
    );
}

#[test]
fn c5_e19_the_same_value_scores_the_same_in_every_year_and_window() {
    let mut pair = pair();
    pair.windows = vec![
        Window { start: 2005, end: 2010 },
        Window { start: 2010, end: 2015 },
        Window { start: 2015, end: 2020 },
    ];
    let list = areas(["AAA"]);
    let cells: Vec<_> =
        (2005..=2020).flat_map(|y| [("a", "AAA", y, 37.0), ("b", "AAA", y, 4.0)]).collect();
    let card = card(&pair, &list, &cells);
    for row in &card.indicator_scores {
        let expected = if row.indicator == "a" { 37.0 } else { 80.0 };
        for reading in [&row.start, &row.end] {
            close(reading.as_ref().unwrap().score, Some(expected), 1e-12, &row.indicator);
        }
        assert_eq!(row.change, Some(0.0));
    }
    assert_eq!(card.indicator_scores.len(), 6);
}

#[test]
fn c6_weights_never_enter_as_data() {
    let leaves = vec![indicator("a", 0.0, 100.0), indicator("b", 0.0, 100.0)];
    let list = areas(["AAA"]);
    let cells = [("a", "AAA", 2020, 50.0), ("b", "AAA", 2020, 50.0)];
    for weights in [[1.0, 1.0], [3.0, 7.0], [100.0, 0.5]] {
        let line = weighted("C2", &[("a", weights[0]), ("b", weights[1])]);
        let framework = framework(leaves.clone(), vec![line], &["C2"]);
        let card = card(&framework, &list, &cells);
        close(card.line_scores[0].score, Some(50.0), 1e-12, "any weights");
    }
}

#[test]
fn c8_a_geometric_line_has_a_declared_floor() {
    let leaves = vec![indicator("a", 0.0, 100.0), indicator("b", 0.0, 100.0)];
    let mut line = node("C2", &["a", "b"]);
    line.aggregation = Aggregation::Geometric { floor: 1.0 };
    let framework = framework(leaves, vec![line], &["C2"]);
    let cells = [("a", "AAA", 2020, 0.0), ("b", "AAA", 2020, 64.0)];
    let card = card(&framework, &areas(["AAA"]), &cells);
    close(card.line_scores[0].score, Some(8.0), 1e-12, "root of 1 * 64");
}

#[test]
fn c12_a_missing_indicator_leaves_the_weights() {
    let leaves = ["a", "b", "c", "d"].map(|code| indicator(code, 0.0, 100.0)).to_vec();
    let line = weighted("C2", &[("a", 1.0), ("b", 2.0), ("c", 1.0), ("d", 1.0)]);
    let framework = framework(leaves, vec![line], &["C2"]);
    let cells = [("a", "AAA", 2020, 10.0), ("b", "AAA", 2020, 40.0), ("c", "AAA", 2020, 90.0)];
    let card = card(&framework, &areas(["AAA"]), &cells);
    let row = &card.line_scores[0];
    close(row.score, Some((10.0 + 80.0 + 90.0) / 4.0), 1e-12, "renormalised");
    close(row.coverage, Some(0.8), 1e-12, "coverage");
    assert_eq!((row.indicators_used, row.indicators_total), (3, 4));
}

#[test]
fn c13_c18_c19_missing_is_null_everywhere_and_never_a_sentinel() {
    let (pair, list) = (pair(), areas(["AAA", "BBB", "CCC"]));
    let card = card(&pair, &list, &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let empty = card.line_score("C2", "BBB", WINDOW).unwrap();
    assert_eq!((empty.score, empty.rank, empty.change, empty.ratio), (None, None, None, None));
    assert_eq!(empty.coverage, Some(0.0), "nothing of something is observed: a fact, not a gap");
    assert_eq!(empty.grade, Some(Grade::E));
    let json = serde_json::to_value(empty).unwrap();
    for field in
        ["score", "score_start", "score_end", "change", "rank", "target_score", "freshness"]
    {
        assert!(json[field].is_null(), "{field} = {}", json[field]);
    }
    for table in card.to_batches().unwrap() {
        no_nan_no_sentinel(&table);
    }
}

fn no_nan_no_sentinel(table: &wsis_scorecard::Table) {
    let schema = table.batch.schema();
    for (field, column) in schema.fields().iter().zip(table.batch.columns()) {
        let name = format!("{}.{}", table.name, field.name());
        assert_eq!(field.name(), &field.name().to_lowercase(), "{name} is snake_case");
        match field.data_type() {
            DataType::Float64 => {
                let numbers: &Float64Array = column.as_any().downcast_ref().unwrap();
                let odd = numbers.iter().flatten().find(|x| !x.is_finite() || *x == -999.0);
                assert_eq!(odd, None, "{name}");
                assert!(field.is_nullable(), "{name}");
            }
            DataType::Int32 => {
                let numbers: &Int32Array = column.as_any().downcast_ref().unwrap();
                assert!(!numbers.iter().flatten().any(|x| [-1, 999, 9999].contains(&x)), "{name}");
            }
            DataType::Utf8 | DataType::Boolean | DataType::Int64 => {}
            other => panic!("{name} has type {other}"),
        }
        assert!(field.is_nullable() || column.null_count() == 0, "{name}");
    }
}

fn with_series(mut framework: Framework) -> Framework {
    for indicator in &mut framework.indicators {
        indicator.series = Some(SeriesRef {
            source: "unsd".into(),
            dataset: "SDG".into(),
            series_code: indicator.code.to_uppercase(),
            sex: "_T".into(),
            age: "_T".into(),
            location: "_T".into(),
            dimensions: String::new(),
        });
    }
    framework
}

#[test]
fn c14_every_gap_has_its_reason() {
    let codes =
        ["not_collected", "cannot", "withheld", "none", "old", "later", "other", "undelivered"];
    let leaves = codes.map(|code| indicator(code, 0.0, 100.0)).to_vec();
    let mut framework = with_series(framework(leaves, vec![node("C2", &codes)], &["C2"]));
    framework.indicators.push(indicator("zz_unconnected", 0.0, 1.0));
    let list = areas(["AAA", "BBB"]);
    let mut builder = Panel::builder(&framework, &list);
    let mut put = |code: &str, area: &str, year, value, status| {
        builder.insert(code, area, year, Cell::with_status(value, status)).unwrap();
    };
    put("not_collected", "AAA", 2018, None, ObsStatus::NotCollected);
    put("cannot", "AAA", 2020, None, ObsStatus::CannotExist);
    put("withheld", "AAA", 2019, None, ObsStatus::Suppressed);
    put("none", "AAA", 2019, None, ObsStatus::Missing);
    put("old", "AAA", 2014, Some(5.0), ObsStatus::Normal);
    put("old", "AAA", 2019, None, ObsStatus::Missing);
    put("later", "AAA", 2022, Some(5.0), ObsStatus::Normal);
    put("other", "BBB", 2020, Some(5.0), ObsStatus::Normal);
    let card = score(house(&framework), &builder.build(), &list);
    let gap = |code: &str| {
        let row = card.indicator_score(code, "AAA", WINDOW).unwrap();
        assert!(row.missing_reason.is_some() && row.class_reason.is_some(), "{code}");
        row.missing.unwrap()
    };
    assert_eq!(gap("not_collected"), Missing::NotCollected);
    assert_eq!(gap("cannot"), Missing::CannotExist);
    assert_eq!(gap("withheld"), Missing::Withheld);
    assert_eq!(gap("none"), Missing::NoValue);
    assert_eq!(gap("old"), Missing::TooOld);
    assert_eq!(gap("later"), Missing::Later);
    assert_eq!(gap("other"), Missing::AreaNotCovered);
    assert_eq!(gap("undelivered"), Missing::NothingDelivered);
    assert_eq!(gap("zz_unconnected"), Missing::NoSeries);
    let old = card.indicator_score("old", "AAA", WINDOW).unwrap();
    let text = "last value is of 2014, more than 5 years before 2020";
    assert_eq!(old.missing_reason.as_deref(), Some(text));
}

#[test]
fn c15_absent_in_the_base_year_is_not_assessable() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let cells = [("a", "AAA", 2020, 60.0), ("b", "AAA", 2020, 6.0)];
    let card = card(&pair, &list, &cells);
    let row = card.line_score("C2", "AAA", WINDOW).unwrap();
    assert_eq!((row.class, row.change), (Class::NotAssessable, None));
    assert_eq!(row.class_reason.as_deref(), Some("no baseline within 2013 to 2017"));
    close(row.score, Some(65.0), 1e-12, "the level is still shown");
    let a = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!(a.class_reason.as_deref(), Some("no baseline within 2013 to 2017"));
}

#[test]
fn c17_e20_ties_share_a_rank_in_the_scorecard() {
    let (pair, list) = (pair(), areas(["AAA", "BBB", "CCC", "DDD"]));
    let mut cells = Vec::new();
    for code in ["AAA", "BBB", "CCC"] {
        cells.extend(full(code, [40.0, 60.0], [10.0, 6.0]));
    }
    cells.extend(full("DDD", [10.0, 20.0], [10.0, 6.0]));
    let card = card(&pair, &list, &cells);
    let ranks: Vec<_> = card.line_scores.iter().map(|row| (row.rank, row.ranked_of)).collect();
    assert_eq!(ranks, [(Some(1), 4), (Some(1), 4), (Some(1), 4), (Some(4), 4)]);
}

#[test]
fn c20_an_economy_with_13_of_105_indicators_is_not_ranked() {
    let codes: Vec<String> = (0..105).map(|at| format!("i{at:03}")).collect();
    let leaves = codes.iter().map(|code| indicator(code, 0.0, 100.0)).collect();
    let names: Vec<&str> = codes.iter().map(String::as_str).collect();
    // Pillars of 35; the 13 indicators fill the first pillar by a third and nothing else. A rule
    // that counted pillars would see 1 of 3.
    let nodes = vec![
        node("p1", &names[..35]),
        node("p2", &names[35..70]),
        node("p3", &names[70..]),
        weighted("C2", &[("p1", 35.0), ("p2", 35.0), ("p3", 35.0)]),
    ];
    let framework = framework(leaves, nodes, &["C2"]);
    let list = areas(["PRK", "USA"]);
    let mut cells = Vec::new();
    for (at, code) in names.iter().enumerate() {
        cells.push((*code, "USA", 2015, 50.0));
        cells.push((*code, "USA", 2020, 70.0));
        if at < 13 {
            cells.push((*code, "PRK", 2015, 90.0));
            cells.push((*code, "PRK", 2020, 99.0));
        }
    }
    let card = card(&framework, &list, &cells);
    let prk = card.line_score("C2", "PRK", WINDOW).unwrap();
    assert_eq!((prk.score, prk.rank, prk.grade), (None, None, Some(Grade::D)));
    assert_eq!(
        prk.rank_reason.as_deref(),
        Some("13 of 105 core indicators; no i013, i014, i015, i016, i017 and 87 more")
    );
    let usa = card.line_score("C2", "USA", WINDOW).unwrap();
    assert_eq!((usa.rank, usa.ranked_of), (Some(1), 1));
}

#[test]
fn invariant_i6_a_score_without_a_rank_says_so() {
    // 3 of 5 weights: enough for a score, too little for a rank.
    let codes = ["a", "b", "c", "d", "e"];
    let leaves = codes.map(|code| indicator(code, 0.0, 100.0)).to_vec();
    let framework = framework(leaves, vec![node("C2", &codes)], &["C2"]);
    let cells: Vec<_> = codes[..3]
        .iter()
        .flat_map(|c| [(*c, "AAA", 2015, 50.0), (*c, "AAA", 2020, 60.0)])
        .collect();
    let card = card(&framework, &areas(["AAA"]), &cells);
    let row = &card.line_scores[0];
    assert_eq!((row.score, row.rank), (Some(60.0), None));
    assert_eq!(row.rank_reason.as_deref(), Some("the core holds 60 % of the weight, 67 % needed"));
}

#[test]
fn e35_thin_pillars_show_in_the_coverage() {
    let codes: Vec<String> = (0..10).map(|at| format!("i{at}")).collect();
    let leaves = codes.iter().map(|code| indicator(code, 0.0, 100.0)).collect();
    let names: Vec<&str> = codes.iter().map(String::as_str).collect();
    let mut loose = [node("p1", &names[..5]), node("p2", &names[5..])];
    for pillar in &mut loose {
        (pillar.min_weight, pillar.min_children) = (Some(0.0), Some(1));
    }
    let mut nodes = loose.to_vec();
    nodes.push(node("C2", &["p1", "p2"]));
    let framework = framework(leaves, nodes, &["C2"]);
    // Pillar 1 has 1 of 5, pillar 2 has 5 of 5.
    let cells: Vec<_> = [0, 5, 6, 7, 8, 9].map(|at| (names[at], "AAA", 2020, 50.0)).to_vec();
    let card = card(&framework, &areas(["AAA"]), &cells);
    let row = &card.line_scores[0];
    assert_eq!(row.score, Some(50.0), "2 of 2 pillars");
    close(row.coverage, Some(0.6), 1e-12, "but 6 of 10 indicators");
    let why = "the core holds 60 % of the weight, 67 % needed";
    assert_eq!(row.rank_reason.as_deref(), Some(why));
}

#[test]
fn c27_a_line_without_an_indicator_appears_and_says_so() {
    let mut framework = pair();
    framework.nodes.push(node("C10", &[]));
    framework.nodes.push(node("C8", &[]));
    if let Some(facts) = &mut framework.nodes[1].line {
        facts.no_indicator = Some("no indicator chosen by this project; UNESCO counts only".into());
    }
    framework.reported = vec!["C2".into(), "C8".into(), "C10".into()];
    let card = card(&framework, &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let row = card.line_score("C10", "AAA", WINDOW).unwrap();
    let words = "no indicator chosen by this project; UNESCO counts only";
    assert_eq!((row.class, row.coverage, row.grade), (Class::NotAssessable, None, None));
    assert_eq!(row.class_reason.as_deref(), Some(words));
    assert_eq!(row.score_reason.as_deref(), Some(words));
    assert_eq!(row.grade_reason.as_deref(), Some(words), "nobody was asked, nobody is graded");
    let row = card.line_score("C8", "AAA", WINDOW).unwrap();
    assert_eq!(row.class_reason.as_deref(), Some("no indicator chosen by this project"));
    // The summary keeps the framework's order, the table is sorted by code.
    let order: Vec<_> = card.lines.iter().map(|line| line.line.as_str()).collect();
    assert_eq!(order, ["C2", "C8", "C10"]);
    assert_eq!(card.lines[2].no_indicator.as_deref(), Some(words));
    assert_eq!(card.lines[2].windows[0].median_score, None);
}
