//! What a score may say: each case is one that was said falsely before.

use proptest::prelude::*;
use wsis_model::area::{Area, AreaList};
use wsis_model::framework::{Framework, MetFrom, SeriesBreak, Window};
use wsis_model::status::ObsStatus;
use wsis_scorecard::{Cell, Class, Grade, LineScore, Missing, Panel, Scorecard, score};

use crate::fixture::{area, areas, close, framework, house, indicator, node, panel, with_target};
use crate::scenarios::{WINDOW, card, full, pair};

fn line(card: &Scorecard, code: &str) -> LineScore {
    card.line_scores.iter().find(|row| row.area == code).unwrap().clone()
}

/// One line over `codes`, from 0 to 100, target 100 by 2030, met from 99.
fn coverage(codes: &[&str]) -> Framework {
    let leaves = codes.iter().map(|code| {
        let mut leaf = with_target(indicator(code, 0.0, 100.0), 100.0, 2030);
        let met = MetFrom { value: 99.0, source: "UNSD".into(), verified: true };
        leaf.target.as_mut().unwrap().met_from = Some(met);
        leaf
    });
    framework(leaves.collect(), vec![node("C2", codes)], &["C2"])
}

fn relative() -> Framework {
    let mut leaf = indicator("epi", 0.0, 1.0);
    leaf.relative = true;
    let why = |year| SeriesBreak { year, reason: "r".into(), source: "s".into(), verified: true };
    leaf.breaks = vec![why(2018)];
    framework(vec![leaf], vec![node("C1", &["epi"])], &["C1"])
}

#[test]
fn trial_a1_rows_before_valid_from_are_kept_and_never_scored() {
    let since = |year| {
        let young = Area { valid: (Some(year), None), ..area("AAA") };
        let list = AreaList::new(vec![young], Vec::new()).unwrap();
        let cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
        let panel = panel(&pair(), &list, &cells);
        assert_eq!(panel.len(), 4, "every row is kept");
        (score(house(&pair()), &panel, &list), panel)
    };
    let (card, _) = since(2018);
    let row = line(&card, "AAA");
    assert_eq!((row.score, row.score_start, row.change), (Some(65.0), None, None));
    // The first year itself counts.
    assert_eq!(line(&since(2015).0, "AAA").change, Some(20.0));
    // South Sudan in 2010: only rows of another country.
    let (card, panel) = since(2021);
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!((row.missing, line(&card, "AAA").score), (Some(Missing::BeforeTerritory), None));
    let text = row.missing_reason.as_deref().unwrap();
    assert!(text.contains("2020") && text.contains("since 2021"), "{text}");
    assert!(panel.cell("a", "AAA", 2020).is_some());
    assert!(card.lines[0].yearly.iter().all(|year| year.economies == 0), "no sparkline either");
}

/// Sudan of 2010 is another country than that of 2015: its figures are no start of a change, whatever they say.
#[test]
fn a10_no_change_runs_across_a_new_territory() {
    let sudan = Area { valid: (Some(2011), None), ..area("SDN") };
    let list = AreaList::new(vec![sudan], Vec::new()).unwrap();
    let cells = [("a", "SDN", 2010, 17.0), ("a", "SDN", 2015, 26.0)];
    let mut of_then = framework(pair().indicators, vec![node("C2", &["a"])], &["C2"]);
    of_then.windows = vec![Window { start: 2010, end: 2015 }];
    let card = score(house(&of_then), &panel(&of_then, &list, &cells), &list);
    let row = line(&card, "SDN");
    assert_eq!((row.score, row.score_start, row.change), (Some(26.0), None, None));
    assert_eq!(row.change_reason.as_deref(), Some("no baseline within 2008 to 2012"));
}

#[test]
fn trial_a1_a_gap_shows_what_the_source_says_of_it() {
    let (pair, list) = (pair(), areas(["MCO"]));
    let mut builder = Panel::builder(&pair, &list);
    let mut cell = Cell::with_status(None, ObsStatus::Missing);
    cell.footnote = Some("0 means not surveyed".into());
    builder.insert("a", "MCO", 2020, cell).unwrap();
    let card = score(house(&pair), &builder.build(), &list);
    let row = card.indicator_score("a", "MCO", WINDOW).unwrap();
    assert_eq!(row.missing, Some(Missing::NoValue));
    assert_eq!(row.missing_reason.as_deref(), Some("no value for 2020: 0 means not surveyed"));
    assert_eq!(line(&card, "MCO").score, None, "and never 0");
}

