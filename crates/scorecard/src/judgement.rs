//! Class of a line: the mean score of the matched indicators with a target against the mean of
//! their normalised targets, and what that class rests on.

use wsis_model::framework::Indicator;

use crate::aggregate::SLACK;
use crate::decided::decided;
use crate::evaluated::{Aimed, Evaluated, lack_text, names, no_indicator, short};
use crate::indicator::{joined, published_ratio};
use crate::levels::Levels;
use crate::plan::{Line, Plan};
use crate::progress::{Basis, Point, Rules, Track, Why, classify, telling};
use crate::reading::{RELATIVE, Scored, View, passed};
use crate::result::{Class, ClassBasis};
use crate::sum::sum;
use crate::targets::{Targets, with_caution};

/// Class of a line and the numbers it rests on.
pub(crate) struct Judgement {
    pub(crate) class: Class,
    pub(crate) basis: Option<ClassBasis>,
    pub(crate) reason: Option<String>,
    /// The test that decided the class.
    pub(crate) test: Option<String>,
    pub(crate) rests_on: Vec<String>,
    pub(crate) target_score: Option<f64>,
    pub(crate) met_score: Option<f64>,
    pub(crate) target_year: Option<i32>,
    pub(crate) target_status: Option<&'static str>,
    pub(crate) target_verified: Option<bool>,
    pub(crate) ratio: Option<f64>,
    pub(crate) required_per_year: Option<f64>,
}

impl Judgement {
    fn not_assessable(reason: impl Into<String>) -> Self {
        Self {
            class: Class::NotAssessable,
            basis: None,
            reason: Some(reason.into()),
            test: None,
            rests_on: Vec::new(),
            target_score: None,
            met_score: None,
            target_year: None,
            target_status: None,
            target_verified: None,
            ratio: None,
            required_per_year: None,
        }
    }
}

/// Judges a line in one area and window. The reason is that of the test that failed, the first
/// one in the order of what a reader can do about it.
pub(crate) fn judge(plan: &Plan<'_>, line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> Judgement {
    if line.shares.is_empty() {
        return Judgement::not_assessable(no_indicator(line));
    }
    if evaluated.count(line, |view| view.end.is_some()) == 0 {
        return Judgement::not_assessable("no current value of any of its indicators");
    }
    if let Err(lack) = evaluated.level(line) {
        return Judgement::not_assessable(format!("no score: {}", lack_text(line, &lack, true)));
    }
    // What holds of the line as it is declared comes first: it is the same in every window, whatever has a
    // value there.
    let leaves = line.shares.iter().filter_map(|&(leaf, _)| plan.leaves.get(leaf));
    if leaves.clone().all(|leaf| leaf.relative) {
        return Judgement::not_assessable(RELATIVE);
    }
    if line.targets(plan).next().is_none() {
        return Judgement::not_assessable("no target in this framework");
    }
    if evaluated.count(line, |view| view.end.is_some() && !view.relative) == 0 {
        return Judgement::not_assessable(RELATIVE);
    }
    let matched = |view: &View<'_>| view.matched().is_some();
    if let Some(track) = from_both_ends(plan, line, evaluated) {
        return match thin_targets(plan, line, evaluated, matched, "that can be compared") {
            Some(thin) => Judgement::not_assessable(thin),
            None => by_track(plan, line, evaluated, &track, matched, None),
        };
    }
    // Without a change a target can still be met, or its year be past.
    let lack = lack_of_change(plan, line, evaluated, true);
    let level = |view: &View<'_>| view.level().is_some();
    let Some(track) = from_level(plan, line, evaluated) else {
        return Judgement::not_assessable(lack);
    };
    match thin_targets(plan, line, evaluated, level, "with a current value") {
        Some(thin) => Judgement::not_assessable(format!("{lack}; by the level alone: {thin}")),
        None => by_track(plan, line, evaluated, &track, level, Some(lack)),
    }
}

/// The track of a line, in scores.
struct LineTrack {
    track: Track,
    target_score: Option<f64>,
}

