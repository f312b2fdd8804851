//! The server over a real lake, asked over real connections.
#![expect(
    clippy::unwrap_used,
    clippy::disallowed_methods,
    reason = "tests: bodies are ours, and small"
)]

mod answers;
mod files;
mod hostile;
mod limits;

use std::net::SocketAddr;
use std::sync::Arc;

use chrono::{DateTime, TimeDelta, Utc};
use reqwest::{Client, Response, StatusCode};
use serde_json::Value;
use tempfile::TempDir;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wsis_app::publish::{Writing, publish};
use wsis_app::{App, Review};
use wsis_config::{Deployment, ServeSettings};
use wsis_engine::{Engine, IngestOptions, Outcome, ShiftedClock, SystemClock};
use wsis_lake::Lake;
use wsis_upstream::{Options, Release, Server};

/// What the lake of the tests says of itself.
const SAMPLE: &str = "SAMPLE: of a test";

/// A server with a lake of its own: the figures of one pipeline, of a month ago and of now.
struct Site {
    _folder: TempDir,
    lake: Arc<Lake>,
    app: Arc<App>,
    address: SocketAddr,
    stop: CancellationToken,
    serving: JoinHandle<()>,
    client: Client,
}

async fn ingest(lake: &Arc<Lake>, release: Release, days: i64) {
    let server = Server::start(Options { release, ..Options::default() }).await.unwrap();
    let mut deployment = Deployment::embedded().unwrap();
    for pipeline in &mut deployment.pipelines {
        pipeline.base_url = server.base_url(&pipeline.source);
        pipeline.secret_env = None;
    }
    deployment.workspace.allow_http.push("127.0.0.1".to_owned());
    deployment.workspace.allow_private.push("127.0.0.1".to_owned());
    let clock = Arc::new(ShiftedClock::back(TimeDelta::days(days)));
    let engine = Engine::new(Arc::new(deployment), Arc::clone(lake), clock).unwrap();
    let options = IngestOptions { accept: true, ..IngestOptions::default() };
    let (events, _) = mpsc::unbounded_channel();
    let chosen = ["worldbank-wdi".to_owned()];
    let runs = engine.ingest(&chosen, &options, events, CancellationToken::new()).await.unwrap();
    assert!(runs.iter().all(|run| run.outcome == Outcome::Committed), "{runs:?}");
    server.stop().await;
}

impl Site {
    async fn start() -> Self {
        Self::with(|_| {}).await
    }

    /// With other limits than those that hold where nothing is said; the rate is none of them.
    async fn with(change: impl FnOnce(&mut ServeSettings)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let lake = Arc::new(Lake::open(folder.path()).unwrap());
        lake.declare_sample(SAMPLE).unwrap();
        ingest(&lake, Release::First, 30).await;
        ingest(&lake, Release::Second, 0).await;
        let mut deployment = Deployment::embedded().unwrap();
        deployment.workspace.serve.rate_per_s = 0;
        change(&mut deployment.workspace.serve);
        let clock = Arc::new(SystemClock);
        let app =
            App::new(Arc::new(deployment), Arc::clone(&lake), Arc::<SystemClock>::clone(&clock));
        let app = Arc::new(app.unwrap());
        let scores = app.scores(&Review::default()).await.unwrap();
        publish(&scores, app.now(), Writing::Always).await.unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let stop = CancellationToken::new();
        let serving =
            tokio::spawn(wsis_serve::serve(listener, Arc::clone(&app), clock, stop.clone()));
        wsis_engine::install_crypto();
        let client = Client::builder().no_proxy().build().unwrap();
        Self { _folder: folder, lake, app, address, stop, serving, client }
    }

    fn now(&self) -> DateTime<Utc> {
        self.app.now()
    }

    async fn get(&self, path: &str) -> Response {
        self.client.get(format!("http://{}{path}", self.address)).send().await.unwrap()
    }

    async fn with_header(&self, path: &str, name: &str, value: &str) -> Response {
        let asked = self.client.get(format!("http://{}{path}", self.address)).header(name, value);
        asked.send().await.unwrap()
    }

    /// The JSON of an answer that is one.
    async fn json(&self, path: &str) -> Value {
        let response = self.get(path).await;
        let status = response.status();
        let body: Value = response.json().await.unwrap();
        assert_eq!(status, StatusCode::OK, "{path}: {body}");
        body
    }

    /// The problem that an answer is.
    async fn problem(&self, path: &str) -> Value {
        problem(self.get(path).await).await
    }
}

async fn problem(response: Response) -> Value {
    let status = response.status().as_u16();
    assert_eq!(response.headers()["content-type"], "application/problem+json");
    assert!(response.headers().contains_key("x-request-id"));
    let body: Value = response.json().await.unwrap();
    assert_eq!(body["status"], status, "{body}");
    for member in ["type", "title", "detail"] {
        assert!(body[member].as_str().is_some_and(|it| !it.is_empty()), "{body}");
    }
    body
}
