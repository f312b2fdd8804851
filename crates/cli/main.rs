//! `wsis`: schedules and runs ingests of WSIS indicators, keeps them as Parquet, and scores the
//! Action Lines.
//!
//! This crate parses arguments, composes the other crates, prints, and chooses the exit code. It
//! holds no rule of the method and none of the lake.

mod arenas;
mod args;
mod commands;
mod context;
mod failure;
mod help;
mod instant;
mod log;
mod output;
mod progress;
mod sample;

use std::io::IsTerminal;
use std::process::ExitCode;
use std::time::Duration;

use clap::CommandFactory as _;
use tracing_subscriber::EnvFilter;
use wsis_app::publish::Writing;
use wsis_engine::Rereading;

use crate::args::{Cli, Command, Global, LakeCommand, LogFormat, New, Review, Schedule};
use crate::commands::sql::Shape;
use crate::failure::Failure;

/// For so long threads for what may block are waited for at the end.
const LAST_THREADS_WITHIN: Duration = Duration::from_secs(1);

fn main() -> ExitCode {
    // Before there is a thread: this process takes limits on itself.
    if let Some((work, global)) = commands::worker::asked() {
        log_to_standard_error(&global, false);
        return ended(commands::worker::serve(work, &global));
    }
    let cli = help::parse();
    let is_daemon =
        matches!(cli.command, Command::Schedule(Schedule::Run { .. }) | Command::Serve(_));
    if is_daemon {
        arenas::bound();
    }
    log_to_standard_error(&cli.global, is_daemon);
    wsis_engine::install_crypto();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::ran(format!("cannot start the async runtime: {error}")))
        .and_then(|runtime| {
            let outcome = runtime.block_on(run(cli));
            // A thread that waits for a silent database must not keep the program from its end.
            runtime.shutdown_timeout(LAST_THREADS_WITHIN);
            outcome
        });
    ended(outcome)
}

/// Says what went wrong, if it was not said, and gives the exit code.
fn ended(outcome: Result<(), Failure>) -> ExitCode {
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            if !failure.told {
                // Findings in files begin with their own word.
                let told = failure.to_string();
                let is_named = told.starts_with("error[") || told.starts_with("warning[");
                output::note(&if is_named { told } else { format!("error: {told}") });
            }
            failure.exit_code()
        }
    }
}

/// The options with the form that is printed; pictures are forms of one command.
fn formed(global: Global, command: &Command) -> Result<Global, Failure> {
    match (global.form.plain(), command) {
        (Some(format), _) => Ok(Global { format, ..global }),
        (None, Command::Plot(_)) => Ok(global),
        (None, _) => {
            Err(Failure::usage("svg and png are forms of `wsis plot`; this has none to draw"))
        }
    }
}

async fn run(cli: Cli) -> Result<(), Failure> {
    let global = formed(cli.global, &cli.command)?;
    match cli.command {
        Command::Demo { out } => commands::demo::run(&global, &out).await,
        Command::Check { strict, live, pipelines } => {
            check(&global, strict, live.then_some(&pipelines)).await
        }
        Command::Ingest {
            pipelines,
            offline,
            force,
            accept,
            backfill,
            step,
            re_decode,
            commit,
            strict,
        } => {
            let years = backfill.as_deref().and_then(|it| Some((*it.first()?, *it.last()?)));
            let again = re_decode.then_some(Rereading { commit, accept });
            let asked = commands::ingest::Asked { offline, force, accept, years, step, strict };
            ingest(&global, &pipelines, &asked, again).await
        }
        Command::New(New::Pipeline { what, id, out }) => {
            commands::new::pipeline(&global, &what, id.as_deref(), out.as_deref()).await
        }
        Command::Accept(asked) => Box::pin(commands::accept::run(&global, &asked)).await,
        Command::Submit(submission) => Box::pin(commands::submit::run(&global, &submission)).await,
        Command::Runs { id, last, look } => commands::runs::run(&global, id.as_deref(), last, look),
        Command::Score { all, force, review } => {
            let writing = if force { Writing::Always } else { Writing::IfOther };
            Box::pin(commands::score::run(&global, all, writing, &review)).await
        }
        Command::Scorecard { line, area, group, all, review } => {
            let selection = commands::scorecard::Selection { line, area, group, all };
            Box::pin(commands::scorecard::run(&global, &selection, &review)).await
        }
        Command::Validate(it) => Box::pin(commands::validate::run(&global, it)).await,
        Command::Explain { line, area, review } => {
            commands::explain::run(&global, &line, &area, &review).await
        }
        Command::Audit { line, review } => {
            Box::pin(commands::audit::run(&global, &line, &review)).await
        }
        Command::Gaps(asked) => Box::pin(commands::gaps::run(&global, &asked)).await,
        Command::Targets(asked) => Box::pin(commands::targets::run(&global, &asked)).await,
        Command::Submissions(asked) => Box::pin(commands::submissions::run(&global, &asked)).await,
        Command::Deliveries { indicator, review } => {
            Box::pin(commands::deliveries::run(&global, indicator.as_deref(), &review)).await
        }
        Command::Corrections { review } => commands::corrections::run(&global, &review).await,
        Command::Framework(what) => Box::pin(commands::framework::run(&global, &what)).await,
        Command::Rules(what) => Box::pin(commands::rules::run(&global, &what)).await,
        Command::Sql { query, rows, expanded, look } => {
            commands::sql::run(&global, query.as_deref(), Shape { rows, expanded }, look).await
        }
        Command::Plot(asked) => Box::pin(commands::plot::run(&global, &asked)).await,
        Command::Report { out, review } => commands::report::run(&global, &out, &review).await,
        Command::Serve(asked) => Box::pin(commands::serve::run(&global, &asked)).await,
        Command::Schedule(schedule) => commands::schedule::run(&global, &schedule).await,
        Command::Promises { agency, at, look } => {
            commands::promises::run(&global, agency.as_deref(), at, look)
        }
        Command::List { what, framework } => {
            commands::list::run(&global, what, &Review { framework, ..Review::default() })
        }
        Command::Completions { shell } => completions(shell),
        Command::Verify { without_ledger } => commands::verify::run(&global, without_ledger),
        Command::Lake(what) => lake(&global, what),
    }
}

