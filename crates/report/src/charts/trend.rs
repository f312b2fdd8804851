//! The median score of a line by year, with its table.

use maud::{Markup, html};

use super::sparkline::{known, path};
use super::{Axis, Frame, Scale, figure, segments, ticks};
use crate::input::{LineView, Window};
use crate::marks;
use crate::number::{pixel, plain};

/// The chart, or the reason why there is none.
pub fn trend(id: &str, view: &LineView, scale: Scale, years: Window, source: &str) -> Markup {
    let line = &view.code;
    let points = known(&view.medians, years);
    let observed = |point: &&(i32, f64)| !view.carried.contains(&point.0);
    let first = points.iter().find(observed).or(points.first());
    let (Some(first), Some(last)) = (first, points.last()) else {
        return html! { p { (marks::absent("No economy has a score in any year.")) } };
    };
    // No difference: the years rest on other indicators and economies (method, rule 8).
    let title = format!(
        "{line}: median score {} in {}, {} in {} (each year over the data it has)",
        scale.text(first.1),
        first.0,
        scale.text(last.1),
        last.0,
    );
    let description = points
        .iter()
        .map(|(year, value)| format!("{year}: {}{}", scale.text(*value), told(view, *year)))
        .collect::<Vec<_>>()
        .join("; ");
    let frame = Frame {
        id,
        title: &title,
        description: &description,
        source,
        width: 440,
        height: 200,
        class: "",
    };
    figure(&frame, &drawing(view, &points, scale, years), &table(view, scale))
}

/// What is said of a year without a new figure.
fn told(view: &LineView, year: i32) -> &'static str {
    if view.carried.contains(&year) { " (carried forward, no new figure)" } else { "" }
}

fn drawing(view: &LineView, points: &[(i32, f64)], scale: Scale, years: Window) -> Markup {
    let max = scale.max;
    let x = Axis::new(f64::from(years.0), f64::from(years.1), 36.0, 396.0);
    let y = Axis::new(0.0, max, 174.0, 14.0);
    html! {
        @for part in [0.0, 0.25, 0.5, 0.75, 1.0] {
            @let at = pixel(y.at(part * max));
            path.ax d=(format!("M36 {at}H396")) {}
            text.t2 x="30" y=(at + 4) text-anchor="end" { (plain(part * max)) }
        }
        @for year in ticks(years) {
            text.t2 x=(pixel(x.year(year))) y="192" text-anchor="middle" { (year) }
        }
        @for run in segments(points) {
            @if run.len() > 1 { path.ln d=(path(&run, x, y)) {} }
            @for (year, value) in &run {
                @let (cx, cy) = (pixel(x.year(*year)), pixel(y.at(*value)));
                @if view.carried.contains(year) { circle.ph cx=(cx) cy=(cy) r="2.5" {} }
                @else { circle.pt cx=(cx) cy=(cy) r="2" {} }
            }
        }
        @if let Some((year, value)) = points.last() {
            text.st x=(pixel(x.year(*year)) + 6) y=(pixel(y.at(*value)) + 4) { (scale.text(*value)) }
        }
    }
}

/// Every year, also those without a value: the table says so where the line breaks.
fn table(view: &LineView, scale: Scale) -> Markup {
    html! {
        div.wide tabindex="0" { table {
            caption { "Median score by year (points)" }
            thead { tr { th scope="col" { "Year" } th.n scope="col" { "Median score" } } }
            tbody {
                @for (year, value) in &view.medians {
                    tr {
                        th scope="row" { (year) }
                        @match value {
                            Some(value) => { td.n { (scale.text(*value)) (told(view, *year)) } }
                            None => { td { (marks::absent("no economy has a score in this year")) } }
                        }
                    }
                }
            }
        } }
    }
}
