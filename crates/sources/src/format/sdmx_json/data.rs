//! The data sets of a message: keys and attributes as places in the lists of the structure.

use std::borrow::Cow;
use std::collections::HashSet;

use serde::Deserialize;

use super::EXPECTED;
use super::structure::{Listed, Structure};
use crate::format::message::cells::{Cells, Groups, Level};
use crate::format::message::held::Held;
use crate::format::message::{Take, action, json};
use crate::format::raw::Raw;
use crate::job::Budget;
use crate::{DecodeError, DecodeJob, text};

#[derive(Deserialize, Default)]
struct RawSet<'a> {
    #[serde(borrow, default)]
    structure: Raw<'a>,
    #[serde(borrow, default)]
    action: Raw<'a>,
    #[serde(borrow, default)]
    attributes: Raw<'a>,
    #[serde(borrow, default, rename = "dimensionGroupAttributes")]
    group_attributes: Raw<'a>,
    #[serde(borrow, default)]
    series: Raw<'a>,
    #[serde(borrow, default)]
    observations: Raw<'a>,
}

#[derive(Deserialize, Default)]
struct RawSeries<'a> {
    #[serde(borrow, default)]
    attributes: Raw<'a>,
    #[serde(borrow, default)]
    observations: Raw<'a>,
}

/// A data set while it is read.
pub(super) struct Reading<'r, 'a> {
    structure: &'r Structure<'a>,
    cells: Cells,
    groups: Groups,
    budget: Budget<'r>,
    take: &'r mut dyn Take,
    /// The elements of the observation at hand, and how many there may be.
    parts: Vec<Raw<'a>>,
    most: json::Most,
    deletes: bool,
    /// The component whose codes have labels that are to be told, and the places of those that were.
    labelled: Option<usize>,
    told: HashSet<usize>,
}

fn shape(found: String, expected: &'static str) -> DecodeError {
    DecodeError::Shape { found, expected }
}

fn object<'a, T: Deserialize<'a> + Default>(
    raw: Raw<'a>,
    expected: &'static str,
) -> Result<T, DecodeError> {
    if !raw.json().starts_with('{') {
        return Err(shape(text::start(raw.json().as_bytes()), expected));
    }
    serde_json::from_str(raw.json()).map_err(|error| text::json_error(&error, raw.json()))
}

impl<'r, 'a> Reading<'r, 'a> {
    /// Reads one data set; they are counted from 0. `held` is what the structures hold.
    pub(super) fn data_set(
        job: &'r DecodeJob<'r>,
        (structures, mut held): (&'r [Structure<'a>], Held),
        (at, raw): (usize, Raw<'a>),
        take: &'r mut dyn Take,
    ) -> Result<(), DecodeError> {
        let set: RawSet<'a> = object(raw, "a data set")?;
        let named = set.structure.text();
        let place = if named.is_empty() { Some(0) } else { named.parse::<usize>().ok() };
        let Some(structure) = place.and_then(|place| structures.get(place)) else {
            let named: String = named.chars().take(60).collect();
            let count = structures.len();
            return Err(shape(
                format!("data set {at} is of structure {named:?}, and there are {count}"),
                EXPECTED,
            ));
        };
        let mut groups = Groups::default();
        group_attributes(job, structure, set.group_attributes, (&mut groups, &mut held))?;
        let action = set.action.text();
        let action = action_of(&action);
        let is_empty = |raw: Raw<'_>| matches!(raw.json(), "" | "null" | "{}");
        if is_empty(set.series) && is_empty(set.observations) {
            take.remark(if action == "D" {
                "a data set whose ACTION is Delete names nothing: it may mean all; what the source \
                 no longer gives is found by comparing whole answers"
                    .to_owned()
            } else {
                "a data set without observations".to_owned()
            });
            return Ok(());
        }
        let components = structure.components();
        let wanted = take.components(&components)?;
        let labelled = take.labelled();
        let cells = Cells::new(&components, wanted, job.limits.record_max_bytes);
        let mut reading = Self {
            structure,
            cells,
            groups,
            budget: Budget::new(job),
            take,
            parts: Vec::new(),
            most: json::columns(job),
            deletes: action == "D",
            labelled,
            told: HashSet::new(),
        };
        reading.cells.set(Level::DataSet, 0, &action);
        let [of_set, _, _] = &structure.dimensions;
        for (at, listed) in of_set.iter().enumerate() {
            // A dimension of the data set has one value for all: of several nobody can say which is
            // meant.
            if listed.values.len() > 1 {
                let (id, count) = (&listed.id, listed.values.len());
                let id: String = id.chars().take(60).collect();
                let found = format!("dimension {id:?} of the data set has {count} values");
                return Err(shape(found, "one, which holds for all of its records"));
            }
            let text = listed.values.first().map_or("", String::as_str);
            let column = structure.dimensions_from(0) + at;
            reading.cells.set(Level::DataSet, column, text);
            reading.tell_label(column, listed, 0)?;
        }
        reading.attributes(Level::DataSet, 0, set.attributes)?;
        reading.observations(set.observations)?;
        json::entries("the series of a data set", set.series, &mut |key, raw| {
            reading.series(key, raw)
        })
    }

