//! `wsis submissions`: what registers and consultations name, counted.

use std::collections::BTreeMap;

use serde::Serialize;
use wsis_app::names;
use wsis_app::submissions::{self, CAVEAT, Counts, LineCount};

use crate::args::{Format, Global, SubmissionsAsked, SubmissionsBy};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Answer<'a> {
    snapshot: u64,
    line: Option<&'a str>,
    caveat: &'static str,
    submissions: &'a [Counts],
}

pub(crate) async fn run(global: &Global, asked: &SubmissionsAsked) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, None)?;
    let line = asked.line.as_deref();
    let line =
        line.map(|line| names::line(framework, line).map(|it| it.code.clone())).transpose()?;
    let lake = context::existing_lake(global, &deployment)?;
    let app = context::app(std::sync::Arc::new(deployment), lake)?;
    let view = app.view(asked.look.into())?;
    let found = submissions::of_view(&app, &view, line.as_deref()).await?;
    let answer = Answer {
        snapshot: view.snapshot().id,
        line: line.as_deref(),
        caveat: CAVEAT,
        submissions: &found,
    };
    output::print(global.format, &answer, |_| rows(&found, asked.by))?;
    if global.format == Format::Table {
        for sentence in told(&found, asked.by) {
            output::text(&output::wrapped(&sentence))?;
        }
    }
    Ok(())
}

fn rows(found: &[Counts], by: SubmissionsBy) -> Rows {
    let what = match by {
        SubmissionsBy::Line => "#economies",
        SubmissionsBy::Stakeholder => "stakeholder",
        SubmissionsBy::Region => "region",
    };
    let mut rows = Rows::new(&[
        "pipeline",
        "line",
        what,
        "#entries",
        "#first_year",
        "#last_year",
        "counted_on",
    ]);
    for counts in found {
        for line in &counts.lines {
            let parts: BTreeMap<String, u64> = match by {
                SubmissionsBy::Line => [(line.economies.to_string(), line.entries)].into(),
                SubmissionsBy::Stakeholder => line.stakeholders.clone(),
                SubmissionsBy::Region => line.regions.clone(),
            };
            for (name, entries) in parts {
                rows.push(vec![
                    counts.pipeline.clone(),
                    line.line.clone().unwrap_or_else(|| "any".to_owned()),
                    name,
                    entries.to_string(),
                    line.first_year.to_string(),
                    line.last_year.to_string(),
                    counts.counted_on.to_string(),
                ]);
            }
        }
    }
    rows
}

/// What stands below the table: the sentence of each line that is asked for, what is not named, and what no count says.
fn told(found: &[Counts], by: SubmissionsBy) -> Vec<String> {
    if found.is_empty() {
        return vec![
            "No register and no consultation is counted here: no pipeline with `[mapping.count]` has delivered one. \
             docs/pipelines/ has two to copy."
                .to_owned(),
        ];
    }
    let mut told = Vec::new();
    for counts in found {
        told.extend(counts.lines.iter().map(|line| LineCount::told(line, counts)));
        if !counts.not_named.is_empty() {
            told.push(format!("{}: no entry names {}.", counts.kind, counts.not_named.join(", ")));
        }
        told.push(format!("Source: {}.", counts.citation));
    }
    if by == SubmissionsBy::Stakeholder {
        told.push("An entry of several kinds of stakeholder counts in each.".to_owned());
    }
    told.push(CAVEAT.to_owned());
    told
}
