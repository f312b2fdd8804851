//! The trajectory of an economy or group.

use crate::charts::trajectory::{SIZE, Way};
use crate::plots::{Plot, exact};

/// The chart. `name`: of what and whom, "Internet users (% of population), Nigeria". `None` without a path.
pub fn plot(way: &Way<'_>, name: &str, scores: usize) -> Option<Plot> {
    let told = way.row.told(scores)?;
    let years = way.years();
    let rows = years
        .iter()
        .map(|it| vec![it.year.to_string(), exact(it.observed), exact(it.needed), exact(it.trend)]);
    let observed = years.iter().filter_map(|it| Some(format!("{}: {}", it.year, it.observed?)));
    Some(Plot {
        title: format!("{name}: {told}"),
        description: format!("Observed: {}.", observed.collect::<Vec<_>>().join("; ")),
        width: SIZE.0,
        height: SIZE.1,
        drawing: way.drawing(),
        columns: &["#year", "#observed", "#needed", "#trend"],
        rows: rows.collect(),
    })
}