/// "Data not collected, as stated for 2010" was said of UN DESA, which prints a 0: the status is what
/// stands in the lake, whoever put it there.
#[test]
fn trial_a1_a_status_of_ours_is_not_said_to_be_stated_by_the_source() {
    let (pair, list) = (pair(), areas(["MCO"]));
    let mut builder = Panel::builder(&pair, &list);
    let cell = Cell::with_status(None, ObsStatus::NotCollected);
    builder.insert("a", "MCO", 2020, cell).unwrap();
    let card = score(house(&pair), &builder.build(), &list);
    let row = card.indicator_score("a", "MCO", WINDOW).unwrap();
    assert_eq!(row.missing, Some(Missing::NotCollected));
    assert_eq!(row.missing_reason.as_deref(), Some("data not collected (status L of 2020)"));
}

#[test]
fn trial_a2_no_change_and_no_class_across_a_declared_break() {
    let mut broken = pair();
    let reason = "another questionnaire";
    broken.indicators[0].breaks = vec![SeriesBreak {
        year: 2018,
        reason: reason.into(),
        source: "test".into(),
        verified: true,
    }];
    let list = areas(["AAA"]);
    let card = card(&broken, &list, &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!((row.change, row.per_year, row.ratio), (None, None, None));
    assert_eq!(row.class, Class::NotAssessable);
    assert_eq!(row.class_reason.as_deref(), Some("series break in 2018: another questionnaire"));
    // What is needed from now on needs no past.
    close(row.required_per_year, Some(3.0), 1e-12, "from 60 in 2020 to 90 in 2030");
    assert_eq!(line(&card, "AAA").score, Some(65.0), "the level stays");
    // A break in the first year, or after the last, separates nothing.
    for year in [2015, 2021] {
        broken.indicators[0].breaks[0].year = year;
        let card = crate::scenarios::card(&broken, &list, &full("AAA", [40.0, 60.0], [10.0, 6.0]));
        assert_eq!(card.indicator_score("a", "AAA", WINDOW).unwrap().change, Some(20.0));
    }
}

/// All four fall, as EPI did from 2020 to 2022; C rises from third to second.
#[test]
fn trial_a2_a_relative_index_has_positions_and_no_class() {
    let list = areas(["AAA", "BBB", "CCC", "DDD", "NEW"]);
    let cells = [
        ("epi", "AAA", 2015, 0.9),
        ("epi", "AAA", 2020, 0.8),
        ("epi", "BBB", 2015, 0.7),
        ("epi", "BBB", 2020, 0.3),
        ("epi", "CCC", 2015, 0.6),
        ("epi", "CCC", 2020, 0.5),
        ("epi", "DDD", 2015, 0.6),
        ("epi", "DDD", 2020, 0.1),
        // In one edition only: nobody's rank moves because of it.
        ("epi", "NEW", 2020, 1.0),
    ];
    let card = card(&relative(), &list, &cells);
    let row = line(&card, "CCC");
    assert_eq!(row.score, Some(50.0), "the level is shown");
    assert_eq!((row.change, row.points_per_year, row.ratio), (None, None, None));
    assert_eq!(row.class, Class::NotAssessable);
    assert!(row.class_reason.unwrap().contains("standardised anew in every edition"));
    let position = row.position.unwrap();
    assert_eq!((position.rank_start, position.rank_end, position.of), (3, 2, 4));
    // Of the three others, none was worse at the start (a tie), two at the end.
    close(Some(position.share_below_start), Some(0.0), 1e-12, "start");
    close(Some(position.share_below_end), Some(2.0 / 3.0), 1e-12, "end");
    assert_eq!((position.year_start, position.year_end), (2015, 2020));
    assert_eq!(line(&card, "NEW").position, None);
    assert!(card.line_scores.iter().all(|row| row.class == Class::NotAssessable));
    let world = card.group_scores.iter().find(|group| group.group == "World").unwrap();
    assert_eq!(world.change, None, "nor do regions regress");
}

/// Viet Nam: +12.82 a year stood beside 28.8 to 75.8 "over five years".
#[test]
fn trial_a3_points_a_year_are_the_change_over_the_span_of_the_same_set() {
    let codes = ["a", "b", "c"];
    let list = areas(["VNM"]);
    let cells = [
        ("a", "VNM", 2015, 10.0),
        ("a", "VNM", 2020, 90.0),
        ("b", "VNM", 2016, 20.0),
        ("b", "VNM", 2019, 70.0),
        ("c", "VNM", 2017, 56.4),
        ("c", "VNM", 2020, 67.4),
    ];
    let row = line(&card(&coverage(&codes), &list, &cells), "VNM");
    let years = row.years.unwrap();
    close(Some(years.span), Some((5.0 + 3.0 + 3.0) / 3.0), 1e-12, "span");
    close(row.points_per_year, Some(row.change.unwrap() / years.span), 1e-12, "by division");
    assert_eq!((years.start_first, years.start_last), (2015, 2017));
    assert_eq!((years.end_first, years.end_last), (2019, 2020));
}

#[test]
fn trial_a3_a_class_that_the_tie_rule_decides_says_so() {
    let list = areas(["AAA", "BBB"]);
    let mut alone = pair();
    alone.nodes = vec![node("C1", &["a"])];
    alone.reported = vec!["C1".into()];
    let with = |area: &'static str, early: f64| {
        [("a", area, 2014, early), ("a", area, 2016, 60.0), ("a", area, 2020, 58.0)]
    };
    let cells: Vec<_> = with("AAA", 20.0).into_iter().chain(with("BBB", 61.0)).collect();
    let card = card(&alone, &list, &cells);
    let row = line(&card, "AAA");
    assert_eq!((row.class, row.depends_on_baseline), (Class::OnTrack, true));
    assert!(row.class_reason.unwrap().ends_with("depends on the baseline year"));
    assert!(card.indicator_score("a", "AAA", WINDOW).unwrap().depends_on_baseline);
    let row = line(&card, "BBB");
    assert_eq!((row.class, row.depends_on_baseline), (Class::Regressing, false));
}

