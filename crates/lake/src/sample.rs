//! A lake that holds a sample says so, in the lake itself: whoever opens it later, with whatever
//! command, knows that its figures are for trying the program and not for citing.

use wsis_model::payload::RawId;

use crate::error::LakeError;
use crate::lake::Lake;
use crate::snapshot::Snapshot;
use crate::verify::Violation;

/// The file that holds the statement.
pub(crate) const FILE: &str = "_sample.txt";

/// Longest statement that is read.
const LONGEST: usize = 1_000;

/// Name of the statement in the metadata of public Parquet files.
const FACT: &str = "wsis.sample";

impl Lake {
    /// Marks the lake as one that holds a sample; `statement` says of what, in one line. A statement
    /// that was made before stays.
    ///
    /// # Errors
    /// A refusal of the file system.
    pub fn declare_sample(&self, statement: &str) -> Result<(), LakeError> {
        let bytes = format!("{}\n", statement.trim());
        self.store().create(FILE, bytes.as_bytes()).map(drop)
    }

    /// The statement of a lake that holds a sample; `None` for any other.
    ///
    /// # Errors
    /// A refusal of the file system.
    pub fn sample(&self) -> Result<Option<String>, LakeError> {
        let bytes = self.store().get(FILE)?;
        Ok(bytes.map(|bytes| {
            let text = String::from_utf8_lossy(&bytes);
            text.lines().next().unwrap_or_default().chars().take(LONGEST).collect()
        }))
    }

    /// SHA-256 of the statement as it stands.
    pub(crate) fn sample_sha256(&self) -> Result<Option<String>, LakeError> {
        Ok(self.store().get(FILE)?.map(|bytes| RawId::of(&bytes).to_string()))
    }

    /// The statement is the one that the newest snapshot was made under.
    pub(crate) fn verify_sample(&self, newest: &Snapshot) -> Option<Violation> {
        let expected = newest.sample_sha256.as_ref()?;
        let found = match self.sample_sha256() {
            Ok(Some(found)) if found == *expected => return None,
            Ok(Some(found)) => format!("SHA-256 {found}"),
            Ok(None) => "no file".to_owned(),
            Err(error) => error.to_string(),
        };
        let expected = format!("SHA-256 {expected} as in snapshot {}", newest.id);
        Some(Violation { path: self.store().shown(FILE), found, expected })
    }

    /// Facts for the metadata of a public file, with the statement of a sample.
    pub(crate) fn public_facts(
        &self,
        facts: &[(String, String)],
    ) -> Result<Vec<(String, String)>, LakeError> {
        let mut facts = facts.to_vec();
        if let Some(statement) = self.sample()?
            && !facts.iter().any(|(name, _)| name == FACT)
        {
            facts.push((FACT.to_owned(), statement));
        }
        Ok(facts)
    }
}
