//! `wsis schedule run`: the daemon with what surrounds it — signals, changed files, alerts,
//! metrics.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, SystemTime};

use chrono::TimeDelta;
use tokio::sync::{Notify, mpsc};
use tokio_util::sync::CancellationToken;
use wsis_config::{Deployment, Origin};
use wsis_engine::alert::Alerts;
use wsis_engine::daemon::{Change, Daemon, Limits, Note, WAKE, Wires};
use wsis_engine::fetch::guard::Guard;
use wsis_engine::watch::Watch;
use wsis_engine::{Clock, Engine, SystemClock, Trust};
use wsis_lake::Lake;

use super::listen::{self, Status};
use super::publisher::{Asking, InForce, Publisher};
use crate::args::Global;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output;

/// Between two looks at whether files have changed.
const LOOK_AT_FILES_EVERY: Duration = Duration::from_secs(2);

/// Between two looks at all pipelines: states also change because time passes.
const LOOK_AT_ALL_EVERY: Duration = Duration::from_mins(10);

/// Between two looks at whether an alert that was not told is to be tried again.
const TELL_EVERY: Duration = Duration::from_secs(30);

/// For so long what the last runs told is worked off; alerts that are not told by then are kept.
const LAST_NOTES_WITHIN: Duration = Duration::from_secs(5);

/// What is told at the first signal.
const STOPPING: &str =
    "stopping: commits end, the rest is resumed by the next start; once more to stop at once";

pub(super) async fn run(global: &Global, listen: Option<SocketAddr>) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    if deployment.pipelines.iter().all(|pipeline| pipeline.schedule.is_none()) {
        return Err(Failure::usage(
            "no pipeline has a `[schedule]`; declare one in pipelines/, or use `wsis ingest`",
        ));
    }
    let folder = context::lake_folder(global, &deployment);
    let lake = Arc::new(Lake::open(&folder).map_err(|error| Failure::ran(chain(&error)))?);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let engine = Engine::new(Arc::new(deployment.clone()), Arc::clone(&lake), Arc::clone(&clock))?;
    let status = Arc::new(Status::new());
    let stop = CancellationToken::new();
    if let Some(address) = listen {
        listen::serve(address, Arc::clone(&status), stop.clone()).await?;
    }
    let in_force: InForce = Arc::new(Mutex::new(Arc::new(deployment.clone())));
    let (publisher, asking) =
        Publisher::start(global.clone(), Arc::clone(&lake), Arc::clone(&in_force));
    let around = Arc::new(Around {
        in_force,
        asking,
        watch: Mutex::new(Arc::new(watch(&engine, &deployment)?)),
        engine: Mutex::new(engine.clone()),
        ledger: deployment.workspace.ledger.clone(),
        status,
    });
    let (notes, told) = mpsc::unbounded_channel();
    let (change, changes) = mpsc::channel(1);
    let reload = Arc::new(Notify::new());
    let helpers = [
        tokio::spawn(stop_on_signal(stop.clone(), STOPPING)),
        tokio::spawn(reload_on_signal(Arc::clone(&reload))),
        tokio::spawn(Arc::clone(&around).reload_on_change(global.clone(), reload, change)),
        tokio::spawn(Arc::clone(&around).look_at_all()),
        tokio::spawn(Arc::clone(&around).tell()),
    ];
    let listener = tokio::spawn(Arc::clone(&around).listen(told));
    let name = format!("{}-{}", std::process::id(), clock.now().timestamp_micros());
    let first = state(engine.clone(), &deployment);
    let ledger = Arc::clone(engine.ledger());
    let wires = Wires { notes, changes, stop };
    tracing::info!(
        pipelines = first.pipelines.len(),
        lake = %folder.display(),
        ledger = ledger.name(),
        "the daemon has started"
    );
    let stopped = Daemon::new(first, ledger, clock, name, wires).run().await;
    // A second signal is still heard while the last set is published.
    let [signals, others @ ..] = helpers;
    for helper in others {
        helper.abort();
    }
    // What the last runs told is still worked off: states, promises, alerts.
    // One that a ledger keeps longer is let go: it would hold on to the publisher.
    let last = listener.abort_handle();
    if tokio::time::timeout(LAST_NOTES_WITHIN, listener).await.is_err() {
        last.abort();
    }
    drop(around);
    publisher.finish().await;
    signals.abort();
    if stopped.given_up.is_empty() {
        tracing::info!(runs = stopped.ended, "the daemon has stopped");
        return Ok(());
    }
    Err(Failure::ran(format!(
        "stopped while {} did not come to an end; the next start resumes it",
        stopped.given_up.join(", ")
    )))
}

fn state(engine: Engine, deployment: &Deployment) -> Change<Engine> {
    let limits = &deployment.workspace.schedule;
    let pipelines = engine.pipelines().to_vec();
    let limits = Limits {
        at_once: limits.pipelines_at_once,
        per_host: limits.pipelines_per_host,
        grace: TimeDelta::seconds(i64::try_from(limits.grace_s).unwrap_or(i64::MAX / 1_000)),
        stop_within: Duration::from_secs(limits.stop_within_s),
        wake: WAKE,
    };
    Change { runner: engine, pipelines, limits }
}

fn watch(engine: &Engine, deployment: &Deployment) -> Result<Watch, Failure> {
    let clock: Arc<dyn Clock> = Arc::new(SystemClock);
    let secrets: wsis_engine::SecretLookup = Arc::new(wsis_engine::from_environment);
    let trust = Trust::read(deployment.workspace.fetch.ca_file.as_deref())
        .map_err(|error| Failure::usage(chain(&error)))?;
    let alerts = Alerts::new(deployment.workspace.alerts.clone(), Arc::clone(&clock), secrets)
        .trusting(trust)
        .guarded(Guard::new(&deployment.workspace.allow_http, &deployment.workspace.allow_private));
    let workspace = deployment.workspace.clone();
    let ledger = Arc::clone(engine.ledger());
    Ok(Watch::new(engine.pipelines().to_vec(), workspace, ledger, clock, alerts))
}

