//! The ledger: every run, and what is known of every page, in SQLite at
//! `<lake>/state/ledger.sqlite`.
//!
//! It holds nothing that the lake needs to be read: when it is lost, the next run merely asks
//! for everything again. WAL lets `wsis runs` read while an ingest writes.

mod pages;

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use chrono::{DateTime, Utc};
use rusqlite::{Connection, OpenFlags, OptionalExtension, Row, params};

pub use pages::StoredPage;

use crate::report::{Outcome, RunReport};

/// Version of the tables, kept in SQLite's `user_version`.
const SCHEMA_VERSION: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE runs (
    run TEXT PRIMARY KEY,
    pipeline TEXT NOT NULL,
    started TEXT NOT NULL,
    ended TEXT,
    outcome TEXT NOT NULL,
    requests INTEGER NOT NULL,
    retries INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    payloads INTEGER NOT NULL,
    parsed INTEGER NOT NULL,
    accepted INTEGER NOT NULL,
    quarantined INTEGER NOT NULL,
    missing INTEGER NOT NULL,
    duplicates INTEGER NOT NULL,
    new INTEGER NOT NULL,
    changed INTEGER NOT NULL,
    withdrawn INTEGER NOT NULL,
    snapshot INTEGER,
    error TEXT,
    quarantined_by_reason TEXT NOT NULL,
    findings TEXT NOT NULL,
    replay_of TEXT,
    digest TEXT
) STRICT;
CREATE INDEX runs_by_pipeline ON runs (pipeline, started);
CREATE TABLE pages (
    pipeline TEXT NOT NULL,
    request TEXT NOT NULL,
    page INTEGER NOT NULL,
    run TEXT NOT NULL,
    url TEXT NOT NULL,
    retrieved_at TEXT NOT NULL,
    etag TEXT,
    last_modified TEXT,
    content_type TEXT,
    raw TEXT NOT NULL,
    bytes INTEGER NOT NULL,
    PRIMARY KEY (pipeline, request, page)
) STRICT;
";

/// A fault of the ledger.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// SQLite says no.
    #[error("{path}: {doing}")]
    Sqlite {
        /// The file.
        path: String,
        /// What was tried.
        doing: &'static str,
        /// What SQLite says.
        source: rusqlite::Error,
    },
    /// The folder cannot be made.
    #[error("cannot create folder {path} for the ledger")]
    Folder {
        /// The folder.
        path: String,
        /// What the system says.
        source: std::io::Error,
    },
    /// The file is of another version.
    #[error(
        "{path} has ledger version {found}, this program writes version {SCHEMA_VERSION}; use a newer wsis, or move the file away (only the list of past runs is lost)"
    )]
    Version {
        /// The file.
        path: String,
        /// Its version.
        found: i64,
    },
    /// A stored value cannot be read.
    #[error("{path}: column {column} holds {found:?}, which is not {expected}")]
    Value {
        /// The file.
        path: String,
        /// Column.
        column: &'static str,
        /// What stands there.
        found: String,
        /// What should.
        expected: &'static str,
    },
}

/// The ledger of a lake. Calls are short and synchronous.
#[derive(Debug)]
pub struct Ledger {
    connection: Mutex<Connection>,
    path: String,
}

