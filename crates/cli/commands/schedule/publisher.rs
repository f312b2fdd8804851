//! Publishing after a commit: what dashboards read follows what the lake holds.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::task::{JoinHandle, spawn_blocking};
use tokio_util::sync::CancellationToken;
use wsis_app::PublishedState;
use wsis_app::publish::Basis;
use wsis_config::Deployment;
use wsis_engine::{Clock as _, SystemClock};
use wsis_lake::{At, Lake};

use super::listen;
use super::publishing::{self, Request};
use crate::args::Global;
use crate::failure::{Failure, chain};

/// How long a publication under way may take when the daemon stops.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// How long its process may take to be ended then.
const END_WITHIN: Duration = Duration::from_secs(2);

/// The configuration in force.
pub(super) type InForce = Arc<Mutex<Arc<Deployment>>>;

/// Asks for a publication; one that waits already stands for all.
#[derive(Clone)]
pub(super) struct Asking(mpsc::Sender<()>);

impl Asking {
    /// After a commit, with other files in force, and now and then: a correction expires with a day. Does
    /// nothing where `[publish]` says so, or the set is there.
    pub(super) fn ask(&self) {
        // Full means that one is waiting, which will see this commit too.
        let _ = self.0.try_send(());
    }
}

/// Publishes one set after the other, each of the newest snapshot.
pub(super) struct Publisher {
    work: JoinHandle<()>,
    stop: CancellationToken,
    /// Whether a set is being made.
    under_way: Arc<AtomicBool>,
}

/// How it was when a publisher was told to come to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum End {
    /// Nothing was left to do.
    Done,
    /// Nothing was under way, and somebody who may ask is still there.
    Idle,
    /// A set was being made, and is not published.
    Unfinished,
}

impl Publisher {
    /// Starts it; it begins with what was committed and never published.
    pub(super) fn start(global: Global, lake: Arc<Lake>, deployment: InForce) -> (Self, Asking) {
        let (sender, mut asked) = mpsc::channel(1);
        let asking = Asking(sender);
        asking.ask();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let under_way = Arc::new(AtomicBool::new(false));
        let at_work = Arc::clone(&under_way);
        let work = tokio::spawn(async move {
            // Drafts of one that was ended in the middle of a set, by this program or with it.
            swept(&lake).await;
            // What is there from before, until something else is: a publication may take minutes.
            told(&lake).await;
            while asked.recv().await.is_some() {
                let deployment =
                    Arc::clone(&deployment.lock().unwrap_or_else(PoisonError::into_inner));
                if deployment.workspace.publish.after_commit {
                    at_work.store(true, Ordering::Relaxed);
                    publish(&global, &lake, &deployment, &stopped).await;
                    at_work.store(false, Ordering::Relaxed);
                }
                told(&lake).await;
            }
        });
        (Self { work, stop, under_way }, asking)
    }

    /// Waits for the set under way, when nobody asks for another one any more.
    pub(super) async fn finish(self) -> End {
        let Self { mut work, stop, under_way } = self;
        if tokio::time::timeout(FINISH_WITHIN, &mut work).await.is_ok() {
            return End::Done;
        }
        let end = if under_way.load(Ordering::Relaxed) { End::Unfinished } else { End::Idle };
        if end == End::Unfinished {
            tracing::warn!("stopped while tables were computed; the next start publishes them");
        }
        stop.cancel();
        let _ended = tokio::time::timeout(END_WITHIN, work).await;
        end
    }
}

/// Has the newest snapshot published, if what is published is not of it.
async fn publish(
    global: &Global,
    lake: &Arc<Lake>,
    deployment: &Arc<Deployment>,
    stop: &CancellationToken,
) {
    let (there, by) = (Arc::clone(lake), Arc::clone(deployment));
    let found = spawn_blocking(move || due(&there, &by).map_err(|failure| failure.to_string()));
    let basis = match found.await.unwrap_or_else(|error| Err(error.to_string())) {
        Ok(Some(basis)) => basis,
        Ok(None) => return,
        Err(why) => return failed(&why),
    };
    let settings = deployment.workspace.publish.clone();
    let request = Request { lake: lake.root().to_path_buf(), basis, settings };
    match publishing::ask(global, &request, stop.cancelled()).await {
        Ok(Some((snapshot, warnings))) => {
            for warning in warnings {
                tracing::warn!(framework = request.basis.framework, warning);
            }
            tracing::info!(snapshot, "published");
        }
        Ok(None) => swept(lake).await,
        Err(why) => {
            let looked_at = Arc::clone(lake);
            let whole = spawn_blocking(move || looked_at.is_published_whole()).await;
            if whole.unwrap_or(false) {
                failed(&why);
            } else {
                broken(&why);
            }
            swept(lake).await;
        }
    }
}

/// Removes drafts of a process that was ended in the middle of a set: nobody else would before the next set.
async fn swept(lake: &Arc<Lake>) {
    let lake = Arc::clone(lake);
    if let Err(error) = spawn_blocking(move || lake.sweep_published()).await {
        tracing::error!(why = error.to_string(), "cannot remove drafts");
    }
}

fn failed(why: &str) {
    tracing::error!(why, "not published: what dashboards read is as it was");
    metrics::counter!("wsis_publish_failures_total").increment(1);
}

/// The end came while files took their names, which takes milliseconds.
fn broken(why: &str) {
    tracing::error!(
        why,
        "not published, and what dashboards read is of two sets until the next one stands"
    );
    metrics::counter!("wsis_publish_failures_total").increment(1);
}

/// What the set to be published is made by; none where it is there, or where the lake holds nothing.
fn due(lake: &Lake, deployment: &Deployment) -> Result<Option<Basis>, Failure> {
    let head = lake.snapshot(At::Head).map_err(|error| Failure::ran(chain(&error)))?;
    let Some(head) = head else { return Ok(None) };
    let framework = wsis_app::names::framework(deployment, None)?;
    let basis = Basis::of(deployment, framework);
    let today = SystemClock.now().date_naive();
    let is_there = basis.published(lake, head.id, today)?.is_some();
    Ok((!is_there).then_some(basis))
}

/// [`tell`] on a thread that may wait for a disk (I15).
async fn told(lake: &Arc<Lake>) {
    let lake = Arc::clone(lake);
    if let Err(error) = spawn_blocking(move || tell(&lake)).await {
        tracing::error!(why = error.to_string(), "cannot tell what is published");
    }
}

/// Tells what is published of what.
fn tell(lake: &Lake) {
    match PublishedState::of(lake) {
        Ok(found) => listen::published(&found),
        Err(failure) => {
            tracing::error!(why = failure.to_string(), "cannot read what is published");
            // What was told of it before may be true no more.
            let snapshot = lake.snapshot(At::Head).ok().flatten().map(|head| head.id);
            listen::published(&PublishedState { snapshot, ..PublishedState::default() });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publisher(is_at_work: bool) -> Publisher {
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let work = tokio::spawn(async move { stopped.cancelled().await });
        Publisher { work, stop, under_way: Arc::new(AtomicBool::new(is_at_work)) }
    }

    /// A listener that still held on to the publisher made it say that tables were computed.
    #[tokio::test]
    async fn trial_p287_a_publisher_that_does_nothing_is_not_stopped_in_its_work() {
        let (idle, busy) = (publisher(false), publisher(true));
        let ends = tokio::join!(idle.finish(), busy.finish());
        assert_eq!(ends, (End::Idle, End::Unfinished));
        let done = Publisher { work: tokio::spawn(async {}), ..publisher(true) };
        assert_eq!(done.finish().await, End::Done);
    }
}
