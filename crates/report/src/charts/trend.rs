//! The median score of a line by year, with its table.

use maud::{Markup, html};

use super::sparkline::{known, path};
use super::{Axis, Frame, figure, segments, ticks};
use crate::input::Window;
use crate::marks;
use crate::number::{fixed, pixel, plain, signed};

/// The chart, or the reason why there is none.
pub fn trend(
    id: &str,
    line: &str,
    medians: &[(i32, Option<f64>)],
    max: f64,
    years: Window,
    source: &str,
) -> Markup {
    let points = known(medians, years);
    let (Some(first), Some(last)) = (points.first(), points.last()) else {
        return html! { p { (marks::absent("No economy has a score in any year.")) } };
    };
    let title = format!(
        "{line}: the median score went from {} in {} to {} in {} ({})",
        fixed(first.1, 1),
        first.0,
        fixed(last.1, 1),
        last.0,
        signed(last.1 - first.1, 1)
    );
    let description = points
        .iter()
        .map(|(year, value)| format!("{year}: {}", fixed(*value, 1)))
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
    figure(&frame, &drawing(&points, max, years), &table(medians))
}

fn drawing(points: &[(i32, f64)], max: f64, years: Window) -> Markup {
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
                circle.pt cx=(pixel(x.year(*year))) cy=(pixel(y.at(*value))) r="2" {}
            }
        }
        @if let Some((year, value)) = points.last() {
            text.st x=(pixel(x.year(*year)) + 6) y=(pixel(y.at(*value)) + 4) { (fixed(*value, 1)) }
        }
    }
}

/// Every year, also those without a value: the table says so where the line breaks.
fn table(medians: &[(i32, Option<f64>)]) -> Markup {
    html! {
        div.wide { table {
            caption { "Median score by year (points)" }
            thead { tr { th scope="col" { "Year" } th.n scope="col" { "Median score" } } }
            tbody {
                @for (year, value) in medians {
                    tr {
                        th scope="row" { (year) }
                        @match value {
                            Some(value) => { td.n { (fixed(*value, 1)) } }
                            None => { td { (marks::absent("no economy has a score in this year")) } }
                        }
                    }
                }
            }
        } }
    }
}
