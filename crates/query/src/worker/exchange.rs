//! A process of this program that is asked one thing: started, asked by a line, heard, ended.

use std::io::{Read, Write};
use std::process::{Child, ChildStdout, Command, ExitStatus, Stdio};
use std::time::Duration;

use tokio::task::{JoinHandle, spawn_blocking};

/// A worker notices the end of its time by itself, unless it is in the middle of something.
const GRACE: Duration = Duration::from_millis(500);
/// Between two looks whether a worker has ended.
const LOOK: Duration = Duration::from_millis(2);

/// What a worker says beside its answer: the log, and last words.
pub(super) const SAID_MAX: u64 = 1024 * 1024;

/// What a worker is started with.
#[derive(Debug)]
pub struct Job {
    /// The program, told to be a worker.
    pub command: Command,
    /// What it is asked, without a line break.
    pub line: Vec<u8>,
    /// How long it may take; half a second later it is ended.
    pub within: Duration,
    /// Whether it is in a process group of its own, which is ended with it: what a terminal sends to the
    /// one who asks (Ctrl-C) does not reach it.
    pub own_group: bool,
}

/// What became of a worker that was asked.
#[derive(Debug)]
pub struct Exchange<T> {
    /// Its answer, or why there is none.
    pub outcome: Outcome<T>,
    /// What it wrote to standard error.
    pub said: String,
    /// Its number as a process.
    pub process: u32,
}

/// The answer of a worker, or why there is none.
#[derive(Debug, PartialEq, Eq)]
pub enum Outcome<T> {
    /// It answered.
    Heard(T),
    /// Its time was over, and it was ended.
    Late,
    /// The one who asked wanted it ended.
    Stopped,
    /// Its answer cannot be read: why.
    Unreadable(String),
    /// It ended by itself, before an answer.
    Gone(Gone),
}

/// Why a worker is gone.
#[derive(Debug, PartialEq, Eq)]
pub enum Gone {
    /// It could get no more memory: its words.
    Memory(String),
    /// It used up its stack.
    Stack,
    /// It used up the processor time that it may have.
    Processor,
    /// Somebody else stopped it.
    Stopped,
    /// How it ended otherwise.
    Died(String),
}

/// Starts a worker, asks it and waits for its answer, which `receive` reads (nothing where it said
/// nothing). When `stop` is ready, or its time is over, it is ended. It ends by itself when the one who asked
/// is gone.
///
/// # Errors
/// It cannot be started, or waited for: what failed, and why.
pub async fn exchange<T: Send + 'static>(
    mut job: Job,
    stop: impl Future<Output = ()>,
    receive: impl FnOnce(ChildStdout) -> Result<Option<T>, String> + Send + 'static,
) -> Result<Exchange<T>, (&'static str, String)> {
    let failed = |what| move |detail: std::io::Error| (what, detail.to_string());
    job.line.push(b'\n');
    // One arena: each more would take 64 MiB of the address space for itself.
    job.command.env("MALLOC_ARENA_MAX", "1");
    job.command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    #[cfg(unix)]
    if job.own_group {
        std::os::unix::process::CommandExt::process_group(&mut job.command, 0);
    }
    let mut child = job.command.spawn().map_err(failed("started"))?;
    let (Some(mut stdin), Some(stdout), Some(stderr)) =
        (child.stdin.take(), child.stdout.take(), child.stderr.take())
    else {
        return Err(failed("asked")(std::io::Error::other("it has no standard streams")));
    };
    // Kept until the answer is there: the worker ends when it is closed.
    let line = job.line;
    let asked = spawn_blocking(move || (stdin.write_all(&line), stdin).1);
    let said = spawn_blocking(move || {
        let mut said = Vec::new();
        let mut stderr = stderr;
        let _read = stderr.by_ref().take(SAID_MAX).read_to_end(&mut said);
        // The rest is taken from the worker, so that it does not wait to be heard.
        let _unread = std::io::copy(&mut stderr, &mut std::io::sink());
        String::from_utf8_lossy(&said).into_owned()
    });
    let heard: JoinHandle<_> = spawn_blocking(move || receive(stdout));
    let heard = tokio::select! {
        heard = heard => match heard.unwrap_or_else(|error| Err(error.to_string())) {
            Ok(Some(answer)) => Some(Outcome::Heard(answer)),
            Ok(None) => None,
            Err(why) => Some(Outcome::Unreadable(why)),
        },
        () = tokio::time::sleep(job.within + GRACE) => Some(Outcome::Late),
        () = stop => Some(Outcome::Stopped),
    };
    // One that has answered, or whose answer broke off, comes to its end by itself.
    let is_ending = !matches!(heard, Some(Outcome::Late | Outcome::Stopped));
    let (process, own_group) = (child.id(), job.own_group);
    // On a thread that may wait (I15): a process that waits for a disk cannot be ended by anybody.
    let ended = spawn_blocking(move || end(&mut child, is_ending, own_group));
    let ended = ended.await.unwrap_or_else(|error| Err(std::io::Error::other(error)));
    let (status, by_us) = ended.map_err(failed("ended"))?;
    drop(asked);
    let said = said.await.unwrap_or_default();
    let outcome = match heard {
        Some(found @ (Outcome::Heard(_) | Outcome::Late | Outcome::Stopped)) => found,
        // Ended from here, so the way it ended says nothing.
        Some(found) if by_us || status.success() => found,
        None if by_us => Outcome::Gone(Gone::Died("it closed its answer without one".to_owned())),
        _ => Outcome::Gone(last_words(status, &said)),
    };
    Ok(Exchange { outcome, said, process })
}

