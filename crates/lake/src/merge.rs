//! What a delivery changes: the merge of its rows with those in force, both in key order.

use std::collections::HashMap;

use wsis_model::period::Period;

use crate::collector::{Asked, younger};
use crate::error::LakeError;
use crate::row::{Dict, Key, Ranks, Row};
use crate::runs::{RowHeap, Sorted};

/// What becomes of one key.
pub(crate) enum Fate<'a> {
    /// Not known before, or known and withdrawn.
    New(Row),
    /// Another statement than the one in force.
    Changed {
        /// The one in force.
        before: Row,
        /// The other one.
        after: Row,
    },
    /// Stated again as it is: the row in force stays.
    Unchanged(Row),
    /// In force and not spoken of by this delivery, or only by an older statement.
    Kept(Row),
    /// In force, and the delivery no longer gives it.
    Withdrawn {
        /// The one in force.
        row: Row,
        /// The payload that shows it.
        witness: u32,
    },
    /// A statement older than a later withdrawal: nothing to store.
    Stale,
    /// Unequal records of one key; the row in force stays (it comes as [`Fate::Kept`]).
    Conflict(&'a [Row]),
    /// Records equal to another one of the delivery.
    Duplicates(u64),
}

/// What the merge has to know of the delivery.
pub(crate) struct Delivery<'a> {
    pub(crate) dict: &'a Dict,
    pub(crate) ranks: &'a Ranks,
    /// For each series number what was asked of it in full, and answered.
    pub(crate) asked: Vec<Vec<Asked>>,
    /// Withdrawals that are younger than parts of this delivery (replay of an old payload).
    pub(crate) withdrawn: &'a HashMap<Identity, i64>,
}

/// series, area, cut, period: the key within a dataset.
pub(crate) type Identity = (u32, u32, u32, Period);

pub(crate) const fn identity(row: &Row) -> Identity {
    (row.series, row.area, row.cut, row.period)
}

impl Delivery<'_> {
    fn recorded(&self, row: &Row) -> i64 {
        self.recorded_at(row.payload)
    }

    fn recorded_at(&self, payload: u32) -> i64 {
        self.dict.payloads.get(payload as usize).map_or(i64::MIN, |p| p.recorded_at)
    }

    /// The youngest answer to a question that includes this key; none if it was not asked for.
    pub(crate) fn witness(&self, row: &Row) -> Option<u32> {
        let asked = self.asked.get(row.series as usize).map_or(&[][..], Vec::as_slice);
        asked
            .iter()
            .filter(|asked| (asked.years.0..=asked.years.1).contains(&row.period.year()))
            .map(|asked| asked.payload)
            .reduce(|a, b| younger(self.dict, a, b))
    }

    /// Visits every key of either side once, in key order.
    pub(crate) fn merge(
        &self,
        incoming: &RowHeap,
        current: &RowHeap,
        visit: &mut dyn FnMut(Fate<'_>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let mut incoming = incoming.sorted(self.ranks)?;
        let mut current = current.sorted(self.ranks)?;
        let mut old = current.next()?;
        let mut group = Vec::new();
        while let Some(key) = next_group(&mut incoming, &mut group)? {
            while let Some((before, row)) = old.filter(|(old, _)| *old < key) {
                debug_assert!(before < key, "both sides are sorted");
                visit(self.absent(row))?;
                old = current.next()?;
            }
            let in_force = match old {
                Some((same, row)) if same == key => {
                    old = current.next()?;
                    Some(row)
                }
                _ => None,
            };
            self.present(&group, in_force, visit)?;
        }
        while let Some((_, row)) = old {
            visit(self.absent(row))?;
            old = current.next()?;
        }
        Ok(())
    }

    /// What was not asked for is never withdrawn, nor what is younger than the answer.
    fn absent<'a>(&self, row: Row) -> Fate<'a> {
        match self.witness(&row) {
            Some(witness) if self.recorded_at(witness) >= self.recorded(&row) => {
                Fate::Withdrawn { row, witness }
            }
            _ => Fate::Kept(row),
        }
    }

    fn present(
        &self,
        group: &[Row],
        in_force: Option<Row>,
        visit: &mut dyn FnMut(Fate<'_>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let Some((&first, rest)) = group.split_first() else {
            return Ok(());
        };
        if rest.iter().any(|row| !row.same_statement(&first)) {
            visit(Fate::Conflict(group))?;
            return in_force.map_or(Ok(()), |row| visit(Fate::Kept(row)));
        }
        if !rest.is_empty() {
            visit(Fate::Duplicates(rest.len() as u64))?;
        }
        let row = if rest.is_empty() { first } else { self.chosen(group).unwrap_or(first) };
        visit(match in_force {
            Some(old) if old.same_statement(&row) => Fate::Unchanged(old),
            Some(old) if self.recorded(&row) < self.recorded(&old) => Fate::Kept(old),
            Some(old) => Fate::Changed { before: old, after: row },
            None if self.withdrawn_since(&row) => Fate::Stale,
            None => Fate::New(row),
        })
    }

    fn withdrawn_since(&self, row: &Row) -> bool {
        !self.withdrawn.is_empty()
            && self.withdrawn.get(&identity(row)).is_some_and(|&at| at > self.recorded(row))
    }

    /// Of equal records the one of the payload with the smallest hash: which of two files was
    /// received first is chance, and must not show in the lake.
    fn chosen(&self, group: &[Row]) -> Option<Row> {
        let place = |row: &&Row| {
            let payload = self.dict.payloads.get(row.payload as usize);
            let content = payload.map(|payload| (&payload.id, payload.recorded_at));
            (content, row.payload_row)
        };
        group.iter().min_by(|a, b| place(a).cmp(&place(b))).copied()
    }
}

/// Fills `group` with all rows of the next key.
pub(crate) fn next_group(
    rows: &mut Sorted<'_>,
    group: &mut Vec<Row>,
) -> Result<Option<Key>, LakeError> {
    group.clear();
    let Some((key, row)) = rows.next()? else {
        return Ok(None);
    };
    group.push(row);
    while rows.peek() == Some(key) {
        group.extend(rows.next()?.map(|(_, row)| row));
    }
    Ok(Some(key))
}

/// The text of a conflicting record, for quarantine.
pub(crate) fn describe(dict: &Dict, row: &Row) -> String {
    let [sex, age, location, dimensions] = dict.cuts.get(row.cut).map(|id| dict.texts.get(id));
    let [unit, status, flag, footnote, _] = dict.attrs.get(row.attr);
    let mut text = format!(
        "series_code={} ref_area={} sex={sex} age={age} location={location} \
         dimensions={dimensions} freq={} time_period={} value={} unit={} obs_status={}",
        dict.series.get(row.series),
        dict.areas.get(row.area),
        row.period.freq().code(),
        row.period,
        value_text(row),
        dict.texts.get(unit),
        dict.texts.get(status),
    );
    for (name, id) in [("value_text", row.text), ("source_flag", flag), ("footnote", footnote)] {
        if let Some(value) = dict.optional(id) {
            text.extend([" ", name, "=", value]);
        }
    }
    text.chars().take(500).collect()
}

/// The value as text, `null` for none.
pub(crate) fn value_text(row: &Row) -> String {
    if row.is_missing() { "null".to_owned() } else { row.value.to_string() }
}
