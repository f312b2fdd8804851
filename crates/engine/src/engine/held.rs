//! Runs that a gate held: what their bodies would change, and these very bodies taken over in
//! somebody's name. To ask the source again may bring another answer, which nobody has looked at.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use serde::Serialize;
use tokio_util::sync::CancellationToken;
use wsis_lake::{Difference, RunMeta, SeriesChange, SetAside};
use wsis_model::pipeline::Pipeline;

use super::hand_in::Acceptance;
use super::{Begun, Context, Engine};
use crate::error::EngineError;
use crate::report::{IngestOptions, Outcome, RunReport};
use crate::run::{Foreseen, Landing, land, received_through};

/// What a run that a gate held would change.
#[derive(Debug, Serialize)]
pub struct HeldRun {
    /// The run as it ended.
    pub run: RunReport,
    /// What its bodies come to with today's program and the lake as it is now.
    pub now: RunReport,
    /// What would change, by series.
    pub series: BTreeMap<String, SeriesChange>,
    /// The first 1,000 differences, in the order of the key.
    pub differences: Vec<Difference>,
    /// The first 1,000 records that would be quarantined.
    pub quarantined: Vec<SetAside>,
}

impl Engine {
    /// Reads the archived bodies of a run that a gate held, and says what they would change. Nothing
    /// is written.
    ///
    /// # Errors
    /// [`EngineError::NotHeld`] for a run that none holds, or that is no longer the newest; and as
    /// for [`Engine::ingest`].
    pub async fn look_at_held(
        &self,
        run: &str,
        cancel: CancellationToken,
    ) -> Result<HeldRun, EngineError> {
        let (context, pipeline, run, meta) = self.held_run(run, (false, cancel)).await?;
        let name = format!("preview of {}", run.run);
        let mut report = RunReport::started(name, pipeline.id.clone(), self.0.clock.now());
        report.replay_of = Some(run.run.clone());
        // Of a backfill: of other years it says nothing.
        report.years = run.years;
        let begun = self.0.reread(Arc::clone(&pipeline), report, meta, &context).await;
        let (now, foreseen) = self.foreseen(begun, &context).await;
        let Foreseen { differences, series, quarantined } = foreseen;
        Ok(HeldRun { run, now, series, differences, quarantined })
    }

    /// What a run would change that was begun as a preview.
    pub(super) async fn foreseen(&self, begun: Begun, context: &Context) -> (RunReport, Foreseen) {
        let Begun { pipeline, mut report, bound, result } = begun;
        let (source, delivery) = match result {
            Ok(found) => found,
            Err(refusal) => {
                report.outcome = Outcome::Failed;
                report.cause = Some(refusal.cause);
                report.error = Some(refusal.why);
                return (report, Foreseen::default());
            }
        };
        let foreseen: Mutex<Foreseen> = Mutex::default();
        let landing = Landing {
            lake: &self.0.lake,
            lake_thread: &self.0.lake_thread,
            ledger: &self.0.ledger,
            clock: &self.0.clock,
            pipeline: &pipeline,
            pipelines: &self.0.pipelines,
            lists: &self.0.lists,
            source,
            limits: self.0.workspace.decode,
            force: context.options.force,
            accept: context.options.accept,
            preview: Some(&foreseen),
            emit: &|_| {},
            became: &Mutex::default(),
            bound: &bound,
            hold: context.hold(&pipeline.id),
            held: context.held(),
        };
        let (report, _) = land(landing, delivery, report).await;
        (report, foreseen.into_inner().unwrap_or_else(PoisonError::into_inner))
    }

    /// Commits the archived bodies of a run that a gate held, in the name of a person. The gates on
    /// shares are open for them, and for nothing else.
    ///
    /// # Errors
    /// As for [`Engine::look_at_held`], and for a name or a reason that is empty.
    pub async fn accept_held(
        &self,
        run: &str,
        acceptance: &Acceptance,
        cancel: CancellationToken,
    ) -> Result<RunReport, EngineError> {
        let (by, because) = acceptance.words()?;
        let (context, pipeline, held, meta) = self.held_run(run, (true, cancel)).await?;
        let why = held.error.unwrap_or_default();
        let mut report = self.0.begin(&pipeline, &context, Some(held.run.clone())).await?;
        report.years = held.years;
        let mut begun = self.0.reread(pipeline, report, meta, &context).await;
        if let Ok((_, delivery)) = &mut begun.result {
            let run = &held.run;
            delivery.findings.push(format!(
                "what run {run} received was taken over by {by}: {because} (it was held: {why})"
            ));
        }
        self.0.end(begun, &context).await
    }

    /// A run that a gate held and that nothing has overtaken, with what it received.
    async fn held_run(
        &self,
        run: &str,
        (accept, cancel): (bool, CancellationToken),
    ) -> Result<(Context, Arc<Pipeline>, RunReport, RunMeta), EngineError> {
        let (id, ledger) = (run.to_owned(), Arc::clone(&self.0.ledger));
        let found = ledger.apart(move |ledger| ledger.run(&id)).await?;
        let refused = |why: String| EngineError::NotHeld { run: run.to_owned(), why };
        let Some(held) = found else {
            return Err(refused("there is no such run; `wsis runs` lists them".to_owned()));
        };
        if held.outcome != Outcome::Held {
            let outcome = held.outcome.code();
            return Err(refused(format!("its outcome is {outcome}; only a held run can be taken")));
        }
        let chosen = self.0.choose(std::slice::from_ref(&held.pipeline))?;
        // First the lock: what lands before it is seen, and nothing lands after it.
        let locks = self.lock_all(&chosen).await?;
        let (id, since) = (held.pipeline.clone(), held.started);
        let later = ledger.apart(move |ledger| ledger.runs_since(&id, since)).await?;
        let landed = |it: &&RunReport| {
            let is_well =
                matches!(it.outcome, Outcome::Committed | Outcome::Unchanged | Outcome::Partial);
            let is_later = it.started > held.started || it.replay_of.as_ref() == Some(&held.run);
            is_later && is_well
        };
        if let Some(later) = later.iter().find(landed) {
            return Err(refused(format!(
                "run {} of the same pipeline has landed since; what this one received is older than \
                 what is in force",
                later.run
            )));
        }
        let mut metas = self.0.lake.metas_of(&[held.pipeline.as_str()])?;
        let metas = metas.remove(&held.pipeline).unwrap_or_default();
        let meta = metas.into_iter().find(|meta| meta.run == held.run).ok_or_else(|| {
            refused("what it received is not in the archive of this lake".to_owned())
        })?;
        let pipeline = chosen.into_iter().next().ok_or(EngineError::NoAnswer)?;
        // What was received before would be older than what the correction says is in force.
        let corrected = self.0.lake.last_correction((&pipeline.source, &pipeline.dataset))?;
        let received = received_through(&meta.records).unwrap_or(held.started);
        if let Some((at, because)) = corrected.filter(|(at, _)| received <= *at) {
            return Err(refused(format!(
                "{}/{} was corrected by hand on {} ({because:?}), after this was received; \
                 `wsis ingest {} --accept` asks the source anew",
                pipeline.source,
                pipeline.dataset,
                at.format("%-d %B %Y"),
                pipeline.id
            )));
        }
        let options = IngestOptions { accept, ..IngestOptions::default() };
        let context = Context::by_hand(options, locks, cancel);
        Ok((context, pipeline, held, meta))
    }
}
