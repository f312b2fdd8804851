//! Tests of the model against real code lists and files.
#![expect(clippy::unwrap_used, clippy::panic, reason = "tests")]

mod area;
mod area_faults;
mod area_files;
mod period;
mod property;
mod spreadsheet;
mod words;

use std::path::PathBuf;
use std::sync::LazyLock;

use wsis_model::area::{AreaKind, AreaList, AreaMatch};

/// The committed code list.
pub(crate) static AREAS: LazyLock<AreaList> = LazyLock::new(|| {
    let lists = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../schemas/codelists");
    let read = |name: &str| std::fs::read_to_string(lists.join(name)).unwrap();
    AreaList::from_csv(&read("ref_area.csv"), &read("ref_area_aliases.csv"))
        .and_then(|list| list.with_groups_csv(&read("group_members.csv")))
        .unwrap()
});

/// The code of the one area that `text` means to `source`; `several` or `none` otherwise.
pub(crate) fn code(source: &str, text: &str) -> String {
    match AREAS.find(source, text) {
        AreaMatch::One(area) => area.code.clone(),
        AreaMatch::Many(found) => {
            let codes: Vec<&str> =
                found.iter().map(|&at| AREAS.at(at).unwrap().code.as_str()).collect();
            format!("several: {}", codes.join(" "))
        }
        AreaMatch::None => "none".to_owned(),
    }
}

/// Kind of an area by code.
pub(crate) fn kind(code: &str) -> AreaKind {
    AREAS.get(code).unwrap_or_else(|| panic!("no area {code}")).kind
}

/// The records of a CSV file below the shared folder, header first, without a BOM.
pub(crate) fn csv_rows(path: &str) -> Option<Vec<Vec<String>>> {
    let text = std::fs::read_to_string(wsis_reference::shared(path)?).unwrap();
    let text = text.trim_start_matches('\u{FEFF}');
    let mut reader =
        csv::ReaderBuilder::new().has_headers(false).flexible(true).from_reader(text.as_bytes());
    let rows = reader.records().map(|r| r.unwrap().iter().map(str::to_owned).collect());
    Some(rows.collect())
}
