//! One line: facts, counts, and its row for every economy.

use std::collections::BTreeMap;

use wsis_model::framework::{LineFacts, Window};
use wsis_model::rules::GroupRule;
use wsis_scorecard::paths::LINE;
use wsis_scorecard::plan::{Line, Plan};
use wsis_scorecard::result::{
    ClassBasis, GroupScore, IndicatorScore, TrajectoryRow, WindowSummary, YearMedian,
};
use wsis_scorecard::unscored::most_frequent;
use wsis_scorecard::{Class, Grade, LineScore, LineSummary, Scorecard, group};

use super::fact;
use crate::class::{ClassCounts, Progress};
use crate::input::{
    AreaRow, ClaimView, Economy, Facilitator, LineView, RegionView, WindowView, YearFact,
};
use crate::{headline, words};

/// The view of a line in a window.
pub(super) fn view(
    plan: &Plan<'_>,
    planned: &Line<'_>,
    summary: &LineSummary,
    scorecard: &Scorecard,
    window: Window,
    (economies, members_only): (&[Economy], bool),
) -> LineView {
    let none = LineFacts::default();
    let facts = planned.node.line.as_ref().unwrap_or(&none);
    let scored: Vec<(String, f64)> = planned
        .shares
        .iter()
        .filter_map(|(leaf, share)| Some((plan.leaves.get(*leaf)?.code.clone(), *share)))
        .collect();
    let areas: Vec<AreaRow> = economies
        .iter()
        .map(|economy| area(scorecard, summary, &scored, economy, window))
        .collect();
    let current = summary
        .windows
        .iter()
        .find(|row| (row.window_start, row.window_end) == (window.start, window.end));
    let silent = undelivered(plan, planned, scorecard);
    let members = current.map_or(0, |row| row.members);
    let mut view = LineView {
        code: summary.line.clone(),
        title: summary.title.clone(),
        no_indicator: summary.no_indicator.clone(),
        carried: summary
            .yearly
            .iter()
            .filter(|row| row.median.is_some() && mostly_carried(row))
            .map(|row| row.year)
            .collect(),
        medians: summary.yearly.iter().map(|row| (row.year, row.median)).collect(),
        year_facts: summary.yearly.iter().map(year_fact).collect(),
        relative: relative(plan, planned),
        economies_scored: current.map_or(0, |row| row.economies_scored),
        economies_ranked: current.map_or(0, |row| row.economies_ranked),
        economies_matched: current.map_or(0, |row| row.economies_matched),
        median_score: current.and_then(|row| row.median_score),
        score_reason: current.and_then(|row| row.status_reason.clone()).unwrap_or_default(),
        change_reason: current.and_then(|row| row.change_reason.clone()).unwrap_or_default(),
        median_change: current.and_then(|row| row.median_change),
        span_years: current.and_then(|row| row.span_years),
        points_per_year: current.and_then(|row| row.points_per_year),
        coverage: current.and_then(|row| row.coverage),
        classes: current.map(|row| classes(&row.classes)).unwrap_or_default(),
        level_only: current.map_or(0, |row| row.level_only),
        rests_on: current.map(|row| row.rests_on.clone()).unwrap_or_default(),
        no_score: current
            .and_then(|row| row.no_score.as_ref())
            .map(|why| why.reason.clone())
            .unwrap_or_default(),
        no_score_of: current.and_then(|row| row.no_score.as_ref()?.whose()).unwrap_or_default(),
        windows: summary.windows.iter().map(window_view).collect(),
        regions: regions(plan.rules.groups, scorecard, &summary.line, window),
        areas,
        scored,
        world: world(scorecard, &summary.line, window),
        ..LineView::default()
    };
    grades(&mut view, &counted_rows(scorecard, &summary.line, window));
    view.missing = missing(
        &view,
        (window.start, window.end),
        &silent,
        &words::counting(members, members_only),
        members,
    );
    super::known::measured(&mut view, plan, facts, scorecard, window);
    with_facts(view, facts)
}

/// The path of the world to the targets of a line.
fn world(scorecard: &Scorecard, line: &str, window: Window) -> Option<TrajectoryRow> {
    let is_it = |row: &&TrajectoryRow| {
        (row.item_kind, row.area_kind) == (LINE, "world")
            && row.item == line
            && (row.window_start, row.window_end) == (window.start, window.end)
    };
    scorecard.trajectories.iter().find(is_it).cloned()
}

/// How many of those who count have each grade, of all rows of the line in the window; how many have
/// none, and why most of these.
fn grades(view: &mut LineView, rows: &[&LineScore]) {
    for row in rows {
        let letter = row.grade.map(Grade::code).and_then(|letter| "ABCDE".find(letter));
        match letter.and_then(|at| view.grades.get_mut(at)) {
            Some(slot) => *slot += 1,
            None => view.ungraded += 1,
        }
    }
    let reasons = rows.iter().filter_map(|row| row.grade_reason.as_deref());
    view.ungraded_reason =
        most_frequent(reasons).map_or_else(String::new, |(reason, _)| reason.to_owned());
}

