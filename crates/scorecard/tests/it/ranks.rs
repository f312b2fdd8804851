//! Who is ranked, by what, and medians over the same set.

use proptest::prelude::*;
use wsis_model::area::{AreaList, GroupKind, MEMBER, OBSERVER};
use wsis_model::framework::{Framework, Ranking, Requires, Universe, Window};
use wsis_scorecard::{LineScore, Scorecard};

use crate::fixture::{areas, close, framework, indicator, memberships, node};
use crate::scenarios::{WINDOW, card, full, pair};

type Cells<'a> = Vec<(&'a str, &'a str, i32, f64)>;

/// Three indicators; the least share of weight for a rank is two thirds.
fn three() -> Framework {
    let codes = ["a", "b", "c"];
    let leaves = codes.map(|code| indicator(code, 0.0, 100.0)).to_vec();
    framework(leaves, vec![node("C2", &codes)], &["C2"])
}

fn at<'c>(card: &'c Scorecard, area: &str) -> &'c LineScore {
    card.line_score("C2", area, WINDOW).unwrap()
}

/// An economy that leaves out its worst figure had a higher score and a better rank.
#[test]
fn trial_a6_silence_gives_bounds_and_no_rank() {
    let list = areas(["AAA", "BBB", "CCC", "DDD"]);
    let mut cells: Cells<'_> = Vec::new();
    for (area, [a, b, c]) in
        [("AAA", [90.0, 80.0, 70.0]), ("BBB", [60.0, 60.0, 60.0]), ("CCC", [50.0, 40.0, 30.0])]
    {
        cells.extend([("a", area, 2020, a), ("b", area, 2020, b), ("c", area, 2020, c)]);
    }
    // 88 on what it reports; 58.7 if the third is 0, 92 if it is 100.
    cells.extend([("a", "DDD", 2020, 90.0), ("b", "DDD", 2020, 86.0)]);
    let card = card(&three(), &list, &cells);
    let silent = at(&card, "DDD");
    close(silent.score, Some(88.0), 1e-12, "the level stays");
    assert_eq!((silent.rank, silent.ranked_of), (None, 3));
    assert_eq!(silent.rank_reason.as_deref(), Some("2 of 3 core indicators; no c"));
    assert_eq!((silent.core_score, silent.core_used, silent.core_total), (None, 2, 3));
    close(silent.score_low, Some(176.0 / 3.0), 1e-12, "lowest goalpost");
    close(silent.score_high, Some(92.0), 1e-12, "highest goalpost");
    assert_eq!((silent.rank_low, silent.rank_high), (Some(1), Some(3)));
    let first = at(&card, "AAA");
    assert_eq!((first.rank, first.rank_reason.as_deref()), (Some(1), None));
    assert_eq!((first.score_low, first.rank_low, first.core_score), (None, None, first.score));
    assert_eq!(card.lines[0].windows[0].core, ["a", "b", "c"]);
}

/// An indicator of a few is in the level of these, and in nobody's rank.
#[test]
fn trial_a6_ranks_compare_the_core_only() {
    let list = areas(["AAA", "BBB", "CCC"]);
    let mut three = three();
    three.nodes[0].min_weight_rank = Some(0.5);
    let mut cells: Cells<'_> = Vec::new();
    for (area, value) in [("AAA", 60.0), ("BBB", 50.0), ("CCC", 40.0)] {
        cells.extend([("a", area, 2020, value), ("b", area, 2020, value)]);
    }
    cells.push(("c", "AAA", 2020, 0.0));
    let card = card(&three, &list, &cells);
    let first = at(&card, "AAA");
    close(first.score, Some(40.0), 1e-12, "over everything present");
    assert_eq!((first.core_score, first.rank), (Some(60.0), Some(1)));
    assert_eq!(card.lines[0].windows[0].core, ["a", "b"]);
}

#[test]
fn trial_a6_too_old_for_a_rank_and_a_missing_baseline_is_no_hindrance() {
    let list = areas(["AAA", "BBB"]);
    let mut cells: Cells<'_> = Vec::new();
    for code in ["a", "b", "c"] {
        cells.extend([(code, "AAA", 2015, 50.0), (code, "BBB", 2020, 50.0)]);
    }
    let card = card(&three(), &list, &cells);
    assert_eq!(
        at(&card, "AAA").rank_reason.as_deref(),
        Some("the figures are too old (freshness 0.2, 0.4 needed)")
    );
    assert_eq!((at(&card, "BBB").rank, at(&card, "BBB").baseline), (Some(1), Some(0.0)));
}

