//! From a score down to the bytes: line, nodes, indicators, normalised values, observations,
//! payload and row.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_model::framework::{Aggregation, Indicator, SeriesRef, Window};
use wsis_model::rules::Method;

use crate::contribution::Change;
use crate::levels::{Levels, Part, Slot};
use crate::panel::Panel;
use crate::plan::Plan;
use crate::reading::{View, view};
use crate::result::{IndicatorScore, LineScore, Scorecard};
use crate::score::last_year;
use crate::summary::{direction_code, transform_code};
use crate::targets::status_code;

/// The derivation of one score.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Explanation {
    /// Framework id.
    pub framework: String,
    /// Version of the method.
    pub method_version: String,
    /// Id and version of the rule book.
    pub rules: String,
    /// Hash of framework, rules, code lists and program.
    pub method_fingerprint: String,
    /// The score that is explained.
    pub score: LineScore,
    /// The line and what is under it.
    pub tree: Branch,
}

/// A node or an indicator of the derivation.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Branch {
    /// Code.
    pub code: String,
    /// Title.
    pub title: String,
    /// Weight under its parent, as declared; `None` for the line itself.
    pub weight: Option<f64>,
    /// Share of the line's weight.
    pub share: f64,
    /// Current score.
    pub score: Option<f64>,
    /// Why there is none.
    pub reason: Option<String>,
    /// How the children are combined; `None` for an indicator.
    pub aggregation: Option<String>,
    /// Facts of an indicator; `None` for a node.
    pub indicator: Option<LeafFacts>,
    /// Children in code order.
    pub children: Vec<Branch>,
}

/// How an indicator's score comes about.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct LeafFacts {
    /// Agency.
    pub agency: String,
    /// `source/dataset/series`, with the dimensions that are not totals.
    pub series: Option<String>,
    /// `up`, `down` or `goldilocks`.
    pub direction: &'static str,
    /// Value that scores 0.
    pub goalpost_lo: Option<f64>,
    /// Value that scores full marks.
    pub goalpost_hi: Option<f64>,
    /// Function applied first.
    pub transform: Option<&'static str>,
    /// Where the goalposts come from.
    pub goalpost_source: Option<String>,
    /// Whether the goalposts were read in their source.
    pub goalpost_verified: Option<bool>,
    /// `proposed`, `facilitator` or `agreed`: who set the goalposts.
    pub goalpost_status: Option<&'static str>,
    /// Target value; its status and verification stand with the reading, too.
    pub target: Option<f64>,
    /// Value from which it counts as met.
    pub met_from: Option<f64>,
    /// Target year.
    pub target_year: Option<i32>,
    /// Where the target comes from.
    pub target_source: Option<String>,
    /// `proposed`, `facilitator` or `agreed`: who set the target.
    pub target_status: Option<&'static str>,
    /// Whether the target was read in its source.
    pub target_verified: Option<bool>,
    /// `proposed`, `facilitator` or `agreed`: who chose the indicator for the line.
    pub status: &'static str,
    /// Where that was read.
    pub source: String,
    /// Whether it was read there.
    pub verified: bool,
    /// Whether the indicator enters the change.
    pub matched: bool,
    /// Points of the line's change that come from it, of the exact scores; all of a line sum to the change.
    pub contribution: Option<f64>,
    /// When the baseline observation was first seen.
    pub recorded_start: Option<DateTime<Utc>>,
    /// When the current observation was first seen.
    pub recorded_end: Option<DateTime<Utc>>,
    /// Caveat.
    pub note: String,
    /// Observations, scores, class, or why there are none.
    pub reading: Option<IndicatorScore>,
}

/// There is nothing to explain under these names.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ExplainError {
    /// No such line.
    #[error("line {found:?} is not reported by this framework; lines are {known}")]
    UnknownLine {
        /// What was asked for.
        found: String,
        /// The lines there are.
        known: String,
    },
    /// No such window.
    #[error("window {from}-{to} is not one of this framework; windows are {known}")]
    UnknownWindow {
        /// First year asked for.
        from: i32,
        /// Last year asked for.
        to: i32,
        /// The windows there are.
        known: String,
    },
    /// No score for the area.
    #[error("area {0:?} is not an economy of the code list; use an ISO 3166-1 alpha-3 code")]
    UnknownArea(String),
}

/// Explains the score of a line (or of any reported node) for an area and a window.
///
/// # Errors
/// A line, area or window that the scorecard does not hold.
pub fn explain(
    method: Method<'_>,
    scorecard: &Scorecard,
    panel: &Panel,
    line: &str,
    area: &str,
    window: Window,
) -> Result<Explanation, ExplainError> {
    let framework = method.framework;
    if !framework.reported.iter().any(|code| code == line) {
        let known = framework.reported.join(", ");
        return Err(ExplainError::UnknownLine { found: line.to_owned(), known });
    }
    if !framework.windows.contains(&window) {
        let shown: Vec<String> =
            framework.windows.iter().map(|w| format!("{}-{}", w.start, w.end)).collect();
        return Err(ExplainError::UnknownWindow {
            from: window.start,
            to: window.end,
            known: shown.join(", "),
        });
    }
    let score = scorecard
        .line_score(line, area, (window.start, window.end))
        .ok_or_else(|| ExplainError::UnknownArea(area.to_owned()))?;
    let plan = Plan::new(method).in_view_of(last_year(&scorecard.indicators));
    let views: Vec<View<'_>> = plan
        .leaves
        .iter()
        .map(|leaf| view(leaf, panel.series(&leaf.code, area), window, plan.measure()))
        .collect();
    let levels: Vec<Option<f64>> = views.iter().map(View::level).collect();
    let nodes = plan.evaluate(&levels);
    let planned = plan.lines.iter().find(|planned| planned.node.code == line);
    let parts = planned.map(|planned| moved_by(&plan, planned.at, &views)).unwrap_or_default();
    let explainer = Explainer { scorecard, plan: &plan, views: &views, nodes, parts, area, window };
    let tree = planned.and_then(|planned| explainer.node(planned.at, None, 1.0));
    Ok(Explanation {
        framework: framework.id.clone(),
        method_version: framework.version.clone(),
        rules: scorecard.rules.clone(),
        method_fingerprint: scorecard.method_fingerprint.clone(),
        score: score.clone(),
        tree: tree.ok_or_else(|| ExplainError::UnknownLine {
            found: line.to_owned(),
            known: framework.reported.join(", "),
        })?,
    })
}