/// What surrounds the daemon, and changes with its configuration.
struct Around {
    watch: Mutex<Arc<Watch>>,
    engine: Mutex<Engine>,
    /// The ledger in use; another one needs a new start.
    ledger: Option<String>,
    status: Arc<Status>,
    /// The configuration in force.
    in_force: InForce,
    /// Asks for a publication after a commit.
    asking: Asking,
}

impl Around {
    fn watch(&self) -> Arc<Watch> {
        Arc::clone(&self.watch.lock().unwrap_or_else(PoisonError::into_inner))
    }

    async fn listen(self: Arc<Self>, mut told: mpsc::UnboundedReceiver<Note>) {
        while let Some(note) = told.recv().await {
            self.status.note(&note);
            if let Note::Ended(report) = note {
                if report.snapshot.is_some() {
                    self.asking.ask();
                }
                match self.watch().look(&report.pipeline).await {
                    Ok(Some(found)) => listen::fresh(&found, SystemClock.now()),
                    Ok(None) => {}
                    Err(error) => tracing::error!(error = chain(&error), "cannot keep account"),
                }
            }
        }
    }

    async fn look_at_all(self: Arc<Self>) {
        loop {
            // A correction expires with a day, and no commit says so.
            self.asking.ask();
            match self.watch().look_at_all().await {
                Ok(all) => {
                    for found in &all {
                        listen::fresh(found, SystemClock.now());
                    }
                }
                Err(error) => tracing::error!(error = chain(&error), "cannot keep account"),
            }
            tokio::time::sleep(LOOK_AT_ALL_EVERY).await;
        }
    }

    /// Tells what waits to be told.
    async fn tell(self: Arc<Self>) {
        loop {
            tokio::time::sleep(TELL_EVERY).await;
            match self.watch().tell().await {
                Ok(waiting) => listen::waiting(waiting),
                Err(error) => tracing::error!(error = chain(&error), "cannot tell what waits"),
            }
        }
    }

    /// Loads the configuration again when its files change, or somebody says so.
    async fn reload_on_change(
        self: Arc<Self>,
        global: Global,
        reload: Arc<Notify>,
        change: mpsc::Sender<Change<Engine>>,
    ) {
        let mut before = fingerprint(&global);
        loop {
            let asked = tokio::select! {
                () = reload.notified() => true,
                () = tokio::time::sleep(LOOK_AT_FILES_EVERY) => false,
            };
            let now = fingerprint(&global);
            if !asked && now == before {
                continue;
            }
            before = now;
            match self.load(&global) {
                Ok(next) => {
                    tracing::info!(pipelines = next.pipelines.len(), "configuration loaded again");
                    listen::configured(true);
                    self.asking.ask();
                    if change.send(next).await.is_err() {
                        return;
                    }
                }
                Err(why) => {
                    tracing::error!("configuration not loaded, the old one stays in force: {why}");
                    listen::configured(false);
                }
            }
        }
    }

    fn load(&self, global: &Global) -> Result<Change<Engine>, String> {
        let deployment = context::deployment(global).map_err(|failure| failure.to_string())?;
        if deployment.workspace.ledger != self.ledger {
            return Err("`ledger` has changed, which takes a new start of the daemon".to_owned());
        }
        let mut engine = self.engine.lock().unwrap_or_else(PoisonError::into_inner);
        let next = engine.reconfigured(&deployment).map_err(|error| chain(&error))?;
        let watch = watch(&next, &deployment).map_err(|failure| failure.to_string())?;
        *engine = next.clone();
        *self.in_force.lock().unwrap_or_else(PoisonError::into_inner) =
            Arc::new(deployment.clone());
        *self.watch.lock().unwrap_or_else(PoisonError::into_inner) = Arc::new(watch);
        Ok(state(next, &deployment))
    }
}

/// Length and time of every file of the deployment; nothing for the embedded one.
fn fingerprint(global: &Global) -> BTreeMap<PathBuf, (u64, Option<SystemTime>)> {
    let Origin::Folder(root) = context::origin(global) else { return BTreeMap::new() };
    let mut found = BTreeMap::new();
    let mut folders = vec![root.join("pipelines"), root.join("schemas")];
    let mut files = vec![root.join("workspace.toml")];
    while let Some(folder) = folders.pop() {
        // A folder that cannot be read is what loading will complain of.
        for entry in std::fs::read_dir(&folder).into_iter().flatten().flatten() {
            let path = entry.path();
            if path.is_dir() { folders.push(path) } else { files.push(path) }
        }
    }
    for file in files {
        if let Ok(meta) = std::fs::metadata(&file) {
            found.insert(file, (meta.len(), meta.modified().ok()));
        }
    }
    found
}

/// The first SIGTERM or Ctrl-C asks for a stop in good order, the second ends the program at
/// once, which lake and ledger tolerate.
pub(crate) async fn stop_on_signal(stop: CancellationToken, told: &str) {
    super::super::ingest::interrupted().await;
    output::note(told);
    stop.cancel();
    let signal = super::super::ingest::interrupted().await;
    super::super::ingest::end_at_once(signal);
}

async fn reload_on_signal(reload: Arc<Notify>) {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut hangup) = signal(SignalKind::hangup()) else { return };
    while hangup.recv().await.is_some() {
        reload.notify_one();
    }
}
