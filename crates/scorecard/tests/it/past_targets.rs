//! What fresh eyes found wrong in trajectories: whom a group counts, whose a line's target is, and how far a
//! trend can be followed.

use wsis_model::framework::{Direction, Framework, Status};
use wsis_scorecard::paths::{ECONOMY, INDICATOR, LINE};
use wsis_scorecard::result::TrajectoryRow;
use wsis_scorecard::{Class, Scorecard};

use crate::fixture::{areas, close, framework, indicator, node, with_target};
use crate::scenarios::{WINDOW, card, pair};

fn row<'c>(card: &'c Scorecard, item: (&str, &str), area: (&str, &str)) -> &'c TrajectoryRow {
    let key = (item.0, item.1, area.0, area.1, WINDOW.0, WINDOW.1);
    card.trajectories.iter().find(|row| row.key() == key).unwrap()
}

/// One indicator, 0 to 100, with a target of 60.
fn one(direction: Direction, year: i32) -> Framework {
    let mut a = with_target(indicator("a", 0.0, 100.0), 60.0, year);
    a.direction = direction;
    if direction == Direction::Down {
        a.goalposts.iter_mut().for_each(|posts| (posts.lo, posts.hi) = (100.0, 0.0));
    }
    framework(vec![a], vec![node("C2", &["a"])], &["C2"])
}

/// Two of five met 60 by 2019, three did not: the mean is 54, and the group has missed it. Without those who
/// missed it the mean of the others would have met it.
#[test]
fn trial_p297_who_missed_a_past_target_counts_in_the_group() {
    let codes = ["AAA", "BBB", "CCC", "DDD", "EEE"];
    let ends = [80.0, 70.0, 50.0, 40.0, 30.0];
    let cells: Vec<_> = codes
        .iter()
        .zip(ends)
        .flat_map(|(code, end)| [("a", *code, 2015, 20.0), ("a", *code, 2020, end)])
        .collect();
    let card = card(&one(Direction::Up, 2019), &areas(codes), &cells);
    let missed = card.indicator_score("a", "EEE", WINDOW).unwrap();
    assert_eq!(missed.class, Class::DeadlineMissed);
    for item in [(INDICATOR, "a"), (LINE, "C2")] {
        let region = row(&card, item, ("region", "Region"));
        assert_eq!((region.members, region.members_matched), (Some(5), Some(5)), "{item:?}");
        close(region.end.map(|it| it.value), Some(54.0), 1e-9, "mean of all five");
        assert_eq!(region.path_reason.as_deref(), Some("target year past, target not met"));
        for (code, told) in [("AAA", "target met"), ("EEE", "target not met")] {
            let own = row(&card, item, (ECONOMY, code));
            assert_eq!(own.path_reason, Some(format!("target year past, {told}")), "{item:?}");
            assert!(own.start.is_some() && own.end.is_some(), "{item:?} {code}");
        }
    }
    // Of who has no baseline nothing is known but that it was missed.
    let late = card_of_one_value();
    let own = row(&late, (INDICATOR, "a"), (ECONOMY, "AAA"));
    assert_eq!(own.path_reason.as_deref(), Some("target year past, target not met"));
    assert_eq!(own.end, None);
    let region = row(&late, (INDICATOR, "a"), ("region", "Region"));
    assert_eq!(
        region.path_reason.as_deref(),
        Some("0 of 1 members have comparable values at both ends")
    );
    let region = row(&late, (LINE, "C2"), ("region", "Region"));
    assert_eq!(region.path_reason.as_deref(), Some("0 of 1 members can be judged by their change"));
}

fn card_of_one_value() -> Scorecard {
    card(&one(Direction::Up, 2019), &areas(["AAA"]), &[("a", "AAA", 2020, 30.0)])
}

/// A line of two indicators, one of them with a proposed target: who has figures of the other alone is not on
/// the way to a proposal.
#[test]
fn trial_p298_a_path_of_a_line_says_whose_the_targets_are_that_it_leads_to() {
    let mut of = pair();
    let status = |of: &mut Framework, at: usize, status| {
        of.indicators[at].target.as_mut().unwrap().provenance.status = status;
    };
    status(&mut of, 0, Status::Agreed);
    status(&mut of, 1, Status::Proposed);
    of.nodes.iter_mut().for_each(|node| node.min_children = Some(1));
    let cells = [
        ("a", "AAA", 2015, 40.0),
        ("a", "AAA", 2020, 60.0),
        ("a", "BBB", 2015, 40.0),
        ("a", "BBB", 2020, 60.0),
        ("b", "BBB", 2015, 10.0),
        ("b", "BBB", 2020, 6.0),
    ];
    let card = card(&of, &areas(["AAA", "BBB", "CCC"]), &cells);
    for (code, whose) in [("AAA", Some("agreed")), ("BBB", Some("proposed")), ("CCC", None)] {
        assert_eq!(row(&card, (LINE, "C2"), (ECONOMY, code)).target_status, whose, "{code}");
        let by_class =
            card.line_scores.iter().find(|it| it.area == code && it.line == "C2").unwrap();
        assert_eq!(by_class.target_status, whose, "{code}: as its class");
    }
    let region = row(&card, (LINE, "C2"), ("region", "Region"));
    assert_eq!(region.target_status, Some("proposed"), "{region:?}");
}

