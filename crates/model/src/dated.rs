//! Targets with a year that others set under a line, to be told as met or missed once the year is past.

use crate::framework::Provenance;

/// Whose figure a target is of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Of {
    /// Each economy of these groups; of no group: each that counts.
    Each {
        /// Names of groups, as the code list has them.
        groups: Vec<String>,
    },
    /// An aggregate of the source, by its code (`WB:WLD`).
    Whole(String),
}

/// A target with a year.
#[derive(Debug, Clone, PartialEq)]
pub struct DatedTarget {
    /// Code, unique in its line. One with the code of a commitment stands in its place.
    pub code: String,
    /// What it says, in short.
    pub text: String,
    /// Year by which it was to be met.
    pub by: i32,
    /// Indicator that it is held against; `None` where no figure measures it.
    pub indicator: Option<String>,
    /// Value from which it counts as met, in the unit of the indicator; `Some` with one.
    pub value: Option<f64>,
    /// Whether the value itself does not count ("more than half").
    pub strict: bool,
    /// Whose figure it is of.
    pub of: Of,
    /// Why there is no indicator, or what is read into the target here; may be empty.
    pub note: String,
    /// Who set it, and whether its text was read there.
    pub provenance: Provenance,
}
