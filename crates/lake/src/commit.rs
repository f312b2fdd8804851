//! Committing a delivery: merge, gates, files, snapshot.

use std::collections::{BTreeMap, HashMap};
use std::fmt;

use arrow::array::BooleanArray;
use wsis_model::count::RowCount;
use wsis_model::observation::column;
use wsis_model::pipeline::Gates;

use crate::batch::{intern, typed};
use crate::collector::Collector;
use crate::error::LakeError;
use crate::feed::Feed;
use crate::lake::{Lake, check_name};
use crate::merge::{Identity, identity};
use crate::pool::{Pool, arrow, encode};
use crate::profile::Place;
use crate::quarantine;
use crate::rewrite::spec;
use crate::row::{Order, Ranks};
use crate::runs::RowHeap;
use crate::snapshot::{At, FileEntry, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, Snapshot};
use crate::survey::{Plan, delivery, held, outcome, quarantine_conflicts, survey};
use crate::table::Encoder;

/// How often a commit is tried again when others commit meanwhile.
pub(crate) const ATTEMPTS: u32 = 10;

/// Outcome of a commit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// Number of the new snapshot; none if nothing changed or a gate held it.
    pub snapshot: Option<u64>,
    /// What became of the records.
    pub count: RowCount,
    /// Observations not known before.
    pub new: u64,
    /// Observations with another statement than before (also: a value replaced by "missing").
    pub changed: u64,
    /// Observations that the source no longer gives.
    pub withdrawn: u64,
    /// Observations stated again as they were.
    pub unchanged: u64,
    /// Quarantined records by stable reason code.
    pub quarantined_by_reason: BTreeMap<String, u64>,
    /// Why a gate held the commit, with the numbers.
    pub gate: Option<String>,
    /// Figures that are lost, series by series, in words.
    pub lost: Vec<String>,
    /// Series in force of the dataset that were not asked for in full, with the number of their
    /// observations: these stay as they were last received.
    pub kept: BTreeMap<String, u64>,
}

impl fmt::Display for Committed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.snapshot, &self.gate) {
            (Some(id), _) => write!(
                f,
                "committed as {id}: {} new, {} changed, {} withdrawn, {} unchanged",
                self.new, self.changed, self.withdrawn, self.unchanged
            ),
            (None, Some(gate)) => write!(f, "not committed: held, {gate}"),
            (None, None) => write!(f, "not committed: nothing changed"),
        }
    }
}

impl Lake {
    /// Commits a delivery: nothing, or all of it. Withdrawn is what it was asked for in full
    /// ([`Collector::complete`]) and no longer gives.
    ///
    /// Equal doubles are stored once; unequal records of one key are all quarantined and the
    /// row in force stays. A delivery that changes nothing makes no snapshot.
    ///
    /// # Errors
    /// [`LakeError::NotCommitted`] with the reason: the lake is as it was before.
    pub fn commit(&self, collector: Collector, gates: &Gates) -> Result<Committed, LakeError> {
        let dataset = format!("{}/{}", collector.source, collector.dataset);
        self.try_commit(collector, gates)
            .map_err(|e| LakeError::NotCommitted { dataset, because: Box::new(e) })
    }

    fn try_commit(&self, mut collector: Collector, gates: &Gates) -> Result<Committed, LakeError> {
        check_name("source", &collector.source)?;
        check_name("dataset", &collector.dataset)?;
        if let Some(error) = collector.failed.take() {
            return Err(error);
        }
        collector.store.seal(&collector.dict);
        let mut conflicts_known = false;
        for _ in 0..ATTEMPTS {
            let base = self.snapshot(At::Head)?;
            let (current, withdrawn_attrs) = self.load_current(base.as_ref(), &mut collector)?;
            let withdrawn = self.younger_withdrawals(base.as_ref(), &mut collector)?;
            // Texts of the lake were added to the dictionary; that does not change the order of
            // those before them, so what is sorted stays sorted.
            let ranks = Ranks::of(&collector.dict, Order::Lake);
            let tally = survey(&collector, &current, &delivery(&collector, &ranks, &withdrawn))?;
            if !conflicts_known {
                quarantine_conflicts(&mut collector, &tally);
                conflicts_known = true;
            }
            let mut outcome = outcome(&collector, &tally);
            outcome.gate = held(&collector, &tally, &outcome, gates);
            if outcome.gate.is_some() {
                return Ok(outcome);
            }
            let fresh = self.fresh(base.as_ref(), &mut collector)?;
            if !tally.any_news() && fresh.is_empty() {
                return Ok(outcome);
            }
            let delivery = delivery(&collector, &ranks, &withdrawn);
            let plan =
                Plan { collector: &collector, current: &current, delivery, tally, withdrawn_attrs };
            let files = self.write(&plan, &fresh)?;
            if let Some(id) = self.publish_snapshot(base, &plan, &files, &outcome)? {
                outcome.snapshot = Some(id);
                return Ok(outcome);
            }
        }
        Err(LakeError::Contended { attempts: ATTEMPTS })
    }

