//! Around every request: an id, a line in the log, how often and how long, and what browsers are told.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::body::HttpBody as _;
use axum::extract::{Request, State};
use axum::http::{HeaderName, HeaderValue, Method, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use wsis_config::ServeSettings;
use wsis_engine::Clock;

use crate::listener::Client;
use crate::problem::Problem;
use crate::rate::Rate;

/// Longest path with its parameters, bytes.
pub(crate) const ADDRESS_MAX: usize = 8 * 1024;

/// What stands between a connection and the routes.
pub(crate) struct Guard {
    clock: Arc<dyn Clock>,
    rate: Option<Rate>,
    per_second: u32,
    within: Duration,
    /// Of this process, so that ids of two are not the same.
    began: i64,
    count: AtomicU64,
}

impl Guard {
    pub(crate) fn new(settings: &ServeSettings, clock: Arc<dyn Clock>) -> Self {
        Self {
            rate: Rate::new(settings.rate_per_s, settings.rate_burst),
            per_second: settings.rate_per_s,
            within: Duration::from_secs(settings.request_s),
            began: clock.now().timestamp_micros(),
            count: AtomicU64::new(0),
            clock,
        }
    }

    /// What may not be asked at all.
    fn refused(&self, request: &Request, client: Option<Client>) -> Option<Problem> {
        if !matches!(*request.method(), Method::GET | Method::HEAD) {
            return Some(Problem::method(request.method().as_str()));
        }
        if !request.body().is_end_stream() {
            return Some(Problem::body());
        }
        let address = request.uri().path_and_query().map_or(0, |it| it.as_str().len());
        if address > ADDRESS_MAX {
            return Some(Problem::address(address, ADDRESS_MAX));
        }
        let rate = self.rate.as_ref()?;
        let wait = rate.take(client?, self.clock.steady()).err()?;
        Some(Problem::rate(self.per_second, wait))
    }
}

/// Lets a request through, or not, and says of the answer what is said of all.
pub(crate) async fn around(
    State(guard): State<Arc<Guard>>,
    request: Request,
    next: Next,
) -> Response {
    let began = guard.clock.steady();
    let count = guard.count.fetch_add(1, Ordering::Relaxed);
    let id = format!("{:x}-{count:x}", guard.began);
    let client = request.extensions().get::<Client>().copied();
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let mut response = match guard.refused(&request, client) {
        Some(problem) => problem.into_response(),
        None => match tokio::time::timeout(guard.within, next.run(request)).await {
            Ok(response) => response,
            Err(_) => Problem::busy(guard.within.as_secs()).into_response(),
        },
    };
    said(&mut response, &id);
    let took = guard.clock.steady().saturating_sub(began);
    tracing::info!(
        request = %id,
        client = %client.map_or_else(String::new, |it| it.0.to_string()),
        %method,
        path = ?path,
        status = response.status().as_u16(),
        ms = took.as_secs_f64() * 1_000.0,
        "answered"
    );
    response
}

/// What every answer says to browsers.
fn said(response: &mut Response, id: &str) {
    let headers = response.headers_mut();
    if let Ok(id) = HeaderValue::from_str(id) {
        headers.insert("x-request-id", id);
    }
    let fixed = [
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::X_FRAME_OPTIONS, "DENY"),
    ];
    for (name, value) in fixed {
        headers.insert(name, HeaderValue::from_static(value));
    }
    // A page says itself what it needs.
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(
        "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    ));
}

/// What pages of other origins may read of an answer.
pub(crate) const EXPOSED: [HeaderName; 10] = [
    header::ETAG,
    header::LINK,
    header::ACCEPT_RANGES,
    header::CONTENT_RANGE,
    header::CONTENT_LENGTH,
    HeaderName::from_static("x-request-id"),
    HeaderName::from_static("wsis-snapshot"),
    HeaderName::from_static("wsis-method"),
    HeaderName::from_static("wsis-sample"),
    HeaderName::from_static("wsis-as-of"),
];
