//! Rules of other organisations, by their files: against figures from outside, then side by side.

use wsis_config::{rules::house, schemes};
use wsis_model::framework::MetFrom;
use wsis_model::scheme::{Band, Scheme};
use wsis_scorecard::books::{Comparison, compare};
use wsis_scorecard::progress::{Point, Track};
use wsis_scorecard::schemes::{Case, NoClass, agree, class, mark, near};
use wsis_scorecard::{Class, score};

use crate::fixture::{Row, Rows, areas, close, framework, indicator, node, panel, with_target};
use crate::ledger::{against, same};

fn book(id: &str) -> &'static Scheme {
    schemes::built_in().iter().find(|book| book.id == id).unwrap()
}

fn named(book: &Scheme, case: &Case<'_>) -> Result<String, NoClass> {
    class(book, case).map(|given| given.class.name.clone())
}

fn of_values(values: &Track) -> Case<'_> {
    Case { values, scores: None, met_from: None, limit: None }
}

/// UNSD's score, 3 to 1, with what is published of "met, then lost", or with the guard of the file.
pub(crate) fn unsd(track: &Track, guarded: bool) -> Option<f64> {
    let mut book = book("unsd-2023").clone();
    let ladder = book.with_target.as_mut().unwrap();
    ladder.lost = ladder.lost.filter(|_| guarded);
    score_of(&book, &class(&book, &of_values(track)).ok()?.class.name)
}

/// The place of a class from the last one, which has 1.
fn score_of(book: &Scheme, name: &str) -> Option<f64> {
    let classes = &book.with_target.as_ref()?.classes;
    let at = classes.iter().position(|class| class.name == name)?;
    Some((classes.len() - at) as f64)
}

fn growing(rate: f64) -> Track {
    let point = |value, year| Some(Point { value, year });
    Track {
        direction: 1.0,
        start: point(1.0, 0.0),
        end: point(1.0 + rate, 1.0),
        ..Track::default()
    }
}

#[test]
pub(crate) fn trial_p238_classes_without_a_target_are_those_of_their_books() {
    let rows = Rows::committed("progress/no_target_thresholds.csv");
    assert_eq!(rows.len(), 20);
    against("progress/no_target_thresholds.csv");
    for row in rows.iter() {
        let track = growing(row.number("directed_cagr").unwrap());
        let of = |id: &str| named(book(id), &of_values(&track)).unwrap();
        let what = row.text("directed_cagr");
        let eurostat = of("eurostat").replace(' ', "_");
        same(eurostat.as_str(), row.text("eurostat4_class"), what);
        let statcan = match of("open-sdg").as_str() {
            "on track" => "on_track",
            "progress made, acceleration needed" => "moderate",
            "limited progress" => "limited",
            _ => "deterioration",
        };
        same(statcan, row.text("statcan_class"), what);
        let unsd = score_of(book("unsd-2023"), &of("unsd-2023"));
        same(unsd, row.number("unsd2023_score"), what);
    }
}

#[test]
pub(crate) fn trial_p238_arrows_of_sdsn_are_those_of_the_reference() {
    let rows = Rows::committed("progress/sdr_arrows.csv");
    against("progress/sdr_arrows.csv");
    for (at, row) in rows.iter().enumerate() {
        let track = arrow(&row);
        let case = Case { values: &track, scores: Some(&track), met_from: None, limit: None };
        let expected = match row.text("arrow") {
            "on_track_or_maintaining" => "on track or maintaining",
            "stagnating_above_target_but_decreasing" => "stagnating",
            "moderately_improving" => "moderately improving",
            arrow => arrow,
        };
        same(named(book("sdsn"), &case).unwrap().as_str(), expected, &at.to_string());
        let rates = track.rates();
        close(rates.linear, row.number("annual_rate"), 1e-9, "annual_rate");
        close(rates.required_linear_from_base, row.number("required_rate"), 1e-9, "required_rate");
        let below = row.number("required_rate").unwrap() > 0.0;
        close(rates.ratio_linear.filter(|_| below), row.number("ratio"), 1e-9, "ratio");
    }
}

fn arrow(row: &Row<'_>) -> Track {
    let point = |value: &str, year: &str| {
        Some(Point { value: row.number(value)?, year: row.number(year)? })
    };
    Track {
        direction: 1.0,
        start: point("s0", "t0"),
        end: point("s1", "t1"),
        target: point("green_threshold_score", "t_target"),
        tolerance: house().classes.met_tolerance,
        ..Track::default()
    }
}

