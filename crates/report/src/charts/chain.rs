//! What of a chained series may be joined by a line and set side by side: the years that the chain
//! links. Where it ends, the earlier years hang on a level of their own and do not compare.

use super::segments;
use crate::input::LineView;

/// Whether the chain links two years: every step from the one to the other was made.
pub(crate) fn links(view: &LineView, from: i32, to: i32) -> bool {
    let linked = |year: i32| {
        view.year_facts
            .binary_search_by_key(&year, |fact| fact.year)
            .is_ok_and(|at| view.year_facts.get(at).is_some_and(|fact| fact.linked))
    };
    (from + 1..=to).all(linked)
}

/// The points that the last one compares with, that one included: the newest run of the chain.
pub(crate) fn newest<'p>(view: &LineView, points: &'p [(i32, f64)]) -> &'p [(i32, f64)] {
    let Some(last) = points.last() else { return points };
    let from = points.partition_point(|point| !links(view, point.0, last.0));
    points.get(from..).unwrap_or_default()
}

/// Points that a line may join: cut where a year is missing and where the chain ends.
pub(crate) fn runs(view: &LineView, points: &[(i32, f64)]) -> Vec<Vec<(i32, f64)>> {
    cut(segments(points), |from, to| links(view, from, to))
}

/// Cuts runs of years between two neighbours that may not be joined.
pub(crate) fn cut<T: Copy>(
    runs: Vec<Vec<(i32, T)>>,
    joins: impl Fn(i32, i32) -> bool,
) -> Vec<Vec<(i32, T)>> {
    let mut out = Vec::new();
    for run in runs {
        let parts = run.chunk_by(|before, after| joins(before.0, after.0));
        out.extend(parts.map(<[(i32, T)]>::to_vec));
    }
    out
}

/// Whether a year with a point stands apart from the years with a point before it.
pub(crate) fn begins(view: &LineView, points: &[(i32, f64)], year: i32) -> bool {
    let at = points.partition_point(|point| point.0 < year);
    let before = at.checked_sub(1).and_then(|at| points.get(at));
    points.get(at).is_some_and(|point| point.0 == year)
        && before.is_some_and(|before| !links(view, before.0, year))
}

/// What a line broken by the chain says, in the words of the caption.
pub(crate) const BREAKS: &str = "the line breaks where too few have figures of both years that \
     compare: what lies before is on another level and does not compare";

#[cfg(test)]
mod tests {
    use super::{begins, links, newest, runs};
    use crate::input::{LineView, YearFact};

    /// Years 2010 to 2015, the chain broken before 2013.
    fn broken() -> LineView {
        let fact =
            |year| YearFact { year, linked: year != 2010 && year != 2013, ..YearFact::default() };
        LineView { year_facts: (2010..=2015).map(fact).collect(), ..LineView::default() }
    }

    #[test]
    fn a_chain_is_cut_where_a_year_is_not_linked_to_the_one_before() {
        let view = broken();
        let points: Vec<(i32, f64)> = (2010..=2015).map(|year| (year, 1.0)).collect();
        assert!(links(&view, 2010, 2012) && links(&view, 2013, 2015) && links(&view, 2012, 2012));
        assert!(!links(&view, 2012, 2013) && !links(&view, 2010, 2015));
        let lengths: Vec<usize> = runs(&view, &points).iter().map(Vec::len).collect();
        assert_eq!(lengths, [3, 3]);
        assert_eq!(newest(&view, &points).first().map(|point| point.0), Some(2013));
        assert!(begins(&view, &points, 2013));
        assert!(!begins(&view, &points, 2010) && !begins(&view, &points, 2014));
    }

    /// A year without a fact is no year that the chain links.
    #[test]
    fn what_is_not_known_links_nothing() {
        let none = LineView::default();
        assert!(!links(&none, 2010, 2011));
        assert!(newest(&none, &[]).is_empty());
        assert_eq!(newest(&none, &[(2010, 1.0), (2011, 1.0)]), [(2011, 1.0)]);
    }
}
