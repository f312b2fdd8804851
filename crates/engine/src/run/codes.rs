//! Which codes of dimensions the records of a request have, so that the next run can tell a new one.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use wsis_model::observation::Observation;
use wsis_model::quarantine::{Reason, Rejected};

/// Codes kept of one dimension: one with more is a register, in which new entries are what is expected.
const CODES_MAX: usize = 2_000;

/// Combinations of codes that are remembered, so that each is looked at once.
const SEEN_MAX: usize = 20_000;

/// Characters of a code that are kept.
const LENGTH_MAX: usize = 200;

/// In place of a dimension: of codes that no code list has.
pub(super) const UNLISTED: &str = "";

/// The codes of the records of one request.
#[derive(Debug, Default)]
pub(super) struct Codes {
    by_dimension: BTreeMap<String, BTreeSet<String>>,
    seen: HashSet<String>,
    last: String,
}

impl Codes {
    /// Takes note of the codes of an accepted record.
    pub(super) fn of(&mut self, observation: &Observation<'_>) {
        let Observation { sex, age, location, dimensions, .. } = observation;
        let parts: [&str; 4] = [sex, age, location, dimensions];
        if self.is_last(parts) {
            return;
        }
        self.last.clear();
        for part in parts {
            self.last.push_str(part);
            self.last.push('\n');
        }
        if self.seen.contains(&self.last) {
            return;
        }
        if self.seen.len() < SEEN_MAX {
            self.seen.insert(self.last.clone());
        }
        self.note("sex", sex);
        self.note("age", age);
        self.note("location", location);
        for (name, code) in dimensions.split(';').filter_map(|pair| pair.split_once('=')) {
            self.note(name, code);
        }
    }

    /// Takes note of a record that was set aside for a code that no list has: `sex "OTHER"`.
    pub(super) fn of_rejected(&mut self, rejected: &Rejected) {
        if rejected.reason == Reason::UnknownDimension {
            let found = rejected.detail.trim_end_matches(" is not in the code list");
            self.note(UNLISTED, found);
        }
    }

    /// What was found, by dimension. One that has too many codes is left out.
    pub(super) fn found(self) -> impl Iterator<Item = (String, BTreeSet<String>)> {
        self.by_dimension.into_iter().filter(|(_, codes)| codes.len() < CODES_MAX)
    }

    /// Whether the record before had the same: most do.
    fn is_last(&self, parts: [&str; 4]) -> bool {
        let mut rest = self.last.as_str();
        let is_next = |part: &str| {
            let after = rest.strip_prefix(part).and_then(|it| it.strip_prefix('\n'));
            rest = after.unwrap_or_default();
            after.is_some()
        };
        parts.into_iter().all(is_next)
    }

    fn note(&mut self, dimension: &str, code: &str) {
        if !self.by_dimension.contains_key(dimension) {
            self.by_dimension.insert(dimension.to_owned(), BTreeSet::new());
        }
        let Some(codes) = self.by_dimension.get_mut(dimension) else { return };
        if codes.len() < CODES_MAX && !codes.contains(code) {
            codes.insert(code.chars().take(LENGTH_MAX).collect());
        }
    }
}
