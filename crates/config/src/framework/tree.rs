//! Checks that need the whole tree: codes, references, tops and cycles (E50).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::document::Located;
use crate::error::ErrorKind;
use crate::suggest;

use super::findings::Findings;
use super::form::{RawFramework, RawIndicator};

/// A code and where it stands.
type Place = (String, Range<usize>);

/// What the tree needs to know of a node.
struct NodePlace {
    code: String,
    span: Range<usize>,
    children: Vec<Place>,
    /// Context indicators of a line.
    context: Vec<Place>,
    /// Indicators related to a claim or a commitment.
    related: Vec<Place>,
}

/// What the tree needs to know of an indicator.
struct LeafPlace {
    span: Range<usize>,
    /// Why it cannot enter a score.
    unfit: Option<String>,
}

/// The codes of a file with their places.
pub(super) struct Tree {
    nodes: Vec<NodePlace>,
    leaves: BTreeMap<String, LeafPlace>,
    codes: Vec<Place>,
    reported: Vec<Place>,
    reported_span: Range<usize>,
}

fn places(list: &[Located<String>]) -> Vec<Place> {
    list.iter().map(|item| (item.get_ref().clone(), item.span())).collect()
}

fn unfit(raw: &RawIndicator) -> Option<String> {
    let evidence = raw.evidence.get_ref();
    if matches!(evidence.as_str(), "C" | "D") {
        return Some(format!("evidence class {evidence}, which is context and never a score"));
    }
    if raw.series.is_none() {
        return Some("no series, so nothing can feed it".to_owned());
    }
    raw.goalposts.is_none().then(|| "no goalposts".to_owned())
}

impl Tree {
    /// Notes all places before the file is turned into the model.
    pub(super) fn of(raw: &RawFramework) -> Self {
        let nodes: Vec<NodePlace> = raw
            .nodes
            .iter()
            .map(|node| NodePlace {
                code: node.code.get_ref().clone(),
                span: node.code.span(),
                children: places(&node.children),
                context: node.line.as_ref().map_or_else(Vec::new, |line| places(&line.context)),
                related: node.line.as_ref().map_or_else(Vec::new, |line| {
                    let promised = line.commitments.iter().flat_map(|it| places(&it.related));
                    let dated = line.dated_targets.iter().filter_map(|it| it.indicator.as_ref());
                    let dated = dated.map(|it| (it.get_ref().clone(), it.span()));
                    promised
                        .chain(dated)
                        .chain(line.claims.iter().flat_map(|it| places(&it.related)))
                        .collect()
                }),
            })
            .collect();
        let mut codes: Vec<Place> =
            nodes.iter().map(|node| (node.code.clone(), node.span.clone())).collect();
        let mut leaves = BTreeMap::new();
        for leaf in &raw.indicators {
            codes.push((leaf.code.get_ref().clone(), leaf.code.span()));
            leaves
                .entry(leaf.code.get_ref().clone())
                .or_insert_with(|| LeafPlace { span: leaf.code.span(), unfit: unfit(leaf) });
        }
        Self {
            nodes,
            leaves,
            codes,
            reported: places(raw.reported.get_ref()),
            reported_span: raw.reported.span(),
        }
    }

    /// Runs every check.
    pub(super) fn check(&self, findings: &mut Findings) {
        self.duplicates(findings);
        self.references(findings);
        self.tops(findings);
        self.unused(findings);
        self.cycles(findings);
    }

    fn duplicates(&self, findings: &mut Findings) {
        let mut codes = self.codes.clone();
        codes.sort_by_key(|(_, span)| span.start);
        let mut first: BTreeMap<&str, &Range<usize>> = BTreeMap::new();
        for (code, span) in &codes {
            if let Some(earlier) = first.get(code.as_str()) {
                let line = findings.line(earlier);
                findings.add_kind(
                    ErrorKind::Duplicate,
                    span.clone(),
                    format!("code `{code}` is used twice, first in line {line}"),
                    "nodes and indicators share one set of codes: rename one of the two",
                );
            } else {
                first.insert(code, span);
            }
        }
    }

    fn references(&self, findings: &mut Findings) {
        for node in &self.nodes {
            for (child, span) in &node.children {
                self.child(&node.code, child, span, findings);
            }
            for (what, list) in [("context", &node.context), ("related", &node.related)] {
                for (code, span) in list {
                    if !self.leaves.contains_key(code) {
                        findings.add_kind(
                            ErrorKind::UnknownIndicator,
                            span.clone(),
                            format!(
                                "node `{}`: {what} names `{code}`, which is not an indicator",
                                node.code
                            ),
                            self.nearest(code, false),
                        );
                    }
                }
            }
            for (code, span) in &node.context {
                if node.children.iter().any(|(child, _)| child == code) {
                    findings.add(
                        span.clone(),
                        format!("node `{}`: `{code}` is a child and also context", node.code),
                        "keep one: children enter the score, context never does",
                    );
                }
            }
        }
    }

