//! One figure by two ways: where an agency's indicator reaches us from several providers, what they
//! say is compared cell by cell.

use serde::Serialize;
use wsis_model::framework::{Indicator, SeriesRef};
use wsis_scorecard::rounding::{decimals, half_a_unit};

use crate::scores::Scores;

/// A cell of which two deliveries say different things.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Apart {
    /// Area code.
    pub area: String,
    /// Year.
    pub year: i32,
    /// Value of the first delivery.
    pub first: f64,
    /// Value of the second.
    pub second: f64,
    /// Second less first.
    pub difference: f64,
}

/// Two deliveries of one indicator, compared.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Deliveries {
    /// Code of the first delivery.
    pub indicator: String,
    /// Code of the second.
    pub second_indicator: String,
    /// Title of the first.
    pub title: String,
    /// Unit of both.
    pub unit: String,
    /// Series of the first.
    pub first: String,
    /// Series of the second.
    pub second: String,
    /// Half a unit of the last decimal that both deliveries print: what rounding may change.
    pub half_a_unit: f64,
    /// Cells (area and year) with a value in both.
    pub both: usize,
    /// Of these, equal within `half_a_unit`.
    pub equal: usize,
    /// Cells of the first alone.
    pub only_first: usize,
    /// Cells of the second alone.
    pub only_second: usize,
    /// Median (mean of the two in the middle of an even number) of the differences without their signs, over the cells that differ.
    pub median_difference: Option<f64>,
    /// Every cell that differs, the largest difference first.
    pub apart: Vec<Apart>,
}

impl Scores {
    /// Every second delivery of the framework beside its first one, in the framework's order.
    pub fn deliveries(&self) -> Vec<Deliveries> {
        let framework = self.framework();
        let pairs = framework.indicators.iter().filter_map(|second| {
            let first = framework.indicator(second.second_delivery_of.as_deref()?)?;
            Some(self.compared(first, second))
        });
        pairs.collect()
    }

    fn compared(&self, first: &Indicator, second: &Indicator) -> Deliveries {
        let mut found = Deliveries {
            indicator: first.code.clone(),
            second_indicator: second.code.clone(),
            title: first.title.clone(),
            unit: first.unit.clone(),
            first: named(first.series.as_ref()),
            second: named(second.series.as_ref()),
            half_a_unit: 0.0,
            both: 0,
            equal: 0,
            only_first: 0,
            only_second: 0,
            median_difference: None,
            apart: Vec::new(),
        };
        let decimals = self.decimals(&first.code).min(self.decimals(&second.code));
        found.half_a_unit = half_a_unit(decimals);
        for area in self.panel.areas() {
            self.compare_area((&first.code, &second.code), area, &mut found);
        }
        found.apart.sort_by(|a, b| {
            let size = |it: &Apart| it.difference.abs();
            size(b).total_cmp(&size(a)).then_with(|| (&a.area, a.year).cmp(&(&b.area, b.year)))
        });
        found.equal = found.both - found.apart.len();
        let size = |at: usize| found.apart.get(at).map(|it| it.difference.abs());
        let count = found.apart.len();
        found.median_difference = count
            .checked_sub(1)
            .and_then(|last| Some(f64::midpoint(size(last / 2)?, size(count / 2)?)));
        found
    }

    /// Decimals that a delivery prints at most.
    fn decimals(&self, indicator: &str) -> i32 {
        let cells = self.panel.areas().iter().flat_map(|area| self.panel.series(indicator, area));
        cells.filter_map(|(_, cell)| cell.value).map(decimals).max().unwrap_or(0)
    }

    fn compare_area(&self, (first, second): (&str, &str), area: &str, found: &mut Deliveries) {
        let values = |code: &str| {
            let cells = self.panel.series(code, area).iter();
            cells.filter_map(|(year, cell)| Some((*year, cell.value?))).collect::<Vec<_>>()
        };
        let (firsts, seconds) = (values(first), values(second));
        let of = |all: &[(i32, f64)], year: i32| {
            all.binary_search_by_key(&year, |(year, _)| *year).ok().map(|at| all[at].1)
        };
        found.only_second +=
            seconds.iter().filter(|(year, _)| of(&firsts, *year).is_none()).count();
        for (year, one) in firsts {
            let Some(other) = of(&seconds, year) else {
                found.only_first += 1;
                continue;
            };
            found.both += 1;
            if !is_same(one, other, found.half_a_unit) {
                let difference = other - one;
                let area = area.to_owned();
                found.apart.push(Apart { area, year, first: one, second: other, difference });
            }
        }
    }
}

/// Provider, dataset and series.
fn named(series: Option<&SeriesRef>) -> String {
    series.map_or("no series".to_owned(), |it| {
        format!("{} {} {}", it.source, it.dataset, it.series_code)
    })
}

/// Whether two values are one figure: providers round it in different ways.
fn is_same(one: f64, other: f64, half_a_unit: f64) -> bool {
    // What binary fractions add, for a value that lies right between two.
    (one - other).abs() <= half_a_unit + one.abs().max(1.0) * 1e-9
}

#[cfg(test)]
mod tests {
    use super::{decimals, is_same};

    #[test]
    fn one_figure_in_two_roundings_is_the_same() {
        for (one, other, same) in [
            (34.2, 34.1999, true),
            (34.2, 34.26, false),
            (34.25, 34.2, true),
            (0.0, 0.04, true),
            // An index from 0 to 1: that one of its values is whole does not make the others so.
            (1.0, 0.6, false),
            (-3.1, 3.1, false),
        ] {
            assert_eq!(is_same(one, other, 0.05), same, "{one} {other}");
            assert_eq!(is_same(other, one, 0.05), same, "{other} {one}");
        }
        assert_eq!([34.0, 34.2, 34.1999, 1e-7].map(decimals), [0, 1, 4, 7]);
    }
}