/// Points of a node's change by the leaf that they come from.
fn moved_by(plan: &Plan<'_>, node: usize, views: &[View<'_>]) -> BTreeMap<usize, f64> {
    let leaves: Vec<_> =
        views.iter().map(|it| it.matched().map(|ends| (ends.start, ends.end))).collect();
    let of = |end: fn((f64, f64)) -> f64| {
        plan.evaluate(&leaves.iter().map(|leaf| leaf.map(end)).collect::<Vec<_>>())
    };
    let (start, end) = (of(|ends| ends.0), of(|ends| ends.1));
    let (shape, weights) = (&plan.shape, &plan.weights);
    Change { shape, weights, levels: (&start, &end), leaves: &leaves }.parts(node)
}

struct Explainer<'a> {
    scorecard: &'a Scorecard,
    plan: &'a Plan<'a>,
    views: &'a [View<'a>],
    nodes: Levels,
    parts: BTreeMap<usize, f64>,
    area: &'a str,
    window: Window,
}

impl Explainer<'_> {
    fn node(&self, at: usize, weight: Option<f64>, share: f64) -> Option<Branch> {
        let node = self.plan.node(at)?;
        let level = self.nodes.of(at);
        let parts = self.plan.parts(at, share);
        let children = parts.filter_map(|Part { slot, weight, share }| match slot {
            Slot::Node(below) => self.node(below, Some(weight), share),
            Slot::Leaf(leaf) => self.leaf(leaf, weight, share),
            Slot::Absent => None,
        });
        Some(Branch {
            code: node.code.clone(),
            title: node.title.clone(),
            weight,
            share,
            score: level.ok(),
            reason: level.err().map(|lack| lack.to_string()),
            aggregation: Some(aggregation_text(node.aggregation)),
            indicator: None,
            children: children.collect(),
        })
    }

    fn leaf(&self, at: usize, weight: f64, share: f64) -> Option<Branch> {
        let indicator: &Indicator = self.plan.leaves.get(at)?;
        let view = self.views.get(at)?;
        let window = (self.window.start, self.window.end);
        let reading = self.scorecard.indicator_score(&indicator.code, self.area, window);
        let posts = indicator.goalposts.as_ref();
        let target = indicator.target.as_ref();
        Some(Branch {
            code: indicator.code.clone(),
            title: indicator.title.clone(),
            weight: Some(weight),
            share,
            score: view.level(),
            reason: reading.and_then(|reading| reading.missing_reason.clone()),
            aggregation: None,
            children: Vec::new(),
            indicator: Some(LeafFacts {
                agency: indicator.agency.clone(),
                series: indicator.series.as_ref().map(series_text),
                direction: direction_code(indicator.direction),
                goalpost_lo: posts.map(|posts| posts.lo),
                goalpost_hi: posts.map(|posts| posts.hi),
                transform: posts.map(|posts| transform_code(posts.transform)),
                goalpost_source: posts.map(|posts| posts.provenance.source.clone()),
                goalpost_verified: posts.map(|posts| posts.provenance.verified),
                goalpost_status: posts.map(|posts| status_code(posts.provenance.status)),
                target: target.map(|target| target.value),
                met_from: target.map(wsis_model::framework::Target::met_value),
                target_year: target.map(|target| target.year),
                target_source: target.map(|target| target.provenance.source.clone()),
                target_status: target.map(|target| status_code(target.provenance.status)),
                target_verified: target.map(|target| target.provenance.verified),
                status: status_code(indicator.provenance.status),
                source: indicator.provenance.source.clone(),
                verified: indicator.provenance.verified,
                matched: view.matched().is_some(),
                contribution: self.parts.get(&at).copied(),
                recorded_start: view.start.and_then(|start| start.cell.recorded_at),
                recorded_end: view.end.and_then(|end| end.cell.recorded_at),
                note: indicator.note.clone(),
                reading: reading.cloned(),
            }),
        })
    }
}

fn aggregation_text(aggregation: Aggregation) -> String {
    match aggregation {
        Aggregation::Arithmetic => "weighted arithmetic mean".to_owned(),
        Aggregation::Geometric { floor } => format!("weighted geometric mean, floor {floor}"),
        Aggregation::Harmonic { floor } => format!("weighted harmonic mean, floor {floor}"),
    }
}

fn series_text(series: &SeriesRef) -> String {
    format!("{}/{}/{}", series.source, series.dataset, series.label())
}
