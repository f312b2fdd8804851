//! From records to observations: which area, period, breakdown, value and status a record means, by
//! the code lists of the deployment, and the one place where an observation is made
//! ([`normalise::Normaliser`]).

pub(crate) mod advice;
pub(crate) mod area;
pub(crate) mod checks;
pub(crate) mod codes;
mod counts;
mod envelope;
mod labels;
pub(crate) mod layout;
pub(crate) mod mapper;
pub(crate) mod normalise;
pub(crate) mod number;
pub(crate) mod row;
pub(crate) mod said;
mod subject;
pub(crate) mod written;
