//! When hosts were asked, so that their budgets hold over a restart (H3).

use chrono::{DateTime, TimeDelta, Utc};
use wsis_model::causes::chain;

use super::{Ledger, LedgerError, text};
use crate::fetch::{BudgetStore, RequestKind};

impl Ledger {
    /// Instants since `since` at which a host was asked for this kind of thing, oldest first.
    pub(crate) fn asked(
        &self,
        host: &str,
        kind: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        let sql = "SELECT at FROM asked WHERE host = $1 AND kind = $2 AND at >= $3 ORDER BY at";
        let key = vec![host.into(), kind.into(), text(since).into()];
        let rows = self.query("cannot read the use of a budget", sql, key)?;
        rows.into_iter().map(|mut row| self.instant("at", &row.text())).collect()
    }

    /// Notes a request, and forgets those of before `forget`.
    pub(crate) fn note_asked(
        &self,
        host: &str,
        kind: &str,
        at: DateTime<Utc>,
        forget: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let put = "INSERT INTO asked (host, kind, at) VALUES ($1, $2, $3)";
        let trim = "DELETE FROM asked WHERE host = $1 AND at < $2";
        self.execute(
            "cannot note the use of a budget",
            vec![
                (put, vec![host.into(), kind.into(), text(at).into()]),
                (trim, vec![host.into(), text(forget).into()]),
            ],
        )?;
        Ok(())
    }
}

/// Requests older than this no longer count towards any budget.
const FORGET_AFTER: TimeDelta = TimeDelta::hours(2);

impl BudgetStore for Ledger {
    fn used(
        &self,
        host: &str,
        kind: RequestKind,
        since: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, String> {
        self.asked(host, kind.code(), since).map_err(|error| chain(&error))
    }

    fn note(&self, host: &str, kind: RequestKind, at: DateTime<Utc>) -> Result<(), String> {
        self.note_asked(host, kind.code(), at, at - FORGET_AFTER).map_err(|error| chain(&error))
    }
}
