//! The overview's sparkline: median score by year on one axis for all lines.

use std::fmt::Write as _;

use maud::{Markup, html};

use super::{Axis, chain};
use crate::input::{LineView, Window};
use crate::number::{Scale, pixel};

/// A sparkline from 0 to full marks, with its end points named beside it as text.
///
/// `id` must be unique on the page. Without any value there is a hatched box and a reason.
pub fn sparkline(id: &str, view: &LineView, scale: Scale, years: Window) -> Markup {
    let points = known(&view.medians, years);
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return html! { span.na { "no score in any year" } };
    };
    let x = Axis::new(f64::from(years.0), f64::from(years.1), 3.0, 117.0);
    let y = Axis::new(0.0, scale.max, 25.0, 3.0);
    let apart = chain::newest(view, &points).first().filter(|start| start.0 > first.0);
    let earlier = apart.map_or_else(String::new, |start| {
        format!("; years before {} do not compare with it", start.0)
    });
    let label = format!("Median of {}, chained, {} to {}{earlier}", view.code, first.0, last.0);
    let words = points
        .iter()
        .map(|(year, value)| format!("{year}: {}", scale.text(*value)))
        .collect::<Vec<_>>()
        .join("; ");
    html! {
        svg role="img" aria-labelledby=(format!("{id}-t {id}-d")) width="120" height="28"
            viewBox="0 0 120 28" {
            title id=(format!("{id}-t")) { (label) }
            desc id=(format!("{id}-d")) { (words) }
            path.ax d="M3 25H117" {}
            @for run in chain::runs(view, &points) { (segment(&run, x, y)) }
            circle.pt cx=(pixel(x.year(last.0))) cy=(pixel(y.at(last.1))) r="2.5" {}
        }
    }
}

/// Years with a value, of those that are drawn.
pub(crate) fn known(medians: &[(i32, Option<f64>)], years: Window) -> Vec<(i32, f64)> {
    medians
        .iter()
        .filter(|(year, _)| (years.0..=years.1).contains(year))
        .filter_map(|(year, value)| value.map(|value| (*year, value)))
        .collect()
}

fn segment(run: &[(i32, f64)], x: Axis, y: Axis) -> Markup {
    if let [(year, value)] = run {
        return html! {
            circle.pt cx=(pixel(x.year(*year))) cy=(pixel(y.at(*value))) r="1.5" {}
        };
    }
    html! { path.ln d=(path(run, x, y)) {} }
}

/// A line through the points of a segment.
pub(crate) fn path(run: &[(i32, f64)], x: Axis, y: Axis) -> String {
    let mut d = String::new();
    for (at, (year, value)) in run.iter().enumerate() {
        let step = if at == 0 { 'M' } else { 'L' };
        // Writing to a String cannot fail.
        let _ = write!(d, "{step}{} {}", pixel(x.year(*year)), pixel(y.at(*value)));
    }
    d
}
