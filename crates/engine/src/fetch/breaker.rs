//! A circuit breaker: a host that failed again and again is left alone for a while, then asked
//! one question to see whether it is back.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::Notify;

/// When a breaker opens, and for how long.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BreakerLimits {
    /// Questions in a row that failed, each after its retries, until it opens.
    pub failures: u32,
    /// The first pause; it doubles with each vain probe.
    pub pause: Duration,
}

/// For how long a host is left alone at most because it asks for it; then it may ask again.
const COOL_MAX: Duration = Duration::from_hours(24);

/// Longest pause.
const PAUSE_MAX: Duration = Duration::from_mins(15);

#[derive(Debug)]
enum Phase {
    /// Failures in a row.
    Closed(u32),
    /// Since when, until when, and the pause; whether the host itself asked for it.
    Open { since: DateTime<Utc>, until: DateTime<Utc>, pause: Duration, asked: bool },
    /// A probe is under way.
    HalfOpen { since: DateTime<Utc>, pause: Duration },
}

/// The breaker of one host.
#[derive(Debug)]
pub(super) struct Breaker {
    state: Mutex<Phase>,
    /// The last failure.
    why: Mutex<String>,
    decided: Notify,
    limits: BreakerLimits,
}

/// A host that is left alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Resting {
    pub(super) since: DateTime<Utc>,
    pub(super) until: DateTime<Utc>,
    /// Whether the host itself asked for it.
    pub(super) asked: bool,
}

/// Leave to ask. What came of it must be said; a probe of which nothing is heard was vain.
#[derive(Debug)]
pub(super) struct Leave<'a> {
    breaker: &'a Breaker,
    probe: Option<DateTime<Utc>>,
}

impl Breaker {
    pub(super) fn new(limits: BreakerLimits) -> Self {
        Self {
            state: Mutex::new(Phase::Closed(0)),
            why: Mutex::default(),
            decided: Notify::new(),
            limits,
        }
    }

    fn state(&self) -> MutexGuard<'_, Phase> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Leave to ask, at once or when a probe under way has told whether the host is back.
    pub(super) async fn leave(
        &self,
        now: impl Fn() -> DateTime<Utc>,
    ) -> Result<Leave<'_>, Resting> {
        loop {
            let decided = self.decided.notified();
            {
                let mut state = self.state();
                match *state {
                    Phase::Closed(_) => return Ok(Leave { breaker: self, probe: None }),
                    Phase::Open { since, until, pause, asked } => {
                        let now = now();
                        // A clock that was set back does not prolong the pause.
                        let early = until - now > TimeDelta::from_std(pause).unwrap_or_default();
                        if now < until && !early {
                            return Err(Resting { since, until, asked });
                        }
                        *state = Phase::HalfOpen { since, pause };
                        return Ok(Leave { breaker: self, probe: Some(now) });
                    }
                    Phase::HalfOpen { .. } => {}
                }
            }
            decided.await;
        }
    }

    /// The failure that it was opened for.
    pub(super) fn why(&self) -> String {
        self.why.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Whether a question makes no further attempts: it is the probe, or others found meanwhile
    /// that the host is away.
    pub(super) fn forbids_repeats(&self) -> bool {
        !matches!(*self.state(), Phase::Closed(_))
    }

    fn succeeded(&self) {
        let mut state = self.state();
        if !matches!(*state, Phase::Closed(0)) {
            *state = Phase::Closed(0);
            self.decided.notify_waiters();
        }
    }

    fn failed(&self, now: DateTime<Utc>) {
        let mut state = self.state();
        let (since, pause) = match *state {
            Phase::Closed(failures) if failures + 1 < self.limits.failures => {
                *state = Phase::Closed(failures + 1);
                return;
            }
            Phase::Closed(_) => (now, self.limits.pause),
            Phase::HalfOpen { since, pause } => (since, (pause * 2).min(PAUSE_MAX)),
            Phase::Open { .. } => return,
        };
        let until = now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::zero());
        *state = Phase::Open { since, until, pause, asked: false };
        self.decided.notify_waiters();
    }

    /// The host asks to be left alone for a while.
    fn cool(&self, now: DateTime<Utc>, pause: Duration) {
        let pause = pause.min(COOL_MAX);
        let until = now + TimeDelta::from_std(pause).unwrap_or(TimeDelta::zero());
        *self.state() = Phase::Open { since: now, until, pause, asked: true };
        self.decided.notify_waiters();
    }

    /// A probe was not sent: the next question is the probe.
    fn unused(&self, asked_at: DateTime<Utc>) {
        let mut state = self.state();
        if let Phase::HalfOpen { since, pause } = *state {
            *state = Phase::Open { since, until: asked_at, pause, asked: false };
            self.decided.notify_waiters();
        }
    }
}

impl Leave<'_> {
    /// The host answered, well or not, as a host does that is there.
    pub(super) fn succeeded(mut self) {
        self.probe = None;
        self.breaker.succeeded();
    }

    /// The host asks to be left alone for so long.
    pub(super) fn asked_for_rest(mut self, now: DateTime<Utc>, pause: Duration, why: String) {
        self.probe = None;
        *self.breaker.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
        self.breaker.cool(now, pause);
    }

    /// Nothing was asked, so nothing is known of the host.
    pub(super) fn unused(mut self) {
        if let Some(asked_at) = self.probe.take() {
            self.breaker.unused(asked_at);
        }
    }

    /// The host is not there, or out of order.
    pub(super) fn failed(mut self, now: DateTime<Utc>, why: String) {
        self.probe = None;
        *self.breaker.why.lock().unwrap_or_else(PoisonError::into_inner) = why;
        self.breaker.failed(now);
    }
}

