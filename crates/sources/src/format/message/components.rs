//! What the components of a message are: which is the area, which the period, which the value.

use wsis_model::mapping::{Columns, Mapping};

use crate::mapping::layout::{Dimension, Header, Layout, Place};
use crate::{DecodeError, DecodeJob, table};

/// What a component is, as far as its message says.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Kind {
    /// A dimension: part of the key.
    Dimension,
    /// An attribute.
    Attribute,
    /// A measure.
    Measure,
    /// The message does not say. What is not known as an attribute is taken for a dimension: a key
    /// that is too long loses nothing.
    Unknown,
    /// Something beside the components: a label, the envelope.
    Apart,
}

/// One component.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Component {
    pub(crate) id: String,
    /// What it stands for, as the identifier of the usual component (`REF_AREA`), where the message
    /// says so.
    pub(crate) role: Option<String>,
    pub(crate) kind: Kind,
}

impl Component {
    pub(crate) fn new(id: impl Into<String>, kind: Kind) -> Self {
        Self { id: id.into(), role: None, kind }
    }
}

/// Where the labels of codes stand in a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) enum Labels {
    /// Nowhere, or where their names say it (`INDICATOR_LABEL`).
    #[default]
    Elsewhere,
    /// In the cells: `A: Annual`.
    InCells,
    /// Each component is followed by its name, in a column of its own.
    Beside,
    /// Some may be, by headings in words. Such a column stays part of the key.
    BesideSome,
}

/// The components of the records of a message.
#[derive(Debug, Clone, Default)]
pub(crate) struct Components {
    pub(crate) list: Vec<Component>,
    /// Where the labels of codes stand.
    pub(crate) labels: Labels,
    /// Where the action on a record stands.
    pub(crate) action: Option<usize>,
    /// Whether a component named `UNIT` is the unit of measure.
    pub(crate) short_unit: bool,
    /// Whether its flags are those of Eurostat.
    pub(crate) flags_of_eurostat: bool,
}

/// Concepts that are no dimensions: attributes of the cross-domain concepts, and those of Data360.
const ATTRIBUTES: &[&str] = &[
    "AGG_METHOD",
    "COLLECTION",
    "COLL_METHOD",
    "COMMENT_OBS",
    "COMMENT_TS",
    "COMPILATION",
    "COMPILING_ORG",
    "CONF_STATUS",
    "CONF_STATUS_OBS",
    "DATABASE_ID",
    "DATA_COMP",
    "DATA_SOURCE",
    "DECIMALS",
    "EMBARGO_TIME",
    "LATEST_DATA",
    "OBS_COMMENT",
    "OBS_CONF",
    "OBS_FLAG",
    "OBS_PRE_BREAK",
    "OBS_QUAL",
    "PRE_BREAK_VALUE",
    "SOURCE_AGENCY",
    "TIME_FORMAT",
    "TITLE",
    "TITLE_COMPL",
    "UNIT_TYPE",
];

/// Dimensions that the period says as well.
const FREQUENCY: &[&str] = &["FREQ", "FREQUENCY"];

/// Components that nearly every message has under one of these names.
const USUAL: &[&str] = &[
    "AGE",
    "COUNTRY",
    "FREQ",
    "FREQUENCY",
    "GEO",
    "GEO_PICT",
    "INDICATOR",
    "LOCATION",
    "OBS_STATUS",
    "OBS_VALUE",
    "REF_AREA",
    "SERIES",
    "SEX",
    "TIME_PERIOD",
    "UNIT_MEASURE",
    "UNIT_MULT",
    "URBANISATION",
];

/// Components that are the area, in messages that have one.
const AREAS: &[&str] = &["REF_AREA", "GEO", "GEO_PICT", "LOCATION", "COUNTRY"];

/// What the column with the names of areas is called, in words.
const AREAS_IN_WORDS: &[&str] = &[
    "area",
    "area name",
    "country",
    "country name",
    "country or area",
    "economy",
    "economy name",
    "geographic area",
    "location",
    "reference area",
    "territory",
];

/// Whether a heading says in words that names of areas stand below it.
fn is_area_in_words(heading: &str) -> bool {
    AREAS_IN_WORDS.iter().any(|it| it.eq_ignore_ascii_case(heading))
}

/// Whether a heading is the name of a component that nearly every message has.
pub(crate) fn is_usual(id: &str) -> bool {
    USUAL.iter().any(|it| it.eq_ignore_ascii_case(id))
}

/// Whether a heading can be the identifier of a component (SDMX, `IDType`).
pub(crate) fn is_identifier(heading: &str) -> bool {
    heading.chars().all(|c| c.is_alphanumeric() || "_@$-".contains(c))
}

/// Whether a heading is written as identifiers are by custom: `REF_AREA`, and no word as `Area`.
pub(crate) fn is_capital(heading: &str) -> bool {
    heading.chars().all(|c| matches!(c, 'A'..='Z' | '0'..='9' | '_'))
}

