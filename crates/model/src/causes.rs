//! An error and what caused it, as people read it.

use std::error::Error;

/// An error with every error below it as one line, `a: b: c`. A cause that the text before it
/// already contains is left out.
pub fn chain(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut below = error.source();
    while let Some(cause) = below {
        let more = cause.to_string();
        if !text.contains(&more) {
            text.push_str(": ");
            text.push_str(&more);
        }
        below = cause.source();
    }
    text
}
