//! From the scores of children to the score of their parent.
//!
//! Weights are renormalised over what is present; a value that is missing leaves the sum and the
//! weights alike, so it is never 0 and never average (C12). Sums are compensated and run in the
//! order given, which [`crate::plan`] makes the order of codes (C1). Nothing here allocates.

use wsis_model::framework::Aggregation;

use crate::sum::Sum;

/// Slack for comparing shares of weight: 2 of 3 thirds must reach a threshold of 2/3 (E25).
pub const SLACK: f64 = 1e-12;

/// A child as it enters a mean: weight and score.
pub type Item = (f64, Option<f64>);

/// Why a mean cannot be formed although values are there. Checked at load for frameworks; these
/// functions refuse it again, because the alternative is a silent NaN.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum AggregateError {
    /// A weight is below 0 or not finite (E28).
    #[error("weight {0} found; weights must be 0 or more")]
    BadWeight(f64),
    /// A geometric or harmonic mean met a value that is not positive, without a floor (E29, E31).
    #[error("value {0} found; geometric and harmonic means need values above 0 or a floor")]
    NotPositive(f64),
    /// The power is 0, or the power of a negative value is undefined.
    #[error("power mean of power {0} is undefined for these values")]
    BadPower(f64),
}

/// Result of a mean: `None` when no weight is left (E24, E26, E27).
pub type Mean = Result<Option<f64>, AggregateError>;

fn weighted(
    items: impl Iterator<Item = Item>,
    to: impl Fn(f64) -> Result<f64, AggregateError>,
    back: impl Fn(f64) -> f64,
) -> Mean {
    let (mut total, mut all, mut is_empty) = (Sum::default(), Sum::default(), true);
    for (weight, value) in items {
        if !weight.is_finite() || weight < 0.0 {
            return Err(AggregateError::BadWeight(weight));
        }
        // A child of weight 0 is not looked at: its value cannot make the mean undefined (E30).
        if let (true, Some(value)) = (weight > 0.0, value) {
            total.add(weight);
            all.add(weight * to(value)?);
            is_empty = false;
        }
    }
    if is_empty {
        return Ok(None);
    }
    let result = back(all.value() / total.value());
    Ok(result.is_finite().then_some(result))
}

fn positive(value: f64, floor: Option<f64>) -> Result<f64, AggregateError> {
    let raised = floor.map_or(value, |floor| value.max(floor));
    if raised > 0.0 { Ok(raised) } else { Err(AggregateError::NotPositive(raised)) }
}

/// Weighted arithmetic mean.
///
/// # Errors
/// A negative weight.
pub fn arithmetic(items: &[Item]) -> Mean {
    mean(items.iter().copied(), Combined::Arithmetic)
}

/// Weighted geometric mean, exp(sum w ln x / sum w); values below `floor` are raised to it.
///
/// # Errors
/// A negative weight, or a value that is not positive (E29).
pub fn geometric(items: &[Item], floor: Option<f64>) -> Mean {
    mean(items.iter().copied(), Combined::Geometric(floor))
}

/// Weighted harmonic mean, sum w / sum (w / x); values below `floor` are raised to it.
///
/// # Errors
/// A negative weight, or a value that is not positive (E31).
pub fn harmonic(items: &[Item], floor: Option<f64>) -> Mean {
    mean(items.iter().copied(), Combined::Harmonic(floor))
}

/// The means of frameworks, with or without a floor.
#[derive(Clone, Copy)]
enum Combined {
    Arithmetic,
    Geometric(Option<f64>),
    Harmonic(Option<f64>),
}

impl From<Aggregation> for Combined {
    fn from(declared: Aggregation) -> Self {
        match declared {
            Aggregation::Arithmetic => Self::Arithmetic,
            Aggregation::Geometric { floor } => Self::Geometric(Some(floor)),
            Aggregation::Harmonic { floor } => Self::Harmonic(Some(floor)),
        }
    }
}

