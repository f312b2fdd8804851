//! Rules of the house method through the whole of `score`.

use wsis_model::area::{AreaKind, AreaList, GroupKind};
use wsis_model::framework::{Sampling, Transform};
use wsis_model::status::ObsStatus;
use wsis_scorecard::{Cell, Class, Missing, Panel, score};

use crate::fixture::{
    area, areas, close, framework, house, indicator, memberships, node, with_target,
};
use crate::scenarios::{WINDOW, card, full, pair};

#[test]
fn no_target_means_not_assessable() {
    let leaves = vec![indicator("a", 0.0, 100.0), indicator("b", 20.0, 0.0)];
    let framework = framework(leaves, vec![node("C2", &["a", "b"])], &["C2"]);
    let card = card(&framework, &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let row = &card.line_scores[0];
    assert_eq!(row.class_reason.as_deref(), Some("no target in this framework"));
    close(row.change, Some(20.0), 1e-12, "the change is still shown");
}

/// C1 has two indicators and no target, and one of them is relative. In the window in which only that one
/// had a value the reason was another than in all others.
#[test]
fn trial_p139_why_a_line_has_no_class_does_not_hang_on_who_has_a_value() {
    let mut survey = indicator("a", 0.0, 100.0);
    survey.relative = true;
    let leaves = vec![survey, indicator("b", 0.0, 100.0)];
    let mut line = node("C1", &["a", "b"]);
    line.min_children = Some(1);
    let mixed = framework(leaves, vec![line], &["C1"]);
    let both = full("AAA", [40.0, 60.0], [10.0, 60.0]);
    for cells in [&both[..], &both[..2]] {
        let row = &card(&mixed, &areas(["AAA"]), cells).line_scores[0];
        assert!(row.score.is_some(), "{:?}", row.score_reason);
        assert_eq!(row.class_reason.as_deref(), Some("no target in this framework"));
    }
}

/// docs/METHOD.md, section 4: Cameroon's fall of 4.2 points is outside an error of 4.1999, and inside one of
/// 4.2022, which is what the two answers give that are added to all that were asked.
#[test]
fn trial_p138_two_answers_are_added_to_the_effective_sample() {
    let sampling =
        Sampling { sample: 3_000, design_effect: 3.0, source: String::new(), verified: true };
    let error = sampling.error(66.1, 61.9, 1.96);
    assert!((error - 4.199_889_578_925_465_5).abs() < 1e-12, "{error}");
}

#[test]
fn change_is_over_the_matched_set_and_level_over_everything() {
    let codes = ["a", "b", "c"];
    let leaves = codes.map(|code| with_target(indicator(code, 0.0, 100.0), 100.0, 2030)).to_vec();
    let framework = framework(leaves, vec![node("C2", &codes)], &["C2"]);
    let cells = [
        ("a", "AAA", 2015, 10.0),
        ("a", "AAA", 2020, 20.0),
        ("b", "AAA", 2015, 10.0),
        ("b", "AAA", 2020, 20.0),
        // New at the end: it lifts the level, not the change.
        ("c", "AAA", 2020, 95.0),
    ];
    let card = card(&framework, &areas(["AAA"]), &cells);
    let row = &card.line_scores[0];
    close(row.score, Some(45.0), 1e-12, "level");
    close(row.change, Some(10.0), 1e-12, "matched");
    assert_eq!((row.matched, row.targets_used, row.indicators_used), (2, 2, 3));
}

#[test]
fn old_values_shifted_baselines_and_breaks() {
    let (pair, list) = (pair(), areas(["AAA", "BBB", "CCC"]));
    let mut builder = Panel::builder(&pair, &list);
    let mut put = |area: &str, year: i32, value: f64, status| {
        builder.insert("a", area, year, Cell::with_status(Some(value), status)).unwrap();
    };
    // 4 years old: a level, stale, no progress.
    put("AAA", 2013, 10.0, ObsStatus::Normal);
    put("AAA", 2016, 30.0, ObsStatus::Normal);
    // 2014 and 2016 are equally near: the earlier one, marked.
    put("BBB", 2014, 10.0, ObsStatus::Normal);
    put("BBB", 2016, 12.0, ObsStatus::Normal);
    put("BBB", 2019, 40.0, ObsStatus::Normal);
    // A break in between: no rate across it.
    put("CCC", 2015, 10.0, ObsStatus::Normal);
    put("CCC", 2018, 30.0, ObsStatus::Break);
    put("CCC", 2020, 40.0, ObsStatus::Normal);
    let card = score(house(&pair), &builder.build(), &list);
    let row = |area: &str| card.indicator_score("a", area, WINDOW).unwrap();
    assert!(row("AAA").stale && row("AAA").change.is_none());
    let text = "current value of 2016 is more than 3 years older than 2020";
    assert_eq!(row("AAA").class_reason.as_deref(), Some(text));
    assert!(row("BBB").shifted);
    assert_eq!(row("BBB").start.as_ref().map(|start| start.year), Some(2014));
    close(row("BBB").per_year, Some(6.0), 1e-12, "over the real distance of 5 years");
    assert_eq!(row("CCC").class_reason.as_deref(), Some("series break in 2018"));
    assert_eq!(row("CCC").change, None);
}

#[test]
fn met_without_a_baseline_is_still_met() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let card = card(&pair, &list, &[("a", "AAA", 2020, 95.0), ("b", "AAA", 2020, 1.0)]);
    let row = &card.line_scores[0];
    assert_eq!(row.class, Class::TargetMet);
    let text = "mean score of those with a target 95.0, met from 90.0; \
                level only: no baseline within 2013 to 2017; \
                rests on 2 of 2 indicators: A 95 (2020), B 1 (2020)";
    assert_eq!(row.class_reason.as_deref(), Some(text));
}

