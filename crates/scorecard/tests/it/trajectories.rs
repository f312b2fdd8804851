//! Trajectories: closed forms and numbers by hand first, then what holds of every track.

use proptest::prelude::*;
use wsis_config::rules::house;
use wsis_model::area::AreaList;
use wsis_model::framework::{Direction, Framework, SeriesBreak, Transform};
use wsis_scorecard::paths::{ECONOMY, INDICATOR, LINE};
use wsis_scorecard::progress::{Point, Track, Why};
use wsis_scorecard::result::TrajectoryRow;
use wsis_scorecard::trajectory::{Course, NoArrival, NoPath, course};
use wsis_scorecard::{Class, Scorecard};

use crate::fixture::{areas, close, framework, indicator, node, with_target};
use crate::scenarios::{WINDOW, card, full, pair};

fn track(start: (f64, f64), end: (f64, f64), target: (f64, f64), direction: f64) -> Track {
    let point = |(value, year)| Some(Point { value, year });
    Track {
        direction,
        start: point(start),
        end: point(end),
        target: point(target),
        bounds: (Some(0.0), Some(100.0)),
        tolerance: house().classes.met_tolerance,
        error: None,
    }
}

/// The year of the current value is the review year.
fn course_of(track: &Track) -> Course {
    course(track, track.end.unwrap().year).unwrap()
}

/// Baseline, current value, target, direction, ratio, needed, years, projected, arrival.
type Closed = ((f64, f64), (f64, f64), (f64, f64), f64, f64, f64, f64, f64, f64);

/// A framework, its cells, and the reason.
type Pathless<'a> = (&'a Framework, &'a [(&'a str, &'a str, i32, f64)], &'a str);

/// Closed forms: baseline, current value and target, then a / a_req, the value that the path needs now, the gap in
/// years, and the value and year that the trend comes to.
#[test]
fn trial_p214_closed_forms_of_paths_and_trends() {
    let met = 1.0;
    let cases: [Closed; 8] = [
        ((40., 2015.), (60., 2020.), (100., 2030.), met, 1.0, 60.0, 0.0, 100.0, 2030.0),
        ((80., 2015.), (85., 2020.), (100., 2030.), met, 0.75, 86.666_667, -1.25, 95.0, 2035.0),
        ((10., 2015.), (5., 2020.), (2., 2030.), -1.0, 1.875, 7.333_333, 4.375, 0.0, 2023.0),
        ((50., 2015.), (45., 2020.), (100., 2030.), met, -0.3, 66.666_667, -6.5, 35.0, f64::NAN),
        (
            (55., 2020.),
            (62., 2025.),
            (100., 2030.),
            met,
            0.3111,
            77.5,
            -3.444_444,
            69.0,
            2_052.142_857,
        ),
        ((20., 2020.), (26., 2025.), (35., 2030.), met, 0.8, 27.5, -1.0, 32.0, 2032.5),
        ((70., 2020.), (71., 2025.), (95., 2030.), met, 0.08, 82.5, -4.6, 72.0, 2145.0),
        ((0.8, 2020.), (0.86, 2025.), (1., 2030.), met, 0.6, 0.9, -2.0, 0.92, 2_036.666_667),
    ];
    for (start, end, target, direction, ratio, needed, years, projected, arrival) in cases {
        let track = track(start, end, target, direction);
        let found = course_of(&track);
        let what = format!("{start:?} to {end:?}");
        close(track.rates().ratio_linear, Some(ratio), 1e-4, &what);
        close(Some(found.needed), Some(needed), 1e-6, &what);
        close(Some(found.gap_years), Some(years), 1e-6, &what);
        let trend = found.trend.unwrap();
        close(Some(trend.projected), Some(projected), 1e-9, &what);
        if arrival.is_nan() {
            assert_eq!(trend.arrival, Err(NoArrival::Away), "{what}");
        } else {
            close(trend.arrival.ok(), Some(arrival), 1e-6, &what);
        }
    }
    // The straight line of the third falls below 0, where no share lies.
    let falling = course_of(&track((10., 2015.), (5., 2020.), (2., 2030.), -1.0));
    close(falling.trend.map(|it| it.unbounded).ok(), Some(-5.0), 1e-12, "unbounded");
}

