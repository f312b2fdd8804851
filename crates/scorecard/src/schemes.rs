//! Classes of progress by the rules of other organisations (`schemas/rules/others`), beside that of the house: the
//! same two observations, other measures, other words. For comparison; no scorecard shows them in place of the
//! house's class.

use wsis_model::scheme::{Band, Knot, Ladder, Measure, Scheme, SchemeClass};

use crate::progress::{Point, Track};

/// Why a book gives no class.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoClass {
    /// It has no rule without a target.
    #[error("no rule without a target")]
    NoTarget,
    /// Its measure is undefined: growth from, to or over 0, no change was required, or the target is of no year after
    /// the baseline.
    #[error("its measure is undefined for these values")]
    Undefined,
    /// There is no score to go by.
    #[error("no score")]
    NoScore,
}

/// What a book is asked of.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Case<'a> {
    /// Values at both ends, and the target.
    pub values: &'a Track,
    /// The same in scores, where there are any.
    pub scores: Option<&'a Track>,
    /// The value from which the house takes the target to be met, and its score.
    pub met_from: Option<(f64, Option<f64>)>,
    /// A natural limit of the values: 100 of a share in per cent.
    pub limit: Option<f64>,
}

/// What a book gives.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Given<'s> {
    /// The class.
    pub class: &'s SchemeClass,
    /// What the measure is; none where a target that is met decided alone.
    pub measure: Option<f64>,
    /// Mark, of a book that gives marks.
    pub mark: Option<f64>,
}

/// The class of a case by a book.
///
/// # Errors
/// Why it has none.
pub fn class<'s>(scheme: &'s Scheme, case: &Case<'_>) -> Result<Given<'s>, NoClass> {
    let (ladder, points) = match case.values.target {
        Some(_) => (&scheme.with_target, &scheme.marks_with_target),
        None => (&scheme.without_target, &scheme.marks_without_target),
    };
    let ladder = ladder.as_ref().ok_or(NoClass::NoTarget)?;
    let limit = case.limit.filter(|_| case.values.direction > 0.0);
    let shrink = ladder.limit_exponent.zip(limit).zip(case.values.start);
    let factor =
        shrink.map_or(1.0, |((exponent, limit), start)| near(start.value, limit, exponent));
    match by_rule(ladder, case) {
        Some((class, Rule::Met)) => Ok(Given { class, measure: None, mark: scheme.mark_met }),
        // The class is said whatever the measure is; a mark is of the measure.
        Some((class, Rule::Lost)) => {
            let measure = measured(ladder, case).ok();
            Ok(Given { class, measure, mark: measure.and_then(|it| mark(points, it, factor)) })
        }
        None => {
            let measure = measured(ladder, case)?;
            let fits = |class: &&SchemeClass| {
                !class.by_rule && class.from.is_none_or(|from| measure >= scaled(from, factor))
            };
            let class = ladder.classes.iter().find(fits).ok_or(NoClass::Undefined)?;
            Ok(Given { class, measure: Some(measure), mark: mark(points, measure, factor) })
        }
    }
}

/// A bound on the scale of a measure: those above 0 shrink near a limit.
fn scaled(bound: f64, factor: f64) -> f64 {
    if bound > 0.0 { bound * factor } else { bound }
}

/// What the ends decided.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Rule {
    /// The target is met.
    Met,
    /// It was met at the start, and is no more.
    Lost,
}

/// The class that the ends decide alone: met, met and falling, met and lost.
fn by_rule<'s>(ladder: &'s Ladder, case: &Case<'_>) -> Option<(&'s SchemeClass, Rule)> {
    let track = track(ladder, case)?;
    let within = |point: Option<Point>| {
        let (at, target) = (point?, track.target?);
        let at_end = target.value == 0.0 || Some(target.value) == case.limit;
        Some(case.limit.is_some() && at_end && (at.value - target.value).abs() <= ladder.met_within)
    };
    let met = |point| {
        let near = ladder.met_within > 0.0 && within(point) == Some(true);
        track.met(point) == Some(true) || near
    };
    let (at, rule) = if met(track.end) {
        let rate = track.rates().linear.unwrap_or_default();
        let falls = track.direction * rate < 0.0;
        (ladder.falling.filter(|_| falls).or(ladder.met), Rule::Met)
    } else if track.met(track.start) == Some(true) {
        (ladder.lost, Rule::Lost)
    } else {
        return None;
    };
    Some((ladder.classes.get(at?)?, rule))
}

