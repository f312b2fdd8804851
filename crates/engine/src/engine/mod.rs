//! The engine: ingests pipelines into a lake.

mod backfill;
mod hand_in;
mod held;
mod look;
mod one;
mod probe;
mod redecode;
mod replay;

use std::collections::BTreeSet;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use tracing::Instrument as _;
use wsis_config::{Deployment, FetchLimits, Workspace};
use wsis_lake::{At, Lake, LakeError};
use wsis_model::causes::chain;
use wsis_model::codelist::CodeLists;
use wsis_model::pipeline::Pipeline;
use wsis_sources::Source;

use crate::clock::Clock;
use crate::error::EngineError;
use crate::fetch::body::Caps;
use crate::fetch::guard::Guard;
use crate::fetch::{
    BreakerLimits, BudgetStore, Fetcher, HostRule, Limits, Reach, from_environment,
};
use crate::hold::{self, Hold};
use crate::ledger::{FileMark, Ledger};
use crate::report::{Event, IngestOptions, RunReport, StartedBy};
use crate::run::{Bound, Decoders, Delivery, Held, LakeThread};
use crate::trust::Trust;
pub use backfill::{Backfill, BackfillStep, Step, Which};
pub use hand_in::{Acceptance, HandIn, Rehearsal};
pub use held::HeldRun;
pub use look::{Looked, look_at};
pub use probe::{PROBE_WITHIN, Probed, probe};
pub use redecode::{Redecoded, Rereading};

/// Pipelines fetched at one time.
const PIPELINES_AT_ONCE: usize = 4;

/// Tells the value of an environment variable.
pub type SecretLookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Ingests pipelines into a lake. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    pipelines: Vec<Arc<Pipeline>>,
    lists: Arc<CodeLists>,
    workspace: Workspace,
    lake: Arc<Lake>,
    lake_thread: Arc<LakeThread>,
    decoders: Arc<Decoders>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    fetcher: Arc<Fetcher>,
    secrets: SecretLookup,
    /// What of the lake is made once, as it was found at the start.
    places: Vec<(PathBuf, Option<FileMark>)>,
}

/// The file of a lake that is written once.
const LAKE_MARK: &str = "_format.json";

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("lake", &self.0.lake.root()).finish_non_exhaustive()
    }
}

/// A run that was begun: what it is and what it is about.
struct Begun {
    pipeline: Arc<Pipeline>,
    report: RunReport,
    /// Until when it goes on.
    bound: Bound,
    /// Source and delivery, or why there is none.
    result: Result<(&'static dyn Source, Delivery), crate::run::Refusal>,
}

/// Why a run begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Occasion {
    /// What makes it begin.
    pub started_by: StartedBy,
    /// The tick that it belongs to.
    pub scheduled_for: Option<DateTime<Utc>>,
}

impl Occasion {
    /// Somebody wants it now.
    pub const HAND: Self = Self { started_by: StartedBy::Hand, scheduled_for: None };
}

/// What every run of an ingest shares.
#[derive(Clone)]
struct Context {
    options: IngestOptions,
    occasion: Occasion,
    events: mpsc::UnboundedSender<Event>,
    cancel: CancellationToken,
    places: Arc<Semaphore>,
    /// The locks of the pipelines that are run.
    locks: Locks,
    /// Ask for these requests only.
    only: Option<Arc<BTreeSet<String>>>,
}

/// The locks of pipelines.
type Locks = Arc<Vec<Arc<Hold>>>;

impl Context {
    /// Of one pipeline that somebody deals with by hand; nobody draws bars for it.
    fn by_hand(options: IngestOptions, locks: Locks, cancel: CancellationToken) -> Self {
        let (events, _) = mpsc::unbounded_channel::<Event>();
        let (occasion, places) = (Occasion::HAND, Arc::new(Semaphore::new(1)));
        Self { options, occasion, events, cancel, places, locks, only: None }
    }

    /// The hold on a pipeline.
    fn hold(&self, pipeline: &str) -> Option<&Arc<Hold>> {
        self.locks.iter().find(|hold| hold.pipeline() == pipeline)
    }

    fn held(&self) -> Held {
        let locks: Locks = Arc::clone(&self.locks);
        vec![locks]
    }

    fn emit(&self, event: Event) {
        // Progress bars may have gone away; the run goes on.
        let _ = self.events.send(event);
    }
}

