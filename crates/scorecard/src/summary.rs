//! A line over all economies: counts, medians, and the medians by year for sparklines; and the
//! published facts of indicators and areas.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::{Area, AreaKind, AreaList};
use wsis_model::framework::{Direction, Framework, Indicator, Transform, Window};

use crate::group::count;
use crate::line::no_indicator;
use crate::panel::Panel;
use crate::plan::{Line, Plan};
use crate::reading::{Scored, current};
use crate::result::{
    AreaRow, Class, IndicatorRow, LineScore, LineSummary, WindowSummary, YearMedian,
};
use crate::sum::{mean, median};
use crate::targets::{Targets, status_code};

/// Median scores of every line by year: the level in each year over everything present, with
/// values carried forward as in a scorecard. Outer index as [`Plan::lines`].
pub fn yearly(
    plan: &Plan<'_>,
    panel: &Panel,
    economies: &[&Area],
    years: std::ops::RangeInclusive<i32>,
) -> Vec<Vec<YearMedian>> {
    let mut lines = vec![Vec::new(); plan.lines.len()];
    for year in years {
        // Scores of a line, and how many of them hold a value of this very year.
        let mut found: Vec<(Vec<f64>, usize)> = vec![(Vec::new(), 0); plan.lines.len()];
        for area in economies {
            let values: Vec<Option<Scored<'_>>> = plan
                .leaves
                .iter()
                .map(|leaf| current(leaf, panel.series(&leaf.code, &area.code), year, plan.max))
                .collect();
            let leaves: Vec<Option<f64>> =
                values.iter().map(|value| value.as_ref().and_then(Scored::score)).collect();
            let nodes = plan.evaluate(&leaves);
            let new = |leaf: usize| {
                values.get(leaf).is_some_and(|value| value.is_some_and(|value| value.year == year))
            };
            for (line, (scores, observed)) in plan.lines.iter().zip(&mut found) {
                if let Ok(score) = nodes.line(line) {
                    scores.push(score);
                    *observed += usize::from(line.shares.iter().any(|(leaf, _)| new(*leaf)));
                }
            }
        }
        for (line, (scores, observed)) in lines.iter_mut().zip(&found) {
            let (economies, observed) = (count(scores.len()), count(*observed));
            line.push(YearMedian { year, median: median(scores), economies, observed });
        }
    }
    lines
}

/// Counts and medians of a line in one window.
pub fn window_summary(
    window: Window,
    rows: &[&LineScore],
    covered: &BTreeSet<&str>,
) -> WindowSummary {
    let rows: Vec<&&LineScore> =
        rows.iter().filter(|row| covered.contains(row.area.as_str())).collect();
    let scores: Vec<f64> = rows.iter().filter_map(|row| row.score).collect();
    let changes: Vec<f64> = rows.iter().filter_map(|row| row.change).collect();
    let coverage: Vec<f64> = rows.iter().filter_map(|row| row.coverage).collect();
    let mut classes: BTreeMap<Class, u32> = BTreeMap::new();
    for row in &rows {
        *classes.entry(row.class).or_default() += 1;
    }
    WindowSummary {
        window_start: window.start,
        window_end: window.end,
        economies_scored: count(scores.len()),
        economies_ranked: count(rows.iter().filter(|row| row.rank.is_some()).count()),
        median_score: median(&scores),
        median_change: median(&changes),
        coverage: mean(&coverage),
        classes,
    }
}

/// Summary of a line.
pub fn line_summary(
    plan: &Plan<'_>,
    line: &Line<'_>,
    indicators: &[IndicatorRow],
    economies: usize,
    windows: Vec<WindowSummary>,
    yearly: Vec<YearMedian>,
) -> LineSummary {
    let delivered = line
        .shares
        .iter()
        .filter_map(|&(leaf, _)| plan.leaves.get(leaf))
        .filter(|leaf| {
            indicators.iter().any(|row| row.indicator == leaf.code && row.observations > 0)
        })
        .count();
    let targets = Targets::of(line.targets(plan));
    LineSummary {
        line: line.node.code.clone(),
        position: line.position,
        title: line.node.title.clone(),
        indicators: count(line.shares.len()),
        indicators_delivered: count(delivered),
        targets: targets.number,
        target_status: targets.status(),
        target_verified: targets.verified(),
        no_indicator: line.shares.is_empty().then(|| no_indicator(line).to_owned()),
        economies: count(economies),
        windows,
        yearly,
    }
}

