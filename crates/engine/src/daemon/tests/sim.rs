//! A world without real time: a clock that moves when everything waits, and runs that last as
//! long as a test says.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex};
use std::task::{Poll, Waker};
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;
use wsis_model::pipeline::{Gates, KeyPlace, Misfire, Pipeline, Schedule, Undeclared, When};

use super::super::{Change, Daemon, Limits, Note, Runner, Stopped, Wires};
use crate::clock::{Clock, Sleep};
use crate::engine::Occasion;
use crate::error::EngineError;
use crate::ledger::{Ledger, Tick};
use crate::report::{Outcome, RunReport};

pub(super) fn at(text: &str) -> DateTime<Utc> {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

/// Elapsed time drives sleepers; the wall clock shows it with an offset that may be set.
#[derive(Default)]
struct State {
    elapsed: Duration,
    offset: TimeDelta,
    sleepers: BTreeMap<(Duration, u64), Option<Waker>>,
    /// Counts everything that happens, to tell whether all is still.
    moves: u64,
}

pub(super) struct SimClock {
    start: DateTime<Utc>,
    state: Mutex<State>,
}

impl SimClock {
    pub(super) fn new(start: &str) -> Arc<Self> {
        Arc::new(Self { start: at(start), state: Mutex::default() })
    }

    /// Sets the wall clock forward or back.
    pub(super) fn step(&self, by: TimeDelta) {
        self.state.lock().unwrap().offset += by;
    }

    fn moves(&self) -> u64 {
        self.state.lock().unwrap().moves
    }

    /// Lets everything run that can, until all wait for the clock.
    pub(super) async fn settle(&self) {
        let (mut still, mut moves) = (0, self.moves());
        while still < 8 {
            tokio::task::yield_now().await;
            let now = self.moves();
            still = if now == moves { still + 1 } else { 0 };
            moves = now;
        }
    }

    /// Lets time pass until the wall clock, as it is set now, shows `until`.
    pub(super) async fn until(&self, until: DateTime<Utc>) {
        loop {
            self.settle().await;
            let mut state = self.state.lock().unwrap();
            let shown = self.start + state.offset + TimeDelta::from_std(state.elapsed).unwrap();
            let left = (until - shown).to_std().unwrap_or_default();
            let next = state.sleepers.keys().next().copied();
            match next {
                Some((due, _)) if due <= state.elapsed + left => state.elapsed = due,
                _ => {
                    state.elapsed += left;
                    return;
                }
            }
            let reached = (state.elapsed, u64::MAX);
            let rest = state.sleepers.split_off(&reached);
            for waker in std::mem::replace(&mut state.sleepers, rest).into_values().flatten() {
                waker.wake();
            }
        }
    }
}

impl Clock for SimClock {
    fn now(&self) -> DateTime<Utc> {
        let mut state = self.state.lock().unwrap();
        state.moves += 1;
        self.start + state.offset + TimeDelta::from_std(state.elapsed).unwrap()
    }

    fn steady(&self) -> Duration {
        self.state.lock().unwrap().elapsed
    }

    fn sleep(&self, wait: Duration) -> Sleep<'_> {
        let mut state = self.state.lock().unwrap();
        state.moves += 1;
        let key = (state.elapsed + wait, state.moves);
        state.sleepers.insert(key, None);
        drop(state);
        let sleeper = Sleeper { clock: self, key };
        Box::pin(std::future::poll_fn(move |context| {
            let mut state = sleeper.clock.state.lock().unwrap();
            state.moves += 1;
            if state.elapsed >= sleeper.key.0 {
                return Poll::Ready(());
            }
            state.sleepers.insert(sleeper.key, Some(context.waker().clone()));
            Poll::Pending
        }))
    }
}

struct Sleeper<'a> {
    clock: &'a SimClock,
    key: (Duration, u64),
}

impl Drop for Sleeper<'_> {
    fn drop(&mut self) {
        self.clock.state.lock().unwrap().sleepers.remove(&self.key);
    }
}

/// Runs that only last.
#[derive(Clone)]
pub(super) struct SimRunner {
    clock: Arc<SimClock>,
    ledger: Arc<Ledger>,
    world: Arc<Mutex<World>>,
}

