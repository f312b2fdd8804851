//! The test that decided the class of an indicator, with its numbers; and a change that a survey
//! cannot tell from none.

use proptest::prelude::*;
use wsis_model::framework::{Direction, Framework, Indicator, MetFrom, Sampling, Transform};
use wsis_model::status::ObsStatus;
use wsis_scorecard::result::ClassBasis;
use wsis_scorecard::{Cell, Class, IndicatorScore, Panel, score};

use crate::fixture::{areas, framework, house, indicator, node, with_target};
use crate::scenarios::{WINDOW, card};

/// An indicator alone on its line, with values in 2015 and 2020.
fn alone(indicator: Indicator) -> Framework {
    let code = indicator.code.clone();
    framework(vec![indicator], vec![node("C1", &[code.as_str()])], &["C1"])
}

fn row(indicator: Indicator, start: f64, end: f64) -> IndicatorScore {
    let code = indicator.code.clone();
    let framework = alone(indicator);
    let cells = [(code.as_str(), "AAA", 2015, start), (code.as_str(), "AAA", 2020, end)];
    let card = card(&framework, &areas(["AAA"]), &cells);
    card.indicator_score(&code, "AAA", WINDOW).unwrap().clone()
}

fn aimed(value: f64, met: f64, year: i32) -> Indicator {
    let mut aimed = with_target(indicator("a", 0.0, 100.0), value, year);
    let met_from = MetFrom { value: met, source: "test".into(), verified: true };
    aimed.target.as_mut().unwrap().met_from = Some(met_from);
    aimed
}

/// -0.88 a year beside +0.01 a year asked was told as -12576 %: by a reader's division it is -8800 %.
#[test]
fn trial_p166_rates_are_told_with_digits_that_can_be_divided() {
    let row = row(aimed(100.0, 95.0, 2030), 94.9412, 92.2812);
    let told = row.class_test.unwrap();
    // -0.532 and 0.0588 / 15.
    assert!(told.contains("is -0.532 a year, +0.00392 a year asked for 95 by 2030"), "{told}");
    assert!(told.contains("-13571 % of the pace asked"), "{told}");
}

/// A thousand people, asked in clusters.
fn surveyed(met: f64) -> Indicator {
    let sampling =
        Sampling { sample: 1000, design_effect: 1.5, source: "test".into(), verified: true };
    Indicator { sampling: Some(sampling), ..aimed(100.0, met, 2030) }
}

/// "target proposed by this project" was all that stood beside the class of an indicator.
#[test]
fn trial_p50_the_reason_of_an_indicator_names_the_test_and_its_numbers() {
    let said = |indicator: Indicator, start: f64, end: f64| {
        let row = row(indicator, start, end);
        let (test, reason) = (row.class_test.unwrap(), row.class_reason.unwrap());
        assert!(reason.starts_with(&test), "{reason}");
        (row.class, reason)
    };
    let at = |met: f64| aimed(100.0, met, 2030);
    for (start, end, class, words) in [
        // (95 - 50) / 15 = 3 a year were asked.
        (
            50.0,
            60.0,
            Class::Moderate,
            "67 % of the pace asked: 50 in 2015 to 60 in 2020 is +2 a year, +3 a year asked for 95 by 2030",
        ),
        (
            50.0,
            45.0,
            Class::Regressing,
            "away from the target, -33 % of the pace asked: 50 in 2015 to 45 in 2020 is -1 a year, +3 a year asked for 95 by 2030",
        ),
        (
            50.0,
            50.5,
            Class::Limited,
            "3 % of the pace asked: 50 in 2015 to 50.5 in 2020 is +0.1 a year, +3 a year asked for 95 by 2030; stagnant: change of less than 1 point",
        ),
        // 0.06 in 15 years: "+0.00 a year asked" cannot be divided by (P166).
        (
            94.94,
            92.28,
            Class::Regressing,
            "away from the target, -13300 % of the pace asked: 94.94 in 2015 to 92.28 in 2020 is -0.532 a year, +0.004 a year asked for 95 by 2030",
        ),
        (90.0, 97.25, Class::TargetMet, "97.25 in 2020, met from 95"),
        (
            99.0,
            97.0,
            Class::TargetMet,
            "97 in 2020, met from 95; met, but falling: from 99 in 2015",
        ),
        (
            96.0,
            94.999,
            Class::Regressing,
            "target met at the start, then lost: 96 in 2015 to 94.999 in 2020, met from 95",
        ),
    ] {
        assert_eq!(said(at(95.0), start, end), (class, words.to_owned()), "{start} {end}");
    }
    let past = said(aimed(100.0, 95.0, 2015), 50.0, 60.0);
    let words = "target year 2015 past, target not met: 60 in 2020, met from 95";
    assert_eq!(past, (Class::DeadlineMissed, words.to_owned()));
}

