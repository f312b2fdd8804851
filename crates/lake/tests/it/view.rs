//! What was known at an instant, and what became of statements.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use arrow::array::RecordBatch;
use chrono::{DateTime, TimeDelta, Utc};
use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use wsis_lake::{
    At, Lake, LakeErrorKind, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, View, end_of_day,
};
use wsis_model::observation::{KEY, RowSink as _, column};
use wsis_model::payload::RawId;
use wsis_model::revision::revision_schema;

use crate::support::{
    Kept, aruba, bad_record, begin, cell, collect, day, deliver, head, keep_in, missing, new_lake,
    obs, open_gates, remove, short, write,
};

/// Every row, each cell as text, sorted.
fn texts(batches: impl Iterator<Item = RecordBatch>) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    for batch in batches {
        for at in 0..batch.num_rows() {
            rows.push(batch.columns().iter().map(|column| cell(column, at)).collect());
        }
    }
    rows.sort();
    rows
}

/// Place of a column of observations.
fn place(name: &str) -> usize {
    wsis_model::observation::observation_schema().index_of(name).unwrap()
}

fn shown(view: &View, table: &str) -> Vec<Vec<String>> {
    let rows = texts(view.read(table).unwrap().map(Result::unwrap));
    assert_eq!(view.rows(table).unwrap(), rows.len() as u64, "{table}");
    rows
}

fn in_force(lake: &Lake) -> Vec<Vec<String>> {
    texts(lake.read(&head(lake), OBSERVATIONS_LATEST, None).unwrap().map(Result::unwrap))
}

fn as_of(lake: &Lake, at: DateTime<Utc>) -> View {
    lake.view(At::Head, Some(at)).unwrap().unwrap()
}

fn revisions(view: &View, columns: &[&str]) -> Vec<String> {
    let mut rows = Vec::new();
    for batch in view.revisions().unwrap().map(Result::unwrap) {
        assert_eq!(batch.schema(), revision_schema());
        for at in 0..batch.num_rows() {
            let cells = columns.iter().map(|name| cell(batch.column_by_name(name).unwrap(), at));
            rows.push(cells.collect::<Vec<_>>().join(" "));
        }
    }
    rows
}

/// Aruba as delivered on 1 January, revised on 3 January, withdrawn in part on 5 January.
fn three_days() -> (tempfile::TempDir, Lake) {
    let (folder, lake) = new_lake();
    deliver(&lake, "first", day(1), &aruba());
    let mut revised = aruba();
    revised[0].value = Some(15.5);
    deliver(&lake, "second", day(3), &revised);
    deliver(&lake, "third", day(5), &revised[..5]);
    (folder, lake)
}

/// Compaction puts files of several deliveries together: what was known when stays as it was.
#[test]
fn what_was_known_when_is_the_same_after_a_compaction() {
    let (_folder, lake) = three_days();
    let known = |lake: &Lake| {
        [1, 2, 3, 4, 5, 30].map(|at| {
            let view = as_of(lake, day(at));
            (shown(&view, OBSERVATIONS_LATEST), shown(&view, OBSERVATIONS))
        })
    };
    let before = known(&lake);
    let how = wsis_lake::Compaction { spared_min: 1, at: day(30), lock_within: Duration::ZERO };
    assert_eq!(lake.compact(&how).unwrap().len(), 1);
    assert_eq!(known(&lake), before);
    // And as of an instant before it, from a snapshot after it that a delivery made.
    deliver(&lake, "fourth", day(6), &[obs("S", "KEN", 2020, 1.0)]);
    assert_eq!(known(&lake)[..5], before[..5]);
}

