//! Metrics for Prometheus, and whether the daemon is alive and ready.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Router;
use axum::extract::State as Shared;
use axum::http::StatusCode;
use axum::routing::get;
use chrono::{DateTime, TimeDelta, Utc};
use metrics::{counter, gauge, histogram};
use metrics_exporter_prometheus::{Matcher, PrometheusBuilder, PrometheusHandle};
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;
use wsis_app::PublishedState;
use wsis_engine::daemon::Note;
use wsis_engine::freshness::{Freshness, State};
use wsis_engine::{Clock, RunReport, SystemClock};
use wsis_serve::listener::{Connections, accept};

use crate::failure::Failure;

/// A daemon that has not woken for so long hangs.
const ALIVE_WITHIN: TimeDelta = TimeDelta::minutes(2);

/// Few: whoever watches the daemon asks one thing at a time.
const CONNECTIONS: Connections = Connections {
    most: 32,
    headers_within: Duration::from_secs(5),
    head_bytes_max: None,
    over_within: Duration::from_secs(15),
    keep_alive: false,
    // The daemon waits for nobody who reads.
    stop_within: Duration::ZERO,
};

/// For so long after some trouble with ledger or lake it is not ready.
const TROUBLED_FOR: TimeDelta = TimeDelta::seconds(45);

/// Bounds of the histogram of run times, seconds.
const SECONDS: [f64; 10] = [0.5, 1.0, 5.0, 15.0, 60.0, 180.0, 600.0, 1_800.0, 3_600.0, 7_200.0];

/// What the daemon last told of itself.
pub(super) struct Status {
    last: Mutex<Last>,
    recorder: Option<PrometheusHandle>,
}

#[derive(Default)]
struct Last {
    woke: Option<DateTime<Utc>>,
    trouble: Option<(DateTime<Utc>, String)>,
}

impl Status {
    /// Sets up the metrics of this process.
    pub(super) fn new() -> Self {
        let name = Matcher::Full("wsis_run_seconds".to_owned());
        // Fails only when something else in this process keeps metrics already.
        let recorder = PrometheusBuilder::new()
            .set_buckets_for_metric(name, &SECONDS)
            .ok()
            .and_then(|builder| builder.install_recorder().ok());
        describe();
        gauge!("wsis_configuration_loaded").set(1.0);
        Self { last: Mutex::default(), recorder }
    }

    /// Takes note of what the daemon tells.
    pub(super) fn note(&self, note: &Note) {
        match note {
            Note::Woke(at) => {
                self.last.lock().unwrap_or_else(PoisonError::into_inner).woke = Some(*at);
                gauge!("wsis_daemon_woke_timestamp_seconds").set(at.timestamp() as f64);
            }
            Note::Began { tick, at, .. } => {
                gauge!("wsis_runs_under_way").increment(1.0);
                let late = (*at - *tick).as_seconds_f64();
                histogram!("wsis_dispatch_delay_seconds").record(late);
            }
            Note::Ended(report) => ended(report),
            Note::Missed { pipeline, ticks } => {
                counter!("wsis_ticks_missed_total", "pipeline" => pipeline.clone())
                    .increment(u64::try_from(ticks.len()).unwrap_or(u64::MAX));
            }
            Note::Trouble(why) => {
                counter!("wsis_troubles_total").increment(1);
                self.last.lock().unwrap_or_else(PoisonError::into_inner).trouble =
                    Some((SystemClock.now(), why.clone()));
            }
        }
    }

    fn alive(&self, now: DateTime<Utc>) -> Result<(), String> {
        match self.last.lock().unwrap_or_else(PoisonError::into_inner).woke {
            Some(woke) if (now - woke).abs() <= ALIVE_WITHIN => Ok(()),
            Some(woke) => Err(format!("the daemon woke last at {woke}")),
            None => Err("the daemon has not woken yet".to_owned()),
        }
    }

    fn ready(&self, now: DateTime<Utc>) -> Result<(), String> {
        self.alive(now)?;
        match &self.last.lock().unwrap_or_else(PoisonError::into_inner).trouble {
            // A clock that was ahead has dated it: it is over once the clock is back.
            Some((at, why)) if (now - *at).abs() < TROUBLED_FOR => Err(why.clone()),
            _ => Ok(()),
        }
    }
}

/// Takes note of how fresh a pipeline is.
pub(super) fn fresh(found: &Freshness, now: DateTime<Utc>) {
    for state in State::ALL {
        let labels = [("pipeline", found.pipeline.clone()), ("state", state.code().to_owned())];
        gauge!("wsis_pipeline_state", &labels).set(f64::from(u8::from(state == found.state)));
    }
    if let Some(last) = found.last_news {
        gauge!("wsis_lag_seconds", "pipeline" => found.pipeline.clone())
            .set((now - last).as_seconds_f64());
    }
}

