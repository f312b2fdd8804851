//! Integration tests of query sessions: scenarios named by id (docs/FAILURES.md).
#![expect(clippy::unwrap_used, reason = "tests")]

mod fixture;
mod lake;
mod limits;
mod order;
mod sessions;
