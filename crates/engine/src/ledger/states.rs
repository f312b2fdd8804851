//! The last known state of each pipeline: an alert is due when it changes, not at every run.

use chrono::{DateTime, Utc};

use super::{Ledger, LedgerError, text};

/// The state of a pipeline, and since when it has been so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StoredState {
    /// Pipeline id.
    pub pipeline: String,
    /// Name of the state.
    pub state: String,
    /// Since when.
    pub since: DateTime<Utc>,
}

impl Ledger {
    /// The state of a pipeline last written.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn state(&self, pipeline: &str) -> Result<Option<StoredState>, LedgerError> {
        let sql = "SELECT state, since FROM states WHERE pipeline = $1";
        let rows = self.query("cannot read a state", sql, vec![pipeline.into()])?;
        let Some(mut row) = rows.into_iter().next() else { return Ok(None) };
        let (state, since) = (row.text(), row.text());
        let since = self.instant("since", &since)?;
        Ok(Some(StoredState { pipeline: pipeline.to_owned(), state, since }))
    }

    /// Writes the state of a pipeline. True when that is a change, for one of several daemons
    /// only.
    pub(crate) fn put_state(&self, stored: &StoredState) -> Result<bool, LedgerError> {
        let sql = "INSERT INTO states (pipeline, state, since) VALUES ($1, $2, $3)
                   ON CONFLICT (pipeline) DO UPDATE SET state = excluded.state,
                   since = excluded.since WHERE states.state <> excluded.state";
        let values = vec![
            stored.pipeline.as_str().into(),
            stored.state.as_str().into(),
            text(stored.since).into(),
        ];
        let changed = self.execute("cannot write a state", vec![(sql, values)])?;
        Ok(changed.first().is_some_and(|rows| *rows > 0))
    }
}
