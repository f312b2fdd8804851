//! Same payloads, same bytes: whatever the order of rows, threads, spills or lakes.

use proptest::prelude::*;
use wsis_lake::Lake;
use wsis_model::observation::{Observation, RowSink as _};

use crate::support::{
    SOURCE, bad_record, begin, commit_whole, day, deliver, new_lake, obs, open_gates,
    outside_the_archive, parquet_files,
};

const SERIES: [&str; 4] = ["EGDI", "IT.NET.USER.ZS", "SE_ADT_ACTS", "é.ü"];
const AREAS: [&str; 5] = ["ABW", "KEN", "M49:001", "UGA", "XKX"];
const NOTES: [Option<&str>; 3] = [None, Some("ITU estimate"), Some("")];

#[derive(Debug, Clone)]
struct Cell {
    series: usize,
    area: usize,
    female: bool,
    year: i32,
    value: Option<i32>,
    note: usize,
}

fn cell() -> impl Strategy<Value = Cell> {
    let value = prop_oneof![4 => (-3..30_i32).prop_map(Some), 1 => Just(None)];
    (0..4_usize, 0..5_usize, any::<bool>(), 1998..2004_i32, value, 0..3_usize).prop_map(
        |(series, area, female, year, value, note)| Cell {
            series,
            area,
            female,
            year,
            value,
            note,
        },
    )
}

fn observation(cell: &Cell, row: i64) -> Observation<'static> {
    Observation {
        sex: if cell.female { "F" } else { "_T" },
        value: cell.value.map(|v| f64::from(v) / 4.0),
        footnote: *NOTES.get(cell.note).unwrap(),
        payload_row: row,
        ..obs(SERIES[cell.series], AREAS[cell.area], cell.year, 0.0)
    }
}

/// Commits rows as one payload, in the order of `order`, with some rejects.
fn commit(lake: &Lake, cells: &[Cell], order: &[usize], memory: usize, at: u32) {
    let mut collector = lake.collector(SOURCE, "WDI");
    collector.set_memory_rows(memory);
    begin(&mut collector, &format!("body {at}"), day(at));
    for &index in order {
        let row = i64::try_from(index).unwrap() + 1;
        if index % 7 == 3 {
            collector.reject(bad_record(row, "Atlantis"));
        } else {
            collector.accept(&observation(&cells[index], row));
        }
    }
    let committed = commit_whole(lake, collector, &open_gates()).unwrap();
    assert!(committed.count.balances());
    assert_eq!(committed.count.parsed, cells.len() as u64);
}

fn shuffled(len: usize) -> impl Strategy<Value = Vec<usize>> {
    Just((0..len).collect::<Vec<_>>()).prop_shuffle()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn invariant_i4_order_threads_and_spills_do_not_reach_the_bytes(
        (first, second, order1, order2) in (1..60_usize, 1..60_usize).prop_flat_map(|(a, b)| (
            prop::collection::vec(cell(), a),
            prop::collection::vec(cell(), b),
            shuffled(a),
            shuffled(b),
        ))
    ) {
        let (_one, plain) = new_lake();
        let plain = plain.with_threads(1);
        let straight = |len| (0..len).collect::<Vec<usize>>();
        commit(&plain, &first, &straight(first.len()), usize::MAX, 1);
        commit(&plain, &second, &straight(second.len()), usize::MAX, 2);
        let (_two, other) = new_lake();
        let other = other.with_threads(3);
        commit(&other, &first, &order1, 5, 1);
        commit(&other, &second, &order2, 7, 2);
        prop_assert_eq!(parquet_files(&plain), parquet_files(&other));
        prop_assert_eq!(outside_the_archive(&plain), vec![]);
        prop_assert_eq!(outside_the_archive(&other), vec![]);
        // What is in force is what a table of last statements says.
        check_in_force(&plain, &second)?;
    }
}

