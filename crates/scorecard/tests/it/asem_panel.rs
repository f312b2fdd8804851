//! The ASEM example over five years: bounds of all years against bounds of each, and trends.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::framework::{Aggregation, Framework, Window};
use wsis_scorecard::audit::trend::{growth, line};
use wsis_scorecard::column::{minmax, minmax_within};
use wsis_scorecard::{Cell, Panel, score};

use crate::asem::{Asem, Values};
use crate::coinr::tree;
use crate::fixture::{Rows, areas, close, house};
use crate::ledger::against;

const YEARS: std::ops::RangeInclusive<i32> = 2018..=2022;

/// Columns of every year, by indicator and year, in the order of the economies.
type Years = BTreeMap<(String, i32), Values>;

fn panel(asem: &Asem, file: &Rows) -> Years {
    let at: BTreeMap<(i32, &str), _> =
        file.iter().map(|row| ((row.year("Time"), row.text("uCode")), row)).collect();
    let column = |code: &str, year: i32| -> Values {
        asem.economies.iter().map(|it| at[&(year, it.as_str())].number(code)).collect()
    };
    let keys = asem.leaves.iter().flat_map(|leaf| YEARS.map(|year| (leaf.code.clone(), year)));
    keys.map(|key| (key.clone(), column(&key.0, key.1))).collect()
}

/// Min-max of every column, with the direction applied first.
fn normalised(asem: &Asem, raw: &Years, over_all_years: bool) -> Years {
    let mut found = Years::new();
    for leaf in &asem.leaves {
        let turned: BTreeMap<i32, Values> = YEARS
            .map(|year| {
                let column = &raw[&(leaf.code.clone(), year)];
                (year, column.iter().map(|x| Some((*x)? * leaf.direction)).collect())
            })
            .collect();
        let all = turned.values().flatten().flatten().copied();
        let low = all.clone().fold(f64::INFINITY, f64::min);
        let high = all.fold(f64::NEG_INFINITY, f64::max);
        for (year, column) in turned {
            let scores = if over_all_years {
                minmax_within(&column, (low, high), 0.0, 100.0)
            } else {
                minmax(&column, 0.0, 100.0)
            };
            found.insert((leaf.code.clone(), year), scores.unwrap());
        }
    }
    found
}

fn five_years() -> Framework {
    let mut tree = tree(|_| Aggregation::Arithmetic, 0.0);
    tree.windows = YEARS.map(|year| Window { start: year, end: year }).collect();
    // A year without a value has none: nothing is carried forward.
    tree.ages.max = Some(0);
    tree.ages.max_progress = Some(0);
    tree
}

fn compare(asem: &Asem, scores: &Years, file: &str) {
    let tree = five_years();
    let list = areas(asem.economies.iter().map(String::as_str));
    let mut builder = Panel::builder(&tree, &list);
    for ((code, year), column) in scores {
        for (economy, value) in asem.economies.iter().zip(column) {
            if let Some(value) = value {
                builder.insert(code, economy, *year, Cell::of(*value)).unwrap();
            }
        }
    }
    let card = score(house(&tree), &builder.build(), &list);
    let rows = Rows::read(file).unwrap();
    against(file);
    for row in rows.iter() {
        for node in &tree.reported {
            let (code, year) = (row.text("uCode"), row.year("Time"));
            let found = card.line_score(node, code, (year, year)).unwrap().score;
            close(found, row.number(node), 1e-9, &format!("{node} {code} {year}"));
        }
    }
}

#[test]
pub(crate) fn trial_p231_scores_over_five_years_are_those_of_the_reference() {
    let Some(file) = Rows::read("coinr-asem-panel/input_panel.csv") else { return };
    let asem = Asem::read();
    let raw = panel(&asem, &file);
    let global = normalised(&asem, &raw, true);
    let expected = Rows::read("coinr-asem-panel/normalised_global.csv").unwrap();
    against("coinr-asem-panel/normalised_global.csv");
    for (key, column) in panel(&asem, &expected) {
        for (found, expected) in global[&key].iter().zip(column) {
            close(*found, expected, 1e-9, &format!("{key:?}"));
        }
    }
    compare(&asem, &global, "coinr-asem-panel/aggregated_global.csv");
    let own = normalised(&asem, &raw, false);
    compare(&asem, &own, "coinr-asem-panel/aggregated_per_year.csv");
}

/// COINr's growth is infinite from 0 and some number between two losses; here it is missing.
#[test]
pub(crate) fn trial_p231_trends_over_five_years_are_those_of_the_reference() {
    let Some(file) = Rows::read("coinr-asem-panel/input_panel.csv") else { return };
    let asem = Asem::read();
    let raw = panel(&asem, &file);
    let name = "coinr-asem-panel/trends_cagr_ols.csv";
    let rows = Rows::read(name).unwrap();
    against(name);
    let mut undefined = BTreeSet::new();
    for row in rows.iter() {
        let (economy, code) = (row.text("uCode"), row.text("iCode"));
        let at = asem.economies.iter().position(|it| it == economy).unwrap();
        let series: Vec<(i32, Option<f64>)> =
            YEARS.map(|year| (year, raw[&(code.to_owned(), year)][at])).collect();
        let found = growth(&series);
        match row.number("CAGR") {
            Some(theirs) if found.is_none() => {
                undefined.insert((theirs.is_infinite(), economy, code));
            }
            theirs => close(found, theirs, 1e-9, &format!("{economy} {code}")),
        }
        let change = line(&series).map(|(slope, first)| 100.0 * slope / first);
        close(change, row.number("prc_change"), 1e-9, &format!("{economy} {code} by a line"));
    }
    let infinite = undefined.iter().filter(|(infinite, ..)| *infinite).count();
    assert_eq!((infinite, undefined.len()), (71, 72), "and Luxembourg's growth of a loss");
}
