//! A key goes to its service and stands nowhere else, even when the service repeats it.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex};

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_engine::{Event, IngestOptions, Outcome};
use wsis_model::pipeline::KeyPlace;

use crate::faults::{Answer, status};
use crate::station::{A, B, Station, assert_error, good};

const KEY: &str = "s3cr3t-t0ken";

async fn keyed() -> Station {
    let mut station = Station::new().await;
    station.deployment.pipelines[0].secret_env = Some("BANK_KEY".to_owned());
    station.secret = Some(KEY);
    station
}

/// Paths of the files of the lake in which the key stands.
fn found_in(station: &Station) -> Vec<String> {
    let holds = |bytes: &[u8]| bytes.windows(KEY.len()).any(|part| part == KEY.as_bytes());
    let files = station.files().into_iter().filter(|(_, bytes)| holds(bytes));
    files.map(|(name, _)| name.display().to_string()).collect()
}

#[tokio::test]
async fn a_missing_secret_is_named_and_nothing_is_asked() {
    let mut station = keyed().await;
    for (value, why) in [
        (None, "environment variable BANK_KEY is not set"),
        (Some("  "), "environment variable BANK_KEY is not set"),
        (Some("a\nb"), "environment variable BANK_KEY holds characters that no http header"),
    ] {
        station.secret = value;
        let report = station.run().await;
        assert_error(&report, Outcome::Failed, &[why]);
    }
    assert!(station.server.seen().is_empty());
}

#[tokio::test]
async fn a_secret_reaches_its_service_and_no_file() {
    let station = keyed().await;
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![status(401)]);
    assert_error(&station.run().await, Outcome::Partial, &["status 401"]);
    for seen in station.server.seen() {
        let sent = seen.headers.get("authorization").map(String::as_str);
        assert_eq!(sent, Some("Bearer s3cr3t-t0ken"));
    }
    assert_eq!(found_in(&station), [] as [String; 0]);
}

/// A key goes where the service wants it; the address that is kept is the one without it.
#[tokio::test]
async fn a_secret_goes_into_a_header_or_the_query_by_name() {
    let mut station = keyed().await;
    station.deployment.pipelines[0].key_place = KeyPlace::Header("X-API-Key".to_owned());
    station.script(A, 1, vec![good(A)]);
    station.script(B, 1, vec![good(B)]);
    let report = station.run().await;
    assert_eq!(report.outcome, Outcome::Committed, "{report:?}");
    for seen in station.server.seen() {
        assert_eq!(seen.headers.get("x-api-key").map(String::as_str), Some(KEY));
        assert!(!seen.headers.contains_key("authorization"));
    }
    let mut station = keyed().await;
    station.deployment.pipelines[0].key_place = KeyPlace::Query("key".to_owned());
    let report = station.run().await;
    // The script knows the addresses without the key only.
    assert!(!format!("{report:?}").contains(KEY), "{report:?}");
    let seen = station.server.seen();
    assert!(!seen.is_empty());
    for seen in seen {
        assert!(seen.target.ends_with(&format!("&key={KEY}")), "{}", seen.target);
        assert!(!seen.headers.contains_key("authorization"));
    }
    assert_eq!(found_in(&station), [] as [String; 0]);
}

#[tokio::test]
async fn trial_x16_a_secret_that_the_service_repeats_is_in_no_error_that_is_archived() {
    let station = keyed().await;
    let says = |code| Answer::Plain(code, Vec::new(), format!("bad key {KEY}").into_bytes());
    let html = vec![("content-type", "text/html".to_owned())];
    station.script(A, 1, vec![says(503), says(401)]);
    station.script(B, 1, vec![Answer::Plain(200, html, format!("<p>{KEY}</p>").into_bytes())]);

    let log = Log::default();
    let guard = tracing::subscriber::set_default(log.clone());
    let (events, mut told) = mpsc::unbounded_channel();
    let options = IngestOptions::default();
    let engine = station.engine();
    let report =
        engine.ingest(&[], &options, events, CancellationToken::new()).await.unwrap().remove(0);
    drop(guard);

    assert_error(&report, Outcome::Failed, &["bad key [key]", "<p>[key]</p>"]);
    let mut retried = 0;
    while let Ok(event) = told.try_recv() {
        assert!(!format!("{event:?}").contains(KEY), "{event:?}");
        retried += usize::from(matches!(event, Event::Retrying { .. }));
    }
    assert_eq!(retried, 1);
    let lines = log.0.lock().unwrap().clone();
    assert!(lines.contains("retrying") && lines.contains("run ended"), "{lines}");
    assert!(lines.contains("bad key [key]"), "{lines}");
    assert!(!lines.contains(KEY), "{lines}");
    assert!(!format!("{engine:?}").contains(KEY));
    let files = found_in(&station);
    // Only in a body that came as an answer: what is archived of it is what a replay reads.
    assert_eq!(files.len(), 1, "{files:?}");
    assert!(files.iter().all(|name| name.starts_with("lake/raw/sha256/")), "{files:?}");
}

/// Everything that is logged in this thread, whatever its level.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<String>>);

impl tracing::field::Visit for Log {
    fn record_debug(&mut self, field: &tracing::field::Field, value: &dyn std::fmt::Debug) {
        let _ = writeln!(self.0.lock().unwrap(), "{field}={value:?}");
    }
}

impl tracing::Subscriber for Log {
    fn enabled(&self, _: &tracing::Metadata<'_>) -> bool {
        true
    }

    fn new_span(&self, span: &tracing::span::Attributes<'_>) -> tracing::span::Id {
        span.record(&mut self.clone());
        tracing::span::Id::from_u64(1)
    }

    fn record(&self, _: &tracing::span::Id, values: &tracing::span::Record<'_>) {
        values.record(&mut self.clone());
    }

    fn record_follows_from(&self, _: &tracing::span::Id, _: &tracing::span::Id) {}

    fn event(&self, event: &tracing::Event<'_>) {
        event.record(&mut self.clone());
    }

    fn enter(&self, _: &tracing::span::Id) {}

    fn exit(&self, _: &tracing::span::Id) {}
}