/// The rows of a line in a window of those who count.
fn counted_rows<'s>(scorecard: &'s Scorecard, line: &str, window: Window) -> Vec<&'s LineScore> {
    let rows = scorecard.line_scores.iter().filter(|row| row.line == line && row.counts);
    rows.filter(|row| (row.window_start, row.window_end) == (window.start, window.end)).collect()
}

/// Puts in what the framework says of the line.
fn with_facts(mut view: LineView, facts: &LineFacts) -> LineView {
    view.facilitators = facts
        .facilitators
        .iter()
        .map(|who| Facilitator {
            agency: who.agency.clone(),
            role: who.role.clone(),
            as_of: who.as_of,
            note: who.note.clone(),
            source: who.provenance.source.clone(),
            verified: who.provenance.verified,
        })
        .collect();
    view.sdg = facts.sdg.iter().map(|link| (link.target.clone(), link.disputed)).collect();
    view.sdg_fact = facts.sdg_source.as_ref().map(fact);
    view.gdc = facts.gdc.iter().map(|link| (link.objective, link.strength)).collect();
    view.gdc_fact = facts.gdc_source.as_ref().map(fact);
    view.claims = facts
        .claims
        .iter()
        .map(|claim| ClaimView {
            kind: claim.kind.clone(),
            text: claim.text.clone(),
            related: claim.related.clone(),
        })
        .collect();
    view.claims_fact = facts.claims_source.as_ref().map(fact);
    view.claims_caveat.clone_from(&facts.claims_caveat);
    view.achievements_note.clone_from(&facts.achievements_note);
    view.challenges_note.clone_from(&facts.challenges_note);
    view.facilitators_fact = facts.facilitators_source.as_ref().map(fact);
    view.context.clone_from(&facts.context);
    view
}

/// The class as the report names it.
pub(super) fn progress(class: Class) -> Progress {
    match class {
        Class::TargetMet => Progress::TargetMet,
        Class::OnTrack => Progress::OnTrack,
        Class::Moderate => Progress::Moderate,
        Class::Limited => Progress::Limited,
        Class::Regressing => Progress::Regressing,
        Class::DeadlineMissed => Progress::DeadlineMissed,
        Class::NotAssessable => Progress::NotAssessable,
    }
}

fn classes(counts: &BTreeMap<Class, u32>) -> ClassCounts {
    let mut out = ClassCounts::default();
    for (class, number) in counts {
        if let Some(slot) = out.0.get_mut(progress(*class).index()) {
            *slot += number;
        }
    }
    out
}

/// Titles of the scored indicators that are standardised anew in every edition.
fn relative(plan: &Plan<'_>, planned: &Line<'_>) -> Vec<String> {
    let leaves = planned.shares.iter().filter_map(|(leaf, _)| plan.leaves.get(*leaf));
    leaves.filter(|leaf| leaf.relative).map(|leaf| leaf.title.clone()).collect()
}

/// Whether the scores of a year rest on figures of before more than on its own.
fn mostly_carried(row: &YearMedian) -> bool {
    row.weight_observed.is_none_or(|new| new < 1.0 - new)
}

fn year_fact(row: &YearMedian) -> YearFact {
    YearFact {
        year: row.year,
        economies: row.economies,
        members: row.members,
        linked: row.linked,
        rose: row.rose,
        fell: row.fell,
    }
}

fn window_view(row: &WindowSummary) -> WindowView {
    WindowView {
        window: (row.window_start, row.window_end),
        scored: row.economies_scored,
        members: row.members,
        matched: row.economies_matched,
        median_score: row.median_score,
        median_change: row.median_change,
        classes: classes(&row.classes),
        level_only: row.level_only,
        rests_on: row.rests_on.clone(),
    }
}

fn regions(rule: GroupRule, scorecard: &Scorecard, line: &str, window: Window) -> Vec<RegionView> {
    scorecard
        .group_scores
        .iter()
        .filter(|row| row.group_kind == "region" && row.line == line)
        .filter(|row| (row.window_start, row.window_end) == (window.start, window.end))
        .map(|row| region(rule, row))
        .collect()
}

/// A region with the status of its change: the members with both ends, not those with a level.
fn region(rule: GroupRule, row: &GroupScore) -> RegionView {
    let matched = usize::try_from(row.members_matched).unwrap_or_default();
    let members = usize::try_from(row.members).unwrap_or_default();
    let status = group::status(rule, matched, members);
    let need = match status {
        "published" => String::new(),
        "indicative" => format!("fewer than {} of them have a score at both ends", rule.published),
        _ => format!("fewer than {} of them have a score at both ends", rule.indicative),
    };
    RegionView {
        name: row.group.clone(),
        start: row.score_start,
        end: row.score_end,
        span: row.span_years,
        members: row.members,
        matched: row.members_matched,
        status: status.to_owned(),
        reason: need,
    }
}

