//! Threads on which bodies are looked at. A body may keep a decoder busy for as long as it likes
//! without keeping anybody else: the run that waits for it ends at its time limit, or when it is
//! stopped, and leaves the thread behind.
//!
//! They are threads of their own and not those of the async runtime, because the end of a
//! program waits for the latter.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{Semaphore, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use wsis_model::payload::RawId;

use super::stage::Stage;
use crate::report::Cause;

/// Threads that were left behind; with more of them no further body is looked at.
const LEFT_BEHIND_MAX: usize = 16;

/// What a decoder that was told to stop is given to do so.
pub(super) const LAST_WORD: Duration = Duration::from_secs(1);

/// Until when somebody waits.
#[derive(Debug, Clone)]
pub(crate) struct Bound {
    /// Ends it from outside.
    pub(crate) cancel: CancellationToken,
    /// The time of the run.
    pub(crate) deadline: Instant,
    /// How much it was at the beginning.
    pub(crate) time: Duration,
    /// How long work that needs no network goes on after the stop.
    pub(crate) stop_within: Duration,
}

impl Bound {
    /// Until the time is over, or for a while after it was stopped.
    pub(crate) async fn over(&self) {
        let stopped = async {
            self.cancel.cancelled().await;
            tokio::time::sleep(self.stop_within).await;
        };
        tokio::select! {
            () = tokio::time::sleep_until(self.deadline) => {}
            () = stopped => {}
        }
    }

    /// The same for decoding: a quarter of the time of the run is left for it, also when fetching
    /// took all of it.
    pub(crate) fn for_decoding(&self) -> Self {
        Self { deadline: self.deadline.max(Instant::now() + self.time / 4), ..self.clone() }
    }
}

/// Why a body was not looked at to the end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum GivenUp {
    /// The time of the run is over.
    #[error("decoding did not come to an end in the time of the run (timeout_s of the pipeline)")]
    Time,
    /// The run was stopped.
    #[error("the run was stopped while it was decoded")]
    Stopped,
    /// It panicked.
    #[error("the decoder ended unexpectedly; this is a bug of wsis, please report it")]
    Panicked,
    /// An earlier run has left it behind.
    #[error("this very body still keeps the decoder of an earlier run busy, which was given up")]
    Known,
    /// Too many others were left behind.
    #[error(
        "{LEFT_BEHIND_MAX} bodies that were given up still keep decoders busy; start wsis again"
    )]
    TooMany,
}

impl GivenUp {
    /// What kind of thing went wrong.
    pub(crate) const fn cause(self) -> Cause {
        match self {
            Self::Time | Self::Panicked | Self::Known => Cause::Content,
            Self::Stopped => Cause::Stopped,
            Self::TooMany => Cause::Storage,
        }
    }
}

/// The threads.
#[derive(Debug)]
pub(crate) struct Decoders {
    places: Arc<Semaphore>,
    left_behind: Arc<Mutex<BTreeSet<RawId>>>,
}

