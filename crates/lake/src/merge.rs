//! What a delivery changes: the merge of its rows with those in force, both in key order.

use std::collections::HashMap;

use crate::error::LakeError;
use crate::row::{Dict, Key, Ranks, Row};
use crate::runs::{Sorted, Store};

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
    Withdrawn(Row),
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
    /// For each series number whether all of it was delivered.
    pub(crate) complete: Vec<bool>,
    /// First and last of the years that were delivered; none for all.
    pub(crate) years: Option<(i32, i32)>,
    /// Newest instant of the delivery's payloads, µs.
    pub(crate) recorded_at: i64,
    /// Withdrawals that are younger than parts of this delivery (replay of an old payload).
    pub(crate) withdrawn: &'a HashMap<Identity, i64>,
}

/// series, area, cut, year: the key within a dataset.
pub(crate) type Identity = (u32, u32, u32, i32);

pub(crate) const fn identity(row: &Row) -> Identity {
    (row.series, row.area, row.cut, row.year)
}

impl Delivery<'_> {
    fn recorded(&self, row: &Row) -> i64 {
        self.dict.payloads.get(row.payload as usize).map_or(i64::MIN, |p| p.recorded_at)
    }

    /// Visits every key of either side once, in key order.
    pub(crate) fn merge(
        &self,
        incoming: &Store,
        current: &Store,
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

    fn absent<'a>(&self, row: Row) -> Fate<'a> {
        let complete = self.complete.get(row.series as usize).copied().unwrap_or(false);
        let was_asked = self.years.is_none_or(|(first, last)| (first..=last).contains(&row.year));
        if complete && was_asked && self.recorded_at >= self.recorded(&row) {
            Fate::Withdrawn(row)
        } else {
            Fate::Kept(row)
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
fn next_group(rows: &mut Sorted<'_>, group: &mut Vec<Row>) -> Result<Option<Key>, LakeError> {
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
         dimensions={dimensions} year={} value={} unit={} obs_status={}",
        dict.series.get(row.series),
        dict.areas.get(row.area),
        row.year,
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
