//! Sentences generated from the figures, in plain words.

use wsis_scorecard::pace::{Printed, ROUNDED_ENDS, SPAN_DECIMALS};

use crate::input::{Better, Fact, IndicatorView, LineView, ReportInput, TargetView};
use crate::number::{counted, economies, fixed, plain, signed};

/// "31 of 54 economies".
pub fn of_economies(some: u32, all: u32) -> String {
    format!("{some} of {}", economies(all))
}

/// "184 member States" or "1 economy": whoever counts in this report.
pub fn who(input: &ReportInput, number: u32) -> String {
    counting(number, input.counts_members)
}

/// "184 of 193 member States".
pub fn of_all(input: &ReportInput, some: u32) -> String {
    format!("{some} of {}", who(input, input.economies_total))
}

/// A number of member States, or of economies.
pub fn counting(number: u32, members: bool) -> String {
    if members {
        counted(u64::from(number), "member State", "member States")
    } else {
        economies(number)
    }
}

/// Economies that are shown without being counted: " and 6 other economies"; nothing without any.
pub fn and_others(number: u32) -> String {
    match number {
        0 => String::new(),
        number => {
            format!(" and {}", counted(u64::from(number), "other economy", "other economies"))
        }
    }
}

/// Whether all that is scored of a line is standardised anew in every edition.
pub fn is_relative(line: &LineView) -> bool {
    !line.relative.is_empty() && line.relative.len() == line.scored.len()
}

/// What has to be known of a line whose indicators are standardised anew in every edition.
pub fn relative(line: &LineView) -> Option<String> {
    let (some, all) = (line.relative.len(), line.scored.len());
    if some == 0 {
        return None;
    }
    let what = match (some, all) {
        (1, 1) => format!("Its one indicator, {}, is", line.relative.concat()),
        (1, _) => format!("{} is", line.relative.concat()),
        (_, _) => format!("{} are", list(&line.relative)),
    };
    let rest = match (some, all) {
        (1, 1) => {
            "levels of two editions do not compare, no change and no class can be given; where an \
             economy is in two editions, rank and percentile in both stand in place of the change"
        }
        (some, all) if some == all => {
            "levels of two editions do not compare, and no change and no class can be given"
        }
        (1, _) => {
            "its levels of two editions do not compare; it is in the score and in no change and class"
        }
        _ => {
            "their levels of two editions do not compare; they are in the score and in no change \
             and class"
        }
    };
    Some(format!("{what} standardised anew in every edition: {rest}."))
}

/// A reason without its particulars: "no series that could be scored is asked for yet", not which.
pub fn brief(reason: &str) -> &str {
    reason.split_once(": ").map_or(reason, |(brief, _)| brief)
}

/// "a, b and c".
pub fn list(parts: &[String]) -> String {
    match parts {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} and {last}", most.join(", ")),
    }
}

/// Every line with a median change, by its points a year, least first: spans differ, so that changes
/// alone cannot be compared.
pub fn changes(input: &ReportInput) -> Vec<String> {
    paced(input).into_iter().map(|(_, text)| text).collect()
}

/// The three lines of most points a year, and what is level with the third.
pub fn moved_most(input: &ReportInput) -> Vec<String> {
    let mut lines = paced(input);
    lines.reverse();
    first_three(lines)
}

/// The three lines of least points a year, and what is level with the third.
pub fn moved_least(input: &ReportInput) -> Vec<String> {
    first_three(paced(input))
}

fn first_three(lines: Vec<(f64, String)>) -> Vec<String> {
    let edge = lines.get(2).map(|(pace, _)| *pace);
    let mut count = 0_usize;
    let taken = lines.into_iter().take_while(|(pace, _)| {
        count += 1;
        count <= 3 || edge.is_some_and(|edge| pace.total_cmp(&edge).is_eq())
    });
    taken.map(|(_, text)| text).collect()
}

/// Points a year of each line that has a median change, and the line with what it is made of: the
/// printed change over the printed span gives the printed points a year.
fn paced(input: &ReportInput) -> Vec<(f64, String)> {
    let decimals = input.decimals;
    let mut lines: Vec<(f64, &str, String)> = input
        .lines
        .iter()
        .filter_map(|line| {
            let printed = Printed::of(line.median_change?, line.span_years?, decimals)?;
            let text = format!(
                "{} ({} a year: {} over {} years)",
                line.code,
                signed(printed.per_year, decimals),
                signed(printed.change, decimals),
                fixed(printed.span, SPAN_DECIMALS)
            );
            Some((line.points_per_year?, line.code.as_str(), text))
        })
        .collect();
    lines.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(b.1)));
    lines.into_iter().map(|(pace, _, text)| (pace, text)).collect()
}

