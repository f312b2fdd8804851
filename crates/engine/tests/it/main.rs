//! Integration tests of the engine, one binary.
#![expect(clippy::unwrap_used, reason = "tests")]

mod faults;
mod fetching;
mod ingest;
mod interrupt;
mod moved;
mod offline;
mod paging;
mod protocols;
mod refusals;
mod secrets;
mod station;
mod unstable;
