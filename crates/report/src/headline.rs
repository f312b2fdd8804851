//! The sentence over a line: its level, its change, how its economies stand, and what that rests on.

use wsis_scorecard::unscored::most_frequent;

use crate::class::Progress;
use crate::input::{LineView, ReportInput, Window};
use crate::number::{fixed, plain, signed};
use crate::words::{is_relative, list, of_all, proposals, relative, who};

/// What changed on a line, in a sentence or two.
pub fn headline(input: &ReportInput, line: &LineView) -> String {
    if let Some(reason) = &line.no_indicator {
        let measured = &line.measurability;
        let space = if measured.is_empty() { "" } else { " " };
        return format!(
            "{}. {measured}{space}What the consultation said, and indicators that may be of use, are shown instead.",
            no_score(reason)
        );
    }
    if line.economies_scored == 0 {
        return unscored(input, line);
    }
    let whose = match proposals(input, &line.rests_on) {
        Some(words) if line.classes.assessed() > 0 => {
            format!(" Read the classes with care: {words} by this project, not agreed by anyone.")
        }
        _ => String::new(),
    };
    let basis = relative(line).map_or_else(String::new, |basis| format!(" {basis}"));
    let level = level(input, line);
    // Of relative indices alone a change is not what was looked for in vain: there is none.
    let change = if is_relative(line) { String::new() } else { change(input, line) };
    format!("{level}{change}. {}{basis}{whose}", standing(input, line))
}

/// "No score: no agreed indicator", without a second "no score" or a colon after a colon.
pub fn no_score(reason: &str) -> String {
    match reason.split_once(": ") {
        Some((why, which)) if why.starts_with("no ") => format!("No score: {why} ({which})"),
        Some((why, which)) => format!("No score, because {why} ({which})"),
        None => format!("No score: {reason}"),
    }
}

/// The level: of how many economies, and of which years.
fn level(input: &ReportInput, line: &LineView) -> String {
    let Some(median) = line.median_score else {
        let why = &line.score_reason;
        let why = if why.is_empty() { String::new() } else { format!(" (withheld: {why})") };
        let have = if line.economies_scored == 1 { "has" } else { "have" };
        return format!(
            "{} {have} a score; no median is given{why}",
            who(input, line.economies_scored)
        );
    };
    let years = match latest(line) {
        Some((from, to)) if from == to => format!(" (newest figures of {to})"),
        Some((from, to)) => format!(" (newest figures of {from} to {to})"),
        None => String::new(),
    };
    format!(
        "The median score of {} is {} of {} on the latest values up to {}{years}",
        who(input, line.economies_scored),
        fixed(median, input.decimals),
        plain(input.scale_max),
        input.window.1
    )
}

/// First and last of the years of the newest figure behind each economy's score.
pub fn latest(line: &LineView) -> Option<Window> {
    let years = || line.areas.iter().filter(|row| !row.apart).filter_map(|row| row.latest);
    years().min().zip(years().max())
}

/// Economies with a change, and the years that it spans: first of the starts, last of the ends.
pub fn changed(line: &LineView) -> (u32, Option<Window>) {
    let with = || line.areas.iter().filter(|row| !row.apart && row.change.is_some());
    let years = || with().filter_map(|row| row.years);
    let span = years().map(|(from, _)| from).min().zip(years().map(|(_, to)| to).max());
    (u32::try_from(with().count()).unwrap_or(u32::MAX), span)
}

fn change(input: &ReportInput, line: &LineView) -> String {
    let Some(change) = line.median_change else {
        let why = &line.change_reason;
        let why = if why.is_empty() { String::new() } else { format!(" ({why})") };
        return format!(", and no median change since {} is given{why}", input.window.0);
    };
    let (number, years) = changed(line);
    let years = years.map_or_else(String::new, |(from, to)| format!(", between {from} and {to}"));
    let whole = if number == line.economies_scored {
        "their median change".to_owned()
    } else {
        format!("the median change of the {number} that have one")
    };
    format!(
        "; {whole} is {} points on the same indicators at both ends{years}",
        signed(change, input.decimals)
    )
}