    fn series(&mut self, key: &str, raw: Raw<'a>) -> Result<(), DecodeError> {
        self.budget.step()?;
        let series: RawSeries<'a> = object(raw, "a series")?;
        self.key(Level::Series, 1, key)?;
        self.attributes(Level::Series, 2, series.attributes)?;
        if matches!(series.observations.json(), "" | "null" | "{}") {
            if self.deletes {
                self.hand_over()?;
            } else {
                self.take.remark("series without observations".to_owned());
            }
        }
        self.observations(series.observations)?;
        self.cells.clear(Level::Series);
        Ok(())
    }

    fn observations(&mut self, raw: Raw<'a>) -> Result<(), DecodeError> {
        json::entries("observations by their keys", raw, &mut |key, parts| {
            self.budget.step()?;
            self.key(Level::Obs, 2, key)?;
            self.observation(parts)?;
            self.hand_over()?;
            self.cells.clear(Level::Obs);
            Ok(())
        })
    }

    fn observation(&mut self, raw: Raw<'a>) -> Result<(), DecodeError> {
        let mut parts = std::mem::take(&mut self.parts);
        // Not a list: the value alone.
        if raw.json().starts_with('[') {
            json::elements("the values of an observation", raw, self.most, &mut parts)?;
        } else {
            parts.clear();
            parts.push(raw);
        }
        let structure = self.structure;
        let measures = structure.measures.len().max(1);
        for (at, part) in parts.iter().take(measures).enumerate() {
            let column = structure.measures_from() + at;
            let listed = structure.measures.get(at).filter(|listed| !listed.values.is_empty());
            match listed {
                Some(listed) => self.say(Level::Obs, column, listed, *part)?,
                None => {
                    self.cells.set(Level::Obs, column, &json::said(*part)?);
                }
            }
        }
        let [_, _, _, attributes] = &structure.attributes;
        let from = structure.attributes_from(3);
        // What follows the attributes are annotations.
        let nothing = Raw::default();
        for (at, listed) in attributes.iter().enumerate() {
            let part = parts.get(measures + at).copied().unwrap_or(nothing);
            self.say(Level::Obs, from + at, listed, part)?;
        }
        self.parts = parts;
        Ok(())
    }

    /// Attributes of a level, in the order of the structure.
    fn attributes(&mut self, level: Level, of: usize, raw: Raw<'a>) -> Result<(), DecodeError> {
        let structure = self.structure;
        let Some(listed) = structure.attributes.get(of) else { return Ok(()) };
        let mut parts = std::mem::take(&mut self.parts);
        json::elements("a list of attributes", raw, self.most, &mut parts)?;
        let from = structure.attributes_from(of);
        for (at, listed) in listed.iter().enumerate() {
            let part = parts.get(at).copied().unwrap_or_default();
            self.say(level, from + at, listed, part)?;
        }
        self.parts = parts;
        Ok(())
    }

    fn say(
        &mut self,
        level: Level,
        column: usize,
        listed: &Listed<'_>,
        part: Raw<'_>,
    ) -> Result<(), DecodeError> {
        if self.cells.wants(column) {
            let text = meant(listed, part)?;
            self.cells.set(level, column, &text);
            if let Some(place) = part.json().parse().ok().filter(|_| !listed.values.is_empty()) {
                self.tell_label(column, listed, place)?;
            }
        }
        Ok(())
    }

