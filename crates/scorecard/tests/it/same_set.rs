//! What may be compared: paces in place of changes, groups over one set, and values that the
//! goalposts still tell apart. Figures are worked out by hand beside each case.

use proptest::prelude::*;
use wsis_model::area::{AreaList, GroupKind, MEMBER};
use wsis_model::framework::{Framework, SeriesBreak, Window};
use wsis_scorecard::pace::Printed;
use wsis_scorecard::result::WindowSummary;
use wsis_scorecard::{GroupScore, Scorecard};

use crate::fixture::{area, areas, close, framework, indicator, memberships, node};
use crate::scenarios::card;

/// A fast line over three years beside a slow one over five.
fn two_lines() -> Scorecard {
    let leaves = vec![indicator("fast", 0.0, 100.0), indicator("slow", 0.0, 100.0)];
    let nodes = vec![node("C2", &["fast"]), node("C3", &["slow"])];
    let two = framework(leaves, nodes, &["C2", "C3"]);
    let mut cells = Vec::new();
    for area in ["AAA", "BBB", "CCC"] {
        cells.extend([("fast", area, 2017, 20.0), ("fast", area, 2020, 32.0)]);
        cells.extend([("slow", area, 2015, 20.0), ("slow", area, 2020, 35.0)]);
    }
    card(&two, &areas(["AAA", "BBB", "CCC"]), &cells)
}

/// +12 in three years are 4 a year, +15 in five are 3: sorted by change, the slower line came
/// first.
#[test]
fn trial_a3_lines_and_groups_are_compared_by_points_a_year() {
    let card = two_lines();
    let window = |line: usize| card.lines[line].windows[0].clone();
    let of = |it: &WindowSummary| (it.median_change, it.span_years, it.points_per_year);
    assert_eq!(of(&window(0)), (Some(12.0), Some(3.0), Some(4.0)));
    assert_eq!(of(&window(1)), (Some(15.0), Some(5.0), Some(3.0)));
    let group = |line: &str| {
        let found = card.group_scores.iter().find(|it| it.line == line && it.group == "World");
        found.map(|it| (it.change, it.span_years, it.points_per_year)).unwrap()
    };
    assert_eq!(group("C2"), (Some(12.0), Some(3.0), Some(4.0)));
    assert_eq!(group("C3"), (Some(15.0), Some(5.0), Some(3.0)));
}

/// +2.25 in five years: printed +2.2 with one decimal, and 2.2 / 5 is 0.4; the pace on its own
/// (0.45) was printed as 0.5.
#[test]
fn trial_a3_a_printed_pace_is_what_a_reader_gets_by_division() {
    let printed = Printed::of(2.25, 5.0, 1).unwrap();
    assert_eq!((printed.change, printed.span), (2.2, 5.0));
    assert_eq!(format!("{:+.1}", 2.25 / 5.0), "+0.5");
    assert_eq!(format!("{:+.1}", printed.per_year), "+0.4");
    assert_eq!(Printed::of(1.0, 0.0, 1), None);
    let card = two_lines();
    let row = card.line_scores.iter().find(|row| row.line == "C2").unwrap();
    let all = [
        row.printed_pace(1),
        card.lines[0].windows[0].printed_pace(1),
        card.group_scores[0].printed_pace(1),
    ];
    for printed in all {
        assert_eq!(printed, Some(Printed { change: 12.0, span: 3.0, per_year: 4.0 }));
    }
}

proptest! {
    /// For any change, span and decimals, and with a sign or a minus of another kind: the texts
    /// divide to the text of the pace.
    #[test]
    fn trial_a3_printed_texts_divide_to_the_printed_pace(
        change in -100.0_f64..100.0, span in 3.0_f64..21.0, decimals in 0_usize..4,
    ) {
        let printed = Printed::of(change, span, decimals).unwrap();
        let read = |text: String| text.replace('\u{2212}', "-").parse::<f64>().unwrap();
        let by_hand = read(format!("{change:+.decimals$}")) / read(format!("{span:.2}"));
        for shown in [decimals, decimals + 1] {
            let texts = (format!("{by_hand:+.shown$}"), format!("{:+.shown$}", printed.per_year));
            prop_assert_eq!(&texts.0, &texts.1);
        }
        // And it is the pace, but for the rounding of the change and of the span.
        let off = (printed.per_year - change / span).abs();
        let allowed = 0.5 * 10_f64.powi(-i32::try_from(decimals).unwrap()) / 3.0
            + 0.005 * change.abs() / 9.0;
        prop_assert!(off <= allowed * 1.01 + 1e-9, "{off} of {allowed}");
    }
}

