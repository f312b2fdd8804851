//! Disparities as a table.

use super::{Columns, Table, TableError};
use crate::disparity::DisparityRow;

pub(super) fn disparities(rows: &[DisparityRow]) -> Result<Table, TableError> {
    let int = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    Columns::new(rows)
        .text("indicator", |r| &r.indicator)
        .text("reference_indicator", |r| &r.reference_indicator)
        .text("dimension", |r| r.dimension)
        .text("category", |r| r.category)
        .text("reference", |r| r.reference)
        .text("area_kind", |r| &r.area_kind)
        .text("area", |r| &r.area)
        .int("window_start", |r| r.window_start)
        .int("window_end", |r| r.window_end)
        .text("source", |r| &r.source)
        .text("dataset", |r| &r.dataset)
        .maybe_int("year", |r| r.year)
        .number("value", |r| r.value)
        .number("reference_value", |r| r.reference_value)
        .number("gap", |r| r.gap)
        .number("ratio", |r| r.ratio)
        .maybe_int("year_start", |r| r.year_start)
        .number("gap_start", |r| r.gap_start)
        .number("gap_change", |r| r.gap_change)
        .maybe_text("reason", |r| r.reason.as_deref())
        .maybe_text("status", |r| r.status)
        .maybe_int("members", |r| r.members.map(int))
        .maybe_int("members_matched", |r| r.members_matched.map(int))
        .finish(
            "disparities",
            &[
                "indicator",
                "reference_indicator",
                "area_kind",
                "area",
                "window_start",
                "window_end",
            ],
        )
}
