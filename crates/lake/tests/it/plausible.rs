//! Figures that cannot be true beside those before them, and series that cannot be read.

use std::collections::BTreeMap;

use wsis_lake::{Committed, Lake, OBSERVATIONS_LATEST};
use wsis_model::observation::{Observation, RowSink as _};
use wsis_model::pipeline::Gates;
use wsis_model::plausible::{Action, Copied, Edition, Jump, Plausibility, Scale, Tests, Total};
use wsis_model::quarantine::{Reason, Rejected, Subject};

use crate::support::{
    assert_intact, bad_record, begin, collect, commit_whole, complete, day, deliver, head,
    new_lake, obs, open_gates, rows, short,
};

const S: &str = "S";

/// What is asked where each test has the action that is given.
fn tests(action: Action) -> Tests {
    let figures_min = 10;
    Tests {
        jump: Jump { action, deviations: 15.0, points_min: 8 },
        constant: Edition { action, figures_min },
        all_zero: Edition { action, figures_min },
        scale: Scale {
            action,
            figures_min,
            share_min: 0.8,
            within: 3.0,
            factors: vec![100.0, 1e3],
        },
        copied: Copied { action, figures_min, share_min: 0.95, distinct_min: 10 },
    }
}

fn asked(action: Action) -> Plausibility {
    Plausibility { every: Some(tests(action)), ..Plausibility::default() }
}

/// Twenty economies, `C00` to `C19`.
fn economies() -> Vec<String> {
    (0..20).map(|at| format!("C{at:02}")).collect()
}

fn judged(
    lake: &Lake,
    (body, at): (&str, u32),
    rows: &[Observation<'_>],
    plausibility: &Plausibility,
) -> Committed {
    let make = || {
        let mut collector = collect(lake, body, day(at), rows);
        collector.judge_by(plausibility.clone());
        complete(lake, &mut collector);
        collector
    };
    let foreseen = lake.preview(make(), &open_gates()).unwrap().committed;
    let done = lake.commit(make(), &open_gates()).unwrap();
    assert_eq!(Committed { snapshot: None, ..done.clone() }, foreseen, "as a preview says");
    assert!(done.count.balances(), "{done:?}");
    assert_intact(lake);
    done
}

/// Figures of the editions of some years: `value(economy, year)`.
fn editions(
    areas: &[String],
    years: std::ops::RangeInclusive<i32>,
    value: impl Fn(usize, i32) -> f64,
) -> Vec<Observation<'_>> {
    let mut all = Vec::new();
    for (at, area) in areas.iter().enumerate() {
        all.extend(years.clone().map(|year| obs(S, area, year, value(at, year))));
    }
    all.into_iter().zip(1..).map(|(row, at)| Observation { payload_row: at, ..row }).collect()
}

/// No two alike, and no edition like the one before.
fn usual(at: usize, year: i32) -> f64 {
    let at = f64::from(u32::try_from(at).unwrap());
    10.0 + at * 1.7 + f64::from(year - 2010) * (0.3 + at / 50.0)
}

