//! What a source called each series when its figures last landed, so that another title or unit is
//! told (F07).

use std::collections::{BTreeMap, BTreeSet};

use wsis_sources::Part;

use super::{Ledger, LedgerError, Statement};

/// Request, series, and which part of what is said of it.
pub(crate) type Of = (String, String, Part);

/// What was said, and in which run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StoredSaid {
    /// Every distinct text.
    pub(crate) texts: BTreeSet<String>,
    /// The run in which it first landed so.
    pub(crate) run: String,
}

impl Ledger {
    /// What was last said of the series of a pipeline.
    pub(crate) fn said(&self, pipeline: &str) -> Result<BTreeMap<Of, StoredSaid>, LedgerError> {
        let sql = "SELECT request, series, part, texts, run FROM said WHERE pipeline = $1";
        let rows = self.query("cannot read the titles of series", sql, vec![pipeline.into()])?;
        let read = rows.into_iter().map(|mut row| {
            let (request, series, part, texts, run) =
                (row.text(), row.text(), row.text(), row.text(), row.text());
            let part = Part::from_code(&part)
                .ok_or_else(|| self.wrong("part", &part, "a part of what is said of series"))?;
            let texts = serde_json::from_str(&texts)
                .map_err(|_| self.wrong("texts", &texts, "a list of texts"))?;
            Ok(((request, series, part), StoredSaid { texts, run }))
        });
        read.collect()
    }

    /// Remembers what was said in a run that landed.
    pub(crate) fn put_said(
        &self,
        pipeline: &str,
        run: &str,
        said: &[(Of, BTreeSet<String>)],
    ) -> Result<(), LedgerError> {
        let sql = "INSERT INTO said (pipeline, request, series, part, texts, run)
                   VALUES ($1, $2, $3, $4, $5, $6)
                   ON CONFLICT (pipeline, request, series, part) DO UPDATE SET
                   texts = excluded.texts, run = excluded.run";
        let statements: Vec<Statement> = said
            .iter()
            .map(|((request, series, part), texts)| {
                let values = vec![
                    pipeline.into(),
                    request.as_str().into(),
                    series.as_str().into(),
                    part.code().into(),
                    serde_json::json!(texts).to_string().into(),
                    run.into(),
                ];
                (sql, values)
            })
            .collect();
        if !statements.is_empty() {
            self.execute("cannot remember the titles of series", statements)?;
        }
        Ok(())
    }
}
