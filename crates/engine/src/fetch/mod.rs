//! HTTP as statistical portals need it: capped, timed, retried, conditional, and never to an
//! address the deployment did not mean.

pub mod body;
mod error;
pub mod guard;
pub mod retry;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::header::{self, HeaderMap, HeaderValue};
use reqwest::{Client, Response, redirect};
use tokio::sync::Semaphore;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock::Clock;
use body::{BodyFault, BodyReader, Caps};
pub use error::{FetchError, chain, excerpt};
use guard::{Guard, PublicResolver};
use retry::Backoff;

/// Redirects followed for one attempt.
const REDIRECTS_MAX: usize = 5;

/// Most bytes kept of the body of an error.
const ERROR_BODY_MAX: u64 = 1 << 20;

/// Sent with every request.
pub const USER_AGENT: &str = concat!("wsis/", env!("CARGO_PKG_VERSION"));

/// An API key. Sent in a header and nowhere else; its `Debug` does not show it.
#[derive(Clone)]
pub struct Secret(HeaderValue);

impl Secret {
    /// A key as the value of the `Authorization` header, `Bearer KEY`. `None` when the text
    /// cannot stand in a header (line breaks).
    pub fn bearer(key: &str) -> Option<Self> {
        let mut value = HeaderValue::from_str(&format!("Bearer {key}")).ok()?;
        value.set_sensitive(true);
        Some(Self(value))
    }

    /// A text without the key: services repeat it (`invalid key ...`), and what they say is
    /// logged and kept.
    pub fn hide(&self, text: &str) -> String {
        match self.0.to_str().ok().and_then(|value| value.strip_prefix("Bearer ")) {
            Some(key) if !key.is_empty() => text.replace(key, "[key]"),
            _ => text.to_owned(),
        }
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(…)")
    }
}

/// Limits of fetching, in the units of `workspace.toml`.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Time to connect.
    pub connect_timeout: Duration,
    /// Time between two pieces of a body.
    pub read_timeout: Duration,
    /// Attempts after the first.
    pub retries: u32,
    /// Upper bound of the first wait.
    pub backoff: Duration,
    /// Upper bound of every wait. A longer `Retry-After` ends the request, and the error says
    /// when to come back: a run that sleeps for hours looks like one that hangs.
    pub backoff_max: Duration,
    /// Requests under way to one host.
    pub concurrency_per_host: usize,
    /// Limits of a body.
    pub caps: Caps,
}

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
    /// API key, if the service needs one.
    pub secret: Option<&'a Secret>,
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
    retry_after: Option<String>,
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

/// What becomes of an attempt.
enum Verdict {
    Done(Result<Reply, FetchError>),
    Again(Retry),
}

/// Asks sources. One per process.
pub struct Fetcher {
    /// Through the proxy of the environment, public addresses only.
    public: Client,
    /// Straight, for hosts declared in `allow_private`.
    private: Client,
    guard: Guard,
    limits: Limits,
    clock: Arc<dyn Clock>,
    backoff: Backoff,
    hosts: Mutex<BTreeMap<String, Arc<Semaphore>>>,
}

impl fmt::Debug for Fetcher {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fetcher")
            .field("guard", &self.guard)
            .field("limits", &self.limits)
            .finish_non_exhaustive()
    }
}

