//! One thread on which the lake is read and written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};

use tokio::sync::oneshot;
use wsis_lake::{At, Lake, Snapshot};

use super::decoders::{Bound, GivenUp, LAST_WORD};
use super::stage::{Left, Stage};
use crate::error::EngineError;

type Work = Box<dyn FnOnce() + Send>;

/// A thread for decoding, committing and reading snapshots; it ends with its last owner.
///
/// There is one commit at a time anyway. On threads that take turns each would keep the memory
/// that its last commit took, as allocators keep it per thread: a daemon of a thousand pipelines
/// held 128 MB at rest in this way.
///
/// A delivery that keeps the thread busy beyond the time of its run is left behind with it, and
/// another thread takes its place (X2).
#[derive(Debug)]
pub(crate) struct LakeThread {
    work: mpsc::Sender<Work>,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    queue: Mutex<mpsc::Receiver<Work>>,
    /// The number of the thread that takes work; one with another number ends.
    serving: AtomicU64,
}

impl LakeThread {
    /// Starts it.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (work, queue) = mpsc::channel::<Work>();
        let shared = Arc::new(Shared { queue: Mutex::new(queue), serving: AtomicU64::new(0) });
        serve(Arc::clone(&shared), 0)?;
        Ok(Self { work, shared })
    }

    /// Does something there, after what is under way. None when it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        self.send(work)?.await.ok()
    }

    fn send<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<oneshot::Receiver<T>> {
        let (reply, answer) = oneshot::channel();
        let job = move || drop(reply.send(work()));
        self.work.send(Box::new(job)).ok()?;
        Some(answer)
    }

    /// Decodes and commits there, within a bound. The work says by [`Stage::commits`] when it
    /// begins to commit; from then on it is waited for. Also when the future is dropped nothing
    /// commits any more that has not begun to.
    pub(crate) async fn land<T: Send + 'static>(
        &self,
        bound: &Bound,
        work: impl FnOnce(&Stage) -> T + Send + 'static,
    ) -> Result<T, GivenUp> {
        let stage = Stage::default();
        let watched = Watched { thread: self, stage: stage.clone(), over: false };
        self.watch(watched, bound, work).await
    }

    async fn watch<T: Send + 'static>(
        &self,
        mut watched: Watched<'_>,
        bound: &Bound,
        work: impl FnOnce(&Stage) -> T + Send + 'static,
    ) -> Result<T, GivenUp> {
        let stage = watched.stage.clone();
        let job = move || stage.begin().then(|| work(&stage));
        let mut answer = self.send(job).ok_or(GivenUp::Panicked)?;
        let why = || if bound.cancel.is_cancelled() { GivenUp::Stopped } else { GivenUp::Time };
        let answered = tokio::select! {
            biased;
            answered = &mut answer => answered,
            () = bound.over() => match watched.stage.give_up() {
                Left::Commits => answer.await,
                Left::Queued => {
                    watched.over = true;
                    return Err(why());
                }
                Left::AtWork => {
                    // Dropped without an answer it is left behind with its thread.
                    let told = tokio::time::timeout(LAST_WORD, &mut answer).await;
                    watched.over = told.is_ok();
                    return Err(why());
                }
            },
        };
        watched.over = true;
        answered.ok().flatten().ok_or(GivenUp::Panicked)
    }

    /// Another thread in the place of one that does not come to an end.
    fn replace(&self) {
        let number = self.shared.serving.fetch_add(1, Ordering::SeqCst) + 1;
        tracing::error!(
            "a delivery keeps the thread of the lake busy; another one takes its place"
        );
        if let Err(error) = serve(Arc::clone(&self.shared), number) {
            tracing::error!(%error, "cannot start another thread for the lake");
        }
    }

    /// The newest snapshot, read there.
    pub(crate) async fn head(&self, lake: &Arc<Lake>) -> Result<Option<Snapshot>, EngineError> {
        let lake = Arc::clone(lake);
        let head = self.run(move || lake.snapshot(At::Head)).await;
        Ok(head.ok_or(EngineError::NoAnswer)??)
    }
}

/// Work that somebody waits for.
struct Watched<'a> {
    thread: &'a LakeThread,
    stage: Stage,
    /// Nothing is left to be given up.
    over: bool,
}