/// The track that a class by both ends rests on, whatever comes of it, and the targets that it leads
/// to: those of the matched indicators.
pub(crate) fn matched_track(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
) -> Option<(Track, Targets)> {
    let matched = evaluated.views(line).filter(|(_, _, view)| view.matched().is_some());
    let leaves = matched.filter_map(|(leaf, _, _)| plan.leaves.get(leaf));
    let targets = Targets::of(leaves.filter_map(|leaf| leaf.target.as_ref()));
    from_both_ends(plan, line, evaluated).map(|found| (found.track, targets))
}

fn from_both_ends(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
) -> Option<LineTrack> {
    let ends = |view: &View<'_>| view.matched().filter(|_| view.target.is_some());
    let (start, aimed) = &evaluated.aimed;
    let start = Point {
        value: score(start, line)?,
        year: evaluated.mean_year(line, |view| ends(view).map(|ends| ends.start_year))?,
    };
    to_targets(plan, line, evaluated, aimed, Some(start), |view| {
        ends(view).map(|ends| ends.end_year)
    })
}

fn from_level(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
) -> Option<LineTrack> {
    to_targets(plan, line, evaluated, &evaluated.current, None, |view| {
        view.end.filter(|end| end.norm.is_ok() && view.target.is_some()).map(|end| end.year)
    })
}

/// Sampling error of the change of the mean score of those with a target: the errors of its surveys,
/// each with its share of the weight; the surveys are independent of each other. `None` without one.
fn mean_error(plan: &Plan<'_>, line: &Line<'_>, evaluated: &Evaluated<'_, '_>) -> Option<f64> {
    let aimed = || {
        let all = evaluated.views(line);
        all.filter(|(_, _, view)| view.target.is_some() && view.matched().is_some())
    };
    let weight = sum(aimed().map(|(_, share, _)| share));
    let squares: Vec<f64> = aimed()
        .filter_map(|(leaf, share, view)| {
            let posts = plan.leaves.get(leaf)?.goalposts.as_ref()?;
            let error = view.error(&plan.rules.classes)? * plan.max / (posts.hi - posts.lo);
            let part = error * share / weight;
            Some(part * part)
        })
        .collect();
    (!squares.is_empty()).then(|| sum(squares.iter().copied()).sqrt())
}

