//! Publishing in a process of its own (docs/adr/0033): what scoring and writing the tables takes, the daemon
//! would keep for as long as it runs.

use std::future::Future;
use std::io::{self, BufRead as _, BufReader, Read as _, Write as _};
use std::path::PathBuf;
use std::process::ChildStdout;
use std::sync::Arc;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use wsis_app::Review;
use wsis_app::publish::{Basis, Writing, publish};
use wsis_config::PublishSettings;
use wsis_lake::Lake;
use wsis_query::worker::{
    Bounds, Gone, Job, Outcome, READERS, THREAD_STACK, end_with_the_one_who_asked, exchange, folder,
};

use crate::args::Global;
use crate::commands::worker::{Work, command};
use crate::context;
use crate::failure::{Failure, chain};
use crate::output;

/// Most bytes of an answer: a framework has some warnings, of a line each.
const ANSWER_MAX: u64 = 1024 * 1024;

/// What the process is asked.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Request {
    /// Folder of the lake, whose newest snapshot is meant.
    #[serde(with = "folder")]
    pub(super) lake: PathBuf,
    /// What is in force where it is asked: of other files nothing is published.
    pub(super) basis: Basis,
    /// Limits.
    pub(super) settings: PublishSettings,
}

/// What it answers.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Reply {
    /// It is published.
    Published {
        /// Snapshot.
        snapshot: u64,
        /// What its publisher is warned of.
        warnings: Vec<String>,
    },
    /// It is not: why.
    Failed(String),
}

/// Has the newest snapshot published, within the limits of `[publish]`. When `stop` is ready the process is
/// ended with its group; none then.
///
/// # Errors
/// Why nothing is published, complete.
pub(super) async fn ask(
    global: &Global,
    request: &Request,
    stop: impl Future<Output = ()>,
) -> Result<Option<(u64, Vec<String>)>, String> {
    let failed =
        |what: &str, why: String| format!("the process that publishes cannot be {what}: {why}");
    let program =
        crate::commands::worker::program().map_err(|error| failed("started", error.to_string()))?;
    let line = serde_json::to_vec(request).map_err(|error| failed("asked", error.to_string()))?;
    let PublishSettings { memory_bytes, timeout_s, .. } = request.settings;
    let job = Job {
        command: command(&program, Work::Publish, global),
        line,
        within: Duration::from_secs(timeout_s),
        own_group: true,
    };
    let found = exchange(job, stop, receive).await.map_err(|(what, why)| failed(what, why))?;
    let late = || format!("it took more than {timeout_s} s (limit publish.timeout_s)");
    let ended = |how: &str| format!("the process that publishes ended before its answer: {how}");
    // Its log, however it ended: what went before an end without an answer is why it ended so.
    if !found.said.trim().is_empty() {
        output::note(found.said.trim_end());
    }
    match found.outcome {
        Outcome::Heard(Reply::Published { snapshot, warnings }) => Ok(Some((snapshot, warnings))),
        Outcome::Heard(Reply::Failed(why)) => Err(why),
        Outcome::Stopped => Ok(None),
        Outcome::Late | Outcome::Gone(Gone::Processor) => Err(late()),
        Outcome::Unreadable(why) => Err(failed("heard", why)),
        Outcome::Gone(Gone::Memory(why)) => Err(format!(
            "it needs more than {memory_bytes} bytes of memory (limit publish.memory_bytes): {why}"
        )),
        Outcome::Gone(Gone::Stack) => Err(ended("its stack was used up")),
        Outcome::Gone(Gone::Stopped) => Err(ended("somebody stopped it")),
        Outcome::Gone(Gone::Died(how)) => Err(ended(&how)),
    }
}

/// The answer, or nothing where the process said nothing.
fn receive(stdout: ChildStdout) -> Result<Option<Reply>, String> {
    let mut line = Vec::new();
    let mut reader = BufReader::new(stdout.take(ANSWER_MAX));
    reader.read_until(b'\n', &mut line).map_err(|error| error.to_string())?;
    if line.is_empty() {
        return Ok(None);
    }
    serde_json::from_slice(&line).map(Some).map_err(|error| error.to_string())
}

/// Publishes what standard input asks for, in this process, which takes limits on itself.
pub(crate) fn serve(global: &Global) -> Result<(), Failure> {
    let unasked = |error: io::Error| Failure::ran(format!("nothing to publish: {error}"));
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line).map_err(unasked)?;
    let request: Request = serde_json::from_str(&line).map_err(|error| unasked(error.into()))?;
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    let bounds = Bounds {
        memory_bytes: request.settings.memory_bytes,
        seconds: request.settings.timeout_s,
        threads,
        stack_bytes: 0,
    };
    bounds.hold().map_err(unasked)?;
    end_with_the_one_who_asked().map_err(unasked)?;
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(threads)
        .max_blocking_threads(READERS)
        .thread_stack_size(THREAD_STACK)
        .enable_all()
        .build()
        .map_err(unasked)?;
    let reply = runtime.block_on(published(global, request)).unwrap_or_else(Reply::Failed);
    runtime.shutdown_background();
    let mut bytes = serde_json::to_vec(&reply).map_err(|error| unasked(error.into()))?;
    bytes.push(b'\n');
    let mut out = io::stdout().lock();
    out.write_all(&bytes).and_then(|()| out.flush()).map_err(unasked)
}

/// Scores and publishes the newest snapshot by the files of the deployment.
async fn published(global: &Global, request: Request) -> Result<Reply, String> {
    let told = |failure: Failure| failure.to_string();
    let deployment = context::deployment(global).map_err(told)?;
    let lake = Lake::open(&request.lake).map_err(|error| chain(&error))?;
    let framework =
        wsis_app::names::framework(&deployment, None).map_err(|error| told(error.into()))?;
    if Basis::of(&deployment, framework) != request.basis {
        return Err(
            "the files of the deployment are not those in force; what they say is published once \
                    they are loaded, and the set of before stays until then"
                .to_owned(),
        );
    }
    let app = context::app(Arc::new(deployment), Arc::new(lake)).map_err(told)?;
    let computed = app.scores(&Review::default()).await.map_err(|error| told(error.into()))?;
    let set = publish(&computed, app.now(), Writing::IfOther)
        .await
        .map_err(|error| told(error.into()))?;
    Ok(Reply::Published { snapshot: computed.snapshot(), warnings: set.warnings })
}
