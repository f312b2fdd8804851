//! The series of a file, with what it says of each.

use std::collections::BTreeMap;
use std::collections::BTreeSet;

use wsis_model::mapping::{Keep, YEAR};
use wsis_model::pipeline::folded_code;

use super::column::Column;
use super::figures::figure;
use super::grid::Grid;
use super::headings;
use super::roles::Roles;
use super::{Guess, Look, MappingProposal, SeriesProposal, listed};
use crate::format::message::components::Labels;

/// Series that are listed; the rest is counted.
const SERIES_MAX: usize = 400;
/// Longest title that is proposed, in characters.
const TITLE_MAX: usize = 200;

/// What is known of one series.
#[derive(Default)]
struct Seen<'g> {
    figures: usize,
    bounds: Option<(f64, f64)>,
    title: Option<&'g str>,
    units: BTreeMap<&'g str, usize>,
}

impl Seen<'_> {
    fn take(&mut self, cell: &str) {
        let Some(found) = figure(cell) else { return };
        self.figures += 1;
        if let Some(value) = found.value {
            let (low, high) = self.bounds.unwrap_or((value, value));
            self.bounds = Some((low.min(value), high.max(value)));
        }
    }
}

/// Every series, and how many there are beyond those that are listed.
pub(super) fn all(
    look: &Look<'_>,
    (grid, columns): (&Grid, &[Column<'_>]),
    roles: &Roles,
    mapping: &mut MappingProposal,
    decide: &mut Vec<String>,
) -> (Vec<SeriesProposal>, usize) {
    let mut found = if roles.series.is_some() {
        by_column(grid, roles, mapping, decide)
    } else if roles.measures.is_empty() && roles.by_year.len() <= 1 {
        vec![only(look, grid, roles, mapping, decide)]
    } else {
        by_heading(grid, columns, roles)
    };
    if let [(pattern, columns)] = roles.by_year.as_slice()
        && roles.measures.is_empty()
    {
        let years = format!("{} headings are years", columns.len());
        mapping.columns.push(("value", Guess::new(pattern.clone(), years)));
    }
    let mut known = BTreeSet::new();
    for series in &mut found {
        let mut number = 2;
        while !known.insert(folded_code(&series.code)) {
            series.code = format!("{}_{number}", series.code);
            number += 1;
        }
    }
    let left_out = found.len().saturating_sub(SERIES_MAX);
    found.truncate(SERIES_MAX);
    (found, left_out)
}

/// One series for each text of a column.
fn by_column(
    grid: &Grid,
    roles: &Roles,
    mapping: &mut MappingProposal,
    decide: &mut Vec<String>,
) -> Vec<SeriesProposal> {
    let figures = roles.figures();
    let is_labelled = grid.components.as_ref().is_some_and(|it| it.labels == Labels::InCells);
    let cell = |row: &'_ Vec<String>, at: Option<usize>| -> String {
        at.and_then(|at| row.get(at)).cloned().unwrap_or_default()
    };
    let mut seen: BTreeMap<&str, Seen<'_>> = BTreeMap::new();
    for row in &grid.rows {
        let Some(code) = roles.series.and_then(|at| row.get(at)).filter(|it| !it.is_empty()) else {
            continue;
        };
        // Below a table stand remarks, in whatever column comes first.
        if roles.area.is_some_and(|at| row.get(at).is_none_or(String::is_empty)) {
            continue;
        }
        let one = seen.entry(code).or_default();
        for at in &figures {
            one.take(&cell(row, Some(*at)));
        }
        one.title = one.title.or(roles.title.and_then(|at| row.get(at)).map(String::as_str));
        if let Some(unit) = roles.unit.and_then(|at| row.get(at)).filter(|it| !it.is_empty()) {
            *one.units.entry(unit).or_default() += 1;
        }
    }
    let mut several = Vec::new();
    let units_of = |seen: &Seen<'_>, written: &str, several: &mut Vec<String>| {
        if seen.units.len() > 1 {
            several.push(written.to_owned());
        }
        let most = seen.units.iter().max_by_key(|(_, count)| **count);
        most.map(|(unit, _)| (*unit).to_owned())
    };
    let mut found = Vec::new();
    for (written, seen) in &seen {
        let (id, label) = match written.split_once(": ").filter(|_| is_labelled) {
            Some((id, label)) => (id, Some(label)),
            None => (*written, None),
        };
        let code = if is_code(id) { id.to_owned() } else { code(id) };
        let source_unit = units_of(seen, id, &mut several);
        let title = seen.title.or(label).filter(|it| !it.is_empty()).unwrap_or(id);
        let unit =
            source_unit.as_deref().and_then(unit).or_else(|| unit(title)).or_else(|| unit(id));
        found.push(SeriesProposal {
            named: (code != id).then(|| id.to_owned()),
            code,
            title: title.chars().take(TITLE_MAX).collect(),
            unit,
            column: None,
            source_unit: source_unit.filter(|it| !is_bare_label(it)),
            figures: seen.figures,
            bounds: seen.bounds,
        });
    }
    told_units(grid, roles, (&several, &found), mapping, decide);
    found
}

