//! Checks of one node on its own, and its conversion.

use std::collections::BTreeMap;

use wsis_model::framework::{
    Aggregation, Child, Claim, Commitment, Facilitator, GdcLink, LineFacts, Node, Provenance,
    SdgLink,
};

use super::dated;
use super::findings::Findings;
use super::form::{
    RawAggregation, RawClaim, RawCommitment, RawFacilitator, RawLine, RawLinks, RawNode, provenance,
};
use super::indicator::is_code;
use crate::document::Located;

/// Where crosswalks, roles and quotations come from, for every line of the file.
pub(super) struct Crosswalks {
    sdg: Option<Provenance>,
    gdc: Option<Provenance>,
    facilitators: Option<Provenance>,
    commitments: Option<Provenance>,
    claims: Option<Provenance>,
    caveat: String,
}

impl Crosswalks {
    /// As `[links]` of the file states them.
    pub(super) fn of(raw: RawLinks) -> Self {
        let caveat = raw.claims.as_ref().map(|claims| claims.caveat.clone()).unwrap_or_default();
        Self {
            sdg: raw.sdg.map(Into::into),
            gdc: raw.gdc.map(Into::into),
            facilitators: raw.facilitators.map(Into::into),
            commitments: raw.commitments.map(Into::into),
            claims: raw.claims.map(|raw| provenance(raw.status, raw.source, raw.verified)),
            caveat,
        }
    }
}

/// Checks a node and builds it. What needs the other nodes is checked in `tree`.
pub(super) fn node(raw: RawNode, links: &Crosswalks, findings: &mut Findings) -> Node {
    let code = raw.code.get_ref().clone();
    if !is_code(&code, true) {
        findings.add(
            raw.code.span(),
            format!("node code `{code}`"),
            "use letters a-z and A-Z, digits, `_`, `.` and `-` only, no space",
        );
    }
    findings.filled(&code, "title", &raw.title);
    let aggregation = aggregation(&raw, findings);
    thresholds(&raw, findings);
    if raw.children.is_empty() && raw.line.as_ref().is_none_or(|line| line.no_indicator.is_none()) {
        findings.add(
            raw.code.span(),
            format!("node `{code}` has no children and does not say why"),
            "list children, or say in `no_indicator` of its `[node.line]` what is shown instead of a score",
        );
    }
    if !raw.children.is_empty()
        && let Some(words) = raw.line.as_ref().and_then(|line| line.no_indicator.as_ref())
    {
        findings.add(
            words.span(),
            format!("node `{code}` has children and also `no_indicator`"),
            "keep one of the two: a line either has a score or says why it has none",
        );
    }
    let children = children(&code, raw.children, raw.weights, findings);
    Node {
        title: raw.title.into_inner(),
        aggregation,
        children,
        min_weight: raw.min_weight.map(Located::into_inner),
        min_children: raw.min_children.map(Located::into_inner),
        min_weight_rank: raw.min_weight_rank.map(Located::into_inner),
        core: raw.core.map(|core| core.into_iter().map(Located::into_inner).collect()),
        line: raw.line.map(|raw| line(&code, raw, links, findings)),
        code,
    }
}

/// C8: the geometric and harmonic means need a floor named in the file.
fn aggregation(raw: &RawNode, findings: &mut Findings) -> Aggregation {
    let code = raw.code.get_ref();
    let word = match raw.aggregation {
        RawAggregation::Arithmetic => {
            if let Some(floor) = &raw.floor {
                findings.add(
                    floor.span(),
                    format!("node `{code}`: the arithmetic mean takes no floor"),
                    "remove `floor`, or write `aggregation = \"geometric\"`",
                );
            }
            return Aggregation::Arithmetic;
        }
        RawAggregation::Geometric => "geometric",
        RawAggregation::Harmonic => "harmonic",
    };
    let floor = raw.floor.as_ref().map_or(f64::NAN, |floor| *floor.get_ref());
    if !(floor.is_finite() && floor > 0.0) {
        let found = raw.floor.as_ref().map_or_else(
            || format!("node `{code}`: {word} mean without a floor"),
            |_| format!("node `{code}`: {word} mean with floor {floor}"),
        );
        findings.add(
            raw.floor.as_ref().map_or_else(|| raw.code.span(), Located::span),
            found,
            "a score of 0 would wipe out all others: name the smallest score that enters, `floor` > 0",
        );
    }
    match raw.aggregation {
        RawAggregation::Harmonic => Aggregation::Harmonic { floor },
        _ => Aggregation::Geometric { floor },
    }
}

