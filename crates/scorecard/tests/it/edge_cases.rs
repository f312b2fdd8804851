//! `reference/edge-cases/edge_cases.csv`, read as it stands: the right answers in figures, and that
//! every case of an area this crate computes has a test by its id.

use std::collections::BTreeMap;
use std::path::Path;

use wsis_model::framework::{Direction, Goalposts, Transform};
use wsis_scorecard::aggregate::{arithmetic, geometric, power};
use wsis_scorecard::column::{distance_to_target, percentile_rank, zscore};
use wsis_scorecard::copeland::copeland;
use wsis_scorecard::normalise::goalposts;
use wsis_scorecard::progress::{Point, Track};
use wsis_scorecard::rank::competition;

use crate::fixture::{Rows, close, provenance};
use crate::ledger::against;

/// Areas of the file that this crate computes. Of sensitivity it has two of three cases; the third, and
/// configuration, are tested where files are read.
const AREAS: [&str; 9] =
    ["aggregate", "group", "impute", "index", "normalise", "progress", "rank", "screen", "treat"];

/// Leading figures of a right answer; `NA` is a missing one.
fn figures(answer: &str) -> Vec<Option<f64>> {
    let answer = answer.split(" (").next().unwrap().replace("direction -1:", "");
    answer
        .split([',', ';', ' '])
        .filter(|word| !word.is_empty())
        .map_while(|word| match word {
            "NA" => Some(None),
            word => word.parse().ok().map(Some),
        })
        .collect()
}

fn known(values: &[f64]) -> Vec<Option<f64>> {
    values.iter().copied().map(Some).collect()
}

fn between(lo: f64, hi: f64) -> Vec<Option<f64>> {
    let posts =
        Goalposts { lo, hi, transform: Transform::Identity, clamp: true, provenance: provenance() };
    let direction = if lo < hi { Direction::Up } else { Direction::Down };
    let score = |x| goalposts(x, direction, &posts, 100.0).unwrap().score;
    known(&[-5.0, 0.0, 5.0, 15.0].map(score))
}

fn ranks(scores: &[Option<f64>]) -> Vec<Option<f64>> {
    competition(scores, 9).into_iter().map(|rank| rank.map(f64::from)).collect()
}

#[test]
pub(crate) fn right_answers_in_figures_are_ours() {
    let rows = Rows::committed("edge-cases/edge_cases.csv");
    let answers: BTreeMap<&str, &str> =
        rows.iter().map(|row| (row.text("id"), row.text("right_answer"))).collect();
    assert_eq!(answers.len(), 51);
    against("edge-cases/edge_cases.csv");
    let gap = [(1.0, Some(1.0)), (1.0, None), (1.0, Some(3.0))];
    let pair = [(0.0, Some(0.0)), (1.0, Some(4.0))];
    let votes = [vec![Some(1.0), Some(1.0)], vec![Some(2.0), None], vec![None, Some(3.0)]];
    let e18 = distance_to_target(&known(&[0.0, 5.0, 10.0]), false, 2.0, false).unwrap();
    let ours = [
        ("E13", zscore(&known(&[1.0, 2.0, 3.0])).unwrap()),
        ("E15", percentile_rank(&known(&[1.0, 2.0, 2.0, 3.0])).unwrap()),
        ("E16", [between(0.0, 10.0), between(10.0, 0.0)].concat()),
        ("E18", e18),
        ("E20", ranks(&[Some(3.0), None, Some(3.0), Some(1.0)])),
        ("E23", vec![arithmetic(&gap).unwrap()]),
        ("E30", vec![geometric(&pair, None).unwrap()]),
        ("E32", vec![power(&gap, 2.0).unwrap()]),
        ("E33", copeland(&votes, &[1.0, 1.0]).into_iter().map(|wins| Some(wins as f64)).collect()),
    ];
    for (id, ours) in ours {
        let theirs = figures(answers[id]);
        assert_eq!(ours.len(), theirs.len(), "{id}: {}", answers[id]);
        for (ours, theirs) in ours.into_iter().zip(theirs) {
            close(ours, theirs, 5e-7, id);
        }
    }
}

#[test]
pub(crate) fn e41_growth_between_two_years_that_are_not_neighbours() {
    let rows = Rows::committed("edge-cases/edge_cases.csv");
    let row = rows.iter().find(|row| row.text("id") == "E41").unwrap();
    let point = |value, year| Some(Point { value, year });
    let track = Track {
        direction: 1.0,
        start: point(4.148_355, 2020.0),
        end: point(4.100_437, 2022.0),
        ..Track::default()
    };
    let found = track.rates().cagr.map(|rate| rate * 100.0);
    against("edge-cases/edge_cases.csv");
    let expected = row.text("right_answer").split(' ').nth(1).unwrap().parse().unwrap();
    close(found, Some(expected), 2e-5, "per cent a year");
}

#[test]
fn every_case_of_these_areas_has_a_test_by_its_id() {
    let rows = Rows::committed("edge-cases/edge_cases.csv");
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut names = String::new();
    for folder in ["tests/it", "src"] {
        for entry in std::fs::read_dir(root.join(folder)).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                continue;
            }
            let text = std::fs::read_to_string(path).unwrap();
            let functions = text.lines().map(str::trim_start);
            let functions = functions.map(|line| line.trim_start_matches("pub(crate) "));
            names.extend(functions.filter(|line| line.starts_with("fn ")));
        }
    }
    let mut checked = 0;
    for row in rows.iter().filter(|row| AREAS.contains(&row.text("area"))) {
        let id = row.text("id").to_lowercase();
        assert!(names.contains(&format!("{id}_")), "no test is named after {id}");
        checked += 1;
    }
    assert_eq!(checked, 47);
}
