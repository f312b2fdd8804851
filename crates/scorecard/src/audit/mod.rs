//! Operations of the audit of a composite index: what the OECD/JRC handbook asks of whoever builds one, and
//! what COINr does with an R data set. The house method uses none of them (fixed goalposts, nothing filled in:
//! docs/METHOD.md sections 1 and 2); they say how another method would have ranked, and hold this
//! program against figures from outside (docs/VALIDATION.md).
//!
//! All are pure functions of columns: a column has one value an economy, `None` where there is none. A result
//! is never NaN. No threshold stands here: each is an argument.
//!
//! Order of reading: [`moments`], [`treat`], [`fill`] (one column), [`relation`] (columns against each other),
//! [`weighted`] (means of groups), [`split`] (what moved a score between two releases), [`variance`] (what
//! a result hangs on), [`trend`] (one series), [`line`] (a line of a scorecard, as `wsis audit` prints it).

pub mod fill;
pub mod line;
pub mod moments;
pub mod relation;
pub mod split;
pub mod treat;
pub mod trend;
pub mod variance;
pub mod weighted;
