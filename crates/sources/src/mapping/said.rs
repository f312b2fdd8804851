//! What a source calls its series and their units, kept so that the next run can tell a change
//! (F07): a new base or unit under the same code comes with another title, and with nothing else.

use crate::{Part, Said};

/// Distinct texts kept of one series and part: a source that gives every record another title has
/// none that could change.
const KEPT: usize = 20;
/// Characters of a text that are kept and compared.
const LENGTH_MAX: usize = 1_000;

/// What was heard in one body.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) said: Said,
    /// Series and unit of the last record: most records repeat them.
    last_unit: (String, String),
}

impl Heard {
    /// A title of a series.
    pub(crate) fn title(&mut self, series: &str, text: &str) {
        self.note(series, Part::Title, text);
    }

    /// The unit of a record of a series.
    pub(crate) fn unit(&mut self, series: &str, text: &str) {
        if text.is_empty() || (self.last_unit.1 == text && self.last_unit.0 == series) {
            return;
        }
        self.last_unit = (series.to_owned(), text.to_owned());
        self.note(series, Part::Unit, text);
    }

    /// White space is no part of a name.
    fn note(&mut self, series: &str, part: Part, text: &str) {
        let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
        if text.is_empty() {
            return;
        }
        let known = self.said.entry((series.to_owned(), part)).or_default();
        if known.len() < KEPT {
            known.insert(text.chars().take(LENGTH_MAX).collect());
        }
    }
}