/// Takes note of what dashboards read.
pub(super) fn published(found: &PublishedState) {
    gauge!("wsis_lake_snapshot").set(found.snapshot.unwrap_or_default() as f64);
    gauge!("wsis_published_snapshot").set(found.published_snapshot.unwrap_or_default() as f64);
    // What was told before is not true of what cannot be read.
    let at = found.published_at.map_or(0, |at| at.timestamp());
    gauge!("wsis_published_timestamp_seconds").set(at as f64);
    *PUBLISHED.lock().unwrap_or_else(PoisonError::into_inner) = found.clone();
}

/// What is published, for `/readyz`; metrics are the process's too.
static PUBLISHED: Mutex<PublishedState> =
    Mutex::new(PublishedState { snapshot: None, published_snapshot: None, published_at: None });

/// Takes note of how many alerts wait to be told.
pub(super) fn waiting(alerts: u64) {
    gauge!("wsis_alerts_waiting").set(alerts as f64);
}

/// Takes note of whether the configuration in force is the one in the files.
pub(super) fn configured(loaded: bool) {
    gauge!("wsis_configuration_loaded").set(f64::from(u8::from(loaded)));
}

fn describe() {
    use metrics::{describe_counter, describe_gauge, describe_histogram};
    describe_counter!("wsis_runs_total", "Runs that ended, by pipeline and outcome");
    describe_histogram!("wsis_run_seconds", "How long runs took");
    describe_histogram!(
        "wsis_dispatch_delay_seconds",
        "From a tick to the start of its run, jitter included"
    );
    describe_counter!("wsis_bytes_total", "Bytes of bodies received, by pipeline");
    describe_counter!("wsis_requests_total", "Requests planned, by pipeline");
    describe_counter!("wsis_retries_total", "Attempts beyond the first, by pipeline");
    describe_counter!("wsis_rows_total", "Rows by pipeline and what became of them");
    describe_counter!("wsis_ticks_missed_total", "Ticks that were passed over, by pipeline");
    describe_counter!("wsis_troubles_total", "Times that ledger or lake could not be used");
    describe_counter!("wsis_publish_failures_total", "Times that tables could not be published");
    describe_gauge!("wsis_lake_snapshot", "Newest snapshot of the lake");
    describe_gauge!("wsis_published_snapshot", "Snapshot of the published tables, 0 for none");
    describe_gauge!(
        "wsis_published_timestamp_seconds",
        "When tables were published last, 0 for never or not to be read"
    );
    describe_gauge!("wsis_lag_seconds", "Since a run last brought new figures, by pipeline");
    describe_gauge!("wsis_pipeline_state", "1 for the state that a pipeline is in, else 0");
    describe_gauge!("wsis_alerts_waiting", "Alerts that no channel has taken yet");
    describe_gauge!("wsis_runs_under_way", "Runs under way");
    describe_gauge!("wsis_daemon_woke_timestamp_seconds", "When the daemon woke last");
    describe_gauge!(
        "wsis_configuration_loaded",
        "1 when the files are in force, 0 when they are wrong"
    );
}

fn ended(report: &RunReport) {
    gauge!("wsis_runs_under_way").decrement(1.0);
    let pipeline = || report.pipeline.clone();
    let outcome = report.outcome.code();
    counter!("wsis_runs_total", "pipeline" => pipeline(), "outcome" => outcome).increment(1);
    if let Some(end) = report.ended {
        let seconds = (end - report.started).as_seconds_f64();
        histogram!("wsis_run_seconds", "pipeline" => pipeline()).record(seconds);
    }
    counter!("wsis_bytes_total", "pipeline" => pipeline()).increment(report.bytes);
    counter!("wsis_requests_total", "pipeline" => pipeline()).increment(report.requests);
    counter!("wsis_retries_total", "pipeline" => pipeline()).increment(report.retries);
    for (kind, rows) in [
        ("accepted", report.accepted),
        ("quarantined", report.quarantined),
        ("new", report.new),
        ("changed", report.changed),
        ("withdrawn", report.withdrawn),
    ] {
        counter!("wsis_rows_total", "pipeline" => pipeline(), "kind" => kind).increment(rows);
    }
}

