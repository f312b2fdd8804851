//! Years that a pipeline does not ask for every time, in steps.

use std::collections::BTreeSet;
use std::sync::Arc;

use chrono::TimeDelta;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use super::Engine;
use crate::error::EngineError;
use crate::ledger::Backfilled;
use crate::report::{Event, IngestOptions, RunReport};

/// What a backfill received, or was refused, within this is not asked for again.
const KEPT: TimeDelta = TimeDelta::days(1);

/// What is left of a backfill.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Backfill {
    /// Steps with something to ask for, in order of their years.
    pub steps: Vec<BackfillStep>,
    /// What the source refused lately: years, request, and what it said.
    pub refused: Vec<((i32, i32), String, String)>,
}

/// Some years of a backfill.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BackfillStep {
    /// First and last year.
    pub years: (i32, i32),
    /// The requests that are left; none when that is all of them.
    pub only: Option<Arc<BTreeSet<String>>>,
}

/// How a step is to be gone about, as [`IngestOptions`] says.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Step {
    /// Ask for everything again.
    pub force: bool,
    /// Take what a gate on shares would hold.
    pub accept: bool,
}

/// Which steps of a backfill are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Which {
    /// Those of which something has neither landed nor been refused within the last day.
    Rest,
    /// All.
    All,
}

impl Engine {
    /// Cuts a backfill of a pipeline into steps of some years, and leaves out what landed, or was
    /// refused by the source, within the last day: what was cut short goes on where it stopped, and
    /// a series that has no such years does not keep the others from theirs. Tables that come as
    /// files hold all their years: for them it is one step.
    ///
    /// # Errors
    /// An unknown pipeline, or a ledger that cannot be read.
    pub fn backfill(
        &self,
        pipeline: &str,
        (first, last): (i32, i32),
        step: u32,
        which: Which,
    ) -> Result<Backfill, EngineError> {
        let pipeline = self.0.choose(&[pipeline.to_owned()])?.remove(0);
        let step = i32::try_from(step.max(1)).unwrap_or(i32::MAX);
        let step = if pipeline.files.is_empty() { step } else { i32::MAX };
        let since = self.0.clock.now() - KEPT;
        // What cannot be planned is said by the run.
        let plan = super::one::plan(&pipeline).map(|(_, plan)| plan).unwrap_or_default();
        let all: BTreeSet<String> = plan.into_iter().map(|spec| spec.id).collect();
        let mut found = Backfill::default();
        let mut from = first;
        while from <= last {
            let years = (from, from.saturating_add(step - 1).min(last));
            from = years.1.saturating_add(1);
            if which == Which::All {
                found.steps.push(BackfillStep { years, only: None });
                continue;
            }
            let known = self.0.ledger.backfilled(&pipeline.id, years, since)?;
            let left: BTreeSet<String> =
                all.iter().filter(|request| !known.contains_key(*request)).cloned().collect();
            for (request, became) in known {
                if let Backfilled::Refused(why) = became {
                    found.refused.push((years, request, why));
                }
            }
            if left == all {
                found.steps.push(BackfillStep { years, only: None });
            } else if !left.is_empty() {
                found.steps.push(BackfillStep { years, only: Some(Arc::new(left)) });
            }
        }
        Ok(found)
    }

    /// Runs one step of a backfill.
    ///
    /// # Errors
    /// As [`Engine::ingest`].
    pub async fn backfill_step(
        &self,
        pipeline: &str,
        step: &BackfillStep,
        how: Step,
        (events, cancel): (mpsc::UnboundedSender<Event>, CancellationToken),
    ) -> Result<Vec<RunReport>, EngineError> {
        let Step { force, accept } = how;
        let options = IngestOptions { offline: false, force, accept, years: Some(step.years) };
        let pipeline = [pipeline.to_owned()];
        self.ingest_only(step.only.clone(), &pipeline, &options, (events, cancel)).await
    }
}
