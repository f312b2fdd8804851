//! Deliveries in any order of time, against a reference model: what was known at any instant.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use wsis_lake::{Committed, Lake, LakeError, OBSERVATIONS, OBSERVATIONS_LATEST, Snapshot};
use wsis_model::observation::{Observation, RowSink as _};
use wsis_model::quarantine::{Rejected, Subject};

use crate::support::{
    DATASET, SOURCE, assert_intact, bad_record, begin, cell, day, head, missing, new_lake, obs,
    open_gates, rows, short,
};

const SERIES: [&str; 2] = ["A", "B"];
const AREAS: [&str; 3] = ["ABW", "KEN", "UGA"];

/// Series, area and period.
pub(crate) type Key = (String, String, String);
/// What an answer says of a key: a value, or that there is none.
pub(crate) type Said = Option<i32>;

/// Series, area, and whether it is a quarter.
type Cell = (usize, usize, bool);

/// An answer of a day.
#[derive(Debug, Clone)]
pub(crate) struct Answer {
    day: u32,
    /// By series and area, in quarters of one.
    cells: BTreeMap<Cell, Said>,
    /// What it says of these, where it says nothing else, could not be read.
    unread: BTreeSet<Cell>,
    /// All of the series was asked for.
    is_whole: bool,
}

fn key(&(series, area, is_quarter): &(usize, usize, bool)) -> Key {
    let period = if is_quarter { "2020-Q1" } else { "2020" };
    (SERIES[series].to_owned(), AREAS[area].to_owned(), period.to_owned())
}

/// What was ever said of each key, by day: a value, that there is none, or (outer none) that it
/// is no longer given.
#[derive(Debug, Clone, Default)]
pub(crate) struct Model(BTreeMap<Key, BTreeMap<u32, Option<Said>>>);

impl Model {
    /// An answer adds what differs from what was said last before it.
    pub(crate) fn take(&mut self, answer: &Answer) {
        let mut said: BTreeMap<Key, Option<Said>> = BTreeMap::new();
        if answer.is_whole {
            said.extend(self.0.keys().map(|key| (key.clone(), None)));
            // What could not be read is given all the same.
            said.retain(|known, _| !answer.unread.iter().any(|cell| key(cell) == *known));
        }
        said.extend(answer.cells.iter().map(|(cell, value)| (key(cell), Some(*value))));
        for (key, said) in said {
            let known = self.0.entry(key).or_default();
            let stood = known.range(..=answer.day).next_back().and_then(|(_, said)| *said);
            if stood != said && !known.contains_key(&answer.day) {
                known.insert(answer.day, said);
            }
        }
    }

    pub(crate) fn as_of(&self, day: u32) -> BTreeMap<Key, Said> {
        let stood = |known: &BTreeMap<u32, Option<Said>>| {
            known.range(..=day).next_back().and_then(|(_, said)| *said)
        };
        self.0.iter().filter_map(|(key, known)| Some((key.clone(), stood(known)?))).collect()
    }
}

fn deliver(lake: &Lake, answer: &Answer) {
    try_deliver(lake, answer).unwrap();
}

pub(crate) fn try_deliver(lake: &Lake, answer: &Answer) -> Result<Committed, LakeError> {
    let mut collector = lake.collector(SOURCE, DATASET);
    begin(&mut collector, &format!("body of day {}", answer.day), day(answer.day));
    for (cell, said) in &answer.cells {
        let (series, area, period) = key(cell);
        let row = match said {
            Some(quarters) => obs(&series, &area, 2020, f64::from(*quarters) / 4.0),
            None => missing(&series, &area, 2020),
        };
        collector.accept(&Observation { period: period.parse().unwrap(), ..row });
    }
    for (cell, at) in answer.unread.iter().zip(100..) {
        let (series, area, period) = key(cell);
        let breakdown = Some(["_T", "_T", "_T", ""].map(str::to_owned));
        let (series, area, period) = (Some(series), Some(area), period.parse().ok());
        let subject = Some(Subject { series, area, period, breakdown, refused: None });
        collector.reject(Rejected { subject, ..bad_record(at, &format!("{cell:?}")) });
    }
    if answer.is_whole {
        for series in SERIES {
            collector.complete(series, (2000, 2030));
        }
    }
    lake.commit(collector, &open_gates())
}

const COLUMNS: [&str; 6] =
    ["series_code", "ref_area", "time_period", "value", "withdrawn", "recorded_at"];

/// In quarters of one.
fn value(text: &str) -> Said {
    match text {
        "NULL" => None,
        number => {
            let number: f64 = number.parse().unwrap();
            Some((0..16).find(|quarters| f64::from(*quarters) / 4.0 == number).unwrap())
        }
    }
}

fn read(lake: &Lake, table: &str) -> Vec<(Key, Option<Said>, String)> {
    let one = |row: Vec<String>| {
        let [series, area, period, value, withdrawn, recorded] = row.try_into().unwrap();
        let said = (withdrawn == "false").then(|| self::value(&value));
        ((series, area, period), said, recorded)
    };
    rows(lake, table, &COLUMNS).into_iter().map(one).collect()
}

