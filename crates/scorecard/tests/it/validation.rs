//! `docs/VALIDATION.md`: every file of references with what is compared with it, how far off it is at most, and why
//! what is not compared is not. Made by running the tests that compare, so that it cannot say more than they do.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::Path;

use serde::Deserialize;

use crate::ledger::{self, Compared};
use crate::{
    asem, asem_choices, asem_panel, audits, books, cases, coinr, contributions, draws, edge_cases,
    indices, intervals, progress,
};

/// Tests that compare with a file. Those of larger files leave them out where they are not at hand.
const COMPARING: [fn(); 46] = [
    asem::trial_p230_a_power_mean_of_three_levels_is_that_of_the_reference,
    asem::trial_p230_columns_are_described_as_in_the_reference,
    asem::trial_p230_correlations_and_alpha_are_those_of_the_reference,
    asem::trial_p230_effective_weights_and_availability_are_those_of_the_reference,
    asem::trial_p230_principal_components_are_those_of_the_reference,
    asem::trial_p230_ranks_without_each_pillar_are_those_of_the_reference,
    asem::trial_p230_scores_from_raw_figures_are_those_of_the_reference,
    asem::trial_p230_the_chain_from_raw_figures_is_that_of_the_reference,
    asem::trial_p230_treatment_of_each_indicator_is_that_of_the_reference,
    asem::trial_p248_the_framework_gives_all_scores_of_the_default_chain,
    asem_choices::trial_p232_48_methods_give_the_ranks_and_the_indices_computed_outside,
    asem_choices::trial_p232_the_first_draws_of_weights_are_those_computed_outside,
    asem_panel::trial_p231_scores_over_five_years_are_those_of_the_reference,
    asem_panel::trial_p231_trends_over_five_years_are_those_of_the_reference,
    audits::e01_e02_e03_e04_both_limits_must_break,
    audits::e05_e06_e07_e08_e09_columns_that_cannot_be_winsorised,
    audits::e10_e11_logarithms,
    audits::e36_e37_e38_e39_e40_what_is_missing_stays_missing,
    audits::e42_e44_just_enough_points_and_evenly_cut_choices,
    audits::trial_p233_coverage_of_groups_is_that_of_the_reference,
    audits::trial_p233_weighted_means_of_undp_groups_are_the_published_ones,
    audits::trial_p234_weights_and_members_that_changed_are_those_of_the_reference,
    audits::trial_p234_what_moved_a_score_between_two_releases_is_that_of_the_reference,
    audits::e46_estimates_of_sobol_indices_are_those_of_the_reference,
    audits::trial_p236_the_chain_of_the_egdi_is_that_of_the_reference,
    books::trial_p238_classes_without_a_target_are_those_of_their_books,
    books::trial_p238_arrows_of_sdsn_are_those_of_the_reference,
    books::trial_p238_bounds_and_marks_of_statistics_canada_are_those_of_the_reference,
    cases::e34_copeland_of_51_economies_over_8_pillars,
    coinr::arithmetic_tree_of_three_levels,
    coinr::arithmetic_tree_under_other_normalisations,
    coinr::columns_of_49_indicators,
    coinr::geometric_and_harmonic_trees,
    coinr::geometric_tree_with_other_weights,
    coinr::goalposts_of_49_indicators,
    coinr::thresholds_of_missing_data_level_by_level,
    coinr::tree_that_is_geometric_at_the_top_only,
    contributions::trial_p164_parts_of_a_geometric_mean_are_those_of_the_reference,
    draws::trial_p161_items_and_deviates_are_the_published_ones,
    draws::trial_p161_philox_gives_the_published_words,
    draws::trial_p161_uniform_numbers_are_the_published_ones_to_the_bit,
    edge_cases::e41_growth_between_two_years_that_are_not_neighbours,
    edge_cases::right_answers_in_figures_are_ours,
    intervals::trial_p163_weights_of_the_asem_example_give_the_ranks_computed_outside,
    progress::all_progress_cases_all_columns,
    progress::baseline_window_cases,
];

