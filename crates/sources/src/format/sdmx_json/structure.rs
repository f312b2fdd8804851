//! The structure of a message: its components in their order, and their values.

use serde::Deserialize;

use crate::format::message::components::{Component, Components, Kind};
use crate::format::message::held::Held;
use crate::format::message::json;
use crate::format::raw::Raw;
use crate::{DecodeError, DecodeJob, text};

/// Identifier of the measure of a message that names none.
const VALUE: &str = "OBS_VALUE";

/// One component with its values.
#[derive(Debug, Clone)]
pub(super) struct Listed<'a> {
    pub(super) id: String,
    /// Texts of its values, by place; none where values stand in the records themselves.
    pub(super) values: Vec<String>,
    /// What those are called, by place.
    pub(super) names: Vec<Raw<'a>>,
    /// What it is where nothing is said.
    pub(super) default: String,
    role: Option<String>,
}

/// The components of a message.
#[derive(Debug, Default)]
pub(super) struct Structure<'a> {
    /// Dimensions of the data set, of series, of observations.
    pub(super) dimensions: [Vec<Listed<'a>>; 3],
    /// Attributes of the data set, of groups, of series, of observations.
    pub(super) attributes: [Vec<Listed<'a>>; 4],
    pub(super) measures: Vec<Listed<'a>>,
}

#[derive(Deserialize, Default)]
struct RawStructure<'a> {
    #[serde(borrow, default)]
    dimensions: Raw<'a>,
    #[serde(borrow, default)]
    attributes: Raw<'a>,
    #[serde(borrow, default)]
    measures: Raw<'a>,
}

/// The components of one kind by what they are of.
#[derive(Deserialize, Default)]
struct ByLevel<'a> {
    #[serde(borrow, default, rename = "dataSet")]
    data_set: Raw<'a>,
    #[serde(borrow, default, rename = "dimensionGroup")]
    group: Raw<'a>,
    #[serde(borrow, default)]
    series: Raw<'a>,
    #[serde(borrow, default)]
    observation: Raw<'a>,
}

#[derive(Deserialize, Default)]
struct RawComponent<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    role: Raw<'a>,
    #[serde(borrow, default)]
    roles: Raw<'a>,
    #[serde(borrow, default)]
    values: Raw<'a>,
    #[serde(borrow, default)]
    default: Raw<'a>,
}

#[derive(Deserialize, Default)]
struct RawValue<'a> {
    #[serde(borrow, default)]
    id: Raw<'a>,
    #[serde(borrow, default)]
    value: Raw<'a>,
    #[serde(borrow, default)]
    values: Raw<'a>,
    #[serde(borrow, default)]
    name: Raw<'a>,
    #[serde(borrow, default)]
    names: Raw<'a>,
}

fn object<'a, T: Deserialize<'a> + Default>(raw: Raw<'a>) -> Result<T, DecodeError> {
    if raw.is_null() {
        return Ok(T::default());
    }
    // Derived readers take lists for objects as well.
    if !raw.json().starts_with('{') {
        let found = text::start(raw.json().as_bytes());
        return Err(DecodeError::Shape { found, expected: "an object of the structure" });
    }
    serde_json::from_str(raw.json()).map_err(|error| text::json_error(&error, raw.json()))
}

impl<'a> Structure<'a> {
    /// Reads a structure; what it holds is counted.
    pub(super) fn read(
        job: &DecodeJob<'_>,
        raw: Raw<'a>,
        held: &mut Held,
    ) -> Result<Self, DecodeError> {
        let found: RawStructure<'_> = object(raw)?;
        let dimensions: ByLevel<'_> = object(found.dimensions)?;
        let attributes: ByLevel<'_> = object(found.attributes)?;
        let measures: ByLevel<'_> = object(found.measures)?;
        let mut components = |raw| components(job, raw, held);
        let structure = Self {
            dimensions: [
                components(dimensions.data_set)?,
                components(dimensions.series)?,
                components(dimensions.observation)?,
            ],
            attributes: [
                components(attributes.data_set)?,
                components(attributes.group)?,
                components(attributes.series)?,
                components(attributes.observation)?,
            ],
            measures: components(measures.observation)?,
        };
        let count = structure.width();
        let limit = job.limits.columns_max;
        if count > limit {
            let limit = u64::try_from(limit).unwrap_or(u64::MAX);
            let what = "the number of components of a structure";
            return Err(DecodeError::too_large(what, limit, "columns_max"));
        }
        Ok(structure)
    }

