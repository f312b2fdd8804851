//! One indicator in one area and window: which observations count, their scores, the class, and
//! why there is nothing.

use wsis_model::area::Area;
use wsis_model::framework::{Direction, Indicator, Transform, Window};
use wsis_model::status::ObsStatus;

use crate::normalise::{Normalised, NotNormalised, goalposts, oriented, transformed};
use crate::panel::Cell;
use crate::progress::{Basis, Point, Rules, Tie, Track, Why, classify, nearest_year};
use crate::result::{Class, IndicatorScore, Missing, Reading};
use crate::targets::{Targets, with_caution};

/// A value older than this, in years before the review year, is not used at all.
pub const MAX_AGE: i32 = 5;
/// A value older than this gives a level but no progress.
pub const MAX_AGE_PROGRESS: i32 = 3;
/// Largest distance of a baseline from the start of the window.
pub const BASELINE_WINDOW: i32 = 2;
/// Shortest time between baseline and current value.
pub const MIN_YEARS: i32 = 3;

/// Cells of one indicator and area, years ascending.
pub type Series = [(i32, Cell)];

/// An observation with its score.
#[derive(Debug, Clone, Copy)]
pub struct Scored<'p> {
    /// Calendar year.
    pub year: i32,
    /// Value in the indicator's unit.
    pub value: f64,
    /// The cell it stands in.
    pub cell: &'p Cell,
    /// Score, or why none.
    pub norm: Result<Normalised, NotNormalised>,
}

impl Scored<'_> {
    /// The score on the framework's scale.
    pub fn score(&self) -> Option<f64> {
        self.norm.ok().map(|norm| norm.score)
    }

    /// Why it has no score although its indicator has goalposts.
    fn fault(&self) -> Option<NotNormalised> {
        self.norm.err().filter(|fault| *fault != NotNormalised::NoGoalposts)
    }
}

/// What one indicator has to say in one window.
#[derive(Debug, Clone, Copy)]
pub struct View<'p> {
    /// Observation nearest to the start.
    pub start: Option<Scored<'p>>,
    /// Latest observation within [`MAX_AGE`] of the end.
    pub end: Option<Scored<'p>>,
    /// Year of a series break between them.
    pub break_year: Option<i32>,
    /// Review year.
    pub review: i32,
    /// Normalised target and its year.
    pub target: Option<(f64, i32)>,
}

impl View<'_> {
    /// Current score, for the level.
    pub fn level(&self) -> Option<f64> {
        self.end.and_then(|end| end.score())
    }

    /// Whether the current value is too old for progress.
    pub fn stale(&self) -> bool {
        self.end.is_some_and(|end| self.review - end.year > MAX_AGE_PROGRESS)
    }

    /// Scores and years at both ends, if the indicator can show progress: both ends there, far
    /// enough apart, the current one recent, no break in between.
    pub fn matched(&self) -> Option<Ends> {
        let (start, end) = (self.start?, self.end?);
        let usable =
            !self.stale() && self.break_year.is_none() && end.year - start.year >= MIN_YEARS;
        if !usable {
            return None;
        }
        Some(Ends {
            start: start.score()?,
            end: end.score()?,
            start_year: start.year,
            end_year: end.year,
        })
    }
}

/// Scores of a matched indicator.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Ends {
    /// Score at the start.
    pub start: f64,
    /// Score at the end.
    pub end: f64,
    /// Year of the baseline.
    pub start_year: i32,
    /// Year of the current value.
    pub end_year: i32,
}

fn score_of(indicator: &Indicator, value: f64, max: f64) -> Result<Normalised, NotNormalised> {
    let posts = indicator.goalposts.as_ref().ok_or(NotNormalised::NoGoalposts)?;
    goalposts(value, indicator.direction, posts, max)
}

