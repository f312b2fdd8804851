//! What a delivery changes.

use wsis_lake::{OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE};
use wsis_model::observation::{Observation, RowSink as _};
use wsis_model::pipeline::Gates;
use wsis_model::quarantine::{Reason, Rejected};
use wsis_model::status::ObsStatus;

use crate::support::{
    DATASET, SOURCE, aruba, assert_intact, bad_record, begin, collect, commit_whole, day, deliver,
    head, missing, new_lake, obs, open_gates, rows, short,
};

const S: &str = "IT.NET.USER.ZS";

#[test]
pub(crate) fn a_first_delivery_is_all_news() {
    let (_folder, lake) = new_lake();
    let committed = deliver(&lake, "a", day(1), &aruba());
    assert_eq!((committed.snapshot, committed.new), (Some(1), 6));
    assert_eq!(committed.count.accepted, 6);
    let expected = [
        "ABW 2002 14.5",
        "ABW 2003 7.5",
        "ABW 2004 5",
        "ABW 2005 10",
        "ABW 2006 13",
        "ABW 2012 119.5",
    ];
    assert_eq!(short(&lake, OBSERVATIONS), expected);
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), expected);
    let first = rows(
        &lake,
        OBSERVATIONS,
        &["source", "dataset", "unit", "obs_status", "released_at", "recorded_at", "payload_row"],
    );
    assert_eq!(
        first.first().unwrap(),
        &["worldbank", "WDI", "%", "A", "2025-12-16", "2026-01-01T12:00:00+00:00", "1"]
    );
    assert_intact(&lake);
}

#[test]
pub(crate) fn invariant_i3_a_revision_keeps_both_vintages() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs(S, "KEN", 2019, 22.6), obs(S, "KEN", 2020, 29.0)]);
    let second =
        deliver(&lake, "b", day(2), &[obs(S, "KEN", 2019, 22.6), obs(S, "KEN", 2020, 29.5)]);
    assert_eq!((second.new, second.changed, second.unchanged), (0, 1, 1));
    let mut all = short(&lake, OBSERVATIONS);
    all.sort();
    assert_eq!(all, ["KEN 2019 22.6", "KEN 2020 29", "KEN 2020 29.5"]);
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2019 22.6", "KEN 2020 29.5"]);
    // The row that did not change keeps the time at which it was first seen.
    let seen = rows(&lake, OBSERVATIONS_LATEST, &["year", "recorded_at"]);
    assert_eq!(seen.first().unwrap(), &["2019", "2026-01-01T12:00:00+00:00"]);
    assert_eq!(seen.get(1).unwrap(), &["2020", "2026-01-02T12:00:00+00:00"]);
    assert_intact(&lake);
}

#[test]
pub(crate) fn a_value_that_becomes_missing_is_a_change() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs(S, "KEN", 2020, 29.0)]);
    let second = deliver(&lake, "b", day(2), &[missing(S, "KEN", 2020)]);
    assert_eq!((second.changed, second.withdrawn, second.count.missing), (1, 0, 1));
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 NULL"]);
}

#[test]
pub(crate) fn every_attribute_counts_as_a_statement() {
    let base = obs(S, "KEN", 2020, 29.0);
    let variants = [
        Observation { unit: "per 100", ..base },
        Observation { obs_status: ObsStatus::Estimated, ..base },
        Observation { source_flag: Some("E"), ..base },
        Observation { footnote: Some("ITU estimate"), ..base },
    ];
    for (variant, at) in variants.iter().zip(2..) {
        let (_folder, lake) = new_lake();
        deliver(&lake, "a", day(1), &[base]);
        assert_eq!(deliver(&lake, "b", day(at), &[*variant]).changed, 1, "{variant:?}");
    }
}