    fn width(&self) -> usize {
        let lists = self.dimensions.iter().chain(&self.attributes);
        1 + self.measures.len().max(1) + lists.map(Vec::len).sum::<usize>()
    }

    /// The components as columns: the action, dimensions, measures, attributes.
    pub(super) fn components(&self) -> Components {
        let mut list = vec![Component::new("ACTION", Kind::Apart)];
        let mut add = |listed: &Listed<'_>, kind| {
            list.push(Component { id: listed.id.clone(), role: listed.role.clone(), kind });
        };
        self.dimensions.iter().flatten().for_each(|it| add(it, Kind::Dimension));
        self.measures.iter().for_each(|it| add(it, Kind::Measure));
        let attributes = self.attributes.iter().flatten();
        attributes.for_each(|it| add(it, Kind::Attribute));
        if self.measures.is_empty() {
            let at = 1 + self.dimensions.iter().map(Vec::len).sum::<usize>();
            list.insert(at, Component::new(VALUE, Kind::Measure));
        }
        Components { list, action: Some(0), short_unit: true, ..Components::default() }
    }

    /// Column of the first dimension on a level (data set, series, observation).
    pub(super) fn dimensions_from(&self, level: usize) -> usize {
        1 + self.dimensions.iter().take(level).map(Vec::len).sum::<usize>()
    }

    /// Column of the first measure.
    pub(super) fn measures_from(&self) -> usize {
        self.dimensions_from(3)
    }

    /// Column of the first attribute on a level (data set, group, series, observation).
    pub(super) fn attributes_from(&self, level: usize) -> usize {
        let before = self.attributes.iter().take(level).map(Vec::len).sum::<usize>();
        self.measures_from() + self.measures.len().max(1) + before
    }
}

fn components<'a>(
    job: &DecodeJob<'_>,
    raw: Raw<'a>,
    held: &mut Held,
) -> Result<Vec<Listed<'a>>, DecodeError> {
    let mut found = Vec::new();
    json::elements("a list of components", raw, json::columns(job), &mut found)?;
    found.into_iter().map(|raw| component(job, raw, held)).collect()
}

fn component<'a>(
    job: &DecodeJob<'_>,
    raw: Raw<'a>,
    held: &mut Held,
) -> Result<Listed<'a>, DecodeError> {
    let found: RawComponent<'_> = object(raw)?;
    let mut roles = Vec::new();
    if found.roles.json().starts_with('[') {
        json::elements("a list of roles", found.roles, json::columns(job), &mut roles)?;
    }
    let role =
        if found.role.is_null() { roles.first().copied().unwrap_or_default() } else { found.role };
    let role = role.text().to_ascii_uppercase();
    let role = match role.as_str() {
        "" => None,
        "TIME" => Some("TIME_PERIOD".to_owned()),
        _ => Some(role),
    };
    let (mut values, mut names) = (Vec::new(), Vec::new());
    json::each("a list of values", found.values, &mut |raw| {
        held.take()?;
        let (value, name) = value(raw)?;
        values.push(value);
        names.push(name);
        Ok(())
    })?;
    let default = json::said(found.default)?.into_owned();
    Ok(Listed { id: found.id.text().into_owned(), values, names, default, role })
}

/// The text of a value: its identifier, else what it is, else its name; and what it is called beside
/// its identifier.
fn value(raw: Raw<'_>) -> Result<(String, Raw<'_>), DecodeError> {
    if !raw.json().starts_with('{') {
        return Ok((json::said(raw)?.into_owned(), Raw::default()));
    }
    let found: RawValue<'_> = object(raw)?;
    let parts = [found.id, found.value, found.values, found.name];
    let said = parts.into_iter().find(|it| !it.is_null()).unwrap_or_default();
    let name = if found.name.is_null() { found.names } else { found.name };
    let name = if found.id.is_null() { Raw::default() } else { name };
    Ok((json::said(said)?.into_owned(), name))
}
