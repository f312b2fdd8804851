//! Everything at once: every line, economy and window.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::{Area, AreaList};
use wsis_model::framework::{Indicator, Window};
use wsis_model::rules::Method;

use crate::core_set::Core;
use crate::disparity::{Asked, DisparityRow, disparities};
use crate::dispute::Rivals;
use crate::gaps::{Gaps, Looked, find};
use crate::graded::{Loaded, grade_what_is_loaded};
use crate::group::{Group, group_score, groups, groups_by_year};
use crate::indicator::{Delivered, indicator_score};
use crate::line::{Evaluated, line_score};
use crate::outcomes::outcomes;
use crate::panel::Panel;
use crate::paths::{Paths, Way, line_track};
use crate::plan::{Line, Plan};
use crate::ranking::{Outlook, Ranking};
use crate::reading::{View, view};
use crate::result::{
    GroupScore, IndicatorRow, IndicatorScore, LineScore, LineSummary, Scorecard, TrajectoryRow,
    WindowSummary, YearMedian,
};
use crate::summary::{
    WindowFacts, area_rows, indicator_rows, line_summary, member_rows, window_summary,
};
use crate::universe::Economies;
use crate::yearly::{Centre, Cohort, Years, yearly};

/// Last year with a figure of any indicator, over all economies.
pub(crate) fn last_year(indicators: &[IndicatorRow]) -> Option<i32> {
    indicators.iter().filter_map(|row| row.last_year).max()
}

/// Scores a panel by a method: a framework under a rule book. Economies only: a region has a group
/// score, and a country that no longer exists has observations but no score.
///
/// Pure and single-threaded; the same input gives the same bytes.
pub fn score(method: Method<'_>, panel: &Panel, areas: &AreaList) -> Scorecard {
    let Method { framework, rules, .. } = method;
    let plan = Plan::new(method);
    let economies = Economies::new(framework, panel, areas);
    let mut windows = framework.windows.clone();
    windows.sort_unstable();
    windows.dedup();
    let members = economies.by_year(windows.iter().map(|window| window.end));
    let indicators = indicator_rows(framework, &plan, panel, economies.all());
    let plan = plan.in_view_of(last_year(&indicators));
    let first_year = indicators.iter().filter_map(|row| row.first_year).min();
    let scoring = Scoring {
        method,
        plan: &plan,
        rivals: Rivals::new(&plan),
        panel,
        economies: &economies,
        first_year,
        last_year: plan.last_year,
        delivered: indicators.iter().map(|row| row.observations > 0).collect(),
    };

    let Scored { rows: mut line_scores, cores, tracks } = scoring.windows(&windows, &members);
    let chained = scoring.chained(&windows);
    let (mut group_scores, mut lines): (Vec<GroupScore>, Vec<LineSummary>) = Default::default();
    for (at, line) in plan.lines.iter().enumerate() {
        let yearly = chained.all.get(at).cloned().unwrap_or_default();
        let mut summaries = Vec::new();
        for window in &windows {
            let rows = rows_of(&line_scores, line, *window);
            let members = &members[&window.end];
            let core = cores.get(window).and_then(|cores| cores.get(at));
            let facts = WindowFacts {
                window: *window,
                members,
                yearly: &yearly,
                plan: &plan,
                core: core.cloned().unwrap_or_default(),
                note: Outlook::new(*window, plan.last_year, plan.ages).note(),
            };
            summaries.push(window_summary(facts, &rows));
            group_scores.extend(groups(&economies, window.end).iter().map(|group| {
                let chain = chained.of(group, at);
                group_score(group, &line.node.code, *window, &rows, members, chain, rules.groups)
            }));
        }
        let economies = summaries.last().map_or(0, |summary: &WindowSummary| summary.members);
        let shown = published(yearly, plan.last_year);
        lines.push(line_summary(&plan, line, &indicators, economies, summaries, shown));
    }
    lines.sort_by_key(|line| line.position);
    group_scores.sort_by(|a, b| group_key(a).cmp(&group_key(b)));
    let (mut indicator_scores, trajectories) = scoring.leaves(&windows, &members, &tracks);
    crate::position::fill(&plan, panel, economies.all(), &mut indicator_scores, &mut line_scores);
    let mut scorecard = Scorecard {
        framework: framework.id.clone(),
        method_version: framework.version.clone(),
        rules: rules.label(),
        method_fingerprint: crate::fingerprint::fingerprint(method, areas),
        scale_max: framework.scale.max,
        indicator_scores,
        line_scores,
        group_scores,
        trajectories,
        outcomes: outcomes(&plan, panel, &economies, windows.last().copied()),
        disparities: scoring.disparities(&windows, &members),
        lines,
        indicators,
        areas: area_rows(areas, panel),
        group_members: member_rows(areas),
        gaps: Gaps::default(),
    };
    scorecard.gaps = scoring.gaps(&windows, &members, &scorecard.indicator_scores);
    scorecard.say_why_unscored();
    scorecard
}

