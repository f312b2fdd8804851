//! Targets whose year is past: by the figure of the year, else by the nearest on both sides, else it cannot be said.

use proptest::prelude::*;
use wsis_model::area::{AreaKind, AreaList, GroupKind};
use wsis_model::framework::{
    Commitment, DatedTarget, Framework, LineFacts, Of, SeriesBreak, Window,
};
use wsis_scorecard::outcomes::{AGGREGATE, FigureOf, Outcome, OutcomeRow};
use wsis_scorecard::paths::ECONOMY;
use wsis_scorecard::{Class, Scorecard};

use crate::fixture::{area, areas, framework, indicator, memberships, node, provenance};
use crate::scenarios::card;

/// Of each economy, by 2015: `value` of indicator `a`.
fn dated(value: f64, strict: bool, of: Of) -> DatedTarget {
    DatedTarget {
        code: "t".into(),
        text: "Half of all.".into(),
        by: 2015,
        indicator: Some("a".into()),
        value: Some(value),
        strict,
        of,
        note: String::new(),
        provenance: provenance(),
    }
}

fn with(target: DatedTarget, lo: f64, hi: f64) -> Framework {
    let mut line = node("C3", &["a"]);
    line.line = Some(LineFacts { dated_targets: vec![target], ..LineFacts::default() });
    framework(vec![indicator("a", lo, hi)], vec![line], &["C3"])
}

fn each(groups: &[&str]) -> Of {
    Of::Each { groups: groups.iter().map(|name| (*name).to_owned()).collect() }
}

fn row<'a>(card: &'a Scorecard, kind: &str, area: &str) -> &'a OutcomeRow {
    let mut rows = card.outcomes.iter();
    rows.find(|row| row.area_kind == kind && row.area == area).unwrap()
}

/// Outcome, value, year and basis of an economy with these figures, of "50 by 2015". Another one has a figure of
/// 2020: 2015 is past (P332).
fn of(figures: &[(i32, f64)]) -> (Outcome, Option<f64>, Option<i32>, Option<FigureOf>) {
    let framework = with(dated(50.0, false, each(&[])), 0.0, 100.0);
    let cells: Vec<_> = figures.iter().map(|&(year, value)| ("a", "AAA", year, value)).collect();
    let card = card(
        &framework,
        &areas(["AAA", "BBB"]),
        &[&cells[..], &[("a", "BBB", 2020, 1.0)]].concat(),
    );
    let row = row(&card, ECONOMY, "AAA");
    (row.outcome, row.value, row.year, row.basis)
}

#[test]
fn trial_p275_the_figure_of_the_year_decides_and_else_the_nearest_on_both_sides() {
    use FigureOf::{After, Before, Both, Year};
    use Outcome::{Met, Missed, Unknown};
    let met = |value, year, basis| (Met, Some(value), Some(year), Some(basis));
    let missed = |value, year, basis| (Missed, Some(value), Some(year), Some(basis));
    let unknown = (Unknown, None, None, None);
    // The year itself, whatever stands beside it; a value equal to the target meets it.
    assert_eq!(of(&[(2014, 60.0), (2015, 49.0), (2016, 60.0)]), missed(49.0, 2015, Year));
    assert_eq!(of(&[(2014, 10.0), (2015, 50.0), (2016, 10.0)]), met(50.0, 2015, Year));
    // Met already before it; missed still after it; both sides that agree.
    assert_eq!(of(&[(2012, 1.0), (2014, 51.0)]), met(51.0, 2014, Before));
    assert_eq!(of(&[(2017, 49.0)]), missed(49.0, 2017, After));
    assert_eq!(of(&[(2013, 51.0), (2016, 52.0)]), met(51.0, 2013, Both));
    assert_eq!(of(&[(2013, 40.0), (2016, 45.0)]), missed(45.0, 2016, Both));
    // Not met before and nothing since, met after and nothing before, or two that disagree: it cannot be said.
    assert_eq!(of(&[(2014, 49.0)]), unknown);
    assert_eq!(of(&[(2016, 51.0)]), unknown);
    assert_eq!(of(&[(2014, 49.0), (2016, 51.0)]), unknown);
    assert_eq!(of(&[(2014, 51.0), (2016, 49.0)]), unknown);
    // Three years off is too far, on either side.
    assert_eq!(of(&[(2012, 99.0)]), unknown);
    assert_eq!(of(&[(2018, 1.0)]), unknown);
    assert_eq!(of(&[]), unknown);
}

