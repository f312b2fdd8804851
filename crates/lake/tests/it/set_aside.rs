//! Records in quarantine: there while the last reading of their question has them.

use std::time::Duration;

use chrono::{DateTime, Utc};
use wsis_lake::{
    At, Collection, Collector, Committed, Compaction, Lake, OBSERVATIONS_LATEST, QUARANTINE, Whole,
};
use wsis_model::observation::RowSink as _;
use wsis_model::pipeline::Gates;

use crate::support::{
    DATASET, SOURCE, aruba, assert_intact, bad_record, begin, cell, day, head, new_lake, obs,
    open_gates, rows,
};

const YEARS: (i32, i32) = (2000, 2025);

/// An answer to a question: six good records, those that are named bad, and one that is read as
/// Kenya's where `kenya`.
fn answer(
    collector: &mut Collector,
    question: (&str, (i32, i32)),
    what: (&str, u32, &[&str], bool),
) {
    let (body, at, bad, kenya) = what;
    collector.begin_request_of(question.0, question.1);
    begin(collector, body, day(at));
    for row in aruba() {
        collector.accept(&row);
    }
    for (record, row) in bad.iter().zip(20..) {
        collector.reject(bad_record(row, record));
    }
    if kenya {
        collector.accept(&obs("S", "KEN", 2021, 5.0));
    }
}

fn read(lake: &Lake, what: (&str, u32, &[&str], bool)) -> Committed {
    read_as(lake, ("p/file.csv", YEARS), what)
}

fn read_as(
    lake: &Lake,
    question: (&str, (i32, i32)),
    what: (&str, u32, &[&str], bool),
) -> Committed {
    let mut collector = lake.collector(SOURCE, DATASET);
    answer(&mut collector, question, what);
    let done = lake.commit(collector, &open_gates()).unwrap();
    assert!(done.count.balances(), "{done:?}");
    done
}

fn aside(lake: &Lake) -> Vec<String> {
    let mut found: Vec<String> = rows(lake, QUARANTINE, &["record", "recorded_at"])
        .into_iter()
        .map(|row| format!("{} {}", row[0], &row[1][8..10]))
        .collect();
    found.sort();
    found
}

/// What the newest snapshot, or another one, knows of an instant.
fn aside_at(lake: &Lake, at: At, as_of: Option<DateTime<Utc>>) -> Vec<String> {
    let view = lake.view(at, as_of).unwrap().unwrap();
    let mut found = Vec::new();
    for batch in view.read(QUARANTINE).unwrap().map(Result::unwrap) {
        let record = batch.column_by_name("record").unwrap();
        found.extend((0..batch.num_rows()).map(|at| cell(record, at)));
    }
    assert_eq!(view.rows(QUARANTINE).unwrap(), found.len() as u64);
    found.sort();
    found
}

fn tidy(lake: &Lake) {
    let (at, lock_within) = (day(30), Duration::ZERO);
    lake.compact(&Compaction { spared_min: 1, at, lock_within }).unwrap();
    let at: DateTime<Utc> = "2100-01-01T00:00:00Z".parse().unwrap();
    let grace = Duration::ZERO;
    lake.collect_garbage(&Collection { grace, dry_run: false, at, lock_within }).unwrap();
}

