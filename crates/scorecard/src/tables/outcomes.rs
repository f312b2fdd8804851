//! Outcomes of targets whose year is past, as a table.

use super::{Columns, Table, TableError};
use crate::outcomes::{FigureOf, OutcomeRow};

pub(super) fn target_outcomes(rows: &[OutcomeRow]) -> Result<Table, TableError> {
    let int = |n: u32| i32::try_from(n).unwrap_or(i32::MAX);
    Columns::new(rows)
        .text("line", |r| &r.line)
        .text("target", |r| &r.target)
        .text("area_kind", |r| r.area_kind)
        .text("area", |r| &r.area)
        .text("target_text", |r| &r.text)
        .int("target_year", |r| r.by)
        .maybe_text("indicator", |r| r.indicator.as_deref())
        .number("met_from", |r| r.met_from)
        .flag("strict", |r| r.strict)
        .text("target_status", |r| r.target_status)
        .flag("target_verified", |r| r.target_verified)
        .text("target_source", |r| &r.source)
        .text("target_note", |r| &r.note)
        .text("outcome", |r| r.outcome.code())
        .number("value", |r| r.value)
        .maybe_int("year", |r| r.year)
        .maybe_text("basis", |r| r.basis.map(FigureOf::code))
        .maybe_flag("estimate", |r| r.estimate)
        .text("reason", |r| &r.reason)
        .maybe_int("members", |r| r.members.map(int))
        .maybe_int("members_met", |r| r.members_met.map(int))
        .maybe_int("members_missed", |r| r.members_missed.map(int))
        .finish("target_outcomes", &["line", "target", "area_kind", "area"])
}
