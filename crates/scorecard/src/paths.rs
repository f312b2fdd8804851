//! The rows of trajectories: every indicator with a target and every line with one, of each economy and
//! group, in each window. What a path and a trend are stands in [`crate::trajectory`].

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wsis_model::area::Area;
use wsis_model::framework::{Indicator, Transform, Window};
use wsis_model::rules::GroupRule;

use crate::evaluated::Evaluated;
use crate::group::{Group, count, status};
use crate::indicator::{track, transform};
use crate::judgement::{lack_of_change, matched_track};
use crate::normalise::{is_distance, oriented, sign, transformed, unit_of_oriented, untransformed};
use crate::plan::{Line, Plan};
use crate::progress::{Point, Track, Why};
use crate::reading::{View, passed};
use crate::result::{Class, IndicatorScore, LineScore};
use crate::sum::{mean, sum};
use crate::targets::Targets;
use crate::trajectory::{NoPath, course};

/// Kind of what has the path, as stored.
pub const INDICATOR: &str = "indicator";
/// The other kind.
pub const LINE: &str = "line";
/// Kind of area of an economy, as stored; of a group it is that of the group.
pub const ECONOMY: &str = "economy";

/// One indicator or line, economy or group, and window.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct TrajectoryRow {
    /// [`INDICATOR`] or [`LINE`].
    pub item_kind: &'static str,
    /// Code of the indicator or line.
    pub item: String,
    /// [`ECONOMY`], or the kind of the group.
    pub area_kind: &'static str,
    /// Code of the economy, or name of the group.
    pub area: String,
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Unit of the values.
    pub unit: String,
    /// `identity`, `ln` or `ln1p`: on which scale path and trend are straight.
    pub scale: &'static str,
    /// Baseline: of a group the mean of its members'.
    pub start: Option<Point>,
    /// Current value.
    pub end: Option<Point>,
    /// Value from which the target counts as met, and its year.
    pub target: Option<Point>,
    /// `proposed`, `facilitator` or `agreed`: who set it; of a line the least agreed of the targets that
    /// it is made of, those of the matched indicators; of a group that of any of its matched members.
    pub target_status: Option<&'static str>,
    /// Value of the path needed in the year of the current value.
    pub needed: Option<f64>,
    /// Current value less `needed`, above 0 where ahead.
    pub gap: Option<f64>,
    /// Years ahead of the path, below 0: behind it; none where the value is further off than the
    /// baseline was.
    pub gap_years: Option<f64>,
    /// Why there is no path.
    pub path_reason: Option<String>,
    /// Value of the trend in the target year, within the natural bounds.
    pub projected: Option<f64>,
    /// The same before it was held within them.
    pub projected_unbounded: Option<f64>,
    /// Why there is no trend.
    pub trend_reason: Option<String>,
    /// When the trend is at the target.
    pub arrival: Option<f64>,
    /// Why never, or no more.
    pub arrival_reason: Option<String>,
    /// Of a group `published`, `indicative` or `withheld`, as for its scores.
    pub status: Option<&'static str>,
    /// Members that count.
    pub members: Option<u32>,
    /// Of them, those that the means are of.
    pub members_matched: Option<u32>,
}

impl TrajectoryRow {
    /// What the rows are sorted by.
    pub fn key(&self) -> (&str, &str, &str, &str, i32, i32) {
        let Self { item_kind, item, area_kind, area, window_start, window_end, .. } = self;
        (item_kind, item, area_kind, area, *window_start, *window_end)
    }

    /// Without the year of an arrival that lies further off than `horizon` years after its current value.
    fn within(mut self, horizon: Option<u32>) -> Self {
        let last = self.end.zip(horizon).map(|(end, years)| end.year + f64::from(years));
        if self.arrival.zip(last).is_some_and(|(arrival, last)| arrival > last) {
            self.arrival = None;
            self.arrival_reason = horizon.map(|years| format!("not within {years} years"));
        }
        self
    }

    /// Whether its path is of a group of economies.
    pub fn is_group(&self) -> bool {
        self.area_kind != ECONOMY
    }
}

