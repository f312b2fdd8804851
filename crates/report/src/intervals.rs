//! Intervals of ranks: in a cell beside the rank, and in words beside a table.

use maud::{Markup, html};

use wsis_scorecard::uncertainty::sentence;

use crate::input::{AreaRow, LineView, ReportInput};

/// The interval that follows a rank: " [8-17]".
pub(crate) fn of(row: &AreaRow) -> Markup {
    html! {
        @if let Some((low, high)) = row.rank_interval {
            " " span.u { "[" (low) @if low != high { "-" (high) } "]" }
        }
    }
}

/// The same where there is no room for more.
pub(crate) fn brief(input: &ReportInput, line: &LineView) -> String {
    if line.areas.iter().any(|row| row.rank_interval.is_some()) {
        let share = input.rules.uncertainty.interval;
        format!("“[low-high]”: ranks that {share} of the draws lie between (Method)")
    } else {
        told(input, line)
    }
}

/// What those of a line hold, or why its ranks stand without.
pub(crate) fn told(input: &ReportInput, line: &LineView) -> String {
    let rows = || line.areas.iter().filter(|row| row.rank.is_some());
    if rows().any(|row| row.rank_interval.is_some()) {
        let holds = sentence(&input.rules.uncertainty).unwrap_or_default();
        return format!("“[low-high]”: {holds}");
    }
    match rows().find(|row| !row.rank_interval_reason.is_empty()) {
        Some(row) => format!("ranks stand without an interval ({})", row.rank_interval_reason),
        None => "nobody is ranked".to_owned(),
    }
}
