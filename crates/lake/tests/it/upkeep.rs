//! What is done to the lake itself: files put together, leftovers removed, the two tables compared.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;
use wsis_lake::{
    At, ChangeKind, Collection, Compaction, Lake, LakeError, LakeErrorKind, OBSERVATIONS,
    OBSERVATIONS_LATEST, QUARANTINE, Snapshot,
};
use wsis_model::observation::RowSink as _;
use wsis_model::payload::RawId;

use crate::support::{
    DATASET, SOURCE, assert_intact, bad_record, begin, cell, day, deliver, head, new_lake, obs,
    open_gates, outside_the_archive, read, snapshot_name, write,
};

const TABLES: [&str; 3] = [OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE];

/// Long after whatever a test wrote.
fn much_later() -> DateTime<Utc> {
    day(1) + TimeDelta::days(36_500)
}

/// All that is older than so long goes.
fn collection(grace: Duration) -> Collection {
    Collection { grace, dry_run: false, at: much_later(), lock_within: Duration::ZERO }
}

fn how(spared_min: u64) -> Compaction {
    Compaction { spared_min, at: day(30), lock_within: Duration::ZERO }
}

/// Every cell of a table of a snapshot, sorted.
fn cells(lake: &Lake, snapshot: &Snapshot, table: &str) -> Vec<String> {
    let mut found = Vec::new();
    for batch in lake.read(snapshot, table, None).unwrap() {
        let batch = batch.unwrap();
        for at in 0..batch.num_rows() {
            let row: Vec<String> = batch.columns().iter().map(|it| cell(it, at)).collect();
            found.push(row.join("|"));
        }
    }
    found.sort();
    found
}

/// A dataset of twelve deliveries, each with a revision and a bad record, and another one of one.
fn story(lake: &Lake) {
    for at in 1..=12 {
        let mut collector = lake.collector(SOURCE, DATASET);
        begin(&mut collector, &format!("body {at}"), day(at));
        collector.accept(&obs("S", "KEN", 2020, f64::from(at)));
        collector.accept(&obs("S", "UGA", 2000 + i32::try_from(at).unwrap(), 1.0));
        collector.reject(bad_record(i64::from(at), &format!("Atlantis {at}")));
        lake.commit(collector, &open_gates()).unwrap();
    }
    let mut other = lake.collector("unsd", "SDG");
    begin(&mut other, "another", day(1));
    other.accept(&obs("T", "KEN", 2020, 1.0));
    lake.commit(other, &open_gates()).unwrap();
}

#[test]
pub(crate) fn readers_see_no_difference_after_a_compaction() {
    let (_folder, lake) = new_lake();
    story(&lake);
    let before = head(&lake);
    let rows = TABLES.map(|table| cells(&lake, &before, table));
    let done = lake.compact(&how(2)).unwrap();
    let [one] = &done[..] else { panic!("{done:?}") };
    assert_eq!((one.source.as_str(), one.dataset.as_str(), one.snapshot), (SOURCE, DATASET, 14));
    // Twelve files of statements and of records set aside, and what is in force stays.
    assert_eq!((one.files_before, one.files_after), (24, 2));
    assert!(one.bytes_after < one.bytes_before, "{one:?}");
    let after = head(&lake);
    assert_eq!(TABLES.map(|table| cells(&lake, &after, table)), rows);
    assert_eq!(TABLES.map(|table| after.rows(table)), TABLES.map(|table| before.rows(table)));
    assert_eq!(
        (after.change.kind, after.change.committed_at),
        (ChangeKind::Compaction, Some(day(30)))
    );
    assert_eq!(after.change.recorded_through, before.change.recorded_through);
    assert_intact(&lake);
    // Statements of a key stand in the order of time.
    let kenya = crate::support::rows(&lake, OBSERVATIONS, &["series_code", "ref_area", "value"]);
    let kenya: Vec<_> =
        kenya.iter().filter(|row| row[..2] == ["S", "KEN"]).map(|row| &row[2]).collect();
    assert_eq!(
        kenya,
        (1..=12).map(|at| at.to_string()).collect::<Vec<_>>().iter().collect::<Vec<_>>()
    );
    // Once more there is nothing to do, and deliveries go on.
    assert_eq!(lake.compact(&how(1)).unwrap(), []);
    deliver(&lake, "body 13", day(13), &[obs("S", "KEN", 2020, 13.0)]);
    assert_intact(&lake);
    // Every snapshot of before is read as it was, also after what nobody names is gone.
    let all = collection(Duration::ZERO);
    lake.collect_garbage(&all).unwrap();
    for id in 1..=13 {
        let old = lake.snapshot(At::Id(id)).unwrap().unwrap();
        assert_eq!(old.rows(OBSERVATIONS), cells(&lake, &old, OBSERVATIONS).len() as u64);
    }
    assert_eq!(cells(&lake, &before, OBSERVATIONS), rows[0]);
    assert_intact(&lake);
}