#[test]
pub(crate) fn trial_p238_bounds_and_marks_of_statistics_canada_are_those_of_the_reference() {
    let book = book("open-sdg");
    let ladder = book.without_target.as_ref().unwrap();
    let exponent = ladder.limit_exponent.unwrap();
    let bound = |at: usize| ladder.classes[at].from.unwrap();
    let rows = Rows::committed("progress/statcan_scaling_factor.csv");
    against("progress/statcan_scaling_factor.csv");
    for row in rows.iter() {
        let (start, limit) = (row.number("y0").unwrap(), row.number("ylim").unwrap());
        let factor = near(start, limit, exponent);
        let what = start.to_string();
        close(Some(factor), row.number("C"), 1e-9, &what);
        close(Some(factor * bound(0)), row.number("threshold_high_1.5pct_scaled"), 1e-9, &what);
        close(Some(factor * bound(1)), row.number("threshold_med_0.5pct_scaled"), 1e-9, &what);
    }
    let rows = Rows::committed("progress/statcan_score_transform.csv");
    against("progress/statcan_score_transform.csv");
    for row in rows.iter() {
        let points = match row.text("kind") {
            "with_target_R" => &book.marks_with_target,
            _ => &book.marks_without_target,
        };
        let found = mark(points, row.number("progress_value").unwrap(), 1.0);
        close(found, row.number("score"), 1e-6, row.text("progress_value"));
    }
    assert_eq!(mark(&[], 1.0, 1.0), None);
}

/// "If applicable, thresholds greater than 0% are reduced by the scaling factor C", for marks as for classes, and "indicators
/// that achieve the target are automatically assigned a score of 5 regardless of the underlying trend" (Open SDG). Denmark's daily
/// users, 85.85 to 90.61, were on track with the mark of a class below.
#[test]
fn trial_p256_a_mark_of_statistics_canada_is_of_its_class() {
    let book = book("open-sdg");
    let given = |from: f64, to: f64, target: Option<f64>, limit: Option<f64>| {
        let track = between(from, to, target);
        let given =
            class(book, &Case { values: &track, scores: None, met_from: None, limit }).unwrap();
        (given.class.name.clone(), given.measure, given.mark)
    };
    let (name, _, mark) = given(85.85, 90.61, None, Some(100.0));
    assert_eq!(name, "on track");
    assert!(mark.unwrap() >= 2.5, "{mark:?}");
    let range = |name: &str| match name {
        "on track" => 2.5..=5.0,
        "progress made, acceleration needed" => 0.0..=2.5,
        "limited progress" => -2.5..=0.0,
        _ => -5.0..=-2.5,
    };
    for from in 1..=100 {
        for to in 1..=100 {
            let (name, _, mark) = given(f64::from(from), f64::from(to), None, Some(100.0));
            let mark = mark.unwrap();
            assert!(range(&name).contains(&mark), "{from} to {to}: {name}, {mark}");
        }
    }
    // At the limit: no fall is the best that there is.
    assert_eq!(given(100.0, 100.0, None, Some(100.0)), ("on track".into(), Some(0.0), Some(5.0)));
    assert_eq!(given(60.0, 96.0, Some(95.0), None), ("target achieved".into(), None, Some(5.0)));
    // Lost: the class by the ends, the mark by the pace, which falls.
    let (name, measure, mark) = given(96.0, 90.0, Some(95.0), None);
    assert_eq!((name.as_str(), mark), ("deterioration", Some(-5.0)));
    assert!(measure.unwrap() < 0.0);
    // From 0: 0.001 stands in its place, as there.
    assert_eq!(given(0.0, 3.0, None, None).0, "on track");
}

fn between(from: f64, to: f64, target: Option<f64>) -> Track {
    let point = |value, year| Some(Point { value, year });
    Track {
        direction: 1.0,
        start: point(from, 2015.0),
        end: point(to, 2020.0),
        target: target.and_then(|value| point(value, 2030.0)),
        tolerance: house().classes.met_tolerance,
        ..Track::default()
    }
}

