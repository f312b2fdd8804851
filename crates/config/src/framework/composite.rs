//! A composite and its parts, or a figure that comes by two ways, are not counted twice, and what is
//! named as part, core or first delivery exists.

use std::collections::{BTreeMap, BTreeSet};

use wsis_model::framework::Framework;

use crate::document::Located;
use crate::error::ErrorKind;
use crate::suggest;

use super::findings::Findings;
use super::form::RawFramework;

/// Checks `contains` of indicators and `core` of nodes against the whole tree.
pub(super) fn check(raw: &RawFramework, findings: &mut Findings) {
    let under = Under::of(raw);
    parts_exist(raw, findings);
    deliveries(raw, findings);
    for node in &raw.nodes {
        let leaves = under.leaves(node.code.get_ref());
        for code in node.core.iter().flatten() {
            if !leaves.contains(code.get_ref().as_str()) {
                findings.add_kind(
                    ErrorKind::UnknownIndicator,
                    code.span(),
                    format!(
                        "node `{}`: core names `{}`, which is no indicator under it",
                        node.code.get_ref(),
                        code.get_ref()
                    ),
                    suggest::hint(code.get_ref(), leaves.iter().copied(), "under it are"),
                );
            }
        }
        double(raw, node.code.get_ref(), &node.code, &leaves, findings);
    }
}

/// A9: a node that holds a composite and a part of it counts the part twice.
fn double(
    raw: &RawFramework,
    node: &str,
    place: &Located<String>,
    leaves: &BTreeSet<&str>,
    findings: &mut Findings,
) {
    for leaf in &raw.indicators {
        let code = leaf.code.get_ref().as_str();
        if !leaves.contains(code) {
            continue;
        }
        if let Some(first) = &leaf.second_delivery_of
            && leaves.contains(first.get_ref().as_str())
        {
            findings.add(
                place.span(),
                format!(
                    "node `{node}` holds `{code}` and `{}`: one figure counts twice",
                    first.get_ref()
                ),
                "keep one of the two in `children`, and put the other into `context` of the line",
            );
        }
        for part in all_parts(raw, code) {
            if leaves.contains(part) {
                findings.add(
                    place.span(),
                    format!("node `{node}` holds `{code}` and its part `{part}`: it counts twice"),
                    format!(
                        "keep one of the two in `children`, and put the other into `context` of the line; `{code}` contains `{part}`"
                    ),
                );
            }
        }
    }
}

/// A second delivery names a first one in the same unit.
fn deliveries(raw: &RawFramework, findings: &mut Findings) {
    for leaf in &raw.indicators {
        let Some(first) = &leaf.second_delivery_of else { continue };
        let (code, name) = (leaf.code.get_ref(), first.get_ref());
        let Some(found) = raw.indicators.iter().find(|it| it.code.get_ref() == name) else {
            let codes = raw.indicators.iter().map(|leaf| leaf.code.get_ref().as_str());
            findings.add_kind(
                ErrorKind::UnknownIndicator,
                first.span(),
                format!("indicator `{code}` is a second delivery of `{name}`, which is not one"),
                suggest::hint(name, codes, "indicators are"),
            );
            continue;
        };
        if found.second_delivery_of.is_some() {
            findings.add(
                first.span(),
                format!("indicator `{code}` is a second delivery of `{name}`, itself a second one"),
                "name the first delivery of both, and no indicator as its own",
            );
        } else if found.unit.get_ref() != leaf.unit.get_ref() {
            findings.add(
                leaf.unit.span(),
                format!(
                    "indicator `{code}` is in {}, and `{name}`, of which it is a second delivery, in {}",
                    leaf.unit.get_ref(),
                    found.unit.get_ref()
                ),
                "only figures in one unit can be compared",
            );
        }
    }
}

/// Parts of a composite, and their parts.
fn all_parts<'r>(raw: &'r RawFramework, code: &'r str) -> BTreeSet<&'r str> {
    let mut found = BTreeSet::new();
    let mut open = vec![code];
    while let Some(next) = open.pop() {
        let parts = raw.indicators.iter().filter(|leaf| leaf.code.get_ref() == next);
        for part in parts.flat_map(|leaf| &leaf.contains) {
            if found.insert(part.get_ref().as_str()) {
                open.push(part.get_ref());
            }
        }
    }
    found
}

fn parts_exist(raw: &RawFramework, findings: &mut Findings) {
    let codes: BTreeSet<&str> =
        raw.indicators.iter().map(|leaf| leaf.code.get_ref().as_str()).collect();
    for leaf in &raw.indicators {
        let code = leaf.code.get_ref();
        for part in &leaf.contains {
            if !codes.contains(part.get_ref().as_str()) {
                findings.add_kind(
                    ErrorKind::UnknownIndicator,
                    part.span(),
                    format!("indicator `{code}` contains `{}`, which is not one", part.get_ref()),
                    suggest::hint(part.get_ref(), codes.iter().copied(), "indicators are"),
                );
            } else if all_parts(raw, code).contains(code.as_str()) {
                findings.add(
                    part.span(),
                    format!("indicator `{code}` contains itself"),
                    "name the parts of the composite only",
                );
            }
        }
    }
}

/// The indicators under each node.
struct Under<'r> {
    children: BTreeMap<&'r str, Vec<&'r str>>,
}

impl<'r> Under<'r> {
    fn of(raw: &'r RawFramework) -> Self {
        let children = raw.nodes.iter().map(|node| {
            let list = node.children.iter().map(|child| child.get_ref().as_str()).collect();
            (node.code.get_ref().as_str(), list)
        });
        Self { children: children.collect() }
    }

    fn leaves(&self, node: &str) -> BTreeSet<&'r str> {
        let mut found = BTreeSet::new();
        let mut seen = BTreeSet::new();
        let mut open: Vec<&str> = self.children.get(node).cloned().unwrap_or_default();
        while let Some(code) = open.pop() {
            match self.children.get(code) {
                Some(below) if seen.insert(code) => open.extend(below),
                Some(_) => {}
                None => drop(found.insert(code)),
            }
        }
        found
    }
}

/// Pairs of reported nodes whose scores rest on one survey, for a warning: they do not agree by
/// chance, and are not two findings. (survey, first line, second line).
pub(crate) fn shared_surveys(framework: &Framework) -> Vec<(String, Vec<String>)> {
    let children = framework.nodes.iter().map(|node| {
        let list = node.children.iter().map(|child| child.code.as_str()).collect();
        (node.code.as_str(), list)
    });
    let under = Under { children: children.collect() };
    let mut by_survey: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for line in &framework.reported {
        let leaves = under.leaves(line);
        let surveys: BTreeSet<&str> =
            leaves.iter().filter_map(|leaf| framework.indicator(leaf)?.survey.as_deref()).collect();
        for survey in surveys {
            by_survey.entry(survey).or_default().push(line.clone());
        }
    }
    by_survey
        .into_iter()
        .filter(|(_, lines)| lines.len() > 1)
        .map(|(survey, lines)| (survey.to_owned(), lines))
        .collect()
}
