//! The ledger in PostgreSQL, for several machines that share one: the same tables in a schema
//! `wsis` of the database.
//!
//! The ledger's calls are synchronous and short, the client is not; it lives on a thread of its
//! own with a runtime of its own, and reconnects when the server has gone away.

use std::sync::mpsc;
use std::time::{Duration, Instant};

use bytes::BytesMut;
use tokio_postgres::types::{IsNull, ToSql, Type, to_sql_checked};
use tokio_postgres::{Client, Config};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::LedgerError;
use super::database::{Database, DatabaseError, SqlRow, SqlValue, Statement};
use super::schema;
use crate::trust::Trust;

/// Longest wait for an answer; nothing must hang on a database.
const ANSWER_WITHIN: Duration = Duration::from_secs(10);

/// Any number will do, as long as it is always this one: who makes the tables holds the lock.
const TABLES_LOCK: i64 = 0x7753_4953;

#[derive(Debug)]
pub(super) struct Postgres {
    work: mpsc::Sender<Work>,
    name: String,
}

/// Something to be done while whoever asked still waits.
struct Work {
    job: Job,
    until: Instant,
}

enum Job {
    Execute(Vec<Statement>, mpsc::Sender<Result<Vec<u64>, DatabaseError>>),
    Query(Statement, mpsc::Sender<Result<Vec<SqlRow>, DatabaseError>>),
}

impl Postgres {
    /// Connects, and makes the tables, or brings them to this version, when needed.
    pub(super) fn open(address: &str, trust: &Trust) -> Result<Self, LedgerError> {
        let name = shown(address);
        let fault = LedgerError::at(&name);
        let mut config = read(address)?;
        if config.get_connect_timeout().is_none() {
            config.connect_timeout(Duration::from_secs(10));
        }
        config.application_name("wsis");
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .map_err(|e| fault("cannot start a thread for the ledger", e.into()))?;
        let trust = trust.clone();
        let (work, jobs) = mpsc::channel();
        let (opened, opening) = mpsc::channel();
        std::thread::Builder::new()
            .name("wsis-ledger".to_owned())
            .spawn(move || {
                let connected = runtime.block_on(async {
                    let mut client = connect(&config, &trust).await?;
                    let found = prepare(&mut client).await?;
                    Ok::<_, DatabaseError>((client, found))
                });
                match connected {
                    Err(why) => drop(opened.send(Err(why))),
                    Ok((client, found)) => {
                        let _ = opened.send(Ok(found));
                        Session { runtime, config, trust, client: Some(client) }.serve(&jobs);
                    }
                }
            })
            .map_err(|e| fault("cannot start a thread for the ledger", e.into()))?;
        let found = opening
            .recv_timeout(ANSWER_WITHIN)
            .unwrap_or_else(|_| Err(silent()))
            .map_err(|e| fault("cannot open the ledger", e))?;
        if found > schema::VERSION {
            return Err(LedgerError::Version { path: name, found });
        }
        Ok(Self { work, name })
    }

    fn ask<T>(
        &self,
        job: impl FnOnce(mpsc::Sender<Result<T, DatabaseError>>) -> Job,
    ) -> Result<T, DatabaseError> {
        let (reply, answer) = mpsc::channel();
        let work = Work { job: job(reply), until: Instant::now() + ANSWER_WITHIN };
        self.work.send(work).map_err(|_| "the thread of the ledger has ended")?;
        // A little more, so that what was done in the last moment is not taken for undone.
        let patience = ANSWER_WITHIN + Duration::from_secs(1);
        answer.recv_timeout(patience).unwrap_or_else(|_| Err(silent()))
    }
}

impl Database for Postgres {
    fn execute(&self, statements: Vec<Statement>) -> Result<Vec<u64>, DatabaseError> {
        self.ask(|reply| Job::Execute(statements, reply))
    }

    fn query(&self, statement: Statement) -> Result<Vec<SqlRow>, DatabaseError> {
        self.ask(|reply| Job::Query(statement, reply))
    }

    fn name(&self) -> &str {
        &self.name
    }

    fn now_sql(&self) -> &'static str {
        "SELECT to_char(clock_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"')"
    }

    fn is_shared(&self) -> bool {
        true
    }
}

fn silent() -> DatabaseError {
    format!("the database did not answer within {} s", ANSWER_WITHIN.as_secs()).into()
}

/// An address as it is read before anybody connects.
pub(super) fn read(address: &str) -> Result<Config, LedgerError> {
    let fault = |error: tokio_postgres::Error| {
        LedgerError::at(&shown(address))("cannot read the address", error.into())
    };
    address.parse().map_err(fault)
}

/// An address without its password.
fn shown(address: &str) -> String {
    match address.parse::<url::Url>() {
        Ok(mut url) => {
            // Fails only for addresses that cannot have a password.
            let _ = url.set_password(None);
            url.set_query(None);
            url.to_string()
        }
        Err(_) => "the ledger's database".to_owned(),
    }
}

/// TLS as the address asks for it (`sslmode=require`); `prefer` takes what the server offers.
async fn connect(config: &Config, trust: &Trust) -> Result<Client, DatabaseError> {
    let (client, connection) = config.connect(tls(trust)).await?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::warn!(%error, "the connection to the ledger's database ended");
        }
    });
    client.batch_execute("SET search_path TO wsis").await?;
    Ok(client)
}

