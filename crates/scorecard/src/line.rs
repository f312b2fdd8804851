//! One line (or index) in one area and window: level, change on the matched set, class, grade.

use wsis_model::area::Area;

pub use crate::evaluated::{Evaluated, NO_INDICATOR, names, no_indicator};
use crate::graded::Loaded;
use crate::indicator::{DEPENDS_ON_BASELINE, joined};
use crate::judgement::{Judgement, judge, lack_of_change};
use crate::plan::{Line, Plan};
use crate::reading::View;
use crate::result::{Class, LineScore, Years};

/// Years of the change of a line, over its matched indicators.
fn years(line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> Option<Years> {
    let ends: Vec<_> = evaluated.under(line).filter_map(|(_, view)| view.matched()).collect();
    let span = evaluated
        .mean_year(line, |view| view.matched().map(|ends| ends.end_year - ends.start_year))
        .filter(|years| *years > 0.0)?;
    Some(Years {
        start_first: ends.iter().map(|ends| ends.start_year).min()?,
        start_last: ends.iter().map(|ends| ends.start_year).max()?,
        end_first: ends.iter().map(|ends| ends.end_year).min()?,
        end_last: ends.iter().map(|ends| ends.end_year).max()?,
        span,
    })
}

/// The row of a line, still without a rank and a position. `other` is the same area and window
/// from the other baselines, where two were equally near.
pub fn line_score(
    plan: &Plan<'_>,
    line: &Line<'_>,
    area: &Area,
    evaluated: &Evaluated<'_, '_>,
    other: Option<&Evaluated<'_, '_>>,
) -> LineScore {
    let window = evaluated.window;
    let level = evaluated.level.line(line);
    let ends = evaluated.matched.0.line(line).ok().zip(evaluated.matched.1.line(line).ok());
    let change = ends.map(|(start, end)| end - start);
    let years = years(line, evaluated).filter(|_| change.is_some());
    let measures = evaluated.timeliness(plan, line);
    let mut judgement = judge(plan, line, evaluated);
    let depends = other.is_some_and(|other| judge(plan, line, other).class != judgement.class);
    explain_class(&mut judgement, change, depends);
    LineScore {
        line: line.node.code.clone(),
        area: area.code.clone(),
        area_name: area.name.clone(),
        window_start: window.start,
        window_end: window.end,
        score_reason: level.as_ref().err().map(|lack| evaluated.lack(line, lack)),
        score: level.ok(),
        score_start: ends.map(|(start, _)| start),
        score_end: ends.map(|(_, end)| end),
        change,
        change_reason: change.is_none().then(|| no_change(plan, line, evaluated)),
        points_per_year: change.zip(years).map(|(change, years)| change / years.span),
        years,
        depends_on_baseline: depends,
        position: None,
        class: judgement.class,
        class_basis: judgement.basis,
        class_reason: judgement.reason,
        class_test: judgement.test,
        rests_on: judgement.rests_on,
        target_score: judgement.target_score,
        met_score: judgement.met_score,
        target_year: judgement.target_year,
        target_status: judgement.target_status,
        target_verified: judgement.target_verified,
        ratio: judgement.ratio,
        required_per_year: judgement.required_per_year,
        coverage: measures.coverage,
        freshness: measures.freshness,
        baseline: measures.baseline,
        origin: measures.origin,
        disputed: None,
        grade: Some(measures.grade),
        grade_reason: None,
        loaded: Loaded::Here,
        standing: "",
        counts: false,
        core_score: None,
        core_used: 0,
        core_total: 0,
        score_low: None,
        score_high: None,
        grade_change: change.map(|_| measures.grade_change),
        clamped: evaluated.count(line, View::clamped),
        rank: None,
        rank_interval: None,
        rank_interval_reason: None,
        rank_low: None,
        rank_high: None,
        ranked_of: 0,
        rank_reason: None,
        indicators_used: evaluated.count(line, |view| view.level().is_some()),
        indicators_total: u32::try_from(line.shares.len()).unwrap_or(u32::MAX),
        matched: evaluated.count(line, |view| view.matched().is_some()),
        targets_used: evaluated
            .count(line, |view| view.matched().is_some() && view.target.is_some()),
    }
}

/// Why a line has no change.
fn no_change(plan: &Plan<'_>, line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> String {
    if line.shares.is_empty() {
        no_indicator(line).to_owned()
    } else {
        lack_of_change(plan, line, evaluated, false)
    }
}

/// Remarks on a class that a reader would else take for a slip: it depends on a choice, or has
/// another sign than the change beside it.
fn explain_class(judgement: &mut Judgement, change: Option<f64>, depends: bool) {
    let Some(change) = change else { return };
    let moved_back = change < 0.0;
    let remark = match judgement.class {
        Class::Regressing if change > 0.0 => {
            Some("the change beside it is over all matched indicators, and rises")
        }
        Class::OnTrack | Class::Moderate | Class::Limited if moved_back => {
            Some("the change beside it is over all matched indicators, and falls")
        }
        _ => None,
    };
    let depends = depends.then_some(DEPENDS_ON_BASELINE);
    for remark in remark.into_iter().chain(depends) {
        judgement.reason = Some(joined(judgement.reason.take(), remark));
    }
}
