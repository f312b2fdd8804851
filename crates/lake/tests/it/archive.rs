//! The raw archive and the records of requests.

use std::io::Read as _;

use chrono::{DateTime, Utc};
use wsis_lake::{Lake, LakeError, LakeErrorKind, RawMeta};
use wsis_model::payload::RawId;

use crate::support::{assert_intact, day, new_lake};

/// SHA-256 of "abc", FIPS 180-4 example.
const ABC: &str = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

fn archive(lake: &Lake, parts: &[&str]) -> (RawId, u64) {
    let mut writer = lake.raw_writer().unwrap();
    for part in parts {
        writer.write(part.as_bytes()).unwrap();
    }
    writer.finish().unwrap()
}

fn read(lake: &Lake, id: &RawId) -> Result<String, LakeError> {
    let mut text = String::new();
    lake.open_raw(id)?.read_to_string(&mut text).unwrap();
    Ok(text)
}

#[test]
pub(crate) fn invariant_i2_a_body_lies_under_its_sha256() {
    let (_folder, lake) = new_lake();
    let (id, bytes) = archive(&lake, &["a", "", "bc"]);
    assert_eq!((id.to_string().as_str(), bytes), (ABC, 3));
    assert_eq!(crate::support::read(&lake, &format!("raw/sha256/ba/78/{ABC}")), b"abc");
    assert_eq!(read(&lake, &id).unwrap(), "abc");
    // The same body again is the same file.
    assert_eq!(archive(&lake, &["abc"]), (id, 3));
    assert_intact(&lake);
}

#[test]
pub(crate) fn an_unfinished_body_is_not_in_the_archive() {
    let (_folder, lake) = new_lake();
    let mut writer = lake.raw_writer().unwrap();
    writer.write(b"half of a resp").unwrap();
    drop(writer);
    assert_eq!(lake.store().list("raw").unwrap(), [""; 0]);
    let left = std::fs::read_dir(lake.store().workshop("raw/sha256")).unwrap().count();
    assert_eq!(left, 0);
}

#[test]
pub(crate) fn h17_a_changed_body_is_never_read() {
    let (_folder, lake) = new_lake();
    let (id, _) = archive(&lake, &["abc"]);
    crate::support::write(&lake, &format!("raw/sha256/ba/78/{ABC}"), "abd");
    let error = read(&lake, &id).unwrap_err();
    assert_eq!(error.kind(), LakeErrorKind::Corrupt);
    let text = error.to_string();
    assert!(text.contains(ABC) && text.contains("is damaged"), "{text}");
    let violations = lake.verify().unwrap();
    assert_eq!(violations.len(), 1);
    assert_eq!(violations.first().unwrap().path, lake.raw_path(&id));
    // Fetched again, the good body takes its place.
    archive(&lake, &["abc"]);
    assert_eq!(read(&lake, &id).unwrap(), "abc");
    assert_intact(&lake);
}

#[test]
pub(crate) fn a_body_that_was_never_archived_is_named() {
    let (_folder, lake) = new_lake();
    let error = lake.open_raw(&RawId::of(b"abc")).unwrap_err();
    assert!(matches!(error, LakeError::NoPayload { .. }));
    assert!(error.to_string().contains(ABC));
}

fn meta(pipeline: &str, run: &str, page: u32, at: DateTime<Utc>) -> RawMeta {
    RawMeta {
        pipeline: pipeline.to_owned(),
        run: run.to_owned(),
        request: "IT.NET.USER.ZS".to_owned(),
        page,
        url: format!("https://api.worldbank.org/v2/country/all/indicator/X?page={page}"),
        status: 200,
        retrieved_at: at,
        etag: Some("W/\"1\"".to_owned()),
        last_modified: None,
        content_type: Some("application/json".to_owned()),
        raw: RawId::of(b"abc"),
        bytes: 3,
        years: None,
        handed_in: None,
    }
}

/// A replay of a run that reached nobody was a failed run with the same cause for each request.
#[test]
pub(crate) fn trial_n8_of_a_run_that_reached_nobody_there_is_nothing_to_replay() {
    let (_folder, lake) = new_lake();
    let silent = RawMeta { status: 0, bytes: 0, ..meta("wdi", "run-a", 1, day(1)) };
    lake.append_meta("run-a", std::slice::from_ref(&silent)).unwrap();
    assert!(!lake.has_runs("wdi").unwrap());
    lake.append_meta("run-b", &[silent, meta("wdi", "run-b", 1, day(2))]).unwrap();
    assert!(lake.has_runs("wdi").unwrap() && !lake.has_runs("sdg").unwrap());
}

