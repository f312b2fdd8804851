//! `wsis schedule list`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_app::PublishedState;
use wsis_config::Deployment;
use wsis_config::schedule::Timetable;
use wsis_engine::freshness::{Freshness, Turn};
use wsis_engine::watch;
use wsis_model::pipeline::Pipeline;

use super::next::when;
use crate::args::{Format, Global, Look};
use crate::context;
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output::{self, Rows};

/// A pipeline in the list.
#[derive(Serialize)]
struct Listed {
    #[serde(flatten)]
    freshness: Freshness,
    /// Name of the agency, and where to reach it.
    agency_name: String,
    contact: String,
    /// What makes it run.
    when: String,
    /// Its next tick.
    next: Option<DateTime<Utc>>,
    /// What dashboards read, of all pipelines alike.
    #[serde(flatten)]
    published: PublishedState,
}

pub(super) fn run(global: &Global, at: Option<DateTime<Utc>>, look: Look) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let lake = context::existing_lake(global, &deployment)?;
    let ledger = context::ledger(&deployment, &lake)?;
    let known = context::known(&lake, &deployment, look)?;
    let now = at.unwrap_or_else(|| context::judged_at(known));
    let account = watch::account(&deployment.pipelines, &ledger, now, known)
        .map_err(|error| Failure::ran(chain(&error)))?;
    // What dashboards read is of now; of a view of the past it says nothing.
    let published =
        if look.is_present() { PublishedState::of(&lake)? } else { PublishedState::default() };
    let listed: Vec<Listed> = account
        .freshness
        .into_iter()
        .zip(&deployment.pipelines)
        .map(|(freshness, pipeline)| Listed {
            published: published.clone(),
            ..listed(freshness, pipeline, &deployment, now)
        })
        .collect();
    output::print(global.format, &listed, |form| rows(&listed, form))?;
    if global.format == Format::Table {
        if look.is_present() {
            output::note(&published.text(now));
        }
        for one in listed.iter().filter(|one| !one.freshness.state.is_well()) {
            output::note(&format!(
                "{}: {}. Whose turn: {}",
                one.freshness.pipeline,
                one.freshness.reason.trim_end_matches('.'),
                turn(one)
            ));
        }
    }
    Ok(())
}

fn listed(
    freshness: Freshness,
    pipeline: &Pipeline,
    deployment: &Deployment,
    now: DateTime<Utc>,
) -> Listed {
    let agency = deployment.workspace.agency(&pipeline.agency);
    let timetable = pipeline.schedule.as_ref().and_then(|it| Timetable::new(it).ok());
    Listed {
        freshness,
        agency_name: agency.map(|it| it.name.clone()).unwrap_or_default(),
        contact: agency.map(|it| it.contact.clone()).unwrap_or_default(),
        when: pipeline.schedule.as_ref().map_or_else(|| "by hand".to_owned(), when),
        next: timetable.and_then(|timetable| timetable.next_after(now)),
        published: PublishedState::default(),
    }
}

fn turn(one: &Listed) -> String {
    match one.freshness.turn {
        Turn::Nobody => "nobody".to_owned(),
        Turn::Agency => format!("{} ({})", one.agency_name, one.contact),
        Turn::Deployment => "ours".to_owned(),
    }
}

fn rows(listed: &[Listed], form: Format) -> Rows {
    let mut columns =
        vec!["pipeline", "state", "since", "agency", "~turn", "~last_news", "next_utc"];
    if form == Format::Csv {
        columns.push("why");
    }
    let mut rows = Rows::new(&columns);
    let instant = |at: Option<DateTime<Utc>>| at.map(|at| instant::cell(at, form));
    for one in listed {
        let freshness = &one.freshness;
        let mut row = vec![
            freshness.pipeline.clone(),
            words(freshness.state.code(), form),
            instant(freshness.since).unwrap_or_default(),
            freshness.agency.clone(),
            match freshness.turn {
                Turn::Nobody => "nobody".to_owned(),
                Turn::Agency => freshness.agency.clone(),
                Turn::Deployment => "ours".to_owned(),
            },
            instant(freshness.last_news).unwrap_or_default(),
            instant(one.next).unwrap_or_else(|| one.when.clone()),
        ];
        if form == Format::Csv {
            row.push(freshness.reason.clone());
        }
        rows.push(row);
    }
    rows
}

/// A code as it is for programs, in words for people.
pub(crate) fn words(code: &str, form: Format) -> String {
    if form == Format::Csv { code.to_owned() } else { code.replace('_', " ") }
}
