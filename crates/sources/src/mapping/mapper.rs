//! Records of a table to observations, by a declared mapping.

use std::collections::HashMap;

use wsis_model::mapping::Mapping;
use wsis_model::pipeline::Series;
use wsis_model::quarantine::Subject;

use crate::area::AreaId;
use crate::checks::malformed;
use crate::codes::{Breakdown, Status};
use crate::format::lines::{Line, Stands};
use crate::mapping::counts::Counts;
use crate::mapping::envelope::fault_in_envelope;
use crate::mapping::layout::{Dimension, Figures, Layout, Place};
use crate::mapping::subject::sisters;
use crate::mapping::written;
use crate::normalise::{Fault, Normaliser, Row, Value};
use crate::{DecodeError, table, text};

/// Combinations of texts whose meaning is remembered at one time.
const KEPT: usize = 10_000;

/// Takes the records of the tables of a body.
pub(crate) struct Mapper<'a> {
    pub(crate) rows: Normaliser<'a>,
    pub(super) mapping: &'a Mapping,
    /// Year of records that do not say theirs.
    pub(super) edition: Option<String>,
    pub(super) at: i64,
    /// What an empty cell stands for, by column.
    pub(super) above: Vec<(usize, Above)>,
    /// The area of the record before, by the texts that say it.
    pub(super) area: Option<(String, AreaId)>,
    /// Labels of codes of areas that mean another area, by code.
    pub(super) labels: HashMap<String, String>,
    pub(super) breakdowns: Vec<Result<Breakdown, Fault>>,
    /// Places in `breakdowns`, by the texts of all dimensions.
    by_text: HashMap<String, usize>,
    pub(super) key: String,
    /// Records that were counted so far, where they are.
    pub(super) counts: Counts<'a>,
}

/// What stands above an empty cell: a text, or why nobody knows it.
pub(super) type Above = Result<String, String>;

/// A record under its layout.
#[derive(Clone, Copy)]
pub(super) struct Cells<'r, 'p> {
    pub(super) line: Line<'r>,
    pub(super) layout: &'r Layout<'p>,
    pub(super) sheet: &'r str,
    pub(super) above: &'r [(usize, Above)],
}

/// The id of a cell of SDMX-CSV that has a label, which may be empty: `DE: Germany`, `DE: `.
fn id_of_pair(cell: &str) -> &str {
    let id = cell.split(": ").next().unwrap_or_default();
    id.strip_suffix(':').unwrap_or(id)
}

impl<'r> Cells<'r, '_> {
    pub(super) fn get(self, place: Place) -> &'r str {
        let text = match place {
            Place::Sheet => return self.sheet,
            Place::Column(at) => match self.line.field(at) {
                "" => self.above(at).map_or("", |above| above.as_deref().unwrap_or_default()),
                text => text,
            },
        };
        // SDMX-CSV with labels: `A: Annual`.
        if self.layout.labelled { id_of_pair(text) } else { text }
    }

    pub(super) fn optional(self, place: Option<Place>) -> &'r str {
        place.map_or("", |place| self.get(place))
    }

    /// The title that the record gives its series.
    fn title(self) -> &'r str {
        match (self.layout.title, self.layout.series) {
            (Some(place), _) => self.get(place),
            // SDMX-CSV with labels: `IND: Individuals using the Internet`.
            (None, Some(Place::Column(at))) if self.layout.labelled => {
                self.line.field(at).split_once(": ").map_or("", |(_, label)| label)
            }
            _ => "",
        }
    }

    /// What an empty cell of a column stands for, where it stands for one above.
    fn above(self, at: usize) -> Option<&'r Above> {
        self.above.iter().find(|(it, _)| *it == at).map(|(_, above)| above)
    }

    /// Why what a column says of the record cannot be read: its cell, or the one it stands for.
    pub(super) fn unreadable_at(self, at: usize) -> Option<&'r str> {
        if let Some(why) = self.line.unreadable(at) {
            return Some(why);
        }
        let unknown = self.above(at).and_then(|above| above.as_ref().err());
        unknown.filter(|_| self.line.field(at).is_empty()).map(String::as_str)
    }

    /// Whether the area is said by something else than the cell of a column.
    fn has_area_beside(self, at: usize) -> bool {
        let places = || [self.layout.area, self.layout.area_name].into_iter().flatten();
        let is_said = |place: Place| {
            let fault = place.column().and_then(|column| self.unreadable_at(column));
            !self.get(place).is_empty() || fault.is_some()
        };
        !places().any(|place| place == Place::Column(at)) && places().any(is_said)
    }

    /// Why one of some columns cannot be read. A cell that holds something is never read as empty.
    fn unreadable(self, mut columns: impl Iterator<Item = usize>) -> Option<&'r str> {
        let may_be = self.line.is_typed() || self.above.iter().any(|(_, above)| above.is_err());
        if may_be { columns.find_map(|at| self.unreadable_at(at)) } else { None }
    }
}

