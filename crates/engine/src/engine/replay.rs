//! Archived runs, decoded again.

use std::sync::Arc;

use chrono::{DateTime, Utc};
use wsis_lake::{LakeError, RunMeta};
use wsis_model::pipeline::Pipeline;

use super::{Begun, Context, Engine};
use crate::error::EngineError;
use crate::report::{Outcome, RunReport};
use crate::run::Refusal;

impl Engine {
    /// Replays archived runs that this lake does not know yet, oldest first.
    pub(super) async fn replay(
        &self,
        chosen: Vec<Arc<Pipeline>>,
        context: &Context,
    ) -> Result<Vec<RunReport>, EngineError> {
        // All pipelines together in order of time: snapshots come as they came.
        let mut runs: Vec<(DateTime<Utc>, Arc<Pipeline>, RunMeta)> = Vec::new();
        let mut reports = Vec::new();
        let lake_is_new = self.0.lake_thread.head(&self.0.lake).await?.is_none();
        let ids: Vec<&str> = chosen.iter().map(|pipeline| pipeline.id.as_str()).collect();
        let mut all = self.0.lake.metas_of(&ids)?;
        for pipeline in chosen {
            let metas = all.remove(&pipeline.id).unwrap_or_default();
            if metas.is_empty() {
                let report = self.0.begin(&pipeline, context, None).await?;
                let why = "no complete run of this pipeline is in the archive; run it once with a network";
                let bound = self.0.bound(&pipeline, context);
                let result = Err(Refusal::configuration(why.to_owned()));
                let begun = Begun { pipeline, report, bound, result };
                reports.push(self.0.end(begun, context).await?);
                continue;
            }
            let mut idle = true;
            for meta in metas {
                if !lake_is_new && self.is_dealt_with(&meta.run).await? {
                    continue;
                }
                idle = false;
                runs.push((meta.started, Arc::clone(&pipeline), meta));
            }
            if idle {
                let mut report = self.0.begin(&pipeline, context, None).await?;
                report.outcome = Outcome::Unchanged;
                reports.push(self.0.close(report, None, context).await?);
            }
        }
        runs.sort_by(|a, b| (a.0, &a.1.id, &a.2.run).cmp(&(b.0, &b.1.id, &b.2.run)));
        for (_, pipeline, meta) in runs {
            let report = self.0.begin(&pipeline, context, Some(meta.run.clone())).await?;
            let begun = self.0.reread(pipeline, report, meta, context).await;
            reports.push(self.0.end(begun, context).await?);
        }
        Ok(reports)
    }

    /// Whether an archived run needs no replay: a gate held it, it failed, or the lake holds what it
    /// landed.
    async fn is_dealt_with(&self, run: &str) -> Result<bool, EngineError> {
        if self.0.ledger.gave_up(run)? {
            return Ok(true);
        }
        let (landed, lake) = (self.0.ledger.landings(run)?, Arc::clone(&self.0.lake));
        let holds = move || {
            landed
                .iter()
                .try_fold(false, |holds, one| Ok::<_, LakeError>(holds || one.is_in(&lake)?))
        };
        Ok(self.0.lake_thread.run(holds).await.ok_or(EngineError::NoAnswer)??)
    }
}
