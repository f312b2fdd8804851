//! A record as it was read, before it is judged.

use wsis_model::pipeline::Series;
use wsis_model::quarantine::Reason;

use crate::area::AreaId;
use crate::codes::{Breakdown, Status};

/// Why a record cannot be used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Fault {
    pub(crate) reason: Reason,
    pub(crate) detail: String,
}

/// The value of a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Value<'r> {
    /// The source states that there is none, by the token given (if it is worth keeping).
    Missing(Option<&'r str>),
    /// A text that should be a number.
    Text(&'r str),
    /// A number as its table writes it, and with a decimal point; none where it is not written by
    /// the declared rules.
    Written { number: Option<&'r str>, printed: &'r str },
    /// Something that is neither, and why.
    Unreadable(&'r str),
}

/// One record, read but not judged.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Row<'r> {
    /// The declared series.
    pub(crate) series: Result<&'r Series, &'r Fault>,
    /// The area.
    pub(crate) area: AreaId,
    /// Time period as text.
    pub(crate) period: &'r str,
    /// Dimensions.
    pub(crate) breakdown: Result<&'r Breakdown, &'r Fault>,
    /// Value.
    pub(crate) value: Value<'r>,
    /// Power of ten that the value is given in.
    pub(crate) scale: i32,
    /// Unit as the record states it; empty when it does not.
    pub(crate) unit: &'r str,
    /// Status by the source's flag.
    pub(crate) status: Status,
    /// The source's flag.
    pub(crate) flag: Option<&'r str>,
    /// The source's footnote.
    pub(crate) footnote: Option<&'r str>,
    /// Values of the other series of the same record, where it has several.
    pub(crate) beside: &'r [(&'r str, Option<f64>)],
    /// Position in the payload, from 1.
    pub(crate) at: i64,
}
