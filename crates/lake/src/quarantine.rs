//! Records set aside: what the lake holds of them, and what a reading makes of that. A record is in
//! quarantine while the last reading of its question, or of its body, has it (docs/adr/0023).

use std::collections::{BTreeMap, HashMap};
use std::sync::{Arc, LazyLock};

use arrow::array::{
    Array, BooleanArray, Int32Array, Int64Array, RecordBatch, StringArray,
    TimestampMicrosecondArray, new_null_array,
};
use arrow::compute::filter_record_batch;
use arrow::datatypes::{DataType, Field, Schema, SchemaRef};
use arrow::error::ArrowError;
use wsis_model::quarantine::{Reason, Rejected, quarantine_schema};

use crate::batch::typed;
use crate::collector::Collector;
use crate::error::LakeError;
use crate::intern::Interner;
use crate::lake::Batches;
use crate::preview::SetAside;
use crate::row::{Dict, Payload};
use crate::unread::{Stranger, Strangers};

/// Columns that quarantine files are sorted by.
pub(crate) const SORT: [&str; 6] =
    ["source", "dataset", "recorded_at", "payload", "payload_row", "reason"];

/// The question that the body answers, and the years that it asks for.
const REQUEST: &str = "request";
const FIRST_YEAR: &str = "first_year";
const LAST_YEAR: &str = "last_year";
/// When a later reading no longer had the record; none while it is in quarantine.
pub(crate) const UNTIL: &str = "until";

static SCHEMA: LazyLock<SchemaRef> = LazyLock::new(|| {
    let public = quarantine_schema();
    let mut fields: Vec<Field> = public.fields().iter().map(|it| it.as_ref().clone()).collect();
    let utc = DataType::Timestamp(arrow::datatypes::TimeUnit::Microsecond, Some("UTC".into()));
    fields.push(Field::new(REQUEST, DataType::Utf8, true));
    fields.push(Field::new(FIRST_YEAR, DataType::Int32, true));
    fields.push(Field::new(LAST_YEAR, DataType::Int32, true));
    fields.push(Field::new(UNTIL, utc, true));
    Arc::new(Schema::new(fields))
});

/// The columns of a file: those of the published table, and what tells which reading of a record is
/// the last.
pub(crate) fn schema() -> SchemaRef {
    Arc::clone(&SCHEMA)
}

/// Rows in the columns of today; files of before have the first ones.
pub(crate) fn widened(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    fitted(batch, &SCHEMA)
}

/// Rows in the columns that are published.
pub(crate) fn published(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    fitted(batch, &quarantine_schema())
}

fn fitted(batch: &RecordBatch, schema: &SchemaRef) -> Result<RecordBatch, ArrowError> {
    let column = |field: &Arc<Field>| {
        let none = || new_null_array(field.data_type(), batch.num_rows());
        batch.column_by_name(field.name()).cloned().unwrap_or_else(none)
    };
    RecordBatch::try_new(Arc::clone(schema), schema.fields().iter().map(column).collect())
}

/// A record that was set aside.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    reason: Reason,
    payload: u32,
    question: Option<usize>,
    payload_row: i64,
    detail: u32,
    record: u32,
    place: Option<u32>,
    /// Where nobody knows of which area it is.
    stranger: Option<Stranger>,
    /// Where it is known of which figure it is, its series.
    of: Option<u32>,
}

impl Entry {
    fn said(&self) -> Said {
        (self.reason.code().to_owned(), self.detail, self.record)
    }
}

/// First and last year.
type Years = (i32, i32);

/// What makes records the same: reason, detail and text.
type Said = (String, u32, u32);

/// Records set aside during a delivery; equal texts are held once.
#[derive(Debug, Default)]
pub(crate) struct Set {
    entries: Vec<Entry>,
    texts: Interner,
}

