//! The style sheet: one file, with the palette and the class shapes put in from constants.

use std::fmt::Write as _;

use crate::class::Progress;
use crate::palette::{DARK, LIGHT};

const RULES: &str = include_str!("style.css");

const STACKED: &str = include_str!("stacked.css");

/// The whole style sheet.
pub fn sheet() -> String {
    let mut css = format!(
        ":root{{{}}}@media screen and (prefers-color-scheme:dark){{:root{{{}}}}}",
        LIGHT.properties(),
        DARK.properties()
    );
    for class in Progress::ALL {
        let at = class.index();
        // "/ ''" gives the shape an empty spoken text: the word stands beside it.
        let shape = class.shape();
        let _ = write!(css, ".k{at}::before{{content:'{shape}';content:'{shape}' / ''}}");
        let _ = write!(css, ".k{at}::before{{color:var(--i{at})}}.f{at}{{fill:var(--f{at})}}");
    }
    for band in 0..LIGHT.bands.len() {
        let _ = write!(css, ".b{band}{{fill:var(--b{band});background:var(--b{band})}}");
    }
    css.push_str(RULES);
    // A table with many columns becomes a list of rows where it does not fit: the overview's
    // nine columns long before the others.
    let _ = write!(css, "@media screen and (max-width:640px){{{}}}", stacked(".stack"));
    let _ = write!(css, "@media screen and (max-width:1160px){{{}}}", stacked(".early"));
    css
}

/// The head of every printed page of a sample. A browser without margin boxes still prints the mark
/// across the page.
pub fn page_head(statement: &str) -> String {
    let text: String = statement
        .chars()
        .map(|c| match c {
            // A statement ends neither the string nor the style element.
            '"' | '\\' | '<' | '&' => format!("\\{:x} ", u32::from(c)),
            c if c.is_control() => " ".to_owned(),
            c => c.to_string(),
        })
        .collect();
    format!("@media print{{@page{{@top-right{{content:\"{text}\";font:bold 8pt sans-serif}}}}}}")
}

/// Rules that show each row of a table as a block, with the heads of its columns beside the cells.
fn stacked(table: &str) -> String {
    STACKED.replace(".stack", table)
}
