//! Ticks of schedules: each is claimed once, whatever crashes and however many daemons there are.

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;

use super::database::{SqlRow, Statement};
use super::{Ledger, LedgerError, text};

/// What became of a tick.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum TickState {
    /// Claimed; its run is under way, unless its process died.
    Started,
    /// Its run came to an end, of whatever outcome.
    Ended,
    /// Passed over: nobody was there, or the misfire policy said so.
    Missed,
    /// Its run was cut short; a recovery is due.
    Interrupted,
    /// A recovery has begun, or a later tick has taken its place.
    Resumed,
}

impl TickState {
    /// Stable lower-case name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Started => "started",
            Self::Ended => "ended",
            Self::Missed => "missed",
            Self::Interrupted => "interrupted",
            Self::Resumed => "resumed",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        [Self::Started, Self::Ended, Self::Missed, Self::Interrupted, Self::Resumed]
            .into_iter()
            .find(|state| state.code() == code)
    }
}

/// A tick of a schedule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Tick {
    /// Pipeline id.
    pub pipeline: String,
    /// The instant that the schedule names, without jitter.
    pub scheduled_for: DateTime<Utc>,
    /// What became of it.
    pub state: TickState,
    /// When that was first written.
    pub claimed_at: DateTime<Utc>,
    /// Its run, once it began.
    pub run: Option<String>,
}

/// Puts a tick there unless it is there.
const INSERT: &str = "INSERT INTO ticks (pipeline, scheduled_for, voided, state, claim, claimed_at)
    VALUES ($1, $2, '', $3, $4, $5) ON CONFLICT (pipeline, scheduled_for, voided) DO NOTHING";

/// Moves on what was considered, never back.
const CONSIDER: &str =
    "UPDATE schedules SET considered = $2 WHERE pipeline = $1 AND considered < $2";

/// A schedule that a daemon does not know is gone when no other one says within this time that it
/// does; each says so every five minutes.
const GONE_AFTER: TimeDelta = TimeDelta::minutes(10);

impl Ledger {
    /// The schedule under which a pipeline was last looked at, and the instant up to which its
    /// ticks are dealt with.
    pub(crate) fn considered(
        &self,
        pipeline: &str,
        now: DateTime<Utc>,
    ) -> Result<Option<(String, DateTime<Utc>)>, LedgerError> {
        let sql = "SELECT line, considered, dropped FROM schedules WHERE pipeline = $1";
        let rows = self.query("cannot read a schedule", sql, vec![pipeline.into()])?;
        let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
        let (line, considered, dropped) = (row.text(), row.text(), row.text());
        if !dropped.is_empty() && self.instant("dropped", &dropped)? < now - GONE_AFTER {
            return Ok(None);
        }
        Ok(Some((line, self.instant("considered", &considered)?)))
    }

    /// Begins to count the ticks of a schedule from an instant on. What lies before is nobody's
    /// (T12). Ticks noted for later instants, under a clock that was ahead, are set aside, so
    /// that they come again when their time has really come.
    pub(crate) fn arm(
        &self,
        pipeline: &str,
        line: &str,
        from: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let put = "INSERT INTO schedules (pipeline, line, considered) VALUES ($1, $2, $3)
                   ON CONFLICT (pipeline) DO UPDATE SET line = excluded.line,
                   considered = excluded.considered, dropped = ''";
        let aside = "UPDATE ticks SET voided = $2
                     WHERE pipeline = $1 AND voided = '' AND scheduled_for > $2";
        let from = text(from);
        self.execute(
            "cannot write a schedule",
            vec![
                (put, vec![pipeline.into(), line.into(), from.as_str().into()]),
                (aside, vec![pipeline.into(), from.into()]),
            ],
        )?;
        Ok(())
    }

    /// Says that these are the schedules that a daemon knows. Those of other pipelines are dropped
    /// unless another daemon says within ten minutes that it knows them (while several take over a
    /// changed configuration, one after the other); a pipeline that comes back later begins anew.
    pub(crate) fn keep_schedules(
        &self,
        pipelines: &[String],
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let doing = "cannot drop a schedule";
        let rows = self.query(doing, "SELECT pipeline, dropped FROM schedules", Vec::new())?;
        let drop = "UPDATE schedules SET dropped = $2 WHERE pipeline = $1 AND dropped = ''";
        let keep = "UPDATE schedules SET dropped = '' WHERE pipeline = $1 AND dropped <> ''";
        let statements: Vec<Statement> = rows
            .into_iter()
            .filter_map(|mut row| {
                let (id, is_dropped) = (row.text(), !row.text().is_empty());
                match (pipelines.contains(&id), is_dropped) {
                    (true, true) => Some((keep, vec![id.into()])),
                    (false, false) => Some((drop, vec![id.into(), text(now).into()])),
                    _ => None,
                }
            })
            .collect();
        if !statements.is_empty() {
            self.execute(doing, statements)?;
        }
        Ok(())
    }

