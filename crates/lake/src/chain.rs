//! Adding a snapshot to the chain: documents of the dataset, its bucket, then the next number.

use std::collections::BTreeSet;

use chrono::DateTime;

use crate::commit::{ATTEMPTS, Committed, Files};
use crate::documents::{Dataset, Document, bucket_of, name_of};
use crate::error::LakeError;
use crate::identity::FORMAT;
use crate::lake::Lake;
use crate::snapshot::{
    At, Change, ChangeKind, Hashed, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, QUARANTINE_PAST,
    Snapshot, Tree,
};
use crate::store::Placed;
use crate::survey::Plan;

impl Lake {
    /// Creates the snapshot. `None` means that another commit of the same dataset came first
    /// and the merge must be done again.
    pub(crate) fn publish_snapshot(
        &self,
        base: Option<Snapshot>,
        plan: &Plan<'_>,
        files: &Files,
        outcome: &Committed,
    ) -> Result<Option<u64>, LakeError> {
        let (source, dataset) = (&plan.collector.source, &plan.collector.dataset);
        let known = match &base {
            Some(base) => base.dataset(source, dataset)?,
            None => None,
        };
        let mut after = self.with_files(known.clone(), files, source, dataset)?;
        // A body that somebody took again, and that changed what is in force, is taken back no longer.
        let dict = &plan.collector.dict;
        let id = |id: &u32| dict.payloads.get(*id as usize).map(|it| it.id.as_str());
        let taken = plan.collector.origin.accepted && plan.tally.changes_latest();
        for body in plan.collector.payloads.iter().filter(|_| taken).filter_map(id) {
            for correction in &mut after.corrections {
                correction.bodies.remove(body);
            }
        }
        if let Some(ours) = &plan.collector.ours {
            let mut correction = ours.doc.clone();
            let stays: BTreeSet<&str> = ours.given.iter().filter_map(id).collect();
            let gone = plan.tally.undone.iter().filter_map(id);
            if correction.kind == ChangeKind::Restore {
                correction.take_back(gone.filter(|body| !stays.contains(body)));
            }
            after.corrections.push(correction);
        }
        self.put_dataset(base, known, &after, &change(plan, files, outcome))
    }

    /// Creates a snapshot in which a dataset has another document. `None` means that another commit
    /// of the same dataset came first.
    pub(crate) fn put_dataset(
        &self,
        base: Option<Snapshot>,
        known: Option<Dataset>,
        after: &Dataset,
        change: &Change,
    ) -> Result<Option<u64>, LakeError> {
        let state = |snapshot: &Option<Snapshot>| match snapshot {
            Some(snapshot) => snapshot.dataset_sha256(&after.source, &after.dataset),
            None => Ok(None),
        };
        let before = state(&base)?;
        let sha256 = self.documents().put(&Document::of(after.clone()))?;
        let mut parent = base;
        for _ in 0..ATTEMPTS {
            let mut next = self.after(parent.as_ref(), change.clone())?;
            self.set_dataset(&mut next, known.as_ref(), (after, &sha256))?;
            if self.snapshots().create(&mut next)? == Placed::Created {
                return Ok(Some(next.id));
            }
            parent = self.snapshot(At::Head)?;
            if state(&parent)? != before {
                return Ok(None);
            }
        }
        Err(LakeError::Contended { attempts: ATTEMPTS })
    }

