//! Gaps counted: by line, agency, indicator or economy. Each way of counting is of the same figures, so
//! that all come to the same sum.

use std::collections::BTreeMap;

use serde::Serialize;

use super::{Found, Gap, Gaps, LiesIn};
use crate::group::count;

/// Which figures are counted.
#[derive(Debug, Clone, Copy, Default)]
pub struct Selection<'a> {
    /// Of this line only.
    pub line: Option<&'a str>,
    /// Of these agencies only.
    pub agencies: Option<&'a [&'a str]>,
    /// Of this economy only, whether it counts or not: an index into [`Gaps::areas`].
    pub area: Option<usize>,
}

/// Figures that are asked for: how many are there, and what is missing of the others.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Tally {
    /// Items times economies that count.
    pub asked: u32,
    /// Of them, with a current value.
    pub current: u32,
    /// Of them, with a change.
    pub change: u32,
    /// Of those asked, with a gap.
    pub gaps: u32,
    /// Gaps by where they lie, by code; without those that are none.
    pub lies_in: BTreeMap<&'static str, u32>,
    /// Gaps by kind, by code; without those that are none.
    pub kinds: BTreeMap<&'static str, u32>,
    /// Median of the age, at the end of the window, of the last value behind a gap, in years; of gaps
    /// that have one.
    pub median_age: Option<f64>,
    /// How many gaps have one.
    pub aged: u32,
    /// Number of gaps by kind, as [`Gap::ALL`], and by where they lie, as [`LiesIn::ALL`].
    #[serde(skip)]
    numbers: ([u32; Gap::ALL.len()], [u32; LiesIn::ALL.len()]),
    /// Gaps by the age of the last value.
    #[serde(skip)]
    ages: BTreeMap<i32, u32>,
}

impl Tally {
    /// Number of gaps of a kind.
    pub fn of_kind(&self, gap: Gap) -> u32 {
        self.numbers.0.get(gap.place()).copied().unwrap_or(0)
    }

    /// Number of gaps that lie somewhere.
    pub fn lying_in(&self, lies: LiesIn) -> u32 {
        self.numbers.1.get(lies.place()).copied().unwrap_or(0)
    }

    /// Share of those asked that have no current value; none where nothing is asked.
    pub fn share_without(&self) -> Option<f64> {
        (self.asked > 0).then(|| f64::from(self.asked - self.current) / f64::from(self.asked))
    }

    fn add(&mut self, found: &Found, review: i32) {
        self.asked += 1;
        self.current += u32::from(found.current);
        self.change += u32::from(found.change);
        let Some((gap, lies)) = found.gap else { return };
        self.gaps += 1;
        if let Some(number) = self.numbers.0.get_mut(gap.place()) {
            *number += 1;
        }
        if let Some(number) = self.numbers.1.get_mut(lies.place()) {
            *number += 1;
        }
        if let Some(year) = found.last_year {
            *self.ages.entry(review - year).or_default() += 1;
        }
    }

    fn close(&mut self) {
        let named = Gap::ALL.iter().map(|it| it.code()).zip(self.numbers.0);
        self.kinds = named.filter(|(_, number)| *number > 0).collect();
        let named = LiesIn::ALL.iter().map(|it| it.code()).zip(self.numbers.1);
        self.lies_in = named.filter(|(_, number)| *number > 0).collect();
        self.aged = self.ages.values().sum();
        self.median_age = median_of(&self.ages, self.aged);
    }
}

/// The median of values that each stand so often.
fn median_of(ages: &BTreeMap<i32, u32>, all: u32) -> Option<f64> {
    let at = |place: u32| {
        let mut before = 0;
        ages.iter().find_map(|(age, number)| {
            before += number;
            (before > place).then(|| f64::from(*age))
        })
    };
    let (low, high) = (at(all.checked_sub(1)? / 2)?, at(all / 2)?);
    Some(f64::midpoint(low, high))
}