#[test]
fn trial_p215_no_path_has_the_reason_of_its_class() {
    let of = |start, end, target| course(&track(start, end, target, 1.0), 2020.0);
    let why = |why| Err(NoPath::Why(why));
    let (start, end, target) = ((40., 2015.), (60., 2020.), (90., 2030.));
    assert_eq!(of((92., 2015.), (95., 2020.), target), why(Why::RequiredZero));
    assert_eq!(of((92., 2015.), (60., 2020.), target), why(Why::MetThenLost));
    assert_eq!(of(start, end, (90., 2020.)), why(Why::TargetYearPast));
    assert_eq!(of(start, (91., 2020.), (90., 2020.)), Err(NoPath::PastAndMet));
    assert_eq!(of((40., 2020.), end, target), why(Why::SingleObservation));
    let whole = track(start, end, target, 1.0);
    assert_eq!(course(&Track { start: None, ..whole }, 2020.0), why(Why::NoBaseline));
    assert_eq!(course(&Track { end: None, ..whole }, 2020.0), why(Why::NoCurrent));
    assert_eq!(course(&Track { target: None, ..whole }, 2020.0), why(Why::NoTarget));
    // Met now, and not at the start: ahead, at most until the year of the target.
    let ahead = of(start, (95., 2020.), target).unwrap();
    assert_eq!((ahead.gap_years, ahead.trend.unwrap().arrival), (10.0, Err(NoArrival::Met)));
    // A change inside its sampling error is no trend.
    let still = Track { error: Some(25.0), ..whole };
    assert_eq!(course_of(&still).trend, Err(Why::NotSignificant));
    let same = of(start, (40., 2020.), target).unwrap();
    assert_eq!(same.trend.unwrap().arrival, Err(NoArrival::Still));
}

fn row<'c>(card: &'c Scorecard, item: (&str, &str), area: (&str, &str)) -> &'c TrajectoryRow {
    let key = (item.0, item.1, area.0, area.1, WINDOW.0, WINDOW.1);
    card.trajectories.iter().find(|row| row.key() == key).unwrap()
}

fn of_card(of: &Framework, list: &AreaList, cells: &[(&str, &str, i32, f64)]) -> Scorecard {
    card(of, list, cells)
}

