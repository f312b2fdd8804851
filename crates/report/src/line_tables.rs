//! Tables of economies on a line.

use maud::{Markup, html};

use crate::class::Progress;
use crate::input::{AreaRow, Economy, LineView, ReportInput};
use crate::marks;
use crate::number::{counted, fixed, signed};
use crate::rank::Printed;
use crate::words;

type Row<'a> = (&'a Economy, &'a AreaRow);

/// How many economies the short tables hold; ties with the last one are added.
const TOP: usize = 10;

/// Head of a column of classes: says whose targets they rest on.
fn class_head(input: &ReportInput, line: &LineView) -> Markup {
    html! { "Class" (marks::proposed(words::proposals(input, line).as_deref())) }
}

/// Link to an economy's profile.
fn link(economy: &Economy) -> Markup {
    html! { a href=(format!("#e-{}", economy.code)) { (economy.name) } }
}

/// The ten economies that gained most, in points a year. Those without a change are not in it.
pub(crate) fn fastest(input: &ReportInput, line: &LineView, rows: &[Row<'_>]) -> Markup {
    let mut known: Vec<(f64, Row<'_>)> =
        rows.iter().filter_map(|row| Some((row.1.per_year?, *row))).collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.0.name.cmp(&b.1.0.name)));
    let shown = cut(&known);
    let decimals = input.decimals + 1;
    html! {
        div.wide tabindex="0" { table {
            caption { "Fastest: points a year" }
            thead { tr {
                th scope="col" { "Economy" }
                th.n scope="col" { "Points a year" }
                th.n scope="col" { "Score, from and to" }
                th scope="col" { (class_head(input, line)) }
            } }
            tbody {
                @if shown.is_empty() {
                    tr { td colspan="4" { (marks::absent("no economy has a change that can be measured")) } }
                }
                @for (rate, row) in shown {
                    tr {
                        th scope="row" { (link(row.0)) }
                        td.n { (signed(*rate, decimals)) }
                        td.n { (ends(row.1, input.decimals)) }
                        td { (marks::class(row.1.class)) }
                    }
                }
            }
        } }
    }
}

/// The ten economies with the lowest score among those ranked. Missing is not low: those without
/// a score or a rank are not in it.
pub(crate) fn furthest(
    input: &ReportInput,
    line: &LineView,
    rows: &[Row<'_>],
    printed: &Printed,
) -> Markup {
    let mut known: Vec<(f64, Row<'_>)> = rows
        .iter()
        .filter(|row| row.1.rank.is_some())
        .filter_map(|row| Some((row.1.score?, *row)))
        .collect();
    known.sort_by(|a, b| a.0.total_cmp(&b.0).then_with(|| a.1.0.name.cmp(&b.1.0.name)));
    let shown = cut(&known);
    html! {
        div.wide tabindex="0" { table {
            caption { "Furthest behind: lowest score among the " (known.len()) " ranked" }
            thead { tr {
                th scope="col" { "Economy" }
                th.n scope="col" { "Score" }
                th.n scope="col" { "Rank" }
                th.n scope="col" { "Change" }
                th scope="col" { (class_head(input, line)) }
            } }
            tbody {
                @if shown.is_empty() {
                    tr { td colspan="5" { (marks::absent("no economy has enough data for a rank")) } }
                }
                @for (_, row) in shown {
                    tr {
                        th scope="row" { (link(row.0)) }
                        td.n { (printed.score(&row.0.code).unwrap_or_default()) (year(row.1)) }
                        td.n { @if let Some(rank) = row.1.rank { (printed.rank(rank)) } }
                        td.n {
                            @match row.1.change {
                                Some(change) => { (signed(change, input.decimals)) }
                                None => { (marks::absent("not measurable")) }
                            }
                        }
                        td { (marks::class(row.1.class)) }
                    }
                }
            }
        } }
    }
}

/// The first ten and whatever ties with the tenth, compared as ranks are: at 9 decimals.
fn cut<'r, 'a>(sorted: &'r [(f64, Row<'a>)]) -> &'r [(f64, Row<'a>)] {
    let Some(edge) = sorted.get(TOP - 1).map(|(value, _)| *value) else { return sorted };
    let ties = |(value, _): &&(f64, Row<'_>)| (value - edge).abs() < 0.5e-9;
    let extra = sorted.iter().skip(TOP).take_while(ties).count();
    sorted.get(..TOP + extra).unwrap_or(sorted)
}

/// "45.1 to 61.0 · 2020 to 2024" over the matched indicators.
fn ends(row: &AreaRow, decimals: usize) -> Markup {
    match (row.start, row.end) {
        (Some(start), Some(end)) => {
            html! {
                (fixed(start, decimals)) " to " (fixed(end, decimals))
                @if let Some((from, to)) = row.years { span.u { " · " (from) " to " (to) } }
            }
        }
        _ => marks::absent("not measurable"),
    }
}

/// Year of the newest figure behind a score.
fn year(row: &AreaRow) -> Markup {
    html! { @if let Some(year) = row.latest { span.u { " · " (year) } } }
}

/// Every economy, by rank, then by score, then those without one, by name.
pub(crate) fn all(
    input: &ReportInput,
    line: &LineView,
    rows: &[Row<'_>],
    printed: &Printed,
) -> Markup {
    let mut sorted = rows.to_vec();
    sorted.sort_by(|a, b| {
        let rank = |row: &Row<'_>| row.1.rank.unwrap_or(u32::MAX);
        let score = |row: &Row<'_>| row.1.score.unwrap_or(f64::NEG_INFINITY);
        rank(a)
            .cmp(&rank(b))
            .then_with(|| score(b).total_cmp(&score(a)))
            .then_with(|| a.0.name.cmp(&b.0.name))
    });
    html! {
        details {
            summary { "All " (counted(rows.len() as u64, "economy", "economies")) " on " (line.code) }
            div.wide tabindex="0" { table {
                caption { (line.code) ", " (input.window.0) " to " (input.window.1) " (points)" }
                thead { tr {
                    th.n scope="col" { "Rank" }
                    th scope="col" { "Economy" }
                    th.n scope="col" { "Score" }
                    th.n scope="col" { "Change" }
                    th scope="col" { (class_head(input, line)) }
                    th.n scope="col" { "Indicators" }
                    th scope="col" { "Grade" }
                } }
                tbody { @for row in &sorted { (one(input, row, printed)) } }
            } }
        }
    }
}

fn one(input: &ReportInput, row: &Row<'_>, printed: &Printed) -> Markup {
    let (economy, area) = row;
    html! {
        tr {
            td.n {
                @match area.rank {
                    Some(rank) => { (printed.rank(rank)) }
                    None => { span.na title=(area.rank_reason) { "not ranked" } }
                }
            }
            th scope="row" { (link(economy)) }
            @match printed.score(&economy.code) {
                Some(score) => { td.n { (score) (year(area)) } }
                None => { td { (marks::absent(&area.score_reason)) } }
            }
            td.n {
                @match area.change {
                    Some(change) => { (signed(change, input.decimals)) }
                    None => { (marks::absent("not measurable")) }
                }
            }
            td {
                (marks::class(area.class))
                @if area.class == Progress::NotAssessable && area.score.is_some() {
                    ": " (area.class_reason)
                }
            }
            td.n { (area.used) " of " (area.total) }
            td { (area.grade) }
        }
    }
}
