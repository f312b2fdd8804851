//! `wsis schedule next`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_config::schedule::Timetable;
use wsis_engine::{Clock, SystemClock};
use wsis_model::pipeline::{Schedule, When};

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Coming {
    pipeline: String,
    when: String,
    timezone: String,
    next: Vec<DateTime<Utc>>,
}

pub(super) fn run(
    global: &Global,
    from: Option<DateTime<Utc>>,
    count: usize,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let from = from.unwrap_or_else(|| SystemClock.now());
    let coming: Vec<Coming> = deployment
        .pipelines
        .iter()
        .filter_map(|pipeline| Some((pipeline, pipeline.schedule.as_ref()?)))
        .map(|(pipeline, schedule)| {
            let timetable =
                Timetable::new(schedule).map_err(|error| Failure::usage(chain(&error)))?;
            Ok(Coming {
                pipeline: pipeline.id.clone(),
                when: when(schedule),
                timezone: schedule.timezone.clone(),
                next: timetable.upcoming(from, count),
            })
        })
        .collect::<Result<_, Failure>>()?;
    output::print(global.format, &coming, |form| {
        let mut rows = Rows::new(&["pipeline", "when", "zone", "next_utc"]);
        let shape = if form == Format::Csv { "%Y-%m-%dT%H:%M:%SZ" } else { "%a %Y-%m-%d %H:%M:%S" };
        for pipeline in &coming {
            for instant in &pipeline.next {
                rows.push(vec![
                    pipeline.pipeline.clone(),
                    pipeline.when.clone(),
                    pipeline.timezone.clone(),
                    instant.format(shape).to_string(),
                ]);
            }
        }
        rows
    })
}

/// What makes a pipeline run, without the zone.
pub(super) fn when(schedule: &Schedule) -> String {
    match &schedule.when {
        When::Cron(line) => line.clone(),
        When::Calendar(dates) => format!("calendar of {} dates", dates.len()),
        When::After(other) => format!("after {other}"),
    }
}
