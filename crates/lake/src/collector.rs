//! Takes the rows of a delivery from decoders, compactly.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use chrono::{DateTime, NaiveDate, Utc};
use wsis_model::count::RowCount;
use wsis_model::observation::{Observation, RowSink};
use wsis_model::payload::RawId;
use wsis_model::plausible::Plausibility;
use wsis_model::quarantine::{Reason, Rejected, Subject};

use crate::correction::Ours;
use crate::durable::Disk;
use crate::error::LakeError;
use crate::quarantine::Set;
use crate::records::{Kept, Records};
use crate::row::{Attr, Dict, Order, Payload, Row};
use crate::runs::RowHeap;
use crate::snapshot::ChangeKind;
use crate::unread::Unreads;

/// What was asked for in full and answered: what is absent of it is no longer given.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Asked {
    pub(crate) series: u32,
    pub(crate) years: (i32, i32),
    /// The youngest payload of the answer: the witness of what is absent.
    pub(crate) payload: u32,
}

/// A question, and for which years it was put: what its answers say replaces what its earlier
/// answers said of no more years.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Question {
    /// The same at each reading: pipeline and request.
    pub(crate) name: String,
    /// First and last year that was asked for.
    pub(crate) years: (i32, i32),
}

/// That a delivery has an answer to all that a pipeline asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Whole {
    /// Pipeline id: its questions are called `id/request`.
    pub pipeline: String,
    /// First and last year that it asks for.
    pub years: (i32, i32),
    /// No other pipeline delivers the dataset.
    pub is_alone: bool,
}

/// An answer: the witness of what is absent from it, where it tells all of something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Answer(u32);

/// Where a delivery comes from; it stays in the snapshot, so that the lake itself knows what was
/// landed.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Origin {
    /// Pipeline id.
    pub pipeline: Option<String>,
    /// Run id.
    pub run: Option<String>,
    /// What the delivery and its decoding depend on, in one number.
    pub digest: Option<String>,
    /// Why it is committed.
    pub kind: ChangeKind,
    /// Now, by the clock of who commits.
    pub at: Option<DateTime<Utc>>,
    /// Somebody has looked at it and takes it, also what was taken back by hand before.
    pub accepted: bool,
}

/// The rows of one delivery (run) of one dataset: 48 bytes a row, texts once each, sorted runs
/// on disk beyond three million rows.
pub struct Collector {
    pub(crate) source: String,
    pub(crate) dataset: String,
    pub(crate) dict: Dict,
    pub(crate) store: RowHeap,
    pub(crate) rejected: Set,
    /// Of which figures records could not be read.
    pub(crate) unread: Unreads,
    /// How many records set aside are kept, of a payload and of all.
    kept: Kept,
    pub(crate) parsed: u64,
    /// What became of the records of each of `payloads`: counted apart from `parsed`, the rows and
    /// the records set aside, to compare.
    pub(crate) accounts: Vec<RowCount>,
    /// Records accepted first, and set aside since they contradict each other.
    pub(crate) conflicting: u64,
    pub(crate) by_reason: BTreeMap<Reason, u64>,
    pub(crate) set: u32,
    /// Payload under way; also those before it, in order.
    pub(crate) payloads: Vec<u32>,
    /// By payload the place of its question in `questions`, where it has a name.
    pub(crate) answers: Vec<Option<usize>>,
    /// What was asked by name.
    pub(crate) questions: Vec<Question>,
    /// What pipeline it is all of, where it is.
    pub(crate) whole: Option<Whole>,
    /// The question under way, where it has a name.
    question: Option<usize>,
    /// Accepted records without a value.
    pub(crate) missing: u64,
    /// What was asked for in full, and answered.
    pub(crate) asked: Vec<Asked>,
    /// What there was before the request under way.
    before: Before,
    /// Records by series, as far as they say of which figure they are.
    pub(crate) records: Records,
    /// Whether the figures can be true.
    pub(crate) plausibility: Arc<Plausibility>,
    /// The run that delivers, and the digest of its delivery.
    pub(crate) origin: Origin,
    /// A correction by hand, where it is none of a source.
    pub(crate) ours: Option<Ours>,
    /// Why it was made.
    pub(crate) because: Option<String>,
    pub(crate) failed: Option<LakeError>,
}

