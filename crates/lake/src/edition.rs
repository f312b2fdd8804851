//! The figures of one series in one period, as a whole: whether all are equal, or 0, or those of the
//! edition before, or those before in another unit.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::period::Period;
use wsis_model::plausible::{Action, Test, Tests};

use crate::row::Dict;

/// What a figure is compared with.
#[derive(Clone, Copy)]
pub(crate) struct Reference {
    pub(crate) area: u32,
    /// The last figure of the line before it.
    pub(crate) last: Option<(Period, f64)>,
    /// The figure that it replaces.
    pub(crate) replaced: Option<f64>,
}

/// The editions of a series.
#[derive(Default)]
pub(crate) struct Editions(BTreeMap<Period, Edition>);

/// One edition, as it will be in force.
#[derive(Default)]
struct Edition {
    figures: u64,
    /// How many of them are new.
    news: u64,
    least: f64,
    greatest: f64,
    /// New figures with one before that is not 0, and are not 0 themselves.
    measured: u64,
    /// Of these: near a factor, by its place.
    near: BTreeMap<usize, Near>,
    /// New figures with one in the edition before.
    followed: u64,
    /// Of these: equal to it.
    equal: u64,
    /// Different numbers among them, by their bits, as many as are asked for.
    distinct: BTreeSet<u64>,
    /// First and last period that those are of.
    of: Option<(Period, Period)>,
}

/// Figures near a factor.
struct Near {
    count: u64,
    /// The first of them: area, what was, what is.
    first: (u32, f64, f64),
}

/// What a test found: by edition, in words.
pub(crate) type Found = (Test, Action, Vec<(Period, String)>);

impl Editions {
    /// Takes a figure, and whether it is new.
    pub(crate) fn add(
        &mut self,
        tests: &Tests,
        period: Period,
        (value, is_news): (f64, bool),
        reference: Reference,
    ) {
        let edition = self.0.entry(period).or_default();
        let is_first = edition.figures == 0;
        edition.least = if is_first { value } else { edition.least.min(value) };
        edition.greatest = if is_first { value } else { edition.greatest.max(value) };
        edition.figures += 1;
        if !is_news {
            return;
        }
        edition.news += 1;
        let before = reference.replaced.or(reference.last.map(|(_, value)| value));
        if let Some(before) = before.filter(|before| *before != 0.0 && value != 0.0) {
            edition.measured += 1;
            if let Some(at) = factors(tests).position(|it| is_near(value / before, it, tests)) {
                let first = (reference.area, before, value);
                edition.near.entry(at).or_insert(Near { count: 0, first }).count += 1;
            }
        }
        if let Some((was, before)) = reference.last {
            edition.followed += 1;
            if before.to_bits() == value.to_bits() {
                edition.equal += 1;
                if edition.distinct.len() < tests.copied.distinct_min {
                    edition.distinct.insert(value.to_bits());
                }
                let (first, last) = edition.of.unwrap_or((was, was));
                edition.of = Some((first.min(was), last.max(was)));
            }
        }
    }

    /// What the tests find.
    pub(crate) fn found(&self, dict: &Dict, tests: &Tests) -> Vec<Found> {
        let mut uneven: Option<Period> = None;
        let (mut zero, mut constant, mut scale, mut copied) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (period, edition) in &self.0 {
            let is_even = edition.least.to_bits() == edition.greatest.to_bits();
            let is_zero = is_even && edition.least == 0.0;
            if edition.news > 0 {
                let asked = |test: wsis_model::plausible::Edition| {
                    test.action != Action::Off && edition.figures >= test.figures_min
                };
                let before = uneven.filter(|was| was.freq() == period.freq());
                if let Some(was) = before.filter(|_| is_zero && asked(tests.all_zero)) {
                    let all = edition.figures;
                    zero.push((
                        *period,
                        format!("{period}, all {all} figures are 0, those of {was} are not"),
                    ));
                } else if is_even && !is_zero && asked(tests.constant) {
                    let (all, value) = (edition.figures, edition.least);
                    constant.push((*period, format!("{period}, all {all} figures are {value}")));
                }
                scale.extend(
                    edition
                        .in_another_unit(dict, tests)
                        .map(|text| (*period, format!("{period}, {text}"))),
                );
                if !is_even {
                    copied.extend(
                        edition.is_a_copy(tests).map(|text| (*period, format!("{period}, {text}"))),
                    );
                }
            }
            if !is_zero {
                uneven = Some(*period);
            }
        }
        let all = [
            (Test::AllZero, tests.all_zero.action, zero),
            (Test::Constant, tests.constant.action, constant),
            (Test::Scale, tests.scale.action, scale),
            (Test::Copied, tests.copied.action, copied),
        ];
        all.into_iter().filter(|(.., found)| !found.is_empty()).collect()
    }
}

impl Edition {
    fn in_another_unit(&self, dict: &Dict, tests: &Tests) -> Option<String> {
        let asked = &tests.scale;
        if asked.action == Action::Off || self.measured < asked.figures_min {
            return None;
        }
        let (at, near) =
            self.near.iter().max_by_key(|(at, near)| (near.count, usize::MAX - **at))?;
        if (near.count as f64) < asked.share_min * self.measured as f64 {
            return None;
        }
        let factor = factors(tests).nth(*at)?;
        let (area, was, is) = near.first;
        Some(format!(
            "{} of {} figures are about {factor} times those before them ({}: {was}, now {is}): another \
             unit",
            near.count,
            self.measured,
            dict.areas.get(area)
        ))
    }

    fn is_a_copy(&self, tests: &Tests) -> Option<String> {
        let asked = &tests.copied;
        let is_it = asked.action != Action::Off
            && self.followed >= asked.figures_min
            && self.distinct.len() >= asked.distinct_min
            && self.equal as f64 >= asked.share_min * self.followed as f64;
        let (first, last) = self.of.filter(|_| is_it)?;
        let of = if first == last { first.to_string() } else { format!("{first} to {last}") };
        Some(format!("{} of {} figures are those of {of} once more", self.equal, self.followed))
    }
}

/// The factors and their inverses.
fn factors(tests: &Tests) -> impl Iterator<Item = f64> {
    tests.scale.factors.iter().flat_map(|it| [*it, 1.0 / *it])
}

fn is_near(ratio: f64, factor: f64, tests: &Tests) -> bool {
    let off = ratio / factor;
    off <= tests.scale.within && off * tests.scale.within >= 1.0
}
