//! The first pass over a delivery: counting what it would change, before anything is written.

use std::collections::{BTreeSet, HashMap};

use wsis_model::count::RowCount;
use wsis_model::pipeline::Gates;
use wsis_model::quarantine::{Reason, Rejected};

use crate::collector::Collector;
use crate::commit::Committed;
use crate::error::LakeError;
use crate::feed::Feed;
use crate::figures::{Figures, named};
use crate::merge::{Delivery, Fate, Identity, describe, value_text};
use crate::pool::Pool;
use crate::row::{Dict, Ranks, Row};
use crate::runs::RowHeap;

/// What the first pass finds out.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) new: u64,
    pub(crate) changed: u64,
    pub(crate) withdrawn: u64,
    pub(crate) unchanged: u64,
    pub(crate) stale: u64,
    pub(crate) duplicates: u64,
    /// Rows in force before.
    pub(crate) in_force: u64,
    /// Areas of which something would be withdrawn.
    pub(crate) leaving: BTreeSet<u32>,
    pub(crate) conflicts: Vec<Vec<Row>>,
    /// What becomes of the figures of each series.
    pub(crate) series: Figures,
}

impl Tally {
    pub(crate) fn any_news(&self) -> bool {
        self.new + self.changed + self.withdrawn > 0
    }

    fn count(&mut self, dict: &Dict, fate: &Fate<'_>) {
        self.series.count(dict, fate);
        match fate {
            Fate::New(_) => self.new += 1,
            Fate::Changed { .. } => self.changed += 1,
            Fate::Unchanged(_) => self.unchanged += 1,
            Fate::Withdrawn { row, .. } => {
                self.withdrawn += 1;
                self.leaving.insert(row.area);
            }
            Fate::Stale => self.stale += 1,
            Fate::Duplicates(more) => self.duplicates += more,
            Fate::Conflict(rows) => self.conflicts.push(rows.to_vec()),
            Fate::Kept(_) => {}
        }
    }
}

/// A commit ready to be written.
pub(crate) struct Plan<'a> {
    pub(crate) collector: &'a Collector,
    pub(crate) current: &'a RowHeap,
    pub(crate) delivery: Delivery<'a>,
    pub(crate) tally: Tally,
    /// Attribute number of the withdrawal of a row with that attribute number.
    pub(crate) withdrawn_attrs: HashMap<u32, u32>,
}

impl<'a> Plan<'a> {
    /// Sends a row to the tables where it belongs. With `one_table` all rows in force are news,
    /// and only that table is fed.
    pub(crate) fn route<'e>(
        &self,
        fate: &Fate<'_>,
        one_table: bool,
        news: &mut Feed<'e>,
        latest: &mut Feed<'e>,
        pool: &mut Pool<'e>,
    ) -> Result<(), LakeError>
    where
        'a: 'e,
    {
        let dict = self.delivery.dict;
        match fate {
            Fate::New(row) | Fate::Changed { after: row, .. } => {
                news.push(*row, dict, pool)?;
                if one_table { Ok(()) } else { latest.push(*row, dict, pool) }
            }
            Fate::Unchanged(row) | Fate::Kept(row) => latest.push(*row, dict, pool),
            Fate::Withdrawn { row, witness } => {
                news.push(self.withdrawal(row, *witness), dict, pool)
            }
            Fate::Stale | Fate::Conflict(_) | Fate::Duplicates(_) => Ok(()),
        }
    }

    /// The statement that an observation is no longer given, on the word of the payload that
    /// answers for it. It has no record in the payload: row 0.
    fn withdrawal(&self, row: &Row, witness: u32) -> Row {
        Row {
            attr: self.withdrawn_attrs.get(&row.attr).copied().unwrap_or(row.attr),
            text: 0,
            payload: witness,
            value: f64::NAN,
            payload_row: 0,
            ..*row
        }
    }
}