impl Drop for Leave<'_> {
    fn drop(&mut self) {
        if let Some(asked_at) = self.probe {
            self.breaker.failed(asked_at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_790_000_000 + second, 0).unwrap()
    }

    fn breaker() -> Breaker {
        Breaker::new(BreakerLimits { failures: 3, pause: Duration::from_mins(1) })
    }

    async fn ask(breaker: &Breaker, second: i64, well: bool) -> Result<(), Resting> {
        let leave = breaker.leave(|| at(second)).await?;
        if well {
            leave.succeeded();
        } else {
            leave.failed(at(second), String::new());
        }
        Ok(())
    }

    #[tokio::test]
    async fn it_opens_after_failures_in_a_row_and_closes_after_a_good_probe() {
        let breaker = breaker();
        for (second, well) in [(0, false), (1, false), (2, true), (3, false), (4, false)] {
            assert_eq!(ask(&breaker, second, well).await, Ok(()));
        }
        assert!(!breaker.forbids_repeats());
        assert_eq!(ask(&breaker, 5, false).await, Ok(()));
        let resting = |until| Err(Resting { since: at(5), until: at(until), asked: false });
        assert_eq!(ask(&breaker, 64, true).await, resting(65));
        // A vain probe doubles the pause, up to a quarter of an hour.
        assert_eq!(ask(&breaker, 65, false).await, Ok(()));
        assert_eq!(ask(&breaker, 100, true).await, resting(185));
        let mut second = 185;
        for pause in [240, 480, 900, 900] {
            assert_eq!(ask(&breaker, second, false).await, Ok(()));
            second += pause;
            assert_eq!(ask(&breaker, second - 1, true).await, resting(second));
        }
        assert_eq!(ask(&breaker, second, true).await, Ok(()));
        assert_eq!(ask(&breaker, second + 1, true).await, Ok(()));
    }

    #[tokio::test]
    async fn others_wait_for_the_one_probe() {
        let breaker = std::sync::Arc::new(breaker());
        for second in 0..3 {
            ask(&breaker, second, false).await.unwrap();
        }
        let probe = breaker.leave(|| at(62)).await.unwrap();
        let waiting: Vec<_> = (0..4)
            .map(|_| {
                let breaker = std::sync::Arc::clone(&breaker);
                tokio::spawn(async move { ask(&breaker, 62, true).await })
            })
            .collect();
        tokio::task::yield_now().await;
        assert!(waiting.iter().all(|task| !task.is_finished()));
        probe.succeeded();
        for task in waiting {
            assert_eq!(task.await.unwrap(), Ok(()));
        }
    }

    #[tokio::test]
    async fn trial_r13_a_probe_that_never_asked_neither_closes_nor_prolongs() {
        let breaker = breaker();
        for second in 0..3 {
            ask(&breaker, second, false).await.unwrap();
        }
        let until = Resting { since: at(2), until: at(62), asked: false };
        assert_eq!(ask(&breaker, 61, true).await, Err(until));
        breaker.leave(|| at(62)).await.unwrap().unused();
        assert!(breaker.forbids_repeats(), "still open");
        // The next question is the probe, at once.
        let probe = breaker.leave(|| at(62)).await.unwrap();
        assert!(probe.probe.is_some());
        probe.failed(at(63), "away".to_owned());
        let until = Resting { since: at(2), until: at(183), asked: false };
        assert_eq!(ask(&breaker, 100, true).await, Err(until), "twice the pause");
    }

    #[tokio::test]
    async fn trial_r12_a_host_that_asks_for_rest_is_left_alone_for_a_day_at_most() {
        let breaker = breaker();
        let leave = breaker.leave(|| at(0)).await.unwrap();
        leave.asked_for_rest(at(0), Duration::from_hours(1), "status 429".to_owned());
        let until = Resting { since: at(0), until: at(3_600), asked: true };
        assert_eq!(ask(&breaker, 3_599, true).await, Err(until));
        assert_eq!(breaker.why(), "status 429");
        assert_eq!(ask(&breaker, 3_600, true).await, Ok(()));
        let leave = breaker.leave(|| at(3_600)).await.unwrap();
        leave.asked_for_rest(at(3_600), Duration::MAX, String::new());
        let day = Resting { since: at(3_600), until: at(3_600 + 86_400), asked: true };
        assert_eq!(ask(&breaker, 4_000, true).await, Err(day));
    }

    #[tokio::test]
    async fn a_probe_that_is_given_up_counts_as_vain() {
        let breaker = breaker();
        for second in 0..3 {
            ask(&breaker, second, false).await.unwrap();
        }
        drop(breaker.leave(|| at(62)).await.unwrap());
        let resting = Resting { since: at(2), until: at(182), asked: false };
        assert_eq!(ask(&breaker, 63, true).await, Err(resting));
        // An hour back on the wall clock is no reason to rest an hour longer.
        assert_eq!(ask(&breaker, -3_600, true).await, Ok(()));
    }
}
