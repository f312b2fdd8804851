//! Drives the built `wsis` as a user does: new folder, arguments, standard output, exit code.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bad_input;
mod books;
mod browser;
mod corrections;
mod demo;
mod drafts;
mod frameworks;
mod gaps;
mod held_up;
mod hostile_text;
mod ingest;
mod known_then;
mod memory;
mod method;
mod output;
mod plain_words;
/// A PostgreSQL of a test's own: the one that the ledger's tests start.
#[expect(dead_code, reason = "the ledger's tests also restart it")]
#[path = "../../crates/engine/src/ledger/tests/server.rs"]
mod postgres;
mod probe;
mod program;
mod providers;
mod published;
mod query;
mod ranks;
mod reading;
mod schedule;
mod stopped;
mod submissions;
mod submit;
mod targets;
mod trajectories;
mod way_back;
