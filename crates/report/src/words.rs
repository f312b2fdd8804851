//! Sentences generated from the figures, in plain words.

use std::collections::BTreeMap;

use crate::class::Progress;
use crate::input::{Better, Fact, IndicatorView, LineView, ReportInput, TargetView};
use crate::number::{fixed, plain, signed};

/// "31 of 54 economies".
pub fn of_economies(some: u32, all: u32) -> String {
    format!("{some} of {all} {}", if all == 1 { "economy" } else { "economies" })
}

/// What changed on a line, in a sentence or two.
pub fn headline(input: &ReportInput, line: &LineView) -> String {
    if let Some(reason) = &line.no_indicator {
        return format!(
            "No score: {reason}. What the consultation said, and indicators that may be of use, \
             are shown instead."
        );
    }
    if line.economies_scored == 0 {
        return unscored(input, line);
    }
    let level = line.median_score.map_or_else(String::new, |median| {
        format!(
            "The median economy scores {} of {} in {}",
            fixed(median, input.decimals),
            plain(input.scale_max),
            input.window.1
        )
    });
    let change = match line.median_change {
        Some(change) => format!(
            "; the median change since {} is {} points on the same indicators",
            input.window.0,
            signed(change, input.decimals)
        ),
        None => format!("; no change since {} can be measured", input.window.0),
    };
    let whose = match proposals(input, line) {
        Some(words) if line.classes.assessed() > 0 => {
            format!(" Read the classes with care: {words} by this project, not agreed by anyone.")
        }
        _ => String::new(),
    };
    format!("{level}{change}. {}{whose}", standing(line))
}

/// What is said of a line whose indicators exist, but give no economy a score.
fn unscored(input: &ReportInput, line: &LineView) -> String {
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for row in &line.areas {
        *reasons.entry(row.score_reason.as_str()).or_default() += 1;
    }
    let most = reasons.iter().max_by_key(|(reason, times)| (**times, std::cmp::Reverse(**reason)));
    let why = most.map_or_else(String::new, |(reason, times)| {
        format!(" Reason for {}: {reason}.", of_economies(*times, input.economies_total))
    });
    let last = last_scored(line)
        .map_or_else(String::new, |last| format!(" The last window with scores is {last}."));
    format!(
        "No score for any of {} economies, {} to {}.{why}{last}",
        input.economies_total, input.window.0, input.window.1
    )
}

/// "2015 to 2020 (188 economies)": the last window in which anything was scored.
pub fn last_scored(line: &LineView) -> Option<String> {
    let row = line.windows.iter().rev().find(|row| row.scored > 0)?;
    Some(format!("{} to {} ({} economies)", row.window.0, row.window.1, row.scored))
}

/// The most frequent reason why economies with a score have no class.
pub fn no_class(line: &LineView) -> &str {
    let mut reasons: BTreeMap<&str, u32> = BTreeMap::new();
    for row in line.areas.iter().filter(|row| row.score.is_some()) {
        *reasons.entry(row.class_reason.as_str()).or_default() += 1;
    }
    let most = reasons.iter().max_by_key(|(reason, times)| (**times, std::cmp::Reverse(**reason)));
    most.map_or("no reason was recorded", |(reason, _)| reason)
}

/// A reason without its particulars: "no source connected yet", not which.
pub fn brief(reason: &str) -> &str {
    reason.split_once(": ").map_or(reason, |(brief, _)| brief)
}

/// How the economies stand, in a sentence.
fn standing(line: &LineView) -> String {
    let counts = &line.classes;
    let well = counts.of(Progress::TargetMet) + counts.of(Progress::OnTrack);
    let slow = counts.of(Progress::Moderate) + counts.of(Progress::Limited);
    let back = counts.of(Progress::Regressing);
    let late = counts.of(Progress::DeadlineMissed);
    let unknown = counts.of(Progress::NotAssessable);
    if counts.assessed() == 0 {
        return format!(
            "Progress cannot be assessed for any of {unknown} economies: {}.",
            no_class(line)
        );
    }
    let mut parts = vec![
        format!("{well} have met the target or are on track"),
        format!("{slow} move too slowly"),
        format!("{back} move away from it"),
    ];
    if late > 0 {
        parts.push(format!("{late} missed the deadline"));
    }
    parts.push(format!("{unknown} cannot be assessed"));
    let all = counts.total();
    format!("Of {all} {}, {}.", if all == 1 { "economy" } else { "economies" }, list(&parts))
}

/// "a, b and c".
pub fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// The lines that moved least, with their median change; three, or more when they tie.
pub fn moved_least(input: &ReportInput) -> Vec<String> {
    ends(input, |change| change)
}

