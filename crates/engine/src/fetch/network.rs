//! The threads that connections of sources live on. The client reads answers that are to come (1xx)
//! in a loop of its own, and gives no way to count them: a host that sends them without end keeps
//! the thread that reads busy. Here that is none of those that run pipelines, answer `/healthz` or
//! take a signal; and they are several, so that the system, not the loop, decides who goes on (X11).

use std::future::Future;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;

/// Threads that move network data: more than hosts that are likely to misbehave at one time.
const THREADS: usize = 8;

/// Threads of names that are resolved; they end when there is nothing to do.
const RESOLVERS: usize = 16;

/// A thread that nobody needs ends after this.
const KEPT: Duration = Duration::from_secs(10);

/// The threads, and what runs on them.
pub(super) struct Network {
    runtime: Option<Runtime>,
    /// Why there are none.
    silent: String,
}

impl Network {
    /// Starts the threads. Where the machine gives no more, whatever is asked says so.
    pub(super) fn start() -> Self {
        let count = AtomicUsize::new(0);
        let started = Builder::new_multi_thread()
            .worker_threads(THREADS)
            .max_blocking_threads(RESOLVERS)
            .thread_keep_alive(KEPT)
            .thread_name_fn(move || format!("network-{}", count.fetch_add(1, Ordering::Relaxed)))
            .enable_all()
            .build();
        match started {
            Ok(runtime) => Self { runtime: Some(runtime), silent: String::new() },
            Err(error) => Self { runtime: None, silent: format!("cannot start a thread: {error}") },
        }
    }

    /// Runs something there, until it ends or nobody waits for it.
    ///
    /// # Errors
    /// Why it could not run, or not to its end.
    pub(super) async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = T> + Send + 'static,
    ) -> Result<T, String> {
        let runtime = self.runtime.as_ref().ok_or_else(|| self.silent.clone())?;
        let done = AbortOnDropHandle::new(runtime.spawn(work.in_current_span())).await;
        done.map_err(|error| format!("a worker ended unexpectedly: {error}"))
    }
}

impl Drop for Network {
    fn drop(&mut self) {
        // Whoever drops it may be on a thread that must not wait.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}
