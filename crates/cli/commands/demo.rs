//! `wsis demo`: the whole way, offline, on a small set of real figures.

use std::fs::{File, TryLockError};
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use chrono::{NaiveDate, TimeDelta};
use serde::Serialize;
use wsis_app::publish::{Writing, publish};
use wsis_app::{Review, Scores};
use wsis_config::Deployment;
use wsis_engine::{
    Clock as _, Engine, IngestOptions, Outcome, RunReport, ShiftedClock, SystemClock,
};
use wsis_lake::Lake;
use wsis_model::framework::Window;
use wsis_upstream::{Options, Release, SERVED, Server};

use crate::args::{Format, Global};
use crate::commands::lines::{LineRow, legend, line_rows, rows};
use crate::commands::score::shown;
use crate::commands::{ingest, report};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output;
use crate::sample;

/// What the lake of a demo says of itself, on every page and in every public file.
const SAMPLE: &str =
    "SAMPLE: a part of real figures, made to try the program; cite the sources, not this";

/// The releases that the sources are asked for, and how many days ago as it were.
const RELEASES: [(Release, i64); 2] = [(Release::First, 30), (Release::Second, 0)];

/// How many days ago the day between both was.
const BETWEEN: i64 = 15;

/// The file that marks a folder as a demo's.
const MARKER: &str = "DEMO.txt";

/// What the demo prints; scripts rely on the names.
#[derive(Serialize)]
struct Summary {
    /// What the lake says of itself: its figures are a sample.
    sample: &'static str,
    lines: Vec<LineRow>,
    window: String,
    /// Why it is this window.
    window_reason: String,
    /// How often every source was asked; the second time some figures were revised.
    releases: usize,
    /// Of the last release, as all numbers of rows here: those that the snapshot rests on.
    payloads: u64,
    rows_parsed: u64,
    rows_accepted: u64,
    rows_repeated: u64,
    rows_quarantined: u64,
    observations_revised: u64,
    /// A day between the first release and the last: `--as-of` it gives what was known before.
    between: NaiveDate,
    snapshot: u64,
    report: String,
    public: String,
    lake: String,
    runs: Vec<RunReport>,
    /// What the words of the table of lines mean.
    #[serde(skip)]
    legend: Vec<String>,
}

pub(crate) async fn run(global: &Global, out: &Path) -> Result<(), Failure> {
    let ran = |error: &dyn std::error::Error| Failure::ran(chain(error));
    let folder = out.join("lake");
    if global.lake.is_some() && !global.quiet {
        output::note(&format!("the demo makes a lake of its own in {}", folder.display()));
    }
    let _ours = start_afresh(out)?;
    let lake = Arc::new(Lake::open(&folder).map_err(|error| ran(&error))?);
    lake.declare_sample(SAMPLE).map_err(|error| ran(&error))?;
    sample::declare(SAMPLE.to_owned());
    let mut runs = Vec::new();
    // Two releases of the sources, a month apart as it were: the lake holds a revision, and knows
    // what was known before it.
    let mut last = 0;
    for (release, days_ago) in RELEASES {
        last = runs.len();
        let clock = ShiftedClock::back(TimeDelta::days(days_ago));
        runs.extend(ingest_release(global, &lake, release, clock).await?);
    }
    let failed =
        runs.iter().find(|run| !matches!(run.outcome, Outcome::Committed | Outcome::Unchanged));
    if let Some(run) = failed {
        return Err(Failure::ran(format!(
            "pipeline {} ended as {}: {}",
            run.pipeline,
            run.outcome.code(),
            run.error.as_deref().unwrap_or("no reason was given")
        )));
    }
    let deployment = Deployment::embedded().map_err(|errors| Failure::usage(errors.to_string()))?;
    let app = context::app(Arc::new(deployment), lake)?;
    let mut computed = app.scores(&Review::default()).await?;
    let (window, why) = fullest(&computed);
    computed.window = window;
    let public = publish(&computed, app.now(), Writing::Always).await?.folder;
    let report = out.join("report.html");
    report::write(&computed, &report)?;
    let summary = summarise(&computed, &runs, last, why, &report, public)?;
    match global.format {
        Format::Json => output::json(&summary),
        Format::Csv => output::print(Format::Csv, &summary, |form| rows(&summary.lines, form)),
        Format::Table => tell(&summary),
    }
}

/// Removes the lake of an earlier demo, and only such a one: the marker says whose it is. The
/// marker is locked as long as the demo goes on: another one in the same folder would take its lake
/// away below it.
fn start_afresh(out: &Path) -> Result<File, Failure> {
    let lake = out.join("lake");
    let told = |error: std::io::Error| Failure::ran(format!("{}: {error}", out.display()));
    let marker = out.join(MARKER);
    let found = [lake.clone(), out.join("report.html")].into_iter().find(|path| path.exists());
    if let Some(theirs) = found.filter(|_| !marker.is_file()) {
        return Err(Failure::usage(format!(
            "{} is not of a demo, so the demo leaves it alone; choose another folder with --out",
            theirs.display()
        )));
    }
    std::fs::create_dir_all(out).map_err(told)?;
    let mut ours =
        File::options().create(true).truncate(false).write(true).open(&marker).map_err(told)?;
    match ours.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            return Err(Failure::ran(format!(
                "another demo is under way in {}; wait for it, or choose another folder with --out",
                out.display()
            )));
        }
        Err(TryLockError::Error(error)) => return Err(told(error)),
    }
    let text = "made by `wsis demo`; the next demo replaces lake/ and report.html\n";
    ours.write_all(text.as_bytes()).map_err(told)?;
    if lake.is_dir() {
        std::fs::remove_dir_all(&lake).map_err(told)?;
    }
    Ok(ours)
}

