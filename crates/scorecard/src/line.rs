//! One line (or index) in one area and window: level, change on the matched set, class, grade.

use wsis_model::area::Area;
use wsis_model::framework::Window;

use crate::aggregate::Lack;
use crate::grade::{Evidence, Timeliness, timeliness};
use crate::plan::{Line, NodeScores, Plan};
use crate::progress::{Basis, Point, Rules, Track, Why, classify};
use crate::reading::{MIN_YEARS, View, no_baseline, published_ratio};
use crate::result::{Class, LineScore};
use crate::sum::sum;
use crate::targets::{Targets, with_caution};

/// What stands where a line without any agreed indicator would have a score.
pub const NO_INDICATOR: &str = "no internationally agreed indicator";

/// The node scores that the lines of one area and window share: each evaluated once for all.
pub struct Evaluated<'v, 'p> {
    views: &'v [View<'p>],
    window: Window,
    /// Over everything present.
    level: NodeScores,
    /// Over the indicators usable at both ends.
    matched: (NodeScores, NodeScores),
    /// Over those of them that have a target: start, end, target.
    aimed: (NodeScores, NodeScores, NodeScores),
    /// Over the indicators with a current value and a target: end, target.
    current: (NodeScores, NodeScores),
}

impl<'v, 'p> Evaluated<'v, 'p> {
    /// Evaluates the tree over the views of one area and window (as long as [`Plan::leaves`]).
    pub fn new(plan: &Plan<'_>, views: &'v [View<'p>], window: Window) -> Self {
        let over = |f: &dyn Fn(&View<'_>) -> Option<f64>| {
            plan.evaluate(&views.iter().map(f).collect::<Vec<_>>())
        };
        let aimed = |view: &View<'_>| view.matched().filter(|_| view.target.is_some());
        let current = |view: &View<'_>| view.level().zip(view.target.map(|(score, _)| score));
        Self {
            views,
            window,
            level: over(&|view| view.level()),
            matched: (
                over(&|view| view.matched().map(|ends| ends.start)),
                over(&|view| view.matched().map(|ends| ends.end)),
            ),
            aimed: (
                over(&|view| aimed(view).map(|ends| ends.start)),
                over(&|view| aimed(view).map(|ends| ends.end)),
                over(&|view| aimed(view).and(view.target).map(|(score, _)| score)),
            ),
            current: (
                over(&|view| current(view).map(|(end, _)| end)),
                over(&|view| current(view).map(|(_, target)| target)),
            ),
        }
    }

    fn under<'l>(&'l self, line: &'l Line<'_>) -> impl Iterator<Item = (f64, &'l View<'p>)> {
        line.shares.iter().filter_map(|&(leaf, share)| Some((share, self.views.get(leaf)?)))
    }

    fn timeliness(&self, line: &Line<'_>) -> Timeliness {
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
        timeliness(&evidence)
    }

    /// Weighted mean of a year over some indicators of a line.
    fn mean_year(&self, line: &Line<'_>, year: impl Fn(&View<'p>) -> Option<i32>) -> Option<f64> {
        let years: Vec<(f64, i32)> =
            self.under(line).filter_map(|(share, view)| Some((share, year(view)?))).collect();
        let weight = sum(years.iter().map(|(share, _)| *share));
        // Distances from the first year keep the sum exact for equal years.
        let first = years.first()?.1;
        let off = sum(years.iter().map(|(share, year)| share * f64::from(year - first)));
        (weight > 0.0).then(|| f64::from(first) + off / weight)
    }

    fn count(&self, line: &Line<'_>, which: impl Fn(&View<'p>) -> bool) -> u32 {
        let found = self.under(line).filter(|(_, view)| which(view)).count();
        u32::try_from(found).unwrap_or(u32::MAX)
    }
}

