//! The columns of the two CSV forms of the database.

use crate::table::Record;
use crate::years::{self, Heading};
use crate::{DecodeError, table, text};

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
    "geographycode",
    "geographyname",
    "geographytype",
    "geoareacode",
    "geoareaname",
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
    pub(super) period: usize,
    pub(super) value: usize,
    pub(super) lower: Option<usize>,
    pub(super) upper: Option<usize>,
    pub(super) footnote: Option<usize>,
    /// Attributes by name and column.
    pub(super) attributes: Vec<(String, usize)>,
    /// Dimensions by name, as the source writes it without brackets, and column.
    pub(super) dimensions: Vec<(String, usize)>,
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
        let column = |names: &[&str]| {
            names.iter().find_map(|name| headings.iter().position(|heading| heading == name))
        };
        let needed = |names: &[&str]| {
            column(names).ok_or_else(|| DecodeError::Columns {
                missing: names.join(" or "),
                found: table::shown(header.iter()),
            })
        };
        let mut layout = Self {
            series: needed(SERIES)?,
            title: column(TITLE),
            area: needed(AREA)?,
            name: column(NAME),
            period: needed(PERIOD)?,
            value: needed(VALUE)?,
            lower: column(LOWER),
            upper: column(UPPER),
            footnote: column(FOOTNOTE),
            attributes: Vec::new(),
            dimensions: Vec::new(),
            width: table::width(header.iter()),
            remarks: table::untidy(header.iter()),
        };
        let roles = [SERIES, AREA, PERIOD, VALUE, LOWER, UPPER, FOOTNOTE].concat();
        for (at, (name, heading)) in header.iter().zip(&headings).enumerate() {
            let name = name.trim();
            let bracketed = name.strip_prefix('[').and_then(|name| name.strip_suffix(']'));
            let plain = bracketed.unwrap_or(name).trim().to_owned();
            let is_listed = |list: &[&str]| list.contains(&heading.as_str());
            if is_listed(ATTRIBUTES) {
                layout.attributes.push((plain, at));
            } else if is_listed(BASE) {
                // A price base is part of what was measured, so of the key (V9).
                layout.dimensions.push(("BasePeriod".to_owned(), at));
            } else if bracketed.is_some()
                || !(is_listed(&roles) || is_listed(NO_DIMENSIONS) || plain.is_empty())
            {
                // Figures by year beside the column of figures: nobody passes them over (F03).
                if years::heading(&plain) != Heading::Other {
                    return Err(DecodeError::YearHeadings { columns: format!("{plain:?}") });
                }
                layout.dimensions.push((plain, at));
            }
        }
        Ok(layout)
    }
}
