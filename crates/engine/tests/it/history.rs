//! A lake that lost what its ledger knows of: refused, settled, or given up by a word.

use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::history::{Forgotten, Unrecorded};
use wsis_engine::{Clock as _, EngineError, IngestOptions, Ledger, Outcome, Rereading, history};
use wsis_lake::{At, Lake, Made};

use crate::faults::ok;
use crate::station::{A, B, KENYA, Station, all, body, good};

/// A lake with two snapshots.
async fn two() -> Station {
    let station = Station::new().await;
    let revised = body(A, all(2), &[KENYA, ("UG", "UGA", 2020, 99.0)]);
    station.script(A, 1, vec![good(A), ok(revised)]);
    station.script(B, 1, vec![good(B)]);
    station.run().await;
    assert_eq!(station.run().await.snapshot, Some(2));
    station
}

/// Ingests with another handle on the lake, as a process that starts now has one.
async fn ingest(station: &Station) -> Result<Vec<wsis_engine::RunReport>, EngineError> {
    let engine = station.engine_on(Lake::open(station.lake.root()).unwrap().into());
    let (events, _) = mpsc::unbounded_channel();
    engine.ingest(&[], &IngestOptions::default(), events, CancellationToken::new()).await
}

fn below(station: &Station, name: &str) -> PathBuf {
    station.lake.root().join(name)
}

#[tokio::test]
async fn trial_x21_a_lake_whose_snapshots_were_removed_does_not_begin_anew() {
    for gone in
        [&["snapshots"][..], &["snapshots", "manifests"], &["snapshots", "manifests", "data"]]
    {
        let station = two().await;
        for name in gone {
            std::fs::remove_dir_all(below(&station, name)).unwrap();
        }
        let asked = station.server.seen().len();
        let error = ingest(&station).await.unwrap_err();
        let lost = matches!(error, EngineError::HistoryLost { known: 2, .. });
        assert!(lost, "{error}");
        let told = error.to_string();
        for words in ["snapshots up to 2", "Restore the lake from a copy", "forget-history"] {
            assert!(told.contains(words), "{told}");
        }
        assert_eq!(station.server.seen().len(), asked, "nobody was asked in vain");
        let lake = Lake::open(station.lake.root()).unwrap();
        let engine = station.engine_on(lake.clone().into());
        let (events, _) = mpsc::unbounded_channel();
        let again = Rereading { commit: true, accept: false };
        let error = engine.redecode(&[], again, events, CancellationToken::new()).await;
        assert!(matches!(error, Err(EngineError::HistoryLost { .. })), "{error:?}");
        let error = history::check_whole(&station.ledger(), &lake);
        assert!(matches!(error, Err(EngineError::HistoryLost { .. })), "{error:?}");
        assert!(lake.snapshot(At::Head).unwrap().is_none());
    }
}

#[tokio::test]
async fn trial_x21_what_is_lost_is_given_up_by_a_word_that_verify_repeats() {
    let station = two().await;
    std::fs::remove_dir_all(below(&station, "snapshots")).unwrap();
    let lake = Lake::open(station.lake.root()).unwrap();
    let ledger = station.ledger();
    let now = station.clock.now();
    let why = "the disk of the ministry burnt";
    let given_up = history::forget(&ledger, &lake, why, now).unwrap();
    assert_eq!(given_up, Forgotten { snapshots: vec![1, 2], ..Forgotten::default() });
    let again = history::forget(&ledger, &lake, why, now).unwrap();
    assert_eq!(again, Forgotten::default(), "once is enough");
    let report = ingest(&station).await.unwrap().remove(0);
    assert_eq!((report.outcome, report.snapshot), (Outcome::Committed, Some(1)), "{report:?}");
    let found = lake.examine(Some(&ledger.snapshots().unwrap())).unwrap();
    assert_eq!(found.violations, []);
    assert_eq!(found.given_up.len(), 1, "{:?}", found.given_up);
    assert!(found.given_up[0].starts_with("snapshots 1, 2 of before"), "{:?}", found.given_up);
    assert!(found.given_up[0].contains(why), "{:?}", found.given_up);
    history::check_whole(&ledger, &lake).unwrap();
}