/// `wsis ingest`, or the archive read once more.
async fn ingest(
    global: &Global,
    pipelines: &[String],
    asked: &commands::ingest::Asked,
    again: Option<Rereading>,
) -> Result<(), Failure> {
    match again {
        Some(how) => commands::redecode::run(global, pipelines, how, asked.strict).await,
        None => commands::ingest::run(global, pipelines, asked).await,
    }
}

/// `wsis check`; of live services where some, or with none named all, are asked about.
async fn check(global: &Global, strict: bool, live: Option<&Vec<String>>) -> Result<(), Failure> {
    match live {
        Some(pipelines) => commands::probe::run(global, pipelines).await,
        None => commands::check::run(global, strict),
    }
}

/// `wsis lake …`.
fn lake(global: &Global, what: LakeCommand) -> Result<(), Failure> {
    match what {
        LakeCommand::Upgrade => commands::lake::upgrade(global),
        LakeCommand::Verify { without_ledger } => commands::verify::run(global, without_ledger),
        LakeCommand::Compact { spared_min } => commands::lake::compact(global, spared_min),
        LakeCommand::Restore { dataset, snapshot, because } => {
            commands::way_back::restore(global, &dataset, snapshot, &because)
        }
        LakeCommand::Retire { what, because } => {
            commands::way_back::retire(global, &what, &because)
        }
        LakeCommand::Gc { grace, dry_run } => commands::lake::gc(global, grace, dry_run),
        LakeCommand::ForgetHistory { because } => commands::lake::forget_history(global, &because),
    }
}

/// What a shell needs to complete our commands and options.
fn completions(shell: clap_complete::Shell) -> Result<(), Failure> {
    let mut script = Vec::new();
    clap_complete::generate(shell, &mut Cli::command(), "wsis", &mut script);
    output::text(String::from_utf8_lossy(&script).trim_end())
}

/// Warnings only by default, a daemon tells more; `WSIS_LOG` takes the usual filter syntax. Colour
/// only on a terminal, and not where `NO_COLOR` is set.
fn log_to_standard_error(global: &Global, is_daemon: bool) {
    let level = match global.verbose + u8::from(is_daemon) {
        0 => "warn",
        1 => "info,wsis=debug",
        _ => "debug",
    };
    // A certificate that is not accepted is told by the request that failed.
    let level = format!("{level},rustls_platform_verifier=off");
    let asked = EnvFilter::try_from_env("WSIS_LOG");
    // Who asks for a log by name wants to know from where each line comes.
    let is_plain = !is_daemon && global.verbose == 0 && asked.is_err();
    let filter = asked.unwrap_or_else(|_| EnvFilter::new(level));
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let json = matches!(global.log_format, LogFormat::Json);
    let lines =
        tracing_subscriber::fmt().with_env_filter(filter).with_writer(move || output::Log { json });
    match global.log_format {
        LogFormat::Text if is_plain => lines.event_format(log::Plain).init(),
        LogFormat::Text => lines.with_ansi(std::io::stderr().is_terminal() && !no_color).init(),
        LogFormat::Json => lines.json().flatten_event(true).init(),
    }
}
