//! Cells of tables about an economy: its score with what it rests on, its change with its years, its
//! rank or the places that are possible. In one place, so that no table says less than another.

use maud::{Markup, html};

use crate::class::Progress;
use crate::input::AreaRow;
use crate::intervals;
use crate::marks;
use crate::notes::Notes;
use crate::number::{counted, fixed, percent, signed};
use crate::rank::Printed;

/// What follows a score: its newest year, values beyond a goalpost, and the bounds where part of the
/// core is missing.
pub(crate) fn after_score(row: &AreaRow, decimals: usize) -> Markup {
    html! {
        @match (row.oldest, row.latest) {
            (Some(oldest), Some(latest)) if oldest < latest => {
                span.u { " · " (oldest) " to " (latest) }
            }
            (_, Some(latest)) => { span.u { " · " (latest) } }
            _ => {}
        }
        @if row.clamped > 0 {
            " " span.un {
                (counted(u64::from(row.clamped), "value", "values")) " clamped"
            }
        }
        @if let Some((low, high)) = row.bounds {
            br; span.u {
                "core " (fixed(low, decimals)) " to " (fixed(high, decimals))
            }
        }
    }
}

/// A change with its years; of a relative index the positions in both editions; else a note why there
/// is none.
pub(crate) fn change(row: &AreaRow, decimals: usize, notes: &Notes<'_>) -> Markup {
    match (row.change, row.position) {
        (Some(change), _) => html! {
            (signed(change, decimals))
            @if let Some((from, to)) = row.years { span.u { " · " (from) " to " (to) } }
        },
        (None, Some(position)) => html! { span.ps { (position) } },
        (None, None) => html! { span.na { "not measurable" } (notes.mark(&row.change_reason)) },
    }
}

/// The grade of the level; beside it that of the change, where it is another one.
pub(crate) fn grade(row: &AreaRow, notes: &Notes<'_>) -> Markup {
    html! {
        @if row.grade.is_empty() {
            span.na { "no grade" } (notes.mark(&row.grade_reason))
        } @else { (row.grade) }
        @if let Some(share) = row.country_data.filter(|_| !row.grade.is_empty()) {
            " " span.un { "country data " (percent(share)) ", estimates in part" }
        }
        @if let Some(share) = row.disputed.filter(|_| !row.grade.is_empty()) {
            " " span.un { (percent(share)) " disputed" }
        }
        @if !row.grade_change.is_empty() && row.grade_change != row.grade {
            span.u { ", of the change " (row.grade_change) }
        }
    }
}

/// A rank; else the places that are possible whatever is missing; else none, with a note why.
pub(crate) fn rank(row: &AreaRow, printed: &Printed, notes: &Notes<'_>) -> Markup {
    let reason = if row.score.is_some() { row.rank_reason.as_str() } else { "" };
    match (row.rank, row.rank_range) {
        (Some(rank), _) => html! {
            (printed.rank(rank)) (intervals::of(row)) (notes.mark(&row.rank_interval_reason))
        },
        (None, Some((best, worst))) => html! {
            span.na {
                @if best == worst { "place " (best) } @else { "place " (best) " to " (worst) }
            }
            (notes.mark(reason))
        },
        (None, None) => html! { span.na { "not ranked" } (notes.mark(reason)) },
    }
}

/// A class with the test that decided it; without one a note why.
pub(crate) fn class_tested(row: &AreaRow, notes: &Notes<'_>) -> Markup {
    html! {
        (class_bare(row))
        @if row.class == Progress::NotAssessable {
            (notes.mark(no_class(row)))
        } @else if !row.class_test.is_empty() { ": " (row.class_test) }
    }
}

/// A class, with a note on all that it rests on, or why there is none.
pub(crate) fn class_noted(row: &AreaRow, notes: &Notes<'_>) -> Markup {
    html! { (class_bare(row)) (notes.mark(&row.class_reason)) }
}

/// Why a row has no class. Beside the places in two editions it is plain, and the table says it once.
fn no_class(row: &AreaRow) -> &str {
    if row.score.is_some() && row.position.is_none() { &row.class_reason } else { "" }
}

/// A class; beside it whose target it rests on.
fn class_bare(row: &AreaRow) -> Markup {
    html! {
        (marks::class(row.class))
        (marks::by_level(row.by_level))
        @if row.class != Progress::NotAssessable {
            (marks::proposed(row.proposed.then_some("target proposed")))
        }
    }
}