    fn child(&self, node: &str, child: &str, span: &Range<usize>, findings: &mut Findings) {
        if let Some(leaf) = self.leaves.get(child) {
            if let Some(why) = &leaf.unfit {
                findings.add(
                    span.clone(),
                    format!("node `{node}`: child `{child}` has {why}"),
                    "move it from `children` to `context` of the line, or complete the indicator",
                );
            }
        } else if !self.nodes.iter().any(|other| other.code == child) {
            findings.add_kind(
                ErrorKind::UnknownIndicator,
                span.clone(),
                format!("node `{node}`: child `{child}` does not exist"),
                self.nearest(child, true),
            );
        }
    }

    /// E50: a node nobody reports and nobody contains is a second top, which would be computed
    /// and never shown.
    fn tops(&self, findings: &mut Findings) {
        let mut seen = BTreeSet::new();
        for (code, span) in &self.reported {
            if !self.nodes.iter().any(|node| node.code == *code) {
                findings.add(
                    span.clone(),
                    format!("reported names `{code}`, which is not a node"),
                    self.nearest(code, true),
                );
            }
            if !seen.insert(code.as_str()) {
                findings.add(
                    span.clone(),
                    format!("reported lists `{code}` twice"),
                    "list it once",
                );
            }
        }
        if self.reported.is_empty() {
            findings.add(
                self.reported_span.clone(),
                "reported is empty",
                "list the nodes whose scores are shown",
            );
        }
        let mut parents: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for node in &self.nodes {
            for (child, _) in &node.children {
                parents.entry(child).or_default().push(&node.code);
            }
        }
        for node in &self.nodes {
            match parents.get(node.code.as_str()).map(Vec::as_slice) {
                None if !seen.contains(node.code.as_str()) => findings.add(
                    node.span.clone(),
                    format!("node `{}` is a second top: no node has it as a child", node.code),
                    "make it a child, or list it in `reported`",
                ),
                Some([first, second, ..]) => findings.add(
                    node.span.clone(),
                    format!("node `{}` has two parents, `{first}` and `{second}`", node.code),
                    "a node belongs to one parent, or it would count twice",
                ),
                _ => {}
            }
        }
    }

    fn unused(&self, findings: &mut Findings) {
        let used: BTreeSet<&str> = self
            .nodes
            .iter()
            .flat_map(|node| node.children.iter().chain(&node.context))
            .map(|(code, _)| code.as_str())
            .collect();
        for (code, leaf) in &self.leaves {
            if !used.contains(code.as_str()) {
                findings.add(
                    leaf.span.clone(),
                    format!("indicator `{code}` belongs to no node"),
                    "list it in `children` of a node or in `context` of a line",
                );
            }
        }
    }

    fn cycles(&self, findings: &mut Findings) {
        let mut done = BTreeSet::new();
        for node in &self.nodes {
            let mut path = Vec::new();
            if let Some(cycle) = self.descend(&node.code, &mut path, &mut done) {
                findings.add(
                    node.span.clone(),
                    format!("node `{}` contains itself: {cycle}", node.code),
                    "a child may not be an ancestor of its parent",
                );
            }
        }
    }

    /// Depth-first; the depth is bounded by the number of nodes, since a repeated one ends it.
    fn descend<'a>(
        &'a self,
        code: &'a str,
        path: &mut Vec<&'a str>,
        done: &mut BTreeSet<&'a str>,
    ) -> Option<String> {
        if let Some(at) = path.iter().position(|other| *other == code) {
            let mut round: Vec<&str> = path.get(at..).unwrap_or_default().to_vec();
            round.push(code);
            return Some(round.join(" > "));
        }
        if done.contains(code) {
            return None;
        }
        let node = self.nodes.iter().find(|node| node.code == code)?;
        path.push(code);
        let mut found = None;
        for (child, _) in &node.children {
            if let Some(cycle) = self.descend(child, path, done) {
                found = found.or(Some(cycle));
            }
        }
        path.pop();
        done.insert(&node.code);
        found
    }

    /// Positions of the nodes in an order in which children come before their parents; otherwise
    /// the order of the file. Only meaningful without cycles.
    pub(super) fn children_first(&self) -> Vec<usize> {
        let mut order = Vec::new();
        for at in 0..self.nodes.len() {
            self.place(at, &mut order, 0);
        }
        order
    }

    fn place(&self, at: usize, order: &mut Vec<usize>, depth: usize) {
        if order.contains(&at) || depth > self.nodes.len() {
            return;
        }
        if let Some(node) = self.nodes.get(at) {
            for (child, _) in &node.children {
                if let Some(below) = self.nodes.iter().position(|other| other.code == *child) {
                    self.place(below, order, depth + 1);
                }
            }
        }
        order.push(at);
    }

    /// A hint with the closest existing code.
    fn nearest(&self, code: &str, with_nodes: bool) -> String {
        let nodes = self.nodes.iter().filter(|_| with_nodes).map(|node| node.code.as_str());
        let codes = self.leaves.keys().map(String::as_str).chain(nodes);
        suggest::nearest(code, codes).map_or_else(
            || "add it, or correct the code".to_owned(),
            |other| format!("did you mean `{other}`?"),
        )
    }
}
