//! The report: one self-contained HTML page, without script, that prints, reads aloud and works
//! without colour. Same input, same bytes.
//!
//! Start at [`input::ReportInput`] (what is shown) and [`render`] (the page, [`page`]).

mod cells;
pub mod charts;
mod claims;
pub mod class;
mod cover;
pub mod css;
pub mod from_scorecard;
pub mod headline;
mod indicators;
pub mod input;
mod intervals;
mod known;
mod line;
mod line_tables;
mod marks;
mod method;
mod notes;
pub mod number;
mod overview;
mod page;
pub mod palette;
pub mod plots;
mod profile;
pub mod rank;
mod rules;
mod squeeze;
mod way;
mod why;
pub mod words;

pub use from_scorecard::{Facts, report_input};
pub use input::ReportInput;

/// The report as an HTML document, every element closed.
pub fn render(input: &ReportInput) -> String {
    page::document(input).into_string()
}

/// The report as it is written to a file: [`render`] without the end tags and quotes that HTML lets be
/// left out.
pub fn render_small(input: &ReportInput) -> String {
    squeeze::squeeze(&render(input))
}