/// What has a path: an indicator or a line.
pub(crate) struct Item<'i> {
    kind: &'static str,
    code: &'i str,
    unit: String,
    transform: Transform,
    /// Year of the target, also where nobody has a path.
    target: Option<Point>,
    /// It, where it is one for all.
    targets: Targets,
}

impl<'i> Item<'i> {
    fn of(indicator: &'i Indicator) -> Option<Self> {
        let target = indicator.target.as_ref()?;
        let value = oriented(target.met_value(), indicator.direction);
        let unit = unit_of_oriented(indicator);
        let target = Some(Point { value, year: f64::from(target.year) });
        let transform = transform(indicator);
        let targets = Targets::of(indicator.target.iter());
        Some(Self { kind: INDICATOR, code: &indicator.code, unit, transform, target, targets })
    }

    fn of_line(line: &'i Line<'_>) -> Self {
        let (unit, transform) = ("points".to_owned(), Transform::Identity);
        let (code, targets) = (&line.node.code, Targets::default());
        Self { kind: LINE, code, unit, transform, target: None, targets }
    }
}

/// The natural bounds of an indicator's values, on the scale of its track: nothing below 0, unless its
/// goalposts or its target are, and no share above all of a whole, whether more or less is better; nor
/// anything above full marks where these are the target and more is better.
fn bounds(indicator: &Indicator) -> (Option<f64>, Option<f64>) {
    let f = |value: f64| transformed(value, transform(indicator));
    let posts = indicator.goalposts.as_ref();
    let target = indicator.target.as_ref().map(|target| target.value);
    let stated = posts.into_iter().flat_map(|posts| [posts.lo, posts.hi]).chain(target);
    let low = stated.fold(0.0, f64::min);
    let more_is_better = sign(indicator.direction) > 0.0;
    let full = posts.map(|posts| posts.hi).filter(|hi| Some(*hi) == target && more_is_better);
    // A value that is best at some number is its distance from it, which has no such limit.
    let limit = indicator.limit.filter(|_| !is_distance(indicator.direction));
    let high = limit.or(full);
    ((low == 0.0).then(|| f(low)).flatten(), high.and_then(f))
}

/// The track of an indicator, or why there is none of two comparable ends.
fn indicator_track(
    plan: &Plan<'_>,
    indicator: &Indicator,
    view: &View<'_>,
    row: &IndicatorScore,
) -> Result<Track, String> {
    let reason = || row.class_reason.clone().unwrap_or_default();
    if view.end.is_none() || indicator.relative {
        return Err(reason());
    }
    let is_missed = row.class == Class::DeadlineMissed;
    view.two_ends().map_err(|lack| {
        if is_missed { Why::TargetYearPast.to_string() } else { lack.to_string() }
    })?;
    let own = track(indicator, view, &plan.rules.classes);
    Ok(Track { bounds: bounds(indicator), ..own })
}

/// The track of a line over the matched set of its class, or why there is none.
pub(crate) fn line_track(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
    row: &LineScore,
) -> Result<Way, String> {
    let (found, bounds) = (matched_track(plan, line, evaluated), (Some(0.0), Some(plan.max)));
    let reason = || row.class_reason.clone().unwrap_or_default();
    let by_ends = row.class_basis.is_some_and(|basis| basis != crate::class::ClassBasis::Level);
    match found {
        Some((track, targets)) if by_ends => Ok((Track { bounds, ..track }, targets)),
        // A change inside its sampling error is no class, and has two ends all the same.
        Some((track, targets)) if row.class == Class::NotAssessable && track.within_error() => {
            Ok((Track { bounds, ..track }, targets))
        }
        _ if row.class == Class::DeadlineMissed => Err(Why::TargetYearPast.to_string()),
        _ if row.class == Class::NotAssessable => Err(reason()),
        _ => Err(lack_of_change(plan, line, evaluated, true)),
    }
}

