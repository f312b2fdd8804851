//! One figure by two ways: what lies far apart is named, and takes a letter from the grade.

use wsis_config::rules;
use wsis_model::framework::Framework;
use wsis_model::rules::Method;
use wsis_scorecard::{Grade, Scorecard, score};

use crate::fixture::{areas, framework, house, indicator, node, panel};
use crate::scenarios::WINDOW;

/// C2 by `users` and `phones` of one half each; two more deliveries of the first stand beside it.
fn world() -> Framework {
    let second = |code: &str| {
        let mut it = indicator(code, 0.0, 100.0);
        it.second_delivery_of = Some("users".to_owned());
        it
    };
    let mut leaves = ["phones", "users"].map(|code| indicator(code, 0.0, 80.0)).to_vec();
    leaves.extend([second("users-again"), second("users-unsd")]);
    framework(leaves, vec![node("C2", &["phones", "users"])], &["C2"])
}

fn card(method: Method<'_>, cells: &[(&str, &str, i32, f64)]) -> Scorecard {
    let list = areas(["AAA", "BBB"]);
    score(method, &panel(method.framework, &list, cells), &list)
}

/// Iraq 2018: the World Bank has 33.9 % of people online, UNSD 75 %. Both are ITU's number.
#[test]
fn v11_a_figure_that_another_provider_contradicts_is_named_and_lowers_the_grade() {
    let world = world();
    let both = [
        ("users", "AAA", 2020, 33.928),
        ("users-unsd", "AAA", 2020, 75.0),
        ("users-again", "AAA", 2020, 40.0),
        ("phones", "AAA", 2020, 40.0),
        ("users", "BBB", 2020, 33.928),
        ("phones", "BBB", 2020, 40.0),
    ];
    let shown = card(house(&world), &both);
    let row = shown.indicator_score("users", "AAA", WINDOW).unwrap();
    let dispute = row.dispute.clone().unwrap();
    // By goalposts of 0 to 80: (75 - 33.928) / 80.
    assert_eq!((dispute.indicator.as_str(), dispute.value), ("users-unsd", 75.0));
    assert!((dispute.points - 51.34).abs() < 1e-9, "{dispute:?}");
    let graded = |area| {
        let row = shown.line_score("C2", area, WINDOW).unwrap();
        (row.grade, row.disputed, row.score)
    };
    let level = Some(f64::midpoint(33.928 / 0.8, 50.0));
    assert_eq!(graded("AAA"), (Some(Grade::B), Some(0.5), level), "the score stays");
    assert_eq!(graded("BBB"), (Some(Grade::A), Some(0.0), level));
    // The other ways are disputed by the first as it is by them.
    let other = shown.indicator_score("users-unsd", "AAA", WINDOW).unwrap().dispute.clone();
    assert_eq!(other.map(|it| (it.indicator, it.value)), Some(("users".to_owned(), 33.928)));
}

/// What rounds, what is of another year and what no score would tell apart disputes nothing.
#[test]
fn trial_p170_what_makes_no_difference_disputes_nothing() {
    let world = world();
    let undisputed = |own: f64, other: (i32, f64)| {
        let cells = [
            ("users", "AAA", 2020, own),
            ("users-unsd", "AAA", other.0, other.1),
            ("phones", "AAA", 2020, 1.0),
        ];
        let shown = card(house(&world), &cells);
        let row = shown.indicator_score("users", "AAA", WINDOW).unwrap();
        let line = shown.line_score("C2", "AAA", WINDOW).unwrap();
        assert_eq!(row.dispute.is_none(), line.disputed == Some(0.0));
        row.dispute.is_none()
    };
    // Five hundredths of full marks of 80 are 4.
    assert!(undisputed(40.0, (2020, 43.9)));
    assert!(!undisputed(40.0, (2020, 44.0)), "the bound itself is far");
    assert!(!undisputed(40.0, (2020, 36.0)), "to either side");
    assert!(undisputed(40.0, (2019, 75.0)), "of another year");
    assert!(undisputed(85.0, (2020, 99.0)), "both are held at full marks");
}

/// The share from which on a letter is lost is the rule book's; none is lost where nothing is disputed.
#[test]
fn trial_p170_the_rule_book_says_from_where_on_a_letter_is_lost() {
    let world = world();
    let cells = [
        ("users", "AAA", 2020, 30.0),
        ("users-unsd", "AAA", 2020, 75.0),
        ("phones", "AAA", 2020, 40.0),
        ("users", "BBB", 2020, 30.0),
        ("phones", "BBB", 2020, 40.0),
    ];
    for (share, grades) in [("0 %", ["B", "A"]), ("50 %", ["B", "A"]), ("51 %", ["A", "A"])] {
        let mut book = rules::house().clone();
        book.grades.disputed_share = wsis_model::rules::Share::parse(share).unwrap();
        let shown = card(Method::new(&world, &book), &cells);
        let grade =
            |area| shown.line_score("C2", area, WINDOW).unwrap().grade.map_or("none", Grade::code);
        assert_eq!(["AAA", "BBB"].map(grade), grades, "{share}");
    }
}
