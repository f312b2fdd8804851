//! HTTP as statistical portals need it: capped, timed, retried, conditional, and never to an
//! address the deployment did not mean.

pub mod body;
mod breaker;
mod error;
mod exchange;
pub mod guard;
mod hosts;
pub(crate) mod lookup;
mod names;
mod network;
mod question;
pub mod retry;
mod secret;

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use reqwest::{Client, Proxy, redirect};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use url::Url;

use crate::clock::Clock;
use crate::trust::Trust;
use body::Caps;
pub use breaker::BreakerLimits;
pub use error::{FetchError, Waiting, excerpt};
use exchange::{headers, redirect_target, transport};
pub(crate) use exchange::{proxy_hosts, refusal_in};
use guard::Guard;
pub use hosts::{BudgetStore, HostRule};
use hosts::{Host, Hosts};
pub use lookup::{LookedUp, Lookup, System};
use names::{Names, Others};
use network::Network;
pub use question::{Ask, Asked, Reply, Retry, Validators};
use question::{Course, Stage};
use retry::Backoff;
pub use secret::{Secret, from_environment};
pub use wsis_sources::RequestKind;

/// Redirects followed for one attempt.
const REDIRECTS_MAX: usize = 5;

/// Most bytes kept of the body of an error.
const ERROR_BODY_MAX: u64 = 1 << 20;

/// Sent with every request.
pub const USER_AGENT: &str = concat!("wsis/", env!("CARGO_PKG_VERSION"));

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
    /// When a host is left alone.
    pub breaker: BreakerLimits,
    /// Limits of a body.
    pub caps: Caps,
}

/// How hosts are reached, and what they may be asked.
#[derive(Default)]
pub struct Reach {
    /// Proxy for public hosts; none for what the environment says (`HTTPS_PROXY`, `NO_PROXY`).
    pub proxy: Option<Url>,
    /// What is trusted besides the certificates of the machine.
    pub trust: Trust,
    /// Rules of single hosts.
    pub rules: Vec<HostRule>,
    /// Where the use of budgets is kept; without it there are none.
    pub budgets: Option<Arc<dyn BudgetStore>>,
    /// Names of hosts that are asked: where none of them is found, the fault is ours.
    pub names: Vec<String>,
    /// Where names are looked up; none for the name server of the machine.
    pub lookup: Option<Arc<dyn Lookup>>,
}

