//! From a scorecard to what the report shows. Nothing is computed here but counts, medians over
//! economies and words: every score, class, grade and rank is taken as it is.

mod indicator;
mod known;
mod line;

use std::collections::BTreeSet;

use wsis_model::area::{Area, AreaKind, AreaList, Standing};
use wsis_model::framework::{Framework, Provenance, Universe, Window};
use wsis_model::rules::Method;
use wsis_scorecard::plan::{Line, Plan};
use wsis_scorecard::targets::status_code;
use wsis_scorecard::{Panel, Scorecard};

use crate::input::{
    Economy, Fact, IndicatorView, Punctuality, RankingView, ReportInput, SourceRun,
};
use crate::number::plain;
use crate::words;

/// What the caller knows besides the scorecard. The report reads no clock: dates come as text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    /// Title on the cover.
    pub title: String,
    /// Window that the report is about; one of the framework's.
    pub window: Window,
    /// Snapshot that the panel was read from.
    pub snapshot: u64,
    /// Date of the report.
    pub generated: String,
    /// Date or dates of retrieval.
    pub retrieved: String,
    /// Runs that brought the figures; also the titles of datasets.
    pub runs: Vec<SourceRun>,
    /// How the agencies keep their dates.
    pub punctuality: Vec<Punctuality>,
    /// What the lake says of itself if it holds a sample.
    pub sample: Option<String>,
    /// When each pipeline last asked for its series, where the caller knows.
    pub asked: Vec<Asked>,
}

/// When a pipeline last asked its source. Several may deliver one dataset, each its own series.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// Source id (`worldbank`).
    pub source: String,
    /// Dataset (`WDI`).
    pub dataset: String,
    /// The series that it asks for.
    pub series: Vec<String>,
    /// When, in seconds since 1970, UTC; none where it was not asked yet.
    pub at: Option<i64>,
    /// "not asked yet", or when and how that ended.
    pub told: String,
}

/// Fills the report's input.
pub fn report_input(
    method: Method<'_>,
    scorecard: &Scorecard,
    panel: &Panel,
    areas: &AreaList,
    facts: Facts,
) -> ReportInput {
    let framework = method.framework;
    let with_figures = scorecard.areas.iter().filter(|row| row.observations > 0);
    let covered: BTreeSet<&str> = with_figures.map(|row| row.area.as_str()).collect();
    let plan = Plan::new(method);
    let members_only = framework.ranking.universe == Universe::Members;
    let mut economies = Vec::new();
    let mut silent = Vec::new();
    for area in areas.areas().iter().filter(|area| area.kind == AreaKind::Economy) {
        if covered.contains(area.code.as_str()) {
            let mut economy = economy(area, areas, facts.window.end);
            economy.apart = members_only && economy.standing != Standing::Member.code();
            economies.push(economy);
        } else {
            silent.push(area.name.clone());
        }
    }
    economies.sort_by(|a, b| a.name.cmp(&b.name).then_with(|| a.code.cmp(&b.code)));
    silent.sort();
    let lines = scorecard
        .lines
        .iter()
        .filter_map(|summary| {
            let planned = plan.lines.iter().find(|line| line.node.code == summary.line)?;
            Some(line::view(
                &plan,
                planned,
                summary,
                scorecard,
                facts.window,
                (&economies, members_only),
            ))
        })
        .collect();
    let economies_total = counted(scorecard, facts.window).unwrap_or(count(economies.len()));
    let codes: Vec<&str> = economies.iter().map(|economy| economy.code.as_str()).collect();
    let indicators = indicators(framework, scorecard, panel, &codes, &facts);
    ReportInput {
        title: facts.title,
        sample: facts.sample,
        framework_title: framework.title.clone(),
        framework_version: scorecard.method_version.clone(),
        rules: method.rules.clone(),
        ages: method.ages(),
        ranking: ranking(method, &plan),
        framework_fingerprint: scorecard.method_fingerprint.clone(),
        framework_fact: fact(&framework.provenance),
        window: (facts.window.start, facts.window.end),
        windows: windows(framework),
        snapshot: facts.snapshot,
        generated: facts.generated,
        retrieved: facts.retrieved,
        scale_max: scorecard.scale_max,
        decimals: usize::try_from(framework.scale.shown_decimals).unwrap_or(1),
        economies_total,
        counts_members: members_only,
        runs: facts.runs,
        punctuality: facts.punctuality,
        lines,
        known: known::views(scorecard, facts.window),
        indicators,
        economies,
        silent,
    }
}

