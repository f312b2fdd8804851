//! Economy profiles: every line of one economy, as a dot plot among its region and as a table.

use maud::{Markup, html};

use crate::charts::map;
use crate::charts::peers::{self, Quartiles};
use crate::class::Progress;
use crate::input::{AreaRow, Economy, IndicatorView, LineView, ReadingView, ReportInput};
use crate::marks;
use crate::notes::{Notes, Shared};
use crate::number::{counted, fixed, plain};
use crate::rank::Printed;
use crate::{cells, overview, rank, words};

/// From how many economies on a reason stands once for all of them.
const MANY: usize = 5;

/// What stands where a reason should.
const NO_REASON: &str = "no reason was recorded";

/// A line with what all profiles need of it.
struct Prepared<'a> {
    line: &'a LineView,
    printed: Printed,
    /// Quartiles by region, sorted by region, with the id of their drawing.
    regions: Vec<Region<'a>>,
}

/// A region on a line.
struct Region<'a> {
    name: &'a str,
    /// Of the scores of those who count.
    quartiles: Option<Quartiles>,
    /// How many they are.
    number: u32,
    /// Id of the band behind the dots of its economies.
    band: String,
}

/// The section with every profile, closed until asked for.
pub(crate) fn section(input: &ReportInput) -> Markup {
    let (scored, bare): (Vec<&LineView>, Vec<&LineView>) =
        input.lines.iter().partition(|line| line.areas.iter().any(|row| row.score.is_some()));
    let prepared: Vec<Prepared<'_>> = scored.iter().map(|line| prepare(input, line)).collect();
    // What many profiles would say is known when all of them are written.
    let nothing = Shared::of([], MANY);
    let each = input.economies.iter().enumerate().map(|(at, economy)| {
        let notes = Notes::beside("", &nothing);
        one(input, &prepared, (at, economy), &notes);
        notes.texts()
    });
    let shared = Shared::of(each, MANY);
    html! {
        section #profiles aria-labelledby="profiles-h" {
            h2 #profiles-h { "Economies" }
            p {
                "Open an economy to see its " (scored.len()) " lines that can be scored. The dot is its "
                "score; the band holds the middle half of the scored economies of its region, the "
                "stroke their median. "
                @if let Some(holds) = wsis_scorecard::uncertainty::sentence(&input.rules.uncertainty) {
                    "“[low-high]” beside a rank: " (holds) ". "
                }
                "“clamped”: a value beyond a goalpost, its score held at the end of "
                "the scale; " (rank::ALIKE_MEANS) "; values have three digits, all of them stand in the "
                "published tables. Numbers "
                "in the cells are notes"
                @if shared.len() > 0 {
                    ": up to " (shared.len()) " those that hold for many economies, and stand here; "
                    "the others below the tables of the economy"
                } @else { " below the tables of the economy" }
                "."
            }
            @if shared.len() > 0 {
                details.keep { summary { "Notes 1 to " (shared.len()) } (shared.list()) }
            }
            @if !bare.is_empty() {
                p {
                    "Of " (bare.len()) " lines no economy has a score in this window: "
                    @for (at, line) in bare.iter().enumerate() {
                        @if at > 0 { "; " }
                        a href=(format!("#{}", line.code)) { (line.code) } " (" (without(line)) ")"
                    }
                    "."
                }
            }
            p.only-print {
                "Only the profiles that were open when this page was printed are on paper."
            }
            svg.def aria-hidden="true" {
                defs {
                    @for line in &prepared {
                        @for region in &line.regions {
                            (peers::band(&region.band, region.quartiles, input.scale_max))
                        }
                    }
                }
            }
            @for (at, economy) in input.economies.iter().enumerate() {
                @let id = format!("n-{}", economy.code);
                (one(input, &prepared, (at, economy), &Notes::beside(&id, &shared)))
            }
        }
    }
}

/// Why nobody has a score on a line.
fn without(line: &LineView) -> &str {
    match &line.no_indicator {
        Some(words) => words::brief(words),
        None if line.missing.is_empty() => "no economy has enough of its indicators",
        None => &line.missing,
    }
}

fn prepare<'a>(input: &'a ReportInput, line: &'a LineView) -> Prepared<'a> {
    let mut names: Vec<&str> = input.economies.iter().map(|e| e.region.as_str()).collect();
    names.sort_unstable();
    names.dedup();
    let regions = names
        .into_iter()
        .enumerate()
        .map(|(at, name)| {
            let scores: Vec<f64> = input
                .economies
                .iter()
                .zip(&line.areas)
                .filter(|(economy, _)| economy.region == name && !economy.apart)
                .filter_map(|(_, row)| row.score)
                .collect();
            let number = u32::try_from(scores.len()).unwrap_or(u32::MAX);
            let band = format!("r{at}-{}", line.code);
            Region { name, quartiles: peers::quartiles(&scores), number, band }
        })
        .collect();
    Prepared { line, printed: Printed::new(&line.areas, input.decimals), regions }
}

fn one(
    input: &ReportInput,
    lines: &[Prepared<'_>],
    (at, economy): (usize, &Economy),
    notes: &Notes<'_>,
) -> Markup {
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
                (table(input, lines, at, economy, notes))
                (indicators(input, at, notes))
                (notes.list())
            }
        }
    }
}

fn table(
    input: &ReportInput,
    lines: &[Prepared<'_>],
    at: usize,
    economy: &Economy,
    notes: &Notes<'_>,
) -> Markup {
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
                    @if let Some(row) = line.line.areas.get(at) {
                        (entry(input, line, row, economy, notes))
                    }
                }
            }
        } }
    }
}

