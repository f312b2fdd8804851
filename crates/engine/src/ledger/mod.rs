//! The ledger: every run, every tick of a schedule, and what is known of every page. SQLite at
//! `<lake>/state/ledger.sqlite`, or PostgreSQL when several machines share it.
//!
//! It holds nothing that the lake needs to be read: when it is lost, the next run merely asks
//! for everything again. One ledger belongs to one lake, whose id it keeps: runs of two lakes in
//! one list would make each believe that it holds what the other has.

mod asked;
mod backfills;
mod chains;
mod database;
mod leases;
mod outbox;
mod pages;
mod postgres;
mod promises;
mod runs;
mod said;
mod schema;
mod sqlite;
mod states;
#[cfg(test)]
mod tests;
mod ticks;

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use chrono::{DateTime, Utc};

pub use backfills::Backfilled;
pub(crate) use leases::{LEASE, Lease};
pub use outbox::Waiting;
pub(crate) use outbox::{LONGEST_WAIT, TAKEN_FOR};
pub use pages::StoredPage;
pub use promises::{Promise, Verdict};
pub(crate) use said::{Of, StoredSaid};
pub use states::StoredState;
pub use ticks::{Tick, TickState};

use database::{Database, DatabaseError, SqlRow, SqlValue, Statement};
use wsis_config::Workspace;

use crate::trust::{Trust, TrustError};

/// A fault of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The database says no.
    #[error("{name}: {doing}")]
    Store {
        /// The file, or the address without its password.
        name: String,
        /// What was tried.
        doing: &'static str,
        /// What the database says.
        source: Box<dyn std::error::Error + Send + Sync>,
    },
    /// The folder cannot be made.
    #[error("cannot create folder {path} for the ledger")]
    Folder {
        /// The folder.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The tables are of a newer version.
    #[error(
        "{path} has ledger version {found}, this program writes version {expected}; use a newer wsis, or move the ledger away (only the list of past runs is lost)",
        expected = schema::VERSION
    )]
    Version {
        /// The file or address.
        path: String,
        /// Its version.
        found: i64,
    },
    /// It holds the runs of another lake.
    #[error(
        "the ledger {name} belongs to another lake ({found}), this one is {expected}: each lake needs a ledger of its own; name another with `ledger` in workspace.toml or WSIS_LEDGER. If it is the same lake and its other files were lost, restore them from a copy, `_format.json` first; to begin anew, move the ledger away"
    )]
    OtherLake {
        /// The file, or the address without its password.
        name: String,
        /// The lake that it belongs to.
        found: String,
        /// The lake that it was opened for.
        expected: String,
    },
    /// Somebody has taken the file away under a running program.
    #[error(
        "{path} is no longer the file that was opened; what is written to it is lost, so nothing is run until wsis is started again"
    )]
    Gone {
        /// The file.
        path: String,
    },
    /// The file is the one that was opened, and was cut short under a running program.
    #[error(
        "{path} was cut short: {bytes} bytes, and it had {had}; nothing is run until it is restored from a copy and wsis is started again"
    )]
    Short {
        /// The file.
        path: String,
        /// Its length.
        bytes: u64,
        /// The length that it had.
        had: u64,
    },
    /// Another machine has taken what this one held.
    #[error(
        "{lease} was taken over by another machine: this one (taking {token}) did not renew its lease for {} s, so it commits nothing; what it received is archived",
        leases::LEASE.num_seconds()
    )]
    Fenced {
        /// What was held.
        lease: String,
        /// Number of the taking.
        token: u64,
    },
    /// The certificates of the deployment cannot be used.
    #[error(transparent)]
    Trust(#[from] TrustError),
    /// A stored value cannot be read.
    #[error("{path}: column {column} holds {found:?}, which is not {expected}")]
    Value {
        /// The file or address.
        path: String,
        /// Column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
}

impl LedgerError {
    /// Faults of one database.
    fn at(name: &str) -> impl Fn(&'static str, DatabaseError) -> Self + use<> {
        let name = name.to_owned();
        move |doing, source| Self::Store {
            name: name.clone(),
            doing,
            source: sqlite::in_words(source),
        }
    }
}

/// The ledger of a lake. Calls are short and synchronous.
#[derive(Debug)]
pub struct Ledger {
    store: Box<dyn Database>,
    /// The file as it was opened, where it is one.
    place: Option<FileMark>,
    /// The longest that the file was seen: it never shrinks by itself.
    longest: AtomicU64,
}

/// Which file stands at a path: another one in its place has another number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct FileMark {
    device: u64,
    number: u64,
    /// Where the file system knows: a number may be given again at once.
    born: Option<SystemTime>,
}

