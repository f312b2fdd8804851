//! `wsis deliveries`: figures that come by two ways.

use serde::Serialize;
use wsis_app::deliveries::{Apart, Deliveries};
use wsis_app::names;

use crate::args::{Format, Global, Review};
use crate::context;
use crate::failure::Failure;
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Said<'a> {
    framework: &'a str,
    snapshot: u64,
    deliveries: &'a [Deliveries],
}

pub(crate) async fn run(
    global: &Global,
    indicator: Option<&str>,
    review: &Review,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    let framework = names::framework(&deployment, review.framework.as_deref())?;
    let pairs: Vec<&str> =
        framework.indicators.iter().filter_map(|it| it.second_delivery_of.as_deref()).collect();
    if let Some(wanted) = indicator.filter(|wanted| !pairs.contains(wanted)) {
        return Err(Failure::usage(format!(
            "no indicator {wanted:?} comes by two ways; {}",
            wsis_config::hint(wanted, pairs.iter().copied(), "those that do are")
        )));
    }
    let computed = context::compute(global, deployment, review, None).await?;
    let mut all = computed.deliveries();
    all.retain(|it| indicator.is_none_or(|wanted| it.indicator == wanted));
    let (framework, snapshot) = (computed.framework().id.as_str(), computed.snapshot());
    let said = Said { framework, snapshot, deliveries: &all };
    match indicator {
        Some(_) => output::print(global.format, &said, |_| cells(&all)),
        None => output::print(global.format, &said, |form| pairs_of(&all, form)),
    }?;
    if !global.quiet && indicator.is_none() && global.format == Format::Table {
        output::note(
            "equal: the same at the decimals that both deliveries have, each taken as a whole; `wsis \
             deliveries INDICATOR` lists every cell that differs",
        );
    }
    Ok(())
}

fn pairs_of(all: &[Deliveries], form: Format) -> Rows {
    let mut rows = Rows::new(&[
        "indicator",
        "first",
        "second",
        "#both",
        "#equal",
        "#differ",
        "#median_difference",
        "largest",
        "~#only_first",
        "~#only_second",
    ]);
    for pair in all {
        let differ = pair.apart.len();
        let median = match form {
            Format::Table => pair.median_difference.map_or(String::new(), |it| format!("{it:.2}")),
            Format::Csv | Format::Json => output::exact(pair.median_difference),
        };
        rows.push(vec![
            pair.indicator.clone(),
            pair.first.clone(),
            pair.second.clone(),
            pair.both.to_string(),
            pair.equal.to_string(),
            differ.to_string(),
            median,
            pair.apart.first().map_or(String::new(), told),
            pair.only_first.to_string(),
            pair.only_second.to_string(),
        ]);
    }
    rows
}

fn told(apart: &Apart) -> String {
    let Apart { area, year, first, second, .. } = apart;
    format!("{area} {year}: {first} / {second}")
}

/// With as many decimals as the two figures have: their difference is exact to a reader.
fn difference(apart: &Apart) -> String {
    let of = |value: f64| value.to_string().split_once('.').map_or(0, |(_, after)| after.len());
    let decimals = of(apart.first).max(of(apart.second));
    format!("{:.decimals$}", apart.difference)
}

fn cells(all: &[Deliveries]) -> Rows {
    let mut rows =
        Rows::new(&["second_indicator", "area", "#year", "#first", "#second", "#difference"]);
    for pair in all {
        for apart in &pair.apart {
            rows.push(vec![
                pair.second_indicator.clone(),
                apart.area.clone(),
                apart.year.to_string(),
                apart.first.to_string(),
                apart.second.to_string(),
                difference(apart),
            ]);
        }
    }
    rows
}
