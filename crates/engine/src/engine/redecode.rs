//! Old payloads, read with today's code.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde::Serialize;
use tokio::sync::{Semaphore, mpsc};
use tokio_util::sync::CancellationToken;
use wsis_lake::{Difference, RawMeta, RunMeta, Stretch};
use wsis_model::pipeline::Pipeline;

use super::{Context, Engine, Occasion, PIPELINES_AT_ONCE};
use crate::error::EngineError;
use crate::report::{Event, IngestOptions, RunReport};
use crate::run::{Stretches, received_through};

/// What today's program reads in old payloads.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Redecoded {
    /// The account of the run, or of the run that there would be.
    #[serde(flatten)]
    pub report: RunReport,
    /// Without a commit the first 1,000 statements that are read differently.
    pub differences: Vec<Difference>,
}

/// What is to become of what is read differently.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Rereading {
    /// Commit it, instead of showing it.
    pub commit: bool,
    /// Commit it although a gate on shares would hold it.
    pub accept: bool,
}

/// What a run still stands for: of each of its requests the years that no later run was told.
type StandsFor = BTreeMap<String, Stretches>;

/// Requests of a run that were answered in full: those whose last page came in the end.
fn answered(records: &[RawMeta]) -> BTreeSet<String> {
    let mut last: BTreeMap<&str, (u32, u16)> = BTreeMap::new();
    let mut silent = BTreeSet::new();
    for record in records {
        let known = last.entry(&record.request).or_insert((0, 0));
        if record.page >= known.0 {
            *known = (record.page, record.status);
        }
        if record.status == 0 {
            silent.insert(record.request.as_str());
        }
    }
    let good = |(request, (page, status)): (&str, (u32, u16))| {
        // Page 0 says where the figures lie, and has none.
        let good = page > 0 && matches!(status, 200 | 203 | 304) && !silent.contains(request);
        good.then(|| request.to_owned())
    };
    last.into_iter().filter_map(good).collect()
}

impl Engine {
    /// Reads what was last received of the named pipelines, or of all, with today's decoders and
    /// code lists. With `commit` the lake takes over what they read differently; without it the
    /// reports say what it would take over, and nothing is written, not even in the ledger. The
    /// gates hold here too, unless `accept` says that somebody has looked.
    ///
    /// A statement that is read differently is a new one, dated just after what the lake holds:
    /// what was believed before stays on record.
    ///
    /// # Errors
    /// As for [`Engine::ingest`].
    pub async fn redecode(
        &self,
        pipelines: &[String],
        Rereading { commit, accept }: Rereading,
        events: mpsc::UnboundedSender<Event>,
        cancel: CancellationToken,
    ) -> Result<Vec<Redecoded>, EngineError> {
        let chosen = self.0.choose(pipelines)?;
        let locks = self.lock_all(&chosen).await?;
        let options = IngestOptions { force: true, accept, ..IngestOptions::default() };
        let places = Arc::new(Semaphore::new(PIPELINES_AT_ONCE));
        let context = Context {
            options,
            occasion: Occasion::HAND,
            events,
            cancel,
            places,
            locks,
            only: None,
        };
        let mut found = Vec::new();
        let ids: Vec<&str> = chosen.iter().map(|pipeline| pipeline.id.as_str()).collect();
        let mut metas = self.0.lake.metas_of(&ids)?;
        for pipeline in chosen {
            let metas = metas.remove(&pipeline.id).unwrap_or_default();
            for meta in self.latest(&pipeline, metas)? {
                found.push(self.again(&pipeline, meta, commit, &context).await?);
            }
        }
        Ok(found)
    }

    /// What is in force of each request, year by year, came with the newest run that was told it:
    /// these runs, oldest first, each with what it still stands for. A run that a gate held, or
    /// that failed, is not in force, and no more is one that was taken back by hand.
    fn latest(
        &self,
        pipeline: &Pipeline,
        metas: Vec<RunMeta>,
    ) -> Result<Vec<(RunMeta, StandsFor)>, EngineError> {
        let mut told: BTreeMap<String, Stretches> = BTreeMap::new();
        let mut found = Vec::new();
        let taken_back = self.0.lake.taken_back_of(&pipeline.source, &pipeline.dataset)?;
        for meta in metas.into_iter().rev() {
            let received = received_through(&meta.records);
            let is_back = |(since, at): &Stretch| {
                received.is_some_and(|received| *since < received && received < *at)
            };
            if taken_back.iter().any(is_back) || !self.0.ledger.landed(&meta.run)? {
                continue;
            }
            let mut stands_for = StandsFor::new();
            for request in answered(&meta.records) {
                let asked = meta.records.iter().find(|record| record.request == request);
                let years = asked.and_then(|record| record.years).unwrap_or(pipeline.years);
                let known = told.entry(request.clone()).or_insert_with(|| Stretches::of((1, 0)));
                let left = Stretches::of(years).less(known);
                *known = known.with(years);
                if !left.is_empty() {
                    stands_for.insert(request, left);
                }
            }
            if !stands_for.is_empty() {
                found.push((meta, stands_for));
            }
        }
        found.reverse();
        Ok(found)
    }

    async fn again(
        &self,
        pipeline: &Arc<Pipeline>,
        (mut meta, stands_for): (RunMeta, StandsFor),
        commit: bool,
        context: &Context,
    ) -> Result<Redecoded, EngineError> {
        let years = meta.records.iter().find_map(|record| record.years);
        let received = received_through(&meta.records);
        meta.records.retain(|record| stands_for.contains_key(&record.request));
        let mut report = if commit {
            self.0.begin(pipeline, context, Some(meta.run.clone())).await?
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
            for walk in &mut delivery.walks {
                if let Some(years) = stands_for.get(&walk.request) {
                    walk.stands_for = years.clone();
                }
            }
            delivery.date(received.map_or(floor, |received| received.max(floor)));
        }
        if commit {
            let report = self.0.end(begun, context).await?;
            return Ok(Redecoded { report, differences: Vec::new() });
        }
        let (report, foreseen) = self.foreseen(begun, context).await;
        Ok(Redecoded { report, differences: foreseen.differences })
    }
}