fn universe() -> AreaList {
    areas(["AAA", "BBB", "CCC", "OBS", "TER"]).with_memberships(memberships(&[
        (GroupKind::Universe, MEMBER, "AAA", Some(1945), None),
        (GroupKind::Universe, MEMBER, "BBB", Some(1945), None),
        (GroupKind::Universe, MEMBER, "CCC", Some(2018), None),
        (GroupKind::Universe, OBSERVER, "OBS", None, None),
        (GroupKind::Income, "low", "AAA", None, Some(2017)),
        (GroupKind::Income, "high", "AAA", Some(2018), None),
        (GroupKind::Income, "high", "TER", None, None),
        (GroupKind::Special, "LDC", "BBB", Some(1971), Some(2019)),
    ]))
}

/// Observer States and territories are scored, stand apart and take nobody's place.
#[test]
fn trial_a10_ranks_counts_and_shares_are_of_the_member_states() {
    let mut pair = pair();
    pair.windows.push(Window { start: 2010, end: 2015 });
    let mut cells: Cells<'_> = Vec::new();
    for (area, value) in [("AAA", 60.0), ("BBB", 40.0), ("OBS", 90.0), ("TER", 95.0)] {
        cells.extend(full(area, [40.0, value], [10.0, 6.0]));
    }
    let card = card(&pair, &universe(), &cells);
    let row = |area| at(&card, area);
    assert_eq!(
        (row("AAA").rank, row("AAA").ranked_of, row("AAA").standing),
        (Some(1), 2, "member")
    );
    assert_eq!((row("OBS").rank, row("OBS").standing), (None, "observer"));
    assert!(row("OBS").score.is_some() && row("TER").score.is_some());
    assert_eq!(
        row("OBS").rank_reason.as_deref(),
        Some("an observer State; ranks are of the member States of the United Nations")
    );
    assert_eq!((row("TER").standing, row("TER").rank_low), ("other", None));
    let late = card.line_score("C2", "CCC", (2010, 2015)).unwrap();
    assert_eq!(
        late.rank_reason.as_deref(),
        Some("a member State of the United Nations since 2018; the window ends in 2015")
    );
    // The number of member States is that of the year, never that of a sample.
    let counts: Vec<_> = card.lines[0]
        .windows
        .iter()
        .map(|w| (w.window_end, w.members, w.economies_scored, w.others_scored))
        .collect();
    assert_eq!(counts, [(2015, 2, 2, 2), (2020, 3, 2, 2)]);
    assert_eq!(card.lines[0].windows[1].classes.values().sum::<u32>(), 3);
    let window = &card.lines[0].windows[1];
    assert_eq!(window.status, "published", "2 of 3");
    close(window.median_score, Some(60.0), 1e-12, "of 65 and 55, whatever territories report");
}

