//! The engine: ingests pipelines into a lake.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::sync::{Semaphore, mpsc};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;
use wsis_config::{Deployment, FetchLimits};
use wsis_lake::{At, Lake, OBSERVATIONS, RunMeta};
use wsis_model::area::AreaList;
use wsis_model::observation::column::RECORDED_AT;
use wsis_model::pipeline::Pipeline;
use wsis_sources::{RequestSpec, Source};

use crate::clock::Clock;
use crate::error::EngineError;
use crate::fetch::body::Caps;
use crate::fetch::guard::Guard;
use crate::fetch::{Fetcher, Limits, Secret, chain};
use crate::ledger::Ledger;
use crate::report::{Event, IngestOptions, Outcome, RunReport};
use crate::run::{Archive, Delivery, Landing, Live, Reader, land};

/// Pipelines fetched at one time.
const PIPELINES_AT_ONCE: usize = 4;

/// Tells the value of an environment variable.
pub type SecretLookup = Arc<dyn Fn(&str) -> Option<String> + Send + Sync>;

/// Ingests pipelines into a lake. Cheap to clone.
#[derive(Clone)]
pub struct Engine(Arc<Inner>);

struct Inner {
    pipelines: Vec<Arc<Pipeline>>,
    areas: Arc<AreaList>,
    limits: FetchLimits,
    lake: Arc<Lake>,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    fetcher: Arc<Fetcher>,
    secrets: SecretLookup,
}

impl fmt::Debug for Engine {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Engine").field("lake", &self.0.lake.root()).finish_non_exhaustive()
    }
}

/// A run that was begun: what it is and what it is about.
struct Begun {
    pipeline: Arc<Pipeline>,
    report: RunReport,
    /// Source and delivery, or why there is none.
    result: Result<(&'static dyn Source, Delivery), String>,
}

/// What every run of an ingest shares.
#[derive(Clone)]
struct Context {
    options: IngestOptions,
    events: mpsc::UnboundedSender<Event>,
    cancel: CancellationToken,
    places: Arc<Semaphore>,
}

impl Context {
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
        let environment: SecretLookup = Arc::new(|name: &str| std::env::var(name).ok());
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
        let workspace = &deployment.workspace;
        let ledger = Ledger::open(&lake.root().join("state").join("ledger.sqlite"))?;
        let guard = Guard::new(&workspace.allow_http, &workspace.allow_private);
        // The instant of the start spreads the waits of machines that start together.
        let seed = u64::from_ne_bytes(clock.now().timestamp_micros().to_ne_bytes());
        let fetcher = Fetcher::new(fetch_limits(&workspace.fetch), guard, Arc::clone(&clock), seed)
            .map_err(|error| EngineError::Client { why: chain(&error) })?;
        Ok(Self(Arc::new(Inner {
            pipelines: deployment.pipelines.iter().cloned().map(Arc::new).collect(),
            areas: Arc::new(deployment.areas.clone()),
            limits: workspace.fetch.clone(),
            lake,
            ledger: Arc::new(ledger),
            clock,
            fetcher: Arc::new(fetcher),
            secrets,
        })))
    }

