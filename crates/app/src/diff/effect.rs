//! What one method makes of the figures of a view, beside what another makes of the same.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wsis_model::framework::Node;
use wsis_scorecard::rank::round;
use wsis_scorecard::sum::median;
use wsis_scorecard::{Class, IndicatorScore, LineScore};

use crate::scores::Scores;

/// An economy of which something is another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Moved {
    /// Area code.
    pub area: String,
    /// Area name.
    pub area_name: String,
    /// Score before, on the scale of after.
    pub score_before: Option<f64>,
    /// Score after.
    pub score_after: Option<f64>,
    /// After less before; none where one of the two is missing.
    pub change: Option<f64>,
    /// Rank before.
    pub rank_before: Option<u32>,
    /// Rank after.
    pub rank_after: Option<u32>,
    /// Class before.
    pub class_before: Class,
    /// Class after.
    pub class_after: Class,
    /// Why it has no score after, where it had one.
    pub reason: Option<String>,
}

/// Economies that go from one class to another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct ClassMove {
    /// Class before.
    pub from: Class,
    /// Class after.
    pub to: Class,
    /// How many.
    pub economies: usize,
}

/// How many, and how far.
#[derive(Debug, Clone, Default, PartialEq, Serialize)]
pub struct Counts {
    /// Economies with a score before.
    pub scored_before: usize,
    /// With one after.
    pub scored_after: usize,
    /// With a score only after.
    pub gained: usize,
    /// With a score only before.
    pub lost: usize,
    /// With both, and another one after.
    pub scores_changed: usize,
    /// Greatest change of these, with its sign.
    pub largest: Option<f64>,
    /// Median of their changes without sign.
    pub median: Option<f64>,
    /// Economies whose rank is another, or there only before or after.
    pub ranks_changed: usize,
    /// Most places that one goes, up or down.
    pub places_most: Option<u32>,
    /// Economies whose class is another.
    pub classes_changed: usize,
    /// From which class to which.
    pub classes: Vec<ClassMove>,
}

/// A line under both.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineEffect {
    /// Line code.
    pub line: String,
    /// Its title after.
    pub title: String,
    /// How many economies, and how far.
    #[serde(flatten)]
    pub counts: Counts,
    /// Economies of which something is another, the farthest first.
    pub moved: Vec<Moved>,
}

/// An indicator under both; only where something is another.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct IndicatorEffect {
    /// Indicator code.
    pub indicator: String,
    /// How many economies, and how far; no ranks.
    #[serde(flatten)]
    pub counts: Counts,
}

/// What is compared of a row.
#[derive(Clone, Copy)]
struct Row<'a> {
    name: &'a str,
    score: Option<f64>,
    rank: Option<u32>,
    class: Class,
    reason: Option<&'a str>,
}

/// How two scores are compared.
#[derive(Clone, Copy)]
struct Measure {
    /// What a score of before is multiplied by, to be on the scale of after.
    factor: f64,
    /// Decimals to which both are rounded, as ranks compare them: the fewer of the two.
    decimals: u32,
}

impl Measure {
    fn of(before: &Scores, after: &Scores) -> Self {
        let (old, new) = (before.framework().scale, after.framework().scale);
        let decimals = old.rank_decimals.min(new.rank_decimals);
        Self { factor: new.max / old.max, decimals }
    }

    /// After less before; none where it is less than ranks see.
    fn change(self, before: f64, after: f64) -> Option<f64> {
        let (old, new) = (round(before * self.factor, self.decimals), round(after, self.decimals));
        let change = after - before * self.factor;
        // On another scale halves in the last decimal fall to either side.
        let unit = 10.0_f64.powi(-i32::try_from(self.decimals).unwrap_or(i32::MAX));
        let is_told = old != new && (self.factor == 1.0 || change.abs() >= unit);
        is_told.then_some(change)
    }
}

/// The lines that both report.
pub(super) fn lines(before: &Scores, after: &Scores, line: Option<&str>) -> Vec<LineEffect> {
    let measure = Measure::of(before, after);
    let reported = after.framework().reported.iter();
    let both = reported.filter(|it| before.framework().reported.contains(it));
    let nodes = both.filter_map(|code| after.framework().node(code));
    nodes
        .filter(|node| line.is_none_or(|line| line == node.code))
        .map(|node| of_line(node, (before, after), measure))
        .collect()
}

fn of_line(node: &Node, (before, after): (&Scores, &Scores), measure: Measure) -> LineEffect {
    let rows = |scores: &Scores| -> Vec<LineScore> {
        let window = (scores.window.start, scores.window.end);
        scores.scorecard.in_order(&node.code, window).into_iter().cloned().collect()
    };
    let (old, new) = (rows(before), rows(after));
    let (counts, moved) = compare(
        &by_area(old.iter().map(of_line_score)),
        &by_area(new.iter().map(of_line_score)),
        measure,
    );
    LineEffect { line: node.code.clone(), title: node.title.clone(), counts, moved }
}

fn of_line_score(row: &LineScore) -> (&str, Row<'_>) {
    let row_of = Row {
        name: &row.area_name,
        score: row.score,
        rank: row.rank,
        class: row.class,
        reason: row.score_reason.as_deref(),
    };
    (&row.area, row_of)
}