impl Engine {
    /// Opens the lake's ledger and sets up the HTTP client. Secrets come from the environment.
    ///
    /// # Errors
    /// When the ledger cannot be opened or TLS cannot be set up.
    pub fn new(
        deployment: Arc<Deployment>,
        lake: Arc<Lake>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, EngineError> {
        let environment: SecretLookup = Arc::new(from_environment);
        Self::with_secrets(deployment, lake, clock, environment)
    }

    /// [`Engine::new`] with secrets from elsewhere than the environment.
    ///
    /// # Errors
    /// As [`Engine::new`].
    pub fn with_secrets(
        deployment: Arc<Deployment>,
        lake: Arc<Lake>,
        clock: Arc<dyn Clock>,
        secrets: SecretLookup,
    ) -> Result<Self, EngineError> {
        let ledger = Arc::new(Ledger::of(&deployment.workspace, lake.root())?);
        // A lake of before ids were given gets one with the first lock that is free.
        match lake.lock_writer() {
            Ok(lock) => drop(lock),
            Err(LakeError::Locked { .. }) => {}
            Err(error) => return Err(error.into()),
        }
        if let Some(id) = lake.id()? {
            ledger.belong_to(&id)?;
        }
        let names = hosts_of(deployment.pipelines.iter());
        let fetcher = fetcher(&deployment.workspace, &clock, (Some(&ledger), names))?;
        let lake_thread = LakeThread::start().map_err(EngineError::Thread)?;
        let places = std::iter::once(lake.root().join(LAKE_MARK)).chain(lake.folders());
        let places = places.map(|path| (path.clone(), FileMark::of(&path))).collect();
        Ok(Self(Arc::new(Inner {
            pipelines: deployment.pipelines.iter().cloned().map(Arc::new).collect(),
            lists: Arc::new(deployment.code_lists()),
            workspace: deployment.workspace.clone(),
            lake,
            lake_thread: Arc::new(lake_thread),
            decoders: Arc::new(Decoders::new()),
            ledger,
            clock,
            fetcher,
            secrets,
            places,
        })))
    }

    /// The same engine over a changed deployment: lake, ledger and clock stay, and so does the
    /// HTTP client unless its limits changed.
    ///
    /// # Errors
    /// When TLS cannot be set up.
    pub fn reconfigured(&self, deployment: &Deployment) -> Result<Self, EngineError> {
        let old = &self.0;
        let new = &deployment.workspace;
        let same = old.workspace.fetch == new.fetch
            && old.workspace.allow_http == new.allow_http
            && old.workspace.allow_private == new.allow_private
            && old.workspace.hosts == new.hosts;
        let fetcher = if same {
            Arc::clone(&old.fetcher)
        } else {
            let names = hosts_of(deployment.pipelines.iter());
            fetcher(new, &old.clock, (Some(&old.ledger), names))?
        };
        Ok(Self(Arc::new(Inner {
            pipelines: deployment.pipelines.iter().cloned().map(Arc::new).collect(),
            lists: Arc::new(deployment.code_lists()),
            workspace: new.clone(),
            lake: Arc::clone(&old.lake),
            lake_thread: Arc::clone(&old.lake_thread),
            decoders: Arc::clone(&old.decoders),
            ledger: Arc::clone(&old.ledger),
            clock: Arc::clone(&old.clock),
            fetcher,
            secrets: Arc::clone(&old.secrets),
            places: old.places.clone(),
        })))
    }

    /// The ledger.
    pub fn ledger(&self) -> &Arc<Ledger> {
        &self.0.ledger
    }

    /// The pipelines, in the order of their ids.
    pub fn pipelines(&self) -> &[Arc<Pipeline>] {
        &self.0.pipelines
    }

    /// Runs the named pipelines, or all of them, once. Pipelines are fetched side by side and
    /// committed in the order of their ids, so that snapshot numbers do not depend on which
    /// source was faster. A pipeline that fails never stops another; look at the outcomes.
    ///
    /// On `cancel` no new request begins and what is under way is given up. A pipeline that was
    /// received completely is still committed; of another nothing is, its bodies stay in the
    /// archive and the next run asks for the rest.
    ///
    /// # Errors
    /// When nothing could be begun: an unknown pipeline, one that another process is running
    /// ([`EngineError::Busy`]), or a ledger that cannot be written.
    pub async fn ingest(
        &self,
        pipelines: &[String],
        options: &IngestOptions,
        events: mpsc::UnboundedSender<Event>,
        cancel: CancellationToken,
    ) -> Result<Vec<RunReport>, EngineError> {
        self.ingest_only(None, pipelines, options, (events, cancel)).await
    }

    async fn ingest_only(
        &self,
        only: Option<Arc<BTreeSet<String>>>,
        pipelines: &[String],
        options: &IngestOptions,
        (events, cancel): (mpsc::UnboundedSender<Event>, CancellationToken),
    ) -> Result<Vec<RunReport>, EngineError> {
        let mut chosen = self.0.choose(pipelines)?;
        if let Some(years) = options.years {
            for pipeline in &mut chosen {
                *pipeline = Arc::new(Pipeline { years, ..Pipeline::clone(pipeline) });
            }
        }
        let locks = self.lock_all(&chosen).await?;
        let places = Arc::new(Semaphore::new(PIPELINES_AT_ONCE));
        let occasion = Occasion::HAND;
        let leases = locks.iter().filter_map(|hold| hold.released()).collect();
        let context = Context { options: *options, occasion, events, cancel, places, locks, only };
        let reports = if options.offline {
            self.replay(chosen, &context).await
        } else {
            self.run(chosen, &context).await
        };
        drop(context);
        hold::all_released(leases).await;
        reports
    }

    /// Takes a pipeline for one run, and closes runs of it whose process died.
    ///
    /// # Errors
    /// [`EngineError::Busy`] while another run of it is under way, here or on another machine that
    /// shares the ledger.
    pub fn lock(&self, pipeline: &str) -> Result<Hold, EngineError> {
        let lock = self.0.lake.lock_pipeline(pipeline).map_err(|error| match error {
            LakeError::Locked { .. } => EngineError::Busy { id: pipeline.to_owned() },
            other => other.into(),
        })?;
        let inner = &self.0;
        let holder = crate::ledger::new_id(inner.clock.now());
        let hold = Hold::over(lock, &inner.ledger, (inner.lake.root(), &holder))?;
        let declared = inner.pipelines.iter().find(|it| it.id == pipeline);
        let committed = |snapshot| {
            let change = inner.lake.snapshot(At::Id(snapshot)).ok()??.change;
            let is_ours =
                |it: &Arc<Pipeline>| (&it.source, &it.dataset) == (&change.source, &change.dataset);
            declared.is_some_and(is_ours).then_some(change)
        };
        let now = inner.clock.now();
        crate::history::settle_landings(&inner.ledger, &inner.lake, pipeline, now)?;
        for run in inner.ledger.mark_interrupted(pipeline, &committed)? {
            let (run, outcome) = (run.run, run.outcome.code());
            tracing::warn!(run, pipeline, outcome, "the process of this run ended before it did");
        }
        Ok(hold)
    }

    /// Whether lake and ledger are still those that were opened, and what the newest snapshot stands
    /// on is there.
    pub(crate) fn still_there(&self) -> Result<(), EngineError> {
        let inner = &self.0;
        if let Some((path, _)) = inner.places.iter().find(|(path, at)| FileMark::of(path) != *at) {
            return Err(EngineError::LakeGone { path: path.display().to_string() });
        }
        inner.ledger.still_there()?;
        crate::history::standing(&inner.ledger, &inner.lake)?;
        Ok(inner.lake.glance()?)
    }

    /// Takes all of them, or none.
    async fn lock_all(&self, chosen: &[Arc<Pipeline>]) -> Result<Locks, EngineError> {
        let ids: Vec<String> = chosen.iter().map(|pipeline| pipeline.id.clone()).collect();
        let engine = self.clone();
        let lock = move || {
            // Before anything is asked of anybody.
            engine.still_there()?;
            ids.iter().map(|id| engine.lock(id).map(Arc::new)).collect()
        };
        let locked = tokio::task::spawn_blocking(lock).await;
        locked.unwrap_or(Err(EngineError::NoAnswer)).map(Arc::new)
    }

    /// Runs one pipeline on an occasion, live. The lock names it, and shows that nobody else
    /// runs it.
    ///
    /// # Errors
    /// An unknown pipeline, or a ledger that cannot be written.
    pub async fn run_one(
        &self,
        lock: &Arc<Hold>,
        occasion: Occasion,
        events: mpsc::UnboundedSender<Event>,
        cancel: CancellationToken,
    ) -> Result<RunReport, EngineError> {
        let pipeline = self.0.choose(&[lock.pipeline().to_owned()])?.remove(0);
        let places = Arc::new(Semaphore::new(1));
        let options = IngestOptions::default();
        let locks = Arc::new(vec![Arc::clone(lock)]);
        let context = Context { options, occasion, events, cancel, places, locks, only: None };
        let report = self.0.begin(&pipeline, &context, None).await?;
        let span = span(&report);
        let begun = self.0.fetch(pipeline, report, &context).instrument(span.clone()).await;
        self.0.end(begun, &context).instrument(span).await
    }

    async fn run(
        &self,
        chosen: Vec<Arc<Pipeline>>,
        context: &Context,
    ) -> Result<Vec<RunReport>, EngineError> {
        let mut fetches = Vec::new();
        for pipeline in chosen {
            let report = self.0.begin(&pipeline, context, None).await?;
            let (inner, context) = (Arc::clone(&self.0), context.clone());
            let task = {
                let (pipeline, report) = (Arc::clone(&pipeline), report.clone());
                let span = span(&report);
                let work = async move { inner.fetch(pipeline, report, &context).await };
                AbortOnDropHandle::new(tokio::spawn(work.instrument(span)))
            };
            fetches.push((pipeline, report, task));
        }
        let mut reports = Vec::new();
        for (pipeline, report, task) in fetches {
            let begun = task.await.unwrap_or_else(|_| Begun {
                bound: self.0.bound(&pipeline, context),
                pipeline,
                report,
                result: Err(crate::run::Refusal::bug("the fetch ended unexpectedly")),
            });
            let span = span(&begun.report);
            reports.push(self.0.end(begun, context).instrument(span).await?);
        }
        Ok(reports)
    }
}

/// Every line of the log that belongs to a run names it.
fn span(report: &RunReport) -> tracing::Span {
    tracing::error_span!("run", run = report.run, pipeline = report.pipeline)
}

/// The hosts that pipelines ask, by name.
pub(super) fn hosts_of<'p>(pipelines: impl Iterator<Item = &'p Pipeline>) -> Vec<String> {
    let name = |it: &Pipeline| {
        let url = url::Url::parse(&it.base_url).ok()?;
        url.domain().map(str::to_owned)
    };
    pipelines.filter_map(name).collect()
}