const WINDOWS: [Window; 2] = [Window { start: 2010, end: 2015 }, Window { start: 2015, end: 2020 }];

fn one_line() -> Framework {
    let mut one = framework(vec![indicator("a", 0.0, 100.0)], vec![node("C3", &["a"])], &["C3"]);
    one.windows = WINDOWS.to_vec();
    one
}

fn region(card: &Scorecard, window: Window) -> GroupScore {
    let mut groups = card.group_scores.iter();
    let of = |it: &&GroupScore| (it.window_start, it.window_end) == (window.start, window.end);
    groups.find(|it| it.group == "Region" && of(it)).unwrap().clone()
}

/// Two members rise by 10 each and a third, at 10, reports for the first time: the mean of whoever
/// reports falls from 50 to 43.3.
#[test]
fn trial_a7_a_group_is_compared_over_one_set_of_members() {
    let list = areas(["AAA", "BBB", "CCC"]);
    let cells = [
        ("a", "AAA", 2015, 60.0),
        ("a", "AAA", 2020, 70.0),
        ("a", "BBB", 2015, 40.0),
        ("a", "BBB", 2020, 50.0),
        ("a", "CCC", 2020, 10.0),
    ];
    let shown = card(&one_line(), &list, &cells);
    let [before, now] = WINDOWS.map(|window| region(&shown, window));
    close(before.score, Some(50.0), 1e-12, "of its own two");
    close(now.score, Some(130.0 / 3.0), 1e-12, "of its own three");
    assert_eq!((before.members_scored, now.members_scored, now.members), (2, 3, 3));
    close(now.score_chained, Some(130.0 / 3.0), 1e-12, "the newest window is the level");
    close(before.score_chained, Some(100.0 / 3.0), 1e-12, "ten points less");
    assert_eq!((before.chained_from, now.chained_from), (Some(2015), Some(2015)));
    // Across a break there is no comparison, and the table says from when on there is one.
    let mut broken = one_line();
    broken.indicators[0].breaks = vec![SeriesBreak {
        year: 2018,
        reason: "another questionnaire".into(),
        source: "test".into(),
        verified: true,
    }];
    let shown = card(&broken, &list, &cells);
    let [before, now] = WINDOWS.map(|window| region(&shown, window));
    assert_eq!((before.chained_from, now.chained_from), (Some(2015), Some(2020)));
    close(before.score_chained, Some(50.0), 1e-12, "its own level");
}

/// 116 of 193 rose and the chained median fell, without a word. Steps by the median of the changes were
/// no better: growth comes in jumps, so that their sum is no level that anybody had.
#[test]
fn trial_p167_beside_a_chained_median_stands_how_many_rose() {
    let mut cells = Vec::new();
    for (area, before, after) in [("AAA", 10.0, 20.0), ("BBB", 50.0, 45.0), ("CCC", 90.0, 95.0)] {
        cells.extend([("a", area, 2019, before), ("a", area, 2020, after)]);
    }
    let shown = card(&one_line(), &areas(["AAA", "BBB", "CCC"]), &cells);
    let of = |year: i32| shown.lines[0].yearly.iter().find(|it| it.year == year).unwrap().clone();
    assert_eq!((of(2020).median, of(2019).median), (Some(45.0), Some(50.0)));
    assert_eq!((of(2020).rose, of(2020).fell, of(2020).matched), (2, 1, 3));
    assert!(of(2020).linked);
}

/// Each of three economies jumps once: the median of a year's changes is 0 in all years, and the level
/// of 2017 was told as that of 2020.
#[test]
fn trial_p169_a_chain_over_one_set_is_the_median_of_that_set() {
    let jumps = [("AAA", [10.0, 60.0, 60.0, 60.0]), ("BBB", [20.0, 20.0, 70.0, 70.0])];
    let jumps = jumps.into_iter().chain([("CCC", [30.0, 30.0, 30.0, 80.0])]);
    let cells: Vec<_> = jumps
        .flat_map(|(area, values)| (2017..=2020).zip(values).map(move |it| ("a", area, it.0, it.1)))
        .collect();
    let shown = card(&one_line(), &areas(["AAA", "BBB", "CCC"]), &cells);
    let of = |year: i32| shown.lines[0].yearly.iter().find(|it| it.year == year).unwrap().median;
    assert_eq!([2017, 2018, 2019, 2020].map(of), [20.0, 30.0, 60.0, 70.0].map(Some));
}

