//! Means of members' scores over regions, income groups and the UN's special groups.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::{GroupKind, Membership};
use wsis_model::framework::Window;
use wsis_model::rules::GroupRule;

use crate::result::{Class, GroupScore, LineScore, YearMedian};
use crate::sum::mean;
use crate::universe::{DATED, Economies, OF_TODAY};

/// How a group score is formed. The formula on a group's own figures (as UNDP publishes) is
/// another quantity and would get another label.
pub const METHOD: &str = "unweighted mean of members' scores";

/// A group of economies.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Group {
    /// `world`, `region`, `income` or `special`.
    pub kind: &'static str,
    /// Name.
    pub name: String,
    /// Codes of its members.
    pub members: BTreeSet<String>,
    /// Whose membership it is: [`DATED`], [`OF_TODAY`] or
    /// [`WITH_FIGURES`](crate::universe::WITH_FIGURES).
    pub membership: &'static str,
}

/// The groups of the economies at the end of a year, sorted by kind and name.
pub fn groups(economies: &Economies<'_>, year: i32) -> Vec<Group> {
    let mut found: BTreeMap<(&'static str, String), BTreeSet<String>> = BTreeMap::new();
    let members = economies.members(year);
    for area in economies.all() {
        let mut put = |kind, name: &str| {
            if !name.is_empty() {
                found.entry((kind, name.to_owned())).or_default().insert(area.code.clone());
            }
        };
        if members.contains(area.code.as_str()) {
            put("world", "World");
        }
        put("region", &area.region);
        for (kind, names) in economies.list().groups(area, year) {
            if kind != GroupKind::Universe {
                for name in names {
                    put(kind.code(), name);
                }
            }
        }
    }
    let spells = economies.list().memberships();
    let membership = |kind: &str, name: &str| {
        let own = |spell: &&Membership| spell.kind.code() == kind && spell.group == name;
        let is_dated = |spell: &&Membership| spell.from.is_some() || spell.to.is_some();
        // Of a group without dates one State may be younger than the list goes back.
        let (dated, undated): (Vec<_>, Vec<_>) = spells.iter().filter(own).partition(is_dated);
        match kind {
            "world" => economies.membership(),
            _ if dated.len() > undated.len() => DATED,
            _ => OF_TODAY,
        }
    };
    found
        .into_iter()
        .map(|((kind, name), members)| {
            let membership = membership(kind, &name);
            Group { kind, name, members, membership }
        })
        .collect()
}

/// The groups over some years: for each the members that count in each year.
pub(crate) fn groups_by_year<'a>(
    economies: &Economies<'a>,
    years: impl IntoIterator<Item = i32>,
) -> BTreeMap<(&'static str, String), BTreeMap<i32, BTreeSet<&'a str>>> {
    let mut found: BTreeMap<_, BTreeMap<i32, BTreeSet<&'a str>>> = BTreeMap::new();
    for year in years {
        let counting = economies.members(year);
        for group in groups(economies, year) {
            let members =
                counting.iter().copied().filter(|code| group.members.contains(*code)).collect();
            found.entry((group.kind, group.name)).or_default().insert(year, members);
        }
    }
    found
}

/// Score of a group from the rows of one line and window. `universe` are those who count: shares
/// are of all of them that belong to the group, with or without data. `chained` is the group's
/// mean by year.
pub fn group_score(
    group: &Group,
    line: &str,
    window: Window,
    rows: &[&LineScore],
    universe: &BTreeSet<&str>,
    chained: &[YearMedian],
    rule: GroupRule,
) -> GroupScore {
    let counts = |code: &str| group.members.contains(code) && universe.contains(code);
    let rows: Vec<&&LineScore> = rows.iter().filter(|row| counts(&row.area)).collect();
    let members = group.members.iter().filter(|code| universe.contains(code.as_str())).count();
    let levels: Vec<f64> = rows.iter().filter_map(|row| row.score).collect();
    let matched: Vec<(f64, f64)> =
        rows.iter().filter_map(|row| row.score_start.zip(row.score_end)).collect();
    let mut classes: BTreeMap<Class, u32> = BTreeMap::new();
    for row in &rows {
        *classes.entry(row.class).or_default() += 1;
    }
    let status = status(rule, levels.len(), members);
    let shown = status != "withheld";
    let starts: Vec<f64> = matched.iter().map(|(start, _)| *start).collect();
    let ends: Vec<f64> = matched.iter().map(|(_, end)| *end).collect();
    // The change has its own members, and obeys the same rule.
    let change_status = self::status(rule, matched.len(), members);
    let comparable = change_status != "withheld";
    let spans: Vec<f64> = rows.iter().filter_map(|row| Some(row.years?.span)).collect();
    let span_years = mean(&spans).filter(|_| comparable);
    let score_start = mean(&starts).filter(|_| comparable);
    let score_end = mean(&ends).filter(|_| comparable);
    let change = score_start.zip(score_end).map(|(start, end)| end - start);
    let chain = linked_level(chained, window.end).filter(|_| shown);
    GroupScore {
        group_kind: group.kind.to_owned(),
        group: group.name.clone(),
        line: line.to_owned(),
        window_start: window.start,
        window_end: window.end,
        method: METHOD,
        membership: group.membership,
        score: mean(&levels).filter(|_| shown),
        score_chained: chain.map(|(level, _)| level),
        chained_from: chain.map(|(_, from)| from),
        score_start,
        score_end,
        change,
        span_years,
        points_per_year: change.zip(span_years).map(|(change, span)| change / span),
        change_reason: (change_status != "published")
            .then(|| format!("{} of {members} members have a score at both ends", matched.len())),
        status,
        status_reason: (status != "published")
            .then(|| format!("{} of {members} members have a score", levels.len())),
        members: count(members),
        members_listed: count(group.members.len()),
        members_scored: count(levels.len()),
        members_matched: count(matched.len()),
        classes,
    }
}

/// Level of a chained series at a year, and the first year that it is linked to.
pub(crate) fn linked_level(chained: &[YearMedian], year: i32) -> Option<(f64, i32)> {
    let at = chained.iter().position(|row| row.year == year)?;
    let run = chained.get(..=at)?;
    let level = run.last()?.median?;
    let from = run.iter().rev().find(|row| !row.linked).map_or(run.first()?.year, |row| row.year);
    Some((level, from))
}

/// Whether a mean or median over some of the members is `published`, `indicative` or `withheld`.
pub fn status(rule: GroupRule, there: usize, members: usize) -> &'static str {
    if there == 0 {
        "withheld"
    } else if rule.published.is_reached(there, members) {
        "published"
    } else if rule.indicative.is_reached(there, members) {
        "indicative"
    } else {
        "withheld"
    }
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
