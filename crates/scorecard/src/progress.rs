//! Rates of change, required rates and classes; docs/METHOD.md section 4.

use std::fmt;

use serde::Serialize;
use wsis_model::rules::ClassRule;

use crate::result::Class;

/// Slack for spans of years: the mean of whole years over weights has last bits.
const YEAR_SLACK: f64 = 1e-9;

/// ESCAP's current status index at the target; 0 at the base.
const ESCAP_FULL: f64 = 10.0;

/// A value at a point in time. The year is a float because a line's point in time is the mean
/// of its indicators' years.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Point {
    /// Value, in any unit that is the same for all points of a [`Track`].
    pub value: f64,
    /// Calendar year.
    pub year: f64,
}

/// Where an indicator, or a score, came from, where it is, and where it should be.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Track {
    /// +1 if higher is better, -1 if lower is.
    pub direction: f64,
    /// Baseline.
    pub start: Option<Point>,
    /// Current value.
    pub end: Option<Point>,
    /// Target.
    pub target: Option<Point>,
    /// Natural bounds of the value (0 and 100 for a percentage).
    pub bounds: (Option<f64>, Option<f64>),
    /// Part of the target (of 1 where it is smaller) by which "met" may fall short.
    pub tolerance: f64,
    /// Sampling error of the change: inside it there is neither a rise nor a fall. `None` where the
    /// values rest on no sample whose error is known.
    pub error: Option<f64>,
}

/// Everything that can be said of a track in numbers; `None` where undefined, never NaN.
/// Rates need two points in time, so all but the gap are `None` without a baseline.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rates {
    /// (y1 - y0) / (t1 - t0), units a year.
    pub linear: Option<f64>,
    /// (y1 / y0)^(1 / (t1 - t0)) - 1; both values > 0, or both 0 (no growth).
    pub cagr: Option<f64>,
    /// (T - y0) / (tT - t0): was the pace right.
    pub required_linear_from_base: Option<f64>,
    /// (T - y1) / (tT - t1): what pace is needed now.
    pub required_linear_from_now: Option<f64>,
    /// As growth, from the base.
    pub required_cagr_from_base: Option<f64>,
    /// As growth, from now.
    pub required_cagr_from_now: Option<f64>,
    /// d * linear / |required from base|. When nothing was required and the value moved away it
    /// is -1 by convention; scorecards print no ratio then.
    pub ratio_linear: Option<f64>,
    /// d * cagr / |required growth from base|.
    pub ratio_cagr: Option<f64>,
    /// y1 + linear * (tT - t1).
    pub projected_linear: Option<f64>,
    /// The same held within the natural bounds.
    pub projected_linear_clamped: Option<f64>,
    /// y1 * (1 + cagr)^(tT - t1).
    pub projected_cagr: Option<f64>,
    /// UNSD progress chart 2023: (projected by growth - y0) / (T - y0).
    pub unsd2023_ratio: Option<f64>,
    /// ESCAP current status index, 10 * d * (y1 - y0) / |T - y0|; 10 = met.
    pub escap: Option<f64>,
    /// max(0, d * (T - y1)).
    pub gap: Option<f64>,
    /// Years until the gap closes at the linear rate; `None` when closed, or never.
    pub years_to_target: Option<f64>,
}

impl Track {
    /// Whether a value meets the target, with slack for rounding in the last bits.
    pub(crate) fn met(&self, at: Option<Point>) -> Option<bool> {
        let (at, target) = (at?, self.target?);
        let slack = self.tolerance * target.value.abs().max(1.0);
        Some(self.direction * (at.value - target.value) >= -slack)
    }

    /// Whether there is a change and it lies inside its sampling error.
    pub(crate) fn within_error(&self) -> bool {
        let ends = self.start.zip(self.end).zip(self.error);
        ends.is_some_and(|((start, end), error)| (end.value - start.value).abs() <= error)
    }

    /// The ratio at the edge of the sampling error that is best for the economy.
    fn best_ratio(&self) -> Option<f64> {
        let (end, error) = (self.end?, self.error?);
        let best = Point { value: end.value + self.direction * error, ..end };
        let required = self.rates().required_linear_from_base.filter(|it| *it != 0.0)?;
        let towards = self.direction * required > 0.0;
        towards.then(|| Self { end: Some(best), ..*self }.rates().ratio_linear).flatten()
    }

    /// Whether start and end are as far apart as a class by two values asks for.
    fn is_apart(&self, min_years: f64) -> bool {
        let span = self.start.zip(self.end).map(|(start, end)| end.year - start.year);
        span.is_some_and(|span| span + YEAR_SLACK >= min_years)
    }

