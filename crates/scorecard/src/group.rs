//! Means of members' scores over regions, income groups and the UN's special groups.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::area::Area;
use wsis_model::framework::Window;

use crate::result::{Class, GroupScore, LineScore};
use crate::sum::mean;

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
}

/// The groups that a list of economies belongs to, sorted by kind and name.
pub fn groups(economies: &[&Area]) -> Vec<Group> {
    let mut found: BTreeMap<(&'static str, String), BTreeSet<String>> = BTreeMap::new();
    for area in economies {
        let mut put = |kind, name: &str| {
            if !name.is_empty() {
                found.entry((kind, name.to_owned())).or_default().insert(area.code.clone());
            }
        };
        put("world", "World");
        put("region", &area.region);
        put("income", &area.income);
        let special = [(area.ldc, "LDC"), (area.lldc, "LLDC"), (area.sids, "SIDS")];
        for (_, name) in special.into_iter().filter(|(member, _)| *member) {
            put("special", name);
        }
    }
    found.into_iter().map(|((kind, name), members)| Group { kind, name, members }).collect()
}

/// Score of a group from the rows of one line and window. `covered` are the economies with any
/// observation at all: the universe in which shares are counted, so that territories which no
/// source reports do not hide a region.
pub fn group_score(
    group: &Group,
    line: &str,
    window: Window,
    rows: &[&LineScore],
    covered: &BTreeSet<&str>,
) -> GroupScore {
    let rows: Vec<&&LineScore> =
        rows.iter().filter(|row| group.members.contains(&row.area)).collect();
    let members = group.members.iter().filter(|code| covered.contains(code.as_str())).count();
    let levels: Vec<f64> = rows.iter().filter_map(|row| row.score).collect();
    let matched: Vec<(f64, f64)> =
        rows.iter().filter_map(|row| row.score_start.zip(row.score_end)).collect();
    let mut classes: BTreeMap<Class, u32> = BTreeMap::new();
    for row in rows.iter().filter(|row| covered.contains(row.area.as_str())) {
        *classes.entry(row.class).or_default() += 1;
    }
    let status = status(levels.len(), members);
    let shown = status != "withheld";
    let starts: Vec<f64> = matched.iter().map(|(start, _)| *start).collect();
    let ends: Vec<f64> = matched.iter().map(|(_, end)| *end).collect();
    // The change has its own members, and obeys the same rule.
    let change_status = self::status(matched.len(), members);
    let comparable = change_status != "withheld";
    let score_start = mean(&starts).filter(|_| comparable);
    let score_end = mean(&ends).filter(|_| comparable);
    GroupScore {
        group_kind: group.kind.to_owned(),
        group: group.name.clone(),
        line: line.to_owned(),
        window_start: window.start,
        window_end: window.end,
        method: METHOD,
        score: mean(&levels).filter(|_| shown),
        score_start,
        score_end,
        change: score_start.zip(score_end).map(|(start, end)| end - start),
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

/// 60 % of members: published; 50 to 60 %: indicative; fewer: withheld (method.md section 5).
/// Compared as integers, so that half is half.
pub fn status(there: usize, members: usize) -> &'static str {
    match (there, members) {
        (0, _) => "withheld",
        (n, m) if n * 5 >= m * 3 => "published",
        (n, m) if n * 2 >= m => "indicative",
        _ => "withheld",
    }
}

pub(crate) fn count(n: usize) -> u32 {
    u32::try_from(n).unwrap_or(u32::MAX)
}
