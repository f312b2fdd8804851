//! Where another delivery of the same figure says another thing: docs/METHOD.md section 6.

use serde::Serialize;
use wsis_model::framework::Indicator;

use crate::aggregate::SLACK;
use crate::normalise::goalposts;
use crate::panel::Panel;
use crate::plan::Plan;
use crate::reading::{Scored, View};

/// What another delivery says of the year of a current value, where that is far from it.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Dispute {
    /// Indicator of the other delivery.
    pub indicator: String,
    /// Its value for the same area and year, in the unit of both.
    pub value: f64,
    /// How far the scores of the two lie apart, on the framework's scale.
    pub points: f64,
}

/// The other deliveries of each indicator of a plan, as [`Plan::leaves`], each in code order.
pub(crate) struct Rivals<'f> {
    of: Vec<Vec<&'f Indicator>>,
}

impl<'f> Rivals<'f> {
    /// The indicators that are the same figure by another way: a first delivery, its seconds, and they
    /// among themselves.
    pub(crate) fn new(plan: &Plan<'f>) -> Self {
        let figure = |it: &'f Indicator| it.second_delivery_of.as_deref().unwrap_or(&it.code);
        let of = plan.leaves.iter().map(|&leaf| {
            let same = |it: &&&'f Indicator| it.code != leaf.code && figure(it) == figure(leaf);
            plan.leaves.iter().filter(same).copied().collect()
        });
        Self { of: of.collect() }
    }

    /// The other delivery that lies furthest from the current value of an indicator, where one lies as
    /// far from it as the rule book calls disputed. Both values by the goalposts of the indicator:
    /// what makes no difference to a score disputes none.
    pub(crate) fn dispute(
        &self,
        plan: &Plan<'_>,
        panel: &Panel,
        (leaf, area): (usize, &str),
        end: &Scored<'_>,
    ) -> Option<Dispute> {
        let indicator = plan.leaves.get(leaf)?;
        let posts = indicator.goalposts.as_ref()?;
        let (own, bound) = (end.score()?, plan.rules.grades.disputed(plan.max));
        let apart = self.of.get(leaf)?.iter().filter_map(|rival| {
            let value = panel.cell(&rival.code, area, end.year)?.value?;
            let theirs = goalposts(value, indicator.direction, posts, plan.max).ok()?.score;
            let points = (theirs - own).abs();
            let is_far = points + SLACK >= bound;
            is_far.then(|| Dispute { indicator: rival.code.clone(), value, points })
        });
        // The first of those that are equally far, in code order.
        apart.reduce(|a, b| if b.points > a.points { b } else { a })
    }

    /// For each leaf of one area whether its current value is disputed.
    pub(crate) fn disputed(
        &self,
        plan: &Plan<'_>,
        panel: &Panel,
        area: &str,
        views: &[View<'_>],
    ) -> Vec<bool> {
        let is = |(leaf, view): (usize, &View<'_>)| {
            let end = view.end.as_ref();
            end.is_some_and(|end| self.dispute(plan, panel, (leaf, area), end).is_some())
        };
        views.iter().enumerate().map(is).collect()
    }
}