fn is_bare_label(unit: &str) -> bool {
    unit.trim().is_empty()
}

/// The unit as a column, and what is to be decided where a series has several.
fn told_units(
    grid: &Grid,
    roles: &Roles,
    (several, found): (&[String], &[SeriesProposal]),
    mapping: &mut MappingProposal,
    decide: &mut Vec<String>,
) {
    let Some(heading) = roles.unit.and_then(|at| grid.headings.get(at)) else { return };
    if grid.components.is_none() {
        mapping.columns.push((
            "unit",
            Guess::new(heading.clone(), "its heading; it has to be that of the series"),
        ));
    }
    if several.is_empty() {
        return;
    }
    let names = listed(several.iter().map(String::as_str), 5);
    decide.push(format!(
        "figures of {names} come in several units of {heading:?}: the usual one is proposed, the others \
         go to quarantine"
    ));
    let units: BTreeSet<String> = found.iter().filter_map(|it| it.source_unit.clone()).collect();
    if let (1, Some(unit)) = (units.len(), units.first()) {
        let keep = Keep { column: heading.clone(), is: vec![unit.clone()], not: Vec::new() };
        mapping.keep.push(Guess::new(keep, "the unit of most figures"));
    }
}

/// One series for each column, or each group of columns of years.
fn by_heading(grid: &Grid, columns: &[Column<'_>], roles: &Roles) -> Vec<SeriesProposal> {
    let edition = roles.edition_of(grid);
    let mut found = Vec::new();
    for (pattern, all) in &roles.by_year {
        let mut seen = Seen::default();
        for (at, _) in all {
            grid.column(*at).for_each(|cell| seen.take(cell));
        }
        let name = pattern.replace(YEAR, "");
        found.push(of_heading(&name, pattern.clone(), &seen));
    }
    for column in roles.measures.iter().filter_map(|at| columns.get(*at)) {
        let mut seen = Seen::default();
        grid.column(column.at).for_each(|cell| seen.take(cell));
        let pattern = headings::of_edition(column.heading, edition);
        let name = pattern.replace(wsis_model::mapping::EDITION, "");
        found.push(of_heading(&name, pattern, &seen));
    }
    found
}

fn of_heading(name: &str, column: String, seen: &Seen<'_>) -> SeriesProposal {
    let title: String = name.split_whitespace().collect::<Vec<_>>().join(" ");
    SeriesProposal {
        code: code(&title).to_ascii_uppercase(),
        unit: unit(&title),
        title: title.trim_matches(['_', ' ']).chars().take(TITLE_MAX).collect(),
        column: Some(column),
        named: None,
        source_unit: None,
        figures: seen.figures,
        bounds: seen.bounds,
    }
}

/// The only series of a file, which says nothing of it.
fn only(
    look: &Look<'_>,
    grid: &Grid,
    roles: &Roles,
    mapping: &mut MappingProposal,
    decide: &mut Vec<String>,
) -> SeriesProposal {
    let mut seen = Seen::default();
    for at in roles.figures() {
        grid.column(at).for_each(|cell| seen.take(cell));
    }
    if let Some(at) = roles.unit {
        for cell in grid.column(at).filter(|it| !it.is_empty()) {
            *seen.units.entry(cell).or_default() += 1;
        }
    }
    let stem = look.name.rsplit('/').next().unwrap_or(look.name);
    let stem = stem.split('.').next().unwrap_or(stem);
    decide.push(if seen.figures == 0 {
        "no column of figures was found: name it in columns.value, or as `column` of each series"
            .to_owned()
    } else {
        "the file does not say what its figures are: name the series".to_owned()
    });
    let source_unit =
        seen.units.iter().max_by_key(|(_, count)| **count).map(|(it, _)| (*it).to_owned());
    let proposed = SeriesProposal {
        code: code(stem).to_ascii_uppercase(),
        title: stem.replace(['_', '-'], " "),
        unit: source_unit.as_deref().and_then(unit).or_else(|| unit(stem)),
        column: None,
        named: None,
        source_unit,
        figures: seen.figures,
        bounds: seen.bounds,
    };
    let several = if seen.units.len() > 1 { vec![proposed.code.clone()] } else { Vec::new() };
    told_units(grid, roles, (&several, std::slice::from_ref(&proposed)), mapping, decide);
    proposed
}

impl Roles {
    /// The year that headings of figures share.
    fn edition_of(&self, grid: &Grid) -> Option<i32> {
        let years: BTreeSet<i32> = self
            .measures
            .iter()
            .filter_map(|at| {
                let heading = grid.headings.get(*at)?;
                heading.split(|c: char| !c.is_ascii_digit()).find_map(super::column::year)
            })
            .collect();
        years.first().copied().filter(|_| years.len() == 1)
    }
}

/// Whether a text may be a code as it stands.
fn is_code(text: &str) -> bool {
    let safe = |byte: u8| byte.is_ascii_alphanumeric() || b"_-.@".contains(&byte);
    text.bytes().all(safe) && text.bytes().any(|byte| byte.is_ascii_alphanumeric())
}

/// A code out of words: letters, digits and `_`.
pub(super) fn code(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            c if c.is_ascii_alphanumeric() => out.push(c),
            '%' => out.push_str("PCT"),
            _ if out.ends_with('_') || out.is_empty() => {}
            _ => out.push('_'),
        }
    }
    let out: String = out.trim_end_matches('_').chars().take(60).collect();
    if out.is_empty() { "SERIES".to_owned() } else { out }
}

/// The unit that a text says; none where it leaves it open.
pub(super) fn unit(text: &str) -> Option<Guess<String>> {
    let folded = text.to_lowercase();
    let words: Vec<&str> = folded.split(|c: char| !c.is_alphanumeric() && c != '%').collect();
    let has = |all: &[&str]| words.iter().any(|word| all.contains(word));
    let because = |unit: &str| {
        let text: String = text.chars().take(60).collect();
        Some(Guess::text(unit, format!("{text:?}")))
    };
    // A code of the standard says it itself.
    let is_code =
        |it: &str| it.starts_with("PT_") || it.starts_with("PER_") || it.starts_with("CU_");
    if is_code(text)
        && text.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
    {
        return because(text);
    }
    match () {
        () if has(&["rank", "ranking"]) => because("RANK"),
        () if folded.contains('%')
            || folded.contains("per cent")
            || has(&["percent", "percentage", "pct", "pt"]) =>
        {
            because("PERCENT")
        }
        () if has(&["index", "idx", "score", "indice", "índice"]) || text == "0_TO_100" => {
            because("INDEX")
        }
        () => None,
    }
}
