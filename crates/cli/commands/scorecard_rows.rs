//! A scorecard as rows for machines, and the years of a change.

use wsis_scorecard::result::ClassBasis;
use wsis_scorecard::{Grade, LineScore};

use crate::output::{Rows, exact};

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

const COLUMNS: [&str; 43] = [
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
    "grade_reason",
    "score_reason",
    "change_reason",
    "class_basis",
    "counts",
    "rank_interval_low",
    "rank_interval_high",
    "rank_median",
    "rank_interval_error",
    "core_interval_low",
    "core_interval_high",
    "rank_interval_reason",
];

/// The scores as CSV has them: exact, one column for each fact.
pub(crate) fn records(scores: &[&LineScore]) -> Rows {
    let mut rows = Rows::new(&COLUMNS);
    for score in scores {
        rows.push(record(score));
    }
    rows
}

fn record(score: &LineScore) -> Vec<String> {
    vec![
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
        code(score.grade),
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
        code(score.grade_change),
        score.clamped.to_string(),
        score.target_status.unwrap_or_default().to_owned(),
        exact(score.position.map(|it| it.rank_start)),
        exact(score.position.map(|it| it.rank_end)),
        exact(score.position.map(|it| 100.0 * it.share_below_start)),
        exact(score.position.map(|it| 100.0 * it.share_below_end)),
        exact(score.position.map(|it| it.of)),
        score.grade_reason.clone().unwrap_or_default(),
        score.score_reason.clone().unwrap_or_default(),
        score.change_reason.clone().unwrap_or_default(),
        score.class_basis.map_or("", ClassBasis::code).to_owned(),
        score.counts.to_string(),
        exact(score.rank_interval.map(|it| it.low)),
        exact(score.rank_interval.map(|it| it.high)),
        exact(score.rank_interval.map(|it| it.median)),
        exact(score.rank_interval.map(|it| it.error)),
        exact(score.rank_interval.and_then(|it| it.score_low)),
        exact(score.rank_interval.and_then(|it| it.score_high)),
        score.rank_interval_reason.clone().unwrap_or_default(),
    ]
}

fn code(grade: Option<Grade>) -> String {
    grade.map_or_else(String::new, |grade| grade.code().to_owned())
}
