//! What a gate holds: figures that would be lost, in whatever way, and series that would become
//! others under the same name.

use wsis_lake::{Committed, Lake, OBSERVATIONS_LATEST};
use wsis_model::observation::Observation;
use wsis_model::pipeline::Gates;

use crate::support::{collect, commit_whole, day, deliver, head, missing, new_lake, obs, short};

const S: &str = "IT.NET.USER.ZS";
const AREAS: [&str; 10] = ["AAA", "BBB", "CCC", "DDD", "EEE", "FFF", "GGG", "HHH", "III", "JJJ"];

const GATES: Gates = Gates { vanished_share_max: 0.05, changed_share_max: 0.5, ..Gates::OPEN };

/// Ten economies, ten years each, of two series; and a hundred other series, in which a loss of
/// one series is a small share.
fn figures() -> Vec<Observation<'static>> {
    let mut all = Vec::new();
    for series in [S, "SP.POP.TOTL"] {
        for (at, area) in AREAS.iter().enumerate() {
            all.extend(
                (2010..2020).map(|year| obs(series, area, year, f64::from(year) + at as f64)),
            );
        }
    }
    all
}

fn second(lake: &Lake, rows: &[Observation<'_>], gates: &Gates) -> Committed {
    commit_whole(lake, collect(lake, "second", day(2), rows), gates).unwrap()
}

fn before() -> (tempfile::TempDir, Lake) {
    let (folder, lake) = new_lake();
    deliver(&lake, "first", day(1), &figures());
    (folder, lake)
}

/// A figure is lost when it is null and when it is absent; of all economies, or of one.
#[test]
pub(crate) fn trial_f01_figures_that_vanish_in_whatever_way_are_held() {
    type Change = fn(&Observation<'static>) -> Option<Observation<'static>>;
    let null: Change = |row| Some(Observation { value: None, ..*row });
    let told: Change = |row| Some(missing(row.series_code, row.ref_area, row.period.year()));
    let absent: Change = |_| None;
    for change in [null, told, absent] {
        for economies in [10, 3, 1] {
            let (_folder, lake) = before();
            let lost = |row: &Observation<'_>| {
                row.series_code == S && AREAS[..economies].contains(&row.ref_area)
            };
            let rows: Vec<_> = figures()
                .iter()
                .filter_map(|row| if lost(row) { change(row) } else { Some(*row) })
                .collect();
            let held = second(&lake, &rows, &GATES);
            let why = held.gate.clone().expect("held");
            let told = format!("series {S}: {} of 100 figures vanish", economies * 10);
            assert!(why.starts_with(&told), "{why}");
            assert!(why.contains(&format!("{economies} of 10 economies keep none")), "{why}");
            assert!(why.contains("AAA"), "{why}");
            assert_eq!((held.snapshot, head(&lake).id), (None, 1));
            assert_eq!(short(&lake, OBSERVATIONS_LATEST).len(), 200);
            // Somebody has looked at it and takes it as it is.
            let taken = second(&lake, &rows, &GATES.accepting());
            assert_eq!((taken.gate, taken.snapshot), (None, Some(2)));
            assert_eq!(taken.lost.len(), 1, "{:?}", taken.lost);
        }
    }
}

/// A figure whose new record cannot be read is none that vanishes: it stays as it was, and that is told.
#[test]
pub(crate) fn trial_p113_a_series_that_cannot_be_read_stays_and_is_told() {
    for (economies, told) in [(10, "100 figures in force stay"), (1, "10 figures in force stay")] {
        let (_folder, lake) = before();
        let unread = |row: &Observation<'static>| match row.series_code {
            S if AREAS[..economies].contains(&row.ref_area) => {
                Observation { value: Some(f64::NAN), ..*row }
            }
            _ => *row,
        };
        let rows: Vec<_> = figures().iter().map(unread).collect();
        let done = second(&lake, &rows, &GATES);
        assert_eq!((done.gate, done.lost.len()), (None, 0));
        let [found] = done.unread.as_slice() else { unreachable!("{:?}", done.unread) };
        assert!(found.starts_with(&format!("series {S}: {told}")), "{found}");
        assert_eq!(short(&lake, OBSERVATIONS_LATEST).len(), 200, "nothing is withdrawn");
    }
}

