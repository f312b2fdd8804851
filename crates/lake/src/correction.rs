//! A way back: a dataset as it was in an earlier snapshot, or figures that are no longer in force. Both
//! are statements of ours, dated now: nothing of what was ever said is removed, and a view of an
//! earlier instant is as it was (docs/adr/0024).

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use wsis_model::payload::RawId;
use wsis_model::pipeline::Gates;

use crate::batch::intern;
use crate::collector::{Collector, Origin};
use crate::error::LakeError;
use crate::lake::Lake;
use crate::row::Payload;
use crate::snapshot::{At, ChangeKind, OBSERVATIONS_LATEST, Snapshot};

/// Bodies that are named of one correction; beyond that the oldest are not known to be taken back.
const BODIES_MAX: usize = 10_000;

/// After which instant, and before which one.
pub type Stretch = (DateTime<Utc>, DateTime<Utc>);

/// What is corrected.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Corrects {
    /// All figures of the dataset, as they were in force in that snapshot.
    Restore(u64),
    /// No figure of that series is in force any more; of the whole dataset where none is named.
    Retire(Option<String>),
}

/// A correction by hand.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Correction {
    /// Source id.
    pub source: String,
    /// Dataset.
    pub dataset: String,
    /// What is done.
    pub what: Corrects,
    /// Why, in words.
    pub because: String,
    /// Now.
    pub at: DateTime<Utc>,
    /// How long another writer is waited for.
    pub lock_within: Duration,
}

/// What a correction did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Corrected {
    /// Source id.
    pub source: String,
    /// Dataset.
    pub dataset: String,
    /// Number of the new snapshot; none where nothing was to be done.
    pub snapshot: Option<u64>,
    /// Figures that are in force again.
    pub again: u64,
    /// Figures that have an earlier statement again.
    pub changed: u64,
    /// Figures that are no longer in force.
    pub ended: u64,
}

/// A correction, as the document of its dataset keeps it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct CorrectionDoc {
    /// `restore` or `retire`.
    pub(crate) kind: ChangeKind,
    /// When its statements were made, in microseconds since 1970, UTC.
    pub(crate) at: i64,
    /// Why.
    pub(crate) because: String,
    /// What came after this instant, and before it was made, was taken back.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) since: Option<i64>,
    /// Bodies whose figures it took back; one that somebody takes again is no longer among them.
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub(crate) bodies: BTreeSet<String>,
}

/// A correction under way.
#[derive(Debug)]
pub(crate) struct Ours {
    pub(crate) doc: CorrectionDoc,
    /// Of each payload of what is in force the one that a correction's withdrawal names: the same
    /// body, at the instant of the correction.
    pub(crate) own: BTreeMap<u32, u32>,
    /// Payloads of the figures that a restore puts in force, dated now.
    pub(crate) given: BTreeSet<u32>,
    /// Whether the records in quarantine end too.
    pub(crate) empties: bool,
}

