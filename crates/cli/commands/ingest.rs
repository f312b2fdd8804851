//! `wsis ingest`.

use std::path::Path;
use std::sync::Arc;

use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;
use wsis_app::names;
use wsis_config::{Deployment, counted};
use wsis_engine::{
    Backfill, Engine, EngineError, Event, IngestOptions, Outcome, RunReport, Step, SystemClock,
    Weight, Which,
};
use wsis_lake::Lake;

use crate::args::{Format, Global};
use crate::context;
use crate::failure::{Failure, chain};
use crate::instant;
use crate::output::{self, Rows, exact};
use crate::progress;

/// How an ingest is to go about it.
#[expect(clippy::struct_excessive_bools, reason = "one for each flag of the command")]
pub(crate) struct Asked {
    /// Replay the archive.
    pub(crate) offline: bool,
    /// Ask for everything again.
    pub(crate) force: bool,
    /// Take what a gate on shares would hold.
    pub(crate) accept: bool,
    /// First and last year of a backfill.
    pub(crate) years: Option<(i32, i32)>,
    /// Years of one step of it.
    pub(crate) step: u32,
    /// Rows in quarantine are a failure.
    pub(crate) strict: bool,
}

pub(crate) async fn run(
    global: &Global,
    pipelines: &[String],
    asked: &Asked,
) -> Result<(), Failure> {
    let deployment = context::deployment(global)?;
    if deployment.pipelines.is_empty() {
        return Err(Failure::usage(
            "there is no pipeline in pipelines/; declare one in a .toml file",
        ));
    }
    names::check_pipelines(&deployment, pipelines)?;
    if let Some((first, last)) = asked.years {
        let known = wsis_model::period::YEAR_RANGE;
        if first > last || !known.contains(&first) || !known.contains(&last) {
            return Err(Failure::usage(format!(
                "a backfill from {first} to {last}; write the first year first, both from {} to {}",
                known.start(),
                known.end()
            )));
        }
    }
    let folder = context::lake_folder(global, &deployment);
    let pipelines = &if asked.offline {
        archived(&deployment, &folder, pipelines)?
    } else {
        pipelines.to_vec()
    };
    let lake = Lake::open(&folder).map_err(|error| Failure::ran(chain(&error)))?;
    context::note_sample(&lake)?;
    let engine = Engine::new(Arc::new(deployment), Arc::new(lake), Arc::new(SystemClock))?;
    let reports = match asked.years {
        None => {
            let options = IngestOptions {
                offline: asked.offline,
                force: asked.force,
                accept: asked.accept,
                years: None,
            };
            ingest_with(&engine, pipelines, options, global.quiet).await?
        }
        Some(years) => backfill(&engine, pipelines, years, asked, global.quiet).await?,
    };
    output::print(global.format, &reports, |form| rows(&reports, form))?;
    note_findings(&reports);
    note_errors(&reports);
    if asked.offline && !global.quiet && reports.iter().all(is_unchanged) {
        output::note(
            "all that the archive holds has landed before; what another code list, alias or mapping \
             makes of it, `wsis ingest --re-decode` shows",
        );
    }
    verdict(&reports, asked.strict)
}

fn is_unchanged(report: &RunReport) -> bool {
    report.outcome == Outcome::Unchanged
}

/// First characters of a run's id that tell it from others.
const SHORT_ID: usize = 18;

/// The pipelines to replay: those that were named, else all of which the archive holds a run. What
/// has none is said, and is no failed run of the ledger: nothing was tried.
fn archived(
    deployment: &Deployment,
    folder: &Path,
    named: &[String],
) -> Result<Vec<String>, Failure> {
    let nothing = || {
        Failure::ran(format!(
            "there is nothing to replay: the archive in {} holds no complete run; run `wsis ingest` \
             with a network first",
            folder.join("raw").display()
        ))
    };
    if !folder.join("raw").is_dir() {
        return Err(nothing());
    }
    let lake = Lake::open(folder).map_err(|error| Failure::ran(chain(&error)))?;
    let (mut with, mut without) = (Vec::new(), Vec::new());
    let asked = deployment.pipelines.iter().map(|pipeline| pipeline.id.as_str());
    let asked: Vec<&str> =
        asked.filter(|id| named.is_empty() || named.iter().any(|name| name == id)).collect();
    for id in asked {
        let is_there = lake.has_runs(id).map_err(|error| Failure::ran(chain(&error)))?;
        if is_there { &mut with } else { &mut without }.push(id.to_owned());
    }
    if with.is_empty() {
        return Err(nothing());
    }
    if !without.is_empty() {
        let told = format!("not replayed, since the archive holds no run: {}", listed(&without));
        if !named.is_empty() {
            return Err(Failure::ran(told));
        }
        output::note(&told);
    }
    Ok(with)
}

