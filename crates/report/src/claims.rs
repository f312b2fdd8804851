//! What the consultation said, word for word, beside series that have to do with it.
//!
//! The document gives no figures and names no indicator. Which series stands beside a statement is
//! chosen by this project, and none of them proves or disproves it.

use maud::{Markup, html};

use crate::input::{ClaimView, IndicatorView, LineView, ReportInput, Window, YearFigures};
use crate::marks;
use crate::number::{economies, short};

/// Claims of a line, achievements first.
pub(crate) fn block(input: &ReportInput, line: &LineView) -> Markup {
    if line.claims.is_empty() {
        return html! {};
    }
    let of = |kind: &str| -> Vec<&ClaimView> {
        line.claims.iter().filter(|claim| claim.kind == kind).collect()
    };
    html! {
        h3 { "What the consultation said, and related series" }
        p.small.muted {
            "Quoted word for word from a document that is named, with its limits, in "
            a href="#consultation" { "the section on the consultation" }
            ". Which series stands beside a statement is this project's choice. It shows the median "
            "economy, of two years that of the economies with a figure in both, not why it moved, and neither "
            "proves nor disproves the statement."
        }
        div.pair {
            (group(input, "Achievements", &line.achievements_note, &of("achievement")))
            (group(input, "Challenges", &line.challenges_note, &of("challenge")))
        }
    }
}

fn group(input: &ReportInput, title: &str, note: &str, claims: &[&ClaimView]) -> Markup {
    html! {
        div {
            h4 { (title) }
            @if !note.is_empty() { p.small.muted { (note) } }
            ul.claims {
                @for claim in claims {
                    li {
                        "“" (claim.text) "”"
                        @if claim.related.is_empty() {
                            br; (marks::absent("no series in this framework has to do with it"))
                        } @else {
                            ul.small {
                                @for code in &claim.related { li { (related(input, code)) } }
                            }
                        }
                    }
                }
            }
        }
    }
}

/// A related series: what it counts, which is why it stands there, its figures and its caveat.
fn related(input: &ReportInput, code: &str) -> Markup {
    let Some(view) = input.indicator(code) else {
        return html! { (code) ": " (marks::absent("not in the framework")) };
    };
    html! {
        (view.title) ": " (figures(view, input.window))
        @if !view.definition.is_empty() { span.muted { " Definition: " (view.definition) } }
        @if !view.note.is_empty() { span.muted { " Caveat: " (view.note) } }
    }
}

/// Medians of the window with the number of economies behind each.
fn figures(view: &IndicatorView, window: Window) -> Markup {
    let inside: Vec<&YearFigures> =
        view.years.iter().filter(|row| (window.0..=window.1).contains(&row.year)).collect();
    match (inside.as_slice(), view.years.last()) {
        // Values that do not compare are never put side by side: the later one alone.
        ([first, .., last], _) if !view.compares(first, last) => html! {
            (median(last)) " (" (view.unit) "). Its change in the window cannot be told: "
            @if view.relative { "every edition is standardised anew." }
            @else if first.economies.min(last.economies) * 2 < first.economies.max(last.economies) {
                "other economies report in " (first.year) " (" (first.economies) ")."
            } @else { "the method changed in between." }
        },
        ([first, .., last], _) => html! {
            (median(last)) " (" (view.unit) "). "
            @match view.same_set(first, last) {
                Some(same) => {
                    "Over the " (economies(same.economies)) " with a figure in both years: median "
                    (short(same.first)) " in " (first.year) ", " (short(same.last)) " in " (last.year) "."
                }
                None => { "Other economies report in " (first.year) " (" (first.economies) ")." }
            }
        },
        ([only], _) => html! {
            (median(only)) " (" (view.unit) "), the only year of the window with figures."
        },
        ([], Some(_)) => html! {
            (marks::absent(&format!("no figure from {} to {}", window.0, window.1)))
            @if let Some(near) = nearest(view, window) {
                "; nearest: " (median(near)) " (" (view.unit) ")."
            }
        },
        ([], None) => html! { (marks::absent(&view.absent)) "." },
    }
}

fn median(row: &YearFigures) -> String {
    format!("median {} in {} ({})", short(row.median), row.year, economies(row.economies))
}

/// The figures nearest to a window that has none; the later ones on a tie.
fn nearest(view: &IndicatorView, window: Window) -> Option<&YearFigures> {
    let away = |year: i32| if year < window.0 { window.0 - year } else { year - window.1 };
    view.years.iter().rev().min_by_key(|row| away(row.year))
}

/// The document that is quoted, once for the whole report.
pub(crate) fn document(input: &ReportInput) -> Markup {
    let quoted = input.lines.iter().find(|line| !line.claims.is_empty());
    let Some(line) = quoted else { return html! {} };
    html! {
        h3 #consultation { "The consultation" }
        p {
            @match &line.claims_fact {
                Some(fact) => { "The statements are quoted from: " (fact.source) (marks::unverified(fact.verified)) ". " }
                None => { (marks::absent("the framework does not name the document")) ". " }
            }
            (line.claims_caveat)
        }
        p {
            "Letters in [brackets] mend an error of the scan; all else is the document's, with its "
            "spelling. Where no heading says that a statement is a challenge, or of which line, that "
            "is said beside it."
        }
    }
}
