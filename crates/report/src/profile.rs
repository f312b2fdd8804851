//! Economy profiles: every line of one economy, as a dot plot among its region and as a table.

use maud::{Markup, html};

use crate::charts::map;
use crate::charts::peers::{self, Quartiles};
use crate::class::Progress;
use crate::input::{AreaRow, Economy, IndicatorView, LineView, ReadingView, ReportInput};
use crate::marks;
use crate::number::{counted, fixed, plain};
use crate::rank::Printed;
use crate::{cells, overview, words};

/// A line with what all profiles need of it.
struct Prepared<'a> {
    line: &'a LineView,
    printed: Printed,
    /// Quartiles by region, sorted by region.
    regions: Vec<(&'a str, Option<Quartiles>, u32)>,
}

/// The section with every profile, closed until asked for.
pub(crate) fn section(input: &ReportInput) -> Markup {
    let prepared: Vec<Prepared<'_>> = input.lines.iter().map(|line| prepare(input, line)).collect();
    html! {
        section #profiles aria-labelledby="profiles-h" {
            h2 #profiles-h { "Economies" }
            p {
                "Open an economy to see its " (input.lines.len()) " lines. The dot is its score; "
                "the band holds the middle half of the scored economies of its region, the stroke "
                "their median."
            }
            p.only-print {
                "Only the profiles that were open when this page was printed are on paper."
            }
            @for (at, economy) in input.economies.iter().enumerate() {
                (one(input, &prepared, at, economy))
            }
        }
    }
}

