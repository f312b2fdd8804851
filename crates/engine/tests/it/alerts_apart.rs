//! Channels of alerts beside each other.

use std::sync::Arc;

use wsis_config::Means;
use wsis_engine::watch::Watch;
use wsis_engine::{FixedClock, Outcome};

use crate::alerts::{alerts, channel, webhook};
use crate::faults::status;
use crate::station::{A, B, Station, good};

/// A program that never ends held up a webhook that answers at once: by its time limit, for each alert.
#[tokio::test]
async fn trial_x14_a_channel_that_does_not_answer_holds_up_no_other() {
    let (url, heard) = webhook(&[200; 8]).await;
    let mut station = Station::new().await;
    station.deployment.workspace.fetch.retries = 0;
    for code in [A, B] {
        station.script(code, 1, vec![good(code), status(500)]);
    }
    let sleeps = ["sh", "-c", "sleep 100"].map(str::to_owned).to_vec();
    let engine = station.engine();
    let clock: Arc<FixedClock> = Arc::clone(&station.clock);
    let hook = Means::Webhook { url: url.parse().unwrap(), secret_env: None };
    let watch = Watch::new(
        engine.pipelines().to_vec(),
        station.deployment.workspace.clone(),
        Arc::clone(engine.ledger()),
        clock,
        alerts(vec![channel("aaa", Means::Command { command: sleeps }), channel("hook", hook)]),
    );
    station.run().await;
    watch.look("wdi").await.unwrap();
    let begun = std::time::Instant::now();
    assert_eq!(station.run().await.outcome, Outcome::Failed);
    watch.look("wdi").await.unwrap();
    assert_eq!(heard.lock().unwrap().len(), 1);
    assert_eq!(station.ledger().alerts_waiting().unwrap(), 1, "the other waits");
    // Its time limit is 30 s.
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
}
