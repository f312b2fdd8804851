//! What one host may be asked: how many requests at one time, how many in an hour, how many
//! repeats, and whether it is left alone for a while.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use url::Url;
use wsis_sources::RequestKind;

use super::breaker::{Breaker, BreakerLimits};

/// Rules of one host.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HostRule {
    /// Host, without port.
    pub host: String,
    /// Requests under way at one time; none for the limit of all hosts.
    pub concurrency: Option<usize>,
    /// Requests for figures in any minute.
    pub data_per_minute: Option<u32>,
    /// Requests for figures in any hour.
    pub data_per_hour: Option<u32>,
    /// Requests for structures in any hour.
    pub structure_per_hour: Option<u32>,
}

/// Where the use of budgets is kept, so that it outlives the process (H3).
pub trait BudgetStore: Send + Sync {
    /// Instants since `since` at which a host was asked for this kind of thing, oldest first.
    ///
    /// # Errors
    /// Why that cannot be read.
    fn used(
        &self,
        host: &str,
        kind: RequestKind,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, String>;

    /// Notes a request.
    ///
    /// # Errors
    /// Why that cannot be written.
    fn note(&self, host: &str, kind: RequestKind, at: DateTime<Utc>) -> Result<(), String>;
}

/// A budget that is used up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct UsedUp {
    /// Such as `60 data requests in an hour`.
    pub(super) budget: String,
    /// When the next request may be made.
    pub(super) until: DateTime<Utc>,
}

/// Repeats that a host is worth when nothing is known of it.
const RETRIES: f64 = 20.0;

/// What an answer adds to them: one repeat for five answers.
const RETRIES_PER_ANSWER: f64 = 0.2;

/// One host.
pub(super) struct Host {
    name: String,
    places: Arc<Semaphore>,
    pub(super) breaker: Breaker,
    rule: HostRule,
    store: Option<Arc<dyn BudgetStore>>,
    /// One at a time looks at the budget and uses it.
    turn: tokio::sync::Mutex<()>,
    retries: Mutex<f64>,
}

impl fmt::Debug for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Host").field("name", &self.name).finish_non_exhaustive()
    }
}

impl Host {
    /// Waits for a place among the requests to this host.
    pub(super) async fn place(&self) -> Option<OwnedSemaphorePermit> {
        // The semaphore is never closed, so this is always a permit.
        Arc::clone(&self.places).acquire_owned().await.ok()
    }

    /// Uses the budget for one request, or says when there will be some.
    pub(super) async fn spend(&self, kind: RequestKind, now: DateTime<Utc>) -> Result<(), UsedUp> {
        let hour = TimeDelta::hours(1);
        let budgets = match kind {
            RequestKind::Data => [
                (self.rule.data_per_minute, TimeDelta::minutes(1), "a minute"),
                (self.rule.data_per_hour, hour, "an hour"),
            ],
            RequestKind::Structure => {
                [(self.rule.structure_per_hour, hour, "an hour"), (None, hour, "")]
            }
        };
        let Some(store) = self.store.as_ref().filter(|_| budgets.iter().any(|it| it.0.is_some()))
        else {
            return Ok(());
        };
        let _turn = self.turn.lock().await;
        let used = self.used(store, kind, now - hour).await;
        for (budget, span, name) in budgets {
            let Some(budget) = budget else { continue };
            // What a clock that was far ahead noted does not count.
            let counts = |at: &&DateTime<Utc>| **at > now - span && **at <= now + hour;
            let recent: Vec<_> = used.iter().filter(counts).collect();
            let budget_size = usize::try_from(budget).unwrap_or(usize::MAX);
            if recent.len() >= budget_size {
                // The oldest that still counts makes room for the next.
                let first = recent[recent.len() - budget_size];
                let budget = format!("{budget} {} requests in {name}", kind.code());
                return Err(UsedUp { budget, until: *first + span });
            }
        }
        let (kept, name) = (Arc::clone(store), self.name.clone());
        let noted = apart(move || kept.note(&name, kind, now)).await;
        if let Err(why) = noted {
            tracing::warn!(host = self.name, why, "the use of the budget cannot be kept");
        }
        Ok(())
    }

    async fn used(
        &self,
        store: &Arc<dyn BudgetStore>,
        kind: RequestKind,
        since: DateTime<Utc>,
    ) -> Vec<DateTime<Utc>> {
        let (kept, name) = (Arc::clone(store), self.name.clone());
        apart(move || kept.used(&name, kind, since)).await.unwrap_or_else(|why| {
            tracing::warn!(host = self.name, why, "the use of the budget cannot be read");
            Vec::new()
        })
    }

    /// Whether a request may be repeated once more.
    pub(super) fn may_repeat(&self) -> bool {
        let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        let may = *retries >= 1.0;
        if may {
            *retries -= 1.0;
        }
        may
    }

    /// An answer earns a part of a repeat.
    pub(super) fn answered(&self) {
        let mut retries = self.retries.lock().unwrap_or_else(PoisonError::into_inner);
        *retries = (*retries + RETRIES_PER_ANSWER).min(RETRIES);
    }
}

/// A database may be slow: that must not keep the threads that move network data.
async fn apart<T: Send + 'static>(
    work: impl FnOnce() -> Result<T, String> + Send + 'static,
) -> Result<T, String> {
    let done = tokio::task::spawn_blocking(work).await;
    done.unwrap_or_else(|_| Err("a worker ended unexpectedly".to_owned()))
}

/// All hosts that were asked.
pub(super) struct Hosts {
    hosts: Mutex<BTreeMap<String, Arc<Host>>>,
    concurrency: usize,
    breaker: BreakerLimits,
    rules: Vec<HostRule>,
    store: Option<Arc<dyn BudgetStore>>,
}

impl Hosts {
    pub(super) fn new(
        concurrency: usize,
        breaker: BreakerLimits,
        rules: Vec<HostRule>,
        store: Option<Arc<dyn BudgetStore>>,
    ) -> Self {
        Self { hosts: Mutex::default(), concurrency, breaker, rules, store }
    }

    fn rule(&self, name: &str) -> Option<&HostRule> {
        self.rules.iter().find(|rule| rule.host.eq_ignore_ascii_case(name))
    }

    /// Requests that may be under way to a host at one time.
    pub(super) fn at_once(&self, url: &Url) -> usize {
        let rule = self.rule(url.host_str().unwrap_or_default());
        rule.and_then(|rule| rule.concurrency).unwrap_or(self.concurrency).max(1)
    }

    /// The host of an address. Ports of one host are apart in all but the budget.
    pub(super) fn of(&self, url: &Url) -> Arc<Host> {
        let name = url.host_str().unwrap_or_default().to_ascii_lowercase();
        let key = format!("{name}:{:?}", url.port_or_known_default());
        let mut hosts = self.hosts.lock().unwrap_or_else(PoisonError::into_inner);
        let host = hosts.entry(key).or_insert_with(|| {
            let rule = self.rule(&name).cloned().unwrap_or_default();
            let places = rule.concurrency.unwrap_or(self.concurrency).max(1);
            Arc::new(Host {
                name,
                places: Arc::new(Semaphore::new(places)),
                breaker: Breaker::new(self.breaker),
                rule,
                store: self.store.clone(),
                turn: tokio::sync::Mutex::default(),
                retries: Mutex::new(RETRIES),
            })
        });
        Arc::clone(host)
    }
}
