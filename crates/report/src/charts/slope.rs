//! Regions from the start to the end of the window, over the same members at both ends.

use maud::{Markup, html};
use wsis_scorecard::pace::{Printed, SPAN_DECIMALS};

use super::{Axis, Frame, figure_beside};
use crate::input::{RegionView, Window};
use crate::number::{Scale, fixed, pixel, plain, signed};
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

impl Drawn<'_> {
    fn change(&self) -> f64 {
        self.end - self.start
    }

    /// Its change over its span as printed, where that is known.
    fn pace(&self, scale: Scale) -> Option<Printed> {
        Printed::of(self.change(), self.region.span?, scale.decimals)
    }
}

/// What regions are compared by: spans differ, so points a year where all are known, and else the
/// change. What is compared is what is printed, so that no sentence says more than its numbers.
#[derive(Clone, Copy)]
struct Compared {
    is_paced: bool,
    scale: Scale,
}

impl Compared {
    fn of(drawn: &[Drawn<'_>], scale: Scale) -> Self {
        Self { is_paced: drawn.iter().all(|row| row.pace(scale).is_some()), scale }
    }

    fn value(self, row: &Drawn<'_>) -> f64 {
        let pace = row.pace(self.scale).filter(|_| self.is_paced);
        pace.map_or_else(|| row.change(), |pace| pace.per_year)
    }

    fn printed(self, row: &Drawn<'_>) -> String {
        // A year of a change: one more decimal, as in the tables.
        if self.is_paced {
            format!("{} a year", signed(self.value(row), self.scale.decimals + 1))
        } else {
            self.scale.change(row.change())
        }
    }

    fn turn(self, row: &Drawn<'_>) -> Turn {
        turn(&self.printed(row))
    }

    /// The numbers beside a region: a pace with the change and the span that it is made of.
    fn told(self, row: &Drawn<'_>) -> String {
        if self.is_paced {
            format!("{}: {}", self.printed(row), over(row, self.scale))
        } else {
            over(row, self.scale)
        }
    }
}

/// A change, and the years that it took: changes over unlike spans do not stand side by side without them.
fn over(row: &Drawn<'_>, scale: Scale) -> String {
    let change = scale.change(row.change());
    match row.region.span {
        Some(span) => format!("{change} over {} years", fixed(span, SPAN_DECIMALS)),
        None => change,
    }
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
    let by = Compared::of(drawn, scale);
    let (Some(most), Some(least)) = (
        drawn.iter().max_by(|a, b| by.value(a).total_cmp(&by.value(b))),
        drawn.iter().min_by(|a, b| by.value(a).total_cmp(&by.value(b))),
    ) else {
        return line.to_owned();
    };
    let when = format!("{line}, from about {} to {}", window.0, window.1);
    if drawn.len() == 1 {
        let rest = match all - 1 {
            0 => String::new(),
            1 => "; the other region cannot be shown".to_owned(),
            more => format!("; the other {more} regions cannot be shown"),
        };
        let moved = turn(&scale.change(most.change())).word();
        return format!("{when}: {} {moved} ({}){rest}", most.region.name, over(most, scale));
    }
    let of = if drawn.len() == all {
        format!("of {all} regions")
    } else {
        format!("of the {} regions shown ({} withheld)", drawn.len(), all - drawn.len())
    };
    if by.printed(most) == by.printed(least) {
        let alike = by.turn(most).word();
        return format!("{when}, {of}: all {alike} alike as printed ({})", by.printed(most));
    }
    let first = by.turn(most).at_an_end(true, by.is_paced);
    let last = by.turn(least).at_an_end(false, by.is_paced);
    format!(
        "{when}, {of}: {} {first} ({}), {} {last} ({})",
        most.region.name,
        by.told(most),
        least.region.name,
        by.told(least)
    )
}

/// Which way a score went, at the decimals that are printed.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Turn {
    Rose,
    Fell,
    Stood,
}

impl Turn {
    const fn word(self) -> &'static str {
        match self {
            Self::Rose => "rose",
            Self::Fell => "fell",
            Self::Stood => "stood still",
        }
    }

    /// How the first or the last of all went: the first rose most or fell least, the last the other way.
    fn at_an_end(self, is_first: bool, is_paced: bool) -> String {
        let is_most = match self {
            Self::Rose => is_first,
            Self::Fell => !is_first,
            Self::Stood => return self.word().to_owned(),
        };
        let how = match (is_paced, is_most) {
            (true, true) => "fastest",
            (true, false) => "slowest",
            (false, true) => "most",
            (false, false) => "least",
        };
        format!("{} {how}", self.word())
    }
}

fn turn(printed: &str) -> Turn {
    match printed.chars().next() {
        Some('+') => Turn::Rose,
        Some('\u{2212}') => Turn::Fell,
        _ => Turn::Stood,
    }
}

fn drawing(window: Window, drawn: &[Drawn<'_>], scale: Scale) -> Markup {
    let values = || drawn.iter().flat_map(|row| [row.start, row.end]);
    let (lo, hi) =
        ends(values().fold(f64::MAX, f64::min), values().fold(f64::MIN, f64::max), scale.max);
    let y = Axis::new(lo, hi, 226.0, 30.0);
    let left = spread(&drawn.iter().map(|row| pixel(y.at(row.start))).collect::<Vec<_>>());
    let right = spread(&drawn.iter().map(|row| pixel(y.at(row.end))).collect::<Vec<_>>());
    // The line that the title names first.
    let by = Compared::of(drawn, scale);
    let most = drawn.iter().map(|row| by.value(row)).fold(f64::MIN, f64::max);
    html! {
        text.t2 x=(LEFT) y="16" text-anchor="middle" { (window.0) }
        text.t2 x=(RIGHT) y="16" text-anchor="middle" { (window.1) }
        path.ax d=(format!("M{LEFT} 24V236M{RIGHT} 24V236")) {}
        text.t2 x=(WIDTH / 2) y="252" text-anchor="middle" {
            "axis from " (plain(lo)) " to " (plain(hi)) " points; dashed: indicative"
        }
        @for (at, row) in drawn.iter().enumerate() {
            @let lead = by.value(row) >= most;
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