pub(super) fn fetcher(
    workspace: &Workspace,
    clock: &Arc<dyn Clock>,
    (ledger, names): (Option<&Arc<Ledger>>, Vec<String>),
) -> Result<Arc<Fetcher>, EngineError> {
    let guard = Guard::new(&workspace.allow_http, &workspace.allow_private);
    // The instant of the start spreads the waits of machines that start together.
    let seed = u64::from_ne_bytes(clock.now().timestamp_micros().to_ne_bytes());
    let fetch = &workspace.fetch;
    let rules = workspace.hosts.iter().map(|host| HostRule {
        host: host.host.clone(),
        concurrency: host.concurrency,
        data_per_minute: host.data_per_minute,
        data_per_hour: host.data_per_hour,
        structure_per_hour: host.structure_per_hour,
    });
    let reach = Reach {
        proxy: fetch.proxy.as_ref().and_then(|proxy| proxy.parse().ok()),
        trust: Trust::read(fetch.ca_file.as_deref())?,
        rules: rules.collect(),
        budgets: ledger.map(|ledger| Arc::clone(ledger) as Arc<dyn BudgetStore>),
        names,
        lookup: None,
    };
    Fetcher::reaching(fetch_limits(fetch), guard, Arc::clone(clock), seed, reach)
        .map(Arc::new)
        .map_err(|error| EngineError::Client { why: chain(&error) })
}

fn fetch_limits(limits: &FetchLimits) -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(limits.connect_timeout_s),
        read_timeout: Duration::from_secs(limits.read_timeout_s),
        retries: limits.retries,
        backoff: Duration::from_millis(limits.backoff_ms),
        backoff_max: Duration::from_secs(limits.backoff_max_s),
        concurrency_per_host: limits.concurrency_per_host,
        breaker: BreakerLimits {
            failures: limits.breaker_failures,
            pause: Duration::from_secs(limits.breaker_pause_s),
        },
        caps: Caps { bytes: limits.payload_max_bytes, ratio: limits.expansion_ratio_max },
    }
}