impl Lake {
    /// Makes a correction by hand, in a snapshot of its own: nothing if the dataset is so already. It
    /// takes the writer's lock. No run of a pipeline of the dataset may be under way: what it
    /// received before would be older than the correction.
    ///
    /// # Errors
    /// [`LakeError::Unknown`] for a dataset, series or snapshot that is not there or says nothing of
    /// the dataset, another writer, a damaged file, or a refusal of the store.
    pub fn correct(&self, how: &Correction) -> Result<Corrected, LakeError> {
        let _lock = self.lock_writer_within(how.lock_within)?;
        let name = (how.source.as_str(), how.dataset.as_str());
        let Some(head) = self.snapshot(At::Head)? else { return Err(unknown(how, &[])) };
        let datasets = head.datasets()?;
        if !datasets.iter().any(|(source, dataset)| name == (source, dataset)) {
            return Err(unknown(how, &datasets));
        }
        let now = head.recorded_through(name.0, name.1)?;
        let at = now.map_or(how.at, |through| {
            let after = DateTime::from_timestamp_micros(through.saturating_add(1));
            after.map_or(how.at, |after| after.max(how.at))
        });
        let mut collector = self.collector(name.0, name.1);
        let raw = RawId::of(b"");
        collector.begin_payload(&raw, at, None);
        let kind = match &how.what {
            Corrects::Restore(_) => ChangeKind::Restore,
            Corrects::Retire(_) => ChangeKind::Retire,
        };
        let doc = CorrectionDoc {
            kind,
            at: at.timestamp_micros(),
            because: how.because.clone(),
            since: None,
            bodies: BTreeSet::new(),
        };
        let empties = how.what == Corrects::Retire(None);
        let mut ours = Ours { doc, own: BTreeMap::new(), given: BTreeSet::new(), empties };
        let then = match &how.what {
            Corrects::Restore(id) => Some(self.before(*id, &head, how)?),
            Corrects::Retire(_) => None,
        };
        let series = self.in_force_now(&head, &mut collector, &mut ours)?;
        match (&how.what, &then) {
            (Corrects::Retire(Some(code)), _) => {
                if !series.contains(code) && !self.was_retired(&head, how, code)? {
                    return Err(unknown_series(how, code, &series));
                }
                collector.complete_all(code);
            }
            _ => series.iter().for_each(|code| collector.complete_all(code)),
        }
        if let Some(then) = then {
            ours.doc.since = instant_of(&then, name)?;
            self.take_over(&then, &mut collector, &mut ours)?;
        }
        collector.come_from(Origin { kind, at: Some(how.at), ..Origin::default() });
        collector.because = Some(how.because.clone());
        collector.ours = Some(ours);
        let done = self.commit(collector, &Gates::OPEN)?;
        Ok(Corrected {
            source: how.source.clone(),
            dataset: how.dataset.clone(),
            snapshot: done.snapshot,
            again: done.new,
            changed: done.changed,
            ended: done.withdrawn,
        })
    }