/// A name that was unknown is known now, and the same bytes are read again.
#[test]
pub(crate) fn trial_r4_what_a_later_reading_accepts_leaves_the_quarantine() {
    let (_folder, lake) = new_lake();
    read(&lake, ("a", 1, &["Kenyaland", "Mu", "Mu"], false));
    assert_eq!(aside(&lake), ["Kenyaland 01", "Mu 01", "Mu 01"]);
    let mended = read(&lake, ("a", 2, &["Mu", "Mu"], true));
    assert_eq!((mended.snapshot, mended.new, mended.count.quarantined), (Some(2), 1, 2));
    assert_eq!(head(&lake).change.quarantined, 0, "nothing comes to it");
    let last = read(&lake, ("b", 3, &["Mu", "Lemuria"], true));
    assert_eq!(last.snapshot, Some(3), "a record that is mended by the source is news");
    let check = || {
        assert_eq!(aside(&lake), ["Lemuria 03", "Mu 01"]);
        assert_eq!(head(&lake).rows(QUARANTINE), 2);
        let known = |at: u32| aside_at(&lake, At::Head, Some(day(at)));
        assert_eq!(known(1), ["Kenyaland", "Mu", "Mu"]);
        assert_eq!(known(2), ["Mu", "Mu"]);
        assert_eq!(known(3), ["Lemuria", "Mu"]);
        assert_eq!(aside_at(&lake, At::Id(1), None), ["Kenyaland", "Mu", "Mu"]);
        assert_eq!(aside_at(&lake, At::Id(2), Some(day(1))), ["Kenyaland", "Mu", "Mu"]);
        assert_eq!(aside_at(&lake, At::Id(2), None), ["Mu", "Mu"]);
        assert_intact(&lake);
    };
    check();
    tidy(&lake);
    check();
    // Read again without anything new: no snapshot.
    let before = head(&lake).id;
    assert_eq!(read(&lake, ("b", 4, &["Mu", "Lemuria"], true)).snapshot, None);
    assert_eq!(head(&lake).id, before);
    // The last bad ones go: the quarantine is empty, and the past is not.
    read(&lake, ("c", 5, &[], true));
    assert_eq!((aside(&lake).len(), head(&lake).rows(QUARANTINE)), (0, 0));
    assert_eq!(aside_at(&lake, At::Head, Some(day(4))), ["Lemuria", "Mu"]);
    tidy(&lake);
    assert_eq!(aside_at(&lake, At::Head, Some(day(1))), ["Kenyaland", "Mu", "Mu"]);
    assert_eq!(rows(&lake, OBSERVATIONS_LATEST, &["ref_area"]).len(), 7);
    assert_intact(&lake);
}

/// A body that repeated a bad record made no snapshot; what a later reading of it makes of the record
/// counts all the same. Of one instant the last reading is the one that held.
#[test]
pub(crate) fn trial_p100_a_record_that_came_in_another_body_leaves_the_quarantine_too() {
    let (_folder, lake) = new_lake();
    read(&lake, ("a", 1, &["Kenyaland"], false));
    assert_eq!(read(&lake, ("b", 2, &["Kenyaland"], false)).snapshot, None);
    read(&lake, ("b", 3, &[], true));
    assert_eq!(aside(&lake), [""; 0]);
    assert_eq!(aside_at(&lake, At::Head, Some(day(2))), ["Kenyaland"]);
    let (_folder, lake) = new_lake();
    read(&lake, ("a", 1, &["Kenyaland", "Mu"], false));
    read(&lake, ("a", 1, &["Mu"], true));
    assert_eq!(aside(&lake), ["Mu 01"]);
    assert_eq!(aside_at(&lake, At::Head, Some(day(1))), ["Mu"], "as that snapshot reads it");
    assert_eq!(aside_at(&lake, At::Id(1), None), ["Kenyaland", "Mu"]);
    assert_intact(&lake);
}

/// What was not read again stays: other questions, fewer years, an answer that broke off, an older
/// reading.
#[test]
pub(crate) fn trial_p101_what_was_not_read_again_stays_in_quarantine() {
    let (_folder, lake) = new_lake();
    read(&lake, ("a", 3, &["Mu"], false));
    read_as(&lake, ("p/other.csv", YEARS), ("o", 4, &["Mu"], false));
    let both = ["Mu 03", "Mu 04"];
    assert_eq!(aside(&lake), both, "each question has its own");
    read_as(&lake, ("p/file.csv", (1990, 1999)), ("back", 5, &[], false));
    assert_eq!(aside(&lake), both, "a backfill asks for other years");
    let mut collector = lake.collector(SOURCE, DATASET);
    answer(&mut collector, ("p/file.csv", YEARS), ("d", 6, &[], true));
    collector.take_back_request();
    lake.commit(collector, &open_gates()).unwrap();
    assert_eq!(aside(&lake), both, "an answer that broke off says nothing");
    read(&lake, ("old", 2, &[], false));
    assert_eq!(aside(&lake), both, "an older answer does not speak of later ones");
    read_as(&lake, ("p/file.csv", (1990, 2026)), ("e", 7, &[], false));
    assert_eq!(aside(&lake), ["Mu 04"]);
    // Without a name of the question the body itself tells.
    let (_folder, lake) = new_lake();
    for (body, at, bad, left) in [("a", 1, Some("Mu"), 1), ("b", 2, None, 1), ("a", 3, None, 0)] {
        let mut collector = lake.collector(SOURCE, DATASET);
        begin(&mut collector, body, day(at));
        collector.accept(&obs("S", "KEN", 2020, 1.0));
        if let Some(record) = bad {
            collector.reject(bad_record(2, record));
        }
        lake.commit(collector, &open_gates()).unwrap();
        assert_eq!(aside(&lake).len(), left, "{body} {at}");
    }
}

