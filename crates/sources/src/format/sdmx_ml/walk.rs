//! The elements of a message as what they say: of which data set, group, series or observation,
//! and of which component. The same for all versions: generic, structure-specific, series and flat.

use std::borrow::Cow;

use super::head::{self, Head};
use super::xml::{Element, Elements};
use crate::DecodeError;
use crate::format::message::action;
use crate::format::message::cells::Level;
use crate::format::message::components::Kind;

/// Identifier of the measure that has no other.
pub(super) const VALUE: &str = "OBS_VALUE";
/// Identifier of the action on a record.
pub(super) const ACTION: &str = "ACTION";

/// Takes what a message says.
pub(super) trait Visit {
    /// Something begins.
    fn begin(&mut self, level: Level) -> Result<(), DecodeError>;

    /// Something is said of a component.
    fn value(&mut self, level: Level, kind: Kind, id: &str, text: &str) -> Result<(), DecodeError>;

    /// All was said of it.
    fn end(&mut self, level: Level) -> Result<(), DecodeError>;
}

/// Attributes of a data set that are none of its data.
const RESERVED: &[&str] = &[
    "structureRef",
    "dataScope",
    "setID",
    "validFromDate",
    "validToDate",
    "publicationYear",
    "publicationPeriod",
    "reportingBeginDate",
    "reportingEndDate",
    "keyFamilyURI",
    "keyFamilyId",
    "datasetID",
    "dataProviderID",
    "dataProviderSchemeId",
    "dataProviderSchemeAgencyId",
    "dataflowID",
    "dataflowAgencyID",
];

/// Walks a message.
///
/// # Errors
/// When it is no message of data, or says that there are none; when what is said of it cannot be
/// taken.
pub(super) fn walk<V: Visit>(
    elements: &mut Elements<'_>,
    visit: &mut V,
    tell: &mut dyn FnMut(String),
) -> Result<(), DecodeError> {
    let root = head::root(elements)?;
    let mut head = Head::of(&root);
    let mut sets = 0_u64;
    while let Some(child) = elements.child_of(&root)? {
        match child.name() {
            "Header" => head.read(elements, &child)?,
            "DataSet" => {
                sets += 1;
                Walk { elements, visit, head: &head, at_obs: None }.data_set(&child)?;
            }
            "Footer" => head::footer(elements, &child, tell)?,
            _ => elements.skip(&child)?,
        }
    }
    if elements.child()?.is_some() {
        return Err(elements.broken("a second document follows the first"));
    }
    if sets == 0 {
        tell("the message has no data set".to_owned());
    }
    Ok(())
}

struct Walk<'w, 't, V> {
    elements: &'w mut Elements<'t>,
    visit: &'w mut V,
    head: &'w Head,
    /// The dimension at the observation, where the message says it: none for all of them.
    at_obs: Option<String>,
}

impl<V: Visit> Walk<'_, '_, V> {
    fn data_set(&mut self, set: &Element<'_>) -> Result<(), DecodeError> {
        self.visit.begin(Level::DataSet)?;
        let mut structure = String::new();
        let mut of_set = self.head.action.clone();
        self.elements.attributes(set, |prefix, name, value| {
            match (prefix, name) {
                (_, "structureRef") => structure = value.into_owned(),
                (_, "action") => of_set = value.into_owned(),
                (Some(_), _) => {}
                (None, name) if RESERVED.contains(&name) => {}
                (None, name) => {
                    self.visit.value(Level::DataSet, Kind::Attribute, name, &value)?;
                }
            }
            Ok(())
        })?;
        self.at_obs = self.head.at_obs(&structure);
        self.visit.value(Level::DataSet, Kind::Apart, ACTION, action(&of_set))?;
        while let Some(child) = self.elements.child_of(set)? {
            match child.name() {
                "Series" => self.series(&child)?,
                "Obs" => {
                    self.visit.begin(Level::Series)?;
                    self.obs(&child, true)?;
                    self.visit.end(Level::Series)?;
                }
                "Group" | "Atts" => self.group(&child)?,
                "Attributes" => self.values(&child, Level::DataSet, Kind::Attribute)?,
                "Comp" => self.comp(&child, Level::DataSet, Kind::Attribute)?,
                // Groups of version 2.0 have names of their own.
                name if name.ends_with("Group") => self.group(&child)?,
                _ => self.elements.skip(&child)?,
            }
        }
        self.visit.end(Level::DataSet)
    }

    fn group(&mut self, group: &Element<'_>) -> Result<(), DecodeError> {
        self.visit.begin(Level::Group)?;
        let is_generic = self.head.is_generic;
        self.elements.attributes(group, |prefix, name, value| {
            if prefix.is_some() || (is_generic && name == "type") {
                return Ok(());
            }
            self.visit.value(Level::Group, Kind::Unknown, name, &value)
        })?;
        let mut is_open = true;
        while let Some(child) = self.elements.child_of(group)? {
            match child.name() {
                "GroupKey" => self.values(&child, Level::Group, Kind::Dimension)?,
                "Attributes" => self.values(&child, Level::Group, Kind::Attribute)?,
                "Comp" => self.comp(&child, Level::Group, Kind::Attribute)?,
                // Of version 2.0: the series lie in their group.
                "Series" => {
                    if std::mem::take(&mut is_open) {
                        self.visit.end(Level::Group)?;
                    }
                    self.series(&child)?;
                }
                _ => self.elements.skip(&child)?,
            }
        }
        if is_open { self.visit.end(Level::Group) } else { Ok(()) }
    }

