//! What a backfill has received of each request, so that the next one asks only for the rest: other
//! years of one series may be refused that all others have (F08).

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};

use super::{Ledger, LedgerError, Statement, text};

/// What became of a request for some years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Backfilled {
    /// All of it is in the lake.
    Landed,
    /// The source does not give these years of it, and says so.
    Refused(String),
}

impl Ledger {
    /// Requests of a backfill of these years of which it is known since an instant what became of
    /// them.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn backfilled(
        &self,
        pipeline: &str,
        (first, last): (i32, i32),
        since: DateTime<Utc>,
    ) -> Result<BTreeMap<String, Backfilled>, LedgerError> {
        let sql = "SELECT request, refused FROM backfills
                   WHERE pipeline = $1 AND first = $2 AND last = $3 AND at >= $4";
        let key = vec![pipeline.into(), year(first), year(last), text(since).into()];
        let rows = self.query("cannot look up a backfill", sql, key)?;
        let known = rows.into_iter().map(|mut row| {
            let request = row.text();
            let refused = row.maybe_text();
            (request, refused.map_or(Backfilled::Landed, Backfilled::Refused))
        });
        Ok(known.collect())
    }

    /// Writes what became of requests of a backfill.
    pub(crate) fn put_backfilled(
        &self,
        pipeline: &str,
        (first, last): (i32, i32),
        at: DateTime<Utc>,
        requests: &[(String, Backfilled)],
    ) -> Result<(), LedgerError> {
        let sql = "INSERT INTO backfills (pipeline, request, first, last, at, refused)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (pipeline, request, first, last)
                   DO UPDATE SET at = excluded.at, refused = excluded.refused";
        let statements: Vec<Statement> = requests
            .iter()
            .map(|(request, became)| {
                let refused = match became {
                    Backfilled::Landed => None,
                    Backfilled::Refused(why) => Some(why.as_str()),
                };
                let values = vec![
                    pipeline.into(),
                    request.as_str().into(),
                    year(first),
                    year(last),
                    text(at).into(),
                    refused.into(),
                ];
                (sql, values)
            })
            .collect();
        if statements.is_empty() {
            return Ok(());
        }
        self.execute("cannot write what a backfill received", statements)?;
        Ok(())
    }
}

fn year(year: i32) -> super::SqlValue {
    super::SqlValue::Int(i64::from(year))
}