/// Estonia, 3G 100 to 100 and 4G 100 to 99: a class "regressing" beside +2.7 points.
#[test]
fn trial_a5_h7_estonia_and_finland_meet_universal_coverage() {
    let mut three = coverage(&["3g", "4g", "fbb"]);
    let fixed = three.indicators.iter_mut().find(|leaf| leaf.code == "fbb").unwrap();
    fixed.target = None;
    let list = areas(["EST", "FIN"]);
    let mut cells = Vec::new();
    for (area, three, four, fixed) in [
        ("EST", [100.0, 100.0], [100.0, 99.0], [58.0, 67.0]),
        ("FIN", [99.9, 99.9], [99.9, 99.9], [62.0, 66.0]),
    ] {
        for (code, values) in [("3g", three), ("4g", four), ("fbb", fixed)] {
            cells.extend([(code, area, 2015, values[0]), (code, area, 2020, values[1])]);
        }
    }
    let card = card(&three, &list, &cells);
    let row = line(&card, "EST");
    assert!(row.change.unwrap() > 0.0);
    assert_eq!(row.class, Class::TargetMet);
    let reason = row.class_reason.unwrap();
    for part in [
        "met, but falling",
        "rests on 2 of 3 indicators: 3G 100 to 100 (2015 to 2020), 4G 100 to 99 (2015 to 2020)",
        "no target in this framework: FBB",
    ] {
        assert!(reason.contains(part), "{part:?} in {reason:?}");
    }
    assert_eq!((row.target_score, row.met_score), (Some(100.0), Some(99.0)));
    assert_eq!((line(&card, "FIN").class, row.required_per_year), (Class::TargetMet, None));
    // Lost for good: 100 to 98 is below what counts as met.
    let lost = crate::scenarios::card(
        &coverage(&["a", "b"]),
        &list,
        &full("EST", [100.0, 98.0], [100.0, 98.0]),
    );
    let row = line(&lost, "EST");
    assert_eq!(row.class, Class::Regressing);
    let reason = row.class_reason.unwrap();
    assert!(
        reason.starts_with(
            "target met at the start, then lost: mean score of those with a target 100.0 to 98.0"
        ),
        "{reason}"
    );
}

#[test]
fn trial_h7_lost_is_said_although_the_target_equals_the_start() {
    let mut alone = coverage(&["a"]);
    alone.indicators[0].target.as_mut().unwrap().met_from = None;
    let list = areas(["AAA"]);
    let card = card(&alone, &list, &[("a", "AAA", 2015, 100.0), ("a", "AAA", 2020, 99.0)]);
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!(row.class, Class::Regressing);
    assert_eq!(
        row.class_reason.as_deref(),
        Some("target met at the start, then lost: 100 in 2015 to 99 in 2020, met from 100")
    );
}