#[test]
pub(crate) fn trial_f01_a_loss_within_the_gates_is_told_with_its_economies() {
    let (_folder, lake) = before();
    let rows: Vec<_> = figures()
        .into_iter()
        .filter(|row| row.period.year() != 2013 || row.ref_area > "CCC")
        .collect();
    let passed = second(&lake, &rows, &GATES);
    assert_eq!((passed.gate.as_deref(), passed.snapshot), (None, Some(2)));
    let first = "series IT.NET.USER.ZS: 3 of 100 figures vanish (3.0 %; 3 no longer given, 0 now \
                 without a value): AAA, BBB, CCC";
    assert_eq!(passed.lost[0], first);
    assert_eq!(passed.lost.len(), 2);
}

/// An economy that moves all its figures to another year keeps figures; one that was not asked
/// for loses none.
#[test]
pub(crate) fn trial_f01_what_was_not_asked_for_and_what_comes_anew_is_no_loss() {
    let (_folder, lake) = before();
    let mut collector = collect(&lake, "second", day(2), &[obs(S, "AAA", 2010, 2010.0)]);
    collector.complete(S, (2010, 2010));
    let held = lake.commit(collector, &GATES).unwrap();
    let why = held.gate.expect("nine of the ten figures that were asked for are gone");
    assert!(why.starts_with("series IT.NET.USER.ZS: 9 of 10 figures vanish (90.0 %;"), "{why}");
    assert!(!why.contains("of 10 economies"), "{why}");
}

/// The base year of a price index moved, and every figure with it (vincentarelbundock/WDI#55).
#[test]
pub(crate) fn trial_f07_a_series_whose_figures_nearly_all_change_is_held() {
    let (_folder, lake) = before();
    let scaled = |share: usize| -> Vec<Observation<'static>> {
        let rebased = |row: Observation<'static>| {
            let is_hit = row.series_code == S && AREAS[..share].contains(&row.ref_area);
            let factor = if is_hit { 1.23 } else { 1.0 };
            Observation { value: row.value.map(|value| value * factor), ..row }
        };
        figures().into_iter().map(rebased).collect()
    };
    let held = second(&lake, &scaled(10), &GATES);
    let why = held.gate.expect("held");
    let told = "series IT.NET.USER.ZS: 100 of 100 figures would be replaced by others (100.0 %)";
    assert!(why.starts_with(told), "{why}");
    assert!(second(&lake, &scaled(6), &GATES).gate.is_some());
    // A revision of half of the figures is one.
    let passed = second(&lake, &scaled(5), &GATES);
    assert_eq!((passed.gate, passed.changed), (None, 50));
}

#[test]
pub(crate) fn trial_f07_the_same_numbers_in_another_unit_are_other_figures() {
    let (_folder, lake) = before();
    let rows: Vec<_> =
        figures().into_iter().map(|row| Observation { unit: "USD", ..row }).collect();
    assert!(second(&lake, &rows, &GATES).gate.expect("held").contains("would be replaced"));
    // Footnotes and flags are no figures.
    let rows: Vec<_> =
        figures().into_iter().map(|row| Observation { footnote: Some("ITU"), ..row }).collect();
    let passed = second(&lake, &rows, &GATES);
    assert_eq!((passed.gate, passed.changed), (None, 200));
}

#[test]
pub(crate) fn trial_f01_one_single_figure_may_be_corrected_but_not_lost() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "first", day(1), &[obs(S, "KEN", 2020, 29.0)]);
    assert!(second(&lake, &[missing(S, "KEN", 2020)], &GATES).gate.is_some());
    assert_eq!(second(&lake, &[obs(S, "KEN", 2020, 29.5)], &GATES).gate, None);
}

#[test]
pub(crate) fn trial_r1_r2_what_was_not_asked_for_is_never_withdrawn() {
    let (_folder, lake) = before();
    // Another pipeline of the same dataset asks for its own series only.
    let mut collector =
        collect(&lake, "second", day(2), &[obs("IT.CEL.SETS.P2", "AAA", 2020, 1.0)]);
    collector.complete("IT.CEL.SETS.P2", (2000, 2025));
    let done = lake.commit(collector, &GATES).unwrap();
    assert_eq!((done.new, done.withdrawn, done.gate), (1, 0, None));
    assert_eq!(done.kept, [(S.to_owned(), 100), ("SP.POP.TOTL".to_owned(), 100)].into());
    assert_eq!(short(&lake, OBSERVATIONS_LATEST).len(), 201);
    // A delivery that says nothing of being complete withdraws nothing.
    let mut nothing = collect(&lake, "third", day(3), &[]);
    nothing.begin_request();
    nothing.complete(S, (2000, 2025));
    assert_eq!(lake.commit(nothing, &Gates::OPEN).unwrap().withdrawn, 0, "no answer, no word");
}