/// What a delivery makes of the records that are in quarantine.
#[derive(Debug, Default)]
pub(crate) struct Aside {
    /// Records that are not there yet, sorted.
    pub(crate) fresh: Vec<Entry>,
    /// How many records of the delivery are there already.
    pub(crate) known: u64,
    /// Of the new ones those of which nobody knows of which area they are.
    pub(crate) strangers: Strangers,
    /// How many of the new ones say of which figure of a series they are, and what is wrong with the
    /// first.
    pub(crate) unread: BTreeMap<u32, (u64, String)>,
    /// What stays there; none where all stays.
    pub(crate) kept: Option<Vec<RecordBatch>>,
    /// What was there up to this delivery.
    pub(crate) ended: Vec<RecordBatch>,
}

impl Aside {
    /// Whether the table is another one afterwards.
    pub(crate) fn is_news(&self) -> bool {
        !self.fresh.is_empty() || self.kept.is_some()
    }
}

/// The readings of a delivery: until when what earlier ones had is known to hold.
struct Readings<'a> {
    collector: &'a Collector,
    /// By question when it was answered.
    answered: HashMap<usize, i64>,
    /// By body when, and for which years where that was said.
    bodies: HashMap<&'a str, (i64, Option<Years>)>,
}

impl<'a> Readings<'a> {
    fn of(collector: &'a Collector) -> Self {
        let (mut answered, mut bodies) = (HashMap::new(), HashMap::new());
        for (id, question) in collector.payloads.iter().zip(&collector.answers) {
            let Some(payload) = collector.dict.payloads.get(*id as usize) else { continue };
            let at = payload.recorded_at;
            let years = question.and_then(|it| collector.questions.get(it)).map(|it| it.years);
            bodies.insert(payload.id.as_str(), (at, years));
            if let Some(question) = question {
                let known = answered.entry(*question).or_insert(at);
                *known = at.max(*known);
            }
        }
        Self { collector, answered, bodies }
    }

    /// The place of a question of that name that was answered.
    fn question(&self, name: &str) -> Option<usize> {
        let places = self.answered.keys().copied();
        let is_it = |it: &usize| self.collector.questions.get(*it).is_some_and(|q| q.name == name);
        places.filter(is_it).min()
    }

    /// When a stored record was read again: its question was answered, or its body was read, for no
    /// fewer years.
    fn read_again(&self, stored: &Stored<'_>, at: usize, question: Option<usize>) -> Option<i64> {
        // Of years that the pipeline asks for no more those that it still asks for are all there is.
        let years = stored.years(at).map(|years| self.still_asked(years));
        let holds =
            |asked: (i32, i32)| years.is_none_or(|years| asked.0 <= years.0 && years.1 <= asked.1);
        let of_question = question.and_then(|question| {
            let asked = self.collector.questions.get(question)?.years;
            self.answered.get(&question).copied().filter(|_| holds(asked))
        });
        let of_body = || {
            let (read, asked) = self.bodies.get(stored.payload.value(at)).copied()?;
            Some(read).filter(|_| asked.is_none_or(holds))
        };
        of_question.or_else(of_body)
    }

    /// The part of some years that a pipeline which was answered in full still asks for; all of them
    /// where that is none: they are of a backfill.
    fn still_asked(&self, years: Years) -> Years {
        let Some(whole) = &self.collector.whole else { return years };
        let part = (years.0.max(whole.years.0), years.1.min(whole.years.1));
        if part.0 <= part.1 { part } else { years }
    }

    /// When it was known that nobody asks the question of a stored record any more: its pipeline was
    /// answered in full without it. A record of before that had no question is of any pipeline.
    fn no_longer_asked(&self, stored: &Stored<'_>, at: usize) -> Option<i64> {
        let whole = self.collector.whole.as_ref()?;
        let of_it = |name: &str| {
            name.strip_prefix(&whole.pipeline).is_some_and(|rest| rest.starts_with('/'))
        };
        let is_gone = match stored.request(at) {
            Some(name) => of_it(name) && self.question(name).is_none(),
            None => whole.is_alone,
        };
        self.answered.values().copied().max().filter(|_| is_gone)
    }
}

