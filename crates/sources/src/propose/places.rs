//! Which texts mean an area, to whom.

use std::collections::{BTreeMap, HashMap};

use wsis_model::area::{AreaKind, AreaList, AreaMatch};

use crate::mapping::area;

/// What the cells of a column mean as areas.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Places {
    /// Whose spellings are used.
    pub(super) spelling: &'static str,
    /// Cells that mean an economy.
    pub(super) economies: usize,
    /// Cells that mean a group of them, or a country of the past.
    pub(super) groups: usize,
    /// Texts that mean nothing or several, with the number of their cells.
    pub(super) unknown: BTreeMap<String, usize>,
    /// Texts of groups.
    pub(super) group_texts: BTreeMap<String, usize>,
    /// Different economies.
    pub(super) different: usize,
    /// Whether the cells are codes rather than names.
    pub(super) codes: bool,
}

impl Places {
    /// Cells that resolve.
    pub(super) const fn resolved(&self) -> usize {
        self.economies + self.groups
    }

    /// Looks up the texts of a column, each with the number of its cells, in the spellings of every
    /// source, and takes the spellings that resolve most; those of all sources where they do as well.
    pub(super) fn of(texts: &HashMap<&str, usize>, list: &AreaList) -> Self {
        let mut best = Self::by("file", texts, list);
        if best.economies + 1 < texts.values().sum() {
            for source in ["unsd", "worldbank", "undesa"] {
                let found = Self::by(source, texts, list);
                // A handful of cells is no reason to read all others by another's spellings.
                if found.economies > best.economies + best.economies / 100 {
                    best = found;
                }
            }
        }
        best
    }

    fn by(source: &'static str, texts: &HashMap<&str, usize>, list: &AreaList) -> Self {
        let mut found = Self { spelling: source, ..Self::default() };
        let mut seen = std::collections::BTreeSet::new();
        let mut codes = 0;
        for (text, cells) in texts {
            let code = area::code(text);
            let asked = if source == "unsd" { code.as_ref() } else { text };
            match list.find(source, asked) {
                AreaMatch::One(area) if area.kind == AreaKind::Economy => {
                    found.economies += cells;
                    codes += if text.len() <= 3 { *cells } else { 0 };
                    seen.insert(area.code.as_str());
                }
                AreaMatch::One(_) => {
                    found.groups += cells;
                    *found.group_texts.entry((*text).to_owned()).or_default() += cells;
                }
                AreaMatch::Many(_) | AreaMatch::None => {
                    *found.unknown.entry((*text).to_owned()).or_default() += cells;
                }
            }
        }
        found.different = seen.len();
        found.codes = codes * 10 >= found.economies * 9;
        found
    }
}