impl Ledger {
    /// Opens the ledger, making it when it is not there.
    ///
    /// # Errors
    /// When the file cannot be opened or is of a newer version.
    pub fn open(path: &Path) -> Result<Self, LedgerError> {
        let name = path.display().to_string();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| LedgerError::Folder {
                path: folder.display().to_string(),
                source,
            })?;
        }
        let fault = |doing: &'static str| {
            let path = name.clone();
            move |source| LedgerError::Sqlite { path, doing, source }
        };
        let mut connection = Connection::open(path).map_err(fault("cannot open the ledger"))?;
        connection
            .busy_timeout(Duration::from_secs(10))
            .map_err(fault("cannot set the busy timeout"))?;
        connection
            .pragma_update(None, "journal_mode", "WAL")
            .map_err(fault("cannot turn on the write-ahead log"))?;
        // Immediate: two processes that open a new ledger at once make the tables once.
        let transaction = connection
            .transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)
            .map_err(fault("cannot lock the ledger"))?;
        let version: i64 = transaction
            .query_row("PRAGMA user_version", [], |row| row.get(0))
            .map_err(fault("cannot read the version"))?;
        match version {
            0 => {
                transaction.execute_batch(SCHEMA).map_err(fault("cannot make the tables"))?;
                transaction
                    .pragma_update(None, "user_version", SCHEMA_VERSION)
                    .map_err(fault("cannot write the version"))?;
            }
            SCHEMA_VERSION => {}
            found => return Err(LedgerError::Version { path: name, found }),
        }
        transaction.commit().map_err(fault("cannot make the tables"))?;
        Ok(Self { connection: Mutex::new(connection), path: name })
    }

    /// Opens the ledger to read it, also in a folder that may not be written; empty when there is
    /// none.
    ///
    /// # Errors
    /// When the file cannot be read or is of a newer version.
    pub fn open_to_read(path: &Path) -> Result<Self, LedgerError> {
        let name = path.display().to_string();
        let fault = |doing: &'static str| {
            let path = name.clone();
            move |source| LedgerError::Sqlite { path, doing, source }
        };
        let version = |connection: &Connection| -> rusqlite::Result<i64> {
            connection.query_row("PRAGMA user_version", [], |row| row.get(0))
        };
        if !path.exists() {
            let connection =
                Connection::open_in_memory().map_err(fault("cannot open an empty ledger"))?;
            connection.execute_batch(SCHEMA).map_err(fault("cannot make the tables"))?;
            return Ok(Self { connection: Mutex::new(connection), path: name });
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
        let shared = Connection::open_with_flags(path, flags)
            .and_then(|connection| Ok((version(&connection)?, connection)));
        let (found, connection) = match shared {
            Ok(opened) => opened,
            // A log to be shared with writers cannot be made here, so nobody writes: the file
            // may be read as it stands.
            Err(refused) => {
                let still = path
                    .canonicalize()
                    .ok()
                    .and_then(|path| url::Url::from_file_path(path).ok())
                    .ok_or(refused)
                    .map_err(fault("cannot open the ledger"))?;
                Connection::open_with_flags(format!("{still}?immutable=1"), flags)
                    .and_then(|connection| Ok((version(&connection)?, connection)))
                    .map_err(fault("cannot open the ledger"))?
            }
        };
        if found != SCHEMA_VERSION {
            return Err(LedgerError::Version { path: name, found });
        }
        Ok(Self { connection: Mutex::new(connection), path: name })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault(&self, doing: &'static str) -> impl FnOnce(rusqlite::Error) -> LedgerError {
        let path = self.path.clone();
        move |source| LedgerError::Sqlite { path, doing, source }
    }

    /// The latest runs, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunReport>, LedgerError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.read_runs(
            "SELECT * FROM runs ORDER BY started DESC, run DESC LIMIT ?1",
            params![limit],
        )
    }

    /// One run.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<RunReport>, LedgerError> {
        Ok(self.read_runs("SELECT * FROM runs WHERE run = ?1", params![id])?.pop())
    }

    /// The latest run of a pipeline, of whatever outcome, other than `but`.
    pub(crate) fn last_run(
        &self,
        pipeline: &str,
        but: &str,
    ) -> Result<Option<RunReport>, LedgerError> {
        // Rows are numbered as they are written: true to what came last under any clock.
        let sql = "SELECT * FROM runs WHERE pipeline = ?1 AND run <> ?2
                   ORDER BY rowid DESC LIMIT 1";
        Ok(self.read_runs(sql, params![pipeline, but])?.pop())
    }

    /// Digest of the delivery that this pipeline committed, or found unchanged, last.
    pub(crate) fn last_digest(&self, pipeline: &str) -> Result<Option<String>, LedgerError> {
        // A partial commit in between makes the stored state another one than the digest says.
        let sql = "SELECT digest FROM runs WHERE pipeline = ?1
                   AND outcome IN ('committed', 'unchanged', 'partial')
                   ORDER BY rowid DESC LIMIT 1";
        let found: Option<Option<String>> = self
            .connection()
            .query_row(sql, params![pipeline], |row| row.get(0))
            .optional()
            .map_err(self.fault("cannot read the last digest"))?;
        Ok(found.flatten())
    }

    /// Whether the bodies of an archived run were already dealt with by this lake.
    pub(crate) fn knows(&self, run: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT COUNT(*) FROM runs WHERE (run = ?1 OR replay_of = ?1)
                   AND outcome IN ('committed', 'unchanged', 'partial', 'held', 'failed')";
        let count: i64 = self
            .connection()
            .query_row(sql, params![run], |row| row.get(0))
            .map_err(self.fault("cannot look up a run"))?;
        Ok(count > 0)
    }

    /// Writes a run, new or known, with the digest of its delivery.
    pub(crate) fn put(&self, report: &RunReport, digest: Option<&str>) -> Result<(), LedgerError> {
        let reasons = serde_json::to_string(&report.quarantined_by_reason).unwrap_or_default();
        let findings = serde_json::to_string(&report.findings).unwrap_or_default();
        self.connection()
            .execute(
                "INSERT OR REPLACE INTO runs VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11,
                 ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)",
                params![
                    report.run,
                    report.pipeline,
                    instant(report.started),
                    report.ended.map(instant),
                    report.outcome.code(),
                    int(report.requests),
                    int(report.retries),
                    int(report.bytes),
                    int(report.payloads),
                    int(report.parsed),
                    int(report.accepted),
                    int(report.quarantined),
                    int(report.missing),
                    int(report.duplicates),
                    int(report.new),
                    int(report.changed),
                    int(report.withdrawn),
                    report.snapshot.map(int),
                    report.error,
                    reasons,
                    findings,
                    report.replay_of,
                    digest,
                ],
            )
            .map_err(self.fault("cannot write a run"))?;
        Ok(())
    }

    /// Marks every run that is still `running` as interrupted. Call it only while holding the
    /// lake's ingest lock: then none of them can be alive. Returns their ids.
    pub(crate) fn mark_interrupted(&self) -> Result<Vec<String>, LedgerError> {
        let running = self.read_runs("SELECT * FROM runs WHERE outcome = 'running'", [])?;
        for run in &running {
            let closed = RunReport {
                outcome: Outcome::Interrupted,
                error: Some("the process ended before the run did".to_owned()),
                ..run.clone()
            };
            self.put(&closed, None)?;
        }
        Ok(running.into_iter().map(|run| run.run).collect())
    }

    fn read_runs(
        &self,
        sql: &str,
        params: impl rusqlite::Params,
    ) -> Result<Vec<RunReport>, LedgerError> {
        let rows: Vec<RawRun> = {
            let connection = self.connection();
            let mut statement = connection.prepare(sql).map_err(self.fault("cannot read runs"))?;
            statement
                .query_map(params, RawRun::read)
                .and_then(Iterator::collect)
                .map_err(self.fault("cannot read runs"))?
        };
        rows.into_iter().map(|raw| raw.into_report(&self.path)).collect()
    }
}