/// The published indices.
const INDICES: [fn(); 11] = [
    indices::e48_egdi_of_every_edition_within_a_ten_thousandth,
    indices::e49_hdi_of_groups_in_four_years_to_the_third_decimal,
    indices::e51_e49_hdi_of_5808_country_years_and_363_group_years_to_the_third_decimal,
    indices::e51_hdi_of_four_years_to_the_third_decimal_and_193_ranks,
    indices::egdi_published_ranks_of_every_row,
    indices::idi_2024_goalposts_give_every_published_indicator_score,
    indices::idi_2024_of_109_economies_from_raw_values,
    indices::idi_2024_of_170_economies_from_pillars,
    indices::trial_p240_gtmi_of_593_rows_is_the_mean_of_its_parts,
    indices::trial_p246_odin_of_195_economies_is_the_sum_of_its_elements,
    indices::trial_p247_dgi_of_38_countries_is_the_mean_of_its_dimensions,
];

/// `docs/validation.toml`: what no test can know.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    /// Of each folder what it holds and who made it.
    folder: BTreeMap<String, String>,
    /// What is said of a comparison beside its figures.
    note: BTreeMap<String, String>,
    /// Files that are read to be computed with, and hold no result.
    input: BTreeMap<String, String>,
    /// Files that no test compares with, and why.
    not_compared: BTreeMap<String, String>,
    /// Operations that no command and no framework reaches.
    reference_only: BTreeMap<String, String>,
    /// Tables of publishers that are at hand whole, and of which no test compares all.
    publishers: BTreeMap<String, String>,
}

fn told() -> Told {
    let file = wsis_reference::committed("../../docs/validation.toml");
    toml::from_str(&std::fs::read_to_string(file).unwrap()).unwrap()
}

/// The files of a folder of references, by folder and name.
pub(crate) fn files(root: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for folder in std::fs::read_dir(root).unwrap().map(|it| it.unwrap().path()) {
        if !folder.is_dir() {
            continue;
        }
        for file in std::fs::read_dir(&folder).unwrap().map(|it| it.unwrap().path()) {
            let name = file.strip_prefix(root).unwrap().display().to_string();
            if file.extension().is_some_and(|it| it == "csv") {
                found.insert(name);
            }
        }
    }
    found
}

/// A difference with one digit, rounded up, so that no machine's last bits show.
fn shown(difference: f64) -> String {
    if difference == 0.0 {
        return "0".to_owned();
    }
    if difference < 1e-12 {
        return "below 1e-12".to_owned();
    }
    let digits = difference.log10().floor();
    let (first, digits) = match (difference / 10_f64.powf(digits)).ceil() {
        ten if ten >= 10.0 => (1.0, digits + 1.0),
        first => (first, digits),
    };
    format!("{first}e{digits}")
}

fn row(file: &str, compared: Option<&Compared>, told: &Told) -> String {
    let name = file.split('/').nth(1).unwrap();
    let of = |list: &BTreeMap<String, String>| list.get(file).cloned();
    if let Some(compared) = compared {
        let note = of(&told.note).map(|note| format!("; {note}")).unwrap_or_default();
        let (largest, tolerance) = match compared.near {
            0 => ("0".to_owned(), "equal".to_owned()),
            _ => (shown(compared.largest), format!("{:e}", compared.tolerance)),
        };
        let (exact, near) = (compared.exact, compared.near);
        return format!("| `{name}` | {near} | {largest} | {tolerance} | {exact} | met{note} |\n");
    }
    if let Some(input) = of(&told.input) {
        return format!("| `{name}` | | | | | input: {input} |\n");
    }
    let why = of(&told.not_compared);
    let why = why.unwrap_or_else(|| panic!("docs/validation.toml says nothing of {file}"));
    format!("| `{name}` | | | | | **not compared**: {why} |\n")
}