/// What a run says of the last edition, with each action: told and taken, held, or set aside.
fn becomes(last: impl Fn(usize) -> f64 + Copy, found: &str) {
    let areas = economies();
    let value = |at: usize, year: i32| if year == 2020 { last(at) } else { usual(at, year) };
    for action in [Action::Off, Action::Warn, Action::Quarantine, Action::Hold] {
        let (_folder, lake) = new_lake();
        deliver(&lake, "first", day(1), &editions(&areas, 2010..=2019, usual));
        let all = editions(&areas, 2010..=2020, value);
        let done = judged(&lake, ("second", 2), &all, &asked(action));
        let told = done.implausible.join("\n");
        let at_2020 = || {
            let rows = short(&lake, OBSERVATIONS_LATEST);
            rows.iter().filter(|row| row.contains(" 2020 ")).count()
        };
        match action {
            Action::Off => assert_eq!((told.as_str(), done.new), ("", 20)),
            Action::Warn => {
                assert!(told.contains(found) && told.contains("told, not held"), "{told}");
                assert_eq!((done.gate, done.new), (None, 20));
            }
            Action::Quarantine => {
                assert!(told.contains(found) && told.ends_with("in quarantine)"), "{told}");
                let aside = done.quarantined_by_reason.get("implausible").copied();
                assert_eq!(
                    (aside, done.new + done.count.quarantined),
                    (Some(done.count.quarantined), 20)
                );
                assert_eq!(at_2020() as u64, done.new);
                // The same bytes again are no news, and the figures stay where they are.
                let again = judged(&lake, ("second", 3), &all, &asked(action));
                assert_eq!((again.snapshot, again.new, again.withdrawn), (None, 0, 0), "{again:?}");
                // Somebody has looked at them.
                let taken = judged(&lake, ("second", 4), &all, &asked(action).accepting());
                assert_eq!((taken.new, taken.count.quarantined), (done.count.quarantined, 0));
                assert_eq!(at_2020(), 20);
                assert!(rows(&lake, "quarantine", &["reason"]).is_empty());
            }
            Action::Hold => {
                let why = done.gate.expect("held");
                assert!(why.contains(found), "{why}");
                assert_eq!((done.snapshot, head(&lake).id), (None, 1));
            }
        }
    }
}

/// Life expectancy 50.6, 40.3, 18.8, 57.4 passed all detectors of a public database (owid/etl#6779).
#[test]
fn trial_p182_a_figure_that_jumps_is_told() {
    becomes(
        |at| if at == 3 { 2.5 } else { usual(at, 2020) },
        "series S: 1 figure jumps, by more than 15 median absolute deviations of what the area had \
         before: C03 2020 2.5 after 18.3",
    );
    // Neither growth that goes on, nor the first step of one that never moved, is a jump.
    let (_folder, lake) = new_lake();
    let areas = economies();
    let grows = |at: usize, year: i32| match at {
        0 => 2.0_f64.powi(year - 2010),
        1 => f64::from(year - 2010),
        2 if year < 2020 => 100.0,
        2 => 99.9,
        _ => usual(at, year),
    };
    let done =
        judged(&lake, ("all", 1), &editions(&areas, 2010..=2020, grows), &asked(Action::Hold));
    assert_eq!((done.gate, done.implausible.len()), (None, 0));
}

#[test]
fn trial_p183_an_edition_in_which_all_are_equal_or_zero_is_told() {
    becomes(|_| 7.0, "series S: 2020, all 20 figures are 7");
    becomes(|_| 0.0, "series S: 2020, all 20 figures are 0, those of 2019 are not");
    // Of a technology that nobody had yet every 0 is a figure.
    let (_folder, lake) = new_lake();
    let areas = economies();
    let first = |at: usize, year: i32| if year < 2019 { 0.0 } else { usual(at, year) };
    let done =
        judged(&lake, ("all", 1), &editions(&areas, 2015..=2019, first), &asked(Action::Hold));
    assert_eq!((done.gate, done.new), (None, 100));
}

/// The Global Cybersecurity Index was from 0 to 1 before 2020, and is from 0 to 100 since.
#[test]
fn trial_p184_an_edition_in_another_unit_is_told() {
    becomes(
        |at| usual(at, 2020) * 100.0,
        "series S: 2020, 20 of 20 figures are about 100 times those before them (C00: 12.7, now 1300",
    );
    becomes(|at| usual(at, 2020) / 1_000.0, "are about 0.001 times those before them");
    // All that is in force, restated.
    let areas = economies();
    let (_folder, lake) = new_lake();
    deliver(&lake, "first", day(1), &editions(&areas, 2010..=2014, usual));
    let rows = editions(&areas, 2010..=2014, |at, year| usual(at, year) * 100.0);
    let held = judged(&lake, ("second", 2), &rows, &asked(Action::Hold)).gate.expect("held");
    assert!(held.contains("2010, 20 of 20 figures are about 100 times"), "{held}");
}