/// Less is better: a price of 2 % is met at 2 or below, not "from 2".
#[test]
fn trial_p50_a_target_of_a_price_is_met_at_or_below_it() {
    let price = with_target(indicator("p", 20.0, 0.0), 2.0, 2030);
    let met = row(price.clone(), 5.0, 1.5);
    assert_eq!(met.class_reason.as_deref(), Some("1.5 in 2020, met at 2 or below"));
    let dear = row(price, 12.5, 10.0);
    let words = "71 % of the pace asked: 12.5 in 2015 to 10 in 2020 is -0.5 a year, \
                 -0.7 a year asked for 2 by 2030";
    assert_eq!(dear.class_reason.as_deref(), Some(words));
}

/// Rates in the unit are not those that are compared, where an indicator has a logarithm.
#[test]
fn trial_p50_what_is_compared_as_logarithms_says_so() {
    let mut traffic = with_target(indicator("t", 1.0, 1000.0), 1000.0, 2030);
    traffic.goalposts.as_mut().unwrap().transform = Transform::Ln;
    let row = row(traffic, 1.0, 10.0);
    let words = "100 % of the pace asked: 1 in 2015 to 10 in 2020, 1000 asked by 2030, \
                 compared as logarithms";
    assert_eq!((row.class, row.class_reason.as_deref()), (Class::OnTrack, Some(words)));
}

/// Norway was "regressing" from 99.48 to 98.56 % of its adults, of whom a thousand are asked.
#[test]
fn trial_p52_a_change_inside_the_sampling_error_is_none() {
    let at = |met: f64, start: f64, end: f64| {
        let row = row(surveyed(met), start, end);
        (row.class, row.class_reason.unwrap())
    };
    let (class, words) = at(95.0, 99.48, 98.56);
    let text = "98.56 in 2020, met from 95; already met at the start";
    assert_eq!((class, words.as_str()), (Class::TargetMet, text));
    // Lost by what is no significant change: neither lost nor kept.
    let (class, words) = at(99.0, 99.48, 98.56);
    assert_eq!(class, Class::NotAssessable);
    let text = "no significant change: 99.48 in 2015 to 98.56 in 2020, inside the sampling error of \
                1.13 points";
    assert_eq!(words, text);
    // Far from the target even the best of it is too slow: limited, whichever way it moved.
    for end in [39.5, 40.5] {
        let (class, words) = at(95.0, 40.0, end);
        assert_eq!(class, Class::Limited, "{words}");
        assert!(words.starts_with("no significant change: 40 in 2015 to "), "{words}");
        assert!(
            words.contains("points, and even the best that this allows is below 60 % of the pace")
        );
    }
    // Near to it nothing can be told, whichever way it moved.
    for end in [91.5, 92.5] {
        assert_eq!(at(95.0, 92.0, end).0, Class::NotAssessable);
    }
    // What is larger than the error is a change.
    assert_eq!(at(95.0, 60.0, 50.0).0, Class::Regressing);
    assert_eq!(at(95.0, 97.0, 80.0).0, Class::Regressing);
    assert!(at(95.0, 60.0, 75.0).1.starts_with("129 % of the pace asked"));
}

/// The error of a line is that of its mean: half of it where a survey is half of the weight.
#[test]
fn trial_p52_the_line_of_a_survey_has_its_error_too() {
    let other = with_target(indicator("b", 0.0, 100.0), 100.0, 2030);
    let pair = framework(vec![surveyed(99.0), other], vec![node("C1", &["a", "b"])], &["C1"]);
    let class = |end: f64| {
        let cells = [
            ("a", "AAA", 2015, 90.0),
            ("a", "AAA", 2020, end),
            ("b", "AAA", 2015, 90.0),
            ("b", "AAA", 2020, 90.0),
        ];
        let card = card(&pair, &areas(["AAA"]), &cells);
        let row = &card.line_scores[0];
        (row.class, row.class_reason.clone().unwrap(), row.class_test.clone())
    };
    let (found, words, test) = class(88.0);
    assert_eq!(found, Class::Limited, "{words}");
    let text = "no significant change: mean score of those with a target 90.0 to 89.0, inside the \
                sampling error of 1.6";
    assert!(words.starts_with(text) && words.starts_with(&test.unwrap()), "{words}");
    assert_eq!(class(70.0).0, Class::Regressing);
}