/// The columns of stored rows.
struct Stored<'b> {
    reason: &'b StringArray,
    detail: &'b StringArray,
    record: &'b StringArray,
    payload: &'b StringArray,
    recorded: &'b TimestampMicrosecondArray,
    request: &'b StringArray,
    first: &'b Int32Array,
    last: &'b Int32Array,
}

impl<'b> Stored<'b> {
    fn of(batch: &'b RecordBatch, path: &std::path::Path) -> Result<Self, LakeError> {
        Ok(Self {
            reason: typed(batch, "reason", path)?,
            detail: typed(batch, "detail", path)?,
            record: typed(batch, "record", path)?,
            payload: typed(batch, "payload", path)?,
            recorded: typed(batch, "recorded_at", path)?,
            request: typed(batch, REQUEST, path)?,
            first: typed(batch, FIRST_YEAR, path)?,
            last: typed(batch, LAST_YEAR, path)?,
        })
    }

    fn request(&self, at: usize) -> Option<&str> {
        self.request.is_valid(at).then(|| self.request.value(at))
    }

    fn years(&self, at: usize) -> Option<(i32, i32)> {
        let known = self.first.is_valid(at) && self.last.is_valid(at);
        known.then(|| (self.first.value(at), self.last.value(at)))
    }
}

/// Under which question a record is noted.
#[derive(Clone, Copy)]
struct Noted {
    question: Option<usize>,
}

/// How many records of a delivery say the same, by question.
#[derive(Default)]
struct Given(HashMap<Said, Vec<(Option<usize>, u64)>>);

impl Given {
    fn add(&mut self, said: Said, question: Option<usize>) {
        let by_question = self.0.entry(said).or_default();
        match by_question.iter_mut().find(|(it, _)| *it == question) {
            Some((_, count)) => *count += 1,
            None => by_question.push((question, 1)),
        }
    }

    /// Takes one of a question; of whatever question where `question` is none. Gives what it is noted
    /// under.
    fn take(&mut self, said: &Said, question: Option<usize>) -> Option<Noted> {
        let by_question = self.0.get_mut(said)?;
        let is_it = |it: Option<usize>| question.is_none() || it == question;
        let (of, count) = by_question.iter_mut().find(|(it, left)| is_it(*it) && *left > 0)?;
        *count -= 1;
        Some(Noted { question: *of })
    }
}

impl Set {
    pub(crate) fn push(
        &mut self,
        (reason, stranger, of): (Reason, Option<Stranger>, Option<u32>),
        (payload, question): (u32, Option<usize>),
        rejected: &Rejected,
    ) {
        let entry = Entry {
            reason,
            payload,
            question,
            payload_row: rejected.payload_row,
            detail: self.texts.intern(&rejected.detail),
            record: self.texts.intern(&rejected.record),
            place: rejected.place.as_deref().map(|place| self.texts.intern(place)),
            stranger,
            of,
        };
        self.entries.push(entry);
    }

    /// Records that follow can be taken back to here.
    pub(crate) const fn mark(&self) -> usize {
        self.entries.len()
    }

    /// The first of them in words.
    pub(crate) fn listed(&self, most: usize) -> Vec<SetAside> {
        let listed = self.entries.iter().take(most).map(|entry| SetAside {
            reason: entry.reason.code(),
            detail: self.texts.get(entry.detail).to_owned(),
            payload_row: entry.payload_row,
            record: self.texts.get(entry.record).to_owned(),
            payload_place: entry.place.map(|place| self.texts.get(place).to_owned()),
        });
        listed.collect()
    }

