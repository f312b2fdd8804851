//! Committing a delivery: merge, gates, files, snapshot.

use std::collections::BTreeMap;
use std::fmt;

use wsis_model::count::RowCount;
use wsis_model::pipeline::Gates;

use crate::collector::Collector;
use crate::error::LakeError;
use crate::feed::Feed;
use crate::lake::{Lake, check_name};
use crate::pairs;
use crate::pool::{Pool, arrow, encode};
use crate::profile::Place;
use crate::quarantine;
use crate::rewrite::spec;
use crate::row::{Order, Ranks};
use crate::segments::{SEGMENT_ROWS, Segments};
use crate::snapshot::{At, FileEntry, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, Snapshot};
use crate::survey::{Feeds, Plan, delivery, held, outcome, quarantine_conflicts, survey};
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
    /// Statements of the past that were not known: they change nothing that is in force.
    pub late: u64,
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
            (Some(id), _) => {
                write!(
                    f,
                    "committed as {id}: {} new, {} changed, {} withdrawn, {} unchanged",
                    self.new, self.changed, self.withdrawn, self.unchanged
                )?;
                match self.late {
                    0 => Ok(()),
                    late => write!(f, ", {late} older than what is in force"),
                }
            }
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
            let known = self.known(base.as_ref(), &mut collector)?;
            // Texts of the lake were added to the dictionary; that does not change the order of
            // those before them, so what is sorted stays sorted.
            let ranks = Ranks::of(&collector.dict, Order::Lake);
            let segments = Segments::of(&known.files, &ranks);
            let what = (&known, &segments);
            let tally = survey(&collector, what, &delivery(&collector, &ranks))?;
            if !conflicts_known {
                quarantine_conflicts(&mut collector, &tally);
                conflicts_known = true;
            }
            let mut outcome = outcome(&collector, &tally);
            pairs::accounts(&collector, &outcome.count)?;
            outcome.gate = held(&collector, &tally, &outcome, gates);
            if outcome.gate.is_some() {
                return Ok(outcome);
            }
            let fresh = self.fresh(base.as_ref(), &mut collector)?;
            if !tally.any_news() && fresh.is_empty() {
                return Ok(outcome);
            }
            let delivery = delivery(&collector, &ranks);
            let plan = Plan { collector: &collector, known: &known, segments, delivery, tally };
            let files = self.write(&plan, &fresh)?;
            if let Some(id) = self.publish_snapshot(base, &plan, &files, &outcome)? {
                outcome.snapshot = Some(id);
                return Ok(outcome);
            }
        }
        Err(LakeError::Contended { attempts: ATTEMPTS })
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
        // A first delivery is both all news and all that is in force: the same files.
        let first = plan.tally.in_force == 0 && plan.tally.late == 0;
        let (news, latest, set_aside, runs) = std::thread::scope(|scope| {
            let mut pool = Pool::start(scope, self.threads());
            let (news, latest) =
                (self.writer(0, new_spec, &encoder), self.writer(1, latest_spec, &encoder));
            let news = if first { news.with_rows_max(SEGMENT_ROWS) } else { news };
            let latest = latest.with_rows_max(SEGMENT_ROWS);
            let mut feeds = Feeds {
                news: Feed::new(Place::Lake, news, &encoder),
                latest: Feed::new(Place::Lake, latest, &encoder).one_per_key(),
                one_table: first,
                runs: Vec::new(),
                range: None,
                rows: 0,
            };
            if any_news {
                let mut cursor = plan.segments.cursor(plan.delivery.ranks);
                plan.delivery.merge(&plan.collector.store, plan.known, &mut |fate| {
                    plan.route(&fate, &mut feeds, &mut cursor, &mut pool)
                })?;
            }
            let news = feeds.news.finish(plan.delivery.dict, &mut pool, false)?;
            let latest = feeds.latest.finish(plan.delivery.dict, &mut pool, false)?;
            let runs = feeds.runs;
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
            Ok::<_, LakeError>((news, latest, aside.finish(&mut pool, false)?, runs))
        })?;
        let mut files = Files {
            news: self.place(news)?,
            latest: plan.segments.with(&plan.tally.touched, self.place(latest)?, &runs),
            quarantine: self.place(set_aside)?,
            rewritten: plan.tally.changes_latest(),
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
