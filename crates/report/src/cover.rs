//! The cover: what this is, of when, and how to read it in five lines.

use maud::{Markup, html};

use crate::input::ReportInput;
use crate::marks;
use crate::number::plain;

/// The header of the page with the contents.
pub(crate) fn header(input: &ReportInput) -> Markup {
    html! {
        header {
            h1 { (input.title) }
            p.lead {
                (input.framework_title) ", review window " (input.window.0) " to " (input.window.1)
            }
            (facts(input))
            h2.vh { "How to read this report" }
            (how(input))
            (contents(input))
        }
    }
}

fn facts(input: &ReportInput) -> Markup {
    html! {
        dl.facts {
            dt { "Method" }
            dd {
                "Version " (input.framework_version) ". " (marks::fact(&input.framework_fact))
            }
            dt { "Snapshot" }
            dd { (input.snapshot) ": every figure on this page comes from it" }
            dt { "Data retrieved" } dd { (input.retrieved) }
            dt { "Report of" } dd { (input.generated) }
            dt { "Economies" }
            dd { (input.economies_total) " with at least one observation" }
        }
    }
}

fn how(input: &ReportInput) -> Markup {
    html! {
        ol.how {
            li {
                "A score runs from 0 to " (plain(input.scale_max)) ". Its end points are fixed "
                "and the same for every year and economy. A change is a real change, unless the "
                "caveat of an indicator says that its source standardises it anew each time."
            }
            li {
                "A class says whether an economy moves fast enough to meet the targets of the "
                "indicators; colour, shape and word say the same. "
                span.un { "target proposed" } " marks classes that rest on a target of this "
                "project, not agreed by anyone."
            }
            li {
                (marks::absent("A hatched box means that there is no figure"))
                ". The reason stands beside it. It never means zero."
            }
            li {
                "The grade A to E tells how complete and recent the data are. "
                "D and E are never ranked."
            }
            li {
                "Below every chart stand its source and a table with its figures. "
                span.un { "unverified" } " marks what was not yet read in its source."
            }
        }
    }
}

fn contents(input: &ReportInput) -> Markup {
    html! {
        nav aria-label="Contents" {
            ul {
                li { a href="#overview" { "Overview" } }
                @for line in &input.lines {
                    li { a href=(format!("#{}", line.code)) title=(line.title) { (line.code) } }
                }
                li { a href="#profiles" { "Economies" } }
                li { a href="#method" { "Method and data" } }
            }
        }
    }
}