    /// Takes back every record since a mark.
    pub(crate) fn take_back(&mut self, mark: usize) {
        self.entries.truncate(mark);
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    fn sort(&mut self, dict: &Dict) {
        let payload =
            |entry: &Entry| -> Option<&Payload> { dict.payloads.get(entry.payload as usize) };
        let texts = &self.texts;
        self.entries.sort_by(|a, b| {
            (payload(a), a.payload_row, a.reason)
                .cmp(&(payload(b), b.payload_row, b.reason))
                .then_with(|| texts.get(a.detail).cmp(texts.get(b.detail)))
                .then_with(|| texts.get(a.record).cmp(texts.get(b.record)))
        });
    }
}

impl Collector {
    /// What this delivery makes of the records in quarantine. The same bad record of one question in
    /// the next delivery is no news; one that was read again and is not bad any more goes. Equal
    /// records of a delivery count: two of them are stored as two.
    pub(crate) fn aside(&mut self, mut stored: Batches) -> Result<Aside, LakeError> {
        let mut set = std::mem::take(&mut self.rejected);
        set.sort(&self.dict);
        let mut given = Given::default();
        for entry in &set.entries {
            given.add(entry.said(), entry.question);
        }
        let (mut aside, mut known) = (Aside::default(), Given::default());
        let (mut kept, mut is_whole) = (Vec::new(), true);
        let readings = Readings::of(self);
        while let Some(batch) = stored.next() {
            let path = stored.current_path();
            let batch = widened(&batch?).map_err(|e| LakeError::encoding(&path, &e))?;
            let rows = Stored::of(&batch, &path)?;
            let mut ends = Vec::with_capacity(batch.num_rows());
            for at in 0..batch.num_rows() {
                let said = (
                    rows.reason.value(at).to_owned(),
                    set.texts.intern(rows.detail.value(at)),
                    set.texts.intern(rows.record.value(at)),
                );
                let request = rows.request(at);
                let question = request.and_then(|name| readings.question(name));
                let may_be_again = request.is_none() || question.is_some();
                let again = may_be_again.then(|| given.take(&said, question)).flatten();
                if let Some(noted) = again {
                    known.add(said, noted.question);
                    aside.known += 1;
                }
                let read = self.ours.as_ref().filter(|it| it.empties).map(|it| it.doc.at);
                let read = read.or_else(|| readings.read_again(&rows, at, question));
                let read = read.or_else(|| readings.no_longer_asked(&rows, at));
                let recorded = rows.recorded.value(at);
                ends.push(read.filter(|read| again.is_none() && recorded <= *read));
            }
            is_whole &= ends.iter().all(Option::is_none);
            let failed = |e| LakeError::encoding(&path, &e);
            let stays: BooleanArray = ends.iter().map(|it| Some(it.is_none())).collect();
            kept.push(filter_record_batch(&batch, &stays).map_err(failed)?);
            aside.ended.extend(ended(&batch, &ends, rows.recorded).map_err(failed)?);
        }
        aside.kept = (!is_whole).then_some(kept);
        for entry in &set.entries {
            if known.take_exactly(&entry.said(), entry.question).is_none() {
                aside.fresh.push(*entry);
                if let Some(stranger) = entry.stranger {
                    aside.strangers.add(stranger);
                }
                if let Some(series) = entry.of {
                    let detail = || (0, set.texts.get(entry.detail).to_owned());
                    aside.unread.entry(series).or_insert_with(detail).0 += 1;
                }
            }
        }
        self.rejected = set;
        Ok(aside)
    }

