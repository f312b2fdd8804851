//! A line under audit: what its indicators look like over the economies that count, and whether they measure one
//! thing.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use wsis_model::rules::Method;

use super::moments::describe;
use super::relation::{alpha, components, kendall, pearson, spearman};
use crate::plan::Plan;
use crate::result::{LineScore, Scorecard};

/// A column of scores, one an economy.
type Column = Vec<Option<f64>>;

/// An indicator of the line.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AuditedIndicator {
    /// Code.
    pub indicator: String,
    /// Share in the line's weight, over all levels.
    pub weight: f64,
    /// Economies with a current value.
    pub there: usize,
    /// Different values.
    pub unique: usize,
    /// Median of the values.
    pub median: Option<f64>,
    /// Skewness of the values, type 2.
    pub skewness: Option<f64>,
    /// Excess kurtosis of the values, type 2.
    pub kurtosis: Option<f64>,
    /// Pearson's correlation of its scores with the scores of the line, over the economies with both. The line contains
    /// the indicator.
    pub with_line: Option<f64>,
    /// Loading on the first component; of the economies that have all indicators.
    pub loading: Option<f64>,
}

/// Two indicators of the line, by their scores.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Pair {
    /// One.
    pub first: String,
    /// The other.
    pub second: String,
    /// Economies that have both.
    pub both: usize,
    /// Pearson's correlation.
    pub pearson: Option<f64>,
    /// Spearman's.
    pub spearman: Option<f64>,
    /// Kendall's tau-b.
    pub kendall: Option<f64>,
}

/// What an audit finds.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LineAudit {
    /// Line code.
    pub line: String,
    /// First year of the window.
    pub window_start: i32,
    /// Review year.
    pub window_end: i32,
    /// Economies that count.
    pub economies: usize,
    /// Of them, those with a score in every indicator.
    pub complete: usize,
    /// Cronbach's alpha of the scores, pair by pair over the economies that have both.
    pub alpha: Option<f64>,
    /// Share of the variance in the first component, of the complete economies.
    pub first_component: Option<f64>,
    /// Components with an eigenvalue above 1.
    pub components_above_1: Option<usize>,
    /// In the order of codes.
    pub indicators: Vec<AuditedIndicator>,
    /// Every pair.
    pub pairs: Vec<Pair>,
}

/// Values and scores of one indicator.
struct Columns {
    code: String,
    weight: f64,
    values: Column,
    scores: Column,
}

/// Audits a line in a window; `None` of a line that there is not.
pub fn audit(
    method: Method<'_>,
    card: &Scorecard,
    line: &str,
    (start, end): (i32, i32),
) -> Option<LineAudit> {
    let plan = Plan::new(method);
    let of_line = plan.lines.iter().find(|it| it.node.code == line)?;
    let is_of = |row: &&LineScore| {
        row.line == line && (row.window_start, row.window_end) == (start, end) && row.counts
    };
    let lines: BTreeMap<&str, &LineScore> =
        card.line_scores.iter().filter(is_of).map(|row| (row.area.as_str(), row)).collect();
    let column = |leaf: &str, of: &dyn Fn(&crate::result::Reading) -> Option<f64>| -> Column {
        let end_of = |area: &&str| card.indicator_score(leaf, area, (start, end))?.end.as_ref();
        lines.keys().map(|area| end_of(area).and_then(of)).collect()
    };
    let mut columns: Vec<Columns> = of_line
        .shares
        .iter()
        .filter_map(|&(leaf, weight)| Some((plan.leaves.get(leaf)?.code.clone(), weight)))
        .map(|(code, weight)| Columns {
            values: column(&code, &|end| Some(end.value)),
            scores: column(&code, &|end| end.score),
            code,
            weight,
        })
        .collect();
    columns.sort_by(|a, b| a.code.cmp(&b.code));
    let of_lines: Column = lines.values().map(|row| row.score).collect();
    let scores: Vec<Column> = columns.iter().map(|it| it.scores.clone()).collect();
    let found = components(&scores);
    let indicator = |(at, it): (usize, &Columns)| {
        let shape = describe(&it.values);
        AuditedIndicator {
            indicator: it.code.clone(),
            weight: it.weight,
            there: shape.there,
            unique: shape.unique,
            median: shape.median,
            skewness: shape.skewness,
            kurtosis: shape.kurtosis,
            with_line: pearson(&it.scores, &of_lines),
            loading: found.as_ref().and_then(|found| found.first.get(at).copied()),
        }
    };
    let above_1 = |values: &[f64]| values.iter().filter(|value| **value > 1.0).count();
    let complete: BTreeSet<usize> = (0..lines.len())
        .filter(|row| scores.iter().all(|it| it.get(*row).copied().flatten().is_some()))
        .collect();
    Some(LineAudit {
        line: line.to_owned(),
        window_start: start,
        window_end: end,
        economies: lines.len(),
        complete: if scores.is_empty() { 0 } else { complete.len() },
        alpha: alpha(&scores),
        first_component: found.as_ref().map(|found| found.share),
        components_above_1: found.as_ref().map(|found| above_1(&found.eigenvalues)),
        indicators: columns.iter().enumerate().map(indicator).collect(),
        pairs: pairs(&columns),
    })
}

fn pairs(columns: &[Columns]) -> Vec<Pair> {
    let mut all = Vec::new();
    for (at, first) in columns.iter().enumerate() {
        for second in columns.iter().skip(at + 1) {
            let (x, y) = (&first.scores, &second.scores);
            all.push(Pair {
                first: first.code.clone(),
                second: second.code.clone(),
                both: x.iter().zip(y).filter(|(x, y)| x.is_some() && y.is_some()).count(),
                pearson: pearson(x, y),
                spearman: spearman(x, y),
                kendall: kendall(x, y),
            });
        }
    }
    all
}