/// What a record says of the value beside it.
struct Attributes<'r> {
    unit: &'r str,
    scale: i32,
    status: Status,
    flag: Vec<&'r str>,
    /// The SDMX status, where it says more than "normal".
    sdmx: Option<&'r str>,
    footnote: Option<&'r str>,
}

impl<'a> Mapper<'a> {
    pub(crate) fn new(rows: Normaliser<'a>, mapping: &'a Mapping, edition: Option<i32>) -> Self {
        Self {
            rows,
            mapping,
            edition: edition.map(|edition| edition.to_string()),
            at: 0,
            above: Vec::new(),
            area: None,
            labels: HashMap::new(),
            breakdowns: Vec::new(),
            by_text: HashMap::new(),
            key: String::new(),
            counts: Counts::default(),
        }
    }

    /// Begins another table.
    pub(crate) fn begin(&mut self, layout: &Layout<'_>) {
        self.above.clear();
        self.area = None;
        self.labels.clear();
        self.breakdowns.clear();
        self.by_text.clear();
        for remark in &layout.remarks {
            self.rows.remark(remark.as_str());
        }
        self.rows.heard.columns(layout.headings.iter().map(String::as_str));
        // Of a table with one column for all series its heading names none of them.
        if layout.title.is_none() && layout.series.is_none() {
            for (series, figures) in &layout.figures {
                let named = figures.iter().filter(|figure| figure.year.is_none());
                named.for_each(|figure| self.rows.heading(series, &figure.heading));
            }
        }
        let of_headings = layout.figures.iter().flat_map(|(_, it)| it).all(|it| it.year.is_some());
        if layout.year.is_none()
            && !of_headings
            && let Some(edition) = &self.edition
        {
            self.rows.remark(format!("no year in the table; taken as edition {edition}"));
        }
    }

    /// Takes one record.
    ///
    /// # Errors
    /// When a limit is reached, the work is to stop, or a title says that a series is another.
    pub(crate) fn take(
        &mut self,
        layout: &Layout<'a>,
        sheet: &str,
        line: Line<'_>,
    ) -> Result<(), DecodeError> {
        if line.is_blank() {
            return self.rows.step();
        }
        self.at += 1;
        // A record that was put together of a line does not say itself where it stands.
        if line.stands() != Stands::Nowhere {
            self.rows.stands(line.stands(), sheet);
        }
        let width = table::fault_in_width(line.shown(), layout.needed, layout.width);
        // A short row may be the heading of those below it; of a long one nobody knows what is where.
        let is_long = line.len() >= layout.needed;
        match line.damage().or_else(|| width.as_deref().filter(|_| is_long)) {
            Some(why) => self.forget_above(&layout.fill_down, why),
            None => self.remember_above(&layout.fill_down, line),
        }
        let above = std::mem::take(&mut self.above);
        let cells = Cells { line, layout, sheet, above: &above };
        let taken = self.record(cells, width);
        self.above = above;
        taken
    }

    fn remember_above(&mut self, fill_down: &[usize], line: Line<'_>) {
        for &at in fill_down {
            if let Some(why) = line.unreadable(at) {
                self.forget_above(&[at], why);
                continue;
            }
            let text = line.field(at);
            if text.is_empty() {
                continue;
            }
            match self.above.iter_mut().find(|(known, _)| *known == at) {
                Some((_, Ok(above))) => text.clone_into(above),
                Some((_, above)) => *above = Ok(text.to_owned()),
                None => self.above.push((at, Ok(text.to_owned()))),
            }
        }
    }

    /// What the record at hand says in some columns is not known. What was said above it is not what
    /// the empty cells below it stand for: rows would come under another area (P92).
    pub(super) fn forget_above(&mut self, columns: &[usize], why: &str) {
        for &at in columns {
            let why = format!(
                "an empty cell stands for the one above, which is not known: {}: {why}",
                self.rows.place().unwrap_or_else(|| format!("record {}", self.at))
            );
            match self.above.iter_mut().find(|(known, _)| *known == at) {
                Some((_, above)) => *above = Err(why),
                None => self.above.push((at, Err(why))),
            }
        }
    }

