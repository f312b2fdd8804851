//! Where we do not know: what is asked for and not there, by line and by agency; and what can be measured
//! of a line.

use maud::{Markup, html};
use wsis_scorecard::gaps::{LiesIn, OFFICIAL};
use wsis_scorecard::result::OutcomeRow;

use crate::input::{KnownView, LineView, ReportInput};
use crate::number::{counted, plain};
use crate::{marks, rules, words};

/// Of many names so many are named.
const NAMED: usize = 3;

/// Heads of the columns of where gaps lie, as [`LiesIn::ALL`].
const HEADS: [&str; 5] =
    ["Not here", "Not in the sample", "Not in the series", "Not in its coverage", "Not possible"];

/// The section; nothing where nothing is asked for.
pub(crate) fn section(input: &ReportInput) -> Markup {
    let total = &input.known.total;
    if total.asked == 0 {
        return html! {};
    }
    let (from, to) = input.window;
    html! {
        section #unknown aria-labelledby="unknown-h" {
            h2 #unknown-h { "Where we do not know, " (from) " to " (to) }
            p {
                "Of " (words::who(input, input.economies_total)) " and "
                (counted(u64::from(total.indicators), "indicator", "indicators"))
                " of the lines, in a score or beside one, the method asks for a value at most "
                (rules::years(input.ages.max)) " old, and for one from the start: "
                (counted(u64::from(total.asked), "figure", "figures")) ". "
                b { (number(total.asked - total.current)) } " have no current value in what was loaded, and "
                (number(total.asked - total.change)) " no change. This says what is not known here. It says of no agency "
                "and no State that it owes a figure."
            }
            ul.small {
                @for (at, (lies, head)) in LiesIn::ALL.iter().zip(HEADS).enumerate() {
                    @if any(input, at) { li { b { (head) } ": " (lies.words()) "." } }
                }
            }
            (table(input, &input.known.lines, "Line", "By line: what has no current value, by the agency that compiles it"))
            (table(input, &input.known.agencies, "Agency", "By agency that compiles the indicators: what has no current value, by line"))
            p.src { (words::source_line(input, &[])) " A gap is counted where it lies first." }
        }
    }
}

fn number(number: u32) -> String {
    crate::number::count(u64::from(number))
}

/// Whether any gap lies there.
fn any(input: &ReportInput, at: usize) -> bool {
    input.known.total.lies_in.get(at).is_some_and(|number| *number > 0)
}

fn table(input: &ReportInput, rows: &[KnownView], head: &str, caption: &str) -> Markup {
    html! {
        div.wide tabindex="0" { table.stack.early {
            caption { (caption) }
            thead { tr {
                th.lt scope="col" { (head) }
                th.n scope="col" { "Asked for" }
                th.n scope="col" { "With a current value" }
                th.n scope="col" { "With a change" }
                @for (at, head) in HEADS.iter().enumerate() {
                    @if any(input, at) { th.n scope="col" { (head) } }
                }
                th.n scope="col" { "Years since the last value, median" }
                th scope="col" { "Without a current value" }
            } }
            tbody { @for row in rows { (line(input, row)) } }
        } }
    }
}

fn line(input: &ReportInput, row: &KnownView) -> Markup {
    html! {
        tr {
            th.lt scope="row" {
                @if row.title.is_empty() { (row.name) }
                @else { a href=(format!("#{}", row.name)) { (row.name) } " " (row.title) }
            }
            td.n data-h="Asked for" {
                (number(row.asked)) span.u { " · " (counted(u64::from(row.indicators), "indicator", "indicators")) }
            }
            td.n data-h="With a current value" { (number(row.current)) }
            td.n data-h="With a change" { (number(row.change)) }
            @for (at, (gaps, head)) in row.lies_in.iter().zip(HEADS).enumerate() {
                @if any(input, at) { td.n data-h=(head) { (number(*gaps)) } }
            }
            td.n data-h="Years since the last value, median" {
                @match row.median_age { Some(age) => (plain(age)), None => (marks::absent("no last value")) }
            }
            td data-h="Without a current value" { (names(&row.without)) }
        }
    }
}

fn names(all: &[(String, u32)]) -> String {
    let shown = all.iter().take(NAMED);
    let mut told: Vec<String> =
        shown.map(|(name, figures)| format!("{name} {}", number(*figures))).collect();
    if all.len() > NAMED {
        told.push(format!("{} more", all.len() - NAMED));
    }
    if told.is_empty() { "none".to_owned() } else { told.join("; ") }
}

/// What can be measured of a line, in its list of facts.
pub(crate) fn facts(line: &LineView) -> Markup {
    html! {
        @if !line.measurability.is_empty() {
            dt { "What can be measured" }
            dd {
                (line.measurability)
                @if !line.evidence.is_empty() { " Evidence class of the score: " (line.evidence) "." }
                " " span.muted { "Official: " (OFFICIAL) "." }
            }
        }
        @if !line.past_targets.is_empty() {
            dt { "Targets whose year is past" }
            dd {
                ul { @for it in &line.past_targets { (past(it)) } }
                span.muted {
                    "By the figure of the year, else by the ones nearest to it on both sides; no pace is computed towards a \
                     year that is past."
                }
            }
        }
        @if !line.commitments.is_empty() {
            dt { "WSIS targets of 2003" }
            dd {
                ul {
                    @for it in &line.commitments {
                        li {
                            (it.text) @if let Some(year) = it.by { ", by " (year) }
                            (marks::unverified(it.verified)) ": "
                            @if it.related.is_empty() { (marks::absent("nothing near to it")) }
                            @else { "near to it " (words::list(&it.related)) }
                            @if !it.note.is_empty() { ". " (it.note) }
                        }
                    }
                }
                @if let Some(fact) = &line.commitments_fact { span.muted { (marks::read_in(fact)) } }
            }
        }
    }
}

/// What became of a target of the world.
fn past(row: &OutcomeRow) -> Markup {
    let proposed = row.target_status == "proposed";
    html! {
        li {
            (row.text) ", by " (row.by) (marks::unverified(row.target_verified)) ": "
            b { (row.outcome.words()) } " (" (row.reason) ")"
            @if proposed { ", as this project reads it" }
            @if !row.note.is_empty() && row.indicator.is_some() { ". " (row.note) }
            ". " span.muted { (row.source) }
        }
    }
}
