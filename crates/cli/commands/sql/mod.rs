//! `wsis sql`.

mod expanded;
mod shell;
mod show;
mod typed;

use std::io::{IsTerminal, Read};
use std::sync::Arc;

use wsis_config::QueryLimits;
use wsis_engine::{Clock as _, SystemClock};
use wsis_lake::{Lake, View};
use wsis_query::worker::Request;
use wsis_query::{Answer, Cut, QueryError};

use crate::args::{Global, Look};
use crate::commands::worker::{Work, command};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output;

use shell::Step;
use show::Shown;

/// Who asks: a lake, a state of it, and the limits.
struct Asker {
    global: Global,
    lake: Arc<Lake>,
    view: View,
    limits: QueryLimits,
}

/// How somebody wants answers.
#[derive(Debug, Clone, Copy, Default)]
pub(crate) struct Shape {
    /// Most rows; none for the limit of the workspace.
    pub(crate) rows: Option<u64>,
    /// A column below the other, not a table.
    pub(crate) expanded: bool,
}

/// Answers one query, those of standard input, or those that somebody types.
pub(crate) async fn run(
    global: &Global,
    query: Option<&str>,
    Shape { rows, expanded }: Shape,
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
        Some(query) if query != "-" => asker.answer(query, expanded, std::future::pending()).await,
        None if std::io::stdin().is_terminal() => shell::run(&asker, expanded).await,
        _ => {
            let mut expanded = expanded;
            for step in shell::steps(&piped(&asker.limits)?)? {
                match step {
                    Step::Expanded => expanded = !expanded,
                    Step::Help(text) => output::note(text),
                    Step::Query(query) => {
                        asker.answer(&query, expanded, std::future::pending()).await?;
                    }
                }
            }
            Ok(())
        }
    }
}

/// The query on standard input. One byte more than is allowed is enough to refuse it.
fn piped(limits: &QueryLimits) -> Result<String, Failure> {
    let mut text = Vec::new();
    std::io::stdin()
        .lock()
        .take(limits.text_bytes_max.saturating_add(1))
        .read_to_end(&mut text)
        .map_err(|error| Failure::ran(format!("standard input cannot be read: {error}")))?;
    String::from_utf8(text).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        Failure::usage(format!("the query on standard input is not UTF-8 text: byte {at}"))
    })
}

impl Asker {
    /// Answers a query and shows the answer.
    async fn answer(
        &self,
        query: &str,
        expanded: bool,
        stop: impl Future<Output = ()>,
    ) -> Result<(), Failure> {
        let bounds = show::Bounds::of(&self.limits);
        let answer = self.ask(query, stop).await.map_err(|error| failure(&error))?;
        let Shown { rows: shown, wide } =
            show::answer(self.global.format, expanded, &answer, &bounds)?;
        if wide > usize::from(output::table_width()) && has_width() && !self.global.quiet {
            output::note(&format!(
                "the table is {wide} characters wide; --expanded, or \\x in the shell, shows a column \
                 below the other"
            ));
        }
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
        let program = crate::commands::worker::program()
            .map_err(|error| QueryError::Worker { what: "started", detail: error.to_string() })?;
        let log = |said: &str| {
            if !said.is_empty() {
                output::note(said.trim_end());
            }
        };
        let worker = command(&program, Work::Query, &self.global);
        wsis_query::worker::ask(worker, &request, stop, log).await
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

/// Whether it is told how wide lines may be.
fn has_width() -> bool {
    std::io::stdout().is_terminal() || std::env::var_os("COLUMNS").is_some()
}

/// A wrong query is the user's to mend (2); one that ran out of time or memory ran (1).
fn failure(error: &QueryError) -> Failure {
    if error.of_query() { Failure::usage(chain(error)) } else { Failure::ran(chain(error)) }
}
