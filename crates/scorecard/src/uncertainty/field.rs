//! Those who are ranked on a line, with all that may be changed of their figures, and one draw of it.

use std::ops::Range;

use wsis_model::framework::Indicator;
use wsis_model::item::item;
use wsis_model::rules::UncertaintyRule;

use crate::aggregate::SLACK;
use crate::core_set::Core;
use crate::levels::{Levels, Weights};
use crate::normalise::{Normalised, goalposts};
use crate::plan::{Line, Plan};
use crate::reading::Scored;

use super::normal::deviate;
use super::philox::{Purpose, Source, around, choice};
use super::tally::Tally;
use super::tree::Tree;

/// Threads that draw at one time, at most.
const THREADS_MAX: usize = 8;

/// What is one thing or the other in a draw.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Choice {
    /// Scores run from the lowest to the highest of those ranked, in place of the goalposts.
    pub ranged: bool,
    /// Each mean is the other one.
    pub other_mean: bool,
    /// The indicator of the core that is left out.
    pub left_out: Option<usize>,
}

/// What may be varied on a line: what the rule book allows and would make a difference.
#[derive(Debug, Clone, PartialEq)]
pub struct Varied {
    /// Part of itself by which a weight is more or less; 0 leaves them.
    pub weights: f64,
    /// Goalposts or range.
    pub normalisation: bool,
    /// Which mean.
    pub aggregation: bool,
    /// Indicators of the core that may be left out, one at a time.
    pub leave_out: Vec<usize>,
    /// Indicators of the core with a declared sampling error.
    pub sampling: Vec<usize>,
}

impl Varied {
    fn of(line: &Line<'_>, core: &Core, leaves: &[&Indicator], rule: &UncertaintyRule) -> Self {
        // By one indicator everybody keeps the place that its values give, whatever weight or mean.
        let several = leaves.len() > 1;
        let share = |leaf: &usize| {
            let found = line.shares.iter().find(|(other, _)| other == leaf);
            found.map_or(0.0, |(_, share)| *share)
        };
        // What is left has to be enough to rank by, as the house would.
        let spare = |leaf: &usize| core.share - share(leaf) + SLACK >= line.min_weight_rank;
        let all = || core.leaves.iter().enumerate();
        Self {
            weights: if several { rule.weights.value() } else { 0.0 },
            normalisation: several && rule.normalisation,
            aggregation: several && rule.aggregation,
            leave_out: all()
                .filter(|(_, leaf)| several && rule.leave_out && spare(leaf))
                .map(|(at, _)| at)
                .collect(),
            sampling: leaves
                .iter()
                .enumerate()
                .filter(|(_, leaf)| rule.sampling && leaf.sampling.is_some())
                .map(|(at, _)| at)
                .collect(),
        }
    }

    /// Whether any draw would be another one.
    pub fn is_nothing(&self) -> bool {
        let choices = self.normalisation || self.aggregation || !self.leave_out.is_empty();
        !choices && self.weights == 0.0 && self.sampling.is_empty()
    }
}

/// Those who are ranked on a line in a window.
#[derive(Debug, Clone)]
pub struct Field<'f> {
    /// Number of the line in draws.
    line: u32,
    tree: Tree,
    /// Indicators of the core, in code order.
    leaves: Vec<&'f Indicator>,
    /// Numbers of those indicators.
    items: Vec<u32>,
    /// Numbers of the economies.
    economies: Vec<u32>,
    /// One after the other the current values of each economy, in the order of the leaves.
    values: Vec<Option<f64>>,
    /// Scores by goalposts, likewise.
    scores: Vec<Option<f64>>,
    /// Scores by range, likewise.
    ranged: Vec<Option<f64>>,
    /// What is varied.
    pub varied: Varied,
    /// Full marks.
    max: f64,
    /// Decimals that ranks are compared with.
    decimals: u32,
    rule: UncertaintyRule,
}

/// What a draw is worked out in, kept from one to the next.
#[derive(Debug, Default)]
struct Bench {
    weights: Option<Weights>,
    leaves: Vec<Option<f64>>,
    column: Vec<Option<Normalised>>,
    levels: Levels,
    scores: Vec<Option<f64>>,
}

