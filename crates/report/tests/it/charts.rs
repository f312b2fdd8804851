//! Charts: positions, bands, labels, and the world's shapes.

use wsis_report::charts::peers::quartiles;
use wsis_report::charts::{Axis, map, segments, strip};
use wsis_report::class::{ClassCounts, Progress};

use proptest::prelude::*;

use crate::html::{Part, all, element, read};
use crate::sample::sample;

#[test]
fn axis_maps_both_ends_and_survives_an_empty_range() {
    let axis = Axis::new(0.0, 100.0, 200.0, 0.0);
    assert_eq!([0.0, 50.0, 100.0].map(|value| axis.at(value)), [200.0, 100.0, 0.0]);
    assert!(Axis::new(5.0, 5.0, 0.0, 10.0).at(5.0).is_finite());
}

#[test]
fn segments_of_yearly_points() {
    let points = [(2005, 1.0), (2006, 1.0), (2008, 1.0), (2009, 1.0), (2010, 1.0), (2013, 1.0)];
    let runs: Vec<usize> = segments(&points).iter().map(Vec::len).collect();
    assert_eq!(runs, [2, 3, 1]);
    assert!(segments::<f64>(&[]).is_empty());
}

/// R: quantile(c(1, 2, 3, 4), type = 7) gives 1.75, 2.5, 3.25.
#[test]
fn quartiles_are_of_type_seven() {
    let found = quartiles(&[4.0, 1.0, 3.0, 2.0]).unwrap();
    assert_eq!([found.q1, found.median, found.q3], [1.75, 2.5, 3.25]);
    assert_eq!(quartiles(&[]), None);
}

#[test]
fn strip_shows_every_class_with_shape_number_and_word() {
    let counts = ClassCounts([1, 2, 3, 4, 5, 6, 1_000]);
    let html = strip::strip(&counts).into_string();
    for class in Progress::ALL {
        assert!(html.contains(class.word()), "{}", class.word());
    }
    let parts = read(&format!("<!DOCTYPE html><div>{html}</div>"));
    let rects: Vec<(u32, u32)> = all(&parts, "rect")
        .map(|(_, a)| (a["x"].parse().unwrap(), a["width"].parse().unwrap()))
        .collect();
    assert_eq!(rects.len(), 7);
    assert!(rects.iter().all(|(_, width)| *width >= 3), "a class of one is still seen: {rects:?}");
    assert!(rects.windows(2).all(|pair| pair[0].0 + pair[0].1 < pair[1].0), "{rects:?}");
    assert!(rects.last().is_some_and(|(x, width)| x + width <= 200));
}

#[test]
fn world_is_sorted_whole_and_joined_to_the_code_list() {
    let shapes = map::shapes();
    assert_eq!(shapes.len(), 245);
    assert!(shapes.windows(2).all(|pair| pair[0].code < pair[1].code));
    let list = include_str!("../../../../schemas/codelists/ref_area.csv");
    for shape in shapes {
        let start = format!("{},{},", shape.code, shape.m49);
        assert!(list.lines().any(|row| row.starts_with(&start)), "{start} is not in the code list");
        match shape.point {
            Some((x, y)) => {
                assert!(shape.path.is_empty());
                assert!((0..=1000).contains(&x.parse::<i32>().unwrap()));
                assert!((0..=471).contains(&y.parse::<i32>().unwrap()));
            }
            None => assert!(shape.path.starts_with('M') && shape.path.ends_with('z')),
        }
    }
    for code in ["FRA", "GUF", "UKR", "ESH", "PSE", "XKX", "TUV", "CHI"] {
        assert!(map::drawable(code), "{code}");
    }
    assert!(!map::drawable("ATA"));
}

#[test]
fn map_names_every_score_and_carries_the_disclaimer() {
    let input = sample(60);
    let html = wsis_report::render(&input);
    let parts = read(&html);
    let figure = element(&parts, "C2-map");
    let line = &input.lines[1];
    let drawn = all(figure, "use").filter(|(_, a)| a["href"].starts_with("#m-")).count();
    let scored = line.areas.iter().filter(|row| row.score.is_some() && map::drawable(&row.code));
    assert_eq!(drawn, scored.count());
    assert!(html.contains("do not imply official endorsement or acceptance by the United Nations"));
}

#[test]
fn small_multiple_draws_the_target_and_hollow_points() {
    let parts = read(&wsis_report::render(&sample(60)));
    let figure = element(&parts, "C2-m-coverage-4g");
    let class = |name: &str| {
        let with = |a: &std::collections::BTreeMap<String, String>| {
            a.get("class").is_some_and(|c| c == name)
        };
        figure.iter().filter(|part| matches!(part, Part::Open(_, a) if with(a))).count()
    };
    assert_eq!(class("tg"), 1, "one target line");
    assert_eq!(class("bd"), 1, "one quartile band");
    assert!(class("ph") >= 1, "years with few economies are hollow");
    assert!(class("pt") > 5);
}

proptest! {
    /// Whatever the counts: parts follow each other, stay inside, and none vanishes.
    #[test]
    fn strip_fits_any_counts(counts in prop::array::uniform7(0_u32..600_000_000)) {
        let html = strip::strip(&ClassCounts(counts)).into_string();
        let parts = read(&format!("<!DOCTYPE html><div>{html}</div>"));
        let mut free = 0;
        let mut seen = 0;
        for (_, attributes) in all(&parts, "rect") {
            let (x, width): (u32, u32) =
                (attributes["x"].parse().unwrap(), attributes["width"].parse().unwrap());
            prop_assert!(x >= free && width >= 3);
            free = x + width + 1;
            seen += 1;
        }
        prop_assert!(free <= 201);
        prop_assert_eq!(seen, counts.iter().filter(|count| **count > 0).count());
    }

    /// No point is lost, none is made up, and years inside a run are no further apart than usual.
    #[test]
    fn segments_keep_every_point(mut years in prop::collection::btree_set(1990_i32..2030, 0..20)) {
        let points: Vec<(i32, i32)> = years.iter().map(|year| (*year, year * 2)).collect();
        let runs = segments(&points);
        prop_assert_eq!(runs.concat(), points);
        for run in &runs {
            for (year, _) in run {
                prop_assert!(years.remove(year));
            }
        }
        prop_assert!(years.is_empty());
    }

    #[test]
    fn quartiles_are_ordered_and_inside(values in prop::collection::vec(-1e6_f64..1e6, 1..50)) {
        let found = quartiles(&values).unwrap();
        let low = values.iter().copied().fold(f64::MAX, f64::min);
        let high = values.iter().copied().fold(f64::MIN, f64::max);
        prop_assert!(low <= found.q1 && found.q1 <= found.median);
        prop_assert!(found.median <= found.q3 && found.q3 <= high);
    }
}
