//! Integration tests of query sessions: scenarios named after peers.md section 5.9.
#![expect(clippy::unwrap_used, reason = "tests")]

mod fixture;
mod lake;
mod limits;
mod sessions;