/// `verify` ended well beside a ledger that was lost, or put back from an older copy.
#[tokio::test]
async fn trial_x6_a_ledger_that_lost_runs_is_told_until_they_are_given_up() {
    let station = two().await;
    let lake = Lake::open(station.lake.root()).unwrap();
    let numbers = |made: &[Made]| made.iter().map(|it| it.snapshot).collect::<Vec<_>>();
    let whole = history::unrecorded(&station.ledger(), lake.made().unwrap()).unwrap();
    assert_eq!(whole, Unrecorded::default());
    let new = Ledger::in_memory().unwrap();
    let found = history::unrecorded(&new, lake.made().unwrap()).unwrap();
    assert_eq!((numbers(&found.lost), found.given_up.len()), (vec![1, 2], 0));
    let given_up = history::forget(&new, &lake, "no copy", station.clock.now()).unwrap();
    assert_eq!(given_up, Forgotten { runs: vec![1, 2], ..Forgotten::default() });
    let found = history::unrecorded(&new, lake.made().unwrap()).unwrap();
    assert!(found.lost.is_empty());
    let (why, snapshots) = found.given_up.first_key_value().unwrap();
    assert!(why.ends_with("because: no copy") && *snapshots == [1, 2], "{why}");
}

/// Nothing in the lake names the files that say when and where a body was received: one could be removed
/// or rewritten, and `explain` told what it said.
#[tokio::test]
async fn trial_x6_a_record_of_requests_that_is_lost_or_changed_is_told() {
    let station = two().await;
    let lake = Lake::open(station.lake.root()).unwrap();
    let ledger = station.ledger();
    let (files, given_up) = ledger.record_files().unwrap();
    assert_eq!((files.len(), given_up.len()), (2, 0));
    assert_eq!(lake.verify_records(&files).unwrap(), []);
    let first = below(&station, &files[0].name);
    let text = std::fs::read_to_string(&first).unwrap();
    std::fs::write(&first, text.replace("\"status\":200", "\"status\":201")).unwrap();
    let found = lake.verify_records(&files).unwrap();
    assert_eq!(found.len(), 1, "{found:?}");
    assert!(found[0].found.starts_with("SHA-256 ") && found[0].path == first, "{found:?}");
    std::fs::remove_file(&first).unwrap();
    assert_eq!(lake.verify_records(&files).unwrap()[0].found, "no file");
    let given_up = history::forget(&ledger, &lake, "no copy", station.clock.now()).unwrap();
    assert_eq!(given_up.records, [files[0].name.clone()]);
    let (left, given_up) = ledger.record_files().unwrap();
    assert_eq!((left.len(), given_up.into_values().sum::<u64>()), (1, 1));
}

#[tokio::test]
async fn trial_x21_an_older_copy_is_filled_again_and_the_account_says_so() {
    let station = two().await;
    let first = Lake::open(station.lake.root()).unwrap().snapshot(At::Id(1)).unwrap().unwrap();
    std::fs::write(below(&station, "snapshots/HEAD"), format!("1 {}\n", first.sha256)).unwrap();
    std::fs::remove_file(below(&station, &format!("snapshots/{:020}.json", 2))).unwrap();
    let lake = Lake::open(station.lake.root()).unwrap();
    let ledger = station.ledger();
    let error = history::check_whole(&ledger, &lake).unwrap_err();
    assert!(matches!(error, EngineError::HistoryOlder { head: 1, known: 2, .. }), "{error}");
    let report = ingest(&station).await.unwrap().remove(0);
    assert_eq!((report.outcome, report.snapshot), (Outcome::Committed, Some(2)), "{report:?}");
    let told = report.findings.iter().any(|it| it.contains("an older copy was put back"));
    assert!(told, "{:?}", report.findings);
    let found = lake.examine(Some(&ledger.snapshots().unwrap())).unwrap();
    assert_eq!(found.violations, []);
    assert_eq!(found.given_up.len(), 1, "{:?}", found.given_up);
    assert!(found.given_up[0].contains("ends with snapshot 1, was put back"));
    history::check_whole(&ledger, &lake).unwrap();
    let next = ingest(&station).await.unwrap().remove(0);
    assert!(!next.findings.iter().any(|it| it.contains("older copy")), "said once");
}

