//! Series that are declared to be the sum of others, against them.

use std::collections::BTreeMap;

use wsis_model::period::Period;
use wsis_model::pipeline::same_code;
use wsis_model::plausible::{Action, Test, Total};

use crate::plausible::{Verdict, more, named};
use crate::row::{Dict, Row};

/// Figures of one sum that are compared; what comes beyond them is not, and said. More than any sum of
/// areas and years holds.
const CELLS_MAX: usize = 250_000;

/// Figures named in a message.
const NAMED: usize = 5;

/// All sums of a delivery.
#[derive(Default)]
pub(crate) struct Sums(Vec<Sum>);

struct Sum {
    rule: Total,
    /// By series number its place: 0 is the sum.
    places: Vec<(u32, usize)>,
    cells: BTreeMap<(u32, Period, u32), Cell>,
    not_compared: u64,
}

/// One figure and its parts.
#[derive(Default)]
struct Cell {
    total: Option<f64>,
    parts: f64,
    given: usize,
    /// Series of which the delivery says something new.
    news: Vec<u32>,
}

impl Sums {
    pub(crate) fn of(rules: &[Total], dict: &Dict) -> Self {
        let place = |rule: &Total, code: &str| {
            let mut all = std::iter::once(&rule.series).chain(&rule.parts);
            all.position(|it| same_code(it, code))
        };
        let sum = |rule: &Total| {
            let series = (0..u32::try_from(dict.series.len()).unwrap_or(u32::MAX))
                .filter_map(|id| Some((id, place(rule, dict.series.get(id))?)));
            Sum {
                places: series.collect(),
                rule: rule.clone(),
                cells: BTreeMap::new(),
                not_compared: 0,
            }
        };
        Self(rules.iter().filter(|it| it.action != Action::Off).map(sum).collect())
    }

    /// Takes a figure that will be in force.
    pub(crate) fn count(&mut self, row: &Row, value: Option<f64>, is_news: bool) {
        let Some(value) = value else { return };
        for sum in &mut self.0 {
            let Some((_, place)) = sum.places.iter().find(|(id, _)| *id == row.series) else {
                continue;
            };
            let key = (row.area, row.period, row.cut);
            if sum.cells.len() >= CELLS_MAX && !sum.cells.contains_key(&key) {
                sum.not_compared += 1;
                continue;
            }
            let cell = sum.cells.entry(key).or_default();
            if *place == 0 {
                cell.total = Some(value);
            } else {
                cell.parts += value;
                cell.given += 1;
            }
            if is_news {
                cell.news.push(row.series);
            }
        }
    }

    /// Says which sums are none.
    pub(crate) fn end(self, dict: &Dict, verdict: &mut Verdict) {
        for sum in self.0 {
            sum.end(dict, verdict);
        }
    }
}

impl Sum {
    fn end(self, dict: &Dict, verdict: &mut Verdict) {
        let Self { rule, cells, not_compared, .. } = self;
        let of = |(area, period, cut): &(u32, Period, u32)| {
            format!("{} {period}", named(dict, *area, *cut))
        };
        let (mut compared, mut wrong) = (0_u64, Vec::new());
        for (key, cell) in &cells {
            let Some(total) = cell.total.filter(|_| cell.given == rule.parts.len()) else {
                continue;
            };
            if cell.news.is_empty() {
                continue;
            }
            compared += 1;
            let size = total.abs().max(cell.parts.abs());
            if (total - cell.parts).abs() > rule.within * size {
                wrong.push((key, total, cell));
            }
        }
        if not_compared > 0 {
            verdict.told.push(format!(
                "series {}: {not_compared} figures beyond {CELLS_MAX} sums were not compared (`[[total]]` of the \
                 pipeline)",
                rule.series
            ));
        }
        if wrong.is_empty() {
            return;
        }
        // By name: numbers are those of arrival.
        wrong.sort_by_cached_key(|((area, period, cut), ..)| {
            let cut = dict.cuts.get(*cut).map(|id| dict.texts.get(id));
            (dict.areas.get(*area), *period, cut)
        });
        let named: Vec<String> = wrong
            .iter()
            .take(NAMED)
            .map(|(key, total, cell)| format!("{} {total}, parts {}", of(key), cell.parts))
            .collect();
        let count = wrong.len() as u64;
        let found = format!(
            "series {}: {count} of {compared} figures are not the sum of {}: {}{}",
            rule.series,
            rule.parts.join(" + "),
            named.join("; "),
            more(count, "figure"),
        );
        verdict.say((Test::Total, rule.action), &found);
        if rule.action == Action::Quarantine {
            for ((area, period, cut), total, cell) in &wrong {
                for series in &cell.news {
                    let detail = format!(
                        "{} is {total} and its parts {} come to {} (`[[total]]` of the pipeline)",
                        rule.series,
                        rule.parts.join(" + "),
                        cell.parts
                    );
                    verdict.refuse((*series, *area, *cut, *period), detail);
                }
            }
        }
    }
}
