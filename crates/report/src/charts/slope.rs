//! Regions from the start to the end of the window, over the same members at both ends.

use maud::{Markup, html};

use super::{Axis, Frame, Scale, figure_beside};
use crate::input::{RegionView, Window};
use crate::number::{pixel, plain};

const WIDTH: i32 = 440;
const HEIGHT: i32 = 260;
const LEFT: f64 = 130.0;
const RIGHT: f64 = 310.0;

/// A region with both ends.
struct Drawn<'a> {
    region: &'a RegionView,
    start: f64,
    end: f64,
}

/// The slope chart, or nothing drawn and the reasons in a table.
pub fn slope(
    id: &str,
    line: &str,
    window: Window,
    regions: &[RegionView],
    scale: Scale,
    source: &str,
) -> Markup {
    let drawn: Vec<Drawn<'_>> = regions
        .iter()
        .filter(|region| region.status != "withheld")
        .filter_map(|region| Some(Drawn { region, start: region.start?, end: region.end? }))
        .collect();
    if drawn.is_empty() {
        return html! {
            p.na { "No region has enough economies with a score at both ends of the window." }
            (table(window, regions, scale))
        };
    }
    let title = title(line, window, &drawn, scale);
    let description = drawn
        .iter()
        .map(|row| {
            format!("{}: {} to {}", row.region.name, scale.text(row.start), scale.text(row.end))
        })
        .collect::<Vec<_>>()
        .join("; ");
    let frame = Frame {
        id,
        title: &title,
        description: &description,
        source,
        width: WIDTH,
        height: HEIGHT,
        class: "",
    };
    figure_beside(&frame, &drawing(window, &drawn, scale), &table(window, regions, scale))
}

fn title(line: &str, window: Window, drawn: &[Drawn<'_>], scale: Scale) -> String {
    let by_change = |row: &&Drawn<'_>| row.end - row.start;
    let most = drawn.iter().max_by(|a, b| by_change(a).total_cmp(&by_change(b)));
    let least = drawn.iter().min_by(|a, b| by_change(a).total_cmp(&by_change(b)));
    match (most, least) {
        (Some(most), Some(least)) if drawn.len() > 1 => format!(
            "{line}, {} to {}: {} moved most ({}), {} least ({})",
            window.0,
            window.1,
            most.region.name,
            scale.change(most.end - most.start),
            least.region.name,
            scale.change(least.end - least.start)
        ),
        (Some(only), _) => format!(
            "{line}, {} to {}: {} moved by {}; no other region can be shown",
            window.0,
            window.1,
            only.region.name,
            scale.change(only.end - only.start)
        ),
        _ => line.to_owned(),
    }
}

fn drawing(window: Window, drawn: &[Drawn<'_>], scale: Scale) -> Markup {
    let values = || drawn.iter().flat_map(|row| [row.start, row.end]);
    let (lo, hi) =
        ends(values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max), scale.max);
    let y = Axis::new(lo, hi, 226.0, 30.0);
    let left = spread(&drawn.iter().map(|row| pixel(y.at(row.start))).collect::<Vec<_>>());
    let right = spread(&drawn.iter().map(|row| pixel(y.at(row.end))).collect::<Vec<_>>());
    let most = drawn.iter().map(|row| row.end - row.start).fold(f64::MIN, f64::max);
    html! {
        text.t2 x=(LEFT) y="16" text-anchor="middle" { (window.0) }
        text.t2 x=(RIGHT) y="16" text-anchor="middle" { (window.1) }
        path.ax d=(format!("M{LEFT} 24V236M{RIGHT} 24V236")) {}
        text.t2 x=(WIDTH / 2) y="252" text-anchor="middle" {
            "axis from " (plain(lo)) " to " (plain(hi)) " points"
        }
        @for (at, row) in drawn.iter().enumerate() {
            @let lead = row.end - row.start >= most;
            @let soft = row.region.status == "indicative";
            @let (from, to) = (pixel(y.at(row.start)), pixel(y.at(row.end)));
            path class=(line_class(lead, soft)) d=(format!("M{LEFT} {from}L{RIGHT} {to}")) {}
            circle class=(point_class(lead, soft)) cx=(LEFT) cy=(from) r="3.5" {}
            circle class=(point_class(lead, soft)) cx=(RIGHT) cy=(to) r="3.5" {}
            text class=[lead.then_some("st")] x=(LEFT - 9.0) y=(label(&left, at)) text-anchor="end" {
                (row.region.name) " " (scale.text(row.start))
            }
            text class=[lead.then_some("st")] x=(RIGHT + 9.0) y=(label(&right, at)) {
                (scale.text(row.end)) " " (row.region.name)
            }
        }
    }
}

/// Ends of the axis: the tenths of full marks around the values.
fn ends(least: f64, most: f64, max: f64) -> (f64, f64) {
    let tenth = max / 10.0;
    let lo = (least / tenth).floor() * tenth;
    let hi = (most / tenth).ceil() * tenth;
    (lo, hi.min(max.max(lo + tenth)).max(lo + tenth))
}

fn line_class(lead: bool, soft: bool) -> &'static str {
    match (lead, soft) {
        (true, false) => "ln",
        (true, true) => "ln da",
        (false, false) => "g",
        (false, true) => "g da",
    }
}

fn point_class(lead: bool, soft: bool) -> &'static str {
    match (lead, soft) {
        (true, false) => "pt",
        (true, true) => "ph",
        (false, false) => "gp",
        (false, true) => "gh",
    }
}

fn label(positions: &[i32], at: usize) -> i32 {
    positions.get(at).copied().unwrap_or_default() + 4
}

/// Label positions at least 14 pixels apart, as near to their points as that allows.
fn spread(wanted: &[i32]) -> Vec<i32> {
    const APART: i32 = 14;
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by_key(|at| (wanted.get(*at).copied(), *at));
    let sorted: Vec<i32> = order.iter().filter_map(|at| wanted.get(*at).copied()).collect();
    let mut placed = sorted.clone();
    for _ in 0..50 {
        let mut moved = false;
        for at in 1..placed.len() {
            if let [.., above, below] = &mut placed[..=at] {
                let short = APART - (*below - *above);
                if short > 0 {
                    *above -= (short + 1) / 2;
                    *below += short / 2;
                    moved = true;
                }
            }
        }
        if !moved {
            break;
        }
    }
    let mut out = vec![0; wanted.len()];
    for (place, at) in placed.iter().zip(order) {
        if let Some(slot) = out.get_mut(at) {
            *slot = *place;
        }
    }
    out
}

fn table(window: Window, regions: &[RegionView], scale: Scale) -> Markup {
    html! {
        div.wide { table {
            caption { "Regions, unweighted mean of the same economies at both ends (points)" }
            thead { tr {
                th scope="col" { "Region" }
                th.n scope="col" { "Score " (window.0) }
                th.n scope="col" { "Score " (window.1) }
                th.n scope="col" { "Change" }
                th scope="col" { "Economies behind it" }
            } }
            tbody {
                @for row in regions {
                    tr {
                        th scope="row" { (row.name) }
                        @match (row.status.as_str(), row.start, row.end) {
                            ("published" | "indicative", Some(start), Some(end)) => {
                                td.n { (scale.text(start)) }
                                td.n { (scale.text(end)) }
                                td.n { (scale.change(end - start)) }
                            }
                            _ => { td colspan="3" { span.na { "withheld: " (row.reason) } } }
                        }
                        td {
                            (row.matched) " of " (row.members)
                            @if row.status == "indicative" { " (indicative: " (row.reason) ")" }
                        }
                    }
                }
            }
        } }
    }
}
