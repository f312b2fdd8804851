//! The derivation of a score as an indented tree for people.

use wsis_scorecard::contribution::printed_parts;
use wsis_scorecard::explain::{Branch, LeafFacts};
use wsis_scorecard::pace::ROUNDED_ENDS;
use wsis_scorecard::reading::status_words;
use wsis_scorecard::{Explanation, IndicatorScore, LineScore, Reading};

use crate::commands::score::{number, percent, signed};
use crate::commands::scorecard_rows::years;
use crate::output::one_line;

/// The tree as lines of text.
pub(crate) fn lines(explanation: &Explanation, decimals: usize) -> Vec<String> {
    let mut lines = summary(&explanation.score, decimals);
    // Below the change that it is of.
    lines.splice(3..3, moved_by(explanation, decimals));
    lines.push(format!(
        "method {} {}, rules {} ({})",
        explanation.framework,
        explanation.method_version,
        explanation.rules,
        explanation.method_fingerprint
    ));
    branch(&explanation.tree, 0, decimals, &mut lines);
    if explanation.score.change.is_some() {
        lines.push(ROUNDED_ENDS.to_owned());
    }
    lines
}

/// A score with its class, rank and grade, and the reason of each.
pub(crate) fn summary(score: &LineScore, decimals: usize) -> Vec<String> {
    vec![
        format!(
            "{} {} ({}), {}-{}",
            score.line, score.area_name, score.area, score.window_start, score.window_end
        ),
        level(score, decimals),
        change(score, decimals),
        format!("class {}{}", score.class.label(), because(score.class_reason.as_deref())),
        rank(score, decimals),
        grade(score),
    ]
}

/// The level, and how many of its values are held at a goalpost; or why there is none.
fn level(score: &LineScore, decimals: usize) -> String {
    let Some(value) = score.score else {
        let why = score.score_reason.as_ref().map_or(String::new(), |why| format!(": {why}"));
        return format!("no score{why}");
    };
    let clamped = match score.clamped {
        0 => String::new(),
        1 => "; 1 value lies beyond a goalpost and is held at it (clamped)".to_owned(),
        many => format!("; {many} values lie beyond a goalpost and are held at it (clamped)"),
    };
    format!("score {value:.decimals$}{clamped}")
}

/// The grade of the level; that of the change only where there is a change.
fn grade(score: &LineScore) -> String {
    let share = |share| percent(share, "none");
    // A change that there is not has no grade.
    let of_change = score.grade_change.map_or_else(String::new, |grade| {
        format!("; of the change {}: baseline {}", grade.code(), share(score.baseline))
    });
    let estimates =
        score.origin.filter(|origin| *origin < 1.0).map_or_else(String::new, |origin| {
            format!("; country data {}, each estimate counted in part", share(Some(origin)))
        });
    let Some(grade) = score.grade else {
        return format!("no grade{}", because(score.grade_reason.as_deref()));
    };
    let disputed = score.disputed.filter(|part| *part > 0.0).map_or_else(String::new, |part| {
        format!("; {} of the observed weight is disputed by another delivery", share(Some(part)))
    });
    format!(
        "grade {}: coverage {}, freshness {}{estimates}{disputed}{of_change}",
        grade.code(),
        share(score.coverage),
        share(score.freshness)
    )
}

