//! Classes of progress by the rules of other organisations (`schemas/rules/others`), beside that of the house: the
//! same two observations, other measures, other words. For comparison; no scorecard shows them in place of the
//! house's class.

use wsis_model::scheme::{Band, Knot, Ladder, Measure, Scheme, SchemeClass};

use crate::progress::Track;

/// Why a book gives no class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoClass {
    /// It has no rule without a target.
    #[error("no rule without a target")]
    NoTarget,
    /// Its measure is undefined: growth from, to or over 0, or no change was required.
    #[error("its measure is undefined for these values")]
    Undefined,
    /// There is no score to go by.
    #[error("no score")]
    NoScore,
}

/// What a book is asked of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case<'a> {
    /// Values at both ends, and the value from which the target counts as met.
    pub values: &'a Track,
    /// The same in scores, where there are any.
    pub scores: Option<&'a Track>,
    /// A natural limit of the values: 100 of a percentage.
    pub limit: Option<f64>,
}

/// What a book gives: the class, and the measure that decided it, where one did.
pub type Given<'s> = (&'s SchemeClass, Option<f64>);

/// The class of a case by a book.
///
/// # Errors
/// Why it has none.
pub fn class<'s>(scheme: &'s Scheme, case: &Case<'_>) -> Result<Given<'s>, NoClass> {
    let has_target = case.values.target.is_some();
    let ladder = if has_target { &scheme.with_target } else { &scheme.without_target };
    let ladder = ladder.as_ref().ok_or(NoClass::NoTarget)?;
    if let Some(given) = by_rule(ladder, case) {
        return Ok((given, None));
    }
    let measure = measured(ladder, case)?;
    let limit = case.limit.filter(|_| case.values.direction > 0.0);
    let shrink = ladder.limit_exponent.zip(limit).zip(case.values.start);
    let factor =
        shrink.map_or(1.0, |((exponent, limit), start)| near(start.value, limit, exponent));
    let bound = |from: f64| if from > 0.0 { from * factor } else { from };
    let fits = |class: &&SchemeClass| {
        !class.by_rule && class.from.is_none_or(|from| measure >= bound(from))
    };
    let given = ladder.classes.iter().find(fits).ok_or(NoClass::Undefined)?;
    Ok((given, Some(measure)))
}

/// The class that the ends decide alone: met, met and falling, met and lost.
fn by_rule<'s>(ladder: &'s Ladder, case: &Case<'_>) -> Option<&'s SchemeClass> {
    let track = track(ladder, case)?;
    let within = |point: Option<crate::progress::Point>| {
        let (at, target) = (point?, track.target?);
        let at_end = target.value == 0.0 || Some(target.value) == case.limit;
        Some(case.limit.is_some() && at_end && (at.value - target.value).abs() <= ladder.met_within)
    };
    let met = |point| {
        let near = ladder.met_within > 0.0 && within(point) == Some(true);
        track.met(point) == Some(true) || near
    };
    let at = if met(track.end) {
        let rate = track.rates().linear.unwrap_or_default();
        let falls = track.direction * rate < 0.0;
        ladder.falling.filter(|_| falls).or(ladder.met)
    } else if track.met(track.start) == Some(true) {
        ladder.lost
    } else {
        None
    };
    ladder.classes.get(at?)
}

/// The values that a ladder looks at.
fn track<'a>(ladder: &Ladder, case: &Case<'a>) -> Option<&'a Track> {
    if ladder.measure == Measure::Score { case.scores } else { Some(case.values) }
}

fn measured(ladder: &Ladder, case: &Case<'_>) -> Result<f64, NoClass> {
    let track = track(ladder, case).ok_or(NoClass::NoScore)?;
    let rates = track.rates();
    let found = match ladder.measure {
        Measure::Pace | Measure::Score => rates.ratio_linear,
        Measure::Growth => rates.ratio_cagr,
        Measure::Way => rates.unsd2023_ratio,
        Measure::Rate => rates.cagr.map(|rate| track.direction * rate),
    };
    found.map(rounded).ok_or(NoClass::Undefined)
}

/// A measure without its last bits: a pace of just 95 % is 95 %.
fn rounded(measure: f64) -> f64 {
    crate::rank::round(measure, DECIMALS)
}

/// Decimals to which a measure is rounded before it is compared with a bound.
const DECIMALS: u32 = 9;

/// 1 - (y0 / limit)^e: from 1 far below a natural limit to 0 at it, mirrored above it up to twice the limit, and 1
/// beyond (Statistics Canada).
pub fn near(start: f64, limit: f64, exponent: f64) -> f64 {
    let mirrored = if start > limit { limit + limit - start } else { start };
    let share = (mirrored / limit).clamp(0.0, 1.0);
    1.0 - share.powf(exponent)
}

/// The mark of a measure on straight lines between points, held at both ends; `None` without points.
pub fn mark(points: &[Knot], measure: f64) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    let between = points.windows(2).find_map(|pair| {
        let [(from, low), (to, high)] = pair else { return None };
        let is_in = (*from..=*to).contains(&measure);
        is_in.then(|| low + (high - low) * (measure - from) / (to - from))
    });
    Some(between.unwrap_or(if measure < first.0 { first.1 } else { last.1 }))
}

/// Whether some classes have something in common: a band that all of them are like.
pub fn agree<'a>(all: impl IntoIterator<Item = &'a [Band]>) -> bool {
    let mut common: Vec<Band> = Band::ALL.to_vec();
    for like in all {
        common.retain(|band| like.contains(band));
    }
    !common.is_empty()
}
