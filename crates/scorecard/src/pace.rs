//! A change as it is printed: a reader who divides the printed change by the printed span gets the
//! printed points a year. Two roundings side by side would not give that.

/// Decimals of a printed span of years: 3.67.
pub const SPAN_DECIMALS: usize = 2;

/// What stands once wherever a change stands beside its ends.
pub const ROUNDED_ENDS: &str = "a change is that of the exact scores, rounded: it can differ in its \
     last digit from the difference of the rounded ends";

/// A change, its span and its pace, rounded as they are printed.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Printed {
    /// Change in points.
    pub change: f64,
    /// Years that it took, with [`SPAN_DECIMALS`].
    pub span: f64,
    /// The one over the other; printed with any number of decimals.
    pub per_year: f64,
}

impl Printed {
    /// A change over `span` years, where scores are printed with so many decimals; `None` without
    /// a span.
    pub fn of(change: f64, span: f64, decimals: usize) -> Option<Self> {
        let (change, span) = (rounded(change, decimals), rounded(span, SPAN_DECIMALS));
        let per_year = change / span;
        (span > 0.0 && per_year.is_finite()).then_some(Self { change, span, per_year })
    }
}

/// The number that a formatted one reads as: rounding by another rule than the formatter's would
/// differ from it in the halves.
fn rounded(value: f64, decimals: usize) -> f64 {
    format!("{value:.decimals$}").parse().unwrap_or(value)
}
