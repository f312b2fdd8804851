//! What is lost or changed on the disk: found before it is answered, built upon or passed over.

use std::fs;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};

use wsis_lake::{At, Lake, LakeError, LakeErrorKind, OBSERVATIONS, Origin, RawMeta, Recorded};
use wsis_model::payload::RawId;

use crate::support::{
    assert_intact, collect, day, deliver, head, new_lake, obs, open, open_gates, read, read_text,
    remove, snapshot_name, try_open, write,
};

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
        handed_in: None,
    };
    lake.append_meta(&run, &[meta]).unwrap();
    deliver(lake, &body, day(at), &[obs(S, "KEN", 2020, f64::from(at))]);
}

fn recorded(snapshot: u64) -> Recorded {
    Recorded { run: format!("run-{snapshot}"), snapshot, ..Recorded::default() }
}

fn flip(lake: &Lake, name: &str, at: usize) {
    let mut bytes = read(lake, name);
    let at = at % bytes.len();
    bytes[at] ^= 1;
    write(lake, name, bytes);
}

#[test]
pub(crate) fn trial_x5_any_flipped_bit_of_a_data_file_is_found_before_it_is_read() {
    let (_folder, lake) = filled();
    let name = head(&lake).files(OBSERVATIONS).unwrap().remove(0).path;
    let path = lake.store().shown(&name);
    let good = read(&lake, &name);
    let all = |lake: &Lake| lake.check_files(&head(lake).all_files().unwrap());
    all(&lake).unwrap();
    for at in (0..good.len()).step_by(good.len() / 150 + 1) {
        flip(&lake, &name, at);
        let error = all(&lake).unwrap_err();
        assert_eq!(error.kind(), LakeErrorKind::Corrupt, "byte {at}");
        assert!(error.to_string().contains(path.to_str().unwrap()), "{error}");
        write(&lake, &name, &good);
        all(&lake).unwrap();
    }
    // Files that were left alone are remembered, also by another process.
    for entry in head(&lake).all_files().unwrap() {
        if let Ok(file) = fs::File::options().write(true).open(lake.path(&entry)) {
            file.set_modified(day(1).into()).unwrap();
        }
    }
    all(&lake).unwrap();
    let other = open(lake.root());
    all(&other).unwrap();
    assert!(lake.root().join("state/checked").is_file());
    flip(&lake, &name, 77);
    for lake in [&lake, &other, &open(lake.root())] {
        assert_eq!(all(lake).unwrap_err().kind(), LakeErrorKind::Corrupt);
    }
    remove(&lake, &name);
    assert!(matches!(all(&lake).unwrap_err(), LakeError::Io { .. }));
}

#[test]
pub(crate) fn trial_x7_a_lost_newest_snapshot_stops_readers_and_writers() {
    let (_folder, lake) = filled();
    let newest = read(&lake, &snapshot_name(3));
    remove(&lake, &snapshot_name(3));
    let is_lost = |error: &LakeError| {
        assert_eq!(error.kind(), LakeErrorKind::Corrupt, "{error}");
        assert!(error.to_string().contains("snapshot 3 is lost"), "{error}");
    };
    is_lost(&lake.snapshot(At::Head).unwrap_err());
    let collector = collect(&lake, "body 4", day(4), &[obs(S, "KEN", 2020, 4.0)]);
    is_lost(&lake.commit(collector, &open_gates()).unwrap_err());
    assert!(
        lake.store().head(&snapshot_name(3)).unwrap().is_none(),
        "no other snapshot took its number"
    );
    // All of them lost.
    let others = [1, 2].map(|id| (snapshot_name(id), read(&lake, &snapshot_name(id))));
    for (name, _) in &others {
        remove(&lake, name);
    }
    is_lost(&lake.snapshot(At::Head).unwrap_err());
    for (name, bytes) in others {
        write(&lake, &name, bytes);
    }
    // Restored, all is well; changed, it is not.
    write(&lake, &snapshot_name(3), &newest);
    assert_eq!(head(&lake).id, 3);
    let changed = String::from_utf8(newest).unwrap().replacen("\"new\": 0", "\"new\": 1", 1);
    write(&lake, &snapshot_name(3), changed);
    let error = lake.snapshot(At::Head).unwrap_err();
    assert!(error.to_string().contains("as in HEAD"), "{error}");
}

