//! What a delivery gives and nobody could read. A figure in force whose record stands in quarantine is
//! not one that the source no longer gives: it stays as it was (docs/adr/0027).

use std::collections::{BTreeMap, HashMap};

use wsis_model::period::Period;
use wsis_model::quarantine::Subject;

use crate::row::{Dict, Row};

/// Keys that are told apart; beyond them all of an area of a series is taken for unread. More than
/// any delivery holds that is not broken as a whole.
const KEYS_MAX: usize = 1_000_000;

/// A key, as far as it is known: series, area, cut, period.
type Key = (u32, u32, Option<u32>, Option<Period>);

/// What is said of the figure of a key by records that could not be read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// There is a record of it.
    Is,
    /// There is one of its series and area, of which a part of the key could not be read.
    MayBe,
}

/// The records of a delivery that could not be read, by what they are of.
#[derive(Debug, Default)]
pub(crate) struct Unreads {
    keys: HashMap<Key, Noted>,
    request: u32,
}

/// The first record of a key.
#[derive(Debug, Clone, Copy)]
struct Noted {
    request: u32,
    payload: u32,
    /// Its value, where that was read and is not believed.
    refused: Option<f64>,
}

impl Unreads {
    /// Notes what a record is of. Gives the series where it is of an area that is not known: none
    /// where that is not known either.
    pub(crate) fn note(
        &mut self,
        dict: &mut Dict,
        payload: u32,
        subject: &Subject,
    ) -> Option<Stranger> {
        let series = subject.series.as_deref().map(|series| dict.series(series));
        let (Some(series), Some(area)) = (series, subject.area.as_deref()) else {
            return Some(Stranger { series });
        };
        let area = dict.area(area);
        let cut =
            subject.breakdown.as_ref().map(|texts| dict.cut(texts.each_ref().map(|it| &**it)));
        let mut key = (series, area, cut, subject.period);
        if self.keys.len() >= KEYS_MAX && !self.keys.contains_key(&key) {
            key = (series, area, None, None);
        }
        // Adding 0 turns -0 into 0, as of what is accepted.
        let refused = subject.refused.map(|value| value + 0.0);
        self.keys.entry(key).or_insert(Noted { request: self.request, payload, refused });
        None
    }

    /// What follows can be taken back.
    pub(crate) const fn mark(&mut self) {
        self.request = self.request.saturating_add(1);
    }

    /// Takes back what came since the mark.
    pub(crate) fn take_back(&mut self) {
        let under_way = self.request;
        self.keys.retain(|_, noted| noted.request < under_way);
    }

    /// What is said of the figure in force of a row, and by which payload. Nothing where the very
    /// record that it came from is refused by today's reading, or the very value is: then it is the
    /// figure in force that is not believed any more.
    pub(crate) fn of(&self, dict: &Dict, row: &Row) -> Option<(Unread, u32)> {
        if self.keys.is_empty() {
            return None;
        }
        let get = |cut, period| self.keys.get(&(row.series, row.area, cut, period));
        let (cut, period) = (Some(row.cut), Some(row.period));
        let body = |payload: u32| dict.moment_of(payload).1;
        if let Some(noted) = get(cut, period) {
            let is_it = body(noted.payload) == body(row.payload)
                || noted.refused.is_some_and(|value| value.to_bits() == row.value.to_bits());
            return (!is_it).then_some((Unread::Is, noted.payload));
        }
        let mut wider = [(None, period), (cut, None), (None, None)].into_iter();
        let noted = wider.find_map(|(cut, period)| get(cut, period))?;
        (body(noted.payload) != body(row.payload)).then_some((Unread::MayBe, noted.payload))
    }
}

/// A record of which nobody knows of which area it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Stranger {
    /// Its series, where that is known.
    pub(crate) series: Option<u32>,
}

/// How many such records came new into quarantine: any figure that vanishes may be one of them.
#[derive(Debug, Default)]
pub(crate) struct Strangers(BTreeMap<Option<u32>, u64>);

impl Strangers {
    pub(crate) fn add(&mut self, stranger: Stranger) {
        *self.0.entry(stranger.series).or_default() += 1;
    }

    /// How many may be of a series.
    pub(crate) fn of(&self, series: u32) -> u64 {
        [Some(series), None].iter().filter_map(|it| self.0.get(it)).sum()
    }
}