    pub(crate) fn lost(&self) -> bool {
        self.met(self.start) == Some(true) && self.met(self.end) == Some(false)
    }

    /// Whether base and target are one value, so that no change was required.
    fn required_zero(&self) -> bool {
        matches!((self.start, self.target), (Some(start), Some(target)) if start.value == target.value)
    }

    fn out_of_bounds(&self) -> bool {
        self.end.is_some_and(|end| {
            self.bounds.0.is_some_and(|low| end.value < low)
                || self.bounds.1.is_some_and(|high| end.value > high)
        })
    }

    /// Units a year from the current value to the target, where the target is not met and lies
    /// ahead of `review`, the last year of the window. Needs no baseline.
    pub fn required_from_now(&self, review: f64) -> Option<f64> {
        let (end, target) = (self.end?, self.target?);
        let ahead = target.year > review && target.year > end.year;
        (ahead && self.met(self.end) == Some(false))
            .then(|| (target.value - end.value) / (target.year - end.year))
    }

    /// The numbers of a track.
    pub fn rates(&self) -> Rates {
        let mut rates = Rates::default();
        let d = self.direction;
        if let (Some(end), Some(target)) = (self.end, self.target) {
            rates.gap = Some((d * (target.value - end.value)).max(0.0));
        }
        let (Some(start), Some(end)) = (self.start, self.end) else { return rates };
        let span = end.year - start.year;
        if span <= 0.0 {
            return rates;
        }
        let linear = (end.value - start.value) / span;
        rates.linear = Some(linear);
        rates.cagr = growth(start.value, end.value, span);
        if let Some(target) = self.target {
            self.against_target(&mut rates, start, end, target, linear);
        }
        rates
    }

    fn against_target(
        &self,
        rates: &mut Rates,
        start: Point,
        end: Point,
        target: Point,
        linear: f64,
    ) {
        let d = self.direction;
        let to_go = target.value - start.value;
        let from_base = target.year - start.year;
        if from_base > 0.0 {
            let required = to_go / from_base;
            rates.required_linear_from_base = Some(required);
            rates.required_cagr_from_base = growth_above_zero(start.value, target.value, from_base);
            rates.ratio_linear = if required == 0.0 {
                (d * linear < 0.0).then_some(-1.0)
            } else {
                Some(d * linear / required.abs())
            };
        }
        rates.ratio_cagr = match (rates.cagr, rates.required_cagr_from_base) {
            (Some(cagr), Some(required)) if required != 0.0 => Some(d * cagr / required.abs()),
            _ => None,
        };
        let ahead = target.year - end.year;
        if ahead > 0.0 {
            rates.required_linear_from_now = Some((target.value - end.value) / ahead);
            rates.required_cagr_from_now = growth_above_zero(end.value, target.value, ahead);
            let projected = end.value + linear * ahead;
            let low = self.bounds.0.unwrap_or(f64::NEG_INFINITY);
            let high = self.bounds.1.unwrap_or(f64::INFINITY);
            rates.projected_linear = Some(projected);
            rates.projected_linear_clamped = Some(projected.max(low).min(high));
            rates.projected_cagr = rates.cagr.map(|cagr| end.value * (1.0 + cagr).powf(ahead));
        }
        if to_go != 0.0 {
            rates.escap = Some(ESCAP_FULL * d * (end.value - start.value) / to_go.abs());
            rates.unsd2023_ratio = self.way(rates.cagr).filter(|_| ahead > 0.0);
        }
        rates.years_to_target = match rates.gap {
            Some(gap) if gap > 0.0 && d * linear > 0.0 => Some(gap / (d * linear)),
            _ => None,
        };
    }
}

impl Track {
    /// The way to the target that growth covers by its year (UNSD 2023), also where that year is not ahead: there growth
    /// came from. `None` of a target of no year after the baseline, and where there was no way to go.
    pub(crate) fn way(&self, cagr: Option<f64>) -> Option<f64> {
        let (start, end, target) = (self.start?, self.end?, self.target?);
        let by_then = end.value * (1.0 + cagr?).powf(target.year - end.year);
        let to_go = target.value - start.value;
        (target.year > start.year && to_go != 0.0).then(|| (by_then - start.value) / to_go)
    }
}

fn growth(from: f64, to: f64, years: f64) -> Option<f64> {
    if from == 0.0 && to == 0.0 { Some(0.0) } else { growth_above_zero(from, to, years) }
}

