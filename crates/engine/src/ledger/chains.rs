//! Which run made which snapshot, and which of these the lake need not have any more.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};
use wsis_lake::{Made, RecordFile, Recorded};

use super::database::SqlRow;
use super::{Ledger, LedgerError, text};
use crate::run::State;

impl Ledger {
    /// The runs that made a snapshot, in the order in which they began.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn snapshots(&self) -> Result<Vec<Recorded>, LedgerError> {
        let sql = "SELECT runs.run, runs.snapshot, runs.digest, given_up.because
                   FROM runs LEFT JOIN given_up ON given_up.id = runs.given_up
                   WHERE runs.snapshot IS NOT NULL ORDER BY runs.seq";
        let rows = self.query("cannot read the snapshots of runs", sql, vec![])?;
        let of = |mut row: SqlRow| {
            let (run, snapshot) = (row.text(), row.count());
            let state = row.maybe_text().as_deref().and_then(State::parse);
            let sha256 = state.and_then(|state| state.sha256_of(snapshot));
            Recorded { run, snapshot, sha256, given_up: row.maybe_text() }
        };
        Ok(rows.into_iter().map(of).collect())
    }

    /// The newest snapshot that a run made, as far as it was not given up.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) fn newest_snapshot(&self) -> Result<Option<u64>, LedgerError> {
        let sql = "SELECT MAX(snapshot) FROM runs WHERE given_up IS NULL";
        let rows = self.query("cannot read the newest snapshot", sql, vec![])?;
        Ok(rows.into_iter().next().and_then(|mut row| row.maybe_count()))
    }

    /// The run that made a snapshot, if one is known.
    pub(super) fn run_of_snapshot(&self, snapshot: u64) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT run FROM runs WHERE snapshot = $1 AND given_up IS NULL LIMIT 1";
        let rows = self.query("cannot look up a snapshot", sql, vec![snapshot.into()])?;
        Ok(rows.into_iter().next().and_then(|mut row| row.maybe_text()))
    }

    /// Writes that the lake need not have the snapshots of these runs any more, and why.
    pub(crate) fn give_up(
        &self,
        runs: &[String],
        because: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let id = super::new_id(now);
        let put = "INSERT INTO given_up (id, at, because) VALUES ($1, $2, $3)
                   ON CONFLICT (id) DO NOTHING";
        let mark = "UPDATE runs SET given_up = $1 WHERE run = $2 AND given_up IS NULL";
        let mut all = vec![(put, vec![id.as_str().into(), text(now).into(), because.into()])];
        all.extend(runs.iter().map(|run| (mark, vec![id.as_str().into(), run.as_str().into()])));
        self.execute("cannot write what is given up", all)?;
        Ok(())
    }

    /// Every run that this ledger knows, whatever became of it.
    pub(crate) fn run_ids(&self) -> Result<BTreeSet<String>, LedgerError> {
        let rows = self.query("cannot read runs", "SELECT run FROM runs", vec![])?;
        Ok(rows.into_iter().map(|mut row| row.text()).collect())
    }

    /// Runs that made a snapshot and that this ledger need not know, each with the reason.
    pub(crate) fn lost_runs(&self) -> Result<BTreeMap<String, String>, LedgerError> {
        let sql = "SELECT run, because FROM lost_runs";
        let rows = self.query("cannot read which runs were lost", sql, vec![])?;
        Ok(rows.into_iter().map(|mut row| (row.text(), row.text())).collect())
    }

    /// Writes that this ledger need not know these runs, and why.
    pub(crate) fn put_lost(
        &self,
        runs: &[Made],
        because: &str,
        now: DateTime<Utc>,
    ) -> Result<(), LedgerError> {
        let put = "INSERT INTO lost_runs (run, snapshot, at, because) VALUES ($1, $2, $3, $4)
                   ON CONFLICT (run) DO NOTHING";
        let one = |made: &Made| {
            let at = text(now).into();
            (put, vec![made.run.as_str().into(), made.snapshot.into(), at, because.into()])
        };
        self.execute("cannot write which runs were lost", runs.iter().map(one).collect())?;
        Ok(())
    }

    /// Writes which files hold the records of a run's requests.
    pub(crate) fn put_record_files(
        &self,
        run: &str,
        files: &[RecordFile],
    ) -> Result<(), LedgerError> {
        let put = "INSERT INTO record_files (name, run, sha256) VALUES ($1, $2, $3)
                   ON CONFLICT (name) DO UPDATE SET run = excluded.run, sha256 = excluded.sha256";
        let one = |file: &RecordFile| {
            (put, vec![file.name.as_str().into(), run.into(), file.sha256.as_str().into()])
        };
        if !files.is_empty() {
            self.execute("cannot write where records are", files.iter().map(one).collect())?;
        }
        Ok(())
    }

    /// The files of records that the lake is to have, and how many others were given up, by the reason.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn record_files(&self) -> Result<(Vec<RecordFile>, BTreeMap<String, u64>), LedgerError> {
        let sql = "SELECT name, sha256, given_up FROM record_files ORDER BY name";
        let (mut files, mut given_up) = (Vec::new(), BTreeMap::new());
        for mut row in self.query("cannot read where records are", sql, vec![])? {
            let file = RecordFile { name: row.text(), sha256: row.text() };
            match row.maybe_text() {
                Some(why) => *given_up.entry(why).or_default() += 1,
                None => files.push(file),
            }
        }
        Ok((files, given_up))
    }

    /// Writes that the lake need not have these files any more, and why.
    pub(crate) fn give_up_records(
        &self,
        files: &[&RecordFile],
        because: &str,
    ) -> Result<(), LedgerError> {
        let mark = "UPDATE record_files SET given_up = $2 WHERE name = $1";
        let one = |file: &&RecordFile| (mark, vec![file.name.as_str().into(), because.into()]);
        if !files.is_empty() {
            self.execute("cannot write what is given up", files.iter().map(one).collect())?;
        }
        Ok(())
    }
}
