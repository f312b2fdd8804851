//! A loopback server that speaks the protocols of the World Bank, Data360, UN DESA, UNSD and WHO, and gives
//! out tables of agencies, over committed figures, for the demo and for tests. It binds 127.0.0.1 on a free port and
//! answers with the same bytes to the same request, always.
//!
//! The figures and their sources are described in `data/README.md`.

mod data360;
mod etag;
mod figures;
mod query;
mod tables;
mod undesa;
mod unsd;
mod who;
mod worldbank;
mod xlsx;

use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, Method, StatusCode, Uri, header};
use axum::response::{IntoResponse, Response};
use tokio::net::TcpListener;
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

use crate::figures::Figures;
use crate::query::Query;

/// The pipelines that the figures here are enough for. Others of a deployment ask for what no licence
/// lets a program carry, or for what was not at hand.
pub const SERVED: [&str; 7] = [
    "itu-datahub",
    "undesa-egdi",
    "unsd-sdg",
    "worldbank-findex-file",
    "worldbank-gtmi",
    "worldbank-wdi",
    "worldbank-wgi-2024",
];

/// Which release of the figures is served. They differ in one World Bank indicator
/// (`IT.CEL.SETS.P2`: mobile subscriptions of 2023-03 against those of 2026-07) and in the
/// `lastupdated` date of that source.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Release {
    /// The earlier one.
    First,
    /// The later one, which revises values of the first and adds years.
    #[default]
    Second,
}

/// How the server behaves.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// The release served.
    pub release: Release,
    /// Whether the three made-up bad rows (one for each source) are served too.
    pub bad_rows: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { release: Release::default(), bad_rows: true }
    }
}

/// Why the server did not start.
#[derive(Debug, thiserror::Error)]
pub enum UpstreamError {
    /// No port could be had.
    #[error("cannot listen on 127.0.0.1: {0}")]
    Listen(#[from] std::io::Error),
    /// A committed table is wrong.
    #[error("data/{file}:{line}: {found}")]
    Data {
        /// File below `data/`.
        file: &'static str,
        /// Line, from 1; 1 is the header.
        line: u64,
        /// What was found and what would be right.
        found: String,
    },
}

struct Shared {
    figures: Arc<Figures>,
    options: Options,
    requests: AtomicU64,
}

/// A running server. Dropping it ends it at once; [`Server::stop`] lets open requests finish.
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    shared: Arc<Shared>,
    shutdown: Option<oneshot::Sender<()>>,
    task: Option<JoinHandle<std::io::Result<()>>>,
}

impl std::fmt::Debug for Shared {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Shared").field("options", &self.options).finish_non_exhaustive()
    }
}

impl Server {
    /// Loads the figures and starts to listen on a free loopback port.
    ///
    /// # Errors
    /// When no port can be had or a committed table is wrong.
    pub async fn start(options: Options) -> Result<Self, UpstreamError> {
        let figures = Figures::shared()?;
        let shared = Arc::new(Shared { figures, options, requests: AtomicU64::new(0) });
        let app = Router::new().fallback(answer).with_state(Arc::clone(&shared));
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (shutdown, told) = oneshot::channel();
        let task = tokio::spawn(async move {
            let stopped = async move { drop(told.await) };
            axum::serve(listener, app).with_graceful_shutdown(stopped).await
        });
        Ok(Self { address, shared, shutdown: Some(shutdown), task: Some(task) })
    }

    /// The root that stands in for a source's `base_url`, without a trailing slash:
    /// `worldbank`, `data360`, `file`, `undesa` or `unsd`; `who` for the protocol of WHO, which pipelines of
    /// `file` read. Any other source gets an address that answers 404.
    pub fn base_url(&self, source: &str) -> String {
        let path = match source {
            "worldbank" => worldbank::ROOT,
            "data360" => data360::ROOT,
            "file" => tables::ROOT,
            "undesa" => undesa::ROOT,
            "unsd" => unsd::ROOT,
            "who" => who::ROOT,
            _ => "/unknown",
        };
        format!("http://{}{path}", self.address)
    }

    /// Number of requests answered so far.
    pub fn requests(&self) -> u64 {
        self.shared.requests.load(Ordering::Relaxed)
    }

    /// Ends the server: no new connections, open requests are finished (at most two seconds).
    pub async fn stop(mut self) {
        if let Some(shutdown) = self.shutdown.take() {
            // The receiver is gone only if the server ended by itself.
            let _ = shutdown.send(());
        }
        if let Some(mut task) = self.task.take()
            && tokio::time::timeout(Duration::from_secs(2), &mut task).await.is_err()
        {
            task.abort();
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(task) = self.task.take() {
            task.abort();
        }
    }
}

async fn answer(
    State(shared): State<Arc<Shared>>,
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    body: Bytes,
) -> Response {
    shared.requests.fetch_add(1, Ordering::Relaxed);
    let path = uri.path();
    let figures = &shared.figures;
    let options = shared.options;
    if method == Method::POST {
        let form = std::str::from_utf8(&body).map(Query::parse).unwrap_or_default();
        return match path.strip_prefix(unsd::ROOT) {
            Some("/Series/DataCSV") => unsd::csv_answer(figures, options, &form, true),
            _ => not_found(),
        };
    }
    if method != Method::GET && method != Method::HEAD {
        return StatusCode::METHOD_NOT_ALLOWED.into_response();
    }
    let query = Query::parse(uri.query().unwrap_or_default());
    if let Some(rest) = path.strip_prefix(worldbank::ROOT) {
        worldbank::answer(figures, options, rest, &query).unwrap_or_else(not_found)
    } else if let Some(rest) = path.strip_prefix(undesa::ROOT) {
        undesa::answer(figures, options, rest, &headers).unwrap_or_else(not_found)
    } else if let Some(rest) = path.strip_prefix(data360::ROOT) {
        data360::answer(figures, rest, &headers).unwrap_or_else(not_found)
    } else if let Some(rest) = path.strip_prefix(tables::ROOT) {
        tables::answer(figures, rest, &headers).unwrap_or_else(not_found)
    } else if let Some(rest) = path.strip_prefix(who::ROOT) {
        who::answer(figures, rest, &query, &headers).unwrap_or_else(not_found)
    } else if let Some(rest) = path.strip_prefix(unsd::ROOT) {
        match rest {
            "/Series/Data" => unsd::json_answer(figures, options, &query),
            "/Series/DataCSV" => unsd::csv_answer(figures, options, &query, false),
            "/GeoArea/List" => unsd::geo_areas(figures),
            _ => not_found(),
        }
    } else {
        not_found()
    }
}

/// An HTML page, as the real services send for an address they do not know.
fn not_found() -> Response {
    let page = "<!DOCTYPE html><html><head><title>404 Not Found</title></head>\
                <body><h1>Not Found</h1></body></html>";
    (StatusCode::NOT_FOUND, [(header::CONTENT_TYPE, "text/html")], page).into_response()
}

fn json(body: String) -> Response {
    ([(header::CONTENT_TYPE, "application/json;charset=utf-8")], body).into_response()
}
