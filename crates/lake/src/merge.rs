//! What a delivery changes: the merge of its rows with those that are known, all in key order.

use crate::collector::{Asked, younger};
use crate::error::LakeError;
use crate::group::Group;
use crate::known::Known;
use crate::plausible::Refused;
use crate::rewrite::in_order_of_time;
use crate::row::{Dict, Key, Ranks, Row};
use crate::runs::{RowHeap, Sorted};
use crate::unread::{Unread, Unreads};

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
    /// In force and given by the delivery, in a record that could not be read: it stays.
    Unread(Row, Unread),
    /// In force, and the delivery no longer gives it.
    Withdrawn {
        /// The one in force.
        row: Row,
        /// The payload that shows it.
        witness: u32,
    },
    /// A statement that is older than the newest one of its key, and other than what stood then:
    /// history, which changes nothing that is in force.
    Late(Row),
    /// What stood when an older answer did not give it: history as well.
    LateWithdrawal {
        /// What stood then.
        row: Row,
        /// The payload that shows it.
        witness: u32,
    },
    /// An older statement, and what stood then: nothing to store.
    Stale,
    /// Unequal records of one key; the row in force stays (it comes as [`Fate::Kept`]).
    Conflict(&'a Group),
    /// Records of one key that are not believed, and why; the row in force stays (it comes as
    /// [`Fate::Kept`]).
    Refused(&'a Group, &'a str),
    /// Records equal to another one of the delivery.
    Duplicates(u64),
    /// A record that stands on two pages of one answer.
    Overlap(Row),
}

/// What the merge has to know of the delivery.
pub(crate) struct Delivery<'a> {
    pub(crate) dict: &'a Dict,
    pub(crate) ranks: &'a Ranks,
    /// For each series number what was asked of it in full, and answered.
    pub(crate) asked: Vec<Vec<Asked>>,
    /// How many records of one key are held at most, to be set aside.
    pub(crate) sample_max: usize,
    /// Of which figures records could not be read.
    pub(crate) unread: &'a Unreads,
    /// Which figures are not believed.
    pub(crate) refused: Option<&'a Refused>,
    /// For each payload number the question that it answers with others, page by page.
    pub(crate) questions: Vec<Option<usize>>,
}

/// What a delivery states of one key.
enum Stated {
    Once(Row),
    Several(Box<Group>),
}

/// What is known of one key.
#[derive(Clone, Copy)]
struct Before<'a> {
    in_force: Option<Row>,
    /// Its statements in the order of time; none when no part of the delivery is older.
    past: &'a [Row],
}