fn thresholds(raw: &RawNode, findings: &mut Findings) {
    let code = raw.code.get_ref();
    for (field, value) in
        [("min_weight", &raw.min_weight), ("min_weight_rank", &raw.min_weight_rank)]
    {
        if let Some(value) = value {
            findings.share(code, field, value);
        }
    }
    if let Some(least) = &raw.min_children
        && !raw.children.is_empty()
        && !(1..=raw.children.len()).contains(least.get_ref())
    {
        findings.add(
            least.span(),
            format!("node `{code}`: min_children is {}", least.get_ref()),
            format!("write a number from 1 to {}, the number of its children", raw.children.len()),
        );
    }
}

/// Weights are matched by code, never by position (C1).
fn children(
    code: &str,
    raw: Vec<Located<String>>,
    weights: Option<BTreeMap<Located<String>, Located<f64>>>,
    findings: &mut Findings,
) -> Vec<Child> {
    let mut seen: Vec<&str> = Vec::new();
    for child in &raw {
        if seen.contains(&child.get_ref().as_str()) {
            findings.add(
                child.span(),
                format!("node `{code}` lists child `{}` twice", child.get_ref()),
                "list it once; give it a weight if it should count more",
            );
        }
        seen.push(child.get_ref());
    }
    let Some(weights) = weights else {
        return raw
            .into_iter()
            .map(|child| Child { code: child.into_inner(), weight: 1.0 })
            .collect();
    };
    check_weights(code, &raw, &weights, findings);
    let by_code: BTreeMap<&str, f64> = weights
        .iter()
        .map(|(child, weight)| (child.get_ref().as_str(), *weight.get_ref()))
        .collect();
    raw.into_iter()
        .map(|child| {
            let weight = by_code.get(child.get_ref().as_str()).copied().unwrap_or(0.0);
            Child { code: child.into_inner(), weight }
        })
        .collect()
}

/// Largest weight: sums of such weights are numbers.
const WEIGHT_MAX: f64 = 1e9;

fn check_weights(
    code: &str,
    children: &[Located<String>],
    weights: &BTreeMap<Located<String>, Located<f64>>,
    findings: &mut Findings,
) {
    let mut sum = 0.0;
    let mut broken = false;
    for (child, weight) in weights {
        let name = child.get_ref();
        // C25: a weight without an input is a slip that must not pass in silence.
        if !children.iter().any(|listed| listed.get_ref() == name) {
            findings.add(
                child.span(),
                format!("node `{code}`: weight for `{name}`, which is not among its children"),
                "list it in `children`, or remove the weight",
            );
        }
        if !findings.finite(code, &format!("weights.{name}"), weight) {
            broken = true;
        } else if *weight.get_ref() > WEIGHT_MAX {
            broken = true;
            findings.add(
                weight.span(),
                format!("node `{code}`: weight of `{name}` is {:e}", weight.get_ref()),
                format!("write at most {WEIGHT_MAX:e}; only the shares of the sum count"),
            );
        } else if *weight.get_ref() < 0.0 {
            // E28
            broken = true;
            findings.add(
                weight.span(),
                format!("node `{code}`: weight of `{name}` is {}", weight.get_ref()),
                "weights are 0 or more; an indicator where less is better has direction \"down\"",
            );
        }
        sum += weight.get_ref();
    }
    for child in children {
        if !weights.keys().any(|name| name.get_ref() == child.get_ref()) {
            broken = true;
            findings.add(
                child.span(),
                format!("node `{code}`: child `{}` has no weight", child.get_ref()),
                "give every child a weight, or none for equal weights",
            );
        }
    }
    // E26
    if !broken && !children.is_empty() && sum == 0.0 {
        let first = children.iter().map(Located::span).next().unwrap_or_default();
        findings.add(
            first,
            format!("node `{code}`: all weights are 0"),
            "at least one weight must be above 0",
        );
    }
}