impl Decoders {
    /// As many at one time as the machine has processors, two at least.
    pub(crate) fn new() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, usize::from).max(2);
        Self { places: Arc::new(Semaphore::new(threads)), left_behind: Arc::default() }
    }

    /// Bodies whose decoder was left behind and has not come to an end.
    fn left_behind(&self) -> MutexGuard<'_, BTreeSet<RawId>> {
        self.left_behind.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Looks at a body on a thread, for as long as the bound allows. The work is told through
    /// the stage when nobody waits for it any more.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        raw: RawId,
        bound: &Bound,
        work: impl FnOnce(&Stage) -> T + Send + 'static,
    ) -> Result<T, GivenUp> {
        {
            let left_behind = self.left_behind();
            if left_behind.contains(&raw) {
                return Err(GivenUp::Known);
            }
            if left_behind.len() >= LEFT_BEHIND_MAX {
                return Err(GivenUp::TooMany);
            }
        }
        let over = bound.over();
        tokio::pin!(over);
        let why = || if bound.cancel.is_cancelled() { GivenUp::Stopped } else { GivenUp::Time };
        let place = tokio::select! {
            place = Arc::clone(&self.places).acquire_owned() => place,
            () = &mut over => return Err(why()),
        };
        let (reply, mut answer) = oneshot::channel();
        let stage = Stage::default();
        let seen = stage.clone();
        let left_behind = Arc::clone(&self.left_behind);
        let job = move || {
            let done = catch_unwind(AssertUnwindSafe(|| work(&seen)));
            left_behind.lock().unwrap_or_else(PoisonError::into_inner).remove(&raw);
            let _ = reply.send(done.ok());
        };
        if stage.begin()
            && std::thread::Builder::new().name("wsis-decode".into()).spawn(job).is_err()
        {
            return Err(GivenUp::TooMany);
        }
        let answered = tokio::select! {
            biased;
            answered = &mut answer => Some(answered),
            () = &mut over => {
                stage.give_up();
                tokio::time::timeout(LAST_WORD, &mut answer).await.ok()
            }
        };
        drop(place);
        match answered {
            // Told to stop, it has: what it says is only half of it.
            _ if stage.is_given_up() && answered.is_some() => Err(why()),
            Some(Ok(Some(done))) => Ok(done),
            Some(_) => Err(GivenUp::Panicked),
            None => {
                self.left_behind().insert(raw);
                // It may have come to an end just before.
                if answer.try_recv().is_ok() {
                    self.left_behind().remove(&raw);
                }
                tracing::error!(%raw, "a body keeps its decoder busy; the run goes on without it");
                Err(why())
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    fn bound(wait: Duration) -> Bound {
        Bound {
            cancel: CancellationToken::new(),
            deadline: Instant::now() + wait,
            time: wait,
            stop_within: Duration::from_millis(50),
        }
    }

    #[tokio::test]
    async fn trial_x2_a_body_that_never_ends_holds_nobody_but_itself() {
        let decoders = Decoders::new();
        let (_keep, never) = mpsc::channel::<()>();
        let body = RawId::of(b"endless");
        let busy = move |_: &Stage| {
            let _ = never.recv();
        };
        let start = Instant::now();
        let soon = bound(Duration::from_millis(50));
        assert_eq!(decoders.run(body, &soon, busy).await, Err(GivenUp::Time));
        assert!(start.elapsed() < Duration::from_secs(5));
        // The same body again does not take another thread; others are looked at.
        let long = bound(Duration::from_mins(1));
        assert_eq!(decoders.run(body, &long, |_| ()).await, Err(GivenUp::Known));
        for other in 0..20_u8 {
            assert_eq!(decoders.run(RawId::of(&[other]), &long, move |_| other).await, Ok(other));
        }
        let panic = |_: &Stage| -> u8 { panic!("a bug of a decoder") };
        assert_eq!(decoders.run(RawId::of(b"x"), &long, panic).await, Err(GivenUp::Panicked));
    }

    #[tokio::test]
    async fn trial_x2_a_stop_is_heard_while_a_decoder_is_busy() {
        let decoders = Decoders::new();
        let long = bound(Duration::from_mins(1));
        long.cancel.cancel();
        let start = Instant::now();
        // One that looks whether it is still wanted ends at once, and leaves no thread behind.
        let polite = |stage: &Stage| {
            while !stage.is_given_up() {
                std::thread::sleep(Duration::from_millis(1));
            }
        };
        let body = RawId::of(b"polite");
        assert_eq!(decoders.run(body, &long, polite).await, Err(GivenUp::Stopped));
        assert!(start.elapsed() < LAST_WORD);
        assert!(decoders.left_behind().is_empty());
    }

    #[tokio::test]
    async fn trial_x2_only_so_many_bodies_may_be_left_behind() {
        let decoders = Decoders::new();
        let (keep, never) = mpsc::channel::<()>();
        let never = Arc::new(Mutex::new(never));
        for body in 0..u8::try_from(LEFT_BEHIND_MAX).unwrap() {
            decoders.left_behind().insert(RawId::of(&[body]));
        }
        let long = bound(Duration::from_mins(1));
        let busy = move |_: &Stage| {
            let _ = never.lock().unwrap().recv();
        };
        assert_eq!(decoders.run(RawId::of(b"x"), &long, busy).await, Err(GivenUp::TooMany));
        drop(keep);
    }
}
