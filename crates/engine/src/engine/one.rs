//! One run of one pipeline: begun, fetched, landed, closed.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use tokio::time::Instant;
use wsis_lake::{At, LakeError, RunMeta, WriterLock};
use wsis_model::causes::chain;
use wsis_model::pipeline::{KeyPlace, Pipeline};
use wsis_sources::{RequestSpec, Source};

use super::{Begun, Context, Inner};
use crate::clock::Compared;
use crate::error::EngineError;
use crate::fetch::Secret;
use crate::ledger::{Backfilled, Ledger};
use crate::report::{Cause, Event, Outcome, RunReport};
use crate::run::{
    Archive, Bound, Delivery, Landing, Live, Reader, Refusal, land, received_through,
};

/// Between two looks at whether the writer's lock is free.
const LOOK_EVERY: Duration = Duration::from_millis(50);

/// Longest wait for the writer's lock: a commit takes seconds, and what was received is archived.
const WRITER_WITHIN: Duration = Duration::from_mins(15);

/// After so long it is told what is waited for.
const TOLD_AFTER: Duration = Duration::from_secs(5);

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
    pub(super) async fn begin(
        &self,
        pipeline: &Pipeline,
        context: &Context,
        replay_of: Option<String>,
    ) -> Result<RunReport, EngineError> {
        let now = self.clock.now();
        let run = crate::ledger::new_id(now);
        let mut report = RunReport::started(run, pipeline.id.clone(), now);
        report.started_by = context.occasion.started_by;
        report.scheduled_for = context.occasion.scheduled_for;
        report.years = context.options.years;
        report.replay_of = replay_of;
        let begun = report.clone();
        self.ledger.apart(move |ledger| ledger.put(&begun, None)).await?;
        Ok(report)
    }

    /// Until when work of a run goes on that begins now.
    pub(super) fn bound(&self, pipeline: &Pipeline, context: &Context) -> Bound {
        let stop = &context.cancel;
        let hold = context.hold(&pipeline.id);
        Bound {
            cancel: hold.map_or_else(|| stop.clone(), |hold| hold.or_lost(stop)),
            deadline: Instant::now() + Duration::from_secs(pipeline.timeout_s),
            time: Duration::from_secs(pipeline.timeout_s),
            stop_within: Duration::from_secs(self.workspace.schedule.stop_within_s),
        }
    }

    /// Plans and fetches.
    pub(super) async fn fetch(
        &self,
        pipeline: Arc<Pipeline>,
        mut report: RunReport,
        context: &Context,
    ) -> Begun {
        let place = tokio::select! {
            place = Arc::clone(&context.places).acquire_owned() => place.ok(),
            () = context.cancel.cancelled() => None,
        };
        let bound = self.bound(&pipeline, context);
        let result = match place {
            Some(_) => self.receive(&pipeline, &mut report, (context, &bound)).await,
            None => plan(&pipeline).map(|(source, plan)| (source, Delivery::stopped(plan.len()))),
        };
        drop(place);
        Begun { pipeline, report, bound, result }
    }

    async fn receive(
        &self,
        pipeline: &Arc<Pipeline>,
        report: &mut RunReport,
        (context, bound): (&Context, &Bound),
    ) -> Result<(&'static dyn Source, Delivery), Refusal> {
        if let Some(folder) = &pipeline.folder {
            announce(report, context);
            return self.read_folder(pipeline, folder, report, bound).await;
        }
        let (source, mut plan) = plan(pipeline)?;
        if let Some(only) = &context.only {
            plan.retain(|spec| only.contains(&spec.id));
        }
        report.requests = u64::try_from(plan.len()).unwrap_or(u64::MAX);
        announce(report, context);
        let floor = self.floor(pipeline).await.map_err(Refusal::storage)?;
        let live = self.live(pipeline, report, floor, (context, bound)).await?;
        let order: Vec<String> = plan.iter().map(|spec| spec.id.clone()).collect();
        // The service's own rule counts, also above the limit of all hosts.
        let default = self.workspace.fetch.concurrency_per_host;
        let at_once = plan.first().map_or(default, |first| self.fetcher.at_once(&first.url));
        let reader = self.reader(source, pipeline, (&live, bound.clone()));
        let mut delivery = reader.deliver(plan, at_once).await;
        delivery.findings.extend(live.late_clock());
        (delivery.records, delivery.retries, delivery.bytes) = live.finish(&order);
        if let Some(at) = received_through(&delivery.records) {
            delivery.date(at);
        }
        Ok((source, delivery))
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
        let bound = self.bound(&pipeline, context);
        let (source, plan) = match plan(&pipeline) {
            Ok(planned) => planned,
            Err(why) => return Begun { pipeline, report, bound, result: Err(why) },
        };
        if context.cancel.is_cancelled() {
            let delivery = Delivery::stopped(0);
            return Begun { pipeline, report, bound, result: Ok((source, delivery)) };
        }
        let received = received_through(&meta.records);
        let archive = Archive::new(Arc::clone(&self.lake), meta);
        let (plan, dropped) = archive.plan(plan);
        report.requests = u64::try_from(plan.len()).unwrap_or(u64::MAX);
        announce(&report, context);
        let reader = self.reader(source, &pipeline, (&archive, bound.clone()));
        let mut delivery = reader.deliver(plan, 1).await;
        if let Some(at) = received {
            delivery.date(at);
        }
        delivery.findings.extend(
            dropped.iter().map(|id| format!("archived request {id} is no longer declared")),
        );
        Begun { pipeline, report, bound, result: Ok((source, delivery)) }
    }

    pub(super) fn reader<'a, P>(
        &'a self,
        source: &'static dyn Source,
        pipeline: &'a Arc<Pipeline>,
        (pages, bound): (&'a P, Bound),
    ) -> Reader<'a, P> {
        Reader {
            source,
            pipeline,
            lists: &self.lists,
            limits: self.workspace.decode,
            pages,
            pages_max: self.workspace.fetch.pages_max,
            decoders: &self.decoders,
            bound,
        }
    }

    async fn live(
        &self,
        pipeline: &Pipeline,
        report: &RunReport,
        floor: DateTime<Utc>,
        (context, bound): (&Context, &Bound),
    ) -> Result<Live, Refusal> {
        let secret = match &pipeline.secret_env {
            None => None,
            Some(name) => {
                Some(self.secret(name, &pipeline.key_place).map_err(Refusal::configuration)?)
            }
        };
        let (id, run) = (pipeline.id.clone(), report.run.clone());
        let before = self.ledger.apart(move |ledger| ledger.last_run(&id, &run)).await;
        let before = before.map_err(Refusal::storage)?;
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
            deadline: bound.deadline,
            secret,
            force: context.options.force,
            resume: unfinished.map(|run| run.run),
            floor,
            seen: crate::run::Seen::default(),
            begun: Compared::read(&*self.clock),
        })
    }

    /// The earliest instant at which something of the dataset may have been received: just after
    /// what the lake holds. Dated before that, a revision would be taken for the past and never
    /// come into force.
    pub(super) async fn floor(&self, pipeline: &Pipeline) -> Result<DateTime<Utc>, EngineError> {
        let (lake, source, dataset) =
            (Arc::clone(&self.lake), pipeline.source.clone(), pipeline.dataset.clone());
        let newest = self.lake_thread.run(move || match lake.snapshot(At::Head)? {
            Some(head) => head.recorded_through(&source, &dataset),
            None => Ok(None),
        });
        let newest: Result<Option<i64>, LakeError> = newest.await.ok_or(EngineError::NoAnswer)?;
        let after =
            newest?.and_then(|newest| DateTime::from_timestamp_micros(newest.saturating_add(1)));
        Ok(after.unwrap_or(DateTime::UNIX_EPOCH))
    }

    /// The key in an environment variable. The message names the variable, never the key.
    fn secret(&self, name: &str, place: &KeyPlace) -> Result<Secret, String> {
        let missing =
            || format!("environment variable {name} is not set; put the key of the service there");
        let key = (self.secrets)(name).filter(|key| !key.trim().is_empty()).ok_or_else(missing)?;
        Secret::placed(key.trim(), place).ok_or_else(|| match place {
            KeyPlace::Header(header) if !Secret::can_be_in(header) => {
                format!("`secret_in` names the header {header:?}, and no header may be called so")
            }
            _ => format!(
                "environment variable {name} holds characters that no http header may have; put the \
                 key of the service there as it was given"
            ),
        })
    }

    /// Lands what a run brought home and closes its row.
    pub(super) async fn end(
        &self,
        begun: Begun,
        context: &Context,
    ) -> Result<RunReport, EngineError> {
        let Begun { pipeline, mut report, bound, result } = begun;
        let (source, mut delivery) = match result {
            Ok(found) => found,
            Err(Refusal { cause, why }) => {
                report.outcome = Outcome::Failed;
                report.cause = Some(cause);
                report.error = Some(why.clone());
                context.emit(Event::Failed { run: report.run.clone(), why });
                return self.close(report, None, context).await;
            }
        };
        let secret = pipeline
            .secret_env
            .as_ref()
            .and_then(|name| self.secret(name, &pipeline.key_place).ok());
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
        // One commit at a time saves the others from computing theirs again.
        let mut held = context.held();
        match self.writer(&bound).await? {
            Some(writer) => held.push(Arc::new(writer)),
            None if context.cancel.is_cancelled() => delivery.cancelled = true,
            None => {
                report.outcome = Outcome::Failed;
                report.cause = Some(Cause::Storage);
                report.error = Some(busy());
                return self.close(report, None, context).await;
            }
        }
        let became: Mutex<Vec<(String, Backfilled)>> = Mutex::default();
        let landing = Landing {
            lake: &self.lake,
            lake_thread: &self.lake_thread,
            ledger: &self.ledger,
            clock: &self.clock,
            pipeline: &pipeline,
            pipelines: &self.pipelines,
            lists: &self.lists,
            source,
            limits: self.workspace.decode,
            force: context.options.force,
            accept: context.options.accept,
            preview: None,
            emit: &emit,
            became: &became,
            bound: &bound,
            hold: context.hold(&pipeline.id),
            held,
        };
        let (mut report, digest) = land(landing, delivery, report).await;
        report.error = report.error.map(hide);
        report.findings = report.findings.into_iter().map(hide).collect();
        if let Some(years) = report.years {
            let became = became.into_inner().unwrap_or_else(PoisonError::into_inner);
            let hidden = became.into_iter().map(|(request, it)| match it {
                Backfilled::Refused(why) => (request, Backfilled::Refused(hide(why))),
                landed @ Backfilled::Landed => (request, landed),
            });
            self.note_backfilled(&pipeline.id, years, hidden.collect()).await?;
        }
        self.close(report, digest, context).await
    }

    /// Notes what became of each request for a range of years.
    async fn note_backfilled(
        &self,
        pipeline: &str,
        years: (i32, i32),
        became: Vec<(String, Backfilled)>,
    ) -> Result<(), EngineError> {
        let (id, now) = (pipeline.to_owned(), self.clock.now());
        let put = move |ledger: &Ledger| ledger.put_backfilled(&id, years, now, &became);
        Ok(self.ledger.apart(put).await?)
    }

    /// The writer's lock, when it is free. Others hold it for the time of a commit only; none
    /// when it does not become free in time, or soon after the run was stopped.
    async fn writer(&self, bound: &Bound) -> Result<Option<WriterLock>, EngineError> {
        let begun = Instant::now();
        let (deadline, mut is_told) = (begun + WRITER_WITHIN, false);
        let bound = Bound { deadline, ..bound.clone() };
        let over = bound.over();
        tokio::pin!(over);
        loop {
            match self.lake.lock_writer() {
                Err(LakeError::Locked { path, .. }) => {
                    if !is_told && begun.elapsed() >= TOLD_AFTER {
                        is_told = true;
                        let (path, most_s) = (path.display(), WRITER_WITHIN.as_secs());
                        tracing::warn!(%path, most_s, "another process writes to the lake; waiting for it");
                    }
                }
                other => return Ok(Some(other?)),
            }
            tokio::select! {
                () = tokio::time::sleep(LOOK_EVERY) => {}
                () = &mut over => return Ok(None),
            }
        }
    }

    pub(super) async fn close(
        &self,
        mut report: RunReport,
        digest: Option<String>,
        context: &Context,
    ) -> Result<RunReport, EngineError> {
        report.ended = Some(self.clock.now());
        let closed = report.clone();
        self.ledger.apart(move |ledger| ledger.put(&closed, digest.as_deref())).await?;
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

pub(super) fn plan(
    pipeline: &Pipeline,
) -> Result<(&'static dyn Source, Vec<RequestSpec>), Refusal> {
    let source = wsis_sources::source(&pipeline.source)
        .ok_or_else(|| format!("there is no decoder for source {:?}", pipeline.source))
        .map_err(Refusal::configuration)?;
    let plan = source.plan(pipeline).map_err(|error| Refusal::configuration(chain(&error)))?;
    Ok((source, plan))
}

/// What is said of a run that another writer did not let commit.
fn busy() -> String {
    format!(
        "another process has held the writer's lock of the lake for {} s; what is archived stays, \
         and the next run commits it",
        WRITER_WITHIN.as_secs()
    )
}