    /// The ledger.
    pub fn ledger(&self) -> &Ledger {
        &self.0.ledger
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
    /// When nothing could be begun: an unknown pipeline, another ingest at work in this lake
    /// ([`wsis_lake::LakeError::Locked`]), or a ledger that cannot be written.
    pub async fn ingest(
        &self,
        pipelines: &[String],
        options: &IngestOptions,
        events: mpsc::UnboundedSender<Event>,
        cancel: CancellationToken,
    ) -> Result<Vec<RunReport>, EngineError> {
        let chosen = self.0.choose(pipelines)?;
        let _lock = self.0.lake.lock_writer()?;
        for run in self.0.ledger.mark_interrupted()? {
            tracing::warn!(run, "the process of this run ended before it did");
        }
        let places = Arc::new(Semaphore::new(PIPELINES_AT_ONCE));
        let context = Context { options: *options, events, cancel, places };
        if options.offline {
            self.replay(chosen, &context).await
        } else {
            self.run(chosen, &context).await
        }
    }

    async fn run(
        &self,
        chosen: Vec<Arc<Pipeline>>,
        context: &Context,
    ) -> Result<Vec<RunReport>, EngineError> {
        let mut fetches = Vec::new();
        for pipeline in chosen {
            let report = self.0.begin(&pipeline, None)?;
            let (inner, context) = (Arc::clone(&self.0), context.clone());
            let task = {
                let (pipeline, report) = (Arc::clone(&pipeline), report.clone());
                AbortOnDropHandle::new(tokio::spawn(async move {
                    inner.fetch(pipeline, report, &context).await
                }))
            };
            fetches.push((pipeline, report, task));
        }
        let mut reports = Vec::new();
        for (pipeline, report, task) in fetches {
            let begun = task.await.unwrap_or_else(|_| Begun {
                pipeline,
                report,
                result: Err("the fetch ended unexpectedly; this is a bug of wsis".to_owned()),
            });
            reports.push(self.0.end(begun, context).await?);
        }
        Ok(reports)
    }

    /// Replays archived runs that this lake does not know yet, oldest first.
    async fn replay(
        &self,
        chosen: Vec<Arc<Pipeline>>,
        context: &Context,
    ) -> Result<Vec<RunReport>, EngineError> {
        // All pipelines together in order of time: snapshots come as they came.
        let mut runs: Vec<(DateTime<Utc>, Arc<Pipeline>, RunMeta)> = Vec::new();
        let mut reports = Vec::new();
        let lake_is_new = self.0.lake.snapshot(At::Head)?.is_none();
        for pipeline in chosen {
            let metas = self.0.lake.metas(&pipeline.id)?;
            if metas.is_empty() {
                let report = self.0.begin(&pipeline, None)?;
                let why = "no complete run of this pipeline is in the archive; run it once with a network";
                let begun = Begun { pipeline, report, result: Err(why.to_owned()) };
                reports.push(self.0.end(begun, context).await?);
                continue;
            }
            let mut idle = true;
            for meta in metas {
                // Replaying what the lake already holds would undo the revisions since.
                if !lake_is_new && self.0.ledger.knows(&meta.run)? {
                    continue;
                }
                idle = false;
                runs.push((meta.started, Arc::clone(&pipeline), meta));
            }
            if idle {
                let mut report = self.0.begin(&pipeline, None)?;
                report.outcome = Outcome::Unchanged;
                reports.push(self.0.close(report, None, context)?);
            }
        }
        runs.sort_by(|a, b| (a.0, &a.1.id, &a.2.run).cmp(&(b.0, &b.1.id, &b.2.run)));
        for (_, pipeline, meta) in runs {
            let report = self.0.begin(&pipeline, Some(meta.run.clone()))?;
            let begun = self.0.reread(pipeline, report, meta, context).await;
            reports.push(self.0.end(begun, context).await?);
        }
        Ok(reports)
    }
}

impl Inner {
    fn choose(&self, ids: &[String]) -> Result<Vec<Arc<Pipeline>>, EngineError> {
        let known = |id: &String| self.pipelines.iter().any(|pipeline| pipeline.id == *id);
        if let Some(unknown) = ids.iter().find(|id| !known(id)) {
            let known: Vec<&str> = self.pipelines.iter().map(|p| p.id.as_str()).collect();
            return Err(EngineError::UnknownPipeline {
                id: unknown.clone(),
                known: known.join(", "),
            });
        }
        let chosen = |pipeline: &&Arc<Pipeline>| ids.is_empty() || ids.contains(&pipeline.id);
        Ok(self.pipelines.iter().filter(chosen).cloned().collect())
    }

    /// Opens a row in the ledger.
    fn begin(
        &self,
        pipeline: &Pipeline,
        replay_of: Option<String>,
    ) -> Result<RunReport, EngineError> {
        let now = self.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let at = uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos());
        let run = Uuid::new_v7(at).to_string();
        let mut report = RunReport::started(run, pipeline.id.clone(), now);
        report.replay_of = replay_of;
        self.ledger.put(&report, None)?;
        Ok(report)
    }

