//! A scorecard as rows: for people, and for machines.

use wsis_scorecard::{Class, LineScore};

use crate::args::Format;
use crate::commands::score::{number, percent, signed};
use crate::output::{Rows, exact};

/// The scores as a table, or exact in CSV, one column for each fact.
pub(crate) fn rows(scores: &[&LineScore], decimals: usize, format: Format) -> Rows {
    if format == Format::Csv { records(scores) } else { table(scores, decimals) }
}

fn table(scores: &[&LineScore], decimals: usize) -> Rows {
    let mut rows = Rows::new(&[
        "#rank",
        "area",
        "name",
        "#score",
        "~#core, possible",
        "~#start",
        "~#end",
        "#change",
        "~years or position",
        "~#a year",
        "class",
        "grade",
        "~#weight present",
        "~why not",
    ]);
    for score in scores {
        rows.push(vec![
            rank(score),
            score.area.clone(),
            score.area_name.clone(),
            level(score, decimals),
            possible(score, decimals),
            number(score.score_start, decimals),
            number(score.score_end, decimals),
            signed(score.change, decimals),
            years_or_position(score),
            signed(score.printed_pace(decimals).map(|it| it.per_year), decimals),
            class(score),
            score.grade.code().to_owned(),
            percent(score.coverage, "none"),
            why_not(score),
        ]);
    }
    rows
}

/// A score; `^` where a value is held at a goalpost.
fn level(score: &LineScore, decimals: usize) -> String {
    let mark = if score.clamped > 0 && score.score.is_some() { " ^" } else { "" };
    format!("{}{mark}", number(score.score, decimals))
}

/// Where part of the core is missing, between what the score over the core lies. The score itself
/// is over all that is there, and may lie outside.
fn possible(score: &LineScore, decimals: usize) -> String {
    let bounds = score.score_low.zip(score.score_high);
    bounds.map_or_else(String::new, |(low, high)| format!("{low:.decimals$}-{high:.decimals$}"))
}

/// The years of a change; of a relative index, which has none, the places in both editions.
fn years_or_position(score: &LineScore) -> String {
    score.position.map_or_else(|| years(score), |position| position.to_string())
}

/// What the marks of the table mean; only those that it has.
pub(crate) fn legend(scores: &[&LineScore]) -> Vec<&'static str> {
    let has = |holds: fn(&LineScore) -> bool| scores.iter().any(|score| holds(score));
    let told = [
        (
            has(|score| score.score_low.is_some()),
            "core, possible: the score over the core, whatever is missing of it",
        ),
        (has(|score| score.rank_low.is_some()), "(low-high): the places that follow from it"),
        (
            has(|score| score.clamped > 0 && score.score.is_some()),
            "^ a value lies beyond a goalpost and is held at it",
        ),
        (
            has(|score| score.position.is_some()),
            "standardised anew in every edition: ranks and percentiles in place of a change",
        ),
        (
            has(|score| {
                score.target_status == Some("proposed") && score.class != Class::NotAssessable
            }),
            "* rests on a target proposed by this project, not agreed by anyone",
        ),
    ];
    told.into_iter().filter_map(|(holds, words)| holds.then_some(words)).collect()
}

fn class(score: &LineScore) -> String {
    let is_proposal =
        score.target_status == Some("proposed") && score.class != Class::NotAssessable;
    format!("{}{}", score.class.label(), if is_proposal { " *" } else { "" })
}

/// A rank, the range that the bounds allow, or none.
fn rank(score: &LineScore) -> String {
    match (score.rank, score.rank_low, score.rank_high) {
        (Some(rank), ..) => rank.to_string(),
        (None, Some(low), Some(high)) if low == high => format!("({low})"),
        (None, Some(low), Some(high)) => format!("({low}-{high})"),
        _ => "none".to_owned(),
    }
}

/// The years that a change rests on, and their mean span where it is not plain from them.
pub(crate) fn years(score: &LineScore) -> String {
    let Some(years) = score.years else { return String::new() };
    let range = |first: i32, last: i32| {
        if first == last { first.to_string() } else { format!("{first}-{last}") }
    };
    let (start, end) =
        (range(years.start_first, years.start_last), range(years.end_first, years.end_last));
    let single = years.start_first == years.start_last && years.end_first == years.end_last;
    if single {
        format!("{start} to {end}")
    } else {
        format!("{start} to {end}, {:.2} years", years.span)
    }
}

/// Why there is no class, else why there is no rank.
fn why_not(score: &LineScore) -> String {
    let of_class = score.class_reason.as_ref().filter(|_| score.class == Class::NotAssessable);
    of_class.or(score.rank_reason.as_ref()).cloned().unwrap_or_default()
}

fn records(scores: &[&LineScore]) -> Rows {
    let mut rows = Rows::new(&[
        "line",
        "area",
        "area_name",
        "window_start",
        "window_end",
        "score",
        "score_start",
        "score_end",
        "change",
        "class",
        "class_reason",
        "coverage",
        "grade",
        "rank",
        "rank_reason",
        "standing",
        "core_score",
        "score_low",
        "score_high",
        "rank_low",
        "rank_high",
        "points_per_year",
        "span_years",
        "grade_change",
        "clamped",
        "target_status",
        "rank_start",
        "rank_end",
        "percentile_start",
        "percentile_end",
        "position_of",
    ]);
    for score in scores {
        rows.push(vec![
            score.line.clone(),
            score.area.clone(),
            score.area_name.clone(),
            score.window_start.to_string(),
            score.window_end.to_string(),
            exact(score.score),
            exact(score.score_start),
            exact(score.score_end),
            exact(score.change),
            score.class.code().to_owned(),
            score.class_reason.clone().unwrap_or_default(),
            exact(score.coverage),
            score.grade.code().to_owned(),
            exact(score.rank),
            score.rank_reason.clone().unwrap_or_default(),
            score.standing.to_owned(),
            exact(score.core_score),
            exact(score.score_low),
            exact(score.score_high),
            exact(score.rank_low),
            exact(score.rank_high),
            exact(score.points_per_year),
            exact(score.years.map(|years| years.span)),
            score.grade_change.map_or_else(String::new, |grade| grade.code().to_owned()),
            score.clamped.to_string(),
            score.target_status.unwrap_or_default().to_owned(),
            exact(score.position.map(|it| it.rank_start)),
            exact(score.position.map(|it| it.rank_end)),
            exact(score.position.map(|it| 100.0 * it.share_below_start)),
            exact(score.position.map(|it| 100.0 * it.share_below_end)),
            exact(score.position.map(|it| it.of)),
        ]);
    }
    rows
}