    /// The dimensions of a level, by a key.
    fn key(&mut self, level: Level, of: usize, key: &str) -> Result<(), DecodeError> {
        let structure = self.structure;
        let Some(listed) = structure.dimensions.get(of) else { return Ok(()) };
        let from = structure.dimensions_from(of);
        let mut parts = key.split(':');
        for (at, listed) in listed.iter().enumerate() {
            let (place, text) = place(listed, parts.next().unwrap_or_default(), key)?;
            self.cells.set(level, from + at, text);
            self.tell_label(from + at, listed, place)?;
        }
        // A level without dimensions has the key of nothing: an empty one, or "0".
        if parts.next().is_some_and(|rest| !listed.is_empty() || !matches!(rest, "" | "0")) {
            return Err(more(key, listed.len()));
        }
        Ok(())
    }

    /// Tells what a code is called, where it is one of the area: once, and only of those that are used.
    fn tell_label(
        &mut self,
        column: usize,
        listed: &Listed<'_>,
        place: usize,
    ) -> Result<(), DecodeError> {
        if self.labelled == Some(column)
            && self.told.insert(place)
            && let Some((code, name)) = listed.values.get(place).zip(listed.names.get(place))
        {
            self.take.label(code, &json::said(*name)?);
        }
        Ok(())
    }

    fn hand_over(&mut self) -> Result<(), DecodeError> {
        self.groups.apply(&mut self.cells);
        let record = self.cells.record()?;
        self.take.record(record)
    }
}

fn action_of(text: &str) -> String {
    action(text).to_owned()
}

fn more(key: &str, count: usize) -> DecodeError {
    let key: String = key.chars().take(60).collect();
    shape(format!("key {key:?} has more places than {count}"), "one for each dimension")
}

/// A place in the values of a dimension, and what stands there.
fn place<'l>(
    listed: &'l Listed<'_>,
    part: &str,
    key: &str,
) -> Result<(usize, &'l str), DecodeError> {
    let at = part.parse::<usize>().ok();
    let found = at.and_then(|at| Some((at, listed.values.get(at)?.as_str())));
    found.ok_or_else(|| {
        let key: String = key.chars().take(60).collect();
        let id: String = listed.id.chars().take(60).collect();
        let count = listed.values.len();
        shape(
            format!(
                "key {key:?}: dimension {id:?} has {count} values, and {part:?} is none of them"
            ),
            "places from 0 in the lists of the structure",
        )
    })
}

/// What a part says of an attribute: a place in its list, or the text itself.
fn meant<'m>(listed: &'m Listed<'_>, part: Raw<'m>) -> Result<Cow<'m, str>, DecodeError> {
    if part.is_null() {
        return Ok(Cow::Borrowed(&listed.default));
    }
    let is_place = !listed.values.is_empty() && part.json().bytes().all(|it| it.is_ascii_digit());
    if is_place {
        return place(listed, part.json(), part.json()).map(|(_, text)| Cow::Borrowed(text));
    }
    json::said(part)
}

/// What is said of groups: keys with places for some dimensions, `0::1`.
fn group_attributes(
    job: &DecodeJob<'_>,
    structure: &Structure<'_>,
    raw: Raw<'_>,
    (groups, held): (&mut Groups, &mut Held),
) -> Result<(), DecodeError> {
    let dimensions: Vec<&Listed<'_>> = structure.dimensions.iter().flatten().collect();
    let [_, listed, ..] = &structure.attributes;
    let mut parts = Vec::new();
    json::entries("attributes of groups", raw, &mut |text, values| {
        let mut key = Vec::new();
        let mut places = text.split(':');
        for (at, dimension) in dimensions.iter().enumerate() {
            let part = places.next().unwrap_or_default();
            if !part.is_empty() {
                held.take()?;
                key.push((1 + at, place(dimension, part, text)?.1.to_owned()));
            }
        }
        if places.next().is_some() {
            return Err(more(text, dimensions.len()));
        }
        json::elements("a list of attributes", values, json::columns(job), &mut parts)?;
        let mut said = Vec::new();
        for (at, (listed, part)) in listed.iter().zip(&parts).enumerate() {
            if !part.is_null() {
                held.take()?;
                said.push((structure.attributes_from(1) + at, meant(listed, *part)?.into_owned()));
            }
        }
        groups.add(key, said)
    })
}