/// The values that a ladder looks at.
fn track(ladder: &Ladder, case: &Case<'_>) -> Option<Track> {
    let is_score = matches!(ladder.measure, Measure::Score | Measure::Level);
    let track = *(if is_score { case.scores? } else { case.values });
    let Some((value, score)) = case.met_from.filter(|_| ladder.to_met_from) else {
        return Some(track);
    };
    let value = if is_score { score? } else { value };
    Some(Track { target: track.target.map(|target| Point { value, ..target }), ..track })
}

fn measured(ladder: &Ladder, case: &Case<'_>) -> Result<f64, NoClass> {
    let track = track(ladder, case).ok_or(NoClass::NoScore)?;
    let above_zero = |point: Option<Point>| match ladder.zero_as {
        Some(value) => point.map(|it| if it.value == 0.0 { Point { value, ..it } } else { it }),
        None => point,
    };
    let (start, target) = (above_zero(track.start), above_zero(track.target));
    let track = Track { start, target, ..track };
    let rates = track.rates();
    let found = match ladder.measure {
        Measure::Pace | Measure::Score => rates.ratio_linear,
        Measure::Growth => rates.ratio_cagr,
        Measure::Way => track.way(rates.cagr),
        Measure::Level => level(&track),
        Measure::Rate => rates.cagr.map(|rate| track.direction * rate),
    };
    found.map(rounded).ok_or(NoClass::Undefined)
}

/// The last score over that of the target.
fn level(track: &Track) -> Option<f64> {
    let (end, target) = (track.end?, track.target.filter(|target| target.value > 0.0)?);
    Some(end.value / target.value)
}

/// A measure without its last bits: a pace of just 95 % is 95 %.
fn rounded(measure: f64) -> f64 {
    crate::rank::round(measure, DECIMALS)
}

/// Decimals to which a measure is rounded before it is compared with a bound.
const DECIMALS: u32 = 9;

/// 1 - (y0 / limit)^e: from 1 far below a natural limit to 0 at it, mirrored above it up to twice the limit, and 1
/// beyond (Statistics Canada, who have the mirror for a least value, from which one comes down).
pub fn near(start: f64, limit: f64, exponent: f64) -> f64 {
    let mirrored = if start > limit { limit + limit - start } else { start };
    let share = (mirrored / limit).clamp(0.0, 1.0);
    1.0 - share.powf(exponent)
}

/// The mark of a measure on straight lines between points, held at both ends; `None` without points. Points
/// above 0 are multiplied by `factor`; where it is 0, as at a limit, no fall has the last mark.
pub fn mark(points: &[Knot], measure: f64, factor: f64) -> Option<f64> {
    let (first, last) = (points.first()?, points.last()?);
    let between = points.windows(2).rev().find_map(|pair| {
        let [(from, low), (to, high)] = pair else { return None };
        let (from, to) = (scaled(*from, factor), scaled(*to, factor));
        let is_in = from < to && (from..=to).contains(&measure);
        is_in.then(|| low + (high - low) * (measure - from) / (to - from))
    });
    let is_at_limit = factor == 0.0 && measure >= 0.0;
    let held = if measure < scaled(first.0, factor) { first.1 } else { last.1 };
    Some(between.filter(|_| !is_at_limit).unwrap_or(held))
}

/// Whether some classes have something in common: a band that all of them are like.
pub fn agree<'a>(all: impl IntoIterator<Item = &'a [Band]>) -> bool {
    let mut common: Vec<Band> = Band::ALL.to_vec();
    for like in all {
        common.retain(|band| like.contains(band));
    }
    !common.is_empty()
}