/// Waits a moment for the end of a worker that is ending by itself, and ends it after that, as any other at
/// once. Whether it was ended from here stands beside how it ended.
fn end(child: &mut Child, is_ending: bool, own_group: bool) -> std::io::Result<(ExitStatus, bool)> {
    let begun = std::time::Instant::now();
    while is_ending && begun.elapsed() < GRACE {
        if let Some(status) = child.try_wait()? {
            return Ok((status, false));
        }
        std::thread::sleep(LOOK);
    }
    let by_us = child.try_wait()?.is_none();
    if by_us {
        if own_group {
            end_group(child);
        }
        // One that is gone cannot be ended.
        let _gone = child.kill();
    }
    child.wait().map(|status| (status, by_us))
}

/// Ends all of a worker's group, while the worker has not been waited for and its number is its own.
#[cfg(unix)]
fn end_group(child: &Child) {
    if let Some(group) = i32::try_from(child.id()).ok().and_then(rustix::process::Pid::from_raw) {
        let _gone = rustix::process::kill_process_group(group, rustix::process::Signal::KILL);
    }
}

#[cfg(not(unix))]
fn end_group(_child: &Child) {}

/// Why a worker is gone, from how it ended and what it said last.
fn last_words(status: ExitStatus, said: &str) -> Gone {
    let memory =
        ["memory allocation of", "capacity overflow", "Cannot allocate memory", "OutOfMemory"];
    if let Some(line) = said.lines().find(|line| memory.iter().any(|words| line.contains(words))) {
        return Gone::Memory(line.trim().to_owned());
    }
    if said.contains("overflowed its stack") {
        return Gone::Stack;
    }
    match signal(status) {
        Some(SIGXCPU) => Gone::Processor,
        Some(SIGINT | SIGTERM) => Gone::Stopped,
        Some(SIGKILL) => Gone::Died("it was killed; the machine may be short of memory".to_owned()),
        _ => {
            let last = said.lines().rev().find(|line| !line.trim().is_empty()).unwrap_or_default();
            Gone::Died(format!("{status} {last}").trim().to_owned())
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

#[cfg(all(test, unix))]
mod tests {
    use std::process::Command;
    use std::time::Duration;

    use super::{Exchange, Gone, Job, Outcome, exchange};

    /// What becomes of a worker that is a script; its answer is a line that ends.
    async fn asked(
        script: &str,
        within: Duration,
    ) -> Result<Exchange<String>, (&'static str, String)> {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        let job = Job { command, line: Vec::new(), within, own_group: true };
        let heard = exchange(job, std::future::pending(), |mut out| {
            let mut text = String::new();
            std::io::Read::read_to_string(&mut out, &mut text)
                .map_err(|error| error.to_string())?;
            match text.strip_suffix('\n') {
                _ if text.is_empty() => Ok(None),
                Some(line) => Ok(Some(line.to_owned())),
                None => Err("it broke off".to_owned()),
            }
        });
        heard.await
    }

    /// A worker that somebody else kills was said to be one whose answer cannot be read, and what it had
    /// logged was lost with its answer.
    #[tokio::test]
    async fn trial_p285_a_worker_that_is_killed_in_its_answer_is_told_as_that() {
        let killed = "it was killed; the machine may be short of memory";
        let long = Duration::from_mins(1);
        for script in ["printf half; kill -9 $$", "kill -9 $$"] {
            let found = asked(&format!("echo it began >&2; {script}"), long).await.unwrap();
            assert_eq!(found.outcome, Outcome::Gone(Gone::Died(killed.to_owned())));
            assert_eq!(found.said, "it began\n");
        }
        // Not killed by anybody but from here, and with an end of its own.
        let broken = Outcome::Unreadable("it broke off".to_owned());
        assert_eq!(asked("printf half; exec >&-; sleep 60", long).await.unwrap().outcome, broken);
        assert_eq!(asked("printf half", long).await.unwrap().outcome, broken);
        let silent = Outcome::Gone(Gone::Died("it closed its answer without one".to_owned()));
        assert_eq!(asked("exec >&-; sleep 60", long).await.unwrap().outcome, silent);
        let last = Outcome::Gone(Gone::Died("exit status: 3 no room".to_owned()));
        assert_eq!(
            asked("exec >&-; sleep 0.1; echo no room >&2; exit 3", long).await.unwrap().outcome,
            last
        );
        let answer = Outcome::Heard("all".to_owned());
        assert_eq!(asked("echo all; exec >&-; sleep 60", long).await.unwrap().outcome, answer);
        let late = asked("echo it began >&2; sleep 60", Duration::from_millis(200)).await.unwrap();
        assert_eq!((late.outcome, late.said.as_str()), (Outcome::Late, "it began\n"));
    }
}
