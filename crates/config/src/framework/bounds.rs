//! How large a framework may be: a file that nobody wrote by hand is refused before it costs a minute.

use std::collections::{BTreeMap, BTreeSet};

use super::findings::Findings;
use super::form::RawFramework;

/// Most nodes of a framework; the largest of those built in has 31.
pub(super) const NODES_MAX: usize = 1_000;
/// Most indicators of a framework; the largest of those built in has 150.
pub(super) const INDICATORS_MAX: usize = 5_000;
/// Most windows of a framework.
pub(super) const WINDOWS_MAX: usize = 200;
/// Most levels of nodes from a reported one down; `wsis framework show` prints as many.
pub const LEVELS_MAX: usize = 32;

/// Refuses more parts; true where the tree of the rest can be looked at.
pub(super) fn of_parts(raw: &RawFramework, findings: &mut Findings) -> bool {
    let counts = [
        ("nodes", raw.nodes.len(), NODES_MAX),
        ("indicators", raw.indicators.len(), INDICATORS_MAX),
        ("windows", raw.windows.len(), WINDOWS_MAX),
    ];
    for (what, found, most) in counts {
        if found > most {
            findings.add(
                raw.id.span(),
                format!("{found} {what}"),
                format!("a framework has {most} {what} at most: make two of it"),
            );
        }
    }
    findings.is_empty()
}

/// Refuses a tree that is deeper; of one in which nobody is below itself.
pub(super) fn of_levels(raw: &RawFramework, findings: &mut Findings) {
    let below: BTreeMap<&str, Vec<&str>> = raw
        .nodes
        .iter()
        .map(|node| (node.code.as_str(), node.children.iter().map(|it| it.as_str()).collect()))
        .collect();
    let mut level: BTreeSet<&str> = raw.reported.iter().map(|it| it.as_str()).collect();
    for _ in 0..LEVELS_MAX {
        let children = level.iter().filter_map(|code| below.get(code)).flatten();
        level = children.copied().filter(|code| below.contains_key(code)).collect();
        if level.is_empty() {
            return;
        }
    }
    let first = raw.nodes.iter().find(|node| level.contains(node.code.as_str()));
    let (code, span) = first.map_or(("", 0..0), |it| (it.code.as_str(), it.code.span()));
    findings.add(
        span,
        format!("node `{code}` stands more than {LEVELS_MAX} levels below a reported node"),
        format!("a framework has {LEVELS_MAX} levels at most"),
    );
}
