//! Cells of tables about an economy: its score with what it rests on, its change with its years, its
//! rank or the places that are possible. In one place, so that no table says less than another.

use maud::{Markup, html};

use crate::class::Progress;
use crate::input::AreaRow;
use crate::marks;
use crate::number::{counted, fixed, signed};
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
            " " span.un title="beyond a goalpost: its score is held at the end of the scale" {
                (counted(u64::from(row.clamped), "value", "values")) " clamped"
            }
        }
        @if let Some((low, high)) = row.bounds {
            br; span.u title="scores if what is missing of the core were at its lowest and at its highest goalpost" {
                "core " (fixed(low, decimals)) " to " (fixed(high, decimals))
            }
        }
    }
}

/// A change with its years; of a relative index the positions in both editions.
pub(crate) fn change(row: &AreaRow, decimals: usize) -> Markup {
    match (row.change, row.position) {
        (Some(change), _) => html! {
            (signed(change, decimals))
            @if let Some((from, to)) = row.years { span.u { " · " (from) " to " (to) } }
        },
        (None, Some(position)) => html! { span.ps { (position) } },
        (None, None) => {
            let reason = (!row.change_reason.is_empty()).then_some(&row.change_reason);
            html! { span.na title=[reason] { "not measurable" } }
        }
    }
}

/// As [`change`], with the reason why there is none, unless `said` stands beside it and is the same.
pub(crate) fn change_told(row: &AreaRow, decimals: usize, said: &str) -> Markup {
    let is_none = row.change.is_none() && row.position.is_none();
    let reason = row.change_reason.as_str();
    html! {
        (change(row, decimals))
        @if is_none && !reason.is_empty() && reason != said { ": " (reason) }
    }
}

/// The grade of the level; beside it that of the change, where it is another one.
pub(crate) fn grade(row: &AreaRow) -> Markup {
    let reason = (!row.grade_reason.is_empty()).then_some(&row.grade_reason);
    html! {
        @if row.grade.is_empty() { span.na title=[reason] { "no grade" } } @else { (row.grade) }
        @if !row.grade_change.is_empty() && row.grade_change != row.grade {
            span.u { ", of the change " (row.grade_change) }
        }
    }
}

/// A rank; else the places that are possible whatever is missing; else none, with the reason.
pub(crate) fn rank(row: &AreaRow, printed: &Printed) -> Markup {
    let reason = (row.score.is_some() && !row.rank_reason.is_empty()).then_some(&row.rank_reason);
    match (row.rank, row.rank_range) {
        (Some(rank), _) => html! { (printed.rank(rank)) },
        (None, Some((best, worst))) => html! {
            span.na title=[reason] {
                @if best == worst { "place " (best) } @else { "place " (best) " to " (worst) }
            }
        },
        (None, None) => html! { span.na title=[reason] { "not ranked" } },
    }
}

/// As [`class`], with what a class rests on.
pub(crate) fn class_told(row: &AreaRow) -> Markup {
    html! {
        (class(row))
        @if row.class != Progress::NotAssessable && !row.class_reason.is_empty() {
            ": " (row.class_reason)
        }
    }
}

/// As [`class_told`], without the reason that the caption of the table gives for all who have it.
pub(crate) fn class_beside(row: &AreaRow, said: Option<&str>) -> Markup {
    if row.class == Progress::NotAssessable && said == Some(row.class_reason.as_str()) {
        marks::class(row.class)
    } else {
        class_told(row)
    }
}

/// A class; beside it whose target it rests on, or why there is none.
pub(crate) fn class(row: &AreaRow) -> Markup {
    html! {
        (marks::class(row.class))
        @if row.class == Progress::NotAssessable {
            // Beside the places in two editions it is plain why, and the table says it once.
            @if row.score.is_some() && row.position.is_none() && !row.class_reason.is_empty() {
                ": " (row.class_reason)
            }
        } @else {
            (marks::proposed(row.proposed.then_some("target proposed")))
        }
    }
}
