//! The ASEM example from its raw figures on: denominators, imputation, treatment, what the columns look like and
//! have to do with each other, each against what COINr made of it.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::framework::{Aggregation, Framework};
use wsis_scorecard::aggregate::{Item, power};
use wsis_scorecard::audit::fill::{denominate, screen, with_group_mean, with_mean};
use wsis_scorecard::audit::line::audit;
use wsis_scorecard::audit::moments::describe;
use wsis_scorecard::audit::relation::{alpha, components, kendall, pearson, spearman};
use wsis_scorecard::audit::split::mean_shift;
use wsis_scorecard::audit::treat::{Bounds, How, Treated, treat};
use wsis_scorecard::column::{distance_to_target, minmax};
use wsis_scorecard::plan::Plan;
use wsis_scorecard::rank::competition;
use wsis_scorecard::{Cell, Panel, Scorecard, score};

use crate::coinr::tree;
use crate::fixture::{Rows, areas, close, house};
use crate::ledger::{against, same};

pub(crate) type Values = Vec<Option<f64>>;

/// COINr's default: skewness 2, excess kurtosis 3.5, five points, a hundredth of the range.
pub(crate) const DEFAULT: Bounds =
    Bounds { skewness: 2.0, kurtosis: 3.5, points: 5, offset: 0.01, force: false };

/// An indicator of the example.
pub(crate) struct Leaf {
    pub(crate) code: String,
    pub(crate) parent: String,
    pub(crate) direction: f64,
    pub(crate) target: f64,
    denominator: String,
}

/// The example: economies by code, columns by indicator.
pub(crate) struct Asem {
    pub(crate) economies: Vec<String>,
    pub(crate) leaves: Vec<Leaf>,
    pub(crate) raw: BTreeMap<String, Values>,
    pub(crate) groups: Vec<String>,
    denominators: BTreeMap<String, Values>,
}

impl Asem {
    pub(crate) fn read() -> Self {
        let meta = Rows::committed("coinr-asem/input_imeta.csv");
        let data = Rows::committed("coinr-asem/input_idata.csv");
        let mut rows: Vec<_> = data.iter().collect();
        rows.sort_by_key(|row| row.text("uCode"));
        let column = |code: &str| -> Values { rows.iter().map(|row| row.number(code)).collect() };
        let text = |code: &str| rows.iter().map(|row| row.text(code).to_owned()).collect();
        let leaves = meta.iter().filter(|row| row.text("Type") == "Indicator");
        let leaves: Vec<Leaf> = leaves
            .map(|row| Leaf {
                code: row.text("iCode").to_owned(),
                parent: row.text("Parent").to_owned(),
                direction: row.number("Direction").unwrap(),
                target: row.number("Target").unwrap(),
                denominator: row.text("Denominator").to_owned(),
            })
            .collect();
        let of = |code: &String| (code.clone(), column(code));
        let denominators = ["Area", "Energy", "GDP", "Population"].map(str::to_owned);
        Self {
            economies: text("uCode"),
            raw: leaves.iter().map(|leaf| of(&leaf.code)).collect(),
            denominators: denominators.iter().map(of).collect(),
            groups: text("EurAsia_group"),
            leaves,
        }
    }

    pub(crate) fn denominated(&self, leaf: &Leaf) -> Values {
        let raw = &self.raw[&leaf.code];
        match self.denominators.get(&leaf.denominator) {
            None => raw.clone(),
            Some(by) => raw.iter().zip(by).map(|(x, by)| denominate(*x, *by, 1.0)).collect(),
        }
    }

    pub(crate) fn imputed(&self, leaf: &Leaf) -> Values {
        let groups: Vec<&str> = self.groups.iter().map(String::as_str).collect();
        let filled = with_group_mean(&self.denominated(leaf), &groups);
        filled.into_iter().map(|cell| cell.map(|cell| cell.value)).collect()
    }

    pub(crate) fn treated(&self, leaf: &Leaf, bounds: &Bounds) -> Treated {
        treat(&self.imputed(leaf), bounds)
    }