/// Every line with a change, least first.
pub fn changes(input: &ReportInput) -> Vec<String> {
    let mut changes: Vec<(f64, &str)> = input
        .lines
        .iter()
        .filter_map(|line| Some((line.median_change?, line.code.as_str())))
        .collect();
    changes.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    changes
        .iter()
        .map(|(change, code)| format!("{code} ({})", signed(*change, input.decimals)))
        .collect()
}

/// The lines that moved most.
pub fn moved_most(input: &ReportInput) -> Vec<String> {
    ends(input, |change| -change)
}

fn ends(input: &ReportInput, key: impl Fn(f64) -> f64) -> Vec<String> {
    let mut changes: Vec<(f64, &str)> = input
        .lines
        .iter()
        .filter_map(|line| Some((line.median_change?, line.code.as_str())))
        .collect();
    changes.sort_by(|a, b| key(a.0).total_cmp(&key(b.0)).then(a.1.cmp(b.1)));
    let edge = changes.get(2).map(|(change, _)| key(*change));
    changes
        .iter()
        .filter(|(change, _)| edge.is_none_or(|edge| key(*change) <= edge))
        .map(|(change, code)| format!("{code} ({})", signed(*change, input.decimals)))
        .collect()
}

/// The lines of which nothing or little is known.
pub fn unknown(input: &ReportInput) -> (Vec<String>, Vec<String>) {
    let nothing = input.lines.iter().filter(|line| line.economies_scored == 0);
    let little =
        input.lines.iter().filter(|line| line.economies_scored > 0 && line.classes.assessed() == 0);
    (
        nothing.map(|line| line.code.clone()).collect(),
        little.map(|line| line.code.clone()).collect(),
    )
}

/// Targets of the indicators that make a line's score.
pub fn targets<'a>(
    input: &'a ReportInput,
    line: &'a LineView,
) -> impl Iterator<Item = (&'a IndicatorView, &'a TargetView)> {
    let views = line.scored.iter().filter_map(|(code, _)| input.indicator(code));
    views.filter_map(|view| Some((view, view.target.as_ref()?)))
}

/// How many of a line's targets are this project's own: "1 of 3 targets proposed"; `None` if
/// none is. What stands beside every class of such a line (docs/adr/0005).
pub fn proposals(input: &ReportInput, line: &LineView) -> Option<String> {
    let all = targets(input, line).count();
    let proposed = targets(input, line).filter(|(_, target)| target.fact.is_proposed()).count();
    match (proposed, all) {
        (0, _) => None,
        (1, 1) => Some("target proposed".to_owned()),
        (some, all) => Some(format!("{some} of {all} targets proposed")),
    }
}

/// Direction of desired change, in words.
pub fn direction(better: Better) -> String {
    match better {
        Better::Higher => "higher is better".to_owned(),
        Better::Lower => "lower is better".to_owned(),
        Better::At(best) => format!("best at {}", plain(best)),
    }
}

/// Status for people.
pub fn status(fact: &Fact) -> &'static str {
    match fact.status.as_str() {
        "agreed" => "Agreed between governments or by the UN Statistical Commission",
        "facilitator" => "Named by a facilitator of the line",
        _ => "Proposed by this project, not an agreed standard",
    }
}

/// An objective of the Global Digital Compact, in a few words.
pub fn gdc_objective(number: u8) -> &'static str {
    match number {
        1 => "close digital divides",
        2 => "expand inclusive digital economies",
        3 => "open, safe and rights-respecting digital space",
        4 => "data governance",
        5 => "governance of artificial intelligence",
        _ => "unknown",
    }
}

/// Source line under a chart: datasets with the series taken from each.
pub fn source_line(input: &ReportInput, views: &[&IndicatorView]) -> String {
    let mut series: Vec<(&str, &str)> = views
        .iter()
        .filter(|view| !view.series_source.is_empty())
        .map(|view| (view.series_source.as_str(), view.series_code.as_str()))
        .collect();
    series.sort_unstable();
    series.dedup();
    let named: Vec<String> = series
        .chunk_by(|a, b| a.0 == b.0)
        .filter_map(|chunk| {
            let codes: Vec<&str> = chunk.iter().map(|(_, code)| *code).collect();
            Some(format!("{} ({})", chunk.first()?.0, codes.join(", ")))
        })
        .collect();
    let named = if named.is_empty() { "own computation".to_owned() } else { named.join("; ") };
    format!("Source: {named}. Retrieved {}; snapshot {}.", input.retrieved, input.snapshot)
}