/// Makes ring the cryptography of TLS in this process. Safe to call more than once; without it
/// rustls panics when two providers, or none, are linked.
pub fn install_crypto() {
    // An error means that a provider is installed already, which is what we want.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Fetcher {
    /// Builds the clients. `seed` spreads the waits (see [`Backoff`]).
    ///
    /// # Errors
    /// When TLS cannot be set up (no root certificates on the machine).
    pub fn new(
        limits: Limits,
        guard: Guard,
        clock: Arc<dyn Clock>,
        seed: u64,
    ) -> Result<Self, reqwest::Error> {
        install_crypto();
        let builder = || {
            Client::builder()
                .user_agent(USER_AGENT)
                .connect_timeout(limits.connect_timeout)
                .read_timeout(limits.read_timeout)
                .redirect(redirect::Policy::none())
                .no_gzip()
        };
        let exempt = Arc::new(proxy_hosts());
        let public = builder().dns_resolver(PublicResolver { exempt }).build()?;
        let private = builder().no_proxy().build()?;
        let backoff = Backoff { first: limits.backoff, max: limits.backoff_max, seed };
        Ok(Self { public, private, guard, limits, clock, backoff, hosts: Mutex::default() })
    }

    /// Asks until there is an answer, the attempts are used up, or the run ends.
    pub async fn ask(
        &self,
        ask: Ask<'_>,
        cancel: &CancellationToken,
        on_retry: &(dyn Fn(Retry) + Send + Sync),
    ) -> Asked {
        let url = ask.url.as_str();
        let mut rejected = Vec::new();
        let mut attempt = 1;
        loop {
            let answer = tokio::select! {
                biased;
                () = cancel.cancelled() => Err(FetchError::Cancelled { url: url.to_owned() }),
                () = tokio::time::sleep_until(ask.deadline) =>
                    Err(FetchError::RunTimeout { url: url.to_owned() }),
                answer = self.attempt(ask, attempt) => answer,
            };
            let retry = match self.judge(ask, attempt, answer, &mut rejected) {
                Verdict::Done(result) => return Asked { result, rejected, retries: attempt - 1 },
                Verdict::Again(retry) => retry,
            };
            let wait = retry.wait;
            on_retry(retry);
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                () = tokio::time::sleep_until(ask.deadline) => {}
                () = self.clock.sleep(wait) => {}
            }
            attempt += 1;
        }
    }

    /// Decides what becomes of an attempt. Answers that are errors go to `rejected`.
    fn judge(
        &self,
        ask: Ask<'_>,
        attempt: u32,
        answer: Result<Reply, FetchError>,
        rejected: &mut Vec<Reply>,
    ) -> Verdict {
        let url = ask.url.as_str();
        let mut transient = attempt <= self.limits.retries;
        let mut wait = self.backoff.wait(url, attempt);
        let failure = match answer {
            Ok(reply) if is_good(&reply, ask.validators.is_some()) => {
                return Verdict::Done(Ok(reply));
            }
            Ok(reply) => {
                let status = reply.status;
                let first = excerpt(&reply.body);
                // A host that moved tells where to (W19).
                let place = reply.via.as_ref().map(|via| format!("{url} -> {via}"));
                let after = reply.retry_after.clone();
                rejected.push(reply);
                transient &= retry::retryable(status);
                if let Some(asked) =
                    after.and_then(|text| retry::retry_after(&text, self.clock.now()))
                    && retry::retryable(status)
                {
                    if asked > self.limits.backoff_max {
                        return Verdict::Done(Err(FetchError::Reschedule {
                            url: url.to_owned(),
                            status,
                            seconds: asked.as_secs(),
                            max: self.limits.backoff_max.as_secs(),
                        }));
                    }
                    wait = asked;
                }
                let url = place.unwrap_or_else(|| url.to_owned());
                FetchError::Status { url, status, attempts: attempt, first }
            }
            Err(failure) => {
                transient &= failure.is_transient();
                failure
            }
        };
        if transient {
            Verdict::Again(Retry { attempt, wait, why: failure.to_string() })
        } else {
            Verdict::Done(Err(failure))
        }
    }

    /// One attempt, redirects included.
    async fn attempt(&self, ask: Ask<'_>, attempt: u32) -> Result<Reply, FetchError> {
        let first = ask.url;
        let mut url = first.clone();
        let mut seen = vec![url.clone()];
        loop {
            self.guard.check(&url).map_err(|refusal| FetchError::Refused {
                url: if url == *first { url.to_string() } else { format!("{first} -> {url}") },
                refusal,
            })?;
            let same_origin = url.origin() == first.origin();
            // Neither the key nor what one host said of its body is another host's business.
            let headers = headers(same_origin, ask);
            let permit = self.permit(&url).await;
            let client = if self.guard.allows_private(&url) { &self.private } else { &self.public };
            let response = client
                .get(url.clone())
                .headers(headers)
                .send()
                .await
                .map_err(|error| transport(first, error, attempt))?;
            let Some(target) = redirect_target(&url, &response) else {
                let via = (url != *first).then(|| url.to_string());
                let reply = self.read(first, response, attempt).await?;
                return Ok(Reply { via, ..reply });
            };
            drop(permit);
            let why = match target {
                Ok(target) if seen.contains(&target) => {
                    format!("the redirects go in a circle, back to {target}")
                }
                Ok(target) if seen.len() > REDIRECTS_MAX => {
                    format!("more than {REDIRECTS_MAX} redirects, the last one to {target}")
                }
                Ok(target) => {
                    seen.push(target.clone());
                    url = target;
                    continue;
                }
                Err(location) => format!("redirect to {location:?}, which is not a url"),
            };
            return Err(FetchError::Redirect { url: first.to_string(), why });
        }
    }

    /// Waits for a place among the requests to a host.
    async fn permit(&self, url: &Url) -> Option<tokio::sync::OwnedSemaphorePermit> {
        let name =
            format!("{}:{:?}", url.host_str().unwrap_or_default(), url.port_or_known_default());
        let places = {
            let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
            let places = hosts.entry(name).or_insert_with(|| {
                Arc::new(Semaphore::new(self.limits.concurrency_per_host.max(1)))
            });
            Arc::clone(places)
        };
        // The semaphore is never closed, so this is always a permit.
        places.acquire_owned().await.ok()
    }

    /// Receives the body under the caps.
    async fn read(
        &self,
        url: &Url,
        mut response: Response,
        attempt: u32,
    ) -> Result<Reply, FetchError> {
        let status = response.status().as_u16();
        let is_error = status >= 400;
        let mut caps = self.limits.caps;
        if is_error {
            caps.bytes = caps.bytes.min(ERROR_BODY_MAX);
        }
        let gzip = match text(response.headers(), &header::CONTENT_ENCODING).as_deref() {
            None | Some("" | "identity") => false,
            Some(name) if name.eq_ignore_ascii_case("gzip") || name == "x-gzip" => true,
            Some(_) if is_error => false,
            Some(found) => {
                return Err(FetchError::Encoding { url: url.to_string(), found: found.to_owned() });
            }
        };
        if !is_error && response.content_length().is_some_and(|length| length > caps.bytes) {
            return Err(FetchError::TooLarge { url: url.to_string(), max: caps.bytes });
        }
        let mut reply = Reply {
            status,
            etag: text(response.headers(), &header::ETAG),
            last_modified: text(response.headers(), &header::LAST_MODIFIED),
            content_type: text(response.headers(), &header::CONTENT_TYPE),
            via: None,
            body: Vec::new(),
            retry_after: text(response.headers(), &header::RETRY_AFTER),
        };
        let mut reader = BodyReader::new(gzip, caps);
        let fault = loop {
            match response.chunk().await {
                Ok(Some(piece)) => {
                    if let Err(fault) = reader.push(&piece) {
                        break fault;
                    }
                }
                Ok(None) => match reader.finish() {
                    Ok(body) => {
                        reply.body = body;
                        return if status == 200 && reply.body.is_empty() {
                            Err(FetchError::Empty { url: url.to_string(), attempts: attempt })
                        } else {
                            Ok(reply)
                        };
                    }
                    Err(fault) => break fault,
                },
                // The status of an error matters more than the rest of its text.
                Err(_) if is_error => return Ok(reply),
                Err(error) => return Err(transport(url, error, attempt)),
            }
        };
        if is_error {
            return Ok(reply);
        }
        let url = url.to_string();
        Err(match fault {
            BodyFault::TooLarge => FetchError::TooLarge { url, max: caps.bytes },
            BodyFault::Bomb { received } => FetchError::Bomb { url, received, ratio: caps.ratio },
            BodyFault::Corrupt(why) => FetchError::Transport { url, why, attempts: attempt },
        })
    }
}

