//! The row of one indicator: values, change, class, and why there is nothing.

use wsis_model::area::Area;
use wsis_model::framework::{Indicator, Transform, Window};
use wsis_model::rules::ClassRule;
use wsis_model::status::ObsStatus;

use crate::decided::tested;
use crate::normalise::{oriented, sign, transformed};
use crate::progress::{Basis, Point, Rules, Track, Why, classify, telling};
use crate::reading::{Measure, RELATIVE, Scored, Series, Unmatched, View, view, years};
use crate::result::{Class, ClassBasis, IndicatorScore, Missing, Reading};
use crate::targets::{Targets, with_caution};

/// Why there is no figure of a series, of any area. Whether its source was asked the lake does not know:
/// a run may have failed, been held by a gate, or never been started.
pub const NOT_IN_LAKE: &str = "no figure of this series is in the lake";

/// Why there is none of an area, where others have one. Its rows may be in quarantine.
pub const NOT_OF_AREA: &str = "no observation of this area is in the lake";

/// What is said of a class that another baseline, equally near, would change.
pub const DEPENDS_ON_BASELINE: &str = "depends on the baseline year";

/// Facts about an indicator over all areas, for the reason of a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Delivered {
    /// Whether any area has a cell.
    pub any: bool,
    /// Last year with a value before the area's present territory, and its first year.
    pub before_territory: Option<(i32, i32)>,
}

/// The row of an indicator for an area and a window; `position` is filled later, over all areas, and
/// `dispute` by what else is delivered.
pub fn indicator_score(
    indicator: &Indicator,
    area: &Area,
    series: &Series,
    window: Window,
    measure: Measure<'_>,
    delivery: Delivered,
) -> IndicatorScore {
    let classes = measure.classes;
    let view = view(indicator, series, window, measure);
    let (class, why) = judged(indicator, &view, classes);
    let depends = view.other().is_some_and(|other| judged(indicator, &other, classes).0 != class);
    let (progress, two_ends) = (view.matched(), view.two_ends().ok());
    let rates = raw_track(indicator, &view, classes);
    let gap = missing(indicator, series, &view, window, delivery);
    // A relative index has no class that a target could be behind.
    let target = indicator.target.as_ref().filter(|_| !indicator.relative);
    let targets = Targets::of(target);
    let test = tested(indicator, class, why, &view, classes);
    let reason = match &gap {
        Some((_, text)) if view.end.is_none() => Some(format!("no data: {text}")),
        Some((_, text)) if class == Class::NotAssessable => Some(text.clone()),
        _ if class == Class::NotAssessable => {
            test.clone().or_else(|| why.map(|why| refusal(why, &view, classes)))
        }
        _ => with_caution(standing(test.as_deref(), why, &view, classes), &targets),
    };
    IndicatorScore {
        indicator: indicator.code.clone(),
        area: area.code.clone(),
        area_name: area.name.clone(),
        window_start: window.start,
        window_end: window.end,
        unit: indicator.unit.clone(),
        shifted: view.start.is_some_and(|start| start.year != window.start),
        stale: view.stale(),
        clamped: view.clamped(),
        dispute: None,
        change: progress.map(|ends| ends.end - ends.start),
        span_years: progress.map(|ends| ends.end_year - ends.start_year),
        depends_on_baseline: depends,
        position: None,
        per_year: two_ends.and(rates.rates().linear),
        required_per_year: rates.required_from_now(f64::from(view.passed)),
        target: target.map(|target| target.value),
        met_from: target.map(wsis_model::framework::Target::met_value),
        target_year: target.map(|target| target.year),
        target_status: targets.status(),
        target_verified: targets.verified(),
        ratio: two_ends.and_then(|_| published_ratio(&track(indicator, &view, classes))),
        class,
        class_basis: ClassBasis::of(class, why, two_ends.is_none()),
        class_test: test.filter(|_| class != Class::NotAssessable),
        class_reason: if depends { Some(joined(reason, DEPENDS_ON_BASELINE)) } else { reason },
        missing: gap.as_ref().map(|(missing, _)| *missing),
        missing_reason: gap.map(|(_, text)| text),
        start: view.start.map(reading),
        end: view.end.map(reading),
    }
}

