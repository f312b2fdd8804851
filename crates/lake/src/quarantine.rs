//! Records set aside, and which of them the lake does not hold yet.

use std::collections::HashMap;
use std::sync::Arc;

use arrow::array::{
    Int64Array, RecordBatch, StringArray, TimestampMicrosecondArray, new_null_array,
};
use arrow::error::ArrowError;
use wsis_model::quarantine::{Reason, Rejected, quarantine_schema};

use crate::batch::typed;
use crate::error::LakeError;
use crate::intern::Interner;
use crate::lake::Batches;
use crate::preview::SetAside;
use crate::row::{Dict, Payload};

/// Columns that quarantine files are sorted by.
pub(crate) const SORT: [&str; 6] =
    ["source", "dataset", "recorded_at", "payload", "payload_row", "reason"];

#[derive(Debug, Clone, Copy)]
pub(crate) struct Entry {
    reason: Reason,
    payload: u32,
    payload_row: i64,
    detail: u32,
    record: u32,
    place: Option<u32>,
}

/// Records set aside during a delivery; equal texts are held once.
#[derive(Debug, Default)]
pub(crate) struct Set {
    entries: Vec<Entry>,
    texts: Interner,
}

impl Set {
    pub(crate) fn push(&mut self, reason: Reason, payload: u32, rejected: &Rejected) {
        let entry = Entry {
            reason,
            payload,
            payload_row: rejected.payload_row,
            detail: self.texts.intern(&rejected.detail),
            record: self.texts.intern(&rejected.record),
            place: rejected.place.as_deref().map(|place| self.texts.intern(place)),
        };
        self.entries.push(entry);
    }

    /// Records that follow can be taken back to here.
    pub(crate) const fn mark(&self) -> usize {
        self.entries.len()
    }

    /// Takes back every record since a mark.
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

    pub(crate) fn take_back(&mut self, mark: usize) {
        self.entries.truncate(mark);
    }

    pub(crate) fn len(&self) -> u64 {
        self.entries.len() as u64
    }

    /// The records that `stored` does not hold, sorted. A record is the same if reason, detail
    /// and text are: the same bad record in the next delivery is no news. Equal records within
    /// a delivery count: two of them are stored as two.
    pub(crate) fn fresh(&mut self, stored: Batches, dict: &Dict) -> Result<Vec<Entry>, LakeError> {
        let mut known = self.count(stored)?;
        let payload =
            |entry: &Entry| -> Option<&Payload> { dict.payloads.get(entry.payload as usize) };
        let texts = &self.texts;
        self.entries.sort_by(|a, b| {
            (payload(a), a.payload_row, a.reason)
                .cmp(&(payload(b), b.payload_row, b.reason))
                .then_with(|| texts.get(a.detail).cmp(texts.get(b.detail)))
                .then_with(|| texts.get(a.record).cmp(texts.get(b.record)))
        });
        let mut fresh = Vec::new();
        for entry in &self.entries {
            let key = (entry.reason.code().to_owned(), entry.detail, entry.record);
            match known.get_mut(&key) {
                Some(left) if *left > 0 => *left -= 1,
                _ => fresh.push(*entry),
            }
        }
        Ok(fresh)
    }

    fn count(
        &mut self,
        mut stored: Batches,
    ) -> Result<HashMap<(String, u32, u32), u64>, LakeError> {
        let mut known = HashMap::new();
        while let Some(batch) = stored.next() {
            let batch = batch?;
            let path = stored.current_path();
            let reason = typed::<StringArray>(&batch, "reason", &path)?;
            let detail = typed::<StringArray>(&batch, "detail", &path)?;
            let record = typed::<StringArray>(&batch, "record", &path)?;
            for at in 0..batch.num_rows() {
                let key = (
                    reason.value(at).to_owned(),
                    self.texts.intern(detail.value(at)),
                    self.texts.intern(record.value(at)),
                );
                *known.entry(key).or_insert(0_u64) += 1;
            }
        }
        Ok(known)
    }

    /// Entries as a batch of the quarantine schema.
    pub(crate) fn batch(
        &self,
        entries: &[Entry],
        dict: &Dict,
        source: &str,
        dataset: &str,
    ) -> Result<RecordBatch, ArrowError> {
        let text = |get: &dyn Fn(&Entry) -> String| {
            Arc::new(entries.iter().map(|entry| Some(get(entry))).collect::<StringArray>())
        };
        let payload = |entry: &Entry| dict.payloads.get(entry.payload as usize);
        RecordBatch::try_new(
            quarantine_schema(),
            vec![
                text(&|_| source.to_owned()),
                text(&|_| dataset.to_owned()),
                text(&|entry| entry.reason.code().to_owned()),
                text(&|entry| self.texts.get(entry.detail).to_owned()),
                text(&|entry| self.texts.get(entry.record).to_owned()),
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
                        .map(|entry| entry.place.map(|place| self.texts.get(place)))
                        .collect::<StringArray>(),
                ),
            ],
        )
    }
}

/// Rows of any version in the columns of today: files of version 1 say no place.
pub(crate) fn of_today(batch: &RecordBatch) -> Result<RecordBatch, ArrowError> {
    let schema = quarantine_schema();
    let columns = schema.fields().iter().map(|field| {
        let absent = || new_null_array(field.data_type(), batch.num_rows());
        batch.column_by_name(field.name()).cloned().unwrap_or_else(absent)
    });
    // A column that may not be null and is not there is refused here.
    RecordBatch::try_new(Arc::clone(&schema), columns.collect())
}

#[cfg(test)]
mod tests {
    use arrow::array::Array as _;
    use wsis_model::quarantine::quarantine_schema;
    use wsis_model::quarantine::{Reason, Rejected};

    use super::{Set, of_today};
    use crate::row::Dict;

    #[test]
    fn trial_p150_rows_of_before_have_no_place() {
        let mut set = Set::default();
        let rejected = Rejected {
            reason: Reason::NotANumber,
            detail: "d".to_owned(),
            payload_row: 2,
            record: "r".to_owned(),
            place: Some("line 5".to_owned()),
        };
        set.push(rejected.reason, 0, &rejected);
        let today = set.batch(&set.entries, &Dict::default(), "file", "D").unwrap();
        assert_eq!(today.schema(), quarantine_schema());
        assert_eq!(of_today(&today).unwrap(), today);
        // Version 1 had all columns but the last.
        let before: Vec<usize> = (0..today.num_columns() - 1).collect();
        let read = of_today(&today.project(&before).unwrap()).unwrap();
        assert_eq!(read.schema(), quarantine_schema());
        assert_eq!(read.column(read.num_columns() - 1).null_count(), 1);
        assert_eq!(read.project(&before).unwrap(), today.project(&before).unwrap());
        // One that lacks anything else is damaged.
        assert!(of_today(&today.project(&before[1..]).unwrap()).is_err());
    }
}