impl Collector {
    pub(crate) fn new(
        source: &str,
        dataset: &str,
        tmp: &Path,
        disk: &Disk,
        threads: usize,
    ) -> Self {
        let mut dict = Dict::default();
        let set = dict.set(source, dataset);
        Self {
            source: source.to_owned(),
            dataset: dataset.to_owned(),
            dict,
            store: RowHeap::new(tmp, disk, Order::Lake, threads),
            rejected: Set::default(),
            unread: Unreads::default(),
            kept: Kept::default(),
            parsed: 0,
            accounts: Vec::new(),
            conflicting: 0,
            by_reason: BTreeMap::new(),
            set,
            payloads: Vec::new(),
            answers: Vec::new(),
            questions: Vec::new(),
            whole: None,
            question: None,
            missing: 0,
            asked: Vec::new(),
            before: Before::default(),
            records: Records::default(),
            plausibility: Arc::default(),
            origin: Origin::default(),
            ours: None,
            because: None,
            failed: None,
        }
    }

    /// Spills beyond that many rows in memory instead of three million.
    pub fn set_memory_rows(&mut self, rows: usize) {
        self.store.set_limit(rows);
    }

    /// Keeps at most that many records set aside of a payload, and ten times as many of all
    /// payloads; the rest are counted.
    pub fn set_quarantine_max(&mut self, rows: u64) {
        self.kept.of_payload_max = rows;
    }

    /// Records that were set aside and counted, but not kept.
    pub const fn not_kept(&self) -> u64 {
        self.kept.not
    }

    /// Rows that follow come from this payload, retrieved at `recorded_at`; `released_at` is
    /// when it was released, as the provider says.
    pub fn begin_payload(
        &mut self,
        raw: &RawId,
        recorded_at: DateTime<Utc>,
        released_at: Option<NaiveDate>,
    ) {
        let payload = Payload {
            recorded_at: recorded_at.timestamp_micros(),
            id: raw.to_string(),
            released_at: released_at.map(days),
        };
        let id = self.dict.payload(&payload);
        self.accounts.truncate(self.payloads.len());
        self.accounts.push(RowCount::default());
        self.answers.truncate(self.payloads.len());
        self.answers.push(self.question);
        self.payloads.push(id);
        self.kept.of_payload = 0;
    }

    /// For each payload number the question that it answers; none of a body that answers several.
    pub(crate) fn pages(&self) -> Vec<Option<usize>> {
        let most = self.payloads.iter().max().map_or(0, |most| *most as usize + 1);
        let (mut pages, mut seen) = (vec![None; most], vec![false; most]);
        for (payload, question) in self.payloads.iter().zip(&self.answers) {
            let at = *payload as usize;
            if let (Some(page), Some(seen)) = (pages.get_mut(at), seen.get_mut(at)) {
                *page = if *seen { None } else { *question };
                *seen = true;
            }
        }
        pages
    }

    /// Payloads that follow answer another request, which is called the same at each reading.
    /// Records that were set aside of its earlier answers, and that these no longer hold, are no
    /// longer in quarantine.
    pub fn begin_request_of(&mut self, name: &str, years: (i32, i32)) {
        self.begin_request();
        self.question = Some(self.questions.len());
        self.questions.push(Question { name: name.to_owned(), years });
    }

    /// Payloads that follow belong to another request than those before.
    pub fn begin_request(&mut self) {
        self.question = None;
        self.store.mark();
        self.unread.mark();
        self.before = Before {
            payloads: self.payloads.len(),
            rejected: self.rejected.mark(),
            parsed: self.parsed,
            missing: self.missing,
            by_reason: self.by_reason.clone(),
            kept: self.kept,
            records: self.records.clone(),
        };
    }

    /// Takes back everything that the request under way handed over: of a document that breaks off
    /// nothing stays, whether it is in memory or on disk already (R26).
    pub fn take_back_request(&mut self) {
        self.store.take_back();
        self.unread.take_back();
        let before = self.before.clone();
        self.payloads.truncate(before.payloads);
        self.answers.truncate(before.payloads);
        self.rejected.take_back(before.rejected);
        self.parsed = before.parsed;
        self.missing = before.missing;
        self.by_reason = before.by_reason;
        self.kept = before.kept;
        self.records = before.records;
    }

