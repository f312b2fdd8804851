//! The side that asks a query.

use std::io::{BufRead, BufReader, Read};
use std::process::{ChildStdout, Command};
use std::time::{Duration, Instant};

use arrow_ipc::reader::StreamReader;

use super::exchange::{Gone, Job, Outcome, SAID_MAX, exchange};
use super::{Reply, Request};
use crate::answer::Answer;
use crate::error::QueryError;
use crate::spill;

/// Starts `worker`, which is to [`serve`](super::serve), asks it and waits for its answer. When
/// `stop` is ready, or the time of the query is over, the worker is ended. Its log goes to `log`.
///
/// # Errors
/// What the worker found wrong, or how it ended.
pub async fn ask(
    worker: Command,
    request: &Request,
    stop: impl Future<Output = ()>,
    log: impl FnOnce(&str),
) -> Result<Answer, QueryError> {
    let failed = |what, detail: String| QueryError::Worker { what, detail };
    let line = serde_json::to_vec(request).map_err(|e| failed("asked", e.to_string()))?;
    let limits = &request.limits;
    let seconds = limits.timeout_s;
    let job = Job { command: worker, line, within: Duration::from_secs(seconds), own_group: false };
    // Text of rows may be doubled on the way by offsets and padding.
    let bytes_max = limits.result_bytes_max.saturating_mul(2).saturating_add(SAID_MAX * 16);
    let begun = Instant::now();
    let found = exchange(job, stop, move |stdout| receive(stdout, bytes_max))
        .await
        .map_err(|(what, detail)| failed(what, detail))?;
    // What a worker spilled that could not tidy up.
    let _none = std::fs::remove_dir_all(spill::folder(&request.lake, found.process));
    match found.outcome {
        Outcome::Heard(answer) => {
            log(&found.said);
            answer
        }
        // Its own limit on processor time is longer than its time: what ended it earlier is another's.
        Outcome::Gone(Gone::Processor) if begun.elapsed() < Duration::from_secs(seconds) => {
            let detail = "it used up the processor time that a process may have here (ulimit -t)";
            Err(QueryError::Died { detail: detail.to_owned() })
        }
        Outcome::Late | Outcome::Gone(Gone::Processor) => Err(QueryError::Timeout { seconds }),
        Outcome::Stopped | Outcome::Gone(Gone::Stopped) => Err(QueryError::Stopped),
        Outcome::Unreadable(detail) => Err(failed("heard", detail)),
        Outcome::Gone(Gone::Memory(detail)) => {
            Err(QueryError::Memory { bytes: limits.memory_bytes, detail })
        }
        Outcome::Gone(Gone::Stack) => Err(QueryError::TooDeep),
        Outcome::Gone(Gone::Died(detail)) => Err(QueryError::Died { detail }),
    }
}

/// The answer or what is wrong with the query, or nothing where the worker said nothing.
fn receive(
    stdout: ChildStdout,
    bytes_max: u64,
) -> Result<Option<Result<Answer, QueryError>>, String> {
    let mut reader = BufReader::new(stdout.take(bytes_max));
    let mut line = Vec::new();
    let first = reader.by_ref().take(SAID_MAX).read_until(b'\n', &mut line);
    first.map_err(|error| error.to_string())?;
    if line.is_empty() {
        return Ok(None);
    }
    match serde_json::from_slice(&line).map_err(|error| error.to_string())? {
        Reply::Error { message, of_query } => Ok(Some(Err(QueryError::Told { message, of_query }))),
        Reply::Answer { snapshot, cut } => {
            let read = || -> Result<Answer, arrow::error::ArrowError> {
                let stream = StreamReader::try_new(reader, None)?;
                let schema = stream.schema();
                let batches = stream.collect::<Result<Vec<_>, _>>()?;
                Ok(Answer { schema, batches, snapshot, cut })
            };
            read().map(|answer| Some(Ok(answer))).map_err(|error| error.to_string())
        }
    }
}
