//! Rules of the house method through the whole of `score`.

use wsis_model::area::{AreaKind, AreaList};
use wsis_model::status::ObsStatus;
use wsis_scorecard::{Cell, Class, Panel, score};

use crate::fixture::{area, areas, close, framework, indicator, node, with_target};
use crate::scenarios::{WINDOW, card, full, pair};

#[test]
fn no_target_means_not_assessable() {
    let leaves = vec![indicator("a", 0.0, 100.0), indicator("b", 20.0, 0.0)];
    let framework = framework(leaves, vec![node("C2", &["a", "b"])], &["C2"]);
    let card = card(&framework, &areas(["AAA"]), &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let row = &card.line_scores[0];
    assert_eq!(row.class_reason.as_deref(), Some("no target agreed"));
    close(row.change, Some(20.0), 1e-12, "the change is still shown");
}

#[test]
fn change_is_over_the_matched_set_and_level_over_everything() {
    let codes = ["a", "b", "c"];
    let leaves = codes.map(|code| with_target(indicator(code, 0.0, 100.0), 100.0, 2030)).to_vec();
    let framework = framework(leaves, vec![node("C2", &codes)], &["C2"]);
    let cells = [
        ("a", "AAA", 2015, 10.0),
        ("a", "AAA", 2020, 20.0),
        ("b", "AAA", 2015, 10.0),
        ("b", "AAA", 2020, 20.0),
        // New at the end: it lifts the level, not the change.
        ("c", "AAA", 2020, 95.0),
    ];
    let card = card(&framework, &areas(["AAA"]), &cells);
    let row = &card.line_scores[0];
    close(row.score, Some(45.0), 1e-12, "level");
    close(row.change, Some(10.0), 1e-12, "matched");
    assert_eq!((row.matched, row.targets_used, row.indicators_used), (2, 2, 3));
}

#[test]
fn old_values_shifted_baselines_and_breaks() {
    let (pair, list) = (pair(), areas(["AAA", "BBB", "CCC"]));
    let mut builder = Panel::builder(&pair, &list);
    let mut put = |area: &str, year: i32, value: f64, status| {
        builder.insert("a", area, year, Cell::with_status(Some(value), status)).unwrap();
    };
    // 4 years old: a level, stale, no progress.
    put("AAA", 2013, 10.0, ObsStatus::Normal);
    put("AAA", 2016, 30.0, ObsStatus::Normal);
    // 2014 and 2016 are equally near: the earlier one, marked.
    put("BBB", 2014, 10.0, ObsStatus::Normal);
    put("BBB", 2016, 12.0, ObsStatus::Normal);
    put("BBB", 2019, 40.0, ObsStatus::Normal);
    // A break in between: no rate across it.
    put("CCC", 2015, 10.0, ObsStatus::Normal);
    put("CCC", 2018, 30.0, ObsStatus::Break);
    put("CCC", 2020, 40.0, ObsStatus::Normal);
    let card = score(&pair, &builder.build(), &list);
    let row = |area: &str| card.indicator_score("a", area, WINDOW).unwrap();
    assert!(row("AAA").stale && row("AAA").change.is_none());
    let text = "current value of 2016 is more than 3 years older than 2020";
    assert_eq!(row("AAA").class_reason.as_deref(), Some(text));
    assert!(row("BBB").shifted);
    assert_eq!(row("BBB").start.as_ref().map(|start| start.year), Some(2014));
    close(row("BBB").per_year, Some(6.0), 1e-12, "over the real distance of 5 years");
    assert_eq!(row("CCC").class_reason.as_deref(), Some("series break in 2018"));
    assert_eq!(row("CCC").change, None);
}

#[test]
fn met_without_a_baseline_is_still_met() {
    let (pair, list) = (pair(), areas(["AAA"]));
    let card = card(&pair, &list, &[("a", "AAA", 2020, 95.0), ("b", "AAA", 2020, 1.0)]);
    let row = &card.line_scores[0];
    assert_eq!(row.class, Class::TargetMet);
    assert_eq!(row.class_reason.as_deref(), Some("level only: no baseline within 2013 to 2017"));
}

#[test]
fn aggregates_and_dissolved_countries_are_never_scored() {
    let pair = pair();
    let mut world = area("WB:WLD");
    world.kind = AreaKind::Aggregate;
    let mut gone = area("SUN");
    gone.kind = AreaKind::Dissolved;
    let list = AreaList::new(vec![world, gone, area("AAA")], Vec::new()).unwrap();
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("WB:WLD", [50.0, 99.0], [10.0, 0.0]));
    cells.extend(full("SUN", [50.0, 99.0], [10.0, 0.0]));
    let card = card(&pair, &list, &cells);
    assert!(card.line_scores.iter().all(|row| row.area == "AAA"));
    assert_eq!((card.line_scores[0].rank, card.lines[0].economies), (Some(1), 1));
    assert_eq!(card.areas.len(), 3, "the list still names them");
}

