//! Whose fault it is when the name of a host is not found: that of the machine where no other name is
//! found either, nobody knows whose where there is no other one.

use std::future::Future;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use futures::StreamExt as _;
use futures::stream::FuturesUnordered;
use tokio::time::Instant;

/// Other names that are looked up.
const OTHERS: usize = 3;
/// Longest wait for them.
const WITHIN: Duration = Duration::from_secs(5);
/// What was found out holds for that long: of a pipeline with many requests it is asked once.
const HOLDS: Duration = Duration::from_secs(30);

/// What resolvers say that got no answer from anybody.
const NO_ANSWER: &str = "Temporary failure in name resolution";

/// What other names say of one that is not found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Others {
    /// One of them is found.
    Found,
    /// None of them is, or nobody answers who would know.
    NoneFound,
    /// There is none.
    NoneThere,
}

/// Names of hosts that a deployment asks.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<String>,
    found: Mutex<Option<(Instant, bool)>>,
}

impl Names {
    pub(super) fn new(mut all: Vec<String>) -> Self {
        // A number is no name: it is found without any network.
        all.retain(|it| it.trim_matches(['[', ']']).parse::<IpAddr>().is_err());
        all.sort();
        all.dedup();
        Self { all, found: Mutex::default() }
    }

    /// Whether another name is found; where there is no other one, what the resolver says: that nobody
    /// answered it.
    pub(super) async fn others<F: Future<Output = bool>>(
        &self,
        host: &str,
        why: &str,
        is_found: impl Fn(String) -> F,
    ) -> Others {
        let others: Vec<&String> =
            self.all.iter().filter(|it| !it.eq_ignore_ascii_case(host)).take(OTHERS).collect();
        if others.is_empty() {
            let is_ours = why.contains(NO_ANSWER);
            return if is_ours { Others::NoneFound } else { Others::NoneThere };
        }
        let told = |none| if none { Others::NoneFound } else { Others::Found };
        let known = *self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, none)) = known.filter(|(at, _)| at.elapsed() < HOLDS) {
            tracing::debug!(age = ?at.elapsed(), none, "names were looked up");
            return told(none);
        }
        // All at once: one that nobody answers about takes no time from the next.
        let asked: FuturesUnordered<F> = others.into_iter().cloned().map(is_found).collect();
        let any = asked.any(std::future::ready);
        let none = !tokio::time::timeout(WITHIN, any).await.unwrap_or(false);
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), none));
        told(none)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn trial_p106_names_are_ours_to_find_where_none_is_found() {
        let names = |all: &[&str]| Names::new(all.iter().map(|it| (*it).to_owned()).collect());
        let some = |name: String| async move { name == "b.example" };
        let of =
            async |all: &[&str], host: &str, why: &str| names(all).others(host, why, some).await;
        assert_eq!(of(&["a.example", "b.example"], "a.example", "").await, Others::Found);
        assert_eq!(of(&["a.example", "c.example"], "A.example", "").await, Others::NoneFound);
        let (alone, unknown) = (["a.example"], "Name or service not known");
        assert_eq!(of(&alone, "a.example", unknown).await, Others::NoneThere);
        // An address is found by a machine without any network.
        let numbers = ["a.example", "127.0.0.1", "[::1]"];
        assert_eq!(of(&numbers, "a.example", unknown).await, Others::NoneThere);
        let nobody = format!("x: {NO_ANSWER}");
        assert_eq!(of(&alone, "a.example", &nobody).await, Others::NoneFound);
        // One that nobody answers about takes no time from the next.
        let silent = |name: String| async move {
            if name == "b.example" { true } else { std::future::pending().await }
        };
        let several = names(&["a.example", "aa.example", "b.example"]);
        assert_eq!(several.others("a.example", "", silent).await, Others::Found);
        // Asked once for a while.
        let asked = std::sync::atomic::AtomicU32::new(0);
        let counted = |_: String| {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            std::future::ready(false)
        };
        let several = names(&["a.example", "c.example"]);
        for _ in 0..5 {
            assert_eq!(several.others("a.example", "", counted).await, Others::NoneFound);
        }
        assert_eq!(asked.into_inner(), 1);
    }
}
