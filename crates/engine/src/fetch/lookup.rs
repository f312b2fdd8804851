//! Looking up the names of hosts, with a bound of its own: a name server that says nothing is not the
//! host that was to be asked.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use reqwest::dns::{Addrs, Name, Resolve, Resolving};
use tokio::time::Instant;

use super::guard::Refusal;
use wsis_model::address::is_local;

/// What was found holds for that long, so that an attempt after a slow look-up does not look again.
const HOLDS: Duration = Duration::from_secs(30);

/// Names that are remembered; beyond it all are forgotten.
const REMEMBERED: usize = 1_000;

/// Addresses kept of one name.
const ADDRESSES: usize = 64;

/// What a look-up gives: the addresses of a name, with port 0.
pub type LookedUp = Pin<Box<dyn Future<Output = std::io::Result<Vec<SocketAddr>>> + Send>>;

/// Where names are looked up: the name server of the machine, or one of a test.
pub trait Lookup: Send + Sync {
    /// The addresses of a name. May take as long as it likes: who asks waits for a bounded time.
    fn look_up(&self, name: String) -> LookedUp;
}

/// The name server of the machine.
#[derive(Debug, Clone, Copy, Default)]
pub struct System;

impl Lookup for System {
    fn look_up(&self, name: String) -> LookedUp {
        Box::pin(async move {
            let found = tokio::net::lookup_host((name.as_str(), 0)).await?;
            Ok(found.take(ADDRESSES).collect())
        })
    }
}

/// The name server said nothing in its time.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the name server of this machine gave no answer about {name} within {} s", .within.as_secs_f32())]
pub(crate) struct Silent {
    name: String,
    within: Duration,
}

/// Looks names up for the clients of sources, for a bounded time each.
#[derive(Clone)]
pub(crate) struct Names {
    lookup: Arc<dyn Lookup>,
    within: Duration,
    found: Arc<Mutex<Remembered>>,
}

type Fault = Box<dyn std::error::Error + Send + Sync>;

/// Addresses by name, with when they were found.
type Remembered = BTreeMap<String, (Instant, Vec<SocketAddr>)>;

impl fmt::Debug for Names {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Names").field("within", &self.within).finish_non_exhaustive()
    }
}

impl Names {
    /// Waits four fifths of the shorter of the two times for a look-up: the client's own time begins
    /// before it, and would end it as one of the host.
    pub(super) fn new(lookup: Arc<dyn Lookup>, connect: Duration, read: Duration) -> Self {
        Self { lookup, within: connect.min(read) * 4 / 5, found: Arc::default() }
    }

    /// The addresses of a name. What comes too late is there for who asks next.
    pub(super) async fn addresses(&self, name: &str) -> Result<Vec<SocketAddr>, Fault> {
        let key = name.to_ascii_lowercase();
        let known = self.found.lock().unwrap_or_else(PoisonError::into_inner).get(&key).cloned();
        if let Some((_, found)) = known.filter(|(at, _)| at.elapsed() < HOLDS) {
            return Ok(found);
        }
        let looking = self.lookup.look_up(key.clone());
        let memory = Arc::clone(&self.found);
        let task = tokio::spawn(async move {
            let found = looking.await?;
            let mut memory = memory.lock().unwrap_or_else(PoisonError::into_inner);
            if memory.len() >= REMEMBERED {
                memory.clear();
            }
            memory.insert(key, (Instant::now(), found.clone()));
            std::io::Result::Ok(found)
        });
        match tokio::time::timeout(self.within, task).await {
            Ok(ended) => Ok(ended??),
            Err(_) => Err(Box::new(Silent { name: name.to_owned(), within: self.within })),
        }
    }

    /// Whether a name is found now, whatever is remembered: the network may have gone since.
    pub(super) async fn is_found(&self, name: String) -> bool {
        self.lookup.look_up(name).await.is_ok_and(|found| !found.is_empty())
    }

    /// Those of the machine, for a client whose requests may take this long.
    pub(crate) fn of_machine(within: Duration) -> Self {
        Self::new(Arc::new(System), within, within)
    }

    /// A resolver of a client. `exempt` are the names that may be on a network of our own, none for all.
    pub(crate) const fn resolver(self, exempt: Option<Arc<BTreeSet<String>>>) -> BoundedResolver {
        BoundedResolver { names: self, exempt }
    }
}

/// Resolves names of hosts in bounded time; local addresses only where they may be.
#[derive(Debug, Clone)]
pub(crate) struct BoundedResolver {
    names: Names,
    exempt: Option<Arc<BTreeSet<String>>>,
}

impl Resolve for BoundedResolver {
    fn resolve(&self, name: Name) -> Resolving {
        let own = self.clone();
        Box::pin(async move {
            let found = own.names.addresses(name.as_str()).await?;
            let may_be_local =
                own.exempt.is_none_or(|names| names.contains(&name.as_str().to_ascii_lowercase()));
            let found =
                if may_be_local { found } else { public_of(name.as_str(), found.into_iter())? };
            Ok(Box::new(found.into_iter()) as Addrs)
        })
    }
}

/// Those of the addresses of a name that are public.
///
/// # Errors
/// [`Refusal::Private`] when there are only others.
pub(super) fn public_of(
    name: &str,
    found: impl Iterator<Item = SocketAddr>,
) -> Result<Vec<SocketAddr>, Refusal> {
    let allowed: Vec<SocketAddr> = found.filter(|at| !is_local(at.ip())).collect();
    if allowed.is_empty() {
        return Err(Refusal::Private(name.to_owned()));
    }
    Ok(allowed)
}

/// Whether it was the name server that said nothing, however deep that is told.
pub(super) fn is_silent(error: &(dyn std::error::Error + 'static)) -> bool {
    std::iter::successors(Some(error), |error| error.source())
        .any(<dyn std::error::Error>::is::<Silent>)
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;

    /// Answers after a while.
    struct Slow(Duration, AtomicU32);

    impl Lookup for Slow {
        fn look_up(&self, _: String) -> LookedUp {
            self.1.fetch_add(1, Ordering::Relaxed);
            let after = self.0;
            Box::pin(async move {
                tokio::time::sleep(after).await;
                Ok(vec![SocketAddr::from(([192, 0, 2, 7], 0))])
            })
        }
    }

    #[tokio::test]
    async fn trial_p117_what_a_name_server_says_late_is_there_for_who_asks_next() {
        let lookup = Arc::new(Slow(Duration::from_millis(300), AtomicU32::new(0)));
        let connect = Duration::from_millis(100);
        let names = Names::new(lookup.clone(), connect, 60 * connect);
        let error = names.addresses("a.example").await.unwrap_err();
        assert!(is_silent(&*error), "{error}");
        assert_eq!(
            error.to_string(),
            "the name server of this machine gave no answer about a.example within 0.08 s"
        );
        tokio::time::sleep(10 * connect).await;
        assert_eq!(names.addresses("A.EXAMPLE").await.unwrap().len(), 1);
        assert_eq!(lookup.1.load(Ordering::Relaxed), 1, "it was remembered");
    }
}