    /// Min-max of the default chain.
    pub(crate) fn normalised(&self, leaf: &Leaf) -> Values {
        let treated = self.treated(leaf, &DEFAULT).values;
        let turned: Values = treated.into_iter().map(|x| Some(x? * leaf.direction)).collect();
        minmax(&turned, 0.0, 100.0).unwrap()
    }

    /// Compares a column of every indicator with a file.
    fn compare(&self, file: &str, of: impl Fn(&Leaf) -> Values) -> Option<()> {
        let expected = Rows::read(file)?;
        against(file);
        for leaf in &self.leaves {
            for (found, row) in of(leaf).into_iter().zip(expected.iter()) {
                let what = format!("{file} {} {}", leaf.code, row.text("uCode"));
                close(found, row.number(&leaf.code), 1e-9, &what);
            }
        }
        Some(())
    }

    /// Columns of the leaves of a pillar.
    fn pillar(&self, pillar: &str, of: impl Fn(&Leaf) -> Values) -> Vec<Values> {
        self.leaves.iter().filter(|leaf| leaf.parent == pillar).map(of).collect()
    }
}

#[test]
pub(crate) fn trial_p230_the_chain_from_raw_figures_is_that_of_the_reference() {
    let asem = Asem::read();
    let once = Bounds { points: 1, ..DEFAULT };
    let all = || {
        asem.compare("coinr-asem/denominated.csv", |leaf| asem.denominated(leaf))?;
        asem.compare("coinr-asem/imputed.csv", |leaf| asem.imputed(leaf))?;
        asem.compare("coinr-asem/treated.csv", |leaf| asem.treated(leaf, &DEFAULT).values)?;
        asem.compare("coinr-asem/treated_winmax1_logct.csv", |leaf| {
            asem.treated(leaf, &once).values
        })?;
        let mean = |leaf: &Leaf| -> Values {
            with_mean(&asem.raw[&leaf.code]).into_iter().map(|cell| Some(cell?.value)).collect()
        };
        asem.compare("coinr-asem/imputed_mean_on_raw.csv", mean)?;
        asem.compare("coinr-asem/normalised_dist2targ_cap_on_imputed_mean.csv", |leaf| {
            distance_to_target(&mean(leaf), leaf.direction > 0.0, leaf.target, true).unwrap()
        })?;
        asem.compare("coinr-asem/normalised_minmax_0_100_no_imputation.csv", |leaf| {
            let turned: Values =
                asem.denominated(leaf).into_iter().map(|x| Some(x? * leaf.direction)).collect();
            minmax(&turned, 0.0, 100.0).unwrap()
        })
    };
    // Without the files the first of them has noted that this is left out.
    let _left_out: Option<()> = all();
}

/// How often a column was winsorised, whether it ended on a logarithm, skewness and kurtosis at each stage.
#[test]
pub(crate) fn trial_p230_treatment_of_each_indicator_is_that_of_the_reference() {
    let asem = Asem::read();
    for (file, points) in [("treated_details", 5), ("treated_winmax1_logct_details", 1)] {
        let file = format!("coinr-asem/{file}.csv");
        let rows = Rows::committed(&file);
        let logged = rows.columns().any(|column| column.contains('2'));
        against(&file);
        for (leaf, row) in asem.leaves.iter().zip(rows.iter()) {
            let found = asem.treated(leaf, &Bounds { points, ..DEFAULT });
            same(leaf.code.as_str(), row.text("iCode"), "iCode");
            let winsorised = Some(found.points as f64).filter(|points| *points > 0.0);
            same(winsorised, row.number("winsorise.nwin"), &leaf.code);
            for stage in 0..if logged { 3 } else { 2 } {
                let shape = found.shapes.get(stage).copied();
                let column = |name: &str| format!("check_SkewKurt{stage}.{name}");
                let what = format!("{} {stage}", leaf.code);
                let (skew, kurt) = shape.unwrap_or_default();
                close(skew, row.number(&column("Skew")), 1e-9, &what);
                close(kurt, row.number(&column("Kurt")), 1e-9, &what);
                let is_last = stage + 1 == found.shapes.len();
                let passes =
                    if is_last && found.how != How::LoggedInVain { "TRUE" } else { "FALSE" };
                let passes = if shape.is_some() { passes } else { "" };
                same(passes, row.text(&column("Pass")), &what);
            }
        }
    }
}

