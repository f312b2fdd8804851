//! Runs in the ledger.

use chrono::{DateTime, NaiveDate, Utc};
use wsis_lake::Change;

use super::database::{SqlRow, SqlValue};
use super::{Ledger, LedgerError, text};
use crate::report::{Cause, Outcome, RunReport, StartedBy};
use crate::run::{Landed, State};
use crate::watch::Known;

/// The columns of a run, in the order in which they are read and written.
macro_rules! columns {
    () => {
        "run, pipeline, started_by, scheduled_for, started, ended, outcome, cause, requests, \
         retries, bytes, payloads, parsed, accepted, quarantined, missing, duplicates, new, \
         changed, withdrawn, snapshot, error, quarantined_by_reason, findings, replay_of, \
         source_updated, years, reread"
    };
}

macro_rules! select {
    ($rest:literal) => {
        concat!("SELECT ", columns!(), " FROM runs ", $rest)
    };
}

/// Later than any run.
const LATEST: &str = "9999-12-31T23:59:59.999999Z";

const PUT: &str = concat!(
    "INSERT INTO runs (",
    columns!(),
    ", digest) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, \
     $18, $19, $20, $21, $22, $23, $24, $25, $26, $27, $28, $29)
     ON CONFLICT (run) DO UPDATE SET ended = excluded.ended, outcome = excluded.outcome,
     cause = excluded.cause, requests = excluded.requests, retries = excluded.retries,
     bytes = excluded.bytes, payloads = excluded.payloads, parsed = excluded.parsed,
     accepted = excluded.accepted, quarantined = excluded.quarantined,
     missing = excluded.missing, duplicates = excluded.duplicates, new = excluded.new,
     changed = excluded.changed, withdrawn = excluded.withdrawn, snapshot = excluded.snapshot,
     error = excluded.error, quarantined_by_reason = excluded.quarantined_by_reason,
     findings = excluded.findings, source_updated = excluded.source_updated,
     reread = excluded.reread, digest = excluded.digest"
);

/// Runs, without texts that nothing rests on, that are not in the midst of looks in vain of one day.
/// What was not known yet at an instant is cut before the midst is looked for: the last look of
/// then need not be one of now.
const DECIDING: &str = "
    SELECT run, pipeline, started_by, scheduled_for, started, ended, outcome, cause, requests,
        retries, bytes, payloads, parsed, accepted, quarantined, missing, duplicates, new,
        changed, withdrawn, snapshot, error, '{}', '[]', replay_of, source_updated, years,
        reread
    FROM (
        SELECT *, LAG(in_vain) OVER (ORDER BY seq) AS earlier,
            LEAD(in_vain) OVER (ORDER BY seq) AS later
        FROM (
            SELECT *, CASE WHEN outcome = 'unchanged'
                OR (outcome = 'committed' AND new + changed = 0)
                THEN SUBSTR(started, 1, 10)
                    || CASE WHEN replay_of IS NULL AND requests > 0 THEN '' ELSE ' read' END
                    || CASE WHEN years IS NULL THEN '' ELSE ' years' END
                ELSE '' END AS in_vain
            FROM runs WHERE pipeline = $1 AND started >= $2
                AND (COALESCE(ended, started) <= $3 OR snapshot = $4)
        ) AS told
    ) AS ordered
    WHERE in_vain = '' OR earlier IS NULL OR later IS NULL OR earlier <> in_vain
        OR later <> in_vain
    ORDER BY seq";

