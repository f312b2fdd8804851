//! Everything at once: every line, economy and window.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::{Area, AreaList};
use wsis_model::framework::{Framework, Window};

use crate::core_set::Core;
use crate::group::{group_score, groups};
use crate::indicator::{Delivery, indicator_score};
use crate::line::{Evaluated, line_score};
use crate::panel::Panel;
use crate::plan::{Line, Plan};
use crate::ranking::{Outlook, Ranking};
use crate::reading::{MAX_AGE, View, view};
use crate::result::{
    GroupScore, IndicatorScore, LineScore, LineSummary, Scorecard, WindowSummary, YearMedian,
};
use crate::summary::{
    WindowFacts, area_rows, indicator_rows, line_summary, member_rows, window_summary,
};
use crate::universe::Economies;
use crate::yearly::{Years, yearly};

/// Scores a panel under a framework. Economies only: a region has a group score, and a country
/// that no longer exists has observations but no score.
///
/// Pure and single-threaded; the same input gives the same bytes.
pub fn score(framework: &Framework, panel: &Panel, areas: &AreaList) -> Scorecard {
    let plan = Plan::new(framework);
    let economies = Economies::new(framework, panel, areas);
    let mut windows = framework.windows.clone();
    windows.sort_unstable();
    windows.dedup();
    let members = economies.by_year(windows.iter().map(|window| window.end));
    let indicators = indicator_rows(framework, &plan, panel, economies.all());
    let last_year = indicators.iter().filter_map(|row| row.last_year).max();
    let first_year = indicators.iter().filter_map(|row| row.first_year).min();
    let scoring =
        Scoring { framework, plan: &plan, panel, economies: &economies, first_year, last_year };

    let mut line_scores = Vec::new();
    let mut cores = BTreeMap::new();
    for window in &windows {
        let (rows, found) = scoring.window(*window, &members[&window.end]);
        line_scores.extend(rows);
        cores.insert(*window, found);
    }
    line_scores.sort_by(|a, b| key(a).cmp(&key(b)));

    let yearly = scoring.yearly(&windows);
    let mut group_scores: Vec<GroupScore> = Vec::new();
    let mut lines: Vec<LineSummary> = Vec::new();
    for (at, (line, yearly)) in plan.lines.iter().zip(yearly).enumerate() {
        let mut summaries = Vec::new();
        for window in &windows {
            let rows = rows_of(&line_scores, line, *window);
            let members = &members[&window.end];
            let core = cores.get(window).and_then(|cores| cores.get(at));
            let facts = WindowFacts {
                window: *window,
                members,
                median: yearly.iter().find(|it| it.year == window.end).and_then(|it| it.median),
                core: core.cloned().unwrap_or_default(),
                note: Outlook::new(*window, last_year).note(),
            };
            summaries.push(window_summary(facts, &rows));
            group_scores.extend(
                groups(&economies, window.end)
                    .iter()
                    .map(|group| group_score(group, &line.node.code, *window, &rows, members)),
            );
        }
        let economies = summaries.last().map_or(0, |summary: &WindowSummary| summary.members);
        let shown = published(yearly, last_year);
        lines.push(line_summary(&plan, line, &indicators, economies, summaries, shown));
    }
    lines.sort_by_key(|line| line.position);
    group_scores.sort_by(|a, b| {
        let key = |g: &GroupScore| {
            (g.group_kind.clone(), g.group.clone(), g.line.clone(), g.window_start, g.window_end)
        };
        key(a).cmp(&key(b))
    });
    let mut indicator_scores = indicator_scores(&plan, panel, economies.all(), &windows);
    crate::position::fill(&plan, panel, economies.all(), &mut indicator_scores, &mut line_scores);
    Scorecard {
        framework: framework.id.clone(),
        method_version: framework.version.clone(),
        method_fingerprint: crate::fingerprint::fingerprint(framework, areas),
        scale_max: framework.scale.max,
        indicator_scores,
        line_scores,
        group_scores,
        lines,
        indicators,
        areas: area_rows(areas, panel),
        group_members: member_rows(areas),
    }
}

fn key(row: &LineScore) -> (&str, &str, i32, i32) {
    (&row.line, &row.area, row.window_start, row.window_end)
}

/// The years that are shown: not beyond the figures.
fn published(yearly: Vec<YearMedian>, last_year: Option<i32>) -> Vec<YearMedian> {
    yearly.into_iter().filter(|row| last_year.is_some_and(|last| row.year <= last)).collect()
}

