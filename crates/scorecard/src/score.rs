//! Everything at once: every line, economy and window.

use std::collections::BTreeSet;

use wsis_model::area::{Area, AreaKind, AreaList};
use wsis_model::framework::{Framework, Window};

use crate::group::{group_score, groups};
use crate::line::{Evaluated, line_score, no_rank};
use crate::panel::Panel;
use crate::plan::{Line, Plan};
use crate::rank::competition;
use crate::reading::{Delivery, View, indicator_score, view};
use crate::result::{IndicatorScore, LineScore, Scorecard};
use crate::summary::{area_rows, indicator_rows, line_summary, window_summary, yearly};

/// Scores a panel under a framework. Economies only: a region has a group score, and a country
/// that no longer exists has observations but no score.
///
/// Pure and single-threaded; the same input gives the same bytes.
pub fn score(framework: &Framework, panel: &Panel, areas: &AreaList) -> Scorecard {
    let plan = Plan::new(framework);
    let economies = economies(areas);
    let mut windows = framework.windows.clone();
    windows.sort_unstable();
    windows.dedup();
    let covered: BTreeSet<&str> = economies
        .iter()
        .filter(|area| plan.leaves.iter().any(|leaf| has_value(panel, &leaf.code, &area.code)))
        .map(|area| area.code.as_str())
        .collect();

    let mut line_scores = Vec::new();
    for window in &windows {
        line_scores.extend(score_window(&plan, panel, &economies, *window));
    }
    for line in &plan.lines {
        for window in &windows {
            rank(framework.scale.rank_decimals, line, *window, &mut line_scores);
        }
    }
    line_scores.sort_by(|a, b| key(a).cmp(&key(b)));

    let indicators = indicator_rows(framework, &plan, panel, &economies);
    let last_year = indicators.iter().filter_map(|row| row.last_year).max();
    let years = year_range(&windows, last_year);
    let yearly = yearly(&plan, panel, &economies, years);
    let grouped = groups(&economies);
    let mut group_scores = Vec::new();
    let mut lines = Vec::new();
    for (line, yearly) in plan.lines.iter().zip(yearly) {
        let mut summaries = Vec::new();
        for window in &windows {
            let rows = rows_of(&line_scores, line, *window);
            summaries.push(window_summary(*window, &rows, &covered));
            group_scores.extend(
                grouped
                    .iter()
                    .map(|group| group_score(group, &line.node.code, *window, &rows, &covered)),
            );
        }
        lines.push(line_summary(&plan, line, &indicators, covered.len(), summaries, yearly));
    }
    lines.sort_by_key(|line| line.position);
    group_scores.sort_by(|a, b| {
        let key = |g: &crate::result::GroupScore| {
            (g.group_kind.clone(), g.group.clone(), g.line.clone(), g.window_start, g.window_end)
        };
        key(a).cmp(&key(b))
    });
    Scorecard {
        framework: framework.id.clone(),
        method_version: framework.version.clone(),
        scale_max: framework.scale.max,
        indicator_scores: indicator_scores(&plan, panel, &economies, &windows),
        line_scores,
        group_scores,
        lines,
        indicators,
        areas: area_rows(areas, panel),
    }
}

fn economies(areas: &AreaList) -> Vec<&Area> {
    let mut economies: Vec<&Area> =
        areas.areas().iter().filter(|area| area.kind == AreaKind::Economy).collect();
    economies.sort_by(|a, b| a.code.cmp(&b.code));
    economies
}

fn has_value(panel: &Panel, indicator: &str, area: &str) -> bool {
    panel.series(indicator, area).iter().any(|(_, cell)| cell.value.is_some())
}

fn key(row: &LineScore) -> (&str, &str, i32, i32) {
    (&row.line, &row.area, row.window_start, row.window_end)
}

/// Years of the sparklines: the windows, but not beyond the data.
fn year_range(windows: &[Window], last_year: Option<i32>) -> std::ops::RangeInclusive<i32> {
    let from = windows.iter().map(|window| window.start).min();
    let to = windows.iter().map(|window| window.end).max();
    match (from, to, last_year) {
        (Some(from), Some(to), Some(last)) => from..=to.min(last),
        // An empty range: no window, or no data.
        _ => std::ops::RangeInclusive::new(1, 0),
    }
}

fn score_window(
    plan: &Plan<'_>,
    panel: &Panel,
    economies: &[&Area],
    window: Window,
) -> Vec<LineScore> {
    let mut rows = Vec::with_capacity(economies.len() * plan.lines.len());
    for area in economies {
        let views: Vec<View<'_>> = plan
            .leaves
            .iter()
            .map(|leaf| view(leaf, panel.series(&leaf.code, &area.code), window, plan.max))
            .collect();
        let evaluated = Evaluated::new(plan, &views, window);
        rows.extend(plan.lines.iter().map(|line| line_score(plan, line, area, &evaluated)));
    }
    rows
}

/// Ranks the rows of a line in a window, or says why a row has no rank.
fn rank(decimals: u32, line: &Line<'_>, window: Window, rows: &mut [LineScore]) {
    let mut rows: Vec<&mut LineScore> = rows
        .iter_mut()
        .filter(|row| {
            row.line == line.node.code
                && row.window_start == window.start
                && row.window_end == window.end
        })
        .collect();
    for row in &mut rows {
        row.rank_reason = no_rank(line, row);
    }
    let scores: Vec<Option<f64>> =
        rows.iter().map(|row| row.score.filter(|_| row.rank_reason.is_none())).collect();
    let ranked = crate::group::count(scores.iter().flatten().count());
    for (row, rank) in rows.iter_mut().zip(competition(&scores, decimals)) {
        row.rank = rank;
        row.ranked_of = ranked;
    }
}

fn rows_of<'r>(rows: &'r [LineScore], line: &Line<'_>, window: Window) -> Vec<&'r LineScore> {
    let from = rows.partition_point(|row| row.line < line.node.code);
    rows.iter()
        .skip(from)
        .take_while(|row| row.line == line.node.code)
        .filter(|row| row.window_start == window.start && row.window_end == window.end)
        .collect()
}

fn indicator_scores(
    plan: &Plan<'_>,
    panel: &Panel,
    economies: &[&Area],
    windows: &[Window],
) -> Vec<IndicatorScore> {
    let mut rows = Vec::with_capacity(plan.leaves.len() * economies.len() * windows.len());
    for leaf in &plan.leaves {
        let any = panel.areas().iter().any(|area| !panel.series(&leaf.code, area).is_empty());
        for area in economies {
            let series = panel.series(&leaf.code, &area.code);
            rows.extend(windows.iter().map(|window| {
                indicator_score(leaf, area, series, *window, plan.max, Delivery { any })
            }));
        }
    }
    rows
}