#[test]
fn trial_a10_groups_are_those_of_the_review_year() {
    let mut pair = pair();
    pair.windows.push(Window { start: 2010, end: 2015 });
    let card = card(&pair, &universe(), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let groups: Vec<_> = card
        .group_scores
        .iter()
        .map(|g| (g.group.as_str(), g.window_end, g.members, g.members_listed, g.members_scored))
        .filter(|(group, ..)| *group != "Region")
        .collect();
    assert_eq!(
        groups,
        [
            ("high", 2015, 0, 1, 0),
            ("high", 2020, 1, 2, 1),
            ("low", 2015, 1, 1, 1),
            ("LDC", 2015, 1, 1, 0),
            ("World", 2015, 2, 2, 1),
            ("World", 2020, 3, 3, 1),
        ]
    );
    let spells = card.group_members.iter().filter(|row| row.area == "AAA").count();
    assert_eq!((card.group_members.len(), spells), (8, 3), "published with their years");
}

/// An index that chooses its own economies ranks them, and asks for a score only.
#[test]
fn trial_a10_a_framework_may_rank_as_its_publisher_does() {
    let mut pair = pair();
    pair.ranking = Ranking { universe: Universe::Economies, requires: Requires::Score };
    let mut cells: Cells<'_> = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("TER", [40.0, 95.0], [10.0, 6.0]));
    let card = card(&pair, &universe(), &cells);
    assert_eq!((at(&card, "TER").rank, at(&card, "AAA").rank), (Some(1), Some(2)));
    assert_eq!(card.lines[0].windows[0].members, 2);
}

fn windows(pairs: &[(i32, i32)]) -> Framework {
    let mut pair = pair();
    pair.windows = pairs.iter().map(|&(start, end)| Window { start, end }).collect();
    pair
}

#[test]
fn trial_a10_the_future_is_not_ranked_and_says_so() {
    let framework =
        windows(&[(2015, 2020), (2016, 2021), (2017, 2022), (2020, 2022), (2005, 2020)]);
    let card = card(&framework, &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let of = |window: (i32, i32)| {
        let row = card.line_score("C2", "AAA", window).unwrap();
        let summary = card.lines[0].windows.iter();
        let summary = summary.clone().find(|w| (w.window_start, w.window_end) == window).unwrap();
        (
            row.rank,
            row.rank_reason.clone().unwrap_or_default(),
            summary.note.clone().unwrap_or_default(),
        )
    };
    assert_eq!(of((2015, 2020)), (Some(1), String::new(), String::new()));
    let ends = "the window ends in 2021, the latest figures are of 2020";
    assert_eq!(
        of((2016, 2021)),
        (Some(1), String::new(), ends.to_owned()),
        "figures come a year late"
    );
    let ends = "the window ends in 2022, the latest figures are of 2020";
    assert_eq!(of((2017, 2022)), (None, ends.to_owned(), format!("{ends}; nobody is ranked")));
    let short = "the window spans 2 years, a change needs 3: levels only";
    assert_eq!(of((2020, 2022)).2, format!("{ends}; nobody is ranked; {short}"));
    let row = card.line_score("C2", "AAA", (2020, 2022)).unwrap();
    assert!(row.score.is_some() && row.change.is_none());
    assert_eq!(of((2005, 2020)).0, Some(1), "a window of fifteen years is ranked by its level");
}

/// Every figure rises and the plain median falls, since low newcomers report.
#[test]
fn trial_f15_a7_the_median_does_not_fall_when_every_figure_rises() {
    let names: Vec<String> = (0..10).map(|at| format!("AA{}", char::from(b'A' + at))).collect();
    let list = areas(names.iter().map(String::as_str));
    let mut framework = windows(&[(2010, 2015), (2015, 2020)]);
    framework.indicators = vec![indicator("a", 0.0, 100.0)];
    framework.nodes = vec![node("C2", &["a"])];
    let mut cells: Cells<'_> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        if at < 6 {
            let value = 30.0 + 2.0 * at as f64;
            cells.extend([("a", name.as_str(), 2015, value), ("a", name, 2020, value + 1.0)]);
        } else {
            cells.push(("a", name, 2020, 5.0));
        }
    }
    let card = card(&framework, &list, &cells);
    let line = &card.lines[0];
    let year = |year| line.yearly.iter().find(|row| row.year == year).unwrap();
    // Plain medians: 35 of six in 2015, 32 of ten in 2020.
    close(year(2020).median, Some(32.0), 1e-12, "the level of the newest year as it is");
    close(year(2015).median, Some(31.0), 1e-12, "one point less, the step of the six");
    assert_eq!((year(2015).economies, year(2020).economies, year(2020).matched), (6, 10, 6));
    assert!(year(2020).linked && !year(2015).linked);
    // "The median score of six economies" is theirs, and "of ten" that of the ten.
    let own: Vec<_> = line.windows.iter().map(|w| (w.median_score, w.economies_scored)).collect();
    assert_eq!(own, [(Some(35.0), 6), (Some(32.0), 10)]);
    assert_eq!((year(2015).own, year(2020).own), (Some(35.0), Some(32.0)));
    // What is compared is chained, and windows and years say the same.
    let chained: Vec<_> = line.windows.iter().map(|w| w.median_chained).collect();
    assert_eq!(chained, [year(2015).median, year(2020).median]);
    assert!(line.windows.iter().all(|w| w.chained_from == Some(2015)));
    close(line.windows[1].median_change, Some(1.0), 1e-12, "median change");
}