impl<'f> Field<'f> {
    /// Economies by code with their current values (as long as the core), who are ranked by the core
    /// of a line.
    pub fn new(
        plan: &Plan<'f>,
        line: &Line<'f>,
        core: &Core,
        economies: &[(&str, Vec<Option<Scored<'_>>>)],
    ) -> Self {
        let rule = plan.rules.uncertainty;
        let leaves: Vec<&Indicator> =
            core.leaves.iter().filter_map(|at| plan.leaves.get(*at)).copied().collect();
        let cells = || {
            let ends = economies.iter().flat_map(|(_, ends)| ends);
            ends.map(|end| end.and_then(|end| Some((end.value, end.norm.ok()?))))
        };
        let mut field = Self {
            line: item(&line.node.code),
            tree: Tree::new(plan, line, &core.leaves, rule.floor.value() * plan.max),
            items: leaves.iter().map(|leaf| item(&leaf.code)).collect(),
            economies: economies.iter().map(|(code, _)| item(code)).collect(),
            values: cells().map(|cell| cell.map(|(value, _)| value)).collect(),
            scores: cells().map(|cell| cell.map(|(_, norm)| norm.score)).collect(),
            ranged: Vec::new(),
            varied: Varied::of(line, core, &leaves, &rule),
            leaves,
            max: plan.max,
            decimals: plan.rank_decimals(),
            rule,
        };
        field.ranged.clone_from(&field.scores);
        let norms: Vec<Option<Normalised>> = cells().map(|cell| cell.map(|(_, it)| it)).collect();
        for leaf in 0..field.leaves.len() {
            let column: Vec<Option<Normalised>> =
                norms.iter().skip(leaf).step_by(field.leaves.len()).copied().collect();
            put(&mut field.ranged, leaf, field.leaves.len(), &ranged(&column, field.max));
        }
        field
    }

    /// Number of economies.
    pub fn len(&self) -> usize {
        self.economies.len()
    }

    /// Whether nobody is ranked.
    pub fn is_empty(&self) -> bool {
        self.economies.is_empty()
    }

    /// All draws of the rule book, on as many threads as the machine has; the counts are the same on any
    /// number of them.
    pub fn draw_all(&self) -> Tally {
        let all = self.rule.replicates;
        let threads = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
        let threads = u32::try_from(threads.min(THREADS_MAX)).unwrap_or(1).min(all.max(1));
        let each = all.div_ceil(threads);
        let parts = |at: u32| (at * each).min(all)..((at + 1) * each).min(all);
        std::thread::scope(|scope| {
            let others: Vec<_> =
                (1..threads).map(|at| scope.spawn(move || self.draw(parts(at)))).collect();
            let own = self.draw(parts(0));
            others.into_iter().zip(1..).fold(own, |tally, (other, at)| {
                // A thread that could not end is worked out here: never a part of the draws.
                tally.merged(&other.join().unwrap_or_else(|_| self.draw(parts(at))))
            })
        })
    }

    /// Some of the draws of the rule book, counted. Those of two ranges can be merged.
    pub fn draw(&self, replicates: Range<u32>) -> Tally {
        let mut tally = Tally::new(self.len(), self.rule.replicates, self.decimals);
        let mut bench = Bench::default();
        for replicate in replicates {
            let choice = self.choice(replicate);
            self.evaluate(replicate, choice, &mut bench);
            // By another normalisation scores are on another scale.
            tally.add(replicate, &bench.scores, !choice.ranged);
        }
        tally
    }

    /// What a draw chooses.
    fn choice(&self, replicate: u32) -> Choice {
        let source = Source::new(self.rule.seed);
        let place =
            |purpose, choices: usize| choice(source.draw(replicate, self.line, purpose), choices);
        let Varied { normalisation, aggregation, leave_out, .. } = &self.varied;
        let either = [false, true];
        let yes = |varied: bool, purpose| {
            varied && either.get(place(purpose, either.len())).copied().unwrap_or(false)
        };
        Choice {
            ranged: yes(*normalisation, Purpose::Normalisation),
            other_mean: yes(*aggregation, Purpose::Aggregation),
            // The first choice is to leave out none.
            left_out: place(Purpose::LeaveOut, leave_out.len() + 1)
                .checked_sub(1)
                .and_then(|at| leave_out.get(at))
                .copied(),
        }
    }

    fn evaluate(&self, replicate: u32, choice: Choice, bench: &mut Bench) {
        let Bench { weights, leaves, column, levels, scores } = bench;
        let weights = weights.get_or_insert_with(|| self.tree.weights.clone());
        self.draw_weights(replicate, choice.left_out, weights);
        let matrix = if choice.ranged { &self.ranged } else { &self.scores };
        let matrix = if self.varied.sampling.is_empty() {
            matrix
        } else {
            leaves.clone_from(matrix);
            for &leaf in &self.varied.sampling {
                self.draw_values(replicate, leaf, column);
                let drawn = if choice.ranged {
                    ranged(column, self.max)
                } else {
                    column.iter().map(|norm| norm.map(|norm| norm.score)).collect()
                };
                put(leaves, leaf, self.leaves.len(), &drawn);
            }
            leaves
        };
        scores.clear();
        scores.extend(
            matrix
                .chunks(self.leaves.len().max(1))
                .map(|own| self.tree.score(choice.other_mean, weights, own, levels)),
        );
    }

    /// Each weight a part more or less; 0 for what is left out.
    fn draw_weights(&self, replicate: u32, left_out: Option<usize>, into: &mut Weights) {
        let source = Source::new(self.rule.seed);
        let declared = self.tree.weights.as_slice().iter().zip(&self.tree.items);
        let drawn = into.as_mut_slice().iter_mut().zip(declared).zip(&self.tree.leaves);
        for ((weight, (declared, item)), leaf) in drawn {
            *weight = if left_out.is_some() && *leaf == left_out {
                0.0
            } else if self.varied.weights > 0.0 {
                let u = source.draw(replicate, *item, Purpose::Weight);
                declared * (1.0 + self.varied.weights * around(u))
            } else {
                *declared
            };
        }
    }

    /// The values of an indicator with a declared sampling error, each drawn from it.
    fn draw_values(&self, replicate: u32, leaf: usize, into: &mut Vec<Option<Normalised>>) {
        into.clear();
        let Some((indicator, item)) = self.leaves.get(leaf).zip(self.items.get(leaf)) else {
            return;
        };
        let source = Source::new(self.rule.seed);
        let values = self.values.iter().skip(leaf).step_by(self.leaves.len());
        into.extend(values.zip(&self.economies).map(|(value, economy)| {
            let (value, sampling) = ((*value)?, indicator.sampling.as_ref()?);
            let u = source.draw_in(*economy, replicate, *item, Purpose::Sampling);
            let drawn = sampling.drawn(value, deviate(u));
            let posts = indicator.goalposts.as_ref()?;
            goalposts(drawn, indicator.direction, posts, self.max).ok()
        }));
    }
}

/// Writes the scores of one leaf into a matrix of `leaves` columns.
fn put(matrix: &mut [Option<f64>], leaf: usize, leaves: usize, column: &[Option<f64>]) {
    for (cell, score) in matrix.iter_mut().skip(leaf).step_by(leaves).zip(column) {
        *cell = *score;
    }
}

/// Scores from the lowest to the highest value there is; by goalposts where all are equal, for nobody
/// stands apart then.
fn ranged(column: &[Option<Normalised>], max: f64) -> Vec<Option<f64>> {
    let open = || column.iter().flatten().map(|norm| norm.unclamped);
    let (low, high) =
        (open().fold(f64::INFINITY, f64::min), open().fold(f64::NEG_INFINITY, f64::max));
    let score = |norm: Normalised| {
        if high > low { max * (norm.unclamped - low) / (high - low) } else { norm.score }
    };
    column.iter().map(|norm| norm.map(score)).collect()
}
