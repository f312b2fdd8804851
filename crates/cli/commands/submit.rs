//! `wsis submit`.

use std::sync::Arc;

use tokio_util::sync::CancellationToken;
use wsis_app::names;
use wsis_app::submit::{Foreseen, LineChange, foresee};
use wsis_engine::{Acceptance, Engine, HandIn, Outcome, RunReport, SystemClock};
use wsis_lake::Lake;

use crate::args::{Format, Global, Submission};
use crate::commands::{ingest, new};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output::{self, Rows};

/// Series, lines and changes that a table shows of each.
const SHOWN: usize = 20;

/// Shows what a file would change, or takes it over.
pub(crate) async fn run(global: &Global, asked: &Submission) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    names::check_pipelines(&deployment, std::slice::from_ref(&asked.pipeline))?;
    let bytes = new::read(&asked.file, deployment.workspace.fetch.payload_max_bytes)?;
    let name = asked.file.file_name().map(|it| it.to_string_lossy().into_owned());
    let hand_in = HandIn {
        pipeline: asked.pipeline.clone(),
        name: name.unwrap_or_default(),
        bytes,
        request: asked.request.clone(),
    };
    let folder = context::lake_folder(global, &deployment);
    let is_there = folder.join("_format.json").is_file();
    // To look at a file makes no lake.
    let scratch = (asked.accept.is_none() && !is_there).then(tempfile::tempdir).transpose();
    let scratch = scratch.map_err(|why| Failure::ran(format!("cannot make a folder: {why}")))?;
    let place = scratch.as_ref().map_or(folder.as_path(), tempfile::TempDir::path);
    let lake = Arc::new(Lake::open(place).map_err(|error| Failure::ran(chain(&error)))?);
    let deployment = Arc::new(deployment);
    let engine = Engine::new(Arc::clone(&deployment), Arc::clone(&lake), Arc::new(SystemClock))?;
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(ingest::cancel_on_signal(cancel.clone()));
    let outcome = if let (Some(by), Some(because)) = (&asked.accept, &asked.because) {
        let acceptance =
            Acceptance { by: by.clone(), because: because.clone(), past_gates: asked.past_gates };
        accepted(global, &engine, hand_in, &acceptance, (asked.strict, cancel)).await
    } else {
        let app = context::app(deployment, lake)?;
        let found = foresee(&app, &engine, hand_in, asked.framework.as_deref(), cancel).await;
        found.map_err(Failure::from).and_then(|found| shown(global, &found, asked.strict))
    };
    on_interrupt.abort();
    outcome
}

async fn accepted(
    global: &Global,
    engine: &Engine,
    hand_in: HandIn,
    acceptance: &Acceptance,
    (strict, cancel): (bool, CancellationToken),
) -> Result<(), Failure> {
    let report = engine.submit(hand_in, acceptance, cancel).await?;
    let reports = [report];
    output::print(global.format, &reports, |form| ingest::rows(&reports, form))?;
    ingest::note_findings(&reports);
    ingest::note_errors(&reports);
    ingest::verdict(&reports, strict)
}

/// What would be, and the exit code that a run would have.
fn shown(global: &Global, found: &Foreseen, strict: bool) -> Result<(), Failure> {
    match global.format {
        Format::Table => tables(found)?,
        format @ (Format::Json | Format::Csv) => output::print(format, found, |_| series(found))?,
    }
    let report = &found.rehearsal.report;
    if let Some(error) = &report.error {
        output::note(&format!("{}: {error}", outcome(report)));
    }
    output::note("nothing was written; --accept NAME --because TEXT takes it over");
    ingest::verdict(std::slice::from_ref(report), strict)
}

/// What would become of it.
fn outcome(report: &RunReport) -> &'static str {
    match report.outcome {
        Outcome::Held => "would be held",
        Outcome::Failed | Outcome::Cancelled => "could not be read",
        _ => report.outcome.code(),
    }
}

fn tables(found: &Foreseen) -> Result<(), Failure> {
    let it = &found.rehearsal;
    let report = &it.report;
    output::text(&format!(
        "{} for {} of pipeline {}, SHA-256 {}\n{} records: {} accepted, {} set aside\n\
         figures: {} new, {} revised, {} withdrawn",
        it.file,
        it.request,
        report.pipeline,
        it.sha256,
        report.parsed,
        report.accepted,
        report.quarantined,
        report.new,
        report.changed,
        report.withdrawn
    ))?;
    for (reason, count) in &report.quarantined_by_reason {
        output::text(&format!("  set aside as {reason}: {count}"))?;
    }
    for finding in report.findings.iter().take(SHOWN) {
        output::text(&format!("  {finding}"))?;
    }
    if !it.series.is_empty() {
        output::text("")?;
        output::print(Format::Table, &(), |_| series(found))?;
    }
    match (&found.framework, &found.not_scored) {
        (Some(framework), _) => {
            let (from, to) = found.window.unwrap_or_default();
            if found.lines.is_empty() {
                return output::text(&format!(
                    "\nscores of {framework}, {from}-{to}: none would change"
                ));
            }
            output::text(&format!("\nscores of {framework}, {from}-{to}:"))?;
            output::print(Format::Table, &(), |_| lines(&found.lines))?;
            details(&found.lines)
        }
        (None, why) => {
            output::text(&format!("\nscores: {}", why.as_deref().unwrap_or("not compared")))
        }
    }
}

/// Classes that would be others, and the largest changes of scores.
fn details(lines: &[LineChange]) -> Result<(), Failure> {
    for line in lines {
        let classes: Vec<String> = line
            .classes_listed
            .iter()
            .map(|(area, was, is)| format!("{area} {was} to {is}"))
            .collect();
        if !classes.is_empty() {
            output::text(&format!("  {} classes: {}", line.line, classes.join(", ")))?;
        }
        let scores: Vec<String> = line
            .largest
            .iter()
            .map(|(area, was, is)| format!("{area} {was:.1} to {is:.1}"))
            .collect();
        if !scores.is_empty() {
            output::text(&format!("  {} scores: {}", line.line, scores.join(", ")))?;
        }
    }
    Ok(())
}

fn series(found: &Foreseen) -> Rows {
    let mut rows = Rows::new(&["series", "#new", "#revised", "#withdrawn", "largest change"]);
    for (code, change) in &found.rehearsal.series {
        let largest = change.largest.first().map(|it| {
            let value = |parts: &std::collections::BTreeMap<&'static str, String>| {
                parts.get("value").cloned().unwrap_or_default()
            };
            format!(
                "{} {}: {} to {}",
                it.ref_area,
                it.time_period,
                value(&it.before),
                value(&it.after)
            )
        });
        rows.push(vec![
            code.clone(),
            change.new.to_string(),
            change.changed.to_string(),
            change.withdrawn.to_string(),
            largest.unwrap_or_default(),
        ]);
    }
    rows
}

fn lines(lines: &[LineChange]) -> Rows {
    let columns =
        ["line", "#scored", "#would be", "#scores", "#ranks", "#classes", "#median", "#would be "];
    let mut rows = Rows::new(&columns);
    let median = |it: Option<f64>| it.map_or_else(String::new, |it| format!("{it:.1}"));
    for line in lines {
        rows.push(vec![
            line.line.clone(),
            line.scored.0.to_string(),
            line.scored.1.to_string(),
            line.scores.to_string(),
            line.ranks.to_string(),
            line.classes.to_string(),
            median(line.median.0),
            median(line.median.1),
        ]);
    }
    rows
}