/// A median of a few is no statement about all: neither level nor change nor year.
#[test]
fn trial_a7_medians_of_too_few_are_withheld_everywhere() {
    let names: Vec<String> = (0..10).map(|at| format!("AA{}", char::from(b'A' + at))).collect();
    let list = areas(names.iter().map(String::as_str));
    let mut cells: Cells<'_> = Vec::new();
    for (at, name) in names.iter().enumerate() {
        // All have a level, four a change.
        cells.extend([("a", name.as_str(), 2020, 60.0), ("b", name, 2020, 6.0)]);
        if at < 4 {
            cells.extend([("a", name.as_str(), 2015, 40.0), ("b", name, 2015, 10.0)]);
        }
    }
    let card = card(&pair(), &list, &cells);
    let window = &card.lines[0].windows[0];
    assert_eq!((window.status, window.change_status), ("published", "withheld"));
    assert_eq!((window.median_change, window.economies_matched), (None, 4));
    assert_eq!(window.change_reason.as_deref(), Some("4 of 10 have a score at both ends"));
    let first = &card.lines[0].yearly[0];
    assert_eq!((first.year, first.median, first.economies, first.members), (2015, None, 4, 10));
    assert_eq!((first.status, first.reason.as_deref()), ("withheld", Some("4 of 10 have a score")));
    let world = card.group_scores.iter().find(|group| group.group == "World").unwrap();
    assert_eq!((world.change, world.score.is_some()), (None, true));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(128))]

    /// Whoever drops a figure loses the rank or keeps it, and its true rank is within its range.
    #[test]
    fn trial_a6_no_economy_gains_a_rank_by_dropping_an_indicator(
        values in prop::collection::vec(prop::option::weighted(0.8, 0..=100_u32), 12),
        weights in prop::collection::vec(1..5_u32, 3),
        drop in (0..4_usize, 0..3_usize),
    ) {
        let (codes, names) = (["a", "b", "c"], ["AAA", "BBB", "CCC", "DDD"]);
        // Five that report everything, so that the core does not hang on one economy.
        let fill = ["FFA", "FFB", "FFC", "FFD", "FFE"];
        let list = areas(names.into_iter().chain(fill));
        let mut three = three();
        for (child, weight) in three.nodes[0].children.iter_mut().zip(&weights) {
            child.weight = f64::from(*weight);
        }
        let mut cells: Cells<'_> = Vec::new();
        for (at, code) in codes.into_iter().enumerate() {
            cells.extend(fill.iter().enumerate().map(|(f, name)| {
                (code, *name, 2020, (f * 20 + at * 7) as f64)
            }));
            for (row, name) in names.into_iter().enumerate() {
                cells.extend(values[row * 3 + at].map(|value| (code, name, 2020, f64::from(value))));
            }
        }
        let before = card(&three, &list, &cells);
        let (name, code) = (names[drop.0], codes[drop.1]);
        cells.retain(|(c, n, ..)| (*c, *n) != (code, name));
        let after = card(&three, &list, &cells);
        let (before, after) = (at(&before, name), at(&after, name));
        match (before.rank, after.rank) {
            (None, Some(_)) => prop_assert!(false, "a rank out of silence: {after:?}"),
            (Some(old), Some(new)) => prop_assert!(new >= old),
            (Some(old), None) if after.rank_low.is_some() => {
                prop_assert!(after.rank_low <= Some(old) && Some(old) <= after.rank_high);
                prop_assert!(after.score_low <= before.core_score);
                prop_assert!(before.core_score <= after.score_high);
            }
            _ => {}
        }
    }
}

/// Of the HDI "193 ranked, 2 others scored apart": Hong Kong, rank 4, stood behind the member States
/// without a figure.
#[test]
fn trial_p124_an_index_counts_and_lists_whoever_has_a_figure() {
    let leaf = indicator("a", 0.0, 100.0);
    let mut index = framework(vec![leaf], vec![node("hdi", &["a"])], &["hdi"]);
    index.ranking.universe = Universe::Economies;
    let cells = [("a", "BBB", 2020, 50.0), ("a", "CCC", 2020, 60.0)];
    let shown = card(&index, &areas(["AAA", "BBB", "CCC"]), &cells);
    let rows = shown.in_order("hdi", WINDOW);
    let order: Vec<_> = rows.iter().map(|row| (row.area.as_str(), row.counts, row.rank)).collect();
    assert_eq!(order, [("CCC", true, Some(1)), ("BBB", true, Some(2)), ("AAA", false, None)]);
    assert!(!rows[2].is_listed());
    assert_eq!(shown.lines[0].windows[0].members, 2);
}