/// What is said of a line whose indicators exist, but give no economy a score.
fn unscored(input: &ReportInput, line: &LineView) -> String {
    let counted = line.areas.iter().filter(|row| !row.apart);
    let why = most_frequent(counted.map(|row| row.score_reason.as_str()))
        .map_or_else(String::new, |(reason, times)| {
            format!(" Reason for {}: {reason}.", of_all(input, times))
        });
    let other = other_windows(input, line).map_or_else(String::new, |other| format!(" {other}."));
    format!(
        "No score for any of {} from {} to {}.{why}{other}",
        who(input, input.economies_total),
        input.window.0,
        input.window.1
    )
}

/// "The last window with scores is 2015 to 2020 (188 economies)", or the next one, for a window
/// before the figures begin.
pub fn other_windows(input: &ReportInput, line: &LineView) -> Option<String> {
    let mut scored = line.windows.iter().filter(|row| row.scored > 0);
    let told = |name: &str, row: &crate::input::WindowView| {
        let (from, to) = row.window;
        format!("The {name} window with scores is {from} to {to} ({})", who(input, row.scored))
    };
    match scored.clone().rev().find(|row| row.window.1 < input.window.1) {
        Some(row) => Some(told("last", row)),
        None => scored.find(|row| row.window.1 > input.window.1).map(|row| told("next", row)),
    }
}

/// The most frequent reason why economies with a score have no class, and for how many.
pub fn no_class(line: &LineView) -> Option<(&str, u32)> {
    let scored = line.areas.iter().filter(|row| !row.apart && row.score.is_some());
    most_frequent(
        scored
            .filter(|row| row.class == Progress::NotAssessable)
            .map(|row| row.class_reason.as_str()),
    )
}

/// How the economies with a score stand, in a sentence; those without one are counted apart.
fn standing(input: &ReportInput, line: &LineView) -> String {
    let counts = &line.classes;
    let scored = line.economies_scored;
    if counts.assessed() == 0 {
        let all = if scored == 1 {
            format!(
                "the one {} with a score",
                if input.counts_members { "member State" } else { "economy" }
            )
        } else {
            format!("any of the {} with a score", who(input, scored))
        };
        // Of relative indices alone the sentence after this one says why.
        let why = no_class(line).filter(|_| !is_relative(line));
        let why = why.map_or_else(String::new, |(reason, times)| {
            if times == scored {
                format!(": {reason}")
            } else {
                format!("; the most frequent reason, for {times}: {reason}")
            }
        });
        return format!("No class can be given to {all}{why}.");
    }
    let of = |class| counts.of(class);
    let did = |number: u32, one: &str, many: &str| {
        format!("{number} {}", if number == 1 { one } else { many })
    };
    let (met, on_track) = (of(Progress::TargetMet), of(Progress::OnTrack));
    // "Or are on track" would be said of levels, which know no track.
    let there = match (met, on_track) {
        (_, 0) => ("has met the target", "have met the target"),
        (0, _) => ("is on track", "are on track"),
        _ => ("has met the target or is on track", "have met the target or are on track"),
    };
    let classes = [
        (met + on_track, there.0, there.1),
        (of(Progress::Moderate) + of(Progress::Limited), "moves too slowly", "move too slowly"),
        (
            of(Progress::Regressing),
            "moves away from it or has lost it",
            "move away from it or have lost it",
        ),
        (of(Progress::DeadlineMissed), "missed the deadline", "missed the deadline"),
        (of(Progress::NotAssessable), "has no class", "have no class"),
    ];
    // That nobody moves too slowly would be said of a window in which the figures could not show it.
    let parts: Vec<String> = classes
        .iter()
        .filter(|(number, ..)| *number > 0)
        .map(|(number, one, many)| did(*number, one, many))
        .collect();
    format!("Of {}, {}.", who(input, counts.total()), list(&parts))
}