fn key(row: &LineScore) -> (&str, &str, i32, i32) {
    (&row.line, &row.area, row.window_start, row.window_end)
}

fn group_key(row: &GroupScore) -> (&str, &str, &str, i32, i32) {
    (&row.group_kind, &row.group, &row.line, row.window_start, row.window_end)
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

/// The tracks of lines by window, index as [`Plan::lines`], and of each by economy.
type Tracks = BTreeMap<Window, Vec<Vec<Result<Way, String>>>>;

/// Lines, scored in every window.
#[derive(Default)]
struct Scored {
    /// Rows by their key.
    rows: Vec<LineScore>,
    /// Codes of each line's core by window, index as [`Plan::lines`].
    cores: BTreeMap<Window, Vec<Vec<String>>>,
    /// What trajectories are of.
    tracks: Tracks,
}

/// What the steps of a scorecard share.
struct Scoring<'s, 'f> {
    method: Method<'s>,
    plan: &'s Plan<'f>,
    rivals: Rivals<'f>,
    panel: &'s Panel,
    economies: &'s Economies<'s>,
    /// First year with a figure.
    first_year: Option<i32>,
    /// Last year with a figure.
    last_year: Option<i32>,
    /// Whether there is any figure of an indicator, as [`Plan::leaves`].
    delivered: Vec<bool>,
}

impl Scoring<'_, '_> {
    /// What is asked for and not there.
    fn gaps(
        &self,
        windows: &[Window],
        members: &BTreeMap<i32, BTreeSet<&str>>,
        rows: &[IndicatorScore],
    ) -> Gaps {
        let (plan, panel, economies) = (self.plan, self.panel, self.economies.all());
        find(&Looked { plan, panel, economies, windows, members, rows })
    }

    /// Rows between categories of people, of every window, in their order.
    fn disparities(
        &self,
        windows: &[Window],
        members: &BTreeMap<i32, BTreeSet<&str>>,
    ) -> Vec<DisparityRow> {
        let economies: Vec<&str> =
            self.economies.all().iter().map(|area| area.code.as_str()).collect();
        let mut rows = Vec::new();
        for window in windows {
            let groups = groups(self.economies, window.end);
            let members = &members[&window.end];
            let asked = Asked { window: *window, economies: &economies, members, groups: &groups };
            rows.extend(disparities(self.plan, self.panel, &asked));
        }
        rows.sort_by(|a, b| a.key().cmp(&b.key()));
        rows
    }

    /// What is loaded of the series of a line, for an economy.
    fn loaded(&self, line: &Line<'_>, area: &Area) -> Loaded {
        let leaves = || line.shares.iter().map(|(leaf, _)| *leaf);
        let has = |leaf: usize| {
            let code = self.plan.leaves.get(leaf).map_or("", |leaf| leaf.code.as_str());
            !self.panel.series(code, &area.code).is_empty()
                || self.panel.before_territory(code, &area.code).is_some()
        };
        if line.shares.is_empty() {
            Loaded::NoSeries
        } else if !leaves().any(|leaf| self.delivered.get(leaf).copied().unwrap_or(false)) {
            Loaded::Nothing
        } else if leaves().any(has) {
            Loaded::Here
        } else {
            Loaded::Elsewhere
        }
    }

    /// Every line, economy and window.
    fn windows(&self, windows: &[Window], members: &BTreeMap<i32, BTreeSet<&str>>) -> Scored {
        let mut scored = Scored::default();
        for window in windows {
            self.window(*window, &members[&window.end], &mut scored);
        }
        scored.rows.sort_by(|a, b| key(a).cmp(&key(b)));
        scored
    }

    /// Rows of every line and economy in a window, ranked, the codes of each line's core, and the tracks
    /// that trajectories are of.
    fn window(&self, window: Window, members: &BTreeSet<&str>, into: &mut Scored) {
        let all = self.economies.all();
        let views: Vec<Vec<View<'_>>> = all
            .iter()
            .map(|area| {
                let leaves = self.plan.leaves.iter().zip(self.plan.series(self.panel, &area.code));
                leaves.map(|(it, series)| view(it, series, window, self.plan.measure())).collect()
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
        let disputed: Vec<Vec<bool>> = areas
            .iter()
            .map(|(area, views)| self.rivals.disputed(self.plan, self.panel, &area.code, views))
            .collect();
        let counted: Vec<&[View<'_>]> = areas
            .iter()
            .filter(|(area, _)| members.contains(area.code.as_str()))
            .map(|(_, views)| *views)
            .collect();
        let (mut tracks, mut cores) = (Vec::new(), Vec::new());
        for line in &self.plan.lines {
            let mut found: Vec<LineScore> = areas
                .iter()
                .zip(evaluated.iter().zip(&other))
                .map(|((area, _), (own, other))| {
                    line_score(self.plan, line, area, own, other.as_ref())
                })
                .collect();
            for ((row, area), (views, disputed)) in
                found.iter_mut().zip(all).zip(views.iter().zip(&disputed))
            {
                row.grade_what_is_disputed(line, views, disputed, &self.plan.rules.grades);
                row.standing = self.economies.list().standing(area, window.end).code();
                let counts = members.contains(area.code.as_str());
                row.counts = counts;
                grade_what_is_loaded(row, line, self.loaded(line, area), counts);
            }
            let core = Core::of(self.plan, line, &counted);
            cores.push(core.codes(self.plan).into_iter().map(str::to_owned).collect());
            let ranking = Ranking {
                plan: self.plan,
                line,
                core,
                requires: self.method.framework.ranking.requires,
                outlook: Outlook::new(window, self.last_year, self.plan.ages),
                members,
                economies: self.economies,
            };
            ranking.apply(self.method.framework.scale, &mut found, &areas);
            tracks.push(self.tracks(line, &evaluated, &found));
            into.rows.extend(found);
        }
        into.cores.insert(window, cores);
        into.tracks.insert(window, tracks);
    }

    /// The tracks of a line with a target, of all economies; nothing of another line.
    fn tracks(
        &self,
        line: &Line<'_>,
        evaluated: &[Evaluated<'_, '_>],
        rows: &[LineScore],
    ) -> Vec<Result<Way, String>> {
        if line.targets(self.plan).next().is_none() {
            return Vec::new();
        }
        let both = evaluated.iter().zip(rows);
        both.map(|(own, row)| line_track(self.plan, line, own, row)).collect()
    }

    /// What trajectories ask for, still without a row.
    fn paths<'p>(&'p self, members: &'p BTreeMap<i32, BTreeSet<&'p str>>) -> Paths<'p> {
        let (ends, rules) = (members.keys(), self.plan.rules);
        let last_year = self.last_year;
        let horizon = rules.trajectories.map(|rule| rule.arrival_within);
        let groups = ends.map(|end| (*end, groups(self.economies, *end))).collect();
        Paths { members, groups, rule: rules.groups, horizon, last_year, rows: Vec::new() }
    }

    fn line_paths(&self, tracks: &Tracks, paths: &mut Paths<'_>) {
        for (window, lines) in tracks {
            for (line, tracks) in self.plan.lines.iter().zip(lines) {
                let all = self.economies.all().iter().copied();
                let found: Vec<_> = all.zip(tracks.iter().cloned()).collect();
                if !found.is_empty() {
                    paths.line(line, *window, &found);
                }
            }
        }
    }

    /// Rows of every indicator, economy and window, and the trajectories of indicators and lines in their order.
    fn leaves(
        &self,
        windows: &[Window],
        members: &BTreeMap<i32, BTreeSet<&str>>,
        tracks: &Tracks,
    ) -> (Vec<IndicatorScore>, Vec<TrajectoryRow>) {
        let mut paths = self.paths(members);
        self.line_paths(tracks, &mut paths);
        let rows = self.indicator_scores(windows, &mut paths);
        let mut trajectories = paths.rows;
        trajectories.sort_by(|a, b| a.key().cmp(&b.key()));
        (rows, trajectories)
    }

    /// Rows of every indicator, economy and window.
    fn indicator_scores(&self, windows: &[Window], paths: &mut Paths<'_>) -> Vec<IndicatorScore> {
        let (plan, panel, economies) = (self.plan, self.panel, self.economies.all());
        let mut rows = Vec::with_capacity(plan.leaves.len() * economies.len() * windows.len());
        let measure = plan.measure();
        for (at, leaf) in plan.leaves.iter().enumerate() {
            let any = panel.areas().iter().any(|area| !panel.series(&leaf.code, area).is_empty());
            let first = rows.len();
            for area in economies {
                let series = panel.series(&leaf.code, &area.code);
                let before_territory = panel.before_territory(&leaf.code, &area.code);
                let delivery = Delivered { any, before_territory };
                rows.extend(windows.iter().map(|window| {
                    let mut row = indicator_score(leaf, area, series, *window, measure, delivery);
                    let end = view(leaf, series, *window, measure).end;
                    let place = (at, area.code.as_str());
                    let dispute = |end| self.rivals.dispute(plan, panel, place, &end);
                    row.dispute = end.and_then(dispute);
                    row
                }));
            }
            if leaf.target.is_some() {
                let own: &[IndicatorScore] = rows.get(first..).unwrap_or_default();
                self.indicator_paths(leaf, windows, own, paths);
            }
        }
        rows
    }

    /// Trajectories of an indicator; `rows` are its own, by economy and then by window.
    fn indicator_paths(
        &self,
        leaf: &Indicator,
        windows: &[Window],
        rows: &[IndicatorScore],
        paths: &mut Paths<'_>,
    ) {
        for (at, window) in windows.iter().enumerate() {
            let own = rows.iter().skip(at).step_by(windows.len());
            let found: Vec<_> = self.economies.all().iter().copied().zip(own).collect();
            let seen = found.iter().map(|(area, row)| {
                let series = self.panel.series(&leaf.code, &area.code);
                (*area, view(leaf, series, *window, self.plan.measure()), *row)
            });
            paths.indicator(self.plan, leaf, *window, &seen.collect::<Vec<_>>());
        }
    }

    /// Chained levels over the years of all windows, of all who count and of each group. They
    /// hang on the newest year that is a review year or the last one with figures.
    fn chained(&self, windows: &[Window]) -> Chained {
        let from = windows.iter().map(|window| window.start).min();
        let to = windows.iter().map(|window| window.end).max();
        let years = from.zip(to).zip(self.first_year.zip(self.last_year));
        let Some(((from, to), (first, last))) = years else { return Chained::default() };
        // Beyond the figures and their age nothing can be said; a window may be any.
        let (from, to) = (from.max(first), to.min(last + self.plan.ages.max));
        let settled = windows
            .iter()
            .filter(|window| !Outlook::new(**window, Some(last), self.plan.ages).is_future());
        let anchor = settled.map(|window| window.end).max().unwrap_or(last).max(from);
        let members = self.economies.by_year(from..=to);
        let mut cohorts = vec![Cohort { members, centre: Centre::Median }];
        let mut names = Vec::new();
        for (name, members) in groups_by_year(self.economies, from..=to) {
            names.push(name);
            cohorts.push(Cohort { members, centre: Centre::Mean });
        }
        let years = Years { range: from..=to, anchor };
        let all = self.economies.all();
        let mut found = yearly(self.plan, self.panel, all, &cohorts, &years).into_iter();
        Chained {
            all: found.next().unwrap_or_default(),
            groups: names.into_iter().zip(found).collect(),
        }
    }
}

/// Chained levels by year; inner index as [`Plan::lines`].
#[derive(Default)]
struct Chained {
    /// Medians of all who count.
    all: Vec<Vec<YearMedian>>,
    /// Means of groups, by kind and name.
    groups: BTreeMap<(&'static str, String), Vec<Vec<YearMedian>>>,
}

impl Chained {
    fn of(&self, group: &Group, line: usize) -> &[YearMedian] {
        let lines = self.groups.get(&(group.kind, group.name.clone()));
        lines.and_then(|lines| lines.get(line)).map_or(&[], Vec::as_slice)
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