/// The others measure to the target; that 95 of 100 counts as met is a rule of the house. The Netherlands, 90.72 to 91.72,
/// made "significant progress" by Eurostat towards 95, and insufficient towards 100.
#[test]
fn trial_p267_the_books_of_others_measure_to_the_target() {
    let mut users = with_target(indicator("a", 0.0, 100.0), 100.0, 2030);
    users.limit = Some(100.0);
    users.target.as_mut().unwrap().met_from =
        Some(MetFrom { value: 95.0, source: "ITU".into(), verified: false });
    let framework = framework(vec![users], vec![node("C2", &["a"])], &["C2"]);
    let cells = [
        ("a", "NLD", 2015, 90.72),
        ("a", "NLD", 2020, 91.72),
        ("a", "DNK", 2015, 88.7),
        ("a", "DNK", 2020, 96.3),
        ("a", "ISL", 2015, 98.0),
        ("a", "ISL", 2020, 99.2),
    ];
    let list = areas(["NLD", "DNK", "ISL"]);
    let method = crate::fixture::house(&framework);
    let card = score(method, &panel(&framework, &list, &cells), &list);
    let found = compare(method, &card, schemes::built_in(), Some("C2"), (2015, 2020));
    let of = |area: &str, book: &str| {
        let row = found.rows.iter().find(|row| row.area == area).unwrap();
        assert_eq!((row.target, row.met_from), (Some(100.0), Some(95.0)));
        let said = row.said.iter().find(|said| said.book == book).unwrap();
        said.class.clone().unwrap()
    };
    assert_eq!(of("NLD", "eurostat"), "insufficient progress");
    assert_eq!(of("DNK", "open-sdg"), "on track");
    assert_eq!(of("DNK", "sdsn"), "on track or maintaining", "its threshold is that of the house");
    // Within one of a target that is the limit: met for UNSD, and for no other that measures to it.
    assert_eq!(of("ISL", "unsd-2023"), "on track or target met");
    let measure = |book: &str| {
        let row = found.rows.iter().find(|row| row.area == "ISL").unwrap();
        row.said.iter().find(|said| said.book == book).unwrap().measure
    };
    assert_eq!(measure("unsd-2023"), None, "by the rule");
    assert!(measure("escap").is_some());
}

/// A target of a year that is not after the current value: the way is what growth had covered by then.
#[test]
fn trial_p257_the_way_to_a_target_of_a_past_year_is_defined() {
    let unsd = book("unsd-2023");
    let of = |year: f64| {
        let target = Some(Point { value: 40.0, year });
        let track = Track { target, ..between(10.0, 20.0, None) };
        class(unsd, &of_values(&track)).map(|given| given.measure)
    };
    // Growth of 2^(1/5) a year: at 2018 10 * 2^(3/5).
    let by_2018 = (10.0 * 2.0_f64.powf(0.6) - 10.0) / 30.0;
    close(of(2018.0).unwrap(), Some(by_2018), 1e-9, "2018");
    close(of(2020.0).unwrap(), Some(1.0 / 3.0), 1e-9, "2020");
    close(of(2025.0).unwrap(), Some(1.0), 1e-9, "2025");
    assert_eq!(of(2015.0), Err(NoClass::Undefined));
}

#[test]
fn what_is_met_lost_or_near_a_limit_is_decided_by_the_ends() {
    let track = |from: f64, to: f64, target: f64| {
        let point = |value, year| Some(Point { value, year });
        Track {
            direction: 1.0,
            start: point(from, 2015.0),
            end: point(to, 2020.0),
            target: point(target, 2030.0),
            tolerance: house().classes.met_tolerance,
            ..Track::default()
        }
    };
    let lost = track(60.0, 45.0, 50.0);
    let said = |id: &str, track: &Track, limit| {
        let case = Case { values: track, scores: Some(track), met_from: None, limit };
        named(book(id), &case).unwrap()
    };
    assert_eq!(said("open-sdg", &lost, None), "deterioration");
    assert_eq!(said("unsd-2023", &lost, None), "stagnation or regression");
    assert_eq!(said("escap", &lost, None), "reverse");
    // 99.5 % of a target of 100 %: met for UNSD, and for nobody else.
    let almost = track(99.4, 99.5, 100.0);
    assert_eq!(said("unsd-2023", &almost, Some(100.0)), "on track or target met");
    assert_eq!(said("eurostat", &almost, Some(100.0)), "insufficient progress");
    // A share of 95 % that grows by 0.4 % a year: little far below a limit, much beside it.
    let full = Track { target: None, ..track(95.0, 96.9, 100.0) };
    assert_eq!(said("open-sdg", &full, Some(100.0)), "on track");
    assert_eq!(said("open-sdg", &full, None), "limited progress");
    assert_eq!(class(book("sdsn"), &of_values(&full)), Err(NoClass::NoTarget));
    let from_zero = track(0.0, 30.0, 95.0);
    assert_eq!(class(book("eurostat"), &of_values(&from_zero)), Err(NoClass::Undefined));
}

#[test]
fn classes_agree_where_one_band_is_like_all_of_them() {
    use Band::{Limited, Moderate, OnTrack};
    assert!(agree([&[Moderate][..], &[Moderate, Limited]]));
    assert!(!agree([&[Moderate][..], &[Moderate, Limited], &[Limited]]));
    assert!(!agree([&[OnTrack][..], &[Moderate]]));
}

fn compared() -> Comparison {
    compared_by(schemes::built_in())
}