    /// Plans and fetches.
    async fn fetch(
        &self,
        pipeline: Arc<Pipeline>,
        mut report: RunReport,
        context: &Context,
    ) -> Begun {
        let _place = Arc::clone(&context.places).acquire_owned().await;
        let result = plan(&pipeline).and_then(|(source, plan)| {
            report.requests = u64::try_from(plan.len()).unwrap_or(u64::MAX);
            announce(&report, context);
            let live = self.live(&pipeline, &report, context)?;
            Ok((source, plan, live))
        });
        let result = match result {
            Err(why) => Err(why),
            Ok((source, plan, live)) => {
                let order: Vec<String> = plan.iter().map(|spec| spec.id.clone()).collect();
                let reader = self.reader(source, &pipeline, &live);
                let mut delivery = reader.deliver(plan, self.limits.concurrency_per_host).await;
                delivery.findings.extend(live.late_clock());
                (delivery.records, delivery.retries, delivery.bytes) = live.finish(&order);
                Ok((source, delivery))
            }
        };
        Begun { pipeline, report, result }
    }

    /// Reads a run from the archive.
    async fn reread(
        &self,
        pipeline: Arc<Pipeline>,
        mut report: RunReport,
        meta: RunMeta,
        context: &Context,
    ) -> Begun {
        let (source, plan) = match plan(&pipeline) {
            Ok(planned) => planned,
            Err(why) => return Begun { pipeline, report, result: Err(why) },
        };
        if context.cancel.is_cancelled() {
            let delivery = Delivery { cancelled: true, ..Delivery::default() };
            return Begun { pipeline, report, result: Ok((source, delivery)) };
        }
        let archive = Archive::new(Arc::clone(&self.lake), meta);
        let (plan, dropped) = archive.plan(plan);
        report.requests = u64::try_from(plan.len()).unwrap_or(u64::MAX);
        announce(&report, context);
        let mut delivery = self.reader(source, &pipeline, &archive).deliver(plan, 1).await;
        delivery.findings.extend(
            dropped.iter().map(|id| format!("archived request {id} is no longer declared")),
        );
        Begun { pipeline, report, result: Ok((source, delivery)) }
    }

