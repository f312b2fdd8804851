//! Drives the built `wsis` as a user does: new folder, arguments, standard output, exit code.

#[path = "acceptance/bad_input.rs"]
mod bad_input;
#[path = "acceptance/demo.rs"]
mod demo;
#[path = "acceptance/ingest.rs"]
mod ingest;
#[path = "acceptance/program.rs"]
mod program;
#[path = "acceptance/reading.rs"]
mod reading;