/// Years were narrowed, a file was named anew: what was bad of questions that nobody asks any more stood
/// in quarantine for ever. What was read before questions had names goes as well.
#[test]
pub(crate) fn trial_p116_what_is_asked_no_more_leaves_the_quarantine() {
    let whole = |is_alone: bool| Whole { pipeline: "p".to_owned(), years: (2010, 2025), is_alone };
    let read_all = |lake: &Lake, what: (&str, u32, &[&str], bool), whole: Option<Whole>| {
        let mut collector = lake.collector(SOURCE, DATASET);
        answer(&mut collector, ("p/2026.csv", (2010, 2025)), what);
        if let Some(it) = whole {
            collector.is_all_of(it);
        }
        lake.commit(collector, &open_gates()).unwrap();
    };
    let (_folder, lake) = new_lake();
    let mut before = lake.collector(SOURCE, DATASET);
    begin(&mut before, "old", day(1));
    before.reject(bad_record(1, "Nameless"));
    before.accept(&obs("S", "KEN", 2020, 1.0));
    lake.commit(before, &open_gates()).unwrap();
    read_as(&lake, ("p/2025.csv", YEARS), ("a", 2, &["Renamed"], false));
    read_as(&lake, ("p/2026.csv", YEARS), ("b", 3, &["Narrowed"], false));
    read_as(&lake, ("p/2026.csv", (1990, 1999)), ("c", 4, &["Backfilled"], false));
    read_as(&lake, ("pp/2025.csv", YEARS), ("d", 5, &["Other"], false));
    let all = ["Backfilled 04", "Nameless 01", "Narrowed 03", "Other 05", "Renamed 02"];
    assert_eq!(aside(&lake), all);
    read_all(&lake, ("e", 6, &[], false), None);
    assert_eq!(aside(&lake), all, "a part of a pipeline says nothing of the rest");
    read_all(&lake, ("f", 7, &[], false), Some(whole(false)));
    assert_eq!(aside(&lake), ["Backfilled 04", "Nameless 01", "Other 05"]);
    read_all(&lake, ("g", 8, &[], false), Some(whole(true)));
    assert_eq!(aside(&lake), ["Backfilled 04", "Other 05"]);
    assert_eq!(aside_at(&lake, At::Head, Some(day(6))).len(), 5, "the past knows them");
    assert_intact(&lake);
}

/// What somebody took once holds nothing again; one more bad record does, and the message says how
/// many are known.
#[test]
pub(crate) fn trial_p102_bad_records_that_were_taken_once_hold_no_run_again() {
    let (_folder, lake) = new_lake();
    let gates = Gates { quarantined_share_max: 0.2, ..Gates::OPEN };
    let try_it = |body: &str, at: u32, bad: &[&str], kenya: bool, gates: &Gates| {
        let mut collector = lake.collector(SOURCE, DATASET);
        answer(&mut collector, ("p/file.csv", YEARS), (body, at, bad, kenya));
        let foreseen = lake.preview(collector, gates).unwrap().committed.gate;
        let mut collector = lake.collector(SOURCE, DATASET);
        answer(&mut collector, ("p/file.csv", YEARS), (body, at, bad, kenya));
        let done = lake.commit(collector, gates).unwrap();
        assert_eq!(done.gate, foreseen, "a preview says what a commit says");
        (done.snapshot, done.gate.unwrap_or_default())
    };
    let three = ["Atlantis", "Lemuria", "Mu"];
    let (none, why) = try_it("a", 1, &three, false, &gates);
    assert_eq!(none, None);
    let expected = "3 of 9 rows would be quarantined (33.3 %), at most 20.0 % allowed \
                    (`quarantined_share_max` under `[gates]` of the pipeline)";
    assert_eq!(why, expected);
    assert_eq!(try_it("a", 1, &three, false, &Gates::OPEN), (Some(1), String::new()));
    assert_eq!(try_it("b", 2, &three, true, &gates), (Some(2), String::new()));
    let four = ["Atlantis", "Lemuria", "Mu", "Thule"];
    let (none, why) = try_it("c", 3, &four, true, &gates);
    assert_eq!(none, None);
    assert!(why.ends_with("of the pipeline); 3 of them are in quarantine already"), "{why}");
}
