//! Release dates, announced by agencies or expected here: what was due when, and what became of
//! it, kept for good.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_model::pipeline::Basis;

use super::{Ledger, LedgerError, text};

/// What became of a release date. It is final.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The figures came within the usual delay.
    Kept,
    /// They came after it, and before the deadline.
    Late,
    /// They had not come by the deadline.
    Missed,
    /// By the deadline the source could not be reached, so nobody can tell.
    SourceDown,
    /// Nobody here looked in time, so nobody can tell.
    Unwatched,
}

impl Verdict {
    /// Every verdict.
    pub const ALL: [Self; 5] =
        [Self::Kept, Self::Late, Self::Missed, Self::SourceDown, Self::Unwatched];

    /// Stable lower-case name.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Kept => "kept",
            Self::Late => "late",
            Self::Missed => "missed",
            Self::SourceDown => "source_down",
            Self::Unwatched => "unwatched",
        }
    }

    fn from_code(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|verdict| verdict.code() == code)
    }
}

/// A dated promise of a named agency where the basis is `announced`; else what was expected of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Promise {
    /// Pipeline id.
    pub pipeline: String,
    /// Id of the agency that publishes.
    pub agency: String,
    /// When the release was due.
    pub due: DateTime<Utc>,
    /// Whether the agency has announced the date (`announced`), or it was only expected here
    /// (`assumed`).
    #[serde(serialize_with = "code")]
    pub basis: Basis,
    /// What became of it.
    pub verdict: Verdict,
    /// When that was known.
    pub decided_at: DateTime<Utc>,
    /// When new figures arrived, if they did.
    pub kept_at: Option<DateTime<Utc>>,
    /// The run that brought them.
    pub run: Option<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn code<S: serde::Serializer>(basis: &Basis, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(basis.code())
}

impl Ledger {
    /// Every promise decided so far, by agency, pipeline and date.
    ///
    /// # Errors
    /// When the ledger cannot be read.
    pub fn promises(&self) -> Result<Vec<Promise>, LedgerError> {
        let sql = "SELECT pipeline, agency, due, verdict, decided_at, kept_at, run, basis
                   FROM promises
                   ORDER BY agency, pipeline, due";
        let rows = self.query("cannot read promises", sql, Vec::new())?;
        rows.into_iter()
            .map(|mut row| {
                let (pipeline, agency, due) = (row.text(), row.text(), row.text());
                let (verdict, decided_at) = (row.text(), row.text());
                let (kept_at, run, basis) = (row.maybe_text(), row.maybe_text(), row.text());
                Ok(Promise {
                    pipeline,
                    agency,
                    due: self.instant("due", &due)?,
                    basis: Basis::from_code(&basis)
                        .ok_or_else(|| self.wrong("basis", &basis, "a known basis"))?,
                    verdict: Verdict::from_code(&verdict)
                        .ok_or_else(|| self.wrong("verdict", &verdict, "a known verdict"))?,
                    decided_at: self.instant("decided_at", &decided_at)?,
                    kept_at: kept_at.map(|at| self.instant("kept_at", &at)).transpose()?,
                    run,
                })
            })
            .collect()
    }

    /// Writes promises that are now decided. One decided before stays as it is.
    pub(crate) fn put_promises(&self, promises: &[Promise]) -> Result<(), LedgerError> {
        let sql = "INSERT INTO promises (pipeline, agency, due, verdict, decided_at, kept_at, run,
                   basis) VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT (pipeline, due) DO NOTHING";
        let values = |promise: &Promise| {
            vec![
                promise.pipeline.as_str().into(),
                promise.agency.as_str().into(),
                text(promise.due).into(),
                promise.verdict.code().into(),
                text(promise.decided_at).into(),
                promise.kept_at.map(text).into(),
                promise.run.as_deref().into(),
                promise.basis.code().into(),
            ]
        };
        let statements = promises.iter().map(|promise| (sql, values(promise))).collect();
        self.execute("cannot write promises", statements)?;
        Ok(())
    }
}
