//! One run of one pipeline: begun, fetched, landed, closed.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use uuid::Uuid;
use wsis_lake::{LakeError, OBSERVATIONS, RunMeta, WriterLock};
use wsis_model::observation::column::RECORDED_AT;
use wsis_model::pipeline::Pipeline;
use wsis_sources::{RequestSpec, Source};

use super::{Begun, Context, Inner};
use crate::error::EngineError;
use crate::fetch::{Secret, chain};
use crate::report::{Event, Outcome, RunReport};
use crate::run::{Archive, Delivery, Landing, Live, Reader, Refusal, land};

/// Between two looks at whether the writer's lock is free.
const LOOK_EVERY: Duration = Duration::from_millis(50);

impl Inner {
    pub(super) fn choose(&self, ids: &[String]) -> Result<Vec<Arc<Pipeline>>, EngineError> {
        let known = |id: &String| self.pipelines.iter().any(|pipeline| pipeline.id == *id);
        if let Some(unknown) = ids.iter().find(|id| !known(id)) {
            return Err(EngineError::UnknownPipeline {
                id: unknown.clone(),
                known: wsis_config::listed(self.pipelines.iter().map(|p| p.id.as_str())),
            });
        }
        let chosen = |pipeline: &&Arc<Pipeline>| ids.is_empty() || ids.contains(&pipeline.id);
        Ok(self.pipelines.iter().filter(chosen).cloned().collect())
    }

    /// Opens a row in the ledger.
    pub(super) fn begin(
        &self,
        pipeline: &Pipeline,
        context: &Context,
        replay_of: Option<String>,
    ) -> Result<RunReport, EngineError> {
        let now = self.clock.now();
        let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
        let at = uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos());
        let run = Uuid::new_v7(at).to_string();
        let mut report = RunReport::started(run, pipeline.id.clone(), now);
        report.started_by = context.occasion.started_by;
        report.scheduled_for = context.occasion.scheduled_for;
        report.years = context.options.years;
        report.replay_of = replay_of;
        self.ledger.put(&report, None)?;
        Ok(report)
    }

    /// Plans and fetches.
    pub(super) async fn fetch(
        &self,
        pipeline: Arc<Pipeline>,
        mut report: RunReport,
        context: &Context,
    ) -> Begun {
        let _place = Arc::clone(&context.places).acquire_owned().await;
        let floor = self.floor(&pipeline).await.map_err(Refusal::storage);
        let result = plan(&pipeline).and_then(|(source, plan)| {
            report.requests = u64::try_from(plan.len()).unwrap_or(u64::MAX);
            announce(&report, context);
            let live = self.live(&pipeline, &report, (floor?, context))?;
            Ok((source, plan, live))
        });
        let result = match result {
            Err(why) => Err(why),
            Ok((source, plan, live)) => {
                let order: Vec<String> = plan.iter().map(|spec| spec.id.clone()).collect();
                let reader = self.reader(source, &pipeline, &live);
                let mut delivery =
                    reader.deliver(plan, self.workspace.fetch.concurrency_per_host).await;
                delivery.findings.extend(live.late_clock());
                (delivery.records, delivery.retries, delivery.bytes) = live.finish(&order);
                Ok((source, delivery))
            }
        };
        Begun { pipeline, report, result }
    }

    /// Reads a run from the archive.
    pub(super) async fn reread(
        &self,
        pipeline: Arc<Pipeline>,
        mut report: RunReport,
        meta: RunMeta,
        context: &Context,
    ) -> Begun {
        // What was asked then tells what the answers are the whole of.
        let years = meta.records.iter().find_map(|record| record.years);
        let pipeline = match years.filter(|years| *years != pipeline.years) {
            Some(years) => Arc::new(Pipeline { years, ..Pipeline::clone(&pipeline) }),
            None => pipeline,
        };
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
        Reader {
            source,
            pipeline,
            areas: &self.areas,
            limits: self.workspace.decode,
            pages,
            pages_max: self.workspace.fetch.pages_max,
        }
    }

    fn live(
        &self,
        pipeline: &Pipeline,
        report: &RunReport,
        (floor, context): (DateTime<Utc>, &Context),
    ) -> Result<Live, Refusal> {
        let secret = match &pipeline.secret_env {
            None => None,
            Some(name) => Some(self.secret(name).map_err(Refusal::configuration)?),
        };
        let before = self.ledger.last_run(&pipeline.id, &report.run).map_err(Refusal::storage)?;
        let unfinished =
            before.filter(|run| matches!(run.outcome, Outcome::Cancelled | Outcome::Interrupted));
        Ok(Live {
            run: report.run.clone(),
            pipeline: pipeline.id.clone(),
            years: pipeline.years,
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
            floor,
            seen: crate::run::Seen::default(),
        })
    }

    /// The earliest instant at which something of the dataset may have been received: just after
    /// what the lake holds. Dated before that, a revision would be taken for the past and never
    /// come into force.
    pub(super) async fn floor(&self, pipeline: &Pipeline) -> Result<DateTime<Utc>, EngineError> {
        let head = self.lake_thread.head(&self.lake).await?;
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
    pub(super) async fn end(
        &self,
        begun: Begun,
        context: &Context,
    ) -> Result<RunReport, EngineError> {
        let Begun { pipeline, mut report, result } = begun;
        let (source, delivery) = match result {
            Ok(found) => found,
            Err(Refusal { cause, why }) => {
                report.outcome = Outcome::Failed;
                report.cause = Some(cause);
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
            lake_thread: &self.lake_thread,
            ledger: &self.ledger,
            pipeline: &pipeline,
            pipelines: &self.pipelines,
            areas: &self.areas,
            source,
            limits: self.workspace.decode,
            force: context.options.force,
            accept: context.options.accept,
            preview: None,
            emit: &emit,
        };
        // One commit at a time saves the others from computing theirs again.
        let _writer = self.writer().await?;
        let (mut report, digest) = land(landing, delivery, report).await;
        report.error = report.error.map(hide);
        report.findings = report.findings.into_iter().map(hide).collect();
        self.close(report, digest.as_deref(), context)
    }

    /// The writer's lock, when it is free. Others hold it for the time of a commit only.
    async fn writer(&self) -> Result<WriterLock, EngineError> {
        loop {
            match self.lake.lock_writer() {
                Err(LakeError::Locked { .. }) => tokio::time::sleep(LOOK_EVERY).await,
                other => return Ok(other?),
            }
        }
    }

    pub(super) fn close(
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

fn announce(report: &RunReport, context: &Context) {
    context.emit(Event::RunStarted {
        run: report.run.clone(),
        pipeline: report.pipeline.clone(),
        requests: report.requests,
    });
}

fn plan(pipeline: &Pipeline) -> Result<(&'static dyn Source, Vec<RequestSpec>), Refusal> {
    let source = wsis_sources::source(&pipeline.source)
        .ok_or_else(|| format!("there is no decoder for source {:?}", pipeline.source))
        .map_err(Refusal::configuration)?;
    let plan = source.plan(pipeline).map_err(|error| Refusal::configuration(chain(&error)))?;
    Ok((source, plan))
}
