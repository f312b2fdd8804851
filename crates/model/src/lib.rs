//! The words of the domain: newtypes, the observation schema, code lists, frameworks and
//! invariants as pure functions.
//!
//! Invariant: this crate knows nothing of I/O, async, serialisation formats or DataFusion.

pub mod address;
pub mod area;
pub mod causes;
pub mod codelist;
pub mod contract;
pub mod correction;
pub mod count;
pub mod dataset;
pub mod dated;
pub mod framework;
pub mod invariant;
pub mod item;
pub mod limits;
pub mod mapping;
pub mod observation;
pub mod payload;
pub mod period;
pub mod pipeline;
pub mod plausible;
pub mod quarantine;
pub mod revision;
pub mod rules;
pub mod sampling;
pub mod scheme;
pub mod spreadsheet;
pub mod status;
