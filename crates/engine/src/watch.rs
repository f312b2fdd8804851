//! What follows a run: the state of its pipeline, release dates that are now decided, alerts.

use std::collections::BTreeMap;
use std::sync::Arc;

use chrono::{DateTime, Utc};
use wsis_config::Workspace;
use wsis_model::pipeline::Pipeline;

use crate::alert::{Alert, Alerts, Contact};
use crate::clock::Clock;
use crate::error::EngineError;
use crate::freshness::{Freshness, LOOK_BACK, State, assess, judge};
use crate::ledger::{Ledger, Promise, StoredState, new_id};
use crate::report::RunReport;
use crate::telling::Teller;

/// Watches the pipelines of a deployment.
pub struct Watch {
    pipelines: Vec<Arc<Pipeline>>,
    workspace: Workspace,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    teller: Teller,
}

/// How fresh everything is, and every release date so far.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// By pipeline.
    pub freshness: Vec<Freshness>,
    /// By agency, pipeline and date.
    pub promises: Vec<Promise>,
}

/// What an account may rest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Known {
    /// All that the ledger holds, also of a clock that is ahead of ours.
    All,
    /// What had ended, or was decided, by an instant: what was known then. Of a snapshot also the
    /// run that made it, which ends just after its commit.
    Until(DateTime<Utc>, Option<u64>),
}

impl Known {
    /// Whether something of that instant was known.
    pub fn includes(self, at: DateTime<Utc>) -> bool {
        match self {
            Self::All => true,
            Self::Until(until, _) => at <= until,
        }
    }

    /// Whether that run is among what was known.
    pub fn includes_run(self, run: &RunReport) -> bool {
        let made = match self {
            Self::Until(_, snapshot) => snapshot.is_some() && run.snapshot == snapshot,
            Self::All => true,
        };
        made || self.includes(run.ended.unwrap_or(run.started))
    }
}

/// The account of a deployment at an instant, without writing anything: what was decided before
/// stays as it is, the rest is judged now.
///
/// # Errors
/// When the ledger cannot be read.
pub fn account(
    pipelines: &[Pipeline],
    ledger: &Ledger,
    now: DateTime<Utc>,
    known: Known,
) -> Result<Account, EngineError> {
    let mut freshness = Vec::new();
    let mut promises: BTreeMap<_, Promise> = BTreeMap::new();
    let key = |it: &Promise| (it.agency.clone(), it.pipeline.clone(), it.due);
    for pipeline in pipelines {
        let runs = ledger.deciding_runs(&pipeline.id, since(now), known)?;
        freshness.push(assess(pipeline, &runs, now));
        promises.extend(judge(pipeline, &runs, now).into_iter().map(|it| (key(&it), it)));
    }
    let decided = ledger.promises()?.into_iter().filter(|it| known.includes(it.decided_at));
    promises.extend(decided.map(|it| (key(&it), it)));
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
        let teller = Teller::new(alerts, Arc::clone(&ledger), Arc::clone(&clock));
        Self { pipelines, workspace, ledger, clock, teller }
    }

    /// Looks at one pipeline: writes release dates that are decided and the state, and tells of a
    /// change, as of all that still waits to be told. None for a pipeline that is not watched.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn look(&self, id: &str) -> Result<Option<Freshness>, EngineError> {
        let Some(pipeline) = self.pipelines.iter().find(|it| it.id == id) else { return Ok(None) };
        let found = self.assess(pipeline).await?;
        self.tell().await?;
        Ok(Some(found))
    }

    /// Writes what is decided and what has changed, and the alerts that tell of it.
    async fn assess(&self, pipeline: &Arc<Pipeline>) -> Result<Freshness, EngineError> {
        let now = self.clock.now();
        let id = pipeline.id.clone();
        let read = move |ledger: &Ledger| {
            Ok((ledger.deciding_runs(&id, since(now), Known::All)?, ledger.state(&id)?))
        };
        let (runs, before) = self.ledger.apart(read).await?;
        let promises = judge(pipeline, &runs, now);
        let found = assess(pipeline, &runs, now);
        let stored = StoredState {
            pipeline: pipeline.id.clone(),
            state: found.state.code().to_owned(),
            since: found.since.unwrap_or(now),
        };
        let alerts = if is_news(before.as_ref(), found.state) {
            self.teller.alerts().addressed(&self.alert(pipeline, &found, before, now))
        } else {
            Vec::new()
        };
        let change = new_id(now);
        let write = move |ledger: &Ledger| {
            if !promises.is_empty() {
                ledger.put_promises(&promises)?;
            }
            // Of several daemons one makes the change, and its alerts are kept.
            ledger.change_state(&stored, &change, &alerts, now)
        };
        self.ledger.apart(write).await?;
        Ok(found)
    }

    /// Tells what waits to be told and is due. Returns how many alerts still wait.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn tell(&self) -> Result<u64, EngineError> {
        self.teller.tell().await
    }

    /// Looks at every pipeline: states also change because time passes.
    ///
    /// # Errors
    /// When the ledger cannot be used.
    pub async fn look_at_all(&self) -> Result<Vec<Freshness>, EngineError> {
        let mut all = Vec::with_capacity(self.pipelines.len());
        for pipeline in &self.pipelines {
            all.push(self.assess(pipeline).await?);
        }
        self.tell().await?;
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
            basis: found.basis.map(|basis| basis.code().to_owned()),
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
