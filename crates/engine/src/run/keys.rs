//! Which records a page holds, to notice pages that overlap (H10).

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher as _};
use std::io::BufRead;

use wsis_model::observation::{Observation, RowSink};
use wsis_model::quarantine::Rejected;
use wsis_sources::{DecodeJob, RequestSpec, Source};

/// The records of all pages of a request, a hash of the key each. Two keys of one hash cost
/// another reading, never a record.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Keys {
    seen: BTreeSet<u64>,
    repeated: BTreeSet<u64>,
}

impl Keys {
    /// Adds a page.
    pub(crate) fn add(&mut self, page: PageKeys) {
        let (known, new): (BTreeSet<u64>, _) =
            page.0.into_iter().partition(|key| self.seen.contains(key));
        self.repeated.extend(known);
        self.seen.extend(new);
    }

    /// Records that stand on more than one page.
    pub(crate) fn repeated(&self) -> usize {
        self.repeated.len()
    }

    /// Records that one of two readings has and the other has not.
    pub(crate) fn differ(&self, other: &Self) -> usize {
        self.seen.symmetric_difference(&other.seen).count()
    }
}

/// The records of one page.
#[derive(Debug, Default)]
pub(crate) struct PageKeys(BTreeSet<u64>);

impl PageKeys {
    /// Reads a page. One that cannot be decoded has none; decoding it will say so.
    pub(crate) fn read(
        source: &dyn Source,
        job: &DecodeJob<'_>,
        spec: &RequestSpec,
        body: &mut dyn BufRead,
    ) -> Self {
        let mut keys = Self::default();
        match source.decode(job, spec, body, &mut keys) {
            Ok(_) => keys,
            Err(_) => Self::default(),
        }
    }

    fn add(&mut self, key: impl Hash) {
        let mut hash = DefaultHasher::new();
        key.hash(&mut hash);
        self.0.insert(hash.finish());
    }
}

impl RowSink for PageKeys {
    fn accept(&mut self, o: &Observation<'_>) {
        let place = (o.series_code, o.ref_area, o.period);
        self.add((place, o.sex, o.age, o.location, o.dimensions));
    }

    fn reject(&mut self, rejected: Rejected) {
        self.add((rejected.reason, rejected.record));
    }
}
