//! One thread on which the lake is read and written.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, mpsc};

use tokio::sync::oneshot;
use wsis_lake::{At, Lake, Snapshot};

use crate::error::EngineError;

type Work = Box<dyn FnOnce() + Send>;

/// A thread for decoding, committing and reading snapshots; it ends with its last owner.
///
/// There is one commit at a time anyway. On threads that take turns each would keep the memory
/// that its last commit took, as allocators keep it per thread: a daemon of a thousand pipelines
/// held 128 MB at rest in this way.
#[derive(Debug)]
pub(crate) struct LakeThread(mpsc::Sender<Work>);

impl LakeThread {
    /// Starts it.
    pub(crate) fn start() -> std::io::Result<Self> {
        let (sender, queue) = mpsc::channel::<Work>();
        std::thread::Builder::new().name("wsis-lake".to_owned()).spawn(move || {
            for work in queue {
                // Whoever waits sees that there is no answer; the next one is served.
                let _ = catch_unwind(AssertUnwindSafe(work));
            }
        })?;
        Ok(Self(sender))
    }

    /// Does something there, after what is under way. None when it panicked.
    pub(crate) async fn run<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
    ) -> Option<T> {
        let (reply, answer) = oneshot::channel();
        let job = move || drop(reply.send(work()));
        self.0.send(Box::new(job)).ok()?;
        answer.await.ok()
    }

    /// The newest snapshot, read there.
    pub(crate) async fn head(&self, lake: &Arc<Lake>) -> Result<Option<Snapshot>, EngineError> {
        let lake = Arc::clone(lake);
        let head = self.run(move || lake.snapshot(At::Head)).await;
        Ok(head.ok_or(EngineError::NoAnswer)??)
    }
}

#[cfg(test)]
mod tests {
    use super::LakeThread;

    #[tokio::test]
    async fn work_is_done_in_order_and_a_panic_ends_only_its_own() {
        let thread = LakeThread::start().unwrap();
        let name = || std::thread::current().name().map(str::to_owned);
        assert_eq!(thread.run(name).await.flatten().as_deref(), Some("wsis-lake"));
        assert_eq!(thread.run(|| -> u8 { panic!("a bug") }).await, None);
        assert_eq!(thread.run(|| 7).await, Some(7));
    }
}
