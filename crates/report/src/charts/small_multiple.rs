//! One panel per indicator: median over economies, quartile band, target; the same years in
//! every panel.

use maud::{Markup, html};

use super::sparkline::path;
use super::{Axis, Frame, chain, figure, segments, ticks};
use crate::input::{IndicatorView, Window, YearFigures};
use crate::number::{decimals_of, economies, fixed, mark_texts, pixel, plain, round_marks, short};

const WIDTH: i32 = 340;
const HEIGHT: i32 = 176;

/// The panel of an indicator, or a hatched box with the reason. `role` says whether it enters the
/// score.
pub fn panel(id: &str, view: &IndicatorView, role: &str, span: Window, source: &str) -> Markup {
    let years: Vec<YearFigures> =
        view.years.iter().filter(|row| (span.0..=span.1).contains(&row.year)).copied().collect();
    if years.is_empty() {
        return html! {
            figure id=(id) {
                figcaption { (view.title) ": no figure to draw" }
                p.na { (reason(view)) }
            }
        };
    }
    let title = title(view, role, &years);
    let description = description(view, &years);
    let frame = Frame {
        id,
        title: &title,
        description: &description,
        source,
        width: WIDTH,
        height: HEIGHT,
        class: "",
    };
    figure(&frame, &drawing(view, &years, span), &table(view, &years))
}

fn reason(view: &IndicatorView) -> &str {
    if view.absent.is_empty() { "no observation in these years" } else { &view.absent }
}

/// Of the years in which at least half as many report as in the best one the last, and the first
/// that compares with it; the last alone where none does.
fn title(view: &IndicatorView, role: &str, years: &[YearFigures]) -> String {
    let most = years.iter().map(|row| row.economies).max().unwrap_or_default();
    let full: Vec<&YearFigures> = years.iter().filter(|row| row.economies * 2 >= most).collect();
    let Some(last) = full.last() else { return view.title.clone() };
    let first = full.iter().find(|row| view.compares(row, last)).unwrap_or(last);
    // A break between what is drawn: the years before it are another method's.
    let method = view.breaks.iter().filter(|year| **year <= last.year).max();
    let apart = method.filter(|year| years.iter().any(|row| row.year < **year));
    let earlier = apart
        .map_or_else(String::new, |year| format!("; years before {year} are of another method"));
    let told =
        |row: &YearFigures| format!("{} in {} (n {})", short(row.median), row.year, row.economies);
    let (name, unit) = (&view.title, &view.unit);
    if view.relative {
        format!(
            "{name}: median {}; standardised anew in every edition, so that editions do not compare \
             ({unit}; {role})",
            told(last)
        )
    } else if years.len() == 1 {
        format!("{name}: median {}, the only year ({unit}; {role})", told(last))
    } else if first.year < last.year {
        // The line drawn is of all that report in each year: what moved is told of the same ones.
        let moved = match view.same_set(first, last) {
            Some(same) => format!(
                "; over the {} with a figure in both years {} in {}, {} in {}",
                same.economies,
                short(same.first),
                first.year,
                short(same.last),
                last.year
            ),
            None => format!("; others report in {} (n {})", first.year, first.economies),
        };
        format!("{name}: median {}{moved}{earlier} ({unit}; {role})", told(last))
    } else {
        format!("{name}: median {}{earlier} ({unit}; {role})", told(last))
    }
}

fn description(view: &IndicatorView, years: &[YearFigures]) -> String {
    let mut words: Vec<String> = years
        .iter()
        .map(|row| {
            format!(
                "{}: median {}, quartiles {} and {}, {}",
                row.year,
                short(row.median),
                short(row.q1),
                short(row.q3),
                economies(row.economies)
            )
        })
        .collect();
    if let Some(target) = &view.target {
        let whose =
            if target.fact.is_proposed() { "target proposed by this project" } else { "target" };
        words.push(format!("{whose}: {} by {}", plain(target.value), target.year));
    }
    words.join("; ")
}

/// Lower and upper end of the value axis: the goalposts, widened to hold target and figures.
/// Percentages therefore share one axis over all panels.
fn range(view: &IndicatorView, years: &[YearFigures]) -> (f64, f64) {
    let mut lo = years.iter().map(|row| row.q1).fold(0.0, f64::min);
    let mut hi = years.iter().map(|row| row.q3).fold(f64::MIN, f64::max);
    if let Some(posts) = view.goalposts.as_ref().filter(|posts| posts.transform == "identity") {
        lo = lo.min(posts.lo.min(posts.hi));
        hi = hi.max(posts.lo.max(posts.hi));
    }
    if let Some(target) = &view.target {
        lo = lo.min(target.value);
        hi = hi.max(target.value);
    }
    (lo, if hi > lo { hi } else { lo + 1.0 })
}

