//! The chain of snapshots: create-only, complete, checked.

use std::sync::Barrier;

use wsis_lake::{At, LakeError, LakeErrorKind, OBSERVATIONS, OBSERVATIONS_LATEST};

use crate::support::{
    aruba, assert_intact, collect, day, deliver, head, new_lake, obs, open_gates,
    outside_the_archive, parquet_files, read, read_text, remove, short, snapshot_name, write,
};

const S: &str = "IT.NET.USER.ZS";

fn snapshot_path(lake: &wsis_lake::Lake, id: u64) -> std::path::PathBuf {
    lake.store().shown(&snapshot_name(id))
}

#[test]
pub(crate) fn invariant_i5_each_snapshot_names_its_parent_by_hash() {
    let (_folder, lake) = new_lake();
    assert_eq!(lake.snapshot(At::Head).unwrap(), None);
    deliver(&lake, "a", day(1), &aruba());
    deliver(&lake, "b", day(2), &[obs(S, "KEN", 2020, 29.0)]);
    let first = lake.snapshot(At::Id(1)).unwrap().unwrap();
    let second = head(&lake);
    assert_eq!((first.id, first.parent, &first.parent_sha256), (1, None, &None));
    assert_eq!((second.id, second.parent), (2, Some(1)));
    assert_eq!(second.parent_sha256.as_deref(), Some(first.sha256.as_str()));
    let bytes = read(&lake, &snapshot_name(1));
    assert_eq!(wsis_model::payload::RawId::of(&bytes).to_string(), first.sha256);
    assert_eq!(second.files(OBSERVATIONS).unwrap().len(), 2);
    assert_eq!(second.files(OBSERVATIONS_LATEST).unwrap().len(), 1);
    assert_eq!((second.change.new, second.change.withdrawn), (1, 6));
    let entry = first.files(OBSERVATIONS).unwrap().remove(0);
    assert_eq!(entry.min.get("year").unwrap(), 2002);
    assert_eq!(entry.max.get("year").unwrap(), 2012);
    assert_eq!(entry.min.get("ref_area").unwrap(), "ABW");
    let error = lake.snapshot(At::Id(3)).unwrap_err();
    assert!(matches!(error, LakeError::NoSnapshot { id: 3, .. }), "{error}");
}

#[test]
pub(crate) fn invariant_i5_a_stale_missing_or_wrong_hint_misleads_nobody() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    deliver(&lake, "b", day(2), &[obs(S, "KEN", 2020, 29.0)]);
    let hint = "snapshots/HEAD";
    for text in ["1 x\n", "77 x\n", "rubbish", ""] {
        write(&lake, hint, text);
        assert_eq!(head(&lake).id, 2, "HEAD {text:?}");
    }
    remove(&lake, hint);
    assert_eq!(head(&lake).id, 2);
}

#[test]
pub(crate) fn tampering_with_the_chain_is_found() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    deliver(&lake, "b", day(2), &[obs(S, "KEN", 2020, 29.0)]);
    deliver(&lake, "c", day(3), &[obs(S, "KEN", 2020, 30.0)]);
    assert_intact(&lake);
    for (id, accused) in [(1, 2), (2, 3), (3, 3)] {
        let name = snapshot_name(id);
        let good = read_text(&lake, &name);
        let forged = good.replacen("\"withdrawn\": ", "\"withdrawn\":  ", 1);
        assert_ne!(good, forged);
        write(&lake, &name, forged);
        let found = outside_the_archive(&lake);
        assert_eq!(found.len(), 1, "{found:?}");
        assert_eq!(found.first().unwrap().path, snapshot_path(&lake, accused));
        write(&lake, &name, good);
    }
    // The newest one taken away.
    remove(&lake, &snapshot_name(3));
    let found = outside_the_archive(&lake);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found.first().unwrap().found, "newest snapshot 2");
}

#[test]
pub(crate) fn l3_a_damaged_file_is_named_and_the_last_good_snapshot_found() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let good = head(&lake);
    deliver(&lake, "b", day(2), &[obs(S, "KEN", 2020, 29.0)]);
    let latest = head(&lake).files(OBSERVATIONS_LATEST).unwrap().remove(0);
    let path = lake.path(&latest);
    let mut bytes = read(&lake, &latest.path);
    bytes.pop();
    write(&lake, &latest.path, &bytes);
    let found = outside_the_archive(&lake);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found.first().unwrap().path, path);
    assert!(found.first().unwrap().to_string().contains("bytes"), "{found:?}");
    assert_eq!(lake.last_intact().unwrap().unwrap().id, good.id);
    // Nothing is built on damaged data.
    let error = lake.commit(collect(&lake, "c", day(3), &aruba()), &open_gates()).unwrap_err();
    assert_eq!(error.kind(), LakeErrorKind::Corrupt);
    assert!(error.to_string().contains("not committed"), "{error}");
    // A file that is gone is named as well.
    remove(&lake, &latest.path);
    assert_eq!(outside_the_archive(&lake).first().unwrap().found, "no file");
}

