//! Tables of what is not known: gaps by economy, their numbers by indicator, and what can be measured of
//! each line.

use super::{Columns, Table, TableError};
use crate::gaps::{Found, Gap, Gaps, Item, LiesIn, Measurability, Selection, Tally};

/// A gap of an economy.
struct Row<'g> {
    item: &'g Item,
    found: &'g Found,
    gap: Gap,
    lies_in: LiesIn,
    area: &'g (String, String),
    window: (i32, i32),
    counts: bool,
}

/// The items by line and code: index and item.
fn sorted(found: &Gaps) -> Vec<(usize, &Item)> {
    let mut items: Vec<(usize, &Item)> = found.items.iter().enumerate().collect();
    items.sort_by(|(_, a), (_, b)| {
        (a.line.as_str(), a.indicator.as_str()).cmp(&(b.line.as_str(), b.indicator.as_str()))
    });
    items
}

/// One row for each gap that is not the same for all economies: what nobody has stands in `gap_counts`.
pub(super) fn gaps(found: &Gaps) -> Result<Table, TableError> {
    let mut rows: Vec<Row<'_>> = Vec::new();
    for (at, item) in sorted(found) {
        for (area, named) in found.areas.iter().enumerate() {
            for (window, years) in found.windows.iter().enumerate() {
                let Some(cell) = found.found(at, area, window) else { continue };
                let Some((gap, lies_in)) = cell.gap.filter(|(gap, _)| !gap.is_of_all()) else {
                    continue;
                };
                let counts = found.counts(area, window);
                rows.push(Row {
                    item,
                    found: cell,
                    gap,
                    lies_in,
                    area: named,
                    window: *years,
                    counts,
                });
            }
        }
    }
    Columns::new(&rows)
        .text("line", |r| &r.item.line)
        .text("indicator", |r| &r.item.indicator)
        .text("area", |r| &r.area.0)
        .text("area_name", |r| &r.area.1)
        .int("window_start", |r| r.window.0)
        .int("window_end", |r| r.window.1)
        .flag("counts", |r| r.counts)
        .flag("in_score", |r| r.item.share.is_some())
        .text("agency", |r| &r.item.agency)
        .text("gap", |r| r.gap.code())
        .text("lies_in", |r| r.lies_in.code())
        .maybe_int("last_year", |r| r.found.last_year)
        .maybe_int("age", |r| r.found.last_year.map(|year| r.window.1 - year))
        .maybe_int("since", |r| found.since(r.found))
        .maybe_text("other_delivery", |r| found.other(r.found))
        .finish("gaps", &["line", "indicator", "area", "window_start", "window_end"])
}

/// One row for each item and window.
pub(super) fn gap_counts(found: &Gaps) -> Result<Table, TableError> {
    let tallies: Vec<Vec<(usize, Tally)>> = (0..found.windows.len())
        .map(|window| found.by_item(window, Selection::default()))
        .collect();
    let mut rows: Vec<(&Item, (i32, i32), &Tally)> = Vec::new();
    for (at, item) in sorted(found) {
        for (years, tallies) in found.windows.iter().zip(&tallies) {
            let tally = tallies.iter().find(|(of, _)| *of == at);
            rows.extend(tally.map(|(_, tally)| (item, *years, tally)));
        }
    }
    let mut columns = Columns::new(&rows);
    columns
        .text("line", |(item, ..)| &item.line)
        .text("indicator", |(item, ..)| &item.indicator)
        .int("window_start", |(_, window, _)| window.0)
        .int("window_end", |(_, window, _)| window.1)
        .text("agency", |(item, ..)| &item.agency)
        .flag("in_score", |(item, ..)| item.share.is_some())
        .number("weight", |(item, ..)| item.share)
        .text("evidence", |(item, ..)| &item.evidence)
        .flag("official", |(item, ..)| item.official)
        .flag("relative", |(item, ..)| item.relative)
        .maybe_text("source", |(item, ..)| item.series.as_ref().map(|it| it.0.as_str()))
        .maybe_text("dataset", |(item, ..)| item.series.as_ref().map(|it| it.1.as_str()))
        .maybe_text("series", |(item, ..)| item.series.as_ref().map(|it| it.2.as_str()))
        .text("cited", |(item, ..)| &item.cited)
        .count("asked", |(.., tally)| tally.asked)
        .count("current", |(.., tally)| tally.current)
        .count("change", |(.., tally)| tally.change)
        .count("gaps", |(.., tally)| tally.gaps);
    for lies in LiesIn::ALL {
        columns.count(&format!("in_{}", lies.code()), |(.., tally)| tally.lying_in(lies));
    }
    for gap in Gap::ALL {
        columns.count(&format!("n_{}", gap.code()), |(.., tally)| tally.of_kind(gap));
    }
    columns
        .count("aged", |(.., tally)| tally.aged)
        .number("median_age", |(.., tally)| tally.median_age)
        .finish("gap_counts", &["line", "indicator", "window_start", "window_end"])
}

/// One row for each line and window.
pub(super) fn measurability(rows: &[Measurability]) -> Result<Table, TableError> {
    Columns::new(rows)
        .text("line", |r| &r.line)
        .int("window_start", |r| r.window_start)
        .int("window_end", |r| r.window_end)
        .count("members", |r| r.members)
        .count("indicators", |r| r.indicators)
        .count("indicators_scored", |r| r.indicators_scored)
        .count("official", |r| r.official)
        .count("official_series", |r| r.official_series)
        .count("delivered", |r| r.delivered)
        .count("current_enough", |r| r.current_enough)
        .count("change_enough", |r| r.change_enough)
        .count("change_any", |r| r.change_any)
        .count("owned", |r| r.owned)
        .count("agencies", |r| r.agencies)
        .count("asked", |r| r.asked)
        .count("current", |r| r.current)
        .count("change", |r| r.change)
        .count("economies_current", |r| r.economies_current)
        .count("economies_change", |r| r.economies_change)
        .count("evidence_a", |r| r.evidence_a)
        .count("evidence_b", |r| r.evidence_b)
        .count("evidence_c", |r| r.evidence_c)
        .count("evidence_d", |r| r.evidence_d)
        .maybe_text("evidence", |r| r.evidence.as_deref())
        .count("commitments", |r| r.commitments)
        .count("commitments_series", |r| r.commitments_series)
        .count("commitments_change", |r| r.commitments_change)
        .count("commitments_owned", |r| r.commitments_owned)
        .maybe_text("no_indicator", |r| r.no_indicator.as_deref())
        .text("statement", |r| &r.statement)
        .finish("measurability", &["line", "window_start", "window_end"])
}