#[test]
pub(crate) fn r12_the_same_data_published_again_is_no_revision() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let moved: Vec<_> =
        aruba().into_iter().map(|o| Observation { payload_row: o.payload_row + 50, ..o }).collect();
    let mut collector = lake.collector(SOURCE, DATASET);
    let raw = wsis_model::payload::RawId::of(b"the same, prepared a day later");
    collector.begin_payload(&raw, day(2), chrono::NaiveDate::from_ymd_opt(2026, 1, 2));
    for observation in &moved {
        collector.accept(observation);
    }
    let second = commit_whole(&lake, collector, &open_gates()).unwrap();
    assert_eq!((second.snapshot, second.unchanged), (None, 6));
    assert_eq!(second.to_string(), "not committed: nothing changed");
    // Released anew, and said first with the release of before.
    let released = rows(&lake, OBSERVATIONS_LATEST, &["released_at"]);
    assert!(released.iter().all(|row| row[0] == "2025-12-16"), "{released:?}");
    assert_eq!(head(&lake).id, 1);
}

#[test]
pub(crate) fn what_the_source_no_longer_gives_is_withdrawn_and_kept() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs(S, "KEN", 2019, 22.6), obs(S, "KEN", 2020, 29.0)]);
    let second = deliver(&lake, "b", day(2), &[obs(S, "KEN", 2020, 29.0)]);
    assert_eq!((second.withdrawn, second.unchanged), (1, 1));
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 29"]);
    let all = rows(
        &lake,
        OBSERVATIONS,
        &[
            "year",
            "value",
            "withdrawn",
            "obs_status",
            "unit",
            "recorded_at",
            "payload",
            "payload_row",
        ],
    );
    let gone: Vec<_> = all.iter().filter(|row| row.get(2).unwrap() == "true").collect();
    let payload = wsis_model::payload::RawId::of(b"b").to_string();
    assert_eq!(
        gone,
        [&["2019", "NULL", "true", "O", "%", "2026-01-02T12:00:00+00:00", payload.as_str(), "0",]]
    );
    // It comes back: new again, three statements on record.
    let third =
        deliver(&lake, "c", day(3), &[obs(S, "KEN", 2019, 22.6), obs(S, "KEN", 2020, 29.0)]);
    assert_eq!((third.new, third.unchanged), (1, 1));
    assert_eq!(head(&lake).rows(OBSERVATIONS), 4);
    assert_intact(&lake);
}

#[test]
pub(crate) fn only_series_delivered_in_full_can_be_withdrawn() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs("A", "KEN", 2020, 1.0), obs("B", "KEN", 2020, 2.0)]);
    let mut collector = collect(&lake, "b", day(2), &[obs("C", "KEN", 2020, 3.0)]);
    for series in ["B", "C"] {
        collector.complete(series, (2000, 2030));
    }
    let second = lake.commit(collector, &open_gates()).unwrap();
    assert_eq!(second.kept, [("A".to_owned(), 1)].into());
    assert_eq!((second.new, second.withdrawn), (1, 1));
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 1", "KEN 2020 3"]);
}

#[test]
pub(crate) fn replaying_an_old_payload_undoes_nothing() {
    let (_folder, lake) = new_lake();
    let first = [obs(S, "KEN", 2019, 22.6), obs(S, "KEN", 2020, 29.0)];
    deliver(&lake, "a", day(1), &first);
    deliver(&lake, "b", day(2), &[obs(S, "KEN", 2020, 29.5), obs(S, "KEN", 2021, 31.0)]);
    let replayed = deliver(&lake, "a", day(1), &first);
    assert_eq!(replayed.snapshot, None, "{replayed:?}");
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 29.5", "KEN 2021 31"]);
}

#[test]
pub(crate) fn w16_v12_equal_doubles_are_stored_once_and_counted() {
    let (_folder, lake) = new_lake();
    let one = obs(S, "KEN", 2020, 29.0);
    let rows_in =
        [Observation { payload_row: 7, ..one }, Observation { payload_row: 3, ..one }, one];
    let committed = deliver(&lake, "a", day(1), &rows_in);
    assert_eq!((committed.count.accepted, committed.count.duplicates), (3, 2));
    assert_eq!(committed.count.quarantined, 0);
    assert_eq!(rows(&lake, OBSERVATIONS, &["value", "payload_row"]), [["29", "1"]]);
}