/// The latest observation with a value in `[review - MAX_AGE, review]`.
pub fn current<'p>(
    indicator: &Indicator,
    series: &'p Series,
    review: i32,
    max: f64,
) -> Option<Scored<'p>> {
    series.iter().rev().filter(|(year, _)| *year <= review && *year >= review - MAX_AGE).find_map(
        |(year, cell)| {
            let value = cell.value?;
            Some(Scored { year: *year, value, cell, norm: score_of(indicator, value, max) })
        },
    )
}

fn baseline<'p>(
    indicator: &Indicator,
    series: &'p Series,
    window: Window,
    max: f64,
) -> Option<Scored<'p>> {
    let valued =
        || series.iter().filter(|(year, cell)| *year <= window.end && cell.value.is_some());
    let years = valued().map(|(year, _)| *year);
    let year = nearest_year(years, window.start, BASELINE_WINDOW, Tie::Earlier)?;
    let (_, cell) = valued().find(|(other, _)| *other == year)?;
    let value = cell.value?;
    Some(Scored { year, value, cell, norm: score_of(indicator, value, max) })
}

/// Reads one indicator in one window.
pub fn view<'p>(indicator: &Indicator, series: &'p Series, window: Window, max: f64) -> View<'p> {
    let start = baseline(indicator, series, window, max);
    let end = current(indicator, series, window.end, max);
    let break_year = match (&start, &end) {
        (Some(start), Some(end)) => break_between(series, start.year, end.year),
        _ => None,
    };
    let target = indicator.target.as_ref().and_then(|target| {
        let norm = score_of(indicator, target.value, max).ok()?;
        Some((norm.score, target.year))
    });
    View { start, end, break_year, review: window.end, target }
}

/// A break (SDMX `B`) after the start, or a definition that differs at one end only (`D`).
fn break_between(series: &Series, from: i32, to: i32) -> Option<i32> {
    let inside = || series.iter().filter(|(year, _)| *year > from && *year <= to);
    if let Some((year, _)) = inside().find(|(_, cell)| cell.obs_status == ObsStatus::Break) {
        return Some(*year);
    }
    let differs = |year: i32| {
        series.iter().any(|(y, cell)| *y == year && cell.obs_status == ObsStatus::DefinitionDiffers)
    };
    (differs(from) != differs(to)).then_some(to)
}

/// Whether two observations of a series may be compared: the same one, or without a break
/// between them.
pub fn comparable(_indicator: &Indicator, series: &Series, from: i32, to: i32) -> bool {
    from == to || break_between(series, from, to).is_none()
}

/// Facts about an indicator over all areas, for the reason of a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivery {
    /// Whether any area has a cell.
    pub any: bool,
}

/// The row of an indicator for an area and a window.
pub fn indicator_score(
    indicator: &Indicator,
    area: &Area,
    series: &Series,
    window: Window,
    max: f64,
    delivery: Delivery,
) -> IndicatorScore {
    let view = view(indicator, series, window, max);
    let track = track(indicator, &view);
    let (class, why) = classify(&track, Basis::Linear, &rules(indicator));
    let progress = view.matched();
    let raw = raw_track(indicator, &view).rates();
    let gap = missing(indicator, series, &view, window, delivery);
    let targets = Targets::of(&indicator.target);
    IndicatorScore {
        indicator: indicator.code.clone(),
        area: area.code.clone(),
        area_name: area.name.clone(),
        window_start: window.start,
        window_end: window.end,
        unit: indicator.unit.clone(),
        shifted: view.start.is_some_and(|start| start.year != window.start),
        stale: view.stale(),
        clamped: view.end.is_some_and(|end| end.norm.is_ok_and(|norm| norm.is_clamped())),
        change: progress.map(|ends| ends.end - ends.start),
        per_year: progress.and(raw.linear),
        required_per_year: if class == Class::TargetMet {
            None
        } else {
            raw.required_linear_from_now
        },
        target: indicator.target.as_ref().map(|target| target.value),
        target_year: indicator.target.as_ref().map(|target| target.year),
        target_status: targets.status(),
        target_verified: targets.verified(),
        ratio: progress.and_then(|_| published_ratio(&track)),
        class,
        class_reason: match &gap {
            Some((_, text)) if view.end.is_none() => Some(format!("no data: {text}")),
            Some((_, text)) if class == Class::NotAssessable => Some(text.clone()),
            _ if class == Class::NotAssessable => why.map(|why| sentence(why, &view, window)),
            _ => with_caution(standing(class, why, &view, window), &targets),
        },
        missing: gap.as_ref().map(|(missing, _)| *missing),
        missing_reason: gap.map(|(_, text)| text),
        start: view.start.map(reading),
        end: view.end.map(reading),
    }
}