#[test]
fn trial_p214_an_indicator_and_its_line_by_hand() {
    let card = of_card(&pair(), &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let own = |item| row(&card, item, (ECONOMY, "AAA"));
    // a: 40 to 60, 90 by 2030: 40 + 50 / 15 * 5 = 56.67; 60 is due in 2015 + 20 / 50 * 15 = 2021.
    let a = own((INDICATOR, "a"));
    close(a.needed, Some(56.666_666_667), 1e-9, "needed");
    close(a.gap, Some(3.333_333_333), 1e-9, "gap");
    close(a.gap_years, Some(1.0), 1e-9, "years");
    close(a.projected, Some(100.0), 1e-12, "projected");
    close(a.arrival, Some(2027.5), 1e-9, "arrival");
    // b falls from 10 to 6, 2 by 2025: just on the path.
    let b = own((INDICATOR, "b"));
    close(b.gap, Some(0.0), 1e-9, "gap");
    close(b.gap_years, Some(0.0), 1e-9, "years");
    close(b.arrival, Some(2025.0), 1e-9, "arrival");
    // The line: 45 to 65, 90 by 2030.
    let line = own((LINE, "C2"));
    close(line.start.map(|it| it.value), Some(45.0), 1e-12, "start");
    close(line.needed, Some(60.0), 1e-9, "needed");
    close(line.gap, Some(5.0), 1e-9, "gap");
    close(line.gap_years, Some(5.0 / 3.0), 1e-9, "years");
    close(line.projected_unbounded, Some(105.0), 1e-9, "unbounded");
    close(line.projected, Some(100.0), 1e-12, "projected");
    close(line.arrival, Some(2026.25), 1e-9, "arrival");
    let scored = card.line_score("C2", "AAA", WINDOW).unwrap();
    let (ratio, span) = (scored.ratio.unwrap(), scored.years.unwrap().span);
    close(line.gap_years, Some((ratio - 1.0) * span), 1e-9, "by the class");
    // Rows stand in their order, each once.
    assert!(card.trajectories.iter().map(TrajectoryRow::key).is_sorted());
}

#[test]
fn trial_p215_a_row_without_a_path_says_what_its_class_says() {
    let list = areas(["AAA"]);
    let mut broken = pair();
    let source = "test".to_owned();
    let (year, reason) = (2018, "new questionnaire".to_owned());
    broken.indicators[0].breaks = vec![SeriesBreak { year, reason, source, verified: true }];
    let whole = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    let late = [("a", "AAA", 2019, 40.0), ("a", "AAA", 2020, 60.0)];
    let short = [("a", "AAA", 2017, 40.0), ("a", "AAA", 2019, 60.0)];
    let old = [("a", "AAA", 2014, 40.0), ("a", "AAA", 2016, 60.0)];
    let cases: [Pathless<'_>; 5] = [
        (&broken, &whole, "series break in 2018: new questionnaire"),
        (&pair(), &late, "no baseline within 2013 to 2017"),
        (&pair(), &short, "span of 2 years (2017 to 2019), 3 asked"),
        (&pair(), &old, "current value of 2016 is more than 3 years older than 2020"),
        (&pair(), &[], "no data: no figure of this series is in the lake"),
    ];
    for (framework, cells, reason) in cases {
        let card = of_card(framework, &list, cells);
        let a = row(&card, (INDICATOR, "a"), (ECONOMY, "AAA"));
        let numbers = [a.needed, a.gap, a.gap_years, a.projected, a.arrival];
        assert_eq!(numbers, [None; 5], "{reason}");
        let told = a.path_reason.as_deref().unwrap_or_default();
        let by_class = card.indicator_score("a", "AAA", WINDOW).unwrap();
        if reason.starts_with("no data") {
            assert!(told.starts_with("no data: "), "{told}");
        } else {
            assert_eq!(told, reason);
        }
        assert_eq!(
            (by_class.class, by_class.class_reason.as_deref()),
            (Class::NotAssessable, Some(told))
        );
    }
    let mut relative = pair();
    relative.indicators[0].relative = true;
    let card = of_card(&relative, &list, &whole);
    let a = row(&card, (INDICATOR, "a"), (ECONOMY, "AAA"));
    assert!(a.path_reason.as_ref().unwrap().starts_with("standardised anew"), "{a:?}");
    let mut past = pair();
    past.indicators[0].target.as_mut().unwrap().year = 2020;
    let card = of_card(&past, &list, &whole);
    let a = row(&card, (INDICATOR, "a"), (ECONOMY, "AAA"));
    assert_eq!(a.path_reason.as_deref(), Some("target year past, target not met"));
}

/// Where goalposts are compared as logarithms the path is straight over them: 1 to 100 by 2035 is 10 halfway.
#[test]
fn trial_p214_a_path_over_logarithms_and_one_of_distances() {
    let mut traffic = with_target(indicator("t", 1.0, 1000.0), 100.0, 2035);
    traffic.unit = "GB".into();
    traffic.goalposts.as_mut().unwrap().transform = Transform::Ln;
    let mut parity = with_target(indicator("p", 0.5, 0.0), 1.0, 2030);
    (parity.unit, parity.direction) = ("ratio".into(), Direction::Goldilocks(1.0));
    let of = framework(vec![traffic, parity], vec![node("C2", &["t", "p"])], &["C2"]);
    let cells = [
        ("t", "AAA", 2015, 1.0),
        ("t", "AAA", 2020, 10.0_f64.sqrt()),
        ("p", "AAA", 2015, 1.3),
        ("p", "AAA", 2020, 0.85),
    ];
    let card = of_card(&of, &areas(["AAA"]), &cells);
    let t = row(&card, (INDICATOR, "t"), (ECONOMY, "AAA"));
    assert_eq!(t.scale, "ln");
    close(t.needed, Some(10.0_f64.sqrt()), 1e-9, "a quarter of the way");
    close(t.gap_years, Some(0.0), 1e-9, "on the path");
    close(t.projected, Some(100.0), 1e-9, "projected");
    // 0.3 from parity, then 0.15; 0 by 2030: 0.2 is needed by 2020.
    let p = row(&card, (INDICATOR, "p"), (ECONOMY, "AAA"));
    assert_eq!(p.unit, "distance from 1, ratio");
    close(p.needed, Some(0.2), 1e-9, "needed");
    close(p.gap, Some(0.05), 1e-9, "gap");
    close(p.gap_years, Some(2.5), 1e-9, "years");
    close(p.projected_unbounded, Some(-0.15), 1e-9, "unbounded");
    assert_eq!(p.projected, Some(0.0));
}

/// A group's path is of its members' means, and withheld where the rule of groups withholds its scores.
#[test]
fn trial_p216_a_group_has_a_path_where_enough_members_have_both_ends() {
    let codes = ["AAA", "BBB", "CCC", "DDD", "EEE"];
    let list = areas(codes);
    let of = |there: usize| {
        let starts = [40.0, 20.0, 30.0];
        let ends = [60.0, 40.0, 35.0];
        let cells: Vec<_> = (0..there)
            .flat_map(|at| [("a", codes[at], 2015, starts[at]), ("a", codes[at], 2020, ends[at])])
            .collect();
        card(&pair(), &list, &cells)
    };
    // 30 to 45, 90 by 2030: 50 is needed, and 45 is due in 2018.75.
    let three = of(3);
    let region = row(&three, (INDICATOR, "a"), ("region", "Region"));
    assert_eq!(
        (region.status, region.members, region.members_matched),
        (Some("published"), Some(5), Some(3))
    );
    close(region.start.map(|it| it.value), Some(30.0), 1e-12, "start");
    close(region.needed, Some(50.0), 1e-9, "needed");
    close(region.gap, Some(-5.0), 1e-9, "gap");
    close(region.gap_years, Some(-1.25), 1e-9, "years");
    close(region.arrival, Some(2035.0), 1e-9, "arrival");
    let two = of(2);
    let region = row(&two, (INDICATOR, "a"), ("region", "Region"));
    assert_eq!((region.status, region.gap), (Some("withheld"), None));
    assert_eq!(
        region.path_reason.as_deref(),
        Some("2 of 5 members have comparable values at both ends")
    );
}

fn any_track() -> impl Strategy<Value = Track> {
    (0.0..80.0_f64, 0.0..100.0_f64, 3.0..8.0_f64, 9.0..20.0_f64, 1.0..20.0_f64).prop_map(
        |(start, end, span, until, above)| {
            let target = (start + above).min(100.0);
            track((start, 2015.0), (end, 2015.0 + span), (target, 2015.0 + until), 1.0)
        },
    )
}

fn gap(track: &Track) -> f64 {
    track.direction * (track.end.unwrap().value - course_of(track).needed)
}

/// The same seen from the other side: less is better.
fn flipped(track: &Track) -> Track {
    let turn = |point: Option<Point>| point.map(|it| Point { value: 100.0 - it.value, ..it });
    let (start, end, target) = (turn(track.start), turn(track.end), turn(track.target));
    Track { direction: -track.direction, start, end, target, ..*track }
}

proptest! {
    #[test]
    fn trial_p214_on_the_path_the_gap_is_none(track in any_track()) {
        let end = track.end.unwrap();
        let value = track.needed_at(end.year).unwrap();
        let on = Track { end: Some(Point { value, ..end }), ..track };
        prop_assert!(gap(&on).abs() < 1e-9);
        prop_assert!(course_of(&on).gap_years.abs() < 1e-6);
    }

    #[test]
    fn trial_p214_ahead_in_points_is_ahead_in_years(track in any_track()) {
        let (points, years) = (gap(&track), course_of(&track).gap_years);
        if points.abs() > 1e-9 {
            prop_assert_eq!(points > 0.0, years > 0.0, "{} and {}", points, years);
        }
        // Without a target that is met the years follow from the ratio of the class.
        let rates = track.rates();
        if track.end.unwrap().value < track.target.unwrap().value {
            let span = track.end.unwrap().year - track.start.unwrap().year;
            let by_class = (rates.ratio_linear.unwrap() - 1.0) * span;
            prop_assert!((years - by_class).abs() < 1e-6);
        }
    }

    #[test]
    fn trial_p214_a_better_value_is_never_further_behind(track in any_track(), more in 0.0..10.0_f64) {
        let end = track.end.unwrap();
        let better = Track { end: Some(Point { value: end.value + more, ..end }), ..track };
        prop_assert!(gap(&better) >= gap(&track) - 1e-9);
        prop_assert!(course_of(&better).gap_years >= course_of(&track).gap_years - 1e-9);
    }

    #[test]
    fn trial_p214_up_and_down_are_one_rule(track in any_track()) {
        let (one, other) = (course_of(&track), course_of(&flipped(&track)));
        prop_assert!((one.needed - (100.0 - other.needed)).abs() < 1e-9);
        prop_assert!((one.gap_years - other.gap_years).abs() < 1e-6);
        let (one, other) = (one.trend.unwrap(), other.trend.unwrap());
        prop_assert!((one.projected - (100.0 - other.projected)).abs() < 1e-6);
        match (one.arrival, other.arrival) {
            (Ok(one), Ok(other)) => prop_assert!((one / other - 1.0).abs() < 1e-6),
            (one, other) => prop_assert_eq!(one.err(), other.err()),
        }
    }
}
