//! `reference/progress`, every row and column; and the wording of what it leads to.

use wsis_config::rules::house;
use wsis_scorecard::Class;
use wsis_scorecard::progress::{
    Basis, Point, Rates, Rules, Tie, Track, Why, classify, nearest_year,
};

use crate::books::unsd;
use crate::fixture::{Row, Rows, close};
use crate::ledger::{against, same};

fn track(row: &Row<'_>) -> Track {
    let point = |value: &str, year: &str| {
        Some(Point { value: row.number(value)?, year: row.number(year)? })
    };
    Track {
        direction: row.number("direction").unwrap(),
        start: point("y0", "t0"),
        end: point("y1", "t1"),
        target: point("target", "t_target"),
        bounds: (row.number("lower_bound"), row.number("upper_bound")),
        tolerance: house().classes.met_tolerance,
        error: None,
    }
}

fn numbers(rates: &Rates) -> [(&'static str, Option<f64>); 15] {
    [
        ("linear_rate", rates.linear),
        ("cagr", rates.cagr),
        ("req_linear_from_base", rates.required_linear_from_base),
        ("req_linear_from_now", rates.required_linear_from_now),
        ("req_cagr_from_base", rates.required_cagr_from_base),
        ("req_cagr_from_now", rates.required_cagr_from_now),
        ("ratio_linear", rates.ratio_linear),
        ("ratio_cagr_directed", rates.ratio_cagr),
        ("projected_linear", rates.projected_linear),
        ("projected_linear_clamped", rates.projected_linear_clamped),
        ("projected_cagr", rates.projected_cagr),
        ("unsd2023_ratio", rates.unsd2023_ratio),
        ("escap_csi", rates.escap),
        ("remaining_gap", rates.gap),
        ("years_to_target_linear", rates.years_to_target),
    ]
}

/// The file's name of a class.
fn name((class, why): (Class, Option<Why>)) -> &'static str {
    match (class, why) {
        (Class::NotAssessable, Some(Why::NoTarget)) => "no_target",
        (Class::DeadlineMissed, _) => "missed_deadline",
        (class, _) => class.code(),
    }
}

/// The file has no shortest span: P29 is classed over one year.
fn rules() -> Rules {
    Rules { classes: house().classes, min_years: 0.0, stagnant: 0.0, review: None }
}

#[test]
pub(crate) fn all_progress_cases_all_columns() {
    let rows = Rows::committed("progress/progress_cases.csv");
    assert_eq!(rows.len(), 32);
    against("progress/progress_cases.csv");
    for row in rows.iter() {
        let case = row.text("case");
        let track = track(&row);
        for (column, found) in numbers(&track.rates()) {
            close(found, row.number(column), 1e-9, &format!("{case} {column}"));
        }
        for (column, guarded) in
            [("unsd2023_score_literal", false), ("unsd2023_score_guarded", true)]
        {
            let found = track.rates().unsd2023_ratio.and_then(|_| unsd(&track, guarded));
            close(found, row.number(column), 1e-9, &format!("{case} {column}"));
        }
        let linear = classify(&track, Basis::Linear, &rules());
        let growth = classify(&track, Basis::Growth, &rules());
        same(name(linear), row.text("class_linear"), &format!("{case} class_linear"));
        same(name(growth), row.text("class_cagr"), &format!("{case} class_cagr"));
        let reason = row.text("reason");
        let found = [linear.1, growth.1].map(|why| why.map_or("", Why::code));
        if reason.is_empty() {
            // What the house adds where the file has no remark.
            let ours = ["", "no_target", "falling", "cagr_undefined_zero_base"];
            assert!(found.iter().all(|why| ours.contains(why)), "{case}: {found:?}");
        } else {
            assert!(found.contains(&reason), "{case}: reason {found:?}, expected {reason}");
        }
    }
}

#[test]
pub(crate) fn baseline_window_cases() {
    let rows = Rows::committed("progress/baseline_window_cases.csv");
    assert_eq!(rows.len(), 7);
    against("progress/baseline_window_cases.csv");
    for row in rows.iter() {
        let years = row.text("available_years");
        let years: Vec<i32> =
            years.split(';').filter(|y| !y.is_empty()).map(|y| y.parse().unwrap()).collect();
        let wanted = row.year("target_baseline_year");
        let tie = if row.text("tie_rule") == "later" { Tie::Later } else { Tie::Earlier };
        let found = nearest_year(years, wanted, row.year("window"), tie);
        let status = match found {
            None => "no_baseline",
            Some(year) if year == wanted => "exact",
            Some(_) => "shifted",
        };
        same(found, row.text("chosen_year").parse().ok(), "chosen_year");
        same(status, row.text("status"), "status");
    }
}

fn up(y0: f64, y1: f64, target: f64) -> Track {
    Track {
        direction: 1.0,
        start: Some(Point { value: y0, year: 2020.0 }),
        end: Some(Point { value: y1, year: 2025.0 }),
        target: Some(Point { value: target, year: 2030.0 }),
        bounds: (None, None),
        tolerance: house().classes.met_tolerance,
        error: None,
    }
}

fn of_the_house() -> Rules {
    Rules { classes: house().classes, min_years: 3.0, stagnant: 1.0, review: None }
}

#[test]
fn house_rules_beyond_the_cases() {
    let class = |track: &Track| classify(track, Basis::Linear, &of_the_house());
    assert_eq!(class(&up(99.0, 96.0, 95.0)), (Class::TargetMet, Some(Why::Falling)));
    assert_eq!(class(&up(50.0, 50.9, 95.0)), (Class::Limited, Some(Why::Stagnant)));
    assert_eq!(class(&up(50.0, 51.0, 95.0)), (Class::Limited, None));
    let mut short = up(50.0, 60.0, 95.0);
    short.start = Some(Point { value: 50.0, year: 2023.0 });
    assert_eq!(class(&short), (Class::NotAssessable, Some(Why::ShortSpan)));
}

#[test]
fn c26_target_zero_is_handled_by_rule() {
    // E-waste per head from 20 to 10 with target 0: linear works, growth says why it does not.
    let mut track = up(20.0, 10.0, 0.0);
    track.direction = -1.0;
    assert_eq!(classify(&track, Basis::Linear, &of_the_house()), (Class::OnTrack, None));
    assert_eq!(
        classify(&track, Basis::Growth, &of_the_house()),
        (Class::NotAssessable, Some(Why::TargetZero))
    );
}

#[test]
fn e43_growth_from_zero_is_missing_with_a_reason() {
    let from_zero = up(0.0, 10.0, 20.0);
    assert_eq!(from_zero.rates().cagr, None);
    assert_eq!(from_zero.rates().linear, Some(2.0));
    assert_eq!(classify(&from_zero, Basis::Growth, &of_the_house()).1, Some(Why::ZeroBase));
    assert_eq!(up(-1.0, 1.0, 2.0).rates().cagr, None);
}
