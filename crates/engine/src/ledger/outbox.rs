//! Alerts that wait to be told: written in the same transaction as the change of state that they
//! tell of, and kept until their channel has taken them. A crash or a mail server that is out of
//! order loses none (R18); one that was told in the moment of a crash may be told once more.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Ledger, LedgerError, Statement, StoredState, text};

/// An alert that waits to be told on one channel.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Waiting {
    /// The change of state that it tells of.
    pub change: String,
    /// Id of the channel.
    pub channel: String,
    /// The pipeline that it is about.
    pub pipeline: String,
    /// The alert, in JSON.
    pub alert: String,
    /// When it was made.
    pub made: DateTime<Utc>,
    /// How often it was tried, in vain.
    pub attempts: u64,
    /// Of whom it is now, to be told.
    pub claim: String,
}

/// For so long whoever took an alert to tell it is left alone with it.
pub(crate) const TAKEN_FOR: TimeDelta = TimeDelta::minutes(5);

/// The longest wait between two attempts.
pub(crate) const LONGEST_WAIT: TimeDelta = TimeDelta::hours(1);

/// Those of which the next attempt is due. A wait that is longer than any was named by a clock
/// that was ahead.
const FIND: &str = "SELECT change, channel FROM outbox WHERE next <= $1 OR next > $2
                    ORDER BY made, change, channel LIMIT $3";

/// Takes one of them.
const TAKE: &str = "UPDATE outbox SET claim = $3, next = $4
                    WHERE (next <= $1 OR next > $2) AND change = $5 AND channel = $6";

impl Ledger {
    /// Writes the state of a pipeline, and the alerts (channel, JSON) that tell of it. True when
    /// that is a change, for one of several daemons only; then only are the alerts kept. `change`
    /// is an id that nobody else uses.
    pub(crate) fn change_state(
        &self,
        stored: &StoredState,
        change: &str,
        alerts: &[(String, String)],
        now: DateTime<Utc>,
    ) -> Result<bool, LedgerError> {
        let put = "INSERT INTO states (pipeline, state, since, change) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (pipeline) DO UPDATE SET state = excluded.state,
                   since = excluded.since, change = excluded.change
                   WHERE states.state <> excluded.state";
        let tell =
            "INSERT INTO outbox (change, channel, pipeline, alert, made, attempts, next, claim)
                    SELECT change, $2, pipeline, $3, $4, 0, $4, '' FROM states WHERE change = $1
                    ON CONFLICT (change, channel) DO NOTHING";
        let mut statements: Vec<Statement> = vec![(
            put,
            vec![
                stored.pipeline.as_str().into(),
                stored.state.as_str().into(),
                text(stored.since).into(),
                change.into(),
            ],
        )];
        statements.extend(alerts.iter().map(|(channel, alert)| {
            let values = vec![
                change.into(),
                channel.as_str().into(),
                alert.as_str().into(),
                text(now).into(),
            ];
            (tell, values)
        }));
        self.execute("cannot write a state", statements)?;
        let sql = "SELECT COUNT(*) FROM states WHERE pipeline = $1 AND change = $2";
        let key = vec![stored.pipeline.as_str().into(), change.into()];
        let rows = self.query("cannot read a state", sql, key)?;
        Ok(rows.into_iter().next().is_some_and(|mut row| row.count() > 0))
    }

    /// Takes the alerts that are due, oldest first, at most `limit`: for a while nobody else tells
    /// them. `claim` is an id that nobody else uses.
    pub(crate) fn take_alerts(
        &self,
        now: DateTime<Utc>,
        claim: &str,
        limit: usize,
    ) -> Result<Vec<Waiting>, LedgerError> {
        let doing = "cannot take the alerts that are due";
        let (due, beyond) = (text(now), text(now + LONGEST_WAIT * 2));
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let key = vec![due.as_str().into(), beyond.as_str().into(), limit.into()];
        let found = self.query(doing, FIND, key)?;
        let until = text(now + TAKEN_FOR);
        let mut statements = Vec::with_capacity(found.len());
        for mut row in found {
            let (change, channel) = (row.text(), row.text());
            statements.push((
                TAKE,
                vec![
                    due.as_str().into(),
                    beyond.as_str().into(),
                    claim.into(),
                    until.as_str().into(),
                    change.into(),
                    channel.into(),
                ],
            ));
        }
        if statements.is_empty() {
            return Ok(Vec::new());
        }
        self.execute(doing, statements)?;
        let sql =
            "SELECT change, channel, pipeline, alert, made, attempts FROM outbox WHERE claim = $1
                   ORDER BY made, change, channel";
        let rows = self.query(doing, sql, vec![claim.into()])?;
        rows.into_iter()
            .map(|mut row| {
                let (change, channel, pipeline) = (row.text(), row.text(), row.text());
                let (alert, made, attempts) = (row.text(), row.text(), row.count());
                let made = self.instant("made", &made)?;
                let claim = claim.to_owned();
                Ok(Waiting { change, channel, pipeline, alert, made, attempts, claim })
            })
            .collect()
    }

    /// An alert was told, or is given up.
    pub(crate) fn drop_alert(&self, waiting: &Waiting) -> Result<(), LedgerError> {
        let sql = "DELETE FROM outbox WHERE change = $1 AND channel = $2";
        let key = vec![waiting.change.as_str().into(), waiting.channel.as_str().into()];
        self.execute("cannot note that an alert was told", vec![(sql, key)])?;
        Ok(())
    }

    /// An alert was not told, and is to be tried again; with how often it was tried by now. One that somebody
    /// else has taken since is theirs: nothing is written of it.
    pub(crate) fn defer_alert(
        &self,
        waiting: &Waiting,
        next: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let sql = "UPDATE outbox SET next = $3, attempts = $4, claim = ''
                   WHERE change = $1 AND channel = $2 AND claim = $5";
        let values = vec![
            waiting.change.as_str().into(),
            waiting.channel.as_str().into(),
            text(next).into(),
            waiting.attempts.into(),
            waiting.claim.as_str().into(),
        ];
        self.execute("cannot put off an alert", vec![(sql, values)])?;
        Ok(())
    }

    /// How many alerts wait to be told.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn alerts_waiting(&self) -> Result<u64, LedgerError> {
        let sql = "SELECT COUNT(*) FROM outbox";
        let rows = self.query("cannot count the alerts that wait", sql, Vec::new())?;
        Ok(rows.into_iter().next().map_or(0, |mut row| row.count()))
    }
}
