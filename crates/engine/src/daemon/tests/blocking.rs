//! A ledger or a lake that does not answer: nothing else stands still, and a stop is heard.

use std::sync::{Arc, Mutex, mpsc};
use std::time::{Duration, Instant};

use tokio_util::sync::CancellationToken;

use super::super::{Change, Daemon, Limits, Runner, Wires};
use super::sim::{cron, limits};
use crate::clock::SystemClock;
use crate::engine::Occasion;
use crate::error::EngineError;
use crate::ledger::Ledger;
use crate::report::RunReport;

/// Looks at a lake that says nothing until a test lets it.
#[derive(Clone)]
struct Silent {
    asked: Arc<tokio::sync::Notify>,
    answer: Arc<Mutex<mpsc::Receiver<()>>>,
}

impl Runner for Silent {
    type Lock = ();

    fn lock(&self, _: &str) -> Result<Option<()>, EngineError> {
        Ok(None)
    }

    fn check(&self) -> Result<(), EngineError> {
        self.asked.notify_one();
        let _ = self.answer.lock().unwrap().recv();
        Ok(())
    }

    async fn run(
        &self,
        _: &Arc<()>,
        _: &str,
        _: Occasion,
        _: CancellationToken,
    ) -> Result<RunReport, EngineError> {
        Err(EngineError::NoAnswer)
    }
}

/// On one thread, as the least of machines would have it: what is blocked would block all.
#[tokio::test]
async fn trial_r20_x2_a_silent_ledger_blocks_neither_others_nor_a_stop() {
    let (answers, answer) = mpsc::channel();
    let asked = Arc::new(tokio::sync::Notify::new());
    let runner = Silent { asked: Arc::clone(&asked), answer: Arc::new(Mutex::new(answer)) };
    let limits = Limits { stop_within: Duration::from_millis(300), ..limits() };
    let first = Change { runner, pipelines: vec![cron("p", "0 6 * * *")], limits };
    let (notes, _told) = tokio::sync::mpsc::unbounded_channel();
    let (_changes, changes) = tokio::sync::mpsc::channel(1);
    let stop = CancellationToken::new();
    let wires = Wires { notes, changes, stop: stop.clone() };
    let ledger = Arc::new(Ledger::in_memory().unwrap());
    let daemon = Daemon::new(first, ledger, Arc::new(SystemClock), "d".to_owned(), wires);
    let running = tokio::spawn(daemon.run());
    asked.notified().await;
    let start = Instant::now();
    tokio::time::sleep(Duration::from_millis(50)).await;
    assert!(start.elapsed() < Duration::from_secs(5), "others go on");
    stop.cancel();
    let stopped = tokio::time::timeout(Duration::from_secs(10), running).await.unwrap().unwrap();
    assert_eq!((stopped.ended, stopped.given_up.len()), (0, 0));
    assert!(start.elapsed() >= Duration::from_millis(300), "it was waited for");
    drop(answers);
}
