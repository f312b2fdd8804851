//! Who counts: the economies that ranks, counts, medians and group shares are of.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::{Area, AreaKind, AreaList, Standing};
use wsis_model::framework::{Framework, Universe};

use crate::panel::Panel;

/// Membership of a group whose spells have dates.
pub const DATED: &str = "at the end of the window";
/// Membership of a group without dates: that of today stands for every year.
pub const OF_TODAY: &str = "membership of today";
/// Membership of the world of a framework whose universe is whoever has figures.
pub const WITH_FIGURES: &str = "economies with figures";

/// What those who count are called under a rule.
pub const fn named(rule: Universe) -> &'static str {
    match rule {
        Universe::Members => "member States",
        Universe::Economies => "economies with figures",
    }
}

/// The same in full.
pub const fn named_in_full(rule: Universe) -> &'static str {
    match rule {
        Universe::Members => "member States of the United Nations",
        Universe::Economies => named(rule),
    }
}

/// The economies of a code list and who of them counts at the end of a year.
pub struct Economies<'a> {
    list: &'a AreaList,
    rule: Universe,
    /// Sorted by code.
    all: Vec<&'a Area>,
    /// Those with a value of any indicator of the framework.
    covered: BTreeSet<&'a str>,
}

impl<'a> Economies<'a> {
    /// The economies of a list under a framework's rule.
    pub fn new(framework: &Framework, panel: &Panel, list: &'a AreaList) -> Self {
        let mut all: Vec<&Area> =
            list.areas().iter().filter(|area| area.kind == AreaKind::Economy).collect();
        all.sort_by(|a, b| a.code.cmp(&b.code));
        let has = |indicator: &str, area: &str| {
            panel.series(indicator, area).iter().any(|(_, cell)| cell.value.is_some())
        };
        let covered = all
            .iter()
            .filter(|area| framework.indicators.iter().any(|leaf| has(&leaf.code, &area.code)))
            .map(|area| area.code.as_str())
            .collect();
        Self { list, rule: framework.ranking.universe, all, covered }
    }

    /// All economies, sorted by code.
    pub fn all(&self) -> &[&'a Area] {
        &self.all
    }

    /// The code list.
    pub fn list(&self) -> &'a AreaList {
        self.list
    }

    /// Who counts at the end of a year.
    pub fn members(&self, year: i32) -> BTreeSet<&'a str> {
        match self.rule {
            Universe::Economies => self.covered.clone(),
            Universe::Members => self
                .all
                .iter()
                .filter(|area| self.list.standing(area, year) == Standing::Member)
                .map(|area| area.code.as_str())
                .collect(),
        }
    }

    /// [`Economies::members`] of several years.
    pub fn by_year(
        &self,
        years: impl IntoIterator<Item = i32>,
    ) -> BTreeMap<i32, BTreeSet<&'a str>> {
        years.into_iter().map(|year| (year, self.members(year))).collect()
    }

    /// What those who count are called.
    pub fn name(&self) -> &'static str {
        match self.rule {
            Universe::Members => "member States",
            Universe::Economies => WITH_FIGURES,
        }
    }

    /// Whose membership the world's is, as groups publish it.
    pub(crate) fn membership(&self) -> &'static str {
        match self.rule {
            Universe::Members => DATED,
            Universe::Economies => WITH_FIGURES,
        }
    }

    /// Why an area does not count at the end of a year.
    pub fn outside(&self, area: &Area, year: i32) -> String {
        if self.rule == Universe::Economies {
            return "no observation of any indicator".to_owned();
        }
        match (self.list.standing(area, year), self.list.member_since(area)) {
            (_, Some(since)) if since > year => {
                format!(
                    "a member State of the United Nations since {since}; the window ends in {year}"
                )
            }
            (Standing::Observer, _) => {
                "an observer State; ranks are of the member States of the United Nations".to_owned()
            }
            _ => "not a member State; ranks are of the member States of the United Nations"
                .to_owned(),
        }
    }
}
