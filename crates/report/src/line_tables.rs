//! Tables of economies on a line.

use maud::{Markup, html};

use wsis_scorecard::pace::SPAN_DECIMALS;

use crate::input::{AreaRow, Economy, LineView, ReportInput};
use crate::notes::Notes;
use crate::number::{fixed, signed};
use crate::rank::Printed;
use crate::{cells, intervals, marks, rank, words};

type Row<'a> = (&'a Economy, &'a AreaRow);

/// How many economies the short tables hold; ties with the last one are added.
const TOP: usize = 10;

/// Head of a column of classes: says whose targets they rest on.
fn class_head(input: &ReportInput, line: &LineView) -> Markup {
    html! { "Class" (marks::proposed(words::proposals(input, &line.rests_on).as_deref())) }
}

/// Link to an economy's profile.
fn link(economy: &Economy) -> Markup {
    html! { a href=(format!("#e-{}", economy.code)) { (economy.name) } }
}

/// The ten economies that gained most, in points a year. Those without a change are not in it.
pub(crate) fn fastest(input: &ReportInput, line: &LineView, rows: &[Row<'_>]) -> Markup {
    let mut known: Vec<(f64, Row<'_>)> = rows
        .iter()
        .filter(|row| !row.1.apart)
        .filter_map(|row| Some((row.1.per_year?, *row)))
        .collect();
    known.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.0.name.cmp(&b.1.0.name)));
    let shown = cut(&known);
    let id = format!("{}-f", line.code);
    let notes = Notes::new(&id);
    html! {
        div.wide tabindex="0" { table {
            caption {
                "Fastest: points a year, the change beside it over the mean span of its indicators. "
                (words::rounded_ends()) "."
            }
            thead { tr {
                th scope="col" { "Economy" }
                th.n scope="col" { "Points a year" }
                th.n scope="col" { "Change, score from and to" }
                th scope="col" { (class_head(input, line)) }
            } }
            tbody {
                @if shown.is_empty() {
                    tr { td colspan="4" { (marks::absent("no economy has a change that can be measured")) } }
                }
                @for (_, row) in shown {
                    tr {
                        th scope="row" { (link(row.0)) }
                        td.n { (pace(row.1, input.decimals)) }
                        td.n { (ends(row.1, input.decimals)) }
                        td { (cells::class_tested(row.1, &notes)) }
                    }
                }
            }
        } (notes.list()) }
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
    let id = format!("{}-b", line.code);
    let notes = Notes::new(&id);
    html! {
        div.wide tabindex="0" { table {
            caption {
                @if known.is_empty() { "Furthest behind: nobody is ranked" }
                @else {
                    "Furthest behind: lowest score among the " (known.len()) " ranked. "
                    (intervals::brief(input, line))
                }
                @if printed.has_alike() { ". " (rank::ALIKE_MEANS) }
                @if let Some(basis) = words::relative(line) { ". " (basis) }
            }
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
                        td.n {
                            (printed.score(&row.0.code).unwrap_or_default())
                            (cells::after_score(row.1, input.decimals))
                        }
                        td.n { @if row.1.rank.is_some() { (cells::rank(row.1, printed, &notes)) } }
                        td.n { (cells::change(row.1, input.decimals, &notes)) }
                        td { (cells::class_tested(row.1, &notes)) }
                    }
                }
            }
        } (notes.list()) }
    }
}