#[test]
pub(crate) fn trial_p230_columns_are_described_as_in_the_reference() {
    let asem = Asem::read();
    let rows = Rows::committed("coinr-asem/stats_raw.csv");
    against("coinr-asem/stats_raw.csv");
    for row in rows.iter() {
        let code = row.text("iCode");
        let found = describe(&asem.raw[code]);
        for (number, column) in [
            (found.min, "Min"),
            (found.max, "Max"),
            (found.mean, "Mean"),
            (found.median, "Median"),
            (found.deviation, "Std"),
            (found.skewness, "Skew"),
            (found.kurtosis, "Kurt"),
        ] {
            close(number, row.number(column), 1e-9, &format!("{code} {column}"));
        }
        let share = |part: usize, of: usize| part as f64 / of as f64;
        let flag = |least: f64, share: f64| if share >= least { "ok" } else { "LOW" };
        let outside = found.skewness.is_some_and(|it| it.abs() >= DEFAULT.skewness)
            && found.kurtosis.is_some_and(|it| it >= DEFAULT.kurtosis);
        let is_flagged = |column: &str, expected: &str| same(expected, row.text(column), code);
        is_flagged("Flag.SkewKurt", if outside { "OUT" } else { "ok" });
        for (name, part, of, least) in [
            ("Avail", found.there, found.rows, 0.65),
            ("NonZero", found.not_zero, found.there, 0.5),
            ("Unique", found.unique, found.there, 0.5),
            ("Same", found.same, found.there, 0.0),
        ] {
            same(Some(part as f64), row.number(&format!("N.{name}")), code);
            close(Some(share(part, of)), row.number(&format!("Frc.{name}")), 1e-9, code);
            if least > 0.0 {
                is_flagged(&format!("Flag.{name}"), flag(least, share(part, of)));
            }
        }
    }
}

type Measure = fn(&[Option<f64>], &[Option<f64>]) -> Option<f64>;

#[test]
pub(crate) fn trial_p230_correlations_and_alpha_are_those_of_the_reference() {
    let asem = Asem::read();
    let scores = Rows::committed("coinr-asem/aggregated_minmax0100_amean.csv");
    let of_kind: [(&str, Measure); 3] =
        [("pearson", pearson), ("spearman", spearman), ("kendall", kendall)];
    for (kind, measure) in of_kind {
        let file = format!("coinr-asem/corr_aggregates_{kind}.csv");
        let rows = Rows::committed(&file);
        against(&file);
        for row in rows.iter() {
            let own = scores.column(row.text("iCode"));
            for column in rows.columns().filter(|column| *column != "iCode") {
                let found = measure(&own, &scores.column(column));
                close(found, row.number(column), 1e-9, &format!("{kind} {column}"));
            }
        }
    }
    let rows = Rows::committed("coinr-asem/cronbach.csv");
    against("coinr-asem/cronbach.csv");
    for row in rows.iter() {
        let pillar = row.text("pillar");
        let raw = asem.pillar(pillar, |leaf| asem.raw[&leaf.code].clone());
        let normalised = asem.pillar(pillar, |leaf| asem.normalised(leaf));
        close(alpha(&raw), row.number("alpha_raw"), 1e-9, pillar);
        close(alpha(&normalised), row.number("alpha_normalised"), 1e-9, pillar);
    }
    let Some(rows) = Rows::read("coinr-asem/corr_raw_pearson_pairwise.csv") else { return };
    against("coinr-asem/corr_raw_pearson_pairwise.csv");
    for row in rows.iter() {
        let own = &asem.raw[row.text("iCode")];
        for leaf in &asem.leaves {
            close(pearson(own, &asem.raw[&leaf.code]), row.number(&leaf.code), 1e-9, &leaf.code);
        }
    }
}