#[test]
fn a_view_of_a_day_is_what_was_in_force_on_it() {
    for kept in [Kept::Local, Kept::Memory] {
        keep_in(kept);
        let (_folder, lake) = three_days();
        let values = |at| -> Vec<String> {
            let rows = shown(&as_of(&lake, at), OBSERVATIONS_LATEST);
            rows.into_iter()
                .map(|row| format!("{} {}", row[place("year")], row[place("value")]))
                .collect()
        };
        let first = ["2002 14.5", "2003 7.5", "2004 5", "2005 10", "2006 13", "2012 119.5"];
        assert_eq!(values(day(1)), first);
        // To the end of the day before.
        assert_eq!(values(end_of_day(day(2).date_naive())), first);
        assert_eq!(values(day(3))[0], "2002 15.5");
        assert_eq!((values(day(3)).len(), values(day(5)).len()), (6, 5));
        assert_eq!(values(day(30)), values(day(5)));
        // What is known today is what the tables hold.
        let now = lake.view(At::Head, None).unwrap().unwrap();
        assert_eq!(shown(&now, OBSERVATIONS_LATEST), in_force(&lake));
        assert_eq!(shown(&as_of(&lake, day(5)), OBSERVATIONS_LATEST), in_force(&lake));
        let statements = |at| shown(&as_of(&lake, at), OBSERVATIONS).len();
        assert_eq!([day(1), day(3), day(4), day(5)].map(statements), [6, 7, 7, 8]);
        keep_in(Kept::Local);
    }
}

#[test]
fn revisions_hold_both_statements_and_what_became_of_the_first() {
    let (_folder, lake) = three_days();
    let mut again = aruba();
    again[0].value = Some(15.5);
    again[1].unit = "kg";
    deliver(&lake, "fourth", day(7), &again);
    let columns =
        ["year", "change", "old_value", "new_value", "recorded_at", "old_unit", "new_unit"];
    let day = |text: u32| format!("2026-01-{text:02}T12:00:00+00:00");
    let all = [
        format!("2002 revised 14.5 15.5 {} % %", day(3)),
        format!("2003 annotated 7.5 7.5 {} % kg", day(7)),
        format!("2012 withdrawn 119.5 NULL {} % %", day(5)),
        format!("2012 restored NULL 119.5 {} % %", day(7)),
    ];
    let now = lake.view(At::Head, None).unwrap().unwrap();
    assert_eq!(revisions(&now, &columns), all);
    // Of what was known on a day only what had happened by then.
    let then = as_of(&lake, crate::support::day(5));
    assert_eq!(revisions(&then, &columns), [all[0].clone(), all[2].clone()]);
}

#[test]
fn an_older_snapshot_knows_nothing_of_later_ones() {
    let (_folder, lake) = three_days();
    let second = lake.view(At::Id(2), None).unwrap().unwrap();
    assert_eq!(shown(&second, OBSERVATIONS_LATEST).len(), 6);
    assert_eq!(second.said().unwrap(), "as of snapshot 2");
    let both = lake.view(At::Id(2), Some(day(30))).unwrap().unwrap();
    assert_eq!(shown(&both, OBSERVATIONS_LATEST), shown(&second, OBSERVATIONS_LATEST));
    assert_eq!(both.said().unwrap(), "as known at 2026-01-30 12:00:00 UTC (of snapshot 2)");
    assert!(lake.view(At::Id(3), None).unwrap().unwrap().is_present());
    assert_eq!(
        as_of(&lake, end_of_day(day(2).date_naive())).said().unwrap(),
        "as known on 2 January 2026"
    );
}

#[test]
fn what_was_set_aside_later_is_no_part_of_a_view() {
    let (_folder, lake) = new_lake();
    let mut first = collect(&lake, "first", day(1), &aruba());
    first.reject(bad_record(7, "one"));
    lake.commit(first, &open_gates()).unwrap();
    // One delivery of two days: a file with rows of both.
    let mut later = lake.collector(crate::support::SOURCE, crate::support::DATASET);
    for (body, at) in [("second", day(3)), ("third", day(5))] {
        begin(&mut later, body, at);
        later.accept(&obs("S", body, 2020, 1.0));
        later.reject(bad_record(1, body));
    }
    lake.commit(later, &open_gates()).unwrap();
    for (at, aside, statements) in [(day(1), 1, 6), (day(3), 2, 7), (day(4), 2, 7), (day(5), 3, 8)]
    {
        let view = as_of(&lake, at);
        assert_eq!(shown(&view, QUARANTINE).len(), aside, "{at}");
        assert_eq!(shown(&view, OBSERVATIONS).len(), statements, "{at}");
        assert_eq!(shown(&view, OBSERVATIONS_LATEST).len(), statements, "{at}");
    }
}