    /// The answer to the request under way. Without a payload nothing was said, so nothing can be
    /// absent from it.
    pub fn answer(&self) -> Option<Answer> {
        let answers = self.payloads.get(self.before.payloads..).unwrap_or_default().iter().copied();
        answers.reduce(|a, b| younger(&self.dict, a, b)).map(Answer)
    }

    /// All of a series in these years was asked for by the request under way, and has been
    /// answered: what is absent is no longer given by the source. Of what is never said to be
    /// complete nothing is withdrawn.
    pub fn complete(&mut self, series: &str, years: (i32, i32)) {
        if let Some(answer) = self.answer() {
            self.complete_by(answer, series, years);
        }
    }

    /// As [`Collector::complete`], of a request of before that was not taken back: whether it tells
    /// all may hang on those that follow.
    pub fn complete_by(&mut self, Answer(payload): Answer, series: &str, years: (i32, i32)) {
        let series = self.dict.series(series);
        self.asked.push(Asked { series, years, payload });
    }

    /// All of a series was looked at, in all years: what is absent ends.
    pub(crate) fn complete_all(&mut self, series: &str) {
        if let Some(payload) = self.payloads.last().copied() {
            let series = self.dict.series(series);
            self.asked.push(Asked { series, years: (i32::MIN, i32::MAX), payload });
        }
    }

    /// Takes a row that was accepted before, as it is.
    pub(crate) fn hand_over(&mut self, row: Row) -> Result<(), LakeError> {
        self.parsed += 1;
        self.missing += u64::from(row.is_missing());
        self.count(|account| {
            account.parsed += 1;
            account.accepted += 1;
        });
        self.store.push(row, &self.dict)
    }

    /// Says that everything that a pipeline asks for was answered: what else it asked for before it
    /// asks for no more, and what was bad of that is no longer in quarantine.
    pub fn is_all_of(&mut self, whole: Whole) {
        self.whole = Some(whole);
    }

    /// Says by what its figures are judged, beside those before them.
    pub fn judge_by(&mut self, plausibility: Plausibility) {
        self.plausibility = Arc::new(plausibility);
    }

    /// Says where the delivery comes from.
    pub fn come_from(&mut self, origin: Origin) {
        self.origin = origin;
    }

    /// Amends when the payload under way was released, for decoders that know it only at the end.
    pub fn set_released_at(&mut self, released_at: NaiveDate) {
        if let Some(payload) =
            self.payloads.last().and_then(|&id| self.dict.payloads.get_mut(id as usize))
        {
            payload.released_at = Some(days(released_at));
        }
    }

    /// Records taken so far, accepted or rejected.
    pub fn parsed(&self) -> u64 {
        self.parsed
    }

    fn payload(&mut self) -> u32 {
        if self.payloads.is_empty() {
            // A decoder test may not care for payloads; the row still needs a lineage.
            self.begin_payload(&RawId::of(b""), DateTime::UNIX_EPOCH, None);
        }
        self.payloads.last().copied().unwrap_or(0)
    }

    /// The payload of a record that comes.
    fn begin_record(&mut self) -> u32 {
        self.parsed += 1;
        let payload = self.payload();
        self.count(|account| account.parsed += 1);
        payload
    }

    /// Counts in the account of the payload under way.
    fn count(&mut self, one: impl FnOnce(&mut RowCount)) {
        if let Some(account) = self.accounts.last_mut() {
            one(account);
        }
    }

    /// Sets a row aside that was accepted: it contradicts others of its key, or is not believed.
    pub(crate) fn set_aside_conflict(&mut self, row: &Row, rejected: &Rejected) {
        self.conflicting += 1;
        self.set_aside(rejected.reason, row.payload, rejected);
    }

    /// Counts rows that were accepted, contradict others of their key or are not believed, and are not
    /// kept aside; `missing` of all that are set aside have no value.
    pub(crate) fn count_conflicts(&mut self, reason: Reason, not_kept: u64, missing: u64) {
        self.missing = self.missing.saturating_sub(missing);
        self.conflicting += not_kept;
        self.kept.not += not_kept;
        if not_kept > 0 {
            *self.by_reason.entry(reason).or_default() += not_kept;
        }
    }

