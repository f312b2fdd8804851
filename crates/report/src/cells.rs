//! Cells of tables about an economy: its score with what it rests on, its change with its years, its
//! rank or the places that are possible. In one place, so that no table says less than another.

use maud::{Markup, html};

use crate::class::Progress;
use crate::input::{AreaRow, PositionView};
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
        (None, Some(position)) => html! { span.u { (moved(&position)) } },
        (None, None) => marks::absent("not measurable"),
    }
}

/// "rank 90 to 88, percentile 53 to 54 of 192 · 2014 to 2020".
pub(crate) fn moved(position: &PositionView) -> String {
    let percentile = |share: f64| format!("{:.0}", 100.0 * share);
    format!(
        "rank {} to {}, percentile {} to {}, of {} · {} to {}",
        position.ranks.0,
        position.ranks.1,
        percentile(position.below.0),
        percentile(position.below.1),
        position.of,
        position.years.0,
        position.years.1
    )
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

/// A class; beside it whose target it rests on, or why there is none.
pub(crate) fn class(row: &AreaRow) -> Markup {
    html! {
        (marks::class(row.class))
        @if row.class == Progress::NotAssessable {
            @if row.score.is_some() && !row.class_reason.is_empty() { ": " (row.class_reason) }
        } @else {
            (marks::proposed(row.proposed.then_some("target proposed")))
        }
    }
}
