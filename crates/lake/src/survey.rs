//! The first pass over a delivery: counting what it would change, before anything is written.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::count::RowCount;
use wsis_model::pipeline::Gates;
use wsis_model::quarantine::{Reason, Rejected};

use crate::collector::Collector;
use crate::commit::Committed;
use crate::error::LakeError;
use crate::feed::Feed;
use crate::figures::{Figures, named};
use crate::group::Conflict;
use crate::known::Known;
use crate::merge::{Delivery, Fate, describe};
use crate::plausible::{Plausible, Verdict};
use crate::pool::Pool;
use crate::quarantine::Aside;
use crate::row::{Dict, Ranks, Row};
use crate::segments::{Cursor, Segments};

/// What the first pass finds out.
#[derive(Default)]
pub(crate) struct Tally {
    pub(crate) new: u64,
    pub(crate) changed: u64,
    pub(crate) withdrawn: u64,
    pub(crate) unchanged: u64,
    pub(crate) stale: u64,
    /// Statements of the past that were not known.
    pub(crate) late: u64,
    pub(crate) duplicates: u64,
    /// By series the keys that stand on two pages of one answer.
    pub(crate) overlaps: BTreeMap<u32, u64>,
    /// By series the figures that would no longer be given.
    pub(crate) taken: BTreeMap<u32, u64>,
    /// Rows in force before.
    pub(crate) in_force: u64,
    /// Areas of which something would be withdrawn.
    pub(crate) leaving: BTreeSet<u32>,
    /// Records that contradict others of their key.
    pub(crate) conflicting: u64,
    /// Records that are not believed.
    pub(crate) refused: u64,
    /// Those of both without a value.
    pub(crate) conflicting_missing: u64,
    /// Those of both that can be kept aside, key by key.
    pub(crate) conflicts: Vec<Conflict>,
    /// How many more can be.
    pub(crate) room: usize,
    /// What becomes of the figures of each series.
    pub(crate) series: Figures,
    /// Bodies of statements that are in force no longer, where that is known to be our doing.
    pub(crate) undone: BTreeSet<u32>,
    /// Whether it is.
    pub(crate) is_ours: bool,
    /// Whether the figures can be true.
    pub(crate) plausible: Plausible,
    /// By range of what is in force whether something changes in it.
    pub(crate) touched: Vec<bool>,
}

impl Tally {
    pub(crate) fn any_news(&self) -> bool {
        self.late > 0 || self.changes_latest()
    }

    /// Whether other statements are in force afterwards.
    pub(crate) fn changes_latest(&self) -> bool {
        self.new + self.changed + self.withdrawn > 0
    }

    /// Whether the files of a range are written anew.
    pub(crate) fn is_touched(&self, range: usize) -> bool {
        self.touched.get(range).copied().unwrap_or(true)
    }

    fn count(&mut self, dict: &Dict, fate: &Fate<'_>) {
        self.series.count(dict, fate);
        self.plausible.count(dict, fate);
        if self.is_ours {
            match fate {
                Fate::Changed { before, .. } => drop(self.undone.insert(before.payload)),
                Fate::Withdrawn { row, .. } => drop(self.undone.insert(row.payload)),
                _ => {}
            }
        }
        match fate {
            Fate::New(_) => self.new += 1,
            Fate::Changed { .. } => self.changed += 1,
            Fate::Unchanged(_) => self.unchanged += 1,
            Fate::Withdrawn { row, .. } => {
                self.withdrawn += 1;
                *self.taken.entry(row.series).or_default() += 1;
                self.leaving.insert(row.area);
            }
            Fate::Stale => self.stale += 1,
            Fate::Late(_) => self.late += 1,
            Fate::LateWithdrawal { row, .. } => {
                self.late += 1;
                *self.taken.entry(row.series).or_default() += 1;
            }
            Fate::Duplicates(more) => self.duplicates += more,
            Fate::Overlap(row) => *self.overlaps.entry(row.series).or_default() += 1,
            Fate::Conflict(group) => {
                self.conflicting += group.count;
                self.conflicting_missing += group.missing;
                if self.room > 0 {
                    self.keep_aside(Conflict::of(group, dict, self.room));
                }
            }
            Fate::Refused(group, why) => {
                self.refused += group.count;
                self.conflicting_missing += group.missing;
                if self.room > 0 {
                    let mut rows = group.sample(dict, self.room);
                    // Of a single record no sample is made.
                    if rows.is_empty() {
                        rows.push(group.chosen);
                    }
                    self.keep_aside(Conflict::with(Reason::Implausible, rows, why));
                }
            }
            Fate::Kept(_) | Fate::Unread(..) => {}
        }
    }
}

