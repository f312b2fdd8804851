//! Takes connections, so many and for so long, and no more.

use std::collections::VecDeque;
use std::net::IpAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use axum::Router;
use axum::extract::Request;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::{AbortHandle, JoinSet};
use tokio_util::sync::CancellationToken;
use tower::ServiceExt as _;

/// After a connection that could not be taken.
const AFTER_REFUSAL: Duration = Duration::from_millis(50);

/// What bounds connections.
#[derive(Debug, Clone, Copy)]
pub struct Connections {
    /// At one time.
    pub most: usize,
    /// Within so long the head of a request must be there.
    pub headers_within: Duration,
    /// Longest head of a request, bytes; none for what the library has.
    pub head_bytes_max: Option<usize>,
    /// Within so long a connection is over, whoever reads slowly.
    pub over_within: Duration,
    /// Whether one connection may ask more than once.
    pub keep_alive: bool,
    /// How long answers under way may take to come to an end once it is stopped.
    pub stop_within: Duration,
}

/// Who asks: an address of IPv4, or the network of one of IPv6, of which one client has all addresses.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Client(pub IpAddr);

impl Client {
    fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V6(it) => {
                let [a, b, c, d, ..] = it.segments();
                IpAddr::from([a, b, c, d, 0, 0, 0, 0])
            }
            it @ IpAddr::V4(_) => it,
        })
    }
}

/// A connection under way.
struct Talk {
    task: AbortHandle,
    /// Whether a request has been read from it.
    has_asked: Arc<AtomicBool>,
}

/// Takes connections until it is stopped, then lets those come to an end that answer. Whoever sends half a
/// request, or none, is hung up on; of too many the oldest gives way, and first one that has not asked, so
/// that one who asks in good order always has a place, and descriptors are left for other work (X9).
pub async fn accept(
    listener: TcpListener,
    routes: Router,
    limits: Connections,
    stop: CancellationToken,
) {
    let mut talking = JoinSet::new();
    let mut oldest_first: VecDeque<Talk> = VecDeque::new();
    loop {
        let taken = tokio::select! {
            () = stop.cancelled() => break,
            Some(_) = talking.join_next() => {
                oldest_first.retain(|talk| !talk.task.is_finished());
                continue;
            }
            taken = listener.accept() => taken,
        };
        let Ok((socket, from)) = taken else {
            // The machine has no descriptors left: some become free.
            tokio::time::sleep(AFTER_REFUSAL).await;
            continue;
        };
        while oldest_first.len() >= limits.most {
            let silent = oldest_first.iter().position(|it| !it.has_asked.load(Ordering::Relaxed));
            let Some(talk) = oldest_first.remove(silent.unwrap_or_default()) else { break };
            talk.task.abort();
        }
        let has_asked = Arc::new(AtomicBool::new(false));
        let talk = talk(socket, Client::of(from.ip()), &routes, &has_asked, limits, stop.clone());
        oldest_first.push_back(Talk { task: talking.spawn(talk), has_asked });
    }
    // Nobody new is taken while the last are answered.
    drop(listener);
    let ended = async { while talking.join_next().await.is_some() {} };
    let is_ended = tokio::time::timeout(limits.stop_within, ended).await.is_ok();
    if !is_ended && limits.stop_within > Duration::ZERO {
        tracing::warn!("answers under way did not come to an end in time; they are given up");
    }
}

/// One connection, from its first request to its end.
fn talk(
    socket: TcpStream,
    client: Client,
    routes: &Router,
    has_asked: &Arc<AtomicBool>,
    limits: Connections,
    stop: CancellationToken,
) -> impl Future<Output = ()> + Send + 'static {
    let has_asked = Arc::clone(has_asked);
    let service = routes.clone().map_request(move |mut request: Request<_>| {
        has_asked.store(true, Ordering::Relaxed);
        request.extensions_mut().insert(client);
        request
    });
    let mut builder = http1::Builder::new();
    builder
        .timer(TokioTimer::new())
        .header_read_timeout(limits.headers_within)
        .keep_alive(limits.keep_alive);
    if let Some(bytes) = limits.head_bytes_max {
        builder.max_buf_size(bytes);
    }
    let mut talk =
        Box::pin(builder.serve_connection(TokioIo::new(socket), TowerToHyperService::new(service)));
    async move {
        let ended = async {
            let is_stopped = tokio::select! {
                _ = talk.as_mut() => false,
                () = stop.cancelled() => true,
            };
            if is_stopped {
                talk.as_mut().graceful_shutdown();
                // Whatever it ended by, there is nobody left to be told.
                drop(talk.as_mut().await);
            }
        };
        // The same: a connection that took too long is cut.
        drop(tokio::time::timeout(limits.over_within, ended).await);
    }
}