/// Whether a component is known as an attribute.
pub(crate) fn is_attribute(id: &str) -> bool {
    ATTRIBUTES.iter().any(|it| it.eq_ignore_ascii_case(id))
}

impl Components {
    /// The first component that is or stands for one of some usual ones.
    fn usual(&self, usual: &[&str]) -> Option<&str> {
        let open = || self.list.iter().filter(|it| it.kind != Kind::Apart);
        let of = |wanted: &str| {
            let stands = open().find(|it| it.role.as_deref() == Some(wanted));
            // `Country` beside `COUNTRY` is its name.
            let stands = stands.or_else(|| open().find(|it| it.id == wanted));
            stands.or_else(|| open().find(|it| it.id.eq_ignore_ascii_case(wanted)))
        };
        usual.iter().find_map(|wanted| of(wanted)).map(|it| it.id.as_str())
    }

    /// The columns of the mapping; where it names none, the usual ones.
    pub(crate) fn columns(&self, own: &Columns) -> Columns {
        let or = |declared: &Option<String>, usual: &[&str]| {
            declared.clone().or_else(|| self.usual(usual).map(str::to_owned))
        };
        let units: &[&str] =
            if self.short_unit { &["UNIT_MEASURE", "UNIT"] } else { &["UNIT_MEASURE"] };
        Columns {
            area: or(&own.area, AREAS),
            area_name: own.area_name.clone(),
            year: or(&own.year, &["TIME_PERIOD", "TIME"]),
            series: or(&own.series, &["INDICATOR", "SERIES"]),
            title: own.title.clone(),
            value: or(&own.value, &["OBS_VALUE"]),
            sex: or(&own.sex, &["SEX"]),
            age: or(&own.age, &["AGE"]),
            location: or(&own.location, &["URBANISATION"]),
            unit: or(&own.unit, units),
            unit_mult: or(&own.unit_mult, &["UNIT_MULT"]),
            status: or(&own.status, &["OBS_STATUS"]),
            flag: or(&own.flag, &["OBS_FLAG"]),
            footnote: or(&own.footnote, &["COMMENT_OBS", "OBS_COMMENT"]),
        }
    }

