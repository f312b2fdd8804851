//! The code lists of dimensions and natures, `schemas/codelists/{sex,age,location,obs_status}.csv`.

use std::sync::Arc;

use wsis_model::codelist::{CodeList, CodeListError, DimensionLists, Natures};
use wsis_model::observation::TOTAL;

use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::files::Files;

/// Reads the code lists. One that the deployment's folder does not have is the built-in one: a
/// deployment with spellings of its own for a sex need not copy the ages.
pub(crate) fn read(files: &Files, findings: &mut Vec<ConfigError>) -> Option<DimensionLists> {
    let embedded = Files::embedded();
    let mut found = |name: &'static str| -> Option<Arc<SourceText>> {
        let path = format!("schemas/codelists/{name}");
        match files.text(&path).or_else(|| embedded.text(&path))? {
            Ok(text) => Some(text),
            Err(error) => {
                findings.push(error);
                None
            }
        }
    };
    let (sex, age) = (found("sex.csv"), found("age.csv"));
    let (location, status) = (found("location.csv"), found("obs_status.csv"));
    let (sex, age, location, status) = (sex?, age?, location?, status?);
    let mut taken = Taken(findings);
    let sexes = taken.dimension(&sex, "sex.csv");
    let ages = taken.dimension(&age, "age.csv");
    let locations = taken.dimension(&location, "location.csv");
    let natures = taken.of(&status, Natures::from_csv("obs_status.csv", status.text()));
    Some(DimensionLists { sex: sexes?, age: ages?, location: locations?, natures: natures? })
}

/// Takes what could be read, and notes what could not.
struct Taken<'f>(&'f mut Vec<ConfigError>);

impl Taken<'_> {
    /// A list of a dimension, which has the code of its total: rows that say nothing of the dimension
    /// have it.
    fn dimension(&mut self, text: &Arc<SourceText>, file: &'static str) -> Option<CodeList> {
        let list = self.of(text, CodeList::from_csv(file, text.text()))?;
        if list.find(TOTAL) == Some(TOTAL) {
            return Some(list);
        }
        let found = format!("there is no code {TOTAL:?}; expected one for the total");
        self.0.push(at_line(text, &CodeListError { file, line: 1, found }));
        None
    }

    fn of<T>(&mut self, text: &Arc<SourceText>, read: Result<T, CodeListError>) -> Option<T> {
        read.map_err(|fault| self.0.push(at_line(text, &fault))).ok()
    }
}

fn at_line(text: &Arc<SourceText>, fault: &CodeListError) -> ConfigError {
    let before = usize::try_from(fault.line.saturating_sub(1)).unwrap_or(usize::MAX);
    let start: usize = text.text().split_inclusive('\n').take(before).map(str::len).sum();
    let line = text.text().get(start..).and_then(|rest| rest.lines().next());
    let place = start..start + line.map_or(0, str::len);
    text.error(ErrorKind::CodeList, place, &*fault.found, "mend this line of the code list")
}