/// A row of `runs` before its texts are understood.
struct RawRun {
    report: RunReport,
    started: String,
    ended: Option<String>,
    outcome: String,
    reasons: String,
    findings: String,
}

impl RawRun {
    fn read(row: &Row<'_>) -> rusqlite::Result<Self> {
        let count = |name: &str| row.get::<_, i64>(name).map(uint);
        let mut report =
            RunReport::started(row.get("run")?, row.get("pipeline")?, DateTime::UNIX_EPOCH);
        report.requests = count("requests")?;
        report.retries = count("retries")?;
        report.bytes = count("bytes")?;
        report.payloads = count("payloads")?;
        report.parsed = count("parsed")?;
        report.accepted = count("accepted")?;
        report.quarantined = count("quarantined")?;
        report.missing = count("missing")?;
        report.duplicates = count("duplicates")?;
        report.new = count("new")?;
        report.changed = count("changed")?;
        report.withdrawn = count("withdrawn")?;
        report.snapshot = row.get::<_, Option<i64>>("snapshot")?.map(uint);
        report.error = row.get("error")?;
        report.replay_of = row.get("replay_of")?;
        Ok(Self {
            report,
            started: row.get("started")?,
            ended: row.get("ended")?,
            outcome: row.get("outcome")?,
            reasons: row.get("quarantined_by_reason")?,
            findings: row.get("findings")?,
        })
    }

    fn into_report(self, path: &str) -> Result<RunReport, LedgerError> {
        let wrong = |column, found: &str, expected| LedgerError::Value {
            path: path.to_owned(),
            column,
            found: found.to_owned(),
            expected,
        };
        let mut report = self.report;
        report.started = parse_instant(&self.started)
            .ok_or_else(|| wrong("started", &self.started, "an RFC 3339 instant"))?;
        report.ended = match &self.ended {
            Some(text) => Some(
                parse_instant(text).ok_or_else(|| wrong("ended", text, "an RFC 3339 instant"))?,
            ),
            None => None,
        };
        report.outcome = Outcome::from_code(&self.outcome)
            .ok_or_else(|| wrong("outcome", &self.outcome, "a known outcome"))?;
        report.quarantined_by_reason = serde_json::from_str(&self.reasons)
            .map_err(|_| wrong("quarantined_by_reason", &self.reasons, "an object of counts"))?;
        report.findings = serde_json::from_str(&self.findings)
            .map_err(|_| wrong("findings", &self.findings, "a list of texts"))?;
        Ok(report)
    }
}

/// RFC 3339 with microseconds and `Z`: of fixed width, so that texts sort as instants do.
fn instant(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(chrono::SecondsFormat::Micros, true)
}

fn parse_instant(text: &str) -> Option<DateTime<Utc>> {
    DateTime::parse_from_rfc3339(text).ok().map(|at| at.to_utc())
}

/// SQLite's integers are signed; counts never come near the difference.
fn int(count: u64) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

fn uint(count: i64) -> u64 {
    u64::try_from(count).unwrap_or(0)
}
