//! The core of a line: the indicators that an economy must have to be ranked. Who lacks one has
//! bounds in place of a rank, so that nobody gains by leaving a figure out.

use crate::aggregate::SLACK;
use crate::grade::{Evidence, timeliness};
use crate::levels::{Asked, Levels};
use crate::plan::{Line, Plan};
use crate::reading::View;
use crate::sum::sum;

/// The indicators of a line's core in one window.
#[derive(Debug, Clone, PartialEq)]
pub struct Core {
    /// Index into [`Plan::leaves`], in code order.
    pub leaves: Vec<usize>,
    /// Their share of the line's weight.
    pub share: f64,
}

/// The level of an economy over the core.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Footing {
    /// Score over the core, if all of it is there.
    pub score: Option<f64>,
    /// Scores if what is missing were at its lowest and at its highest goalpost; only where part
    /// of the core is there and part of it missing.
    pub bounds: Option<(f64, f64)>,
    /// Indicators of the core with a score.
    pub present: usize,
    /// Freshness over the core.
    pub freshness: Option<f64>,
    /// Whether those figures are too old for a rank.
    pub stale: bool,
}

impl Core {
    /// The core of a line: what its node names, or every indicator with a weight that enough
    /// of those who count have in the window. `areas` are their views.
    pub fn of(plan: &Plan<'_>, line: &Line<'_>, areas: &[&[View<'_>]]) -> Self {
        let is_core = |leaf: usize| {
            if let Some(named) = &line.node.core {
                plan.leaves.get(leaf).is_some_and(|it| named.contains(&it.code))
            } else {
                let has = |views: &&&[View<'_>]| {
                    views.get(leaf).is_some_and(|view| view.level().is_some())
                };
                let having = areas.iter().filter(has).count();
                having > 0 && plan.rules.rank.core_share.is_reached(having, areas.len())
            }
        };
        let core = || line.shares.iter().filter(|(leaf, _)| is_core(*leaf));
        Self {
            leaves: core().map(|(leaf, _)| *leaf).collect(),
            share: sum(core().map(|(_, share)| *share)),
        }
    }

    /// Whether the core holds enough of the line's weight to rank by it.
    pub fn is_broad(&self, line: &Line<'_>) -> bool {
        !self.leaves.is_empty() && self.share + SLACK >= line.min_weight_rank
    }

    /// Codes of the core.
    pub fn codes<'p>(&self, plan: &'p Plan<'_>) -> Vec<&'p str> {
        self.leaves
            .iter()
            .filter_map(|at| plan.leaves.get(*at))
            .map(|it| it.code.as_str())
            .collect()
    }

    /// Where an economy stands, by its views (as long as [`Plan::leaves`]).
    pub fn footing(
        &self,
        plan: &Plan<'_>,
        line: &Line<'_>,
        views: &[View<'_>],
        review: i32,
    ) -> Footing {
        let level = |leaf: usize| views.get(leaf).and_then(View::level);
        let present = self.leaves.iter().filter(|leaf| level(**leaf).is_some()).count();
        let (mut scores, mut levels) = (vec![None; plan.leaves.len()], Levels::default());
        let mut with = |missing: f64| {
            for &leaf in &self.leaves {
                if let Some(slot) = scores.get_mut(leaf) {
                    *slot = Some(level(leaf).unwrap_or(missing));
                }
            }
            // The core is all that counts here: rules on the share present do not apply.
            plan.shape.fill(&plan.weights, &scores, Asked::OneChild, &mut levels);
            levels.line(line).ok()
        };
        let whole = !self.leaves.is_empty() && present == self.leaves.len();
        let partly = present > 0 && !whole;
        let (freshness, stale) = self.freshness(plan, line, views, review);
        Footing {
            score: if whole { with(0.0) } else { None },
            bounds: if partly { with(0.0).zip(with(plan.max)) } else { None },
            present,
            freshness,
            stale,
        }
    }

    fn freshness(
        &self,
        plan: &Plan<'_>,
        line: &Line<'_>,
        views: &[View<'_>],
        review: i32,
    ) -> (Option<f64>, bool) {
        let evidence: Vec<Evidence> = line
            .shares
            .iter()
            .filter(|(leaf, _)| self.leaves.contains(leaf))
            .filter_map(|(leaf, share)| {
                let end = views.get(*leaf)?.end.filter(|end| end.norm.is_ok());
                Some(Evidence {
                    weight: *share,
                    age: end.map(|end| review - end.year),
                    // A rank is of the level: a missing baseline takes nothing from it.
                    baseline: true,
                    estimate: end.is_some_and(|end| end.cell.obs_status.is_estimate()),
                })
            })
            .collect();
        let found = timeliness(&evidence, plan.rules).freshness;
        let least = plan.rules.rank.min_freshness;
        (found, found.is_none_or(|found| found + SLACK < least))
    }
}