/// Every indicator, sorted by code.
fn indicators(
    framework: &Framework,
    scorecard: &Scorecard,
    panel: &Panel,
    codes: &[&str],
    facts: &Facts,
) -> Vec<IndicatorView> {
    let mut indicators: Vec<_> = framework
        .indicators
        .iter()
        .map(|indicator| indicator::view(indicator, scorecard, panel, codes, facts))
        .collect();
    indicators.sort_by(|a, b| a.code.cmp(&b.code));
    indicators
}

/// The rule of the ranks: named cores, and the share of the weight where it is the framework's own.
fn ranking(method: Method<'_>, plan: &Plan<'_>) -> RankingView {
    let title = |code: &String| {
        let leaf = plan.leaves.iter().find(|leaf| leaf.code == *code);
        leaf.map_or_else(|| code.clone(), |leaf| leaf.title.clone())
    };
    let mut lines: Vec<_> = plan.lines.iter().collect();
    lines.sort_by_key(|line| line.position);
    let named = lines.iter().filter_map(|line| {
        let core = line.node.core.as_ref()?;
        Some((line.node.code.clone(), core.iter().map(title).collect()))
    });
    let weight = own_weights(method, &lines);
    RankingView { requires: method.framework.ranking.requires, named: named.collect(), weight }
}

/// The least share of the weight in words, where the framework asks for another one than the rule
/// book: of all lines alike, or beside the rule's with the lines that have their own.
fn own_weights(method: Method<'_>, lines: &[&Line<'_>]) -> Option<String> {
    let scored: Vec<_> = lines.iter().filter(|line| !line.shares.is_empty()).collect();
    let own = |line: &&&&Line<'_>| line.node.min_weight_rank.is_some();
    let first = scored.iter().find(own)?.min_weight_rank;
    if scored.iter().all(|line| line.min_weight_rank.total_cmp(&first).is_eq()) {
        return Some(format!("{} % of the weight", plain(100.0 * first)));
    }
    let mut shares: Vec<(String, Vec<String>)> = Vec::new();
    for line in scored.iter().filter(own) {
        let share = plain(100.0 * line.min_weight_rank);
        match shares.iter_mut().find(|(known, _)| *known == share) {
            Some((_, codes)) => codes.push(line.node.code.clone()),
            None => shares.push((share, vec![line.node.code.clone()])),
        }
    }
    let shares: Vec<String> = shares
        .iter()
        .map(|(share, codes)| format!("{share} % on {}", words::list(codes)))
        .collect();
    Some(format!("{} of the weight ({})", method.rules.rank.min_weight, shares.join("; ")))
}

/// First and last years of the windows, in time order.
fn windows(framework: &Framework) -> Vec<(i32, i32)> {
    let mut windows: Vec<_> = framework.windows.iter().map(|w| (w.start, w.end)).collect();
    windows.sort_unstable();
    windows
}

/// Who counts in a window, as the scorecard counted them.
fn counted(scorecard: &Scorecard, window: Window) -> Option<u32> {
    let mut all = scorecard.lines.iter().flat_map(|line| &line.windows);
    let of_it = all.find(|row| (row.window_start, row.window_end) == (window.start, window.end));
    of_it.map(|row| row.members)
}

/// An economy with its groups at the end of the window.
fn economy(area: &Area, areas: &AreaList, year: i32) -> Economy {
    Economy {
        code: area.code.clone(),
        name: area.name.clone(),
        region: area.region.clone(),
        income: areas.income(area, year).unwrap_or_default().to_owned(),
        note: area.note.clone(),
        standing: areas.standing(area, year).code().to_owned(),
        apart: false,
    }
}

fn fact(provenance: &Provenance) -> Fact {
    Fact {
        status: status_code(provenance.status).to_owned(),
        source: provenance.source.clone(),
        verified: provenance.verified,
    }
}

fn count(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}