/// Class of a line and the numbers it rests on.
struct Progress {
    class: Class,
    reason: Option<String>,
    target_score: Option<f64>,
    target_year: Option<i32>,
    target_status: Option<&'static str>,
    target_verified: Option<bool>,
    ratio: Option<f64>,
    required_per_year: Option<f64>,
}

impl Progress {
    fn not_assessable(reason: impl Into<String>) -> Self {
        Self {
            class: Class::NotAssessable,
            reason: Some(reason.into()),
            target_score: None,
            target_year: None,
            target_status: None,
            target_verified: None,
            ratio: None,
            required_per_year: None,
        }
    }
}

/// The row of a line, still without a rank.
pub fn line_score(
    plan: &Plan<'_>,
    line: &Line<'_>,
    area: &Area,
    evaluated: &Evaluated<'_, '_>,
) -> LineScore {
    let window = evaluated.window;
    let level = evaluated.level.line(line);
    let ends = evaluated.matched.0.line(line).ok().zip(evaluated.matched.1.line(line).ok());
    let change = ends.map(|(start, end)| end - start);
    let years = evaluated
        .mean_year(line, |view| view.matched().map(|ends| ends.end_year - ends.start_year))
        .filter(|years| *years > 0.0);
    let measures = evaluated.timeliness(line);
    let mut progress = progress(plan, line, evaluated);
    if let Some(mark) = territory(line, area, evaluated) {
        let reason = progress.reason.take();
        progress.reason = Some(reason.map_or(mark.clone(), |reason| format!("{reason}; {mark}")));
    }
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
        points_per_year: change.zip(years).map(|(change, years)| change / years),
        class: progress.class,
        class_reason: progress.reason,
        target_score: progress.target_score,
        target_year: progress.target_year,
        target_status: progress.target_status,
        target_verified: progress.target_verified,
        ratio: progress.ratio,
        required_per_year: progress.required_per_year,
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

/// The mark on a change that spans the beginning of an area's present territory: Sudan in 2011 is
/// not the Sudan of 2010 (A10). Values stay as the source gives them.
fn territory(line: &Line<'_>, area: &Area, evaluated: &Evaluated<'_, '_>) -> Option<String> {
    let from = area.valid.0?;
    let spans = evaluated.under(line).any(|(_, view)| {
        view.matched().is_some_and(|ends| ends.start_year < from && from <= ends.end_year)
    });
    spans.then(|| format!("its territory is another one since {from}"))
}

/// What is said of a line that has no score.
fn lack_text(line: &Line<'_>, lack: &Lack) -> String {
    match lack {
        Lack::NoChildren => no_indicator(line).to_owned(),
        other => other.to_string(),
    }
}

/// The words that stand instead of a score on a line without an indicator.
pub fn no_indicator<'l>(line: &'l Line<'_>) -> &'l str {
    line.node.line.as_ref().and_then(|facts| facts.no_indicator.as_deref()).unwrap_or(NO_INDICATOR)
}

/// Class of a line: the mean score of the matched indicators against the mean of their
/// normalised targets, both over the same indicators and weights.
fn progress(plan: &Plan<'_>, line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> Progress {
    if line.shares.is_empty() {
        return Progress::not_assessable(no_indicator(line));
    }
    if evaluated.count(line, |view| view.end.is_some()) == 0 {
        return Progress::not_assessable("no data");
    }
    if line.targets(plan).next().is_none() {
        return Progress::not_assessable("no target agreed");
    }
    let rules = Rules { min_years: f64::from(MIN_YEARS), stagnant: plan.max / 100.0 };
    if let Some(aim) = aimed(plan, line, evaluated) {
        return by_track(&aim, &rules, |why| why.map(|why| why.to_string()));
    }
    let lack = lack_of_progress(line, evaluated);
    match level_only(plan, line, evaluated) {
        // Without a baseline a target can still be met, or its year be past.
        Some(aim) => by_track(&aim, &rules, |why| match why {
            Some(Why::NoBaseline) => Some(lack.clone()),
            None => Some(format!("level only: {lack}")),
            Some(other) => Some(format!("{other}; {lack}")),
        }),
        None => Progress::not_assessable(lack),
    }
}

fn by_track(aim: &Aim, rules: &Rules, reason: impl Fn(Option<Why>) -> Option<String>) -> Progress {
    let Aim { track, targets } = aim;
    let (class, why) = classify(track, Basis::Linear, rules);
    let rates = track.rates();
    #[expect(clippy::cast_possible_truncation, reason = "a target year is a whole number")]
    let target_year = track.target.map(|target| target.year as i32);
    let reason = reason(why);
    Progress {
        class,
        reason: if class == Class::NotAssessable { reason } else { with_caution(reason, targets) },
        target_score: track.target.map(|target| target.value),
        target_year,
        target_status: targets.status(),
        target_verified: targets.verified(),
        ratio: published_ratio(track),
        required_per_year: if class == Class::TargetMet {
            None
        } else {
            rates.required_linear_from_now
        },
    }
}

/// What the class of a line rests on.
struct Aim {
    track: Track,
    targets: Targets,
}

/// From both ends of the matched indicators with a target.
fn aimed(plan: &Plan<'_>, line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> Option<Aim> {
    let ends = |view: &View<'_>| view.matched().filter(|_| view.target.is_some());
    let start = Point {
        value: evaluated.aimed.0.line(line).ok()?,
        year: evaluated.mean_year(line, |view| ends(view).map(|ends| ends.start_year))?,
    };
    let scores = (&evaluated.aimed.1, &evaluated.aimed.2);
    aim(plan, line, evaluated, Some(start), scores, |view| ends(view).map(|ends| ends.end_year))
}

/// From the current values alone: without a baseline a target can still be met.
fn level_only(plan: &Plan<'_>, line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> Option<Aim> {
    let scores = (&evaluated.current.0, &evaluated.current.1);
    aim(plan, line, evaluated, None, scores, |view| {
        view.end.filter(|end| end.norm.is_ok() && view.target.is_some()).map(|end| end.year)
    })
}

/// The track to the targets of the indicators that have an `end_year`; the last of their target
/// years counts.
fn aim(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
    start: Option<Point>,
    (end, target): (&NodeScores, &NodeScores),
    end_year: impl Fn(&View<'_>) -> Option<i32>,
) -> Option<Aim> {
    let end = Point {
        value: end.line(line).ok()?,
        year: evaluated.mean_year(line, |view| end_year(view))?,
    };
    let counted = || {
        line.shares.iter().filter_map(|&(leaf, _)| {
            end_year(evaluated.views.get(leaf)?)?;
            plan.leaves.get(leaf)?.target.as_ref()
        })
    };
    let year = f64::from(counted().map(|target| target.year).max()?);
    let target = Point { value: target.line(line).ok()?, year };
    Some(Aim {
        track: Track {
            direction: 1.0,
            start,
            end: Some(end),
            target: Some(target),
            bounds: (None, None),
        },
        targets: Targets::of(counted()),
    })
}

/// Why no progress can be computed on a line, the most telling cause first.
fn lack_of_progress(line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> String {
    let total = line.shares.len();
    if evaluated.count(line, |view| view.start.is_some()) == 0 {
        return no_baseline(evaluated.window);
    }
    let matched = evaluated.count(line, |view| view.matched().is_some());
    if matched == 0 {
        let stale = evaluated.count(line, View::stale);
        let broken = evaluated.count(line, |view| view.break_year.is_some());
        return match (stale, broken) {
            (0, 0) => "no baseline for the indicators that have a current value".to_owned(),
            (0, _) => "series break inside the window".to_owned(),
            _ => {
                format!("current values are more than 3 years older than {}", evaluated.window.end)
            }
        };
    }
    let aimed = evaluated.count(line, |view| view.matched().is_some() && view.target.is_some());
    format!("too few indicators with a target, a baseline and a current value ({aimed} of {total})")
}