impl Delivery<'_> {
    /// The youngest answer to a question that includes this key; none if it was not asked for.
    pub(crate) fn witness(&self, row: &Row) -> Option<u32> {
        let asked = self.asked.get(row.series as usize).map_or(&[][..], Vec::as_slice);
        asked
            .iter()
            .filter(|asked| (asked.years.0..=asked.years.1).contains(&row.period.year()))
            .map(|asked| asked.payload)
            .reduce(|a, b| younger(self.dict, a, b))
    }

    /// Visits every key of any side once, in key order.
    pub(crate) fn merge(
        &self,
        incoming: &RowHeap,
        known: &Known,
        visit: &mut dyn FnMut(Fate<'_>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        if known.current.len() == 0 && known.past.len() == 0 {
            return self.all_new(incoming.sorted(self.ranks)?, visit);
        }
        let mut incoming = Groups::of(incoming.sorted(self.ranks)?);
        let mut current = Groups::of(known.current.sorted(self.ranks)?);
        let mut past = Groups::of(known.past.sorted(self.ranks)?);
        let (mut in_force, mut history) = (Vec::new(), Vec::new());
        let mut before: Option<Key> = None;
        loop {
            let keys = [incoming.key, current.key, past.key];
            let Some(key) = keys.into_iter().flatten().min() else { return Ok(()) };
            debug_assert!(before < Some(key), "all sides are sorted");
            before = Some(key);
            let stated = self.stated(&mut incoming, key)?;
            current.take(key, &mut in_force)?;
            past.take(key, &mut history)?;
            in_order_of_time(self.dict, &mut history);
            let known = Before { in_force: in_force.first().copied(), past: &history };
            match stated {
                Some(stated) => self.present(&stated, known, visit)?,
                None => self.absent(known, visit)?,
            }
        }
    }

    /// The merge with nothing: of a first delivery there are millions of rows.
    fn all_new(
        &self,
        mut rows: Sorted<'_>,
        visit: &mut dyn FnMut(Fate<'_>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let nothing = Before { in_force: None, past: &[] };
        while let Some((key, row)) = rows.next()? {
            if !rows.is_next(&key) {
                // Of a first delivery, too, an edition may be one that is not believed.
                match self.refused.and_then(|refused| refused.of(&row)) {
                    Some(why) => visit(Fate::Refused(&Group::of(row), why))?,
                    None => visit(Fate::New(row))?,
                }
                continue;
            }
            let mut group = Group::of(row);
            while rows.is_next(&key) {
                let Some((_, row)) = rows.next()? else { break };
                group.add(row, self.dict, self.sample_max);
            }
            self.present(&Stated::Several(Box::new(group)), nothing, visit)?;
        }
        Ok(())
    }

    /// The last statement that was made by then.
    fn stood<'p>(&self, past: &'p [Row], moment: (i64, &str)) -> Option<&'p Row> {
        let made = past.partition_point(|row| self.dict.moment(row) <= moment);
        made.checked_sub(1).and_then(|at| past.get(at))
    }

    /// What was not asked for is never withdrawn, nor what is younger than the answer, nor what has
    /// a record in it that could not be read.
    fn absent(
        &self,
        Before { in_force, past }: Before<'_>,
        visit: &mut dyn FnMut(Fate<'_>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        let Some(newest) = in_force.or(past.last().copied()) else { return Ok(()) };
        let unread = self.unread.of(self.dict, &newest);
        if let Some(witness) = self.witness(&newest) {
            let answered = self.dict.moment_of(witness);
            if let Some(row) = in_force.filter(|row| self.dict.moment(row) < answered) {
                return visit(match unread {
                    Some((unread, _)) => Fate::Unread(row, unread),
                    None => Fate::Withdrawn { row, witness },
                });
            }
            let past = if unread.is_some() { &[] } else { past };
            let stood = self.stood(past, answered).filter(|row| !self.dict.is_withdrawn(row));
            if let Some(row) = stood.filter(|row| self.dict.moment(row) < answered) {
                visit(Fate::LateWithdrawal { row: *row, witness })?;
            }
        }
        let Some(row) = in_force else { return Ok(()) };
        visit(match unread {
            // Also where nothing would be withdrawn: it was given.
            Some((Unread::Is, payload))
                if self.dict.moment(&row) < self.dict.moment_of(payload) =>
            {
                Fate::Unread(row, Unread::Is)
            }
            _ => Fate::Kept(row),
        })
    }

    /// The records of a key, of which a payload may hold millions: counted one by one. Nearly all
    /// keys have one.
    fn stated(&self, rows: &mut Groups<'_>, key: Key) -> Result<Option<Stated>, LakeError> {
        if rows.key != Some(key) {
            return Ok(None);
        }
        let mut stated: Option<Stated> = None;
        while rows.key == Some(key) {
            let Some((_, row)) = rows.rows.next()? else { break };
            match &mut stated {
                None => stated = Some(Stated::Once(row)),
                Some(Stated::Several(group)) => self.join(group, row),
                Some(Stated::Once(first)) => {
                    let mut group = Box::new(Group::of(*first));
                    self.join(&mut group, row);
                    stated = Some(Stated::Several(group));
                }
            }
            rows.key = rows.rows.peek();
        }
        Ok(stated)
    }

    /// Adds a record to those of its key, and notes whether it came on another page of the same answer.
    fn join(&self, group: &mut Group, row: Row) {
        let question = |row: &Row| self.questions.get(row.payload as usize).copied().flatten();
        let first = group.chosen;
        group.overlaps |= first.payload != row.payload
            && question(&first).is_some_and(|asked| question(&row) == Some(asked));
        group.add(row, self.dict, self.sample_max);
    }

    fn present(
        &self,
        stated: &Stated,
        known: Before<'_>,
        visit: &mut dyn FnMut(Fate<'_>) -> Result<(), LakeError>,
    ) -> Result<(), LakeError> {
        if let Stated::Several(group) = stated
            && group.overlaps
        {
            visit(Fate::Overlap(group.chosen))?;
        }
        let row = match stated {
            Stated::Once(row) => *row,
            Stated::Several(group) if group.is_conflict() => {
                visit(Fate::Conflict(group))?;
                return known.in_force.map_or(Ok(()), |row| visit(Fate::Kept(row)));
            }
            Stated::Several(group) => group.chosen,
        };
        let moment = self.dict.moment(&row);
        let newest = known.in_force.or(known.past.last().copied());
        let is_older = newest.is_some_and(|newest| moment <= self.dict.moment(&newest));
        let is_news = !is_older && known.in_force.is_none_or(|old| !old.same_statement(&row));
        if let Some(why) = self.refused.filter(|_| is_news).and_then(|refused| refused.of(&row)) {
            match stated {
                Stated::Once(row) => visit(Fate::Refused(&Group::of(*row), why))?,
                Stated::Several(group) => visit(Fate::Refused(group, why))?,
            }
            return known.in_force.map_or(Ok(()), |row| visit(Fate::Kept(row)));
        }
        if let Stated::Several(group) = stated {
            visit(Fate::Duplicates(group.count - 1))?;
        }
        if is_older {
            let stood = self.stood(known.past, moment);
            // What another body said at that very instant was never in force.
            let is_news = stood.is_none_or(|stood| {
                !stood.same_statement(&row) && self.dict.moment(stood).0 < moment.0
            });
            // Of a key that is not known to be older there is no history to compare with.
            if is_news && !known.past.is_empty() {
                visit(Fate::Late(row))?;
            } else if known.in_force.is_none() {
                visit(Fate::Stale)?;
            }
        }
        visit(match known.in_force {
            Some(old) if old.same_statement(&row) => Fate::Unchanged(old),
            Some(old) if is_older => Fate::Kept(old),
            Some(old) => Fate::Changed { before: old, after: row },
            None if is_older => return Ok(()),
            None => Fate::New(row),
        })
    }
}

/// Rows in key order, key by key.
pub(crate) struct Groups<'a> {
    rows: Sorted<'a>,
    /// The key of the rows to come.
    pub(crate) key: Option<Key>,
}

impl<'a> Groups<'a> {
    pub(crate) fn of(rows: Sorted<'a>) -> Self {
        let key = rows.peek();
        Self { rows, key }
    }

    /// Takes the rows of a key, if they are the next.
    pub(crate) fn take(&mut self, key: Key, group: &mut Vec<Row>) -> Result<(), LakeError> {
        group.clear();
        if self.key == Some(key) {
            next_group(&mut self.rows, group)?;
            self.key = self.rows.peek();
        }
        Ok(())
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