/// What becomes of an attempt.
enum Verdict {
    Done(Result<Reply, FetchError>),
    Again(Retry, FetchError),
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
    hosts: Hosts,
    names: Names,
    lookup: lookup::Names,
    network: Network,
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
        Self::reaching(limits, guard, clock, seed, Reach::default())
    }

    /// [`Fetcher::new`] with hosts reached in a way of its own.
    ///
    /// # Errors
    /// As [`Fetcher::new`], or when proxy or certificates cannot be used.
    pub fn reaching(
        limits: Limits,
        guard: Guard,
        clock: Arc<dyn Clock>,
        seed: u64,
        reach: Reach,
    ) -> Result<Self, reqwest::Error> {
        install_crypto();
        let roots = reach.trust.for_http()?;
        let builder = || {
            Client::builder()
                .user_agent(USER_AGENT)
                .connect_timeout(limits.connect_timeout)
                .read_timeout(limits.read_timeout)
                .redirect(redirect::Policy::none())
                .tls_certs_merge(roots.iter().cloned())
                .no_gzip()
        };
        let mut exempt = proxy_hosts();
        let mut public = builder();
        if let Some(proxy) = &reach.proxy {
            exempt.extend(proxy.host_str().map(str::to_ascii_lowercase));
            public =
                public.proxy(Proxy::all(proxy.clone())?.no_proxy(reqwest::NoProxy::from_env()));
        }
        // A proxy looks names up itself: that this machine finds none says nothing then.
        let others = if exempt.is_empty() { reach.names } else { Vec::new() };
        let lookup = reach.lookup.unwrap_or_else(|| Arc::new(System));
        let lookup = lookup::Names::new(lookup, limits.connect_timeout, limits.read_timeout);
        let resolver = |exempt| lookup.clone().resolver(exempt);
        let public = public.dns_resolver(resolver(Some(Arc::new(exempt)))).build()?;
        let private = builder().no_proxy().dns_resolver(resolver(None)).build()?;
        let backoff = Backoff { first: limits.backoff, max: limits.backoff_max, seed };
        let hosts =
            Hosts::new(limits.concurrency_per_host, limits.breaker, reach.rules, reach.budgets);
        let (names, network) = (Names::new(others), Network::start());
        Ok(Self { public, private, guard, limits, clock, backoff, hosts, names, lookup, network })
    }

    /// Asks until there is an answer, the attempts are used up, or the run ends.
    pub async fn ask(
        &self,
        ask: Ask<'_>,
        cancel: &CancellationToken,
        on_retry: &(dyn Fn(Retry) + Send + Sync),
    ) -> Asked {
        let host = self.hosts.of(ask.url);
        let leave = tokio::select! {
            biased;
            () = cancel.cancelled() => {
                return Asked::failed(FetchError::Cancelled { url: ask.url.to_string() });
            }
            leave = host.breaker.leave(|| self.clock.now()) => leave,
        };
        let leave = match leave {
            Ok(leave) => leave,
            Err(resting) => {
                let (since, until) = (resting.since, resting.until);
                let url = ask.url.to_string();
                let why = host.breaker.why();
                return Asked::failed(if resting.asked {
                    FetchError::Cooling { url, why, until }
                } else {
                    FetchError::Resting { url, why, since, until }
                });
            }
        };
        let course = Course::default();
        let mut asked = self.repeat(ask, (&host, &course), cancel, on_retry).await;
        // Before the breaker is told: a machine without network is not the fault of every host.
        if let Err(FetchError::Unresolved { url, why, .. }) = &asked.result {
            let (url, why) = (url.clone(), why.clone());
            match self.others(ask.url, &why).await {
                Others::Found => {}
                Others::NoneFound => asked.result = Err(FetchError::NoNames { url, why }),
                Others::NoneThere => asked.result = Err(FetchError::OnlyName { url, why }),
            }
        }
        let now = self.clock.now();
        match &asked.result {
            Err(FetchError::Reschedule { status, seconds, .. }) => {
                let why = format!("status {status}, Retry-After");
                leave.asked_for_rest(now, Duration::from_secs(*seconds), why);
            }
            Err(error) if error.speaks_of_the_host() => {
                // Other pipelines of the host are told it, and have no key to take out.
                let why = error.without_address();
                leave.failed(now, ask.secret.map_or(why.clone(), |secret| secret.hide(&why)));
            }
            Err(_) if !course.answered() => leave.unused(),
            _ => leave.succeeded(),
        }
        asked
    }

    /// Whether another host is found.
    async fn others(&self, url: &Url, why: &str) -> Others {
        let host = url.host_str().unwrap_or_default();
        let is_found = |name: String| async move {
            let lookup = self.lookup.clone();
            self.network.run(async move { lookup.is_found(name).await }).await.unwrap_or(false)
        };
        self.names.others(host, why, is_found).await
    }

    /// Requests that may be under way to the host of an address at one time.
    pub fn at_once(&self, url: &Url) -> usize {
        self.hosts.at_once(url)
    }

    /// What a question waited for when the time of the run was over. The host is to blame only
    /// when it was given the time that every host has for a word.
    fn waited(&self, course: &Course) -> Waiting {
        match course.waiting() {
            Stage::Place => Waiting::Place,
            Stage::Budget(budget) => Waiting::Budget(budget),
            Stage::Host(since) if since.elapsed() < self.limits.read_timeout => Waiting::Answer,
            Stage::Host(since) => Waiting::Host(since.elapsed().as_secs()),
        }
    }

    async fn repeat(
        &self,
        ask: Ask<'_>,
        (host, course): (&Host, &Course),
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
                    Err(FetchError::RunTimeout { url: url.to_owned(), waiting: self.waited(course) }),
                answer = self.attempt(ask, attempt, course) => answer,
            };
            if answer.as_ref().is_ok_and(|reply| !retry::retryable(reply.status)) {
                host.answered();
            }
            let (retry, failure) = match self.judge(ask, attempt, answer, &mut rejected) {
                Verdict::Done(result) => return Asked { result, rejected, retries: attempt - 1 },
                Verdict::Again(retry, failure) => (retry, failure),
            };
            // Others found meanwhile that it is in vain, or too much was repeated already.
            if host.breaker.forbids_repeats() || !host.may_repeat() {
                // What failed is told by the run.
                tracing::info!(url, attempt, "no further attempt: the host has had too many");
                return Asked { result: Err(failure), rejected, retries: attempt - 1 };
            }
            let wait = retry.wait;
            on_retry(retry);
            tokio::select! {
                biased;
                () = cancel.cancelled() => {}
                // What went wrong is what there is to tell, not that there was no time to try again.
                () = tokio::time::sleep_until(ask.deadline) =>
                    return Asked { result: Err(failure), rejected, retries: attempt - 1 },
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
                let first = match ask.secret {
                    Some(secret) => secret.excerpt(&reply.body),
                    None => excerpt(&reply.body),
                };
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
            Verdict::Again(Retry { attempt, wait, why: failure.to_string() }, failure)
        } else {
            Verdict::Done(Err(failure))
        }
    }

    /// One attempt, redirects included.
    async fn attempt(
        &self,
        ask: Ask<'_>,
        attempt: u32,
        course: &Course,
    ) -> Result<Reply, FetchError> {
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
            let host = self.hosts.of(&url);
            course.is_at(Stage::Place);
            let permit = host.place().await;
            self.spend(&host, ask, &url, course).await?;
            course.is_at(Stage::Host(Instant::now()));
            let client = if self.guard.allows_private(&url) { &self.private } else { &self.public };
            let sent = match ask.secret.filter(|_| same_origin) {
                Some(secret) => secret.in_address(&url),
                None => url.clone(),
            };
            let asking = self.network.run(client.get(sent).headers(headers).send());
            let response = asking
                .await
                .map_err(|why| FetchError::Transport {
                    url: first.to_string(),
                    why,
                    attempts: attempt,
                })?
                .map_err(|error| transport(first, error, attempt))?;
            course.is_answered();
            let Some(target) = redirect_target(&url, &response) else {
                let via = (url != *first).then(|| match ask.secret {
                    // A redirect may repeat the key that stood in the address.
                    Some(secret) => secret.hide(url.as_str()),
                    None => url.to_string(),
                });
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

    /// Uses the budget of a host, after a wait when that is short.
    async fn spend(
        &self,
        host: &Host,
        ask: Ask<'_>,
        url: &Url,
        course: &Course,
    ) -> Result<(), FetchError> {
        loop {
            let now = self.clock.now();
            let Err(used_up) = host.spend(ask.kind, now).await else { return Ok(()) };
            let wait = (used_up.until - now).to_std().unwrap_or_default();
            if wait > self.limits.backoff_max {
                let (budget, until) = (used_up.budget, used_up.until);
                return Err(FetchError::Budget { url: url.to_string(), budget, until });
            }
            // Not the address: a redirect may repeat a key in it.
            let host = url.host_str().unwrap_or_default();
            tracing::info!(host, budget = used_up.budget, ?wait, "waiting for the budget");
            course.is_at(Stage::Budget(used_up.budget));
            self.clock.sleep(wait.max(Duration::from_millis(1))).await;
        }
    }
}

/// 304 is an answer only when we asked a conditional question.
fn is_good(reply: &Reply, conditional: bool) -> bool {
    matches!(reply.status, 200 | 203) || (reply.status == 304 && conditional)
}