#[derive(Default)]
pub(super) struct World {
    locks: BTreeSet<String>,
    pub(super) lasts: BTreeMap<String, Duration>,
    /// Pipelines whose runs do not hear that they are to stop.
    pub(super) deaf: BTreeSet<String>,
    pub(super) panics: BTreeSet<String>,
    /// Pipelines whose runs cannot begin.
    pub(super) refuses: BTreeSet<String>,
    /// The lake was taken away.
    pub(super) gone: bool,
    at_once: BTreeSet<String>,
    pub(super) most_at_once: usize,
    runs: u32,
}

/// A pipeline that is taken.
pub(super) struct SimLock {
    pipeline: String,
    world: Arc<Mutex<World>>,
}

impl Drop for SimLock {
    fn drop(&mut self) {
        self.world.lock().unwrap().locks.remove(&self.pipeline);
    }
}

impl Runner for SimRunner {
    type Lock = SimLock;

    fn lock(&self, pipeline: &str) -> Result<Option<SimLock>, EngineError> {
        let mut world = self.world.lock().unwrap();
        if !world.locks.insert(pipeline.to_owned()) {
            return Ok(None);
        }
        let lock = SimLock { pipeline: pipeline.to_owned(), world: Arc::clone(&self.world) };
        self.ledger.mark_interrupted(pipeline, &|_| None)?;
        Ok(Some(lock))
    }

    fn check(&self) -> Result<(), EngineError> {
        if self.world.lock().unwrap().gone {
            Err(EngineError::LakeGone { path: "lake".to_owned() })
        } else {
            Ok(())
        }
    }

    async fn run(
        &self,
        _: &Arc<SimLock>,
        pipeline: &str,
        occasion: Occasion,
        cancel: CancellationToken,
    ) -> Result<RunReport, EngineError> {
        let (lasts, id, deaf) = {
            let mut world = self.world.lock().unwrap();
            if world.refuses.contains(pipeline) {
                return Err(EngineError::NoAnswer);
            }
            world.runs += 1;
            assert!(world.at_once.insert(pipeline.to_owned()), "{pipeline} overlaps itself");
            world.most_at_once = world.most_at_once.max(world.at_once.len());
            let lasts = world.lasts.get(pipeline).copied().unwrap_or(Duration::from_mins(1));
            (lasts, format!("run-{:06}", world.runs), world.deaf.contains(pipeline))
        };
        let _end = AtEnd(pipeline, &self.world);
        let mut report = RunReport::started(id, pipeline.to_owned(), self.clock.now());
        report.started_by = occasion.started_by;
        report.scheduled_for = occasion.scheduled_for;
        self.ledger.put(&report, None)?;
        assert!(!self.world.lock().unwrap().panics.remove(pipeline), "a bug of the runner");
        let sleep = self.clock.sleep(lasts);
        report.outcome = tokio::select! {
            () = sleep => Outcome::Committed,
            () = cancel.cancelled(), if !deaf => Outcome::Cancelled,
        };
        report.ended = Some(self.clock.now());
        self.ledger.put(&report, None)?;
        Ok(report)
    }
}

/// Also when a run is dropped.
struct AtEnd<'a>(&'a str, &'a Arc<Mutex<World>>);

impl Drop for AtEnd<'_> {
    fn drop(&mut self) {
        self.1.lock().unwrap().at_once.remove(self.0);
    }
}

pub(super) fn pipeline(id: &str, when: When, misfire: Misfire) -> Arc<Pipeline> {
    let schedule = Schedule { when, timezone: "UTC".to_owned(), misfire, jitter_s: 0 };
    scheduled(id, schedule, "https://example.org")
}

pub(super) fn scheduled(id: &str, schedule: Schedule, base_url: &str) -> Arc<Pipeline> {
    Arc::new(Pipeline {
        id: id.to_owned(),
        title: id.to_owned(),
        agency: "agency".to_owned(),
        source: "worldbank".to_owned(),
        dataset: id.to_owned(),
        base_url: base_url.to_owned(),
        folder: None,
        schedule: Some(schedule),
        release: None,
        years: (2000, 2001),
        page_size: 10,
        series: Vec::new(),
        files: Vec::new(),
        mapping: None,
        database: None,
        undeclared: Undeclared::Quarantine,
        gates: Gates { rows_min: 1, ..Gates::OPEN },
        contract: wsis_model::contract::Contract::default(),
        plausibility: wsis_model::plausible::Plausibility::default(),
        secret_env: None,
        key_place: KeyPlace::Bearer,
        timeout_s: 1,
        licence: String::new(),
        citation: String::new(),
        homepage: String::new(),
    })
}

