//! Which column of a table is what, found by the headings that a mapping names.

use wsis_model::mapping::{Columns, EDITION, Keep, Mapping, SHEET, YEAR};
use wsis_model::pipeline::{Pipeline, Series};
use wsis_model::quarantine::Reason;

use crate::table;
use crate::years::{self, Heading};
use crate::{DecodeError, DecodeJob};

/// Headings named in one remark or error; the rest are counted.
const NAMED: usize = 20;

/// Where a part of a record stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// In a column.
    Column(usize),
    /// In the name of the sheet.
    Sheet,
}

impl Place {
    /// The column, if it is one.
    pub(crate) const fn column(self) -> Option<usize> {
        match self {
            Self::Column(at) => Some(at),
            Self::Sheet => None,
        }
    }
}

/// Where a dimension comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Dimension {
    /// From a part of the record.
    At(Place),
    /// It is the same for all.
    Always(String),
    /// The record says which one it is, and its code.
    Named { name: Place, code: Place },
}

impl Dimension {
    /// The parts of the record that say it.
    pub(crate) fn places(&self) -> impl Iterator<Item = Place> {
        let parts = match self {
            Self::At(place) => [Some(*place), None],
            Self::Always(_) => [None, None],
            Self::Named { name, code } => [Some(*name), Some(*code)],
        };
        parts.into_iter().flatten()
    }
}

/// A column of figures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) at: usize,
    /// The heading, for messages.
    pub(crate) heading: String,
    /// The year that the heading says.
    pub(crate) year: Option<String>,
}

/// The columns of a table.
#[derive(Debug, Default)]
pub(crate) struct Layout<'p> {
    pub(crate) area: Option<Place>,
    pub(crate) area_name: Option<Place>,
    /// The column with the label of the area's code, of a message.
    pub(crate) area_label: Option<usize>,
    pub(crate) year: Option<Place>,
    pub(crate) series: Option<Place>,
    pub(crate) title: Option<Place>,
    pub(crate) unit: Option<Place>,
    pub(crate) unit_mult: Option<Place>,
    pub(crate) status: Option<Place>,
    pub(crate) flag: Option<Place>,
    pub(crate) footnote: Option<Place>,
    /// SDMX action on the record.
    pub(crate) action: Option<Place>,
    pub(crate) dimensions: Vec<(String, Dimension)>,
    /// The declared series, each with its columns of figures.
    pub(crate) figures: Vec<(&'p Series, Vec<Figures>)>,
    pub(crate) keep: Vec<(Place, Keep)>,
    /// Where the database of a record stands, and which one was asked for.
    pub(crate) database: Option<(Place, &'p str)>,
    /// Columns in which an empty cell stands for the one above.
    pub(crate) fill_down: Vec<usize>,
    /// Whether cells are `code: label`.
    pub(crate) labelled: bool,
    /// Whether flags are those of Eurostat, which say a status.
    pub(crate) flags_of_eurostat: bool,
    /// Fields that a row must have, and may have.
    pub(crate) needed: usize,
    pub(crate) width: usize,
    /// Columns without a heading.
    pub(crate) unnamed: Vec<usize>,
    pub(crate) remarks: Vec<String>,
    /// The headings as the table writes them.
    pub(crate) headings: Vec<String>,
}

impl Layout<'_> {
    /// The column that a fault of some kind is of, for messages: a figure is set aside for its area
    /// or its period too.
    pub(crate) fn heading_of(&self, reason: Reason, figure: &Figures) -> String {
        let place = match reason {
            Reason::UnknownArea | Reason::AmbiguousArea => self.area,
            Reason::InvalidPeriod | Reason::OtherFrequency if figure.year.is_none() => self.year,
            Reason::UnknownUnit => self.unit,
            _ => Some(Place::Column(figure.at)),
        };
        let at = place.and_then(Place::column);
        let heading = at.and_then(|at| self.headings.get(at)).map(|it| it.trim());
        heading.filter(|it| !it.is_empty()).unwrap_or(&figure.heading).to_owned()
    }

    /// Whether a column holds figures.
    pub(crate) fn is_of_figures(&self, column: usize) -> bool {
        self.figures.iter().flat_map(|(_, figures)| figures).any(|it| it.at == column)
    }

    /// The columns that say of what a record is and how its figures are to be read: all but those of
    /// the figures and of the title, and those that say whether it is wanted. In no order; one may come
    /// twice.
    pub(crate) fn around(&self) -> impl Iterator<Item = usize> {
        let parts = [
            self.area,
            self.area_name,
            self.year,
            self.series,
            self.unit,
            self.unit_mult,
            self.status,
            self.flag,
            self.footnote,
            self.action,
            self.database.map(|(place, _)| place),
        ];
        let of_dimensions = self.dimensions.iter().flat_map(|(_, it)| it.places());
        let places = parts.into_iter().flatten().chain(of_dimensions);
        places.filter_map(Place::column)
    }

    /// The columns that say whether a record is wanted.
    pub(crate) fn kept(&self) -> impl Iterator<Item = usize> {
        self.keep.iter().filter_map(|(place, _)| place.column())
    }

    /// The columns that have a meaning of their own, in no order; one may come twice.
    pub(crate) fn meant(&self) -> impl Iterator<Item = usize> {
        let figures = self.figures.iter().flat_map(|(_, figures)| figures).map(|it| it.at);
        let beside = self.title.and_then(Place::column).into_iter().chain(self.area_label);
        self.around().chain(beside).chain(figures)
    }

    /// The columns that are used, in no order; one may come twice.
    pub(crate) fn columns(&self) -> impl Iterator<Item = usize> {
        self.meant().chain(self.kept())
    }
}