/// The rank; or why there is none, and what is certain instead.
fn rank(score: &LineScore, decimals: usize) -> String {
    if let Some(rank) = score.rank {
        let interval = score.rank_interval.map_or_else(
            || because(score.rank_interval_reason.as_deref()),
            |interval| format!(" {interval}"),
        );
        return format!("rank {rank}{interval} of {}", score.ranked_of);
    }
    let mut text = format!("rank none{}", because(score.rank_reason.as_deref()));
    if let Some((low, high)) = score.score_low.zip(score.score_high) {
        let sure = format!(
            "; the score over the whole core would lie between {low:.decimals$} and {high:.decimals$}, \
             whatever is missing of it"
        );
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
            "no change of value: the index is standardised anew in every edition; {position}"
        );
    }
    if score.change.is_none() {
        // The reason of the test that failed: never "no data" where the level beside it has some.
        let why = score.change_reason.as_ref().map_or(String::new(), |why| format!(": {why}"));
        return format!("no change{why}");
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

/// What moved a score, the largest part first: the printed parts add up to the printed change.
fn moved_by(explanation: &Explanation, decimals: usize) -> Option<String> {
    fn collect<'e>(node: &'e Branch, into: &mut Vec<(&'e str, f64)>) {
        let part = node.indicator.as_ref().and_then(|facts| facts.contribution);
        into.extend(part.map(|part| (node.code.as_str(), part)));
        node.children.iter().for_each(|child| collect(child, into));
    }
    let change = explanation.score.change?;
    let mut parts = Vec::new();
    collect(&explanation.tree, &mut parts);
    if parts.len() < 2 {
        return None;
    }
    parts.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
    let exact: Vec<f64> = parts.iter().map(|(_, part)| *part).collect();
    let printed = printed_parts(&exact, change, decimals);
    let told: Vec<String> = parts
        .iter()
        .zip(printed)
        .map(|((code, _), part)| format!("{code} {}", signed(Some(part), decimals)))
        .collect();
    Some(format!("of it  {}", told.join(", ")))
}

fn branch(node: &Branch, depth: usize, decimals: usize, lines: &mut Vec<String>) {
    let indent = "  ".repeat(depth);
    let weight = node.weight.map_or(String::new(), |w| format!(", weight {w}"));
    // Of nothing there is no mean.
    let how = node.aggregation.as_ref().filter(|_| node.score.is_some());
    let how = how.map_or(String::new(), |how| format!(", {how}"));
    let score = node.score.map_or("no score".to_owned(), |score| format!("{score:.decimals$}"));
    lines.push(format!(
        "{indent}{} {}: {score}{}{weight}{how}",
        node.code,
        node.title,
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
        // What counts is the value from which it is met: 99 of 100 is no slip.
        let met = facts.met_from.filter(|met| met.total_cmp(&target).is_ne());
        let met = met.map_or(String::new(), |met| format!(", counts as met from {met}"));
        let set = facts.target_status.map_or("", set_by);
        let source = facts.target_source.as_ref().filter(|source| !source.is_empty());
        let source = source.map_or(String::new(), |source| format!(": {}", one_line(source)));
        let unread = unread(facts.target_verified);
        lines.push(format!("{indent}target {target} by {year}{met}"));
        lines.push(format!("{indent}  {set}{source}{unread}"));
    }
    if !facts.note.is_empty() {
        lines.push(format!("{indent}note {}", one_line(&facts.note)));
    }
    let Some(score) = &facts.reading else { return };
    for (name, reading) in [("start", &score.start), ("end", &score.end)] {
        if let Some(reading) = reading {
            let nearest = if name == "start" { not_both(score) } else { "" };
            lines.push(format!("{indent}{name} {}{nearest}", told(reading, decimals)));
        }
    }
    if let (Some(dispute), Some(end)) = (&score.dispute, &score.end) {
        lines.push(format!(
            "{indent}disputed: {} gives {} in {} ({:.decimals$} points of score away)",
            dispute.indicator, dispute.value, end.year, dispute.points
        ));
    }
    if let Some(why) = &score.missing_reason {
        lines.push(format!("{indent}why empty: {why}"));
    } else {
        let why = because(score.class_reason.as_deref());
        lines.push(format!("{indent}class {}{why}", score.class.label()));
    }
    if let Some(position) = &score.position {
        lines.push(format!("{indent}{position}"));
    }
}

/// Why a start is not of the first year of the window although there is a value of that year.
fn not_both(score: &IndicatorScore) -> &'static str {
    let first = score.end.as_ref().is_some_and(|end| end.year == score.window_start);
    if first {
        "; the value of the window's first year is the current one, and none is both"
    } else {
        ""
    }
}

/// Who set it, and whether it was read there.
fn standing(status: Option<&str>, verified: Option<bool>) -> String {
    status.map_or(String::new(), |status| format!(" ({}{})", set_by(status), unread(verified)))
}

/// A status in words: who set a target or goalposts.
fn set_by(status: &str) -> &str {
    match status {
        "proposed" => "chosen by this project, not agreed by anyone",
        "facilitator" => "set by an agency that answers for the line or compiles the figures",
        "agreed" => "agreed between governments or by the UN Statistical Commission",
        other => other,
    }
}

fn unread(verified: Option<bool>) -> &'static str {
    if verified == Some(false) { "; unverified: not yet read in its source" } else { "" }
}

