//! `wsis sql`.

mod shell;
mod show;
mod typed;

use std::io::{IsTerminal, Read};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;

use wsis_config::QueryLimits;
use wsis_engine::{Clock as _, SystemClock};
use wsis_lake::{Lake, View};
use wsis_query::worker::{self, Request};
use wsis_query::{Answer, Cut, QueryError};

use crate::args::{Global, LogFormat, Look, WORKER};
use crate::context::{self, place};
use crate::failure::{Failure, chain};
use crate::output;

/// Who asks: a lake, a state of it, and the limits.
struct Asker {
    global: Global,
    lake: Arc<Lake>,
    view: View,
    limits: QueryLimits,
}

/// Answers one query, those of standard input, or those that somebody types.
pub(crate) async fn run(
    global: &Global,
    query: Option<&str>,
    rows: Option<u64>,
    look: Look,
) -> Result<(), Failure> {
    let mut workspace = context::workspace(global)?;
    if let Some(rows) = rows {
        workspace.query.result_rows_max = rows;
    }
    let lake = context::existing_lake(global, &workspace)?;
    let view = context::view(&lake, &workspace, look)?;
    let asker = Asker { global: global.clone(), lake, view, limits: workspace.query };
    if let Some(said) = asker.view.said().filter(|_| !global.quiet) {
        output::note(&said);
    }
    match query {
        Some("-") => asker.answer(&piped(&asker.limits)?, std::future::pending()).await,
        Some(query) => asker.answer(query, std::future::pending()).await,
        None if std::io::stdin().is_terminal() => shell::run(&asker).await,
        None => asker.answer(&piped(&asker.limits)?, std::future::pending()).await,
    }
}

/// Answers the query on standard input in this process, which takes limits on itself.
pub(crate) fn serve(global: &Global) -> Result<(), Failure> {
    let global = global.clone();
    worker::serve(move |session, request| {
        let global = global.clone();
        let deployment = move || place(&global).deployment();
        wsis_app::tables::register(session, Box::new(deployment), Arc::new(SystemClock), request)
    })
    .map_err(|error| Failure::ran(format!("no query to answer: {error}")))
}

/// The query on standard input. One byte more than is allowed is enough to refuse it.
fn piped(limits: &QueryLimits) -> Result<String, Failure> {
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .take(limits.text_bytes_max.saturating_add(1))
        .read_to_end(&mut text)
        .map_err(|error| Failure::ran(format!("standard input cannot be read: {error}")))?;
    let text = String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("the query on standard input is not UTF-8 text: byte {at}"))
    })?;
    Ok(shell::of_word(&text).unwrap_or(text))
}

impl Asker {
    /// Answers a query and shows the answer.
    async fn answer(&self, query: &str, stop: impl Future<Output = ()>) -> Result<(), Failure> {
        let bounds = show::Bounds::of(&self.limits);
        let answer = self.ask(query, stop).await.map_err(|error| failure(&error))?;
        let shown = show::answer(self.global.format, &answer, &bounds)?;
        let cut = if shown < answer.rows() { Some(Cut::Bytes) } else { answer.cut };
        if let Some(cut) = cut.filter(|_| !self.global.quiet) {
            output::note(&self.cut(cut, shown));
        }
        Ok(())
    }

    async fn ask(&self, query: &str, stop: impl Future<Output = ()>) -> Result<Answer, QueryError> {
        let limit = self.limits.text_bytes_max;
        if query.len() as u64 > limit {
            let found = query.len() as u64;
            return Err(QueryError::TooLarge {
                what: "bytes long, or more",
                found,
                limit,
                name: "text_bytes_max",
            });
        }
        let at = context::judged_at(wsis_app::known_of(&self.view));
        // One rule with `--snapshot N --as-of INSTANT`: what that snapshot knows of it.
        let latest = if self.view.instant().is_some() { at } else { SystemClock.now() };
        let request = Request {
            query: query.to_owned(),
            lake: self.lake.root().to_path_buf(),
            snapshot: self.view.snapshot().id,
            as_of: self.view.instant(),
            at,
            latest,
            is_now: self.view.speaks_of().is_none(),
            limits: self.limits.clone(),
            threads: std::thread::available_parallelism().map_or(1, usize::from),
        };
        let program = std::env::current_exe()
            .map_err(|error| QueryError::Worker { what: "started", detail: error.to_string() })?;
        let log = |said: &str| {
            if !said.is_empty() {
                output::note(said.trim_end());
            }
        };
        worker::ask(self.command(&program), &request, stop, log).await
    }

    /// The program once more, with the options that say where everything is.
    fn command(&self, program: &Path) -> Command {
        let mut command = Command::new(program);
        if let Some(root) = &self.global.root {
            command.arg("--root").arg(root);
        }
        // An address with a password is nobody's business in a list of processes.
        if let Some(ledger) = &self.global.ledger {
            command.env("WSIS_LEDGER", ledger);
        }
        if self.global.verbose > 0 {
            command.arg(format!("-{}", "v".repeat(usize::from(self.global.verbose))));
        }
        if self.global.log_format == LogFormat::Json {
            command.args(["--log-format", "json"]);
        }
        command.arg(WORKER);
        command
    }

    fn cut(&self, cut: Cut, rows: usize) -> String {
        match cut {
            Cut::Rows => {
                format!("truncated to {rows} rows; raise it with --rows or narrow the query")
            }
            Cut::Bytes => format!(
                "truncated to {rows} rows, since the answer is more than {} bytes (limit \
                 query.result_bytes_max); narrow the query",
                self.limits.result_bytes_max
            ),
        }
    }
}

/// A wrong query is the user's to mend (2); one that ran out of time or memory ran (1).
fn failure(error: &QueryError) -> Failure {
    if error.of_query() { Failure::usage(chain(error)) } else { Failure::ran(chain(error)) }
}
