//! A question to a source, what came of it, and how far it came.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;
use url::Url;

use super::error::FetchError;
use super::secret::Secret;
use wsis_sources::RequestKind;

/// What a source said of the body we have.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Validators {
    /// Its entity tag.
    pub etag: Option<String>,
    /// Its date of change.
    pub last_modified: Option<String>,
}

/// One question.
#[derive(Debug, Clone, Copy)]
pub struct Ask<'a> {
    /// What to get.
    pub url: &'a Url,
    /// Of the body we have, if any.
    pub validators: Option<&'a Validators>,
    /// Media types that are asked for (`Accept`).
    pub accept: Option<&'a str>,
    /// API key, if the service needs one.
    pub secret: Option<&'a Secret>,
    /// What it asks for.
    pub kind: RequestKind,
    /// When the time of the run is over.
    pub deadline: Instant,
}

/// An answer, whole.
#[derive(Debug, Clone)]
pub struct Reply {
    /// HTTP status.
    pub status: u16,
    /// `ETag`, verbatim.
    pub etag: Option<String>,
    /// `Last-Modified`, verbatim.
    pub last_modified: Option<String>,
    /// `Content-Type`, verbatim.
    pub content_type: Option<String>,
    /// Where redirects led, when they did.
    pub via: Option<String>,
    /// The body after unpacking; for an error at most its first MiB.
    pub body: Vec<u8>,
    pub(super) retry_after: Option<String>,
}

impl Reply {
    /// Stands for an answer that never came (status 0).
    pub(crate) const fn nothing() -> Self {
        Self {
            status: 0,
            etag: None,
            last_modified: None,
            content_type: None,
            via: None,
            body: Vec::new(),
            retry_after: None,
        }
    }
}

/// Everything that came of one question.
#[derive(Debug)]
pub struct Asked {
    /// The answer, or why there is none.
    pub result: Result<Reply, FetchError>,
    /// Answers that were errors, in order, to be archived too.
    pub rejected: Vec<Reply>,
    /// Attempts after the first.
    pub retries: u32,
}

impl Asked {
    pub(super) fn failed(error: FetchError) -> Self {
        Self { result: Err(error), rejected: Vec::new(), retries: 0 }
    }
}

/// An attempt failed and another follows.
#[derive(Debug, Clone)]
pub struct Retry {
    /// Number of the attempt that failed, from 1.
    pub attempt: u32,
    /// Time until the next.
    pub wait: Duration,
    /// What went wrong.
    pub why: String,
}

/// Where a question is.
#[derive(Debug, Clone)]
pub(super) enum Stage {
    Place,
    Budget(String),
    /// Since when.
    Host(Instant),
}

/// How far a question came: tells our own waits from those for the host.
#[derive(Debug)]
pub(super) struct Course(Mutex<(Stage, bool)>);

impl Default for Course {
    fn default() -> Self {
        Self(Mutex::new((Stage::Place, false)))
    }
}

impl Course {
    pub(super) fn is_at(&self, stage: Stage) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 = stage;
    }

    pub(super) fn is_answered(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1 = true;
    }

    pub(super) fn waiting(&self) -> Stage {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0.clone()
    }

    pub(super) fn answered(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1
    }
}
