//! Leases, where several machines share a ledger: who may run a pipeline. A lock on a file shows
//! the processes of one machine; a lease shows the others, and ends by itself when its holder has
//! not renewed it for [`LEASE`]. Every taking has a greater number than the one before (a fencing
//! token): who was passed over finds another number than its own, and does not commit.
//!
//! Instants are those of the database, so that the clocks of the machines do not matter.

use chrono::{DateTime, TimeDelta, Utc};

use super::{Ledger, LedgerError, text};

/// For so long a lease holds without being renewed.
pub(crate) const LEASE: TimeDelta = TimeDelta::seconds(60);

/// A lease as it was taken.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Lease {
    /// What is held.
    name: String,
    /// Who holds it: an id that nobody else uses.
    holder: String,
    /// Number of this taking.
    pub(crate) token: u64,
}

/// Free, run out, or of the same place: who asks there has the lock on the file too, so the holder
/// before is dead.
const TAKE: &str = "INSERT INTO leases (name, holder, place, token, until)
                    VALUES ($1, $2, $3, 1, $5)
                    ON CONFLICT (name) DO UPDATE SET holder = excluded.holder,
                    place = excluded.place, token = leases.token + 1, until = excluded.until
                    WHERE leases.until < $4 OR leases.place = excluded.place";

const RENEW: &str = "UPDATE leases SET until = $4
                     WHERE name = $1 AND holder = $2 AND token = $3";

/// The row stays, so that its number only rises.
const RELEASE: &str = "UPDATE leases SET until = '', place = ''
                       WHERE name = $1 AND holder = $2 AND token = $3";

impl Ledger {
    /// Whether several machines may write to it.
    pub(crate) fn is_shared(&self) -> bool {
        self.store.is_shared()
    }

    /// Takes a lease; none while somebody in another place holds it. `holder` is an id that nobody
    /// else uses; `place` names a folder on a machine.
    pub(crate) fn take_lease(
        &self,
        name: &str,
        (holder, place): (&str, &str),
    ) -> Result<Option<Lease>, LedgerError> {
        let doing = "cannot take a lease";
        let now = self.database_now(doing)?;
        let values = vec![
            name.into(),
            holder.into(),
            place.into(),
            text(now).into(),
            text(now + LEASE).into(),
        ];
        self.execute(doing, vec![(TAKE, values)])?;
        let sql = "SELECT token FROM leases WHERE name = $1 AND holder = $2";
        let rows = self.query(doing, sql, vec![name.into(), holder.into()])?;
        Ok(rows.into_iter().next().map(|mut row| Lease {
            name: name.to_owned(),
            holder: holder.to_owned(),
            token: row.count(),
        }))
    }

    /// Holds on to a lease.
    ///
    /// # Errors
    /// [`LedgerError::Fenced`] when somebody else has taken it.
    pub(crate) fn renew_lease(&self, lease: &Lease) -> Result<(), LedgerError> {
        let doing = "cannot renew a lease";
        let until = text(self.database_now(doing)? + LEASE);
        let values = vec![
            lease.name.as_str().into(),
            lease.holder.as_str().into(),
            lease.token.into(),
            until.into(),
        ];
        match self.execute(doing, vec![(RENEW, values)])?.as_slice() {
            [0] => Err(LedgerError::Fenced { lease: lease.name.clone(), token: lease.token }),
            _ => Ok(()),
        }
    }

    /// Lets go of a lease; one that somebody else has taken is left alone.
    pub(crate) fn release_lease(&self, lease: &Lease) -> Result<(), LedgerError> {
        let values =
            vec![lease.name.as_str().into(), lease.holder.as_str().into(), lease.token.into()];
        self.execute("cannot let go of a lease", vec![(RELEASE, values)])?;
        Ok(())
    }

    fn database_now(&self, doing: &'static str) -> Result<DateTime<Utc>, LedgerError> {
        let rows = self.query(doing, self.store.now_sql(), Vec::new())?;
        let now = rows.into_iter().next().map(|mut row| row.text()).unwrap_or_default();
        self.instant("now", &now)
    }
}
