//! One indicator over all economies.

use std::collections::BTreeMap;

use wsis_model::correction::Standing;
use wsis_model::framework::{Direction, Indicator, SeriesRef, Window};
use wsis_model::pipeline::same_code;
use wsis_scorecard::indicator::NOT_IN_LAKE;
use wsis_scorecard::reading::status_words;
use wsis_scorecard::result::{ClassBasis, Reading};
use wsis_scorecard::summary::transform_code;
use wsis_scorecard::{Class, Panel, Scorecard};

use super::line::progress;
use super::{Asked, Facts, count, fact};
use crate::charts::peers::quartiles;
use crate::input::{Better, GoalpostView, IndicatorView, ReadingView, TargetView, YearFigures};

/// The view of an indicator; `economies` are the codes that count.
pub(super) fn view(
    indicator: &Indicator,
    scorecard: &Scorecard,
    panel: &Panel,
    economies: &[&str],
    facts: &Facts,
) -> IndicatorView {
    let values = values(indicator, panel, economies);
    let years = years(&values);
    let absent = if years.is_empty() { absent(indicator, scorecard, facts) } else { String::new() };
    let series = indicator.series.as_ref();
    let dataset = series.map(|series| {
        let run = facts
            .runs
            .iter()
            .find(|run| run.source == series.source && run.dataset == series.dataset);
        run.map_or_else(
            || format!("dataset {} of source {}", series.dataset, series.source),
            |run| run.title.clone(),
        )
    });
    IndicatorView {
        code: indicator.code.clone(),
        title: indicator.title.clone(),
        definition: indicator.definition.clone(),
        unit: indicator.unit.clone(),
        agency: indicator.agency.clone(),
        series_source: dataset.unwrap_or_default(),
        series_code: series.map(SeriesRef::label).unwrap_or_default(),
        relative: indicator.relative,
        breaks: indicator.breaks.iter().map(|item| item.year).collect(),
        better: match indicator.direction {
            Direction::Up => Better::Higher,
            Direction::Down => Better::Lower,
            Direction::Goldilocks(best) => Better::At(best),
        },
        goalposts: indicator.goalposts.as_ref().map(|posts| GoalpostView {
            lo: posts.lo,
            hi: posts.hi,
            transform: transform_code(posts.transform).to_owned(),
            fact: fact(&posts.provenance),
        }),
        target: indicator.target.as_ref().map(|target| TargetView {
            value: target.value,
            year: target.year,
            met_from: target
                .met_from
                .as_ref()
                .filter(|met| met.value.total_cmp(&target.value).is_ne())
                .map(|met| (met.value, met.source.clone())),
            fact: fact(&target.provenance),
        }),
        evidence: indicator.evidence.clone(),
        fact: fact(&indicator.provenance),
        licence: indicator.licence.clone(),
        note: indicator.note.clone(),
        corrections: corrections(indicator, panel),
        readings: if years.is_empty() {
            Vec::new()
        } else {
            economies
                .iter()
                .map(|area| reading(scorecard, &indicator.code, area, facts.window))
                .collect()
        },
        years,
        values,
        absent,
    }
}

/// Why there is no figure of any economy; of a series that is not in the lake also when it was asked
/// for: by a pipeline that declares it, of several the last that did.
fn absent(indicator: &Indicator, scorecard: &Scorecard, facts: &Facts) -> String {
    let why = scorecard.why_undelivered(&indicator.code).unwrap_or(NOT_IN_LAKE);
    let series = indicator.series.as_ref().filter(|_| facts.sample.is_none());
    let asked = series.and_then(|series| {
        let asks = |it: &&Asked| {
            let mut codes = it.series.iter();
            (&it.source, &it.dataset) == (&series.source, &series.dataset)
                && codes.any(|code| same_code(code, &series.series_code))
        };
        facts.asked.iter().filter(asks).max_by_key(|it| it.at)
    });
    asked.map_or_else(|| why.to_owned(), |asked| format!("{why}: {}", asked.told))
}

/// The corrections of its figures, applied or not, each in a sentence.
fn corrections(indicator: &Indicator, panel: &Panel) -> Vec<String> {
    let of_it = panel.corrections().iter().filter(|it| it.indicators.contains(&indicator.code));
    let told = of_it.map(|it| {
        let correction = &it.correction;
        let standing = correction.told(it.standing);
        let more =
            if it.standing == Standing::Applied { correction.beside() } else { String::new() };
        let more = if more.is_empty() { more } else { format!(": {more}") };
        format!("{}, {}: {standing}{more}", correction.area, correction.year)
    });
    told.collect()
}

fn reading(scorecard: &Scorecard, indicator: &str, area: &str, window: Window) -> ReadingView {
    let Some(row) = scorecard.indicator_score(indicator, area, (window.start, window.end)) else {
        let reason = "the scorecard has no row for this economy".to_owned();
        return ReadingView { reason, ..ReadingView::default() };
    };
    let reason = match (&row.end, row.class) {
        (None, _) => row.missing_reason.clone(),
        (Some(_), Class::NotAssessable) => row.class_reason.clone(),
        // The test that decided the class: it is never without its numbers.
        _ => row.class_test.clone(),
    };
    // What the reason beside a class says besides: that it is of a level alone, rests on estimates, ...
    let test = row.class_test.as_deref().unwrap_or_default();
    let more = row.class_reason.as_deref().filter(|_| row.class != Class::NotAssessable);
    let remark = more.map_or("", |more| more.strip_prefix(test).unwrap_or(more));
    ReadingView {
        start: row.start.as_ref().map(|start| (start.year, start.value)),
        end: row.end.as_ref().map(|end| (end.year, end.value)),
        flag: row.end.as_ref().map_or_else(String::new, flag),
        start_flag: row.start.as_ref().map_or_else(String::new, flag),
        score: row.end.as_ref().and_then(|end| end.score),
        clamped: row.clamped,
        position: row.position,
        class: progress(row.class),
        by_level: row.class_basis == Some(ClassBasis::Level),
        reason: reason.unwrap_or_default(),
        remark: remark.trim_start_matches("; ").to_owned(),
    }
}

/// What is said of a value beside it: by the source, and by us.
fn flag(reading: &Reading) -> String {
    let said = status_words(reading.obs_status);
    match (said, &reading.correction) {
        (said, None) => said.to_owned(),
        ("", Some(why)) => why.clone(),
        (said, Some(why)) => format!("{said}; {why}"),
    }
}

/// Values by year: place of the economy, value.
fn values(
    indicator: &Indicator,
    panel: &Panel,
    economies: &[&str],
) -> Vec<(i32, Vec<(usize, f64)>)> {
    let mut values: BTreeMap<i32, Vec<(usize, f64)>> = BTreeMap::new();
    for (place, economy) in economies.iter().enumerate() {
        for (year, cell) in panel.series(&indicator.code, economy) {
            if let Some(value) = cell.value {
                values.entry(*year).or_default().push((place, value));
            }
        }
    }
    values.into_iter().collect()
}

fn years(values: &[(i32, Vec<(usize, f64)>)]) -> Vec<YearFigures> {
    let figures = values.iter().filter_map(|(year, values)| {
        let middle = quartiles(&values.iter().map(|(_, value)| *value).collect::<Vec<_>>())?;
        Some(YearFigures {
            year: *year,
            economies: count(values.len()),
            q1: middle.q1,
            median: middle.median,
            q3: middle.q3,
        })
    });
    figures.collect()
}
