//! Where nothing is known: counts that were made by hand, and what holds for any figures.

use std::collections::BTreeMap;

use proptest::prelude::*;
use wsis_model::area::AreaList;
use wsis_model::framework::{Commitment, Framework, SeriesRef, Status};
use wsis_model::status::ObsStatus;
use wsis_scorecard::gaps::{Found, Gap, LiesIn, Selection, Tally};
use wsis_scorecard::{Cell, Missing, Panel, Scorecard, score};

use crate::fixture::{area, areas, framework, house, indicator, node};
use crate::scenarios::WINDOW;

const CODES: [&str; 5] = ["AAA", "BBB", "CCC", "DDD", "EEE"];

fn series(code: &str) -> SeriesRef {
    SeriesRef {
        source: "unsd".into(),
        dataset: "SDG".into(),
        series_code: code.to_uppercase(),
        sex: "_T".into(),
        age: "_T".into(),
        location: "_T".into(),
        dimensions: String::new(),
    }
}

/// `a` and `b` in the score, `b` delivered twice; beside it `c`, of which nothing is loaded, and `d`, which nobody asks
/// for.
fn five() -> (Framework, AreaList) {
    let mut leaves: Vec<_> =
        ["a", "b", "b-two", "c", "d"].map(|code| indicator(code, 0.0, 100.0)).to_vec();
    for leaf in &mut leaves {
        leaf.series = (leaf.code != "d").then(|| series(&leaf.code));
        leaf.provenance.status = Status::Agreed;
    }
    leaves[2].second_delivery_of = Some("b".into());
    leaves[3].agency = "UNESCO".into();
    leaves[3].evidence = "C".into();
    leaves[4].agency = "WHO".into();
    leaves[4].evidence = "D".into();
    let mut line = node("C2", &["a", "b"]);
    let facts = line.line.as_mut().unwrap();
    facts.context = ["b-two", "c", "d"].map(str::to_owned).to_vec();
    let promise = |code: &str, related: &[&str]| Commitment {
        code: code.into(),
        text: code.into(),
        by: Some(2015),
        related: related.iter().map(|code| (*code).to_owned()).collect(),
        note: String::new(),
        verified: false,
    };
    facts.commitments = vec![promise("one", &["a"]), promise("two", &["c"]), promise("three", &[])];
    let list = CODES.iter().map(|code| {
        let mut area = area(code);
        area.valid.0 = (*code == "DDD").then_some(2018);
        area
    });
    let list = AreaList::new(list.collect(), Vec::new()).unwrap();
    (framework(leaves, vec![line], &["C2"]), list)
}

fn card() -> Scorecard {
    let (framework, list) = five();
    let mut builder = Panel::builder(&framework, &list);
    let cells = [
        ("a", "AAA", 2015),
        ("a", "AAA", 2020),
        ("b", "AAA", 2015),
        ("b", "AAA", 2020),
        ("b", "BBB", 2013),
        ("b", "BBB", 2016),
        ("a", "CCC", 2020),
        ("b", "CCC", 2012),
        ("a", "DDD", 2015),
        ("a", "DDD", 2017),
        ("b-two", "DDD", 2020),
        ("a", "EEE", 2015),
        ("b", "EEE", 2017),
        ("b", "EEE", 2019),
    ];
    for (indicator, area, year) in cells {
        builder.insert(indicator, area, year, Cell::of(40.0)).unwrap();
    }
    let estimate = Cell::with_status(Some(50.0), ObsStatus::Estimated);
    builder.insert("a", "EEE", 2020, estimate).unwrap();
    score(house(&framework), &builder.build(), &list)
}

fn found<'c>(card: &'c Scorecard, indicator: &str, area: &str) -> &'c Found {
    let gaps = &card.gaps;
    let item = gaps.items.iter().position(|item| item.indicator == indicator).unwrap();
    gaps.found(item, gaps.area(area).unwrap(), gaps.window(WINDOW).unwrap()).unwrap()
}