#[test]
pub(crate) fn what_no_snapshot_names_is_removed_when_it_is_old() {
    let (_folder, lake) = new_lake();
    story(&lake);
    let kept = |lake: &Lake| {
        let of = |folder| lake.store().list(folder).unwrap();
        [of("data"), of("manifests"), of("raw"), of("snapshots")]
    };
    let before = kept(&lake);
    let orphan = format!("data/{SOURCE}/{DATASET}/0123456789abcdef.parquet");
    let document = format!("manifests/{}.json", RawId::of(b"no document"));
    let stopped = "raw/unfinished/p/2026-01/run.jsonl";
    let body = "raw/sha256/00/00/0000";
    for name in [orphan.as_str(), &document, stopped, body] {
        write(&lake, name, "x");
    }
    std::fs::create_dir_all(lake.root().join("tmp/query-1")).unwrap();
    std::fs::write(lake.root().join("tmp/query-1/spilled"), "x").unwrap();
    // Young: everything stays.
    let week = Duration::from_hours(7 * 24);
    let young = collection(Duration::from_hours(200 * 365 * 24));
    let found = lake.collect_garbage(&young).unwrap();
    assert_eq!((found.removed.len(), found.young), (0, 4), "{found:?}");
    // Only said, then done.
    let dry = Collection { dry_run: true, ..collection(week) };
    let said = lake.collect_garbage(&dry).unwrap();
    assert_eq!((said.removed.len(), said.young), (4, 0), "{said:?}");
    assert!(lake.store().head(&orphan).unwrap().is_some());
    let done = lake.collect_garbage(&Collection { dry_run: false, ..dry }).unwrap();
    assert_eq!(done, said);
    assert!(lake.root().join("tmp/query-1/spilled").symlink_metadata().is_err());
    assert!(lake.store().head(body).unwrap().is_some(), "a body is never removed");
    lake.store().remove(body).unwrap();
    assert_eq!(kept(&lake), before);
    assert_intact(&lake);
}

#[test]
fn nothing_is_removed_from_a_damaged_lake_or_beside_a_writer() {
    let (_folder, lake) = new_lake();
    story(&lake);
    let all = collection(Duration::ZERO);
    let other = crate::support::open(lake.root());
    let lock = other.lock_writer().unwrap();
    for error in [lake.collect_garbage(&all).map(drop), lake.compact(&how(1)).map(drop)] {
        assert!(matches!(error.unwrap_err(), LakeError::Locked { .. }));
    }
    drop(lock);
    let documents = lake.store().list("manifests").unwrap();
    write(&lake, &documents[3], "{}");
    let files = lake.store().list("data").unwrap();
    let error = lake.collect_garbage(&all).unwrap_err();
    assert_eq!(error.kind(), LakeErrorKind::Corrupt, "{error}");
    assert_eq!(lake.store().list("data").unwrap(), files);
}

/// Beside a daemon that commits every second upkeep gets its turn, and says how long it waited for
/// one that never came.
#[test]
fn trial_p35_upkeep_waits_for_the_lock() {
    let (_folder, lake) = new_lake();
    story(&lake);
    let wait = Duration::from_secs(20);
    let other = crate::support::open(lake.root());
    for turn in [0, 1] {
        let lock = other.lock_writer().unwrap();
        std::thread::scope(|scope| {
            scope.spawn(move || {
                std::thread::sleep(Duration::from_millis(200));
                drop(lock);
            });
            let patient = Compaction { lock_within: wait, ..how(1) };
            let all = Collection { lock_within: wait, ..collection(Duration::ZERO) };
            let done = match turn {
                0 => lake.compact(&patient).map(drop),
                _ => lake.collect_garbage(&all).map(drop),
            };
            done.unwrap();
        });
    }
    let _lock = other.lock_writer().unwrap();
    let hasty = Compaction { lock_within: Duration::from_millis(120), ..how(1) };
    let error = lake.compact(&hasty).unwrap_err().to_string();
    assert!(error.contains(", not free within 120ms); wait for it to end"), "{error}");
}

/// Writes a document and gives its hash.
fn put(lake: &Lake, document: &Value) -> String {
    let mut bytes = serde_json::to_vec(document).unwrap();
    bytes.push(b'\n');
    let sha256 = RawId::of(&bytes).to_string();
    write(lake, &format!("manifests/{sha256}.json"), bytes);
    sha256
}

fn document(lake: &Lake, sha256: &str) -> Value {
    serde_json::from_slice(&read(lake, &format!("manifests/{sha256}.json"))).unwrap()
}

