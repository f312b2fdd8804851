//! Why there is no answer, as RFC 9457 has it.

use axum::body::Body;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use wsis_app::AppError;

/// Media type of a problem.
pub(crate) const PROBLEM: &str = "application/problem+json";

/// A problem: what failed, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct Problem {
    /// A word for programs, as an address that names nothing.
    #[serde(rename = "type")]
    kind: String,
    title: &'static str,
    status: u16,
    detail: String,
    /// Where the names are listed that would be right.
    #[serde(skip_serializing_if = "Option::is_none")]
    see: Option<&'static str>,
    /// Seconds after which to ask again.
    #[serde(skip)]
    retry_after: Option<u64>,
}

impl Problem {
    fn new(status: StatusCode, kind: &str, title: &'static str, detail: impl Into<String>) -> Self {
        Self {
            kind: format!("urn:wsis:problem:{kind}"),
            title,
            status: status.as_u16(),
            detail: detail.into(),
            see: None,
            retry_after: None,
        }
    }

    /// A parameter that is not understood.
    pub(crate) fn parameter(detail: impl Into<String>) -> Self {
        let title = "A parameter is not understood";
        Self::new(StatusCode::BAD_REQUEST, "parameter", title, detail)
    }

    /// Something that there is not.
    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", "There is no such thing", detail)
    }

    /// A cursor of another state, or of another question.
    pub(crate) fn cursor(detail: impl Into<String>) -> Self {
        let title = "The cursor does not go on from here";
        Self::new(StatusCode::CONFLICT, "cursor", title, detail)
    }

    /// No form of the answer that was asked for.
    pub(crate) fn form(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_ACCEPTABLE, "form", "No such form of the answer", detail)
    }

    /// A method that would change something.
    pub(crate) fn method(found: &str) -> Self {
        let detail = format!("{found} is no method here; this server is read with GET and HEAD");
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "method", "This server is only read", detail)
    }

    /// A request with a body.
    pub(crate) fn body() -> Self {
        let detail = "a question has no body; write its parameters behind the `?` of the address";
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, "body", "A question has no body", detail)
    }

    /// An address that is too long.
    pub(crate) fn address(found: usize, most: usize) -> Self {
        let detail = format!("the address has {found} bytes, more than {most}");
        Self::new(StatusCode::URI_TOO_LONG, "address", "The address is too long", detail)
    }

    /// An answer that is too large.
    pub(crate) fn too_large(most: usize) -> Self {
        let detail = format!(
            "the answer has more than {most} bytes (serve.response_bytes_max); ask for fewer rows with \
             `limit`, or narrow the question"
        );
        Self::new(StatusCode::BAD_REQUEST, "too-large", "The answer is too large", detail)
    }

    /// Too many requests of one client.
    pub(crate) fn rate(per_second: u32, wait: u64) -> Self {
        let detail = format!("more than {per_second} requests a second (serve.rate_per_s)");
        let problem = Self::new(StatusCode::TOO_MANY_REQUESTS, "rate", "Too many requests", detail);
        Self { retry_after: Some(wait), ..problem }
    }

    /// An answer that is not there in time.
    pub(crate) fn busy(seconds: u64) -> Self {
        let detail = format!("there was no answer within {seconds} s (serve.request_s); ask again");
        let title = "The answer takes too long";
        let problem = Self::new(StatusCode::SERVICE_UNAVAILABLE, "busy", title, detail);
        Self { retry_after: Some(seconds), ..problem }
    }

    /// A lake that holds nothing yet.
    pub(crate) fn empty() -> Self {
        let detail = "the lake holds nothing yet; its owner fills it with `wsis ingest`";
        let problem =
            Self::new(StatusCode::SERVICE_UNAVAILABLE, "empty", "There is nothing yet", detail);
        Self { retry_after: Some(60), ..problem }
    }

    /// Something of the server is wrong. The reader cannot mend it; its owner finds the reason in the log.
    pub(crate) fn failed(reason: &dyn std::fmt::Display) -> Self {
        tracing::error!(%reason, "a question could not be answered");
        let detail = "the reason is in the log of the server, under the id of this request";
        let title = "The question could not be answered";
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "failed", title, detail)
    }

    /// With the list that names what would be right.
    pub(crate) fn seen_at(mut self, see: &'static str) -> Self {
        self.see = Some(see);
        self
    }

    /// A name in the path that there is not is not found; elsewhere it is a parameter.
    pub(crate) fn in_path(mut self) -> Self {
        if self.status == StatusCode::BAD_REQUEST.as_u16() {
            self.status = StatusCode::NOT_FOUND.as_u16();
            "urn:wsis:problem:not-found".clone_into(&mut self.kind);
            self.title = "There is no such thing";
        }
        self
    }
}

/// Where a command lists names, the interface has a list too.
const LISTS: [(&str, &str); 5] = [
    ("; `wsis list lines` shows all", "/v1/lines"),
    ("; `wsis list areas` shows all", "/v1/areas"),
    ("; `wsis list groups` shows all", "/v1/groups"),
    ("; `wsis gaps --by agency` shows all", "/v1/indicators"),
    ("; `wsis list indicators` shows all", "/v1/indicators"),
];

impl From<AppError> for Problem {
    fn from(error: AppError) -> Self {
        match error {
            AppError::Failed(why) => Self::failed(&why),
            AppError::Asked(why) => {
                let list =
                    LISTS.iter().find_map(|(told, see)| Some((why.strip_suffix(told)?, *see)));
                match list {
                    Some((detail, see)) => Self::parameter(detail).seen_at(see),
                    None => Self::parameter(why.replace("--as-of", "as_of")),
                }
            }
        }
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let body = serde_json::to_vec(&self).unwrap_or_default();
        let mut response = Response::new(Body::from(body));
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(PROBLEM));
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
        if let Some(seconds) = self.retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if self.status == StatusCode::METHOD_NOT_ALLOWED.as_u16() {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, OPTIONS"));
        }
        response
    }
}
