//! The median score of a line by year, with its table.

use maud::{Markup, html};

use super::sparkline::{known, path};
use super::{Axis, Frame, chain, figure, ticks};
use crate::input::{LineView, Window, YearFact};
use crate::marks;
use crate::number::{Scale, pixel, plain};
use crate::words::is_relative;

/// The chart, or the reason why there is none.
pub fn trend(id: &str, view: &LineView, scale: Scale, years: Window, source: &str) -> Markup {
    let points = known(&view.medians, years);
    let Some(last) = points.last() else {
        return html! { p { (marks::absent(&nothing(view))) } };
    };
    let title = title(view, &points, *last, scale);
    let description = points
        .iter()
        .map(|(year, value)| {
            format!("{year}: {}{}", scale.text(*value), told(view, &points, *year, scale))
        })
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

/// The last median, and beside it the first one that the chain links to it, a year of its own
/// figures if there is one. Never a year of another level.
fn title(view: &LineView, points: &[(i32, f64)], last: (i32, f64), scale: Scale) -> String {
    let (line, level) = (&view.code, scale.text(last.1));
    if is_relative(view) {
        return format!(
            "{line}: median score {level} in {} by an index that is standardised anew in every \
             edition, so that the level of one edition says nothing beside that of another",
            last.0
        );
    }
    let run = chain::newest(view, points);
    let observed = |point: &&(i32, f64)| !view.carried.contains(&point.0);
    let first = run.iter().find(observed).or(run.first()).filter(|first| first.0 < last.0);
    let earlier = match run.first().zip(points.first()) {
        Some((from, first)) if from.0 > first.0 && from.0 < last.0 => {
            format!("; years before {} do not compare", from.0)
        }
        Some((from, first)) if from.0 > first.0 => "; earlier years do not compare".to_owned(),
        _ => String::new(),
    };
    // A chain, not the medians of the single years: each step is over the same economies.
    match first {
        Some(first) => format!(
            "{line}: median chained over the same economies and indicators, {} in {}, {level} in \
             {}{earlier}",
            scale.text(first.1),
            first.0,
            last.0
        ),
        None => format!("{line}: median score {level} in {}{earlier}", last.0),
    }
}

/// Why there is no point at all: nobody has a score in any year, or always too few.
fn nothing(view: &LineView) -> String {
    match view.year_facts.iter().max_by_key(|fact| fact.economies) {
        Some(fact) if fact.economies > 0 => format!(
            "Withheld in every year: at most {} of {} have a score ({}).",
            fact.economies, fact.members, fact.year
        ),
        _ => "No economy has a score in any year.".to_owned(),
    }
}

/// Why a year has no median.
fn without(fact: Option<&YearFact>) -> String {
    match fact {
        Some(fact) if fact.economies > 0 => {
            format!("withheld: {} of {} have a score", fact.economies, fact.members)
        }
        _ => "no economy has a score in this year".to_owned(),
    }
}

/// What is said of a year: that it rests on figures of before, that the years before it are on
/// another level, that the median went another way than most economies.
fn told(view: &LineView, points: &[(i32, f64)], year: i32, scale: Scale) -> String {
    let carried = view.carried.contains(&year).then_some("more carried forward than new");
    let apart = !is_relative(view) && chain::begins(view, points, year);
    let apart = apart.then_some("does not compare with earlier years");
    let most = against_most(view, points, year, scale);
    let said: Vec<&str> = carried.into_iter().chain(apart).chain(most.as_deref()).collect();
    if said.is_empty() { String::new() } else { format!(" ({})", said.join("; ")) }
}

/// "116 rose and 76 fell since the year before": where the median, as it is printed, went the other way.
/// It is a place among economies, and those in the middle may move against the most.
fn against_most(view: &LineView, points: &[(i32, f64)], year: i32, scale: Scale) -> Option<String> {
    let at = |year: i32| points.iter().find(|point| point.0 == year).map(|point| point.1);
    let (before, now) = (at(year - 1)?, at(year)?);
    let fact = view.year_facts.iter().find(|fact| fact.year == year && fact.linked)?;
    let seen = scale.text(before) != scale.text(now);
    let against =
        (now < before && fact.rose > fact.fell) || (now > before && fact.rose < fact.fell);
    (seen && against)
        .then(|| format!("{} rose and {} fell since the year before", fact.rose, fact.fell))
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
        @for run in chain::runs(view, points) {
            @if run.len() > 1 && !is_relative(view) { path.ln d=(path(&run, x, y)) {} }
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

fn caption(view: &LineView) -> String {
    if is_relative(view) {
        "Median score by edition (points); editions do not compare; n: how many have a score".into()
    } else {
        format!(
            "Median by year, chained from its newest year backwards (points); n: how many have a \
             score; {}",
            chain::BREAKS
        )
    }
}

/// Every year, also those without a value: the table says so where the line breaks.
fn table(view: &LineView, scale: Scale) -> Markup {
    let fact = |year: i32| view.year_facts.iter().find(|fact| fact.year == year);
    let all: Vec<(i32, f64)> =
        view.medians.iter().filter_map(|(year, value)| Some((*year, (*value)?))).collect();
    html! {
        div.wide tabindex="0" { table {
            caption { (caption(view)) }
            thead { tr { th scope="col" { "Year" } th.n scope="col" { "Median" } th.n scope="col" { "n" } } }
            tbody {
                @for (year, value) in &view.medians {
                    tr {
                        th scope="row" { (year) }
                        @match value {
                            Some(value) => { td.n { (scale.text(*value)) (told(view, &all, *year, scale)) } }
                            None => { td { (marks::absent(&without(fact(*year)))) } }
                        }
                        td.n { (fact(*year).map_or("not recorded".to_owned(), |it| it.economies.to_string())) }
                    }
                }
            }
        } }
    }
}
