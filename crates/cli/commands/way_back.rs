//! `wsis lake restore` and `wsis lake retire`: corrections by hand.

use std::collections::BTreeSet;
use std::sync::Arc;

use wsis_config::{Deployment, Origin};
use wsis_engine::{Clock as _, Engine, Hold, SystemClock};
use wsis_lake::{
    At, Corrected, Correction, Corrects, Lake, LakeErrorKind, PipelineLock, UPKEEP_LOCK_WITHIN,
};

use super::lake::check_whole;
use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

/// Newest snapshots of which it is asked who made them.
const SNAPSHOTS_LOOKED_AT: usize = 1_000;

/// Brings a dataset back as it was in a snapshot.
pub(crate) fn restore(
    global: &Global,
    dataset: &str,
    snapshot: u64,
    because: &str,
) -> Result<(), Failure> {
    let (source, name) = dataset.split_once('/').ok_or_else(|| form(dataset, "SOURCE/DATASET"))?;
    correct(global, (source, name), Corrects::Restore(snapshot), because)
}

/// Ends a dataset, or a series of one.
pub(crate) fn retire(global: &Global, what: &str, because: &str) -> Result<(), Failure> {
    let wrong = || form(what, "SOURCE/DATASET or SOURCE/DATASET/SERIES");
    let (source, rest) = what.split_once('/').ok_or_else(wrong)?;
    let (name, series) = match rest.split_once('/') {
        Some((name, series)) => (name, Some(series.to_owned())),
        None => (rest, None),
    };
    correct(global, (source, name), Corrects::Retire(series), because)
}

fn form(found: &str, right: &str) -> Failure {
    Failure::usage(format!(
        "{found:?} names no dataset; {right} would be right, such as worldbank/WDI"
    ))
}

fn correct(
    global: &Global,
    (source, dataset): (&str, &str),
    what: Corrects,
    because: &str,
) -> Result<(), Failure> {
    let because = because.trim();
    if because.is_empty() {
        return Err(Failure::usage(
            "--because needs a text: it is what the snapshot says for ever",
        ));
    }
    if matches!((&what, context::origin(global)), (Corrects::Retire(_), Origin::Embedded)) {
        return Err(Failure::usage(
            "which pipelines fill this lake is not known here: no deployment was named, and this \
             folder has no workspace.toml. `--root FOLDER` names the one whose pipelines do; what one \
             of them declares is not retired",
        ));
    }
    let deployment = context::deployment(global)?;
    let lake = context::existing_lake(global, &deployment)?;
    check_whole(&lake, &deployment.workspace)?;
    if let Corrects::Retire(series) = &what {
        refuse_declared(&deployment, (source, dataset), series.as_deref())?;
    }
    let _holds = hold(&deployment, &lake, (source, dataset))?;
    let _others = hold_others(&deployment, &lake, (source, dataset))?;
    let how = Correction {
        source: source.to_owned(),
        dataset: dataset.to_owned(),
        what,
        because: because.to_owned(),
        at: SystemClock.now(),
        lock_within: UPKEEP_LOCK_WITHIN,
    };
    let done = lake.correct(&how).map_err(|error| match error.kind() {
        LakeErrorKind::Absent | LakeErrorKind::Usage => Failure::usage(chain(&error)),
        _ => Failure::ran(chain(&error)),
    })?;
    if global.format != Format::Table || done.snapshot.is_some() {
        output::print(global.format, &done, |_| rows(&done))?;
    }
    if !global.quiet && done.snapshot.is_none() {
        output::note("it is so already; nothing was changed");
    }
    Ok(())
}

/// Nobody runs a pipeline of the dataset meanwhile.
fn hold(
    deployment: &Deployment,
    lake: &Arc<Lake>,
    (source, dataset): (&str, &str),
) -> Result<Vec<Hold>, Failure> {
    let engine =
        Engine::new(Arc::new(deployment.clone()), Arc::clone(lake), Arc::new(SystemClock))?;
    let of_it =
        deployment.pipelines.iter().filter(|it| it.source == source && it.dataset == dataset);
    of_it.map(|it| engine.lock(&it.id).map_err(Failure::from)).collect()
}

/// Nor one that wrote it lately and that this deployment does not have.
fn hold_others(
    deployment: &Deployment,
    lake: &Lake,
    (source, dataset): (&str, &str),
) -> Result<Vec<PipelineLock>, Failure> {
    let failed = |error: wsis_lake::LakeError| Failure::ran(chain(&error));
    let newest = lake.snapshot(At::Head).map_err(failed)?.map_or(0, |head| head.id);
    let mut others = BTreeSet::new();
    for id in (1..=newest).rev().take(SNAPSHOTS_LOOKED_AT) {
        // What is damaged is the matter of `wsis verify`.
        let Ok(Some(snapshot)) = lake.snapshot(At::Id(id)) else { continue };
        let change = snapshot.change;
        if (change.source.as_str(), change.dataset.as_str()) == (source, dataset) {
            others.extend(change.pipeline);
        }
    }
    others.retain(|id| deployment.pipelines.iter().all(|it| it.id != *id));
    others.iter().map(|id| lake.lock_pipeline(id).map_err(failed)).collect()
}

/// What somebody still asks for comes back with the next run.
fn refuse_declared(
    deployment: &Deployment,
    (source, dataset): (&str, &str),
    series: Option<&str>,
) -> Result<(), Failure> {
    let declares = |it: &&wsis_model::pipeline::Pipeline| {
        let is_series = series.is_none_or(|code| it.series(code).is_some());
        it.source == source && it.dataset == dataset && is_series
    };
    let Some(pipeline) = deployment.pipelines.iter().find(declares) else { return Ok(()) };
    let (what, part) = match series {
        Some(code) => (format!("series {code} of {source}/{dataset}"), "the series out of it"),
        None => (format!("{source}/{dataset}"), "it out of the deployment"),
    };
    Err(Failure::usage(format!(
        "pipeline {} still declares {what}, so its next run would bring it back; take {part} first",
        pipeline.id
    )))
}

fn rows(done: &Corrected) -> Rows {
    let mut rows = Rows::new(&["dataset", "#snapshot", "#again", "#changed", "#ended"]);
    rows.push(vec![
        format!("{}/{}", done.source, done.dataset),
        done.snapshot.map(|id| id.to_string()).unwrap_or_default(),
        done.again.to_string(),
        done.changed.to_string(),
        done.ended.to_string(),
    ]);
    rows
}