fn growth_above_zero(from: f64, to: f64, years: f64) -> Option<f64> {
    (from > 0.0 && to > 0.0).then(|| (to / from).powf(years.recip()) - 1.0)
}

/// On which scale the actual rate is compared with the required one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    /// Units a year: percentages, scores, and anything already on a log scale.
    Linear,
    /// Compound growth.
    Growth,
}

/// Parameters of the classes.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rules {
    /// Bounds of the classes.
    pub classes: ClassRule,
    /// Shortest time between the two points, in years.
    pub min_years: f64,
    /// A change smaller than this counts as stagnant, in units of the track.
    pub stagnant: f64,
    /// Last year of the review window, with which deadlines are compared; `None`: the year of
    /// the current value.
    pub review: Option<f64>,
}

/// Why a class is what it is, or why there is none.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Why {
    /// There is no current value.
    NoCurrent,
    /// The framework has no target.
    NoTarget,
    /// There is no value near the start of the window.
    NoBaseline,
    /// Start and end are the same observation.
    SingleObservation,
    /// Start and end are less than the shortest time apart.
    ShortSpan,
    /// The value at the base is just the one from which the target counts as met, so no rate was
    /// required. That value need not be the target itself.
    RequiredZero,
    /// Met at the base, and no longer.
    MetThenLost,
    /// The target year is past and the target is not met.
    TargetYearPast,
    /// Met, but moving away.
    Falling,
    /// Hardly any change.
    Stagnant,
    /// The change lies inside its sampling error.
    NotSignificant,
    /// The current value lies outside its natural bounds; it is used as it is.
    OutOfBounds,
    /// Growth from 0 is undefined.
    ZeroBase,
    /// Growth to 0 is undefined.
    TargetZero,
    /// Growth of values that are not positive is undefined.
    Sign,
}

impl Why {
    /// Whether the test that decided the class names it already.
    pub(crate) const fn is_in_test(self) -> bool {
        matches!(
            self,
            Self::MetThenLost
                | Self::RequiredZero
                | Self::TargetYearPast
                | Self::Falling
                | Self::NotSignificant
        )
    }

    /// Whether it says that the target was met at the start and is missed at the end.
    pub(crate) const fn is_lost(self) -> bool {
        matches!(self, Self::MetThenLost | Self::RequiredZero)
    }

    /// In words, with the numbers of the rule book.
    pub fn words(self, classes: &ClassRule) -> String {
        match self {
            Self::Stagnant => {
                format!("stagnant: change of less than {}", classes.stagnant_words())
            }
            why => why.to_string(),
        }
    }

    /// Stable code, as in the reference cases.
    pub const fn code(self) -> &'static str {
        match self {
            Self::NoCurrent => "no_current",
            Self::NoTarget => "no_target",
            Self::NoBaseline => "no_baseline",
            Self::SingleObservation => "single_observation",
            Self::ShortSpan => "short_span",
            Self::RequiredZero => "required_change_zero",
            Self::MetThenLost => "met_at_baseline_then_lost",
            Self::TargetYearPast => "target_year_past",
            Self::Falling => "falling",
            Self::Stagnant => "stagnant",
            Self::NotSignificant => "no_significant_change",
            Self::OutOfBounds => "value_out_of_bounds",
            Self::ZeroBase => "cagr_undefined_zero_base",
            Self::TargetZero => "cagr_target_zero",
            Self::Sign => "cagr_undefined_sign",
        }
    }
}

impl fmt::Display for Why {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::NoCurrent => "no current value",
            Self::NoTarget => "no target in this framework",
            Self::NoBaseline => "no baseline",
            Self::SingleObservation => "a single observation",
            Self::ShortSpan => "span of the values shorter than asked",
            Self::RequiredZero => "already met at the start",
            Self::MetThenLost => "target met at the start, then lost",
            Self::TargetYearPast => "target year past, target not met",
            Self::Falling => "met, but falling",
            Self::Stagnant => "stagnant: hardly any change",
            Self::NotSignificant => "no significant change",
            Self::OutOfBounds => "current value outside its natural bounds",
            Self::ZeroBase => "growth from 0 is undefined",
            Self::TargetZero => "growth to 0 is undefined",
            Self::Sign => "growth of values that are not positive is undefined",
        })
    }
}

/// The remark that tells a reader most: a target that was just met at the start and is missed now
/// was met and lost, whatever the formula says of the rate.
pub const fn telling(class: Class, why: Why) -> Why {
    match (class, why) {
        (Class::Regressing, Why::RequiredZero) => Why::MetThenLost,
        (_, why) => why,
    }
}

