//! The daemon: one dispatcher that wakes at least every half minute, looks at the wall clock and
//! at the ledger, and starts what is due. Workers tell it by a channel that they are done.
//!
//! What it promises:
//!
//! - A tick starts at most once, whatever crashes and however many daemons share the ledger: the
//!   ledger's key is (pipeline, tick), and a pipeline's lock is held from before the claim until
//!   the tick is closed.
//! - Every tick is accounted for: it ended, was missed, or was interrupted and then resumed.
//! - A pipeline never overlaps itself. A tick that comes due while it runs waits for the end, and
//!   the misfire policy decides.
//! - The wall clock may jump. Forward, ticks in between are late and the policy decides. Back,
//!   nothing runs twice; after more than a day back, the schedules count from the new time on.
//! - A changed schedule counts from the moment it is seen; it never runs its own past (T12).

mod clocks;
mod dispatch;
mod due;
mod planned;
mod recover;
mod runner;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use serde::Serialize;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;
use wsis_model::pipeline::Pipeline;

use crate::clock::{Clock, Compared};
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::report::RunReport;
use planned::Planned;
pub use runner::Runner;

/// Longest sleep: timers stop while a machine is suspended, the wall clock does not.
pub const WAKE: Duration = Duration::from_secs(30);

/// A clock that shows this much less than what was considered has been set back for good.
const BACK: TimeDelta = TimeDelta::days(1);

/// Limits of a daemon.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Pipelines that run at one time.
    pub at_once: usize,
    /// Pipelines that ask one host at one time.
    pub per_host: usize,
    /// A tick later than this (and the jitter) is a misfire.
    pub grace: TimeDelta,
    /// How long runs may take to come to an end when the daemon stops.
    pub stop_within: Duration,
    /// Longest sleep.
    pub wake: Duration,
}

/// What a daemon tells of itself, as it happens.
#[derive(Debug, Clone, PartialEq)]
pub enum Note {
    /// It woke and looked.
    Woke(DateTime<Utc>),
    /// A run began.
    Began {
        /// Pipeline id.
        pipeline: String,
        /// The tick.
        tick: DateTime<Utc>,
        /// When it began.
        at: DateTime<Utc>,
    },
    /// A run ended.
    Ended(Box<RunReport>),
    /// Ticks were passed over.
    Missed {
        /// Pipeline id.
        pipeline: String,
        /// The ticks, in order.
        ticks: Vec<DateTime<Utc>>,
    },
    /// The ledger or the lake cannot be used; it is tried again at the next waking.
    Trouble(String),
}

/// Another set of pipelines, from a changed configuration.
#[derive(Debug)]
pub struct Change<R> {
    /// Who runs them.
    pub runner: R,
    /// The pipelines.
    pub pipelines: Vec<Arc<Pipeline>>,
    /// The limits.
    pub limits: Limits,
}

/// How a daemon came to its end.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Stopped {
    /// Runs that came to an end.
    pub ended: u64,
    /// Pipelines that did not within the time; their runs are found interrupted and resumed.
    pub given_up: Vec<String>,
}

/// A pipeline and where its schedule stands.
#[derive(Debug)]
struct Armed {
    plan: Planned,
    /// Ticks up to here are dealt with.
    considered: DateTime<Utc>,
    /// The next tick, and when it is to run.
    next: Option<(DateTime<Utc>, DateTime<Utc>)>,
    running: bool,
    /// Where it stands could not be read yet.
    unknown: bool,
    /// No longer declared; kept until its run is over.
    retired: bool,
    /// Not tried again before: someone else has it.
    not_before: DateTime<Utc>,
}

/// The dispatcher.
pub struct Daemon<R: Runner> {
    runner: R,
    ledger: Arc<Ledger>,
    clock: Arc<dyn Clock>,
    /// Tells this daemon's claims from others'.
    name: String,
    limits: Limits,
    armed: BTreeMap<String, Armed>,
    running: JoinSet<Result<RunReport, EngineError>>,
    /// Pipeline and host of each running task.
    tasks: HashMap<tokio::task::Id, (String, String)>,
    /// When to look again for runs that were cut short.
    recover_at: DateTime<Utc>,
    /// Whether to look again for pipelines that run after others.
    follow: bool,
    notes: mpsc::UnboundedSender<Note>,
    changes: mpsc::Receiver<Change<R>>,
    stop: CancellationToken,
    ended: u64,
    /// Both clocks as they were last found to agree.
    compared: Compared,
    /// Since when the clock on the wall is doubted, by the one that nobody can set.
    doubted: Option<Duration>,
    bench: Bench,
    /// Why nothing is started, as it was last said in the log.
    barred: Option<String>,
}

/// Where work that may block is done.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bench {
    /// On a thread for such work, so that the others go on while a database is slow to answer.
    Apart,
    /// Here: in a simulation everything happens in one order.
    #[cfg(test)]
    Here,
}

