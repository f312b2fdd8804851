//! One data set: its dimensions, their categories in order, and its values.

use std::borrow::Cow;
use std::collections::HashMap;

use chrono::NaiveDate;

use super::EXPECTED;
use crate::format::message::cells::{Cells, Level};
use crate::format::message::components::{Component, Components, Kind};
use crate::format::message::held::{Held, over};
use crate::format::message::{Take, json};
use crate::format::raw::Raw;
use crate::job::Budget;
use crate::{DecodeError, DecodeJob};

/// A data set.
#[derive(Debug, Default)]
pub(super) struct Cube<'a> {
    ids: Vec<String>,
    sizes: Vec<u64>,
    /// Codes of the categories of each dimension, in order.
    codes: Vec<Vec<String>>,
    /// The labels of those of each dimension.
    labels: Vec<Raw<'a>>,
    roles: Vec<Option<&'static str>>,
    /// Number of cells: the product of the sizes.
    cells: u64,
    value: Raw<'a>,
    status: Raw<'a>,
    updated: Option<NaiveDate>,
    is_of_eurostat: bool,
}

/// The parts of a data set; those of 1.x stand in its `dimension`.
#[derive(Default)]
struct Parts<'a> {
    id: Raw<'a>,
    size: Raw<'a>,
    role: Raw<'a>,
    dimension: Raw<'a>,
    /// The dimensions by name.
    by_name: HashMap<String, Raw<'a>>,
}

fn shape(found: impl Into<String>) -> DecodeError {
    DecodeError::Shape { found: found.into(), expected: EXPECTED }
}

fn short(text: &str) -> String {
    text.chars().take(60).collect()
}

/// The part of a data set that says something of its cells, in errors.
const SAID: &str = "what is said of cells";