fn tls(trust: &Trust) -> MakeRustlsConnect {
    crate::fetch::install_crypto();
    MakeRustlsConnect::new(
        rustls::ClientConfig::builder()
            .with_root_certificates(trust.with_those_of_the_machine())
            .with_no_client_auth(),
    )
}

/// Makes or migrates the tables. Returns the version found, which may be a newer one.
async fn prepare(client: &mut Client) -> Result<i64, DatabaseError> {
    let transaction = client.transaction().await?;
    transaction.execute("SELECT pg_advisory_xact_lock($1)", &[&TABLES_LOCK]).await?;
    transaction
        .batch_execute(
            "CREATE SCHEMA IF NOT EXISTS wsis;
             CREATE TABLE IF NOT EXISTS wsis.ledger_version (version BIGINT NOT NULL)",
        )
        .await?;
    let row = transaction.query_opt("SELECT max(version) FROM wsis.ledger_version", &[]).await?;
    let found = row.and_then(|row| row.get::<_, Option<i64>>(0)).unwrap_or(0);
    for step in schema::steps(found) {
        transaction.batch_execute(&step.replace("{serial}", "BIGSERIAL PRIMARY KEY")).await?;
    }
    if found < schema::VERSION {
        transaction
            .execute("INSERT INTO wsis.ledger_version VALUES ($1)", &[&schema::VERSION])
            .await?;
    }
    transaction.commit().await?;
    Ok(found)
}

/// A connection and what is needed to make it again.
struct Session {
    runtime: tokio::runtime::Runtime,
    config: Config,
    trust: Trust,
    /// None after one that did not answer: what it still does is nobody's.
    client: Option<Client>,
}

impl Session {
    /// Works until nobody asks any more.
    fn serve(mut self, jobs: &mpsc::Receiver<Work>) {
        while let Ok(Work { job, until }) = jobs.recv() {
            match job {
                Job::Execute(statements, reply) => {
                    let work = async |client: &mut Client| execute(client, &statements).await;
                    let _ = reply.send(self.within(until, work));
                }
                Job::Query(statement, reply) => {
                    let work = async |client: &mut Client| query(client, &statement).await;
                    let _ = reply.send(self.within(until, work));
                }
            }
        }
    }

    /// Done until an instant, or not at all: whoever asked has gone by then, and what waited
    /// behind a silent database must not be done behind their backs.
    fn within<T>(
        &mut self,
        until: Instant,
        work: impl AsyncFn(&mut Client) -> Result<T, DatabaseError>,
    ) -> Result<T, DatabaseError> {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return Err(silent());
        }
        let Self { runtime, config, trust, client } = self;
        let answer = runtime.block_on(async {
            tokio::time::timeout(left, twice(client, (config, trust), work)).await
        });
        answer.unwrap_or_else(|_| {
            self.client = None;
            Err(silent())
        })
    }
}

/// Once more over a new connection when the old one is gone.
async fn twice<T>(
    client: &mut Option<Client>,
    (config, trust): (&Config, &Trust),
    work: impl AsyncFn(&mut Client) -> Result<T, DatabaseError>,
) -> Result<T, DatabaseError> {
    if let Some(open) = client {
        match work(open).await {
            Err(_) if open.is_closed() => {}
            other => return other,
        }
    }
    work(client.insert(connect(config, trust).await?)).await
}

async fn execute(client: &mut Client, statements: &[Statement]) -> Result<Vec<u64>, DatabaseError> {
    let transaction = client.transaction().await?;
    let mut changed = Vec::with_capacity(statements.len());
    for (sql, values) in statements {
        changed.push(transaction.execute(*sql, &borrowed(values)).await?);
    }
    transaction.commit().await?;
    Ok(changed)
}

async fn query(
    client: &mut Client,
    (sql, values): &Statement,
) -> Result<Vec<SqlRow>, DatabaseError> {
    let rows = client.query(*sql, &borrowed(values)).await?;
    rows.into_iter()
        .map(|row| {
            let value = |at: usize| {
                Ok(match *row.columns()[at].type_() {
                    Type::INT8 => {
                        row.try_get::<_, Option<i64>>(at)?.map_or(SqlValue::Null, SqlValue::Int)
                    }
                    _ => {
                        row.try_get::<_, Option<String>>(at)?.map_or(SqlValue::Null, SqlValue::Text)
                    }
                })
            };
            (0..row.len()).map(value).collect::<Result<Vec<_>, DatabaseError>>().map(SqlRow::new)
        })
        .collect()
}

fn borrowed(values: &[SqlValue]) -> Vec<&(dyn ToSql + Sync)> {
    values.iter().map(|value| value as &(dyn ToSql + Sync)).collect()
}

impl ToSql for SqlValue {
    fn to_sql(&self, ty: &Type, out: &mut BytesMut) -> Result<IsNull, DatabaseError> {
        match self {
            Self::Null => Ok(IsNull::Yes),
            Self::Int(int) => int.to_sql(ty, out),
            Self::Text(text) => text.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::VARCHAR].contains(ty)
    }

    to_sql_checked!();
}