impl Tally {
    fn keep_aside(&mut self, conflict: Conflict) {
        self.room = self.room.saturating_sub(conflict.rows.len());
        self.conflicts.push(conflict);
    }
}

/// A commit ready to be written.
pub(crate) struct Plan<'a> {
    pub(crate) collector: &'a Collector,
    pub(crate) known: &'a Known,
    pub(crate) segments: Segments,
    pub(crate) delivery: Delivery<'a>,
    pub(crate) tally: Tally,
}

/// The tables that a commit feeds.
pub(crate) struct Feeds<'e> {
    pub(crate) news: Feed<'e>,
    pub(crate) latest: Feed<'e>,
    /// All rows in force are news: only that table is fed.
    pub(crate) one_table: bool,
    /// The range of what is in force that was fed last.
    pub(crate) range: Option<usize>,
    /// Rows of what is in force that were fed.
    pub(crate) rows: u64,
    /// With which range and row each run of ranges that are written begins.
    pub(crate) runs: Vec<(usize, u64)>,
}

impl<'a> Plan<'a> {
    /// Sends a row to the tables where it belongs.
    pub(crate) fn route<'e>(
        &self,
        fate: &Fate<'_>,
        feeds: &mut Feeds<'e>,
        cursor: &mut Cursor<'_>,
        pool: &mut Pool<'e>,
    ) -> Result<(), LakeError>
    where
        'a: 'e,
    {
        let dict = self.delivery.dict;
        match fate {
            Fate::New(row) | Fate::Changed { after: row, .. } => {
                feeds.news.push(*row, dict, pool)?;
                if feeds.one_table { Ok(()) } else { self.in_force(row, feeds, cursor, pool) }
            }
            Fate::Unchanged(row) | Fate::Kept(row) | Fate::Unread(row, _) => {
                self.in_force(row, feeds, cursor, pool)
            }
            Fate::Late(row) => feeds.news.push(*row, dict, pool),
            Fate::Withdrawn { row, witness } | Fate::LateWithdrawal { row, witness } => {
                feeds.news.push(self.withdrawal(row, *witness), dict, pool)
            }
            Fate::Stale
            | Fate::Conflict(_)
            | Fate::Refused(..)
            | Fate::Duplicates(_)
            | Fate::Overlap(_) => Ok(()),
        }
    }

    /// A row that is in force afterwards: written where something changes in its range. What lies
    /// between two ranges that are written is in files that stay, so no file goes across.
    fn in_force<'e>(
        &self,
        row: &Row,
        feeds: &mut Feeds<'e>,
        cursor: &mut Cursor<'_>,
        pool: &mut Pool<'e>,
    ) -> Result<(), LakeError>
    where
        'a: 'e,
    {
        let range = cursor.find(row);
        if !self.tally.is_touched(range) {
            return Ok(());
        }
        let dict = self.delivery.dict;
        let stays = |between: usize| !self.tally.is_touched(between);
        match feeds.range {
            Some(before) if (before..range).any(stays) => {
                feeds.latest.cut(dict, pool)?;
                feeds.runs.push((range, feeds.rows));
            }
            None => feeds.runs.push((range, 0)),
            Some(_) => {}
        }
        feeds.range = Some(range);
        feeds.rows += 1;
        feeds.latest.push(*row, dict, pool)
    }

    /// Of a correction the body that a row came from, at the instant of the correction.
    fn own(&self, row: &Row) -> Option<u32> {
        self.collector.ours.as_ref()?.own.get(&row.payload).copied()
    }

    /// The statement that an observation is no longer given, on the word of the payload that
    /// answers for it. It has no record in the payload: row 0.
    fn withdrawal(&self, row: &Row, witness: u32) -> Row {
        Row {
            attr: self.known.withdrawn_attrs.get(&row.attr).copied().unwrap_or(row.attr),
            text: 0,
            payload: self.own(row).unwrap_or(witness),
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
    verdict: Option<&'a Verdict>,
) -> Delivery<'a> {
    let dict = &collector.dict;
    let mut asked = vec![Vec::new(); dict.series.len()];
    let overlapped = |series: u32| verdict.is_some_and(|it| it.overlapped.contains(&series));
    for one in collector.asked.iter().filter(|one| !overlapped(one.series)) {
        if let Some(known) = asked.get_mut(one.series as usize) {
            known.push(*one);
        }
    }
    let (sample_max, unread) = (collector.room(), &collector.unread);
    let refused = verdict.map(|verdict| &verdict.refused);
    Delivery { dict, ranks, asked, sample_max, unread, refused, questions: collector.pages() }
}

