//! Committing a delivery: merge, gates, files, snapshot.

use std::collections::BTreeMap;
use std::fmt;

use arrow::array::RecordBatch;
use wsis_model::count::RowCount;
use wsis_model::pipeline::Gates;

use crate::collector::Collector;
use crate::correction::taken_back;
use crate::error::LakeError;
use crate::feed::Feed;
use crate::lake::{Lake, check_name};
use crate::pairs;
use crate::pool::Pool;
use crate::profile::Place;
use crate::quarantine::Aside;
use crate::rewrite::spec;
use crate::row::{Order, Ranks};
use crate::segments::{SEGMENT_ROWS, Segments};
use crate::snapshot::{
    At, FileEntry, OBSERVATIONS, OBSERVATIONS_LATEST, QUARANTINE, QUARANTINE_PAST, Snapshot,
};
use crate::survey::{Feeds, Plan, delivery, judge, judged, outcome, quarantine_conflicts};
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
    /// Figures in force that stay since what is given for them now could not be read, series by
    /// series, in words.
    pub unread: Vec<String>,
    /// What does not look true beside the figures before it, series by series, in words.
    pub implausible: Vec<String>,
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
        let (mut conflicts_known, mut verdict) = (false, None);
        for _ in 0..ATTEMPTS {
            let base = self.snapshot(At::Head)?;
            let known = self.known(base.as_ref(), &mut collector)?;
            // Texts of the lake were added to the dictionary; that does not change the order of
            // those before them, so what is sorted stays sorted.
            let ranks = Ranks::of(&collector.dict, Order::Lake);
            let segments = Segments::of(&known.files, &ranks);
            let what = (&known, &segments);
            let (tally, found) = judged(&collector, what, &ranks, verdict.take())?;
            let verdict = verdict.insert(found);
            if !conflicts_known {
                quarantine_conflicts(&mut collector, &tally);
                conflicts_known = true;
            }
            let mut outcome = outcome(&collector, &tally);
            pairs::accounts(&collector, &outcome.count)?;
            let aside = self.aside(base.as_ref(), &mut collector)?;
            judge(&collector, (&tally, &aside, verdict), &mut outcome, gates);
            if outcome.gate.is_none() && tally.changes_latest() {
                outcome.gate = taken_back(base.as_ref(), &collector)?;
            }
            if outcome.gate.is_some() || !(tally.any_news() || aside.is_news()) {
                return Ok(outcome);
            }
            let delivery = delivery(&collector, &ranks, Some(verdict));
            let plan = Plan { collector: &collector, known: &known, segments, delivery, tally };
            let files = self.write(&plan, &aside)?;
            if let Some(id) = self.publish_snapshot(base, &plan, &files, &outcome)? {
                outcome.snapshot = Some(id);
                return Ok(outcome);
            }
        }
        Err(LakeError::Contended { attempts: ATTEMPTS })
    }

    /// What a delivery makes of the records in quarantine.
    pub(crate) fn aside(
        &self,
        base: Option<&Snapshot>,
        collector: &mut Collector,
    ) -> Result<Aside, LakeError> {
        let files = match base {
            Some(base) => base.files_of(QUARANTINE, &collector.source, &collector.dataset)?,
            None => Vec::new(),
        };
        collector.aside(self.read_files(files))
    }

    /// Writes and names all files of the commit. They are invisible until the snapshot.
    fn write(&self, plan: &Plan<'_>, aside: &Aside) -> Result<Files, LakeError> {
        let Collector { source, dataset, .. } = plan.collector;
        let new_spec = spec(OBSERVATIONS, source, dataset);
        let latest_spec = spec(OBSERVATIONS_LATEST, source, dataset);
        let failed = |e| LakeError::parquet(self.root(), e);
        let encoder = Encoder::new(&new_spec).map_err(failed)?;
        let any_news = plan.tally.any_news();
        // A first delivery is both all news and all that is in force: the same files.
        let first = plan.tally.in_force == 0 && plan.tally.late == 0;
        let (news, latest, runs) = std::thread::scope(|scope| {
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
            Ok::<_, LakeError>((news, latest, runs))
        })?;
        let mut files = Files {
            news: self.place(news)?,
            latest: plan.segments.with(&plan.tally.touched, self.place(latest)?, &runs),
            rewritten: plan.tally.changes_latest(),
            aside: self.write_aside(plan.collector, aside)?,
        };
        if first {
            files.latest.clone_from(&files.news);
        }
        Ok(files)
    }

    /// Writes the records that come into quarantine, beside those that stay where some go, and those
    /// that go.
    fn write_aside(&self, collector: &Collector, aside: &Aside) -> Result<AsideFiles, LakeError> {
        let name = (collector.source.as_str(), collector.dataset.as_str());
        let failed = |e| LakeError::encoding(&self.store().shown("data"), &e);
        let mut now = aside.kept.clone().unwrap_or_default();
        now.push(collector.batch_aside(&aside.fresh).map_err(failed)?);
        let written = |table, batches: &[RecordBatch]| {
            let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
            if rows == 0 { Ok(Vec::new()) } else { self.write_quarantine(table, batches, name) }
        };
        Ok(AsideFiles {
            fresh: aside.fresh.len() as u64,
            files: written(QUARANTINE, &now)?,
            past: written(QUARANTINE_PAST, &aside.ended)?,
            rewritten: aside.kept.is_some(),
        })
    }
}

/// The files of the records that a commit set aside.
#[derive(Default)]
pub(crate) struct AsideFiles {
    /// Records that were not there before.
    pub(crate) fresh: u64,
    pub(crate) files: Vec<FileEntry>,
    /// Of those that were there up to now.
    pub(crate) past: Vec<FileEntry>,
    /// Whether `files` replaces what was there.
    pub(crate) rewritten: bool,
}

/// The files of a commit.
pub(crate) struct Files {
    pub(crate) news: Vec<FileEntry>,
    pub(crate) latest: Vec<FileEntry>,
    /// Whether `latest` replaces what was there.
    pub(crate) rewritten: bool,
    /// What became of the quarantine.
    pub(crate) aside: AsideFiles,
}
