//! One line (or index) in one area and window: level, change on the matched set, class, grade.

use wsis_model::area::Area;
use wsis_model::framework::Window;

use crate::aggregate::Lack;
use crate::grade::{Evidence, Timeliness, timeliness};
use crate::indicator::{DEPENDS_ON_BASELINE, joined};
use crate::judgement::{Judgement, judge, lack_of_change};
use crate::plan::{Line, NodeScores, Plan};
use crate::reading::{Aim, View};
use crate::result::{Class, LineScore, Years};
use crate::sum::sum;

/// What stands where a line without any indicator would have a score.
pub const NO_INDICATOR: &str = "no indicator chosen by this project";

/// The node scores that the lines of one area and window share: each evaluated once for all.
pub struct Evaluated<'v, 'p> {
    views: &'v [View<'p>],
    /// The window.
    pub window: Window,
    /// Over everything present.
    level: NodeScores,
    /// Over the indicators usable at both ends.
    matched: (NodeScores, NodeScores),
    /// Over those of them that have a target: start, and what it leads to.
    pub(crate) aimed: (NodeScores, Aimed),
    /// Over the indicators with a current value and a target.
    pub(crate) current: Aimed,
}

/// Scores at the end of the indicators with a target, and of their targets.
pub(crate) struct Aimed {
    pub(crate) end: NodeScores,
    pub(crate) target: NodeScores,
    pub(crate) met: NodeScores,
}

impl<'v, 'p> Evaluated<'v, 'p> {
    /// Evaluates the tree over the views of one area and window (as long as [`Plan::leaves`]).
    pub fn new(plan: &Plan<'_>, views: &'v [View<'p>], window: Window) -> Self {
        let over = |f: &dyn Fn(&View<'_>) -> Option<f64>| {
            plan.evaluate(&views.iter().map(f).collect::<Vec<_>>())
        };
        let aimed = |end: &dyn Fn(&View<'_>) -> Option<f64>| {
            let both = |view: &View<'_>| end(view).zip(view.target);
            Aimed {
                end: over(&|view| both(view).map(|(end, _)| end)),
                target: over(&|view| both(view).map(|(_, Aim { target, .. })| target)),
                met: over(&|view| both(view).map(|(_, Aim { met, .. })| met)),
            }
        };
        Self {
            views,
            window,
            level: over(&|view| view.level()),
            matched: (
                over(&|view| view.matched().map(|ends| ends.start)),
                over(&|view| view.matched().map(|ends| ends.end)),
            ),
            aimed: (
                over(&|view| view.matched().filter(|_| view.target.is_some()).map(|e| e.start)),
                aimed(&|view| view.matched().map(|ends| ends.end)),
            ),
            // A relative index has no target, and so no place here.
            current: aimed(&|view| view.level()),
        }
    }

    /// The views of a line's indicators, with their share of its weight and their place in
    /// [`Plan::leaves`].
    pub(crate) fn views<'l>(
        &'l self,
        line: &'l Line<'_>,
    ) -> impl Iterator<Item = (usize, f64, &'l View<'p>)> {
        let shares = line.shares.iter();
        shares.filter_map(|&(leaf, share)| Some((leaf, share, self.views.get(leaf)?)))
    }

    fn under<'l>(&'l self, line: &'l Line<'_>) -> impl Iterator<Item = (f64, &'l View<'p>)> {
        self.views(line).map(|(_, share, view)| (share, view))
    }

    fn timeliness(&self, plan: &Plan<'_>, line: &Line<'_>) -> Timeliness {
        let evidence: Vec<Evidence> = self
            .under(line)
            .map(|(weight, view)| {
                let end = view.end.filter(|end| end.norm.is_ok());
                Evidence {
                    weight,
                    age: end.map(|end| self.window.end - end.year),
                    baseline: view.start.is_some_and(|start| start.norm.is_ok()),
                    estimate: end.is_some_and(|end| end.cell.obs_status.is_estimate()),
                }
            })
            .collect();
        timeliness(&evidence, plan.rules)
    }

    /// Weighted mean of a year over some indicators of a line.
    pub(crate) fn mean_year(
        &self,
        line: &Line<'_>,
        year: impl Fn(&View<'p>) -> Option<i32>,
    ) -> Option<f64> {
        let years: Vec<(f64, i32)> =
            self.under(line).filter_map(|(share, view)| Some((share, year(view)?))).collect();
        let weight = sum(years.iter().map(|(share, _)| *share));
        // Distances from the first year keep the sum exact for equal years.
        let first = years.first()?.1;
        let off = sum(years.iter().map(|(share, year)| share * f64::from(year - first)));
        (weight > 0.0).then(|| f64::from(first) + off / weight)
    }

    /// Level of a line.
    ///
    /// # Errors
    /// Why it has none.
    pub(crate) fn level(&self, line: &Line<'_>) -> Result<f64, Lack> {
        self.level.line(line)
    }

    pub(crate) fn count(&self, line: &Line<'_>, which: impl Fn(&View<'p>) -> bool) -> u32 {
        let found = self.under(line).filter(|(_, view)| which(view)).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    }
}

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
    let used = evaluated.count(line, |view| view.level().is_some());
    LineScore {
        line: line.node.code.clone(),
        area: area.code.clone(),
        area_name: area.name.clone(),
        window_start: window.start,
        window_end: window.end,
        score_reason: level.as_ref().err().map(|lack| lack_text(line, lack)),
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
        class_reason: judgement.reason,
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
        grade: measures.grade,
        standing: "",
        core_score: None,
        core_used: 0,
        core_total: 0,
        score_low: None,
        score_high: None,
        grade_change: change.map(|_| measures.grade_change),
        clamped: evaluated.count(line, View::clamped),
        rank: None,
        rank_low: None,
        rank_high: None,
        ranked_of: 0,
        rank_reason: None,
        indicators_used: used,
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

/// What is said of a line that has no score.
pub(crate) fn lack_text(line: &Line<'_>, lack: &Lack) -> String {
    match lack {
        Lack::NoChildren => no_indicator(line).to_owned(),
        other => other.to_string(),
    }
}

/// The words that stand instead of a score on a line without an indicator.
pub fn no_indicator<'l>(line: &'l Line<'_>) -> &'l str {
    line.node.line.as_ref().and_then(|facts| facts.no_indicator.as_deref()).unwrap_or(NO_INDICATOR)
}

/// At most two decimals, without trailing zeros.
pub(crate) fn short(value: f64) -> String {
    let text = format!("{value:.2}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}