/// The ratio of a track where a change was required.
pub fn published_ratio(track: &Track) -> Option<f64> {
    let rates = track.rates();
    let required = rates.required_linear_from_base.is_some_and(|required| required != 0.0);
    if required { rates.ratio_linear } else { None }
}

fn reading(scored: Scored<'_>) -> Reading {
    let cell = scored.cell;
    let norm = scored.norm.ok();
    Reading {
        year: scored.year,
        value: scored.value,
        value_text: cell.value_text.clone(),
        obs_status: cell.obs_status.code(),
        source_flag: cell.source_flag.clone(),
        footnote: cell.footnote.clone(),
        payload: cell.payload.map(|payload| payload.to_string()),
        payload_row: cell.payload_row,
        score: norm.map(|norm| norm.score),
        unclamped: norm.map(|norm| norm.unclamped),
    }
}

fn transform(indicator: &Indicator) -> Transform {
    indicator.goalposts.as_ref().map_or(Transform::Identity, |posts| posts.transform)
}

/// One point of score, in units of the track.
fn rules(indicator: &Indicator) -> Rules {
    let point = indicator.goalposts.as_ref().and_then(|posts| {
        let lo = transformed(posts.lo, posts.transform)?;
        let hi = transformed(posts.hi, posts.transform)?;
        Some((hi - lo).abs() / 100.0)
    });
    Rules { min_years: f64::from(MIN_YEARS), stagnant: point.unwrap_or(0.0) }
}

/// The track on the scale of the indicator's transform: a linear rate there is a growth or log
/// rate of the value, as suits counts, traffic and prices (method.md 4.1).
fn track(indicator: &Indicator, view: &View<'_>) -> Track {
    let f = |value: f64| transformed(oriented(value, indicator.direction), transform(indicator));
    track_by(indicator, view, f)
}

/// The track in the indicator's own unit.
fn raw_track(indicator: &Indicator, view: &View<'_>) -> Track {
    track_by(indicator, view, |value| Some(oriented(value, indicator.direction)))
}

fn track_by(indicator: &Indicator, view: &View<'_>, f: impl Fn(f64) -> Option<f64>) -> Track {
    let point = |value: f64, year: i32| Some(Point { value: f(value)?, year: f64::from(year) });
    let usable = !view.stale() && view.break_year.is_none();
    Track {
        direction: match indicator.direction {
            Direction::Up => 1.0,
            Direction::Down | Direction::Goldilocks(_) => -1.0,
        },
        start: view.start.filter(|_| usable).and_then(|start| point(start.value, start.year)),
        end: view.end.and_then(|end| point(end.value, end.year)),
        target: indicator.target.as_ref().and_then(|target| point(target.value, target.year)),
        bounds: (None, None),
    }
}

/// What is said of a class. One that rests on the level alone says why there is no progress.
fn standing(class: Class, why: Option<Why>, view: &View<'_>, window: Window) -> Option<String> {
    let said = why.map(|why| sentence(why, view, window));
    let lack = no_progress(view).filter(|_| class != Class::Regressing);
    match (said, lack.map(|lack| sentence(lack, view, window))) {
        (None, Some(lack)) => Some(format!("level only: {lack}")),
        (Some(said), Some(lack)) => Some(format!("{said}; {lack}")),
        (said, None) => said,
    }
}

