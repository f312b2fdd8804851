//! A line over all economies: counts, medians, and the medians by year for sparklines; and the
//! published facts of indicators and areas.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::{Area, AreaKind, AreaList, GroupKind};
use wsis_model::framework::{Direction, Framework, Indicator, Target, Transform, Window};

use crate::group::{count, linked_level, status};
use crate::line::no_indicator;
use crate::panel::Panel;
use crate::plan::{Line, Plan};
use crate::result::{
    AreaRow, Class, ClassBasis, IndicatorRow, LineScore, LineSummary, MemberRow, WindowSummary,
    YearMedian,
};
use crate::sum::{mean, median};
use crate::targets::{Targets, status_code};

/// What the summary of a window is made of.
pub struct WindowFacts<'a> {
    /// The window.
    pub window: Window,
    /// Who counts at its end.
    pub members: &'a BTreeSet<&'a str>,
    /// Chained medians of the line.
    pub yearly: &'a [YearMedian],
    /// Framework's tree, for the targets.
    pub plan: &'a Plan<'a>,
    /// Codes of the core.
    pub core: Vec<String>,
    /// What a reader has to know of the window.
    pub note: Option<String>,
}

/// Counts and medians of a line in one window.
pub fn window_summary(facts: WindowFacts<'_>, rows: &[&LineScore]) -> WindowSummary {
    let all = facts.members.len();
    let (inside, outside): (Vec<&LineScore>, Vec<&LineScore>) =
        rows.iter().partition(|row| facts.members.contains(row.area.as_str()));
    let scored = |rows: &[&LineScore]| rows.iter().filter(|row| row.score.is_some()).count();
    let levels: Vec<f64> = inside.iter().filter_map(|row| row.score).collect();
    let changes: Vec<f64> = inside.iter().filter_map(|row| row.change).collect();
    let spans: Vec<f64> = inside.iter().filter_map(|row| Some(row.years?.span)).collect();
    let coverage: Vec<f64> = inside.iter().filter_map(|row| row.coverage).collect();
    let mut classes: BTreeMap<Class, u32> = BTreeMap::new();
    for row in &inside {
        *classes.entry(row.class).or_default() += 1;
    }
    let matched = changes.len();
    let rule = facts.plan.rules.groups;
    let (level_status, change_status) =
        (status(rule, levels.len(), all), status(rule, matched, all));
    let short = |status, there: usize, what| {
        (status != "published").then(|| format!("{there} of {all} have {what}"))
    };
    let shown = level_status != "withheld";
    let chained = linked_level(facts.yearly, facts.window.end).filter(|_| shown);
    let targets = ResultingTargets::of(facts.plan, &inside);
    let median_change = median(&changes).filter(|_| change_status != "withheld");
    let span_years = mean(&spans).filter(|_| median_change.is_some());
    WindowSummary {
        window_start: facts.window.start,
        window_end: facts.window.end,
        members: count(all),
        economies_scored: count(levels.len()),
        // Told when all reasons are known.
        no_score: None,
        no_class: None,
        no_rank: None,
        level_only: count(inside.iter().filter(|row| by_level(row)).count()),
        economies_ranked: count(inside.iter().filter(|row| row.rank.is_some()).count()),
        economies_matched: count(matched),
        others_scored: count(scored(&outside)),
        median_score: median(&levels).filter(|_| shown),
        median_chained: chained.map(|(level, _)| level),
        chained_from: chained.map(|(_, from)| from),
        status: level_status,
        status_reason: short(level_status, levels.len(), "a score"),
        median_change,
        span_years,
        points_per_year: median_change.zip(span_years).map(|(change, span)| change / span),
        change_status,
        change_reason: short(change_status, matched, "a score at both ends"),
        coverage: mean(&coverage),
        core: facts.core,
        note: facts.note,
        classes,
        target_status: targets.all.status(),
        target_verified: targets.all.verified(),
        rests_on: targets.codes,
    }
}

fn by_level(row: &LineScore) -> bool {
    row.class_basis == Some(ClassBasis::Level)
}

/// The targets that the classes of some economies rest on.
struct ResultingTargets {
    codes: Vec<String>,
    all: Targets,
}

impl ResultingTargets {
    fn of(plan: &Plan<'_>, rows: &[&LineScore]) -> Self {
        let classed = rows.iter().filter(|row| row.class != Class::NotAssessable);
        let codes: BTreeSet<&str> =
            classed.flat_map(|row| row.rests_on.iter().map(String::as_str)).collect();
        let leaves = plan.leaves.iter().filter(|leaf| codes.contains(leaf.code.as_str()));
        let all = Targets::of(leaves.filter_map(|leaf| leaf.target.as_ref()));
        Self { codes: codes.into_iter().map(str::to_owned).collect(), all }
    }
}

/// Summary of a line.
pub fn line_summary(
    plan: &Plan<'_>,
    line: &Line<'_>,
    indicators: &[IndicatorRow],
    economies: u32,
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
        economies,
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
        met_from: target.map(Target::met_value),
        met_from_source: target
            .and_then(|target| target.met_from.as_ref())
            .map(|met| met.source.clone()),
        target_source: target.map(|target| target.provenance.source.clone()),
        target_status: target.map(|target| status_code(target.provenance.status)),
        target_verified: target.map(|target| target.provenance.verified),
        relative: indicator.relative,
        breaks: indicator
            .breaks
            .iter()
            .map(|item| format!("{}: {}", item.year, item.reason))
            .collect::<Vec<_>>()
            .join("; "),
        contains: indicator.contains.join(";"),
        survey: indicator.survey.clone(),
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
            // The latest membership of each group: what holds for good.
            let groups = areas.groups(area, i32::MAX);
            let special = |name: &str| {
                groups.get(&GroupKind::Special).is_some_and(|names| names.contains(&name))
            };
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
                standing: areas.standing(area, i32::MAX).code(),
                member_since: areas.member_since(area),
                valid_from: area.valid.0,
                valid_to: area.valid.1,
                income: areas.income(area, i32::MAX).map(str::to_owned),
                ldc: special("LDC"),
                lldc: special("LLDC"),
                sids: special("SIDS"),
                observations: count(observations),
                note: text(&area.note),
            }
        })
        .collect();
    rows.sort_by(|a, b| a.area.cmp(&b.area));
    rows
}

/// The dated memberships of a list, sorted by kind, group, area and year.
pub fn member_rows(areas: &AreaList) -> Vec<MemberRow> {
    let mut rows: Vec<MemberRow> = areas
        .memberships()
        .iter()
        .map(|spell| MemberRow {
            group_kind: spell.kind.code(),
            group: spell.group.clone(),
            area: spell.area.clone(),
            valid_from: spell.from,
            valid_to: spell.to,
        })
        .collect();
    rows.sort_by(|a, b| {
        let key =
            |row: &MemberRow| (row.group_kind, row.group.clone(), row.area.clone(), row.valid_from);
        key(a).cmp(&key(b))
    });
    rows
}
