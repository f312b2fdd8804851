//! How far a rank hangs on choices of the method and on the luck of a sample: draws, each of which
//! changes what the rule book lets it change, ranks everybody again, and is counted.
//!
//! Order of reading: [`philox`] and [`normal`] (one number), [`field`] (one draw), [`tally`] (all of them),
//! [`interval`] (a line).

pub mod field;
pub mod interval;
pub mod normal;
pub mod philox;
pub mod tally;
mod tree;

pub use interval::{fill, sentence};