/// After a full delivery the rows in force are its rows without contradictions; a contradicted
/// key may keep an older row.
fn check_in_force(lake: &Lake, cells: &[Cell]) -> Result<(), TestCaseError> {
    use std::collections::BTreeMap;
    let mut by_key: BTreeMap<_, Vec<(Option<i32>, usize)>> = BTreeMap::new();
    for (index, cell) in cells.iter().enumerate().filter(|(index, _)| index % 7 != 3) {
        let _ = index;
        by_key
            .entry((cell.series, cell.area, cell.female, cell.year))
            .or_default()
            .push((cell.value, cell.note));
    }
    let columns = ["series_code", "ref_area", "sex", "year", "value", "footnote"];
    let found: BTreeMap<_, _> =
        crate::support::rows(lake, wsis_lake::OBSERVATIONS_LATEST, &columns)
            .into_iter()
            .map(|row| (row[..4].join("|"), row[4..].join("|")))
            .collect();
    for ((series, area, female, year), statements) in by_key {
        let key = [
            SERIES[series].to_owned(),
            AREAS[area].to_owned(),
            if female { "F" } else { "_T" }.to_owned(),
            year.to_string(),
        ]
        .join("|");
        let (value, note) = statements[0];
        if statements.iter().any(|other| *other != (value, note)) {
            continue;
        }
        let value = value.map_or("NULL".to_owned(), |v| (f64::from(v) / 4.0).to_string());
        let expected = format!("{value}|{}", NOTES[note].unwrap_or("NULL"));
        prop_assert_eq!(found.get(&key), Some(&expected), "{}", key);
    }
    Ok(())
}

#[test]
pub(crate) fn invariant_i4_a_replay_into_a_second_lake_gives_the_same_files() {
    let story = |lake: &Lake| {
        deliver(lake, "a", day(1), &[obs("A", "KEN", 2020, 1.0), obs("B", "KEN", 2020, 2.0)]);
        deliver(lake, "b", day(2), &[obs("A", "KEN", 2020, 1.5)]);
        deliver(lake, "c", day(3), &[obs("A", "KEN", 2020, 1.5), obs("B", "KEN", 2020, 2.0)]);
    };
    let (_one, first) = new_lake();
    let (_two, second) = new_lake();
    story(&first);
    story(&second);
    let files = parquet_files(&first);
    assert_eq!(files.len(), 5);
    assert_eq!(files, parquet_files(&second));
    let listed = |lake: &Lake| {
        let head = crate::support::head(lake);
        (head.change.clone(), head.all_files().unwrap())
    };
    assert_eq!(listed(&first), listed(&second), "the snapshots say the same of both");
    // Documents below them too: a name is a content.
    let documents = |lake: &Lake| lake.store().list("manifests").unwrap();
    assert_eq!(documents(&first).len(), 6, "a dataset and its bucket for each commit");
    assert_eq!(documents(&first), documents(&second));
}

#[test]
pub(crate) fn many_row_groups_come_out_in_order_with_any_number_of_threads() {
    let years = 1950..2080;
    let codes: Vec<String> = (0..40).map(|n| format!("S{n:02}")).collect();
    let areas: Vec<String> = (0..60).map(|n| format!("A{n:02}")).collect();
    let fill = |lake: &Lake, memory: usize| {
        let mut collector = lake.collector(SOURCE, "WDI");
        collector.set_memory_rows(memory);
        begin(&mut collector, "big", day(1));
        let mut row = 0;
        for year in years.clone() {
            for area in &areas {
                for code in &codes {
                    row += 1;
                    let value = f64::from(year) + f64::from(row % 97) / 8.0;
                    collector.accept(&Observation {
                        payload_row: row.into(),
                        ..obs(code, area, year, value)
                    });
                }
            }
        }
        commit_whole(lake, collector, &open_gates()).unwrap()
    };
    let (_one, first) = new_lake();
    let first = first.with_threads(1);
    let (_two, second) = new_lake();
    let second = second.with_threads(4);
    assert_eq!(fill(&first, usize::MAX).new, 312_000);
    fill(&second, 50_000);
    assert_eq!(parquet_files(&first), parquet_files(&second));
    let keys = crate::support::rows(&first, "observations", &["series_code", "ref_area", "year"]);
    assert_eq!(keys.len(), 312_000);
    assert!(wsis_model::invariant::strictly_increasing(&keys));
    crate::support::assert_intact(&second);
}
