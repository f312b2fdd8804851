//! Where a track stands against the path that its target asks for: docs/METHOD.md section 14.
//!
//! The path needed leads straight from the baseline to the target; the trend leads through the two
//! observations. Both are of a [`Track`], on the scale on which its class is judged: rates, projection
//! and years to the target are those of [`Track::rates`], and a target is met as it is for a class.

use std::fmt;

use crate::progress::{Point, Track, Why};

/// Why no path leads from a baseline to a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoPath {
    /// What a class would say.
    Why(Why),
    /// The target year is past, and the target is met.
    PastAndMet,
}

impl fmt::Display for NoPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Why(why) => why.fmt(f),
            Self::PastAndMet => f.write_str("target year past, target met"),
        }
    }
}

/// Why a trend never arrives at a target.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NoArrival {
    /// It is there.
    Met,
    /// The values are the same at both ends.
    Still,
    /// It leads away.
    Away,
}

impl fmt::Display for NoArrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Met => "target met",
            Self::Still => "no change",
            Self::Away => "away from the target",
        })
    }
}

/// Where the trend through the two observations leads.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Trend {
    /// Value in the target year, held within the natural bounds.
    pub projected: f64,
    /// The same before it was held.
    pub unbounded: f64,
    /// When it is at the target, a calendar year with its fraction; or why never.
    pub arrival: Result<f64, NoArrival>,
}

/// Where a track stands against the path needed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Course {
    /// Value of the path needed in the year of the current value.
    pub needed: f64,
    /// Years by which the current value is ahead of the path (below 0: behind it): the year in which
    /// the straight line of the path has that value, at most the target year, less its own year.
    pub gap_years: f64,
    /// Where the trend leads; [`Why::NotSignificant`] where the change lies inside its sampling error.
    pub trend: Result<Trend, Why>,
}

/// The course of a track in a window that ends in `review`.
///
/// # Errors
/// Why no path leads from its baseline to its target.
pub fn course(track: &Track, review: f64) -> Result<Course, NoPath> {
    let why = |why| Err(NoPath::Why(why));
    let Some(end) = track.end else { return why(Why::NoCurrent) };
    let Some(target) = track.target else { return why(Why::NoTarget) };
    let is_met = track.met(track.end) == Some(true);
    if target.year <= review {
        return if is_met { Err(NoPath::PastAndMet) } else { why(Why::TargetYearPast) };
    }
    let Some(start) = track.start else { return why(Why::NoBaseline) };
    if end.year <= start.year {
        return why(Why::SingleObservation);
    }
    if track.met(track.start) == Some(true) {
        let lost = track.lost() && !track.within_error();
        return why(if lost { Why::MetThenLost } else { Why::RequiredZero });
    }
    let Some(needed) = track.needed_at(end.year) else { return why(Why::NoTarget) };
    let share = (end.value - start.value) / (target.value - start.value);
    let reached = start.year + share * (target.year - start.year);
    let gap_years = reached.min(target.year) - end.year;
    Ok(Course { needed, gap_years, trend: trend(track, end, is_met) })
}

fn trend(track: &Track, end: Point, is_met: bool) -> Result<Trend, Why> {
    if track.within_error() {
        return Err(Why::NotSignificant);
    }
    let rates = track.rates();
    let (Some(linear), Some(unbounded)) = (rates.linear, rates.projected_linear) else {
        return Err(Why::NoBaseline);
    };
    let arrival = match rates.years_to_target {
        _ if is_met => Err(NoArrival::Met),
        Some(years) => Ok(end.year + years),
        None if linear == 0.0 => Err(NoArrival::Still),
        None => Err(NoArrival::Away),
    };
    let projected = rates.projected_linear_clamped.unwrap_or(unbounded);
    Ok(Trend { projected, unbounded, arrival })
}

impl Track {
    /// Value of the path needed in a year: the straight line from the baseline to the target, and the
    /// target from its year on.
    pub fn needed_at(&self, year: f64) -> Option<f64> {
        let (start, target) = (self.start?, self.target?);
        if year >= target.year {
            return Some(target.value);
        }
        Some(start.value + self.rates().required_linear_from_base? * (year - start.year))
    }

    /// Value of the trend in a year: the straight line through the two observations, held within the
    /// natural bounds after the second.
    pub fn trend_at(&self, year: f64) -> Option<f64> {
        let (start, end) = (self.start?, self.end?);
        let value = start.value + self.rates().linear? * (year - start.year);
        let (low, high) = self.bounds;
        let held = value.max(low.unwrap_or(f64::NEG_INFINITY)).min(high.unwrap_or(f64::INFINITY));
        Some(if year > end.year { held } else { value })
    }
}