/// Which of two answers of one instant came first is chance: the lake tells them apart by what they
/// are, in what is in force, in views and in revisions.
#[test]
fn of_two_statements_of_one_instant_the_body_with_the_greater_hash_is_the_later() {
    let mut bodies = ["one body", "another body", "a third one"].map(str::to_owned);
    bodies.sort_by_key(|body| RawId::of(body.as_bytes()).to_string());
    let value = |body: &String| body.len() as f64;
    let greatest = value(&bodies[2]).to_string();
    for order in [[0, 1, 2], [2, 1, 0], [1, 2, 0], [0, 2, 1]] {
        let (_folder, lake) = new_lake();
        for at in order {
            let rows = [obs("S", "KEN", 2020, value(&bodies[at]))];
            let delivered = collect(&lake, &bodies[at], day(1), &rows);
            lake.commit(delivered, &open_gates()).unwrap();
        }
        assert_eq!(short(&lake, OBSERVATIONS_LATEST), [format!("KEN 2020 {greatest}")]);
        // Another statement of a later day, so that the view cannot take what is in force.
        deliver(&lake, "later", day(2), &[obs("S", "KEN", 2020, 99.0)]);
        let then = as_of(&lake, day(1));
        let found = then.read(OBSERVATIONS_LATEST).unwrap().map(Result::unwrap);
        let values: Vec<String> =
            found.map(|batch| cell(batch.column_by_name("value").unwrap(), 0)).collect();
        assert_eq!(values, std::slice::from_ref(&greatest), "{order:?}");
        let now = lake.view(At::Head, None).unwrap().unwrap();
        let last = revisions(&now, &["old_value", "new_value"]).pop().unwrap();
        assert_eq!(last, format!("{greatest} 99"), "{order:?}");
    }
}

#[test]
fn before_the_first_statement_and_of_lost_files_there_is_a_sentence() {
    let (_folder, lake) = three_days();
    assert!(new_lake().1.view(At::Head, None).unwrap().is_none());
    let early = lake.view(At::Head, Some(day(1) - TimeDelta::seconds(1))).unwrap_err();
    assert_eq!(early.kind(), LakeErrorKind::Absent);
    let text = early.to_string();
    assert!(text.contains("nothing was known at 2026-01-01 11:59:59 UTC"), "{text}");
    assert!(text.contains("recorded at 2026-01-01T12:00:00Z"), "{text}");
    // E11 of a trial: what is offered can be typed as it stands.
    assert!(text.contains("; 2026-01-01 (a day is meant to its end in UTC)"), "{text}");
    let offered = wsis_lake::parse_as_of("2026-01-01").unwrap();
    assert!(lake.view(At::Head, Some(offered)).unwrap().is_some());
    assert!(lake.view(At::Id(9), None).unwrap_err().to_string().contains("snapshot 9 does not"));
    // The table in force on the first day, as if it had been tidied away.
    let first = lake.snapshot(At::Id(2)).unwrap().unwrap();
    let only = |snapshot: &wsis_lake::Snapshot| snapshot.files(OBSERVATIONS_LATEST).unwrap();
    let gone = only(&first).remove(0);
    assert!(!only(&head(&lake)).contains(&gone));
    remove(&lake, &gone.path);
    let text = lake.view(At::Id(2), None).unwrap_err().to_string();
    assert!(text.contains("snapshot 2 cannot be read any more"), "{text}");
    assert!(text.contains(&gone.path), "{text}");
    // What was known then is still answered, from what the newest one holds.
    assert_eq!(shown(&as_of(&lake, day(3)), OBSERVATIONS_LATEST).len(), 6);
}

#[test]
fn a_damaged_file_is_no_part_of_an_answer() {
    let (_folder, lake) = three_days();
    let files = head(&lake).files(OBSERVATIONS).unwrap();
    let file = files.into_iter().find(|file| file.rows == 6).unwrap();
    write(&lake, &file.path, b"other bytes");
    let error = as_of(&lake, day(3)).read(OBSERVATIONS_LATEST).map(drop).unwrap_err();
    assert_eq!(error.kind(), LakeErrorKind::Corrupt, "{error}");
}

/// What a delivery says of each of its keys: a value, that there is none, or nothing.
#[derive(Debug, Clone, Copy)]
enum Says {
    Value(u8),
    Missing,
    Nothing,
}

const SERIES: [&str; 3] = ["IT.A", "IT.B", "Z"];
const AREAS: [&str; 3] = ["ABW", "KEN", "NAM"];
const YEARS: std::ops::Range<i32> = 2018..2021;

