//! SDMX-ML: messages of data of versions 2.1 and 3.0 (generic and structure-specific, series and
//! flat, with any dimension at the observation), and of 2.0 as far as they are alike (generic and
//! compact).
//!
//! A generic message says of every component whether it is a dimension. A structure-specific one does
//! not, without its structure; what can be concluded is (what an observation of a series states beside
//! its dimension is an attribute; what only a group states too; so is a text that is no code), and the
//! rest is read as in SDMX-CSV: what is no known attribute is a dimension.
//!
//! The message is walked twice. Kept are its components and what it says of groups.

mod head;
mod survey;
#[cfg(test)]
mod tests;
mod walk;
mod xml;

use wsis_model::pipeline::Format;

use self::survey::{Set, Survey};
use self::walk::{ACTION, Visit, walk};
use self::xml::Elements;
use super::message::cells::{Cells, Level};
use super::message::components::{Components, Kind, is_attribute};
use super::message::{Body, Message, Take};
use crate::DecodeError;

/// Messages in XML.
pub(crate) struct SdmxMl;

impl Message for SdmxMl {
    fn expected(&self) -> &'static str {
        head::EXPECTED
    }

    fn format(&self) -> Format {
        Format::SdmxMl
    }

    fn missing(&self) -> &'static [&'static str] {
        &["NaN"]
    }

    fn each(&self, body: &Body<'_>, take: &mut dyn Take) -> Result<(), DecodeError> {
        let text = xml::text(body.bytes, head::EXPECTED)?;
        let mut survey = Survey::new(body.job);
        let mut told = Vec::new();
        let mut tell = |remark: String| {
            if told.len() < body.job.limits.parts_max {
                told.push(remark);
            }
        };
        walk(&mut Elements::new(body.job, &text), &mut survey, &mut tell)?;
        for remark in told {
            take.remark(remark);
        }
        let max = body.job.limits.record_max_bytes;
        let nothing = Cells::new(&Components::default(), Vec::new(), max);
        let sets = survey.sets.into_iter();
        let mut rows =
            Rows { sets, set: Set::default(), cells: nothing, next: 0, found: 0, max, take };
        walk(&mut Elements::new(body.job, &text), &mut rows, &mut |_| {})
    }
}

/// The second walk: the records.
struct Rows<'r> {
    sets: std::vec::IntoIter<Set>,
    set: Set,
    cells: Cells,
    /// The component that is likely to be next.
    next: usize,
    /// Observations of the series.
    found: u64,
    max: usize,
    take: &'r mut dyn Take,
}

impl Rows<'_> {
    fn place(&mut self, id: &str) -> Option<usize> {
        let likely = self.set.components.list.get(self.next).filter(|it| it.id == id);
        let at = match likely {
            Some(_) => self.next,
            None => *self.set.index.get(id)?,
        };
        self.next = at + 1;
        Some(at)
    }

    fn hand_over(&mut self) -> Result<(), DecodeError> {
        self.set.groups.apply(&mut self.cells);
        let record = self.cells.record()?;
        self.take.record(record)
    }

    fn deletes(&self) -> bool {
        self.set.components.action.is_some_and(|at| self.cells.get(at) == "D")
    }
}

impl Visit for Rows<'_> {
    fn begin(&mut self, level: Level) -> Result<(), DecodeError> {
        match level {
            Level::DataSet => {
                self.set = self.sets.next().unwrap_or_default();
                self.next = 0;
                for id in self.set.texts.iter().filter(|id| !is_attribute(id)) {
                    self.take.remark(format!("{id} holds texts and is read as an attribute"));
                }
                let wanted = match self.set.records {
                    0 => vec![true; self.set.components.list.len()],
                    _ => self.take.components(&self.set.components)?,
                };
                self.cells = Cells::new(&self.set.components, wanted, self.max);
            }
            Level::Group => {}
            Level::Series => self.found = 0,
            Level::Obs => {
                self.next = self.set.first_of_obs;
                self.found += 1;
            }
        }
        Ok(())
    }

    fn value(&mut self, level: Level, _: Kind, id: &str, text: &str) -> Result<(), DecodeError> {
        if level == Level::Group {
            return Ok(());
        }
        let Some(at) = self.place(id) else { return Ok(()) };
        if self.cells.wants(at) && !self.cells.set(level, at, text) {
            let id: String = id.chars().take(60).collect();
            let found = format!("component {id:?} is stated twice of one thing");
            return Err(DecodeError::Shape { found, expected: "each once" });
        }
        Ok(())
    }

    fn end(&mut self, level: Level) -> Result<(), DecodeError> {
        match level {
            Level::Obs => self.hand_over()?,
            Level::Series if self.found == 0 => {
                if self.deletes() {
                    self.hand_over()?;
                } else {
                    self.take.remark("series without observations".to_owned());
                }
            }
            Level::DataSet if self.set.records == 0 && self.deletes() => {
                self.take.remark(format!(
                    "a data set whose {ACTION} is Delete names nothing: it may mean all; what the \
                     source no longer gives is found by comparing whole answers"
                ));
            }
            Level::Series | Level::Group | Level::DataSet => {}
        }
        if level != Level::Group {
            self.cells.clear(level);
        }
        Ok(())
    }
}
