//! What a commit would change, shown before it is made.

use std::collections::BTreeMap;

use serde::Serialize;
use wsis_model::observation::TOTAL;
use wsis_model::pipeline::Gates;

use crate::collector::Collector;
use crate::commit::Committed;
use crate::error::LakeError;
use crate::lake::Lake;
use crate::merge::{Fate, value_text};
use crate::row::{Dict, Order, Ranks, Row};
use crate::segments::Segments;
use crate::snapshot::At;
use crate::survey::{delivery, held, outcome, quarantine_conflicts, survey};

/// Differences that a preview lists one by one; all of them are counted.
const LISTED: usize = 1_000;

/// What a commit would do.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Preview {
    /// The account of the delivery; `snapshot` is empty.
    pub committed: Committed,
    /// The first 1,000 differences, in the order of the key.
    pub differences: Vec<Difference>,
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
            dimensions: cut(dict, row),
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

fn cut(dict: &Dict, row: &Row) -> String {
    let [sex, age, location, more] = dict.cuts.get(row.cut).map(|id| dict.texts.get(id));
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
        let delivery = delivery(&collector, &ranks);
        let tally = survey(&collector, (&known, &Segments::default()), &delivery)?;
        let mut differences = Vec::new();
        if tally.any_news() {
            delivery.merge(&collector.store, &known, &mut |fate| {
                if differences.len() < LISTED {
                    differences.extend(Difference::of(&collector.dict, &fate));
                }
                Ok(())
            })?;
        }
        quarantine_conflicts(&mut collector, &tally);
        let mut committed = outcome(&collector, &tally);
        committed.gate = held(&collector, &tally, &committed, gates);
        Ok(Preview { committed, differences })
    }
}