fn listed(names: &[String]) -> String {
    wsis_config::listed(names.iter().map(String::as_str))
}

/// Each pipeline in steps of some years. A step that leaves something to ask for again ends those
/// of its pipeline; the next backfill goes on there. What the source refuses is noted, and the
/// others go on.
async fn backfill(
    engine: &Engine,
    pipelines: &[String],
    years: (i32, i32),
    asked: &Asked,
    quiet: bool,
) -> Result<Vec<RunReport>, Failure> {
    let mut reports = Vec::new();
    let mut refusals = 0;
    let chosen = engine.pipelines().iter().map(|pipeline| pipeline.id.clone());
    let chosen: Vec<String> =
        chosen.filter(|id| pipelines.is_empty() || pipelines.contains(id)).collect();
    for pipeline in chosen {
        let left = |(first, last), step, which| {
            let left = engine.backfill(&pipeline, (first, last), step, which);
            left.map_err(|error| Failure::ran(chain(&error)))
        };
        let which = if asked.force { Which::All } else { Which::Rest };
        let Backfill { steps, refused } = left(years, asked.step, which)?;
        if steps.is_empty() {
            output::note(&nothing_left(&pipeline, years, refused.len()));
        }
        refusals += refused.len();
        for ((first, last), request, why) in refused {
            output::note(&format!(
                "{pipeline}: {request} from {first} to {last} is not asked for, since the source \
                 refused it within the last day ({why}); --force asks again"
            ));
        }
        for (at, step) in steps.iter().enumerate() {
            let (first, last) = step.years;
            if !quiet {
                let (number, all) = (at + 1, steps.len());
                output::note(&format!("{pipeline}: {first} to {last}, step {number} of {all}"));
            }
            let how = Step { force: asked.force, accept: asked.accept };
            let run = async |events, cancel| {
                engine.backfill_step(&pipeline, step, how, (events, cancel)).await
            };
            let step = watched(run, quiet).await?;
            let stopped = step.iter().any(|report| report.outcome == Outcome::Cancelled);
            reports.extend(step);
            if stopped {
                return Ok(reports);
            }
            if !left((first, last), u32::MAX, Which::Rest)?.steps.is_empty() {
                break;
            }
        }
    }
    // As the run ended in which they were refused: a script must not take what never came for there.
    if reports.is_empty() && refusals > 0 {
        return Err(Failure::ran(
            "a part of these years is refused, and nothing else was left to ask",
        ));
    }
    Ok(reports)
}

/// What is said of a backfill that has nothing to ask for any more.
fn nothing_left(pipeline: &str, (first, last): (i32, i32), refused: usize) -> String {
    match refused {
        0 => format!(
            "{pipeline}: {first} to {last} was completed within the last day; --force asks again"
        ),
        _ => format!(
            "{pipeline}: of {first} to {last} nothing is left to ask for; what the source refused \
             follows, and is not in the lake"
        ),
    }
}

/// Runs pipelines with progress bars; Ctrl-C stops between requests and loses nothing.
pub(crate) async fn ingest_with(
    engine: &Engine,
    pipelines: &[String],
    options: IngestOptions,
    quiet: bool,
) -> Result<Vec<RunReport>, Failure> {
    let run = async |events, cancel| engine.ingest(pipelines, &options, events, cancel).await;
    watched(run, quiet).await
}