    fn record(&mut self, cells: Cells<'_, 'a>, width: Option<String>) -> Result<(), DecodeError> {
        let layout = cells.layout;
        // Also where the row itself would be left out: others may be within it, and what cannot be
        // read does not say that it is not wanted.
        let aside = cells.line.damage().or_else(|| cells.unreadable(layout.kept()));
        if let Some(why) = aside {
            let figures = self.subjects(cells);
            return self.rows.malformed_row(figures, why, self.at, &cells.line.line());
        }
        if !layout.keep.iter().all(|(place, keep)| keep.allows(cells.get(*place))) {
            self.rows.remark("row that `keep` does not hold for, left out");
            return self.rows.step();
        }
        if let Some(note) = self.note(cells) {
            return self.rows.aside((note, None), self.at, cells.line.line());
        }
        let fault = width.or_else(|| cells.unreadable(layout.around()).map(str::to_owned));
        if let Some(detail) = fault.or_else(|| fault_in_envelope(cells)) {
            let figures = self.subjects(cells);
            return self.rows.malformed_row(figures, &detail, self.at, &cells.line.line());
        }
        if let Some(count) = &self.mapping.count {
            return self.count(count, cells);
        }
        let figures = figures_of(cells);
        let unnamed = layout.unnamed.iter().map(|&at| (at, cells.line.field(at)));
        self.rows.tell_unnamed(unnamed);
        if figures.is_empty() {
            return self.undeclared(cells);
        }
        let area = self.area(cells);
        let breakdown = self.breakdown(cells);
        let attributes = match self.attributes(cells) {
            Ok(attributes) => attributes,
            Err(fault) => {
                let figures = self.subjects(cells);
                return self.rows.malformed_row(
                    figures,
                    &fault.detail,
                    self.at,
                    &cells.line.line(),
                );
            }
        };
        let beside = sisters(self.mapping, &figures, cells);
        for &(series, figures) in &figures {
            self.rows.speaks_of(series);
            self.rows.title(series, cells.title())?;
            for figure in figures {
                self.put(cells, (series, area, breakdown), figure, (&attributes, &beside))?;
            }
        }
        Ok(())
    }

    /// The fault of a line below or between the records: a note is one bad row, however many figures
    /// a record has. Where the area of a record stands above it or is the sheet's name, a year alone is
    /// a record without a figure.
    fn note(&mut self, cells: Cells<'_, 'a>) -> Option<Fault> {
        let mut filled = (0..).zip(cells.line.shown()).filter(|(_, it)| !it.trim().is_empty());
        let (at, text) = filled.next().filter(|_| filled.next().is_none())?;
        let is_aside = cells.layout.is_of_figures(at) || cells.line.unreadable(at).is_some();
        if is_aside || cells.has_area_beside(at) {
            return None;
        }
        self.rows.note(text)
    }

    /// A record of a series that the pipeline does not declare.
    fn undeclared(&mut self, cells: Cells<'_, '_>) -> Result<(), DecodeError> {
        let series = Err(self.rows.undeclared(cells.optional(cells.layout.series)));
        if self.rows.leaves_out(&series)? {
            return Ok(());
        }
        let Err(fault) = series else { return Ok(()) };
        self.rows.aside((fault, Some(Subject::default())), self.at, cells.line.line())
    }