#[test]
fn trial_p275_reasons_have_the_figures_and_what_was_asked() {
    let framework = with(dated(50.0, true, each(&[])), 0.0, 100.0);
    let cells = [
        ("a", "AAA", 2015, 50.0),
        ("a", "BBB", 2014, 49.5),
        ("a", "CCC", 2014, 49.5),
        ("a", "CCC", 2016, 50.25),
        ("a", "DDD", 2001, 1.0),
        ("a", "EEE", 2014, 50.001),
    ];
    let card = card(&framework, &areas(["AAA", "BBB", "CCC", "DDD", "EEE"]), &cells);
    let told = |code: &str| {
        let row = row(&card, ECONOMY, code);
        (row.outcome.words(), row.reason.as_str())
    };
    assert_eq!(told("AAA"), ("missed", "50 in 2015; met above 50"));
    let since = "49.5 in 2014, not met then, and no figure of 2015 to 2017; met above 50";
    assert_eq!(told("BBB"), ("cannot be said", since));
    let two = "49.5 in 2014, 50.25 in 2016, no figure of 2015, and the two disagree; met above 50";
    assert_eq!(told("CCC"), ("cannot be said", two));
    assert_eq!(told("DDD").1, "no comparable figure of 2013 to 2017 was loaded");
    let already = "50.001 in 2014 already, no figure of 2015; met above 50";
    assert_eq!(told("EEE"), ("met", already));
    let world = row(&card, "world", "World");
    assert_eq!(world.outcome, Outcome::Missed);
    assert_eq!(
        (world.members, world.members_met, world.members_missed),
        (Some(5), Some(1), Some(1))
    );
    assert_eq!(world.reason, "of 5 economies 1 met it, 1 missed it, of 3 it cannot be said");
}

/// Less is better, a break of the series between figure and year, and a group by its membership of the year.
#[test]
fn trial_p276_prices_breaks_and_groups_of_the_year() {
    let mut framework = with(dated(2.0, true, each(&["LDC"])), 30.0, 2.0);
    framework.indicators[0].breaks = vec![SeriesBreak {
        year: 2016,
        reason: "another basket".into(),
        source: "test".into(),
        verified: true,
    }];
    let list = areas(["AAA", "BBB", "CCC", "DDD"]);
    let spells = memberships(&[
        (GroupKind::Special, "LDC", "AAA", None, None),
        (GroupKind::Special, "LDC", "BBB", None, None),
        (GroupKind::Special, "LDC", "CCC", None, Some(2014)),
    ]);
    let list = list.with_memberships(spells);
    let cells = [
        ("a", "AAA", 2015, 1.9),
        ("a", "BBB", 2016, 9.0),
        ("a", "CCC", 2015, 9.0),
        ("a", "DDD", 2015, 9.0),
    ];
    let card = card(&framework, &list, &cells);
    assert_eq!(row(&card, ECONOMY, "AAA").outcome, Outcome::Met);
    // 2016 is another basket than 2015.
    assert_eq!(row(&card, ECONOMY, "BBB").outcome, Outcome::Unknown);
    let told: Vec<&str> = card
        .outcomes
        .iter()
        .filter(|it| it.area_kind == ECONOMY)
        .map(|it| it.area.as_str())
        .collect();
    assert_eq!(told, ["AAA", "BBB"], "CCC had left the group by 2015, DDD never was in it");
    let group = row(&card, "special", "LDC");
    assert_eq!((group.members, group.outcome), (Some(2), Outcome::Unknown));
}