/// Facts of every indicator, sorted by code.
pub fn indicator_rows(
    framework: &Framework,
    plan: &Plan<'_>,
    panel: &Panel,
    economies: &[&Area],
) -> Vec<IndicatorRow> {
    let mut weights: BTreeMap<usize, Vec<(String, String)>> = BTreeMap::new();
    for line in &plan.lines {
        for &(leaf, share) in &line.shares {
            let shown = format!("{share:.6}");
            weights.entry(leaf).or_default().push((line.node.code.clone(), shown));
        }
    }
    debug_assert_eq!(plan.leaves.len(), framework.indicators.len(), "codes are unique");
    plan.leaves
        .iter()
        .enumerate()
        .map(|(at, indicator)| {
            let held = weights.remove(&at).unwrap_or_default();
            indicator_row(indicator, &held, panel, economies)
        })
        .collect()
}

fn indicator_row(
    indicator: &Indicator,
    weights: &[(String, String)],
    panel: &Panel,
    economies: &[&Area],
) -> IndicatorRow {
    let mut years = BTreeSet::new();
    let (mut observations, mut with) = (0_usize, 0_usize);
    for area in economies {
        let series = panel.series(&indicator.code, &area.code);
        let valued = || series.iter().filter(|(_, cell)| cell.value.is_some());
        observations += valued().count();
        with += usize::from(valued().next().is_some());
        years.extend(valued().map(|(year, _)| *year));
    }
    let join = |part: fn(&(String, String)) -> &String| {
        weights.iter().map(|pair| part(pair).as_str()).collect::<Vec<_>>().join(";")
    };
    let series = indicator.series.as_ref();
    let posts = indicator.goalposts.as_ref();
    let target = indicator.target.as_ref();
    IndicatorRow {
        indicator: indicator.code.clone(),
        title: indicator.title.clone(),
        definition: indicator.definition.clone(),
        unit: indicator.unit.clone(),
        theme: indicator.theme.clone(),
        agency: indicator.agency.clone(),
        lines: join(|(line, _)| line),
        weights: join(|(_, weight)| weight),
        source: series.map(|series| series.source.clone()),
        dataset: series.map(|series| series.dataset.clone()),
        series_code: series.map(|series| series.series_code.clone()),
        sex: series.map(|series| series.sex.clone()),
        age: series.map(|series| series.age.clone()),
        location: series.map(|series| series.location.clone()),
        dimensions: series.map(|series| series.dimensions.clone()),
        direction: direction_code(indicator.direction),
        goalpost_lo: posts.map(|posts| posts.lo),
        goalpost_hi: posts.map(|posts| posts.hi),
        transform: posts.map(|posts| transform_code(posts.transform)),
        goalpost_status: posts.map(|posts| status_code(posts.provenance.status)),
        goalpost_source: posts.map(|posts| posts.provenance.source.clone()),
        goalpost_verified: posts.map(|posts| posts.provenance.verified),
        target: target.map(|target| target.value),
        target_year: target.map(|target| target.year),
        target_source: target.map(|target| target.provenance.source.clone()),
        target_status: target.map(|target| status_code(target.provenance.status)),
        target_verified: target.map(|target| target.provenance.verified),
        evidence: indicator.evidence.clone(),
        status: status_code(indicator.provenance.status),
        verified: indicator.provenance.verified,
        licence: indicator.licence.clone(),
        note: indicator.note.clone(),
        observations: count(observations),
        economies: count(with),
        first_year: years.first().copied(),
        last_year: years.last().copied(),
    }
}

/// `up`, `down` or `goldilocks`.
pub const fn direction_code(direction: Direction) -> &'static str {
    match direction {
        Direction::Up => "up",
        Direction::Down => "down",
        Direction::Goldilocks(_) => "goldilocks",
    }
}

/// `identity`, `ln` or `ln1p`.
pub const fn transform_code(transform: Transform) -> &'static str {
    match transform {
        Transform::Identity => "identity",
        Transform::Ln => "ln",
        Transform::Ln1p => "ln1p",
    }
}

/// Facts of every area, sorted by code.
pub fn area_rows(areas: &AreaList, panel: &Panel) -> Vec<AreaRow> {
    let text = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let mut rows: Vec<AreaRow> = areas
        .areas()
        .iter()
        .map(|area| {
            let observations = panel
                .indicators()
                .iter()
                .flat_map(|indicator| panel.series(indicator, &area.code))
                .filter(|(_, cell)| cell.value.is_some())
                .count();
            AreaRow {
                area: area.code.clone(),
                m49: text(&area.m49),
                iso2: text(&area.iso2),
                area_name: area.name.clone(),
                kind: match area.kind {
                    AreaKind::Economy => "economy",
                    AreaKind::Aggregate => "aggregate",
                    AreaKind::Dissolved => "dissolved",
                },
                region: text(&area.region),
                subregion: text(&area.subregion),
                income: text(&area.income),
                ldc: area.ldc,
                lldc: area.lldc,
                sids: area.sids,
                observations: count(observations),
                note: text(&area.note),
            }
        })
        .collect();
    rows.sort_by(|a, b| a.area.cmp(&b.area));
    rows
}