/// A value 4 years old that meets the target: indicator and line say the same of it.
#[test]
fn met_on_an_old_value_is_met_by_level_alone() {
    let mut alone = pair();
    alone.nodes = vec![node("C1", &["a"])];
    alone.reported = vec!["C1".into()];
    let list = areas(["AAA", "BBB"]);
    let cells = [
        ("a", "AAA", 2015, 80.0),
        ("a", "AAA", 2016, 95.0),
        ("a", "BBB", 2015, 80.0),
        ("a", "BBB", 2016, 85.0),
    ];
    let card = card(&alone, &list, &cells);
    let line = |area: &str| {
        let row = card.line_score("C1", area, WINDOW).unwrap();
        (row.class, row.class_reason.clone().unwrap())
    };
    let leaf = |area: &str| {
        let row = card.indicator_score("a", area, WINDOW).unwrap();
        (row.class, row.class_reason.clone().unwrap())
    };
    let old = "more than 3 years older than 2020";
    let of = format!("current value of 2016 is {old}");
    let rests = "rests on 1 of 1 indicator: A 95 (2016)";
    assert_eq!(
        line("AAA"),
        (
            Class::TargetMet,
            format!(
                "mean score of those with a target 95.0, met from 90.0; level only: {of}; {rests}"
            )
        )
    );
    assert_eq!(
        leaf("AAA"),
        (
            Class::TargetMet,
            format!("95 in 2016, met from 90; level only: current value of 2016 is {old}")
        )
    );
    assert_eq!(line("BBB"), (Class::NotAssessable, of));
    assert_eq!(leaf("BBB"), (Class::NotAssessable, format!("current value of 2016 is {old}")));
}

/// 0 has no logarithm: the value is there, and the reason is not "no value".
#[test]
fn a_value_that_cannot_be_scored_is_named_in_the_reason() {
    let mut pair = pair();
    let leaf = &mut pair.indicators[0];
    let posts = leaf.goalposts.as_mut().unwrap();
    (posts.lo, posts.transform) = (1.0, Transform::Ln);
    let list = areas(["AAA", "BBB"]);
    let cells = [
        ("a", "AAA", 2015, 10.0),
        ("a", "AAA", 2020, 0.0),
        ("a", "BBB", 2015, 0.0),
        ("a", "BBB", 2020, 10.0),
    ];
    let card = card(&pair, &list, &cells);
    let row = |area: &str| card.indicator_score("a", area, WINDOW).unwrap();
    let fault = "value outside the domain of the indicator's transform";
    let end = format!("value 0 of 2020: {fault}");
    assert_eq!(row("AAA").missing, Some(Missing::NotNormalised));
    assert_eq!(row("AAA").class_reason.as_deref(), Some(end.as_str()));
    assert_eq!(row("AAA").end.as_ref().unwrap().score, None);
    let start = format!("value 0 of 2015: {fault}");
    assert_eq!(row("BBB").class_reason.as_deref(), Some(start.as_str()));
    assert!(row("BBB").missing.is_none() && row("BBB").change.is_none());
}

