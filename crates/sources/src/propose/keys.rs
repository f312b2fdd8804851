//! Which further columns tell records apart.

use std::collections::HashSet;

use super::column::Column;
use super::grid::Grid;
use super::roles::Roles;
use super::{Guess, MappingProposal, series};

/// Rows in which doubles are looked for.
const KEYS_MAX: usize = 50_000;
/// Further dimensions that are proposed at most.
const DIMENSIONS_MAX: usize = 6;

/// Adds columns of texts as dimensions until no two records are of one key.
pub(super) fn dimensions(
    grid: &Grid,
    columns: &[Column<'_>],
    roles: &mut Roles,
    mapping: &mut MappingProposal,
) {
    let of_others =
        roles.others.iter().filter(|(part, _)| matches!(*part, "sex" | "age" | "location"));
    let mut key: Vec<usize> =
        [roles.area, roles.year, roles.series].into_iter().flatten().collect();
    key.extend(of_others.map(|(_, at)| *at));
    if key.is_empty() {
        return;
    }
    let mut doubles = count_doubles(grid, &key);
    while doubles > 0 && roles.dimensions.len() < DIMENSIONS_MAX {
        let is_open = |it: &&Column<'_>| {
            let few = (2..=2_000).contains(&it.texts.len()) && !it.is_open;
            few && !roles.used.contains(&it.at)
                && grid.can_be_named(it.at)
                && (!it.is_of_figures() || roles.value.is_some())
        };
        let after = |it: &Column<'_>| {
            let with: Vec<usize> = key.iter().copied().chain([it.at]).collect();
            (count_doubles(grid, &with), it.texts.len(), it.at)
        };
        let best = columns.iter().filter(is_open).map(after).min();
        let Some((left, _, at)) = best.filter(|(left, ..)| *left < doubles) else { break };
        let why =
            format!("without it {doubles} rows would be of the key of another, with it {left}");
        doubles = left;
        key.push(at);
        roles.used.insert(at);
        roles.dimensions.push(at);
        if let Some(column) = columns.get(at) {
            let name = series::code(column.heading);
            mapping.dimensions.push((name, Guess::text(column.heading, why)));
        }
    }
}

/// Rows whose key another row has.
fn count_doubles(grid: &Grid, key: &[usize]) -> usize {
    let mut seen: HashSet<Vec<&str>> = HashSet::new();
    let rows = grid.rows.iter().take(KEYS_MAX);
    rows.filter(|row| {
        let cells: Vec<&str> =
            key.iter().map(|at| row.get(*at).map_or("", String::as_str)).collect();
        // A row without an area or a year is none of the figures.
        cells.first().is_some_and(|first| !first.is_empty()) && !seen.insert(cells)
    })
    .count()
}
