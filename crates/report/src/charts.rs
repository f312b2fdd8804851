//! Charts as inline SVG. Every one is either an image with a title and a description generated
//! from the data (`figure`), or hidden from assistive technology because the same figures stand
//! as text beside it (`aria-hidden`).

pub(crate) mod chain;
pub mod map;
pub mod peers;
pub mod slope;
pub mod small_multiple;
pub mod sparkline;
pub mod strip;
pub mod trajectory;
pub mod trend;

use maud::{Markup, html};

use crate::input::Window;

/// A linear scale from values to pixels.
#[derive(Debug, Clone, Copy)]
pub struct Axis {
    lo: f64,
    hi: f64,
    from: f64,
    to: f64,
}

impl Axis {
    /// Maps `lo` to `from` and `hi` to `to`; an empty range is widened, so nothing divides by 0.
    pub fn new(lo: f64, hi: f64, from: f64, to: f64) -> Self {
        let hi = if hi > lo { hi } else { lo + 1.0 };
        Self { lo, hi, from, to }
    }

    /// Position of a value.
    pub fn at(&self, value: f64) -> f64 {
        self.from + (value - self.lo) / (self.hi - self.lo) * (self.to - self.from)
    }

    /// Position of a year.
    pub fn year(&self, year: i32) -> f64 {
        self.at(f64::from(year))
    }
}

/// Years to write under an axis: every fifth, from the first.
pub fn ticks(years: Window) -> impl Iterator<Item = i32> {
    (years.0..=years.1).step_by(5)
}

/// Points that a line may join. A line breaks wherever an expected year is missing (D1).
///
/// A survey of every second year is not broken in every odd one: the expected distance is the
/// most frequent one between years with a value, the shorter on a tie.
pub fn segments<T: Copy>(points: &[(i32, T)]) -> Vec<Vec<(i32, T)>> {
    let step = usual_step(points);
    let mut out: Vec<Vec<(i32, T)>> = Vec::new();
    for point in points {
        match out.last_mut() {
            Some(last) if last.last().is_some_and(|(year, _)| point.0 - year <= step) => {
                last.push(*point);
            }
            _ => out.push(vec![*point]),
        }
    }
    out
}

fn usual_step<T>(points: &[(i32, T)]) -> i32 {
    let mut steps: Vec<(i32, usize)> = Vec::new();
    for pair in points.windows(2) {
        if let [first, second] = pair {
            let step = second.0 - first.0;
            match steps.iter_mut().find(|(known, _)| *known == step) {
                Some((_, times)) => *times += 1,
                None => steps.push((step, 1)),
            }
        }
    }
    steps.sort_by_key(|(step, times)| (std::cmp::Reverse(*times), *step));
    steps.first().map_or(1, |(step, _)| *step)
}

/// What a figure consists of besides its picture.
#[derive(Debug, Clone, Copy)]
pub struct Frame<'a> {
    /// Unique id on the page.
    pub id: &'a str,
    /// A sentence that says what the chart shows.
    pub title: &'a str,
    /// The same figures in words, for those who do not see the picture.
    pub description: &'a str,
    /// Source line.
    pub source: &'a str,
    /// Width of the drawing.
    pub width: i32,
    /// Height of the drawing.
    pub height: i32,
    /// CSS class of the drawing; may be empty.
    pub class: &'a str,
}

/// A figure: title, picture, source and the table behind it.
pub fn figure(frame: &Frame<'_>, drawing: &Markup, table: &Markup) -> Markup {
    html! {
        figure id=(frame.id) {
            (picture(frame, drawing))
            details { summary { "Table behind the chart" } (table) }
        }
    }
}

/// A figure with its table open beside it.
pub fn figure_beside(frame: &Frame<'_>, drawing: &Markup, table: &Markup) -> Markup {
    html! {
        figure id=(frame.id) { (picture(frame, drawing)) }
        (table)
    }
}

fn picture(frame: &Frame<'_>, drawing: &Markup) -> Markup {
    let (title_id, desc_id) = (format!("{}-t", frame.id), format!("{}-d", frame.id));
    html! {
            figcaption { (frame.title) }
            svg.(frame.class) role="img" aria-labelledby=(format!("{title_id} {desc_id}"))
                viewBox=(format!("0 0 {} {}", frame.width, frame.height)) {
                title id=(title_id) { (frame.title) }
                desc id=(desc_id) { (frame.description) }
                (drawing)
            }
            p.src { (frame.source) }
    }
}
