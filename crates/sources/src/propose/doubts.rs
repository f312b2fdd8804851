//! What a table leaves in doubt: its edition, rows that are no economies, columns that nobody asked
//! for.

use std::collections::HashSet;

use wsis_model::mapping::Keep;

use super::column::{Column, begins_in, year};
use super::grid::Grid;
use super::headings::{is_rank, pattern};
use super::roles::Roles;
use super::{Guess, MappingProposal, listed};

/// Texts that are no areas and are left out by name, at most.
const LEFT_OUT_MAX: usize = 60;

/// The year of the file, where its rows say none.
pub(super) fn edition(
    name: &str,
    grid: &Grid,
    roles: &Roles,
    decide: &mut Vec<String>,
) -> Option<Guess<i32>> {
    if grid.components.is_some() {
        return None;
    }
    let in_headings: HashSet<i32> = roles
        .measures
        .iter()
        .filter_map(|at| pattern(grid.headings.get(*at)?).map(|(_, year)| year))
        .collect();
    let mut only = in_headings.iter();
    let of_headings = only.next().filter(|_| only.next().is_none()).copied();
    let is_said = roles.year.is_some() || !roles.by_year.is_empty();
    if let Some(year) = of_headings {
        return Some(Guess::new(year, "the year in the headings of figures"));
    }
    if is_said {
        return None;
    }
    let in_text = |text: &str| {
        let mut runs = text.split(|c: char| !c.is_ascii_digit()).filter_map(year);
        runs.next().filter(|first| runs.all(|other| other == *first))
    };
    let of_name = in_text(name).map(|year| Guess::new(year, "the year in the name of the file"));
    let above = || grid.above.iter().find_map(|it| in_text(it));
    let found = of_name.or_else(|| Some(Guess::new(above()?, "the year above the header")));
    match &found {
        Some(it) => decide.push(format!(
            "are the figures of {}? {} says so, and no row does",
            it.value, it.because
        )),
        None => decide.push(
            "of which year are the figures? No row says it: write it as `edition` of the [[file]]"
                .to_owned(),
        ),
    }
    found
}

/// Rows that are no economies.
pub(super) fn places(
    columns: &[Column<'_>],
    roles: &Roles,
    mapping: &mut MappingProposal,
    decide: &mut Vec<String>,
) {
    let Some(column) = roles.area.and_then(|at| columns.get(at)) else { return };
    let places = &column.places;
    let mut unknown: Vec<&str> = places.unknown.keys().map(String::as_str).collect();
    unknown.sort_unstable();
    let cells: usize = places.unknown.values().sum();
    if cells > 0 {
        let shown = listed(unknown.iter().copied(), 12);
        let many = cells * 50 > column.filled;
        let can_be_named = unknown.len() <= LEFT_OUT_MAX;
        if many && can_be_named {
            let not = unknown.iter().map(|it| (*it).to_owned()).collect();
            let keep = Keep { column: column.heading.to_owned(), is: Vec::new(), not };
            let why = format!("{cells} of {} cells are in no list of areas", column.filled);
            mapping.keep.push(Guess::new(keep, why));
            decide.push(format!("rows of {shown} are left out: are these no economies?"));
        } else {
            decide.push(format!(
                "{cells} of {} cells in {:?} are in no list of areas, and go to quarantine: {shown}",
                column.filled, column.heading
            ));
        }
    }
}

/// What separates fields, and the encoding, where they are not found out by themselves.
pub(super) fn writing(grid: &Grid, mapping: &mut MappingProposal) {
    if grid.components.is_some() {
        return;
    }
    if let Some(delimiter) = grid.delimiter.filter(|it| !matches!(it, b',' | b'\t')) {
        let why = format!("it separates {} headings", grid.headings.len());
        mapping.delimiter = Some(Guess::new(char::from(delimiter), why));
    }
    if grid.header_rows > 1 {
        let why = "cells of the upper row stand above several columns".to_owned();
        mapping.header_rows = Some(Guess::new(grid.header_rows, why));
    }
    if let Some(encoding) = grid.encoding {
        mapping.encoding = Some(Guess::new(encoding, "the bytes are no UTF-8"));
    }
}

pub(super) fn frequencies(columns: &[Column<'_>], roles: &Roles, mapping: &mut MappingProposal) {
    let Some(column) = roles.year.and_then(|at| columns.get(at)) else { return };
    if column.periods.is_empty() {
        return;
    }
    let mut letters: Vec<&'static str> = column.periods.keys().copied().collect();
    letters.sort_unstable();
    if column.years > 0 {
        letters.insert(0, "A");
    }
    let cells: usize = column.periods.values().sum();
    let why = format!("{cells} of {} periods are no years; scorecards use years", column.filled);
    mapping.frequencies = Some(Guess::new(letters, why));
}

pub(super) fn years_of(grid: &Grid, roles: &Roles) -> Option<(i32, i32)> {
    let in_headings = roles.by_year.iter().flat_map(|(_, it)| it.iter().map(|(_, year)| *year));
    let in_rows = roles.year.into_iter().flat_map(|at| grid.column(at).filter_map(begins_in));
    let all: Vec<i32> = in_headings.chain(in_rows).collect();
    Some((*all.iter().min()?, *all.iter().max()?))
}

/// Columns that nobody asked for, each with why.
pub(super) fn unused(
    grid: &Grid,
    columns: &[Column<'_>],
    roles: &Roles,
    mapping: &mut MappingProposal,
    decide: &mut Vec<String>,
) {
    if grid.components.is_some() {
        return;
    }
    for (_, dimension) in &mapping.dimensions {
        let column = columns.iter().find(|it| it.heading == dimension.value);
        let total = ["all", "total", "_T", "_t", "Total", "All", "T", "both", "TOTAL"];
        let found = column.and_then(|it| total.iter().find(|total| it.texts.contains_key(*total)));
        if let Some(total) = found {
            decide.push(format!(
                "is the breakdown by {:?} wanted? Else read the total alone: keep = [{{ column = {:?}, \
                 is = [{total:?}] }}], and no dimension",
                dimension.value, dimension.value
            ));
        }
    }
    let is_unused = |it: &&Column<'_>| !roles.used.contains(&it.at) && !it.heading.is_empty();
    for column in columns.iter().filter(is_unused) {
        if mapping.ignore.iter().any(|it| it.value == column.heading) {
            continue;
        }
        let why = match column.only() {
            _ if column.filled == 0 => "empty".to_owned(),
            _ if is_rank(column.heading) => "ranks: made anew from the scores".to_owned(),
            Some(text) => format!("always {:?}", text.chars().take(40).collect::<String>()),
            None => format!("{} different texts", column.texts.len()),
        };
        mapping.ignore.push(Guess::text(column.heading, why));
    }
}
