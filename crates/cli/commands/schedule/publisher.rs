//! Publishing after a commit: what dashboards read follows what the lake holds.

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
}

impl Publisher {
    /// Starts it; it begins with what was committed and never published.
    pub(super) fn start(global: Global, lake: Arc<Lake>, deployment: InForce) -> (Self, Asking) {
        let (sender, mut asked) = mpsc::channel(1);
        let asking = Asking(sender);
        asking.ask();
        let stop = CancellationToken::new();
        let stopped = stop.clone();
        let work = tokio::spawn(async move {
            // What is there from before, until something else is: a publication may take minutes.
            told(&lake).await;
            while asked.recv().await.is_some() {
                let deployment =
                    Arc::clone(&deployment.lock().unwrap_or_else(PoisonError::into_inner));
                if deployment.workspace.publish.after_commit {
                    publish(&global, &lake, &deployment, &stopped).await;
                }
                told(&lake).await;
            }
        });
        (Self { work, stop }, asking)
    }

    /// Waits for the set under way, when nobody asks for another one any more.
    pub(super) async fn finish(self) {
        let Self { mut work, stop } = self;
        if tokio::time::timeout(FINISH_WITHIN, &mut work).await.is_err() {
            tracing::warn!("stopped while tables were computed; the next start publishes them");
            stop.cancel();
            let _ended = tokio::time::timeout(END_WITHIN, work).await;
        }
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
        Ok(None) => {}
        Err(why) => failed(&why),
    }
}

fn failed(why: &str) {
    tracing::error!(why, "not published: what dashboards read is as it was");
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