/// Runs something with progress bars; Ctrl-C stops it between requests.
async fn watched(
    run: impl AsyncFnOnce(
        mpsc::UnboundedSender<Event>,
        CancellationToken,
    ) -> Result<Vec<RunReport>, EngineError>,
    quiet: bool,
) -> Result<Vec<RunReport>, Failure> {
    let cancel = CancellationToken::new();
    let on_interrupt = tokio::spawn(cancel_on_signal(cancel.clone()));
    let (sender, receiver) = mpsc::unbounded_channel();
    let bars = tokio::spawn(progress::follow(receiver, quiet));
    let outcome = run(sender, cancel).await;
    on_interrupt.abort();
    bars.await.map_err(|error| Failure::ran(format!("the progress task ended: {error}")))?;
    outcome.map_err(|error| Failure::ran(chain(&error)))
}

/// The first Ctrl-C (or SIGTERM) asks for a clean stop, the second ends the program at once,
/// which the lake's commit protocol tolerates.
pub(crate) async fn cancel_on_signal(cancel: CancellationToken) {
    interrupted().await;
    output::note("stopping after the request under way; press Ctrl-C again to stop at once");
    cancel.cancel();
    let signal = interrupted().await;
    end_at_once(signal);
}

/// Until Ctrl-C or SIGTERM; the number of the signal.
pub(crate) async fn interrupted() -> i32 {
    use tokio::signal::unix::{SignalKind, signal};
    let Ok(mut terminate) = signal(SignalKind::terminate()) else {
        return std::future::pending().await;
    };
    tokio::select! {
        result = tokio::signal::ctrl_c() => {
            if result.is_err() {
                std::future::pending::<()>().await;
            }
            SignalKind::interrupt().as_raw_value()
        }
        _ = terminate.recv() => SignalKind::terminate().as_raw_value(),
    }
}

/// Ends the program as a shell says that a signal ended one: 130 of Ctrl-C, 143 of SIGTERM. Not by an
/// abort, whose core dump would hold the key of a service.
#[expect(clippy::exit, reason = "somebody asked twice; nothing is waited for")]
pub(crate) fn end_at_once(signal: i32) -> ! {
    std::process::exit(128 + signal)
}

/// One row per run: whole ids and instants in CSV, what identifies them in a table.
pub(crate) fn rows(reports: &[RunReport], format: Format) -> Rows {
    let for_people = format != Format::Csv;
    let mut columns = vec![
        "run",
        "pipeline",
        "started",
        "~#s",
        "outcome",
        "~#payloads",
        "~#parsed",
        "~#accepted",
        "~#quarantined",
        "~#new",
        "~#changed",
        "~#withdrawn",
        "~#snapshot",
    ];
    if !for_people {
        columns.push("why");
    }
    let mut rows = Rows::new(&columns);
    for report in reports {
        let seconds = report.ended.map_or(String::new(), |ended| {
            let span = ended - report.started;
            format!("{:.1}", span.as_seconds_f64())
        });
        let mut row = vec![
            report.run.chars().take(if for_people { SHORT_ID } else { usize::MAX }).collect(),
            report.pipeline.clone(),
            instant::cell(report.started, format),
            seconds,
            report.outcome.code().to_owned(),
            report.payloads.to_string(),
            report.parsed.to_string(),
            report.accepted.to_string(),
            report.quarantined.to_string(),
            report.new.to_string(),
            report.changed.to_string(),
            report.withdrawn.to_string(),
            exact(report.snapshot),
        ];
        if !for_people {
            row.push(report.error.clone().unwrap_or_default());
        }
        rows.push(row);
    }
    rows
}

/// The reasons of runs that did not end well, one a line: too long for a column.
pub(crate) fn note_errors(reports: &[RunReport]) {
    for report in reports {
        if let Some(error) = &report.error {
            output::note(&format!("{}: {error}", report.pipeline));
        }
    }
}

/// Findings told in full below the list of runs; the rest stand with the run.
pub(crate) const SAID_MAX: usize = 10;
/// Characters of the line that tells of columns nobody asked for.
pub(crate) const UNUSED_MAX: usize = 400;

