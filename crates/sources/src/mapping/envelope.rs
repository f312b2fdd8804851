//! What stands around the figures of a record, and says that they are none of those asked for.

use crate::mapping::mapper::Cells;

/// Why a record is none of the figures that were asked for, by what stands around them.
pub(super) fn fault_in_envelope(cells: Cells<'_, '_>) -> Option<String> {
    fault_in_action(cells).or_else(|| fault_in_database(cells))
}

/// One code can have other figures in another database (W6).
fn fault_in_database(cells: Cells<'_, '_>) -> Option<String> {
    let (place, asked) = cells.layout.database?;
    let got = cells.get(place).trim();
    (!got.eq_ignore_ascii_case(asked)).then(|| {
        let got: String = got.chars().take(40).collect();
        format!("a record of database {got:?}, and {asked} was asked for")
    })
}

/// What an SDMX action says of a record that is none of figures.
fn fault_in_action(cells: Cells<'_, '_>) -> Option<String> {
    let action = cells.optional(cells.layout.action);
    match action.to_ascii_uppercase().as_str() {
        "" | "I" | "A" | "M" | "R" => None,
        "D" => Some(
            "ACTION is D: the source deletes what it gave before; what it no longer gives is \
             found by comparing whole answers"
                .to_owned(),
        ),
        _ => {
            let action: String = action.chars().take(40).collect();
            Some(format!("ACTION {action:?} is none of I, A, M, R and D"))
        }
    }
}