    fn put(
        &mut self,
        cells: Cells<'_, '_>,
        (series, area, breakdown): (&Series, AreaId, usize),
        figure: &Figures,
        (attributes, beside): (&Attributes<'_>, &[(&str, Option<f64>)]),
    ) -> Result<(), DecodeError> {
        let cell = match cells.get(Place::Column(figure.at)) {
            "" => cells.line.field(figure.at),
            cell => cell,
        };
        let rules = &self.mapping.numbers;
        let mut flags = attributes.flag.clone();
        let found = written::read(rules, cell, cells.line.is_number(figure.at));
        let value = if let Some(why) = cells.unreadable_at(figure.at) {
            Value::Unreadable(why)
        } else if written::is_missing(rules, cell) {
            Value::Missing(Some(cell).filter(|cell| !cell.is_empty()))
        } else {
            flags.extend(&found.marks);
            match found.number.as_deref() {
                // A mark alone, or a token beside one, is no value.
                _ if written::is_missing(rules, found.rest) => Value::Missing(Some(cell)),
                number => Value::Written { number, printed: cell },
            }
        };
        let mut flag = flags.join(";");
        if let Some(sdmx) = attributes.sdmx {
            let mark = if flag.is_empty() { "" } else { ";" };
            flag = format!("{flag}{mark}OBS_STATUS={sdmx}");
        }
        let scale = series.scale + attributes.scale;
        let period = match (&figure.year, cells.layout.year) {
            (Some(year), _) => year.as_str(),
            (None, Some(place)) => text::whole_number(cells.get(place)),
            (None, None) => self.edition.as_deref().unwrap_or_default(),
        };
        if let Some(edition) = self.edition.as_deref()
            && crate::checks::is_of_another_year(period, edition)
        {
            self.rows.remark(format!(
                "row of another year than {edition}, {}; its own year was taken",
                crate::request::EDITION_IS_OTHER
            ));
        }
        let Some(breakdown) = self.breakdowns.get(breakdown) else { return Ok(()) };
        let row = Row {
            series: Ok(series),
            area,
            period,
            breakdown: breakdown.as_ref(),
            value,
            scale,
            unit: attributes.unit,
            status: attributes.status,
            flag: Some(flag.as_str()).filter(|flag| !flag.is_empty()),
            footnote: attributes.footnote,
            beside,
            at: self.at,
        };
        let place = |reason| {
            let heading = cells.layout.heading_of(reason, figure);
            if cells.sheet.is_empty() {
                format!("column {heading:?}: ")
            } else {
                format!("sheet {:?}, column {heading:?}: ", cells.sheet)
            }
        };
        self.rows.put_at(&row, &place, || cells.line.line())
    }

    /// Place of what the dimensions of a record mean.
    pub(super) fn breakdown(&mut self, cells: Cells<'_, '_>) -> usize {
        let mut pairs: Vec<(&str, &str)> = Vec::with_capacity(cells.layout.dimensions.len());
        self.key.clear();
        for (name, dimension) in &cells.layout.dimensions {
            let (name, code) = match dimension {
                Dimension::At(place) => (name.as_str(), cells.get(*place)),
                Dimension::Always(code) => (name.as_str(), code.as_str()),
                // A code without a name is one of the column in which it stands.
                Dimension::Named { name: place, code } => match cells.get(*place) {
                    "" => (name.as_str(), cells.get(*code)),
                    own => (meant(&self.mapping.dimension_names, own), cells.get(*code)),
                },
            };
            if matches!(dimension, Dimension::Named { .. }) {
                self.key.push_str(name);
                self.key.push('\u{1F}');
            }
            self.key.push_str(code);
            self.key.push('\u{1F}');
            // SDMX: not applicable, so nothing is broken down.
            let is_total = code == "_Z" || self.mapping.totals.iter().any(|total| total == code);
            pairs.push((name, if is_total { "" } else { code }));
        }
        if let Some(&known) = self.by_text.get(&self.key) {
            return known;
        }
        if self.breakdowns.len() >= KEPT {
            self.breakdowns.clear();
            self.by_text.clear();
        }
        self.breakdowns.push(Breakdown::from_pairs(self.rows.lists(), pairs));
        let place = self.breakdowns.len() - 1;
        self.by_text.insert(self.key.clone(), place);
        place
    }

    fn attributes<'r>(&mut self, cells: Cells<'r, '_>) -> Result<Attributes<'r>, Fault> {
        let layout = cells.layout;
        let scale = match cells.optional(layout.unit_mult) {
            "" => 0,
            text => text::whole_number(text)
                .parse()
                .ok()
                .filter(|scale| (-30..=30).contains(scale))
                .ok_or_else(|| {
                    let text: String = text.chars().take(40).collect();
                    malformed(&format!(
                        "unit multiplier {text:?} is not a power of ten from -30 to 30"
                    ))
                })?,
        };
        let (sdmx, flag) = (cells.optional(layout.status), cells.optional(layout.flag));
        let by_sdmx = if sdmx.is_empty() { None } else { Status::of_sdmx(sdmx) };
        if !sdmx.is_empty() && by_sdmx.is_none() {
            let sdmx: String = sdmx.chars().take(40).collect();
            self.rows.remark(format!("observation status {sdmx:?} is not in the code list"));
        }
        let estimated = &self.mapping.estimated;
        let by_flag = estimated.iter().any(|text| text.eq_ignore_ascii_case(flag));
        let by_flag = by_flag.then(Status::estimated);
        let of_eurostat = || Status::of_eurostat(flag).filter(|_| layout.flags_of_eurostat);
        let by_flag = by_flag.or_else(of_eurostat);
        let footnote = cells.optional(layout.footnote);
        Ok(Attributes {
            unit: cells.optional(layout.unit),
            scale,
            status: Status::of_both(by_flag, by_sdmx),
            flag: if flag.is_empty() { Vec::new() } else { vec![flag] },
            sdmx: Some(sdmx).filter(|code| !matches!(*code, "" | "A")),
            footnote: Some(footnote).filter(|note| !note.is_empty()),
        })
    }
}

/// What the name of a dimension stands for.
fn meant<'t>(names: &'t [(String, String)], own: &'t str) -> &'t str {
    names.iter().find(|(name, _)| name == own).map_or(own, |(_, meant)| meant)
}

/// The declared series that a record has figures of.
pub(super) fn figures_of<'c, 'a>(cells: Cells<'c, 'a>) -> Vec<(&'a Series, &'c [Figures])> {
    let all = cells.layout.figures.iter().map(|(series, figures)| (*series, figures.as_slice()));
    let Some(place) = cells.layout.series else { return all.collect() };
    let text = cells.get(place);
    all.filter(|(series, _)| {
        let named = series.named.as_ref().unwrap_or(&series.code);
        named.eq_ignore_ascii_case(text)
    })
    .collect()
}