/// A header, with what is asked of it.
pub(crate) struct Header<'m, 'p> {
    pub(crate) pipeline: &'p Pipeline,
    pub(crate) mapping: &'m Mapping,
    /// Edition of the file, where it has one.
    pub(crate) edition: Option<i32>,
    pub(crate) headings: Vec<String>,
    /// Whether a heading is of a column that is no business of the mapping (labels).
    pub(crate) passed_over: Vec<bool>,
}

impl<'p> Header<'_, 'p> {
    /// Finds every column, or says which is missing.
    ///
    /// # Errors
    /// When a heading is missing, or stands twice; when a heading holds a year in a form that is
    /// not known; over the limit of year columns.
    pub(crate) fn layout(&self, job: &DecodeJob<'_>) -> Result<Layout<'p>, DecodeError> {
        let mut layout = Layout {
            width: table::width(self.headings.iter().map(String::as_str)),
            unnamed: table::unnamed(self.headings.iter().map(String::as_str)),
            headings: self.headings.clone(),
            ..Layout::default()
        };
        self.place_parts(&mut layout)?;
        for (name, heading) in &self.mapping.dimensions {
            let place = self.place(heading)?;
            layout.dimensions.push((name.clone(), Dimension::At(place)));
        }
        for named in &self.mapping.named_dimensions {
            let (name, code) = (self.place(&named.name)?, self.place(&named.code)?);
            layout.dimensions.push((named.code.clone(), Dimension::Named { name, code }));
        }
        for (name, code) in &self.mapping.constants {
            layout.dimensions.push((name.clone(), Dimension::Always(code.clone())));
        }
        for keep in &self.mapping.keep {
            layout.keep.push((self.place(&keep.column)?, keep.clone()));
        }
        for heading in &self.mapping.fill_down {
            if let Place::Column(at) = self.place(heading)? {
                layout.fill_down.push(at);
            }
        }
        for series in &self.pipeline.series {
            let is_counted = self.mapping.count.is_some();
            let figures = if is_counted { Vec::new() } else { self.figures(job, series)? };
            layout.figures.push((series, figures));
        }
        self.finish(&mut layout);
        Ok(layout)
    }

    fn place_parts(&self, layout: &mut Layout<'p>) -> Result<(), DecodeError> {
        let columns = &self.mapping.columns;
        let at = |heading: &Option<String>| heading.as_ref().map(|it| self.place(it)).transpose();
        layout.area = at(&columns.area)?;
        layout.area_name = at(&columns.area_name)?;
        layout.year = at(&columns.year)?;
        layout.series = at(&columns.series)?;
        layout.title = at(&columns.title)?;
        layout.unit = at(&columns.unit)?;
        layout.unit_mult = at(&columns.unit_mult)?;
        layout.status = at(&columns.status)?;
        layout.flag = at(&columns.flag)?;
        layout.footnote = at(&columns.footnote)?;
        let Columns { sex, age, location, .. } = columns;
        for (name, heading) in [("sex", sex), ("age", age), ("location", location)] {
            if let Some(place) = at(heading)? {
                layout.dimensions.push((name.to_owned(), Dimension::At(place)));
            }
        }
        Ok(())
    }

    /// A heading with the edition of the file in it.
    fn written(&self, heading: &str) -> Result<String, DecodeError> {
        if !heading.contains(EDITION) {
            return Ok(heading.to_owned());
        }
        let edition = self.edition.ok_or_else(|| DecodeError::Columns {
            missing: format!("{heading:?}, for the file has no `edition`"),
            found: self.shown(),
        })?;
        Ok(heading.replace(EDITION, &edition.to_string()))
    }

    /// Where the column with a heading is.
    ///
    /// # Errors
    /// When there is none, or several.
    pub(crate) fn place(&self, heading: &str) -> Result<Place, DecodeError> {
        if heading == SHEET {
            return Ok(Place::Sheet);
        }
        let wanted = self.written(heading)?;
        self.column(&wanted).map(Place::Column)
    }

    /// The one column with a heading: as written, else without regard to case, white space and
    /// signs.
    fn column(&self, wanted: &str) -> Result<usize, DecodeError> {
        let folded = crate::text::heading(wanted);
        let exact = |it: &String| it.trim() == wanted.trim();
        let alike = |it: &String| {
            !folded.is_empty()
                && crate::text::heading(it) == folded
                && signs_of_units(it).eq(signs_of_units(wanted))
        };
        let open = || {
            let named = self.headings.iter().zip(&self.passed_over).enumerate();
            named.filter(|(_, (_, over))| !**over).map(|(at, (heading, _))| (at, heading))
        };
        let mut found: Vec<usize> = open().filter(|(_, it)| exact(it)).map(|(at, _)| at).collect();
        if found.is_empty() {
            found = open().filter(|(_, it)| alike(it)).map(|(at, _)| at).collect();
        }
        match found.as_slice() {
            [at] => Ok(*at),
            [] => Err(DecodeError::Columns {
                missing: format!("{wanted:?}, which the mapping names"),
                found: self.shown(),
            }),
            several => Err(DecodeError::RepeatedHeading {
                heading: wanted.chars().take(100).collect(),
                times: several.len(),
            }),
        }
    }

    /// The columns of figures of a series.
    fn figures(&self, job: &DecodeJob<'_>, series: &Series) -> Result<Vec<Figures>, DecodeError> {
        let pattern = series.column.as_ref().or(self.mapping.columns.value.as_ref());
        let Some(pattern) = pattern else {
            return Err(DecodeError::Columns {
                missing: format!("the figures of series {}, which names none", series.code),
                found: self.shown(),
            });
        };
        let pattern = self.written(pattern)?;
        let Some((before, after)) = pattern.split_once(YEAR) else {
            let at = self.column(&pattern)?;
            // As the table writes it.
            let heading = self.headings.get(at).map_or("", |it| it.trim()).to_owned();
            return Ok(vec![Figures { at, heading, year: None }]);
        };
        let mut found: Vec<Figures> = Vec::new();
        let mut unclear = Vec::new();
        for (at, heading) in self.headings.iter().enumerate() {
            let text = heading.trim();
            let inner = text.strip_prefix(before.trim_start());
            let inner = inner.and_then(|rest| rest.strip_suffix(after.trim_end()));
            let Some(inner) = inner else { continue };
            let is_ignored = self.mapping.ignore.iter().any(|it| it.trim() == text);
            match years::heading(inner) {
                _ if is_ignored => {}
                Heading::Year(year) => {
                    if found.iter().any(|it| it.year.as_ref() == Some(&year)) {
                        return Err(DecodeError::RepeatedHeading { heading: year, times: 2 });
                    }
                    found.push(Figures { at, heading: text.to_owned(), year: Some(year) });
                }
                // Of headings with words around the year only those that hold nothing else.
                Heading::Unclear if before.is_empty() && after.is_empty() => unclear.push(text),
                Heading::Unclear | Heading::Other => {}
            }
        }
        if !unclear.is_empty() {
            let columns = listed(unclear.into_iter());
            return Err(DecodeError::YearHeadings { columns });
        }
        if found.is_empty() {
            return Err(DecodeError::Columns {
                missing: format!("{pattern:?} with any year"),
                found: self.shown(),
            });
        }
        let limit = job.limits.year_columns_max;
        if found.len() > limit {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            let what = "the number of year columns";
            return Err(DecodeError::too_large(what, limit, "year_columns_max"));
        }
        Ok(found)
    }

    /// What a row must have, and which columns nobody asked for.
    fn finish(&self, layout: &mut Layout<'p>) {
        let mut used = vec![false; self.headings.len()];
        for at in layout.columns() {
            if let Some(slot) = used.get_mut(at) {
                *slot = true;
            }
        }
        layout.needed = used.iter().rposition(|used| *used).map_or(0, |at| at + 1);
        let is_known = |heading: &str| {
            heading.is_empty() || self.mapping.ignore.iter().any(|it| it.trim() == heading)
        };
        let headings = self.headings.iter().zip(&used).zip(&self.passed_over);
        let unused: Vec<&str> = headings
            .filter(|((_, used), over)| !**used && !**over)
            .map(|((heading, _), _)| heading.trim())
            .filter(|heading| !is_known(heading))
            .collect();
        match unused.as_slice() {
            [] => {}
            [one] => layout.remarks.push(format!("column {one:?} is not used")),
            several => {
                let listed = listed(several.iter().copied());
                layout.remarks.push(format!("{} columns are not used: {listed}", several.len()));
            }
        }
    }

    /// Which of the headings that the mapping names are here, and which are not, each once and in the
    /// order of the mapping; of very many the first [`COMPARED`].
    pub(crate) fn held(&self, job: &DecodeJob<'_>) -> Held {
        let columns = self.mapping.columns.named().map(|(_, heading)| heading);
        let columns = columns.filter(|it| !it.contains(YEAR));
        let dimensions = self.mapping.dimensions.iter().map(|(_, heading)| heading.as_str());
        let of_names = self.mapping.named_dimensions.iter();
        let dimensions = dimensions.chain(of_names.flat_map(|it| [it.name.as_str(), &it.code]));
        let kept = self.mapping.keep.iter().map(|keep| keep.column.as_str());
        let filled = self.mapping.fill_down.iter().map(String::as_str);
        let mut named: Vec<&str> = Vec::new();
        for heading in columns.chain(dimensions).chain(kept).chain(filled).take(COMPARED) {
            if heading != SHEET && !named.contains(&heading) {
                named.push(heading);
            }
        }
        let mut held = Held::default();
        for heading in named {
            // Twice is there too; that is told otherwise.
            let is_absent = matches!(self.place(heading), Err(DecodeError::Columns { .. }));
            held.note(self.written(heading).unwrap_or_else(|_| heading.to_owned()), !is_absent);
        }
        let mut patterns: Vec<&str> = Vec::new();
        let with_figures = if self.mapping.count.is_some() { 0 } else { COMPARED };
        for series in self.pipeline.series.iter().take(with_figures) {
            let own = series.column.as_deref();
            let value = self.mapping.columns.value.as_deref().filter(|it| it.contains(YEAR));
            let Some(pattern) = own.or(value).filter(|it| !patterns.contains(it)) else { continue };
            patterns.push(pattern);
            let is_absent = matches!(self.figures(job, series), Err(DecodeError::Columns { .. }));
            held.note(self.written(pattern).unwrap_or_else(|_| pattern.to_owned()), !is_absent);
        }
        held
    }

    fn shown(&self) -> String {
        table::shown(self.headings.iter().map(String::as_str))
    }
}

