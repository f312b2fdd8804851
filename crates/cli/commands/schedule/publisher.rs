//! Publishing after a commit: what dashboards read follows what the lake holds.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use wsis_app::publish::publish as publish_set;
use wsis_app::{PublishedState, Review};
use wsis_config::Deployment;
use wsis_lake::{At, Lake};

use super::listen;
use crate::context;
use crate::failure::Failure;

/// How long a publication under way may take when the daemon stops.
const FINISH_WITHIN: Duration = Duration::from_secs(10);

/// The configuration in force.
pub(super) type InForce = Arc<Mutex<Arc<Deployment>>>;

/// Asks for a publication; one that waits already stands for all.
#[derive(Clone)]
pub(super) struct Asking(mpsc::Sender<()>);

impl Asking {
    /// After a commit. Does nothing where `[publish]` says so.
    pub(super) fn ask(&self) {
        // Full means that one is waiting, which will see this commit too.
        let _ = self.0.try_send(());
    }
}

/// Publishes one set after the other, each of the newest snapshot.
pub(super) struct Publisher(JoinHandle<()>);

impl Publisher {
    /// Starts it; it begins with what was committed and never published.
    pub(super) fn start(lake: Arc<Lake>, deployment: InForce) -> (Self, Asking) {
        let (sender, mut asked) = mpsc::channel(1);
        let asking = Asking(sender);
        asking.ask();
        let work = tokio::spawn(async move {
            while asked.recv().await.is_some() {
                let deployment =
                    Arc::clone(&deployment.lock().unwrap_or_else(PoisonError::into_inner));
                if deployment.workspace.publish.after_commit {
                    publish(Arc::clone(&lake), deployment).await;
                }
                tell(&lake);
            }
        });
        (Self(work), asking)
    }

    /// Waits for the set under way, when nobody asks for another one any more.
    pub(super) async fn finish(self) {
        let Self(mut work) = self;
        if tokio::time::timeout(FINISH_WITHIN, &mut work).await.is_err() {
            tracing::warn!("stopped while tables were computed; the next start publishes them");
            work.abort();
        }
    }
}

/// Scores and publishes on a thread of its own: it takes the processor for seconds.
async fn publish(lake: Arc<Lake>, deployment: Arc<Deployment>) {
    if is_published(&lake) {
        return;
    }
    let work = move || {
        Handle::current().block_on(async {
            let app = context::app(deployment, lake)?;
            let computed = app.scores(&Review::default()).await?;
            let published = publish_set(&computed, app.now()).await?;
            for warning in published.warnings {
                tracing::warn!(framework = computed.framework().id, warning);
            }
            Ok::<u64, Failure>(computed.snapshot())
        })
    };
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(snapshot)) => tracing::info!(snapshot, "published"),
        Ok(Err(failure)) => failed(&failure.to_string()),
        Err(_) => failed("the scoring ended unexpectedly; this is a bug of wsis"),
    }
}

fn failed(why: &str) {
    tracing::error!(why, "not published: dashboards still read the tables of before");
    metrics::counter!("wsis_publish_failures_total").increment(1);
}

/// Whether the newest snapshot is the published one, or there is none.
fn is_published(lake: &Lake) -> bool {
    let Ok(Some(head)) = lake.snapshot(At::Head) else { return true };
    let published = lake.published().ok().flatten().and_then(|it| it.snapshot);
    published.is_some_and(|published| published >= head.id)
}

/// Tells what is published of what.
fn tell(lake: &Lake) {
    match PublishedState::of(lake) {
        Ok(found) => listen::published(&found),
        Err(failure) => tracing::error!(why = failure.to_string(), "cannot read what is published"),
    }
}