/// What is not known of the lines, as sentences: each names the lines that it holds for, and where
/// there is no score at all also the cause.
pub fn unknown(input: &ReportInput) -> Vec<String> {
    let has_score = |line: &LineView| line.economies_scored > 0;
    let ever = |line: &LineView| line.windows.iter().any(|row| row.scored > 0);
    let unclassed = |line: &LineView| has_score(line) && line.classes.assessed() == 0;
    let changed = |line: &LineView| line.median_change.is_some();
    let (from, to) = input.window;
    let level = |line: &LineView| line.median_score.is_some();
    let told: [(String, Vec<String>); 6] = [
        (
            format!("No score from {from} to {to}, but in another window"),
            by_cause(input, |line| !has_score(line) && ever(line)),
        ),
        (
            "No score in any window".to_owned(),
            by_cause(input, |line| !has_score(line) && !ever(line)),
        ),
        (
            "A change, but no class of any economy".to_owned(),
            codes(input, |line| unclassed(line) && changed(line)),
        ),
        (
            "A level, but no median change and no class".to_owned(),
            codes(input, |line| unclassed(line) && !changed(line) && level(line)),
        ),
        (
            "Scores of too few for a median, and no class".to_owned(),
            codes(input, |line| unclassed(line) && !changed(line) && !level(line)),
        ),
        (
            "Classes, but no median change".to_owned(),
            codes(input, |line| has_score(line) && !unclassed(line) && !changed(line)),
        ),
    ];
    told.into_iter()
        .filter(|(_, lines)| !lines.is_empty())
        .map(|(what, lines)| format!("{what}: {}.", list(&lines)))
        .collect()
}

/// Why nobody has a score of a line, without particulars, and of how many that is the reason where
/// others have another one; of a line that nothing is known of, empty.
pub fn cause(line: &LineView) -> String {
    let why = brief(line.no_indicator.as_deref().unwrap_or(&line.no_score));
    let whose = line.no_score_of.as_str();
    if whose.is_empty() || line.no_indicator.is_some() {
        why.to_owned()
    } else {
        format!("{why}, for {whose}")
    }
}

/// "a, b and c", of titles: each in quotation marks where one has a comma in it.
pub fn titles(titles: &[String]) -> String {
    if titles.iter().any(|title| title.contains([',', ';'])) {
        list(&titles.iter().map(|title| format!("“{title}”")).collect::<Vec<_>>())
    } else {
        list(titles)
    }
}

/// "all 63 by the level alone": nothing of a class that says nothing of the pace is
/// told as if it did.
pub fn by_level(classed: u32, level_only: u32) -> Option<String> {
    match (classed, level_only) {
        (_, 0) => None,
        (1, _) => Some("by the level alone".to_owned()),
        (all, some) if some == all => Some(format!("all {all} by the level alone")),
        (_, some) => Some(format!("{some} by the level alone")),
    }
}

/// "C5 and C6 (no series that could be scored is asked for yet)": the lines of each cause, in the framework's order
/// of the first of them.
fn by_cause(input: &ReportInput, holds: impl Fn(&LineView) -> bool) -> Vec<String> {
    let mut causes: Vec<(String, Vec<String>)> = Vec::new();
    for line in input.lines.iter().filter(|line| holds(line)) {
        match causes.iter_mut().find(|(why, _)| *why == cause(line)) {
            Some((_, lines)) => lines.push(line.code.clone()),
            None => causes.push((cause(line), vec![line.code.clone()])),
        }
    }
    let told = causes.into_iter().map(|(why, lines)| match why.as_str() {
        "" => list(&lines),
        why => format!("{} ({why})", list(&lines)),
    });
    // One list within another needs a stronger comma.
    let told: Vec<String> = told.collect();
    if told.len() > 1 { vec![told.join("; ")] } else { told }
}

fn codes(input: &ReportInput, holds: impl Fn(&LineView) -> bool) -> Vec<String> {
    input.lines.iter().filter(|line| holds(line)).map(|line| line.code.clone()).collect()
}

/// Targets of the indicators that make a line's score.
pub fn targets<'a>(
    input: &'a ReportInput,
    line: &'a LineView,
) -> impl Iterator<Item = (&'a IndicatorView, &'a TargetView)> {
    let views = line.scored.iter().filter_map(|(code, _)| input.indicator(code));
    views.filter_map(|view| Some((view, view.target.as_ref()?)))
}

/// How many of the targets that classes rest on are this project's own: "1 of 3 targets proposed";
/// `None` if none is. What stands beside every such class (docs/adr/0005). `rests_on` are the codes
/// of the indicators, as the scorecard found them: a target of any other is behind no class.
pub fn proposals(input: &ReportInput, rests_on: &[String]) -> Option<String> {
    let views = || rests_on.iter().filter_map(|code| input.indicator(code));
    let used = || views().filter_map(|view| Some((view, view.target.as_ref()?)));
    let all = used().count();
    let proposed = used().filter(|(_, target)| target.fact.is_proposed()).count();
    match (proposed, all) {
        (0, _) => None,
        (1, 1) => Some("target proposed".to_owned()),
        (2, 2) => Some("both targets proposed".to_owned()),
        (some, all) if some == all => Some(format!("all {all} targets proposed")),
        (some, all) => Some(format!("{some} of {all} targets proposed")),
    }
}

