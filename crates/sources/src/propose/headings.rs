//! What headings say: years, editions, ranks.

use std::collections::HashSet;

use wsis_model::mapping::{EDITION, YEAR};

use super::column::{Column, year};
use super::roles::Roles;
use crate::years::{self, Heading};

/// Columns of figures whose headings hold years.
pub(super) fn by_year(columns: &[Column<'_>], roles: &Roles) -> Vec<(String, Vec<(usize, i32)>)> {
    let mut found: Vec<(String, Vec<(usize, i32)>)> = Vec::new();
    for column in columns {
        let says = column.is_of_figures() || column.filled == column.no_values;
        let is_open = says && !roles.used.contains(&column.at);
        let Some((pattern, year)) = pattern(column.heading).filter(|_| is_open) else { continue };
        match found.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, all)) => all.push((column.at, year)),
            None => found.push((pattern, vec![(column.at, year)])),
        }
    }
    let twice = |all: &[(usize, i32)]| {
        let years: HashSet<i32> = all.iter().map(|(_, year)| *year).collect();
        years.len() < all.len()
    };
    found.retain(|(_, all)| all.len() > 1 && !twice(all));
    found.retain(|(pattern, all)| {
        !is_rank(pattern)
            && all.iter().any(|(at, _)| columns.get(*at).is_some_and(|it| it.filled > 0))
    });
    found
}

/// A heading with `{year}` in place of the year in it, and that year.
pub(super) fn pattern(heading: &str) -> Option<(String, i32)> {
    if let Heading::Year(text) = years::heading(heading) {
        return Some((YEAR.to_owned(), text.parse().ok()?));
    }
    let mut runs = heading.split(|c: char| !c.is_ascii_digit()).filter(|run| year(run).is_some());
    let run = runs.next().filter(|_| runs.next().is_none())?;
    // What stands around it must be the same for all years.
    Some((heading.replacen(run, YEAR, 1), year(run)?)).filter(|(it, _)| !it.contains("{year}{"))
}

pub(super) fn is_rank(heading: &str) -> bool {
    let folded = heading.to_lowercase();
    folded
        .split(|c: char| !c.is_alphanumeric())
        .any(|word| matches!(word, "rank" | "ranking" | "rang" | "rango"))
}

/// A heading of figures with `{edition}` in place of the edition.
pub(super) fn of_edition(heading: &str, edition: Option<i32>) -> String {
    match (pattern(heading), edition) {
        (Some((_, year)), Some(edition)) if year == edition => {
            heading.replacen(&edition.to_string(), EDITION, 1)
        }
        _ => heading.to_owned(),
    }
}
