//! The indicators of a line: source, definition, direction, goalposts, target, licence, status.

use maud::{Markup, html};

use crate::input::{IndicatorView, LineView, ReportInput};
use crate::marks;
use crate::number::{percent, plain};
use crate::words;

/// Tables of the scored and of the context indicators.
pub(crate) fn block(input: &ReportInput, line: &LineView) -> Markup {
    html! {
        h3 { "Indicators" }
        @if line.scored.is_empty() {
            p {
                (marks::absent(line.no_indicator.as_deref().unwrap_or("no indicator makes a score")))
            }
        } @else {
            details.keep open {
                summary { (line.scored.len()) " in the score of the line" }
                @for (code, weight) in &line.scored {
                    (one(input, code, &format!("weight {}", percent(*weight))))
                }
            }
        }
        @if !line.context.is_empty() {
            details {
                summary { (line.context.len()) " beside the score, never in it" }
                @for code in &line.context { (one(input, code, "context")) }
            }
        }
    }
}

fn one(input: &ReportInput, code: &str, role: &str) -> Markup {
    let Some(view) = input.indicator(code) else {
        return html! { p { (code) ": " (marks::absent("not in the framework")) } };
    };
    html! {
        h4 { (view.title) " " span.muted { "(" (view.unit) ", " (role) ")" } }
        p.small { (view.definition) }
        (facts(view))
    }
}

fn facts(view: &IndicatorView) -> Markup {
    html! {
        dl.facts {
            dt { "Compiled by" }
            dd {
                (view.agency)
                @if view.series_code.is_empty() { "; " (marks::absent("no pipeline asks for its series yet")) }
                @else { "; series " (view.series_code) " of " (view.series_source) }
            }
            // Of what is only shown beside a line nobody says that more is better.
            @if view.goalposts.is_some() || view.target.is_some() {
                dt { "Direction" } dd { (words::direction(view.better)) }
            }
            dt { "Goalposts" }
            dd {
                @match &view.goalposts {
                    Some(posts) => {
                        (plain(posts.lo)) " scores nothing, " (plain(posts.hi)) " full marks"
                        @if posts.transform != "identity" { ", on a " (scale(&posts.transform)) " scale" }
                        ". " (marks::set_by(&posts.fact))
                    }
                    None => { (marks::absent("none: the indicator is not scored")) }
                }
            }
            dt { "Target" }
            dd {
                @match &view.target {
                    Some(target) => {
                        (words::aim(target, &view.unit)) ". "
                        (marks::set_by(&target.fact))
                    }
                    None => { (marks::absent("none in this framework")) }
                }
            }
            dt { "Status" } dd { (marks::chosen(&view.fact)) }
            dt { "Evidence" } dd { (words::evidence(&view.evidence)) }
            dt { "Licence" } dd { (view.licence) }
            @if !view.note.is_empty() { dt { "Caveat" } dd { (view.note) } }
            @if !view.corrections.is_empty() {
                dt { "Corrections" }
                dd { @for told in &view.corrections { p { (told) } } }
            }
            @if !view.absent.is_empty() { dt { "Figures" } dd { (marks::absent(&view.absent)) } }
        }
    }
}

fn scale(transform: &str) -> &str {
    match transform {
        "ln" => "logarithmic",
        "ln1p" => "logarithmic (value plus one)",
        other => other,
    }
}
