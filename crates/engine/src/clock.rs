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
    /// Time since some instant that nobody can set: it runs on while the machine sleeps and does
    /// not jump when the clock is set. With [`Clock::now`] it tells one from the other.
    fn steady(&self) -> Duration;
    /// Waits (between two attempts of a request).
    fn sleep(&self, wait: Duration) -> Sleep<'_>;
}

/// The clock on the wall beside the one that nobody can set: how far they have moved apart since
/// they were last compared.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Compared {
    now: DateTime<Utc>,
    steady: Duration,
}

impl Compared {
    /// Reads both.
    pub(crate) fn read(clock: &dyn Clock) -> Self {
        Self { now: clock.now(), steady: clock.steady() }
    }

    /// How much the wall clock was set forward between two readings; negative for back.
    pub(crate) fn set_since(&self, before: &Self) -> TimeDelta {
        let passed = self.steady.saturating_sub(before.steady);
        (self.now - before.now) - TimeDelta::from_std(passed).unwrap_or(TimeDelta::MAX)
    }
}

/// The machine's clock.
#[derive(Debug, Clone, Copy, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "the one place that reads the wall clock")]
    fn now(&self) -> DateTime<Utc> {
        Utc::now()
    }

    #[cfg(target_os = "linux")]
    fn steady(&self) -> Duration {
        let read = rustix::time::clock_gettime(rustix::time::ClockId::Boottime);
        Duration::try_from(read).unwrap_or_default()
    }

    /// Where the time asleep cannot be had, a long sleep looks like a clock that was set.
    #[cfg(not(target_os = "linux"))]
    fn steady(&self) -> Duration {
        static START: std::sync::OnceLock<std::time::Instant> = std::sync::OnceLock::new();
        START.get_or_init(std::time::Instant::now).elapsed()
    }

    fn sleep(&self, wait: Duration) -> Sleep<'_> {
        Box::pin(tokio::time::sleep(wait))
    }
}

/// The machine's clock as it was some time ago: for a demonstration that takes place then.
#[derive(Debug, Clone, Copy)]
pub struct ShiftedClock {
    back: TimeDelta,
}

impl ShiftedClock {
    /// A clock that is so far behind.
    pub const fn back(back: TimeDelta) -> Self {
        Self { back }
    }
}

impl Clock for ShiftedClock {
    fn now(&self) -> DateTime<Utc> {
        let now = SystemClock.now();
        now.checked_sub_signed(self.back).unwrap_or(now)
    }

    fn steady(&self) -> Duration {
        SystemClock.steady()
    }

    fn sleep(&self, wait: Duration) -> Sleep<'_> {
        SystemClock.sleep(wait)
    }
}

/// A clock that stands still until someone sleeps on it: a sleep returns at once, moves the
/// clock on by the time asked for, and is remembered. With it a test of a 30 second
/// `Retry-After` takes no time.
#[derive(Debug)]
pub struct FixedClock(Mutex<Fixed>);

#[derive(Debug)]
struct Fixed {
    now: DateTime<Utc>,
    steady: Duration,
    waits: Vec<Duration>,
}

impl FixedClock {
    /// A clock that shows `now`.
    pub const fn new(now: DateTime<Utc>) -> Self {
        Self(Mutex::new(Fixed { now, steady: Duration::ZERO, waits: Vec::new() }))
    }

    /// Lets time pass.
    pub fn advance(&self, by: Duration) {
        self.set(TimeDelta::from_std(by).unwrap_or(TimeDelta::MAX));
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.steady = state.steady.saturating_add(by);
    }

    /// Sets the clock forward or back, without any time passing.
    pub fn set(&self, by: TimeDelta) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.now = state.now.checked_add_signed(by).unwrap_or(state.now);
    }

    /// Every wait so far, in order.
    pub fn waits(&self) -> Vec<Duration> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waits.clone()
    }
}

impl Clock for FixedClock {
    fn now(&self) -> DateTime<Utc> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).now
    }

    fn steady(&self) -> Duration {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).steady
    }

    fn sleep(&self, wait: Duration) -> Sleep<'_> {
        self.advance(wait);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).waits.push(wait);
        Box::pin(tokio::task::yield_now())
    }
}