/// The Global Digital Health Monitor's "2024" is row for row its 2019.
#[test]
fn trial_p185_an_edition_that_is_the_one_before_is_told() {
    becomes(|at| usual(at, 2019), "series S: 2020, 20 of 20 figures are those of 2019 once more");
    // Grades stay as they are: that says nothing.
    let (_folder, lake) = new_lake();
    let areas = economies();
    let grades = |at: usize, _: i32| f64::from(u32::try_from(at % 4).unwrap());
    let done =
        judged(&lake, ("all", 1), &editions(&areas, 2018..=2020, grades), &asked(Action::Hold));
    assert_eq!((done.gate, done.new), (None, 60));
}

#[test]
fn trial_p186_a_sum_that_is_not_that_of_its_parts_is_told() {
    let parts = || vec!["M".to_owned(), "F".to_owned()];
    let total = |action| Total { action, series: "T".to_owned(), parts: parts(), within: 0.01 };
    let all = [
        obs("F", "KEN", 2020, 40.2),
        obs("F", "UGA", 2020, 30.0),
        obs("F", "TZA", 2020, 30.0),
        obs("M", "KEN", 2020, 60.0),
        obs("M", "UGA", 2020, 20.0),
        obs("T", "KEN", 2020, 100.0),
        obs("T", "UGA", 2020, 500.0),
        // Of one part nothing is known.
        obs("T", "TZA", 2020, 70.0),
    ];
    let found = "series T: 1 of 2 figures are not the sum of M + F: UGA 2020 500, parts 50";
    for action in [Action::Warn, Action::Quarantine, Action::Hold] {
        let (_folder, lake) = new_lake();
        let rules = Plausibility { totals: vec![total(action)], ..Plausibility::default() };
        let done = judged(&lake, ("all", 1), &all, &rules);
        let text = done.gate.clone().unwrap_or_default() + &done.implausible.join("");
        assert!(text.starts_with(found), "{text}");
        let aside = done.count.quarantined;
        assert_eq!(
            aside,
            if action == Action::Quarantine { 3 } else { 0 },
            "the sum and its parts"
        );
    }
}

/// What is asked of one series takes the place of what is asked of all.
#[test]
fn trial_p182_a_series_may_be_asked_for_less() {
    let areas = economies();
    let (_folder, lake) = new_lake();
    let series = BTreeMap::from([("S".to_owned(), tests(Action::Off))]);
    let rules = Plausibility { series, ..asked(Action::Hold) };
    let done = judged(&lake, ("all", 1), &editions(&areas, 2018..=2020, |_, _| 5.0), &rules);
    assert_eq!((done.gate, done.new), (None, 60));
}

/// One series of forty is unreadable as a whole: of all rows that is a small share.
#[test]
fn trial_p187_a_series_that_is_mostly_unreadable_is_held() {
    let gates = Gates { unread_share_max: 0.5, ..Gates::OPEN };
    let series: Vec<String> = (0..40).map(|at| format!("S{at:02}")).collect();
    let areas = economies();
    let deliver = |lake: &Lake, at: u32, unread: usize| {
        let mut collector = lake.collector("worldbank", "WDI");
        begin(&mut collector, &format!("body {at}"), day(at));
        for series in &series {
            for (number, area) in areas.iter().enumerate() {
                if series == "S07" && number < unread {
                    let subject = Subject {
                        series: Some(series.clone()),
                        area: Some(area.clone()),
                        ..Subject::default()
                    };
                    let bad = bad_record(1, area);
                    let (reason, detail) =
                        (Reason::NotANumber, "value \"n/z\" is no number".to_owned());
                    collector.reject(Rejected { reason, detail, subject: Some(subject), ..bad });
                } else {
                    collector.accept(&obs(series, area, 2020, 5.0));
                }
            }
        }
        commit_whole(lake, collector, &gates).unwrap()
    };
    let (_folder, lake) = new_lake();
    assert_eq!(deliver(&lake, 1, 0).gate, None);
    assert_eq!(deliver(&lake, 2, 10).gate, None, "half of it");
    let why = deliver(&lake, 3, 20).gate.expect("held");
    assert_eq!(
        why,
        "series S07: 20 of 20 records could not be read (100.0 %; 10 of them are in quarantine already), \
         such as: value \"n/z\" is no number; at most 50.0 % of the records of a series may be unreadable \
         (`unread_share_max` under `[gates]` of the pipeline)"
    );
    // One bad record of a series that has one is no series that cannot be read.
    let (_folder, lake) = new_lake();
    let mut collector = collect(&lake, "one", day(1), &[obs("A", "KEN", 2020, 1.0)]);
    let subject = Subject {
        series: Some("B".to_owned()),
        area: Some("KEN".to_owned()),
        ..Subject::default()
    };
    collector.reject(Rejected { subject: Some(subject), ..bad_record(2, "KEN") });
    assert_eq!(lake.commit(collector, &gates).unwrap().gate, None);
}

