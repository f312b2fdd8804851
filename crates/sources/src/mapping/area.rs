//! Which area the texts of a record mean: each distinct text is looked up once, and texts that
//! contradict each other are believed by nobody (F04).

use std::collections::HashMap;

use wsis_model::area::{Area, AreaList, AreaMatch};
use wsis_model::quarantine::Reason;

use crate::normalise::Fault;
use crate::request::{IN_NO_LIST, MAY_BE};

/// Distinct texts of areas whose meaning is remembered; a hostile payload has as many as records.
const AREAS_KEPT: usize = 20_000;
/// Beyond them meanings take turns in so many places: more than one record needs.
const AREAS_IN_TURN: usize = 64;

/// Headings, in the form of [`crate::text::heading`], under which tables say once more which area
/// a row is of. They are no part of what was measured, so of no key; what stands there has to
/// agree with the area.
const ALSO: &[&str] = &[
    "alpha2",
    "alpha2code",
    "alpha3",
    "alpha3code",
    "areacode",
    "areaname",
    "country",
    "countrycode",
    "countryisocode",
    "countryiso2code",
    "countryiso3code",
    "countryname",
    "countryorarea",
    "economycode",
    "economyname",
    "geoareacode",
    "geoareaname",
    "geographycode",
    "geographyname",
    "iso",
    "iso2",
    "iso2code",
    "iso3",
    "iso3code",
    "isoalpha2",
    "isoalpha2code",
    "isoalpha3",
    "isoalpha3code",
    "isocode",
    "m49",
    "m49code",
    "refarea",
    "refareacode",
    "refareaname",
];

/// Whether a column says once more which area a row is of.
pub(crate) fn is_named_by(heading: &str) -> bool {
    ALSO.contains(&heading)
}

/// M49 numbers come with and without zeros in front and, out of data frames, as `4.0` (F4).
pub(crate) fn code(text: &str) -> std::borrow::Cow<'_, str> {
    let number = crate::text::whole_number(text);
    if (1..3).contains(&number.len()) && number.bytes().all(|byte| byte.is_ascii_digit()) {
        std::borrow::Cow::Owned(format!("{number:0>3}"))
    } else {
        std::borrow::Cow::Borrowed(number)
    }
}

/// Whether a further column says that it has nothing to say. Data frames write `NA` there for
/// aggregates, which is the code of Namibia too: beside another area it is no contradiction.
fn says_nothing(text: &str) -> bool {
    let text = text.trim().to_ascii_lowercase();
    matches!(text.as_str(), "" | "na" | "n/a" | "nan" | "none" | "null" | "-" | "..")
}