/// Greece was "494.7 years behind", a trend "there in 12717", and a share that should fall on the way to
/// 147.8 %.
#[test]
fn trial_p299_no_years_before_the_path_no_arrival_beyond_a_horizon_no_share_above_all() {
    let list = areas(["AAA", "BBB", "CCC"]);
    let cells = [
        ("a", "AAA", 2015, 55.0),
        ("a", "AAA", 2020, 54.0),
        ("a", "BBB", 2015, 39.38),
        ("a", "BBB", 2020, 39.4),
        ("a", "CCC", 2015, 50.0),
        ("a", "CCC", 2020, 50.5),
    ];
    let card_up = card(&one(Direction::Up, 2030), &list, &cells);
    let own = |code| row(&card_up, (INDICATOR, "a"), (ECONOMY, code));
    let fallen = own("AAA");
    assert_eq!(fallen.gap_years, None);
    assert!(fallen.gap.unwrap() < 0.0);
    let told = fallen.told(1).unwrap();
    assert!(
        told.starts_with("2.7 behind the path needed (further from the target than in 2015): 54.0"),
        "{told}"
    );
    // 20.6 points at 0.004 a year are 5,150 years.
    let still = own("BBB");
    assert_eq!(
        (still.arrival, still.arrival_reason.as_deref()),
        (None, Some("not within 100 years"))
    );
    assert!(still.told(1).unwrap().ends_with("in 2030 (not within 100 years)"));
    // 9.5 points at 0.1 a year are 95.
    close(own("CCC").arrival, Some(2115.0), 1e-6, "arrival");
    let mut falling = one(Direction::Down, 2030);
    falling.indicators[0].limit = Some(100.0);
    let rising = [("a", "AAA", 2015, 70.0), ("a", "AAA", 2020, 90.0)];
    let card = card(&falling, &list, &rising);
    let worse = row(&card, (INDICATOR, "a"), (ECONOMY, "AAA"));
    close(worse.projected_unbounded, Some(130.0), 1e-9, "unbounded");
    assert_eq!(worse.projected, Some(100.0));
}

/// A line of a node with two indicators that needs both: one value is no score, and it is a value.
#[test]
fn trial_p331_a_value_under_a_part_without_a_score_is_not_said_to_be_missing() {
    let leaf = |code| with_target(indicator(code, 0.0, 100.0), 60.0, 2030);
    let mut part = node("part", &["a", "b"]);
    part.min_children = Some(2);
    let mut of = framework(
        vec![leaf("a"), leaf("b"), leaf("c")],
        vec![part, node("C2", &["part", "c"])],
        &["C2"],
    );
    of.nodes[1].min_children = Some(1);
    let cells = [("a", "AAA", 2015, 40.0), ("a", "AAA", 2020, 57.0)];
    let card = card(&of, &areas(["AAA", "BBB"]), &cells);
    let of = |code: &str| card.line_scores.iter().find(|it| it.area == code).unwrap();
    let aaa = of("AAA");
    assert_eq!(aaa.score_reason.as_deref(), Some("none of its parts has a score"));
    assert_eq!(aaa.class_reason.as_deref(), Some("no score: none of its parts has a score"));
    assert_eq!(
        of("BBB").score_reason.as_deref(),
        Some("no current value of any of its indicators")
    );
}

/// "deadline missed (target year 2019 past)" was said of a year of which nobody has a figure yet, in a window
/// that ends after it.
#[test]
fn trial_p332_a_target_of_a_year_to_come_is_not_past() {
    let cells = [("a", "AAA", 2015, 20.0), ("a", "AAA", 2018, 30.0)];
    let list = areas(["AAA", "BBB"]);
    let of = one(Direction::Up, 2019);
    let early = card(&of, &list, &cells);
    let row_of = |card: &Scorecard| {
        let own = card.indicator_score("a", "AAA", WINDOW).unwrap();
        let line = card.line_scores.iter().find(|it| it.area == "AAA").unwrap();
        let path = row(card, (INDICATOR, "a"), (ECONOMY, "AAA"));
        (own.class, line.class, own.required_per_year, path.needed)
    };
    // 20 to 30 in three years, 60 asked by the year after: 10 / 3 a year of 10 asked.
    let limited = Class::Limited;
    assert_eq!(early.outcomes, [], "nor is it told as missed");
    assert_eq!(row_of(&early), (limited, limited, Some(30.0), Some(50.0)));
    // Once anybody has a figure of that year it is past.
    let late = card(&of, &list, &[&cells[..], &[("a", "BBB", 2019, 70.0)]].concat());
    let missed = Class::DeadlineMissed;
    assert_eq!(row_of(&late), (missed, missed, None, None));
    assert!(late.outcomes.iter().any(|it| it.area == "BBB" && it.year == Some(2019)));
}
