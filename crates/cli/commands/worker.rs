//! Processes that work for another one of ours: the program once more. One answers a query, one publishes.
//! They read their few words themselves, for a whole command line with its texts of help is memory that
//! neither has a use for.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;

use wsis_engine::SystemClock;
use wsis_query::worker;

use crate::args::{Form, Format, Global, LogFormat};
use crate::commands::schedule::publishing;
use crate::context::place;
use crate::failure::Failure;

/// Word for a log in JSON.
const JSON: &str = "json";

/// What such a process does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Work {
    /// Answers a query (docs/adr/0012).
    Query,
    /// Publishes the newest snapshot (docs/adr/0033).
    Publish,
}

impl Work {
    const ALL: [Self; 2] = [Self::Query, Self::Publish];

    /// First word of such a process, and of no command.
    const fn word(self) -> &'static str {
        match self {
            Self::Query => "query-worker",
            Self::Publish => "publish-worker",
        }
    }
}

/// The file of this program. Where another one was put in its place since it was started (an upgrade of the
/// package), that has no name any more, and the system still knows it.
///
/// # Errors
/// The system does not say.
pub(crate) fn program() -> std::io::Result<PathBuf> {
    let named = std::env::current_exe()?;
    let own = Path::new("/proc/self/exe");
    Ok(if named.exists() || !own.exists() { named } else { own.to_path_buf() })
}

/// The program, told to work, with what says where everything is: form of the log, how much of it, and the
/// folder of the deployment, if one is named.
pub(super) fn command(program: &Path, work: Work, global: &Global) -> Command {
    let mut command = Command::new(program);
    let form = if global.log_format == LogFormat::Json { JSON } else { "text" };
    command.args([work.word(), form]).arg(global.verbose.to_string());
    if let Some(root) = &global.root {
        command.arg(root);
    }
    // An address with a password is nobody's business in a list of processes.
    if let Some(ledger) = &global.ledger {
        command.env("WSIS_LEDGER", ledger);
    }
    command
}

/// What this process is to do, and its options; none for a command that somebody typed.
pub(crate) fn asked() -> Option<(Work, Global)> {
    let mut words = std::env::args_os().skip(1);
    let first = words.next()?;
    let work = Work::ALL.into_iter().find(|work| first == work.word())?;
    let is_json = words.next().is_some_and(|word| word == OsStr::new(JSON));
    let verbose = words.next().and_then(|word| word.to_str()?.parse().ok());
    let global = Global {
        root: words.next().map(PathBuf::from),
        lake: None,
        ledger: std::env::var("WSIS_LEDGER").ok(),
        log_format: if is_json { LogFormat::Json } else { LogFormat::Text },
        form: Form::Table,
        format: Format::Table,
        quiet: false,
        verbose: verbose.unwrap_or_default(),
    };
    Some((work, global))
}

/// Does the work that standard input asks for in this process, which takes limits on itself.
pub(crate) fn serve(work: Work, global: &Global) -> Result<(), Failure> {
    match work {
        Work::Query => query(global),
        Work::Publish => publishing::serve(global),
    }
}

fn query(global: &Global) -> Result<(), Failure> {
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
