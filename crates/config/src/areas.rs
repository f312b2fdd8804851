//! The code lists of the reference areas, `schemas/codelists/ref_area*.csv` and
//! `group_members.csv`.

use std::collections::BTreeSet;
use std::sync::Arc;

use wsis_model::area::{AreaList, AreaListError};
use wsis_sources::REGISTRY;

use crate::error::{ConfigError, ErrorKind, SourceText};
use crate::files::Files;
use crate::suggest;

/// Reads the code lists of the reference areas.
pub(crate) fn read(files: &Files, findings: &mut Vec<ConfigError>) -> Option<AreaList> {
    let mut read = |name: &str| -> Option<Arc<SourceText>> {
        let path = format!("schemas/codelists/{name}");
        match files.text(&path) {
            Some(Ok(source)) => Some(source),
            Some(Err(error)) => {
                findings.push(error);
                None
            }
            None => {
                findings.push(ConfigError::whole_file(
                    ErrorKind::Unreadable,
                    path,
                    "there is no such file",
                    "put it back, or remove schemas/codelists to use the built-in lists",
                ));
                None
            }
        }
    };
    let (areas, aliases) = (read("ref_area.csv"), read("ref_area_aliases.csv"));
    let groups = read("group_members.csv");
    let files = AreaFiles { areas: areas?, aliases: aliases?, groups: groups? };
    let list = AreaList::from_csv(files.areas.text(), files.aliases.text())
        .and_then(|list| list.with_groups_csv(files.groups.text()));
    findings.extend(of_nobody(&files.aliases));
    match list {
        Ok(list) => Some(list),
        Err(faults) => {
            findings.extend(faults.iter().map(|fault| area_error(fault, &files)));
            None
        }
    }
}

/// Spellings of sources that there are not: they would never be used. Of each source the first line.
fn of_nobody(aliases: &Arc<SourceText>) -> Vec<ConfigError> {
    let mut seen = BTreeSet::new();
    let known = || REGISTRY.iter().map(|source| source.id);
    let mut found = Vec::new();
    let mut start = 0;
    for line in aliases.text().split_inclusive('\n') {
        let place = start..start + line.trim_end().len();
        start += line.len();
        let source = line.split(',').next().unwrap_or_default().trim().trim_matches('"');
        // The header, which is checked with the lines.
        let is_header = place.start == 0;
        if is_header || source == "*" || source.is_empty() || known().any(|id| id == source) {
            continue;
        }
        if seen.insert(source) {
            found.push(aliases.error(
                ErrorKind::CodeList,
                place,
                format!("a spelling of source {source:?}, which there is not"),
                suggest::hint(
                    source,
                    known().collect::<Vec<_>>(),
                    "`*` is every source; there are",
                ),
            ));
        }
    }
    found
}

/// The three files of the reference areas.
struct AreaFiles {
    areas: Arc<SourceText>,
    aliases: Arc<SourceText>,
    groups: Arc<SourceText>,
}

fn area_error(fault: &AreaListError, files: &AreaFiles) -> ConfigError {
    let AreaFiles { areas, aliases, groups } = files;
    let (source, line) = match fault {
        AreaListError::Line { file, line, .. } => {
            let named = [aliases, groups].into_iter().find(|it| it.name().ends_with(file));
            let source = named.unwrap_or(areas);
            (source, usize::try_from(*line).unwrap_or(1))
        }
        AreaListError::DuplicateCode(code) | AreaListError::SameItem(_, code) => {
            // The second of the two lines is the one to mend.
            let starts = |line: &str| line.split(',').next() == Some(code);
            let lines = areas.text().lines().enumerate().filter(|(_, line)| starts(line));
            (areas, lines.map(|(at, _)| at + 1).last().unwrap_or(1))
        }
        AreaListError::UnknownTarget { text, .. } => {
            let line = aliases.text().lines().position(|line| line.contains(text.as_str()));
            (aliases, line.map_or(1, |at| at + 1))
        }
    };
    let start: usize =
        source.text().split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
    let length =
        source.text().get(start..).and_then(|rest| rest.lines().next()).map_or(0, str::len);
    source.error(
        ErrorKind::CodeList,
        start..start + length,
        match fault {
            AreaListError::Line { found, .. } => found.clone(),
            other => other.to_string(),
        },
        "mend this line of the code list",
    )
}
