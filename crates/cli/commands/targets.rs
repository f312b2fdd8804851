//! `wsis targets`: targets whose year is past, met or missed.

use serde::Serialize;
use wsis_app::names;
use wsis_scorecard::outcomes::{Outcome, OutcomeRow};
use wsis_scorecard::paths::ECONOMY;

use crate::args::{Format, Global, TargetsAsked};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows, exact};

#[derive(Serialize)]
struct Answer<'a> {
    framework: &'a str,
    snapshot: u64,
    /// The last year of the latest window: targets of later years are not past.
    review_year: i32,
    line: Option<&'a str>,
    targets: &'a [&'a OutcomeRow],
}

pub(crate) async fn run(global: &Global, asked: &TargetsAsked) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, asked.review.framework.as_deref())?;
    let named = (asked.line.as_deref(), asked.area.as_deref());
    let (line, area) = names::line_and_area(&deployment, framework, named)?;
    let computed = context::compute(global, deployment, &asked.review, line.as_deref()).await?;
    let card = &computed.scorecard;
    let group = asked.group.as_deref();
    if let Some(name) = group {
        let there = card.group_scores.iter().any(|it| it.group.eq_ignore_ascii_case(name));
        if !there {
            let known = card.group_scores.iter().map(|it| it.group.as_str());
            let meant = wsis_config::hint(name, known, "there are");
            return Err(Failure::usage(format!("no group {name:?}; {meant}")));
        }
    }
    let is_meant = |row: &OutcomeRow| match (&area, group) {
        _ if asked.all => true,
        (Some(code), _) => row.area_kind == ECONOMY && row.area == *code,
        (_, Some(name)) => row.area_kind != ECONOMY && row.area.eq_ignore_ascii_case(name),
        _ => row.is_whole(),
    };
    let of_line = |row: &OutcomeRow| line.as_ref().is_none_or(|line| row.line == *line);
    let rows: Vec<&OutcomeRow> =
        card.outcomes.iter().filter(|row| of_line(row) && is_meant(row)).collect();
    let answer = Answer {
        framework: &computed.framework().id,
        snapshot: computed.snapshot(),
        review_year: computed.window.end,
        line: line.as_deref(),
        targets: &rows,
    };
    output::print(global.format, &answer, |form| table(&rows, form))?;
    if global.format == Format::Table {
        output::text(&output::wrapped(&told(
            &rows,
            computed.window.end,
            area.as_deref().or(group),
        )))?;
    }
    Ok(())
}

fn told(rows: &[&OutcomeRow], review: i32, whose: Option<&str>) -> String {
    if rows.is_empty() {
        // Targets of the world, and those without a figure of anybody, are of no economy and no group.
        let of = whose.map_or_else(String::new, |whose| {
            format!(" that is held against figures of {whose}; without --area and --group it tells of all others")
        });
        return format!("No target here has a year that is past by {review}{of}.");
    }
    let number = |outcome| rows.iter().filter(|row| row.outcome == outcome).count();
    let unread = rows.iter().filter(|row| !row.target_verified).count();
    let proposed = rows.iter().filter(|row| row.target_status == "proposed").count();
    format!(
        "{} met, {} missed, of {} it cannot be said. {proposed} stand here as this project reads them (proposed); \
         {unread} were not read in their source.",
        number(Outcome::Met),
        number(Outcome::Missed),
        number(Outcome::Unknown)
    )
}

fn table(rows: &[&OutcomeRow], form: Format) -> Rows {
    let in_full = form == Format::Csv;
    let mut table = if in_full {
        Rows::new(&[
            "line",
            "target",
            "area_kind",
            "area",
            "target_text",
            "#target_year",
            "indicator",
            "#met_from",
            "outcome",
            "#value",
            "#year",
            "basis",
            "reason",
            "target_status",
            "target_source",
        ])
    } else {
        Rows::new(&[
            "line", "target", "area", "#by", "outcome", "#value", "#year", "~status", "~reason",
        ])
    };
    for row in rows {
        let basis = row.basis.map(|basis| basis.code().to_owned()).unwrap_or_default();
        let (line, target, area) = (row.line.clone(), row.target.clone(), row.area.clone());
        table.push(if in_full {
            vec![
                line,
                target,
                row.area_kind.to_owned(),
                area,
                row.text.clone(),
                row.by.to_string(),
                row.indicator.clone().unwrap_or_default(),
                exact(row.met_from),
                row.outcome.code().to_owned(),
                exact(row.value),
                exact(row.year),
                basis,
                row.reason.clone(),
                row.target_status.to_owned(),
                row.source.clone(),
            ]
        } else {
            let value = row.value.map(|value| format!("{value:.1}")).unwrap_or_default();
            let status = row.target_status.to_owned();
            let by = row.by.to_string();
            let outcome = row.outcome.words().to_owned();
            vec![
                line,
                target,
                area,
                by,
                outcome,
                value,
                exact(row.year),
                status,
                row.reason.clone(),
            ]
        });
    }
    table
}
