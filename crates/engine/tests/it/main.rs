//! Integration tests of the engine, one binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod alerts;
mod asked;
mod authority;
mod backfill;
mod blame;
mod called;
mod campaign;
mod faults;
mod fetching;
mod history;
mod ingest;
mod interrupt;
mod kills;
mod moved;
mod offline;
mod one_instant;
mod paging;
mod protocols;
mod reaching;
mod redecode;
mod refusals;
mod secrets;
mod station;
mod unstable;
