//! Old payloads, read with today's code.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use wsis_lake::{Difference, RunMeta};
use wsis_model::pipeline::Pipeline;

use super::{Begun, Context, Engine, Occasion, PIPELINES_AT_ONCE};
use crate::error::EngineError;
use crate::report::{Event, IngestOptions, Outcome, RunReport};
use crate::run::{Landing, land};

/// What today's program reads in old payloads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Redecoded {
    /// The account of the run, or of the run that there would be.
    #[serde(flatten)]
    pub report: RunReport,
    /// Without a commit the first 1,000 statements that are read differently.
    pub differences: Vec<Difference>,
}

impl Engine {
    /// Reads what was last received of the named pipelines, or of all, with today's decoders and
    /// code lists. With `commit` the lake takes over what they read differently; without it the
    /// reports say what it would take over, and nothing is written, not even in the ledger.
    ///
    /// A statement that is read differently is a new one, dated just after what the lake holds:
    /// what was believed before stays on record.
    ///
    /// # Errors
    /// As for [`Engine::ingest`].
    pub async fn redecode(
        &self,
        pipelines: &[String],
        commit: bool,
        events: mpsc::UnboundedSender<Event>,
        cancel: CancellationToken,
    ) -> Result<Vec<Redecoded>, EngineError> {
        let chosen = self.0.choose(pipelines)?;
        let mut locks = Vec::with_capacity(chosen.len());
        for pipeline in &chosen {
            locks.push(self.lock(&pipeline.id)?);
        }
        let options = IngestOptions { force: true, ..IngestOptions::default() };
        let places = Arc::new(Semaphore::new(PIPELINES_AT_ONCE));
        let context = Context { options, occasion: Occasion::HAND, events, cancel, places };
        let mut found = Vec::new();
        for pipeline in chosen {
            for meta in self.latest(&pipeline)? {
                found.push(self.again(&pipeline, meta, commit, &context).await?);
            }
        }
        Ok(found)
    }

    /// The last archived run for each stretch of years that was asked for, oldest first.
    fn latest(&self, pipeline: &Pipeline) -> Result<Vec<RunMeta>, EngineError> {
        let mut latest: BTreeMap<Option<(i32, i32)>, RunMeta> = BTreeMap::new();
        for meta in self.0.lake.metas(&pipeline.id)? {
            let years = meta.records.iter().find_map(|record| record.years);
            let known = latest.get(&years);
            if known.is_none_or(|known| (known.started, &known.run) < (meta.started, &meta.run)) {
                latest.insert(years, meta);
            }
        }
        let mut runs: Vec<RunMeta> = latest.into_values().collect();
        runs.sort_by(|a, b| (a.started, &a.run).cmp(&(b.started, &b.run)));
        Ok(runs)
    }

    async fn again(
        &self,
        pipeline: &Arc<Pipeline>,
        meta: RunMeta,
        commit: bool,
        context: &Context,
    ) -> Result<Redecoded, EngineError> {
        let years = meta.records.iter().find_map(|record| record.years);
        let mut report = if commit {
            self.0.begin(pipeline, context, Some(meta.run.clone()))?
        } else {
            let run = format!("preview of {}", meta.run);
            let mut report = RunReport::started(run, pipeline.id.clone(), self.0.clock.now());
            report.replay_of = Some(meta.run.clone());
            report
        };
        report.years = years.filter(|years| *years != pipeline.years);
        let mut begun = self.0.reread(Arc::clone(pipeline), report, meta, context).await;
        if let Ok((_, delivery)) = &mut begun.result {
            let floor = self.0.floor(pipeline).await?;
            let pages = delivery.walks.iter_mut().flat_map(|walk| &mut walk.pages);
            for page in pages {
                page.recorded_at = page.recorded_at.max(floor);
            }
        }
        if commit {
            let report = self.0.end(begun, context).await?;
            return Ok(Redecoded { report, differences: Vec::new() });
        }
        let Begun { pipeline, mut report, result } = begun;
        let (source, delivery) = match result {
            Ok(found) => found,
            Err(refusal) => {
                report.outcome = Outcome::Failed;
                report.cause = Some(refusal.cause);
                report.error = Some(refusal.why);
                return Ok(Redecoded { report, differences: Vec::new() });
            }
        };
        let differences = Mutex::default();
        let landing = Landing {
            lake: &self.0.lake,
            lake_thread: &self.0.lake_thread,
            ledger: &self.0.ledger,
            pipeline: &pipeline,
            areas: &self.0.areas,
            source,
            force: true,
            preview: Some(&differences),
            emit: &|_| {},
        };
        let (report, _) = land(landing, delivery, report).await;
        let differences = differences.into_inner().unwrap_or_else(PoisonError::into_inner);
        Ok(Redecoded { report, differences })
    }
}