/// Headings that are compared to tell which row is the likeliest header.
const COMPARED: usize = 100;

/// Which of the headings that a mapping names a row holds.
#[derive(Debug, Default, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) found: usize,
    pub(crate) missing: Vec<String>,
}

impl Held {
    fn note(&mut self, heading: String, is_here: bool) {
        if is_here {
            self.found += 1;
        } else {
            self.missing.push(heading);
        }
    }

    /// The missing ones, for people.
    pub(crate) fn told(&self) -> String {
        listed(self.missing.iter().map(String::as_str))
    }
}

/// Headings for people.
fn listed<'h>(headings: impl ExactSizeIterator<Item = &'h str>) -> String {
    let count = headings.len();
    let shown: Vec<String> = headings
        .take(NAMED)
        .map(|it| format!("{:?}", it.chars().take(60).collect::<String>()))
        .collect();
    let mut text = shown.join(", ");
    if count > NAMED {
        text.push_str(" and ");
        text.push_str(&(count - NAMED).to_string());
        text.push_str(" more");
    }
    text
}

/// The signs of a heading that tell units and groups apart: `Value (%)` is another column than
/// `Value ($)`, and `<15` another group than `15+` (P29).
fn signs_of_units(heading: &str) -> impl Iterator<Item = char> {
    const TELLING: &str = "%\u{2030}$\u{20AC}\u{A3}\u{A5}<>\u{2264}\u{2265}+\u{B1}\u{B0}#";
    heading.chars().filter(|sign| TELLING.contains(*sign))
}
