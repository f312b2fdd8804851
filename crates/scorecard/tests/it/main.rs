//! Integration tests of the scoring method: published indices and reference cases first, then
//! scenarios named after peers.md, then properties.
#![expect(clippy::unwrap_used, clippy::panic, clippy::print_stderr, reason = "tests")]

mod cases;
mod fixture;
mod indices;
mod progress;
mod properties;
mod scenarios;
