//! A lake that lost what its ledger knows of: refused, settled, or given up by a word.

use std::path::PathBuf;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Clock as _, EngineError, IngestOptions, Outcome, Rereading, history};
use wsis_lake::{At, Lake};

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
    assert_eq!(history::forget(&ledger, &lake, why, now).unwrap(), [1, 2]);
    assert_eq!(history::forget(&ledger, &lake, why, now).unwrap(), [0; 0], "once is enough");
    let report = ingest(&station).await.unwrap().remove(0);
    assert_eq!((report.outcome, report.snapshot), (Outcome::Committed, Some(1)), "{report:?}");
    let found = lake.examine(Some(&ledger.snapshots().unwrap())).unwrap();
    assert_eq!(found.violations, []);
    assert_eq!(found.given_up.len(), 1, "{:?}", found.given_up);
    assert!(found.given_up[0].starts_with("snapshots 1, 2 of before"), "{:?}", found.given_up);
    assert!(found.given_up[0].contains(why), "{:?}", found.given_up);
    history::check_whole(&ledger, &lake).unwrap();
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
