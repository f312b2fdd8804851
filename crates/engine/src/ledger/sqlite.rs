//! The ledger in a file: SQLite with a write-ahead log, so that `wsis runs` reads while an ingest
//! writes.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::types::ValueRef;
use rusqlite::{Connection, ErrorCode, OpenFlags, TransactionBehavior, params_from_iter};

use super::LedgerError;
use super::database::{Database, DatabaseError, SqlRow, SqlValue, Statement};
use super::schema;

/// How long to wait for another process that has the file.
const PATIENCE: Duration = Duration::from_secs(10);

#[derive(Debug)]
pub(super) struct Sqlite {
    connection: Mutex<Connection>,
    name: String,
}

impl Sqlite {
    /// Opens the file, making it, or bringing it to this version, when needed.
    pub(super) fn open(path: &Path) -> Result<Self, LedgerError> {
        let name = path.display().to_string();
        if let Some(folder) = path.parent() {
            std::fs::create_dir_all(folder).map_err(|source| LedgerError::Folder {
                path: folder.display().to_string(),
                source,
            })?;
        }
        // SQLite makes files of 0644 whatever the umask says, and gives its log the mode of the file: a
        // group that shares a lake (umask 002) could not write there. What is wrong here, it tells.
        drop(std::fs::OpenOptions::new().append(true).create(true).open(path));
        let fault = LedgerError::at(&name);
        let mut connection =
            Connection::open(path).map_err(|e| fault("cannot open the ledger", e.into()))?;
        connection
            .busy_timeout(PATIENCE)
            .and_then(|()| patiently(|| connection.pragma_update(None, "journal_mode", "WAL")))
            .map_err(|e| fault("cannot turn on the write-ahead log", e.into()))?;
        let found = patiently(|| prepare(&mut connection))
            .map_err(|e| fault("cannot make the tables", e.into()))?;
        if found > schema::VERSION {
            return Err(LedgerError::Version { path: name, found });
        }
        Ok(Self { connection: Mutex::new(connection), name })
    }

    /// Opens the file to read it, also in a folder that may not be written; empty when there is
    /// none. A file of an older version is read through a copy in memory.
    pub(super) fn open_to_read(path: &Path) -> Result<Self, LedgerError> {
        let name = path.display().to_string();
        let fault = LedgerError::at(&name);
        let mut connection = if path.exists() {
            patiently(|| read_only(path)).map_err(|e| fault("cannot open the ledger", e.into()))?
        } else {
            Connection::open_in_memory()
                .map_err(|e| fault("cannot open an empty ledger", e.into()))?
        };
        let found = version(&connection).map_err(|e| fault("cannot read the version", e.into()))?;
        if found > schema::VERSION {
            return Err(LedgerError::Version { path: name, found });
        }
        if found < schema::VERSION {
            connection = in_memory(&connection)
                .and_then(|mut copy| prepare(&mut copy).map(|_| copy))
                .map_err(|e| fault("cannot read a ledger of an older version", e.into()))?;
        }
        Ok(Self { connection: Mutex::new(connection), name })
    }

    pub(super) fn in_memory() -> Result<Self, LedgerError> {
        let name = "ledger in memory".to_owned();
        let connection = Connection::open_in_memory()
            .and_then(|mut connection| prepare(&mut connection).map(|_| connection))
            .map_err(|e| LedgerError::at(&name)("cannot make the tables", e.into()))?;
        Ok(Self { connection: Mutex::new(connection), name })
    }

