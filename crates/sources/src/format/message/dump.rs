//! What a message holds, cell by cell, for the tests: before any mapping.
#![expect(clippy::indexing_slicing, reason = "tests")]

use chrono::NaiveDate;
use wsis_model::codelist::CodeLists;
use wsis_model::limits::DecodeLimits;
use wsis_model::pipeline::{Gates, KeyPlace, Pipeline, Undeclared};

use super::components::{Components, Kind};
use super::{Body, Message, Take};
use crate::table::Record;
use crate::{DecodeError, DecodeJob};

/// The records of one set of components.
#[derive(Debug, Default)]
pub(crate) struct Part {
    pub(crate) ids: Vec<String>,
    pub(crate) kinds: Vec<Kind>,
    pub(crate) rows: Vec<Vec<String>>,
}

impl Part {
    /// The cells of a component.
    pub(crate) fn column(&self, id: &str) -> Vec<&str> {
        let at = self.ids.iter().position(|it| it == id);
        let at = at.unwrap_or_else(|| panic!("no {id} in {:?}", self.ids));
        self.rows.iter().map(|row| row[at].as_str()).collect()
    }

    /// Components of a kind, in the order of the message.
    pub(crate) fn of(&self, kind: Kind) -> Vec<&str> {
        let both = self.ids.iter().zip(&self.kinds);
        both.filter(|(_, it)| **it == kind).map(|(id, _)| id.as_str()).collect()
    }
}

/// All of a message.
#[derive(Debug, Default)]
pub(crate) struct Dump {
    pub(crate) parts: Vec<Part>,
    pub(crate) remarks: Vec<String>,
    pub(crate) malformed: Vec<String>,
    pub(crate) updated: Option<NaiveDate>,
}

impl Take for Dump {
    fn components(&mut self, components: &Components) -> Result<Vec<bool>, DecodeError> {
        self.parts.push(Part {
            ids: components.list.iter().map(|it| it.id.clone()).collect(),
            kinds: components.list.iter().map(|it| it.kind).collect(),
            rows: Vec::new(),
        });
        Ok(vec![true; components.list.len()])
    }

    fn record(&mut self, record: Record<'_>) -> Result<(), DecodeError> {
        let row = record.iter().map(str::to_owned).collect();
        self.parts.last_mut().unwrap().rows.push(row);
        Ok(())
    }

    fn malformed(
        &mut self,
        _: (usize, Option<Record<'_>>),
        why: &str,
        _: &str,
    ) -> Result<(), DecodeError> {
        self.malformed.push(why.to_owned());
        Ok(())
    }

    fn updated(&mut self, date: NaiveDate) {
        self.updated = Some(date);
    }

    fn remark(&mut self, remark: String) {
        self.remarks.push(remark);
    }
}

impl Dump {
    /// Reads a body under limits.
    pub(crate) fn under(
        message: &dyn Message,
        limits: DecodeLimits,
        bytes: &[u8],
    ) -> Result<Self, DecodeError> {
        let (pipeline, lists) = (pipeline(), CodeLists::default());
        let job = DecodeJob { limits, ..DecodeJob::new(&pipeline, &lists) };
        let mut dump = Self::default();
        message.each(&Body { job: &job, bytes }, &mut dump)?;
        Ok(dump)
    }

    /// Reads a body.
    pub(crate) fn of(message: &dyn Message, bytes: &[u8]) -> Result<Self, DecodeError> {
        Self::under(message, DecodeLimits::default(), bytes)
    }

    /// Reads a file of the shared data; none where there is none.
    pub(crate) fn shared(message: &dyn Message, path: &str) -> Option<Self> {
        let bytes = shared(path)?;
        Some(Self::of(message, &bytes).unwrap_or_else(|error| panic!("{path}: {error}")))
    }

    /// The only part.
    pub(crate) fn only(&self) -> &Part {
        assert_eq!(self.parts.len(), 1, "{:?}", self.remarks);
        &self.parts[0]
    }

    /// Records of each part.
    pub(crate) fn counts(&self) -> Vec<usize> {
        self.parts.iter().map(|part| part.rows.len()).collect()
    }
}

/// A file of the shared data.
pub(crate) fn shared(path: &str) -> Option<Vec<u8>> {
    let file = wsis_reference::shared(&format!("data/{path}"))?;
    Some(std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display())))
}

fn pipeline() -> Pipeline {
    Pipeline {
        id: "dump".to_owned(),
        title: String::new(),
        agency: String::new(),
        source: "file".to_owned(),
        dataset: String::new(),
        base_url: String::new(),
        folder: None,
        schedule: None,
        release: None,
        years: (1960, 2025),
        page_size: 1,
        series: Vec::new(),
        files: Vec::new(),
        mapping: None,
        database: None,
        undeclared: Undeclared::Quarantine,
        gates: Gates::OPEN,
        contract: wsis_model::contract::Contract::default(),
        plausibility: wsis_model::plausible::Plausibility::default(),
        secret_env: None,
        key_place: KeyPlace::Bearer,
        timeout_s: 60,
        licence: String::new(),
        citation: String::new(),
        homepage: String::new(),
    }
}