    /// The dataset's document with the files of a commit.
    fn with_files(
        &self,
        known: Option<Dataset>,
        files: &Files,
        source: &str,
        dataset: &str,
    ) -> Result<Dataset, LakeError> {
        let mut after = known.unwrap_or_else(|| Dataset {
            source: source.to_owned(),
            dataset: dataset.to_owned(),
            ..Dataset::default()
        });
        if files.rewritten {
            let latest = after.tables.entry(OBSERVATIONS_LATEST.to_owned()).or_default();
            *latest = crate::documents::FileList::default();
            self.documents().add(latest, &files.latest)?;
        }
        let aside = &files.aside;
        if aside.rewritten {
            after.tables.insert(QUARANTINE.to_owned(), crate::documents::FileList::default());
        }
        let added = [
            (OBSERVATIONS, &files.news),
            (QUARANTINE, &aside.files),
            (QUARANTINE_PAST, &aside.past),
        ];
        for (table, added) in added {
            if !added.is_empty() {
                self.documents().add(after.tables.entry(table.to_owned()).or_default(), added)?;
            }
        }
        Ok(after)
    }

    /// A snapshot like its parent, with the next number.
    pub(crate) fn after(
        &self,
        parent: Option<&Snapshot>,
        mut change: Change,
    ) -> Result<Snapshot, LakeError> {
        let before = parent.and_then(|parent| parent.change.recorded_through);
        change.recorded_through = change.recorded_through.max(before);
        let tree = match parent.map(|parent| &parent.tree) {
            Some(Tree::Hashed(all)) => all.clone(),
            _ => Hashed::default(),
        };
        Ok(Snapshot {
            format: FORMAT,
            id: parent.map_or(1, |parent| parent.id + 1),
            parent: parent.map(|parent| parent.id),
            parent_sha256: parent.map(|parent| parent.sha256.clone()),
            lake_id: self.id()?,
            program: format!("wsis {}", env!("CARGO_PKG_VERSION")),
            change,
            // Of the first one: it does not follow what is done to the file.
            sample_sha256: match parent.and_then(|parent| parent.sample_sha256.clone()) {
                Some(known) => Some(known),
                None => self.sample_sha256()?,
            },
            sha256: String::new(),
            tree: Tree::Hashed(tree),
            documents: self.documents().clone(),
        })
    }

    /// Puts a dataset's document in place of the one of before, in its bucket and the totals.
    pub(crate) fn set_dataset(
        &self,
        snapshot: &mut Snapshot,
        before: Option<&Dataset>,
        (after, sha256): (&Dataset, &str),
    ) -> Result<(), LakeError> {
        let Tree::Hashed(all) = &mut snapshot.tree else { return Ok(()) };
        let name = name_of(&after.source, &after.dataset);
        let place = bucket_of(&name);
        let mut bucket = match all.buckets.get(&place) {
            Some(bucket) => self.documents().bucket(bucket)?,
            None => crate::documents::Bucket::default(),
        };
        if bucket.datasets.insert(name, sha256.to_owned()).is_none() {
            all.datasets += 1;
        }
        for (table, rows) in before.map(Dataset::rows).unwrap_or_default() {
            let total = all.rows.entry(table).or_default();
            *total = total.saturating_sub(rows);
        }
        for (table, rows) in after.rows() {
            *all.rows.entry(table).or_default() += rows;
        }
        all.buckets.insert(place, self.documents().put(&Document::Bucket(bucket))?);
        Ok(())
    }
}

fn change(plan: &Plan<'_>, files: &Files, outcome: &Committed) -> Change {
    let collector = plan.collector;
    let origin = &collector.origin;
    let received = |id: &u32| collector.dict.payloads.get(*id as usize).map(|it| it.recorded_at);
    let last = collector.payloads.iter().filter_map(received).max();
    Change {
        kind: origin.kind,
        source: collector.source.clone(),
        dataset: collector.dataset.clone(),
        new: outcome.new,
        changed: outcome.changed,
        withdrawn: outcome.withdrawn,
        unchanged: outcome.unchanged,
        late: outcome.late,
        quarantined: files.aside.fresh,
        pipeline: origin.pipeline.clone(),
        run: origin.run.clone(),
        digest: origin.digest.clone(),
        because: collector.because.clone(),
        committed_at: origin.at,
        recorded_through: last.and_then(DateTime::from_timestamp_micros),
    }
}