fn drawing(view: &IndicatorView, years: &[YearFigures], span: Window) -> Markup {
    let (lo, hi) = range(view, years);
    let marks = round_marks(lo, hi);
    let (lo, hi) = (*marks.first().unwrap_or(&lo), *marks.last().unwrap_or(&hi));
    let x = Axis::new(f64::from(span.0), f64::from(span.1), 44.0, 282.0);
    let y = Axis::new(lo, hi, 150.0, 14.0);
    let most = years.iter().map(|row| row.economies).max().unwrap_or_default();
    let points: Vec<(i32, YearFigures)> = years.iter().map(|row| (row.year, *row)).collect();
    html! {
        @for (value, shown) in marks.iter().zip(mark_texts(&marks)) {
            path.ax d=(format!("M44 {}H282", pixel(y.at(*value)))) {}
            text.t2 x="40" y=(pixel(y.at(*value)) + 4) text-anchor="end" { (shown) }
        }
        @for year in ticks(span) {
            text.t2 x=(pixel(x.year(year))) y="168" text-anchor="middle" { (year) }
        }
        @for run in runs(view, &points) { (band(&run, x, y)) }
        @if let Some(target) = &view.target {
            path.tg d=(format!("M44 {}H282", pixel(y.at(target.value)))) {}
            text x="286" y=(pixel(y.at(target.value)) + 4) {
                @if target.fact.is_proposed() { "proposal" } @else { "target" }
            }
        }
        @for run in runs(view, &points) { (line(&run, x, y, most)) }
        @if let Some(last) = years.last() { (end_label(view, last, x, y)) }
    }
}

/// The last median, beside its point, kept clear of the word at the target.
fn end_label(view: &IndicatorView, last: &YearFigures, x: Axis, y: Axis) -> Markup {
    let mut at = pixel(y.at(last.median)) + 4;
    if let Some(target) = &view.target {
        let line = pixel(y.at(target.value)) + 4;
        if (at - line).abs() < 13 {
            at = if at >= line { line + 13 } else { line - 13 };
        }
    }
    html! {
        text.st x=(pixel(x.year(last.year)) + 7) y=(at) { (short(last.median)) }
    }
}

/// What is joined: nothing across a break of method, and nothing of an index whose editions do not
/// compare.
fn runs(view: &IndicatorView, points: &[(i32, YearFigures)]) -> Vec<Vec<(i32, YearFigures)>> {
    chain::cut(segments(points), |from, to| view.joins(from, to))
}

fn band(run: &[(i32, YearFigures)], x: Axis, y: Axis) -> Markup {
    if let [(year, row)] = run {
        let at = pixel(x.year(*year));
        let (top, foot) = (pixel(y.at(row.q3)), pixel(y.at(row.q1)));
        return html! { rect.bd x=(at - 2) y=(top) width="4" height=((foot - top).max(1)) {} };
    }
    let upper: Vec<(i32, f64)> = run.iter().map(|(year, row)| (*year, row.q3)).collect();
    let lower: Vec<(i32, f64)> = run.iter().rev().map(|(year, row)| (*year, row.q1)).collect();
    let d = format!("{}L{}Z", path(&upper, x, y), path(&lower, x, y).trim_start_matches('M'));
    html! { path.bd d=(d) {} }
}

/// Median line with its points; hollow where fewer than half as many economies report as at most.
fn line(run: &[(i32, YearFigures)], x: Axis, y: Axis, most: u32) -> Markup {
    let medians: Vec<(i32, f64)> = run.iter().map(|(year, row)| (*year, row.median)).collect();
    html! {
        @if medians.len() > 1 { path.ln d=(path(&medians, x, y)) {} }
        @for (year, row) in run {
            @if row.economies * 2 < most {
                circle.ph cx=(pixel(x.year(*year))) cy=(pixel(y.at(row.median))) r="2.5" {}
            } @else {
                circle.pt cx=(pixel(x.year(*year))) cy=(pixel(y.at(row.median))) r="2" {}
            }
        }
    }
}

fn table(view: &IndicatorView, years: &[YearFigures]) -> Markup {
    let decimals = decimals_of(years.iter().map(|row| row.q3));
    let exact = |value: f64| exact(value, decimals);
    html! {
        div.wide tabindex="0" { table {
            caption { (view.title) " (" (view.unit) "), by year" }
            thead { tr {
                th scope="col" { "Year" }
                th.n scope="col" { "First quartile" }
                th.n scope="col" { "Median" }
                th.n scope="col" { "Third quartile" }
                th.n scope="col" { "Economies" }
            } }
            tbody {
                @for row in years {
                    tr {
                        th scope="row" { (row.year) }
                        (exact(row.q1))
                        (exact(row.median))
                        (exact(row.q3))
                        td.n { (row.economies) }
                    }
                }
            }
        } }
    }
}

/// A cell with as many decimals as the column has, and the exact value on demand.
fn exact(value: f64, decimals: usize) -> Markup {
    let (exact, shown) = (value.to_string(), fixed(value, decimals));
    html! { td.n title=[(exact != shown).then_some(exact)] { (shown) } }
}
