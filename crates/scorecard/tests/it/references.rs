//! The committed references against the whole ones: what everybody's run compares with is a cut
//! of the source's table, not a table of our own.

use std::collections::BTreeSet;

use crate::fixture::{Row, Rows};
use crate::validation::files;

/// A committed file, the whole one below the shared data, and its number of rows.
const CUTS: [(&str, &str, usize); 17] = [
    ("dgi-2023/dgi_2023_cited.csv", "data/oecd/oecd_dgi_2023.csv", 24),
    (
        "gtmi/gtmi_2020_2022_2025.csv",
        "data/worldbank-govtech/expected.gtmi_2020_2022_2025.csv",
        593,
    ),
    ("decomposition/lmdi_geometric.csv", "reference/decomposition/lmdi_geometric.csv", 4),
    ("hdi-2023-24/hdi_country_four_years.csv", "reference/hdi-2023-24/hdi_country_year.csv", 702),
    ("hdi-2023-24/hdi_group_four_years.csv", "reference/hdi-2023-24/hdi_group_year.csv", 44),
    ("hdi-2023-24/hdi_rank_2022.csv", "reference/hdi-2023-24/hdi_rank_2022.csv", 193),
    ("egdi/egdi.csv", "reference/egdi/egdi.csv", 1341),
    ("idi-2024/idi_2024_table1_annex2.csv", "data/itu/idi-2024/idi_2024_table1_annex2.csv", 170),
    ("coinr-asem/input_imeta.csv", "reference/coinr-asem/input_imeta.csv", 68),
    (
        "coinr-asem/normalised_minmax_1_100.csv",
        "reference/coinr-asem/normalised_minmax_1_100.csv",
        51,
    ),
    (
        "coinr-asem/aggregated_minmax1100_gmean.csv",
        "reference/coinr-asem/aggregated_minmax1100_gmean.csv",
        51,
    ),
    ("edge-cases/edge_cases.csv", "reference/edge-cases/edge_cases.csv", 51),
    ("rng-philox/philox4x32_10_kat.csv", "reference/rng-philox/philox4x32_10_kat.csv", 17),
    ("rng-philox/u01.csv", "reference/rng-philox/u01.csv", 72),
    ("ua-asem/weights_mc_expected.csv", "reference/ua-asem/weights_mc_expected.csv", 51),
    ("progress/progress_cases.csv", "reference/progress/progress_cases.csv", 32),
    ("progress/no_target_thresholds.csv", "reference/progress/no_target_thresholds.csv", 20),
];

/// Cuts of files that only a pipeline reads (another encoding, notes below the table); each is held against its file by
/// the test that reads it whole: `trial_p246_odin_is_read_whole` of the configuration.
const READ_BY_PIPELINES: [&str; 1] = ["odin-2022/odin_2022_totals.csv"];

/// Rows of the first that are none of the second, by the columns of the first.
fn unknown(cut: &Rows, whole: &Rows) -> Vec<Vec<String>> {
    let columns: Vec<&str> = cut.columns().collect();
    let rows = |of: &Rows| -> BTreeSet<Vec<String>> {
        let cells = |row: Row<'_>| columns.iter().map(|it| row.text(it).to_owned()).collect();
        of.iter().map(cells).collect()
    };
    rows(cut).difference(&rows(whole)).cloned().collect()
}

#[test]
fn trial_t1_committed_references_are_cuts_of_the_whole_ones() {
    for (cut, whole, count) in CUTS {
        let Some(whole) = wsis_reference::shared(whole) else { return };
        let (cut, whole) = (Rows::committed(cut), Rows::of(&whole));
        assert_eq!(cut.len(), count);
        let unknown = unknown(&cut, &whole);
        assert!(unknown.is_empty(), "not in the source: {unknown:?}");
    }
    // What is no cut is the whole file.
    let Some(root) = wsis_reference::shared("reference") else { return };
    let cuts: BTreeSet<&str> = CUTS.iter().map(|(cut, ..)| *cut).collect();
    for file in files(&wsis_reference::committed("")) {
        if cuts.contains(file.as_str()) || READ_BY_PIPELINES.contains(&file.as_str()) {
            continue;
        }
        let (near, far) = (Rows::committed(&file), Rows::of(&root.join(&file)));
        assert_eq!(near.len(), far.len(), "{file}");
        let unknown = unknown(&near, &far);
        assert!(unknown.is_empty(), "{file}: not in the source: {unknown:?}");
    }
}