    /// How many records can still be kept aside.
    pub(crate) fn room(&self) -> usize {
        usize::try_from(self.kept.room()).unwrap_or(usize::MAX)
    }

    /// The question that a payload answers: of one that answers several the last.
    fn question_of(&self, payload: u32) -> Option<usize> {
        let place = self.payloads.iter().rposition(|it| *it == payload)?;
        self.answers.get(place).copied().flatten()
    }

    fn set_aside(&mut self, reason: Reason, payload: u32, rejected: &Rejected) {
        *self.by_reason.entry(reason).or_default() += 1;
        let subject = rejected.subject.as_ref();
        let stranger = subject.and_then(|it| self.unread.note(&mut self.dict, payload, it));
        let of = subject.filter(|_| stranger.is_none()).and_then(|it| it.series.as_deref());
        let of = of.map(|series| self.dict.series(series));
        if let Some(series) = of {
            self.records.of(series).unread += 1;
        }
        if self.kept.one_more() {
            let question = self.question_of(payload);
            self.rejected.push((reason, stranger, of), (payload, question), rejected);
        }
    }
}

/// The counts before a request.
#[derive(Debug, Clone, Default)]
struct Before {
    /// Where the payloads of the request begin in `payloads`.
    payloads: usize,
    rejected: usize,
    parsed: u64,
    missing: u64,
    by_reason: BTreeMap<Reason, u64>,
    kept: Kept,
    records: Records,
}

/// The younger of two payloads; of equally old ones that with the greater hash, so that the
/// order of arrival does not matter.
pub(crate) fn younger(dict: &Dict, a: u32, b: u32) -> u32 {
    let of = |id: u32| dict.payloads.get(id as usize);
    if of(b) > of(a) { b } else { a }
}

/// Which figure an observation is.
fn subject(o: &Observation<'_>) -> Subject {
    let breakdown = [o.sex, o.age, o.location, o.dimensions];
    Subject {
        series: Some(o.series_code.to_owned()),
        area: Some(o.ref_area.to_owned()),
        period: Some(o.period),
        breakdown: Some(breakdown.map(str::to_owned)),
        refused: None,
    }
}

pub(crate) fn days(date: NaiveDate) -> i32 {
    // Days since 1970 of any date that chrono can hold fit an i32.
    i32::try_from(date.signed_duration_since(NaiveDate::default()).num_days()).unwrap_or(0)
}

impl RowSink for Collector {
    fn accept(&mut self, o: &Observation<'_>) {
        let payload = self.begin_record();
        if self.failed.is_some() {
            return;
        }
        if o.value.is_some_and(|value| !value.is_finite()) {
            // Decoders refuse these already; a table with NaN would be pruned wrongly (Q5).
            let rejected = Rejected {
                reason: Reason::NotANumber,
                detail: "value is not finite; a number or null would be right".to_owned(),
                payload_row: o.payload_row,
                record: format!("{o:?}").chars().take(500).collect(),
                place: None,
                subject: Some(subject(o)),
            };
            self.set_aside(Reason::NotANumber, payload, &rejected);
            self.count(|account| account.quarantined += 1);
            return;
        }
        let dict = &mut self.dict;
        let row = Row {
            set: self.set,
            series: dict.series(o.series_code),
            area: dict.area(o.ref_area),
            cut: dict.cut([o.sex, o.age, o.location, o.dimensions]),
            period: o.period,
            attr: dict.attr(&Attr {
                unit: o.unit,
                status: o.obs_status.code(),
                flag: o.source_flag,
                footnote: o.footnote,
                withdrawn: false,
            }),
            text: dict.intern_optional(o.value_text),
            payload,
            // Adding 0 turns -0 into 0: equal numbers are equal bits.
            value: o.value.map_or(f64::NAN, |value| value + 0.0),
            payload_row: o.payload_row,
        };
        self.missing += u64::from(row.is_missing());
        self.records.of(row.series).accepted += 1;
        self.failed = self.store.push(row, &self.dict).err();
        self.count(|account| account.accepted += 1);
    }

    fn reject(&mut self, rejected: Rejected) {
        let payload = self.begin_record();
        self.set_aside(rejected.reason, payload, &rejected);
        self.count(|account| account.quarantined += 1);
    }
}