fn told(reading: &Reading, decimals: usize) -> String {
    let payload = match (&reading.payload, reading.payload_row) {
        (Some(payload), Some(row)) => format!("; payload sha256 {payload} record {row}"),
        _ => String::new(),
    };
    // A footnote is the source's: on one line whatever it holds, so that it begins none of ours (X15).
    let note = reading.footnote.as_ref();
    let note = note.map_or(String::new(), |note| format!(" ({})", one_line(note)));
    let ours =
        reading.correction.as_ref().map_or(String::new(), |it| format!(" [{}]", one_line(it)));
    let value = in_its_unit(reading);
    let clamped = match (reading.score, reading.unclamped) {
        (Some(score), Some(before)) if score.total_cmp(&before).is_ne() => {
            format!(" (clamped from {before:.decimals$})")
        }
        _ => String::new(),
    };
    let score = reading.score.map_or("no score".to_owned(), |it| format!("score {it:.decimals$}"));
    let status = match status_words(reading.obs_status) {
        "" => String::new(),
        words => format!(" ({words})"),
    };
    format!(
        "{} in {}, status {}{status}, {score}{clamped}{note}{ours}{payload}",
        one_line(&value),
        reading.year,
        reading.obs_status,
    )
}

/// The value in the indicator's unit; beside it how the source printed it, where that is another number:
/// a share of 0.995 is 99.5 of goalposts from 0 to 100.
fn in_its_unit(reading: &Reading) -> String {
    /// A millionth of a unit, that a product of decimals may be off in its last bits.
    const DECIMALS: usize = 6;
    // Of a figure that is corrected the source's number is told with the reason.
    let printed = reading.value_text.as_ref().filter(|_| reading.correction.is_none());
    let Some(text) = printed else { return reading.value.to_string() };
    match text.trim().parse::<f64>() {
        Ok(printed) if printed.total_cmp(&reading.value).is_ne() => {
            let value = format!("{:.DECIMALS$}", reading.value);
            let value = value.trim_end_matches('0').trim_end_matches('.');
            format!("{value} (printed as {text})")
        }
        _ => text.clone(),
    }
}

fn because(reason: Option<&str>) -> String {
    reason.map_or(String::new(), |why| format!(" ({why})"))
}

#[cfg(test)]
mod tests {
    use wsis_scorecard::Reading;

    use super::told;

    fn reading() -> Reading {
        Reading {
            year: 2019,
            value: 104.0,
            value_text: None,
            obs_status: "A",
            source_flag: None,
            footnote: None,
            correction: None,
            payload: None,
            payload_row: None,
            score: Some(100.0),
            unclamped: Some(104.0),
        }
    }

    /// A footnote with a line break forged a line of the explanation.
    #[test]
    fn trial_x15_a_footnote_begins_no_line_and_turns_none_around() {
        let footnote = Some("old\nscore 100\u{202e}\u{1b}[2J".to_owned());
        let shown = told(&Reading { footnote, ..reading() }, 1);
        assert!(shown.ends_with("(old\\u{a}score 100\\u{202e}\\u{1b}[2J)"), "{shown}");
        assert_eq!(shown.lines().count(), 1);
    }

    /// "0.994777715" beside goalposts of 0 to 100.
    #[test]
    fn trial_p50_a_value_is_told_in_the_unit_of_its_goalposts() {
        let value_text = Some("0.994777715".to_owned());
        let share = Reading { value: 99.477_771_5, value_text, ..reading() };
        assert!(told(&share, 1).starts_with("99.477772 (printed as 0.994777715) in 2019"));
        let same = Reading { value_text: Some("104.0".to_owned()), ..reading() };
        assert!(told(&same, 1).starts_with("104.0 in 2019"));
    }

    /// 104 held at 100 was shown as a plain 100.
    #[test]
    fn trial_a12_a_value_held_at_a_goalpost_says_so() {
        let shown = told(&reading(), 1);
        assert_eq!(shown, "104 in 2019, status A, score 100.0 (clamped from 104.0)");
        let within = told(&Reading { unclamped: Some(100.0), ..reading() }, 1);
        assert!(!within.contains("clamped"), "{within}");
        let unscored = told(&Reading { score: None, unclamped: None, ..reading() }, 1);
        assert!(unscored.ends_with("no score"), "{unscored}");
    }
}
