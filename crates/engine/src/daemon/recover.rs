//! Ticks whose run was cut short, by a crash or by a stop: each gets one more run.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Daemon, Runner};
use crate::engine::Occasion;
use crate::error::EngineError;
use crate::ledger::{Tick, TickState};
use crate::report::StartedBy;

/// Between two looks at what other daemons left behind.
const EVERY: TimeDelta = TimeDelta::minutes(5);

impl<R: Runner> Daemon<R> {
    /// Resumes what was cut short: at the start, after a run of ours was lost, and now and then
    /// for other daemons that share the ledger.
    pub(super) fn recover(&mut self, now: DateTime<Utc>) {
        if now < self.recover_at {
            return;
        }
        self.recover_at = now + EVERY;
        self.keep(now);
        // Runs by hand may have ended too, for which other pipelines wait.
        self.follow = true;
        let open = match self.ledger.open_ticks() {
            Ok(open) => open,
            Err(error) => return self.trouble("cannot read open ticks", &error.into()),
        };
        for tick in open {
            if let Err(error) = self.take_up(&tick) {
                self.trouble(&format!("cannot take up {}", tick.pipeline), &error);
            }
        }
    }

    fn take_up(&mut self, tick: &Tick) -> Result<(), EngineError> {
        let (id, at) = (tick.pipeline.as_str(), tick.scheduled_for);
        if self.armed.get(id).is_some_and(|armed| armed.running) {
            return Ok(());
        }
        // Who holds the lock is alive and closes the tick itself.
        let Some(lock) = self.runner.lock(id)? else { return Ok(()) };
        let later = self.ledger.ticks(id, at)?;
        match later.first().filter(|first| first.scheduled_for == at).map(|first| first.state) {
            Some(TickState::Started) => {
                tracing::warn!(pipeline = id, tick = %at, "the process of this run ended early");
                self.ledger.close_tick(id, at, TickState::Interrupted, None)?;
            }
            Some(TickState::Interrupted) => {}
            _ => return Ok(()),
        }
        let overtaken = later.iter().skip(1).any(|tick| tick.state != TickState::Missed);
        if overtaken || !self.armed.contains_key(id) {
            self.ledger.resume(id, at, &self.name)?;
            return Ok(());
        }
        if !self.room(id) {
            // Soon: a place becomes free when a run ends.
            self.recover_at = self.clock.now();
            return Ok(());
        }
        if self.ledger.resume(id, at, &self.name)? {
            let occasion = Occasion { started_by: StartedBy::Recovery, scheduled_for: Some(at) };
            self.begin(id, lock, occasion, at);
        }
        Ok(())
    }
}