/// EGDI 2018 stands as 0.33760 in the CSV and as 0.3376 in the workbook. Which of the two was
/// received first used to decide which was kept, and made 935 revisions of nothing.
#[test]
pub(crate) fn v12_one_figure_in_two_prints_is_one_statement_whichever_came_first() {
    let stored = |order: [(&str, &str); 2]| {
        let (_folder, lake) = new_lake();
        for (hour, expected_new) in [(1, 1), (5, 0)] {
            let mut collector = lake.collector(SOURCE, DATASET);
            for (at, (body, text)) in (hour..).zip(order) {
                let raw = wsis_model::payload::RawId::of(body.as_bytes());
                collector.begin_payload(&raw, day(at), None);
                let row = obs(S, "KEN", 2018, 0.3376);
                collector.accept(&Observation { value_text: Some(text), ..row });
            }
            let committed = commit_whole(&lake, collector, &open_gates()).unwrap();
            assert_eq!((committed.new, committed.changed), (expected_new, 0), "{order:?}");
            assert_eq!(committed.count.duplicates, 1);
        }
        rows(&lake, OBSERVATIONS, &["value", "value_text", "payload"])
    };
    let (csv, xlsx) = (("the table", "0.33760"), ("the workbook", "0.3376"));
    assert_eq!(stored([csv, xlsx]), stored([xlsx, csv]));
}

#[test]
pub(crate) fn w16_v12_unequal_doubles_are_all_set_aside() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs(S, "KEN", 2020, 29.0), obs(S, "UGA", 2020, 6.1)]);
    let twice = [
        Observation { payload_row: 1, ..obs(S, "KEN", 2020, 29.5) },
        Observation { payload_row: 2, ..obs(S, "UGA", 2020, 6.1) },
        Observation { payload_row: 9, ..missing(S, "KEN", 2020) },
    ];
    let committed = deliver(&lake, "b", day(2), &twice);
    assert_eq!((committed.count.parsed, committed.count.accepted), (3, 1));
    assert_eq!(committed.count.missing, 0, "the conflicting null is not accepted");
    assert_eq!(committed.quarantined_by_reason.get("conflict"), Some(&2));
    // What was in force before the contradiction stays in force.
    assert_eq!((committed.changed, committed.withdrawn), (0, 0));
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 29", "UGA 2020 6.1"]);
    let aside = rows(&lake, QUARANTINE, &["reason", "payload_row", "detail", "record"]);
    assert_eq!(aside.len(), 2);
    let first = aside.first().unwrap();
    assert_eq!(first.get(..2).unwrap(), ["conflict", "1"]);
    assert!(first.get(2).unwrap().contains("values 29.5, null"), "{first:?}");
    assert!(first.get(3).unwrap().contains("ref_area=KEN sex=_T"), "{first:?}");
    assert_intact(&lake);
}

#[test]
pub(crate) fn v13_the_key_is_the_full_key() {
    let (_folder, lake) = new_lake();
    let base = obs("IT_MOB_OWN", "KEN", 2020, 50.0);
    let rows_in = [
        base,
        Observation { sex: "F", value: Some(47.0), ..base },
        Observation { age: "Y15T24", value: Some(61.0), ..base },
        Observation { location: "RURAL", value: Some(40.0), ..base },
        Observation { dimensions: "Type of speed=ANYS", value: Some(12.0), ..base },
        Observation { period: "2021".parse().unwrap(), value: Some(51.0), ..base },
        Observation { period: "2020-Q1".parse().unwrap(), value: Some(52.0), ..base },
        Observation { period: "2020-01".parse().unwrap(), value: Some(53.0), ..base },
        Observation { period: "2020-01-01".parse().unwrap(), value: Some(54.0), ..base },
        Observation { ref_area: "UGA", value: Some(30.0), ..base },
        Observation { series_code: "IT_MOB_4GNTWK", value: Some(80.0), ..base },
    ];
    let committed = deliver(&lake, "a", day(1), &rows_in);
    assert_eq!(
        (committed.new, committed.count.duplicates, committed.count.quarantined),
        (11, 0, 0)
    );
    assert_eq!(head(&lake).rows(OBSERVATIONS_LATEST), 11);
}

