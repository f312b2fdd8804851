//! What the lake knows of a dataset before a delivery is merged into it.

use std::collections::HashMap;

use crate::batch::intern;
use crate::collector::Collector;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::row::{Dict, Order, Row};
use crate::runs::RowHeap;
use crate::segments::Segment;
use crate::snapshot::{OBSERVATIONS, OBSERVATIONS_LATEST, Snapshot};

/// What is known of a dataset.
pub(crate) struct Known {
    /// The statements in force.
    pub(crate) current: RowHeap,
    /// The files that they are in.
    pub(crate) files: Vec<Segment>,
    /// All statements ever made; loaded only for a delivery that is older than one of them.
    pub(crate) past: RowHeap,
    /// For each attribute number of theirs that of its withdrawal.
    pub(crate) withdrawn_attrs: HashMap<u32, u32>,
}

impl Known {
    fn note(&mut self, dict: &mut Dict, row: &Row) {
        self.withdrawn_attrs.entry(row.attr).or_insert_with(|| dict.withdrawn_attr(row.attr));
    }
}

impl Lake {
    /// Reads what is known of the dataset of a delivery.
    pub(crate) fn known(
        &self,
        base: Option<&Snapshot>,
        collector: &mut Collector,
    ) -> Result<Known, LakeError> {
        let heap = || RowHeap::new(&self.tmp(), self.disk(), Order::Lake, self.threads());
        let (current, past) = (heap(), heap());
        let mut known = Known { current, files: Vec::new(), past, withdrawn_attrs: HashMap::new() };
        if let Some(base) = base {
            self.load_current(base, collector, &mut known)?;
            if is_late(base, collector)? {
                self.load_past(base, collector, &mut known)?;
            }
        }
        known.current.seal(&collector.dict);
        known.past.seal(&collector.dict);
        Ok(known)
    }

    fn load_current(
        &self,
        base: &Snapshot,
        collector: &mut Collector,
        known: &mut Known,
    ) -> Result<(), LakeError> {
        let (source, dataset) = (&collector.source, &collector.dataset);
        for entry in base.files_of(OBSERVATIONS_LATEST, source, dataset)? {
            let mut range: Option<(Row, Row)> = None;
            let mut batches = self.read_files(vec![entry.clone()]);
            let mut last = None;
            while let Some(batch) = batches.next() {
                let path = batches.current_path();
                intern(&batch?, &path, &mut collector.dict, |dict, row| {
                    if last != Some(row.attr) {
                        known.note(dict, &row);
                        last = Some(row.attr);
                    }
                    range = Some((range.map_or(row, |(first, _)| first), row));
                    known.current.push(row, dict)
                })?;
            }
            if let Some((first, last)) = range {
                known.files.push(Segment { entry, first, last });
            }
        }
        Ok(())
    }

    fn load_past(
        &self,
        base: &Snapshot,
        collector: &mut Collector,
        known: &mut Known,
    ) -> Result<(), LakeError> {
        let files = base.files_of(OBSERVATIONS, &collector.source, &collector.dataset)?;
        let mut batches = self.read_files(files);
        while let Some(batch) = batches.next() {
            let path = batches.current_path();
            intern(&batch?, &path, &mut collector.dict, |dict, row| {
                known.note(dict, &row);
                known.past.push(row, dict)
            })?;
        }
        Ok(())
    }
}

/// Whether a part of the delivery was received when the dataset's newest statement was, or before:
/// a replay of old payloads.
fn is_late(base: &Snapshot, collector: &Collector) -> Result<bool, LakeError> {
    let recorded = |id: &u32| collector.dict.payloads.get(*id as usize).map(|p| p.recorded_at);
    let oldest = collector.payloads.iter().filter_map(recorded).min();
    let newest = base.recorded_through(&collector.source, &collector.dataset)?;
    Ok(oldest.zip(newest).is_some_and(|(oldest, newest)| oldest <= newest))
}
