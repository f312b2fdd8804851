//! The side that asks.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use arrow_ipc::reader::StreamReader;
use tokio::task::{JoinHandle, spawn_blocking};

use super::{Reply, Request};
use crate::answer::Answer;
use crate::error::QueryError;
use crate::spill;

/// A worker notices the end of its time by itself, unless it is in the middle of something.
const GRACE: Duration = Duration::from_millis(500);

/// What a worker says beside its answer: the log, and last words.
const SAID_MAX: u64 = 1024 * 1024;

/// Starts `worker`, which is to [`serve`](super::serve), asks it and waits for its answer. When
/// `stop` is ready, or the time of the query is over, the worker is ended. Its log goes to `log`.
///
/// # Errors
/// What the worker found wrong, or how it ended.
pub async fn ask(
    mut worker: Command,
    request: &Request,
    stop: impl Future<Output = ()>,
    log: impl FnOnce(&str),
) -> Result<Answer, QueryError> {
    let failed = |what| {
        move |detail: std::io::Error| QueryError::Worker { what, detail: detail.to_string() }
    };
    let mut line = serde_json::to_vec(request).map_err(|e| failed("asked")(e.into()))?;
    line.push(b'\n');
    // One arena: each more would take 64 MiB of the address space for itself.
    worker.env("MALLOC_ARENA_MAX", "1");
    worker.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = worker.spawn().map_err(failed("started"))?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(failed("asked")(std::io::Error::other("it has no standard streams")));
    };
    // Kept until the answer is there: the worker ends when it is closed.
    let asked = spawn_blocking(move || (stdin.write_all(&line), stdin).1);
    let said = spawn_blocking(move || {
        let mut said = Vec::new();
        let mut stderr = stderr;
        let _read = stderr.by_ref().take(SAID_MAX).read_to_end(&mut said);
        // The rest is taken from the worker, so that it does not wait to be heard.
        let _unread = std::io::copy(&mut stderr, &mut std::io::sink());
        String::from_utf8_lossy(&said).into_owned()
    });
    let seconds = request.limits.timeout_s;
    // Text of rows may be doubled on the way by offsets and padding.
    let bytes_max = request.limits.result_bytes_max.saturating_mul(2).saturating_add(SAID_MAX * 16);
    let heard: JoinHandle<_> = spawn_blocking(move || receive(stdout, bytes_max));
    let heard = tokio::select! {
        heard = heard => heard.unwrap_or_else(|e| Err(failed("heard")(std::io::Error::other(e)))),
        () = tokio::time::sleep(Duration::from_secs(seconds) + GRACE) => {
            Err(QueryError::Timeout { seconds })
        }
        () = stop => Err(QueryError::Stopped),
    };
    let status = end(&mut child, heard.is_ok()).map_err(failed("ended"))?;
    drop(asked);
    let said = said.await.unwrap_or_default();
    // What a worker spilled that could not tidy up.
    let _none = std::fs::remove_dir_all(spill::folder(&request.lake, child.id()));
    match heard {
        Ok(Some(answer)) => {
            log(&said);
            Ok(answer)
        }
        Err(error @ QueryError::Told { .. }) => {
            log(&said);
            Err(error)
        }
        Err(error @ (QueryError::Timeout { .. } | QueryError::Stopped)) => Err(error),
        // Ended from here, so the way it ended says nothing.
        Err(error) if signal(status) == Some(SIGKILL) => Err(error),
        Ok(None) | Err(_) => Err(last_words(status, &said, request)),
    }
}

/// Waits for the end of a worker that has answered, and ends any other.
fn end(child: &mut Child, answered: bool) -> std::io::Result<ExitStatus> {
    if !answered {
        // One that is gone cannot be ended.
        let _gone = child.kill();
    }
    child.wait()
}

/// The answer, or nothing where the worker said nothing.
fn receive(stdout: ChildStdout, bytes_max: u64) -> Result<Option<Answer>, QueryError> {
    let heard = |detail: String| QueryError::Worker { what: "heard", detail };
    let mut reader = BufReader::new(stdout.take(bytes_max));
    let mut line = Vec::new();
    reader
        .by_ref()
        .take(SAID_MAX)
        .read_until(b'\n', &mut line)
        .map_err(|error| heard(error.to_string()))?;
    if line.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(&line).map_err(|error| heard(error.to_string()))? {
        Reply::Error { message, of_query } => Err(QueryError::Told { message, of_query }),
        Reply::Answer { snapshot, cut } => {
            let read = || -> Result<Answer, arrow::error::ArrowError> {
                let stream = StreamReader::try_new(reader, None)?;
                let schema = stream.schema();
                let batches = stream.collect::<Result<Vec<_>, _>>()?;
                Ok(Answer { schema, batches, snapshot, cut })
            };
            read().map(Some).map_err(|error| heard(error.to_string()))
        }
    }
}

/// Why a worker is gone, from how it ended and what it said last.
fn last_words(status: ExitStatus, said: &str, request: &Request) -> QueryError {
    let bytes = request.limits.memory_bytes;
    let memory =
        ["memory allocation of", "capacity overflow", "Cannot allocate memory", "OutOfMemory"];
    if let Some(line) = said.lines().find(|line| memory.iter().any(|words| line.contains(words))) {
        return QueryError::Memory { bytes, detail: line.trim().to_owned() };
    }
    if said.contains("overflowed its stack") {
        return QueryError::TooDeep;
    }
    match signal(status) {
        Some(SIGXCPU) => QueryError::Timeout { seconds: request.limits.timeout_s },
        Some(SIGINT | SIGTERM) => QueryError::Stopped,
        Some(SIGKILL) => QueryError::Died {
            detail: "it was killed; the machine may be short of memory".to_owned(),
        },
        _ => {
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            QueryError::Died { detail: format!("{status} {last}").trim().to_owned() }
        }
    }
}

const SIGINT: i32 = 2;
const SIGKILL: i32 = 9;
const SIGTERM: i32 = 15;
const SIGXCPU: i32 = 24;

#[cfg(unix)]
fn signal(status: ExitStatus) -> Option<i32> {
    std::os::unix::process::ExitStatusExt::signal(&status)
}

#[cfg(not(unix))]
const fn signal(_status: ExitStatus) -> Option<i32> {
    None
}