impl Ledger {
    /// The latest runs, newest first.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs(&self, limit: usize) -> Result<Vec<RunReport>, LedgerError> {
        let limit = u64::try_from(limit).unwrap_or(u64::MAX);
        let sql = select!("ORDER BY started DESC, run DESC LIMIT $1");
        self.read_runs(sql, vec![limit.into()])
    }

    /// One run.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn run(&self, id: &str) -> Result<Option<RunReport>, LedgerError> {
        Ok(self.read_runs(select!("WHERE run = $1"), vec![id.into()])?.pop())
    }

    /// Runs of a pipeline that began at an instant or later, oldest first, in the order in which
    /// they began.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn runs_since(
        &self,
        pipeline: &str,
        since: DateTime<Utc>,
    ) -> Result<Vec<RunReport>, LedgerError> {
        let sql = select!("WHERE pipeline = $1 AND started >= $2 ORDER BY seq");
        self.read_runs(sql, vec![pipeline.into(), text(since).into()])
    }

    /// Those runs of a pipeline on which its state and its releases rest, as [`Ledger::runs_since`]
    /// gives them, without findings and the reasons of quarantine. Of looks in vain that follow one
    /// another on one day, the first and the last decide as much as all of them do: five years of
    /// looks every five minutes would be half a million. Only what was `known` is looked at.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub(crate) fn deciding_runs(
        &self,
        pipeline: &str,
        since: DateTime<Utc>,
        known: Known,
    ) -> Result<Vec<RunReport>, LedgerError> {
        // No snapshot has the number 0.
        let (until, snapshot) = match known {
            Known::All => (LATEST.to_owned(), 0),
            Known::Until(until, snapshot) => (text(until), snapshot.unwrap_or(0)),
        };
        let values = vec![pipeline.into(), text(since).into(), until.into(), snapshot.into()];
        self.read_runs(DECIDING, values)
    }

    /// The newest run of a pipeline whose rows are in a snapshot: it made that one or an earlier one,
    /// in full or in part, or found the lake to hold the same already. A run that read nothing, or
    /// whose snapshot was given up, accounts for nothing, nor does one that began after an instant, where one is given.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn run_behind(
        &self,
        pipeline: &str,
        snapshot: u64,
        until: Option<DateTime<Utc>>,
    ) -> Result<Option<RunReport>, LedgerError> {
        let sql = select!(
            "WHERE pipeline = $1 AND parsed > 0 AND given_up IS NULL
             AND ((outcome IN ('committed', 'partial') AND snapshot <= $2)
             OR (outcome = 'unchanged' AND (snapshot IS NULL OR snapshot <= $2)))
             AND started <= $3 ORDER BY seq DESC LIMIT 1"
        );
        let until = until.map_or_else(|| LATEST.to_owned(), text);
        Ok(self.read_runs(sql, vec![pipeline.into(), snapshot.into(), until.into()])?.pop())
    }

    /// When the runs of a pipeline began that ended with the whole delivery in the lake, later
    /// than an instant, in order.
    pub(crate) fn completed(
        &self,
        pipeline: &str,
        after: DateTime<Utc>,
    ) -> Result<Vec<DateTime<Utc>>, LedgerError> {
        let sql = "SELECT started FROM runs WHERE pipeline = $1 AND started > $2
                   AND outcome IN ('committed', 'unchanged') ORDER BY started";
        let rows =
            self.query("cannot read runs", sql, vec![pipeline.into(), text(after).into()])?;
        rows.into_iter().map(|mut row| self.instant("started", &row.text())).collect()
    }

    /// The latest run of a pipeline, of whatever outcome, other than `but`.
    pub(crate) fn last_run(
        &self,
        pipeline: &str,
        but: &str,
    ) -> Result<Option<RunReport>, LedgerError> {
        // Runs are numbered as they begin: true to what came last under any clock.
        let sql = select!("WHERE pipeline = $1 AND run <> $2 ORDER BY seq DESC LIMIT 1");
        Ok(self.read_runs(sql, vec![pipeline.into(), but.into()])?.pop())
    }

    /// Digest of the delivery that this pipeline committed, or found unchanged, last.
    pub(crate) fn last_digest(&self, pipeline: &str) -> Result<Option<String>, LedgerError> {
        // A partial commit in between makes the stored state another one than the digest says.
        let sql = "SELECT digest FROM runs WHERE pipeline = $1
                   AND outcome IN ('committed', 'unchanged', 'partial')
                   ORDER BY seq DESC LIMIT 1";
        let rows = self.query("cannot read the last digest", sql, vec![pipeline.into()])?;
        Ok(rows.into_iter().next().and_then(|mut row| row.maybe_text()))
    }

    /// The run that last landed what a pipeline asked for, other than `but`: none where that was an
    /// answer in part, a replay of the archive, or one for other years.
    pub(crate) fn landed_last(
        &self,
        pipeline: &str,
        but: &str,
    ) -> Result<Option<String>, LedgerError> {
        let sql = "SELECT run, outcome FROM runs WHERE pipeline = $1 AND run <> $2
                   AND replay_of IS NULL AND years IS NULL AND requests > 0 AND given_up IS NULL
                   AND outcome IN ('committed', 'unchanged', 'partial')
                   ORDER BY seq DESC LIMIT 1";
        let rows = self.query("cannot look up a run", sql, vec![pipeline.into(), but.into()])?;
        let whole = rows.into_iter().next().map(|mut row| (row.text(), row.text()));
        let partial = Outcome::Partial.code();
        Ok(whole.filter(|(_, outcome)| outcome != partial).map(|(run, _)| run))
    }

    /// Whether an archived run was tried, and gave the lake nothing: a gate held it, or it failed.
    pub(crate) fn gave_up(&self, run: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT COUNT(*) FROM runs WHERE (run = $1 OR replay_of = $1)
                   AND outcome IN ('held', 'failed')";
        let rows = self.query("cannot look up a run", sql, vec![run.into()])?;
        Ok(rows.into_iter().next().is_some_and(|mut row| row.count() > 0))
    }

    /// What an archived run, and each replay of it, landed.
    pub(crate) fn landings(&self, run: &str) -> Result<Vec<Landed>, LedgerError> {
        let sql = "SELECT run, snapshot, digest FROM runs WHERE (run = $1 OR replay_of = $1)
                   AND outcome IN ('committed', 'unchanged', 'partial') ORDER BY seq";
        let rows = self.query("cannot look up a run", sql, vec![run.into()])?;
        let landed = |mut row: SqlRow| {
            let (run, snapshot, state) = (row.text(), row.maybe_count(), row.maybe_text());
            Landed { run, snapshot, state: state.as_deref().and_then(State::parse) }
        };
        Ok(rows.into_iter().map(landed).collect())
    }

    /// Whether what a run received is in the lake, as far as the ledger knows: unless it says that
    /// the run was held, failed or was stopped, and no replay of it was not. A run whose process
    /// died may have committed before.
    pub(crate) fn landed(&self, run: &str) -> Result<bool, LedgerError> {
        let sql = "SELECT outcome FROM runs WHERE run = $1 OR replay_of = $1";
        let rows = self.query("cannot look up a run", sql, vec![run.into()])?;
        let outcomes: Vec<String> = rows.into_iter().map(|mut row| row.text()).collect();
        let is_in = |outcome: &String| {
            let outcome = Outcome::from_code(outcome);
            !matches!(outcome, Some(Outcome::Held | Outcome::Failed | Outcome::Cancelled))
        };
        Ok(outcomes.is_empty() || outcomes.iter().any(is_in))
    }

    /// Writes a run, new or known, with the digest of its delivery.
    pub(crate) fn put(&self, report: &RunReport, digest: Option<&str>) -> Result<(), LedgerError> {
        let reasons = serde_json::to_string(&report.quarantined_by_reason).unwrap_or_default();
        let findings = serde_json::to_string(&report.findings).unwrap_or_default();
        let values = vec![
            report.run.as_str().into(),
            report.pipeline.as_str().into(),
            report.started_by.code().into(),
            report.scheduled_for.map(text).into(),
            text(report.started).into(),
            report.ended.map(text).into(),
            report.outcome.code().into(),
            report.cause.map(Cause::code).into(),
            report.requests.into(),
            report.retries.into(),
            report.bytes.into(),
            report.payloads.into(),
            report.parsed.into(),
            report.accepted.into(),
            report.quarantined.into(),
            report.missing.into(),
            report.duplicates.into(),
            report.new.into(),
            report.changed.into(),
            report.withdrawn.into(),
            report.snapshot.into(),
            report.error.as_deref().into(),
            reasons.into(),
            findings.into(),
            report.replay_of.as_deref().into(),
            report.source_updated.map(|date| date.to_string()).into(),
            report.years.map(|(first, last)| format!("{first}-{last}")).into(),
            u64::from(report.reread).into(),
            digest.into(),
        ];
        self.execute("cannot write a run", vec![(PUT, values)])?;
        Ok(())
    }

    /// Writes that a run is about to commit on top of a snapshot (0 for none).
    pub(crate) fn put_landing(&self, report: &RunReport, base: u64) -> Result<(), LedgerError> {
        self.put(report, None)?;
        let sql = "UPDATE runs SET landing = $2 WHERE run = $1";
        let values = vec![report.run.as_str().into(), base.into()];
        self.execute("cannot write that a run is to commit", vec![(sql, values)])?;
        Ok(())
    }

    /// Closes runs of a pipeline that are still `running`. Call it only while holding the
    /// pipeline's lock: then none of them can be alive. `committed` tells what a snapshot changed
    /// in the dataset of the pipeline. A run that had begun to commit on top of a snapshot made the
    /// next one, unless that is another run's: it is closed as what it was (R6). The others are
    /// interrupted. Returns what they are now.
    pub(crate) fn mark_interrupted(
        &self,
        pipeline: &str,
        committed: &dyn Fn(u64) -> Option<Change>,
    ) -> Result<Vec<RunReport>, LedgerError> {
        let sql = select!("WHERE pipeline = $1 AND outcome = 'running' ORDER BY seq");
        let running = self.read_runs(sql, vec![pipeline.into()])?;
        let mut closed = Vec::with_capacity(running.len());
        for run in running {
            let snapshot = self.landing(&run.run)?.map(|base| base + 1);
            let made = match snapshot {
                Some(id) if self.run_of_snapshot(id)?.is_none() => committed(id).map(|it| (id, it)),
                _ => None,
            };
            // The lake is the witness: a snapshot says which run it came of.
            let is_its = |change: &Change| change.run.as_ref().is_none_or(|it| *it == run.run);
            let made = made.filter(|(_, change)| is_its(change));
            let run = match made {
                Some((snapshot, change)) => as_committed(run, snapshot, &change),
                None => RunReport {
                    outcome: Outcome::Interrupted,
                    cause: Some(Cause::Interrupted),
                    error: Some("the process ended before the run did".to_owned()),
                    ..run
                },
            };
            self.put(&run, None)?;
            closed.push(run);
        }
        Ok(closed)
    }

    /// Runs of a pipeline that are under way and had begun to commit, each with the snapshot on top of
    /// which it was to.
    pub(crate) fn under_way(&self, pipeline: &str) -> Result<Vec<(String, u64)>, LedgerError> {
        let sql = "SELECT run, landing FROM runs WHERE pipeline = $1 AND outcome = 'running'
                   AND landing IS NOT NULL ORDER BY seq";
        let rows = self.query("cannot read runs", sql, vec![pipeline.into()])?;
        Ok(rows.into_iter().map(|mut row| (row.text(), row.count())).collect())
    }

    fn landing(&self, run: &str) -> Result<Option<u64>, LedgerError> {
        let sql = "SELECT landing FROM runs WHERE run = $1";
        let rows = self.query("cannot read runs", sql, vec![run.into()])?;
        Ok(rows.into_iter().next().and_then(|mut row| row.maybe_count()))
    }

    fn read_runs(
        &self,
        sql: &'static str,
        values: Vec<SqlValue>,
    ) -> Result<Vec<RunReport>, LedgerError> {
        let rows = self.query("cannot read runs", sql, values)?;
        rows.into_iter().map(|row| self.read_run(row)).collect()
    }

    fn read_run(&self, mut row: SqlRow) -> Result<RunReport, LedgerError> {
        let mut report = RunReport::started(row.text(), row.text(), DateTime::UNIX_EPOCH);
        let started_by = row.text();
        report.started_by = StartedBy::from_code(&started_by)
            .ok_or_else(|| self.wrong("started_by", &started_by, "a known beginning"))?;
        let scheduled_for = row.maybe_text();
        report.scheduled_for =
            scheduled_for.map(|at| self.instant("scheduled_for", &at)).transpose()?;
        report.started = self.instant("started", &row.text())?;
        report.ended = row.maybe_text().map(|at| self.instant("ended", &at)).transpose()?;
        let outcome = row.text();
        report.outcome = Outcome::from_code(&outcome)
            .ok_or_else(|| self.wrong("outcome", &outcome, "a known outcome"))?;
        report.cause = row.maybe_text().and_then(|code| Cause::from_code(&code));
        for count in [
            &mut report.requests,
            &mut report.retries,
            &mut report.bytes,
            &mut report.payloads,
            &mut report.parsed,
            &mut report.accepted,
            &mut report.quarantined,
            &mut report.missing,
            &mut report.duplicates,
            &mut report.new,
            &mut report.changed,
            &mut report.withdrawn,
        ] {
            *count = row.count();
        }
        report.snapshot = row.maybe_count();
        report.error = row.maybe_text();
        let (reasons, findings) = (row.text(), row.text());
        report.quarantined_by_reason = serde_json::from_str(&reasons)
            .map_err(|_| self.wrong("quarantined_by_reason", &reasons, "an object of counts"))?;
        report.findings = serde_json::from_str(&findings)
            .map_err(|_| self.wrong("findings", &findings, "a list of texts"))?;
        report.replay_of = row.maybe_text();
        report.source_updated = row.maybe_text().and_then(|date| date.parse::<NaiveDate>().ok());
        let years = row.maybe_text();
        report.years = years
            .as_deref()
            .and_then(|years| years.split_once('-'))
            .and_then(|(first, last)| Some((first.parse().ok()?, last.parse().ok()?)));
        report.reread = row.count() > 0;
        Ok(report)
    }
}

/// A run whose process ended after its commit and before that was noted. Its rows were not
/// counted, what it changed is what the snapshot says.
fn as_committed(run: RunReport, snapshot: u64, change: &Change) -> RunReport {
    let mut findings = run.findings.clone();
    findings.push(
        "the process ended after the commit and before this was noted; the counts are those of \
         the snapshot"
            .to_owned(),
    );
    // What it had failed to receive was noted before the commit.
    let outcome = if run.error.is_some() { Outcome::Partial } else { Outcome::Committed };
    let accepted = change.new + change.changed + change.unchanged;
    RunReport {
        outcome,
        parsed: accepted + change.quarantined,
        accepted,
        quarantined: change.quarantined,
        new: change.new,
        changed: change.changed,
        withdrawn: change.withdrawn,
        snapshot: Some(snapshot),
        findings,
        ..run
    }
}