/// What a text beside an area says of it: the code of that area, and the codes that the text means.
enum Says<'a> {
    /// Nothing is said, or no area is known.
    Nothing,
    /// It is this area.
    Same,
    /// It may be this one, and others.
    Perhaps(&'a str, String),
    /// It is another.
    Other(&'a str, String),
    /// The text is in no list.
    Unknown(&'a str),
}

/// Whether a text is a name rather than a code.
fn is_name(text: &str) -> bool {
    !text.is_ascii() || text.chars().filter(char::is_ascii_alphabetic).count() > 3
}

/// An area that was looked up: index into the areas that were found.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct AreaId(usize);

/// The areas that the texts of a payload mean.
pub(crate) struct Areas<'a> {
    source: &'a str,
    list: &'a AreaList,
    by_text: HashMap<String, AreaId>,
    found: Vec<Result<&'a Area, Fault>>,
    turn: usize,
    /// Whether the label of a code means another area than the code, by both.
    by_label: HashMap<String, bool>,
}

impl<'a> Areas<'a> {
    pub(crate) fn new(source: &'a str, list: &'a AreaList) -> Self {
        let (by_text, by_label) = (HashMap::new(), HashMap::new());
        Self { source, list, by_text, found: Vec::new(), turn: 0, by_label }
    }

    /// What was found.
    pub(crate) fn get(&self, id: AreaId) -> Option<&Result<&'a Area, Fault>> {
        self.found.get(id.0)
    }

    /// The area that a text means. Looked up once for each distinct text.
    pub(crate) fn of(&mut self, text: &str) -> AreaId {
        if let Some(&id) = self.by_text.get(text) {
            return id;
        }
        let found = self.look_up(text);
        let id = self.remember(found);
        if id.0 < AREAS_KEPT {
            self.by_text.insert(text.to_owned(), id);
        }
        id
    }

    /// The area that a code means, which has to be one that the name beside it may mean too (F04);
    /// and what is to be told where the name does not settle it: it may mean others as well, or is
    /// in no list.
    pub(crate) fn with_name(&mut self, code: &str, name: &str) -> (AreaId, Option<String>) {
        let id = self.of(code);
        let shown = || name.trim().chars().take(100).collect::<String>();
        match self.says(id, self.source, name) {
            Says::Nothing | Says::Same => (id, None),
            Says::Other(area, others) => {
                let detail =
                    format!("{code:?} is {area}, but {:?} is {others}; expected one area", shown());
                (self.ambiguous(detail), None)
            }
            Says::Perhaps(area, others) => {
                let told = format!("area name {:?} beside {area} {MAY_BE} {others}", shown());
                (id, Some(told))
            }
            Says::Unknown(area) => {
                (id, Some(format!("area name {:?} beside {area} {IN_NO_LIST}", shown())))
            }
        }
    }

    /// The area that two codes and a name of one record mean. The codes have to agree (A13); one
    /// that is empty has no say.
    pub(crate) fn of_codes(
        &mut self,
        first: &str,
        second: &str,
        name: &str,
    ) -> (AreaId, Option<String>) {
        if second.is_empty() {
            return self.with_name(first, name);
        }
        if first.is_empty() {
            return self.with_name(second, name);
        }
        let (one, other) = (self.of(first), self.of(second));
        match (self.code_of(one), self.code_of(other)) {
            (Some(a), Some(b)) if a != b => {
                let detail = format!("{first:?} is {a}, but {second:?} is {b}; expected one area");
                (self.ambiguous(detail), None)
            }
            (Some(_), None) => (other, None),
            (Some(_), Some(_)) => self.with_name(first, name),
            _ => (one, None),
        }
    }

    /// An area, after what a further column says of it. True beside it where that says nothing:
    /// it is in no list.
    pub(crate) fn also(&mut self, id: AreaId, heading: &str, text: &str) -> (AreaId, bool) {
        if says_nothing(text) || self.code_of(id).is_none() {
            return (id, false);
        }
        let text = code(text);
        // Only the UN's own tables know areas by number.
        let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
        let source = if is_number { "unsd" } else { self.source };
        match self.says(id, source, &text) {
            Says::Other(area, others) => {
                let text: String = text.chars().take(100).collect();
                let id = self.ambiguous(format!(
                    "the row is of {area}, but {text:?} in column {heading:?} is {others}; expected \
                     one area"
                ));
                (id, false)
            }
            says => (id, matches!(says, Says::Unknown(_))),
        }
    }

    /// The area that a code means, beside the label that its message gives the code: one that means
    /// another is believed as little as the code (F04). Labels have many spellings, and those of groups
    /// are in no list: nothing is told of one that does not settle it.
    pub(crate) fn with_label(&mut self, id: AreaId, code: &str, label: &str) -> AreaId {
        if !self.contradicts(id, label) {
            return id;
        }
        let Says::Other(area, others) = self.says(id, self.source, label) else { return id };
        let label: String = label.trim().chars().take(100).collect();
        self.ambiguous(format!(
            "{code:?} is {area}, but its label {label:?} is {others}; expected one area"
        ))
    }

    /// Whether a label means another area than a known one. Looked up once for each of both.
    pub(crate) fn contradicts(&mut self, id: AreaId, label: &str) -> bool {
        let Some(area) = self.code_of(id).filter(|_| !says_nothing(label)) else { return false };
        let both = format!("{area}\u{1F}{label}");
        if let Some(&known) = self.by_label.get(&both) {
            return known;
        }
        let found = matches!(self.says(id, self.source, label), Says::Other(..));
        if self.by_label.len() < AREAS_KEPT {
            self.by_label.insert(both, found);
        }
        found
    }

    /// No area, and why.
    pub(crate) fn none(&mut self, fault: Fault) -> AreaId {
        self.remember(Err(fault))
    }

    fn code_of(&self, id: AreaId) -> Option<&'a str> {
        match self.found.get(id.0) {
            Some(Ok(area)) => Some(area.code.as_str()),
            _ => None,
        }
    }

    /// What a text says of an area that is known.
    fn says(&self, id: AreaId, source: &str, text: &str) -> Says<'a> {
        let Some(area) = self.code_of(id) else { return Says::Nothing };
        if text.trim().is_empty() {
            return Says::Nothing;
        }
        let others: Vec<&str> = match self.list.find(source, text) {
            AreaMatch::One(other) => vec![&other.code],
            AreaMatch::Many(places) => self.codes(places),
            // Of another source, or in another language. A code may be anything there.
            AreaMatch::None if is_name(text) => {
                let meant = self.list.meant_anywhere(text);
                meant.into_iter().map(|area| area.code.as_str()).collect()
            }
            AreaMatch::None => Vec::new(),
        };
        match others.as_slice() {
            [] => Says::Unknown(area),
            [one] if *one == area => Says::Same,
            several if several.contains(&area) => Says::Perhaps(area, others.join(" or ")),
            _ => Says::Other(area, others.join(" or ")),
        }
    }

    fn codes(&self, places: &[usize]) -> Vec<&'a str> {
        let list = self.list;
        places.iter().filter_map(|&at| list.at(at)).map(|area| area.code.as_str()).collect()
    }

    fn ambiguous(&mut self, detail: String) -> AreaId {
        self.remember(Err(Fault { reason: Reason::AmbiguousArea, detail }))
    }

    fn remember(&mut self, found: Result<&'a Area, Fault>) -> AreaId {
        if self.found.len() < AREAS_KEPT + AREAS_IN_TURN {
            self.found.push(found);
            return AreaId(self.found.len() - 1);
        }
        self.turn = (self.turn + 1) % AREAS_IN_TURN;
        let id = AREAS_KEPT + self.turn;
        if let Some(slot) = self.found.get_mut(id) {
            *slot = found;
        }
        AreaId(id)
    }

    fn look_up(&self, text: &str) -> Result<&'a Area, Fault> {
        let unknown = |detail| Err(Fault { reason: Reason::UnknownArea, detail });
        // Placeholders of other programs, not places (A14).
        if matches!(text.trim().to_ascii_lowercase().as_str(), "" | "nan" | "none" | "null") {
            return unknown(format!("area {text:?} is empty; expected a code or name"));
        }
        match self.list.find(self.source, text) {
            AreaMatch::One(area) => Ok(area),
            AreaMatch::Many(places) => {
                let detail = format!("area {text:?} may be {}", self.codes(places).join(" or "));
                Err(Fault { reason: Reason::AmbiguousArea, detail })
            }
            AreaMatch::None => {
                unknown(format!("area {text:?} is not in the code list for source {}", self.source))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::code;

    #[test]
    fn f4_numbers_with_and_without_zeros() {
        for text in ["4", "04", "004", "4.0"] {
            assert_eq!(code(text), "004");
        }
        assert_eq!(code("404"), "404");
        assert_eq!(code("Kenya"), "Kenya");
    }
}