#[test]
pub(crate) fn trial_p230_principal_components_are_those_of_the_reference() {
    let asem = Asem::read();
    let rows = Rows::committed("coinr-asem/pca_pc1.csv");
    against("coinr-asem/pca_pc1.csv");
    let pillars: BTreeSet<&str> = rows.iter().map(|row| row.text("pillar")).collect();
    for pillar in pillars {
        let leaves: Vec<&Leaf> = asem.leaves.iter().filter(|it| it.parent == pillar).collect();
        let found = components(&asem.pillar(pillar, |leaf| asem.normalised(leaf))).unwrap();
        let above_1 = found.eigenvalues.iter().filter(|it| **it > 1.0).count();
        for row in rows.iter().filter(|row| row.text("pillar") == pillar) {
            let at = leaves.iter().position(|it| it.code == row.text("iCode")).unwrap();
            close(Some(found.first[at]), row.number("pc1_loading"), 1e-9, row.text("iCode"));
            close(Some(found.share), row.number("pc1_var_share"), 1e-9, pillar);
            same(Some(above_1 as f64), row.number("n_eig_gt1"), pillar);
        }
    }
}

/// Columns scored by the tree of the example.
pub(crate) fn card(asem: &Asem, tree: &Framework, of: impl Fn(&Leaf) -> Values) -> Scorecard {
    let list = areas(asem.economies.iter().map(String::as_str));
    let mut builder = Panel::builder(tree, &list);
    for leaf in &asem.leaves {
        for (economy, value) in asem.economies.iter().zip(of(leaf)) {
            if let Some(value) = value {
                builder.insert(&leaf.code, economy, 2018, Cell::of(value)).unwrap();
            }
        }
    }
    score(house(tree), &builder.build(), &list)
}

/// Scores of the index, by economy.
pub(crate) fn index(asem: &Asem, card: &Scorecard) -> Values {
    let score = |code: &String| card.line_score("Index", code, (2018, 2018)).unwrap().score;
    asem.economies.iter().map(score).collect()
}

/// From the raw figures to every score and rank of three levels.
#[test]
pub(crate) fn trial_p230_scores_from_raw_figures_are_those_of_the_reference() {
    let asem = Asem::read();
    let tree = tree(|_| Aggregation::Arithmetic, 0.0);
    let card = card(&asem, &tree, |leaf| asem.normalised(leaf));
    let rows = Rows::committed("coinr-asem/aggregated_minmax0100_amean.csv");
    against("coinr-asem/aggregated_minmax0100_amean.csv");
    for node in &tree.reported {
        let score = |code: &String| card.line_score(node, code, (2018, 2018)).unwrap().score;
        let found: Values = asem.economies.iter().map(score).collect();
        for ((found, rank), row) in found.iter().zip(competition(&found, 9)).zip(rows.iter()) {
            let what = format!("{node} {}", row.text("uCode"));
            close(*found, row.number(node), 1e-9, &what);
            same(rank.map(f64::from), row.number(&format!("rank_{node}")), &what);
        }
    }
}

#[test]
pub(crate) fn trial_p230_ranks_without_each_pillar_are_those_of_the_reference() {
    let asem = Asem::read();
    let ranks = Rows::committed("coinr-asem/remove_pillars_ranks.csv");
    let shifts = Rows::committed("coinr-asem/remove_pillars_meanabsrankdiff.csv");
    let of = |without: &str| -> Vec<Option<u32>> {
        let mut tree = tree(|_| Aggregation::Arithmetic, 0.0);
        for child in tree.nodes.iter_mut().flat_map(|node| &mut node.children) {
            child.weight = if child.code == without { 0.0 } else { child.weight };
        }
        let card = card(&asem, &tree, |leaf| asem.normalised(leaf));
        competition(&index(&asem, &card), 9)
    };
    let nominal = of("");
    for row in shifts.iter() {
        let without = row.text("removed");
        let found = of(without);
        against("coinr-asem/remove_pillars_ranks.csv");
        for (found, row) in found.iter().zip(ranks.iter()) {
            same(
                found.map(f64::from),
                row.number(without),
                &format!("{without} {}", row.text("uCode")),
            );
        }
        against("coinr-asem/remove_pillars_meanabsrankdiff.csv");
        close(mean_shift(&nominal, &found), row.number("mean_abs_rank_diff"), 1e-9, without);
    }
}

