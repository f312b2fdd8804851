//! Whose fault it is when the name of a host is not found: that of the machine where no other name is
//! found either.

use std::future::Future;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Other names that are looked up.
const OTHERS: usize = 3;
/// Longest wait for them.
const WITHIN: Duration = Duration::from_secs(5);
/// What was found out holds for that long: of a pipeline with many requests it is asked once.
const HOLDS: Duration = Duration::from_secs(30);

/// What resolvers say that got no answer from anybody.
const NO_ANSWER: &str = "Temporary failure in name resolution";

/// Names of hosts that a deployment asks.
#[derive(Debug, Default)]
pub(super) struct Names {
    all: Vec<String>,
    found: Mutex<Option<(Instant, bool)>>,
}

impl Names {
    pub(super) fn new(mut all: Vec<String>) -> Self {
        all.sort();
        all.dedup();
        Self { all, found: Mutex::default() }
    }

    /// Whether no other name is found either; where there is no other one, whether the resolver says
    /// that nobody answered it.
    pub(super) async fn none_is_found<F: Future<Output = bool>>(
        &self,
        host: &str,
        why: &str,
        is_found: impl Fn(String) -> F,
    ) -> bool {
        let others: Vec<&String> =
            self.all.iter().filter(|it| !it.eq_ignore_ascii_case(host)).take(OTHERS).collect();
        if others.is_empty() {
            return why.contains(NO_ANSWER);
        }
        let known = *self.found.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((at, none)) = known.filter(|(at, _)| at.elapsed() < HOLDS) {
            tracing::debug!(age = ?at.elapsed(), none, "names were looked up");
            return none;
        }
        let mut none = true;
        let until = Instant::now() + WITHIN;
        for other in others {
            if tokio::time::timeout_at(until, is_found(other.clone())).await.unwrap_or(false) {
                none = false;
                break;
            }
        }
        *self.found.lock().unwrap_or_else(PoisonError::into_inner) = Some((Instant::now(), none));
        none
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn trial_p106_names_are_ours_to_find_where_none_is_found() {
        let names = |all: &[&str]| Names::new(all.iter().map(|it| (*it).to_owned()).collect());
        let some = |name: String| async move { name == "b.example" };
        assert!(!names(&["a.example", "b.example"]).none_is_found("a.example", "", some).await);
        assert!(names(&["a.example", "c.example"]).none_is_found("A.example", "", some).await);
        let alone = names(&["a.example"]);
        assert!(!alone.none_is_found("a.example", "Name or service not known", some).await);
        assert!(alone.none_is_found("a.example", &format!("x: {NO_ANSWER}"), some).await);
        // Asked once for a while.
        let asked = std::sync::atomic::AtomicU32::new(0);
        let counted = |_: String| {
            asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            std::future::ready(false)
        };
        let several = names(&["a.example", "c.example"]);
        for _ in 0..5 {
            assert!(several.none_is_found("a.example", "", counted).await);
        }
        assert_eq!(asked.into_inner(), 1);
    }
}