#[test]
fn group_scores_are_means_of_members_with_a_coverage_rule() {
    use wsis_scorecard::group::status;
    assert_eq!(
        [status(2, 4), status(1, 3), status(3, 5), status(0, 0)],
        ["indicative", "withheld", "published", "withheld"]
    );
    let pair = pair();
    let mut members: Vec<_> = ["AAA", "BBB", "CCC", "DDD"].map(area).to_vec();
    members[0].ldc = true;
    let list = AreaList::new(members, Vec::new()).unwrap();
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("BBB", [20.0, 40.0], [10.0, 6.0]));
    // Covered, but one indicator of two is no score; DDD has nothing at all.
    cells.push(("a", "CCC", 2020, 99.0));
    let card = card(&pair, &list, &cells);
    let world = card.group_scores.iter().find(|group| group.group == "World").unwrap();
    close(world.score, Some(60.0), 1e-12, "mean of two");
    close(world.change, Some(20.0), 1e-12, "change");
    assert_eq!((world.members, world.members_listed, world.members_scored), (3, 4, 2));
    assert_eq!(world.status, "published");
    let ldc = card.group_scores.iter().find(|group| group.group == "LDC").unwrap();
    assert_eq!((ldc.group_kind.as_str(), ldc.score), ("special", Some(65.0)));
}

#[test]
fn c22_class_counts_add_up_to_the_economies() {
    let (pair, list) = (pair(), areas(["AAA", "BBB", "CCC"]));
    let mut cells = full("AAA", [40.0, 60.0], [10.0, 6.0]);
    cells.extend(full("BBB", [60.0, 40.0], [6.0, 10.0]));
    let card = card(&pair, &list, &cells);
    let line = &card.lines[0];
    let total: u32 = line.windows[0].classes.values().sum();
    assert_eq!((total, line.economies), (2, 2));
    assert_eq!(line.windows[0].classes.get(&Class::Regressing), Some(&1));
    close(line.windows[0].median_score, Some(55.0), 1e-12, "median");
    let last = line.yearly.last().unwrap();
    assert_eq!((last.year, last.economies), (2020, 2));
}

#[test]
fn tables_are_sorted_by_their_key_and_complete() {
    let (pair, list) = (pair(), areas(["BBB", "AAA"]));
    let card = card(&pair, &list, &full("AAA", [40.0, 60.0], [10.0, 6.0]));
    let tables = card.to_batches().unwrap();
    let names: Vec<_> = tables.iter().map(|table| (table.name, table.batch.num_rows())).collect();
    assert_eq!(
        names,
        [
            ("areas", 2),
            ("group_scores", 2),
            ("indicator_scores", 4),
            ("indicators", 2),
            ("line_scores", 2),
            ("line_years", 6),
            ("lines", 1),
        ]
    );
    let keys: Vec<_> = card.line_scores.iter().map(|row| (&row.line, &row.area)).collect();
    assert!(keys.is_sorted());
}
