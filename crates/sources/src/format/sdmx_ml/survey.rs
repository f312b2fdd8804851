//! The first walk over a message: which components its data sets have, what each is, and what is
//! said of groups.

use std::collections::HashMap;

use super::walk::{ACTION, VALUE, Visit};
use crate::format::message::cells::{Groups, Level};
use crate::format::message::components::{Component, Components, Kind};
use crate::format::message::held::Held;
use crate::{DecodeError, DecodeJob};

/// One data set.
#[derive(Debug, Default)]
pub(super) struct Set {
    pub(super) components: Components,
    pub(super) index: HashMap<String, usize>,
    pub(super) groups: Groups,
    /// The component that observations begin with.
    pub(super) first_of_obs: usize,
    /// Observations, and what else becomes a record.
    pub(super) records: u64,
    /// Components that are taken for attributes because they hold texts.
    pub(super) texts: Vec<String>,
}

/// What was seen of a component.
#[expect(clippy::struct_excessive_bools, reason = "independent facts, not a state machine")]
#[derive(Debug, Default, Clone, Copy)]
struct Seen {
    dimension: bool,
    attribute: bool,
    measure: bool,
    apart: bool,
    /// Whether it holds what is no code.
    text: bool,
    of_group: bool,
    of_record: bool,
}

impl Seen {
    const fn kind(self) -> Kind {
        if self.apart {
            Kind::Apart
        } else if self.measure {
            Kind::Measure
        } else if self.dimension || (self.of_group && self.of_record && !self.attribute) {
            // What both a group and its records state is part of the group's key.
            Kind::Dimension
        } else if self.attribute || self.of_group || self.text {
            Kind::Attribute
        } else {
            Kind::Unknown
        }
    }
}

/// The data sets of a message.
pub(super) struct Survey<'a> {
    pub(super) sets: Vec<Set>,
    seen: Vec<Seen>,
    /// What is said of groups of the data set, as component and text.
    groups: Vec<Vec<(usize, String)>>,
    held: Held,
    /// Observations of the data set, and of the series.
    observations: u64,
    of_series: u64,
    deletes: bool,
    job: &'a DecodeJob<'a>,
}

impl<'a> Survey<'a> {
    pub(super) fn new(job: &'a DecodeJob<'a>) -> Self {
        Self {
            sets: Vec::new(),
            seen: Vec::new(),
            groups: Vec::new(),
            held: Held::new(job),
            observations: 0,
            of_series: 0,
            deletes: false,
            job,
        }
    }

    /// The place of a component of the data set.
    fn place(&mut self, id: &str) -> Result<usize, DecodeError> {
        let limit = self.job.limits.columns_max;
        let Some(set) = self.sets.last_mut() else { return Ok(0) };
        if let Some(place) = set.index.get(id) {
            return Ok(*place);
        }
        let place = set.components.list.len();
        if place >= limit {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            let what = "the number of components of a data set";
            return Err(DecodeError::too_large(what, limit, "columns_max"));
        }
        set.components.list.push(Component::new(id, Kind::Unknown));
        set.index.insert(id.to_owned(), place);
        self.seen.push(Seen::default());
        Ok(place)
    }

    fn finish(&mut self) -> Result<(), DecodeError> {
        if self.observations == 0 || self.deletes {
            // What is deleted has no value, and may have no period.
            for (id, kind) in [(VALUE, Kind::Measure), ("TIME_PERIOD", Kind::Dimension)] {
                let at = self.place(id)?;
                if let Some(seen) = self.seen.get_mut(at) {
                    seen.measure |= kind == Kind::Measure;
                    seen.dimension |= kind == Kind::Dimension;
                }
            }
        }
        let seen = std::mem::take(&mut self.seen);
        let groups = std::mem::take(&mut self.groups);
        let Some(set) = self.sets.last_mut() else { return Ok(()) };
        for (component, seen) in set.components.list.iter_mut().zip(&seen) {
            component.kind = seen.kind();
            let by_text = Seen { text: false, ..*seen };
            if component.kind == Kind::Attribute && by_text.kind() == Kind::Unknown {
                set.texts.push(component.id.clone());
            }
        }
        set.components.short_unit = true;
        set.components.action = set.index.get(ACTION).copied();
        let list = &set.components.list;
        let is_key = |at: usize| list.get(at).is_some_and(|it| it.kind == Kind::Dimension);
        for group in groups {
            let (key, said) = group.into_iter().partition(|(at, _)| is_key(*at));
            set.groups.add(key, said)?;
        }
        Ok(())
    }
}

impl Visit for Survey<'_> {
    fn begin(&mut self, level: Level) -> Result<(), DecodeError> {
        match level {
            Level::DataSet => {
                let limit = self.job.limits.parts_max;
                if self.sets.len() >= limit {
                    let limit = u64::try_from(limit).unwrap_or(u64::MAX);
                    let what = "the number of data sets of a message";
                    return Err(DecodeError::too_large(what, limit, "parts_max"));
                }
                self.sets.push(Set::default());
                self.seen.clear();
                self.groups.clear();
                self.observations = 0;
                self.deletes = false;
            }
            Level::Group => {
                // Also one that says nothing.
                self.held.take()?;
                self.groups.push(Vec::new());
            }
            Level::Series => self.of_series = 0,
            Level::Obs => {
                self.observations += 1;
                self.of_series += 1;
                if let Some(set) = self.sets.last_mut().filter(|_| self.observations == 1) {
                    set.first_of_obs = set.components.list.len();
                }
            }
        }
        Ok(())
    }

    fn value(&mut self, level: Level, kind: Kind, id: &str, text: &str) -> Result<(), DecodeError> {
        let at = self.place(id)?;
        self.deletes |= id == ACTION && text == "D";
        if level == Level::Group
            && let Some(group) = self.groups.last_mut()
        {
            self.held.take()?;
            group.push((at, text.to_owned()));
        }
        let Some(seen) = self.seen.get_mut(at) else { return Ok(()) };
        match kind {
            Kind::Dimension => seen.dimension = true,
            Kind::Attribute => seen.attribute = true,
            Kind::Measure => seen.measure = true,
            Kind::Apart => seen.apart = true,
            Kind::Unknown => seen.text = seen.text || !is_code(text),
        }
        match level {
            Level::Group => seen.of_group = true,
            Level::Series | Level::Obs => seen.of_record = true,
            Level::DataSet => {}
        }
        Ok(())
    }

    fn end(&mut self, level: Level) -> Result<(), DecodeError> {
        match level {
            Level::DataSet => self.finish(),
            Level::Series => {
                // A series that is deleted as a whole is one record.
                let records = if self.of_series == 0 && self.deletes { 1 } else { self.of_series };
                if let Some(set) = self.sets.last_mut() {
                    set.records += records;
                }
                Ok(())
            }
            Level::Group | Level::Obs => Ok(()),
        }
    }
}

/// Whether a text can be the code of a dimension (the identifiers of SDMX).
fn is_code(text: &str) -> bool {
    text.len() <= 100
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_@$-.+".contains(&byte))
}