/// Each kind once, as it was put into the figures.
#[test]
fn trial_p173_each_gap_is_named_with_its_last_year_and_where_it_lies() {
    let card = card();
    let of = |indicator: &str, area: &str| {
        let found = found(&card, indicator, area);
        let gap = found.gap.map(|(gap, lies)| (gap.code(), lies.code()));
        (gap, found.last_year, card.gaps.since(found))
    };
    let coverage = |kind| Some((kind, "coverage"));
    assert_eq!(of("a", "AAA"), (None, Some(2020), None));
    assert_eq!(of("a", "BBB"), (coverage("area_not_covered"), None, None));
    assert_eq!(of("b", "BBB"), (coverage("stale"), Some(2016), Some(2020)));
    assert_eq!(of("a", "CCC"), (coverage("no_baseline"), Some(2020), None));
    assert_eq!(of("b", "CCC"), (coverage("too_old"), Some(2012), Some(2018)));
    assert_eq!(of("a", "DDD"), (coverage("before_territory"), None, None));
    assert_eq!(of("b", "DDD"), (Some(("other_delivery", "deployment")), None, None));
    assert_eq!(card.gaps.other(found(&card, "b", "DDD")), Some("b-two"));
    assert_eq!(of("a", "EEE"), (coverage("estimate"), Some(2020), None));
    assert_eq!(of("b", "EEE"), (coverage("short_span"), Some(2019), None));
    for area in CODES {
        let deployment = |kind| (Some((kind, "deployment")), None, None);
        assert_eq!(of("c", area), deployment("nothing_delivered"), "{area}");
        assert_eq!(of("d", area), deployment("no_series"), "{area}");
    }
}

/// Counted by hand: 4 figures of 5 economies, two of them whole.
#[test]
fn trial_p173_the_counts_are_those_made_by_hand() {
    let card = card();
    let total = card.gaps.total(0, Selection::default());
    let Tally { asked, current, change, gaps, aged, median_age, .. } = total;
    assert_eq!((asked, current, change, gaps), (20, 6, 3, 18));
    assert_eq!((aged, median_age), (5, Some(1.0)), "ages 0, 0, 1, 4, 8");
    assert_eq!(total.lies_in, BTreeMap::from([("coverage", 7), ("deployment", 11)]));
    assert_eq!(total.of_kind(Gap::Level(Missing::NoSeries)), 5);
    assert_eq!(total.kinds.values().sum::<u32>(), 18);
    let agencies = card.gaps.by_agency(0, Selection::default());
    let counts: Vec<_> = agencies.iter().map(|(name, it)| (*name, it.asked, it.gaps)).collect();
    assert_eq!(counts, [("ITU", 10, 8), ("UNESCO", 5, 5), ("WHO", 5, 5)]);
    let economies = card.gaps.by_economy(0, Selection::default());
    let counts: Vec<_> = economies.iter().map(|(_, it)| it.gaps).collect();
    assert_eq!(counts, [2, 4, 4, 4, 4]);
    let itu =
        Selection { agencies: Some(&["ITU"]), area: card.gaps.area("CCC"), ..Selection::default() };
    assert_eq!(card.gaps.total(0, itu).gaps, 2);
}

/// A series of which nobody has a late enough figure is not the gap of an economy.
#[test]
fn trial_p174_what_no_economy_has_lies_in_the_series_and_in_a_sample_in_the_sample() {
    let leaves = ["a", "b"].map(|code| {
        let mut leaf = indicator(code, 0.0, 100.0);
        leaf.series = Some(series(code));
        leaf
    });
    let two = framework(leaves.to_vec(), vec![node("C2", &["a", "b"])], &["C2"]);
    let cells = [
        ("a", "AAA", 2010, 40.0),
        ("a", "BBB", 2012, 40.0),
        ("b", "AAA", 2019, 40.0),
        ("b", "AAA", 2020, 40.0),
    ];
    let mut card = crate::scenarios::card(&two, &areas(["AAA", "BBB"]), &cells);
    let lies = |card: &Scorecard, indicator: &str, area: &str| {
        found(card, indicator, area).gap.map(|(gap, lies)| (gap.code(), lies))
    };
    assert_eq!(lies(&card, "a", "AAA"), Some(("too_old", LiesIn::Series)));
    assert_eq!(lies(&card, "b", "AAA"), Some(("no_baseline", LiesIn::Series)));
    assert_eq!(lies(&card, "b", "BBB"), Some(("area_not_covered", LiesIn::Coverage)));
    let before = card.gaps.clone();
    card.of_a_sample("not in the sample", |_, _| true);
    assert_eq!(card.gaps, before, "the sample has the dataset whole");
    card.of_a_sample("not in the sample", |_, _| false);
    for (indicator, area) in [("a", "AAA"), ("b", "AAA"), ("b", "BBB")] {
        assert_eq!(lies(&card, indicator, area).unwrap().1, LiesIn::Sample);
    }
}