/// Class of an indicator in a view, and why.
fn judged(indicator: &Indicator, view: &View<'_>, classes: &ClassRule) -> (Class, Option<Why>) {
    if view.relative {
        return (Class::NotAssessable, Some(Why::NoTarget));
    }
    let (class, why) =
        classify(&track(indicator, view, classes), Basis::Linear, &rules(indicator, view, classes));
    (class, why.map(|why| telling(class, why)))
}

/// A reason with one more remark.
pub fn joined(reason: Option<String>, remark: &str) -> String {
    reason.map_or_else(|| remark.to_owned(), |reason| format!("{reason}; {remark}"))
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
        correction: cell.correction.as_ref().map(|it| it.beside()),
        payload: cell.payload.map(|payload| payload.to_string()),
        payload_row: cell.payload_row,
        score: norm.map(|norm| norm.score),
        unclamped: norm.map(|norm| norm.unclamped),
    }
}

pub(crate) fn transform(indicator: &Indicator) -> Transform {
    indicator.goalposts.as_ref().map_or(Transform::Identity, |posts| posts.transform)
}

/// What counts as stagnant is in units of the track.
fn rules(indicator: &Indicator, view: &View<'_>, classes: &ClassRule) -> Rules {
    let stagnant = indicator.goalposts.as_ref().and_then(|posts| {
        let lo = transformed(posts.lo, posts.transform)?;
        let hi = transformed(posts.hi, posts.transform)?;
        Some(classes.stagnant((hi - lo).abs()))
    });
    Rules {
        classes: *classes,
        min_years: f64::from(view.ages.min_span),
        stagnant: stagnant.unwrap_or(0.0),
        review: Some(f64::from(view.passed)),
    }
}

/// The track on the scale of the indicator's transform: a linear rate there is a growth or log
/// rate of the value, as suits counts, traffic and prices.
pub(crate) fn track(indicator: &Indicator, view: &View<'_>, classes: &ClassRule) -> Track {
    let f = |value: f64| transformed(oriented(value, indicator.direction), transform(indicator));
    track_by(indicator, view, classes, f)
}

/// The track in the indicator's own unit.
pub(crate) fn raw_track(indicator: &Indicator, view: &View<'_>, classes: &ClassRule) -> Track {
    track_by(indicator, view, classes, |value| Some(oriented(value, indicator.direction)))
}

fn track_by(
    indicator: &Indicator,
    view: &View<'_>,
    classes: &ClassRule,
    f: impl Fn(f64) -> Option<f64>,
) -> Track {
    let point = |value: f64, year: i32| Some(Point { value: f(value)?, year: f64::from(year) });
    let target = indicator.target.as_ref().filter(|_| !indicator.relative);
    Track {
        direction: sign(indicator.direction),
        start: view.comparable().ok().and_then(|(start, _)| point(start.value, start.year)),
        end: view.end.and_then(|end| point(end.value, end.year)),
        target: target.and_then(|target| point(target.met_value(), target.year)),
        bounds: (None, None),
        tolerance: classes.met_tolerance,
        error: view.error(classes),
    }
}

/// What is said of a class: the test that decided it, what the test does not say, and of one that
/// rests on the level alone why there is no progress.
fn standing(
    test: Option<&str>,
    why: Option<Why>,
    view: &View<'_>,
    classes: &ClassRule,
) -> Option<String> {
    let more = why.filter(|why| test.is_none() || !why.is_in_test());
    let said = match (test, more) {
        (test, Some(why)) => Some(joined(test.map(str::to_owned), &why.words(classes))),
        (test, None) => test.map(str::to_owned),
    };
    let said = match estimates(view) {
        Some(words) => Some(joined(said, words)),
        None => said,
    };
    let Err(lack) = view.two_ends() else { return said };
    Some(joined(said, &format!("level only: {lack}")))
}