/// What the lake says that was known at the end of a day.
pub(crate) fn as_of(lake: &Lake, until: u32) -> BTreeMap<Key, Said> {
    let until = day(until).to_rfc3339();
    let mut last: BTreeMap<Key, (String, Option<Said>)> = BTreeMap::new();
    for (key, said, recorded) in read(lake, OBSERVATIONS) {
        let known = last.entry(key).or_default();
        assert_ne!(known.0, recorded, "two statements of one instant");
        if recorded <= until && recorded > known.0 {
            *known = (recorded, said);
        }
    }
    last.into_iter().filter_map(|(key, (_, said))| Some((key, said?))).collect()
}

/// What a snapshot says that is in force.
pub(crate) fn in_force(lake: &Lake, snapshot: &Snapshot) -> BTreeMap<Key, Said> {
    let mut found = BTreeMap::new();
    for batch in lake.read(snapshot, OBSERVATIONS_LATEST, None).unwrap() {
        let batch = batch.unwrap();
        for at in 0..batch.num_rows() {
            let text = |name: &str| cell(batch.column_by_name(name).unwrap(), at);
            let key = (text("series_code"), text("ref_area"), text("time_period"));
            assert_eq!(found.insert(key, value(&text("value"))), None, "two in force");
        }
    }
    found
}

fn a_cell() -> impl Strategy<Value = Cell> {
    (0..2_usize, 0..3_usize, any::<bool>())
}

/// An answer without its day.
fn content() -> impl Strategy<Value = (BTreeMap<Cell, Said>, BTreeSet<Cell>, bool)> {
    let said = prop_oneof![5 => (0..4_i32).prop_map(Some), 1 => Just(None)];
    let cells = prop::collection::btree_map(a_cell(), said, 0..8);
    let unread = prop::collection::btree_set(a_cell(), 0..3);
    (cells, unread, prop::bool::weighted(0.7))
}

fn dated(
    day: u32,
    (cells, mut unread, is_whole): (BTreeMap<Cell, Said>, BTreeSet<Cell>, bool),
) -> Answer {
    unread.retain(|cell| !cells.contains_key(cell));
    Answer { day, cells, unread, is_whole }
}

/// An answer of a day of some.
pub(crate) fn one_answer() -> impl Strategy<Value = Answer> {
    (2..11_u32, content()).prop_map(|(day, content)| self::dated(day, content))
}

fn answers() -> impl Strategy<Value = Vec<Answer>> {
    let all = prop::collection::vec(content(), 1..7).prop_map(|all| {
        let dated = (2..).zip(all);
        dated.map(|(day, content)| self::dated(day, content)).collect::<Vec<_>>()
    });
    (all, any::<u64>()).prop_flat_map(|(all, _)| {
        let again = prop::collection::vec(0..all.len(), 0..3);
        (Just(all).prop_shuffle(), again).prop_map(|(mut all, again)| {
            all.extend(again.into_iter().map(|at| all[at].clone()).collect::<Vec<_>>());
            all
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]

    #[test]
    fn what_was_known_at_any_instant_is_what_a_list_of_statements_says(answers in answers()) {
        crate::support::keep_in(crate::support::Kept::Memory);
        let (_folder, lake) = new_lake();
        let mut model = Model::default();
        for answer in &answers {
            deliver(&lake, answer);
            model.take(answer);
        }
        if lake.snapshot(wsis_lake::At::Head).unwrap().is_none() {
            return Ok(());
        }
        for until in 1..10 {
            prop_assert_eq!(as_of(&lake, until), model.as_of(until), "day {}", until);
        }
        let latest: BTreeMap<Key, Said> = read(&lake, OBSERVATIONS_LATEST)
            .into_iter()
            .map(|(key, said, _)| (key, said.unwrap()))
            .collect();
        prop_assert_eq!(latest, model.as_of(u32::MAX));
        prop_assert_eq!(crate::support::outside_the_archive(&lake), vec![]);
    }
}

/// A run of the 2nd that was held is taken after that of the 3rd: what is in force stays, and who
/// asks for the 2nd is told what was said then.
#[test]
pub(crate) fn an_older_answer_is_history_and_changes_nothing_in_force() {
    let (_folder, lake) = new_lake();
    let answer = |day: u32, value: i32, areas: &[usize]| Answer {
        day,
        cells: areas.iter().map(|&area| ((0, area, false), Some(value))).collect(),
        is_whole: true,
        unread: BTreeSet::new(),
    };
    deliver(&lake, &answer(1, 4, &[0, 1]));
    deliver(&lake, &answer(3, 12, &[0, 1]));
    let before = head(&lake).files(OBSERVATIONS_LATEST).unwrap();
    deliver(&lake, &answer(2, 8, &[0]));
    let change = head(&lake).change;
    assert_eq!((change.new, change.changed, change.withdrawn, change.late), (0, 0, 0, 2));
    assert_eq!(head(&lake).files(OBSERVATIONS_LATEST).unwrap(), before);
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["ABW 2020 3", "KEN 2020 3"]);
    let then = as_of(&lake, 2).into_values().collect::<Vec<_>>();
    assert_eq!(then, [Some(8)], "ABW; KEN was not given");
    assert_intact(&lake);
}