fn line(code: &str, raw: RawLine, links: &Crosswalks, findings: &mut Findings) -> LineFacts {
    if let Some(words) = &raw.no_indicator {
        findings.filled(code, "no_indicator", words);
    }
    for facilitator in &raw.facilitators {
        check_facilitator(code, facilitator, findings);
    }
    let sdg = sdg(code, &raw, findings);
    let gdc = gdc(code, &raw, findings);
    let claims: Vec<Claim> = raw.claims.into_iter().map(|raw| claim(code, raw, findings)).collect();
    let commitments = commitments(code, raw.commitments, links, findings);
    LineFacts {
        commitments_source: links.commitments.clone().filter(|_| !commitments.is_empty()),
        commitments,
        dated_targets: dated::of_line(code, raw.dated_targets, findings),
        claims_source: links.claims.clone().filter(|_| !claims.is_empty()),
        claims_caveat: if claims.is_empty() { String::new() } else { links.caveat.clone() },
        facilitators_source: links.facilitators.clone().filter(|_| !raw.facilitators.is_empty()),
        claims,
        achievements_note: raw.achievements_note,
        challenges_note: raw.challenges_note,
        facilitators: raw
            .facilitators
            .into_iter()
            .map(|item| Facilitator {
                agency: item.agency.into_inner(),
                role: item.role.word().to_owned(),
                as_of: item.as_of.map(Located::into_inner),
                note: item.note,
                provenance: provenance(item.status, item.source, item.verified),
            })
            .collect(),
        sdg_source: links.sdg.clone().filter(|_| !sdg.is_empty()),
        gdc_source: links.gdc.clone().filter(|_| !gdc.is_empty()),
        sdg,
        gdc,
        no_indicator: raw.no_indicator.map(Located::into_inner),
        context: raw.context.into_iter().map(Located::into_inner).collect(),
    }
}

/// What was promised under a line; whoever quotes a promise names its document.
fn commitments(
    code: &str,
    raw: Vec<RawCommitment>,
    links: &Crosswalks,
    findings: &mut Findings,
) -> Vec<Commitment> {
    let mut all: Vec<Commitment> = Vec::with_capacity(raw.len());
    for item in raw {
        findings.filled(code, "commitments.text", &item.text);
        let name = item.code.get_ref();
        if all.iter().any(|other| other.code == *name) {
            findings.add(
                item.code.span(),
                format!("node `{code}`: commitment `{name}` stands twice"),
                "keep one of the two, or give the other one a code of its own",
            );
        }
        if !is_code(name, true) {
            findings.add(
                item.code.span(),
                format!("node `{code}`: commitment code `{name}`"),
                "use letters a-z and A-Z, digits, `_`, `.` and `-` only, no space",
            );
        }
        if links.commitments.is_none() {
            findings.add(
                item.code.span(),
                format!("node `{code}`: commitment `{name}` has no source"),
                "name the document in `[links.commitments]`: status, source, verified",
            );
        }
        all.push(Commitment {
            code: item.code.into_inner(),
            text: item.text.into_inner(),
            by: item.by.map(Located::into_inner),
            related: item.related.into_iter().map(Located::into_inner).collect(),
            note: item.note,
            verified: item.verified,
        });
    }
    all
}

fn check_facilitator(code: &str, raw: &RawFacilitator, findings: &mut Findings) {
    findings.filled(code, "agency", &raw.agency);
    findings.filled(code, "source", &raw.source);
    if let Some(year) = raw.as_of.as_ref().filter(|year| !(2003..=2100).contains(year.get_ref())) {
        findings.add(
            year.span(),
            format!("node `{code}`: as_of is {}", year.get_ref()),
            "write the year of the document that names the facilitator, 2003 or later",
        );
    }
}

