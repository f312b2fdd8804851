//! The consultation's claims beside the series that test them.

use maud::{Markup, html};

use crate::input::{ClaimView, IndicatorView, LineView, ReportInput};
use crate::marks;
use crate::number::short;

/// Claims of a line, achievements first.
pub(crate) fn block(input: &ReportInput, line: &LineView) -> Markup {
    if line.claims.is_empty() {
        return html! {};
    }
    let of = |kind: &str| -> Vec<&ClaimView> {
        line.claims.iter().filter(|claim| claim.kind == kind).collect()
    };
    html! {
        h3 { "What the WSIS+20 consultation said, and what the figures say" }
        div.pair {
            (group(input, "Achievements named", &of("achievement")))
            (group(input, "Challenges named", &of("challenge")))
        }
    }
}

fn group(input: &ReportInput, title: &str, claims: &[&ClaimView]) -> Markup {
    html! {
        div {
            h4 { (title) }
            ul.claims {
                @for claim in claims {
                    li {
                        "“" (claim.text) "”"
                        @if claim.tested_by.is_empty() {
                            br; (marks::absent("no indicator tests this statement"))
                        } @else {
                            ul.small {
                                @for code in &claim.tested_by { li { (test(input, code)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What an indicator says, in a sentence.
fn test(input: &ReportInput, code: &str) -> Markup {
    let Some(view) = input.indicator(code) else {
        return html! { (code) ": " (marks::absent("not in the framework")) };
    };
    html! { (view.title) ": " (figures(view)) }
}

fn figures(view: &IndicatorView) -> Markup {
    match (view.years.first(), view.years.last()) {
        (Some(first), Some(last)) if first.year < last.year => html! {
            "median " (short(first.median)) " in " (first.year) ", " (short(last.median)) " in "
            (last.year) " (" (view.unit) "; " (last.economies) " economies)"
        },
        (_, Some(only)) => html! {
            "median " (short(only.median)) " in " (only.year) " (" (view.unit) "; "
            (only.economies) " economies), one year only"
        },
        _ => marks::absent(&view.absent),
    }
}