    fn series(&mut self, series: &Element<'_>) -> Result<(), DecodeError> {
        self.visit.begin(Level::Series)?;
        self.elements.attributes(series, |prefix, name, value| match prefix {
            None => self.visit.value(Level::Series, Kind::Unknown, name, &value),
            Some(_) if name == "action" => {
                self.visit.value(Level::Series, Kind::Apart, ACTION, action(&value))
            }
            Some(_) => Ok(()),
        })?;
        while let Some(child) = self.elements.child_of(series)? {
            match child.name() {
                "SeriesKey" => self.values(&child, Level::Series, Kind::Dimension)?,
                "Attributes" => self.values(&child, Level::Series, Kind::Attribute)?,
                "Comp" => self.comp(&child, Level::Series, Kind::Attribute)?,
                "Obs" => self.obs(&child, false)?,
                _ => self.elements.skip(&child)?,
            }
        }
        self.visit.end(Level::Series)
    }

    fn obs(&mut self, obs: &Element<'_>, is_flat: bool) -> Result<(), DecodeError> {
        self.visit.begin(Level::Obs)?;
        let at_obs = self.at_obs.as_deref();
        let explicit = self.head.is_explicit;
        self.elements.attributes(obs, |prefix, name, value| match (prefix, name) {
            (None, name) => {
                let kind = match name {
                    VALUE => Kind::Measure,
                    "TIME_PERIOD" => Kind::Dimension,
                    name if Some(name) == at_obs => Kind::Dimension,
                    // Of an observation of a series that message says which dimension it has.
                    _ if !is_flat && at_obs.is_some() => Kind::Attribute,
                    _ => Kind::Unknown,
                };
                self.visit.value(Level::Obs, kind, name, &value)
            }
            (Some(_), "action") => {
                self.visit.value(Level::Obs, Kind::Apart, ACTION, action(&value))
            }
            (Some("xsi"), "type") if explicit => {
                // A measure that has a type of its own: `demo:LBIRTHST`.
                let measure = value.rsplit(':').next().unwrap_or_default();
                self.visit.value(Level::Obs, Kind::Dimension, at_obs.unwrap_or("MEASURE"), measure)
            }
            (Some(_), _) => Ok(()),
        })?;
        while let Some(child) = self.elements.child_of(obs)? {
            match child.name() {
                "ObsKey" => self.values(&child, Level::Obs, Kind::Dimension)?,
                "ObsDimension" => {
                    let usual = self.at_obs.clone().unwrap_or_else(|| "TIME_PERIOD".to_owned());
                    self.single(&child, Kind::Dimension, &usual)?;
                }
                "ObsValue" => self.single(&child, Kind::Measure, VALUE)?,
                "Attributes" => self.values(&child, Level::Obs, Kind::Attribute)?,
                "Comp" => self.comp(&child, Level::Obs, Kind::Attribute)?,
                "Time" => {
                    let time = self.elements.text(&child)?;
                    self.visit.value(Level::Obs, Kind::Dimension, "TIME_PERIOD", &time)?;
                }
                _ => self.elements.skip(&child)?,
            }
        }
        self.visit.end(Level::Obs)
    }

    /// An element that says something of one component, which it may name.
    fn single(
        &mut self,
        element: &Element<'_>,
        kind: Kind,
        usual: &str,
    ) -> Result<(), DecodeError> {
        let (mut id, mut text) = (Cow::Borrowed(usual), String::new());
        self.elements.attributes(element, |prefix, name, value| {
            match (prefix, name) {
                (None, "id" | "concept") => id = Cow::Owned(value.into_owned()),
                (None, "value") => text = value.into_owned(),
                _ => {}
            }
            Ok(())
        })?;
        self.elements.skip(element)?;
        self.visit.value(Level::Obs, kind, &id, &text)
    }

    /// The values in a key, or in a list of attributes.
    fn values(&mut self, list: &Element<'_>, level: Level, kind: Kind) -> Result<(), DecodeError> {
        while let Some(value) = self.elements.child_of(list)? {
            if value.name() == "Value" {
                let (mut id, mut text) = (String::new(), String::new());
                self.elements.attributes(&value, |prefix, name, found| {
                    match (prefix, name) {
                        (None, "id" | "concept") => id = found.into_owned(),
                        (None, "value") => text = found.into_owned(),
                        _ => {}
                    }
                    Ok(())
                })?;
                self.visit.value(level, kind, &id, &text)?;
            }
            self.elements.skip(&value)?;
        }
        Ok(())
    }

    /// A component with several values, of which each may be in several languages: of version 3.0.
    fn comp(&mut self, comp: &Element<'_>, level: Level, kind: Kind) -> Result<(), DecodeError> {
        let id = self.elements.attribute(comp, "id")?;
        let mut texts = String::new();
        while let Some(value) = self.elements.child_of(comp)? {
            if value.name() != "Value" {
                self.elements.skip(&value)?;
                continue;
            }
            let text = self.elements.first_text(&value)?;
            if !texts.is_empty() {
                texts.push(';');
            }
            texts.push_str(&text);
            self.elements.check_length(texts.len())?;
        }
        self.visit.value(level, kind, &id, &texts)
    }
}
