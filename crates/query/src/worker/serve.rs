//! The side that answers.

use std::io::{self, BufRead, Read, Write};
use std::path::Path;
use std::thread;

use arrow_ipc::writer::StreamWriter;
use wsis_lake::{At, Lake};
use wsis_model::causes::chain;

use super::bounds::{Bounds, READERS, STACK, THREAD_STACK};
use super::{Reply, Request};
use crate::answer::Answer;
use crate::error::QueryError;
use crate::session::Session;

/// Answers the request on standard input, to standard output. `register` adds tables besides those
/// of the snapshot.
///
/// # Errors
/// Standard input holds no request, or standard output cannot be written.
pub fn serve<F>(register: F) -> io::Result<()>
where
    F: FnOnce(&Session, &Request) -> Result<(), QueryError> + Send + 'static,
{
    let mut line = String::new();
    io::stdin().lock().read_line(&mut line)?;
    let request: Request = serde_json::from_str(&line)?;
    drop(line);
    let bounds = Bounds {
        memory_bytes: request.limits.memory_bytes,
        seconds: request.limits.timeout_s,
        threads: request.threads,
        stack_bytes: STACK,
    };
    bounds.hold()?;
    // What a function of a query dies of is told once, as the error of the query.
    std::panic::set_hook(Box::new(|_| {}));
    end_with_the_one_who_asked()?;
    let answering = thread::Builder::new()
        .name("query".to_owned())
        .stack_size(STACK)
        .spawn(move || answer(&request, register).and_then(|answer| told(&answer)))?;
    let reply = answering.join().unwrap_or_else(|panic| Err(died(panic.as_ref())));
    let mut out = io::stdout().lock();
    match reply {
        Ok(bytes) => out.write_all(&bytes)?,
        Err(error) => {
            let message = chain(&error);
            let reply = Reply::Error { message, of_query: error.of_query() };
            serde_json::to_writer(&mut out, &reply)?;
            out.write_all(b"\n")?;
        }
    }
    out.flush()
}

/// Ends this process when its standard input is closed: nobody waits for its answer any more.
///
/// # Errors
/// There is no thread to wait with.
pub fn end_with_the_one_who_asked() -> io::Result<()> {
    let wait = || {
        let mut nothing = [0; 64];
        while io::stdin().lock().read(&mut nothing).is_ok_and(|read| read > 0) {}
        #[expect(clippy::exit, reason = "its work cannot be interrupted in any other way")]
        std::process::exit(1);
    };
    thread::Builder::new().name("watch".to_owned()).stack_size(64 * 1024).spawn(wait).map(drop)
}

fn answer<F>(request: &Request, register: F) -> Result<Answer, QueryError>
where
    F: FnOnce(&Session, &Request) -> Result<(), QueryError>,
{
    let started =
        |detail: io::Error| QueryError::Worker { what: "started", detail: detail.to_string() };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(request.threads.max(1))
        .max_blocking_threads(READERS)
        .thread_stack_size(THREAD_STACK)
        .enable_time()
        .enable_io()
        .build()
        .map_err(started)?;
    let session = open(request)?;
    register(&session, request)?;
    let answer = runtime.block_on(session.sql(&request.query));
    // Threads that still work for a query that was given up must not be waited for.
    runtime.shutdown_background();
    // Nor is anything taken down: the process ends with its answer, what it spilled is removed by the one
    // who asked, and taking down all functions and tables would bring as much of the program into memory.
    std::mem::forget(session);
    answer
}

fn open(request: &Request) -> Result<Session, QueryError> {
    let failed = |detail: String| QueryError::Worker { what: "given the lake", detail };
    let lake = Lake::open(Path::new(&request.lake)).map_err(|error| failed(chain(&error)))?;
    let view = lake
        .view(At::Id(request.snapshot), request.as_of)
        .map_err(|error| failed(chain(&error)))?
        .ok_or_else(|| failed(format!("there is no snapshot {}", request.snapshot)))?;
    let session = Session::open(&view, &request.limits)?;
    session.answer_as_of(&view, request.latest);
    Ok(session)
}

/// An answer as it travels. Written as a whole before a byte of it is sent, so that a worker that
/// runs out of memory has not said anything yet.
fn told(answer: &Answer) -> Result<Vec<u8>, QueryError> {
    let failed = |detail: String| QueryError::Worker { what: "heard", detail };
    let reply = Reply::Answer { snapshot: answer.snapshot, cut: answer.cut };
    let mut bytes = serde_json::to_vec(&reply).map_err(|error| failed(error.to_string()))?;
    bytes.push(b'\n');
    let written = (|| {
        let mut writer = StreamWriter::try_new(&mut bytes, &answer.schema)?;
        for batch in &answer.batches {
            writer.write(batch)?;
        }
        writer.finish()
    })();
    written.map_err(|error| failed(error.to_string()))?;
    Ok(bytes)
}

fn died(panic: &(dyn std::any::Any + Send)) -> QueryError {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    let text = text.or_else(|| panic.downcast_ref::<&str>().copied());
    let text = text.unwrap_or("no reason given");
    // Arrow's word for texts of one column and batch that offsets of 32 bits cannot point into.
    let detail = if text.contains("offset overflow") {
        "texts of one column came to more than 2 GiB in one batch; ask for shorter ones, or for \
                 fewer in one aggregate"
            .to_owned()
    } else {
        text.to_owned()
    };
    QueryError::Died { detail }
}