/// Why there is no progress between the ends of a view, or `None` if there is.
fn no_progress(view: &View<'_>) -> Option<Why> {
    let (Some(start), Some(end)) = (view.start, view.end) else { return Some(Why::NoBaseline) };
    if view.stale() || view.break_year.is_some() || start.fault().is_some() {
        return Some(Why::NoBaseline);
    }
    match end.year - start.year {
        ..=0 => Some(Why::SingleObservation),
        1..MIN_YEARS => Some(Why::ShortSpan),
        _ => None,
    }
}

/// Why a class, with the years that it rests on.
fn sentence(why: Why, view: &View<'_>, window: Window) -> String {
    match (why, view.end) {
        (Why::NoBaseline, Some(end)) if view.stale() => {
            format!("current value of {} is more than 3 years older than {}", end.year, window.end)
        }
        (Why::NoBaseline, _) => {
            let broken = view.break_year.map(|year| format!("series break in {year}"));
            let fault = || view.start.and_then(|start| Some(unusable(&start, start.fault()?)));
            broken.or_else(fault).unwrap_or_else(|| no_baseline(window))
        }
        (Why::SingleObservation, Some(end)) => format!("a single observation, of {}", end.year),
        (why, _) => why.to_string(),
    }
}

fn unusable(scored: &Scored<'_>, fault: NotNormalised) -> String {
    format!("value {} of {}: {fault}", scored.value, scored.year)
}

/// "no baseline" with the years in which one was looked for.
pub fn no_baseline(window: Window) -> String {
    let (from, to) = (window.start - BASELINE_WINDOW, window.start + BASELINE_WINDOW);
    format!("no baseline within {from} to {to}")
}

fn missing(
    indicator: &Indicator,
    series: &Series,
    view: &View<'_>,
    window: Window,
    delivery: Delivery,
) -> Option<(Missing, String)> {
    if let Some(end) = view.end {
        let fault = end.fault()?;
        return Some((Missing::NotNormalised, unusable(&end, fault)));
    }
    if !delivery.any {
        return Some(match indicator.series {
            None => (Missing::NoSeries, "no pipeline delivers this indicator yet".to_owned()),
            Some(_) => (Missing::NothingDelivered, "no observation delivered".to_owned()),
        });
    }
    if series.is_empty() {
        let text = "the source gives no observation for this area".to_owned();
        return Some((Missing::AreaNotCovered, text));
    }
    Some(gap_in(series, window))
}

fn gap_in(series: &Series, window: Window) -> (Missing, String) {
    let oldest = window.end - MAX_AGE;
    let stated = series
        .iter()
        .rev()
        .filter(|(year, cell)| *year >= oldest && *year <= window.end && cell.value.is_none())
        .find_map(|(year, cell)| match cell.obs_status {
            ObsStatus::NotCollected => Some((Missing::NotCollected, *year, "data not collected")),
            ObsStatus::CannotExist => Some((Missing::CannotExist, *year, "data cannot exist")),
            ObsStatus::Suppressed => Some((Missing::Withheld, *year, "withheld by the source")),
            _ => None,
        });
    if let Some((missing, year, text)) = stated {
        return (missing, format!("{text}, as stated for {year}"));
    }
    let valued = || series.iter().filter(|(_, cell)| cell.value.is_some()).map(|(year, _)| *year);
    if let Some(last) = valued().filter(|year| *year < oldest).max() {
        let text = format!("last value is of {last}, more than 5 years before {}", window.end);
        return (Missing::TooOld, text);
    }
    if let Some(first) = valued().filter(|year| *year > window.end).min() {
        return (Missing::Later, format!("first value is of {first}, after the window"));
    }
    (Missing::NoValue, "the source states that it has no value".to_owned())
}