/// Quarters, months, weeks and days beside years, in the order of their texts.
#[test]
pub(crate) fn periods_of_all_frequencies_have_their_place_in_the_key() {
    let (_folder, lake) = new_lake();
    let texts = ["2024-W01", "2024-S2", "2024-Q1", "2024-12", "2024-12-30", "2024", "2023"];
    let one =
        |text: &str| Observation { period: text.parse().unwrap(), ..obs(S, "KEN", 1999, 1.0) };
    let all: Vec<_> = texts.into_iter().map(one).collect();
    assert_eq!(deliver(&lake, "a", day(1), &all).new, 7);
    let columns = ["freq", "time_period", "year", "period_start"];
    let expected = [
        ["A", "2023", "2023", "2023-01-01"],
        ["A", "2024", "2024", "2024-01-01"],
        ["D", "2024-12-30", "2024", "2024-12-30"],
        ["M", "2024-12", "2024", "2024-12-01"],
        ["Q", "2024-Q1", "2024", "2024-01-01"],
        ["S", "2024-S2", "2024", "2024-07-01"],
        ["W", "2024-W01", "2024", "2024-01-01"],
    ];
    assert_eq!(rows(&lake, OBSERVATIONS_LATEST, &columns), expected);
    // A revision of a quarter leaves the others alone; what of a year is gone is withdrawn.
    let revised = Observation { value: Some(2.0), ..one("2024-Q1") };
    let second = deliver(&lake, "b", day(2), &[&all[..2], &[revised], &all[3..6]].concat());
    assert_eq!((second.new, second.changed, second.withdrawn), (0, 1, 1));
    assert_intact(&lake);
}

#[test]
pub(crate) fn v17_v18_an_empty_delivery_is_held_by_default() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let gates = Gates { rows_min: 1, ..open_gates() };
    let held = commit_whole(&lake, collect(&lake, "b", day(2), &[]), &gates).unwrap();
    assert_eq!(held.snapshot, None);
    let why = held.gate.clone().expect("held");
    assert_eq!(
        why,
        "0 rows accepted, at least 1 expected (`rows_min` under `[gates]` of the pipeline)"
    );
    assert_eq!(held.to_string(), format!("not committed: held, {why}"));
    assert_eq!(head(&lake).id, 1);
    assert_eq!(head(&lake).rows(OBSERVATIONS_LATEST), 6);
}

/// A release that has lost its aggregates, or many economies, is held, and says which.
#[test]
pub(crate) fn w12_v20_areas_that_are_gone_are_listed() {
    let (_folder, lake) = new_lake();
    let codes: Vec<String> = (b'A'..=b'T').map(|c| format!("X{}Z", c as char)).collect();
    let all: Vec<_> = codes.iter().map(|code| obs(S, code, 2020, 1.0)).collect();
    deliver(&lake, "a", day(1), &all);
    let gates = Gates { rows_min: 1, withdrawn_share_max: 0.1, ..open_gates() };
    let few: Vec<_> = all.iter().copied().take(6).collect();
    let held = commit_whole(&lake, collect(&lake, "b", day(2), &few), &gates).unwrap();
    let why = held.gate.expect("held");
    assert!(why.starts_with("14 of 20 observations in force would be withdrawn"), "{why}");
    let listed = "XGZ, XHZ, XIZ, XJZ, XKZ, XLZ, XMZ, XNZ, XOZ, XPZ, XQZ, XRZ and 2 more";
    assert!(why.ends_with(listed), "{why}");
    assert_eq!(rows(&lake, OBSERVATIONS_LATEST, &["ref_area"]).len(), 20);
}

