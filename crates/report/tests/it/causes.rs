//! Where nothing is known the report says why, line by line, and grades nobody for it.

use wsis_report::input::LineView;
use wsis_report::{render, words};

use crate::html::{element, read, text};
use crate::inputs::report_of;

/// C2 has figures of two economies; of the other lines nothing is asked for or loaded.
const FIGURES: [(&str, &str, i32, f64); 6] = [
    ("coverage-4g", "KEN", 2020, 10.0),
    ("coverage-4g", "KEN", 2024, 60.0),
    ("coverage-3g", "KEN", 2020, 90.0),
    ("coverage-3g", "KEN", 2024, 95.0),
    ("fixed-broadband", "KEN", 2020, 1.0),
    ("fixed-broadband", "KEN", 2024, 2.0),
];

fn line<'l>(lines: &'l [LineView], code: &str) -> &'l LineView {
    lines.iter().find(|line| line.code == code).unwrap()
}

/// "No score in any window: C5, C6, C7-ebiz, ..." with no word why, where the terminal had one.
#[test]
fn trial_the_overview_said_no_score_and_not_why() {
    let input = report_of(&FIGURES, (2020, 2025));
    let told = words::unknown(&input).join(" ");
    for line in input.lines.iter().filter(|line| line.economies_scored == 0) {
        let cause = words::cause(line);
        assert!(!cause.is_empty(), "{} says no cause", line.code);
        assert!(told.contains(&format!("({cause})")), "{cause} of {} in {told}", line.code);
    }
    let cause = words::cause(line(&input.lines, "C7-ebiz"));
    let missing = &line(&input.lines, "C7-ebiz").missing;
    assert!(missing.contains(&format!("({cause})")), "{cause} in {missing}");
}

/// 187 States "E" beside "no series that could be scored is asked for yet".
#[test]
fn trial_grade_e_stood_in_the_overview_for_lines_that_nobody_asked_for() {
    let input = report_of(&FIGURES, (2020, 2025));
    for line in input.lines.iter().filter(|line| line.code != "C2") {
        assert_eq!((line.grades, line.ungraded), ([0; 5], 193), "{}", line.code);
        assert!(!line.ungraded_reason.is_empty(), "{}", line.code);
    }
    let c2 = line(&input.lines, "C2");
    assert_eq!((c2.grades.iter().sum::<u32>(), c2.ungraded), (193, 0), "of C2 all States count");
    let parts = read(&render(&input));
    let overview = text(element(&parts, "overview"));
    assert!(!overview.contains("E (E"), "{overview}");
    assert!(overview.contains("no grade: "), "{overview}");
}

/// "Population covered by 3G: 100 % by 2030" and "target met" at 99.
#[test]
fn trial_a_target_was_met_below_its_value_and_nothing_said_from_where() {
    let input = report_of(&FIGURES, (2020, 2025));
    let with = |view: &&wsis_report::input::IndicatorView| {
        view.target.as_ref().is_some_and(|target| target.met_from.is_some())
    };
    let view = input.indicators.iter().find(with).unwrap();
    let target = view.target.as_ref().unwrap();
    let (met, _) = target.met_from.as_ref().unwrap();
    assert!(words::aim(target, &view.unit).contains(&format!("(counts as met from {met}")));
}

/// "least first: C2": a list of one, sorted.
#[test]
fn trial_a_list_of_one_was_sorted() {
    let mut input = report_of(&FIGURES, (2020, 2025));
    let c2 = input.lines.iter_mut().find(|line| line.code == "C2").unwrap();
    (c2.median_change, c2.span_years, c2.points_per_year) = (Some(4.0), Some(4.0), Some(1.0));
    let parts = read(&render(&input));
    let overview = text(element(&parts, "overview"));
    assert!(overview.contains("Median change in points a year: C2 (+1.0 a year"), "{overview}");
}

/// 93.4, 94.4, +1.1: rounding that nothing explained.
#[test]
fn trial_printed_ends_did_not_subtract_to_the_printed_change() {
    let parts = read(&render(&report_of(&FIGURES, (2020, 2025))));
    let regions = text(element(&parts, "C2"));
    assert!(regions.contains("difference of the rounded ends"), "{regions}");
}