impl Drop for Watched<'_> {
    fn drop(&mut self) {
        if !self.over && self.stage.give_up() == Left::AtWork {
            self.thread.replace();
        }
    }
}

fn serve(shared: Arc<Shared>, number: u64) -> std::io::Result<()> {
    let thread = move || {
        while shared.serving.load(Ordering::SeqCst) == number {
            let next = {
                let queue = shared.queue.lock().unwrap_or_else(PoisonError::into_inner);
                queue.recv()
            };
            let Ok(work) = next else { return };
            // Whoever waits sees that there is no answer; the next one is served.
            let _ = catch_unwind(AssertUnwindSafe(work));
        }
    };
    std::thread::Builder::new().name("wsis-lake".to_owned()).spawn(thread).map(drop)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::Instant;
    use tokio_util::sync::CancellationToken;

    use super::*;

    fn bound(wait: Duration) -> Bound {
        let stop_within = Duration::from_millis(50);
        let deadline = Instant::now() + wait;
        Bound { cancel: CancellationToken::new(), deadline, time: wait, stop_within }
    }

    #[tokio::test]
    async fn invariant_i14_work_is_done_in_order_and_a_panic_ends_only_its_own() {
        let thread = LakeThread::start().unwrap();
        let name = || std::thread::current().name().map(str::to_owned);
        assert_eq!(thread.run(name).await.flatten().as_deref(), Some("wsis-lake"));
        assert_eq!(thread.run(|| -> u8 { panic!("a bug") }).await, None);
        assert_eq!(thread.run(|| 7).await, Some(7));
    }

    /// On one thread, as the least of machines would have it: what waits there blocks all.
    #[tokio::test]
    async fn invariant_i15_the_network_goes_on_beside_a_lake_and_a_decoder_that_wait() {
        let thread = LakeThread::start().unwrap();
        let decoders = super::super::decoders::Decoders::new();
        let long = bound(Duration::from_mins(1));
        let body = wsis_model::payload::RawId::of(b"a body");
        let (lake_goes_on, lake_waits) = mpsc::channel();
        let (body_goes_on, body_waits) = mpsc::channel();
        let patience = Duration::from_secs(20);
        let network = async {
            tokio::time::sleep(Duration::from_millis(20)).await;
            lake_goes_on.send(()).unwrap();
            body_goes_on.send(()).unwrap();
        };
        let (disk, decoder, ()) = tokio::join!(
            thread.run(move || lake_waits.recv_timeout(patience).is_ok()),
            decoders.run(body, &long, move |_| body_waits.recv_timeout(patience).is_ok()),
            network,
        );
        assert_eq!((disk, decoder), (Some(true), Ok(true)));
    }

    #[tokio::test]
    async fn trial_x2_a_delivery_that_never_decodes_leaves_the_lake_to_others() {
        let thread = LakeThread::start().unwrap();
        let (_keep, never) = mpsc::channel::<()>();
        let busy = move |_: &Stage| {
            let _ = never.recv();
        };
        let soon = bound(Duration::from_millis(50));
        assert_eq!(thread.land(&soon, busy).await, Err(GivenUp::Time));
        assert_eq!(thread.run(|| 7).await, Some(7), "served by another thread");
        let long = bound(Duration::from_mins(1));
        assert_eq!(thread.land(&long, super::super::stage::Stage::commits).await, Ok(true));
    }

    #[tokio::test]
    async fn trial_r21_a_commit_that_has_begun_is_waited_for_and_nothing_begins_to_when_given_up() {
        let thread = LakeThread::start().unwrap();
        let soon = bound(Duration::from_millis(50));
        let slow = |stage: &Stage| {
            assert!(stage.commits());
            std::thread::sleep(Duration::from_millis(300));
            7
        };
        assert_eq!(thread.land(&soon, slow).await, Ok(7));
        // Given up while it decodes, by the time or by the end of the future that waits.
        let (told, hears) = mpsc::channel();
        let late = move |stage: &Stage| {
            std::thread::sleep(Duration::from_millis(300));
            told.send(stage.commits()).unwrap();
        };
        let long = bound(Duration::from_mins(1));
        let dropped = tokio::time::timeout(Duration::from_millis(50), thread.land(&long, late));
        assert!(dropped.await.is_err());
        assert_eq!(thread.run(|| 7).await, Some(7));
        assert!(!hears.recv().unwrap());
    }
}