/// The Global Cybersecurity Index as ITU published it: from 0 to 1 up to 2018, from 0 to 100 since 2020.
#[test]
fn trial_p184_the_cybersecurity_index_changed_its_unit() {
    let Some(file) = wsis_reference::shared("data/itu/gci/gci_2014-2024_summary.csv") else {
        return;
    };
    let text = std::fs::read_to_string(file).unwrap();
    let mut all = Vec::new();
    let areas: Vec<String> = (0..300).map(|at| format!("A{at:03}")).collect();
    for (line, area) in text.lines().skip(1).zip(&areas) {
        // From the right: names have commas, headings stand twice.
        let fields: Vec<&str> = line.rsplit(',').collect();
        for (place, year) in [(10, 2014), (8, 2017), (6, 2018), (4, 2020), (2, 2024)] {
            let value = fields.get(place).and_then(|it| it.parse::<f64>().ok());
            all.extend(value.map(|value| obs("GCI", area, year, value)));
        }
    }
    let (_folder, lake) = new_lake();
    let done = judged(&lake, ("gci", 1), &all, &asked(Action::Hold));
    let why = done.gate.expect("held");
    let found = "series GCI: 2020, 180 of 190 figures are about 100 times those before them";
    assert!(why.starts_with(found) && !why.contains("editions"), "{why}");
}

/// What the tests say of 17 series of the World Development Indicators, 2005 to 2025, in one delivery.
#[test]
fn trial_p182_of_real_series_few_figures_jump() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../upstream/data/worldbank.csv");
    let text = std::fs::read_to_string(file).unwrap();
    let mut all = Vec::new();
    let mut judgeable = 0;
    for line in text.lines().skip(1) {
        let mut fields = line.split(',');
        let (series, area) = (fields.next().unwrap(), fields.next().unwrap());
        let figures = (2005..).zip(fields).filter_map(|(year, it)| Some((year, it.parse().ok()?)));
        let line: Vec<_> = figures.map(|(year, value)| obs(series, area, year, value)).collect();
        judgeable += line.len().saturating_sub(8);
        all.extend(line);
    }
    let (_folder, lake) = new_lake();
    let usual = Plausibility {
        every: Some(Tests {
            constant: Edition { action: Action::Warn, figures_min: 20 },
            copied: Copied { figures_min: 20, ..tests(Action::Warn).copied },
            ..tests(Action::Warn)
        }),
        ..Plausibility::default()
    };
    let done = judged(&lake, ("wdi", 1), &all, &usual);
    let jumps = |told: &String| {
        let (_, rest) = told.split_once(": ")?;
        let (count, _) = rest.split_once(" figure")?;
        rest.contains("median absolute deviations").then(|| count.parse::<u64>().unwrap())
    };
    let told = done.implausible.join("\n");
    let count: u64 = done.implausible.iter().filter_map(jumps).sum();
    assert_eq!((judgeable, count, done.gate), (30_038, 61, None), "{told}");
    // Of the others one speaks: all 34 who report the registration of births in 2022 report that it is full.
    let full = "series SP.REG.BRTH.ZS: 2022, all 34 figures are 100 (`constant`";
    assert_eq!(done.implausible.iter().filter(|it| !it.contains("jump")).count(), 1, "{told}");
    assert!(told.contains(full), "{told}");
}
