//! The process that answers a query: the program once more. It reads its few words itself, for a whole
//! command line with its texts of help is memory that no query has a use for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use wsis_engine::SystemClock;
use wsis_query::worker;

use crate::args::{Format, Global, LogFormat, WORKER};
use crate::context::place;
use crate::failure::Failure;

/// Word for a log in JSON.
const JSON: &str = "json";

/// The program, told to answer a query, with what says where everything is: form of the log, how much of
/// it, and the folder of the deployment, if one is named.
pub(super) fn command(program: &Path, global: &Global) -> Command {
    let mut command = Command::new(program);
    let form = if global.log_format == LogFormat::Json { JSON } else { "text" };
    command.args([WORKER, form]).arg(global.verbose.to_string());
    if let Some(root) = &global.root {
        command.arg(root);
    }
    // An address with a password is nobody's business in a list of processes.
    if let Some(ledger) = &global.ledger {
        command.env("WSIS_LEDGER", ledger);
    }
    command
}

/// The options of such a process; none for a command that somebody typed.
pub(crate) fn asked() -> Option<Global> {
    let mut words = std::env::args_os().skip(1);
    if words.next()? != WORKER {
        return None;
    }
    let is_json = words.next().is_some_and(|word| word == OsStr::new(JSON));
    let verbose = words.next().and_then(|word| word.to_str()?.parse().ok());
    Some(Global {
        root: words.next().map(PathBuf::from),
        lake: None,
        ledger: std::env::var("WSIS_LEDGER").ok(),
        log_format: if is_json { LogFormat::Json } else { LogFormat::Text },
        format: Format::Table,
        quiet: false,
        verbose: verbose.unwrap_or_default(),
    })
}

/// Answers the query on standard input in this process, which takes limits on itself.
pub(crate) fn serve(global: &Global) -> Result<(), Failure> {
    let global = global.clone();
    worker::serve(move |session, request| {
        let global = global.clone();
        let deployment = move || {
            // Of a ledger in a database: nothing else of a query goes to a network.
            wsis_engine::install_crypto();
            place(&global).deployment()
        };
        wsis_app::tables::register(session, Box::new(deployment), Arc::new(SystemClock), request)
    })
    .map_err(|error| Failure::ran(format!("no query to answer: {error}")))
}