fn compared_by(books: &[Scheme]) -> Comparison {
    let up = with_target(indicator("a", 0.0, 100.0), 90.0, 2030);
    let framework =
        framework(vec![up, indicator("b", 0.0, 100.0)], vec![node("C2", &["a", "b"])], &["C2"]);
    let cells = [
        // From 5 to 15 in five years: a third of the pace in points, and more than the growth that is needed.
        ("a", "AAA", 2015, 5.0),
        ("a", "AAA", 2020, 15.0),
        // From 60 to 72: 1.2 of the pace.
        ("a", "BBB", 2015, 60.0),
        ("a", "BBB", 2020, 72.0),
        ("a", "CCC", 2020, 50.0),
        ("b", "AAA", 2015, 10.0),
        ("b", "AAA", 2020, 20.0),
    ];
    let codes = ["AAA", "BBB", "CCC"];
    let list = areas(codes);
    let method = crate::fixture::house(&framework);
    let card = score(method, &panel(&framework, &list, &cells), &list);
    compare(method, &card, books, Some("C2"), (2015, 2020))
}

/// One pair of observations is "limited" for the house and "significant progress" for Eurostat: growth from little
/// covers any way.
#[test]
fn trial_p238_classes_that_hang_on_the_book_are_counted() {
    let found = compared();
    assert_eq!((found.rows.len(), found.not_asked), (3, 3));
    let row = |indicator: &str, area: &str| {
        found
            .rows
            .iter()
            .find(|row| (row.indicator.as_str(), row.area.as_str()) == (indicator, area))
    };
    let of = |indicator: &str, area: &str, book: &str| {
        let said = &row(indicator, area).unwrap().said;
        said.iter().find(|said| said.book == book).unwrap().clone()
    };
    assert_eq!(row("a", "AAA").unwrap().house, Class::Limited);
    assert_eq!(of("a", "AAA", "eurostat").class.as_deref(), Some("significant progress"));
    assert_eq!(of("a", "AAA", "unsd-2023").class.as_deref(), Some("on track or target met"));
    assert_eq!(of("a", "AAA", "sdsn").class.as_deref(), Some("stagnating"));
    assert_eq!(of("a", "AAA", "escap").class.as_deref(), Some("accelerate"));
    assert_eq!(row("a", "AAA").unwrap().agree, Some(false));
    assert_eq!(row("a", "BBB").unwrap().agree, Some(true));
    // Without a target the house has no class; three of the others have.
    let without = of("b", "AAA", "sdsn");
    assert_eq!(
        (without.class, without.reason.as_deref()),
        (None, Some("no rule without a target"))
    );
    assert_eq!(of("b", "AAA", "open-sdg").mark, Some(5.0));
    assert_eq!(row("b", "AAA").unwrap().agree, Some(true));
    assert_eq!((found.compared, found.hang), (3, 1));
    let eurostat = found.against.iter().find(|it| it.book == "eurostat").unwrap();
    assert_eq!((eurostat.both, eurostat.differ, eurostat.none), (2, 1, 0));
    let sdsn = found.against.iter().find(|it| it.book == "sdsn").unwrap();
    assert_eq!((sdsn.both, sdsn.differ, sdsn.none), (2, 0, 1));
    let limited = found.classes.iter().find(|it| it.class == "limited").unwrap();
    assert_eq!((limited.book.as_str(), limited.rows), ("house", 1));
}

/// ITU's bands of a score from 0 to 100: below 50 limited, satisfactory, from 75 advanced, from 95 the target is met.
#[test]
fn trial_p279_bands_of_a_level_are_of_the_last_value_and_compared_with_no_class() {
    let found = compared();
    let itu = book("itu-umc");
    let scores = |end: f64| Track {
        direction: 1.0,
        end: Some(Point { value: end, year: 2020.0 }),
        target: Some(Point { value: 100.0, year: 2030.0 }),
        ..Track::default()
    };
    for (end, band) in [
        (0.0, "limited"),
        (49.999, "limited"),
        (50.0, "satisfactory"),
        (74.999, "satisfactory"),
        (75.0, "advanced"),
        (94.999, "advanced"),
        (95.0, "target met"),
        (100.0, "target met"),
    ] {
        let track = scores(end);
        let case = Case { scores: Some(&track), ..of_values(&track) };
        assert_eq!(named(itu, &case).as_deref(), Ok(band), "{end}");
    }
    let at = found.against.iter().find(|it| it.book == "itu-umc").unwrap();
    assert!(at.level);
    assert_eq!((at.both, at.differ), (0, 0));
    assert!(
        found
            .rows
            .iter()
            .flat_map(|row| &row.said)
            .all(|it| it.book != "itu-umc" || it.like.is_empty())
    );
    // Nobody's agreement hangs on it.
    let without: Vec<Scheme> =
        schemes::built_in().iter().filter(|it| it.id != "itu-umc").cloned().collect();
    let others = compared_by(&without);
    assert_eq!((found.compared, found.hang), (others.compared, others.hang));
}
