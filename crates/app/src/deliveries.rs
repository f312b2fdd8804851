//! One figure by two ways: where an agency's indicator reaches us from several providers, what they
//! say is compared cell by cell.

use serde::Serialize;
use wsis_model::framework::{Indicator, SeriesRef};

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
    /// Cells (area and year) with a value in both.
    pub both: usize,
    /// Of these, equal as printed.
    pub equal: usize,
    /// Cells of the first alone.
    pub only_first: usize,
    /// Cells of the second alone.
    pub only_second: usize,
    /// Median of the differences without their signs, over the cells that differ.
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
            both: 0,
            equal: 0,
            only_first: 0,
            only_second: 0,
            median_difference: None,
            apart: Vec::new(),
        };
        for area in self.panel.areas() {
            self.compare_area((&first.code, &second.code), area, &mut found);
        }
        found.apart.sort_by(|a, b| {
            let size = |it: &Apart| it.difference.abs();
            size(b).total_cmp(&size(a)).then_with(|| (&a.area, a.year).cmp(&(&b.area, b.year)))
        });
        found.equal = found.both - found.apart.len();
        let middle = found.apart.len().checked_sub(1).map(|last| last / 2);
        found.median_difference =
            middle.and_then(|at| found.apart.get(at)).map(|it| it.difference.abs());
        found
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
            if !same_as_printed(one, other) {
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

/// Whether two values are the same at the fewer decimals of the two: providers round one figure in
/// different ways.
fn same_as_printed(one: f64, other: f64) -> bool {
    let decimals = decimals(one).min(decimals(other));
    let half = 0.5 * 10_f64.powi(-decimals);
    // What binary fractions add, for a value that lies right between two.
    (one - other).abs() <= half + one.abs().max(1.0) * 1e-9
}

/// Decimals of the shortest text that means the value.
fn decimals(value: f64) -> i32 {
    let text = value.to_string();
    let digits = text.split_once('.').map_or(0, |(_, digits)| digits.len());
    i32::try_from(digits).unwrap_or(i32::MAX)
}

#[cfg(test)]
mod tests {
    use super::same_as_printed;

    #[test]
    fn one_figure_in_two_roundings_is_the_same() {
        for (one, other, same) in [
            (34.2, 34.1999, true),
            (34.2, 34.26, false),
            (34.0, 34.4, true),
            (34.0, 34.6, false),
            (34.25, 34.2, true),
            (0.0, 0.04, true),
            (1_000_000.0, 1_000_001.0, false),
            (-3.1, 3.1, false),
        ] {
            assert_eq!(same_as_printed(one, other), same, "{one} {other}");
            assert_eq!(same_as_printed(other, one), same, "{other} {one}");
        }
    }
}