    /// Which component is what, by the mapping and by what is usual.
    ///
    /// # Errors
    /// When one that is needed is not there, or stands twice.
    pub(crate) fn layout<'p>(
        &self,
        job: &DecodeJob<'p>,
        own: &Mapping,
    ) -> Result<Layout<'p>, DecodeError> {
        let headings: Vec<String> = self.list.iter().map(|it| it.id.clone()).collect();
        let columns = self.columns(&own.columns);
        for (part, heading) in [("area", &columns.area), ("period", &columns.year)] {
            if heading.is_none() {
                return Err(DecodeError::Columns {
                    missing: format!("the {part}; name it in the mapping"),
                    found: table::shown(headings.iter().map(String::as_str)),
                });
            }
        }
        let mapping = Mapping { columns, dimensions: Vec::new(), ..own.clone() };
        let header = Header {
            pipeline: job.pipeline,
            mapping: &mapping,
            edition: None,
            headings,
            passed_over: self.list.iter().map(|it| it.kind == Kind::Apart).collect(),
        };
        let mut layout = header.layout(job)?;
        self.place_others(&header, own, &mut layout)?;
        let of_series = mapping.columns.series.as_deref().map(|id| format!("{id}_LABEL"));
        let title = self.list.iter().position(|it| of_series.as_ref() == Some(&it.id));
        // In pairs the column after the series has its name.
        let series = mapping.columns.series.as_ref().filter(|_| self.labels == Labels::Beside);
        let series = series.and_then(|id| self.list.iter().position(|it| it.id == *id));
        let title = title.or(series.map(|at| at + 1).filter(|at| *at < self.list.len()));
        layout.title = layout.title.or(title.map(Place::Column));
        layout.area_label = self.label_of(layout.area);
        layout.action = self.action.map(Place::Column);
        layout.labelled = self.labels == Labels::InCells;
        // `OBS_FLAG` is Eurostat's own, in place of a status.
        let is_of_eurostat = mapping.columns.status.is_none()
            && mapping
                .columns
                .flag
                .as_deref()
                .is_some_and(|id| id.eq_ignore_ascii_case("OBS_FLAG"));
        layout.flags_of_eurostat = self.flags_of_eurostat || is_of_eurostat;
        layout.remarks.clear();
        Ok(layout)
    }

    /// The column with the labels of the codes of the area: the one that says so by its heading, or stands beside
    /// it as the names of this message do; else the one that is named after it.
    fn label_of(&self, place: Option<Place>) -> Option<usize> {
        let at = place?.column()?;
        let own = self.list.get(at)?.id.as_str();
        let is_named = |it: &Component| {
            let mut ids = AREAS.iter().copied().chain([own]);
            ids.any(|id| {
                ["LABEL", "NAME"]
                    .iter()
                    .any(|end| it.id.eq_ignore_ascii_case(&format!("{id}_{end}")))
            })
        };
        // One that is named after the column itself comes before one that is named after another.
        let own_named = ["LABEL", "NAME"].map(|end| format!("{own}_{end}"));
        let is_own = |it: &Component| own_named.iter().any(|id| it.id.eq_ignore_ascii_case(id));
        let named = self.list.iter().position(is_own);
        let named = named.or_else(|| self.list.iter().position(is_named));
        self.label_beside(at, own).or(named)
    }

    /// The column beside the area that has its names: a name may stand after its code or before it (F04).
    fn label_beside(&self, at: usize, own: &str) -> Option<usize> {
        let heading = |at: usize| self.list.get(at);
        if self.labels == Labels::Beside {
            return Some(at + 1).filter(|at| heading(*at).is_some_and(|it| it.kind == Kind::Apart));
        }
        // A word beside an identifier, or what can be none.
        let is_word = |it: &Component| {
            it.kind != Kind::Apart
                && (!is_identifier(&it.id) || (is_capital(own) && !is_capital(&it.id)))
        };
        let is_label = |at: &usize| match self.labels {
            Labels::BesideSome | Labels::InCells => heading(*at).is_some_and(is_word),
            Labels::Beside | Labels::Elsewhere => false,
        };
        let (before, after) = (at.checked_sub(1).filter(is_label), Some(at + 1).filter(is_label));
        // In a message that begins with a name, what follows a code is the name of the next one.
        let is_before = self.list.iter().find(|it| it.kind != Kind::Apart).is_some_and(is_word);
        let sides = if is_before { [before, after] } else { [after, before] };
        let says_so = |at: &usize| heading(*at).is_some_and(|it| is_area_in_words(&it.id));
        // After another code it may be the name of that one: of a partner, who is another economy.
        let of_another = || {
            let code = at.checked_sub(2).and_then(heading).filter(|it| it.kind != Kind::Apart);
            let is_area = |id: &str| AREAS.iter().any(|it| it.eq_ignore_ascii_case(id));
            code.is_some_and(|it| is_capital(&it.id) && (is_area(&it.id) || !is_usual(&it.id)))
        };
        let by_place = || match (is_before, after) {
            (true, _) => before,
            (false, Some(after)) => Some(after),
            (false, None) => before.filter(|_| !of_another()),
        };
        sides.into_iter().flatten().find(says_so).or_else(by_place)
    }

    /// Adds every component that is neither used nor an attribute as a dimension. Names that the
    /// pipeline gives to dimensions are used in place of the identifiers. What the mapping names is
    /// found as in a table: without regard to case where nothing is written so.
    ///
    /// # Errors
    /// When a dimension that the pipeline names is not there, or stands twice.
    fn place_others(
        &self,
        header: &Header<'_, '_>,
        own: &Mapping,
        layout: &mut Layout<'_>,
    ) -> Result<(), DecodeError> {
        let mut is_done = vec![false; self.list.len()];
        let ignored = own.ignore.iter().filter_map(|heading| match header.place(heading) {
            Ok(Place::Column(at)) => Some(at),
            // What is not there need not be ignored.
            Ok(Place::Sheet) | Err(_) => None,
        });
        for at in layout.meant().chain(ignored) {
            if let Some(slot) = is_done.get_mut(at) {
                *slot = true;
            }
        }
        for (name, heading) in &own.dimensions {
            let place = header.place(heading)?;
            if let Place::Column(at) = place
                && let Some(slot) = is_done.get_mut(at)
            {
                *slot = true;
            }
            layout.dimensions.push((name.clone(), Dimension::At(place)));
        }
        for (at, (component, is_done)) in self.list.iter().zip(is_done).enumerate() {
            let id = component.id.as_str();
            let is_frequency = FREQUENCY.iter().any(|it| it.eq_ignore_ascii_case(id));
            let is_none = match component.kind {
                Kind::Dimension => is_frequency,
                Kind::Unknown => is_frequency || is_attribute(id),
                Kind::Attribute | Kind::Measure | Kind::Apart => true,
            };
            if is_done || is_none || id.is_empty() {
                continue;
            }
            // A price base is part of what was measured, so of the key (V9).
            let name = if id == "BASE_PER" { "BasePeriod" } else { id };
            layout.dimensions.push((name.to_owned(), Dimension::At(Place::Column(at))));
        }
        Ok(())
    }

    /// Which components a layout uses, and those that tell a record apart from others.
    pub(crate) fn wanted(&self, layout: &Layout<'_>) -> Vec<bool> {
        let mut wanted: Vec<bool> =
            self.list.iter().map(|it| matches!(it.kind, Kind::Dimension)).collect();
        for at in layout.columns() {
            if let Some(slot) = wanted.get_mut(at) {
                *slot = true;
            }
        }
        wanted
    }
}
