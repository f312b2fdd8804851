//! The numbers of the rule book as a reader meets them. None of them stands in the texts around.

use maud::{Markup, html};
use wsis_model::rules::{ClassRule, RuleBook};
pub(crate) use wsis_scorecard::reading::years;

use crate::class::Progress;

/// A bound of a class: two decimals as people write ratios, more where it has more, none of 0.
pub(crate) fn bound(ratio: f64) -> String {
    let exact = ratio.to_string();
    let decimals = exact.split_once('.').map_or(0, |(_, decimals)| decimals.len());
    if ratio == 0.0 || decimals > 2 { exact } else { format!("{ratio:.2}") }
}

/// "95": a ratio as per cent, without the sign.
fn per_cent(ratio: f64) -> String {
    trimmed(&format!("{:.2}", ratio * 100.0))
}

/// A number with decimals without the zeros that say nothing: 0.2, 1.
fn trimmed(text: &str) -> String {
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// What a class means, for the legend.
pub(crate) fn meaning(class: Progress, rule: &ClassRule) -> String {
    let (on_track, moderate) = (per_cent(rule.on_track), per_cent(rule.moderate));
    match class {
        Progress::TargetMet => "meets the target now".to_owned(),
        Progress::OnTrack => {
            format!("moves at {on_track} % or more of the pace that the target asks for")
        }
        Progress::Moderate => format!("moves at {moderate} to {on_track} % of that pace"),
        Progress::Limited if rule.limited > 0.0 => {
            let limited = per_cent(rule.limited);
            format!("moves at {limited} to {moderate} % of that pace")
        }
        Progress::Limited => {
            format!("moves at less than {moderate} % of that pace, or stands still")
        }
        Progress::Regressing if rule.limited > 0.0 => {
            let limited = per_cent(rule.limited);
            format!("moves at less than {limited} % of that pace or away, or has lost the target")
        }
        Progress::Regressing => "moves away from the target, or has lost it".to_owned(),
        Progress::DeadlineMissed => "the target year is past and the target not met".to_owned(),
        Progress::NotAssessable => "no class can be given; the reason stands beside it".to_owned(),
    }
}

/// The bounds of the classes in one sentence.
pub(crate) fn classes(rule: &ClassRule) -> String {
    format!(
        "{} and more is on track, {} and more moderate, {limited} and more limited, below {limited} \
         regressing",
        bound(rule.on_track),
        bound(rule.moderate),
        limited = bound(rule.limited),
    )
}

/// The grades: what each asks for.
pub(crate) fn grades(rules: &RuleBook, max_age: i32) -> Markup {
    let rows = [("A", &rules.grades.a), ("B", &rules.grades.b), ("C", &rules.grades.c)];
    let fresh = rules.freshness;
    let lost = trimmed(&format!("{:.2}", f64::from(fresh.years_to_zero).recip()));
    html! {
        h3 { "Grades of the data" }
        div.wide tabindex="0" { table {
            caption {
                "What each grade asks at least; of a level the worse of coverage and freshness counts, of a "
                "change also the "
                "baseline. The grade of a change stands beside that of the level where it is another one. "
                "An estimate, forecast or imputed value (status E, F or I of the source) counts as a "
                "figure; “country data” beside a grade tells the share of what countries reported, in "
                "which an estimate counts " (rules.grades.estimate_counts) ". “Disputed” tells the share of "
                "the figures whose value another provider of the same figure gives otherwise for the same "
                "year, by " (trimmed(&rules.grades.disputed_points.to_string())) " points of score or more; "
                "from " (rules.grades.disputed_share) " on the grade is a letter lower."
            }
            thead { tr {
                th scope="col" { "Grade" }
                th scope="col" { "Coverage: weight observed within " (years(max_age)) }
                th scope="col" {
                    "Freshness: 1 is new, loses " (lost) " a year after " (years(fresh.full_years))
                }
                th scope="col" { "Baseline, of a change: weight with a value at the start" }
            } }
            tbody {
                @for (grade, bound) in rows {
                    tr {
                        th scope="row" { (grade) }
                        td { (bound.coverage) } td { (bound.freshness) } td { (bound.baseline) }
                    }
                }
                tr { th scope="row" { "D" } td colspan="3" { "less, but some data" } }
                tr { th scope="row" { "E" } td colspan="3" { "no current value, on a line of which a series is loaded" } }
                tr { th scope="row" { "no grade" } td colspan="3" { "no series of the line is loaded; of an area that is no member State, and in a sample, also where none of them has an observation of the area" } }
            }
        } }
    }
}