/// Which of the values behind a class are estimates.
fn estimates(view: &View<'_>) -> Option<&'static str> {
    let end = view.end?.is_estimate();
    match view.two_ends().ok().map(|(start, _)| start.is_estimate()) {
        Some(true) if end => Some("both values are estimates"),
        Some(true) => Some("the value at the start is an estimate"),
        Some(false) | None if end => Some("the current value is an estimate"),
        _ => None,
    }
}

/// Why there is no class, by the test that failed.
fn refusal(why: Why, view: &View<'_>, classes: &ClassRule) -> String {
    match (why, view.two_ends()) {
        (_, Err(Unmatched::Relative)) => RELATIVE.to_owned(),
        (Why::NoBaseline | Why::SingleObservation | Why::ShortSpan, Err(lack)) => lack.to_string(),
        (why, _) => why.words(classes),
    }
}

fn missing(
    indicator: &Indicator,
    series: &Series,
    view: &View<'_>,
    window: Window,
    delivery: Delivered,
) -> Option<(Missing, String)> {
    if let Some(end) = view.end {
        let (value, year, fault) = (end.value, end.year, end.fault()?);
        let text = Unmatched::NotNormalised { value, year, fault }.to_string();
        return Some((Missing::NotNormalised, text));
    }
    if let Some((year, from)) = delivery.before_territory
        && !series.iter().any(|(year, cell)| *year <= window.end && cell.value.is_some())
    {
        let text = format!(
            "the value of {year} is of a year before its present territory, since {from}: kept, never scored"
        );
        return Some((Missing::BeforeTerritory, text));
    }
    if !delivery.any {
        return Some(match indicator.series {
            None => (Missing::NoSeries, "no pipeline asks for its series yet".to_owned()),
            Some(_) => (Missing::NothingDelivered, NOT_IN_LAKE.to_owned()),
        });
    }
    if series.is_empty() {
        return Some((Missing::AreaNotCovered, NOT_OF_AREA.to_owned()));
    }
    Some(gap_in(series, window, view.ages.max))
}

fn gap_in(series: &Series, window: Window, max_age: i32) -> (Missing, String) {
    let oldest = window.end - max_age;
    let stated = || {
        let inside = |year: i32| year >= oldest && year <= window.end;
        series.iter().rev().filter(move |(year, cell)| inside(*year) && cell.value.is_none())
    };
    let coded = stated().find_map(|(year, cell)| match cell.obs_status {
        ObsStatus::NotCollected => Some((Missing::NotCollected, *year, "data not collected", cell)),
        ObsStatus::CannotExist => Some((Missing::CannotExist, *year, "data cannot exist", cell)),
        ObsStatus::Suppressed => Some((Missing::Withheld, *year, "withheld by the source", cell)),
        _ => None,
    });
    if let Some((missing, year, text, cell)) = coded {
        return (
            missing,
            with_note(
                format!("{text} (status {} of {year})", cell.obs_status.code()),
                cell.footnote.as_deref(),
            ),
        );
    }
    if let Some((year, cell)) = stated().find(|(_, cell)| cell.correction.is_some()) {
        let why = cell.correction.as_ref().map(|it| it.beside());
        return (Missing::NoValue, with_note(format!("no value for {year}"), why.as_deref()));
    }
    // What the source says of the gap, "not surveyed" for a zero that means it, comes before
    // values of other years.
    if let Some((year, cell)) = stated().find(|(_, cell)| cell.footnote.is_some()) {
        let text = format!("no value for {year}");
        return (Missing::NoValue, with_note(text, cell.footnote.as_deref()));
    }
    let valued = || series.iter().filter(|(_, cell)| cell.value.is_some()).map(|(year, _)| *year);
    if let Some(last) = valued().filter(|year| *year < oldest).max() {
        let text =
            format!("last value is of {last}, more than {} before {}", years(max_age), window.end);
        return (Missing::TooOld, text);
    }
    if let Some(first) = valued().filter(|year| *year > window.end).min() {
        return (Missing::Later, format!("first value is of {first}, after the window"));
    }
    // Of which year: a cell without a value of 2011 says nothing of 2025.
    let years_stated = || series.iter().map(|(year, _)| *year);
    let until = years_stated().filter(|year| *year <= window.end).max();
    let text = until.or_else(|| years_stated().min()).map_or_else(
        || "no value".to_owned(),
        |year| format!("the source states no value for {year}"),
    );
    (Missing::NoValue, text)
}

fn with_note(text: String, note: Option<&str>) -> String {
    match note.map(str::trim).filter(|note| !note.is_empty()) {
        Some(note) => format!("{text}: {note}"),
        None => text,
    }
}