    fn connection(&self) -> MutexGuard<'_, Connection> {
        self.connection.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Does what another process may be in the way of. SQLite gives up at once, whatever its busy
/// timeout, where waiting could end in a deadlock: when the journal is switched, and while the
/// last user of a log cleans it up or the first one recovers it.
fn patiently<T>(mut doing: impl FnMut() -> rusqlite::Result<T>) -> rusqlite::Result<T> {
    let pause = Duration::from_millis(10);
    let mut waited = Duration::ZERO;
    loop {
        match doing().map_err(|error| (error.sqlite_error_code(), error)) {
            Err((Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _))
                if waited < PATIENCE =>
            {
                std::thread::sleep(pause);
                waited += pause;
            }
            done => return done.map_err(|(_, error)| error),
        }
    }
}

/// What SQLite says of the file system, in words: its own are often a number alone (4874).
pub(super) fn in_words(error: DatabaseError) -> DatabaseError {
    let told = error.downcast_ref::<rusqlite::Error>().and_then(rusqlite::Error::sqlite_error);
    let Some(told) = told else { return error };
    let number = told.extended_code;
    match told.code {
        ErrorCode::SystemIoFailure => format!(
            "the file system gave an error (SQLite {number}): the disk is full or failing, or the \
             folder was taken away"
        )
        .into(),
        ErrorCode::DiskFull => format!("the disk is full (SQLite {number})").into(),
        _ => error,
    }
}

fn version(connection: &Connection) -> rusqlite::Result<i64> {
    connection.query_row("PRAGMA user_version", [], |row| row.get(0))
}

/// Makes or migrates the tables. Returns the version found, which may be a newer one.
fn prepare(connection: &mut Connection) -> rusqlite::Result<i64> {
    // Immediate: two processes that open a new ledger at once make the tables once.
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let found = version(&transaction)?;
    for step in schema::steps(found) {
        let sql = step.replace("{serial}", "INTEGER PRIMARY KEY AUTOINCREMENT");
        transaction.execute_batch(&sql)?;
    }
    if found < schema::VERSION {
        transaction.pragma_update(None, "user_version", schema::VERSION)?;
    }
    transaction.commit()?;
    Ok(found)
}

/// Opens the file beside those who have it open, and reads of which version it is.
pub(super) fn look(path: &Path) -> rusqlite::Result<()> {
    patiently(|| {
        let flags = OpenFlags::SQLITE_OPEN_READ_ONLY;
        let connection = Connection::open_with_flags(path, flags)?;
        match version(&connection)? {
            schema::VERSION => Ok(()),
            found => {
                let is = "another program has changed it";
                let why = format!("it is of version {found}, and was of {}: {is}", schema::VERSION);
                Err(rusqlite::Error::ToSqlConversionFailure(why.into()))
            }
        }
    })
}

fn read_only(path: &Path) -> rusqlite::Result<Connection> {
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
    let shared = Connection::open_with_flags(path, flags)
        .and_then(|connection| version(&connection).map(|_| connection));
    shared.or_else(|refused| {
        // A log to be shared with writers cannot be made here, so nobody writes: the file may be
        // read as it stands.
        let still = path.canonicalize().ok().and_then(|path| url::Url::from_file_path(path).ok());
        Connection::open_with_flags(format!("{}?immutable=1", still.ok_or(refused)?), flags)
    })
}

fn in_memory(connection: &Connection) -> rusqlite::Result<Connection> {
    let mut copy = Connection::open_in_memory()?;
    rusqlite::backup::Backup::new(connection, &mut copy)?.run_to_completion(
        1_000,
        Duration::ZERO,
        None,
    )?;
    Ok(copy)
}

/// SQLite numbers places as `?1`.
fn places(sql: &str) -> String {
    sql.replace('$', "?")
}

impl rusqlite::ToSql for SqlValue {
    fn to_sql(&self) -> rusqlite::Result<rusqlite::types::ToSqlOutput<'_>> {
        Ok(match self {
            Self::Null => rusqlite::types::Null.into(),
            Self::Int(int) => (*int).into(),
            Self::Text(text) => text.as_str().into(),
        })
    }
}

impl Database for Sqlite {
    fn execute(&self, statements: Vec<Statement>) -> Result<Vec<u64>, DatabaseError> {
        let mut connection = self.connection();
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let mut changed = Vec::with_capacity(statements.len());
        for (sql, values) in statements {
            let rows =
                transaction.prepare_cached(&places(sql))?.execute(params_from_iter(values))?;
            changed.push(u64::try_from(rows)?);
        }
        transaction.commit()?;
        Ok(changed)
    }

    fn query(&self, (sql, values): Statement) -> Result<Vec<SqlRow>, DatabaseError> {
        let connection = self.connection();
        let mut statement = connection.prepare_cached(&places(sql))?;
        let columns = statement.column_count();
        let rows = statement.query_map(params_from_iter(values), |row| {
            let value = |at| {
                Ok(match row.get_ref(at)? {
                    ValueRef::Integer(int) => SqlValue::Int(int),
                    ValueRef::Text(text) => {
                        SqlValue::Text(String::from_utf8_lossy(text).into_owned())
                    }
                    _ => SqlValue::Null,
                })
            };
            (0..columns).map(value).collect::<rusqlite::Result<Vec<_>>>().map(SqlRow::new)
        })?;
        Ok(rows.collect::<rusqlite::Result<_>>()?)
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn now_sql(&self) -> &'static str {
        "SELECT strftime('%Y-%m-%dT%H:%M:%f000Z', 'now')"
    }

    fn is_shared(&self) -> bool {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_full_disk_is_told_in_words_not_as_a_number() {
        let told = |code| {
            let error = rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None);
            in_words(error.into()).to_string()
        };
        // SQLITE_IOERR_SHMSIZE, what a full disk gives where the log is shared; SQLITE_FULL.
        assert!(
            told(4874).starts_with("the file system gave an error (SQLite 4874): the disk is full")
        );
        assert_eq!(told(13), "the disk is full (SQLite 13)");
        assert!(in_words("other".into()).to_string() == "other");
    }
}