/// Finland, C3: the mean met its target, and Internet use, which fell short of its own, was not named.
#[test]
fn trial_p50_a_mean_that_is_met_names_who_does_not_meet_its_own() {
    let leaf = |code: &str| with_target(indicator(code, 0.0, 100.0), 95.0, 2030);
    let pair = framework(vec![leaf("a"), leaf("b")], vec![node("C1", &["a", "b"])], &["C1"]);
    let said = |low: f64| {
        let cells = [
            ("a", "AAA", 2015, 90.0),
            ("a", "AAA", 2020, low),
            ("b", "AAA", 2015, 97.0),
            ("b", "AAA", 2020, 99.0),
        ];
        let card = card(&pair, &areas(["AAA"]), &cells);
        (card.line_scores[0].class, card.line_scores[0].class_reason.clone().unwrap())
    };
    let (class, words) = said(92.0);
    assert_eq!(class, Class::TargetMet);
    let text =
        "mean score of those with a target 95.5, met from 95.0; not met by itself: A; rests on";
    assert!(words.starts_with(text), "{words}");
    assert!(!said(96.0).1.contains("by itself"));
}

/// C2 where 3G ends in 2015: 4G has a target, broadband has none, and half of what is left is no two
/// thirds. Whoever still reports 3G has a class; whoever does not gains none by it, and no rank.
#[test]
fn trial_p53_what_is_missing_does_not_make_the_rest_enough() {
    let target = |code: &str| with_target(indicator(code, 0.0, 100.0), 100.0, 2030);
    let leaves = vec![target("g3"), target("g4"), indicator("wire", 0.0, 100.0)];
    let mut line = node("C1", &["g3", "g4", "wire"]);
    line.core = Some(vec!["g3".into(), "g4".into(), "wire".into()]);
    let framework = framework(leaves, vec![line], &["C1"]);
    let mut cells = Vec::new();
    for (area, last) in [("AAA", Some(2020)), ("BBB", Some(2016)), ("CCC", None)] {
        for code in ["g4", "wire"] {
            cells.extend([(code, area, 2015, 50.0), (code, area, 2020, 90.0)]);
        }
        cells.extend(last.map(|_| ("g3", area, 2015, 60.0)));
        cells.extend(last.map(|year| ("g3", area, year, 70.0)));
    }
    let card = card(&framework, &areas(["AAA", "BBB", "CCC"]), &cells);
    let row = |area: &str| card.line_score("C1", area, WINDOW).unwrap();
    assert_eq!(row("AAA").class, Class::OnTrack);
    for (area, lack) in [
        ("BBB", "G3: current value of 2016 is more than 3 years older than 2020"),
        ("CCC", "G3: no current value"),
    ] {
        let row = row(area);
        let words = row.class_reason.clone().unwrap();
        assert_eq!(row.class, Class::NotAssessable, "{words}");
        let start = "1 of 3 indicators can be judged by their change (33 % of the weight present";
        assert!(words.starts_with(start), "{words}");
        assert!(words.contains(lack) && words.contains("WIRE: no target"), "{words}");
    }
    // Without the low 3G the score is higher, and there is no rank by it.
    assert!(row("CCC").score > row("AAA").score);
    assert_eq!((row("AAA").rank, row("CCC").rank), (Some(1), None));
}

proptest! {
    /// Inside the error nobody is regressing or falling, and the sign of the change decides nothing.
    #[test]
    fn trial_p52_inside_the_error_the_sign_decides_nothing(start in 0.0..100.0_f64, part in 0.0..1.0_f64) {
        let survey = surveyed(95.0);
        let error = survey.sampling.as_ref().unwrap().error(start, start, 1.96);
        let classes: Vec<Class> = [-0.5, 0.5]
            .map(|sign| (start + sign * part * error).clamp(0.0, 100.0))
            .into_iter()
            .filter(|end| *end < 95.0)
            .map(|end| {
                let row = row(survey.clone(), start, end);
                prop_assert!(row.class != Class::Regressing, "{:?}", row.class_reason);
                Ok(row.class)
            })
            .collect::<Result<_, _>>()?;
        for class in classes {
            prop_assert!(matches!(class, Class::Limited | Class::NotAssessable), "{class:?}");
        }
    }
}

/// 100.0 in 2012 and 99.8 in 2013 was "regressing": a class by two values asks for three years.
#[test]
fn trial_p121_a_target_is_lost_over_the_least_span_and_not_over_a_year() {
    let at = |last: i32, end: f64| {
        let framework = alone(aimed(100.0, 99.0, 2030));
        let cells = [("a", "AAA", 2016, 99.5), ("a", "AAA", last, end)];
        let card = card(&framework, &areas(["AAA"]), &cells);
        card.indicator_score("a", "AAA", WINDOW).unwrap().clone()
    };
    let short = at(2018, 98.0);
    assert_eq!(short.class, Class::NotAssessable);
    let why = "span of 2 years (2016 to 2018), 3 asked";
    assert_eq!(short.class_reason.as_deref(), Some(why));
    assert_eq!((short.class_basis, short.change), (None, None));
    let long = at(2019, 98.0);
    assert_eq!((long.class, long.class_basis), (Class::Regressing, Some(ClassBasis::Ends)));
    // Nor is a target that is met "falling" over two years.
    let reason = at(2018, 99.2).class_reason.unwrap();
    assert!(!reason.contains("falling") && reason.contains("level only"), "{reason}");
    assert_eq!(at(2018, 99.2).class_basis, Some(ClassBasis::Level));
    assert!(at(2019, 99.2).class_reason.unwrap().contains("falling"));
}

