//! What a commit would change, shown before it is made.

use std::collections::BTreeMap;

use serde::Serialize;
use wsis_model::observation::TOTAL;
use wsis_model::pipeline::Gates;

use crate::collector::Collector;
use crate::commit::Committed;
use crate::correction::taken_back;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::merge::{Fate, value_text};
use crate::row::{Dict, Order, Ranks, Row};
use crate::segments::Segments;
use crate::snapshot::At;
use crate::survey::{delivery, judge, judged, outcome, quarantine_conflicts};

/// Differences that a preview lists one by one; all of them are counted.
const LISTED: usize = 1_000;

/// What a commit would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The account of the delivery; `snapshot` is empty.
    pub committed: Committed,
    /// The first 1,000 differences, in the order of the key.
    pub differences: Vec<Difference>,
    /// All of them, counted by series.
    pub series: BTreeMap<String, SeriesChange>,
    /// The first 1,000 records that would be quarantined, as they were found.
    pub quarantined: Vec<SetAside>,
}

/// A record that a commit would quarantine.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct SetAside {
    /// Stable code of the reason.
    pub reason: &'static str,
    /// What is wrong with it, in words.
    pub detail: String,
    /// Position of the record in its payload, from 1.
    pub payload_row: i64,
    /// The record as the source wrote it.
    pub record: String,
    /// Where it stands in its file (`line 15`), where the format has such places.
    pub payload_place: Option<String>,
}

/// What a commit would do to one series.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct SeriesChange {
    /// Figures that were not known.
    pub new: u64,
    /// Figures that would be replaced by others.
    pub changed: u64,
    /// Figures that would no longer be given.
    pub withdrawn: u64,
    /// Statements of the past that were not known.
    pub older: u64,
    /// The largest changes of a value, largest first.
    pub largest: Vec<Difference>,
}

/// Changes of a value that are shown of a series.
const LARGEST: usize = 5;

/// By how much a value changes, and the rows before and after.
type Change = (f64, Row, Row);

/// Series while their differences are counted.
#[derive(Default)]
struct Counted {
    series: BTreeMap<u32, (SeriesChange, Vec<Change>)>,
}

impl Counted {
    fn take(&mut self, fate: &Fate<'_>) {
        let row = match fate {
            Fate::New(row)
            | Fate::Late(row)
            | Fate::LateWithdrawal { row, .. }
            | Fate::Withdrawn { row, .. } => row,
            Fate::Changed { after, .. } => after,
            _ => return,
        };
        let (change, largest) = self.series.entry(row.series).or_default();
        match fate {
            Fate::New(_) => change.new += 1,
            Fate::Withdrawn { .. } => change.withdrawn += 1,
            Fate::Changed { before, after } => {
                change.changed += 1;
                let by = (after.value - before.value).abs();
                // A value that is lost, or given for the first time, has no size.
                if by.is_finite() {
                    let at = largest.partition_point(|(other, ..)| *other >= by);
                    if at < LARGEST {
                        largest.insert(at, (by, *before, *after));
                        largest.truncate(LARGEST);
                    }
                }
            }
            _ => change.older += 1,
        }
    }

    fn named(self, dict: &Dict) -> BTreeMap<String, SeriesChange> {
        let named = |(series, (change, largest)): (u32, (SeriesChange, Vec<Change>))| {
            let shown = largest.into_iter().filter_map(|(_, before, after)| {
                Difference::of(dict, &Fate::Changed { before, after })
            });
            let change = SeriesChange { largest: shown.collect(), ..change };
            (dict.series.get(series).to_owned(), change)
        };
        self.series.into_iter().map(named).collect()
    }
}

/// A statement that a commit would make.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Difference {
    /// `new`, `changed` or `withdrawn`; `older` for a statement of the past that was not known.
    pub what: &'static str,
    /// Series as the source calls it.
    pub series_code: String,
    /// ISO 3166-1 alpha-3.
    pub ref_area: String,
    /// Sex, age, location and further dimensions, as `name=code`, those of the total left out.
    pub dimensions: String,
    /// SDMX period: `2024`, `2024-Q1`.
    pub time_period: String,
    /// What is in force, by column; of a change only what differs.
    pub before: BTreeMap<&'static str, String>,
    /// What would be in force, likewise.
    pub after: BTreeMap<&'static str, String>,
}

