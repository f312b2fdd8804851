//! Drives the built `wsis` as a user does: new folder, arguments, standard output, exit code.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod bad_input;
mod demo;
mod ingest;
mod output;
mod program;
mod providers;
mod reading;
mod schedule;
