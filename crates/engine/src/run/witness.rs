//! Whether the lake holds what the ledger says was landed. A lake that was restored from an older
//! copy has lost some of it and is filled again: the lake is the witness, not the ledger (R5).

use wsis_lake::{At, Lake, LakeError, Snapshot};

/// What a delivery and its decoding depend on, with the state of the lake that holds it, written
/// `digest@snapshot:SHA-256`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct State {
    pub(crate) digest: String,
    snapshot: u64,
    sha256: String,
}

impl State {
    /// The state with a delivery in it.
    pub(crate) fn of(digest: &str, head: &Snapshot) -> Self {
        Self { digest: digest.to_owned(), snapshot: head.id, sha256: head.sha256.clone() }
    }

    /// None for what programs of before wrote.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let (digest, state) = text.split_once('@')?;
        let (snapshot, sha256) = state.split_once(':')?;
        let (digest, sha256) = (digest.to_owned(), sha256.to_owned());
        Some(Self { digest, snapshot: snapshot.parse().ok()?, sha256 })
    }

    pub(crate) fn text(&self) -> String {
        format!("{}@{}:{}", self.digest, self.snapshot, self.sha256)
    }

    /// The hash of a snapshot, where that is the one.
    pub(crate) fn sha256_of(self, snapshot: u64) -> Option<String> {
        (self.snapshot == snapshot).then_some(self.sha256)
    }

    /// Whether the lake still holds, of a dataset, what it held then: it went through that state, and
    /// nothing of the dataset was restored or retired since. After that the very bytes are to be
    /// judged again.
    ///
    /// # Errors
    /// A snapshot or document that cannot be read.
    pub(crate) fn holds(&self, lake: &Lake, dataset: (&str, &str)) -> Result<bool, LakeError> {
        Ok(self.is_of(lake)? && !lake.corrected_since(dataset, self.snapshot)?)
    }

    /// Whether the lake went through that state.
    ///
    /// # Errors
    /// A snapshot that cannot be read.
    pub(crate) fn is_of(&self, lake: &Lake) -> Result<bool, LakeError> {
        Ok(there(lake, self.snapshot)?.is_some_and(|then| then.sha256 == self.sha256))
    }
}

/// What the ledger says of a run that landed something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Landed {
    pub(crate) run: String,
    pub(crate) snapshot: Option<u64>,
    pub(crate) state: Option<State>,
}

impl Landed {
    /// Whether the lake says so too: by the run that stands in the snapshot; of a run that made
    /// none, by the state that it was found unchanged against. Of runs of before states were kept
    /// only the ledger speaks.
    ///
    /// # Errors
    /// A snapshot that cannot be read.
    pub(crate) fn is_in(&self, lake: &Lake) -> Result<bool, LakeError> {
        if let Some(snapshot) = self.snapshot {
            let change = there(lake, snapshot)?.map(|it| it.change);
            return Ok(change.is_some_and(|it| it.run.is_none_or(|run| run == self.run)));
        }
        self.state.as_ref().map_or(Ok(true), |state| state.is_of(lake))
    }
}

/// A snapshot, if it is there.
fn there(lake: &Lake, id: u64) -> Result<Option<Snapshot>, LakeError> {
    match lake.snapshot(At::Head)? {
        Some(head) if head.id == id => Ok(Some(head)),
        Some(head) if head.id > id => lake.snapshot(At::Id(id)),
        _ => Ok(None),
    }
}