    /// The rows in force, and for each attribute number of theirs that of its withdrawal.
    pub(crate) fn load_current(
        &self,
        base: Option<&Snapshot>,
        collector: &mut Collector,
    ) -> Result<(RowHeap, HashMap<u32, u32>), LakeError> {
        let mut store = RowHeap::new(&self.tmp(), self.disk(), Order::Lake, self.threads());
        let mut withdrawn = HashMap::new();
        let mut last = None;
        if let Some(base) = base {
            let mut batches = self.read_latest(base, &collector.source, &collector.dataset)?;
            while let Some(batch) = batches.next() {
                let path = batches.current_path();
                intern(&batch?, &path, &mut collector.dict, |dict, row| {
                    if last != Some(row.attr) {
                        withdrawn.insert(row.attr, dict.withdrawn_attr(row.attr));
                        last = Some(row.attr);
                    }
                    store.push(row, dict)
                })?;
            }
        }
        store.seal(&collector.dict);
        Ok((store, withdrawn))
    }

    /// Withdrawals recorded after the oldest payload of this delivery: only a replay of old
    /// payloads meets any.
    pub(crate) fn younger_withdrawals(
        &self,
        base: Option<&Snapshot>,
        collector: &mut Collector,
    ) -> Result<HashMap<Identity, i64>, LakeError> {
        let mut found = HashMap::new();
        let dict = &collector.dict;
        let recorded = |id: &u32| dict.payloads.get(*id as usize).map(|p| p.recorded_at);
        let (Some(base), Some(oldest)) =
            (base, collector.payloads.iter().filter_map(recorded).min())
        else {
            return Ok(found);
        };
        let (source, dataset) = (collector.source.clone(), collector.dataset.clone());
        let newest = base.recorded_through(&source, &dataset)?;
        if newest.is_none_or(|newest| newest <= oldest) {
            return Ok(found);
        }
        let mut batches = self.read(base, OBSERVATIONS, Some((&source, &dataset)))?;
        while let Some(batch) = batches.next() {
            let (batch, path) = (batch?, batches.current_path());
            let withdrawn = typed::<BooleanArray>(&batch, column::WITHDRAWN, &path)?;
            if withdrawn.true_count() == 0 {
                continue;
            }
            let mut flags = (0..withdrawn.len()).map(|at| withdrawn.value(at));
            intern(&batch, &path, &mut collector.dict, |dict, row| {
                if flags.next() == Some(true) {
                    let at = dict.payloads.get(row.payload as usize).map_or(0, |p| p.recorded_at);
                    let known = found.entry(identity(&row)).or_insert(at);
                    *known = at.max(*known);
                }
                Ok(())
            })?;
        }
        Ok(found)
    }

    fn fresh(
        &self,
        base: Option<&Snapshot>,
        collector: &mut Collector,
    ) -> Result<Vec<quarantine::Entry>, LakeError> {
        let (source, dataset) = (&collector.source, &collector.dataset);
        let files = match base {
            Some(base) => base.files_of(QUARANTINE, source, dataset)?,
            None => Vec::new(),
        };
        let stored = self.read_files(files);
        collector.rejected.fresh(stored, &collector.dict)
    }

    /// Writes and names all files of the commit. They are invisible until the snapshot.
    fn write(&self, plan: &Plan<'_>, fresh: &[quarantine::Entry]) -> Result<Files, LakeError> {
        let Collector { source, dataset, .. } = plan.collector;
        let new_spec = spec(OBSERVATIONS, source, dataset);
        let latest_spec = spec(OBSERVATIONS_LATEST, source, dataset);
        let quarantine_spec = spec(QUARANTINE, source, dataset);
        let failed = |e| LakeError::parquet(self.root(), e);
        let encoder = Encoder::new(&new_spec).map_err(failed)?;
        let quarantine_encoder = Encoder::new(&quarantine_spec).map_err(failed)?;
        let any_news = plan.tally.any_news();
        // A first delivery is both all news and all that is in force: one file.
        let first = plan.tally.in_force == 0;
        let (news, latest, set_aside) = std::thread::scope(|scope| {
            let mut pool = Pool::start(scope, self.threads());
            let mut news = Feed::new(Place::Lake, self.writer(0, new_spec, &encoder), &encoder);
            let mut latest =
                Feed::new(Place::Lake, self.writer(1, latest_spec, &encoder), &encoder);
            if any_news {
                plan.delivery.merge(&plan.collector.store, plan.current, &mut |fate| {
                    plan.route(&fate, first, &mut news, &mut latest, &mut pool)
                })?;
            }
            let news = news.finish(plan.delivery.dict, &mut pool, false)?;
            let latest = latest.finish(plan.delivery.dict, &mut pool, false)?;
            let mut aside = self.writer(2, quarantine_spec, &quarantine_encoder);
            for part in fresh.chunks(Place::Lake.row_group()) {
                let collector = plan.collector;
                let encoder = &quarantine_encoder;
                aside.submit(&mut pool, move || {
                    let (source, dataset) = (&collector.source, &collector.dataset);
                    let batch = collector
                        .rejected
                        .batch(part, &collector.dict, source, dataset)
                        .map_err(arrow)?;
                    encode(&encoder.factory, &batch)
                })?;
            }
            Ok::<_, LakeError>((news, latest, aside.finish(&mut pool, false)?))
        })?;
        let mut files = Files {
            news: self.place(news)?,
            latest: self.place(latest)?,
            quarantine: self.place(set_aside)?,
            rewritten: any_news,
        };
        if first {
            files.latest.clone_from(&files.news);
        }
        Ok(files)
    }
}

/// The files of a commit.
pub(crate) struct Files {
    pub(crate) news: Vec<FileEntry>,
    pub(crate) latest: Vec<FileEntry>,
    pub(crate) quarantine: Vec<FileEntry>,
    /// Whether `latest` replaces what was there.
    pub(crate) rewritten: bool,
}