    /// Records as a batch of the columns of a file.
    pub(crate) fn batch_aside(&self, entries: &[Entry]) -> Result<RecordBatch, ArrowError> {
        let text = |get: &dyn Fn(&Entry) -> String| {
            Arc::new(entries.iter().map(|entry| Some(get(entry))).collect::<StringArray>())
        };
        let payload = |entry: &Entry| self.dict.payloads.get(entry.payload as usize);
        let question = |entry: &Entry| entry.question.and_then(|it| self.questions.get(it));
        let names = entries.iter().map(|entry| question(entry).map(|it| it.name.as_str()));
        let year = |of: fn((i32, i32)) -> i32| {
            let years = entries.iter().map(|entry| question(entry).map(|it| of(it.years)));
            Arc::new(years.collect::<Int32Array>())
        };
        let texts = &self.rejected.texts;
        RecordBatch::try_new(
            schema(),
            vec![
                text(&|_| self.source.clone()),
                text(&|_| self.dataset.clone()),
                text(&|entry| entry.reason.code().to_owned()),
                text(&|entry| texts.get(entry.detail).to_owned()),
                text(&|entry| texts.get(entry.record).to_owned()),
                text(&|entry| payload(entry).map(|p| p.id.clone()).unwrap_or_default()),
                Arc::new(entries.iter().map(|e| Some(e.payload_row)).collect::<Int64Array>()),
                Arc::new(
                    entries
                        .iter()
                        .map(|e| Some(payload(e).map_or(0, |p| p.recorded_at)))
                        .collect::<TimestampMicrosecondArray>()
                        .with_timezone("UTC"),
                ),
                Arc::new(
                    entries
                        .iter()
                        .map(|entry| entry.place.map(|place| texts.get(place)))
                        .collect::<StringArray>(),
                ),
                Arc::new(names.collect::<StringArray>()),
                year(|years| years.0),
                year(|years| years.1),
                new_null_array(SCHEMA.field(SCHEMA.fields().len() - 1).data_type(), entries.len()),
            ],
        )
    }
}

impl Given {
    /// Takes one of that question, or of none.
    fn take_exactly(&mut self, said: &Said, question: Option<usize>) -> Option<()> {
        let by_question = self.0.get_mut(said)?;
        let (_, count) = by_question.iter_mut().find(|(it, left)| *it == question && *left > 0)?;
        *count -= 1;
        Some(())
    }
}

/// The rows that end, with when. What was recorded at that very instant was read otherwise: it never
/// held.
fn ended(
    batch: &RecordBatch,
    ends: &[Option<i64>],
    recorded: &TimestampMicrosecondArray,
) -> Result<Option<RecordBatch>, ArrowError> {
    let held = ends.iter().zip(recorded.values()).map(|(end, at)| end.filter(|end| end > at));
    let until: TimestampMicrosecondArray = held.collect();
    let goes: BooleanArray = until.iter().map(|it| Some(it.is_some())).collect();
    let mut columns = batch.columns().to_vec();
    if let Some(last) = columns.last_mut() {
        *last = Arc::new(until.with_timezone("UTC"));
    }
    let found = filter_record_batch(&RecordBatch::try_new(schema(), columns)?, &goes)?;
    Ok((found.num_rows() > 0).then_some(found))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_p150_rows_of_before_have_no_place() {
        let schema = schema();
        let columns = schema.fields().iter().map(|field| match field.data_type() {
            DataType::Utf8 => Arc::new(StringArray::from(vec!["x"])) as arrow::array::ArrayRef,
            DataType::Int64 => Arc::new(Int64Array::from(vec![2])),
            DataType::Int32 => Arc::new(Int32Array::from(vec![2020])),
            _ => Arc::new(TimestampMicrosecondArray::from(vec![1]).with_timezone("UTC")),
        });
        let today = RecordBatch::try_new(Arc::clone(&schema), columns.collect()).unwrap();
        assert_eq!(widened(&today).unwrap(), today);
        // Version 1 had the columns of the published table but its last.
        let public = quarantine_schema().fields().len();
        let before: Vec<usize> = (0..public - 1).collect();
        let read = widened(&today.project(&before).unwrap()).unwrap();
        assert_eq!(read.schema(), schema);
        assert!((public - 1..read.num_columns()).all(|at| read.column(at).null_count() == 1));
        assert_eq!(read.project(&before).unwrap(), today.project(&before).unwrap());
        let shown = published(&read).unwrap();
        assert_eq!((shown.schema(), shown.num_columns()), (quarantine_schema(), public));
        // One that lacks anything else is damaged.
        assert!(widened(&today.project(&before[1..]).unwrap()).is_err());
    }
}