/// The indicators that both have, where something is another.
pub(super) fn indicators(
    before: &Scores,
    after: &Scores,
    lines: &BTreeSet<String>,
) -> Vec<IndicatorEffect> {
    let measure = Measure::of(before, after);
    let (old, new) = (of_indicators(before), of_indicators(after));
    let mut found = Vec::new();
    for (indicator, rows) in &new {
        let Some(rows_before) = old.get(indicator) else { continue };
        if !lines.contains(*indicator) {
            continue;
        }
        let (counts, moved) = compare(rows_before, rows, measure);
        if !moved.is_empty() {
            found.push(IndicatorEffect { indicator: (*indicator).to_owned(), counts });
        }
    }
    found
}

type ByArea<'a> = BTreeMap<&'a str, Row<'a>>;

fn by_area<'a>(rows: impl Iterator<Item = (&'a str, Row<'a>)>) -> ByArea<'a> {
    rows.collect()
}

fn of_indicators(scores: &Scores) -> BTreeMap<&str, ByArea<'_>> {
    let window = (scores.window.start, scores.window.end);
    let mut found: BTreeMap<&str, ByArea<'_>> = BTreeMap::new();
    let in_window = |row: &&IndicatorScore| (row.window_start, row.window_end) == window;
    for row in scores.scorecard.indicator_scores.iter().filter(in_window) {
        let of = Row {
            name: &row.area_name,
            score: row.end.as_ref().and_then(|end| end.score),
            rank: None,
            class: row.class,
            reason: row.missing_reason.as_deref(),
        };
        found.entry(&row.indicator).or_default().insert(&row.area, of);
    }
    found
}

fn compare(before: &ByArea<'_>, after: &ByArea<'_>, measure: Measure) -> (Counts, Vec<Moved>) {
    let nobody =
        |name| Row { name, score: None, rank: None, class: Class::NotAssessable, reason: None };
    let areas: BTreeSet<&str> = before.keys().chain(after.keys()).copied().collect();
    let mut counts = Counts::default();
    let mut classes: BTreeMap<(Class, Class), usize> = BTreeMap::new();
    let (mut changes, mut moved) = (Vec::new(), Vec::new());
    for area in areas {
        let (old, new) = (before.get(area), after.get(area));
        let name = new.or(old).map_or("", |row| row.name);
        let old = old.copied().unwrap_or_else(|| nobody(name));
        let new = new.copied().unwrap_or_else(|| nobody(name));
        counts.scored_before += usize::from(old.score.is_some());
        counts.scored_after += usize::from(new.score.is_some());
        counts.gained += usize::from(old.score.is_none() && new.score.is_some());
        counts.lost += usize::from(old.score.is_some() && new.score.is_none());
        let both = old.score.zip(new.score);
        let change = both.and_then(|(old, new)| measure.change(old, new));
        changes.extend(change);
        if old.class != new.class {
            *classes.entry((old.class, new.class)).or_default() += 1;
        }
        counts.ranks_changed += usize::from(old.rank != new.rank);
        let places = old.rank.zip(new.rank).map(|(old, new)| old.abs_diff(new));
        counts.places_most = counts.places_most.max(places.filter(|places| *places > 0));
        let is_there = old.score.is_some() == new.score.is_some();
        if change.is_none() && is_there && old.rank == new.rank && old.class == new.class {
            continue;
        }
        moved.push(Moved {
            area: area.to_owned(),
            area_name: name.to_owned(),
            score_before: old.score.map(|score| score * measure.factor),
            score_after: new.score,
            change: both.map(|(old, new)| new - old * measure.factor),
            rank_before: old.rank,
            rank_after: new.rank,
            class_before: old.class,
            class_after: new.class,
            reason: new
                .reason
                .filter(|_| new.score.is_none() && old.score.is_some())
                .map(str::to_owned),
        });
    }
    counts.scores_changed = changes.len();
    counts.classes_changed = classes.values().sum();
    counts.classes = moves(classes);
    changes.sort_by(|a, b| b.abs().total_cmp(&a.abs()));
    counts.largest = changes.first().copied();
    counts.median = median(&changes.iter().map(|it| it.abs()).collect::<Vec<f64>>());
    farthest_first(&mut moved);
    (counts, moved)
}

/// The most economies first.
fn moves(classes: BTreeMap<(Class, Class), usize>) -> Vec<ClassMove> {
    let of = |((from, to), economies)| ClassMove { from, to, economies };
    let mut moves: Vec<ClassMove> = classes.into_iter().map(of).collect();
    moves.sort_by_key(|it| (std::cmp::Reverse(it.economies), it.from, it.to));
    moves
}

/// Who gains or loses a score, then who changes most, then who goes most places.
fn farthest_first(moved: &mut [Moved]) {
    let places = |it: &Moved| it.rank_before.zip(it.rank_after).map(|(a, b)| a.abs_diff(b));
    moved.sort_by(|a, b| {
        let is_both = |it: &Moved| it.change.is_some();
        let size = |it: &Moved| it.change.unwrap_or_default().abs();
        let is_none = |it: &Moved| it.score_before.is_none() && it.score_after.is_none();
        is_none(a)
            .cmp(&is_none(b))
            .then_with(|| is_both(a).cmp(&is_both(b)))
            .then_with(|| size(b).total_cmp(&size(a)))
            .then_with(|| places(b).cmp(&places(a)))
            .then_with(|| a.area.cmp(&b.area))
    });
}
