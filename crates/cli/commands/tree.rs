//! The derivation of a score as an indented tree for people.

use wsis_scorecard::explain::{Branch, LeafFacts};
use wsis_scorecard::{Explanation, Reading};

use crate::commands::score::number;

/// The tree as lines of text.
pub(crate) fn lines(explanation: &Explanation) -> Vec<String> {
    let score = &explanation.score;
    let mut lines = vec![
        format!(
            "{} {} ({}), {}-{}, method {} {}",
            score.line,
            score.area_name,
            score.area,
            score.window_start,
            score.window_end,
            explanation.framework,
            explanation.method_version
        ),
        format!(
            "score {}{}",
            number(score.score),
            score.score_reason.as_ref().map_or(String::new(), |why| format!(": {why}"))
        ),
        format!(
            "change {} (from {} to {} on {} matched indicators)",
            score.change.map_or("no data".to_owned(), |change| format!("{change:+.1}")),
            number(score.score_start),
            number(score.score_end),
            score.matched
        ),
        format!("class {}{}", score.class.label(), because(score.class_reason.as_deref())),
        format!(
            "rank {}{}",
            score.rank.map_or("none".to_owned(), |rank| format!("{rank} of {}", score.ranked_of)),
            because(score.rank_reason.as_deref())
        ),
        format!(
            "grade {}: coverage {}, freshness {}, baseline {}",
            score.grade.code(),
            share(score.coverage),
            share(score.freshness),
            share(score.baseline)
        ),
    ];
    branch(&explanation.tree, 0, &mut lines);
    lines
}

fn branch(node: &Branch, depth: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let weight = node.weight.map_or(String::new(), |w| format!(", weight {w}"));
    let how = node.aggregation.as_ref().map_or(String::new(), |how| format!(", {how}"));
    lines.push(format!(
        "{indent}{} {}: {}{}{weight}{how}",
        node.code,
        node.title,
        number(node.score),
        because(node.reason.as_deref())
    ));
    if let Some(facts) = &node.indicator {
        leaf(facts, &format!("{indent}    "), lines);
    }
    for child in &node.children {
        branch(child, depth + 1, lines);
    }
}

fn leaf(facts: &LeafFacts, indent: &str, lines: &mut Vec<String>) {
    let bound = |value: Option<f64>| value.map_or("none".to_owned(), |v| v.to_string());
    lines.push(format!(
        "{indent}{} {}, {}, goalposts {} to {}",
        facts.agency,
        facts.series.as_deref().unwrap_or("no series"),
        facts.direction,
        bound(facts.goalpost_lo),
        bound(facts.goalpost_hi)
    ));
    if !facts.note.is_empty() {
        lines.push(format!("{indent}note {}", facts.note));
    }
    let Some(score) = &facts.reading else { return };
    for (name, reading) in [("start", &score.start), ("end", &score.end)] {
        if let Some(reading) = reading {
            lines.push(format!("{indent}{name} {}", told(reading)));
        }
    }
    if let Some(why) = &score.missing_reason {
        lines.push(format!("{indent}why empty: {why}"));
    }
}

fn told(reading: &Reading) -> String {
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
        number(reading.score)
    )
}

fn because(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |why| format!(" ({why})"))
}

fn share(value: Option<f64>) -> String {
    value.map_or("no data".to_owned(), |share| format!("{:.0} %", share * 100.0))
}