/// One of three members has a figure: a mean of it is nobody's, chained or not.
#[test]
fn trial_a7_a_chained_group_is_withheld_like_its_level() {
    let list = areas(["AAA", "BBB", "CCC"]);
    let shown = card(&one_line(), &list, &[("a", "AAA", 2015, 60.0), ("a", "AAA", 2020, 70.0)]);
    for window in WINDOWS {
        let found = region(&shown, window);
        assert_eq!((found.status, found.score), ("withheld", None));
        assert_eq!((found.score_chained, found.chained_from), (None, None));
    }
}

/// The code lists have dates for member States, LDCs and income groups, none for regions, LLDC and
/// SIDS.
#[test]
fn trial_a10_a_group_without_dates_says_membership_of_today() {
    let spells = memberships(&[
        (GroupKind::Universe, MEMBER, "AAA", Some(1945), None),
        (GroupKind::Special, "LDC", "AAA", Some(1971), None),
        (GroupKind::Special, "SIDS", "AAA", None, None),
    ]);
    let list = AreaList::new(vec![area("AAA")], Vec::new()).unwrap().with_memberships(spells);
    let shown = card(&one_line(), &list, &[("a", "AAA", 2020, 70.0)]);
    let membership =
        |name: &str| shown.group_scores.iter().find(|it| it.group == name).map(|it| it.membership);
    assert_eq!(membership("World"), Some("at the end of the window"));
    assert_eq!(membership("LDC"), Some("at the end of the window"));
    assert_eq!(membership("SIDS"), Some("membership of today"));
    assert_eq!(membership("Region"), Some("membership of today"));
}

proptest! {
    /// However figures come and go: where each one that is there twice has risen, no group falls
    /// between two windows that its chain compares.
    #[test]
    fn trial_a7_no_group_falls_where_every_figure_rises(
        there in proptest::collection::vec(any::<bool>(), 60),
        rise in proptest::collection::vec(0.0_f64..8.0, 60),
    ) {
        let codes = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF"];
        let mut cells = Vec::new();
        for (at, code) in codes.iter().enumerate() {
            let mut value = 2.0 * f64::from(u8::try_from(at).unwrap());
            for (step, year) in (2011..=2020).enumerate() {
                value += rise[at * 10 + step];
                if there[at * 10 + step] {
                    cells.push(("a", *code, year, value));
                }
            }
        }
        let shown = card(&one_line(), &areas(codes), &cells);
        for line in &shown.lines {
            prop_assert!(line.windows.len() == 2);
        }
        let [before, now] = WINDOWS.map(|window| region(&shown, window));
        if let (Some(earlier), Some(later), Some(from)) =
            (before.score_chained, now.score_chained, now.chained_from)
            && from <= 2015
        {
            prop_assert!(later >= earlier - 1e-9, "{earlier} to {later}");
        }
    }
}

/// Three of four economies beyond full marks: the indicator tells one of them from the rest.
#[test]
fn trial_a12_an_indicator_most_of_whose_values_are_clamped_is_named() {
    let list = areas(["AAA", "BBB", "CCC", "DDD"]);
    let shown = |values: [f64; 4]| {
        let codes = ["AAA", "BBB", "CCC", "DDD"];
        let cells: Vec<_> =
            codes.iter().zip(values).map(|(code, value)| ("a", *code, 2020, value)).collect();
        card(&one_line(), &list, &cells).crowded(wsis_config::rules::house().warnings)
    };
    // On a goalpost is not beyond it, and half is not most.
    assert_eq!(shown([100.0, 100.0, 100.0, 0.0]), []);
    assert_eq!(shown([120.0, -5.0, 60.0, 70.0]), []);
    let found = shown([120.0, 130.0, -5.0, 50.0]);
    assert_eq!(found.len(), 1);
    assert_eq!((found[0].beyond, found[0].of, found[0].window_end), (3, 4, 2020));
    assert_eq!(
        found[0].to_string(),
        "a, 2015-2020: of 4 economies with a current value, 3 have one beyond a goalpost (0 to 100) \
         and score as if it lay on it"
    );
}
