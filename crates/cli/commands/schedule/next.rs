//! `wsis schedule next`.

use chrono::{DateTime, FixedOffset, Utc};
use serde::Serialize;
use wsis_app::names;
use wsis_config::schedule::{Timetable, ZoneData, ZoneVersion};
use wsis_engine::{Clock, SystemClock};
use wsis_model::pipeline::{Schedule, When};

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output::{self, Rows};

/// From this width on there is room for the day of the week.
const WITH_WEEKDAY: u16 = 100;

#[derive(Serialize)]
struct Coming {
    pipeline: String,
    when: String,
    timezone: String,
    next: Vec<DateTime<Utc>>,
    /// The same instants by the clocks of the zone.
    local: Vec<DateTime<FixedOffset>>,
    /// The time zone data that say so.
    zone_data: ZoneVersion,
}

pub(super) fn run(
    global: &Global,
    pipelines: &[String],
    from: Option<DateTime<Utc>>,
    count: usize,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    names::check_pipelines(&deployment, pipelines)?;
    let from = from.unwrap_or_else(|| SystemClock.now());
    let zones = ZoneData::in_use();
    let coming: Vec<Coming> = deployment
        .pipelines
        .iter()
        .filter(|pipeline| pipelines.is_empty() || pipelines.contains(&pipeline.id))
        .filter_map(|pipeline| Some((pipeline, pipeline.schedule.as_ref()?)))
        .map(|(pipeline, schedule)| {
            let wrong = |error| Failure::usage(chain(&error));
            let timetable = Timetable::new(schedule).map_err(wrong)?;
            let next = timetable.upcoming(from, count);
            Ok(Coming {
                pipeline: pipeline.id.clone(),
                when: when(schedule),
                timezone: schedule.timezone.clone(),
                local: next
                    .iter()
                    .map(|at| at.with_timezone(timetable.zone()).fixed_offset())
                    .collect(),
                next,
                zone_data: zones.version().clone(),
            })
        })
        .collect::<Result<_, Failure>>()?;
    output::print(global.format, &coming, |form| {
        let mut rows = Rows::new(&["pipeline", "~when", "local", "zone", "next_utc"]);
        let here = match form {
            Format::Csv => "%Y-%m-%dT%H:%M:%S%:z",
            // Without a blank, so that it is not broken there.
            _ if output::table_width() < WITH_WEEKDAY => "%Y-%m-%dT%H:%M",
            _ => "%a %Y-%m-%d %H:%M",
        };
        for pipeline in &coming {
            for (at, local) in pipeline.next.iter().zip(&pipeline.local) {
                rows.push(vec![
                    pipeline.pipeline.clone(),
                    pipeline.when.clone(),
                    local.format(here).to_string(),
                    pipeline.timezone.clone(),
                    instant::cell(*at, form),
                ]);
            }
        }
        rows
    })?;
    if global.format == Format::Table {
        output::note(&format!("time zones: {}", zones.version()));
    }
    Ok(())
}

/// What makes a pipeline run, without the zone.
pub(super) fn when(schedule: &Schedule) -> String {
    match &schedule.when {
        When::Cron(line) => line.clone(),
        When::Calendar(dates) => format!("calendar of {} dates", dates.len()),
        When::After(other) => format!("after {other}"),
    }
}
