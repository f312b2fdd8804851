//! A figure whose new value cannot be read, from the answer to the snapshot.

use wsis_engine::Outcome;
use wsis_lake::{OBSERVATIONS_LATEST, QUARANTINE};

use crate::faults::{ok, status};
use crate::station::{A, B, KENYA, Station, UGANDA, all, body, good};

/// World Bank JSON: the figure of Uganda was ended as no longer given, and its row stood in quarantine.
#[tokio::test]
async fn trial_p113_a_figure_whose_new_value_cannot_be_read_stays_in_force() {
    let station = Station::new().await;
    let bad = body(A, all(2), &[KENYA, UGANDA]);
    let bad = String::from_utf8(bad).unwrap().replace("6.1", r#""n/z""#);
    station.script(A, 1, vec![good(A), ok(bad), ok(body(A, all(1), &[KENYA]))]);
    station.script(B, 1, vec![good(B)]);
    assert_eq!(station.run().await.new, 4);
    let run = station.run().await;
    assert_eq!((run.withdrawn, run.quarantined), (0, 1), "{run:?}");
    let told = format!(
        "series {A}: 1 figure in force stays as it was: what is given for it now could not be read; \
         see the quarantine: UGA"
    );
    assert!(run.findings.contains(&told), "{run:?}");
    let rows = |table| station.lake.snapshot(wsis_lake::At::Head).unwrap().unwrap().rows(table);
    assert_eq!((rows(OBSERVATIONS_LATEST), rows(QUARANTINE)), (4, 1));
    // What is not given at all ends.
    let mut station = station;
    station.deployment.pipelines[0].gates.withdrawn_share_max = 1.0;
    let run = station.run().await;
    assert_eq!((run.outcome, run.withdrawn), (Outcome::Committed, 1), "{run:?}");
}

/// A series was taken out of its pipeline: its bad records stood in quarantine for ever.
#[tokio::test]
async fn trial_p116_a_series_that_is_asked_for_no_more_leaves_the_quarantine() {
    let mut station = Station::new().await;
    let bad = body(A, all(2), &[KENYA, ("XQ", "XQZ", 2020, 1.0)]);
    station.script(A, 1, vec![ok(bad)]);
    station.script(B, 1, vec![good(B), status(500), status(500), good(B)]);
    assert_eq!(station.run().await.quarantined, 1);
    let set_aside = |station: &Station| {
        station.lake.snapshot(wsis_lake::At::Head).unwrap().unwrap().rows(QUARANTINE)
    };
    station.deployment.pipelines[0].series.remove(0);
    assert_eq!(station.run().await.outcome, Outcome::Failed);
    assert_eq!(set_aside(&station), 1, "a run that failed says nothing");
    let whole = station.run().await;
    assert!(whole.outcome.is_complete(), "{whole:?}");
    assert_eq!(set_aside(&station), 0);
}
