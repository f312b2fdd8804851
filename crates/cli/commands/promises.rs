//! `wsis promises`.

use chrono::{DateTime, Utc};
use serde::Serialize;
use wsis_app::promises::{Record, records, sentences};
use wsis_config::Deployment;
use wsis_engine::ledger::{Promise, Verdict};
use wsis_engine::watch::{self, Known};
use wsis_lake::Lake;
use wsis_model::pipeline::Basis;

use crate::args::{Format, Global, Look};
use crate::commands::schedule;
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

#[derive(Serialize)]
struct Told<'a> {
    agencies: &'a [Record],
    promises: &'a [Promise],
}

pub(crate) fn run(
    global: &Global,
    agency: Option<&str>,
    at: Option<DateTime<Utc>>,
    look: Look,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    if let Some(id) = agency
        && deployment.workspace.agency(id).is_none()
    {
        let known = deployment.workspace.agencies.iter().map(|agency| agency.id.as_str());
        let meant = wsis_config::hint(id, known, "there are");
        return Err(Failure::usage(format!("no agency {id:?}; {meant}")));
    }
    let lake = context::existing_lake(global, &deployment)?;
    let known = context::known(&lake, &deployment, look)?;
    let now = at.unwrap_or_else(|| context::judged_at(known));
    let mut promises = promises(&deployment, &lake, now, known)?;
    promises.retain(|promise| agency.is_none_or(|agency| promise.agency == agency));
    let agencies = records(&deployment, &promises);
    let told = Told { agencies: &agencies, promises: &promises };
    output::print(global.format, &told, |form| rows(&promises, form))?;
    if global.format == Format::Table {
        if promises.is_empty() {
            output::note(nothing_judged(&deployment));
        }
        for record in &agencies {
            for sentence in sentences(record) {
                output::note(&sentence);
            }
        }
    }
    Ok(())
}

/// Why there is nothing to tell of.
fn nothing_judged(deployment: &Deployment) -> &'static str {
    if deployment.pipelines.iter().any(|pipeline| pipeline.release.is_some()) {
        "no release date since the first run can be judged yet; one of before it is not judged. \
         `wsis schedule list` tells what is waited for"
    } else {
        "no pipeline declares `[release]`, the dates of its releases; without it there is nothing \
         to judge"
    }
}

/// Every release date that is decided at an instant, from what is known.
fn promises(
    deployment: &Deployment,
    lake: &Lake,
    now: DateTime<Utc>,
    known: Known,
) -> Result<Vec<Promise>, Failure> {
    let ledger = context::ledger(deployment, lake)?;
    let account = watch::account(&deployment.pipelines, &ledger, now, known)
        .map_err(|error| Failure::ran(chain(&error)))?;
    Ok(account.promises)
}

/// A verdict in words: on a date that nobody announced nobody is late.
fn verdict(promise: &Promise, form: Format) -> String {
    match (promise.basis, promise.verdict) {
        (Basis::Assumed, Verdict::Kept) if form != Format::Csv => "came".to_owned(),
        (Basis::Assumed, Verdict::Late) if form != Format::Csv => "came later".to_owned(),
        (Basis::Assumed, Verdict::Missed) if form != Format::Csv => "did not come".to_owned(),
        (_, verdict) => schedule::words(verdict.code(), form),
    }
}

fn rows(promises: &[Promise], form: Format) -> Rows {
    let mut rows =
        Rows::new(&["agency", "pipeline", "due", "basis", "verdict", "there", "~decided", "~run"]);
    let shape = if form == Format::Csv { "%Y-%m-%dT%H:%M:%SZ" } else { "%Y-%m-%d" };
    for promise in promises {
        rows.push(vec![
            promise.agency.clone(),
            promise.pipeline.clone(),
            promise.due.format(shape).to_string(),
            promise.basis.code().to_owned(),
            verdict(promise, form),
            promise.kept_at.map(|at| at.format(shape).to_string()).unwrap_or_default(),
            promise.decided_at.format(shape).to_string(),
            promise.run.clone().unwrap_or_default(),
        ]);
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn trial_h19_dates_that_an_agency_announced_are_told_apart_from_those_that_we_expected() {
        let deployment = Deployment::embedded().unwrap();
        let promise = |basis, verdict| Promise {
            pipeline: "worldbank-wdi".to_owned(),
            agency: "worldbank".to_owned(),
            due: DateTime::UNIX_EPOCH,
            basis,
            verdict,
            decided_at: DateTime::UNIX_EPOCH,
            kept_at: None,
            run: None,
        };
        let all = [
            promise(Basis::Announced, Verdict::Kept),
            promise(Basis::Assumed, Verdict::Late),
            promise(Basis::Assumed, Verdict::Missed),
            promise(Basis::Assumed, Verdict::Kept),
        ];
        let records = records(&deployment, &all);
        assert_eq!((records[0].announced.on_time, records[0].announced.late), (Some(1.0), 0));
        assert_eq!(records[0].assumed.on_time, Some(1.0 / 3.0));
        assert_eq!(
            sentences(&records[0]),
            [
                "World Bank kept 1 of 1 announced date (100 %)",
                "World Bank: figures came by the day that we expected in 1 of 3 cases; it has \
                 announced none of these dates; 1 after it; 1 not by our last day",
            ]
        );
        let told = serde_json::to_value(&records[0]).unwrap();
        assert_eq!((&told["late"], &told["assumed"]["late"]), (&0.into(), &1.into()));
        let words: Vec<String> = all.iter().map(|it| verdict(it, Format::Table)).collect();
        assert_eq!(words, ["kept", "came later", "did not come", "came"]);
    }
}