pub(super) fn cron(id: &str, line: &str) -> Arc<Pipeline> {
    pipeline(id, When::Cron(line.to_owned()), Misfire::RunOnce)
}

pub(super) fn limits() -> Limits {
    Limits {
        at_once: 4,
        per_host: 4,
        grace: TimeDelta::minutes(5),
        stop_within: Duration::from_secs(30),
        wake: super::super::WAKE,
    }
}

/// A ledger and daemons over it.
pub(super) struct Sim {
    pub(super) clock: Arc<SimClock>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) world: Arc<Mutex<World>>,
}

pub(super) struct Running {
    pub(super) changes: mpsc::Sender<Change<SimRunner>>,
    pub(super) notes: mpsc::UnboundedReceiver<Note>,
    pub(super) stop: CancellationToken,
    task: JoinHandle<Stopped>,
}

impl Sim {
    pub(super) fn new(start: &str) -> Self {
        Self {
            clock: SimClock::new(start),
            ledger: Arc::new(Ledger::in_memory().unwrap()),
            world: Arc::default(),
        }
    }

    pub(super) fn change(&self, pipelines: &[Arc<Pipeline>], limits: Limits) -> Change<SimRunner> {
        let runner = SimRunner {
            clock: Arc::clone(&self.clock),
            ledger: Arc::clone(&self.ledger),
            world: Arc::clone(&self.world),
        };
        Change { runner, pipelines: pipelines.to_vec(), limits }
    }

    pub(super) fn start(&self, name: &str, pipelines: &[Arc<Pipeline>]) -> Running {
        self.start_with(name, pipelines, limits())
    }

    pub(super) fn start_with(
        &self,
        name: &str,
        pipelines: &[Arc<Pipeline>],
        limits: Limits,
    ) -> Running {
        let (sender, notes) = mpsc::unbounded_channel();
        let (changes, receiver) = mpsc::channel(1);
        let stop = CancellationToken::new();
        let clock: Arc<SimClock> = Arc::clone(&self.clock);
        let wires = Wires { notes: sender, changes: receiver, stop: stop.clone() };
        let (ledger, first) = (Arc::clone(&self.ledger), self.change(pipelines, limits));
        let daemon = Daemon::new(first, ledger, clock, name.to_owned(), wires).in_order();
        Running { changes, notes, stop, task: tokio::spawn(daemon.run()) }
    }

    pub(super) async fn until(&self, instant: &str) {
        self.clock.until(at(instant)).await;
    }

    /// Ticks of a pipeline as `time state`.
    pub(super) fn ticks(&self, pipeline: &str) -> Vec<String> {
        let told = |tick: Tick| {
            format!("{} {}", tick.scheduled_for.format("%m-%dT%H:%M"), tick.state.code())
        };
        let ticks = self.ledger.ticks(pipeline, DateTime::UNIX_EPOCH).unwrap();
        ticks.into_iter().map(told).collect()
    }

    /// Runs of a pipeline as `tick: start, beginning, outcome`.
    pub(super) fn runs(&self, pipeline: &str) -> Vec<String> {
        let runs = self.ledger.runs_since(pipeline, DateTime::UNIX_EPOCH).unwrap();
        let told = |run: RunReport| {
            let tick = run.scheduled_for.unwrap().format("%m-%dT%H:%M");
            let (by, outcome) = (run.started_by.code(), run.outcome.code());
            format!("{tick}: {} {by} {outcome}", run.started.format("%m-%dT%H:%M:%S"))
        };
        runs.into_iter().map(told).collect()
    }
}

impl Running {
    /// Stops it in good order.
    pub(super) async fn stopped(self, sim: &Sim) -> Stopped {
        self.stop.cancel();
        let drive = async {
            loop {
                let soon = sim.clock.now() + TimeDelta::seconds(1);
                sim.clock.until(soon).await;
            }
        };
        tokio::select! {
            stopped = self.task => stopped.unwrap(),
            () = drive => unreachable!(),
        }
    }

    /// Ends it as `kill -9` does: nothing more is done.
    pub(super) async fn killed(self, sim: &Sim) {
        self.task.abort();
        sim.clock.settle().await;
    }

    /// What it told, without its wakings.
    pub(super) fn told(&mut self) -> Vec<Note> {
        let mut told = Vec::new();
        while let Ok(note) = self.notes.try_recv() {
            if !matches!(note, Note::Woke(_)) {
                told.push(note);
            }
        }
        told
    }
}
