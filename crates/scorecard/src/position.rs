//! Rank and percentile of a relative index in two editions.
//!
//! An index that its provider standardises anew in every edition says where an economy stands, not
//! how far it came. So both editions are ranked over the economies present in both of them.

use std::collections::BTreeMap;

use wsis_model::area::Area;
use wsis_model::framework::Indicator;

use crate::group::count;
use crate::normalise::{oriented, sign};
use crate::panel::Panel;
use crate::plan::Plan;
use crate::rank::competition;
use crate::result::{IndicatorScore, LineScore, Position};

/// Fills the positions of relative indicators, and of lines that rest on one of them alone.
pub(crate) fn fill(
    plan: &Plan<'_>,
    panel: &Panel,
    economies: &[&Area],
    indicators: &mut [IndicatorScore],
    lines: &mut [LineScore],
) {
    let mut found: BTreeMap<(String, String, i32, i32), Position> = BTreeMap::new();
    for leaf in plan.leaves.iter().filter(|leaf| leaf.relative) {
        let mut editions = BTreeMap::new();
        for row in indicators.iter_mut().filter(|row| row.indicator == leaf.code) {
            let (Some(start), Some(end)) = (&row.start, &row.end) else { continue };
            let years = (start.year, end.year);
            let ranked =
                editions.entry(years).or_insert_with(|| both(plan, leaf, panel, economies, years));
            row.position = ranked.get(&row.area).copied();
            if let Some(position) = row.position {
                let key = (leaf.code.clone(), row.area.clone(), row.window_start, row.window_end);
                found.insert(key, position);
            }
        }
    }
    for line in &plan.lines {
        let [(only, _)] = line.shares.as_slice() else { continue };
        let Some(leaf) = plan.leaves.get(*only).filter(|leaf| leaf.relative) else { continue };
        for row in lines.iter_mut().filter(|row| row.line == line.node.code) {
            let key = (leaf.code.clone(), row.area.clone(), row.window_start, row.window_end);
            row.position = found.get(&key).copied();
        }
    }
}

/// Positions in two editions, of the economies that are in both.
fn both(
    plan: &Plan<'_>,
    leaf: &Indicator,
    panel: &Panel,
    economies: &[&Area],
    (from, to): (i32, i32),
) -> BTreeMap<String, Position> {
    let better = sign(leaf.direction);
    let value = |area: &str, year: i32| {
        let series = panel.series(&leaf.code, area);
        let at = series.binary_search_by_key(&year, |(year, _)| *year).ok()?;
        Some(better * oriented(series.get(at)?.1.value?, leaf.direction))
    };
    let mut areas = Vec::new();
    let (mut starts, mut ends) = (Vec::new(), Vec::new());
    for area in economies {
        if let (Some(start), Some(end)) = (value(&area.code, from), value(&area.code, to)) {
            areas.push(area.code.clone());
            starts.push(Some(start));
            ends.push(Some(end));
        }
    }
    let of = count(areas.len());
    let decimals = plan.rules.rank.position_decimals;
    let ranks = |values: &[Option<f64>]| -> Vec<(u32, f64)> {
        let best = competition(values, decimals);
        // From below: 1 + number strictly worse.
        let turned: Vec<Option<f64>> = values.iter().map(|value| value.map(|x| -x)).collect();
        let worse = competition(&turned, decimals);
        let others = f64::from(of.saturating_sub(1)).max(1.0);
        let pairs = best.into_iter().zip(worse);
        pairs
            .map(|(rank, below)| {
                let (rank, below) = (rank.unwrap_or(1), below.unwrap_or(1));
                (rank, f64::from(below - 1) / others)
            })
            .collect()
    };
    let both = ranks(&starts).into_iter().zip(ranks(&ends));
    areas
        .into_iter()
        .zip(both)
        .map(|(area, ((rank_start, share_below_start), (rank_end, share_below_end)))| {
            let position = Position {
                rank_start,
                rank_end,
                of,
                share_below_start,
                share_below_end,
                year_start: from,
                year_end: to,
            };
            (area, position)
        })
        .collect()
}
