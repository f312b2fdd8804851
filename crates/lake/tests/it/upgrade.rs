//! A lake of format 1, made by the program of before (`tests/fixtures/format-1`: two deliveries of
//! five economies of the UN E-Government Survey, the second with a changed figure).

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use wsis_lake::{
    At, ChangeKind, Lake, LakeError, LakeErrorKind, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE,
    Recorded, Snapshot,
};

use crate::faults::{copy_folder, full_from};
use crate::support::{begin, cell, day, head, obs, open_gates, short};

fn old_lake(folder: &Path, name: &str) -> PathBuf {
    let root = folder.join(name);
    copy_folder(&Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/fixtures/format-1"), &root);
    root
}

/// All is there that was, and new deliveries are taken.
fn check_brought_over(root: &Path) {
    let lake = Lake::open(root).unwrap();
    assert_eq!(lake.verify().unwrap(), []);
    let newest = head(&lake);
    assert_eq!((newest.id, newest.parent, newest.change.kind), (3, Some(2), ChangeKind::Upgrade));
    assert_eq!(newest.lake_id, lake.id().unwrap());
    let through = newest.change.recorded_through.map(|it| it.to_rfc3339());
    assert_eq!(through.as_deref(), Some("2026-11-02T09:00:00+00:00"));
    let counts = [OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE].map(|table| newest.rows(table));
    assert_eq!(counts, [31, 30, 6]);
    // The same rows, in the snapshot of before as it was and in the new one in columns of today.
    let old = lake.snapshot(At::Id(2)).unwrap().unwrap();
    for table in [OBSERVATIONS, OBSERVATIONS_LATEST] {
        let mut before = all_cells(&lake, &old, table);
        assert_eq!(all_cells(&lake, &newest, table).len(), before.len());
        for row in &mut before {
            let (year, date) = (row["year"].clone(), row.remove("source_updated").unwrap());
            let start = format!("{year}-01-01");
            let added = [
                ("freq", "A".into()),
                ("time_period", year),
                ("period_start", start),
                ("released_at", date),
            ];
            row.extend(added.map(|(name, cell)| (name.to_owned(), cell)));
        }
        before.sort();
        let mut after = all_cells(&lake, &newest, table);
        after.sort();
        assert_eq!(before, after, "{table}");
    }
    assert_eq!(old.files(QUARANTINE).unwrap(), newest.files(QUARANTINE).unwrap());
    assert_eq!((old.change.changed, old.change.unchanged), (1, 29));
    let kenya = |table| short(&lake, table).into_iter().filter(|it| it.starts_with("KEN")).count();
    assert_eq!((kenya(OBSERVATIONS_LATEST), kenya(OBSERVATIONS)), (6, 7));
    // The archive, with a record of each body, by pipeline and month.
    let expected = ["2026-10", "2026-11"].into_iter().zip(1..).map(|(month, run)| {
        format!("raw/meta/undesa-egdi/{month}/01a00000-0000-7000-8000-00000000000{run}.jsonl")
    });
    assert_eq!(lake.store().list("raw/meta").unwrap(), expected.collect::<Vec<_>>());
    assert_eq!(lake.metas("undesa-egdi").unwrap().len(), 2);
}

/// All rows of a table, by column.
fn all_cells(lake: &Lake, snapshot: &Snapshot, table: &str) -> Vec<BTreeMap<String, String>> {
    let mut found = Vec::new();
    for batch in lake.read(snapshot, table, None).unwrap() {
        let batch = batch.unwrap();
        let names: Vec<String> =
            batch.schema_ref().fields().iter().map(|field| field.name().clone()).collect();
        for at in 0..batch.num_rows() {
            let cells = batch.columns().iter().map(|column| cell(column, at));
            found.push(names.iter().cloned().zip(cells).collect());
        }
    }
    found
}

fn deliver_more(lake: &Lake) {
    use wsis_model::observation::RowSink as _;
    let mut collector = lake.collector("undesa", "EGDI");
    begin(&mut collector, "another body", day(31));
    collector.accept(&obs("EGDI", "ABW", 2003, 0.5));
    let done = lake.commit(collector, &open_gates()).unwrap();
    assert_eq!((done.snapshot, done.new), (Some(4), 1));
    assert_eq!(head(lake).rows(OBSERVATIONS_LATEST), 31);
    let new = head(lake).files_of(OBSERVATIONS, "undesa", "EGDI").unwrap();
    assert!(new.iter().any(|file| file.path.starts_with("data/undesa/EGDI/")), "{new:?}");
}

#[test]
fn a_lake_of_format_1_is_refused_in_words_and_brought_over_whole() {
    let folder = tempfile::tempdir().unwrap();
    let root = old_lake(folder.path(), "lake");
    let error = Lake::open(&root).err().expect("refused");
    assert!(matches!(error, LakeError::Older { found: 1, supported: 2, .. }), "{error}");
    assert_eq!(error.kind(), LakeErrorKind::Usage);
    assert!(error.to_string().contains("`wsis lake upgrade` brings it over"), "{error}");
    let done = Lake::upgrade(&root, day(30)).unwrap();
    assert_eq!((done.from, done.to, done.snapshot), (1, 2, Some(3)));
    check_brought_over(&root);
    let lake = Lake::open(&root).unwrap();
    assert_eq!(head(&lake).change.committed_at, Some(day(30)));
    // The ledger's runs are still those of their snapshots.
    let run = |snapshot| {
        let change = lake.snapshot(At::Id(snapshot)).unwrap().unwrap().change;
        Recorded { run: change.run.unwrap(), snapshot, ..Recorded::default() }
    };
    assert_eq!(lake.examine(Some(&[run(1), run(2)])).unwrap().violations, []);
    // Once more changes nothing.
    let again = Lake::upgrade(&root, day(31)).unwrap();
    assert_eq!((again.from, again.to, again.snapshot), (2, 2, None));
    deliver_more(&lake);
    assert_eq!(lake.verify().unwrap().len(), 1, "the body of that delivery is in no archive");
}

/// Cut short at any step, and done again.
#[test]
fn an_upgrade_cut_short_at_any_step_is_done_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    for step in 0..500 {
        let root = old_lake(folder.path(), &step.to_string());
        let outcome = Lake::upgrade_with_faults(&root, day(30), full_from(step));
        if let Err(error) = &outcome {
            assert_eq!(error.kind(), LakeErrorKind::Io, "step {step}: {error}");
            Lake::upgrade(&root, day(31)).unwrap();
        }
        check_brought_over(&root);
        if outcome.is_ok() {
            assert!(step > 20, "{step} steps");
            return;
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
    panic!("an upgrade takes more than 500 steps");
}

/// A lake of before ids were given: the one that an upgrade draws stands in its snapshot, which stays.
#[test]
fn an_upgrade_cut_short_of_a_lake_without_an_id_gives_one_id() {
    let folder = tempfile::tempdir().unwrap();
    for step in 0..500 {
        let root = old_lake(folder.path(), &step.to_string());
        std::fs::write(root.join("_format.json"), "{\"format\":1}\n").unwrap();
        let outcome = Lake::upgrade_with_faults(&root, day(30), full_from(step));
        if outcome.is_err() {
            Lake::upgrade(&root, day(31)).unwrap();
        }
        check_brought_over(&root);
        if outcome.is_ok() {
            return;
        }
        std::fs::remove_dir_all(&root).unwrap();
    }
    panic!("an upgrade takes more than 500 steps");
}

/// An older program was in the midst of a run, and recorded it where format 1 had records.
#[test]
fn records_that_an_older_program_writes_after_an_upgrade_are_filed_by_the_next() {
    let folder = tempfile::tempdir().unwrap();
    let root = old_lake(folder.path(), "lake");
    let records = root.join("raw/meta");
    let is_record = |path: &PathBuf| path.extension().is_some_and(|it| it == "jsonl");
    let old = || {
        let entries = std::fs::read_dir(&records).unwrap().map(|it| it.unwrap().path());
        entries.filter(is_record).collect::<Vec<_>>()
    };
    let text = std::fs::read_to_string(&old()[0]).unwrap();
    assert!(Lake::upgrade(&root, day(30)).unwrap().filed > 0);
    assert!(old().is_empty());
    let run = text.split("\"run\":\"").nth(1).unwrap().split('"').next().unwrap();
    let late = text.replace(run, "late-run");
    std::fs::write(records.join("late-run.jsonl"), &late).unwrap();
    let pipeline = text.split("\"pipeline\":\"").nth(1).unwrap().split('"').next().unwrap();
    let again = Lake::upgrade(&root, day(31)).unwrap();
    assert_eq!((again.from, again.filed), (2, 1));
    assert!(old().is_empty());
    let runs = Lake::open(&root).unwrap().metas(pipeline).unwrap();
    assert!(runs.iter().any(|it| it.run == "late-run"), "not lost");
    assert_eq!(Lake::upgrade(&root, day(31)).unwrap().filed, 0);
}

/// A bit that the disk turned without telling the file system, which remembers the file as good.
#[test]
fn trial_x5_an_upgrade_believes_no_memory_of_good_files() {
    use std::os::unix::fs::MetadataExt as _;
    let folder = tempfile::tempdir().unwrap();
    let root = old_lake(folder.path(), "lake");
    let name = "data/observations_latest/undesa/EGDI/b4a41c372fae7109.parquet";
    let file = root.join(name);
    let good = std::fs::read(&file).unwrap();
    let mut bytes = good.clone();
    bytes[99] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let meta = std::fs::metadata(&file).unwrap();
    let times = format!(
        "{}.{} {}.{} {}",
        meta.mtime(),
        meta.mtime_nsec(),
        meta.ctime(),
        meta.ctime_nsec(),
        meta.ino()
    );
    let sha256 = wsis_model::payload::RawId::of(&good);
    let known = format!("{} {times} {} {sha256}\t{name}\n", meta.len(), meta.len());
    std::fs::create_dir_all(root.join("state")).unwrap();
    std::fs::write(root.join("state/checked"), known).unwrap();
    let error = Lake::upgrade(&root, day(30)).unwrap_err();
    assert_eq!(error.kind(), LakeErrorKind::Corrupt, "{error}");
}

#[test]
fn a_damaged_lake_of_format_1_is_not_brought_over() {
    let folder = tempfile::tempdir().unwrap();
    let root = old_lake(folder.path(), "lake");
    let file = root.join("data/observations_latest/undesa/EGDI/b4a41c372fae7109.parquet");
    let mut bytes = std::fs::read(&file).unwrap();
    bytes[99] ^= 1;
    std::fs::write(&file, bytes).unwrap();
    let error = Lake::upgrade(&root, day(30)).unwrap_err();
    assert_eq!(error.kind(), LakeErrorKind::Corrupt, "{error}");
    assert!(matches!(Lake::open(&root).err(), Some(LakeError::Older { .. })), "as it was");
    // And a folder without a lake is none to bring over.
    let error = Lake::upgrade(&folder.path().join("none"), day(30)).unwrap_err();
    assert!(matches!(error, LakeError::NotALake { .. }), "{error}");
}

#[test]
fn a_lake_of_a_newer_format_is_refused_in_words() {
    let folder = tempfile::tempdir().unwrap();
    let root = old_lake(folder.path(), "lake");
    std::fs::write(root.join("_format.json"), "{\"format\":3}\n").unwrap();
    for error in [Lake::open(&root).map(drop), Lake::upgrade(&root, day(30)).map(drop)] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains("format 3; this program reads format 2, a newer one"), "{error}");
    }
}