/// A target for the world is held against the source's figure of the world, and against no economy.
#[test]
fn trial_p277_a_target_of_the_whole_is_held_against_no_economy() {
    let world = wsis_model::area::Area {
        kind: AreaKind::Aggregate,
        region: String::new(),
        ..area("WB:WLD")
    };
    let list = AreaList::new(vec![area("AAA"), world], Vec::new()).unwrap();
    let framework = with(dated(50.0, true, Of::Whole("WB:WLD".into())), 0.0, 100.0);
    // World Bank, IT.NET.USER.ZS: the world had 40 % in 2015 and 51 % in 2019, rounded.
    let cells =
        [("a", "AAA", 2015, 99.0), ("a", "WB:WLD", 2015, 40.0), ("a", "WB:WLD", 2019, 51.0)];
    let found = card(&framework, &list, &cells);
    let [only] = &found.outcomes[..] else { panic!("{:?}", found.outcomes) };
    assert_eq!(
        (only.area_kind, only.outcome, only.value),
        (AGGREGATE, Outcome::Missed, Some(40.0))
    );
    let without = card(&framework, &list, &[("a", "AAA", 2015, 99.0)]);
    assert_eq!(without.outcomes[0].outcome, Outcome::Unknown);
}

/// A commitment without a figure is told all the same, a stated target stands in its place, and an indicator's own
/// target stands there once its year is past; none of a year to come does.
#[test]
fn trial_p278_what_is_past_is_told_also_without_a_figure_and_nothing_of_years_to_come() {
    let promise = |code: &str, by| Commitment {
        code: code.into(),
        text: "Connect all.".into(),
        by,
        related: Vec::new(),
        note: "No series.".into(),
        verified: false,
    };
    let mut own = crate::fixture::with_target(indicator("a", 0.0, 100.0), 90.0, 2018);
    own.goalposts.as_mut().unwrap().hi = 100.0;
    let later = crate::fixture::with_target(indicator("b", 0.0, 100.0), 90.0, 2030);
    let mut line = node("C3", &["a", "b"]);
    line.line = Some(LineFacts {
        commitments: vec![promise("t", Some(2015)), promise("u", Some(2015)), promise("v", None)],
        commitments_source: Some(provenance()),
        dated_targets: vec![dated(50.0, false, each(&[]))],
        ..LineFacts::default()
    });
    let mut framework = framework(vec![own, later], vec![line], &["C3"]);
    let cells = [("a", "AAA", 2015, 40.0), ("a", "AAA", 2018, 80.0), ("b", "AAA", 2018, 1.0)];
    let card = card(&framework, &areas(["AAA"]), &cells);
    let of_economy: Vec<_> = card
        .outcomes
        .iter()
        .filter(|row| row.area_kind == ECONOMY)
        .map(|row| (row.target.as_str(), row.by, row.outcome))
        .collect();
    assert_eq!(of_economy, [("a", 2018, Outcome::Missed), ("t", 2015, Outcome::Missed)]);
    let unmeasured = card.outcomes.iter().find(|row| row.target == "u").unwrap();
    assert_eq!((unmeasured.outcome, unmeasured.indicator.as_deref()), (Outcome::Unknown, None));
    assert_eq!(unmeasured.reason, "no figure counts what it asks for; No series");
    assert!(!unmeasured.target_verified);
    // No class towards a year that is past.
    let class = card.indicator_score("a", "AAA", (2015, 2020)).unwrap().class;
    assert_eq!(class, Class::DeadlineMissed);
    // In a window that ends before the year nothing is past.
    framework.windows = vec![Window { start: 2009, end: 2014 }];
    let early = crate::scenarios::card(&framework, &areas(["AAA"]), &cells);
    assert_eq!(early.outcomes, []);
}

proptest! {
    /// A better figure never turns met into missed, and what is met or missed has a figure within two years.
    #[test]
    fn trial_p275_better_figures_never_lose_a_target(
        figures in proptest::collection::btree_map(2010..2020_i32, 0.0..100.0_f64, 0..6),
        better in 0.0..30.0_f64,
    ) {
        let own: Vec<(i32, f64)> = figures.into_iter().collect();
        let up: Vec<(i32, f64)> = own.iter().map(|&(year, value)| (year, value + better)).collect();
        let (before, value, year, basis) = of(&own);
        let (after, ..) = of(&up);
        prop_assert!(before != Outcome::Met || after == Outcome::Met);
        prop_assert!(after != Outcome::Missed || before == Outcome::Missed);
        prop_assert_eq!(before == Outcome::Unknown, value.is_none());
        prop_assert_eq!(value.is_none(), basis.is_none());
        prop_assert!(year.is_none_or(|year| (2013..=2017).contains(&year)));
    }
}
