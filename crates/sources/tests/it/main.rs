//! Decoders against the real files and against bodies that are not what they should be.
//!
//! Expected counts and values were taken from the files by other means than this crate (by eye
//! and with Python's `json` and `csv`), never from its own output.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod above;
mod called;
mod changed;
mod counts;
mod cubes;
mod deep;
mod fixture;
mod held;
mod labels;
mod limits;
mod lists;
mod mapping;
mod mixed_up;
mod names;
mod packed;
mod page;
mod plan;
mod probing;
mod properties;
mod quotes;
mod said_twice;
mod sdmx_csv;
mod sdmx_ml;
mod standing;
mod subjects;
mod tables;
mod told;
mod two_columns;
mod undesa;
mod undesa_files;
mod unsd;
mod unsd_files;
mod unseen;
mod worldbank;
mod worldbank_files;
mod xmart;
