//! The parts of messages that say themselves what most of them are.

use wsis_model::mapping::Columns;

use super::MappingProposal;
use super::column::Column;
use super::grid::{self, Grid};
use super::roles::{CODES_OF_AREAS, Roles, named};
use crate::format::message::components::Labels;

/// The parts by the usual names, and by their cells where there are none.
pub(super) fn roles(
    grid: &Grid,
    columns: &[Column<'_>],
    usual: &Columns,
    mapping: &mut MappingProposal,
) -> Roles {
    let at = |id: &Option<String>| {
        id.as_ref().and_then(|id| grid.headings.iter().position(|it| it == id))
    };
    let mut roles = Roles {
        area: at(&usual.area),
        year: at(&usual.year),
        series: at(&usual.series),
        value: at(&usual.value),
        unit: at(&usual.unit),
        ..Roles::default()
    };
    let components = grid.components.as_ref();
    let open = |column: &&Column<'_>| components.is_some_and(|it| !grid::is_apart(it, column.at));
    if roles.area.is_none() {
        let may_be = |it: &&Column<'_>| it.numbers * 2 < it.filled || it.is_named(CODES_OF_AREAS);
        let best = columns.iter().filter(open).filter(may_be).max_by_key(|it| it.places.economies);
        roles.area = best
            .filter(|it| it.places.different > 1 && it.mostly(it.places.resolved()))
            .map(|it| it.at);
        named(&mut mapping.columns, "area", roles.area, columns, "its codes resolve as areas");
    }
    if roles.year.is_none() {
        let best = columns.iter().filter(open).max_by_key(|it| it.years);
        roles.year = best.filter(|it| it.mostly(it.years)).map(|it| it.at);
        named(&mut mapping.columns, "year", roles.year, columns, "its codes are years");
    }
    if roles.series.is_none() {
        let is_about = |column: &&Column<'_>| {
            let starts =
                ["indic", "measure", "subject", "variable", "naitem", "series", "contentscode"];
            starts.iter().any(|it| column.folded.starts_with(it)) && Some(column.at) != roles.value
        };
        roles.series = columns.iter().filter(open).find(is_about).map(|it| it.at);
        named(
            &mut mapping.columns,
            "series",
            roles.series,
            columns,
            "its name says that it tells series apart",
        );
    }
    let label = roles.series.and_then(|at| grid.headings.get(at)).map(|id| format!("{id}_LABEL"));
    roles.title = label.and_then(|label| grid.headings.iter().position(|it| *it == label));
    if components.is_some_and(|it| it.labels == Labels::Beside) {
        roles.title = roles.title.or(roles.series.map(|at| at + 1));
    }
    roles
}