impl Gaps {
    /// Indices of the items of a selection.
    pub fn selected<'s>(&'s self, of: Selection<'s>) -> impl Iterator<Item = usize> + 's {
        let is_of = move |item: &super::Item| {
            of.line.is_none_or(|line| item.line == line)
                && of.agencies.is_none_or(|them| them.contains(&item.agency.as_str()))
        };
        self.items.iter().enumerate().filter(move |(_, item)| is_of(item)).map(|(at, _)| at)
    }

    /// Counts what is found in a window, into as many counts as `keys`: `key` gives the place of an item
    /// and an economy among them.
    pub fn tallies(
        &self,
        window: usize,
        of: Selection<'_>,
        keys: usize,
        key: impl Fn(usize, usize) -> usize,
    ) -> Vec<Tally> {
        let review = self.windows.get(window).map_or(0, |window| window.1);
        let areas = match of.area {
            Some(area) => area..area + 1,
            None => 0..self.areas.len(),
        };
        let mut all = vec![Tally::default(); keys];
        for item in self.selected(of) {
            for area in areas.clone() {
                let is_asked = of.area.is_some() || self.counts(area, window);
                let found = self.found(item, area, window).filter(|_| is_asked);
                let slot = found.and_then(|found| Some((found, all.get_mut(key(item, area))?)));
                if let Some((found, tally)) = slot {
                    tally.add(found, review);
                }
            }
        }
        all.iter_mut().for_each(Tally::close);
        all
    }

    /// All of a selection in one count.
    pub fn total(&self, window: usize, of: Selection<'_>) -> Tally {
        self.tallies(window, of, 1, |_, _| 0).pop().unwrap_or_default()
    }

    /// Counts by a name of the items, in the order of the first item that has it.
    fn by_name<'s>(
        &'s self,
        window: usize,
        of: Selection<'s>,
        name: impl Fn(&'s super::Item) -> &'s str,
    ) -> Vec<(&'s str, Tally)> {
        let mut names: Vec<&str> = Vec::new();
        let mut places = vec![0; self.items.len()];
        for at in self.selected(of) {
            let Some((item, place)) = self.items.get(at).zip(places.get_mut(at)) else { continue };
            let name = name(item);
            *place = names.iter().position(|it| *it == name).unwrap_or(names.len());
            if *place == names.len() {
                names.push(name);
            }
        }
        let key = |item: usize, _| places.get(item).copied().unwrap_or(0);
        let tallies = self.tallies(window, of, names.len(), key);
        names.into_iter().zip(tallies).collect()
    }

    /// By line, in the framework's order.
    pub fn by_line<'s>(&'s self, window: usize, of: Selection<'s>) -> Vec<(&'s str, Tally)> {
        self.by_name(window, of, |item| &item.line)
    }

    /// By agency, in the order of letters.
    pub fn by_agency<'s>(&'s self, window: usize, of: Selection<'s>) -> Vec<(&'s str, Tally)> {
        let mut all = self.by_name(window, of, |item| &item.agency);
        all.sort_by_key(|(agency, _)| *agency);
        all
    }

    /// By item: its index, and its count.
    pub fn by_item(&self, window: usize, of: Selection<'_>) -> Vec<(usize, Tally)> {
        let mut all = self.tallies(window, of, self.items.len(), |item, _| item);
        self.selected(of)
            .map(|at| (at, all.get_mut(at).map(std::mem::take).unwrap_or_default()))
            .collect()
    }

    /// By economy that counts (or the one that is selected): its index, and its count.
    pub fn by_economy(&self, window: usize, of: Selection<'_>) -> Vec<(usize, Tally)> {
        let all = self.tallies(window, of, self.areas.len(), |_, area| area);
        all.into_iter().enumerate().filter(|(_, tally)| tally.asked > 0).collect()
    }

    /// Number of economies that count in a window.
    pub fn members(&self, window: usize) -> u32 {
        count((0..self.areas.len()).filter(|area| self.counts(*area, window)).count())
    }
}