#[test]
fn trial_p175_a_line_says_what_can_be_measured_of_it() {
    let card = card();
    let [line] = card.gaps.measurability.as_slice() else { panic!("one line and window") };
    assert_eq!((line.members, line.indicators, line.indicators_scored), (5, 4, 2));
    assert_eq!((line.official, line.official_series, line.delivered), (2, 2, 2));
    // a: AAA, CCC, EEE of 5 have a current value; b: AAA, BBB, EEE. A change: a of AAA and EEE, b of AAA.
    assert_eq!((line.current_enough, line.change_enough, line.change_any), (2, 0, 2));
    assert_eq!((line.economies_current, line.economies_change), (4, 2));
    assert_eq!((line.asked, line.current, line.change), (20, 6, 3));
    assert_eq!((line.owned, line.agencies, line.evidence.as_deref()), (4, 3, Some("A")));
    let commitments = (line.commitments, line.commitments_series, line.commitments_change);
    assert_eq!((commitments, line.commitments_owned), ((3, 1, 0), 2));
    assert_eq!(
        line.statement,
        "Of 4 indicators declared for this line (2 in its score) 2 are official, 2 of them with a series that is named \
         here; 2 have any figure loaded up to 2020. A change 2015 to 2020 can be seen in 0 for at least half of the \
         5 member States, in 2 for any. Of 3 WSIS targets of 2003 that this project reads under it 1 has an official \
         series near to it here, 0 one with such a change."
    );
}

proptest! {
    /// By line, agency, indicator and economy: one sum. And what is taken away is nowhere found.
    #[test]
    fn trial_p173_every_way_of_counting_has_one_sum(
        cells in prop::collection::btree_map(
            ((0..4_usize), (0..4_usize), 2008..2022_i32), -20.0..140.0_f64, 1..50,
        ),
        taken in any::<prop::sample::Index>(),
    ) {
        let names = ["a", "b", "c", "d"];
        let leaves = names.map(|code| {
            let mut leaf = indicator(code, 0.0, 100.0);
            leaf.agency = if code < "c" { "ITU".into() } else { "UNESCO".into() };
            leaf
        });
        let lines = vec![node("C2", &["a", "b"]), node("C3", &["c"]), node("C4", &["b", "d"])];
        let tree = framework(leaves.to_vec(), lines, &["C2", "C3", "C4"]);
        let list = areas(["AAA", "BBB", "CCC", "DDD"]);
        let codes = ["AAA", "BBB", "CCC", "DDD"];
        let listed: Vec<_> =
            cells.iter().map(|((i, a, y), value)| (names[*i], codes[*a], *y, *value)).collect();
        let of = |cells: &[(&str, &str, i32, f64)]| crate::scenarios::card(&tree, &list, cells).gaps;
        let gaps = of(&listed);
        let all = Selection::default();
        let total = gaps.total(0, all);
        prop_assert_eq!(total.asked, 5 * 4);
        let sums = |tallies: Vec<Tally>| {
            let sum = |f: fn(&Tally) -> u32| tallies.iter().map(f).sum::<u32>();
            (sum(|it| it.asked), sum(|it| it.current), sum(|it| it.change), sum(|it| it.gaps))
        };
        let expected = (total.asked, total.current, total.change, total.gaps);
        let only = |named: Vec<(&str, Tally)>| named.into_iter().map(|(_, it)| it).collect::<Vec<_>>();
        let placed = |named: Vec<(usize, Tally)>| named.into_iter().map(|(_, it)| it).collect::<Vec<_>>();
        prop_assert_eq!(sums(only(gaps.by_line(0, all))), expected);
        prop_assert_eq!(sums(only(gaps.by_agency(0, all))), expected);
        prop_assert_eq!(sums(placed(gaps.by_item(0, all))), expected);
        prop_assert_eq!(sums(placed(gaps.by_economy(0, all))), expected);
        prop_assert_eq!(total.kinds.values().sum::<u32>(), total.gaps);
        prop_assert_eq!(total.lies_in.values().sum::<u32>(), total.gaps);

        let mut fewer = listed.clone();
        fewer.remove(taken.index(fewer.len()));
        let less = of(&fewer).total(0, all);
        prop_assert!(less.current <= total.current, "{:?} {:?}", less, total);
        prop_assert_eq!(less.asked, total.asked);
    }
}