/// A quotation. Brackets in it mend an error of the scan, so the scan's own words stand beside
/// it, and outside the brackets both are the same.
fn claim(code: &str, raw: RawClaim, findings: &mut Findings) -> Claim {
    findings.filled(code, "claims.text", &raw.text);
    let scanned = raw.scanned.as_ref().map_or(raw.text.get_ref(), Located::get_ref);
    let mended = raw.text.get_ref().contains('[');
    if mended != raw.scanned.is_some() || !mends(raw.text.get_ref(), scanned) {
        findings.add(
            raw.text.span(),
            format!("node `{code}`: the quotation {:?} is not {scanned:?}", raw.text.get_ref()),
            "quote word for word; mend an error of the scan in [brackets] and give the scan's own \
             words as `scanned`",
        );
    }
    Claim {
        kind: raw.kind.word().to_owned(),
        text: raw.text.into_inner(),
        scanned: raw.scanned.map(Located::into_inner),
        related: raw.related.into_iter().map(Located::into_inner).collect(),
    }
}

/// Whether a text is the same as another outside its brackets, which stand for at least a letter.
fn mends(text: &str, scanned: &str) -> bool {
    let mut rest = scanned;
    for (at, piece) in text.split('[').enumerate() {
        let outside = match (at, piece.split_once(']')) {
            (0, _) => piece,
            (_, None) => return false,
            (_, Some((_, outside))) => outside,
        };
        if at == 0 {
            let Some(after) = rest.strip_prefix(outside) else { return false };
            rest = after;
        } else if outside.is_empty() {
            rest = "";
        } else {
            let Some((mended, after)) = rest.split_once(outside) else { return false };
            if mended.is_empty() {
                return false;
            }
            rest = after;
        }
    }
    rest.is_empty()
}

/// Goals `1` to `17`, or targets `9.c`, `3.8`.
fn sdg(code: &str, raw: &RawLine, findings: &mut Findings) -> Vec<SdgLink> {
    let listed: Vec<&str> = raw.sdg.iter().map(|item| item.get_ref().as_str()).collect();
    for item in &raw.sdg {
        let (goal, target) = match item.get_ref().split_once('.') {
            Some((goal, target)) => (goal, Some(target)),
            None => (item.get_ref().as_str(), None),
        };
        let is_goal = goal.parse::<u8>().is_ok_and(|goal| (1..=17).contains(&goal));
        let is_target = target.is_none_or(|target| {
            target.parse::<u8>().is_ok()
                || (target.len() == 1 && target.chars().all(|c| c.is_ascii_lowercase()))
        });
        if !(is_goal && is_target) {
            findings.add(
                item.span(),
                format!("node `{code}`: SDG link `{}`", item.get_ref()),
                "write a goal (`4`) or a target (`9.c`, `3.8`)",
            );
        }
    }
    for item in &raw.sdg_disputed {
        if !listed.contains(&item.get_ref().as_str()) {
            findings.add(
                item.span(),
                format!("node `{code}`: disputed SDG link `{}` is not in `sdg`", item.get_ref()),
                "list it in `sdg` as well",
            );
        }
    }
    raw.sdg
        .iter()
        .map(|item| SdgLink {
            target: item.get_ref().clone(),
            disputed: raw.sdg_disputed.iter().any(|other| other.get_ref() == item.get_ref()),
        })
        .collect()
}

fn gdc(code: &str, raw: &RawLine, findings: &mut Findings) -> Vec<GdcLink> {
    let mut links: Vec<GdcLink> = Vec::new();
    for (list, strength) in [(&raw.gdc_primary, 2), (&raw.gdc_secondary, 1)] {
        for item in list {
            let objective = *item.get_ref();
            if !(1..=5).contains(&objective) {
                findings.add(
                    item.span(),
                    format!("node `{code}`: GDC objective {objective}"),
                    "the Global Digital Compact has objectives 1 to 5",
                );
            } else if links.iter().any(|link| link.objective == objective) {
                findings.add(
                    item.span(),
                    format!("node `{code}`: GDC objective {objective} is listed twice"),
                    "list it once, as primary or as secondary",
                );
            }
            links.push(GdcLink { objective, strength });
        }
    }
    links.sort_by_key(|link| link.objective);
    links
}