#[test]
pub(crate) fn l11_an_empty_snapshot_document_is_named_and_passed_over() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let path = snapshot_path(&lake, 2);
    write(&lake, &snapshot_name(2), "");
    let error = lake.snapshot(At::Head).unwrap_err();
    assert!(error.to_string().contains("00002.json"), "{error}");
    assert!(error.to_string().contains("an empty file"), "{error}");
    assert_eq!(lake.last_intact().unwrap().unwrap().id, 1);
    assert!(outside_the_archive(&lake).iter().any(|v| v.path == path));
}

#[test]
pub(crate) fn l4_two_deliveries_of_one_dataset_at_once_both_count() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &[obs(S, "KEN", 2020, 29.0)]);
    let barrier = Barrier::new(2);
    let areas = ["UGA", "TZA"];
    let outcomes: Vec<_> = std::thread::scope(|scope| {
        let work = |area: &'static str| {
            let (lake, barrier) = (&lake, &barrier);
            scope.spawn(move || {
                let collector = collect(lake, area, day(2), &[obs(S, area, 2020, 6.0)]);
                barrier.wait();
                lake.commit(collector, &open_gates()).unwrap()
            })
        };
        areas.map(work).into_iter().map(|w| w.join().unwrap()).collect()
    });
    let mut ids: Vec<_> = outcomes.iter().map(|o| o.snapshot.unwrap()).collect();
    ids.sort_unstable();
    assert_eq!(ids, [2, 3]);
    assert_eq!(short(&lake, OBSERVATIONS_LATEST), ["KEN 2020 29", "TZA 2020 6", "UGA 2020 6"]);
    assert_eq!(head(&lake).rows(OBSERVATIONS), 3);
    assert_intact(&lake);
}

#[test]
pub(crate) fn two_datasets_at_once_both_land() {
    let (_folder, lake) = new_lake();
    let names = ["WDI", "SDG", "EGDI", "IDI"];
    let barrier = Barrier::new(names.len());
    std::thread::scope(|scope| {
        for name in names {
            let (lake, barrier) = (&lake, &barrier);
            scope.spawn(move || {
                use wsis_model::observation::RowSink as _;
                let mut collector = lake.collector("source", name);
                crate::support::begin(&mut collector, name, day(1));
                collector.accept(&obs(S, "KEN", 2020, 29.0));
                barrier.wait();
                lake.commit(collector, &open_gates()).unwrap()
            });
        }
    });
    let last = head(&lake);
    assert_eq!((last.id, last.rows(OBSERVATIONS_LATEST)), (4, 4));
    assert_intact(&lake);
}

#[test]
pub(crate) fn l5_the_same_commit_again_is_a_no_op() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let before = parquet_files(&lake);
    let again = deliver(&lake, "a", day(1), &aruba());
    assert_eq!((again.snapshot, again.unchanged), (None, 6));
    assert_eq!(parquet_files(&lake), before);
    assert_eq!(head(&lake).id, 1);
}

#[test]
pub(crate) fn l7_l12_nothing_written_is_ever_overwritten() {
    let (_folder, lake) = new_lake();
    deliver(&lake, "a", day(1), &aruba());
    let files = parquet_files(&lake);
    let document = read(&lake, &snapshot_name(1));
    let pinned = head(&lake);
    deliver(&lake, "b", day(2), &[obs(S, "KEN", 2020, 29.0)]);
    let after = parquet_files(&lake);
    assert!(files.iter().all(|file| after.contains(file)));
    assert_eq!(read(&lake, &snapshot_name(1)), document);
    // A reader that pinned the old snapshot still reads it.
    let rows: usize = lake
        .read_latest(&pinned, "worldbank", "WDI")
        .unwrap()
        .map(|batch| batch.unwrap().num_rows())
        .sum();
    assert_eq!(rows, 6);
}

#[test]
pub(crate) fn l8_the_message_says_whether_it_was_committed() {
    let (_folder, lake) = new_lake();
    let committed = deliver(&lake, "a", day(1), &aruba());
    assert_eq!(committed.to_string(), "committed as 1: 6 new, 0 changed, 0 withdrawn, 0 unchanged");
    let collector = lake.collector("../outside", "WDI");
    let error = lake.commit(collector, &open_gates()).unwrap_err();
    assert!(error.to_string().starts_with("../outside/WDI: not committed: "), "{error}");
    assert_eq!(error.kind(), LakeErrorKind::Usage);
}
