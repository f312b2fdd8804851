//! The last known state of each pipeline: an alert is due when it changes, not at every run.

use chrono::{DateTime, Utc};

use super::{Ledger, LedgerError};

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
}