/// The name of the document whose hash is the last one in a text.
fn document_in(text: &str) -> String {
    let mut hashes = text.split('"').filter(|word| word.parse::<RawId>().is_ok());
    format!("manifests/{}.json", hashes.next_back().unwrap())
}

/// Each loss, and what `verify` names.
#[test]
pub(crate) fn trial_x6_verify_names_every_loss() {
    type Loss = fn(&Lake);
    let no_archive: Loss = |lake| {
        for name in lake.store().list("raw").unwrap() {
            remove(lake, &name);
        }
    };
    let no_record: Loss = |lake| {
        remove(lake, "raw/meta/wdi/2026-01/run-1.jsonl");
    };
    let no_snapshot: Loss = |lake| {
        (1..=3).for_each(|id| remove(lake, &snapshot_name(id)));
    };
    let no_head: Loss = |lake| {
        (1..=3).for_each(|id| remove(lake, &snapshot_name(id)));
        remove(lake, "snapshots/HEAD");
    };
    let no_newest: Loss = |lake| {
        remove(lake, &snapshot_name(3));
        remove(lake, "snapshots/HEAD");
    };
    let no_first: Loss = |lake| remove(lake, &snapshot_name(1));
    let no_second: Loss = |lake| remove(lake, &snapshot_name(2));
    let old_damage: Loss = |lake| {
        let first = lake.snapshot(At::Id(1)).unwrap().unwrap();
        flip(lake, &first.files("observations_latest").unwrap()[0].path, 99);
    };
    let other_lake: Loss = |lake| {
        let id = lake.id().unwrap().unwrap();
        let text = read_text(lake, "_format.json").replace(&id[..8], "00000000");
        write(lake, "_format.json", text);
    };
    // A document below the first snapshot alone, one below the newest.
    let old_document: Loss = |lake| {
        let first = read_text(lake, &snapshot_name(1));
        flip(lake, &document_in(&first), 9);
    };
    let no_document: Loss = |lake| remove(lake, &document_in(&read_text(lake, &snapshot_name(3))));
    let no_dataset: Loss = |lake| {
        let bucket = read_text(lake, &document_in(&read_text(lake, &snapshot_name(3))));
        remove(lake, &document_in(&bucket));
    };
    let ledger: Vec<Recorded> = (1..=3).map(recorded).collect();
    let losses = [
        (no_archive, "no file"),
        (no_record, "no record of its request"),
        (no_snapshot, "newest snapshot 0"),
        (no_head, "no snapshot of that number"),
        (no_newest, "no snapshot of that number"),
        (no_first, "the oldest snapshot is 2"),
        (no_second, "parent 2"),
        (old_damage, "SHA-256"),
        (other_lake, "a snapshot of lake"),
        (old_document, "SHA-256"),
        (no_document, "no file"),
        (no_dataset, "no file"),
    ];
    for (loss, expected) in losses {
        let (_folder, lake) = filled();
        let well = lake.examine(Some(&ledger)).unwrap();
        assert_eq!(well.violations, []);
        let depth = well.depth;
        assert_eq!((depth.snapshots, depth.bodies, depth.records, depth.payloads), (3, 3, 3, 3));
        assert_eq!((depth.documents, depth.files, depth.runs), (6, 3, Some(3)));
        loss(&lake);
        let found = lake.examine(Some(&ledger)).unwrap().violations;
        assert!(found.iter().any(|it| it.found.contains(expected)), "{expected}: {found:?}");
    }
}

