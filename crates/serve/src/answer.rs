//! Answers on their way: their memory, their tag, and what every one says of itself.

use std::sync::Arc;

use axum::body::Body;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::Response;
use bytes::Bytes;
use futures::{StreamExt as _, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::about::About;
use crate::problem::Problem;

/// In so large parts an answer is handed on.
const PART: usize = 64 * 1024;

/// What memory is counted in.
const UNIT: usize = 1024;

/// The memory of all answers under way: each has its largest while it is written, then what it takes, until
/// its last part is handed to the connection.
#[derive(Clone)]
pub(crate) struct Budget {
    left: Arc<Semaphore>,
    largest: usize,
}

/// A part of it.
pub(crate) struct Taken(OwnedSemaphorePermit);

impl Budget {
    pub(crate) fn new(memory: usize, largest: usize) -> Self {
        let units = (memory / UNIT).clamp(1, Semaphore::MAX_PERMITS);
        Self { left: Arc::new(Semaphore::new(units)), largest }
    }

    /// The largest answer.
    pub(crate) const fn largest(&self) -> usize {
        self.largest
    }

    /// Room for one answer, as soon as there is.
    pub(crate) async fn take(&self) -> Result<Taken, Problem> {
        let units = u32::try_from(self.largest.div_ceil(UNIT)).unwrap_or(u32::MAX);
        let taken = Arc::clone(&self.left).acquire_many_owned(units).await;
        taken.map(Taken).map_err(|error| Problem::failed(&error))
    }
}

impl Taken {
    /// Gives back what an answer of so many bytes does not take.
    fn shrunk(mut self, bytes: usize) -> Self {
        let needed = bytes.div_ceil(UNIT);
        let spare = self.0.num_permits().saturating_sub(needed);
        drop(self.0.split(spare));
        self
    }
}

/// A body that holds its memory until it is handed on.
pub(crate) fn body(bytes: Vec<u8>, taken: Taken) -> Body {
    let taken = taken.shrunk(bytes.capacity());
    let state = (Bytes::from(bytes), taken);
    let parts = stream::unfold(state, |(mut rest, taken)| async move {
        if rest.is_empty() {
            return None;
        }
        let part = rest.split_to(rest.len().min(PART));
        Some((Ok::<_, std::convert::Infallible>(part), (rest, taken)))
    });
    // What packs an answer asks once more after its end.
    Body::from_stream(parts.fuse())
}

/// The tag of an answer: its snapshot, its method, and a hash of the question and the form. Weak, for it may be
/// packed on its way.
pub(crate) fn tag(snapshot: u64, fingerprint: &str, of: &[u8]) -> String {
    let method: String = fingerprint.chars().filter(char::is_ascii_alphanumeric).take(16).collect();
    format!("W/\"{snapshot}-{method}-{}\"", crate::cursor::hex(of))
}

/// Whether somebody has an answer with this tag already (RFC 9110 13.1.2).
pub(crate) fn is_known(headers: &HeaderMap, tag: &str) -> bool {
    let bare = |text: &str| text.trim().trim_start_matches("W/").to_owned();
    let sent = headers.get_all(header::IF_NONE_MATCH).iter().filter_map(|it| it.to_str().ok());
    // Our tags hold no comma.
    sent.flat_map(|it| it.split(',')).any(|it| it.trim() == "*" || bare(it) == bare(tag))
}

/// "You have it."
pub(crate) fn not_modified(tag: &str) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    tagged(&mut response, tag);
    response
}

/// Asks again each time, and is told whether it is another one.
pub(crate) fn tagged(response: &mut Response, tag: &str) {
    let headers = response.headers_mut();
    if let Ok(tag) = HeaderValue::from_str(tag) {
        headers.insert(header::ETAG, tag);
    }
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
}

/// An answer with its type and what it is of.
pub(crate) fn of(body: Body, content_type: &'static str, about: &About) -> Response {
    let mut response = Response::new(body);
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::VARY, HeaderValue::from_static("accept"));
    headers.insert("wsis-snapshot", HeaderValue::from(about.snapshot));
    let is_sample = if about.sample.is_some() { "yes" } else { "no" };
    headers.insert("wsis-sample", HeaderValue::from_static(is_sample));
    let texts = [
        ("wsis-method", Some(about.method_fingerprint.clone())),
        ("wsis-framework", Some(about.framework.clone())),
        ("wsis-as-of", about.as_of.map(|at| at.to_rfc3339())),
        ("link", about.next.as_ref().map(|next| format!("<{next}>; rel=\"next\""))),
    ];
    for (name, text) in texts {
        if let Some(value) = text.and_then(|text| HeaderValue::from_str(&text).ok()) {
            headers.insert(name, value);
        }
    }
    response
}
