//! Looking at the clock and starting what is due.

use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::task::JoinError;

use super::due::{Decision, decide};
use super::planned::Planned;
use super::{Armed, BACK, Bench, Change, Daemon, Note, Runner};
use crate::engine::Occasion;
use crate::error::EngineError;
use crate::ledger::{Ledger, TickState};
use crate::report::{Outcome, RunReport, StartedBy};

/// A pipeline that someone else runs is tried again after this.
const AGAIN_AFTER: TimeDelta = TimeDelta::seconds(5);

impl<R: Runner> Daemon<R> {
    /// Takes over a set of pipelines. Those whose schedule stays the same go on as they were.
    pub(super) fn take(&mut self, change: Change<R>) {
        let now = self.clock.now();
        self.runner = change.runner;
        self.limits = change.limits;
        let mut old = std::mem::take(&mut self.armed);
        for pipeline in &change.pipelines {
            let plan = match Planned::of(pipeline) {
                Ok(Some(plan)) => plan,
                Ok(None) => continue,
                // A checked deployment has no such pipeline.
                Err(error) => {
                    self.note(Note::Trouble(format!("{}: {error}", pipeline.id)));
                    continue;
                }
            };
            let running = old.remove(&plan.id).is_some_and(|armed| armed.running);
            let mut armed = Armed {
                plan,
                considered: now,
                next: None,
                running,
                unknown: true,
                retired: false,
                not_before: now,
            };
            self.try_to_arm(&mut armed, now);
            self.armed.insert(armed.plan.id.clone(), armed);
        }
        for (id, mut armed) in old.into_iter().filter(|(_, armed)| armed.running) {
            armed.retired = true;
            self.armed.insert(id, armed);
        }
        self.follow = true;
        self.keep(now);
    }

    /// Says which schedules are known here.
    pub(super) fn keep(&self, now: DateTime<Utc>) {
        if let Err(error) = self.ledger.keep_schedules(&self.ids(), now) {
            self.trouble("cannot drop old schedules", &error.into());
        }
    }

    fn ids(&self) -> Vec<String> {
        self.armed.keys().cloned().collect()
    }

    fn try_to_arm(&self, armed: &mut Armed, now: DateTime<Utc>) {
        match self.arm(armed, now) {
            Ok(()) => armed.unknown = false,
            Err(error) => self.trouble("cannot read where a schedule stands", &error),
        }
    }

    /// Finds where a schedule stands; one that is new or changed begins now.
    fn arm(&self, armed: &mut Armed, now: DateTime<Utc>) -> Result<(), EngineError> {
        let known = self.ledger.considered(&armed.plan.id, now)?;
        armed.considered = match known {
            Some((line, at)) if line == armed.plan.line && at - now <= BACK => at,
            _ => {
                self.ledger.arm(&armed.plan.id, &armed.plan.line, now)?;
                now
            }
        };
        armed.next = armed.plan.next(armed.considered);
        Ok(())
    }

    /// Looks at everything once. Returns how long nothing will be due.
    pub(super) fn wake(&mut self) -> Duration {
        let now = self.clock.now();
        self.note(Note::Woke(now));
        if self.clock_is_doubtful(now) {
            return self.limits.wake;
        }
        // Runs that are under way come to their end; nothing begins on a lake that is gone.
        if self.is_barred() {
            return self.limits.wake;
        }
        self.set_right(now);
        self.follow(now);
        self.recover(now);
        for id in self.due(now) {
            // Several ticks of one pipeline may be passed over before one runs.
            while self.room(&id) {
                match self.start(&id, now) {
                    Ok(true) => {}
                    Ok(false) => break,
                    Err(error) => {
                        self.trouble(&format!("cannot start {id}"), &error);
                        self.hold_off(&id, now);
                        break;
                    }
                }
            }
        }
        let next = self
            .armed
            .values()
            .filter(|armed| !armed.running)
            .filter_map(|armed| Some(armed.next?.1.max(armed.not_before)))
            .filter(|fire| *fire > now)
            .min();
        let wait = next.and_then(|next| (next - now).to_std().ok()).unwrap_or(self.limits.wake);
        wait.min(self.limits.wake)
    }

