//! Levels of a line by year, chained: two neighbouring years are compared over the economies and
//! indicators that both of them have, so that a newcomer never looks like a fall. The same for
//! the median of all who count and for the mean of a group.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::Area;

use crate::group::{count, status};
use crate::levels::Levels;
use crate::panel::Panel;
use crate::plan::{Line, Plan};
use crate::rank::round;
use crate::reading::{Scored, Series, comparable, current};
use crate::result::YearMedian;
use crate::sum::{mean, median, sum};

/// The years of the series, and the one whose level is taken as it is.
#[derive(Debug, Clone)]
pub struct Years {
    /// First and last year.
    pub range: std::ops::RangeInclusive<i32>,
    /// Newest year that is no forecast: the chain hangs on its level.
    pub anchor: i32,
}

/// Economies that are looked at together, and what is taken of their scores.
pub struct Cohort<'a> {
    /// Who counts in each year.
    pub members: BTreeMap<i32, BTreeSet<&'a str>>,
    /// Median or mean.
    pub centre: Centre,
}

/// What is taken of many scores.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Centre {
    /// The median.
    Median,
    /// The unweighted mean.
    Mean,
}

impl Centre {
    fn of(self, scores: &[f64]) -> Option<f64> {
        match self {
            Self::Median => median(scores),
            Self::Mean => mean(scores),
        }
    }
}

impl Cohort<'_> {
    fn counts(&self, year: i32, area: &str) -> bool {
        self.members.get(&year).is_some_and(|members| members.contains(area))
    }

    fn size(&self, year: i32) -> usize {
        self.members.get(&year).map_or(0, BTreeSet::len)
    }
}

/// What is known of a line in one year, before chaining.
#[derive(Debug, Clone, Default)]
struct Point {
    /// Scores of those who count.
    levels: Vec<f64>,
    /// Of them, with a value of this very year.
    observed: usize,
    /// Sum over those who count of the share of the weight behind the score whose value is of this
    /// very year.
    fresh: f64,
    /// Scores in the year before and in this one, over the indicators of both.
    steps: Vec<(f64, f64)>,
}

/// Chained levels of every line for each cohort; outer index that of `cohorts`, then as
/// [`Plan::lines`].
pub fn yearly(
    plan: &Plan<'_>,
    panel: &Panel,
    economies: &[&Area],
    cohorts: &[Cohort<'_>],
    years: &Years,
) -> Vec<Vec<Vec<YearMedian>>> {
    let mut points: Vec<Points> = vec![vec![BTreeMap::new(); plan.lines.len()]; cohorts.len()];
    for area in economies {
        let series = plan.series(panel, &area.code);
        let mut before: Option<State<'_>> = None;
        for year in years.range.clone() {
            let now = State::new(plan, &series, year);
            let mut counted = cohorts
                .iter()
                .zip(&mut points)
                .filter(|(cohort, _)| cohort.counts(year, &area.code))
                .map(|(_, points)| points)
                .peekable();
            if counted.peek().is_some() {
                let step = before.as_ref().map(|before| step(plan, &series, before, &now));
                counted.for_each(|points| now.add(plan, step.as_ref(), points));
            }
            before = Some(now);
        }
    }
    cohorts
        .iter()
        .zip(&points)
        .map(|(cohort, lines)| {
            lines.iter().map(|points| chain(plan, points, cohort, years)).collect()
        })
        .collect()
}

/// What is known of each line by year.
type Points = Vec<BTreeMap<i32, Point>>;

/// One economy in one year.
struct State<'p> {
    year: i32,
    values: Vec<Option<Scored<'p>>>,
    nodes: Levels,
}

impl<'p> State<'p> {
    /// `all` are the cells of the economy, as [`Plan::leaves`].
    fn new(plan: &Plan<'_>, all: &[&'p Series], year: i32) -> Self {
        let leaves = plan.leaves.iter().zip(all);
        let values: Vec<Option<Scored<'p>>> =
            leaves.map(|(leaf, series)| current(leaf, series, year, plan.measure())).collect();
        let scores: Vec<Option<f64>> = values.iter().map(|it| score(it.as_ref())).collect();
        let nodes = plan.evaluate(&scores);
        Self { year, values, nodes }
    }

    /// Adds the economy to a cohort; `step` are its scores in the year before and in this one.
    fn add(
        &self,
        plan: &Plan<'_>,
        step: Option<&(Levels, Levels)>,
        points: &mut [BTreeMap<i32, Point>],
    ) {
        for (line, points) in plan.lines.iter().zip(points) {
            let point = points.entry(self.year).or_default();
            if let Ok(level) = self.nodes.line(line) {
                point.levels.push(level);
                let fresh = self.fresh(line);
                point.observed += usize::from(fresh > 0.0);
                point.fresh += fresh;
            }
            if let Some((start, end)) = step
                && let (Ok(start), Ok(end)) = (start.line(line), end.line(line))
            {
                point.steps.push((start, end));
            }
        }
    }

    /// Share of the weight with a value whose value is of this very year, 0 to 1.
    fn fresh(&self, line: &Line<'_>) -> f64 {
        let held = |only_new: bool| {
            let of = |leaf: usize| self.values.get(leaf).and_then(Option::as_ref);
            let counts = |it: &Scored<'_>| !only_new || it.year == self.year;
            sum(line.shares.iter().filter(|it| of(it.0).is_some_and(counts)).map(|it| it.1))
        };
        let all = held(false);
        if all > 0.0 { held(true) / all } else { 0.0 }
    }
}

