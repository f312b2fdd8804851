//! Where the pages of a run come from: the source, or the archive.

use std::future::Future;
use std::time::Duration;

use chrono::{DateTime, Utc};
use wsis_model::payload::RawId;
use wsis_sources::{ContentKind, RequestSpec};

use super::RequestError;
use crate::fetch::excerpt;

/// The body of a page, already in the archive.
#[derive(Debug, Clone)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) raw: RawId,
    pub(crate) recorded_at: DateTime<Utc>,
    /// Where redirects led, when they did.
    pub(crate) via: Option<String>,
    pub(crate) content_type: Option<String>,
    pub(crate) etag: Option<String>,
    pub(crate) last_modified: Option<String>,
    /// Its beginning without the key of the service, where that has one.
    pub(crate) first: Option<String>,
}

impl Body {
    /// How it begins, for messages.
    pub(crate) fn first(&self) -> String {
        self.first.clone().unwrap_or_else(|| excerpt(&self.bytes))
    }
}

/// Gives pages. Both ways of a run, live and replayed, walk the same code over it, so that a
/// replay decides as the run did.
pub(crate) trait Pages: Sync {
    /// The next body of a page. `fresh` asks for one that is not merely confirmed as unchanged.
    fn get(
        &self,
        spec: &RequestSpec,
        fresh: bool,
    ) -> impl Future<Output = Result<Body, RequestError>> + Send;

    /// Whether a request can be read from its first page once more.
    fn can_repeat(&self, first: &RequestSpec) -> bool;

    /// Told when a body proved to be what was expected: it may be confirmed by the next run.
    fn keep(
        &self,
        spec: &RequestSpec,
        body: &Body,
    ) -> impl Future<Output = Result<(), RequestError>> + Send;

    /// Waits until a file that is not there yet may be. False where waiting brings nothing: the archive,
    /// a run that was stopped or whose time is over.
    fn wait(&self, _wait: Duration) -> impl Future<Output = bool> + Send {
        std::future::ready(false)
    }

    /// Told when all pages of a request are there.
    fn done(&self, request: &str);
}

/// Where a body comes from, for messages: the address asked, and where redirects led.
pub(crate) fn place(spec: &RequestSpec, body: &Body) -> String {
    match &body.via {
        None => spec.url.to_string(),
        Some(via) => format!("{} -> {via}", spec.url),
    }
}

/// Whether a body is a zip or gzip archive.
fn is_packed(body: &[u8]) -> bool {
    matches!(body, [0x1F, 0x8B, ..] | [b'P', b'K', ..])
}

/// Portals answer with an HTML page and status 200 when they are down: the content type tells
/// before any decoder guesses.
pub(crate) fn check_content(spec: &RequestSpec, body: &Body) -> Result<(), RequestError> {
    if spec.is_list() {
        // A page, a table, a message: nothing of it is read but addresses.
        return Ok(());
    }
    let declared = body.content_type.as_deref().unwrap_or_default();
    let essence = declared.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    // Files are often served as octets, and JSON as text; only a clear contradiction counts.
    let neutral = matches!(
        essence.as_str(),
        "" | "application/octet-stream" | "binary/octet-stream" | "application/download"
    );
    let (fits, expected) = match spec.expect {
        ContentKind::Json => (
            // A message may come packed: then it is.
            essence.contains("json")
                || (essence.contains("zip") && is_packed(&body.bytes))
                || essence == "text/plain"
                || essence.ends_with("javascript"),
            "json",
        ),
        ContentKind::Csv => (
            // A table may come packed; which it is tells its content.
            essence.contains("csv")
                || essence.contains("zip")
                || essence.contains("tab-separated")
                || matches!(essence.as_str(), "text/plain" | "application/vnd.ms-excel"),
            "csv",
        ),
        ContentKind::Xlsx => (
            essence.contains("spreadsheet")
                || matches!(
                    essence.as_str(),
                    "application/zip" | "application/x-zip-compressed" | "application/vnd.ms-excel"
                ),
            "an xlsx workbook",
        ),
        ContentKind::Xml => (
            // Also packed, as an answer that was made in advance.
            essence.contains("xml") || essence.contains("zip") || essence == "text/plain",
            "xml",
        ),
    };
    if fits || neutral {
        return Ok(());
    }
    Err(RequestError::ContentType {
        url: place(spec, body),
        found: declared.to_owned(),
        expected,
        first: body.first(),
    })
}