/// The next snapshot, by hand: the only dataset's document is another one. All hashes are right.
fn forge(lake: &Lake, change: impl Fn(&mut Value)) {
    let newest = head(lake);
    let mut root: Value = serde_json::from_slice(&read(lake, &snapshot_name(newest.id))).unwrap();
    let buckets = root["buckets"].as_object_mut().unwrap();
    let (place, sha256) = buckets.iter().next().map(|(a, b)| (a.clone(), b.clone())).unwrap();
    let mut bucket = document(lake, sha256.as_str().unwrap());
    let name = format!("{SOURCE}/{DATASET}");
    let mut dataset = document(lake, bucket["datasets"][&name].as_str().unwrap());
    change(&mut dataset);
    let mut totals = serde_json::Map::new();
    for (table, list) in dataset["tables"].as_object().unwrap() {
        let rows = list["tail"].as_array().unwrap().iter().map(|it| it["rows"].as_u64().unwrap());
        totals.insert(table.clone(), rows.sum::<u64>().into());
    }
    bucket["datasets"][&name] = put(lake, &dataset).into();
    root["buckets"][&place] = put(lake, &bucket).into();
    root["totals"]["rows"] = totals.into();
    root["id"] = (newest.id + 1).into();
    root["parent"] = newest.id.into();
    root["parent_sha256"] = newest.sha256.into();
    let mut bytes = serde_json::to_vec_pretty(&root).unwrap();
    bytes.push(b'\n');
    write(lake, &snapshot_name(newest.id + 1), bytes);
}

/// What is done to a dataset's document, and what is to be found then.
type Forgery<'a> = (&'a dyn Fn(&mut Value), &'a [&'a str]);

/// A program that put the wrong files into the table of what is in force would be found out,
/// although every hash and count is right.
#[test]
pub(crate) fn verify_derives_what_is_in_force_from_what_was_said() {
    let files = |dataset: &Value, table: &str| dataset["tables"][table]["tail"].clone();
    let old_in_force = |dataset: &mut Value| {
        let first = files(dataset, OBSERVATIONS)[0].clone();
        dataset["tables"][OBSERVATIONS_LATEST]["tail"] = Value::Array(vec![first]);
    };
    let all_in_force = |dataset: &mut Value| {
        dataset["tables"][OBSERVATIONS_LATEST]["tail"] = files(dataset, OBSERVATIONS);
    };
    let none_in_force = |dataset: &mut Value| {
        dataset["tables"][OBSERVATIONS_LATEST]["tail"] = Value::Array(Vec::new());
    };
    let said_twice = |dataset: &mut Value| {
        let latest = files(dataset, OBSERVATIONS_LATEST)[0].clone();
        dataset["tables"][OBSERVATIONS]["tail"].as_array_mut().unwrap().push(latest);
    };
    let forgeries: [Forgery<'_>; 4] = [
        (
            &old_in_force,
            &[
                "2 rows in force that are not the last statement",
                "1 last statements that are not in force",
            ],
        ),
        (
            &all_in_force,
            &[
                "2 keys with more than one row in force",
                "1 rows of a file that are not in the order",
            ],
        ),
        (
            &none_in_force,
            &["3 last statements that are not in force; the first: series_code=S ref_area=KEN"],
        ),
        (&said_twice, &["3 statements of one key, instant and body"]),
    ];
    for (forgery, expected) in forgeries {
        let (_folder, lake) = new_lake();
        let rows = |a: f64| [obs("S", "KEN", 2020, a), obs("S", "UGA", 2020, a)];
        deliver(&lake, "a", day(1), &rows(1.0));
        deliver(&lake, "b", day(2), &[&rows(2.0)[..], &[obs("S", "ZMB", 2020, 1.0)]].concat());
        assert_intact(&lake);
        forge(&lake, forgery);
        let found = outside_the_archive(&lake);
        let told: Vec<String> = found.iter().map(ToString::to_string).collect();
        for part in expected {
            assert!(told.iter().any(|it| it.contains(part)), "{part}: {told:#?}");
        }
    }
}

/// What is read whole is bounded: a file that is no document is not read into memory.
#[test]
pub(crate) fn files_that_are_too_long_are_refused_before_they_are_read() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs("S", "KEN", 2020, 1.0)]);
    let good = read(&lake, "_format.json");
    write(&lake, "_format.json", vec![b' '; 64 * 1024 + 1]);
    let error = crate::support::try_open(lake.root()).map(drop).unwrap_err();
    assert_eq!(error.kind(), LakeErrorKind::Corrupt);
    let told = error.to_string();
    assert!(told.contains("65537 bytes; at most 65536 bytes would be right"), "{told}");
    write(&lake, "_format.json", good);
    write(&lake, "snapshots/HEAD", vec![b'1'; 5_000]);
    let error = lake.snapshot(At::Head).unwrap_err().to_string();
    assert!(error.contains("5000 bytes; at most 4096 bytes would be right"), "{error}");
}

/// A document as long as a disk, which has no content.
#[test]
fn a_document_without_an_end_is_refused() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs("S", "KEN", 2020, 1.0)]);
    for name in [lake.store().list("manifests").unwrap().remove(0), snapshot_name(1)] {
        let file = std::fs::OpenOptions::new().write(true).open(lake.store().shown(&name)).unwrap();
        file.set_len(1 << 40).unwrap();
        let error = lake.store().get(&name).unwrap_err().to_string();
        assert!(error.contains("1099511627776 bytes; at most 67108864 bytes"), "{error}");
    }
    assert!(!lake.verify().unwrap().is_empty());
}