impl Difference {
    fn of(dict: &Dict, fate: &Fate<'_>) -> Option<Self> {
        let (what, row, mut before, mut after) = match fate {
            Fate::New(row) => ("new", row, BTreeMap::new(), statement(dict, row)),
            Fate::Late(row) => ("older", row, BTreeMap::new(), statement(dict, row)),
            Fate::LateWithdrawal { row, .. } => {
                ("older", row, statement(dict, row), BTreeMap::new())
            }
            Fate::Withdrawn { row, .. } => {
                ("withdrawn", row, statement(dict, row), BTreeMap::new())
            }
            Fate::Changed { before, after } => {
                ("changed", after, statement(dict, before), statement(dict, after))
            }
            _ => return None,
        };
        let equal: Vec<&str> =
            before.keys().copied().filter(|name| before.get(name) == after.get(name)).collect();
        for name in equal {
            before.remove(name);
            after.remove(name);
        }
        Some(Self {
            what,
            series_code: dict.series.get(row.series).to_owned(),
            ref_area: dict.areas.get(row.area).to_owned(),
            dimensions: breakdown(dict, row.cut),
            time_period: row.period.to_string(),
            before,
            after,
        })
    }
}

/// What is stated of a key, by column.
fn statement(dict: &Dict, row: &Row) -> BTreeMap<&'static str, String> {
    let [unit, status, flag, footnote, _] = dict.attrs.get(row.attr);
    let mut found = BTreeMap::from([
        ("value", value_text(row)),
        ("unit", dict.texts.get(unit).to_owned()),
        ("obs_status", dict.texts.get(status).to_owned()),
    ]);
    for (name, id) in [("source_flag", flag), ("footnote", footnote)] {
        found.extend(dict.optional(id).map(|text| (name, text.to_owned())));
    }
    found
}

/// A breakdown as `name=code`, those of the total left out.
pub(crate) fn breakdown(dict: &Dict, cut: u32) -> String {
    let [sex, age, location, more] = dict.cuts.get(cut).map(|id| dict.texts.get(id));
    let named = [("sex", sex), ("age", age), ("location", location)];
    let mut parts: Vec<String> = named
        .into_iter()
        .filter(|(_, code)| *code != TOTAL)
        .map(|(name, code)| format!("{name}={code}"))
        .collect();
    if !more.is_empty() {
        parts.push(more.to_owned());
    }
    parts.join(" ")
}

impl Preview {
    /// The same, held by something that only the one who asks knows of, where no gate holds it.
    #[must_use]
    pub fn held_by(mut self, why: Option<String>) -> Self {
        self.committed.gate = self.committed.gate.or(why);
        self
    }
}

impl Lake {
    /// What [`Lake::commit`] would do at this moment, without doing it.
    ///
    /// # Errors
    /// As for a commit.
    pub fn preview(&self, mut collector: Collector, gates: &Gates) -> Result<Preview, LakeError> {
        if let Some(error) = collector.failed.take() {
            return Err(error);
        }
        collector.store.seal(&collector.dict);
        let base = self.snapshot(At::Head)?;
        let known = self.known(base.as_ref(), &mut collector)?;
        let ranks = Ranks::of(&collector.dict, Order::Lake);
        let (tally, verdict) = judged(&collector, (&known, &Segments::default()), &ranks, None)?;
        let delivery = delivery(&collector, &ranks, Some(&verdict));
        let mut differences = Vec::new();
        let mut counted = Counted::default();
        if tally.any_news() {
            delivery.merge(&collector.store, &known, &mut |fate| {
                counted.take(&fate);
                if differences.len() < LISTED {
                    differences.extend(Difference::of(&collector.dict, &fate));
                }
                Ok(())
            })?;
        }
        quarantine_conflicts(&mut collector, &tally);
        let mut committed = outcome(&collector, &tally);
        let aside = self.aside(base.as_ref(), &mut collector)?;
        judge(&collector, (&tally, &aside, &verdict), &mut committed, gates);
        if committed.gate.is_none() && tally.changes_latest() {
            committed.gate = taken_back(base.as_ref(), &collector)?;
        }
        let series = counted.named(&collector.dict);
        let quarantined = collector.rejected.listed(LISTED);
        Ok(Preview { committed, differences, series, quarantined })
    }
}
