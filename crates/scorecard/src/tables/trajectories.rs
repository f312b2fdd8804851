//! Trajectories as a table.

use super::{Columns, Table, TableError};
use crate::result::TrajectoryRow;

pub(super) fn trajectories(rows: &[TrajectoryRow]) -> Result<Table, TableError> {
    let int = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    Columns::new(rows)
        .text("item_kind", |r| r.item_kind)
        .text("item", |r| &r.item)
        .text("area_kind", |r| r.area_kind)
        .text("area", |r| &r.area)
        .int("window_start", |r| r.window_start)
        .int("window_end", |r| r.window_end)
        .text("unit", |r| &r.unit)
        .text("scale", |r| r.scale)
        .number("value_start", |r| r.start.map(|it| it.value))
        .number("year_start", |r| r.start.map(|it| it.year))
        .number("value_end", |r| r.end.map(|it| it.value))
        .number("year_end", |r| r.end.map(|it| it.year))
        .number("met_from", |r| r.target.map(|it| it.value))
        .number("target_year", |r| r.target.map(|it| it.year))
        .maybe_text("target_status", |r| r.target_status)
        .number("needed", |r| r.needed)
        .number("gap", |r| r.gap)
        .number("gap_years", |r| r.gap_years)
        .maybe_text("path_reason", |r| r.path_reason.as_deref())
        .number("projected", |r| r.projected)
        .number("projected_unbounded", |r| r.projected_unbounded)
        .maybe_text("trend_reason", |r| r.trend_reason.as_deref())
        .number("arrival", |r| r.arrival)
        .maybe_text("arrival_reason", |r| r.arrival_reason.as_deref())
        .maybe_text("status", |r| r.status)
        .maybe_int("members", |r| r.members.map(int))
        .maybe_int("members_matched", |r| r.members_matched.map(int))
        .finish(
            "trajectories",
            &["item_kind", "item", "area_kind", "area", "window_start", "window_end"],
        )
}