/// Prices have a target of 2 % and no goalposts: "limited, 10 % of the pace asked" stood there as "level
/// only", of which no such class can come, and an estimate at its start was not told.
#[test]
fn trial_p127_a_class_by_the_pace_is_no_level_where_there_are_no_goalposts() {
    let mut price = aimed(2.0, 2.0, 2030);
    (price.direction, price.goalposts) = (Direction::Down, None);
    let (framework, list) = (alone(price), areas(["AAA"]));
    let at = |year: i32, start: f64, end: f64| {
        let mut builder = Panel::builder(&framework, &list);
        let first = Cell::with_status(Some(start), ObsStatus::Estimated);
        builder.insert("a", "AAA", 2015, first).unwrap();
        builder.insert("a", "AAA", year, Cell::of(end)).unwrap();
        let card = score(house(&framework), &builder.build(), &list);
        card.indicator_score("a", "AAA", WINDOW).unwrap().clone()
    };
    for (start, end, class, basis) in [
        (8.0, 6.0, Class::OnTrack, ClassBasis::Pace),
        (8.0, 7.5, Class::Limited, ClassBasis::Pace),
        (8.0, 9.0, Class::Regressing, ClassBasis::Pace),
        (1.9, 3.0, Class::Regressing, ClassBasis::Ends),
        (8.0, 1.5, Class::TargetMet, ClassBasis::Ends),
    ] {
        let row = at(2020, start, end);
        let why = row.class_reason.unwrap();
        assert_eq!((row.class, row.class_basis), (class, Some(basis)), "{why}");
        assert!(!why.contains("level only"), "{why}");
        assert!(why.contains("the value at the start is an estimate"), "{why}");
        assert!(row.ratio.is_some() && row.per_year.is_some(), "{why}");
        assert_eq!(row.change, None, "a change is one of scores");
    }
    // Two years are no span: the level alone is left.
    let short = at(2017, 8.0, 1.5);
    assert_eq!((short.class, short.class_basis), (Class::TargetMet, Some(ClassBasis::Level)));
    assert!(short.class_reason.unwrap().contains("level only: span of 2 years"));
    assert_eq!((short.ratio, short.per_year), (None, None));
}

/// A rise of 0.3 points was "stagnant", a fall of 0.3 was not.
#[test]
fn trial_p122_a_fall_that_is_hardly_a_change_says_so_as_a_rise_does() {
    let reason = |end: f64| {
        let row = row(aimed(100.0, 95.0, 2030), 82.8, end);
        (row.class, row.class_basis, row.class_reason.unwrap())
    };
    let (class, basis, why) = reason(82.5);
    assert_eq!((class, basis), (Class::Regressing, Some(ClassBasis::Pace)));
    assert!(why.starts_with("away from the target, -7 % of the pace asked"), "{why}");
    assert!(why.contains("; stagnant: change of less than 1 point"), "{why}");
    let (class, _, why) = reason(83.1);
    assert_eq!(class, Class::Limited);
    assert!(why.contains("; stagnant: change of less than 1 point"), "{why}");
    assert!(!reason(70.0).2.contains("stagnant"));
}

/// 50.0 to 49.8 inside the error is limited, as 50.0 to 50.2 is: the pace of -1 % beside it, of which the
/// rules say "regressing", decided nothing.
#[test]
fn trial_p122_a_class_by_the_sampling_error_is_none_by_the_pace() {
    let framework = alone(surveyed(95.0));
    for end in [49.8, 50.2] {
        let cells = [("a", "AAA", 2015, 50.0), ("a", "AAA", 2020, end)];
        let card = card(&framework, &areas(["AAA"]), &cells);
        let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
        let line = card.line_score("C1", "AAA", WINDOW).unwrap();
        let basis = Some(ClassBasis::SamplingError);
        assert_eq!((row.class, row.class_basis), (Class::Limited, basis), "{:?}", row.class_reason);
        assert_eq!((line.class, line.class_basis), (Class::Limited, basis));
        // The ratio is that of the figures all the same.
        assert_eq!(row.ratio.map(|ratio| ratio > 0.0), Some(end > 50.0));
    }
    // Below what the sample allows at best it is the pace that decides.
    let fell = row(surveyed(95.0), 60.0, 50.0);
    assert_eq!((fell.class, fell.class_basis), (Class::Regressing, Some(ClassBasis::Pace)));
}