#[test]
fn aggregates_and_dissolved_countries_are_never_scored() {
    let pair = pair();
    let mut world = area("WB:WLD");
    world.kind = AreaKind::Aggregate;
    let mut gone = area("SUN");
    gone.kind = AreaKind::Dissolved;
    let list = AreaList::new(vec![world, gone, area("AAA")], Vec::new()).unwrap();
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("WB:WLD", [50.0, 99.0], [10.0, 0.0]));
    cells.extend(full("SUN", [50.0, 99.0], [10.0, 0.0]));
    let card = card(&pair, &list, &cells);
    assert!(card.line_scores.iter().all(|row| row.area == "AAA"));
    assert_eq!((card.line_scores[0].rank, card.lines[0].economies), (Some(1), 1));
    assert_eq!(card.areas.len(), 3, "the list still names them");
}

#[test]
fn group_scores_are_means_of_members_with_a_coverage_rule() {
    let status = |there, members| {
        wsis_scorecard::group::status(wsis_config::rules::house().groups, there, members)
    };
    assert_eq!(
        [status(2, 4), status(1, 3), status(3, 5), status(0, 0)],
        ["indicative", "withheld", "published", "withheld"]
    );
    let pair = pair();
    let spells = [(GroupKind::Special, "LDC", "AAA", None, None)];
    let list = areas(["AAA", "BBB", "CCC", "DDD"]).with_memberships(memberships(&spells));
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("BBB", [20.0, 40.0], [10.0, 6.0]));
    // One indicator of two is no score; DDD has nothing at all. Both count in the shares.
    cells.push(("a", "CCC", 2020, 99.0));
    let card = card(&pair, &list, &cells);
    let world = card.group_scores.iter().find(|group| group.group == "World").unwrap();
    close(world.score, Some(60.0), 1e-12, "mean of two");
    close(world.change, Some(20.0), 1e-12, "change");
    assert_eq!((world.members, world.members_listed, world.members_scored), (4, 4, 2));
    assert_eq!(world.status, "indicative");
    assert_eq!(world.status_reason.as_deref(), Some("2 of 4 members have a score"));
    let ldc = card.group_scores.iter().find(|group| group.group == "LDC").unwrap();
    assert_eq!((ldc.group_kind.as_str(), ldc.score), ("special", Some(65.0)));
}

/// Three members with a level, one of them with a change: the change is withheld and says why.
#[test]
fn a_group_change_has_its_own_members_and_reason() {
    let (pair, list) = (pair(), areas(["AAA", "BBB", "CCC"]));
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    for area in ["BBB", "CCC"] {
        cells.extend([("a", area, 2020, 50.0), ("b", area, 2020, 5.0)]);
    }
    let card = card(&pair, &list, &cells);
    let world = card.group_scores.iter().find(|group| group.group == "World").unwrap();
    assert_eq!((world.status, world.members_scored, world.members_matched), ("published", 3, 1));
    assert!(world.score.is_some());
    assert_eq!((world.score_start, world.score_end, world.change), (None, None, None));
    assert_eq!(world.change_reason.as_deref(), Some("1 of 3 members have a score at both ends"));
}

#[test]
fn c22_class_counts_add_up_to_the_economies() {
    let (pair, list) = (pair(), areas(["AAA", "BBB", "CCC"]));
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("BBB", [60.0, 40.0], [6.0, 10.0]));
    let card = card(&pair, &list, &cells);
    let line = &card.lines[0];
    let total: u32 = line.windows[0].classes.values().sum();
    assert_eq!((total, line.economies), (3, 3), "also the one without figures");
    assert_eq!(line.windows[0].classes.get(&Class::Regressing), Some(&1));
    close(line.windows[0].median_score, Some(55.0), 1e-12, "median");
    let last = line.yearly.last().unwrap();
    assert_eq!((last.year, last.economies, last.observed), (2020, 2, 2));
    // 2016 to 2019: values of 2015 carried forward, and nothing new.
    let between = &line.yearly[1..5];
    assert!(between.iter().all(|row| (row.economies, row.observed) == (2, 0)), "{between:?}");
    assert!(between.iter().all(|row| row.weight_observed == Some(0.0)));
    assert_eq!((line.yearly[0].weight_observed, last.weight_observed), (Some(1.0), Some(1.0)));
}

/// C2 of the demo: every economy has a new figure each year, of one indicator out of three.
#[test]
fn trial_a13_a_year_with_one_moving_indicator_is_not_called_observed() {
    let (pair, list) = (pair(), areas(["AAA", "BBB"]));
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("BBB", [60.0, 40.0], [6.0, 10.0]));
    // A new figure of one of the two indicators in 2017, of one of the two economies.
    cells.push(("a", "AAA", 2017, 50.0));
    let card = card(&pair, &list, &cells);
    let found = card.lines[0].yearly.iter().find(|row| row.year == 2017).unwrap();
    assert_eq!((found.economies, found.observed), (2, 1));
    close(found.weight_observed, Some(0.25), 1e-12, "half of the weight of half of the economies");
}