fn prepare<'a>(input: &'a ReportInput, line: &'a LineView) -> Prepared<'a> {
    let mut names: Vec<&str> = input.economies.iter().map(|e| e.region.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let regions = names
        .into_iter()
        .map(|name| {
            let scores: Vec<f64> = input
                .economies
                .iter()
                .zip(&line.areas)
                .filter(|(economy, _)| economy.region == name && !economy.apart)
                .filter_map(|(_, row)| row.score)
                .collect();
            let number = u32::try_from(scores.len()).unwrap_or(u32::MAX);
            (name, peers::quartiles(&scores), number)
        })
        .collect();
    Prepared { line, printed: Printed::new(&line.areas, input.decimals), regions }
}

fn one(input: &ReportInput, lines: &[Prepared<'_>], at: usize, economy: &Economy) -> Markup {
    let scored = lines
        .iter()
        .filter(|line| line.line.areas.get(at).is_some_and(|row| row.score.is_some()))
        .count();
    html! {
        details.profile {
            summary { (economy.name) span.muted { ": " (scored) " of " (lines.len()) " lines scored" } }
            div id=(format!("e-{}", economy.code)) {
                p.small {
                    (economy.code)
                    @if !economy.region.is_empty() { "; " (economy.region) }
                    @if !economy.income.is_empty() {
                        "; " (economy.income) " income (group of the World Bank at the end of "
                        (input.window.1) ")"
                    }
                    @if economy.apart {
                        ". " @if economy.standing == "observer" { "Observer State" } @else { "No member State" }
                        ": scored apart, in no rank and median"
                    }
                    @if !economy.note.is_empty() { ". " (economy.note) }
                    @if !map::drawable(&economy.code) { ". Not drawn on the maps." }
                }
                (table(input, lines, at, economy))
                (indicators(input, at))
            }
        }
    }
}

fn table(input: &ReportInput, lines: &[Prepared<'_>], at: usize, economy: &Economy) -> Markup {
    html! {
        div.wide tabindex="0" { table {
            caption {
                (economy.name) ", " (input.window.0) " to " (input.window.1) " (points)"
            }
            thead { tr {
                th scope="col" { "Line" }
                th.n scope="col" { "Score" }
                th scope="col" { "Among its region" }
                th.n scope="col" { "Median there" }
                th.n scope="col" { "Change" }
                th scope="col" { "Class" }
                th.n scope="col" { "Indicators" }
                th scope="col" { "Grade" }
                th.n scope="col" { "Rank" }
            } }
            tbody {
                @for line in lines {
                    @if let Some(row) = line.line.areas.get(at) { (entry(input, line, row, economy)) }
                }
            }
        } }
    }
}

fn entry(input: &ReportInput, prepared: &Prepared<'_>, row: &AreaRow, economy: &Economy) -> Markup {
    let code = &prepared.line.code;
    let peers = prepared
        .regions
        .iter()
        .find(|(name, ..)| *name == economy.region)
        .and_then(|(_, quartiles, number)| Some(((*quartiles)?, *number)));
    html! {
        tr {
            th scope="row" { a href=(format!("#{code}")) title=(prepared.line.title) { (code) } }
            @if let Some(score) = prepared.printed.score(&economy.code) {
                td.n { (score) (cells::after_score(row, input.decimals)) }
                td { (peers::dot(row.score, peers.map(|(quartiles, _)| quartiles), input.scale_max)) }
                td.n {
                    @match peers {
                        Some((peers, number)) => {
                            (fixed(peers.median, input.decimals)) (overview::of_n(number))
                        }
                        None => { (marks::absent("none")) }
                    }
                }
                td.n { (cells::change_told(row, input.decimals, &row.class_reason)) }
                td {
                    (cells::class_told(row))
                    @if row.position.is_some() && !row.class_reason.is_empty() { ": " (row.class_reason) }
                }
            } @else {
                td colspan="5" { (marks::absent(reason(prepared.line, row))) }
            }
            td.n { @if row.total == 0 { "none" } @else { (row.used) " of " (row.total) } }
            td { (cells::grade(row)) }
            td.n { (cells::rank(row, &prepared.printed)) }
        }
    }
}

/// The economy's indicators: value and year at both ends of the window, score, class.
fn indicators(input: &ReportInput, at: usize) -> Markup {
    let with: Vec<(&IndicatorView, &ReadingView)> =
        input.indicators.iter().filter_map(|view| Some((view, view.readings.get(at)?))).collect();
    let without = input.indicators.len() - with.len();
    html! {
        @if !with.is_empty() {
            div.wide tabindex="0" { table {
                caption { "Its indicators" }
                thead { tr {
                    th scope="col" { "Indicator" }
                    th.n scope="col" { "About " (input.window.0) }
                    th.n scope="col" { "Latest up to " (input.window.1) }
                    th.n scope="col" { "Score" }
                    th scope="col" { "Class" }
                } }
                tbody { @for (view, reading) in with { (reading_row(input, view, reading)) } }
            } }
        }
        @if without > 0 {
            p.small.muted {
                (counted(without as u64, "indicator has", "indicators have"))
                " no figure for any economy; see the lines."
            }
        }
    }
}

fn reading_row(input: &ReportInput, view: &IndicatorView, reading: &ReadingView) -> Markup {
    html! {
        tr {
            th scope="row" { (view.title) " " span.u { "(" (view.unit) ")" } }
            @if reading.end.is_some() {
                td.n { (dated(reading.start)) }
                td.n {
                    (dated(reading.end))
                    @if !reading.flag.is_empty() { " " span.un { (reading.flag) } }
                }
                td.n {
                    @match reading.score {
                        Some(score) => {
                            (fixed(score, input.decimals))
                            @if reading.clamped {
                                " " span.un title="beyond a goalpost: the score is held at the end of the scale" { "clamped" }
                            }
                        }
                        None => { (marks::absent("not scored")) }
                    }
                }
                td {
                    @if let Some(position) = &reading.position { (position) br; }
                    (marks::class(reading.class))
                    @if reading.class != Progress::NotAssessable {
                        @let ours = view.target.as_ref().is_some_and(|t| t.fact.is_proposed());
                        (marks::proposed(ours.then_some("target proposed")))
                    } @else if !reading.reason.is_empty() {
                        ": " (reading.reason)
                    }
                }
            } @else {
                td colspan="4" { (marks::absent(&reading.reason)) }
            }
        }
    }
}

/// "87.4 · 2023", with the exact value on demand.
fn dated(point: Option<(i32, f64)>) -> Markup {
    match point {
        Some((year, value)) => html! {
            @let (exact, shown) = (value.to_string(), plain(value));
            span title=[(exact.trim_end_matches(".0") != shown).then_some(exact)] { (shown) }
            span.u { " · " (year) }
        },
        None => marks::absent("none"),
    }
}

fn reason<'a>(line: &'a LineView, row: &'a AreaRow) -> &'a str {
    match &line.no_indicator {
        Some(words) => words::brief(words),
        None => &row.score_reason,
    }
}

/// Economies of the code list without any observation.
pub(crate) fn silent(input: &ReportInput) -> Markup {
    let number = u32::try_from(input.silent.len()).unwrap_or(u32::MAX);
    let shown = u32::try_from(input.economies.len()).unwrap_or(u32::MAX);
    let all = shown.saturating_add(number);
    html! {
        @if !input.silent.is_empty() {
            h3 #silent { @if input.sample.is_some() { "Areas without any observation in this sample" } @else { "Areas without any observation" } }
            p {
                (number) " of " (all) " areas of the code list"
                @if input.sample.is_some() { "; the sample leaves them out, whatever the sources have" }
                "."
            }
            p.small { (input.silent.join("; ")) }
        }
    }
}
