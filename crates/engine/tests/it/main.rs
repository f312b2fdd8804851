//! Integration tests of the engine, one binary.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod alerts;
mod alerts_apart;
mod asked;
mod authority;
mod backfill;
mod blame;
mod called;
mod campaign;
mod contract;
mod faults;
mod fetching;
mod files;
mod held;
mod history;
mod ingest;
mod interrupt;
mod kills;
mod machines;
mod memory;
mod moved;
mod odata;
mod offline;
mod one_instant;
mod paging;
mod protocols;
mod reaching;
mod redecode;
mod refusals;
mod secrets;
#[path = "../../src/ledger/tests/server.rs"]
#[expect(dead_code, reason = "the tests of the ledger restart it and speak TLS")]
mod server;
mod station;
mod two_stages;
mod unread;
mod unstable;
mod way_back;