    /// Claims a tick, and notes those that are passed over for it. False when someone else has
    /// it: `claim` tells claimants apart.
    pub(crate) fn claim(
        &self,
        pipeline: &str,
        tick: DateTime<Utc>,
        missed: &[DateTime<Utc>],
        (claim, now): (&str, DateTime<Utc>),
    ) -> Result<bool, LedgerError> {
        let at = text(tick);
        let mut statements = passed(pipeline, missed, (claim, now));
        let started = TickState::Started.code().into();
        let values =
            vec![pipeline.into(), at.as_str().into(), started, claim.into(), text(now).into()];
        statements.push((INSERT, values));
        statements.push((CONSIDER, vec![pipeline.into(), at.as_str().into()]));
        self.execute("cannot claim a tick", statements)?;
        self.holds(pipeline, at, TickState::Started, claim)
    }

    /// Notes ticks that are passed over with none in their place.
    pub(crate) fn miss(
        &self,
        pipeline: &str,
        missed: &[DateTime<Utc>],
        (claim, now): (&str, DateTime<Utc>),
    ) -> Result<(), LedgerError> {
        let Some(last) = missed.last() else { return Ok(()) };
        let mut statements = passed(pipeline, missed, (claim, now));
        statements.push((CONSIDER, vec![pipeline.into(), text(*last).into()]));
        self.execute("cannot note missed ticks", statements)?;
        Ok(())
    }

    fn holds(
        &self,
        pipeline: &str,
        at: String,
        state: TickState,
        claim: &str,
    ) -> Result<bool, LedgerError> {
        let sql = "SELECT COUNT(*) FROM ticks WHERE pipeline = $1 AND scheduled_for = $2
                   AND voided = '' AND state = $3 AND claim = $4";
        let key = vec![pipeline.into(), at.into(), state.code().into(), claim.into()];
        let rows = self.query("cannot read a tick", sql, key)?;
        Ok(rows.into_iter().next().is_some_and(|mut row| row.count() > 0))
    }

    /// Writes what became of a claimed tick.
    pub(crate) fn close_tick(
        &self,
        pipeline: &str,
        tick: DateTime<Utc>,
        state: TickState,
        run: Option<&str>,
    ) -> Result<(), LedgerError> {
        let sql = "UPDATE ticks SET state = $3, run = COALESCE($4, run)
                   WHERE pipeline = $1 AND scheduled_for = $2 AND voided = ''";
        let values = vec![pipeline.into(), text(tick).into(), state.code().into(), run.into()];
        self.execute("cannot close a tick", vec![(sql, values)])?;
        Ok(())
    }

    /// Claims the recovery of an interrupted tick. False when someone else has it.
    pub(crate) fn resume(
        &self,
        pipeline: &str,
        tick: DateTime<Utc>,
        claim: &str,
    ) -> Result<bool, LedgerError> {
        let sql = "UPDATE ticks SET state = 'resumed', claim = $3 WHERE pipeline = $1
                   AND scheduled_for = $2 AND voided = '' AND state = 'interrupted'";
        let values = vec![pipeline.into(), text(tick).into(), claim.into()];
        self.execute("cannot claim a recovery", vec![(sql, values)])?;
        self.holds(pipeline, text(tick), TickState::Resumed, claim)
    }

    /// Ticks whose run has not come to an end, oldest first.
    pub(crate) fn open_ticks(&self) -> Result<Vec<Tick>, LedgerError> {
        let sql = "SELECT pipeline, scheduled_for, state, claimed_at, run FROM ticks
                   WHERE state IN ('started', 'interrupted') AND voided = ''
                   ORDER BY scheduled_for, pipeline";
        let rows = self.query("cannot read open ticks", sql, Vec::new())?;
        rows.into_iter().map(|row| self.read_tick(row)).collect()
    }

    /// Ticks of a pipeline from an instant on, in order.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn ticks(&self, pipeline: &str, since: DateTime<Utc>) -> Result<Vec<Tick>, LedgerError> {
        let sql = "SELECT pipeline, scheduled_for, state, claimed_at, run FROM ticks
                   WHERE pipeline = $1 AND scheduled_for >= $2 AND voided = ''
                   ORDER BY scheduled_for";
        let key = vec![pipeline.into(), text(since).into()];
        let rows = self.query("cannot read ticks", sql, key)?;
        rows.into_iter().map(|row| self.read_tick(row)).collect()
    }

    fn read_tick(&self, mut row: SqlRow) -> Result<Tick, LedgerError> {
        let (pipeline, scheduled_for) = (row.text(), row.text());
        let (state, claimed_at, run) = (row.text(), row.text(), row.maybe_text());
        Ok(Tick {
            pipeline,
            scheduled_for: self.instant("scheduled_for", &scheduled_for)?,
            state: TickState::from_code(&state)
                .ok_or_else(|| self.wrong("state", &state, "a known state of a tick"))?,
            claimed_at: self.instant("claimed_at", &claimed_at)?,
            run,
        })
    }
}

/// Statements that note ticks as missed.
fn passed(
    pipeline: &str,
    missed: &[DateTime<Utc>],
    (claim, now): (&str, DateTime<Utc>),
) -> Vec<Statement> {
    let values = |tick: &DateTime<Utc>| {
        let state = TickState::Missed.code().into();
        vec![pipeline.into(), text(*tick).into(), state, claim.into(), text(now).into()]
    };
    missed.iter().map(|tick| (INSERT, values(tick))).collect()
}
