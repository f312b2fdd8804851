//! What the ledger says of the chain: which run made which snapshot. A chain that begins anew is
//! sound in itself; only the ledger knows that there was another one (X21).

use std::collections::{BTreeMap, BTreeSet};

use crate::durable::{hash_of, hex};
use crate::error::LakeError;
use crate::lake::Lake;
use crate::snapshot::{At, ChangeKind, Snapshot};
use crate::verify::Violation;

/// A run that says, in the ledger, that it made a snapshot.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Recorded {
    /// Run id.
    pub run: String,
    /// Number of its snapshot.
    pub snapshot: u64,
    /// SHA-256 of the snapshot's document, where the ledger kept it.
    pub sha256: Option<String>,
    /// Why the lake need not have it any more: what an operator said, or that an older copy was
    /// put back.
    pub given_up: Option<String>,
}

/// A snapshot that says itself which run made it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// Number of the snapshot.
    pub snapshot: u64,
    /// Run id.
    pub run: String,
}

/// A file of records of requests, as the ledger knows it: nothing in the lake names it, so that its loss
/// would be seen nowhere.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordFile {
    /// Its name below the lake.
    pub name: String,
    /// SHA-256 of its bytes.
    pub sha256: String,
}

impl Made {
    /// Those of a chain that runs made, in its order.
    pub(crate) fn of(chain: &[Snapshot]) -> Vec<Self> {
        let of = |it: &Snapshot| Some(Self { snapshot: it.id, run: it.change.run.clone()? });
        chain.iter().filter_map(of).collect()
    }
}

impl Recorded {
    /// What the snapshot of that number is, where it is not the one of this run.
    fn contradicted_by(&self, snapshot: Option<&Snapshot>) -> Option<String> {
        let Some(snapshot) = snapshot else { return Some("no snapshot of that number".to_owned()) };
        match &snapshot.change.run {
            Some(other) if *other != self.run => return Some(format!("a snapshot of run {other}")),
            // Snapshots of before runs stood in them say nothing; those that no run makes do.
            None if matches!(
                snapshot.change.kind,
                ChangeKind::Compaction
                    | ChangeKind::Upgrade
                    | ChangeKind::Restore
                    | ChangeKind::Retire
            ) =>
            {
                return Some("a snapshot that no run made".to_owned());
            }
            _ => {}
        }
        let other = self.sha256.as_ref().is_some_and(|sha256| *sha256 != snapshot.sha256);
        other.then(|| format!("SHA-256 {}", snapshot.sha256))
    }

    fn expected(&self) -> String {
        let digest = match &self.sha256 {
            Some(sha256) => format!(" with SHA-256 {sha256}"),
            None => String::new(),
        };
        format!("the snapshot that run {} made{digest}, as in the ledger,", self.run)
    }
}

impl Lake {
    /// Each run of the ledger made the snapshot that it says, but for those that were given up.
    /// Of these one line for each reason.
    pub(crate) fn verify_ledger(
        &self,
        runs: &[Recorded],
        chain: &[Snapshot],
        found: &mut Vec<Violation>,
    ) -> Vec<String> {
        let by_number: BTreeMap<u64, &Snapshot> = chain.iter().map(|it| (it.id, it)).collect();
        let mut given_up: BTreeMap<&str, BTreeSet<u64>> = BTreeMap::new();
        for claim in runs {
            if let Some(why) = &claim.given_up {
                given_up.entry(why).or_default().insert(claim.snapshot);
                continue;
            }
            if let Some(is) = claim.contradicted_by(by_number.get(&claim.snapshot).copied()) {
                found.push(Violation {
                    path: self.snapshots().path(claim.snapshot),
                    found: is,
                    expected: claim.expected(),
                });
            }
        }
        let line = |(why, numbers): (&str, BTreeSet<u64>)| {
            let numbers: Vec<String> = numbers.iter().map(u64::to_string).collect();
            let what = if numbers.len() == 1 { "snapshot" } else { "snapshots" };
            format!("{what} {} of before, which the ledger knows: {why}", numbers.join(", "))
        };
        given_up.into_iter().map(line).collect()
    }

    /// Which of the files of records are not as they were made: lost, or changed.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn verify_records(&self, files: &[RecordFile]) -> Result<Vec<Violation>, LakeError> {
        let mut found = Vec::new();
        for file in files {
            let is = match self.store().open(&file.name)? {
                None => "no file".to_owned(),
                Some(body) => match hash_of(body).map(|(_, digest)| hex(&digest)) {
                    Ok(digest) if digest == file.sha256 => continue,
                    Ok(digest) => format!("SHA-256 {digest}"),
                    Err(error) => error.to_string(),
                },
            };
            found.push(Violation {
                path: self.store().shown(&file.name),
                found: is,
                expected: format!(
                    "records of requests with SHA-256 {}, as in the ledger",
                    file.sha256
                ),
            });
        }
        Ok(found)
    }

    /// Those files of records that are not there.
    ///
    /// # Errors
    /// A store that cannot be read.
    pub fn lost_records<'a>(
        &self,
        files: &'a [RecordFile],
    ) -> Result<Vec<&'a RecordFile>, LakeError> {
        let mut lost = Vec::new();
        for file in files {
            if self.store().head(&file.name)?.is_none() {
                lost.push(file);
            }
        }
        Ok(lost)
    }

    /// The snapshots that runs made, by what they say themselves, in their order.
    ///
    /// # Errors
    /// A chain that cannot be read.
    pub fn made(&self) -> Result<Vec<Made>, LakeError> {
        let snapshots = self.snapshots();
        let all: Result<Vec<Snapshot>, LakeError> =
            snapshots.all()?.into_iter().map(|id| snapshots.load(id)).collect();
        Ok(Made::of(&all?))
    }

    /// Those runs of the ledger whose snapshots the lake does not have.
    ///
    /// # Errors
    /// A chain that cannot be read.
    pub fn unknown_of<'a>(&self, runs: &'a [Recorded]) -> Result<Vec<&'a Recorded>, LakeError> {
        let head = self.snapshot(At::Head)?.map_or(0, |head| head.id);
        let mut unknown = Vec::new();
        for claim in runs.iter().filter(|claim| claim.given_up.is_none()) {
            let snapshot =
                if claim.snapshot > head { None } else { self.snapshot(At::Id(claim.snapshot))? };
            if claim.contradicted_by(snapshot.as_ref()).is_some() {
                unknown.push(claim);
            }
        }
        Ok(unknown)
    }
}
