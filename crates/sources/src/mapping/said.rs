//! What a source calls its series and their units, kept so that the next run can tell a change
//! (F07): a new base or unit under the same code comes with another title, and with nothing else.

use std::collections::BTreeMap;

use wsis_model::mapping::YEAR;
use wsis_model::pipeline::Series;

use crate::{DecodeError, Part, Said, text};

/// Distinct texts kept of one series and part: a source that gives every record another title has
/// none that could change.
const KEPT: usize = 20;
/// Columns kept of one body: as many as one table may have at most.
const COLUMNS_KEPT: usize = 2_000;
/// Characters of a text that are kept and compared.
const LENGTH_MAX: usize = 1_000;

/// What was heard in one body.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) said: Said,
    /// Titles that were compared, by series.
    titles: BTreeMap<String, String>,
    /// Series and unit of the last record: most records repeat them.
    last_unit: (String, String),
}

impl Heard {
    /// A title of a series, which is compared with the declared one; a remark where they differ in
    /// words.
    ///
    /// # Errors
    /// When the words are the same and the numbers are not: the figures may be on another base.
    pub(crate) fn title(
        &mut self,
        series: &Series,
        found: &str,
    ) -> Result<Option<String>, DecodeError> {
        if found.is_empty() || self.titles.get(&series.code).is_some_and(|it| it == found) {
            return Ok(None);
        }
        self.titles.insert(series.code.clone(), found.to_owned());
        self.note(&series.code, Part::Title, found);
        let declared = series.source_title.as_ref().unwrap_or(&series.title);
        let (numbers, words) = text::numbers_and_words(found);
        let (declared_numbers, declared_words) = text::numbers_and_words(declared);
        if words == declared_words && numbers == declared_numbers {
            return Ok(None);
        }
        let found: String = found.chars().take(300).collect();
        let (series, is_held) = (series.code.clone(), series.source_title.is_some());
        if numbers != declared_numbers && (is_held || words == declared_words) {
            return Err(DecodeError::Title { series, found, declared: declared.clone() });
        }
        Ok(is_held
            .then(|| format!("series {series} is titled {found:?}, declared is {declared:?}")))
    }

    /// The heading of a series in a table that gives no titles.
    pub(crate) fn heading(&mut self, series: &str, text: &str) {
        self.note(series, Part::Title, text);
    }

    /// The headings of a table. A year in one is any year: the next edition has another.
    pub(crate) fn columns<'h>(&mut self, headings: impl IntoIterator<Item = &'h str>) {
        for heading in headings {
            self.note("", Part::Column, &without_year(heading));
        }
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
        let kept = if part == Part::Column { COLUMNS_KEPT } else { KEPT };
        if known.len() < kept {
            known.insert(text.chars().take(LENGTH_MAX).collect());
        }
    }
}

/// A heading with `{year}` in place of each year of this century and the last: four digits that are not
/// part of a longer number.
fn without_year(heading: &str) -> String {
    let mut out = String::with_capacity(heading.len());
    let mut rest = heading;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, digits) = rest.split_at(at);
        let end = digits.find(|c: char| !c.is_ascii_digit()).unwrap_or(digits.len());
        let (number, after) = digits.split_at(end);
        out.push_str(before);
        let is_year = number.len() == 4 && (number.starts_with("19") || number.starts_with("20"));
        out.push_str(if is_year { YEAR } else { number });
        rest = after;
    }
    out.push_str(rest);
    out
}