fn score(value: Option<&Scored<'_>>) -> Option<f64> {
    value.and_then(Scored::score)
}

/// Node scores in two neighbouring years over the indicators that can be compared between them.
fn step(plan: &Plan<'_>, all: &[&Series], before: &State<'_>, now: &State<'_>) -> (Levels, Levels) {
    let pairs: Vec<Option<(f64, f64)>> = plan
        .leaves
        .iter()
        .zip(all)
        .zip(before.values.iter().zip(&now.values))
        .map(|((leaf, series), (start, end))| {
            let (start_year, end_year) = (start.as_ref()?.year, end.as_ref()?.year);
            let usable = comparable(leaf, series, start_year, end_year);
            score(start.as_ref()).zip(score(end.as_ref())).filter(|_| usable)
        })
        .collect();
    let of = |pick: fn((f64, f64)) -> f64| {
        plan.evaluate(&pairs.iter().map(|pair| pair.map(pick)).collect::<Vec<_>>())
    };
    (of(|(start, _)| start), of(|(_, end)| end))
}

/// Chains one line. Each run of years that are linked hangs on the level of its year nearest to
/// the anchor; years before and after follow by the steps.
fn chain(
    plan: &Plan<'_>,
    points: &BTreeMap<i32, Point>,
    cohort: &Cohort<'_>,
    years: &Years,
) -> Vec<YearMedian> {
    let none = Point::default();
    let status = |there: usize, members: usize| status(plan.rules.groups, there, members);
    let range: Vec<i32> = years.range.clone().collect();
    let members = |year: i32| cohort.size(year);
    let centre = |scores: &[f64]| cohort.centre.of(scores);
    let point = |year: i32| points.get(&year).unwrap_or(&none);
    let level = |year: i32| {
        let levels = &point(year).levels;
        centre(levels).filter(|_| status(levels.len(), members(year)) != "withheld")
    };
    // Change from the year before, over those who are in both. Not the median of their changes: growth
    // comes in jumps, so that the sum of its yearly medians ends far from where any economy is. Beside it
    // stands how many rose: the median may fall where most rise.
    let link = |year: i32| {
        let steps = &point(year).steps;
        let ends =
            |pick: fn(&(f64, f64)) -> f64| centre(&steps.iter().map(pick).collect::<Vec<_>>());
        let change = ends(|(_, end)| *end)? - ends(|(start, _)| *start)?;
        (status(steps.len(), members(year)) != "withheld").then_some(change)
    };
    let on_scale = |value: f64| (0.0..=plan.max).contains(&value).then_some(value);
    let mut values: BTreeMap<i32, f64> = BTreeMap::new();
    let mut linked: BTreeSet<i32> = BTreeSet::new();
    let (past, future): (Vec<i32>, Vec<i32>) =
        range.iter().copied().partition(|year| *year <= years.anchor);
    let mut later: Option<f64> = None;
    for &year in past.iter().rev() {
        let chained = later.and_then(|later| on_scale(later - link(year + 1)?));
        if chained.is_some() {
            linked.insert(year + 1);
        }
        later = chained.or_else(|| level(year));
        values.extend(later.map(|value| (year, value)));
    }
    for &year in &future {
        let before = values.get(&(year - 1)).copied();
        let chained = before.and_then(|before| on_scale(before + link(year)?));
        if chained.is_some() {
            linked.insert(year);
        }
        values.extend(chained.or_else(|| level(year)).map(|value| (year, value)));
    }
    range
        .into_iter()
        .map(|year| {
            let (found, members) = (point(year), members(year));
            let moved = |way| moved(&found.steps, plan.rank_decimals(), way);
            let median = values.get(&year).copied();
            let status = status(found.levels.len(), members);
            YearMedian {
                year,
                median,
                own: level(year),
                economies: count(found.levels.len()),
                observed: count(found.observed),
                weight_observed: (!found.levels.is_empty())
                    .then(|| found.fresh / f64::from(count(found.levels.len()))),
                members: count(members),
                matched: count(found.steps.len()),
                rose: moved(Ordering::Less),
                fell: moved(Ordering::Greater),
                linked: linked.contains(&year),
                status,
                reason: (status != "published")
                    .then(|| format!("{} of {members} have a score", found.levels.len())),
            }
        })
        .collect()
}

/// How many went that way, from the one score to the other: as for ranks, so that the last bits of a
/// source move nobody.
fn moved(steps: &[(f64, f64)], decimals: u32, way: Ordering) -> u32 {
    let seen = |score: f64| round(score, decimals);
    count(steps.iter().filter(|it| seen(it.0).total_cmp(&seen(it.1)) == way).count())
}