/// What is said of a cell that has no value.
enum Said<'a> {
    Nothing,
    /// The same of all.
    All(Cow<'a, str>),
    /// By place, sorted.
    Some(Vec<(u64, Raw<'a>)>),
}

impl<'a> Cube<'a> {
    /// Reads all but the values.
    pub(super) fn read(job: &DecodeJob<'_>, raw: Raw<'a>) -> Result<Self, DecodeError> {
        let (mut cube, mut parts) = (Self::default(), Parts::default());
        json::entries("a data set", raw, &mut |key, part| {
            match key {
                "id" => parts.id = part,
                "size" => parts.size = part,
                "role" => parts.role = part,
                "dimension" => parts.dimension = part,
                "value" => cube.value = part,
                "status" => cube.status = part,
                "updated" => cube.updated = crate::text::date(&part.text()),
                // Eurostat's old service names its version; the new one is ESTAT.
                "wsVersion" => cube.is_of_eurostat = true,
                "source" => cube.is_of_eurostat |= matches!(&*part.text(), "ESTAT" | "Eurostat"),
                _ => {}
            }
            Ok(())
        })?;
        let of_dimension = parts.dimension;
        json::entries("dimensions by name", of_dimension, &mut |key, part| {
            match key {
                "id" if !parts.id.is_present() && part.json().starts_with('[') => parts.id = part,
                "size" if !parts.size.is_present() && part.json().starts_with('[') => {
                    parts.size = part;
                }
                "role" if !parts.role.is_present() && is_role(part) => parts.role = part,
                _ => {
                    let most = json::columns(job);
                    if parts.by_name.len() >= most.0 {
                        return Err(over("the number of dimensions".to_owned(), most));
                    }
                    parts.by_name.insert(key.to_owned(), part);
                }
            }
            Ok(())
        })?;
        cube.dimensions(job, &parts)?;
        Ok(cube)
    }

    fn dimensions(&mut self, job: &DecodeJob<'_>, parts: &Parts<'a>) -> Result<(), DecodeError> {
        let (mut ids, mut sizes) = (Vec::new(), Vec::new());
        json::elements("a list of dimensions", parts.id, json::columns(job), &mut ids)?;
        json::elements("a list of sizes", parts.size, json::columns(job), &mut sizes)?;
        if ids.len() != sizes.len() {
            return Err(shape(format!("{} dimensions and {} sizes", ids.len(), sizes.len())));
        }
        self.cells = 1;
        for (id, size) in ids.iter().zip(&sizes) {
            let id = id.text().into_owned();
            // Also as text.
            let size = size.text().parse::<u64>();
            let size =
                size.map_err(|_| shape(format!("dimension {:?} has no size", short(&id))))?;
            self.cells = self.cells.saturating_mul(size);
            self.ids.push(id);
            self.sizes.push(size);
        }
        let limit = job.limits.records_max;
        if self.cells > limit {
            let what = "the number of cells (the product of all sizes)";
            return Err(DecodeError::too_large(what, limit, "records_max"));
        }
        let mut held = Held::new(job);
        for (id, size) in self.ids.iter().zip(&self.sizes) {
            let Some(dimension) = parts.by_name.get(id) else {
                return Err(shape(format!("nothing is said of dimension {:?}", short(id))));
            };
            let (codes, labels) = categories(id, *size, *dimension, &mut held)?;
            self.codes.push(codes);
            self.labels.push(labels);
        }
        self.roles = vec![None; self.ids.len()];
        json::entries("roles", parts.role, &mut |role, of| {
            let stands_for = match role {
                "time" => "TIME_PERIOD",
                "geo" => "GEO",
                _ => return Ok(()),
            };
            let mut named = Vec::new();
            if of.json().starts_with('[') {
                json::elements("a list of dimensions", of, json::columns(job), &mut named)?;
            } else {
                named.push(of);
            }
            for name in named {
                let at = self.ids.iter().position(|id| **id == *name.text());
                if let Some(role) = at.and_then(|at| self.roles.get_mut(at)) {
                    *role = Some(stands_for);
                }
            }
            Ok(())
        })
    }

    /// The dimensions as components, then the value and what is said of it.
    fn components(&self) -> Components {
        let of = |(id, role): (&String, Option<&str>)| Component {
            id: id.clone(),
            role: role.map(str::to_owned),
            kind: Kind::Dimension,
        };
        let mut list: Vec<Component> =
            self.ids.iter().zip(self.roles.iter().copied()).map(of).collect();
        list.push(Component::new("OBS_VALUE", Kind::Measure));
        let role = Some("OBS_FLAG".to_owned());
        list.push(Component { id: "status".to_owned(), role, kind: Kind::Attribute });
        let flags_of_eurostat = self.is_of_eurostat;
        Components { list, short_unit: true, flags_of_eurostat, ..Components::default() }
    }

    /// Hands over every cell that has a value, or of which something is said.
    pub(super) fn hand_over(
        &self,
        job: &DecodeJob<'_>,
        take: &mut dyn Take,
    ) -> Result<(), DecodeError> {
        if let Some(updated) = self.updated {
            take.updated(updated);
        }
        let status = self.status()?;
        let components = self.components();
        let wanted = take.components(&components)?;
        self.tell_labels(job, take)?;
        let cells = Cells::new(&components, wanted, job.limits.record_max_bytes);
        let mut out = Out { cube: self, status: &status, next: 0, cells, take };
        let mut budget = Budget::new(job);
        if self.value.json().starts_with('[') {
            let mut at: u64 = 0;
            json::each("values", self.value, &mut |value| {
                if at >= self.cells {
                    return Err(shape(format!("more values than {} cells", self.cells)));
                }
                budget.step()?;
                out.cell(at, value)?;
                at += 1;
                Ok(())
            })?;
            if at < self.cells {
                return Err(shape(format!("{at} values of {} cells", self.cells)));
            }
            return Ok(());
        }
        let values = by_place("values", self.value, self.cells)?;
        for (at, value) in values {
            budget.step()?;
            out.said_before(at)?;
            out.cell(at, value)?;
        }
        out.said_before(self.cells)
    }

    /// Tells what the codes of the area are called.
    fn tell_labels(&self, job: &DecodeJob<'_>, take: &mut dyn Take) -> Result<(), DecodeError> {
        let labels = take.labelled().and_then(|at| self.labels.get(at)).copied();
        let labels = labels.filter(|it| it.json().starts_with('{')).unwrap_or_default();
        let mut held = Held::new(job);
        json::entries("labels of categories", labels, &mut |code, label| {
            held.take()?;
            if !label.is_nested() {
                take.label(code, &label.text());
            }
            Ok(())
        })
    }

    /// What is said of cells.
    fn status(&self) -> Result<Said<'a>, DecodeError> {
        // That of 1.x by Eurostat has its values one level below, and never two: a body may be as deep
        // as it is long (P90).
        let mut inner = None;
        if self.status.json().starts_with('{') {
            json::entries(SAID, self.status, &mut |key, value| {
                if key == "value" {
                    inner = Some(value);
                }
                Ok(())
            })?;
        }
        self.said(inner.unwrap_or(self.status))
    }

    fn said(&self, raw: Raw<'a>) -> Result<Said<'a>, DecodeError> {
        match raw.json().as_bytes().first() {
            None | Some(b'n') => Ok(Said::Nothing),
            Some(b'[') => {
                let (mut found, mut at) = (Vec::new(), 0_u64);
                json::each(SAID, raw, &mut |said| {
                    if !said.is_null() {
                        found.push((at, said));
                    }
                    at += 1;
                    if at > self.cells {
                        Err(shape("more is said than there are cells"))
                    } else {
                        Ok(())
                    }
                })?;
                match found.as_slice() {
                    // One for all.
                    [(0, all)] if at == 1 && self.cells != 1 => Ok(Said::All(all.text())),
                    _ => Ok(Said::Some(found)),
                }
            }
            Some(b'{') => by_place(SAID, raw, self.cells).map(Said::Some),
            _ => Ok(Said::All(raw.text())),
        }
    }
}

/// Hands over cells.
struct Out<'o, 'a> {
    cube: &'o Cube<'a>,
    status: &'o Said<'a>,
    /// The next of `status` by place.
    next: usize,
    cells: Cells,
    take: &'o mut dyn Take,
}

impl Out<'_, '_> {
    fn cell(&mut self, at: u64, value: Raw<'_>) -> Result<(), DecodeError> {
        let status = match self.status {
            Said::Nothing => Cow::Borrowed(""),
            Said::All(said) => Cow::Borrowed(&**said),
            Said::Some(listed) => {
                while listed.get(self.next).is_some_and(|(place, _)| *place < at) {
                    self.next += 1;
                }
                match listed.get(self.next).filter(|(place, _)| *place == at) {
                    Some((_, said)) => {
                        self.next += 1;
                        said.text()
                    }
                    None => Cow::Borrowed(""),
                }
            }
        };
        let Cube { sizes, codes, .. } = self.cube;
        let mut rest = at;
        for (dimension, (size, codes)) in sizes.iter().zip(codes).enumerate().rev() {
            let place = rest % size;
            rest /= size;
            let code = usize::try_from(place).ok().and_then(|place| codes.get(place));
            self.cells.set(Level::Obs, dimension, code.map_or("", String::as_str));
        }
        let from = self.cube.ids.len();
        self.cells.set(Level::Obs, from, &value.text());
        self.cells.set(Level::Obs, from + 1, &status);
        let record = self.cells.record()?;
        self.take.record(record)?;
        self.cells.clear(Level::Obs);
        Ok(())
    }

    /// Cells before a place that have no value, and of which something is said.
    fn said_before(&mut self, at: u64) -> Result<(), DecodeError> {
        let Said::Some(listed) = self.status else { return Ok(()) };
        while let Some((place, _)) = listed.get(self.next).filter(|(place, _)| *place < at) {
            self.cell(*place, Raw::default())?;
        }
        Ok(())
    }
}

/// Whether a part of 1.x is the roles, and no dimension of that name.
fn is_role(raw: Raw<'_>) -> bool {
    let mut has_lists = raw.json().starts_with('{');
    let looked = json::entries("roles", raw, &mut |key, _| {
        has_lists &= matches!(key, "time" | "geo" | "metric");
        Ok(())
    });
    looked.is_ok() && has_lists
}

/// Values by their places, sorted.
fn by_place<'a>(
    what: &'static str,
    raw: Raw<'a>,
    cells: u64,
) -> Result<Vec<(u64, Raw<'a>)>, DecodeError> {
    let mut found: Vec<(u64, Raw<'a>)> = Vec::new();
    let mut is_sorted = true;
    json::entries(what, raw, &mut |key, value| {
        let Some(at) = key.parse::<u64>().ok().filter(|at| *at < cells) else {
            return Err(shape(format!("{what}: place {:?} of {cells} cells", short(key))));
        };
        if u64::try_from(found.len()).is_ok_and(|count| count >= cells) {
            return Err(shape(format!("{what}: more of them than {cells} cells")));
        }
        is_sorted &= found.last().is_none_or(|(before, _)| *before < at);
        found.push((at, value));
        Ok(())
    })?;
    if !is_sorted {
        found.sort_by_key(|(at, _)| *at);
        let twice = found.iter().zip(found.iter().skip(1)).find(|(one, next)| one.0 == next.0);
        if let Some(((at, _), _)) = twice {
            return Err(shape(format!("{what}: place {at} stands twice")));
        }
    }
    Ok(found)
}

/// The codes of a dimension in their order (a list, an object of places, or, of a single category, its
/// label), and what they are called.
fn categories<'a>(
    id: &str,
    size: u64,
    dimension: Raw<'a>,
    held: &mut Held,
) -> Result<(Vec<String>, Raw<'a>), DecodeError> {
    let (mut index, mut label) = (Raw::default(), Raw::default());
    json::entries("a dimension", dimension, &mut |key, part| {
        if key != "category" {
            return Ok(());
        }
        json::entries("categories", part, &mut |key, part| {
            match key {
                "index" => index = part,
                "label" => label = part,
                _ => {}
            }
            Ok(())
        })
    })?;
    let mut places: Vec<(u64, String)> = Vec::new();
    let mut add = |place: Option<u64>, code: String| {
        held.take()?;
        let Some(place) = place else {
            return Err(shape(format!("category {:?} has no place", short(&code))));
        };
        places.push((place, code));
        Ok(())
    };
    if index.json().starts_with('[') {
        let mut at = 0;
        json::each("a list of categories", index, &mut |code| {
            at += 1;
            add(Some(at - 1), code.text().into_owned())
        })?;
    } else if index.is_null() {
        // Without places only a single category can be meant.
        let mut at = 0;
        json::entries("labels of categories", label, &mut |code, _| {
            at += 1;
            add(Some(at - 1), code.to_owned())
        })?;
        if size != 1 {
            return Err(shape(format!(
                "dimension {:?} has {size} categories in no order",
                short(id)
            )));
        }
    } else {
        json::entries("places of categories", index, &mut |code, place| {
            add(place.text().parse().ok(), code.to_owned())
        })?;
    }
    places.sort();
    let is_whole = (0..).zip(&places).all(|(at, (place, _))| at == *place);
    if u64::try_from(places.len()) != Ok(size) || !is_whole {
        return Err(shape(format!(
            "dimension {:?} is of size {size}, and {} categories have places in it",
            short(id),
            places.len()
        )));
    }
    Ok((places.into_iter().map(|(_, code)| code).collect(), label))
}