    fn reader<'a, P>(
        &'a self,
        source: &'static dyn Source,
        pipeline: &'a Arc<Pipeline>,
        pages: &'a P,
    ) -> Reader<'a, P> {
        Reader { source, pipeline, areas: &self.areas, pages, pages_max: self.limits.pages_max }
    }

    fn live(
        &self,
        pipeline: &Pipeline,
        report: &RunReport,
        context: &Context,
    ) -> Result<Live, String> {
        let secret = match &pipeline.secret_env {
            None => None,
            Some(name) => Some(self.secret(name)?),
        };
        let before =
            self.ledger.last_run(&pipeline.id, &report.run).map_err(|error| chain(&error))?;
        let unfinished =
            before.filter(|run| matches!(run.outcome, Outcome::Cancelled | Outcome::Interrupted));
        Ok(Live {
            run: report.run.clone(),
            pipeline: pipeline.id.clone(),
            fetcher: Arc::clone(&self.fetcher),
            lake: Arc::clone(&self.lake),
            ledger: Arc::clone(&self.ledger),
            clock: Arc::clone(&self.clock),
            events: context.events.clone(),
            cancel: context.cancel.clone(),
            deadline: Instant::now() + Duration::from_secs(pipeline.timeout_s),
            secret,
            force: context.options.force,
            resume: unfinished.map(|run| run.run),
            floor: self.floor(pipeline)?,
            seen: crate::run::Seen::default(),
        })
    }

    /// The earliest instant at which something of the dataset may have been received: just after
    /// what the lake holds. Dated before that, a revision would be taken for the past and never
    /// come into force.
    fn floor(&self, pipeline: &Pipeline) -> Result<DateTime<Utc>, String> {
        let head = self.lake.snapshot(At::Head).map_err(|error| chain(&error))?;
        let newest = head
            .iter()
            .flat_map(|head| head.files_of(OBSERVATIONS, &pipeline.source, &pipeline.dataset))
            .filter_map(|file| file.max.get(RECORDED_AT)?.as_i64())
            .max()
            .and_then(|newest| DateTime::from_timestamp_micros(newest.saturating_add(1)));
        Ok(newest.unwrap_or(DateTime::UNIX_EPOCH))
    }

    /// The key in an environment variable. The message names the variable, never the key.
    fn secret(&self, name: &str) -> Result<Secret, String> {
        let missing =
            || format!("environment variable {name} is not set; put the key of the service there");
        let key = (self.secrets)(name).filter(|key| !key.trim().is_empty()).ok_or_else(missing)?;
        Secret::bearer(key.trim()).ok_or_else(|| {
            format!("environment variable {name} holds characters that no http header may have")
        })
    }

    /// Lands what a run brought home and closes its row.
    async fn end(&self, begun: Begun, context: &Context) -> Result<RunReport, EngineError> {
        let Begun { pipeline, mut report, result } = begun;
        let (source, delivery) = match result {
            Ok(found) => found,
            Err(why) => {
                report.outcome = Outcome::Failed;
                report.error = Some(why.clone());
                context.emit(Event::Failed { run: report.run.clone(), why });
                return self.close(report, None, context);
            }
        };
        let secret = pipeline.secret_env.as_ref().and_then(|name| self.secret(name).ok());
        let hide = |text: String| match &secret {
            Some(secret) => secret.hide(&text),
            None => text,
        };
        let emit = |event| {
            context.emit(match event {
                Event::Failed { run, why } => Event::Failed { run, why: hide(why) },
                other => other,
            });
        };
        let landing = Landing {
            lake: &self.lake,
            ledger: &self.ledger,
            pipeline: &pipeline,
            areas: &self.areas,
            source,
            force: context.options.force,
            emit: &emit,
        };
        let (mut report, digest) = land(landing, delivery, report).await;
        report.error = report.error.map(hide);
        report.findings = report.findings.into_iter().map(hide).collect();
        self.close(report, digest.as_deref(), context)
    }

    fn close(
        &self,
        mut report: RunReport,
        digest: Option<&str>,
        context: &Context,
    ) -> Result<RunReport, EngineError> {
        report.ended = Some(self.clock.now());
        self.ledger.put(&report, digest)?;
        tracing::info!(
            run = report.run,
            pipeline = report.pipeline,
            outcome = report.outcome.code(),
            error = report.error,
            "run ended"
        );
        context.emit(Event::RunEnded { report: report.clone() });
        Ok(report)
    }
}

fn fetch_limits(limits: &FetchLimits) -> Limits {
    Limits {
        connect_timeout: Duration::from_secs(limits.connect_timeout_s),
        read_timeout: Duration::from_secs(limits.read_timeout_s),
        retries: limits.retries,
        backoff: Duration::from_millis(limits.backoff_ms),
        backoff_max: Duration::from_secs(limits.backoff_max_s),
        concurrency_per_host: limits.concurrency_per_host,
        caps: Caps { bytes: limits.payload_max_bytes, ratio: limits.expansion_ratio_max },
    }
}

fn announce(report: &RunReport, context: &Context) {
    context.emit(Event::RunStarted {
        run: report.run.clone(),
        pipeline: report.pipeline.clone(),
        requests: report.requests,
    });
}

fn plan(pipeline: &Pipeline) -> Result<(&'static dyn Source, Vec<RequestSpec>), String> {
    let source = wsis_sources::source(&pipeline.source)
        .ok_or_else(|| format!("there is no decoder for source {:?}", pipeline.source))?;
    let plan = source.plan(pipeline).map_err(|error| chain(&error))?;
    Ok((source, plan))
}