    /// Whether lake and ledger are such that nothing may be started. It is not ready as long as that
    /// is so, and the log says it once.
    fn is_barred(&mut self) -> bool {
        let Err(error) = self.runner.check() else {
            if self.barred.take().is_some() {
                tracing::info!("lake and ledger can be used again");
            }
            return false;
        };
        let why = format!("nothing is started: {}", wsis_model::causes::chain(&error));
        if self.barred.as_ref() != Some(&why) {
            tracing::error!(why, "looked at again at every waking");
            self.barred = Some(why.clone());
        }
        self.note(Note::Trouble(why));
        true
    }

    /// Finds where schedules stand of which that is not known; after a clock that was far ahead,
    /// they count from the present on.
    fn set_right(&mut self, now: DateTime<Utc>) {
        let is_ahead = |armed: &Armed| armed.considered - now > BACK;
        let wrong: Vec<String> = self
            .armed
            .values()
            .filter(|armed| armed.unknown || is_ahead(armed))
            .map(|armed| armed.plan.id.clone())
            .collect();
        for id in wrong {
            let Some(mut armed) = self.armed.remove(&id) else { continue };
            if is_ahead(&armed) {
                tracing::warn!(pipeline = id, %now, "the clock was set back; counting from now on");
                armed.not_before = now;
            }
            self.try_to_arm(&mut armed, now);
            self.armed.insert(id, armed);
        }
    }

    /// Pipelines that run after another one are due when that has ended well.
    fn follow(&mut self, now: DateTime<Utc>) {
        if !std::mem::take(&mut self.follow) {
            return;
        }
        let mut found = Vec::new();
        for armed in self.armed.values().filter(|armed| !armed.running) {
            let Some(other) = &armed.plan.after else { continue };
            match self.ledger.completed(other, armed.considered) {
                Ok(ends) => found.push((armed.plan.id.clone(), ends.first().copied())),
                Err(error) => self.trouble("cannot read runs", &error.into()),
            }
        }
        for (id, first) in found {
            if let Some(armed) = self.armed.get_mut(&id) {
                armed.next = first.map(|end| (end, now));
            }
        }
    }

    /// Pipelines that are to run now, those due longest first.
    fn due(&self, now: DateTime<Utc>) -> Vec<String> {
        let mut due: Vec<(DateTime<Utc>, &str)> = self
            .armed
            .values()
            .filter(|armed| !armed.running && armed.not_before <= now)
            .filter_map(|armed| {
                let (_, fire) = armed.next?;
                (fire <= now).then_some((fire, armed.plan.id.as_str()))
            })
            .collect();
        due.sort_unstable();
        due.into_iter().map(|(_, id)| id.to_owned()).collect()
    }

    /// Whether a run of this pipeline may begin beside the others.
    pub(super) fn room(&self, id: &str) -> bool {
        let Some(armed) = self.armed.get(id) else { return false };
        let of_host = self.tasks.values().filter(|(_, host)| *host == armed.plan.host).count();
        self.running.len() < self.limits.at_once && of_host < self.limits.per_host
    }

    pub(super) fn hold_off(&mut self, id: &str, now: DateTime<Utc>) {
        if let Some(armed) = self.armed.get_mut(id) {
            armed.not_before = now + AGAIN_AFTER;
        }
    }

    /// Deals with ticks of a pipeline that are due. True when there may be more to deal with.
    fn start(&mut self, id: &str, now: DateTime<Utc>) -> Result<bool, EngineError> {
        let Some(armed) = self.armed.get(id) else { return Ok(false) };
        let due = match &armed.plan.after {
            Some(other) => self.ledger.completed(other, armed.considered)?,
            None => armed.plan.due(armed.considered, now),
        };
        let grace = armed.plan.grace(self.limits.grace);
        let Decision { run, missed } = decide(armed.plan.misfire, &due, now, grace);
        let started_by =
            if armed.plan.after.is_some() { StartedBy::After } else { StartedBy::Schedule };
        let Some(tick) = run else {
            self.ledger.miss(id, &missed, (&self.name, now))?;
            self.pass(id, missed);
            return Ok(!due.is_empty());
        };
        // Ended by someone else in the meantime, or still at work there.
        let Some(lock) = self.runner.lock(id)? else {
            self.hold_off(id, now);
            return Ok(false);
        };
        let claimed = self.ledger.claim(id, tick, &missed, (&self.name, now))?;
        self.pass(id, missed);
        self.considered(id, tick);
        if !claimed {
            return Ok(true);
        }
        self.begin(id, lock, Occasion { started_by, scheduled_for: Some(tick) }, tick);
        Ok(false)
    }

