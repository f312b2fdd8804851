//! Time from outside: the only module that reads the wall clock.

use std::future::Future;
use std::pin::Pin;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};

/// A wait, as an object-safe future.
pub type Sleep<'a> = Pin<Box<dyn Future<Output = ()> + Send + 'a>>;

/// Where the engine takes time from, so that tests and replays decide what time it is.
pub trait Clock: Send + Sync {
    /// The present instant, UTC.
    fn now(&self) -> DateTime<Utc>;
    /// Waits (between two attempts of a request).
    fn sleep(&self, wait: Duration) -> Sleep<'_>;
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    fn sleep(&self, wait: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// A clock that stands still until someone sleeps on it: a sleep returns at once, moves the
/// clock on by the time asked for, and is remembered. With it a test of a 30 second
/// `Retry-After` takes no time.
#[derive(Debug)]
pub struct FixedClock(Mutex<(DateTime<Utc>, Vec<Duration>)>);

impl FixedClock {
    /// A clock that shows `now`.
    pub const fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new((now, Vec::new())))
    }

    /// Moves the clock on.
    pub fn advance(&self, by: Duration) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let by = TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX);
        state.0 = state.0.checked_add_signed(by).unwrap_or(state.0);
    }

    /// Every wait so far, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.clone()
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0
    }

    fn sleep(&self, wait: Duration) -> Sleep<'_> {
        self.advance(wait);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).1.push(wait);
        Box::pin(tokio::task::yield_now())
    }
}
