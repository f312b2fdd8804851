//! Where an economy stands in two editions, and how many stand behind a figure of a year.

/// Rank and percentile in two editions of a relative index, among the economies in both of them.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct PositionView {
    /// Rank in the edition at the start and in the one at the end.
    pub ranks: (u32, u32),
    /// Share of the others that were strictly worse, 0 to 1, in both.
    pub below: (f64, f64),
    /// Economies in both editions.
    pub of: u32,
    /// The two editions.
    pub years: (i32, i32),
}

/// How many economies stand behind the median of a line in one year.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct YearFact {
    /// Year.
    pub year: i32,
    /// Economies with a score.
    pub economies: u32,
    /// Who counts in that year, with or without a score.
    pub members: u32,
    /// Whether it is chained to the year before; if not, the two are not comparable.
    pub linked: bool,
}