/// What the merge has to know of a delivery.
pub(crate) fn delivery<'a>(
    collector: &'a Collector,
    ranks: &'a Ranks,
    withdrawn: &'a HashMap<Identity, i64>,
) -> Delivery<'a> {
    let dict = &collector.dict;
    let mut asked = vec![Vec::new(); dict.series.len()];
    for one in &collector.asked {
        if let Some(known) = asked.get_mut(one.series as usize) {
            known.push(*one);
        }
    }
    Delivery { dict, ranks, asked, withdrawn }
}

/// Counts what the delivery would change.
pub(crate) fn survey(
    collector: &Collector,
    current: &RowHeap,
    delivery: &Delivery<'_>,
) -> Result<Tally, LakeError> {
    let mut tally = Tally { in_force: current.len(), ..Tally::default() };
    delivery.merge(&collector.store, current, &mut |fate| {
        tally.count(delivery.dict, &fate);
        Ok(())
    })?;
    tally.series.end();
    Ok(tally)
}

/// Sets every record of a contradictory key aside: none of them can be told to be right.
pub(crate) fn quarantine_conflicts(collector: &mut Collector, tally: &Tally) {
    for group in &tally.conflicts {
        let values: BTreeSet<String> = group.iter().map(value_text).collect();
        let values: Vec<String> = values.into_iter().collect();
        let mut detail = format!(
            "{} records of one key differ (values {}); one statement per key would be right",
            group.len(),
            values.join(", "),
        );
        if detail.len() > 500 {
            detail = detail.chars().take(500).collect();
        }
        for row in group {
            let rejected = Rejected {
                reason: Reason::Conflict,
                detail: detail.clone(),
                payload_row: row.payload_row,
                record: describe(&collector.dict, row),
            };
            collector.missing -= u64::from(row.is_missing());
            collector.set_aside(Reason::Conflict, row.payload, &rejected);
        }
    }
}

/// The account of the delivery.
pub(crate) fn outcome(collector: &Collector, tally: &Tally) -> Committed {
    let conflicting: u64 = tally.conflicts.iter().map(|group| group.len() as u64).sum();
    let count = RowCount {
        parsed: collector.parsed,
        accepted: collector.store.len() - conflicting,
        quarantined: collector.rejected.len() + collector.not_kept(),
        missing: collector.missing,
        duplicates: tally.duplicates,
    };
    debug_assert!(count.balances(), "every record is accepted or quarantined: {count:?}");
    Committed {
        snapshot: None,
        count,
        new: tally.new,
        changed: tally.changed,
        withdrawn: tally.withdrawn,
        unchanged: tally.unchanged + tally.stale,
        quarantined_by_reason: collector
            .by_reason
            .iter()
            .map(|(reason, count)| (reason.code().to_owned(), *count))
            .collect(),
        gate: None,
        lost: tally.series.lost(&collector.dict),
        kept: tally.series.kept(&collector.dict),
    }
}

/// Why the gates hold a commit, if they do.
pub(crate) fn held(
    collector: &Collector,
    tally: &Tally,
    outcome: &Committed,
    gates: &Gates,
) -> Option<String> {
    let count = &outcome.count;
    if count.accepted < gates.rows_min {
        return Some(format!(
            "{} rows accepted, at least {} expected (rows_min)",
            count.accepted, gates.rows_min
        ));
    }
    over(
        "withdrawn",
        "observations in force",
        outcome.withdrawn,
        tally.in_force,
        gates.withdrawn_share_max,
    )
    .map(|why| format!("{why}: {}", named(&collector.dict, &tally.leaving)))
    .or_else(|| tally.series.held(&collector.dict, gates))
    .or_else(|| {
        let limit = gates.quarantined_share_max;
        over("quarantined", "rows", count.quarantined, count.parsed, limit)
    })
}

fn over(what: &str, of: &str, part: u64, whole: u64, limit: f64) -> Option<String> {
    let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    (share > limit).then(|| {
        format!(
            "{part} of {whole} {of} would be {what} ({:.1} %), at most {:.1} % allowed \
             ({what}_share_max)",
            share * 100.0,
            limit * 100.0,
        )
    })
}
