//! Regions from the start to the end of the window, over the same members at both ends.

use maud::{Markup, html};
use wsis_scorecard::pace::SPAN_DECIMALS;

use super::{Axis, Frame, figure_beside};
use crate::input::{RegionView, Window};
use crate::number::{Scale, fixed, pixel, plain};
use crate::words;

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
    let title = title(line, window, &drawn, regions.len(), scale);
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

/// What the chart shows, in a sentence. A fall is called a fall, and only the regions that are
/// drawn are compared.
fn title(line: &str, window: Window, drawn: &[Drawn<'_>], all: usize, scale: Scale) -> String {
    let change = |row: &Drawn<'_>| row.end - row.start;
    // Spans differ: where all are known, regions are compared by points a year.
    let is_paced = drawn.iter().all(|row| row.region.span.is_some_and(|span| span > 0.0));
    let pace = |row: &Drawn<'_>| match row.region.span.filter(|_| is_paced) {
        Some(span) => change(row) / span,
        None => change(row),
    };
    let (Some(most), Some(least)) = (
        drawn.iter().max_by(|a, b| pace(a).total_cmp(&pace(b))),
        drawn.iter().min_by(|a, b| pace(a).total_cmp(&pace(b))),
    ) else {
        return line.to_owned();
    };
    let when = format!("{line}, from about {} to {}", window.0, window.1);
    let printed = |row: &Drawn<'_>| scale.change(change(row));
    // Changes over unlike spans do not stand side by side without them.
    let told = |row: &Drawn<'_>| match row.region.span {
        Some(span) => format!("{} over {} years", printed(row), fixed(span, SPAN_DECIMALS)),
        None => printed(row),
    };
    if drawn.len() == 1 {
        let rest = match all - 1 {
            0 => String::new(),
            1 => "; the other region cannot be shown".to_owned(),
            more => format!("; the other {more} regions cannot be shown"),
        };
        return format!(
            "{when}: {} {} ({}){rest}",
            most.region.name,
            moved(change(most), scale),
            told(most)
        );
    }
    let of = if drawn.len() == all {
        format!("of {all} regions")
    } else {
        format!("of the {} regions shown ({} withheld)", drawn.len(), all - drawn.len())
    };
    if printed(most) == printed(least) {
        let alike = moved(change(most), scale);
        return format!("{when}, {of}: all {alike} alike ({})", printed(most));
    }
    let (first, last) = match (direction(change(most), scale), direction(change(least), scale)) {
        (Turn::Rose, Turn::Rose) => ("rose most", "rose least"),
        (Turn::Fell, Turn::Fell) => ("fell least", "fell most"),
        (Turn::Rose, Turn::Stood) => ("rose most", "stood still"),
        (Turn::Stood, Turn::Fell) => ("stood still", "fell most"),
        _ => ("rose most", "fell most"),
    };
    let by_pace = |words: &str| words.replace("most", "fastest").replace("least", "slowest");
    let (first, last) = if is_paced {
        (by_pace(first), by_pace(last))
    } else {
        (first.to_owned(), last.to_owned())
    };
    format!(
        "{when}, {of}: {} {first} ({}), {} {last} ({})",
        most.region.name,
        told(most),
        least.region.name,
        told(least)
    )
}

/// Which way a score went, at the decimals that are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Rose,
    Fell,
    Stood,
}

fn direction(change: f64, scale: Scale) -> Turn {
    let printed = scale.change(change);
    match printed.chars().next() {
        Some('+') => Turn::Rose,
        Some('\u{2212}') => Turn::Fell,
        _ => Turn::Stood,
    }
}

fn moved(change: f64, scale: Scale) -> &'static str {
    match direction(change, scale) {
        Turn::Rose => "rose",
        Turn::Fell => "fell",
        Turn::Stood => "stood still",
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
            "axis from " (plain(lo)) " to " (plain(hi)) " points; dashed: indicative"
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
        div.wide tabindex="0" { table {
            caption {
                "Regions, unweighted mean of the same economies at both ends (points); a change over the "
                "mean span of its economies. " (words::rounded_ends()) "."
            }
            thead { tr {
                th scope="col" { "Region" }
                th.n scope="col" { "Score about " (window.0) }
                th.n scope="col" { "Score up to " (window.1) }
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
                                td.n {
                                    (scale.change(end - start))
                                    @if let Some(span) = row.span {
                                        span.u { " over " (fixed(span, SPAN_DECIMALS)) " years" }
                                    }
                                }
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
