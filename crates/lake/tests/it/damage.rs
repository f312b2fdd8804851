//! What is lost or changed on the disk: found before it is answered, built upon or passed over.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};

use wsis_lake::{At, Lake, LakeError, LakeErrorKind, OBSERVATIONS, RawMeta, Recorded};
use wsis_model::payload::RawId;

use crate::support::{assert_intact, collect, day, deliver, head, new_lake, obs, open_gates};

const S: &str = "IT.NET.USER.ZS";

/// Three deliveries, each with its body in the archive and the record of its request.
fn filled() -> (tempfile::TempDir, Lake) {
    let (folder, lake) = new_lake();
    for at in 1..=3 {
        archived(&lake, at);
    }
    assert_eq!(lake.verify().unwrap(), []);
    (folder, lake)
}

fn archived(lake: &Lake, at: u32) {
    let (body, run) = (format!("body {at}"), format!("run-{at}"));
    let mut writer = lake.raw_writer().unwrap();
    writer.write(body.as_bytes()).unwrap();
    let (raw, bytes) = writer.finish().unwrap();
    let meta = RawMeta {
        pipeline: "wdi".to_owned(),
        run: run.clone(),
        request: S.to_owned(),
        page: 1,
        url: "https://example.org/".to_owned(),
        status: 200,
        retrieved_at: day(at),
        etag: None,
        last_modified: None,
        content_type: None,
        raw,
        bytes,
        years: None,
    };
    lake.append_meta(&run, &[meta]).unwrap();
    deliver(lake, &body, day(at), &[obs(S, "KEN", 2020, f64::from(at))]);
}

fn snapshot_path(lake: &Lake, id: u64) -> PathBuf {
    lake.root().join(format!("snapshots/{id:020}.json"))
}

fn flip(path: &Path, at: usize) {
    let mut bytes = fs::read(path).unwrap();
    let at = at % bytes.len();
    bytes[at] ^= 1;
    // Data files may have two names: write anew under the same name.
    fs::remove_file(path).unwrap();
    fs::write(path, bytes).unwrap();
}

