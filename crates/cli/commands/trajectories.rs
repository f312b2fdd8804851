//! Trajectories beside a scorecard: in one sentence each for people, as rows for machines.

use wsis_app::Scores;
use wsis_scorecard::LineScore;
use wsis_scorecard::paths::{ECONOMY, INDICATOR, LINE};
use wsis_scorecard::result::TrajectoryRow;

use crate::commands::scorecard::Selection;

/// The rows of a line in the window: of the economies that are shown and of groups; of one economy also those of
/// the line's indicators.
pub(crate) fn of<'a>(
    computed: &'a Scores,
    selection: &Selection,
    line: &str,
    shown: &[&LineScore],
) -> Vec<&'a TrajectoryRow> {
    let window = (computed.window.start, computed.window.end);
    let is_shown = |code: &str| shown.iter().any(|score| score.area == code);
    let card = &computed.scorecard;
    let under = |code: &str| {
        let facts = card.indicators.iter().find(|it| it.indicator == code);
        facts.is_some_and(|it| it.lines.split(';').any(|of| of == line))
    };
    let is_meant = |row: &TrajectoryRow| match (row.item_kind, row.area_kind) {
        (LINE, ECONOMY) => row.item == line && is_shown(&row.area),
        (INDICATOR, ECONOMY) => selection.area.is_some() && is_shown(&row.area) && under(&row.item),
        (LINE, _) => {
            let one = |group: &String| group.eq_ignore_ascii_case(&row.area);
            row.item == line && selection.area.is_none() && selection.group.as_ref().is_none_or(one)
        }
        _ => false,
    };
    let in_window = |row: &&TrajectoryRow| (row.window_start, row.window_end) == window;
    card.trajectories.iter().filter(in_window).filter(|row| is_meant(row)).collect()
}

/// What is said below the scores of one economy: the line's place against its path, then its indicators'.
pub(crate) fn of_economy(
    rows: &[&TrajectoryRow],
    score: &LineScore,
    decimals: usize,
) -> Vec<String> {
    let own = || rows.iter().filter(|row| row.area == score.area);
    let line = own().find(|row| row.item_kind == LINE).map(|row| match row.told(decimals) {
        Some(told) => format!("trajectory {told}"),
        None if row.path_reason == score.class_reason => {
            "trajectory none, for the reason that there is no class".to_owned()
        }
        None => {
            let why = row.path_reason.as_deref().unwrap_or_default();
            format!("trajectory none: {why}")
        }
    });
    let indicators = own()
        .filter(|row| row.item_kind == INDICATOR)
        .filter_map(|row| Some(format!("  {} ({}): {}", row.item, row.unit, row.told(decimals)?)));
    line.into_iter().chain(indicators).collect()
}

/// What is said below a list: how many are ahead of their path, and the world or the group that is asked for.
pub(crate) fn of_list(
    rows: &[&TrajectoryRow],
    scores: &[&LineScore],
    group: Option<&str>,
    decimals: usize,
) -> Option<String> {
    let counts = |row: &TrajectoryRow| {
        scores.iter().any(|score| score.counts && score.area == row.area) && !row.is_group()
    };
    let gaps: Vec<f64> = rows.iter().filter(|row| counts(row)).filter_map(|row| row.gap).collect();
    if gaps.is_empty() {
        return None;
    }
    let ahead = gaps.iter().filter(|gap| **gap >= 0.0).count();
    let wanted = group.unwrap_or("World");
    let mean = rows.iter().find(|row| row.is_group() && row.area.eq_ignore_ascii_case(wanted));
    let mean = mean.and_then(|row| Some((row, row.told(decimals)?)));
    let mean = mean.map_or_else(String::new, |(row, told)| {
        let (name, status) = (&row.area, row.status.unwrap_or_default());
        let of = row.members_matched.unwrap_or_default();
        let mark = if status == "indicative" { ", indicative" } else { "" };
        format!("; {name}, mean of {of}{mark}: {told}")
    });
    Some(format!(
        "trajectories: of {} with a path to the targets {ahead} are on or ahead of it{mean}",
        gaps.len()
    ))
}