/// Counts what the delivery would change.
pub(crate) fn survey(
    collector: &Collector,
    (known, segments): (&Known, &Segments),
    delivery: &Delivery<'_>,
) -> Result<Tally, LakeError> {
    let touched = vec![false; segments.len()];
    let (in_force, room) = (known.current.len(), delivery.sample_max);
    let is_ours = collector.ours.is_some();
    // What is refused was judged before.
    let rules = (!is_ours && delivery.refused.is_none()).then_some(&collector.plausibility);
    let plausible = rules.map(|rules| Plausible::by(rules, delivery.dict)).unwrap_or_default();
    let mut tally = Tally { in_force, room, is_ours, plausible, touched, ..Tally::default() };
    let mut cursor = segments.cursor(delivery.ranks);
    delivery.merge(&collector.store, known, &mut |fate| {
        tally.count(delivery.dict, &fate);
        if let Fate::New(row) | Fate::Changed { after: row, .. } | Fate::Withdrawn { row, .. } =
            &fate
            && let Some(touched) = tally.touched.get_mut(cursor.find(row))
        {
            *touched = true;
        }
        Ok(())
    })?;
    tally.series.end();
    Ok(tally)
}

/// Counts what the delivery would change, after its figures were judged beside those before them: what is
/// not believed is left out. They are judged once, however often a commit is tried: what was set aside
/// stays aside.
pub(crate) fn judged(
    collector: &Collector,
    what: (&Known, &Segments),
    ranks: &Ranks,
    before: Option<Verdict>,
) -> Result<(Tally, Verdict), LakeError> {
    let verdict = if let Some(verdict) = before {
        verdict
    } else {
        let mut tally = survey(collector, what, &delivery(collector, ranks, None))?;
        let mut verdict = tally.plausible.end(&collector.dict);
        overlapped(collector, &tally, &mut verdict);
        if verdict.refused.is_empty() && verdict.overlapped.is_empty() {
            return Ok((tally, verdict));
        }
        verdict
    };
    let tally = survey(collector, what, &delivery(collector, ranks, Some(&verdict)))?;
    Ok((tally, verdict))
}

/// Pages of one answer that have records in common were cut from a list that changed meanwhile, or
/// that has no order: as many others may stand on none of them, also where their number is that which the
/// source told. So what is not on them is not known to be gone.
fn overlapped(collector: &Collector, tally: &Tally, verdict: &mut Verdict) {
    for (series, records) in &tally.overlaps {
        let Some(taken) = tally.taken.get(series) else { continue };
        verdict.overlapped.insert(*series);
        let code = collector.dict.series.get(*series);
        verdict.told.push(format!(
            "{code}: pages of one answer have records in common ({records}), so that others may stand \
             on none of them; what they do not have is not withdrawn (figures: {taken})"
        ));
    }
}

/// Sets every record of a contradictory key aside: none of them can be told to be right. Beyond what
/// is kept of a payload they are counted.
pub(crate) fn quarantine_conflicts(collector: &mut Collector, tally: &Tally) {
    let (mut kept, mut kept_refused) = (0, 0);
    for Conflict { reason, rows, detail } in &tally.conflicts {
        for row in rows {
            let rejected = Rejected {
                reason: *reason,
                detail: detail.clone(),
                payload_row: row.payload_row,
                record: describe(&collector.dict, row),
                place: None,
                subject: None,
            };
            collector.set_aside_conflict(row, &rejected);
            *(if *reason == Reason::Conflict { &mut kept } else { &mut kept_refused }) += 1;
        }
    }
    let (missing, not_kept) = (tally.conflicting_missing, tally.conflicting.saturating_sub(kept));
    collector.count_conflicts(Reason::Conflict, not_kept, missing);
    collector.count_conflicts(Reason::Implausible, tally.refused.saturating_sub(kept_refused), 0);
}