#[test]
fn trial_x5_any_flipped_bit_of_a_data_file_is_found_before_it_is_read() {
    let (_folder, lake) = filled();
    let entry = head(&lake).files(OBSERVATIONS).first().unwrap().clone();
    let path = lake.path(&entry);
    let good = fs::read(&path).unwrap();
    let all = |lake: &Lake| {
        let head = head(lake);
        lake.check_files(head.tables.values().flatten())
    };
    all(&lake).unwrap();
    for at in (0..good.len()).step_by(good.len() / 150 + 1) {
        flip(&path, at);
        let error = all(&lake).unwrap_err();
        assert_eq!(error.kind(), LakeErrorKind::Corrupt, "byte {at}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        fs::write(&path, &good).unwrap();
        all(&lake).unwrap();
    }
    // Files that were left alone are remembered, also by another process.
    for entry in head(&lake).tables.values().flatten() {
        let file = fs::File::options().write(true).open(lake.path(entry)).unwrap();
        file.set_modified(day(1).into()).unwrap();
    }
    all(&lake).unwrap();
    let other = Lake::open(lake.root()).unwrap();
    all(&other).unwrap();
    assert!(lake.root().join("state/checked").is_file());
    flip(&path, 77);
    for lake in [&lake, &other, &Lake::open(lake.root()).unwrap()] {
        assert_eq!(all(lake).unwrap_err().kind(), LakeErrorKind::Corrupt);
    }
    fs::remove_file(&path).unwrap();
    assert!(matches!(all(&lake).unwrap_err(), LakeError::Io { .. }));
}

#[test]
fn trial_x7_a_lost_newest_snapshot_stops_readers_and_writers() {
    let (_folder, lake) = filled();
    let newest = fs::read(snapshot_path(&lake, 3)).unwrap();
    fs::remove_file(snapshot_path(&lake, 3)).unwrap();
    let is_lost = |error: &LakeError| {
        assert_eq!(error.kind(), LakeErrorKind::Corrupt, "{error}");
        assert!(error.to_string().contains("snapshot 3 is lost"), "{error}");
    };
    is_lost(&lake.snapshot(At::Head).unwrap_err());
    let collector = collect(&lake, "body 4", day(4), &[obs(S, "KEN", 2020, 4.0)]);
    is_lost(&lake.commit(collector, &open_gates()).unwrap_err());
    assert!(!snapshot_path(&lake, 3).exists(), "no other snapshot took its number");
    // All of them lost.
    let others = [1, 2].map(|id| (snapshot_path(&lake, id), fs::read(snapshot_path(&lake, id))));
    for (path, _) in &others {
        fs::remove_file(path).unwrap();
    }
    is_lost(&lake.snapshot(At::Head).unwrap_err());
    for (path, bytes) in others {
        fs::write(path, bytes.unwrap()).unwrap();
    }
    // Restored, all is well; changed, it is not.
    fs::write(snapshot_path(&lake, 3), &newest).unwrap();
    assert_eq!(head(&lake).id, 3);
    let changed = String::from_utf8(newest).unwrap().replacen("\"new\": 0", "\"new\": 1", 1);
    fs::write(snapshot_path(&lake, 3), changed).unwrap();
    let error = lake.snapshot(At::Head).unwrap_err();
    assert!(error.to_string().contains("as in HEAD"), "{error}");
}

/// Each loss, and what `verify` names.
#[test]
fn trial_x6_verify_names_every_loss() {
    type Loss = fn(&Lake);
    let no_archive: Loss = |lake| {
        for folder in ["raw/meta", "raw/sha256"] {
            fs::remove_dir_all(lake.root().join(folder)).unwrap();
            fs::create_dir(lake.root().join(folder)).unwrap();
        }
    };
    let no_record: Loss = |lake| {
        fs::remove_file(lake.root().join("raw/meta/run-1.jsonl")).unwrap();
    };
    let no_snapshot: Loss = |lake| {
        (1..=3).for_each(|id| fs::remove_file(snapshot_path(lake, id)).unwrap());
    };
    let no_head: Loss = |lake| {
        (1..=3).for_each(|id| fs::remove_file(snapshot_path(lake, id)).unwrap());
        fs::remove_file(lake.root().join("snapshots/HEAD")).unwrap();
    };
    let no_newest: Loss = |lake| {
        fs::remove_file(snapshot_path(lake, 3)).unwrap();
        fs::remove_file(lake.root().join("snapshots/HEAD")).unwrap();
    };
    let no_first: Loss = |lake| fs::remove_file(snapshot_path(lake, 1)).unwrap();
    let no_second: Loss = |lake| fs::remove_file(snapshot_path(lake, 2)).unwrap();
    let old_damage: Loss = |lake| {
        let first = lake.snapshot(At::Id(1)).unwrap().unwrap();
        flip(&lake.path(first.files("observations_latest").first().unwrap()), 99);
    };
    let other_lake: Loss = |lake| {
        let path = lake.root().join("_format.json");
        let id = lake.id().unwrap().unwrap();
        let text = fs::read_to_string(&path).unwrap().replace(&id[..8], "00000000");
        fs::write(path, text).unwrap();
    };
    let ledger: Vec<Recorded> =
        (1..=3).map(|snapshot| Recorded { run: format!("run-{snapshot}"), snapshot }).collect();
    let losses = [
        (no_archive, "no file"),
        (no_record, "no record of its request"),
        (no_snapshot, "newest snapshot 0"),
        (no_head, "no snapshot of that number"),
        (no_newest, "no snapshot of that number"),
        (no_first, "the oldest snapshot is 2"),
        (no_second, "parent Some(2)"),
        (old_damage, "SHA-256"),
        (other_lake, "a snapshot of lake"),
    ];
    for (loss, expected) in losses {
        let (_folder, lake) = filled();
        let well = lake.examine(Some(&ledger)).unwrap();
        assert_eq!(well.violations, []);
        let depth = well.depth;
        assert_eq!((depth.snapshots, depth.bodies, depth.records, depth.payloads), (3, 3, 3, 3));
        assert_eq!((depth.files, depth.runs), (6, Some(3)));
        loss(&lake);
        let found = lake.examine(Some(&ledger)).unwrap().violations;
        assert!(found.iter().any(|it| it.found.contains(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn trial_x6_verify_says_to_which_depth() {
    let (_folder, lake) = filled();
    let text = lake.examine(None).unwrap().depth.to_string();
    assert!(text.starts_with("3 snapshots from the first to HEAD, 6 data files of all"), "{text}");
    assert!(text.contains("3 archived bodies") && text.contains("not the ledger"), "{text}");
    let text = lake.examine(Some(&[])).unwrap().depth.to_string();
    assert!(text.contains("0 runs that made a snapshot"), "{text}");
}

#[test]
fn trial_x8_verify_beside_an_ingest_raises_no_alarm() {
    let (_folder, lake) = filled();
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for at in 4..28 {
                archived(&lake, at);
            }
            done.store(true, Ordering::Release);
        });
        let mut looked = 0;
        while !done.load(Ordering::Acquire) || looked == 0 {
            assert_eq!(lake.verify().unwrap(), []);
            looked += 1;
        }
        writer.join().unwrap();
    });
    assert_eq!(head(&lake).id, 27);
    assert_eq!(lake.verify().unwrap(), []);
}

#[test]
fn trial_x20_drafts_of_crashed_processes_go_away_and_those_in_use_stay() {
    let (_folder, lake) = filled();
    let root = lake.root().to_path_buf();
    let left: Vec<PathBuf> = [
        ".tmp-a",
        "tmp/.tmp-b",
        "raw/sha256/.tmp-c",
        "snapshots/.tmp-d",
        "public/v1/.tmp-e",
        "data/observations/worldbank/WDI/.tmp-f",
    ]
    .map(|name| root.join(name))
    .into();
    fs::create_dir_all(root.join("tmp")).unwrap();
    for path in &left {
        fs::write(path, "half").unwrap();
    }
    let mut in_use = lake.raw_writer().unwrap();
    in_use.write(b"body 9").unwrap();
    let other = Lake::open(&root).unwrap();
    drop(other.lock_writer().unwrap());
    assert!(left.iter().all(|path| !path.exists()), "{left:?}");
    let (raw, _) = in_use.finish().unwrap();
    assert_eq!(raw, RawId::of(b"body 9"));
    assert!(lake.raw_path(&raw).is_file());
}

#[test]
fn trial_x20_format_0_is_refused_and_so_is_a_newer_snapshot() {
    let (_folder, lake) = filled();
    let format = lake.root().join("_format.json");
    let good = fs::read_to_string(&format).unwrap();
    fs::write(&format, "{\"format\":0}\n").unwrap();
    let error = Lake::open(lake.root()).map(drop).unwrap_err();
    assert!(error.to_string().contains("format 0, which no program has ever written"), "{error}");
    fs::write(&format, &good).unwrap();
    let path = snapshot_path(&lake, 2);
    let text = fs::read_to_string(&path).unwrap().replacen("\"format\": 1", "\"format\": 2", 1);
    fs::write(&path, text).unwrap();
    let error = lake.snapshot(At::Id(2)).unwrap_err();
    assert!(matches!(error, LakeError::Format { found: 2, .. }), "{error}");
}

#[test]
fn trial_r5_every_lake_has_an_id_and_old_ones_get_one() {
    let (_folder, lake) = filled();
    let id = lake.id().unwrap().expect("an id");
    assert_eq!(head(&lake).lake_id.as_ref(), Some(&id));
    let (_other_folder, other) = new_lake();
    assert_ne!(other.id().unwrap(), Some(id));
    // A lake of before: read as it is, named when it is next written to.
    let format = other.root().join("_format.json");
    fs::write(&format, "{\"format\":1}\n").unwrap();
    let old = Lake::open(other.root()).unwrap();
    assert_eq!(old.id().unwrap(), None);
    deliver(&old, "a", day(1), &[obs(S, "KEN", 2020, 1.0)]);
    assert_eq!(head(&old).lake_id, None);
    assert_intact(&old);
    drop(old.lock_writer().unwrap());
    let named = old.id().unwrap();
    assert!(named.is_some());
    deliver(&old, "b", day(2), &[obs(S, "KEN", 2020, 2.0)]);
    assert_eq!(head(&old).lake_id, named);
    assert_intact(&old);
}

#[test]
fn trial_r8_what_may_name_a_dataset_can_be_committed() {
    use wsis_model::observation::RowSink as _;
    let (_folder, lake) = new_lake();
    let longest = "x".repeat(wsis_model::dataset::ID_MAX);
    for name in ["DF@1.0", "DSD_ICT_HH@DF_ICT_HH", longest.as_str()] {
        assert!(wsis_model::dataset::is_id(name), "{name}");
        let mut collector = lake.collector("source", name);
        crate::support::begin(&mut collector, name, day(1));
        collector.accept(&obs(S, "KEN", 2020, 1.0));
        let done = lake.commit(collector, &open_gates()).unwrap();
        assert_eq!(done.new, 1, "{name}");
    }
    for name in ["", ".x", "a/b", "a b", "..", &format!("{longest}x")] {
        assert!(!wsis_model::dataset::is_id(name), "{name}");
        let collector = lake.collector("source", name);
        let error = lake.commit(collector, &open_gates()).unwrap_err();
        assert_eq!(error.kind(), LakeErrorKind::Usage, "{name}");
    }
    assert_intact(&lake);
}