/// Class of a track and why; the first rule of docs/METHOD.md section 4 that applies.
pub fn classify(track: &Track, basis: Basis, rules: &Rules) -> (Class, Option<Why>) {
    let (class, why) = first_rule(track, basis, rules);
    (class, why.or_else(|| track.out_of_bounds().then_some(Why::OutOfBounds)))
}

fn first_rule(track: &Track, basis: Basis, rules: &Rules) -> (Class, Option<Why>) {
    let Some(end) = track.end else { return (Class::NotAssessable, Some(Why::NoCurrent)) };
    let Some(target) = track.target else { return (Class::NotAssessable, Some(Why::NoTarget)) };
    let rates = track.rates();
    let still = track.within_error();
    if track.met(track.end) == Some(true) {
        let falls = rates.linear.is_some_and(|rate| track.direction * rate < 0.0);
        let falling = falls && !still && track.is_apart(rules.min_years);
        let zero = track.required_zero().then_some(Why::RequiredZero);
        return (Class::TargetMet, if falling { Some(Why::Falling) } else { zero });
    }
    if track.lost() && !still && track.is_apart(rules.min_years) {
        let zero = track.required_zero();
        return (Class::Regressing, Some(if zero { Why::RequiredZero } else { Why::MetThenLost }));
    }
    if target.year <= rules.review.unwrap_or(end.year) {
        return (Class::DeadlineMissed, Some(Why::TargetYearPast));
    }
    let Some(start) = track.start else { return (Class::NotAssessable, Some(Why::NoBaseline)) };
    let span = end.year - start.year;
    if span <= 0.0 {
        return (Class::NotAssessable, Some(Why::SingleObservation));
    }
    if !track.is_apart(rules.min_years) {
        return (Class::NotAssessable, Some(Why::ShortSpan));
    }
    if still {
        return within_error(track, &rules.classes);
    }
    let ratio = match basis {
        Basis::Linear => rates.ratio_linear,
        Basis::Growth => rates.ratio_cagr,
    };
    let Some(ratio) = ratio else {
        return (Class::NotAssessable, Some(undefined_growth(start, target)));
    };
    by_ratio(ratio, (end.value - start.value).abs() < rules.stagnant, &rules.classes)
}

/// A change inside its sampling error is neither a rise nor a fall. The class is "limited" where even
/// the best that the sample allows is; else there is none.
fn within_error(track: &Track, classes: &ClassRule) -> (Class, Option<Why>) {
    let best = track.best_ratio().map(|ratio| crate::rank::round(ratio, classes.ratio_decimals));
    match best {
        Some(ratio) if ratio < classes.limited => (Class::Regressing, None),
        Some(ratio) if ratio < classes.moderate => (Class::Limited, Some(Why::NotSignificant)),
        _ => (Class::NotAssessable, Some(Why::NotSignificant)),
    }
}

fn undefined_growth(start: Point, target: Point) -> Why {
    match (start.value, target.value) {
        (_, 0.0) => Why::TargetZero,
        (0.0, _) => Why::ZeroBase,
        _ => Why::Sign,
    }
}

/// The ratio is rounded before it is compared, so that 95 % of the required pace is 95 % whatever
/// the last bits say.
fn by_ratio(ratio: f64, stagnant: bool, classes: &ClassRule) -> (Class, Option<Why>) {
    let ratio = crate::rank::round(ratio, classes.ratio_decimals);
    if ratio >= classes.on_track {
        (Class::OnTrack, None)
    } else if ratio >= classes.moderate {
        (Class::Moderate, None)
    } else if ratio >= classes.limited {
        (Class::Limited, stagnant.then_some(Why::Stagnant))
    } else {
        // One rule for rise and fall: the class follows the sign, and hardly any change is said to be one.
        (Class::Regressing, stagnant.then_some(Why::Stagnant))
    }
}

/// Which of two years at equal distance is taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tie {
    /// The earlier one (house rule).
    Earlier,
    /// The later one.
    Later,
}

/// The year nearest to `wanted` within `window` years of it, or `None`.
pub fn nearest_year(
    years: impl IntoIterator<Item = i32>,
    wanted: i32,
    window: i32,
    tie: Tie,
) -> Option<i32> {
    let near = years.into_iter().filter(|year| (year - wanted).abs() <= window);
    near.min_by_key(|year| {
        let order = if tie == Tie::Earlier { *year } else { -*year };
        ((year - wanted).abs(), order)
    })
}