/// Makes the rows of all items.
pub(crate) struct Paths<'p> {
    /// Who counts, by the end of a window.
    pub(crate) members: &'p BTreeMap<i32, BTreeSet<&'p str>>,
    /// Groups, by the end of a window.
    pub(crate) groups: BTreeMap<i32, Vec<Group>>,
    /// From how many members on a mean is shown.
    pub(crate) rule: GroupRule,
    /// Years after a current value beyond which no arrival is told.
    pub(crate) horizon: Option<u32>,
    /// Last year with a figure of any indicator.
    pub(crate) last_year: Option<i32>,
    /// All rows.
    pub(crate) rows: Vec<TrajectoryRow>,
}

/// A track, and the targets that it leads to.
pub(crate) type Way = (Track, Targets);
/// The track of an economy, or why it has none.
pub(crate) type Found<'a> = (&'a Area, Result<Way, String>);

impl Paths<'_> {
    /// Of an indicator in a window.
    pub(crate) fn indicator(
        &mut self,
        plan: &Plan<'_>,
        leaf: &Indicator,
        window: Window,
        found: &[(&Area, View<'_>, &IndicatorScore)],
    ) {
        let Some(item) = Item::of(leaf) else { return };
        let tracks: Vec<Found<'_>> = found
            .iter()
            .map(|(area, view, row)| {
                let track = indicator_track(plan, leaf, view, row);
                (*area, track.map(|track| (track, item.targets)))
            })
            .collect();
        self.item(&item, window, &tracks);
    }

    /// Of a line in a window.
    pub(crate) fn line(&mut self, line: &Line<'_>, window: Window, found: &[Found<'_>]) {
        self.item(&Item::of_line(line), window, found);
    }

    fn row(
        &self,
        item: &Item<'_>,
        window: Window,
        area: (&'static str, &str),
        track: Result<&Way, &String>,
    ) -> TrajectoryRow {
        row((item, window, passed(window, self.last_year)), area, track).within(self.horizon)
    }

    fn item(&mut self, item: &Item<'_>, window: Window, found: &[Found<'_>]) {
        for (area, track) in found {
            let row = self.row(item, window, (ECONOMY, &area.code), track.as_ref());
            self.rows.push(row);
        }
        let none = BTreeSet::new();
        let counting = self.members.get(&window.end).unwrap_or(&none);
        for group in self.groups.get(&window.end).into_iter().flatten() {
            let counts = |code: &str| counting.contains(code) && group.members.contains(code);
            let ways: Vec<&Way> = found
                .iter()
                .filter(|(area, _)| counts(&area.code))
                .filter_map(|(_, track)| track.as_ref().ok())
                .collect();
            let all = group.members.iter().filter(|code| counting.contains(code.as_str())).count();
            let tracks: Vec<&Track> = ways.iter().map(|(track, _)| track).collect();
            let targets = ways.iter().fold(Targets::default(), |all, (_, own)| all.and(*own));
            let status = status(self.rule, tracks.len(), all);
            let track = match status {
                "withheld" => None,
                _ => mean_track(&tracks).map(|track| (track, targets)),
            };
            let whose = match item.kind {
                LINE => "can be judged by their change",
                _ => "have comparable values at both ends",
            };
            let reason = format!("{} of {all} members {whose}", tracks.len());
            let track = track.as_ref().ok_or(&reason);
            let mut row = self.row(item, window, (group.kind, &group.name), track);
            row.status = Some(status);
            row.members = Some(count(all));
            row.members_matched = Some(count(tracks.len()));
            self.rows.push(row);
        }
    }
}

/// The track of the means of some economies' tracks; their sampling errors are independent.
fn mean_track(tracks: &[&Track]) -> Option<Track> {
    let first = **tracks.first()?;
    let point = |of: &dyn Fn(&Track) -> Option<Point>| {
        let points: Option<Vec<Point>> = tracks.iter().map(|track| of(track)).collect();
        let points = points?;
        let values: Vec<f64> = points.iter().map(|point| point.value).collect();
        // Distances from the first year keep the mean exact for equal years.
        let year = points.first()?.year;
        let off: Vec<f64> = points.iter().map(|point| point.year - year).collect();
        Some(Point { value: mean(&values)?, year: year + mean(&off)? })
    };
    let target = point(&|track| track.target)?;
    let last = tracks.iter().filter_map(|track| track.target).map(|point| point.year);
    let year = last.fold(target.year, f64::max);
    let errors: Vec<f64> = tracks.iter().filter_map(|track| track.error).collect();
    let squares = sum(errors.iter().map(|error| error * error));
    Some(Track {
        start: point(&|track| track.start),
        end: point(&|track| track.end),
        target: Some(Point { year, ..target }),
        error: (!errors.is_empty()).then(|| squares.sqrt() / tracks.len() as f64),
        ..first
    })
}