/// What may change what the figures are, a line each; and columns that nobody asked for, in one line.
pub(crate) fn note_findings(reports: &[RunReport]) {
    for report in reports {
        let lines = findings_of(report);
        for line in &lines {
            output::note(&format!("{}: {line}", report.pipeline));
        }
        let kept = report.findings.len();
        if kept > lines.len() {
            let id: String = report.run.chars().take(SHORT_ID).collect();
            output::note(&format!(
                "{}: {}; `wsis runs {id}` lists {}",
                report.pipeline,
                counted(kept, "finding"),
                if kept == 1 { "it" } else { "them" }
            ));
        }
    }
}

/// The lines that tell of the findings of a run.
fn findings_of(report: &RunReport) -> Vec<String> {
    let of = |weight| report.findings.iter().filter(move |finding| Weight::of(finding) == weight);
    let mut lines: Vec<String> = of(Weight::Said).take(SAID_MAX).cloned().collect();
    let more = of(Weight::Said).count().saturating_sub(SAID_MAX);
    if more > 0 {
        lines.push(format!("{more} more findings of this kind"));
    }
    let unused: Vec<&str> = of(Weight::Unused).map(String::as_str).collect();
    if !unused.is_empty() {
        let all = unused.join("; ");
        let mut line: String = all.chars().take(UNUSED_MAX).collect();
        if line.len() < all.len() {
            line.push('…');
        }
        lines.push(line);
    }
    lines
}

/// Exit code 1 when a run did not end well. Rows in quarantine within the gates are a warning, and
/// a failure with `strict`.
pub(crate) fn verdict(reports: &[RunReport], strict: bool) -> Result<(), Failure> {
    let bad = |outcome| !matches!(outcome, Outcome::Committed | Outcome::Unchanged);
    let failed = reports.iter().filter(|report| bad(report.outcome)).count();
    let quarantined: u64 = reports.iter().map(|report| report.quarantined).sum();
    match (failed, quarantined) {
        (0, 0) => Ok(()),
        (0, rows) => {
            let are = if rows == 1 { "row is" } else { "rows are" };
            let told = format!(
                "{rows} {are} in quarantine; see `wsis sql \"SELECT reason, detail, record FROM quarantine\"`"
            );
            if strict {
                return Err(Failure::ran(told));
            }
            output::note(&format!("warning: {told}"));
            Ok(())
        }
        (1, _) if reports.len() == 1 => Err(Failure::ran("the run did not end well")),
        (runs, _) => {
            Err(Failure::ran(format!("{runs} of {} runs did not end well", reports.len())))
        }
    }
}

#[cfg(test)]
mod tests {
    use chrono::DateTime;

    use super::{RunReport, findings_of};

    #[test]
    fn trial_p21_a_run_tells_of_columns_that_it_did_not_use_in_one_line() {
        let at = DateTime::UNIX_EPOCH;
        let mut report = RunReport::started("0199".to_owned(), "egdi".to_owned(), at);
        assert!(findings_of(&report).is_empty());
        let long = format!("column {:?} is not used", "x".repeat(400));
        let area = "area name \"Korea\" beside PRK (whose code was believed) may be KOR or PRK";
        report.findings = [
            "sheet \"Data\" was read",
            "column \"Region\" is not used",
            "2 columns are not used: \"a\", \"b\"",
            long.as_str(),
            area,
        ]
        .map(str::to_owned)
        .into();
        let lines = findings_of(&report);
        assert_eq!(lines.len(), 2, "{lines:?}");
        assert_eq!(lines[0], area);
        let start =
            "column \"Region\" is not used; 2 columns are not used: \"a\", \"b\"; column \"xx";
        assert!(lines[1].starts_with(start) && lines[1].ends_with('…'), "{lines:?}");
        assert_eq!(lines[1].chars().count(), 401);
        report.findings =
            (0..15).map(|at| format!("series {at}: the source now calls it x")).collect();
        let lines = findings_of(&report);
        assert_eq!((lines.len(), lines[10].as_str()), (11, "5 more findings of this kind"));
    }
}
