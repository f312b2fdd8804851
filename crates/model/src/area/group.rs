//! Which economy belongs to which group, and when: `group_members.csv`.

use std::collections::BTreeMap;

use super::{Area, AreaList};

/// What a group is made by. Regions are a fact of the area itself and stand in `ref_area.csv`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum GroupKind {
    /// Standing in the United Nations: [`MEMBER`] or [`OBSERVER`].
    Universe,
    /// World Bank income group.
    Income,
    /// `LDC`, `LLDC`, `SIDS`.
    Special,
}

impl GroupKind {
    /// Code in the file and in tables.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Universe => "universe",
            Self::Income => "income",
            Self::Special => "special",
        }
    }

    /// The kind with a code.
    pub fn of(code: &str) -> Option<Self> {
        [Self::Universe, Self::Income, Self::Special].into_iter().find(|kind| kind.code() == code)
    }
}

/// The member States of the United Nations.
pub const MEMBER: &str = "member State";
/// The non-member observer States of the United Nations.
pub const OBSERVER: &str = "observer State";

/// One spell of an economy in a group.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Membership {
    /// Kind of the group.
    pub kind: GroupKind,
    /// Name of the group.
    pub group: String,
    /// Code of the economy.
    pub area: String,
    /// First year at whose end it belongs to the group; `None` if it is not limited.
    pub from: Option<i32>,
    /// Last such year; `None` while it belongs to it.
    pub to: Option<i32>,
}

impl Membership {
    /// Whether the economy belongs to the group at the end of a year.
    pub fn holds(&self, year: i32) -> bool {
        self.from.is_none_or(|from| from <= year) && self.to.is_none_or(|to| year <= to)
    }
}

/// Standing of an economy in the United Nations at the end of a year.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Standing {
    /// Member State.
    Member,
    /// Non-member observer State.
    Observer,
    /// Neither.
    Other,
}

impl Standing {
    /// Code in tables.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Member => "member",
            Self::Observer => "observer",
            Self::Other => "other",
        }
    }
}

impl AreaList {
    /// The list with dated memberships. Without any, every economy counts as a member State.
    #[must_use]
    pub fn with_memberships(mut self, mut memberships: Vec<Membership>) -> Self {
        memberships.sort();
        self.spells.clear();
        for (at, spell) in memberships.iter().enumerate() {
            self.spells.entry(spell.area.clone()).or_default().push(at);
        }
        self.declared = memberships.iter().any(|spell| spell.kind == GroupKind::Universe);
        self.memberships = memberships;
        self
    }

    /// The spells of one area, in the order of all.
    fn spells(&self, area: &Area) -> impl Iterator<Item = &Membership> {
        let places = self.spells.get(&area.code).map_or(&[][..], Vec::as_slice);
        places.iter().filter_map(|&at| self.memberships.get(at))
    }

    /// All spells, sorted by kind, group and area.
    pub fn memberships(&self) -> &[Membership] {
        &self.memberships
    }

    /// Standing of an area at the end of a year.
    pub fn standing(&self, area: &Area, year: i32) -> Standing {
        let named = |group: &str| self.belongs(area, GroupKind::Universe, group, year);
        if !self.declared || named(MEMBER) {
            Standing::Member
        } else if named(OBSERVER) {
            Standing::Observer
        } else {
            Standing::Other
        }
    }

    /// First year as a member State, if there is one.
    pub fn member_since(&self, area: &Area) -> Option<i32> {
        let spells = self.spells(area).filter(|spell| spell.group == MEMBER);
        spells.filter_map(|spell| spell.from).min()
    }

    /// Whether an area belongs to a group at the end of a year.
    pub fn belongs(&self, area: &Area, kind: GroupKind, group: &str, year: i32) -> bool {
        self.spells(area).any(|spell| {
            spell.kind == kind && spell.holds(year) && spell.group.eq_ignore_ascii_case(group)
        })
    }

    /// Groups of an area at the end of a year, by kind.
    pub fn groups(&self, area: &Area, year: i32) -> BTreeMap<GroupKind, Vec<&str>> {
        let mut found: BTreeMap<GroupKind, Vec<&str>> = BTreeMap::new();
        for spell in self.spells(area).filter(|spell| spell.holds(year)) {
            found.entry(spell.kind).or_default().push(&spell.group);
        }
        found
    }

    /// World Bank income group of an area at the end of a year (`low`, `lower-middle`,
    /// `upper-middle`, `high`), or `None` if it was not classified.
    pub fn income(&self, area: &Area, year: i32) -> Option<&str> {
        self.groups(area, year).get(&GroupKind::Income).and_then(|names| names.first().copied())
    }
}
