//! Reference areas: ISO 3166-1 economies, aggregates and dissolved countries, and how each
//! source names them. Built from `schemas/codelists/`, never guessed.

mod group;
mod name;
mod read;

use std::collections::HashMap;

pub use group::{GroupKind, MEMBER, Membership, OBSERVER, Standing};
pub use name::normalise_name;

/// What kind of thing an area code stands for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum AreaKind {
    /// A country, territory or economy: scored.
    Economy,
    /// A region or group: never scored as an economy.
    Aggregate,
    /// A country that no longer exists (SUN, YUG, SCG, ANT, CSK): kept, never its successor.
    Dissolved,
}

/// One row of `ref_area.csv`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Area {
    /// ISO 3166-1 alpha-3 (`XKX` for Kosovo, `CHI` for Channel Islands, as the World Bank
    /// writes them), or `M49:nnn` / `WB:xxx` for aggregates without an ISO code.
    pub code: String,
    /// UN M49 number, three digits, or empty.
    pub m49: String,
    /// ISO 3166-1 alpha-2, or empty.
    pub iso2: String,
    /// Name as the UN writes it.
    pub name: String,
    /// Kind.
    pub kind: AreaKind,
    /// UN M49 region name (`Africa`), empty for aggregates.
    pub region: String,
    /// UN M49 sub-region name.
    pub subregion: String,
    /// First and last year of existence as a statistical area, where limited.
    pub valid: (Option<i32>, Option<i32>),
    /// Note on designation, shown with the name; may be empty.
    pub note: String,
}

/// What a source's text means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AreaMatch<'a> {
    /// Exactly one area.
    One(&'a Area),
    /// Several areas answer to it: quarantine, with the candidates.
    Many(&'a [usize]),
    /// None does: quarantine.
    None,
}

/// The code list, indexed for look-up by source.
#[derive(Debug, Clone, Default)]
pub struct AreaList {
    areas: Vec<Area>,
    by_code: HashMap<String, usize>,
    aliases: HashMap<(String, String), Vec<usize>>,
    /// What any source writes, whoever it is.
    by_text: HashMap<String, Vec<usize>>,
    memberships: Vec<Membership>,
    /// Places in `memberships` by area: who belongs where is asked for every economy, line and year.
    spells: HashMap<String, Vec<usize>>,
    /// Whether any spell says who is a member State.
    declared: bool,
}

/// One row of `ref_area_aliases.csv`: what a source writes for an area.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Alias {
    /// Source id, or `*` for every source.
    pub source: String,
    /// The text: a name or a code.
    pub text: String,
    /// Code of the area.
    pub area: String,
}

/// A fault in the code lists, as an error text that says where and what would be right.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AreaListError {
    /// Two rows have one code.
    #[error("area code {0} stands twice in ref_area.csv")]
    DuplicateCode(String),
    /// An alias points at an area that does not exist.
    #[error("alias {text:?} of source {source_id} points at unknown area {area}")]
    UnknownTarget {
        /// The alias text.
        text: String,
        /// The alias source.
        source_id: String,
        /// The missing area code.
        area: String,
    },
    /// Two codes have one number in draws ([`crate::item`]).
    #[error(
        "codes {0} and {1} have the same number in draws (FNV-1a, 32 bits); rename one of them"
    )]
    SameItem(String, String),
    /// A line of one of the two files is wrong.
    #[error("{file}:{line}: {found}")]
    Line {
        /// File name.
        file: &'static str,
        /// Line, from 1; 1 is the header.
        line: u64,
        /// What was found and what would be right.
        found: String,
    },
}

impl AreaList {
    /// Indexes a code list.
    ///
    /// # Errors
    /// Every duplicate code and every alias without a target, all at once.
    pub fn new(areas: Vec<Area>, aliases: Vec<Alias>) -> Result<Self, Vec<AreaListError>> {
        let mut errors = Vec::new();
        let mut by_code = HashMap::new();
        for (at, area) in areas.iter().enumerate() {
            if by_code.insert(area.code.clone(), at).is_some() {
                errors.push(AreaListError::DuplicateCode(area.code.clone()));
            }
        }
        if let Some((one, other)) = crate::item::collision(areas.iter().map(|it| it.code.as_str()))
        {
            errors.push(AreaListError::SameItem(one.to_owned(), other.to_owned()));
        }
        let mut index: HashMap<(String, String), Vec<usize>> = HashMap::new();
        let mut by_text: HashMap<String, Vec<usize>> = HashMap::new();
        for alias in aliases {
            match by_code.get(&alias.area) {
                Some(&at) => {
                    let text = normalise_name(&alias.text);
                    let anywhere = by_text.entry(text.clone()).or_default();
                    for slot in [anywhere, index.entry((alias.source, text)).or_default()] {
                        if !slot.contains(&at) {
                            slot.push(at);
                        }
                    }
                }
                None => errors.push(AreaListError::UnknownTarget {
                    text: alias.text,
                    source_id: alias.source,
                    area: alias.area,
                }),
            }
        }
        if errors.is_empty() {
            Ok(Self { areas, by_code, aliases: index, by_text, ..Self::default() })
        } else {
            Err(errors)
        }
    }

    /// SHA-256 of everything that decides which area a text means: areas and aliases, whatever
    /// the order of the aliases.
    pub fn fingerprint(&self) -> String {
        let mut aliases: Vec<_> = self.aliases.iter().collect();
        aliases.sort_unstable();
        let text = format!("{:?} {aliases:?}", self.areas);
        crate::payload::RawId::of(text.as_bytes()).to_string()
    }

    /// All areas, in file order.
    pub fn areas(&self) -> &[Area] {
        &self.areas
    }

    /// The area with a canonical code.
    pub fn get(&self, code: &str) -> Option<&Area> {
        self.by_code.get(code).and_then(|&at| self.areas.get(at))
    }

    /// The area at an index of [`AreaMatch::Many`].
    pub fn at(&self, index: usize) -> Option<&Area> {
        self.areas.get(index)
    }

    /// The areas that `text` means to any source at all, in no order of rank. For a name beside a
    /// code, which need not be written as its source usually does.
    pub fn meant_anywhere(&self, text: &str) -> Vec<&Area> {
        let found = self.by_text.get(&normalise_name(text));
        found.into_iter().flatten().filter_map(|&at| self.areas.get(at)).collect()
    }

    /// What `text` means to `source`: the source's own aliases first, then those of every
    /// source (`*`). A name is compared after [`normalise_name`]. Call it once per distinct
    /// text, not once per row.
    pub fn find(&self, source: &str, text: &str) -> AreaMatch<'_> {
        let name = normalise_name(text);
        let own = self.aliases.get(&(source.to_owned(), name.clone()));
        match own.or_else(|| self.aliases.get(&("*".to_owned(), name))) {
            Some(found) => match found.as_slice() {
                [one] => self.areas.get(*one).map_or(AreaMatch::None, AreaMatch::One),
                many => AreaMatch::Many(many),
            },
            None => AreaMatch::None,
        }
    }
}
