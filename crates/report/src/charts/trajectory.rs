//! An indicator or line on its way to a target: observations, the trend through them, the path needed.

use maud::{Markup, html};

use wsis_scorecard::progress::Point;
use wsis_scorecard::result::TrajectoryRow;

use super::{Axis, ticks};
use crate::number::{fixed, mark_texts, pixel, round_marks};

/// Size of the drawing.
pub const SIZE: (i32, i32) = (440, 240);

const LEFT: f64 = 44.0;
const RIGHT: f64 = 306.0;

/// Most years before the window whose observations are drawn.
const YEARS_BEFORE: i32 = 10;

/// Least distance of two labels, one below the other.
const APART: i32 = 13;

/// What is drawn.
#[derive(Debug, Clone)]
pub struct Way<'a> {
    /// Its path and trend; one that has a path.
    pub row: &'a TrajectoryRow,
    /// Observations by year, on the scale of the row's values; none of a line or group, of which the two
    /// ends are drawn.
    pub observed: Vec<(i32, f64)>,
    /// First years of another method: what lies before is not joined with what follows.
    pub breaks: Vec<i32>,
    /// Decimals of the values.
    pub decimals: usize,
    /// Whether the target is a proposal of this project.
    pub is_proposed: bool,
}

/// One year of the table behind the chart.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct WayYear {
    /// Year; of a mean of years with its fraction.
    pub year: f64,
    /// Observed value.
    pub observed: Option<f64>,
    /// Value on the path needed.
    pub needed: Option<f64>,
    /// Value on the trend.
    pub trend: Option<f64>,
}

impl Way<'_> {
    /// The observations that are drawn: those of up to ten years before the window, and later.
    fn drawn(&self) -> impl Iterator<Item = (i32, f64)> {
        let from = self.row.window_start - YEARS_BEFORE;
        self.observed.iter().copied().filter(move |(year, _)| *year >= from)
    }

    fn ends(&self) -> Option<(Point, Point, Point)> {
        Some((self.row.start?, self.row.end?, self.row.target?))
    }

    /// Each whole year from the first observation to the year of the target.
    pub fn years(&self) -> Vec<WayYear> {
        let Some((start, _, target)) = self.ends() else { return Vec::new() };
        let whole = |year: f64| pixel(year);
        let first = self.drawn().map(|(year, _)| year).chain([whole(start.year.ceil())]).min();
        let years = first.unwrap_or_default()..=whole(target.year);
        let at = |year: i32| {
            let observed = self.drawn().find(|(of, _)| *of == year).map(|(_, value)| value);
            let year = f64::from(year);
            let is_on = year >= start.year;
            let needed = self.row.path_at(year).filter(|_| is_on);
            let trend = self.row.trend_at(year).filter(|_| is_on);
            WayYear { year, observed, needed, trend }
        };
        years.map(at).collect()
    }

    /// The picture; nothing where there is no path.
    pub fn drawing(&self) -> Markup {
        let Some((start, end, target)) = self.ends() else { return html! {} };
        let years = self.years();
        let first = years.first().map_or(start.year, |it| it.year).min(start.year);
        let values = || years.iter().flat_map(|it| [it.observed, it.needed, it.trend]).flatten();
        let (lo, hi) = values()
            .chain([start.value, end.value, target.value])
            .fold((0.0_f64, f64::MIN), |(lo, hi), value| (lo.min(value), hi.max(value)));
        let marks = round_marks(lo, hi);
        let (lo, hi) = (*marks.first().unwrap_or(&lo), *marks.last().unwrap_or(&hi));
        let x = Axis::new(first, target.year, LEFT, RIGHT);
        let y = Axis::new(lo, hi, 210.0, 14.0);
        let place = |point: Point| (pixel(x.at(point.year)), pixel(y.at(point.value)));
        let (path, trend) = (curve(&years, start, x, y, true), curve(&years, start, x, y, false));
        html! {
            @for (value, shown) in marks.iter().zip(mark_texts(&marks)) {
                path.ax d=(format!("M{} {at}H{}", pixel(LEFT), pixel(RIGHT), at = pixel(y.at(*value)))) {}
                text.t2 x=(pixel(LEFT) - 4) y=(pixel(y.at(*value)) + 4) text-anchor="end" { (shown) }
            }
            @for year in ticks((pixel(first), pixel(target.year))) {
                text.t2 x=(pixel(x.year(year))) y="228" text-anchor="middle" { (year) }
            }
            path.g d=(path) {}
            @if self.row.trend_reason.is_none() { path.ln.da d=(trend) {} }
            @for run in self.runs() {
                @if run.len() > 1 { path.ln d=(super::sparkline::path(&run, x, y)) {} }
            }
            @for (year, value) in self.drawn() {
                circle.pt cx=(pixel(x.year(year))) cy=(pixel(y.at(value))) r="2.5" {}
            }
            @for point in [start, end] {
                @let (cx, cy) = place(point);
                circle.ph cx=(cx) cy=(cy) r="4" {}
            }
            @let (tx, ty) = place(target);
            path.tg d=(format!("M{} {ty}H{}", tx - 40, tx + 4)) {}
            (self.labels(target, ty, y))
        }
    }

    /// Words beside the ends of target and trend, and of the path where it has room.
    fn labels(&self, target: Point, ty: i32, y: Axis) -> Markup {
        let at = pixel(RIGHT) + 8;
        let word = if self.is_proposed { "proposed: from" } else { "met from" };
        let needed = fixed(target.value, self.decimals);
        let trend = self.row.projected.filter(|_| self.row.trend_reason.is_none());
        let below = trend.map(|value| {
            let own = pixel(y.at(value)) + 4;
            let line = ty + 4;
            let near = (own - line).abs() < 2 * APART;
            let own = if !near {
                own
            } else if own < line {
                line - APART
            } else {
                line + 2 * APART
            };
            (own.min(206), fixed(value, self.decimals))
        });
        html! {
            text.st x=(at) y=(ty + 4) { (word) " " (needed) }
            text.t2 x=(at) y=(ty + 4 + APART) { "path needed (solid)" }
            @if let Some((own, value)) = below {
                text x=(at) y=(own) { "trend " (value) " (dashed)" }
            }
        }
    }

    /// Observations that are joined: what a break lies between is not.
    fn runs(&self) -> Vec<Vec<(i32, f64)>> {
        let points: Vec<(i32, f64)> = self.drawn().collect();
        let joins =
            |from: i32, to: i32| !self.breaks.iter().any(|year| from < *year && *year <= to);
        super::chain::cut(super::segments(&points), joins)
    }
}

/// Path or trend, from the baseline on.
fn curve(years: &[WayYear], start: Point, x: Axis, y: Axis, is_path: bool) -> String {
    let value = |it: &WayYear| if is_path { it.needed } else { it.trend };
    let first = (start.year, start.value);
    let rest = years.iter().filter(|it| it.year > start.year);
    let points = rest.filter_map(|it| Some((it.year, value(it)?)));
    let at = |(year, value)| format!("{} {}", pixel(x.at(year)), pixel(y.at(value)));
    let points: Vec<String> = std::iter::once(first).chain(points).map(at).collect();
    format!("M{}", points.join("L"))
}
