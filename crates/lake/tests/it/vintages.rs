//! Many vintages: any day of the past is answered soon.

use std::time::{Duration, Instant};

use chrono::TimeDelta;
use wsis_lake::{At, Lake, OBSERVATIONS, OBSERVATIONS_LATEST};
use wsis_model::observation::RowSink as _;

use crate::support::{begin, day, new_lake, obs, open_gates};

/// How many observations, and how many vintages, are measured, as `2000000x50`; few where nothing is
/// said.
const SCALE: &str = "WSIS_LAKE_VINTAGES";

/// Within that any day of 2 million observations in 50 vintages is answered, on an idle machine of
/// two cores with an optimised build. Looked at where the scale is named.
const WITHIN: Duration = Duration::from_secs(1);

const AREAS: usize = 200;
const YEARS: usize = 50;

fn scale() -> Option<(usize, usize)> {
    let text = std::env::var(SCALE).ok()?;
    let (observations, vintages) = text.split_once('x')?;
    Some((observations.parse().ok()?, vintages.parse().ok()?))
}

/// The day of a vintage, from 0.
fn recorded(vintage: usize) -> chrono::DateTime<chrono::Utc> {
    day(1) + TimeDelta::days(i64::try_from(vintage).unwrap())
}

/// Commits a vintage: the first has every observation, each later one revises its share of them.
fn vintage(lake: &Lake, series: usize, vintage: usize, vintages: usize) -> u64 {
    let mut collector = lake.collector("worldbank", "WDI");
    begin(&mut collector, &format!("body {vintage}"), recorded(vintage));
    let areas: Vec<String> = (0..AREAS).map(|area| format!("A{area:03}")).collect();
    for series in 0..series {
        let code = format!("IT.S{series:04}");
        for (number, area) in areas.iter().enumerate() {
            for year in 0..YEARS {
                // Scattered as revisions are: some years of some areas.
                let share = (series * 31 + number * 7 + year) % vintages;
                if vintage == 0 || share == vintage {
                    let value = (series + number + year) as f64 + vintage as f64 / 64.0;
                    collector.accept(&obs(&code, area, 1970 + i32::try_from(year).unwrap(), value));
                }
            }
        }
    }
    let done = lake.commit(collector, &open_gates()).unwrap();
    done.new + done.changed
}

#[test]
fn any_day_of_many_vintages_is_answered_soon() {
    let asked = scale();
    let (observations, vintages) = asked.unwrap_or((20_000, 8));
    let series = (observations / AREAS / YEARS).max(1);
    let all = (series * AREAS * YEARS) as u64;
    let (_folder, lake) = new_lake();
    let mut statements = Vec::new();
    for number in 0..vintages {
        statements.push(vintage(&lake, series, number, vintages));
    }
    assert_eq!(statements[0], all);
    let mut slowest = Duration::ZERO;
    for number in [0, 1, vintages / 2, vintages - 2] {
        // Another one each time: nothing is remembered but that files are intact.
        let view = lake.view(At::Head, Some(recorded(number))).unwrap().unwrap();
        let begun = Instant::now();
        let parts = view.parts(OBSERVATIONS_LATEST).unwrap();
        let took = begun.elapsed();
        assert_eq!(parts.iter().map(|part| part.count).sum::<u64>(), all);
        let then: u64 = statements[..=number].iter().sum();
        assert_eq!(view.rows(OBSERVATIONS).unwrap(), then);
        let begun = Instant::now();
        let rows: usize =
            view.read(OBSERVATIONS_LATEST).unwrap().map(|batch| batch.unwrap().num_rows()).sum();
        assert_eq!(rows as u64, all);
        told(&format!(
            "vintage {number}: {took:?} to find {all} rows, {:?} to read",
            begun.elapsed()
        ));
        slowest = slowest.max(took);
    }
    let now = lake.view(At::Head, None).unwrap().unwrap();
    let begun = Instant::now();
    let revised: usize = now.revisions().unwrap().map(|batch| batch.unwrap().num_rows()).sum();
    assert_eq!(revised as u64, statements[1..].iter().sum::<u64>());
    told(&format!("{revised} revisions: {:?}", begun.elapsed()));
    if asked.is_some() {
        assert!(slowest < WITHIN, "{slowest:?}, {WITHIN:?} promised");
    }
}

#[expect(clippy::print_stdout, reason = "the figures of a measurement")]
fn told(text: &str) {
    println!("{text}");
}