#[test]
pub(crate) fn trial_x6_verify_says_to_which_depth() {
    let (_folder, lake) = filled();
    let text = lake.examine(None).unwrap().depth.to_string();
    assert!(
        text.starts_with("3 snapshots from the first to HEAD with 6 documents below"),
        "{text}"
    );
    assert!(text.contains("3 data files of all of them"), "{text}");
    assert!(text.contains("3 archived bodies") && text.contains("not the ledger"), "{text}");
    let text = lake.examine(Some(&[])).unwrap().depth.to_string();
    assert!(text.contains("0 runs that made a snapshot"), "{text}");
}

#[test]
pub(crate) fn trial_x8_verify_beside_an_ingest_raises_no_alarm() {
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
        "data/worldbank/WDI/.tmp-f",
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
pub(crate) fn trial_x20_format_0_is_refused_and_so_is_a_newer_snapshot() {
    let (_folder, lake) = filled();
    let good = read_text(&lake, "_format.json");
    write(&lake, "_format.json", "{\"format\":0}\n");
    let error = try_open(lake.root()).map(drop).unwrap_err();
    assert!(error.to_string().contains("format 0, which no program has ever written"), "{error}");
    write(&lake, "_format.json", &good);
    let name = snapshot_name(2);
    write(&lake, &name, read_text(&lake, &name).replacen("\"format\": 2", "\"format\": 3", 1));
    let error = lake.snapshot(At::Id(2)).unwrap_err();
    assert!(matches!(error, LakeError::Format { found: 3, .. }), "{error}");
}

/// What a newer program does within the format is no damage, and no copy mends it.
#[test]
pub(crate) fn trial_x20_what_a_newer_program_made_is_not_called_damage() {
    let (_folder, lake) = filled();
    let newest = snapshot_name(3);
    let text = read_text(&lake, &newest);
    let other = text.replacen("\"kind\": \"ingest\"", "\"kind\": \"pruning\"", 1);
    assert_ne!(other, text);
    write(&lake, &newest, other);
    let document = b"{\"kind\":\"leaf\",\"files\":[]}\n";
    let sha256 = RawId::of(document).to_string();
    write(&lake, &format!("manifests/{sha256}.json"), document);
    let second = snapshot_name(2);
    let text = read_text(&lake, &second);
    let known = document_in(&text);
    let known = known.strip_prefix("manifests/").unwrap().strip_suffix(".json").unwrap();
    write(&lake, &second, text.replace(known, &sha256));
    let kind = lake.snapshot(At::Id(3)).unwrap_err();
    let leaf = lake.snapshot(At::Id(2)).unwrap().unwrap().datasets().unwrap_err();
    for error in [kind, leaf] {
        assert!(matches!(error, LakeError::Newer { .. }), "{error}");
        let told = error.to_string();
        assert!(told.contains("not damaged") && !told.contains("copy"), "{told}");
    }
}

#[test]
pub(crate) fn trial_r5_every_lake_has_an_id() {
    let (_folder, lake) = filled();
    let id = lake.id().unwrap().expect("an id");
    assert_eq!(head(&lake).lake_id.as_ref(), Some(&id));
    let (_other_folder, other) = new_lake();
    assert_ne!(other.id().unwrap(), Some(id));
}

#[test]
pub(crate) fn trial_r8_what_may_name_a_dataset_can_be_committed() {
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

/// A chain that began anew is sound in itself; the ledger knows both.
#[test]
pub(crate) fn trial_x21_two_runs_of_one_number_and_another_document_are_told() {
    let (_folder, lake) = new_lake();
    let mut collector = collect(&lake, "body", day(1), &[obs(S, "KEN", 2020, 1.0)]);
    collector.come_from(Origin { run: Some("run-1".to_owned()), ..Origin::default() });
    assert_eq!(lake.commit(collector, &open_gates()).unwrap().snapshot, Some(1));
    let sha256 = Some(head(&lake).sha256);
    let own = Recorded { sha256, ..recorded(1) };
    let before = Recorded { run: "run-0".to_owned(), ..recorded(1) };
    let told = |ledger: &[Recorded]| {
        let found = lake.examine(Some(ledger)).unwrap();
        let wrong: Vec<String> = found.violations.iter().map(ToString::to_string).collect();
        let wrong = wrong.into_iter().filter(|it| it.contains("in the ledger")).collect();
        (wrong, found.given_up)
    };
    let none: (Vec<String>, Vec<String>) = (vec![], vec![]);
    assert_eq!(told(std::slice::from_ref(&own)), none);
    let (wrong, _) = told(&[before.clone(), own.clone()]);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert!(wrong[0].contains("a snapshot of run run-1; the snapshot that run run-0"), "{wrong:?}");
    let other = Recorded { sha256: Some("0".repeat(64)), ..own.clone() };
    let (wrong, _) = told(&[other]);
    assert_eq!(wrong.len(), 1, "{wrong:?}");
    assert_eq!(lake.unknown_of(&[before.clone(), own.clone(), recorded(2)]).unwrap().len(), 2);
    let why = Some("the disk was lost".to_owned());
    let (wrong, given_up) = told(&[Recorded { given_up: why, ..before }, own]);
    assert_eq!(wrong, [""; 0]);
    let said = "snapshot 1 of before, which the ledger knows: the disk was lost";
    assert_eq!(given_up, [said]);
}

/// A sparse file of five gigabytes costs nothing to make, and minutes to hash.
#[test]
fn trial_x18_files_that_grew_are_found_by_their_length_and_not_read_through() {
    let (_folder, lake) = filled();
    let grow = |path: &std::path::Path| {
        fs::OpenOptions::new().write(true).open(path).unwrap().set_len(5 << 30).unwrap();
    };
    let files = head(&lake).files(OBSERVATIONS).unwrap();
    grow(&lake.path(&files[0]));
    let body = lake.raw_path(&RawId::of(b"body 1"));
    grow(&body);
    let start = std::time::Instant::now();
    let found = lake.verify().unwrap();
    assert!(start.elapsed() < std::time::Duration::from_secs(5), "{:?}", start.elapsed());
    let grown: Vec<_> = found.iter().filter(|it| it.found == "5368709120 bytes").collect();
    assert!(grown.len() >= 2, "{found:?}");
    assert!(grown.iter().any(|it| it.path == body), "{found:?}");
}

#[test]
fn trial_x6_verify_finds_a_statement_of_a_sample_that_was_changed_or_lost() {
    let damage: [fn(&Lake); 3] = [
        |lake| flip(lake, "_sample.txt", 3),
        |lake| write(lake, "_sample.txt", b""),
        |lake| remove(lake, "_sample.txt"),
    ];
    for damage in damage {
        let (_folder, lake) = new_lake();
        lake.declare_sample("SAMPLE: made up").unwrap();
        archived(&lake, 1);
        assert_eq!(lake.verify().unwrap(), []);
        damage(&lake);
        // A later snapshot does not take over what was done to it.
        for at in 2..=3 {
            let found = lake.verify().unwrap();
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].path.ends_with("_sample.txt"), "{found:?}");
            archived(&lake, at);
        }
    }
}

/// A daemon that was stopped in the middle of a set left them until another set was due, which may be days.
#[test]
fn trial_p287_drafts_of_a_publication_that_was_ended_go_without_another_one() {
    let (_folder, lake) = new_lake();
    let folder = lake.root().join("public/v1");
    std::fs::create_dir_all(&folder).unwrap();
    let (draft, table) = (folder.join(".tmp-0123456789"), folder.join("line_scores.parquet"));
    std::fs::write(&draft, "half a table").unwrap();
    std::fs::write(&table, "a table").unwrap();
    // While somebody publishes they are theirs to remove.
    let theirs = std::fs::File::create(lake.root().join("public/lock")).unwrap();
    theirs.lock().unwrap();
    lake.sweep_published();
    assert!(draft.exists());
    drop(theirs);
    lake.sweep_published();
    assert_eq!((draft.exists(), table.exists()), (false, true));
    // Nothing is made where nothing was ever published.
    std::fs::remove_dir_all(lake.root().join("public")).unwrap();
    lake.sweep_published();
    assert!(!lake.root().join("public").exists());
}