/// 304 is an answer only when we asked a conditional question.
fn is_good(reply: &Reply, conditional: bool) -> bool {
    matches!(reply.status, 200 | 203) || (reply.status == 304 && conditional)
}

fn headers(same_origin: bool, ask: Ask<'_>) -> HeaderMap {
    let mut headers = HeaderMap::new();
    headers.insert(header::ACCEPT_ENCODING, HeaderValue::from_static("gzip"));
    if !same_origin {
        return headers;
    }
    if let Some(secret) = ask.secret {
        headers.insert(header::AUTHORIZATION, secret.0.clone());
    }
    if let Some(validators) = ask.validators {
        let mut put = |name, value: &Option<String>| {
            if let Some(value) = value.as_deref().and_then(|v| HeaderValue::from_str(v).ok()) {
                headers.insert(name, value);
            }
        };
        put(header::IF_NONE_MATCH, &validators.etag);
        // RFC 9110 13.1.3: a recipient ignores it beside If-None-Match, but an old one may not.
        if validators.etag.is_none() {
            put(header::IF_MODIFIED_SINCE, &validators.last_modified);
        }
    }
    headers
}

/// Where a response leads, if it is a redirect; the text as sent when it is no URL.
fn redirect_target(from: &Url, response: &Response) -> Option<Result<Url, String>> {
    if !matches!(response.status().as_u16(), 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = text(response.headers(), &header::LOCATION)?;
    Some(from.join(&location).map_err(|_| location))
}

fn text(headers: &HeaderMap, name: &header::HeaderName) -> Option<String> {
    headers.get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
}

fn transport(url: &Url, error: reqwest::Error, attempts: u32) -> FetchError {
    let error = error.without_url();
    let why =
        if error.is_timeout() { format!("timed out: {}", chain(&error)) } else { chain(&error) };
    FetchError::Transport { url: url.to_string(), why, attempts }
}

/// Hosts of the proxies named in the environment: they are usually on a private network.
fn proxy_hosts() -> std::collections::BTreeSet<String> {
    ["HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"]
        .into_iter()
        .filter_map(|name| std::env::var(name).ok())
        .filter_map(|value| {
            let value = if value.contains("://") { value } else { format!("http://{value}") };
            Url::parse(&value).ok()?.host_str().map(str::to_ascii_lowercase)
        })
        .collect()
}