#[test]
fn trial_a5_targets_hold_two_thirds_of_the_matched_weight() {
    let list = areas(["AAA"]);
    let class = |targets: usize| {
        let codes = ["a", "b", "c", "d"];
        let mut four = coverage(&codes);
        for leaf in four.indicators.iter_mut().skip(targets) {
            leaf.target = None;
        }
        let cells: Vec<_> = codes
            .iter()
            .flat_map(|code| [(*code, "AAA", 2015, 10.0), (*code, "AAA", 2020, 60.0)])
            .collect();
        let row = line(&card(&four, &list, &cells), "AAA");
        (row.class, row.class_reason.unwrap(), row.target_score)
    };
    assert_eq!(class(3).0, Class::OnTrack);
    let (two, reason, target) = class(2);
    assert_eq!((two, target), (Class::NotAssessable, None));
    assert_eq!(
        reason,
        "targets on 2 of the 4 indicators that can be compared, two thirds of their weight asked"
    );
}

#[test]
fn trial_a8_one_observation_is_not_baseline_and_current_value() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let cells = [("a", "AAA", 2017, 60.0), ("b", "AAA", 2017, 6.0)];
    let card = card(&pair, &list, &cells);
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert!(row.start.is_none() && row.end.is_some() && !row.shifted);
    let text = "no baseline within 2013 to 2017: the only value there, of 2017, is the current one";
    assert_eq!(row.class_reason.as_deref(), Some(text));
    let row = line(&card, "AAA");
    assert_eq!((row.class_reason.as_deref(), row.baseline), (Some(text), Some(0.0)));
    // Coverage is whole and the values are three years old: the level keeps its grade.
    assert_eq!((row.grade, row.grade_change), (Some(Grade::B), None), "no change, no grade of it");
    assert!(row.rank.is_some() || !row.rank_reason.unwrap_or_default().contains("baseline"));
}

#[test]
fn trial_a8_h8_the_reason_is_that_of_the_failed_test() {
    let (pair, list) = (pair(), areas(["AAA"]));
    // Two years between them, and nothing else is wrong.
    let cells = [
        ("a", "AAA", 2017, 40.0),
        ("a", "AAA", 2019, 50.0),
        ("b", "AAA", 2017, 9.0),
        ("b", "AAA", 2019, 8.0),
    ];
    let card = card(&pair, &list, &cells);
    let text = "span of 2 years (2017 to 2019), 3 asked";
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!(row.class_reason.as_deref(), Some(text));
    assert_eq!(line(&card, "AAA").class_reason.as_deref(), Some(text));
    // Two indicators fail two tests: each is named with its own.
    let cells = [
        ("a", "AAA", 2015, 40.0),
        ("a", "AAA", 2016, 50.0),
        ("b", "AAA", 2017, 9.0),
        ("b", "AAA", 2019, 8.0),
    ];
    let reason = line(&crate::scenarios::card(&pair, &list, &cells), "AAA").class_reason.unwrap();
    let stale = "A: current value of 2016 is more than 3 years older than 2020";
    assert_eq!(reason, format!("{stale}; B: {text}"));
}

#[test]
fn trial_a8_h11_no_score_comes_before_no_target() {
    let bare = framework(
        vec![indicator("a", 0.0, 1.0), indicator("b", 0.0, 1.0)],
        vec![node("C2", &["a", "b"])],
        &["C2"],
    );
    let list = areas(["AAA", "BBB"]);
    let cells = [("a", "AAA", 2020, 0.5), ("a", "BBB", 2020, 0.5), ("b", "BBB", 2020, 0.5)];
    let card = card(&bare, &list, &cells);
    let reason = |code: &str| line(&card, code).class_reason.unwrap();
    assert_eq!(reason("AAA"), "no score: 1 of 2 parts present, 2 needed");
    assert_eq!(reason("BBB"), "no target in this framework");
}

/// A target of 2019, a window that ends in 2020, a value of 2018.
#[test]
fn trial_r33_a8_deadlines_are_compared_with_the_end_of_the_window() {
    let at = |year| {
        let leaf = with_target(indicator("a", 0.0, 100.0), 90.0, year);
        let alone = framework(vec![leaf], vec![node("C1", &["a"])], &["C1"]);
        // Another economy has a figure of 2020: these years are over (P332).
        let cells = [("a", "AAA", 2015, 40.0), ("a", "AAA", 2018, 50.0), ("a", "BBB", 2020, 10.0)];
        let card = card(&alone, &areas(["AAA", "BBB"]), &cells);
        let row = card.indicator_score("a", "AAA", WINDOW).unwrap().clone();
        (row.class, row.class_reason, row.required_per_year, line(&card, "AAA").class)
    };
    let (class, reason, required, line) = at(2019);
    assert_eq!((class, line, required), (Class::DeadlineMissed, Class::DeadlineMissed, None));
    let text = "target year 2019 past, target not met: 50 in 2018, met from 90; the latest value is of 2018";
    assert_eq!(reason.as_deref(), Some(text));
    assert_eq!(at(2020).0, Class::DeadlineMissed);
    let (class, _, required, _) = at(2022);
    assert_eq!(class, Class::Limited);
    close(required, Some(10.0), 1e-12, "40 points in the 4 years from the value to 2022");
}