    fn pass(&mut self, id: &str, missed: Vec<DateTime<Utc>>) {
        let Some(last) = missed.last().copied() else { return };
        tracing::warn!(pipeline = id, ticks = missed.len(), "ticks were missed");
        self.considered(id, last);
        self.note(Note::Missed { pipeline: id.to_owned(), ticks: missed });
    }

    fn considered(&mut self, id: &str, tick: DateTime<Utc>) {
        if let Some(armed) = self.armed.get_mut(id) {
            armed.considered = armed.considered.max(tick);
            armed.next = armed.plan.next(armed.considered);
        }
    }

    /// Begins a run on a task of its own, which closes the tick before it lets go of the lock.
    pub(super) fn begin(
        &mut self,
        id: &str,
        lock: R::Lock,
        occasion: Occasion,
        tick: DateTime<Utc>,
    ) {
        let Some(armed) = self.armed.get_mut(id) else { return };
        armed.running = true;
        let task = (id.to_owned(), armed.plan.host.clone());
        self.note(Note::Began { pipeline: id.to_owned(), tick, at: self.clock.now() });
        let (runner, ledger) = (self.runner.clone(), Arc::clone(&self.ledger));
        let (pipeline, cancel) = (id.to_owned(), self.stop.child_token());
        let (lock, bench) = (Arc::new(lock), self.bench);
        let handle = self.running.spawn(async move {
            let result = runner.run(&lock, &pipeline, occasion, cancel).await;
            let (state, run) = match &result {
                // The daemon was stopped: what is left is taken up by the next one.
                Ok(report) if report.outcome == Outcome::Cancelled => {
                    (TickState::Interrupted, Some(report.run.clone()))
                }
                Ok(report) => (TickState::Ended, Some(report.run.clone())),
                // It did not run, or that could not be written down: it is still to be run (R7).
                Err(_) => (TickState::Interrupted, None),
            };
            let close =
                move |ledger: &Ledger| ledger.close_tick(&pipeline, tick, state, run.as_deref());
            let closed = match bench {
                Bench::Apart => ledger.apart(close).await,
                #[cfg(test)]
                Bench::Here => close(&ledger),
            };
            drop(lock);
            result.and_then(|report| closed.map(|()| report).map_err(Into::into))
        });
        self.tasks.insert(handle.id(), task);
    }

    /// Takes note of a run that ended.
    pub(super) fn done(&mut self, ended: Result<Finished, JoinError>) {
        let (task, result) = match ended {
            Ok((task, result)) => (task, Some(result)),
            Err(error) => (error.id(), None),
        };
        let Some((pipeline, _)) = self.tasks.remove(&task) else { return };
        self.ended += 1;
        self.follow = true;
        if let Some(armed) = self.armed.get_mut(&pipeline) {
            armed.running = false;
            if armed.retired {
                self.armed.remove(&pipeline);
            }
        }
        match result {
            Some(Ok(report)) => self.note(Note::Ended(Box::new(report))),
            Some(Err(error)) => self.trouble(&format!("the run of {pipeline}"), &error),
            None => {
                // Its lock is free and its tick open: it is taken up like one of a dead process.
                self.recover_at = self.clock.now();
                self.note(Note::Trouble(format!("the run of {pipeline} ended unexpectedly")));
            }
        }
    }
}

/// A task and what became of it.
type Finished = (tokio::task::Id, Result<RunReport, EngineError>);