/// Scored indicators without any figure, together where the reason is the same: reason and titles.
fn undelivered(
    plan: &Plan<'_>,
    planned: &Line<'_>,
    scorecard: &Scorecard,
) -> Vec<(String, Vec<String>)> {
    let mut reasons: Vec<(String, Vec<String>)> = Vec::new();
    for leaf in planned.shares.iter().filter_map(|(leaf, _)| plan.leaves.get(*leaf)) {
        let Some(reason) = scorecard.why_undelivered(&leaf.code) else { continue };
        match reasons.iter_mut().find(|(other, _)| other == reason) {
            Some((_, titles)) => titles.push(leaf.title.clone()),
            None => reasons.push((reason.to_owned(), vec![leaf.title.clone()])),
        }
    }
    reasons
}

/// What is missing on a line, in a few words.
fn missing(
    view: &LineView,
    window: (i32, i32),
    silent: &[(String, Vec<String>)],
    whole: &str,
    members: u32,
) -> String {
    if let Some(text) = &view.no_indicator {
        return words::brief(text).to_owned();
    }
    let mut parts = Vec::new();
    for (reason, titles) in silent {
        parts.push(format!("figures of {} ({reason})", words::titles(titles)));
    }
    if view.economies_scored > 0 && view.classes.assessed() == 0 {
        if words::is_relative(view) {
            parts.push("a change and a class: a relative index has none".to_owned());
        } else {
            let why = headline::no_class(view)
                .map_or_else(String::new, |(reason, times)| format!(" ({times}: {reason})"));
            parts.push(format!("a class of any economy{why}"));
        }
    } else if let Some((reason, times)) = headline::no_class(view) {
        parts.push(format!("a class of others with a score (most often, {times}: {reason})"));
    }
    if view.economies_scored == 0 {
        let why = words::cause(view);
        let told = silent.iter().any(|(reason, _)| *reason == why);
        let why = if told || why.is_empty() { String::new() } else { format!(" ({why})") };
        parts.push(format!("a score of any economy from {} to {}{why}", window.0, window.1));
    } else if view.economies_scored < members {
        let short = members - view.economies_scored;
        parts.push(format!("a score of {short} of {whole}"));
    }
    parts.join("; ")
}

/// The row of an economy.
fn area(
    scorecard: &Scorecard,
    summary: &LineSummary,
    scored: &[(String, f64)],
    economy: &Economy,
    window: Window,
) -> AreaRow {
    let Some(row) = scorecard.line_score(&summary.line, &economy.code, (window.start, window.end))
    else {
        let reason = "the scorecard has no row for this economy".to_owned();
        return AreaRow {
            code: economy.code.clone(),
            apart: economy.apart,
            score_reason: reason.clone(),
            change_reason: reason.clone(),
            class_reason: reason.clone(),
            grade_reason: reason.clone(),
            rank_reason: reason,
            ..AreaRow::default()
        };
    };
    let readings: Vec<&IndicatorScore> = scored
        .iter()
        .filter_map(|(code, _)| {
            scorecard.indicator_score(code, &economy.code, (window.start, window.end))
        })
        .collect();
    AreaRow { apart: economy.apart, ..area_row(row, &readings) }
}

fn area_row(row: &LineScore, readings: &[&IndicatorScore]) -> AreaRow {
    let years = || readings.iter().filter_map(|reading| reading.end.as_ref().map(|end| end.year));
    let (oldest, latest) = (years().min(), years().max());
    AreaRow {
        code: row.area.clone(),
        score: row.score,
        score_reason: row.score_reason.clone().unwrap_or_default(),
        start: row.score_start,
        end: row.score_end,
        change: row.change,
        change_reason: row.change_reason.clone().unwrap_or_default(),
        per_year: row.points_per_year,
        years: row.years.map(|years| (years.start_first, years.end_last)),
        span: row.years.map(|years| years.span),
        position: row.position,
        oldest: row.score.and(oldest),
        latest: row.score.and(latest),
        class: progress(row.class),
        by_level: row.class_basis == Some(ClassBasis::Level),
        class_reason: row.class_reason.clone().unwrap_or_default(),
        class_test: row.class_test.clone().unwrap_or_default(),
        proposed: row.target_status == Some("proposed"),
        clamped: row.clamped,
        coverage: row.coverage,
        used: row.indicators_used,
        total: row.indicators_total,
        grade: row.grade.map_or_else(String::new, |grade| grade.code().to_owned()),
        grade_reason: row.grade_reason.clone().unwrap_or_default(),
        country_data: row.origin.filter(|share| *share < 1.0),
        disputed: row.disputed.filter(|share| *share > 0.0),
        grade_change: row.grade_change.map_or_else(String::new, |grade| grade.code().to_owned()),
        rank: row.rank,
        rank_reason: row.rank_reason.clone().unwrap_or_default(),
        rank_interval: row.rank_interval.map(|interval| (interval.low, interval.high)),
        rank_interval_reason: row.rank_interval_reason.clone().unwrap_or_default(),
        bounds: row.score_low.zip(row.score_high),
        rank_range: row.rank_low.zip(row.rank_high),
        apart: false,
    }
}
