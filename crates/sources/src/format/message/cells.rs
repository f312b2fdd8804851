//! The cells of a record while they are gathered: what is said of a data set holds for its records,
//! what is said of a group or a series for theirs, and what is said nearer to the record wins.

use std::collections::HashMap;

use super::period;
use crate::DecodeError;
use crate::table::Record;

/// Of what something is said, from far to near.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Level {
    DataSet,
    Group,
    Series,
    Obs,
}

/// What is said on one level.
#[derive(Debug, Default)]
struct Said {
    text: String,
    /// Start and end of each component's text; none where nothing is said of it.
    at: Vec<Option<(usize, usize)>>,
    /// Components that something is said of.
    filled: Vec<usize>,
}

impl Said {
    fn get(&self, at: usize) -> Option<&str> {
        let (start, end) = (*self.at.get(at)?)?;
        self.text.get(start..end)
    }

    fn clear(&mut self) {
        self.text.clear();
        for at in self.filled.drain(..) {
            if let Some(slot) = self.at.get_mut(at) {
                *slot = None;
            }
        }
    }
}

/// The cells of the record that is next.
#[derive(Debug)]
pub(crate) struct Cells {
    levels: [Said; 4],
    width: usize,
    wanted: Vec<bool>,
    /// Component of the period, and of the frequency beside it.
    time: Option<usize>,
    frequency: Option<usize>,
    max: usize,
    text: String,
    ends: Vec<usize>,
}

impl Cells {
    /// Cells of components, of which some are wanted. Records are at most `max` bytes long.
    pub(crate) fn new(
        components: &super::components::Components,
        wanted: Vec<bool>,
        max: usize,
    ) -> Self {
        let list = &components.list;
        let width = list.len();
        let is = |id: &str| {
            let role = list.iter().position(|it| it.role.as_deref() == Some(id));
            role.or_else(|| list.iter().position(|it| it.id.eq_ignore_ascii_case(id)))
        };
        let said = || Said { at: vec![None; width], ..Said::default() };
        Self {
            levels: [said(), said(), said(), said()],
            width,
            wanted,
            time: is("TIME_PERIOD").or_else(|| is("TIME")),
            frequency: is("FREQ").or_else(|| is("FREQUENCY")),
            max,
            text: String::new(),
            ends: Vec::with_capacity(width),
        }
    }

    fn level(&mut self, level: Level) -> &mut Said {
        let [set, group, series, obs] = &mut self.levels;
        match level {
            Level::DataSet => set,
            Level::Group => group,
            Level::Series => series,
            Level::Obs => obs,
        }
    }

    /// Forgets what was said on a level.
    pub(crate) fn clear(&mut self, level: Level) {
        self.level(level).clear();
    }

    /// Whether a component is wanted.
    pub(crate) fn wants(&self, at: usize) -> bool {
        self.wanted.get(at).copied().unwrap_or_default()
    }

    /// Says something of a component. False where that was said on this level already.
    pub(crate) fn set(&mut self, level: Level, at: usize, text: &str) -> bool {
        let said = self.level(level);
        let Some(slot) = said.at.get_mut(at) else { return true };
        if slot.is_some() {
            return false;
        }
        let start = said.text.len();
        said.text.push_str(text);
        *slot = Some((start, said.text.len()));
        said.filled.push(at);
        true
    }

    /// What is said of a component.
    pub(crate) fn get(&self, at: usize) -> &str {
        self.levels.iter().rev().find_map(|said| said.get(at)).unwrap_or_default()
    }

    /// The record.
    ///
    /// # Errors
    /// When it is too long.
    pub(crate) fn record(&mut self) -> Result<Record<'_>, DecodeError> {
        let mut text = std::mem::take(&mut self.text);
        let mut ends = std::mem::take(&mut self.ends);
        text.clear();
        ends.clear();
        for at in 0..self.width {
            if self.wants(at) {
                let cell = self.get(at);
                if Some(at) == self.time {
                    let frequency = self.frequency.map_or("", |at| self.get(at));
                    text.push_str(&period::told(cell, frequency));
                } else {
                    text.push_str(cell);
                }
            }
            ends.push(text.len());
        }
        (self.text, self.ends) = (text, ends);
        if self.text.len() > self.max {
            let limit = u64::try_from(self.max).unwrap_or(u64::MAX);
            return Err(DecodeError::too_large(
                "the length of a record",
                limit,
                "record_max_bytes",
            ));
        }
        Ok(Record::of(&self.text, &self.ends))
    }
}

/// What is said of groups: of all records with some values in some components.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    shapes: Vec<Shape>,
    /// What is said, as component and text.
    said: Vec<Vec<(usize, String)>>,
    key: String,
}

/// The groups with the same components in their keys.
#[derive(Debug)]
struct Shape {
    components: Vec<usize>,
    /// Places in `Groups::said`, by key.
    by_key: HashMap<String, Vec<usize>>,
    /// The key that was looked up last.
    last: Option<String>,
}

/// Sets of dimensions in the keys of groups: a structure defines a few, and each is looked up for
/// every record.
const SHAPES_MAX: usize = 100;

/// What stands between the parts of a key.
const MARK: char = '\u{1F}';

impl Groups {
    /// Adds a group: its key and what is said of it, as component and text. Who adds counts the texts
    /// (`Held`).
    ///
    /// # Errors
    /// When there are more sets of dimensions than a structure has.
    pub(crate) fn add(
        &mut self,
        mut key: Vec<(usize, String)>,
        said: Vec<(usize, String)>,
    ) -> Result<(), DecodeError> {
        if said.is_empty() {
            return Ok(());
        }
        key.sort();
        let components: Vec<usize> = key.iter().map(|(at, _)| *at).collect();
        let mut text = String::new();
        for (_, part) in &key {
            text.push_str(part);
            text.push(MARK);
        }
        let known = self.shapes.iter().position(|shape| shape.components == components);
        let place = known.unwrap_or(self.shapes.len());
        if known.is_none() {
            if place >= SHAPES_MAX {
                let found = format!("groups with more than {SHAPES_MAX} sets of dimensions");
                return Err(DecodeError::Shape { found, expected: "the few that a structure has" });
            }
            self.shapes.push(Shape { components, by_key: HashMap::new(), last: None });
        }
        self.said.push(said);
        let at = self.said.len() - 1;
        if let Some(shape) = self.shapes.get_mut(place) {
            shape.by_key.entry(text).or_default().push(at);
        }
        Ok(())
    }

    /// Says of the next record what is said of its groups.
    pub(crate) fn apply(&mut self, cells: &mut Cells) {
        let mut is_other = false;
        for shape in &mut self.shapes {
            self.key.clear();
            for &at in &shape.components {
                self.key.push_str(cells.get(at));
                self.key.push(MARK);
            }
            if shape.last.as_ref() != Some(&self.key) {
                let last = shape.last.get_or_insert_default();
                last.clone_from(&self.key);
                is_other = true;
            }
        }
        if !is_other {
            return;
        }
        cells.clear(Level::Group);
        for shape in &self.shapes {
            let found = shape.last.as_ref().and_then(|key| shape.by_key.get(key));
            for &group in found.into_iter().flatten() {
                for (at, text) in self.said.get(group).into_iter().flatten() {
                    cells.set(Level::Group, *at, text);
                }
            }
        }
    }
}