impl std::fmt::Display for FileMark {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.device, self.number)
    }
}

impl FileMark {
    /// The file at a path; none when there is none.
    pub(crate) fn of(path: &Path) -> Option<Self> {
        use std::os::unix::fs::MetadataExt as _;
        let meta = std::fs::metadata(path).ok()?;
        Some(Self { device: meta.dev(), number: meta.ino(), born: meta.created().ok() })
    }
}

impl Ledger {
    /// Opens the ledger in a file, making it when it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened or is of a newer version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let store = Box::new(sqlite::Sqlite::open(path)?);
        Ok(Self { place: FileMark::of(path), ..Self::over(store) })
    }

    fn over(store: Box<dyn Database>) -> Self {
        Self { store, place: None, longest: AtomicU64::new(0) }
    }

    /// Whether the file is still the one that was opened, as long as it was, and can be read by who
    /// opens it now. A database says so itself.
    pub(crate) fn still_there(&self) -> Result<(), LedgerError> {
        if self.place.is_none() {
            return Ok(());
        }
        let path = Path::new(self.name());
        let gone = || LedgerError::Gone { path: self.name().to_owned() };
        if FileMark::of(path) != self.place {
            return Err(gone());
        }
        // By its name: to open and close the file otherwise than by SQLite would end its locks.
        let bytes = std::fs::metadata(path).map_err(|_| gone())?.len();
        let had = self.longest.fetch_max(bytes, Ordering::Relaxed);
        if bytes < had {
            return Err(LedgerError::Short { path: self.name().to_owned(), bytes, had });
        }
        sqlite::look(path).map_err(|source| {
            LedgerError::at(self.name())("the file can no longer be opened", source.into())
        })
    }

    /// Opens the ledger to read it, also in a folder that may not be written; empty when there is
    /// none.
    ///
    /// # Errors
    /// When the file cannot be read or is of a newer version.
    pub fn open_to_read(path: &Path) -> Result<Self, LedgerError> {
        Ok(Self::over(Box::new(sqlite::Sqlite::open_to_read(path)?)))
    }

    /// A ledger that is gone with its value, for simulations.
    ///
    /// # Errors
    /// When SQLite refuses.
    pub fn in_memory() -> Result<Self, LedgerError> {
        Ok(Self::over(Box::new(sqlite::Sqlite::in_memory()?)))
    }

    /// Makes ticks and schedules unusable, or usable again.
    #[cfg(test)]
    pub(crate) fn turn(&self, broken: bool) {
        for [good, bad] in [["ticks", "broken_ticks"], ["schedules", "broken_schedules"]] {
            let (from, to) = if broken { (good, bad) } else { (bad, good) };
            let sql = format!("ALTER TABLE {from} RENAME TO {to}").leak();
            self.execute("test", vec![(sql, vec![])]).unwrap();
        }
    }

    /// Connects to a ledger in PostgreSQL (`postgres://user@host/database`), making its tables
    /// when they are not there.
    ///
    /// # Errors
    /// When the server cannot be reached or refuses, or the tables are of a newer version.
    pub fn connect(address: &str, trust: &Trust) -> Result<Self, LedgerError> {
        Ok(Self::over(Box::new(postgres::Postgres::open(address, trust)?)))
    }

    /// Whether an address can be read as one of PostgreSQL, without connecting.
    ///
    /// # Errors
    /// As [`Ledger::connect`] refuses it.
    pub fn check_address(address: &str) -> Result<(), LedgerError> {
        postgres::read(address).map(drop)
    }

    /// The ledger that a deployment names: an address of PostgreSQL, or the file in its lake.
    ///
    /// # Errors
    /// As [`Ledger::connect`], [`Ledger::open`] and [`Trust::read`].
    pub fn of(workspace: &Workspace, lake: &Path) -> Result<Self, LedgerError> {
        match &workspace.ledger {
            Some(address) => {
                Self::connect(address, &Trust::read(workspace.fetch.ca_file.as_deref())?)
            }
            None => Self::open(&lake.join(FILE)),
        }
    }

    /// [`Ledger::of`] for a reader, which makes no file.
    ///
    /// # Errors
    /// As [`Ledger::of`].
    pub fn of_to_read(workspace: &Workspace, lake: &Path) -> Result<Self, LedgerError> {
        match workspace.ledger {
            Some(_) => Self::of(workspace, lake),
            None => Self::open_to_read(&lake.join(FILE)),
        }
    }

    /// Binds the ledger to a lake, or finds that it is bound to that one.
    ///
    /// # Errors
    /// [`LedgerError::OtherLake`] when it holds the runs of another lake.
    pub fn belong_to(&self, lake_id: &str) -> Result<(), LedgerError> {
        let doing = "cannot tell whose ledger it is";
        let put =
            "INSERT INTO lake (only_one, id) VALUES (1, $1) ON CONFLICT (only_one) DO NOTHING";
        self.execute(doing, vec![(put, vec![lake_id.into()])])?;
        self.is_of(lake_id)
    }

    /// Finds that the ledger is bound to a lake, or to none yet.
    ///
    /// # Errors
    /// [`LedgerError::OtherLake`] when it holds the runs of another lake.
    pub fn is_of(&self, lake_id: &str) -> Result<(), LedgerError> {
        let rows = self.query("cannot tell whose ledger it is", "SELECT id FROM lake", vec![])?;
        let found = rows.into_iter().next().map(|mut row| row.text());
        let Some(found) = found.filter(|found| found != lake_id) else { return Ok(()) };
        let (name, expected) = (self.name().to_owned(), lake_id.to_owned());
        Err(LedgerError::OtherLake { name, found, expected })
    }

    /// Where it is: a path, or an address without its password.
    pub fn name(&self) -> &str {
        self.store.name()
    }

    /// Asks on a thread for what may block: a database that is slow to answer must not keep the
    /// threads that move network data (R20).
    pub(crate) async fn apart<T: Send + 'static>(
        self: &Arc<Self>,
        work: impl FnOnce(&Self) -> Result<T, LedgerError> + Send + 'static,
    ) -> Result<T, LedgerError> {
        let ledger = Arc::clone(self);
        match tokio::task::spawn_blocking(move || work(&ledger)).await {
            Ok(done) => done,
            Err(why) => {
                Err(LedgerError::at(self.name())("a worker ended unexpectedly", why.into()))
            }
        }
    }

    fn query(
        &self,
        doing: &'static str,
        sql: &'static str,
        values: Vec<SqlValue>,
    ) -> Result<Vec<SqlRow>, LedgerError> {
        let fault = LedgerError::at(self.name());
        self.store.query((sql, values)).map_err(|source| fault(doing, source))
    }

    fn execute(
        &self,
        doing: &'static str,
        statements: Vec<Statement>,
    ) -> Result<Vec<u64>, LedgerError> {
        let fault = LedgerError::at(self.name());
        self.store.execute(statements).map_err(|source| fault(doing, source))
    }

    fn instant(&self, column: &'static str, text: &str) -> Result<DateTime<Utc>, LedgerError> {
        let parsed = DateTime::parse_from_rfc3339(text).map(|at| at.to_utc());
        parsed.map_err(|_| self.wrong(column, text, "an RFC 3339 instant"))
    }

    fn wrong(&self, column: &'static str, found: &str, expected: &'static str) -> LedgerError {
        let (path, found) = (self.name().to_owned(), found.to_owned());
        LedgerError::Value { path, column, found, expected }
    }
}

/// Place of the ledger in a lake's folder.
const FILE: &str = "state/ledger.sqlite";

/// An id that nobody else uses; of two the later one sorts after.
pub(crate) fn new_id(now: DateTime<Utc>) -> String {
    let seconds = u64::try_from(now.timestamp()).unwrap_or(0);
    let at = uuid::Timestamp::from_unix(uuid::NoContext, seconds, now.timestamp_subsec_nanos());
    uuid::Uuid::new_v7(at).to_string()
}

/// RFC 3339 with microseconds and `Z`: of fixed width, so that texts sort as instants do.
fn text(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}
