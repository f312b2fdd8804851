//! Which figure a record is of that cannot be used, as far as its parts can be read.

use wsis_model::mapping::Mapping;
use wsis_model::pipeline::Series;
use wsis_model::quarantine::{Reason, Subject};

use crate::area::AreaId;
use crate::checks::period;
use crate::codes::Breakdown;
use crate::format::lines::Line;
use crate::mapping::layout::{Figures, Layout, Place};
use crate::mapping::mapper::{Cells, Mapper, figures_of};
use crate::mapping::written;
use crate::normalise::{Fault, Normaliser, Row, Value};
use crate::{DecodeError, number, text};

impl Normaliser<'_> {
    /// The figure of a series, an area, a period and a breakdown, each where it is known.
    pub(crate) fn subject(
        &self,
        (series, area): (Option<&Series>, Option<AreaId>),
        at: &str,
        breakdown: Option<&Breakdown>,
    ) -> Subject {
        let area = area.and_then(|area| self.areas.get(area)).and_then(|it| it.as_ref().ok());
        let texts =
            |it: &Breakdown| [&it.sex, &it.age, &it.location, &it.dimensions].map(Clone::clone);
        Subject {
            series: series.map(|series| series.code.clone()),
            area: area.map(|area| area.code.clone()),
            period: period(self.frequencies, at).ok(),
            breakdown: breakdown.map(texts),
            refused: None,
        }
    }

    /// The figure of a row that has a fault.
    pub(super) fn subject_of(&self, row: &Row<'_>, fault: &Fault) -> Subject {
        let of = (row.series.ok(), Some(row.area));
        let digits = match row.value {
            Value::Text(text) => Some(text),
            Value::Written { number, .. } => number,
            Value::Missing(_) | Value::Unreadable(_) => None,
        };
        let digits = digits.filter(|_| fault.reason == Reason::OutOfRange);
        let refused = digits.and_then(|digits| number::parse(digits, row.scale)).map(|it| it.value);
        Subject { refused, ..self.subject(of, row.period, row.breakdown.ok()) }
    }

    /// The area that a code and the name beside it mean, without a word on what is in doubt: of a
    /// record that is not used.
    pub(crate) fn area_unused(&mut self, code: &str, name: &str) -> AreaId {
        if code.trim().is_empty() {
            self.areas.of(name)
        } else {
            self.areas.with_name(code, name).0
        }
    }
}

impl<'a> Mapper<'a> {
    /// Sets aside what stands where records should be and is none: so many figures; `of` is what could
    /// be made out of each.
    ///
    /// # Errors
    /// When a limit is reached, or the work is to stop.
    pub(crate) fn malformed(
        &mut self,
        (figures, of): (usize, Option<(&Layout<'a>, Line<'_>)>),
        why: &str,
        record: &str,
    ) -> Result<(), DecodeError> {
        self.at += 1;
        let filled: Vec<usize> = self.above.iter().map(|(at, _)| *at).collect();
        self.forget_above(&filled, why);
        let figures = match of {
            Some((layout, line)) => self.subjects(Cells { line, layout, sheet: "", above: &[] }),
            None => vec![Subject::default(); figures],
        };
        self.rows.malformed_row(figures, why, self.at, &text::joined([record], ""))
    }

    /// The figures of a record that cannot be used: one at least.
    pub(super) fn subjects(&mut self, cells: Cells<'_, 'a>) -> Vec<Subject> {
        let layout = cells.layout;
        let can_be_read = |place: Place| {
            place.column().is_none_or(|column| cells.unreadable_at(column).is_none())
        };
        let area = [layout.area, layout.area_name].into_iter().flatten().all(can_be_read);
        let area = area.then(|| self.area_unused(cells));
        let mut places = layout.dimensions.iter().flat_map(|(_, it)| it.places());
        let breakdown = places.all(can_be_read).then(|| self.breakdown(cells));
        let breakdown = breakdown.and_then(|it| self.breakdowns.get(it)?.as_ref().ok());
        let year = layout.year.filter(|place| can_be_read(*place));
        let edition = self.edition.as_deref().filter(|_| layout.year.is_none());
        let mut found = Vec::new();
        for (series, figures) in figures_of(cells) {
            for figure in figures {
                let at = match (&figure.year, year) {
                    (Some(year), _) => year.as_str(),
                    (None, Some(place)) => text::whole_number(cells.get(place)),
                    (None, None) => edition.unwrap_or_default(),
                };
                found.push(self.rows.subject((Some(series), area), at, breakdown));
            }
        }
        if found.is_empty() {
            found.push(Subject::default());
        }
        found
    }
}

/// The values of all series of a record, where a rule on zeros may ask for them.
pub(super) fn sisters<'c>(
    mapping: &Mapping,
    figures: &[(&'c Series, &[Figures])],
    cells: Cells<'_, '_>,
) -> Vec<(&'c str, Option<f64>)> {
    let asks = |series: &Series| {
        series.zeros.as_ref().is_some_and(|rule| rule.when.iter().any(|it| it.beside.is_some()))
    };
    if !figures.iter().any(|(series, _)| asks(series)) {
        return Vec::new();
    }
    let value = |figures: &[Figures]| {
        let [figure] = figures else { return None };
        let cell = cells.line.field(figure.at);
        let found = written::read(&mapping.numbers, cell, cells.line.is_number(figure.at));
        number::parse(&found.number?, 0).map(|number| number.value)
    };
    figures.iter().map(|(series, figures)| (series.code.as_str(), value(figures))).collect()
}