/// What a daemon is connected to.
#[derive(Debug)]
pub struct Wires<R> {
    /// Takes what it tells. Nobody need listen.
    pub notes: mpsc::UnboundedSender<Note>,
    /// Gives changed configurations.
    pub changes: mpsc::Receiver<Change<R>>,
    /// Ends it.
    pub stop: CancellationToken,
}

impl<R: Runner> Daemon<R> {
    /// A daemon over a ledger. `name` is its own among those that share the ledger, also over a
    /// restart: a process id and the time of its start will do.
    pub fn new(
        first: Change<R>,
        ledger: Arc<Ledger>,
        clock: Arc<dyn Clock>,
        name: String,
        wires: Wires<R>,
    ) -> Self {
        let compared = Compared::read(&*clock);
        let mut daemon = Self {
            runner: first.runner.clone(),
            ledger,
            clock,
            name,
            limits: first.limits.clone(),
            armed: BTreeMap::new(),
            running: JoinSet::new(),
            tasks: HashMap::new(),
            recover_at: DateTime::UNIX_EPOCH,
            follow: true,
            notes: wires.notes,
            changes: wires.changes,
            stop: wires.stop,
            ended: 0,
            compared,
            doubted: None,
            bench: Bench::Apart,
            barred: None,
        };
        daemon.take(first);
        daemon
    }

    /// The same with everything in one order.
    #[cfg(test)]
    fn in_order(mut self) -> Self {
        self.bench = Bench::Here;
        self
    }

    /// Works until it is stopped. Then nothing new begins, runs are asked to end, those that have
    /// received everything still commit, and after `stop_within` the rest is left to be resumed.
    pub async fn run(mut self) -> Stopped {
        let over = self.patience();
        while !self.stop.is_cancelled() {
            let wait;
            (self, wait) = match self.apart(&over, Self::wake).await {
                Ok(woken) => woken,
                Err(stopped) => return stopped,
            };
            let clock = Arc::clone(&self.clock);
            let change = tokio::select! {
                biased;
                () = self.stop.cancelled() => None,
                Some(ended) = self.running.join_next_with_id() => {
                    self.done(ended);
                    None
                }
                Some(change) = self.changes.recv() => Some(change),
                () = clock.sleep(wait) => None,
            };
            if let Some(change) = change {
                (self, ()) = match self.apart(&over, move |daemon| daemon.take(change)).await {
                    Ok(taken) => taken,
                    Err(stopped) => return stopped,
                };
            }
        }
        self.finish(&over).await
    }

    /// Ends when the daemon was stopped and the time for that is over.
    fn patience(&self) -> CancellationToken {
        let over = CancellationToken::new();
        let (stop, clock) = (self.stop.clone(), Arc::clone(&self.clock));
        let (within, ended) = (self.limits.stop_within, over.clone());
        tokio::spawn(async move {
            tokio::select! {
                () = stop.cancelled() => {}
                // The daemon is gone.
                () = ended.cancelled() => return,
            }
            clock.sleep(within).await;
            ended.cancel();
        });
        over
    }

    /// Does what asks lake and ledger, which may not answer for long: that must keep neither the
    /// threads that move network data, nor a stop.
    async fn apart<T: Send + 'static>(
        mut self,
        over: &CancellationToken,
        work: impl FnOnce(&mut Self) -> T + Send + 'static,
    ) -> Result<(Self, T), Stopped> {
        #[cfg(test)]
        if self.bench == Bench::Here {
            let done = work(&mut self);
            return Ok((self, done));
        }
        let (ended, given_up) = (self.ended, self.under_way());
        let working = tokio::task::spawn_blocking(move || {
            let done = work(&mut self);
            (self, done)
        });
        tokio::select! {
            biased;
            done = working => match done {
                Ok(done) => Ok(done),
                Err(error) if error.is_panic() => std::panic::resume_unwind(error.into_panic()),
                Err(_) => Err(Stopped { ended, given_up }),
            },
            () = over.cancelled() => Err(Stopped { ended, given_up }),
        }
    }

    fn under_way(&self) -> Vec<String> {
        self.armed.values().filter(|armed| armed.running).map(|a| a.plan.id.clone()).collect()
    }

    fn note(&self, note: Note) {
        let _ = self.notes.send(note);
    }

    fn trouble(&self, doing: &str, error: &EngineError) {
        let why = format!("{doing}: {}", wsis_model::causes::chain(error));
        tracing::error!(why, "trying again at the next waking");
        self.note(Note::Trouble(why));
    }

    /// Waits for what is under way.
    async fn finish(mut self, over: &CancellationToken) -> Stopped {
        while !self.running.is_empty() {
            tokio::select! {
                biased;
                Some(ended) = self.running.join_next_with_id() => self.done(ended),
                () = over.cancelled() => break,
            }
        }
        over.cancel();
        let given_up = self.under_way();
        self.running.abort_all();
        Stopped { ended: self.ended, given_up }
    }
}