#[test]
pub(crate) fn shares_withdrawn_and_quarantined_are_held() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let gates =
        Gates { rows_min: 1, withdrawn_share_max: 0.5, quarantined_share_max: 0.25, ..Gates::OPEN };
    let two = aruba().into_iter().take(2).collect::<Vec<_>>();
    let held = commit_whole(&lake, collect(&lake, "b", day(2), &two), &gates).unwrap();
    let why = held.gate.expect("held");
    assert!(why.starts_with("4 of 6 observations in force would be withdrawn (66.7 %)"), "{why}");
    assert_eq!(held.withdrawn, 4);
    let mut collector = collect(&lake, "c", day(2), &aruba());
    (7..10).for_each(|row| collector.reject(bad_record(row, "Atlantis")));
    let held = commit_whole(&lake, collector, &gates).unwrap();
    let why = held.gate.expect("held");
    assert!(why.starts_with("3 of 9 rows would be quarantined (33.3 %)"), "{why}");
    assert_eq!(head(&lake).id, 1);
    // Exactly at the limit passes.
    let three = aruba().into_iter().take(3).collect::<Vec<_>>();
    let passed = commit_whole(&lake, collect(&lake, "d", day(2), &three), &gates).unwrap();
    assert_eq!((passed.gate, passed.withdrawn, passed.snapshot), (None, 3, Some(2)));
}

#[test]
pub(crate) fn the_same_bad_record_is_quarantined_once() {
    let (_folder, lake) = new_lake();
    let with_bad = |body: &str, at: u32, bad: &[&str]| {
        let mut collector = collect(&lake, body, day(at), &aruba());
        for (record, row) in bad.iter().zip(20..) {
            collector.reject(bad_record(row, record));
        }
        commit_whole(&lake, collector, &open_gates()).unwrap()
    };
    let first = with_bad("a", 1, &["Atlantis", "Atlantis"]);
    assert_eq!(first.quarantined_by_reason.get("unknown_area"), Some(&2));
    assert_eq!(head(&lake).rows(QUARANTINE), 2, "both records of one payload are kept");
    for (body, at) in [("a", 1), ("b", 2)] {
        let again = with_bad(body, at, &["Atlantis", "Atlantis"]);
        assert_eq!((again.snapshot, again.count.quarantined), (None, 2));
    }
    let other = with_bad("c", 3, &["Atlantis", "Mu"]);
    assert_eq!((other.snapshot, other.unchanged), (Some(2), 6));
    let aside = rows(&lake, QUARANTINE, &["record", "recorded_at"]);
    assert_eq!(aside.iter().filter(|row| row.first().unwrap() == "Mu").count(), 1);
    assert_eq!(aside.len(), 3);
    assert_eq!(head(&lake).change.quarantined, 1);
    assert_intact(&lake);
}

#[test]
pub(crate) fn q5_no_nan_is_stored() {
    let (_folder, lake) = new_lake();
    let bad = [f64::NAN, f64::INFINITY, f64::NEG_INFINITY].map(|value| obs(S, "KEN", 2020, value));
    let mut rows_in = aruba();
    rows_in.extend(bad);
    let committed = deliver(&lake, "a", day(1), &rows_in);
    assert_eq!((committed.count.accepted, committed.count.quarantined), (6, 3));
    assert_eq!(committed.quarantined_by_reason.get("not_a_number"), Some(&3));
    assert_eq!(head(&lake).rows(OBSERVATIONS), 6);
}

#[test]
pub(crate) fn l15_a_new_area_and_a_new_series_arrive() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs("M", "MMM", 2020, 1.0)]);
    // Before and after in the alphabet, so that ranks shift on both sides.
    let more = [
        obs("M", "MMM", 2020, 1.0),
        obs("A", "MMM", 2020, 2.0),
        obs("Z", "MMM", 2020, 3.0),
        obs("M", "AAA", 2020, 4.0),
        obs("M", "ZZZ", 2020, 5.0),
    ];
    let second = deliver(&lake, "b", day(2), &more);
    assert_eq!((second.new, second.unchanged, second.withdrawn), (4, 1, 0));
    let keys = rows(&lake, OBSERVATIONS_LATEST, &["series_code", "ref_area"]);
    assert_eq!(keys, [["A", "MMM"], ["M", "AAA"], ["M", "MMM"], ["M", "ZZZ"], ["Z", "MMM"]]);
}