fn says() -> impl Strategy<Value = Says> {
    prop_oneof![
        5 => (0_u8..4).prop_map(Says::Value),
        1 => Just(Says::Missing),
        2 => Just(Says::Nothing),
    ]
}

/// Deliveries: hours after the one before (0: the same instant), and what each says.
fn deliveries() -> impl Strategy<Value = Vec<(i64, Vec<Says>)>> {
    let keys = SERIES.len() * AREAS.len() * YEARS.count();
    proptest::collection::vec((0_i64..3, proptest::collection::vec(says(), keys)), 1..9)
}

fn history(lake: &Lake, deliveries: &[(i64, Vec<Says>)]) -> Vec<(DateTime<Utc>, Vec<Vec<String>>)> {
    let mut at = day(1);
    let mut known = Vec::new();
    for (number, (hours, says)) in deliveries.iter().enumerate() {
        at += TimeDelta::hours(*hours);
        let mut says = says.iter();
        let mut rows = Vec::new();
        for series in SERIES {
            for area in AREAS {
                for (year, says) in YEARS.zip(&mut says) {
                    rows.extend(match says {
                        Says::Value(value) => Some(obs(series, area, year, f64::from(*value))),
                        Says::Missing => Some(missing(series, area, year)),
                        Says::Nothing => None,
                    });
                }
            }
        }
        deliver(lake, &format!("body {number}"), at, &rows);
        if lake.snapshot(At::Head).unwrap().is_some() {
            known.push((at, in_force(lake)));
        }
    }
    known
}

/// The rule, one statement after the other: the last of each key that was recorded by then.
fn by_hand(lake: &Lake, at: DateTime<Utc>) -> Vec<Vec<String>> {
    let mut last: BTreeMap<Vec<String>, ([String; 2], Vec<String>)> = BTreeMap::new();
    let mut seen = BTreeSet::new();
    for id in 1..=head(lake).id {
        // In the order of commits.
        let snapshot = lake.snapshot(At::Id(id)).unwrap().unwrap();
        for row in texts(lake.read(&snapshot, OBSERVATIONS, None).unwrap().map(Result::unwrap)) {
            let recorded = row[place(column::RECORDED_AT)].clone();
            let is_known = recorded.parse::<DateTime<Utc>>().unwrap() <= at;
            if !seen.insert(row.clone()) || !is_known {
                continue;
            }
            let key = KEY.map(|name| row[place(name)].clone()).to_vec();
            let moment = [recorded, row[place(column::PAYLOAD)].clone()];
            if last.get(&key).is_none_or(|(known, _)| *known <= moment) {
                last.insert(key, (moment, row));
            }
        }
    }
    let withdrawn = place(column::WITHDRAWN);
    let mut rows: Vec<_> = last.into_values().map(|(_, row)| row).collect();
    rows.retain(|row| row[withdrawn] == "false");
    rows.sort();
    rows
}

proptest! {
    #![proptest_config(Config {
        cases: 8,
        failure_persistence: Some(Box::new(FileFailurePersistence::Off)),
        ..Config::default()
    })]

    /// At every instant a view shows what was in force then.
    #[test]
    fn invariant_i17_a_view_of_any_instant_is_what_was_in_force(deliveries in deliveries()) {
        let (_folder, lake) = new_lake();
        let known = history(&lake, &deliveries);
        for (at, _) in &known {
            // After the last commit of that instant, and just before the next.
            let expected = known.iter().rev().find(|(then, _)| then == at).unwrap();
            for at in [*at, *at + TimeDelta::minutes(59)] {
                let found = shown(&as_of(&lake, at), OBSERVATIONS_LATEST);
                prop_assert_eq!(&found, &expected.1, "at {}", at);
            }
        }
    }

    /// And the same in many days, of which each changes little.
    #[test]
    fn a_view_is_the_last_statement_of_each_key(deliveries in deliveries(), hours in 0_i64..20) {
        let (_folder, lake) = new_lake();
        history(&lake, &deliveries);
        let at = day(1) + TimeDelta::hours(hours);
        if lake.snapshot(At::Head).unwrap().is_some()
            && let Ok(Some(view)) = lake.view(At::Head, Some(at))
        {
            prop_assert_eq!(shown(&view, OBSERVATIONS_LATEST), by_hand(&lake, at));
        }
    }
}