/// What a daemon finds at its next waking, a run by hand finds at its start.
#[tokio::test]
async fn trial_x12_a_lake_without_its_archive_documents_or_files_is_not_run_on() {
    for name in ["raw", "manifests", "data"] {
        let station = two().await;
        std::fs::remove_dir_all(below(&station, name)).unwrap();
        let error = ingest(&station).await.unwrap_err().to_string();
        let expected = if name == "raw" { "no body at all" } else { "no file" };
        assert!(error.contains(expected) && error.contains(name), "{name}: {error}");
    }
}

/// The snapshots were given up before anything was landed on top of the older copy: a run that a gate
/// held made the lake pass for whole, and `gc` would have removed what the newer copy needs.
#[tokio::test]
async fn trial_p97_what_an_older_copy_lost_is_given_up_by_a_run_that_commits() {
    let mut station = two().await;
    let newest = std::fs::read(below(&station, &format!("snapshots/{:020}.json", 2))).unwrap();
    let head = std::fs::read(below(&station, "snapshots/HEAD")).unwrap();
    let first = Lake::open(station.lake.root()).unwrap().snapshot(At::Id(1)).unwrap().unwrap();
    std::fs::write(below(&station, "snapshots/HEAD"), format!("1 {}\n", first.sha256)).unwrap();
    std::fs::remove_file(below(&station, &format!("snapshots/{:020}.json", 2))).unwrap();

    station.deployment.pipelines[0].gates.rows_min = 1_000;
    for _ in 0..2 {
        let held = ingest(&station).await.unwrap().remove(0);
        assert_eq!((held.outcome, held.snapshot), (Outcome::Held, None), "{held:?}");
        let told = held.findings.iter().find(|it| it.contains("an older copy was put back"));
        assert!(told.is_some_and(|it| it.contains("can still be put back")), "{held:?}");
        let lake = Lake::open(station.lake.root()).unwrap();
        let ledger = station.ledger();
        let error = history::check_whole(&ledger, &lake).unwrap_err();
        assert!(matches!(error, EngineError::HistoryOlder { head: 1, known: 2, .. }), "{error}");
    }
    // The newer copy comes back, and all is as it was.
    std::fs::write(below(&station, &format!("snapshots/{:020}.json", 2)), newest).unwrap();
    std::fs::write(below(&station, "snapshots/HEAD"), head).unwrap();
    let lake = Lake::open(station.lake.root()).unwrap();
    let ledger = station.ledger();
    history::check_whole(&ledger, &lake).unwrap();
    let found = lake.examine(Some(&ledger.snapshots().unwrap())).unwrap();
    assert_eq!((found.violations.len(), found.given_up.len()), (0, 0), "{found:?}");
}

/// The process died after the commit on top of an older copy, and before what was lost was given up.
#[tokio::test]
async fn trial_p97_what_an_older_copy_lost_is_given_up_by_the_next_process_too() {
    let station = two().await;
    let first = Lake::open(station.lake.root()).unwrap().snapshot(At::Id(1)).unwrap().unwrap();
    std::fs::write(below(&station, "snapshots/HEAD"), format!("1 {}\n", first.sha256)).unwrap();
    std::fs::remove_file(below(&station, &format!("snapshots/{:020}.json", 2))).unwrap();
    let again = ingest(&station).await.unwrap().remove(0);
    assert_eq!((again.outcome, again.snapshot), (Outcome::Committed, Some(2)), "{again:?}");
    // As it stood in that moment.
    let database = rusqlite::Connection::open(below(&station, "state/ledger.sqlite")).unwrap();
    let died = "UPDATE runs SET outcome = 'running', ended = NULL, snapshot = NULL, digest = NULL,
                landing = 1 WHERE run = ?1";
    database.execute("UPDATE runs SET given_up = NULL", []).unwrap();
    assert_eq!(database.execute(died, [&again.run]).unwrap(), 1);
    drop(database);

    let next = ingest(&station).await.unwrap().remove(0);
    assert!(next.outcome.is_complete(), "{next:?}");
    let ledger = station.ledger();
    let closed = ledger.run(&again.run).unwrap().unwrap();
    assert_eq!((closed.outcome, closed.snapshot), (Outcome::Committed, Some(2)), "{closed:?}");
    let lake = Lake::open(station.lake.root()).unwrap();
    history::check_whole(&ledger, &lake).unwrap();
    let found = lake.examine(Some(&ledger.snapshots().unwrap())).unwrap();
    assert_eq!((found.violations.len(), found.given_up.len()), (0, 1), "{found:?}");
}
