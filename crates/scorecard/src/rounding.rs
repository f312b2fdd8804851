//! How far a score may be off because the values that it is made of were printed rounded.

use std::collections::BTreeMap;

use crate::normalise::goalposts;
use crate::panel::Panel;
use crate::plan::{Line, Plan};

/// Most digits behind the point that are a source's own: a 64-bit number tells no more of them.
const DECIMALS_MAX: i32 = 15;

/// What the rounding of values may do to scores of a plan.
pub struct Rounding<'p, 'f> {
    plan: &'p Plan<'f>,
    /// Half a unit of the last digit by year, for each of [`Plan::leaves`].
    halves: Vec<BTreeMap<i32, f64>>,
}

impl<'p, 'f> Rounding<'p, 'f> {
    /// The finest value of an indicator in a year tells how its source rounded that edition: that one
    /// of them is whole does not make it coarse.
    pub fn new(plan: &'p Plan<'f>, panel: &Panel) -> Self {
        let of = |code: &str| {
            let mut finest: BTreeMap<i32, i32> = BTreeMap::new();
            for (year, cell) in panel.areas().iter().flat_map(|area| panel.series(code, area)) {
                if let Some(value) = cell.value {
                    let digits = finest.entry(*year).or_default();
                    *digits = decimals(value).max(*digits);
                }
            }
            finest.into_iter().map(|(year, digits)| (year, half_a_unit(digits))).collect()
        };
        let halves = plan.leaves.iter().map(|leaf| of(&leaf.code));
        Self { plan, halves: halves.collect() }
    }

    /// Greatest difference, in points of the line's score, that half a unit of the last digit of each
    /// value makes: the sum of what each makes alone, so exact for an arithmetic mean, and to the first
    /// order for others. `values`, each with its year, is as long as [`Plan::leaves`]. None where the
    /// line has no score.
    pub fn of(&self, line: &Line<'_>, values: &[Option<(i32, f64)>]) -> Option<f64> {
        let max = self.plan.max;
        let score = |at: usize, value: f64| {
            let leaf = self.plan.leaves.get(at)?;
            let posts = leaf.goalposts.as_ref()?;
            Some(goalposts(value, leaf.direction, posts, max).ok()?.score)
        };
        let all: Vec<Option<f64>> =
            values.iter().enumerate().map(|(at, value)| score(at, (*value)?.1)).collect();
        let here = self.plan.evaluate(&all).line(line).ok()?;
        let moved = |at: usize, by: f64| {
            let mut leaves = all.clone();
            *leaves.get_mut(at)? = Some(score(at, (*values.get(at)?)?.1 + by)?);
            Some((self.plan.evaluate(&leaves).line(line).ok()? - here).abs())
        };
        let parts = line.shares.iter().map(|&(at, _)| {
            let year = values.get(at).copied().flatten().map(|(year, _)| year);
            let half = year.and_then(|year| self.halves.get(at)?.get(&year).copied());
            let half = half.unwrap_or_default();
            moved(at, half).unwrap_or_default().max(moved(at, -half).unwrap_or_default())
        });
        Some(crate::sum::sum(parts))
    }
}

/// Digits behind the point of the shortest text that means the value.
pub fn decimals(value: f64) -> i32 {
    let text = value.to_string();
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    i32::try_from(digits).unwrap_or(i32::MAX).min(DECIMALS_MAX)
}

/// What rounding to so many decimals may change.
pub fn half_a_unit(decimals: i32) -> f64 {
    0.5 * 10_f64.powi(-decimals)
}
