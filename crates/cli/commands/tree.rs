//! The derivation of a score as an indented tree for people.

use wsis_scorecard::explain::{Branch, LeafFacts};
use wsis_scorecard::{Explanation, LineScore, Reading};

use crate::commands::score::{number, percent, signed};
use crate::commands::scorecard_rows::years;

/// The tree as lines of text.
pub(crate) fn lines(explanation: &Explanation, decimals: usize) -> Vec<String> {
    let mut lines = summary(&explanation.score, decimals);
    lines.push(format!(
        "method {} {} ({})",
        explanation.framework, explanation.method_version, explanation.method_fingerprint
    ));
    branch(&explanation.tree, 0, decimals, &mut lines);
    lines
}

/// A score with its class, rank and grade, and the reason of each.
pub(crate) fn summary(score: &LineScore, decimals: usize) -> Vec<String> {
    let number = |value| number(value, decimals);
    vec![
        format!(
            "{} {} ({}), {}-{}",
            score.line, score.area_name, score.area, score.window_start, score.window_end
        ),
        format!(
            "score {}{}",
            number(score.score),
            score.score_reason.as_ref().map_or(String::new(), |why| format!(": {why}"))
        ),
        change(score, decimals),
        format!("class {}{}", score.class.label(), because(score.class_reason.as_deref())),
        rank(score, decimals),
        format!(
            "grade {}{}: coverage {}, freshness {}, baseline {}",
            score.grade.code(),
            score
                .grade_change
                .map_or_else(String::new, |grade| { format!(" (of the change {})", grade.code()) }),
            percent(score.coverage, "no data"),
            percent(score.freshness, "no data"),
            percent(score.baseline, "no data")
        ),
    ]
}

/// The rank; or why there is none, and what is certain instead.
fn rank(score: &LineScore, decimals: usize) -> String {
    if let Some(rank) = score.rank {
        return format!("rank {rank} of {}", score.ranked_of);
    }
    let mut text = format!("rank none{}", because(score.rank_reason.as_deref()));
    if let Some((low, high)) = score.score_low.zip(score.score_high) {
        let sure = format!("; between {low:.decimals$} and {high:.decimals$} whatever is missing");
        text.push_str(&sure);
    }
    if let Some((best, worst)) = score.rank_low.zip(score.rank_high) {
        let places = format!(", place {best} to {worst} beside the {} ranked", score.ranked_of);
        text.push_str(&places);
    }
    text
}

/// The change with its years and pace, or the positions that stand in its place.
fn change(score: &LineScore, decimals: usize) -> String {
    if let Some(position) = score.position {
        return format!(
            "position {} of {} in {}, {} in {} (percentile {:.0} to {:.0}); no change of value",
            position.rank_start,
            position.of,
            position.year_start,
            position.rank_end,
            position.year_end,
            100.0 * position.share_below_start,
            100.0 * position.share_below_end
        );
    }
    if score.change.is_none() {
        return format!("change {}", signed(None, decimals));
    }
    let noun = if score.matched == 1 { "indicator" } else { "indicators" };
    format!(
        "change {} (from {} to {} on {} matched {noun}; {}), {} a year",
        signed(score.change, decimals),
        number(score.score_start, decimals),
        number(score.score_end, decimals),
        score.matched,
        years(score),
        signed(score.printed_pace(decimals).map(|it| it.per_year), decimals)
    )
}

fn branch(node: &Branch, depth: usize, decimals: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let weight = node.weight.map_or(String::new(), |w| format!(", weight {w}"));
    let how = node.aggregation.as_ref().map_or(String::new(), |how| format!(", {how}"));
    lines.push(format!(
        "{indent}{} {}: {}{}{weight}{how}",
        node.code,
        node.title,
        number(node.score, decimals),
        because(node.reason.as_deref())
    ));
    if let Some(facts) = &node.indicator {
        leaf(facts, &format!("{indent}    "), decimals, lines);
    }
    for child in &node.children {
        branch(child, depth + 1, decimals, lines);
    }
}

fn leaf(facts: &LeafFacts, indent: &str, decimals: usize, lines: &mut Vec<String>) {
    let bound = |value: Option<f64>| value.map_or("none".to_owned(), |v| v.to_string());
    lines.push(format!(
        "{indent}{} {}, {}, goalposts {} to {}{}",
        facts.agency,
        facts.series.as_deref().unwrap_or("no series"),
        facts.direction,
        bound(facts.goalpost_lo),
        bound(facts.goalpost_hi),
        standing(facts.goalpost_status, facts.goalpost_verified)
    ));
    if let (Some(target), Some(year)) = (facts.target, facts.target_year) {
        let standing = standing(facts.target_status, facts.target_verified);
        lines.push(format!("{indent}target {target} by {year}{standing}"));
    }
    if !facts.note.is_empty() {
        lines.push(format!("{indent}note {}", facts.note));
    }
    let Some(score) = &facts.reading else { return };
    for (name, reading) in [("start", &score.start), ("end", &score.end)] {
        if let Some(reading) = reading {
            lines.push(format!("{indent}{name} {}", told(reading, decimals)));
        }
    }
    if let Some(why) = &score.missing_reason {
        lines.push(format!("{indent}why empty: {why}"));
    }
}

/// Who set it, and whether it was read there.
fn standing(status: Option<&str>, verified: Option<bool>) -> String {
    status.map_or(String::new(), |status| {
        let unread = if verified == Some(false) { ", unverified" } else { "" };
        format!(" ({status}{unread})")
    })
}

fn told(reading: &Reading, decimals: usize) -> String {
    let payload = match (&reading.payload, reading.payload_row) {
        (Some(payload), Some(row)) => format!("; payload sha256 {payload} record {row}"),
        _ => String::new(),
    };
    let note = reading.footnote.as_ref().map_or(String::new(), |note| format!(" ({note})"));
    format!(
        "{} in {}, status {}, score {}{note}{payload}",
        reading.value_text.clone().unwrap_or_else(|| reading.value.to_string()),
        reading.year,
        reading.obs_status,
        number(reading.score, decimals)
    )
}

fn because(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |why| format!(" ({why})"))
}