/// Serves until the daemon stops.
///
/// # Errors
/// When the address cannot be listened on.
pub(super) async fn serve(
    address: SocketAddr,
    status: Arc<Status>,
    stop: CancellationToken,
) -> Result<(), Failure> {
    let listener = TcpListener::bind(address).await.map_err(|error| {
        Failure::usage(format!("cannot listen on {address}: {error}; choose another with --listen"))
    })?;
    let local = listener.local_addr().unwrap_or(address);
    tracing::info!(address = %local, "serving /metrics, /healthz and /readyz");
    let answer = |found: Result<(), String>| match found {
        Ok(()) => (StatusCode::OK, "ok\n".to_owned()),
        Err(why) => (StatusCode::SERVICE_UNAVAILABLE, format!("{why}\n")),
    };
    let routes = Router::new()
        .route(
            "/metrics",
            get(|Shared(status): Shared<Arc<Status>>| async move { metrics(&status) }),
        )
        .route(
            "/healthz",
            get(move |Shared(status): Shared<Arc<Status>>| async move {
                answer(status.alive(SystemClock.now()))
            }),
        )
        .route(
            "/readyz",
            get(move |Shared(status): Shared<Arc<Status>>| async move {
                let (code, text) = answer(status.ready(SystemClock.now()));
                let published = PUBLISHED.lock().unwrap_or_else(PoisonError::into_inner).clone();
                (code, format!("{text}{}\n", published.text(SystemClock.now())))
            }),
        )
        .with_state(status);
    tokio::spawn(accept(listener, routes, CONNECTIONS, stop));
    Ok(())
}

fn metrics(status: &Status) -> String {
    status.recorder.as_ref().map(PrometheusHandle::render).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::net::TcpStream;

    use super::*;

    async fn get(address: SocketAddr, path: &str) -> String {
        let mut socket = TcpStream::connect(address).await.unwrap();
        let request = format!("GET {path} HTTP/1.1\r\nhost: x\r\n\r\n");
        socket.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        socket.read_to_string(&mut answer).await.unwrap();
        answer
    }

    /// A clock that stepped to 2046 and back: the trouble was dated 2046, and over only then.
    #[test]
    fn trial_x19_trouble_that_a_clock_ahead_has_dated_is_over_once_it_is_back() {
        let status = Status { last: Mutex::default(), recorder: None };
        let now: DateTime<Utc> = "2026-11-27T22:00:00Z".parse().unwrap();
        let told = |at: DateTime<Utc>| {
            let mut last = status.last.lock().unwrap();
            (last.woke, last.trouble) = (Some(now), Some((at, "clock".to_owned())));
            drop(last);
            status.ready(now)
        };
        assert_eq!(told(now - TimeDelta::seconds(10)), Err("clock".to_owned()));
        assert_eq!(told(now - TimeDelta::seconds(60)), Ok(()));
        assert_eq!(told(now + TimeDelta::days(7_299)), Ok(()));
    }

    #[tokio::test]
    async fn trial_x9_half_requests_take_neither_descriptors_nor_the_place_of_others() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let routes = Router::new().route("/healthz", axum::routing::get(|| async { "ok" }));
        let stop = CancellationToken::new();
        let serving = tokio::spawn(accept(listener, routes, CONNECTIONS, stop.clone()));
        let before = descriptors();
        let mut halves = Vec::new();
        for _ in 0..200 {
            let mut socket = TcpStream::connect(address).await.unwrap();
            socket.write_all(b"GET /healthz HTTP/1.1\r\nhost: x\r\nx-").await.unwrap();
            halves.push(socket);
        }
        for _ in 0..3 {
            let answer = get(address, "/healthz").await;
            assert!(answer.starts_with("HTTP/1.1 200 OK") && answer.ends_with("ok"), "{answer}");
        }
        // Ours are 200 of them; the server holds on to few.
        let held = descriptors() - before - halves.len();
        assert!(held <= CONNECTIONS.most + 2, "{held}");
        // And to none of them for long.
        let mut last = halves.pop().unwrap();
        let mut rest = Vec::new();
        let hung_up = last.read_to_end(&mut rest);
        tokio::time::timeout(CONNECTIONS.headers_within * 2, hung_up).await.unwrap().ok();
        stop.cancel();
        serving.await.unwrap();
    }

    /// Where `public` became a file, the time of before stayed.
    #[test]
    fn trial_p287_a_set_that_cannot_be_read_has_no_time() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let handle = recorder.handle();
        let at = "2026-11-28T05:00:00Z".parse().ok();
        let there =
            PublishedState { snapshot: Some(7), published_snapshot: Some(7), published_at: at };
        let gone = PublishedState { snapshot: Some(8), ..PublishedState::default() };
        metrics::with_local_recorder(&recorder, || {
            for (found, snapshot, time) in [(there, 7, 1_795_842_000_i64), (gone, 0, 0)] {
                published(&found);
                let told = handle.render();
                assert!(told.contains(&format!("wsis_published_snapshot {snapshot}\n")), "{told}");
                let time = format!("wsis_published_timestamp_seconds {time}\n");
                assert!(told.contains(&time), "{told}");
            }
        });
    }

    fn descriptors() -> usize {
        std::fs::read_dir("/proc/self/fd").unwrap().count()
    }
}