#[test]
fn trial_a8_required_per_year_stands_wherever_a_target_lies_ahead() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let card = card(&pair, &list, &[("a", "AAA", 2020, 60.0), ("b", "AAA", 2020, 6.0)]);
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!(row.class, Class::NotAssessable);
    close(row.required_per_year, Some(3.0), 1e-12, "indicator without a baseline");
    close(line(&card, "AAA").required_per_year, Some(2.5), 1e-12, "line without a baseline");
}

#[test]
fn trial_a8_level_only_is_said_beside_another_remark() {
    let list = areas(["AAA"]);
    let leaf = with_target(indicator("a", 0.0, 100.0), 90.0, 2018);
    let alone = framework(vec![leaf], vec![node("C1", &["a"])], &["C1"]);
    let card = card(&alone, &list, &[("a", "AAA", 2020, 50.0)]);
    let text = "target year 2018 past, target not met: 50 in 2020, met from 90; \
                level only: no baseline within 2013 to 2017";
    let row = card.indicator_score("a", "AAA", WINDOW).unwrap();
    assert_eq!(row.class_reason.as_deref(), Some(text));
    let reason = line(&card, "AAA").class_reason.unwrap();
    let test = "target year 2018 past, target not met: mean score of those with a target 50.0, met from 90.0";
    let level = "; level only: no baseline within 2013 to 2017";
    assert!(reason.starts_with(&format!("{test}{level}")), "{reason}");
}

#[test]
fn trial_a12_clamped_values_are_counted_and_the_method_has_a_fingerprint() {
    let (first, list) = (pair(), areas(["AAA"]));
    let cells = full("AAA", [40.0, 120.0], [10.0, 6.0]);
    let shown = card(&first, &list, &cells);
    let row = line(&shown, "AAA");
    assert_eq!((row.clamped, row.indicators_used), (1, 2));
    assert!(shown.indicator_score("a", "AAA", WINDOW).unwrap().clamped);
    assert_eq!(shown.method_fingerprint.len(), 16);
    assert_eq!(card(&first, &list, &[]).method_fingerprint, shown.method_fingerprint);
    // One goalpost, one target or one area more: another method under the same version.
    let mut other = pair();
    other.indicators[0].goalposts.as_mut().unwrap().hi = 101.0;
    let mut target = pair();
    target.indicators[1].target.as_mut().unwrap().year = 2031;
    let changed = [
        card(&other, &list, &cells),
        card(&target, &list, &cells),
        card(&first, &areas(["AAA", "BBB"]), &cells),
    ];
    for card in changed {
        assert_eq!(card.method_version, shown.method_version);
        assert_ne!(card.method_fingerprint, shown.method_fingerprint);
    }
}

proptest! {
    /// Whatever the values and years: no observation stands at both ends, a class below "target
    /// met" never lacks a reason, and the printed pace is the change over the span.
    #[test]
    fn trial_a3_a5_a8_hold_for_any_figures(
        values in proptest::collection::vec((0usize..3, 2010i32..=2021, 0.0f64..120.0), 0..24),
    ) {
        let codes = ["a", "b", "c"];
        let list = areas(["AAA"]);
        let mut cells: Vec<(&str, &str, i32, f64)> = Vec::new();
        for (code, year, value) in values {
            let code = codes[code];
            if !cells.iter().any(|cell| (cell.0, cell.2) == (code, year)) {
                cells.push((code, "AAA", year, value));
            }
        }
        let mut three = coverage(&codes);
        three.windows.push(Window { start: 2010, end: 2015 });
        let card = card(&three, &list, &cells);
        for row in &card.indicator_scores {
            if let (Some(start), Some(end)) = (&row.start, &row.end) {
                prop_assert!(start.year < end.year);
            }
            prop_assert!(row.class != Class::NotAssessable || row.class_reason.is_some());
        }
        for row in &card.line_scores {
            prop_assert_eq!(row.years.is_some(), row.change.is_some());
            if let (Some(change), Some(years)) = (row.change, row.years) {
                let pace = row.points_per_year.unwrap();
                prop_assert!((pace * years.span - change).abs() < 1e-9);
            }
            prop_assert!(row.class_reason.is_some(), "a class without a basis");
        }
    }
}