#[test]
pub(crate) fn a_withdrawal_names_the_payload_that_shows_it() {
    let (_folder, lake) = new_lake();
    deliver(
        &lake,
        "a",
        day(1),
        &[obs("A", "KEN", 2019, 1.0), obs("A", "KEN", 2020, 1.0), obs("B", "KEN", 2020, 2.0)],
    );
    let mut collector = lake.collector(SOURCE, DATASET);
    for (body, series, at, value) in [("series A", "A", 2, 1.0), ("series B", "B", 3, 2.0)] {
        collector.begin_request();
        begin(&mut collector, body, day(at));
        collector.accept(&obs(series, "KEN", 2020, value));
        collector.complete(series, (2000, 2030));
    }
    lake.commit(collector, &open_gates()).unwrap();
    let all = rows(&lake, OBSERVATIONS, &["withdrawn", "payload"]);
    let expected = wsis_model::payload::RawId::of(b"series A").to_string();
    assert!(all.contains(&vec!["true".to_owned(), expected]), "{all:?}");
}

/// A payload of nothing but bad records: all are counted, few are kept.
#[test]
pub(crate) fn trial_x1_quarantine_is_counted_whole_and_kept_in_part() {
    let (_folder, lake) = new_lake();
    let mut collector = lake.collector(SOURCE, DATASET);
    collector.set_quarantine_max(3);
    for payload in 0..20 {
        begin(&mut collector, &format!("payload {payload}"), day(1));
        for row in 1..=5 {
            collector.reject(Rejected {
                reason: Reason::NotANumber,
                detail: "value \"x\" is not a finite number".to_owned(),
                payload_row: row,
                record: format!("{payload} {row}"),
                place: None,
                subject: None,
            });
        }
    }
    collector.accept(&aruba()[0]);
    assert_eq!((collector.parsed(), collector.not_kept()), (101, 70));
    let committed = lake.commit(collector, &open_gates()).unwrap();
    let count = committed.count;
    assert_eq!((count.parsed, count.accepted, count.quarantined), (101, 1, 100));
    assert_eq!(committed.quarantined_by_reason.get("not_a_number"), Some(&100));
}

/// Contradictions without number are counted, and which of them are kept does not depend on memory or
/// threads; of a key that is right nothing is lost.
#[test]
fn trial_p31_contradictions_without_number_are_counted_and_some_are_kept() {
    let stored = |memory_rows: usize, backwards: bool| {
        let (_folder, lake) = new_lake();
        let mut collector = lake.collector(SOURCE, DATASET);
        collector.set_memory_rows(memory_rows);
        collector.set_quarantine_max(50);
        begin(&mut collector, "many", day(1));
        let mut numbers: Vec<i32> = (1..=30_000).collect();
        if backwards {
            numbers.reverse();
        }
        for at in numbers {
            let (area, value) = if at % 3 == 0 { ("UGA", 6.1) } else { ("KEN", f64::from(at)) };
            let row = obs(S, area, 2020, value);
            collector.accept(&Observation { payload_row: at.into(), ..row });
        }
        let not_kept = collector.not_kept();
        let committed = commit_whole(&lake, collector, &open_gates()).unwrap();
        assert_eq!(not_kept, 0);
        assert!(committed.count.balances(), "{committed:?}");
        assert_eq!((committed.count.accepted, committed.count.quarantined), (10_000, 20_000));
        assert_eq!((committed.new, committed.count.duplicates), (1, 9_999));
        assert_eq!(committed.quarantined_by_reason.get("conflict"), Some(&20_000));
        rows(&lake, QUARANTINE, &["payload_row", "detail", "record"])
    };
    let first = stored(1_000, false);
    assert_eq!(first.len(), 50);
    assert_eq!((&*first[0][0], &*first[49][0]), ("1", "74"));
    assert!(first[0][1].starts_with("20000 records of one key differ (values 1, 10, 100, 1000, "));
    assert!(stored(100_000, false) == first && stored(1_000, true) == first);
}