fn mean(items: impl Iterator<Item = Item>, how: Combined) -> Mean {
    match how {
        Combined::Arithmetic => weighted(items, Ok, |mean| mean),
        Combined::Geometric(floor) => {
            weighted(items, |x| positive(x, floor).map(f64::ln), f64::exp)
        }
        Combined::Harmonic(floor) => {
            weighted(items, |x| positive(x, floor).map(f64::recip), f64::recip)
        }
    }
}

/// Weighted power mean, (sum w x^p / sum w)^(1/p), p != 0 (E32).
///
/// # Errors
/// A negative weight, power 0, or a value whose power is undefined.
pub fn power(items: &[Item], p: f64) -> Mean {
    if p == 0.0 || !p.is_finite() {
        return Err(AggregateError::BadPower(p));
    }
    let to = |x: f64| {
        let y = x.powf(p);
        if y.is_finite() && x >= 0.0 { Ok(y) } else { Err(AggregateError::BadPower(p)) }
    };
    weighted(items.iter().copied(), to, |mean| mean.powf(p.recip()))
}

/// Why a node has no score.
#[derive(Debug, Clone, Copy, PartialEq, thiserror::Error)]
pub enum Lack {
    /// The node has no children, or their weights are all 0.
    #[error("no indicator with a weight")]
    NoChildren,
    /// No child has a score.
    #[error("no current value of any of its indicators")]
    NoData,
    /// Too little of the weight is present.
    #[error("{} of the weight present, {} needed", at_least(*present, *total), at_most(*needed, *total))]
    ThinWeight {
        /// Weight of the children with a score.
        present: f64,
        /// Weight of all children.
        total: f64,
        /// Smallest weight for a score.
        needed: f64,
    },
    /// Too few children are present.
    #[error("{present} of {total} parts present, {needed} needed")]
    FewChildren {
        /// Children with a score.
        present: usize,
        /// Children with a weight.
        total: usize,
        /// Smallest number for a score.
        needed: usize,
    },
    /// The mean is undefined.
    #[error(transparent)]
    Undefined(#[from] AggregateError),
}

/// A share for people: what is there is rounded down and what is needed up, so that the two
/// never look equal.
fn at_least(part: f64, total: f64) -> String {
    format!("{:.0} %", (part / total * 100.0 + 1e-9).floor())
}

fn at_most(part: f64, total: f64) -> String {
    format!("{:.0} %", (part / total * 100.0 - 1e-9).ceil())
}

/// What a node asks for before it has a score; docs/METHOD.md section 3.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rule {
    /// How children are combined.
    pub aggregation: Aggregation,
    /// Smallest share of the weight.
    pub min_weight: f64,
    /// Smallest number of children; a node with fewer needs all it has.
    pub min_children: usize,
}

/// Score of a node from its children.
///
/// # Errors
/// Why it has none. "Missing" is an answer, not 0.
pub fn parent(items: &[Item], rule: &Rule) -> Result<f64, Lack> {
    parent_of(items.iter().copied(), rule)
}

/// The same of children that stand in no slice; they are gone over twice.
pub(crate) fn parent_of(
    items: impl Iterator<Item = Item> + Clone,
    rule: &Rule,
) -> Result<f64, Lack> {
    let weighty = items.filter(|(weight, _)| *weight != 0.0);
    let (mut all, mut there) = (0, 0);
    let (mut total, mut present) = (Sum::default(), Sum::default());
    for (weight, value) in weighty.clone() {
        all += 1;
        total.add(weight);
        if value.is_some() {
            there += 1;
            present.add(weight);
        }
    }
    if all == 0 {
        return Err(Lack::NoChildren);
    }
    if there == 0 {
        return Err(Lack::NoData);
    }
    let (total, present) = (total.value(), present.value());
    if present / total + SLACK < rule.min_weight {
        return Err(Lack::ThinWeight { present, total, needed: rule.min_weight * total });
    }
    let needed = rule.min_children.min(all);
    if there < needed {
        return Err(Lack::FewChildren { present: there, total: all, needed });
    }
    mean(weighty, rule.aggregation.into())?.ok_or(Lack::NoData)
}
