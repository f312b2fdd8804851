//! Tests of the report from outside: its HTML, its colours, its figures.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "tests")]

mod basis;
mod causes;
mod charts;
mod colour;
mod document;
mod from_scorecard;
mod html;
mod inputs;
mod notes;
mod numbers;
mod proposals;
mod said_of;
#[path = "../../examples/sample/input.rs"]
mod sample;
mod scale;
mod scenarios;
mod trials;
