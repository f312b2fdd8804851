//! The mean of a group weighted by what the ratio is of (people, households), and how much of the group is
//! behind it.

use crate::aggregate::SLACK;
use crate::sum::{mean, median, sum};
use wsis_model::rules::Share;

/// A member of a group: its value and its weight.
pub type Member = (Option<f64>, Option<f64>);

/// Means of a group and what they rest on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct GroupMean {
    /// Sum of w x over sum of w, over the members with both, where that sum is above 0: what is missing is taken to be
    /// as the rest.
    pub weighted: Option<f64>,
    /// Mean of the members with a value.
    pub plain: Option<f64>,
    /// Their median.
    pub median: Option<f64>,
    /// Weight of the members with a value, in the weight of all; 0 of none.
    pub weight: f64,
    /// Share of the members that have a value.
    pub members: f64,
    /// Share of the largest member in the weight behind the mean.
    pub largest: Option<f64>,
    /// Members with a value and no weight: they are in no weighted mean.
    pub weightless: usize,
}

/// The means of some members.
pub fn group_mean(group: &[Member]) -> GroupMean {
    let with_value = || group.iter().filter_map(|(value, weight)| Some(((*value)?, *weight)));
    let weighed: Vec<(f64, f64)> =
        with_value().filter_map(|(value, weight)| Some((value, weight?))).collect();
    let values: Vec<f64> = with_value().map(|(value, _)| value).collect();
    let there = sum(weighed.iter().map(|(_, weight)| *weight));
    let all = sum(group.iter().filter_map(|(_, weight)| *weight));
    let share = |part: f64, of: f64| if of > 0.0 { part / of } else { 0.0 };
    let largest = weighed.iter().map(|(_, weight)| *weight).fold(0.0, f64::max);
    let total = sum(weighed.iter().map(|(value, weight)| value * weight));
    GroupMean {
        weighted: (there > 0.0).then(|| total / there),
        plain: mean(&values),
        median: median(&values),
        weight: share(there, all),
        members: share(values.len() as f64, group.len() as f64),
        largest: (there > 0.0).then(|| largest / there),
        weightless: with_value().filter(|(_, weight)| weight.is_none()).count(),
    }
}

/// A rule of publication: least share of the weight, and of the members.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Least {
    /// Of the weight.
    pub weight: Share,
    /// Of the members; `None`: of one.
    pub members: Option<Share>,
}

impl Least {
    /// Whether a mean of this group is published.
    pub fn is_reached(&self, mean: &GroupMean) -> bool {
        let reached = |share: f64, least: Share| share + SLACK >= least.value();
        mean.weighted.is_some()
            && reached(mean.weight, self.weight)
            && self.members.is_none_or(|least| reached(mean.members, least))
    }
}