const COLUMNS: &str = "
| file | figures | largest difference | may be | equal words and ranks | result |
| --- | --- | --- | --- | --- | --- |
";

fn section(files: &BTreeSet<String>, found: &BTreeMap<String, Compared>, told: &Told) -> String {
    let mut text = String::new();
    let folders: BTreeSet<&str> = files.iter().filter_map(|file| file.split('/').next()).collect();
    for folder in folders {
        let of = told.folder.get(folder);
        let of = of.unwrap_or_else(|| panic!("docs/validation.toml: no folder {folder}"));
        write!(text, "\n### {folder}\n\n{of}\n{COLUMNS}").unwrap();
        for file in files.iter().filter(|file| file.split('/').next() == Some(folder)) {
            text.push_str(&row(file, found.get(file), told));
        }
    }
    text
}

const HEAD: &str = "\
# What the method is held against

Made by `cargo xtask validation`, which runs the tests that compare and counts what they compared;
`validation.toml` has the words. A test fails where this page is not what they give. No figure of a
reference was made by this program.

*figures* are cells that may be off by a tolerance: of 1, or of the figure where that is above 1.
*equal words and ranks* are cells that have to be equal: ranks, classes, counts, reasons, and what has to be
missing. Differences are rounded up to one digit. A test that finds one cell off fails: *met* is of all
cells counted.
";

const MIDDLE: &str = "
## Larger files

Of the same origin, and too large for the repository. They stand beside it where it is developed; elsewhere
these comparisons are left out, and `cargo xtask test` names them.
";

/// The two halves of the page: what everybody's run compares, and what takes larger files.
fn page() -> (String, Option<String>) {
    let told = told();
    let root = wsis_reference::committed("");
    let near = files(&root);
    let found = ledger::of(&[&COMPARING[..], &INDICES].concat());
    let mut text = HEAD.to_owned();
    text.push_str("\n## In the repository: every run compares\n");
    text.push_str(&section(&near, &found, &told));
    text.push_str("\n## Operations that only references use\n\n");
    for (operation, why) in &told.reference_only {
        writeln!(text, "- `{operation}`: {why}").unwrap();
    }
    text.push_str("\n## Tables of publishers\n\n");
    for (table, what) in &told.publishers {
        writeln!(text, "- {table}: {what}").unwrap();
    }
    text.push_str(MIDDLE);
    let whole = wsis_reference::shared("reference").map(|root| {
        let far: BTreeSet<String> = files(&root).difference(&near).cloned().collect();
        for file in told.input.keys().chain(told.not_compared.keys()).chain(told.note.keys()) {
            assert!(near.contains(file) || far.contains(file), "docs/validation.toml: no {file}");
        }
        section(&far, &found, &told)
    });
    (text, whole)
}

/// The page said what somebody once wrote; now it is what tests do.
#[test]
fn trial_p237_the_page_on_validation_is_what_tests_compare() {
    let file = wsis_reference::committed("../../docs/VALIDATION.md");
    let (near, far) = page();
    if std::env::var_os("WSIS_UPDATE").is_some() {
        let far = far.expect("the larger files are needed to write docs/VALIDATION.md");
        std::fs::write(&file, format!("{near}{far}")).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(&file).unwrap_or_default();
    let (head, tail) = committed.split_once(MIDDLE).unwrap_or_default();
    let told = "docs/VALIDATION.md is stale; run `cargo xtask validation` and commit it";
    assert_eq!(format!("{head}{MIDDLE}"), near, "{told}");
    if let Some(far) = far {
        assert_eq!(tail, far, "{told}");
    }
}

#[test]
fn differences_are_rounded_up_to_one_digit() {
    let shown = [0.0, 3e-16, 1.1e-9, 9.5e-9, 0.069, 1e-9].map(shown);
    assert_eq!(shown, ["0", "below 1e-12", "2e-9", "1e-8", "7e-2", "1e-9"]);
}
