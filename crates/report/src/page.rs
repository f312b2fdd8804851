//! The shell of the page: head, landmarks, sections in order.

use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::charts::map;
use crate::input::ReportInput;
use crate::{cover, css, known, line, method, overview, profile};

/// The whole document. One page, no script, nothing loaded from elsewhere.
pub(crate) fn document(input: &ReportInput) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta name="generator" content="wsis report";
                title {
                    @if input.sample.is_some() { "SAMPLE: " }
                    (input.title)
                }
                style {
                    (PreEscaped(css::sheet()))
                    @if let Some(statement) = &input.sample { (PreEscaped(css::page_head(statement))) }
                }
            }
            body {
                @if input.sample.is_some() { div."only-print".mark aria-hidden="true" { "SAMPLE" } }
                a.skip href="#main" { "Skip to the overview" }
                (map::definitions())
                (cover::header(input))
                (cover::contents(input))
                main #main {
                    (overview::section(input))
                    (known::section(input))
                    @for view in &input.lines { (line::section(input, view)) }
                    (profile::section(input))
                    (method::section(input))
                }
                footer {
                    p.src {
                        (input.title) ", report of " (input.generated) ", snapshot "
                        (input.snapshot) ", method " (input.framework_version) (cover::fingerprint(input)) "."
                        @if let Some(statement) = &input.sample { " " (statement) "." }
                    }
                }
            }
        }
    }
}