/// "95 % of population", "0.75 (index, 0 to 1)": a unit that is a description stands in brackets.
pub fn amount(value: f64, unit: &str) -> String {
    let value = plain(value);
    match unit {
        "" => value,
        unit if unit.starts_with('%') || unit.starts_with("per ") => format!("{value}\u{A0}{unit}"),
        unit => format!("{value} ({unit})"),
    }
}

/// "100 % of population by 2030 (counts as met from 95: ITU, practice)": a class is judged by the value
/// from which the target counts as met.
pub fn aim(target: &TargetView, unit: &str) -> String {
    let text = format!("{} by {}", amount(target.value, unit), target.year);
    match &target.met_from {
        None => text,
        Some((met, source)) if source.is_empty() => {
            format!("{text} (counts as met from {})", plain(*met))
        }
        Some((met, source)) => format!("{text} (counts as met from {}: {source})", plain(*met)),
    }
}

/// "A change is that of the exact scores, rounded: ...": beside every change that stands by its ends.
pub fn rounded_ends() -> String {
    let mut text = ROUNDED_ENDS.to_owned();
    if let Some(first) = text.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    text
}

/// The class of an indicator as evidence, in words: its letters are not those of the grades.
pub fn evidence(class: &str) -> String {
    let meaning = match class {
        "A" => "official and comparable, in many economies and years",
        "B" => "comparable, but one wave, few economies or not official",
        "C" => "context only, never in a score",
        "D" => "no comparable series: counts and statements",
        _ => return class.to_owned(),
    };
    format!("{meaning} (evidence class {class})")
}

/// Direction of desired change, in words.
pub fn direction(better: Better) -> String {
    match better {
        Better::Higher => "higher is better".to_owned(),
        Better::Lower => "lower is better".to_owned(),
        Better::At(best) => format!("best at {}", plain(best)),
    }
}

/// Who set a target or goalposts. What others set and this project takes over is theirs: the
/// value is not called our proposal, only its use here.
pub fn set_by(fact: &Fact) -> String {
    let ours = of_this_project(&fact.source);
    match (fact.status.as_str(), ours) {
        ("agreed", _) => {
            format!(
                "Agreed between governments or by the UN Statistical Commission: {}",
                fact.source
            )
        }
        ("facilitator", _) => format!("Set by {}", fact.source),
        (_, Some("")) => OUR_PROPOSAL.to_owned(),
        (_, Some(why)) => format!("{OUR_PROPOSAL}: {why}"),
        (_, None) if fact.source.is_empty() => OUR_PROPOSAL.to_owned(),
        (_, None) => {
            format!(
                "Set by {}; its use here is this project's choice and not agreed by anyone",
                fact.source
            )
        }
    }
}

/// Where an indicator is published, and who put it under the line: always this project, for no
/// list of indicators has been agreed for the Action Lines.
pub fn chosen(fact: &Fact) -> String {
    let published = match fact.status.as_str() {
        "agreed" => "Indicator agreed between governments or by the UN Statistical Commission",
        "facilitator" => "Published by the agency that compiles it",
        _ => "Published",
    };
    format!("{published}: {}. Put under this line by this project", fact.source)
}

/// Where a statement on a line or on the whole framework comes from.
pub fn read_in(fact: &Fact) -> String {
    if fact.is_proposed() {
        match of_this_project(&fact.source) {
            Some(why) if !why.is_empty() => format!("{OUR_PROPOSAL}: {why}"),
            _ => format!("Not an agreed standard: {}", fact.source),
        }
    } else {
        format!("As in: {}", fact.source)
    }
}

const OUR_PROPOSAL: &str = "Proposed by this project, not an agreed standard";

/// What follows "Proposed by this project" in a source that begins so.
fn of_this_project(source: &str) -> Option<&str> {
    let why = source.strip_prefix("Proposed by this project")?;
    Some(why.trim_start_matches([':', ',', ' ']))
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
        // A series without a figure is the source of nothing that is drawn.
        .filter(|view| !view.series_source.is_empty() && view.absent.is_empty())
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
    let named = match (named.is_empty(), input.sample.is_some()) {
        (true, true) => "what the tables of this report name".to_owned(),
        (true, false) => "own computation".to_owned(),
        (false, _) => named.join("; "),
    };
    // A sample was read from a copy: on its day nobody asked the source (H20).
    let (origin, read) = if input.sample.is_some() {
        ("Sample of: ", "Loaded from a copy, on days that the sample sets:")
    } else {
        ("Source: ", "Retrieved")
    };
    format!("{origin}{named}. {read} {}; snapshot {}.", input.retrieved, input.snapshot)
}