/// The views from the other baselines, where any indicator has two equally near ones.
fn others<'p>(views: &[View<'p>]) -> Option<Vec<View<'p>>> {
    let tied = views.iter().any(|view| view.other_start.is_some());
    tied.then(|| views.iter().map(|view| view.other().unwrap_or(*view)).collect())
}

/// What the steps of a scorecard share.
struct Scoring<'s, 'f> {
    framework: &'f Framework,
    plan: &'s Plan<'f>,
    panel: &'s Panel,
    economies: &'s Economies<'s>,
    /// First year with a figure.
    first_year: Option<i32>,
    /// Last year with a figure.
    last_year: Option<i32>,
}

impl Scoring<'_, '_> {
    /// Rows of every line and economy in a window, ranked, and the codes of each line's core.
    fn window(
        &self,
        window: Window,
        members: &BTreeSet<&str>,
    ) -> (Vec<LineScore>, Vec<Vec<String>>) {
        let all = self.economies.all();
        let views: Vec<Vec<View<'_>>> = all
            .iter()
            .map(|area| {
                let leaves = self.plan.leaves.iter();
                let series = |code| self.panel.series(code, &area.code);
                leaves.map(|it| view(it, series(&it.code), window, self.plan.max)).collect()
            })
            .collect();
        let evaluated: Vec<Evaluated<'_, '_>> =
            views.iter().map(|views| Evaluated::new(self.plan, views, window)).collect();
        // The same economies from the other baselines, where the tie rule had a choice.
        let others: Vec<Option<Vec<View<'_>>>> = views.iter().map(|it| others(it)).collect();
        let other: Vec<Option<Evaluated<'_, '_>>> = others
            .iter()
            .map(|it| it.as_ref().map(|views| Evaluated::new(self.plan, views, window)))
            .collect();
        let areas: Vec<(&Area, &[View<'_>])> =
            all.iter().zip(&views).map(|(area, views)| (*area, views.as_slice())).collect();
        let counted: Vec<&[View<'_>]> = areas
            .iter()
            .filter(|(area, _)| members.contains(area.code.as_str()))
            .map(|(_, views)| *views)
            .collect();
        let (mut rows, mut cores) = (Vec::new(), Vec::new());
        for line in &self.plan.lines {
            let mut found: Vec<LineScore> = areas
                .iter()
                .zip(evaluated.iter().zip(&other))
                .map(|((area, _), (own, other))| {
                    line_score(self.plan, line, area, own, other.as_ref())
                })
                .collect();
            for (row, area) in found.iter_mut().zip(all) {
                row.standing = self.economies.list().standing(area, window.end).code();
            }
            let core = Core::of(self.plan, line, &counted);
            cores.push(core.codes(self.plan).into_iter().map(str::to_owned).collect());
            let ranking = Ranking {
                plan: self.plan,
                line,
                core,
                requires: self.framework.ranking.requires,
                outlook: Outlook::new(window, self.last_year),
                members,
                economies: self.economies,
            };
            ranking.apply(self.framework.scale, &mut found, &areas);
            rows.extend(found);
        }
        (rows, cores)
    }

    /// Chained medians over the years of all windows. They hang on the newest year that is a
    /// review year or the last one with figures.
    fn yearly(&self, windows: &[Window]) -> Vec<Vec<YearMedian>> {
        let from = windows.iter().map(|window| window.start).min();
        let to = windows.iter().map(|window| window.end).max();
        let years = from.zip(to).zip(self.first_year.zip(self.last_year));
        let Some(((from, to), (first, last))) = years else {
            return vec![Vec::new(); self.plan.lines.len()];
        };
        // Beyond the figures and their age nothing can be said; a window may be any.
        let (from, to) = (from.max(first), to.min(last + MAX_AGE));
        let settled =
            windows.iter().filter(|window| !Outlook::new(**window, Some(last)).is_future());
        let anchor = settled.map(|window| window.end).max().unwrap_or(last).max(from);
        let years = Years { range: from..=to, anchor, members: self.economies.by_year(from..=to) };
        yearly(self.plan, self.panel, self.economies.all(), &years)
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
            let before_territory = panel.before_territory(&leaf.code, &area.code);
            let delivery = Delivery { any, before_territory };
            rows.extend(
                windows
                    .iter()
                    .map(|window| indicator_score(leaf, area, series, *window, plan.max, delivery)),
            );
        }
    }
    rows
}