/// The account of the delivery.
pub(crate) fn outcome(collector: &Collector, tally: &Tally) -> Committed {
    let count = RowCount {
        parsed: collector.parsed,
        accepted: collector.store.len() - tally.conflicting - tally.refused,
        quarantined: collector.rejected.len() + collector.not_kept(),
        missing: collector.missing,
        duplicates: tally.duplicates,
    };
    Committed {
        snapshot: None,
        count,
        new: tally.new,
        changed: tally.changed,
        withdrawn: tally.withdrawn,
        unchanged: tally.unchanged + tally.stale,
        late: tally.late,
        quarantined_by_reason: collector
            .by_reason
            .iter()
            .map(|(reason, count)| (reason.code().to_owned(), *count))
            .collect(),
        gate: None,
        lost: Vec::new(),
        unread: tally.series.unread(&collector.dict),
        kept: tally.series.kept(&collector.dict),
        implausible: Vec::new(),
    }
}

/// Judges a delivery by the gates, and says what is lost by it. What is in quarantine already of the
/// records that are set aside somebody took once, so it alone holds nothing.
pub(crate) fn judge(
    collector: &Collector,
    (tally, aside, verdict): (&Tally, &Aside, &Verdict),
    outcome: &mut Committed,
    gates: &Gates,
) {
    outcome.lost = tally.series.lost(&collector.dict, &aside.strangers);
    outcome.implausible.clone_from(&verdict.told);
    outcome.gate = held(collector, (tally, aside, verdict), outcome, gates);
}

/// Why the gates hold a commit, if they do.
fn held(
    collector: &Collector,
    (tally, aside, verdict): (&Tally, &Aside, &Verdict),
    outcome: &Committed,
    gates: &Gates,
) -> Option<String> {
    let count = &outcome.count;
    if count.accepted < gates.rows_min {
        return Some(format!(
            "{} rows accepted, at least {} expected ({})",
            count.accepted,
            gates.rows_min,
            setting("rows_min")
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
    .or_else(|| (!verdict.held.is_empty()).then(|| verdict.held.join("; ")))
    .or_else(|| tally.series.held(&collector.dict, gates, &aside.strangers))
    .or_else(|| unreadable(collector, aside, gates))
    .or_else(|| {
        let limit = gates.quarantined_share_max;
        let held = over("quarantined", "rows", count.quarantined, count.parsed, limit)?;
        let known = aside.known;
        match (known, count.quarantined > known) {
            (_, false) => None,
            (0, true) => Some(held),
            (known, true) => Some(format!("{held}; {known} of them are in quarantine already")),
        }
    })
}

/// The first series by code of which too many records could not be read. Those that are in quarantine
/// already somebody took once; one more holds with all of them.
fn unreadable(collector: &Collector, aside: &Aside, gates: &Gates) -> Option<String> {
    let found = collector.records.unread().filter_map(|(series, record)| {
        let (fresh, detail) = aside.unread.get(&series)?;
        let all = record.accepted + record.unread;
        let share = record.unread as f64 / all as f64;
        // One record is no series: a single one may always be bad.
        (record.unread > 1 && share > gates.unread_share_max).then(|| {
            let known = match record.unread.saturating_sub(*fresh) {
                0 => String::new(),
                some => format!("; {some} of them are in quarantine already"),
            };
            let code = collector.dict.series.get(series);
            let text = format!(
                "series {code}: {} of {all} records could not be read ({:.1} %{known}), such as: \
                 {detail}; at most {:.1} % of the records of a series may be unreadable ({})",
                record.unread,
                share * 100.0,
                gates.unread_share_max * 100.0,
                setting("unread_share_max"),
            );
            (code, text)
        })
    });
    found.min().map(|(_, text)| text)
}

/// Where a gate is set.
pub(crate) fn setting(gate: &str) -> String {
    format!("`{gate}` under `[gates]` of the pipeline")
}

fn over(what: &str, of: &str, part: u64, whole: u64, limit: f64) -> Option<String> {
    let share = if whole == 0 { 0.0 } else { part as f64 / whole as f64 };
    (share > limit).then(|| {
        format!(
            "{part} of {whole} {of} would be {what} ({:.1} %), at most {:.1} % allowed ({})",
            share * 100.0,
            limit * 100.0,
            setting(&format!("{what}_share_max")),
        )
    })
}