fn row(
    (item, window, passed): (&Item<'_>, Window, i32),
    (area_kind, area): (&'static str, &str),
    track: Result<&Way, &String>,
) -> TrajectoryRow {
    let back = |value: f64| untransformed(value, item.transform);
    let shown = |point: Point| Point { value: back(point.value), ..point };
    let mut row = TrajectoryRow {
        item_kind: item.kind,
        item: item.code.to_owned(),
        area_kind,
        area: area.to_owned(),
        window_start: window.start,
        window_end: window.end,
        unit: item.unit.clone(),
        scale: crate::summary::transform_code(item.transform),
        start: None,
        end: None,
        target: item.target,
        target_status: item.targets.status(),
        needed: None,
        gap: None,
        gap_years: None,
        path_reason: None,
        projected: None,
        projected_unbounded: None,
        trend_reason: None,
        arrival: None,
        arrival_reason: None,
        status: None,
        members: None,
        members_matched: None,
    };
    let found = match track {
        Ok((track, targets)) => {
            row.target_status = targets.status();
            row.start = track.start.map(shown);
            row.end = track.end.map(shown);
            row.target = item.target.or(track.target.map(shown));
            course(track, f64::from(passed))
                .map(|course| (track, course))
                .map_err(|no: NoPath| no.to_string())
        }
        Err(reason) => Err(reason.clone()),
    };
    let (track, course) = match found {
        Ok(found) => found,
        Err(reason) => {
            row.path_reason = Some(reason);
            return row;
        }
    };
    row.needed = Some(back(course.needed));
    row.gap = row.end.map(|end| track.direction * (end.value - back(course.needed)));
    // Before its first year the path has no value: who is further off than then has no place on it.
    let ends = track.start.zip(track.end);
    row.gap_years =
        ends.filter(|(a, b)| course.gap_years >= a.year - b.year).map(|_| course.gap_years);
    match course.trend {
        Ok(trend) => {
            row.projected = Some(back(trend.projected));
            row.projected_unbounded = Some(back(trend.unbounded));
            row.arrival = trend.arrival.ok();
            row.arrival_reason = trend.arrival.err().map(|why| why.to_string());
        }
        Err(why) => row.trend_reason = Some(why.to_string()),
    }
    row
}

impl TrajectoryRow {
    /// On which scale path and trend are straight.
    fn transform(&self) -> Transform {
        let all = [Transform::Identity, Transform::Ln, Transform::Ln1p];
        let own = |it: &Transform| crate::summary::transform_code(*it) == self.scale;
        all.into_iter().find(own).unwrap_or(Transform::Identity)
    }

    /// Its track without bounds and direction, where it has a path.
    fn straight(&self) -> Option<(Track, Transform)> {
        self.needed?;
        let transform = self.transform();
        let of =
            |point: Point| Some(Point { value: transformed(point.value, transform)?, ..point });
        let (start, end, target) = (of(self.start?), of(self.end?), of(self.target?));
        Some((Track { direction: 1.0, start, end, target, ..Track::default() }, transform))
    }

    /// Value of the path needed in a year; nothing without a path.
    pub fn path_at(&self, year: f64) -> Option<f64> {
        let (track, transform) = self.straight()?;
        track.needed_at(year).map(|value| untransformed(value, transform))
    }

    /// Value of the trend in a year, within the natural bounds; nothing without a path.
    pub fn trend_at(&self, year: f64) -> Option<f64> {
        let (track, transform) = self.straight()?;
        let value = untransformed(track.trend_at(year)?, transform);
        // Where the bounds hold the value of the target year they are that value.
        let (held, free) = (self.projected?, self.projected_unbounded?);
        Some(if held < free {
            value.min(held)
        } else if held > free {
            value.max(held)
        } else {
            value
        })
    }
}
