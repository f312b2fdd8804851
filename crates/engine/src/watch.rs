//! What follows a run: the state of its pipeline, promises that are now decided, alerts.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use wsis_config::Workspace;
use wsis_model::pipeline::Pipeline;

use crate::alert::{Alert, Alerts, Contact};
use crate::clock::Clock;
use crate::error::EngineError;
use crate::freshness::{Freshness, LOOK_BACK, State, assess, judge};
use crate::ledger::{Ledger, Promise, StoredState};

/// Watches the pipelines of a deployment.
pub struct Watch {
    pipelines: Vec<Arc<Pipeline>>,
    workspace: Workspace,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    alerts: Alerts,
}

/// How fresh everything is, and every promise so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// By pipeline.
    pub freshness: Vec<Freshness>,
    /// By agency, pipeline and date.
    pub promises: Vec<Promise>,
}

/// The account of a deployment at an instant, without writing anything: promises decided before
/// stay as they are, the others are judged now.
///
/// # Errors
/// When the ledger cannot be read.
pub fn account(
    pipelines: &[Pipeline],
    ledger: &Ledger,
    now: DateTime<Utc>,
) -> Result<Account, EngineError> {
    let mut freshness = Vec::new();
    let mut promises: BTreeMap<_, Promise> = BTreeMap::new();
    let key = |it: &Promise| (it.agency.clone(), it.pipeline.clone(), it.due);
    for pipeline in pipelines {
        let runs = ledger.runs_since(&pipeline.id, since(now))?;
        freshness.push(assess(pipeline, &runs, now));
        promises.extend(judge(pipeline, &runs, now).into_iter().map(|it| (key(&it), it)));
    }
    promises.extend(ledger.promises()?.into_iter().map(|it| (key(&it), it)));
    Ok(Account { freshness, promises: promises.into_values().collect() })
}

/// Runs that are looked at: those of the years for which releases are.
fn since(now: DateTime<Utc>) -> DateTime<Utc> {
    now.checked_sub_days(LOOK_BACK).unwrap_or(DateTime::UNIX_EPOCH)
}

impl Watch {
    /// Watches pipelines; their agencies are those of the workspace.
    pub fn new(
        pipelines: Vec<Arc<Pipeline>>,
        workspace: Workspace,
        ledger: Arc<Ledger>,
        clock: Arc<dyn Clock>,
        alerts: Alerts,
    ) -> Self {
        Self { pipelines, workspace, ledger, clock, alerts }
    }

    /// Looks at one pipeline: writes promises that are decided and the state, and tells of a
    /// change. None for a pipeline that is not watched.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn look(&self, id: &str) -> Result<Option<Freshness>, EngineError> {
        let Some(pipeline) = self.pipelines.iter().find(|it| it.id == id) else { return Ok(None) };
        let now = self.clock.now();
        let runs = self.ledger.runs_since(id, since(now))?;
        let promises = judge(pipeline, &runs, now);
        if !promises.is_empty() {
            self.ledger.put_promises(&promises)?;
        }
        let found = assess(pipeline, &runs, now);
        let before = self.ledger.state(id)?;
        let state = found.state.code().to_owned();
        let stored = StoredState {
            pipeline: id.to_owned(),
            state: state.clone(),
            since: found.since.unwrap_or(now),
        };
        // Of several daemons one makes the change, and tells of it.
        if self.ledger.put_state(&stored)? && is_news(before.as_ref(), found.state) {
            self.alerts.send(&self.alert(pipeline, &found, before, now)).await;
        }
        Ok(Some(found))
    }

    /// Looks at every pipeline: states also change because time passes.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn look_at_all(&self) -> Result<Vec<Freshness>, EngineError> {
        let mut all = Vec::with_capacity(self.pipelines.len());
        for pipeline in &self.pipelines {
            all.extend(self.look(&pipeline.id).await?);
        }
        Ok(all)
    }

    fn alert(
        &self,
        pipeline: &Pipeline,
        found: &Freshness,
        before: Option<StoredState>,
        now: DateTime<Utc>,
    ) -> Alert {
        let agency = self.workspace.agency(&pipeline.agency);
        Alert {
            version: 1,
            pipeline: pipeline.id.clone(),
            title: pipeline.title.clone(),
            agency: Contact {
                id: pipeline.agency.clone(),
                name: agency.map_or_else(|| pipeline.agency.clone(), |it| it.name.clone()),
                contact: agency.map_or_else(String::new, |it| it.contact.clone()),
            },
            from: before.map(|state| state.state),
            to: found.state.code().to_owned(),
            since: found.since.unwrap_or(now),
            turn: found.turn,
            reason: found.reason.clone(),
            run: found.run.clone(),
        }
    }
}

/// That something is well is news only after it was not.
fn is_news(before: Option<&StoredState>, now: State) -> bool {
    let is_well = |code: &str| State::ALL.iter().any(|it| it.code() == code && it.is_well());
    !now.is_well() || before.is_some_and(|before| !is_well(&before.state))
}