    /// Stretches of time of which what was received for a dataset was taken back by hand: after the
    /// first instant, before the second.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn taken_back_of(&self, source: &str, dataset: &str) -> Result<Vec<Stretch>, LakeError> {
        let Some(head) = self.snapshot(At::Head)? else { return Ok(Vec::new()) };
        let document = head.dataset(source, dataset)?.unwrap_or_default();
        let instant = DateTime::<Utc>::from_timestamp_micros;
        let stretch = |it: &CorrectionDoc| instant(it.since?).zip(instant(it.at));
        Ok(standing(&document.corrections).into_iter().filter_map(stretch).collect())
    }

    /// When a dataset was last corrected by hand, and why.
    ///
    /// # Errors
    /// A document that is damaged or cannot be read.
    pub fn last_correction(
        &self,
        (source, dataset): (&str, &str),
    ) -> Result<Option<(DateTime<Utc>, String)>, LakeError> {
        let Some(head) = self.snapshot(At::Head)? else { return Ok(None) };
        let document = head.dataset(source, dataset)?.unwrap_or_default();
        let last = document.corrections.last();
        Ok(last.and_then(|it| Some((DateTime::from_timestamp_micros(it.at)?, it.because.clone()))))
    }

    /// Whether a dataset was corrected by hand after that snapshot.
    ///
    /// # Errors
    /// A snapshot or document that is damaged or cannot be read.
    pub fn corrected_since(
        &self,
        (source, dataset): (&str, &str),
        snapshot: u64,
    ) -> Result<bool, LakeError> {
        // Corrections are added and never go.
        let known = |at: &Snapshot| {
            Ok::<_, LakeError>(at.dataset(source, dataset)?.map_or(0, |it| it.corrections.len()))
        };
        let Some(head) = self.snapshot(At::Head)? else { return Ok(false) };
        let now = known(&head)?;
        if now == 0 || snapshot >= head.id {
            return Ok(false);
        }
        let then = self.snapshot(At::Id(snapshot))?;
        Ok(then.as_ref().map(known).transpose()?.is_none_or(|then| then < now))
    }

    /// The snapshot that is gone back to: one of before, in which the dataset has figures.
    fn before(&self, id: u64, head: &Snapshot, how: &Correction) -> Result<Snapshot, LakeError> {
        if id == 0 || id > head.id {
            return Err(LakeError::NoSnapshot { id, path: self.snapshots().folder() });
        }
        let Some(view) = self.view(At::Id(id), None)? else { return Err(unknown(how, &[])) };
        let then = view.snapshot().clone();
        if then.format == 1 {
            return Err(LakeError::OldSnapshot { id });
        }
        if then.files_of(OBSERVATIONS_LATEST, &how.source, &how.dataset)?.is_empty() {
            return Err(LakeError::Unknown {
                what: format!("{}/{} had no figure in snapshot {id}", how.source, how.dataset),
                right: "`wsis lake retire` ends what it has now; a snapshot in which it had some \
                        would be right"
                    .to_owned(),
            });
        }
        Ok(then)
    }

    /// The series in force; the payloads of a correction are noted beside theirs.
    fn in_force_now(
        &self,
        head: &Snapshot,
        collector: &mut Collector,
        ours: &mut Ours,
    ) -> Result<BTreeSet<String>, LakeError> {
        let mut series = BTreeSet::new();
        let at = ours.doc.at;
        let files = head.files_of(OBSERVATIONS_LATEST, &collector.source, &collector.dataset)?;
        let mut batches = self.read_files(files);
        while let Some(batch) = batches.next() {
            let path = batches.current_path();
            intern(&batch?, &path, &mut collector.dict, |dict, row| {
                if !ours.own.contains_key(&row.payload)
                    && let Some(known) = dict.payloads.get(row.payload as usize).cloned()
                {
                    let own = dict.payload(&Payload { recorded_at: at, ..known });
                    ours.own.insert(row.payload, own);
                }
                let code = dict.series.get(row.series);
                if !series.contains(code) {
                    series.insert(code.to_owned());
                }
                Ok(())
            })?;
        }
        Ok(series)
    }

    /// Whether a series was in force once and was retired: a second time is no fault.
    fn was_retired(
        &self,
        head: &Snapshot,
        how: &Correction,
        code: &str,
    ) -> Result<bool, LakeError> {
        let document = head.dataset(&how.source, &how.dataset)?.unwrap_or_default();
        if !document.corrections.iter().any(|it| it.kind == ChangeKind::Retire) {
            return Ok(false);
        }
        let files = head.files_of(crate::snapshot::OBSERVATIONS, &how.source, &how.dataset)?;
        for batch in self.read_files(files) {
            let batch = batch?;
            let column = wsis_model::observation::column::SERIES_CODE;
            let codes =
                crate::batch::typed::<arrow::array::StringArray>(&batch, column, self.root())?;
            if codes.iter().flatten().any(|it| it == code) {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Hands over what was in force then, dated now: each row keeps the body that it came from.
    fn take_over(
        &self,
        then: &Snapshot,
        collector: &mut Collector,
        ours: &mut Ours,
    ) -> Result<(), LakeError> {
        let files = then.files_of(OBSERVATIONS_LATEST, &collector.source, &collector.dataset)?;
        let mut batches = self.read_files(files);
        let at = collector.payloads.last().copied().unwrap_or_default();
        let at = collector.dict.payloads.get(at as usize).map_or(0, |it| it.recorded_at);
        while let Some(batch) = batches.next() {
            let (batch, path) = (batch?, batches.current_path());
            let mut rows = Vec::with_capacity(batch.num_rows());
            intern(&batch, &path, &mut collector.dict, |dict, row| {
                let known = dict.payloads.get(row.payload as usize).cloned();
                let payload = known.map_or(row.payload, |known| {
                    dict.payload(&Payload { recorded_at: at, ..known })
                });
                ours.given.insert(payload);
                rows.push(crate::row::Row { payload, ..row });
                Ok(())
            })?;
            for row in rows {
                collector.hand_over(row)?;
            }
        }
        Ok(())
    }
}

/// Up to when something had been received that a snapshot holds.
fn instant_of(then: &Snapshot, name: (&str, &str)) -> Result<Option<i64>, LakeError> {
    // A correction is dated after what the lake holds, also where the clock of who makes it lags.
    let committed = then.change.committed_at.map(|at| at.timestamp_micros());
    Ok(committed.max(then.recorded_through(name.0, name.1)?))
}

impl CorrectionDoc {
    /// Notes bodies whose figures were taken back.
    pub(crate) fn take_back<'a>(&mut self, bodies: impl Iterator<Item = &'a str>) {
        self.bodies.extend(bodies.take(BODIES_MAX).map(str::to_owned));
    }
}

fn unknown(how: &Correction, datasets: &[(String, String)]) -> LakeError {
    let names: Vec<String> = datasets.iter().map(|(s, d)| format!("{s}/{d}")).collect();
    LakeError::Unknown {
        what: format!("the lake has no dataset {}/{}", how.source, how.dataset),
        right: match names.len() {
            0 => "it has none yet".to_owned(),
            _ => format!("its datasets are: {}", names.join(", ")),
        },
    }
}

/// Series that a message names.
const NAMED: usize = 20;

fn unknown_series(how: &Correction, code: &str, series: &BTreeSet<String>) -> LakeError {
    let named: Vec<&str> = series.iter().take(NAMED).map(String::as_str).collect();
    let more = series.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    LakeError::Unknown {
        what: format!("no figure of series {code} of {}/{} is in force", how.source, how.dataset),
        right: format!("its series are: {}{more}", named.join(", ")),
    }
}

/// Whether bodies of a delivery were taken back by hand: a hold for everybody who has not looked.
pub(crate) fn taken_back(
    base: Option<&Snapshot>,
    collector: &Collector,
) -> Result<Option<String>, LakeError> {
    let has_looked = collector.origin.accepted || collector.ours.is_some();
    let Some(base) = base.filter(|_| !has_looked) else { return Ok(None) };
    let known = base.dataset(&collector.source, &collector.dataset)?.unwrap_or_default();
    let payload = |id: &u32| collector.dict.payloads.get(*id as usize).map(|it| it.id.as_str());
    let bodies: Vec<&str> = collector.payloads.iter().filter_map(payload).collect();
    Ok(held(&known.corrections, &bodies))
}

/// The corrections that stand, newest first: one that a later restore went back behind is taken back
/// itself.
fn standing(corrections: &[CorrectionDoc]) -> Vec<&CorrectionDoc> {
    let mut standing: Vec<&CorrectionDoc> = Vec::new();
    for it in corrections.iter().rev() {
        let is_back = |later: &&CorrectionDoc| {
            later.since.is_some_and(|since| since < it.at && it.at < later.at)
        };
        if !standing.iter().any(is_back) {
            standing.push(it);
        }
    }
    standing
}

fn held(corrections: &[CorrectionDoc], bodies: &[&str]) -> Option<String> {
    let found = standing(corrections).into_iter().find_map(|correction| {
        let held = bodies.iter().filter(|it| correction.bodies.contains(**it)).count();
        (held > 0).then_some((held, correction))
    })?;
    let (held, correction) = found;
    let at = DateTime::<Utc>::from_timestamp_micros(correction.at).unwrap_or_default();
    Some(format!(
        "{held} of its bodies were taken back by hand on {} ({:?}), and would change figures again",
        at.format("%-d %B %Y"),
        correction.because,
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_that_was_taken_back_is_told_with_the_reason() {
        let bodies = BTreeSet::from(["a".to_owned(), "b".to_owned()]);
        let doc = CorrectionDoc {
            kind: ChangeKind::Restore,
            at: 1_767_268_800_000_000,
            because: "wrong file".to_owned(),
            since: None,
            bodies,
        };
        let told = held(std::slice::from_ref(&doc), &["c", "b"]).unwrap();
        assert!(
            told.starts_with("1 of its bodies were taken back by hand on 1 January 2026"),
            "{told}"
        );
        assert!(told.contains("(\"wrong file\")"), "{told}");
        assert_eq!(held(&[doc], &["c"]), None);
    }
}
