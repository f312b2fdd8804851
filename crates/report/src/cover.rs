//! The cover: what this is, of when, and how to read it in five lines.

use maud::{Markup, html};
use wsis_model::framework::Requires;

use crate::input::ReportInput;
use crate::marks;
use crate::number::plain;
use crate::words;

/// The header of the page with the contents.
pub(crate) fn header(input: &ReportInput) -> Markup {
    html! {
        header {
            (sample(input))
            h1 { (input.title) }
            p.lead { "Where the economies stand, what changed, and how far the data reach" }
            (facts(input))
            h2.vh { "How to read this report" }
            (how(input))
        }
    }
}

fn facts(input: &ReportInput) -> Markup {
    html! {
        dl.facts {
            dt { "Review window" }
            dd { (input.window.0) " to " (input.window.1) }
            dt { "Method" }
            dd {
                (input.framework_title) ", version " (input.framework_version) (fingerprint(input)) ". " (marks::read_in(&input.framework_fact))
            }
            dt { "Snapshot" }
            dd { (input.snapshot) ": every observation on this page comes from it" }
            dt { @if input.sample.is_some() { "Loaded from a copy, on days that the sample sets" } @else { "Data retrieved" } } dd { (input.retrieved) }
            dt { "Report of" } dd { (input.generated) }
            dt { "Economies" }
            dd { (universe(input)) }
        }
    }
}

fn how(input: &ReportInput) -> Markup {
    html! {
        ol.how {
            li {
                "A score runs from 0 to " (plain(input.scale_max)) ". Its end points are fixed "
                "and the same for every year and economy. A change compares what the sources say "
                "of two years; definitions, estimates and breaks of the series can be part of it, "
                "and the caveats say so where it is known."
            }
            li {
                "A class says whether an economy moves fast enough to meet the targets of the "
                "indicators; colour, shape and word say the same. "
                span.un { "target proposed" } " marks classes that rest on a target of this "
                "project, not agreed by anyone; " span.un { "by the level" } " those that the latest "
                "figures decide alone, without a pace."
            }
            li {
                (marks::absent("A hatched box means that there is no figure"))
                ". The reason stands beside it, or in the note that its number names. It never means zero."
            }
            li {
                "The grade A to E tells how complete and recent the data behind a score are; that of a "
                "change also whether there is a value from the start of the window. " (ranked(input))
            }
            li {
                "Below every chart of a line stand its source and a table with its figures; the small "
                "trends and strips of the overview repeat figures of the lines. "
                span.un { "unverified" } " marks what was not yet read in its source."
            }
        }
    }
}

/// Who is ranked, by the rule of the framework.
fn ranked(input: &ReportInput) -> &'static str {
    match input.ranking.requires {
        Requires::Core => {
            "Ranked are those that have every core indicator of a line, where the core holds enough of \
             the line's weight and is recent. Who has a part of the core has, beside those ranked, the \
             places that are possible whatever the missing figures are."
        }
        Requires::Score => {
            "Ranked are those with a score, where it rests on the share of the weight that the framework \
             asks for."
        }
    }
}

/// Who counts, and who is shown besides: two sets that happen to be of one size are never one (H27).
fn universe(input: &ReportInput) -> String {
    let (counted, others) = input.shown();
    if !input.counts_members {
        return format!("{} with at least one observation", words::who(input, counted));
    }
    format!(
        "{} count, of whom {counted} have at least one observation{}",
        words::who(input, input.economies_total),
        match others {
            0 => String::new(),
            1 => "; 1 other economy with observations is shown apart".to_owned(),
            others => format!("; {others} other economies with observations are shown apart"),
        }
    )
}

/// ", rules house 1 (fingerprint 1f2e...)": by which numbers, and whether a version is still what it was.
pub(crate) fn fingerprint(input: &ReportInput) -> Markup {
    html! {
        ", rules " (input.rules.label())
        @if !input.framework_fingerprint.is_empty() {
            " (fingerprint " (input.framework_fingerprint) ")"
        }
    }
}

/// What is said of a sample, on the screen and on every printed page.
fn sample(input: &ReportInput) -> Markup {
    html! {
        @if let Some(statement) = &input.sample {
            p.sample role="note" { b { (statement) } }
        }
    }
}

/// The way to every section; stays in sight.
pub(crate) fn contents(input: &ReportInput) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#overview" { "Overview" } }
                @if input.known.total.asked > 0 { li { a href="#unknown" { "Gaps" } } }
                @for line in &input.lines {
                    li { a href=(format!("#{}", line.code)) title=(line.title) { (line.code) } }
                }
                li { a href="#profiles" { "Economies" } }
                li { a href="#method" { "Method and data" } }
            }
        }
    }
}