/// The track to the targets of the indicators that have an `end_year`; the last of their target
/// years counts.
fn to_targets(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
    aimed: &Aimed,
    start: Option<Point>,
    end_year: impl Fn(&View<'_>) -> Option<i32>,
) -> Option<LineTrack> {
    let value = score(&aimed.end, line)?;
    let end = Point { value, year: evaluated.mean_year(line, |view| end_year(view))? };
    let years = evaluated.views(line).filter(|(_, _, view)| end_year(view).is_some());
    let year = years.filter_map(|(_, _, view)| Some(view.target?.year)).max()?;
    let target = Point { value: score(&aimed.met, line)?, year: f64::from(year) };
    let (end, target) = (Some(end), Some(target));
    let tolerance = plan.rules.classes.met_tolerance;
    let error = start.and_then(|_| mean_error(plan, line, evaluated));
    let bounds = (None, None);
    let track = Track { direction: 1.0, start, end, target, bounds, tolerance, error };
    Some(LineTrack { track, target_score: score(&aimed.target, line) })
}

fn score(scores: &Levels, line: &Line<'_>) -> Option<f64> {
    scores.line(line).ok()
}

/// Why a line is not classed although some of its indicators have a target, or `None`: those with
/// one hold too little of the weight that `counts`; `whose` says in words which that is.
fn thin_targets(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
    counts: impl Fn(&View<'_>) -> bool,
    whose: &str,
) -> Option<String> {
    let counted: Vec<(f64, bool)> = evaluated
        .views(line)
        .filter(|(_, _, view)| counts(view))
        .map(|(_, share, view)| (share, view.target.is_some()))
        .collect();
    let all = sum(counted.iter().map(|(share, _)| *share));
    let aimed = sum(counted.iter().filter(|(_, target)| *target).map(|(share, _)| *share));
    let asked = plan.rules.classes.min_target_share;
    (aimed + SLACK < asked.value() * all).then(|| {
        let with = counted.iter().filter(|(_, target)| *target).count();
        let all = counted.len();
        let noun = if all == 1 { "indicator" } else { "indicators" };
        format!("targets on {with} of the {all} {noun} {whose}, {asked} of their weight asked")
    })
}

fn by_track(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
    found: &LineTrack,
    counts: impl Fn(&View<'_>) -> bool,
    lack: Option<String>,
) -> Judgement {
    let LineTrack { track, target_score } = found;
    let review = f64::from(passed(evaluated.window, plan.last_year));
    let classes = &plan.rules.classes;
    let rules = Rules {
        classes: *classes,
        min_years: f64::from(plan.ages.min_span),
        stagnant: classes.stagnant(plan.max),
        review: Some(review),
    };
    let (class, why) = classify(track, Basis::Linear, &rules);
    let why = why.map(|why| telling(class, why));
    let aimed = evaluated.views(line).filter(|(_, _, view)| counts(view) && view.target.is_some());
    let leaves: Vec<&Indicator> =
        aimed.filter_map(|(leaf, _, _)| plan.leaves.get(leaf).copied()).collect();
    let targets = Targets::of(leaves.iter().filter_map(|leaf| leaf.target.as_ref()));
    #[expect(clippy::cast_possible_truncation, reason = "a target year is a whole number")]
    let target_year = track.target.map(|target| target.year as i32);
    let said = why.map(|why| match why {
        // The change beside the class is over all matched indicators, and can be another one.
        Why::Stagnant => format!(
            "stagnant: the mean score of the indicators with a target moved by less than {}",
            classes.stagnant_words()
        ),
        Why::ShortSpan => short_span(track, plan.ages.min_span),
        _ => why.to_string(),
    });
    let basis_of_class = ClassBasis::of(class, why, lack.is_some());
    let test = decided(class, why, track, classes, plan.decimals());
    // What the test says already is not said again.
    let told = why.is_some_and(Why::is_in_test);
    let reason = match (class, lack) {
        (Class::NotAssessable, Some(lack)) => Some(lack),
        (Class::NotAssessable, None) => test.clone().or(said),
        (_, lack) => {
            let more = said.filter(|_| !told || test.is_none());
            let stated = match (test.clone(), more) {
                (test, Some(more)) => Some(joined(test, &more)),
                (test, None) => test,
            };
            let stated = match lack {
                Some(lack) => Some(joined(stated, &format!("level only: {lack}"))),
                None => stated,
            };
            let stated = match against_the_mean(plan, evaluated, line, class, &counts) {
                Some(remark) => Some(joined(stated, &remark)),
                None => stated,
            };
            let cautious = with_caution(stated, &targets);
            Some(joined(cautious, &basis(plan, line, evaluated, counts)))
        }
    };
    let test = test.filter(|_| class != Class::NotAssessable);
    let classed = leaves.iter().filter(|_| class != Class::NotAssessable);
    Judgement {
        class,
        basis: basis_of_class,
        reason,
        test,
        rests_on: classed.map(|leaf| leaf.code.clone()).collect(),
        target_score: *target_score,
        met_score: track.target.map(|target| target.value),
        target_year,
        target_status: targets.status(),
        target_verified: targets.verified(),
        ratio: published_ratio(track),
        required_per_year: track.required_from_now(review),
    }
}

/// A class is of a mean: the indicators with a target that did not move towards it are named, where
/// others carry the class; of a target that is met on the whole, those that do not meet their own.
/// Their scores before clamping count: beyond a goalpost one moves as well.
fn against_the_mean(
    plan: &Plan<'_>,
    evaluated: &Evaluated<'_, '_>,
    line: &Line<'_>,
    class: Class,
    counts: impl Fn(&View<'_>) -> bool,
) -> Option<String> {
    let below = |view: &View<'_>| {
        let now = view.end.and_then(|end| end.norm.ok()).zip(view.target);
        now.is_some_and(|(now, aim)| now.unclamped + SLACK < aim.met)
    };
    let still = |view: &View<'_>| {
        let ends = view.comparable().ok().filter(|_| view.matched().is_some());
        let norms = ends.and_then(|(start, end)| start.norm.ok().zip(end.norm.ok()));
        norms.is_some_and(|(start, end)| end.unclamped <= start.unclamped)
    };
    let (what, is_named): (&str, &dyn Fn(&View<'_>) -> bool) = match class {
        Class::OnTrack | Class::Moderate | Class::Limited => {
            ("without progress", &|view| below(view) && still(view))
        }
        Class::TargetMet => ("not met by itself", &|view| below(view) && counts(view)),
        _ => return None,
    };
    let named = evaluated.views(line).filter(|(_, _, view)| is_named(view));
    let titles: Vec<&str> = named
        .filter_map(|(leaf, _, _)| plan.leaves.get(leaf))
        .map(|leaf| leaf.title.as_str())
        .collect();
    (!titles.is_empty()).then(|| format!("{what}: {}", names(&titles)))
}

fn short_span(track: &Track, asked: i32) -> String {
    let span = track.start.zip(track.end).map_or(0.0, |(start, end)| end.year - start.year);
    format!("mean span of {} years, {asked} asked", short(span))
}

/// What a class rests on: the indicators with a target, their values and years; and the ones that
/// have none.
fn basis(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
    counts: impl Fn(&View<'_>) -> bool,
) -> String {
    let mut used = Vec::new();
    let mut bare = Vec::new();
    for (leaf, _, view) in evaluated.views(line) {
        let Some(leaf) = plan.leaves.get(leaf) else { continue };
        if view.target.is_none() {
            if !leaf.relative {
                bare.push(leaf.title.as_str());
            }
            continue;
        }
        let (true, Some(end)) = (counts(view), view.end) else { continue };
        let start = view.start.filter(|_| view.matched().is_some());
        let estimated = estimated(start, end).map_or("", |words| words);
        used.push(match start {
            Some(start) => format!(
                "{} {} to {} ({} to {}{estimated})",
                names(&[&leaf.title]),
                short(start.value),
                short(end.value),
                start.year,
                end.year
            ),
            None => {
                format!("{} {} ({}{estimated})", names(&[&leaf.title]), short(end.value), end.year)
            }
        });
    }
    let all = line.shares.len();
    let noun = if all == 1 { "indicator" } else { "indicators" };
    let text = format!("rests on {} of {all} {noun}: {}", used.len(), used.join(", "));
    if bare.is_empty() {
        text
    } else {
        format!("{text}; no target in this framework: {}", names(&bare))
    }
}

/// What a reader must know of values that somebody computed and nobody reported.
fn estimated(start: Option<Scored<'_>>, end: Scored<'_>) -> Option<&'static str> {
    match (start.map(|start| start.is_estimate()), end.is_estimate()) {
        (Some(true), true) => Some(", both estimates"),
        (Some(true), false) => Some(", the first an estimate"),
        (Some(false), true) => Some(", the last an estimate"),
        (None, true) => Some(", an estimate"),
        (_, false) => None,
    }
}

/// Why there is no change that could be judged: for each indicator the test that failed, together
/// where it is the same. `judged`: a target is asked for too.
pub(crate) fn lack_of_change(
    plan: &Plan<'_>,
    line: &Line<'_>,
    evaluated: &Evaluated<'_, '_>,
    judged: bool,
) -> String {
    let mut reasons: Vec<(String, Vec<&str>)> = Vec::new();
    let mut matched = Vec::new();
    for (leaf, _, view) in evaluated.views(line) {
        let title = plan.leaves.get(leaf).map_or("", |leaf| leaf.title.as_str());
        let text = match view.ends() {
            Ok(_) if !judged || view.target.is_some() => {
                matched.push(title);
                continue;
            }
            Ok(_) => "no target in this framework".to_owned(),
            Err(lack) => lack.to_string(),
        };
        match reasons.iter_mut().find(|(other, _)| *other == text) {
            Some((_, titles)) => titles.push(title),
            None => reasons.push((text, vec![title])),
        }
    }
    if matched.is_empty()
        && let [(text, _)] = reasons.as_slice()
    {
        return text.clone();
    }
    let named: Vec<String> =
        reasons.iter().map(|(text, titles)| format!("{}: {text}", names(titles))).collect();
    let named = named.join("; ");
    if matched.is_empty() {
        return named;
    }
    let can = if judged { "judged by their change" } else { "compared" };
    // The same test as that of the score: a reader is told how much is there and how much is asked.
    let ends = if judged { &evaluated.aimed.0 } else { &evaluated.matched.0 };
    let short = ends.line(line).err();
    let short =
        short.map_or_else(String::new, |lack| format!(" ({})", lack_text(line, &lack, true)));
    format!("{} of {} indicators can be {can}{short}; {named}", matched.len(), line.shares.len())
}
