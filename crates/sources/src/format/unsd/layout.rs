//! The columns of the two CSV forms of the database.

use crate::table::Record;
use crate::years::{self, Heading};
use crate::{DecodeError, area, table, text};

/// Headings of the API's CSV (`Goal,Target,Indicator,SeriesCode,…,[Age],[Nature],[Sex],…`) and
/// of the 33-column delivery (`SERIES_CODE,…,GEO_AREA_CODE,…,OBS_VALUE,…`), in the form of
/// [`text::heading`]. Both forms are one table: the first heading found in a list is taken.
const SERIES: &[&str] = &["seriescode"];
const TITLE: &[&str] = &["seriesdescription"];
const NAME: &[&str] = &["geoareaname", "geographyname"];
const AREA: &[&str] = &["geoareacode", "geographycode"];
const PERIOD: &[&str] = &["timeperiod", "timeperiodstart"];
const VALUE: &[&str] = &["value", "obsvalue"];
const LOWER: &[&str] = &["lowerbound"];
const UPPER: &[&str] = &["upperbound"];
const FOOTNOTE: &[&str] = &["footnote", "footnotes"];
const BASE: &[&str] = &["baseperiod"];

/// Further headings of which a table may have one.
const SINGLE: &[(&[&str], &str)] = &[
    (&["units", "unitmeasure"], "the unit"),
    (&["unitmult", "unitmultiplier"], "the unit multiplier"),
    (&["observationstatus", "obsstatus"], "the observation status"),
    (&["location", "urbanisation"], "the location"),
];

/// Attributes of a record, which say something about its value.
const ATTRIBUTES: &[&str] = &[
    "nature",
    "units",
    "unitmeasure",
    "unitmult",
    "unitmultiplier",
    "observationstatus",
    "obsstatus",
];

/// Columns of the 33-column form that are no dimension. In the API's CSV the dimensions are in
/// brackets; here every column that is not listed is one.
const NO_DIMENSIONS: &[&str] = &[
    "goal",
    "target",
    "indicator",
    "seriesdescription",
    "seriescount",
    "variablecode",
    "variabledescription",
    "variableactivedims",
    "geographytype",
    "islatestperiod",
    "timedetail",
    "timecoverage",
    "freq",
    "valuetype",
    "source",
    "geoinfourl",
    "releasestatus",
    "releasename",
];

/// Which column is what.
#[derive(Debug)]
pub(super) struct Layout {
    pub(super) series: usize,
    pub(super) title: Option<usize>,
    pub(super) area: usize,
    pub(super) name: Option<usize>,
    /// Columns that say once more which area a row is of, by heading.
    pub(super) area_beside: Vec<(String, usize)>,
    pub(super) period: usize,
    pub(super) value: usize,
    pub(super) lower: Option<usize>,
    pub(super) upper: Option<usize>,
    pub(super) footnote: Option<usize>,
    /// Attributes by name and column.
    pub(super) attributes: Vec<(String, usize)>,
    /// Dimensions by name, as the source writes it without brackets, and column.
    pub(super) dimensions: Vec<(String, usize)>,
    /// Columns without a heading.
    pub(super) unnamed: Vec<usize>,
    pub(super) width: usize,
    pub(super) remarks: Vec<String>,
}

impl Layout {
    /// Reads the header.
    pub(super) fn read(header: Record<'_>) -> Result<Self, DecodeError> {
        if let Some(error) = table::repeated(header.iter()) {
            return Err(error);
        }
        let headings: Vec<String> = header.iter().map(text::heading).collect();
        let first_of = |names: &[&str]| {
            names.iter().find_map(|name| headings.iter().position(|heading| heading == name))
        };
        let one_of = |names: &[&str], role| table::one_of(header, &headings, names, role);
        let needed = |place: Option<usize>, names: &[&str]| {
            place.ok_or_else(|| DecodeError::Columns {
                missing: names.join(" or "),
                found: table::shown(header.iter()),
            })
        };
        for (names, role) in SINGLE {
            one_of(names, role)?;
        }
        let mut layout = Self {
            series: needed(one_of(SERIES, "the series")?, SERIES)?,
            title: one_of(TITLE, "the title")?,
            area: needed(first_of(AREA), AREA)?,
            name: first_of(NAME),
            area_beside: Vec::new(),
            period: needed(one_of(PERIOD, "the period")?, PERIOD)?,
            value: needed(one_of(VALUE, "the value")?, VALUE)?,
            lower: one_of(LOWER, "the lower bound")?,
            upper: one_of(UPPER, "the upper bound")?,
            footnote: one_of(FOOTNOTE, "the footnote")?,
            attributes: Vec::new(),
            dimensions: Vec::new(),
            unnamed: Vec::new(),
            width: table::width(header.iter()),
            remarks: table::untidy(header.iter()),
        };
        layout.place_others(header, &headings)?;
        Ok(layout)
    }

    /// Attributes, dimensions, and what says the area once more.
    fn place_others(&mut self, header: Record<'_>, headings: &[String]) -> Result<(), DecodeError> {
        let roles = [SERIES, PERIOD, VALUE, LOWER, UPPER, FOOTNOTE].concat();
        for (at, (name, heading)) in header.iter().zip(headings).enumerate() {
            let name = name.trim();
            let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
            let plain = bracketed.unwrap_or(name).trim().to_owned();
            let is_listed = |list: &[&str]| list.contains(&heading.as_str());
            if at == self.area || Some(at) == self.name {
            } else if plain.is_empty() {
                if at < self.width {
                    self.unnamed.push(at);
                }
            } else if is_listed(ATTRIBUTES) {
                self.attributes.push((plain, at));
            } else if is_listed(BASE) {
                // A price base is part of what was measured, so of the key (V9).
                self.dimensions.push(("BasePeriod".to_owned(), at));
            } else if bracketed.is_none() && area::is_named_by(heading) {
                self.area_beside.push((plain, at));
            } else if bracketed.is_some() || !(is_listed(&roles) || is_listed(NO_DIMENSIONS)) {
                // Figures by year beside the column of figures: nobody passes them over (F03).
                if years::heading(&plain) != Heading::Other {
                    return Err(DecodeError::YearHeadings { columns: format!("{plain:?}") });
                }
                self.dimensions.push((plain, at));
            }
        }
        Ok(())
    }
}
