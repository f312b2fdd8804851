//! Integration tests of the engine, one binary.
#![expect(clippy::unwrap_used, reason = "tests")]

mod faults;
mod fetching;
mod interrupt;
mod paging;
mod protocols;
mod refusals;
mod station;