/// The first ten and whatever ties with the tenth, compared as ranks are: at 9 decimals.
fn cut<'r, 'a>(sorted: &'r [(f64, Row<'a>)]) -> &'r [(f64, Row<'a>)] {
    let Some(edge) = sorted.get(TOP - 1).map(|(value, _)| *value) else { return sorted };
    let ties = |(value, _): &&(f64, Row<'_>)| (value - edge).abs() < 0.5e-9;
    let extra = sorted.iter().skip(TOP).take_while(ties).count();
    sorted.get(..TOP + extra).unwrap_or(sorted)
}

/// Points a year, with one decimal more than a score.
fn pace(row: &AreaRow, decimals: usize) -> Markup {
    match row.printed_pace(decimals) {
        Some(printed) => html! { (signed(printed.per_year, decimals + 1)) },
        None => marks::absent("not measurable"),
    }
}

/// "+47.0: 28.8 to 75.8 · 2015 to 2020, mean span 3.67 years" over the matched indicators.
fn ends(row: &AreaRow, decimals: usize) -> Markup {
    match (row.start, row.end, row.printed_pace(decimals)) {
        (Some(start), Some(end), Some(printed)) => {
            html! {
                (signed(printed.change, decimals)) ": "
                (fixed(start, decimals)) " to " (fixed(end, decimals))
                span.u {
                    @if let Some((from, to)) = row.years { " · " (from) " to " (to) }
                    ", mean span " (fixed(printed.span, SPAN_DECIMALS)) " years"
                }
            }
        }
        _ => marks::absent("not measurable"),
    }
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
            .then_with(|| a.1.apart.cmp(&b.1.apart))
            .then_with(|| score(b).total_cmp(&score(a)))
            .then_with(|| a.0.name.cmp(&b.0.name))
    });
    let id = format!("{}-n", line.code);
    let notes = Notes::new(&id);
    let (scored, without): (Vec<Row<'_>>, Vec<Row<'_>>) =
        sorted.into_iter().partition(|row| row.1.score.is_some());
    html! {
        details.keep {
            summary {
                @let (counted, others) = input.shown();
                "All " (words::who(input, counted)) (words::and_others(others))
                " with any figure of the framework, on " (line.code)
            }
            div.wide tabindex="0" { table.al {
                caption {
                    (line.code) ", " (input.window.0) " to " (input.window.1) " (points). “core 20.0 to 60.0”: the "
                    "score over the core if what is missing of it were at its lowest and highest; "
                    "“place 12 to 40”: the ranks that this allows; “clamped”: a value beyond a goalpost, its "
                    "score held at the end of the scale; " (intervals::told(input, line)) ". Numbers are notes below the table; what a "
                    "class rests on stands in the economy's own profile"
                    @if printed.has_alike() { ". " (rank::ALIKE_MEANS) }
                    @if let Some(basis) = words::relative(line) { ". " (basis) }
                }
                thead { tr {
                    th.n scope="col" { "Rank" }
                    th scope="col" { "Economy" }
                    th.n scope="col" { "Score" }
                    th.n scope="col" { "Change" }
                    th scope="col" { (class_head(input, line)) }
                    th.n scope="col" { "Indicators" }
                    th scope="col" { "Grade" }
                } }
                tbody { @for row in &scored { (one(input, row, printed, &notes)) } }
            } (notes.list()) }
            @for (reason, names) in by_reason(&without) {
                p.small { "No score, " (reason) ": " (names.join("; ")) "." }
            }
        }
    }
}

/// Names of economies without a score, by the reason, the most frequent first.
fn by_reason<'a>(without: &[Row<'a>]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (economy, row) in without {
        let reason = row.score_reason.as_str();
        match found.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, names)) => names.push(&economy.name),
            None => found.push((reason, vec![&economy.name])),
        }
    }
    found.sort_by_key(|(_, names)| std::cmp::Reverse(names.len()));
    found
}

fn one(input: &ReportInput, row: &Row<'_>, printed: &Printed, notes: &Notes<'_>) -> Markup {
    let (economy, area) = row;
    html! {
        tr {
            td {
                @if area.apart { span.na { "apart" } }
                @else { (cells::rank(area, printed, notes)) }
            }
            th scope="row" { (link(economy)) }
            td {
                (printed.score(&economy.code).unwrap_or_default())
                (cells::after_score(area, input.decimals))
            }
            td { (cells::change(area, input.decimals, notes)) }
            td { (cells::class_tested(area, notes)) }
            td { (area.used) " of " (area.total) }
            td { (cells::grade(area, notes)) }
        }
    }
}
