//! `wsis scorecard LINE`.

use serde::Serialize;
use wsis_model::area::Area;
use wsis_scorecard::{GroupScore, LineScore};

use crate::args::{Global, Review};
use crate::commands::score::{number, shown};
use crate::context::{self, Computed};
use crate::failure::Failure;
use crate::output::{self, Rows};

/// Which scores to show.
pub(crate) struct Selection {
    /// Line code, any case.
    pub(crate) line: String,
    /// Only this area.
    pub(crate) area: Option<String>,
    /// Only members of this group.
    pub(crate) group: Option<String>,
}

#[derive(Serialize)]
struct Shown<'a> {
    line: &'a str,
    title: &'a str,
    framework: &'a str,
    method_version: &'a str,
    window: String,
    snapshot: u64,
    no_indicator: Option<&'a str>,
    scores: Vec<&'a LineScore>,
    groups: Vec<&'a GroupScore>,
}

pub(crate) async fn run(
    global: &Global,
    selection: &Selection,
    review: &Review,
) -> Result<(), Failure> {
    let computed = context::compute(global, review).await?;
    let line = find_line(&computed, &selection.line)?;
    let members = members(&computed, selection)?;
    let window = computed.window;
    let of_window = |start, end| (start, end) == (window.start, window.end);
    let mut scores: Vec<&LineScore> = computed
        .scorecard
        .line_scores
        .iter()
        .filter(|score| score.line == line.code && of_window(score.window_start, score.window_end))
        .filter(|score| members.contains(&score.area.as_str()))
        .collect();
    // Ranked first, then scored, then the rest; a missing score has no place among scores.
    scores.sort_by(|a, b| {
        let key = |score: &LineScore| (score.rank.is_none(), score.rank, score.score.is_none());
        key(a)
            .cmp(&key(b))
            .then_with(|| b.score.unwrap_or_default().total_cmp(&a.score.unwrap_or_default()))
            .then_with(|| a.area.cmp(&b.area))
    });
    let groups: Vec<&GroupScore> = computed
        .scorecard
        .group_scores
        .iter()
        .filter(|group| group.line == line.code && of_window(group.window_start, group.window_end))
        .filter(|group| {
            selection.group.as_ref().is_none_or(|g| g.eq_ignore_ascii_case(&group.group))
        })
        .collect();
    let shown = Shown {
        line: &line.code,
        title: &line.title,
        framework: &computed.framework,
        method_version: &computed.scorecard.method_version,
        window: shown(window),
        snapshot: computed.snapshot.id,
        no_indicator: line.line.as_ref().and_then(|facts| facts.no_indicator.as_deref()),
        scores,
        groups,
    };
    if let (Some(why), false) = (shown.no_indicator, global.quiet) {
        output::note(&format!("{}: {why}", shown.line));
    }
    output::print(global.format, &shown, || rows(&shown.scores))
}

/// The reported node with a code, compared without regard to case.
pub(crate) fn find_line<'a>(
    computed: &'a Computed,
    code: &str,
) -> Result<&'a wsis_model::framework::Node, Failure> {
    let framework = computed.framework()?;
    framework
        .reported
        .iter()
        .find(|line| line.eq_ignore_ascii_case(code))
        .and_then(|line| framework.node(line))
        .ok_or_else(|| {
            Failure::usage(format!(
                "no line {code:?} in framework {}; there are: {}",
                framework.id,
                framework.reported.join(", ")
            ))
        })
}

/// The area with a code, or a usage error.
pub(crate) fn find_area<'a>(computed: &'a Computed, code: &str) -> Result<&'a Area, Failure> {
    computed.deployment.areas.get(&code.to_ascii_uppercase()).ok_or_else(|| {
        Failure::usage(format!("no area {code:?}; write ISO 3166-1 alpha-3, for example NAM"))
    })
}

/// Codes of the areas that the selection asks for.
fn members<'a>(computed: &'a Computed, selection: &Selection) -> Result<Vec<&'a str>, Failure> {
    if let Some(code) = &selection.area {
        return Ok(vec![find_area(computed, code)?.code.as_str()]);
    }
    let areas = computed.deployment.areas.areas();
    let Some(group) = &selection.group else {
        return Ok(areas.iter().map(|area| area.code.as_str()).collect());
    };
    let found: Vec<&str> =
        areas.iter().filter(|area| is_member(area, group)).map(|area| area.code.as_str()).collect();
    if found.is_empty() {
        return Err(Failure::usage(format!(
            "no group {group:?}; use a UN region or sub-region (Africa, Western Asia), an income group \
             (low, lower-middle, upper-middle, high), or LDC, LLDC, SIDS"
        )));
    }
    Ok(found)
}

fn is_member(area: &Area, group: &str) -> bool {
    let named = [&area.region, &area.subregion, &area.income];
    named.iter().any(|name| name.eq_ignore_ascii_case(group))
        || (area.ldc && group.eq_ignore_ascii_case("LDC"))
        || (area.lldc && group.eq_ignore_ascii_case("LLDC"))
        || (area.sids && group.eq_ignore_ascii_case("SIDS"))
}

fn rows(scores: &[&LineScore]) -> Rows {
    let mut rows = Rows::new(&[
        "line",
        "area",
        "area_name",
        "window_start",
        "window_end",
        "#score",
        "#score_start",
        "#score_end",
        "#change",
        "class",
        "class_reason",
        "#coverage",
        "grade",
        "#rank",
        "rank_reason",
    ]);
    for score in scores {
        rows.push(vec![
            score.line.clone(),
            score.area.clone(),
            score.area_name.clone(),
            score.window_start.to_string(),
            score.window_end.to_string(),
            number(score.score),
            number(score.score_start),
            number(score.score_end),
            score.change.map_or("no data".to_owned(), |change| format!("{change:+.1}")),
            score.class.label().to_owned(),
            score.class_reason.clone().unwrap_or_default(),
            score.coverage.map_or(String::new(), |share| format!("{:.0} %", share * 100.0)),
            score.grade.code().to_owned(),
            score.rank.map_or("not ranked".to_owned(), |rank| rank.to_string()),
            score.rank_reason.clone().unwrap_or_default(),
        ]);
    }
    rows
}