#[test]
pub(crate) fn trial_p230_effective_weights_and_availability_are_those_of_the_reference() {
    let asem = Asem::read();
    let tree = tree(|_| Aggregation::Arithmetic, 0.0);
    let plan = Plan::new(house(&tree));
    let index = plan.lines.iter().find(|line| line.node.code == "Index").unwrap();
    let share = |leaf: &str| {
        let of = |&&(at, _): &&(usize, f64)| plan.leaves[at].code == leaf;
        index.shares.iter().find(of).map(|(_, share)| *share)
    };
    let rows = Rows::committed("coinr-asem/effective_weights.csv");
    against("coinr-asem/effective_weights.csv");
    for row in rows.iter() {
        let code = row.text("iCode");
        let below = plan.lines.iter().find(|line| line.node.code == code);
        let found = match below {
            None => share(code),
            Some(line) => {
                let all = line.shares.iter().map(|&(at, _)| share(&plan.leaves[at].code).unwrap());
                Some(all.sum())
            }
        };
        close(found, row.number("EffWeight"), 1e-9, code);
    }
    availability(&asem, &tree);
}

fn availability(asem: &Asem, tree: &Framework) {
    let rows = Rows::committed("coinr-asem/data_availability.csv");
    against("coinr-asem/data_availability.csv");
    for (at, row) in rows.iter().enumerate() {
        let own: Values = asem.leaves.iter().map(|leaf| asem.denominated(leaf)[at]).collect();
        let found = screen(&own).unwrap();
        let code = row.text("uCode");
        for (count, column) in [
            (found.missing, "N_missing"),
            (found.zeros, "N_zero"),
            (found.missing + found.zeros, "N_miss_or_zero"),
        ] {
            same(Some(count as f64), row.number(column), code);
        }
        close(Some(found.available), row.number("Dat_Avail"), 1e-9, code);
        close(found.not_zero, row.number("Non_Zero"), 1e-9, code);
    }
    let card = card(asem, tree, |leaf| asem.denominated(leaf));
    let rows = Rows::committed("coinr-asem/data_availability_by_group.csv");
    against("coinr-asem/data_availability_by_group.csv");
    for row in rows.iter() {
        for line in rows.columns().filter(|column| *column != "uCode") {
            let found = card.line_score(line, row.text("uCode"), (2018, 2018)).unwrap();
            let share = f64::from(found.indicators_used) / f64::from(found.indicators_total);
            close(Some(share), row.number(line), 1e-9, line);
        }
    }
}

/// What `wsis audit` prints of a pillar is what the reference has of it.
#[test]
fn trial_p239_the_audit_of_a_line_is_that_of_its_columns() {
    let asem = Asem::read();
    let tree = tree(|_| Aggregation::Arithmetic, 0.0);
    let card = card(&asem, &tree, |leaf| asem.normalised(leaf));
    let window = (2018, 2018);
    assert_eq!(audit(house(&tree), &card, "C99", window), None);
    let found = audit(house(&tree), &card, "ConEcFin", window).unwrap();
    assert_eq!((found.economies, found.complete), (51, 51));
    let alphas = Rows::committed("coinr-asem/cronbach.csv");
    let row = alphas.iter().find(|row| row.text("pillar") == "ConEcFin").unwrap();
    close(found.alpha, row.number("alpha_normalised"), 1e-9, "alpha");
    let loadings = Rows::committed("coinr-asem/pca_pc1.csv");
    for it in &found.indicators {
        let row = loadings.iter().find(|row| row.text("iCode") == it.indicator).unwrap();
        close(it.loading, row.number("pc1_loading"), 1e-9, &it.indicator);
        close(found.first_component, row.number("pc1_var_share"), 1e-9, "share");
        assert_eq!((it.there, it.weight), (51, 0.2));
        assert!(it.with_line.is_some_and(|it| it > 0.0), "{it:?}");
    }
    assert_eq!(
        (found.components_above_1, found.indicators.len(), found.pairs.len()),
        (Some(2), 5, 10)
    );
    assert!(found.pairs.iter().all(|pair| pair.both == 51 && pair.kendall.is_some()));
}