#[test]
pub(crate) fn runs_come_back_in_order_of_time() {
    let (_folder, lake) = new_lake();
    lake.append_meta("run-b", &[meta("wdi", "run-b", 1, day(2))]).unwrap();
    lake.append_meta("run-a", &[meta("wdi", "run-a", 1, day(3))]).unwrap();
    lake.append_meta("run-b", &[meta("wdi", "run-b", 2, day(2))]).unwrap();
    lake.append_meta("run-c", &[meta("sdg", "run-c", 1, day(1))]).unwrap();
    let runs = lake.metas("wdi").unwrap();
    let names: Vec<_> = runs.iter().map(|run| (run.run.as_str(), run.records.len())).collect();
    assert_eq!(names, [("run-b", 2), ("run-a", 1)]);
    assert_eq!(runs.first().unwrap().started, day(2));
    assert_eq!(runs.first().unwrap().records.get(1), Some(&meta("wdi", "run-b", 2, day(2))));
    // Create-only: the same again is the same, more is a file of its own.
    for _ in 0..2 {
        lake.append_meta("run-a", &[meta("wdi", "run-a", 2, day(3))]).unwrap();
        lake.append_meta("run-a", &[meta("wdi", "run-a", 1, day(3))]).unwrap();
    }
    let expected = ["run-a.2.jsonl", "run-a.jsonl", "run-b.2.jsonl", "run-b.jsonl"];
    let expected = expected.map(|name| format!("raw/meta/wdi/2026-01/{name}"));
    assert_eq!(lake.store().list("raw/meta/wdi").unwrap(), expected);
    let pages: Vec<u32> = lake.metas("wdi").unwrap()[1].records.iter().map(|it| it.page).collect();
    assert_eq!(pages, [1, 2]);
    // `verify` misses the body that the records speak of.
    let missing = lake.verify().unwrap();
    assert_eq!(missing.len(), 1);
    assert_eq!(missing.first().unwrap().found, "no file");
    // A damaged record is one more finding, not the end of the search.
    let name = &expected[1];
    let text = crate::support::read_text(&lake, name);
    for (damaged, found) in [
        (text.replacen("\"pipeline\"", "\"pipe", 1), "run-a.jsonl: line 1"),
        (text.trim_end().to_owned(), "a last line without its end"),
    ] {
        crate::support::write(&lake, name, damaged);
        let all: Vec<String> = lake.verify().unwrap().iter().map(ToString::to_string).collect();
        assert!(all.iter().any(|it| it.contains(found)), "{all:?}");
        assert!(all.iter().any(|it| it.contains("no file")), "{all:?}");
    }
}

#[test]
pub(crate) fn invariant_i13_a_run_id_cannot_leave_the_folder() {
    let (_folder, lake) = new_lake();
    for name in ["../x", "a/b", "", ".hidden"] {
        let error = lake.append_meta(name, &[meta("wdi", name, 1, day(1))]).unwrap_err();
        assert!(matches!(error, LakeError::Name { .. }), "{name}: {error}");
    }
}

#[test]
fn a_folder_with_other_things_is_not_taken_for_a_lake() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("thesis.docx"), "mine").unwrap();
    let error = Lake::open(folder.path()).err().expect("refused");
    assert!(error.to_string().contains("thesis.docx"), "{error}");
    // The ledger may come first.
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir(folder.path().join("state")).unwrap();
    Lake::open(folder.path()).unwrap();
    // A newer format is not touched.
    std::fs::write(folder.path().join("_format.json"), "{\"format\":3}").unwrap();
    let error = Lake::open(folder.path()).err().expect("refused");
    assert!(matches!(error, LakeError::Format { found: 3, supported: 2, .. }), "{error}");
}

#[test]
pub(crate) fn two_writers_are_told_apart() {
    let (_folder, lake) = new_lake();
    let lock = lake.lock_writer().unwrap();
    let error = lake.lock_writer().unwrap_err();
    assert!(matches!(error, LakeError::Locked { .. }), "{error}");
    drop(lock);
    lake.lock_writer().unwrap();
}

#[test]
pub(crate) fn trial_r32_the_records_of_many_pipelines_are_read_once() {
    let (_folder, lake) = new_lake();
    for (pipeline, run, at) in [("wdi", "a", 3), ("sdg", "b", 1), ("wdi", "c", 2), ("egdi", "d", 4)]
    {
        lake.append_meta(run, &[meta(pipeline, run, 1, day(at))]).unwrap();
    }
    let mut all = lake.metas_of(&["wdi", "sdg", "none"]).unwrap();
    assert_eq!(all.keys().collect::<Vec<_>>(), ["sdg", "wdi"]);
    for pipeline in ["wdi", "sdg", "none"] {
        assert_eq!(all.remove(pipeline).unwrap_or_default(), lake.metas(pipeline).unwrap());
    }
    // Those of one pipeline without a look at those of another.
    let other = lake.store().list("raw/meta/sdg").unwrap().remove(0);
    crate::support::write(&lake, &other, "rubbish");
    assert_eq!(lake.metas("wdi").unwrap().len(), 2);
    lake.metas("sdg").unwrap_err();
}

/// Every test of ours is a process of its own, so that its umask is nobody else's.
#[cfg(unix)]
#[test]
fn trial_x16_files_of_the_lake_follow_the_umask() {
    use std::os::unix::fs::MetadataExt as _;
    for (umask, mode) in [(0o022, 0o644), (0o077, 0o600), (0o007, 0o660)] {
        rustix::process::umask(rustix::fs::Mode::from_raw_mode(umask));
        let folder = tempfile::tempdir().unwrap();
        let lake = wsis_lake::Lake::open(folder.path()).unwrap();
        let mut writer = lake.raw_writer().unwrap();
        writer.write(b"a body").unwrap();
        let (raw, _) = writer.finish().unwrap();
        for path in [lake.raw_path(&raw), folder.path().join("_format.json")] {
            let found = std::fs::metadata(&path).unwrap().mode() & 0o777;
            assert_eq!(found, mode, "{} under {umask:o}: {found:o}", path.display());
        }
    }
}

/// A name that was there already may not be on the disk yet.
#[test]
fn trial_r24_a_body_that_was_there_is_synced_too() {
    let folder = tempfile::tempdir().unwrap();
    let steps = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&steps);
    let hook: wsis_lake::FaultHook = std::sync::Arc::new(move |step: &str, _: &std::path::Path| {
        seen.lock().unwrap().push(step.to_owned());
        Ok(())
    });
    let lake = wsis_lake::Lake::open_with_faults(&folder.path().join("lake"), hook).unwrap();
    for _ in 0..2 {
        steps.lock().unwrap().clear();
        let mut writer = lake.raw_writer().unwrap();
        writer.write(b"a body").unwrap();
        writer.finish().unwrap();
        assert_eq!(steps.lock().unwrap().last().map(String::as_str), Some("sync folder"));
    }
}