fn entry(
    input: &ReportInput,
    prepared: &Prepared<'_>,
    row: &AreaRow,
    economy: &Economy,
    notes: &Notes<'_>,
) -> Markup {
    let code = &prepared.line.code;
    let region = prepared.regions.iter().find(|region| region.name == economy.region);
    let median = region.and_then(|it| Some((it.quartiles?.median, it.number)));
    html! {
        tr {
            th scope="row" { a href=(format!("#{code}")) { (code) } }
            @if let Some(score) = prepared.printed.score(&economy.code) {
                td.n { (score) (cells::after_score(row, input.decimals)) }
                td {
                    @if let Some(region) = region {
                        (peers::dot(row.score, &region.band, input.scale_max))
                    }
                }
                td.n {
                    @match median {
                        Some((median, number)) => {
                            (fixed(median, input.decimals)) (overview::of_n(number))
                        }
                        None => { (marks::absent("none")) }
                    }
                }
                td.n { (cells::change(row, input.decimals, notes)) }
                td { (cells::class_noted(row, notes)) }
            } @else {
                td colspan="5" { span.na { "no score" } (notes.mark(reason(prepared.line, row))) }
            }
            td.n { (row.used) " of " (row.total) }
            td { (cells::grade(row, notes)) }
            td.n { (cells::rank(row, &prepared.printed, notes)) }
        }
    }
}

/// The economy's indicators: value and year at both ends of the window, score, class; those without
/// a figure by reason.
fn indicators(input: &ReportInput, at: usize, notes: &Notes<'_>) -> Markup {
    let with: Vec<(&IndicatorView, &ReadingView)> =
        input.indicators.iter().filter_map(|view| Some((view, view.readings.get(at)?))).collect();
    let without = input.indicators.len() - with.len();
    let (read, silent): (Vec<_>, Vec<_>) =
        with.into_iter().partition(|(_, reading)| reading.end.is_some());
    html! {
        @if !read.is_empty() {
            div.wide tabindex="0" { table.pi {
                caption { "Its indicators" }
                thead { tr {
                    th scope="col" { "Indicator" }
                    th.n scope="col" { "About " (input.window.0) }
                    th.n scope="col" { "Latest up to " (input.window.1) }
                    th.n scope="col" { "Score" }
                    th scope="col" { "Class" }
                } }
                tbody {
                    @for (view, reading) in read { (reading_row(input, view, reading, notes)) }
                }
            } }
        }
        @for (reason, titles) in by_reason(&silent) {
            p.small { "No value, " (reason) ": " (titles.join("; ")) "." }
        }
        @if without > 0 {
            p.small.muted {
                (counted(without as u64, "indicator has", "indicators have"))
                " no figure for any economy; see the lines."
            }
        }
    }
}

/// Titles of the indicators without a value, by the reason, the most frequent first.
fn by_reason<'a>(silent: &[(&'a IndicatorView, &'a ReadingView)]) -> Vec<(&'a str, Vec<&'a str>)> {
    let mut found: Vec<(&str, Vec<&str>)> = Vec::new();
    for (view, reading) in silent {
        let reason = if reading.reason.is_empty() { NO_REASON } else { reading.reason.as_str() };
        match found.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, titles)) => titles.push(&view.title),
            None => found.push((reason, vec![&view.title])),
        }
    }
    found.sort_by_key(|(_, titles)| std::cmp::Reverse(titles.len()));
    found
}

fn reading_row(
    input: &ReportInput,
    view: &IndicatorView,
    reading: &ReadingView,
    notes: &Notes<'_>,
) -> Markup {
    html! {
        tr {
            th scope="row" { (view.title) " (" (view.unit) ")" }
            (dated(reading.start, &reading.start_flag))
            (dated(reading.end, &reading.flag))
            td {
                @match reading.score {
                    Some(score) => {
                        (fixed(score, input.decimals))
                        @if reading.clamped { " " span.un { "clamped" } }
                    }
                    None => { (marks::absent("none")) }
                }
            }
            td {
                @if let Some(position) = &reading.position {
                    span { (position.places()) } (notes.mark(&position.editions()))
                } @else if view.target.is_none() {
                    span.k6 { "no target" }
                } @else if reading.class == Progress::NotAssessable {
                    (marks::class(reading.class)) (notes.mark(&reading.reason))
                } @else {
                    (marks::class(reading.class)) (marks::by_level(reading.by_level))
                    @let ours = view.target.as_ref().is_some_and(|t| t.fact.is_proposed());
                    (marks::proposed(ours.then_some("target proposed")))
                    @if !reading.reason.is_empty() { ": " (reading.reason) }
                    (notes.mark(&reading.remark))
                }
            }
        }
    }
}

/// "87.4 · 2023", and what the source says of it.
fn dated(point: Option<(i32, f64)>, flag: &str) -> Markup {
    html! {
        td {
            @match point {
                Some((year, value)) => { (plain(value)) " · " (year) }
                None => { (marks::absent("none")) }
            }
            @if !flag.is_empty() { " " span.un { (flag) } }
        }
    }
}

fn reason<'a>(line: &'a LineView, row: &'a AreaRow) -> &'a str {
    match &line.no_indicator {
        Some(words) => words::brief(words),
        None if row.score_reason.is_empty() => NO_REASON,
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