/// A power mean at every level: no framework can ask for one, and COINr has it.
#[test]
pub(crate) fn trial_p230_a_power_mean_of_three_levels_is_that_of_the_reference() {
    let tree = tree(|_| Aggregation::Arithmetic, 0.0);
    let values = Rows::committed("coinr-asem/normalised_minmax_1_100.csv");
    let file = "coinr-asem/aggregated_minmax1100_genmean_p-2.csv";
    let rows = Rows::committed(file);
    against(file);
    let mut known: BTreeMap<String, Values> =
        tree.indicators.iter().map(|it| (it.code.clone(), values.column(&it.code))).collect();
    while known.len() < tree.indicators.len() + tree.nodes.len() {
        for node in &tree.nodes {
            let children: Option<Vec<(f64, &Values)>> =
                node.children.iter().map(|it| Some((it.weight, known.get(&it.code)?))).collect();
            let Some(children) = children else { continue };
            let mean = |at: usize| {
                let items: Vec<Item> = children.iter().map(|(w, it)| (*w, it[at])).collect();
                power(&items, -2.0).unwrap()
            };
            let scores: Values = (0..values.len()).map(mean).collect();
            known.insert(node.code.clone(), scores);
        }
    }
    for node in &tree.nodes {
        let ranks = competition(&known[&node.code], 9);
        for ((found, rank), row) in known[&node.code].iter().zip(ranks).zip(rows.iter()) {
            close(*found, row.number(&node.code), 1e-9, &node.code);
            same(rank.map(f64::from), row.number(&format!("rank_{}", node.code)), &node.code);
        }
    }
}

/// The framework, with nothing but goalposts, makes the index, its parts and pillars of figures that are not treated: what
/// COINr winsorises lies beyond them.
#[test]
pub(crate) fn trial_p248_the_framework_gives_all_scores_of_the_default_chain() {
    let asem = Asem::read();
    let path =
        std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../schemas/framework/asem.toml");
    let text = std::fs::read_to_string(path).unwrap();
    let framework = wsis_config::framework::parse("asem.toml", &text).unwrap();
    let list = areas(asem.economies.iter().map(String::as_str).collect::<BTreeSet<_>>());
    let mut builder = Panel::builder(&framework, &list);
    for leaf in &asem.leaves {
        let of = |it: &&wsis_model::framework::Indicator| {
            it.series.as_ref().is_some_and(|series| series.series_code == leaf.code)
        };
        let indicator = framework.indicators.iter().find(of).unwrap();
        for (economy, value) in asem.economies.iter().zip(asem.imputed(leaf)) {
            builder.insert(&indicator.code, economy, 2018, Cell::of(value.unwrap())).unwrap();
        }
    }
    let card = score(house(&framework), &builder.build(), &list);
    let file = "coinr-asem/aggregated_minmax0100_amean.csv";
    let expected = Rows::committed(file);
    against(file);
    assert_eq!((expected.len(), framework.reported.len()), (51, 11));
    for row in expected.iter() {
        let area = row.text("uCode");
        for line in &framework.reported {
            let found = card.line_score(line, area, (2013, 2018)).unwrap();
            close(found.score, row.number(line), 1e-9, &format!("{area} {line}"));
            let rank = row.number(&format!("rank_{line}"));
            same(found.rank.map(f64::from), rank, &format!("rank {area} {line}"));
        }
    }
    assert!(card.indicator_scores.iter().any(|it| it.clamped), "what is winsorised lies beyond");
}