/// Serves a release on loopback and runs every pipeline against it.
async fn ingest_release(
    global: &Global,
    lake: &Arc<Lake>,
    release: Release,
    clock: ShiftedClock,
) -> Result<Vec<RunReport>, Failure> {
    let server = Server::start(Options { release, ..Options::default() })
        .await
        .map_err(|error| Failure::ran(chain(&error)))?;
    let mut deployment =
        Deployment::embedded().map_err(|errors| Failure::usage(errors.to_string()))?;
    // The others ask for figures that are not in the program: no licence for it, or not at hand.
    deployment.pipelines.retain(|pipeline| SERVED.contains(&pipeline.id.as_str()));
    for pipeline in &mut deployment.pipelines {
        pipeline.base_url = server.base_url(&pipeline.source);
        pipeline.secret_env = None;
    }
    deployment.workspace.allow_http.push("127.0.0.1".to_owned());
    deployment.workspace.allow_private.push("127.0.0.1".to_owned());
    // The second release revises most figures of one series, as the World Bank did: a gate would
    // hold it until somebody has looked, and here somebody has.
    let options = IngestOptions { offline: false, force: false, accept: true, years: None };
    let engine = Engine::new(Arc::new(deployment), Arc::clone(lake), Arc::new(clock))?;
    let runs = ingest::ingest_with(&engine, &[], options, global.quiet).await;
    server.stop().await;
    runs
}

/// The newest window in which as many lines have scores as in any, and that as a reason.
fn fullest(computed: &Scores) -> (Window, String) {
    let lines = &computed.scorecard.lines;
    let scored = |window: Window| computed.lines_scored(window);
    let (newest, best) = (computed.window, computed.fullest());
    let why = if best == newest {
        format!("{} of {} lines have scores in it, the newest window", scored(best), lines.len())
    } else {
        format!(
            "{} of {} lines have scores in it, as many as in any and the newest such; in {} there are {}",
            scored(best),
            lines.len(),
            shown(newest),
            scored(newest)
        )
    };
    (best, why)
}

/// `runs` are those of all releases; those of the last one begin at `last`.
fn summarise(
    computed: &Scores,
    runs: &[RunReport],
    last: usize,
    window_reason: String,
    report: &Path,
    public: String,
) -> Result<Summary, Failure> {
    let of_last = runs.get(last..).unwrap_or_default();
    let lines = line_rows(computed);
    let sum = |field: fn(&RunReport) -> u64| of_last.iter().map(field).sum();
    Ok(Summary {
        sample: SAMPLE,
        legend: legend(&lines, &computed.deployment.rules),
        lines,
        window: shown(computed.window),
        window_reason,
        releases: RELEASES.len(),
        payloads: sum(|run| run.payloads),
        rows_parsed: sum(|run| run.parsed),
        rows_accepted: sum(|run| run.accepted),
        rows_repeated: sum(|run| run.duplicates),
        rows_quarantined: sum(|run| run.quarantined),
        observations_revised: sum(|run| run.changed),
        between: (SystemClock.now() - TimeDelta::days(BETWEEN)).date_naive(),
        snapshot: computed.snapshot(),
        report: absolute(report)?.display().to_string(),
        public: absolute(Path::new(&public))?.display().to_string(),
        lake: absolute(computed.lake.root())?.display().to_string(),
        runs: runs.to_vec(),
    })
}

fn absolute(path: &Path) -> Result<PathBuf, Failure> {
    std::path::absolute(path).map_err(|error| Failure::ran(format!("{}: {error}", path.display())))
}

fn tell(summary: &Summary) -> Result<(), Failure> {
    output::text(&format!(
        "{SAMPLE}\nAction Lines, window {}: {}",
        summary.window, summary.window_reason
    ))?;
    output::print(Format::Table, summary, |form| rows(&summary.lines, form))?;
    for words in &summary.legend {
        output::text(&output::wrapped(words))?;
    }
    output::text(&format!(
        "\nEvery source was asked {} times; of the last time: {} payloads, {} rows parsed = {} accepted ({} of \
         them say a figure again) + {} quarantined, {} observations revised; snapshot {}\n\
         report   {}\nParquet  {}\nlake     {}\n\
         next     wsis scorecard C2 --window {} --lake {}\n\
         why      wsis explain C2 NAM --window {} --lake {}\n\
         before   wsis scorecard C2 --window {} --as-of {} --lake {}",
        summary.releases,
        summary.payloads,
        summary.rows_parsed,
        summary.rows_accepted,
        summary.rows_repeated,
        summary.rows_quarantined,
        summary.observations_revised,
        summary.snapshot,
        summary.report,
        summary.public,
        summary.lake,
        summary.window,
        shell_word(&summary.lake),
        summary.window,
        shell_word(&summary.lake),
        summary.window,
        summary.between,
        shell_word(&summary.lake),
    ))
}

/// A path as a shell takes it, so that a printed command can be pasted.
fn shell_word(path: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "/._-+:@%".contains(c);
    if path.chars().all(plain) {
        path.to_owned()
    } else {
        format!("'{}'", path.replace('\'', "'\\''"))
    }
}
